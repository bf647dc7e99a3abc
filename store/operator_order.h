/* What an operator decides beside the nightly job: to take up again what was kept back, and to withdraw. Each
 * decision stands in the ledger with the person and the reason. Inside a run; each function makes its own
 * transaction. */
#ifndef STORE_OPERATOR_ORDER_H
#define STORE_OPERATOR_ORDER_H

#include "store/outbox.h"

struct operator_order_request {
    const char *actor, *reason;
    int64_t run;                 /* kept back in that run; 0: any */
    const char *rule;            /* rejected by that rule; NULL: any */
    struct outbox_filter filter; /* its codes are those of records without a code too: their keys */
    struct value *taken; /* a list that gets the codes of deliveries that were taken up; may be NULL */
    struct arena *arena; /* of that list */
};

struct operator_order_counts {
    int64_t rejected, held;                     /* records, to be mapped and checked again */
    int64_t refused, failed, conflict, unknown; /* deliveries */
    int64_t ordered;                            /* of those, withdrawals that an operator ordered */
    int64_t lifted;                             /* decisions of operators that hold no longer */
    int64_t sent_back;                          /* by approvers, and asked for anew */
};

/* Marks; what is marked is done by the next run (load, for deliveries). A decision of an operator (a
 * withdrawal, an adoption) is lifted, a withdrawal that is not made yet where nothing of it is to be taken up again, and what an approver sent back is asked for anew, only for codes that the filter
 * names. Event "retried" for each. */
enum status operator_order_retry(struct store *store, const struct operator_order_request *request,
                                 struct operator_order_counts *counts, struct error *error);

struct operator_order {
    struct text code;
    const char *decision, *reason, *actor;
};

enum operator_order_result {
    OPERATOR_ORDERED,
    OPERATOR_ORDERED_BEFORE,    /* the very same order stands already, and is still to be carried out */
    OPERATOR_ABOLISHED_ALREADY, /* nothing was done */
};

/* Wants the withdrawal with `{"decision":…,"reason":…}` as its order, whatever the source says from now on
 * (event "withdrawal-ordered"). STATUS_END: the store does not know the procedure. */
enum status operator_order_withdraw(struct store *store, const struct operator_order *order,
                                    enum operator_order_result *ordered, struct error *error);

#endif
