#include "adapters/xml_steps.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static char *user_data(struct text text)
{
    char *bytes = memory_take(text.length + 1);
    if (text.length)
        memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = 0;
    return bytes;
}

bool xml_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '-' || byte == '.' || (unsigned char)byte >= 0x80;
}

/* A name or "*" at the beginning of `rest`, which moves behind it. */
static struct text take_name(struct text *rest)
{
    size_t length = 0;
    if (rest->length && rest->bytes[0] == '*')
        length = 1;
    else
        while (length < rest->length && xml_name_byte(rest->bytes[length]))
            length++;
    struct text name = text_slice(*rest, 0, length);
    *rest = text_slice(*rest, length, rest->length);
    return name;
}

static enum status wrong(struct text records, struct text rest, const char *why, struct error *error)
{
    return error_set(error, STATUS_USAGE,
                     _("records: " TEXT_PRINT ": at byte %zu: %s; it is a path such as /list/item or //item"),
                     TEXT_ARG(records), records.length - rest.length, why);
}

static bool take_mark(struct text *rest, const char *mark)
{
    while (rest->length && (rest->bytes[0] == ' ' || rest->bytes[0] == '\n' || rest->bytes[0] == '\t'))
        *rest = text_slice(*rest, 1, rest->length);
    if (!text_starts(*rest, text_of(mark)))
        return false;
    *rest = text_slice(*rest, strlen(mark), rest->length);
    return true;
}

/* *[local-name()='x'], as one writes who does not care for namespaces, is a name of any namespace. */
static void take_local_name(struct text *rest, struct xml_step *step)
{
    struct text at = *rest;
    if (!take_mark(&at, "[") || !take_mark(&at, "local-name()") || !take_mark(&at, "="))
        return;
    const char *quote = take_mark(&at, "'") ? "'" : take_mark(&at, "\"") ? "\"" : NULL;
    struct text name = quote ? take_name(&at) : TEXT_NONE;
    if (!name.length || text_is(name, "*") || !text_starts(at, text_of(quote)))
        return;
    at = text_slice(at, 1, at.length);
    if (!take_mark(&at, "]"))
        return;
    step->name = user_data(name);
    *rest = at;
}

static enum status take_step(struct text records, struct text *rest, const struct xml_namespace *namespaces,
                             size_t count, struct xml_step *step, struct error *error)
{
    struct text before = *rest, name = take_name(rest), prefix = TEXT_NONE;
    if (!name.length)
        return wrong(records, before, _("the name of an element is missing"), error);
    if (text_starts(*rest, TEXT("::")) || text_starts(*rest, TEXT("(")))
        return wrong(records, before, _("axes and functions cannot be tested while reading"), error);
    if (text_starts(*rest, TEXT(":"))) {
        prefix = name;
        *rest = text_slice(*rest, 1, rest->length);
        name = take_name(rest);
        if (!name.length)
            return wrong(records, *rest, _("the name of an element is missing"), error);
    }
    step->any_uri = text_is(name, "*") && !prefix.length;
    if (prefix.length) {
        for (size_t i = 0; i < count && !step->uri; i++)
            if (text_is(prefix, namespaces[i].prefix))
                step->uri = memory_copy_string(namespaces[i].uri);
        if (!step->uri)
            return wrong(records, before, _("the prefix is not declared; add it to the source's namespaces"),
                         error);
    }
    step->name = text_is(name, "*") ? NULL : user_data(name);
    if (step->any_uri)
        take_local_name(rest, step);
    return STATUS_OK;
}

/* A position counts among siblings, and the element is tested alone. */
static bool counts_positions(struct text inner)
{
    static const char *const counting[] = { "position(", "last(",    "..",          "parent::",
                                            "sibling::", "ancestor", "preceding::", "following::" };
    struct text trimmed = text_trim(inner);
    size_t at;
    for (size_t i = 0; i < sizeof counting / sizeof *counting; i++)
        if (text_find(inner, text_of(counting[i]), &at))
            return true;
    for (size_t i = 0; i < trimmed.length; i++)
        if (trimmed.bytes[i] < '0' || trimmed.bytes[i] > '9')
            return false;
    return true;
}

static struct text path_of(const char *axis, struct text test, struct text predicates)
{
    BUFFER_OWNED struct buffer path = { 0 };
    buffer_string(&path, axis);
    buffer_text(&path, test);
    buffer_text(&path, predicates);
    return (struct text){ user_data(buffer_view(&path)), path.length };
}

