#include "core/money.h"

#include <string.h>

#include "core/count.h"
#include "core/decimal.h"
#include "core/vietnamese.h"

#define PER_MAX 80 /* bytes: longer is prose */

/* Longer words first where one begins with another. */
static const struct {
    const char *word, *currency;
} currencies[] = {
    { "việt nam đồng", "VND" },
    { "đồng việt nam", "VND" },
    { "đồng", "VND" },
    { "đ", "VND" },
    { "₫", "VND" },
    { "vnđ", "VND" },
    { "vnd", "VND" },
    { "usd", "USD" },
    { "đô la mỹ", "USD" },
    { "eur", "EUR" },
    { "euro", "EUR" },
};

static const char *const free_words[] = {
    "miễn phí",
    "miễn lệ phí",
    "miễn phí, lệ phí",
    "miễn",
    "không",
    "không thu phí",
    "không thu lệ phí",
    "không thu phí, lệ phí",
    "không thu",
    "không thu tiền",
    "không mất phí",
    "không tính phí",
    "không phải nộp phí",
    "không phải nộp lệ phí",
};

static enum money_kind take_label(struct text *rest)
{
    enum money_kind kind = vietnamese_take(rest, "lệ phí") ? MONEY_CHARGE
                           : vietnamese_take(rest, "phí")  ? MONEY_FEE
                                                           : MONEY_UNKNOWN;
    if (kind && rest->length && *rest->bytes == ':')
        *rest = text_trim(text_slice(*rest, 1, rest->length));
    return kind;
}

static struct text take_currency(struct text *rest)
{
    for (size_t i = 0; i < COUNT(currencies); i++)
        if (vietnamese_take(rest, currencies[i].word))
            return text_of(currencies[i].currency);
    return TEXT_NONE;
}

struct text money_currency(struct text text)
{
    struct text rest = text_trim(text), currency = take_currency(&rest);
    return rest.length ? TEXT_NONE : currency;
}

/* Digits and marks; blanks only between digits, so that "50 000" is seen as one doubtful amount. */
static struct text take_digits(struct text *rest)
{
    size_t length = 0;
    while (length < rest->length && strchr("0123456789., ", rest->bytes[length]) && rest->bytes[length])
        length++;
    struct text digits = text_trim(text_slice(*rest, 0, length));
    *rest = text_slice(*rest, length, rest->length);
    return digits;
}

static bool is_per(struct text words)
{
    size_t digits = 0;
    if (!words.length || words.length > PER_MAX)
        return false;
    for (size_t i = 0; i < words.length; i++) {
        char byte = words.bytes[i];
        digits = byte >= '0' && byte <= '9' ? digits + 1 : 0;
        if (digits > 2 || !byte || strchr(",;:.()\n", byte))
            return false;
    }
    return true;
}

/* Cuts a currency that stands behind the words once more. */
static struct text cut_currency(struct text words, struct text currency)
{
    for (size_t at = words.length; at > 1; at--) {
        struct text last = text_slice(words, at, words.length);
        if (words.bytes[at - 1] == ' ' && text_equal(take_currency(&last), currency) && !last.length)
            return text_trim(text_slice(words, 0, at - 1));
    }
    return words;
}

static bool take_per(struct text rest, struct money *money)
{
    if (!rest.length)
        return true;
    if (text_starts(rest, TEXT("(/")) && text_ends(rest, TEXT(")")))
        money->per = text_slice(rest, 2, rest.length - 3);
    else if (text_starts(rest, TEXT("/")))
        money->per = text_slice(rest, 1, rest.length);
    else
        return false;
    money->per = text_trim(money->per);
    if (money->currency.length)
        money->per = cut_currency(money->per, money->currency);
    return is_per(money->per);
}

/* "1/2", "3/4 ngày": a small number over another one, where nothing says that it is money. */
static bool is_fraction(const struct money *money, struct text digits)
{
    size_t behind = 0;
    while (behind < money->per.length && money->per.bytes[behind] >= '0' && money->per.bytes[behind] <= '9')
        behind++;
    return behind && !money->currency.length && (behind == money->per.length || digits.length <= 2);
}

static bool take_free(struct text rest, struct money *money)
{
    for (size_t i = 0; i < COUNT(free_words); i++) {
        struct text behind = rest;
        if (!vietnamese_take(&behind, free_words[i]))
            continue;
        struct text currency = take_currency(&behind);
        if (!behind.length) {
            money->amount = TEXT("0");
            money->currency = currency;
            money->free = true;
            return true;
        }
    }
    return false;
}

enum status money_read(struct arena *arena, struct text text, struct money *money, struct error *error)
{
    *money = (struct money){ 0 };
    struct money read = { 0 };
    struct text rest = text_trim(text);
    if (text_ends(rest, TEXT(".")) || text_ends(rest, TEXT(";")))
        rest = text_trim(text_slice(rest, 0, rest.length - 1));
    read.kind = take_label(&rest);
    if (take_free(rest, &read)) {
        *money = read;
        return STATUS_OK;
    }
    struct text digits = take_digits(&rest);
    read.currency = take_currency(&rest);
    if (!digits.length || !take_per(rest, &read))
        return STATUS_END;
    switch (is_fraction(&read, digits) ? DECIMAL_DOUBTFUL : decimal_read(arena, digits, &read.amount)) {
    case DECIMAL_READ:
        read.free = text_is(read.amount, "0");
        *money = read;
        return STATUS_OK;
    case DECIMAL_DOUBTFUL:
        return error_set(error, STATUS_REJECT,
                         _("the amount \"%.*s\" is not certain: write thousands as 1.500.000 and decimals as "
                           "99,94"),
                         TEXT_ARG(digits));
    case DECIMAL_NONE:
    default:
        return STATUS_END;
    }
}
