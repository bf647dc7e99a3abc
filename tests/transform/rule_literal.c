#include "transform/rule_literal.h"

#include <string.h>

#include "adapters/regex.h"
#include "tests/support/test.h"

static struct rule_grams grams;

/* The literals of an expression, "|" between them; "?" when nothing is known. */
static const char *literals(const char *expression)
{
    struct rule_literals found;
    struct buffer out = { 0 };
    rule_literals_find(&test_arena, text_of(expression), &found);
    for (size_t i = 0; i < found.count; i++) {
        buffer_string(&out, i ? "|" : "");
        buffer_text(&out, found.texts[i]);
    }
    const char *text = found.count ? text_string(&test_arena, buffer_view(&out)) : "?";
    buffer_free(&out);
    return text;
}

TEST("the longest certain text of each alternative is its literal")
{
    CHECK_STRING(literals("Chọn cơ quan|Hệ thống chỉ"), "Chọn cơ quan|Hệ thống chỉ");
    CHECK_STRING(literals("Từ khóa\\s*Không có"), "Từ khóa");
    CHECK_STRING(literals("(?:a|b)Mã: [0-9]+xyz"), "Mã: ");
    CHECK_STRING(literals("^abc$"), "abc");
    CHECK_STRING(literals("a\\.b\\(c"), "a.b(c");
    CHECK_STRING(literals("abcd?efg"), "abc");
    CHECK_STRING(literals("xabc*de"), "xab");
    CHECK_STRING(literals("abcệ?x"), "abc");
    CHECK_STRING(literals("ab{2}cde"), "cde");
    CHECK_STRING(literals("bản chính(?<=[0-9] bản chính)(?:[-+*]|\\p{Lu}\\p{Ll})"), "bản chính");
    CHECK_STRING(literals("[^]]abc[a\\]]def0"), "def0");
    CHECK_STRING(literals("\\x{41}bcd"), "bcd");
}

TEST("what is not certain is not a literal")
{
    CHECK_STRING(literals("(?i)demo|test"), "?");
    CHECK_STRING(literals("a(?i)bcde"), "?");
    CHECK_STRING(literals("abcd|[0-9]"), "?");
    CHECK_STRING(literals("abcd|ef"), "?");
    CHECK_STRING(literals("(abc|def)"), "?");
    CHECK_STRING(literals("(?x)abc def"), "?");
    CHECK_STRING(literals("\\Qabc\\E"), "?");
    CHECK_STRING(literals("(?#abc)x"), "?");
    CHECK_STRING(literals("(?(1)abc|def)xyz"), "?");
    CHECK_STRING(literals("[[:alpha:]]abcd"), "?");
    CHECK_STRING(literals("\\Kabcd"), "?");
    CHECK_STRING(literals("(*UCP)abcd"), "?");
    CHECK_STRING(literals("(a)\\1bcd|(?1)xyz"), "?");
    CHECK_STRING(literals(""), "?");
}

static uint64_t state = 7;

static unsigned pick(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static void build(struct text text)
{
    struct value *object = value_object(&test_arena);
    value_set(object, "name", value_text(&test_arena, text));
    rule_grams_build(&grams, object);
}

/* The property that matters: an expression that matches is never ruled out. */
TEST("no expression is ruled out that matches, in 20,000 random pairs")
{
    static const char *const atoms[] = { "a",         "b",      "ệ",      "ab",      "[ab]",   "[^a]",
                                         "(?:ab|ba)", "(a)",    ".",      "\\.",     "-",      "b?",
                                         "a*",        "ệ+",     "a{0,2}", "b{2}",    "\\s",    "\\p{L}",
                                         "^",         "$",      "|",      "abc",     "(?=a)",  "\\b",
                                         "ba",        "(?<=b)", "x{1}",   "\\x{61}", "(?:a|)", "ab?a" };
    static const char *const pieces[] = { "a", "b",  "ệ",  "ab",  "ba", "-", ".",
                                          " ", "aa", "bb", "abc", "c",  "x" };
    int matched = 0, ruled_out = 0;
    for (int round = 0; round < 20000; round++) {
        struct buffer expression = { 0 }, subject = { 0 };
        struct regex *pattern;
        struct rule_literals found;
        struct error error;
        for (unsigned i = 0, count = 1 + pick(7); i < count; i++)
            buffer_string(&expression, atoms[pick(sizeof atoms / sizeof *atoms)]);
        for (unsigned i = 0, count = pick(14); i < count; i++)
            buffer_string(&subject, pieces[pick(sizeof pieces / sizeof *pieces)]);
        struct text text = buffer_view(&subject);
        if (regex_compile(buffer_view(&expression), &pattern, &error) == STATUS_OK) {
            rule_literals_find(&test_arena, buffer_view(&expression), &found);
            build(text);
            bool may = rule_literals_may_stand(&found, &grams);
            if (regex_search(pattern, text, 0, NULL, &error) == STATUS_OK) {
                matched++;
                if (!CHECK(may))
                    CHECK_TEXT(buffer_view(&expression), text);
            } else {
                ruled_out += !may;
            }
            regex_free(pattern);
        }
        buffer_free(&expression);
        buffer_free(&subject);
        arena_clear(&test_arena);
    }
    CHECK(matched > 3000);
    CHECK(ruled_out > 500);
}

TEST("letters that no Vietnamese text has are seen from afar, wherever they stand")
{
    struct buffer text = { 0 };
    static const char *const strange[] = { "с", "Ω", "漢", "Ɖ", "Ð", "ɖ", "Ａ", "ა" };
    build(TEXT("Ủy ban nhân dân – “xã”, … 5 m² × 3 ≠ ươƯƠ đĐ ăĂ Ễ ỹ"));
    /* ≠ (E2 89 A0) is no letter; it only makes the record be looked at. */
    build(TEXT("Ủy ban nhân dân – “xã”, … 5 m² × 3 ươƯƠ đĐ ăĂ Ễ ỹ, Nguyễn Thị Hằng à á â ã è é ê ì í ò ó ô õ "
               "ù ú ý"));
    CHECK(!grams.strange);
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
        for (int before = 0; before < 40; before++) {
            buffer_clear(&text);
            for (int j = 0; j < before; j++)
                buffer_char(&text, 'a');
            buffer_string(&text, strange[i]);
            size_t at = text.length - strlen(strange[i]);
            CHECK_INT(rule_next_strange(buffer_view(&text), 0), at);
            build(buffer_view(&text));
            CHECK(grams.strange);
            buffer_string(&text, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
            build(buffer_view(&text));
            CHECK(grams.strange);
        }
    buffer_free(&text);
}
