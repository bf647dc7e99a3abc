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
#ifndef LOAD_PORTAL_MAPI_MAP_H
#define LOAD_PORTAL_MAPI_MAP_H

#include <stdbool.h>

#include "core/setting.h"
#include "load/evidence.h"

extern const char portal_mapi_defaults[]; /* config/mapi.yaml */

/* Read from the configuration; mapi_map_check puts the defaults in. */
struct mapi_map {
    const struct value *fields, *codes; /* NULL: the defaults alone */
    const struct value *not_compared;   /* the adapter's names, at any depth; NULL: none */
    const struct value *unordered;      /* likewise, of lists without order */
    const char *dates;                  /* the format of dates */
    /* which field of the adapter has it, and what that says */
    const struct value *code, *status;
    struct text announced, abolished;
};

/* Lives in the context's arena, like what it borrows. STATUS_USAGE with the place. */
enum status mapi_map_check(const struct setting_context *context, const struct value *defaults,
                           struct mapi_map *map, struct error *error);

/* Is it one of these texts, or this one? NULL: there is none. */
bool mapi_is_named(const struct value *list, struct text name);

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
