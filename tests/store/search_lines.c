#include "store/search_lines.h"

#include "tests/support/night.h"
#include "tests/support/test.h"

#define CODES 1100 /* more than a chunk */

TEST("what is written while the lines are, is seen behind the next chunk")
{
    struct night night = { 0 };
    struct sqlite *other;
    struct search_lines lines;
    struct search_origin origin;
    struct sqlite_statement *statement;
    struct error error = { 0 };
    struct buffer BUFFER_OWNED line = { 0 };
    const char *path = text_string(&test_arena, text_format(&test_arena, "%s/a.db", test_folder()));
    int count = 0;
    night_open(&night, path, NULL);
    night_begin(&night);
    for (int i = 0; i < CODES; i++) {
        char code[20];
        snprintf(code, sizeof code, "1.%06d", i);
        night_record(&night, code, "Cấp giấy phép", "1");
    }
    night_work(&night);
    CHECK_INT(sqlite_open_file(path, SQLITE_READ, &other, &error), STATUS_OK);
    CHECK_INT(search_lines_open(other, 0, &lines, &error), STATUS_OK);
    for (; !search_lines_next(&lines, &error); count++) {
        CHECK_INT(search_lines_origin(&lines, &origin, &error), STATUS_OK);
        buffer_clear(&line);
        CHECK_INT(search_lines_write(&lines, &origin, &line, &error), STATUS_OK);
        if (count)
            continue;
        CHECK_INT(sqlite_prepare(store_database(night.store), "UPDATE record SET department = 'Quầy Một'",
                                 &statement, &error),
                  STATUS_OK);
        CHECK_INT(sqlite_execute(statement, &error), STATUS_OK);
        sqlite_finish(statement);
    }
    CHECK_INT(count, CODES);
    CHECK_INT(origin.record, CODES);
    size_t at;
    CHECK(text_find(buffer_view(&line), TEXT("quay mot"), &at));
    search_lines_close(&lines);
    sqlite_close_file(other);
    night_end(&night);
    night_close(&night);
}
