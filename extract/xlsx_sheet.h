/* The part of a sheet, read row by row: only the cells with something in them, and the merged ranges. */
#ifndef EXTRACT_XLSX_SHEET_H
#define EXTRACT_XLSX_SHEET_H

#include "extract/xlsx_book.h"

struct xlsx_range {
    unsigned top, left, bottom, right; /* rows and columns from 1 */
};

struct xlsx_place { /* a cell and its column, from 1 */
    unsigned column;
    size_t order; /* as read */
    struct xlsx_cell cell;
};

struct xlsx_sheet {
    struct xlsx_book *book;
    const char *label; /* for messages */
    struct xlsx_part part;
    struct arena arena;          /* of one row */
    struct buffer scratch, rich; /* what a cell's <v> and its <is> hold */
    size_t row_limit;
    bool in_data;

    size_t number; /* the row's, from 1 */
    bool hidden;   /* the row is */
    size_t count, capacity;
    struct xlsx_place *cells; /* in the order of their columns */
    size_t bytes;             /* that the row takes */
    bool ordered;

    size_t range_count, range_room;
    struct xlsx_range *ranges; /* collected while reading; they stand behind the rows */
};

enum status xlsx_sheet_open(struct xlsx_sheet *sheet, struct xlsx_book *book, struct text member,
                            const char *label, size_t row_limit, struct error *error);
/* STATUS_OK: the next row that has something in it, in the fields above (borrowed until the next call).
 * STATUS_REJECT: a row beyond the limit; reading goes on. STATUS_STOP: broken from here on. */
enum status xlsx_sheet_next(struct xlsx_sheet *sheet, struct error *error);
void xlsx_sheet_close(struct xlsx_sheet *sheet);

void xlsx_column_name(unsigned column, char name[4]);

#endif
