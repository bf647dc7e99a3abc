#include "tests/transform/rule_tools.h"

#include "adapters/file.h"

/* ---- each check holds and does not hold ---- */

TEST("required wants something, and names where it is missing")
{
    CHECK_STRING(says("field: name, check: { required: true }", "name: A"), "");
    CHECK_STRING(says("field: name, check: { required: true }", "code: A"), "name: This is missing");
    CHECK_STRING(says("field: decision.number, check: { required: true }", "code: A"),
                 "decision.number: This is missing");
    CHECK_STRING(
        says("field: 'steps[].text', check: { required: true }", "steps: [{ text: A }, { case: B }]"),
        "steps[1].text: This is missing");
    CHECK_STRING(says("field: 'steps[].text', check: { required: true }", "code: A"), "");
}

TEST("required lets another field stand in, of the same item where the lists are the same")
{
    const char *either = "field: executing_agencies, check: { required: { or: competent_agencies } }";
    CHECK_STRING(says(either, "competent_agencies: [A]"), "");
    CHECK_STRING(says(either, "code: A"), "executing_agencies: This is missing");
    const char *item = "field: 'legal_bases[].title', check: { required: { or: 'legal_bases[].number' } }";
    CHECK_STRING(says(item, "legal_bases: [{ number: A }, { title: B }]"), "");
    CHECK_STRING(says(item, "legal_bases: [{ number: A }, { issuer: B }]"),
                 "legal_bases[1].title: This is missing");
    const char *prose =
        "field: time_limit, check: { required: { or: [ { 'steps[].text': '[0-9] ngày' } ] } }";
    CHECK_STRING(says(prose, "steps: [{ text: A }, { text: trong 5 ngày }]"), "");
    CHECK_STRING(says(prose, "steps: [{ text: A }]"), "time_limit: This is missing");
}

TEST("length counts characters, not bytes")
{
    CHECK_STRING(says("field: name, check: { length: { max: 4 } }", "name: ệệệệ"), "");
    CHECK_STRING(says("field: name, check: { length: { max: 3 } }", "name: ệệệệ"),
                 "name: It has 4 characters; at most 3 are right");
    CHECK_STRING(says("field: name, check: { length: { min: 3 } }", "name: ệệ"),
                 "name: It has 2 characters; at least 3 are right");
}

TEST("count counts items, and an absent list has none")
{
    CHECK_STRING(says("field: steps, check: { count: { min: 1 } }", "steps: [{ text: A }]"), "");
    CHECK_STRING(says("field: steps, check: { count: { min: 1 } }", "code: A"),
                 "steps: It has 0 items; at least 1 are right");
}

TEST("matches and not_matches find expressions, and an absent field holds")
{
    CHECK_STRING(says("field: code, check: { matches: '^[0-9]+$' }", "code: 12"), "");
    CHECK_STRING(says("field: code, check: { matches: '^[0-9]+$' }", "code: 12a"),
                 "code: This does not have the form that is asked for");
    CHECK_STRING(says("field: name, check: { matches: '^[0-9]+$' }", "code: 12a"), "");
    CHECK_STRING(says("field: name, check: { not_matches: 'Xem chi tiết' }", "name: AXem chi tiếtB"),
                 "name: \"Xem chi tiết\" must not stand here");
    CHECK_STRING(says("field: name, check: { not_matches: 'Xem chi tiết' }", "name: Xem"), "");
}

TEST("one_of and codes know their values")
{
    forget_lists();
    with_list("colours", "from,to\nđỏ,red\nxanh,green\n");
    CHECK_STRING(says("field: 'levels[]', check: { one_of: [province, commune] }", "levels: [province]"), "");
    CHECK_STRING(
        says("field: 'levels[]', check: { one_of: [province, commune] }", "levels: [province, district]"),
        "levels[1]: \"district\" is not one of what is allowed here");
    CHECK_STRING(says("field: notes, check: { codes: colours }", "notes: red"), "");
    CHECK_STRING(says("field: notes, check: { codes: colours }", "notes: đỏ"),
                 "notes: \"đỏ\" is not in the list");
    forget_lists();
}

