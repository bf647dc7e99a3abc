/* What goes out, as soon as there is a session that it goes out in. */
#include "adapters/json.h"
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

enum status mapi_prepare(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    struct portal_content content;
    bool withdraws = call->request->kind == PORTAL_WITHDRAW;
    if (call->request->kind == PORTAL_ASK)
        return STATUS_OK;
    if (mapi_item(mapi, call, withdraws ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT, &content, &call->ours,
                  error))
        return error->status;
    if (!call->ours) /* a withdrawal of what was never published from here: the order alone */
        call->ours = value_object(&call->arena);
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
    static const char *const said[MAPI_ABOLISHING] = { "decision", "reason" };
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
        if (settings->abolishing[i] && *settings->abolishing[i] && value_find(order, said[i]))
            set(arena, item, settings->abolishing[i], value_text_of(order, said[i]));
}

/* ---- calls ---- */

static struct value *write_call(struct mapi *mapi, struct arena *arena, const struct mapi_call *call)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    const struct portal_request *request = call->request;
    struct value *object = value_object(arena);
    if (!request) {
        set(arena, object, settings->names.user, text_of(settings->user));
        set(arena, object, settings->names.password, text_of(settings->password));
        return object;
    }
    set(arena, object, settings->names.session, buffer_view(&mapi->session));
    set(arena, object, settings->names.agency, text_of(settings->agency));
    if (request->kind == PORTAL_ASK) {
        set(arena, object, settings->names.service, text_of(settings->read_service));
        set(arena, object, settings->read_code, request->code);
    } else if (request->kind == PORTAL_WITHDRAW) {
        put_withdrawal(settings, arena, object, call);
    } else {
        put_push(settings, arena, object, request->base.bytes != NULL, value_copy(arena, call->ours));
    }
    return object;
}

static enum status submit(struct mapi *mapi, struct mapi_call *call, const char *path, struct error *error)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    struct http_header headers[HEADERS_MAX] = {
        { "Content-Type", TEXT("application/json") },
        { "Accept", TEXT("application/json") },
    };
    struct http_request request = { .method = "POST", .headers = headers, .header_count = 2, .owner = call };
    buffer_clear(&mapi->url);
    buffer_text(&mapi->url, settings->common.base);
    buffer_string(&mapi->url, path);
    if (settings->destination && settings->destination_in == MAPI_HEADER) {
        headers[request.header_count++] = (struct http_header){ "dstcode", text_of(settings->destination) };
    } else if (settings->destination) {
        buffer_string(&mapi->url, "?dstcode=");
        http_escape(&mapi->url, text_of(settings->destination));
    }
    arena_clear(&mapi->scratch);
    buffer_clear(&call->body);
    canonical_write(&call->body, write_call(mapi, &mapi->scratch, call));
    request.url = mapi->url.bytes;
    request.body = buffer_view(&call->body);
    call->generation = mapi->generation;
    call->token = settings->common.auth.generation;
    auth_apply(&settings->common.auth, &request, headers);
    return http_submit(mapi->client, &request, error);
}

enum status mapi_log_in(struct mapi *mapi, struct error *error)
{
    mapi->login = MAPI_LOGGING_IN;
    return submit(mapi, &mapi->opening, mapi_settings_of(mapi)->login_path, error);
}

enum status mapi_send(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    if (mapi->login == MAPI_LOGGED_IN)
        return submit(mapi, call, mapi_settings_of(mapi)->call_path, error);
    call->next = mapi->waiting;
    mapi->waiting = call;
    return mapi->login == MAPI_LOGGING_IN ? STATUS_OK : mapi_log_in(mapi, error);
}
