#include "adapters/json.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"

/* cJSON reads numbers into doubles. It is given each number as a text that begins with this byte, which no
 * valid UTF-8 and no escape can give. */
#define NUMBER_MARK     '\xff'
#define NUMBER_OVERHEAD 3 /* the mark and two quotes */

#define PAIRWISE_MOST 16

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static _Thread_local struct arena thread_arena; /* all of cJSON's memory during one parse */

static void *take(size_t size)
{
    return arena_take(&thread_arena, size);
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

/* One pass over the source, before cJSON sees it. */
struct guard {
    struct text source;
    const char *at, *end;
    const char *copied; /* up to here the source stands in `out` */
    char *out;
    const char *root_end; /* behind the bracket that closes the first list or object */
    size_t depth;
    struct error *error;
};

/* Puts the place in front of the message. */
static enum status locate(struct text source, const char *at, enum status status, struct error *error)
{
    size_t line = 1;
    const char *start = source.bytes, *feed;
    while (start < at && (feed = memchr(start, '\n', (size_t)(at - start)))) {
        line++;
        start = feed + 1;
    }
    size_t column = unicode_length((struct text){ start, (size_t)(at - start) }) + 1;
    error_add(error, _("line %zu, column %zu"), line, column);
    return status;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static enum status refuse(struct guard *guard, const char *at, const char *message)
{
    return locate(guard->source, at, error_set(guard->error, STATUS_REJECT, "%s", message), guard->error);
}

/* The next quote, backslash or control character, eight bytes at a time. A borrow from one byte to the next
 * can only make a word look special that is not; the bytes then say so. */
static const char *find_special(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (;;) {
        while (end - at >= 8) {
            uint64_t word;
            memcpy(&word, at, sizeof word);
            uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
            uint64_t special =
                (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash));
            if (special & (ones << 7))
                break;
            at += 8;
        }
        const char *stop = end - at < 8 ? end : at + 8;
        for (; at < stop; at++)
            if ((unsigned char)*at < 0x20 || *at == '"' || *at == '\\')
                return at;
        if (at == end)
            return end;
    }
}

/* The number that four hexadecimal digits write, or -1. */
static int hexadecimal(const char *at, const char *end)
{
    int number = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = at[i] >= '0' && at[i] <= '9'   ? at[i] - '0'
                    : at[i] >= 'a' && at[i] <= 'f' ? at[i] - 'a' + 10
                    : at[i] >= 'A' && at[i] <= 'F' ? at[i] - 'A' + 10
                                                   : -1;
        if (digit < 0)
            return -1;
        number = number << 4 | digit;
    }
    return number;
}

/* guard->at stands on the backslash, and behind the whole escape afterwards. */
static enum status guard_escape(struct guard *guard)
{
    const char *at = guard->at, *end = guard->end;
    char letter = end - at < 2 ? 0 : at[1];
    if (letter && letter != 'u' && strchr("\"\\/bfnrt", letter)) {
        guard->at += 2;
        return STATUS_OK;
    }
    int unit = letter == 'u' ? hexadecimal(at + 2, end) : -1;
    if (unit < 0)
        return refuse(
            guard, at,
            _("this escape is none of JSON's; write a backslash itself as \\\\, a character as \\u and "
              "four hexadecimal digits"));
    if (unit == 0)
        return refuse(guard, at,
                      _("\\u0000 stands in a text; a NUL is no character of a record, take it out"));
    guard->at += 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return STATUS_OK;
    int low = end - at >= 8 && at[6] == '\\' && at[7] == 'u' ? hexadecimal(at + 8, end) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return refuse(
            guard, at,
            _("half a surrogate pair stands alone; characters above U+FFFF need \\uD800–\\uDBFF and then "
              "\\uDC00–\\uDFFF"));
    guard->at += 6;
    return STATUS_OK;
}

