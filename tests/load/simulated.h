/* A run of load against the portal simulator, which runs as a process of its own beside the test. */
#ifndef TESTS_LOAD_SIMULATED_H
#define TESTS_LOAD_SIMULATED_H

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "adapters/http.h"
#include "adapters/json.h"
#include "adapters/yaml.h"
#include "core/canonical.h"
#include "load/load.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/store_run.h"
#include "tests/support/test.h"

#define SIMULATED_OPTIONS 24

struct simulated {
    char folder[256];
    char url[128]; /* of the simulator, without /v1 */
    pid_t process;
    struct store *store;
    int64_t run;
    struct run_counts counts;
    struct error error;
    volatile sig_atomic_t stop;
    char notice[512];
    void (*progress)(void *user_data, int64_t done, int64_t total);
};

static struct simulated simulated;

/* ---- the simulator ---- */

static void simulated_kill(void)
{
    if (simulated.process > 0) {
        kill(simulated.process, SIGKILL);
        waitpid(simulated.process, NULL, 0);
    }
    simulated.process = 0;
}

static const char *simulated_program(void)
{
    static char path[1024];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 64);
    if (length < 0)
        return NULL;
    path[length] = 0;
    for (int i = 0; i < 3; i++)
        *strrchr(path, '/') = 0;
    strcat(path, "/portal-simulator");
    return path;
}

static bool simulated_wait_for_port(const char *file, char port[16])
{
    for (int i = 0; i < 500; i++) {
        int descriptor = open(file, O_RDONLY);
        ssize_t length = descriptor < 0 ? 0 : read(descriptor, port, 15);
        if (descriptor >= 0)
            close(descriptor);
        if (length > 0) {
            port[length] = 0;
            port[strcspn(port, "\r\n")] = 0;
            return true;
        }
        usleep(10000);
    }
    return false;
}

/* Starts it (anew, with what it held); options end with NULL. */
static bool simulated_serve(const char *port, const char *const *options)
{
    const char *arguments[SIMULATED_OPTIONS] = { simulated_program(), "--port", port, "--port-file" };
    char file[300], database[300], number[16];
    int count = 4;
    static bool registered;
    if (!registered)
        atexit(simulated_kill);
    registered = true;
    snprintf(file, sizeof file, "%s/port", simulated.folder);
    snprintf(database, sizeof database, "%s/portal.db", simulated.folder);
    unlink(file);
    arguments[count++] = file;
    arguments[count++] = "--database";
    arguments[count++] = database;
    for (; options && *options && count < SIMULATED_OPTIONS - 1; options++)
        arguments[count++] = *options;
    fflush(stdout);
    simulated.process = fork();
    if (simulated.process == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO);
        union {
            const char *const *given;
            char *const *taken;
        } list = { arguments };
        execv(arguments[0], list.taken);
        _exit(127);
    }
    bool up = simulated_wait_for_port(file, number);
    snprintf(simulated.url, sizeof simulated.url, "http://127.0.0.1:%s", number);
    return test_check(up, __FILE__, __LINE__, "the simulator is up: make portal-simulator first");
}

/* What GET, or POST with a body, gives: in test_arena. */
static struct value *simulated_control(const char *path, const char *method, const char *body)
{
    char url[300];
    struct http_client *client;
    struct http_response answer;
    struct error error = { .status = STATUS_OK };
    struct value *value = NULL;
    snprintf(url, sizeof url, "%s/_control/%s", simulated.url, path);
    struct http_request request = { .method = method, .url = url, .body = text_of(body) };
    if (http_open(&(struct http_options){ .in_flight = 1, .timeout_ms = 5000 }, &client, &error))
        return NULL;
    if (!http_once(client, &request, &answer, &error) && !answer.failure)
        (void)json_parse(&test_arena, answer.body, &value, &error);
    http_close(client);
    return value;
}

static void simulated_faults(const char *json_list)
{
    simulated_control("faults", "PUT", json_list);
}

