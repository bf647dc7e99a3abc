/* extract: sources to staged records. */
#ifndef EXTRACT_EXTRACT_H
#define EXTRACT_EXTRACT_H

#include <signal.h>

#include "adapters/child.h"
#include "record/source.h"
#include "store/staging.h"

enum extract_brake { EXTRACT_STOP, EXTRACT_WARN, EXTRACT_OFF };

struct extract_request {
    const struct source *sources; /* all of the configuration */
    size_t source_count;
    const char *const *names; /* only these; count 0: all */
    size_t name_count;
    const struct text *codes; /* only records known under these codes, or whose key is one; count 0: all */
    size_t code_count;
    bool anew;                          /* everything is read, whatever is said to be unchanged */
    enum extract_brake vanished_folder; /* what a folder does that gave records and gives none */
    const char *const *released;        /* names of brakes that a person releases, with the reason */
    size_t released_count;
    const char *reason, *actor;
    struct text secrets; /* which secrets are named: where others are, all is looked through for them anew */
    const char *folder;  /* paths and secrets are relative to it */
    const struct setting_context *context;
    struct clock *clock;     /* NULL: the system's */
    struct spawner *spawner; /* what reads foreign bytes has processes of its own; NULL: it is done here */
    const struct staging_sink *sink; /* NULL: what is staged waits for transform */
    struct digests_ahead *ahead;     /* digests_ahead.h; NULL: none */
    const volatile sig_atomic_t *stop;
    void (*progress)(void *user_data, const char *source, int64_t seen);
    /* One line for each thing a person should know: a source that broke off, a record that cannot be read. */
    void (*notice)(void *user_data, const char *message);
    void *user_data;
};

/* What became of one source; for the summary. */
struct extract_result {
    const char *source;
    struct staging_counts counts;
    bool whole;
    bool broken;    /* a part of it could not be read: exit 3 */
    bool unchanged; /* nothing was read: it says that nothing changed */
    bool same;      /* its bytes were read, and are those of the last whole listing: none was taken apart */
    char why[1024]; /* when it is not whole */
};

/* Is it one of those that are to be read? */
bool extract_wants(const struct extract_request *request, const struct source *source);
/* Checks `fetch` and addresses of all sources without touching anything (also for `check`). */
enum status extract_check(const struct extract_request *request, struct error *error);

/* Stages what is new. One source that fails does not keep the others back: its result says why, and the call
 * ends with STATUS_STOP after all have been tried. Results: one for each source tried, in the arena of the
 * context. */
enum status extract_run(struct store *store, const struct extract_request *request,
                        struct extract_result **results, size_t *count, struct error *error);

#define EXTRACT_LOCATOR 600 /* room for a record's place: a document's name, a sheet, a number */

/* The first record of a source, decoded but not staged: for `check --online` and `init --from`. STATUS_END:
 * none. */
enum status extract_first(const struct extract_request *request, const struct source *source,
                          struct arena *arena, struct text *bytes, struct text *context,
                          char locator[EXTRACT_LOCATOR], struct error *error);

#endif