TEST("date compares with a day, with today and with another field of the same item")
{
    CHECK_STRING(says("field: decision.signed_on, check: { date: { after: 2010-10-14 } }",
                      "decision: { signed_on: 2010-10-15 }"),
                 "");
    CHECK_STRING(says("field: decision.signed_on, check: { date: { after: 2010-10-14 } }",
                      "decision: { signed_on: 2010-10-14 }"),
                 "decision.signed_on: The day must be after 2010-10-14");
    CHECK_STRING(says("field: decision.signed_on, check: { date: { not_after: today } }",
                      "{ decision: { signed_on: 2026-03-10 }, today: 2026-03-09 }"),
                 "decision.signed_on: The day must not be after today");
    CHECK_STRING(says("field: decision.signed_on, check: { date: { before: today } }",
                      "{ decision: { signed_on: 2026-03-09 }, today: 2026-03-10 }"),
                 "");
    const char *bases =
        "field: 'legal_bases[].effective_on', check: { date: { not_before: 'legal_bases[].issued_on' } }";
    CHECK_STRING(says(bases, "legal_bases: [{ issued_on: 2020-01-02, effective_on: 2020-01-02 },"
                             " { issued_on: 2021-01-02, effective_on: 2020-06-01 }]"),
                 "legal_bases[1].effective_on: The day must not be before 2021-01-02 (Legal "
                 "basis, day it was issued)");
}

TEST("number compares decimals of any length")
{
    const char *rule =
        "field: 'methods[].fees[].amount', check: { number: { min: 0.5, max: 100000000000000000000 } }";
    CHECK_STRING(says(rule, "methods: [{ fees: [{ amount: '0.5' }] }]"), "");
    CHECK_STRING(says(rule, "methods: [{ fees: [{ amount: '0.49' }] }]"),
                 "methods[0].fees[0].amount: 0.49 is less than 0.5");
    CHECK_STRING(says(rule, "methods: [{ fees: [{ amount: '100000000000000000001' }] }]"),
                 "methods[0].fees[0].amount: 100000000000000000001 is more than 100000000000000000000");
}

TEST("script finds letters of another script and names each")
{
    CHECK_STRING(
        says("field: name, check: { script: vietnamese }", "name: Đăng ký kết hôn – “TT-BTC” ₫ №1 café"), "");
    CHECK_STRING(says("field: name, check: { script: vietnamese }", "name: TT-BTС"),
                 "name: Letters of another script stand here (Cyrillic): \"С\" = U+0421");
    CHECK_CONTAINS(says("field: name, check: { script: vietnamese }", "name: 漢 и α"), "(Han)");
}

TEST("look_alikes spares words of another script and finds letters of it inside a word")
{
    const char *rule = "field: name, check: { look_alikes: none }";
    CHECK_STRING(says(rule, "name: Thị thực (Виза) Анкета СССР"), "");
    CHECK_STRING(says(rule, "name: 5 μg và 10 kΩ β-agonist α"), "");
    CHECK_CONTAINS(says(rule, "name: khаi sinh"), "(Cyrillic): \"а\" = U+0430");
    CHECK_CONTAINS(says(rule, "name: TT-ВТС"), "Cyrillic");
    CHECK_CONTAINS(says(rule, "name: ВТС/TT"), "Cyrillic");
    CHECK_CONTAINS(says(rule, "name: ＡB"), "U+FF21");
    CHECK_CONTAINS(says(rule, "name: １2／QĐ-BTP"), "(full-width): \"１\" = U+FF11, \"／\" = U+FF0F");
    CHECK_CONTAINS(says(rule, "name: Ɖăng ký"), "U+0189");
    /* Over and behind the blocks that are looked at together. */
    CHECK_CONTAINS(says(rule, "name: 0123456789abcdefghijklmnopqrstuvwxyz 0123456789 khаi"), "Cyrillic");
    CHECK_CONTAINS(says(rule, "name: 01234567890123aс"), "Cyrillic");
}

