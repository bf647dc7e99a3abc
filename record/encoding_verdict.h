/* What a survey of a text amounts to: taken for an encoding, or doubtful, with the evidence in words. */
#ifndef RECORD_ENCODING_VERDICT_H
#define RECORD_ENCODING_VERDICT_H

#include "core/error.h"
#include "record/encoding_finding.h"
#include "record/encoding_tables.h"

const char *encoding_reading_name(enum encoding_reading reading);
enum encoding encoding_reading_encoding(enum encoding_reading reading);

/* Other than tabs and line ends: capitals in VISCII, VPS and the first table of TCVN 5712. */
bool encoding_has_controls(struct text text);

/* Bytes that are not UTF-8, or hold control characters: which reading, or STATUS_REJECT. */
enum status encoding_verdict_bytes(struct text bytes, enum encoding_reading *reading,
                                   struct encoding_finding *finding, struct error *error);

/* Valid UTF-8 in NFC: READING_UTF8 where the text is to stay as it is, another one where it was typed in that
 * font, *viqr where it is ASCII and VIQR. `raw` says that the bytes came as they are, so that they might be
 * an old encoding that happens to be valid UTF-8. */
enum status encoding_verdict_unicode(struct text utf8, bool raw, enum encoding_reading *reading, bool *viqr,
                                     struct encoding_finding *finding, struct error *error);

/* An encoding that was named. READING_TCVN3 may become READING_TCVN1. STATUS_REJECT where words of another
 * encoding stand in the text. */
enum status encoding_verdict_named(struct text text, bool typed, enum encoding_reading *reading,
                                   struct encoding_finding *finding, struct error *error);

#endif
