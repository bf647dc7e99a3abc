/* Approval as events make it: a row is a life, told in words, and what the gate says of a step at its end.
 *
 *     found            the rules are in force: A approves, B submits
 *     submit:xy        B submits a list of the steps x and y; submit-A:x, submit-C:x another person
 *     approve:1        A approves list 1; approve-B:1, approve-C:1 another; approve:1x the part of it that is x
 *     back:1x          A sends x of list 1 back
 *     retry:x lapse:1  an operator asks for x anew; the approvals of list 1 lapse
 *     people:2 recover:2    rules number 2 are submitted; or are to recover
 *     recovered:1      list 1 takes effect
 *     hours:71         time passes
 *
 * A step is a letter: a small letter is a content on top of nothing; a capital the same content on top of another.
 */
#include "store/approval_state.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "tests/support/test.h"

#define HOUR ((int64_t)3600 * 1000)

struct life {
    struct approval_state state;
    int64_t seq, now;
    struct value *documents[20]; /* of the lists */
    const char *wrong;           /* what the last doubtful event was told */
};

static struct value *parse(struct text json)
{
    struct value *value;
    struct error error;
    CHECK_INT(json_parse(&test_arena, json, &value, &error), STATUS_OK);
    return value;
}

static struct digest digest_of_value(const struct value *value)
{
    BUFFER_OWNED struct buffer out = { 0 };
    canonical_write(&out, value);
    return crypto_sha256(buffer_view(&out));
}

/* Rules number 1 have A, B and C; number 2 has D in the place of A. */
static struct value *rules_of(char number)
{
    return parse(text_of(number == '2'
                             ? "{\"expires\":432000000,\"scope\":[{\"scope\":\"all\"}],\"people\":["
                               "{\"name\":\"D\",\"role\":\"approver\",\"login\":[\"d\"],\"key\":\"4\"},"
                               "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[\"b\"],\"key\":\"2\"}]}"
                             : "{\"expires\":432000000,\"scope\":[{\"scope\":\"all\"}],\"people\":["
                               "{\"name\":\"A\",\"role\":\"approver\",\"login\":[\"a\"],\"key\":\"1\"},"
                               "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[\"b\"],\"key\":\"2\"},"
                               "{\"name\":\"C\",\"role\":\"approver\",\"login\":[\"c\"],\"key\":\"3\"}]}"));
}

static struct approval_step step_of(char letter)
{
    bool capital = letter >= 'A' && letter <= 'Z';
    struct approval_step step = { .code = text_format(&test_arena, "1.%c", capital ? letter + 32 : letter),
                                  .replaces = capital };
    step.digest.bytes[0] = (unsigned char)(capital ? letter + 32 : letter);
    step.replaced.bytes[0] = capital ? 1 : 0;
    return step;
}

static struct value *list_of(const char *letters)
{
    struct value *document = value_object(&test_arena), *steps = value_list(&test_arena);
    for (; *letters; letters++) {
        struct approval_step step = step_of(*letters);
        value_append(steps, approval_step_value(&test_arena, &step));
    }
    value_set(document, "steps", steps);
    return document;
}

static void put(struct value *detail, const char *name, const char *text)
{
    value_set(detail, name, value_string(&test_arena, text));
}

static void take(struct life *life, const char *name, const char *actor, struct value *detail,
                 const struct value *document, struct text code)
{
    struct approval_event event = { .seq = ++life->seq,
                                    .at = life->now,
                                    .event = text_of(name),
                                    .actor = text_of(actor),
                                    .code = code,
                                    .detail = detail,
                                    .document = document,
                                    .has_digest = document != NULL };
    if (document)
        event.digest = digest_of_value(document);
    const char *wrong = approval_state_take(&life->state, &event);
    life->wrong = wrong ? wrong : life->wrong;
}

static struct value *detail_of(struct life *life, const struct value *document)
{
    struct value *detail = value_object(&test_arena);
    struct digest text = digest_of_value(document); /* the words are as good as the document here */
    value_set(detail, "text_digest", value_digest(&test_arena, &text));
    value_set(detail, "rules_digest", value_digest(&test_arena, &life->state.force.digest));
    return detail;
}

