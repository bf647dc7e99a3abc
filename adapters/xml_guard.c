/* libxml2 2.9 compares each attribute of a tag with all before it: half a megabyte of them in one tag is a
 * minute of work that nothing can break off. So they are counted before it sees them. Only where tags begin
 * and end is looked for here; whether they are right is libxml2's business. */
#include <string.h>
#include <strings.h>

#include "adapters/xml_libxml2.h"

#define MARKS_MAX 3000 /* words and quotes of one tag: 1,500 attributes as they are usually written */

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '/';
}

static bool ends_with(const struct xml_guard *guard, const char *end)
{
    size_t length = strlen(end);
    return strncasecmp(guard->last + sizeof guard->last - length, end, length) == 0;
}

static bool is_raw(const struct xml_guard *guard)
{
    return guard->html && !guard->ending &&
           (strncmp(guard->name, "script", 7) == 0 || strncmp(guard->name, "style", 6) == 0);
}

static void remember(struct xml_guard *guard, char byte)
{
    memmove(guard->last, guard->last + 1, sizeof guard->last - 1);
    guard->last[sizeof guard->last - 1] = byte;
}

static void begin_tag(struct xml_guard *guard, char byte)
{
    bool name = (byte | 32) >= 'a' && (byte | 32) <= 'z';
    name = name || byte == '_' || byte == ':' || byte == '/' || (unsigned char)byte >= 0x80;
    guard->state = name ? XML_GUARD_TAG : byte == '!' || byte == '?' ? XML_GUARD_MARKUP : XML_GUARD_TEXT;
    guard->end = byte == '?' ? "?>" : ">";
    guard->marks = guard->named = 0;
    guard->naming = guard->html;
    guard->ending = byte == '/';
    guard->markup = 0;
    memset(guard->name, 0, sizeof guard->name);
    memset(guard->last, 0, sizeof guard->last);
    remember(guard, byte);
}

static void take_name(struct xml_guard *guard, char byte)
{
    if (byte == '/' && guard->ending && !guard->named)
        return;
    bool letter = (byte | 32) >= 'a' && (byte | 32) <= 'z';
    guard->naming = guard->naming && letter && guard->named < sizeof guard->name - 1;
    if (guard->naming)
        guard->name[guard->named++] = (char)(byte | 32);
}

static bool is_named(const struct xml_guard *guard, const char *name)
{
    return guard->named == strlen(name) && !memcmp(guard->name, name, guard->named);
}

static void count_tag(struct xml_guard *guard)
{
    bool page = is_named(guard, "html") || is_named(guard, "body");
    guard->roots += !guard->ending && is_named(guard, "html");
    guard->opened = guard->opened || (page && !guard->ending);
    guard->closed = guard->closed || (page && guard->ending);
    guard->tables += !is_named(guard, "table") ? 0 : guard->ending ? -1 : 1;
}

static void take_tag(struct xml_guard *guard, char byte, char before)
{
    take_name(guard, byte);
    if (byte == '>') {
        count_tag(guard);
        guard->state = is_raw(guard) ? XML_GUARD_RAW : XML_GUARD_TEXT;
        memset(guard->last, 0, sizeof guard->last);
    } else if (byte == '<') {
        guard->state = XML_GUARD_LESS;
    } else if ((byte == '"' || byte == '\'') && guard->value) {
        guard->state = XML_GUARD_QUOTE;
        guard->quote = byte;
        guard->marks++;
    } else if (!is_space(byte) && is_space(before)) {
        guard->marks++;
    }
    if (!is_space(byte))
        guard->value = byte == '=';
}

/* Comments and CDATA end in their own way; what it is shows in the first bytes. */
static void take_markup(struct xml_guard *guard, char byte)
{
    guard->markup += guard->markup < 8;
    if (guard->markup == 2 && ends_with(guard, "!--"))
        guard->end = "-->";
    else if (guard->markup == 7 && ends_with(guard, "![CDATA["))
        guard->end = "]]>";
    else if (byte == '>' && guard->html && guard->end[0] == '-' && ends_with(guard, "--!>"))
        guard->state = XML_GUARD_TEXT;
    else if (byte == '>' && ends_with(guard, guard->end) &&
             (guard->end[0] != '-' || guard->markup > 4 || guard->html))
        guard->state = XML_GUARD_TEXT;
}

void xml_guard_take(struct xml_guard *guard, char byte)
{
    char before = guard->before;
    guard->before = byte;
    switch (guard->state) {
    case XML_GUARD_LESS:
        begin_tag(guard, byte);
        if (guard->state == XML_GUARD_TAG)
            take_name(guard, byte);
        break;
    case XML_GUARD_TAG:
        take_tag(guard, byte, before);
        break;
    case XML_GUARD_QUOTE:
        if (byte == guard->quote) {
            guard->state = XML_GUARD_TAG;
            guard->value = false;
        }
        break;
    case XML_GUARD_MARKUP:
        remember(guard, byte);
        take_markup(guard, byte);
        break;
    case XML_GUARD_RAW:
        remember(guard, byte);
        if (ends_with(guard, "</script") || ends_with(guard, "</style"))
            begin_tag(guard, '/');
        break;
    default:
        if (byte == '<')
            guard->state = XML_GUARD_LESS;
    }
}

/* Inside a name of XML, what neither ends it nor begins a value. */
static size_t skip_name(struct xml_guard *guard, struct text bytes, size_t at)
{
    static const bool ends[256] = {
        [0] = true,   [' '] = true, ['\t'] = true, ['\r'] = true, ['\n'] = true, ['/'] = true,
        ['>'] = true, ['<'] = true, ['"'] = true,  ['\''] = true, ['='] = true
    };
    size_t from = at;
    if (guard->naming || is_space(guard->before))
        return at;
    while (at < bytes.length && !ends[(unsigned char)bytes.bytes[at]])
        at++;
    if (at > from) {
        guard->before = bytes.bytes[at - 1];
        guard->value = false;
    }
    return at;
}

/* Most of a document is text and values: only their ends matter. */
static size_t skip(struct xml_guard *guard, struct text bytes, size_t at)
{
    char end = guard->state == XML_GUARD_TEXT ? '<' : guard->quote;
    if (guard->state == XML_GUARD_TAG)
        return skip_name(guard, bytes, at);
    if (guard->state != XML_GUARD_TEXT && guard->state != XML_GUARD_QUOTE)
        return at;
    const char *found = memchr(bytes.bytes + at, end, bytes.length - at);
    return found ? (size_t)(found - bytes.bytes) : bytes.length;
}

bool xml_guard_pass(struct xml_guard *guard, struct text bytes)
{
    for (size_t i = skip(guard, bytes, 0); i < bytes.length; i = skip(guard, bytes, i + 1)) {
        if (bytes.bytes[i]) /* UTF-16 has a zero beside each ASCII letter */
            xml_guard_take(guard, bytes.bytes[i]);
        if (guard->marks > MARKS_MAX || guard->roots > 1)
            return false;
    }
    return true;
}

const char *xml_guard_words(const struct xml_guard *guard)
{
    if (guard->roots > 1)
        return _(
            "a second page begins in it (<html> stands twice): what belongs to which record cannot be known");
    return _("a tag has more than 1500 attributes, which is refused");
}

bool xml_page_ends(struct text page)
{
    struct xml_guard guard = { .html = true };
    (void)xml_guard_pass(&guard, page);
    return guard.closed || (!guard.opened && guard.tables <= 0 && guard.state == XML_GUARD_TEXT);
}
