/* Credentials, sessions, details, and what is remembered between two nights. */
#include "tests/extract/web.h"

#define ITEMS ", records: /items"

static int tokens, logins, expired;

static void guarded(const struct web_request *request, struct web_answer *answer)
{
    const char *authorization = web_header(request, "Authorization");
    static char expected[64];
    snprintf(expected, sizeof expected, "Bearer t%d", tokens);
    if (!strcmp(request->path, "/token")) {
        if (strcmp(authorization, "Basic aWQ6czNjcmV0") != 0 ||
            !strstr(request->body, "grant_type=client_credentials"))
            answer->status = 401;
        else
            buffer_printf(&answer->body, "{\"access_token\":\"t%d\",\"expires_in\":600}", ++tokens);
    } else if (!strcmp(request->path, "/basic") && strcmp(authorization, "Basic dTpwQHNz") != 0) {
        answer->status = 401;
    } else if (!strcmp(request->path, "/bearer") && strcmp(authorization, "Bearer s3cret") != 0) {
        answer->status = 403;
    } else if (!strcmp(request->path, "/oauth") && (strcmp(authorization, expected) != 0 || expired-- > 0)) {
        answer->status = 401;
    } else if (!strcmp(request->path, "/login")) {
        if (strstr(request->body, "\"password\":\"s3cret\""))
            buffer_printf(&answer->body, "{\"session\":\"S%d\",\"error_code\":0}", ++logins);
        else
            buffer_string(&answer->body, "{\"session\":\"\",\"error_code\":1,\"message\":\"sai mật khẩu\"}");
    } else if (!strcmp(request->path, "/mapi")) {
        char session[32];
        snprintf(session, sizeof session, "\"S%d\"", logins);
        if (!strstr(request->body, session) || expired-- > 0)
            buffer_string(&answer->body, "{\"error_code\":-1,\"message\":\"hết phiên\"}");
        else if (strstr(request->body, "\"list\""))
            buffer_string(
                &answer->body,
                "{\"error_code\":\"00\",\"result\":[{\"ma\":\"a/1\"},{\"ma\":\"b\\\"2\"},{\"ma\":\"c\"}]}");
        else if (strstr(request->body, "\"c\""))
            buffer_string(&answer->body, "{\"error_code\":5,\"message\":\"không tìm thấy\",\"result\":[]}");
        else
            buffer_printf(&answer->body, "{\"error_code\":0,\"result\":[{\"ma\":\"%s\",\"ten\":\"x\"}]}",
                          strstr(request->body, "a/1") ? "a/1" : "b2");
    } else {
        web_items(answer, 1, 3);
        buffer_char(&answer->body, '}');
    }
}

static void hides_secrets(void)
{
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE locator LIKE '%s3cret%' OR key LIKE '%s3cret%'"),
               TEXT("0"));
    CHECK_TEXT(stored("SELECT count(*) FROM ledger WHERE detail LIKE '%s3cret%'"), TEXT("0"));
    CHECK(!strstr(noticed(), "s3cret"));
    CHECK(!strstr(error.message, "s3cret"));
}

