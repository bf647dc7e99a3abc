/* Rules: what the law asks of a procedure, as data (INTERFACE §3, docs/rules.md).
 *
 * A rule is compiled once. Rules that look at one record run on it alone, from many threads, without
 * allocation while they hold. Rules that look at all records, or at the calendar, run over the store
 * (cross_record_rules.h): what they look at is kept beside each record, so that a night need not open the records
 * again.
 */
#ifndef TRANSFORM_RULE_H
#define TRANSFORM_RULE_H

#include "core/agency.h"
#include "core/date.h"
#include "core/digest.h"
#include "core/finding.h"
#include "core/procedure.h"
#include "core/setting.h"
#include "record/codes.h"

struct rule_set; /* all rules of a configuration, compiled */

struct rule_options {
    const struct code_list *lists;
    const char *language; /* "vi" or "en": of the messages */
    struct date today;    /* in Vietnam; decides which rules are in force for a record without a day */
    struct date baseline; /* what was decided before it is not late; year 0: see cross_record_rules_run */
    struct text agency;   /* the configuration's code, and what it is; bytes NULL: nobody says */
    enum agency_kind agency_kind;
    struct setting_faults *faults; /* NULL: the first fault ends it */
};

/* A file of rules: its path and its tree. */
struct rule_file {
    const char *path;
    const struct value *tree;
};

/* STATUS_USAGE with file, line and column: unknown keys, checks and fields, checks that do not fit their
 * field, expressions that do not compile or backtrack without end, SQL that writes, ids that occur twice.
 * `recipe` is the digest of the rules, of which of them are in force today, of the agency's kind and of the
 * code lists they use; messages count, examples and reasons do not. */
enum status rule_compile_all(struct arena *arena, const struct rule_file *files, size_t count,
                             const struct rule_options *options, struct rule_set **rules,
                             struct digest *transform_digest, struct error *error);
void rule_free_all(struct rule_set *rules);

/* Tries all rules that look at one record, in the order of their files. A rule that cannot decide (an
 * expression at its limit) says so in a finding of its severity. Thread-safe. */
void rule_run(const struct rule_set *rules, struct arena *arena, const struct value *procedure,
              struct findings *findings);

/* What the rules over the store need to know of a record: its procedure as canonical JSON, cut down to the
 * fields they look at (items of lists keep their places). Nothing is written when there are no such rules. */
void rule_project(const struct rule_set *rules, const struct value *procedure, struct buffer *out);

/* What is not wrong but will surprise: rules that are not yet in force, rules that two days or
 * numbers leave no way to break, rules without a citation or a reason, a calendar that ends. One sentence
 * with its place each. */
void rule_lint(const struct rule_set *rules, void (*say)(void *user_data, const char *remark),
               void *user_data);

#endif
