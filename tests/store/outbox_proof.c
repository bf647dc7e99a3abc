/* What the rows of the outbox rest on: an office in which everything has happened once is believed, and no column of any
 * row can be changed without somebody's noticing. */
#include "store/outbox_proof.h"

#include "adapters/json.h"
#include "store/ledger.h"
#include "store/operator_order.h"
#include "store/outbox_scan.h"
#include "store/reconciliation.h"
#include "store/rekey.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;
static struct error error;

static struct outbox_item find(const char *code)
{
    struct outbox_item item;
    CHECK_INT(outbox_find(night.store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    return item;
}

static void begin(void)
{
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
}

static void begin_run(void)
{
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
}

static void commit(void)
{
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
}

static struct outbox_item intend(const char *code)
{
    struct outbox_item item = find(code);
    begin();
    CHECK_INT(outbox_intend(night.store, &test_arena, &item,
                            item.held ? text_format(&test_arena, "\"" TEXT_PRINT "\"", TEXT_ARG(item.version))
                                      : TEXT_NONE,
                            &error),
              STATUS_OK);
    commit();
    return item;
}

static struct digest first_of_34;

static void answer(const char *code, enum outbox_outcome outcome)
{
    struct outbox_item item = intend(code);
    struct outbox_answer answer = { .outcome = outcome,
                                    .attempts = 3,
                                    .status = 200,
                                    .version = text_of("v"),
                                    .etag = text_of("\"e\""),
                                    .said.words = TEXT("words") };
    if (!strcmp(code, "34"))
        first_of_34 = item.intent_digest;
    begin();
    CHECK_INT(outbox_answer(night.store, &item, &answer, &error), STATUS_OK);
    commit();
}

static struct reconciliation_decision decision(const char *code, const char *content)
{
    struct reconciliation_decision decision = { .code = text_of(code),
                                                .actor = "lan",
                                                .reason = "seen there",
                                                .version = TEXT("77"),
                                                .base = TEXT("\"77\""),
                                                .content = text_of(content),
                                                .has_digest = content != NULL };
    if (content)
        decision.digest = crypto_sha256(text_of(content));
    return decision;
}

static void retry(const char *code)
{
    struct text codes[] = { text_of(code) };
    struct operator_order_counts counts;
    struct operator_order_request request = { .actor = "lan",
                                              .reason = "again",
                                              .filter = { .codes = codes, .code_count = 1 } };
    CHECK_INT(operator_order_retry(night.store, &request, &counts, &error), STATUS_OK);
}

static void withdraw(const char *code)
{
    enum operator_order_result result;
    CHECK_INT(operator_order_withdraw(
                  night.store, &(struct operator_order){ text_of(code), "12/QĐ-UBND", "abolished", "lan" },
                  &result, &error),
              STATUS_OK);
    CHECK_INT(result, OPERATOR_ORDERED);
}

/* The portal lists all that is held: one under another version, of one another hand's content. */
static void reconcile(const char *other, const char *strange)
{
    struct reconciliation_counts counts;
    struct digest theirs = crypto_sha256(TEXT("another hand's"));
    CHECK_INT(reconciliation_listing_begin(night.store, &error), STATUS_OK);
    begin();
    for (int i = 10; i < 36; i++) {
        const char *code = text_format(&test_arena, "%d", i).bytes;
        struct outbox_item item = find(code);
        struct reconciliation_entry entry = {
            .code = text_of(code),
            .version = strcmp(code, other) ? item.version : TEXT("another"),
            .digest = strcmp(code, strange) ? &item.held_digest : &theirs,
            .status = item.held_abolished ? "abolished" : "published",
        };
        bool added;
        if (item.held)
            CHECK_INT(reconciliation_listing_put(night.store, &entry, &added, &error), STATUS_OK);
    }
    commit();
    CHECK_INT(reconciliation_compare(night.store, &counts, &error), STATUS_OK);
    CHECK_INT(counts.refreshed, 1);
    CHECK_INT(counts.conflict, 1);
    CHECK_INT(counts.missing, 0);
}

static enum status new_key(void *user_data, struct text bytes, struct text context, struct text locator,
                           struct arena *arena, struct text *key, struct error *why)
{
    (void)user_data, (void)context, (void)locator, (void)arena, (void)why;
    size_t end = bytes.length;
    text_find(bytes, TEXT("\t"), &end);
    *key = text_format(&test_arena, "K" TEXT_PRINT, TEXT_ARG(text_slice(bytes, 0, end)));
    return STATUS_OK;
}

static void rekey(const char *address)
{
    begin();
    CHECK_INT(rekey_source(night.store, "so-tu-phap", address, new_key, NULL, &error), STATUS_OK);
    commit();
}

static const char *name_on(int number, int day)
{
    return text_format(&test_arena, "Thủ tục %d, ngày %d", number, number < 20 || day < 2 ? 1 : day).bytes;
}

/* Codes from 20 on change with each night; 30 is abolished in the second, 31 and 19, which waits, have lost their names. */
static void list(int day)
{
    for (int i = 10; i < 36; i++) {
        const char *code = text_format(&test_arena, "%d", i).bytes;
        const char *status = day > 1 && i == 30 ? "abolished" : "announced";
        const char *name = day > 1 && (i == 31 || i == 19) ? "" : name_on(i, day);
        night_stage(&night, code, status, name, "1");
    }
    night_work(&night);
}

/* Everything that can become of a procedure, once. */
static void open_office(void)
{
    static const enum outbox_outcome first[] = { OUTBOX_STILL_UNKNOWN, OUTBOX_HAS_FAILED,
                                                 OUTBOX_REFUSED_BY_PORTAL, OUTBOX_IN_CONFLICT,
                                                 OUTBOX_RECALLED };
    night = (struct night){ 0 };
    night_open(&night, text_format(&test_arena, "%s/a.db", test_folder()).bytes, NULL);
    begin_run();
    rekey("/old");
    CHECK_INT(staging_open(night.store, "so-tu-phap", NULL, &night.staging, &error), STATUS_OK);
    list(1);
    answer("10", OUTBOX_PUBLISHED);
    for (int i = 11; i <= 15; i++)
        answer(text_format(&test_arena, "%d", i).bytes, first[i - 11]);
    answer("16", OUTBOX_REFUSED_BY_PORTAL);
    answer("17", OUTBOX_IN_CONFLICT);
    for (int i = 20; i < 36; i++)
        answer(text_format(&test_arena, "%d", i).bytes, i == 33   ? OUTBOX_IN_CONFLICT
                                                        : i == 34 ? OUTBOX_RECALLED
                                                                  : OUTBOX_PUBLISHED);
    night_end(&night);

    night_begin(&night);
    list(2);
    retry("16");
    struct reconciliation_decision theirs = decision("33", "{\"code\":\"33\"}"), over = decision("17", NULL);
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    CHECK_INT(reconciliation_overwrite(night.store, &over, &error), STATUS_OK);
    theirs = decision("35", "{\"code\":\"35\"}");
    theirs.abolished = true;
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    answer("20", OUTBOX_PUBLISHED);
    answer("22", OUTBOX_STILL_UNKNOWN);
    answer("23", OUTBOX_IN_CONFLICT);
    answer("30", OUTBOX_WITHDRAWN);
    withdraw("24");
    withdraw("25");
    answer("25", OUTBOX_ABSENT);
    withdraw("26");
    retry("26");
    (void)intend("27");
    bool wanted;
    struct reconciliation_decision lost = decision("28", NULL);
    CHECK_INT(reconciliation_missing(night.store, &lost, &wanted, &error), STATUS_OK);
    struct outbox_item late = intend("34");
    begin();
    CHECK_INT(outbox_answer(night.store, &late,
                            &(struct outbox_answer){
                                .outcome = OUTBOX_SUPERSEDED, .version = TEXT("9"), .earlier = first_of_34 },
                            &error),
              STATUS_OK);
    commit();
    reconcile("21", "32");
    night_end(&night);

    begin_run();
}

static void close_office(void)
{
    CHECK_INT(store_run_end(night.store, 0, &night.counts, NULL, &error), STATUS_OK);
    night_close(&night);
}

/* ---- doubts ---- */

static struct {
    size_t count;
    const char *code, *sentence;
    int64_t event;
} said;

static enum status say(void *user_data, struct text code, int64_t event, const char *sentence,
                       struct error *why)
{
    (void)user_data, (void)why;
    said.count++;
    said.event = event;
    said.code = text_string(&test_arena, code);
    said.sentence = sentence;
    return STATUS_OK;
}

static size_t doubts(const struct outbox_filter *filter)
{
    said.count = 0;
    CHECK_INT(outbox_prove(night.store, filter, say, NULL, &error), STATUS_OK);
    return said.count;
}

static void change(const char *sql)
{
    if (!CHECK_INT(sqlite_run(store_database(night.store), sql, &error), STATUS_OK))
        printf("  %s: %s\n", sql, error.message);
}

TEST("an office in which everything has happened once follows from its events")
{
    open_office();
    if (!CHECK_INT(doubts(NULL), 0))
        printf("  %s: %s\n", said.code, said.sentence);
    CHECK_INT(doubts(&(struct outbox_filter){ .code_count = 0 }), 0);
    rekey("/new");
    if (!CHECK_INT(doubts(NULL), 0))
        printf("  %s: %s\n", said.code, said.sentence);
    change("UPDATE record SET key = '10' WHERE key = 'K10'");
    CHECK_INT(doubts(NULL), 1);
    CHECK_STRING(said.code, "10");
    close_office();
}

TEST("whatever column of a row is changed, it does not follow any more, and the row is named")
{
    static const struct {
        const char *code, *set, *sentence;
    } changes[] = {
        { "10", "held_status = 'abolished'", "believe to stand" },
        { "10", "held_status = 'absent'", "believe to stand" },
        { "10", "held_status = NULL", "believe to stand" },
        { "10", "held_digest = randomblob(32)", "believe to stand" },
        { "10", "held_digest = NULL, held_content = NULL", "believe to stand" },
        { "10", "held_event = held_event - 1", "believe to stand" },
        { "10", "held_version = 'other'", "its version" },
        { "10", "held_etag = '\"other\"'", "its version" },
        { "10", "held_content = (SELECT held_content FROM procedure_state WHERE code = '20')",
          "another digest" },
        { "10", "state = 'conflict'", "stands in its way" },
        { "10", "state = 'intended', intent_key = 'k'", "whether a delivery is open" },
        { "10", "dismissed = randomblob(32)", "set aside" },
        { "10", "ordered = 1", "an operator ordered" },
        { "10", "overwrite = '*', overwrite_event = 1", "to be overwritten" },
        { "10", "record = NULL", "another record" },
        { "10", "record = (SELECT record FROM procedure_state WHERE code = '20')", "another record" },
        { "10", "wanted_action = 'publish', wanted_digest = held_digest, wanted_content = held_content",
          "no event says" },
        { "10", "wanted_content = 1", "never write" },
        { "10", "intent_base = 'x'", "never write" },
        { "11", "state = 'failed'", "stands in its way" },
        { "11", "state = 'idle', intent_key = NULL", "whether a delivery is open" },
        { "11", "intent_key = 'another'", "was intended" },
        { "11", "intent_action = 'withdraw'", "was intended" },
        { "11", "intent_digest = randomblob(32)", "was intended" },
        { "11", "intent_base = '*'", "was intended" },
        { "11", "intent_event = intent_event - 1", "was intended" },
        { "12", "wanted_action = 'withdraw'", "is not what its event says" },
        { "12", "wanted_digest = randomblob(32)", "is not what its event says" },
        { "12", "wanted_event = wanted_event - 1", "no event says" },
        { "12", "wanted_action = NULL, wanted_digest = NULL, wanted_content = NULL, wanted_event = NULL",
          "nothing is" },
        { "12", "state = CAST('failed' AS BLOB)", NULL },
        { "12", "wanted_action = 'replace'", NULL },
        { "13", "state = 'idle'", "stands in its way" },
        { "17", "overwrite = '*'", "to be overwritten" },
        { "17", "overwrite_event = overwrite_event - 1", "to be overwritten" },
        { "24", "ordered = NULL", "an operator ordered" },
        { "24", "ordered = ordered - 1", "an operator ordered" },
        { "25", "held_status = 'published'", "believe to stand" },
        { "33", "dismissed = randomblob(32)", "set aside" },
        { "33", "dismissed = NULL", "set aside" },
        { "33", "dismissed_event = dismissed_event - 1", "set aside" },
        { "21", "held_version = 'v'", "its version" },
        { "32", "state = 'idle'", "stands in its way" },
    };
    open_office();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change("SAVEPOINT before");
        change(text_format(&test_arena, "UPDATE procedure_state SET %s WHERE code = '%s'", changes[i].set,
                           changes[i].code)
                   .bytes);
        if (!CHECK(doubts(NULL) >= 1) || !CHECK_STRING(said.code, changes[i].code) ||
            (changes[i].sentence && !CHECK_CONTAINS(said.sentence, changes[i].sentence)))
            printf("  %s: %s\n", changes[i].code, changes[i].set);
        CHECK_INT(said.count, 1);
        change("ROLLBACK TO before");
        change("RELEASE before");
    }
    close_office();
}

/* ---- over what is at rest ---- */

static void append(const char *event, const char *source, const char *code, const char *members)
{
    struct value *detail;
    struct digest digest = crypto_sha256(TEXT("another's"));
    CHECK_INT(json_parse(&test_arena, text_of(members), &detail, &error), STATUS_OK);
    struct ledger_event made = {
        .event = event, .source = source, .code = text_of(code), .digest = &digest, .detail = detail
    };
    begin();
    CHECK_INT(ledger_append(night.store, &made, NULL, &error), STATUS_OK);
    commit();
}

static void list_same(const char *name)
{
    for (int i = 40; i < 60; i++)
        night_stage(&night, text_format(&test_arena, "%d", i).bytes, "announced", name, "1");
    night_work(&night);
}

/* All have been published, and nobody wants anything but what is decided here. */
static void open_quiet_office(void)
{
    night = (struct night){ 0 };
    night_open(&night, text_format(&test_arena, "%s/q.db", test_folder()).bytes, NULL);
    night_begin(&night);
    list_same("Một");
    night_deliver(&night);
    night_end(&night);
    night_begin(&night);
    list_same("Một");
}

static void no_doubt(const char *what)
{
    if (!CHECK_INT(doubts(NULL), 0))
        printf("  %s: %s: %s\n", what, said.code, said.sentence);
}

static void doubted(const char *code, const char *set, const char *sentence)
{
    change("SAVEPOINT before");
    change(text_format(&test_arena, "UPDATE procedure_state SET %s WHERE code = '%s'", set, code).bytes);
    if (!CHECK_INT(doubts(NULL), 1) || !CHECK_STRING(said.code, code) ||
        !CHECK_CONTAINS(said.sentence, sentence) || !CHECK(said.event > 0))
        printf("  %s: %s\n", code, set);
    change("ROLLBACK TO before");
    change("RELEASE before");
}

TEST("what an operator decides over what is at rest names what it set aside, and a later word lifts it")
{
    struct reconciliation_decision theirs = decision("40", "{\"code\":\"40\"}");
    open_quiet_office();
    no_doubt("at rest");
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    no_doubt("adopted");
    doubted("40", "dismissed = NULL, dismissed_event = NULL", "set aside");
    doubted("40", "dismissed = randomblob(32)", "set aside");
    withdraw("41");
    no_doubt("ordered");
    doubted("41", "dismissed = NULL, dismissed_event = NULL", "set aside");
    doubted("41", "ordered = NULL", "an operator ordered");
    withdraw("42");
    struct outbox_item order = intend("42"), left = find("42");
    CHECK_INT(left.intent_action, OUTBOX_WITHDRAW);
    CHECK_INT(left.intent_content, order.intent_content);
    begin();
    CHECK_INT(
        outbox_answer(night.store, &left, &(struct outbox_answer){ .outcome = OUTBOX_WITHDRAWN }, &error),
        STATUS_OK);
    commit();
    no_doubt("withdrawn");
    retry("42");
    no_doubt("an order lifted");
    CHECK(!find("42").ordered && !find("42").has_dismissed);
    doubted("42", "ordered = 1", "an operator ordered");
    theirs = decision("43", "{\"code\":\"43\"}");
    theirs.abolished = true;
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    no_doubt("adopted as abolished");
    doubted("43", "held_status = 'published'", "believe to stand");
    withdraw("44");
    theirs = decision("44", "{\"code\":\"44\"}");
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    no_doubt("adopted under an order");
    theirs.abolished = true;
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    no_doubt("and once more, abolished");
    withdraw("55");
    night_deliver(&night);
    theirs = decision("55", "{\"code\":\"55\"}");
    theirs.abolished = true;
    CHECK_INT(reconciliation_adopt(night.store, &theirs, &error), STATUS_OK);
    CHECK(find("55").ordered);
    no_doubt("adopted as abolished after an order that was carried out");
    doubted("55", "ordered = NULL", "an operator ordered");
    bool wanted;
    theirs = decision("46", NULL);
    CHECK_INT(reconciliation_missing(night.store, &theirs, &wanted, &error), STATUS_OK);
    CHECK(wanted);
    no_doubt("gone at the portal, and wanted anew");
    doubted("46", "wanted_event = wanted_event - 1", "no event says");
    theirs = decision("45", NULL);
    CHECK_INT(reconciliation_overwrite(night.store, &theirs, &error), STATUS_OK);
    no_doubt("overwritten");
    retry("40");
    no_doubt("an adoption lifted");
    night_close(&night);
}

TEST("a record that gave up its code is known by its new key where it spoke before, too")
{
    open_office();
    begin();
    CHECK_INT(outbox_unwant(night.store, TEXT("20"), find("20").record, &error), STATUS_OK);
    commit();
    append("recoded", "so-tu-phap", "20", "{\"became\":\"another\",\"key\":\"20\"}");
    change("UPDATE record SET code = 'another' WHERE key = '20'");
    CHECK_INT(doubts(NULL), 0);
    rekey("/new");
    if (!CHECK_INT(doubts(NULL), 0))
        printf("  %s: %s\n", said.code, said.sentence);
    close_office();
}

TEST("what is said of another record, another source or another key moves nothing")
{
    open_quiet_office();
    night_end(&night);
    night_begin(&night);
    list_same("Hai");
    no_doubt("wanted");
    struct digest known = find("46").held_digest;
    begin();
    CHECK_INT(ledger_append(night.store,
                            &(struct ledger_event){ .event = "accepted",
                                                    .source = "another",
                                                    .code = TEXT("46"),
                                                    .digest = &known,
                                                    .detail = NULL },
                            NULL, &error),
              STATUS_OK);
    commit();
    no_doubt("accepted, and without a word of its status: it does not speak");
    append("rejected", "so-tu-phap", "46", "{\"key\":\"another\"}");
    append("held", "another", "47", "{\"key\":\"47\"}");
    append("recoded", "so-tu-phap", "48", "{\"key\":\"another\"}");
    append("recoded", "another", "48", "{\"key\":\"48\"}");
    append("rekeyed", "another", "49", "{\"key\":\"K\",\"was\":\"49\"}");
    append("rekeyed", "so-tu-phap", "49", "{\"key\":\"K\",\"was\":\"another\"}");
    withdraw("57");
    append("retried", "so-tu-phap", "57", "{\"state\":\"decided\"}");
    append("retried", NULL, "50", "{\"state\":\"sent-back\"}");
    no_doubt("of others");
    struct outbox_item said_later = intend("52");
    (void)intend("51");
    struct outbox_item left = find("51");
    begin();
    CHECK_INT(
        outbox_answer(night.store, &left, &(struct outbox_answer){ .outcome = OUTBOX_PUBLISHED }, &error),
        STATUS_OK);
    CHECK_INT(outbox_unwant(night.store, TEXT("52"), said_later.record, &error), STATUS_OK);
    commit();
    append("rejected", "so-tu-phap", "52", "{\"key\":\"52\"}");
    no_doubt("what was under way is held, or goes on");
    begin();
    CHECK_INT(outbox_unwant(night.store, TEXT("56"), find("56").record, &error), STATUS_OK);
    commit();
    CHECK_INT(doubts(NULL), 1);
    CHECK_CONTAINS(said.sentence, "nothing is");
    change("UPDATE record SET work = 1 WHERE key = '56'");
    no_doubt("of a record that is to be worked on nothing is wanted yet");
    change("UPDATE record SET code = 'another', work = 0 WHERE key = '56'");
    no_doubt("nor of one that goes by another code now");
    append("rejected", "so-tu-phap", "46", "{\"key\":\"46\"}");
    CHECK_INT(doubts(NULL), 1);
    CHECK_STRING(said.code, "46");
    CHECK_CONTAINS(said.sentence, "a later one overrules it");
    append("recoded", "so-tu-phap", "48", "{\"key\":\"48\"}");
    CHECK_INT(doubts(NULL), 2);
    begin();
    CHECK_INT(outbox_unwant(night.store, TEXT("46"), find("46").record, &error), STATUS_OK);
    CHECK_INT(outbox_unwant(night.store, TEXT("48"), find("48").record, &error), STATUS_OK);
    commit();
    no_doubt("and the rows say so, too");
    night_close(&night);
}

#define NOTE(event, code)                                                                                    \
    "SELECT count(*) FROM ledger WHERE event = '" event "' AND code = '" code                                \
    "' AND json_extract(detail, '$.ordered') = (SELECT seq FROM ledger WHERE code = '" code                  \
    "' AND event = 'withdrawal-ordered') AND json_extract(detail, '$.words') IS "

TEST("a new content after an order is withheld with words, a source that says abolished ends it: both name "
     "the order")
{
    open_quiet_office();
    withdraw("53");
    withdraw("54");
    night_deliver(&night);
    night_end(&night);
    night_begin(&night);
    for (int i = 40; i < 60; i++)
        night_stage(&night, text_format(&test_arena, "%d", i).bytes, i == 54 ? "abolished" : "announced",
                    i == 53 ? "Hai" : "Một", "1");
    night_work(&night);
    CHECK_INT(night_number(&night, NOTE("withheld", "53") "NOT NULL"), 1);
    CHECK_INT(night_number(&night, NOTE("order-ended", "54") "NULL"), 1);
    CHECK_INT(find("53").state, OUTBOX_CONFLICT);
    CHECK(!find("54").ordered);
    no_doubt("withheld, and ended");
    night_end(&night);
    night_close(&night);
}

TEST("what was to overwrite is withheld without a digest where nothing was wanted any more")
{
    open_quiet_office();
    withdraw("53");
    struct reconciliation_decision over = decision("53", NULL);
    CHECK_INT(reconciliation_overwrite(night.store, &over, &error), STATUS_OK);
    retry("53");
    begin();
    CHECK_INT(outbox_unwant(night.store, TEXT("53"), find("53").record, &error), STATUS_OK);
    commit();
    CHECK_INT(find("53").state, OUTBOX_CONFLICT);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'withheld' AND digest IS NULL"),
              1);
    night_end(&night);
    night_close(&night);
}

