#include "adapters/yaml.h"

#include <string.h>
#include <yaml.h>

#include "adapters/json.h"
#include "adapters/unicode.h"

#define DEPTH_MAX   100
#define ALIASED_MAX 10000

struct anchor {
    struct text name;
    const struct value *value;
    size_t nodes, height; /* of the value: itself counts */
    struct anchor *older;
};

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one, owned */
    struct arena *arena;
    const char *name;
    struct anchor *anchors;
    size_t aliased; /* nodes that aliases have made so far */
    struct error *error;
};

static enum status place(struct reader *reader, size_t line, size_t column)
{
    (void)error_add(reader->error, "%s:%zu:%zu", reader->name, line, column);
    return STATUS_USAGE;
}

static enum status refuse(struct reader *reader, yaml_mark_t mark, const char *message)
{
    (void)error_set(reader->error, STATUS_USAGE, "%s", message);
    return place(reader, mark.line + 1, mark.column + 1);
}

static bool begins_with_tab(struct text text, size_t line)
{
    const char *at = text.bytes, *end = text.bytes + text.length;
    while (line-- && at) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    while (at && at < end && *at == ' ')
        at++;
    return at && at < end && *at == '\t';
}

/* libyaml's words are for programmers; what to look for goes with them. */
static const char *hint(struct text text, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "";
    if (begins_with_tab(text, parser->problem_mark.line))
        return _("Indent with blanks, not with tabs.");
    if (strstr(problem, "cannot start any token"))
        return _("Put texts that begin with such a character in quotes.");
    if (strstr(problem, "unexpected end of stream") || strstr(problem, "unexpected document indicator"))
        return _("Look for quotes that are not closed.");
    if (strstr(problem, "mapping values are not allowed"))
        return _("Put texts that contain a colon and a blank in quotes, or check the indentation.");
    if (strstr(problem, "could not find expected ':'"))
        return _("A name is followed by a colon and a blank; a text of several lines begins with | or >.");
    if (strstr(problem, "did not find expected ',' or"))
        return _("Look for a bracket [ or { that is not closed, or for a missing comma.");
    if (strstr(problem, "did not find expected key") ||
        strstr(problem, "did not find expected '-' indicator"))
        return _("Check that neighbours are indented alike and that quotes are closed.");
    if (strstr(problem, "unknown escape character"))
        return _("Write a backslash twice inside double quotes, or use single quotes.");
    if (strstr(problem, "increasing the nesting level") || strstr(problem, "exceeded"))
        return _("It is nested too deep.");
    return _("Check indentation, quotes and brackets around this place.");
}

static enum status refuse_syntax(struct reader *reader, struct text text)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "";
    bool in_context = parser->context && *parser->context;
    (void)error_set(reader->error, STATUS_USAGE, _("this is no YAML that can be read (%s%s%s). %s"),
                    in_context ? parser->context : "", in_context ? ": " : "", problem, hint(text, parser));
    return place(reader, parser->problem_mark.line + 1, parser->problem_mark.column + 1);
}

/* --- Before libyaml --- */

/* libyaml's reader knows offsets, not lines, so what it would refuse is refused here. */
static enum status guard(struct reader *reader, struct text text)
{
    size_t invalid = unicode_invalid_at(text), line = 1, start = 0, at = 0;
    const char *message = NULL;
    while (at < invalid && !message) {
        size_t next = at;
        int32_t character = unicode_next(text, &next);
        bool control = character < 0x20 ? character != '\t' && character != '\n' && character != '\r'
                                        : character >= 0x7f && character < 0xa0 && character != 0x85;
        if (control)
            message = _("a control character stands here; take it out");
        else if (character == 0xfeff || character == 0xfffe || character == 0xffff)
            message = _("a byte order mark stands inside the text; take it out");
        else
            at = next;
        if (character == '\n') {
            line++;
            start = next;
        }
    }
    if (!message && invalid < text.length)
        message = _("the bytes are no valid UTF-8 here; save the file as UTF-8");
    if (!message)
        return STATUS_OK;
    (void)error_set(reader->error, STATUS_USAGE, "%s", message);
    return place(reader, line, unicode_length(text_slice(text, start, at - start)) + 1);
}

