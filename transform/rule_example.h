/* Rules on paper: procedures written in YAML, tried without a store. For the examples that stand beside a
 * rule and for the configuration's own tests.
 *
 * A procedure is written as INTERFACE §4 has it; one item does for a list of one, a text for a group that has
 * a main field (executing_agencies: Sở Tư pháp). Beside its fields may stand
 *
 *     today: 2026-01-12        the day of the trial
 *     published: 2026-01-10    the day on which the portal acknowledged it
 *     others: [ … ]            further procedures that are in the store
 */
#ifndef TRANSFORM_RULE_EXAMPLE_H
#define TRANSFORM_RULE_EXAMPLE_H

#include "transform/rule.h"

struct rule_scene {
    const struct value *procedure; /* canonical */
    const struct value **others;
    size_t other_count;
    struct date today, published, baseline; /* year 0: not said */
};

/* STATUS_USAGE with the place: no such field, no such choice, not a day. */
enum status rule_scene_read(const struct setting_context *context, const struct value *tree,
                            struct rule_scene *scene, struct error *error);

/* The same for one field: what may stand at the end of a path. */
enum status rule_scene_value(const struct setting_context *context, const struct field *field,
                             const struct value *tree, struct value **value, struct error *error);

/* Tries all rules, those over the store too: the scene's procedures are all that there are. */
enum status rule_scene_play(const struct rule_set *rules, const struct rule_scene *scene, struct arena *arena,
                            struct findings *findings, struct error *error);

/* One example beside a rule and what became of it. */
struct rule_example {
    struct text rule;
    bool should_pass, held; /* it is right when the two are the same */
    size_t number;          /* among those that should pass, or should fail; from 1 */
    const char *file;
    unsigned line, column;
    const struct finding *finding; /* NULL: none */
};
typedef void rule_example_visitor(void *user_data, const struct rule_example *example);

/* Tries each rule on its own examples, as if it were in force (unless the example says which day it is).
 * STATUS_USAGE for examples that are no procedures. */
enum status rule_examples(const struct rule_set *rules, rule_example_visitor *visit, void *user_data,
                          struct error *error);

#endif
