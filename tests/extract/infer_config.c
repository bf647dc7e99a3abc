#include "extract/infer_config.h"

#include "extract/infer_field.h"
#include "tests/extract/nightly.h"

/* The proposal for a file; it must be a configuration whose sources hold. */
static const char *propose(const char *folder, const char *name, struct text bytes)
{
    struct text yaml = TEXT_NONE;
    struct value *tree;
    struct source *sources;
    size_t count;
    put_file(folder, name, bytes);
    if (!CHECK_INT(infer_config_write(&test_arena, file_path(&test_arena, folder, name), NULL, &yaml, &error),
                   STATUS_OK))
        return error.message;
    yaml = text_format(&test_arena, "sources:\n%s", yaml.bytes);
    struct setting_context context = { &test_arena, "c.yaml", NULL };
    if (!CHECK_INT(yaml_parse(&test_arena, yaml, "c.yaml", &tree, &error), STATUS_OK) ||
        !CHECK_INT(source_read_all(&context, value_find(tree, "sources"), &sources, &count, &error),
                   STATUS_OK))
        printf("    %s\n", error.message);
    return yaml.bytes;
}

TEST("names of columns are known with and without diacritics, in Vietnamese and English")
{
    CHECK_TEXT(infer_fold(&test_arena, TEXT("Mã số TTHC (*)")), TEXT("masotthc"));
    CHECK_TEXT(infer_fold(&test_arena, TEXT("đơn_Vị")), TEXT("donvi"));
    const char *folder = begin_nights();
    const char *yaml = propose(folder, "a.csv",
                               TEXT("Mã số;TÊN THỦ TỤC;Lĩnh vực;Thời hạn giải quyết;Ngày ký\n"
                                    "1.000001;Một;Đất đai;5 ngày;1/2/2025\n"));
    CHECK_CONTAINS(yaml, "code: Mã số   # 1.000001");
    CHECK_CONTAINS(yaml, "name: TÊN THỦ TỤC");
    CHECK_CONTAINS(yaml, "fields: { from: Lĩnh vực, map: { name: . } }");
    CHECK_CONTAINS(yaml, "time_limit: Thời hạn giải quyết");
    CHECK_CONTAINS(yaml, "decision.signed_on: { from: Ngày ký, date: [d/M/yyyy] }");
    yaml = propose(folder, "b.json",
                   TEXT("[{\"procedureCode\":\"1.000001\",\"title\":\"One\",\"steps\":[\"a\"],\"x\":1}]"));
    CHECK_CONTAINS(yaml, "code: /procedureCode");
    CHECK_CONTAINS(yaml, "name: /title");
    CHECK_CONTAINS(yaml, "steps: { each: /steps, map: { text: . } }");
    CHECK_CONTAINS(yaml, "#   /x   # 1");
    yaml = propose(folder, "c.json",
                   TEXT("[{\"ma\":\"1.000001\",\"ten\":\"One\",\"can_cu\":[{\"so_ky_hieu\":\"1/2025/"
                        "NĐ-CP\",\"ten\":\"x\",\"muc\":\"3\"}]}]"));
    CHECK_CONTAINS(yaml, "legal_bases: { each: /can_cu, map: { number: /so_ky_hieu, title: /ten } }");
    CHECK_CONTAINS(yaml, "#   /can_cu: /muc   # 3");
    end_nights();
}

