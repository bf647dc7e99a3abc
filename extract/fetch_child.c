#include "extract/fetch_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/http.h"
#include "adapters/secrets.h"
#include "adapters/spool_file.h"
#include "core/memory.h"
#include "extract/rows.h"

#define PATIENCE    60000 /* milliseconds, beside those that the driver may take */
#define TOGETHER    ((size_t)128 << 10)
#define COLUMNS_MAX 4096
#define SPOOLS      4 /* that a source needs at once */

enum said {
    SAID_OPEN = 1,
    SAID_NEXT,
    SAID_AGAIN,
    SAID_ROWS,
    SAID_NOTICE,
    SAID_SECRET,
    SAID_ALIVE,
    SAID_DONE
};

/* ---- what both know of a listing ---- */

static void put_listing(struct buffer *out, const struct fetch *fetch)
{
    message_put_number(out, fetch->listing->broken);
    message_put_number(out, (int64_t)fetch->listing->doubts);
    message_put_string(out, fetch->listing->why);
    message_put_number(out, (int64_t)fetch->listing->reason_count);
    for (size_t i = 0; i < fetch->listing->reason_count; i++)
        message_put_error(out, &fetch->listing->reasons[i]);
    message_put_number(out, *fetch->patience);
}

static void take_listing(struct message *message, struct fetch *fetch, struct arena *arena)
{
    fetch->listing->broken = message_number(message);
    fetch->listing->doubts = (size_t)message_number(message);
    const char *why = message_string(message, arena);
    snprintf(fetch->listing->why, sizeof fetch->listing->why, "%.*s",
             (int)text_cut(text_of(why ? why : ""), sizeof fetch->listing->why - 1), why ? why : "");
    int64_t reasons = message_number(message);
    message->bad = message->bad || reasons < 0 || reasons > LISTING_REASONS;
    fetch->listing->reason_count = message->bad ? 0 : (size_t)reasons;
    for (size_t i = 0; i < fetch->listing->reason_count; i++)
        (void)message_error(message, &fetch->listing->reasons[i]);
    *fetch->patience = message_number(message);
}

/* ---- in the process ---- */

static struct channel *line; /* of this process; for what is told from deep inside */

static void tell(unsigned kind, struct text text)
{
    size_t start = message_begin(&line->out, kind);
    message_put_text(&line->out, text);
    message_end(&line->out, start);
}

static void tell_notice(void *user_data, const char *message)
{
    (void)user_data;
    tell(SAID_NOTICE, text_of(message));
}

static void tell_secret(struct text secret)
{
    tell(SAID_SECRET, secret);
}

static void tell_alive(void)
{
    tell(SAID_ALIVE, TEXT_NONE);
    (void)channel_send(line, -1); /* who is not there any more is seen with the next answer */
}

static void put_rows_head(const struct rows *rows)
{
    message_put_number(&line->out, rows ? (int64_t)rows->columns : 0);
    for (size_t i = 0; rows && i < rows->columns; i++)
        message_put_string(&line->out, rows->title(rows, i));
}

static void put_document(const struct document *document)
{
    struct buffer *out = &line->out;
    message_put_string(out, document->name);
    message_put_number(out, document->null_is_empty);
    message_put_text(out, document->spool || document->rows ? TEXT_NONE : document->stream.rest);
    put_rows_head(document->rows);
}

static void put_outcome(const struct fetch *fetch, enum status status, const struct error *error)
{
    struct buffer *out = &line->out;
    message_put_number(out, status);
    if (status > STATUS_END)
        message_put_error(out, error);
    put_listing(out, fetch);
    message_put_number(out, fetch->whole | fetch->unchanged << 1 | fetch->may_walk_again << 2 |
                                fetch->wants_keys << 3);
    message_put_number(out, (int64_t)fetch->repeats);
    message_put_number(out, fetch->confirming);
    message_put_text(out, fetch->remember);
}

static void take_walk(struct message *message, struct fetch *fetch, struct arena *arena)
{
    take_listing(message, fetch, arena);
    fetch->given = message_number(message);
    int64_t flags = message_number(message);
    fetch->broken = flags & 1;
    fetch->nothing = flags & 2;
    struct text keys = message_text(message);
    fetch->keys = keys.length ? memcpy(arena_alloc(arena, keys.length), keys.bytes, keys.length) : NULL;
    message->bad = message->bad || keys.length % sizeof *fetch->keys;
}

static void put_row(struct rows *rows, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        struct error error = { 0 };
        struct text cell = TEXT_NONE;
        enum status status = rows->cell(rows, i, &cell, &error);
        message_put_number(&line->out, status);
        if (status) {
            message_put_error(&line->out, &error);
            continue;
        }
        message_put_text(&line->out, cell);
        message_put_number(&line->out, cell.bytes ? rows->kind(rows, i) : ROWS_TEXT);
    }
}

