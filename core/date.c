#include "core/date.h"

#define DAY_SECONDS 86400
#define DAYS_FIRST  (-719162) /* 0001-01-01 */
#define DAYS_LAST   2932896   /* 9999-12-31 */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_day(struct date date)
{
    static const signed char lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    return date.day <= lengths[date.month - 1] + (date.month == 2 && is_leap(date.year));
}

/* Years are counted from March, so that the leap day is the last of its year and months have fixed starts. */
int64_t date_days(struct date date)
{
    int64_t year = date.month > 2 ? date.year : (int64_t)date.year - 1;
    int64_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    int64_t leaps = year / 4 - year / 100 + year / 400;
    return year * 365 + leaps + (153 * month + 2) / 5 + date.day - 1 - 719468;
}

struct date date_from_days(int64_t days)
{
    if (days < DAYS_FIRST)
        days = DAYS_FIRST;
    if (days > DAYS_LAST)
        days = DAYS_LAST;
    int rest = (int)days + 719468;
    int era = rest / 146097; /* of 400 years */
    rest %= 146097;
    int year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    rest -= 365 * year + year / 4 - year / 100;
    int month = (5 * rest + 2) / 153;
    return (struct date){
        .year = era * 400 + year + (month > 9),
        .month = month > 9 ? month - 9 : month + 3,
        .day = rest - (153 * month + 2) / 5 + 1,
    };
}

int date_weekday(struct date date)
{
    int64_t day = (date_days(date) + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int)(day < 0 ? day + 7 : day);
}

int date_compare(struct date left, struct date right)
{
    if (left.year != right.year)
        return left.year < right.year ? -1 : 1;
    if (left.month != right.month)
        return left.month < right.month ? -1 : 1;
    return (left.day > right.day) - (left.day < right.day);
}

static void put_number(char *digits, int width, int number)
{
    for (int i = width - 1; i >= 0; i--, number /= 10)
        digits[i] = (char)('0' + number % 10);
}

void date_write(struct date date, char text[DATE_TEXT])
{
    put_number(text, 4, date.year);
    text[4] = '-';
    put_number(text + 5, 2, date.month);
    text[7] = '-';
    put_number(text + 8, 2, date.day);
    text[10] = 0;
}

/* A number of at least `least` and at most `most` digits at *at, which is moved behind it. */
static bool take_number(struct text text, size_t *at, int least, int most, int *number)
{
    int digits = 0;
    *number = 0;
    while (digits < most && *at < text.length && text.bytes[*at] >= '0' && text.bytes[*at] <= '9') {
        *number = *number * 10 + (text.bytes[(*at)++] - '0');
        digits++;
    }
    return digits >= least;
}

static bool take_byte(struct text text, size_t *at, char byte)
{
    if (*at >= text.length || text.bytes[*at] != byte)
        return false;
    ++*at;
    return true;
}

bool date_read(struct text text, struct date *date)
{
    struct date read;
    size_t at = 0;
    if (!take_number(text, &at, 4, 4, &read.year) || !take_byte(text, &at, '-') ||
        !take_number(text, &at, 2, 2, &read.month) || !take_byte(text, &at, '-') ||
        !take_number(text, &at, 2, 2, &read.day) || at != text.length || !is_day(read))
        return false;
    *date = read;
    return true;
}

enum part { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, MILLISECOND, OFFSET, PARTS, LITERAL = PARTS, BROKEN };

