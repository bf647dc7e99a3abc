/* What two processes of the program say to one another: messages of a kind and some numbers and texts, each behind its
 * length. The other side may be in the hands of whoever wrote the bytes it reads: what is taken out of a message is
 * believed as far as it makes sense, and what makes none is said once, at its end (message_whole).
 *
 *     size_t start = message_begin(&out, KIND);          struct message message;
 *     message_put_number(&out, 7);                       message_read(&in, most, &message)
 *     message_put_text(&out, TEXT("a"));                 int64_t number = message_number(&message);
 *     message_end(&out, start);                          struct text text = message_text(&message);
 *                                                        if (!message_whole(&message)) …
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

#define MESSAGE_HEADER 8 /* bytes before what a message holds */

struct message {
    unsigned kind;
    struct text rest; /* what was not taken out yet */
    bool bad;         /* more was asked for than there is */
};

size_t message_begin(struct buffer *out, unsigned kind);
void message_end(struct buffer *out, size_t start);
void message_put_number(struct buffer *out, int64_t number);
void message_put_text(struct buffer *out, struct text text);     /* TEXT_NONE arrives as TEXT_NONE */
void message_put_string(struct buffer *out, const char *string); /* NULL arrives as NULL */
void message_put_digest(struct buffer *out, const struct digest *digest);
void message_put_error(struct buffer *out, const struct error *error);

/* The first message of what came; it is taken off `bytes`, and its texts are borrowed from there. STATUS_END: it is not
 * whole yet, *lacking says how many bytes are known to be missing; STATUS_REJECT: it says that it is longer than
 * `most`. */
enum status message_read(struct text *bytes, size_t most, struct message *message, size_t *lacking);
/* 0, TEXT_NONE and NULL where the message does not hold them. */
int64_t message_number(struct message *message);
struct text message_text(struct message *message);
void message_digest(struct message *message, struct digest *digest); /* as it was where there is none */
/* In the arena, terminated; a NUL inside is no string. */
const char *message_string(struct message *message, struct arena *arena);
/* Returns the status that was told; STATUS_FATAL where that is none that a process may tell. */
enum status message_error(struct message *message, struct error *error);
/* Was all that was asked for in it, and nothing more? */
bool message_whole(const struct message *message);

#endif
