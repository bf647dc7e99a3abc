#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/xml_libxml2.h"
#include "adapters/xml_steps.h"
#include "core/memory.h"

/* A namespace declaration that has been written into the record. */
struct declared {
    const xmlChar *prefix, *uri; /* in the parser's dictionary, so that the same text is the same pointer */
    unsigned depth;
};

/* A finished record inside the buffer. */
struct finished {
    size_t start, length;
    long line;
    bool over, holds; /* it is too large; it holds another */
};

struct xml_reader {
    struct xml_push push; /* first */
    struct xml_steps steps;
    struct xml_path *predicate, *nested;
    size_t limit;
    uint64_t matched[XML_DEPTH + 1]; /* per depth: how far the steps have come */
    uint64_t anywhere;               /* the same, of the whole document */
    char root[160];                  /* what the document begins with, for a message */

    struct buffer out; /* finished records, and behind them the one being written */
    unsigned inside;   /* the depth of the record's element; 0: between records */
    bool gave;         /* an element was given, or refused */
    size_t start;      /* of the record being written */
    long line;
    bool after_return; /* the last piece of CDATA ended with a CR */
    bool open_tag;     /* ">" or "/>" is due */
    bool over;         /* the record is too large, what comes of it is left out */
    bool holds;        /* another record stands inside it */
    size_t declared_count, declared_room;
    struct declared *declared;

    size_t count, capacity, given;
    struct finished *finished;
    enum status status; /* what comes when the finished ones are given */
    struct error error;
};

/* ---- serialising ---- */

static void put(struct xml_reader *reader, const void *bytes, size_t length)
{
    if (reader->over)
        return;
    if (reader->out.length - reader->start + length > reader->limit) {
        reader->over = true;
        reader->out.length = reader->start;
        return;
    }
    buffer_put(&reader->out, bytes, length);
}

static void put_string(struct xml_reader *reader, const void *string)
{
    put(reader, string, strlen(string));
}

static void put_escaped(struct xml_reader *reader, const xmlChar *bytes, size_t length, bool attribute)
{
    static const bool special[256] = {
        ['&'] = true, ['<'] = true, ['>'] = true, ['\r'] = true, ['"'] = true, ['\n'] = true, ['\t'] = true
    };
    const xmlChar *end = bytes + length, *from = bytes;
    for (const xmlChar *at = bytes; at < end; at++) {
        const char *as = NULL;
        if (!special[*at])
            continue;
        if (*at == '&')
            as = "&amp;";
        else if (*at == '<')
            as = "&lt;";
        else if (*at == '>')
            as = "&gt;";
        else if (*at == '\r')
            as = "&#13;";
        else if (attribute && *at == '"')
            as = "&quot;";
        else if (attribute && *at == '\n')
            as = "&#10;";
        else if (attribute && *at == '\t')
            as = "&#9;";
        if (!as)
            continue;
        put(reader, from, (size_t)(at - from));
        put_string(reader, as);
        from = at + 1;
    }
    put(reader, from, (size_t)(end - from));
}

static void close_tag(struct xml_reader *reader)
{
    if (reader->open_tag)
        put(reader, ">", 1);
    reader->open_tag = false;
}

static void put_name(struct xml_reader *reader, const xmlChar *prefix, const xmlChar *name)
{
    if (prefix) {
        put_string(reader, prefix);
        put(reader, ":", 1);
    }
    put_string(reader, name);
}

/* Declares a name's namespace where the record does not know it yet. */
static void declare(struct xml_reader *reader, const xmlChar *prefix, const xmlChar *uri)
{
    const xmlChar *known = NULL;
    for (size_t i = reader->declared_count; i-- > 0;)
        if (reader->declared[i].prefix == prefix) {
            known = reader->declared[i].uri;
            break;
        }
    if (known == uri || (prefix && (!uri || xmlStrEqual(prefix, (const xmlChar *)"xml"))))
        return;
    put_string(reader, prefix ? " xmlns:" : " xmlns");
    if (prefix)
        put_string(reader, prefix);
    put(reader, "=\"", 2);
    if (uri)
        put_escaped(reader, uri, strlen((const char *)uri), true);
    put(reader, "\"", 1);
    reader->declared = memory_more(reader->declared, reader->declared_count, &reader->declared_room,
                                   sizeof *reader->declared);
    reader->declared[reader->declared_count++] = (struct declared){ prefix, uri, reader->push.depth };
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declarations, int count, int defaulted,
                     const xmlChar **attributes)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    (void)namespaces, (void)declarations, (void)defaulted;
    reader->after_return = false;
    if (!xml_push_enter(&reader->push))
        return;
    unsigned depth = reader->push.depth;
    uint64_t above = reader->matched[depth - 1];
    reader->matched[depth] =
        above ? xml_steps_enter(&reader->steps, above, (const char *)name, (const char *)uri) : 0;
    if (reader->inside)
        reader->holds = reader->holds || xml_steps_reached(&reader->steps, reader->matched[depth]);
    else {
        reader->anywhere |= reader->matched[depth];
        if (depth == 1)
            snprintf(reader->root, sizeof reader->root, uri ? "<%s xmlns=\"%s\">" : "<%s>", name, uri);
        if (!xml_steps_reached(&reader->steps, reader->matched[depth]))
            return;
        reader->inside = depth;
        reader->start = reader->out.length;
        reader->line = reader->push.parser->input ? reader->push.parser->input->line : 0;
        reader->over = reader->holds = false;
        reader->open_tag = false;
        reader->declared_count = 0;
    }
    close_tag(reader);
    put(reader, "<", 1);
    put_name(reader, prefix, name);
    declare(reader, prefix, uri);
    for (int i = 0; i < count; i++, attributes += 5) {
        if (attributes[1])
            declare(reader, attributes[1], attributes[2]);
        put(reader, " ", 1);
        put_name(reader, attributes[1], attributes[0]);
        put(reader, "=\"", 2);
        put_escaped(reader, attributes[3], (size_t)(attributes[4] - attributes[3]), true);
        put(reader, "\"", 1);
    }
    reader->open_tag = true;
}