TEST("document_number tells the kind and each fault")
{
    CHECK_STRING(
        says("field: decision.number, check: { document_number: true }", "decision: { number: 361/QĐ-BTP }"),
        "");
    CHECK_CONTAINS(
        says("field: decision.number, check: { document_number: true }", "decision: { number: 3713/QD-BTP }"),
        "3713/QĐ-BTP");
    CHECK_CONTAINS(says("field: decision.number, check: { document_number: { kinds: [decision] } }",
                        "decision: { number: 04/2020/TT-BTP }"),
                   "another kind");
    CHECK_STRING(says("field: decision.number, check: { document_number: { faults: [behind] } }",
                      "decision: { number: 3713/QD-BTP }"),
                 "");
    CHECK_CONTAINS(says("field: decision.number, check: { document_number: { faults: [behind] } }",
                        "decision: { number: QĐ/0001-BTP }"),
                   "0001/QĐ-BTP");
}

TEST("what is taken for a plain number is one for the grammar too")
{
    static const char *const numbers[] = { "1/QĐ-UBND",     "12345/QĐ-BTP",  "05/2024/QĐ-UBND",
                                           "63/2010/NĐ-CP", "60/2014/QH13",  "01/1999/TT-NHNN",
                                           "7/NQ-CP",       "12/2015/TT-BTC" };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *procedure = text_format(&test_arena, "decision: { number: '%s' }", numbers[i]).bytes;
        CHECK_STRING(says("field: decision.number, check: { document_number: true }", procedure), "");
        /* A blank makes it leave the short way. */
        procedure = text_format(&test_arena, "decision: { number: '%s ' }", numbers[i]).bytes;
        CHECK_STRING(
            says(
                "field: decision.number, check: { document_number: { faults: [unreadable, no_kind, no_issuer,"
                " plain_d, bare, year, behind, glued] } }",
                procedure),
            "");
    }
}

TEST("amounts finds sums that can be read in two ways")
{
    const char *rule = "field: 'methods[].text', check: { amounts: readable }";
    CHECK_STRING(says(rule, "methods: [{ text: '1.500.000 đồng, 2,000 VNĐ, điểm 1.500,000, 99,94 %' }]"), "");
    CHECK_STRING(says(rule, "methods: [{ text: 'Phí 1.500,000 đồng' }]"),
                 "methods[0].text: The amount \"1.500,000\" can be read in two ways or in none");
}

TEST("known_name compares the words that matter with the name known for the code")
{
    forget_lists();
    with_list("known",
              "from,to\n1.001193,Thủ tục đăng ký khai sinh\n1.000894,Thủ tục đăng ký kết hôn\n"
              "1.003311,Cấp thay đổi phạm vi hoạt động chuyên môn trong chứng chỉ hành nghề khám bệnh\n"
              "1.014748,Hưởng trợ cấp thất nghiệp (Cấp tỉnh) | Giải quyết hưởng trợ cấp thất nghiệp\n");
    const char *rule = "field: name, check: { known_name: known }";
    CHECK_STRING(says(rule, "{ code: '1.001193', name: Đăng ký khai sinh }"), "");
    CHECK_STRING(says(rule, "{ code: '1.014748', name: Trợ cấp thất nghiệp }"), "");
    CHECK_STRING(says(rule, "{ code: 1.001193.H13, name: ĐĂNG KÝ KHAI SINH }"), "");
    CHECK_CONTAINS(says(rule, "{ code: '1.003311', name: Tách hộ khẩu }"),
                   "is known as \"Cấp thay đổi phạm vi");
    CHECK_CONTAINS(
        says(rule, "{ code: '1.001640', name: Đăng ký khai sinh }"),
        "The code 1.001640 is not known; the code 1.001193 is known as \"Thủ tục đăng ký khai sinh\"");
    CHECK_STRING(says(rule, "{ code: '1.001640', name: Đăng ký khai sinh cho trẻ em bị bỏ rơi }"), "");
    CHECK_CONTAINS(says("field: name, check: { known_name: { list: known, unknown: reject } }",
                        "{ code: '1.001640', name: Đăng ký khai sinh cho trẻ em bị bỏ rơi }"),
                   "is not known");
    CHECK_CONTAINS(refused("field: code, check: { known_name: known }"),
                   "\"known_name\" is put to the field \"name\"");
    forget_lists();
}

