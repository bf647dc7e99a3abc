/* Inside of the map: what map_compile.c makes and map.c runs. */
#ifndef TRANSFORM_MAP_COMPILE_H
#define TRANSFORM_MAP_COMPILE_H

#include "adapters/regex.h"
#include "core/procedure.h"
#include "transform/map.h"

struct map_group;

/* How one field is filled. */
struct map_node {
    const struct field *field;    /* the target */
    struct record_address **from; /* alternatives; NULL: a constant */
    size_t from_count;
    size_t number; /* among the map's addresses (map_addresses); alternatives are one */
    struct text constant;
    struct regex *match;
    struct text split; /* bytes NULL: none */
    bool split_raw;    /* it holds white space that normalisation would eat: split first */
    struct text *dates;
    size_t date_count;
    const struct code_list *codes;
    bool keep_unknown;    /* what the list lacks stays as it stands */
    struct text *nothing; /* the source's and its own, normalised */
    size_t nothing_count;
    enum record_shape parse; /* RECORD_TEXT: none */
    struct map_group *items; /* `map`: for each item (lists), or for the one item (groups) */
    struct map_node *scalar; /* `map` where the items are texts */
    bool pieces;             /* each match of `match` is an item */
};

/* The members of one object, in canonical order. A dotted target is a group inside a group. */
struct map_member {
    const struct field *field;
    struct map_node *node; /* one of the two */
    struct map_group *group;
    bool outer;                 /* the node is the outer map's: its addresses are those of the outer item */
    struct map_node *otherwise; /* likewise of the outer item, where the node gives nothing; NULL: none */
};

struct map_group {
    const struct field *field; /* FIELD_GROUP */
    size_t count;
    struct map_member *members;
    bool sourced; /* something in it comes from the source: constants alone are nothing then */
    /* `each` and `map` among the members: the items of an inner list, each with the members of this object, which
     * are among those of `inner`, too. */
    struct record_address *each;
    size_t each_number;
    struct map_group *inner;
};

struct map {
    struct arena arena;
    const struct source *source;
    struct map_group *root;
    struct map_defaults defaults;
    struct record_address **addresses; /* all, to be freed */
    size_t address_count, address_room;
    struct text *numbered; /* the first of each alternatives, as written */
    size_t numbered_count, numbered_room;
    struct regex **patterns;
    size_t pattern_count, pattern_room;
    /* Who mends a record: a name, or where it stands; neither: the source's name says it. */
    struct text department;
    struct map_node *department_from;
    size_t department_room; /* numbers that its addresses have, beside those of the map */
};

#endif
