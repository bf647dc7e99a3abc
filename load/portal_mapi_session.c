/* What goes out, and the session that it goes out in. */
#include <string.h>

#include "adapters/json.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "load/portal_mapi.h"

#define HEADERS_MAX 4

/* ---- contents ---- */

enum status mapi_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                      struct portal_content *content, struct value **item, struct error *error)
{
    struct portal *portal = mapi->portal;
    const struct portal_request *request = call->request;
    struct value *procedure;
    enum status status = STATUS_OK;
    *item = NULL;
    *content = (struct portal_content){ .bytes = request->body };
    if (kind == PORTAL_CONTENT_SENT && request->withdraws)
        return STATUS_OK;
    if (kind == PORTAL_CONTENT_HELD || !request->body.bytes)
        status = portal->content
                     ? portal->content(portal->content_own, request, kind, &call->arena, content, error)
                     : STATUS_END;
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    if (json_parse(&call->arena, content->bytes, &procedure, error))
        return error_add(error, _("the content of " TEXT_PRINT), TEXT_ARG(request->code));
    *item = mapi_map_write(mapi_settings_of(mapi)->map, &call->arena, procedure);
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

static void put_push(const struct mapi_settings *settings, struct arena *arena, struct value *call,
                     bool updating, struct value *item)
{
    set(arena, call, settings->names.service, text_of(settings->push_service));
    set(arena, call, settings->names.updating,
        text_of(updating ? settings->push_update : settings->push_first));
    value_append(value_set(call, settings->names.data, value_list(arena)), item);
}

/* Without a service of its own: what was acknowledged last, which a look has just shown, with another status. */
static void put_withdrawal(const struct mapi_settings *settings, struct arena *arena, struct value *call,
                           const struct mapi_call *about)
{
    const struct field_and_value {
        const char *name, *member;
    } said[MAPI_ABOLISHING] = { { settings->abolishing[0], "decision" },
                                { settings->abolishing[1], "reason" } };
    bool pushes = !settings->withdraw_service || !*settings->withdraw_service;
    struct value *order = NULL, *item = pushes ? value_copy(arena, about->ours) : call;
    if (json_parse(arena, about->request->body, &order, NULL))
        order = NULL;
    if (pushes) {
        const struct mapi_field *status = settings->map->status;
        set(arena, item, text_string(arena, status->name), mapi_map_word(status, TEXT("abolished")));
        put_push(settings, arena, call, true, item);
    } else {
        set(arena, call, settings->names.service, text_of(settings->withdraw_service));
        set(arena, call, settings->withdraw_code, about->request->code);
    }
    for (size_t i = 0; i < MAPI_ABOLISHING; i++)
        if (said[i].name && *said[i].name && value_find(order, said[i].member))
            set(arena, item, said[i].name, value_text_of(order, said[i].member));
}

/* What a change brings; of a withdrawal of what was never published from here, the order alone. */
static enum status prepare(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    struct portal_content content;
    bool withdraws = call->request->kind == PORTAL_WITHDRAW;
    if (call->request->kind == PORTAL_ASK || call->ours)
        return STATUS_OK;
    if (mapi_item(mapi, call, withdraws ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT, &content, &call->ours,
                  error))
        return error->status;
    if (!call->ours)
        call->ours = value_object(&call->arena);
    return STATUS_OK;
}

/* ---- requests ---- */

static void write_call(struct mapi *mapi, struct arena *arena, struct value *object,
                       const struct mapi_call *call)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    if (!call->request) {
        set(arena, object, settings->names.user, text_of(settings->user));
        set(arena, object, settings->names.password, text_of(settings->password));
        return;
    }
    set(arena, object, settings->names.session, buffer_view(&mapi->session));
    set(arena, object, settings->names.agency, text_of(settings->agency));
    if (call->request->kind == PORTAL_ASK) {
        set(arena, object, settings->names.service, text_of(settings->read_service));
        set(arena, object, settings->read_code, call->request->code);
    } else if (call->request->kind == PORTAL_WITHDRAW) {
        put_withdrawal(settings, arena, object, call);
    } else {
        put_push(settings, arena, object, call->request->base.bytes != NULL, value_copy(arena, call->ours));
    }
}

static enum status submit(struct mapi *mapi, struct mapi_call *call, const char *path, struct error *error)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    struct text base = text_of(settings->common.url);
    struct http_header headers[HEADERS_MAX] = {
        { "Content-Type", TEXT("application/json") },
        { "Accept", TEXT("application/json") },
    };
    struct http_request request = { .method = "POST", .headers = headers, .header_count = 2, .owner = call };
    while (text_ends(base, TEXT("/")))
        base.length--;
    buffer_clear(&mapi->url);
    buffer_text(&mapi->url, base);
    buffer_string(&mapi->url, path);
    if (settings->destination && settings->destination_in == MAPI_HEADER) {
        headers[request.header_count++] = (struct http_header){ "dstcode", text_of(settings->destination) };
    } else if (settings->destination) {
        buffer_string(&mapi->url, "?dstcode=");
        http_escape(&mapi->url, text_of(settings->destination));
    }
    arena_clear(&mapi->scratch);
    buffer_clear(&call->body);
    struct value *object = value_object(&mapi->scratch);
    write_call(mapi, &mapi->scratch, object, call);
    canonical_write(&call->body, object);
    request.url = mapi->url.bytes;
    request.body = buffer_view(&call->body);
    call->generation = mapi->generation;
    call->token = settings->common.auth.generation;
    auth_apply(&settings->common.auth, &request, headers);
    return http_submit(mapi->client, &request, error);
}

