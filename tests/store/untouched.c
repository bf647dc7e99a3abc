/* A store read without a trace: from a copy where its log has no index, and as it lies where there is no log. What another
 * user's rights make of it: tests/process/test_reading.py. */
#include "store/untouched.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;
static const char *folder;

static const char *at(const char *name)
{
    return file_path(&test_arena, folder, name);
}

static void copy(const char *from, const char *to)
{
    struct text bytes;
    struct error error = { 0 };
    CHECK_INT(file_read(&test_arena, at(from), 64 << 20, &bytes, &error), STATUS_OK);
    CHECK_INT(file_write(at(to), bytes, 0644, &error), STATUS_OK);
}

/* How many files there are in a folder below. */
static int files_in(const char *name)
{
    int count = 0;
    DIR *directory = opendir(at(name));
    if (!CHECK(directory != NULL))
        return -1;
    for (const struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static int64_t events(struct sqlite *database)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    int64_t count = -1;
    if (CHECK_INT(sqlite_prepare(database, "SELECT count(*) FROM ledger", &row, &error), STATUS_OK)) {
        if (sqlite_step(row, &error) == STATUS_OK)
            count = sqlite_number(row, 0);
        sqlite_finish(row);
    }
    return count;
}

/* A store that is open, so that its last events stand in the log alone; file and log are copied to "there", as after a
 * death. Gives how many events there are. */
static int64_t leave_a_log(void)
{
    folder = text_string(&test_arena, text_of(test_folder()));
    CHECK_INT(mkdir(at("there"), 0755) | mkdir(at("temporary"), 0755), 0);
    night = (struct night){ 0 };
    night_open(&night, at("a.db"), NULL);
    for (int i = 0; i < 2; i++) {
        night_begin(&night);
        night_record(&night, "1.000001", i ? "Hai" : "Một", "1");
        night_work(&night);
        night_end(&night);
    }
    copy("a.db", "there/a.db");
    copy("a.db-wal", "there/a.db-wal");
    int64_t count = events(store_database(night.store));
    night_close(&night);
    CHECK_INT(setenv("TMPDIR", at("temporary"), 1), 0);
    return count;
}

static enum status look(int64_t *count, struct error *error)
{
    struct untouched untouched;
    struct sqlite *database;
    enum status status = untouched_open(at("there/a.db"), &untouched, &database, error);
    if (status)
        return status;
    *count = events(database);
    CHECK_INT(untouched_check(at("there/a.db"), &untouched, error), STATUS_OK);
    sqlite_close_file(database);
    return STATUS_OK;
}

TEST("a log without its index is read from a copy, whole, and nothing is left anywhere")
{
    struct error error = { 0 };
    int64_t all = leave_a_log(), seen = 0;
    CHECK_INT(look(&seen, &error), STATUS_OK);
    CHECK_INT(seen, all);
    CHECK_INT(files_in("there"), 2);
    CHECK_INT(files_in("temporary"), 0);
}

TEST("a temporary folder that is not there, or has no name, is not the only one")
{
    struct error error = { 0 };
    int64_t all = leave_a_log(), seen = 0;
    CHECK_INT(setenv("TMPDIR", at("nowhere"), 1), 0);
    CHECK_INT(look(&seen, &error), STATUS_OK);
    CHECK_INT(seen, all);
    CHECK_INT(setenv("TMPDIR", "", 1), 0);
    CHECK_INT(look(&seen, &error), STATUS_OK);
    CHECK_INT(seen, all);
}

TEST("a log that belongs to no database, and a file that is none, are told with the file's own name")
{
    struct error error = { 0 };
    int64_t seen = 0;
    (void)leave_a_log();
    CHECK_INT(file_write(at("there/a.db"), TEXT("not a database, but long enough to be looked at as one"),
                         0644, &error),
              STATUS_OK);
    CHECK_INT(look(&seen, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, at("there/a.db"));
    CHECK_INT(files_in("temporary"), 0);
    error = (struct error){ .status = STATUS_OK };
    CHECK_INT(unlink(at("there/a.db-wal")) | unlink(at("there/a.db")), 0);
    CHECK_INT(look(&seen, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, at("there/a.db"));
}

TEST("a disk without room for the copy is told with what to do, and nothing is left on it")
{
    struct error error = { 0 };
    struct rlimit before, small;
    int64_t seen = 0;
    (void)leave_a_log();
    CHECK_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 5000;
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_INT(look(&seen, &error), STATUS_FATAL);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    CHECK_CONTAINS(error.message, "name a folder with room with TMPDIR");
    CHECK_CONTAINS(error.message, at("there/a.db"));
    CHECK_INT(files_in("temporary"), 0);
}

TEST("a path that is too long for what stands beside the file is refused")
{
    struct error error = { 0 };
    struct untouched untouched;
    struct sqlite *database;
    char path[5000];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = 0;
    CHECK_INT(untouched_open(path, &untouched, &database, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the store's path is too long");
    CHECK(!database);
}

TEST("a file that was read as it lies and was written to meanwhile is told")
{
    struct error error = { 0 };
    struct untouched untouched;
    struct sqlite *database, *writer;
    (void)leave_a_log();
    CHECK_INT(unlink(at("there/a.db-wal")), 0);
    copy("a.db", "there/a.db");
    CHECK_INT(untouched_open(at("there/a.db"), &untouched, &database, &error), STATUS_OK);
    CHECK(untouched.still);
    CHECK(events(database) > 0);
    CHECK_INT(untouched_check(at("there/a.db"), &untouched, &error), STATUS_OK);
    CHECK_INT(sqlite_open_file(at("there/a.db"), SQLITE_WRITE, &writer, &error), STATUS_OK);
    CHECK_INT(sqlite_run(writer, "PRAGMA journal_mode = DELETE; CREATE TABLE another (a)", &error),
              STATUS_OK);
    sqlite_close_file(writer);
    CHECK_INT(untouched_check(at("there/a.db"), &untouched, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "was written to while it was read");
    sqlite_close_file(database);
}
