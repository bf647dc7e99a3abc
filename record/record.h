/* A record: one administrative procedure as a source wrote it, and how its parts are addressed.
 *
 * extract cuts documents into records and needs their keys; transform maps them. Both open a record here, so
 * that an address means the same to both: a JSON Pointer in json and ndjson, XPath 1.0 in xml and html, a
 * column's heading in csv, xlsx and rows. "." (and "") is the item itself.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <stdbool.h>

#include "adapters/xml.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/value.h"

enum record_shape {
    RECORD_JSON, /* a JSON text */
    RECORD_TABLE, /* a JSON array of cells: texts, numbers, {"error":"#REF!"} for one that holds no value but an error ("": a
                   * formula without its result); the headings are the context, a JSON array too */
    RECORD_CSV,  /* the row as it stands in the file; the context is {"header":[…],"separator":","}, with
                   * "encoding" where `auto` found one for the whole file */
    RECORD_XML,  /* one element, serialised */
    RECORD_HTML, /* a page; with the context RECORD_HTML_ELEMENT one element of it, serialised */
    RECORD_TEXT, /* inside a map only: a text */
};

#define RECORD_HTML_ELEMENT "{\"element\":true}"

/* What is needed to open the records of a source: from the configuration, shared by all of its records. */
struct record_format {
    enum record_shape shape;
    const char *encoding; /* "auto", "utf-8", …; NULL: utf-8 */
    bool capitals;        /* tcvn3: texts are in the capitals font */
    const struct xml_namespace *namespaces;
    size_t namespace_count;
};

/* An address, compiled once; used by many threads. */
struct record_address;
enum status record_address_compile(struct arena *arena, const struct record_format *format, struct text text,
                                   struct record_address **address, struct error *error);
void record_address_free(struct record_address *address);              /* what the arena does not own */
struct text record_address_text(const struct record_address *address); /* as it was written */

/* One thing inside a record. Exactly one of the three is there. */
struct record_item {
    const struct value *value;
    struct xml_node *node;
    struct text text; /* when the other two are NULL */
};

struct record_items {
    size_t count;
    bool unknown; /* the table has no such column at all */
    struct record_item *items;
};

struct record {
    const struct record_format *format;
    struct record_item root;
    struct xml_document *document; /* xml and html */
    bool typed;                    /* texts may come from an old font inside a Unicode document … */
    int encoding;                  /* … this one (enum encoding) */
};

/* Decodes the bytes. STATUS_REJECT with the reason (not JSON, doubtful encoding, too many cells, …). The tree
 * lives in the arena; record_close frees what does not. `context` is the shared part of the listing, or
 * TEXT_NONE. */
enum status record_open(struct arena *arena, const struct record_format *format, struct text bytes,
                        struct text context, struct record *record, struct error *error);
void record_close(struct record *record);

/* What an address finds, seen from an item: a JSON list gives itself as one item (record_item_each opens it);
 * an XPath gives its nodes, or its text. Null, absent, and an empty object or list give no item. */
enum status record_select(const struct record *record, const struct record_item *from,
                          const struct record_address *address, struct arena *arena,
                          struct record_items *items, struct error *error);

/* Opens lists: the items of a JSON list one by one; anything else is itself. */
void record_items_open(struct arena *arena, const struct record_items *from, struct record_items *items);

/* The text of an item: a text, a number as written, "true"/"false", a node's string-value. STATUS_REJECT for
 * lists and objects ("the value is a list, not a text"). `plain`, or NULL: unicode_is_plain says so of it. */
enum status record_item_text(const struct record *record, const struct record_item *item, struct arena *arena,
                             struct text *text, bool *plain, struct error *error);

/* JSON or XML that stands inside a text: parses it into an item of its own shape (see `parse` of a map). */
enum status record_item_parse(struct arena *arena, enum record_shape shape,
                              const struct record_format *format, struct text text, struct record *inner,
                              struct error *error);

/* The fault of a record that was withheld before it was staged (rule secret-in-record): nothing of it was kept. */
#define RECORD_SECRET                                                                                        \
    N_("the record holds a secret of the configuration, so nothing of it was stored: take it out at its "    \
       "source, and "                                                                                        \
       "change the secret, which others can read there")

/* Does the text hold such a secret, as it stands or as its fields would read: without signs that nobody sees, in NFC? */
bool record_holds_secret(struct text text);

#endif
