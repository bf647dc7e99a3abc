/* The outbox: what each change does to a procedure's state, and the event that it leaves in the ledger. */
#include "store/outbox.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "store/ledger.h"
#include "store/store_run.h"
#include "tests/support/test.h"

static struct store *store;
static struct error error;

static void open_store(void)
{
    char path[300];
    int64_t run;
    struct run_start start = { .command = "load", .operator_ = "tester", .host = "here", .version = "0" };
    error = (struct error){ .status = STATUS_OK };
    snprintf(path, sizeof path, "%s/store.db", test_folder());
    CHECK_INT(store_open(path, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
}

static void close_store(void)
{
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    store_close(store);
}

static struct digest digest_of(const char *name)
{
    return crypto_sha256(text_of(name));
}

static void want(const char *code, enum outbox_action action, const char *name)
{
    struct outbox_wish wish = { .action = action, .digest = digest_of(name) };
    struct ledger_event accepted = { .event = "accepted", .code = text_of(code), .digest = &wish.digest };
    CHECK_INT(store_payload_put(store, PAYLOAD_KEPT, &wish.digest, text_of(name), &wish.content, &error),
              STATUS_OK);
    CHECK_INT(ledger_append(store, &accepted, &wish.event, &error), STATUS_OK);
    CHECK_INT(outbox_want(store, text_of(code), 1, &wish, &error), STATUS_OK);
}

static struct outbox_item find(const char *code)
{
    struct outbox_item item = { .attempts = -1 };
    CHECK_INT(outbox_find(store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    return item;
}

static struct outbox_item intend(const char *code, const char *base)
{
    struct outbox_item item = find(code);
    CHECK_INT(outbox_intend(store, &test_arena, &item, text_of(base), &error), STATUS_OK);
    return item;
}

static void answer_with(struct outbox_item item, const struct outbox_answer *answer)
{
    CHECK_INT(outbox_answer(store, &item, answer, &error), STATUS_OK);
    struct outbox_item seen = find(item.code.bytes);
    CHECK_INT(seen.state, item.state); /* the item in memory follows the store */
    CHECK_INT(seen.wanted, item.wanted);
    CHECK_INT(seen.held, item.held);
    CHECK_INT(seen.held_abolished, item.held_abolished);
    CHECK_INT(seen.attempts, item.attempts);
}

static void answer(struct outbox_item item, enum outbox_outcome outcome)
{
    answer_with(item, &(struct outbox_answer){ .outcome = outcome,
                                               .attempts = 2,
                                               .started_at = 1000,
                                               .status = 200,
                                               .version = TEXT("7"),
                                               .etag = TEXT("\"7\""),
                                               .said.words = TEXT("said") });
}

static void publish(const char *code, const char *name)
{
    want(code, OUTBOX_PUBLISH, name);
    answer(intend(code, NULL), OUTBOX_PUBLISHED);
}

/* The detail of the last event of this kind, and how many there are. */
static const struct value *last_event(const char *event, int64_t *count)
{
    struct sqlite_statement *statement;
    struct value *detail = NULL;
    CHECK_INT(sqlite_prepare(store_database(store),
                             "SELECT detail, count(*) OVER (), lower(hex(digest)) FROM ledger WHERE event = "
                             "?1 ORDER BY seq DESC",
                             &statement, &error),
              STATUS_OK);
    sqlite_bind_text(statement, 1, text_of(event));
    *count = 0;
    if (sqlite_step(statement, &error) == STATUS_OK) {
        (void)json_parse(&test_arena, sqlite_column_text(statement, 0), &detail, &error);
        *count = sqlite_number(statement, 1);
    }
    sqlite_finish(statement);
    return detail;
}

TEST("what is wanted waits, and an intent names it with a key of its own")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = find("1.000001");
    CHECK(item.wanted && item.state == OUTBOX_IDLE && !item.held && !item.key.bytes);
    struct text bytes;
    CHECK_INT(store_payload(store, &test_arena, item.content, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT("a"));
    item = intend("1.000001", NULL);
    CHECK(text_starts(item.key, TEXT("congkhai-")));
    CHECK(item.key.length < 255);
    struct outbox_item seen = find("1.000001");
    struct digest digest = digest_of("a");
    CHECK_INT(seen.state, OUTBOX_INTENDED);
    CHECK_TEXT(seen.key, item.key);
    CHECK(digest_equal(&seen.intent_digest, &digest));
    CHECK(!seen.intent_base.bytes);
    want("1.000002", OUTBOX_PUBLISH, "a");
    struct outbox_item other = intend("1.000002", "\"3\"");
    CHECK(!text_equal(other.key, item.key));
    /* the store's own name: so long as a store lives, and of no other */
    CHECK_INT(strspn(item.key.bytes + strlen("congkhai-"), "0123456789abcdef"), 12);
    CHECK_TEXT(text_slice(other.key, 0, 22), text_slice(item.key, 0, 22));
    CHECK_TEXT(find("1.000002").intent_base, TEXT("\"3\""));
    int64_t count;
    const struct value *detail = last_event("intended", &count);
    CHECK_INT(count, 2);
    CHECK_TEXT(value_text_of(detail, "action"), TEXT("publish"));
    CHECK_TEXT(value_text_of(detail, "base"), TEXT("\"3\""));
    CHECK_TEXT(value_text_of(detail, "key"), find("1.000002").key);
    close_store();
}

TEST("published: it is held, nothing is wanted, and the event has the evidence")
{
    open_store();
    publish("1.000001", "a");
    struct outbox_item item = find("1.000001");
    struct digest digest = digest_of("a");
    CHECK(item.held && !item.held_abolished && !item.wanted && item.state == OUTBOX_IDLE && !item.key.bytes);
    CHECK(item.has_held_digest && digest_equal(&item.held_digest, &digest));
    CHECK_TEXT(item.version, TEXT("7"));
    CHECK_TEXT(item.etag, TEXT("\"7\""));
    int64_t count;
    const struct value *detail = last_event("published", &count);
    CHECK_INT(count, 1);
    CHECK_TEXT(value_text_of(detail, "version"), TEXT("7"));
    CHECK_TEXT(value_text_of(detail, "attempt"), TEXT("2"));
    CHECK_TEXT(value_text_of(detail, "status"), TEXT("200"));
    CHECK_TEXT(value_text_of(detail, "started_at"), TEXT("1970-01-01T00:00:01.000Z"));
    CHECK(text_starts(value_text_of(detail, "key"), TEXT("congkhai-")));
    close_store();
}

TEST("what stands there already is not wanted; what differs is")
{
    open_store();
    publish("1.000001", "a");
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK(!find("1.000001").wanted);
    want("1.000001", OUTBOX_PUBLISH, "b");
    CHECK(find("1.000001").wanted);
    want("1.000001", OUTBOX_PUBLISH, "a"); /* back again before it was sent */
    CHECK(!find("1.000001").wanted);
    want("1.000001", OUTBOX_WITHDRAW, "a, abolished");
    answer(intend("1.000001", "\"7\""), OUTBOX_WITHDRAWN);
    struct outbox_item item = find("1.000001");
    struct digest digest = digest_of("a");
    CHECK(item.held && item.held_abolished && !item.wanted);
    CHECK(digest_equal(&item.held_digest, &digest)); /* still readable at the portal */
    want("1.000001", OUTBOX_WITHDRAW, "a, abolished twice");
    CHECK(!find("1.000001").wanted);
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK(find("1.000001").wanted);
    close_store();
}

TEST("refused: this very content waits for a change, another one has its own chance")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    answer(intend("1.000001", NULL), OUTBOX_REFUSED_BY_PORTAL);
    CHECK_INT(find("1.000001").state, OUTBOX_REFUSED);
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK_INT(find("1.000001").state, OUTBOX_REFUSED);
    want("1.000001", OUTBOX_PUBLISH, "b");
    CHECK(find("1.000001").state == OUTBOX_IDLE && find("1.000001").wanted);
    struct outbox_item item = intend("1.000001", NULL);
    want("1.000001", OUTBOX_PUBLISH, "c"); /* changed while it was under way */
    item = find("1.000001");
    CHECK_INT(item.state, OUTBOX_INTENDED);
    answer(item, OUTBOX_REFUSED_BY_PORTAL);
    CHECK(find("1.000001").state == OUTBOX_IDLE && find("1.000001").wanted);
    close_store();
}

TEST("a refused record that goes back to what stands there is no longer kept back")
{
    open_store();
    publish("1.000001", "a");
    want("1.000001", OUTBOX_PUBLISH, "b");
    answer(intend("1.000001", "\"7\""), OUTBOX_REFUSED_BY_PORTAL);
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK(find("1.000001").state == OUTBOX_IDLE && !find("1.000001").wanted);
    close_store();
}

TEST("conflict waits for an operator, whatever changes")
{
    open_store();
    publish("1.000001", "a");
    want("1.000001", OUTBOX_PUBLISH, "b");
    answer(intend("1.000001", "\"7\""), OUTBOX_IN_CONFLICT);
    CHECK_INT(find("1.000001").state, OUTBOX_CONFLICT);
    CHECK_TEXT(find("1.000001").version,
               TEXT("7")); /* what was acknowledged last, not what the stranger put there */
    want("1.000001", OUTBOX_PUBLISH, "c");
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK(find("1.000001").state == OUTBOX_CONFLICT && find("1.000001").wanted);
    CHECK(!find("1.000001").key.bytes);
    close_store();
}

TEST("unknown and failed keep their intent and their key, and count their attempts")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = intend("1.000001", "\"3\"");
    answer(item, OUTBOX_STILL_UNKNOWN);
    CHECK_INT(find("1.000001").state, OUTBOX_UNKNOWN);
    CHECK_INT(find("1.000001").attempts, 2);
    answer(find("1.000001"), OUTBOX_HAS_FAILED);
    struct outbox_item failed = find("1.000001");
    CHECK_INT(failed.state, OUTBOX_FAILED);
    CHECK_INT(failed.attempts, 4);
    CHECK_TEXT(failed.key, item.key);
    CHECK_TEXT(failed.intent_base, TEXT("\"3\""));
    want("1.000001", OUTBOX_PUBLISH, "b"); /* what is under way is settled first */
    failed = find("1.000001");
    CHECK(failed.state == OUTBOX_FAILED && failed.wanted &&
          !digest_equal(&failed.digest, &failed.intent_digest));
    answer(failed, OUTBOX_PUBLISHED);
    failed = find("1.000001");
    CHECK(failed.state == OUTBOX_IDLE && failed.wanted && failed.held);
    close_store();
}

TEST("recalled: it never left, and waits again; what was never there need not be withdrawn")
{
    open_store();
    int64_t count;
    want("1.000001", OUTBOX_PUBLISH, "a");
    answer(intend("1.000001", NULL), OUTBOX_RECALLED);
    CHECK(find("1.000001").state == OUTBOX_IDLE && find("1.000001").wanted && !find("1.000001").key.bytes);
    want("1.000002", OUTBOX_WITHDRAW, "b");
    answer(intend("1.000002", NULL), OUTBOX_ABSENT);
    struct outbox_item item = find("1.000002");
    CHECK(item.state == OUTBOX_IDLE && !item.wanted && !item.held && item.held_absent);
    CHECK(value_find(last_event("recalled", &count), "absent") != NULL);
    CHECK_INT(count, 2);
    want("1.000002", OUTBOX_WITHDRAW, "b");
    CHECK(!find("1.000002").wanted);
    want("1.000002", OUTBOX_WITHDRAW, "another decision");
    CHECK(find("1.000002").wanted);
    want("1.000002", OUTBOX_PUBLISH, "c");
    CHECK(find("1.000002").wanted);
    close_store();
}

TEST("a record that is not wanted any more leaves what stands there and what is under way")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK_INT(outbox_unwant(store, TEXT("1.000001"), 2, &error), STATUS_OK); /* another record's business */
    CHECK(find("1.000001").wanted);
    CHECK_INT(outbox_unwant(store, TEXT("1.000001"), 1, &error), STATUS_OK);
    CHECK(!find("1.000001").wanted && find("1.000001").state == OUTBOX_IDLE);
    want("1.000001", OUTBOX_PUBLISH, "a");
    intend("1.000001", NULL);
    CHECK_INT(outbox_unwant(store, TEXT("1.000001"), 1, &error), STATUS_OK);
    CHECK(!find("1.000001").wanted && find("1.000001").state == OUTBOX_INTENDED);
    want("1.000002", OUTBOX_PUBLISH, "a");
    answer(intend("1.000002", NULL), OUTBOX_REFUSED_BY_PORTAL);
    CHECK_INT(outbox_unwant(store, TEXT("1.000002"), 1, &error), STATUS_OK);
    CHECK_INT(find("1.000002").state, OUTBOX_IDLE);
    CHECK_INT(outbox_unwant(store, TEXT("9.999999"), 1, &error), STATUS_OK);
    close_store();
}

TEST("the list of work begins with what is left over, then what failed, then what is pending")
{
    static const char *const codes[] = { "5", "4", "3", "2", "1", "0" };
    struct outbox_work work;
    open_store();
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        want(codes[i], OUTBOX_PUBLISH, "a");
    intend("4", NULL);
    answer(intend("5", NULL), OUTBOX_STILL_UNKNOWN);
    answer(intend("3", NULL), OUTBOX_HAS_FAILED);
    answer(intend("2", NULL), OUTBOX_REFUSED_BY_PORTAL);
    CHECK_INT(outbox_list(store, &(struct outbox_filter){ .code_count = 0 }, &test_arena, &work, &error),
              STATUS_OK);
    CHECK_INT(work.count, 5);
    CHECK_INT(work.pending, 3);
    CHECK_INT(work.behind, 5);
    for (size_t i = 0; i < work.count; i++)
        CHECK_TEXT(work.codes[i], text_of(((const char *[]){ "4", "5", "3", "0", "1" })[i]));
    struct text some[] = { TEXT("1"), TEXT("3"), TEXT("2"), TEXT("none") };
    CHECK_INT(outbox_list(store, &(struct outbox_filter){ .codes = some, .code_count = 4 }, &test_arena,
                          &work, &error),
              STATUS_OK);
    CHECK_INT(work.count, 2);
    CHECK_TEXT(work.codes[0], TEXT("3"));
    CHECK_TEXT(work.codes[1], TEXT("1"));
    const char *const sources[] = { "none" };
    CHECK_INT(outbox_list(store, &(struct outbox_filter){ .sources = sources, .source_count = 1 },
                          &test_arena, &work, &error),
              STATUS_OK);
    CHECK_INT(work.count, 0);
    CHECK_INT(outbox_find(store, &test_arena, TEXT("9"), &(struct outbox_item){ .attempts = 0 }, &error),
              STATUS_END);
    close_store();
}

TEST("a row that was saved once is changed from then on")
{
    open_store();
    struct outbox_item item = { .code = TEXT("1.000001"), .attempts = 1 };
    CHECK_INT(outbox_save(store, &item, &error), STATUS_OK);
    item.attempts = 2;
    CHECK_INT(outbox_save(store, &item, &error), STATUS_OK);
    CHECK_INT(find("1.000001").attempts, 2);
    close_store();
}

TEST("words are bounded and cut between letters; an attempt that decided nothing is evidence only")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = intend("1.000001", NULL);
    struct buffer BUFFER_OWNED message = { 0 };
    for (int i = 0; i < 1500; i++)
        buffer_string(&message, "ộ");
    CHECK_INT(
        outbox_attempt(store, &item, 1, 5, 503, &(struct said){ .words = buffer_view(&message) }, &error),
        STATUS_OK);
    int64_t count;
    const struct value *detail = last_event("attempted", &count);
    CHECK_INT(value_text_of(detail, "words").length, 1998);
    CHECK_TEXT(value_text_of(detail, "status"), TEXT("503"));
    CHECK_INT(find("1.000001").state, OUTBOX_INTENDED);
    answer_with(item, &(struct outbox_answer){ .outcome = OUTBOX_REFUSED_BY_PORTAL,
                                               .said.words = buffer_view(&message) });
    CHECK_INT(value_text_of(last_event("refused", &count), "words").length, 1998);
    close_store();
}

