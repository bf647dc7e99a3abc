/* Inside of the rules: what the rule*.c files share. */
#ifndef TRANSFORM_RULE_INSIDE_H
#define TRANSFORM_RULE_INSIDE_H

#include "adapters/regex.h"
#include "transform/rule.h"
#include "transform/rule_literal.h"

#define RULE_CHECKS 6  /* of one rule */
#define RULE_ROOTS  32 /* at least the fields of a procedure */

/* A change in what a check finds raises the number, and every record is checked again. */
#define RULES_VERSION 4

/* A field path made ready for many procedures. */
struct rule_path {
    struct field_path path;
    struct text names[FIELD_DEPTH];
    size_t root;                /* the first step's place among the procedure's fields */
    const struct field *target; /* what stands at its end; of a list's items, the item */
};

/* Where a value stands: the number of the item at each step with []. */
struct rule_place {
    const struct rule_path *path;
    size_t index[FIELD_DEPTH];
};

/* A procedure with its fields found once for all rules. */
struct rule_view {
    const struct value *procedure;
    const struct value *roots[RULE_ROOTS];
    struct rule_grams *grams; /* built when first asked for; NULL: there are none */
};

/* What rules ask besides the record. */
struct rule_moment {
    struct date today;    /* in Vietnam */
    struct date baseline; /* year 0: none */
    /* The day on which the portal first acknowledged the record, not before `from`; false: it has not. NULL:
     * unknown, which is the same. */
    bool (*published)(void *user_data, struct date from, struct date *day);
    void *user_data;
};

struct rule_subject {
    const struct rule_view *procedure;
    const struct value *value; /* NULL: nothing stands there */
    const struct rule_place *place;
    const struct rule_moment *moment;
    struct arena *arena; /* of the record */
    struct date *due;    /* set by a deadline that is still open; NULL: nobody asks */
    const struct rule *rule;
    const struct cross_record_rules *all; /* what is known of all records; NULL: a rule of one record */
    const struct rule_record *record;
};

/* Why a value does not hold. */
struct rule_why {
    struct reason reason; /* what a check says; its values live in the record's arena */
    struct error error;   /* STATUS_REJECT: the check gave up, with these words */
};

struct rule;
struct cross_record_rules;
struct rule_record;

struct rule_compiling {
    const struct setting_context *context;
    const struct code_list *lists;
    const struct rule_set *rules;
};

/* Which fields a check can be put to. */
enum rule_takes { RULE_TAKES_ANY, RULE_TAKES_SCALAR, RULE_TAKES_LIST, RULE_TAKES_DATE };

/* One kind of check: a constant in the table of rule_check.c. */
struct rule_check {
    const char *name; /* the key under `check` */
    enum rule_takes takes;
    bool on_absent; /* is also asked where nothing stands */
    /* Reads its options; sets rule->set_wise for those that need the store or the day. STATUS_USAGE with the
     * place. */
    enum status (*compile)(struct rule *rule, const struct rule_compiling *compiling,
                           const struct value *options, void **user_data, struct error *error);
    void (*free)(void *user_data);
    /* Does the value hold? `why` says otherwise. NULL: only cross_record_rules.c knows. */
    bool (*holds)(const void *user_data, const struct rule_subject *subject, struct rule_why *why);
    /* Does it hold of every text of this record, seen from afar? NULL: it must look at each. */
    bool (*idle)(const void *user_data, const struct rule_view *view);
    /* Notes of one record what must be known of all before any is judged; NULL: nothing. */
    void (*gather)(const void *user_data, const struct rule *rule, struct cross_record_rules *all,
                   const struct rule_view *view, const struct rule_record *record);
    /* Adds the paths that it looks at besides the rule's field; NULL: none. */
    void (*watch)(const void *user_data, void (*add)(void *mask, const struct rule_path *path), void *mask);
};

struct rule_condition {
    struct rule_path path;
    struct text *values; /* any of them */
    size_t count;
    struct regex *matches;
    struct date after, before; /* year 0: open; both days are outside */
    bool since_baseline;       /* not before the baseline */
    enum agency_kind agency;   /* of the agency.code at `path`; AGENCY_UNKNOWN: not asked */
    bool asks_presence, presence;
    bool each; /* it goes through the lists of the rule's field: asked for each item */
};

struct rule {
    struct text id;
    struct rule_path *paths;
    size_t path_count; /* `sql` needs none */
    bool is_error;
    struct date from, to;       /* in force on these days of the record's own; year 0: open */
    struct text cites, message; /* in the language of the run; bytes NULL: none */
    struct rule_condition *when;
    size_t when_count;
    bool asks_each; /* some of them for each item */
    struct {
        const struct rule_check *kind;
        void *user_data;
    } checks[RULE_CHECKS];
    size_t check_count;
    bool by_own_day; /* a check looks at the record's own day */
    bool set_wise;   /* runs over the store */
    bool whole_set;  /* needs the values of all records first */
    const struct code_list *lists[RULE_CHECKS];
    size_t list_count;
    const struct value *tree;
    const char *file;
    unsigned line, column;
    size_t number; /* its place among all rules */
};

