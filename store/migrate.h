/* A store of another version: brought up to date by the first run (read as it is by who only reads: schema_pair.h).
 *
 * What changes. `store/schema_sql.c` says what a store looks like today. Bringing a store up to date gives it that
 * schema to the letter, whatever it had: views, triggers and indexes are made anew where their text differs, so
 * their text may change at any time; a table that differs is made anew and filled with the columns that both have,
 * by name (new ones get their default); tables that are no more go. Ledger, heads and the bytes of payloads stay as
 * they are. All of it is one transaction, with the first event of the run before it and the event `migrated` behind
 * it, which names both schemas and binds every row that was carried over (docs/audit.md).
 *
 * How a step is added. Change `schema_tables` and `schema_views`. Only when a released version had the old tables:
 * raise STORE_VERSION and add a row to store/schema_versions.c: the version that is left, who made it,
 * the digest of its schema (`schema_digest`; the test "every step knows its schema" prints it), and what has to be
 * worked out because equal names do not say it. Four ways:
 *
 * - `derived`: a column of today as an expression over the old row `s`. Who only reads an older store sees the column by
 *   the same expression, so this is the first choice, for what follows from events above all.
 * - `before`: SQL on the old tables, before they are compared: a column that is only renamed spares the copy of a large
 *   table.
 * - `carry`: SQL that is run when all tables and indexes have their new shape and the old ones still stand beside them
 *   as `was_NAME` (those that changed or are no more).
 * - in migrate.c, behind `carry`: a function for what SQL cannot do.
 *
 * Steps run in order, so a store of version 1 goes through all of them; `carry` may only name columns that every later
 * shape still has, and a later step derives from the oldest shape too. Until a version is released, what
 * belongs to it is added to the same step.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/store.h"

/* For store_run_begin, inside the transaction of the run's first event, on a store that verifies: brings it up to
 * date and appends `migrated`. Does nothing where nothing differs. */
enum status migrate_to_date(struct store *store, int64_t version, struct error *error);

#endif
