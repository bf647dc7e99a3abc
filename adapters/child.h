/* Processes of this program that do one thing each with less rights, and what they and their owner say to one another.
 *
 * A spawner is forked before there is a secret, a thread or an open store in the process; it makes every child by a fork
 * of its own, so that a child begins with the configuration as it was read and with nothing else. It does nothing but
 * that, and waits for the children that are ended. All of them end with their owner.
 *
 *     spawner_start(roles, count, session, &spawner, error);     once, early
 *     child_open(spawner, ROLE, 3, &child, error);               a child that runs roles[ROLE].run(…, 3)
 *     … message_put_text(&child->channel.out, …); channel_send(…); channel_receive(…) …
 *     child_close(child, NULL);
 */
#ifndef ADAPTERS_CHILD_H
#define ADAPTERS_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "core/message.h"

/* One end of a line between two processes. Messages are gathered in `out` and leave with channel_send; one that came is
 * borrowed until the next channel_receive. */
struct channel {
    int socket;
    struct buffer in, out;
    size_t at;        /* of `in`: what was given out */
    int descriptor;   /* the file that came last along with a message; -1: none, or it was taken */
    size_t most;      /* bytes of a message, at most */
    int64_t patience; /* milliseconds that the other may take for some bytes; 0: as long as it wants */
    const volatile sig_atomic_t *stop; /* NULL: nothing ends the waiting */
};

/* Sends what was gathered, with a file of ours where `descriptor` is one (-1: none). STATUS_END: there is nobody at the
 * other end; STATUS_RETRY: patience is at its end; STATUS_STOP: the run was told to stop. Both say no words. What the
 * other says meanwhile is kept, so that two who speak at once do not wait for each other. */
enum status channel_send(struct channel *channel, int descriptor);
/* The next message; besides the above STATUS_REJECT: what came makes no sense. `wait`: milliseconds until STATUS_RETRY
 * instead of `patience`; -1: that. */
enum status channel_receive(struct channel *channel, long wait, struct message *message);
/* The file that came with the last message: the caller's to close; -1: none did. */
int channel_take_descriptor(struct channel *channel);

/* What there are children for: the places in the spawner's table. */
enum child_kind {
    CHILD_DECODE, /* extract/decode_child.h */
    CHILD_KEY,    /* extract/key_child.h */
    CHILD_MAP,    /* transform/record_work_child.h */
    CHILD_FETCH,  /* extract/fetch_child.h */
    CHILD_SEND,   /* load/portal_child.h */
    CHILD_KINDS
};

struct child_role {
    const char *name; /* at most 15 bytes: what ps and top show */
    /* In the child, whose end follows its return. It locks itself before it reads anything foreign. */
    void (*run)(void *user_data, struct channel *channel, int64_t argument);
};

struct spawner;

/* STATUS_FATAL when it cannot be made. `roles` and `user_data` as they are in memory now, for ever. */
enum status spawner_start(const struct child_role *roles, size_t count, void *user_data,
                          struct spawner **spawner, struct error *error);
void spawner_end(struct spawner *spawner); /* NULL is no error */

struct child {
    struct spawner *spawner;
    pid_t process;
    struct channel channel;
};

/* STATUS_FATAL. */
enum status child_open(struct spawner *spawner, size_t role, int64_t argument, struct child **child,
                       struct error *error);

/* How a child ended. */
struct child_death {
    int signal; /* 0: it ended itself */
    int code;
    bool hung; /* its owner ended it, because it said nothing any more */
};
/* Ends it (SIGKILL), and says how it had ended before that; NULL: nobody asks. NULL for `child` is no error. */
void child_close(struct child *child, struct child_death *death);

#endif
