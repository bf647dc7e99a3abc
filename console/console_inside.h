/* What the console's own files know of each other. For console/ only. */
#ifndef CONSOLE_CONSOLE_INSIDE_H
#define CONSOLE_CONSOLE_INSIDE_H

#include "console/page.h"
#include "store/report_memory.h"

page_show page_today, page_kept, page_procedures, page_procedure, page_runs, page_run, page_sources,
    page_deadlines, page_approvals, page_reports, page_report, page_ledger, page_verification;

struct report_memory *console_reports(const struct page *page);
/* The codes that a question is about; of the page's head (console/search.h). */
enum status console_find(struct page *page, struct text question, struct value **codes, struct error *error);

#endif
