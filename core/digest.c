#include "core/digest.h"

#include <string.h>

void digest_hex(const struct digest *digest, char hex[DIGEST_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    hex[2 * DIGEST_SIZE] = 0;
}

static int nibble(char digit, bool any_case)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(any_case ? digit | 0x20 : digit);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_hex(struct text hex, bool any_case, struct digest *digest)
{
    if (hex.length != (size_t)2 * DIGEST_SIZE)
        return false;
    struct digest read;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = nibble(hex.bytes[2 * i], any_case), low = nibble(hex.bytes[2 * i + 1], any_case);
        if (high < 0 || low < 0)
            return false;
        read.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *digest = read;
    return true;
}

bool digest_from_hex(struct text hex, struct digest *digest)
{
    return read_hex(hex, false, digest);
}

bool digest_from_typed(struct text hex, struct digest *digest)
{
    return read_hex(hex, true, digest);
}

bool digest_equal(const struct digest *left, const struct digest *right)
{
    return memcmp(left->bytes, right->bytes, DIGEST_SIZE) == 0;
}
