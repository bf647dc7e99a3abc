#include "transform/record_message.h"

#include <stddef.h>
#include <string.h>

#include "adapters/unicode.h"

/* ---- there ---- */

void record_message_put_items(struct buffer *out, size_t source, const struct transform_item *items,
                              size_t count)
{
    struct text context = TEXT_NONE;
    size_t start = message_begin(out, RECORDS_TO_WORK);
    message_put_number(out, (int64_t)source);
    message_put_number(out, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        const struct transform_item *item = &items[i];
        bool same = context.bytes && item->context.bytes && text_equal(context, item->context);
        message_put_number(out, item->kind);
        message_put_text(out, item->bytes);
        message_put_text(out, item->fault);
        message_put_number(out, same);
        message_put_text(out, same ? TEXT_NONE : item->context);
        context = item->context;
    }
    message_end(out, start);
}

bool record_message_take_items(struct message *message, size_t *source,
                               struct transform_item items[RECORD_BATCH], size_t *count)
{
    struct text context = TEXT_NONE;
    *source = (size_t)message_number(message);
    *count = (size_t)message_number(message);
    if (message->kind != RECORDS_TO_WORK || *count > RECORD_BATCH)
        return false;
    for (size_t i = 0; i < *count; i++) {
        items[i] = (struct transform_item){ .kind = (enum transform_work)message_number(message) };
        items[i].bytes = message_text(message);
        items[i].fault = message_text(message);
        bool same = message_number(message);
        struct text other = message_text(message);
        context = items[i].context = same ? context : other;
    }
    return message_whole(message);
}

/* ---- and back ---- */

static int64_t *repair(struct normalise_counts *counts, size_t at)
{
    _Static_assert(sizeof(struct normalise_counts) % sizeof(int64_t) == 0, "counts alone");
    return (int64_t *)(void *)counts + at;
}
#define REPAIRS (sizeof(struct normalise_counts) / sizeof(int64_t))

static void put_finding(struct buffer *out, const struct finding *finding)
{
    message_put_text(out, finding->rule);
    message_put_number(out, finding->is_error);
    message_put_text(out, finding->field);
    message_put_text(out, finding->value);
    message_put_string(out, finding->reason.id);
    message_put_number(out, (int64_t)finding->reason.count);
    for (size_t i = 0; i < finding->reason.count; i++)
        message_put_text(out, finding->reason.values[i]);
    message_put_text(out, finding->message);
    message_put_text(out, finding->cites);
}

static void put_work(struct buffer *out, const struct record_work *work)
{
    int64_t count = 0;
    message_put_text(out, work->content.length ? buffer_view(&work->content) : TEXT_NONE);
    message_put_text(out, work->projection.length ? buffer_view(&work->projection) : TEXT_NONE);
    message_put_text(out, work->code);
    message_put_text(out, work->status);
    message_put_text(out, work->gave);
    message_put_text(out, work->department);
    for (size_t i = 0; i < REPAIRS; i++)
        message_put_number(out, *repair((struct normalise_counts *)(uintptr_t)&work->repairs, i));
    for (const struct finding *finding = work->findings.first; finding; finding = finding->next)
        count++;
    message_put_number(out, count);
    for (const struct finding *finding = work->findings.first; finding; finding = finding->next)
        put_finding(out, finding);
}

void record_message_put_works(struct buffer *out, const struct record_work *works, size_t count)
{
    size_t start = message_begin(out, RECORDS_WORKED);
    for (size_t i = 0; i < count; i++)
        put_work(out, &works[i]);
    message_end(out, start);
}

/* What goes into the store as text is text. */
static struct text take_text(struct message *message, struct arena *arena)
{
    struct text text = message_text(message);
    if (!text.bytes)
        return TEXT_NONE;
    message->bad = message->bad || unicode_invalid_at(text) < text.length;
    return text_copy(arena, text);
}

static void take_finding(struct message *message, struct record_work *work)
{
    struct arena *arena = &work->arena;
    struct finding *finding = arena_new(arena, struct finding);
    finding->rule = take_text(message, arena);
    finding->is_error = message_number(message);
    finding->field = take_text(message, arena);
    finding->value = take_text(message, arena);
    finding->reason.id = message_string(message, arena);
    int64_t count = message_number(message);
    message->bad = message->bad || !finding->rule.length || count < 0 || count > REASON_VALUES ||
                   (finding->reason.id && !reason_known(text_of(finding->reason.id)));
    for (int64_t i = 0; i < count && !message->bad; i++)
        finding->reason.values[finding->reason.count++] = take_text(message, arena);
    finding->message = take_text(message, arena);
    finding->cites = take_text(message, arena);
    if (work->findings.last)
        work->findings.last->next = finding;
    else
        work->findings.first = finding;
    work->findings.last = finding;
    work->findings.errors += finding->is_error;
    work->findings.warnings += !finding->is_error;
}

/* A record's content and what is looked at of it are JSON: an object, in UTF-8. */
static void take_object(struct message *message, struct buffer *object)
{
    struct text text = message_text(message);
    buffer_clear(object);
    buffer_text(object, text);
    message->bad =
        message->bad || (text.bytes && (!text_starts(text, TEXT("{")) || !text_ends(text, TEXT("}")) ||
                                        unicode_invalid_at(text) < text.length));
}

static void take_work(struct message *message, struct record_work *work)
{
    record_work_clear(work);
    take_object(message, &work->content);
    take_object(message, &work->projection);
    work->code = take_text(message, &work->arena);
    work->status = take_text(message, &work->arena);
    work->gave = take_text(message, &work->arena);
    work->department = take_text(message, &work->arena);
    for (size_t i = 0; i < REPAIRS; i++)
        *repair(&work->repairs, i) = message_number(message);
    int64_t count = message_number(message);
    message->bad = message->bad || count < 0 || count > FINDING_MAX;
    for (int64_t i = 0; i < count && !message->bad; i++)
        take_finding(message, work);
}

bool record_message_take_works(struct message *message, struct record_work *works, size_t count)
{
    if (message->kind != RECORDS_WORKED)
        return false;
    for (size_t i = 0; i < count && !message->bad; i++)
        take_work(message, &works[i]);
    return message_whole(message);
}
