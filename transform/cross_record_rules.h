/* Rules that look at all records, or at the calendar.
 *
 * They are tried every night on every record, also on those that did not change: on what rule_project kept of
 * each. First everything that must be known of all records is gathered, then each record is judged by itself.
 *
 *     all = cross_record_rules_open(rules);
 *     for each record: cross_record_rules_gather(all, watched, &record)       when cross_record_rules_gathers(all)
 *     for each row of a query: cross_record_rules_hit(&asked, row)            when there are queries
 *     cross_record_rules_ready(all)
 *     for each record: cross_record_rules_judge(all, arena, watched, &record, …)
 */
#ifndef TRANSFORM_CROSS_RECORD_RULES_H
#define TRANSFORM_CROSS_RECORD_RULES_H

#include "store/cross_record.h"
#include "transform/rule.h"

struct cross_record_rules;

struct rule_record {
    int64_t number;
    struct text code;  /* bytes NULL: it has none */
    struct text label; /* where it comes from, for people */
    /* See rule_moment: the first acknowledgement of the record's code since a day. NULL: none. */
    bool (*published)(void *user_data, struct date from, struct date *day);
    void *user_data;
};

struct cross_record_rules *cross_record_rules_open(const struct rule_set *rules);
void cross_record_rules_close(struct cross_record_rules *all);

/* What is to be known of all records before any is judged is gathered of each in two rounds. The first finds who may break
 * a rule over all of them, by little that it keeps of each; the second notes what these have, or what some refer to. */
void cross_record_rules_gather(struct cross_record_rules *all, const struct value *projection,
                               const struct rule_record *record);
/* A round has ended: is there another? Then of all records, or of the suspects alone? */
bool cross_record_rules_again(struct cross_record_rules *all);
bool cross_record_rules_wants_all(const struct cross_record_rules *all);

/* The records that may break a rule over all of them, as the first round finds, and whom else the caller adds: the others
 * break none. 0: none behind `after`. */
void cross_record_rules_suspect(struct cross_record_rules *all, int64_t record);
int64_t cross_record_rules_next_suspect(const struct cross_record_rules *all, int64_t after);

/* The queries of rules in SQL; a code that a query returned breaks its rule. */
struct rule_query {
    struct text sql;
    int64_t limit_ms;
    size_t rule; /* for cross_record_asked */
    const char *file;
    unsigned line, column;
};
size_t cross_record_rules_queries(const struct cross_record_rules *all, const struct rule_query **queries);
struct cross_record_asked {
    struct cross_record_rules *all;
    size_t rule;
};
/* A cross_record_visitor for a struct cross_record_asked. */
void cross_record_rules_hit(void *asked, const struct cross_record_hit *row);
void cross_record_rules_asked(struct cross_record_rules *all); /* all queries */

/* Adds findings and the deadlines that are still open (in the arena). Only for records that
 * rule_project has seen under these very rules. Until all is known, rules over all records hold. */
void cross_record_rules_judge(const struct cross_record_rules *all, struct arena *arena,
                              const struct value *projection, const struct rule_record *record,
                              struct findings *findings, struct cross_record_deadline **deadlines);

/* The whole of it over a store. Findings that are new, gone or changed are written, and their records marked
 * to be settled; a night without change writes nothing. Where the rules have no baseline, it is the day of the
 * first publication in the ledger, or today. `checked_by` is the number of the rules' recipe:
 * other records are left alone until they have been checked. STATUS_STOP when a query takes too long, or when
 * `stop` (NULL: none) is set: a rule that has not decided must not let anything pass. */
enum status cross_record_rules_run(struct store *store, const struct rule_set *rules, int64_t checked_by,
                                   const volatile sig_atomic_t *stop, struct error *error);

#endif
