#include "adapters/regex.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static struct regex_match match;
static struct error error;

/* Compiles, searches from the start, frees. */
static enum status search(const char *expression, struct text subject)
{
    struct regex *pattern;
    enum status status = regex_compile(text_of(expression), &pattern, &error);
    if (status)
        return status;
    status = regex_search(pattern, subject, 0, &match, &error);
    regex_free(pattern);
    return status;
}

TEST("a pattern without a group gives the whole match as its group")
{
    CHECK_INT(search("[0-9]+", TEXT("Quyết định 361/QĐ-BTP")), STATUS_OK);
    CHECK_TEXT(match.whole, TEXT("361"));
    CHECK_TEXT(match.group, TEXT("361"));
}

TEST("a pattern with a group gives the whole match and the group")
{
    CHECK_INT(search("^(.*?)Mã: ([A-Z]+)", TEXT("Giấy phép Mã: KQ")), STATUS_OK);
    CHECK_TEXT(match.whole, TEXT("Giấy phép Mã: KQ"));
    CHECK_TEXT(match.group, TEXT("Giấy phép "));
}

TEST("a group that took no part in the match has no bytes, whatever the groups behind it did")
{
    CHECK_INT(search("(a)?b", TEXT("b")), STATUS_OK);
    CHECK(!match.group.bytes);
    CHECK_TEXT(match.whole, TEXT("b"));
    CHECK_INT(search("(a)?(b)(c)", TEXT("bc")), STATUS_OK);
    CHECK(!match.group.bytes);
    CHECK_INT(search("(a*)b", TEXT("b")), STATUS_OK);
    CHECK(match.group.bytes != NULL);
    CHECK_INT(match.group.length, 0);
}

TEST("a text without a match ends the search and leaves the match empty")
{
    CHECK_INT(search("x", TEXT("abc")), STATUS_END);
    CHECK(!match.whole.bytes && !match.group.bytes);
    CHECK_INT(search("x", TEXT_NONE), STATUS_END);
    CHECK_INT(search("^$", TEXT_NONE), STATUS_OK);
    CHECK_INT(match.whole.length, 0);
}

TEST("a search goes on from an offset, also one beyond the end or inside a letter")
{
    struct regex *pattern;
    CHECK_INT(regex_compile(TEXT("\\w"), &pattern, &error), STATUS_OK);
    struct text subject = TEXT("đ-ở");
    CHECK_INT(regex_search(pattern, subject, 2, &match, &error), STATUS_OK);
    CHECK_TEXT(match.whole, TEXT("ở"));
    CHECK_INT(regex_search(pattern, subject, 1, &match, &error), STATUS_OK);
    CHECK_TEXT(match.whole, TEXT("ở"));
    CHECK_INT(regex_search(pattern, subject, 4, &match, &error), STATUS_END);
    CHECK_INT(regex_search(pattern, subject, subject.length, &match, &error), STATUS_END);
    CHECK_INT(regex_search(pattern, subject, 1000, NULL, NULL), STATUS_END);
    CHECK_INT(regex_search(pattern, subject, 0, NULL, &error), STATUS_OK);
    regex_free(pattern);
    regex_free(NULL);
}

TEST("classes know Unicode: letters, digits, blanks, borders and case")
{
    CHECK_INT(search("^\\w+$", TEXT("Phường")), STATUS_OK);
    CHECK_INT(search("^\\p{Latin}+$", TEXT("Đường")), STATUS_OK);
    CHECK_INT(search("\\p{Cyrillic}", TEXT("TT-BT\xd0\xa1")), STATUS_OK);
    CHECK_INT(search("^a\\sb$", TEXT("a\xc2\xa0"
                                     "b")),
              STATUS_OK);
    CHECK_INT(search("\\bđi\\b", TEXT("ta đi.")), STATUS_OK);
    CHECK_INT(search("(?i)^QUYẾT ĐỊNH$", TEXT("quyết định")), STATUS_OK);
    CHECK_INT(search("^.$", TEXT("ế")), STATUS_OK);
}

TEST("the dot stops at every kind of line break, and ^ and $ are the ends of the text")
{
    CHECK_INT(search(".+", TEXT("một\r\nhai")), STATUS_OK);
    CHECK_TEXT(match.whole, TEXT("một"));
    CHECK_INT(search("^b", TEXT("a\nb")), STATUS_END);
    CHECK_INT(search("a$", TEXT("a\n")), STATUS_END);
    CHECK_INT(search("(?m)^b$", TEXT("a\nb\nc")), STATUS_OK);
    CHECK_INT(search("(?s)^a.b$", TEXT("a\nb")), STATUS_OK);
}

TEST("an expression that does not compile is refused with its offset and what is wrong")
{
    CHECK_INT(search("a(b", TEXT("")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "The regular expression \"a(b\" is wrong at offset 3");
    CHECK_CONTAINS(error.message, "missing closing parenthesis");
    CHECK_INT(search("[z-a]", TEXT("")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "at offset 3: range out of order");
    CHECK_INT(search("a\xff", TEXT("")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "UTF-8 error");
    CHECK_INT(search("\\C", TEXT("")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "using \\C is disabled");
}

TEST("an expression that backtracks without end is stopped at the match limit and says so")
{
    char many[4001];
    memset(many, 'a', 4000);
    many[4000] = '!';
    struct text subject = { many, sizeof many };
    const char *const expressions[] = { "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(?:(?:a*)*)*$", "^(.*)*x$" };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        error = (struct error){ 0 };
        enum status status = search(expressions[i], subject);
        if (status == STATUS_END)
            continue; /* PCRE2 saw at once that there is no match */
        if (!CHECK_INT(status, STATUS_REJECT))
            printf("  %s\n", expressions[i]);
        CHECK_CONTAINS(error.message, expressions[i]);
        CHECK_CONTAINS(error.message, "reached its match limit on this text: it backtracks too much");
        CHECK_CONTAINS(error.message, "without one repetition inside another");
    }
    CHECK_INT(search("^(a+)+$", subject), STATUS_REJECT);
    CHECK_INT(search("a!$", subject), STATUS_OK);
}

TEST("a recursion without end meets a limit too")
{
    char many[200000];
    memset(many, '(', sizeof many);
    many[sizeof many - 1] = ')';
    CHECK_INT(search("^(\\((?1)*\\))+$", (struct text){ many, sizeof many }), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "match limit");
}

static void *search_many(void *pattern)
{
    struct regex_match user_data;
    for (int i = 0; i < 2000; i++) {
        char subject[32];
        int length = snprintf(subject, sizeof subject, "số %d/QĐ", i);
        struct text text = { subject, (size_t)length };
        if (regex_search(pattern, text, 0, &user_data, NULL) != STATUS_OK ||
            user_data.group.length != (size_t)length - 9)
            return pattern;
    }
    return NULL;
}

TEST("threads search with one pattern side by side")
{
    struct regex *pattern;
    pthread_t threads[4];
    CHECK_INT(regex_compile(TEXT("(\\d+)/QĐ"), &pattern, &error), STATUS_OK);
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, search_many, pattern), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        CHECK(!failed);
    }
    regex_free(pattern);
}
