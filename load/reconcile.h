/* Reconciliation: asks the portal what it holds, and settles what an operator decided. Nothing is changed at
 * the portal.
 */
#ifndef LOAD_RECONCILE_H
#define LOAD_RECONCILE_H

#include "load/load.h"
#include "store/reconciliation.h"

/* Can this kind of portal be asked for its listing (or, to settle, for one procedure)? Touches nothing.
 * STATUS_USAGE. */
enum status reconcile_check(const struct load_request *request, bool settle, struct error *error);

/* Inside a run: reads the portal's whole listing, page by page, into the store and compares it. STATUS_STOP
 * when the listing could not be read to its end: then nothing was compared. After reconcile_check. */
enum status reconcile_ask(struct store *store, const struct load_request *request,
                          struct reconciliation_counts *counts, struct error *error);

enum reconcile_result {
    RECONCILE_ADOPTED,
    RECONCILE_OVERWRITES, /* the next load replaces what the portal holds */
    RECONCILE_MISSING,    /* the portal does not know it: it is pending, as something new */
    RECONCILE_GONE,       /* the portal does not know it, and nothing of it is wanted there */
    RECONCILE_OURS,       /* ours stands there already: it is taken over, nothing is to be sent */
    RECONCILE_NOTHING,    /* the two agree already: nothing was written */
};

/* Inside a run: asks what stands under the code, and takes it over, or lets the next load replace it. Where
 * what would be put there stands there already, an overwriting takes it over too: nothing is sent twice.
 * STATUS_USAGE when that cannot be. After reconcile_check. */
enum status reconcile_decide(struct store *store, const struct load_request *request, struct text code,
                             bool overwrite, enum reconcile_result *settled, struct error *error);

/* What is to stand there beside what stands there, for a person who is to decide. */
struct reconcile_view {
    struct outbox_item item;
    bool ours_known, known;           /* the store has a content; the portal knows the procedure */
    const char *which;                /* ours is what is "wanted", or what was "held" last */
    const struct value *ours, *there; /* NULL: none, or not shown */
    bool has_digest;
    struct digest digest; /* as the portal names it */
    struct text version;
    const char *status; /* "published", "abolished"; NULL: it does not say */
};

/* Asks the portal; writes nothing. The view lives in the arena. After reconcile_check. */
enum status reconcile_view(struct store *store, const struct load_request *request, struct text code,
                           struct arena *arena, struct reconcile_view *view, struct error *error);

#endif
