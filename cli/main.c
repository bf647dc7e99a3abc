/* congkhai: the command line. */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/child.h"
#include "adapters/unicode.h"
#include "adapters/visible.h"
#include "cli/children.h"
#include "cli/cli.h"
#include "cli/notices.h"
#include "core/memory.h"

volatile sig_atomic_t cli_stop;
static volatile sig_atomic_t in_order;

void cli_end_in_order(void)
{
    in_order = 1;
}

/* A second signal ends the program at once: the store is made for that. */
static void on_signal(int number)
{
    if (!in_order)
        _exit(error_exit_code(STATUS_STOP));
    if (cli_stop)
        _exit(128 + number);
    cli_stop = 1;
}

static void catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal }, inherited;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Started by nohup: the night goes on when the terminal is closed. */
    if (!sigaction(SIGHUP, NULL, &inherited) && inherited.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write, as a full disk is */
}

/* Whoever started us may have closed these: the store must not become what messages are written to. */
static void open_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(3);
    FILE *out = visible_stream(STDOUT_FILENO), *messages = visible_stream(STDERR_FILENO);
    if (!out || !messages)
        _exit(3);
    stdout = out;
    stderr = messages;
}

/* The texts are UTF-8 whatever the terminal's locale is called; LANGUAGE chooses the catalogue. */
static void choose_language(const char *language)
{
    char executable[4096], folder[4200];
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    setlocale(LC_ALL, "C.UTF-8");
    setenv("LANGUAGE", language, 1);
    snprintf(folder, sizeof folder, "%s/share/locale", CONGKHAI_PREFIX);
    if (length > 0) {
        executable[length] = 0;
        char *slash = strrchr(executable, '/');
        *slash = 0;
        char beside[4200];
        snprintf(beside, sizeof beside, "%s/locale", executable);
        if (!access(beside, R_OK))
            memcpy(folder, beside, strlen(beside) + 1);
        else if (slash - executable > 4 && !strcmp(slash - 4, "/bin"))
            snprintf(folder, sizeof folder, "%.*s/share/locale", (int)(slash - 4 - executable), executable);
    }
    bindtextdomain("congkhai", folder);
    bind_textdomain_codeset("congkhai", "UTF-8");
    textdomain("congkhai");
}

enum choice {
    OPTION_CONFIG = 256,
    OPTION_LANGUAGE,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SOURCE,
    OPTION_CODE,
    OPTION_PLAN,
    OPTION_REASON,
    OPTION_DECISION,
    OPTION_RULE,
    OPTION_FIELD,
    OPTION_ON,
    OPTION_CHECKPOINT,
    OPTION_KEY,
    OPTION_RELEASE_BRAKE,
    OPTION_FROM,
    OPTION_TO,
    OPTION_ADOPT,
    OPTION_OVERWRITE,
    OPTION_SHOW,
    OPTION_RUN,
    OPTION_AS_OF,
    OPTION_BY,
    OPTION_FORMAT,
    OPTION_DEPARTMENT,
    OPTION_OUTCOME,
    OPTION_SINCE,
    OPTION_LIMIT,
    OPTION_OUTPUT,
    OPTION_MAX_AGE,
    OPTION_NEW,
    OPTION_ONLINE,
    OPTION_OFFLINE,
    OPTION_RULES,
    OPTION_ANEW,
};

