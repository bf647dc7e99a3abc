/* The portal simulator: the national side as far as a client can see it, with its failures on demand.
 *
 * One process, one thread for the wire (server), one for alarms (timer). Everything between the two, from
 * simulator_begin to the answer, runs in the wire's thread, so nothing here is locked.
 *
 * The way of a request: server collects it → simulator_begin says what it is and which faults it meets →
 * (a pause) → simulator_perform does it, commits, and fills the answer → (a pause) → server sends it, or does
 * to the wire what the fault asks for.
 */
#ifndef TESTS_SUPPORT_PORTAL_SIMULATOR_H
#define TESTS_SUPPORT_PORTAL_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

#define SIMULATOR_BATCH_MAX   500
#define SIMULATOR_BODY_MAX    (16 * 1024 * 1024)
#define SIMULATOR_HEADERS_MAX 8

/* What a request is, as fault rules name it (`on=`). One bit each. */
enum simulator_operation {
    OPERATION_PUT = 1 << 0,
    OPERATION_GET = 1 << 1,
    OPERATION_LIST = 1 << 2,
    OPERATION_WITHDRAWAL = 1 << 3,
    OPERATION_BATCH = 1 << 4,
    OPERATION_ITEM = 1 << 5, /* one item inside a batch; "any" does not mean it */
    OPERATION_MAPI = 1 << 6,
    OPERATION_LOGIN = 1 << 7,
    OPERATION_PUBLIC = 1 << 8,
    OPERATION_FILES = 1 << 9,
    OPERATION_PAGES = 1 << 10,
    OPERATION_TOKEN = 1 << 11,
    OPERATION_OTHER = 1 << 12,
    OPERATION_CONTROL = 1 << 13, /* never meets a fault, a delay or the rate, and is not logged */
};
#define OPERATION_WRITES (OPERATION_PUT | OPERATION_WITHDRAWAL | OPERATION_BATCH | OPERATION_MAPI)

enum simulator_code_form { CODE_FORM_NUMBER, CODE_FORM_STRING, CODE_FORM_DOUBLE_ZERO };

struct simulator_options {
    const char *address;
    int port; /* 0: the system chooses */
    const char *port_file;
    const char *database; /* NULL: in memory */
    bool sync;            /* a commit waits for the disk: survives the machine, not only the process */
    const char *token;    /* /v1 wants this bearer token */
    const char *basic;    /* /v1 wants this user:password */
    bool oauth;           /* /v1 wants a token of POST /token */
    const char *client;   /* id:secret of POST /token; NULL: any */
    int64_t token_seconds;
    int64_t delay_ms;
    int64_t rate; /* requests a second, 0: no limit */
    uint64_t seed;
    size_t body_most;
    bool no_batches;
    const char *push_service;
    const char *mapi_user;      /* user:password; NULL: any that are not blank */
    const char *dstcode;        /* NULL: any or none */
    const char *mapi_abolished; /* the TRANGTHAI of an abolished procedure */
    enum simulator_code_form code_form;
    int64_t session_requests; /* 0: sessions last */
    bool facade;
    const char *public_file, *serve_folder, *pages_file;
    const char *tls_certificate, *tls_key;
    bool verbose;
};

struct simulator_statistics {
    int64_t started_at;
    int64_t requests, replays, unconditional, limited, bytes_in, bytes_out;
    int64_t by_status[600]; /* [0]: nothing went over the wire */
    int64_t by_operation[16];
    int64_t in_flight, in_flight_most;
    int64_t logins, sessions_expired, tokens, tokens_refused;
};

struct simulator_state;
struct simulator_faults;
struct simulator_session;
struct simulator_token;

struct simulator {
    struct simulator_options options;
    struct simulator_state *state;
    struct simulator_faults *faults;
    struct simulator_statistics statistics;
    struct simulator_session *sessions;
    struct simulator_token *tokens;
    struct arena arena;                   /* what lives as long as the process */
    const struct value *public_documents; /* a list */
    const struct value *pages;            /* a list, or NULL */
    int64_t rate_window, rate_used;
};

enum simulator_fault_kind {
    FAULT_NONE,
    FAULT_STATUS,
    FAULT_RESET,
    FAULT_TIMEOUT,
    FAULT_CUT,
    FAULT_WRONG_DIGEST,
    FAULT_NO_DIGEST,
    FAULT_HTML,
    FAULT_HTML_200,
    FAULT_SLOW,
    FAULT_DRIP,
    FAULT_EXPIRED_SESSION,
    FAULT_GARBAGE,
    FAULT_EMPTY,
    FAULT_REDIRECT,
    FAULT_CONFLICT,
    FAULT_NO_HTTP,
    FAULT_CRASH,
    FAULT_KINDS
};

