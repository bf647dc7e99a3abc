#include "load/portal_answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/canonical.h"

#define NAME_MAX   255 /* bytes of a version or an ETag */
#define WORDS_MAX  1500
#define DETAIL_MAX 400
#define ERRORS_MAX 10

static bool is_word(struct text text, const char *word)
{
    return text.length == strlen(word) && !strncasecmp(text.bytes, word, text.length);
}

/* What names a version comes back in a header and stands in the ledger: what holds a secret can do neither. */
static bool is_name(struct text name, bool ascii)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.bytes[i];
        if (byte < 0x20 || byte == 0x7f || (ascii && (byte == 0x20 || byte > 0x7f)))
            return false;
    }
    return name.length > 0 && name.length <= NAME_MAX && !secrets_in(name);
}

void portal_answer_etag(struct text etag, struct remote_state *remote)
{
    if (is_name(etag, true))
        remote->etag = etag;
}

static void read_digest(const struct value *object, struct remote_state *remote)
{
    const struct value *said = value_find(object, "digest"), *content = value_find(object, "content");
    bool none = !said || said->kind == VALUE_NULL || (said->kind == VALUE_TEXT && !said->text.length);
    remote->has_digest = !none && said->kind == VALUE_TEXT && digest_from_hex(said->text, &remote->digest);
    remote->bad_digest = !none && !remote->has_digest;
    if (content && content->kind == VALUE_OBJECT) {
        struct buffer BUFFER_OWNED bytes = { 0 };
        canonical_write(&bytes, content);
        remote->content = crypto_sha256(buffer_view(&bytes));
        remote->has_content = true;
    }
}

/* Gateways put their own success in its place: that says nothing of the procedure. */
static enum remote_status read_status(const struct value *status)
{
    static const char *const success[] = { "200", "201", "success", "ok" };
    if (!status || status->kind == VALUE_NULL)
        return REMOTE_UNSAID;
    for (size_t i = 0; value_is_scalar(status) && i < sizeof success / sizeof *success; i++)
        if (is_word(status->text, success[i]))
            return REMOTE_UNSAID;
    if (status->kind != VALUE_TEXT)
        return REMOTE_STRANGE;
    return text_is(status->text, "published")   ? REMOTE_PUBLISHED
           : text_is(status->text, "abolished") ? REMOTE_ABOLISHED
                                                : REMOTE_STRANGE;
}

/* ---- failure ---- */

/* Programs that write truth as a text have it in any case. */
static bool is_false(const struct value *value)
{
    if (value && value->kind == VALUE_BOOLEAN)
        return !value->truth;
    return value_is_scalar(value) && (is_word(value->text, "false") || text_is(value->text, "0"));
}

bool portal_answer_is_zero(struct text text)
{
    return text_is(text, "0") || text_is(text, "00");
}

/* Neither null, nor empty, nor false. A zero is how many write false: a gateway that ends each answer with "error": 0 says
 * that there was none, and what it took has to be shown all the same. */
static bool is_something(const struct value *value)
{
    if (!value || value->kind == VALUE_NULL || is_false(value))
        return false;
    if (value->kind == VALUE_LIST || value->kind == VALUE_OBJECT)
        return value->count > 0;
    return value->kind == VALUE_BOOLEAN ||
           (text_trim(value->text).length > 0 && !portal_answer_is_zero(value->text));
}

static bool is_good_code(const struct value *code)
{
    return code->kind == VALUE_NULL ||
           ((code->kind == VALUE_TEXT || code->kind == VALUE_NUMBER) && portal_answer_is_zero(code->text));
}

static bool members_fail(const struct value *object)
{
    static const char *const faults[] = { "error", "errors", "problem" };
    const struct value *code = value_find(object, "error_code");
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (is_something(value_find(object, faults[i])))
            return true;
    return is_false(value_find(object, "success")) || is_false(value_find(object, "ok")) ||
           (code && !is_good_code(code));
}

/* Failure is spoken by members at the top or in one envelope only (INTERFACE §5): prose and content are not searched. */
static bool has_failed(const struct value *object)
{
    if (!object || object->kind != VALUE_OBJECT)
        return false;
    if (members_fail(object))
        return true;
    for (const struct value *member = object->first; member; member = member->next)
        if (member->kind == VALUE_OBJECT && !text_is(member->name, "content") && members_fail(member))
            return true;
    return false;
}

