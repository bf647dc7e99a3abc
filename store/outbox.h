/* The outbox: what should stand at the portal, what stands there, and what is under way between the two.
 *
 * One row a procedure (table procedure_state). transform writes what is wanted; load writes intents and
 * answers; the ledger gets an event for each. An intent is committed before its request leaves; so whatever
 * the outbox does not know as `intended` has not been sent.
 *
 *     state       means                                                     goes on by
 *     idle        nothing under way; pending when something is wanted       load
 *     intended    an intent is committed, its outcome is not known          load asks the portal first
 *     unknown     sent, and the portal could not be asked                   load asks the portal first
 *     failed      attempts used up and not there, or unknown and ordered    load, first in line
 *                 to be sent again by `retry`
 *     refused     the portal refused this very content                      a changed record, or `retry`
 *     conflict    the portal holds what we did not put there                an operator (`reconcile`)
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/outbox_item.h"
#include "store/said.h"
#include "store/store.h"

struct outbox_filter {
    const struct text *codes; /* count 0: all */
    size_t code_count;
    const char *const *sources;
    size_t source_count;
};

/* Codes to look at, in the order of work: left over (intended, unknown), then failed, then pending (wanted,
 * idle); behind them all, whichever a run stopped at, the longest ago first. Texts live in the arena. A
 * withdrawal that an operator ordered counts as wanted. */
struct outbox_work {
    struct text *codes;
    size_t count;
    size_t pending, behind; /* where these begin */
};
enum status outbox_list(struct store *store, const struct outbox_filter *filter, struct arena *arena,
                        struct outbox_work *work, struct error *error);
/* The row of one procedure. STATUS_END when there is none; then *item is that of one that has none yet. Texts
 * live in the arena. */
enum status outbox_find(struct store *store, struct arena *arena, struct text code, struct outbox_item *item,
                        struct error *error);

/* For store/ only: the columns of a row in one order, and the row that has them from its first column on. */
#define OUTBOX_COLUMNS                                                                                       \
    "record, state, wanted_action, wanted_content, wanted_digest, wanted_event, held_status, held_content,"  \
    " held_digest, held_version, held_etag, held_event, intent_key, intent_action, intent_content,"          \
    " intent_digest, intent_base, intent_event, attempts, words, ordered, dismissed, dismissed_event,"       \
    " overwrite, overwrite_event, behind"
#define OUTBOX_COLUMN_COUNT 26
enum status outbox_read(struct sqlite_statement *row, struct arena *arena, struct outbox_item *item,
                        struct error *error);
/* For store/ only: the codes or sources of a filter as a JSON list, for json_each; bytes NULL: all. */
struct text outbox_filter_codes(struct arena *arena, const struct outbox_filter *filter);
struct text outbox_filter_sources(struct arena *arena, const struct outbox_filter *filter);
/* Of procedure_state p, with the codes as ?1 and the sources as ?2. */
#define OUTBOX_FILTERED                                                                                      \
    " AND (?1 IS NULL OR p.code IN (SELECT value FROM json_each(?1)))"                                       \
    " AND (?2 IS NULL OR (SELECT s.name FROM record r JOIN source s ON s.id = r.source"                      \
    "  WHERE r.id = p.record) IN (SELECT value FROM json_each(?2)))"
/* What load has to do something about. */
#define OUTBOX_TO_DO                                                                                         \
    "(p.state IN ('intended', 'unknown', 'failed') OR (p.state = 'idle' AND p.wanted_action IS NOT NULL))"

/* How a row's state is told to people. Nobody has an answer to what a died run left; and what was unknown and is ordered to be
 * sent again (state failed) is unknown still: it failed where the portal said that it is not there, as the ledger then says. */
#define OUTBOX_SHOWN(row)                                                                                    \
    "CASE WHEN " row ".state = 'intended' OR (" row ".state = 'failed' AND (SELECT x.event FROM ledger x"    \
    "  WHERE x.code = " row ".code AND x.event IN ('intended', 'unknown', 'failed') ORDER BY x.seq DESC"     \
    "  LIMIT 1) IS NOT 'failed') THEN 'unknown' ELSE " row ".state END"

/* Not among what the run `run` has under way at this moment (store_run_elsewhere; 0: there is none): what nobody works on. */
#define OUTBOX_LEFT(row, run)                                                                                \
    "(" row ".state <> 'intended' OR " run " = 0 OR (SELECT i.run FROM ledger i WHERE i.seq = " row          \
    ".intent_event) <> " run ")"

/* The event since which it is wanted what the event `seq` wants: an outcome that is told anew for the same content and status (a
 * term ran out, the rules are others) wants nothing new, unless its record was not accepted, or another content was, in between. What
 * the portal held, or an operator decided, since then begins it anew. (The plus keeps SQLite to the index of codes.) */
#define OUTBOX_SAME_WISH(row)                                                                                \
    "(w.event = 'accepted' AND " row ".event = 'accepted' AND " row ".digest IS w.digest"                    \
    " AND json_extract(" row ".detail, '$.status') IS json_extract(w.detail, '$.status'))"
