/* What rules know of days and agencies: the record's own day, the baseline, terms, closed codes. */
#include "tests/transform/rule_tools.h"

TEST("a rule is in force by the day of the record's decision, and by today where it has none")
{
    lists = NULL;
    const char *rule = "field: 'levels[]', check: { one_of: [province] }, in_force: { from: 2025-07-01 }";
    CHECK_STRING(says(rule, "{ levels: [district], decision: { signed_on: 2025-06-30 } }"), "");
    CHECK_CONTAINS(says(rule, "{ levels: [district], decision: { signed_on: 2025-07-01 } }"), "levels[0]: ");
    CHECK_CONTAINS(says(rule, "{ levels: [district] }"), "levels[0]: ");
    CHECK_STRING(says(rule, "{ levels: [district], today: 2025-06-30 }"), "");
    const char *old = "field: name, check: { required: true }, in_force: { to: 2013-06-30 }";
    CHECK_CONTAINS(says(old, "{ code: A, decision: { signed_on: 2013-06-30 } }"), "name: ");
    CHECK_STRING(says(old, "{ code: A, decision: { signed_on: 2013-07-01 } }"), "");
}

TEST("agency.kind is what the configuration says of its own agency, and what the code says of others")
{
    lists = NULL;
    const char *rule = "field: name, check: { required: true }, when: { agency.kind: province }";
    CHECK_CONTAINS(says(rule, "{ agency: { code: H13 } }"), "name: ");
    CHECK_CONTAINS(says(rule, "{ agency: { code: 000.00.00.H30 } }"), "name: ");
    CHECK_STRING(says(rule, "{ agency: { code: G15 } }"), "");
    CHECK_STRING(says(rule, "{ agency: { code: K57 } }"), "");
    CHECK_STRING(says(rule, "{ code: A }"), "");
    own_agency = TEXT("K57");
    own_kind = AGENCY_PROVINCE;
    CHECK_CONTAINS(says(rule, "{ agency: { code: K57 } }"), "name: ");
    CHECK_CONTAINS(says(rule, "{ code: A }"), "name: ");
    CHECK_STRING(says(rule, "{ agency: { code: K58 } }"), "");
    own_agency = TEXT_NONE;
    own_kind = AGENCY_UNKNOWN;
    CHECK_CONTAINS(refused("field: name, check: { required: true }, when: { agency.kind: tỉnh }"),
                   "\"agency.kind\" is ministry or province");
}

TEST("what was decided before the baseline is left alone")
{
    lists = NULL;
    const char *rule = "field: decision.signed_on, check: { working_days: { from: decision.signed_on, to: "
                       "published, at_most: 5 } }, "
                       "when: { decision.signed_on: { not_before: baseline } }";
    with_list("holidays", "from,to\n");
    CHECK_CONTAINS(
        says(rule, "{ decision: { signed_on: 2026-02-02 }, today: 2026-03-09, baseline: 2026-02-02 }"),
        "More than 5 working days; the term ended on 2026-02-09");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2026-02-02 }, today: 2026-03-09, baseline: 2026-02-03 }"), "");
    /* Nothing was published before: what was signed before today is the baseline. */
    CHECK_STRING(says(rule, "{ decision: { signed_on: 2026-02-02 }, today: 2026-03-09 }"), "");
    CHECK_STRING(says(rule, "{ code: A, today: 2026-03-09 }"), "");
    CHECK_CONTAINS(refused("field: name, check: { required: true }, when: { decision.signed_on: { "
                           "not_before: 2026-01-01 } }"),
                   "\"not_before\" is \"baseline\"");
}

TEST("a term runs to the latest day of a list, in working days or days, and says nothing of days too far "
     "apart")
{
    lists = NULL;
    const char *rule = "field: decision.signed_on, check: { working_days: { from: decision.signed_on, "
                       "to: { latest: 'legal_bases[].effective_on' }, at_least: 5, within: 180 } }";
    const char *days = "field: decision.signed_on, check: { working_days: { from: decision.signed_on, "
                       "to: { latest: 'legal_bases[].effective_on' }, at_least: 5, unit: day } }";
    with_list("holidays", "from,to\n2026-03-06,proposed\n2026-03-10,holiday\n");
    CHECK_STRING(says(rule,
                      "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2026-03-09 }, "
                      "{ effective_on: 2014-01-01 }, { number: 1/2026/NĐ-CP }] }"),
                 "");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2026-03-08 }] }"),
        "decision.signed_on: 4 working days from 2026-03-02 to 2026-03-08, and at least 5 are asked for");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2026-03-09 }, legal_bases: [{ effective_on: 2026-03-16 }] }"),
        "decision.signed_on: 4 working days from 2026-03-09 to 2026-03-16, and at least 5 are asked for");
    CHECK_STRING(says(rule, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ number: A }] }"), "");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2025-09-02 }] }"),
        "");
    CHECK_CONTAINS(
        says(rule, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2025-09-03 }] }"),
        "2025-09-03 is not after 2026-03-02, and at least 5 working days are asked for");
    CHECK_STRING(
        says(days, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2026-03-07 }] }"),
        "");
    CHECK_CONTAINS(
        says(days, "{ decision: { signed_on: 2026-03-02 }, legal_bases: [{ effective_on: 2026-03-06 }] }"),
        "4 days from 2026-03-02 to 2026-03-06, and at least 5 are asked for");
    CHECK_CONTAINS(
        refused("field: name, check: { working_days: { from: today, to: { latest: name }, at_least: 5 } }"),
        "\"name\" holds no day");
    CHECK_CONTAINS(
        refused("field: name, check: { working_days: { from: today, to: { lastest: name }, at_least: 5 } }"),
        "lastest");
}

