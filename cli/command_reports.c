/* report: the figures that officials owe, as a table, CSV, XLSX, HTML or JSON. */
#include <string.h>

#include "cli/report_output.h"
#include "cli/run.h"
#include "report/report.h"
#include "report/report_kept.h"

static enum status choose(const char *given, const char *option, const char *const *names, size_t count,
                          size_t *chosen, struct error *error)
{
    struct buffer all = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(given, names[i])) {
            *chosen = i;
            buffer_free(&all);
            return STATUS_OK;
        }
        buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    (void)error_set(error, STATUS_USAGE, _("%s \"%s\": it takes one of %s"), option, given, all.bytes);
    buffer_free(&all);
    return error->status;
}

enum status command_report(struct session *session, struct error *error, int *exit_code)
{
    static const char *const by[] = { "agency", "field", "level", "department" };
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    const struct configuration *configuration = &session->configuration;
    size_t grouped = REPORT_BY_DEFAULT;
    enum report_format format;
    struct store *store;
    struct value *document;
    char today[DATE_TEXT], baseline[DATE_TEXT];
    (void)exit_code;
    clock_format_date(session->clock->now(session->clock), today);
    if (configuration->baseline.year)
        date_write(configuration->baseline, baseline);
    bool of_a_day = invocation->from || invocation->to || invocation->as_of;
    if (!strcmp(invocation->arguments[0], REPORT_KEPT))
        return of_a_day ? error_set(error, STATUS_USAGE,
                                    _("%s is of what is kept back now; leave --from, --to and --as-of out"),
                                    REPORT_KEPT)
                        : command_kept_report(session, error);
    if ((invocation->by && choose(invocation->by, "--by", by, 4, &grouped, error)) ||
        report_output_format(invocation, &format, error) ||
        run_read_events(session, STORE_READ, TEXT_NONE, &store, error))
        return error->status;
    struct report_request request = {
        .name = text_of(invocation->arguments[0]),
        .store = store,
        .from = invocation->from,
        .to = invocation->to,
        .as_of = invocation->as_of,
        .by = (enum report_by)grouped,
        .agency_code = configuration->agency_code,
        .agency_name = configuration->agency_name,
        .agency_kind = configuration->agency_kind,
        .baseline = configuration->baseline.year ? baseline : NULL,
        .calendar = report_output_calendar(session, &arena),
    };
    date_read(text_of(today), &request.today);
    enum status status = report_make(&request, &arena, &document, error);
    if (status == STATUS_OK)
        status = report_output_print(session, &arena, document, format, error);
    return run_close_read(store, status, error);
}
