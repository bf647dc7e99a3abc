#include "store/retention.h"

#include "adapters/crypto.h"
#include "adapters/deflate.h"
#include "tests/support/broken_statements.h"
#include "tests/support/night.h"
#include "tests/support/test.h"
#include "tests/support/verified.h"

#define DAY_MS INT64_C(86400000)

static struct night night;

static void open_store(void)
{
    static char filler[3000];
    memset(filler, 'x', sizeof filler - 1);
    night = (struct night){ .filler = filler };
    night_open(&night, text_format(&test_arena, "%s/a.db", test_folder()).bytes, NULL);
}

static struct retention_done keep_house(int64_t source_ms, int64_t budget_ms)
{
    struct retention_done done;
    struct error error = { 0 };
    CHECK_INT(retention_run(night.store, &(struct retention_settings){ source_ms, budget_ms }, &done, &error),
              STATUS_OK);
    return done;
}

static void begin(const char *first_name)
{
    night_begin(&night);
    night_record(&night, "1.000001", first_name, "1");
    night_record(&night, "1.000002", "Hai", "1");
    night_work(&night);
    night_deliver(&night);
}

#define SOURCES "SELECT count(*) FROM payload WHERE kept = 0 AND "

TEST("source bytes are packed once the run that brought them is over, contents never")
{
    open_store();
    begin("Một");
    CHECK_INT(keep_house(0, 0).packed, 0);
    night_end(&night);
    begin("Một");
    struct retention_done done = keep_house(0, 0);
    CHECK_INT(done.packed, 2);
    CHECK(done.bytes_after < done.bytes_before / 10);
    CHECK_INT(keep_house(0, 0).packed, 0);
    night_end(&night);
    CHECK_INT(night_number(&night, SOURCES "encoding = 1"), 2);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM payload WHERE kept = 1 AND encoding <> 0"), 0);
    CHECK(verified(night.store));
    night_close(&night);
}

TEST("a packed payload reads as it was")
{
    struct error error = { 0 };
    struct text before, after;
    open_store();
    begin("Một");
    int64_t payload = night_number(&night, "SELECT min(id) FROM payload WHERE kept = 0");
    CHECK_INT(store_payload(night.store, &test_arena, payload, &before, &error), STATUS_OK);
    night_end(&night);
    begin("Một");
    keep_house(0, 0);
    CHECK_INT(store_payload(night.store, &test_arena, payload, &after, &error), STATUS_OK);
    CHECK_TEXT(after, before);
    night_close(&night);
}

TEST("bytes that come packed read as they were, come back packed when they were forgotten, and lie open as a "
     "content")
{
    struct error error = { 0 };
    struct text bytes, read;
    BUFFER_OWNED struct buffer packed = { 0 };
    struct deflate *deflate = deflate_open();
    int64_t payload, again;
    open_store();
    begin("Một");
    bytes = text_format(&test_arena, "%s, not said before", night.filler);
    struct digest digest = crypto_sha256(bytes);
    CHECK(deflate_pack(deflate, bytes, &packed));
    CHECK_INT(
        store_payload_put_packed(night.store, &digest, bytes.length, buffer_view(&packed), &payload, &error),
        STATUS_OK);
    CHECK_INT(store_payload(night.store, &test_arena, payload, &read, &error), STATUS_OK);
    CHECK_TEXT(read, bytes);
    CHECK_INT(sqlite_run(store_database(night.store),
                         "UPDATE payload SET bytes = NULL, encoding = 0, forgotten = 1 WHERE encoding = 1",
                         &error),
              STATUS_OK);
    CHECK_INT(
        store_payload_put_packed(night.store, &digest, bytes.length, buffer_view(&packed), &again, &error),
        STATUS_OK);
    CHECK_INT(again, payload);
    CHECK_INT(store_payload_by_digest(night.store, &test_arena, &digest, &read, &error), STATUS_OK);
    CHECK_TEXT(read, bytes);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM payload WHERE encoding = 1 AND forgotten IS NULL"),
              1);
    CHECK_INT(store_payload_put(night.store, PAYLOAD_KEPT, &digest, bytes, &again, &error), STATUS_OK);
    CHECK_INT(again, payload);
    CHECK_INT(
        night_number(&night,
                     "SELECT count(*) FROM payload WHERE kept = 1 AND encoding = 0 AND length(bytes) = size"
                     " AND id = (SELECT max(id) FROM payload)"),
        1);
    deflate_close(deflate);
    night_close(&night);
}

