/* The portal's settings, credentials and answers. */
#include "load/portal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/yaml.h"
#include "load/portal_answer.h"
#include "load/portal_rest.h"
#include "tests/support/test.h"

static struct error error;
static struct portal portal;

static enum status read_from(const char *folder, const char *yaml)
{
    struct value *tree = NULL;
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    error = (struct error){ .status = STATUS_OK };
    portal = (struct portal){ .driver = NULL };
    if (yaml && yaml_parse(&test_arena, text_of(yaml), "congkhai.yaml", &tree, &error))
        return error.status;
    return portal_read(&context, folder, tree, &portal, &error);
}

static enum status read_yaml(const char *yaml)
{
    return read_from("/nowhere", yaml);
}

TEST("the settings have their defaults")
{
    CHECK_INT(read_yaml("url: https://portal.example/v1"), STATUS_OK);
    CHECK_STRING(portal.driver->name, "rest");
    CHECK_INT(portal.settings->in_flight, 8);
    CHECK_INT(portal.settings->batch, 1);
    CHECK_INT(portal.settings->timeout, 60000);
    CHECK_INT(portal.settings->retry.attempts, 5);
    CHECK_INT(portal.settings->retry.first, 1000);
    CHECK_INT(portal.settings->retry.most, 60000);
    portal_free(&portal);
}

