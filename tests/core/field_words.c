#include "core/field_words.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

TEST("a place is said in people's words, counted from 1")
{
    static const struct {
        const char *place, *vi, *en;
    } cases[] = {
        { "name", "Tên thủ tục", "Name" },
        { "decision.number", "Quyết định công bố, số ký hiệu", "Decision, number" },
        { "legal_bases", "Căn cứ pháp lý", "Legal bases" },
        { "legal_bases[1].number", "Căn cứ pháp lý thứ 2, số ký hiệu", "Legal basis 2, number" },
        { "legal_bases[].number", "Căn cứ pháp lý, số ký hiệu", "Legal basis, number" },
        { "steps", "Trình tự thực hiện", "Steps" },
        { "steps[0].text", "Bước thứ 1, nội dung", "Step 1, text" },
        { "methods[2].fees[0].amount", "Cách thức thực hiện thứ 3, mục phí, lệ phí thứ 1, mức thu",
          "Method 3, fee 1, amount" },
        { "methods[0].fees", "Cách thức thực hiện thứ 1, phí, lệ phí", "Method 1, fees" },
        { "methods[0].duration.unit", "Cách thức thực hiện thứ 1, thời hạn, đơn vị tính",
          "Method 1, time limit, unit" },
        { "levels[4]", "Cấp thực hiện thứ 5", "Level 5" },
        { "executing_agencies[0].code", "Cơ quan thực hiện thứ 1, mã", "Executing agency 1, code" },
        /* what is none of a procedure's */
        { "", "", "" },
        { "foo", "foo", "foo" },
        { "legal_bases[1].foo.bar", "Căn cứ pháp lý thứ 2, foo.bar", "Legal basis 2, foo.bar" },
        { "legal_bases.number", "Căn cứ pháp lý, number", "Legal bases, number" },
        { "name[3]", "name[3]", "name[3]" },
        { "legal_bases[", "legal_bases[", "legal_bases[" },
        { "legal_bases[-1].number", "legal_bases[-1].number", "legal_bases[-1].number" },
        { "legal_bases[1]number", "legal_bases[1]number", "legal_bases[1]number" },
        { "legal_bases[99999999999999999999].number", "legal_bases[99999999999999999999].number",
          "legal_bases[99999999999999999999].number" },
        { "name.", "Tên thủ tục", "Name" },
        { "..", "..", ".." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text place = text_of(cases[i].place);
        CHECK_TEXT(field_words_place(&test_arena, place, LANGUAGE_VI), text_of(cases[i].vi));
        CHECK_TEXT(field_words_place(&test_arena, place, LANGUAGE_EN), text_of(cases[i].en));
    }
}

struct seen {
    size_t count;
    bool deep;
};

static void has_words(struct seen *seen, const char *path, const struct field *field)
{
    const struct field *leaf = field->kind == FIELD_LIST ? field->item : field;
    seen->count++;
    seen->deep = seen->deep || !strcmp(path, "methods[].fees[].amount");
    for (int language = 0; language < LANGUAGES; language++) {
        if (!CHECK(field->words.in[language] && *field->words.in[language]))
            printf("  %s has no words\n", path);
        if (field->kind == FIELD_LIST)
            CHECK(field->one.in[language] && *field->one.in[language]);
        for (size_t i = 0; leaf->choices && leaf->choices[i]; i++)
            CHECK(leaf->choice_words[i].in[language]);
    }
    const struct field *found = field_words_find(text_of(path));
    CHECK(found == field);
}

static void visit(struct seen *seen, const char *path, const struct field *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct field *field = &group->fields[i];
        bool list = field->kind == FIELD_LIST;
        const char *place = text_format(&test_arena, "%s%s%s", path, *path ? "." : "", field->name).bytes;
        has_words(seen, place, field);
        if ((list ? field->item : field)->kind == FIELD_GROUP)
            visit(seen, text_format(&test_arena, "%s%s", place, list ? "[]" : "").bytes,
                  list ? field->item : field);
    }
}

TEST("every field of a procedure has words in both languages, and is found by its path")
{
    struct seen seen = { 0 };
    visit(&seen, "", &procedure_root);
    CHECK(seen.deep);
    CHECK(seen.count > 70);
}

TEST("a value is said in its field's words")
{
    static const struct {
        const char *place, *value, *vi, *en;
    } cases[] = {
        { "online_service", "full", "toàn trình", "full" },
        { "services[0].level", "partial", "một phần", "partial" },
        { "levels[1]", "commune", "cấp xã", "commune" },
        { "decision.signed_on", "2026-01-05", "05/01/2026", "2026-01-05" },
        { "decision.signed_on", "31/02/2025", "31/02/2025", "31/02/2025" },
        { "online_service", "half", "half", "half" },
        { "name", "full", "full", "full" },
        { "foo", "full", "full", "full" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct field *field = field_words_find(text_of(cases[i].place));
        struct text value = text_of(cases[i].value);
        CHECK_TEXT(field_words_value(&test_arena, field, value, LANGUAGE_VI), text_of(cases[i].vi));
        CHECK_TEXT(field_words_value(&test_arena, field, value, LANGUAGE_EN), text_of(cases[i].en));
    }
}
