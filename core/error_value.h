/* Errors as they are stored and given to programs:
 *
 *     { "id": "what-happened", "parts": [ { "id": …, "values": [ … ] }, … ] }
 *
 * `id` names what happened, `parts` say where and what, the outermost first; words are made of them when they are
 * shown, in the reader's language.
 */
#ifndef CORE_ERROR_VALUE_H
#define CORE_ERROR_VALUE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/value.h"

/* NULL: the error has no parts, or one without a name; then its message is all there is. */
struct value *error_value(struct arena *arena, const struct error *error);

/* A list of such; NULL: one of them has none. */
struct value *error_values(struct arena *arena, const struct error *errors, size_t count);

/* The words in the language spoken now, of an error or of a list of them; TEXT_NONE: this program does not know
 * them all. */
struct text error_value_words(struct arena *arena, const struct value *value);

/* What a person can do about it; TEXT_NONE: nothing is said. */
struct text error_hint(struct arena *arena, const struct error *error);

#endif