TEST("basic and bearer credentials are sent, and refused ones are told without them")
{
    const char *folder = web_begin(guarded);
    put_file(folder, "token", TEXT("s3cret\n"));
    CHECK_INT(night(folder, web_source("/basic", ", auth: { basic: { user: u, password: 'p@ss' } }", ITEMS)),
              STATUS_OK);
    CHECK_INT(night(folder, web_source("/bearer", ", auth: { bearer: '${file:token}' }", ITEMS)), STATUS_OK);
    CHECK_INT(night(folder, web_source("/bearer", ", auth: { bearer: wrong }", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "refuses the request (HTTP 403); check \"auth\"");
    CHECK_INT(
        night(folder, web_source("/list?key=${file:token}", ", headers: { X-Key: '${file:token}' }", ITEMS)),
        STATUS_OK);
    CHECK_CONTAINS(web_logged(), "GET /list key=s3cret");
    CHECK_CONTAINS(stored(LOCATORS).bytes, "/list?key=${file:token}#1");
    hides_secrets();
    end_nights();
}

TEST("a token is got with client credentials, kept, and renewed when it is refused")
{
    const char *folder = web_begin(guarded);
    const char *auth =
        text_format(&test_arena,
                    ", auth: { oauth2: { token_url: 'http://127.0.0.1:%u/token', client_id: id, "
                    "client_secret: s3cret } }, pages: { offset: o, size: 3 }",
                    web_port)
            .bytes;
    tokens = 0;
    expired = 0;
    CHECK_INT(night(folder, web_source("/oauth", auth, ITEMS)), STATUS_OK);
    CHECK_INT(tokens, 1);
    expired = 1;
    CHECK_INT(night(folder, web_source("/oauth", auth, ITEMS)), STATUS_OK);
    CHECK_INT(tokens, 3);
    expired = 100;
    CHECK_INT(night(folder, web_source("/oauth", auth, ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "(HTTP 401)");
    hides_secrets();
    end_nights();
}

#define MAPI(password, detail)                                                                               \
    ", body: '{\"session\":\"${session}\",\"service\":\"list\"}', login: { url: "                            \
    "'http://127.0.0.1:%u/login', "                                                                          \
    "body: '{\"username\":\"u\",\"password\":\"" password                                                    \
    "\"}', session: /session }, success: { at: /error_code, "                                                \
    "is: ['0', '00'], message: /message }" detail

static const char *mapi(const char *form)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const char *fetch = text_format(&test_arena, form, web_port, web_port).bytes;
#pragma GCC diagnostic pop
    return web_source("/mapi", fetch, ", records: /result");
}

TEST("a session is got by a login and renewed once when it has expired")
{
    const char *folder = web_begin(guarded);
    logins = expired = 0;
    CHECK_INT(night(folder, mapi(MAPI("s3cret", ""))), STATUS_OK);
    CHECK_INT(result->counts.seen, 3);
    CHECK_INT(logins, 1);
    expired = 1;
    CHECK_INT(night(folder, mapi(MAPI("s3cret", ""))), STATUS_OK);
    CHECK_INT(logins, 3);
    expired = 100;
    CHECK_INT(night(folder, mapi(MAPI("s3cret", ""))), STATUS_STOP);
    CHECK_CONTAINS(error.message, "answers with an error: -1, hết phiên");
    CHECK_INT(night(folder, mapi(MAPI("wrong", ""))), STATUS_STOP);
    CHECK_CONTAINS(error.message,
                   "login: the answer holds no session; check user and password. sai mật khẩu");
    hides_secrets();
    end_nights();
}

TEST("each item of a listing can be asked for on its own; one that is gone holds nothing else up")
{
    const char *folder = web_begin(guarded);
    const char *form = MAPI("s3cret", ", detail: { items: /result, url: 'http://127.0.0.1:%u/mapi', body: "
                                      "'{\"session\":\"${session}\",\"ma\":\"${item:/ma}\"}' }");
    logins = expired = 0;
    CHECK_INT(night(folder, mapi(form)), STATUS_STOP);
    CHECK_TEXT(stored(KEYS), TEXT("a/1 b2"));
    CHECK_CONTAINS(stored(LOCATORS).bytes, "/mapi a/1#1");
    CHECK_CONTAINS(web_logged(), "\"ma\":\"b\\\"2\"");
    CHECK(!result->whole && result->broken);
    CHECK_CONTAINS(noticed(), "/mapi c answers with an error: 5, không tìm thấy");
    CHECK_INT(result->counts.missing, 0);
    end_nights();
}

/* ---- between two nights ---- */

static const char *version;
static int conditional;

static void versioned(const struct web_request *request, struct web_answer *answer)
{
    int page = web_number(request, "page", 1);
    static char tag[64];
    snprintf(tag, sizeof tag, "\"%s-%d\"", page == 2 ? version : "one", page);
    conditional += *web_header(request, "If-None-Match") != 0;
    web_set(answer, "ETag", tag);
    if (!strcmp(web_header(request, "If-None-Match"), tag)) {
        answer->status = 304;
        return;
    }
    web_items(answer, page * 10, page * 10 + (page < 3 ? 2 : 0));
    if (!strcmp(request->path, "/next") && page < 3)
        buffer_printf(&answer->body, ",\"next\":\"/next?page=%d\"", page + 1);
    buffer_printf(&answer->body, ",\"v\":\"%s\"}", page == 2 ? version : "one");
}

static void check_conditions(const char *path, const char *pages, int documents)
{
    const char *folder = web_begin(versioned);
    const char *yaml = web_source(path, pages, ITEMS);
    version = "a";
    conditional = 0;
    CHECK_INT(night(folder, yaml), STATUS_OK);
    int64_t seen = result->counts.seen;
    CHECK_INT(conditional, 0);
    web_requests = 0;
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.seen, seen);
    CHECK_INT(result->counts.changed, 0);
    CHECK_INT(result->counts.missing, 0);
    CHECK_INT(conditional, documents);
    CHECK_INT(web_requests, documents);
    end_nights();
}

TEST("what the source says is unchanged stands as it was: nothing staged, all seen, nothing missing")
{
    web_begin(versioned);
    end_nights();
    check_conditions("/list", "", 1);
    check_conditions("/list?page=1", ", pages: { parameter: page }", 3);
    check_conditions("/next?page=1", ", pages: { next: /next }", 3);
}

TEST("one changed page of several has all of them asked for anew")
{
    const char *folder = web_begin(versioned);
    const char *yaml = web_source("/next?page=1", ", pages: { next: /next }", ITEMS);
    version = "a";
    CHECK_INT(night(folder, yaml), STATUS_OK);
    version = "b";
    conditional = web_requests = 0;
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.seen, 4);
    CHECK_INT(conditional, 2);
    CHECK_INT(web_requests, 5);
    end_nights();
}

static bool gone;

static void versioned_or_gone(const struct web_request *request, struct web_answer *answer)
{
    if (gone)
        answer->status = 404;
    else
        versioned(request, answer);
}

TEST("a server that has no page any more when it is asked for changes has not ended its listing")
{
    static const char *const kinds[] = { ", listing: full", ", listing: changes" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *folder = web_begin(versioned_or_gone);
        const char *yaml = web_source("/list", ", pages: { parameter: page, again: 0 }",
                                      text_format(&test_arena, ITEMS "%s", kinds[i]).bytes);
        version = "a";
        gone = false;
        CHECK_INT(night(folder, yaml), STATUS_OK);
        gone = true;
        CHECK_INT(night(folder, yaml), STATUS_STOP);
        CHECK(!result->whole);
        CHECK_INT(result->counts.missing, 0);
        CHECK_CONTAINS(error.message, "page 1: the server has no such thing (HTTP 404)");
        end_nights();
    }
}

TEST("conditions are forgotten when the source's settings change or its listing broke off")
{
    const char *folder = web_begin(versioned);
    version = "a";
    CHECK_INT(night(folder, web_source("/list", "", ITEMS)), STATUS_OK);
    conditional = 0;
    CHECK_INT(night(folder, web_source("/list", "", ", records: /nowhere")), STATUS_STOP);
    CHECK(!result->whole);
    CHECK_INT(conditional, 0);
    CHECK_INT(night(folder, web_source("/list", "", ITEMS)), STATUS_OK);
    CHECK_INT(conditional, 0);
    CHECK_INT(night(folder, web_source("/list", "", ITEMS)), STATUS_OK);
    CHECK_INT(conditional, 1);
    struct text code = TEXT("10");
    only_codes = &code;
    only_code_count = 1;
    CHECK_INT(night(folder, web_source("/list", "", ITEMS)), STATUS_OK);
    CHECK_INT(conditional, 1);
    end_nights();
}

TEST("links that hold a secret are not kept in the store")
{
    const char *folder = web_begin(versioned);
    put_file(folder, "token", TEXT("s3cret\n"));
    version = "a";
    const char *yaml = web_source("/next?page=1&key=${file:token}", ", pages: { next: /next }", ITEMS);
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_TEXT(stored("SELECT count(*) FROM source_state WHERE instr(state, 's3cret')"), TEXT("0"));
    end_nights();
}

/* ---- other hosts ---- */

/* /first of 127.0.0.1 leads to localhost and on there, and back; every page says what it was asked with. */
static void roaming(const struct web_request *request, struct web_answer *answer)
{
    const char *own = "http://127.0.0.1", *other = "http://localhost";
    bool away = text_starts(text_of(web_header(request, "Host")), TEXT("localhost"));
    if (*web_header(request, "Authorization") || *web_header(request, "X-Key"))
        buffer_printf(&web_log, "%s %s is given a secret\n", away ? "other" : "own", request->path);
    static char there[100];
    if (!strcmp(request->path, "/redirected")) {
        answer->status = 302;
        snprintf(there, sizeof there, "%s:%u/second", other, web_port);
        web_set(answer, "Location", there);
        return;
    }
    web_set(answer, "ETag", "\"a\"");
    if (*web_header(request, "If-None-Match")) {
        answer->status = 304;
        return;
    }
    int page = !strcmp(request->path, "/first")    ? 1
               : !strcmp(request->path, "/second") ? 2
               : !strcmp(request->path, "/third")  ? 3
                                                   : 4;
    const char *next = page == 1 ? other : page == 3 ? own : "";
    web_items(answer, page, page + 1);
    if (page < 4 && *next)
        buffer_printf(&answer->body, ",\"next\":\"%s:%u/%s\"}", next, web_port,
                      page == 1 ? "second" : "fourth");
    else
        buffer_string(&answer->body, page < 4 ? ",\"next\":\"/third\"}" : "}");
}

TEST("another host sees no credentials: on none of its pages, in no night, nor our own where it leads back")
{
    const char *fetch =
        ", redirects: any, pages: { next: /next }, auth: { bearer: T0KEN }, headers: { X-Key: T0KEN }";
    static const struct {
        const char *path, *requests;
    } cases[] = {
        { "/first", "GET /first \nown /first is given a secret\nGET /second \nGET /third \nGET /fourth \n" },
        { "/redirected", "GET /redirected \nown /redirected is given a secret\n"
                         "GET /second \nGET /third \nGET /fourth \n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *folder = web_begin(roaming);
        for (int again = 0; again < 2; again++) {
            buffer_clear(&web_log);
            CHECK_INT(night(folder, web_source(cases[i].path, fetch, ITEMS)), STATUS_OK);
            CHECK(result->whole);
            CHECK_INT(result->counts.seen, i ? 3 : 4);
            CHECK_STRING(web_logged(), cases[i].requests);
        }
        end_nights();
    }
}

TEST("the body of a request, which may hold a secret, goes to no other host")
{
    static const char *const cases[][2] = { { "/first", "POST" },
                                            { "/first", "GET" },
                                            { "/redirected", "GET" } };
    const char *folder = web_begin(roaming);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&web_log);
        const char *fetch = text_format(&test_arena,
                                        ", redirects: any, pages: { next: /next }, method: %s, body: "
                                        "'{\"token\":\"T0KEN\"}'",
                                        cases[i][1])
                                .bytes;
        CHECK_INT(night(folder, web_source(cases[i][0], fetch, ITEMS)), STATUS_STOP);
        CHECK_CONTAINS(error.message, "leads on to another host (http://localhost:");
        CHECK(!result->whole);
        CHECK(!strstr(web_logged(), "/second"));
    }
    end_nights();
}

