/* A change of what is held, the same whether it came by PUT, in a batch or through the adapter. */
#ifndef TESTS_SUPPORT_PORTAL_SIMULATOR_CHANGE_H
#define TESTS_SUPPORT_PORTAL_SIMULATOR_CHANGE_H

#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_state.h"

enum simulator_base {
    BASE_ANY,     /* no precondition */
    BASE_NOTHING, /* must not be held yet */
    BASE_VERSION, /* must be held in this version */
    BASE_HELD,    /* must be held, in any version */
};

struct simulator_change {
    const char *action; /* "publish" or "withdraw" */
    const char *source; /* "put", "batch" or "mapi" */
    struct text key;    /* bytes NULL: none */
    struct text code, form, agency, status;
    struct text content;  /* bytes NULL: what is held stays (a withdrawal) */
    struct digest digest; /* of the content; of a withdrawal without any, of its body */
    enum simulator_base base;
    struct text version;
};

struct simulator_problem {
    int status; /* 0: none */
    const char *type;
    char detail[800];
};

/* Answers 200 or 201 with what is held now; any other status has its problem. A key that was used with the
 * same change gives the first answer again, `replayed`. Takes effect inside the caller's transaction. */
struct simulator_outcome {
    int status;
    bool replayed;
    struct simulator_held held;
    struct simulator_problem problem;
};
void simulator_change_apply(struct simulator_request *request, const struct simulator_change *change,
                            struct simulator_outcome *outcome);

/* The members that a procedure must have, and that its code is the expected one (bytes NULL: any). Returns
 * how many are wrong, each written to `errors` as {"pointer":…,"detail":…} with commas between. */
size_t simulator_change_check(const struct value *procedure, struct text code, struct buffer *errors);
/* Fills status and agency of a publication from its canonical content. */
void simulator_change_describe(const struct value *procedure, struct simulator_change *change);

/* Another hand publishes something else under the code: the fault "conflict". */
void simulator_change_foreign(struct simulator_request *request, struct text code);

void simulator_held_write(struct buffer *out, const struct simulator_held *held); /* members, no braces */
void simulator_problem_set(struct simulator_problem *problem, int status, const char *type,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The object of RFC 9457; errors bytes NULL: none. */
void simulator_problem_write(struct buffer *out, int status, const char *type, const char *detail,
                             struct text errors);

#endif
