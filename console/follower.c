#include "console/follower.h"

#define CODES 64 /* of one snapshot */

/* What fails here is told by the page that asks for it. */
static void follow(const struct follower *follower, struct background *background)
{
    struct store *store;
    struct error ignored;
    enum status status = STATUS_OK;
    if (follower->settings->open(follower->settings->user_data, STORE_READ, &store, &ignored))
        return;
    while (!status && !background_is_closing(background)) {
        status = store_snapshot_begin(store, &ignored);
        if (status)
            break;
        status = report_memory_follow(follower->memory, store, CODES, &ignored);
        store_snapshot_end(store);
    }
    store_close(store);
}

bool follower_work(void *user_data, struct background *background)
{
    struct follower *follower = user_data;
    struct verifier_files now = verifier_look_at_files(follower->settings->store);
    bool due = (!follower->begun || verifier_same_files(&now, &follower->before)) &&
               !verifier_same_files(&now, &follower->followed);
    if (due) {
        follow(follower, background);
        follower->followed = now;
    }
    follower->begun = true;
    follower->before = now;
    return false; /* whether the store is left alone is told by the next second */
}