TEST("what is wrong is named with its place and what could stand there")
{
    CHECK_INT(read_yaml(NULL), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no \"portal\"");
    CHECK_INT(read_yaml("driver: soap\nurl: https://a/"), STATUS_USAGE);
    CHECK_CONTAINS(error.message,
                   "congkhai.yaml:1:1: there is no portal driver \"soap\"; this program has: rest");
    CHECK_INT(read_yaml("driver: rest"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "needs \"url\"");
    CHECK_INT(read_yaml("url: https://a/\nin_fligth: 3"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "in_flight");
    CHECK_INT(read_yaml("url: https://a/\nin_flight: 1001"), STATUS_USAGE);
    CHECK_INT(read_yaml("url: https://a/\nbatch: 0"), STATUS_USAGE);
    CHECK_INT(read_yaml("url: https://a/\nretry: { atempts: 1 }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "attempts");
    CHECK_INT(read_yaml("url: portal.example/v1"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "congkhai.yaml:1:1: \"url\" must begin with https://");
    CHECK_INT(read_yaml("url: https://portal.example/v1?x=y"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "congkhai.yaml:1:1: \"url\" is what stands before all paths");
    CHECK_INT(read_yaml("in_flight: 1"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "needs \"url\" for the driver rest");
    CHECK_INT(read_yaml("url: https://me:pw@portal.example/v1"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "put them in \"auth\"");
    CHECK(!strstr(error.message, "pw@"));
    CHECK_INT(read_yaml("url: https://a/\nca_file: none.pem"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no file /nowhere/none.pem");
}

TEST("credentials: one kind, whole, and never over an open wire to another machine")
{
    CHECK_INT(read_yaml("url: https://a/\nauth: { bearer: x, basic: { user: a, password: b } }"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "takes one of basic, bearer and oauth2");
    CHECK_INT(read_yaml("url: https://a/\nauth: { basic: { user: a } }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "password");
    CHECK_INT(read_yaml("url: https://a/\nauth: { certificate: a.pem }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "needs both, certificate and key");
    CHECK_INT(read_yaml("url: https://a/\nauth: { certificate: a.pem, key: b.pem }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no file /nowhere/a.pem");
    CHECK_INT(read_yaml("url: http://portal.example/\nauth: { bearer: abc }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "credentials would travel unencrypted to http://portal.example/");
    CHECK_INT(read_yaml("url: http://localhost.example/\nauth: { bearer: abc }"), STATUS_USAGE);
    CHECK_INT(read_yaml("url: http://portal.example/\nauth: { bearer: abc }\nunencrypted_credentials: true"),
              STATUS_OK);
    portal_free(&portal);
    CHECK_INT(read_yaml("url: http://127.0.0.1:8080/v1\nauth: { bearer: abc }"), STATUS_OK);
    CHECK_TEXT(portal.settings->auth.bearer, TEXT("Bearer abc"));
    portal_free(&portal);
    CHECK_INT(read_yaml("url: http://[::1]:8080/v1\nauth: { basic: { user: a, password: b } }"), STATUS_OK);
    CHECK_STRING(portal.settings->auth.user, "a");
    portal_free(&portal);
}

TEST("secrets come from the environment and from files, and their values are in no message")
{
    const char *folder = test_folder();
    CHECK_INT(file_write(file_path(&test_arena, folder, "token"), TEXT("t0ken\r\n"), 0600, &error),
              STATUS_OK);
    CHECK_INT(file_write(file_path(&test_arena, folder, "lines"), TEXT("two\nlines"), 0600, &error),
              STATUS_OK);
    setenv("CONGKHAI_TEST_SECRET", "fr0m-env", 1);
    CHECK_INT(read_from(folder, "url: https://a/\nauth: { bearer: \"${file:token}\" }"), STATUS_OK);
    CHECK_TEXT(portal.settings->auth.bearer, TEXT("Bearer t0ken"));
    portal_free(&portal);
    CHECK_INT(
        read_from(
            folder,
            "url: https://a/\nauth: { basic: { user: u, password: \"a${env:CONGKHAI_TEST_SECRET}b\" } }"),
        STATUS_OK);
    CHECK_STRING(portal.settings->auth.password, "afr0m-envb");
    portal_free(&portal);
    CHECK_INT(read_from(folder, "url: https://a/\nauth:\n  bearer: \"${file:none}\""), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "congkhai.yaml:3:3");
    CHECK_CONTAINS(error.message, "a secret cannot be read");
    CHECK_CONTAINS(error.message, "none");
    CHECK_INT(read_from(folder, "url: https://a/\nauth: { bearer: \"${file:lines}\" }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"bearer\" holds a line break");
    CHECK(!strstr(error.message, "two"));
    unsetenv("CONGKHAI_TEST_SECRET");
    CHECK_INT(read_from(folder, "url: https://a/\nauth: { bearer: \"${env:CONGKHAI_TEST_SECRET}\" }"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"CONGKHAI_TEST_SECRET\" is not set");
    /* Even an address can be one, and then only its name is shown. */
    setenv("CONGKHAI_TEST_SECRET", "http://hidden.example/", 1);
    CHECK_INT(read_from(folder, "url: ${env:CONGKHAI_TEST_SECRET}\nauth: { bearer: a }"), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "${env:CONGKHAI_TEST_SECRET}");
    CHECK(!strstr(error.message, "hidden"));
}

/* ---- answers ---- */

static struct value *json_of(const char *text)
{
    struct value *value = NULL;
    CHECK_INT(json_parse(&test_arena, text_of(text), &value, &error), STATUS_OK);
    return value;
}

TEST("what is held is read with digest, version and standing; numbers are good versions too")
{
    struct remote_state remote = { .has_digest = false };
    CHECK(portal_answer_held(json_of("{\"code\":\"1\",\"version\":7,\"status\":\"abolished\",\"digest\":"
                                     "\"ab00000000000000000000000000000000000000000000000000000000000000\"}"),
                             TEXT("1"), &remote));
    CHECK(remote.has_digest && remote.digest.bytes[0] == 0xab);
    CHECK_TEXT(remote.version, TEXT("7"));
    CHECK_INT(remote.standing, REMOTE_ABOLISHED);
    CHECK(!portal_answer_held(json_of("{\"code\":\"2\"}"), TEXT("1"), &remote));
    CHECK(!portal_answer_held(json_of("[]"), TEXT("1"), &remote));
    CHECK(!portal_answer_held(NULL, TEXT("1"), &remote));
    remote = (struct remote_state){ .has_digest = false };
    CHECK(portal_answer_held(json_of("{\"ok\":true,\"status\":201}"), TEXT("1"), &remote));
    CHECK(!remote.has_digest && !remote.version.bytes && remote.standing == REMOTE_UNSAID);
}

TEST("a content is digested here; a digest that is none is not ours")
{
    struct remote_state remote = { .has_digest = false };
    struct digest digest = crypto_sha256(TEXT("{\"code\":\"1\",\"name\":\"x\"}"));
    CHECK(
        portal_answer_held(json_of("{\"content\":{ \"name\":\"x\", \"code\":\"1\" }}"), TEXT("1"), &remote));
    CHECK(!remote.has_digest && remote.has_content && digest_equal(&remote.content, &digest));
    remote = (struct remote_state){ .has_digest = false };
    CHECK(portal_answer_held(json_of("{\"digest\":\"none\"}"), TEXT("1"), &remote));
    CHECK(remote.bad_digest && !remote.has_digest);
    remote = (struct remote_state){ .has_digest = false }; /* upper case is another form */
    portal_answer_held(
        json_of("{\"digest\":\"AB00000000000000000000000000000000000000000000000000000000000000\"}"),
        TEXT("1"), &remote);
    CHECK(remote.bad_digest && !remote.has_digest);
    remote = (struct remote_state){ .has_digest = false };
    portal_answer_held(json_of("{\"digest\":\"\",\"content\":null}"), TEXT("1"), &remote);
    CHECK(!remote.bad_digest && !remote.has_digest && !remote.has_content);
}

TEST("a version or ETag that could not be sent back is none")
{
    struct remote_state remote = { .has_digest = false };
    portal_answer_etag(TEXT("\"a\x01\""), &remote);
    portal_answer_etag(TEXT("\"caf\xc3\xa9\""), &remote);
    portal_answer_etag(TEXT(""), &remote);
    CHECK(!remote.etag.bytes);
    portal_answer_etag(TEXT("\"a-1\""), &remote);
    CHECK_TEXT(remote.etag, TEXT("\"a-1\""));
    portal_answer_held(json_of("{\"version\":\"a\\nb\"}"), TEXT("1"), &remote);
    CHECK(!remote.version.bytes);
}

TEST("the portal's words are one clean, bounded line")
{
    struct text none = TEXT("");
    const struct value *problem = json_of(
        "{\"type\":\"about:blank\",\"title\":\"Refused\",\"detail\":\"Two\\nfaults.\",\"errors\":["
        "{\"pointer\":\"/name\",\"detail\":\"is\\u0001 \\u001b[31mlong\"},{\"pointer\":\"/steps\"}]}");
    CHECK_TEXT(portal_answer_words(&test_arena, 422, problem, none),
               TEXT("Refused: Two faults.; /name: is [31mlong; /steps"));
    CHECK_TEXT(portal_answer_words(&test_arena, 422, json_of("{\"errors\":\"too long\"}"), none),
               TEXT("too long"));
    CHECK_TEXT(portal_answer_words(&test_arena, 422, json_of("{\"errors\":[\"one\",\"two\"]}"), none),
               TEXT("one; two"));
    CHECK_TEXT(portal_answer_words(&test_arena, 422,
                                   json_of("{\"errors\":{\"name\":[\"long\",\"odd\"],\"code\":\"bad\"}}"),
                                   none),
               TEXT("name: long, odd; code: bad"));
    CHECK_TEXT(portal_answer_words(&test_arena, 201, json_of("{\"error_code\":1}"), none),
               TEXT("error_code: 1"));
    CHECK_TEXT(
        portal_answer_words(&test_arena, 200, json_of("{\"error_code\":\"E5\",\"message\":\"no\"}"), none),
        TEXT("no; error_code: E5"));
    CHECK_TEXT(portal_answer_words(&test_arena, 200, json_of("{\"data\":{\"error\":\"late\"}}"), none),
               TEXT("error: late"));
    CHECK_TEXT(portal_answer_words(&test_arena, 200, json_of("{\"success\":false}"), none),
               TEXT("success: false"));
    CHECK_TEXT(portal_answer_words(&test_arena, 502, NULL, none), TEXT("HTTP 502"));
    CHECK_TEXT(portal_answer_words(&test_arena, 502, json_of("{}"), TEXT("{}")), TEXT("HTTP 502"));
    CHECK_TEXT(portal_answer_words(&test_arena, 403, NULL,
                                   TEXT("<html><head><Title>Request\n Rejected</title></head>…")),
               TEXT("Request Rejected"));
    CHECK_TEXT(portal_answer_words(&test_arena, 500, NULL, TEXT("b\xffroken\r\n")), TEXT("b?roken "));
    struct buffer BUFFER_OWNED many = { 0 };
    buffer_string(&many, "{\"errors\":[");
    for (int i = 0; i < 5000; i++)
        buffer_printf(&many, "%s{\"detail\":\"%0300d\"}", i ? "," : "", i);
    buffer_string(&many, "]}");
    struct text message = portal_answer_words(&test_arena, 422, json_of(many.bytes), none);
    CHECK(message.length <= 1500);
    CHECK_TEXT(portal_answer_clean(&test_arena, TEXT("  Thủ\ttục \xff "), 100), TEXT("Thủ tục ?"));
    CHECK_TEXT(portal_answer_clean(&test_arena, TEXT("Thủ tục"), 3), TEXT("Th"));
}

TEST("each status means what the contract says")
{
    static const struct {
        long status;
        enum portal_result said;
    } meanings[] = {
        { 200, RESULT_TAKEN },   { 201, RESULT_TAKEN },    { 202, RESULT_ACCEPTED }, { 301, RESULT_CLOSED },
        { 304, RESULT_CLOSED },  { 307, RESULT_CLOSED },   { 400, RESULT_REFUSED },  { 401, RESULT_CLOSED },
        { 403, RESULT_CLOSED },  { 404, RESULT_CLOSED },   { 405, RESULT_CLOSED },   { 203, RESULT_LOST },
        { 204, RESULT_LOST },    { 206, RESULT_LOST },     { 410, RESULT_GONE },     { 407, RESULT_CLOSED },
        { 408, RESULT_BUSY },    { 409, RESULT_MISMATCH }, { 412, RESULT_MISMATCH }, { 413, RESULT_REFUSED },
        { 415, RESULT_REFUSED }, { 422, RESULT_REFUSED },  { 425, RESULT_BUSY },     { 429, RESULT_BUSY },
        { 500, RESULT_LOST },    { 501, RESULT_LOST },     { 502, RESULT_LOST },     { 503, RESULT_BUSY },
        { 504, RESULT_LOST },    { 599, RESULT_LOST },     { 0, RESULT_LOST },       { 999, RESULT_LOST },
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (!CHECK_INT(portal_answer_said(meanings[i].status, NULL), meanings[i].said))
            printf("  HTTP %ld\n", meanings[i].status);
    const struct value *unknown = json_of("{\"type\":\"urn:procedure:unknown\"}");
    CHECK_INT(portal_answer_said(404, unknown), RESULT_UNKNOWN);
    CHECK_INT(portal_answer_said(404, json_of("{\"type\":\"about:blank\"}")), RESULT_CLOSED);
    CHECK_INT(portal_answer_said(405, unknown), RESULT_CLOSED);
}
