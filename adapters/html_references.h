/* Character references of HTML as browsers read them (HTML standard, 13.2.5.72 to 80). libxml2 knows the 253 names
 * of HTML 4, takes the numbers 128 to 159 for control characters, and drops these and others without a word. */
#ifndef ADAPTERS_HTML_REFERENCES_H
#define ADAPTERS_HTML_REFERENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/text.h"

struct html_entity {
    const char *name;       /* with its semicolon, and some without */
    uint32_t first, second; /* second 0: none */
};
extern const struct html_entity html_entities[]; /* sorted by their bytes */
extern const size_t html_entity_count, html_entity_longest;
extern const uint16_t html_windows[32]; /* what the numbers 128 to 159 stand for */

/* A page with every reference in its text and attributes as the number that libxml2 reads alike, and "&" that
 * begins none as itself. A form feed becomes a blank. Other control characters become U+FDD0 to U+FDEF, which no
 * text has, so that they reach html_restore. Added to `out`; false, and nothing added, when there is nothing to
 * do. */
bool html_prepare(struct text page, struct buffer *out);

/* The control characters of a text of a prepared page again: it is for the normaliser to refuse them. */
struct text html_restore(struct arena *arena, struct text text);

#endif
