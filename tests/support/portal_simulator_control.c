#include <string.h>

#include "core/canonical.h"
#include "core/clock.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"
#include "tests/support/portal_simulator_faults.h"
#include "tests/support/portal_simulator_state.h"

/* /_control/: what a test asks of the simulator itself. */

#define ROWS_MAX 1000000

static void write_number(struct buffer *out, const char *name, int64_t number)
{
    buffer_printf(out, ",\"%s\":%lld", name, (long long)number);
}

static void write_statuses(struct buffer *out, const struct simulator_statistics *statistics)
{
    const char *comma = "";
    buffer_string(out, ",\"by_status\":{");
    for (int status = 0; status < 600; status++) {
        if (statistics->by_status[status] == 0)
            continue;
        buffer_printf(out, "%s\"%d\":%lld", comma, status, (long long)statistics->by_status[status]);
        comma = ",";
    }
    buffer_string(out, "},\"by_operation\":{");
    comma = "";
    for (int bit = 0; bit < 16; bit++) {
        if (statistics->by_operation[bit] == 0)
            continue;
        buffer_printf(out, "%s\"%s\":%lld", comma,
                      simulator_operation_name((enum simulator_operation)(1 << bit)),
                      (long long)statistics->by_operation[bit]);
        comma = ",";
    }
    buffer_char(out, '}');
}

static void answer_stats(struct simulator_request *request)
{
    struct simulator *simulator = request->simulator;
    const struct simulator_statistics *statistics = &simulator->statistics;
    struct buffer *body = simulator_answer_json(request, 200);
    char started[CLOCK_TEXT];
    clock_format(statistics->started_at, started);
    buffer_printf(body, "{\"started_at\":\"%s\"", started);
    write_number(body, "requests", statistics->requests);
    write_statuses(body, statistics);
    write_number(body, "replays", statistics->replays);
    write_number(body, "unconditional", statistics->unconditional);
    write_number(body, "limited", statistics->limited);
    write_number(body, "in_flight", statistics->in_flight);
    write_number(body, "in_flight_most", statistics->in_flight_most);
    write_number(body, "bytes_in", statistics->bytes_in);
    write_number(body, "bytes_out", statistics->bytes_out);
    write_number(body, "logins", statistics->logins);
    write_number(body, "sessions_expired", statistics->sessions_expired);
    write_number(body, "tokens", statistics->tokens);
    write_number(body, "tokens_refused", statistics->tokens_refused);
    write_number(body, "held", simulator_state_count(simulator->state, "held"));
    write_number(body, "keys", simulator_state_count(simulator->state, "keys"));
    write_number(body, "logged", simulator_state_count(simulator->state, "requests"));
    write_number(body, "effects", simulator_state_count(simulator->state, "effects"));
    buffer_string(body, ",\"effects_by_action\":{");
    simulator_state_write_effect_counts(simulator->state, body);
    buffer_string(body, "},\"faults\":");
    simulator_faults_write(simulator->faults, body);
    buffer_string(body, "}\n");
}

static void answer_faults(struct simulator_request *request)
{
    struct simulator_faults *faults = request->simulator->faults;
    struct error error = { 0 };
    bool replaces = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "DELETE") == 0;
    bool adds = strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0;
    const struct value *list = adds ? simulator_request_json(request, &error) : NULL;
    if (adds && (!list || list->kind != VALUE_LIST)) {
        simulator_answer_problem(request, 400, NULL, "The body must be a JSON list of faults as texts. %s",
                                 error.message);
        return;
    }
    /* All are tried before any counts. */
    struct simulator_faults *trial = simulator_faults_open(0);
    for (const struct value *spec = list ? list->first : NULL; spec && error.status == STATUS_OK;
         spec = spec->next)
        (void)simulator_faults_add(trial, spec->kind == VALUE_TEXT ? spec->text : TEXT(""), false, &error);
    simulator_faults_close(trial);
    if (error.status != STATUS_OK) {
        simulator_answer_problem(request, 400, NULL, "%s", error.message);
        return;
    }
    if (replaces)
        simulator_faults_clear(faults);
    for (const struct value *spec = list ? list->first : NULL; spec; spec = spec->next)
        (void)simulator_faults_add(faults, spec->text, false, &error);
    struct buffer *body = simulator_answer_json(request, 200);
    simulator_faults_write(faults, body);
}

