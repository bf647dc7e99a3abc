#include "adapters/odbc_string.h"

#include <string.h>
#include <strings.h>

#include "adapters/secret.h"
#include "core/memory.h"

#define LEAST_TAIL 3 /* bytes of a secret that a cut message must show before they count as one */

struct attribute {
    struct text key, value; /* the value without blanks and braces around it */
    bool braced;
};

/* The place behind a reference that begins at `at`, or `at` when none does. */
static size_t behind_reference(struct text text, size_t at)
{
    size_t end;
    if (!text_starts(text_slice(text, at, text.length), TEXT("${")) ||
        !text_find(text_slice(text, at, text.length), TEXT("}"), &end))
        return at;
    return at + end + 1;
}

/* Where the value that begins at `at` ends. In braces "}}" is one brace; a reference has braces of its own.
 */
static size_t value_end(struct text text, size_t at, bool braced)
{
    while (at < text.length) {
        size_t behind = behind_reference(text, at);
        if (behind > at)
            at = behind;
        else if (!braced && text.bytes[at] == ';')
            return at;
        else if (braced && text.bytes[at] == '}' && at + 1 < text.length && text.bytes[at + 1] == '}')
            at += 2;
        else if (braced && text.bytes[at] == '}')
            return at;
        else
            at++;
    }
    return at;
}

static bool next_attribute(struct text text, size_t *at, struct attribute *attribute)
{
    while (*at < text.length) {
        size_t equals = *at;
        while (equals < text.length && text.bytes[equals] != '=' && text.bytes[equals] != ';') {
            size_t behind = behind_reference(text, equals);
            equals = behind > equals ? behind : equals + 1;
        }
        struct text key = text_trim(text_slice(text, *at, equals - *at));
        if (equals >= text.length || text.bytes[equals] == ';') {
            *at = equals + 1;
            continue;
        }
        size_t start = equals + 1;
        while (start < text.length && text.bytes[start] == ' ')
            start++;
        bool braced = start < text.length && text.bytes[start] == '{';
        size_t end = value_end(text, start + braced, braced);
        struct text value = text_slice(text, start + braced, end - start - braced);
        *attribute =
            (struct attribute){ .key = key, .value = braced ? value : text_trim(value), .braced = braced };
        *at = value_end(text, end, false) + 1;
        return true;
    }
    return false;
}

static bool is_named(struct text key, const char *const *names)
{
    for (; *names; names++)
        if (key.length == strlen(*names) && !strncasecmp(key.bytes, *names, key.length))
            return true;
    return false;
}

static bool is_password(struct text key)
{
    static const char *const names[] = { "PWD",        "PASSWORD",    "PASS",           "PASSWD",
                                         "NEWPWD",     "SSLPASSWORD", "SSLKEYPASSWORD", "PROXYPWD",
                                         "TOKEN",      "ACCESSTOKEN", "CLIENTSECRET",   "KEYSTORESECRET",
                                         "CREDENTIAL", NULL };
    return is_named(key, names);
}

static void add_secret(struct arena *arena, struct odbc_string *string, struct text secret)
{
    if (!secret.length)
        return;
    struct text *more = arena_array(arena, struct text, string->secret_count + 1);
    if (string->secret_count)
        memcpy(more, string->secrets, string->secret_count * sizeof *more);
    more[string->secret_count++] = text_copy(arena, secret);
    string->secrets = more;
}

/* ---- secrets in ---- */

static bool needs_braces(struct text value)
{
    if (text_trim(value).length != value.length)
        return true;
    for (size_t i = 0; i < value.length; i++)
        if (strchr("[]{}(),;?*=!@", value.bytes[i]))
            return true;
    return false;
}

static void put_braced(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        buffer_char(out, value.bytes[i]);
        if (value.bytes[i] == '}')
            buffer_char(out, '}');
    }
}

/* What stands before and behind the reference says how the secret must be written there. */
static void put_secret(struct text before, struct text behind, struct text secret, struct buffer *out)
{
    before = text_trim(before);
    behind = text_trim(behind);
    char left = before.length ? before.bytes[before.length - 1] : 0;
    char right = behind.length ? behind.bytes[0] : ';';
    if (left == '{' && right == '}') {
        put_braced(out, secret);
    } else if (left == '=' && right == ';' && needs_braces(secret)) {
        buffer_char(out, '{');
        put_braced(out, secret);
        buffer_char(out, '}');
    } else {
        buffer_text(out, secret);
    }
}

