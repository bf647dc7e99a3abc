/* Text as INTERFACE §4 wants it. */
#ifndef RECORD_NORMALISE_H
#define RECORD_NORMALISE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

/* A change of this file's behaviour raises the number, and every record is worked again. */
#define NORMALISE_VERSION 9

/* Repairs, counted in texts that needed them. */
struct normalise_counts {
    int64_t composed;    /* made NFC */
    int64_t d_stroke;    /* U+00D0, U+00F0 made Đ, đ */
    int64_t invisible;   /* soft hyphens, zero-width and direction marks removed */
    int64_t bullets;     /* private-use bullets made "-" */
    int64_t blanks;      /* other white space, runs and ends made one blank or none */
    int64_t line_breaks; /* CR LF, CR, and too many of them */
};

/* `text` is valid UTF-8. `lines`: the field keeps its line breaks. The result is the text itself when nothing
 * had to be done, else it lives in the arena. STATUS_REJECT for control characters, named. */
enum status normalise(struct arena *arena, struct text text, bool lines, struct normalise_counts *counts,
                      struct text *out, struct error *error);

/* How a field of one line would read `text` if control characters were let through: to look for something in bytes that are no
 * field yet. `text` is valid UTF-8; the result lives in the arena. */
struct text normalise_to_look_into(struct arena *arena, struct text text);

/* Quick, of valid UTF-8: true is certain, that no two ASCII characters (blanks apart) come to stand side by side that did not, and
 * none comes from another character: nothing goes (U+00AD, U+200B …), no private-use bullet is there, no letter of compatibility. */
bool normalise_keeps_ascii(struct text text);

void normalise_add(struct normalise_counts *sum, const struct normalise_counts *counts);

#endif
