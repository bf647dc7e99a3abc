#include "adapters/spool_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct error error;

static struct text read_all(struct file_stream *stream)
{
    struct buffer out = { 0 };
    size_t got = 1;
    while (got) {
        char piece[5];
        CHECK_INT(stream->read(stream, piece, sizeof piece, &got, &error), STATUS_OK);
        buffer_put(&out, piece, got);
    }
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("what was put can be read as often as wanted, by streams that do not disturb each other")
{
    struct spool_file scratch = { 0 };
    struct file_stream first, second;
    struct text start;
    char path[SPOOL_FILE_PATH];
    CHECK_INT(spool_file_open(&scratch, &error), STATUS_OK);
    CHECK_INT(spool_file_put(&scratch, TEXT("one, "), &error), STATUS_OK);
    CHECK_INT(spool_file_put(&scratch, TEXT("two"), &error), STATUS_OK);
    spool_file_stream(&scratch, "s", &first);
    spool_file_stream(&scratch, "s", &second);
    CHECK_TEXT(read_all(&first), TEXT("one, two"));
    CHECK_TEXT(read_all(&second), TEXT("one, two"));
    first.close(&first);
    CHECK_INT(spool_file_start(&scratch, &test_arena, 3, &start, &error), STATUS_OK);
    CHECK_TEXT(start, TEXT("one"));
    CHECK_INT(spool_file_start(&scratch, &test_arena, 100, &start, &error), STATUS_OK);
    CHECK_TEXT(start, TEXT("one, two"));
    spool_file_path(&scratch, path);
    CHECK_INT(file_read(&test_arena, path, 100, &start, &error), STATUS_OK);
    CHECK_TEXT(start, TEXT("one, two"));
    spool_file_clear(&scratch);
    spool_file_stream(&scratch, "s", &first);
    CHECK_TEXT(read_all(&first), TEXT(""));
    CHECK_INT(spool_file_put(&scratch, TEXT("x"), &error), STATUS_OK);
    spool_file_stream(&scratch, "s", &first);
    CHECK_TEXT(read_all(&first), TEXT("x"));
    spool_file_close(&scratch);
    spool_file_close(&scratch);
}

TEST("it lies where TMPDIR says, without a name; where that is no folder, elsewhere")
{
    struct spool_file scratch = { 0 };
    const char *folder = test_folder();
    CHECK_INT(setenv("TMPDIR", folder, 1), 0);
    CHECK_INT(spool_file_open(&scratch, &error), STATUS_OK);
    CHECK_INT(spool_file_put(&scratch, TEXT("x"), &error), STATUS_OK);
    CHECK_INT(rmdir(folder), 0);
    spool_file_close(&scratch);
    CHECK_INT(spool_file_open(&scratch, &error), STATUS_OK);
    spool_file_close(&scratch);
    unsetenv("TMPDIR");
}
