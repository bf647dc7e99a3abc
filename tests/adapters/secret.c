#include "adapters/secret.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "tests/support/test.h"

static struct error error;

static struct text resolve(const char *folder, const char *text)
{
    struct text resolved = TEXT_NONE;
    error = (struct error){ .status = STATUS_OK };
    (void)secret_resolve(&test_arena, folder, text_of(text), &resolved, &error);
    return resolved;
}

static void write_file(const char *folder, const char *name, struct text bytes)
{
    CHECK_INT(file_write(file_path(&test_arena, folder, name), bytes, 0600, &error), STATUS_OK);
}

TEST("a text without a reference stays as it is, dollars too")
{
    CHECK_TEXT(resolve("/", "5$ {a} $x"), TEXT("5$ {a} $x"));
    CHECK_TEXT(resolve("/", ""), TEXT(""));
    CHECK(!secret_is_named(TEXT("5$ {a}")));
    CHECK(secret_is_named(TEXT("a${env:B}")));
}

TEST("references are replaced inside a text, several of them")
{
    const char *folder = test_folder();
    setenv("CONGKHAI_A", "one", 1);
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    write_file(folder, "b", TEXT("\xef\xbb\xbftwo\n\r\n")); /* as an editor of Windows leaves it */
    CHECK_TEXT(resolve(folder, "<${env:CONGKHAI_A}|${file:b}|${credential:b}>"), TEXT("<one|two|two>"));
    setenv("CONGKHAI_A", "${file:b}", 1); /* a value is a value */
    CHECK_TEXT(resolve(folder, "${env:CONGKHAI_A}"), TEXT("${file:b}"));
    unsetenv("CREDENTIALS_DIRECTORY");
    unsetenv("CONGKHAI_A");
}

TEST("a secret that is not there says where it was looked for and what to do")
{
    const char *folder = test_folder();
    unsetenv("CREDENTIALS_DIRECTORY");
    CHECK(!resolve(folder, "${env:CONGKHAI_NONE}").bytes);
    CHECK_INT(error.status, STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the environment variable \"CONGKHAI_NONE\" is not set; set it");
    resolve(folder, "${file:none}");
    CHECK_INT(error.status, STATUS_USAGE);
    CHECK_CONTAINS(error.message, folder);
    CHECK_CONTAINS(error.message, "check the path");
    resolve(folder, "${credential:token}");
    CHECK_CONTAINS(error.message, "add LoadCredential=token:PATH");
    resolve(folder, "${credential:../token}");
    CHECK_CONTAINS(error.message, "no name of a credential");
    resolve(folder, "${vault:token}");
    CHECK_CONTAINS(error.message, "${vault:token} names no secret; write ${env:NAME}");
    resolve(folder, "${token}");
    CHECK_CONTAINS(error.message, "names no secret");
    resolve(folder, "${file:}");
    CHECK_INT(error.status, STATUS_USAGE);
    resolve(folder, "abc${env:X");
    CHECK_CONTAINS(error.message, "has no }");
}

TEST("an empty secret or one with a NUL is refused, and no value is in a message")
{
    const char *folder = test_folder();
    write_file(folder, "empty", TEXT("\n"));
    write_file(folder, "nul", TEXT("abc\0def"));
    resolve(folder, "${file:empty}");
    CHECK_INT(error.status, STATUS_USAGE);
    CHECK_CONTAINS(error.message, "is empty");
    resolve(folder, "${file:nul}");
    CHECK_INT(error.status, STATUS_USAGE);
    CHECK_CONTAINS(error.message, "NUL");
    CHECK(!strstr(error.message, "abc"));
}

static const char *hidden(const char *text)
{
    static struct arena arena;
    return text_string(&arena, secret_hide(&arena, text_of(text)));
}

TEST("a URL is shown without its user, and without what its query gives to the name of a secret")
{
    CHECK_TEXT(text_of(hidden("https://u:p@h.vn/a?x=1")), TEXT("https://h.vn/a?x=1"));
    CHECK_TEXT(text_of(hidden("https://u:p@ss@h.vn")), TEXT("https://h.vn"));
    CHECK_TEXT(text_of(hidden("https://h.vn/a?x=1&API-Key=abc&y=2")),
               TEXT("https://h.vn/a?x=1&API-Key=***&y=2"));
    CHECK_TEXT(text_of(hidden("https://h.vn/?token=abc")), TEXT("https://h.vn/?token=***"));
    CHECK_TEXT(text_of(hidden("https://h.vn/?token=${env:T}&token=")),
               TEXT("https://h.vn/?token=${env:T}&token="));
    CHECK_TEXT(text_of(hidden("https://h.vn/a@b?to=c@d&tokens=e")), TEXT("https://h.vn/a@b?to=c@d&tokens=e"));
    CHECK_TEXT(text_of(hidden("mail to u:p@h.vn")), TEXT("mail to u:p@h.vn"));
}

TEST("names of secrets are known whatever their case and dashes")
{
    CHECK(secret_is_name(TEXT("password")) && secret_is_name(TEXT("Authorization")));
    CHECK(secret_is_name(TEXT("X-API-Key")) && secret_is_name(TEXT("client_secret")));
    CHECK(!secret_is_name(TEXT("key")) && !secret_is_name(TEXT("tokens")) && !secret_is_name(TEXT("")));
}

static const char *written_out(const char *text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct text *list;
    size_t count = secret_written(&test_arena, text_of(text), &list);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "[" TEXT_PRINT "]", TEXT_ARG(list[i]));
    return text_copy(&test_arena, buffer_view(&out)).bytes;
}

TEST("what a URL, a command, a header or a body writes out is known")
{
    CHECK_STRING(written_out("https://u:pass@h/x?a=1&api_key=k&token=${env:T}"), "[pass][k][k]");
    CHECK_STRING(written_out("send --password geheim -x 1; curl -H 'Authorization: Bearer abc/+=' --token=t"),
                 "[geheim][abc/+=][t]");
    CHECK_STRING(written_out("{\"password\": \"a b\", \"token\":null2,\"secret\":\"\"}"), "[a b][null2]");
    CHECK_STRING(written_out("user=a&password=xyz&b=2"), "[xyz]");
    CHECK_STRING(written_out("{\"password\": \"${env:X}\"} the token of the day"), "");
}
