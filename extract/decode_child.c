#include "extract/decode_child.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/spool_file.h"
#include "core/memory.h"

#define TOGETHER ((size_t)128 << 10) /* bytes of records that are sent at once */

enum said { SAID_DOCUMENT = 1, SAID_RECORDS, SAID_END, SAID_BROKEN };

/* ---- in the process ---- */

struct serving {
    struct channel *channel;
    struct decode decode;
    struct document document;
    struct text context; /* told last */
    size_t records;      /* in the message that is being written, which begins at `start` */
    size_t start;
};

static void put_flags(const struct serving *serving)
{
    struct buffer *out = &serving->channel->out;
    message_put_number(out, serving->document.unended);
    message_put_number(out, serving->document.nothing);
    message_put_number(out, serving->document.skipped);
}

static void put_record(struct serving *serving, const struct decoded *decoded, const struct error *reason)
{
    struct buffer *out = &serving->channel->out;
    bool same = text_equal(decoded->context, serving->context) && serving->context.bytes;
    message_put_text(out, decoded->bytes);
    message_put_number(out, decoded->number);
    message_put_number(out, decoded->mark);
    message_put_number(out, serving->document.unended);
    message_put_string(out, decoded->sheet);
    message_put_string(out, decoded->warning);
    message_put_string(out, decoded->kept);
    message_put_string(out, reason ? reason->message : NULL);
    message_put_number(out, same);
    message_put_text(out, same ? TEXT_NONE : decoded->context);
    serving->context = decoded->context;
}

static void send(struct serving *serving)
{
    if (serving->records)
        message_end(&serving->channel->out, serving->start);
    serving->records = 0;
    if (channel_send(serving->channel, -1))
        _exit(0); /* nobody listens any more */
}

static void put_in_turn(struct serving *serving, const struct decoded *decoded, const struct error *reason)
{
    if (!serving->records++)
        serving->start = message_begin(&serving->channel->out, SAID_RECORDS);
    put_record(serving, decoded, reason);
    if (serving->channel->out.length >= TOGETHER)
        send(serving);
}

static void end_document(struct serving *serving, enum status status, const struct decoded *decoded,
                         const struct error *reason)
{
    struct buffer *out = &serving->channel->out;
    if (serving->records)
        message_end(out, serving->start);
    serving->records = 0;
    size_t start = message_begin(out, status == STATUS_END ? SAID_END : SAID_BROKEN);
    put_flags(serving);
    if (status != STATUS_END) {
        message_put_error(out, reason);
        put_record(serving, decoded, NULL);
    }
    message_end(out, start);
    send(serving);
}

static void serve_document(struct serving *serving)
{
    struct error reason = { 0 };
    struct decoded decoded = { 0 };
    struct decode *decode = &serving->decode;
    enum status status = decode_begin(decode, &reason);
    if (status == STATUS_REJECT || status == STATUS_END)
        status = reason.status = STATUS_STOP;
    while (status == STATUS_OK || status == STATUS_REJECT) {
        decoded = (struct decoded){ 0 };
        status = decode->driver->next(decode, &decoded, &reason);
        if (status == STATUS_OK || status == STATUS_REJECT)
            put_in_turn(serving, &decoded, status ? &reason : NULL);
    }
    end_document(serving, status, &decoded, &reason);
    if (decode->user_data)
        decode->driver->close(decode);
    if (serving->document.stream.close)
        serving->document.stream.close(&serving->document.stream);
}

void decode_child_run(struct channel *channel, const struct source *source)
{
    struct message message;
    while (channel_receive(channel, -1, &message) == STATUS_OK && message.kind == SAID_DOCUMENT) {
        ARENA_OWNED struct arena arena = { 0 };
        struct error error;
        struct spool_file spool = { 0 };
        char path[SPOOL_FILE_PATH];
        struct serving serving = { .channel = channel };
        struct document *document = &serving.document;
        int file = channel_take_descriptor(channel);
        document->name = message_string(&message, &arena);
        document->null_is_empty = message_number(&message);
        struct text bytes = message_text(&message);
        if (!message_whole(&message) || !document->name ||
            (file >= 0 && spool_file_take(&spool, file, &error)))
            return;
        file_stream_memory(bytes, document->name, &document->stream);
        if (spool.open) {
            spool_file_stream(&spool, document->name, &document->stream);
            spool_file_path(&spool, path);
            document->path = path;
            document->spool = &spool;
        }
        serving.decode = (struct decode){ .source = source, .document = document, .arena = &arena };
        serve_document(&serving);
        spool_file_close(&spool);
    }
}

