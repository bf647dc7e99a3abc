/* Where documents come from: one driver for each key of `fetch` (INTERFACE §2), all in the table of fetch.c.
 */
#ifndef EXTRACT_FETCH_H
#define EXTRACT_FETCH_H

#include <signal.h>

#include "adapters/file.h"
#include "core/clock.h"
#include "core/setting.h"
#include "extract/listing.h"
#include "record/source.h"

struct digests_ahead;
struct rows;
struct spool_file;

/* One document of a source. */
struct document {
    const char *name;          /* for locators: the same on each night, without secrets */
    struct file_stream stream; /* closed by whoever got the document */
    const char *path;          /* of a file on disk (xlsx is read from there); NULL: only the stream */
    struct spool_file *spool;  /* that file, where it is one without a name */
    struct rows *rows;  /* format rows: the result of the query instead of the stream; the driver's own */
    bool null_is_empty; /* JSON: null or nothing where the list should be is no fault */
    bool taken_up;      /* an operator asks for it, though it ended processes before (deaths.h) */
    bool wants_end;     /* without its end it was cut (enum decode_end, decode.h) */
    int64_t skipped;    /* set by the decoder: rows that were passed over, as the source wants it */
    bool nothing;       /* set by the decoder: there was no list, and that was no fault */
    bool unended;       /* set by the decoder: the last line, or the page, has no end */
};

struct fetch;

struct fetch_driver {
    const char *name; /* the key of `fetch` that chooses it: "folder", "file", "url", … */
    const struct setting *settings;
    size_t setting_count;
    bool files;       /* documents are files: one whose content is broken is set aside by its name */
    size_t size;      /* of the settings' struct */
    unsigned formats; /* bits of enum source_format that it can serve; 0: all but rows */
    /* May be NULL. Where all faults are wanted, also called when a setting that is not required could not be read. */
    enum status (*check)(struct fetch *fetch, struct error *error);
    enum status (*open)(struct fetch *fetch, struct error *error);
    enum status (*next)(struct fetch *fetch, struct document *document,
                        struct error *error); /* OK, END, STOP */
    /* The document that `next` will give after the one that is open now, where both lie in memory: whoever takes it apart may
     * begin. Borrowed. NULL, also as a result: there is no such thing. */
    const struct document *(*ahead)(struct fetch *fetch);
    /* Begins again at the first document, for a second walk; NULL: what is read cannot move meanwhile. */
    enum status (*again)(struct fetch *fetch, struct error *error);
    void (*close)(struct fetch *fetch);
    /* It is done by a process of its own (fetch_child.h), which then may read these files, and may connect, but for one that gives
     * rows and is not foreign (cli/children.c). NULL: the owner itself does it, with all its rights. */
    void (*reads)(const struct fetch *fetch, void (*add)(void *user_data, const char *path), void *user_data);
    /* … of which nothing is heard for so many milliseconds, at most, until another request leaves: given where
     * `reads` is. */
    int64_t (*silence)(const struct fetch *fetch);
    bool
        foreign; /* it loads code of others: who knows what that reads, where it connects, and whether it ends */
};

#define FETCH_PATIENCE 10000 /* milliseconds */

struct fetch {
    const struct fetch_driver *driver;
    const struct source *source;
    const struct setting_context *context;
    const char *folder; /* paths are relative to it */
    struct arena *arena;
    void *settings;  /* the driver's, read */
    void *user_data; /* the driver's state */
    struct clock *clock;
    const volatile sig_atomic_t *stop;
    /* Something that a person should know and that is no error; may be NULL. */
    void (*notice)(void *user_data, const char *message);
    void *notice_own;

    int64_t given;   /* records in the document that was given out last, when the next one is asked for */
    bool broken;     /* that document broke off, so that `given` is what came before */
    bool nothing;    /* it had no list, and that was no fault */
    bool wants_keys; /* set by the driver when it opens: */
    const uint64_t *keys;    /* … a number for each of those records, the same for the same key, none 0 */
    bool whole;              /* set by the driver at the end: every document of the source was given out */
    struct listing *listing; /* what speaks against that is told here */
    struct digests_ahead
        *ahead;        /* of its files, where a thread has made them (digests_ahead.h); NULL: none */
    bool looks_ahead;  /* it is that thread's: nothing is given out */
    int64_t *patience; /* milliseconds that may still be waited for files that move, for all sources */
    /* Set by the driver with END: which keys came on more than one page (0: none), and whether that, or a record
     * that is missing, has the source walked once more. */
    uint64_t repeats;
    int64_t confirming; /* rows of a page that came once more to confirm the end */
    bool may_walk_again;

    /* Between two nights: what the driver asked to be remembered after the last whole listing (TEXT_NONE:
     * nothing, or the source's settings changed), and, set by the driver at the end, what is to be
     * remembered now. */
    struct text remembered, remember;
    int64_t read_at; /* when all was read that is remembered; 0: never */
    const char
        *root;   /* set by the driver: the folder of its documents, which may have others below; NULL: none */
    bool newest; /* set by the driver: older documents are left out on purpose */
    /* Set by the driver with END: nothing changed since the last whole listing; nothing was read, since the source says so, or
     * all of it was, and its bytes are the same. */
    bool unchanged, same;
};

/* To add another kind of source: a struct fetch_driver in a file of its own, which gives out documents with a
 * stream (fetch_folder.c), or the `rows` of a database (fetch_odbc.c), and its name in the table of fetch.c. */

/* All drivers, NULL at the end. */
extern const struct fetch_driver *const fetch_drivers[];

/* Chooses the driver and reads its settings. STATUS_USAGE with the place. */
enum status fetch_prepare(struct arena *arena, const struct setting_context *context, const char *folder,
                          const struct source *source, struct fetch *fetch, struct error *error);

#endif