/* A number of the statistics: "requests", "by_operation.put", "effects", … */
static int64_t simulated_number(const char *path)
{
    const struct value *value = simulated_control("stats", "GET", NULL);
    const char *dot = strchr(path, '.');
    if (dot) {
        value = value_find_text(value, (struct text){ path, (size_t)(dot - path) });
        path = dot + 1;
    }
    struct text number = value_text_of(value, path);
    return number.bytes ? strtoll(number.bytes, NULL, 10) : 0;
}

/* ---- the store ---- */

static void simulated_open(void)
{
    char path[300];
    struct error error = { .status = STATUS_OK };
    struct run_start start = { .command = "load", .operator_ = "tester", .host = "here", .version = "0" };
    snprintf(path, sizeof path, "%s/store.db", simulated.folder);
    if (!CHECK_INT(store_open(path, STORE_RUN, clock_system(), &simulated.store, &error), STATUS_OK) ||
        !CHECK_INT(store_run_begin(simulated.store, &start, &simulated.run, &error), STATUS_OK)) {
        printf("%s\n", error.message);
        exit(2);
    }
}

/* Without a word to the ledger, as a dead process would. */
static void simulated_die(void)
{
    store_close(simulated.store);
    simulated.store = NULL;
}

static void simulated_close(void)
{
    struct error error = { .status = STATUS_OK };
    if (simulated.store)
        CHECK_INT(store_run_end(simulated.store, 0, &simulated.counts, NULL, &error), STATUS_OK);
    simulated_die();
    simulated_kill();
}

static void simulated_start(const char *const *options)
{
    simulated_kill();
    simulated = (struct simulated){ .process = 0 };
    snprintf(simulated.folder, sizeof simulated.folder, "%s", test_folder());
    simulated_serve("0", options);
    simulated_open();
}

