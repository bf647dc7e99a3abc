/* Texts and buffers.
 *
 * struct text is borrowed bytes and their number: UTF-8 unless a header says otherwise, not terminated, may
 * hold anything. It owns nothing. struct buffer owns bytes that grow up to a ceiling set at birth.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct text {
    const char *bytes;
    size_t length;
};

#define TEXT(literal) ((struct text){ "" literal, sizeof(literal) - 1 })
#define TEXT_NONE     ((struct text){ NULL, 0 })
#define TEXT_PRINT    "%.*s"
/* At most 400 bytes, not cut inside a letter. Evaluates `value` more than once. */
#define TEXT_ARG(value) (int)text_cut((value), 400), ((value).bytes ? (value).bytes : "")

struct text text_of(const char *string); /* NULL gives TEXT_NONE */
bool text_equal(struct text left, struct text right);
bool text_is(struct text text, const char *string);
bool text_among(struct text text, const struct text *texts, size_t count);
int text_compare(struct text left, struct text right); /* bytewise, shorter first: <0, 0, >0 */
bool text_starts(struct text text, struct text start);
bool text_ends(struct text text, struct text end);
struct text text_slice(struct text text, size_t from, size_t length); /* clipped to the text */
struct text text_trim(struct text text); /* ASCII blanks, tabs, CR, LF at both ends */
bool text_find(struct text text, struct text needle, size_t *at); /* the first place */
struct text text_copy(struct arena *arena, struct text text);     /* a NUL behind it; none stays none */
char *text_string(struct arena *arena, struct text text);         /* a terminated copy */
struct text text_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint64_t text_hash(
    struct text text); /* FNV-1a: short, the same for ever, and no shield against who seeks equal ones */

/* The length of the longest start of at most `most` bytes that does not cut a UTF-8 sequence. */
size_t text_cut(struct text text, size_t most);

/* The known name nearest to what was typed, or NULL when none is near. Damerau-Levenshtein over bytes, up to
 * a third of the longer of the two; the first of equally near names. */
const char *text_nearest(struct text typed, const char *const *names, size_t count);

struct buffer {
    char *bytes; /* NULL while empty; a NUL stands behind the content otherwise */
    size_t length;
    size_t capacity;
    size_t limit; /* 0: none */
    bool over;    /* a piece did not fit under the limit: it and all after it were left out, until a clear */
};

void buffer_put(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, struct text text);
void buffer_string(struct buffer *buffer, const char *string);
void buffer_char(struct buffer *buffer, char byte);
/* As snprintf, but what does not fit is cut between letters, never inside one. Returns the length that was written. */
size_t text_print(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `length` more bytes behind the content, or NULL (and over) when the limit forbids it. The caller
 * adds what it wrote to `length`; if that is less than asked for, the NUL behind it is the caller's too. */
char *buffer_room(struct buffer *buffer, size_t length);
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_free(struct buffer *buffer);
struct text buffer_view(const struct buffer *buffer); /* borrowed until the next change; never TEXT_NONE */

#define BUFFER_OWNED __attribute__((cleanup(buffer_free)))

#endif
