/* Keeps what reports rest on (store/report_memory.h) up to date beside the pages, in short steps: when the console begins,
 * and whenever the store has changed and is left alone. For console/ only.
 */
#ifndef CONSOLE_FOLLOWER_H
#define CONSOLE_FOLLOWER_H

#include "console/background.h"
#include "console/verifier.h"
#include "store/report_memory.h"

/* Zeroed but for the first two, which it borrows. */
struct follower {
    const struct console_settings *settings;
    struct report_memory *memory;
    bool begun;
    struct verifier_files before, followed;
};

bool follower_work(void *follower, struct background *background); /* a background_task's */

#endif
