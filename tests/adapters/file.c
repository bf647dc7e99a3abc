#include "adapters/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct error error;

static const char *in(const char *folder, const char *name)
{
    return text_format(&test_arena, "%s/%s", folder, name).bytes;
}

static void put(const char *folder, const char *name, const char *content)
{
    if (!CHECK_INT(file_write(in(folder, name), text_of(content), 0644, &error), STATUS_OK))
        printf("%s\n", error.message);
}

static void make(const char *folder, const char *name)
{
    CHECK_INT(file_make_folders(in(folder, name), 0777, &error), STATUS_OK);
}

/* The names of a listing, a blank behind each. */
static const char *listed(const char *folder, const char *match)
{
    static struct buffer names;
    struct file_list list;
    buffer_clear(&names);
    enum status status = file_list_folder(&test_arena, folder, match, &list, &error);
    if (status)
        return error.message;
    for (size_t i = 0; i < list.count; i++) {
        buffer_printf(&names, "%s ", list.names[i]);
        CHECK_STRING(list.paths[i], in(folder, list.names[i]));
    }
    return names.length ? names.bytes : "";
}

TEST("a match's ending counts in any case, its stem as it is written")
{
    const char *folder = test_folder();
    put(folder, "a.json", "1"), put(folder, "B.JSON", "1"), put(folder, "c.Json.bak", "1"),
        put(folder, "D.Xml", "1");
    CHECK_STRING(listed(folder, "*.json"), "B.JSON a.json ");
    CHECK_STRING(listed(folder, "b.json"), "");
    CHECK_STRING(listed(folder, "*.X*"), "D.Xml ");
    CHECK_STRING(listed(folder, "*.x*"), "");
}

/* ---- reading and writing ---- */

