/* A finding: what a rule has to say about one record. Kept as ids and values; core/finding_words.h has the words. */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/reason.h"
#include "core/text.h"
#include "core/value.h"

struct finding {
    struct text rule;     /* its id; the program's own start with "congkhai/" */
    bool is_error;        /* keeps the record back; otherwise a warning */
    struct text field;    /* the path with numbers, or bytes NULL */
    struct text value;    /* what stands there, at most FINDING_VALUE bytes; bytes NULL: nothing */
    struct reason reason; /* id NULL: of an older version, which kept only its message */
    struct text message;  /* in the words of the night that found it; bytes NULL: not said yet */
    struct text cites;    /* bytes NULL: none */
    struct finding *next;
};

struct findings {
    struct finding *first, *last;
    int errors, warnings;
};

#define FINDING_VALUE 300
#define FINDING_MAX   200 /* of one record; what comes after is only counted */

/* Copies the texts into the arena; `value` is cut at a letter. Returns the finding, without message and article, or
 * NULL past FINDING_MAX. */
struct finding *finding_add(struct arena *arena, struct findings *findings, bool is_error, struct text rule,
                            const char *field, struct text value, const struct reason *reason);

/* The same findings, with texts of their own: `to` outlives the arena of `from`. */
void findings_copy(struct arena *arena, const struct findings *from, struct findings *to);

/* As events and --json have it: rule, severity, field, value, reason, arguments[], message, cites; what is nothing is
 * absent. Borrows. */
struct value *finding_value(struct arena *arena, const struct finding *finding);
/* Back from such an object, or from a row whose columns are named so (arguments may be a text of JSON's list: it is
 * left out then). Borrows. */
void finding_read(struct arena *arena, const struct value *value, struct finding *finding);

#endif
