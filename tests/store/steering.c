#include "store/steering.h"

#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;

static void open_night(void)
{
    night = (struct night){ 0 };
    night_open(&night, text_format(&test_arena, "%s/a.db", test_folder()).bytes, NULL);
    night_begin(&night);
    night_record(&night, "1.000001", "Một", "1");
    night_work(&night);
    night_end(&night);
}

static void change(struct sqlite *database, const char *sql)
{
    struct error error = { 0 };
    CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK);
}

static void begin(void)
{
    struct error error = { 0 };
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
}

static bool is_as_left(void)
{
    struct error error = { 0 };
    bool same = false;
    int64_t run;
    CHECK_INT(steering_compare(night.store, &same, &run, &error), STATUS_OK);
    return same;
}

TEST("the digest at a run's end is that of all rows, whether it wrote none, some of the large tables, or of "
     "the small")
{
    static const char *const changes[] = {
        NULL,
        "UPDATE record SET gave = '1'",
        "INSERT INTO finding (record, rule, severity, message, since_run, stage) VALUES (1, 'A', 'error', "
        "'a', 1, 1)",
        "DELETE FROM finding WHERE rule = 'A'",
        "INSERT INTO deadline (record, rule, due) VALUES (1, 'A', '2030-01-01')",
    };
    open_night();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        begin();
        if (changes[i])
            change(store_database(night.store), changes[i]);
        night_end(&night);
        CHECK(is_as_left());
    }
    night_close(&night);
}

TEST("a row that another hand writes while a run writes none is found by the next one")
{
    struct sqlite *other;
    struct error error = { 0 };
    open_night();
    begin();
    CHECK_INT(sqlite_open_file(store_path(night.store), SQLITE_WRITE, &other, &error), STATUS_OK);
    change(other, "UPDATE record SET gave = '1'");
    sqlite_close_file(other);
    night_end(&night);
    CHECK(!is_as_left());
    night_close(&night);
}