TEST("where all rows are a run's own none is looked at; where somebody else has written, each is")
{
    struct outbox_filter all = { .code_count = 0 };
    struct sqlite *other;
    night = (struct night){ 0 };
    const char *path = text_format(&test_arena, "%s/own.db", test_folder()).bytes;
    night_open(&night, path, NULL);
    night_begin(&night);
    list_same("Một");
    change("UPDATE procedure_state SET wanted_event = 1 WHERE code = '40'");
    CHECK_INT(doubts(NULL), 1);
    CHECK_INT(doubts(&all), 0);
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, &other, &error), STATUS_OK);
    CHECK_INT(sqlite_run(other, "UPDATE procedure_state SET wanted_event = 1 WHERE code = '41'", &error),
              STATUS_OK);
    sqlite_close_file(other);
    CHECK_INT(doubts(&all), 2);
    change("UPDATE procedure_state SET wanted_event = (SELECT max(seq) FROM ledger WHERE code = '41')"
           " WHERE code = '41'");
    CHECK_INT(doubts(&all), 1);
    CHECK_STRING(said.code, "40");
    night_end(&night);
    begin_run(); /* the next run's own they are not */
    CHECK_INT(doubts(&all), 1);
    night_close(&night);
}

TEST("of what is to be sent, the events it rests on are looked at themselves, and only those of the filter")
{
    struct text codes[] = { TEXT("12") };
    const char *const sources[] = { "so-tu-phap" }, *const others[] = { "none" };
    struct outbox_filter filter = { .codes = codes, .code_count = 1 };
    open_office();
    change("DROP TRIGGER ledger_no_update");
    change("UPDATE ledger SET actor = 'another' WHERE code = '12' AND event = 'intended'");
    CHECK_INT(doubts(&filter), 1);
    CHECK_CONTAINS(said.sentence, "not the one that was written");
    CHECK_INT(doubts(NULL), 0); /* whoever looks at all rows has looked at the ledger, too */
    CHECK_INT(doubts(&(struct outbox_filter){ .sources = sources, .source_count = 1 }), 1);
    CHECK_INT(doubts(&(struct outbox_filter){ .sources = others, .source_count = 1 }), 0);
    codes[0] = TEXT("11");
    CHECK_INT(doubts(&filter), 0);
    change("UPDATE ledger SET detail = '{' WHERE code = '11' AND event = 'intended'");
    CHECK_INT(doubts(NULL), 1);
    CHECK_CONTAINS(said.sentence, "cannot be read");
    night_close(&night);
}