/* --- Events to values --- */

static enum status next(struct reader *reader, struct text text)
{
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event))
        return STATUS_OK;
    memset(&reader->event, 0, sizeof reader->event);
    return refuse_syntax(reader, text);
}

static struct value *new_value(struct reader *reader, enum value_kind kind)
{
    struct value *value = arena_new(reader->arena, struct value);
    value->kind = kind;
    value->line = (unsigned)reader->event.start_mark.line + 1;
    value->column = (unsigned)reader->event.start_mark.column + 1;
    return value;
}

static void measure(const struct value *value, size_t *nodes, size_t *height)
{
    size_t highest = 0;
    ++*nodes;
    for (const struct value *child = value->first; child; child = child->next) {
        size_t below = 0;
        measure(child, nodes, &below);
        highest = below > highest ? below : highest;
    }
    *height = highest + 1;
}

static void remember(struct reader *reader, struct text name, const struct value *value)
{
    if (!name.bytes)
        return;
    struct anchor *anchor = arena_new(reader->arena, struct anchor);
    anchor->name = name;
    anchor->value = value;
    measure(value, &anchor->nodes, &anchor->height);
    anchor->older = reader->anchors;
    reader->anchors = anchor;
}

static enum status read_alias(struct reader *reader, size_t depth, struct value **value)
{
    yaml_mark_t mark = reader->event.start_mark;
    struct text name = text_of((const char *)reader->event.data.alias.anchor);
    const struct anchor *anchor = reader->anchors;
    while (anchor && !text_equal(anchor->name, name))
        anchor = anchor->older;
    if (!anchor) {
        (void)error_set(reader->error, STATUS_USAGE, _("no anchor &" TEXT_PRINT " stands before this alias"),
                        TEXT_ARG(name));
        return place(reader, mark.line + 1, mark.column + 1);
    }
    if (anchor->nodes > ALIASED_MAX - reader->aliased)
        return refuse(reader, mark,
                      _("the aliases of this file stand for more than 10,000 values; write less of them"));
    if (depth + anchor->height > DEPTH_MAX)
        return refuse(reader, mark,
                      _("lists and mappings are nested more than 100 levels deep; take some out"));
    reader->aliased += anchor->nodes;
    *value = value_copy(reader->arena, anchor->value);
    (*value)->name = TEXT_NONE;
    (*value)->next = NULL;
    return STATUS_OK;
}

static enum status read_node(struct reader *reader, struct text text, size_t depth, struct value **value);

static enum status read_list(struct reader *reader, struct text text, size_t depth, struct value *list)
{
    for (;;) {
        enum status status = next(reader, text);
        if (status || reader->event.type == YAML_SEQUENCE_END_EVENT)
            return status;
        struct value *item;
        status = read_node(reader, text, depth, &item);
        if (status)
            return status;
        value_append(list, item);
    }
}

/* "\0" in double quotes: the one text that JSON, C strings and SQLite each take for another. */
static bool has_nul(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT && event->data.scalar.length &&
           memchr(event->data.scalar.value, 0, event->data.scalar.length);
}

static enum status read_name(struct reader *reader, struct text *name)
{
    const yaml_event_t *event = &reader->event;
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(reader, event->start_mark,
                      _("a name must be a text here, not a list, a mapping or an alias"));
    if (event->data.scalar.tag)
        return refuse(reader, event->start_mark, _("tags (!…) are not used here; leave it out"));
    if (has_nul(event))
        return refuse(reader, event->start_mark, _("a NUL (\\0) stands in this text; take it out"));
    if (event->data.scalar.anchor)
        return refuse(reader, event->start_mark,
                      _("an anchor (&…) stands before a name; put it before the value"));
    struct text seen = { (const char *)event->data.scalar.value, event->data.scalar.length };
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && text_equal(seen, TEXT("<<")))
        return refuse(reader, event->start_mark,
                      _("merge keys (<<) are not used here; write the settings out"));
    *name = text_copy(reader->arena, seen);
    return STATUS_OK;
}

