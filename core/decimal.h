/* Numbers as Vietnamese documents write them, and decimals as the canonical procedure has them.
 *
 * "1.515" and "1,515" are both thousands in the same data: a group of exactly three digits behind the mark.
 * "99,94" is a decimal. What fits neither, or both, is doubtful and never guessed:
 *
 *     digits                        50000                                    50000
 *     thousands                     50.000 · 1,200,000                       50000 · 1200000
 *     decimals                      99,94 · 0.5 · 0,125 · 3.1416             99.94 · 0.5 · 0.125 · 3.1416
 *     thousands and decimals        1.500.000,50 · 1,500.5                   1500000.5 · 1500.5
 *     doubtful                      1.500,000 · 1,50.000 · 1234.567 · 50 000 · 1. · ,5
 *
 * A canonical decimal has digits and, where needed, a point and digits: no grouping, no zeros in front or
 * behind.
 */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include <stdbool.h>

#include "core/text.h"

struct arena;

enum decimal_reading {
    DECIMAL_NONE, /* not a number: something else than digits, marks and blanks, or no digit */
    DECIMAL_READ,
    DECIMAL_DOUBTFUL, /* digits and marks that can be read in two ways or in none; or too many digits */
};

#define DECIMAL_DIGITS_MAX 18 /* on each side of the point */

enum decimal_reading decimal_read(struct arena *arena, struct text text, struct text *decimal);
/* A number as programs write it (RFC 8259, 6), in which a point is never one of thousands and 5e4 is 50000.
 * False when it is none, is negative, or has too many digits. */
bool decimal_from_number(struct arena *arena, struct text text, struct text *decimal);
bool decimal_valid(struct text text); /* a canonical decimal */
/* Of two canonical decimals, of any length: <0, 0, >0. */
int decimal_compare(struct text left, struct text right);

#endif
