#include "core/duration.h"

#include "tests/support/test.h"

static struct duration duration;
static struct error error;

static void reads(const char *written, const char *amount, enum duration_unit unit)
{
    bool good = CHECK_INT(duration_read(&test_arena, text_of(written), &duration, &error), STATUS_OK);
    good &= CHECK_TEXT(duration.amount, text_of(amount));
    good &= CHECK_INT(duration.unit, unit);
    if (!good)
        CHECK_STRING(written, "read otherwise");
}

TEST("amounts and units are read, whatever the case")
{
    reads("5 Ngày làm việc", "5", DURATION_WORKING_DAY);
    reads("07 Ngày làm việc", "7", DURATION_WORKING_DAY);
    reads("30 NGÀY", "30", DURATION_DAY);
    reads("01 ngày.", "1", DURATION_DAY);
    reads("8 Giờ", "8", DURATION_HOUR);
    reads("1 Tháng", "1", DURATION_MONTH);
    reads("2 năm", "2", DURATION_YEAR);
    reads("5ngày", "5", DURATION_DAY);
    reads("15 WORKING_DAY", "15", DURATION_WORKING_DAY);
}

TEST("decimals are read with comma and with point")
{
    reads("0,5 ngày", "0.5", DURATION_DAY);
    reads("2.5 giờ", "2.5", DURATION_HOUR);
    reads("24h", "24", DURATION_HOUR);
    reads("8 tiếng", "8", DURATION_HOUR);
    reads("2.0 ngày làm việc", "2", DURATION_WORKING_DAY);
    reads("1.095 ngày", "1095", DURATION_DAY);
}

TEST("the number in words may stand in brackets")
{
    reads("10 (mười) ngày làm việc", "10", DURATION_WORKING_DAY);
    reads("05 (năm) ngày", "5", DURATION_DAY);
    reads("05(Năm) ngày", "5", DURATION_DAY);
    reads("15 (mười lăm) ngày", "15", DURATION_DAY);
    reads("20 (hai mươi) ngày", "20", DURATION_DAY);
    reads("21 (hai mươi mốt) ngày", "21", DURATION_DAY);
    reads("24 (hai mươi tư) giờ", "24", DURATION_HOUR);
    reads("45 (bốn mươi lăm) ngày", "45", DURATION_DAY);
    reads("120 (một trăm hai mươi) ngày", "120", DURATION_DAY);
    reads("105 (một trăm linh năm) ngày", "105", DURATION_DAY);
    reads("110 (một trăm mười) ngày", "110", DURATION_DAY);
    reads("100 (một trăm) ngày", "100", DURATION_DAY);
}

TEST("words in brackets that say another number are refused")
{
    CHECK_INT(duration_read(&test_arena, TEXT("10 (mười lăm) ngày"), &duration, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "10 (mười lăm) ngày");
    CHECK_CONTAINS(error.message, "another than the words in brackets say");
    CHECK_INT(duration_read(&test_arena, TEXT("0,5 (năm) ngày"), &duration, &error), STATUS_REJECT);
}

TEST("an amount that is not certain is refused")
{
    CHECK_INT(duration_read(&test_arena, TEXT("1.500,000 ngày"), &duration, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the amount \"1.500,000\" is not certain");
    CHECK_INT(duration_read(&test_arena, TEXT("5. ngày"), &duration, &error), STATUS_REJECT);
}

TEST("prose stays prose")
{
    static const char *const cases[] = {
        "",
        "Ngày",
        "Ngày làm việc",
        "30",
        "0",
        "Không quy định",
        "Ngay trong ngày làm việc",
        "05 ngày làm việc kể từ ngày thi đạt",
        "Tối đa 6 ngày làm việc",
        "không quá 5 ngày",
        "3-5 ngày",
        "12-18 tháng",
        "05 - 10 ngày",
        "1 ngày 4 giờ",
        "2 tuần",
        "30 phút",
        "8 giờ làm việc",
        "1/2 ngày",
        "mười ngày",
        "5 (nhiều) ngày",
        "5 (năm ngày",
        "5 () ngày",
        "20 (hai mươi không) ngày",
        "10 ngày làm việc; 15 ngày nếu cần xác minh",
        "-5 ngày",
        "5 ngàys",
        ", ngày",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!CHECK_INT(duration_read(&test_arena, text_of(cases[i]), &duration, &error), STATUS_END))
            CHECK_STRING(cases[i], "read otherwise");
    CHECK_INT(duration_read(&test_arena, TEXT("5 ng\xc3"), &duration, &error), STATUS_END);
}

TEST("units are read in Vietnamese and as interfaces have them")
{
    static const struct {
        const char *text;
        enum duration_unit unit;
    } cases[] = { { "5  Ngày làm việc ", DURATION_WORKING_DAY },
                  { "5 Ngày", DURATION_DAY },
                  { "5 HOUR", DURATION_HOUR } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(duration_read(&test_arena, text_of(cases[i].text), &duration, &error), STATUS_OK);
        CHECK_INT(duration.unit, cases[i].unit);
    }
}

TEST("units have the names of the canonical procedure")
{
    CHECK_STRING(duration_unit_name(DURATION_WORKING_DAY), "working_day");
    CHECK_STRING(duration_unit_name(DURATION_YEAR), "year");
}
