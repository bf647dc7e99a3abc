/* Pages, guards, and what an answer may be. */
#include "tests/extract/web.h"

#define ITEMS ", records: /items"

/* ---- the four ways of paging ---- */

static void five_items(const struct web_request *request, struct web_answer *answer)
{
    int size = web_number(request, "size", 2), from = web_number(request, "offset", -1);
    int page = web_number(request, "page", 0), cursor = web_number(request, "cursor", -1);
    const char *asked = strstr(request->body, "\"cursor\":");
    if (asked)
        cursor = atoi(asked + strlen("\"cursor\":") + (asked[strlen("\"cursor\":")] == ' '));
    if (from < 0)
        from = page ? (page - 1) * size : cursor > 0 ? cursor : 0;
    int to = from + size < 5 ? from + size : 5;
    web_items(answer, from < 5 ? from : 5, to < from ? from < 5 ? from : 5 : to);
    if (to < 5 && page)
        buffer_printf(&answer->body, ",\"next\":\"%s?page=%d&size=%d\"", page % 2 ? "" : "/pages", page + 1,
                      size);
    else if (to >= 5 && page)
        buffer_string(&answer->body, ",\"next\":null");
    buffer_printf(&answer->body, ",\"last\":{\"cursor\":%d}}", to);
}

static void check_five(const char *yaml, int requests)
{
    const char *folder = web_begin(five_items);
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_STRING(result->why, "");
    CHECK(result->whole);
    CHECK_INT(result->counts.seen, 5);
    CHECK_TEXT(stored(KEYS), TEXT("0 1 2 3 4"));
    CHECK_INT(web_requests, requests);
}

TEST("a URL in the answer leads to the next page until there is none")
{
    web_begin(five_items);
    end_nights();
    check_five(web_source("/pages?page=1", ", pages: { next: /next }", ITEMS), 3);
    CHECK_CONTAINS(stored(LOCATORS).bytes, "/pages?page=1 page 2#1");
    end_nights();
}

static void last_link_is_false(const struct web_request *request, struct web_answer *answer)
{
    int page = web_number(request, "page", 1);
    web_items(answer, page, page + 1);
    buffer_string(&answer->body, page == 1 ? ",\"next\":\"?page=2\"}" : ",\"next\":false}");
}

static void link_is_a_number(const struct web_request *request, struct web_answer *answer)
{
    (void)request;
    web_items(answer, 0, 1);
    buffer_string(&answer->body, ",\"next\":2}");
}