static void submit(struct life *life, const char *who, const char *kind, struct value *document,
                   bool recovers)
{
    struct value *detail = detail_of(life, document);
    int64_t number = life->state.list_count + 1;
    value_set(detail, "list", value_integer(&test_arena, number));
    put(detail, "kind", kind);
    if (recovers)
        value_set(detail, "recover", value_boolean(&test_arena, true));
    life->documents[number] = document;
    take(life, "submitted", who, detail, document, TEXT_NONE);
}

/* "1" the list, "1x" a part of it. */
static void approve(struct life *life, const char *who, const char *what)
{
    int number = what[0] - '0';
    struct value *known = life->documents[number];
    struct value *document = what[1] ? list_of(what + 1) : known ? known : list_of("q");
    struct value *detail = detail_of(life, document);
    value_set(detail, "list", value_integer(&test_arena, number));
    if (what[1])
        value_set(detail, "part", value_boolean(&test_arena, true));
    take(life, "approved", who, detail, document, TEXT_NONE);
}

static void live_word(struct life *life, struct text word)
{
    size_t colon;
    char *text = text_string(&test_arena, word), *what = text + word.length;
    if (text_find(word, TEXT(":"), &colon)) {
        text[colon] = 0;
        what = text + colon + 1;
    }
    char *dash = strchr(text, '-');
    const char *who = dash ? dash + 1 : NULL;
    if (dash)
        *dash = 0;
    struct value *detail = value_object(&test_arena);
    if (!strcmp(text, "found")) {
        take(life, "approval-founded", "op", detail, rules_of(*what ? *what : '1'), TEXT_NONE);
    } else if (!strcmp(text, "submit")) {
        submit(life, who ? who : "B", "steps", list_of(what), false);
    } else if (!strcmp(text, "people")) {
        submit(life, "B", "people", rules_of(what[0]), false);
    } else if (!strcmp(text, "recover")) {
        submit(life, "D", "people", rules_of(what[0]), true);
    } else if (!strcmp(text, "approve")) {
        approve(life, who ? who : "A", what);
    } else if (!strcmp(text, "recovered")) {
        value_set(detail, "list", value_integer(&test_arena, what[0] - '0'));
        take(life, "approval-recovered", NULL, detail, life->documents[what[0] - '0'], TEXT_NONE);
    } else if (!strcmp(text, "back")) {
        value_set(detail, "list", value_integer(&test_arena, what[0] - '0'));
        put(detail, "reason", "chưa đúng");
        take(life, "sent-back", who ? who : "A", detail, NULL, step_of(what[1]).code);
    } else if (!strcmp(text, "retry")) {
        put(detail, "state", "sent-back");
        put(detail, "reason", "đã xem lại");
        take(life, "retried", "op", detail, NULL, step_of(what[0]).code);
    } else if (!strcmp(text, "lapse")) {
        value_set(detail, "list", value_integer(&test_arena, what[0] - '0'));
        value_set(detail, "approved", value_integer(&test_arena, life->seq));
        take(life, "approval-lapsed", NULL, detail, NULL, TEXT_NONE);
    } else if (!strcmp(text, "hours")) {
        life->now += HOUR * atoi(what);
    } else {
        CHECK_TEXT(word, TEXT("a known word"));
    }
}

static void live(struct life *life, const char *words)
{
    struct text rest = text_of(words);
    *life = (struct life){ .state = { .arena = &test_arena }, .now = 1000 * HOUR };
    while (rest.length) {
        size_t end = 0;
        while (end < rest.length && rest.bytes[end] != ' ')
            end++;
        live_word(life, text_slice(rest, 0, end));
        rest = text_slice(rest, end + 1, rest.length);
    }
    approval_state_close(&life->state);
}

static const char *standing_of(struct life *life, char letter)
{
    static const char *const names[] = { "free",      "unsubmitted", "waiting", "approved",
                                         "sent-back", "used",        "lapsed" };
    const struct approval_entry *entry;
    struct approval_step step = step_of(letter);
    return names[approval_state_judge(&life->state, &step, true, life->now, &entry)];
}

