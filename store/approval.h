/* Approval in the ledger: reading and verifying its events, the gate that every delivery passes, and writing what people
 * decide. What the events mean is store/approval_state.h.
 *
 * An approval counts only with its signature: of the rules that were in force at its event, by the key or certificate of
 * the person named there, over the payload `text`, which names the list's digest in its last line. So neither a store that
 * somebody edited nor a ledger that somebody went on with says that anything is approved.
 */
#ifndef STORE_APPROVAL_H
#define STORE_APPROVAL_H

#include "store/approval_state.h"
#include "store/outbox.h"

/* ---- reading ---- */

/* What is wrong with an event of approval. Any other status than STATUS_OK ends the reading and is its result. */
typedef enum status approval_doubt(void *user_data, int64_t event, const char *sentence, struct error *error);

struct approval_reading {
    bool all; /* every signature; else those by which something may be sent now, or rules are in force */
    approval_doubt *doubt; /* NULL: the first doubt is STATUS_LEDGER */
    void *user_data;
    int64_t verified, unverified; /* signatures that were looked at, and held or did not */
};
/* The state lives in the arena. */
enum status approval_read(struct store *store, struct arena *arena, struct approval_reading *reading,
                          struct approval_state *state, struct error *error);

/* The document that an event or a list names, parsed. STATUS_END: it is gone. */
enum status approval_document(struct store *store, struct arena *arena, const struct digest *digest,
                              struct value **document, struct error *error);

/* ---- the gate ---- */

/* What the configuration asks for: the rules' document and its digest. Bytes NULL: it has no approval. */
struct approval_setting {
    struct text document;
    struct digest digest;
};

struct approval_gate {
    struct store *store;
    struct arena arena, scratch;
    struct approval_state state;
    bool bound; /* approval is in force: else everything is free */
    int64_t published, changes;
};
/* Reads approval as the ledger has it. Close it whatever the status. */
enum status approval_gate_open(struct store *store, struct approval_gate *gate, struct error *error);
void approval_gate_close(struct approval_gate *gate);
/* May what is wanted be sent now, for the first time or, where its intent is open, again? The one place that says so;
 * *entry may be NULL afterwards. */
enum status approval_gate_judge(struct approval_gate *gate, const struct outbox_item *item,
                                enum approval_standing *standing, const struct approval_entry **entry,
                                struct error *error);
/* outbox_extent without what is approved, or is not to be sent anyway. */
struct outbox_extent;
enum status approval_gate_extent(struct approval_gate *gate, const struct outbox_filter *filter,
                                 struct outbox_extent *extent, struct error *error);

/* How many steps of those that are wanted wait for approval, and how many are sent back. */
struct approval_counts {
    int64_t waiting, sent_back, approved;
};
enum status approval_count(struct store *store, struct approval_counts *counts, struct error *error);

/* ---- what happens without a person; inside a run, each in its own transaction ---- */

struct approval_news {
    bool founded, recovered;
};
/* The first rules take effect, rules whose 72 hours are over, and approvals whose time is over lapse. */
enum status approval_settle(struct store *store, const struct approval_setting *setting, const char *actor,
                            struct approval_news *news, struct error *error);

/* ---- what people decide; inside a run, in its own transaction ---- */

struct approval_submission {
    struct text name, login;
    bool people, recovers;
    struct text document, text; /* of the list, or the rules; the words that are signed */
    const char *title, *reason; /* NULL: none */
};
/* STATUS_USAGE: by these rules this person may not, or it is not this person's login. */
enum status approval_check_submitter(const struct approval_rules *rules,
                                     const struct approval_submission *submission, struct error *error);
enum status approval_submit(struct store *store, const struct approval_submission *submission, int64_t *list,
                            struct error *error);
/* The number that the next list will have. */
enum status approval_next(struct store *store, int64_t *list, struct error *error);

struct approval_signing {
    int64_t list;
    struct text name, login;
    bool part; /* of the list's steps: document and text are the part's */
    struct text document, text;
    struct text signature;    /* Ed25519, base64; or else */
    struct text cms, revoked; /* DER, and PEM of the revocation lists */
};
enum status approval_approve(struct store *store, const struct approval_signing *signing,
                             struct error *error);

struct approval_return {
    int64_t list;
    struct text name, login;
    const struct text *codes; /* count 0: all that waits, or the list of people */
    size_t code_count;
    const char *reason, *field; /* field: NULL: none */
};
/* *count: how many steps were sent back. */
enum status approval_send_back(struct store *store, const struct approval_return *back, int64_t *count,
                               struct error *error);

#endif
