/* The door to libxlsxwriter: a workbook of texts and numbers, written to a spool file.
 *
 *     xlsx_write_open(&book, error);
 *     xlsx_write_sheet(book, "Số liệu");
 *     xlsx_write_text(book, row, column, text, XLSX_PLAIN);
 *     xlsx_write_close(book, &spool, error);      // frees the book, also on error
 *
 * Rows come in order, each whole before the next: no more than one is in memory. Texts become string cells, never formulas or links; what Excel cannot hold is cut at 32,767 characters with
 * "…" at its end; bytes that are not UTF-8 become U+FFFD. The same book gives the same bytes.
 */
#ifndef ADAPTERS_XLSX_WRITE_H
#define ADAPTERS_XLSX_WRITE_H

#include <stdint.h>

#include "adapters/spool_file.h"
#include "core/error.h"
#include "core/text.h"

struct xlsx_write;

enum xlsx_style { XLSX_PLAIN, XLSX_TITLE, XLSX_HEADING, XLSX_WRAP, XLSX_TOTAL };

enum status xlsx_write_open(struct xlsx_write **book, struct error *error);
/* The sheet that what follows goes to. Names are cut at 31 characters; []:*?/\ become blanks. */
void xlsx_write_sheet(struct xlsx_write *book, const char *name);
void xlsx_write_width(struct xlsx_write *book, uint16_t column, double characters);
void xlsx_write_text(struct xlsx_write *book, uint32_t row, uint16_t column, struct text text,
                     enum xlsx_style style);
/* A number with grouped thousands (decimals 0) or decimals. */
void xlsx_write_number(struct xlsx_write *book, uint32_t row, uint16_t column, double number, int decimals);
/* The rows above `row` stay in sight; the sheet prints on A4, landscape, as wide as the page. */
void xlsx_write_freeze(struct xlsx_write *book, uint32_t row);
/* STATUS_FATAL when it cannot be written. */
enum status xlsx_write_close(struct xlsx_write *book, struct spool_file *spool, struct error *error);

#endif
