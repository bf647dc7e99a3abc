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

#include <stddef.h>

#include "core/error.h"
#include "core/text.h"
#include "extract/xlsx_table.h"

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
/* Where no sheet was named: how many others that are not hidden have a cell with the key in one of their first rows, and the name
 * of the first of them. */
size_t xlsx_other_tables(const struct xlsx *xlsx, struct text *name);
/* STATUS_OK. STATUS_END. STATUS_REJECT: this row (row->number) is set aside and reading goes on. STATUS_STOP:
 * the workbook is broken from here on. */
enum status xlsx_next(struct xlsx *xlsx, struct xlsx_row *row, struct error *error);
void xlsx_close(struct xlsx *xlsx); /* NULL is fine */

#endif
