/* UTF-16, with a byte order mark, in an order that was named, or in the likelier one. */
#ifndef RECORD_ENCODING_UTF16_H
#define RECORD_ENCODING_UTF16_H

#include "core/error.h"
#include "record/encoding_finding.h"

/* Into UTF-8 (not yet NFC). STATUS_REJECT for an odd number of bytes, a lone surrogate, a NUL, or no mark and
 * no order that gives a text; the finding's evidence is set only where the order was in question. */
enum status encoding_utf16_decode(struct arena *arena, enum encoding encoding, struct text bytes,
                                  struct text *utf8, struct encoding_finding *finding, struct error *error);

/* A byte order mark, or NULs at nearly only the even or the odd places, as ASCII letters have them. */
bool encoding_utf16_likely(struct text bytes);

#endif
