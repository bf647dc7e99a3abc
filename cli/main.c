/* congkhai: the command line. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/child.h"
#include "adapters/secrets.h"
#include "adapters/visible.h"
#include "adapters/xml.h"
#include "cli/children.h"
#include "cli/cli.h"
#include "cli/documents.h"
#include "cli/help.h"
#include "cli/language.h"
#include "cli/notices.h"
#include "cli/options.h"
#include "cli/run.h"
#include "core/memory.h"

/* Whoever started us may have closed these: the store must not become what messages are written to. */
static void open_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++)
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
            _exit(3);
    FILE *out = visible_stream(STDOUT_FILENO), *messages = visible_stream(STDERR_FILENO);
    if (!out || !messages)
        memory_give_up();
    stdout = out;
    stderr = messages;
}

/* What an operator says becomes part of what is kept, signed and digested: here, before anything is made of it. */
static void cover_what_is_said(struct invocation *invocation)
{
    const char **said[] = { &invocation->reason, &invocation->decision, &invocation->number };
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (*said[i] && secrets_in(text_of(*said[i])))
            *said[i] =
                text_string(&invocation->arena, secrets_cover(&invocation->arena, text_of(*said[i]), false));
}

static enum status configure(struct session *session, struct setting_faults *faults, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    bool told = invocation->language != NULL;
    if (configuration_load(invocation->config, told ? NULL : language_choose,
                           children_concern(session) ? children_start : NULL, session, faults,
                           &session->configuration, error))
        return error->status;
    session->configured = true;
    cover_what_is_said(session->invocation);
    if (!told)
        session->language = session->configuration.language;
    return source_check_names(session->configuration.sources, session->configuration.source_count,
                              invocation->sources, invocation->source_count, error);
}

/* --store: what there is to know of the configuration stands in it. Why it cannot be read the command says. */
static void configure_from_store(struct session *session, const char *path)
{
    const struct invocation *invocation = session->invocation;
    struct configuration *configuration = &session->configuration;
    struct store *store;
    struct error unread;
    configuration->store = path;
    configuration->folder = ".";
    configuration->context = (struct setting_context){ &configuration->arena, path, NULL };
    if (store_open_untouched(path, STORE_READ_OLDER, session->clock, &store, &unread))
        return;
    configuration_from_store(store, configuration);
    store_close(store);
    if (invocation->language || !configuration->language)
        return;
    session->language = configuration->language;
    language_choose(session->language);
}

/* A bundle or a proof is all that its verification needs: an auditor has no configuration. */
static bool is_handed_over(const struct command *command, const struct invocation *invocation)
{
    return command->run == command_audit_verify && invocation->argument_count && !invocation->config &&
           !configuration_is_there();
}

static enum status run_command(struct session *session, const struct command *command, struct error *error,
                               int *exit_code)
{
    const struct configuration *configuration = &session->configuration;
    const struct invocation *invocation = session->invocation;
    struct setting_faults faults = { .arena = &session->invocation->arena };
    bool handed_over = !invocation->store && is_handed_over(command, invocation);
    if (invocation->store)
        configure_from_store(session, invocation->store);
    else if (handed_over)
        configure_from_store(session, invocation->arguments[0]);
    if (invocation->store && configuration->source_count &&
        source_check_names(configuration->sources, configuration->source_count, invocation->sources,
                           invocation->source_count, error))
        return error->status;
    /* A person's key is none of the configuration's, and one that names the key already cannot be read before. */
    bool aside = command->run == command_audit_key && invocation->as;
    struct error unread;
    if (!invocation->store && !handed_over && command->needs != NEEDS_NOTHING &&
        configure(session, command->run == command_check ? &faults : NULL, aside ? &unread : error) && !aside)
        return error->status;
    if (invocation->json) {
        char name[] = "plan", *plan[] = { name };
        int used;
        output_set_schema(documents_name(&session->invocation->arena,
                                         invocation->dry_run ? command_find(plan, 1, &used) : command));
    }
    if (notices_concern(session))
        notices_begin(session);
    return command->run(session, error, exit_code);
}

