/* What proves what: one row for each kind of answer. */
#include "load/evidence.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "load/portal_answer.h"
#include "tests/support/test.h"

#define CODE "1.000001"

/* What was sent is {"a":1}, what it replaces {"a":0}; any other content is another hand's. */
static struct digest digest_of(const char *bytes)
{
    return crypto_sha256(text_of(bytes));
}

/* `body` is an answer as a portal gives it, with OURS, BASE, ORDER, STRANGE for the digests. */
static struct value *answer_of(const char *body)
{
    static const struct {
        const char *word, *content;
    } words[] = {
        { "OURS", "{\"a\":1}" }, { "BASE", "{\"a\":0}" }, { "ORDER", "order" }, { "STRANGE", "?" }
    };
    struct buffer BUFFER_OWNED out = { 0 };
    for (const char *at = body; *at;) {
        size_t word = 0;
        while (word < 4 && strncmp(at, words[word].word, strlen(words[word].word)) != 0)
            word++;
        if (word == 4) {
            buffer_char(&out, *at++);
            continue;
        }
        char hex[DIGEST_HEX];
        struct digest digest = digest_of(words[word].content);
        digest_hex(&digest, hex);
        buffer_string(&out, hex);
        at += strlen(words[word].word);
    }
    struct value *value = NULL;
    struct error error = { .status = STATUS_OK };
    CHECK_INT(json_parse(&test_arena, text_copy(&test_arena, buffer_view(&out)), &value, &error), STATUS_OK);
    return value;
}

/* What the delivery is. */
enum kind { FIRST, REPLACE, ANY, ETAG, AGAIN, WITHDRAW, WITHDRAW_ANY, WITHDRAW_BLIND };

static struct outbox_item item_of(enum kind kind)
{
    bool withdraws = kind >= WITHDRAW, held = kind != FIRST && kind != WITHDRAW_BLIND;
    struct outbox_item item = { .code = TEXT(CODE),
                                .intent_action = withdraws ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH,
                                .intent_digest = digest_of("{\"a\":1}"),
                                .held = held,
                                .has_held_digest = held,
                                .held_digest = digest_of("{\"a\":0}") };
    if (kind == REPLACE || kind == AGAIN || kind == WITHDRAW) {
        item.intent_base = TEXT("\"1\"");
        item.version = TEXT("1");
    }
    if (kind == ANY || kind == WITHDRAW_ANY)
        item.intent_base = TEXT("*");
    if (kind == ETAG)
        item.intent_base = item.etag = TEXT("\"e1\"");
    if (kind == AGAIN) { /* announced again as it was when it was abolished */
        item.held_abolished = true;
        item.held_digest = item.intent_digest;
    }
    return item;
}

struct row {
    enum kind kind;
    const char *answer, *etag;
    enum delivery_event event;
};

static enum delivery_event weigh(const struct row *row, struct evidence_facts facts, bool named)
{
    struct outbox_item item = item_of(row->kind);
    struct digest body = digest_of(row->kind >= WITHDRAW ? "order" : "{\"a\":1}");
    struct remote_state remote = { .has_digest = false };
    facts.item = &item;
    facts.body = &body;
    bool read = portal_answer_held(answer_of(row->answer), TEXT(CODE), &remote);
    remote.named |= named;
    if (row->etag)
        remote.etag = text_of(row->etag);
    enum portal_result said = !read ? RESULT_LOST : facts.asked ? RESULT_HELD : RESULT_TAKEN;
    return evidence_weigh(&facts, said, &remote);
}

static void check(const struct row *rows, size_t count, struct evidence_facts facts, bool named)
{
    for (size_t i = 0; i < count; i++)
        if (!CHECK_INT(weigh(&rows[i], facts, named), rows[i].event))
            printf("  %d %s\n", (int)rows[i].kind, rows[i].answer);
}
#define CHECK_ROWS(rows, named, ...)                                                                         \
    check(rows, sizeof(rows) / sizeof *(rows), (struct evidence_facts){ __VA_ARGS__ }, named)

