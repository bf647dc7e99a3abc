/* The proposed configuration as text; the inside of probe. */
#ifndef EXTRACT_INFER_YAML_H
#define EXTRACT_INFER_YAML_H

#include "extract/infer_field.h"
#include "extract/infer_shape.h"

struct inferred {
    struct text name;
    struct buffer fetch; /* the start of the source's `fetch`, without its closing bracket */
    bool url;
    struct text address; /* of a URL, as it was given: it may hold secrets */
    const char **paths;
    size_t path_count;
    struct infer_shape_found shape;
    struct infer_fields fields;
    struct text sheet; /* xlsx: the one with the records, where it is not the first; or empty */
    const char *doubt; /* why the documents could not be looked into; NULL: they could */
};

/* The entry of `sources` up to its key and map. */
void infer_yaml_source(struct buffer *out, const struct inferred *inferred);
struct text infer_yaml_write(struct arena *arena, const char *what, struct inferred *inferred);

#endif
