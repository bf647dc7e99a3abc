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
#include "load/portal_mapi_map.h"

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

#define MAPI_ABOLISHING 2

struct mapi_settings {
    struct portal_settings common;
    const char *call_path, *agency;
    bool facade;
    const char *login_path, *user, *password, *destination;
    int destination_in; /* enum mapi_place */
    const char *push_service, *push_first, *push_update;
    const char *read_service, *read_code;
    const char *withdraw_service, *withdraw_code;
    const char *abolishing[MAPI_ABOLISHING]; /* what a withdrawal writes over: names of decision and reason */
    struct mapi_names names;
    /* Each text is an error code or, where no code tells, the pattern of a whole message; NULL: there is none. */
    const struct value *signs[MAPI_SIGNS];
    struct text patterns[MAPI_SIGNS]; /* of all messages; bytes NULL: there are none */
    struct mapi_map map;
};
enum mapi_place { MAPI_HEADER, MAPI_QUERY };

#define MAPI_SETTINGS 15
extern const struct setting mapi_setting_table[MAPI_SETTINGS];
enum status mapi_check(struct portal *portal, const struct setting_context *context, const struct value *tree,
                       struct error *error);

/* ---- calls ---- */

struct mapi_call {
    struct portal_request *request; /* NULL: the login, or a call that is free */
    struct buffer body;
    struct arena arena; /* of what it is about, and of its report */
    struct value *says; /* all of it, but for the session */
    struct value *ours; /* what it is about, under the adapter's names: the code at least */
    bool empty;         /* it has nothing to say, and is not made: its report is its own */
    bool renewed;       /* it is made again in a new session, once */
    unsigned generation, token;
    unsigned refusals; /* of its tokens */
    struct portal_response report;
    /* of its answer */
    const struct value *answer; /* the adapter's object, out of its facade; NULL: none */
    enum mapi_sign sign;
    bool ended; /* it may be that of a session that has: 401, 403, 3xx, 500, a page, no code */
    struct mapi_call *next, *every; /* next: of those that wait, or are barred */
};

/* The adapter names no versions. Where an operator has decided over what stands there (driver's `look`), the
 * base is a digest of all that it showed then: "seen-<hex>" in quotes. */
#define MAPI_SEEN "\"seen-"

struct mapi {
    struct portal *portal;
    const struct mapi_settings *settings;
    struct http_client *client;
    struct buffer url;
    struct mapi_call *every;
    struct mapi_call *waiting; /* for a session; a login is under way then */
    struct mapi_call *barred; /* no session was opened for them: the login's report is theirs, unless empty */
    struct mapi_call login;
    struct buffer session;       /* empty: there is none */
    unsigned generation, proven; /* of sessions; the last one in which something was answered well */
    struct regex *patterns[MAPI_SIGNS];
    struct error refusal; /* why the run must stop: told at the next submission */
    int *differs;         /* how often each of the map's fields was shown otherwise than it was pushed */
    int lacks;            /* so many procedures in a row that it acknowledged it did not have */
};

/* What is known of a request's content, under the adapter's names (NULL: nothing), and its digest in the store. */
enum status mapi_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                      struct digest *digest, struct value **item, struct error *error);

/* load/portal_mapi_answer.c: takes in the answer to a call. `again`: it is to be made again, in a new session. */
enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          bool *again, struct error *error);
/* … to the login: a session, or the report of why there is none. False: it is to be made again, with a new token. */
bool mapi_logged_in(struct mapi *mapi, const struct http_response *answer);

#endif
