/* What both tests of encodings use. */
#ifndef TESTS_RECORD_ENCODING_HELP_H
#define TESTS_RECORD_ENCODING_HELP_H

#include <stdio.h>

#include "adapters/unicode.h"
#include "record/encoding.h"
#include "tests/record/encoding_phrases.h"
#include "tests/support/encoding_writer.h"
#include "tests/support/test.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const enum encoding old[] = { ENCODING_TCVN3, ENCODING_VNI,    ENCODING_VISCII,
                                     ENCODING_VPS,   ENCODING_CP1258, ENCODING_VIQR };

static struct error error;
static struct encoding_finding finding;

static inline struct text lower(struct text text)
{
    return unicode_lower(&test_arena, text);
}

static inline struct text encoded(enum encoding encoding, struct text utf8)
{
    struct text bytes = TEXT_NONE;
    if (!CHECK(encoding_written(&test_arena, encoding, utf8, &bytes)))
        printf("    " TEXT_PRINT "\n", TEXT_ARG(utf8));
    return bytes;
}

static inline enum status automatic(struct text bytes, struct text *utf8)
{
    error.message[0] = 0;
    return encoding_decode(&test_arena, ENCODING_AUTO, NULL, bytes, utf8, &finding, &error);
}

static inline struct text named(enum encoding encoding, struct text bytes)
{
    struct text utf8 = TEXT_NONE;
    if (!CHECK_INT(encoding_decode(&test_arena, encoding, NULL, bytes, &utf8, &finding, &error), STATUS_OK))
        printf("    %s\n", error.message);
    return utf8;
}

static inline struct text sentence(size_t i)
{
    return text_format(&test_arena, "%s %s %s và %s %s.", who[i % COUNT(who)], does[i * 37 % COUNT(does)],
                       what[i * 53 % COUNT(what)], what[(i * 71 + 5) % COUNT(what)],
                       how[i * 11 % COUNT(how)]);
}

static inline size_t letters_of(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.length;)
        count += unicode_is_letter(unicode_next(text, &at));
    return count;
}

#endif
