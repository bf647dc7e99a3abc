/* Which encoding a text is in: each word with letters beyond ASCII is read in every way, and the ways are
 * compared by how many words come out as syllables of Vietnamese. */
#ifndef RECORD_ENCODING_DETECT_H
#define RECORD_ENCODING_DETECT_H

#include "core/text.h"
#include "record/encoding_tables.h"

struct encoding_count {
    size_t good; /* syllables */
    size_t bad; /* nothing that Vietnamese writes; the rest is abbreviations, signs, rare and foreign words */
};

struct encoding_place {
    size_t at, length;
};

struct encoding_survey {
    size_t words; /* different ones with letters beyond ASCII */
    struct encoding_count counts[READING_COUNT];
    long points[READING_COUNT];

    /* Between two readings, over the words that they read differently; places are those of the first such
     * word. */
    size_t differ[READING_COUNT][READING_COUNT];
    struct encoding_place differ_place[READING_COUNT][READING_COUNT];
    long gain[READING_COUNT][READING_COUNT];       /* points of the first above the second */
    size_t contrary[READING_COUNT][READING_COUNT]; /* bad in the first and good in the second, each time */
    struct encoding_place contrary_place[READING_COUNT][READING_COUNT];

    /* Of typed texts only. */
    size_t own;                    /* words with letters that only Unicode has */
    size_t foreign[READING_COUNT]; /* words of another language that are bad in this reading */
    size_t slips[READING_COUNT];   /* unusual words as they stand, good in this reading */
    size_t common;                 /* frequent words as they stand */
    size_t rather[READING_COUNT];  /* rare words as they stand, frequent in this reading */
    size_t strange;  /* Latin letters beside ones that no font stands for, or one of those alone */
    size_t scripts;  /* words in another script */
    size_t mojibake; /* letters that are UTF-8 read as Windows-1252 or Mac Roman */
    struct encoding_place mojibake_place;
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