TEST("a publication is taken where its own digest comes back, or its code with a new version")
{
    static const struct row rows[] = {
        { FIRST, "{\"digest\":\"OURS\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"digest\":\"OURS\",\"status\":\"published\"}",
          NULL, EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":7,\"status\":null}", NULL, EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"status\":201}", NULL, EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"status\":\"success\",\"digest\":null}", NULL,
          EVENT_TAKEN },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"content\":{\"a\":1}}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1.0\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"01\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1.00\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":1.0}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":1e0}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1.1\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"10\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1.10\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"100\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"OURS\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"digest\":\"OURS\"}", NULL, EVENT_TAKEN },
        { REPLACE,
          "{\"code\":\"1.000001\",\"version\":\"2\",\"success\":true,\"errors\":[],\"error\":null,"
          "\"problem\":{},\"error_code\":\"00\",\"data\":{\"error\":\"\"}}",
          NULL, EVENT_TAKEN },
        /* no evidence */
        { FIRST, "{}", NULL, EVENT_INDETERMINATE },
        { FIRST, "[]", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"MSG\":\"Data not insert: Record 1: key is duplicate\",\"Count\":0}", NULL,
          EVENT_INDETERMINATE },
        { FIRST, "{\"version\":\"1\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"code\":\"1.000001\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"code\":\"1.000002\",\"version\":\"1\",\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\"}", "\"1\"", EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1\",\"digest\":\"OURS\"}", NULL,
          EVENT_INDETERMINATE },
        { AGAIN, "{\"code\":\"1.000001\",\"version\":\"1\",\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { ETAG, "{\"digest\":\"OURS\"}", "\"e1\"", EVENT_INDETERMINATE },
        { ANY, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_INDETERMINATE },
        { ETAG, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"code\":\"1.000001\"}", "\"e2\"", EVENT_INDETERMINATE },
        /* what contradicts */
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"digest\":\"STRANGE\"}", NULL,
          EVENT_INDETERMINATE },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"digest\":\"none\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"content\":{\"a\":2}}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\",\"content\":{}}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"abolished\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"draft\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"status\":500}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"status\":{}}", NULL, EVENT_INDETERMINATE },
        /* failure is spoken by members at the top, or in one envelope */
        { FIRST, "{\"digest\":\"OURS\",\"success\":false}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"ok\":false}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error\":\"x\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"errors\":[\"x\"]}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"problem\":{\"title\":\"x\"}}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error\":true}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error\":0}", NULL, EVENT_TAKEN },
        { FIRST, "{\"digest\":\"OURS\",\"error\":\"00\",\"errors\":0,\"problem\":\"0\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"digest\":\"OURS\",\"error\":1}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error\":\"0x\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"error\":0}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error_code\":5}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error_code\":\"\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"error_code\":\"-1\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"result\":{\"success\":false}}", NULL, EVENT_INDETERMINATE },
        /* words of truth in any case, as programs write them */
        { FIRST, "{\"digest\":\"OURS\",\"success\":\"False\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"result\":{\"ok\":\"FALSE\"}}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"success\":\"True\",\"error\":\"False\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"SUCCESS\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"Published\"}", NULL, EVENT_INDETERMINATE },
        /* the replaced version in another form is still that one; a blank is no name */
        { REPLACE, "{\"code\":\"1.000001\",\"version\":1.0}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":1e0}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":10E-1}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\" 1 \"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"\\\"1\\\"\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"W/\\\"1\\\"\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"\\u00a01\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"\\u30001\\u2003\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"  \"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":true}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":10.0}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":1.5}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"10\"}", NULL, EVENT_TAKEN },
        /* and nowhere else */
        { FIRST, "{\"digest\":\"OURS\",\"message\":\"error: not inserted\"}", NULL, EVENT_TAKEN },
        { FIRST, "{\"digest\":\"OURS\",\"a\":{\"b\":{\"success\":false}}}", NULL, EVENT_TAKEN },
    };
    CHECK_ROWS(rows, false, .asked = false);
}