TEST("a page that says that there are more is not proposed as all there is")
{
    static const struct {
        const char *rest, *pages;
    } cases[] = {
        { "\"links\":{\"next\":\"/l?o=1\"},\"meta\":{\"total\":2}",
          ", pages: { next: /links/next, total: /meta/total }" },
        { "\"_links\":{\"next\":{\"href\":\"/l?o=1\"}}", ", pages: { next: /_links/next/href }" },
        { "\"next\":\"\"", ", pages: { next: /next }" },
        { "\"next\":\"?page=2\"", ", pages: { next: /next }" },
        { "\"next\":2,\"totalElements\":2", "how is the next page got?>\", total: /totalElements }" },
        { "\"lastId\":\"x\",\"total\":\"25\"", "how is the next page got?>\", total: /total }" },
        { "\"total\":1,\"count\":0", "/a.json\" }\n" },
    };
    const char *folder = begin_nights();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text yaml = TEXT_NONE;
        put_file(
            folder, "a.json",
            text_format(&test_arena, "{\"data\":[{\"ma\":\"1.000001\",\"ten\":\"A b\"}],%s}", cases[i].rest));
        const char *url =
            text_format(&test_arena, "file://%s", file_path(&test_arena, folder, "a.json")).bytes;
        if (CHECK_INT(infer_config_write(&test_arena, url, NULL, &yaml, &error), STATUS_OK))
            CHECK_CONTAINS(yaml.bytes, cases[i].pages);
    }
    end_nights();
}

TEST("what lies beside the data of a folder does not hide it")
{
    const char *folder = begin_nights();
    struct text yaml = TEXT_NONE;
    CHECK_INT(file_make_folders(file_path(&test_arena, folder, "in/a"), 0755, &error), STATUS_OK);
    put_file(folder, "in/readme.txt", TEXT("x"));
    put_file(folder, "in/Thumbs.db", TEXT("x"));
    put_file(folder, "in/a/1.json", TEXT("{\"ma\":\"1.000001\",\"ten\":\"A b\"}"));
    CHECK_INT(infer_config_write(&test_arena, file_path(&test_arena, folder, "in"), NULL, &yaml, &error),
              STATUS_OK);
    CHECK_CONTAINS(yaml.bytes, "match: \"**/*.json\"");
    put_file(folder, "in/2.csv", TEXT("ma,ten\n1.000002,B c\n"));
    CHECK_INT(infer_config_write(&test_arena, file_path(&test_arena, folder, "in"), NULL, &yaml, &error),
              STATUS_OK);
    CHECK_CONTAINS(yaml.bytes, "match: \"*.csv\"");
    end_nights();
}

TEST("a column that says which procedures are abolished is not passed over")
{
    const char *folder = begin_nights();
    const char *yaml = propose(
        folder, "a.csv",
        TEXT("Mã,Tên,Tình trạng,Loại TTHC\n1.000001,A,Còn hiệu lực,TTHC nội bộ\n1.000002,B,Hết hiệu lực,\n"));
    CHECK_CONTAINS(yaml, "status: { from: Tình trạng, codes: statuses }");
    CHECK_CONTAINS(yaml, "kind: { from: Loại TTHC, codes: kinds }");
    CHECK(!strstr(yaml, "value: announced"));
    CHECK_CONTAINS(propose(folder, "b.csv", TEXT("Mã,Tên\n1.000001,A\n")), "status: { value: announced }");
    end_nights();
}

TEST("a code is known by what it looks like, alone or inside a link")
{
    const char *folder = begin_nights();
    const char *yaml = propose(folder, "a.csv", TEXT("A,B\nMột,1.000001\nHai,1.000002.H13\n"));
    CHECK_CONTAINS(yaml, "code: B");
    CHECK_CONTAINS(yaml, "key: B");
    CHECK_CONTAINS(yaml, "name: { value: \"\" }   # KHÔNG ĐOÁN ĐƯỢC");
    yaml = propose(folder, "b.csv", TEXT("Tên,Link\nMột,https://x/?ma=1.000001&y\n"));
    CHECK_CONTAINS(yaml, "code: { from: Link, match: \"([1-6]\\\\.[0-9]{6}");
    end_nights();
}

#define PAGE(body) "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>" body "</body></html>"

