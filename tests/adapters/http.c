#include "tests/adapters/http_servers.h"

/* ---- requests ---- */

TEST("a request carries its method, headers, credentials and body as given, and nothing that was not asked "
     "for")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .user_agent = "congkhai/1" });
    const struct http_header headers[] = {
        { "If-Match", TEXT("\"7, x\"") },
        { "Idempotency-Key", TEXT("k-1") },
        { "X-Empty", TEXT("") },
    };
    struct http_response answer = send_with(client, (struct http_request){ .method = "PUT",
                                                                           .url = at("/echo"),
                                                                           .headers = headers,
                                                                           .header_count = 3,
                                                                           .body = TEXT("a\0b\n"),
                                                                           .user = "so",
                                                                           .password = "bí mật" });
    CHECK_INT(answer.failure, HTTP_ANSWERED);
    CHECK_INT(answer.status, 200);
    has(answer, "PUT /echo\n");
    has(answer, "If-Match: \"7, x\"\n");
    has(answer, "Idempotency-Key: k-1\n");
    has(answer, "X-Empty: \n");
    has(answer, "User-Agent: congkhai/1\n");
    has(answer, "Authorization: Basic c286YsOtIG3huq10\n");
    has(answer, "Content-Length: 4\n");
    CHECK(text_ends(answer.body, TEXT("\n\na\0b\n")));
    CHECK(!strstr(answer.body.bytes, "Content-Type"));
    CHECK(!strstr(answer.body.bytes, "Expect"));
    CHECK(answer.took_us > 0);
    CHECK_STRING(answer.effective_url, at("/echo"));
}

TEST("a handle that is used again remembers neither method, body, credentials nor headers")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 1 });
    const struct http_header header = { "X-One", TEXT("1") };
    send_with(client, (struct http_request){ .method = "PATCH",
                                             .url = at("/echo"),
                                             .headers = &header,
                                             .header_count = 1,
                                             .body = TEXT("body"),
                                             .user = "so",
                                             .password = "secret" });
    struct http_response answer = get(client, at("/echo"));
    CHECK(text_starts(answer.body, TEXT("GET /echo\n")));
    CHECK(text_ends(answer.body, TEXT("\n\n")));
    CHECK(!strstr(answer.body.bytes, "Authorization"));
    CHECK(!strstr(answer.body.bytes, "X-One"));
    answer = send_with(client, (struct http_request){ .method = "HEAD", .url = at("/etag") });
    CHECK_INT(answer.status, 200);
    CHECK_INT(answer.body.length, 0);
    CHECK_TEXT(answer.etag, TEXT("W/\"a, b\""));
    answer = send_with(client, (struct http_request){ .method = "DELETE", .url = at("/echo") });
    CHECK(text_starts(answer.body, TEXT("DELETE /echo\n")));
    answer = send_with(client, (struct http_request){ .method = "POST", .url = at("/echo") });
    CHECK(text_starts(answer.body, TEXT("POST /echo\n")));
    has(answer, "Content-Length: 0\n");
}

TEST("a large body arrives whole")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    struct text body = { arena_alloc_zeroed(&test_arena, 3000000), 3000000 };
    struct http_response answer = put(client, at("/echo"), body);
    CHECK_INT(answer.status, 200);
    has(answer, "Content-Length: 3000000\n");
    CHECK(text_ends(answer.body, body));
    CHECK(!strstr(answer.body.bytes, "Expect"));
}

TEST("connections are kept and used again, and no more than in_flight are opened")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 4 });
    int before = atomic_load(&connections);
    int owners[100], seen = 0;
    for (int i = 0; i < 100; i++) {
        owners[i] = 0;
        struct http_request request = { .method = "GET", .url = at("/etag"), .owner = &owners[i] };
        CHECK_INT(http_submit(client, &request, &error), STATUS_OK);
    }
    struct http_response answer;
    while (http_next(client, 5000, &answer, &error) == STATUS_OK) {
        CHECK_INT(answer.status, 200);
        ++*(int *)answer.owner;
        seen++;
    }
    CHECK_INT(seen, 100);
    for (int i = 0; i < 100; i++)
        CHECK_INT(owners[i], 1);
    CHECK(atomic_load(&connections) - before <= 4);
}

