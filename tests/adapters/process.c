#include "adapters/process.h"

#include <signal.h>
#include <string.h>

#include "tests/support/test.h"

static struct process_result result;
static struct error error;

static enum status shell(const char *line, struct text input, long milliseconds)
{
    return process_run((const char *const[]){ "/bin/sh", "-c", line, NULL }, input, milliseconds, &result,
                       &error);
}

TEST("a program gets its input, and its exit code and words come back")
{
    CHECK_INT(shell("cat; echo lỗi >&2; exit 7", TEXT("đầu vào\n"), 10000), STATUS_OK);
    CHECK_INT(result.exit_code, 7);
    CHECK_STRING(result.words, "đầu vào\nlỗi");
}

TEST("a large input reaches a program that talks while it reads")
{
    size_t size = 1 << 20;
    char *bytes = arena_alloc(&test_arena, size);
    memset(bytes, 'a', size);
    CHECK_INT(shell("tee /dev/stderr | wc -c", (struct text){ bytes, size }, 20000), STATUS_OK);
    CHECK_INT(result.exit_code, 0);
    CHECK_INT(strlen(result.words), PROCESS_WORDS);
}

TEST("a program that does not read its input is no harm")
{
    size_t size = 1 << 20;
    signal(SIGPIPE, SIG_IGN);
    CHECK_INT(shell("exit 0", (struct text){ arena_alloc_zeroed(&test_arena, size), size }, 10000),
              STATUS_OK);
    CHECK_INT(result.exit_code, 0);
}

TEST("words that end inside a letter, or are no UTF-8, are cut there")
{
    CHECK_INT(shell("printf 'a\\377b'", TEXT(""), 10000), STATUS_OK);
    CHECK_STRING(result.words, "a");
}

TEST("a program that takes too long is killed with all that it started")
{
    CHECK_INT(shell("sleep 60 | sleep 60", TEXT("x"), 200), STATUS_RETRY);
    CHECK_CONTAINS(error.message, "did not end within");
}

TEST("one that is not there, and one that a signal ends, are told")
{
    CHECK_INT(process_run((const char *const[]){ "/nowhere/at-all", NULL }, TEXT(""), 1000, &result, &error),
              STATUS_RETRY);
    CHECK_CONTAINS(error.message, "/nowhere/at-all cannot be started");
    CHECK_INT(shell("kill -9 $$", TEXT(""), 10000), STATUS_OK);
    CHECK_INT(result.exit_code, -1);
}

TEST("signals that the program ignores are not ignored by what it starts")
{
    signal(SIGPIPE, SIG_IGN);
    CHECK_INT(shell("kill -PIPE $$; echo lived", TEXT(""), 10000), STATUS_OK);
    CHECK_STRING(result.words, "");
    CHECK_INT(result.exit_code, -1);
}
