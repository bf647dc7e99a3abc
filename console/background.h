/* The one thread beside the pages, of low priority: it does what each of its tasks finds to do, in turn. For console/ only. */
#ifndef CONSOLE_BACKGROUND_H
#define CONSOLE_BACKGROUND_H

#include <stdbool.h>

#include "core/error.h"

#define BACKGROUND_TASKS 2

struct background;

/* True: something was done, and there may be more. Asked every second, and when somebody wakes it. */
struct background_task {
    bool (*work)(void *user_data, struct background *background);
    void *user_data;
};

enum status background_open(const struct background_task tasks[BACKGROUND_TASKS],
                            struct background **background, struct error *error);
void background_wake(struct background *background);
bool background_is_closing(struct background *background); /* to be asked by what takes long */
void background_close(struct background *background);      /* NULL: nothing; waits for the task at work */

#endif
