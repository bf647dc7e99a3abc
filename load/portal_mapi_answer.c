/* What comes back: what the adapter says, and what it comes to. All of it is a stranger's word. */
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/canonical.h"
#include "load/portal_answer.h"
#include "load/portal_mapi.h"

#define WORDS_MAX    600
#define QUOTED_LEAST 2 /* bytes: what is shorter stands in any sentence */
#define CODE_MAX     40
#define SAME_KIND_MAX                                                                                        \
    4 /* differences of one kind, or procedures in a row that it lacks; one more, and it is not the records */

/* ---- signs ---- */

/* What we ourselves have sent is no word of the adapter. */
static struct text without(struct arena *arena, struct text message, const struct value *ours)
{
    BUFFER_OWNED struct buffer out = { 0 };
    size_t at;
    for (const struct value *child = ours ? ours->first : NULL; child; child = child->next)
        message = without(arena, message, child);
    if (!value_is_scalar(ours) || ours->text.length < QUOTED_LEAST)
        return message;
    for (; text_find(message, ours->text, &at);
         message = text_slice(message, at + ours->text.length, message.length))
        buffer_text(&out, text_slice(message, 0, at));
    buffer_text(&out, message);
    return text_copy(arena, buffer_view(&out));
}

/* An error code tells; where there is none, or nobody knows it, the whole message may. */
static enum mapi_sign sign_of(const struct mapi *mapi, struct mapi_call *call, struct text code,
                              struct text message)
{
    for (size_t sign = 0; code.length && sign < MAPI_SIGNS; sign++)
        if (mapi_is_named(mapi->settings->signs[sign], code))
            return (enum mapi_sign)sign;
    if (portal_answer_is_zero(code))
        return MAPI_SIGN_SUCCESS;
    message = without(&call->arena, text_slice(message, 0, unicode_invalid_at(message)), call->ours);
    message = unicode_nfc(&call->arena, portal_answer_clean(&call->arena, message, WORDS_MAX));
    for (size_t sign = 0; message.length && sign < MAPI_SIGNS; sign++)
        if (mapi->patterns[sign] && regex_search(mapi->patterns[sign], message, 0, NULL, NULL) == STATUS_OK)
            return (enum mapi_sign)sign;
    return MAPI_SIGN_NONE;
}

/* ---- answers ---- */

/* What stands in a facade's text; the object itself where it is none. NULL: unreadable. */
static const struct value *unwrap(const struct mapi_settings *settings, struct arena *arena,
                                  const struct value *body)
{
    struct value *inner = NULL;
    if (!settings->facade || value_find(body, settings->names.error))
        return body;
    return json_parse(arena, value_text_of(body, settings->names.wrapped), &inner, NULL) ? NULL : inner;
}

static void read_body(const struct mapi *mapi, struct mapi_call *call, struct text bytes,
                      const struct value *parsed)
{
    const char *name = mapi->settings->names.error;
    struct portal_response *report = &call->report;
    struct arena *arena = &call->arena;
    call->answer = unwrap(mapi->settings, arena, parsed);
    if (!call->answer || call->answer->kind != VALUE_OBJECT) {
        portal_say(report, arena, _("HTTP 200, but the answer cannot be read: " TEXT_PRINT),
                   TEXT_ARG(portal_answer_words(arena, 200, parsed, bytes)));
        return;
    }
    struct text code = text_trim(value_text_of(call->answer, name));
    struct text message = value_text_of(call->answer, mapi->settings->names.message);
    struct text words = portal_answer_clean(arena, message, WORDS_MAX);
    call->sign = sign_of(mapi, call, code, message);
    if (call->sign != MAPI_SIGN_NONE || code.length)
        report->said = RESULT_TAKEN;
    call->ended = call->sign == MAPI_SIGN_SESSION || call->sign == MAPI_SIGN_NONE;
    if (call->sign == MAPI_SIGN_SUCCESS)
        return;
    if (!code.length)
        portal_say(report, arena, _("HTTP 200, but the answer has no %s: " TEXT_PRINT), name,
                   TEXT_ARG(words));
    else
        report->message = text_format(arena, "%s " TEXT_PRINT "%s" TEXT_PRINT, name,
                                      TEXT_ARG(portal_answer_clean(arena, code, CODE_MAX)),
                                      words.length ? ": " : "", TEXT_ARG(words));
}