/* A number has one name, however it is written: 2.0 is 2, and one with an exponent names nothing. */
static struct text read_version(const struct value *version)
{
    struct text text = value_is_scalar(version) ? version->text : TEXT_NONE;
    size_t point;
    if (!version || version->kind != VALUE_NUMBER)
        return text;
    if (text_find(text, TEXT("e"), &point) || text_find(text, TEXT("E"), &point))
        return TEXT_NONE;
    if (text_find(text, TEXT("."), &point)) {
        while (text.bytes[text.length - 1] == '0')
            text.length--;
        text.length -= text.length == point + 1;
    }
    return text;
}

bool portal_answer_held(const struct value *object, struct text code, struct remote_state *remote)
{
    if (!object || object->kind != VALUE_OBJECT)
        return false;
    const struct value *said = value_find(object, "code");
    struct text version = read_version(value_find(object, "version"));
    bool named = said && said->kind != VALUE_NULL;
    if (named && (!value_is_scalar(said) || !text_equal(said->text, code)))
        return false;
    remote->named = named;
    remote->failed = has_failed(object);
    if (is_name(version, false) && text_trim(version).length)
        remote->version = version;
    remote->standing = read_status(value_find(object, "status"));
    read_digest(object, remote);
    return true;
}

static bool is_unknown(const struct value *problem)
{
    return problem && text_is(value_text_of(problem, "type"), PORTAL_ANSWER_UNKNOWN);
}

enum portal_result portal_answer_said(long status, const struct value *problem)
{
    switch (status) {
    case 200:
    case 201:
        return RESULT_TAKEN;
    case 202: /* taken for later: only a question can tell whether it was */
        return RESULT_ACCEPTED;
    case 400:
    case 413:
    case 414:
    case 415:
    case 422:
    case 431:
    case 451:
        return RESULT_REFUSED;
    case 404:
        return is_unknown(problem) ? RESULT_UNKNOWN : RESULT_CLOSED;
    case 410:
        return RESULT_GONE;
    case 409:
    case 412:
        return RESULT_MISMATCH;
    case 408:
    case 423:
    case 425:
    case 429:
    case 503:
        return RESULT_BUSY;
    default:
        return status >= 300 && status < 500 ? RESULT_CLOSED : RESULT_LOST;
    }
}

static void put_clean(struct buffer *out, struct text text, size_t most)
{
    ARENA_OWNED struct arena arena = { 0 };
    size_t end = out->length + most;
    text = secrets_cover(&arena, text, true); /* before it is cut, where half of one would stay */
    bool blank = out->length == 0 || out->bytes[out->length - 1] == ' ';
    while (text.length && out->length < end) {
        size_t valid = unicode_invalid_at(text);
        struct text part = text_slice(text, 0, valid);
        size_t cut = text_cut(part, end - out->length);
        for (size_t i = 0; i < cut; i++) {
            unsigned char byte = (unsigned char)part.bytes[i];
            bool gap = byte <= 0x20 || byte == 0x7f;
            if (!gap || !blank)
                buffer_char(out, gap ? ' ' : part.bytes[i]);
            blank = gap;
        }
        if (cut < part.length)
            return;
        if (valid < text.length)
            buffer_char(out, '?');
        text = text_slice(text, valid + 1, text.length);
    }
}

struct text portal_answer_clean(struct arena *arena, struct text text, size_t most)
{
    struct buffer BUFFER_OWNED out = { 0 };
    put_clean(&out, text, most);
    return text_copy(arena, text_trim(buffer_view(&out)));
}

static void put_part(struct buffer *out, const char *between, struct text text)
{
    if (!text_trim(text).length)
        return;
    if (out->length)
        buffer_string(out, between);
    put_clean(out, text, DETAIL_MAX);
}

/* As the contract has it {pointer, detail}; of other portals a text, or a member named for the field with a
 * text or a list of them. */
static void put_error(struct buffer *out, const struct value *item)
{
    const char *between = "; ";
    struct text pointer = value_text_of(item, "pointer");
    put_part(out, between, pointer.length ? pointer : item->name);
    between = pointer.length || item->name.length ? ": " : between;
    put_part(out, between, value_text_of(item, "detail"));
    if (item->kind == VALUE_TEXT)
        put_part(out, between, item->text);
    const struct value *one = item->kind == VALUE_LIST ? item->first : NULL;
    for (size_t count = 0; one && count < ERRORS_MAX; one = one->next, count++, between = ", ")
        if (one->kind == VALUE_TEXT)
            put_part(out, between, one->text);
}

