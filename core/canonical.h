/* Canonical JSON bytes: RFC 8785 (JCS).
 *
 * Names are sorted by UTF-16 code units, texts escaped as ECMAScript does, no blanks. Numbers must be
 * integers of at most 2^53 - 1 as canonical procedures and events have them (-0 is 0); any other lexeme is
 * written as a text. The tree must be valid UTF-8 (the doors see to it).
 */
#ifndef CORE_CANONICAL_H
#define CORE_CANONICAL_H

#include "core/text.h"
#include "core/value.h"

void canonical_write(struct buffer *out, const struct value *value);
struct text canonical_copy(struct arena *arena, const struct value *value); /* the same bytes, in the arena */
/* Quick: whoever reads these bytes and writes them again gets the same. False means that somebody is to try. */
bool canonical_reads_back(const struct value *value);
void canonical_text(struct buffer *out, struct text text); /* one quoted text */
/* How many bytes stand before the first that must be escaped in a JSON text: a quote, a backslash, a control character. */
size_t canonical_ordinary(const char *bytes, size_t length);
bool canonical_is_number(struct text text); /* by the grammar of RFC 8259 */
/* For people: indented by two, in the order given, numbers as written. No line break at the end. */
void canonical_pretty(struct buffer *out, const struct value *value);

#endif
