/* Keeps what reports rest on (store/report_memory.h) up to date beside the pages, in a thread of its own, in short steps:
 * when the console begins, and whenever the store has changed and is left alone. For console/ only.
 */
#ifndef CONSOLE_FOLLOWER_H
#define CONSOLE_FOLLOWER_H

#include "console/console.h"
#include "store/report_memory.h"

struct follower;

/* Borrows both. */
enum status follower_open(const struct console_settings *settings, struct report_memory *memory,
                          struct follower **follower, struct error *error);
void follower_close(struct follower *follower); /* NULL: nothing */

#endif
