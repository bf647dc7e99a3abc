/* console: the pages, until a signal ends them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static enum status open_store(void *user_data, enum store_mode mode, struct store **store,
                              struct error *error)
{
    return run_read_store(user_data, mode, store, error);
}

static enum status serve(struct session *session, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct configuration *configuration = &session->configuration;
    const struct invocation *invocation = session->invocation;
    char baseline[DATE_TEXT];
    struct console *console;
    struct console_settings settings = {
        .listen = invocation->listen ? invocation->listen : LISTEN,
        .open = open_store,
        .user_data = session,
        .store = configuration->store,
        .clock = session->clock,
        .language = language_named(session->language),
        .audit = &configuration->sealing.audit,
        .rules_text = configuration->rules_text,
        .agency_code = configuration->agency_code,
        .agency_name = configuration->agency_name,
        .ministry = configuration->agency_kind == AGENCY_MINISTRY,
        .baseline = configuration->baseline.year ? baseline : NULL,
        .calendar = report_output_calendar(session, &arena),
    };
    if (configuration->baseline.year)
        date_write(configuration->baseline, baseline);
    if (handed_over(&settings.descriptor, error) || console_open(&settings, &console, error))
        return error->status;
    output_message(session, _("the pages are at %s; a signal ends them"), console_address(console));
    while (!cli_stop)
        session->clock->sleep(session->clock, 1000);
    console_close(console);
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
