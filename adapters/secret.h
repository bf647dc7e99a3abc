/* Secrets that a configuration names instead of writing them out: ${env:NAME}, ${file:PATH},
 * ${credential:NAME} (systemd's, under $CREDENTIALS_DIRECTORY), alone or inside a text.
 *
 * Line breaks at the end of a file are no part of its secret. Messages name the place of a secret, never its
 * value; what is read is known from then on (adapters/secrets.h).
 */
#ifndef ADAPTERS_SECRET_H
#define ADAPTERS_SECRET_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

#define SECRET_MAX ((size_t)64 * 1024) /* bytes of one secret */

/* The text with every reference replaced; terminated, in the arena. Relative paths start at `folder`.
 * STATUS_USAGE with what to do when one is not there, empty, unreadable, holds a NUL, or is no such
 * reference. */
enum status secret_resolve(struct arena *arena, const char *folder, struct text text, struct text *resolved,
                           struct error *error);

/* Does the text name at least one secret? One that names none is written out, which `check` warns of. */
bool secret_is_named(struct text text);

/* Does a name (of a setting, a header, a parameter of a URL) say that its value is a secret? Whatever its
 * case, "-" as "_". */
bool secret_is_name(struct text name);

/* A text that holds a URL without the URL's user and password, and with "***" for what its query gives to a
 * name of a secret; references (${…}) stay. The text itself when there is nothing to hide; else in the arena.
 */
struct text secret_hide(struct arena *arena, struct text text);

/* Does prose give a value to a name of a secret: "Authorization: Bearer x", "token=x", {"password": "x"},
 * --password x? */
bool secret_is_assigned(struct text text);
/* A command line without its arguments where these write a secret out; else itself. */
struct text secret_hide_arguments(struct arena *arena, struct text command);

/* The secrets that a text writes out: a URL's password and what its query gives to a name of a secret, and what prose gives to
 * one (secret_is_assigned). How many; they are parts of the text. */
size_t secret_written(struct arena *arena, struct text text, struct text **secrets);

#endif