/* Some rows; behind the last of them what ended it. */
static void give_rows(struct rows *rows)
{
    struct error error = { 0 };
    enum status status = STATUS_OK;
    size_t start = message_begin(&line->out, SAID_ROWS);
    while (status == STATUS_OK && line->out.length < TOGETHER &&
           (status = rows->next(rows, &error)) == STATUS_OK) {
        message_put_number(&line->out, STATUS_OK);
        put_row(rows, rows->columns);
    }
    if (status != STATUS_OK) {
        message_put_number(&line->out, status);
        if (status > STATUS_END)
            message_put_error(&line->out, &error);
    }
    message_end(&line->out, start);
}

static void serve(struct fetch *fetch, struct message *message, struct document *document,
                  struct arena *arena)
{
    struct error error = { 0 };
    enum status status;
    int file = -1;
    if (message->kind == SAID_ROWS) {
        if (!document->rows)
            _exit(1);
        give_rows(document->rows);
    } else {
        arena_clear(arena);
        take_walk(message, fetch, arena);
        if (message->kind == SAID_OPEN) {
            struct text remembered = message_text(message);
            fetch->remembered = remembered.bytes ? text_copy(fetch->arena, remembered) : TEXT_NONE;
            fetch->read_at = message_number(message);
        }
        if (!message_whole(message))
            _exit(1);
        *document = (struct document){ 0 };
        status = message->kind == SAID_OPEN   ? fetch->driver->open(fetch, &error)
                 : message->kind == SAID_NEXT ? fetch->driver->next(fetch, document, &error)
                                              : fetch->driver->again(fetch, &error);
        size_t start = message_begin(&line->out, SAID_DONE);
        put_outcome(fetch, status, &error);
        if (status == STATUS_OK && message->kind == SAID_NEXT) {
            put_document(document);
            file = document->spool ? document->spool->descriptor : -1;
        }
        message_end(&line->out, start);
    }
    if (channel_send(line, file))
        _exit(0);
}

void fetch_child_run(struct channel *channel, struct fetch *fetch, void (*lock)(const struct fetch *fetch))
{
    struct message message;
    struct document document = { 0 };
    struct arena arena = { 0 };
    struct error error;
    line = channel;
    secrets_tell(tell_secret);
    fetch->notice = tell_notice;
    fetch->notice_own = NULL;
    http_tell(tell_alive);
    if (spool_file_reserve(SPOOLS, &error))
        _exit(1);
    lock(fetch);
    while (channel_receive(channel, -1, &message) == STATUS_OK)
        serve(fetch, &message, &document, &arena);
}

/* ---- in the owner ---- */

struct remote {
    struct fetch_driver driver; /* the driver's own, with what is done elsewhere */
    const struct fetch_driver *own;
    struct spawner *spawner;
    size_t number;
    struct child *child; /* NULL: none is there */
    struct fetch *fetch; /* whose it is */
    struct arena arena;  /* of the document at hand */
    struct spool_file spool;
    char path[SPOOL_FILE_PATH];
    /* rows */
    struct rows rows;
    const char **titles;
    struct message batch;
    struct cell {
        enum status status;
        struct text text;
        enum rows_kind kind;
        struct error error;
    } * cells;
    enum status rows_ended;
    struct error rows_why;
};

static enum status died(struct fetch *fetch, struct remote *remote, enum status how, struct error *error)
{
    struct child_death death = { 0 };
    child_close(remote->child, &death);
    remote->child = NULL;
    if (how == STATUS_STOP || (fetch->stop && *fetch->stop))
        return error_set(error, STATUS_STOP, _("a signal ended the run"));
    if (how == STATUS_RETRY)
        return error_set(error, STATUS_STOP,
                         _("the process that fetches the source said nothing any more and was ended"));
    return error_set(error, STATUS_STOP, _("the process that fetches the source ended (signal %d, code %d)"),
                     death.signal, death.code);
}

/* The answer, past what is told in between. STATUS_OK, or what ended the process. */
static enum status hear(struct fetch *fetch, struct remote *remote, unsigned kind, struct message *message)
{
    for (;;) {
        enum status status = channel_receive(&remote->child->channel, -1, message);
        if (status || message->kind == kind)
            return status;
        if (message->kind == SAID_NOTICE && fetch->notice) {
            ARENA_OWNED struct arena arena = { 0 };
            const char *words = message_string(message, &arena);
            fetch->notice(fetch->notice_own, words ? words : "");
        } else if (message->kind == SAID_SECRET) {
            secrets_add(message_text(message), SECRETS_GIVEN);
        } else if (message->kind != SAID_NOTICE && message->kind != SAID_ALIVE) {
            return STATUS_REJECT;
        }
    }
}

