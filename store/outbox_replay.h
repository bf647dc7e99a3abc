/* The row of the outbox that the events of one procedure leave: they are taken one by one, and each does to it what it did
 * when it was written, by the same functions (store/outbox_item.h). What no event says stays empty: payloads' numbers
 * (digests stand for them), attempts, words, which of many goes behind.
 */
#ifndef STORE_OUTBOX_REPLAY_H
#define STORE_OUTBOX_REPLAY_H

#include "store/ledger_entry.h"
#include "store/outbox.h"

struct outbox_replay {
    struct store *store;
    int64_t migrated; /* events up to here are of 0.1.0; INT64_MAX: all are */
    struct arena arena, details;
    struct outbox_item due; /* its record is 1: the one below */
    struct text source, key;
    bool of_first_version; /* events of 0.1.0 are among them: not all that it did has an event */
    bool open_unsure;      /* 0.1.0 let an open intent go when it lifted a decision */
    bool decided_unsure;   /* nor does it say which content a decision set aside, or that an order ended */
    struct outbox_item before_adoption;
    int64_t adopted; /* the event behind that state */
};

enum status outbox_replay_open(struct outbox_replay *replay, struct store *store, struct error *error);
void outbox_replay_begin(struct outbox_replay *replay); /* at another procedure */
/* *read false: its detail cannot be read, and it did nothing. */
enum status outbox_replay_take(struct outbox_replay *replay, const struct ledger_entry *entry, bool *read,
                               struct error *error);
void outbox_replay_close(struct outbox_replay *replay);

#endif
