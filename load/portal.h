/* Portals: the driver table, and what a driver does.
 *
 * A driver gets requests (publish, withdraw, ask) and brings back a report for each, in any order. It knows
 * how the portal is spoken to and nothing of retries, attempts or the outbox: it says what the portal said
 * (enum portal_result, INTERFACE §5) and what the portal says it holds. A submission is one or several
 * requests; it takes one place of the in-flight window until the last of its reports is back, whatever the
 * driver makes of it (one request, a batch, a batch halved and sent again, a login before it).
 */
#ifndef LOAD_PORTAL_H
#define LOAD_PORTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/auth.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/setting.h"
#include "load/evidence.h"
#include "store/said.h"

/* A list is asked for in pages: `code` is where one begins, bytes NULL at the beginning. */
enum portal_request_kind { PORTAL_PUBLISH, PORTAL_WITHDRAW, PORTAL_ASK, PORTAL_LIST };

/* The caller's, and borrowed from its submission to its report. */
struct portal_request {
    enum portal_request_kind kind;
    bool withdraws; /* of a question: what it asks after is a withdrawal */
    bool unknown;   /* of a question: an earlier run left it as unknown */
    bool looks;     /* of a question: a person wants to see what is there */
    struct text code, key;
    /* The canonical procedure; of a withdrawal, the order; of a question, what it asks after, or none. */
    struct text body;
    struct digest body_digest;
    struct digest digest; /* of the content that the delivery is about */
    struct text base;     /* what If-Match says; bytes NULL: must not be there yet */
    struct text version;  /* the portal's name for that base, where it gave one; bytes NULL: none */
    void *owner;
    /* The driver's, from the first submission to the last report. */
    void *user_data;
    bool changed; /* a change went out for it */
    bool renewed; /* what it was let in by was renewed for it */
};

/* Texts are borrowed until the next call of the driver. */
struct portal_response {
    struct portal_request *request;
    bool last; /* of its submission */
    enum portal_result said;
    struct remote_state remote;
    long status;               /* HTTP; 0: none */
    struct text message;       /* the portal's own, or what went wrong: one line, clean; may be none */
    const struct error *why;   /* what this program made `message` of: portal_said */
    struct text answer_digest; /* hex SHA-256 of the answer's body; bytes NULL: none */
    int64_t retry_after;       /* milliseconds; -1: none */
    int64_t took;              /* milliseconds */
    bool shared;               /* the wait holds for the whole portal */
    bool slow;                 /* there was no answer in time */
    bool dropped;              /* nothing left, but somebody is there: a connection stood */
    bool prompt;               /* of a request: it did nothing, so a question need not wait until it shows */
    bool futile;               /* of a request: trying again in this run is no use */
    const struct error
        *not_taken;    /* it was not sent, and the run must stop: as if submit had said so; NULL: it was */
    struct text shown; /* of a question that looks: what the portal shows, in JSON; bytes NULL: none */
};

