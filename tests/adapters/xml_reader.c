#include <string.h>
#include <sys/resource.h>

#include "adapters/file.h"
#include "adapters/xml.h"
#include "tests/support/test.h"

static struct error error;

__attribute__((constructor)) static void start(void)
{
    xml_start();
}

/* A stream that gives a few bytes at a time. */
struct drip {
    struct text bytes;
    size_t step, at;
};

static enum status drip_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                             struct error *unused)
{
    struct drip *drip = stream->user_data;
    (void)unused;
    size_t left = drip->bytes.length - drip->at;
    *got = length < drip->step ? length : drip->step;
    *got = *got < left ? *got : left;
    memcpy(bytes, drip->bytes.bytes + drip->at, *got);
    drip->at += *got;
    return STATUS_OK;
}

/* All records joined with "|", "(why)" for one set aside, "!" and the message when it stops. */
static struct text read_records(struct text bytes, const char *records, const char *encoding, size_t limit,
                                size_t step)
{
    static const struct xml_namespace namespaces[] = { { "t", "urn:tthc" } };
    struct drip drip = { bytes, step, 0 };
    struct file_stream stream = { .read = drip_read, .name = "list.xml", .user_data = &drip };
    struct xml_reader *reader;
    struct buffer out = { 0 };
    struct text record;
    long line;
    enum status status =
        xml_reader_open(&stream, text_of(records), namespaces, 1, encoding, limit, &reader, &error);
    if (status)
        buffer_printf(&out, "error: %s", error.message);
    while (!status) {
        status = xml_reader_next(reader, &record, &line, &error);
        if (status == STATUS_OK)
            buffer_printf(&out, "%ld:%.*s|", line, (int)record.length, record.bytes);
        else if (status == STATUS_REJECT) {
            buffer_printf(&out, "(%s)|", error.message);
            status = STATUS_OK;
        } else if (status != STATUS_END)
            buffer_printf(&out, "! %s", error.message);
    }
    xml_reader_close(reader);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

#define LIST                                                                                                 \
    "<?xml version='1.0'?>\n<l><i n='1'>Đất &amp; <b/><![CDATA[<x>]]></i>\n<j><i n='2'/></j><k/>\n<i>"    \
    "<i>trong</i></i></l>"

TEST("records are cut out by their path, at any size of the pieces that come")
{
    const size_t steps[] = { 1, 2, 7, 100000 };
    for (int i = 0; i < 4; i++) {
        CHECK_TEXT(read_records(TEXT(LIST), "/l/i", NULL, 1000, steps[i]),
                   TEXT("2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|4:<i><i>trong</i></i>|"));
        CHECK_TEXT(
            read_records(TEXT(LIST), "//i", NULL, 1000, steps[i]),
            TEXT(
                "2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|3:<i n=\"2\"/>|(list.xml, line 4: the record holds "
                "another "
                "one inside it, which would be lost, and is set aside; let `records` name the element by its "
                "whole path)|"));
        CHECK_TEXT(read_records(TEXT(LIST), "/l/*[@n]", NULL, 1000, steps[i]),
                   TEXT("2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|"));
        CHECK_TEXT(read_records(TEXT(LIST), "/l//i[@n = '2']", NULL, 1000, steps[i]),
                   TEXT("3:<i n=\"2\"/>|"));
    }
    CHECK_TEXT(read_records(TEXT("<a>\r\n\t<b c='1&#10;2&quot;'>&#13;</b></a>"), "", NULL, 1000, 100),
               TEXT("1:<a>\n\t<b c=\"1&#10;2&quot;\">&#13;</b></a>|"));
    CHECK_TEXT(read_records(TEXT(LIST), "/l/y", NULL, 1000, 100), TEXT(""));
    CHECK_TEXT(read_records(TEXT(LIST), "//l/y", NULL, 1000, 100), TEXT(""));
    CHECK_CONTAINS(read_records(TEXT(LIST), "//y", NULL, 1000, 100).bytes, "every document has what");
    for (size_t step = 1; step < 60; step++)
        CHECK_TEXT(read_records(TEXT("<a>\r\n<![CDATA[\r\nb\r\n\r\rc\r]]><b/><![CDATA[\n]]></a>"), "/a", NULL,
                                1000, step),
                   TEXT("1:<a>\n\nb\n\n\nc\n<b/>\n</a>|"));
    CHECK_TEXT(read_records(TEXT("<a><!--x--><b><!-- c --><?p q?></b></a>"), "a/b", NULL, 1000, 100),
               TEXT("1:<b><!-- c --><?p q?></b>|"));
}

TEST("a document that has no place for the records is told with what it begins with")
{
    CHECK_CONTAINS(read_records(TEXT(LIST), "/x/y", NULL, 1000, 100).bytes, "the document begins with <l>");
    CHECK_CONTAINS(read_records(TEXT(LIST), "/x", NULL, 1000, 100).bytes, "the document begins with <l>");
    CHECK_CONTAINS(read_records(TEXT("<l xmlns='urn:x'><i/></l>"), "/l/i", NULL, 1000, 100).bytes,
                   "begins with <l xmlns=\"urn:x\"> and has no place for records");
}

TEST("the local name alone is a step of any namespace")
{
    const char *list = "<p:l xmlns:p='urn:x'><p:i>1</p:i><i>2</i><p:j/></p:l>";
    const char *both = "1:<p:i xmlns:p=\"urn:x\">1</p:i>|1:<i>2</i>|";
    CHECK_TEXT(read_records(text_of(list), "//*[local-name()='i']", NULL, 1000, 100), text_of(both));
    CHECK_TEXT(read_records(text_of(list), "/*[local-name() = \"l\"]/*[ local-name()='i' ]", NULL, 1000, 100),
               text_of(both));
    CHECK_TEXT(read_records(text_of(list), "/*/*[local-name()='i'][. = 2]", NULL, 1000, 100),
               TEXT("1:<i>2</i>|"));
}

TEST("a record takes along the namespaces that it needs and no others")
{
    struct text bytes = TEXT("<x:l xmlns:x='urn:tthc' xmlns='urn:d' xmlns:z='urn:z' xml:lang='vi'>"
                             "<x:i z:a='1' xml:lang='vi'><b><c xmlns=''/></b><x:d/></x:i><i/></x:l>");
    CHECK_TEXT(
        read_records(bytes, "/t:l/t:i", NULL, 1000, 10),
        TEXT("1:<x:i xmlns:x=\"urn:tthc\" xmlns:z=\"urn:z\" z:a=\"1\" xml:lang=\"vi\"><b xmlns=\"urn:d\">"
             "<c xmlns=\"\"/></b><x:d/></x:i>|"));
    CHECK_TEXT(read_records(bytes, "/t:l/i", NULL, 1000, 10), TEXT(""));
    CHECK_CONTAINS(read_records(bytes, "/*/i", NULL, 1000, 10).bytes, "every document has what");
    CHECK_TEXT(read_records(bytes, "/t:*/*", NULL, 1000, 10).length ? TEXT("some") : TEXT("none"),
               TEXT("some"));
    CHECK_TEXT(read_records(TEXT("<a><p:b>x</p:b></a>"), "/a/*", NULL, 1000, 10), TEXT("1:<p:b>x</p:b>|"));
}

TEST("a record that holds another is set aside: nothing is lost without a word")
{
    CHECK_TEXT(
        read_records(TEXT("<l>\n<i>1</i>\n<i>2<x><i>3</i></x></i><i>4</i></l>"), "//i", NULL, 1000, 7),
        TEXT("2:<i>1</i>|(list.xml, line 3: the record holds another one inside it, which would be lost, and "
             "is set aside; let `records` name the element by its whole path)|3:<i>4</i>|"));
    CHECK_TEXT(read_records(TEXT("<l><i>1<i>2</i></i></l>"), "/l/i", NULL, 1000, 7),
               TEXT("1:<i>1<i>2</i></i>|"));
    /* Behind a predicate, too: of one that it chooses, and of one that it does not. */
    const char *list = "<l><i n='1'><x><i n='2'/></x></i>\n<i><t:i xmlns:t='urn:tthc' n='3'/></i>\n"
                       "<i><x/><i n='4'/></i>\n<i n='5'><i>6</i></i></l>";
    const char *lost = "the record holds another one inside it, which would be lost, and is set aside; let "
                       "`records` name the element by its whole path";
    CHECK_TEXT(read_records(text_of(list), "//i[@n]", NULL, 1000, 7),
               text_format(&test_arena,
                           "(list.xml, line 1: %s)|(list.xml, line 3: %s)|4:<i n=\"5\"><i>6</i></i>|", lost,
                           lost));
    CHECK_CONTAINS(read_records(text_of(list), "//*[local-name()='i'][@n = 3]", NULL, 1000, 7).bytes,
                   "(list.xml, line 2: the record holds another");
    CHECK_TEXT(read_records(text_of(list), "/l/i[@n = '5']", NULL, 1000, 7),
               TEXT("4:<i n=\"5\"><i>6</i></i>|"));
}

TEST("a record beyond the limit is set aside and the next one is read")
{
    CHECK_TEXT(
        read_records(TEXT("<l><i>123456789</i>\n<i>12345678901234567890</i><i>1</i></l>"), "/l/i", NULL, 20,
                     3),
        TEXT("1:<i>123456789</i>|(list.xml, line 2: the record has more than 20 bytes and is set aside; look "
             "whether `records` names the right element)|2:<i>1</i>|"));
}

TEST("a document that breaks gives what came before, then stops with line and column")
{
    struct text out = read_records(TEXT("<l>\n<i>1</i>\n<i>2</i>\n<i>3"), "/l/i", NULL, 100, 1000);
    CHECK_CONTAINS(out.bytes, "2:<i>1</i>|3:<i>2</i>|! the XML is broken: list.xml, line 4, column");
    CHECK_CONTAINS(read_records(TEXT("<l><i>1</i><i>\xff</i></l>"), "/l/i", NULL, 100, 1000).bytes,
                   "1:<i>1</i>|! the XML is broken: list.xml, line 1, column 15: Input is not proper UTF-8");
    CHECK_CONTAINS(
        read_records(TEXT("<l><i><![CDATA[\xf0\x82\x82\x82]]></i></l>"), "/l/i", NULL, 100, 1000).bytes,
        "! the XML is broken: list.xml, line 1, column 16: Input is not proper UTF-8");
    CHECK_CONTAINS(out.bytes, "the document ends in the middle: the file was cut");
    CHECK_CONTAINS(read_records(TEXT("<l><i>1</i></l><l/>"), "/l/i", NULL, 100, 1000).bytes, "Extra content");
    CHECK_CONTAINS(read_records(TEXT(""), "/l/i", NULL, 100, 1000).bytes, "the document is empty");
    CHECK_CONTAINS(read_records(TEXT("{\"a\": 1}"), "/l/i", NULL, 100, 1000).bytes, "there is no XML here");
    struct buffer endless = { 0 };
    buffer_string(&endless, "<l><i>1</i><!-- ");
    while (endless.length < 12000000)
        buffer_string(&endless, "no end ");
    CHECK_CONTAINS(
        read_records(buffer_view(&endless), "/l/i", NULL, 100, 65536).bytes,
        "1:<i>1</i>|! the XML is broken: list.xml, line 1, column 12: a comment, value or CDATA section has "
        "more than 10,000,000 bytes, or does not end");
    buffer_free(&endless);
    CHECK_CONTAINS(read_records(TEXT("<l><i>1</i></l><l/>"), "/l/i", NULL, 100, 1000).bytes, "Extra content");
}

TEST("the reader expands no entity and nests no deeper than its ceiling")
{
    const char *bomb = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><l><i>&b;</i></l>";
    for (size_t step = 1; step < 200; step *= 3)
        CHECK_CONTAINS(read_records(text_of(bomb), "/l/i", NULL, 100, step).bytes,
                       "! the XML is broken: list.xml, line 1, column");
    CHECK_CONTAINS(read_records(text_of(bomb), "/l/i", NULL, 100, 100).bytes,
                   "the DOCTYPE declares entities");
    CHECK_CONTAINS(read_records(TEXT("<!DOCTYPE l [<!ENTITY x SYSTEM '/etc/passwd'>]><l><i>&x;</i></l>"),
                                "/l/i", NULL, 100, 100)
                       .bytes,
                   "the DOCTYPE declares entities");
    CHECK_CONTAINS(
        read_records(TEXT("<!DOCTYPE l [<!ATTLIST i a CDATA 'x'>]><l><i/></l>"), "/l/i", NULL, 100, 100)
            .bytes,
        "declares default values");
    CHECK_CONTAINS(
        read_records(TEXT("<!DOCTYPE l SYSTEM 'l.dtd'><l><i a='&nbsp;'/></l>"), "/l/i", NULL, 100, 100).bytes,
        "&nbsp; is an entity that is not declared here");
    CHECK_TEXT(read_records(TEXT("<!DOCTYPE l SYSTEM 'l.dtd' [<!ELEMENT l ANY>]><l><i/></l>"), "/l/i", NULL,
                            100, 100),
               TEXT("1:<i/>|"));
    struct buffer bytes = { 0 };
    for (int i = 0; i < 100000; i++)
        buffer_string(&bytes, "<a>");
    CHECK_CONTAINS(read_records(buffer_view(&bytes), "//x", NULL, 100, 1000).bytes,
                   "elements stand more than 256 deep");
    buffer_free(&bytes);
}

TEST("a fault of validity, which libxml2 reports to another pointer, changes nothing")
{
    struct buffer bytes = { 0 };
    buffer_string(&bytes, "<!DOCTYPE r [\n<!ATTLIST r at (");
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 600; k++)
            buffer_char(&bytes, 'A');
        buffer_char(&bytes, i ? ')' : '|');
    }
    buffer_string(&bytes, " #IMPLIED>\n<!ATTLIST r at CDATA #IMPLIED>\n<!ELEMENT r EMPTY>\n"
                          "<!ELEMENT r EMPTY>\n<!NOTATION n SYSTEM 'n'>\n<!NOTATION n SYSTEM 'n'>\n]>\n"
                          "<r xml:id='1' at='B'><tt id='1'>a</tt><tt id='1'>b</tt></r>");
    for (size_t step = 1; step < 2000; step *= 40)
        CHECK_TEXT(read_records(buffer_view(&bytes), "/r/tt", NULL, 1000, step),
                   TEXT("9:<tt id=\"1\">a</tt>|9:<tt id=\"1\">b</tt>|"));
    buffer_free(&bytes);
}