TEST("a table of a page whose rows hold codes is the records, with or without <th>")
{
    const char *folder = begin_nights();
    static const char rows[] =
        "<tr><td>1</td><td><a href='x'>1.000001</a></td><td>Một</td><td>Hộ tịch</td></tr>"
        "<tr><td>2</td><td>1.000002</td><td>Hai</td><td>Đất đai</td></tr></table>";
    const char *yaml =
        propose(folder, "a.html",
                text_format(&test_arena,
                            PAGE("<table><tr><td>Trang chủ</td><td>Liên hệ</td></tr></table><table>"
                                 "<tr><th>STT<th>Mã TTHC<th>Tên thủ tục<th>Lĩnh vực</tr>%s"),
                            rows));
    CHECK_CONTAINS(yaml, "records: \"(//table)[2]//tr[td]\"");
    CHECK_CONTAINS(yaml, "key: \"*[2]\"");
    CHECK_CONTAINS(yaml, "code: \"*[2]\"   # 1.000001");
    CHECK_CONTAINS(yaml, "name: \"*[3]\"   # Một");
    CHECK_CONTAINS(yaml, "fields: { from: \"*[4]\", map: { name: . } }");
    yaml =
        propose(folder, "b.html",
                text_format(&test_arena, PAGE("<table><tr><td>STT<td>Mã<td>Tên<td>Lĩnh vực</tr>%s"), rows));
    CHECK_CONTAINS(yaml, "records: \"(//table)[1]//tr[td][preceding-sibling::tr]\"");
    CHECK_CONTAINS(yaml, "name: \"*[3]\"   # Một");
    /* headings in two rows, and a cell that spans columns: its place is that of its column */
    yaml = propose(
        folder, "c.html",
        TEXT(PAGE(
            "<table><tr><td rowspan=2>Mã<td rowspan=2>Tên<td colspan=2>Quyết định<td rowspan=2>Lĩnh vực</tr>"
            "<tr><td>Số<td>Ngày ký</tr><tr><td>1.000001<td>Một<td>1/QĐ-UBND<td>02/02/2026<td>Hộ tịch</tr>"
            "<tr><td>1.000002<td>Hai<td colspan=2>?<td>Đất đai</tr></table>")));
    CHECK_CONTAINS(yaml, "records: \"(//table)[1]//tr[td][count(preceding-sibling::tr) >= 2]\"");
    CHECK_CONTAINS(yaml, "decision.signed_on: { from: \"*[4]\", date: [d/M/yyyy] }");
    CHECK_CONTAINS(yaml, "fields: { from: \"*[5]\", map: { name: . } }   # Hộ tịch");
    end_nights();
}

TEST("a page of one procedure: pairs in tables and lists, headings with what follows, lines with a label")
{
    const char *folder = begin_nights();
    const char *yaml =
        propose(folder, "a.html",
                TEXT(PAGE("<h1>Một</h1><p class=x>(Mã TTHC: 1.000001)</p>"
                          "<table><tr><th>Số quyết định:</th><td>12/QĐ-UBND</td></tr>"
                          "<tr><td>Ngày ký</td><td>1/2/2026</td></tr><tr><td>Ô'i</td><td>?</td></tr></table>"
                          "<dl><dt>Lĩnh vực</dt><dd>Hộ tịch</dd></dl>"
                          "<h2>Trình tự thực hiện</h2><div><ol><li>Nộp</li><li>Nhận</li></ol></div>"
                          "<h3>Kết quả</h3><p>Giấy khai sinh</p><h3>Tin khác</h3><p>…</p>")));
    CHECK_CONTAINS(yaml, "records: \"\"\n    listing: full");
    CHECK_CONTAINS(
        yaml, "code: { from: \"substring-after(//p[starts-with(normalize-space(.), '(Mã TTHC:')], ':')\"");
    CHECK_CONTAINS(yaml, "name: //h1   # Một");
    CHECK_CONTAINS(yaml,
                   "decision.number: \"//tr[normalize-space(*[1])='Số quyết định:']/*[2]\"   # 12/QĐ-UBND");
    CHECK_CONTAINS(yaml, "/*[2]\", date: [d/M/yyyy] }");
    CHECK_CONTAINS(yaml, "fields: { from: \"//dt[normalize-space(.)='Lĩnh vực']/following-sibling::dd[1]\"");
    CHECK_CONTAINS(yaml,
                   "steps: { each: \"//h2[normalize-space(.)='Trình tự thực hiện']/following::ol[1]/li\"");
    CHECK_CONTAINS(yaml, "results: { from: \"//h3[normalize-space(.)='Kết quả']/following::p[1]\"");
    CHECK(!strstr(yaml, "Tin khác"));
    CHECK(!strstr(yaml, "Ô'i"));
    yaml = propose(folder, "b.html", TEXT(PAGE("<h1>Hai</h1><div><b>1.000002</b></div>")));
    CHECK_CONTAINS(yaml, "code: { from: /html/body, match: ");
    end_nights();
}

