/* The rows of one sheet of an .xlsx workbook, read in flat memory: a heading row, and the rows below it as
 * texts.
 *
 * A cell's text is what a person sees in it, as far as it can be known: numbers without floating-point noise
 * and without exponent, with the zeros of a format such as 00000 or 0.000000; dates as yyyy-mm-dd, or
 * yyyy-mm-dd HH:mm:ss when there is a time; truths as true and false; formulas as their last result; line
 * breaks kept; phonetic hints left out. The value of a merged range stands in its first column, in all of its rows. Hidden rows,
 * columns and sheets are read like others. Blank cells are empty, blank rows do not come, nor do repetitions
 * of the heading row, nor a row that only counts the columns (1, 2, 3 …) just below it.
 *
 * The input is hostile: see adapters/archive.h and adapters/xml.h for what is refused. Formats: ECMA-376.
 */
#ifndef EXTRACT_XLSX_H
#define EXTRACT_XLSX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
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
    bool title; /* no record: a line across the table ("II. Đất đai" in one merged cell), or remarks beside it
                 */
};

struct xlsx_options {
    struct text sheet;   /* its name, else its number from 1; none: the first that is not hidden */
    size_t header_row;   /* of the headings; 0: found */
    size_t header_count; /* with names the sheet needs no headings; a row that has just these is passed, with
                          * all above it */
    const struct text *header;           /* the names, from column A on */
    size_t row_limit;                    /* bytes of a row's texts; 0: 16 MiB */
    const struct archive_limits *limits; /* NULL: the default ones */
};

struct xlsx;

/* From a path, or from bytes (borrowed until the close) when `path` is NULL. `name` is for messages.
 * STATUS_REJECT: this workbook is set aside, with the reason (protected, damaged, no such sheet, no headings
 * found, …). */
enum status xlsx_open(const char *path, struct text bytes, const char *name,
                      const struct xlsx_options *options, struct xlsx **xlsx, struct error *error);
/* The headings: blanks made one, "/" between the lines of a heading of several merged rows, " (2)" behind the
 * second of one name, and the column's letters where there is none. */
size_t xlsx_headings(const struct xlsx *xlsx, const struct text **names);
struct text xlsx_sheet_name(const struct xlsx *xlsx);
/* STATUS_OK. STATUS_END. STATUS_REJECT: this row (row->number) is set aside and reading goes on. STATUS_STOP:
 * the workbook is broken from here on. */
enum status xlsx_next(struct xlsx *xlsx, struct xlsx_row *row, struct error *error);
void xlsx_close(struct xlsx *xlsx); /* NULL is fine */

#endif
