#include "adapters/json.h"
#include "transform/cross_record_rules.h"
#include "transform/rule_inside.h"

#define PAGE 1000 /* records at once */
#define FEW  16   /* … of which one is to be judged */

struct judging {
    struct store *store;
    const struct rule_set *rules;
    struct cross_record_rules *all;
    int64_t checked_by;
    const volatile sig_atomic_t *stop;
    struct arena page, record; /* of a page, of one record */
    struct cross_record_row records[PAGE];
    size_t count;
    struct error
        failed; /* a question to the ledger that was not answered: what was judged by it says nothing */
};

struct asking {
    struct judging *judging;
    struct cross_record_procedure procedure;
};

static bool ask_published(void *user_data, struct date from, struct date *day)
{
    const struct asking *asking = user_data;
    struct judging *judging = asking->judging;
    if (!asking->procedure.code.length || judging->failed.status)
        return false;
    struct error error = { .status = STATUS_OK };
    enum status status = cross_record_published(judging->store, &asking->procedure, from, day, &error);
    if (status > STATUS_END)
        judging->failed = error;
    return status == STATUS_OK;
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

static enum status judge(struct judging *judging, const struct cross_record_row *record,
                         const struct value *projection, struct findings *findings,
                         struct cross_record_deadline **deadlines, struct error *error)
{
    struct asking asking = { judging, { .code = record->code } };
    struct rule_record known = { record->record, record->code, record->label, ask_published, &asking };
    asking.procedure.abolished = text_is(value_text_of(projection, "status"), "abolished");
    date_read(value_text_of(value_find(projection, "decision"), "signed_on"), &asking.procedure.signed_on);
    /* What could not be read has been rejected for that, and misses nothing besides. */
    if (projection || !judging->rules->projection)
        cross_record_rules_judge(judging->all, &judging->record, projection, &known, findings, deadlines);
    return judging->failed.status ? error_copy(error, judging->failed.status, &judging->failed) : STATUS_OK;
}

static bool is_judged(const struct judging *judging, const struct cross_record_row *record)
{
    return record->judged && record->checked_by == judging->checked_by;
}

/* Whoever had something, or has something by the day or its own history, is to be judged when all is known; of the rest
 * gathering finds who is. Mostly that is a record in a hundred, and the others are read once. */
static enum status look_at_page(struct judging *judging, struct error *error)
{
    for (size_t i = 0; i < judging->count; i++) {
        const struct cross_record_row *record = &judging->records[i];
        const struct value *projection = read_watched(judging, record);
        struct rule_record known = { .number = record->record, .code = record->code, .label = record->label };
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        cross_record_rules_gather(judging->all, projection, &known);
        if (is_judged(judging, record) && judge(judging, record, projection, &findings, &deadlines, error))
            return error->status;
        if (findings.first || deadlines || record->findings.first || record->deadlines)
            cross_record_rules_suspect(judging->all, record->record);
    }
    return STATUS_OK;
}

static enum status gather_page(struct judging *judging, struct error *error)
{
    (void)error;
    for (size_t i = 0; i < judging->count; i++) {
        const struct cross_record_row *record = &judging->records[i];
        struct rule_record known = { .number = record->record, .code = record->code, .label = record->label };
        cross_record_rules_gather(judging->all, read_watched(judging, record), &known);
    }
    return STATUS_OK;
}

static enum status judge_page(struct judging *judging, struct error *error)
{
    for (size_t i = 0; i < judging->count; i++) {
        const struct cross_record_row *record = &judging->records[i];
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        if (!is_judged(judging, record))
            continue;
        if (judge(judging, record, read_watched(judging, record), &findings, &deadlines, error) ||
            cross_record_put(judging->store, record, &findings, deadlines, error))
            return error->status;
    }
    return cross_record_flush(judging->store, error);
}

typedef enum status page_work(struct judging *judging, struct error *error);

static enum status work_page(struct judging *judging, page_work *work, int64_t after, size_t most,
                             struct error *error)
{
    if (judging->stop && *judging->stop)
        return error_set(error, STATUS_STOP, _("a signal ended the run"));
    arena_clear(&judging->page);
    if (cross_record_page(judging->store, after, &judging->page, judging->records, most, &judging->count,
                          error))
        return error->status;
    return work(judging, error);
}

static enum status each_page(struct judging *judging, page_work *work, struct error *error)
{
    int64_t after = 0;
    do {
        if (work_page(judging, work, after, PAGE, error))
            return error->status;
        after = judging->count ? judging->records[judging->count - 1].record : after;
    } while (judging->count);
    return STATUS_OK;
}

static enum status each_suspect(struct judging *judging, page_work *work, struct error *error)
{
    int64_t after = 0;
    while ((after = cross_record_rules_next_suspect(judging->all, after))) {
        if (work_page(judging, work, after - 1, FEW, error))
            return error->status;
        after = judging->count ? judging->records[judging->count - 1].record : after;
    }
    return STATUS_OK;
}

static enum status run_queries(struct judging *judging, struct error *error)
{
    const struct rule_query *queries;
    size_t count = cross_record_rules_queries(judging->all, &queries);
    for (size_t i = 0; i < count; i++) {
        struct cross_record_asked asked = { judging->all, queries[i].rule };
        if (cross_record_query(judging->store, queries[i].sql, queries[i].limit_ms, judging->stop,
                               cross_record_rules_hit, &asked, error))
            return error_add(error, "%s:%u:%u", queries[i].file, queries[i].line, queries[i].column);
    }
    cross_record_rules_asked(judging->all);
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
    if (status == STATUS_OK)
        status = each_page(judging, look_at_page, error);
    while (status == STATUS_OK && cross_record_rules_again(judging->all))
        status = cross_record_rules_wants_all(judging->all) ? each_page(judging, gather_page, error)
                                                            : each_suspect(judging, gather_page, error);
    if (status == STATUS_OK)
        status = each_suspect(judging, judge_page, error);
    cross_record_rules_close(judging->all);
    arena_free(&judging->page);
    arena_free(&judging->record);
    arena_free(&arena);
    return status;
}
