/* Sessions, and what goes out. */
#include <stdio.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "load/portal_mapi.h"

#define HEADERS_MAX 6

static struct mapi_settings *settings_of(const struct mapi *mapi)
{
    return (struct mapi_settings *)mapi->portal->settings;
}

/* ---- requests ---- */

static enum status submit(struct mapi *mapi, const struct buffer *url, struct text body, void *owner,
                          struct error *error)
{
    const struct mapi_settings *settings = settings_of(mapi);
    struct http_header headers[HEADERS_MAX] = {
        { "Content-Type", TEXT("application/json") },
        { "Accept", TEXT("application/json") },
    };
    struct http_request request = { .method = "POST",
                                    .url = url->bytes,
                                    .headers = headers,
                                    .header_count = 2,
                                    .body = body,
                                    .owner = owner };
    if (settings->destination && settings->destination_in == MAPI_HEADER)
        headers[request.header_count++] = (struct http_header){ "dstcode", text_of(settings->destination) };
    auth_apply(&settings->common.auth, &request, headers);
    return http_submit(mapi->client, &request, error);
}

static void set(struct arena *arena, struct value *object, const char *name, struct text text)
{
    value_set(object, name, value_text(arena, text));
}

/* What was acknowledged last, which a look has just shown, with another status. */
static struct value *abolished(const struct mapi_settings *settings, struct arena *arena,
                               const struct value *was, const struct value *order)
{
    struct text names[] = { mapi_map_status_name(settings->map), text_of(settings->withdraw_decision),
                            text_of(settings->withdraw_reason) };
    struct text values[] = { mapi_map_abolished(settings->map), value_text_of(order, "decision"),
                             value_text_of(order, "reason") };
    struct value *item = value_object(arena);
    for (const struct value *member = was->first; member; member = member->next) {
        bool replaced = false;
        for (size_t i = 0; i < 3; i++)
            replaced |= names[i].length && values[i].bytes && text_equal(member->name, names[i]);
        if (!replaced)
            value_set_text(item, member->name, value_copy(arena, member));
    }
    for (size_t i = 0; i < 3; i++)
        if (names[i].length && values[i].bytes)
            value_set_text(item, names[i], value_text(arena, values[i]));
    return item;
}

static void put_push(const struct mapi_settings *settings, struct arena *arena, struct value *call,
                     bool updating, const struct value *item)
{
    set(arena, call, settings->names.service, text_of(settings->push_service));
    set(arena, call, settings->names.updating,
        text_of(updating ? settings->push_update : settings->push_first));
    value_append(value_set(call, settings->names.data, value_list(arena)), value_copy(arena, item));
}

static void put_withdrawal(const struct mapi_settings *settings, struct arena *arena, struct value *call,
                           const struct mapi_call *about)
{
    struct value *order = NULL;
    if (json_parse(arena, about->request->body, &order, NULL))
        order = NULL;
    struct text decision = value_text_of(order, "decision"), reason = value_text_of(order, "reason");
    if (!settings->withdraw_service) {
        put_push(settings, arena, call, true, abolished(settings, arena, about->ours, order));
        return;
    }
    set(arena, call, settings->names.service, text_of(settings->withdraw_service));
    set(arena, call, settings->withdraw_code, about->request->code);
    if (settings->withdraw_decision)
        set(arena, call, settings->withdraw_decision, decision.bytes ? decision : TEXT(""));
    if (settings->withdraw_reason && reason.bytes)
        set(arena, call, settings->withdraw_reason, reason);
}

/* What a change brings. */
static enum status prepare(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    struct portal_content content;
    bool withdraws = call->request->kind == PORTAL_WITHDRAW;
    if (call->request->kind == PORTAL_ASK || call->ours)
        return STATUS_OK;
    if (mapi_item(mapi, call, withdraws ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT, &content, &call->ours,
                  error))
        return error->status;
    if (!call->ours && withdraws) /* the order alone: of what was never published from here */
        call->ours = value_object(&call->arena);
    return STATUS_OK;
}

static void write_call(struct mapi *mapi, struct mapi_call *call)
{
    const struct mapi_settings *settings = settings_of(mapi);
    struct arena *arena = &mapi->scratch;
    arena_clear(arena);
    struct value *object = value_object(arena);
    set(arena, object, settings->names.session, buffer_view(&mapi->session));
    set(arena, object, settings->names.agency, text_of(settings->agency));
    if (call->request->kind == PORTAL_ASK) {
        set(arena, object, settings->names.service, text_of(settings->read_service));
        set(arena, object, settings->read_code, call->request->code);
    } else if (call->request->kind == PORTAL_WITHDRAW) {
        put_withdrawal(settings, arena, object, call);
    } else {
        put_push(settings, arena, object, call->request->base.bytes != NULL, call->ours);
    }
    buffer_clear(&call->body);
    canonical_write(&call->body, object);
}

