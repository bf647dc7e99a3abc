#include "adapters/atomic_directory.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <signal.h>

#include "adapters/file.h"
#include "tests/support/test.h"

static const char *folder;

static const char *at(const char *name)
{
    return file_path(&test_arena, folder, name);
}

static struct atomic_directory *begun(const char *name)
{
    struct atomic_directory *bundle = NULL;
    struct error error = { .status = STATUS_OK };
    CHECK_INT(atomic_directory_begin(folder, name, &bundle, &error), STATUS_OK);
    CHECK_INT(atomic_directory_put(bundle, "001.json", TEXT("{}"), &error), STATUS_OK);
    CHECK_INT(atomic_directory_put(bundle, "002.json", TEXT("[]"), &error), STATUS_OK);
    return bundle;
}

static size_t left(void)
{
    const char **names;
    size_t count = 99;
    struct error error = { .status = STATUS_OK };
    CHECK_INT(atomic_directory_left(&test_arena, folder, &names, &count, &error), STATUS_OK);
    if (count == 1)
        CHECK_STRING(names[0], "one");
    return count;
}

TEST("a bundle is not there until it is shown, and then it is whole")
{
    folder = test_folder();
    struct error error = { .status = STATUS_OK };
    struct text bytes;
    struct atomic_directory *bundle = begun("one");
    CHECK(!file_exists(at("one")));
    CHECK_INT(atomic_directory_seal(bundle, &error), STATUS_OK);
    CHECK(!file_exists(at("one")));
    CHECK_INT(left(), 1);
    CHECK_INT(atomic_directory_show(bundle, &error), STATUS_OK);
    atomic_directory_close(bundle);
    CHECK_INT(left(), 0);
    CHECK_INT(file_read(&test_arena, at("one/002.json"), 100, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT("[]"));
}

TEST("what is given up before it is sealed leaves nothing")
{
    folder = test_folder();
    struct atomic_directory *bundle = begun("one");
    atomic_directory_close(bundle);
    CHECK_INT(left(), 0);
    atomic_directory_close(NULL);
}

TEST("what a death left hidden is shown or dropped, as the caller knows it")
{
    folder = test_folder();
    struct error error = { .status = STATUS_OK };
    struct atomic_directory *bundle = begun("one");
    (void)atomic_directory_seal(bundle, &error);
    atomic_directory_close(bundle); /* sealed: it stays, as after a death */
    CHECK_INT(left(), 1);
    CHECK_INT(atomic_directory_show_left(folder, "one", &error), STATUS_OK);
    CHECK(file_exists(at("one/001.json")));
    CHECK_INT(left(), 0);
    bundle = begun("two");
    (void)atomic_directory_seal(bundle, &error);
    atomic_directory_close(bundle);
    CHECK_INT(atomic_directory_drop_left(folder, "two", &error), STATUS_OK);
    CHECK(!file_exists(at("two")));
    CHECK_INT(left(), 0);
    CHECK_INT(atomic_directory_drop_left(folder, "two", &error), STATUS_OK);
}

TEST("one that is begun again starts empty")
{
    folder = test_folder();
    struct error error = { .status = STATUS_OK };
    struct atomic_directory *bundle = begun("one");
    (void)atomic_directory_seal(bundle, &error);
    atomic_directory_close(bundle);
    bundle = begun("one");
    CHECK_INT(atomic_directory_seal(bundle, &error), STATUS_OK);
    CHECK_INT(atomic_directory_show(bundle, &error), STATUS_OK);
    atomic_directory_close(bundle);
}

TEST("nothing is written over, and names stay in their folder")
{
    folder = test_folder();
    struct error error = { .status = STATUS_OK };
    struct atomic_directory *bundle = begun("one");
    CHECK_INT(atomic_directory_put(bundle, "001.json", TEXT("x"), &error), STATUS_STOP);
    CHECK_INT(atomic_directory_seal(bundle, &error), STATUS_OK);
    CHECK_INT(atomic_directory_show(bundle, &error), STATUS_OK);
    atomic_directory_close(bundle);
    bundle = begun("one");
    (void)atomic_directory_seal(bundle, &error);
    CHECK_INT(atomic_directory_show(bundle, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "/one cannot be written: File exists");
    atomic_directory_close(bundle);
    CHECK_INT(atomic_directory_begin(folder, "../x", &bundle, &error), STATUS_STOP);
    CHECK_INT(atomic_directory_begin(folder, ".x", &bundle, &error), STATUS_STOP);
    CHECK_INT(atomic_directory_begin(at("nowhere"), "x", &bundle, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "No such file");
}

TEST("a file that cannot be written to its end is said, and nothing of the bundle stays")
{
    folder = test_folder();
    struct error error = { .status = STATUS_OK };
    struct rlimit before, small = { 1000, RLIM_INFINITY };
    struct atomic_directory *bundle = begun("one");
    char bytes[4000] = "x";
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    CHECK_INT(atomic_directory_put(bundle, "003.json", (struct text){ bytes, sizeof bytes }, &error),
              STATUS_STOP);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK_CONTAINS(error.message, "one cannot be written: File too large");
    atomic_directory_close(bundle);
    CHECK_INT(left(), 0);
}
