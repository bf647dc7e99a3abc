#include "core/word_diff.h"

#include "tests/support/test.h"

/* "[-gone-]", "{+new+}", and what is in both as it is. */
static struct text told(struct text before, struct text after)
{
    struct buffer out = { 0 };
    for (const struct word_piece *piece = word_diff(&test_arena, before, after); piece; piece = piece->next) {
        buffer_string(&out, piece->side == WORD_BEFORE ? "[-" : piece->side == WORD_AFTER ? "{+" : "");
        buffer_text(&out, piece->text);
        buffer_string(&out, piece->side == WORD_BEFORE ? "-]" : piece->side == WORD_AFTER ? "+}" : "");
    }
    struct text copy = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

TEST("words that changed stand between those that did not")
{
    CHECK_TEXT(told(TEXT("nộp hồ sơ tại bộ phận một cửa"), TEXT("nộp hồ sơ qua mạng tại bộ phận một cửa")),
               TEXT("nộp hồ sơ {+qua mạng +}tại bộ phận một cửa"));
    CHECK_TEXT(told(TEXT("trong 5 ngày"), TEXT("trong 3 ngày")), TEXT("trong [-5 -]{+3 +}ngày"));
    CHECK_TEXT(told(TEXT("a b c d"), TEXT("b x d")), TEXT("[-a -]b [-c -]{+x +}d"));
}

TEST("equal texts are one piece and empty ones none")
{
    CHECK_TEXT(told(TEXT("một cửa"), TEXT("một cửa")), TEXT("một cửa"));
    CHECK_TEXT(told(TEXT(""), TEXT("")), TEXT(""));
    CHECK_TEXT(told(TEXT(""), TEXT("mới")), TEXT("{+mới+}"));
    CHECK_TEXT(told(TEXT("cũ"), TEXT("")), TEXT("[-cũ-]"));
    CHECK_TEXT(told(TEXT_NONE, TEXT("mới")), TEXT("{+mới+}"));
}

TEST("blanks alone are no difference")
{
    CHECK_TEXT(told(TEXT("a  b\nc"), TEXT("a b c")), TEXT("a b c"));
}

TEST("texts that are too long are told apart as wholes")
{
    struct buffer left = { 0 }, right = { 0 };
    buffer_string(&left, "đầu ");
    buffer_string(&right, "đầu ");
    for (int i = 0; i < 3000; i++) {
        buffer_string(&left, "x ");
        buffer_string(&right, "y ");
    }
    const struct word_piece *piece = word_diff(&test_arena, buffer_view(&left), buffer_view(&right));
    CHECK_TEXT(piece->text, TEXT("đầu "));
    CHECK_INT(piece->next->text.length, 6000);
    CHECK_INT(piece->next->next->side, WORD_AFTER);
    CHECK(!piece->next->next->next);
    buffer_free(&left);
    buffer_free(&right);
}
