#include "extract/xlsx_number.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/date.h"

#define DIGITS     15 /* what the double behind a cell can be trusted with, and what is shown of it */
#define LEXEME_MAX 400
#define LAST_DAY   2958465 /* 9999-12-31 */

/* ---- formats ---- */

/* What a date format may consist of, outside of quotes and brackets. */
struct letters {
    bool day, month_or_minute, hour, second, elapsed, other;
};

static void look_at(struct letters *letters, char byte)
{
    switch (byte | 0x20) {
    case 'd':
    case 'y':
        letters->day = true;
        break;
    case 'm':
        letters->month_or_minute = true;
        break;
    case 'h':
        letters->hour = true;
        break;
    case 's':
        letters->second = true;
        break;
    default:
        break;
    }
}

/* "[h]", "[mm]": time that runs beyond a day. Other brackets are colours, conditions, currencies. */
static size_t skip_bracket(struct letters *letters, struct text code, size_t at)
{
    size_t end = at + 1;
    bool elapsed = true;
    for (; end < code.length && code.bytes[end] != ']'; end++) {
        char small = (char)(code.bytes[end] | 0x20);
        elapsed = elapsed && (small == 'h' || small == 'm' || small == 's');
    }
    if (elapsed && end > at + 1)
        letters->elapsed = true;
    return end;
}

static struct letters letters_of(struct text code)
{
    struct letters letters = { 0 };
    for (size_t at = 0; at < code.length && code.bytes[at] != ';'; at++) {
        char byte = code.bytes[at];
        if (byte == '"') {
            for (at++; at < code.length && code.bytes[at] != '"'; at++)
                ;
        } else if (byte == '\\' || byte == '_' || byte == '*')
            at++;
        else if (byte == '[')
            at = skip_bracket(&letters, code, at);
        else if (byte == '0' || byte == '#' || byte == '?' || byte == '@')
            letters.other = true;
        else
            look_at(&letters, byte);
    }
    return letters;
}

static enum xlsx_shape shape_of(struct text code)
{
    struct letters letters = letters_of(code);
    bool time = letters.hour || letters.second;
    if (letters.elapsed)
        return XLSX_AS_ELAPSED;
    if (letters.day || (letters.month_or_minute && !time && !letters.other))
        return time ? XLSX_AS_DATE_TIME : XLSX_AS_DATE;
    return time ? XLSX_AS_TIME : XLSX_AS_NUMBER;
}

static enum xlsx_shape standard_shape(unsigned number)
{
    if (number == 22)
        return XLSX_AS_DATE_TIME;
    if ((number >= 18 && number <= 21) || number == 45 || number == 47 || (number >= 32 && number <= 33) ||
        (number >= 55 && number <= 56))
        return XLSX_AS_TIME;
    if (number == 46)
        return XLSX_AS_ELAPSED;
    if ((number >= 14 && number <= 17) || (number >= 27 && number <= 36) || (number >= 50 && number <= 58))
        return XLSX_AS_DATE;
    return XLSX_AS_NUMBER;
}

/* A format of zeros alone shows a code with all its digits; "0.00" is for money and shows nothing of that
 * kind. */
static void count_zeros(struct text code, struct xlsx_format *format)
{
    size_t before = 0, behind = 0;
    while (before < code.length && code.bytes[before] == '0')
        before++;
    if (before + 1 < code.length && code.bytes[before] == '.')
        while (before + 1 + behind < code.length && code.bytes[before + 1 + behind] == '0')
            behind++;
    if (before + (behind ? behind + 1 : 0) != code.length || before > 30 || behind > 30)
        return;
    if (before >= 2 || behind >= 3) {
        format->integers = (unsigned char)before;
        format->decimals = (unsigned char)behind;
    }
}

/* Signs alone ("-"0, 0"." and blanks) are how a number is set, and not read with it. */
static bool says_something(struct text words)
{
    for (size_t i = 0; i < words.length; i++) {
        char byte = words.bytes[i];
        if ((unsigned char)byte >= 0x80 || (byte | 0x20) >= 'a' || (byte >= '0' && byte <= '9'))
            return true;
    }
    return false;
}

