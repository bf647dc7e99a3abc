#include "tests/support/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena test_arena;
static struct test_case *first, *last;
static const char *current;
static bool current_failed;
static char folder[64];

void test_register(struct test_case *test)
{
    if (last)
        last->next = test;
    else
        first = test;
    last = test;
}

static bool failed(const char *file, int line)
{
    current_failed = true;
    printf("FAIL %s\n  %s:%d: ", current, file, line);
    return false;
}

bool test_check(bool held, const char *file, int line, const char *expression)
{
    if (held)
        return true;
    failed(file, line);
    printf("%s\n", expression);
    return false;
}

bool test_check_int(int64_t seen, int64_t expected, const char *file, int line, const char *expression)
{
    if (seen == expected)
        return true;
    failed(file, line);
    printf("%s is %lld, not %lld\n", expression, (long long)seen, (long long)expected);
    return false;
}

bool test_check_text(struct text seen, struct text expected, const char *file, int line,
                     const char *expression)
{
    if (text_equal(seen, expected))
        return true;
    failed(file, line);
    printf("%s is\n    [%.*s]\n  not\n    [%.*s]\n", expression, (int)seen.length,
           seen.bytes ? seen.bytes : "", (int)expected.length, expected.bytes ? expected.bytes : "");
    return false;
}

bool test_check_contains(const char *seen, const char *part, const char *file, int line,
                         const char *expression)
{
    if (seen && strstr(seen, part))
        return true;
    failed(file, line);
    printf("%s is\n    [%s]\n  without\n    [%s]\n", expression, seen ? seen : "(null)", part);
    return false;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folder(void)
{
    if (*folder)
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    *folder = 0;
}

const char *test_folder(void)
{
    remove_folder();
    snprintf(folder, sizeof folder, "/tmp/congkhai-test-XXXXXX");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(2);
    }
    return folder;
}

int main(int argc, char **argv)
{
    int passed = 0, count_failed = 0;
    for (struct test_case *test = first; test; test = test->next) {
        if (argc > 1 && !strstr(test->name, argv[1]))
            continue;
        current = test->name;
        current_failed = false;
        arena_clear(&test_arena);
        test->run();
        if (current_failed)
            count_failed++;
        else
            passed++;
    }
    remove_folder();
    arena_free(&test_arena);
    printf("%d passed, %d failed\n", passed, count_failed);
    return count_failed != 0;
}
