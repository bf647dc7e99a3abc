/* Credentials on the wire. */
#include "tests/load/simulated.h"

#include "adapters/file.h"

TEST("basic credentials and a bearer token from a file are accepted")
{
    const char *options[] = { "--token", "t0ken", "--basic", "can-tho:p@ss w0rd", NULL };
    simulated_start(options);
    char path[300];
    snprintf(path, sizeof path, "%s/token", simulated.folder);
    CHECK_INT(file_write(path, TEXT("t0ken\n"), 0600, &simulated.error), STATUS_OK);
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load("auth: { bearer: \"${file:token}\" }"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 3);
    simulated_want_many(3, "second");
    CHECK_INT(simulated_load("auth: { basic: { user: can-tho, password: \"p@ss w0rd\" } }"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 3);
    CHECK_INT(simulated_number("by_status.401"), 0);
    simulated_close();
}

static char *oauth_settings(const char *secret)
{
    static char settings[500];
    snprintf(settings, sizeof settings,
             "in_flight: 4\nauth: { oauth2: { token_url: \"%s/token\", client_id: h13, client_secret: %s } }",
             simulated.url, secret);
    return settings;
}

TEST("an OAuth 2 token is got first, and got again when the portal has forgotten it")
{
    const char *options[] = { "--oauth", "--client", "h13:s3cret", NULL };
    simulated_start(options);
    simulated_want_many(20, "first");
    CHECK_INT(simulated_load(oauth_settings("s3cret")), STATUS_OK);
    CHECK_INT(simulated.counts.published, 20);
    CHECK_INT(simulated_number("tokens"), 1);
    simulated_want_many(20, "second");
    simulated_faults("[\"kind=status:401,on=put,skip=7,count=1\"]");
    CHECK_INT(simulated_load(oauth_settings("s3cret")), STATUS_OK);
    CHECK_INT(simulated.counts.published, 20);
    CHECK_INT(simulated_number("tokens"), 3);
    simulated_close();
}

TEST("a token that ends before its first request arrives says nothing of the credentials")
{
    const char *options[] = { "--oauth", "--client", "h13:s3cret", NULL };
    simulated_start(options);
    simulated_want_many(20, "first");
    simulated_faults("[\"kind=status:401,on=put,skip=7,count=2\"]");
    char settings[600];
    snprintf(settings, sizeof settings, "in_flight: 1\n%s", strchr(oauth_settings("s3cret"), '\n') + 1);
    CHECK_INT(simulated_load(settings), STATUS_OK);
    CHECK_INT(simulated.counts.published, 20);
    CHECK_INT(simulated_number("tokens"), 3);
    simulated_close();
}

TEST("tokens that are refused one after the other stop the run")
{
    const char *options[] = { "--oauth", "--client", "h13:s3cret", NULL };
    simulated_start(options);
    simulated_want_many(20, "first");
    simulated_faults("[\"kind=status:401,on=put\"]");
    CHECK_INT(simulated_load(oauth_settings("s3cret")), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "refuses the credentials (HTTP 401");
    CHECK_INT(simulated.counts.pending, 20);
    simulated_close();
}

TEST("no token, no run: the client is refused, or the token's server is not there")
{
    const char *options[] = { "--oauth", "--client", "h13:s3cret", NULL };
    simulated_start(options);
    simulated_want_many(20, "first");
    CHECK_INT(simulated_load(oauth_settings("gu3ssed")), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message,
                   "gives no token for these credentials (HTTP 401); check client_id");
    CHECK_CONTAINS(simulated.error.message, "everything stays pending");
    CHECK(!strstr(simulated.error.message, "gu3ssed"));
    CHECK_INT(simulated.counts.pending, 20);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated_number("by_operation.put"), 0);
    simulated_kill();
    CHECK_INT(simulated_load(oauth_settings("s3cret")), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "no token could be got");
    CHECK_INT(simulated.counts.pending, 20);
    simulated_close();
}

TEST("short-lived tokens are renewed before they expire")
{
    const char *options[] = { "--oauth", "--token-seconds", "1", "--delay", "100", NULL };
    simulated_start(options);
    simulated_want_many(80, "first");
    CHECK_INT(simulated_load(oauth_settings("any")), STATUS_OK);
    CHECK_INT(simulated.counts.published, 80);
    CHECK(simulated_number("tokens") >= 3);
    CHECK_INT(simulated_number("by_status.401"), 0);
    simulated_close();
}