/* Commas behind the digits, before the point too, are thousands that are not shown; others only set the digits apart. */
static void count_shown(struct text digits, struct xlsx_format *format)
{
    size_t end = digits.length, point, places = 0;
    while (end && digits.bytes[end - 1] == ',')
        end--;
    format->thousands = (int)(digits.length - end);
    if (!text_find(text_slice(digits, 0, end), TEXT("."), &point))
        return;
    for (size_t at = point; at && digits.bytes[at - 1] == ','; at--)
        format->thousands++;
    for (size_t at = point + 1; at < end; at++)
        places += digits.bytes[at] != ',' && digits.bytes[at] != '.';
    format->places = places > 2 ? 2 : (int)places;
}

static bool is_general(struct text code)
{
    return code.length >= 7 && !strncasecmp(code.bytes, "general", 7);
}

/* The parts of a section: words, digits, words. What is neither (a fraction, an exponent, a condition, a currency in brackets) leaves
 * the number as it is. */
static void take_section(struct arena *arena, struct text code, struct xlsx_format *format)
{
    BUFFER_OWNED struct buffer digits = { 0 }, words = { 0 };
    struct text before = TEXT("");
    for (size_t at = 0; at < code.length && code.bytes[at] != ';'; at++) {
        char byte = code.bytes[at];
        bool general = is_general(text_slice(code, at, code.length));
        bool digit = general || byte == '0' || byte == '#' || byte == '?' || byte == '.' || byte == ',';
        if (digit && !digits.length) {
            before = text_copy(arena, buffer_view(&words));
            buffer_clear(&words);
        }
        if (digit && words.length)
            return; /* words between digits */
        if (general) {
            buffer_string(&digits, "#.##");
            at += 6;
        } else if (digit)
            buffer_char(&digits, byte);
        else if (byte == '%')
            format->percent = true;
        else if (byte == '"')
            for (at++; at < code.length && code.bytes[at] != '"'; at++)
                buffer_char(&words, code.bytes[at]);
        else if (byte == '\\' && at + 1 < code.length)
            buffer_char(&words, code.bytes[++at]);
        else if (byte == ' ')
            buffer_char(&words, ' ');
        else
            return;
    }
    count_zeros(buffer_view(&digits), format);
    if (digits.length && (says_something(before) || says_something(buffer_view(&words)))) {
        count_shown(buffer_view(&digits), format);
        format->before = before;
        format->behind = text_copy(arena, buffer_view(&words));
    }
}

struct xlsx_format xlsx_format_of(struct arena *arena, unsigned number, struct text code)
{
    struct xlsx_format format = { .shape = XLSX_AS_NUMBER };
    if (!code.length) {
        format.shape = standard_shape(number);
        format.percent = number == 9 || number == 10;
    } else {
        format.shape = shape_of(code);
        if (format.shape == XLSX_AS_NUMBER)
            take_section(arena, code, &format);
    }
    return format;
}

/* ---- numbers ---- */

/* 0.d1d2d3… times ten to the power of `point`. */
struct decimal_digits {
    bool negative;
    bool exponent, fraction; /* as it was written */
    size_t count;            /* without zeros at either end */
    char digits[LEXEME_MAX];
    int point;
};

