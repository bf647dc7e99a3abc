/* Writes small .xlsx workbooks for tests. */
#ifndef TESTS_SUPPORT_WORKBOOK_H
#define TESTS_SUPPORT_WORKBOOK_H

#include <stdbool.h>
#include <string.h>

#include "tests/support/zip.h"

/* Inner XML of the parts; NULL leaves it empty, or the part out. */
struct workbook {
    const char *rows;    /* of <sheetData> */
    const char *behind;  /* behind it: <mergeCells>, … */
    const char *strings; /* of <sst> */
    const char *styles;  /* of <styleSheet> */
    const char *before;  /* in front of the sheet's root element */
    const char *without; /* a part that is left out */
    bool since_1904;
    bool hidden_first; /* another sheet "Ẩn" stands in front, hidden */
};

#define WORKBOOK_MAIN     "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define WORKBOOK_RELATION "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static inline void workbook_part(struct zip_writer *zip, const struct workbook *book, const char *name,
                                 struct buffer *bytes)
{
    if (!book->without || strcmp(book->without, name))
        zip_add(zip, name, buffer_view(bytes));
    buffer_clear(bytes);
}

static inline void workbook_add(struct zip_writer *zip, const struct workbook *book)
{
    struct buffer bytes = { 0 };
    buffer_string(&bytes, "<Relationships><Relationship Id='rId1' Type='" WORKBOOK_RELATION
                          "/officeDocument' Target='xl/workbook.xml'/></Relationships>");
    workbook_part(zip, book, "_rels/.rels", &bytes);
    buffer_printf(&bytes,
                  "<workbook " WORKBOOK_MAIN " xmlns:r='" WORKBOOK_RELATION
                  "'><workbookPr date1904='%d'/><sheets>%s"
                  "<sheet name='Danh sách' sheetId='1' r:id='rId1'/></sheets></workbook>",
                  book->since_1904,
                  book->hidden_first ? "<sheet name='Ẩn' sheetId='2' state='hidden' r:id='rId4'/>" : "");
    workbook_part(zip, book, "xl/workbook.xml", &bytes);
    buffer_string(
        &bytes,
        "<Relationships><Relationship Id='rId1' Type='" WORKBOOK_RELATION
        "/worksheet' Target='worksheets/sheet1.xml'/><Relationship Id='rId2' Type='" WORKBOOK_RELATION
        "/sharedStrings' Target='/xl/sharedStrings.xml'/><Relationship Id='rId3' Type='" WORKBOOK_RELATION
        "/styles' Target='./x/../styles.xml'/><Relationship Id='rId4' Type='" WORKBOOK_RELATION
        "/worksheet' Target='worksheets/sheet2.xml'/></Relationships>");
    workbook_part(zip, book, "xl/_rels/workbook.xml.rels", &bytes);
    buffer_printf(&bytes, "%s<worksheet " WORKBOOK_MAIN "><sheetData>", book->before ? book->before : "");
    buffer_string(&bytes, book->rows ? book->rows : "");
    buffer_string(&bytes, "</sheetData>");
    buffer_string(&bytes, book->behind ? book->behind : "");
    buffer_string(&bytes, "</worksheet>");
    workbook_part(zip, book, "xl/worksheets/sheet1.xml", &bytes);
    if (book->hidden_first) {
        buffer_string(
            &bytes,
            "<worksheet><sheetData><row r='1'><c r='A1' t='str'><v>k</v></c><c r='B1' t='str'><v>v</v></c>"
            "</row><row r='2'><c r='A2'><v>1</v></c><c r='B2'><v>2</v></c></row></sheetData></worksheet>");
        workbook_part(zip, book, "xl/worksheets/sheet2.xml", &bytes);
    }
    if (book->strings) {
        buffer_printf(&bytes, "<sst " WORKBOOK_MAIN ">");
        buffer_string(&bytes, book->strings);
        buffer_string(&bytes, "</sst>");
        workbook_part(zip, book, "xl/sharedStrings.xml", &bytes);
    }
    if (book->styles) {
        buffer_printf(&bytes, "<styleSheet " WORKBOOK_MAIN ">%s</styleSheet>", book->styles);
        workbook_part(zip, book, "xl/styles.xml", &bytes);
    }
    buffer_free(&bytes);
}

#endif
