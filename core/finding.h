/* A finding: what a rule has to say about one record. Everything a person needs is in it. */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/text.h"

struct finding {
    struct text rule;  /* its id; the program's own start with "congkhai/" */
    bool is_error;     /* keeps the record back; otherwise a warning */
    struct text field; /* the path with numbers, or bytes NULL */
    struct text value; /* what stands there, at most FINDING_VALUE bytes; bytes NULL: nothing */
    struct text message;
    struct text cites; /* bytes NULL: none */
    struct finding *next;
};

struct findings {
    struct finding *first, *last;
    int errors, warnings;
};

#define FINDING_VALUE 300
#define FINDING_MAX   200 /* of one record; what comes after is only counted */

/* Copies the texts into the arena; `value` is cut at a letter. Returns the finding, or NULL past
 * FINDING_MAX. */
struct finding *finding_add(struct arena *arena, struct findings *findings, bool is_error, struct text rule,
                            const char *field, struct text value, struct text message);

/* The same findings, with texts of their own: `to` outlives the arena of `from`. */
void findings_copy(struct arena *arena, const struct findings *from, struct findings *to);

#endif
