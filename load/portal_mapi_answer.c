/* What the answer to a call comes to. */
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "load/portal_mapi.h"

#define SAME_KIND_MAX                                                                                        \
    4 /* differences of one kind after our own pushes; one more, and it is not the records */

/* ---- what a look shows ---- */

static bool is_same(struct mapi *mapi, struct mapi_call *call, const struct value *expected,
                    const struct value *item, struct buffer *where)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    bool over = mapi_map_standing(settings->map, item) == REMOTE_ABOLISHED;
    return expected && mapi_map_same(settings->map, &call->arena, expected, item,
                                     over ? settings->abolishing : NULL, where);
}

/* True when so many have come back otherwise in the same field that it is not the records. */
static bool is_systematic(struct mapi *mapi, struct text where)
{
    const struct mapi_map *map = mapi_settings_of(mapi)->map;
    const struct text name = text_slice(where, 0, strcspn(where.bytes, "[."));
    size_t at = 0;
    while (at < map->count && !text_equal(map->fields[at].name, name))
        at++;
    return at < map->count && ++mapi->differs[at] > SAME_KIND_MAX;
}

static enum status show(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                        struct error *error)
{
    struct remote_state *remote = &call->report.remote;
    struct portal_content held, sent;
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
                                     .standing = mapi_map_standing(mapi_settings_of(mapi)->map, item),
                                     .content = same  ? call->request->digest
                                                : old ? held.digest
                                                      : all };
    call->report.shown = text_copy(&call->arena, buffer_view(&bytes));
    if (text_starts(call->request->base, TEXT(MAPI_SEEN))) {
        char hex[DIGEST_HEX];
        digest_hex(&all, hex);
        remote->version = text_format(&call->arena, "seen-%s", hex);
    }
    if (same || old || !ours)
        mapi_end(mapi, call, RESULT_HELD, TEXT_NONE);
    else if (call->request->changed && is_systematic(mapi, buffer_view(&where)))
        mapi_end(mapi, call, RESULT_CLOSED,
                 text_format(&call->arena,
                             _("it shows " TEXT_PRINT " otherwise than it was pushed, again and again: see "
                               "portal.fields, not_compared and unordered"),
                             TEXT_ARG(buffer_view(&where))));
    else
        mapi_end(mapi, call, RESULT_HELD,
                 text_format(&call->arena, _("what the adapter holds differs in " TEXT_PRINT),
                             TEXT_ARG(buffer_view(&where))));
    return STATUS_OK;
}

static enum status looked(struct mapi *mapi, struct mapi_call *call, const struct mapi_reading *reading,
                          struct error *error)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    const struct value *item;
    if (!mapi_find(settings, reading->body, call->request->code, &item))
        mapi_end(mapi, call, RESULT_LOST,
                 text_format(&call->arena,
                             _("HTTP 200, but the answer does not say whether " TEXT_PRINT
                               " is there: its \"%s\" cannot be understood"),
                             TEXT_ARG(call->request->code), settings->names.result));
    else if (item)
        return show(mapi, call, item, error);
    else
        mapi_end(mapi, call, RESULT_UNKNOWN, TEXT_NONE);
    return STATUS_OK;
}

/* ---- what is not good ---- */

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

static enum portal_result failed(const struct mapi *mapi, struct mapi_call *call,
                                 const struct mapi_reading *reading)
{
    struct portal_request *request = call->request;
    struct portal_response *report = &call->report;
    bool asks = request->kind == PORTAL_ASK, again = request->renewed;
    /* 401, 403 or a redirect again, in a session that has served: it has ended again, or this record is not let in.
     * In one that has never served nobody is. */
    bool served = mapi->proven == call->generation;
    enum mapi_sign sign = reading->sign;
    if (reading->said == RESULT_TAKEN && asks)
        return meanings[sign].look;
    if (reading->said == RESULT_TAKEN) {
        report->prompt = meanings[sign].prompt;
        if (sign == MAPI_SIGN_NONE || sign == MAPI_SIGN_UNKNOWN) {
            /* an error that no sign explains: once it may have been the session's */
            report->futile = again;
            request->renewed = true;
        }
        return meanings[sign].change;
    }
    if (reading->said == RESULT_CLOSED && reading->of_session && asks)
        return served ? RESULT_BUSY : RESULT_CLOSED;
    if (reading->said == RESULT_CLOSED && reading->of_session) {
        /* once, a session that has ended; then it is this call that may not be made */
        request->renewed = report->prompt = true;
        return again && !served ? RESULT_CLOSED : RESULT_LOST;
    }
    if (asks)
        return reading->said == RESULT_REFUSED ? RESULT_CLOSED : reading->said;
    /* there is no key that would make a second push harmless */
    report->prompt = reading->said == RESULT_BUSY && report->status == 429;
    return reading->said == RESULT_BUSY ? RESULT_LOST : reading->said;
}

enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          struct error *error)
{
    struct mapi_reading reading;
    bool asks = call->request->kind == PORTAL_ASK;
    mapi_read(mapi, &call->arena, answer, call->request->code, call->ours, &call->report, &reading);
    /* which of the two had ended, the token or the session, a 401 does not say */
    bool renewed = answer->status == 401 && mapi_token_ended(mapi, call);
    if (!answer->failure && answer->status != 401)
        auth_accepted(&mapi->portal->settings->auth);
    if (reading.of_session)
        mapi_session_ended(mapi, call);
    if (asks && (renewed || (reading.of_session && !call->renewed))) {
        call->renewed |= !renewed;
        return mapi_send(mapi, call, error);
    }
    bool good = reading.said == RESULT_TAKEN && reading.sign == MAPI_SIGN_SUCCESS;
    if (good)
        mapi->proven = call->generation;
    if (good && asks)
        return looked(mapi, call, &reading, error);
    call->request->changed |= !asks;
    call->report.prompt = renewed;
    mapi_end(mapi, call,
             good      ? RESULT_TAKEN
             : renewed ? RESULT_LOST
                       : failed(mapi, call, &reading),
             reading.message);
    return STATUS_OK;
}
