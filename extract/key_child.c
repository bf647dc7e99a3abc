#include "extract/key_child.h"

#include <stdlib.h>

#include "core/memory.h"

#define PATIENCE  120000
#define CHILD_MAX ((int64_t)512 << 20) /* bytes that one process looks at, at least */

enum said { SAID_ASKS = 1, SAID_ANSWERS };

/* ---- in the process ---- */

static void answer(struct channel *channel, const struct record_key *key, struct message *message,
                   struct arena *arena, struct text *context)
{
    struct buffer *out = &channel->out;
    struct error error = { 0 };
    struct text found = TEXT_NONE, bytes = message_text(message);
    bool same = message_number(message);
    struct text other = message_text(message);
    *context = same ? *context : other;
    int64_t wants = message_number(message);
    message_put_number(out, wants & 2 && record_key_skips(key, bytes, *context, arena));
    enum status status =
        wants & 1 ? record_key_find(key, bytes, *context, wants & 4, arena, &found, &error) : STATUS_OK;
    message_put_number(out, status);
    if (status)
        message_put_error(out, &error);
    message_put_text(out, found);
}

void key_child_run(struct channel *channel, const struct record_key *key)
{
    struct message message;
    struct arena arena = { 0 };
    while (channel_receive(channel, -1, &message) == STATUS_OK && message.kind == SAID_ASKS) {
        struct text context = TEXT_NONE;
        size_t start = message_begin(&channel->out, SAID_ANSWERS);
        while (!message.bad && message.rest.length) {
            answer(channel, key, &message, &arena, &context);
            arena_clear(&arena);
        }
        message_end(&channel->out, start);
        if (message.bad || channel_send(channel, -1))
            return;
    }
}

/* ---- in the owner ---- */

struct key_child {
    struct spawner *spawner;
    size_t number;
    struct deaths *deaths;
    const volatile sig_atomic_t *stop;
    struct child *child; /* NULL: none is there now */
    int64_t looked_at;
    struct key_ask *asks;
    size_t count;
    enum status sent;
    struct error error;
};

struct key_child *key_child_open(struct spawner *spawner, size_t number, struct deaths *deaths,
                                 const volatile sig_atomic_t *stop)
{
    struct key_child *child = memory_new(struct key_child);
    *child = (struct key_child){ .spawner = spawner, .number = number, .deaths = deaths, .stop = stop };
    return child;
}

void key_child_close(struct key_child *child)
{
    if (!child)
        return;
    child_close(child->child, NULL);
    free(child);
}

/* STATUS_FATAL: there is no process. What else goes wrong is seen when the answer is waited for. */
static enum status give(struct key_child *child, const struct key_ask *asks, size_t count)
{
    struct text context = TEXT_NONE;
    if (child->child && child->looked_at > CHILD_MAX) {
        child_close(child->child, NULL);
        child->child = NULL;
    }
    if (!child->child) {
        if (child_open(child->spawner, CHILD_KEY, (int64_t)child->number, &child->child, &child->error))
            return STATUS_FATAL;
        child->child->channel.patience = PATIENCE;
        child->looked_at = 0;
    }
    struct buffer *out = &child->child->channel.out;
    size_t start = message_begin(out, SAID_ASKS);
    for (size_t i = 0; i < count; i++) {
        bool same = context.bytes && asks[i].context.bytes == context.bytes;
        message_put_text(out, asks[i].bytes);
        message_put_number(out, same);
        message_put_text(out, same ? TEXT_NONE : asks[i].context);
        message_put_number(out, asks[i].wants_key | asks[i].wants_skip << 1 | asks[i].whole << 2);
        context = asks[i].context;
    }
    message_end(out, start);
    child->looked_at += (int64_t)out->length;
    return channel_send(&child->child->channel, -1);
}

static void take_answer(struct message *message, struct key_ask *ask)
{
    ask->skipped = message_number(message) && ask->wants_skip;
    ask->status = message_number(message) ? message_error(message, ask->error) : STATUS_OK;
    struct text key = message_text(message);
    ask->key = key.bytes ? text_copy(ask->arena, key) : TEXT_NONE;
}

/* STATUS_OK, STATUS_STOP, STATUS_FATAL; STATUS_END: the process has died of them. */
static enum status hear(struct key_child *child, struct key_ask *asks, size_t count,
                        struct child_death *death)
{
    struct message message;
    *death = (struct child_death){ 0 };
    if (child->sent == STATUS_FATAL)
        return STATUS_FATAL;
    enum status status = child->sent ? child->sent : channel_receive(&child->child->channel, -1, &message);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        take_answer(&message, &asks[i]);
    if (status == STATUS_OK && message.kind == SAID_ANSWERS && message_whole(&message))
        return STATUS_OK;
    child_close(child->child, death);
    child->child = NULL;
    if (status == STATUS_OK || status == STATUS_REJECT)
        *death = (struct child_death){ .code = 1 };
    death->hung = status == STATUS_RETRY;
    return status == STATUS_STOP || (child->stop && *child->stop) ? STATUS_STOP : STATUS_END;
}

void key_child_ask(struct key_child *child, struct key_ask *asks, size_t count)
{
    child->asks = asks;
    child->count = count;
    child->sent = give(child, asks, count);
}

enum status key_child_answer(struct key_child *child, struct error *error)
{
    struct child_death death;
    enum status status = hear(child, child->asks, child->count, &death);
    if (status == STATUS_END)
        status = STATUS_OK;
    else
        child->count = 0;
    for (size_t i = 0; i < child->count && status == STATUS_OK; i++) {
        struct key_ask *ask = &child->asks[i];
        child->sent = give(child, ask, 1);
        status = hear(child, ask, 1, &death);
        if (status != STATUS_END)
            continue;
        status = STATUS_OK;
        deaths_add(child->deaths, ask->bytes, &death);
        ask->skipped = false;
        ask->key = TEXT_NONE;
        ask->status = deaths_words(&death, ask->error);
    }
    child->count = 0;
    return status == STATUS_FATAL ? error_copy(error, status, &child->error) : status;
}
