#include "core/decimal.h"

#include "tests/support/test.h"

static void reads(const char *written, const char *expected)
{
    struct text decimal;
    CHECK_INT(decimal_read(&test_arena, text_of(written), &decimal), DECIMAL_READ);
    CHECK_TEXT(decimal, text_of(expected));
    CHECK(decimal_valid(decimal));
}

static void gives(const char *written, enum decimal_reading expected)
{
    struct text decimal;
    if (!CHECK_INT(decimal_read(&test_arena, text_of(written), &decimal), expected))
        CHECK_STRING(written, "read otherwise");
    CHECK_INT(decimal.length, 0);
}

TEST("digits are themselves without zeros in front")
{
    reads("50000", "50000");
    reads("07", "7");
    reads("0", "0");
    reads("000", "0");
    reads(" 5 ", "5");
}

TEST("a group of exactly three digits behind a mark is thousands, whichever the mark")
{
    reads("1.515", "1515");
    reads("1,515", "1515");
    reads("50.000", "50000");
    reads("3,500,000", "3500000");
    reads("1.200.000.000", "1200000000");
    reads("100.000", "100000");
}

TEST("one mark with any other number of digits behind it is a decimal")
{
    reads("99,94", "99.94");
    reads("0.5", "0.5");
    reads("1,5", "1.5");
    reads("2.0", "2");
    reads("50,00", "50");
    reads("3.1416", "3.1416");
    reads("1234,5", "1234.5");
}

TEST("three digits behind a single zero can only be a decimal")
{
    reads("0,125", "0.125");
    reads("0.005", "0.005");
}

TEST("thousands by one mark and decimals by the other are both read")
{
    reads("1.500.000,50", "1500000.5");
    reads("1,500.5", "1500.5");
    reads("1.500,00", "1500");
}

TEST("what fits neither reading is doubtful")
{
    static const char *const cases[] = { "1.500,000", "1,500.000", "1,50.000",  "1.50.000", "1234.567",
                                         "050.000",   "1.",        ",5",        "1..5",     "1,,000",
                                         "50 000",    "1.500.00",  "1.500 000", "0.500.000" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        gives(cases[i], DECIMAL_DOUBTFUL);
}

TEST("more digits than any amount has are doubtful")
{
    reads("999999999999999999", "999999999999999999");
    reads("0000000000000000000000001", "1");
    gives("1000000000000000000", DECIMAL_DOUBTFUL);
    gives("0,1234567890123456789", DECIMAL_DOUBTFUL);
}

TEST("what has other signs than digits, marks and blanks is no number")
{
    static const char *const cases[] = { "", " ", ".", "-5", "+5", "5đ", "1e3", "0x10", "năm", "5%", "1/2" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        gives(cases[i], DECIMAL_NONE);
}

static const char *from_number(const char *text)
{
    struct text decimal;
    if (!decimal_from_number(&test_arena, text_of(text), &decimal))
        return "none";
    return text_string(&test_arena, decimal);
}

TEST("a program's own number has no thousands, and an exponent moves its point")
{
    CHECK_STRING(from_number("1.500"), "1.5");
    CHECK_STRING(from_number("50.000"), "50");
    CHECK_STRING(from_number("5e4"), "50000");
    CHECK_STRING(from_number("1.25E+2"), "125");
    CHECK_STRING(from_number("125e-3"), "0.125");
    CHECK_STRING(from_number("0.0"), "0");
    CHECK_STRING(from_number("0e30"), "0");
    CHECK_STRING(from_number("1e17"), "100000000000000000");
    CHECK_STRING(from_number("1e18"), "none");
    CHECK_STRING(from_number("1e999999999999"), "none");
    CHECK_STRING(from_number("1e-19"), "none");
    CHECK_STRING(from_number("-5"), "none");
    CHECK_STRING(from_number("5."), "none");
    CHECK_STRING(from_number(".5"), "none");
    CHECK_STRING(from_number("5e"), "none");
    CHECK_STRING(from_number("5e+"), "none");
    CHECK_STRING(from_number("5 e1"), "none");
    CHECK_STRING(from_number(""), "none");
}

TEST("only canonical decimals are valid")
{
    static const char *const good[] = { "0", "7", "50000", "99.94", "0.5", "123456789012345678901234567890" };
    static const char *const bad[] = {
        "", "07", "1.", ".5", "1.50", "1.0", "1,5", "1.5.5", "-1", "1 ", "1a"
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK(decimal_valid(text_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!decimal_valid(text_of(bad[i])));
}

TEST("decimals are compared by value")
{
    static const char *const rising[] = { "0", "0.05", "0.5",   "1",   "1.25",  "1.5",
                                          "2", "10",   "99.94", "100", "1000.1" };
    size_t count = sizeof rising / sizeof *rising;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int order = decimal_compare(text_of(rising[i]), text_of(rising[j]));
            CHECK_INT((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}