static const struct {
    struct text letters;
    enum part part;
    int least, most; /* digits */
    int lowest, highest;
} parts[] = {
    { { "yyyy", 4 }, YEAR, 4, 4, 1900, 9999 },
    { { "MM", 2 }, MONTH, 2, 2, 1, 12 },
    { { "M", 1 }, MONTH, 1, 2, 1, 12 },
    { { "dd", 2 }, DAY, 2, 2, 1, 31 },
    { { "d", 1 }, DAY, 1, 2, 1, 31 },
    { { "HH", 2 }, HOUR, 2, 2, 0, 23 },
    { { "mm", 2 }, MINUTE, 2, 2, 0, 59 },
    { { "ss", 2 }, SECOND, 2, 2, 0, 60 }, /* 60: a leap second */
    { { "SSS", 3 }, MILLISECOND, 3, 3, 0, 999 },
    { { "X", 1 }, OFFSET, 0, 0, 0, 0 },
    { { "Z", 1 }, OFFSET, 0, 0, 0, 0 },
};
#define PART_COUNT (sizeof parts / sizeof *parts)

struct format {
    struct text text;
    size_t at;
    bool quoted;
    size_t row; /* of `parts` */
    char byte;  /* of a LITERAL */
};

/* The next part of a format; false at its end. */
static bool format_next(struct format *format, enum part *part)
{
    struct text rest = text_slice(format->text, format->at, format->text.length);
    while (rest.length && *rest.bytes == '\'') {
        if (rest.length > 1 && rest.bytes[1] == '\'') {
            format->at += 2;
            format->byte = '\'';
            *part = LITERAL;
            return true;
        }
        format->quoted = !format->quoted;
        rest = text_slice(format->text, ++format->at, format->text.length);
    }
    if (!rest.length) {
        *part = BROKEN;
        bool open = format->quoted;
        format->quoted = false;
        return open;
    }
    for (size_t i = 0; !format->quoted && i < PART_COUNT; i++) {
        if (*rest.bytes == *parts[i].letters.bytes && text_starts(rest, parts[i].letters)) {
            format->at += parts[i].letters.length;
            format->row = i;
            *part = parts[i].part;
            return true;
        }
    }
    format->byte = *rest.bytes;
    format->at++;
    *part = LITERAL;
    return true;
}

static bool is_epoch(struct text format)
{
    return text_is(format, "epoch") || text_is(format, "epoch_ms");
}

bool date_format_valid(struct text text)
{
    if (is_epoch(text))
        return true;
    struct format format = { .text = text };
    unsigned seen = 0;
    for (enum part part; format_next(&format, &part);) {
        if (part == BROKEN || (part < PARTS && seen & 1u << part))
            return false;
        if (part < PARTS)
            seen |= 1u << part;
    }
    const unsigned whole = 1u << YEAR | 1u << MONTH | 1u << DAY;
    return (seen & whole) == whole;
}

/* Z, +07:00, +0700 or +07, in minutes. */
static bool take_offset(struct text text, size_t *at, int *minutes)
{
    *minutes = 0;
    if (take_byte(text, at, 'Z'))
        return true;
    int sign = take_byte(text, at, '+') ? 1 : take_byte(text, at, '-') ? -1 : 0, hours, rest = 0;
    if (!sign || !take_number(text, at, 2, 2, &hours))
        return false;
    bool more =
        take_byte(text, at, ':') || (*at < text.length && text.bytes[*at] >= '0' && text.bytes[*at] <= '9');
    if (more && !take_number(text, at, 2, 2, &rest))
        return false;
    *minutes = sign * (hours * 60 + rest);
    return hours <= 23 && rest <= 59;
}

/* The day in Vietnam of a moment in seconds since 1970. */
static bool day_of(int64_t seconds, struct date *date)
{
    seconds += (int64_t)DATE_ZONE_MINUTES * 60;
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
    if (days < DAYS_FIRST || days > DAYS_LAST)
        return false;
    *date = date_from_days(days);
    return true;
}

static bool parse_epoch(struct text text, int64_t unit, struct date *date)
{
    size_t at = 0;
    bool negative = take_byte(text, &at, '-');
    if (at == text.length || text.length - at > 18)
        return false;
    int64_t number = 0;
    for (; at < text.length; at++) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9')
            return false;
        number = number * 10 + (text.bytes[at] - '0');
    }
    if (negative)
        number = -number;
    /* Seconds where milliseconds are meant give January 1970, a nought gives its first day, and digits of a date that does not exist
     * give another century. */
    return day_of(number / unit - (number % unit < 0), date) && date->year >= 1945 && date->year <= 2100 &&
           date->year != 1970;
}

