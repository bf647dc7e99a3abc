#include "extract/fetch.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/spool_file.h"
#include "core/count.h"
#include "extract/digests_ahead.h"

struct folder_settings {
    const char *folder, *match, *file;
    const struct value *newest;
    int64_t quiet;
    int newest_by; /* enum newest_by */
    int64_t newest_count;
};

enum newest_by { BY_NAME, BY_TIME };

enum file_rest {
    FILE_MOVES = 1, /* it was written to a moment ago */
    FILE_LOST,      /* it cannot be looked at */
};

struct one_file {
    const char *path, *name;   /* as opened; for locators */
    struct file_state state;   /* before it is read */
    enum file_rest rest;       /* 0: it can be read */
    const struct error *error; /* FILE_LOST: why */
};

struct folder_state {
    struct one_file *files;
    size_t count, at;
    /* A file is read from a copy, so that one which moves meanwhile has given nothing. */
    struct buffer small[2]; /* of the document that is open, and of the one behind it */
    unsigned turn;
    struct spool_file large;
    struct {
        bool ready; /* the next file was read already, with this result */
        enum status status;
        struct document document;
        struct error error;
    } ahead;
    char path[SPOOL_FILE_PATH];
    struct crypto_hash *hash; /* of the names, sizes and digests of all that was read */
    struct crypto_hash *file; /* of one of them */
    bool same;                /* it is what the last whole listing was made of */
};

#define SMALL ((int64_t)1 << 20) /* bytes of a file whose copy lies in memory */
#define BLOCK 262144
#define TICK  200 /* milliseconds between two looks for a signal */

#define QUIET                                                                                                \
    {                                                                                                        \
        "quiet", SETTING_DURATION, offsetof(struct folder_settings, quiet),                                  \
            .fallback = "2s", .minimum = 0, .maximum = 60000,                                                \
            .help = N_("how long a file has not been written to when it is read")                            \
    }

static const struct setting folder_settings[] = {
    { "folder", SETTING_TEXT, offsetof(struct folder_settings, folder), .required = true,
      .help = N_("the folder of the documents") },
    { "match", SETTING_TEXT, offsetof(struct folder_settings, match), .fallback = "*",
      .help = N_("which files, as a shell pattern") },
    { "newest", SETTING_OBJECT, offsetof(struct folder_settings, newest),
      .help = N_("only the newest of the files: by (name or time) and count") },
    QUIET,
};

static const struct setting file_settings[] = {
    { "file", SETTING_TEXT, offsetof(struct folder_settings, file), .required = true,
      .help = N_("the document") },
    QUIET,
};

static const char *const newest_choices[] = { "name", "time", NULL };

static const struct setting newest_settings[] = {
    { "by", SETTING_CHOICE, offsetof(struct folder_settings, newest_by), .required = true,
      .choices = newest_choices, .help = N_("name: the last in the order of bytes; time: written to last") },
    { "count", SETTING_NUMBER, offsetof(struct folder_settings, newest_count), .fallback = "1", .minimum = 1,
      .maximum = 1000000, .help = N_("how many files") },
};

static enum status check_folder(struct fetch *fetch, struct error *error)
{
    struct folder_settings *settings = fetch->settings;
    if (!settings->newest)
        return STATUS_OK;
    return setting_read(fetch->context, newest_settings, COUNT(newest_settings), settings->newest, "newest",
                        settings, error);
}

/* ---- which files ---- */

#define ODD_SAID 10

/* What stands under a document's name and cannot be one may hide a record: the listing is not whole then. */
static void doubt_odd(const struct fetch *fetch, const char *folder, const struct file_list *list)
{
    struct error reason;
    for (size_t i = 0; i < list->odd_count && i < ODD_SAID; i++) {
        (void)error_set(&reason, STATUS_STOP,
                        _("%s/%s is no file but a link that leads nowhere or out of the folder, a pipe or "
                          "a device, and is not read: put the document there, or remove it"),
                        folder, list->odd[i]);
        listing_doubt(fetch->listing, true, &reason);
    }
    if (list->odd_count > ODD_SAID) {
        (void)error_set(&reason, STATUS_STOP, _("%s: %zu more are no files"), folder,
                        list->odd_count - ODD_SAID);
        listing_doubt(fetch->listing, true, &reason);
    }
    for (size_t i = 0; i < list->unread_count && i < FILE_UNREAD_SAID; i++)
        listing_doubt(fetch->listing, true, &list->unread[i]);
}

