/* The list of what a department must mend, in an official's words (INTERFACE §9 `cho-hoan-thien`): a document
 * as report.h describes, for the same writers. */
#ifndef REPORT_REPORT_KEPT_H
#define REPORT_REPORT_KEPT_H

#include "core/date.h"
#include "core/value.h"
#include "core/workday.h"

#define REPORT_KEPT "cho-hoan-thien" /* its name, beside those of report_kinds */

struct report_kept {
    const struct value
        *rows;              /* as store/kept.h gives them, with their words (place, message, to_do, cites) */
    const char *department; /* NULL: all, with a column that names them */
    const char *agency_code, *agency_name;
    const struct workday_calendar
        *calendar; /* NULL: days left are counted as calendar days, and it is said */
    struct date today;
    const struct value *head; /* what it rests on; may be empty */
};

struct value *report_kept_make(const struct report_kept *kept, struct arena *arena);

/* May the department mend it (rejected, refused, held, sent back), or is it the operator's? */
bool report_kept_is_departments(const struct value *row);

/* The file's name of a department, without a number and an ending: ASCII letters, digits and "-", so short that the
 * whole name has at most 100 bytes. */
struct text report_kept_file(struct arena *arena, struct text department);

#endif
