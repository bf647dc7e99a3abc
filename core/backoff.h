/* How often and when something is tried again: exponential backoff with full jitter. */
#ifndef CORE_BACKOFF_H
#define CORE_BACKOFF_H

#include <stdint.h>

#include "core/setting.h"

/* The configuration's `retry`, of the portal and of a source. */
struct backoff {
    int64_t attempts; /* of one delivery, or of one request to a source, in one run */
    int64_t first;    /* milliseconds: the most that the first wait takes */
    int64_t most;     /* milliseconds: no wait is longer */
};

/* STATUS_USAGE: the first wait is longer than the longest. `tree` is what was read, or NULL. */
enum status backoff_check(const struct setting_context *context, const struct value *tree,
                          const struct backoff *retry, struct error *error);

/* Milliseconds to wait before the try after `tries` failed ones (from 1): anything from 0 to first * 2^(tries
 * - 1), at most `most`, as `chance` (64 random bits) has it. */
int64_t backoff_delay(const struct backoff *retry, int64_t tries, uint64_t chance);

#endif
