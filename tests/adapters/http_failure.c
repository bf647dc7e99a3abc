/* What goes wrong, and what is said of it. */
#include "tests/adapters/http_servers.h"

TEST("a refused connection and an unknown host are NOT_SENT")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .connect_timeout_ms = 2000 });
    struct script script = { .count = 0 };
    const char *url = script_start(&script);
    script_stop(&script); /* its port is free again */
    struct http_response answer = put(client, url, TEXT("x"));
    CHECK_INT(answer.failure, HTTP_NOT_SENT);
    CHECK_INT(answer.status, 0);
    CHECK_CONTAINS(answer.why, "127.0.0.1");
    answer = put(client, "http://no-such-host.invalid/", TEXT("x"));
    CHECK_INT(answer.failure, HTTP_NOT_SENT);
}

TEST("a server that does not speak TLS is a TLS failure, a file of authorities that is not there too")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    static const char *const answers[] = { "HTTP/1.1 400 Bad Request\r\n\r\n", "" };
    struct script script = { .answers = answers, .count = 2, .any = true };
    char url[128];
    script_start(&script);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", script.port);
    CHECK_INT(put(client, url, TEXT("x")).failure, HTTP_TLS);
    CLIENT_OWNED struct http_client *other =
        client_with((struct http_options){ .ca_file = "/nonexistent/ca.pem" });
    CHECK_INT(put(other, url, TEXT("x")).failure, HTTP_TLS);
    script_stop(&script);
}

TEST("an answer that does not come in time is a TIMEOUT once the request has left")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .timeout_ms = 300 });
    static const char *const answers[] = { "" };
    struct script script = { .answers = answers, .count = 1, .body = 1 };
    struct http_response answer = put(client, script_start(&script), TEXT("x"));
    CHECK_INT(answer.failure, HTTP_TIMEOUT);
    CHECK_CONTAINS(answer.why, "timed out");
    CHECK(answer.took_us >= 250000 && answer.took_us < 3000000);
    script_stop(&script);
}

TEST("a request's own time limit counts before the client's")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .timeout_ms = 60000 });
    static const char *const answers[] = { "", OK_ANSWER };
    struct script script = { .answers = answers, .count = 2 };
    const char *url = script_start(&script);
    struct http_response answer =
        send_with(client, (struct http_request){ .method = "GET", .url = url, .timeout_ms = 200 });
    CHECK_INT(answer.failure, HTTP_TIMEOUT);
    script_stop(&script);
}

TEST("an answer that drips slower than 64 bytes a second is a TIMEOUT")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .timeout_ms = 60000, .slow_seconds = 1 });
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    struct script script = { .answers = answers, .count = 1, .drip_ms = 100 };
    struct http_response answer = get(client, script_start(&script));
    CHECK_INT(answer.failure, HTTP_TIMEOUT);
    CHECK(answer.took_us < 10000000);
    script_stop(&script);
}

TEST("an answer that is cut, or a connection closed without one, is RESET")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", NULL, NULL };
    struct script script = { .answers = answers, .count = 1, .body = 1 };
    struct http_response answer = put(client, script_start(&script), TEXT("x"));
    CHECK_INT(answer.failure, HTTP_RESET);
    CHECK_INT(answer.status, 200);
    CHECK_TEXT(answer.body, TEXT("abc"));
    script_stop(&script);
    struct script closing = { .answers = answers + 1, .count = 1, .body = 1 };
    answer = put(client, script_start(&closing), TEXT("x"));
    CHECK_INT(answer.failure, HTTP_RESET);
    CHECK_INT(answer.status, 0);
    script_stop(&closing);
}

TEST("an answer that is no HTTP is PROTOCOL, and its bytes do not reach the terminal")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ 0 });
    static const char *const answers[] = { "\x1b[31mhello\xff\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n" };
    struct script script = { .answers = answers, .count = 2, .body = 1 };
    struct http_response answer = put(client, script_start(&script), TEXT("x"));
    CHECK_INT(answer.failure, HTTP_PROTOCOL);
    CHECK(!strchr(answer.why, '\x1b') && !strchr(answer.why, '\xff'));
    script_stop(&script);
}