TEST("packed bytes that were damaged are a matter of the ledger")
{
    struct error error = { 0 };
    struct text bytes;
    open_store();
    begin("Một");
    night_end(&night);
    begin("Một");
    keep_house(0, 0);
    CHECK_INT(sqlite_run(store_database(night.store),
                         "UPDATE payload SET bytes = zeroblob(50) WHERE encoding = 1", &error),
              STATUS_OK);
    CHECK_INT(store_payload(night.store, &test_arena,
                            night_number(&night, "SELECT id FROM payload WHERE encoding = 1"), &bytes,
                            &error),
              STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "damaged");
    night_close(&night);
}

TEST("what no record needs any more is forgotten when its time is over, by an event that names it")
{
    open_store();
    begin("Một");
    night_end(&night);
    begin("Mốt");
    CHECK_INT(keep_house(30 * DAY_MS, 0).forgotten, 0); /* not old enough */
    night_end(&night);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM superseded"), 1);
    night.clock.now += 31 * DAY_MS;
    begin("Mốt");
    CHECK_INT(keep_house(30 * DAY_MS, 0).forgotten, 1);
    night_end(&night);
    CHECK_INT(
        night_number(
            &night, SOURCES
            "bytes IS NULL AND size > 0 AND forgotten = (SELECT seq FROM ledger WHERE event = 'forgotten')"),
        1);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM superseded"), 0);
    CHECK(verified(night.store));
    night_close(&night);
}

TEST("without a time nothing is forgotten")
{
    open_store();
    begin("Một");
    night_end(&night);
    begin("Mốt");
    night_end(&night);
    night.clock.now += 3650 * DAY_MS;
    begin("Mốt");
    CHECK_INT(keep_house(0, 0).forgotten, 0);
    night_close(&night);
}

TEST("bytes that came back into use are kept, and counted from when they are left again")
{
    open_store();
    begin("Một");
    night_end(&night);
    begin("Mốt");
    night_end(&night);
    begin("Một"); /* as it was */
    night_end(&night);
    night.clock.now += 31 * DAY_MS;
    begin("Một");
    CHECK_INT(keep_house(30 * DAY_MS, 0).forgotten, 1); /* only "Mốt" */
    night_end(&night);
    CHECK_INT(night_number(&night, SOURCES "bytes IS NULL"), 1);
    begin("Mốt");
    CHECK_INT(keep_house(30 * DAY_MS, 0).forgotten, 0);
    night_end(&night);
    CHECK_INT(night_number(&night, SOURCES "bytes IS NULL"), 0); /* staged again, so kept again */
    CHECK(verified(night.store));
    night_close(&night);
}

TEST("the bytes of a record that left its source are forgotten too, and staged again when it is back")
{
    open_store();
    begin("Một");
    night_end(&night);
    night_begin(&night);
    night_record(&night, "1.000001", "Một", "1");
    night_work(&night);
    night_end(&night);
    night.clock.now += 31 * DAY_MS;
    night_begin(&night);
    night_record(&night, "1.000001", "Một", "1");
    night_work(&night);
    CHECK_INT(keep_house(30 * DAY_MS, 0).forgotten, 1);
    night_end(&night);
    begin("Một");
    night_end(&night);
    CHECK_INT(night_number(&night, SOURCES "bytes IS NULL"), 0);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM record WHERE present = 1 AND work = 0"), 2);
    CHECK(verified(night.store));
    night_close(&night);
}

TEST("packing keeps to its time and goes on in the next run")
{
    char code[20];
    open_store();
    night_begin(&night);
    for (int i = 0; i < 1000; i++) {
        snprintf(code, sizeof code, "1.%06d", i);
        night_record(&night, code, "Một", "1");
    }
    night_work(&night);
    night_end(&night);
    int64_t packed = 0, runs = 0;
    while (packed < 1000 && runs++ < 20) {
        begin("Một");
        packed +=
            keep_house(0, 1).packed; /* the tests' clock goes on by a millisecond whenever somebody looks */
        night_end(&night);
    }
    CHECK_INT(packed, 1000);
    CHECK(runs > 1);
    CHECK(verified(night.store));
    night_close(&night);
}