bool date_parse(struct text text, struct text format_text, struct date *date)
{
    if (is_epoch(format_text))
        return parse_epoch(text, text_is(format_text, "epoch") ? 1 : 1000, date);
    struct format format = { .text = format_text };
    int numbers[PARTS] = { 0 };
    unsigned seen = 0;
    size_t at = 0;
    for (enum part part; format_next(&format, &part);) {
        if (part == BROKEN)
            return false;
        if (part == LITERAL) {
            if (!take_byte(text, &at, format.byte))
                return false;
            if (format.byte == 'Z' && seen & 1u << HOUR) /* 'Z' behind a time is UTC, quoted or not */
                seen |= 1u << OFFSET;
            continue;
        }
        size_t row = format.row;
        bool taken = part == OFFSET
                         ? take_offset(text, &at, &numbers[OFFSET])
                         : take_number(text, &at, parts[row].least, parts[row].most, &numbers[part]) &&
                               numbers[part] >= parts[row].lowest && numbers[part] <= parts[row].highest;
        if (!taken || seen & 1u << part)
            return false;
        seen |= 1u << part;
    }
    struct date read = { numbers[YEAR], numbers[MONTH], numbers[DAY] };
    if (at != text.length || !is_day(read))
        return false;
    const unsigned moment = 1u << HOUR | 1u << OFFSET;
    if ((seen & moment) == moment) {
        int64_t minutes = (int64_t)numbers[HOUR] * 60 + numbers[MINUTE] - numbers[OFFSET];
        return day_of(date_days(read) * DAY_SECONDS + minutes * 60 + numbers[SECOND], date);
    }
    *date = read;
    return true;
}

void date_format(struct buffer *out, struct text format_text, struct date date)
{
    const int numbers[PARTS] = { date.year, date.month, date.day };
    struct format format = { .text = format_text };
    if (is_epoch(format_text)) {
        int64_t seconds = date_days(date) * DAY_SECONDS - (int64_t)DATE_ZONE_MINUTES * 60;
        buffer_printf(out, "%lld", (long long)(text_is(format_text, "epoch") ? seconds : seconds * 1000));
        return;
    }
    for (enum part part; format_next(&format, &part);) {
        if (part == LITERAL)
            buffer_char(out, format.byte);
        else if (part == OFFSET)
            buffer_string(out, "+07:00");
        else if (part != BROKEN)
            buffer_printf(out, "%0*d", parts[format.row].least, numbers[part]);
    }
}

bool date_read_moment(struct text text, struct date *date)
{
    size_t at = 10;
    int hour, minute, second = 0, fraction, offset;
    struct date read;
    if (!date_read(text_slice(text, 0, 10), &read) ||
        (!take_byte(text, &at, ' ') && !take_byte(text, &at, 'T')) || !take_number(text, &at, 2, 2, &hour) ||
        !take_byte(text, &at, ':') || !take_number(text, &at, 2, 2, &minute) || hour > 23 || minute > 59)
        return false;
    if (take_byte(text, &at, ':') && (!take_number(text, &at, 2, 2, &second) || second > 60))
        return false;
    if (take_byte(text, &at, '.') && !take_number(text, &at, 1, 9, &fraction))
        return false;
    *date = read;
    if (at == text.length)
        return true;
    take_byte(text, &at, ' ');
    if (!take_offset(text, &at, &offset) || at != text.length)
        return false;
    int64_t minutes = (int64_t)hour * 60 + minute - offset;
    return day_of(date_days(read) * DAY_SECONDS + minutes * 60 + second, date);
}
