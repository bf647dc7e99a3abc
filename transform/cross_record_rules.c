#include "transform/cross_record_rules.h"

#include <stdlib.h>
#include <string.h>

#include "core/bits.h"
#include "core/memory.h"
#include "store/counters.h"
#include "transform/rule_inside.h"

/* What is known of one value among all records: the first record that has it, and the first other one. */
struct entry {
    uint64_t hash;
    struct text value, first_code, first_label, other_label;
    int64_t first;
    bool shared;
};

/* Half of the places are empty (NULL): they are small, the entries lie in the arena. */
struct table {
    struct entry **entries;
    size_t count, size;
    /* Who had a value first, as far as the first look: enough to say who may repeat another. Values that fall together by
     * chance make suspects, nothing else. */
    struct counters holders;
    bool wanted; /* of refers_to: some record refers to another, so that it is to be filled */
};

struct hit {
    struct text code, value;
    struct hit *next; /* in the order of the rows */
};

struct hits {
    struct hit **buckets;
    size_t bucket_count, count;
    struct hit *first, **tail;
};

struct cross_record_rules {
    const struct rule_set *rules;
    struct arena arena;
    struct table *tables; /* one a rule: of its unique or refers_to */
    struct hits *hits;    /* one a rule: of its query */
    struct rule_query *queries;
    size_t query_count;
    enum { LOOKING, FILLING, READY } phase;
    struct bits suspects; /* records */
};

struct query {
    struct text sql;
    int64_t limit_ms;
    const struct value *place;
};

struct cross_record_rules *cross_record_rules_open(const struct rule_set *rules)
{
    struct cross_record_rules *all = memory_new(struct cross_record_rules);
    all->rules = rules;
    all->tables = arena_array(&all->arena, struct table, rules->count + 1);
    all->hits = arena_array(&all->arena, struct hits, rules->count + 1);
    all->queries = arena_array(&all->arena, struct rule_query, rules->count + 1);
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        all->hits[i].tail = &all->hits[i].first;
        for (size_t j = 0; j < rule->check_count; j++) {
            const struct query *query = rule->checks[j].user_data;
            if (rule->checks[j].kind == &rule_check_sql)
                all->queries[all->query_count++] =
                    (struct rule_query){ query->sql, query->limit_ms,    i,
                                         rule->file, query->place->line, query->place->column };
        }
    }
    return all;
}

static void free_table(struct table *table)
{
    free(table->entries);
    counters_free(&table->holders);
}

void cross_record_rules_close(struct cross_record_rules *all)
{
    if (!all)
        return;
    for (size_t i = 0; i < all->rules->count; i++)
        free_table(&all->tables[i]);
    bits_free(&all->suspects);
    arena_free(&all->arena);
    free(all);
}

/* ---- who is to be judged ---- */

void cross_record_rules_suspect(struct cross_record_rules *all, int64_t record)
{
    bits_add(&all->suspects, record);
}

int64_t cross_record_rules_next_suspect(const struct cross_record_rules *all, int64_t after)
{
    return bits_next(&all->suspects, after);
}

/* ---- what is known of all ---- */

/* The place where the value's entry is, or where it goes. */
static struct entry **find_entry(const struct table *table, struct text value, uint64_t hash)
{
    size_t at = (hash ^ hash >> 32) & (table->size - 1);
    while (table->entries[at] &&
           (table->entries[at]->hash != hash || !text_equal(table->entries[at]->value, value)))
        at = (at + 1) & (table->size - 1);
    return &table->entries[at];
}

static void grow(struct table *table)
{
    struct table larger = { .count = table->count,
                            .size = table->size ? table->size * 2 : 256,
                            .holders = table->holders,
                            .wanted = table->wanted };
    larger.entries = memory_take_zeroed(larger.size, sizeof *larger.entries);
    for (size_t i = 0; i < table->size; i++)
        if (table->entries[i])
            *find_entry(&larger, table->entries[i]->value, table->entries[i]->hash) = table->entries[i];
    free(table->entries);
    *table = larger;
}

/* The entry of a value, made when it is new. */
static struct entry *note(struct cross_record_rules *all, struct table *table, struct text value)
{
    if (table->count * 2 >= table->size)
        grow(table);
    uint64_t hash = text_hash(value);
    struct entry **place = find_entry(table, value, hash);
    if (!*place) {
        *place = arena_new(&all->arena, struct entry);
        **place = (struct entry){ .hash = hash, .value = text_copy(&all->arena, value) };
        table->count++;
    }
    return *place;
}

