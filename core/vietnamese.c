#include "core/vietnamese.h"

#define INVALID 0xFFFDu

uint32_t vietnamese_next(struct text text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
    size_t left = text.length - *at;
    unsigned length = bytes[0] < 0x80       ? 1
                      : bytes[0] >> 5 == 6  ? 2
                      : bytes[0] >> 4 == 14 ? 3
                      : bytes[0] >> 3 == 30 ? 4
                                            : 0;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    *at += 1;
    if (length == 1)
        return bytes[0];
    if (length == 0 || length > left)
        return INVALID;
    uint32_t character = bytes[0] & (0x7Fu >> length);
    for (unsigned i = 1; i < length; i++) {
        if (bytes[i] >> 6 != 2)
            return INVALID;
        character = character << 6 | (bytes[i] & 0x3Fu);
    }
    if (character < least[length] || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000))
        return INVALID;
    *at += length - 1;
    return character;
}

bool vietnamese_is_letter(uint32_t character)
{
    return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') ||
           (character >= 0xC0 && character <= 0x1B0 && character != 0xD7 && character != 0xF7) ||
           (character >= 0x1EA0 && character <= 0x1EF9);
}

uint32_t vietnamese_lower(uint32_t character)
{
    if (character >= 'A' && character <= 'Z')
        return character + 32;
    if (character >= 0xC0 && character <= 0xDE && character != 0xD7)
        return character + 32;
    switch (character) {
    case 0x102: /* Ă */
    case 0x110: /* Đ */
    case 0x128: /* Ĩ */
    case 0x168: /* Ũ */
    case 0x1A0: /* Ơ */
        return character + 1;
    case 0x1AF: /* Ư */
        return 0x1B0;
    default:
        return character >= 0x1EA0 && character <= 0x1EF9 ? character | 1 : character;
    }
}

/* The bytes of `text` that are `words` but for case; 0 when it does not start so. */
static size_t same_start(struct text text, const char *words)
{
    struct text wanted = text_of(words);
    size_t at = 0, wanted_at = 0;
    while (wanted_at < wanted.length) {
        if (at == text.length || vietnamese_lower(vietnamese_next(text, &at)) !=
                                     vietnamese_lower(vietnamese_next(wanted, &wanted_at)))
            return 0;
    }
    return at;
}

bool vietnamese_is(struct text text, const char *words)
{
    return same_start(text, words) == text.length && (text.length || !*words);
}

size_t vietnamese_starts(struct text text, const char *words)
{
    size_t length = same_start(text, words), behind = length;
    if (!length || length == text.length)
        return length;
    uint32_t next = vietnamese_next(text, &behind);
    return vietnamese_is_letter(next) || (next >= '0' && next <= '9') ? 0 : length;
}

bool vietnamese_take(struct text *rest, const char *words)
{
    size_t length = vietnamese_starts(*rest, words);
    if (!length)
        return false;
    *rest = text_slice(*rest, length, rest->length);
    while (rest->length && *rest->bytes == ' ')
        *rest = text_slice(*rest, 1, rest->length);
    return true;
}