TEST("header values come back verbatim, and headers that did not come are none")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    static const char *const answers[] = {
        "HTTP/1.1 100 Continue\r\nETag: \"no\"\r\n\r\n"
        "HTTP/1.1 201 Created\r\neTaG:  \"x y\" \r\nContent-Type: application/json; charset=utf-8\r\n"
        "Last-Modified: Mon, 23 Nov 2026 04:05:06 GMT\r\nLocation: ../a b\r\n"
        "Content-Digest: sha-256=:abc=:\r\nContent-Length: 0\r\n\r\n"
    };
    struct script script = { .answers = answers, .count = 1 };
    struct http_response answer = get(client, script_start(&script));
    CHECK_INT(answer.status, 201);
    CHECK_TEXT(answer.etag, TEXT("\"x y\""));
    CHECK_TEXT(answer.content_type, TEXT("application/json; charset=utf-8"));
    CHECK_TEXT(answer.last_modified, TEXT("Mon, 23 Nov 2026 04:05:06 GMT"));
    CHECK_TEXT(answer.location, TEXT("../a b"));
    CHECK_TEXT(answer.content_digest, TEXT("sha-256=:abc=:"));
    CHECK_INT(answer.retry_after_ms, -1);
    CHECK_TEXT(answer.body, TEXT(""));
    script_stop(&script);
    answer = get(client, at("/missing"));
    CHECK_INT(answer.status, 404);
    CHECK(!answer.etag.bytes);
    CHECK(!answer.location.bytes);
}

TEST("Retry-After is understood in seconds and as a date")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    struct http_response answer = get(client, at("/retry-seconds"));
    CHECK_INT(answer.status, 429);
    CHECK_INT(answer.retry_after_ms, 7000);
    answer = get(client, at("/retry-date"));
    CHECK(answer.retry_after_ms > 80000 && answer.retry_after_ms <= 90000);
    static const char *const answers[] = {
        "HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: soon\r\n\r\n",
        "HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: "
        "99999999999999999999999\r\n\r\n",
        "HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: "
        "Mon, 01 Jan 2001 00:00:00 GMT\r\n\r\n"
    };
    struct script script = { .answers = answers, .count = 3 };
    const char *url = script_start(&script);
    CHECK_INT(get(client, url).retry_after_ms, -1);
    CHECK(get(client, url).retry_after_ms > INT32_MAX);
    CHECK_INT(get(client, url).retry_after_ms, 0);
    script_stop(&script);
}

TEST("a header with a line break in it is never sent")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    const struct http_header broken = { "X-Key", TEXT("a\r\nX-Evil: 1") };
    struct http_request request = {
        .method = "GET", .url = at("/echo"), .headers = &broken, .header_count = 1, .owner = &request
    };
    struct http_response answer = send_with(client, request);
    CHECK_INT(answer.failure, HTTP_USAGE);
    CHECK_CONTAINS(answer.why, "holds a line break");
    CHECK(answer.owner == &request);
    const struct http_header misnamed = { "X Key:", TEXT("a") };
    request.headers = &misnamed;
    CHECK_CONTAINS(send_with(client, request).why, "a name that HTTP does not allow");
    request.method = "GET /evil";
    CHECK_INT(http_submit(client, &request, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "a URL and a method");
}

/* ---- URLs and redirects ---- */

TEST("only the schemes that are allowed are spoken")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    struct http_response answer = get(client, "file:///etc/passwd");
    CHECK_INT(answer.failure, HTTP_USAGE);
    CHECK_CONTAINS(answer.why, "not supported");
    CHECK_INT(get(client, "http://").failure, HTTP_USAGE);
    CLIENT_OWNED struct http_client *files = client_with((struct http_options){ .schemes = "file" });
    char path[256], url[300];
    snprintf(path, sizeof path, "%s/a.json", test_folder());
    FILE *file = fopen(path, "w");
    if (!file)
        abort();
    fputs("[1]", file);
    fclose(file);
    snprintf(url, sizeof url, "file://%s", path);
    answer = get(files, url);
    CHECK_INT(answer.status, 200);
    CHECK_TEXT(answer.body, TEXT("[1]"));
    CHECK_INT(get(files, "file:///nonexistent/a").failure, HTTP_USAGE);
    struct http_client *none;
    CHECK_INT(http_open(&(struct http_options){ .schemes = "telepathy" }, &none, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "schemes");
}