/* ---- when, in_force, messages ---- */

TEST("when asks for values, presence, expressions and days")
{
    CHECK_STRING(says("field: name, check: { required: true }, when: { kind: public }", "kind: internal"),
                 "");
    CHECK_STRING(
        says("field: name, check: { required: true }, when: { kind: [internal, public] }", "kind: internal"),
        "name: This is missing");
    CHECK_STRING(
        says("field: name, check: { required: true }, when: { notes: { present: true } }", "kind: internal"),
        "");
    CHECK_STRING(
        says("field: name, check: { required: true }, when: { notes: { present: false } }", "kind: internal"),
        "name: This is missing");
    CHECK_STRING(
        says("field: name, check: { required: true }, when: { code: { matches: '^NB' } }", "code: NB-1"),
        "name: This is missing");
    CHECK_STRING(
        says("field: name, check: { required: true }, when: { decision.signed_on: { after: 2025-12-31 } }",
             "decision: { signed_on: 2025-12-31 }"),
        "");
}

TEST("a condition inside of the field's own list is asked for each item")
{
    const char *rule =
        "field: 'methods[].duration', check: { required: true }, when: { 'methods[].channel': online }";
    CHECK_STRING(says(rule, "methods: [{ channel: direct }, { channel: online, duration: { amount: '1' } }]"),
                 "");
    CHECK_STRING(says(rule, "methods: [{ channel: direct }, { channel: online }]"),
                 "methods[1].duration: This is missing");
}

TEST("a rule is silent before and after the days it is in force")
{
    CHECK_STRING(says("field: name, check: { required: true }, in_force: { from: 2026-03-10 }", "code: A"),
                 "");
    CHECK_STRING(says("field: name, check: { required: true }, in_force: { to: 2026-03-08 }", "code: A"), "");
    CHECK_STRING(
        says("field: name, check: { required: true }, in_force: { from: 2026-03-09, to: 2026-03-09 }",
             "code: A"),
        "name: This is missing");
}

TEST("a message has its language, and {why} and {value} are filled in")
{
    CHECK_STRING(says("field: name, check: { length: { max: 1 } }, message: { vi: Dài, en: 'Too long: "
                      "{value} ({why})' }",
                      "name: Abc"),
                 "name: Too long: Abc (it has 3 characters; at most 1 are right)");
    CHECK_STRING(says("field: name, check: { length: { max: 1 } }, message: { vi: Dài }", "name: Abc"),
                 "name: Dài");
}

TEST("a rule may name several fields, and every reason is told at once")
{
    CHECK_INT(compile("rules:\n"
                      "  - { id: A, field: [name, 'results[].name'], check: { length: { max: 3 } }, "
                      "severity: warning }\n"
                      "  - { id: B, field: code, check: { matches: '^[0-9]+$' }, cites: 'Điều 8' }\n"),
              STATUS_OK);
    struct findings findings = play("{ name: Abcd, code: x, results: [A, Bcde] }");
    CHECK_INT(findings.errors, 1);
    CHECK_INT(findings.warnings, 2);
    CHECK_TEXT(findings.first->field, TEXT("name"));
    CHECK_TEXT(findings.first->next->field, TEXT("results[1].name"));
    CHECK_TEXT(findings.last->cites, TEXT("Điều 8"));
    rule_free_all(rules);
}

/* ---- rules that are wrong ---- */