static enum status guard_string(struct guard *guard)
{
    const char *start = guard->at++;
    for (;;) {
        guard->at = find_special(guard->at, guard->end);
        if (guard->at == guard->end)
            return refuse(guard, start, _("the quotes that open here are not closed"));
        if (*guard->at == '"')
            break;
        if (*guard->at != '\\')
            return refuse(
                guard, guard->at,
                *guard->at == '\n' || *guard->at == '\r'
                    ? _("a line break stands inside a text; write \\n, or close the quotes before it")
                : *guard->at == '\t' ? _("a tab stands inside a text; write \\t")
                : *guard->at == 0    ? _("a NUL stands inside a text; take it out")
                                     : _("a control character stands inside a text; take it out"));
        enum status status = guard_escape(guard);
        if (status)
            return status;
    }
    guard->at++;
    return STATUS_OK;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* RFC 8259 §6; NULL when the number is none. */
static const char *number_end(const char *at, const char *end)
{
    const char *digits = at + (*at == '-');
    at = skip_digits(digits, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        digits = at + 1;
        if (digits < end && (*digits == '+' || *digits == '-'))
            digits++;
        at = skip_digits(digits, end);
        if (at == digits)
            return NULL;
    }
    bool goes_on = at < end && (*at == '.' || *at == '+' || *at == '-' || *at == '_' ||
                                (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z'));
    return goes_on ? NULL : at;
}

static enum status guard_number(struct guard *guard)
{
    const char *start = guard->at, *end = number_end(start, guard->end);
    if (!end)
        return refuse(
            guard, start,
            _("this number is not written as JSON wants it: no zeros in front, digits on both sides of the "
              "point, a dot and no comma; put codes and the like in quotes"));
    size_t before = (size_t)(start - guard->copied), length = (size_t)(end - start);
    memcpy(guard->out, guard->copied, before);
    guard->out += before;
    *guard->out++ = '"';
    *guard->out++ = NUMBER_MARK;
    memcpy(guard->out, start, length);
    guard->out += length;
    *guard->out++ = '"';
    guard->copied = guard->at = end;
    return STATUS_OK;
}

static enum status guard_bracket(struct guard *guard)
{
    bool opens = *guard->at == '[' || *guard->at == '{';
    if (opens && guard->depth == JSON_DEPTH) {
        error_set(guard->error, STATUS_REJECT, _("lists and objects are nested more than %d levels deep"),
                  JSON_DEPTH);
        return locate(guard->source, guard->at, STATUS_REJECT, guard->error);
    }
    if (opens)
        guard->depth++;
    else if (guard->depth && --guard->depth == 0 && !guard->root_end)
        guard->root_end = guard->at + 1;
    guard->at++;
    return STATUS_OK;
}

/* Behind the end of the JSON in *length: cJSON's input with a NUL behind. */
static enum status guard_text(struct guard *guard, char *out, size_t *length)
{
    struct text source = guard->source;
    size_t invalid = unicode_invalid_at(source);
    if (invalid < source.length)
        return refuse(
            guard, source.bytes + invalid,
            _("the bytes are no valid UTF-8 here; convert the file, or name its encoding in the source"));
    guard->out = out;
    while (guard->at < guard->end) {
        enum status status = STATUS_OK;
        char byte = *guard->at;
        if (byte == '"')
            status = guard_string(guard);
        else if (byte == '-' || (byte >= '0' && byte <= '9'))
            status = guard_number(guard);
        else if (byte == '[' || byte == '{' || byte == ']' || byte == '}')
            status = guard_bracket(guard);
        else if ((unsigned char)byte >= 0x80)
            status = refuse(
                guard, guard->at,
                _("a character stands outside of quotes here that JSON knows only inside; texts and names "
                  "stand in straight quotes \"…\""));
        else if ((unsigned char)byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
            status =
                refuse(guard, guard->at,
                       byte ? _("a control character stands between the values; take it out")
                            : _("a NUL stands between the values; take it out, or read the file as UTF-16"));
        else
            guard->at++;
        if (status)
            return status;
    }
    size_t rest = (size_t)(guard->end - guard->copied);
    memcpy(guard->out, guard->copied, rest);
    guard->out += rest;
    *guard->out = 0;
    *length = (size_t)(guard->out - out);
    return STATUS_OK;
}

/* Where no text stands for a name, cJSON points one byte too far: `at` moved back. */
static const char *name_or(const char *given, const char *at)
{
    char brackets[JSON_DEPTH], before = 0;
    size_t depth = 0;
    for (const char *byte = given; byte < at; byte++) {
        if (is_blank(*byte))
            continue;
        bool is_name = depth && brackets[depth - 1] == '{' && (before == '{' || before == ',');
        bool is_end = *byte == '}' && before == '{';
        if (is_name && !is_end && *byte != '"' && byte + 1 == at)
            return byte;
        before = *byte;
        if (*byte == '[' || *byte == '{')
            brackets[depth++] = *byte;
        else if ((*byte == ']' || *byte == '}') && depth)
            depth--;
        if (*byte == '"')
            while (*++byte != '"')
                byte += *byte == '\\';
    }
    return at;
}

/* Says what cJSON stumbled over; `at` is in what it was given. */
static enum status refuse_syntax(struct guard *guard, const char *given, const char *at)
{
    struct text source = guard->source;
    size_t numbers = 0;
    at = name_or(given, at);
    for (const char *byte = given; byte < at; byte++)
        numbers += *byte == NUMBER_MARK;
    size_t offset = (size_t)(at - given) - numbers * NUMBER_OVERHEAD;
    while (offset < source.length && is_blank(source.bytes[offset]))
        offset++;
    if (!text_trim(source).length)
        return refuse(guard, source.bytes, _("the JSON text is empty"));
    if (offset >= source.length)
        return refuse(guard, guard->end, _("the JSON text ends too early: a value or a bracket is missing"));
    const char *place = source.bytes + offset;
    struct text before = text_trim((struct text){ source.bytes, offset });
    if ((*place == ']' || *place == '}') && text_ends(before, TEXT(",")))
        return refuse(guard, place, _("a comma stands before this closing bracket; take it out"));
    if (guard->root_end && place >= guard->root_end)
        error_set(
            guard->error, STATUS_REJECT,
            _("\"%c\" stands behind the end of the value; put one value in a text, or read it as ndjson"),
            *place);
    else
        error_set(
            guard->error, STATUS_REJECT,
            _("\"%c\" is not expected here, but a value, a name in quotes, a colon, a comma or a bracket"),
            *place);
    return locate(source, place, STATUS_REJECT, guard->error);
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
    if (object->count > PAIRWISE_MOST)
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
    char *bytes = arena_take(arena, length + 1);
    memcpy(bytes, string, length + 1);
    return (struct text){ bytes, length };
}

/* Depth is bounded by the guard. */
static struct value *convert(struct conversion *conversion, const cJSON *item)
{
    struct value *value = arena_take(conversion->arena, sizeof *value);
    *value = (struct value){ 0 };
    switch (item->type & 0xff) {
    case cJSON_False:
    case cJSON_True:
        value->kind = VALUE_BOOLEAN;
        value->truth = (item->type & cJSON_True) != 0;
        break;
    case cJSON_String:
        value->kind = *item->valuestring == NUMBER_MARK ? VALUE_NUMBER : VALUE_TEXT;
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
            if (*child->string == NUMBER_MARK && !conversion->wrong) {
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
static enum status refuse_name(struct guard *guard, const struct value *root,
                               const struct conversion *conversion)
{
    size_t tokens = 0;
    tokens_before(root, conversion->wrong, &tokens);
    struct guard again = { .source = guard->source, .at = guard->source.bytes, .end = guard->end };
    while (again.at < again.end) {
        const char *start = again.at;
        bool is_string = *start == '"', is_number = *start == '-' || (*start >= '0' && *start <= '9');
        if ((is_string || is_number) && tokens-- == 0)
            break;
        if (is_string)
            guard_string(&again);
        else
            again.at = is_number ? number_end(start, again.end) : start + 1;
    }
    if (conversion->is_number)
        return refuse(guard, again.at, _("a number stands where a name must; names stand in quotes"));
    struct text name = conversion->wrong->name;
    name.length = text_cut(name, 100);
    error_set(guard->error, STATUS_REJECT, _("the name \"" TEXT_PRINT "\" occurs twice in one object"),
              TEXT_ARG(name));
    return locate(guard->source, again.at, STATUS_REJECT, guard->error);
}

static enum status parse(struct arena *arena, struct guard *guard, struct value **value)
{
    /* A number of one digit and its comma become five bytes. */
    size_t length = guard->source.length;
    char *given = arena_take(&thread_arena, length + (length / 2 + 1) * NUMBER_OVERHEAD + 1);
    enum status status = guard_text(guard, given, &length);
    if (status)
        return status;
    const char *end = given;
    const cJSON *root = cJSON_ParseWithLengthOpts(given, length + 1, &end, true);
    if (!root)
        return refuse_syntax(guard, given, end);
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
    struct guard guard = { .source = text,
                           .at = text.bytes,
                           .end = text.bytes + text.length,
                           .copied = text.bytes,
                           .error = error };
    enum status status = parse(arena, &guard, value);
    arena_clear(&thread_arena); /* and with it cJSON's items: cJSON_Delete would only walk them */
    return status;
}
