#include "tests/support/portal_simulator.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/json.h"
#include "core/clock.h"
#include "core/memory.h"
#include "tests/support/portal_simulator_faults.h"
#include "tests/support/portal_simulator_state.h"

#define DOCUMENTS_MAX ((size_t)512 << 20)

enum choice {
    CHOICE_PORT = 256,
    CHOICE_ADDRESS,
    CHOICE_PORT_FILE,
    CHOICE_STATE,
    CHOICE_DATABASE,
    CHOICE_MEMORY,
    CHOICE_SYNC,
    CHOICE_TOKEN,
    CHOICE_BASIC,
    CHOICE_OAUTH,
    CHOICE_CLIENT,
    CHOICE_TOKEN_SECONDS,
    CHOICE_FAULT,
    CHOICE_SEED,
    CHOICE_DELAY,
    CHOICE_RATE,
    CHOICE_MAX_BODY,
    CHOICE_NO_BATCHES,
    CHOICE_PUSH_SERVICE,
    CHOICE_MAPI_USER,
    CHOICE_DSTCODE,
    CHOICE_MAPI_ABOLISHED,
    CHOICE_ERROR_CODE_FORM,
    CHOICE_SESSION_REQUESTS,
    CHOICE_FACADE,
    CHOICE_PUBLIC,
    CHOICE_SERVE,
    CHOICE_PAGES,
    CHOICE_TLS_CERTIFICATE,
    CHOICE_TLS_KEY,
    CHOICE_VERBOSE,
    CHOICE_HELP,
    CHOICE_VERSION,
};

static const struct {
    const char *name;
    const char *argument; /* NULL: none */
    const char *help;
    enum choice choice;
} choices[] = {
    { "port", "N", "listen there; 0 (the default): a free one", CHOICE_PORT },
    { "address", "A", "listen on this IPv4 address (127.0.0.1)", CHOICE_ADDRESS },
    { "port-file", "FILE", "write the port's number there, whole or not at all", CHOICE_PORT_FILE },
    { "state", "DIR", "keep what is held in DIR/portal.db", CHOICE_STATE },
    { "database", "FILE", "keep it in this SQLite file", CHOICE_DATABASE },
    { "memory", NULL, "keep it in memory (the default)", CHOICE_MEMORY },
    { "sync", NULL, "wait for the disk at each commit", CHOICE_SYNC },
    { "token", "TOKEN", "/v1 wants this bearer token", CHOICE_TOKEN },
    { "basic", "USER:PASSWORD", "/v1 wants these", CHOICE_BASIC },
    { "oauth", NULL, "/v1 wants a token of POST /token", CHOICE_OAUTH },
    { "client", "ID:SECRET", "who may ask for a token (anybody)", CHOICE_CLIENT },
    { "token-seconds", "N", "how long such a token lives (3600)", CHOICE_TOKEN_SECONDS },
    { "fault", "SPEC", "a rule of failure; repeatable, see below", CHOICE_FAULT },
    { "seed", "N", "of the faults' probability (1)", CHOICE_SEED },
    { "delay", "MS", "let each answer wait, without holding up others", CHOICE_DELAY },
    { "rate", "N", "429 above N requests a second", CHOICE_RATE },
    { "max-body", "BYTES", "413 above (16777216)", CHOICE_MAX_BODY },
    { "no-batches", NULL, "404 for /v1/batches", CHOICE_NO_BATCHES },
    { "push-service", "NAME", "the adapter's service that takes procedures (DongBoTTHC)",
      CHOICE_PUSH_SERVICE },
    { "mapi-user", "USER:PASSWORD", "who may log in at the adapter (anybody)", CHOICE_MAPI_USER },
    { "dstcode", "CODE", "the login must name it", CHOICE_DSTCODE },
    { "mapi-abolished", "TEXT", "the TRANGTHAI that withdraws (abolished)", CHOICE_MAPI_ABOLISHED },
    { "error-code-form", "FORM", "number, string or double-zero (number)", CHOICE_ERROR_CODE_FORM },
    { "session-requests", "N", "an adapter's session expires after N calls", CHOICE_SESSION_REQUESTS },
    { "facade", NULL, "wrap the adapter's answers once more", CHOICE_FACADE },
    { "public", "FILE", "a JSON list of the public portal's documents (twelve invented ones)",
      CHOICE_PUBLIC },
    { "serve", "DIR", "serve its files under /files/", CHOICE_SERVE },
    { "pages", "FILE", "serve this JSON list page by page under /pages", CHOICE_PAGES },
    { "tls-certificate", "FILE", "speak TLS with this certificate chain (PEM)", CHOICE_TLS_CERTIFICATE },
    { "tls-key", "FILE", "and its key (PEM)", CHOICE_TLS_KEY },
    { "verbose", NULL, "a line on stderr for each request", CHOICE_VERBOSE },
    { "help", NULL, "this", CHOICE_HELP },
    { "version", NULL, "the version", CHOICE_VERSION },
};
#define CHOICES (sizeof choices / sizeof choices[0])

