/* The door to people's screens: what a terminal would act on, or turn a line around by, is written out.
 *
 * File names, the portal's words and sources' texts hold what strangers put there. Control characters (but tab
 * and line feed), C1, format characters (bidi, zero width, marks) and separators of lines and paragraphs become
 * `\u001b`, `\u202e`, … beyond the BMP a pair. In a JSON document that is the same text; elsewhere it is seen.
 * Bytes that are no UTF-8 become `<9B>`.
 */
#ifndef ADAPTERS_VISIBLE_H
#define ADAPTERS_VISIBLE_H

#include <stdbool.h>
#include <stdio.h>

#include "core/text.h"

void visible_put(struct buffer *out, struct text text, bool lines); /* `lines`: tab and line feed stay */

/* The same for documents (HTML, CSV) that go to screens by themselves: the next character of a text as it is, as `[U+202E]`
 * in `room` where nobody sees it (tab, line feed and a carriage return in front of one stay), or U+FFFD for a byte that is no
 * UTF-8; `at` moves behind it. */
struct text visible_next(struct text text, size_t *at, char room[16]);

/* A stream whose bytes go through the door to the descriptor; for stdout and stderr, which stay open as long as
 * the program runs. NULL where none can be made. */
FILE *visible_stream(int descriptor);
/* Standard output was a pipe that nobody reads any more; it could not be written, for whatever reason. */
bool visible_pipe_is_closed(void);
bool visible_is_unwritten(void);
/* To the same descriptor as they are, behind what the stream holds: our own control sequences, and documents
 * that are no text. False when they could not be written. */
bool visible_raw(FILE *stream, int descriptor, struct text bytes);

#endif
