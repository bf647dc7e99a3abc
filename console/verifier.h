/* Verifies the whole ledger beside the pages: when the console begins, and again whenever the store has changed and no run
 * is at work. It gives way to a run that writes much meanwhile, whose log could not be folded back before its snapshot ends.
 * For console/ only.
 */
#ifndef CONSOLE_VERIFIER_H
#define CONSOLE_VERIFIER_H

#include "adapters/file.h"
#include "console/background.h"
#include "console/console_settings.h"
#include "core/value.h"

struct verifier;

enum verdict_kind {
    VERDICT_NONE,       /* of this store nothing is known yet */
    VERDICT_HOLDS,      /* of this very store */
    VERDICT_HELD,       /* of the store before it changed; a run is at work */
    VERDICT_FAILS,      /* of this very store */
    VERDICT_UNREADABLE, /* it could not be verified: the sentence says why */
};

struct verdict {
    enum verdict_kind kind;
    bool working;               /* a verification is under way, or is about to be */
    int64_t done, total;        /* of it: events; total 0: not known yet */
    struct text sentence;       /* in the language asked for, as far as it is known in it */
    struct text at;             /* when it ended: RFC 3339, UTC */
    int64_t events;             /* that were verified */
    const struct value *report; /* store/audit.h's as a value; NULL: none */
};

/* The store's files as they are: equal again when nobody has touched them. */
struct verifier_files {
    struct file_state store, wal;
};
struct verifier_files verifier_look_at_files(const char *store);
bool verifier_same_files(const struct verifier_files *left, const struct verifier_files *right);

/* Borrows the settings. */
struct verifier *verifier_open(const struct console_settings *settings);
bool verifier_work(void *verifier,
                   struct background *background); /* a background_task's; it wakes that from then on */

/* What is known of the store as it is now. `at_work`: events stand behind its last head. Where nothing is known yet and a
 * verification is about to end, it is waited for, at most a second. Texts live in the arena. */
void verifier_look(struct verifier *verifier, bool at_work, bool wait, enum language language,
                   struct arena *arena, struct verdict *verdict);

void verifier_close(struct verifier *verifier); /* NULL: nothing */

#endif