TEST("a term is over on the day off behind its last day, and none that began before the calendar is called "
     "late")
{
    lists = NULL;
    const char *rule = "field: decision.signed_on, check: { working_days: { from: decision.signed_on, to: "
                       "published, at_most: 5 } }";
    with_list("holidays", "from,to\n2026-01-01,holiday\n");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2026-11-13 }, today: 2026-12-01, published: 2026-11-20 }"), "");
    CHECK_CONTAINS(
        says(rule, "{ decision: { signed_on: 2026-11-13 }, today: 2026-12-01, published: 2026-11-21 }"),
        "the term ended on 2026-11-20");
    CHECK_STRING(
        says(rule, "{ decision: { signed_on: 2025-11-13 }, today: 2026-12-01, published: 2026-11-21 }"), "");
    const char *least = "field: decision.signed_on, check: { working_days: { from: decision.signed_on, to: "
                        "decision.effective_on, at_least: 5 } }";
    CHECK_CONTAINS(says(least, "{ decision: { signed_on: 2025-11-13, effective_on: 2025-11-14 } }"),
                   "1 working days");
    CHECK_STRING(says(least, "{ decision: { signed_on: 2025-11-13, effective_on: 2025-11-20 } }"), "");
}

TEST("a closed code is wrong from its day on, and only where the record has a day")
{
    lists = NULL;
    const char *rule = "field: 'executing_agencies[].code', check: { closed_codes: closed }";
    with_list("closed", "from,to,name\nH30,2025-07-01,Hậu Giang\n");
    CHECK_STRING(says(rule, "{ executing_agencies: [{ code: H30.1 }], decision: { signed_on: 2025-06-30 } }"),
                 "");
    CHECK_STRING(says(rule, "{ executing_agencies: [{ code: H30.1 }] }"), "");
    CHECK_STRING(says(rule, "{ executing_agencies: [{ code: H13.30 }, { code: H300 }, { code: X }], "
                            "decision: { signed_on: 2026-01-01 } }"),
                 "");
    CHECK_STRING(says(rule, "{ executing_agencies: [{ code: H13 }, { code: 000.00.00.H30 }], "
                            "decision: { signed_on: 2025-07-01 } }"),
                 "executing_agencies[1].code: H30 (Hậu Giang) was closed on 2025-07-01");
    with_list("closed", "from,to\nH30,soon\n");
    CHECK_CONTAINS(refused(rule), "\"soon\" where the day is expected");
}

TEST("codes takes what an expression finds besides the list")
{
    lists = NULL;
    const char *rule = "field: code, check: { codes: { list: outside, or: '^[A-Y][0-9]{2}$' } }";
    with_list("outside", "from,to\nUBNDCT,UBNDCT\n");
    CHECK_STRING(says(rule, "code: UBNDCT"), "");
    CHECK_STRING(says(rule, "code: K57"), "");
    CHECK_CONTAINS(says(rule, "code: Z57"), "is not in the list");
    CHECK_CONTAINS(refused("field: code, check: { codes: { or: a } }"),
                   "the name of a code list is expected");
}

TEST("a question mark inside a word stands for a letter, one is enough; in addresses and behind words it "
     "does not")
{
    lists = NULL;
    static const char *const lost[] = {
        "Đăng ký k?t hôn", "?ăng ký khai sinh", "Th? tục",  "T? khai",
        "K?T HÔN",         "(?ịa chỉ)",         "h?? tịch", "a=b k?t",
    };
    static const char *const right[] = {
        "Ai được cấp? Nếu có",
        "không?Nếu có",
        "x.vn/a?b",
        "a?b=1",
        "a&b?c",
        "a?b@x.vn",
        "www.x.vn?abc",
        "?",
        "??? 5?6",
        "UBND? nếu",
        "có hay không?",
        "5?",
    };
    const char *rule = "field: name, check: { question_marks: none }";
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        CHECK_CONTAINS(says(rule, text_format(&test_arena, "{ name: \"%s\" }", lost[i]).bytes),
                       "A question mark stands for a letter");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        CHECK_STRING(says(rule, text_format(&test_arena, "{ name: \"%s\" }", right[i]).bytes), "");
}
