/* Rules: what the law asks of a procedure, as data (INTERFACE §3).
 *
 * A rule is compiled once. Rules that look at one record run on it alone, from many threads, without allocation while
 * they hold. Rules that look at all records, or at the calendar, run over the store (rule_set.h).
 */
#ifndef TRANSFORM_RULE_H
#define TRANSFORM_RULE_H

#include "core/date.h"
#include "core/digest.h"
#include "core/finding.h"
#include "core/procedure.h"
#include "core/setting.h"
#include "record/codes.h"

struct rule;
struct rule_today;

/* One kind of check: a constant in the table of rule_check.c. */
struct rule_check {
    const char *name; /* the key under `check` */
    bool set_wise;    /* runs over the store */
    bool on_absent;   /* is also asked where nothing stands */
    /* Reads its options. STATUS_USAGE with the place. */
    enum status (*compile)(struct rule *rule, const struct setting_context *context, const struct value *options,
                           const struct code_list *lists, void **own, struct error *error);
    void (*free)(void *own);
    /* Does the value hold? `value` is NULL where nothing stands (only with on_absent). `why` may be filled with words
     * for a rule without a message of its own; a STATUS_REJECT says that the check itself gave up. */
    bool (*holds)(const void *own, const struct value *value, const struct rule_today *today, struct error *why);
};

struct rule_set; /* all rules of a configuration, compiled */

struct rule_today {
    struct date date; /* in Vietnam */
};

struct rule_options {
    const struct code_list *lists;
    const char *language; /* "vi" or "en": of the messages */
    struct date today;    /* decides which rules are in force */
};

/* A file of rules: its path and its tree. */
struct rule_file {
    const char *path;
    const struct value *tree;
};

/* STATUS_USAGE with file, line and column: unknown keys, checks and fields, expressions that do not compile, ids that
 * occur twice. `recipe` is the digest of the rules in force today and of the code lists they use. */
enum status rule_compile_all(struct arena *arena, const struct rule_file *files, size_t count,
                             const struct rule_options *options, struct rule_set **rules, struct digest *recipe,
                             struct error *error);
void rule_free_all(struct rule_set *rules);
size_t rule_count(const struct rule_set *rules);

/* Tries all rules that look at one record. Thread-safe. */
void rule_run(const struct rule_set *rules, struct arena *arena, const struct value *procedure,
              struct findings *findings);

#endif