static enum status read_mapping(struct reader *reader, struct text text, size_t depth, struct value *object)
{
    for (;;) {
        struct text name;
        struct value *member;
        enum status status = next(reader, text);
        if (status)
            return status;
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            break;
        yaml_mark_t mark = reader->event.start_mark;
        status = read_name(reader, &name);
        if (!status)
            status = next(reader, text);
        if (!status)
            status = read_node(reader, text, depth, &member);
        if (status)
            return status;
        member->line = (unsigned)mark.line + 1;
        member->column = (unsigned)mark.column + 1;
        value_set_text(object, name, member);
    }
    const struct value *repeated = json_repeated_name(object);
    if (!repeated)
        return STATUS_OK;
    (void)error_set(reader->error, STATUS_USAGE,
                    _("the name \"" TEXT_PRINT "\" occurs twice in one mapping; keep one"),
                    TEXT_ARG(repeated->name));
    return place(reader, repeated->line, repeated->column);
}

static enum status read_node(struct reader *reader, struct text text, size_t depth, struct value **value)
{
    const yaml_event_t *event = &reader->event;
    yaml_mark_t mark = event->start_mark;
    const yaml_char_t *tag = NULL, *anchor = NULL;
    enum value_kind kind = VALUE_TEXT;
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, depth, value);
    if (event->type == YAML_SCALAR_EVENT) {
        tag = event->data.scalar.tag;
        anchor = event->data.scalar.anchor;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        kind = VALUE_LIST;
        tag = event->data.sequence_start.tag;
        anchor = event->data.sequence_start.anchor;
    } else {
        kind = VALUE_OBJECT;
        tag = event->data.mapping_start.tag;
        anchor = event->data.mapping_start.anchor;
    }
    if (tag)
        return refuse(reader, mark, _("tags (!…) are not used here; leave it out"));
    if (has_nul(event))
        return refuse(reader, mark, _("a NUL (\\0) stands in this text; take it out"));
    if (depth == DEPTH_MAX)
        return refuse(reader, mark,
                      _("lists and mappings are nested more than 100 levels deep; take some out"));
    struct value *made = new_value(reader, kind);
    struct text name = text_copy(reader->arena, text_of((const char *)anchor));
    enum status status = STATUS_OK;
    if (kind == VALUE_TEXT) {
        made->text = text_copy(reader->arena, (struct text){ (const char *)event->data.scalar.value,
                                                             event->data.scalar.length });
        made->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    } else {
        status = kind == VALUE_LIST ? read_list(reader, text, depth + 1, made)
                                    : read_mapping(reader, text, depth + 1, made);
    }
    if (status)
        return status;
    remember(reader, name, made);
    *value = made;
    return STATUS_OK;
}

static enum status read_document(struct reader *reader, struct text text, struct value **value)
{
    enum status status;
    do {
        status = next(reader, text);
        if (status)
            return status;
    } while (reader->event.type == YAML_STREAM_START_EVENT ||
             reader->event.type == YAML_DOCUMENT_START_EVENT);
    *value = new_value(reader, VALUE_OBJECT);
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return STATUS_OK;
    struct value *root;
    status = read_node(reader, text, 0, &root);
    if (status)
        return status;
    bool empty = root->kind == VALUE_TEXT && root->plain && !root->text.length;
    if (!empty)
        *value = root;
    status = next(reader, text); /* the document's end */
    if (!status)
        status = next(reader, text);
    if (status || reader->event.type == YAML_STREAM_END_EVENT)
        return status;
    return refuse(reader, reader->event.start_mark,
                  _("a second document begins here; put one document (no further ---) in a file"));
}

enum status yaml_parse(struct arena *arena, struct text text, const char *name, struct value **value,
                       struct error *error)
{
    *value = NULL;
    if (text_starts(text, TEXT("\xef\xbb\xbf")))
        text = text_slice(text, 3, text.length);
    if (!text.bytes)
        text = TEXT("");
    struct reader reader = { .arena = arena, .name = name, .error = error };
    enum status status = guard(&reader, text);
    if (status)
        return status;
    if (!yaml_parser_initialize(&reader.parser))
        return error_set(error, STATUS_FATAL, _("%s cannot be read: the YAML parser gets no memory."), name);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.bytes, text.length);
    struct value *made = NULL;
    status = read_document(&reader, text, &made);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    if (status)
        return status;
    *value = made;
    return STATUS_OK;
}
