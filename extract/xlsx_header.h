/* Finds the headings of a sheet in its first rows. */
#ifndef EXTRACT_XLSX_HEADER_H
#define EXTRACT_XLSX_HEADER_H

#include "extract/xlsx_sheet.h"

/* The first rows of a sheet that have something in them, kept while it is read for its merged ranges. */
struct xlsx_kept_row {
    size_t number, count;
    struct xlsx_place *cells; /* in the first XLSX_HEADINGS columns; texts cut to what a heading may have */
};

struct xlsx_sample {
    struct arena arena;
    size_t count, capacity;
    struct xlsx_kept_row *rows;
};

void xlsx_sample_add(struct xlsx_sample *sample, const struct xlsx_sheet *sheet, size_t header_row);
void xlsx_sample_free(struct xlsx_sample *sample);

struct xlsx_header {
    size_t row;  /* the first of the heading rows, 0: none is in the sheet */
    size_t last; /* the last of them: records are below */
    size_t count;
    struct text *names; /* in the arena given */
};

/* With options->header: these names, and the row that repeats them, if any. With header_row: that row.
 * Otherwise the first row with two different texts or more, whose columns are those that the rows below it
 * fill. */
enum status xlsx_header_find(struct arena *arena, const struct xlsx_options *options,
                             const struct xlsx_sample *sample, const struct xlsx_range *ranges,
                             size_t range_count, struct xlsx_header *header, struct error *error);
/* A heading or a cell as one line: runs of blanks and line breaks made one blank, trimmed. */
struct text xlsx_one_line(struct arena *arena, struct text text);

#endif
