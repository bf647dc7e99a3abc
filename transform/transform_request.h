/* What a transformation is asked for (transform/transform.h), and the rules that it asks for. */
#ifndef TRANSFORM_TRANSFORM_REQUEST_H
#define TRANSFORM_TRANSFORM_REQUEST_H

#include <signal.h>

#include "adapters/child.h"
#include "record/source.h"
#include "transform/map.h"
#include "transform/resolve.h"
#include "transform/rule.h"

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

struct date transform_today(const struct transform_request *request); /* in Vietnam */
/* The rules compiled for today. `digest` is of those in force and their code lists. STATUS_USAGE with the place. */
enum status transform_rules(const struct transform_request *request, struct arena *arena,
                            struct rule_set **rules, struct digest *digest, struct error *error);

#endif
