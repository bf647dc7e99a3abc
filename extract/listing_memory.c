#include "extract/listing_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/json.h"
#include "core/canonical.h"

#define UNENDED_MAX 10000 /* documents */

struct text listing_memory_write(const struct listing_memory *memory, struct arena *arena)
{
    char number[20];
    struct value *object = value_object(arena), *unended = value_list(arena), *deaths = value_list(arena);
    for (size_t i = 0; i < memory->unended_count && i < UNENDED_MAX; i++)
        value_append(unended, value_text(arena, memory->unended[i]));
    for (size_t i = 0; i < memory->death_count; i++) {
        struct value *death = value_append(deaths, value_object(arena));
        value_set(death, "content", value_digest(arena, &memory->deaths[i].content));
        value_set(death, "signal", value_integer(arena, memory->deaths[i].signal));
    }
    if (memory->death_count)
        value_set(object, "deaths", deaths);
    if (memory->plain)
        value_set(object, "plain", value_boolean(arena, true));
    if (memory->read_at)
        value_set(object, "read_at", value_integer(arena, memory->read_at));
    value_set(object, "recipe", value_digest(arena, &memory->recipe));
    if (memory->records)
        value_set(object, "records", value_integer(arena, memory->records));
    snprintf(number, sizeof number, "%016" PRIx64, memory->repeats);
    value_set(object, "repeats", value_string(arena, text_string(arena, text_of(number))));
    value_set(object, "unended", unended);
    if (memory->validators.length)
        value_set(object, "validators", value_text(arena, memory->validators));
    return canonical_copy(arena, object);
}

static void read_deaths(const struct value *list, struct arena *arena, struct listing_memory *memory)
{
    memory->deaths = arena_array(arena, struct death, DEATHS_MAX);
    if (!list || list->kind != VALUE_LIST)
        return;
    for (const struct value *item = list->first; item && memory->death_count < DEATHS_MAX;
         item = item->next) {
        struct death *death = &memory->deaths[memory->death_count];
        death->signal = value_number_of(item, "signal");
        memory->death_count += digest_from_hex(value_text_of(item, "content"), &death->content);
    }
}

void listing_memory_read(struct text bytes, struct arena *arena, struct listing_memory *memory)
{
    struct value *object;
    struct error error;
    *memory = (struct listing_memory){ 0 };
    if (!bytes.length || bytes.bytes[0] != '{' || json_parse(arena, bytes, &object, &error) ||
        !digest_from_hex(value_text_of(object, "recipe"), &memory->recipe))
        return;
    const struct value *unended = value_find(object, "unended");
    read_deaths(value_find(object, "deaths"), arena, memory);
    memory->validators = value_text_of(object, "validators");
    memory->repeats = strtoull(text_string(arena, value_text_of(object, "repeats")), NULL, 16);
    memory->plain = value_is_true(object, "plain");
    memory->records = value_number_of(object, "records");
    memory->read_at = value_number_of(object, "read_at");
    if (!unended || unended->kind != VALUE_LIST)
        return;
    memory->unended = arena_array(arena, struct text, unended->count + 1);
    for (const struct value *item = unended->first; item; item = item->next)
        if (item->kind == VALUE_TEXT)
            memory->unended[memory->unended_count++] = item->text;
}
