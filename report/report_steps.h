/* What happened at the portal, acknowledgement after acknowledgement, as reports over a period see it. */
#ifndef REPORT_REPORT_STEPS_H
#define REPORT_REPORT_STEPS_H

#include "report/report_parts.h"

/* One acknowledgement, seen beside the one before it. */
struct report_step {
    const struct value *version;
    bool adopted;     /* stood there before, nobody knows since when */
    bool later;       /* behind the end of the period: by then the portal did not have it */
    const char *what; /* new, amended, replaced, abolished, correction, baseline, again */
    bool
        has_term; /* new, amended, replaced or abolished, by a decision that is known and the baseline does not cover */
};

struct report_steps {
    struct report_step *step;
    size_t count;
    struct value *wanted;
    struct text baseline; /* yyyy-mm-dd; bytes NULL: nothing was published yet */
};

/* All, in order of code and time, and what the sources announce and the portal does not have. What came up to the
 * baseline day, or was decided before it, is "baseline": it was published by other means. What bears a decision that an
 * earlier version of the procedure bore is "correction", or "again" where the content is that which stood there last: sent once
 * more, put back, withdrawn once more. Else what the source says the decision did (announcement), or what it did to what
 * stood there. The document says which day that is: the configuration's, or the one that the ledger proposes. */
enum status report_steps_read(const struct report_request *request, struct arena *arena,
                              struct value *document, struct report_steps *steps, struct error *error);

/* Was it published in time on that day? What was taken over was there by then, and is never called late. */
enum report_verdict report_step_judge(const struct report_request *request, const struct report_step *step,
                                      struct date day);

/* The first step of a code; NULL: there is none. The code's others follow it. */
const struct report_step *report_steps_find(const struct report_steps *steps, struct text code);

/* Is it one decision? Numbers begin anew each year, and two agencies may give the same (a document is its number, its issuer and
 * its year). */
bool report_steps_same_decision(const struct value *one, const struct value *other);

/* Was it decided before the baseline day? As the rules' `not_before: baseline`. */
bool report_steps_decided_before(const struct report_steps *steps, const struct value *version);

/* Does the day (yyyy-mm-dd; bytes NULL: no) lie in the period? */
bool report_within(const struct report_request *request, struct text day);

#endif
