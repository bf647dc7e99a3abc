/* Approval in the ledger: what a signature makes of an event, and what an intent makes of an approval. */
#include "store/approval.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "store/approval_view.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/note.h"
#include "store/outbox_scan.h"
#include "store/store_run.h"
#include "tests/support/broken_statements.h"
#include "tests/support/test.h"

static struct store *store;
static struct error error;
static struct approval_setting setting;
static unsigned char seeds[2][CRYPTO_KEY_SIZE];

static struct text key_word(int person)
{
    BUFFER_OWNED struct buffer word = { 0 };
    struct note_signer signer;
    memset(seeds[person], person + 1, CRYPTO_KEY_SIZE);
    CHECK_INT(note_signer_init(&signer, TEXT("key"), seeds[person], &error), STATUS_OK);
    note_key_write(&signer.key, &word);
    return text_copy(&test_arena, buffer_view(&word));
}

static char path[300];

static struct clock shifted;
static int64_t shift; /* milliseconds that its clock is ahead */

static int64_t shifted_now(struct clock *clock)
{
    (void)clock;
    return clock_system()->now(clock_system()) + shift;
}

static void open_again(void)
{
    error = (struct error){ .status = STATUS_OK };
    shifted = *clock_system();
    shifted.now = shifted_now;
    shift = 0;
    CHECK_INT(store_open(path, STORE_RUN, &shifted, &store, &error), STATUS_OK);
}

static void close_again(void)
{
    store_close(store);
}

static void open_store_with(const char *scope)
{
    int64_t run;
    struct run_start start = { .command = "load", .operator_ = "tester", .host = "here", .version = "0" };
    struct approval_news news;
    snprintf(path, sizeof path, "%s/store.db", test_folder());
    open_again();
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    setting.document = text_format(&test_arena,
                                   "{\"expires\":432000000,\"people\":[{\"key\":\"%.*s\",\"login\":[\"a\"],"
                                   "\"name\":\"A\",\"role\":\"approver\"},"
                                   "{\"key\":\"%.*s\",\"login\":[\"b\"],\"name\":\"B\",\"role\":"
                                   "\"submitter\"}],\"scope\":[%s]}",
                                   TEXT_ARG(key_word(0)), TEXT_ARG(key_word(1)), scope);
    setting.digest = crypto_sha256(setting.document);
    CHECK_INT(approval_settle(store, &setting, "tester", &news, &error), STATUS_OK);
    CHECK(news.founded);
}

static void open_store(void)
{
    open_store_with("{\"scope\":\"all\"}");
}

