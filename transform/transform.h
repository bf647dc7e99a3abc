/* transform: staged records to canonical procedures with their outcomes. */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "store/staging.h"
#include "store/transform_queue.h"
#include "transform/rule_example.h"
#include "transform/transform_request.h"

struct transform_counts {
    struct resolve_counts work;
    struct normalise_counts repairs;
};

/* Compiles all maps and rules without touching anything. STATUS_USAGE with the place. `rules_digest` is of
 * the rules in force and their code lists. */
enum status transform_check(const struct transform_request *request, struct digest *rules_digest,
                            struct error *error);

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
