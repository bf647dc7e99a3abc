/* What load has to do, as the outbox has it: one procedure after the other in the order of their codes, in
 * memory that does not grow with them; and what the brakes want to know. */
#ifndef STORE_PLAN_H
#define STORE_PLAN_H

#include "store/outbox.h"

/* A pass over what outbox_list would give, without its order of work. */
struct plan_pass {
    struct store *store;
    struct sqlite_statement *rows;
    struct arena arena; /* of the filter */
};
enum status plan_pass_open(struct plan_pass *pass, struct store *store, const struct outbox_filter *filter,
                           struct error *error);
/* The next procedure, in *item; texts live in the arena. STATUS_END. */
enum status plan_pass_next(struct plan_pass *pass, struct arena *arena, struct outbox_item *item,
                           struct error *error);
void plan_pass_close(struct plan_pass *pass);

/* Shares are of what is published now, whatever the filter. */
struct plan_extent {
    int64_t published;   /* stand at the portal and are not abolished */
    int64_t changes;     /* of these: would be replaced by another content */
    int64_t withdrawals; /* of these: would be withdrawn */
};
enum status plan_extent(struct store *store, const struct outbox_filter *filter, struct plan_extent *extent,
                        struct error *error);

/* How many records a source gave when load last went on from its listing. False in *known: it never did. */
enum status plan_usual(struct store *store, const char *source, bool *known, int64_t *records,
                       struct error *error);
/* Inside a transaction. */
enum status plan_set_usual(struct store *store, const char *source, int64_t records, struct error *error);

/* The event by which a plan was last sent (detail.plan is its digest); 0: it never was. */
enum status plan_sent(struct store *store, const char *digest, int64_t *event, struct error *error);

/* What came of deliveries behind an event, first answers only, in the order of codes. */
struct plan_answer {
    struct text code, base; /* base: as it was sent; bytes NULL: none */
    enum outbox_action action;
    struct digest digest;
};
struct plan_answers {
    struct sqlite_statement *rows;
};
enum status plan_answers_open(struct plan_answers *answers, struct store *store, int64_t event,
                              struct error *error);
/* Texts live in the arena. STATUS_END. */
enum status plan_answers_next(struct plan_answers *answers, struct arena *arena, struct plan_answer *answer,
                              struct error *error);
void plan_answers_close(struct plan_answers *answers);

#endif
