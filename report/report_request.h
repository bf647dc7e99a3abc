/* What a report is asked for, and what fills its document (report/report.h). */
#ifndef REPORT_REPORT_REQUEST_H
#define REPORT_REPORT_REQUEST_H

#include "core/agency.h"
#include "core/date.h"
#include "core/value.h"
#include "core/workday.h"
#include "store/report_memory.h"
#include "store/store.h"

enum report_by {
    REPORT_BY_AGENCY,
    REPORT_BY_FIELD,
    REPORT_BY_LEVEL,
    REPORT_BY_DEPARTMENT,
    REPORT_BY_DEFAULT
};

struct report_request {
    struct text name;
    struct store *store;
    const struct report_memory *memory; /* held until the document is no longer needed; NULL: none */
    const char *from, *to, *as_of;      /* yyyy-mm-dd; NULL: the report's own (this quarter so far, today) */
    enum report_by by;
    const char *agency_code, *agency_name;
    enum agency_kind agency_kind; /* whose terms those of its records are that name no other agency */
    const struct workday_calendar *calendar; /* NULL: no holidays are known, and reports on terms say so */
    const char *baseline;                    /* yyyy-mm-dd; NULL: the day of the first publication */
    struct date today;                       /* in Vietnam */
};

/* Fills columns, rows, total, lists and notes of a document that has the rest, over the days of the request, which are there. */
typedef enum status report_fill(const struct report_request *request, struct arena *arena,
                                struct value *document, struct error *error);

#endif
