#include "adapters/secrets.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/process.h"
#include "adapters/visible.h"
#include "core/error.h"
#include "tests/support/test.h"

static struct text covered(const char *text)
{
    return secrets_cover(&test_arena, text_of(text), true);
}

static void begin(const char *secret)
{
    secrets_forget();
    secrets_add(text_of(secret), SECRETS_NAMED);
}

TEST("a secret is found at every place, behind its own beginning too")
{
    begin("ababababc");
    secrets_add(TEXT("bababababd"), SECRETS_NAMED);
    for (int before = 0; before < 40; before++) {
        char text[80];
        for (int i = 0; i < before; i++)
            text[i] = "ab"[i % 2];
        strcpy(text + before, "ababababc");
        CHECK(secrets_named_in(text_of(text)));
        text[before + 8] = 'd';
        CHECK(secrets_named_in(text_of(text)) == (before >= 2 && before % 2 == 0));
        text[before + 8] = 'e';
        CHECK(!secrets_named_in(text_of(text)));
    }
}

TEST("a secret is known plain, in base64 at any place, percent-encoded and as JSON, XML and CSV "
     "escape it")
{
    begin("S3cr&t/Vạn\"9");
    static const char *const seen[] = {
        "Bearer S3cr&t/Vạn\"9.",
        "{\"a\":\"S3cr&t/Vạn\\\"9\"}",
        "{\"a\":\"S3cr&t\\/V\\u1ea1n\\\"9\"}",
        "?t=S3cr%26t%2FV%E1%BA%A1n%229&x",
        "?t=S3cr%26t%2fV%e1%ba%a1n%229&x",
        "<a>S3cr&amp;t/Vạn\"9</a>",
        "1;\"S3cr&t/Vạn\"\"9\"",
        "1;\"{\"\"a\"\":\"\"S3cr&t/Vạn\\\"\"9\"\"}\"",
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        CHECK_CONTAINS(covered(seen[i]).bytes, "***");
        CHECK(secrets_named_in(text_of(seen[i])));
    }
    static const char *const hidden[] = {
        "{\"a\":\"S3cr\\u0026t/Vạn\\\"9\"}",
        "{\"a\":\"\\u00533cr&t\\/Vạn\\\"9\"}",
        "<a>S3&#99;r&amp;t/V&#x1EA1;n&quot;9</a>",
        "<a>S3cr&#38;t/V&#7841n\"9</a>",
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        CHECK(secrets_named_in(text_of(hidden[i])));
    CHECK(!secrets_named_in(TEXT("S3cr&#;t \\u00 \\ud800\\u0041 &#x; \\/ &apos; \\ &")));
    begin("correct-horse"); /* of: "", "u:", "us:", "use:" in front */
    CHECK_TEXT(covered("Y29ycmVjdC1ob3JzZQ=="), TEXT("***Q=="));
    CHECK_CONTAINS(covered("Basic dTpjb3JyZWN0LWhvcnNl").bytes, "***");
    CHECK_CONTAINS(covered("Basic dXM6Y29ycmVjdC1ob3JzZQ==").bytes, "***");
    CHECK_CONTAINS(covered("Basic dXNlOmNvcnJlY3QtaG9yc2U=").bytes, "***");
    CHECK_TEXT(covered("correct horse, Y29ycmVj"), TEXT("correct horse, ***"));
}

TEST("what holds none is the text itself, and short values are not looked for")
{
    begin("12345678");
    secrets_add(TEXT("1234"), SECRETS_NAMED);
    struct text text = TEXT("1234567 12 345678");
    CHECK(secrets_cover(&test_arena, text, false).bytes == text.bytes);
    CHECK(!secrets_named_in(text));
    secrets_add(TEXT("given-token"), SECRETS_GIVEN);
    CHECK(!secrets_named_in(TEXT("a given-token")));
    CHECK_TEXT(covered("a given-token 12345678"), TEXT("a *** ***"));
}

TEST("what the program itself writes is never covered, but looked for in records, and other forms of it are")
{
    begin("congkhai");
    secrets_add(TEXT("published"), SECRETS_NAMED);
    struct text text = TEXT("{\"key\":\"congkhai-1\",\"published\":1,\"finished_at\":0}");
    CHECK(secrets_cover(&test_arena, text, true).bytes == text.bytes);
    CHECK(!secrets_in(text));
    CHECK(secrets_named_in(text));
    CHECK_TEXT(covered("Y29uZ2toYWk="), TEXT("***k="));
    secrets_add(TEXT("congkhai-7"), SECRETS_NAMED);
    CHECK_TEXT(covered("congkhai congkhai-7"), TEXT("congkhai ***"));
    CHECK(secrets_is_own_word(TEXT("finished_")));
    CHECK(!secrets_is_own_word(TEXT("correct-horse")));
}

TEST("a secret that was cut off at the end of a text goes, too")
{
    begin("correct-horse");
    CHECK_TEXT(covered("token correct-h"), TEXT("token ***"));
    CHECK_TEXT(covered("token correct-h…"), TEXT("token ***…"));
    CHECK_TEXT(covered("token corr"), TEXT("token corr"));
    CHECK_TEXT(secrets_cover(&test_arena, TEXT("token correct-h"), false), TEXT("token correct-h"));
    CHECK_INT(secrets_begun(TEXT("abc")), 1);
    CHECK_INT(secrets_begun(TEXT("abcorrect")), 7);
    CHECK_INT(secrets_begun(TEXT("abd")), 0);
}

TEST("errors are covered as they are made, and streams as they are written, however the pieces fall")
{
    struct error error;
    char seen[100];
    int ends[2];
    begin("correct-horse");
    (void)error_set(&error, STATUS_STOP, "he said: %s\x01", "correct-horse");
    CHECK_STRING(error.message, "he said: ***\\u0001");
    if (!CHECK(pipe(ends) == 0))
        return;
    FILE *stream = visible_stream(ends[1]);
    for (const char *at = "a correct-correct-horse\xe1\xba\xbf correct"; *at; at++) {
        fputc(*at, stream);
        fflush(stream);
    }
    fclose(stream);
    close(ends[1]);
    ssize_t got = read(ends[0], seen, sizeof seen);
    close(ends[0]);
    CHECK_TEXT(((struct text){ seen, got > 0 ? (size_t)got : 0 }), TEXT("a correct-***ế correct"));
}

TEST("other programs are not given what holds a secret")
{
    const char *const argv[] = { "env", NULL };
    struct process_result result;
    struct error error;
    begin("correct-horse");
    setenv("PLAIN", "plain-value", 1);
    setenv("HOLDS", "x correct-horse y", 1);
    setenv("NAMED", "short", 1);
    setenv("CREDENTIALS_DIRECTORY", "/run/credentials", 1);
    secrets_add_variable("NAMED");
    CHECK_INT(process_run(argv, TEXT(""), 10000, &result, &error), STATUS_OK);
    size_t at;
    CHECK(!text_find(text_of(result.words), TEXT("HOLDS="), &at));
    CHECK(!text_find(text_of(result.words), TEXT("NAMED="), &at));
    CHECK(!text_find(text_of(result.words), TEXT("CREDENTIALS_DIRECTORY="), &at));
    CHECK(getenv("NAMED") != NULL);
    secrets_forget();
}

TEST("tokens beyond the ceiling take the place of older tokens, never of a configuration's")
{
    begin("correct-horse");
    char token[32];
    for (int i = 0; i < SECRETS_MAX + 100; i++) {
        snprintf(token, sizeof token, "token-%08d", i);
        secrets_add(text_of(token), SECRETS_GIVEN);
    }
    CHECK_TEXT(covered(token), TEXT("***"));
    CHECK_TEXT(covered("correct-horse"), TEXT("***"));
    CHECK_TEXT(covered("xtoken-00000000x"), TEXT("xtoken-00000000x"));
    secrets_forget();
}