/* The message is this program's, made in the arena. */
void portal_say(struct portal_response *report, struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void portal_say_error(struct portal_response *report, struct arena *arena, const struct error *why);
/* The message, and whose it is: a `why` that says something else is of an earlier one. */
struct said portal_said(const struct portal_response *report);

/* For who looks at a report later: its texts live in the arena. */
void portal_response_keep(struct portal_response *report, struct arena *arena);

/* Common to all drivers. A driver's own settings are a struct that begins with this one. */
struct portal_settings {
    const char *driver, *url, *ca_file;
    const struct value *auth_tree;
    int64_t in_flight, batch, timeout;
    int64_t lag; /* milliseconds that it may take to show what it has taken */
    int confirm; /* enum portal_confirm */
    bool unencrypted_credentials;
    /* read from the trees */
    const char *shown; /* the URL as it is configured, for messages */
    struct text base;  /* the URL without a slash at its end */
    const char *folder;
    struct auth auth;
    struct backoff retry;
};

enum portal_confirm { PORTAL_CONFIRM_ANSWER, PORTAL_CONFIRM_READ };

/* For drivers that can tell what the portal holds only by comparing contents. */
enum portal_content_kind {
    PORTAL_CONTENT_SENT, /* what the request brings or asks after: a canonical procedure */
    PORTAL_CONTENT_HELD, /* what the portal acknowledged last */
};
struct portal_content {
    struct text bytes;
    struct digest digest;
    bool abolished; /* it was withdrawn since */
};

/* For reconciliation: a page of what the portal holds of the agency. */
struct portal_entry {
    struct text code;
    struct remote_state remote;
};
struct portal_page {
    struct portal_entry *entries;
    size_t count;
    struct text next; /* where the next page begins; bytes NULL: this is the last */
};

struct portal {
    const struct portal_driver *driver;
    struct portal_settings *settings;
    struct clock *clock;
    const char *agency;                                   /* the configuration's agency.code; NULL: none */
    void (*notice)(void *user_data, const char *message); /* may be NULL */
    void *notice_own;
    /* What the store has of an request that is under way; NULL: nothing, as in a probe. STATUS_END: it has
     * none.
     */
    enum status (*content)(void *user_data, const struct portal_request *request,
                           enum portal_content_kind kind, struct arena *arena, struct portal_content *content,
                           struct error *error);
    void *content_own;
    void *user_data; /* the driver's */
};

struct portal_driver {
    const char *name;
    const char *help;
    const struct setting *settings; /* beside the common ones; offsets in its own struct */
    size_t setting_count;
    size_t size;        /* of its own struct of settings */
    bool network;       /* it talks to the network, so it needs `url`: portal_child.h */
    bool logs_in;       /* its own settings have credentials that travel, whatever `auth` says */
    bool unconditional; /* it knows no If-Match: the portal is asked before each change */
    /* What the table cannot say of the settings; touches nothing. May be NULL. */
    enum status (*check)(struct portal *portal, const struct setting_context *context,
                         const struct value *tree, struct error *error);
    enum status (*open)(struct portal *portal, struct error *error);
    void (*close)(struct portal *portal); /* what is under way is broken off */
    /* How many requests a submission takes now; NULL: one. */
    size_t (*most)(const struct portal *portal);
    /* Must it go alone, whatever the submission takes? NULL: none must. Looks at the request alone. */
    bool (*alone)(const struct portal *portal, const struct portal_request *request);
    /* STATUS_STOP: nothing was submitted, and the run must stop (no token, …). */
    enum status (*submit)(struct portal *portal, struct portal_request *const *requests, size_t count,
                          struct error *error);
    /* STATUS_OK: a report; STATUS_END: none within `wait` milliseconds. */
    enum status (*next)(struct portal *portal, long wait, struct portal_response *report,
                        struct error *error);
    /* Does it answer as it should? Changes nothing; STATUS_STOP otherwise. NULL: a question shows it. */
    enum status (*probe)(struct portal *portal, struct error *error);
    /* Waited for, and tried again as the settings say; STATUS_STOP when there is no usable answer. NULL: it
     * cannot say. `after` is the `next` of the page before, bytes NULL at the beginning. */
    enum status (*list)(struct portal *portal, struct text after, struct arena *arena,
                        struct portal_page *page, struct error *error);
    /* A content in the portal's own form, as it is shown. NULL: it keeps canonical procedures. */
    struct value *(*form)(const struct portal *portal, struct arena *arena, const struct value *content);
};

/* The settings that all drivers share, for their schema. */
const struct setting *portal_settings_of_all(size_t *count);
/* All drivers, NULL at the end. */
extern const struct portal_driver *const portal_drivers[];

/* Reads the configuration's `portal` (NULL: STATUS_USAGE); secrets are resolved, nothing is opened. Lives in
 * the context's arena. */
enum status portal_read(const struct setting_context *context, const char *folder, const struct value *tree,
                        struct portal *portal, struct error *error);
void portal_free(struct portal *portal); /* after a successful portal_read */
/* A client for all that goes to the portal. */
enum status portal_http_open(const struct portal_settings *settings, struct http_client **client,
                             struct error *error);
/* What an answer says of the credentials that its request carried (`generation` is the token's, `refusals` begins at 0
 * with each request). True: the token had ended, and there is another, so that the request may be made again. `refusal`
 * is set where none is given any more: the run must stop. */
bool portal_token_ended(struct portal *portal, const struct http_response *answer, unsigned generation,
                        unsigned *refusals, struct error *refusal);
/* One question, waited for. */
enum status portal_ask_once(struct portal *portal, struct portal_request *request,
                            struct portal_response *report, struct error *error);
/* The same, tried again as the settings say. STATUS_OK: held, or gone; STATUS_END: the portal does
 * not know it; STATUS_STOP: there is no usable answer. */
enum status portal_ask(struct portal *portal, struct portal_request *request, struct portal_response *report,
                       struct error *error);
/* Tells a person something that is no error; msgid formatted. */
void portal_notice(struct portal *portal, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