TEST("a path that cannot be tested while reading is told")
{
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[1]/b", NULL, 9, 9).bytes,
                   "records: /a[1]/b: at byte 2: positions and neighbours");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[@x]/b", NULL, 9, 9).bytes, "behind the last step only");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/b[position() < 3]", NULL, 9, 9).bytes,
                   "positions and neighbours");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/b[not(preceding::b)]", NULL, 9, 9).bytes,
                   "positions and neighbours");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/q:b", NULL, 9, 9).bytes, "the prefix is not declared");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/descendant::b", NULL, 9, 9).bytes, "axes and functions");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a | /b", NULL, 9, 9).bytes, "cannot be tested while reading");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/", NULL, 9, 9).bytes, "the name of an element is missing");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[x", NULL, 9, 9).bytes, "the bracket does not end");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[x(]", NULL, 9, 9).bytes, "there is no function x()");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a", "vni", 9, 9).bytes,
                   "a text in vni has to be decoded first");
}

TEST("wide text is read with and without a mark, declared or named, in small pieces")
{
    struct buffer bytes = { 0 };
    const char *start_ = "<?xml version='1.0' encoding='UTF-16'?><l><i>", *end_ = "</i></l>";
    buffer_put(&bytes, "\xff\xfe", 2);
    for (const char *at = start_; *at; at++)
        buffer_put(&bytes, (char[]){ *at, 0 }, 2);
    for (int i = 0; i < 500; i++)
        buffer_put(&bytes, "\x10\x01", 2);
    for (const char *at = end_; *at; at++)
        buffer_put(&bytes, (char[]){ *at, 0 }, 2);
    struct text all = buffer_view(&bytes);
    const size_t steps[] = { 1, 3, 100000 };
    for (int i = 0; i < 3; i++) {
        CHECK_INT(read_records(all, "/l/i", NULL, 5000, steps[i]).length, 2 + 7 + 1000 + 1);
        CHECK_INT(read_records(all, "/l/i", "utf-16", 5000, steps[i]).length, 2 + 7 + 1000 + 1);
        CHECK_INT(read_records(text_slice(all, 2, all.length), "/l/i", "utf-16", 5000, steps[i]).length,
                  2 + 7 + 1000 + 1);
    }
    buffer_free(&bytes);
    CHECK_TEXT(read_records(TEXT("\xef\xbb\xbf<l><i>Đ</i></l>"), "/l/i", NULL, 99, 99), TEXT("1:<i>Đ</i>|"));
    CHECK_TEXT(read_records(TEXT("\xef\xbb\xbf<l><i>Đ</i></l>"), "/l/i", "utf-8", 99, 2),
               TEXT("1:<i>Đ</i>|"));
    CHECK_TEXT(read_records(TEXT("<?xml version='1.0' encoding='windows-1258'?><l><i>Đ</i></l>"), "/l/i",
                            "utf-8", 99, 99),
               TEXT("1:<i>Đ</i>|"));
}

