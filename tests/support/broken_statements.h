/* What comes of a statement that fails: every one that a piece of work prepares or runs is broken off once, and so is every
 * commit, as by a disk or a memory that fails there. */
#ifndef TESTS_SUPPORT_BROKEN_STATEMENTS_H
#define TESTS_SUPPORT_BROKEN_STATEMENTS_H

#include "core/error.h"

struct broken_work {
    void (*open)(
        void); /* what the work is done on, each time anew; the first connection that it opens is looked at afterwards */
    enum status (*work)(struct error *error);
    void (*close)(void);
    int stride; /* breaks off one in so many, where there are very many; 1: each */
};

/* Plays it until nothing is left to break, and gives how often that was. Each time it must end with a status that is an error and
 * is told, and without a transaction. The last time nothing fails: then it must be as if nothing had before. */
int broken_statements_play(const struct broken_work *work);

#endif