/* A canonical procedure; `name` tells versions apart. */
static struct text simulated_content(const char *code, const char *name, const char *status)
{
    struct buffer out = { 0 };
    struct value *value = value_object(&test_arena), *agency = value_object(&test_arena),
                 *decision = value_object(&test_arena);
    value_set(agency, "code", value_string(&test_arena, "H13"));
    value_set(decision, "number", value_string(&test_arena, "12/QĐ-UBND"));
    value_set(value, "agency", agency);
    value_set(value, "code", value_string(&test_arena, code));
    value_set(value, "decision", decision);
    value_set(value, "kind", value_string(&test_arena, "public"));
    value_set(value, "name", value_string(&test_arena, name));
    value_set(value, "status", value_string(&test_arena, status));
    canonical_write(&out, value);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

/* The record that speaks for a code, as a night leaves it. */
static int64_t simulated_record(const char *code, const struct outbox_wish *wish, struct error *error)
{
    static const char *const sqls[] = {
        "INSERT OR IGNORE INTO source (id, name) VALUES (1, 's')",
        "INSERT INTO record (source, key, locator, source_digest, payload, work) SELECT 1, ?1, ?1, ?2, ?3, 0"
        " WHERE NOT EXISTS (SELECT 1 FROM record WHERE key = ?1)",
        "UPDATE record SET code = key, content_digest = ?2, content = ?3, source_digest = ?2, payload = ?3, "
        "outcome = 'accepted',"
        " status = (SELECT json_extract(CAST(bytes AS TEXT), '$.status') FROM payload WHERE id = ?3) WHERE "
        "key = "
        "?1",
        "SELECT id FROM record WHERE key = ?1",
    };
    int64_t record = 0;
    for (size_t i = 0; i < sizeof sqls / sizeof *sqls; i++) {
        struct sqlite_statement *statement;
        if (sqlite_prepare(store_database(simulated.store), sqls[i], &statement, error))
            return 0;
        if (i)
            sqlite_bind_text(statement, 1, text_of(code));
        if (i == 1 || i == 2) {
            sqlite_bind_bytes(statement, 2, (struct text){ (const char *)wish->digest.bytes, 32 });
            sqlite_bind_number(statement, 3, wish->content);
        }
        if (sqlite_step(statement, error) == STATUS_OK)
            record = sqlite_number(statement, 0);
        sqlite_finish(statement);
    }
    return record;
}

static void simulated_want_action(const char *code, const char *name, enum outbox_action action)
{
    struct error error = { 0 };
    struct text bytes = simulated_content(code, name, action == OUTBOX_PUBLISH ? "announced" : "abolished");
    struct outbox_wish wish = { .action = action, .digest = crypto_sha256(bytes) };
    struct value *detail = value_object(&test_arena);
    char hex[DIGEST_HEX];
    digest_hex(&wish.digest, hex);
    value_set(detail, "status",
              value_string(&test_arena, action == OUTBOX_PUBLISH ? "announced" : "abolished"));
    value_set(detail, "key", value_string(&test_arena, code));
    value_set(detail, "source_digest", value_text(&test_arena, text_copy(&test_arena, text_of(hex))));
    struct ledger_event accepted = {
        .event = "accepted", .source = "s", .code = text_of(code), .digest = &wish.digest, .detail = detail
    };
    enum status status = store_begin(simulated.store, &error);
    if (!status)
        status = store_payload_put(simulated.store, PAYLOAD_KEPT, &wish.digest, bytes, &wish.content, &error);
    if (!status)
        status = ledger_append(simulated.store, &accepted, &wish.event, &error);
    if (!status)
        status =
            outbox_want(simulated.store, text_of(code), simulated_record(code, &wish, &error), &wish, &error);
    if (!status)
        status = store_commit(simulated.store, &error);
    if (!CHECK_INT(status, STATUS_OK))
        printf("%s\n", error.message);
}

/* What it says is no longer accepted. */
__attribute__((unused)) static void simulated_unwant(const char *code)
{
    struct error error = { 0 };
    struct outbox_item item = { .code = text_of(code) };
    struct value *detail = value_object(&test_arena);
    struct sqlite_statement *statement;
    struct ledger_event rejected = {
        .event = "rejected", .source = "s", .code = text_of(code), .digest = &item.digest, .detail = detail
    };
    char hex[DIGEST_HEX];
    CHECK_INT(outbox_find(simulated.store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    digest_hex(&item.digest, hex);
    value_set(detail, "key", value_string(&test_arena, code));
    value_set(detail, "source_digest", value_text(&test_arena, text_copy(&test_arena, text_of(hex))));
    CHECK_INT(store_begin(simulated.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(simulated.store, &rejected, NULL, &error), STATUS_OK);
    CHECK_INT(sqlite_prepare(store_database(simulated.store),
                             "UPDATE record SET outcome = 'rejected' WHERE key = ?1 RETURNING id", &statement,
                             &error),
              STATUS_OK);
    sqlite_bind_text(statement, 1, text_of(code));
    CHECK_INT(sqlite_step(statement, &error), STATUS_OK);
    int64_t record = sqlite_number(statement, 0);
    sqlite_finish(statement);
    CHECK_INT(outbox_unwant(simulated.store, text_of(code), record, &error), STATUS_OK);
    CHECK_INT(store_commit(simulated.store, &error), STATUS_OK);
}

static void simulated_want(const char *code, const char *name)
{
    simulated_want_action(code, name, OUTBOX_PUBLISH);
}

/* Codes 1.000000 … */
static void simulated_want_many(int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        char code[16];
        snprintf(code, sizeof code, "1.%06d", i);
        simulated_want(code, name);
    }
}

static struct outbox_item simulated_item(const char *code)
{
    struct outbox_item item = { .attempts = -1 };
    struct error error = { .status = STATUS_OK };
    CHECK_INT(outbox_find(simulated.store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    return item;
}

/* How many events of this kind the ledger has in all. */
static int64_t simulated_events(const char *event)
{
    struct sqlite_statement *statement;
    struct error error = { .status = STATUS_OK };
    int64_t count = -1;
    if (sqlite_prepare(store_database(simulated.store), "SELECT count(*) FROM ledger WHERE event = ?1",
                       &statement, &error))
        return -1;
    sqlite_bind_text(statement, 1, text_of(event));
    if (sqlite_step(statement, &error) == STATUS_OK)
        count = sqlite_number(statement, 0);
    sqlite_finish(statement);
    return count;
}

/* The words of the last delivery in the ledger's view. */
static const char *simulated_words(const char *code)
{
    struct sqlite_statement *statement;
    struct error error = { .status = STATUS_OK };
    const char *message = "";
    if (sqlite_prepare(store_database(simulated.store),
                       "SELECT coalesce(error, '') FROM audit_deliveries WHERE code = ?1 ORDER BY "
                       "finished_at DESC, run DESC",
                       &statement, &error))
        return "";
    sqlite_bind_text(statement, 1, text_of(code));
    if (sqlite_step(statement, &error) == STATUS_OK)
        message = text_string(&test_arena, sqlite_column_text(statement, 0));
    sqlite_finish(statement);
    return message;
}

/* The ledger's own account of the run that is open, before its last event, is what load counted. */
static void simulated_check_account(void)
{
    struct sqlite_statement *statement;
    struct error error = { .status = STATUS_OK };
    const struct run_counts *counts = &simulated.counts;
    const int64_t counted[] = { counts->sent,    counts->published, counts->refused,  counts->conflict,
                                counts->unknown, counts->failed,    counts->withdrawn };
    if (!CHECK_INT(
            sqlite_prepare(store_database(simulated.store),
                           "SELECT sent, published, refused, conflict, unknown, failed, withdrawn,"
                           " (SELECT count(*) FROM audit_deliveries d WHERE d.run = r.run) FROM audit_runs r"
                           " WHERE run = ?1",
                           &statement, &error),
            STATUS_OK))
        return;
    sqlite_bind_number(statement, 1, simulated.run);
    CHECK_INT(sqlite_step(statement, &error), STATUS_OK);
    for (int i = 0; i < 7; i++)
        if (!CHECK_INT(sqlite_number(statement, i), counted[i]))
            printf("  column %s\n", sqlite_column_title(statement, i));
    CHECK_INT(sqlite_number(statement, 7), counts->sent);
    CHECK_INT(counts->sent, counts->published + counts->withdrawn + counts->refused + counts->conflict +
                                counts->unknown + counts->failed);
    sqlite_finish(statement);
}

/* ---- a run ---- */

static void simulated_notice(void *user_data, const char *message)
{
    (void)user_data;
    snprintf(simulated.notice, sizeof simulated.notice, "%s", message);
}

static enum status simulated_load_at(const char *url, const char *settings,
                                     const struct outbox_filter *filter)
{
    char yaml[2000];
    struct value *tree = NULL;
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    snprintf(yaml, sizeof yaml, "url: %s\n%s%s\n", url,
             strstr(settings, "retry:") ? "" : "retry: { attempts: 3, first: 2ms, most: 10ms }\n", settings);
    simulated.error = (struct error){ .status = STATUS_OK };
    simulated.counts = (struct run_counts){ .sent = 0 };
    if (yaml_parse(&test_arena, text_of(yaml), "congkhai.yaml", &tree, &simulated.error))
        return simulated.error.status;
    struct load_request request = { .portal = tree,
                                    .agency_code = "H13",
                                    .folder = simulated.folder,
                                    .context = &context,
                                    .stop = &simulated.stop,
                                    .progress = simulated.progress,
                                    .notice = simulated_notice };
    if (filter)
        request.filter = *filter;
    return load_run(simulated.store, &request, &simulated.counts, &simulated.error);
}

static enum status simulated_load(const char *settings)
{
    char url[160];
    snprintf(url, sizeof url, "%s/v1", simulated.url);
    return simulated_load_at(url, settings, NULL);
}

/* A new run on the same store, as the next night. */
static void simulated_next_run(void)
{
    simulated_die();
    simulated_open();
}

static void simulated_unused(void) __attribute__((unused));
static void simulated_unused(void)
{
    (void)simulated_close, (void)simulated_want_many, (void)simulated_item, (void)simulated_events,
        (void)simulated_words, (void)simulated_check_account, (void)simulated_number, (void)simulated_faults,
        (void)simulated_load, (void)simulated_next_run, (void)simulated_start, (void)simulated_unused;
}

#endif
