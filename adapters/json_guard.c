#include "adapters/json_guard.h"

#include <string.h>

#include "adapters/unicode.h"
#include "core/canonical.h"

/* Puts the place in front of the message. */
static enum status locate(struct text source, const char *at, enum status status, struct error *error)
{
    size_t line = 1;
    const char *start = source.bytes, *feed;
    while (start < at && (feed = memchr(start, '\n', (size_t)(at - start)))) {
        line++;
        start = feed + 1;
    }
    size_t column = unicode_length((struct text){ start, (size_t)(at - start) }) + 1;
    (void)error_add(error, _("line %zu, column %zu"), line, column);
    return status;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

enum status json_guard_refuse(struct json_guard *guard, const char *at, const char *message)
{
    return locate(guard->source, at, error_set(guard->error, STATUS_REJECT, "%s", message), guard->error);
}

/* The number that four hexadecimal digits write, or -1. */
static int hexadecimal(const char *at, const char *end)
{
    int number = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = at[i] >= '0' && at[i] <= '9'   ? at[i] - '0'
                    : at[i] >= 'a' && at[i] <= 'f' ? at[i] - 'a' + 10
                    : at[i] >= 'A' && at[i] <= 'F' ? at[i] - 'A' + 10
                                                   : -1;
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

/* guard->at stands on the backslash, and behind the whole escape afterwards. */
static enum status guard_escape(struct json_guard *guard)
{
    const char *at = guard->at, *end = guard->end;
    char letter = end - at < 2 ? 0 : at[1];
    if (letter && letter != 'u' && strchr("\"\\/bfnrt", letter)) {
        guard->at += 2;
        return STATUS_OK;
    }
    int unit = letter == 'u' ? hexadecimal(at + 2, end) : -1;
    if (unit < 0)
        return json_guard_refuse(
            guard, at,
            _("this escape is none of JSON's; write a backslash itself as \\\\, a character as \\u and "
              "four hexadecimal digits"));
    if (unit == 0)
        return json_guard_refuse(
            guard, at, _("\\u0000 stands in a text; a NUL is no character of a record, take it out"));
    guard->at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return STATUS_OK;
    int low = end - at >= 8 && at[6] == '\\' && at[7] == 'u' ? hexadecimal(at + 8, end) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return json_guard_refuse(
            guard, at,
            _("half a surrogate pair stands alone; characters above U+FFFF need \\uD800–\\uDBFF and then "
              "\\uDC00–\\uDFFF"));
    guard->at += 6;
    return STATUS_OK;
}

static enum status guard_string(struct json_guard *guard)
{
    const char *start = guard->at++;
    for (;;) {
        guard->at += canonical_ordinary(guard->at, (size_t)(guard->end - guard->at));
        if (guard->at == guard->end)
            return json_guard_refuse(guard, start, _("the quotes that open here are not closed"));
        if (*guard->at == '"')
            break;
        if (*guard->at != '\\')
            return json_guard_refuse(
                guard, guard->at,
                *guard->at == '\n' || *guard->at == '\r'
                    ? _("a line break stands inside a text; write \\n, or close the quotes before it")
                : *guard->at == '\t' ? _("a tab stands inside a text; write \\t")
                : *guard->at == 0    ? _("a NUL stands inside a text; take it out")
                                     : _("a control character stands inside a text; take it out"));
        enum status status = guard_escape(guard);
        if (status)
            return status;
    }
    guard->at++;
    return STATUS_OK;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259 §6; NULL when the number is none. */
static const char *number_end(const char *at, const char *end)
{
    const char *digits = at + (*at == '-');
    at = skip_digits(digits, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        digits = at + 1;
        if (digits < end && (*digits == '+' || *digits == '-'))
            digits++;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    bool goes_on = at < end && (*at == '.' || *at == '+' || *at == '-' || *at == '_' ||
                                (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'));
    return goes_on ? NULL : at;
}

static enum status guard_number(struct json_guard *guard)
{
    const char *start = guard->at, *end = number_end(start, guard->end);
    if (!end)
        return json_guard_refuse(
            guard, start,
            _("this number is not written as JSON wants it: no zeros in front, digits on both sides of the "
              "point, a dot and no comma; put codes and the like in quotes"));
    size_t before = (size_t)(start - guard->copied), length = (size_t)(end - start);
    memcpy(guard->out, guard->copied, before);
    guard->out += before;
    *guard->out++ = '"';
    *guard->out++ = JSON_NUMBER_MARK;
    memcpy(guard->out, start, length);
    guard->out += length;
    *guard->out++ = '"';
    guard->copied = guard->at = end;
    return STATUS_OK;
}

static enum status guard_bracket(struct json_guard *guard)
{
    bool opens = *guard->at == '[' || *guard->at == '{';
    if (opens && guard->depth == JSON_DEPTH) {
        (void)error_set(guard->error, STATUS_REJECT,
                        _("lists and objects are nested more than %d levels deep"), JSON_DEPTH);
        return locate(guard->source, guard->at, STATUS_REJECT, guard->error);
    }
    if (opens)
        guard->depth++;
    else if (guard->depth && --guard->depth == 0 && !guard->root_end)
        guard->root_end = guard->at + 1;
    guard->at++;
    return STATUS_OK;
}

enum status json_guard_text(struct json_guard *guard, char *out, size_t *length)
{
    struct text source = guard->source;
    size_t invalid = unicode_invalid_at(source);
    if (invalid < source.length)
        return json_guard_refuse(
            guard, source.bytes + invalid,
            _("the bytes are no valid UTF-8 here; convert the file, or name its encoding in the source"));
    guard->out = out;
    while (guard->at < guard->end) {
        enum status status = STATUS_OK;
        char byte = *guard->at;
        if (byte == '"')
            status = guard_string(guard);
        else if (byte == '-' || (byte >= '0' && byte <= '9'))
            status = guard_number(guard);
        else if (byte == '[' || byte == '{' || byte == ']' || byte == '}')
            status = guard_bracket(guard);
        else if ((unsigned char)byte >= 0x80)
            status = json_guard_refuse(
                guard, guard->at,
                _("a character stands outside of quotes here that JSON knows only inside; texts and names "
                  "stand in straight quotes \"…\""));
        else if ((unsigned char)byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
            status = json_guard_refuse(
                guard, guard->at,
                byte ? _("a control character stands between the values; take it out")
                     : _("a NUL stands between the values; take it out, or read the file as UTF-16"));
        else
            guard->at++;
        if (status)
            return status;
    }
    size_t rest = (size_t)(guard->end - guard->copied);
    memcpy(guard->out, guard->copied, rest);
    guard->out += rest;
    *guard->out = 0;
    *length = (size_t)(guard->out - out);
    return STATUS_OK;
}

/* Where no text stands for a name, cJSON points one byte too far: `at` moved back. */
static const char *name_or(const char *given, const char *at)
{
    char brackets[JSON_DEPTH], before = 0;
    size_t depth = 0;
    for (const char *byte = given; byte < at; byte++) {
        if (is_blank(*byte))
            continue;
        bool is_name = depth && brackets[depth - 1] == '{' && (before == '{' || before == ',');
        bool is_end = *byte == '}' && before == '{';
        if (is_name && !is_end && *byte != '"' && byte + 1 == at)
            return byte;
        before = *byte;
        if (*byte == '[' || *byte == '{')
            brackets[depth++] = *byte;
        else if ((*byte == ']' || *byte == '}') && depth)
            depth--;
        if (*byte == '"')
            while (*++byte != '"')
                byte += *byte == '\\';
    }
    return at;
}

enum status json_guard_syntax(struct json_guard *guard, const char *given, const char *at)
{
    struct text source = guard->source;
    size_t numbers = 0;
    at = name_or(given, at);
    for (const char *byte = given; byte < at; byte++)
        numbers += *byte == JSON_NUMBER_MARK;
    size_t offset = (size_t)(at - given) - numbers * JSON_NUMBER_OVERHEAD;
    while (offset < source.length && is_blank(source.bytes[offset]))
        offset++;
    if (!text_trim(source).length)
        return json_guard_refuse(guard, source.bytes, _("the JSON text is empty"));
    if (offset >= source.length)
        return json_guard_refuse(guard, guard->end,
                                 _("the JSON text ends too early: a value or a bracket is missing"));
    const char *place = source.bytes + offset;
    struct text before = text_trim((struct text){ source.bytes, offset });
    if ((*place == ']' || *place == '}') && text_ends(before, TEXT(",")))
        return json_guard_refuse(guard, place, _("a comma stands before this closing bracket; take it out"));
    if (guard->root_end && place >= guard->root_end)
        (void)error_set(
            guard->error, STATUS_REJECT,
            _("\"%c\" stands behind the end of the value; put one value in a text, or read it as ndjson"),
            *place);
    else
        (void)error_set(
            guard->error, STATUS_REJECT,
            _("\"%c\" is not expected here, but a value, a name in quotes, a colon, a comma or a bracket"),
            *place);
    return locate(source, place, STATUS_REJECT, guard->error);
}

const char *json_guard_token(const struct json_guard *guard, size_t number)
{
    struct json_guard again = { .source = guard->source, .at = guard->source.bytes, .end = guard->end };
    while (again.at < again.end) {
        const char *start = again.at;
        bool is_string = *start == '"', is_number = *start == '-' || (*start >= '0' && *start <= '9');
        if ((is_string || is_number) && number-- == 0)
            break;
        if (is_string)
            (void)guard_string(&again);
        else
            again.at = is_number ? number_end(start, again.end) : start + 1;
    }
    return again.at;
}
