/* Records that share a code before their outcomes are decided (transform/resolve.h), and the one way in which an
 * outcome is written: the record, its finding, the ledger's event, what the outbox is told.
 */
#ifndef STORE_RESOLUTION_H
#define STORE_RESOLUTION_H

#include "core/finding.h"
#include "store/store.h"

struct resolution_member {
    int64_t record, content;
    struct text source, key, locator, code, status, outcome, department; /* bytes NULL: none */
    struct digest source_digest, content_digest;
    bool has_content;
    bool rejected;           /* a rule has an error */
    bool waits;              /* for an outcome; false: it has one, and stands here because of its code */
    bool found;              /* something was said of it */
    bool shared;             /* of that: something because of its code */
    struct text shared_rule; /* … by this rule; bytes NULL: nothing */
    struct resolution_member *next;
};

/* Of those that wait and were checked by `rules`, at most `most` of them, the first of each code, and each that
 * has none. What other rules have seen, no rule has. */
struct resolution_waiting {
    int64_t record;
    struct text code;
};
enum status resolution_waiting(struct store *store, int64_t rules, struct arena *arena,
                               struct resolution_waiting *list, size_t most, size_t *count,
                               struct error *error);
/* All that are in their sources now and give this code, in order of their numbers; NULL: none does. */
enum status resolution_group(struct store *store, struct arena *arena, struct text code, int64_t rules,
                             struct resolution_member **members, struct error *error);
/* One that has no code. */
enum status resolution_single(struct store *store, struct arena *arena, int64_t record,
                              struct resolution_member **member, struct error *error);
/* Codes that several records give, of which something was said because of that, or one is rejected, and none waits: a
 * list of texts. */
enum status resolution_shared(struct store *store, struct arena *arena, struct value *codes,
                              struct error *error);

enum status resolution_content(struct store *store, struct arena *arena,
                               const struct resolution_member *member, struct value **content,
                               struct error *error);
/* Is it the record that the outbox knows as speaking for the code? */
enum status resolution_speaks(struct store *store, const struct resolution_member *member, bool *speaks,
                              struct error *error);
/* And does what came of it stand there, or may it? What was refused, or never left, does not. */
enum status resolution_stands(struct store *store, const struct resolution_member *member, bool *stands,
                              struct error *error);

/* What stands under its code was withdrawn, or is to be, on the word of another record, which has left its source or its code;
 * and this one's source gave what it says now, or its bytes, before. An operator may take it up all the same
 * (retry that names it). */
enum status resolution_revives(struct store *store, const struct resolution_member *member, bool *revives,
                               struct error *error);

enum resolution_outcome { RESOLUTION_ACCEPTED, RESOLUTION_REJECTED, RESOLUTION_HELD };
const char *resolution_name(enum resolution_outcome outcome); /* "accepted", … */

struct resolution {
    enum resolution_outcome outcome;
    bool speaks; /* for the code: an accepted one is wanted at the portal; of others nothing is wanted */
    bool anew;   /* written even where nothing about it is new */
    const struct finding *finding; /* because of its code; NULL: nothing is to be said */
};
/* Inside a transaction. Nothing is written where it is not waiting and nothing changed: *written false.
 * `warnings` grows by those of what was written. */
enum status resolution_write(struct store *store, struct arena *arena, const struct resolution_member *member,
                             const struct resolution *resolution, bool *written, int64_t *warnings,
                             struct error *error);

#endif
