/* Numbers of a workbook as a person sees them, and the formats that make dates of them. */
#ifndef EXTRACT_XLSX_NUMBER_H
#define EXTRACT_XLSX_NUMBER_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/text.h"
#include "extract/xlsx_table.h"

enum xlsx_shape { XLSX_AS_NUMBER, XLSX_AS_DATE, XLSX_AS_TIME, XLSX_AS_DATE_TIME, XLSX_AS_ELAPSED };

struct xlsx_format {
    enum xlsx_shape shape;
    unsigned char integers, decimals; /* digits that are shown at least; 0: as they come */
    bool percent;                     /* 0.5 is shown as 50% */
    /* What is shown with words: divided by 1000 so often ("50 nghìn"), and how many digits of a fraction. At most 2: three
     * may be thousands. */
    int thousands, places;
    struct text before, behind; /* words that are shown around a number ("5 ngày"); in the arena */
    bool struck;                /* the font's letters are struck out */
};

/* By its number in the standard (`code` empty) or by its code, of which the first section counts. The words are in the arena. */
struct xlsx_format xlsx_format_of(struct arena *arena, unsigned number, struct text code);

/* The text of a number cell's <v>; what is no number is given as a text, and so is one with a sign of percent or words around
 * it. Words are left out where not all of the number is shown with them. Sets kind, shown and text. */
void xlsx_number_cell(struct arena *arena, struct text lexeme, struct xlsx_format format, bool since_1904,
                      struct xlsx_cell *cell);
/* The text of a <v> that holds an ISO 8601 date. */
struct text xlsx_iso_date(struct arena *arena, struct text text);

#endif
