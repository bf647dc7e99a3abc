/* Records that a source does not want: which are passed over, and which never are. */
#include "tests/extract/nightly.h"

#define SOURCE(skip, more)                                                                                   \
    "- { name: s, fetch: { file: list }, format: ndjson, key: /ma, map: { code: /ma }, skip: " skip more     \
    " }\n"

/* The keys of what is staged of these lines. */
static struct text kept(const char *lines, const char *yaml)
{
    const char *folder = begin_nights();
    put_file(folder, "list", text_of(lines));
    if (!CHECK_INT(night(folder, yaml), STATUS_OK))
        CHECK_STRING(error.message, "");
    struct text keys = stored(KEYS);
    end_nights();
    return keys;
}

TEST("what stands there, compared whole and as people see it, says whether a record is passed over")
{
    const char *lines =
        "{\"ma\":1,\"x\":\" nháp \"}\n{\"ma\":2,\"x\":\"nháp 2\"}\n{\"ma\":3}\n{\"ma\":4,\"x\":\"thử\"}\n";
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, is: [nháp, thử] }]", "")), TEXT("2 3"));
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, matches: '^nháp' }]", "")), TEXT("3 4"));
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, is: nháp }, { from: /ma, is: '3' }]", "")), TEXT("2 4"));
}

TEST("what a source writes for nothing is nothing")
{
    const char *lines =
        "{\"ma\":1,\"x\":\"\"}\n{\"ma\":2,\"x\":\"Không\"}\n{\"ma\":3}\n{\"ma\":4,\"x\":\"có\"}\n";
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, nothing: true }]", "")), TEXT("2 4"));
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, nothing: true }]", ", nothing: [Không]")), TEXT("4"));
}

TEST("a record in which the question cannot be answered is not passed over")
{
    const char *lines = "{\"ma\":1,\"x\":[{\"a\":1}]}\n{\"ma\":2,\"x\":{\"a\":1}}\n{\"ma\":3,\"x\":\"a\"}\n";
    CHECK_TEXT(kept(lines, SOURCE("[{ from: /x, matches: a }]", "")), TEXT("1 2"));
}

TEST("conditions that cannot be are refused with their place")
{
    static const struct {
        const char *yaml, *words;
    } rows[] = {
        { SOURCE("{ from: /x, is: a }", ""), "\"skip\" must be a list" },
        { SOURCE("/x", ""), "skip: a list of objects with \"from\"" },
        { SOURCE("[/x]", ""), "skip: a list of objects with \"from\"" },
        { SOURCE("[{ from: /x }]", ""), "skip: takes one of matches, is and nothing" },
        { SOURCE("[{ from: /x, is: a, nothing: true }]", ""), "skip: takes one of matches, is and nothing" },
        { SOURCE("[{ is: a }]", ""), "\"from\"" },
        { SOURCE("[{ from: x, is: a }]", ""), "\"x\" is no JSON Pointer" },
        { SOURCE("[{ from: /x, matches: '(' }]", ""), "c.yaml:1:" },
        { SOURCE("[{ from: /x, is: [{ a: b }] }]", ""), "c.yaml:1:" },
        { SOURCE("[{ from: /x, is: a }]", ", nothing: [[a]]"), "c.yaml:1:" },
    };
    const char *folder = begin_nights();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(check_sources(folder, rows[i].yaml), STATUS_USAGE);
        CHECK_CONTAINS(error.message, rows[i].words);
    }
    end_nights();
}