static void take_outcome(struct fetch *fetch, struct remote *remote, struct message *message)
{
    take_listing(message, fetch, &remote->arena);
    int64_t flags = message_number(message);
    fetch->whole = flags & 1;
    fetch->unchanged = flags & 2;
    fetch->may_walk_again = flags & 4;
    fetch->wants_keys = flags & 8;
    fetch->repeats = (uint64_t)message_number(message);
    fetch->confirming = message_number(message);
    struct text remember = message_text(message);
    fetch->remember = remember.bytes ? text_copy(fetch->arena, remember) : TEXT_NONE;
}

static void ask(struct fetch *fetch, struct remote *remote, unsigned kind)
{
    struct buffer *out = &remote->child->channel.out;
    size_t start = message_begin(out, kind);
    put_listing(out, fetch);
    message_put_number(out, fetch->given);
    message_put_number(out, fetch->broken | fetch->nothing << 1);
    message_put_text(
        out, fetch->keys && fetch->given > 0
                 ? (struct text){ (const char *)fetch->keys, (size_t)fetch->given * sizeof *fetch->keys }
                 : TEXT_NONE);
    if (kind == SAID_OPEN) {
        message_put_text(out, fetch->remembered);
        message_put_number(out, fetch->read_at);
    }
    message_end(out, start);
    (void)channel_send(&remote->child->channel, -1); /* a death is seen when the answer is waited for */
}

/* `message` stands behind what both know of the listing. */
static enum status call(struct fetch *fetch, struct remote *remote, unsigned kind, struct message *message,
                        struct error *error)
{
    struct error told = { 0 };
    ask(fetch, remote, kind);
    enum status status = hear(fetch, remote, SAID_DONE, message);
    if (status)
        return died(fetch, remote, status, error);
    int64_t said = message_number(message);
    message->bad = message->bad || said < STATUS_OK || said > STATUS_FATAL;
    if (said > STATUS_END)
        said = message_error(message, &told);
    take_outcome(fetch, remote, message);
    if (message->bad)
        return died(fetch, remote, STATUS_REJECT, error);
    return said > STATUS_END ? error_copy(error, (enum status)said, &told) : (enum status)said;
}

static enum status open_once(struct fetch *fetch, struct remote *remote, struct error *error)
{
    struct message message;
    if (child_open(remote->spawner, CHILD_FETCH, (int64_t)remote->number, &remote->child, error))
        return error->status;
    remote->child->channel.patience = remote->own->silence(fetch) + PATIENCE;
    remote->child->channel.stop = fetch->stop;
    return call(fetch, remote, SAID_OPEN, &message, error);
}

static enum status open_remote(struct fetch *fetch, struct error *error)
{
    struct remote *remote = fetch->user_data;
    remote->fetch = fetch;
    enum status status = open_once(fetch, remote, error);
    if (status == STATUS_STOP && !remote->child && !(fetch->stop && *fetch->stop))
        status = open_once(fetch, remote, error);
    return status;
}

/* ---- rows ---- */

static const char *title_of(const struct rows *rows, size_t at)
{
    return ((const struct remote *)rows->user_data)->titles[at];
}

static enum rows_kind kind_of(const struct rows *rows, size_t at)
{
    return ((const struct remote *)rows->user_data)->cells[at].kind;
}

static enum status cell_at(struct rows *rows, size_t at, struct text *cell, struct error *error)
{
    struct remote *remote = rows->user_data;
    *cell = remote->cells[at].text;
    return remote->cells[at].status ? error_copy(error, remote->cells[at].status, &remote->cells[at].error)
                                    : STATUS_OK;
}

static void take_cells(struct remote *remote)
{
    for (size_t i = 0; i < remote->rows.columns; i++) {
        struct cell *cell = &remote->cells[i];
        cell->status =
            message_number(&remote->batch) ? message_error(&remote->batch, &cell->error) : STATUS_OK;
        cell->text = cell->status ? TEXT_NONE : message_text(&remote->batch);
        int64_t kind = cell->status ? ROWS_TEXT : message_number(&remote->batch);
        cell->kind = kind == ROWS_NUMBER || kind == ROWS_REAL ? (enum rows_kind)kind : ROWS_TEXT;
    }
}

static enum status end_rows(struct remote *remote, enum status status, struct error *error)
{
    remote->rows_ended = status;
    return status > STATUS_END ? error_copy(&remote->rows_why, status, error) : status;
}

