#include "core/money.h"

#include "tests/support/test.h"

static struct money money;
static struct error error;

static void reads(const char *written, const char *amount, const char *currency)
{
    bool good = CHECK_INT(money_read(&test_arena, text_of(written), &money, &error), STATUS_OK);
    good &= CHECK_TEXT(money.amount, text_of(amount));
    good &= CHECK_TEXT(money.currency, text_of(currency));
    good &= CHECK_INT(money.free, text_is(money.amount, "0"));
    if (!good)
        CHECK_STRING(written, "read otherwise");
}

static void is_prose(const char *written)
{
    if (!CHECK_INT(money_read(&test_arena, text_of(written), &money, &error), STATUS_END))
        CHECK_STRING(written, "read otherwise");
    CHECK_INT(money.amount.length, 0);
}

TEST("amounts are read without their grouping, whichever the mark")
{
    reads("50.000 đồng", "50000", "VND");
    reads("50000đ", "50000", "VND");
    reads("1.985.500đ", "1985500", "VND");
    reads("3,500,000 Việt Nam Đồng", "3500000", "VND");
    reads("1.515 đồng", "1515", "VND");
    reads("1,515 đồng", "1515", "VND");
    reads("99,94 USD", "99.94", "USD");
    reads("100 đô la Mỹ", "100", "USD");
    reads("10,5 EUR", "10.5", "EUR");
    reads("10 euro", "10", "EUR");
}

TEST("the words for đồng are all VND, whatever their case")
{
    static const char *const words[] = { "đồng", "Đồng",          "ĐỒNG",         "đ", "Đ", "₫", "VNĐ", "vnđ",
                                         "VND",  "Việt Nam Đồng", "đồng Việt Nam" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        reads(text_format(&test_arena, "200000 %s", words[i]).bytes, "200000", "VND");
}

TEST("an amount without a currency has none")
{
    reads("50000", "50000", NULL);
    reads("50.000", "50000", NULL);
    reads(" 50.000. ", "50000", NULL);
}

TEST("what an amount is for is kept apart")
{
    reads("100.000 Đồng/lần", "100000", "VND");
    CHECK_TEXT(money.per, TEXT("lần"));
    reads("3,500,000 Việt Nam Đồng(/hồ sơ)", "3500000", "VND");
    CHECK_TEXT(money.per, TEXT("hồ sơ"));
    reads("50.000 đồng/GCN/thửa.", "50000", "VND");
    CHECK_TEXT(money.per, TEXT("GCN/thửa"));
    reads("50.000 đồng/lần Đồng", "50000", "VND");
    CHECK_TEXT(money.per, TEXT("lần"));
    reads("2.000 đồng / 01 trang", "2000", "VND");
    CHECK_TEXT(money.per, TEXT("01 trang"));
    reads("50.000 đồng", "50000", "VND");
    CHECK_INT(money.per.length, 0);
}

TEST("a label says whether it is a fee or a charge")
{
    reads("Phí: 150.000 Đồng", "150000", "VND");
    CHECK_INT(money.kind, MONEY_FEE);
    reads("Lệ phí: 200000 Đồng", "200000", "VND");
    CHECK_INT(money.kind, MONEY_CHARGE);
    reads("LỆ PHÍ 200000 Đồng", "200000", "VND");
    CHECK_INT(money.kind, MONEY_CHARGE);
    reads("200000 Đồng", "200000", "VND");
    CHECK_INT(money.kind, MONEY_UNKNOWN);
}

TEST("free of charge is zero, and only where it is said")
{
    reads("Miễn phí", "0", NULL);
    reads("MIỄN PHÍ.", "0", NULL);
    reads("Không", "0", NULL);
    reads("Không thu phí", "0", NULL);
    reads("0 Đồng", "0", "VND");
    reads("0đ", "0", "VND");
    reads("0", "0", NULL);
    reads("Phí: Không Đồng", "0", "VND");
    CHECK_INT(money.kind, MONEY_FEE);
    reads("Lệ phí: Miễn phí", "0", NULL);
    CHECK_INT(money.kind, MONEY_CHARGE);
}

TEST("nothing and prose are not amounts")
{
    static const char *const cases[] = {
        "",
        "Không có",
        "Không quy định",
        "Không có thông tin",
        "Đồng",
        "Lệ phí: Đồng",
        "Phí:",
        "Phí",
        "Theo quy định",
        "Lệ phí: theo quy định",
        "0,1%",
        "Từ 120.000đ",
        "12.000đ - 60.000đ",
        "~60.000đ",
        "0đ (Miễn 100%)",
        "Miễn phí đối với hộ nghèo",
        "50.000 đồng/lần; 20.000 đồng/lần",
        "50.000 đồng/lần 20.000 đồng/lần",
        "Phí: 250.000 Đồng Phí: 500.000 Đồng",
        "50.000 đồng (năm mươi nghìn đồng)",
        "50.000 đồng/",
        "-50.000 đồng",
        "5 triệu đồng",
        "50.000 đồngs",
        "/lần",
        "Khoảng 180.000 - 600.000 đồng",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        is_prose(cases[i]);
}

TEST("an amount that can be read in two ways or in none is refused with its digits")
{
    static const char *const cases[] = { "1.500,000 đồng", "1,50.000 đồng", "Lệ phí: 1234.567 đ",
                                         "50 000 đồng", "1.. đồng" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(money_read(&test_arena, text_of(cases[i]), &money, &error), STATUS_REJECT);
    CHECK_INT(money_read(&test_arena, TEXT("Phí: 1.500,000 đồng"), &money, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the amount \"1.500,000\" is not certain");
    CHECK_CONTAINS(error.message, "write thousands as 1.500.000");
    CHECK_INT(money.amount.length, 0);
}

TEST("bytes that are not UTF-8 are prose")
{
    CHECK_INT(money_read(&test_arena, TEXT("5 \xc4"), &money, &error), STATUS_END);
    CHECK_INT(money_read(&test_arena, TEXT("5\0 đồng"), &money, &error), STATUS_END);
}
