/* A report's document (report.h) as CSV, XLSX and HTML. JSON is the document itself. */
#ifndef REPORT_REPORT_WRITE_H
#define REPORT_REPORT_WRITE_H

#include "adapters/spool_file.h"
#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

/* What a cell shows: counts with grouped thousands and percentages in the language ("1.515", "99,94 %"), or as
 * programs read them ("1515", "99.94") when `plain`. The text lives in the arena. */
struct text report_cell_text(struct arena *arena, const struct value *cell, const char *language, bool plain);
bool report_cell_is_number(const struct value *cell);
/* "1.515" in Vietnamese, "1,515" in English. */
struct text report_number(struct arena *arena, int64_t number, const char *language);
/* "31/03/2026" in Vietnamese; another text stays. */
struct text report_day(struct arena *arena, struct text day, const char *language);

void report_csv_write(struct buffer *out, const struct value *document);
/* A page that stands alone: no script, no other host; prints on A4. */
void report_html_write(struct buffer *out, const struct value *document, const char *language);
/* The same without head, title and style, to stand within another page. */
void report_html_inside(struct buffer *out, const struct value *document, const char *language);
/* A sheet of the figures, one of the codes behind them, one for each list. */
enum status report_xlsx_write(const struct value *document, const char *language, struct spool_file *spool,
                              struct error *error);
/* "Từ ngày … đến ngày …", or the day. */
struct text report_period_words(struct arena *arena, const struct value *document, const char *language);
/* Whose list it is, of one for a department; bytes NULL: it is everybody's. */
struct text report_department_words(struct arena *arena, const struct value *document);
/* "Số liệu tính đến …", the head it rests on: lines of text, for table and pages. */
void report_foot(struct arena *arena, const struct value *document, const char *language,
                 struct text lines[4], size_t *count);

#endif
