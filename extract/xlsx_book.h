/* What a workbook has besides its sheets: their names and places, the shared texts, the formats. */
#ifndef EXTRACT_XLSX_BOOK_H
#define EXTRACT_XLSX_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "adapters/archive.h"
#include "adapters/file.h"
#include "adapters/xml.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "extract/xlsx_number.h"

struct xlsx_book_sheet {
    struct text name;
    struct text part; /* the member's name in the archive; empty: no table, but a chart or the like */
    bool hidden;
};

/* Which parts of a text are struck out: a run of rich text says it for itself, or looks as its cell does. */
enum { XLSX_AS_CELL = 1, XLSX_STRUCK = 2, XLSX_UNSTRUCK = 4 };
struct xlsx_runs {
    unsigned marks;   /* of what is there */
    bool own, struck; /* the run that is open has a look of its own, and is struck out by it */
};
void xlsx_runs_take(struct xlsx_runs *runs,
                    const struct xml_event *event); /* elements and texts inside <si> or <is> */

struct xlsx_string {
    size_t end;
    unsigned marks;
};

struct xlsx_book {
    struct arena arena;
    struct text name; /* for messages */
    struct archive_file *archive;
    bool since_1904;
    size_t sheet_count, format_count, string_count;
    struct xlsx_book_sheet *sheets;
    struct xlsx_format *formats; /* by a cell's `s` */
    struct buffer strings;       /* the shared texts one behind the other */
    struct xlsx_string *string_list;
};

enum status xlsx_book_open(struct xlsx_book *book, const char *path, struct text bytes, const char *name,
                           const struct archive_limits *limits, struct error *error);
void xlsx_book_close(struct xlsx_book *book);
/* The sheet that is meant (a name, a number, or the first that is not hidden); STATUS_REJECT lists those
 * there are. */
enum status xlsx_book_find(const struct xlsx_book *book, struct text wanted,
                           const struct xlsx_book_sheet **sheet, struct error *error);
/* A shared text and its marks; false when there is no such. */
bool xlsx_book_string(const struct xlsx_book *book, struct text number, struct text *text, unsigned *marks);

/* One part of the workbook, read event by event. Faults are STATUS_REJECT (STATUS_STOP is left to who has
 * given rows). */
struct xlsx_part {
    struct file_stream stream;
    struct xml_events *events;
};
enum status xlsx_part_open(struct xlsx_book *book, struct text member, struct xlsx_part *part,
                           struct error *error);
void xlsx_part_close(struct xlsx_part *part); /* one that was not opened, or is closed, is fine */

bool xlsx_is(const struct xml_event *event, enum xml_event_kind kind, const char *name);
bool xlsx_digits(struct text text, size_t most, size_t *number); /* 0 … most */
/* Appends a text of the workbook, in which _x000D_ and its like stand for characters. */
void xlsx_unescape(struct buffer *out, struct text text);

#endif