TEST("a byte that the declared encoding does not know breaks the document, and is no end of it")
{
    const char *text = "<?xml version='1.0' encoding='windows-1252'?><l><i>\xe9</i><i>\x90</i><i>b</i></l>";
    for (size_t step = 1; step < 200; step += 60) {
        struct text read = read_records(text_of(text), "/l/i", NULL, 99, step);
        CHECK_CONTAINS(read.bytes, "the bytes are not of the encoding that the document declares");
        CHECK(!strstr(read.bytes, "<i>b</i>"));
    }
}

/* Gives <i>…</i> for as long as is asked. */
static enum status endless_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                struct error *unused)
{
    long *left = stream->user_data;
    (void)unused;
    *got = 0;
    if ((*left)-- > 0)
        for (char *at = bytes; *got + 40 <= length; *got += 40)
            memcpy(at + *got, "<i><ma>1.000001</ma><ten>Tên X</ten></i>", 40);
    return STATUS_OK;
}

TEST("memory does not grow with the document, nor with an element that has no end")
{
    long left = 600;
    struct file_stream stream = { .read = endless_read, .name = "endless.xml", .user_data = &left };
    const char *const paths[] = { "//i", "//ma", "/i" };
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 3; i++) {
        struct xml_reader *reader;
        struct text record;
        long line;
        left = 600;
        CHECK_INT(xml_reader_open(&stream, text_of(paths[i]), NULL, 0, NULL, 1000, &reader, &error),
                  STATUS_OK);
        while (!xml_reader_next(reader, &record, &line, &error))
            ;
        xml_reader_close(reader);
    }
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
}

