/* The compiled map of a mapi portal; load/portal_mapi_fields.c and load/portal_mapi_map.c alone include it.
 */
#ifndef LOAD_PORTAL_MAPI_MAP_H
#define LOAD_PORTAL_MAPI_MAP_H

#include "core/procedure.h"
#include "load/portal_mapi_fields.h"

enum mapi_field_kind {
    MAPI_CONSTANT,
    MAPI_SCALAR,
    MAPI_TEXTS,   /* a list of texts */
    MAPI_OBJECTS, /* a list of objects */
    MAPI_GROUPS,  /* a list of objects, each for the items that have the same `by` */
    MAPI_OBJECT,
};

struct mapi_field {
    enum mapi_field_kind kind;
    struct text name;
    struct text constant;
    struct text path;          /* none: the item itself */
    struct text by;            /* MAPI_GROUPS */
    const struct value *codes; /* NULL: none */
    struct text date;          /* the format; bytes NULL: it is no date */
    bool number;               /* its values are numbers */
    bool compared, unordered;
    struct mapi_field *members;
    size_t count;
};

struct mapi_map {
    struct mapi_field *fields;
    size_t count;
    const struct mapi_field *code, *status;
};

/* The adapter's word for a canonical one. False: the tables have none. */
bool mapi_field_code(const struct mapi_field *field, struct text from, struct text *to);

#endif