static const struct entry *look_up(const struct table *table, struct text value)
{
    return table->size ? *find_entry(table, value, text_hash(value)) : NULL;
}

/* This record, or one before it. */
static int64_t holder_of(struct counters *holders, struct text value, int64_t record)
{
    int64_t first = record;
    counters_get(holders, value, &first);
    counters_set(holders, value, first);
    return first;
}

struct gathering {
    struct cross_record_rules *all;
    const struct rule *rule;
    const struct rule_record *record;
};

/* ---- unique: true ---- */

/* Two records with one code are one procedure, told twice: that is no repetition, unless the code is looked
 * at. */
static bool is_code(const struct rule_path *path)
{
    return text_is(path->path.text, "code");
}

static bool is_same(const struct entry *entry, const struct rule_record *record, bool by_code)
{
    if (entry->first == record->number)
        return true;
    return by_code && record->code.length && text_equal(entry->first_code, record->code);
}

static struct text label_of(const struct rule_record *record, bool by_code)
{
    return by_code && record->code.length ? record->code : record->label;
}

static bool gather_unique_value(void *user_data, const struct value *value, const struct rule_place *place)
{
    const struct gathering *gathering = user_data;
    struct cross_record_rules *all = gathering->all;
    const struct rule_record *record = gathering->record;
    bool by_code = !is_code(place->path);
    if (!value_is_scalar(value) || !value->text.length)
        return true;
    if (all->phase == LOOKING) {
        int64_t first = holder_of(&all->tables[gathering->rule->number].holders, value->text, record->number);
        if (first != record->number) {
            cross_record_rules_suspect(all, first);
            cross_record_rules_suspect(all, record->number);
        }
        return true;
    }
    struct entry *entry = note(all, &all->tables[gathering->rule->number], value->text);
    if (!entry->first_label.bytes) {
        entry->first = record->number;
        entry->first_code = text_copy(&all->arena, record->code);
        entry->first_label = text_copy(&all->arena, label_of(record, by_code));
    } else if (!entry->shared && !is_same(entry, record, by_code)) {
        entry->shared = true;
        entry->other_label = text_copy(&all->arena, label_of(record, by_code));
    }
    return true;
}

static void gather_unique(const void *user_data, const struct rule *rule, struct cross_record_rules *all,
                          const struct rule_view *view, const struct rule_record *record)
{
    struct gathering gathering = { all, rule, record };
    (void)user_data;
    if ((all->phase == FILLING && !bits_has(&all->suspects, record->number)) ||
        !rule_applies(all->rules, rule, view, &all->rules->moment))
        return;
    for (size_t i = 0; i < rule->path_count; i++)
        rule_path_visit(&rule->paths[i], view, gather_unique_value, &gathering);
}

static bool holds_unique(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    (void)user_data;
    if (!subject->all || subject->all->phase != READY)
        return true;
    const struct entry *entry = look_up(&subject->all->tables[subject->rule->number], subject->value->text);
    if (!entry || !entry->shared)
        return true;
    bool first = is_same(entry, subject->record, !is_code(subject->place->path));
    reason_set(&why->reason, "unique", first ? entry->other_label : entry->first_label);
    return false;
}

static enum status compile_unique(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    (void)user_data;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "true"))
        return setting_fault(compiling->context, options, error,
                             _("\"unique\" can only be true; remove the check otherwise"));
    if (rule->whole_set)
        return setting_fault(compiling->context, options, error,
                             _("one rule has either \"unique\" or \"refers_to\": make two rules"));
    rule->set_wise = rule->whole_set = true;
    return STATUS_OK;
}

/* ---- refers_to: FIELD ---- */

static bool gather_target(void *user_data, const struct value *value, const struct rule_place *place)
{
    const struct gathering *gathering = user_data;
    (void)place;
    if (value_is_scalar(value) && value->text.length)
        note(gathering->all, &gathering->all->tables[gathering->rule->number], value->text);
    return true;
}

static bool gather_reference(void *user_data, const struct value *value, const struct rule_place *place)
{
    const struct gathering *gathering = user_data;
    (void)value, (void)place;
    gathering->all->tables[gathering->rule->number].wanted = true;
    cross_record_rules_suspect(gathering->all, gathering->record->number);
    return false;
}

