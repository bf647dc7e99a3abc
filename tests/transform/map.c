#include "transform/map.h"

#include <string.h>

#include "adapters/file.h"
#include "adapters/yaml.h"
#include "core/canonical.h"
#include "core/count.h"
#include "tests/support/test.h"

static struct setting_context context = { &test_arena, "test.yaml", NULL };
static struct map *map;
static struct digest transform_digest;
static struct error error;

static enum status compile(const char *source)
{
    struct value *tree, *list = value_list(&test_arena);
    struct source *sources;
    struct code_list *lists;
    size_t count;
    struct map_defaults defaults = { TEXT("H13"), TEXT("Cần Thơ") };
    const char *folder = test_folder();
    CHECK_INT(file_write(file_path(&test_arena, folder, "levels.csv"),
                         TEXT("from,to,name\nCấp tỉnh,province,Tỉnh\nCấp xã,commune,Xã\n"), 0644, &error),
              STATUS_OK);
    CHECK_INT(file_write(file_path(&test_arena, folder, "units.csv"),
                         TEXT("from,to\nNgày,day\nPhút,\nKhác,\n"), 0644, &error),
              STATUS_OK);
    struct value *codes = value_object(&test_arena);
    value_set(codes, "levels", value_string(&test_arena, "levels.csv"));
    value_set(codes, "units", value_string(&test_arena, "units.csv"));
    if (codes_load(&context, folder, codes, &lists, &error))
        return error.status;
    if (yaml_parse(&test_arena, text_of(source), "test.yaml", &tree, &error))
        return error.status;
    value_append(list, tree);
    if (source_read_all(&context, list, &sources, &count, &error))
        return error.status;
    return map_compile(&context, sources, lists, &defaults, &map, &transform_digest, &error);
}

static struct map_result result;

/* The canonical bytes of one JSON record under a map of fields. */
static struct text run(const char *fields, const char *record)
{
    struct text source =
        text_format(&test_arena,
                    "name: s\nfetch: { folder: . }\nformat: json\nkey: /c\nnothing: [\"\", \"Không có\"]\n"
                    "map:\n  code: /c\n  name: /n\n%s%s",
                    strstr(fields, "  status:") ? "" : "  status: { value: announced }\n", fields);
    struct buffer bytes = { 0 };
    if (!CHECK_INT(compile(source.bytes), STATUS_OK)) {
        CHECK_STRING(error.message, "");
        return TEXT_NONE;
    }
    map_run(map, &test_arena, text_of(record), TEXT_NONE, &result);
    struct text text = TEXT_NONE;
    if (result.procedure) {
        canonical_write(&bytes, result.procedure); /* names borrow from the map */
        text = text_copy(&test_arena, buffer_view(&bytes));
        buffer_free(&bytes);
    }
    map_free(map);
    return text;
}

static bool has(struct text text, const char *part)
{
    size_t at;
    if (text_find(text, text_of(part), &at))
        return true;
    CHECK_TEXT(text, text_of(part));
    return false;
}

TEST("code, name and status are filled, agency and kind by default, in canonical order")
{
    CHECK_TEXT(
        run("", "{\"n\":\" Tên \",\"c\":\"1.000001\"}"),
        TEXT("{\"agency\":{\"code\":\"H13\",\"name\":\"Cần Thơ\"},\"code\":\"1.000001\",\"kind\":\"public\","
             "\"name\":\"Tên\",\"status\":\"announced\"}"));
}

TEST("what is nothing is absent, and of alternatives the first that is something counts")
{
    struct text text = run("  conditions: /x\n  notes: [/x, /y, /z]\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Không có\",\"y\":\" \",\"z\":\"ghi chú\"}");
    has(text, "\"notes\":\"ghi chú\"");
    CHECK(!text_find(text, TEXT("conditions"), &(size_t){ 0 }));
}

TEST("a text is split, its pieces looked up, and a list of texts made")
{
    struct text text = run("  levels: { from: /x, split: \",\", codes: levels }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":\"cấp TỈNH, Cấp  xã\"}");
    has(text, "\"levels\":[\"province\",\"commune\"]");
}

TEST("what the code list does not know is a finding, not dropped")
{
    run("  levels: { from: /x, split: \",\", codes: levels }\n",
        "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Cấp huyện\"}");
    if (!CHECK(result.findings.first))
        return;
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/codes"));
    CHECK_TEXT(result.findings.first->field, TEXT("levels[0]"));
    CHECK_TEXT(result.findings.first->value, TEXT("Cấp huyện"));
}

TEST("an item is counted where the source has it, also behind one that was no value")
{
    static const char *const places[] = { "levels[0]", "levels[2]", "levels[3]", "levels[5]" };
    run("  levels: { from: /x, split: \",\", codes: levels }\n",
        "{\"n\":\"a\",\"c\":\"1\",\"x\":\"A,Cấp tỉnh,B,C,Cấp xã,D\"}");
    const struct finding *finding = result.findings.first;
    for (size_t i = 0; i < 4 && CHECK(finding); i++, finding = finding->next)
        CHECK_TEXT(finding->field, text_of(places[i]));
}

TEST("match takes group 1, and no match is nothing")
{
    const char *fields = "  results: { from: /x, match: \"^(.*?)Mã: \", map: { name: . } }\n";
    has(run(fields, "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Giấy phépMã: KQ.1\"}"),
        "\"results\":[{\"name\":\"Giấy phép\"}]");
    CHECK(!text_find(run(fields, "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Giấy phép\"}"), TEXT("results"),
                     &(size_t){ 0 }));
}

