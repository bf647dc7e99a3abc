#include "core/decimal.h"

#include <string.h>

#include "core/arena.h"

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static size_t count_digits(struct text text)
{
    size_t count = 0;
    while (count < text.length && is_digit(text.bytes[count]))
        count++;
    return count;
}

/* Puts together what stands before and behind the point; `whole` may be grouped. */
static enum decimal_reading put_together(struct arena *arena, struct text whole, struct text part,
                                         struct text *decimal)
{
    while (part.length && part.bytes[part.length - 1] == '0')
        part.length--;
    char *out = arena_alloc(arena, whole.length + part.length + 2);
    size_t length = 0;
    for (size_t i = 0; i < whole.length; i++)
        if (is_digit(whole.bytes[i]) && (length || whole.bytes[i] != '0'))
            out[length++] = whole.bytes[i];
    if (length > DECIMAL_DIGITS_MAX || part.length > DECIMAL_DIGITS_MAX)
        return DECIMAL_DOUBTFUL;
    if (!length)
        out[length++] = '0';
    if (part.length) {
        out[length++] = '.';
        memcpy(out + length, part.bytes, part.length);
        length += part.length;
    }
    *decimal = (struct text){ out, length };
    return DECIMAL_READ;
}

/* Whether groups of three, each behind a `mark`, follow a first group of one to three digits, of which one at
 * least is not zero in front: nobody writes 515 as 0.515. */
static bool is_grouped(struct text text, char mark)
{
    size_t first = count_digits(text);
    if (first < 1 || first > 3 || text.bytes[0] == '0')
        return false;
    for (size_t at = first; at < text.length; at += 4)
        if (text.bytes[at] != mark || count_digits(text_slice(text, at + 1, 4)) != 3)
            return false;
    return true;
}
static enum decimal_reading read_marked(struct arena *arena, struct text text, size_t last,
                                        struct text *decimal)
{
    struct text whole = text_slice(text, 0, last), part = text_slice(text, last + 1, text.length);
    if (!whole.length || !part.length)
        return DECIMAL_DOUBTFUL;
    char mark = text.bytes[last];
    bool plain = count_digits(whole) == whole.length;
    if (part.length == 3) {
        if (is_grouped(text, mark))
            return put_together(arena, text, TEXT_NONE, decimal);
        return text_is(whole, "0") ? put_together(arena, whole, part, decimal) : DECIMAL_DOUBTFUL;
    }
    if (plain || is_grouped(whole, mark == '.' ? ',' : '.'))
        return put_together(arena, whole, part, decimal);
    return DECIMAL_DOUBTFUL;
}

enum decimal_reading decimal_read(struct arena *arena, struct text text, struct text *decimal)
{
    size_t digits = 0, last = 0;
    bool marked = false, blank = false;
    *decimal = TEXT_NONE;
    text = text_trim(text);
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i];
        if (is_digit(byte)) {
            digits++;
        } else if (byte == '.' || byte == ',') {
            marked = true;
            last = i;
        } else if (byte == ' ') {
            blank = true;
        } else {
            return DECIMAL_NONE;
        }
    }
    if (!digits)
        return DECIMAL_NONE;
    if (blank)
        return DECIMAL_DOUBTFUL;
    return marked ? read_marked(arena, text, last, decimal) : put_together(arena, text, TEXT_NONE, decimal);
}

#define EXPONENT_MAX (2 * DECIMAL_DIGITS_MAX)

/* The exponent behind a mantissa; nothing is 0. */
static bool read_exponent(struct text text, int *exponent)
{
    *exponent = 0;
    if (!text.length)
        return true;
    bool signed_ = text.length > 1 && (text.bytes[1] == '-' || text.bytes[1] == '+');
    struct text digits = text_slice(text, signed_ ? 2 : 1, text.length);
    if ((text.bytes[0] != 'e' && text.bytes[0] != 'E') || !digits.length ||
        count_digits(digits) != digits.length)
        return false;
    for (size_t i = 0; i < digits.length && *exponent <= EXPONENT_MAX; i++)
        *exponent = *exponent * 10 + (digits.bytes[i] - '0');
    if (signed_ && text.bytes[1] == '-')
        *exponent = -*exponent;
    return true;
}

bool decimal_from_number(struct arena *arena, struct text text, struct text *decimal)
{
    int exponent;
    struct text whole = text_slice(text, 0, count_digits(text)), part = TEXT_NONE;
    struct text rest = text_slice(text, whole.length, text.length);
    if (rest.length && rest.bytes[0] == '.') {
        part = text_slice(rest, 1, count_digits(text_slice(rest, 1, rest.length)));
        rest = text_slice(rest, 1 + part.length, rest.length);
        if (!part.length)
            return false;
    }
    if (!whole.length || !read_exponent(rest, &exponent) || exponent > EXPONENT_MAX ||
        exponent < -EXPONENT_MAX)
        return false;
    if (!rest.length)
        return put_together(arena, whole, part, decimal) == DECIMAL_READ;
    /* All digits between as many zeros as the point can be moved by. */
    char *digits = arena_alloc(arena, whole.length + part.length + 2 * EXPONENT_MAX);
    size_t length = EXPONENT_MAX + whole.length + part.length, point = EXPONENT_MAX + whole.length;
    memset(digits, '0', length + EXPONENT_MAX);
    memcpy(digits + EXPONENT_MAX, whole.bytes, whole.length);
    if (part.length)
        memcpy(digits + EXPONENT_MAX + whole.length, part.bytes, part.length);
    point = exponent < 0 ? point - (size_t)-exponent : point + (size_t)exponent;
    return put_together(arena, (struct text){ digits, point },
                        (struct text){ digits + point, length + EXPONENT_MAX - point },
                        decimal) == DECIMAL_READ;
}

bool decimal_valid(struct text text)
{
    size_t whole = count_digits(text);
    if (!whole || (whole > 1 && text.bytes[0] == '0'))
        return false;
    if (whole == text.length)
        return true;
    struct text part = text_slice(text, whole + 1, text.length);
    return text.bytes[whole] == '.' && part.length && count_digits(part) == part.length &&
           part.bytes[part.length - 1] != '0';
}

int decimal_compare(struct text left, struct text right)
{
    size_t left_whole = count_digits(left), right_whole = count_digits(right);
    if (left_whole != right_whole)
        return left_whole < right_whole ? -1 : 1;
    /* Of equal length before the point, so bytes decide, and what has more behind it is larger. */
    return text_compare(left, right);
}