/* Few records refer to another, and mostly none does: only where one does are the targets of all looked for. */
static void gather_refers_to(const void *user_data, const struct rule *rule, struct cross_record_rules *all,
                             const struct rule_view *view, const struct rule_record *record)
{
    struct gathering gathering = { all, rule, record };
    for (size_t i = 0; i < rule->path_count && all->phase == LOOKING; i++)
        rule_path_visit(&rule->paths[i], view, gather_reference, &gathering);
    if (all->phase == FILLING && all->tables[rule->number].wanted)
        rule_path_visit(user_data, view, gather_target, &gathering);
}

static bool holds_refers_to(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct rule_path *target = user_data;
    if (!subject->all || subject->all->phase != READY ||
        look_up(&subject->all->tables[subject->rule->number], subject->value->text))
        return true;
    reason_set(&why->reason, "refers-to", subject->value->text, target->path.text);
    return false;
}

static void watch_refers_to(const void *user_data, void (*add)(void *mask, const struct rule_path *path),
                            void *mask)
{
    add(mask, user_data);
}

static enum status compile_refers_to(struct rule *rule, const struct rule_compiling *compiling,
                                     const struct value *options, void **user_data, struct error *error)
{
    struct rule_path *target = arena_new(compiling->context->arena, struct rule_path);
    *user_data = target;
    if (options->kind != VALUE_TEXT)
        return setting_fault(compiling->context, options, error, _("\"refers_to\" names a field"));
    if (rule_path_compile(options->text, target, error))
        return setting_place(compiling->context, options, error);
    if (target->target->kind == FIELD_LIST || target->target->kind == FIELD_GROUP)
        return setting_fault(compiling->context, options, error,
                             _("\"refers_to\" wants a field with one value, and \"%.*s\" has many"),
                             TEXT_ARG(options->text));
    if (rule->whole_set)
        return setting_fault(compiling->context, options, error,
                             _("one rule has either \"unique\" or \"refers_to\": make two rules"));
    rule->set_wise = rule->whole_set = true;
    return STATUS_OK;
}

/* ---- sql: SELECT …, or { select, limit } ---- */

struct query_settings {
    const char *select;
    int64_t limit_ms;
};

static enum status compile_sql(struct rule *rule, const struct rule_compiling *compiling,
                               const struct value *options, void **user_data, struct error *error)
{
    static const struct setting settings[] = {
        { "select", SETTING_TEXT, offsetof(struct query_settings, select), .required = true,
          .help = N_("a SELECT over the view procedure: each row (code, value) breaks the rule") },
        { "limit", SETTING_DURATION, offsetof(struct query_settings, limit_ms), .fallback = "60s",
          .minimum = 1, .maximum = 3600000, .help = N_("how long it may take") },
    };
    struct query *query = arena_new(compiling->context->arena, struct query);
    struct query_settings read = { .limit_ms = 60000 };
    *user_data = query;
    if (options->kind == VALUE_OBJECT &&
        setting_read(compiling->context, settings, 2, options, "sql", &read, error))
        return error->status;
    query->place = options->kind == VALUE_OBJECT ? value_find(options, "select") : options;
    if (query->place->kind != VALUE_TEXT)
        return setting_fault(compiling->context, options, error,
                             _("\"sql\" is a SELECT over the view procedure"));
    query->sql = query->place->text;
    query->limit_ms = read.limit_ms;
    rule->set_wise = true;
    if (cross_record_query_check(query->sql, error)) {
        error->status = STATUS_USAGE;
        return setting_place(compiling->context, query->place, error);
    }
    return STATUS_OK;
}

size_t cross_record_rules_queries(const struct cross_record_rules *all, const struct rule_query **queries)
{
    *queries = all->queries;
    return all->query_count;
}

void cross_record_rules_hit(void *user_data, const struct cross_record_hit *row)
{
    const struct cross_record_asked *asked = user_data;
    struct cross_record_rules *all = asked->all;
    struct hits *hits = &all->hits[asked->rule];
    if (!row->code.length)
        return;
    struct hit *hit = arena_new(&all->arena, struct hit);
    hit->code = text_copy(&all->arena, row->code);
    hit->value = text_copy(&all->arena, row->value);
    *hits->tail = hit;
    hits->tail = &hit->next;
    hits->count++;
}

/* The rows of a query, by code and as they came within one. */
static int compare_hits(const void *left, const void *right)
{
    const struct hit *const *one = left, *const *other = right;
    int order = text_compare((*one)->code, (*other)->code);
    return order ? order : text_compare((*one)->value, (*other)->value);
}

