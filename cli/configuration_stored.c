#include <string.h>

#include "cli/configuration.h"
#include "store/report.h"

static const char *string_of(struct arena *arena, const struct value *object, const char *name)
{
    struct text text = value_text_of(object, name);
    return text.bytes ? text_string(arena, text) : NULL;
}

static void take_agency(struct configuration *configuration, const struct value *tree)
{
    const struct value *agency = value_find(tree, "agency");
    struct text kind = value_text_of(agency, "kind");
    if (!agency)
        return;
    configuration->agency_code = string_of(&configuration->arena, agency, "code");
    configuration->agency_name = string_of(&configuration->arena, agency, "name");
    configuration->agency_kind = text_is(kind, "ministry")   ? AGENCY_MINISTRY
                                 : text_is(kind, "province") ? AGENCY_PROVINCE
                                                             : agency_kind_of(value_text_of(agency, "code"));
}

static void take_sources(struct configuration *configuration, const struct value *tree)
{
    const struct value *list = value_find(tree, "sources");
    if (!list || list->kind != VALUE_LIST)
        return;
    struct source *sources = arena_array(&configuration->arena, struct source, list->count + 1);
    memset(sources, 0, (list->count + 1) * sizeof *sources);
    for (const struct value *item = list->first; item; item = item->next) {
        const char *name = string_of(&configuration->arena, item, "name");
        if (name)
            sources[configuration->source_count++].name = name;
    }
    configuration->sources = sources;
}

static struct text item_text(const struct value *row, size_t at)
{
    const struct value *item = row->first;
    for (; item && at; at--)
        item = item->next;
    return item && value_is_scalar(item) ? item->text : TEXT_NONE;
}

/* As configuration.c keeps them: { NAME: [[from, to, name], …] }. They are listed, not looked up. */
static void take_lists(struct configuration *configuration, const struct value *rules)
{
    struct arena *arena = &configuration->arena;
    const struct value *lists = value_find(rules, "codes");
    for (const struct value *of = lists ? lists->first : NULL; of; of = of->next) {
        struct code_list *list = arena_new(arena, struct code_list);
        struct code **tail = &list->first;
        *list = (struct code_list){ .name = text_string(arena, of->name), .next = configuration->lists };
        for (const struct value *row = of->first; row; row = row->next) {
            struct code *code = *tail = arena_new(arena, struct code);
            *code = (struct code){ item_text(row, 0), item_text(row, 1), item_text(row, 2), .line = 0 };
            tail = &code->after;
            list->count++;
        }
        configuration->lists = list;
    }
}

void configuration_from_store(struct store *store, struct configuration *configuration)
{
    struct error unread;
    struct value *tree, *rules;
    if (report_configuration(store, &configuration->arena, &tree, &unread) == STATUS_OK) {
        take_agency(configuration, tree);
        take_sources(configuration, tree);
        if (!date_read(value_text_of(tree, "baseline"), &configuration->baseline))
            configuration->baseline = (struct date){ 0 };
        configuration->language = text_is(value_text_of(tree, "language"), "en") ? "en" : "vi";
    }
    if (report_run_rules(store, &configuration->arena, 0, &rules, &unread) == STATUS_OK)
        take_lists(configuration, rules);
}
