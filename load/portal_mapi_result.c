/* What an answer comes to. */
#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "load/portal_mapi.h"

#define SAME_KIND_MAX                                                                                        \
    4 /* differences of one kind after our own pushes; one more, and it is not the records */

static const struct mapi_settings *settings_of(const struct mapi *mapi)
{
    return (const struct mapi_settings *)mapi->portal->settings;
}

void mapi_end(struct mapi *mapi, struct mapi_call *call, enum portal_result said, struct text message)
{
    call->report.said = said;
    call->report.message = text_copy(&call->arena, message);
    mapi_calls_put(&mapi->ready, call);
}

/* ---- contents ---- */

static enum status read_item(struct mapi *mapi, struct mapi_call *call, struct text content,
                             struct value **item, struct error *error)
{
    struct value *procedure;
    if (json_parse(&call->arena, content, &procedure, error))
        return error_add(error, _("the content of " TEXT_PRINT), TEXT_ARG(call->request->code));
    *item = mapi_map_write(settings_of(mapi)->map, &call->arena, procedure);
    return STATUS_OK;
}

enum status mapi_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                      struct portal_content *content, struct value **item, struct error *error)
{
    struct portal *portal = mapi->portal;
    const struct portal_request *request = call->request;
    *item = NULL;
    if (kind == PORTAL_CONTENT_SENT && request->withdraws)
        return STATUS_OK;
    if (kind == PORTAL_CONTENT_SENT && request->body.bytes)
        return read_item(mapi, call, request->body, item, error);
    if (!portal->content)
        return STATUS_OK;
    enum status status =
        portal->content(portal->content_own, call->request, kind, &call->arena, content, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    return read_item(mapi, call, content->bytes, item, error);
}

/* ---- what a look shows ---- */

static bool is_same(struct mapi *mapi, struct mapi_call *call, const struct value *expected,
                    const struct value *item, struct buffer *where)
{
    const struct mapi_settings *settings = settings_of(mapi);
    bool over = mapi_map_standing(settings->map, item) == REMOTE_ABOLISHED;
    return expected && mapi_map_same(settings->map, &call->arena, expected, item,
                                     over ? settings->without_when_abolished : NULL, where);
}

/* True when so many have come back otherwise in the same place that it is not the records. */
static bool is_systematic(struct mapi *mapi, struct text where)
{
    size_t at = 0, length = 0;
    while (length < where.length && where.bytes[length] != '[')
        length++;
    struct text name = text_slice(where, 0, length);
    while (at < MAPI_KINDS && mapi->kinds[at].count && !text_is(name, mapi->kinds[at].name))
        at++;
    if (at == MAPI_KINDS)
        return false;
    if (!mapi->kinds[at].count++)
        snprintf(mapi->kinds[at].name, sizeof mapi->kinds[at].name, TEXT_PRINT, TEXT_ARG(name));
    return mapi->kinds[at].count > SAME_KIND_MAX;
}

static enum status show(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                        struct error *error)
{
    struct remote_state *remote = &call->report.remote;
    struct portal_content held = { .abolished = false }, sent;
    struct value *ours, *base;
    BUFFER_OWNED struct buffer where = { 0 }, bytes = { 0 };
    if (mapi_item(mapi, call, PORTAL_CONTENT_SENT, &sent, &ours, error) ||
        mapi_item(mapi, call, PORTAL_CONTENT_HELD, &held, &base, error))
        return error->status;
    canonical_write(&bytes, item);
    struct digest all = crypto_sha256(buffer_view(&bytes));
    bool same = is_same(mapi, call, ours, item, &where), old = !same && is_same(mapi, call, base, item, NULL);
    *remote = (struct remote_state){ .named = true,
                                     .has_content = true,
                                     .standing = mapi_map_standing(settings_of(mapi)->map, item),
                                     .content = same  ? call->request->digest
                                                : old ? held.digest
                                                      : all };
    call->report.shown = text_copy(&call->arena, buffer_view(&bytes));
    if (text_starts(call->request->base, TEXT(MAPI_SEEN))) {
        char hex[DIGEST_HEX];
        digest_hex(&all, hex);
        remote->version = text_format(&call->arena, "seen-%s", hex);
    }
    struct text place = same || old || !ours ? TEXT_NONE : buffer_view(&where);
    if (place.length && call->request->changed && is_systematic(mapi, place)) {
        mapi_end(mapi, call, RESULT_CLOSED,
                 text_format(&call->arena,
                             _("it shows " TEXT_PRINT " otherwise than it was pushed, again and again: see "
                               "portal.fields, not_compared and unordered"),
                             TEXT_ARG(place)));
        return STATUS_OK;
    }
    mapi_end(mapi, call, RESULT_HELD,
             place.length ? text_format(&call->arena, _("what the adapter holds differs in " TEXT_PRINT),
                                        TEXT_ARG(place))
                          : TEXT_NONE);
    return STATUS_OK;
}

static enum status looked(struct mapi *mapi, struct mapi_call *call, const struct mapi_reading *reading,
                          struct error *error)
{
    const struct value *item;
    if (!mapi_find(settings_of(mapi), reading->body, call->request->code, &item)) {
        mapi_end(mapi, call, RESULT_LOST,
                 text_format(&call->arena,
                             _("HTTP 200, but the answer does not say whether " TEXT_PRINT
                               " is there: its \"%s\" cannot be understood"),
                             TEXT_ARG(call->request->code), settings_of(mapi)->names.result));
        return STATUS_OK;
    }
    if (item)
        return show(mapi, call, item, error);
    mapi_end(mapi, call, RESULT_UNKNOWN, TEXT_NONE);
    return STATUS_OK;
}

/* ---- what is not good ---- */

/* 401, 403 or a redirect again, in a session that has served: it has ended again, or this record is not let in. In
 * one that has never served nobody is. */
static enum portal_result shut_out(const struct mapi *mapi, const struct mapi_call *call,
                                   enum portal_result otherwise)
{
    return mapi->proven == call->generation ? otherwise : RESULT_CLOSED;
}

/* What an error means to a look and to a change. A change is never made again without a look: what is known to have
 * done nothing is looked at once (`prompt`), for the rest the look may lag. */
static const struct {
    enum portal_result look, change;
    bool prompt;
} meanings[] = {
    [MAPI_SIGN_SESSION] = { RESULT_BUSY, RESULT_LOST, true },
    [MAPI_SIGN_DUPLICATE] = { RESULT_LOST, RESULT_MISMATCH, false },
    [MAPI_SIGN_RIGHTS] = { RESULT_CLOSED, RESULT_CLOSED, false },
    [MAPI_SIGN_UNKNOWN] = { RESULT_UNKNOWN, RESULT_LOST, false },
    [MAPI_SIGN_REFUSED] = { RESULT_LOST, RESULT_REFUSED, false },
    [MAPI_SIGN_BUSY] = { RESULT_BUSY, RESULT_LOST, true },
    [MAPI_SIGN_NONE] = { RESULT_LOST, RESULT_LOST, false },
};

static enum portal_result look_failed(const struct mapi *mapi, const struct mapi_call *call,
                                      const struct mapi_reading *reading)
{
    if (reading->said == RESULT_TAKEN)
        return meanings[reading->sign].look;
    if (reading->said == RESULT_CLOSED && reading->of_session)
        return shut_out(mapi, call, RESULT_BUSY);
    return reading->said == RESULT_REFUSED ? RESULT_CLOSED : reading->said;
}

static enum portal_result change_failed(const struct mapi *mapi, struct mapi_call *call,
                                        const struct mapi_reading *reading)
{
    struct portal_response *report = &call->report;
    bool again = call->request->renewed;
    if (reading->said == RESULT_TAKEN) {
        report->prompt = meanings[reading->sign].prompt;
        if (reading->sign == MAPI_SIGN_NONE || reading->sign == MAPI_SIGN_UNKNOWN) {
            /* an error that no sign explains: once it may have been the session's */
            report->futile = again;
            call->request->renewed = true;
        }
        return meanings[reading->sign].change;
    }
    if (reading->said == RESULT_CLOSED && reading->of_session) {
        /* once, a session that has ended; then it is this call that may not be made */
        call->request->renewed = report->prompt = true;
        return again ? shut_out(mapi, call, RESULT_LOST) : RESULT_LOST;
    }
    if (reading->said != RESULT_BUSY)
        return reading->said;
    report->prompt = report->status == 429; /* there is no key that would make a second push harmless */
    return RESULT_LOST;
}

enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          struct error *error)
{
    struct mapi_reading reading;
    bool asks = call->request->kind == PORTAL_ASK;
    mapi_read(mapi, &call->arena, answer, call->request->code, call->ours, &call->report, &reading);
    struct auth *auth = &mapi->portal->settings->auth;
    bool present = call->token == auth->generation;
    if (answer->status == 401 && mapi_token_ended(mapi, call->token, &call->refusals)) {
        if (present) /* it may as well have been the session */
            mapi_session_ended(mapi, call);
        if (asks)
            return mapi_send(mapi, call, error);
        call->report.prompt = true;
        call->request->changed = true;
        mapi_end(mapi, call, RESULT_LOST, reading.message);
        return STATUS_OK;
    }
    if (!answer->failure && answer->status != 401)
        auth_accepted(auth);
    if (reading.of_session) {
        mapi_session_ended(mapi, call);
        if (asks && !call->renewed) {
            call->renewed = true;
            return mapi_send(mapi, call, error);
        }
    }
    bool good = reading.said == RESULT_TAKEN && reading.sign == MAPI_SIGN_SUCCESS;
    if (good)
        mapi->proven = call->generation;
    if (good && asks)
        return looked(mapi, call, &reading, error);
    call->request->changed |= !asks;
    mapi_end(mapi, call,
             good   ? RESULT_TAKEN
             : asks ? look_failed(mapi, call, &reading)
                    : change_failed(mapi, call, &reading),
             reading.message);
    return STATUS_OK;
}
