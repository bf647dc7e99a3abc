#include "record/encoding_viqr_address.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

static bool is_name(char byte)
{
    return is_alphanumeric(byte) || byte == '.' || byte == '-' || byte == '_' || byte == '%';
}

/* No syllable ends so behind a tone. */
static bool is_ending(struct text text, size_t dot, size_t *length)
{
    static const char *const endings[] = {
        "vn",   "com", "net", "org", "gov", "edu",  "info", "html", "htm",
        "aspx", "php", "jsp", "pdf", "doc", "docx", "xls",  "xlsx", "csv",
        "json", "xml", "txt", "rtf", "zip", "rar",  "jpg",  "png",  "tif"
    };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        *length = strlen(endings[i]);
        size_t end = dot + 1 + *length;
        if (end <= text.length && strncasecmp(text.bytes + dot + 1, endings[i], *length) == 0 &&
            (end == text.length || !is_alphanumeric(text.bytes[end])) &&
            (end + 1 >= text.length || text.bytes[end] != '.' || !is_alphanumeric(text.bytes[end + 1])))
            return true;
    }
    return false;
}

static size_t back_over_name(struct text text, size_t from, size_t at)
{
    while (at > from && is_name(text.bytes[at - 1]))
        at--;
    while (text.bytes[at] == '.' || text.bytes[at] == '-')
        at++;
    return at;
}

/* To the next blank or quote, without the signs of the sentence at its end. */
static size_t end_of_run(struct text text, size_t at)
{
    size_t end = at;
    while (end < text.length && !memchr(" \t\r\n\"<>", text.bytes[end], 7) &&
           (unsigned char)text.bytes[end] < 0x80)
        end++;
    while (end > at && memchr(".,;:!?)]}'\\", text.bytes[end - 1], 11))
        end--;
    return end;
}

static bool is_escaped(struct text text, size_t start, size_t end)
{
    for (size_t i = start; i + 1 < end; i++)
        if (text.bytes[i] == '\\' && memchr(".?'`~^(+\\", text.bytes[i + 1], 9))
            return true;
    return false;
}

/* What an anchor at `at` makes an address of. */
static bool look(struct text text, size_t from, size_t at, struct viqr_address *found)
{
    struct text rest = text_slice(text, at, text.length);
    size_t length, end;
    switch (text.bytes[at]) {
    case ':':
        for (found->start = at; found->start > from && is_alphanumeric(text.bytes[found->start - 1]);)
            found->start--;
        found->end = end_of_run(text, at);
        return text_starts(rest, TEXT("://")) && found->start < at && found->end > at + 3;
    case 'w':
    case 'W':
        if (rest.length < 5 || strncasecmp(rest.bytes, "www.", 4) != 0 ||
            (at > from && is_alphanumeric(text.bytes[at - 1])))
            return false;
        *found = (struct viqr_address){ at, end_of_run(text, at) };
        return true;
    case '@':
        found->start = at > from && is_name(text.bytes[at - 1]) ? back_over_name(text, from, at) : at;
        for (end = at + 1; end < text.length && is_name(text.bytes[end]);)
            end++;
        if (end < text.length && text.bytes[end] == '?' && found->start > from &&
            text.bytes[found->start - 1] == ':')
            end = end_of_run(text, at); /* mailto:a@b?subject=… */
        while (end > at && text.bytes[end - 1] == '.')
            end--;
        found->end = end;
        return found->start < at && end > at + 1;
    case '.':
        if (at == from || !is_alphanumeric(text.bytes[at - 1]) || !is_ending(text, at, &length))
            return false;
        found->start = back_over_name(text, from, at);
        end = at + 1 + length;
        found->end =
            end < text.length && memchr("/?:#", text.bytes[end], 4) ? end_of_run(text, end - 1) : end;
        found->end = found->end < end ? end : found->end;
        return found->start < at;
    default:
        return false;
    }
}

struct viqr_address viqr_address_find(struct text text, size_t from)
{
    for (size_t at = from; at < text.length; at++) {
        struct viqr_address found;
        if (!memchr(":wW@.", text.bytes[at], 5) || !look(text, from, at, &found))
            continue;
        if (!is_escaped(text, found.start, found.end))
            return found;
        at = found.end - 1;
    }
    return (struct viqr_address){ text.length, text.length };
}
