#include "core/bits.h"

#include "tests/support/test.h"

TEST("a set of numbers has what was added, once, and tells them in order")
{
    static const int64_t added[] = { 7, 8, 9, 64, 63, 100000, 8 };
    static const int64_t sorted[] = { 7, 8, 9, 63, 64, 100000 };
    struct bits bits = { 0 };
    CHECK(!bits_has(&bits, 7));
    CHECK_INT(bits_next(&bits, 0), 0);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        bits_add(&bits, added[i]);
    CHECK_INT(bits.set, 6);
    CHECK(!bits_has(&bits, 6) && !bits_has(&bits, 10) && !bits_has(&bits, 1 << 30));
    int64_t number = 0;
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        CHECK(bits_has(&bits, sorted[i]));
        number = bits_next(&bits, number);
        CHECK_INT(number, sorted[i]);
    }
    CHECK_INT(bits_next(&bits, number), 0);
    bits_free(&bits);
    CHECK(!bits_has(&bits, 7) && !bits.set);
}
