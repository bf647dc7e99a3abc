#include "core/error.h"

#include <string.h>

#include "tests/support/test.h"

static struct error error;

TEST("an error holds its status and its words, and gives the status back")
{
    CHECK_INT(error_set(&error, STATUS_REJECT, "record %d: %s", 7, "thiếu tên"), STATUS_REJECT);
    CHECK_INT(error.status, STATUS_REJECT);
    CHECK_STRING(error.message, "record 7: thiếu tên");
    CHECK_INT(error_set(NULL, STATUS_RETRY, "%s", "unheard"), STATUS_RETRY);
}

TEST("where it happened is put in front, innermost last")
{
    (void)error_set(&error, STATUS_STOP, "connection refused");
    CHECK_INT(error_add(&error, "%s", "https://portal.example/v1"), STATUS_STOP);
    CHECK_INT(error_add(&error, "load of %s", "1.001612"), STATUS_STOP);
    CHECK_STRING(error.message, "load of 1.001612: https://portal.example/v1: connection refused");
    CHECK_INT(error_add(NULL, "nowhere"), STATUS_FATAL);
}

TEST("the old message may be an argument of the new one")
{
    (void)error_set(&error, STATUS_REJECT, "inner");
    (void)error_set(&error, STATUS_FATAL, "outer (%s) and again %s", error.message, error.message);
    CHECK_STRING(error.message, "outer (inner) and again inner");
    (void)error_add(&error, "%s", error.message);
    CHECK_STRING(error.message, "outer (inner) and again inner: outer (inner) and again inner");
}

TEST("a long message ends at a letter's border")
{
    char letters[3 * 1000 + 1] = "";
    for (size_t i = 0; i < 1000; i++)
        memcpy(letters + 3 * i, "ộ", 4);
    for (int shift = 0; shift < 4; shift++) {
        (void)error_set(&error, STATUS_REJECT, "%.*s%s", shift, "aaaa", letters);
        size_t length = strlen(error.message), whole = (ERROR_MESSAGE_SIZE - 1 - (size_t)shift) / 3;
        CHECK_INT(length, (size_t)shift + 3 * whole);
        CHECK_STRING(error.message + length - 3, "ộ");
        CHECK(!strchr(error.message, '?'));
    }
}

TEST("a long message with more in front still ends at a letter's border")
{
    char letters[3 * 600 + 1] = "";
    for (size_t i = 0; i < 600; i++)
        memcpy(letters + 3 * i, "ệ", 4);
    (void)error_set(&error, STATUS_REJECT, "%s", letters);
    for (int i = 0; i < 5; i++) {
        (void)error_add(&error, "%.*s%s", i, "xxxxx", letters);
        size_t length = strlen(error.message);
        CHECK(length > ERROR_MESSAGE_SIZE - 4 && length < ERROR_MESSAGE_SIZE);
        CHECK_STRING(error.message + length - 3, "ệ");
    }
    for (int i = 0; i < 4; i++)
        (void)error_add(&error, "%s%s", letters, letters);
    CHECK_STRING(error.message + strlen(error.message) - 2, ": ");
}

TEST("what would upset a terminal is shown as a question mark")
{
    (void)error_set(&error, STATUS_REJECT, "%s", "a\x1b[31mb\x07 c\x7f d\xc2\x9b e\r\n\tf");
    CHECK_STRING(error.message, "a\\u001b[31mb\\u0007 c\\u007f d\\u009b e\\u000d\\u000a\\u0009f");
    (void)error_set(&error, STATUS_REJECT, "%s",
                    "\xff|\xc3|\xe1\xbb|\xc0\xaf|\xed\xa0\x80|\xf5\x80\x80\x80|\xf4\x90\x80\x80|ạ😀");
    CHECK_STRING(error.message,
                 "<FF>|<C3>|<E1><BB>|<C0><AF>|<ED><A0><80>|<F5><80><80><80>|<F4><90><80><80>|ạ😀");
}

TEST("a text that is quoted at its 400 bytes is not cut inside a letter")
{
    char letters[3 * 300 + 1] = "";
    for (size_t i = 0; i < 300; i++)
        memcpy(letters + 3 * i, "ộ", 4);
    (void)error_set(&error, STATUS_REJECT, "[%.*s]", TEXT_ARG(text_of(letters)));
    CHECK_INT(strlen(error.message), 399 + 2);
    CHECK(!strchr(error.message, '?'));
    (void)error_set(&error, STATUS_REJECT, "[%.*s]", TEXT_ARG(TEXT_NONE));
    CHECK_STRING(error.message, "[]");
}

TEST("each status has the exit code that scripts rely on")
{
    CHECK_INT(error_exit_code(STATUS_OK), 0);
    CHECK_INT(error_exit_code(STATUS_END), 0);
    CHECK_INT(error_exit_code(STATUS_REJECT), 0);
    CHECK_INT(error_exit_code(STATUS_USAGE), 2);
    CHECK_INT(error_exit_code(STATUS_STOP), 3);
    CHECK_INT(error_exit_code(STATUS_RETRY), 3);
    CHECK_INT(error_exit_code(STATUS_FATAL), 3);
    CHECK_INT(error_exit_code(STATUS_BUSY), 4);
    CHECK_INT(error_exit_code(STATUS_LEDGER), 5);
}
