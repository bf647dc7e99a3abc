#include "console/export.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/csv_write.h"
#include "adapters/xlsx_write.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "report/report_write.h"

#define BUFFER_BYTES (64 * 1024)
#define SHEET_ROWS   1048576 /* that a sheet can hold */
#define WIDTH        28

struct export
{
    struct page *page;
    const struct list *list;
    enum export_format format;
    struct spool_file spool;
    struct buffer out; /* that is not in the spool yet */
    struct xlsx_write *book;
    uint32_t row; /* of the sheet */
    unsigned sheets;
    bool any;
};

const char *export_ending(enum export_format format)
{
    static const char *const endings[] = { "csv", "xlsx", "json" };
    return endings[format];
}

const char *export_type(enum export_format format)
{
    static const char *const types[] = { "text/csv; charset=utf-8",
                                         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                                         "application/json" };
    return types[format];
}

static enum status flush(struct export *export, size_t most, struct error *error)
{
    if (export->out.length <= most)
        return STATUS_OK;
    if (export->spool.length + export->out.length > EXPORT_BYTES)
        return error_set(error, STATUS_STOP, _("a download holds at most 1 GiB; filter the list first"));
    enum status status = spool_file_put(&export->spool, buffer_view(&export->out), error);
    buffer_clear(&export->out);
    return status;
}

/* ---- what stands before the rows, and behind them ---- */

/* As a document of report/report.h, with the rows as the last member. */
static struct value *make_document(const struct export *export)
{
    const struct page *page = export->page;
    const struct list *list = export->list;
    struct arena *arena = page->arena;
    struct value *document = value_object(arena);
    char *today = arena_alloc(arena, DATE_TEXT);
    date_write(page->today, today);
    value_set(document, "schema", value_string(arena, "congkhai/list/1"));
    value_set(document, "report", value_string(arena, list->name));
    value_set(document, "title", value_text(arena, list->heading ? text_of(list->heading) : page->title));
    struct value *agency = value_set(document, "agency", value_object(arena));
    value_set(agency, "code", value_string(arena, page->settings->agency_code));
    value_set(agency, "name", value_string(arena, page->settings->agency_name));
    struct value *period = value_set(document, "period", value_object(arena));
    value_set(period, "as_of", value_string(arena, today));
    value_set(document, "rests_on", value_copy(arena, page->head));
    struct value *columns = value_set(document, "columns", value_list(arena));
    for (size_t i = 0; i < list->count; i++) {
        struct value *column = value_append(columns, value_object(arena));
        value_set(column, "name", value_string(arena, list->columns[i].member));
        value_set(column, "heading", value_string(arena, list->columns[i].heading));
        value_set(column, "kind", value_string(arena, "text"));
    }
    return document;
}

static void begin_sheet(struct export *export)
{
    struct arena *arena = export->page->arena;
    const struct list *list = export->list;
    struct text title = list->heading ? text_of(list->heading) : export->page->title;
    const char *name = _("Figures");
    if (export->sheets++)
        name = text_format(arena, "%s %u", name, export->sheets).bytes;
    export->row = 0;
    xlsx_write_sheet(export->book, name);
    for (size_t i = 0; i < list->count; i++)
        xlsx_write_width(export->book, (uint16_t)i, WIDTH);
    xlsx_write_text(export->book, export->row++, 0, text_of(export->page->settings->agency_name), XLSX_PLAIN);
    xlsx_write_text(export->book, export->row++, 0, title, XLSX_TITLE);
    for (size_t i = 0; i < list->count; i++)
        xlsx_write_text(export->book, export->row, (uint16_t)i, text_of(list->columns[i].heading),
                        XLSX_HEADING);
    xlsx_write_freeze(export->book, ++export->row);
}

static enum status begin(struct export *export, struct error *error)
{
    const struct list *list = export->list;
    if (export->format == EXPORT_XLSX) {
        if (xlsx_write_open(&export->book, error))
            return error->status;
        begin_sheet(export);
        return STATUS_OK;
    }
    if (spool_file_open(&export->spool, error))
        return error->status;
    if (export->format == EXPORT_JSON) {
        canonical_pretty(&export->out, make_document(export));
        export->out.length -= strlen("\n}");
        buffer_string(&export->out, ",\n  \"rows\": [");
        return STATUS_OK;
    }
    csv_write_begin(&export->out);
    for (size_t i = 0; i < list->count; i++)
        csv_write_cell(&export->out, i == 0, text_of(list->columns[i].heading));
    csv_write_end_row(&export->out);
    return STATUS_OK;
}

enum status export_open(struct page *page, const struct list *list, enum export_format format,
                        struct export **export, struct error *error)
{
    struct export *made = memory_new(struct export);
    made->page = page;
    made->list = list;
    made->format = format;
    if (begin(made, error)) {
        export_close(made);
        return error->status;
    }
    *export = made;
    return STATUS_OK;
}

static enum status finish_book(struct export *export, struct spool_file *spool, struct error *error)
{
    struct xlsx_write *book = export->book;
    struct text lines[4];
    size_t count;
    export->row++;
    report_foot(export->page->arena, make_document(export), language_name(export->page->language), lines,
                &count);
    for (size_t i = 0; i < count && export->row < SHEET_ROWS; i++)
        xlsx_write_text(book, export->row++, 0, lines[i], XLSX_PLAIN);
    export->book = NULL;
    return xlsx_write_close(book, spool, error);
}

enum status export_finish(struct export *export, struct spool_file *spool, struct error *error)
{
    if (export->format == EXPORT_XLSX)
        return finish_book(export, spool, error);
    if (export->format == EXPORT_JSON)
        buffer_string(&export->out, export->any ? "\n  ]\n}\n" : "]\n}\n");
    if (flush(export, 0, error))
        return error->status;
    *spool = export->spool;
    export->spool = (struct spool_file){ 0 };
    return STATUS_OK;
}

void export_close(struct export *export)
{
    struct spool_file dropped = { 0 };
    struct error ignored;
    if (!export)
        return;
    if (export->book && xlsx_write_close(export->book, &dropped, &ignored) == STATUS_OK)
        spool_file_close(&dropped);
    spool_file_close(&export->spool);
    buffer_free(&export->out);
    free(export);
}

/* ---- rows ---- */

static enum status put_in_book(struct export *export, const struct value *row, struct arena *arena)
{
    const struct list *list = export->list;
    if (export->row == SHEET_ROWS)
        begin_sheet(export);
    for (size_t i = 0; i < list->count; i++) {
        struct text text = list_shown(arena, &list->columns[i], row);
        if (text.length)
            xlsx_write_text(export->book, export->row, (uint16_t)i, text, XLSX_WRAP);
    }
    export->row++;
    return STATUS_OK;
}

enum status export_row(void *user_data, struct value *row, struct arena *arena, struct error *error)
{
    struct export *export = user_data;
    struct page *page = export->page;
    const struct list *list = export->list;
    if (page->say && page->say(page, row, arena, error))
        return error->status;
    if (export->format == EXPORT_XLSX)
        return put_in_book(export, row, arena);
    if (export->format == EXPORT_JSON) { /* what the store has, not only the columns */
        buffer_string(&export->out, export->any ? ",\n    " : "\n    ");
        canonical_write(&export->out, row);
    } else {
        for (size_t i = 0; i < list->count; i++)
            csv_write_cell(&export->out, i == 0, list_shown(arena, &list->columns[i], row));
        csv_write_end_row(&export->out);
    }
    export->any = true;
    return flush(export, BUFFER_BYTES, error);
}