TEST("bad rules are refused with line and column, and the nearest name")
{
    CHECK_CONTAINS(refused("field: name, check: { requird: true }"), "rules.yaml:2:");
    CHECK_CONTAINS(error.message, "unknown check \"requird\"; did you mean \"required\"?");
    CHECK_CONTAINS(refused("field: nam, check: { required: true }"), "did you mean \"name\"?");
    CHECK_CONTAINS(refused("field: 'legal_bases.number', check: { required: true }"), "legal_bases[]");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, wen: { kind: public }"),
                   "did you mean \"when\"?");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, when: { kinds: public }"),
                   "did you mean \"kind\"?");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, when: { kind: pulbic }"),
                   "\"kind\" never has the value \"pulbic\"; did you mean \"public\"?");
    CHECK_CONTAINS(refused("field: 'levels[]', check: { one_of: [provinse] }"), "did you mean \"province\"?");
    CHECK_CONTAINS(refused("field: name, check: { length: { min: 5, max: 3 } }"), "nothing can hold");
    CHECK_CONTAINS(refused("field: name, check: { length: { mni: 5 } }"), "did you mean \"min\"?");
    CHECK_CONTAINS(refused("field: steps, check: { matches: a }"), "\"steps\" is a list");
    CHECK_CONTAINS(refused("field: decision, check: { matches: a }"), "is a group");
    CHECK_CONTAINS(refused("field: name, check: { count: { min: 1 } }"), "counts the items of a list");
    CHECK_CONTAINS(refused("field: name, check: { date: { after: 2010-10-14 } }"), "holds none");
    CHECK_CONTAINS(refused("field: decision.signed_on, check: { date: { after: 2010-02-30 } }"), "is no day");
    CHECK_CONTAINS(
        refused("field: decision.signed_on, check: { date: { after: 2010-02-03, before: 2010-02-04 } }"),
        "no day lies between");
    CHECK_CONTAINS(
        refused("field: decision.signed_on, check: { date: { after: 'legal_bases[].issued_on' } }"),
        "goes through a list");
    CHECK_CONTAINS(refused("field: name, check: { codes: colours }"), "there is no code list \"colours\"");
    CHECK_CONTAINS(refused("field: name, check: { document_number: { faults: [glud] } }"),
                   "did you mean \"glued\"?");
    CHECK_CONTAINS(refused("check: { required: true }"), "needs a \"field\"");
    CHECK_CONTAINS(refused("field: name, check: {}"), "checks nothing");
    CHECK_CONTAINS(refused("field: name, check: { required: false }"), "required");
    CHECK_CONTAINS(
        refused("field: name, check: { required: true }, in_force: { from: 2026-01-02, to: 2026-01-01 }"),
        "can never be in force");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, severity: fatal"), "error, warning");
    CHECK_CONTAINS(refused("field: name, check: { one_of: [] }"), "an empty list");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, when: { status: [] }"), "an empty list");
    CHECK_CONTAINS(refused("field: name, check: { not_matches: '' }"), "found in every text");
}

