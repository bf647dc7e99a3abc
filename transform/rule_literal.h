/* Most expressions that must not be found are not found, because some words of theirs stand nowhere in the record.
 *
 * The literals of an expression are texts of which at least one is part of whatever it matches. Grams are the sets of
 * bytes and of triples of bytes in a record's texts: a literal whose triples are not all there stands nowhere, and
 * the expression need not be tried. That is a filter: it never says no to an expression that would match.
 */
#ifndef TRANSFORM_RULE_LITERAL_H
#define TRANSFORM_RULE_LITERAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/value.h"

#define RULE_GRAM_BITS 13
#define RULE_LEADS     5

struct rule_grams {
    bool built;
    uint8_t bytes[256];
    uint8_t seconds[RULE_LEADS][64]; /* second bytes behind the lead bytes C3, C6, E1, E2; [0] behind any other */
    uint8_t triples[1 << RULE_GRAM_BITS];
};

/* Of all texts of a procedure. */
void rule_grams_build(struct rule_grams *grams, const struct value *procedure);

/* May a letter stand in the record that no Vietnamese text has: of another script, or one that looks like Đ? */
bool rule_grams_have_strange(const struct rule_grams *grams);

struct rule_literals {
    struct text *texts;
    size_t count; /* 0: nothing certain is known of the expression */
};

/* Reads an expression that compiles. What it does not understand, it is silent about. */
void rule_literals_find(struct arena *arena, struct text expression, struct rule_literals *literals);

/* May one of the literals stand in the record? True when nothing is known. */
bool rule_literals_may_stand(const struct rule_literals *literals, const struct rule_grams *grams);

#endif
