/* What stands in the records of a source, and what it may mean; the inside of probe. */
#ifndef EXTRACT_INFER_FIELD_H
#define EXTRACT_INFER_FIELD_H

#include "record/source.h"

enum infer_shape { PROBE_TEXT, PROBE_LINES, PROBE_TEXTS, PROBE_OBJECTS };

struct infer_field {
    struct text address; /* as the map writes it */
    struct text key;     /* its name folded: no diacritics, small, letters and digits only */
    struct text sample;  /* what stood there first, cut */
    enum infer_shape shape;
    size_t filled;             /* in how many of the records looked at */
    size_t codes;              /* of these: look like a procedure's code … */
    size_t inside;             /* … or hold one */
    unsigned dates;            /* bits of infer_date_formats */
    bool parsed;               /* the lists are JSON inside texts */
    bool taken;                /* some target has it */
    struct infer_field *inner; /* PROBE_OBJECTS: of the items */
    size_t inner_count;
};

extern const char *const infer_date_formats[]; /* as the map writes them; ends with NULL */

#define INFER_FIELDS 200

struct infer_fields {
    struct arena *arena;
    struct infer_field *list;
    size_t count, records;
    struct text uri;   /* XML: the namespace that the prefix n stands for */
    struct text table; /* HTML: where the records are, when they are the rows of a table; or empty */
};

/* The fields of one more record. */
void infer_look(struct infer_fields *fields, const struct record *record);
/* The field of an address, new when it is not there yet; NULL: there are too many. */
struct infer_field *infer_add(struct infer_fields *fields, struct text address, struct text name);
void infer_take(struct infer_fields *fields, struct infer_field *field, struct text text); /* NULL is fine */
/* The text that an XPath gives from a node; empty when it gives none. */
struct text infer_ask(struct infer_fields *fields, struct xml_document *document, struct xml_node *node,
                      struct text expression);
struct text infer_fold(struct arena *arena, struct text name);

bool infer_is_known(struct text key); /* some target is called so */
/* The field for a target ("decision.number"), not taken yet; NULL: none. */
struct infer_field *infer_guess(struct infer_field *list, size_t count, const char *target);

#endif
