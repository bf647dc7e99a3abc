#include "extract/rows.h"

#include <stdio.h>

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "extract/decode.h"

struct table {
    struct text context;
    struct buffer record;
    long number;
    bool *codes; /* per column: a code belongs there */
    int warned;
    char warning[400];
};

#define WARNINGS 20 /* of one query */

static enum status open_rows(struct decode *decode, struct error *error)
{
    struct table *table = arena_new(decode->arena, struct table);
    const struct rows *rows = decode->document->rows;
    decode->user_data = table;
    struct text *titles = arena_array(decode->arena, struct text, rows->columns + 1);
    table->codes = arena_array(decode->arena, bool, rows->columns + 1);
    for (size_t i = 0; i < rows->columns; i++) {
        titles[i] = text_of(rows->title(rows, i));
        table->codes[i] = decode_is_code(decode->source, titles[i]);
    }
    table->context = decode_list(decode->arena, titles, rows->columns);
    return decode_check_key(decode, titles, rows->columns, error);
}

/* 1.001640 is kept as the number 1.00164: nobody can tell it from the code of another procedure. */
static void look_at_number(struct table *table, const char *title, struct text number)
{
    char code[DECODE_CODE];
    if (*table->warning || ++table->warned > WARNINGS)
        return;
    if (decode_lost_zeros(number, true, code))
        snprintf(
            table->warning, sizeof table->warning,
            _("the column \"%s\" holds the number %.*s where a code belongs; it may have been %s before the "
              "database dropped its zeros: make the column a text"),
            title, TEXT_ARG(number), code);
    else
        snprintf(
            table->warning, sizeof table->warning,
            _("the column \"%s\" holds the number %.*s where a code belongs: a database drops zeros; make "
              "the column a text"),
            title, TEXT_ARG(number));
}

/* Bytes of a binary column are taken when they are a text in truth: some programs store texts so. */
static enum status put_cell(struct table *table, struct rows *rows, size_t at, struct error *error)
{
    struct text cell;
    enum status status = rows->cell(rows, at, &cell, error);
    if (status) {
        canonical_text(&table->record, TEXT(""));
        return status;
    }
    if (!cell.bytes) {
        buffer_string(&table->record, "null");
        return STATUS_OK;
    }
    enum rows_kind kind = rows->kind(rows, at);
    if (table->codes[at] && kind == ROWS_REAL)
        look_at_number(table, rows->title(rows, at), cell);
    bool text = unicode_invalid_at(cell) == cell.length;
    for (size_t i = 0; text && i < cell.length; i++)
        text = cell.bytes[i] != 0;
    decode_put_cell(&table->record, text ? cell : TEXT(""), kind != ROWS_TEXT);
    if (text)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT, _("the column \"%s\" holds bytes that are no text (UTF-8)"),
                     rows->title(rows, at));
}

/* The first fault is the row's; the other cells are taken all the same, for who looks at it. What comes
 * behind the limit is not, so that many large cells do not add up. */
static enum status put_row(struct table *table, struct rows *rows, size_t most, struct error *error)
{
    struct error other;
    enum status fault = STATUS_OK;
    for (size_t i = 0; i < rows->columns && table->record.length <= most; i++) {
        if (i)
            buffer_char(&table->record, ',');
        enum status status = put_cell(table, rows, i, fault ? &other : error);
        if (status && status != STATUS_REJECT)
            return fault ? error_copy(error, status, &other) : status;
        if (status)
            fault = STATUS_REJECT;
    }
    return fault;
}

static enum status next_rows(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct table *table = decode->user_data;
    struct rows *rows = decode->document->rows;
    size_t most = (size_t)decode->source->record_limit;
    enum status status = rows->next(rows, error);
    *decoded = (struct decoded){ .mark = '#', .context = table->context, .number = table->number + 1 };
    if (status == STATUS_END)
        return STATUS_END;
    if (status)
        return error->status = STATUS_STOP;
    table->number++;
    *table->warning = 0;
    buffer_clear(&table->record);
    buffer_char(&table->record, '[');
    status = put_row(table, rows, most, error);
    buffer_char(&table->record, ']');
    if (status && status != STATUS_REJECT)
        return error->status = STATUS_STOP;
    decoded->bytes = buffer_view(&table->record);
    decoded->warning = *table->warning ? table->warning : NULL;
    if (status || table->record.length <= most)
        return status;
    return error_set(error, STATUS_REJECT, _("the row is larger than %lld bytes (see \"record_limit\")"),
                     (long long)decode->source->record_limit);
}

static void close_rows(struct decode *decode)
{
    struct table *table = decode->user_data;
    buffer_free(&table->record);
}

const struct decode_driver decode_rows = { .open = open_rows, .next = next_rows, .close = close_rows };