static void print_help(void)
{
    puts("portal-simulator: the national portal as a client sees it, with its failures on demand.\n\n"
         "  portal-simulator [OPTION]...\n\n"
         "Serves /v1 (portal.openapi.yaml), /mapi/ (the adapter), /public/ (the public portal),\n"
         "/files/ /pages /token /loop /endless /redirect /large (sources), and /_control/ for tests.\n");
    for (size_t at = 0; at < CHOICES; at++) {
        char name[40];
        snprintf(name, sizeof name, "--%s %s", choices[at].name,
                 choices[at].argument ? choices[at].argument : "");
        printf("  %-28s %s\n", name, choices[at].help);
    }
    puts("\nA fault is key=value,…:\n"
         "  kind=  reset timeout cut status:N wrong-digest no-digest html[:N] html-200 slow:MS drip[:MS]\n"
         "         expired-session garbage empty redirect:URL conflict no-http crash\n"
         "  when=  before (nothing takes effect) or after\n"
         "  on=    put get list withdrawal batch item mapi login public files pages token other any,\n"
         "         several with | between\n"
         "  code=GLOB  count=N  skip=N  every=N  probability=P  per-code=1  retry-after=S, a date or date:S\n"
         "\n"
         "  portal-simulator --port 8080 --state /tmp/portal --fault "
         "kind=status:503,on=put,count=3,retry-after=1\n"
         "  curl -X POST localhost:8080/_control/faults -d '[\"kind=reset,when=after,on=put,count=1\"]'\n"
         "  curl localhost:8080/_control/stats\n\n"
         "docs/simulator.md tells all of it.");
}

static enum status read_number(const char *name, const char *string, long long least, long long most,
                               int64_t *number, struct error *error)
{
    char *end = NULL;
    long long value = strtoll(string, &end, 10);
    if (end == string || *end || value < least || value > most)
        return error_set(error, STATUS_USAGE, "--%s takes a number from %lld to %lld, not \"%s\"", name,
                         least, most, string);
    *number = value;
    return STATUS_OK;
}

static enum status read_form(const char *string, enum simulator_code_form *form, struct error *error)
{
    static const char *const names[] = { "number", "string", "double-zero" };
    for (int at = 0; at < 3; at++) {
        if (strcmp(string, names[at]) == 0) {
            *form = (enum simulator_code_form)at;
            return STATUS_OK;
        }
    }
    return error_set(error, STATUS_USAGE, "--error-code-form is number, string or double-zero, not \"%s\"",
                     string);
}

static const char *name_of(enum choice choice)
{
    for (size_t at = 0; at < CHOICES; at++) {
        if (choices[at].choice == choice)
            return choices[at].name;
    }
    return "";
}

