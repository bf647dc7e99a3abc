/* The listing of a portal against the outbox, in the store alone; with a portal: tests/load/reconcile.c. */
#include "store/reconciliation.h"

#include "tests/support/broken_statements.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;
static const char *path;
static struct reconciliation_counts counts;

/* Codes 1.000000 to 1.000004 stand at the portal, as the store believes. */
static void publish(void)
{
    path = text_string(&test_arena, text_format(&test_arena, "%s/a.db", test_folder()));
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    night_begin(&night);
    for (int i = 0; i < 5; i++) {
        char code[20];
        snprintf(code, sizeof code, "1.%06d", i);
        night_record(&night, code, "Cấp giấy phép", "1");
    }
    night_work(&night);
    night_deliver(&night);
    night_end(&night);
    night_close(&night);
}

static void open_run(void)
{
    struct error error = { 0 };
    night_open(&night, path, NULL);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
}

static void close_store(void)
{
    night_close(&night);
}

/* In the order of codes: the same under another version, something else, twice and in two ways, one that only the portal
 * knows. 1.000003 and 1.000004 are not listed. */
static enum status put_listing(struct error *error)
{
    struct outbox_item item;
    struct digest other = crypto_sha256(TEXT("another"));
    bool added;
    if (store_begin(night.store, error))
        return error->status;
    enum status status = outbox_find(night.store, &night.arena, TEXT("1.000000"), &item, error);
    struct reconciliation_entry entries[] = {
        { TEXT("1.000000"), TEXT("7"), &item.held_digest, "published" },
        { TEXT("1.000001"), TEXT("2"), &other, "published" },
        { TEXT("1.000002"), TEXT("1"), &other, "published" },
        { TEXT("1.000002"), TEXT("2"), &other, "published" },
        { TEXT("9.000000"), TEXT("1"), &other, "published" },
    };
    for (size_t i = 0; !status && i < sizeof entries / sizeof *entries; i++)
        status = reconciliation_listing_put(night.store, &entries[i], &added, error);
    status = status ? status : store_commit(night.store, error);
    if (status)
        store_rollback(night.store);
    return status;
}

/* The portal knows 1.000003 after all, as it is believed; 1.000004 it does not. */
static enum status tell(struct error *error)
{
    struct outbox_item item;
    if (store_begin(night.store, error))
        return error->status;
    enum status status = outbox_find(night.store, &night.arena, TEXT("1.000003"), &item, error);
    struct reconciliation_entry entry = { TEXT_NONE, item.version, &item.held_digest, "published" };
    entry.code = TEXT("1.000003");
    status = status ? status : reconciliation_told(night.store, entry.code, &entry, TEXT_NONE, error);
    status = status ? status : reconciliation_told(night.store, TEXT("1.000004"), NULL, TEXT_NONE, error);
    status = status ? status : store_commit(night.store, error);
    if (status)
        store_rollback(night.store);
    return status;
}

static enum status reconcile(struct error *error)
{
    struct value *codes;
    enum status status = reconciliation_listing_begin(night.store, error);
    status = status ? status : put_listing(error);
    status = status ? status : reconciliation_doubtful(night.store, &night.arena, &codes, error);
    if (!status)
        CHECK_INT(codes->count, 4);
    status = status ? status : tell(error);
    return status ? status : reconciliation_compare(night.store, &counts, error);
}

static enum status settle(struct error *error)
{
    struct reconciliation_decision decision = { .code = TEXT("1.000001"),
                                                .actor = "lan",
                                                .reason = "thử",
                                                .version = TEXT("2"),
                                                .has_digest = true,
                                                .digest = crypto_sha256(TEXT("another")) };
    bool believed, ours;
    enum status status = reconciliation_weigh(night.store, &decision, &believed, &ours, error);
    if (!status)
        CHECK(!believed && !ours);
    return status ? status : reconciliation_overwrite(night.store, &decision, error);
}

static enum status lose(struct error *error)
{
    struct reconciliation_decision decision = { .code = TEXT("1.000003"), .actor = "lan", .reason = "thử" };
    bool wanted = false;
    enum status status = reconciliation_missing(night.store, &decision, &wanted, error);
    if (!status)
        CHECK(wanted);
    return status;
}

TEST("a reconciliation that breaks off anywhere says so and changes nothing; the next one finds what the "
     "first would have")
{
    publish();
    CHECK(broken_statements_play(&(struct broken_work){ open_run, reconcile, close_store, 1 }) > 40);
    CHECK_INT(counts.listed, 5);
    CHECK_INT(counts.only, 1);
    CHECK_INT(counts.differs + counts.untold, 2);
    CHECK_INT(counts.missing, 1);
    open_run();
    CHECK_INT(
        night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'refreshed' AND code = '1.000000'"),
        1);
    CHECK_INT(
        night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'differs' AND code = '1.000001'"), 1);
    CHECK_INT(
        night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'recalled' AND code = '1.000004'"),
        1);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'reconciled'"), 1);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM procedure_state WHERE state = 'conflict'"), 1);
    night_close(&night);
}

TEST("so does what an operator decides about one procedure")
{
    struct error error = { 0 };
    publish();
    open_run();
    CHECK_INT(reconcile(&error), STATUS_OK);
    night_close(&night);
    CHECK(broken_statements_play(&(struct broken_work){ open_run, settle, close_store, 1 }) > 10);
    CHECK(broken_statements_play(&(struct broken_work){ open_run, lose, close_store, 1 }) > 10);
    open_run();
    CHECK_INT(
        night_number(&night,
                     "SELECT count(*) FROM ledger WHERE event = 'overwrite-ordered' AND code = '1.000001'"),
        1);
    CHECK_INT(
        night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'recalled' AND code = '1.000003'"),
        1);
    night_close(&night);
}
