/* What will surprise whoever relies on the map. */
#include <stdio.h>

#include "core/vietnamese.h"
#include "transform/map_compile.h"

#define USES_MAX 64

/* The fields that one list fills. */
struct uses {
    const struct code_list *list;
    const struct field *fields[USES_MAX]; /* what each value must be */
    const char *name;                     /* of the first */
    size_t count;
    bool others; /* not choices alone, or more than fit: anything may be meant */
};

static void add_use(struct uses *uses, const struct map_node *node)
{
    const struct field *field = node->field->kind == FIELD_LIST ? node->field->item : node->field;
    bool choice = field && field->kind == FIELD_CHOICE && !node->items;
    if (node->scalar && node->scalar->codes == uses->list)
        add_use(uses, node->scalar);
    if (node->codes != uses->list)
        return;
    if (!uses->name)
        uses->name = node->field->name;
    if (!choice || uses->count == USES_MAX)
        uses->others = true;
    else
        uses->fields[uses->count++] = field;
}

static void find_uses(struct uses *uses, const struct map_group *group)
{
    if (group->inner)
        find_uses(uses, group->inner);
    for (size_t i = 0; i < group->count; i++) {
        const struct map_node *node = group->members[i].node;
        if (group->members[i].outer)
            continue;
        if (!node) {
            find_uses(uses, group->members[i].group);
            continue;
        }
        add_use(uses, node);
        if (node->items)
            find_uses(uses, node->items);
    }
}

static bool takes(const struct field *field, struct text text)
{
    for (size_t i = 0; field->choices[i]; i++) {
        if (text_is(text, field->choices[i]))
            return true;
        for (int language = 0; field->choice_words && language < LANGUAGES; language++)
            if (vietnamese_is(text, field->choice_words[i].in[language]))
                return true;
    }
    return false;
}

/* A list may serve several fields, of which each takes a part of it. */
static bool is_taken(const struct uses *uses, struct text text)
{
    for (size_t i = 0; i < uses->count; i++)
        if (takes(uses->fields[i], text))
            return true;
    return false;
}

static void lint_list(const struct uses *uses, void (*say)(void *user_data, const char *remark),
                      void *user_data)
{
    char line[1024];
    for (const struct code *code = uses->list->first; code; code = code->after) {
        if (!code->to.length || is_taken(uses, code->to))
            continue;
        snprintf(
            line, sizeof line,
            _("%s:%ld: \"%.*s\" is nothing that \"%s\" can be: a record that says \"%.*s\" is kept back"),
            uses->list->path, code->line, TEXT_ARG(code->to), uses->name ? uses->name : uses->list->name,
            TEXT_ARG(code->from));
        say(user_data, line);
    }
}

void map_lint(struct map *const *maps, size_t count, const struct code_list *lists,
              void (*say)(void *user_data, const char *remark), void *user_data)
{
    for (const struct code_list *list = lists; list; list = list->next) {
        struct uses uses = { .list = list };
        for (size_t i = 0; i < count; i++)
            find_uses(&uses, maps[i]->root);
        if (uses.count && !uses.others)
            lint_list(&uses, say, user_data);
    }
}