TEST("what a step may do is what the events say")
{
    static const struct {
        const char *words;
        char step;
        const char *standing;
        const char *wrong; /* a part of what the last doubtful event was told; NULL: none was */
    } rows[] = {
        { "found", 'x', "unsubmitted", NULL },
        { "found submit:xy", 'x', "waiting", NULL },
        { "found submit:xy approve:1", 'x', "approved", NULL },
        { "found submit:xy approve:1", 'z', "unsubmitted", NULL },
        { "found submit:xy approve:1", 'X', "unsubmitted", NULL }, /* another base */
        { "found submit:X approve:1", 'x', "unsubmitted", NULL },
        { "found submit:xy approve:1 hours:119", 'x', "approved", NULL },
        { "found submit:xy approve:1 hours:121", 'x', "lapsed", NULL },
        { "found submit:xy approve:1 hours:121 lapse:1", 'x', "unsubmitted", NULL },
        { "found submit:xy approve:1 hours:121 submit:x", 'x', "waiting", NULL },
        { "found submit:xy approve:1x", 'x', "approved", NULL },
        { "found submit:xy approve:1x", 'y', "waiting", NULL },
        { "found submit:xy approve:1x approve:1y", 'y', "approved", NULL },
        { "found submit:xy approve:1z", 'z', "unsubmitted", "not in the list" },
        { "found submit:xy approve:1 approve:1", 'x', "approved", "decided before" },
        { "found submit:xy approve:2", 'x', "waiting", "never submitted" },
        { "found submit:xy approve-B:1", 'x', "waiting", "submit, not approve" },
        { "found submit-A:xy approve-A:1", 'x', "waiting", "cannot approve it" },
        { "found submit-A:xy approve-C:1", 'x', "approved", NULL },
        { "found submit:xy approve-E:1", 'x', "waiting", "nobody of that name" },
        { "found submit-E:x", 'x', "unsubmitted", "nobody of that name" },
        { "found submit:x submit:y approve:2", 'x', "waiting", NULL }, /* two lists at once */
        { "found submit:x submit:y approve:2", 'y', "approved", NULL },
        { "found submit:xy back:1x", 'x', "sent-back", NULL },
        { "found submit:xy back:1x", 'X', "sent-back", NULL }, /* such a content, whatever it would replace */
        { "found submit:xy back:1x", 'y', "waiting", NULL },
        { "found submit:xy back:1x approve:1", 'x', "sent-back", NULL },
        { "found submit:xy back:1x approve:1", 'y', "approved", NULL },
        { "found submit:xy approve:1 back:1x", 'x', "sent-back", NULL },
        { "found submit:xy back:1x retry:x", 'x', "unsubmitted", NULL },
        { "found submit:xy back:1x retry:x submit:x", 'x', "waiting", NULL },
        { "found submit:xy back:1x retry:x submit:x approve:2", 'x', "approved", NULL },
        { "found submit:xy back-B:1x", 'x', "waiting", "submit, not approve" },
        { "found submit:xy back:1z", 'x', "waiting", "not in the list" },
        { "submit:x", 'x', "unsubmitted", "in force" },
        /* people */
        { "found found:2 submit:x approve-D:1", 'x', "waiting", "nobody of that name" },
        { "found people:2 submit:x approve:2", 'x', "approved",
          NULL }, /* until it is approved, the old one is in force */
        { "found people:2 approve:1 submit:x approve:2", 'x', "waiting", "nobody of that name" },
        { "found people:2 approve:1 submit:x approve-D:2", 'x', "approved", NULL },
        { "found:2 submit-D:x", 'x', "unsubmitted", NULL }, /* nobody else approves by those */
        { "found:2 submit-D:x submit:x", 'x', "waiting", NULL },
        { "found people:2 approve-B:1 submit:x approve-D:2", 'x', "waiting", "nobody of that name" },
        { "found submit:x approve:1 people:2 approve:2", 'x', "approved", NULL }, /* judged as of its event */
        { "found people:2 back:1 approve:1", 'x', "unsubmitted", "decided before" },
        { "found recover:2 hours:71 recovered:1 submit:x approve-D:2", 'x', "waiting",
          "nobody of that name" },
        { "found recover:2 hours:72 recovered:1 submit:x approve-D:2", 'x', "approved", NULL },
        { "found recover:2 hours:1 submit:y approve:2 hours:80 recovered:1 submit:x approve-D:3", 'x',
          "waiting", "nobody of that name" }, /* an approver can sign after all */
        { "found hours:48 recover:2 hours:-48 submit:y approve:2 hours:200 recovered:1 submit:x approve-D:3",
          'x', "waiting", "nobody of that name" }, /* whatever the clock said when */
        { "found people:2 hours:80 recovered:1", 'x', "unsubmitted", "nobody asked" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct life life;
        live(&life, rows[i].words);
        CHECK_TEXT(text_format(&test_arena, "%s: %s", rows[i].words, standing_of(&life, rows[i].step)),
                   text_format(&test_arena, "%s: %s", rows[i].words, rows[i].standing));
        size_t at;
        bool told = life.wrong ? rows[i].wrong && text_find(text_of(life.wrong), text_of(rows[i].wrong), &at)
                               : !rows[i].wrong;
        CHECK_TEXT(text_format(&test_arena, "%s: %s", rows[i].words,
                               told         ? "told"
                               : life.wrong ? life.wrong
                                            : "-"),
                   text_format(&test_arena, "%s: told", rows[i].words));
    }
}

TEST("a scope says which steps need somebody")
{
    static const struct {
        const char *scope;
        const char *source, *department; /* source NULL: nobody knows */
        bool withdraws;
        int64_t published, changes;
        bool needs;
    } rows[] = {
        { "[]", "s", "s", true, 10, 10, false },
        { "[{\"scope\":\"none\"}]", "s", "s", true, 10, 10, false },
        { "[{\"scope\":\"all\"}]", "s", "s", false, 10, 0, true },
        { "[{\"scope\":\"withdrawals\"}]", "s", "s", false, 10, 9, false },
        { "[{\"scope\":\"withdrawals\"}]", "s", "s", true, 10, 1, true },
        { "[{\"scope\":\"changes\",\"share\":\"0.1\"}]", "s", "s", false, 100, 10, false },
        { "[{\"scope\":\"changes\",\"share\":\"0.1\"}]", "s", "s", false, 100, 11, true },
        { "[{\"scope\":\"changes\",\"share\":\"0.1\"}]", "s", "s", true, 100, 1, true },
        { "[{\"source\":\"s\",\"scope\":\"none\"},{\"scope\":\"all\"}]", "s", "s", true, 10, 1, false },
        { "[{\"source\":\"s\",\"scope\":\"none\"},{\"scope\":\"all\"}]", "t", "s", false, 10, 1, true },
        { "[{\"department\":\"D\",\"scope\":\"withdrawals\"},{\"scope\":\"all\"}]", "t", "D", false, 10, 1,
          false },
        { "[{\"source\":\"s\",\"scope\":\"none\"},{\"scope\":\"all\"}]", NULL, "", false, 10, 1, true },
        { "[{\"source\":\"s\",\"scope\":\"all\"}]", "t", "s", true, 10, 1, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct approval_rules rules;
        struct digest digest = { { 0 } };
        struct value *document =
            parse(text_format(&test_arena, "{\"expires\":1,\"people\":[],\"scope\":%s}", rows[i].scope));
        CHECK(approval_rules_parse(&test_arena, document, &digest, &rules));
        struct approval_facts facts = { .source = text_of(rows[i].source),
                                        .department = text_of(rows[i].department),
                                        .withdraws = rows[i].withdraws,
                                        .published = rows[i].published,
                                        .changes = rows[i].changes };
        CHECK_TEXT(text_format(&test_arena, "%zu %d", i, approval_rules_need(&rules, &facts)),
                   text_format(&test_arena, "%zu %d", i, rows[i].needs));
    }
}

TEST("people that share something are no two people")
{
    static const char *const rows[] = {
        "{\"name\":\"A\",\"role\":\"submitter\",\"login\":[\"b\"],\"key\":\"2\"}",
        "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[\"b\",\"a\"],\"key\":\"2\"}",
        "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[\"b\"],\"key\":\"1\"}",
        "{\"name\":\"B\",\"role\":\"king\",\"login\":[\"b\"],\"key\":\"2\"}",
        "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[],\"key\":\"2\"}",
        "{\"name\":\"B\",\"role\":\"submitter\",\"login\":[\"b\"]}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct approval_rules rules;
        struct digest digest = { { 0 } };
        struct value *document = parse(text_format(&test_arena,
                                                   "{\"expires\":1,\"scope\":[],\"people\":[{\"name\":\"A\","
                                                   "\"role\":\"approver\",\"login\":[\"a\"],"
                                                   "\"key\":\"1\"},%s]}",
                                                   rows[i]));
        CHECK_INT(approval_rules_parse(&test_arena, document, &digest, &rules), false);
    }
}
