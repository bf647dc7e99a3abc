/* The plan: what load would send now, and how it differs from what the portal acknowledged last.
 *
 * Its digest is the SHA-256 of one RFC 8785 document: the list, in the order of codes, of an object for each
 * step with the members action, base (what If-Match will say; absent on a first publication), code and digest
 * (of the content). docs/operators.md tells the same.
 */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include "core/diff.h"
#include "store/outbox.h"

struct plan_step {
    const struct outbox_item *item;
    const char *action; /* "publish", "withdraw"; "ask": only what an earlier run left open is settled */
    struct digest digest;
    struct text base;           /* bytes NULL: none */
    bool first;                 /* a publication where nothing stands */
    bool asks_first;            /* an earlier run left it open: the portal is asked before anything is sent */
    struct text name;           /* of the procedure; with details only */
    const struct diff *changes; /* likewise */
};

struct plan_summary {
    int64_t steps, publish, first, withdraw, ask;
    char digest[DIGEST_HEX];
};

struct plan_walk {
    struct store *store;
    const struct outbox_filter *filter;
    bool details;
    /* For each step; what it is given lives until it returns. May be NULL. */
    enum status (*visit)(void *user_data, const struct plan_step *step, struct error *error);
    void *user_data;
    struct buffer *document; /* gets the document of which the digest is made; may be NULL */
};

/* In memory that does not grow with the number of steps, but for the document. */
enum status plan_walk(const struct plan_walk *walk, struct plan_summary *summary, struct error *error);

/* One object of the document. `scratch` grows. */
void plan_line(struct arena *scratch, struct buffer *out, const char *action, struct text base,
               struct text code, const struct digest *digest);

/* Keeps the document beside the store (`<store>.plan`), so that plan_check can say what changed. One that is
 * too large for that, or cannot be written, is left out. */
void plan_keep(const char *store, const struct buffer *document);
#define PLAN_KEPT_MAX ((size_t)4 << 20)

/* Is this the digest of a plan, by its form? */
bool plan_is_digest(const char *text);

/* Inside a run: may what is wanted now be sent as the plan with this digest? It may when it is that plan, or
 * what is left of it after a run that was to send it and stopped; then the ledger gets "plan-sent".
 * STATUS_STOP with what changed otherwise. */
enum status plan_check(struct store *store, const struct outbox_filter *filter, const char *digest,
                       const char *actor, struct error *error);

#endif
