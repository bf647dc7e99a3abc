/* What the adapter says. All of it is a stranger's word. */
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "load/portal_answer.h"
#include "load/portal_mapi.h"

#define WORDS_MAX    600
#define QUOTED_LEAST 2 /* bytes: what is shorter stands in any sentence */
#define CODE_MAX     40

/* ---- signs ---- */

static struct text cut_out(struct arena *arena, struct text message, struct text quoted)
{
    BUFFER_OWNED struct buffer out = { 0 };
    size_t at;
    if (quoted.length < QUOTED_LEAST || !text_find(message, quoted, &at))
        return message;
    for (; text_find(message, quoted, &at); message = text_slice(message, at + quoted.length, message.length))
        buffer_text(&out, text_slice(message, 0, at));
    buffer_text(&out, message);
    return text_copy(arena, buffer_view(&out));
}

/* What we ourselves have sent is no word of the adapter. */
static struct text without_ours(struct arena *arena, struct text message, const struct value *ours)
{
    if (ours && value_is_scalar(ours))
        return cut_out(arena, message, ours->text);
    for (const struct value *child = ours ? ours->first : NULL; child; child = child->next)
        message = without_ours(arena, message, child);
    return message;
}

/* One line, without quotation marks and points at its ends. */
static struct text plain_message(struct arena *arena, struct text message)
{
    struct text plain = text_trim(unicode_nfc(arena, portal_answer_clean(arena, message, WORDS_MAX)));
    static const char marks[] = "\"'.:;,!()[]- ";
    while (plain.length && strchr(marks, plain.bytes[plain.length - 1]))
        plain.length--;
    while (plain.length && strchr(marks, plain.bytes[0]))
        plain = text_slice(plain, 1, plain.length - 1);
    return plain;
}

static bool is_good(struct text code)
{
    for (size_t i = 0; i < code.length; i++)
        if (code.bytes[i] != '0')
            return false;
    return code.length > 0;
}

static enum mapi_sign sign_of_code(const struct mapi_settings *settings, struct text code)
{
    for (size_t sign = 0; code.length && sign < MAPI_SIGNS; sign++)
        for (size_t i = 0; i < settings->signs[sign].count; i++)
            if (text_equal(settings->signs[sign].codes[i], code))
                return (enum mapi_sign)sign;
    return is_good(code) ? MAPI_SIGN_SUCCESS : MAPI_SIGN_NONE;
}

static enum mapi_sign sign_of_message(const struct mapi *mapi, struct text message)
{
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
    const struct value *text = value_find(body, settings->names.wrapped);
    struct value *inner = NULL;
    if (!settings->facade || value_find(body, settings->names.error))
        return body;
    if (!text || text->kind != VALUE_TEXT || json_parse(arena, text->text, &inner, NULL))
        return NULL;
    return inner;
}

static void read_body(const struct mapi *mapi, struct arena *arena, struct text bytes, struct text sent_code,
                      const struct value *ours, struct mapi_reading *reading)
{
    const struct mapi_settings *settings = mapi_settings_of(mapi);
    struct value *parsed = NULL;
    if (json_parse(arena, bytes, &parsed, NULL))
        parsed = NULL;
    const struct value *body = unwrap(settings, arena, parsed);
    reading->of_session = true;
    if (!body || body->kind != VALUE_OBJECT) {
        reading->message = text_format(arena, _("HTTP 200, but the answer cannot be read: " TEXT_PRINT),
                                       TEXT_ARG(portal_answer_words(arena, 200, parsed, bytes)));
        return;
    }
    struct text code = text_trim(value_text_of(body, settings->names.error));
    struct text message = value_text_of(body, settings->names.message);
    struct text words = portal_answer_clean(arena, message, WORDS_MAX);
    reading->body = body;
    reading->sign = sign_of_code(settings, code);
    if (reading->sign == MAPI_SIGN_NONE) {
        message = text_slice(message, 0, unicode_invalid_at(message));
        message = without_ours(arena, cut_out(arena, message, sent_code), ours);
        reading->sign = sign_of_message(mapi, plain_message(arena, message));
    }
    if (reading->sign != MAPI_SIGN_NONE || code.length)
        reading->said = RESULT_TAKEN;
    reading->of_session = reading->sign == MAPI_SIGN_SESSION || reading->sign == MAPI_SIGN_NONE;
    if (reading->sign == MAPI_SIGN_SUCCESS)
        return;
    if (!code.length)
        reading->message = text_format(arena, _("HTTP 200, but the answer has no %s: " TEXT_PRINT),
                                       settings->names.error, TEXT_ARG(words));
    else
        reading->message = text_format(arena, "%s " TEXT_PRINT "%s" TEXT_PRINT, settings->names.error,
                                       TEXT_ARG(portal_answer_clean(arena, code, CODE_MAX)),
                                       words.length ? ": " : "", TEXT_ARG(words));
}

void mapi_read(const struct mapi *mapi, struct arena *arena, const struct http_response *answer,
               struct text code, const struct value *ours, struct portal_response *report,
               struct mapi_reading *reading)
{
    long status = answer->status;
    struct value *problem = NULL;
    *reading = (struct mapi_reading){ .said = RESULT_LOST, .sign = MAPI_SIGN_NONE };
    if (!portal_answer_begin(arena, answer, report)) {
        reading->said = report->said;
        reading->message = report->message;
        return;
    }
    if (status >= 200 && status < 300) {
        read_body(mapi, arena, answer->body, code, ours, reading);
        return;
    }
    if (json_parse(arena, answer->body, &problem, NULL))
        problem = NULL;
    reading->said = portal_answer_said(status, NULL);
    if (reading->said == RESULT_MISMATCH || reading->said == RESULT_GONE) /* the adapter knows neither */
        reading->said = RESULT_CLOSED;
    reading->of_session = status == 401 || status == 403 || status == 500 || (status >= 300 && status < 400);
    reading->message = portal_answer_words(arena, status, problem, answer->body);
}

bool mapi_find(const struct mapi_settings *settings, const struct value *body, struct text code,
               const struct value **item)
{
    const struct value *result = value_find(body, settings->names.result);
    *item = NULL;
    if (!result || value_is_scalar(result))
        return result && !result->text.length;
    if (result->kind == VALUE_NULL || !result->count)
        return true;
    bool list = result->kind == VALUE_LIST;
    for (const struct value *at = list ? result->first : result; at; at = list ? at->next : NULL) {
        const struct value *said = value_find_text(at, settings->map->code->name);
        if (!said || !value_is_scalar(said) || !text_equal(text_trim(said->text), code))
            continue;
        if (*item) /* which of the two would it be? */
            return false;
        *item = at;
    }
    return *item != NULL;
}
