/* What the files of the mapi driver share; load/portal_mapi*.c alone include it.
 *
 * The adapter knows no keys, no versions, no conditions and no digests, and answers HTTP 200 whatever happens. So it
 * is a portal without evidence: the machine of load/delivery.h looks before each change (`unconditional`), and only
 * what a look shows afterwards counts. The driver itself makes one call for each request, in a session that it
 * renews once; what an answer means, configured signs say, and what no sign explains is settled by that look.
 */
#ifndef LOAD_PORTAL_MAPI_H
#define LOAD_PORTAL_MAPI_H

#include "adapters/http.h"
#include "adapters/regex.h"
#include "load/portal.h"
#include "load/portal_mapi_fields.h"

/* ---- settings ---- */

struct mapi_names {
    const char *user, *password, *session, *agency, *service, *updating, *data;
    const char *error, *message, *result, *wrapped;
};

/* What an answer of the adapter means, as the configuration's signs have it. */
enum mapi_sign {
    MAPI_SIGN_SUCCESS,
    MAPI_SIGN_SESSION,   /* the session has ended */
    MAPI_SIGN_DUPLICATE, /* of a change: it is there already, or not there yet */
    MAPI_SIGN_RIGHTS,    /* nobody's record: the run stops */
    MAPI_SIGN_UNKNOWN,   /* of a look: the procedure is not there */
    MAPI_SIGN_REFUSED,   /* the record's own fault */
    MAPI_SIGN_BUSY,      /* nothing was done; later it may be */
    MAPI_SIGNS,
    MAPI_SIGN_NONE = MAPI_SIGNS
};

/* Codes, and patterns of whole messages for where no code tells. */
struct mapi_sign_list {
    struct text *codes;    /* bytes NULL where it is a pattern */
    struct text *patterns; /* of a whole message; bytes NULL where it is a code */
    size_t count;
};

enum mapi_place { MAPI_HEADER, MAPI_QUERY };

struct mapi_settings {
    struct portal_settings common;
    const struct value *login_tree, *push_tree, *read_tree, *withdraw_tree, *names_tree, *errors_tree;
    const struct value *fields_tree, *codes_tree, *not_compared, *unordered;
    const char *call_path, *agency, *dates, *former_lag;
    bool facade;
    /* read from the trees */
    const char *login_path, *user, *password, *destination;
    int destination_in; /* enum mapi_place */
    const char *push_service, *push_first, *push_update;
    const char *read_service, *read_code;
    const char *withdraw_service, *withdraw_code, *withdraw_decision, *withdraw_reason;
    struct mapi_names names;
    struct mapi_sign_list signs[MAPI_SIGNS];
    const char *without_when_abolished[3]; /* what a withdrawal writes over; NULL at the end */
    struct mapi_map *map;
};

/* One of the signs' patterns, for a whole message in any case. To be freed. STATUS_USAGE. */
enum status mapi_compile_sign(struct text pattern, struct regex **compiled, struct error *error);
enum status mapi_check(struct portal *portal, const struct setting_context *context, const struct value *tree,
                       struct error *error);

/* ---- answers ---- */

struct mapi_reading {
    enum portal_result
        said;        /* by HTTP alone; RESULT_TAKEN: the adapter answered, and `sign` says what it means */
    bool of_session; /* as it may be when a session has ended: 401, 403, 3xx, 500, a page, no code */
    enum mapi_sign sign;
    const struct value *body; /* the adapter's object, out of its facade; NULL: none */
    struct text message;      /* one clean line, without secrets; of what is good: none */
};

struct mapi;
/* `ours`: what the call brought, whose texts no pattern sees; NULL: nothing. Texts live in the arena. The report gets
 * what the answer says whatever it is about. */
void mapi_read(const struct mapi *mapi, struct arena *arena, const struct http_response *answer,
               struct text code, const struct value *ours, struct portal_response *report,
               struct mapi_reading *reading);

/* The item with this code in a look's answer. False: the answer cannot be understood. *item NULL: it is not
 * there. */
bool mapi_find(const struct mapi_settings *settings, const struct value *body, struct text code,
               const struct value **item);

/* ---- calls ---- */

struct mapi_call {
    struct portal_request *request;
    struct buffer body;
    struct arena arena; /* of what it is about, and of its report */
    struct value *ours; /* what a change brings, under the adapter's names */
    bool renewed;       /* it is made again in a new session, once */
    unsigned generation, token;
    unsigned refusals; /* of its tokens */
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

#define MAPI_KINDS 16

struct mapi {
    struct portal *portal;
    struct http_client *client;
    struct buffer login_url, call_url;
    struct mapi_call *idle, *every, *given; /* given: whose report the caller looks at */
    struct mapi_calls waiting;              /* for a session */
    struct mapi_calls ready;                /* with their reports */
    /* the session */
    enum mapi_login login;
    unsigned login_token, login_refusals;
    unsigned generation, proven; /* proven: of the last session that something was answered well in */
    struct buffer session, login_body;
    struct regex *
        *patterns[MAPI_SIGNS]; /* one for each of settings->signs[].patterns; NULL where it is a code */
    struct arena scratch;
    char refusal[ERROR_MESSAGE_SIZE]; /* why the run must stop: told at the next submission */
    /* What is shown otherwise than it was pushed, by its name. */
    struct {
        char name[64];
        int count;
    } kinds[MAPI_KINDS];
};

/* load/portal_mapi_session.c: sends a call as soon as there is a session. */
enum status mapi_send(struct mapi *mapi, struct mapi_call *call, struct error *error);
/* The answer to the login. */
enum status mapi_logged_in(struct mapi *mapi, const struct http_response *answer, struct error *error);
/* The session that the call went out with is not good any more. */
void mapi_session_ended(struct mapi *mapi, const struct mapi_call *call);
/* A 401 to what went out with this token: true when it had ended, and there is another: then it says nothing of
 * the session. */
bool mapi_token_ended(struct mapi *mapi, unsigned token, unsigned *refusals);

/* load/portal_mapi_result.c: takes in the answer to a call: it is made again, or goes to `ready`. */
enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          struct error *error);
/* Ends a call. */
void mapi_end(struct mapi *mapi, struct mapi_call *call, enum portal_result said, struct text message);
/* What a request is about, under the adapter's names: of a publication or a question what is to stand there, of a
 * withdrawal what stands there as far as we know. *item NULL: there is none. */
enum status mapi_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                      struct portal_content *content, struct value **item, struct error *error);

void mapi_calls_put(struct mapi_calls *calls, struct mapi_call *call);
struct mapi_call *mapi_calls_take(struct mapi_calls *calls); /* NULL: none */

#endif