TEST("false is no next page, and a number is no URL")
{
    const char *folder = web_begin(last_link_is_false);
    CHECK_INT(night(folder, web_source("/pages", ", pages: { next: /next }", ITEMS)), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(web_requests, 2);
    web_answers = link_is_a_number;
    CHECK_INT(night(folder, web_source("/pages", ", pages: { next: /next }", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the link to the next page is no URL: 2");
    end_nights();
}

static const char *link_of_another_kind;

static void link_is_something_else(const struct web_request *request, struct web_answer *answer)
{
    (void)request;
    web_items(answer, 0, 1);
    buffer_printf(&answer->body, ",\"next\":%s}", link_of_another_kind);
}

TEST("a pointer to the next page that leads to an object, a list or true is told, not taken for the end")
{
    static const struct {
        const char *link, *words;
        int status;
    } cases[] = {
        { "{\"href\":\"?page=2\"}", "leads to an object", STATUS_STOP },
        { "[\"?page=2\"]", "leads to a list", STATUS_STOP },
        { "true", "leads to true", STATUS_STOP },
        { "{}", NULL, STATUS_OK },
        { "[]", NULL, STATUS_OK },
        { "\"\"", NULL, STATUS_OK },
    };
    const char *folder = web_begin(link_is_something_else);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        link_of_another_kind = cases[i].link;
        CHECK_INT(night(folder, web_source("/pages", ", pages: { next: /next }", ITEMS)), cases[i].status);
        if (cases[i].words)
            CHECK_CONTAINS(error.message, cases[i].words);
        CHECK_INT(result->whole, !cases[i].words);
        CHECK_INT(night(folder,
                        web_source("/pages", ", body: '{}', pages: { cursor: /next, into: /after }", ITEMS)),
                  cases[i].status);
    }
    end_nights();
}

TEST("a parameter counts pages up to an empty one")
{
    web_begin(five_items);
    end_nights();
    check_five(web_source("/pages?page=7&size=2", ", pages: { parameter: page, from: 1 }", ITEMS), 4);
    CHECK_CONTAINS(web_logged(), "GET /pages size=2 page=4 ");
    end_nights();
}

TEST("an offset rises by what came, and behind a short page it is asked once more")
{
    web_begin(five_items);
    end_nights();
    check_five(web_source("/pages?size=2", ", pages: { offset: offset, size: 2 }", ITEMS), 4);
    end_nights();
}

TEST("a cursor goes from the answer into the query or the body, and ends when it does not change")
{
    web_begin(five_items);
    end_nights();
    check_five(web_source("/pages", ", pages: { cursor: /last/cursor, into: cursor }", ITEMS), 4);
    end_nights();
    check_five(web_source("/pages", ", body: '{\"size\": 1}', pages: { cursor: /last/cursor, into: /cursor }",
                          ITEMS),
               4);
    CHECK_CONTAINS(web_logged(), "POST /pages {\"size\": 1}\n");
    CHECK_CONTAINS(web_logged(), "\"cursor\": 4");
    end_nights();
}

/* ---- chains without an end ---- */

static void endless(const struct web_request *request, struct web_answer *answer)
{
    int page = web_number(request, "page", 1);
    web_items(answer, page, page + 1);
    if (!strcmp(request->path, "/self"))
        buffer_string(&answer->body, ",\"next\":\"/self\"}");
    else if (!strcmp(request->path, "/circle"))
        buffer_printf(&answer->body, ",\"next\":\"/circle?page=%d\"}", page % 3 + 1);
    else if (!strcmp(request->path, "/cursors"))
        buffer_printf(&answer->body, ",\"c\":\"%s\"}", web_parameter(request, "c") ? "b" : "a");
    else if (!strcmp(request->path, "/same"))
        buffer_clear(&answer->body), buffer_string(&answer->body, "{\"items\":[{\"ma\":1}]}");
    else
        buffer_printf(&answer->body, ",\"next\":\"?page=%d\"}", page + 1);
}

static const char *stopped_by(const char *yaml)
{
    const char *folder = web_begin(endless);
    CHECK_INT(night(folder, yaml), STATUS_STOP);
    CHECK(result->broken && !result->whole);
    CHECK_INT(result->counts.missing, 0);
    return result->why;
}

TEST("an endless chain of pages ends at a ceiling that can be set")
{
    web_begin(endless);
    end_nights();
    CHECK_CONTAINS(stopped_by(web_source("/endless", ", pages: { next: /next, most: 20 }", ITEMS)),
                   "more than 20 pages");
    CHECK_INT(web_requests, 20);
    end_nights();
}

TEST("a page that points to itself, or back, is a circle")
{
    web_begin(endless);
    end_nights();
    CHECK_CONTAINS(stopped_by(web_source("/self", ", pages: { next: /next }", ITEMS)),
                   "page 1: leads back to a page before it: the pages turn in a circle");
    CHECK_INT(web_requests, 1);
    end_nights();
    CHECK_CONTAINS(stopped_by(web_source("/circle?page=1", ", pages: { next: /next }", ITEMS)),
                   "page 3: leads back to a page before it");
    end_nights();
}

TEST("a server that ignores the page's number is seen")
{
    web_begin(endless);
    end_nights();
    CHECK_CONTAINS(stopped_by(web_source("/same", ", pages: { parameter: page }", ITEMS)),
                   "page 2: is the same as page 1: the server does not turn the pages");
    end_nights();
    CHECK_CONTAINS(stopped_by(web_source("/same", ", pages: { offset: o, size: 1 }", ITEMS)),
                   "is the same as page 1");
    end_nights();
}

/* ---- redirects and strangers ---- */

static void strangers(const struct web_request *request, struct web_answer *answer)
{
    static char there[100];
    answer->status = 302;
    if (!strcmp(request->path, "/same-host")) {
        web_set(answer, "Location", "/list");
    } else if (!strcmp(request->path, "/other-host")) {
        snprintf(there, sizeof there, "http://localhost:%u/list", web_port);
        web_set(answer, "Location", there);
    } else if (!strcmp(request->path, "/to-file")) {
        web_set(answer, "Location", "file:///etc/passwd");
    } else {
        answer->status = 200;
        web_items(answer, 1, 2);
        if (!strcmp(request->path, "/next-other") && !web_parameter(request, "n"))
            buffer_printf(&answer->body, ",\"next\":\"http://localhost:%u/list?n=%s\"", web_port,
                          *web_header(request, "Authorization") ? "seen" : "");
        if (!strcmp(request->path, "/next-file"))
            buffer_string(&answer->body, ",\"next\":\"file:///etc/passwd\"");
        buffer_printf(&answer->body, ",\"auth\":\"%s%s\"}", request->path,
                      web_header(request, "Authorization"));
    }
}

TEST("redirects go to the same host only, unless others are allowed")
{
    const char *folder = web_begin(strangers);
    CHECK_INT(night(folder, web_source("/same-host", "", ITEMS)), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(night(folder, web_source("/other-host", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "redirects to http://localhost:");
    CHECK_CONTAINS(error.message, "redirects: any");
    CHECK_INT(night(folder, web_source("/other-host", ", redirects: any", ITEMS)), STATUS_OK);
    CHECK_INT(night(folder, web_source("/same-host", ", redirects: none", ITEMS)), STATUS_STOP);
    CHECK_INT(night(folder, web_source("/to-file", ", redirects: any", ITEMS)), STATUS_STOP);
    CHECK(!strstr(stored("SELECT group_concat(CAST(bytes AS TEXT)) FROM payload").bytes, "root:"));
    end_nights();
}

TEST("a link to another host's page is followed only when allowed, and then without credentials")
{
    const char *folder = web_begin(strangers);
    const char *auth = ", auth: { bearer: T0KEN }";
    CHECK_INT(
        night(folder, web_source("/next-other",
                                 text_format(&test_arena, "%s, pages: { next: /next }", auth).bytes, ITEMS)),
        STATUS_STOP);
    CHECK_CONTAINS(error.message, "leads to another host");
    CHECK_INT(
        night(folder,
              web_source("/next-other",
                         text_format(&test_arena, "%s, redirects: any, pages: { next: /next }", auth).bytes,
                         ITEMS)),
        STATUS_OK);
    CHECK_CONTAINS(web_logged(), "GET /list n=seen");
    CHECK_TEXT(stored("SELECT count(*) FROM payload WHERE CAST(bytes AS TEXT) LIKE '%T0KEN%'"), TEXT("0"));
    CHECK_INT(night(folder, web_source("/next-file", ", redirects: any, pages: { next: /next }", ITEMS)),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "no web address");
    end_nights();
}

/* ---- what is no answer ---- */

static int busy; /* so many answers before the true one */

static void faults(const struct web_request *request, struct web_answer *answer)
{
    if (!strcmp(request->path, "/rejected")) {
        web_set(answer, "Content-Type", "text/html");
        buffer_string(&answer->body,
                      "\n<!DOCTYPE html><HTML><head><Title>Request\nRejected</Title></head><body>The "
                      "requested URL was rejected.</body></html>");
    } else if (!strcmp(request->path, "/busy") && busy-- > 0) {
        answer->status = 503;
        if (busy % 2)
            web_set(answer, "Retry-After", "7");
    } else if (!strcmp(request->path, "/long-wait")) {
        answer->status = 429;
        web_set(answer, "Retry-After", "3600");
    } else if (!strcmp(request->path, "/gone")) {
        answer->status = 404;
    } else if (!strcmp(request->path, "/large")) {
        buffer_string(&answer->body, "{\"items\":[{\"ma\":\"");
        memset(buffer_room(&answer->body, 100000), 'x', 100000);
        answer->body.length += 100000;
        buffer_string(&answer->body, "\"}]}");
    } else if (!strcmp(request->path, "/nothing")) {
        answer->status = 204;
    } else if (!strcmp(request->path, "/error")) {
        buffer_string(&answer->body, "{\"code\":\"E7\",\"message\":\"quá tải\",\"items\":[]}");
    } else if (!strcmp(request->path, "/wrapped")) {
        buffer_string(&answer->body, "{\"message\":\"{\\\"items\\\":[{\\\"ma\\\":\\\"\\u0110\\\"}]}\"}");
    } else if (!strcmp(request->path, "/labelled")) {
        web_set(answer, "Content-Type", "text/html");
        web_items(answer, 1, 3);
        buffer_char(&answer->body, '}');
    } else {
        web_items(answer, 1, 2);
        buffer_string(&answer->body, ",\"code\":\"OK\"}");
    }
}

TEST("a firewall's page with status 200 is refused with its title and never staged")
{
    const char *folder = web_begin(faults);
    CHECK_INT(night(folder, web_source("/rejected", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "a web page (\"Request Rejected\") where data was expected");
    CHECK_TEXT(stored("SELECT count(*) FROM record"), TEXT("0"));
    const char *html =
        text_format(&test_arena,
                    "- { name: s, fetch: { url: 'http://127.0.0.1:%u/rejected' }, format: html, map: {} }\n",
                    web_port)
            .bytes;
    CHECK_INT(night(folder, html), STATUS_STOP);
    CHECK_CONTAINS(error.message, "Request Rejected");
    CHECK_INT(night(folder, web_source("/labelled", "", ITEMS)), STATUS_OK);
    CHECK_INT(result->counts.seen, 2);
    end_nights();
}

TEST("what may pass is tried again, waiting longer each time or as long as the server says")
{
    const char *folder = web_begin(faults);
    busy = 2;
    CHECK_INT(night(folder, web_source("/busy", "", ITEMS)), STATUS_OK);
    CHECK_INT(web_requests, 3);
    CHECK_INT(nightly_time.sleeps, 2);
    CHECK_INT(nightly_time.slept, 7000 + 2000);
    busy = 5;
    CHECK_INT(night(folder, web_source("/busy", ", retry: { attempts: 2, first: 10ms }", ITEMS)),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "not able to answer now (HTTP 503)");
    CHECK_INT(web_requests, 5);
    CHECK_INT(night(folder, web_source("/long-wait", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "asks to wait 3600 seconds");
    CHECK_INT(web_requests, 6);
    CHECK_INT(night(folder, web_source("/gone", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "/gone: the server has no such thing (HTTP 404)");
    CHECK_INT(web_requests, 7);
    end_nights();
}

TEST("an answer beyond the limit stops the source; one without content is an empty page")
{
    const char *folder = web_begin(faults);
    CHECK_INT(night(folder, web_source("/large", ", limit: 50k", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "larger than 51200 bytes");
    CHECK_CONTAINS(error.message, "(see \"limit\")");
    CHECK_INT(night(folder, web_source("/nothing", "", ITEMS)), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.seen, 0);
    end_nights();
}

TEST("an error with status 200 is no empty listing when the source says what success is")
{
    const char *folder = web_begin(faults);
    const char *success = ", success: { at: /code, is: [OK, '0'], message: /message }";
    CHECK_INT(night(folder, web_source("/fine", success, ITEMS)), STATUS_OK);
    CHECK_INT(night(folder, web_source("/error", success, ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "answers with an error: E7, quá tải");
    CHECK_INT(result->counts.missing, 0);
    CHECK_INT(night(folder, web_source("/labelled", success, ITEMS)), STATUS_STOP);
    end_nights();
}

TEST("what success is must be one thing, found in an answer that can be read")
{
    static const struct {
        const char *success, *words;
    } rows[] = {
        { "{ is: OK }", "\"success\" says with \"from\" where the answer says how it went" },
        { "{ from: /code, at: /code, is: OK }", "\"success\" says with \"from\"" },
        { "{ from: /code }", "\"success\" takes one of is and matches" },
        { "{ from: /code, is: OK, matches: OK }", "\"success\" takes one of is and matches" },
        { "{ from: code, is: OK }", "\"code\" is no JSON Pointer" },
        { "{ from: /code, matches: '(' }", "c.yaml:1:" },
        { "{ form: /code, is: OK }", "did you mean \"from\"?" },
    };
    const char *folder = web_begin(faults);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *success = text_format(&test_arena, ", success: %s", rows[i].success).bytes;
        CHECK_INT(check_sources(folder, web_source("/fine", success, ITEMS)), STATUS_USAGE);
        CHECK_CONTAINS(error.message, rows[i].words);
    }
    CHECK_INT(check_sources(folder,
                            "- { name: s, fetch: { url: 'http://127.0.0.1/', success: { from: a, is: OK } }, "
                            "format: csv, key: ma, map: {} }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"from\" is found in the formats json, xml and html, not in csv");
    CHECK_INT(check_sources(folder,
                            "- { name: s, fetch: { url: 'http://127.0.0.1/', success: { from: 'a[', is: OK } "
                            "}, format: xml, records: a, key: ma, map: {} }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:1:");
    end_nights();
}

TEST("a facade's answer is unwrapped")
{
    const char *folder = web_begin(faults);
    CHECK_INT(night(folder, web_source("/wrapped", ", unwrap: /message", ITEMS)), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("Đ"));
    CHECK_INT(night(folder, web_source("/fine", ", unwrap: /message", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "has no text at /message");
    end_nights();
}

TEST("a page that does not come leaves the last complete listing standing")
{
    const char *folder = web_begin(five_items);
    const char *yaml = web_source("/pages?page=1", ", retry: { attempts: 1 }, pages: { next: /next }", ITEMS);
    CHECK_INT(night(folder, yaml), STATUS_OK);
    web_answers = faults;
    busy = 1000;
    CHECK_INT(night(folder, web_source("/busy", ", retry: { attempts: 1 }", ITEMS)), STATUS_STOP);
    CHECK_INT(result->counts.missing, 0);
    web_answers = endless;
    CHECK_INT(night(folder, web_source("/endless", ", pages: { next: /next, most: 3 }", ITEMS)), STATUS_STOP);
    CHECK_INT(result->counts.missing, 0);
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE NOT present"), TEXT("0"));
    end_nights();
}

TEST("a page that is cut inside ends the chain, whatever stands behind it")
{
    const char *folder = web_begin(five_items);
    CHECK_INT(
        night(folder, web_source("/pages?page=1", ", pages: { next: /next }", ", records: /last/cursor/x")),
        STATUS_STOP);
    CHECK(!result->whole);
    CHECK_CONTAINS(result->why, "page 1: there is no \"x\"");
    CHECK_INT(web_requests, 1);
    end_nights();
}

/* ---- what is sent, and what is said ---- */

static void text_cursor(const struct web_request *request, struct web_answer *answer)
{
    int from = strstr(request->body, "\"after\"") ? 1 : 0;
    web_items(answer, from, from + 1);
    buffer_string(&answer->body, from ? "}" : ",\"after\":\"17\"}");
}

TEST("a cursor that is a text goes into the body as a text, though it has digits alone")
{
    const char *folder = web_begin(text_cursor);
    CHECK_INT(night(folder, web_source("/", ", body: '{}', pages: { cursor: /after, into: /after }", ITEMS)),
              STATUS_OK);
    CHECK_CONTAINS(web_logged(), "\"after\": \"17\"");
    end_nights();
}

static void one_item(const struct web_request *request, struct web_answer *answer)
{
    if (!strcmp(request->path, "/thủ tục"))
        web_items(answer, 0, 1);
    else if (!strcmp(request->path, "/moved"))
        answer->status = 302;
    else if (!strcmp(request->path, "/away"))
        answer->status = 308;
    else if (!strcmp(request->path, "/bad"))
        answer->status = 400;
    else
        buffer_string(&answer->body, "<!-- 1 -->\n<?xml version='1.0'?> <html><title>Đăng nhập</title>");
    if (answer->status == 308)
        web_set(answer, "Location", "/elsewhere");
    if (answer->status == 200 && request->path[1] == 't')
        buffer_string(&answer->body, "}");
}

TEST("blanks and Vietnamese letters of a URL are sent as browsers send them")
{
    const char *folder = web_begin(one_item);
    CHECK_INT(night(folder, web_source("/thủ tục?tên=một hai", "", ITEMS)), STATUS_OK);
    CHECK_CONTAINS(web_logged(), "GET /thủ tục tên=một hai");
    CHECK_CONTAINS(stored(LOCATORS).bytes, "/thủ tục?tên=một hai#1");
    end_nights();
}

TEST("an answer that is none is told as what it is")
{
    const char *folder = web_begin(one_item);
    CHECK_INT(night(folder, web_source("/moved", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "/moved redirects (HTTP 302) and does not say where to");
    CHECK_INT(night(folder, web_source("/away", ", body: '{}'", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "redirects a POST to /elsewhere, and only a GET is sent on");
    CHECK_INT(night(folder, web_source("/bad", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the server does not take the request (HTTP 400); check the URL");
    CHECK_INT(night(folder, web_source("/login", "", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "answers with a web page (\"Đăng nhập\") where data was expected");
    end_nights();
}

TEST("a URL that cannot be, and a file of authorities that is not there, are told before the night")
{
    const char *folder = web_begin(one_item);
    CHECK_INT(night(folder, "- { name: s, fetch: { url: 'http://h:99999/' }, format: json, map: {} }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the URL cannot be read: Port number");
    CHECK_INT(night(folder, "- { name: s, fetch: { url: 'http://' }, format: json, map: {} }\n"),
              STATUS_USAGE);
    CHECK_INT(night(folder, web_source("/", ", ca: nowhere.pem", ITEMS)), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no file");
    CHECK_CONTAINS(error.message, "nowhere.pem");
    end_nights();
}

static void enveloped(const struct web_request *request, struct web_answer *answer)
{
    (void)request;
    buffer_string(&answer->body,
                  "<?xml version='1.0'?><s:Envelope xmlns:s='urn:s'><s:Body><R xmlns='urn:t'><Out>"
                  "{&quot;items&quot;:[{&quot;ma&quot;:1},{&quot;ma&quot;:2}]}"
                  "</Out></R></s:Body></s:Envelope>");
}

TEST("a list in the text of a SOAP envelope is unwrapped by an XPath")
{
    const char *folder = web_begin(enveloped);
    CHECK_INT(
        night(folder, web_source("/soap", ", body: '<x/>', unwrap: \"//*[local-name()=''Out'']\"", ITEMS)),
        STATUS_USAGE);
    CHECK_INT(night(folder, web_source("/soap", ", body: <x/>, unwrap: \"//*[local-name()='Out']\"", ITEMS)),
              STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1 2"));
    CHECK_INT(night(folder, web_source("/soap", ", body: <x/>, unwrap: //Nothing", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the answer has no text at //Nothing (see \"unwrap\")");
    /* The first of several would be a whole listing without the others. */
    CHECK_INT(night(folder, web_source("/soap", ", body: <x/>, unwrap: //*", ITEMS)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "//* leads to 4 elements, and only one can be the answer");
    end_nights();
}
