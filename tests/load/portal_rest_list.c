/* The listing of a portal that is not as the contract has it: it must never be taken for one that holds less. */
#include "load/portal_rest.h"

#include "adapters/http_server.h"
#include "load/reconcile.h"
#include "tests/load/simulated.h"

static struct value *json(const char *text)
{
    struct value *value = NULL;
    struct error error = { .status = STATUS_OK };
    CHECK_INT(json_parse(&test_arena, text_of(text), &value, &error), STATUS_OK);
    return value;
}

TEST("that a code is not there is said by a whole page in order alone")
{
    static const struct {
        const char *page;
        enum rest_listed found;
    } rows[] = {
        { "{\"items\":[{\"code\":\"2\"},{\"code\":\"5\"}]}", REST_LISTED },
        { "{\"items\":[{\"code\":\"2\"},{\"code\":\"3\"}],\"next\":\"3\"}", REST_UNTOLD },
        { "{\"items\":[{\"code\":\"2\"},{\"code\":\"3\"}],\"next\":null}", REST_UNLISTED },
        { "{\"items\":[{\"code\":\"4\"},{\"code\":\"6\"}],\"next\":\"6\"}", REST_UNLISTED },
        { "{\"items\":[{\"code\":\"7\"},{\"code\":\"6\"}],\"next\":\"6\"}", REST_UNTOLD },
        { "{\"items\":[{\"code\":\"7\"},{\"code\":\"6\"}]}", REST_UNLISTED },
        { "{\"items\":[]}", REST_UNLISTED },
        { "{\"items\":[{\"name\":\"5\"}]}", REST_UNTOLD },
        { "{\"items\":[{\"code\":5}]}", REST_LISTED },
        { "{\"items\":[{\"code\":null}]}", REST_UNTOLD },
        { "{\"items\":{}}", REST_UNTOLD },
        { "{\"next\":null}", REST_UNTOLD },
        { "[]", REST_UNTOLD },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!CHECK_INT(rest_list_finds(json(rows[i].page), TEXT("5")), rows[i].found))
            printf("  %s\n", rows[i].page);
    CHECK_INT(rest_list_finds(NULL, TEXT("5")), REST_UNTOLD);
}

/* ---- a portal that answers every question in one way ---- */

static const char *said;
static unsigned said_with;

static void answer(void *user_data, const struct http_server_request *request,
                   struct http_server_answer *made)
{
    (void)user_data, (void)request;
    made->status = said_with;
    made->type = said_with == 200 ? "application/json" : "application/problem+json";
    buffer_string(&made->body, said);
}

static enum status ask(const char *address)
{
    struct reconciliation_counts counts;
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    struct value *tree = NULL;
    simulated.error = (struct error){ .status = STATUS_OK };
    CHECK_INT(
        yaml_parse(&test_arena,
                   text_format(&test_arena,
                               "{ url: \"%s\", timeout: 1s, retry: { attempts: 1, first: 1ms, most: 1ms } }",
                               address),
                   "congkhai.yaml", &tree, &simulated.error),
        STATUS_OK);
    struct load_request request = { .portal = tree,
                                    .agency_code = "H13",
                                    .folder = simulated.folder,
                                    .context = &context,
                                    .stop = &simulated.stop };
    return reconcile_ask(simulated.store, &request, &counts, &simulated.error);
}

TEST("a portal that lists something else than procedures is compared with nothing, and told")
{
    static const struct {
        unsigned status;
        const char *body, *words;
    } rows[] = {
        { 200, "{\"total\":0}", "it has no \"items\"" },
        { 200, "{\"items\":{}}", "it has no \"items\"" },
        { 200, "{\"items\":[{\"name\":\"x\"}]}", "an item without \"code\"" },
        { 200, "{\"items\":[],\"next\":7}", "its \"next\" is no code" },
        { 200, "{\"items\":[{\"code\":\"1\"}],\"next\":\"1\"}", "does not come to an end" },
        { 404, "{\"type\":\"urn:procedure:unknown\",\"status\":404}", "has no listing: check portal.url" },
    };
    struct http_server *server;
    struct http_server_settings settings = { .listen = "127.0.0.1:0", .descriptor = -1, .answer = answer };
    simulated = (struct simulated){ .process = 0 };
    snprintf(simulated.folder, sizeof simulated.folder, "%s", test_folder());
    simulated_open();
    CHECK_INT(http_server_open(&settings, &server, &simulated.error), STATUS_OK);
    CHECK_INT(http_server_start(server, &simulated.error), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        said = rows[i].body;
        said_with = rows[i].status;
        CHECK_INT(ask(http_server_address(server)), STATUS_STOP);
        CHECK_CONTAINS(simulated.error.message, rows[i].words);
    }
    CHECK_INT(simulated_events("reconciled"), 0);
    said = "{\"items\":[{\"code\":\"1\"}]}";
    said_with = 200;
    CHECK_INT(ask(http_server_address(server)), STATUS_OK);
    CHECK_INT(simulated_events("reconciled"), 1);
    http_server_close(server);
    simulated_close();
}
