#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

/* Runs what should end the process in a child: its exit code, and what it wrote to fd 2. */
static int end_of(void (*run)(void), char words[512])
{
    int ends[2];
    words[0] = 0;
    if (pipe(ends))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(77);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; length < 511 && (got = read(ends[0], words + length, 511 - length)) > 0;)
        length += (size_t)got;
    words[length] = 0;
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static size_t volatile huge = SIZE_MAX / 2 + 2;

static void take_too_much(void)
{
    memory_take(huge);
}

static void overflow_a_product(void)
{
    memory_take_zeroed(huge, 4);
}

static void grow_past_the_end(void)
{
    memory_grow(NULL, huge, 2);
}

static void take_too_much_from_an_arena(void)
{
    struct arena arena = { 0 };
    arena_alloc(&arena, 1);
    arena_alloc(&arena, SIZE_MAX - (huge & 1));
}

static void overflow_an_arena_product(void)
{
    struct arena arena = { 0 };
    arena_array(&arena, struct text, huge);
}

static void put_too_much(void)
{
    struct buffer buffer = { 0 };
    buffer_char(&buffer, 'a');
    buffer_room(&buffer, SIZE_MAX - (huge & 1));
}

static void fail_third(void)
{
    memory_fail_at(3);
    free(memory_take(1));
    free(memory_resize(NULL, 1));
    free(memory_take_zeroed(1, 1));
}

static void fail_fourth_of_three(void)
{
    memory_fail_at(4);
    free(memory_take(1));
    free(memory_resize(NULL, 1));
    free(memory_take_zeroed(1, 1));
}

static void fail_never(void)
{
    memory_fail_at(1);
    memory_fail_at(0);
    free(memory_take(1));
}

TEST("a process that gets no memory says so in both languages and ends with 3")
{
    char words[512];
    void (*const cases[])(void) = { take_too_much,
                                    overflow_a_product,
                                    grow_past_the_end,
                                    take_too_much_from_an_arena,
                                    overflow_an_arena_product,
                                    put_too_much,
                                    fail_third };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(end_of(cases[i], words), 3);
        CHECK_CONTAINS(words, "hết bộ nhớ");
        CHECK_CONTAINS(words, "Out of memory");
        CHECK_CONTAINS(words, "nothing is lost");
    }
}

TEST("the test hook counts allocations and can be taken back")
{
    char words[512];
    CHECK_INT(end_of(fail_fourth_of_three, words), 77);
    CHECK_INT(end_of(fail_never, words), 77);
    CHECK_STRING(words, "");
}

TEST("size 0 gives a pointer that can be freed")
{
    void *none = memory_take(0), *zeroed = memory_take_zeroed(0, 8), *grown = memory_grow(NULL, 0, 8);
    CHECK(none && zeroed && grown);
    grown = memory_resize(grown, 0);
    CHECK(grown);
    free(none);
    free(zeroed);
    free(grown);
}

TEST("zeroed memory is zero and a string is copied with its end")
{
    unsigned char *bytes = memory_take_zeroed(3, 100);
    for (size_t i = 0; i < 300; i++)
        if (!CHECK_INT(bytes[i], 0))
            break;
    free(bytes);
    char *copy = memory_copy_string("Cần Thơ");
    CHECK_STRING(copy, "Cần Thơ");
    free(copy);
}
