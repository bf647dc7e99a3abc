/* Rules that look at all records, or at the calendar.
 *
 * They are tried every night on every record, also on those that did not change: on what rule_watch kept of
 * each. First everything that must be known of all records is gathered, then each record is judged by itself.
 *
 *     all = rule_all_open(rules);
 *     for each record: rule_all_gather(all, watched, &record)       when rule_all_gathers(all)
 *     for each row of a query: rule_all_hit(all, …)                 when there are queries
 *     rule_all_ready(all)
 *     for each record: rule_all_judge(all, arena, watched, &record, …)
 */
#ifndef TRANSFORM_RULE_ALL_H
#define TRANSFORM_RULE_ALL_H

#include "store/rule_set.h"
#include "transform/rule.h"

struct rule_all;

struct rule_record {
    int64_t number;
    struct text code;  /* bytes NULL: it has none */
    struct text label; /* where it comes from, for people */
    /* See rule_moment: the first acknowledgement of the record's code since a day. NULL: none. */
    bool (*published)(void *own, struct date from, struct date *day);
    void *own;
};

struct rule_all *rule_all_open(const struct rule_set *rules);
void rule_all_close(struct rule_all *all);

bool rule_all_gathers(const struct rule_all *all);
void rule_all_gather(struct rule_all *all, const struct value *watched, const struct rule_record *record);

/* The queries of rules in SQL; a code that a query returned breaks its rule. */
struct rule_query {
    struct text sql;
    int64_t limit_ms;
    size_t rule; /* for rule_all_hit */
    const char *file;
    unsigned line, column;
};
size_t rule_all_queries(const struct rule_all *all, const struct rule_query **queries);
void rule_all_hit(struct rule_all *all, size_t rule, struct text code, struct text value);
void rule_all_ready(struct rule_all *all);

/* Adds findings and the deadlines that are still open (in the arena). Only for records that
 * rule_watch has seen under these very rules. */
void rule_all_judge(const struct rule_all *all, struct arena *arena, const struct value *watched,
                    const struct rule_record *record, struct findings *findings,
                    struct rule_set_deadline **deadlines);

/* The whole of it over a store. Findings that are new, gone or changed are written, and their records marked
 * to be settled; a night without change writes nothing. `checked_by` is the number of the rules' recipe:
 * other records are left alone until they have been checked. STATUS_STOP when a query takes too long: a rule
 * that cannot decide must not let everything pass. */
enum status rule_all_run(struct store *store, const struct rule_set *rules, int64_t checked_by,
                         struct error *error);

#endif