static void finish(struct xml_reader *reader)
{
    reader->finished =
        memory_more(reader->finished, reader->count, &reader->capacity, sizeof *reader->finished);
    reader->finished[reader->count++] = (struct finished){ reader->start, reader->out.length - reader->start,
                                                           reader->line, reader->over, reader->holds };
    reader->inside = 0;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    (void)uri;
    unsigned depth = reader->push.depth;
    if (!depth || depth > XML_DEPTH)
        return;
    reader->after_return = false;
    reader->push.depth--;
    if (!reader->inside)
        return;
    if (reader->open_tag)
        put(reader, "/>", 2);
    else {
        put(reader, "</", 2);
        put_name(reader, prefix, name);
        put(reader, ">", 1);
    }
    reader->open_tag = false;
    while (reader->declared_count && reader->declared[reader->declared_count - 1].depth >= depth)
        reader->declared_count--;
    if (depth == reader->inside)
        finish(reader);
}

static void on_text(void *context, const xmlChar *bytes, int length)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    reader->after_return = false;
    if (!reader->inside)
        return;
    close_tag(reader);
    put_escaped(reader, bytes, (size_t)length, false);
}

/* The parser gives CDATA in pieces and leaves its line ends as they were written. */
static void on_cdata(void *context, const xmlChar *bytes, int length)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    const xmlChar *end = bytes + length;
    if (!reader->inside || !xml_push_check(&reader->push, bytes, length))
        return;
    close_tag(reader);
    while (bytes < end) {
        const xmlChar *mark = memchr(bytes, '\r', (size_t)(end - bytes));
        if (*bytes == '\n' && reader->after_return)
            bytes++;
        reader->after_return = mark && mark + 1 == end;
        put_escaped(reader, bytes, (size_t)((mark ? mark : end) - bytes), false);
        if (mark)
            put(reader, "\n", 1);
        bytes = !mark ? end : mark + 1 < end && mark[1] == '\n' ? mark + 2 : mark + 1;
    }
}

static void on_comment(void *context, const xmlChar *bytes)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    if (!reader->inside)
        return;
    close_tag(reader);
    put_string(reader, "<!--");
    put_string(reader, bytes);
    put_string(reader, "-->");
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *bytes)
{
    struct xml_reader *reader = (struct xml_reader *)xml_push_of(context);
    if (!reader->inside)
        return;
    close_tag(reader);
    put_string(reader, "<?");
    put_string(reader, target);
    if (bytes) {
        put(reader, " ", 1);
        put_string(reader, bytes);
    }
    put_string(reader, "?>");
}

/* ---- reading ---- */

enum status xml_reader_open(struct file_stream *stream, struct text records,
                            const struct xml_namespace *namespaces, size_t count, const char *encoding,
                            size_t record_limit, struct xml_reader **out, struct error *error)
{
    static const xmlSAXHandler handlers = {
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_cdata,
        .comment = on_comment,
        .processingInstruction = on_instruction,
    };
    const char *told;
    bool declared;
    *out = NULL;
    enum status status = xml_encoding_choose(encoding, TEXT_NONE, &told, &declared, error);
    if (status)
        return status;
    struct xml_reader *reader = memory_new(struct xml_reader);
    status = xml_steps_compile(records, namespaces, count, &reader->steps, error);
    if (!status && reader->steps.predicate.length)
        status = xml_path_compile(reader->steps.predicate, namespaces, count, &reader->predicate, error);
    if (!status && reader->steps.predicate.length)
        status = xml_path_compile(reader->steps.nested, namespaces, count, &reader->nested, error);
    if (status) {
        xml_reader_close(reader);
        return status;
    }
    reader->limit = record_limit;
    reader->matched[0] = XML_STEPS_BEGIN;
    xml_push_open(&reader->push, stream, encoding, &handlers);
    *out = reader;
    return STATUS_OK;
}

