#include "adapters/archive.h"

#include <string.h>

#include "adapters/file.h"
#include "tests/support/test.h"
#include "tests/support/zip.h"

static struct error error;

static struct archive_file *open_bytes(struct text bytes, const struct archive_limits *limits)
{
    struct archive_file *archive;
    error = (struct error){ 0 };
    (void)archive_open(NULL, bytes, "list.xlsx", limits, &archive, &error);
    return archive;
}

/* The unpacked bytes of a member, or "error: …"; at most the first 100. */
static struct text member_text(struct archive_file *archive, const char *name)
{
    const struct archive_member *member = archive_find(archive, text_of(name));
    struct file_stream stream;
    struct buffer out = { .limit = 100 };
    size_t got = 1;
    static char chunk[70000];
    if (!member)
        return TEXT("absent");
    enum status status = archive_member_open(archive, member, &stream, &error);
    if (!status) {
        while (!(status = stream.read(&stream, chunk, sizeof chunk, &got, &error)) && got)
            buffer_put(&out, chunk, got < 50 ? got : 50);
        stream.close(&stream);
    }
    if (status) {
        buffer_clear(&out);
        out.limit = 0;
        buffer_printf(&out, "error: %s", error.message);
    }
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("members are found by name and read in any order, several at once")
{
    struct zip_writer zip = { 0 };
    zip_add(&zip, "xl/workbook.xml", TEXT("<workbook/>"));
    zip_add(&zip, "xl/", TEXT(""));
    zip_add(&zip, "xl/Sheet.xml", TEXT("<sheet/>"));
    zip_add(&zip, "rỗng", TEXT(""));
    struct archive_file *archive = open_bytes(zip_finish(&zip), NULL);
    if (!CHECK_STRING(error.message, ""))
        return;
    const struct archive_member *members[] = { archive_find(archive, TEXT("xl/workbook.xml")),
                                               archive_find(archive, TEXT("xl/Sheet.xml")) };
    CHECK_INT(members[1]->bytes, 8);
    CHECK(!archive_find(archive, TEXT("xl/"))); /* a folder */
    CHECK_TEXT(member_text(archive, "xl/sheet.xml"), TEXT("<sheet/>"));
    CHECK_TEXT(member_text(archive, "xl/workbook.xml"), TEXT("<workbook/>"));
    CHECK_TEXT(member_text(archive, "xl/nothing.xml"), TEXT("absent"));
    struct file_stream streams[2];
    char chunk[3];
    size_t got;
    for (size_t i = 0; i < 2; i++)
        CHECK_INT(archive_member_open(archive, members[i], &streams[i], &error), STATUS_OK);
    CHECK_INT(streams[0].read(&streams[0], chunk, 3, &got, &error), STATUS_OK);
    CHECK_INT(streams[1].read(&streams[1], chunk, 3, &got, &error), STATUS_OK);
    CHECK_TEXT(((struct text){ chunk, got }), TEXT("<sh"));
    CHECK_INT(streams[0].read(&streams[0], chunk, 3, &got, &error), STATUS_OK);
    CHECK_TEXT(((struct text){ chunk, got }), TEXT("rkb"));
    CHECK_STRING(streams[0].name, "list.xlsx (xl/workbook.xml)");
    streams[0].close(&streams[0]);
    streams[1].close(&streams[1]);
    archive_close(archive);
    zip_free(&zip);
}

TEST("an archive is read from a path as well")
{
    struct zip_writer zip = { 0 };
    zip_add(&zip, "a", TEXT("Đất đai"));
    struct text bytes = zip_finish(&zip);
    const char *path = file_path(&test_arena, test_folder(), "a.zip");
    CHECK_INT(file_write(path, bytes, 0600, &error), STATUS_OK);
    struct archive_file *archive;
    CHECK_INT(archive_open(path, TEXT_NONE, NULL, NULL, &archive, &error), STATUS_OK);
    file_remove(path);
    CHECK_TEXT(member_text(archive, "a"), TEXT("Đất đai"));
    archive_close(archive);
    CHECK_INT(archive_open(path, TEXT_NONE, NULL, NULL, &archive, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "a.zip cannot be opened: No such file");
    CHECK_INT(archive_open("/dev/null", TEXT_NONE, NULL, NULL, &archive, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "/dev/null is no regular file");
    zip_free(&zip);
}

TEST("names that lead out of the archive are refused")
{
    const char *const names[] = {
        "../x", "a/../../x", "/etc/passwd", "a\\..\\x", "C:x", "a\nb", "..", "x/.."
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct zip_writer zip = { 0 };
        zip_add(&zip, "good", TEXT("x"));
        zip_add(&zip, names[i], TEXT("x"));
        CHECK(!open_bytes(zip_finish(&zip), NULL));
        CHECK_INT(error.status, STATUS_REJECT);
        CHECK_CONTAINS(error.message, "which leads out of the archive; it is refused");
        zip_free(&zip);
    }
}

TEST("two members of one name are refused")
{
    struct zip_writer zip = { 0 };
    zip_add(&zip, "a", TEXT("1"));
    zip_add(&zip, "b", TEXT("1"));
    zip_add(&zip, "a", TEXT("2"));
    CHECK(!open_bytes(zip_finish(&zip), NULL));
    CHECK_CONTAINS(error.message, "list.xlsx has two members named a and is refused");
    zip_free(&zip);
}

static char zeros[1 << 20];
static const struct text million = { zeros, sizeof zeros };

TEST("two thousand million zeros are refused, whether the directory owns up to them or lies")
{
    struct zip_writer zip = { 0 };
    zip_add_entry(&zip, &(struct zip_entry){ .name = "bomb", .bytes = million, .repetitions = 2047 });
    CHECK(!open_bytes(zip_finish(&zip), NULL));
    CHECK_CONTAINS(error.message, "would unpack to more than is allowed (bomb: 2146435072 bytes");
    zip_free(&zip);
    zip_add_entry(&zip,
                  &(struct zip_entry){ .name = "bomb", .bytes = million, .repetitions = 2047, .size = 1000 });
    struct archive_file *archive = open_bytes(zip_finish(&zip), NULL);
    CHECK_CONTAINS(
        member_text(archive, "bomb").bytes,
        "error: list.xlsx (bomb) unpacks to more bytes than the archive's directory says; it is refused");
    archive_close(archive);
    zip_free(&zip);
    zip_add_entry(&zip, &(struct zip_entry){ .name = "bomb", .bytes = million, .repetitions = 500 });
    archive = open_bytes(zip_finish(&zip), NULL);
    CHECK_CONTAINS(member_text(archive, "bomb").bytes,
                   "error: list.xlsx (bomb) unpacks to more than 200 times its size");
    archive_close(archive);
    zip_free(&zip);
    for (int i = 0; i < 3; i++)
        zip_add_entry(&zip, &(struct zip_entry){ .name = (const char *[]){ "a", "b", "c" }[i],
                                                 .bytes = million,
                                                 .repetitions = 1000 });
    CHECK(!open_bytes(zip_finish(&zip), NULL));
    CHECK_CONTAINS(error.message, "2147483648 in all) and is refused");
    zip_free(&zip);
}

TEST("a large member that packs well, but honestly, is read; one with a wrong checksum is not")
{
    struct zip_writer zip = { 0 };
    static char lines[1 << 20];
    unsigned seed = 1;
    for (size_t i = 0; i + 64 <= sizeof lines; i += 64) {
        memset(lines + i, 'x', 64);
        for (size_t k = 0; k < 4; k++)
            lines[i + k] = (char)('a' + ((seed = seed * 1103515245 + 12345) >> 16) % 26);
    }
    zip_add_entry(&zip,
                  &(struct zip_entry){ .name = "a", .bytes = { lines, sizeof lines }, .repetitions = 40 });
    struct archive_file *archive = open_bytes(zip_finish(&zip), NULL);
    CHECK_INT(member_text(archive, "a").length, 100);
    archive_close(archive);
    zip_free(&zip);
    zip_add_entry(&zip, &(struct zip_entry){ .name = "a", .bytes = TEXT("abc"), .wrong_checksum = true });
    archive = open_bytes(zip_finish(&zip), NULL);
    CHECK_CONTAINS(member_text(archive, "a").bytes, "list.xlsx (a) cannot be unpacked: ZIP bad CRC");
    archive_close(archive);
    zip_free(&zip);
}

TEST("too many members are refused")
{
    struct zip_writer zip = { 0 };
    const struct archive_limits limits = {
        .members = 5, .member_bytes = 10, .total_bytes = 100, .ratio = 9, .ratio_from = 9
    };
    char name[3] = "a";
    for (; name[0] < 'g'; name[0]++)
        zip_add(&zip, name, TEXT("x"));
    CHECK(!open_bytes(zip_finish(&zip), &limits));
    CHECK_CONTAINS(error.message, "list.xlsx has more than 5 members and is refused");
    zip_free(&zip);
}

TEST("what is protected by a password is told so, as an encrypted zip and as Office writes it")
{
    struct zip_writer zip = { 0 };
    zip_add_entry(&zip, &(struct zip_entry){ .name = "a", .bytes = TEXT("1"), .flags = 1 });
    CHECK(!open_bytes(zip_finish(&zip), NULL));
    CHECK_CONTAINS(error.message, "list.xlsx is protected by a password; save it without one");
    zip_free(&zip);
    CHECK(!open_bytes((struct text){ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", 12 }, NULL));
    CHECK_CONTAINS(error.message, "is protected by a password, or is an old .xls file");
}

TEST("what is no zip file is told by what it is")
{
    CHECK(!open_bytes(TEXT(""), NULL));
    CHECK_CONTAINS(error.message, "list.xlsx is empty");
    CHECK(!open_bytes(TEXT("<html><table>"), NULL));
    CHECK_CONTAINS(error.message, "is HTML or XML under another name; read it as html or xml");
    CHECK(!open_bytes(TEXT("Mã,Tên\n1,2\n"), NULL));
    CHECK_CONTAINS(error.message, "is no zip file, as an .xlsx would be");
}

TEST("a file cut or changed at any place is refused or reads the same, and never crashes")
{
    struct zip_writer zip = { 0 };
    zip_add(&zip, "a", TEXT("một hai ba bốn năm một hai ba bốn năm"));
    zip_add(&zip, "b", TEXT("sáu"));
    struct text whole = zip_finish(&zip);
    for (size_t length = 0; length < whole.length; length++)
        CHECK(!open_bytes(text_slice(whole, 0, length), NULL) && error.status == STATUS_REJECT);
    char *changed = text_string(&test_arena, whole);
    for (size_t i = 0; i < whole.length; i++) {
        changed[i] = (char)(changed[i] ^ 0x41);
        struct archive_file *archive = open_bytes((struct text){ changed, whole.length }, NULL);
        if (archive) {
            struct text read = member_text(archive, "a");
            CHECK(text_starts(read, TEXT("error: ")) || text_starts(read, TEXT("một hai")) ||
                  text_is(read, "absent"));
        }
        archive_close(archive);
        changed[i] = whole.bytes[i];
    }
    zip_free(&zip);
}
