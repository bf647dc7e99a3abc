/* Inside of the map: what running it passes on (map.c) from the pieces of a source's text (map_pieces.c) to
 * the values of fields (map_convert.c). */
#ifndef TRANSFORM_MAP_INSIDE_H
#define TRANSFORM_MAP_INSIDE_H

#include "core/duration.h"
#include "core/money.h"
#include "transform/map_compile.h"

/* Where a value goes, for findings; made into a text only when there is one. */
struct map_place {
    const struct map_place *parent;
    const char *name;
    long index; /* -1: no list */
};

struct map_running {
    const struct map *map;
    struct arena *arena;
    struct map_result *result;
    bool number; /* the text at hand is a number of the source's own */
    bool typed;  /* … which a person typed into a cell, in whatever country's way */
    bool table;  /* of a workbook or a database, whose own dates come as yyyy-MM-dd, however they are shown */
    const struct field *around;      /* the group that is being filled; NULL: none */
    const struct record_item *outer; /* of an inner list's items: the one that the list stands in */
    bool gave;                       /* … and whether the item itself gave something */
    /* Words where an amount was expected: of the group being filled, or of one inside of it. It takes them where it has a
     * `text`, else they go to the group around. */
    struct text prose;
    /* An amount's text that says more than a number, and what: the object around knows what to do with it. */
    struct text priced;
    struct money price;
    struct text timed; /* the same of a duration's amount that brings its unit */
    struct duration span;
    struct text
        unplaced; /* a unit as the source has it, that the code list knows and the canonical form does not have */
};

/* Adds a finding of the program's own that keeps the record back, for a reason with its values; `place` NULL: of the
 * whole record. */
#define map_find(running, place, rule, value, ...)                                                           \
    map_find_reason(running, place, rule, value, &(const struct reason)REASON(__VA_ARGS__, TEXT_NONE))
void map_find_reason(struct map_running *running, const struct map_place *place, const char *rule,
                     struct text value, const struct reason *reason);

/* The same of what an error says: its words, and what they can be made of again in another language. */
void map_find_error(struct map_running *running, const struct map_place *place, const char *rule,
                    struct text value, const char *reason, const struct error *error);

/* One more of what `prose` holds. */
void map_add_prose(struct map_running *running, struct text text);

/* A text into what its field's kind wants; NULL: nothing, or a finding says why not. */
struct value *map_convert(struct map_running *running, const struct map_node *node, const struct field *field,
                          struct text text, const struct map_place *place);
/* A bare text for a group goes to its main field; with a code list, to code and name. */
struct value *map_convert_group(struct map_running *running, const struct map_node *node,
                                const struct field *group, struct text text, const struct code *code,
                                const struct map_place *place);

/* What is wrong with a constant, which is the same for every record. `nothing`: it gives no value. */
struct findings map_try_constant(const struct map *map, const struct map_node *node, struct arena *arena,
                                 bool *nothing);

struct map_piece {
    bool number; /* the source has it as a number */
    struct text text;
    const struct record_item *item; /* an item that is mapped as it stands; text is empty then */
};

struct map_pieces {
    struct map_piece *list;
    size_t count, capacity;
};

/* Does the text stand for nothing in this source? */
bool map_is_nothing(const struct map_node *node, struct text text);
/* What the node's addresses name, the first alternative that is something. False: nothing. */
bool map_choose(struct map_running *running, const struct map_node *node, const struct record *record,
                const struct record_item *from, struct record_items *items, const struct map_place *place);
/* The items' texts: normalised, matched, split, and not nothing; or the items, where they are mapped as they
 * stand. */
void map_gather(struct map_running *running, const struct map_node *node, const struct record *record,
                const struct record_items *items, struct map_pieces *pieces, const struct map_place *place);
/* One text; `matched`: the node's expression has been tried already. */
void map_take_text(struct map_running *running, const struct map_node *node, struct text text,
                   struct map_pieces *pieces, bool matched, const struct map_place *place);
/* Several values for a field that holds one: texts are joined, so that nothing is lost; of anything else
 * there can only be one, and what the joined text is not, its kind's finding says. */
struct text map_join(struct map_running *running, const struct map_pieces *pieces, const struct field *field);

#endif
