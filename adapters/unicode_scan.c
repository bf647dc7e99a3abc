/* What is to be known of every text, sixteen bytes at a time: a letter of Vietnamese is two or three bytes among
 * single ones, which no branch predictor guesses. */
#include <utf8proc.h>

#include "adapters/unicode.h"
#include "core/bytes16.h"

#define WIDTH 16

static bool is_rest(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* By RFC 3629's table of well-formed sequences, for the bytes from the fourth on; the three before them are known.
 * Leads that not every second byte may follow count as wrong: a closer look says. */
static bytes16 malformed(const char *at)
{
    bytes16 third = bytes16_load(at), second = bytes16_load(at + 1), before = bytes16_load(at + 2);
    bytes16 byte = bytes16_load(at + 3);
    bytes16 wanted = (bytes16)((before & 0xc0) == 0xc0) | (bytes16)((second & 0xe0) == 0xe0) |
                     (bytes16)((third & 0xf0) == 0xf0);
    bytes16 rare = (bytes16)(byte == 0xe0) | (bytes16)(byte == 0xed) | (bytes16)((byte & 0xf0) == 0xf0) |
                   (bytes16)((byte & 0xfe) == 0xc0);
    return rare | (wanted ^ (bytes16)((byte & 0xc0) == 0x80));
}

/* Behind what is well-formed from `at` on, which stands between characters, by many bytes: between characters again. */
static size_t skip_valid(struct text text, size_t at)
{
    size_t from = at;
    while (at >= 3 && text.length - at >= WIDTH && !bytes16_any(malformed(text.bytes + at - 3)))
        at += WIDTH;
    while (at > from && is_rest(text.bytes[--at]))
        ;
    return at;
}

size_t unicode_invalid_at(struct text text)
{
    for (size_t at = 0; at < text.length;) {
        utf8proc_int32_t character;
        at = skip_valid(text, at);
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)text.bytes + at,
                                                   (utf8proc_ssize_t)(text.length - at), &character);
        if (length <= 0)
            return at;
        at += (size_t)length;
    }
    return text.length;
}

/* Whether `odd` finds nothing in the whole text; it looks at sixteen bytes and the two behind them. */
__attribute__((always_inline)) static inline bool has_none(struct text text, bytes16 (*odd)(const char *))
{
    bytes16 found = { 0 };
    char tail[2 * WIDTH + 2];
    size_t at = 0;
    for (; text.length - at >= WIDTH + 2; at += WIDTH)
        found |= odd(text.bytes + at);
    memset(tail, 'a', sizeof tail);
    if (text.length > at)
        memcpy(tail, text.bytes + at, text.length - at);
    found |= odd(tail);
    if (text.length - at > WIDTH)
        found |= odd(tail + WIDTH);
    return !bytes16_any(found);
}

/* Not one of the characters that are NFC wherever they stand (NFC_Quick_Check Yes and never the second of a pair):
 * U+0000 to U+02FF, U+1E00 to U+1EFF, and the punctuation U+2002 to U+20BF. */
static bytes16 uncertain(const char *at)
{
    bytes16 lead = bytes16_load(at), second = bytes16_load(at + 1), third = bytes16_load(at + 2);
    bytes16 found = (bytes16)(lead > 0xcb) & (bytes16)(lead != 0xe1) & (bytes16)(lead != 0xe2);
    found |= (bytes16)(lead == 0xe1) & (bytes16)(second - 0xb8 > 3);
    return found | ((bytes16)(lead == 0xe2) &
                    ((bytes16)(second > 0x82) | ((bytes16)(second == 0x80) & (bytes16)(third < 0x82))));
}

bool unicode_nfc_certain(struct text text)
{
    return has_none(text, uncertain);
}

/* Letters are U+00C0 to U+02FF and U+1E00 to U+1EFF, but those that Đ and twice encoded texts are taken for; signs are
 * ASCII and U+2010 to U+2027. */
static bytes16 unplain(const char *at)
{
    bytes16 byte = bytes16_load(at), second = bytes16_load(at + 1), third = bytes16_load(at + 2);
    bytes16 space = (bytes16)(byte == ' ') | (bytes16)(byte == '\n');
    bytes16 found = (bytes16)(byte <= ' ') & ((bytes16)(second <= ' ') | ~space);
    found |= (bytes16)(byte == 0x7f) | (bytes16)(byte == '?');
    found |= (bytes16)(byte == 0xc2) |
             ((bytes16)(byte > 0xcb) & (bytes16)(byte != 0xe1) & (bytes16)(byte != 0xe2));
    found |= (bytes16)(byte == 0xc3) & ((bytes16)((second & 0xdf) == 0x90) | (bytes16)(second - 0x83 < 4));
    found |= (bytes16)(byte == 0xe1) & (bytes16)(second - 0xb8 > 3);
    return found | ((bytes16)(byte == 0xe2) & ((bytes16)(second != 0x80) | (bytes16)(third - 0x90 > 0x17)));
}

bool unicode_is_plain(struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    return !text.length || (bytes[0] > ' ' && bytes[text.length - 1] > ' ' && has_none(text, unplain));
}