TEST("a workbook's own date is a date whatever formats the map has for its texts")
{
    const char *source =
        "{ name: s, fetch: {}, format: xlsx, key: c, map: { code: c, name: c, status: { value: "
        "announced }, decision.signed_on: { from: d, date: [dd/MM/yyyy] } } }";
    static const char *const dates[] = { "2024-01-02", "02/01/2024" };
    for (size_t i = 0; i < 2; i++) {
        struct buffer bytes = { 0 };
        CHECK_INT(compile(source), STATUS_OK);
        struct text record = text_format(&test_arena, "[\"1\",\"%s\"]", dates[i]);
        map_run(map, &test_arena, record, TEXT("[\"c\",\"d\"]"), &result);
        canonical_write(&bytes, result.procedure);
        CHECK_CONTAINS(text_string(&test_arena, buffer_view(&bytes)), "\"signed_on\":\"2024-01-02\"");
        buffer_free(&bytes);
        map_free(map);
    }
    run("  decision.signed_on: { from: /d, date: [dd/MM/yyyy] }\n", "{\"d\":\"2024-01-02\"}");
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/date"));
}

TEST("a text field is taken out of a document inside a text")
{
    struct text text = run("  notes: { from: /j, parse: json, map: /a/b }\n"
                           "  conditions: { from: /x, parse: xml, map: { from: [/r/z, /r/y] } }\n",
                           "{\"j\":\"{\\\"a\\\":{\\\"b\\\":\\\"ghi chú\\\"}}\",\"x\":\"<r><y>cần</y></r>\"}");
    CHECK_CONTAINS(text.bytes, "\"notes\":\"ghi chú\"");
    CHECK_CONTAINS(text.bytes, "\"conditions\":\"cần\"");
    run("  notes: { from: /j, parse: json, map: /a }\n", "{\"j\":\"{broken\"}");
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/parse"));
    CHECK_INT(
        compile("{ name: s, fetch: {}, format: json, key: /c, map: { code: /c, name: { from: /n, map: /a }, "
                "status: { value: announced } } }"),
        STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"map\" means nothing here");
}

TEST("a column that a table does not have is named")
{
    CHECK_INT(
        compile("{ name: s, fetch: {}, format: xlsx, key: c, map: { code: c, name: Tên gọi, status: { value: "
                "announced } } }"),
        STATUS_OK);
    map_run(map, &test_arena, TEXT("[\"1\"]"), TEXT("[\"c\"]"), &result);
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/column"));
    CHECK_STRING(result.findings.first->reason.id, "column.missing");
    CHECK_TEXT(result.findings.first->reason.values[0], TEXT("Tên gọi"));
    map_free(map);
}

TEST("each goes through a list with addresses relative to the item, and dates are read")
{
    struct text text = run("  legal_bases: { each: /l, map: { number: /so, issued_on: { from: /ngay, date: "
                           "[dd/MM/yyyy, d/M/yyyy] } } }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"l\":[{\"so\":\"1/2020\",\"ngay\":\"5/3/"
                           "2020\"},{\"so\":\"\"},{\"so\":\"2\"}]}");
    has(text, "\"legal_bases\":[{\"issued_on\":\"2020-03-05\",\"number\":\"1/2020\"},{\"number\":\"2\"}]");
}

TEST("a text among the objects of a list is told when the map leaves it out")
{
    const char *fields = "  steps: { each: /s, map: { text: /t } }\n";
    CHECK_CONTAINS(run(fields, "{\"c\":\"1\",\"n\":\"N\",\"s\":[{\"t\":\"x\"},\"y\",\"z\",null,\"\"]}").bytes,
                   "\"steps\":[{\"text\":\"x\"}]");
    CHECK_INT(result.findings.warnings, 1);
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/item"));
    CHECK_TEXT(result.findings.first->field, TEXT("steps[1]"));
    run(fields, "{\"c\":\"1\",\"n\":\"N\",\"s\":\"y\"}");
    CHECK_INT(result.findings.warnings, 1);
    run(fields, "{\"c\":\"1\",\"n\":\"N\",\"s\":[\"Không có\",{\"u\":\"x\"},{\"t\":\"x\"}]}");
    CHECK_INT(result.findings.warnings, 0);
}

