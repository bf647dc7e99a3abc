#include "core/duration.h"

#include <string.h>

#include "core/arena.h"
#include "core/count.h"
#include "core/decimal.h"
#include "core/vietnamese.h"

static const struct {
    const char *words;
    enum duration_unit unit;
} units[] = {
    { "ngày làm việc", DURATION_WORKING_DAY },
    { "ngày", DURATION_DAY },
    { "giờ", DURATION_HOUR },
    { "h", DURATION_HOUR },
    { "tiếng", DURATION_HOUR },
    { "tháng", DURATION_MONTH },
    { "năm", DURATION_YEAR },
    { "working_day", DURATION_WORKING_DAY },
    { "day", DURATION_DAY },
    { "hour", DURATION_HOUR },
    { "month", DURATION_MONTH },
    { "year", DURATION_YEAR },
};

static bool read_unit(struct text text, enum duration_unit *unit)
{
    text = text_trim(text);
    for (size_t i = 0; i < COUNT(units); i++) {
        if (vietnamese_is(text, units[i].words)) {
            *unit = units[i].unit;
            return true;
        }
    }
    return false;
}

const char *duration_other_unit(struct text text)
{
    static const char *const others[][2] = {
        { "phút", "phút" }, { "minute", "phút" }, { "tuần", "tuần" }, { "week", "tuần" }, { "buổi", "buổi" },
    };
    text = text_trim(text);
    for (size_t i = 0; i < COUNT(others); i++)
        if (vietnamese_is(text, others[i][0]))
            return others[i][1];
    return NULL;
}

const char *duration_unit_name(enum duration_unit unit)
{
    static const char *const names[] = {
        [DURATION_HOUR] = "hour",   [DURATION_DAY] = "day",   [DURATION_WORKING_DAY] = "working_day",
        [DURATION_MONTH] = "month", [DURATION_YEAR] = "year",
    };
    return names[unit];
}

/* A digit's word; `behind_ten` has forms of its own (mốt, tư, lăm). -1: none. */
static int take_digit_word(struct text *rest, bool behind_ten)
{
    static const char *const words[] = { "không", "một", "hai", "ba",  "bốn",
                                         "năm",   "sáu", "bảy", "tám", "chín" };
    for (size_t i = 1; i < COUNT(words); i++)
        if (vietnamese_take(rest, words[i]))
            return (int)i;
    if (vietnamese_take(rest, "bẩy"))
        return 7;
    if (!behind_ten)
        return -1;
    return vietnamese_take(rest, "mốt")   ? 1
           : vietnamese_take(rest, "tư")  ? 4
           : vietnamese_take(rest, "lăm") ? 5
                                          : -1;
}

/* Numbers in words from 1 to 999; 0: not understood. */
static int number_in_words(struct text words)
{
    struct text rest = text_trim(words), before;
    int number = 0, digit;
    before = rest;
    digit = take_digit_word(&rest, false);
    if (digit > 0 && vietnamese_take(&rest, "trăm")) {
        number = digit * 100;
        if (!rest.length)
            return number;
        if (vietnamese_take(&rest, "linh") || vietnamese_take(&rest, "lẻ")) {
            digit = take_digit_word(&rest, true);
            return digit > 0 && !rest.length ? number + digit : 0;
        }
    } else {
        rest = before;
    }
    if (vietnamese_take(&rest, "mười")) {
        number += 10;
    } else {
        digit = take_digit_word(&rest, false);
        if (digit < 0)
            return 0;
        if (!vietnamese_take(&rest, "mươi"))
            return number == 0 && !rest.length ? digit : 0;
        number += digit * 10;
    }
    if (!rest.length)
        return number;
    digit = take_digit_word(&rest, true);
    return digit > 0 && !rest.length ? number + digit : 0;
}

/* Takes "(mười)" off the front; 0: it is there and not understood, -1: it is not there. */
static int take_words(struct text *rest)
{
    size_t end;
    if (!text_starts(*rest, TEXT("(")) || !text_find(*rest, TEXT(")"), &end))
        return -1;
    int number = number_in_words(text_slice(*rest, 1, end - 1));
    *rest = text_trim(text_slice(*rest, end + 1, rest->length));
    return number;
}

enum status duration_read(struct arena *arena, struct text text, struct duration *duration,
                          struct error *error)
{
    *duration = (struct duration){ 0 };
    struct duration read = { 0 };
    struct text rest = text_trim(text);
    if (text_ends(rest, TEXT(".")) || text_ends(rest, TEXT(";")))
        rest = text_slice(rest, 0, rest.length - 1);
    size_t length = 0;
    while (length < rest.length && rest.bytes[length] && strchr("0123456789.,", rest.bytes[length]))
        length++;
    struct text digits = text_slice(rest, 0, length);
    rest = text_trim(text_slice(rest, length, rest.length));
    int words = take_words(&rest);
    if (!digits.length || words == 0 || !read_unit(rest, &read.unit))
        return STATUS_END;
    enum decimal_reading reading = decimal_read(arena, digits, &read.amount);
    if (reading == DECIMAL_NONE)
        return STATUS_END;
    if (reading == DECIMAL_DOUBTFUL)
        return error_set(error, STATUS_REJECT,
                         _("the amount \"%.*s\" is not certain: write thousands as 1.500.000 and decimals as "
                           "99,94"),
                         TEXT_ARG(digits));
    if (words > 0 && !text_equal(read.amount, text_format(arena, "%d", words)))
        return error_set(error, STATUS_REJECT,
                         _("the number of \"%.*s\" is another than the words in brackets say; correct one"),
                         TEXT_ARG(text));
    *duration = read;
    return STATUS_OK;
}
