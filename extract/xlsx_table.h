/* What a sheet of a workbook is read into (extract/xlsx.h): cells, rows, and which of them are wanted. */
#ifndef EXTRACT_XLSX_TABLE_H
#define EXTRACT_XLSX_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"

struct archive_limits;

#define XLSX_ROWS     1048576u
#define XLSX_COLUMNS  16384u
#define XLSX_HEADINGS 1024u /* columns that may have headings */

enum xlsx_kind {
    XLSX_EMPTY,
    XLSX_TEXT,
    XLSX_NUMBER, /* a code typed as a number may have lost its zeros: 1.001640 is stored as 1.00164 */
    XLSX_DATE,   /* or a time */
    XLSX_BOOLEAN,
    XLSX_ERROR,        /* "#N/A", … */
    XLSX_UNCALCULATED, /* a formula whose result was never stored: the text is empty, but something belongs
                          here */
    XLSX_LOST,         /* merged with a row that was set aside: the text is that row's number */
};

struct xlsx_cell {
    enum xlsx_kind kind;
    bool shown;  /* XLSX_NUMBER: written with the zeros of the cell's format, so that none was lost */
    bool merged; /* the value of a merged range whose first cell is another one */
    bool struck; /* struck out, by the cell's format or by each run of its text */
    bool partly; /* … a part of it */
    struct text text;
};

struct xlsx_row {
    size_t number;                 /* in the sheet, from 1 */
    size_t count;                  /* as many as there are headings */
    const struct xlsx_cell *cells; /* borrowed until the next call */
    bool hidden;
    size_t beyond; /* cells with something in them right of the last heading */
    bool title;    /* no record: a line across the table ("II. Đất đai" in one merged cell), or a
                 * remark beside it; one half as wide as the table or more is STATUS_REJECT */
};

struct xlsx_options {
    struct text sheet;   /* its name, else its number from 1; none: the first that is not hidden */
    size_t header_row;   /* of the headings; 0: found */
    struct text key;     /* a heading that is among them; none: it is not known */
    size_t header_count; /* with names the sheet needs no headings; a row that has just these is passed, with
                          * all above it */
    const struct text *header;           /* the names, from column A on */
    bool rowless;                        /* with names: a sheet without any row is an empty list */
    size_t row_limit;                    /* bytes of a row's texts; 0: 16 MiB */
    const struct archive_limits *limits; /* NULL: the default ones */
};

#endif