static void put_problem(struct buffer *out, const struct value *problem)
{
    const struct value *errors = value_find(problem, "errors");
    put_part(out, ": ", value_text_of(problem, "title"));
    put_part(out, ": ", value_text_of(problem, "detail"));
    if (!out->length)
        put_part(out, ": ", value_text_of(problem, "message"));
    if (errors && errors->kind == VALUE_TEXT)
        put_part(out, "; ", errors->text);
    bool many = errors && (errors->kind == VALUE_LIST || errors->kind == VALUE_OBJECT);
    size_t count = 0;
    const struct value *item = many ? errors->first : NULL;
    for (; item && count < ERRORS_MAX; item = item->next, count++)
        put_error(out, item);
    if (item)
        buffer_printf(out, "; … (%zu)", errors->count);
}

static void put_member(struct buffer *out, struct arena *arena, const struct value *member, struct text words)
{
    put_part(out, "; ", text_format(arena, "%s: %.*s", text_string(arena, member->name), TEXT_ARG(words)));
}

/* The members by which it says that it failed, where nothing above tells them; a code in any case. */
static void put_failure(struct buffer *out, struct arena *arena, const struct value *object)
{
    static const char *const faults[] = { "error", "problem" }, *const truths[] = { "success", "ok" };
    const struct value *code = value_find(object, "error_code");
    for (size_t i = 0; i < 2 && !out->length; i++) {
        const struct value *member = value_find(object, faults[i]);
        if (is_something(member) && member->kind == VALUE_OBJECT)
            put_problem(out, member);
        else if (is_something(member) && (member->kind == VALUE_TEXT || member->kind == VALUE_NUMBER))
            put_member(out, arena, member, member->text);
    }
    if (code && !is_good_code(code) && (code->kind == VALUE_TEXT || code->kind == VALUE_NUMBER))
        put_member(out, arena, code, code->text);
    for (size_t i = 0; i < 2 && !out->length; i++) {
        const struct value *member = value_find(object, truths[i]);
        if (is_false(member))
            put_member(out, arena, member, TEXT("false"));
    }
}

/* At the top or in one envelope, as has_failed looks for it. */
static void put_failures(struct buffer *out, struct arena *arena, const struct value *problem)
{
    put_problem(out, problem);
    put_failure(out, arena, problem);
    for (const struct value *member = problem->first; member && !out->length; member = member->next)
        if (member->kind == VALUE_OBJECT && !text_is(member->name, "content") && members_fail(member)) {
            put_problem(out, member);
            put_failure(out, arena, member);
        }
}

static struct text page_title(struct text body)
{
    for (size_t i = 0; i + 7 < body.length && i < 4096; i++) {
        if (body.bytes[i] != '<' || strncasecmp(body.bytes + i, "<title>", 7) != 0)
            continue;
        struct text rest = text_slice(body, i + 7, 200);
        size_t end = rest.length;
        text_find(rest, TEXT("<"), &end);
        return text_slice(rest, 0, end);
    }
    return TEXT_NONE;
}

struct text portal_answer_words(struct arena *arena, long status, const struct value *problem,
                                struct text body)
{
    struct buffer BUFFER_OWNED out = { 0 };
    if (problem && problem->kind == VALUE_OBJECT)
        put_failures(&out, arena, problem);
    else if (text_starts(text_trim(body), TEXT("<")))
        put_part(&out, ": ", page_title(body));
    else if (!problem)
        put_part(&out, ": ", text_slice(body, 0, 200));
    if (!out.length)
        return text_format(arena, "HTTP %ld", status);
    struct text message = buffer_view(&out);
    return text_copy(arena, text_slice(message, 0, text_cut(message, WORDS_MAX)));
}

/* ---- the whole ---- */

bool portal_answer_read(struct arena *arena, const struct http_response *answer,
                        struct portal_response *report, struct value **body, struct error *fault)
{
    *body = NULL;
    report->status = answer->status;
    report->retry_after = answer->retry_after_ms;
    report->took = answer->took_us / 1000;
    report->shared = answer->status == 429 || answer->status == 503;
    report->slow = answer->failure == HTTP_TIMEOUT;
    report->dropped = answer->dropped;
    if (answer->failure) {
        report->said = answer->failure == HTTP_NOT_SENT                               ? RESULT_NOT_LEFT
                       : answer->failure == HTTP_TLS || answer->failure == HTTP_USAGE ? RESULT_CLOSED
                                                                                      : RESULT_LOST;
        portal_say(report, arena, "%s", answer->why);
        return false;
    }
    if (answer->body.length) {
        struct digest digest = crypto_sha256(answer->body);
        report->answer_digest = value_digest(arena, &digest)->text;
    }
    if (json_parse(arena, answer->body, body, fault))
        *body = NULL;
    report->said = portal_answer_said(answer->status, *body);
    if (report->said != RESULT_TAKEN)
        report->message = portal_answer_words(arena, answer->status, *body, answer->body);
    return true;
}
