/* For store/ only: which rows of the ledger are approval's, as the index has it to the letter. */
#ifndef STORE_APPROVAL_ROWS_H
#define STORE_APPROVAL_ROWS_H

#include "store/approval_state.h"
#include "store/outbox.h"
#include "store/store.h"

#define APPROVAL_EVENTS                                                                                      \
    "event IN ('approval-founded', 'submitted', 'approved', 'sent-back', 'retried', 'approval-lapsed',"      \
    " 'approval-recovered')"

/* Where a record comes from, and who mends it. */
#define APPROVAL_SOURCE_OF_RECORD                                                                            \
    "SELECT s.name, coalesce(r.department, s.name) FROM record r JOIN source s ON s.id = r.source WHERE "    \
    "r.id = ?1"

/* Of a step: the run since which it is wanted (?1 the event), its name (?3 a content), whose its record is (?2) and when it is due. */
#define APPROVAL_ABOUT_STEP                                                                                  \
    "SELECT coalesce((SELECT run FROM ledger WHERE seq = " OUTBOX_WANTED_SINCE(                              \
        "?1") "), 0),"                                                                                       \
              " (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE p.id = ?3),"      \
              " (SELECT coalesce(r.department, s.name) FROM record r JOIN source s ON s.id = r.source "      \
              "WHERE r.id = "                                                                                \
              "?2),"                                                                                         \
              " (SELECT min(due) FROM deadline d WHERE d.record = ?2)"

/* Was the approval used by an intent that left, and whose delivery is not open any more? */
enum status approval_was_used(struct store *store, const struct approval_entry *entry, bool *used,
                              struct error *error);

#endif
