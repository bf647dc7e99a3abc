/* Documents whose bytes a decoder cannot cut: UTF-16 becomes UTF-8 while it is read, in flat memory.
 *
 * UTF-16 is what the source's `encoding` says (utf-16, utf-16le, utf-16be) or, with `auto` or nothing said, a
 * byte order mark; with `auto` also NULs at every other place. The encodings of one byte a letter agree with
 * ASCII, so that their documents are cut as they are and decoded record by record. XML alone must be Unicode
 * before it is cut: there each such byte is widened to the character of its number, as an old font inside a
 * Unicode document has it, and the record's texts are decoded from that (see record/encoding.h).
 */
#ifndef EXTRACT_TRANSCODE_H
#define EXTRACT_TRANSCODE_H

#include "extract/fetch.h"

/* Puts itself before document->stream where it is needed; closing the stream closes the inner one too.
 * *unicode: the encoding that the XML door is to be told, NULL: it finds out itself (not where the beginning is UTF-8 and no
 * ASCII: that is what it is, whatever it declares). STATUS_STOP when the
 * beginning cannot be read or the byte order is not certain; reading gives STATUS_STOP with the byte where
 * the text is no UTF-16. */
enum status transcode_open(struct arena *arena, const struct source *source, struct document *document,
                           const char **unicode, struct error *error);

/* Bytes that are no UTF-8 widened to the characters of their numbers; others stay as they are. In the arena.
 */
struct text transcode_widen(struct arena *arena, struct text bytes);

#endif