/* ---- in the owner ---- */

struct decode_child {
    struct spawner *spawner;
    size_t number;
    struct deaths *deaths;
    const volatile sig_atomic_t *stop;
    struct child *child; /* NULL: none is there now */
    int64_t read;        /* bytes that it was given */
    const char *ahead;   /* the bytes of a document that it has behind the one at hand; NULL: none */
    /* of the document at hand */
    int64_t given;  /* records that were given out */
    int64_t passed; /* … that this process gave again */
    bool again;     /* it is the second process */
    bool over;      /* it was read to its end, or there is no reading it */
    struct error why;
    struct message batch;
    int64_t left;       /* records of the batch */
    struct arena arena; /* what is told of these */
    struct text context;
};

struct decode_child *decode_child_open(struct spawner *spawner, size_t number, struct deaths *deaths,
                                       const volatile sig_atomic_t *stop)
{
    struct decode_child *child = memory_new(struct decode_child);
    *child = (struct decode_child){ .spawner = spawner, .number = number, .deaths = deaths, .stop = stop };
    return child;
}

void decode_child_close(struct decode_child *child)
{
    if (!child)
        return;
    child_close(child->child, NULL);
    arena_free(&child->arena);
    free(child);
}

/* What it had not answered is sent anew, to another one. */
static void end_process(struct decode_child *child, struct child_death *death)
{
    child_close(child->child, death);
    child->child = NULL;
    child->ahead = NULL;
}

/* All of it, from its beginning: what is asked of each document only where something ended a process before. */
static struct text whole_text(const struct document *document, struct arena *arena)
{
    struct text bytes = document->stream.rest;
    struct error error;
    if (document->spool && spool_file_start(document->spool, arena, SIZE_MAX, &bytes, &error))
        return TEXT_NONE;
    return bytes;
}

static void put_document(struct decode_child *child, const struct document *document)
{
    struct buffer *out = &child->child->channel.out;
    size_t start = message_begin(out, SAID_DOCUMENT);
    message_put_string(out, document->name);
    message_put_number(out, document->null_is_empty);
    message_put_text(out, document->spool ? TEXT_NONE : document->stream.rest);
    message_end(out, start);
    child->read += document->spool ? (int64_t)document->spool->length : (int64_t)document->stream.rest.length;
    /* What fails here is found when the answer is waited for. */
    (void)channel_send(&child->child->channel, document->spool ? document->spool->descriptor : -1);
}

static enum status send_document(struct decode_child *child, const struct document *document,
                                 struct error *error)
{
    child->passed = child->left = 0;
    child->context = TEXT_NONE;
    if (child->ahead && child->ahead != document->stream.rest.bytes)
        end_process(child, NULL); /* it speaks of another one */
    if (!child->child) {
        if (child_open(child->spawner, CHILD_DECODE, (int64_t)child->number, &child->child, error))
            return error->status;
        child->child->channel.stop = child->stop;
        child->child->channel.patience = DECODE_PATIENCE;
        child->read = 0;
    }
    if (!child->ahead)
        put_document(child, document);
    child->ahead = NULL;
    return STATUS_OK;
}

void decode_child_ahead(struct decode_child *child, const struct document *document)
{
    if (!child->child || child->over || child->ahead || child->deaths->count || document->spool)
        return;
    put_document(child, document);
    child->ahead = document->stream.rest.bytes;
}

static enum status open_document(struct decode *decode, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct decode_child *child = decode->child;
    const struct death *before = NULL;
    decode->user_data = child;
    child->given = 0;
    child->again = child->over = false;
    child->why = (struct error){ 0 };
    if (child->deaths->count)
        before = deaths_find(child->deaths, whole_text(decode->document, &arena));
    if (before && !decode->document->taken_up) {
        child->over = true;
        (void)deaths_words(&(struct child_death){ .signal = (int)before->signal }, &child->why);
        return STATUS_OK;
    }
    return send_document(child, decode->document, error);
}

