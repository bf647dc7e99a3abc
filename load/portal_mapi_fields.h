/* A procedure under the adapter's names: mapped out, and what comes back compared with it.
 *
 * The configuration's `portal.fields` has the adapter's names on the left and canonical fields on the right,
 * in the shape that the adapter wants (docs/drivers.md):
 *
 *     field  = path                                a text: "" where the procedure has none
 *            | { from: path, codes: TABLE, date: FORMAT }
 *            | { value: TEXT }                     a constant: sent, never compared
 *            | { each: path, map: { … } }          a list of objects; of what is no list: a list of one
 *            | { each: path, codes: TABLE }        a list of texts
 *            | { each: path, by: path, map: { … } }  a list of groups of items with the same `by`, in the
 *                                                  order of first mention; `each: .` in it goes through
 *                                                  its items
 *            | { map: { … } }                      an object
 *     path   = names joined by points, relative to the item; "." is the item itself
 *
 * What stands in the configuration replaces the default of that name (config/mapi.yaml); an empty text takes it out.
 * All scalars are texts, dates have the adapter's format, nothing is ever absent.
 */
#ifndef LOAD_PORTAL_MAPI_FIELDS_H
#define LOAD_PORTAL_MAPI_FIELDS_H

#include <stdbool.h>

#include "core/procedure.h"
#include "core/setting.h"
#include "load/evidence.h"

extern const char portal_mapi_defaults[]; /* config/mapi.yaml */

struct mapi_field {
    const char *from, *value, *each, *by, *codes,
        *date; /* as above; of a date, the format that is in force */
    const struct value *map;
    struct text name;
    struct field_path path, shared; /* of `from` or `each`, and of `by`; no steps: the item itself */
    const struct field *type;       /* of what it is made from; of a list, of its items */
    const struct value *words;      /* the table; NULL: none */
    bool compared, unordered;
    struct mapi_field *members; /* NULL: a text, or a list of texts */
    size_t count;
};

struct mapi_map {
    struct mapi_field root;
    struct mapi_field *code, *status;
};

struct mapi_map_settings {
    const struct value *fields, *codes; /* of the configuration; NULL: the defaults alone */
    const struct value *not_compared;   /* the adapter's names, at any depth; NULL: none */
    const struct value *unordered;      /* likewise, of lists without order */
    const char *dates;                  /* the format of dates */
};

/* Lives in the context's arena, like what it borrows. STATUS_USAGE with the place. */
enum status mapi_map_compile(const struct setting_context *context, const struct mapi_map_settings *settings,
                             const struct value *defaults, struct mapi_map **map, struct error *error);

/* The adapter's word for a canonical one; the word itself where the tables have none. */
struct text mapi_map_word(const struct mapi_field *field, struct text word);

/* The procedure as the adapter wants it; in the arena, and borrows from the procedure. */
struct value *mapi_map_write(const struct mapi_map *map, struct arena *arena, const struct value *procedure);

/* Do two items say the same, as far as the map goes? The status does not count: mapi_map_standing has it.
 * Blank, null and absent are the same, so are a number and its text, one date in several forms, a single item and a
 * list of it; runs of blanks are one, NFC; lists that are declared so have no order. `where`, when they differ, gets
 * the place of the first difference ("CANCUPHAPLY[2].TENVANBAN"); may be NULL. */
bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, struct buffer *where);

enum remote_status mapi_map_standing(const struct mapi_map *map, const struct value *item);

#endif
