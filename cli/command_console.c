/* console: the pages, until a signal ends them. */
#include <errno.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "adapters/child.h"
#include "adapters/file.h"
#include "adapters/sandbox.h"
#include "cli/language.h"
#include "cli/report_output.h"
#include "cli/run.h"
#include "console/console.h"
#include "core/memory.h"

#define LISTEN            "127.0.0.1:8630"
#define FIRST_HANDED_OVER 3 /* sd_listen_fds(3) */

/* The socket that systemd opened for this process; -1: none. */
static enum status handed_over(int *descriptor, struct error *error)
{
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    *descriptor = -1;
    if (!process || !count || strtol(process, NULL, 10) != getpid())
        return STATUS_OK;
    if (strcmp(count, "1"))
        return error_set(error, STATUS_USAGE, _("%s sockets were handed over; the console listens at one"),
                         count);
    *descriptor = FIRST_HANDED_OVER;
    return STATUS_OK;
}

/* What is written while pages are made lies in a folder that the locked process may not remove itself: a child that was
 * there before the lock does it at the end. */
struct doors {
    struct session *session;
    char *own; /* NULL: there is none yet */
    struct spawner *spawner;
    struct child *remover;
};

static enum status open_store(void *user_data, enum store_mode mode, struct store **store,
                              struct error *error)
{
    struct doors *doors = user_data;
    return run_read_store(doors->session, mode, store, error);
}

/* A word of the owner is waited for, or its end, however that came. */
static void remove_folder(void *user_data, struct channel *channel, int64_t argument)
{
    const struct doors *doors = user_data;
    struct message message;
    (void)argument;
    prctl(PR_SET_PDEATHSIG, 0);
    if (channel_receive(channel, -1, &message) != STATUS_RETRY)
        rmdir(doors->own);
}

static enum status make_folder(struct doors *doors, struct error *error)
{
    static const struct child_role role = { "remover", remove_folder };
    const char *temporary = getenv("TMPDIR");
    doors->own = text_string(&doors->session->configuration.arena,
                             text_format(&doors->session->configuration.arena, "%s/congkhai-console-XXXXXX",
                                         temporary ? temporary : "/var/tmp"));
    if (!mkdtemp(doors->own))
        return error_set(error, STATUS_STOP, _("%s: no temporary folder can be made: %s"), doors->own,
                         words_errno(errno));
    setenv("TMPDIR", doors->own, 1);
    if (spawner_start(&role, 1, doors, &doors->spawner, error) ||
        child_open(doors->spawner, 0, 0, &doors->remover, error)) {
        rmdir(doors->own);
        return error->status;
    }
    return STATUS_OK;
}

static void leave_folder(struct doors *doors)
{
    struct message message;
    if (doors->remover) {
        struct channel *channel = &doors->remover->channel;
        message_put_number(&channel->out, 0);
        enum status gone = channel_send(channel, -1);
        while (!gone)
            gone = channel_receive(channel, 5000, &message);
        child_close(doors->remover, NULL);
    }
    spawner_end(doors->spawner);
}

/* The store and what lies beside it, to be read; a temporary folder of its own, to be written. */
static enum status lock_doors(void *user_data, struct error *error)
{
    struct doors *doors = user_data;
    struct configuration *configuration = &doors->session->configuration;
    struct arena *arena = &configuration->arena;
    const char *catalogues = bindtextdomain("congkhai", NULL),
               *folder = file_folder(arena, configuration->store);
    if (make_folder(doors, error))
        return error->status;
    while (!file_exists(folder) && strcmp(folder, ".") && strcmp(folder, "/"))
        folder = file_folder(arena, folder); /* before the first run: where it is going to be */
    const char *const read[] = { SANDBOX_LIBRARY_FILES, folder, catalogues, NULL };
    const char *const write[] = { doors->own, NULL };
    const struct sandbox sandbox = { .allow = SANDBOX_OPEN | SANDBOX_WRITE | SANDBOX_ACCEPT | SANDBOX_THREADS,
                                     .read = read,
                                     .write = write };
    (void)_("a process of this program says what makes no sense"); /* the catalogue is read */
    return sandbox_enter(&sandbox, error);
}

static enum status serve(struct session *session, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct configuration *configuration = &session->configuration;
    const struct invocation *invocation = session->invocation;
    char baseline[DATE_TEXT];
    struct doors doors = { .session = session };
    struct console *console;
    struct console_settings settings = {
        .listen = invocation->listen ? invocation->listen : LISTEN,
        .open = open_store,
        .lock = configuration->sandbox ? lock_doors : NULL,
        .user_data = &doors,
        .store = configuration->store,
        .clock = session->clock,
        .language = language_named(session->language),
        .audit = &configuration->sealing.audit,
        .rules_text = configuration->rules_text,
        .agency_code = configuration->agency_code ? configuration->agency_code : "",
        .agency_name = configuration->agency_name ? configuration->agency_name : "congkhai",
        .agency_kind = configuration->agency_kind,
        .baseline = configuration->baseline.year ? baseline : NULL,
        .calendar = report_output_calendar(session, &arena),
    };
    if (configuration->baseline.year)
        date_write(configuration->baseline, baseline);
    if (handed_over(&settings.descriptor, error) || console_open(&settings, &console, error)) {
        leave_folder(&doors);
        return error->status;
    }
    output_message(session, _("the pages are at %s; a signal ends them"), console_address(console));
    while (!cli_stop)
        session->clock->sleep(session->clock, 1000);
    console_close(console);
    leave_folder(&doors);
    return STATUS_OK;
}

enum status command_console(struct session *session, struct error *error, int *exit_code)
{
    (void)exit_code;
    if (ledger_setup_read_keys(&session->configuration, NULL, 0, error))
        return error->status;
    cli_end_in_order();
    language_choose("vi"); /* the process's; English are the messages of the sources */
    words_speak(language_named(session->language));
    return serve(session, error);
}
