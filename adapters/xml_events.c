#include <stdlib.h>
#include <string.h>

#include "adapters/xml_libxml2.h"
#include "core/memory.h"

struct xml_events {
    struct xml_push push; /* first */
    struct arena arena;   /* the events of one chunk */
    size_t count, capacity, given;
    struct xml_event *queue;
    enum status status; /* what comes when the queue is empty */
    struct error error;
};

static struct xml_event *append(struct xml_events *events, enum xml_event_kind kind)
{
    events->queue = memory_more(events->queue, events->count, &events->capacity, sizeof *events->queue);
    struct xml_event *event = &events->queue[events->count++];
    xmlParserInputPtr input = events->push.parser->input;
    *event = (struct xml_event){ .kind = kind, .depth = events->push.depth, .line = input ? input->line : 0 };
    return event;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declarations, int count, int defaulted,
                     const xmlChar **attributes)
{
    struct xml_events *events = (struct xml_events *)xml_push_of(context);
    (void)prefix, (void)uri, (void)namespaces, (void)declarations, (void)defaulted;
    if (!xml_push_enter(&events->push))
        return;
    struct xml_attribute *list =
        count ? arena_array(&events->arena, struct xml_attribute, (size_t)count) : NULL;
    for (int i = 0; i < count; i++, attributes += 5) {
        struct text value = { (const char *)attributes[3], (size_t)(attributes[4] - attributes[3]) };
        list[i].name = (const char *)attributes[0];
        list[i].prefixed = attributes[1] != NULL;
        list[i].value = text_copy(&events->arena, value);
    }
    struct xml_event *event = append(events, XML_EVENT_START);
    event->name = (const char *)name; /* lives in the parser's dictionary */
    event->count = (size_t)count;
    event->attributes = list;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_events *events = (struct xml_events *)xml_push_of(context);
    (void)prefix, (void)uri;
    if (!events->push.depth || events->push.depth > XML_DEPTH)
        return;
    append(events, XML_EVENT_END)->name = (const char *)name;
    events->push.depth--;
}

static void on_text(void *context, const xmlChar *bytes, int length)
{
    struct xml_events *events = (struct xml_events *)xml_push_of(context);
    struct text text = text_copy(&events->arena, (struct text){ (const char *)bytes, (size_t)length });
    append(events, XML_EVENT_TEXT)->text = text;
}

static void on_cdata(void *context, const xmlChar *bytes, int length)
{
    struct xml_events *events = (struct xml_events *)xml_push_of(context);
    if (xml_push_check(&events->push, bytes, length))
        on_text(context, bytes, length);
}

enum status xml_events_open(struct file_stream *stream, struct xml_events **out, struct error *error)
{
    static const xmlSAXHandler handlers = {
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_cdata,
    };
    (void)error;
    struct xml_events *events = memory_new(struct xml_events);
    xml_push_open(&events->push, stream, NULL, &handlers);
    events->push.no_doctype = true;
    *out = events;
    return STATUS_OK;
}

enum status xml_events_next(struct xml_events *events, const struct xml_event **event, struct error *error)
{
    *event = NULL;
    while (events->given == events->count) {
        if (events->status) {
            if (events->status != STATUS_END && error)
                *error = events->error;
            return events->status;
        }
        events->count = events->given = 0;
        arena_clear(&events->arena);
        events->status = xml_push_feed(&events->push, &events->error);
    }
    *event = &events->queue[events->given++];
    return STATUS_OK;
}

void xml_events_close(struct xml_events *events)
{
    if (!events)
        return;
    xml_push_close(&events->push);
    arena_free(&events->arena);
    free(events->queue);
    free(events);
}

bool xml_event_attribute(const struct xml_event *event, const char *name, struct text *value)
{
    bool found = false;
    for (size_t i = 0; i < event->count; i++)
        if (!strcmp(event->attributes[i].name, name) && (!found || !event->attributes[i].prefixed)) {
            *value = event->attributes[i].value;
            found = true;
        }
    return found;
}