static void look(const struct fetch *fetch, struct one_file *file)
{
    struct error error;
    file->rest = file_look(file->path, &file->state, &error) ? FILE_LOST : 0;
    if (!file->rest)
        return;
    struct error *why = arena_new(fetch->arena, struct error);
    *why = error;
    file->error = why;
}

static int by_time(const void *left, const void *right)
{
    const struct one_file *a = left, *b = right;
    if (a->state.modified != b->state.modified)
        return a->state.modified < b->state.modified ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void keep_newest(struct folder_state *state, const struct folder_settings *settings)
{
    if (!settings->newest)
        return;
    if (settings->newest_by == BY_TIME)
        qsort(state->files, state->count, sizeof *state->files, by_time);
    size_t count = (size_t)settings->newest_count;
    if (state->count > count) {
        state->files += state->count - count;
        state->count = count;
    }
}

/* ---- which of them are quiet ---- */

/* How long ago it was written to, in milliseconds; a moment that has not come yet is now. */
static int64_t age_of(const struct file_state *state, int64_t now)
{
    int64_t last = state->modified > state->changed ? state->modified : state->changed;
    int64_t age = now - last / 1000000;
    return age < 0 ? 0 : age;
}

static bool wait_a_while(const struct fetch *fetch, int64_t wait)
{
    while (wait > 0 && !(fetch->stop && *fetch->stop)) {
        int64_t part = wait < TICK ? wait : TICK;
        fetch->clock->sleep(fetch->clock, part);
        wait -= part;
    }
    return !(fetch->stop && *fetch->stop);
}

/* One that is younger is quiet when it stands as it stood, `quiet` after it was looked at. All wait together. */
static void settle(struct fetch *fetch, struct folder_state *state, int64_t quiet)
{
    int64_t now = fetch->clock->now(fetch->clock);
    for (size_t i = 0; i < state->count; i++)
        if (!state->files[i].rest && quiet && age_of(&state->files[i].state, now) < quiet)
            state->files[i].rest = FILE_MOVES;
    for (;;) {
        int64_t wait = 0;
        for (size_t i = 0; i < state->count; i++) {
            const struct one_file *file = &state->files[i];
            int64_t own = file->rest == FILE_MOVES ? quiet - age_of(&file->state, now) : 0;
            wait = own > wait ? own : wait;
        }
        if (!wait || wait > *fetch->patience || !wait_a_while(fetch, wait))
            return;
        *fetch->patience -= wait;
        now = fetch->clock->now(fetch->clock);
        for (size_t i = 0; i < state->count; i++) {
            struct one_file *file = &state->files[i];
            struct file_state before = file->state;
            if (file->rest != FILE_MOVES)
                continue;
            look(fetch, file);
            if (!file->rest && !file_state_equal(&before, &file->state))
                file->rest = FILE_MOVES;
        }
    }
}

/* ---- one file ---- */

static enum status moves(const struct one_file *file, struct error *error)
{
    return error_set(error, STATUS_STOP,
                     _("%s is being written to, and gives no record tonight: let its writer end, or write "
                       "beside it and rename"),
                     file->name);
}

enum keep { KEEP_NOTHING, KEEP_SMALL, KEEP_LARGE };

static enum status read_blocks(struct fetch *fetch, const struct one_file *file, enum keep keep,
                               struct file_stream *stream, struct error *error)
{
    struct folder_state *state = fetch->user_data;
    struct file_state after;
    struct buffer *small = &state->small[state->turn];
    for (size_t got = 1, length = 0; got; length += got) {
        char *room = buffer_room(small, BLOCK);
        if ((keep == KEEP_NOTHING && fetch->stop && *fetch->stop) ||
            stream->read(stream, room, BLOCK, &got, error))
            return error->status = STATUS_STOP;
        crypto_hash_feed(state->file, room, got);
        if (keep == KEEP_SMALL)
            small->length += got;
        else if (keep == KEEP_LARGE && spool_file_put(&state->large, (struct text){ room, got }, error))
            return error->status;
        if (keep == KEEP_SMALL && length > (size_t)SMALL)
            return moves(file, error);
    }
    if (file_stream_look(stream, &after, error))
        return error->status = STATUS_STOP;
    return file_state_equal(&after, &file->state) ? STATUS_OK : moves(file, error);
}

static enum status read_copy(struct fetch *fetch, const struct one_file *file, enum keep keep,
                             struct error *error)
{
    struct folder_state *state = fetch->user_data;
    struct file_stream stream;
    if (file_stream_open(fetch->arena, file->path, &stream, error))
        return error->status = STATUS_STOP;
    buffer_clear(&state->small[state->turn]);
    enum status status = STATUS_OK;
    if (keep == KEEP_LARGE && !state->large.open)
        status = spool_file_open(&state->large, error);
    else if (keep == KEEP_LARGE)
        spool_file_clear(&state->large);
    if (!status)
        status = read_blocks(fetch, file, keep, &stream, error);
    stream.close(&stream);
    return status;
}

/* Its name, size and digest go into the listing's, and it is kept where that is wanted. STATUS_STOP when it cannot be
 * read, or moved meanwhile. */
static enum status read_file(struct fetch *fetch, const struct one_file *file, enum keep keep,
                             struct error *error)
{
    struct folder_state *state = fetch->user_data;
    struct digest digest;
    bool asks = keep == KEEP_NOTHING && fetch->ahead && !fetch->looks_ahead;
    if (file->rest == FILE_MOVES)
        return moves(file, error);
    if (file->rest == FILE_LOST)
        return error_copy(error, STATUS_STOP, file->error);
    if (!asks || !digests_ahead_find(fetch->ahead, file->path, &file->state, &digest)) {
        enum status status = read_copy(fetch, file, keep, error);
        digest = crypto_hash_finish(state->file);
        if (status)
            return status;
    }
    if (fetch->looks_ahead)
        digests_ahead_put(fetch->ahead, file->path, &file->state, &digest);
    crypto_hash_feed(state->hash, file->name, strlen(file->name) + 1);
    crypto_hash_feed(state->hash, &file->state.size, sizeof file->state.size);
    crypto_hash_feed(state->hash, digest.bytes, sizeof digest.bytes);
    return STATUS_OK;
}

/* ---- are they the same as the last time? ---- */

/* "FILES BYTES DIGEST": that they are others mostly shows before the digest. */
static struct text describe(struct fetch *fetch, const struct digest *digest)
{
    const struct folder_state *state = fetch->user_data;
    char hex[DIGEST_HEX + 1] = "";
    int64_t bytes = 0;
    for (size_t i = 0; i < state->count; i++)
        bytes += state->files[i].state.size;
    if (digest)
        digest_hex(digest, hex);
    return text_format(fetch->arena, "%zu %lld %.*s", state->count, (long long)bytes, digest ? DIGEST_HEX : 0,
                       hex);
}

/* All of it was read: a listing that says the same, without taking it apart. */
static bool are_the_same(struct fetch *fetch)
{
    struct folder_state *state = fetch->user_data;
    bool same = fetch->remembered.length && !fetch->listing->doubts &&
                text_starts(fetch->remembered, describe(fetch, NULL));
    struct error unsaid = { 0 }; /* it is said when the files are given out */
    for (size_t i = 0; same && i < state->count; i++)
        same = !read_file(fetch, &state->files[i], KEEP_NOTHING, &unsaid);
    struct digest digest = crypto_hash_finish(state->hash);
    return same && text_equal(fetch->remembered, describe(fetch, &digest));
}

static void get_ready(struct fetch *fetch, int64_t quiet)
{
    struct folder_state *state = fetch->user_data;
    settle(fetch, state, quiet);
    state->hash = crypto_hash_open();
    state->file = crypto_hash_open();
    state->same = are_the_same(fetch);
}

static enum status open_folder(struct fetch *fetch, struct error *error)
{
    const struct folder_settings *settings = fetch->settings;
    struct folder_state *state = arena_new(fetch->arena, struct folder_state);
    struct file_list list;
    fetch->user_data = state;
    const char *folder = file_path(fetch->arena, fetch->folder, settings->folder);
    if (file_list_folder(fetch->arena, folder, settings->match, &list, error))
        return error->status;
    doubt_odd(fetch, settings->folder, &list);
    state->files = arena_array(fetch->arena, struct one_file, list.count + 1);
    state->count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        struct one_file *file = &state->files[i];
        file->path = list.paths[i];
        file->name = text_format(fetch->arena, "%s/%s", settings->folder, list.names[i]).bytes;
        look(fetch, file);
    }
    fetch->newest = settings->newest != NULL;
    fetch->root = settings->folder;
    keep_newest(state, settings);
    get_ready(fetch, settings->quiet);
    return STATUS_OK;
}

