#include "extract/url_resolve.h"

#include <string.h>
#include <strings.h>

#include "adapters/http.h"

/* scheme "://" authority, then path, query and fragment. */
static struct text origin_of(struct text url)
{
    size_t at;
    if (!text_find(url, TEXT("://"), &at))
        return TEXT_NONE;
    at += 3;
    while (at < url.length && !memchr("/?#", url.bytes[at], 3))
        at++;
    return text_slice(url, 0, at);
}

void url_encode(struct buffer *url)
{
    struct buffer encoded = { 0 };
    struct text whole = text_trim(buffer_view(url)), origin = origin_of(whole);
    buffer_text(&encoded, origin);
    for (size_t i = origin.length; i < whole.length; i++) {
        unsigned char byte = (unsigned char)whole.bytes[i];
        if (byte <= 0x20 || byte >= 0x7f)
            http_escape(&encoded, text_slice(whole, i, 1));
        else
            buffer_char(&encoded, (char)byte);
    }
    buffer_free(url);
    *url = encoded;
}

static bool has_scheme(struct text reference)
{
    for (size_t i = 0; i < reference.length; i++) {
        char byte = reference.bytes[i];
        bool letter = (byte | 32) >= 'a' && (byte | 32) <= 'z';
        if (byte == ':')
            return i > 0;
        if (!letter && (!i || !((byte >= '0' && byte <= '9') || strchr("+-.", byte))))
            return false;
    }
    return false;
}

static size_t path_length(struct text rest)
{
    size_t at = 0;
    while (at < rest.length && rest.bytes[at] != '?' && rest.bytes[at] != '#')
        at++;
    return at;
}

bool url_resolve(const char *base, struct text reference, struct buffer *url)
{
    struct text from = text_of(base), origin = origin_of(from);
    struct text rest = text_slice(from, origin.length, from.length);
    size_t path = path_length(rest);
    for (size_t i = 0; i < reference.length; i++)
        if ((unsigned char)reference.bytes[i] <= 0x20 || reference.bytes[i] == 0x7f)
            return false;
    if (!reference.length || !origin.length)
        return false;
    if (has_scheme(reference)) {
        buffer_text(url, reference);
        return true;
    }
    if (text_starts(reference, TEXT("//"))) {
        size_t scheme;
        text_find(origin, TEXT("//"), &scheme);
        buffer_text(url, text_slice(origin, 0, scheme));
        buffer_text(url, reference);
        return true;
    }
    buffer_text(url, origin);
    if (reference.bytes[0] == '?') {
        buffer_text(url, text_slice(rest, 0, path));
    } else if (reference.bytes[0] != '/') {
        while (path && rest.bytes[path - 1] != '/')
            path--;
        buffer_text(url, path ? text_slice(rest, 0, path) : TEXT("/"));
    }
    buffer_text(url, reference); /* "." and ".." in it are libcurl's to take away */
    return true;
}

void url_put_origin(struct buffer *url, const char *from)
{
    struct buffer made = { 0 };
    struct text whole = buffer_view(url), own = origin_of(whole);
    buffer_text(&made, origin_of(text_of(from)));
    buffer_text(&made, text_slice(whole, own.length, whole.length));
    buffer_free(url);
    *url = made;
}

/* Host and port without user and password; the scheme's own port is none. */
static struct text host_of(struct text origin, struct text *scheme)
{
    size_t at;
    text_find(origin, TEXT("://"), &at);
    *scheme = text_slice(origin, 0, at);
    struct text host = text_slice(origin, at + 3, origin.length);
    const char *user = host.length ? memrchr(host.bytes, '@', host.length) : NULL;
    if (user)
        host = text_slice(host, (size_t)(user - host.bytes) + 1, host.length);
    bool secure = scheme->length == 5;
    struct text port = secure ? TEXT(":443") : TEXT(":80");
    if (text_ends(host, port))
        host.length -= port.length;
    return host;
}

bool url_same_host(const char *left, const char *right)
{
    struct text left_scheme, right_scheme;
    struct text left_origin = origin_of(text_of(left)), right_origin = origin_of(text_of(right));
    if (!left_origin.length || !right_origin.length)
        return false;
    struct text left_host = host_of(left_origin, &left_scheme),
                right_host = host_of(right_origin, &right_scheme);
    return left_scheme.length == right_scheme.length && left_host.length == right_host.length &&
           !strncasecmp(left_scheme.bytes, right_scheme.bytes, left_scheme.length) &&
           !strncasecmp(left_host.bytes, right_host.bytes, left_host.length);
}