/* Options that are a text or a switch. */
static bool take_simple(struct simulator *simulator, enum choice choice, const char *value)
{
    struct simulator_options *options = &simulator->options;
    const struct {
        enum choice choice;
        const char **text;
        bool *flag;
    } simple[] = {
        { CHOICE_ADDRESS, &options->address, NULL },
        { CHOICE_PORT_FILE, &options->port_file, NULL },
        { CHOICE_DATABASE, &options->database, NULL },
        { CHOICE_SYNC, NULL, &options->sync },
        { CHOICE_TOKEN, &options->token, NULL },
        { CHOICE_BASIC, &options->basic, NULL },
        { CHOICE_OAUTH, NULL, &options->oauth },
        { CHOICE_CLIENT, &options->client, NULL },
        { CHOICE_NO_BATCHES, NULL, &options->no_batches },
        { CHOICE_PUSH_SERVICE, &options->push_service, NULL },
        { CHOICE_MAPI_USER, &options->mapi_user, NULL },
        { CHOICE_DSTCODE, &options->dstcode, NULL },
        { CHOICE_MAPI_ABOLISHED, &options->mapi_abolished, NULL },
        { CHOICE_FACADE, NULL, &options->facade },
        { CHOICE_PUBLIC, &options->public_file, NULL },
        { CHOICE_SERVE, &options->serve_folder, NULL },
        { CHOICE_PAGES, &options->pages_file, NULL },
        { CHOICE_TLS_CERTIFICATE, &options->tls_certificate, NULL },
        { CHOICE_TLS_KEY, &options->tls_key, NULL },
        { CHOICE_VERBOSE, NULL, &options->verbose },
    };
    for (size_t at = 0; at < sizeof simple / sizeof simple[0]; at++) {
        if (simple[at].choice != choice)
            continue;
        if (simple[at].text)
            *simple[at].text = value;
        else
            *simple[at].flag = true;
        return true;
    }
    return false;
}

static enum status take_number(struct simulator *simulator, enum choice choice, const char *value,
                               struct error *error)
{
    struct simulator_options *options = &simulator->options;
    int64_t number = 0;
    long long most = choice == CHOICE_PORT ? 65535 : choice == CHOICE_MAX_BODY ? 1 << 30 : 1LL << 40;
    enum status status = read_number(name_of(choice), value, 0, most, &number, error);
    if (choice == CHOICE_PORT)
        options->port = (int)number;
    else if (choice == CHOICE_TOKEN_SECONDS)
        options->token_seconds = number;
    else if (choice == CHOICE_SEED)
        options->seed = (uint64_t)number;
    else if (choice == CHOICE_DELAY)
        options->delay_ms = number;
    else if (choice == CHOICE_RATE)
        options->rate = number;
    else if (choice == CHOICE_MAX_BODY)
        options->body_most = (size_t)number;
    else
        options->session_requests = number;
    return status;
}

static enum status take(struct simulator *simulator, enum choice choice, const char *value,
                        struct error *error)
{
    switch (choice) {
    case CHOICE_HELP:
        print_help();
        exit(0);
    case CHOICE_VERSION:
        puts("portal-simulator " CONGKHAI_VERSION);
        exit(0);
    case CHOICE_MEMORY:
        simulator->options.database = NULL;
        return STATUS_OK;
    case CHOICE_STATE: {
        enum status status = file_make_folders(value, 0777, error);
        simulator->options.database = file_path(&simulator->arena, value, "portal.db");
        return status;
    }
    case CHOICE_ERROR_CODE_FORM:
        return read_form(value, &simulator->options.code_form, error);
    case CHOICE_FAULT:
        return simulator_faults_add(simulator->faults, text_of(value), true, error);
    default:
        return take_simple(simulator, choice, value) ? STATUS_OK
                                                     : take_number(simulator, choice, value, error);
    }
}

static enum status read_options(struct simulator *simulator, int count, char **arguments, struct error *error)
{
    struct option table[CHOICES + 1] = { 0 };
    for (size_t at = 0; at < CHOICES; at++)
        table[at] = (struct option){ choices[at].name, choices[at].argument ? required_argument : no_argument,
                                     NULL, (int)choices[at].choice };
    int choice = 0;
    while ((choice = getopt_long(count, arguments, "", table, NULL)) != -1) {
        if (choice == '?')
            return error_set(error, STATUS_USAGE, "--help lists the options");
        enum status status = take(simulator, (enum choice)choice, optarg, error);
        if (status != STATUS_OK)
            return status;
    }
    if (optind < count)
        return error_set(error, STATUS_USAGE, "\"%s\" is no option; --help lists them", arguments[optind]);
    if (!simulator->options.tls_certificate != !simulator->options.tls_key)
        return error_set(error, STATUS_USAGE, "--tls-certificate and --tls-key go together");
    return STATUS_OK;
}

