#include "adapters/private_file.h"

#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/file.h"
#include "tests/support/test.h"

static struct error error;

static const char *folder;

static const char *in(const char *name)
{
    return text_format(&test_arena, "%s/%s", folder, name).bytes;
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : info.st_mode & 07777;
}

static struct text content_of(const char *path)
{
    struct text bytes;
    return file_read(&test_arena, path, 1000, &bytes, &error) ? TEXT_NONE : bytes;
}

TEST("what is created is ours alone, or a group's that may read it, whatever the umask says")
{
    int descriptor;
    mode_t before = umask(0);
    folder = test_folder();
    CHECK_INT(private_file_open(in("a"), true, &descriptor, &error), STATUS_OK);
    close(descriptor);
    CHECK_INT(mode_of(in("a")), 0600);
    CHECK_INT(file_write(in("b"), TEXT("x"), FILE_OURS, &error), STATUS_OK);
    CHECK_INT(mode_of(in("b")), 0600);
    CHECK_INT(file_make_folders(in("c/d"), FILE_OURS, &error), STATUS_OK);
    CHECK_INT(mode_of(in("c")), 0700);
    CHECK_INT(mode_of(in("c/d")), 0700);
    umask(077);
    const struct group *group = getgrgid(getegid());
    CHECK_INT(private_file_set_group(group ? group->gr_name : NULL, &error), STATUS_OK);
    CHECK_INT(file_write(in("e"), TEXT("x"), FILE_OURS, &error), STATUS_OK);
    CHECK_INT(mode_of(in("e")), group ? 0640 : 0600);
    CHECK_INT(file_make_folders(in("f"), FILE_OURS, &error), STATUS_OK);
    CHECK_INT(mode_of(in("f")), group ? 0750 : 0700);
    CHECK_INT(private_file_set_group("no-such-group", &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no group \"no-such-group\" here");
    CHECK_INT(private_file_set_group(NULL, &error), STATUS_OK);
    umask(before);
}

TEST("a lock follows no link and empties nothing")
{
    struct file_lock lock;
    folder = test_folder();
    (void)file_write(in("victim"), TEXT("precious"), 0644, &error);
    CHECK_INT(symlink(in("victim"), in("link")), 0);
    CHECK_INT(link(in("victim"), in("second")), 0);
    CHECK_INT(symlink(in("nowhere"), in("dangling")), 0);
    CHECK_INT(file_lock_take(in("link"), &lock, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "is a symbolic link");
    CHECK_INT(file_lock_take(in("second"), &lock, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "has a second name");
    CHECK_INT(file_lock_take(in("dangling"), &lock, &error), STATUS_USAGE);
    CHECK(!file_exists(in("nowhere")));
    CHECK_TEXT(content_of(in("victim")), TEXT("precious"));
}

TEST("a lock inside a file holds under each of its names and changes nothing in it")
{
    struct file_lock lock, second;
    folder = test_folder();
    (void)file_write(in("store"), TEXT("bytes"), 0600, &error);
    CHECK_INT(link(in("store"), in("other")), 0);
    CHECK_INT(file_lock_take_inside(in("store"), &lock, &error), STATUS_OK);
    CHECK_INT(file_lock_take_inside(in("other"), &second, &error), STATUS_BUSY);
    CHECK_CONTAINS(error.message, "under another name");
    file_lock_drop(&lock);
    CHECK_INT(file_lock_take_inside(in("other"), &second, &error), STATUS_OK);
    file_lock_drop(&second);
    CHECK_TEXT(content_of(in("store")), TEXT("bytes"));
}

TEST("a folder where everybody may write is no place, unless its files are safe from others")
{
    folder = test_folder();
    (void)file_make_folders(in("open"), 0777, &error);
    chmod(in("open"), 0777);
    CHECK_INT(private_file_check_folder(in("open"), &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "everybody may write in the folder");
    CHECK_INT(private_file_check_place(in("open/file"), &error), STATUS_USAGE);
    chmod(in("open"), 01777);
    CHECK_INT(private_file_check_folder(in("open"), &error), STATUS_OK);
    chmod(in("open"), 0775);
    CHECK_INT(private_file_check_folder(in("open"), &error), STATUS_OK);
    CHECK_INT(private_file_check_folder(in("none"), &error), STATUS_OK);
}

TEST("in a folder that is everybody's, a file of somebody else is not taken")
{
    int descriptor;
    folder = test_folder();
    if (geteuid())
        return;
    (void)file_make_folders(in("shared"), 0777, &error);
    chmod(in("shared"), 01777);
    (void)file_write(in("shared/x"), TEXT("x"), 0666, &error);
    CHECK_INT(chown(in("shared/x"), 65534, 65534), 0);
    CHECK_INT(private_file_open(in("shared/x"), true, &descriptor, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "belongs to somebody else");
    CHECK_INT(private_file_open(in("shared/y"), true, &descriptor, &error), STATUS_OK);
    close(descriptor);
}
