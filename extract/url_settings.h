/* `fetch: {url, …}` as the configuration has it (INTERFACE §2), read and checked.
 *
 * Beyond INTERFACE: `login` gets a session for ${session}; `detail` asks for each item of a listing on its
 * own; `success` says what an answer that is no error looks like, where errors come with status 200; `unwrap`
 * is for a facade that puts the true answer into a text of its own; and the ceilings. */
#ifndef EXTRACT_URL_SETTINGS_H
#define EXTRACT_URL_SETTINGS_H

#include "adapters/auth.h"
#include "adapters/regex.h"
#include "adapters/xml.h"
#include "core/backoff.h"
#include "extract/fetch.h"
#include "extract/url_template.h"

enum url_redirects { URL_REDIRECTS_SAME_HOST, URL_REDIRECTS_ANY, URL_REDIRECTS_NONE };

/* One kind of request, before it is completed. */
struct url_request {
    const char *method;
    struct url_template url, body;
    size_t header_count;
    const char **header_names;
    struct url_template *headers;
};

enum url_base { URL_BASE_ANSWER, URL_BASE_CONFIGURED };

/* A place in an answer. */
struct url_place {
    struct json_pointer pointer;
    struct xml_path *path; /* in XML and HTML, instead of the pointer */
    bool html;
};

enum url_paging { URL_PAGES_NONE, URL_PAGES_NEXT, URL_PAGES_COUNT, URL_PAGES_OFFSET, URL_PAGES_CURSOR };

struct url_pages {
    enum url_paging kind;
    struct json_pointer from; /* NEXT, CURSOR: where it stands in the answer */
    const char *name; /* COUNT, OFFSET, CURSOR: of the parameter in the query; NULL: it goes into the body */
    struct json_pointer into;
    int64_t first, size; /* COUNT: the first page's number; OFFSET: how many records a page has */
    int64_t most;        /* pages */
    int64_t again;       /* how often a walk is made once more */
    bool has_total;
    struct url_place total; /* where an answer says how many rows there are */
};

struct url_success {
    bool given;
    struct url_place from, message;
    bool has_message;
    struct regex *matches; /* instead of `is` */
    struct text *is;
    size_t count;
};

struct url_settings {
    /* as they are written */
    const char *url, *method, *body, *unwrap, *ca, *known_hosts;
    const struct value *headers, *auth, *pages, *login, *detail, *success, *retry;
    int redirects, base;
    bool conditional;
    int64_t limit, timeout, stall, pause, reread;

    /* as they are meant */
    struct url_request request, login_request, detail_request;
    bool has_login, has_detail;
    struct json_pointer session,
        items;                   /* where a login's answer has the session; where a listing has its items */
    struct json_pointer wrapped; /* with `unwrap`: the text that the true answer is in */
    struct url_pages paging;
    struct url_success wanted;
    struct auth credentials;
    struct backoff backoff;
    const char *schemes; /* for the HTTP door */
    bool readable;       /* credentials would travel where anyone can read them */
    const char *shown;   /* the URL for messages and locators */
};

#define URL_SETTINGS 21
extern const struct setting url_settings_table[URL_SETTINGS];

/* Completes fetch->settings; resolves secrets, touches nothing else. STATUS_USAGE with the place. */
enum status url_settings_check(struct fetch *fetch, struct error *error);
/* Its parts. A JSON Pointer of the setting `name`. */
enum status url_settings_pointer(const struct fetch *fetch, const struct value *object, const char *name,
                                 const char *text, struct json_pointer *pointer, struct error *error);
enum status url_settings_pages(struct fetch *fetch, struct error *error);
enum status url_settings_success(struct fetch *fetch, struct error *error);
void url_settings_free(struct url_settings *settings);

#endif
