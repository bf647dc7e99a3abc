/* Which rules keep back how many records, whose, and since when; which terms run out. For `status --rules`.
 */
#ifndef STORE_RULE_REPORT_H
#define STORE_RULE_REPORT_H

#include "store/store.h"

/* One row for each rule, severity, source and department, the rules that keep most back first: rule,
 * severity, cites, source, department (who mends the records: store/kept.h), records, kept_back (those that are rejected), since_run, since (RFC 3339), code (of one
 * of them), and of one of them the finding as core/finding.h has it: field, value, reason, arguments, message in the
 * night's words. */
enum status rule_report(struct store *store, struct arena *arena, struct value **rows, struct error *error);

/* The rows of terms that somebody can meet: one of a record that left its source ends nothing and is told nowhere. */
#define RULE_REPORT_TERMS "deadline d JOIN record r ON r.id = d.record AND r.present = 1"

/* Terms that run, the earliest first: code, name, rule, due (yyyy-mm-dd), overdue (a boolean), outcome,
 * department. Of records that the portal has not acknowledged. `today` is the day in Vietnam, yyyy-mm-dd;
 * terms up to `until` are told (NULL: all). */
enum status rule_report_deadlines(struct store *store, struct arena *arena, const char *today,
                                  const char *until, struct value **rows, struct error *error);

#endif
