/* A run of letters, and of signs that some font shows as letters, read in one way; and what it is then. */
#ifndef RECORD_ENCODING_CHUNK_H
#define RECORD_ENCODING_CHUNK_H

#include "record/encoding_tables.h"

#define CHUNK_BYTES 64 /* longer runs are cut: they are no words in any reading */

/* From worst to best. Foreign words and slips of the pen (odd words of Vietnamese) are told apart from bad
 * ones only where the text is Unicode as it stands: READING_UTF8. */
enum encoding_word {
    WORD_BAD, /* nothing that Vietnamese writes */
    WORD_FOREIGN,
    WORD_SLIP,
    WORD_NEUTRAL, /* signs, ASCII, names of the smaller peoples */
    WORD_ABBREVIATION,
    WORD_GLUED, /* syllables that ran together */
    WORD_GOOD,
};

struct encoding_chunk {
    int32_t characters[CHUNK_BYTES];
    size_t count; /* 0: the bytes do not read */
    enum encoding_word word;
};

/* At most CHUNK_BYTES. */
void encoding_chunk_read(enum encoding_reading reading, const unsigned char *bytes, size_t length,
                         struct encoding_chunk *chunk);

/* Judges the characters of the chunk as Unicode. */
void encoding_chunk_judge(struct encoding_chunk *chunk);

bool encoding_chunk_same(const struct encoding_chunk *left, const struct encoding_chunk *right);

/* Does it speak for its reading against another one that makes something bad of the same bytes? */
bool encoding_chunk_speaks(const struct encoding_chunk *chunk);

/* Are there signs beyond ASCII beside the letters? */
bool encoding_chunk_signs(const struct encoding_chunk *chunk);

/* A syllable that is frequent in the texts of the administration. */
bool encoding_chunk_common(const struct encoding_chunk *chunk);

bool encoding_is_letter(int32_t character);
bool encoding_separates(int32_t character); /* a sign that stands at words' edges in any text */
bool encoding_opens(int32_t character);     /* an opening quote, which no text has between two letters */

#endif
