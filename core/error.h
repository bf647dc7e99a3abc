/* A status says what to do next; an error says why, to a person.
 *
 * Functions that can fail return an enum status and take a struct error last. They fill the error on every
 * status but OK and END and return its status: `return error_set(error, STATUS_REJECT, _("…"), …);`.
 * Only the stage loops act on a status; everything between passes it up, adding where it happened with
 * error_add.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/words.h"

#define _(text)  words_said(text)
#define N_(text) (text)

/* Whoever is given a status looks at it, or says with (void) why nobody needs to. */
#ifdef __clang__
#define MUST_USE __attribute__((warn_unused_result))
#else
#define MUST_USE [[nodiscard]]
#endif

enum MUST_USE status {
    STATUS_OK = 0,
    STATUS_END,    /* an iterator has no more; a search found nothing */
    STATUS_REJECT, /* this record is set aside with the message; the next one goes on */
    STATUS_RETRY,  /* may succeed later; nothing is wrong with the record */
    STATUS_USAGE,  /* wrong usage or configuration: exit 2, nothing was touched */
    STATUS_STOP,   /* outage, brake or signal: the run ends in order, everything stays pending: exit 3 */
    STATUS_BUSY,   /* another run holds the store: exit 4 */
    STATUS_LEDGER, /* the ledger cannot be written or does not verify: exit 5 */
    STATUS_FATAL,  /* a fault of ours or of the machine (disk full, …): the run stops at once: exit 3 */
};

#define ERROR_MESSAGE_SIZE 2048
#define ERROR_VALUES_SIZE  1536
#define ERROR_PARTS        12
#define ERROR_VALUES       16

struct error {
    enum status status;
    char message[ERROR_MESSAGE_SIZE]; /* UTF-8, never cut inside a letter */
    /* What the message was made of, so that it can be made again in another language: see error_parts. */
    size_t length;
    char parts[ERROR_VALUES_SIZE];
};

/* Sets status and message, returns the status. `error` may be NULL where the caller wants the status alone.
 * The old message may be among the arguments. Messages are shown on terminals and quote hostile input: bytes
 * that are not UTF-8 and control characters are written out, <FF> and \\u001b: it is one line. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Another error's words, with all that they were made of, under this status. They may be the same error. */
enum status error_copy(struct error *error, enum status status, const struct error *other);

enum status error_set_list(struct error *error, enum status status, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* What the message was made of: its places, the outermost first, and last what happened. A part is a format and its
 * values as text, borrowed from the error. 0: something was too long for it, and the message is all there is. */
struct error_part {
    const char *format;
    size_t count;
    const char *values[ERROR_VALUES];
};
size_t error_parts(const struct error *error, struct error_part parts[ERROR_PARTS]);

/* The error that another process told: its words, and what they were made of as names of formats (error_id_of) and
 * values. A name that is not known leaves the words alone. Returns the status. */
struct error_told {
    const char *id;
    size_t count;
    const char *values[ERROR_VALUES];
};
enum status error_retell(struct error *error, enum status status, const char *message,
                         const struct error_told parts[], size_t count);

/* The stable name of a format, in English or in the language spoken now (core/error_ids.c, kept by
 * scripts/update-error-ids); NULL: it has none. And back. */
const char *error_id_of(const char *format);
const char *error_format_of(const char *id);
/* The name of what happened; NULL: it has none. */
const char *error_id(const struct error *error);

/* How many values the format takes. */
size_t error_format_values(const char *format);

struct buffer;
/* The words of a part in the language spoken now. A hint is what a person can do: what stands behind the first
 * full stop or semicolon of a format; `hint` gives that alone. */
void error_words(const struct error_part *part, bool hint, struct buffer *words);

/* Puts "<formatted>: " in front of the message; returns the status unchanged (FATAL when `error` is NULL). */
enum status error_add(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<the other's words>: " in front of the message, with all that they were made of; returns the status. */
enum status error_before(struct error *error, const struct error *other);

/* What takes out of each message that is made what nobody may see (adapters/secrets.h): it may change the bytes in
 * place up to `room`, and returns the length. NULL: nothing does. */
void error_cover_with(size_t (*cover)(char *message, size_t length, size_t room));

/* The exit code of INTERFACE §1 that a status ends the program with (OK, END and REJECT give 0). */
int error_exit_code(enum status status);

#endif
