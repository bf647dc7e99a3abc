/* Which encoding a text is in: each word with letters beyond ASCII is read in every way, and the ways are
 * compared by how many words come out as syllables of Vietnamese. */
#ifndef RECORD_ENCODING_DETECT_H
#define RECORD_ENCODING_DETECT_H

#include "core/text.h"
#include "record/encoding_tables.h"

struct encoding_count {
    size_t good;    /* syllables */
    size_t neutral; /* abbreviations, signs, rare and foreign words */
    size_t bad;     /* nothing that Vietnamese writes */
};

struct encoding_place {
    size_t at, length;
};

struct encoding_survey {
    size_t words;                  /* different ones with letters beyond ASCII */
    size_t own;                    /* typed texts: words with letters that only Unicode has */
    size_t foreign[READING_COUNT]; /* typed texts: words of another language that are bad in this reading */
    size_t strange;                /* typed texts: words with letters that no font stands for */
    size_t slips[READING_COUNT];   /* typed texts: unusual words as they stand, good in this reading */
    size_t mojibake;               /* typed texts: letters that are UTF-8 read as Windows-1252 or Mac Roman */
    struct encoding_place mojibake_place;
    struct encoding_count counts[READING_COUNT];
    long points[READING_COUNT];
    /* Between two readings, over the words that they read differently. */
    size_t differ[READING_COUNT][READING_COUNT];
    struct encoding_place differ_place[READING_COUNT][READING_COUNT]; /* the first */
    long gain[READING_COUNT][READING_COUNT]; /* points of the first above the second */
    /* Words bad in the first and good in the second, each time they stand there. */
    size_t contrary[READING_COUNT][READING_COUNT];
    size_t contrary_run[READING_COUNT][READING_COUNT];                  /* the most of them in a row */
    struct encoding_place contrary_place[READING_COUNT][READING_COUNT]; /* the first */
};

#define SURVEY_GOOD 2
#define SURVEY_BAD  (-5)

/* Bytes as they came. READING_UTF8 counts too: a text may be UTF-8 but for a few bytes. */
void encoding_survey_bytes(struct text bytes, struct encoding_survey *survey);

/* Valid UTF-8, NFC, whose characters may stand for the bytes of an old font. READING_UTF8 is the text as it
 * stands. */
void encoding_survey_typed(struct text utf8, struct encoding_survey *survey);

/* The reading with the most points. */
enum encoding_reading encoding_survey_best(const struct encoding_survey *survey);

#endif
