#include "extract/record_key.h"

#include <stdio.h>

#include "adapters/xml.h"
#include "tests/support/test.h"

static struct error error;

/* The key of an XML record; the error in brackets. */
static struct text key_of(struct text record, const char *address)
{
    static const struct xml_namespace namespaces[] = { { "t", "urn:tthc" } };
    struct source source = { .key = address, .record = { .shape = RECORD_XML } };
    struct record_address *compiled;
    struct text found;
    source.record.namespaces = namespaces;
    source.record.namespace_count = 1;
    xml_start();
    if (record_address_compile(&test_arena, &source.record, text_of(address), &compiled, &error))
        return text_of(error.message);
    struct record_key *key = record_key_open(&source, compiled, NULL);
    enum status status = record_key_find(key, record, TEXT_NONE, false, &test_arena, &found, &error);
    record_key_close(key);
    record_address_free(compiled);
    return status ? text_format(&test_arena, "(%s)", error.message) : found;
}

/* What can be tested while reading, and the same as an XPath that cannot. */
static const char *const addresses[][2] = {
    { "ma", "(ma)" },
    { "/r/ma", "(/r/ma)" },
    { "a/ma", "(a/ma)" },
    { "*/ma", "(*/ma)" },
    { "//ma", "(//ma)" },
    { "t:ma", "(t:ma)" },
    { "t:a/t:ma", "(t:a/t:ma)" },
    { "ma[@x]", "(ma[@x])" },
    { "*[local-name()='ma']", "(*[local-name()='ma'])" },
    { "./ma", "(./ma)" },
};

TEST("the key of an XML record is found while reading as XPath finds it in the whole record")
{
    static const char *const records[] = {
        "<r><ma>1.000001</ma><ten>Tên</ten></r>",
        "<r><a><ma>2</ma></a><ma> 3 </ma><ma>4</ma></r>",
        "<r><a><ma>5<b>6</b><ma>7</ma></ma></a><ma x='1'>8<!-- 9 -->0</ma></r>",
        "<r xmlns='urn:tthc'><ma>1</ma><a><ma>2</ma></a></r>",
        "<q:r xmlns:q='urn:tthc'><q:ma>1</q:ma><ma>2</ma><q:a><q:ma>3</q:ma></q:a></q:r>",
        "<r><ma>A&amp;B&#13;&lt;</ma></r>",
        "<r><ma>e\xcc\x81</ma></r>",
        "<r><ma>Th\xef\xbf\xbd</ma></r>",
        "<r><ma></ma><ma>1</ma></r>",
        "<r><ma/></r>",
        "<r><b><c/></b></r>",
        "<ma>1</ma>",
        "<ma x='2'><ma>1</ma></ma>",
    };
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        for (size_t j = 0; j < sizeof addresses / sizeof *addresses; j++) {
            struct text quick = key_of(text_of(records[i]), addresses[j][0]);
            struct text whole = key_of(text_of(records[i]), addresses[j][1]);
            bool failed =
                *quick.bytes == '(' && *whole.bytes == '('; /* the address is told as it is written */
            if (!failed && !CHECK_TEXT(quick, whole))
                printf("  %s in %s\n", addresses[j][0], records[i]);
        }
}

TEST("a record that is broken far behind its key keeps it, and one that is not looked at further is none the "
     "worse")
{
    struct buffer record BUFFER_OWNED = { 0 };
    buffer_string(&record, "<r><ma>1.000001</ma><ten>");
    for (int i = 0; i < 5000; i++)
        buffer_string(&record, "ế");
    buffer_string(&record, "</ten><cut>");
    CHECK_TEXT(key_of(buffer_view(&record), "ma"), TEXT("1.000001"));
    CHECK(text_starts(key_of(buffer_view(&record), "(ma)"), TEXT("(the XML is not well-formed")));
    CHECK(text_starts(key_of(buffer_view(&record), "so"), TEXT("(the XML is not well-formed")));
}
