/* The driver of the adapter ("mapi") that a province reaches the national database through. */
#include "load/portal_mapi.h"

#include <stdlib.h>

#include "core/memory.h"

#define BODY_KEPT ((size_t)256 * 1024) /* a larger buffer is not kept for the next call */

const struct mapi_settings *mapi_settings_of(const struct mapi *mapi)
{
    return (const struct mapi_settings *)mapi->portal->settings;
}

struct mapi_call *mapi_calls_take(struct mapi_call **calls)
{
    struct mapi_call *call = *calls;
    *calls = call ? call->next : NULL;
    return call;
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
    mapi->portal = portal;
    mapi->differs = memory_take_zeroed(settings->map->root.count, sizeof *mapi->differs);
    portal->user_data = mapi;
    for (size_t i = 0; i < MAPI_SIGNS; i++)
        if (settings->signs[i].pattern.bytes &&
            regex_compile(settings->signs[i].pattern, &mapi->patterns[i], error))
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
    free_call(&mapi->opening);
    buffer_free(&mapi->url);
    buffer_free(&mapi->session);
    for (size_t i = 0; i < MAPI_SIGNS; i++)
        regex_free(mapi->patterns[i]);
    free(mapi->differs);
    arena_free(&mapi->scratch);
    free(mapi);
    portal->user_data = NULL;
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
    call->ours = NULL;
    call->renewed = false;
    call->refusals = 0;
    call->report = (struct portal_response){ .request = request, .last = true, .retry_after = -1 };
    arena_clear(&call->arena);
    return call;
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
    return mapi_prepare(mapi, call, error) ? error->status : mapi_send(mapi, call, error);
}

static enum status next_mapi(struct portal *portal, long wait, struct portal_response *report,
                             struct error *error)
{
    struct mapi *mapi = portal->user_data;
    struct http_response answer;
    if (mapi->given)
        mapi->given->request = NULL;
    while (!(mapi->given = mapi_calls_take(&mapi->ready))) {
        enum status status = http_next(mapi->client, wait, &answer, error);
        if (!status)
            status = mapi_answered(mapi, answer.owner, &answer, error);
        if (status)
            return status;
    }
    *report = mapi->given->report;
    return STATUS_OK;
}

static struct value *form_mapi(const struct portal *portal, struct arena *arena, const struct value *content)
{
    return mapi_map_write(((const struct mapi_settings *)portal->settings)->map, arena, content);
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