static const struct option options[] = {
    { "config", required_argument, NULL, OPTION_CONFIG },
    { "language", required_argument, NULL, OPTION_LANGUAGE },
    { "json", no_argument, NULL, OPTION_JSON },
    { "quiet", no_argument, NULL, OPTION_QUIET },
    { "help", no_argument, NULL, OPTION_HELP }, /* also -h */
    { "version", no_argument, NULL, OPTION_VERSION },
    { "source", required_argument, NULL, OPTION_SOURCE },
    { "code", required_argument, NULL, OPTION_CODE },
    { "plan", required_argument, NULL, OPTION_PLAN },
    { "reason", required_argument, NULL, OPTION_REASON },
    { "decision", required_argument, NULL, OPTION_DECISION },
    { "rule", required_argument, NULL, OPTION_RULE },
    { "field", required_argument, NULL, OPTION_FIELD },
    { "on", required_argument, NULL, OPTION_ON },
    { "checkpoint", required_argument, NULL, OPTION_CHECKPOINT },
    { "key", required_argument, NULL, OPTION_KEY },
    { "release-brake", required_argument, NULL, OPTION_RELEASE_BRAKE },
    { "from", required_argument, NULL, OPTION_FROM },
    { "to", required_argument, NULL, OPTION_TO },
    { "adopt", required_argument, NULL, OPTION_ADOPT },
    { "overwrite", required_argument, NULL, OPTION_OVERWRITE },
    { "show", required_argument, NULL, OPTION_SHOW },
    { "run", required_argument, NULL, OPTION_RUN },
    { "as-of", required_argument, NULL, OPTION_AS_OF },
    { "by", required_argument, NULL, OPTION_BY },
    { "format", required_argument, NULL, OPTION_FORMAT },
    { "department", required_argument, NULL, OPTION_DEPARTMENT },
    { "outcome", required_argument, NULL, OPTION_OUTCOME },
    { "since", required_argument, NULL, OPTION_SINCE },
    { "limit", required_argument, NULL, OPTION_LIMIT },
    { "output", required_argument, NULL, OPTION_OUTPUT },
    { "max-age", required_argument, NULL, OPTION_MAX_AGE },
    { "new", no_argument, NULL, OPTION_NEW },
    { "online", no_argument, NULL, OPTION_ONLINE },
    { "offline", no_argument, NULL, OPTION_OFFLINE },
    { "rules", no_argument, NULL, OPTION_RULES },
    { "anew", no_argument, NULL, OPTION_ANEW },
    { NULL, 0, NULL, 0 },
};

static const char *option_name(int value)
{
    for (const struct option *option = options; option->name; option++)
        if (option->val == value)
            return option->name;
    return "";
}

static bool is_general(int value)
{
    return value >= OPTION_CONFIG && value <= OPTION_VERSION;
}

static const char **slot(struct invocation *invocation, int value)
{
    switch (value) {
    case OPTION_CONFIG:
        return &invocation->config;
    case OPTION_LANGUAGE:
        return &invocation->language;
    case OPTION_PLAN:
        return &invocation->plan;
    case OPTION_REASON:
        return &invocation->reason;
    case OPTION_DECISION:
        return &invocation->decision;
    case OPTION_RULE:
        return &invocation->rule;
    case OPTION_FIELD:
        return &invocation->field;
    case OPTION_ON:
        return &invocation->on;
    case OPTION_FROM:
        return &invocation->from;
    case OPTION_TO:
        return &invocation->to;
    case OPTION_ADOPT:
        return &invocation->adopt;
    case OPTION_OVERWRITE:
        return &invocation->overwrite;
    case OPTION_SHOW:
        return &invocation->show;
    case OPTION_RUN:
        return &invocation->run;
    case OPTION_AS_OF:
        return &invocation->as_of;
    case OPTION_BY:
        return &invocation->by;
    case OPTION_FORMAT:
        return &invocation->format;
    case OPTION_DEPARTMENT:
        return &invocation->department;
    case OPTION_OUTCOME:
        return &invocation->outcome;
    case OPTION_SINCE:
        return &invocation->since;
    case OPTION_LIMIT:
        return &invocation->limit;
    case OPTION_OUTPUT:
        return &invocation->output;
    case OPTION_MAX_AGE:
        return &invocation->max_age;
    default:
        return NULL;
    }
}

static void add_text(const char ***texts, size_t *count, const char *given)
{
    *texts = memory_grow(*texts, *count + 1, sizeof **texts);
    (*texts)[(*count)++] = given;
}

static void add_filter(struct invocation *invocation, int value, const char *given)
{
    if (value == OPTION_SOURCE) {
        add_text(&invocation->sources, &invocation->source_count, given);
    } else if (value == OPTION_RELEASE_BRAKE) {
        add_text(&invocation->released, &invocation->released_count, given);
    } else if (value == OPTION_CHECKPOINT) {
        add_text(&invocation->checkpoints, &invocation->checkpoint_count, given);
    } else if (value == OPTION_KEY) {
        add_text(&invocation->keys, &invocation->key_count, given);
    } else {
        invocation->codes = memory_grow(invocation->codes, invocation->code_count + 1, sizeof(struct text));
        invocation->codes[invocation->code_count++] = text_of(given);
    }
}

