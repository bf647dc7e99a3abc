#include "adapters/json.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json_guard.h"
#include "core/memory.h"

#define PAIRWISE_MAX 16

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static _Thread_local struct arena thread_arena; /* all of cJSON's memory during one parse */

static void *take(size_t size)
{
    return arena_alloc(&thread_arena, size);
}

static void give(void *memory)
{
    (void)memory; /* the arena is cleared after the parse */
}

static void end_thread(void *arena)
{
    arena_free(arena);
}

static void set_up(void)
{
    cJSON_Hooks hooks = { take, give };
    cJSON_InitHooks(&hooks);
    if (pthread_key_create(&thread_end, end_thread) != 0)
        abort();
}

/* --- From cJSON's items to values --- */

struct member {
    const struct value *value;
    size_t number;
};

static int compare_members(const void *left, const void *right)
{
    const struct member *one = left, *other = right;
    int order = text_compare(one->value->name, other->value->name);
    return order ? order : (one->number > other->number) - (one->number < other->number);
}

/* By sorting: names that all fall into one bucket of a hash are easily made. */
static const struct value *repeated_of_many(const struct value *object)
{
    struct member *members = memory_grow(NULL, object->count, sizeof *members);
    size_t count = 0, first = SIZE_MAX;
    const struct value *repeated = NULL;
    for (const struct value *member = object->first; member; member = member->next, count++)
        members[count] = (struct member){ member, count };
    qsort(members, count, sizeof *members, compare_members);
    for (size_t i = 1; i < count; i++) {
        if (members[i].number < first && text_equal(members[i - 1].value->name, members[i].value->name)) {
            repeated = members[i].value;
            first = members[i].number;
        }
    }
    free(members);
    return repeated;
}

const struct value *json_repeated_name(const struct value *object)
{
    if (object->count > PAIRWISE_MAX)
        return repeated_of_many(object);
    for (const struct value *member = object->first; member; member = member->next)
        for (const struct value *earlier = object->first; earlier != member; earlier = earlier->next)
            if (text_equal(earlier->name, member->name))
                return member;
    return NULL;
}

struct conversion {
    struct arena *arena;
    const struct value *wrong; /* the first member found whose name is a number or occurred before */
    bool is_number;
};

static struct text copy(struct arena *arena, const char *string)
{
    size_t length = strlen(string);
    char *bytes = arena_alloc(arena, length + 1);
    memcpy(bytes, string, length + 1);
    return (struct text){ bytes, length };
}

/* Depth is bounded by the guard. */
static struct value *convert(struct conversion *conversion, const cJSON *item)
{
    struct value *value = arena_alloc(conversion->arena, sizeof *value);
    *value = (struct value){ 0 };
    switch (item->type & 0xff) {
    case cJSON_False:
    case cJSON_True:
        value->kind = VALUE_BOOLEAN;
        value->truth = (item->type & cJSON_True) != 0;
        break;
    case cJSON_String:
        value->kind = *item->valuestring == JSON_NUMBER_MARK ? VALUE_NUMBER : VALUE_TEXT;
        value->text = copy(conversion->arena, item->valuestring + (value->kind == VALUE_NUMBER));
        break;
    case cJSON_Array:
    case cJSON_Object:
        value->kind = item->type & cJSON_Array ? VALUE_LIST : VALUE_OBJECT;
        for (const cJSON *child = item->child; child; child = child->next) {
            struct value *made = convert(conversion, child);
            value_append(value, made);
            if (value->kind == VALUE_LIST)
                continue;
            made->name = copy(conversion->arena, child->string);
            if (*child->string == JSON_NUMBER_MARK && !conversion->wrong) {
                conversion->wrong = made;
                conversion->is_number = true;
            }
        }
        if (value->kind == VALUE_OBJECT && !conversion->wrong)
            conversion->wrong = json_repeated_name(value);
        break;
    default:
        value->kind = VALUE_NULL;
        break;
    }
    return value;
}

/* How many texts, names and numbers stand before the member's name; whether it was found. */
static bool tokens_before(const struct value *value, const struct value *member, size_t *tokens)
{
    *tokens += value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER;
    for (const struct value *child = value->first; child; child = child->next) {
        if (child == member)
            return true;
        *tokens += value->kind == VALUE_OBJECT;
        if (tokens_before(child, member, tokens))
            return true;
    }
    return false;
}

/* cJSON keeps no places, so the place of a wrong name is found by counting. */
static enum status refuse_name(struct json_guard *guard, const struct value *root,
                               const struct conversion *conversion)
{
    size_t tokens = 0;
    tokens_before(root, conversion->wrong, &tokens);
    const char *at = json_guard_token(guard, tokens);
    if (conversion->is_number)
        return json_guard_refuse(guard, at, _("a number stands where a name must; names stand in quotes"));
    char message[200];
    struct text name = conversion->wrong->name;
    name.length = text_cut(name, 100);
    snprintf(message, sizeof message, _("the name \"" TEXT_PRINT "\" occurs twice in one object"),
             TEXT_ARG(name));
    return json_guard_refuse(guard, at, message);
}

static enum status parse(struct arena *arena, struct json_guard *guard, struct value **value)
{
    /* A number of one digit and its comma become five bytes. */
    size_t length = guard->source.length;
    char *given = arena_alloc(&thread_arena, length + (length / 2 + 1) * JSON_NUMBER_OVERHEAD + 1);
    enum status status = json_guard_text(guard, given, &length);
    if (status)
        return status;
    const char *end = given;
    const cJSON *root = cJSON_ParseWithLengthOpts(given, length + 1, &end, true);
    if (!root)
        return json_guard_syntax(guard, given, end);
    struct conversion conversion = { .arena = arena };
    struct value *made = convert(&conversion, root);
    if (conversion.wrong)
        return refuse_name(guard, made, &conversion);
    *value = made;
    return STATUS_OK;
}

enum status json_parse(struct arena *arena, struct text text, struct value **value, struct error *error)
{
    pthread_once(&once, set_up);
    if (!thread_arena.block)
        pthread_setspecific(thread_end, &thread_arena);
    *value = NULL;
    if (text_starts(text, TEXT("\xef\xbb\xbf")))
        text = text_slice(text, 3, text.length);
    if (!text.bytes)
        text = TEXT("");
    struct json_guard guard = { .source = text,
                                .at = text.bytes,
                                .end = text.bytes + text.length,
                                .copied = text.bytes,
                                .error = error };
    enum status status = parse(arena, &guard, value);
    arena_clear(&thread_arena); /* and with it cJSON's items: cJSON_Delete would only walk them */
    return status;
}