/* The whole of an event's detail, but for the key's chance. */
static void check_detail(const char *event, struct text key, const char *expected)
{
    int64_t count;
    BUFFER_OWNED struct buffer out = { 0 };
    canonical_write(&out, last_event(event, &count));
    size_t at;
    struct text whole = buffer_view(&out);
    if (CHECK(text_find(whole, key, &at)))
        CHECK_STRING(text_format(&test_arena, TEXT_PRINT "KEY" TEXT_PRINT, TEXT_ARG(text_slice(whole, 0, at)),
                                 TEXT_ARG(text_slice(whole, at + key.length, whole.length)))
                         .bytes,
                     expected);
}

TEST("each event of a delivery says all that is known of it, and nothing that is not")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = intend("1.000001", NULL);
    check_detail("intended", item.key, "{\"action\":\"publish\",\"key\":\"KEY\",\"wanted\":2}");
    CHECK_INT(outbox_attempt(store, &item, 3, 1000, 0, &(struct said){ .words = TEXT_NONE }, &error),
              STATUS_OK);
    check_detail(
        "attempted", item.key,
        "{\"action\":\"publish\",\"attempt\":3,\"key\":\"KEY\",\"started_at\":\"1970-01-01T00:00:01.000Z\"}");
    answer_with(item, &(struct outbox_answer){ .outcome = OUTBOX_PUBLISHED,
                                               .asked = true,
                                               .etag = TEXT("e"),
                                               .answer_digest = TEXT("d") });
    check_detail(
        "published", item.key,
        "{\"action\":\"publish\",\"answer_digest\":\"d\",\"asked\":true,\"attempt\":0,\"etag\":\"e\","
        "\"key\":\"KEY\",\"version\":\"e\"}");
    want("1.000001", OUTBOX_WITHDRAW, "b");
    item = find("1.000001");
    item.approval = 5;
    CHECK_INT(outbox_intend(store, &test_arena, &item, TEXT("v"), &error), STATUS_OK);
    check_detail("intended", item.key,
                 "{\"action\":\"withdraw\",\"approval\":5,\"base\":\"v\",\"key\":\"KEY\",\"wanted\":6}");
    answer_with(item, &(struct outbox_answer){ .outcome = OUTBOX_ABSENT, .attempts = 1, .status = 404 });
    check_detail("recalled", item.key,
                 "{\"absent\":true,\"action\":\"withdraw\",\"attempt\":1,\"base\":\"v\",\"key\":\"KEY\","
                 "\"status\":404}");
    close_store();
}

