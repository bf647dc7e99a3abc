#include "cli/configuration.h"
#include "core/setting_schema.h"
#include "extract/fetch.h"
#include "load/brakes.h"
#include "load/portal.h"
#include "transform/map.h"

static struct value *schema_of(struct arena *arena, const struct setting *(*settings)(size_t *count))
{
    size_t count;
    const struct setting *table = settings(&count);
    return setting_schema(arena, table, count);
}

/* Gives a property its shape; what the table says of it (its help) stays. */
static void shape(struct arena *arena, struct value *schema, const char *name, const char *keyword,
                  const struct value *inner)
{
    value_set(value_find(value_find(schema, "properties"), name), keyword, value_copy(arena, inner));
}

static struct value *reference(struct arena *arena, const char *to)
{
    struct value *object = value_object(arena);
    value_set(object, "$ref", value_string(arena, to));
    return object;
}

/* A field is an address or an object; objects of a list's item hold maps again. */
static struct value *map_schema(struct arena *arena)
{
    struct value *map = value_object(arena), *value = value_object(arena), *any = value_list(arena),
                 *text = value_object(arena);
    value_set(map, "type", value_string(arena, "object"));
    value_set(text, "type", value_string(arena, "string"));
    value_append(any, text);
    value_append(any, schema_of(arena, map_settings));
    value_set(value, "anyOf", any);
    value_set(map, "additionalProperties", value);
    return map;
}

static struct value *fetch_schema(struct arena *arena)
{
    struct value *any = value_list(arena);
    for (size_t i = 0; fetch_drivers[i]; i++)
        value_append(any, setting_schema(arena, fetch_drivers[i]->settings, fetch_drivers[i]->setting_count));
    return any;
}

static struct value *source_schema(struct arena *arena)
{
    struct value *source = schema_of(arena, source_settings);
    shape(arena, source, "fetch", "anyOf", fetch_schema(arena));
    shape(arena, source, "map", "$ref", reference(arena, "#/$defs/map")->first);
    return source;
}

static struct value *portal_schema(struct arena *arena)
{
    struct value *portal = schema_of(arena, portal_settings_of_all);
    for (size_t i = 0; portal_drivers[i]; i++)
        setting_schema_add(arena, portal, portal_drivers[i]->settings, portal_drivers[i]->setting_count);
    return portal;
}

struct value *configuration_schema(struct arena *arena)
{
    struct value *schema = schema_of(arena, configuration_settings), *defs = value_object(arena),
                 *items = reference(arena, "#/$defs/source");
    value_set(schema, "$schema", value_string(arena, "https://json-schema.org/draft/2020-12/schema"));
    value_set(schema, "$id", value_string(arena, "urn:congkhai:configuration:1"));
    value_set(schema, "title", value_string(arena, "congkhai.yaml"));
    value_set(defs, "agency", schema_of(arena, configuration_agency_settings));
    value_set(defs, "source", source_schema(arena));
    value_set(defs, "map", map_schema(arena));
    value_set(defs, "portal", portal_schema(arena));
    value_set(defs, "brakes", schema_of(arena, brakes_settings));
    value_set(schema, "$defs", defs);
    shape(arena, schema, "agency", "$ref", reference(arena, "#/$defs/agency")->first);
    shape(arena, schema, "portal", "$ref", reference(arena, "#/$defs/portal")->first);
    shape(arena, schema, "brakes", "$ref", reference(arena, "#/$defs/brakes")->first);
    shape(arena, schema, "sources", "items", items);
    return schema;
}