TEST("a PUT on a kept connection that dies is not silently sent twice")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 1 });
    static const char *const answers[] = { OK_ANSWER, NULL, OK_ANSWER };
    struct script script = { .answers = answers, .count = 3, .body = 1 };
    const char *url = script_start(&script);
    CHECK_INT(put(client, url, TEXT("1")).failure, HTTP_ANSWERED);
    struct http_response answer = put(client, url, TEXT("2"));
    CHECK_INT(answer.failure, HTTP_RESET);
    CHECK_CONTAINS(answer.why, "the kept connection broke");
    CHECK_INT(atomic_load(&script.requests), 2);
    CHECK_INT(put(client, url, TEXT("3")).failure, HTTP_ANSWERED);
    CHECK_INT(atomic_load(&script.requests), 3);
    script_stop(&script);
}

TEST("a GET on a kept connection that dies is sent again")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 1 });
    static const char *const answers[] = { OK_ANSWER, NULL, OK_ANSWER };
    struct script script = { .answers = answers, .count = 3 };
    const char *url = script_start(&script);
    CHECK_INT(get(client, url).failure, HTTP_ANSWERED);
    struct http_response answer = get(client, url);
    CHECK_INT(answer.failure, HTTP_ANSWERED);
    CHECK_TEXT(answer.body, TEXT("ok"));
    CHECK_INT(atomic_load(&script.connections), 2);
    script_stop(&script);
}

TEST("a PUT goes on a fresh connection where the kept one was closed before it")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .in_flight = 1 });
    static const char *const answers[] = { OK_ANSWER, OK_ANSWER };
    struct script first = { .answers = answers, .count = 1, .body = 1 };
    char url[64];
    snprintf(url, sizeof url, "%s", script_start(&first));
    CHECK_INT(put(client, url, TEXT("1")).failure, HTTP_ANSWERED);
    script_stop(&first); /* the kept connection is closed by now, and known to be */
    CHECK_INT(put(client, url, TEXT("2")).failure, HTTP_NOT_SENT);
}

TEST("a body over the ceiling is TOO_LARGE, also when it only grows so by decompression")
{
    CLIENT_OWNED struct http_client *client =
        client_with((struct http_options){ .answer_limit = 1000, .decompress = true });
    struct http_response answer = get(client, at("/large"));
    CHECK_INT(answer.failure, HTTP_TOO_LARGE);
    CHECK_CONTAINS(answer.why, "larger than 1000 bytes");
    CHECK_INT(get(client, at("/gzip")).failure, HTTP_TOO_LARGE);
    CHECK_INT(get(client, at("/etag")).failure, HTTP_ANSWERED);
}

TEST("gzip is undone whether it was asked for or not")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .decompress = true });
    struct http_response answer = get(client, at("/gzip"));
    CHECK_INT(answer.body.length, 1200);
    CHECK(text_starts(answer.body, TEXT("thủ tục thủ")));
    CLIENT_OWNED struct http_client *plain = client_with((struct http_options){ 0 });
    CHECK_INT(get(plain, at("/gzip")).body.length, 1200);
}

TEST("packed bytes that break off are a cut answer, whatever the length said; damaged and unknown ones are "
     "told")
{
    CLIENT_OWNED struct http_client *client = client_with((struct http_options){ .decompress = true });
    struct http_response answer = get(client, at("/gzip-cut"));
    CHECK_INT(answer.failure, HTTP_RESET);
    CHECK_CONTAINS(answer.why, "breaks off: it was cut");
    answer = get(client, at("/gzip-damaged"));
    CHECK_INT(answer.failure, HTTP_PROTOCOL);
    CHECK_CONTAINS(answer.why, "is damaged");
    answer = get(client, at("/packed-strangely"));
    CHECK_INT(answer.failure, HTTP_PROTOCOL);
    CHECK_CONTAINS(answer.why, "was not asked for");
    CHECK_INT(get(client, at("/packed-nothing")).failure, HTTP_ANSWERED);
    CHECK_TEXT(get(client, at("/identity")).body, TEXT("{}"));
    CHECK_INT(get(client, at("/gzip")).body.length, 1200); /* nothing of the faults before is left */
}