/* ---- events ---- */

static struct text events_of(struct text bytes, size_t step)
{
    struct drip drip = { bytes, step, 0 };
    struct file_stream stream = { .read = drip_read, .name = "part.xml", .user_data = &drip };
    struct xml_events *events;
    const struct xml_event *event;
    struct buffer out = { 0 };
    CHECK_INT(xml_events_open(&stream, &events, &error), STATUS_OK);
    enum status status;
    while (!(status = xml_events_next(events, &event, &error)))
        if (event->kind == XML_EVENT_START) {
            buffer_printf(&out, "<%s", event->name);
            for (size_t i = 0; i < event->count; i++)
                buffer_printf(&out, " %s=%.*s", event->attributes[i].name,
                              TEXT_ARG(event->attributes[i].value));
            buffer_printf(&out, " %u>", event->depth);
        } else if (event->kind == XML_EVENT_END)
            buffer_printf(&out, "</%s %u>", event->name, event->depth);
        else
            buffer_text(&out, event->text);
    if (status != STATUS_END)
        buffer_printf(&out, "! %s", error.message);
    xml_events_close(events);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("a document can be read event by event")
{
    for (size_t step = 1; step < 200; step *= 5)
        CHECK_TEXT(events_of(TEXT("<x:a xmlns:x='u' b='1&amp;2' x:b='3'><c>Đất &lt; <![CDATA[&]]></c><!-- no "
                                  "--><d/></x:a>"),
                             step),
                   TEXT("<a b=1&2 b=3 1><c 2>Đất < &</c 2><d 2></d 2></a 1>"));
    CHECK_CONTAINS(events_of(TEXT("<a><![CDATA[\xc0\x80]]></a>"), 100).bytes, "not proper UTF-8");
    CHECK_CONTAINS(events_of(TEXT("<a><b></a>"), 100).bytes,
                   "<a 1><b 2>! the XML is broken: part.xml, line 1");
    CHECK_CONTAINS(events_of(TEXT("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), 100).bytes,
                   "a DOCTYPE has no place in this kind of file");
}