TEST("a withdrawal is taken where its code is said to be abolished, or has a new version; a digest is none")
{
    static const struct row rows[] = {
        { WITHDRAW, "{\"code\":\"1.000001\",\"status\":\"abolished\"}", NULL, EVENT_TAKEN },
        { WITHDRAW, "{\"code\":\"1.000001\",\"status\":\"abolished\",\"version\":\"1\",\"digest\":\"ORDER\"}",
          NULL, EVENT_TAKEN },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_TAKEN },
        { WITHDRAW_ANY, "{\"code\":\"1.000001\",\"status\":\"abolished\"}", NULL, EVENT_TAKEN },
        { WITHDRAW, "{}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"digest\":\"BASE\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"status\":\"abolished\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"status\":\"published\"}", NULL,
          EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"STRANGE\"}", NULL,
          EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"status\":\"abolished\",\"success\":false}", NULL,
          EVENT_INDETERMINATE },
        { WITHDRAW_ANY, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_INDETERMINATE },
    };
    CHECK_ROWS(rows, false, .asked = false);
}

TEST("what may be an answer of earlier given once more proves nothing, whatever it shows")
{
    static const struct row rows[] = {
        { FIRST, "{\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"OURS\"}", NULL,
          EVENT_INDETERMINATE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\",\"content\":{\"a\":1}}", NULL,
          EVENT_INDETERMINATE },
        { ETAG, "{}", "\"e2\"", EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"status\":\"abolished\"}", NULL,
          EVENT_INDETERMINATE },
    };
    CHECK_ROWS(rows, false, .replayed = true, .etags = true);
    static const struct row shown[] = { { REPLACE, "{\"version\":\"3\",\"digest\":\"OURS\"}", NULL,
                                          EVENT_OURS } };
    CHECK_ROWS(shown, false, .asked = true, .replayed = true);
}

TEST("the replaced version in another case is still that one")
{
    struct outbox_item item = item_of(REPLACE);
    item.version = TEXT("v3a");
    item.intent_base = TEXT("\"v3a\"");
    struct evidence_facts facts = { .item = &item, .body = &item.intent_digest };
    struct remote_state same = { .named = true, .version = TEXT("V3A") },
                        other = { .named = true, .version = TEXT("v3b") };
    CHECK_INT(evidence_weigh(&facts, RESULT_TAKEN, &same), EVENT_INDETERMINATE);
    CHECK_INT(evidence_weigh(&facts, RESULT_TAKEN, &other), EVENT_TAKEN);
}

TEST("in a batch the key stands for the code")
{
    static const struct row rows[] = {
        { FIRST, "{\"key\":\"k\",\"status\":201,\"version\":\"1\"}", NULL, EVENT_TAKEN },
        { REPLACE, "{\"key\":\"k\",\"status\":200,\"version\":\"1\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"key\":\"k\",\"status\":200}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"key\":\"k\",\"status\":200,\"version\":\"1\",\"problem\":{\"title\":\"x\"}}", NULL,
          EVENT_INDETERMINATE },
        { WITHDRAW, "{\"key\":\"k\",\"status\":200,\"version\":\"2\"}", NULL, EVENT_TAKEN },
    };
    CHECK_ROWS(rows, true, .asked = false);
}

TEST("an ETag counts when it is strong, new, and a question has shown the same")
{
    static const struct row rows[] = {
        { FIRST, "{}", "\"e2\"", EVENT_TAKEN },
        { ETAG, "{}", "\"e2\"", EVENT_TAKEN },
        { WITHDRAW, "{}", "\"e2\"", EVENT_INDETERMINATE }, /* its base was named by a version */
        { ETAG, "{}", "\"e1\"", EVENT_INDETERMINATE },
        { ETAG, "{}", "W/\"e2\"", EVENT_INDETERMINATE },
        { ETAG, "{\"success\":false}", "\"e2\"", EVENT_INDETERMINATE },
        { ANY, "{}", "\"e2\"", EVENT_INDETERMINATE },
    };
    CHECK_ROWS(rows, false, .etags = true);
    static const struct row shown[] = {
        { FIRST, "{}", "\"e2\"", EVENT_OURS },
        { ETAG, "{}", "\"e2\"", EVENT_OURS },
        { ETAG, "{}", "\"e3\"", EVENT_UNTOLD },
        { ETAG, "{}", "\"e1\"", EVENT_BASE },
        { ETAG, "{\"content\":{\"a\":2}}", "\"e2\"", EVENT_OTHER },
    };
    CHECK_ROWS(shown, false, .asked = true, .answered_etag = TEXT("\"e2\""));
}

