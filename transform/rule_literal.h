/* Most expressions that must not be found are not found, because some words of theirs stand nowhere in the
 * record.
 *
 * The literals of an expression are texts of three bytes or more, of which at least one is part of whatever
 * it matches. Grams are the set of triples of bytes in a record's texts: a literal whose triples are not all
 * there stands nowhere, and the expression need not be tried. That is a filter: it never says no to an
 * expression that would match.
 */
#ifndef TRANSFORM_RULE_LITERAL_H
#define TRANSFORM_RULE_LITERAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/value.h"

#define RULE_GRAM_BITS 13

struct rule_grams {
    bool built;
    bool strange; /* a letter may stand there that no Vietnamese text has: of another script, or one like Đ */
    bool question; /* a question mark stands there */
    uint8_t triples[1 << RULE_GRAM_BITS];
};

/* Of all texts of a procedure. */
void rule_grams_build(struct rule_grams *grams, const struct value *procedure);

/* The next byte, from `at` on, that can start such a letter; the text's length when there is none. */
size_t rule_next_strange(struct text text, size_t at);

struct rule_literals {
    struct text *texts;
    size_t count; /* 0: nothing certain is known of the expression */
};

/* Reads an expression that compiles. What it does not understand, it is silent about. */
void rule_literals_find(struct arena *arena, struct text expression, struct rule_literals *literals);

/* May one of the literals stand in the record? True when nothing is known. */
bool rule_literals_may_stand(const struct rule_literals *literals, const struct rule_grams *grams);

#endif
