/* Where a ledger says that it goes on in another file, or under another schema: whoever writes such an event must fit what
 * stands before it. */
#include "store/audit.h"

#include "adapters/file.h"
#include "store/ledger.h"
#include "store/restoration.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;

/* Two nights, and the beginning of a third. */
static void start(struct audit_head *head)
{
    struct error error = { 0 };
    night = (struct night){ 0 };
    night_open(&night, text_format(&test_arena, "%s/a.db", test_folder()).bytes, NULL);
    for (int i = 0; i < 2; i++) {
        night_begin(&night);
        night_record(&night, "1.000001", i ? "Hai" : "Một", "1");
        night_work(&night);
        night_deliver(&night);
        night_end(&night);
    }
    CHECK_INT(restoration_head(night.store, head, &error), STATUS_OK);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
}

static int64_t append(int64_t run, const char *event, struct value *detail)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    int64_t seq = 0;
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append_to(night.store, run, &(struct ledger_event){ .event = event, .detail = detail },
                               &error),
              STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK_INT(sqlite_prepare(store_database(night.store), "SELECT max(seq) FROM ledger", &row, &error),
              STATUS_OK);
    if (CHECK_INT(sqlite_step(row, &error), STATUS_OK))
        seq = sqlite_number(row, 0);
    sqlite_finish(row);
    return seq;
}

static struct audit_report verify(void)
{
    struct audit_report report;
    struct error error = { 0 };
    struct audit_request request = { 0 };
    CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK);
    return report;
}

/* That event is found, in these words. */
static void check_found(int64_t event, const char *words)
{
    struct audit_report report = verify();
    const struct audit_finding *finding = report.first;
    CHECK(!report.holds);
    while (finding && !(finding->event == event && strstr(finding->message, words)))
        finding = finding->next;
    if (!CHECK(finding != NULL) && report.first)
        CHECK_STRING(report.first->message, words);
}

static struct value *detail_of(const char *name, const char *text)
{
    struct value *detail = value_object(&test_arena);
    value_set(detail, name, value_string(&test_arena, text));
    return detail;
}

TEST(
    "a backup that says where it ends is taken, and what is not known of the ledger that it replaced is said")
{
    struct error error = { 0 };
    struct restoration restoration = { .reason = "đĩa hỏng", .actor = "lan" };
    start(&restoration.head);
    CHECK_INT(restoration_append(night.store, &restoration, &error), STATUS_OK);
    struct audit_report report = verify();
    CHECK(report.holds);
    const struct audit_finding *note = report.notes_;
    while (note && !strstr(note->message, "how far the ledger went that it replaced is not known"))
        note = note->next;
    if (CHECK(note != NULL))
        CHECK_CONTAINS(note->message,
                       text_format(&test_arena, "a backup that ends with event %lld was restored",
                                   (long long)restoration.head.size)
                           .bytes);
    night_close(&night);
}

static void one_night(const char *name)
{
    night_begin(&night);
    night_record(&night, "1.000001", name, "1");
    night_work(&night);
    night_deliver(&night);
    night_end(&night);
}

static bool says(const struct audit_finding *finding, const char *words)
{
    while (finding && !strstr(finding->message, words))
        finding = finding->next;
    return finding != NULL;
}

TEST("a head of the ledger that a backup replaced is not proven by it, and one that goes further does not "
     "hold")
{
    struct error error = { 0 };
    struct restoration restoration = { .known = true, .reason = "đĩa hỏng", .actor = "lan" };
    struct text bytes, notes[2];
    const char *path = text_string(&test_arena, text_format(&test_arena, "%s/a.db", test_folder()));
    const char *head = text_string(&test_arena, text_format(&test_arena, "%s.checkpoint", path));
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    one_night("Một");
    CHECK_INT(restoration_head(night.store, &restoration.head, &error), STATUS_OK);
    night_close(&night);
    CHECK_INT(file_read(&test_arena, path, 64 << 20, &bytes, &error), STATUS_OK);
    night_open(&night, path, NULL);
    for (int i = 0; i < 2; i++) {
        one_night(i ? "Ba" : "Hai");
        if (!i)
            CHECK_INT(restoration_head(night.store, &restoration.newest, &error), STATUS_OK);
        CHECK_INT(file_read(&test_arena, head, 1 << 16, &notes[i], &error), STATUS_OK);
    }
    night_close(&night);
    path = text_string(&test_arena, text_format(&test_arena, "%s/b.db", test_folder()));
    CHECK_INT(file_write(path, bytes, 0644, &error), STATUS_OK);
    night_open(&night, path, NULL);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
    CHECK_INT(restoration_append(night.store, &restoration, &error), STATUS_OK);
    night_end(&night);
    for (int i = 0; i < 2; i++) {
        struct audit_report report;
        struct audit_outside outside = { "kept", notes[i] };
        struct audit_request request = { .outside = &outside, .outside_count = 1 };
        CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK);
        CHECK(says(report.notes_,
                   text_format(&test_arena,
                               "a backup that ends with event %lld was restored (event %lld); the ledger "
                               "that it replaced went to event %lld",
                               (long long)restoration.head.size, (long long)restoration.head.size + 2,
                               (long long)restoration.newest.size)
                       .bytes));
        CHECK_INT(report.holds, i == 0);
        if (i)
            CHECK_STRING(report.first->kind, AUDIT_OUTSIDE);
        else
            CHECK(says(report.not_proven, "kept"));
    }
    night_close(&night);
}

TEST("a backup that says another end than what stands before it is found")
{
    struct error error = { 0 };
    static const char words[] = "says that a backup was restored, but not what stands in front of it";
    struct restoration restoration = { .reason = "đĩa hỏng", .actor = "lan" };
    start(&restoration.head);
    int64_t size = (int64_t)restoration.head.size;
    restoration.head.root.bytes[0] ^= 1;
    CHECK_INT(restoration_append(night.store, &restoration, &error), STATUS_OK);
    check_found(size + 2, words);
    restoration.head.root.bytes[0] ^= 1;
    restoration.head.size--;
    CHECK_INT(restoration_append(night.store, &restoration, &error), STATUS_OK);
    check_found(size + 3, words);
    check_found(append(night.run, "restored", detail_of("newest", "unknown")), words);
    night_close(&night);
}

TEST("a run that says it brought the store up to date, and did not, is found")
{
    struct audit_head head;
    start(&head);
    int64_t event = append(night.run, "migrated", detail_of("schema", "none"));
    check_found(event,
                "says that the store was brought up to date, but not from the schema of the runs before it");
    night_close(&night);
}

TEST("a run under another schema that no event explains is found where it ends")
{
    static const char other[] = "0000000000000000000000000000000000000000000000000000000000000001";
    struct audit_head head;
    start(&head);
    (void)append(night.run + 1, "run-started", detail_of("schema", other));
    int64_t event = append(night.run + 1, "run-finished", value_object(&test_arena));
    check_found(
        event,
        "names another schema than the one before it, and no event says that the store was brought up");
    night_close(&night);
}