TEST("where it is to be read back, no answer is enough")
{
    static const struct row rows[] = {
        { FIRST, "{\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"status\":\"abolished\"}", NULL, EVENT_INDETERMINATE },
    };
    CHECK_ROWS(rows, false, .confirm = true);
    static const struct row read[] = {
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"4\"}", NULL, EVENT_OURS },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"4\"}", NULL, EVENT_OURS },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"5\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW, "{\"version\":\"4\"}", NULL, EVENT_OURS },
        { ANY, "{\"code\":\"1.000001\",\"version\":\"4\"}", NULL, EVENT_UNTOLD },
    };
    CHECK_ROWS(read, false, .asked = true, .confirm = true, .answered_version = TEXT("4"));
}

TEST("what is sent again is read back, and where nothing can be read its answer counts")
{
    static const struct row rows[] = {
        { FIRST, "{\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"status\":\"abolished\"}", NULL, EVENT_INDETERMINATE },
    };
    CHECK_ROWS(rows, false, .again = true);
    static const struct row read[] = {
        { REPLACE, "{\"digest\":\"OURS\"}", NULL, EVENT_OURS },
        { REPLACE, "{\"digest\":\"BASE\",\"version\":\"3\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"digest\":\"STRANGE\"}", NULL, EVENT_OTHER },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"3\"}", NULL, EVENT_UNTOLD },
        { REPLACE, "{\"code\":\"1.000001\"}", NULL, EVENT_OURS },
        { FIRST, "{\"code\":\"1.000001\"}", "\"e\"", EVENT_OURS },
        { FIRST, "{\"success\":false}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{\"status\":\"published\"}", NULL, EVENT_BASE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"digest\":\"BASE\"}", NULL, EVENT_OURS },
    };
    CHECK_ROWS(read, false, .asked = true, .vouched = true, .answered_version = TEXT("2"));
    struct outbox_item item = item_of(FIRST);
    struct evidence_facts facts = { .item = &item, .asked = true, .vouched = true };
    struct remote_state listed = { .named = true }, unlisted = { .named = false };
    CHECK_INT(evidence_weigh(&facts, RESULT_CLOSED, &listed), EVENT_OURS);
    CHECK_INT(evidence_weigh(&facts, RESULT_CLOSED, &unlisted), EVENT_CLOSED);
    static const struct row tags[] = { { FIRST, "{\"code\":\"1.000001\"}", "\"e3\"", EVENT_UNTOLD } };
    CHECK_ROWS(tags, false, .asked = true, .vouched = true, .etags = true, .answered_etag = TEXT("\"e2\""));
}