/* Makes room: what was given goes, a record that is being written moves to the front. */
static void compact(struct xml_reader *reader)
{
    reader->count = reader->given = 0;
    size_t kept = reader->inside ? reader->out.length - reader->start : 0;
    if (kept)
        memmove(reader->out.bytes, reader->out.bytes + reader->start, kept);
    reader->out.length = kept;
    reader->start = 0;
}

/* `holds`: what the path names stands inside it; whether the predicate chooses that, too, is told there. */
static enum status check_predicate(struct xml_reader *reader, struct text bytes, bool *holds,
                                   struct error *error)
{
    struct xml_document *document;
    struct arena arena = { 0 };
    struct xml_result result = { 0 };
    enum status status = xml_parse(bytes, false, "utf-8", &document, error);
    if (!status && *holds)
        status = xml_path_select(reader->nested, document, NULL, &arena, &result, error);
    *holds = result.count;
    if (!status)
        status = xml_path_select(reader->predicate, document, NULL, &arena, &result, error);
    if (!status && !result.count)
        status = STATUS_END;
    xml_document_free(document);
    arena_free(&arena);
    return status;
}

/* What came of one finished element; STATUS_END when the predicate passes it over. */
static enum status give(struct xml_reader *reader, struct text *bytes, long *line, struct error *error)
{
    const struct finished *finished = &reader->finished[reader->given++];
    const char *name = reader->push.stream->name ? reader->push.stream->name : "XML";
    enum status status = STATUS_OK;
    bool holds = finished->holds;
    *line = finished->line;
    if (finished->over)
        return error_set(
            error, STATUS_REJECT,
            _("%s, line %ld: the record has more than %zu bytes and is set aside; look whether `records` "
              "names the right element"),
            name, finished->line, reader->limit);
    *bytes = (struct text){ reader->out.bytes + finished->start, finished->length };
    if (reader->predicate)
        status = check_predicate(reader, *bytes, &holds, error);
    if (status > STATUS_END)
        return error_add(error, _("line %ld"), *line);
    if (!holds)
        return status;
    *bytes = TEXT_NONE;
    return error_set(error, STATUS_REJECT,
                     _("%s, line %ld: the record holds another one inside it, which would be lost, and "
                       "is set aside; let "
                       "`records` name the element by its whole path"),
                     name, finished->line);
}

enum status xml_no_place(struct error *error)
{
    return error_set(
        error, STATUS_STOP,
        _("no record was found, and every document has what \"records\" names above them, so that an "
          "empty list cannot be told from something else; name what is around the list, as in "
          "//table[@id='list']//tr"));
}

/* Where not even the element above the records is there, something else was sent: a fault in place of the
 * list, or a list of another namespace. Where any document has what stands above them, nobody knows. */
static enum status check_place(const struct xml_reader *reader, struct error *error)
{
    bool named = xml_steps_names_place(&reader->steps);
    if (reader->gave || (named && xml_steps_within(&reader->steps, reader->anywhere)))
        return STATUS_END;
    if (!named && (reader->steps.count > 1 || reader->steps.steps[0].deep))
        return xml_no_place(error);
    return error_set(
        error, STATUS_STOP,
        _("the document begins with %s and has no place for records as \"records\" says; look at "
          "the path, at \"namespaces\", and at what was sent"),
        reader->root);
}

enum status xml_reader_next(struct xml_reader *reader, struct text *bytes, long *line, struct error *error)
{
    *bytes = TEXT_NONE;
    *line = 0;
    for (;;) {
        while (reader->given < reader->count) {
            enum status status = give(reader, bytes, line, error);
            reader->gave = reader->gave || status != STATUS_END;
            if (status != STATUS_END)
                return status;
        }
        if (reader->status) {
            if (reader->status != STATUS_END && error)
                *error = reader->error;
            *bytes = TEXT_NONE;
            *line = reader->push.fault.line;
            return reader->status;
        }
        compact(reader);
        reader->status = xml_push_feed(&reader->push, &reader->error);
        if (reader->status == STATUS_END)
            reader->status = check_place(reader, &reader->error);
    }
}

void xml_reader_close(struct xml_reader *reader)
{
    if (!reader)
        return;
    xml_push_close(&reader->push);
    xml_steps_free(&reader->steps);
    xml_path_free(reader->predicate);
    xml_path_free(reader->nested);
    buffer_free(&reader->out);
    free(reader->declared);
    free(reader->finished);
    free(reader);
}
