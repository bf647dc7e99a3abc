/* The outbox of 0.1.0 named no events: each row is given those it follows from. Of store/migrate.c alone. */
#ifndef STORE_MIGRATE_OUTBOX_H
#define STORE_MIGRATE_OUTBOX_H

#include "store/store.h"

/* Inside the migration, where `was_procedure_state` still stands. What is wanted without an event is not wanted any
 * more, and its record is mapped and checked again. A version that 0.1.0 took from a reconciliation without an event
 * gets one ("refreshed"). */
enum status migrate_outbox(struct store *store, struct error *error);

#endif