TEST("a question about a publication is answered by the content, then the digest, then the version")
{
    static const struct row rows[] = {
        { FIRST, "{\"content\":{\"a\":1}}", NULL, EVENT_OURS },
        { FIRST, "{\"content\":{\"a\":1},\"digest\":\"STRANGE\"}", NULL, EVENT_OURS },
        { FIRST, "{\"content\":{\"a\":1},\"digest\":\"md5\"}", NULL, EVENT_OURS },
        { REPLACE, "{\"content\":{\"a\":1},\"version\":\"1\"}", NULL, EVENT_OURS },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"published\"}", NULL, EVENT_OURS },
        { FIRST, "{\"content\":{\"a\":2},\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"content\":{\"a\":0},\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { REPLACE, "{\"content\":{\"a\":0}}", NULL, EVENT_BASE },
        { REPLACE, "{\"digest\":\"BASE\",\"version\":\"9\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"digest\":\"STRANGE\",\"version\":\"1\"}", NULL, EVENT_BASE },
        { ANY, "{\"digest\":\"BASE\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_UNTOLD },
        { FIRST, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_UNTOLD },
        { FIRST, "{\"digest\":\"md5\"}", NULL, EVENT_UNTOLD },
        { FIRST, "{\"code\":\"1.000001\",\"status\":\"published\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"content\":{\"a\":2}}", NULL, EVENT_OTHER },
        { FIRST, "{\"digest\":\"STRANGE\"}", NULL, EVENT_OTHER },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"abolished\"}", NULL, EVENT_OTHER },
        { FIRST, "{\"digest\":\"OURS\",\"status\":\"Từ chối\"}", NULL, EVENT_UNTOLD },
        { REPLACE, "{\"digest\":\"BASE\",\"status\":\"draft\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"digest\":\"BASE\",\"status\":\"abolished\",\"version\":\"2\"}", NULL, EVENT_OTHER },
        { FIRST, "{\"code\":\"1.000002\",\"digest\":\"OURS\"}", NULL, EVENT_INDETERMINATE },
        { FIRST, "{\"digest\":\"OURS\",\"success\":false}", NULL, EVENT_INDETERMINATE },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"1\",\"status\":\"abolished\"}", NULL, EVENT_BASE },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"1\"}", NULL, EVENT_BASE },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"2\"}", NULL, EVENT_OURS },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"2\",\"status\":\"published\"}", NULL, EVENT_OURS },
    };
    CHECK_ROWS(rows, false, .asked = true);
    static const struct row earlier[] = { { REPLACE, "{\"content\":{\"a\":3}}", NULL, EVENT_EARLIER } };
    CHECK_ROWS(earlier, false, .asked = true, .earlier = true);
}

TEST("a question about a withdrawal is answered by the status, then the version")
{
    static const struct row rows[] = {
        { WITHDRAW, "{\"status\":\"abolished\",\"digest\":\"STRANGE\",\"version\":\"9\"}", NULL, EVENT_OURS },
        { WITHDRAW, "{\"status\":\"published\"}", NULL, EVENT_BASE },
        { WITHDRAW, "{\"status\":\"published\",\"digest\":\"BASE\",\"version\":\"2\"}", NULL, EVENT_BASE },
        { WITHDRAW, "{\"status\":\"published\",\"content\":{\"a\":5}}", NULL, EVENT_OTHER },
        { WITHDRAW, "{\"version\":\"1\"}", NULL, EVENT_BASE },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"BASE\"}", NULL, EVENT_OURS },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_OURS },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"STRANGE\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW, "{\"version\":\"2\",\"digest\":\"BASE\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW_ANY, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW_BLIND, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW, "{\"status\":\"draft\"}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW, "{}", NULL, EVENT_INDETERMINATE },
        { WITHDRAW_BLIND, "{\"status\":\"published\",\"digest\":\"BASE\"}", NULL, EVENT_OTHER },
        { WITHDRAW_BLIND, "{\"status\":\"abolished\"}", NULL, EVENT_OURS },
    };
    CHECK_ROWS(rows, false, .asked = true);
    static const struct row before[] = {
        { WITHDRAW_ANY, "{\"status\":\"published\",\"digest\":\"BASE\"}", NULL, EVENT_BASE },
        { WITHDRAW_ANY, "{\"status\":\"published\"}", NULL, EVENT_OTHER },
        { WITHDRAW_ANY, "{\"digest\":\"BASE\"}", NULL, EVENT_BASE },
        { ANY, "{\"content\":{\"a\":0}}", NULL, EVENT_BASE },
        { ANY, "{\"code\":\"1.000001\",\"version\":\"3\"}", NULL, EVENT_UNTOLD },
    };
    CHECK_ROWS(before, false, .asked = true, .before = true);
}

