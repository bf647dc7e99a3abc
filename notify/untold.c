#include "notify/untold.h"

#include "core/clock.h"
#include "core/value.h"

#define WAITS_MS   ((int64_t)7 * 24 * 3600 * 1000)
#define KEPT_BYTES ((size_t)1 << 20)

void untold_open(struct untold *untold, struct arena *arena, const struct value *kept, int64_t now)
{
    *untold = (struct untold){ .arena = arena, .list = value_list(arena), .now = now };
    for (const struct value *item = kept ? kept->first : NULL; item; item = item->next) {
        int64_t at;
        if (clock_parse(value_text_of(item, "at"), &at) && at <= now && now - at < WAITS_MS)
            value_append(untold->list, value_copy(arena, item));
    }
}

static enum status give(const struct sink *sink, const struct value *item, struct error *error)
{
    const struct sink_message message = { .subject = value_text_of(item, "subject"),
                                          .body = value_text_of(item, "body"),
                                          .type = value_text_of(item, "type").bytes,
                                          .file = value_text_of(item, "file").bytes };
    return sink_send(sink, &message, error);
}

static void keep(struct untold *untold, const struct sink *sink, const struct sink_message *message)
{
    struct value *item = value_object(untold->arena);
    char at[CLOCK_TEXT];
    clock_format(untold->now, at);
    value_set(item, "way", value_string(untold->arena, sink->shown));
    value_set(item, "at", value_text(untold->arena, text_copy(untold->arena, text_of(at))));
    value_set(item, "subject", value_text(untold->arena, message->subject));
    value_set(item, "body", value_text(untold->arena, message->body));
    value_set(item, "type", value_string(untold->arena, message->type));
    value_set(item, "file", value_string(untold->arena, message->file));
    value_append(untold->list, item);
}

/* In order, without the first `passed` of this way, up to one that fails: it and what is behind it goes on waiting. */
static enum status give_what_waits(struct untold *untold, const struct sink *sink, size_t passed,
                                   struct error *error)
{
    struct value *left = value_list(untold->arena);
    enum status status = STATUS_OK;
    size_t met = 0;
    for (const struct value *item = untold->list->first; item; item = item->next) {
        bool ours = text_is(value_text_of(item, "way"), sink->shown) && met++ >= passed;
        if (ours && !status)
            status = give(sink, item, error);
        if (!ours || status)
            value_append(left, value_copy(untold->arena, item));
    }
    untold->list = left;
    return status;
}

enum status untold_send(struct untold *untold, const struct sink *sink, const struct sink_message *message,
                        struct error *error)
{
    struct error unsent = { 0 };
    enum status status = give_what_waits(untold, sink, 0, error);
    if (!message)
        return status;
    enum status fresh = sink_send(sink, message, &unsent);
    if (fresh)
        keep(untold, sink, message);
    else if (status) /* the way is open: what it does not take is that one notice */
        (void)give_what_waits(untold, sink, 1, &unsent);
    return fresh && !status ? error_copy(error, fresh, &unsent) : status;
}

struct value *untold_kept(const struct untold *untold)
{
    struct value *kept = value_list(untold->arena);
    size_t bytes = 0;
    for (const struct value *item = untold->list->first; item; item = item->next)
        bytes += value_text_of(item, "body").length;
    for (const struct value *item = untold->list->first; item; item = item->next) {
        if (bytes <= KEPT_BYTES)
            value_append(kept, value_copy(untold->arena, item));
        else
            bytes -= value_text_of(item, "body").length;
    }
    return kept;
}