static enum status read_list(struct simulator *simulator, const char *path, const struct value **list,
                             struct error *error)
{
    struct text bytes;
    struct value *value = NULL;
    enum status status = file_read(&simulator->arena, path, DOCUMENTS_MAX, &bytes, error);
    if (status == STATUS_OK)
        status = json_parse(&simulator->arena, bytes, &value, error);
    if (status != STATUS_OK)
        return error_add(error, "%s", path);
    if (value->kind != VALUE_LIST)
        return error_set(error, STATUS_USAGE, "%s is no JSON list", path);
    *list = value;
    return STATUS_OK;
}

static enum status load_documents(struct simulator *simulator, struct error *error)
{
    const struct simulator_options *options = &simulator->options;
    enum status status = STATUS_OK;
    if (options->public_file) {
        status = read_list(simulator, options->public_file, &simulator->public_documents, error);
    } else {
        struct buffer BUFFER_OWNED samples = { 0 };
        struct value *value = NULL;
        simulator_public_samples(&samples);
        status = json_parse(&simulator->arena, buffer_view(&samples), &value, error);
        simulator->public_documents = value;
    }
    if (status == STATUS_OK && options->pages_file)
        status = read_list(simulator, options->pages_file, &simulator->pages, error);
    return status;
}

static enum status announce(const struct simulator_options *options, int port, struct error *error)
{
    enum status status = STATUS_OK;
    if (options->port_file) {
        char number[16];
        snprintf(number, sizeof number, "%d\n", port);
        status = file_write(options->port_file, text_of(number), 0644, error);
    }
    printf("listening on %s://%s:%d/v1\n", options->tls_certificate ? "https" : "http", options->address,
           port);
    fflush(stdout);
    return status;
}

static enum status serve(struct simulator *simulator, const sigset_t *ends, struct error *error)
{
    struct file_lock lock = { .descriptor = -1 };
    struct simulator_server *server = NULL;
    const char *database = simulator->options.database;
    int port = 0, signal_number = 0;
    enum status status = load_documents(simulator, error);
    if (status == STATUS_OK && database)
        status = file_lock_take(
            text_string(&simulator->arena, text_format(&simulator->arena, "%s.lock", database)), &lock,
            error);
    if (status == STATUS_OK)
        status = simulator_state_open(database, simulator->options.sync, &simulator->state, error);
    if (status == STATUS_OK)
        status = simulator_server_open(simulator, &server, &port, error);
    if (status == STATUS_OK)
        status = announce(&simulator->options, port, error);
    if (status == STATUS_OK)
        sigwait(ends, &signal_number);
    if (server)
        simulator_server_close(server);
    if (simulator->state)
        simulator_state_close(simulator->state);
    if (lock.descriptor >= 0)
        file_lock_drop(&lock);
    return status;
}

int main(int count, char **arguments)
{
    /* Blocked before any thread is made, so that only sigwait sees them. */
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct simulator simulator = {
        .options = { .address = "127.0.0.1",
                     .token_seconds = 3600,
                     .seed = 1,
                     .body_most = SIMULATOR_BODY_MAX,
                     .push_service = "DongBoTTHC",
                     .mapi_abolished = "abolished" },
        .statistics = { .started_at = clock_system()->now(clock_system()) },
        .rate_window = -1,
    };
    struct error error = { 0 };
    simulator.faults = simulator_faults_open(1);
    enum status status = read_options(&simulator, count, arguments, &error);
    simulator_faults_seed(simulator.faults, simulator.options.seed);
    if (status == STATUS_OK)
        status = serve(&simulator, &ends, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "portal-simulator: %s\n", error.message);
    simulator_faults_close(simulator.faults);
    simulator_mapi_forget(&simulator);
    simulator_tokens_forget(&simulator);
    arena_free(&simulator.arena);
    /* A file that cannot be read sets a record aside elsewhere; here it is wrong usage. */
    return status == STATUS_REJECT ? error_exit_code(STATUS_USAGE) : error_exit_code(status);
}
