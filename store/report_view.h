/* The facts that reports count: what stood at the portal on a day, and how it came there.
 *
 * Each is a view that any SQLite tool can read (docs/reports.md); this header only asks them. Days are
 * Vietnam's (UTC+7), written yyyy-mm-dd. The answers are lists of objects whose members are the columns of
 * the views; columns that are lists in the procedure (fields, executing, services) are lists here.
 */
#ifndef STORE_REPORT_VIEW_H
#define STORE_REPORT_VIEW_H

#include "core/value.h"
#include "store/report_memory.h"
#include "store/store.h"

/* What stood there at the end of the day: the rows of report_procedures, one a code, in order of code. `memory`: one
 * that is held, whose rows are only to be read; NULL, here and below: there is none. */
enum status report_view_standing(struct store *store, const struct report_memory *memory, struct arena *arena,
                                 const char *day, struct value **rows, struct error *error);

/* Every version up to the end of a day, in order of code and number: code, number, seq, day, status,
 * kind, decision, signed_on, issuer, shortened, announcement, content_digest, legal_effective, legal_issued,
 * agency, agency_code; and maybe others of report_procedures. */
enum status report_view_versions(struct store *store, const struct report_memory *memory, struct arena *arena,
                                 const char *day, struct value **rows, struct error *error);

/* What is in its source now, accepted or kept back, and never stood at the portal as it is: the rows of
 * report_wanted, in order of code; two sources may give one. */
enum status report_view_wanted(struct store *store, struct arena *arena, struct value **rows,
                               struct error *error);

/* What an operator found at the portal and took over, in order of code and seq: seq, code, day, first (1: nothing was acknowledged
 * of it before). Since when it stood there nobody knows. */
enum status report_view_adopted(struct store *store, struct arena *arena, struct value **rows,
                                struct error *error);

/* What a report rests on: an object of run, events (the tree's size), root, note (of the newest head), at
 * (of the newest event), events_behind (of a run that has not ended: what they say counts, and no head binds
 * it). Members are absent where there is nothing yet. */
enum status report_view_head(struct store *store, struct arena *arena, struct value **head,
                             struct error *error);

/* How many events the ledger has, those behind the newest head too. */
enum status report_view_events(struct store *store, int64_t *events, struct error *error);

/* The day of the ledger's first event: of what stood before nothing is known. bytes NULL: it has none. */
enum status report_view_beginning(struct store *store, struct arena *arena, struct text *day,
                                  struct error *error);

/* The day of the first publication in the ledger; bytes NULL: there was none. */
enum status report_view_first_day(struct store *store, struct arena *arena, struct text *day,
                                  struct error *error);

#endif
