/* The door to CSV: RFC 4180, UTF-8 with BOM, headings in the first line and nothing above, CRLF.
 *
 *     csv_write_begin(out);
 *     csv_write_cell(out, true, heading); csv_write_cell(out, false, next); csv_write_end_row(out);
 *
 * A cell that begins with = + - @ TAB or CR gets a ' in front, so that a spreadsheet shows it and does not
 * compute it, and what nobody sees (control characters, bidi) is written out as [U+202E]; who needs values unchanged takes JSON. Numbers of the program are written by csv_write_number.
 */
#ifndef ADAPTERS_CSV_WRITE_H
#define ADAPTERS_CSV_WRITE_H

#include <stdbool.h>

#include "core/text.h"

void csv_write_begin(struct buffer *out);
void csv_write_cell(struct buffer *out, bool first, struct text text);
void csv_write_number(struct buffer *out, bool first, struct text digits); /* as it is, a minus too */
void csv_write_end_row(struct buffer *out);

#endif