static bool read_exponent(struct text lexeme, size_t at, int *exponent)
{
    bool negative = at < lexeme.length && lexeme.bytes[at] == '-';
    size_t start = at += at < lexeme.length && (lexeme.bytes[at] == '-' || lexeme.bytes[at] == '+');
    *exponent = 0;
    for (; at < lexeme.length; at++) {
        if (lexeme.bytes[at] < '0' || lexeme.bytes[at] > '9' || *exponent > 1000)
            return false;
        *exponent = *exponent * 10 + (lexeme.bytes[at] - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return at > start && *exponent >= -330 && *exponent <= 330;
}

static bool read_decimal(struct text lexeme, struct decimal_digits *decimal)
{
    size_t at = 0, seen = 0;
    int exponent = 0;
    memset(decimal, 0, sizeof *decimal);
    if (!lexeme.length || lexeme.length >= LEXEME_MAX)
        return false;
    decimal->negative = lexeme.bytes[0] == '-';
    at += lexeme.bytes[0] == '-' || lexeme.bytes[0] == '+';
    for (; at < lexeme.length; at++) {
        char byte = lexeme.bytes[at];
        if (byte == '.' && !decimal->fraction) {
            decimal->fraction = true;
            continue;
        }
        if (byte < '0' || byte > '9')
            break;
        seen++;
        if (decimal->count || byte != '0')
            decimal->digits[decimal->count++] = byte;
        if (!decimal->fraction && decimal->count)
            decimal->point++;
        else if (decimal->fraction && !decimal->count)
            decimal->point--;
    }
    if (!seen)
        return false;
    if (at < lexeme.length) {
        if ((lexeme.bytes[at] | 0x20) != 'e' || !read_exponent(lexeme, at + 1, &exponent))
            return false;
        decimal->exponent = true;
        decimal->point += exponent;
    }
    while (decimal->count && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
    if (!decimal->count)
        decimal->negative = false, decimal->point = 0;
    return true;
}

/* To so many digits, half up: 1.0016400000000001 becomes 1.00164. */
static void round_digits(struct decimal_digits *decimal, size_t count)
{
    if (decimal->count <= count)
        return;
    bool up = decimal->digits[count] >= '5';
    decimal->count = count;
    while (up && decimal->count) {
        if (decimal->digits[decimal->count - 1] != '9') {
            decimal->digits[decimal->count - 1]++;
            up = false;
        } else
            decimal->count--;
    }
    if (up) {
        decimal->digits[decimal->count++] = '1';
        decimal->point++;
    }
    while (decimal->count && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
}

static void write_decimal(struct buffer *out, const struct decimal_digits *decimal, struct xlsx_format format)
{
    int point = decimal->count ? decimal->point : 0;
    if (decimal->negative)
        buffer_char(out, '-');
    int shown = point > 0 ? point : 1;
    for (int i = shown; i < format.integers; i++)
        buffer_char(out, '0');
    if (point <= 0)
        buffer_char(out, '0');
    for (int i = 0; i < point; i++)
        buffer_char(out, (size_t)i < decimal->count ? decimal->digits[i] : '0');
    int behind = decimal->count && (int)decimal->count > point ? (int)decimal->count - point : 0;
    if (behind || format.decimals)
        buffer_char(out, '.');
    for (int i = 0; i < behind; i++)
        buffer_char(out, point + i < 0 ? '0' : decimal->digits[point + i]);
    for (int i = behind; i < format.decimals; i++)
        buffer_char(out, '0');
}

/* ---- dates ---- */

static double fraction_of(const struct decimal_digits *decimal)
{
    double fraction = 0, weight = 0.1;
    for (int i = decimal->point < 0 ? decimal->point : 0; i < 0; i++)
        weight /= 10;
    for (size_t i = decimal->point > 0 ? (size_t)decimal->point : 0; i < decimal->count && weight > 1e-18;
         i++) {
        fraction += (decimal->digits[i] - '0') * weight;
        weight /= 10;
    }
    return fraction;
}

static bool write_date(struct buffer *out, int64_t day, bool since_1904)
{
    int64_t epoch; /* in days since 1970 */
    char text[DATE_TEXT];
    if (since_1904)
        epoch = -24107;
    else if (day == 60 || day == 0)
        return false; /* 1900 is a leap year there, and has a day 0: no such days */
    else
        epoch = day < 60 ? -25568 : -25569;
    date_write(date_from_days(epoch + day), text);
    buffer_string(out, text);
    return true;
}

/* False when the number names no moment. */
static bool write_moment(struct buffer *out, const struct decimal_digits *decimal, enum xlsx_shape shape,
                         bool since_1904)
{
    int64_t day = 0;
    if (decimal->negative || decimal->point > 7)
        return false;
    for (int i = 0; i < decimal->point; i++)
        day = day * 10 + ((size_t)i < decimal->count ? decimal->digits[i] - '0' : 0);
    int64_t seconds = (int64_t)(fraction_of(decimal) * 86400 + 0.5);
    if (seconds >= 86400 && shape != XLSX_AS_DATE) {
        day++;
        seconds -= 86400;
    }
    if (day > LAST_DAY)
        return false;
    bool with_day =
        shape != XLSX_AS_ELAPSED && (day || shape == XLSX_AS_DATE || (since_1904 && shape != XLSX_AS_TIME));
    if (with_day && !write_date(out, day, since_1904))
        return false;
    if (with_day && (shape == XLSX_AS_DATE || !seconds))
        return true;
    long hours = (long)(seconds / 3600 + (shape == XLSX_AS_ELAPSED ? day * 24 : 0));
    buffer_printf(out, "%s%02ld:%02ld:%02ld", with_day ? " " : "", hours, (long)(seconds / 60 % 60),
                  (long)(seconds % 60));
    return true;
}

void xlsx_number_cell(struct arena *arena, struct text lexeme, struct xlsx_format format, bool since_1904,
                      struct xlsx_cell *cell)
{
    struct decimal_digits decimal;
    BUFFER_OWNED struct buffer out = { 0 };
    lexeme = text_trim(lexeme);
    if (!read_decimal(lexeme, &decimal)) {
        cell->kind = XLSX_TEXT;
        cell->text = text_copy(arena, lexeme);
        return;
    }
    if (format.shape != XLSX_AS_NUMBER && write_moment(&out, &decimal, format.shape, since_1904)) {
        cell->kind = XLSX_DATE;
        cell->text = text_copy(arena, buffer_view(&out));
        return;
    }
    cell->kind = XLSX_NUMBER;
    cell->shown = format.integers || format.decimals;
    bool whole = !decimal.fraction && !decimal.exponent;
    if (!whole)
        round_digits(&decimal, DIGITS);
    /* What was written without noise stays as it was written, zeros at its end included. */
    bool plain = !decimal.exponent && lexeme.length <= DIGITS + 1 && lexeme.bytes[0] != '+' &&
                 lexeme.bytes[0] != '.' && lexeme.bytes[lexeme.length - 1] != '.' && decimal.count;
    buffer_clear(&out);
    if (format.percent && decimal.count)
        decimal.point += 2;
    struct decimal_digits shown = decimal;
    shown.point -= 3 * format.thousands;
    /* For a number that is negative or 0 a section of its own may have other words. */
    bool worded = (format.before.length || format.behind.length) && !decimal.negative && decimal.count &&
                  !format.decimals && (int)shown.count - shown.point <= format.places;
    if (worded)
        buffer_text(&out, format.before);
    if (plain && !cell->shown && !format.percent && !worded)
        buffer_text(&out, lexeme);
    else
        write_decimal(&out, worded ? &shown : &decimal, format);
    if (format.percent)
        buffer_char(&out, '%');
    if (worded)
        buffer_text(&out, format.behind);
    if (worded || format.percent)
        cell->kind = XLSX_TEXT;
    cell->text = text_copy(arena, buffer_view(&out));
}

struct text xlsx_iso_date(struct arena *arena, struct text text)
{
    struct text trimmed = text_trim(text);
    struct date date;
    if (trimmed.length < 19 || trimmed.bytes[10] != 'T' || !date_read(text_slice(trimmed, 0, 10), &date))
        return text_copy(arena, trimmed);
    if (text_is(text_slice(trimmed, 11, 8), "00:00:00"))
        return text_copy(arena, text_slice(trimmed, 0, 10));
    struct text moment = text_copy(arena, text_slice(trimmed, 0, 19));
    ((char *)(uintptr_t)moment.bytes)[10] = ' ';
    return moment;
}
