/* What the files of the mapi driver share; load/portal_mapi*.c alone include it.
 *
 * The adapter knows no keys, no versions, no conditions and no digests, and answers HTTP 200 whatever
 * happens. So each delivery is a walk of up to three calls, one after the other:
 *
 *     look     what is held now? Ours already, somebody else's, or what we replace
 *     change   the push (or the withdrawal), once
 *     check    what is held now? Only what is seen there counts as taken
 *
 * A question is a look alone. After a change whose fate is not known nothing is changed again before another
 * look; where the session ends in the middle, the walk starts again with a look.
 */
#ifndef LOAD_PORTAL_MAPI_H
#define LOAD_PORTAL_MAPI_H

#include "adapters/http.h"
#include "load/portal.h"
#include "load/portal_mapi_fields.h"

/* ---- settings ---- */

struct mapi_names {
    const char *user, *password, *session, *agency, *service, *updating, *data;
    const char *error, *message, *result, *wrapped;
};

/* What an error of the adapter means. */
enum mapi_fault {
    MAPI_FAULT_REFUSED, /* the record's own fault; on a push, whatever is nothing else */
    MAPI_FAULT_EXPIRED,
    MAPI_FAULT_MISSING,  /* of a look: the procedure is not there */
    MAPI_FAULT_MISMATCH, /* of a change: it is there already, or not there yet */
    MAPI_FAULT_BUSY,
    MAPI_FAULT_CLOSED, /* nobody's record: the run stops */
    MAPI_FAULT_LOST,   /* the outcome is not known */
    MAPI_FAULTS,
    MAPI_FAULT_NONE = MAPI_FAULTS
};

/* What an error is known by: its code, or a piece of its message. */
struct mapi_signs {
    struct text *codes;   /* as written */
    struct text *message; /* folded; bytes NULL where it can only be a code */
    size_t count;
};

enum mapi_place { MAPI_HEADER, MAPI_QUERY };

struct mapi_settings {
    struct portal_settings common;
    const struct value *login_tree, *push_tree, *read_tree, *withdraw_tree, *names_tree, *errors_tree;
    const struct value *fields_tree, *codes_tree, *not_compared;
    const char *call_path, *agency, *dates;
    bool facade;
    int64_t settle; /* milliseconds: so long may pass before a change shows */
    /* read from the trees */
    const char *login_path, *user, *password, *destination;
    int destination_in; /* enum mapi_place */
    const char *push_service, *push_first, *push_update;
    const char *read_service, *read_code;
    const char *withdraw_service, *withdraw_code, *withdraw_decision, *withdraw_reason;
    struct mapi_names names;
    struct mapi_signs signs[MAPI_FAULTS];
    const char *without_when_abolished[3]; /* what a withdrawal writes over; NULL at the end */
    struct mapi_map *map;
};

enum status mapi_check(struct portal *portal, const struct setting_context *context, const struct value *tree,
                       struct error *error);

/* ---- answers ---- */

enum mapi_meaning {
    MAPI_GOOD,
    MAPI_FAULT,   /* the adapter's own error: `fault` */
    MAPI_UNSENT,  /* nothing left */
    MAPI_OUTSIDE, /* refused before the adapter: HTTP 401, 403, 404, …, TLS, a redirect */
    MAPI_WRONG,   /* HTTP 400, 413, 415, 422, …: the request's own fault */
    MAPI_WAIT,    /* HTTP 408, 425, 429, 503 */
    MAPI_UNCLEAR, /* broken off, 5xx, or nothing that can be read */
};

struct mapi_reading {
    enum mapi_meaning meaning;
    enum mapi_fault fault;
    const struct value *body;  /* the adapter's object, out of its facade; NULL: none */
    struct text message;       /* one clean line; of what is good: none */
    struct text answer_digest; /* bytes NULL: none */
};

/* Texts live in the arena. */
void mapi_read(const struct mapi_settings *settings, struct arena *arena, const struct http_response *answer,
               struct mapi_reading *reading);
/* The text without the secret, where it stands in it. */
struct text mapi_mask(struct arena *arena, struct text text, struct text secret);

/* The item with this code in a look's answer. False: the answer cannot be understood. *item NULL: it is not
 * there. */
bool mapi_find(const struct mapi_settings *settings, const struct value *body, struct text code,
               const struct value **item);

/* ---- the walk ---- */

enum mapi_step { MAPI_LOOK, MAPI_CHANGE, MAPI_CHECK };

struct mapi_call {
    struct portal_request *request;
    enum mapi_step step;
    struct buffer body;
    struct arena arena;           /* of what it is about, and of its report */
    struct value *ours;           /* of a publication: what is to stand there, under the adapter's names */
    const struct value *was;      /* what the look showed; NULL: nothing */
    int changes;                  /* that went out: more than one only where the session had ended before */
    bool renewed;                 /* it went on with a new session, once */
    struct text suspected;        /* words of a push's answer whose meaning nobody knows; bytes NULL: none */
    unsigned suspect;             /* the session that it was said in */
    enum portal_result suspicion; /* what they mean where that session lives */
    bool own_fault;               /* that session ended later, in words of its own: they are not its end */
    bool token_renewed;           /* likewise with a new token */
    bool fresh;                   /* among the first of its session, which cannot have ended yet */
    unsigned generation, token;
    struct portal_response report;
    struct mapi_call *next, *every;
};

struct mapi_calls {
    struct mapi_call *first, *last;
};

/* The adapter names no versions. Where an operator has decided over what stands there (driver's `look`), the
 * base is a digest of all that it showed then: "seen-<hex>" in quotes. */
#define MAPI_SEEN "\"seen-"

enum mapi_login { MAPI_LOGGED_OUT, MAPI_LOGGING_IN, MAPI_LOGGED_IN };

struct mapi {
    struct portal *portal;
    struct http_client *client;
    struct buffer login_url, call_url;
    struct mapi_call *idle, *every, *given; /* given: whose report the caller looks at */
    struct mapi_calls waiting;              /* for a session */
    struct mapi_calls ready;                /* with their reports */
    /* the session */
    enum mapi_login login;
    bool login_renewed; /* the token, for this login */
    unsigned login_token;
    unsigned generation;
    struct buffer session, login_body;
    bool opening;          /* what has waited for the session goes out */
    struct buffer missing; /* how the adapter says "not found" in a session that certainly lives */
    struct arena scratch;
    char refusal[ERROR_MESSAGE_SIZE]; /* why the run must stop: told at the next submission */
};

/* load/portal_mapi_session.c: sends a call as soon as there is a session. */
enum status mapi_send(struct mapi *mapi, struct mapi_call *call, struct error *error);
/* The answer to the login. */
enum status mapi_logged_in(struct mapi *mapi, const struct http_response *answer, struct error *error);
/* The session that the call went out with is not good any more. */
void mapi_session_ended(struct mapi *mapi, const struct mapi_call *call);
/* A token that was refused is renewed. False: there are no tokens, or none is given any more (then the run
 * must stop: mapi->refusal). */
bool mapi_renew_token(struct mapi *mapi, unsigned token);

/* load/portal_mapi_walk.c: takes in the answer to a call. Where the walk goes on, the call is sent again;
 * where it ends, it goes to `ready`. */
enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          struct error *error);
/* Ends a walk. The words are copied. */
void mapi_end(struct mapi *mapi, struct mapi_call *call, enum portal_result said, struct text message);

void mapi_calls_put(struct mapi_calls *calls, struct mapi_call *call);
struct mapi_call *mapi_calls_take(struct mapi_calls *calls); /* NULL: none */

#endif