/* What the faults do to one request. Texts live in the request's arena. */
struct simulator_decision {
    enum simulator_fault_kind kind; /* never FAULT_SLOW: that only adds to the pauses */
    bool before;                    /* nothing takes effect */
    int64_t number;                 /* status; milliseconds a byte of drip */
    const char *url;
    const char *retry_after;           /* NULL: none */
    const char *glob;                  /* which codes of a batch are meant; NULL: all */
    int64_t pause_before, pause_after; /* milliseconds */
    struct text name;                  /* for the log: "status:500 after"; empty: no fault */
};

struct simulator_header {
    const char *name, *value;
};

struct simulator_answer {
    int status;
    const char *content_type;
    struct buffer body;
    struct simulator_header headers[SIMULATOR_HEADERS_MAX];
    size_t header_count;
};

struct simulator_request {
    struct simulator *simulator;
    struct arena arena;
    const char *method;
    struct text path; /* percent-decoded, without the query */
    struct buffer body;
    bool body_over; /* longer than options.body_most: the rest was thrown away */
    int64_t body_size;
    enum simulator_operation operation;
    struct text key;
    struct text *codes; /* NUL-terminated copies; of a batch, every item's */
    size_t code_count;
    const struct value *json; /* of the body, once simulator_request_json was called with success */
    bool limited;             /* above --rate */
    struct simulator_decision decision;
    struct simulator_answer answer;
    void *connection; /* the server's own */
};

/* --- server: the only file that knows libmicrohttpd --- */
struct simulator_server;
enum status simulator_server_open(struct simulator *simulator, struct simulator_server **server, int *port,
                                  struct error *error);
void simulator_server_close(struct simulator_server *server); /* answers what is under way or breaks it off */
/* The value of a header (case ignored) or of a query parameter (decoded); bytes NULL when absent. */
struct text simulator_request_header(const struct simulator_request *request, const char *name);
struct text simulator_request_parameter(const struct simulator_request *request, const char *name);

/* --- dispatch --- */
void simulator_begin(struct simulator_request *request);
void simulator_perform(struct simulator_request *request);

/* --- answer: what every part writes answers with --- */
void simulator_answer_header(struct simulator_request *request, const char *name, struct text value);
/* Sets status and type and empties the body, which the caller then fills. */
struct buffer *simulator_answer_start(struct simulator_request *request, int status,
                                      const char *content_type);
struct buffer *simulator_answer_json(struct simulator_request *request, int status);
/* RFC 9457. type NULL: about:blank. */
void simulator_answer_problem(struct simulator_request *request, int status, const char *type,
                              const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *simulator_status_title(int status);
/* The value as it was read: order kept, numbers as written. */
void simulator_json_write(struct buffer *out, const struct value *value);
void simulator_json_string(struct buffer *out, const char *name, struct text value); /* "name":"value" */
/* The body as JSON, parsed once. NULL with the error when it is none. */
const struct value *simulator_request_json(struct simulator_request *request, struct error *error);
/* A query parameter as a number; `otherwise` when absent. False when it is none or out of bounds. */
bool simulator_request_number(const struct simulator_request *request, const char *name, int64_t least,
                              int64_t most, int64_t otherwise, int64_t *number);
void simulator_request_code(struct simulator_request *request, struct text code); /* adds to codes */
struct text simulator_now(struct arena *arena);                                   /* RFC 3339 */

/* --- access: who may --- */
/* False when the request lacks what the options ask of /v1; the 401 is then the answer. */
bool simulator_access_allowed(struct simulator_request *request);
bool simulator_access_basic(struct simulator_request *request, const char *pair);
bool simulator_access_issued(struct simulator_request *request); /* a live token of POST /token */
void simulator_access_refuse(struct simulator_request *request, const char *scheme);
void simulator_token_answer(struct simulator_request *request); /* POST /token */
void simulator_tokens_forget(struct simulator *simulator);

/* --- the parts: each says whether a path is its own (and sets operation and codes), and answers it --- */
bool simulator_rest_claims(struct simulator_request *request);
void simulator_rest_answer(struct simulator_request *request);
void simulator_batch_answer(struct simulator_request *request);
bool simulator_mapi_claims(struct simulator_request *request);
void simulator_mapi_answer(struct simulator_request *request);
void simulator_mapi_expire(struct simulator_request *request); /* the session ends; the answer says so */
void simulator_mapi_forget(struct simulator *simulator);
/* A canonical procedure under the adapter's names. */
struct value *simulator_mapi_names(struct arena *arena, const struct value *procedure);
bool simulator_public_claims(struct simulator_request *request);
void simulator_public_answer(struct simulator_request *request);
void simulator_public_samples(struct buffer *out); /* the built-in documents, as a JSON list */
bool simulator_files_claims(struct simulator_request *request);
void simulator_files_answer(struct simulator_request *request);
void simulator_control_answer(struct simulator_request *request);

#endif
