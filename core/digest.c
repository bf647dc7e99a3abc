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

static int nibble(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit = (char)(digit | 0x20);
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool digest_from_hex(struct text hex, struct digest *digest)
{
    if (hex.length != (size_t)2 * DIGEST_SIZE)
        return false;
    struct digest read;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = nibble(hex.bytes[2 * i]), low = nibble(hex.bytes[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        read.bytes[i] = (unsigned char)(high << 4 | low);
    }
    *digest = read;
    return true;
}

bool digest_equal(const struct digest *left, const struct digest *right)
{
    return memcmp(left->bytes, right->bytes, DIGEST_SIZE) == 0;
}