TEST("a redirect comes back as it is unless following it was asked for, and for a PUT always")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    struct http_response answer = get(client, at("/redirect"));
    CHECK_INT(answer.status, 302);
    CHECK_TEXT(answer.location, TEXT("echo?hop=1"));
    CHECK_TEXT(answer.body, TEXT("over there"));
    CLIENT_OWNED struct http_client *follower =
        client_with((struct http_options){ .follow_same_host = true });
    CHECK_INT(put(follower, at("/redirect"), TEXT("x")).status, 302);
    const struct http_header key = { "X-Api-Key", TEXT("secret") };
    answer = send_with(follower, (struct http_request){ .method = "GET",
                                                        .url = at("/redirect"),
                                                        .headers = &key,
                                                        .header_count = 1,
                                                        .user = "so",
                                                        .password = "secret" });
    CHECK_INT(answer.status, 200);
    CHECK(text_ends(text_of(answer.effective_url), TEXT("/echo?hop=1")));
    has(answer, "X-Api-Key: secret\n");
    has(answer, "Authorization: Basic");
}

TEST("a redirect to another host is followed only when that was asked for, and without credentials")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .follow_same_host = true });
    struct http_response answer = get(client, at("/redirect-other"));
    CHECK_INT(answer.failure, HTTP_ANSWERED);
    CHECK_INT(answer.status, 302);
    CLIENT_OWNED struct http_client *roamer = client_with((struct http_options){ .follow_any_host = true });
    const struct http_header headers[] = {
        { "Authorization", TEXT("Bearer secret") },
        { "Cookie", TEXT("a=secret") },
        { "X-Api-Key", TEXT("secret") },
        { "Accept", TEXT("text/x-mine") },
    };
    struct http_request request = { .method = "GET",
                                    .url = at("/redirect-other"),
                                    .headers = headers,
                                    .header_count = 4,
                                    .user = "so",
                                    .password = "secret" };
    answer = send_with(roamer, request);
    CHECK_INT(answer.status, 200);
    CHECK(text_starts(text_of(answer.effective_url), TEXT("http://localhost:")));
    CHECK(!strstr(answer.body.bytes, "secret"));
    CHECK(!strstr(answer.body.bytes, "Authorization"));
    has(answer, "Accept: text/x-mine\n");
    request.url = at("/echo"); /* the next request of the same handle has them again */
    has(send_with(roamer, request), "X-Api-Key: secret\n");
}

TEST("redirects to another scheme and endless ones are refused")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .follow_any_host = true, .schemes = "http,https,file" });
    struct http_response answer = get(client, at("/redirect-file"));
    CHECK_INT(answer.failure, HTTP_USAGE);
    CHECK_CONTAINS(answer.why, "not http or https");
    CHECK_TEXT(answer.body, TEXT(""));
    answer = get(client, at("/loop"));
    CHECK_INT(answer.failure, HTTP_USAGE);
    CHECK_CONTAINS(answer.why, "more than 5 times");
}

TEST("what is said of a failure holds no credentials")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .connect_timeout_ms = 1000 });
    static const char *const urls[] = { "http://ngan:hoa/hong@no-such.invalid/",
                                        "ftp://ngan:hoa@no-such.invalid/", "http://ngan:hoa@no such.invalid/",
                                        "ngan:hoa@://x" };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct http_response answer = get(client, urls[i]);
        CHECK(answer.failure == HTTP_USAGE || answer.failure == HTTP_NOT_SENT);
        CHECK(*answer.why);
        CHECK(!strstr(answer.why, "ngan") && !strstr(answer.why, "hoa"));
    }
}

/* ---- waiting ---- */

TEST("http_next does not wait longer than it is told")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    static const char *const answers[] = { "" };
    struct script script = { .answers = answers, .count = 1 };
    struct http_request request = { .method = "GET", .url = script_start(&script) };
    struct http_response answer;
    CHECK_INT(http_next(client, 10000, &answer, &error), STATUS_END); /* nothing is pending */
    CHECK_INT(http_submit(client, &request, &error), STATUS_OK);
    CHECK_INT(http_next(client, 0, &answer, &error), STATUS_END);
    CHECK_INT(http_next(client, 50, &answer, &error), STATUS_END);
    script_stop(&script);
}

static int leaving;

static void count_leaving(void)
{
    leaving++;
}

