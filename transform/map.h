/* The map: from a source's fields to the canonical procedure (INTERFACE §2), compiled once, run for each
 * record.
 *
 * The order inside one value: from | value | each → nothing → match → split → parse → nothing → date → codes
 * → the field's kind. Alternatives: the first that is something after `nothing` counts. Beyond INTERFACE:
 *     parse: json | xml   the text is itself a document; the addresses of `map` are of its kind
 *     pieces: EXPRESSION  each match (its group 1, or all of it) is an item of the list
 *     map: ADDRESS        in a list of texts: what to take of each item (or from, match, codes … as anywhere)
 *     map: { case: A, each: B, map: {…} }   the items of an inner list, each with the outer fields beside
 *                                         its own
 * An object that only constants filled is nothing. What cannot be a value of its field's kind (a date no
 * format fits, a text not in the code list, …) is a finding of the record, never dropped.
 *
 * `online_service` is the highest level of `services[]` (INTERFACE §4). Where each service has a level, or
 * one is full, it is made from them; a mapped one that says otherwise gives way, with a warning
 * (congkhai/online-service).
 */
#ifndef TRANSFORM_MAP_H
#define TRANSFORM_MAP_H

#include "core/digest.h"
#include "core/finding.h"
#include "record/codes.h"
#include "record/normalise.h"
#include "record/source.h"

struct map;

/* What a value of a map that is an object has, for its schema. */
const struct setting *map_settings(size_t *count);

/* What every procedure of the agency shares. */
struct map_defaults {
    struct text agency_code, agency_name;
};

/* STATUS_USAGE with the place: unknown fields and keys (nearest one named), addresses and expressions that do
 * not compile, unknown code lists, maps that fill no required field. `recipe` is the digest of all that the
 * result depends on: map, formats, code lists used, defaults, the normaliser's version. */
enum status map_compile(const struct setting_context *context, const struct source *source,
                        const struct code_list *lists, const struct map_defaults *defaults, struct map **map,
                        struct digest *transform_digest, struct error *error);
void map_free(struct map *map);

/* Says of each entry of a code list that fills choices alone in all of these maps, and is none of them, that its records will be
 * kept back. */
void map_lint(struct map *const *maps, size_t count, const struct code_list *lists,
              void (*say)(void *user_data, const char *remark), void *user_data);

struct map_result {
    struct value *procedure; /* canonical: sorted, nothing empty; NULL when the record cannot be decoded */
    struct findings findings;
    struct normalise_counts repairs;
    char
        *gave; /* a byte for each of the map's addresses: '1' where it gave something, '0' where it did not */
    struct text
        department; /* who mends the record; bytes NULL: it does not say, its source's name stands for it */
};

/* The addresses that fields are filled from, in the order of `gave`; alternatives are one, by the first. */
const struct text *map_addresses(const struct map *map, size_t *count);

/* Thread-safe for one map and different arenas. Never fails: what is wrong is a finding. */
void map_run(const struct map *map, struct arena *arena, struct text bytes, struct text context,
             struct map_result *result);

/* Who mends a record that is not mapped, because something speaks against it; bytes NULL as above. */
struct text map_department(const struct map *map, struct arena *arena, struct text bytes,
                           struct text context);

#endif