/* ---- settings ---- */

static void refuses(const char *fetch, const char *words)
{
    const char *yaml =
        text_format(&test_arena, "- { name: s, fetch: { %s }, format: json, key: /a, map: {} }\n", fetch)
            .bytes;
    CHECK_INT(check_sources(".", yaml), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:1:");
    CHECK_CONTAINS(error.message, words);
}

TEST("settings of a url source that cannot be meant are refused with their place")
{
    refuses("url: 'gopher://x'", "must begin with http://, https://, sftp://, ftp:// or file://");
    refuses("url: 'http://x', detail: {items: /i, url: '/d/${item:/id}'}", "must begin with http://");
    refuses("url: 'http://x', detail: {items: /i, url: '${item:/link}'}", "must begin with http://");
    refuses("url: 'http://x', login: {url: 'x/login', session: /s}", "must begin with http://");
    refuses("url: 'http://x', detail: {items: /i, url: 'http://'}", "the URL cannot be read");
    refuses("url: 'http://x', pages: { next: /a, parameter: b }",
            "takes one of next, parameter, offset and cursor");
    refuses("url: 'http://x', pages: {}", "takes one of next, parameter, offset and cursor");
    refuses("url: 'http://x', pages: { cursor: /a }", "\"cursor\" and \"into\" belong together");
    refuses("url: 'http://x', pages: { offset: a }", "\"offset\" and \"size\" belong together");
    refuses("url: 'http://x', pages: { cursor: /a, into: /b }", "has no \"body\"");
    refuses("url: 'http://x', pages: { next: a }", "is no JSON Pointer");
    refuses("url: 'http://x', body: '${session}'", "the session of a \"login\", which is missing");
    refuses("url: 'http://x/${item:/a}'", "belongs into \"detail\"");
    refuses("url: 'http://x', auth: { bearer: '${env:CONGKHAI_NOT_SET}' }", "CONGKHAI_NOT_SET");
    refuses("url: 'http://x', auth: { baerer: x }", "did you mean \"bearer\"?");
    refuses("url: 'http://x', timeout: 1ms", "\"timeout\" must be between");
    CHECK_INT(check_sources(
                  ".", "- { name: s, fetch: { url: 'http://x', pages: { next: /a } }, format: csv, key: a, "
                       "map: {} }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the format csv can be paged with parameter or offset");
}
