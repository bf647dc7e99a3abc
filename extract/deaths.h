/* Which bytes ended two processes that read them: they are not given to a third, until they or the program change, or an
 * operator asks for it (retry). Kept with what is remembered of their source. */
#ifndef EXTRACT_DEATHS_H
#define EXTRACT_DEATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/child.h"
#include "core/arena.h"
#include "core/digest.h"

#define DEATHS_MAX 200 /* of a source; a newer one then takes the oldest one's place */

struct death {
    struct digest content; /* of the bytes, the program's version, and how they are read */
    int64_t signal;        /* 0: it ended itself */
};

struct deaths {
    struct digest recipe; /* see listing_memory */
    struct death list[DEATHS_MAX];
    size_t count;
};

/* NULL: these have not. */
const struct death *deaths_find(const struct deaths *deaths, struct text bytes);
/* One that was killed, or hung, says nothing of the next run, and is not kept. */
void deaths_add(struct deaths *deaths, struct text bytes, const struct child_death *death);
void deaths_forget(struct deaths *deaths, struct text bytes);

/* What is said of it then; STATUS_REJECT. */
enum status deaths_words(const struct child_death *death, struct error *error);

#endif