#define OUTBOX_WANTED_SINCE(seq)                                                                             \
    "(SELECT max(f.since, coalesce((SELECT max(+b.seq) FROM ledger b WHERE b.code = f.code AND b.seq > "     \
    "f.since"                                                                                                \
    "   AND b.event IN ('recalled', 'published', 'withdrawn', 'retried', 'overwrite-ordered', "              \
    "'order-ended')), 0))"                                                                                   \
    "  FROM (SELECT w.code, coalesce((SELECT min(+e.seq) FROM ledger e WHERE e.code = w.code AND e.seq < "   \
    "w.seq"                                                                                                  \
    "    AND " OUTBOX_SAME_WISH("e") " AND NOT EXISTS (SELECT 1 FROM ledger o WHERE o.code = w.code"         \
                                     "     AND o.seq > e.seq AND o.seq < w.seq AND o.event IN ('accepted', " \
                                     "'rejected', 'held', 'recoded')"                                        \
                                     "     AND NOT " OUTBOX_SAME_WISH(                                       \
                                         "o") "     AND (json_extract(o.detail, '$.status') IS NOT NULL OR " \
                                              "o.source IN (e.source, w.source)))),"                         \
                                              "   w.seq) AS since FROM ledger w WHERE w.seq = " seq ") f)"

/* Of a row: it is to be sent. What was refused, failed, is in conflict or unknown is counted as that. */
#define OUTBOX_PENDING(row) "(" row ".wanted_action IS NOT NULL AND " row ".state = 'idle')"

/* Inside a transaction: the one way into the table. What of it is to be said to the ledger has been said. */
enum status outbox_save(struct store *store, struct outbox_item *item, struct error *error);

/* Inside a transaction: makes the item's wanted action an intent under a new idempotency key
 * ("congkhai-<store>-<seq>-<random>"), with `base` the etag or version it replaces. Fills the item's intent.
 */
enum status outbox_intend(struct store *store, struct arena *arena, struct outbox_item *item,
                          struct text base, struct error *error);

/* How a delivery ended in this run, with its evidence. */
struct outbox_answer {
    enum outbox_outcome outcome;
    int64_t attempts;          /* requests made for it in this run, asking included */
    int64_t started_at;        /* milliseconds: the first request of this run left */
    long status;               /* the deciding HTTP status; 0: none */
    struct text version, etag; /* what the portal holds now, as it said */
    struct said said;          /* what the portal says, or what went wrong */
    bool stopped;              /* the run stops at it: it goes behind all others next time */
    bool asked;                /* learned by asking, not from the answer to the request */
    struct text answer_digest; /* hex SHA-256 of the answer's body; bytes NULL: none */
    struct digest earlier;     /* OUTBOX_SUPERSEDED: what stands there */
};
/* May this answer to the item's intent be one of earlier given once more? It is where the procedure was acknowledged with
 * its version or its ETag before (by a withdrawal, where it says `abolished`) or, where it names neither, withdrawn before, or acknowledged
 * with the very content that is intended now. STATUS_END: no. */
enum status outbox_answered_before(struct store *store, const struct outbox_item *item, struct text version,
                                   struct text etag, bool abolished, struct error *error);
/* Was this content ever sent from here, as the ledger has it? STATUS_END: no. */
enum status outbox_sent_before(struct store *store, struct text code, const struct digest *digest,
                               struct error *error);
#define OUTBOX_QUEUED 202
/* Did the portal answer that it would carry out the intent that is open later (HTTP 202)? */
enum status outbox_was_queued(struct store *store, const struct outbox_item *item, bool *queued,
                              struct error *error);
/* When the ledger speaks last of the intent that is open (milliseconds): its request left before that, or right
 * behind its "intended". STATUS_END: never. */
enum status outbox_last_word(struct store *store, struct text code, int64_t *at, struct error *error);
/* Inside a transaction: the outcome into the outbox and the ledger. */
enum status outbox_answer(struct store *store, struct outbox_item *item, const struct outbox_answer *answer,
                          struct error *error);

/* Inside a transaction: likewise, of one that is left as it is. */
enum status outbox_put_behind(struct store *store, struct outbox_item *item, struct text message,
                              struct error *error);

/* An attempt that decided nothing (503, a reset, …): evidence only. Inside a transaction. */
enum status outbox_attempt(struct store *store, const struct outbox_item *item, int64_t attempt,
                           int64_t started_at, long status, const struct said *said, struct error *error);

/* What transform wants of the procedure (outbox_item_want), with the events "withheld" and "order-ended". Inside
 * a transaction. */
enum status outbox_want(struct store *store, struct text code, int64_t record, const struct outbox_wish *wish,
                        struct error *error);
/* outbox_item_unwant. Inside a transaction. */
enum status outbox_unwant(struct store *store, struct text code, int64_t record, struct error *error);

/* The digest of what its record says of it at this moment; *said false: it has no content, has another code by now, or
 * there is none. */
enum status outbox_said(struct store *store, const struct outbox_item *item, bool *said,
                        struct digest *digest, struct error *error);

const char *outbox_state_name(enum outbox_state state);
const char *outbox_action_name(enum outbox_action action); /* "publish", "withdraw" */

#endif