TEST("who wants to be told hears of every request, whatever client it leaves by, and of none that cannot "
     "leave")
{
    CLIENT_OWNED struct http_client *one = client_with((struct http_options){ 0 });
    CLIENT_OWNED struct http_client *other = client_with((struct http_options){ 0 });
    struct http_header wrong = { "X", TEXT("a\nb") };
    struct http_request unusable = {
        .method = "GET", .url = at("/etag"), .headers = &wrong, .header_count = 1
    };
    http_tell(count_leaving);
    (void)get(one, at("/etag"));
    CHECK_INT(leaving, 1);
    (void)get(other, at("/missing"));
    CHECK_INT(leaving, 2);
    CHECK_INT(http_submit(one, &unusable, &error), STATUS_OK);
    CHECK_INT(leaving, 2);
    http_tell(NULL);
    (void)get(one, at("/etag"));
    CHECK_INT(leaving, 2);
}

TEST("http_once waits for its own request and leaves the others and their answers alone")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 2 });
    struct http_response first, answer;
    for (int i = 0; i < 5; i++)
        (void)http_submit(client, &(struct http_request){ .method = "GET", .url = at("/etag") }, &error);
    CHECK_INT(http_next(client, 5000, &first, &error), STATUS_OK);
    answer = get(client, at("/missing"));
    CHECK_INT(answer.status, 404);
    CHECK_TEXT(answer.body, TEXT("no such thing"));
    CHECK_TEXT(first.body, TEXT("{}"));
    for (int i = 0; i < 4; i++)
        CHECK_INT(http_next(client, 5000, &answer, &error), STATUS_OK);
    CHECK_INT(http_next(client, 5000, &answer, &error), STATUS_END);
}

static enum status add_up(void *user_data, struct text chunk, struct error *failure)
{
    size_t *sum = user_data;
    *sum += chunk.length;
    return *sum > 150000 ? error_set(failure, STATUS_FATAL, "that is enough") : STATUS_OK;
}

TEST("a download goes to its sink piece by piece, other answers do not, and the sink can end it")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .answer_limit = 200000 });
    struct http_request request = { .method = "GET", .url = at("/large") };
    struct http_response answer;
    size_t sum = 0;
    CHECK_INT(http_download(client, &request, add_up, &sum, &answer, &error), STATUS_OK);
    CHECK_INT(answer.failure, HTTP_ANSWERED);
    CHECK_INT(sum, 100000);
    CHECK_INT(answer.body.length, 0);
    request.url = at("/missing");
    CHECK_INT(http_download(client, &request, add_up, &sum, &answer, &error), STATUS_OK);
    CHECK_INT(answer.status, 404);
    CHECK_INT(sum, 100000);
    CHECK_TEXT(answer.body, TEXT("no such thing"));
    request.url = at("/large");
    CHECK_INT(http_download(client, &request, add_up, &sum, &answer, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "that is enough");
}

TEST("closing a client breaks off what is under way")
{
    struct http_client *client = client_with((struct http_options){ .in_flight = 2 });
    static const char *const answers[] = { "" };
    struct script script = { .answers = answers, .count = 1 };
    struct http_request request = { .method = "GET", .url = script_start(&script) };
    struct http_response answer;
    for (int i = 0; i < 5; i++)
        (void)http_submit(client, &request, &error);
    (void)http_next(client, 50, &answer, &error);
    http_close(client);
    script_stop(&script);
}

TEST("what is not unreserved is percent-encoded")
{
    BUFFER_OWNED struct buffer out = { 0 };
    http_escape(&out, TEXT("Az09-._~ /?&=+%\0đ"));
    CHECK_TEXT(buffer_view(&out), TEXT("Az09-._~%20%2F%3F%26%3D%2B%25%00%C4%91"));
}

TEST("a URL is this machine's by its whole host, not by how it begins")
{
    static const char *const here[] = { "http://localhost/x",       "http://LOCALHOST:80",
                                        "http://127.0.0.1:8080/v1", "http://127.9.8.7",
                                        "http://[::1]:99/",         "smtp://localhost" };
    static const char *const elsewhere[] = { "http://127.evil.example/",
                                             "http://localhost.evil.example",
                                             "http://localhost@evil.example/",
                                             "http://10.0.0.1",
                                             "http://128.0.0.1",
                                             "http://",
                                             "not a url" };
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        CHECK(http_url_read(here[i]).here);
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        CHECK(!http_url_read(elsewhere[i]).here);
    CHECK(http_url_read("https://user@host/").signed_in);
    CHECK(http_url_read("HTTPS://host/").web);
    CHECK(!http_url_read("ftp://host/").web);
}