static enum status next_row(struct rows *rows, struct error *error)
{
    struct remote *remote = rows->user_data;
    struct fetch *fetch = remote->fetch;
    if (remote->rows_ended)
        return remote->rows_ended > STATUS_END ? error_copy(error, remote->rows_ended, &remote->rows_why)
                                               : remote->rows_ended;
    if (message_whole(&remote->batch)) {
        size_t start = message_begin(&remote->child->channel.out, SAID_ROWS);
        message_end(&remote->child->channel.out, start);
        (void)channel_send(&remote->child->channel, -1);
        enum status status = hear(fetch, remote, SAID_ROWS, &remote->batch);
        if (status)
            return end_rows(remote, died(fetch, remote, status, error), error);
    }
    int64_t said = message_number(&remote->batch);
    if (said == STATUS_OK)
        take_cells(remote);
    else if (said > STATUS_END)
        said = message_error(&remote->batch, error);
    if (remote->batch.bad || said < STATUS_OK)
        return end_rows(remote, died(fetch, remote, STATUS_REJECT, error), error);
    return said == STATUS_OK ? STATUS_OK : end_rows(remote, (enum status)said, error);
}

static enum status take_rows(struct fetch *fetch, struct remote *remote, struct message *message,
                             struct document *document, int64_t columns)
{
    if (columns < 0 || columns > COLUMNS_MAX)
        return STATUS_REJECT;
    remote->titles = arena_array(fetch->arena, const char *, (size_t)columns + 1);
    remote->cells = arena_array(fetch->arena, struct cell, (size_t)columns + 1);
    for (int64_t i = 0; i < columns; i++) {
        remote->titles[i] = message_string(message, fetch->arena);
        message->bad = message->bad || !remote->titles[i];
    }
    remote->batch = (struct message){ 0 };
    remote->rows_ended = STATUS_OK;
    remote->rows = (struct rows){ .user_data = remote,
                                  .columns = (size_t)columns,
                                  .title = title_of,
                                  .next = next_row,
                                  .cell = cell_at,
                                  .kind = kind_of };
    document->rows = &remote->rows;
    return STATUS_OK;
}

/* ---- documents ---- */

static enum status take_document(struct fetch *fetch, struct remote *remote, struct message *message,
                                 struct document *document, struct error *error)
{
    int file = channel_take_descriptor(&remote->child->channel);
    *document = (struct document){ .name = message_string(message, &remote->arena) };
    document->null_is_empty = message_number(message);
    struct text bytes = message_text(message);
    int64_t columns = message_number(message);
    if (columns)
        message->bad = message->bad || take_rows(fetch, remote, message, document, columns);
    spool_file_close(&remote->spool);
    if (!message_whole(message) || !document->name ||
        (file >= 0 && spool_file_take(&remote->spool, file, error)))
        return died(fetch, remote, STATUS_REJECT, error);
    if (columns)
        return STATUS_OK;
    bytes = bytes.bytes ? text_copy(&remote->arena, bytes) : TEXT("");
    file_stream_memory(bytes, document->name, &document->stream);
    if (remote->spool.open) {
        spool_file_stream(&remote->spool, document->name, &document->stream);
        spool_file_path(&remote->spool, remote->path);
        document->path = remote->path;
        document->spool = &remote->spool;
    }
    return STATUS_OK;
}

static enum status next_remote(struct fetch *fetch, struct document *document, struct error *error)
{
    struct remote *remote = fetch->user_data;
    struct message message;
    arena_clear(&remote->arena);
    if (!remote->child)
        return error_set(error, STATUS_STOP, _("the process that fetches the source is gone"));
    enum status status = call(fetch, remote, SAID_NEXT, &message, error);
    return status == STATUS_OK ? take_document(fetch, remote, &message, document, error) : status;
}

static enum status again_remote(struct fetch *fetch, struct error *error)
{
    struct remote *remote = fetch->user_data;
    struct message message;
    if (!remote->child)
        return error_set(error, STATUS_STOP, _("the process that fetches the source is gone"));
    return call(fetch, remote, SAID_AGAIN, &message, error);
}

static void close_remote(struct fetch *fetch)
{
    struct remote *remote = fetch->user_data;
    child_close(remote->child, NULL);
    spool_file_close(&remote->spool);
    arena_free(&remote->arena);
    fetch->user_data = NULL;
    fetch->driver = remote->own;
    free(remote);
    if (fetch->driver->close)
        fetch->driver->close(fetch); /* of its settings */
}

void fetch_child_use(struct fetch *fetch, struct spawner *spawner, size_t number)
{
    if (!spawner || !fetch->driver->reads)
        return;
    struct remote *remote = memory_new(struct remote);
    remote->own = fetch->driver;
    remote->driver = *fetch->driver;
    remote->driver.open = open_remote;
    remote->driver.next = next_remote;
    remote->driver.again = fetch->driver->again ? again_remote : NULL;
    remote->driver.close = close_remote;
    remote->spawner = spawner;
    remote->number = number;
    fetch->driver = &remote->driver;
    fetch->user_data = remote;
}