/* ---- what load has to do ---- */

static const char *scanned(const struct outbox_filter *filter)
{
    struct outbox_scan scan;
    struct outbox_item item;
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(outbox_scan_open(&scan, night.store, filter, &error), STATUS_OK);
    while (outbox_scan_next(&scan, &test_arena, &item, &error) == STATUS_OK)
        buffer_printf(&out, "%s" TEXT_PRINT, out.length ? " " : "", TEXT_ARG(item.code));
    outbox_scan_close(&scan);
    return text_string(&test_arena, buffer_view(&out));
}

static const char *in_order(const struct outbox_filter *filter)
{
    struct outbox_work work;
    BUFFER_OWNED struct buffer out = { 0 };
    CHECK_INT(outbox_list(night.store, filter, &test_arena, &work, &error), STATUS_OK);
    for (size_t i = 0; i < work.count; i++)
        buffer_printf(&out, "%s" TEXT_PRINT, i ? " " : "", TEXT_ARG(work.codes[i]));
    return text_string(&test_arena, buffer_view(&out));
}

TEST("load finds what there is to do by code and by source, and the brakes their shares")
{
    struct text codes[] = { TEXT("24"), TEXT("12"), TEXT("10"), TEXT("99") };
    const char *const source[] = { "none", "so-tu-phap" }, *const other[] = { "none" };
    struct outbox_filter all = { .code_count = 0 }, some = { .codes = codes, .code_count = 4 },
                         ours = { .sources = source, .source_count = 2 },
                         none = { .sources = other, .source_count = 1 };
    struct outbox_extent extent;
    open_office();
    const char *every = "11 12 15 16 17 18 21 22 24 27 28 29 34";
    CHECK_STRING(scanned(&all), every);
    CHECK_STRING(scanned(&ours), every);
    CHECK_STRING(scanned(&some), "12 24");
    CHECK_STRING(scanned(&none), "");
    const char *work = "11 22 27 12 15 16 17 18 21 24 28 29 34";
    CHECK_STRING(in_order(&all), work);
    CHECK_STRING(in_order(&ours), work);
    CHECK_STRING(in_order(&some), "12 24");
    CHECK_STRING(in_order(&none), "");
    CHECK_INT(outbox_extent(night.store, &all, &extent, &error), STATUS_OK);
    CHECK_INT(extent.published, 13);
    CHECK_INT(extent.changes, 5);
    CHECK_INT(extent.withdrawals, 1);
    CHECK_INT(outbox_extent(night.store, &none, &extent, &error), STATUS_OK);
    CHECK_INT(extent.changes + extent.withdrawals, 0);
    close_office();
}