/* The report says what HTTP does; RESULT_TAKEN: the adapter answered, and `sign` says what that means. True: it was done. */
static bool read_answer(const struct mapi *mapi, struct mapi_call *call, const struct http_response *answer)
{
    struct portal_response *report = &call->report;
    long status = answer->status;
    struct value *body;
    call->answer = NULL;
    call->sign = MAPI_SIGN_NONE;
    call->ended = false;
    if (!portal_answer_read(&call->arena, answer, report, &body, NULL))
        return false;
    call->ended = status < 400 || status == 401 || status == 403 || status == 500;
    if (status >= 200 && status < 300) {
        report->said = RESULT_LOST;
        report->message = TEXT_NONE;
        read_body(mapi, call, answer->body, body);
    } else if (report->said == RESULT_MISMATCH || report->said == RESULT_GONE ||
               report->said == RESULT_UNKNOWN) {
        report->said = RESULT_CLOSED; /* the adapter knows none of them */
    }
    return report->said == RESULT_TAKEN && call->sign == MAPI_SIGN_SUCCESS;
}

/* The one item with this code; NULL: there is none, or there are two: which of them would it be? */
static const struct value *find_item(const struct mapi_settings *settings, const struct value *result,
                                     struct text code)
{
    bool list = result && result->kind == VALUE_LIST;
    const struct value *found = NULL;
    for (const struct value *at = list ? result->first : result; at; at = list ? at->next : NULL) {
        const struct value *said = value_find_text(at, settings->map.code->name);
        if (!value_is_scalar(said) || !text_equal(text_trim(said->text), code))
            continue;
        if (found)
            return NULL;
        found = at;
    }
    return found;
}

/* ---- what a look shows ---- */

/* Of a withdrawn one, what its withdrawal wrote over says nothing. */
static bool is_same(struct mapi *mapi, struct mapi_call *call, struct value *expected,
                    const struct value *item, struct buffer *where)
{
    const struct mapi_settings *settings = mapi->settings;
    bool over = mapi_map_standing(&settings->map, item) == REMOTE_ABOLISHED;
    for (size_t i = 0; over && i < MAPI_ABOLISHING; i++) {
        const char *name = settings->abolishing[i];
        struct value *there = name ? value_find(expected, name) : NULL;
        if (there)
            there->text = value_text_of(item, name);
    }
    return expected && mapi_map_same(&settings->map, &call->arena, expected, item, where);
}

/* True when so many have come back otherwise in the same field that it is not the records. */
static bool is_systematic(struct mapi *mapi, struct text where)
{
    const struct text name = text_slice(where, 0, strcspn(where.bytes, "[."));
    const struct value *field = mapi->settings->map.fields->first;
    int *differs = mapi->differs;
    for (; field && !text_equal(field->name, name); field = field->next)
        differs++;
    return field && ++*differs > SAME_KIND_MAX;
}

