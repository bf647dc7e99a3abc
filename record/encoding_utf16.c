#include "record/encoding_utf16.h"

#include <string.h>

#include "adapters/unicode.h"

static int32_t unit_at(struct text bytes, size_t at, bool big)
{
    unsigned char first = (unsigned char)bytes.bytes[at], second = (unsigned char)bytes.bytes[at + 1];
    return big ? first << 8 | second : second << 8 | first;
}

/* How many units are what Vietnamese text is made of. */
static size_t plausible(struct text bytes, bool big)
{
    size_t count = 0;
    for (size_t at = 0; at + 1 < bytes.length; at += 2) {
        int32_t unit = unit_at(bytes, at, big);
        count += unit == '\t' || unit == '\n' || unit == '\r' || (unit >= 0x20 && unit < 0x7F) ||
                 (unit >= 0xA0 && unit < 0x1B1) || (unit >= 0x300 && unit < 0x324) ||
                 (unit >= 0x1EA0 && unit < 0x1EFA) || (unit >= 0x2010 && unit < 0x2040) ||
                 (unit >= 0xD83C && unit < 0xD83F) || (unit >= 0xDC00 && unit < 0xE000);
    }
    return count;
}

static enum status find_order(struct text *bytes, enum encoding *encoding, struct encoding_finding *finding,
                              struct error *error)
{
    if (text_starts(*bytes, TEXT("\xFF\xFE")) || text_starts(*bytes, TEXT("\xFE\xFF"))) {
        *encoding = (unsigned char)bytes->bytes[0] == 0xFF ? ENCODING_UTF16LE : ENCODING_UTF16BE;
        encoding_finding_set(finding, *encoding, 100, _("a byte order mark"));
        return STATUS_OK;
    }
    size_t units = bytes->length / 2, little = plausible(*bytes, false), big = plausible(*bytes, true);
    size_t more = little > big ? little : big, less = little > big ? big : little;
    *encoding = little >= big ? ENCODING_UTF16LE : ENCODING_UTF16BE;
    encoding_finding_set(finding, *encoding, units ? (int)(100 * (more - less) / units) : 100,
                         _("UTF-16 without a byte order mark; in the other order it would be no Vietnamese"));
    if (units == 0 || (more * 10 >= units * 9 && less * 2 <= more))
        return STATUS_OK;
    encoding_finding_set(
        finding, *encoding, finding->certainty > 49 ? 49 : finding->certainty,
        _("UTF-16 without a byte order mark, and neither order makes a Vietnamese text of it"));
    return encoding_finding_doubt(finding, error);
}

enum status encoding_utf16_decode(struct arena *arena, enum encoding encoding, struct text bytes,
                                  struct text *utf8, struct encoding_finding *finding, struct error *error)
{
    size_t whole = bytes.length;
    if (bytes.length % 2)
        return error_set(error, STATUS_REJECT, _("%zu bytes are no UTF-16: their number is odd"),
                         bytes.length);
    if (encoding == ENCODING_UTF16 && find_order(&bytes, &encoding, finding, error))
        return STATUS_REJECT;
    bool big = encoding == ENCODING_UTF16BE;
    if (bytes.length && unit_at(bytes, 0, big) == 0xFEFF)
        bytes = text_slice(bytes, 2, bytes.length - 2);
    char *out = arena_alloc(arena, bytes.length * 2 + 1);
    size_t length = 0;
    for (size_t at = 0; at < bytes.length; at += 2) {
        int32_t unit = unit_at(bytes, at, big);
        int32_t low = at + 3 < bytes.length ? unit_at(bytes, at + 2, big) : 0;
        if (unit >= 0xD800 && unit < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            at += 2;
        }
        if (unit == 0 || (unit >= 0xD800 && unit < 0xE000))
            return error_set(error, STATUS_REJECT,
                             _("unit U+%04X at byte %zu is no character of UTF-16 text"), (unsigned)unit,
                             whole - bytes.length + at);
        length += unicode_put(unit, out + length);
    }
    out[length] = 0;
    *utf8 = (struct text){ out, length };
    return STATUS_OK;
}

bool encoding_utf16_likely(struct text bytes)
{
    if (bytes.length % 2)
        return false;
    if (text_starts(bytes, TEXT("\xFF\xFE")) || text_starts(bytes, TEXT("\xFE\xFF")))
        return true;
    if (bytes.length == 0 || !memchr(bytes.bytes, 0, bytes.length))
        return false;
    size_t at[2] = { 0, 0 };
    for (size_t i = 0; i < bytes.length; i++)
        at[i % 2] += bytes.bytes[i] == 0;
    size_t more = at[0] > at[1] ? at[0] : at[1], less = at[0] > at[1] ? at[1] : at[0];
    return less * 8 <= more && more * 8 >= bytes.length;
}
