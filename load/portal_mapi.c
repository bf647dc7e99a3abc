/* The driver of the adapter ("mapi") that a province reaches the national database through. */
#include "load/portal_mapi.h"

#include <stdlib.h>

#include "core/memory.h"

#define BODY_KEPT  ((size_t)256 * 1024) /* a larger buffer is not kept for the next call */
#define OF(member) offsetof(struct mapi_settings, member)

static const struct setting settings_of_mapi[] = {
    { "login", SETTING_OBJECT, OF(login_tree), .required = true, .help = N_("how a session is opened") },
    { "call", SETTING_TEXT, OF(call_path), .fallback = "/g", .help = N_("the path of all other calls") },
    { "madonvi", SETTING_TEXT, OF(agency),
      .help = N_("the unit that each call names; the agency's code when not given") },
    { "push", SETTING_OBJECT, OF(push_tree), .required = true,
      .help = N_("the service that takes procedures") },
    { "read", SETTING_OBJECT, OF(read_tree), .help = N_("the service that shows one procedure") },
    { "withdraw", SETTING_OBJECT, OF(withdraw_tree),
      .help = N_("the service that withdraws one; without, its status is pushed") },
    { "names", SETTING_OBJECT, OF(names_tree), .help = N_("the names in calls and answers") },
    { "errors", SETTING_OBJECT, OF(errors_tree), .help = N_("what error codes and messages mean") },
    { "fields", SETTING_OBJECT, OF(fields_tree), .help = N_("a procedure under the adapter's names") },
    { "codes", SETTING_OBJECT, OF(codes_tree), .help = N_("the adapter's codes for canonical words") },
    { "dates", SETTING_TEXT, OF(dates), .fallback = "yyyyMMddHHmmss", .help = N_("the format of dates") },
    { "not_compared", SETTING_LIST, OF(not_compared),
      .help = N_("names that the adapter changes by itself, so that they say nothing when read back") },
    { "settle", SETTING_TEXT, OF(former_lag), .help = N_("the former name of appears_within") },
    { "unordered", SETTING_LIST, OF(unordered),
      .help = N_("names of lists that have no order, so that none is compared") },
    { "facade", SETTING_BOOLEAN, OF(facade), .fallback = "false",
      .help = N_("answers come wrapped as {\"message\": \"JSON in a text\"}") },
};

void mapi_calls_put(struct mapi_calls *calls, struct mapi_call *call)
{
    call->next = NULL;
    if (calls->last)
        calls->last->next = call;
    else
        calls->first = call;
    calls->last = call;
}

struct mapi_call *mapi_calls_take(struct mapi_calls *calls)
{
    struct mapi_call *call = calls->first;
    if (call && !(calls->first = call->next))
        calls->last = NULL;
    return call;
}

static void write_url(const struct mapi_settings *settings, const char *path, struct buffer *url)
{
    struct text base = text_of(settings->common.url);
    while (text_ends(base, TEXT("/")))
        base.length--;
    buffer_text(url, base);
    buffer_string(url, path);
    if (settings->destination && settings->destination_in == MAPI_QUERY) {
        buffer_string(url, "?dstcode=");
        http_escape(url, text_of(settings->destination));
    }
}

static enum status compile_signs(struct mapi *mapi, const struct mapi_settings *settings, struct error *error)
{
    for (size_t sign = 0; sign < MAPI_SIGNS; sign++) {
        const struct mapi_sign_list *list = &settings->signs[sign];
        mapi->patterns[sign] = memory_take_zeroed(list->count + 1, sizeof(struct regex *));
        for (size_t i = 0; i < list->count; i++)
            if (list->patterns[i].bytes &&
                mapi_compile_sign(list->patterns[i], &mapi->patterns[sign][i], error))
                return error->status;
    }
    return STATUS_OK;
}

static void free_signs(struct mapi *mapi, const struct mapi_settings *settings)
{
    for (size_t sign = 0; sign < MAPI_SIGNS; sign++) {
        for (size_t i = 0; mapi->patterns[sign] && i < settings->signs[sign].count; i++)
            regex_free(mapi->patterns[sign][i]);
        free(mapi->patterns[sign]);
    }
}

static enum status open_mapi(struct portal *portal, struct error *error)
{
    struct mapi_settings *settings = (struct mapi_settings *)portal->settings;
    if (!settings->agency || !*settings->agency)
        settings->agency = portal->agency;
    if (!settings->agency || !*settings->agency)
        return error_set(error, STATUS_USAGE,
                         _("the adapter wants to know the unit that sends: \"portal\" needs \"madonvi\", or "
                           "\"agency\" its code"));
    struct mapi *mapi = memory_new(struct mapi);
    struct http_options options = {
        .in_flight = (long)settings->common.in_flight,
        .timeout_ms = (long)settings->common.timeout,
        .ca_file = settings->common.ca_file,
        .certificate = settings->common.auth.certificate,
        .key = settings->common.auth.key,
        .user_agent = "congkhai/" CONGKHAI_VERSION,
    };
    mapi->portal = portal;
    portal->user_data = mapi;
    write_url(settings, settings->login_path, &mapi->login_url);
    write_url(settings, settings->call_path, &mapi->call_url);
    return compile_signs(mapi, settings, error) ? error->status : http_open(&options, &mapi->client, error);
}