TEST("what cannot be told is said to a person, and secrets of a URL are not written")
{
    const char *folder = begin_nights();
    struct text yaml;
    CHECK_INT(infer_config_write(&test_arena, "/nowhere", NULL, &yaml, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no file or folder /nowhere");
    const char *empty = file_path(&test_arena, folder, "leer");
    CHECK_INT(file_make_folders(empty, 0777, &error), STATUS_OK);
    CHECK_INT(infer_config_write(&test_arena, empty, NULL, &yaml, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "holds no file");
    CHECK_INT(infer_config_write(&test_arena, "http://127.0.0.1:1/x?token=s3cret", NULL, &yaml, &error),
              STATUS_STOP);
    CHECK(!strstr(error.message, "s3cret"));
    CHECK_INT(infer_config_write(&test_arena, "http://u:s3cret@127.0.0.1:1/x", NULL, &yaml, &error),
              STATUS_STOP);
    CHECK(!strstr(error.message, "s3cret"));
    end_nights();
}

/* What is said of a file in which there is no record. */
static const char *refuse(const char *folder, const char *name, struct text bytes)
{
    struct text yaml = TEXT_NONE;
    put_file(folder, name, bytes);
    CHECK_INT(infer_config_write(&test_arena, file_path(&test_arena, folder, name), NULL, &yaml, &error),
              STATUS_USAGE);
    CHECK(!yaml.bytes);
    return error.message;
}

TEST("what holds no record gives no proposal but the reason, and hostile input does no harm")
{
    const char *folder = begin_nights();
    struct buffer deep = { 0 };
    for (int i = 0; i < 5000; i++)
        buffer_string(&deep, "[{\"a\":");
    CHECK_CONTAINS(refuse(folder, "deep.json", buffer_view(&deep)), "no record was found in ");
    buffer_clear(&deep);
    for (int i = 0; i < 3000; i++)
        buffer_string(&deep, "<a>");
    CHECK_CONTAINS(refuse(folder, "deep.xml", buffer_view(&deep)), "no record was found in ");
    CHECK_CONTAINS(refuse(folder, "empty", TEXT("")), "no heading row was found");
    refuse(folder, "zeros", (struct text){ "\0\0\0\0\0\0", 6 });
    CHECK_CONTAINS(refuse(folder, "cut.json", TEXT("{\"a\":[{\"b\"")), "is it whole");
    CHECK_CONTAINS(refuse(folder, "bad.csv", TEXT("a;b\n\xff\xfe\xfd;\xc3\n")), "no record was found in ");
    CHECK_CONTAINS(refuse(folder, "old.xls", TEXT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), "an old .xls file");
    refuse(folder, "open.csv", TEXT("\": #[;b\n1;2\n"));
    CHECK_CONTAINS(propose(folder, "quote: '\" #x.csv", TEXT("': #[;b\n1;2\n")), "format: csv");
    buffer_free(&deep);
    end_nights();
}

TEST("elements that hold attributes alone are records, too")
{
    const char *folder = begin_nights();
    const char *yaml =
        propose(folder, "a.xml", TEXT("<l><p ma='1.000001' ten='Một'/><p ma='1.000002' ten='Hai'/></l>"));
    CHECK_CONTAINS(yaml, "records: /l/p\n");
    CHECK_CONTAINS(yaml, "code: \"@ma\"   # 1.000001");
    CHECK_CONTAINS(yaml, "name: \"@ten\"");
    end_nights();
}