TEST("an id may be used once, and the program's own are its own")
{
    CHECK_INT(compile("rules:\n  - { id: A, field: name, check: { required: true } }\n"
                      "  - { id: A, field: code, check: { required: true } }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "rules.yaml:3:");
    CHECK_CONTAINS(error.message, "the rule id \"A\" is already used in rules.yaml:2");
    CHECK_INT(compile("rules:\n  - { id: congkhai/x, field: name, check: { required: true } }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the program's own");
}

TEST("an expression that does not compile, or backtracks without end, is refused where it stands")
{
    CHECK_CONTAINS(refused("field: name, check: { matches: '^(a' }"), "rules.yaml:2:");
    CHECK_CONTAINS(refused("field: name, check: { matches: '^(a+)+$' }"), "match limit");
    CHECK_CONTAINS(refused("field: name, check: { not_matches: '(\\s*\\s*)*x' }"), "match limit");
    CHECK_CONTAINS(
        refused("field: name, check: { required: true }, when: { code: { matches: '([0-9]+)*\\x{1}x' } }"),
        "match limit");
}

TEST("an expression that gives up on a record keeps it back and says which rule it was")
{
    /* The probes do not hold this letter; a text of many does. */
    CHECK_INT(compile_one("field: name, check: { matches: '^(?:ữ+)+$' }"), STATUS_OK);
    struct buffer name = { 0 };
    buffer_string(&name, "name: '");
    for (int i = 0; i < 300; i++)
        buffer_string(&name, "ữ");
    buffer_string(&name, "!'");
    struct findings findings = play(name.bytes);
    CHECK_INT(findings.errors, 1);
    if (findings.first) {
        CHECK_STRING(findings.first->reason.id, "undecided");
        CHECK_TEXT(findings.first->reason.values[0], TEXT("rules.yaml"));
        CHECK_TEXT(findings.first->reason.values[1], TEXT("2"));
        CHECK_CONTAINS(text_string(&test_arena, findings.first->reason.values[2]), "match limit");
    }
    buffer_free(&name);
    rule_free_all(rules);
}

TEST("SQL that writes, or has no code, is refused where it stands")
{
    CHECK_CONTAINS(refused("check: { sql: 'DELETE FROM record' }"), "rules.yaml:2:");
    CHECK_CONTAINS(error.message, "only SELECT is allowed");
    CHECK_CONTAINS(refused("check: { sql: \"ATTACH 'x' AS y\" }"), "only SELECT is allowed");
    CHECK_CONTAINS(refused("check: { sql: 'SELECT name FROM procedure' }"), "column named \"code\"");
    CHECK_CONTAINS(refused("check: { sql: 'SELECT code FROM procedur' }"), "no such table");
    CHECK_CONTAINS(refused("check: { sql: 'SELECT code FROM procedure; SELECT 1' }"), "rules.yaml:2:");
    CHECK_CONTAINS(refused("check: { sql: { select: 'SELECT code FROM procedure', limit: soon } }"), "limit");
}

TEST("the recipe follows what rules ask and say, not their examples and reasons")
{
    struct digest first;
    CHECK_INT(compile_one("field: name, check: { required: true }"), STATUS_OK);
    first = transform_digest;
    rule_free_all(rules);
    CHECK_INT(
        compile_one("field: name, check: { required: true }, reason: A, examples: { pass: [{ name: A }] }"),
        STATUS_OK);
    CHECK(digest_equal(&first, &transform_digest));
    rule_free_all(rules);
    CHECK_INT(compile_one("field: name, check: { required: true }, message: { en: A }"), STATUS_OK);
    CHECK(!digest_equal(&first, &transform_digest));
    rule_free_all(rules);
    CHECK_INT(compile_one("field: name, check: { required: true }, in_force: { from: 2026-03-10 }"),
              STATUS_OK);
    first = transform_digest;
    rule_free_all(rules);
    today.day = 10;
    CHECK_INT(compile_one("field: name, check: { required: true }, in_force: { from: 2026-03-10 }"),
              STATUS_OK);
    CHECK(!digest_equal(&first, &transform_digest));
    rule_free_all(rules);
    today.day = 9;
}

/* ---- what will surprise ---- */

static char said[4096];

static void remember(void *user_data, const char *remark)
{
    (void)user_data;
    strncat(said, remark, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

TEST("check remarks a message with a hole that nothing fills")
{
    said[0] = 0;
    CHECK_INT(compile("rules:\n"
                      "  - { id: A, field: name, check: { required: true }, cites: B, message: { vi: 'a "
                      "{why} {vaule}', en: '{value}' } }\n"
                      "  - { id: B, field: name, check: { required: true }, cites: B, message: { en: "
                      "'{found} {} {2} {a b}' } }\n"),
              STATUS_OK);
    rule_lint(rules, remember, NULL);
    CHECK_STRING(
        said,
        "rules.yaml:2:5: the rule \"A\": its message says {vaule}, which nothing fills: known are {why}, "
        "{found}, {value}\n");
    rule_free_all(rules);
}

TEST("check remarks rules that are not yet in force, and those without a reason")
{
    said[0] = 0;
    CHECK_INT(
        compile(
            "rules:\n"
            "  - { id: A, field: name, check: { required: true }, in_force: { from: 2030-01-01 }, cites: B "
            "}\n"
            "  - { id: B, field: name, check: { required: true } }\n"
            "  - { id: C, field: name, check: { matches: a }, when: { name: { present: false } }, cites: B "
            "}\n"
            "  - { id: D, field: name, check: { matches: a }, cites: B }\n"),
        STATUS_OK);
    rule_lint(rules, remember, NULL);
    CHECK_CONTAINS(
        said, "rules.yaml:2:5: the rule \"A\": it comes into force on 2030-01-01; what was decided before is "
              "not judged by it");
    CHECK_CONTAINS(said, "the rule \"B\": it neither cites an article nor gives a reason");
    CHECK_CONTAINS(said, "the rule \"C\": \"when\" asks that its own field is absent");
    CHECK(!strstr(said, "\"D\""));
    rule_free_all(rules);
}

/* ---- examples ---- */

static struct rule_example last;
static int examples, wrong;

static void look(void *user_data, const struct rule_example *example)
{
    (void)user_data;
    last = *example;
    examples++;
    wrong += example->held != example->should_pass;
}

TEST("examples are tried on their rule alone, on the day that they name")
{
    examples = wrong = 0;
    CHECK_INT(compile("rules:\n"
                      "  - id: A\n"
                      "    field: name\n"
                      "    check: { required: true }\n"
                      "    in_force: { from: 2030-01-01 }\n"
                      "    examples: { pass: [{ name: A }, { code: B, today: 2029-12-31 }], fail: [{ code: B "
                      "}, { name: C }] }\n"
                      "  - { id: B, field: code, check: { matches: Z } }\n"),
              STATUS_OK);
    CHECK_INT(rule_examples(rules, look, NULL, &error), STATUS_OK);
    CHECK_INT(examples, 4);
    CHECK_INT(wrong, 1);
    CHECK_INT(last.line, 6);
    rule_free_all(rules);
}

TEST("an example that is no procedure is refused where it stands")
{
    CHECK_INT(compile_one("field: name, check: { required: true }, examples: { pass: [{ nmae: A }] }"),
              STATUS_OK);
    CHECK_INT(rule_examples(rules, look, NULL, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "rules.yaml:2:");
    CHECK_CONTAINS(error.message, "a procedure has no field \"nmae\"; did you mean \"name\"?");
    rule_free_all(rules);
    CHECK_INT(
        compile_one("field: name, check: { required: true }, examples: { pass: [{ levels: [provinc] }] }"),
        STATUS_OK);
    CHECK_INT(rule_examples(rules, look, NULL, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "did you mean \"province\"?");
    rule_free_all(rules);
}

TEST("a calendar's day is a holiday by any name, and works only where it says so")
{
    const char *term = "field: decision.effective_on, check: { working_days: { from: decision.signed_on, "
                       "to: decision.effective_on, at_least: 2, holidays: days } }";
    const char *days = "{ decision: { signed_on: 2026-04-29, effective_on: 2026-05-04 } }";
    with_list("days", "from,to\n2026-04-30,Ngày Chiến thắng\n2026-05-01,holiday\n");
    CHECK(*says(term, days));
    with_list("days", "from,to\n2026-04-30,Ngày Chiến thắng\n2026-05-01,holiday\n2026-05-02,working\n");
    CHECK_STRING(says(term, days), "");
    with_list("days", "from,to\n2026-04-30,holiday\n2026-05-02,workng\n");
    CHECK_INT(compile_one(term), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "days.csv:3) has the line \"2026-05-02,workng\"");
    with_list("days", "from\n2026-04-30\n30/4/2026\n");
    CHECK_INT(compile_one(term), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "days.csv:3)");
}
