#include "core/message.h"

#include "tests/support/test.h"

static struct message sent(struct buffer *out)
{
    struct message message = { 0 };
    struct text bytes = buffer_view(out);
    size_t lacking;
    CHECK_INT(message_read(&bytes, 1000, &message, &lacking), STATUS_OK);
    CHECK_INT(bytes.length, 0);
    return message;
}

TEST("numbers, texts and what is none come out as they went in")
{
    BUFFER_OWNED struct buffer out = { 0 };
    size_t start = message_begin(&out, 7);
    message_put_number(&out, INT64_MIN);
    message_put_text(&out, (struct text){ "a\0b", 3 });
    message_put_text(&out, TEXT(""));
    message_put_string(&out, NULL);
    message_put_string(&out, "đủ");
    message_end(&out, start);
    struct message message = sent(&out);
    CHECK_INT(message.kind, 7);
    CHECK(message_number(&message) == INT64_MIN);
    CHECK(text_equal(message_text(&message), (struct text){ "a\0b", 3 }));
    struct text empty = message_text(&message);
    CHECK(empty.bytes && !empty.length);
    CHECK(!message_string(&message, &test_arena));
    CHECK(!message_whole(&message));
    CHECK_STRING(message_string(&message, &test_arena), "đủ");
    CHECK(message_whole(&message));
}

TEST("an error keeps its status, its words and its name")
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct error error = { 0 }, told = { 0 };
    (void)error_set(&error, STATUS_STOP, _("%s cannot be read: %s"), "tệp", "why");
    (void)error_add(&error, "%s", "nguồn");
    size_t start = message_begin(&out, 1);
    message_put_error(&out, &error);
    message_end(&out, start);
    struct message message = sent(&out);
    CHECK_INT(message_error(&message, &told), STATUS_STOP);
    CHECK(message_whole(&message));
    CHECK_STRING(told.message, error.message);
    CHECK_STRING(error_id(&told), error_id(&error));
}

TEST("what is cut, longer than allowed, or no status is told at the end")
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct message message;
    struct error error;
    size_t lacking, start = message_begin(&out, 1);
    message_put_number(&out, STATUS_OK);
    message_put_text(&out, TEXT("words"));
    message_put_number(&out, 1);
    message_end(&out, start);
    struct text bytes = buffer_view(&out), half = text_slice(bytes, 0, 5);
    CHECK_INT(message_read(&half, 1000, &message, &lacking), STATUS_END);
    CHECK_INT(lacking, 3);
    half = text_slice(bytes, 0, bytes.length - 4);
    CHECK_INT(message_read(&half, 1000, &message, &lacking), STATUS_END);
    CHECK_INT(lacking, 4);
    CHECK_INT(message_read(&bytes, 10, &message, &lacking), STATUS_REJECT);
    message = sent(&out);
    CHECK_INT(message_error(&message, &error), STATUS_FATAL);
    CHECK(!message_whole(&message));
    message = sent(&out);
    (void)message_number(&message);
    (void)message_text(&message);
    (void)message_text(&message);
    (void)message_number(&message);
    CHECK(message.bad);
    CHECK_INT(message_number(&message), 0);
    CHECK(!message_string(&message, &test_arena));
}