/* The process is dead, hangs, or says what makes no sense. STATUS_OK: the next one reads it. */
static enum status bury(struct decode *decode, enum status how, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct decode_child *child = decode->child;
    struct child_death death = { 0 };
    end_process(child, &death);
    child->left = 0;
    if (how == STATUS_STOP || (child->stop && *child->stop)) {
        child->over = true; /* what dies now says nothing of the document */
        return STATUS_END;
    }
    death.hung = how == STATUS_RETRY;
    if (how == STATUS_REJECT)
        death = (struct child_death){ .code = 1 };
    if (!child->again) {
        child->again = true;
        return send_document(child, decode->document, error);
    }
    child->over = true;
    deaths_add(child->deaths, whole_text(decode->document, &arena), &death);
    (void)deaths_words(&death, &child->why);
    return error_copy(error, STATUS_STOP, &child->why);
}

static void take_record(struct decode_child *child, struct decode *decode, struct message *message,
                        struct decoded *decoded, const char **reason)
{
    decoded->bytes = message_text(message);
    decoded->number = (long)message_number(message);
    decoded->mark = (char)message_number(message);
    decode->document->unended = message_number(message);
    decoded->sheet = message_string(message, &child->arena);
    decoded->warning = message_string(message, &child->arena);
    decoded->kept = message_string(message, &child->arena);
    *reason = message_string(message, &child->arena);
    bool same = message_number(message);
    struct text context = message_text(message);
    if (!same)
        child->context = context.bytes ? text_copy(decode->arena, context) : TEXT_NONE;
    decoded->context = child->context;
    message->bad = message->bad || decoded->number < 0 ||
                   (decoded->mark != 0 && decoded->mark != ':' && decoded->mark != '#');
}

static void take_flags(struct document *document, struct message *message)
{
    document->unended = message_number(message);
    document->nothing = message_number(message);
    document->skipped = message_number(message);
    message->bad = message->bad || document->skipped < 0;
}

/* STATUS_OK: a batch stands ready, or another process has begun. */
static enum status hear(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct decode_child *child = decode->child;
    struct message *message = &child->batch;
    const char *none;
    arena_clear(&child->arena);
    enum status status = channel_receive(&child->child->channel, -1, message);
    if (status)
        return bury(decode, status, error);
    if (message->kind == SAID_RECORDS) {
        child->left = INT64_MAX;
        return STATUS_OK;
    }
    take_flags(decode->document, message);
    if (message->kind == SAID_BROKEN) {
        status = message_error(message, error);
        take_record(child, decode, message, decoded, &none);
    }
    if (!message_whole(message) || (message->kind != SAID_END && message->kind != SAID_BROKEN))
        return bury(decode, STATUS_REJECT, error);
    child->over = true;
    if (child->deaths->count && message->kind == SAID_END) {
        ARENA_OWNED struct arena arena = { 0 };
        deaths_forget(child->deaths, whole_text(decode->document, &arena));
    }
    if (child->read > DECODE_CHILD_MAX) {
        struct decoded last = *decoded;
        last.bytes = last.bytes.bytes ? text_copy(decode->arena, last.bytes) : TEXT_NONE;
        *decoded = last;
        end_process(child, NULL);
    }
    return message->kind == SAID_END ? STATUS_END : status;
}

static enum status next_record(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct decode_child *child = decode->child;
    *decoded = (struct decoded){ 0 };
    if (child->over)
        return child->why.status ? error_copy(error, STATUS_STOP, &child->why) : STATUS_END;
    for (;;) {
        enum status status = STATUS_OK;
        const char *reason = NULL;
        if (!child->left || message_whole(&child->batch)) {
            child->left = 0;
            status = hear(decode, decoded, error);
            if (status != STATUS_OK)
                return status;
            continue;
        }
        take_record(child, decode, &child->batch, decoded, &reason);
        if (child->batch.bad) {
            status = bury(decode, STATUS_REJECT, error);
            *decoded = (struct decoded){ 0 };
            if (status != STATUS_OK)
                return status;
            continue;
        }
        if (child->passed++ < child->given)
            continue;
        child->given++;
        return reason ? error_set(error, STATUS_REJECT, "%s", reason) : STATUS_OK;
    }
}

static void close_document(struct decode *decode)
{
    struct decode_child *child = decode->child;
    /* A process in the middle of a document that nobody wants the rest of. */
    if (!child->over)
        end_process(child, NULL);
}

const struct decode_driver decode_in_child = {
    .open = open_document,
    .next = next_record,
    .close = close_document,
};
