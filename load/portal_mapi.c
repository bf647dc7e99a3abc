/* The driver of the adapter ("mapi") that a province reaches the national database through. */
#include "load/portal_mapi.h"

#include <stdlib.h>

#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"

#define BODY_KEPT   ((size_t)256 * 1024) /* a larger buffer is not kept for the next call */
#define HEADERS_MAX 4

/* ---- the connection ---- */

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
    mapi->portal = portal;
    mapi->settings = settings;
    mapi->differs = memory_take_zeroed(settings->map.fields->count, sizeof *mapi->differs);
    portal->user_data = mapi;
    for (size_t i = 0; i < MAPI_SIGNS; i++)
        if (settings->patterns[i].bytes && regex_compile(settings->patterns[i], &mapi->patterns[i], error))
            return error->status;
    return portal_http_open(portal->settings, &mapi->client, error);
}

static void free_call(struct mapi_call *call)
{
    buffer_free(&call->body);
    arena_free(&call->arena);
}

static void close_mapi(struct portal *portal)
{
    struct mapi *mapi = portal->user_data;
    if (!mapi)
        return;
    http_close(mapi->client);
    for (struct mapi_call *call = mapi->every, *next; call; call = next) {
        next = call->every;
        free_call(call);
        free(call);
    }
    free_call(&mapi->login);
    buffer_free(&mapi->url);
    buffer_free(&mapi->session);
    for (size_t i = 0; i < MAPI_SIGNS; i++)
        regex_free(mapi->patterns[i]);
    free(mapi->differs);
    free(mapi);
    portal->user_data = NULL;
}

/* ---- contents ---- */

enum status mapi_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                      struct digest *digest, struct value **item, struct error *error)
{
    struct portal *portal = mapi->portal;
    const struct portal_request *request = call->request;
    struct portal_content content = { .bytes = request->body };
    struct value *procedure;
    enum status status = STATUS_OK;
    *item = NULL;
    if (kind == PORTAL_CONTENT_SENT && request->withdraws)
        return STATUS_OK;
    if (kind == PORTAL_CONTENT_HELD || !request->body.bytes)
        status = portal->content
                     ? portal->content(portal->content_own, request, kind, &call->arena, &content, error)
                     : STATUS_END;
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    if (json_parse(&call->arena, content.bytes, &procedure, error))
        return error_add(error, _("the content of " TEXT_PRINT), TEXT_ARG(request->code));
    *digest = content.digest;
    *item = mapi_map_write(&mapi->settings->map, &call->arena, procedure);
    return STATUS_OK;
}

static void set(struct arena *arena, struct value *object, const char *name, struct text text)
{
    struct value *there = value_find(object, name), *value = value_text(arena, text.bytes ? text : TEXT(""));
    if (there)
        there->text = value->text;
    else
        value_set(object, name, value);
}

static void set_order(const struct mapi_settings *settings, struct mapi_call *call, struct value *into)
{
    static const char *const said[MAPI_ABOLISHING] = { "decision", "reason" };
    struct value *order = NULL;
    if (json_parse(&call->arena, call->request->body, &order, NULL))
        return;
    for (size_t i = 0; i < MAPI_ABOLISHING; i++)
        if (settings->abolishing[i] && *settings->abolishing[i] && value_find(order, said[i]))
            set(&call->arena, into, settings->abolishing[i], value_text_of(order, said[i]));
}

/* What a call says, but for the session. A withdrawal without a service of its own is a push of what was acknowledged last,
 * which a look has just shown, with another status; of what was never published from here there is nothing to push. */
static enum status prepare(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    const struct mapi_settings *settings = mapi->settings;
    const struct portal_request *request = call->request;
    struct arena *arena = &call->arena;
    bool asks = request->kind == PORTAL_ASK, withdraws = request->kind == PORTAL_WITHDRAW;
    const char *withdrawal = withdraws && settings->withdraw_service ? settings->withdraw_service : "";
    struct value *item = NULL;
    struct digest digest;
    if (!asks &&
        mapi_item(mapi, call, withdraws ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT, &digest, &item, error))
        return error->status;
    call->ours = item ? item : value_text(arena, request->code);
    call->says = value_object(arena);
    set(arena, call->says, settings->names.agency, text_of(settings->agency));
    set(arena, call->says, settings->names.service,
        text_of(asks          ? settings->read_service
                : *withdrawal ? withdrawal
                              : settings->push_service));
    if (asks) {
        set(arena, call->says, settings->read_code, request->code);
    } else if (*withdrawal) {
        set(arena, call->says, settings->withdraw_code, request->code);
        set_order(settings, call, call->says);
    } else if (!item) {
        call->empty = true;
    } else {
        set(arena, call->says, settings->names.updating,
            text_of(withdraws || request->base.bytes ? settings->push_update : settings->push_first));
        value_append(value_set(call->says, settings->names.data, value_list(arena)), item);
        if (withdraws) {
            set(arena, item, text_string(arena, settings->map.status->name), settings->map.abolished);
            set_order(settings, call, item);
        }
    }
    return STATUS_OK;
}

/* ---- calls ---- */