static enum status open_file(struct fetch *fetch, struct error *error)
{
    const struct folder_settings *settings = fetch->settings;
    struct folder_state *state = arena_new(fetch->arena, struct folder_state);
    (void)error;
    fetch->user_data = state;
    state->files = arena_new(fetch->arena, struct one_file);
    state->count = 1;
    *state->files = (struct one_file){ .path = file_path(fetch->arena, fetch->folder, settings->file),
                                       .name = settings->file };
    look(fetch, state->files);
    get_ready(fetch, settings->quiet);
    return STATUS_OK;
}

static void close_folder(struct fetch *fetch)
{
    struct folder_state *state = fetch->user_data;
    if (!state)
        return;
    buffer_free(&state->small[0]);
    buffer_free(&state->small[1]);
    spool_file_close(&state->large);
    crypto_hash_close(state->hash);
    crypto_hash_close(state->file);
    fetch->user_data = NULL;
}

/* ---- giving them out ---- */

static bool lies_in_memory(const struct fetch *fetch, const struct one_file *file)
{
    return file->state.size <= SMALL && fetch->source->format != SOURCE_XLSX;
}

static enum status take_file(struct fetch *fetch, const struct one_file *file, struct document *document,
                             struct error *error)
{
    struct folder_state *state = fetch->user_data;
    bool small = lies_in_memory(fetch, file);
    state->turn ^= 1;
    if (read_file(fetch, file, small ? KEEP_SMALL : KEEP_LARGE, error))
        return error->status;
    *document = (struct document){ .name = file->name };
    if (small) {
        file_stream_memory(buffer_view(&state->small[state->turn]), file->name, &document->stream);
        return STATUS_OK;
    }
    spool_file_stream(&state->large, file->name, &document->stream);
    spool_file_path(&state->large, state->path);
    document->path = state->path;
    document->spool = &state->large;
    return STATUS_OK;
}

