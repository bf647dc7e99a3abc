/* The tables and views of the store, and the steps from one version to the next. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "adapters/sqlite.h"
#include "core/error.h"

/* Makes or updates the schema. `path` is for messages. */
enum status schema_prepare(struct sqlite *database, bool may_write, const char *path, struct error *error);

extern const char schema_tables[]; /* version 1 */
extern const char schema_views[];  /* made anew at each open for a run when their text differs */

#endif
