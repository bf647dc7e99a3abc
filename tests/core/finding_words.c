#include "core/finding_words.h"

#include <string.h>

#include "tests/support/test.h"

/* What a run keeps of its rules. */
static const struct value *rules_tree(const char *vi, const char *en, const char *to_do)
{
    struct value *tree = value_object(&test_arena),
                 *files = value_set(tree, "rules", value_object(&test_arena));
    struct value *file = value_set(files, "rules/a.yaml", value_object(&test_arena));
    struct value *list = value_set(file, "rules", value_list(&test_arena));
    value_set(value_append(list, value_object(&test_arena)), "id", value_string(&test_arena, "OTHER"));
    struct value *rule = value_append(list, value_object(&test_arena));
    value_set(rule, "id", value_string(&test_arena, "R1"));
    struct value *message = value_set(rule, "message", value_object(&test_arena));
    if (vi)
        value_set(message, "vi", value_string(&test_arena, vi));
    if (en)
        value_set(message, "en", value_string(&test_arena, en));
    if (to_do)
        value_set(value_set(rule, "to_do", value_object(&test_arena)), "vi",
                  value_string(&test_arena, to_do));
    value_set(rule, "cites", value_string(&test_arena, "điểm b khoản 2 Điều 8 Nghị định số 63/2010/NĐ-CP"));
    return tree;
}

/* One line: "Căn cứ pháp lý thứ 2, số ký hiệu: Viết D thay cho Đ. Ghi lại … (điểm b khoản 2 Điều 8 …)". */
static const char *official(const struct finding *finding, const struct value *tree, enum language language)
{
    struct finding_rules rules = { 0 };
    struct finding_words words;
    finding_rules_add(&rules, NULL);
    finding_rules_add(&rules, tree);
    finding_words(&test_arena, finding, &rules, language, &words);
    struct text line =
        text_format(&test_arena, TEXT_PRINT "%s" TEXT_PRINT "%s" TEXT_PRINT "%s" TEXT_PRINT "%s",
                    TEXT_ARG(words.place), words.place.length ? ": " : "", TEXT_ARG(words.what),
                    !words.to_do.length                ? ""
                    : text_ends(words.what, TEXT(".")) ? " "
                                                       : ". ",
                    TEXT_ARG(words.to_do), words.article.length ? " (" : "", TEXT_ARG(words.article),
                    words.article.length ? ")" : "");
    return text_string(&test_arena, line);
}

static struct finding plain_d(void)
{
    return (struct finding){ .rule = TEXT("R1"),
                             .field = TEXT("legal_bases[1].number"),
                             .value = TEXT("63/2010/ND-CP"),
                             .reason = REASON("document.plain_d", TEXT("63/2010/NĐ-CP"), TEXT_NONE),
                             .message = TEXT("words of that night"),
                             .cites = TEXT("an article of that night") };
}

TEST("a finding speaks to the official of either language: where, what, what to do, the article")
{
    struct finding finding = plain_d();
    const struct value *tree =
        rules_tree("Số văn bản chưa đúng ({why})", "The number is not right ({why})", NULL);
    CHECK_STRING(
        official(&finding, tree, LANGUAGE_VI),
        "Căn cứ pháp lý thứ 2, số ký hiệu: Số văn bản chưa đúng (viết D thay cho Đ; có lẽ đúng là "
        "\"63/2010/NĐ-CP\"). Ghi lại số ký hiệu đúng như trên văn bản (điểm b khoản 2 Điều 8 Nghị định số "
        "63/2010/NĐ-CP)");
    CHECK_STRING(
        official(&finding, tree, LANGUAGE_EN),
        "Legal basis 2, number: The number is not right (D stands for Đ; perhaps \"63/2010/NĐ-CP\" is "
        "meant). Write the number as it stands on the document (điểm b khoản 2 Điều 8 Nghị định số "
        "63/2010/NĐ-CP)");
}