static enum status show(struct mapi *mapi, struct mapi_call *call, const struct value *item,
                        struct error *error)
{
    const struct portal_request *request = call->request;
    struct portal_response *report = &call->report;
    struct digest held;
    struct value *ours, *base;
    BUFFER_OWNED struct buffer where = { 0 }, bytes = { 0 };
    if (mapi_item(mapi, call, PORTAL_CONTENT_SENT, &held, &ours, error) ||
        mapi_item(mapi, call, PORTAL_CONTENT_HELD, &held, &base, error))
        return error->status;
    canonical_write(&bytes, item);
    struct digest all = crypto_sha256(buffer_view(&bytes));
    bool same = is_same(mapi, call, ours, item, &where), old = !same && is_same(mapi, call, base, item, NULL);
    report->said = RESULT_HELD;
    report->remote = (struct remote_state){ .named = true,
                                            .has_content = !request->looks,
                                            .standing = mapi_map_standing(&mapi->settings->map, item),
                                            .content = same  ? request->digest
                                                       : old ? held
                                                             : all };
    if (request->looks)
        report->shown = text_copy(&call->arena, buffer_view(&bytes));
    bool replaced = false; /* it still stands there, and an operator has ordered something in its place */
    if (request->looks || text_starts(request->base, TEXT(MAPI_SEEN))) {
        char hex[DIGEST_HEX];
        digest_hex(&all, hex);
        report->remote.version = text_format(&call->arena, "seen-%s", hex);
        replaced = text_equal(request->base, text_format(&call->arena, MAPI_SEEN "%s\"", hex));
    }
    if (same || old || replaced || !ours)
        return STATUS_OK;
    bool systematic = request->changed && is_systematic(mapi, buffer_view(&where));
    if (systematic)
        report->said = RESULT_CLOSED;
    portal_say(report, &call->arena,
               systematic ? _("it shows " TEXT_PRINT " otherwise than it was pushed, again and "
                              "again: see portal.fields, not_compared and unordered")
                          : _("what the adapter holds differs in " TEXT_PRINT),
               TEXT_ARG(buffer_view(&where)));
    return STATUS_OK;
}

/* Of what was acknowledged only an empty list says that it is not there: null is what a service that has broken
 * down has, too. */
static enum status looked(struct mapi *mapi, struct mapi_call *call, struct error *error)
{
    const struct mapi_settings *settings = mapi->settings;
    struct portal_response *report = &call->report;
    struct text code = call->request->code;
    const struct value *result = value_find(call->answer, settings->names.result);
    const struct value *item = find_item(settings, result, code);
    bool acknowledged = call->request->base.bytes, held = acknowledged && !call->request->changed;
    bool blank = value_is_scalar(result) && (result->kind == VALUE_NULL || !result->text.length);
    bool empty = result && !value_is_scalar(result) && !result->count;
    bool lacks = !item && (acknowledged ? empty && result->kind == VALUE_LIST : blank || empty);
    if (held && (item || lacks))
        mapi->lacks = item ? 0 : mapi->lacks + 1;
    if (item)
        return show(mapi, call, item, error);
    report->said = RESULT_UNKNOWN;
    if (!lacks) {
        report->said = RESULT_LOST;
        portal_say(report, &call->arena,
                   _("HTTP 200, but the answer does not say whether " TEXT_PRINT
                     " is there: its \"%s\" cannot be understood"),
                   TEXT_ARG(code), settings->names.result);
    } else if (held && mapi->lacks > SAME_KIND_MAX) {
        report->said = RESULT_CLOSED;
        portal_say(report, &call->arena, _("it does not have what it acknowledged, again and again"));
    }
    return STATUS_OK;
}

/* ---- what is not good ---- */

/* What an error means to a look and to a change. A change is never made again without a look: what is known to have
 * done nothing is looked at once (`prompt`), for the rest the look may lag. */
static const struct {
    enum portal_result look, change;
    bool prompt, unexplained;
} meanings[] = {
    [MAPI_SIGN_SESSION] = { .look = RESULT_BUSY, .change = RESULT_LOST, .prompt = true },
    [MAPI_SIGN_DUPLICATE] = { .look = RESULT_LOST, .change = RESULT_MISMATCH },
    [MAPI_SIGN_RIGHTS] = { .look = RESULT_CLOSED, .change = RESULT_CLOSED },
    [MAPI_SIGN_UNKNOWN] = { .look = RESULT_UNKNOWN, .change = RESULT_LOST, .unexplained = true },
    [MAPI_SIGN_REFUSED] = { .look = RESULT_LOST, .change = RESULT_REFUSED },
    [MAPI_SIGN_BUSY] = { .look = RESULT_BUSY, .change = RESULT_LOST, .prompt = true },
    [MAPI_SIGN_NONE] = { .look = RESULT_LOST, .change = RESULT_LOST, .unexplained = true },
};