static enum status log_in(struct mapi *mapi, struct error *error)
{
    mapi->login = MAPI_LOGGING_IN;
    return submit(mapi, &mapi->opening, mapi_settings_of(mapi)->login_path, error);
}

enum status mapi_send(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    if (mapi->login == MAPI_LOGGED_IN)
        return prepare(mapi, call, error) ? error->status
                                          : submit(mapi, call, mapi_settings_of(mapi)->call_path, error);
    call->next = mapi->waiting;
    mapi->waiting = call;
    return mapi->login == MAPI_LOGGING_IN ? STATUS_OK : log_in(mapi, error);
}

/* ---- the session ---- */

bool mapi_token_ended(struct mapi *mapi, struct mapi_call *call)
{
    struct error why = { 0 };
    enum status status =
        auth_refused(&mapi->portal->settings->auth, call->token, &call->refusals, mapi->portal->clock, &why);
    if (status && status != STATUS_END) /* none is given any more: the run must stop */
        text_print(mapi->refusal, sizeof mapi->refusal, "%s", why.message);
    return !status;
}

void mapi_session_ended(struct mapi *mapi, const struct mapi_call *call)
{
    if (mapi->login == MAPI_LOGGED_IN && call->generation == mapi->generation)
        mapi->login = MAPI_LOGGED_OUT;
}

void mapi_end(struct mapi *mapi, struct mapi_call *call, enum portal_result said, struct text message)
{
    call->report.said = said;
    call->report.message = text_copy(&call->arena, message);
    call->next = mapi->ready;
    mapi->ready = call;
}

/* A login that failed is busy, closed or not reached to those who wait for it; where it is refused, the run stops. */
static void fail_waiting(struct mapi *mapi, const struct http_response *answer,
                         const struct mapi_reading *login)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    struct mapi_reading reading;
    bool shut = login->said == RESULT_NOT_LEFT || login->said == RESULT_CLOSED;
    bool busy = login->said == RESULT_BUSY || login->said == RESULT_LOST ||
                (login->said == RESULT_TAKEN && login->sign == MAPI_SIGN_BUSY);
    if (!shut && !busy)
        text_print(mapi->refusal, sizeof mapi->refusal,
                   _("the adapter %s opens no session for \"%s\"%s" TEXT_PRINT
                     "%s: check username, password and dstcode in portal.login"),
                   settings->common.shown, settings->user, login->message.length ? " (" : "",
                   TEXT_ARG(login->message), login->message.length ? ")" : "");
    for (struct mapi_call *call; (call = mapi_calls_take(&mapi->waiting));) {
        mapi_read(mapi, &call->arena, answer, TEXT_NONE, NULL, &call->report, &reading);
        mapi_end(mapi, call, shut ? login->said : RESULT_BUSY,
                 *mapi->refusal
                     ? text_of(mapi->refusal)
                     : text_format(&call->arena, _("at the login: " TEXT_PRINT), TEXT_ARG(login->message)));
    }
}

enum status mapi_logged_in(struct mapi *mapi, const struct http_response *answer, struct error *error)
{
    struct mapi_call *opening = &mapi->opening;
    struct mapi_reading reading;
    arena_clear(&opening->arena);
    mapi->login = MAPI_LOGGED_OUT;
    mapi_read(mapi, &opening->arena, answer, TEXT_NONE, NULL, &opening->report, &reading);
    if (!answer->failure && answer->status == 401 && mapi_token_ended(mapi, opening))
        return log_in(mapi, error);
    opening->refusals = 0;
    struct text session = value_text_of(reading.body, mapi_settings_of(mapi)->names.session);
    secrets_add(session, SECRETS_GIVEN);
    if (reading.said != RESULT_TAKEN || reading.sign != MAPI_SIGN_SUCCESS || !text_trim(session).length) {
        fail_waiting(mapi, answer, &reading);
        return STATUS_OK;
    }
    buffer_clear(&mapi->session);
    buffer_text(&mapi->session, session);
    mapi->login = MAPI_LOGGED_IN;
    mapi->generation++;
    for (struct mapi_call *call; (call = mapi_calls_take(&mapi->waiting));)
        if (mapi_send(mapi, call, error))
            return error->status;
    return STATUS_OK;
}
