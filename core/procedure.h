/* The canonical procedure: its fields, what kind each is, and paths to them (INTERFACE §4).
 *
 * A procedure is a struct value whose shape these tables describe; map, normaliser, rules, plan and the views
 * follow the tables, so that a field is added in one place; what people call a field stands there, too.
 */
#ifndef CORE_PROCEDURE_H
#define CORE_PROCEDURE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/text.h"
#include "core/value.h"
#include "core/words.h"

enum field_kind {
    FIELD_LINE,    /* text of one line */
    FIELD_LINES,   /* text that keeps its line breaks */
    FIELD_CHOICE,  /* one of `choices` */
    FIELD_DATE,    /* yyyy-mm-dd */
    FIELD_DECIMAL, /* a text such as "50000" or "99.94" */
    FIELD_INTEGER, /* a JSON integer */
    FIELD_GROUP,   /* an object of `fields` */
    FIELD_LIST,    /* a list of what `item` says */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;              /* of every procedure: no rule can waive it */
    const char *const *choices; /* FIELD_CHOICE, ends with NULL */
    const struct field *fields; /* FIELD_GROUP: sorted by name */
    size_t count;
    const struct field *item; /* FIELD_LIST */
    const char *main;         /* FIELD_GROUP: the field that a bare text stands for; NULL: none */
    /* What people call it, and one item of a list ("Trình tự thực hiện", "Bước"): core/field_words.h. */
    struct words words, one;
    const struct words *choice_words; /* FIELD_CHOICE: of each choice */
};

extern const struct field procedure_root;

/* The names of the fields of a group, for messages; `most` at the most. */
size_t field_names(const struct field *group, const char **names, size_t most);
const struct field *field_find(const struct field *group, struct text name);

/* A path such as "decision.number" or "legal_bases[].number"; steps[0] is a field of `group`. */
#define FIELD_DEPTH 8
struct field_path {
    struct text text; /* as written; borrowed */
    size_t count;
    const struct field *steps[FIELD_DEPTH];
    bool each[FIELD_DEPTH]; /* the step's list is gone through item by item */
};

/* STATUS_USAGE: no such field, with the nearest one. */
enum status field_path_compile(const struct field *group, struct text text, struct field_path *path,
                               struct error *error);

#endif