TEST("a file is read whole, with a NUL behind it, and an empty one is empty")
{
    const char *folder = test_folder();
    struct text bytes;
    put(folder, "a", "một\nhai");
    CHECK_INT(file_read(&test_arena, in(folder, "a"), 100, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT("một\nhai"));
    CHECK_INT(bytes.bytes[bytes.length], 0);
    put(folder, "a", "");
    CHECK_INT(file_read(&test_arena, in(folder, "a"), 0, &bytes, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT(""));
    CHECK_INT(file_read(&test_arena, "/proc/self/status", 100000, &bytes, &error), STATUS_OK); /* "size" 0 */
    CHECK(text_starts(bytes, TEXT("Name:")));
}

TEST("a file over the limit, a missing one, a folder and a pipe are refused by name, and a pipe is not "
     "waited for")
{
    const char *folder = test_folder();
    struct text bytes;
    put(folder, "a", "12345");
    CHECK_INT(file_read(&test_arena, in(folder, "a"), 5, &bytes, &error), STATUS_OK);
    CHECK_INT(file_read(&test_arena, in(folder, "a"), 4, &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "/a is larger than the limit of 4 bytes");
    CHECK_INT(file_read(&test_arena, in(folder, "b"), 4, &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "/b cannot be opened: No such file");
    CHECK_INT(file_read(&test_arena, folder, 4, &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "is no regular file");
    mkfifo(in(folder, "pipe"), 0600);
    CHECK_INT(file_read(&test_arena, in(folder, "pipe"), 4, &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "/pipe is no regular file");
    CHECK_INT(file_read(&test_arena, "/proc/self/status", 10, &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "larger than the limit");
}

static void check_stream(struct file_stream *stream, const char *content)
{
    char bytes[8];
    size_t got;
    BUFFER_OWNED struct buffer all = { 0 };
    do {
        if (!CHECK_INT(stream->read(stream, bytes, 3, &got, &error), STATUS_OK))
            break;
        CHECK(got <= 3);
        buffer_put(&all, bytes, got);
    } while (got);
    CHECK_TEXT(buffer_view(&all), text_of(content));
    stream->close(stream);
}

TEST("a stream gives a file or bytes in memory piece by piece")
{
    const char *folder = test_folder();
    struct file_stream stream;
    put(folder, "a", "12345678");
    CHECK_INT(file_stream_open(&test_arena, in(folder, "a"), &stream, &error), STATUS_OK);
    CHECK_STRING(stream.name, in(folder, "a"));
    check_stream(&stream, "12345678");
    file_stream_memory(TEXT("abcdefg"), "memory", &stream);
    check_stream(&stream, "abcdefg");
    file_stream_memory(TEXT_NONE, "nothing", &stream);
    CHECK_INT(stream.read(&stream, NULL, 0, &(size_t){ 1 }, &error), STATUS_OK);
    CHECK_INT(file_stream_open(&test_arena, in(folder, "none"), &stream, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "/none cannot be opened");
}

TEST("a write replaces a file at once, keeps the mode asked for, and leaves nothing beside it")
{
    const char *folder = test_folder();
    struct stat info;
    umask(022);
    CHECK_INT(file_write(in(folder, "key"), TEXT("old"), 0600, &error), STATUS_OK);
    int reader = open(in(folder, "key"), O_RDONLY);
    CHECK_INT(file_write(in(folder, "key"), TEXT("new!"), 0600, &error), STATUS_OK);
    char bytes[8];
    CHECK_INT(read(reader, bytes, sizeof bytes), 3); /* who had it open still sees the old one whole */
    close(reader);
    stat(in(folder, "key"), &info);
    CHECK_INT(info.st_mode & 0777, 0600);
    CHECK_INT(info.st_size, 4);
    make(folder, "taken");
    make(folder, "taken/below");
    CHECK_INT(file_write(in(folder, "taken"), TEXT("x"), 0600, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "/taken cannot be written: ");
    CHECK_INT(file_write(in(folder, "none/a"), TEXT("x"), 0600, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "No such file");
    CHECK_INT(rmdir(in(folder, "taken/below")) | rmdir(in(folder, "taken")) | unlink(in(folder, "key")), 0);
    CHECK_INT(rmdir(folder), 0);
}

TEST("folders are made down to the last, and a file in the way is named")
{
    const char *folder = test_folder();
    make(folder, "a/b//c");
    make(folder, "a/b/c");
    CHECK(file_exists(in(folder, "a/b/c")));
    put(folder, "file", "");
    CHECK_INT(file_make_folders(in(folder, "file/x"), 0777, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "/file/x cannot be made: Not a directory");
    CHECK_INT(file_make_folders(in(folder, "file"), 0777, &error), STATUS_FATAL);
    file_remove(in(folder, "file"));
    CHECK(!file_exists(in(folder, "file")));
}

TEST("a path is relative to the folder unless it is absolute")
{
    CHECK_STRING(file_path(&test_arena, "/etc", "a/b"), "/etc/a/b");
    CHECK_STRING(file_path(&test_arena, "conf/", "a"), "conf/a");
    CHECK_STRING(file_path(&test_arena, ".", "a"), "a");
    CHECK_STRING(file_path(&test_arena, "", "a"), "a");
    CHECK_STRING(file_path(&test_arena, "/etc", "/a"), "/a");
}

/* ---- listing ---- */

TEST("a listing is sorted bytewise, holds regular files that match, and no hidden ones")
{
    const char *folder = test_folder();
    static const char *const names[] = { "b.json", "a.json",  "B.json",  "đ.json",
                                         "a.xml",  ".c.json", "~$a.json" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(folder, names[i], "");
    make(folder, "d.json");
    mkfifo(in(folder, "pipe.json"), 0600);
    CHECK_STRING(listed(folder, "*.json"), "B.json a.json b.json đ.json ");
    CHECK_STRING(listed(folder, NULL), "B.json a.json a.xml b.json đ.json ");
    CHECK_STRING(listed(folder, "[ab].*"), "a.json a.xml b.json ");
    CHECK_STRING(listed(folder, "a.xml"), "a.xml ");
    CHECK_STRING(listed(folder, "nothing"), "");
    struct file_list list;
    CHECK_INT(file_list_folder(&test_arena, in(folder, "/"), "a.xml", &list, &error), STATUS_OK);
    CHECK_STRING(list.paths[0], in(folder, "a.xml"));
}

TEST("a match with slashes goes down level by level, and ** any number of levels")
{
    const char *folder = test_folder();
    make(folder, "x/y/z");
    make(folder, "w");
    make(folder, ".hidden");
    static const char *const names[] = { "1.json",   "x/2.json",       "x/y/3.json", "x/y/z/4.json",
                                         "w/5.json", ".hidden/6.json", "x/y/7.xml" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        put(folder, names[i], "");
    CHECK_STRING(listed(folder, "*/*.json"), "w/5.json x/2.json ");
    CHECK_STRING(listed(folder, "./x//*/*.json"), "x/y/3.json ");
    CHECK_STRING(listed(folder, "**/*.json"), "1.json w/5.json x/2.json x/y/3.json x/y/z/4.json ");
    CHECK_STRING(listed(folder, "**/**/y/**/*"), "x/y/3.json x/y/7.xml x/y/z/4.json ");
    CHECK_STRING(listed(folder, "x/**"), "x/2.json x/y/3.json x/y/7.xml x/y/z/4.json ");
    CHECK_CONTAINS(listed(folder, "../*"), "leaves the folder");
    CHECK_CONTAINS(listed(folder, "/"), "names no files");
}

TEST("links to folders are not followed, so loops do no harm; links to files are when they stay inside")
{
    const char *folder = test_folder();
    make(folder, "in/x");
    put(folder, "outside.json", "");
    put(folder, "in/x/real.json", "");
    const char *root = in(folder, "in");
    CHECK_INT(symlink(".", in(root, "loop")) | symlink("x", in(root, "folder")) |
                  symlink("x/real.json", in(root, "inside.json")) |
                  symlink("../outside.json", in(root, "outside.json")) |
                  symlink("nowhere", in(root, "dangling.json")) | symlink("round", in(root, "round")),
              0);
    CHECK_STRING(listed(root, "**/*.json"), "inside.json x/real.json ");
    CHECK_STRING(listed(root, "*/*.json"), "x/real.json ");
}

TEST("what matches and is neither file nor folder is named apart")
{
    const char *folder = test_folder();
    struct file_list list;
    make(folder, "in/folder.json");
    put(folder, "outside.json", "");
    put(folder, "in/a.json", "");
    const char *root = in(folder, "in");
    CHECK_INT(mkfifo(in(root, "pipe.json"), 0600) | symlink("../outside.json", in(root, "outside.json")) |
                  symlink("nowhere", in(root, "dangling.json")) |
                  symlink("round.json", in(root, "round.json")) |
                  symlink("folder.json", in(root, "linked.json")) | symlink("nowhere", in(root, "other.xml")),
              0);
    make(folder, "share");
    CHECK_INT(symlink("../share", in(root, "department")), 0);
    CHECK_INT(file_list_folder(&test_arena, root, "*/*.json", &list, &error), STATUS_OK);
    if (CHECK_INT(list.odd_count, 1))
        CHECK_STRING(list.odd[0], "department");
    CHECK_INT(file_list_folder(&test_arena, root, "*.json", &list, &error), STATUS_OK);
    CHECK_INT(list.count, 1);
    if (CHECK_INT(list.odd_count, 4)) {
        CHECK_STRING(list.odd[0], "dangling.json");
        CHECK_STRING(list.odd[1], "outside.json");
        CHECK_STRING(list.odd[2], "pipe.json");
        CHECK_STRING(list.odd[3], "round.json");
    }
}

TEST("a folder that is not there or not readable stops; one below a match is named, and the list goes on")
{
    const char *folder = test_folder();
    struct file_list list;
    CHECK_INT(file_list_folder(&test_arena, in(folder, "none"), "*", &list, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "/none cannot be read: No such file");
    put(folder, "file", "");
    CHECK_INT(file_list_folder(&test_arena, in(folder, "file"), "*", &list, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "Not a directory");
    make(folder, "closed");
    chmod(in(folder, "closed"), 0);
    chmod(folder, 0755);
    pid_t child = fork();
    if (child == 0) { /* for root every folder is readable: the child is somebody else */
        bool other = getuid() != 0 || setuid(65534) == 0;
        enum status below = file_list_folder(&test_arena, folder, "*/*", &list, &error);
        bool named = list.unread_count == 1 &&
                     strstr(list.unread[0].message, "/closed cannot be read: Permission denied");
        enum status beside = file_list_folder(&test_arena, folder, "*", &list, &error);
        _exit(!other || (below == STATUS_OK && named && beside == STATUS_OK) ? 0 : 1);
    }
    int ended;
    waitpid(child, &ended, 0);
    CHECK_INT(ended, 0);
}

TEST("a folder deeper than any sensible one stops instead of going on for ever")
{
    const char *folder = test_folder();
    BUFFER_OWNED struct buffer path = { 0 };
    buffer_string(&path, folder);
    for (int i = 0; i < 102; i++)
        buffer_string(&path, "/d");
    CHECK_INT(file_make_folders(path.bytes, 0777, &error), STATUS_OK);
    CHECK_CONTAINS(listed(folder, "**/*.json"), "deeper than 100 folders");
}

/* ---- the lock ---- */

TEST("a lock is refused with the holder's number, and freed when the holder is killed")
{
    const char *path = in(test_folder(), "lock");
    struct file_lock lock;
    int ready[2];
    if (!CHECK_INT(pipe(ready), 0))
        return;
    pid_t child = fork();
    if (child == 0) {
        enum status status = file_lock_take(path, &lock, &error);
        if (write(ready[1], status ? "n" : "y", 1) == 1)
            pause();
        _exit(1);
    }
    char said = 0, words[64];
    CHECK_INT(read(ready[0], &said, 1), 1);
    CHECK_INT(said, 'y');
    CHECK_INT(file_lock_take(path, &lock, &error), STATUS_BUSY);
    snprintf(words, sizeof words, "another run (process %ld) holds", (long)child);
    CHECK_CONTAINS(error.message, words);
    CHECK_INT(lock.descriptor, -1);
    file_lock_drop(&lock);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK_INT(file_lock_take(path, &lock, &error), STATUS_OK);
    struct file_lock second;
    CHECK_INT(file_lock_take(path, &second, &error), STATUS_BUSY); /* also inside one process */
    file_lock_drop(&lock);
    file_lock_drop(&lock);
    CHECK_INT(file_lock_take(path, &second, &error), STATUS_OK);
    file_lock_drop(&second);
    close(ready[0]);
    close(ready[1]);
}

TEST("a lock is taken on a full disk too: the number in it only serves the message")
{
    const char *path = in(test_folder(), "lock");
    struct file_lock lock;
    struct rlimit before, none;
    signal(SIGXFSZ, SIG_IGN); /* as the program does */
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){ 0, before.rlim_max };
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
    CHECK_INT(file_lock_take(path, &lock, &error), STATUS_OK);
    file_lock_drop(&lock);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
}

TEST("a lock that cannot be made says where and why")
{
    struct file_lock lock;
    CHECK_INT(file_lock_take(in(test_folder(), "none/lock"), &lock, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "/none/lock cannot be opened: No such file");
}
