#include "extract/transcode.h"

#include <string.h>

#include "tests/support/stepped_stream.h"
#include "tests/support/test.h"

static struct error error;

static const char *unicode;

/* What a decoder reads. */
static enum status transcode(enum source_format format, const char *encoding, struct text bytes,
                             struct text *out)
{
    struct source source = { .format = (int)format, .encoding = encoding };
    struct document document = { .name = "t" };
    struct buffer all = { 0 };
    size_t got = 1;
    stepped_stream_open(bytes, "t", &document.stream);
    enum status status = transcode_open(&test_arena, &source, &document, &unicode, &error);
    while (status == STATUS_OK && got) {
        char piece[7];
        status = document.stream.read(&document.stream, piece, sizeof piece, &got, &error);
        if (status == STATUS_OK)
            buffer_put(&all, piece, got);
    }
    if (document.stream.close)
        document.stream.close(&document.stream);
    *out = text_copy(&test_arena, buffer_view(&all));
    buffer_free(&all);
    return status;
}

static struct text utf16(const char *text, bool big, bool mark)
{
    struct buffer out = { 0 };
    struct text from = text_of(text);
    if (mark)
        buffer_put(&out, big ? "\xfe\xff" : "\xff\xfe", 2);
    for (size_t at = 0; at < from.length;) {
        int32_t character = 0;
        unsigned char byte = (unsigned char)from.bytes[at];
        int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
        character = more == 3 ? byte & 7 : more == 2 ? byte & 15 : more == 1 ? byte & 31 : byte;
        for (at++; more; more--)
            character = character << 6 | (from.bytes[at++] & 63);
        int units[2] = { character, 0 }, count = 1;
        if (character >= 0x10000) {
            units[0] = 0xd800 + ((character - 0x10000) >> 10);
            units[1] = 0xdc00 + ((character - 0x10000) & 0x3ff);
            count = 2;
        }
        for (int i = 0; i < count; i++) {
            buffer_char(&out, (char)(big ? units[i] >> 8 : units[i]));
            buffer_char(&out, (char)(big ? units[i] : units[i] >> 8));
        }
    }
    struct text bytes = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return bytes;
}

static const char sample[] = "[{\"tên\":\"Thủ tục \xf0\x9f\x93\x84 số 1\"}]";

TEST("UTF-16 in either order becomes UTF-8, with or without a mark, however it is read")
{
    struct text out;
    for (stepped_stream_bytes = 1; stepped_stream_bytes <= 5; stepped_stream_bytes += 2) {
        CHECK_INT(transcode(SOURCE_JSON, "utf-16", utf16(sample, false, true), &out), STATUS_OK);
        CHECK_TEXT(out, text_of(sample));
        CHECK_INT(transcode(SOURCE_CSV, "utf-16", utf16(sample, true, true), &out), STATUS_OK);
        CHECK_TEXT(out, text_of(sample));
        CHECK_INT(transcode(SOURCE_NDJSON, "utf-16", utf16(sample, false, false), &out), STATUS_OK);
        CHECK_TEXT(out, text_of(sample));
        CHECK_INT(transcode(SOURCE_HTML, "utf-16be", utf16(sample, true, false), &out), STATUS_OK);
        CHECK_TEXT(out, text_of(sample));
    }
}

TEST("a byte order mark is enough where nothing or auto is said")
{
    struct text out;
    stepped_stream_bytes = 1000;
    CHECK_INT(transcode(SOURCE_CSV, NULL, utf16(sample, false, true), &out), STATUS_OK);
    CHECK_TEXT(out, text_of(sample));
    CHECK_INT(transcode(SOURCE_CSV, "auto", utf16(sample, true, true), &out), STATUS_OK);
    CHECK_TEXT(out, text_of(sample));
    CHECK_INT(transcode(SOURCE_CSV, NULL, text_of(sample), &out), STATUS_OK);
    CHECK_TEXT(out, text_of(sample));
    CHECK_INT(transcode(SOURCE_CSV, "utf-8", utf16("a", false, true), &out), STATUS_OK);
    CHECK_INT(out.length, 4);
}

TEST("what is no UTF-16 is refused with its place")
{
    struct text out;
    stepped_stream_bytes = 3;
    CHECK_INT(transcode(SOURCE_JSON, "utf-16le",
                        (struct text){ "a\0\0\xdc"
                                       "b\0",
                                       6 },
                        &out),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "byte 2: U+DC00 is no character of UTF-16 text");
    CHECK_INT(transcode(SOURCE_JSON, "utf-16le",
                        (struct text){ "a\0\0\xd8"
                                       "b\0",
                                       6 },
                        &out),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "byte 2: U+D800");
    CHECK_INT(transcode(SOURCE_JSON, "utf-16le", (struct text){ "a\0\0\0", 4 }, &out), STATUS_STOP);
    CHECK_CONTAINS(error.message, "U+0000");
    CHECK_INT(transcode(SOURCE_JSON, "utf-16le", (struct text){ "a\0b", 3 }, &out), STATUS_STOP);
    CHECK_CONTAINS(error.message, "in the middle of a UTF-16 character");
    CHECK_INT(transcode(SOURCE_JSON, "utf-16", TEXT("{\"a\":1} no zeros"), &out), STATUS_STOP);
    CHECK_CONTAINS(error.message, "name utf-16le or utf-16be");
}

TEST("XML in an old encoding is widened, so that the parser can cut it")
{
    struct text out;
    stepped_stream_bytes = 1000;
    CHECK_INT(transcode(SOURCE_XML, "tcvn3", TEXT("<a>Thñ tôc</a>"), &out), STATUS_OK);
    CHECK_TEXT(out, TEXT("<a>Thñ tôc</a>"));
    CHECK_STRING(unicode, "utf-8");
    CHECK_INT(transcode(SOURCE_XML, "tcvn3",
                        TEXT("<a>Th\xf1 t\xf4"
                             "c</a>"),
                        &out),
              STATUS_OK);
    CHECK_TEXT(out, TEXT("<a>Thñ tôc</a>"));
    CHECK_INT(transcode(SOURCE_XML, "utf-16", utf16("<a/>", false, true), &out), STATUS_OK);
    CHECK_INT(out.length, 8); /* the parser is told the order in place of the mark */
    CHECK_STRING(unicode, "utf-16le");
    CHECK_INT(transcode(SOURCE_XML, "auto", utf16("<a/>", true, false), &out), STATUS_OK);
    CHECK_STRING(unicode, "utf-16be");
    CHECK_INT(transcode(SOURCE_XML, NULL, TEXT("<a>\xf1</a>"), &out), STATUS_OK);
    CHECK_INT(out.length, 8);
    CHECK(!unicode);
    CHECK_INT(
        transcode(SOURCE_XML, NULL, TEXT("<?xml version='1.0' encoding='windows-1252'?><a>Đ</a>"), &out),
        STATUS_OK);
    CHECK_STRING(unicode, "utf-8"); /* it can be nothing else, whatever it declares */
    CHECK_TEXT(transcode_widen(&test_arena, TEXT("a\xf1")), TEXT("añ"));
    CHECK_TEXT(transcode_widen(&test_arena, TEXT("aủ")), TEXT("aủ"));
}