/* A source that gives canonical procedures: its bytes are the content. */
static int64_t put(enum payload_use use, struct text bytes)
{
    struct digest digest = crypto_sha256(bytes);
    struct error error = { 0 };
    int64_t payload = 0;
    CHECK_INT(store_payload_put(night.store, use, &digest, bytes, &payload, &error), STATUS_OK);
    return payload;
}

TEST("bytes that are a source's and a content are one payload, which stays as it is in whatever order they "
     "come")
{
    static char bytes[3000];
    memset(bytes, 'y', sizeof bytes - 1);
    struct text both = text_of(bytes), packed_first;
    struct error error = { 0 };
    open_store();
    begin("Một");
    int64_t payload = put(PAYLOAD_SOURCE, both);
    CHECK_INT(put(PAYLOAD_KEPT, both), payload);
    CHECK_INT(put(PAYLOAD_SOURCE, both), payload);
    bytes[0] = 'z';
    packed_first = text_of(bytes);
    int64_t other = put(PAYLOAD_SOURCE, packed_first);
    night_end(&night);
    night_begin(&night);
    night_work(&night);
    keep_house(0, 0);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM payload WHERE encoding = 1 AND size = 2999"), 1);
    CHECK_INT(put(PAYLOAD_KEPT, packed_first), other); /* a second night: now it is a content */
    CHECK_INT(
        night_number(&night,
                     "SELECT count(*) FROM payload WHERE encoding = 0 AND kept = 1 AND length(bytes) = 2999"),
        2);
    struct text read;
    CHECK_INT(store_payload(night.store, &test_arena, other, &read, &error), STATUS_OK);
    CHECK(text_equal(read, packed_first));
    night_end(&night);
    CHECK(verified(night.store));
    night_close(&night);
}

TEST(
    "what an event calls a content is never forgotten, though its mark was taken away and no record needs it")
{
    open_store();
    begin("Một");
    night_end(&night);
    night.clock.now += 10 * DAY_MS;
    begin("Hai");
    struct error error = { 0 };
    CHECK_INT(
        sqlite_run(
            store_database(night.store),
            "INSERT OR REPLACE INTO superseded SELECT content, 1 FROM record; UPDATE payload SET kept = 0",
            &error),
        STATUS_OK);
    keep_house(DAY_MS, 0);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM payload p WHERE bytes IS NULL AND EXISTS"
                                   " (SELECT 1 FROM ledger l WHERE l.digest = p.digest)"),
              0);
    night_end(&night);
    night_close(&night);
}

/* ---- a night that breaks off ---- */

static const char *path;
static struct retention_done last; /* of the last round: the nights before may have done it */

static void open_again(void)
{
    struct error error = { 0 };
    night_open(&night, path, NULL);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
}

static enum status keep_house_all(struct error *error)
{
    return retention_run(night.store, &(struct retention_settings){ 30 * DAY_MS, 0 }, &last, error);
}

static void close_again(void)
{
    night_close(&night);
}

TEST("housekeeping that breaks off anywhere says so, and the next night does what is left, once")
{
    path = text_format(&test_arena, "%s/a.db", test_folder()).bytes;
    static char filler[3000];
    memset(filler, 'x', sizeof filler - 1);
    night = (struct night){ .filler = filler };
    night_open(&night, path, NULL);
    begin("Một");
    night_end(&night);
    begin("Mốt");
    night_end(&night);
    night_close(&night);
    night.clock.now += 31 * DAY_MS;
    CHECK(broken_statements_play(&(struct broken_work){ open_again, keep_house_all, close_again, 1 }) > 20);
    open_again();
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'forgotten'"), 1);
    CHECK_INT(night_number(&night, SOURCES "bytes IS NULL AND forgotten IS NOT NULL"), 1);
    CHECK_INT(night_number(&night, SOURCES "bytes IS NOT NULL AND encoding = 0"), 0);
    CHECK(verified(night.store));
    night_close(&night);
}
