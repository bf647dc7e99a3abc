#include "adapters/html_references.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/xml_libxml2.h"

#define HIDDEN      0xfdd0u /* U+FDD0 + 1 stands for U+0001 */
#define REPLACEMENT 0xfffdu
#define LARGEST     0x10ffffu

static bool is_control(unsigned char byte)
{
    return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r' && byte != 0;
}

static bool is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

static void put_number(struct buffer *out, uint32_t character)
{
    if (!character || character > LARGEST || (character >= 0xd800 && character < 0xe000) ||
        (character & 0xfffe) == 0xfffe || (character >= HIDDEN && character < HIDDEN + 0x20))
        character = REPLACEMENT;
    if (character >= 0x80 && character < 0xa0)
        character = html_windows[character - 0x80];
    if (character == '\f')
        character = ' ';
    if (character < 0x20 && is_control((unsigned char)character))
        character += HIDDEN;
    buffer_printf(out, "&#%u;", (unsigned)character);
}

static int compare(const void *key, const void *entry)
{
    const struct text *name = key;
    const char *other = ((const struct html_entity *)entry)->name;
    int order = strncmp(name->bytes, other, name->length);
    return order ? order : -(int)(other[name->length] != 0);
}

/* The longest name that the text behind an "&" begins with. */
static const struct html_entity *find_name(struct text rest)
{
    size_t most = 0;
    while (most < rest.length && most < html_entity_longest && is_alphanumeric(rest.bytes[most]))
        most++;
    most += most < rest.length && rest.bytes[most] == ';';
    for (; most > 1; most--) {
        struct text name = { rest.bytes, most };
        const struct html_entity *found =
            bsearch(&name, html_entities, html_entity_count, sizeof *html_entities, compare);
        if (found)
            return found;
    }
    return NULL;
}

/* "#150;", "#x96": its length, 0 when it is none. */
static size_t read_number(struct text rest, uint32_t *character)
{
    size_t at = 1, digits = 0;
    bool hex = rest.length > 1 && (rest.bytes[1] | 32) == 'x';
    uint64_t number = 0;
    for (at += hex; at < rest.length; at++, digits++) {
        char byte = rest.bytes[at];
        bool letter = hex && (byte | 32) >= 'a' && (byte | 32) <= 'f';
        if (!letter && (byte < '0' || byte > '9'))
            break;
        unsigned digit = letter ? (unsigned)((byte | 32) - 'a' + 10) : (unsigned)(byte - '0');
        number = number > LARGEST ? number : number * (hex ? 16 : 10) + digit;
    }
    *character = number > LARGEST ? LARGEST + 1 : (uint32_t)number;
    return digits ? at + (at < rest.length && rest.bytes[at] == ';') : 0;
}

/* What stands behind an "&": how much of it the reference is. */
static size_t put_reference(struct text rest, bool attribute, struct buffer *out)
{
    uint32_t character;
    size_t length = rest.length && rest.bytes[0] == '#' ? read_number(rest, &character) : 0;
    if (length) {
        put_number(out, character);
        return length;
    }
    const struct html_entity *entity = find_name(rest);
    length = entity ? strlen(entity->name) : 0;
    char next = length < rest.length ? rest.bytes[length] : ' ';
    if (!entity || (attribute && entity->name[length - 1] != ';' && (next == '=' || is_alphanumeric(next)))) {
        put_number(out, '&');
        return 0;
    }
    put_number(out, entity->first);
    if (entity->second)
        put_number(out, entity->second);
    return length;
}

/* U+FDD0 to U+FDEF, which stand for control characters here: a page's own are none. */
static bool is_hidden(struct text page, size_t at)
{
    return page.length - at > 2 && !memcmp(page.bytes + at, "\xef\xb7", 2) &&
           (unsigned char)page.bytes[at + 2] >= 0x90 && (unsigned char)page.bytes[at + 2] < 0xb0;
}

/* U+FFFE and U+FFFF: libxml2 drops them without a word. */
static bool is_lost(struct text page, size_t at)
{
    return page.length - at > 2 && !memcmp(page.bytes + at, "\xef\xbf", 2) &&
           (unsigned char)page.bytes[at + 2] >= 0xbe;
}

static bool has_work(struct text page)
{
    if (page.length && memchr(page.bytes, '&', page.length))
        return true;
    for (size_t i = 0; i < page.length; i++)
        if (is_control((unsigned char)page.bytes[i]) || is_hidden(page, i) || is_lost(page, i))
            return true;
    return false;
}

bool html_prepare(struct text page, struct buffer *out)
{
    struct xml_guard guard = { .html = true };
    if (!has_work(page))
        return false;
    for (size_t at = 0; at < page.length;) {
        unsigned char byte = (unsigned char)page.bytes[at++];
        bool attribute = guard.state == XML_GUARD_TAG || guard.state == XML_GUARD_QUOTE;
        bool read = guard.state != XML_GUARD_MARKUP && guard.state != XML_GUARD_RAW;
        if (byte == '\f') {
            buffer_char(out, ' ');
            xml_guard_take(&guard, ' ');
        } else if (read && is_control(byte)) {
            put_number(out, byte);
        } else if (read && byte == '&') {
            at += put_reference(text_slice(page, at, page.length), attribute, out);
            xml_guard_take(&guard, 'x');
        } else if (is_hidden(page, at - 1) || is_lost(page, at - 1)) {
            at += 2;
            for (const char *mark = "\xef\xbf\xbd"; *mark; mark++) {
                buffer_char(out, *mark);
                xml_guard_take(&guard, *mark);
            }
        } else {
            buffer_char(out, (char)byte);
            xml_guard_take(&guard, (char)byte);
        }
    }
    return true;
}

struct text html_restore(struct arena *arena, struct text text)
{
    size_t at, length = 0;
    if (!text_find(text, TEXT("\xef\xb7"), &at))
        return text;
    char *bytes = arena_alloc(arena, text.length + 1);
    for (at = 0; at < text.length; at++) {
        bool hidden = is_hidden(text, at);
        bytes[length++] = hidden ? (char)(text.bytes[at + 2] - '\x90') : text.bytes[at];
        at += hidden ? 2 : 0;
    }
    bytes[length] = 0;
    return (struct text){ bytes, length };
}
