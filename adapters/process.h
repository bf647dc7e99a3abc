/* The door to other programs: one is run, fed and waited for. */
#ifndef ADAPTERS_PROCESS_H
#define ADAPTERS_PROCESS_H

#include "core/error.h"
#include "core/text.h"

#define PROCESS_WORDS 2000 /* bytes of what a program says that are kept */

struct process_result {
    int exit_code; /* -1: it was ended by a signal */
    char words[PROCESS_WORDS +
               1]; /* the beginning of its stdout and stderr together, valid UTF-8, blanks trimmed */
};

/* Runs argv[0] (looked for in PATH) with `input` on its standard input, and waits. STATUS_RETRY with what to
 * do when it cannot be started or takes longer than `milliseconds` (then it is killed). Whatever it exits
 * with is STATUS_OK. Signals are its defaults; its environment is ours
 * without what holds a secret. */
enum status process_run(const char *const *argv, struct text input, long milliseconds,
                        struct process_result *result, struct error *error);

#endif
