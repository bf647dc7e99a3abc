/* What is remembered of a source from its last whole listing, for the next night. It only steers work: what is
 * wrong with it costs a night's full reading, never a record. */
#ifndef EXTRACT_LISTING_MEMORY_H
#define EXTRACT_LISTING_MEMORY_H

#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/text.h"
#include "extract/deaths.h"

struct listing_memory {
    struct digest recipe;   /* all that a listing's meaning hangs on but the map */
    struct text validators; /* the driver's own; TEXT_NONE: everything is to be read */
    int64_t read_at;        /* when everything was read, in milliseconds since 1970; 0: not known */
    int64_t records;        /* how many it had; 0: not known */
    bool plain;             /* there was nothing to say of it but its records */
    uint64_t repeats;       /* the source's own: keys that came on more than one page; 0: none */
    struct text *unended;   /* documents of lines whose last line had no end */
    size_t unended_count;
    struct death *deaths; /* what ended the processes that read it (deaths.h) */
    size_t death_count;
};

/* JSON in the arena. */
struct text listing_memory_write(const struct listing_memory *memory, struct arena *arena);
/* What is no such text gives an empty memory. */
void listing_memory_read(struct text bytes, struct arena *arena, struct listing_memory *memory);

#endif
