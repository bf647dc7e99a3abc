/* What a document is, as far as its bytes tell; the inside of probe. */
#ifndef EXTRACT_INFER_SHAPE_H
#define EXTRACT_INFER_SHAPE_H

#include "record/source.h"

struct infer_shape_found {
    enum source_format format;
    bool database;        /* an SQLite file */
    const char *encoding; /* NULL: UTF-8, or not needed */
    const char *doubt;    /* why the encoding is not certain; NULL: it is */
    struct text records;  /* an address, or empty */
    struct text uri;      /* XML: the namespace of the records, which the prefix n stands for; or empty */
    struct text next;     /* JSON: where a page says which is next; empty: nowhere */
    struct text
        total;   /* JSON: where it says how many records there are, no fewer than it has; empty: nowhere */
    size_t rows; /* JSON: that it has */
    bool more;   /* there are more than it has */
};

/* One of the names, which NULL ends. */
bool infer_shape_is_one_of(struct text name, const char *const *names);
/* A text of digits. */
bool infer_shape_number(struct text text, uint64_t *number);

/* `start` is the document's first bytes, `whole` says that these are all. In the arena. */
void infer_shape_find(struct arena *arena, struct text start, bool whole, struct infer_shape_found *found);

#endif