struct rule_project_node;

struct rule_set {
    struct arena *arena;
    struct rule *rules;
    size_t count;
    struct text root_names[RULE_ROOTS];
    struct rule_moment moment;
    struct text agency; /* see rule_options */
    enum agency_kind agency_kind;
    struct rule_path own_day; /* decision.signed_on */
    const char *language;
    struct rule_project_node *projection; /* NULL: no rule runs over the store */
    bool has_sql;
};

extern const struct rule_check *const rule_checks[]; /* ends with NULL */
/* Those that are told from all others. */
extern const struct rule_check rule_check_sql, rule_check_working_days;

/* What stands in the record's texts; NULL: it is not known. */
const struct rule_grams *rule_view_grams(const struct rule_view *view);

/* Paths (rule_path.c). */
enum status rule_path_compile(struct text text, struct rule_path *path, struct error *error);
void rule_view_of(const struct rule_set *rules, const struct value *procedure, struct rule_view *view);
typedef bool rule_visitor(void *user_data, const struct value *value, const struct rule_place *place);
/* Visits what the path finds in a procedure: each value, or NULL where the last step is absent, also because
 * the group that would hold it is; an absent list has no items to visit. The place becomes a text only when
 * someone asks for it. Stops when the visitor returns false, and then is false. */
bool rule_path_visit(const struct rule_path *path, const struct rule_view *view, rule_visitor *visit,
                     void *user_data);
#define RULE_PLACE_TEXT 256
void rule_place_write(const struct rule_place *place, char out[RULE_PLACE_TEXT]);
/* The first thing at the path's end that is something; NULL: none. */
const struct value *rule_path_first(const struct rule_path *path, const struct rule_view *view);
bool rule_is_something(const struct value *value);
/* Do all lists of the path lie on the way to the rule's own field? Then it means the same item as the field,
 * and rule_path_find gives what stands there. */
bool rule_path_beside(const struct rule *rule, const struct rule_path *path);
const struct value *rule_path_find(const struct rule_path *path, const struct rule_view *view,
                                   const struct rule_place *place);

/* A day in a check: written out, today, the day of publication, in another field, or { latest: FIELD }. */
struct rule_day {
    enum {
        RULE_DAY_NONE,
        RULE_DAY_CONSTANT,
        RULE_DAY_TODAY,
        RULE_DAY_PUBLISHED,
        RULE_DAY_FIELD,
        RULE_DAY_LATEST
    } kind;
    struct date date;
    struct rule_path path; /* FIELD: its [] are those of the rule's own field; LATEST: of a whole list */
    struct text text;      /* as written */
};
enum status rule_day_compile(struct rule *rule, const struct rule_compiling *compiling,
                             const struct value *value, bool publication, struct rule_day *day,
                             struct error *error);
/* False: there is no such day (the field is absent). `from` serves RULE_DAY_PUBLISHED. */
bool rule_day_find(const struct rule_day *day, const struct rule_subject *subject, struct date from,
                   struct date *date);

/* The list, noted as one that the rule depends on. */
enum status rule_list(struct rule *rule, const struct rule_compiling *compiling, const struct value *name,
                      const struct code_list **list, struct error *error);

/* The record's own day: that of its decision. False: it has none. */
bool rule_own_day(const struct rule_set *rules, const struct rule_view *view, struct date *day);
/* Is the rule in force on the record's own day (today, where it has none), and are its conditions met, but for
 * those that are asked for each item? */
bool rule_applies(const struct rule_set *rules, const struct rule *rule, const struct rule_view *view,
                  const struct rule_moment *moment);
/* Runs the checks of a rule; what they look at in all records is left out. `due`: see rule_subject. */
struct rule_trial {
    const struct rule_set *rules;
    const struct rule *rule;
    const struct rule_view *view;
    const struct rule_moment *moment;
    struct arena *arena;
    struct findings *findings;
    struct date *due;
    const struct cross_record_rules *all;
    const struct rule_record *record;
};
void rule_try(const struct rule_trial *trial);
void rule_find(const struct rule_trial *trial, const struct rule_place *place, const struct value *value,
               const struct rule_why *why);

/* The texts of a list, of which there must be one. */
enum status rule_values_read(const struct setting_context *context, const struct value *list,
                             struct text **values, size_t *count, struct error *error);
/* Expressions are tried on texts that make careless ones backtrack. STATUS_USAGE with the limit's message. */
enum status rule_pattern_compile(const struct rule_compiling *compiling, const struct value *expression,
                                 struct regex **pattern, struct error *error);

/* rule_project.c */
void rule_project_build(struct rule_set *rules);

#endif
