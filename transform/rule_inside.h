/* Inside of the rules: what rule.c, rule_check.c and rule_set.c share. */
#ifndef TRANSFORM_RULE_INSIDE_H
#define TRANSFORM_RULE_INSIDE_H

#include "transform/rule.h"

#define RULE_CHECKS 4 /* of one rule */

struct rule_condition {
    struct field_path path;
    struct text *values; /* any of them */
    size_t count;
};

struct rule {
    struct text id;
    struct field_path path;
    bool has_path; /* `sql` and `unique` over codes need none */
    bool is_error;
    bool in_force;
    struct date from, to; /* year 0: open */
    struct text cites, message; /* in the language of the run; bytes NULL: none */
    struct rule_condition *when;
    size_t when_count;
    struct {
        const struct rule_check *kind;
        void *own;
    } checks[RULE_CHECKS];
    size_t check_count;
    bool set_wise;
    const char *file;
    unsigned line, column;
};

struct rule_set {
    struct arena *arena;
    struct rule *rules;
    size_t count;
    struct rule_today today;
    const char *language;
};

extern const struct rule_check *const rule_checks[]; /* ends with NULL */

bool rule_applies(const struct rule *rule, const struct value *procedure);

#endif