static enum status send_now(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    const struct mapi_settings *settings = mapi->settings;
    struct http_header headers[HEADERS_MAX] = {
        { "Content-Type", TEXT("application/json") },
        { "Accept", TEXT("application/json") },
    };
    struct http_request request = { .method = "POST", .headers = headers, .header_count = 2, .owner = call };
    buffer_clear(&mapi->url);
    buffer_text(&mapi->url, settings->common.base);
    buffer_string(&mapi->url, call->request ? settings->call_path : settings->login_path);
    if (settings->destination && settings->destination_in == MAPI_HEADER) {
        headers[request.header_count++] = (struct http_header){ "dstcode", text_of(settings->destination) };
    } else if (settings->destination) {
        buffer_string(&mapi->url, "?dstcode=");
        http_escape(&mapi->url, text_of(settings->destination));
    }
    if (call->request)
        set(&call->arena, call->says, settings->names.session, buffer_view(&mapi->session));
    buffer_clear(&call->body);
    canonical_write(&call->body, call->says);
    request.url = mapi->url.bytes;
    request.body = buffer_view(&call->body);
    call->generation = mapi->generation;
    call->token = settings->common.auth.generation;
    auth_apply(&settings->common.auth, &request, headers);
    return http_submit(mapi->client, &request, error);
}

static enum status log_in(struct mapi *mapi, struct error *error)
{
    const struct mapi_settings *settings = mapi->settings;
    struct mapi_call *login = &mapi->login;
    login->says = value_object(&login->arena);
    set(&login->arena, login->says, settings->names.user, text_of(settings->user));
    set(&login->arena, login->says, settings->names.password, text_of(settings->password));
    return send_now(mapi, login, error);
}

/* As soon as there is a session. */
static enum status send_call(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    bool first = !mapi->waiting;
    if (mapi->session.length)
        return send_now(mapi, call, error);
    call->next = mapi->waiting;
    mapi->waiting = call;
    return first ? log_in(mapi, error) : STATUS_OK;
}

static enum status take_login(struct mapi *mapi, const struct http_response *answer, struct error *error)
{
    struct mapi_call *waiting = mapi->waiting;
    if (!mapi_logged_in(mapi, answer))
        return log_in(mapi, error);
    mapi->waiting = NULL;
    if (!mapi->session.length)
        mapi->barred = waiting;
    for (struct mapi_call *next; mapi->session.length && waiting; waiting = next) {
        next = waiting->next;
        if (send_now(mapi, waiting, error))
            return error->status;
    }
    return STATUS_OK;
}

static struct mapi_call *new_call(struct mapi *mapi, struct portal_request *request)
{
    struct mapi_call *call = mapi->every;
    while (call && call->request)
        call = call->every;
    if (!call) {
        call = memory_new(struct mapi_call);
        call->every = mapi->every;
        mapi->every = call;
    }
    if (call->body.capacity > BODY_KEPT)
        buffer_free(&call->body);
    call->request = request;
    call->renewed = call->empty = false;
    call->refusals = 0;
    call->report = (struct portal_response){ .request = request, .last = true, .retry_after = -1 };
    arena_clear(&call->arena);
    return call;
}

/* Without its code and its other fields a push would name nothing, or empty what stands there. */
static void refuse_empty(struct mapi *mapi, struct mapi_call *call)
{
    call->report.said = RESULT_REFUSED;
    portal_say(&call->report, &call->arena,
               _("nothing of it was published from here, so there is nothing to push as abolished: it was "
                 "not sent; name the adapter's service in portal.withdraw.service, or abolish it there"));
    call->next = mapi->barred;
    mapi->barred = call;
}

static enum status submit_mapi(struct portal *portal, struct portal_request *const *requests, size_t count,
                               struct error *error)
{
    struct mapi *mapi = portal->user_data;
    (void)count;
    if (mapi->refusal.status)
        return error_copy(error, STATUS_STOP, &mapi->refusal);
    if (auth_renew(&portal->settings->auth, portal->clock, false, error))
        return error->status;
    struct mapi_call *call = new_call(mapi, requests[0]);
    if (prepare(mapi, call, error))
        return error->status;
    if (!call->empty)
        return send_call(mapi, call, error);
    refuse_empty(mapi, call);
    return STATUS_OK;
}

static enum status next_mapi(struct portal *portal, long wait, struct portal_response *report,
                             struct error *error)
{
    struct mapi *mapi = portal->user_data;
    struct mapi_call *call = NULL;
    while (!call && !mapi->barred) {
        struct http_response answer;
        enum status status = http_next(mapi->client, wait, &answer, error);
        if (status)
            return status;
        struct mapi_call *answered = answer.owner;
        bool opens = answered == &mapi->login, again = false;
        if (opens ? take_login(mapi, &answer, error) : mapi_answered(mapi, answered, &answer, &again, error))
            return error->status;
        if (again && send_call(mapi, answered, error))
            return error->status;
        call = opens || again ? NULL : answered;
    }
    if (!call) {
        call = mapi->barred;
        mapi->barred = call->next;
        mapi->login.report.request = call->request;
        if (!call->empty)
            call->report = mapi->login.report;
    }
    call->request = NULL;
    *report = call->report;
    return STATUS_OK;
}

static struct value *form_mapi(const struct portal *portal, struct arena *arena, const struct value *content)
{
    return mapi_map_write(&((const struct mapi_settings *)portal->settings)->map, arena, content);
}

const struct portal_driver portal_mapi = {
    .name = "mapi",
    .help = N_("the adapter in a province's own network that the national database is reached through"),
    .settings = mapi_setting_table,
    .setting_count = MAPI_SETTINGS,
    .size = sizeof(struct mapi_settings),
    .check = mapi_check,
    .open = open_mapi,
    .close = close_mapi,
    .submit = submit_mapi,
    .next = next_mapi,
    .form = form_mapi,
    .logs_in = true,
    .network = true, /* it takes lists, but all of one or nothing: `most` is 1 */
    .unconditional = true,
};
