#include <sys/stat.h>
#include <unistd.h>

#include "tests/extract/nightly.h"

#define LIST(format, more)                                                                                   \
    "- { name: s, fetch: { file: list }, format: " format ", key: /ma, map: { code: /ma }" more " }\n"

static struct text rows(int from, int to, const char *extra)
{
    struct buffer out = { 0 };
    for (int i = from; i < to; i++)
        buffer_printf(&out, "{\"ma\":\"%d\",\"ten\":\"t%d%s\"}\n", i, i, extra);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("what is new is staged with its bytes, key, locator and digest, and only once")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("{\"ma\":\" 1 \"}\n\n  {\"ma\":2}\r\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.seen, 2);
    CHECK_INT(result->counts.changed, 2);
    CHECK(result->whole && !result->broken);
    CHECK_TEXT(stored(KEYS), TEXT("1 2"));
    CHECK_TEXT(stored(LOCATORS), TEXT("list:1 list:3"));
    CHECK_TEXT(
        stored(
            "SELECT CAST(p.bytes AS TEXT) FROM record r JOIN payload p ON p.id = r.payload WHERE key = '2'"),
        TEXT("{\"ma\":2}"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.seen, 2);
    CHECK_INT(result->counts.changed, 0);
    end_nights();
}

TEST("thousands of records pass through the groups, in order, none lost, none twice")
{
    const char *folder = begin_nights();
    put_file(folder, "list", rows(0, 5000, ""));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.changed, 5000);
    CHECK_TEXT(stored("SELECT count(DISTINCT key) FROM record"), TEXT("5000"));
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE CAST(key AS INTEGER) + 1 <> id"), TEXT("0"));
    put_file(folder, "list", rows(1, 5001, ""));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.seen, 5000);
    CHECK_INT(result->counts.changed, 1);
    CHECK_INT(result->counts.missing, 1);
    put_file(folder, "list", rows(0, 5001, "x"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.changed, 5001);
    CHECK_INT(result->counts.returned, 1);
    CHECK_TEXT(stored("SELECT count(*) FROM record"), TEXT("5001"));
    end_nights();
}

TEST("the same bytes twice in a listing are one record, two records of one key are two")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\":1}\n{\"ma\":1,\"x\":2}\n{\"ma\":1,\"x\":3}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.seen, 4);
    CHECK_INT(result->counts.changed, 3);
    CHECK_TEXT(stored("SELECT group_concat(key, '|') FROM record"), TEXT("1|1 (2)|1 (3)"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.changed, 0);
    end_nights();
}

TEST("a record that is broken behind its key keeps the key; one without a key is set aside with the reason")
{
    const char *folder = begin_nights();
    put_file(folder, "list",
             TEXT("{\"ma\":\"1\",\"ten\":}\n{\"ten\":\"x\"}\nno "
                  "json\n{\"ma\":\"\"}\n{\"ma\":[1]}\n{\"ma\":\"5\"}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.seen, 6);
    CHECK(!result->whole);
    CHECK_CONTAINS(stored(KEYS).bytes, "1 @");
    CHECK_CONTAINS(stored(FAULTS).bytes, "the key /ma is missing or empty");
    CHECK_CONTAINS(stored(FAULTS).bytes, "line 1, column 1");
    CHECK_CONTAINS(stored(FAULTS).bytes, "the value is a list, not a text");
    CHECK_CONTAINS(noticed(), "s list:3: ");
    CHECK_CONTAINS(noticed(), "nothing is reported missing this time");
    end_nights();
}

TEST("an unreadable record hides what may be it: nothing is missing that night")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\":2}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.missing, 0);
    put_file(folder, "list", TEXT("{\"ma\":1}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.missing, 1);
    CHECK_TEXT(stored(KEYS), TEXT("1"));
    end_nights();
}

TEST("a record that cannot be read to its end may hold another: nothing is missing until it is mended")
{
    static const char *const forms[][3] = {
        { "ndjson", "{\"ma\":1,\"t\":1}\n{\"ma\":2}\n{\"ma\":3}\n",
          "{\"ma\":1,\"t\":1}{\"ma\":2}\n{\"ma\":3}\n" },
        { "ndjson", "{\"ma\":1}\n{\"ma\":2}\n{\"ma\":3}\n", "{\"ma\":1{\"ma\":2}\n{\"ma\":3}\n" },
        { "ndjson", "{\"ma\":1}\n{\"ma\":2}\n{\"ma\":3}\n", "{\"ma\":1,\"ma\":2}\n{\"ma\":3}\n" },
        { "json", "[{\"ma\":1,\"t\":1},{\"ma\":2},{\"ma\":3}]",
          "[{\"ma\":1,\"t\":1,\"x\":[{\"ma\":2}],\"t\":2},{\"ma\":3}]" },
        { "ndjson", "{\"ma\":1}\n{\"ma\":2}\n{\"ma\":3}\n", "no json\n{\"ma\":1}\n{\"ma\":3}\n" },
        { "ndjson", "{\"ma\":1}\n{\"ma\":2}\n{\"ma\":3}\n", "no\njson\n{\"ma\":1}\n{\"ma\":3}\n" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *folder = begin_nights();
        const char *yaml = strcmp(forms[i][0], "json") ? LIST("ndjson", "") : LIST("json", "");
        put_file(folder, "list", text_of(forms[i][1]));
        CHECK_INT(night(folder, yaml), STATUS_OK);
        put_file(folder, "list", text_of(forms[i][2]));
        for (int again = 0; again < 3; again++) {
            CHECK_INT(night(folder, yaml), STATUS_OK);
            CHECK_INT(result->counts.missing, 0);
            CHECK_INT(result->counts.changed, again ? 0 : i == 5 ? 2 : 1);
            CHECK(!result->whole && !result->broken);
            CHECK_CONTAINS(noticed(), "nothing is reported missing this time");
        }
        put_file(folder, "list", TEXT("[{\"ma\":1},{\"ma\":3}]"));
        if (strcmp(forms[i][0], "json"))
            put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\":3}\n"));
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK_INT(result->counts.missing, 1);
        end_nights();
    }
}

TEST("what cannot be read and stood beside all records once does not hide what goes later")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\":2}\nno json\n{\"ma\":3,}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK(result->whole);
    put_file(folder, "list", TEXT("{\"ma\":1}\nno json\n{\"ma\":3,}\n"));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.missing, 1);
    end_nights();
}

TEST("a listing without a record says so: it may be that the path to them is wrong")
{
    const char *folder = begin_nights();
    const char *yaml =
        "- { name: s, fetch: { file: list }, format: xml, records: //l/y, key: ma, map: { code: ma } }\n";
    put_file(folder, "list", TEXT("<l><y><ma>1</ma></y></l>"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(!strstr(noticed(), "no record was found"));
    put_file(folder, "list", TEXT("<l/>"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_CONTAINS(noticed(), "s: no record was found; if there should be some, look at \"match\"");
    CHECK_INT(result->counts.missing, 1);
    end_nights();
}

TEST("where every document has what stands above the records, one without any proves nothing")
{
    static const char *const forms[][2] = {
        { "xml, records: '//y'", "<error><message>denied</message></error>" },
        { "xml, records: '/*/y'", "<error><message>denied</message></error>" },
        { "xml, records: '//*/y'", "<error><message>denied</message></error>" },
        { "xml, records: '//l//y'", "<error><message>denied</message></error>" },
        { "xml, records: '/l'", "<error><message>denied</message></error>" },
        { "xml, records: '//y[ma]'", "<error><y>denied</y></error>" },
        { "html, records: '//y'", "<title>Request Rejected</title>The requested URL was rejected." },
        { "html, records: '//y[ma]'", "" },
        { "html, records: '/html//y'", "<h1>Bảo trì</h1>" },
        { "html, records: '//body/l/y'", "<h1>Bảo trì</h1>" },
        { "html, records: '//body//y'", "<form><input></form>" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *folder = begin_nights();
        const char *yaml =
            text_format(&test_arena,
                        "- { name: s, fetch: { file: list }, format: %s, key: ma, map: { code: ma } }\n",
                        forms[i][0])
                .bytes;
        put_file(folder, "list", i == 4 ? TEXT("<l><ma>1</ma></l>") : TEXT("<l><y><ma>1</ma></y></l>"));
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK(result->whole);
        put_file(folder, "list", text_of(forms[i][1]));
        for (int again = 0; again < 2; again++) {
            CHECK_INT(night(folder, yaml), STATUS_OK);
            CHECK(!result->whole && !result->broken);
            CHECK_INT(result->counts.missing, 0);
            CHECK_TEXT(stored("SELECT group_concat(key, ' ') FROM record WHERE present = 1"),
                       TEXT("1 @list"));
        }
        end_nights();
    }
}

TEST("an array that was cut leaves its last complete listing standing")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("[{\"ma\":1},{\"ma\":2},{\"ma\":3}]"));
    CHECK_INT(night(folder, LIST("json", "")), STATUS_OK);
    CHECK_INT(result->counts.changed, 3);
    put_file(folder, "list", TEXT("[{\"ma\":1,\"new\":true},{\"ma\":2"));
    CHECK_INT(night(folder, LIST("json", "")), STATUS_OK);
    CHECK(!result->whole && !result->broken);
    CHECK_TEXT(stored(KEYS), TEXT("1 2 3 @list"));
    CHECK_INT(result->counts.missing, 0);
    CHECK_CONTAINS(result->why, "list#2: the JSON text ends in the middle: the file was cut");
    CHECK_CONTAINS(noticed(), "the file was cut");
    end_nights();
}

TEST("a listing in place of which an error came is not an empty listing, not even the second night")
{
    const char *folder = begin_nights();
    const char *yaml = LIST("json", ", records: /items");
    put_file(folder, "list", TEXT("{\"items\":[{\"ma\":1},{\"ma\":2}]}"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        put_file(folder, "list", TEXT("{\"error\":\"busy\"}"));
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK(!result->whole);
        CHECK_INT(result->counts.missing, 0);
        CHECK_CONTAINS(result->why, "there is no \"items\" in the document");
    }
    put_file(folder, "list", TEXT(""));
    for (int i = 0; i < 2; i++) {
        CHECK_INT(night(folder, LIST("json", "")), STATUS_OK);
        CHECK(!result->whole);
        CHECK_INT(result->counts.missing, 0);
    }
    put_file(folder, "list", TEXT("{\"items\":[]}"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.missing, 2);
    end_nights();
}

TEST("a document of one record that breaks keeps its place")
{
    const char *folder = begin_nights();
    const char *yaml =
        "- { name: s, fetch: { folder: ., match: '*.json' }, format: json, key: /ma, map: {} }\n";
    put_file(folder, "a.json", TEXT("{\"ma\":1}"));
    put_file(folder, "b.json", TEXT("{\"ma\":2}"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    put_file(folder, "b.json", TEXT("{\"ma\":2"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_INT(result->counts.missing, 0);
    CHECK_TEXT(stored(KEYS), TEXT("1 2"));
    CHECK_CONTAINS(stored(FAULTS).bytes, "the file was cut");
    put_file(folder, "b.json", TEXT("{\"ma\":2}"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_INT(stored(FAULTS).length, 0);
    end_nights();
}

TEST("a missing file, a folder that is none and a loop of links stop their source and no other")
{
    const char *folder = begin_nights();
    put_file(folder, "list", TEXT("{\"ma\":1}\n"));
    CHECK_INT(
        night(folder, "- { name: a, fetch: { file: absent }, format: ndjson, key: /ma, map: {} }\n" LIST(
                          "ndjson", "")),
        STATUS_STOP);
    CHECK_CONTAINS(error.message, "source \"a\" was not read to its end: ");
    CHECK_CONTAINS(error.message, "absent cannot be opened: No such file");
    CHECK_INT(result->counts.changed, 1);
    CHECK_INT(night(folder, "- { name: a, fetch: { folder: list }, format: ndjson, key: /ma, map: {} }\n"),
              STATUS_STOP);
    CHECK(result->broken);
    CHECK_INT(symlink("loop", file_path(&test_arena, folder, "loop")), 0);
    CHECK_INT(night(folder, "- { name: a, fetch: { file: loop }, format: ndjson, key: /ma, map: {} }\n"),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "loop cannot be opened");
    CHECK_INT(night(folder, "- { name: a, fetch: { file: . }, format: ndjson, key: /ma, map: {} }\n"),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "is no regular file");
    end_nights();
}

TEST("a folder that cannot be read stops its source")
{
    const char *folder = begin_nights();
    const char *closed = file_path(&test_arena, folder, "closed");
    CHECK_INT(mkdir(closed, 0), 0);
    if (geteuid()) {
        CHECK_INT(
            night(folder, "- { name: a, fetch: { folder: closed }, format: ndjson, key: /ma, map: {} }\n"),
            STATUS_STOP);
        CHECK_CONTAINS(error.message, "closed");
        CHECK_CONTAINS(error.message, "Permission denied");
    }
    CHECK_INT(chmod(closed, 0700), 0);
    end_nights();
}

TEST("hostile records get their error and harm nothing")
{
    const char *folder = begin_nights();
    struct buffer list = { 0 };
    buffer_string(&list, "{\"ten\":");
    for (int i = 0; i < 10000; i++)
        buffer_char(&list, '[');
    for (int i = 0; i < 10000; i++)
        buffer_char(&list, ']');
    buffer_string(&list, "}\n{\"ten\":\"\xff\"}\n{\"ten\":\"a");
    buffer_char(&list, 0);
    buffer_string(&list, "b\"}\n{\"ten\":1,\"ten\":2}\n{\"ten\":\"");
    for (int i = 0; i < 3000; i++)
        buffer_string(&list, "long");
    buffer_string(&list, "\"}\n{\"ma\":1}\n");
    put_file(folder, "list", buffer_view(&list));
    CHECK_INT(night(folder, LIST("ndjson", ", record_limit: 30k")), STATUS_OK);
    CHECK_INT(result->counts.seen, 6);
    const char *faults = stored(FAULTS).bytes;
    CHECK_CONTAINS(faults, "200 levels");
    CHECK_CONTAINS(faults, "0xFF) is not UTF-8");
    CHECK_CONTAINS(faults, "NUL");
    CHECK_CONTAINS(faults, "\"ten\"");
    CHECK_INT(night(folder, LIST("ndjson", ", record_limit: 5k")), STATUS_OK);
    CHECK_CONTAINS(stored(FAULTS).bytes, "longer than 5120 bytes (see \"record_limit\")");
    buffer_free(&list);
    end_nights();
}

TEST("a CSV row with too many cells is set aside, and so is one with a stray quote")
{
    const char *folder = begin_nights();
    const char *yaml = "- { name: s, fetch: { file: list }, format: csv, key: ma, map: { code: ma } }\n";
    put_file(folder, "list", TEXT("ma;ten\n1;a\n2;b;c\n;;\n3;\"x\"y\n4;\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_INT(result->counts.seen, 4);
    CHECK_CONTAINS(stored(FAULTS).bytes, "the row has 3 cells, the heading 2");
    CHECK_CONTAINS(stored(FAULTS).bytes, "cell 2: something stands behind the closing quote");
    put_file(folder, "list", TEXT("ma;ten\n1;\"a\n2;b\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(!result->whole);
    CHECK_CONTAINS(result->why, "ends inside quotes");
    end_nights();
}

TEST("rows are staged anew when their headings change, for the same bytes then mean something else")
{
    const char *folder = begin_nights();
    const char *yaml =
        "- { name: s, fetch: { file: list }, format: csv, separator: ';', key: ma, map: { code: ma } }\n";
    put_file(folder, "list", TEXT("ma;ten\n1;a\n2;b\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    put_file(folder, "list", TEXT("ma;tên\n1;a\n2;b\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_INT(result->counts.changed, 2);
    CHECK_INT(result->counts.missing, 0);
    CHECK_TEXT(stored("SELECT count(*) FROM record"), TEXT("2"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_INT(result->counts.changed, 0);
    end_nights();
}

TEST("asked for codes only those are staged, and nothing is missing")
{
    const char *folder = begin_nights();
    struct text codes[] = { TEXT("2"), TEXT("9") };
    put_file(folder, "list", TEXT("{\"ma\":1}\n{\"ma\":2}\n{\"ma\":3}\nbroken\n"));
    only_codes = codes;
    only_code_count = 2;
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("2"));
    CHECK(!result->whole);
    only_code_count = 0;
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK_INT(result->counts.changed, 3);
    end_nights();
}

TEST("a signal ends the source in order, and its listing is not whole")
{
    const char *folder = begin_nights();
    put_file(folder, "list", rows(0, 10, ""));
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    nightly_stop = 1;
    struct extract_result *before = result;
    CHECK_INT(night(folder, LIST("ndjson", "")), STATUS_OK);
    CHECK(result != before);
    nightly_stop = 0;
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE present"), TEXT("10"));
    end_nights();
}

TEST("what is wrong with a source's settings is told with its place, before anything is touched")
{
    const char *folder = begin_nights();
    CHECK_INT(check_sources(folder, "- name: s\n  fetch: { fiel: x }\n  format: json\n  map: {}\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:2:12: fetch: unknown key \"fiel\"; did you mean \"file\"?");
    CHECK_INT(check_sources(folder, "- name: s\n  fetch: { file: x, url: y }\n  format: json\n  map: {}\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"file\" and \"url\" exclude each other");
    CHECK_INT(check_sources(folder, "- name: s\n  fetch: {}\n  format: json\n  map: {}\n"), STATUS_USAGE);
    CHECK_CONTAINS(error.message,
                   "fetch: say where the documents come from, with one of folder, file, url, sqlite, odbc");
    CHECK_INT(check_sources(folder, "- name: s\n  fetch: { file: x }\n  format: rows\n  key: a\n  map: {}\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"file\" does not give the format rows");
    CHECK_INT(check_sources(folder,
                            "- name: s\n  fetch: { file: x }\n  format: json\n  records: items\n  key: /a\n"
                            "  map: {}\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:4:3: \"items\" is no JSON Pointer");
    CHECK_INT(check_sources(folder,
                            "- name: s\n  fetch: { file: x }\n  format: xml\n  records: a[\n  key: a\n"
                            "  map: {}\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:4:3: ");
    CHECK_INT(check_sources(folder,
                            "- name: s\n  fetch: { file: x }\n  format: html\n  records: a[\n  key: a\n"
                            "  map: {}\n"),
              STATUS_USAGE);
    CHECK_INT(
        check_sources(folder, "- name: s\n  fetch: { file: x }\n  format: ndjson\n  key: ma\n  map: {}\n"),
        STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:4:3: \"ma\" is no JSON Pointer");
    end_nights();
}

TEST("the first record of a source can be looked at without staging it")
{
    const char *folder = begin_nights();
    struct setting_context context;
    size_t count;
    struct text bytes, shared;
    char locator[600];
    put_file(folder, "list", TEXT("ma;ten\n7;x\n"));
    const char *yaml = "- { name: s, fetch: { file: list }, format: csv, key: ma, map: {} }\n";
    struct source *sources = read_sources(&context, yaml, &count);
    if (!CHECK(sources))
        return;
    struct extract_request request = request_of(&context, sources, count, folder);
    CHECK_INT(extract_first(&request, sources, &test_arena, &bytes, &shared, locator, &error), STATUS_OK);
    CHECK_TEXT(bytes, TEXT("7;x"));
    CHECK_TEXT(shared, TEXT("{\"header\":[\"ma\",\"ten\"],\"separator\":\";\"}"));
    CHECK_STRING(locator, "list:2");
    CHECK_TEXT(stored("SELECT count(*) FROM record"), TEXT("0"));
    put_file(folder, "list", TEXT("ma;ten\n"));
    CHECK_INT(extract_first(&request, sources, &test_arena, &bytes, &shared, locator, &error), STATUS_END);
    end_nights();
}
