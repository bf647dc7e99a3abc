/* VIQR's words: how letters and their marks stand together, and which full stops are tones. */
#ifndef RECORD_ENCODING_VIQR_WORD_H
#define RECORD_ENCODING_VIQR_WORD_H

#include <stdbool.h>
#include <string.h>

#include "core/text.h"
#include "record/encoding_tables.h"

#define VIQR_WORD 32 /* letters; what is longer is no word */

/* A run of letters with its marks. */
struct viqr_word {
    struct encoding_letter letters[VIQR_WORD];
    size_t count;
    unsigned shapes, tones, strokes;
    bool combined;    /* a shape and a tone on one letter */
    bool inner_shape; /* … with a letter right behind the mark */
    bool inner_tone;  /* ` or ~ with a letter behind */
    char inner_sign;  /* . ? or ' with a letter behind, or 0 */
    bool bracket;     /* the shape is a ( */
    bool cluster;     /* the vowels that stand together here have a tone already */
    bool triple;      /* "ddd": which two of them are the đ? */
    char last;        /* the mark at the word's end, or 0 */
};

/* What was read so far of a text. */
struct viqr_reading {
    struct viqr_word before;
    size_t end;   /* of that word */
    bool escaped; /* full stops and question marks are, where they could be tones */
};

static inline bool viqr_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static inline char viqr_peek(struct text text, size_t at)
{
    return at < text.length ? text.bytes[at] : 0;
}

static inline bool viqr_carries_tone(char base)
{
    return base && strchr("aABeEioOPuUy", base);
}

static inline bool viqr_is_d(char byte)
{
    return (byte | 0x20) == 'd';
}

struct viqr_reading viqr_begin(struct text text);

/* The word at `at`, a letter; what is behind it. `count` is above VIQR_WORD when it is no word: read its
 * first letter alone then. */
size_t viqr_read_word(struct viqr_reading *reading, struct text text, size_t at, struct viqr_word *word);
size_t viqr_read_letter(struct text text, size_t at, struct viqr_word *word);

/* Does the sentence go on at the end of a word: a blank and a small letter? */
bool viqr_goes_on(struct text text, size_t at);

#endif
