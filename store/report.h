/* What people ask the store: runs, what is going on, what is kept back. Answers are values: lists of objects
 * whose members are the columns of the views, for a table or for JSON. */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "store/store.h"

/* The last `most` runs, newest first, as audit_runs has them; `why` in the language spoken now. */
enum status report_runs(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                        struct error *error);

/* One of them. STATUS_END: there is no such run. */
enum status report_run(struct store *store, struct arena *arena, int64_t number, struct value **run,
                       struct error *error);

/* Sources with their records: source, present, accepted, rejected, held, missing; of the last listing whole (1 or
 * 0) and why it is not; when one was whole last (whole_at), and when it was last read, not only said to be
 * unchanged (read_at). */
enum status report_sources(struct store *store, struct arena *arena, struct value **rows,
                           struct error *error);

/* Sources whose last listing broke off: source, run, why. */
enum status report_broken_listings(struct store *store, struct arena *arena, struct value **rows,
                                   struct error *error);

/* Records that are kept back, a row for each error: source, key, code, locator, outcome, since_run, and the finding
 * as core/finding.h has it, its message in the night's words. */
enum status report_kept_records(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                                struct error *error);

/* Procedures that stand in the way at the portal: code, state, action, words, attempts, run. */
enum status report_kept_deliveries(struct store *store, struct arena *arena, int64_t most,
                                   struct value **rows, struct error *error);

/* Records that vanished from their source (STAGING_MISSING): source, key, code, locator. */
enum status report_missing(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                           struct error *error);

/* How many procedures stand at the portal, how many of these no record gives any more (it took another code), how many
 * are drafts that wait for their announcement, and when the newest was acknowledged. */
enum status report_published(struct store *store, struct arena *arena, struct value **summary,
                             struct error *error);

/* The rules and code lists that the run was made with, as it kept them: { rules: { PATH: { rules: […] } }, codes }.
 * `run` 0: the newest. STATUS_END: no such run, or nothing kept. */
enum status report_run_rules(struct store *store, struct arena *arena, int64_t run, struct value **rules,
                             struct error *error);
/* Does the store know the code, of a record (or as its key) or of a procedure? */
enum status report_knows(struct store *store, struct text code, bool *known, struct error *error);
enum status report_knows_run(struct store *store, int64_t run, bool *known, struct error *error);
/* Is there something that the rule found? */
enum status report_knows_rule(struct store *store, struct text rule, bool *known, struct error *error);
/* With which configuration and rules records were transformed last, and in which run. STATUS_END: never. */
enum status report_last_transform(struct store *store, int64_t *run, struct digest *configuration,
                                  struct digest *rules, struct error *error);
/* When the run began (milliseconds since 1970) that read the source last, up to this run. STATUS_END: none did. */
enum status report_read_for(struct store *store, const char *source, int64_t run, int64_t *began,
                            struct error *error);
/* The configuration of the newest run, secrets masked, as it kept it. STATUS_END: no run, or nothing kept. */
enum status report_configuration(struct store *store, struct arena *arena, struct value **configuration,
                                 struct error *error);
/* … of the run in which the portal acknowledged something last. STATUS_END: it never did, or nothing kept. */
enum status report_acknowledged_under(struct store *store, struct arena *arena, struct value **configuration,
                                      struct error *error);

#endif