TEST("what was sent earlier and comes there late is held from then on, under its own key")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item first = intend("1.000001", NULL);
    answer(first, OUTBOX_RECALLED);
    want("1.000001", OUTBOX_PUBLISH, "b");
    struct digest a = digest_of("a"), never = digest_of("never");
    CHECK_INT(outbox_sent_before(store, text_of("1.000001"), &a, &error), STATUS_OK);
    CHECK_INT(outbox_sent_before(store, text_of("1.000001"), &never, &error), STATUS_END);
    CHECK_INT(outbox_sent_before(store, text_of("1.000002"), &a, &error), STATUS_END);
    struct outbox_item second = intend("1.000001", NULL);
    struct outbox_answer late = {
        .outcome = OUTBOX_SUPERSEDED, .version = TEXT("9"), .said.words = TEXT("late"), .earlier = a
    };
    answer_with(second, &late);
    check_detail("published", first.key,
                 "{\"action\":\"publish\",\"attempt\":0,\"key\":\"KEY\",\"version\":\"9\"}");
    struct outbox_item item = find("1.000001");
    CHECK(item.wanted && item.state == OUTBOX_IDLE && item.held && !item.held_abolished);
    CHECK(item.has_held_digest && digest_equal(&item.held_digest, &a));
    CHECK_TEXT(item.version, TEXT("9"));
    item = intend("1.000001", "9");
    late.earlier = never;
    CHECK_INT(outbox_answer(store, &item, &late, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "the store has lost the content of 1.000001");
    close_store();
}

