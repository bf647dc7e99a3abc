#include "core/bits.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

bool bits_has(const struct bits *bits, int64_t number)
{
    size_t byte = (size_t)number >> 3;
    return byte < bits->count && bits->bytes[byte] >> (number & 7) & 1;
}

void bits_add(struct bits *bits, int64_t number)
{
    size_t byte = (size_t)number >> 3;
    if (byte >= bits->count) {
        size_t wanted = (byte + 1) * 2 + 1024;
        bits->bytes = memory_resize(bits->bytes, wanted);
        memset(bits->bytes + bits->count, 0, wanted - bits->count);
        bits->count = wanted;
    }
    bits->set += !bits_has(bits, number);
    bits->bytes[byte] |= (unsigned char)(1 << (number & 7));
}

int64_t bits_next(const struct bits *bits, int64_t after)
{
    for (size_t number = (size_t)after + 1; number >> 3 < bits->count; number++) {
        if (!bits->bytes[number >> 3])
            number |= 7; /* none of these eight */
        else if (bits->bytes[number >> 3] >> (number & 7) & 1)
            return (int64_t)number;
    }
    return 0;
}

void bits_free(struct bits *bits)
{
    free(bits->bytes);
    *bits = (struct bits){ 0 };
}
