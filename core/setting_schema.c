#include "core/setting_schema.h"

static struct value *names(struct arena *arena, const char *const *words)
{
    struct value *list = value_list(arena);
    for (; *words; words++)
        value_append(list, value_string(arena, *words));
    return list;
}

static void set_types(struct arena *arena, struct value *schema, const char *const *types)
{
    value_set(schema, "type", types[1] ? names(arena, types) : value_string(arena, types[0]));
}

static void set_object(struct arena *arena, struct value *schema, const struct setting *table, size_t count);

static void set_kind(struct arena *arena, struct value *schema, const struct setting *setting)
{
    static const char *const number[] = { "integer", NULL }, *const scaled[] = { "string", "number", NULL },
                             *const flag[] = { "boolean", "string", NULL },
                             *const object[] = { "object", NULL },
                             *const list[] = { "array", "string", "number", "boolean", NULL },
                             *const scalar[] = { "string", "number", "boolean", NULL };
    switch (setting->kind) {
    case SETTING_NUMBER:
        set_types(arena, schema, number);
        if (setting->minimum || setting->maximum) {
            value_set(schema, "minimum", value_integer(arena, setting->minimum));
            value_set(schema, "maximum", value_integer(arena, setting->maximum));
        }
        break;
    case SETTING_DURATION:
        set_types(arena, schema, scaled);
        value_set(schema, "pattern", value_string(arena, "^[0-9]+(ms|s|m|h|d)?$"));
        break;
    case SETTING_SIZE:
        set_types(arena, schema, scaled);
        value_set(schema, "pattern", value_string(arena, "^[0-9]+([kKMG]|[KMG]iB)?$"));
        break;
    case SETTING_SHARE:
        set_types(arena, schema, scaled);
        value_set(schema, "pattern", value_string(arena, "^[0-9.]+%?$"));
        break;
    case SETTING_BOOLEAN:
        set_types(arena, schema, flag);
        break;
    case SETTING_CHOICE:
        value_set(schema, "enum", names(arena, setting->choices));
        break;
    case SETTING_LIST:
        set_types(arena, schema, list);
        break;
    case SETTING_OBJECT:
        if (setting->members)
            set_object(arena, schema, setting->members, setting->member_count);
        else
            set_types(arena, schema, object);
        break;
    case SETTING_TEXT:
        set_types(arena, schema, scalar);
        break;
    case SETTING_TREE:
        break;
    }
}

void setting_schema_add(struct arena *arena, struct value *schema, const struct setting *table, size_t count)
{
    struct value *properties = value_find(schema, "properties");
    for (size_t i = 0; i < count; i++) {
        if (value_find(properties, table[i].name))
            continue;
        struct value *one = value_set(properties, table[i].name, value_object(arena));
        set_kind(arena, one, &table[i]);
        if (table[i].help)
            value_set(one, "description", value_string(arena, _(table[i].help)));
        if (table[i].fallback)
            value_set(one, "default", value_string(arena, table[i].fallback));
    }
}

static void set_object(struct arena *arena, struct value *schema, const struct setting *table, size_t count)
{
    struct value *required = value_list(arena);
    value_set(schema, "type", value_string(arena, "object"));
    value_set(schema, "properties", value_object(arena));
    value_set(schema, "additionalProperties", value_boolean(arena, false));
    setting_schema_add(arena, schema, table, count);
    for (size_t i = 0; i < count; i++)
        if (table[i].required)
            value_append(required, value_string(arena, table[i].name));
    if (required->count)
        value_set(schema, "required", required);
}

struct value *setting_schema(struct arena *arena, const struct setting *table, size_t count)
{
    struct value *schema = value_object(arena);
    set_object(arena, schema, table, count);
    return schema;
}
