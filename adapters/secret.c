#include "adapters/secret.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/secrets.h"

static enum status read_environment(struct arena *arena, const char *folder, const char *name,
                                    struct text *secret, struct error *error)
{
    (void)arena, (void)folder;
    const char *value = *name ? getenv(name) : NULL;
    if (!value)
        return error_set(
            error, STATUS_USAGE,
            _("the environment variable \"%s\" is not set; set it for the user who runs congkhai"), name);
    *secret = text_of(value);
    secrets_add_variable(name);
    return STATUS_OK;
}

static enum status read_file(struct arena *arena, const char *folder, const char *path, struct text *secret,
                             struct error *error)
{
    struct error why;
    if (!*path)
        return error_set(error, STATUS_USAGE, _("${file:} names no file"));
    if (file_read(arena, file_path(arena, folder, path), SECRET_MAX, secret, &why))
        return error_set(error, STATUS_USAGE,
                         _("a secret cannot be read: %s; check the path and who may read it"), why.message);
    if (text_starts(*secret, TEXT("\xef\xbb\xbf"))) /* an editor's byte order mark, which nobody sees */
        *secret = text_slice(*secret, 3, secret->length);
    while (secret->length &&
           (secret->bytes[secret->length - 1] == '\n' || secret->bytes[secret->length - 1] == '\r'))
        secret->length--;
    return STATUS_OK;
}

static enum status read_credential(struct arena *arena, const char *folder, const char *name,
                                   struct text *secret, struct error *error)
{
    (void)folder;
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    if (!*name || strchr(name, '/') || *name == '.')
        return error_set(error, STATUS_USAGE, _("\"%s\" is no name of a credential"), name);
    if (!credentials || !*credentials)
        return error_set(error, STATUS_USAGE,
                         _("the credential \"%s\" is not there: systemd gave this process none; add "
                           "LoadCredential=%s:PATH to its unit"),
                         name, name);
    return read_file(arena, credentials, name, secret, error);
}

static const struct {
    const char *name;
    enum status (*read)(struct arena *arena, const char *folder, const char *what, struct text *secret,
                        struct error *error);
} kinds[] = {
    { "env", read_environment },
    { "file", read_file },
    { "credential", read_credential },
};

static enum status read_secret(struct arena *arena, const char *folder, struct text reference,
                               struct text *secret, struct error *error)
{
    size_t colon = reference.length;
    text_find(reference, TEXT(":"), &colon);
    struct text kind = text_slice(reference, 0, colon);
    const char *what = text_string(arena, text_slice(reference, colon + 1, reference.length));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && colon < reference.length; i++) {
        if (!text_is(kind, kinds[i].name))
            continue;
        if (kinds[i].read(arena, folder, what, secret, error))
            return error->status;
        if (!secret->length)
            return error_set(error, STATUS_USAGE, _("the secret ${" TEXT_PRINT "} is empty"),
                             TEXT_ARG(reference));
        if (memchr(secret->bytes, 0, secret->length))
            return error_set(error, STATUS_USAGE, _("the secret ${" TEXT_PRINT "} holds a NUL byte"),
                             TEXT_ARG(reference));
        secrets_add(*secret, SECRETS_NAMED);
        return STATUS_OK;
    }
    return error_set(
        error, STATUS_USAGE,
        _("${" TEXT_PRINT "} names no secret; write ${env:NAME}, ${file:PATH} or ${credential:NAME}"),
        TEXT_ARG(reference));
}

enum status secret_resolve(struct arena *arena, const char *folder, struct text text, struct text *resolved,
                           struct error *error)
{
    struct buffer BUFFER_OWNED out = { 0 };
    size_t start, end;
    while (text_find(text, TEXT("${"), &start)) {
        struct text rest = text_slice(text, start + 2, text.length);
        struct text secret = TEXT_NONE;
        if (!text_find(rest, TEXT("}"), &end))
            return error_set(error, STATUS_USAGE, _("a ${ has no } behind it"));
        if (read_secret(arena, folder, text_slice(rest, 0, end), &secret, error))
            return error->status;
        buffer_text(&out, text_slice(text, 0, start));
        buffer_text(&out, secret);
        text = text_slice(rest, end + 1, rest.length);
    }
    buffer_text(&out, text);
    *resolved = text_copy(arena, buffer_view(&out));
    return STATUS_OK;
}

bool secret_is_named(struct text text)
{
    size_t at;
    return text_find(text, TEXT("${"), &at);
}

bool secret_is_name(struct text name)
{
    static const char *const names[] = { "password", "passwd",       "pwd",
                                         "bearer",   "secret",       "client_secret",
                                         "token",    "access_token", "api_key",
                                         "apikey",   "x_api_key",    "authorization",
                                         "cookie",   "x_auth_token", "proxy_authorization" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t at = 0;
        while (at < name.length && names[i][at] &&
               ((name.bytes[at] | 0x20) == names[i][at] ||
                (names[i][at] == '_' && strchr("-_", name.bytes[at]))))
            at++;
        if (at == name.length && !names[i][at])
            return true;
    }
    return false;
}

/* Behind the "@" of "user:password@" at the beginning of `rest`; 0: there is none. */
static size_t behind_user(struct text rest)
{
    size_t behind = 0;
    for (size_t i = 0; i < rest.length && !memchr("/?# ", rest.bytes[i], 4); i++)
        if (rest.bytes[i] == '@')
            behind = i + 1;
    return behind;
}

