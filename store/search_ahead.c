#include "store/search_ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "adapters/spool_file.h"
#include "core/memory.h"
#include "store/sql.h"

#define LEAST 1000

struct search_ahead {
    char *path;
    struct spool_file spool; /* lines, in front of each the rows that it is made of */
    pthread_t thread;
    atomic_bool stop;
    bool joined;
    struct search_reader reader;
};

static void put_origin(struct buffer *out, const struct search_origin *origin)
{
    buffer_printf(out, "%lld:%lld:%llx", (long long)origin->record, (long long)origin->content,
                  (unsigned long long)origin->department);
}

/* What is not written here is written at the run's end. */
static void write_lines(struct search_ahead *ahead, struct search_lines *lines)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct error ignored;
    while (!ahead->stop && !search_lines_next(lines, &ignored)) {
        struct search_origin origin;
        size_t start = out.length;
        if (search_lines_origin(lines, &origin, &ignored))
            break;
        put_origin(&out, &origin);
        buffer_char(&out, '\t');
        if (search_lines_write(lines, &origin, &out, &ignored)) {
            out.length = start; /* not covered: a disk that cannot be read */
            break;
        }
        if (out.length < FILE_BLOCK)
            continue;
        if (spool_file_put(&ahead->spool, buffer_view(&out), &ignored))
            return; /* not covered: a disk that is full */
        buffer_clear(&out);
    }
    (void)spool_file_put(&ahead->spool, buffer_view(&out), &ignored);
}

static void *run(void *argument)
{
    struct search_ahead *ahead = argument;
    struct sqlite *database;
    struct search_lines lines;
    struct error ignored;
    if (sqlite_open_file(ahead->path, SQLITE_READ, &database, &ignored))
        return NULL; /* not covered: a store that cannot be opened a second time */
    if (!search_lines_open(database, 0, &lines, &ignored)) {
        write_lines(ahead, &lines);
        search_lines_close(&lines);
    }
    sqlite_close_file(database);
    return NULL;
}

/* The thread goes through all codes: half of them are to be new. */
static bool pays(struct store *store)
{
    struct error ignored;
    int64_t paying;
    return !sql_number(store,
                       "SELECT n >= ?1 AND 2 * n >= (SELECT count(*) FROM record) FROM (SELECT"
                       " (SELECT count(*) FROM record WHERE work > 0)"
                       " + (SELECT count(*) FROM procedure_state WHERE wanted_action IS NOT NULL) AS n)",
                       SQL_WITH(SQL_NUMBER(LEAST)), &paying, &ignored) &&
           paying;
}

struct search_ahead *search_ahead_open(struct store *store)
{
    struct error ignored;
    if (!pays(store))
        return NULL;
    struct search_ahead *ahead = memory_new(struct search_ahead);
    ahead->path = memory_copy_string(store_path(store));
    ahead->joined = true;
    if (!spool_file_open(&ahead->spool, &ignored) && !pthread_create(&ahead->thread, NULL, run, ahead)) {
        ahead->joined = false;
        return ahead;
    }
    search_ahead_close(ahead);
    return NULL;
}

static void join(struct search_ahead *ahead)
{
    if (!ahead->joined)
        pthread_join(ahead->thread, NULL);
    ahead->joined = true;
}

bool search_ahead_find(struct search_ahead *ahead, struct text code, struct search_origin origin,
                       struct text *line)
{
    if (!ahead->joined) {
        join(ahead);
        spool_file_stream(&ahead->spool, "", &ahead->reader.stream);
        search_reader_next(&ahead->reader);
    }
    for (; ahead->reader.line.bytes; search_reader_next(&ahead->reader)) {
        struct text rest = ahead->reader.line, head = search_take_part(&rest, '\t');
        *line = rest;
        int order = text_compare(search_take_part(&rest, '\t'), code);
        if (order > 0)
            return false;
        if (order < 0)
            continue;
        BUFFER_OWNED struct buffer made_of = { 0 };
        put_origin(&made_of, &origin);
        return text_equal(head, buffer_view(&made_of));
    }
    return false;
}

void search_ahead_close(struct search_ahead *ahead)
{
    if (!ahead)
        return;
    ahead->stop = true;
    join(ahead);
    search_reader_close(&ahead->reader);
    spool_file_close(&ahead->spool);
    free(ahead->path);
    free(ahead);
}