/* A driver may show a value alone: each that came out of a secret is one, and each password. */
static void add_values(struct arena *arena, struct odbc_string *string)
{
    struct attribute attribute;
    size_t at = 0, named = string->secret_count, inside;
    while (next_attribute(string->connection, &at, &attribute)) {
        bool secret = is_password(attribute.key);
        for (size_t i = 0; i < named && !secret; i++)
            secret = attribute.value.length >= LEAST_TAIL &&
                     (text_find(string->secrets[i], attribute.value, &inside) ||
                      text_find(attribute.value, string->secrets[i], &inside));
        if (secret)
            add_secret(arena, string, attribute.value);
    }
}

enum status odbc_string_resolve(struct arena *arena, const char *folder, struct text text,
                                struct odbc_string *string, struct error *error)
{
    struct buffer BUFFER_OWNED out = { 0 };
    size_t at = 0, start;
    *string = (struct odbc_string){ 0 };
    while (text_find(text_slice(text, at, text.length), TEXT("${"), &start)) {
        struct text before = text_slice(text, 0, at + start), secret;
        size_t behind = behind_reference(text, at + start);
        if (behind == at + start)
            behind = text.length; /* which secret_resolve will not have */
        struct text reference = text_slice(text, at + start, behind - at - start);
        if (secret_resolve(arena, folder, reference, &secret, error))
            return error->status;
        buffer_text(&out, text_slice(text, at, start));
        size_t written = out.length;
        put_secret(before, text_slice(text, behind, text.length), secret, &out);
        add_secret(arena, string, secret);
        if (out.length - written != secret.length)
            add_secret(arena, string, text_slice(buffer_view(&out), written, out.length - written));
        at = behind;
    }
    buffer_text(&out, text_slice(text, at, text.length));
    string->connection = text_copy(arena, buffer_view(&out));
    add_values(arena, string);
    return STATUS_OK;
}

/* ---- and out of messages ---- */

/* How many bytes at `at` are the longest of the secrets, or the beginning of one that the end cuts. */
static size_t secret_at(const struct odbc_string *string, struct text words, size_t at)
{
    size_t longest = 0;
    for (size_t i = 0; i < string->secret_count; i++) {
        struct text secret = string->secrets[i];
        size_t length = secret.length < words.length - at ? secret.length : words.length - at;
        if (length > longest && (length == secret.length || length >= LEAST_TAIL) &&
            !strncasecmp(words.bytes + at, secret.bytes, length))
            longest = length;
    }
    return longest;
}

struct text odbc_string_hide(struct arena *arena, const struct odbc_string *string, struct text words)
{
    struct buffer BUFFER_OWNED out = { 0 };
    for (size_t at = 0; at < words.length;) {
        size_t length = secret_at(string, words, at);
        if (length)
            buffer_string(&out, "***");
        else
            buffer_char(&out, words.bytes[at]);
        at += length ? length : 1;
    }
    return text_copy(arena, buffer_view(&out));
}

/* ---- as configured ---- */

static bool is_written_out(const struct attribute *attribute)
{
    return is_password(attribute->key) && attribute->value.length &&
           !(text_starts(attribute->value, TEXT("${")) &&
             behind_reference(attribute->value, 0) == attribute->value.length);
}

bool odbc_string_has_password(struct text text)
{
    struct attribute attribute;
    for (size_t at = 0; next_attribute(text, &at, &attribute);)
        if (is_written_out(&attribute))
            return true;
    return false;
}

struct text odbc_string_show(struct arena *arena, struct text text)
{
    struct buffer BUFFER_OWNED out = { 0 };
    struct attribute attribute;
    size_t shown = 0;
    for (size_t at = 0; next_attribute(text, &at, &attribute);) {
        if (!is_written_out(&attribute))
            continue;
        size_t start = (size_t)(attribute.value.bytes - text.bytes);
        buffer_text(&out, text_slice(text, shown, start - shown));
        buffer_string(&out, "***");
        shown = start + attribute.value.length;
    }
    buffer_text(&out, text_slice(text, shown, text.length));
    return text_copy(arena, buffer_view(&out));
}

const char *odbc_string_name(struct arena *arena, struct text text)
{
    static const char *const places[] = { "DSN", "SERVER", "SERVERNAME",  "HOST",    "DATABASE",
                                          "DB",  "DBQ",    "SERVICENAME", "FILEDSN", NULL };
    struct buffer BUFFER_OWNED name = { 0 };
    struct attribute attribute;
    for (size_t at = 0; next_attribute(text, &at, &attribute);) {
        if (!is_named(attribute.key, places) || !attribute.value.length)
            continue;
        if (name.length)
            buffer_char(&name, '/');
        buffer_text(&name, attribute.value);
    }
    return name.length ? text_string(arena, buffer_view(&name)) : "odbc";
}