static enum status answered_before(const struct outbox_item *item, const char *version, bool abolished)
{
    return outbox_answered_before(store, item, version ? text_of(version) : TEXT_NONE, TEXT_NONE, abolished,
                                  &error);
}

TEST("an answer is one of earlier by its version or, where it has none, by what was acknowledged")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = intend("1.000001", NULL);
    CHECK_INT(answered_before(&item, "1", false), STATUS_END);
    CHECK_INT(answered_before(&item, NULL, false), STATUS_END);
    answer_with(item, &(struct outbox_answer){ .outcome = OUTBOX_PUBLISHED, .version = TEXT("1") });
    CHECK_INT(answered_before(&item, "1", false), STATUS_OK);
    CHECK_INT(answered_before(&item, "2", false), STATUS_END);
    CHECK_INT(answered_before(&item, NULL, false), STATUS_OK);
    CHECK_INT(answered_before(&item, "1", true), STATUS_END);
    want("1.000001", OUTBOX_PUBLISH, "b");
    item = intend("1.000001", "1");
    CHECK_INT(answered_before(&item, NULL, false), STATUS_END);
    answer(item, OUTBOX_RECALLED);
    want("1.000001", OUTBOX_WITHDRAW, "c");
    item = intend("1.000001", "1");
    CHECK_INT(answered_before(&item, NULL, true), STATUS_END);
    answer_with(item, &(struct outbox_answer){ .outcome = OUTBOX_WITHDRAWN, .etag = TEXT("e") });
    CHECK_INT(answered_before(&item, "e", true), STATUS_OK);
    CHECK_INT(outbox_answered_before(store, &item, TEXT_NONE, TEXT("e"), true, &error), STATUS_OK);
    CHECK_INT(outbox_answered_before(store, &item, TEXT_NONE, TEXT("another"), true, &error), STATUS_END);
    CHECK_INT(answered_before(&item, NULL, true), STATUS_OK);
    close_store();
}

TEST("a delivery at which a run stopped goes behind all others, with the words")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    struct outbox_item item = find("1.000001");
    CHECK_INT(outbox_put_behind(store, &item, TEXT("no right"), &error), STATUS_OK);
    CHECK(find("1.000001").behind);
    CHECK_TEXT(find("1.000001").message, TEXT("no right"));
    close_store();
}

TEST("what is rolled back has never been: neither intent nor event")
{
    open_store();
    want("1.000001", OUTBOX_PUBLISH, "a");
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    intend("1.000001", NULL);
    store_rollback(store);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    int64_t count;
    last_event("intended", &count);
    CHECK_INT(count, 0);
    CHECK_INT(find("1.000001").state, OUTBOX_IDLE);
    answer(intend("1.000001", NULL), OUTBOX_PUBLISHED);
    close_store();
}

TEST("the names are those of the store's columns")
{
    CHECK_STRING(outbox_state_name(OUTBOX_CONFLICT), "conflict");
    CHECK_STRING(outbox_action_name(OUTBOX_WITHDRAW), "withdraw");
}
