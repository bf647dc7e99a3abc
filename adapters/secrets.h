/* The one place that knows what this process must not show: the values that its configuration names (${…}) or
 * writes out where a secret belongs, and the tokens and sessions that it is given on the way.
 *
 * Whatever leaves (messages, the portal's words, locators, the ledger, both streams, what other programs get) goes
 * by here. A value is known plain, in base64 (at any place of a longer text, both alphabets), percent-encoded,
 * as JSON and XML escape it, and each of these in a cell of CSV. Values under SECRETS_LEAST bytes are not looked
 * for: they would be found everywhere. Nor is one covered that stands within a name which the program itself
 * writes: its documents would fall apart.
 * Source bytes and contents are never changed: a record that holds a named secret is kept back instead.
 */
#ifndef ADAPTERS_SECRETS_H
#define ADAPTERS_SECRETS_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/value.h"

#define SECRETS_LEAST 8
#define SECRETS_MAX                                                                                          \
    512 /* values; of those that are given on the way, a newer one then takes an older one's place */

enum secrets_origin {
    SECRETS_NAMED,   /* ${…} */
    SECRETS_WRITTEN, /* in the configuration, where a secret belongs */
    SECRETS_GIVEN,   /* a token, a session */
};

/* From any thread; known values and short ones are passed over. From the first on, errors are covered, too. */
void secrets_add(struct text value, enum secrets_origin origin);
/* Who is told of each SECRETS_GIVEN: a process that must not be the only one to know it. */
void secrets_tell(void (*tell)(struct text value));
/* A variable of the environment that holds one: other programs do not get it. */
void secrets_add_variable(const char *name);
/* All that a configuration writes out, or names: these are read now. One that cannot be read is for its user to tell. */
void secrets_add_tree(const char *folder, const struct value *tree, enum secrets_origin origin);

/* The variables of the environment that the configuration names go on being there, but no longer where /proc shows them. */
void secrets_hide_environment(const struct value *tree);
/* What it names: "env:NAME", "file:PATH", "credential:NAME". */
void secrets_each_reference(const struct value *tree, void (*visit)(void *user_data, const char *reference),
                            void *user_data);
/* The files that it names (${file:…}, and where systemd's credentials lie), as it names them; `path` is borrowed. */
void secrets_each_file(const struct value *tree, void (*visit)(void *user_data, const char *path),
                       void *user_data);
/* For a process that is to know little: overwrites the variables of the environment that the configuration names, and
 * every text of `part`, a part of it. */
void secrets_wipe_environment(const struct value *tree);
void secrets_wipe_texts(const struct value *part);

bool secrets_any_named(void);
bool secrets_named_are_plain(void); /* they are all of ASCII without a blank */
/* Is a named one in there, in any form, or with any of its characters escaped as JSON, XML or HTML may? */
bool secrets_named_in(struct text text);
/* Does it stand within a name that the program itself writes? Only records are searched for it then. */
bool secrets_is_own_word(struct text text);
/* Any, as secrets_cover looks for them: what would not be the same behind it is no name for anything. */
bool secrets_in(struct text text);
/* The text with "***" for each; the text itself when there is none. `cut`: it may have been cut off, so that the
 * beginning of one at its end (or before "…") goes, too. */
struct text secrets_cover(struct arena *arena, struct text text, bool cut);
/* How many bytes at the end may be the beginning of one that the next piece of a stream goes on with. */
size_t secrets_begun(struct text text);

/* The environment for another program: without the variables that hold one. Ends with NULL; in the arena. */
char **secrets_environment(struct arena *arena);

/* Knows nothing again, and leaves nothing in memory: a child, before it learns its own. */
void secrets_forget(void);

#endif
