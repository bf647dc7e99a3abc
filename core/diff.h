/* Where two procedures differ, field by field. */
#ifndef CORE_DIFF_H
#define CORE_DIFF_H

#include "core/arena.h"
#include "core/value.h"

struct diff {
    struct text field;         /* the path of a leaf, with numbers: "legal_bases[2].number" */
    struct text before, after; /* bytes NULL: it is not there on that side */
    struct diff *next;
};

/* The leaves in which two trees differ, in the order of their paths' first occurrence; NULL when they do not.
 * Either may be NULL. Texts are borrowed from the trees, paths live in the arena. */
struct diff *diff_find(struct arena *arena, const struct value *before, const struct value *after);

#endif
