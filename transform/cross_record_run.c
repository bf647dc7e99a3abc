#include "adapters/json.h"
#include "transform/cross_record_rules.h"
#include "transform/rule_inside.h"

#define PAGE 1000 /* records at once */

struct judging {
    struct store *store;
    const struct rule_set *rules;
    struct cross_record_rules *all;
    int64_t checked_by;
    const volatile sig_atomic_t *stop;
    struct arena page, record; /* of a page, of one record */
    struct cross_record_row records[PAGE];
    size_t count;
};

struct asking {
    struct store *store;
    struct cross_record_procedure procedure;
};

static bool ask_published(void *user_data, struct date from, struct date *day)
{
    const struct asking *asking = user_data;
    struct error error;
    return asking->procedure.code.length &&
           cross_record_published(asking->store, &asking->procedure, from, day, &error) == STATUS_OK;
}

/* What is kept was written by this program, so it can be read; a record of which nothing is kept has no
 * fields. */
static const struct value *read_watched(struct judging *judging, const struct cross_record_row *record)
{
    struct value *projection;
    struct error error;
    arena_clear(&judging->record);
    if (record->projection.length &&
        json_parse(&judging->record, record->projection, &projection, &error) == STATUS_OK)
        return projection;
    return NULL;
}

static void gather_page(struct judging *judging)
{
    for (size_t i = 0; i < judging->count; i++) {
        const struct cross_record_row *record = &judging->records[i];
        const struct value *projection = read_watched(judging, record);
        struct rule_record known = { .number = record->record, .code = record->code, .label = record->label };
        cross_record_rules_gather(judging->all, projection, &known);
    }
}

static enum status judge_page(struct judging *judging, struct error *error)
{
    for (size_t i = 0; i < judging->count; i++) {
        const struct cross_record_row *record = &judging->records[i];
        if (!record->judged || record->checked_by != judging->checked_by)
            continue;
        struct asking asking = { judging->store, { .code = record->code } };
        struct rule_record known = { record->record, record->code, record->label, ask_published, &asking };
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        const struct value *projection = read_watched(judging, record);
        asking.procedure.abolished = text_is(value_text_of(projection, "status"), "abolished");
        date_read(value_text_of(value_find(projection, "decision"), "signed_on"),
                  &asking.procedure.signed_on);
        /* What could not be read has been rejected for that, and misses nothing besides. */
        if (projection || !judging->rules->projection)
            cross_record_rules_judge(judging->all, &judging->record, projection, &known, &findings,
                                     &deadlines);
        if (cross_record_put(judging->store, record, &findings, deadlines, error))
            return error->status;
    }
    return cross_record_flush(judging->store, error);
}

static enum status each_page(struct judging *judging, bool gather, struct error *error)
{
    int64_t after = 0;
    for (;;) {
        if (judging->stop && *judging->stop)
            return error_set(error, STATUS_STOP, _("a signal ended the run"));
        arena_clear(&judging->page);
        if (cross_record_page(judging->store, after, &judging->page, judging->records, PAGE, &judging->count,
                              error))
            return error->status;
        if (!judging->count)
            return STATUS_OK;
        after = judging->records[judging->count - 1].record;
        if (gather)
            gather_page(judging);
        else if (judge_page(judging, error))
            return error->status;
    }
}

struct asked {
    struct cross_record_rules *all;
    size_t rule;
};

static void take_row(void *user_data, const struct cross_record_hit *row)
{
    const struct asked *asked = user_data;
    if (row->code.length)
        cross_record_rules_hit(asked->all, asked->rule, row->code, row->value);
}

static enum status run_queries(struct judging *judging, struct error *error)
{
    const struct rule_query *queries;
    size_t count = cross_record_rules_queries(judging->all, &queries);
    for (size_t i = 0; i < count; i++) {
        struct asked asked = { judging->all, queries[i].rule };
        if (cross_record_query(judging->store, queries[i].sql, queries[i].limit_ms, judging->stop, take_row,
                               &asked, error))
            return error_add(error, "%s:%u:%u", queries[i].file, queries[i].line, queries[i].column);
    }
    return STATUS_OK;
}

/* What stood announced before this program published anything was published by other means. */
static enum status find_baseline(struct store *store, struct rule_set *rules, struct error *error)
{
    if (rules->moment.baseline.year)
        return STATUS_OK;
    enum status status = cross_record_first_publication(store, &rules->moment.baseline, error);
    if (status != STATUS_END)
        return status;
    rules->moment.baseline = rules->moment.today;
    return STATUS_OK;
}

enum status cross_record_rules_run(struct store *store, const struct rule_set *compiled, int64_t checked_by,
                                   const volatile sig_atomic_t *stop, struct error *error)
{
    bool kept;
    struct rule_set copy = *compiled, *rules = &copy;
    if (!rules->projection && !rules->has_sql) {
        enum status status = cross_record_kept(store, &kept, error);
        if (status || !kept)
            return status;
    }
    if (find_baseline(store, rules, error))
        return error->status;
    struct arena arena = { 0 };
    struct judging *judging = arena_new(&arena, struct judging);
    judging->store = store;
    judging->rules = rules;
    judging->checked_by = checked_by;
    judging->stop = stop;
    judging->all = cross_record_rules_open(rules);
    enum status status = run_queries(judging, error);
    if (status == STATUS_OK && cross_record_rules_gathers(judging->all))
        status = each_page(judging, true, error);
    if (status == STATUS_OK) {
        cross_record_rules_ready(judging->all);
        status = each_page(judging, false, error);
    }
    cross_record_rules_close(judging->all);
    arena_free(&judging->page);
    arena_free(&judging->record);
    arena_free(&arena);
    return status;
}
