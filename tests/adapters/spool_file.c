#include "adapters/spool_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
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

/* What this process may have of it, until it is put back. */
static struct rlimit narrow(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit before, now;
    CHECK_INT(getrlimit(resource, &before), 0);
    now = before;
    now.rlim_cur = most;
    CHECK_INT(setrlimit(resource, &now), 0);
    return before;
}

TEST("a disk that is full and descriptors that are used up are told")
{
    struct spool_file scratch = { 0 };
    CHECK_INT(spool_file_open(&scratch, &error), STATUS_OK);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit before = narrow(RLIMIT_FSIZE, 4);
    enum status status = spool_file_put(&scratch, TEXT("longer than that"), &error);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    CHECK_INT(status, STATUS_FATAL);
    CHECK_CONTAINS(error.message,
                   "a temporary file cannot be written: File too large; name another folder with TMPDIR");

    struct spool_file none = { 0 };
    before = narrow(RLIMIT_NOFILE, (rlim_t)scratch.descriptor + 1);
    status = spool_file_open(&none, &error);
    enum status reserved = spool_file_reserve(1, &error);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK_INT(status, STATUS_FATAL);
    CHECK_INT(reserved, STATUS_FATAL);
    CHECK_CONTAINS(error.message,
                   "no temporary file can be made in $TMPDIR, /var/tmp or /tmp: Too many open files");
    CHECK(!none.open);
    spool_file_close(&scratch);
}

TEST("what another process hands over must be a file, and one that can be read")
{
    struct spool_file taken = { 0 };
    struct text bytes;
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(spool_file_take(&taken, ends[0], &error), STATUS_REJECT);
    CHECK(!taken.open);
    close(ends[0]);
    CHECK_INT(spool_file_take(&taken, ends[0], &error), STATUS_REJECT);
    close(ends[1]);

    char path[] = "/tmp/congkhai-spool-XXXXXX";
    int descriptor = mkstemp(path);
    CHECK_INT(write(descriptor, "abc", 3), 3);
    close(descriptor);
    CHECK_INT(spool_file_take(&taken, open(path, O_WRONLY | O_CLOEXEC), &error), STATUS_OK);
    CHECK_INT(spool_file_start(&taken, &test_arena, 10, &bytes, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "a temporary file cannot be read: Bad file descriptor");
    spool_file_close(&taken);
    CHECK_INT(spool_file_take(&taken, open(path, O_RDONLY | O_CLOEXEC), &error), STATUS_OK);
    CHECK_INT(unlink(path), 0);
    CHECK_INT(spool_file_start(&taken, &test_arena, 10, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT("abc"));
    spool_file_close(&taken);
}
