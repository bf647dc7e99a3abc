#include "transform/transform_request.h"

struct date transform_today(const struct transform_request *request)
{
    char text[DATE_TEXT];
    struct date today = { 0 };
    clock_format_date(request->clock->now(request->clock), text);
    date_read(text_of(text), &today);
    return today;
}

enum status transform_rules(const struct transform_request *request, struct arena *arena,
                            struct rule_set **rules, struct digest *digest, struct error *error)
{
    struct rule_options options = { .today = transform_today(request),
                                    .lists = request->lists,
                                    .language = request->language,
                                    .baseline = request->baseline,
                                    .agency = request->defaults.agency_code,
                                    .agency_kind = request->agency_kind,
                                    .faults = request->context->faults };
    return rule_compile_all(arena, request->rule_files, request->rule_file_count, &options, rules, digest,
                            error);
}