TEST("what a source gave when load last went on is remembered by its name")
{
    bool known;
    int64_t records = 7;
    open_office();
    CHECK_INT(outbox_usual(night.store, "so-tu-phap", &known, &records, &error), STATUS_OK);
    CHECK(!known && !records);
    change("INSERT INTO source (name) VALUES ('another')");
    begin();
    CHECK_INT(outbox_set_usual(night.store, "so-tu-phap", 26, &error), STATUS_OK);
    commit();
    CHECK_INT(outbox_usual(night.store, "so-tu-phap", &known, &records, &error), STATUS_OK);
    CHECK(known);
    CHECK_INT(records, 26);
    CHECK_INT(outbox_usual(night.store, "another", &known, &records, &error), STATUS_OK);
    CHECK(!known);
    close_office();
}

TEST("what came of deliveries behind an event is each one's first answer, in the order of codes")
{
    int64_t before = 0;
    struct outbox_scan_answers answers;
    struct outbox_scan_answer came;
    BUFFER_OWNED struct buffer out = { 0 };
    open_office();
    struct value *detail = value_object(&test_arena);
    struct ledger_event sent = { .event = "plan-sent", .detail = detail };
    value_set(detail, "plan", value_string(&test_arena, "abc"));
    begin();
    CHECK_INT(ledger_append(night.store, &sent, NULL, &error), STATUS_OK);
    commit();
    CHECK_INT(outbox_plan_sent(night.store, "abd", &before, &error), STATUS_OK);
    CHECK_INT(before, 0);
    CHECK_INT(outbox_plan_sent(night.store, "abc", &before, &error), STATUS_OK);
    CHECK(before > 0);
    struct digest order = find("24").digest;
    answer("29", OUTBOX_STILL_UNKNOWN);
    answer("18", OUTBOX_RECALLED);
    answer("18", OUTBOX_PUBLISHED);
    answer("24", OUTBOX_WITHDRAWN);
    CHECK_INT(outbox_scan_answers_open(&answers, night.store, before, &error), STATUS_OK);
    while (outbox_scan_answers_next(&answers, &test_arena, &came, &error) == STATUS_OK) {
        buffer_printf(&out, TEXT_PRINT " %s " TEXT_PRINT "; ", TEXT_ARG(came.code),
                      outbox_action_name(came.action), TEXT_ARG(came.base));
        struct digest about = find(text_string(&test_arena, came.code)).held_digest;
        CHECK(text_is(came.code, "29") ||
              digest_equal(&came.digest, text_is(came.code, "24") ? &order : &about));
    }
    outbox_scan_answers_close(&answers);
    CHECK_STRING(text_string(&test_arena, buffer_view(&out)),
                 "18 publish ; 24 withdraw \"v\"; 29 publish \"v\"; ");
    CHECK_INT(outbox_scan_answers_open(&answers, night.store, before + 100, &error), STATUS_OK);
    CHECK_INT(outbox_scan_answers_next(&answers, &test_arena, &came, &error), STATUS_END);
    outbox_scan_answers_close(&answers);
    close_office();
}

TEST("what a record says of a procedure is its content's digest; one without, or of another code, says "
     "nothing")
{
    bool spoken = false;
    struct digest digest;
    open_office();
    struct outbox_item item = find("12");
    CHECK_INT(outbox_said(night.store, &item, &spoken, &digest, &error), STATUS_OK);
    CHECK(spoken && digest_equal(&digest, &item.digest));
    struct outbox_item others[] = { { .code = item.code, .record = 9999 },
                                    { .code = TEXT("13"), .record = item.record } };
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(outbox_said(night.store, &others[i], &spoken, &digest, &error), STATUS_OK);
        CHECK(!spoken);
    }
    close_office();
}
