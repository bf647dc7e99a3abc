/* What is kept back now: records that were rejected or are held, one row a reason, and procedures whose
 * delivery did not end well, one row each. For `kept`, the lists that departments get, and notices. */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "core/value.h"
#include "store/row_visit.h"
#include "store/store.h"

struct kept_filter {
    const char *const *sources;
    size_t source_count;      /* 0: any */
    const struct text *codes; /* codes, or keys of records without one */
    size_t code_count;
    const char *rule, *department, *outcome; /* NULL: any */
    const char *reason, *message;  /* of a finding; of a delivery the words of its night. NULL: any */
    int64_t since;                 /* only what stands since a later run than this; 0: all */
    struct text also;              /* … or since one of these runs: a JSON list; bytes NULL: none */
    int64_t limit;                 /* rows at most; 0: all */
    int64_t offset;                /* rows that are left out before them */
    const struct row_visit *visit; /* takes the rows, and *rows is NULL; NULL: nobody does */
};

/* How many records and procedures are kept back, and how many of them since after that run (0: all). */
enum status kept_count(struct store *store, int64_t since, struct arena *arena, int64_t *records,
                       int64_t *fresh, struct error *error);
/* Counted, the most first: objects of name (an outcome, a rule, a department), records (and procedures) and
 * points. What no rule keeps back has no name there. */
enum kept_by { KEPT_BY_OUTCOME, KEPT_BY_RULE, KEPT_BY_DEPARTMENT, KEPT_BYS };
enum status kept_counts(struct store *store, enum kept_by by, struct arena *arena, struct value **rows,
                        struct error *error);

/* The same points by what is said of them, those of most records first: outcome, rule, severity, reason, records, points,
 * since_run (the first), and of one of them field, value, arguments, message, cites. Of deliveries by the words of their night (told),
 * without rule. */
enum status kept_groups(struct store *store, const struct kept_filter *filter, struct arena *arena,
                        struct value **rows, struct error *error);

/* Every rule of which a finding keeps something back, in order. A list of texts. */
enum status kept_rules(struct store *store, struct arena *arena, struct value **names, struct error *error);

/* The rows in the order of department, source and record, each an object of
 *     department, source, key, code, name, locator
 *     outcome       rejected · held; refused · conflict · failed · unknown; waiting (for approval) · sent-back
 *     rule, severity, field, value, reason, arguments, message, cites      of records: a finding (core/finding.h)
 *     message       of deliveries: what the portal or the program says (store/said.h); why it was sent back, or for whom it waits
 *     since_run, since (RFC 3339), due (yyyy-mm-dd, the nearest term of the record)
 * The department is called as in store/department.h, whichever spelling the record or the filter has. What is nothing is absent. *total counts the rows without the limit, *records whom they are about. */
enum status kept_rows(struct store *store, const struct kept_filter *filter, struct arena *arena,
                      struct value **rows, int64_t *total, int64_t *records, struct error *error);

#endif
