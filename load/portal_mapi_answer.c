/* What the adapter says. All of it is a stranger's word. */
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/unicode.h"
#include "load/portal_answer.h"
#include "load/portal_mapi.h"

#define WORDS_MAX 600
#define CODE_MAX  40

static bool has_sign(const struct mapi_signs *signs, struct text code, struct text folded, bool by_code)
{
    size_t at;
    for (size_t i = 0; i < signs->count; i++)
        if (by_code ? text_equal(signs->codes[i], code)
                    : signs->message[i].bytes && text_find(folded, signs->message[i], &at))
            return true;
    return false;
}

/* A code says more than words do. */
static enum mapi_fault fault_of(const struct mapi_settings *settings, struct arena *arena, struct text code,
                                struct text message)
{
    struct text folded = unicode_fold(arena, message);
    for (int by_code = 1; by_code >= 0; by_code--)
        for (size_t i = 0; i < MAPI_FAULTS; i++)
            if (has_sign(&settings->signs[i], code, folded, by_code))
                return (enum mapi_fault)i;
    return MAPI_FAULT_NONE;
}

static bool is_good(struct text code)
{
    for (size_t i = 0; i < code.length; i++)
        if (code.bytes[i] != '0')
            return false;
    return code.length > 0;
}

/* What stands in a facade's text; the object itself where it is none. NULL: unreadable. */
static const struct value *unwrap(const struct mapi_settings *settings, struct arena *arena,
                                  const struct value *body)
{
    const struct value *text = value_find(body, settings->names.wrapped);
    struct value *inner;
    if (!body || body->kind != VALUE_OBJECT)
        return NULL;
    if (!settings->facade || value_find(body, settings->names.error))
        return body;
    if (!text || text->kind != VALUE_TEXT || json_parse(arena, text->text, &inner, NULL) ||
        inner->kind != VALUE_OBJECT)
        return NULL;
    return inner;
}

static void read_body(const struct mapi_settings *settings, struct arena *arena, struct text bytes,
                      struct mapi_reading *reading)
{
    struct value *parsed = NULL;
    reading->meaning = MAPI_UNCLEAR;
    if (json_parse(arena, bytes, &parsed, NULL))
        parsed = NULL;
    const struct value *body = unwrap(settings, arena, parsed);
    if (!body) {
        struct text start = portal_answer_words(arena, 200, parsed, bytes);
        reading->message =
            text_format(arena, _("HTTP 200, but the answer cannot be read: " TEXT_PRINT), TEXT_ARG(start));
        return;
    }
    struct text code = text_trim(value_text_of(body, settings->names.error));
    struct text message = value_text_of(body, settings->names.message);
    struct text words = portal_answer_clean(arena, message, WORDS_MAX);
    reading->body = body;
    if (is_good(code)) {
        reading->meaning = MAPI_GOOD;
        return;
    }
    if (!code.length) {
        reading->message = text_format(arena, _("HTTP 200, but the answer has no %s: " TEXT_PRINT),
                                       settings->names.error, TEXT_ARG(words));
        return;
    }
    reading->meaning = MAPI_FAULT;
    reading->fault = fault_of(settings, arena, code, text_slice(message, 0, unicode_invalid_at(message)));
    code = portal_answer_clean(arena, code, CODE_MAX);
    reading->message = text_format(arena, "%s " TEXT_PRINT "%s" TEXT_PRINT, settings->names.error,
                                   TEXT_ARG(code), words.length ? ": " : "", TEXT_ARG(words));
}

static enum mapi_meaning meaning_of(long status)
{
    switch (status) {
    case 400:
    case 413:
    case 414:
    case 415:
    case 422:
    case 431:
    case 451:
        return MAPI_WRONG;
    case 408:
    case 423:
    case 425:
    case 429:
    case 503:
        return MAPI_WAIT;
    default:
        return status >= 300 && status < 500 ? MAPI_OUTSIDE : MAPI_UNCLEAR;
    }
}

static void read_digest(struct arena *arena, struct text body, struct mapi_reading *reading)
{
    struct digest digest = crypto_sha256(body);
    char *hex = arena_alloc(arena, DIGEST_HEX);
    digest_hex(&digest, hex);
    reading->answer_digest = (struct text){ hex, DIGEST_HEX - 1 };
}

void mapi_read(const struct mapi_settings *settings, struct arena *arena, const struct http_response *answer,
               struct mapi_reading *reading)
{
    *reading = (struct mapi_reading){ .meaning = MAPI_UNCLEAR, .fault = MAPI_FAULT_NONE };
    if (answer->failure) {
        reading->meaning = answer->failure == HTTP_NOT_SENT                               ? MAPI_UNSENT
                           : answer->failure == HTTP_TLS || answer->failure == HTTP_USAGE ? MAPI_OUTSIDE
                                                                                          : MAPI_UNCLEAR;
        reading->message = text_copy(arena, text_of(answer->why));
        return;
    }
    if (answer->body.length)
        read_digest(arena, answer->body, reading);
    if (answer->status >= 200 && answer->status < 300) {
        read_body(settings, arena, answer->body, reading);
        return;
    }
    struct value *problem = NULL;
    if (json_parse(arena, answer->body, &problem, NULL))
        problem = NULL;
    reading->meaning = meaning_of(answer->status);
    reading->message = portal_answer_words(arena, answer->status, problem, answer->body);
}

struct text mapi_mask(struct arena *arena, struct text text, struct text secret)
{
    struct buffer BUFFER_OWNED out = { 0 };
    size_t at;
    if (!secret.length || !text_find(text, secret, &at))
        return text;
    for (; text_find(text, secret, &at); text = text_slice(text, at + secret.length, text.length)) {
        buffer_text(&out, text_slice(text, 0, at));
        buffer_string(&out, "***");
    }
    buffer_text(&out, text);
    return text_copy(arena, buffer_view(&out));
}

bool mapi_find(const struct mapi_settings *settings, const struct value *body, struct text code,
               const struct value **item)
{
    const struct value *result = value_find(body, settings->names.result);
    struct text name = mapi_map_code_name(settings->map);
    *item = NULL;
    if (!result)
        return false;
    if (result->kind == VALUE_NULL || (!value_is_scalar(result) && !result->count))
        return true;
    if (value_is_scalar(result))
        return !result->text.length;
    bool list = result->kind == VALUE_LIST;
    for (const struct value *at = list ? result->first : result; at; at = list ? at->next : NULL) {
        const struct value *said = at->kind == VALUE_OBJECT ? value_find_text(at, name) : NULL;
        if (!said || !value_is_scalar(said) || !text_equal(text_trim(said->text), code))
            continue;
        if (*item) /* which of the two would it be? */
            return false;
        *item = at;
    }
    return *item != NULL;
}
