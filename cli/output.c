#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "adapters/unicode.h"
#include "adapters/visible.h"
#include "cli/cli.h"
#include "core/canonical.h"
#include "core/error_value.h"

static bool begun;

void output_begin(void)
{
    begun = true;
}

bool output_is_begun(void)
{
    return begun;
}

void output_error_members(struct value *document, struct arena *arena, const struct error *error)
{
    const char *id = error_id(error);
    struct text hint = error_hint(arena, error);
    value_set(document, "error", value_string(arena, error->message));
    if (id)
        value_set(document, "error_id", value_string(arena, id));
    value_put(arena, document, "error_hint", hint);
}

void output_error(const struct error *error, int exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *document = value_object(&arena);
    output_error_members(document, &arena, error);
    value_set(document, "exit_code", value_integer(&arena, exit_code));
    output_set_schema(NULL);
    output_json(document);
}

static const char *schema;

void output_set_schema(const char *name)
{
    schema = name;
}

const char *output_schema(void)
{
    return schema;
}

void output_json(const struct value *document)
{
    struct buffer bytes = { 0 };
    size_t from = 0;
    begun = true;
    canonical_pretty(&bytes, document);
    if (schema && document->kind == VALUE_OBJECT && document->count && !value_find(document, "schema")) {
        printf("{\n  \"schema\": \"%s\",", schema);
        from = 1;
    }
    fwrite(bytes.bytes + from, 1, bytes.length - from, stdout);
    putchar('\n');
    buffer_free(&bytes);
}

static struct text content_of(struct arena *arena, const struct value *value, int most)
{
    if (value && value->kind == VALUE_BOOLEAN)
        return text_of(value->truth ? _("yes") : _("no"));
    if (!value || !value_is_scalar(value) || value->kind == VALUE_NULL)
        return TEXT("");
    if (most == OUTPUT_WORD)
        return output_word(value->text);
    return most == OUTPUT_TIME ? output_time(arena, value->text) : value->text;
}

#define WIDTH_MAX 60

/* One line: what is written out (adapters/visible.h) counts with the columns it takes. */
static struct text shown(struct arena *arena, const struct value *row, const struct output_column *column)
{
    struct text text = content_of(arena, value_find(row, column->member), column->most);
    int most = column->most > 0 ? column->most : WIDTH_MAX;
    struct buffer BUFFER_OWNED out = { 0 };
    struct buffer BUFFER_OWNED line = { 0 };
    int width = 0;
    visible_put(&line, text, true);
    text = buffer_view(&line);
    for (size_t at = 0; at < text.length;) {
        char bytes[4];
        int32_t character = unicode_next(text, &at);
        if (width == most - 1 && at < text.length) {
            buffer_string(&out, "…");
            break;
        }
        buffer_put(&out, bytes, unicode_put(character < ' ' ? ' ' : character, bytes));
        width += !unicode_is_mark(character);
    }
    return text_copy(arena, buffer_view(&out));
}

int output_columns(struct text text)
{
    int width = 0;
    for (size_t at = 0; at < text.length;)
        width += !unicode_is_mark(unicode_next(text, &at));
    return width;
}

/* A measure of the screen: what the environment says, else the terminal; 0: neither does. */
static int measure(const char *name, bool rows)
{
    struct winsize size;
    const char *given = getenv(name);
    long count = given ? strtol(given, NULL, 10) : 0;
    if (count <= 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        count = rows ? size.ws_row : size.ws_col;
    return count < 10 || count > 10000 ? 0 : (int)count;
}

int output_width(void)
{
    int columns = measure("COLUMNS", false);
    return columns ? columns : 80;
}

int output_height(int usual)
{
    int lines = measure("LINES", true);
    return lines ? lines : usual;
}

static void print_cell(struct text text, int width, bool right, bool last)
{
    int pad = width - output_columns(text);
    if (right)
        printf("%*s", pad, "");
    fwrite(text.bytes, 1, text.length, stdout);
    if (!right && !last)
        printf("%*s", pad, "");
    fputs(last ? "\n" : "  ", stdout);
}

void output_padded(struct text text, int width)
{
    int pad = width - output_columns(text);
    printf("%.*s%*s", TEXT_ARG(text), pad > 0 ? pad : 0, "");
}

#define COLUMNS_MAX 32
#define NARROWEST   8

/* The widest columns of words give way, until the table is as wide as the screen (0: it may be any width). False: it is
 * still wider. */
static bool fit(int widths[COLUMNS_MAX], const bool right[COLUMNS_MAX], size_t count, int screen)
{
    int sum = 2 * ((int)count - 1);
    for (size_t i = 0; i < count; i++)
        sum += widths[i];
    while (screen && sum > screen) {
        size_t widest = count;
        for (size_t i = 0; i < count; i++)
            if (!right[i] && widths[i] > NARROWEST && (widest == count || widths[i] > widths[widest]))
                widest = i;
        if (widest == count)
            return false;
        widths[widest]--;
        sum--;
    }
    return true;
}

static struct text cut(struct arena *arena, struct text text, int width)
{
    BUFFER_OWNED struct buffer out = { 0 };
    int columns = 0;
    if (output_columns(text) <= width)
        return text;
    for (size_t at = 0, before = 0; at < text.length; before = at) {
        columns += !unicode_is_mark(unicode_next(text, &at));
        if (columns >= width && at < text.length) {
            buffer_text(&out, text_slice(text, 0, before));
            buffer_string(&out, "…");
            return text_copy(arena, buffer_view(&out));
        }
    }
    return text;
}

static int screen_width(void)
{
    return measure("COLUMNS", false) || isatty(STDOUT_FILENO) ? output_width() : 0;
}

struct table {
    const struct value *rows;
    const struct output_column *columns;
    size_t count;
    int widths[COLUMNS_MAX];
    bool right[COLUMNS_MAX];
};

static void measure_table(struct table *table, struct arena *arena)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct output_column *column = &table->columns[i];
        table->widths[i] = output_columns(text_of(column->heading));
        table->right[i] = true;
        for (const struct value *row = table->rows->first; row; row = row->next) {
            const struct value *cell = value_find(row, column->member);
            int width = output_columns(shown(arena, row, column));
            table->widths[i] = width > table->widths[i] ? width : table->widths[i];
            table->right[i] = table->right[i] && (!cell || cell->kind == VALUE_NUMBER);
        }
    }
}

