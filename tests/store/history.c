#include "store/history.h"

#include "tests/support/broken_statements.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;

static void open_store(void)
{
    night = (struct night){ 0 };
    night_open(&night, text_format(&test_arena, "%s/a.db", test_folder()).bytes, NULL);
}

static void run_night(const char *status, const char *name, const char *number)
{
    night_begin(&night);
    night_stage(&night, "1.000001", status, name, number);
    night_work(&night);
    night_deliver(&night);
    night_end(&night);
}

static struct date day(int number)
{
    return (struct date){ 2026, 1, number };
}

static const char *text_at(const struct value *object, const char *name)
{
    return text_string(&test_arena, value_text_of(object, name));
}

TEST("every change of a field is told once, with both values, the run, its operator and its file")
{
    struct error error = { 0 };
    struct value *changes;
    open_store();
    run_night("announced", "Một", "1");
    run_night("announced", "Một", "1"); /* nothing changed */
    run_night("announced", "Hai", "1");
    CHECK_INT(history_changes(night.store, &test_arena, TEXT("1.000001"), "name", &changes, &error),
              STATUS_OK);
    CHECK_INT(changes->count, 2);
    CHECK(value_find(changes->first, "old") == NULL);
    CHECK_STRING(text_at(changes->first, "new"), "Một");
    CHECK_STRING(text_at(changes->last, "old"), "Một");
    CHECK_STRING(text_at(changes->last, "new"), "Hai");
    CHECK_STRING(text_at(changes->last, "run"), "3");
    CHECK_STRING(text_at(changes->last, "source_run"), "3");
    CHECK_STRING(text_at(changes->last, "operator"), "lan");
    CHECK_STRING(text_at(changes->last, "locator"), "ho-so/1.000001.json");
    CHECK_INT(value_text_of(changes->last, "rules_digest").length, 64);
    night_close(&night);
}

TEST("an asked field takes in what lies below it, with numbers or without")
{
    static const struct {
        const char *asked;
        size_t changes;
    } cases[] = { { "legal_bases", 3 },
                  { "legal_bases[]", 3 },
                  { "legal_bases[].number", 3 },
                  { "legal_bases[0]", 2 },
                  { "legal_bases[1]", 1 },
                  { "legal_bases[0].number", 2 },
                  { "decision", 0 },
                  { "kind", 1 } };
    struct error error = { 0 };
    struct value *changes;
    open_store();
    run_night("announced", "Một", "1");
    run_night("announced", "Một", "2");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(
            history_changes(night.store, &test_arena, TEXT("1.000001"), cases[i].asked, &changes, &error),
            STATUS_OK);
        if (!CHECK_INT(changes->count, cases[i].changes))
            printf("  %s\n", cases[i].asked);
    }
    night_close(&night);
}

TEST("a field that there is not is refused with the nearest one")
{
    struct error error = { 0 };
    struct value *changes;
    open_store();
    run_night("announced", "Một", "1");
    CHECK_INT(history_changes(night.store, &test_arena, TEXT("1.000001"), "nmae", &changes, &error),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "name");
    CHECK_INT(history_changes(night.store, &test_arena, TEXT("1.000001"), "legal_bases[1].number", &changes,
                              &error),
              STATUS_OK);
    CHECK_INT(changes->count, 1);
    CHECK_INT(history_changes(night.store, &test_arena, TEXT("1.999999"), NULL, &changes, &error),
              STATUS_END);
    night_close(&night);
}

TEST("a day ends at midnight in Vietnam, to the millisecond")
{
    struct error error = { 0 };
    struct value *held;
    /* The next acknowledgement comes at the last millisecond of 3 January, or at the first of the 4th. */
    for (int late = 0; late < 2; late++) {
        open_store();
        run_night("announced", "Một", "1");
        night_begin(&night);
        night_record(&night, "1.000001", "Hai", "1");
        night_work(&night);
        size_t count;
        struct outbox_item *items = night_intend(&night, 1, &count);
        CHECK_INT(count, 1);
        night.clock.now = NIGHT_FIRST + INT64_C(172800000) - 21 - 2 + late;
        CHECK_INT(store_begin(night.store, &error), STATUS_OK);
        night_answer(&night, &items[0], OUTBOX_PUBLISHED, 200, NULL);
        CHECK_INT(store_commit(night.store, &error), STATUS_OK);
        CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(3), &held, &error),
                  STATUS_OK);
        const char *at = text_at(held, "published_at");
        CHECK_STRING(text_at(value_find(held, "procedure"), "name"),
                     strcmp(at, "2026-01-03") >= 0 ? "Hai" : "Một");
        CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(4), &held, &error),
                  STATUS_OK);
        CHECK_STRING(text_at(value_find(held, "procedure"), "name"), "Hai");
        night_close(&night);
        file_remove(text_format(&test_arena, "%s/a.db", test_folder()).bytes);
        file_remove(text_format(&test_arena, "%s/a.db.checkpoint", test_folder()).bytes);
    }
}

static const char *count_standing(int64_t until)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    char moment[CLOCK_TEXT];
    clock_format(until, moment);
    CHECK_INT(
        store_sql(night.store,
                  "SELECT count(*) FROM audit_versions WHERE at < ?1 AND (to_at IS NULL OR to_at >= ?1)",
                  &row, &error),
        STATUS_OK);
    sqlite_bind_text(row, 1, text_of(moment));
    CHECK_INT(sqlite_step(row, &error), STATUS_OK);
    const char *count = text_string(&test_arena, sqlite_column_text(row, 0));
    sqlite_reset_statement(row);
    return count;
}

