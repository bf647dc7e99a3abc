/* A store's tables as they are made, told apart and brought up to date, when that breaks off in the middle. */
#include "store/schema.h"

#include <unistd.h>

#include "tests/support/broken_statements.h"
#include "tests/support/night.h"
#include "tests/support/test.h"
#include "tests/support/verified.h"

#define OLD_STORE "tests/store/stores/0.1.0.sql"

static struct night night;
static const char *path;
static char sentences[1000];

static void open_nothing(void)
{
    night = (struct night){ 0 };
}

static void close_store(void)
{
    if (night.store)
        night_close(&night);
}

/* Any command that begins a run: it makes the store, or brings it up to date. */
static enum status begin(struct error *error)
{
    night.clock =
        (struct night_clock){ { night_now, night_ticks, night_sleep, night_random }, NIGHT_FIRST * 2, 1 };
    enum status status = store_open(path, STORE_RUN, &night.clock.clock, &night.store, error);
    if (status)
        night.store = NULL;
    return status ? status : night_try_begin(&night, error);
}

static void open_store(void)
{
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
}

static enum schema_standing standing(void)
{
    struct error error = { 0 };
    enum schema_standing found = SCHEMA_FOREIGN;
    CHECK_INT(schema_judge(store_database(night.store), store_version(night.store), &found, &error),
              STATUS_OK);
    return found;
}

TEST("a store that could not be made whole is made by the next run")
{
    path = text_string(&test_arena, text_format(&test_arena, "%s/new.db", test_folder()));
    CHECK(broken_statements_play(&(struct broken_work){ open_nothing, begin, close_store, 2 }) > 10);
    open_store();
    CHECK_INT(standing(), SCHEMA_OURS);
    CHECK(verified(night.store));
    night_close(&night);
}

TEST("a store that could not be brought up to date stays as it was, and the next run does it, once")
{
    struct error error = { 0 };
    struct text sql;
    struct sqlite *database;
    path = text_string(&test_arena, text_format(&test_arena, "%s/old.db", test_folder()));
    CHECK_INT(file_read(&test_arena, OLD_STORE, 1 << 20, &sql, &error), STATUS_OK);
    CHECK_INT(sqlite_open_file(path, SQLITE_CREATE, &database, &error), STATUS_OK);
    CHECK_INT(sqlite_run(database, text_string(&test_arena, sql), &error), STATUS_OK);
    sqlite_close_file(database);
    CHECK(broken_statements_play(&(struct broken_work){ open_nothing, begin, close_store, 7 }) > 50);
    open_store();
    CHECK_INT(standing(), SCHEMA_OURS);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'migrated'"), 1);
    CHECK(verified(night.store));
    night_close(&night);
}

static void remember(void *user_data, const char *sentence)
{
    (void)user_data;
    snprintf(sentences + strlen(sentences), sizeof sentences - strlen(sentences), "%s\n", sentence);
}

static enum status compare(struct error *error)
{
    *sentences = 0;
    return schema_differences(store_database(night.store), store_version(night.store), remember, NULL, error);
}

TEST("what differs is told by its name, whatever it is, or it is said that it could not be looked at")
{
    struct error error = { 0 };
    path = text_string(&test_arena, text_format(&test_arena, "%s/other.db", test_folder()));
    open_store();
    CHECK_INT(
        sqlite_run(store_database(night.store),
                   "DROP VIEW audit_events; CREATE TABLE zz (a); CREATE TABLE aa (a);"
                   "DROP TRIGGER ledger_no_delete; CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger"
                   " BEGIN SELECT 1; END",
                   &error),
        STATUS_OK);
    night_close(&night);
    CHECK(broken_statements_play(&(struct broken_work){ open_store, compare, close_store, 1 }) > 3);
    CHECK_CONTAINS(sentences, "the view audit_events is gone");
    CHECK_CONTAINS(sentences, "the table aa does not come from the program");
    CHECK_CONTAINS(sentences, "the table zz does not come from the program");
    CHECK_CONTAINS(sentences, "the trigger ledger_no_delete was changed");
}
