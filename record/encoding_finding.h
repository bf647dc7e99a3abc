/* The encodings by name, and what was found of a text's. */
#ifndef RECORD_ENCODING_FINDING_H
#define RECORD_ENCODING_FINDING_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

enum encoding {
    ENCODING_AUTO,
    ENCODING_UTF8,
    ENCODING_UTF16, /* byte order mark, or the likelier order */
    ENCODING_UTF16LE,
    ENCODING_UTF16BE,
    ENCODING_CP1258,
    ENCODING_VISCII,
    ENCODING_TCVN3,
    ENCODING_VNI,
    ENCODING_VPS,
    ENCODING_VIQR,
};

/* "tcvn3", "UTF-8", …, case ignored; false when unknown. */
bool encoding_named(struct text name, enum encoding *encoding);
const char *encoding_name(enum encoding encoding);

/* What was found, for evidence. */
struct encoding_finding {
    enum encoding encoding; /* what the text was taken for */
    int certainty;          /* 0 … 100 */
    char evidence[256];     /* in words: which bytes or letters spoke for and against */
};

void encoding_finding_set(struct encoding_finding *finding, enum encoding encoding, int certainty,
                          const char *evidence);

/* Sets the evidence alone. */
void encoding_finding_say(struct encoding_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Closes a rejection: the message with the evidence of the finding in it. */
enum status encoding_finding_doubt(struct encoding_finding *finding, struct error *error);

#endif
