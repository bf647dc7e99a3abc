/* The proposed configuration as text; the inside of probe. */
#ifndef EXTRACT_PROBE_YAML_H
#define EXTRACT_PROBE_YAML_H

#include "extract/probe_field.h"
#include "extract/probe_shape.h"

struct probed {
    struct text name;
    struct buffer fetch; /* the start of the source's `fetch`, without its closing bracket */
    bool url;
    const char **paths;
    size_t path_count;
    struct probe_shape_found shape;
    struct probe_fields fields;
    struct text sheet; /* xlsx: the one with the records, where it is not the first; or empty */
    const char *doubt; /* why the documents could not be looked into; NULL: they could */
};

/* The entry of `sources` up to its key and map. */
void probe_yaml_source(struct buffer *out, const struct probed *probed);
struct text probe_yaml_write(struct arena *arena, const char *what, struct probed *probed);

#endif
