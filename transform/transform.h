/* transform: staged records to canonical procedures with their outcomes. */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include <signal.h>

#include "adapters/child.h"
#include "record/source.h"
#include "store/staging.h"
#include "store/transform_queue.h"
#include "transform/map.h"
#include "transform/resolve.h"
#include "transform/rule.h"
#include "transform/rule_example.h"

struct transform_request {
    const struct source *sources; /* all of the configuration */
    size_t source_count;
    const char *const *names; /* only these; count 0: all */
    size_t name_count;
    const struct text *codes; /* only records known under these; count 0: all */
    size_t code_count;
    const struct code_list *lists;
    const struct rule_file *rule_files;
    size_t rule_file_count;
    struct map_defaults defaults;
    const char *language;
    struct date baseline; /* see rule_options */
    enum agency_kind agency_kind;
    struct resolve_precedence precedence;
    const struct setting_context *context;
    struct clock *clock;
    struct spawner *spawner; /* records are worked by processes of their own; NULL: by threads */
    const volatile sig_atomic_t *stop;
    void (*progress)(void *user_data, const char *source, int64_t done);
    void *user_data;
};

struct transform_counts {
    struct resolve_counts work;
    struct normalise_counts repairs;
};

/* Compiles all maps and rules without touching anything. STATUS_USAGE with the place. `rules_digest` is of
 * the rules in force and their code lists. */
enum status transform_check(const struct transform_request *request, struct digest *rules_digest,
                            struct error *error);

/* The rules as they are compiled for a run; whoever called transform_check knows that they are. */
enum status transform_rules(const struct transform_request *request, struct arena *arena,
                            struct rule_set **rules);

/* What one run maps and checks. A record takes one way, whoever brings it: extract's staging, which tells the sink of it
 * in the moment it is staged, or the queue in the store. The sink is a short cut: what does not come through it stands in
 * the queue. */
struct transform;

struct transform *transform_open(const struct transform_request *request); /* the request is borrowed */
void transform_close(struct transform *transform);
struct staging_sink transform_sink(struct transform *transform);

/* Works what waits, and what a changed map, rule, code list or normaliser concerns; then what rests on all records: rules
 * over the store, and outcomes. STATUS_STOP on a signal. Counts are those of the sink, too. */
enum status transform_run(struct store *store, struct transform *transform, struct transform_counts *counts,
                          struct error *error);

/* Maps and checks one record without a store: for `check --online` and `test`. */
struct transform_one {
    struct value *procedure; /* NULL: could not be decoded */
    struct findings findings;
    struct digest digest;
};
enum status transform_try(const struct transform_request *request, const struct source *source,
                          struct arena *arena, struct text bytes, struct text context,
                          struct transform_one *one, struct error *error);

/* The same for a test: with the rules over the store too, on the scene's day and among its other procedures.
 * With a source the bytes are mapped and give the scene its procedure; without one it brings its own. */
enum status transform_play(const struct transform_request *request, const struct source *source,
                           struct arena *arena, struct text bytes, struct text context,
                           const struct rule_scene *scene, struct transform_one *one, struct error *error);

/* What `check` and `test` say of the rules besides transform_check: remarks, one sentence each; and each
 * example that stands beside a rule. Either may be NULL. */
enum status transform_review(const struct transform_request *request,
                             void (*say)(void *user_data, const char *remark), rule_example_visitor *visit,
                             void *user_data, struct error *error);

#endif