static void close_mapi(struct portal *portal)
{
    struct mapi *mapi = portal->user_data;
    if (!mapi)
        return;
    http_close(mapi->client);
    for (struct mapi_call *call = mapi->every, *next; call; call = next) {
        next = call->every;
        buffer_free(&call->body);
        arena_free(&call->arena);
        free(call);
    }
    buffer_free(&mapi->login_url);
    buffer_free(&mapi->call_url);
    buffer_free(&mapi->session);
    buffer_free(&mapi->login_body);
    free_signs(mapi, (const struct mapi_settings *)portal->settings);
    arena_free(&mapi->scratch);
    free(mapi);
    portal->user_data = NULL;
}

/* The adapter takes a list, but all of it or nothing, and says of the whole what one of them is to blame for.
 */
static size_t most_mapi(const struct portal *portal, const struct portal_request *request)
{
    (void)portal;
    (void)request;
    return 1;
}

static struct mapi_call *new_call(struct mapi *mapi)
{
    struct mapi_call *call = mapi->idle;
    if (call) {
        mapi->idle = call->next;
    } else {
        call = memory_new(struct mapi_call);
        call->every = mapi->every;
        mapi->every = call;
    }
    call->ours = NULL;
    call->renewed = false;
    call->refusals = 0;
    arena_clear(&call->arena);
    return call;
}

static void free_call(struct mapi *mapi, struct mapi_call *call)
{
    if (!call)
        return;
    if (call->body.capacity > BODY_KEPT)
        buffer_free(&call->body);
    call->next = mapi->idle;
    mapi->idle = call;
}

static enum status submit_mapi(struct portal *portal, struct portal_request *const *requests, size_t count,
                               struct error *error)
{
    struct mapi *mapi = portal->user_data;
    if (*mapi->refusal)
        return error_set(error, STATUS_STOP, "%s", mapi->refusal);
    if (auth_renew(&portal->settings->auth, portal->clock, false, error))
        return error->status;
    struct mapi_call *call = new_call(mapi);
    (void)count;
    call->request = requests[0];
    call->report = (struct portal_response){ .request = requests[0], .last = true, .retry_after = -1 };
    return mapi_send(mapi, call, error);
}

static enum status next_mapi(struct portal *portal, long wait, struct portal_response *report,
                             struct error *error)
{
    struct mapi *mapi = portal->user_data;
    struct http_response answer;
    free_call(mapi, mapi->given);
    mapi->given = NULL;
    for (;;) {
        struct mapi_call *call = mapi_calls_take(&mapi->ready);
        if (call) {
            *report = call->report;
            mapi->given = call;
            return STATUS_OK;
        }
        enum status status = http_next(mapi->client, wait, &answer, error);
        if (!status)
            status = answer.owner == mapi ? mapi_logged_in(mapi, &answer, error)
                                          : mapi_answered(mapi, answer.owner, &answer, error);
        if (status)
            return status;
    }
}

/* One question, waited for. STATUS_RETRY when another may help. */
static enum status ask_once(struct portal *portal, struct portal_request *request,
                            struct portal_response *report, struct error *error)
{
    struct portal_request *const requests[] = { request };
    if (submit_mapi(portal, requests, 1, error))
        return error->status;
    enum status status;
    do {
        status = next_mapi(portal, 1000, report, error);
    } while (status == STATUS_END);
    if (status)
        return status;
    if (report->said == RESULT_HELD)
        return STATUS_OK;
    if (report->said == RESULT_UNKNOWN)
        return STATUS_END;
    return error_set(error, report->said == RESULT_CLOSED ? STATUS_STOP : STATUS_RETRY,
                     _("the portal %s does not say what it holds (" TEXT_PRINT "); nothing was changed"),
                     portal->settings->shown, TEXT_ARG(report->message));
}

static enum status look_mapi(struct portal *portal, struct text code, struct arena *arena,
                             struct portal_holding *holding, struct error *error)
{
    struct portal_request request = { .kind = PORTAL_ASK, .code = code, .base = TEXT(MAPI_SEEN) };
    const struct backoff *retry = &portal->settings->retry;
    struct clock *clock = portal->clock;
    struct portal_response report;
    enum status status = STATUS_RETRY;
    for (int64_t tries = 1; status == STATUS_RETRY && tries <= retry->attempts; tries++) {
        if (tries > 1)
            clock->sleep(clock, backoff_delay(retry, tries - 1, clock->random(clock)));
        status = ask_once(portal, &request, &report, error);
    }
    if (status == STATUS_RETRY)
        return error->status = STATUS_STOP;
    if (status)
        return status;
    *holding = (struct portal_holding){ .remote = report.remote };
    holding->remote.has_digest = false; /* of what is under the adapter's names there is none of ours */
    holding->remote.has_content = false;
    holding->remote.version = text_copy(arena, report.remote.version);
    holding->shown = text_copy(arena, report.shown);
    return STATUS_OK;
}

static struct value *form_mapi(const struct portal *portal, struct arena *arena, const struct value *content)
{
    const struct mapi_settings *settings = (const struct mapi_settings *)portal->settings;
    return mapi_map_write(settings->map, arena, content);
}

const struct portal_driver portal_mapi = {
    .name = "mapi",
    .help = N_("the adapter in a province's own network that the national database is reached through"),
    .settings = settings_of_mapi,
    .setting_count = sizeof settings_of_mapi / sizeof *settings_of_mapi,
    .size = sizeof(struct mapi_settings),
    .check = mapi_check,
    .open = open_mapi,
    .close = close_mapi,
    .most = most_mapi,
    .submit = submit_mapi,
    .next = next_mapi,
    .look = look_mapi,
    .form = form_mapi,
    .network = true,
    .unconditional = true,
};
