/* One source run through extract into a store of its own, for the tests of this folder. */
#ifndef TESTS_EXTRACT_NIGHTLY_H
#define TESTS_EXTRACT_NIGHTLY_H

#include <stdio.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/xml.h"
#include "adapters/yaml.h"
#include "extract/digests_ahead.h"
#include "extract/extract.h"
#include "store/store_run.h"
#include "tests/support/test.h"

/* A clock whose sleeps take no time and are counted. */
struct nightly_clock {
    struct clock clock;
    int64_t slept, sleeps;
};

static struct error error;
static struct store *store;
static struct nightly_clock nightly_time;
static struct buffer notices; /* a line each */
static struct extract_result *result;
static volatile sig_atomic_t nightly_stop;
static const struct text *only_codes;
static size_t only_code_count;

static int64_t nightly_now(struct clock *clock)
{
    return 1700000000000 + ((struct nightly_clock *)(void *)clock)->slept;
}

static int64_t nightly_ticks(struct clock *clock)
{
    return nightly_now(clock) * 1000;
}

static void nightly_sleep(struct clock *clock, int64_t milliseconds)
{
    struct nightly_clock *user_data = (struct nightly_clock *)(void *)clock;
    user_data->slept += milliseconds;
    user_data->sleeps++;
}

static uint64_t nightly_random(struct clock *clock)
{
    (void)clock;
    return 2000; /* the longest second wait */
}

static void take_notice(void *user_data, const char *message)
{
    (void)user_data;
    buffer_string(&notices, message);
    buffer_char(&notices, '\n');
}

/* The folder of this test, with a fresh store. */
static const char *begin_nights(void)
{
    const char *folder = test_folder();
    xml_start();
    nightly_time =
        (struct nightly_clock){ .clock = { nightly_now, nightly_ticks, nightly_sleep, nightly_random } };
    nightly_stop = 0;
    only_codes = NULL;
    only_code_count = 0;
    struct text path = text_format(&test_arena, "%s/store.db", folder);
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    return folder;
}

static void end_nights(void)
{
    store_close(store);
    store = NULL;
    buffer_free(&notices);
}

static inline void put_file(const char *folder, const char *name, struct text bytes)
{
    const char *path = file_path(&test_arena, folder, name);
    CHECK_INT(file_write(path, bytes, 0644, &error), STATUS_OK);
}

/* The sources of a YAML list; NULL (and the error) when they are wrong. */
static struct source *read_sources(struct setting_context *context, const char *yaml, size_t *count)
{
    struct value *tree;
    struct source *sources;
    *context = (struct setting_context){ &test_arena, "c.yaml", NULL };
    if (yaml_parse(&test_arena, text_of(yaml), "c.yaml", &tree, &error) ||
        source_read_all(context, tree, &sources, count, &error))
        return NULL;
    return sources;
}

static struct extract_request request_of(struct setting_context *context, const struct source *sources,
                                         size_t count, const char *folder)
{
    return (struct extract_request){ .sources = sources,
                                     .source_count = count,
                                     .codes = only_codes,
                                     .code_count = only_code_count,
                                     .folder = folder,
                                     .context = context,
                                     .clock = &nightly_time.clock,
                                     .stop = &nightly_stop,
                                     .notice = take_notice };
}

/* One night over the sources of a YAML list; the last one's result is in `result`. */
static inline enum status night(const char *folder, const char *yaml)
{
    struct setting_context context;
    size_t count, results;
    int64_t run;
    struct run_start start = { .command = "extract", .operator_ = "tester", .host = "here", .version = "0" };
    struct run_counts counts = { 0 };
    struct error reason = { 0 };
    static struct extract_result none;
    result = &none;
    buffer_clear(&notices);
    struct source *sources = read_sources(&context, yaml, &count);
    if (!sources)
        return error.status;
    struct extract_request request = request_of(&context, sources, count, folder);
    struct extract_result *all;
    if (extract_check(&request, &error))
        return error.status;
    request.ahead = digests_ahead_open(store, &request);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    enum status status = extract_run(store, &request, &all, &results, &reason);
    if (results)
        result = &all[results - 1];
    digests_ahead_close(request.ahead);
    CHECK_INT(store_run_end(store, 0, &counts, NULL, &error), STATUS_OK);
    error = reason;
    return status;
}

/* What only reads the configuration. */
static inline enum status check_sources(const char *folder, const char *yaml)
{
    struct setting_context context;
    size_t count;
    struct source *sources = read_sources(&context, yaml, &count);
    if (!sources)
        return error.status;
    struct extract_request request = request_of(&context, sources, count, folder);
    return extract_check(&request, &error);
}

static inline struct text stored(const char *sql)
{
    struct sqlite_statement *statement;
    struct text found = TEXT_NONE;
    CHECK_INT(sqlite_prepare(store_database(store), sql, &statement, &error), STATUS_OK);
    if (sqlite_step(statement, &error) == STATUS_OK)
        found = text_copy(&test_arena, sqlite_column_text(statement, 0));
    sqlite_finish(statement);
    return found;
}

static inline const char *noticed(void)
{
    return notices.bytes ? notices.bytes : "";
}

#define KEYS "SELECT group_concat(key, ' ') FROM (SELECT key FROM record WHERE present ORDER BY id)"
#define LOCATORS                                                                                             \
    "SELECT group_concat(locator, ' ') FROM (SELECT locator FROM record WHERE present ORDER BY id)"
#define FAULTS "SELECT group_concat(fault, ' · ') FROM (SELECT fault FROM record WHERE present ORDER BY id)"

#endif
