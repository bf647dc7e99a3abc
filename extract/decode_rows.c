#include <stdio.h>
#include <stdlib.h>

#include "adapters/sqlite.h"
#include "adapters/unicode.h"
#include "core/canonical.h"
#include "extract/decode.h"

struct rows {
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
    struct rows *rows = arena_new(decode->arena, struct rows);
    struct sqlite_statement *statement = decode->document->rows;
    decode->own = rows;
    int count = sqlite_columns(statement);
    struct text *titles = arena_array(decode->arena, struct text, (size_t)count + 1);
    rows->codes = arena_array(decode->arena, bool, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        titles[i] = text_of(sqlite_column_title(statement, i));
        rows->codes[i] = decode_is_code(decode->source, titles[i]);
    }
    rows->context = decode_list(decode->arena, titles, (size_t)count);
    return decode_check_key(decode, titles, (size_t)count, error);
}

/* 1.001640 is kept as the number 1.00164: nobody can tell it from the code of another procedure. */
static const char *look_at_number(struct rows *rows, struct sqlite_statement *statement, int at)
{
    struct text number = sqlite_words(statement, at);
    char *end, digits[64];
    snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(number));
    double value = strtod(digits, &end);
    if (++rows->warned > WARNINGS)
        return NULL;
    snprintf(rows->warning, sizeof rows->warning,
             _("the column \"%s\" holds the number %s where a code belongs; it may have been %.6f before the "
               "database dropped its zeros: make the column a text"),
             sqlite_column_title(statement, at), digits, value);
    return rows->warning;
}

/* A blob is taken when it is a text in truth: some programs store texts so. */
static enum status put_cell(struct rows *rows, struct sqlite_statement *statement, int at,
                            struct error *error)
{
    if (sqlite_is_null(statement, at)) {
        buffer_string(&rows->record, "null");
        return STATUS_OK;
    }
    struct text cell =
        sqlite_is_blob(statement, at) ? sqlite_bytes(statement, at) : sqlite_words(statement, at);
    bool text = unicode_invalid_at(cell) == cell.length;
    for (size_t i = 0; text && i < cell.length; i++)
        text = cell.bytes[i] != 0;
    canonical_text(&rows->record, text ? cell : TEXT(""));
    if (text)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT, _("the column \"%s\" holds bytes that are no text (UTF-8)"),
                     sqlite_column_title(statement, at));
}

static enum status next_rows(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct rows *rows = decode->own;
    struct sqlite_statement *statement = decode->document->rows;
    enum status status = sqlite_step(statement, error), fault = STATUS_OK;
    *decoded = (struct decoded){ .mark = '#', .context = rows->context, .number = rows->number + 1 };
    if (status == STATUS_END)
        return STATUS_END;
    if (status)
        return error->status = STATUS_STOP;
    rows->number++;
    buffer_clear(&rows->record);
    buffer_char(&rows->record, '[');
    for (int i = 0; i < sqlite_columns(statement); i++) {
        if (i)
            buffer_char(&rows->record, ',');
        if (fault == STATUS_OK)
            fault = put_cell(rows, statement, i, error);
        else
            put_cell(rows, statement, i, NULL);
        if (rows->codes[i] && sqlite_is_real(statement, i) && !decoded->warning)
            decoded->warning = look_at_number(rows, statement, i);
    }
    buffer_char(&rows->record, ']');
    decoded->bytes = buffer_view(&rows->record);
    if (fault || rows->record.length <= (size_t)decode->source->record_limit)
        return fault;
    return error_set(error, STATUS_REJECT, _("the row is larger than %lld bytes (see \"record_limit\")"),
                     (long long)decode->source->record_limit);
}

static void close_rows(struct decode *decode)
{
    struct rows *rows = decode->own;
    buffer_free(&rows->record);
}

const struct decode_driver decode_rows = { .open = open_rows, .next = next_rows, .close = close_rows };
