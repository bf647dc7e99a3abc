#include <unistd.h>

#include "extract/digests_ahead.h"
#include "tests/extract/nightly.h"

#define FILES(more)                                                                                          \
    "- { name: s, fetch: { folder: in, match: \"*.json\", quiet: 0s" more                                    \
    " }, format: json, key: /ma, map: {} }\n"
#define FOLDER FILES("")

static const char *begin_files(void)
{
    const char *folder = begin_nights();
    CHECK_INT(file_make_folders(file_path(&test_arena, folder, "in"), 0755, &error), STATUS_OK);
    put_file(folder, "in/a.json", TEXT("{\"ma\":\"1\"}"));
    put_file(folder, "in/b.json", TEXT("{\"ma\":\"2\"}"));
    return folder;
}

static void expect(const char *folder, const char *source, bool same, int64_t seen, int64_t changed,
                   int64_t missing)
{
    CHECK_INT(night(folder, source), STATUS_OK);
    CHECK(result->whole);
    CHECK(!result->unchanged);
    CHECK_INT(result->same, same);
    CHECK_INT(result->counts.seen, seen);
    CHECK_INT(result->counts.changed, changed);
    CHECK_INT(result->counts.missing, missing);
}

TEST("the same bytes under the same names are the same listing, and nothing else is")
{
    const char *folder = begin_files();
    expect(folder, FOLDER, false, 2, 2, 0);
    expect(folder, FOLDER, true, 2, 0, 0);
    expect(folder, FOLDER, true, 2, 0, 0);
    put_file(folder, "in/b.json", TEXT("{\"ma\":\"2\"}")); /* written anew */
    expect(folder, FOLDER, true, 2, 0, 0);
    put_file(folder, "in/b.json", TEXT("{\"ma\":\"3\"}")); /* as long as before */
    expect(folder, FOLDER, false, 2, 1, 1);
    expect(folder, FOLDER, true, 2, 0, 1);
    CHECK_INT(
        rename(file_path(&test_arena, folder, "in/b.json"), file_path(&test_arena, folder, "in/c.json")), 0);
    expect(folder, FOLDER, false, 2, 0, 1);
    CHECK_TEXT(stored(LOCATORS), TEXT("in/a.json in/c.json"));
    CHECK_INT(unlink(file_path(&test_arena, folder, "in/c.json")), 0);
    expect(folder, FOLDER, false, 1, 0, 2);
    put_file(folder, "in/c.json", TEXT("{\"ma\":\"2\"}"));
    expect(folder, FOLDER, false, 2, 0, 1);
    end_nights();
}

TEST("two files that change their bytes with one another are another listing")
{
    const char *folder = begin_files();
    expect(folder, FOLDER, false, 2, 2, 0);
    put_file(folder, "in/a.json", TEXT("{\"ma\":\"2\"}"));
    put_file(folder, "in/b.json", TEXT("{\"ma\":\"1\"}"));
    expect(folder, FOLDER, false, 2, 0, 0);
    CHECK_TEXT(stored(LOCATORS), TEXT("in/b.json in/a.json"));
    end_nights();
}

TEST("other settings, or a listing of which there was something to say, are read again")
{
    const char *folder = begin_files();
    static const char changes[] =
        "- { name: s, fetch: { folder: in, match: \"*.json\", quiet: 0s }, format: json, key: /ma, "
        "listing: changes, map: {} }\n";
    expect(folder, FOLDER, false, 2, 2, 0);
    expect(folder, FILES(", newest: { by: name, count: 1 }"), false, 1, 0, 1);
    expect(folder, FOLDER, false, 2, 0, 0);
    expect(folder, FOLDER, true, 2, 0, 0);
    expect(folder, changes, false, 2, 0, 0);
    expect(folder, changes, false, 2, 0, 0);
    expect(folder, FOLDER, false, 2, 0, 0);
    put_file(folder, "in/c.json", TEXT("{\"ma\":\"3\"}{"));
    CHECK_INT(night(folder, FOLDER), STATUS_OK);
    CHECK_CONTAINS(noticed(), "in/c.json");
    CHECK_INT(night(folder, FOLDER), STATUS_OK);
    CHECK(!result->same);
    CHECK_CONTAINS(noticed(), "in/c.json"); /* … and it is said every night */
    end_nights();
}

TEST("what a source left while it was not configured comes back with it")
{
    const char *folder = begin_files();
    static const char other[] =
        "- { name: t, fetch: { file: other.json }, format: json, key: /ma, map: {} }\n";
    put_file(folder, "other.json", TEXT("{\"ma\":\"9\"}"));
    expect(folder, FOLDER, false, 2, 2, 0);
    CHECK_INT(night(folder, other), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("9"));
    expect(folder, FOLDER, false, 2, 0, 0);
    CHECK_INT(result->counts.returned, 2);
    CHECK_TEXT(stored(KEYS), TEXT("1 2"));
    end_nights();
}

TEST("what a pass for some codes staged is not what the last whole listing gave")
{
    const char *folder = begin_files();
    const struct text code = TEXT("1");
    expect(folder, FOLDER, false, 2, 2, 0);
    expect(folder, FOLDER, true, 2, 0, 0);
    put_file(folder, "in/a.json", TEXT("{\"ma\":\"1\",\"x\":\"WRONG\"}"));
    only_codes = &code;
    only_code_count = 1;
    CHECK_INT(night(folder, FOLDER), STATUS_OK);
    CHECK_INT(result->counts.changed, 1);
    only_code_count = 0;
    put_file(folder, "in/a.json", TEXT("{\"ma\":\"1\"}"));
    expect(folder, FOLDER, false, 2, 1, 0);
    expect(folder, FOLDER, true, 2, 0, 0);
    end_nights();
}

/* The request of a night before it begins, and what a thread has read until then. */
static struct digests_ahead *look_ahead(const char *folder, struct extract_request *request)
{
    struct setting_context *context = arena_new(&test_arena, struct setting_context);
    size_t count;
    const struct source *sources = read_sources(context, FOLDER, &count);
    *request = request_of(context, sources, count, folder);
    return digests_ahead_open(store, request);
}

static bool is_known(struct digests_ahead *ahead, const char *folder, const char *name)
{
    struct file_state state;
    struct digest digest;
    const char *path = file_path(&test_arena, folder, name);
    CHECK_INT(file_look(path, &state, &error), STATUS_OK);
    return digests_ahead_find(ahead, path, &state, &digest);
}

TEST("what a thread read ahead is of the files as they stood")
{
    const char *folder = begin_files();
    struct extract_request request;
    CHECK(!look_ahead(folder, &request));
    expect(folder, FOLDER, false, 2, 2, 0);
    struct digests_ahead *ahead = look_ahead(folder, &request);
    CHECK(is_known(ahead, folder, "in/a.json"));
    put_file(folder, "in/b.json", TEXT("{\"ma\":\"3\"}")); /* as long as before */
    CHECK(!is_known(ahead, folder, "in/b.json"));
    digests_ahead_close(ahead);
    expect(folder, FOLDER, false, 2, 1, 1);
    expect(folder, FOLDER, true, 2, 0, 1);
    end_nights();
}