static const struct document *file_ahead(struct fetch *fetch)
{
    struct folder_state *state = fetch->user_data;
    bool open = state->at && lies_in_memory(fetch, &state->files[state->at - 1]);
    if (!state->ahead.ready && open && state->at < state->count &&
        lies_in_memory(fetch, &state->files[state->at])) {
        state->ahead.ready = true;
        state->ahead.status =
            take_file(fetch, &state->files[state->at], &state->ahead.document, &state->ahead.error);
    }
    return state->ahead.ready && !state->ahead.status ? &state->ahead.document : NULL;
}

static enum status take_next(struct fetch *fetch, struct document *document, struct error *error)
{
    struct folder_state *state = fetch->user_data;
    const struct one_file *file = &state->files[state->at++];
    if (!state->ahead.ready)
        return take_file(fetch, file, document, error);
    state->ahead.ready = false;
    *document = state->ahead.document;
    return state->ahead.status ? error_copy(error, state->ahead.status, &state->ahead.error) : STATUS_OK;
}

/* One that cannot be read is no reason to leave the others. */
static enum status next_file(struct fetch *fetch, struct document *document, struct error *error)
{
    struct folder_state *state = fetch->user_data;
    while (state->at < state->count && !state->same) {
        enum status status = take_next(fetch, document, error);
        if (status != STATUS_STOP)
            return status;
        listing_doubt(fetch->listing, true, error);
    }
    fetch->whole = true;
    fetch->same = state->same;
    if (!state->same) {
        struct digest digest = crypto_hash_finish(state->hash);
        fetch->remember = describe(fetch, &digest);
    }
    return STATUS_END;
}

const struct fetch_driver fetch_folder = {
    .name = "folder",
    .settings = folder_settings,
    .setting_count = COUNT(folder_settings),
    .files = true,
    .size = sizeof(struct folder_settings),
    .check = check_folder,
    .open = open_folder,
    .next = next_file,
    .ahead = file_ahead,
    .close = close_folder,
};

const struct fetch_driver fetch_file = {
    .name = "file",
    .settings = file_settings,
    .setting_count = COUNT(file_settings),
    .files = true,
    .size = sizeof(struct folder_settings),
    .open = open_file,
    .next = next_file,
    .close = close_folder,
};
