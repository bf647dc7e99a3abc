/* Reports: the figures that officials owe, each with its definition, and the codes behind it (INTERFACE §9,
 * docs/reports.md).
 *
 * A report is made as one document, which the writers turn into a table, CSV, XLSX, HTML or JSON:
 *
 *     struct report_request request = { .name = text_of("so-luong"), .store = store, … };
 *     if (report_make(&request, &arena, &document, error)) …
 *     report_html_write(&out, document);
 *
 * The document is an object of
 *     schema          "congkhai/report/1"
 *     report, title, unit, definition
 *     agency          {code, name}
 *     period          {from, to} or {as_of}: yyyy-mm-dd; known_at where the day is not over
 *     rests_on        {run, events, root, note, at, events_behind}: the ledger's newest head; absent where there is none
 *     columns[]       {name, heading, kind: text · count · percent · date}
 *     rows[]          an object, a member a column: a text, or a figure {count, codes[]}, or
 *                     {percent: "99.94", numerator, denominator} or {missing: why}
 *     total           a row of the same kind; absent where a sum would mean nothing
 *     lists[]         {name, heading, columns[], rows[]}: what stands behind the figures, row by row
 *     notes[]         what the reader must know: texts
 * A figure that cannot be computed says what is missing; it is never 0. Figures that count a procedure twice
 * (by field) say so in a note.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/report_request.h"

struct report_kind {
    const char *name;
    const char *title; /* English msgid */
    bool period;       /* over --from … --to, else on --as-of */
    bool grouped;      /* takes --by */
    report_fill *make;
    const char *definition; /* English msgid */
};
extern const struct report_kind report_kinds[]; /* ends with a name of NULL */
/* The names of all, REPORT_KEPT (report_kept.h) behind them, with `between` in between; in the arena. */
const char *report_names(struct arena *arena, const char *between);

/* STATUS_USAGE for a name, a day or a --by that is none, or a period that ends before it begins. */
enum status report_make(const struct report_request *request, struct arena *arena, struct value **document,
                        struct error *error);

#endif