static bool takes(const struct command *command, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = command->options; (at = strstr(at, name)); at += length)
        if ((at == command->options || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static void print_help(void)
{
    printf(_("Usage: congkhai [--config FILE] [--language vi|en] [--json] [--quiet] COMMAND …\n\n"));
    for (const struct command *command = commands; command->name; command++) {
        char usage[80];
        snprintf(usage, sizeof usage, "%s %s", command->name, command->arguments);
        printf("  %-22s %s\n", usage, _(command->help));
        for (const char *at = command->options; *at;) {
            size_t length = strcspn(at, " ");
            printf("  %-22s   --%.*s\n", "", (int)length, at);
            at += length + (at[length] == ' ');
        }
    }
    printf(_("\nExit codes: 0 done, nothing kept back; 1 some records are kept back; 2 wrong usage or "
             "configuration;\n"
             "3 stopped before the end, the same command goes on; 4 another run holds the store; 5 the "
             "ledger.\n"));
}

static enum status nearest_command(const char *name, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    for (const struct command *command = commands; command->name && count < 64; command++)
        names[count++] = command->name;
    const char *nearest = text_nearest(text_of(name), names, count);
    if (nearest)
        return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; did you mean \"%s\"?"), name,
                         nearest);
    return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; see congkhai --help"), name);
}

static enum status wrong_option(const char *given, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    for (const struct option *option = options; option->name && count < 64; option++)
        names[count++] = option->name;
    while (*given == '-')
        given++;
    const char *nearest = text_nearest((struct text){ given, strcspn(given, "=") }, names, count);
    if (nearest)
        return error_set(error, STATUS_USAGE, _("unknown option --%s; did you mean --%s?"), given, nearest);
    return error_set(error, STATUS_USAGE, _("unknown option --%s; see congkhai --help"), given);
}

struct given {
    int values[32];
    int count;
};

