#include "core/reason.h"

#include "core/reason_table.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static struct text say(struct reason reason, const char *field, enum reason_voice voice,
                       enum language language)
{
    return reason_words(&test_arena, &reason, text_of(field), voice, language);
}

#define REASON_OF(...) ((struct reason)REASON(__VA_ARGS__, TEXT_NONE))

TEST("a reason has words for the official and the operator, in both languages")
{
    struct reason reason = REASON_OF("length.least", TEXT("3"), TEXT("5"));
    CHECK_INT(reason.count, 2);
    CHECK_TEXT(say(reason, "name", REASON_WHAT, LANGUAGE_VI), TEXT("Có 3 ký tự, phải có ít nhất 5"));
    CHECK_TEXT(say(reason, "name", REASON_WHAT, LANGUAGE_EN),
               TEXT("It has 3 characters; at least 5 are right"));
    CHECK_TEXT(say(reason, "name", REASON_TO_DO, LANGUAGE_VI), TEXT("Ghi đầy đủ nội dung"));
    CHECK(!say(REASON_OF("form"), "name", REASON_OPERATOR, LANGUAGE_VI).bytes);
    CHECK(!say(REASON_OF("of-tomorrow"), "name", REASON_WHAT, LANGUAGE_VI).bytes);
    CHECK(!say((struct reason){ 0 }, "name", REASON_WHAT, LANGUAGE_VI).bytes);
}

