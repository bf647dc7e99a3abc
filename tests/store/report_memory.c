#include "store/report_memory.h"

#include "store/report_view.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

#define DAY_MS INT64_C(86400000)

static struct night night;
static struct report_memory *memory;

static void open_at(const char *name)
{
    night = (struct night){ .rich = true, .filler = "nộp hồ sơ, nhận kết quả, trả lệ phí" };
    night_open(&night, text_format(&test_arena, "%s/%s", test_folder(), name).bytes, NULL);
}

/* A night on which these codes have this version, a day behind the one before. */
static void run_night(const char *const *codes, const char *status, const char *number)
{
    night.clock.now += DAY_MS;
    night_begin(&night);
    for (; *codes; codes++)
        night_stage(&night, *codes, status, "Cấp giấy phép", number);
    night_work(&night);
    night_deliver(&night);
    night_end(&night);
}

/* Both ways say the same of a day. */
static void check_day(const char *day)
{
    struct error error = { 0 };
    struct value *asked, *known;
    CHECK_INT(store_snapshot_begin(night.store, &error), STATUS_OK);
    CHECK_INT(report_memory_hold(memory, night.store, &error), STATUS_OK);
    CHECK_INT(report_view_standing(night.store, NULL, &test_arena, day, &asked, &error), STATUS_OK);
    CHECK_INT(report_view_standing(night.store, memory, &test_arena, day, &known, &error), STATUS_OK);
    CHECK(value_equal(asked, known));
    CHECK_INT(report_view_versions(night.store, NULL, &test_arena, day, &asked, &error), STATUS_OK);
    CHECK_INT(report_view_versions(night.store, memory, &test_arena, day, &known, &error), STATUS_OK);
    CHECK_INT(asked->count, known->count);
    for (struct value *one = asked->first, *other = known->first; one && other;
         one = one->next, other = other->next)
        for (struct value *member = one->first; member; member = member->next)
            CHECK(value_equal(member, value_find_text(other, member->name)));
    report_memory_release(memory);
    store_snapshot_end(night.store);
}

static void check_days(void)
{
    static const char *const days[] = { "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05",
                                        "2026-01-09" };
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        check_day(days[i]);
}

TEST("what is kept says of every day what the view says, night by night, and of another ledger in its place")
{
    static const char *const both[] = { "1.000002", "1.000001", NULL }, *const one[] = { "1.000001", NULL },
                             *const more[] = { "1.000000", "1.000001", "1.000002", NULL };
    memory = report_memory_open();
    open_at("a.db");
    run_night(both, "announced", "1");
    check_days();
    run_night(more, "announced", "2");
    check_days();
    run_night(one, "abolished", "2");
    check_days();
    night_close(&night);
    open_at("b.db");
    for (int i = 0; i < 4; i++)
        run_night(more, "announced", i % 2 ? "4" : "3");
    check_days();
    night_close(&night);
    report_memory_close(memory);
}

TEST("an older snapshot is not answered from what a newer one said, and an empty ledger is not known")
{
    static const char *const one[] = { "1.000001", NULL };
    struct error error = { 0 };
    struct store *reader;
    memory = report_memory_open();
    open_at("c.db");
    CHECK_INT(report_memory_hold(memory, night.store, &error), STATUS_END);
    run_night(one, "announced", "1");
    CHECK_INT(store_open(store_path(night.store), STORE_READ, &night.clock.clock, &reader, &error),
              STATUS_OK);
    CHECK_INT(store_snapshot_begin(reader, &error), STATUS_OK);
    CHECK_INT(report_memory_hold(memory, reader, &error), STATUS_OK);
    report_memory_release(memory);
    run_night(one, "announced", "2");
    CHECK_INT(report_memory_hold(memory, night.store, &error), STATUS_OK);
    report_memory_release(memory);
    CHECK_INT(report_memory_hold(memory, reader, &error), STATUS_END);
    store_snapshot_end(reader);
    CHECK_INT(store_snapshot_begin(reader, &error), STATUS_OK);
    CHECK_INT(report_memory_hold(memory, reader, &error), STATUS_OK);
    report_memory_release(memory);
    store_snapshot_end(reader);
    store_close(reader);
    night_close(&night);
    report_memory_close(memory);
}
