/* What happened at the portal, acknowledgement after acknowledgement, as reports over a period see it. */
#ifndef REPORT_REPORT_STEPS_H
#define REPORT_REPORT_STEPS_H

#include "report/report.h"

/* One acknowledgement, seen beside the one before it. */
struct report_step {
    const struct value *version;
    bool later;       /* behind the end of the period: by then the portal did not have it */
    const char *what; /* new, amended, replaced, abolished, correction, baseline */
};

struct report_steps {
    struct report_step *step;
    size_t count;
    struct value *wanted;
};

/* All, in order of code and time, and what the sources announce and the portal does not have. What came up to the baseline day is "baseline"; a
 * new content under the decision of the one before is "correction"; else what the source says the decision did
 * (announcement), or what it did to what stood there. The document says which day that is: the configuration's, or the
 * one that the ledger proposes. */
enum status report_steps_read(const struct report_request *request, struct arena *arena,
                              struct value *document, struct report_steps *steps, struct error *error);

/* The first step of a code; NULL: there is none. The code's others follow it. */
const struct report_step *report_steps_find(const struct report_steps *steps, struct text code);

/* Does the day (yyyy-mm-dd; bytes NULL: no) lie in the period? */
bool report_within(const struct report_request *request, struct text day);

#endif
