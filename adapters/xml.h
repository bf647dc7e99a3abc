/* The door to libxml2: XML read record by record or event by event, HTML, XPath 1.0. Thread-safe after
 * xml_start.
 *
 * No network, no external parts, no entities but the five predefined ones and character references: a
 * document whose DOCTYPE declares entities or default values is refused before anything expands, and so is a
 * reference to an entity that is not declared (its text would be lost silently). Sizes and depth have
 * ceilings. Nothing is printed.
 *
 * Encodings, wherever one can be named: NULL lets the byte order mark and the document's own declaration
 * decide; "utf-8", "utf-16", "utf-16le" and "utf-16be" overrule the declaration (text that was decoded before
 * still bears the old one). The Vietnamese 8-bit encodings are not this door's business: a name of another
 * kind is STATUS_USAGE, and a document that itself declares an encoding unknown to the C library is broken.
 */
#ifndef ADAPTERS_XML_H
#define ADAPTERS_XML_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct file_stream;

#define XML_DEPTH 256 /* elements inside one another */
#define XML_DOCUMENT_LIMIT                                                                                   \
    (256 << 20) /* bytes that xml_parse takes; one text, value or comment: 10,000,000 */

void xml_start(void); /* once, before threads and before anything else here */
void xml_stop(void);

struct xml_namespace {
    const char *prefix, *uri;
};

/* A parsed document (one record, or one page); used by one thread at a time. STATUS_REJECT when it is not
 * well-formed, is empty, or is beyond a ceiling, with line and column. HTML is taken as browsers take it,
 * whatever its faults, but never cut: bytes that are not of the encoding, a NUL and too deep nesting are
 * STATUS_REJECT. Without an encoding, HTML that is valid UTF-8 is UTF-8, and only otherwise its <meta> is
 * asked; what declares nothing else is STATUS_REJECT. */
struct xml_document;
enum status xml_parse(struct text bytes, bool html, const char *encoding, struct xml_document **document,
                      struct error *error);
void xml_document_free(struct xml_document *document);             /* NULL is fine */
struct xml_node;                                                   /* lives as long as its document */
struct xml_node *xml_document_root(struct xml_document *document); /* the root element */

/* An XPath 1.0 expression, compiled once, used from many threads at once. STATUS_USAGE with the place when it
 * is wrong, and also for prefixes that are not declared, functions that do not exist, and variables. "." and
 * "" are the node itself. */
struct xml_path;
enum status xml_path_compile(struct text expression, const struct xml_namespace *namespaces, size_t count,
                             struct xml_path **path, struct error *error);
void xml_path_free(struct xml_path *path); /* NULL is fine */

/* What it selects from a context node (NULL: the root element): nodes in the order of the document, or one
 * text (string, number and boolean results). `count` is 1 for a text, and 0 when no node was found. "/" is
 * the document that the node is in, so that with a record's own document `/thuTuc/ma` and, from its root
 * element, `ma` are the same. A number is written without exponent, 5.0 as "5"; a boolean is "true" or
 * "false". Results live in the arena (nodes in their document). STATUS_REJECT when the expression takes too
 * long on this document. */
struct xml_result {
    size_t count;
    struct xml_node **nodes; /* NULL when the result is a text */
    struct text text;
};
enum status xml_path_select(const struct xml_path *path, struct xml_document *document,
                            struct xml_node *context, struct arena *arena, struct xml_result *result,
                            struct error *error);

/* HTML: a cell with `rowspan` is put into each row that it reaches into, in the tables (their sections) of those of the
 * nodes that are <tr>, so that td[3] is the third column in every row. Not into a row that has all its cells, or where a
 * gap stands before it. Where at least half of these nodes have no cell with `colspan`, one in the others is followed by as many
 * empty ones as it covers. STATUS_REJECT when that makes too much of the page. */
enum status xml_spread_rows(struct xml_document *document, struct xml_node *const *nodes, size_t count,
                            struct error *error);

/* Does the page come to its end: </html> or </body>, or, where it opens neither, no tag and no table left open? One that does
 * not may have been cut, and parses all the same. */
bool xml_page_ends(struct text page);

/* The string-value of a node. With html, as a page shows it: runs of blanks are one blank; <br> and the
 * beginnings and ends of blocks are line breaks, cells of a row are a blank apart; scripts and styles are
 * nothing; the ends are trimmed. */
struct text xml_node_text(struct arena *arena, const struct xml_node *node, bool html);
/* A node serialised (UTF-8), an element with what is in it: xml_parse takes it again. */
struct text xml_node_bytes(struct arena *arena, struct xml_document *document, const struct xml_node *node);

/* Streams the elements that `records` selects out of a large document: each is serialised with the namespace
 * declarations it needs. `records` is a path of child steps ("/a/b/c", "//c", prefixes allowed, "*"; "" is
 * the whole document), tested while reading; predicates may stand behind the last step and are tested on the
 * element alone, so they may not count positions. What cannot be tested so is STATUS_USAGE. Elements inside a
 * selected one are part of it. Memory stays near twice `record_limit` (bytes of one serialised element),
 * whatever the document's size. */
struct xml_reader;
enum status xml_reader_open(struct file_stream *stream, struct text records,
                            const struct xml_namespace *namespaces, size_t count, const char *encoding,
                            size_t record_limit, struct xml_reader **reader, struct error *error);
/* STATUS_OK: bytes of one element (borrowed until the next call), and its line. STATUS_END. STATUS_REJECT:
 * this element is set aside (too large, …; *line is its line) and reading goes on. STATUS_STOP: the document
 * is broken from here on (line and column in the error), or has no element above the records. */
enum status xml_reader_next(struct xml_reader *reader, struct text *bytes, long *line, struct error *error);
void xml_reader_close(struct xml_reader *reader); /* NULL is fine; the stream is the caller's to close */
/* STATUS_STOP: no record was found, and what stands above them in `records` is in every document, so that an empty list
 * cannot be told from something else. */
enum status xml_no_place(struct error *error);

/* Streams a document event by event, in flat memory; made for machine-written formats, so a DOCTYPE of any
 * kind is refused. Comments and processing instructions are passed over. */
enum xml_event_kind { XML_EVENT_START, XML_EVENT_END, XML_EVENT_TEXT };
struct xml_attribute {
    const char *name; /* without prefix */
    bool prefixed;
    struct text value;
};
struct xml_event {
    enum xml_event_kind kind;
    unsigned depth; /* of the element that starts or ends, from 1; of the element a text is in */
    long line;
    const char *name; /* START, END: without prefix */
    size_t count;     /* START: of attributes */
    const struct xml_attribute *attributes;
    struct text text; /* TEXT: a piece; what stands between two tags may come in several */
};
struct xml_events;
enum status xml_events_open(struct file_stream *stream, struct xml_events **events, struct error *error);
/* STATUS_OK: the event, borrowed until the next call. STATUS_END. STATUS_STOP: broken from here on. */
enum status xml_events_next(struct xml_events *events, const struct xml_event **event, struct error *error);
void xml_events_close(struct xml_events *events); /* NULL is fine; the stream is the caller's to close */
/* The value of an attribute by its name without prefix; one that has no prefix is preferred. False: absent.
 */
bool xml_event_attribute(const struct xml_event *event, const char *name, struct text *value);

#endif
