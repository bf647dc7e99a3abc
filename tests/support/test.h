/* A unit test is a program: each case is a sentence, each check says what it saw.
 *
 *     TEST("a text that is not UTF-8 is refused with its offset")
 *     {
 *         CHECK_INT(unicode_invalid_at(TEXT("a\xff")), 1);
 *     }
 *
 * Cases run in the order of the file. The program prints one line for each case that fails and a last line
 * "N passed, N failed", and ends with 1 when any failed. An argument runs only the cases whose names contain
 * it.
 */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};
void test_register(struct test_case *test);

#define TEST_PASTE_(a, b) a##b
#define TEST_PASTE(a, b)  TEST_PASTE_(a, b)
#define TEST_(sentence, id)                                                                                  \
    static void TEST_PASTE(test_run_, id)(void);                                                             \
    static struct test_case TEST_PASTE(test_case_, id) = { sentence, TEST_PASTE(test_run_, id), 0 };         \
    __attribute__((constructor)) static void TEST_PASTE(test_add_, id)(void)                                 \
    {                                                                                                        \
        test_register(&TEST_PASTE(test_case_, id));                                                          \
    }                                                                                                        \
    static void TEST_PASTE(test_run_, id)(void)
#define TEST(sentence) TEST_(sentence, __LINE__)

/* Each returns whether it held, so that a test can stop: if (!CHECK(x)) return; */
bool test_check(bool held, const char *file, int line, const char *expression);
bool test_check_int(int64_t seen, int64_t expected, const char *file, int line, const char *expression);
bool test_check_text(struct text seen, struct text expected, const char *file, int line,
                     const char *expression);
bool test_check_contains(const char *seen, const char *part, const char *file, int line,
                         const char *expression);

#define CHECK(expression) test_check((expression), __FILE__, __LINE__, #expression)
#define CHECK_INT(seen, expected)                                                                            \
    test_check_int((int64_t)(seen), (int64_t)(expected), __FILE__, __LINE__, #seen)
#define CHECK_TEXT(seen, expected) test_check_text((seen), (expected), __FILE__, __LINE__, #seen)
#define CHECK_STRING(seen, expected)                                                                         \
    test_check_text(text_of(seen), text_of(expected), __FILE__, __LINE__, #seen)
#define CHECK_CONTAINS(seen, part) test_check_contains((seen), (part), __FILE__, __LINE__, #seen)

/* An arena that is cleared before each case. */
extern struct arena test_arena;
/* A fresh folder for this case, removed when the program ends. */
const char *test_folder(void);

#endif