TEST("a text is told also where the map leaves it out of an inner list, a parsed one, a list of texts, or in "
     "an object's place")
{
    const char *flat = "  dossier: { each: /h, map: { case: /t, each: /g, map: { name: /n } } }\n";
    static const struct {
        const char *fields, *record, *place, *value;
    } cases[] = {
        { NULL, "\"h\":[{\"t\":\"A\",\"g\":[{\"n\":\"đơn\"},\"bản sao\",\"y\"]}]", "dossier[1]", "bản sao" },
        { NULL, "\"h\":[{\"t\":\"A\",\"g\":\"một chữ\"}]", "dossier[0]", "một chữ" },
        { NULL, "\"h\":[{\"t\":\"A\",\"g\":[{\"n\":\"đơn\"}]},\"ngoài\"]", "dossier[1]", "ngoài" },
        { "  steps: { from: /b, parse: json, map: { text: /t } }\n",
          "\"b\":\"[{\\\"t\\\":\\\"x\\\"},\\\"hai\\\"]\"", "steps[1]", "hai" },
        { "  replaces: { each: /x, map: { from: /t } }\n", "\"x\":[{\"t\":\"1.000001\"},\"1.000002\"]",
          "replaces[1]", "1.000002" },
        { "  decision: { from: /d, map: { number: /so } }\n", "\"d\":\"12/QĐ\"", "decision", "12/QĐ" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        run(cases[i].fields ? cases[i].fields : flat,
            text_format(&test_arena, "{\"c\":\"1\",\"n\":\"N\",%s}", cases[i].record).bytes);
        CHECK_INT(result.findings.warnings, 1);
        if (!CHECK(result.findings.first))
            return;
        CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/item"));
        CHECK_TEXT(result.findings.first->field, text_of(cases[i].place));
        CHECK_TEXT(result.findings.first->value, text_of(cases[i].value));
    }
    run(flat, "{\"c\":\"1\",\"n\":\"N\",\"h\":[{\"t\":\"A\",\"g\":\"Không có\"},{\"t\":\"A\"},\"\"]}");
    CHECK_INT(result.findings.warnings, 0);
    run("  decision: { from: /d, map: { number: [/so, .] } }\n", "{\"c\":\"1\",\"n\":\"N\",\"d\":\"12/QĐ\"}");
    CHECK_INT(result.findings.warnings, 0);
}

TEST("a day that does not exist is a finding with its path and value")
{
    run("  decision.signed_on: { from: /d, date: [dd/MM/yyyy] }\n",
        "{\"n\":\"a\",\"c\":\"1\",\"d\":\"31/02/2025\"}");
    if (!CHECK(result.findings.first))
        return;
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/date"));
    CHECK_TEXT(result.findings.first->field, TEXT("decision.signed_on"));
}

TEST("a list field given one value has one item, and a bare text goes to the object's main field")
{
    struct text text = run("  executing_agencies: /x\n  steps: /y\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Sở Y tế\",\"y\":[\"Bước 1\",\"Bước 2\"]}");
    has(text, "\"executing_agencies\":[{\"name\":\"Sở Y tế\"}]");
    has(text, "\"steps\":[{\"text\":\"Bước 1\"},{\"text\":\"Bước 2\"}]");
}

TEST("numbers never pass through a double")
{
    struct text text =
        run("  dossier: { each: /d, map: { name: /t, originals: /o } }\n  notes: /big\n",
            "{\"n\":\"a\",\"c\":\"1.001640\",\"big\":9007199254740993,\"d\":[{\"t\":\"x\",\"o\":2}]}");
    has(text, "\"dossier\":[{\"name\":\"x\",\"originals\":2}]");
    has(text, "\"notes\":\"9007199254740993\"");
}

TEST("a number of the source's own has no thousands, a text may have")
{
    const char *fields = "  dossier: { each: /d, map: { originals: /o } }\n  methods: { each: /m, map: { "
                         "duration.amount: /t, fees: { each: /p, map: { amount: /a } } } }\n";
    struct text text =
        run(fields, "{\"n\":\"a\",\"c\":\"1\",\"d\":[{\"o\":2.0},{\"o\":1e1}],\"m\":[{\"t\":1.500,"
                    "\"p\":[{\"a\":5e4},{\"a\":50.000},{\"a\":\"50.000\"}]}]}");
    has(text, "\"dossier\":[{\"originals\":2},{\"originals\":10}]");
    has(text, "\"duration\":{\"amount\":\"1.5\"}");
    has(text, "\"fees\":[{\"amount\":\"50000\"},{\"amount\":\"50\"},{\"amount\":\"50000\"}]");
    CHECK(!result.findings.first);
    run(fields, "{\"n\":\"a\",\"c\":\"1\",\"d\":[{\"o\":2.5},{\"o\":\"2.0\"},{\"o\":-1}]}");
    CHECK(result.findings.first && result.findings.first->next && result.findings.first->next->next);
}

/* One row of a table of code, name and amount. */
static struct text map_row(const char *format, const char *fields, const char *row)
{
    struct text source =
        text_format(&test_arena,
                    "name: s\nfetch: { %s }\nformat: %s\nkey: c\nmap:\n  code: c\n  name: n\n"
                    "  status: { value: announced }\n%s",
                    strcmp(format, "rows") ? "folder: ." : "sqlite: a.db, query: x", format, fields);
    BUFFER_OWNED struct buffer bytes = { 0 };
    if (!CHECK_INT(compile(source.bytes), STATUS_OK)) {
        CHECK_STRING(error.message, "");
        return TEXT_NONE;
    }
    map_run(map, &test_arena, text_of(row), TEXT("[\"c\",\"n\",\"a\"]"), &result);
    if (result.procedure)
        canonical_write(&bytes, result.procedure);
    struct text text = text_copy(&test_arena, buffer_view(&bytes));
    map_free(map);
    return text;
}

static struct text run_row(const char *format, const char *row)
{
    return map_row(format, "  methods: { from: a, map: { duration.amount: ., fees: { from: . } } }\n", row);
}

TEST("a number of a database is that number; one that was typed into a cell and could be thousands is "
     "nobody's to guess")
{
    has(run_row("rows", "[\"1\",\"a\",1.515]"),
        "{\"duration\":{\"amount\":\"1.515\"},\"fees\":[{\"amount\":\"1.515\"}]}");
    CHECK(!result.findings.first);
    has(run_row("rows", "[\"1\",\"a\",\"1.515\"]"), "\"fees\":[{\"amount\":\"1515\"}]");
    has(run_row("xlsx", "[\"1\",\"a\",\"1.515\"]"), "\"fees\":[{\"amount\":\"1515\"}]");
    has(run_row("xlsx", "[\"1\",\"a\",0.125]"),
        "{\"duration\":{\"amount\":\"0.125\"},\"fees\":[{\"amount\":\"0.125\"}]}");
    has(run_row("xlsx", "[\"1\",\"a\",50000]"), "\"fees\":[{\"amount\":\"50000\"}]");
    CHECK(!result.findings.first);
    CHECK(!text_find(run_row("xlsx", "[\"1\",\"a\",1.515]"), TEXT("amount"), &(size_t){ 0 }));
    CHECK(result.findings.first && result.findings.first->next && !result.findings.first->next->next);
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/number"));
    CHECK_STRING(result.findings.first->reason.id, "number.unclear");
}

TEST("a count that was typed into a cell and could be thousands is nobody's to guess")
{
    const char *fields = "  dossier: { from: a, map: { originals: . } }\n";
    has(map_row("xlsx", fields, "[\"1\",\"a\",2.0]"), "\"dossier\":[{\"originals\":2}]");
    CHECK(!result.findings.first);
    CHECK(!text_find(map_row("xlsx", fields, "[\"1\",\"a\",1.515]"), TEXT("originals"), &(size_t){ 0 }));
    if (CHECK(result.findings.first && !result.findings.first->next))
        CHECK_STRING(result.findings.first->reason.id, "number.unclear");
    CHECK(!text_find(map_row("rows", fields, "[\"1\",\"a\",1.515]"), TEXT("originals"), &(size_t){ 0 }));
    if (CHECK(result.findings.first && !result.findings.first->next))
        CHECK_STRING(result.findings.first->reason.id, "number.whole");
}

TEST("what is counted may stand behind a count")
{
    const char *fields = "  dossier: { from: a, map: { originals: . } }\n";
    static const char *const counts[] = { "2 bản", "02 Bản chính", "2bộ" };
    for (size_t i = 0; i < 3; i++) {
        has(map_row("xlsx", fields, text_format(&test_arena, "[\"1\",\"a\",\"%s\"]", counts[i]).bytes),
            "\"dossier\":[{\"originals\":2}]");
        CHECK(!result.findings.first);
    }
    CHECK(!text_find(map_row("xlsx", fields, "[\"1\",\"a\",\"2 bản trở lên\"]"), TEXT("originals"),
                     &(size_t){ 0 }));
    CHECK(result.findings.first);
}

TEST("money is read, prose stays prose, and constants alone are nothing")
{
    const char *fields = "  methods: { each: /m, map: { text: /t, fees: { each: /p, map: { kind: { value: "
                         "fee }, amount: /a } } } }\n";
    struct text text =
        run(fields, "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"t\":\"x\",\"p\":[{\"a\":\"1.515\"},{\"a\":\"\"},"
                    "{\"a\":\"Theo quy định của Hội đồng nhân dân\"}]}]}");
    has(text, "\"fees\":[{\"amount\":\"1515\",\"kind\":\"fee\"},{\"kind\":\"fee\",\"text\":\"Theo quy định "
              "của Hội đồng nhân dân\"}]");
}

TEST("a fee given as one text becomes amount, currency and kind, and keeps its words where it is per "
     "something")
{
    struct text text =
        run("  methods: { each: /m, map: { fees: { from: . } } }\n",
            "{\"n\":\"a\",\"c\":\"1\",\"m\":[\"Lệ phí: 50.000 đồng\",\"Phí: 8.000 đồng/lần\"]}");
    has(text, "\"fees\":[{\"amount\":\"50000\",\"currency\":\"VND\",\"kind\":\"charge\"}]");
    has(text, "\"fees\":[{\"amount\":\"8000\",\"currency\":\"VND\",\"kind\":\"fee\",\"text\":\"Phí: 8.000 "
              "đồng/lần\"}]");
}

TEST("a code list gives a group that has a code both: the code, and its name there or what the source wrote")
{
    struct text text = run("  executing_agencies: { from: /x, codes: levels }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":[\"Cấp tỉnh\"]}");
    has(text, "\"executing_agencies\":[{\"code\":\"province\",\"name\":\"Tỉnh\"}]");
}

TEST("a duration given as one text becomes amount and unit")
{
    struct text text = run("  methods: { each: /m, map: { duration: . } }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"m\":[\"05 Ngày làm việc\",\"ngay khi nhận\"]}");
    has(text, "{\"duration\":{\"amount\":\"5\",\"unit\":\"working_day\"}},{\"text\":\"ngay khi nhận\"}");
    CHECK(!result.findings.first);
    text = run("  methods: { each: /m, map: { duration: . } }\n",
               "{\"n\":\"a\",\"c\":\"1\",\"m\":[\"10 (mười lăm) ngày\"]}");
    CHECK(!text_find(text, TEXT("duration"), &(size_t){ 0 }));
    if (CHECK(result.findings.first && !result.findings.first->next))
        CHECK_STRING(result.findings.first->reason.id, "duration.unclear");
}

TEST("a duration's amount brings its unit, fills the one beside it and never contradicts it in silence")
{
    const char *fields = "  methods: { each: /m, map: { duration.amount: /a, duration.unit: /u } }\n";
    struct text text = run(fields, "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"05 Ngày làm việc\"},"
                                   "{\"a\":\"2 ngày\",\"u\":\"day\"},{\"a\":\"trong ngày\"}]}");
    has(text, "\"methods\":[{\"duration\":{\"amount\":\"5\",\"unit\":\"working_day\"}},"
              "{\"duration\":{\"amount\":\"2\",\"unit\":\"day\"}},{\"text\":\"trong ngày\"}]");
    CHECK(!result.findings.first);
    run(fields, "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"5 ngày làm việc\",\"u\":\"day\"}]}");
    if (CHECK(result.findings.first && !result.findings.first->next)) {
        CHECK_STRING(result.findings.first->reason.id, "duration.unit");
        CHECK_TEXT(result.findings.first->field, TEXT("methods[0].duration.unit"));
    }
}

TEST("a time limit in a unit that no duration has is prose, never a number alone")
{
    struct text text = run(
        "  methods: { each: /m, map: { duration.amount: /a, duration.unit: { from: /u, codes: units } } }\n",
        "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"30\",\"u\":\"Phút\"},{\"a\":\"5\",\"u\":\"Ngày\"},"
        "{\"a\":\"2\",\"u\":\"Khác\"},{\"u\":\"Phút\"}]}");
    has(text, "\"methods\":[{\"text\":\"30 phút\"},{\"duration\":{\"amount\":\"5\",\"unit\":\"day\"}},"
              "{\"duration\":{\"amount\":\"2\"}}]");
    CHECK(!result.findings.first);
}

TEST("words in the place of a time limit's number take its unit with them")
{
    struct text text =
        run("  methods: { each: /m, map: { duration.amount: /a, duration.unit: { from: /u, "
            "codes: units }, text: /t } }\n",
            "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"5-7\",\"u\":\"Ngày\",\"t\":\"Tại "
            "Sở\"},{\"a\":\"Trong ngày\",\"u\":\"Ngày\"},"
            "{\"a\":\"không quá 05 (năm)\",\"u\":\"Ngày\"},{\"a\":\"10 - 15\",\"u\":\"Phút\"},"
            "{\"a\":\"từ ngày 01/7/2026\",\"u\":\"Ngày\"},{\"a\":\"Theo khoản 2 Điều 8\",\"u\":\"Ngày\"},"
            "{\"a\":\"Từ 3 đến 5\",\"u\":\"Ngày\"}]}");
    has(text, "\"methods\":[{\"text\":\"Tại Sở; 5-7 ngày\"},{\"text\":\"Trong ngày\"},"
              "{\"text\":\"không quá 05 (năm) ngày\"},{\"text\":\"10 - 15 phút\"},{\"text\":\"từ ngày "
              "01/7/2026\"},{\"text\":\"Theo khoản 2 Điều 8\"},{\"text\":\"Từ 3 đến 5 ngày\"}]");
    CHECK(!result.findings.first);
}

TEST("a time limit in words is its method's, never a fee's")
{
    const char *fields = "  methods: { each: /m, map: { duration.amount: /a, fees: { each: /f, map: { "
                         "amount: /p, text: /t } },"
                         " text: /t } }\n";
    struct text text = run(fields, "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"trong ngày\",\"t\":\"Tại Sở\","
                                   "\"f\":[{\"p\":\"50.000\",\"t\":\"một bản\"},{\"p\":\"theo biểu\"}]}]}");
    has(text, "\"methods\":[{\"fees\":[{\"amount\":\"50000\",\"text\":\"một bản\"},{\"text\":\"theo biểu\"}],"
              "\"text\":\"Tại Sở; trong ngày\"}]");
    text = run("  methods: { each: /m, map: { duration: /a, fees: { from: /f } } }\n",
               "{\"n\":\"a\",\"c\":\"1\",\"m\":[{\"a\":\"trong ngày\",\"f\":\"50.000 đồng\"}]}");
    has(text,
        "\"methods\":[{\"fees\":[{\"amount\":\"50000\",\"currency\":\"VND\"}],\"text\":\"trong ngày\"}]");
}

TEST("what a fee's text calls it otherwise than its kind stays to be read")
{
    struct text text =
        run("  methods: { each: /m, map: { fees: { from: ., map: { amount: ., kind: { value: fee } } } } }\n",
            "{\"n\":\"a\",\"c\":\"1\",\"m\":[\"Lệ phí: 15.000 đồng\",\"Phí: 5.000 đồng\"]}");
    has(text, "\"fees\":[{\"amount\":\"15000\",\"currency\":\"VND\",\"kind\":\"fee\",\"text\":\"Lệ phí: "
              "15.000 đồng\"}]");
    has(text, "\"fees\":[{\"amount\":\"5000\",\"currency\":\"VND\",\"kind\":\"fee\"}]");
}

TEST("a document inside a text is parsed and mapped")
{
    struct text text =
        run("  steps: { from: /x, parse: json, map: { text: /t } }\n",
            "{\"n\":\"a\",\"c\":\"1\",\"x\":\"[{\\\"t\\\":\\\"một\\\"},{\\\"t\\\":\\\"hai\\\"}]\"}");
    has(text, "\"steps\":[{\"text\":\"một\"},{\"text\":\"hai\"}]");
}

TEST("inner lists are flattened with the outer fields")
{
    struct text text = run("  steps: { each: /x, map: { case: /th, each: /b, map: { text: /t } } }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":[{\"th\":\"A\",\"b\":[{\"t\":\"1\"},{\"t\":\"2\"}]"
                           "},{\"th\":\"B\",\"b\":[{\"t\":\"3\"}]}]}");
    has(text, "\"steps\":[{\"case\":\"A\",\"text\":\"1\"},{\"case\":\"A\",\"text\":\"2\"},{\"case\":\"B\","
              "\"text\":\"3\"}]");
}

TEST("what an inner item and the outer one say of the same object is read together: units, currencies, words")
{
    const char *fields =
        "  methods: { each: /x, map: { duration.unit: { from: /dv, codes: units }, text: /g, each: /y, map: "
        "{ "
        "duration.amount: /tg, fees: { each: /p, map: { currency: /tien, text: /mota, each: /ds, map: { "
        "amount: /st } } } } } }\n";
    static const struct {
        const char *record, *expected, *reason;
    } cases[] = {
        { "{\"dv\":\"Ngày\",\"y\":[{\"tg\":\"5\"},{\"tg\":\"7\"},{}]}",
          "\"methods\":[{\"duration\":{\"amount\":\"5\",\"unit\":\"day\"}},{\"duration\":{\"amount\":\"7\","
          "\"unit\":"
          "\"day\"}}]",
          NULL },
        { "{\"dv\":\"Phút\",\"g\":\"Nhanh\",\"y\":[{\"tg\":\"30\"}]}",
          "\"methods\":[{\"text\":\"Nhanh; 30 phút\"}]", NULL },
        { "{\"dv\":\"Ngày\",\"y\":[]}", "\"methods\":[{\"duration\":{\"unit\":\"day\"}}]", NULL },
        { "{\"dv\":\"Ngày\",\"y\":[{\"tg\":\"5 ngày làm việc\"}]}", NULL, "duration.unit" },
        { "{\"y\":[{\"p\":[{\"tien\":\"USD\",\"ds\":[{\"st\":\"50.000 đồng\"}]}]}]}", NULL,
          "money.currency" },
        { "{\"y\":[{\"p\":[{\"mota\":\"Cấp lần đầu\",\"ds\":[{\"st\":\"50.000 đồng/lần\"},{\"st\":\"theo "
          "biểu\"}]}]}]}",
          "\"fees\":[{\"amount\":\"50000\",\"currency\":\"VND\",\"text\":\"Cấp lần đầu; 50.000 "
          "đồng/lần\"},{\"text\":\"Cấp lần đầu; theo biểu\"}]",
          NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text text = run(
            fields, text_format(&test_arena, "{\"n\":\"a\",\"c\":\"1\",\"x\":[%s]}", cases[i].record).bytes);
        if (cases[i].expected)
            has(text, cases[i].expected);
        const struct finding *first = result.findings.first;
        CHECK_STRING(first ? first->reason.id : "", cases[i].reason ? cases[i].reason : "");
    }
}

TEST("a field that both maps fill is the outer item's where the inner one says nothing")
{
    const char *fields =
        "  methods: { each: /x, map: { channel: { value: direct }, text: /g, duration.unit: { "
        "value: hour }, each: /y, map: { text: /g, duration.amount: /tg, duration.unit: { "
        "from: /dv, codes: units } } } }\n";
    struct text text =
        run(fields, "{\"n\":\"a\",\"c\":\"1\",\"x\":[{\"g\":\"A\",\"y\":[{\"g\":\"B\",\"tg\":\"5\"},{"
                    "\"tg\":\"7\",\"dv\":\"Ngày\"},{\"z\":\"1\"}]},{\"g\":\"C\"}]}");
    has(text,
        "\"methods\":[{\"channel\":\"direct\",\"duration\":{\"amount\":\"5\",\"unit\":\"hour\"},\"text\":"
        "\"B\"},{\"channel\":\"direct\",\"duration\":{\"amount\":\"7\",\"unit\":\"day\"},\"text\":\"A\"},{"
        "\"channel\":\"direct\",\"duration\":{\"unit\":\"hour\"},\"text\":\"C\"}]");
    CHECK(!result.findings.first);
}

TEST("an inner map that could only lose something is refused")
{
    static const struct {
        const char *fields, *words;
    } cases[] = {
        { "steps: { each: /x, map: { case: /th, each: /b, map: { case: { value: a }, text: /t } } }",
          "\"case\" is filled by the outer" },
        { "methods: { each: /x, map: { duration.unit: /d, each: /b, map: { duration: /t } } }",
          "\"duration\" is filled by the outer" },
        { "steps: { each: /x, map: { case: /th, each: /b, map: { each: /y, map: { text: /t } } } }",
          "go into the map of a list, once" },
        { "decision: { from: /x, map: { each: /b, map: { number: /t } } }",
          "go into the map of a list, once" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct text source = text_format(&test_arena,
                                         "name: s\nfetch: { folder: . }\nformat: json\nkey: /c\n"
                                         "map:\n  code: /c\n  name: /n\n  status: /s\n  %s\n",
                                         cases[i].fields);
        CHECK_INT(compile(source.bytes), STATUS_USAGE);
        CHECK_CONTAINS(error.message, cases[i].words);
    }
}

TEST("a list deeper in a document inside a text is flattened as well, of objects and of texts")
{
    const char *bytes =
        "{\"n\":\"a\",\"c\":\"1\",\"x\":\"{\\\"b\\\":[{\\\"t\\\":\\\"một\\\"},{\\\"t\\\":\\\"hai\\\"}],"
        "\\\"r\\\":[\\\"1.000001\\\",\\\"1.000002\\\"],\\\"e\\\":[]}\"}";
    struct text text = run("  steps: { from: /x, parse: json, map: { each: /b, map: { text: /t } } }\n"
                           "  replaces: { from: /x, parse: json, map: /r }\n"
                           "  results: { from: /x, parse: json, map: { each: /e, map: { name: . } } }\n",
                           bytes);
    has(text, "\"steps\":[{\"text\":\"một\"},{\"text\":\"hai\"}]");
    has(text, "\"replaces\":[\"1.000001\",\"1.000002\"]");
    CHECK(!strstr(text.bytes, "results"));
    CHECK(!result.findings.first);
}

TEST("pieces makes each match an item")
{
    struct text text = run("  dossier: { from: /x, pieces: \"(.+?)[0-9]+ bản chính\", map: { name: . } }\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"x\":\"Đơn1 bản chínhTờ khai2 bản chính\"}");
    has(text, "\"dossier\":[{\"name\":\"Đơn\"},{\"name\":\"Tờ khai\"}]");
}

TEST("a record that is no JSON, or holds a control character, is a finding")
{
    CHECK(!run("", "{\"n\":").bytes);
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/decode"));
    run("", "{\"n\":\"a\\u0001b\",\"c\":\"1\"}");
    if (CHECK(result.findings.first))
        CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/control"));
}

TEST("a map with a fault is refused with line, column and the nearest name")
{
    static const struct {
        const char *fields, *words;
    } cases[] = {
        { "  decison.number: /x\n", "did you mean \"decision\"" },
        { "  decision.numbr: /x\n", "did you mean \"number\"" },
        { "  notes: { form: /x }\n", "did you mean \"from\"" },
        { "  notes: x\n", "is no JSON Pointer" },
        { "  notes: { from: /x, match: \"(\" }\n", "test.yaml:" },
        { "  levels: { from: /x, codes: level }\n", "did you mean \"levels\"" },
        { "  notes: { from: /x, split: \",\" }\n", "is no list" },
        { "  decision.signed_on: { from: /x, date: [abc] }\n", "is no date format" },
        { "  notes: { from: /x, value: y }\n", "needs one of" },
        { "  levels: { value: [a] }\n", "must be a text" },
        { "  online_service: { value: ful }\n", "the constant \"ful\" of \"online_service\"" },
        { "  levels: { value: tinh, codes: levels }\n", "code list \"levels\"" },
        { "  decision.signed_on: { value: 31/02/2020, date: [dd/MM/yyyy] }\n", "This is no day" },
        { "  kind: { value: inner }\n", "This must be one of public, internal" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text source =
            text_format(&test_arena,
                        "name: s\nfetch: { folder: . }\nformat: json\nkey: /c\nmap:\n  code: /c\n  name: /n\n"
                        "  status: { value: announced }\n%s",
                        cases[i].fields);
        CHECK_INT(compile(source.bytes), STATUS_USAGE);
        CHECK_CONTAINS(error.message, cases[i].words);
        CHECK_CONTAINS(error.message, "test.yaml:9:");
    }
}

TEST("a map that does not fill a required field is refused")
{
    CHECK_INT(compile("name: s\nfetch: { folder: . }\nformat: json\nkey: /c\nmap: { code: /c, status: { "
                      "value: draft } }\n"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "does not fill \"name\"");
    CHECK_INT(
        compile(
            "name: s\nfetch: { folder: . }\nformat: json\nkey: /c\nmap: { code: /c, name: { value: \" \" }, "
            "status: { value: draft } }\n"),
        STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the constant of \"name\" is nothing");
}

TEST("the recipe changes with the map, not with its comments")
{
    const char *head = "name: s\nfetch: { folder: . }\nformat: json\nkey: /c\n";
    struct text one =
        text_format(&test_arena, "%smap: { code: /c, name: /n, status: { value: draft } }\n", head);
    struct text two =
        text_format(&test_arena, "# x\n%smap: { code: /c, name: /n, status: { value: draft } } # y\n", head);
    struct text three =
        text_format(&test_arena, "%smap: { code: /c, name: /m, status: { value: draft } }\n", head);
    CHECK_INT(compile(one.bytes), STATUS_OK);
    struct digest first = transform_digest;
    map_free(map);
    CHECK_INT(compile(two.bytes), STATUS_OK);
    CHECK(digest_equal(&first, &transform_digest));
    map_free(map);
    CHECK_INT(compile(three.bytes), STATUS_OK);
    CHECK(!digest_equal(&first, &transform_digest));
    map_free(map);
}

#define SERVICES                                                                                             \
    "  services: { each: /s, map: { code: /c, name: /n, level: /l, reason: /r, provision: /p } }\n"

TEST("services are mapped, and the online service is made from the highest of them")
{
    static const struct {
        const char *record, *expected; /* NULL: none */
    } cases[] = {
        { "{\"s\":[{\"l\":\"partial\"},{\"l\":\"full\"}]}", "\"online_service\":\"full\"" },
        { "{\"s\":[{\"l\":\"partial\",\"r\":\"a\",\"p\":\"b\"}]}", "\"online_service\":\"partial\"" },
        { "{\"s\":[{\"l\":\"full\"},{\"n\":\"x\"}]}", "\"online_service\":\"full\"" },
        { "{\"s\":[{\"l\":\"partial\"},{\"n\":\"x\"}]}", NULL },
        { "{\"s\":[]}", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = run(SERVICES, cases[i].record);
        if (cases[i].expected)
            has(text, cases[i].expected);
        else
            CHECK(!strstr(text.bytes, "online_service"));
        CHECK_INT(result.findings.warnings, 0);
    }
    has(run(SERVICES,
            "{\"s\":[{\"c\":\"1.000358.01\",\"n\":\"a\",\"l\":\"partial\",\"r\":\"b\",\"p\":\"c\"}]}"),
        "\"services\":[{\"code\":\"1.000358.01\",\"level\":\"partial\",\"name\":\"a\",\"provision\":\"c\","
        "\"reason\":\"b\"}]");
}

TEST("an online service that its services contradict gives way to them, with a warning")
{
    static const struct {
        const char *stated, *levels, *expected;
        int warnings;
    } cases[] = {
        { "full", "[{\"l\":\"partial\"}]", "\"online_service\":\"partial\"", 1 },
        { "none", "[{\"l\":\"full\"}]", "\"online_service\":\"full\"", 1 },
        { "full", "[{\"l\":\"full\"},{\"l\":\"partial\"}]", "\"online_service\":\"full\"", 0 },
        { "full", "[{\"n\":\"x\"}]", "\"online_service\":\"full\"", 0 },
        { "none", "[]", "\"online_service\":\"none\"", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text record =
            text_format(&test_arena, "{\"o\":\"%s\",\"s\":%s}", cases[i].stated, cases[i].levels);
        has(run(SERVICES "  online_service: /o\n", record.bytes), cases[i].expected);
        CHECK_INT(result.findings.warnings, cases[i].warnings);
    }
}

TEST("what cannot be read of an abolished record keeps no abolition back, but for its code, status and "
     "decision")
{
    const char *fields =
        "  status: /s\n  levels: { each: /l }\n  decision.signed_on: { from: /d, date: [yyyy-MM-dd] }\n"
        "  legal_bases: { each: /b, map: { issued_on: { from: ., date: [yyyy-MM-dd] } } }\n";
    run(fields, "{\"n\":\"a\",\"c\":\"1\",\"s\":\"abolished\",\"l\":[\"x\"],\"b\":[\"31/02/"
                "2020\"],\"d\":\"2026-01-05\"}");
    CHECK_INT(result.findings.errors, 0);
    CHECK_INT(result.findings.warnings, 2);
    run(fields, "{\"n\":\"a\",\"c\":\"1\",\"s\":\"announced\",\"l\":[\"x\"],\"b\":[\"31/02/"
                "2020\"],\"d\":\"2026-01-05\"}");
    CHECK_INT(result.findings.errors, 2);
    run(fields, "{\"n\":\"a\",\"c\":\"1\",\"s\":\"abolished\",\"d\":\"5 tháng 1\"}");
    CHECK_INT(result.findings.errors, 1);
}

TEST("what a finding says can be chosen is taken as it says it")
{
    struct text text = run("  full_online_eligible: /e\n  levels: { each: /l }\n  kind: /k\n",
                           "{\"n\":\"a\",\"c\":\"1\",\"e\":\"Có\",\"l\":[\"cấp xã\",\"province\"],"
                           "\"k\":\"thủ tục hành chính nội bộ\"}");
    has(text, "\"full_online_eligible\":\"yes\",\"kind\":\"internal\",\"levels\":[\"commune\",\"province\"]");
    CHECK(!result.findings.first);
}

TEST("the fields of one choice are mapped, and nothing else fits them")
{
    struct text text =
        run("  internal_group: /g\n  territorial: /t\n  full_online_eligible: /e\n"
            "  announcement: /a\n  decision.shortened: /s\n",
            "{\"g\":\"within_agency\",\"t\":\"free\",\"e\":\"no\",\"a\":\"replaced\",\"s\":\"yes\"}");
    has(text,
        "\"announcement\":\"replaced\",\"decision\":{\"shortened\":\"yes\"},\"full_online_eligible\":\"no\","
        "\"internal_group\":\"within_agency\",\"kind\":\"public\"");
    has(text, "\"territorial\":\"free\"");
    run("  decision.shortened: /s\n", "{\"s\":\"no\"}");
    CHECK_TEXT(result.findings.first->rule, TEXT("congkhai/choice"));
}

TEST("a procedure without the fields of a later version keeps its bytes")
{
    /* As version 0.1.0 wrote it. */
    struct text text =
        run("  decision.number: /d/s\n  decision.signed_on: /d/n\n  decision.issuer: /d/i\n"
            "  decision.effective_on: /d/e\n"
            "  online_service: /o\n  legal_bases: { each: /l, map: { number: /s } }\n  notes: /g\n",
            "{\"n\":\"Đăng "
            "ký\",\"c\":\"1.000358\",\"d\":{\"s\":\"12/QĐ-UBND\",\"n\":\"2024-01-02\",\"i\":\"UBND\","
            "\"e\":\"2024-01-03\"},\"o\":\"partial\",\"l\":[{\"s\":\"63/2010/NĐ-CP\"}],\"g\":\"x\"}");
    CHECK_TEXT(text, TEXT("{\"agency\":{\"code\":\"H13\",\"name\":\"Cần Thơ\"},\"code\":\"1.000358\","
                          "\"decision\":{\"effective_on\":\"2024-01-03\",\"issuer\":\"UBND\",\"number\":"
                          "\"12/QĐ-UBND\",\"signed_on\":\"2024-01-02\"},\"kind\":\"public\",\"legal_bases\":"
                          "[{\"number\":\"63/2010/NĐ-CP\"}],\"name\":\"Đăng ký\",\"notes\":\"x\","
                          "\"online_service\":\"partial\",\"status\":\"announced\"}"));
}