static enum status take_predicates(struct text records, struct text step, struct text *rest,
                                   struct xml_steps *steps, struct error *error)
{
    struct text begin = *rest;
    while (text_starts(*rest, TEXT("["))) {
        size_t depth = 0, at = 0;
        char quote = 0;
        for (; at < rest->length; at++) {
            char byte = rest->bytes[at];
            if (quote)
                quote = byte == quote ? 0 : quote;
            else if (byte == '\'' || byte == '"')
                quote = byte;
            else if (byte == '[')
                depth++;
            else if (byte == ']' && !--depth)
                break;
        }
        if (at == rest->length)
            return wrong(records, *rest, _("the bracket does not end"), error);
        if (counts_positions(text_slice(*rest, 1, at - 1)))
            return wrong(records, *rest, _("positions and neighbours cannot be tested while reading"), error);
        *rest = text_slice(*rest, at + 1, rest->length);
    }
    struct text predicates = text_slice(begin, 0, begin.length - rest->length);
    steps->predicate = path_of("self::", TEXT("node()"), predicates);
    steps->nested = path_of("descendant::", step, predicates);
    return STATUS_OK;
}

static enum status compile(struct text records, const struct xml_namespace *namespaces, size_t count,
                           struct xml_steps *steps, struct error *error)
{
    struct text rest = records;
    bool first = true;
    while (rest.length) {
        bool deep = text_starts(rest, TEXT("//"));
        if (deep || text_starts(rest, TEXT("/")))
            rest = text_slice(rest, deep ? 2 : 1, rest.length);
        else if (!first)
            return wrong(records, rest, _("this cannot be tested while reading"), error);
        first = false;
        if (steps->count == XML_STEPS_MAX)
            return wrong(records, rest, _("there are too many steps"), error);
        struct xml_step *step = &steps->steps[steps->count++];
        step->deep = deep;
        struct text begin = rest;
        enum status status = take_step(records, &rest, namespaces, count, step, error);
        if (status)
            return status;
        if (!text_starts(rest, TEXT("[")))
            continue;
        status =
            take_predicates(records, text_slice(begin, 0, begin.length - rest.length), &rest, steps, error);
        if (status)
            return status;
        if (rest.length)
            return wrong(records, rest, _("a condition in brackets may stand behind the last step only"),
                         error);
    }
    return STATUS_OK;
}

enum status xml_steps_compile(struct text records, const struct xml_namespace *namespaces, size_t count,
                              struct xml_steps *steps, struct error *error)
{
    struct text path = text_trim(records);
    *steps = (struct xml_steps){ 0 };
    if (!path.length || text_is(path, ".") || text_is(path, "/"))
        path = TEXT("/*");
    return compile(path, namespaces, count, steps, error);
}

static bool fits(const struct xml_step *step, const char *name, const char *uri)
{
    if (step->name && strcmp(step->name, name))
        return false;
    if (step->any_uri)
        return true;
    return step->uri ? uri && !strcmp(step->uri, uri) : !uri;
}

uint64_t xml_steps_enter(const struct xml_steps *steps, uint64_t states, const char *name, const char *uri)
{
    uint64_t entered = 0;
    for (size_t i = 0; i < steps->count; i++) {
        if (!(states >> i & 1))
            continue;
        if (steps->steps[i].deep)
            entered |= (uint64_t)1 << i;
        if (fits(&steps->steps[i], name, uri))
            entered |= (uint64_t)1 << (i + 1);
    }
    return entered;
}

bool xml_steps_reached(const struct xml_steps *steps, uint64_t states)
{
    return states >> steps->count & 1;
}

bool xml_steps_within(const struct xml_steps *steps, uint64_t anywhere)
{
    return anywhere >> (steps->count - 1) & 1;
}

bool xml_steps_names_place(const struct xml_steps *steps)
{
    for (size_t i = 0; i + 1 < steps->count; i++)
        if (steps->steps[i].name || steps->steps[i].uri)
            return true;
    return false;
}

void xml_steps_free(struct xml_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        free(steps->steps[i].name);
        free(steps->steps[i].uri);
    }
    free((void *)(uintptr_t)steps->predicate.bytes);
    free((void *)(uintptr_t)steps->nested.bytes);
}