TEST("a rule says itself what is to be done, and in the other language where it has one only")
{
    struct finding finding = plain_d();
    const struct value *tree = rules_tree("Sai: {value}", NULL, "Tra lại văn bản gốc");
    CHECK_CONTAINS(official(&finding, tree, LANGUAGE_VI), "Sai: 63/2010/ND-CP. Tra lại văn bản gốc (");
    CHECK_CONTAINS(official(&finding, tree, LANGUAGE_EN), "Sai: 63/2010/ND-CP. Tra lại văn bản gốc (");
}

TEST("of a rule that is known nowhere the reason speaks, of one without a reason the night")
{
    struct finding finding = plain_d();
    CHECK_CONTAINS(official(&finding, NULL, LANGUAGE_EN), "D stands for Đ; perhaps");
    CHECK_CONTAINS(official(&finding, NULL, LANGUAGE_EN), "(an article of that night)");
    finding.reason = (struct reason){ 0 };
    CHECK_STRING(official(&finding, NULL, LANGUAGE_VI),
                 "Căn cứ pháp lý thứ 2, số ký hiệu: words of that night (an article of that night)");
    /* What {why} stood for is not known any more. */
    CHECK_CONTAINS(official(&finding, rules_tree("Sai ({why})", NULL, NULL), LANGUAGE_VI),
                   "words of that night");
    CHECK_CONTAINS(official(&finding, rules_tree("Sai", NULL, NULL), LANGUAGE_VI), "Sai (điểm b");
    /* A reason of a later version. */
    finding.reason.id = "of-tomorrow";
    CHECK_CONTAINS(official(&finding, NULL, LANGUAGE_VI), "words of that night");
}

TEST("what a rule could not decide is not what its message says, and the operator is told why")
{
    struct finding finding = plain_d();
    finding.reason =
        (struct reason)REASON("undecided", TEXT("rules/a.yaml"), TEXT("12"), TEXT("match limit"), TEXT_NONE);
    struct finding_rules rules = { 0 };
    struct finding_words words;
    finding_rules_add(&rules, rules_tree("Sai", "Wrong", "Sửa"));
    finding_words(&test_arena, &finding, &rules, LANGUAGE_EN, &words);
    CHECK_TEXT(words.what, TEXT("This could not be checked"));
    CHECK_TEXT(words.operator_, TEXT("The rule could not decide (rules/a.yaml:12): match limit"));
    CHECK_TEXT(words.to_do, TEXT("The operator mends this; there is nothing for you to do yet"));
}

TEST("a row keeps its ids and values, and gets the reader's words")
{
    struct finding finding = plain_d(), back;
    struct finding_rules rules = { 0 };
    finding.is_error = true;
    finding_rules_add(&rules, rules_tree("Sai", "Wrong", NULL));
    struct value *row = finding_value(&test_arena, &finding);
    finding_words_put(&test_arena, row, &rules, LANGUAGE_EN);
    CHECK_TEXT(value_text_of(row, "message"), TEXT("Wrong"));
    CHECK_TEXT(value_text_of(row, "place"), TEXT("Legal basis 2, number"));
    CHECK_TEXT(value_text_of(row, "field"), TEXT("legal_bases[1].number"));
    CHECK_TEXT(value_text_of(row, "reason"), TEXT("document.plain_d"));
    CHECK_TEXT(value_text_of(row, "cites"), TEXT("điểm b khoản 2 Điều 8 Nghị định số 63/2010/NĐ-CP"));
    CHECK(value_find(row, "operator") == NULL);
    finding_read(&test_arena, row, &back);
    CHECK(back.is_error);
    CHECK_STRING(back.reason.id, "document.plain_d");
    CHECK_INT(back.reason.count, 1);
    CHECK_TEXT(back.reason.values[0], TEXT("63/2010/NĐ-CP"));
    /* A row that holds no finding stays as it is. */
    struct value *none = value_object(&test_arena);
    finding_words_put(&test_arena, none, &rules, LANGUAGE_EN);
    CHECK_INT(none->count, 0);
}