static void print_lines(const struct table *table, struct arena *arena)
{
    for (size_t i = 0; i < table->count; i++)
        print_cell(cut(arena, text_of(table->columns[i].heading), table->widths[i]), table->widths[i],
                   table->right[i], i + 1 == table->count);
    for (const struct value *row = table->rows->first; row; row = row->next)
        for (size_t i = 0; i < table->count; i++)
            print_cell(cut(arena, shown(arena, row, &table->columns[i]), table->widths[i]), table->widths[i],
                       table->right[i], i + 1 == table->count);
}

/* The words of a paragraph, its later lines two blanks further in; *at is the column. */
static void print_words(struct text text, int screen, int *at, struct arena *arena)
{
    for (size_t from = 0, to; from < text.length; from = to + 1) {
        const char *blank = memchr(text.bytes + from, ' ', text.length - from);
        to = blank ? (size_t)(blank - text.bytes) : text.length;
        struct text word = cut(arena, text_slice(text, from, to - from), screen - 2);
        if (!word.length)
            continue;
        int width = output_columns(word);
        bool breaks = *at && *at + 1 + width > screen;
        fputs(breaks ? "\n  " : *at ? " " : "", stdout);
        *at = (breaks ? 2 : *at + (*at > 0)) + width;
        fwrite(word.bytes, 1, word.length, stdout);
    }
}

/* Of a table that no screen so narrow can hold: a paragraph a row, without what is nothing. */
static void print_paragraphs(const struct table *table, int screen, struct arena *arena)
{
    for (const struct value *row = table->rows->first; row; row = row->next) {
        int at = 0;
        for (size_t i = 0; i < table->count; i++) {
            struct text text = shown(arena, row, &table->columns[i]);
            if (!text.length)
                continue;
            if (at)
                fputc(';', stdout);
            at += at > 0;
            print_words(text_format(arena, "%s: " TEXT_PRINT, table->columns[i].heading, TEXT_ARG(text)),
                        screen, &at, arena);
        }
        fputc('\n', stdout);
    }
}

static void print_table(const struct value *rows, const struct output_column *columns, size_t count,
                        bool lines)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct table table = { .rows = rows,
                           .columns = columns,
                           .count = count < COLUMNS_MAX ? count : COLUMNS_MAX };
    int screen = screen_width();
    measure_table(&table, &arena);
    if (fit(table.widths, table.right, table.count, screen) || lines)
        print_lines(&table, &arena);
    else
        print_paragraphs(&table, screen - 1, &arena); /* a semicolon stands behind the last word */
}

void output_table(const struct value *rows, const struct output_column *columns, size_t count)
{
    print_table(rows, columns, count, false);
}

void output_lines(const struct value *rows, const struct output_column *columns, size_t count)
{
    print_table(rows, columns, count, true);
}

#define CLEAR_LINE "\r\033[K"

static bool progress_shown;

/* Who wants no colours wants no escape sequences. */
static void clear_line(void)
{
    const char *plain = getenv("NO_COLOR");
    if (plain && *plain)
        fprintf(stderr, "\r%*s\r", output_width() - 1, "");
    else
        visible_raw(stderr, STDERR_FILENO, TEXT(CLEAR_LINE));
}

void output_progress_end(const struct session *session)
{
    (void)session;
    if (progress_shown)
        clear_line();
    progress_shown = false;
}

void output_message(const struct session *session, const char *format, ...)
{
    va_list arguments;
    if (session->invocation->quiet)
        return;
    output_progress_end(session);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void output_progress(const struct session *session, const char *what, int64_t done, int64_t total)
{
    if (!session->terminal || session->invocation->quiet)
        return;
    progress_shown = true;
    clear_line();
    if (total > 0)
        fprintf(stderr, "%s: %lld/%lld (%d%%)", what, (long long)done, (long long)total,
                (int)(done * 100 / total));
    else
        fprintf(stderr, "%s: %lld", what, (long long)done);
    fflush(stderr);
}
