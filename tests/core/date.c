#include "core/date.h"

#include "tests/support/test.h"

/* The canonical day that `text` means in `format`, or "none". */
static struct text day(const char *text, const char *format)
{
    struct date date = { 0 };
    char written[DATE_TEXT];
    if (!date_parse(text_of(text), text_of(format), &date))
        return TEXT("none");
    date_write(date, written);
    return text_copy(&test_arena, text_of(written));
}

static void check_none(const char *const *texts, size_t count, const char *format)
{
    for (size_t i = 0; i < count; i++)
        if (!CHECK_TEXT(day(texts[i], format), TEXT("none")))
            CHECK_STRING(texts[i], format);
}
#define CHECK_NONE(format, ...)                                                                              \
    check_none((const char *const[]){ __VA_ARGS__ },                                                         \
               sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *), format)

TEST("the formats that sources use are read")
{
    CHECK_TEXT(day("23/11/2026", "dd/MM/yyyy"), TEXT("2026-11-23"));
    CHECK_TEXT(day("3/1/2026", "d/M/yyyy"), TEXT("2026-01-03"));
    CHECK_TEXT(day("13/11/2026", "d/M/yyyy"), TEXT("2026-11-13"));
    CHECK_TEXT(day("03/01/2026", "d/M/yyyy"), TEXT("2026-01-03"));
    CHECK_TEXT(day("23-11-2026", "dd-MM-yyyy"), TEXT("2026-11-23"));
    CHECK_TEXT(day("2026-11-23", "yyyy-MM-dd"), TEXT("2026-11-23"));
    CHECK_TEXT(day("20261123170501", "yyyyMMddHHmmss"), TEXT("2026-11-23"));
    CHECK_TEXT(day("23/11/2026 23:59:60.999", "dd/MM/yyyy HH:mm:ss.SSS"), TEXT("2026-11-23"));
    CHECK_TEXT(day("1900-01-01", "yyyy-MM-dd"), TEXT("1900-01-01"));
    CHECK_NONE("yyyy-MM-dd", "0001-01-01", "0025-11-23", "1899-12-31");
    CHECK_TEXT(day("9999-12-31", "yyyy-MM-dd"), TEXT("9999-12-31"));
}

TEST("words stand in a format for themselves, quoted or not")
{
    CHECK_TEXT(day("Ngày 05 tháng 02 năm 2026", "Ngày dd tháng MM năm yyyy"), TEXT("2026-02-05"));
    CHECK_TEXT(day("d05M02y2026", "'d'dd'M'MM'y'yyyy"), TEXT("2026-02-05"));
    CHECK_TEXT(day("05 o'clock 02 2026", "dd 'o''clock' MM yyyy"), TEXT("2026-02-05"));
    CHECK_TEXT(day("05'02'2026", "dd''MM''yyyy"), TEXT("2026-02-05"));
    CHECK_TEXT(day("2026-11-23T10:00", "yyyy-MM-ddTHH:mm"), TEXT("2026-11-23"));
}

TEST("a text must fit the whole format")
{
    CHECK_NONE("dd/MM/yyyy", "", "3/11/2026", "23/1/2026", "23/11/26", "23/11/2026 ", " 23/11/2026",
               "23-11-2026", "23/11/20266", "23/11/202", "+3/11/2026", "23/11", "11/23/2026", "2026/11/23",
               "２3/11/2026");
    CHECK_NONE("d/M/yyyy", "123/1/2026", "1/123/2026", "/1/2026", "1//2026", "0/1/2026", "1/0/2026");
    CHECK_NONE("yyyy-MM-dd HH:mm:ss.SSS", "2026-11-23 24:00:00.000", "2026-11-23 10:60:00.000",
               "2026-11-23 10:00:61.000", "2026-11-23 10:00:00.00", "2026-11-23 1:00:00.000");
    CHECK(!date_parse(TEXT_NONE, TEXT("dd/MM/yyyy"), &(struct date){ 0 }));
}

TEST("days that do not exist are refused, leap days are known")
{
    CHECK_TEXT(day("29/02/2024", "dd/MM/yyyy"), TEXT("2024-02-29"));
    CHECK_TEXT(day("29/02/2000", "dd/MM/yyyy"), TEXT("2000-02-29"));
    CHECK_NONE("dd/MM/yyyy", "29/02/2023", "29/02/1900", "29/02/2100", "30/02/2024", "31/04/2026",
               "31/06/2026", "31/09/2026", "31/11/2026", "32/01/2026", "00/01/2026", "01/00/2026",
               "01/13/2026", "01/01/0000");
}

TEST("a failed parse leaves the old date alone")
{
    struct date date = { 2026, 11, 23 };
    CHECK(!date_parse(TEXT("31/02/2026"), TEXT("dd/MM/yyyy"), &date));
    CHECK(!date_parse(TEXT("x"), TEXT("epoch"), &date));
    CHECK(!date_read(TEXT("2026-02-31"), &date));
    CHECK_INT(date_compare(date, (struct date){ 2026, 11, 23 }), 0);
}

