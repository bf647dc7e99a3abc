/* A finding as the store has it: a row of the table `finding`, an object in an event's detail. For store/ only. */
#ifndef STORE_FINDING_ROW_H
#define STORE_FINDING_ROW_H

#include "core/finding.h"
#include "store/store.h"

#define FINDING_COLUMNS "rule, severity, field, value, reason, arguments, message, cites"

/* The columns FINDING_COLUMNS of the row that stands at `at`; in the arena. What the column `arguments` holds that is
 * no list of texts is none: the words are made of what is left. */
void finding_row_take(struct arena *arena, struct sqlite_statement *row, int at, struct finding *finding);

/* As it may be kept: without what is known for a secret in the values and words. What it borrows goes on being borrowed. */
struct finding finding_row_covered(struct arena *arena, const struct finding *finding);
/* Binds FINDING_COLUMNS from the parameter `at` on, of what is covered. */
void finding_row_bind(struct arena *arena, struct sqlite_statement *statement, int at,
                      const struct finding *finding);

/* They say the same, in whichever language their messages are. */
bool finding_row_same(const struct finding *left, const struct finding *right);

/* All findings of a record as finding_value makes them, each with since_run, in the order they were found. Reads
 * stores of 0.1.0, too, whose findings have no reasons. */
enum status finding_row_list(struct store *store, struct arena *arena, int64_t record, struct value **list,
                             struct error *error);

#endif
