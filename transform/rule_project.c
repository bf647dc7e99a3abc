/* What rules over the store look at: a procedure cut down to the fields that any of them names. */
#include <string.h>

#include "core/canonical.h"
#include "transform/rule_inside.h"

struct rule_project_node {
    struct text name;
    bool whole; /* a path ends here */
    struct rule_project_node *first, *next;
};

struct building {
    struct arena *arena;
    struct rule_project_node *root;
};

/* Members are kept in the order of names: canonical bytes then need no sorting. */
static struct rule_project_node *find_node(struct arena *arena, struct rule_project_node *parent,
                                           struct text name)
{
    struct rule_project_node **link = &parent->first;
    while (*link && text_compare((*link)->name, name) < 0)
        link = &(*link)->next;
    if (*link && text_equal((*link)->name, name))
        return *link;
    struct rule_project_node *node = arena_new(arena, struct rule_project_node);
    node->name = name;
    node->next = *link;
    *link = node;
    return node;
}

static void add_path(void *user_data, const struct rule_path *path)
{
    struct building *building = user_data;
    struct rule_project_node *node = building->root;
    for (size_t i = 0; i < path->path.count; i++)
        node = find_node(building->arena, node, path->names[i]);
    node->whole = true;
}

void rule_project_build(struct rule_set *rules)
{
    struct building building = { rules->arena, arena_new(rules->arena, struct rule_project_node) };
    bool any = false;
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool sql = rule->check_count == 1 && rule->checks[0].kind == &rule_check_sql;
        if (!rule->set_wise)
            continue;
        rules->has_sql = rules->has_sql || sql;
        bool dated = rule->from.year || rule->to.year || rule->by_own_day;
        if (sql && !rule->when_count && !dated)
            continue;
        any = true;
        if (dated)
            add_path(&building, &rules->own_day);
        for (size_t j = 0; j < rule->path_count; j++)
            add_path(&building, &rule->paths[j]);
        for (size_t j = 0; j < rule->when_count; j++)
            add_path(&building, &rule->when[j].path);
        for (size_t j = 0; j < rule->check_count; j++)
            if (rule->checks[j].kind->watch)
                rule->checks[j].kind->watch(rule->checks[j].user_data, add_path, &building);
    }
    rules->projection = any ? building.root : NULL;
}

static void write_node(const struct rule_project_node *node, const struct value *value, struct buffer *out)
{
    bool first = true;
    if (node->whole || value_is_scalar(value)) {
        canonical_write(out, value);
        return;
    }
    buffer_char(out, value->kind == VALUE_LIST ? '[' : '{');
    if (value->kind == VALUE_LIST) {
        for (const struct value *item = value->first; item; item = item->next) {
            if (item != value->first)
                buffer_char(out, ',');
            write_node(node, item, out);
        }
        buffer_char(out, ']');
        return;
    }
    for (const struct rule_project_node *child = node->first; child; child = child->next) {
        const struct value *member = value_find_text(value, child->name);
        if (!member)
            continue;
        if (!first)
            buffer_char(out, ',');
        first = false;
        canonical_text(out, child->name);
        buffer_char(out, ':');
        write_node(child, member, out);
    }
    buffer_char(out, '}');
}

void rule_project(const struct rule_set *rules, const struct value *procedure, struct buffer *out)
{
    if (rules->projection)
        write_node(rules->projection, procedure, out);
}
