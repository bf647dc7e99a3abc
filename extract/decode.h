/* Documents into records: one decoder for each format of SOURCE_FORMATS (record/source.h). A decoder holds one
 * record and one block in memory, however large the document. */
#ifndef EXTRACT_DECODE_H
#define EXTRACT_DECODE_H

#include "extract/fetch.h"

struct decoded {
    struct text bytes; /* as they stood in the document; borrowed until the next call */
    struct text
        context; /* what the records share (a heading row); bytes NULL: none. Lives as long as the decoder */
    long number; /* of the line, the item or the row, from 1; 0: the document is the record */
    char mark;   /* before the number in a locator: ':' lines, '#' items */
    const char *sheet;   /* xlsx; NULL elsewhere */
    const char *warning; /* one line for a person; NULL: none */
    const char *kept; /* why the record, though it can be read, is kept back under its key; NULL: it is not */
};

struct decode_child;

struct decode {
    const struct decode_driver *driver;
    const struct source *source;
    struct document *document;
    const char *unicode;        /* xml: what the document is in (see transcode.h); NULL: it says so itself */
    struct arena *arena;        /* lives as long as the decoder */
    struct decode_child *child; /* a process that does it (decode_child.h); NULL: it is done here */
    void *user_data;
};

/* What it means that a document has no end (document->unended, set by the decoder). */
enum decode_end {
    DECODE_END_UNTOLD, /* the format has none that could be missing, or its decoder breaks off */
    DECODE_END_LINE,   /* of the last line: it may have been cut, if it had one when it was read before */
    DECODE_END_PAGE,   /* it was cut, unless one was taken without before */
};

struct decode_driver {
    enum decode_end end;
    /* The source's addresses, without a document; NULL: there is nothing to check. STATUS_USAGE. */
    enum status (*check)(struct arena *arena, const struct source *source, struct error *error);
    enum status (*open)(struct decode *decode, struct error *error);
    /* STATUS_OK, STATUS_END; STATUS_REJECT: the record in `decoded` (its bytes may be empty) is set aside and
     * the next one can be read; STATUS_STOP: the document is broken from here on, `decoded` holds what was
     * read of it. */
    enum status (*next)(struct decode *decode, struct decoded *decoded, struct error *error);
    void (*close)(struct decode *decode);
};

/* decode_json, decode_csv, …: one in a file of its own for each row of SOURCE_FORMATS. */
#define DECODE_DRIVER(id, name, shape) extern const struct decode_driver decode_##name;
SOURCE_FORMATS(DECODE_DRIVER)

const struct decode_driver *decode_find(enum source_format format);
/* Chooses the driver, finds out what the document is written in, and opens it. `source`, `document`, `arena` and `child`
 * are set. */
enum status decode_begin(struct decode *decode, struct error *error);

/* Which of a table's headings is the source's key; `count`: none. */
size_t decode_key_column(const struct decode *decode, const struct text *headings, size_t count);
/* Is the source's key among them? STATUS_STOP with the headings there are: none of the rows
 * could be told from another. */
enum status decode_check_key(const struct decode *decode, const struct text *headings, size_t count,
                             struct error *error);
/* Is a column the key, named by the map where a code belongs, or headed as one ("Mã …")? */
bool decode_is_code(const struct source *source, struct text heading);

#define DECODE_CODE 16
/* "1.00164" was "1.001640" before somebody took it for a number: true with that code. Where no code belongs
 * (here: false), "1.5" is one and a half. */
bool decode_lost_zeros(struct text number, bool here, char code[DECODE_CODE]);

/* A cell of a row: a number where its source has it as one, and as JSON writes them, else a text. What is a number is not
 * read again as people write numbers. */
void decode_put_cell(struct buffer *out, struct text cell, bool number);

/* A list of texts as canonical JSON: the headings that are a row's context. */
struct text decode_list(struct arena *arena, const struct text *texts, size_t count);

#endif
