/* What load has to do, as the outbox has it: one procedure after the other in the order of their codes, in
 * memory that does not grow with them; and what the brakes want to know. */
#ifndef STORE_OUTBOX_SCAN_H
#define STORE_OUTBOX_SCAN_H

#include "store/outbox.h"

/* A pass over what outbox_list would give, without its order of work. */
struct outbox_scan {
    struct sqlite_statement *rows;
    struct arena arena; /* of the filter */
};
enum status outbox_scan_open(struct outbox_scan *pass, struct store *store,
                             const struct outbox_filter *filter, struct error *error);
/* The next procedure, in *item; texts live in the arena. STATUS_END. */
enum status outbox_scan_next(struct outbox_scan *pass, struct arena *arena, struct outbox_item *item,
                             struct error *error);
void outbox_scan_close(struct outbox_scan *pass);

/* Shares are of what is published now, whatever the filter. */
struct outbox_extent {
    int64_t published;   /* stand at the portal and are not abolished */
    int64_t changes;     /* of these: would be replaced by another content */
    int64_t withdrawals; /* of these: would be withdrawn */
    int64_t fresh;       /* would be published for the first time */
    int64_t
        left; /* published ones that no record gives any more, since the load before the first of these came that
                          * sent something */
};
/* What replaces a published one: another content, or another code, which leaves the old one standing. */
int64_t outbox_extent_replaced(const struct outbox_extent *extent);
int64_t outbox_extent_recoded(const struct outbox_extent *extent);
enum status outbox_extent(struct store *store, const struct outbox_filter *filter,
                          struct outbox_extent *extent, struct error *error);

/* How many records a source gave when load last went on from its listing. False in *known: it never did. */
enum status outbox_usual(struct store *store, const char *source, bool *known, int64_t *records,
                         struct error *error);
/* Inside a transaction. */
enum status outbox_set_usual(struct store *store, const char *source, int64_t records, struct error *error);

/* The event by which a plan was last sent (detail.plan is its digest); 0: it never was. */
enum status outbox_plan_sent(struct store *store, const char *digest, int64_t *event, struct error *error);

/* What came of deliveries behind an event, first answers only, in the order of codes. */
struct outbox_scan_answer {
    struct text code, base; /* base: as it was sent; bytes NULL: none */
    enum outbox_action action;
    struct digest digest;
};
struct outbox_scan_answers {
    struct sqlite_statement *rows;
};
enum status outbox_scan_answers_open(struct outbox_scan_answers *answers, struct store *store, int64_t event,
                                     struct error *error);
/* Texts live in the arena. STATUS_END. */
enum status outbox_scan_answers_next(struct outbox_scan_answers *answers, struct arena *arena,
                                     struct outbox_scan_answer *answer, struct error *error);
void outbox_scan_answers_close(struct outbox_scan_answers *answers);

#endif