static void answer_effects(struct simulator_request *request)
{
    int64_t after = 0, limit = 0;
    if (!simulator_request_number(request, "after", 0, INT64_MAX, 0, &after) ||
        !simulator_request_number(request, "limit", 1, ROWS_MAX, ROWS_MAX, &limit)) {
        simulator_answer_problem(request, 400, NULL, "after and limit are numbers.");
        return;
    }
    struct buffer *body = simulator_answer_json(request, 200);
    simulator_state_write_effects(request->simulator->state, body,
                                  simulator_request_parameter(request, "code"), after, limit);
}

static void answer_held(struct simulator_request *request)
{
    struct simulator_held held[50];
    struct text after = TEXT_NONE;
    bool content = text_is(simulator_request_parameter(request, "content"), "1");
    struct buffer *body = simulator_answer_json(request, 200);
    const char *comma = "[\n{";
    for (size_t count = 50; count == 50;) {
        count = simulator_state_list(request->simulator->state, &request->arena, TEXT_NONE, after, 50,
                                     content, held);
        for (size_t at = 0; at < count; at++, comma = ",\n{") {
            buffer_string(body, comma);
            simulator_held_write(body, &held[at]);
            if (held[at].agency.bytes) {
                buffer_char(body, ',');
                simulator_json_string(body, "agency", held[at].agency);
            }
            if (held[at].content.bytes) {
                buffer_char(body, ',');
                simulator_json_string(body, "content", held[at].content);
            }
            buffer_char(body, '}');
            after = held[at].code;
        }
    }
    buffer_string(body, comma[0] == '[' ? "[]" : "]");
}

static void answer_reset(struct simulator_request *request)
{
    struct simulator *simulator = request->simulator;
    struct error error = { 0 };
    int64_t in_flight = simulator->statistics.in_flight;
    simulator_state_clear(simulator->state);
    simulator_faults_restart(simulator->faults);
    simulator_mapi_forget(simulator);
    simulator_tokens_forget(simulator);
    simulator->statistics = (struct simulator_statistics){
        .started_at = clock_system()->now(clock_system()),
        .in_flight = in_flight,
        .in_flight_most = in_flight,
    };
    buffer_string(simulator_answer_json(request, 200), "{}");
    if (simulator_state_end(simulator->state, true, &error) != STATUS_OK)
        simulator_answer_problem(request, 500, NULL, "%s", error.message);
}

static const struct {
    const char *path, *methods;
    void (*answer)(struct simulator_request *request);
} places[] = {
    { "/_control/stats", "GET", answer_stats },
    { "/_control/faults", "GET, POST, PUT, DELETE", answer_faults },
    { "/_control/effects", "GET", answer_effects },
    { "/_control/held", "GET", answer_held },
    { "/_control/reset", "POST", answer_reset },
};

void simulator_control_answer(struct simulator_request *request)
{
    simulator_answer_problem(request, 404, NULL,
                             "The control places are /_control/stats, faults, effects, held and reset.");
    for (size_t at = 0; at < sizeof places / sizeof places[0]; at++) {
        if (!text_is(request->path, places[at].path))
            continue;
        if (strstr(places[at].methods, request->method)) {
            places[at].answer(request);
        } else {
            simulator_answer_problem(request, 405, NULL, "%s takes %s.", places[at].path, places[at].methods);
            simulator_answer_header(request, "Allow", text_of(places[at].methods));
        }
        return;
    }
}