TEST("a time with an offset gives the day in Vietnam")
{
    const char *format = "yyyy-MM-ddTHH:mm:ssX";
    CHECK_TEXT(day("2026-11-23T16:59:59Z", format), TEXT("2026-11-23"));
    CHECK_TEXT(day("2026-11-23T17:00:00Z", format), TEXT("2026-11-24"));
    CHECK_TEXT(day("2026-11-23T00:00:00+07:00", format), TEXT("2026-11-23"));
    CHECK_TEXT(day("2026-11-23T23:59:59+0700", format), TEXT("2026-11-23"));
    CHECK_TEXT(day("2026-11-23T00:30:00+09", format), TEXT("2026-11-22"));
    CHECK_TEXT(day("2026-12-31T20:00:00-05:30", format), TEXT("2027-01-01"));
    CHECK_TEXT(day("2024-02-28T17:00:00Z", format), TEXT("2024-02-29"));
    CHECK_TEXT(day("2026-06-30T17:00:00Z", "yyyy-MM-ddTHH:mm:ssZ"), TEXT("2026-07-01"));
    CHECK_TEXT(day("2026-06-30T17:00:00+0000", "yyyy-MM-ddTHH:mm:ssZ"), TEXT("2026-07-01"));
    CHECK_TEXT(day("2026-06-30T17:00:00Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), TEXT("2026-07-01"));
    CHECK_TEXT(day("2026-06-30T16:59:59Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), TEXT("2026-06-30"));
    CHECK_TEXT(day("2026-11-23T17:00", "yyyy-MM-ddTHH:mm"), TEXT("2026-11-23"));
    CHECK_TEXT(day("2026-11-23+09:00", "yyyy-MM-ddX"), TEXT("2026-11-23"));
    CHECK_NONE("yyyy-MM-ddTHH:mm:ssX", "2026-11-23T17:00:00", "2026-11-23T17:00:00+", "2026-11-23T17:00:00+7",
               "2026-11-23T17:00:00+24:00", "2026-11-23T17:00:00+07:60", "2026-11-23T17:00:00+07:0",
               "2026-11-23T17:00:00+07:", "2026-11-23T17:00:00z", "2026-11-23T17:00:00ZZ",
               "9999-12-31T20:00:00Z");
}

TEST("epochs give the day in Vietnam, also before 1970")
{
    CHECK_TEXT(day("31510800", "epoch"), TEXT("1971-01-01"));
    CHECK_TEXT(day("31597199", "epoch"), TEXT("1971-01-01"));
    CHECK_TEXT(day("31597200", "epoch"), TEXT("1971-01-02"));
    CHECK_TEXT(day("-25201", "epoch"), TEXT("1969-12-31"));
    CHECK_TEXT(day("31597199999", "epoch_ms"), TEXT("1971-01-01"));
    CHECK_TEXT(day("31597200000", "epoch_ms"), TEXT("1971-01-02"));
    CHECK_TEXT(day("-25200001", "epoch_ms"), TEXT("1969-12-31"));
    CHECK_TEXT(day("1795406706789", "epoch_ms"), TEXT("2026-11-23"));
    CHECK_TEXT(day("-788943600", "epoch"), TEXT("1945-01-01"));
    CHECK_TEXT(day("4133955599", "epoch"), TEXT("2100-12-31"));
    /* Nothing, seconds for milliseconds and the other way round, digits of days that do not exist. */
    CHECK_NONE("epoch", "0", "-1", "61200", "31510799", "-788943601", "4133955600", "1782838800000");
    CHECK_NONE("epoch_ms", "0", "1782838800", "20260230000000", "20260701240000");
    CHECK_NONE("epoch", "", "-", "+1", "1.5", "1e9", "1 ", "0x10", "253402275600", "-62135622001",
               "999999999999999999", "-999999999999999999", "9999999999999999999", "99999999999999999999999");
    CHECK_NONE("epoch_ms", "999999999999999999", "-999999999999999999");
}

TEST("a day is written in a format as that format reads it")
{
    static const struct {
        const char *format, *text;
    } forms[] = {
        { "yyyyMMddHHmmss", "20260307000000" },
        { "dd/MM/yyyy", "07/03/2026" },
        { "d/M/yyyy", "7/3/2026" },
        { "yyyy-MM-dd'T'HH:mm:ss.SSSX", "2026-03-07T00:00:00.000+07:00" },
        { "'ngày' d 'o''clock' M yyyy", "ngày 7 o'clock 3 2026" },
        { "epoch", "1772816400" },
        { "epoch_ms", "1772816400000" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        BUFFER_OWNED struct buffer out = { 0 };
        date_format(&out, text_of(forms[i].format), (struct date){ 2026, 3, 7 });
        CHECK_TEXT(buffer_view(&out), text_of(forms[i].text));
        CHECK_TEXT(day(forms[i].text, forms[i].format), TEXT("2026-03-07"));
    }
}

TEST("check knows which formats name a day")
{
    static const char *const good[] = { "dd/MM/yyyy",     "d/M/yyyy",
                                        "yyyyMMddHHmmss", "epoch",
                                        "epoch_ms",       "yyyy-MM-ddTHH:mm:ss.SSSX",
                                        "yyyy MM dd''",   "Ngày dd tháng MM năm yyyy" };
    static const char *const bad[] = {
        "",           "dd/MM/yy",    "MM/yyyy",       "dd/mm/yyyy",  "DD/MM/YYYY",
        "yyyy-MM-d'", "'dd/MM/yyyy", "dd/MM/yyyy dd", "dd/MMM/yyyy", "yyyyyyyy-MM-dd",
        "epochs",     "Epoch",       "'dd/MM/yyyy'",  "ddd/MM/yyyy"
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!CHECK(date_format_valid(text_of(good[i]))))
            CHECK_STRING(good[i], "valid");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!CHECK(!date_format_valid(text_of(bad[i]))))
            CHECK_STRING(bad[i], "refused");
    CHECK(!date_format_valid(TEXT_NONE));
}

TEST("a format that is not valid never gives a day")
{
    CHECK_TEXT(day("23/11/2026 23", "dd/MM/yyyy dd"), TEXT("none"));
    CHECK_TEXT(day("23/11/2026", "dd/MM/yyyy'"), TEXT("none"));
    CHECK_TEXT(day("11/2026", "MM/yyyy"), TEXT("none"));
    CHECK_TEXT(day("", ""), TEXT("none"));
}

TEST("the canonical form alone is read as canonical")
{
    struct date date;
    CHECK(date_read(TEXT("2026-11-23"), &date));
    CHECK_INT(date.year, 2026);
    CHECK_INT(date.month, 11);
    CHECK_INT(date.day, 23);
    CHECK(!date_read(TEXT("2026-11-3"), &date));
    CHECK(!date_read(TEXT("2026/11/23"), &date));
    CHECK(!date_read(TEXT("2026-11-23 "), &date));
    CHECK(!date_read(TEXT("2026-11-2x"), &date));
    CHECK(!date_read(TEXT("0000-01-01"), &date));
    CHECK(!date_read(TEXT(""), &date));
    CHECK(!date_read(TEXT_NONE, &date));
}

TEST("days are counted from 1970 and weekdays from Monday")
{
    CHECK_INT(date_days((struct date){ 1970, 1, 1 }), 0);
    CHECK_INT(date_days((struct date){ 1969, 12, 31 }), -1);
    CHECK_INT(date_days((struct date){ 2000, 3, 1 }), 11017);
    CHECK_INT(date_days((struct date){ 1, 1, 1 }), -719162);
    CHECK_INT(date_days((struct date){ 9999, 12, 31 }), 2932896);
    CHECK_INT(date_weekday((struct date){ 1970, 1, 1 }), 3);
    CHECK_INT(date_weekday((struct date){ 2026, 11, 23 }), 0);
    CHECK_INT(date_weekday((struct date){ 2026, 11, 22 }), 6);
    CHECK_INT(date_weekday((struct date){ 1, 1, 1 }), 0);
}

TEST("every day from year 1 to 9999 follows the one before it")
{
    struct date last = date_from_days(-719162);
    for (int64_t days = -719161; days <= 2932896; days++) {
        struct date date = date_from_days(days), read;
        char text[DATE_TEXT];
        date_write(date, text);
        bool follows = date.day == last.day + 1 || (date.day == 1 && date.month == last.month % 12 + 1);
        if (!follows || date_compare(last, date) >= 0 || date_days(date) != days ||
            !date_read(text_of(text), &read) || date_compare(read, date) != 0) {
            CHECK_STRING(text, "in order");
            return;
        }
        last = date;
    }
    CHECK_INT(date_compare(last, (struct date){ 9999, 12, 31 }), 0);
    CHECK_INT(date_compare(date_from_days(INT64_MAX), last), 0);
    CHECK_INT(date_compare(date_from_days(INT64_MIN), (struct date){ 1, 1, 1 }), 0);
}

TEST("dates are ordered by year, month and day")
{
    CHECK(date_compare((struct date){ 2025, 12, 31 }, (struct date){ 2026, 1, 1 }) < 0);
    CHECK(date_compare((struct date){ 2026, 2, 1 }, (struct date){ 2026, 1, 31 }) > 0);
    CHECK(date_compare((struct date){ 2026, 1, 2 }, (struct date){ 2026, 1, 3 }) < 0);
}