static void report(const struct session *session, const struct error *error, int exit_code)
{
    const char *id = isatty(STDERR_FILENO) || strchr(error->message, '\n') ? NULL : error_id(error);
    output_progress_end(session);
    /* in a log, words alone cannot be searched for: they change with language and version */
    fprintf(stderr, id ? "congkhai: %s [%s]\n" : "congkhai: %s\n", error->message, id);
    if (session->invocation->json && !output_is_begun())
        output_error(error, exit_code);
}

static enum status carry_out(struct session *session, const struct command *command, struct error *error,
                             int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    if (invocation->help && invocation->json) {
        char name[] = "help", *words[] = { name };
        int used;
        output_set_schema(documents_name(&session->invocation->arena, command_find(words, 1, &used)));
        return help_document(command, invocation->arguments, command ? 0 : invocation->argument_count, error);
    }
    if (invocation->help && !command)
        return help_words(invocation->arguments, invocation->argument_count, error);
    if (invocation->help) {
        help_command(command);
        return STATUS_OK;
    }
    if (invocation->version) {
        printf("congkhai %s\n", CONGKHAI_VERSION);
        return STATUS_OK;
    }
    xml_start();
    enum status status = run_command(session, command, error, exit_code);
    xml_stop();
    return status;
}

static void fail(struct session *session, const struct command *command, struct error *error,
                 enum status status, int *exit_code)
{
    bool health = command && command->run == command_health;
    /* A record may be rejected and a run be done; a command that is refused as a whole was asked for something wrong. */
    error->status = status = status == STATUS_REJECT ? STATUS_USAGE : status;
    *exit_code = health ? health_of_error(status) : error_exit_code(status);
    report(session, error, *exit_code);
    if (health && !session->invocation->json)
        health_tell_error(error);
}

/* A terminal on which nothing can be written over. */
static bool is_dumb(void)
{
    const char *terminal = getenv("TERM");
    return terminal && !strcmp(terminal, "dumb");
}

/* Nobody reads any more. Who only reads ends as any filter does; what a command did has an exit code of its own. */
static void end_by_pipe(const struct command *command)
{
    if (command && command->needs == NEEDS_CONFIGURATION)
        return;
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

/* What is asked wrongly, and help, are told in the configuration's language, where nobody asked for another. */
static enum status read_options(struct invocation *invocation, int argc, char **argv,
                                const struct command **command, struct error *error)
{
    language_choose(language_of_environment());
    enum status status = options_read(invocation, argc, argv, command, error);
    bool reads_it = *command && (*command)->needs != NEEDS_NOTHING && !invocation->help;
    if ((status == STATUS_OK && reads_it) || options_ahead(argc, argv, "--language"))
        return status;
    const char *language = configuration_language(options_ahead(argc, argv, "--config"));
    if (!language)
        return status;
    language_choose(language);
    if (status == STATUS_OK)
        return status;
    options_free(invocation);
    arena_free(&invocation->arena);
    *invocation = (struct invocation){ .program = argv[0] };
    *error = (struct error){ .status = STATUS_OK };
    return options_read(invocation, argc, argv, command, error);
}

int main(int argc, char **argv)
{
    struct invocation invocation = { .program = argv[0] };
    struct session session = { .invocation = &invocation, .clock = clock_system() };
    struct error error = { 0 };
    const struct command *command = NULL;
    int exit_code = 0;
    memory_keep();
    cli_catch_signals();
    open_standard_streams();
    enum status status = read_options(&invocation, argc, argv, &command, &error);
    session.language = invocation.language ? invocation.language : "vi";
    session.terminal = isatty(STDERR_FILENO) && !is_dumb();
    if (status == STATUS_OK)
        status = carry_out(&session, command, &error, &exit_code);
    if (status != STATUS_OK && status != STATUS_END)
        fail(&session, command, &error, status, &exit_code);
    if (command && !invocation.help && !invocation.version && notices_concern(&session))
        notices_end(&session, exit_code, &error);
    spawner_end(session.spawner);
    configuration_free(&session.configuration);
    arena_free(&invocation.arena);
    options_free(&invocation);
    fclose(stdout); /* what the door still holds goes out with the end */
    bool unwritten = visible_is_unwritten();
    if (unwritten && visible_pipe_is_closed()) {
        end_by_pipe(command);
    } else if (unwritten) {
        fprintf(stderr, "congkhai: %s\n", _("the results could not be written to standard output"));
        exit_code = exit_code ? exit_code : 3;
    }
    fclose(stderr);
    return exit_code;
}