static enum status log_in(struct mapi *mapi, struct error *error)
{
    const struct mapi_settings *settings = settings_of(mapi);
    struct arena *arena = &mapi->scratch;
    arena_clear(arena);
    struct value *object = value_object(arena);
    set(arena, object, settings->names.user, text_of(settings->user));
    set(arena, object, settings->names.password, text_of(settings->password));
    buffer_clear(&mapi->login_body);
    canonical_write(&mapi->login_body, object);
    mapi->login = MAPI_LOGGING_IN;
    mapi->login_token = settings->common.auth.generation;
    return submit(mapi, &mapi->login_url, buffer_view(&mapi->login_body), mapi, error);
}

enum status mapi_send(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    if (mapi->login == MAPI_LOGGED_IN) {
        if (prepare(mapi, call, error))
            return error->status;
        write_call(mapi, call);
        call->generation = mapi->generation;
        call->token = mapi->portal->settings->auth.generation;
        return submit(mapi, &mapi->call_url, buffer_view(&call->body), call, error);
    }
    mapi_calls_put(&mapi->waiting, call);
    if (mapi->login == MAPI_LOGGING_IN)
        return STATUS_OK;
    mapi->login_refusals = 0;
    return log_in(mapi, error);
}

/* ---- the session ---- */

bool mapi_token_ended(struct mapi *mapi, unsigned token, unsigned *refusals)
{
    struct error why = { 0 };
    enum status status =
        auth_refused(&mapi->portal->settings->auth, token, refusals, mapi->portal->clock, &why);
    if (status && status != STATUS_END) /* none is given any more: the run must stop */
        text_print(mapi->refusal, sizeof mapi->refusal, "%s", why.message);
    return !status;
}

void mapi_session_ended(struct mapi *mapi, const struct mapi_call *call)
{
    if (mapi->login == MAPI_LOGGED_IN && call->generation == mapi->generation)
        mapi->login = MAPI_LOGGED_OUT;
}

static void refuse(struct mapi *mapi, struct text message)
{
    const struct mapi_settings *settings = settings_of(mapi);
    text_print(mapi->refusal, sizeof mapi->refusal,
               _("the adapter %s opens no session for \"%s\"%s" TEXT_PRINT
                 "%s: check username, password and dstcode in portal.login"),
               settings->common.shown, settings->user, message.length ? " (" : "", TEXT_ARG(message),
               message.length ? ")" : "");
}

/* What a login that failed is to those who wait for it. */
static enum portal_result said_of(struct mapi *mapi, const struct mapi_reading *reading)
{
    bool busy = reading->said == RESULT_BUSY || reading->said == RESULT_LOST ||
                (reading->said == RESULT_TAKEN && reading->sign == MAPI_SIGN_BUSY);
    if (reading->said == RESULT_NOT_LEFT || reading->said == RESULT_CLOSED)
        return reading->said;
    if (!busy)
        refuse(mapi, reading->message);
    return RESULT_BUSY;
}

static void fail_waiting(struct mapi *mapi, const struct portal_response *report,
                         const struct mapi_reading *reading)
{
    enum portal_result said = said_of(mapi, reading);
    struct text message = *mapi->refusal ? text_of(mapi->refusal)
                                         : text_format(&mapi->scratch, _("at the login: " TEXT_PRINT),
                                                       TEXT_ARG(reading->message));
    for (struct mapi_call *call; (call = mapi_calls_take(&mapi->waiting));) {
        call->report = *report;
        call->report.request = call->request;
        call->report.last = true;
        call->report.answer_digest = text_copy(&call->arena, report->answer_digest);
        mapi_end(mapi, call, said, message);
    }
}

enum status mapi_logged_in(struct mapi *mapi, const struct http_response *answer, struct error *error)
{
    const struct mapi_settings *settings = settings_of(mapi);
    struct mapi_reading reading;
    struct portal_response report = { .request = NULL };
    arena_clear(&mapi->scratch);
    mapi->login = MAPI_LOGGED_OUT;
    mapi_read(mapi, &mapi->scratch, answer, TEXT_NONE, NULL, &report, &reading);
    if (!answer->failure && answer->status == 401 &&
        mapi_token_ended(mapi, mapi->login_token, &mapi->login_refusals))
        return log_in(mapi, error);
    struct text session = value_text_of(reading.body, settings->names.session);
    secrets_add(session, SECRETS_GIVEN);
    if (reading.said != RESULT_TAKEN || reading.sign != MAPI_SIGN_SUCCESS || !text_trim(session).length) {
        fail_waiting(mapi, &report, &reading);
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
