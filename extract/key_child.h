/* Keys found in a process of its own, which has nothing but the records it is given: both ends of the line to it.
 *
 * One that dies, or says nothing for two minutes, has each record tried once more, alone, by a fresh one; one that ends
 * that, too, has no key, with the reason (deaths.h).
 */
#ifndef EXTRACT_KEY_CHILD_H
#define EXTRACT_KEY_CHILD_H

#include "extract/deaths.h"
#include "extract/record_key.h"

#define KEY_ASKS 128 /* at once */

struct key_ask {
    struct text bytes, context;
    bool wants_key, wants_skip;
    bool whole;          /* as record_key_find has it */
    struct arena *arena; /* for what comes back */
    /* What came back: */
    bool skipped;
    enum status status; /* of the key, with `error`; a key may be there all the same */
    struct text key;
    struct error *error;
};

struct key_child; /* of one source */

struct key_child *key_child_open(struct spawner *spawner, size_t number, struct deaths *deaths,
                                 const volatile sig_atomic_t *stop);
void key_child_close(struct key_child *child); /* NULL is no error */

/* At most KEY_ASKS; they are borrowed until they are answered. Then nothing else is asked before key_child_answer. */
void key_child_ask(struct key_child *child, struct key_ask *asks, size_t count);
/* STATUS_OK; STATUS_STOP: the run was told to stop; STATUS_FATAL: there are no processes any more. */
enum status key_child_answer(struct key_child *child, struct error *error);

/* In the process. */
void key_child_run(struct channel *channel, const struct record_key *key);

#endif
