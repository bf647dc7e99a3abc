/* The door to HTML: everything that is not a literal of the program is escaped here, and nowhere else is
 * markup put together.
 *
 *     html_open(out, "td", "class", "count", "title", name, NULL);
 *     html_text(out, value);
 *     html_close(out, "td");
 *
 * Text may be anything: bytes that are not UTF-8 become U+FFFD, control, bidi and other invisible characters
 * are shown as their number ("[U+202E]"), so that nothing of a source, a portal or a store can become markup
 * or turn a line around. Tab and line break stay.
 */
#ifndef ADAPTERS_HTML_WRITE_H
#define ADAPTERS_HTML_WRITE_H

#include "core/text.h"

/* A literal of the program, as it is. */
#define html_literal(out, literal) buffer_string((out), "" literal)

void html_text(struct buffer *out, struct text text);
void html_string(struct buffer *out, const char *string); /* NULL: nothing */

/* <tag name="value" …>: pairs of texts that end with NULL; the values are escaped. A pair whose value is NULL
 * is left out; name and tag are literals of the program. */
void html_open(struct buffer *out, const char *tag, ...) __attribute__((sentinel));
void html_close(struct buffer *out, const char *tag);
/* <tag>text</tag> */
void html_element(struct buffer *out, const char *tag, struct text text);

#endif