static enum status parse(struct invocation *invocation, struct given *given, int argc, char **argv,
                         struct error *error)
{
    int value;
    opterr = 0;
    while ((value = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        value = value == 'h' ? OPTION_HELP : value;
        if (value == '?')
            return wrong_option(argv[optind - 1], error);
        if (value == ':')
            return error_set(error, STATUS_USAGE, _("the option %s needs a value"), argv[optind - 1]);
        if (given->count < 32)
            given->values[given->count++] = value;
        if (value == OPTION_JSON)
            invocation->json = true;
        else if (value == OPTION_QUIET)
            invocation->quiet = true;
        else if (value == OPTION_ONLINE)
            invocation->online = true;
        else if (value == OPTION_OFFLINE)
            invocation->offline = true;
        else if (value == OPTION_RULES)
            invocation->rules = true;
        else if (value == OPTION_NEW)
            invocation->fresh = true;
        else if (value == OPTION_ANEW)
            invocation->anew = true;
        else if (value == OPTION_SOURCE || value == OPTION_CODE || value == OPTION_CHECKPOINT ||
                 value == OPTION_KEY || value == OPTION_RELEASE_BRAKE)
            add_filter(invocation, value, optarg);
        else if (slot(invocation, value))
            *slot(invocation, value) = optarg;
    }
    if (optind < argc)
        invocation->command = argv[optind++];
    invocation->arguments = argv + optind;
    invocation->argument_count = argc - optind;
    /* They are written into the ledger. */
    const char *const written[] = { invocation->reason, invocation->decision };
    for (size_t i = 0; i < sizeof written / sizeof *written; i++)
        if (written[i] && unicode_invalid_at(text_of(written[i])) < strlen(written[i]))
            return error_set(error, STATUS_USAGE,
                             _("\"%s\" is no UTF-8; set the terminal to UTF-8 and write it again"),
                             written[i]);
    if (invocation->language && strcmp(invocation->language, "vi") && strcmp(invocation->language, "en"))
        return error_set(error, STATUS_USAGE, _("--language is vi or en, not \"%s\""), invocation->language);
    return STATUS_OK;
}

static enum status check_command(const struct invocation *invocation, const struct given *given,
                                 const struct command **command, struct error *error)
{
    if (!invocation->command)
        return error_set(error, STATUS_USAGE, _("a command is missing; see congkhai --help"));
    *command = command_find(invocation->command);
    if (!*command)
        return nearest_command(invocation->command, error);
    for (int i = 0; i < given->count; i++)
        if (!is_general(given->values[i]) && !takes(*command, option_name(given->values[i])))
            return error_set(error, STATUS_USAGE, _("\"%s\" takes no option --%s"), (*command)->name,
                             option_name(given->values[i]));
    if (invocation->argument_count < (*command)->least || invocation->argument_count > (*command)->most)
        return error_set(error, STATUS_USAGE, _("usage: congkhai %s %s"), (*command)->name,
                         (*command)->arguments);
    return STATUS_OK;
}

static bool asked_for(const struct given *given, int value)
{
    for (int i = 0; i < given->count; i++)
        if (given->values[i] == value)
            return true;
    return false;
}

static enum status run_command(struct session *session, const struct command *command, struct error *error,
                               int *exit_code)
{
    if (command->needs_configuration) {
        bool told = session->invocation->language != NULL;
        if (configuration_load(session->invocation->config, told ? NULL : choose_language,
                               children_concern(session) ? children_start : NULL, session,
                               &session->configuration, error))
            return error->status;
        session->configured = true;
        if (!told)
            session->language = session->configuration.language;
        if (source_check_names(session->configuration.sources, session->configuration.source_count,
                               session->invocation->sources, session->invocation->source_count, error))
            return error->status;
    }
    if (notices_concern(session))
        notices_begin(session);
    return command->run(session, error, exit_code);
}

static void report(const struct session *session, const struct error *error)
{
    output_progress_end(session);
    fprintf(stderr, "congkhai: %s\n", error->message);
    if (session->invocation->json && !output_is_begun())
        output_error(error);
}

static const char *environment_language(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "en", 2) ? "vi" : "en";
    }
    return "vi";
}

int main(int argc, char **argv)
{
    struct invocation invocation = { .program = argv[0] };
    struct session session = { .invocation = &invocation, .clock = clock_system() };
    struct given given = { { 0 }, 0 };
    struct error error = { 0 };
    const struct command *command = NULL;
    int exit_code = 0;
    catch_signals();
    open_standard_streams();
    choose_language(environment_language());
    enum status status = parse(&invocation, &given, argc, argv, &error);
    session.language = invocation.language ? invocation.language : "vi";
    session.terminal = isatty(STDERR_FILENO);
    if (invocation.language)
        choose_language(invocation.language);
    if (status == STATUS_OK && asked_for(&given, OPTION_HELP)) {
        print_help();
    } else if (status == STATUS_OK && asked_for(&given, OPTION_VERSION)) {
        printf("congkhai %s\n", CONGKHAI_VERSION);
    } else {
        if (status == STATUS_OK)
            status = check_command(&invocation, &given, &command, &error);
        if (status == STATUS_OK) {
            xml_start();
            status = run_command(&session, command, &error, &exit_code);
            xml_stop();
        }
        if (status != STATUS_OK && status != STATUS_END) {
            error.status = status;
            report(&session, &error);
            exit_code = error_exit_code(status);
            if (command && command->run == command_health) {
                health_unknown(&error);
                exit_code = 3;
            }
        }
        if (command && notices_concern(&session))
            notices_end(&session, exit_code, &error);
    }
    spawner_end(session.spawner);
    configuration_free(&session.configuration);
    arena_free(&invocation.arena);
    free(invocation.sources);
    free(invocation.codes);
    free(invocation.released);
    free(invocation.checkpoints);
    free(invocation.keys);
    if (ferror(stdout) | fclose(stdout)) { /* what the door still holds goes out with the end */
        fprintf(stderr, "congkhai: %s\n", _("the results could not be written to standard output"));
        exit_code = exit_code ? exit_code : 3;
    }
    fclose(stderr);
    return exit_code;
}