static struct outbox_item want(const char *code)
{
    struct outbox_wish wish = { .action = OUTBOX_PUBLISH, .digest = crypto_sha256(text_of(code)) };
    struct ledger_event accepted = { .event = "accepted", .code = text_of(code), .digest = &wish.digest };
    struct outbox_item item;
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(store_payload_put(store, PAYLOAD_KEPT, &wish.digest, text_of(code), &wish.content, &error),
              STATUS_OK);
    CHECK_INT(ledger_append(store, &accepted, &wish.event, &error), STATUS_OK);
    CHECK_INT(outbox_want(store, text_of(code), 1, &wish, &error), STATUS_OK);
    CHECK_INT(outbox_find(store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    return item;
}

/* A list of the one step, and the words for it. */
static void write_list(const struct outbox_item *item, struct text *document, struct text *words)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct value *list = value_object(&test_arena),
                 *steps = value_set(list, "steps", value_list(&test_arena));
    struct approval_step step;
    char hex[DIGEST_HEX];
    approval_step_of(item, &step);
    value_append(steps, approval_step_value(&test_arena, &step));
    canonical_write(&out, list);
    *document = text_copy(&test_arena, buffer_view(&out));
    struct digest digest = crypto_sha256(*document);
    digest_hex(&digest, hex);
    *words = text_format(&test_arena, "Danh sách\n%s\n", hex);
}

static struct text sign(int person, struct text words)
{
    BUFFER_OWNED struct buffer base64 = { 0 };
    unsigned char signature[CRYPTO_SIGNATURE_SIZE];
    CHECK_INT(crypto_ed25519_sign(seeds[person], words, signature, &error), STATUS_OK);
    crypto_base64(&base64, (struct text){ (const char *)signature, sizeof signature });
    return text_copy(&test_arena, buffer_view(&base64));
}

static struct approval_signing submit(const struct outbox_item *item)
{
    struct approval_submission submission = { .name = TEXT("B"), .login = TEXT("b") };
    struct approval_signing signing = { .name = TEXT("A"), .login = TEXT("a") };
    write_list(item, &submission.document, &submission.text);
    CHECK_INT(approval_submit(store, &submission, &signing.list, &error), STATUS_OK);
    signing.document = submission.document;
    signing.text = submission.text;
    signing.signature = sign(0, signing.text);
    return signing;
}

static enum approval_standing standing_of(const struct outbox_item *item, int64_t *approval)
{
    struct approval_gate gate;
    enum approval_standing standing = APPROVAL_FREE;
    const struct approval_entry *entry;
    CHECK_INT(approval_gate_open(store, &gate, &error), STATUS_OK);
    CHECK_INT(approval_gate_judge(&gate, item, &standing, &entry, &error), STATUS_OK);
    *approval = entry ? entry->event : 0;
    approval_gate_close(&gate);
    return standing;
}

static struct outbox_item want_approved(const char *code, int64_t *approval)
{
    struct outbox_item item = want(code);
    struct approval_signing signing = submit(&item);
    CHECK_INT(approval_approve(store, &signing, &error), STATUS_OK);
    CHECK_INT(standing_of(&item, approval), APPROVAL_APPROVED);
    return item;
}

TEST("an approval is used by the intent that was settled, not by the one that is open, and by none that was "
     "recalled")
{
    open_store();
    struct outbox_item item = want("1.000001");
    struct approval_signing signing = submit(&item);
    int64_t approval;
    CHECK_INT(standing_of(&item, &approval), APPROVAL_WAITING);
    CHECK_INT(approval_approve(store, &signing, &error), STATUS_OK);
    CHECK_INT(standing_of(&item, &approval), APPROVAL_APPROVED);
    struct outbox_item before = item;
    for (int round = 0; round < 2; round++) {
        enum outbox_outcome outcome = round ? OUTBOX_PUBLISHED : OUTBOX_RECALLED;
        CHECK_INT(store_begin(store, &error), STATUS_OK);
        item.approval = approval;
        CHECK_INT(outbox_intend(store, &test_arena, &item, TEXT_NONE, &error), STATUS_OK);
        CHECK_INT(standing_of(&item, &approval), APPROVAL_APPROVED); /* it may go on */
        CHECK_INT(
            outbox_answer(store, &item, &(struct outbox_answer){ .outcome = outcome, .attempts = 1 }, &error),
            STATUS_OK);
        CHECK_INT(store_commit(store, &error), STATUS_OK);
        CHECK_INT(standing_of(&before, &approval), round ? APPROVAL_UNSUBMITTED : APPROVAL_APPROVED);
    }
    store_close(store);
}

TEST("what ends while the event of its use is written is not used")
{
    open_store();
    int64_t approval, expires = 432000000;
    struct outbox_item item = want_approved("1.000001", &approval);
    shift = expires - 500;
    CHECK_INT(standing_of(&item, &approval), APPROVAL_LAPSED);
    shift = expires - 60000;
    CHECK_INT(standing_of(&item, &approval), APPROVAL_APPROVED);
    shift = 0;
    store_close(store);
}

TEST("an event that says approved without the signature of the person in force ends everything")
{
    static const struct {
        int signs;         /* whose key */
        const char *actor; /* who is said to have signed */
        const char *words; /* what is told */
    } rows[] = { { 1, "A", "key of this person" },
                 { 1, "B", "submit, not approve" },
                 { 0, "C", "nobody of that name" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_store();
        struct outbox_item item = want("1.000001");
        struct approval_signing signing = submit(&item);
        struct value *detail = value_object(&test_arena);
        struct digest document = crypto_sha256(signing.document), words = crypto_sha256(signing.text);
        value_set(detail, "list", value_integer(&test_arena, 1));
        value_set(detail, "login", value_string(&test_arena, "a"));
        value_set(detail, "rules_digest", value_digest(&test_arena, &setting.digest));
        value_set(detail, "signature", value_text(&test_arena, sign(rows[i].signs, signing.text)));
        value_set(detail, "text_digest", value_digest(&test_arena, &words));
        struct ledger_event forged = {
            .event = "approved", .digest = &document, .actor = rows[i].actor, .detail = detail
        };
        CHECK_INT(store_begin(store, &error), STATUS_OK);
        CHECK_INT(ledger_append(store, &forged, NULL, &error), STATUS_OK);
        CHECK_INT(store_commit(store, &error), STATUS_OK);
        struct approval_gate gate;
        CHECK_INT(approval_gate_open(store, &gate, &error), STATUS_LEDGER);
        CHECK_CONTAINS(error.message, rows[i].words);
        approval_gate_close(&gate);
        store_close(store);
    }
}

TEST("what the next reading would doubt is not written")
{
    open_store();
    struct outbox_item item = want("1.000001");
    struct approval_signing signing = submit(&item), other = signing;
    other.signature = sign(1, signing.text);
    CHECK_INT(approval_approve(store, &other, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "key of this person");
    other = signing;
    other.text = text_format(&test_arena, "Khác\n%.*s", TEXT_ARG(text_slice(signing.text, 11, 100)));
    other.signature = sign(0, other.text);
    CHECK_INT(approval_approve(store, &other, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "something else than what was submitted");
    other = signing;
    other.text = TEXT("Danh sách\n");
    other.signature = sign(0, other.text);
    CHECK_INT(approval_approve(store, &other, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "not the list that it is said to be");
    CHECK_INT(approval_approve(store, &signing, &error), STATUS_OK);
    CHECK_INT(approval_approve(store, &signing, &error), STATUS_USAGE);
    store_close(store);
}

/* ---- whose source decides, and what breaks off ---- */

static struct value *view, *news_rows;
static struct text kept, words_back;
static struct approval_counts counts;
static struct outbox_extent extent;

static void run_sql(const char *sql)
{
    if (!CHECK_INT(sqlite_run(store_database(store), sql, &error), STATUS_OK))
        printf("  %s\n", error.message);
}

/* Each of these may let something pass: none may take a failure for "free". */
static enum status look_at_all(struct error *fault)
{
    struct approval_gate gate;
    struct outbox_filter all = { .code_count = 0 };
    enum status status = approval_gate_open(store, &gate, fault);
    status = status ? status : approval_gate_extent(&gate, &all, &extent, fault);
    approval_gate_close(&gate);
    status = status ? status : approval_count(store, &counts, fault);
    status = status ? status : approval_view(store, &test_arena, &view, fault);
    status = status ? status : approval_view_news(store, &test_arena, 0, &news_rows, fault);
    status = status ? status : approval_view_words(store, &test_arena, TEXT("1.000004"), &words_back, fault);
    return status ? status : approval_view_kept(store, &test_arena, &kept, fault);
}

TEST(
    "the source of a record decides whether a step is free, and a question that breaks off lets nothing pass")
{
    open_store_with("{\"scope\":\"none\",\"source\":\"inside\"},{\"scope\":\"all\"}");
    struct outbox_item approved = want("1.000001");
    want("1.000002");
    want("1.000003");
    struct outbox_item returned = want("1.000004");
    int64_t sent_back;
    run_sql(
        "INSERT INTO source (id, name) VALUES (1, 'inside'), (2, 'outside');"
        "INSERT INTO record (id, source, key, locator, source_digest, payload, content, code, status, work)"
        " SELECT row_number() OVER (), 1 + (code <> '1.000003'), code, code, x'00', wanted_content,"
        " wanted_content, code, 'announced', 0 FROM procedure_state ORDER BY code;"
        "UPDATE procedure_state SET record = (SELECT id FROM record WHERE key = procedure_state.code)");
    struct approval_signing signing = submit(&approved);
    CHECK_INT(approval_approve(store, &signing, &error), STATUS_OK);
    struct approval_return back = { .list = submit(&returned).list,
                                    .name = TEXT("A"),
                                    .login = TEXT("a"),
                                    .reason = "thiếu căn cứ",
                                    .field = "legal_bases" };
    CHECK_INT(approval_send_back(store, &back, &sent_back, &error), STATUS_OK);
    CHECK_INT(sent_back, 1);
    close_again();
    CHECK(broken_statements_play(&(struct broken_work){ open_again, look_at_all, close_again, 1 }) > 30);
    CHECK_INT(counts.approved, 1);
    CHECK_INT(counts.waiting, 1);
    CHECK_INT(counts.sent_back, 1);
    const struct value *steps = value_find(view, "steps");
    if (CHECK_INT(steps->count, 3)) {
        CHECK_TEXT(value_text_of(steps->first, "code"), TEXT("1.000001"));
        CHECK_TEXT(value_text_of(steps->first, "standing"), TEXT("approved"));
        CHECK(value_text_of(steps->first, "until").length > 0);
        CHECK_TEXT(value_text_of(steps->first->next, "code"), TEXT("1.000002"));
        CHECK_TEXT(value_text_of(steps->first->next, "standing"), TEXT("unsubmitted"));
        CHECK_TEXT(value_text_of(steps->last, "code"), TEXT("1.000004"));
        CHECK_TEXT(value_text_of(steps->last, "standing"), TEXT("sent-back"));
        CHECK_TEXT(value_text_of(steps->last, "reason"), TEXT("thiếu căn cứ"));
        CHECK_TEXT(value_text_of(steps->last, "field"), TEXT("legal_bases"));
    }
    CHECK_CONTAINS(text_string(&test_arena, kept), "\"code\":\"1.000002\",\"outcome\":\"waiting\"");
    CHECK(!text_find(kept, TEXT("1.000003"), &(size_t){ 0 }));
    CHECK_TEXT(words_back, TEXT("sent back by A: thiếu căn cứ"));
    if (CHECK_INT(news_rows->count, 1))
        CHECK_TEXT(value_text_of(news_rows->first, "actor"), TEXT("tester"));
}

/* ---- what the audit says of approval ---- */

static const char *found_by_audit(void)
{
    struct audit_report report;
    struct audit_request request = { 0 };
    BUFFER_OWNED struct buffer all = { 0 };
    CHECK_INT(audit_verify(store, &request, &test_arena, &report, &error), STATUS_OK);
    for (const struct audit_finding *finding = report.first; finding; finding = finding->next)
        if (!strcmp(finding->kind, AUDIT_APPROVAL))
            buffer_printf(&all, "%s\n", finding->message);
    return text_string(&test_arena, text_copy(&test_arena, buffer_view(&all)));
}

static int64_t append(const char *event, const char *code, const struct digest *digest, struct value *detail)
{
    int64_t seq = 0;
    struct ledger_event written = {
        .event = event, .code = text_of(code), .digest = digest, .detail = detail, .actor = code ? NULL : "A"
    };
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(ledger_append(store, &written, &seq, &error), STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    return seq;
}

static int64_t intend(const struct outbox_item *item, const char *action, int64_t approval)
{
    struct value *detail = value_object(&test_arena);
    value_set(detail, "action", value_string(&test_arena, action));
    if (approval)
        value_set(detail, "approval", value_integer(&test_arena, approval));
    value_set(detail, "key", value_string(&test_arena, "k"));
    return append("intended", text_string(&test_arena, item->code), &item->digest, detail);
}

TEST("the audit names every delivery that went without its approval, whoever wrote the event")
{
    int64_t approval;
    open_store();
    struct outbox_item item = want_approved("1.000001", &approval), other = want("1.000002");
    CHECK_STRING(found_by_audit(), "");
    (void)intend(&item, "publish", approval);
    CHECK_STRING(found_by_audit(), "");
    int64_t again = intend(&item, "publish", approval);
    CHECK_CONTAINS(found_by_audit(), text_format(&test_arena,
                                                 "event %lld sends 1.000001 by an approval (event %lld) that "
                                                 "was used before",
                                                 (long long)again, (long long)approval)
                                         .bytes);
    int64_t free = intend(&other, "publish", 0);
    CHECK_CONTAINS(
        found_by_audit(),
        text_format(&test_arena, "event %lld sends 1.000002 without an approval", (long long)free).bytes);
    int64_t wrong[] = { intend(&other, "publish", approval), intend(&item, "withdraw", approval),
                        intend(&item, "publish", 1) };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_CONTAINS(found_by_audit(),
                       text_format(&test_arena,
                                   "event %lld sends %s by an approval (event %lld) that is not "
                                   "there, or approves something else",
                                   (long long)wrong[i], i ? "1.000001" : "1.000002",
                                   i < 2 ? (long long)approval : 1LL)
                           .bytes);
    store_close(store);
}

TEST("the audit names an approval that had expired when it was used, and an event of approval that means "
     "nothing")
{
    int64_t approval;
    open_store();
    struct outbox_item item = want_approved("1.000001", &approval);
    shift = INT64_C(7) * 86400000;
    int64_t used = intend(&item, "publish", approval);
    CHECK_CONTAINS(found_by_audit(), text_format(&test_arena,
                                                 "event %lld sends 1.000001 by an approval (event %lld) that "
                                                 "had expired",
                                                 (long long)used, (long long)approval)
                                         .bytes);
    int64_t nothing = append("sent-back", NULL, NULL, value_object(&test_arena));
    CHECK_CONTAINS(found_by_audit(),
                   text_format(&test_arena, "event %lld, of approval: ", (long long)nothing).bytes);
    store_close(store);
}
