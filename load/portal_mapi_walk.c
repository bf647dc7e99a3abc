/* The walk of a delivery: look, change, check. */
#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "load/portal_mapi.h"

#define CHANGES_MAX 3 /* of one walk; sessions that end so often are for another time */

static const struct mapi_settings *settings_of(const struct mapi *mapi)
{
    return (const struct mapi_settings *)mapi->portal->settings;
}

void mapi_end(struct mapi *mapi, struct mapi_call *call, enum portal_result said, struct text message)
{
    /* What may have been taken shows late: a question that came too soon would have it sent again. */
    int64_t settle = settings_of(mapi)->settle;
    if (said == RESULT_LOST && call->changes && call->report.retry_after < settle)
        call->report.retry_after = settle;
    call->report.said = said;
    if (said == RESULT_TAKEN) /* what stands there now is known by its content */
        call->report.remote.version = TEXT_NONE;
    /* What went wrong may quote what was sent. */
    message = mapi_mask(&call->arena, message, buffer_view(&mapi->session));
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

/* What the portal has is asked of the caller: NULL when there is nothing. */
static enum status fetch_item(struct mapi *mapi, struct mapi_call *call, enum portal_content_kind kind,
                              struct portal_content *content, struct value **item, struct error *error)
{
    struct portal *portal = mapi->portal;
    *item = NULL;
    if (!portal->content)
        return STATUS_OK;
    enum status status =
        portal->content(portal->content_own, call->request, kind, &call->arena, content, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    return read_item(mapi, call, content->bytes, item, error);
}

/* What is to stand there, of a publication or a question after one. */
static enum status find_ours(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    struct portal_content content;
    if (call->ours || call->request->withdraws)
        return STATUS_OK;
    if (call->request->body.bytes)
        return read_item(mapi, call, call->request->body, &call->ours, error);
    return fetch_item(mapi, call, PORTAL_CONTENT_SENT, &content, &call->ours, error);
}

static bool is_same(struct mapi *mapi, struct mapi_call *call, const struct value *expected,
                    const struct value *item, struct buffer *where)
{
    const struct mapi_settings *settings = settings_of(mapi);
    bool over = mapi_map_standing(settings->map, item) == REMOTE_ABOLISHED;
    return expected && mapi_map_same(settings->map, &call->arena, expected, item,
                                     over ? settings->without_when_abolished : NULL, where);
}

static bool is_seen(struct text base)
{
    return text_starts(base, TEXT(MAPI_SEEN));
}

static struct text fingerprint_of(struct arena *arena, const struct digest *digest)
{
    char hex[DIGEST_HEX];
    digest_hex(digest, hex);
    return text_format(arena, "seen-%s", hex);
}

struct sighting {
    enum remote_status standing;
    bool ours; /* the content; the standing is another matter */
    bool base; /* what the delivery replaces; true also where nobody can tell */
    char where[200];
};

/* The digest says which of the contents it is that stands there. */
static enum status look_at(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                           struct sighting *sighting, struct error *error)
{
    struct remote_state *remote = &call->report.remote;
    struct text wanted = call->request->base;
    struct portal_content held = { .abolished = false };
    struct value *base;
    struct buffer BUFFER_OWNED where = { 0 };
    *sighting = (struct sighting){ .standing = mapi_map_standing(settings_of(mapi)->map, item) };
    if (find_ours(mapi, call, error))
        return error->status;
    sighting->ours = is_same(mapi, call, call->ours, item, &where);
    text_print(sighting->where, sizeof sighting->where, TEXT_PRINT, TEXT_ARG(buffer_view(&where)));
    *remote = (struct remote_state){ .has_digest = true, .standing = sighting->standing };
    if (fetch_item(mapi, call, PORTAL_CONTENT_HELD, &held, &base, error))
        return error->status;
    bool same = is_same(mapi, call, base, item, NULL);
    bool abolished = sighting->standing == REMOTE_ABOLISHED;
    sighting->base = !base || (same && (!abolished || held.abolished));
    if (sighting->ours) {
        remote->digest = call->request->digest;
    } else if (same) {
        remote->digest = held.digest;
    }
    struct buffer BUFFER_OWNED bytes = { 0 };
    canonical_write(&bytes, item);
    struct digest all = crypto_sha256(buffer_view(&bytes));
    if (!sighting->ours && !same)
        remote->digest = all;
    if (!is_seen(wanted))
        return STATUS_OK;
    remote->version = fingerprint_of(&call->arena, &all);
    sighting->base =
        text_equal(remote->version, text_slice(wanted, 1, wanted.length > 2 ? wanted.length - 2 : 0));
    return STATUS_OK;
}

/* ---- steps ---- */

static enum status go_on(struct mapi *mapi, struct mapi_call *call, enum mapi_step step, struct error *error)
{
    call->step = step;
    return mapi_send(mapi, call, error);
}

/* The session or the token has ended. What a change came to is not known from that, so it is looked at again.
 */
static enum status start_again(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    return go_on(mapi, call, call->step == MAPI_CHECK ? MAPI_CHECK : MAPI_LOOK, error);
}

static void answer_question(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                            const struct sighting *sighting)
{
    if (!item)
        mapi_end(mapi, call, RESULT_UNKNOWN, TEXT_NONE);
    else if (*sighting->where && !sighting->ours)
        mapi_end(mapi, call, RESULT_HELD,
                 text_format(&call->arena, _("what the adapter holds differs in %s"), sighting->where));
    else
        mapi_end(mapi, call, RESULT_HELD, TEXT_NONE);
}

/* Before a change: may it be made? */
static enum status decide(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                          const struct sighting *sighting, struct error *error)
{
    const struct portal_request *request = call->request;
    bool withdraws = request->kind == PORTAL_WITHDRAW;
    bool over = item && sighting->standing == REMOTE_ABOLISHED;
    bool done = item && (withdraws ? over : sighting->ours && !over);
    call->was = item;
    if (done && call->changes) { /* it was taken before the session ended */
        mapi_end(mapi, call, RESULT_TAKEN, TEXT_NONE);
        return STATUS_OK;
    }
    if (withdraws && !item) {
        mapi_end(mapi, call, RESULT_UNKNOWN, TEXT_NONE);
        return STATUS_OK;
    }
    if (call->suspected.bytes && (call->own_fault || call->suspect == call->generation)) { /* it lives */
        mapi_end(mapi, call, call->suspicion, call->suspected);
        return STATUS_OK;
    }
    call->suspected = TEXT_NONE;
    bool fits = withdraws ? sighting->base : request->base.bytes ? item && sighting->base : !item;
    if (!done && fits)
        return go_on(mapi, call, MAPI_CHANGE, error);
    mapi_end(mapi, call, RESULT_MISMATCH,
             item ? TEXT_NONE : text_of(_("the adapter does not know the procedure any more")));
    return STATUS_OK;
}

/* After a change: only what is seen counts. */
static void conclude(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                     const struct sighting *sighting)
{
    bool withdraws = call->request->kind == PORTAL_WITHDRAW;
    bool over = item && sighting->standing == REMOTE_ABOLISHED;
    if (!item)
        mapi_end(mapi, call, RESULT_LOST, text_of(_("the adapter has taken it, but does not show it")));
    else if (withdraws && !over)
        mapi_end(mapi, call, RESULT_LOST,
                 text_of(_("the adapter has taken the withdrawal, but does not show it as abolished")));
    else if (!withdraws && over)
        mapi_end(mapi, call, RESULT_LOST, text_of(_("the adapter has taken it, but shows it as abolished")));
    else if (!withdraws && !sighting->ours)
        mapi_end(
            mapi, call, RESULT_LOST,
            text_format(&call->arena, _("the adapter has taken it, but shows another %s"), sighting->where));
    else
        mapi_end(mapi, call, RESULT_TAKEN, TEXT_NONE);
}

static enum status looked(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                          struct error *error)
{
    struct sighting sighting = { .standing = REMOTE_UNSAID };
    if (item ? look_at(mapi, call, item, &sighting, error) : find_ours(mapi, call, error))
        return error->status;
    if (call->request->kind == PORTAL_ASK)
        answer_question(mapi, call, item, &sighting);
    else if (call->step == MAPI_LOOK)
        return decide(mapi, call, item, &sighting, error);
    else
        conclude(mapi, call, item, &sighting);
    return STATUS_OK;
}

/* ---- failures ---- */

/* A look, a check or a question that showed nothing. Before a change nothing has happened; after it, nobody
 * knows. */
static enum portal_result blind(const struct mapi_call *call, const struct mapi_reading *reading)
{
    bool asked = call->request->kind == PORTAL_ASK;
    if (call->changes)
        return RESULT_LOST;
    switch (reading->meaning) {
    case MAPI_UNSENT:
        return RESULT_NOT_LEFT;
    case MAPI_OUTSIDE:
    case MAPI_WRONG:
        return RESULT_CLOSED;
    case MAPI_WAIT:
        return RESULT_BUSY;
    case MAPI_FAULT:
        if (reading->fault == MAPI_FAULT_BUSY || reading->fault == MAPI_FAULT_CLOSED)
            return RESULT_BUSY;
        break;
    case MAPI_GOOD:
    case MAPI_UNCLEAR:
        break;
    }
    return asked ? RESULT_LOST : RESULT_BUSY;
}

static enum portal_result change_failed(const struct mapi_call *call, const struct mapi_reading *reading)
{
    bool first = call->changes == 1;
    switch (reading->meaning) {
    case MAPI_UNSENT:
        return first ? RESULT_NOT_LEFT : RESULT_LOST;
    case MAPI_OUTSIDE:
        return first ? RESULT_CLOSED : RESULT_LOST;
    case MAPI_WRONG:
        return RESULT_REFUSED;
    case MAPI_WAIT:
        return RESULT_BUSY;
    case MAPI_FAULT:
        if (reading->fault == MAPI_FAULT_MISMATCH)
            return RESULT_MISMATCH;
        if (reading->fault == MAPI_FAULT_BUSY || reading->fault == MAPI_FAULT_CLOSED)
            return RESULT_BUSY;
        return reading->fault == MAPI_FAULT_REFUSED ? RESULT_REFUSED : RESULT_LOST;
    case MAPI_GOOD:
    case MAPI_UNCLEAR:
        break;
    }
    return RESULT_LOST;
}

static void close_down(struct mapi *mapi, struct mapi_call *call, const struct mapi_reading *reading)
{
    struct text message = mapi_mask(&call->arena, reading->message, buffer_view(&mapi->session));
    text_print(mapi->refusal, sizeof mapi->refusal,
               _("the adapter %s does not serve what it is asked for (" TEXT_PRINT
                 "): check portal.madonvi and the names of the services"),
               mapi->portal->settings->shown, TEXT_ARG(message));
}

static void note(struct mapi_call *call, const struct http_response *answer,
                 const struct mapi_reading *reading)
{
    struct portal_response *report = &call->report;
    int64_t took = answer->took_us / 1000;
    report->took = took > report->took ? took : report->took;
    report->status = answer->status;
    report->retry_after = answer->retry_after_ms;
    report->shared = answer->status == 429 || answer->status == 503;
    report->slow = answer->failure == HTTP_TIMEOUT;
    report->answer_digest = reading->answer_digest;
    report->remote = (struct remote_state){ .has_digest = false };
}

/* The words without what is another in each answer: the code, numbers. */
static struct text sentence(struct mapi_call *call, struct text message)
{
    BUFFER_OWNED struct buffer out = { 0 };
    size_t at;
    for (; text_find(message, call->request->code, &at);
         message = text_slice(message, at + call->request->code.length, message.length))
        buffer_text(&out, text_slice(message, 0, at));
    buffer_text(&out, message);
    size_t length = 0;
    for (size_t i = 0; i < out.length; i++)
        if (out.bytes[i] < '0' || out.bytes[i] > '9')
            out.bytes[length++] = out.bytes[i];
    out.length = length;
    return text_copy(&call->arena, buffer_view(&out));
}

/* "Not found" of a look: the procedure, or the session? What is said in a session that was just opened is
 * said of the procedure, and so is the same in others. */
static bool is_of_session(struct mapi *mapi, struct mapi_call *call, struct text message)
{
    struct text said = sentence(call, message);
    bool lives = call->fresh && mapi->login == MAPI_LOGGED_IN && call->generation == mapi->generation;
    if (lives) {
        buffer_clear(&mapi->missing);
        buffer_text(&mapi->missing, said);
    }
    return !lives && !text_equal(said, buffer_view(&mapi->missing));
}

/* An error that nobody knows, or that may be one of the session's. */
static bool is_unknown(struct mapi *mapi, struct mapi_call *call, const struct mapi_reading *reading)
{
    if (reading->meaning != MAPI_FAULT)
        return false;
    if (reading->fault == MAPI_FAULT_MISSING)
        return call->step == MAPI_CHANGE || is_of_session(mapi, call, reading->message);
    return reading->fault == MAPI_FAULT_NONE || reading->fault == MAPI_FAULT_MISMATCH;
}

enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          struct error *error)
{
    struct mapi_reading reading;
    const struct value *item = NULL;
    mapi_read(settings_of(mapi), &call->arena, answer, &reading);
    note(call, answer, &reading);
    bool faulty = reading.meaning == MAPI_FAULT;
    bool changing = call->step == MAPI_CHANGE;
    bool unknown = is_unknown(mapi, call, &reading);
    bool expired = faulty && reading.fault == MAPI_FAULT_EXPIRED;
    call->own_fault |= expired && !changing && call->suspected.bytes && call->suspect == call->generation;
    if (expired || (unknown && !changing && !call->renewed)) {
        mapi_session_ended(mapi, call);
        if (!call->renewed) {
            call->renewed = true;
            return start_again(mapi, call, error);
        }
        mapi_end(mapi, call, call->changes ? RESULT_LOST : RESULT_BUSY, reading.message);
        return STATUS_OK;
    }
    if (unknown && changing && call->changes < CHANGES_MAX) { /* a session may have ended in its own words */
        call->suspected = reading.message;
        call->suspect = call->generation;
        call->own_fault = call->renewed = false;
        call->suspicion = reading.fault == MAPI_FAULT_MISMATCH ? RESULT_MISMATCH : RESULT_REFUSED;
        return go_on(mapi, call, MAPI_LOOK, error);
    }
    bool refused = !answer->failure && answer->status == 401;
    if (refused && !call->token_renewed && mapi_renew_token(mapi, call->token)) {
        call->token_renewed = true;
        return start_again(mapi, call, error);
    }
    if (faulty && reading.fault == MAPI_FAULT_CLOSED)
        close_down(mapi, call, &reading);
    if (changing) {
        if (reading.meaning == MAPI_GOOD)
            return go_on(mapi, call, MAPI_CHECK, error);
        mapi_end(mapi, call, change_failed(call, &reading), reading.message);
        return STATUS_OK;
    }
    if (faulty && reading.fault == MAPI_FAULT_MISSING && !unknown)
        return looked(mapi, call, NULL, error);
    if (reading.meaning == MAPI_GOOD &&
        mapi_find(settings_of(mapi), reading.body, call->request->code, &item))
        return looked(mapi, call, item, error);
    if (reading.meaning == MAPI_GOOD)
        reading.message = text_of(_("the answer shows something else than this procedure"));
    mapi_end(mapi, call, blind(call, &reading), reading.message);
    return STATUS_OK;
}
