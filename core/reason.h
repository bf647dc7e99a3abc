/* Why something is wrong with a record: an id and values, and the words made of them in three voices.
 *
 * A reason is what checks, the map and the store keep; its words are looked up when somebody reads them:
 *
 *     to the official    what is wrong, and what to do: nothing of maps, code lists of ours or commands
 *     to the operator    what the configuration, or a command, has to do with it
 *     to programs        the id and the values as they are: "length.least", ["3", "5"]
 *
 * Ids are stable: stores and --json carry them. A reason that a later version no longer has keeps its id and values,
 * and has no words.
 */
#ifndef CORE_REASON_H
#define CORE_REASON_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "core/words.h"

#define REASON_VALUES 9 /* and one more: TEXT_NONE ends them */

struct reason {
    const char *id; /* NULL: none */
    struct text values[REASON_VALUES];
    size_t count;
};

enum reason_voice { REASON_WHAT, REASON_TO_DO, REASON_OPERATOR };

/* reason_set(&reason, "length.least", seen, least): the values, texts, are borrowed. */
#define reason_set(to, ...) (*(to) = (struct reason)REASON(__VA_ARGS__, TEXT_NONE))
#define REASON(id_, ...)                                                                                     \
    {                                                                                                        \
        .id = id_, .values = { __VA_ARGS__ },                                                                \
        .count = sizeof((struct text[]){ __VA_ARGS__ }) / sizeof(struct text) - 1                            \
    }

/* A copy whose values live in the arena; the id is the table's own, or in the arena, too. */
struct reason reason_copy(struct arena *arena, const struct reason *reason);

/* Adds what an error says as the last value ("{1:said}" in the table): its words, borrowed, and behind them, where there is room, the
 * name and the values of each of its parts, from which they are made anew for whoever reads another language. */
void reason_add_error(struct reason *reason, const struct error *error);

/* The words; bytes NULL where the reason has none in that voice. `field`: the place of the finding ("" or bytes NULL:
 * the whole record); choices are called by the words of its field. In the arena. */
struct text reason_words(struct arena *arena, const struct reason *reason, struct text field,
                         enum reason_voice voice, enum language language);

/* Is it in the table? */
bool reason_known(struct text id);

#endif