TEST("values are said as people say them: days, choices, places, kinds, scripts")
{
    static const struct {
        struct reason reason;
        const char *field, *vi, *en;
    } cases[] = {
        { REASON("date.not-before", { "2021-01-02", 10 }, { "legal_bases[0].issued_on", 24 }, { NULL, 0 }),
          "legal_bases[0].effective_on",
          "Ngày không được trước 02/01/2021 (Căn cứ pháp lý thứ 1, ngày ban hành)",
          "The day must not be before 2021-01-02 (Legal basis 1, day it was issued)" },
        { REASON("date.not-after", { "today", 5 }, { NULL, 0 }), "decision.signed_on",
          "Ngày không được sau hôm nay", "The day must not be after today" },
        { REASON("one-of", { "district", 8 }, { NULL, 0 }), "levels[1]",
          "\"cấp huyện\" không nằm trong các giá trị được phép",
          "\"district\" is not one of what is allowed here" },
        { REASON("choice", { NULL, 0 }), "services[0].level",
          "Giá trị này không dùng được ở đây; có thể chọn: toàn trình, một phần",
          "This value cannot be used here; there are: full, partial" },
        { REASON("document.kind", { "circular", 8 }, { NULL, 0 }), "decision.number",
          "Đây là số của loại văn bản khác (thông tư)",
          "This is the number of a document of another kind (circular)" },
        { REASON("letters", { "\"С\" = U+0421", 13 }, { "Cyrillic", 8 }, { NULL, 0 }), "name",
          "Có chữ cái của hệ chữ khác (Kirin): \"С\" = U+0421",
          "Letters of another script stand here (Cyrillic): \"С\" = U+0421" },
        { REASON("document.plain_d", { "1170/QĐ-BTP", 12 }, { NULL, 0 }), "decision.number",
          "Viết D thay cho Đ; có lẽ đúng là \"1170/QĐ-BTP\"",
          "D stands for Đ; perhaps \"1170/QĐ-BTP\" is meant" },
        { REASON("document.plain_d", { NULL, 0 }), "decision.number", "Viết D thay cho Đ", "D stands for Đ" },
        { REASON("same-code", { "b", 1 }, { "b.csv:3", 7 }, { "name, steps[0].text", 19 }, { NULL, 0 }),
          "code",
          "Hồ sơ khác có cùng mã nhưng khác nội dung: b (b.csv:3), khác ở: Tên thủ tục; Bước thứ 1, nội dung",
          "Another record gives the same code with other contents: b (b.csv:3) differs in Name; Step 1, "
          "text" },
        { REASON("same-code", { "b", 1 }, { "b.csv:3", 7 }, { "", 0 }, { "2", 1 }, { NULL, 0 }), "code",
          "Hồ sơ khác có cùng mã nhưng khác nội dung: b (b.csv:3); và 2 hồ sơ khác nữa",
          "Another record gives the same code with other contents: b (b.csv:3); and 2 more" },
        /* what a value holds is no template */
        { REASON("forbidden", { "{2} [x] {choices}", 17 }, { NULL, 0 }), "name",
          "\"{2} [x] {choices}\" không được có ở đây", "\"{2} [x] {choices}\" must not stand here" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_TEXT(say(cases[i].reason, cases[i].field, REASON_WHAT, LANGUAGE_VI), text_of(cases[i].vi));
        CHECK_TEXT(say(cases[i].reason, cases[i].field, REASON_WHAT, LANGUAGE_EN), text_of(cases[i].en));
    }
}

static bool mentions(struct text text, const char *what)
{
    size_t at;
    return text.bytes && text_find(text, text_of(what), &at);
}

TEST("what an error said is said anew from its names and values, and as it was said where they are not known")
{
    struct error error;
    struct reason reason = { .id = "record.unreadable" };
    (void)error_set(&error, STATUS_REJECT, "the value is %s, not a text", "a list");
    (void)error_set(&error, STATUS_REJECT, "no format of the program's");
    reason_add_error(&reason, &error);
    CHECK_INT(reason.count, 1);
    reason = (struct reason){ .id = "record.unreadable" };
    (void)error_set(&error, STATUS_REJECT, _("the value is a list, not a text"));
    (void)error_add(&error, _("%s: record %lld"), "a.json", 3LL);
    reason_add_error(&reason, &error);
    reason.values[0] = TEXT("những lời của đêm ấy");
    enum language language = language_of_process();
    if (reason.count > 1)
        CHECK_TEXT(reason_words(&test_arena, &reason, TEXT_NONE, REASON_WHAT, LANGUAGE_EN),
                   language == LANGUAGE_EN
                       ? TEXT("The record cannot be read: a.json: record 3: the value is a list, not a text")
                       : TEXT("The record cannot be read: những lời của đêm ấy"));
    reason = REASON_OF("record.unreadable", TEXT("lời cũ"), TEXT("a-name-that-is-gone"), TEXT("x"));
    CHECK_TEXT(say(reason, "", REASON_WHAT, LANGUAGE_EN), TEXT("The record cannot be read: lời cũ"));
}

TEST("every reason has words in both languages, and an official is told nothing of the configuration")
{
    static const char *const operators_words[] = {
        "map",        "code list",     "danh mục mã", "cấu hình", "ánh xạ",
        "precedence", "configuration", "congkhai",    "{",
    };
    for (size_t i = 0; i < reason_row_count; i++) {
        struct reason reason = REASON_OF(reason_rows[i].id, TEXT("1"), TEXT("2"), TEXT("3"), TEXT("4"));
        CHECK(reason_known(text_of(reason.id)));
        for (int language = 0; language < LANGUAGES; language++) {
            struct text what = say(reason, "kind", REASON_WHAT, (enum language)language),
                        to_do = say(reason, "kind", REASON_TO_DO, (enum language)language);
            if (!CHECK(what.length) ||
                !CHECK(!to_do.bytes == !say(reason, "kind", REASON_TO_DO, LANGUAGE_VI).bytes))
                printf("  %s\n", reason.id);
            for (size_t j = 0; j < sizeof operators_words / sizeof *operators_words; j++)
                if (!CHECK(!mentions(what, operators_words[j]) && !mentions(to_do, operators_words[j])))
                    printf("  %s: %s\n", reason.id, operators_words[j]);
        }
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(reason_rows[i].id, reason_rows[j].id) != 0);
    }
}