TEST("where the clock had run ahead one version stands at a moment, the one that came last in the ledger")
{
    static const struct {
        int days; /* of the night's clock, since the first */
        const char *name;
    } nights[] = { { 0, "Một" }, { 400, "Hai" }, { 1, "Ba" }, { 2, "Bốn" } };
    struct error error = { 0 };
    struct value *held;
    open_store();
    for (size_t i = 0; i < sizeof nights / sizeof *nights; i++) {
        night.clock.now = NIGHT_FIRST + INT64_C(86400000) * nights[i].days;
        run_night("announced", nights[i].name, "1");
    }
    static const char *const names[] = { "Một", "Ba", "Bốn", "Bốn", "Bốn" };
    for (int i = 0; i < 5; i++) {
        CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(2 + i), &held, &error),
                  STATUS_OK);
        CHECK_STRING(text_at(value_find(held, "procedure"), "name"), names[i]);
        CHECK_STRING(count_standing(NIGHT_FIRST + INT64_C(86400000) * i + 3600000), "1");
    }
    night_close(&night);
}

TEST("before the first publication nothing stood there")
{
    struct error error = { 0 };
    struct value *held;
    open_store();
    run_night("announced", "Một", "1");
    CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(1), &held, &error),
              STATUS_END);
    CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(2), &held, &error), STATUS_OK);
    CHECK_STRING(text_at(held, "on"), "2026-01-02");
    CHECK_STRING(text_at(held, "until"), "2026-01-02T17:00:00.000Z");
    CHECK_STRING(text_at(held, "status"), "published");
    night_close(&night);
}

TEST("what is withdrawn goes on showing what was published last")
{
    struct error error = { 0 };
    struct value *held, *changes;
    open_store();
    run_night("announced", "Một", "1");
    run_night("abolished", "Tên khác trong hồ sơ bãi bỏ", "1");
    CHECK_INT(history_on(night.store, &test_arena, TEXT("1.000001"), NULL, day(3), &held, &error), STATUS_OK);
    CHECK_STRING(text_at(held, "status"), "abolished");
    CHECK_STRING(text_at(value_find(held, "procedure"), "name"), "Một");
    CHECK_STRING(text_at(value_find(held, "procedure"), "status"), "announced");
    CHECK_INT(history_changes(night.store, &test_arena, TEXT("1.000001"), NULL, &changes, &error), STATUS_OK);
    CHECK_STRING(text_at(changes->last, "field"), "status");
    CHECK_STRING(text_at(changes->last, "new"), "abolished");
    CHECK_STRING(text_at(changes->last, "run"), "2");
    night_close(&night);
}

TEST("the page on a procedure has its records, outcomes, requests and what waits")
{
    struct error error = { 0 };
    struct value *page;
    size_t count;
    open_store();
    run_night("announced", "Một", "1");
    night_begin(&night);
    night_record(&night, "1.000001", "Hai", "1");
    night_record(&night, "1.000002", "", "1");
    night_work(&night);
    struct outbox_item *items = night_intend(&night, 1, &count);
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    night_answer(&night, &items[0], OUTBOX_REFUSED_BY_PORTAL, 422, "thiếu căn cứ");
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK_INT(history_show(night.store, &test_arena, TEXT("1.000001"), &page, &error), STATUS_OK);
    CHECK_STRING(text_at(page, "name"), "Một");
    CHECK_STRING(text_at(page, "state"), "refused");
    CHECK_STRING(text_at(value_find(page, "pending"), "words"), "the portal says: thiếu căn cứ");
    CHECK_STRING(text_at(value_find(page, "held"), "status"), "published");
    CHECK_INT(value_find(page, "records")->count, 1);
    CHECK_INT(value_find(page, "outcomes")->count, 2);
    CHECK_INT(value_find(page, "requests")->count, 4);
    CHECK_STRING(text_at(value_find(page, "requests")->last, "http_status"), "422");
    CHECK_INT(history_show(night.store, &test_arena, TEXT("1.000002"), &page, &error), STATUS_OK);
    const struct value *findings = value_find(value_find(page, "records")->first, "findings");
    CHECK_STRING(text_at(findings->first, "rule"), "ND63-8.2a");
    CHECK(value_find(page, "held") == NULL);
    CHECK_INT(history_show(night.store, &test_arena, TEXT("9.999999"), &page, &error), STATUS_END);
    night_close(&night);
}

/* ---- what stands against what was acknowledged ---- */

static const char *path;
static struct value *against;

static void open_again(void)
{
    night_open(&night, path, NULL);
}

static enum status look_against(struct error *error)
{
    return history_against_all(night.store, &test_arena, day(9), &against, error);
}

static void close_again(void)
{
    night_close(&night);
}

TEST("a change whose answer never came stands against what was acknowledged, or it is said that the question "
     "broke off")
{
    size_t count;
    path = text_string(&test_arena, text_format(&test_arena, "%s/a.db", test_folder()));
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    run_night("announced", "Một", "1");
    night_begin(&night);
    night_stage(&night, "1.000001", "announced", "Hai", "1");
    night_work(&night);
    struct outbox_item *items = night_intend(&night, SIZE_MAX, &count);
    CHECK_INT(count, 1);
    struct error error = { 0 };
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    night_answer(&night, &items[0], OUTBOX_STILL_UNKNOWN, 0, "no answer");
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    night_end(&night);
    night_close(&night);
    CHECK(broken_statements_play(&(struct broken_work){ open_again, look_against, close_again, 1 }) > 3);
    if (CHECK_INT(against->count, 1)) {
        CHECK_STRING(text_at(against->first, "code"), "1.000001");
        CHECK_STRING(text_at(against->first, "what"), "open");
        CHECK_STRING(text_at(against->first, "run"), "2");
    }
}
