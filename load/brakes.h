/* Brakes: what stops a run before its first request because it would do more than an ordinary night does.
 *
 *     changes          share or number of published procedures that would be replaced by another content, or whose
 *                      code no source gives any more while as many new codes come
 *     withdrawals      share or number of published procedures that would be withdrawn
 *     empty_source     stop, or warn: a source whose listing is empty, though it gave records before
 *     shrunken_source  share or number of records that a source gives less than before
 *     vanished_field   stop, or warn: an address of a map that gave something, and gives nothing any more
 *     vanished_folder  stop (also where nothing is said), warn or off: extract holds it, for the listing is
 *                      not whole then
 *
 * A share is of what is published now (of a source: of what it gave when load last went on from its listing),
 * and one that is larger stops; where nothing is published yet, there is no brake. A person releases a brake
 * for one run, with a reason that goes into the ledger. docs/operators.md tells the same.
 */
#ifndef LOAD_BRAKES_H
#define LOAD_BRAKES_H

#include "core/setting.h"
#include "store/approval.h"
#include "store/outbox.h"

enum brake {
    BRAKE_CHANGES,
    BRAKE_WITHDRAWALS,
    BRAKE_EMPTY_SOURCE,
    BRAKE_SHRUNKEN_SOURCE,
    BRAKE_VANISHED_FIELD,
    BRAKE_VANISHED_FOLDER,
    BRAKES
};

enum brake_mode { BRAKE_OFF, BRAKE_STOP, BRAKE_WARN };

struct brake_limit {
    bool given;
    bool is_share;
    double share;
    int64_t number;
    struct text message; /* as it was written */
};

struct brakes {
    struct brake_limit changes, withdrawals, shrunken;
    int empty;           /* enum brake_mode */
    int vanished_field;  /* enum brake_mode */
    int vanished_folder; /* enum brake_mode; extract's to hold */
};

/* Reads the configuration's `brakes`; NULL: none. STATUS_USAGE with the place. */
const struct setting *brakes_settings(size_t *count); /* for their schema */
enum status brakes_read(const struct setting_context *context, const struct value *tree,
                        struct brakes *brakes, struct error *error);

struct brakes_request {
    const struct brakes *brakes;
    const struct outbox_filter *filter;
    const char *const *sources; /* all that are configured */
    size_t source_count;
    const char *const *released; /* names of brakes */
    size_t released_count;
    const char *reason, *actor;
    struct approval_gate *gate; /* what is approved does not brake; NULL: nothing is */
    const char *command;        /* that is to be given again */
    void (*notice)(void *user_data, const char *message); /* may be NULL */
    void *user_data;
};

/* Are these names of brakes, with a reason? STATUS_USAGE with the nearest name. */
enum status brakes_check_released(const struct brakes_request *request, struct error *error);

/* Inside a run, before the first request. STATUS_STOP with what holds and how to go on; otherwise the
 * releases stand in the ledger ("brake-released") and the listings of the sources are what is usual from now
 * on. */
enum status brakes_hold(struct store *store, const struct brakes_request *request, struct error *error);

/* The same judgement, for people to read: what holds, in words; empty where nothing does. Nothing is written. */
enum status brakes_words(struct store *store, const struct brakes_request *request, struct buffer *words,
                         struct error *error);

#endif
