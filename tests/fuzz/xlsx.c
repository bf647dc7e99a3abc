/* Workbooks: a whole .xlsx file, or the inner XML of its parts (rows, what is behind them, shared texts,
 * formats), with a line "--" between them, of which a workbook is made, so that checksums and packing do not
 * stand in the way. */
#include "extract/xlsx.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/archive.h"
#include "adapters/xml.h"
#include "tests/support/workbook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct archive_limits limits = { 100, 1 << 22, 1 << 23, 200, 1 << 20 };

static volatile unsigned char sink;

static void use_workbook(struct text bytes, const struct xlsx_options *options)
{
    struct xlsx *xlsx;
    struct xlsx_row row;
    struct error error;
    const struct text *names;
    if (xlsx_open(NULL, bytes, "fuzz.xlsx", options, &xlsx, &error))
        return;
    size_t count = xlsx_headings(xlsx, &names);
    enum status status = STATUS_OK;
    while (!status || status == STATUS_REJECT) {
        status = xlsx_next(xlsx, &row, &error);
        if (status)
            continue;
        if (row.count != count || !row.number)
            abort();
        for (size_t i = 0; i < row.count; i++) /* every byte must be there */
            for (size_t k = 0; k < row.cells[i].text.length; k++)
                sink = (unsigned char)row.cells[i].text.bytes[k];
    }
    xlsx_close(xlsx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    xml_start();
    struct xlsx_options options = { .limits = &limits, .row_limit = 100000 };
    if (size >= 2 && !memcmp(data, "PK", 2)) {
        use_workbook((struct text){ (const char *)data, size }, &options);
        return 0;
    }
    char *parts[4] = { NULL };
    char *copy = malloc(size + 1), *at = copy;
    memcpy(copy, data, size);
    copy[size] = 0;
    for (int i = 0; i < 4 && at; i++) {
        parts[i] = at;
        at = strstr(at, "\n--\n");
        if (at) {
            *at = 0;
            at += 4;
        }
    }
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){
                           .rows = parts[0], .behind = parts[1], .strings = parts[2], .styles = parts[3] });
    struct text bytes = zip_finish(&zip);
    use_workbook(bytes, &options);
    options.header_row = 1 + size % 3;
    use_workbook(bytes, &options);
    zip_free(&zip);
    free(copy);
    return 0;
}
