#include "adapters/json.h"
#include "core/thread_pool.h"
#include "transform/cross_record_rules.h"
#include "transform/rule_inside.h"

#define PAGE 1000 /* records at once */
#define FEW  16   /* … of which one is to be judged */

struct page {
    struct arena arena;
    struct cross_record_row records[PAGE];
    size_t count;
    bool asks[PAGE]; /* judging it needs the ledger */
};

struct judging {
    struct store *store;
    const struct rule_set *rules;
    struct cross_record_rules *all;
    int64_t checked_by;
    const volatile sig_atomic_t *stop;
    struct page *pages[2];
    struct page *page;   /* of the two, that which is worked on */
    struct arena record; /* of one record */
    bool asked;          /* judging it needed the ledger */
    struct error
        failed; /* a question to the ledger that was not answered: what was judged by it says nothing */
};

struct asking {
    struct judging *judging;
    struct cross_record_procedure procedure;
    bool asked;
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

static void judge(struct judging *judging, const struct cross_record_row *record,
                  const struct value *projection,
                  bool (*published)(void *user_data, struct date from, struct date *day),
                  struct findings *findings, struct cross_record_deadline **deadlines)
{
    struct asking asking = { .judging = judging, .procedure = { .code = record->code } };
    struct rule_record known = { record->record, record->code, record->label, published, &asking };
    asking.procedure.abolished = text_is(value_text_of(projection, "status"), "abolished");
    date_read(value_text_of(value_find(projection, "decision"), "signed_on"), &asking.procedure.signed_on);
    /* What could not be read has been rejected for that, and misses nothing besides. */
    if (projection || !judging->rules->projection)
        cross_record_rules_judge(judging->all, &judging->record, projection, &known, findings, deadlines);
    judging->asked = asking.asked;
}

static bool is_judged(const struct judging *judging, const struct cross_record_row *record)
{
    return record->judged && record->checked_by == judging->checked_by;
}

/* The ledger belongs to the caller's thread. */
static bool only_ask(void *user_data, struct date from, struct date *day)
{
    struct asking *asking = user_data;
    (void)from, (void)day;
    asking->asked = true;
    return false;
}

/* Whoever had something, or has something by the day or its own history, is to be judged when all is known; of the rest
 * gathering finds who is. Mostly that is a record in a hundred, and the others are read once. In a thread, while the
 * next page is read. */
static void look_at_page(void *user_data, size_t index, unsigned thread)
{
    struct judging *judging = user_data;
    struct page *page = judging->page;
    (void)index, (void)thread;
    for (size_t i = 0; i < page->count; i++) {
        const struct cross_record_row *record = &page->records[i];
        const struct value *projection = read_watched(judging, record);
        struct rule_record known = { .number = record->record, .code = record->code, .label = record->label };
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        cross_record_rules_gather(judging->all, projection, &known);
        judging->asked = false;
        if (is_judged(judging, record))
            judge(judging, record, projection, only_ask, &findings, &deadlines);
        page->asks[i] = judging->asked;
        if (findings.first || deadlines || record->findings.first || record->deadlines)
            cross_record_rules_suspect(judging->all, record->record);
    }
}

static enum status look_where_asked(struct judging *judging, struct error *error)
{
    const struct page *page = judging->page;
    for (size_t i = 0; i < page->count; i++) {
        const struct cross_record_row *record = &page->records[i];
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        if (!page->asks[i])
            continue;
        judge(judging, record, read_watched(judging, record), ask_published, &findings, &deadlines);
        if (judging->failed.status)
            return error_copy(error, judging->failed.status, &judging->failed);
        if (findings.first || deadlines)
            cross_record_rules_suspect(judging->all, record->record);
    }
    return STATUS_OK;
}

static enum status gather_page(struct judging *judging, struct error *error)
{
    const struct page *page = judging->page;
    (void)error;
    for (size_t i = 0; i < page->count; i++) {
        const struct cross_record_row *record = &page->records[i];
        struct rule_record known = { .number = record->record, .code = record->code, .label = record->label };
        cross_record_rules_gather(judging->all, read_watched(judging, record), &known);
    }
    return STATUS_OK;
}

static enum status judge_page(struct judging *judging, struct error *error)
{
    const struct page *page = judging->page;
    for (size_t i = 0; i < page->count; i++) {
        const struct cross_record_row *record = &page->records[i];
        struct findings findings = { 0 };
        struct cross_record_deadline *deadlines = NULL;
        if (!is_judged(judging, record))
            continue;
        judge(judging, record, read_watched(judging, record), ask_published, &findings, &deadlines);
        if (judging->failed.status)
            return error_copy(error, judging->failed.status, &judging->failed);
        if (cross_record_put(judging->store, record, &findings, deadlines, error))
            return error->status;
    }
    return cross_record_flush(judging->store, error);
}

static enum status read_page(struct judging *judging, struct page *page, int64_t after, size_t most,
                             struct error *error)
{
    if (judging->stop && *judging->stop)
        return error_set(error, STATUS_STOP, _("a signal ended the run"));
    arena_clear(&page->arena);
    return cross_record_page(judging->store, after, &page->arena, page->records, most, &page->count, error);
}

static int64_t last_of(const struct page *page, int64_t after)
{
    return page->count ? page->records[page->count - 1].record : after;
}

static enum status look_at_all(struct judging *judging, struct error *error)
{
    struct thread_pool *thread = thread_pool_open(1);
    judging->page = judging->pages[0];
    enum status status = read_page(judging, judging->page, 0, PAGE, error);
    while (!status && judging->page->count) {
        struct page *next = judging->pages[judging->page == judging->pages[0]];
        thread_pool_start(thread, look_at_page, judging, 1);
        status = read_page(judging, next, last_of(judging->page, 0), PAGE, error);
        thread_pool_wait(thread);
        if (!status)
            status = look_where_asked(judging, error);
        judging->page = next;
    }
    thread_pool_close(thread);
    return status;
}

typedef enum status page_work(struct judging *judging, struct error *error);

static enum status work_page(struct judging *judging, page_work *work, int64_t after, size_t most,
                             struct error *error)
{
    judging->page = judging->pages[0];
    enum status status = read_page(judging, judging->page, after, most, error);
    return status ? status : work(judging, error);
}

static enum status each_page(struct judging *judging, page_work *work, struct error *error)
{
    int64_t after = 0;
    do {
        if (work_page(judging, work, after, PAGE, error))
            return error->status;
        after = last_of(judging->page, after);
    } while (judging->page->count);
    return STATUS_OK;
}

static enum status each_suspect(struct judging *judging, page_work *work, struct error *error)
{
    int64_t after = 0;
    while ((after = cross_record_rules_next_suspect(judging->all, after))) {
        if (work_page(judging, work, after - 1, FEW, error))
            return error->status;
        after = last_of(judging->page, after);
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
    judging->pages[0] = arena_new(&arena, struct page);
    judging->pages[1] = arena_new(&arena, struct page);
    judging->all = cross_record_rules_open(rules);
    enum status status = run_queries(judging, error);
    if (status == STATUS_OK)
        status = look_at_all(judging, error);
    while (status == STATUS_OK && cross_record_rules_again(judging->all))
        status = cross_record_rules_wants_all(judging->all) ? each_page(judging, gather_page, error)
                                                            : each_suspect(judging, gather_page, error);
    if (status == STATUS_OK)
        status = each_suspect(judging, judge_page, error);
    cross_record_rules_close(judging->all);
    arena_free(&judging->pages[0]->arena);
    arena_free(&judging->pages[1]->arena);
    arena_free(&judging->record);
    arena_free(&arena);
    return status;
}