static enum portal_result failed(const struct mapi *mapi, struct mapi_call *call)
{
    struct portal_request *request = call->request;
    struct portal_response *report = &call->report;
    enum portal_result said = report->said;
    bool asks = request->kind == PORTAL_ASK, again = request->renewed;
    /* 401, 403 or a redirect again, in a session that has served: it has ended again, or this record is not let in.
     * In one that has never served nobody is. */
    bool served = mapi->proven == call->generation, shut = said == RESULT_CLOSED && call->ended;
    if (asks)
        return said == RESULT_TAKEN     ? meanings[call->sign].look
               : shut && served         ? RESULT_BUSY
               : said == RESULT_REFUSED ? RESULT_CLOSED
                                        : said;
    /* an error that no sign explains may have been the session's, once; then it is this call that may not be made */
    bool unexplained = said == RESULT_TAKEN && meanings[call->sign].unexplained;
    request->renewed |= unexplained || shut;
    report->futile = unexplained && again;
    /* there is no key that would make a second push harmless */
    report->prompt = shut || (said == RESULT_TAKEN && meanings[call->sign].prompt) ||
                     (said == RESULT_BUSY && report->status == 429);
    if (said == RESULT_TAKEN)
        return meanings[call->sign].change;
    return (shut && (served || !again)) || said == RESULT_BUSY ? RESULT_LOST : said;
}

enum status mapi_answered(struct mapi *mapi, struct mapi_call *call, const struct http_response *answer,
                          bool *again, struct error *error)
{
    struct portal_response *report = &call->report;
    bool asks = call->request->kind == PORTAL_ASK, good = read_answer(mapi, call, answer);
    bool renewed = portal_token_ended(mapi->portal, answer, call->token, &call->refusals, &mapi->refusal);
    if (call->ended && call->generation == mapi->generation)
        buffer_clear(&mapi->session);
    *again = asks && (renewed || (call->ended && !call->renewed));
    if (*again) { /* which of the two had ended, the token or the session, a 401 does not say */
        call->renewed |= !renewed;
        return STATUS_OK;
    }
    if (good)
        mapi->proven = call->generation;
    call->request->changed |= !asks;
    report->prompt = renewed;
    if (!good)
        report->said = renewed ? RESULT_LOST : failed(mapi, call);
    return good && asks ? looked(mapi, call, error) : STATUS_OK;
}

/* ---- the session ---- */

/* A login that failed is busy, closed or not reached to those who wait for it; where it is refused, the run stops. */
static void login_failed(struct mapi *mapi)
{
    const struct mapi_settings *settings = mapi->settings;
    struct mapi_call *login = &mapi->login;
    struct portal_response *report = &login->report;
    struct text words = report->message;
    portal_say(report, &login->arena, _("at the login: " TEXT_PRINT), TEXT_ARG(words));
    if (report->said == RESULT_REFUSED || (report->said == RESULT_TAKEN && login->sign != MAPI_SIGN_BUSY)) {
        (void)error_set(&mapi->refusal, STATUS_STOP,
                        _("the adapter %s opens no session for \"%s\"%s" TEXT_PRINT
                          "%s: check username, password and dstcode in portal.login"),
                        settings->common.shown, settings->user, words.length ? " (" : "", TEXT_ARG(words),
                        words.length ? ")" : "");
        portal_say_error(report, &login->arena, &mapi->refusal);
    }
    if (report->said != RESULT_NOT_LEFT && report->said != RESULT_CLOSED)
        report->said = RESULT_BUSY;
}

bool mapi_logged_in(struct mapi *mapi, const struct http_response *answer)
{
    struct mapi_call *login = &mapi->login;
    arena_clear(&login->arena);
    login->report = (struct portal_response){ .last = true, .retry_after = -1 };
    bool good = read_answer(mapi, login, answer);
    if (portal_token_ended(mapi->portal, answer, login->token, &login->refusals, &mapi->refusal))
        return false;
    struct text session = value_text_of(login->answer, mapi->settings->names.session);
    secrets_add(session, SECRETS_GIVEN);
    login->refusals = 0;
    if (!good || !text_trim(session).length) {
        login_failed(mapi);
        return true;
    }
    buffer_text(&mapi->session, session);
    mapi->generation++;
    return true;
}