static void sort_hits(struct cross_record_rules *all, struct hits *hits)
{
    if (hits->buckets || !hits->count)
        return;
    hits->buckets = arena_array(&all->arena, struct hit *, hits->count);
    for (struct hit *hit = hits->first; hit; hit = hit->next)
        hits->buckets[hits->bucket_count++] = hit;
    qsort(hits->buckets, hits->bucket_count, sizeof(struct hit *), compare_hits);
}

void cross_record_rules_asked(struct cross_record_rules *all)
{
    for (size_t i = 0; i < all->rules->count; i++)
        sort_hits(all, &all->hits[i]);
}

bool cross_record_rules_again(struct cross_record_rules *all)
{
    if (all->phase == LOOKING)
        for (size_t i = 0; i < all->rules->count; i++)
            counters_free(&all->tables[i].holders);
    all->phase = all->phase == LOOKING ? FILLING : READY;
    return all->phase == FILLING;
}

bool cross_record_rules_wants_all(const struct cross_record_rules *all)
{
    bool wanted = false;
    for (size_t i = 0; i < all->rules->count; i++)
        wanted = wanted || all->tables[i].wanted;
    return wanted;
}

static void judge_query(const struct cross_record_rules *all, const struct rule_trial *trial)
{
    const struct hits *hits = &all->hits[trial->rule->number];
    size_t low = 0, high = hits->bucket_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(hits->buckets[middle]->code, trial->record->code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < hits->bucket_count && text_equal(hits->buckets[low]->code, trial->record->code); low++) {
        struct value value = { .kind = VALUE_TEXT, .text = hits->buckets[low]->value };
        struct rule_place place = { .path = trial->rule->path_count ? &trial->rule->paths[0] : NULL };
        struct rule_why why = { .reason = REASON("query", TEXT_NONE) };
        rule_find(trial, place.path ? &place : NULL, value.text.bytes ? &value : NULL, &why);
    }
}

void cross_record_rules_gather(struct cross_record_rules *all, const struct value *projection,
                               const struct rule_record *record)
{
    struct rule_view view;
    rule_view_of(all->rules, projection, &view);
    for (size_t i = 0; i < all->rules->count; i++) {
        const struct rule *rule = &all->rules->rules[i];
        for (size_t j = 0; rule->whole_set && j < rule->check_count; j++)
            if (rule->checks[j].kind->gather)
                rule->checks[j].kind->gather(rule->checks[j].user_data, rule, all, &view, record);
    }
}

void cross_record_rules_judge(const struct cross_record_rules *all, struct arena *arena,
                              const struct value *projection, const struct rule_record *record,
                              struct findings *findings, struct cross_record_deadline **deadlines)
{
    struct rule_view view;
    struct rule_moment moment = all->rules->moment;
    moment.published = record->published;
    moment.user_data = record->user_data;
    rule_view_of(all->rules, projection, &view);
    for (size_t i = 0; i < all->rules->count; i++) {
        struct date due = { 0 };
        struct rule_trial trial = { .rules = all->rules,
                                    .rule = &all->rules->rules[i],
                                    .view = &view,
                                    .moment = &moment,
                                    .arena = arena,
                                    .findings = findings,
                                    .due = &due,
                                    .all = all,
                                    .record = record };
        if (!trial.rule->set_wise || !rule_applies(all->rules, trial.rule, &view, &moment))
            continue;
        if (all->hits[i].count)
            judge_query(all, &trial);
        else
            rule_try(&trial);
        if (!due.year)
            continue;
        struct cross_record_deadline *deadline = arena_new(arena, struct cross_record_deadline);
        deadline->rule = trial.rule->id;
        deadline->due = due;
        while (*deadlines && text_compare((*deadlines)->rule, deadline->rule) < 0)
            deadlines = &(*deadlines)->next;
        deadline->next = *deadlines;
        *deadlines = deadline;
    }
}

const struct rule_check rule_check_unique = { .name = "unique",
                                              .takes = RULE_TAKES_SCALAR,
                                              .compile = compile_unique,
                                              .holds = holds_unique,
                                              .gather = gather_unique };
const struct rule_check rule_check_refers_to = { .name = "refers_to",
                                                 .takes = RULE_TAKES_SCALAR,
                                                 .compile = compile_refers_to,
                                                 .holds = holds_refers_to,
                                                 .gather = gather_refers_to,
                                                 .watch = watch_refers_to };
const struct rule_check rule_check_sql = { .name = "sql", .takes = RULE_TAKES_ANY, .compile = compile_sql };
