/* Who mends a record: the department that it names, else its source. Names that unicode_fold makes one (case, blanks, the place of
 * a tone) are one department, called as most records call it. */
#ifndef STORE_DEPARTMENT_H
#define STORE_DEPARTMENT_H

#include "core/value.h"
#include "store/store.h"

struct departments {
    struct value *called; /* an object: the folded name, and what the department is called */
    struct text
        others; /* of names that are spelled otherwise, what they are called: a JSON object; bytes NULL: there are none */
};

/* Of every record and every source. */
enum status department_read(struct store *store, struct arena *arena, struct departments *departments,
                            struct error *error);
/* What it is called, in whichever spelling it is asked for; bytes NULL: nobody is called so. */
struct text department_called(struct arena *arena, const struct departments *departments, struct text name);
/* All of them, in order. A list of texts. */
enum status department_names(struct store *store, struct arena *arena, const struct departments *departments,
                             struct value **names, struct error *error);

/* The same as they are spelled, one that is spelled in several ways several times: whose record came first in front, sources that
 * no record goes under last. */
enum status department_first_seen(struct store *store, struct arena *arena, struct value **names,
                                  struct error *error);

/* In SQL, with `others` as that parameter. */
#define DEPARTMENT_CALLED(name, others)                                                                      \
    "CASE WHEN " others " IS NULL THEN " name " ELSE coalesce((SELECT d.value FROM json_each(" others        \
    ") d WHERE d.key = " name "), " name ") END"

#endif
