/* The tables of settings (core/setting.h) as a JSON Schema, so that an editor knows what the reader takes. */
#ifndef CORE_SETTING_SCHEMA_H
#define CORE_SETTING_SCHEMA_H

#include "core/setting.h"

/* An object schema of draft 2020-12: types, choices, bounds, defaults, what is required, and help in the language
 * spoken now; other names are refused. Objects and trees inside are of any shape until the caller sets theirs in
 * "properties". */
struct value *setting_schema(struct arena *arena, const struct setting *table, size_t count);
/* Adds a table's rows to such a schema, none of them required: settings of one kind of driver among several. */
void setting_schema_add(struct arena *arena, struct value *schema, const struct setting *table, size_t count);

#endif
