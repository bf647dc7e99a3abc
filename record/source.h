/* A source as the configuration describes it (INTERFACE §2, `sources`): what extract and transform both need.
 * What only extract understands (`fetch`) and only transform (`map`) stays a tree here. */
#ifndef RECORD_SOURCE_H
#define RECORD_SOURCE_H

#include "core/setting.h"
#include "record/record.h"

/* The formats, each once: its name in the configuration, which is its decoder's, too (extract/decode_NAME.c), and what its
 * records are. Which settings mean something to it stands in source.c. */
/* clang-format off */
#define SOURCE_FORMATS(one)                \
    one(SOURCE_JSON,   json,   RECORD_JSON)  \
    one(SOURCE_NDJSON, ndjson, RECORD_JSON)  \
    one(SOURCE_XML,    xml,    RECORD_XML)   \
    one(SOURCE_HTML,   html,   RECORD_HTML)  \
    one(SOURCE_CSV,    csv,    RECORD_CSV)   \
    one(SOURCE_XLSX,   xlsx,   RECORD_TABLE) \
    one(SOURCE_ROWS,   rows,   RECORD_TABLE)
/* clang-format on */

#define SOURCE_FORMAT_ID(id, name, shape) id,
enum source_format { SOURCE_FORMATS(SOURCE_FORMAT_ID) };

struct source {
    const char *name;
    const struct value *tree;  /* the whole entry, for places */
    const struct value *fetch; /* extract's */
    const struct value *map;   /* transform's */
    const struct value *nothing;
    const struct value *skip;       /* extract's: rows that are no records */
    const struct value *department; /* transform's: who mends a record; NULL: the source's name says it */
    int format;                     /* enum source_format */
    const char *records;            /* NULL or "": the whole document */
    const char *key;                /* an address; NULL: the document's name */
    int listing;                    /* enum source_listing */
    const char *encoding;
    const char *font; /* tcvn3: "capitals" when the text is in the capitals font */
    const struct value *namespaces;
    const char *separator;
    const struct value *header; /* the heading row's number, or a list of names */
    const char *sheet;
    int hidden, struck;   /* enum source_hidden, source_struck: rows of a workbook */
    int64_t record_limit; /* bytes of one record */
    int64_t order;        /* its place in the configuration, from 0 */

    bool unformatted; /* gathered with its fault: nobody knows its format, so that any address may be one */

    struct record_format record; /* made from the above */
};

enum source_listing { SOURCE_FULL, SOURCE_CHANGES };
enum source_hidden { SOURCE_HIDDEN_TAKE, SOURCE_HIDDEN_SKIP };
enum source_struck { SOURCE_STRUCK_REJECT, SOURCE_STRUCK_TAKE, SOURCE_STRUCK_SKIP };

/* What a source has, for its schema. */
const struct setting *source_settings(size_t *count);
const char *source_format_name(enum source_format format);
/* Is each document one record? Of a format that may hold many, where no `records` says which. */
bool source_is_whole(const struct source *source);
/* The separator as a byte ("\t" and "tab" are a tab); 0 when it is to be found. */
char source_separator(const struct source *source);
/* The number of the heading row; 0 when it is to be found or `header` is a list of names. */
size_t source_header_row(const struct source *source);

/* Reads all sources. STATUS_USAGE with the place for anything wrong, doubled names included. Where faults are gathered
 * the sources that have some are there, too, for what else may be wrong with them: name "" and fetch or map NULL where
 * they lack it. */
enum status source_read_all(const struct setting_context *context, const struct value *list,
                            struct source **sources, size_t *count, struct error *error);

/* Is each of the names that of a source? STATUS_USAGE with the nearest: one that is not would silently match
 * nothing. */
enum status source_check_names(const struct source *sources, size_t count, const char *const *names,
                               size_t name_count, struct error *error);

#endif
