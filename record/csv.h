/* RFC 4180 rows, with what really occurs: other separators, LF or CRLF or CR, a byte order mark, quoted line
 * breaks, doubled quotes. A quote inside an unquoted cell is kept as it is; bytes behind a closing quote are
 * refused. */
#ifndef RECORD_CSV_H
#define RECORD_CSV_H

#include "adapters/file.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

/* Cuts a stream into rows. Memory holds one row and one block. */
struct csv_reader {
    struct file_stream *stream;
    struct buffer bytes; /* read and not yet given out, from `at` */
    size_t at;
    long line; /* of the row given out last, from 1 */
    long next_line;
    size_t limit; /* bytes of a row */
    bool ended;
    char separator; /* 0 while unknown: any of , ; TAB | may separate */
};

void csv_reader_open(struct csv_reader *reader, struct file_stream *stream, size_t row_limit);
void csv_reader_close(struct csv_reader *reader);

/* The bytes of the next row without its line break, borrowed until the next call; empty lines are passed
 * over. STATUS_OK, STATUS_END; STATUS_REJECT for a row over the limit (reading goes on behind its line
 * break); STATUS_STOP when the file ends inside quotes: the row's bytes are given, the listing is not whole.
 */
enum status csv_reader_next(struct csv_reader *reader, struct text *row, struct error *error);

/* The cells of one row, parts of it where nothing is doubled inside; blanks behind a closing quote go. STATUS_REJECT
 * with the cell's number when a quote is misplaced. */
enum status csv_cells(struct arena *arena, struct text row, char separator, struct text **cells,
                      size_t *count, struct error *error);

/* The likeliest of , ; TAB | for a heading row. */
char csv_guess_separator(struct text row);

#endif
