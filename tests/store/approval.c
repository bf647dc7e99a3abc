/* Approval in the ledger: what a signature makes of an event, and what an intent makes of an approval. */
#include "store/approval.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "store/ledger.h"
#include "store/note.h"
#include "store/store_run.h"
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

static void open_store(void)
{
    char path[300];
    int64_t run;
    struct run_start start = { .command = "load", .operator_ = "tester", .host = "here", .version = "0" };
    struct approval_news news;
    error = (struct error){ .status = STATUS_OK };
    snprintf(path, sizeof path, "%s/store.db", test_folder());
    CHECK_INT(store_open(path, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    setting.document = text_format(&test_arena,
                                   "{\"expires\":432000000,\"people\":[{\"key\":\"%.*s\",\"login\":[\"a\"],"
                                   "\"name\":\"A\",\"role\":\"approver\"},"
                                   "{\"key\":\"%.*s\",\"login\":[\"b\"],\"name\":\"B\",\"role\":"
                                   "\"submitter\"}],\"scope\":[{\"scope\":\"all\"}]}",
                                   TEXT_ARG(key_word(0)), TEXT_ARG(key_word(1)));
    setting.digest = crypto_sha256(setting.document);
    CHECK_INT(approval_settle(store, &setting, "tester", &news, &error), STATUS_OK);
    CHECK(news.founded);
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