/* The parameters of a query one by one: "&" or the end stands behind each. */
static void hide_parameters(struct text query, struct buffer *out)
{
    while (query.length) {
        size_t end, equals;
        if (!text_find(query, TEXT("&"), &end))
            end = query.length;
        struct text pair = text_slice(query, 0, end);
        bool has = text_find(pair, TEXT("="), &equals);
        if (has && equals + 1 < pair.length && secret_is_name(text_slice(pair, 0, equals)) &&
            !secret_is_named(pair)) {
            buffer_text(out, text_slice(pair, 0, equals + 1));
            buffer_string(out, "***");
        } else {
            buffer_text(out, pair);
        }
        buffer_text(out, text_slice(query, end, 1));
        query = text_slice(query, end + 1, query.length);
    }
}

struct text secret_hide(struct arena *arena, struct text text)
{
    struct buffer BUFFER_OWNED out = { 0 };
    size_t scheme, mark;
    if (!text_find(text, TEXT("://"), &scheme))
        return text;
    struct text rest = text_slice(text, scheme + 3, text.length);
    rest = text_slice(rest, behind_user(rest), rest.length);
    buffer_text(&out, text_slice(text, 0, scheme + 3));
    if (text_find(rest, TEXT("?"), &mark)) {
        buffer_text(&out, text_slice(rest, 0, mark + 1));
        hide_parameters(text_slice(rest, mark + 1, rest.length), &out);
    } else {
        buffer_text(&out, rest);
    }
    return text_equal(buffer_view(&out), text) ? text : text_copy(arena, buffer_view(&out));
}

static bool is_name_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || byte == '_' ||
           byte == '-';
}

/* The value at the beginning of `text`: a word, or what stands in quotes, behind "Bearer" and its like. */
static struct text value_of(struct text text)
{
    static const char *const schemes[] = { "Bearer ", "Basic ", "Token " };
    size_t end = 0;
    char quote = text.length && memchr("\"'", text.bytes[0], 2) ? text.bytes[0] : 0;
    text = text_slice(text, quote != 0, text.length);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (text_starts(text, text_of(schemes[i])))
            text = text_trim(text_slice(text, strlen(schemes[i]), text.length));
    while (end < text.length &&
           (quote ? text.bytes[end] != quote : !memchr("\"' \n\t&,;}", text.bytes[end], 9)))
        end++;
    return text_slice(text, 0, end);
}

/* The next value that prose gives to a name of a secret, from *at on. */
static bool next_assigned(struct text text, size_t *at, struct text *value)
{
    for (size_t end; *at < text.length; *at = end + 1) {
        for (end = *at; end < text.length && is_name_byte(text.bytes[end]);)
            end++;
        struct text name = text_slice(text, *at, end - *at);
        bool option = text_starts(name, TEXT("-")) && end < text.length && text.bytes[end] == ' ';
        while (text_starts(name, TEXT("-")))
            name = text_slice(name, 1, name.length);
        if (!name.length || !secret_is_name(name))
            continue;
        size_t sign = end;
        while (!option && sign < text.length && memchr("\" '", text.bytes[sign], 3))
            sign++;
        if (sign == text.length || (!option && !memchr("=:", text.bytes[sign], 2)))
            continue;
        struct text rest = text_trim(text_slice(text, sign + 1, text.length));
        if (!rest.length || memchr("&,}", rest.bytes[0], 3) || text_starts(rest, TEXT("\"\"")) ||
            text_starts(rest, TEXT("//")))
            continue;
        *value = value_of(rest);
        *at = sign + 1; /* another may stand inside of what this one's value is taken for */
        return true;
    }
    return false;
}

bool secret_is_assigned(struct text text)
{
    struct text value;
    return next_assigned(text, &(size_t){ 0 }, &value);
}

static size_t written_in_url(struct text text, struct text *list)
{
    size_t scheme, mark, end, equals, count = 0;
    if (!text_find(text, TEXT("://"), &scheme))
        return 0;
    struct text rest = text_slice(text, scheme + 3, text.length);
    struct text user = text_slice(rest, 0, behind_user(rest));
    if (user.length && text_find(user, TEXT(":"), &mark))
        list[count++] = text_slice(user, mark + 1, user.length - mark - 2);
    if (!text_find(rest, TEXT("?"), &mark))
        return count;
    for (rest = text_slice(rest, mark + 1, rest.length); rest.length;
         rest = text_slice(rest, end + 1, rest.length)) {
        if (!text_find(rest, TEXT("&"), &end))
            end = rest.length;
        struct text pair = text_slice(rest, 0, end);
        if (text_find(pair, TEXT("="), &equals) && secret_is_name(text_slice(pair, 0, equals)) &&
            !secret_is_named(pair))
            list[count++] = text_slice(pair, equals + 1, pair.length);
    }
    return count;
}

size_t secret_written(struct arena *arena, struct text text, struct text **secrets)
{
    struct text value;
    size_t most = 2, at = 0;
    for (size_t i = 0; i < text.length; i++)
        most += memchr("&?=: ", text.bytes[i], 5) ? 2 : 0;
    struct text *list = *secrets = arena_array(arena, struct text, most);
    size_t count = written_in_url(text, list);
    while (count < most && next_assigned(text, &at, &value))
        if (!secret_is_named(value))
            list[count++] = value;
    return count;
}

struct text secret_hide_arguments(struct arena *arena, struct text command)
{
    size_t word = 0;
    while (word < command.length && command.bytes[word] != ' ' && command.bytes[word] != '\n')
        word++;
    if (!secret_is_assigned(command) && text_equal(secret_hide(arena, command), command))
        return command;
    return text_format(arena, "%.*s ***", (int)word, command.bytes);
}