TEST("a version that has moved is not the doing of what was turned away for it, or never taken")
{
    static const struct row rows[] = {
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"digest\":\"BASE\"}", NULL, EVENT_UNTOLD },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"2\",\"status\":\"abolished\"}", NULL, EVENT_OURS },
        { WITHDRAW, "{\"code\":\"1.000001\",\"version\":\"1\"}", NULL, EVENT_BASE },
        { REPLACE, "{\"content\":{\"a\":1},\"version\":\"2\"}", NULL, EVENT_OURS },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"2\"}", NULL, EVENT_BASE },
        { AGAIN, "{\"digest\":\"OURS\",\"version\":\"2\",\"status\":\"published\"}", NULL, EVENT_OURS },
    };
    CHECK_ROWS(rows, false, .asked = true, .barred = true);
}

static enum delivery_event said(enum kind kind, bool asked, enum portal_result result)
{
    struct outbox_item item = item_of(kind);
    struct digest body = digest_of("order");
    struct evidence_facts facts = { .item = &item, .body = &body, .asked = asked };
    return evidence_weigh(&facts, result, &(struct remote_state){ .has_digest = false });
}

TEST("what is not there, and what is gone, means another thing to each")
{
    CHECK_INT(said(FIRST, true, RESULT_UNKNOWN), EVENT_NOTHING);
    CHECK_INT(said(REPLACE, true, RESULT_UNKNOWN), EVENT_NOTHING);
    CHECK_INT(said(FIRST, false, RESULT_UNKNOWN), EVENT_CLOSED);
    CHECK_INT(said(REPLACE, false, RESULT_UNKNOWN), EVENT_GONE);
    CHECK_INT(said(WITHDRAW, false, RESULT_UNKNOWN), EVENT_GONE);
    CHECK_INT(said(WITHDRAW, true, RESULT_UNKNOWN), EVENT_GONE);
    CHECK_INT(said(WITHDRAW_BLIND, true, RESULT_UNKNOWN), EVENT_ABSENT);
    CHECK_INT(said(FIRST, false, RESULT_GONE), EVENT_MISMATCH);
    CHECK_INT(said(REPLACE, true, RESULT_GONE), EVENT_OTHER);
    CHECK_INT(said(AGAIN, true, RESULT_GONE), EVENT_BASE);
    CHECK_INT(said(WITHDRAW, false, RESULT_GONE), EVENT_TAKEN);
    CHECK_INT(said(WITHDRAW, true, RESULT_GONE), EVENT_OURS);
}

TEST("results that are no answers mean the same to all")
{
    static const struct {
        enum portal_result result;
        enum delivery_event sent, asked;
    } rows[] = {
        { RESULT_ACCEPTED, EVENT_ACCEPTED, EVENT_INDETERMINATE },
        { RESULT_REFUSED, EVENT_REFUSED, EVENT_INDETERMINATE },
        { RESULT_MISMATCH, EVENT_MISMATCH, EVENT_INDETERMINATE },
        { RESULT_BUSY, EVENT_BUSY, EVENT_BUSY },
        { RESULT_CLOSED, EVENT_CLOSED, EVENT_CLOSED },
        { RESULT_LOST, EVENT_INDETERMINATE, EVENT_INDETERMINATE },
        { RESULT_NOT_LEFT, EVENT_NOT_LEFT, EVENT_NOT_LEFT },
        { RESULT_CARRIED, EVENT_CARRIED, EVENT_CARRIED },
        { RESULT_UNSENT, EVENT_INDETERMINATE, EVENT_UNSENT },
        { RESULT_DENIED, EVENT_INDETERMINATE, EVENT_REFUSED },
    };
    static const enum kind kinds[] = { FIRST, REPLACE, WITHDRAW, WITHDRAW_BLIND };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
            CHECK_INT(said(kinds[kind], false, rows[i].result), rows[i].sent);
            CHECK_INT(said(kinds[kind], true, rows[i].result), rows[i].asked);
        }
}
