#include "tests/support/portal_simulator_faults.h"

#include <errno.h>
#include <fnmatch.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/canonical.h"
#include "core/clock.h"
#include "core/memory.h"

enum when { WHEN_USUAL, WHEN_BEFORE, WHEN_AFTER };

struct tally {
    const char *code;
    int64_t seen, fired;
};

struct rule {
    struct rule *next;
    struct arena arena;
    struct text spec;
    bool from_options, per_code, has_count;
    enum simulator_fault_kind kind;
    enum when when;
    unsigned on;
    int64_t number, count, skip, every;
    double probability;
    const char *url, *glob, *retry_after;
    struct tally all; /* per_code: of every code together, for the report only */
    void *tallies;    /* per_code: a tree of struct tally */
};

struct simulator_faults {
    struct rule *rules;
    uint64_t seed, random;
};

enum argument { ARGUMENT_NONE, ARGUMENT_NUMBER, ARGUMENT_MAY, ARGUMENT_URL };

static const struct {
    const char *name;
    enum argument argument;
    int64_t usual;
    bool before; /* when nothing is said */
} kinds[FAULT_KINDS] = {
    [FAULT_NONE] = { "none", ARGUMENT_NONE, 0, true },
    [FAULT_STATUS] = { "status", ARGUMENT_NUMBER, 0, true },
    [FAULT_RESET] = { "reset", ARGUMENT_NONE, 0, true },
    [FAULT_TIMEOUT] = { "timeout", ARGUMENT_NONE, 0, true },
    [FAULT_CUT] = { "cut", ARGUMENT_NONE, 0, true },
    [FAULT_WRONG_DIGEST] = { "wrong-digest", ARGUMENT_NONE, 0, false },
    [FAULT_NO_DIGEST] = { "no-digest", ARGUMENT_NONE, 0, false },
    [FAULT_HTML] = { "html", ARGUMENT_MAY, 502, true },
    [FAULT_HTML_200] = { "html-200", ARGUMENT_NONE, 0, true },
    [FAULT_SLOW] = { "slow", ARGUMENT_NUMBER, 0, true },
    [FAULT_DRIP] = { "drip", ARGUMENT_MAY, 100, false },
    [FAULT_EXPIRED_SESSION] = { "expired-session", ARGUMENT_NONE, 0, true },
    [FAULT_GARBAGE] = { "garbage", ARGUMENT_NONE, 0, true },
    [FAULT_EMPTY] = { "empty", ARGUMENT_NONE, 0, true },
    [FAULT_REDIRECT] = { "redirect", ARGUMENT_URL, 0, true },
    [FAULT_CONFLICT] = { "conflict", ARGUMENT_NONE, 0, false },
    [FAULT_NO_HTTP] = { "no-http", ARGUMENT_NONE, 0, true },
    [FAULT_CRASH] = { "crash", ARGUMENT_NONE, 0, true },
};

static const struct {
    const char *name;
    unsigned bits;
} operations[] = {
    { "put", OPERATION_PUT },
    { "get", OPERATION_GET },
    { "list", OPERATION_LIST },
    { "withdrawal", OPERATION_WITHDRAWAL },
    { "batch", OPERATION_BATCH },
    { "item", OPERATION_ITEM },
    { "mapi", OPERATION_MAPI },
    { "login", OPERATION_LOGIN },
    { "public", OPERATION_PUBLIC },
    { "files", OPERATION_FILES },
    { "pages", OPERATION_PAGES },
    { "token", OPERATION_TOKEN },
    { "other", OPERATION_OTHER },
    { "control", OPERATION_CONTROL },
    { "any", ~(unsigned)(OPERATION_ITEM | OPERATION_CONTROL) },
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static const char *const keys[] = { "kind", "when",  "on",          "code",        "count",
                                    "skip", "every", "probability", "retry-after", "per-code" };

bool simulator_glob(const char *pattern, const char *code)
{
    return fnmatch(pattern, code, 0) == 0;
}

const char *simulator_operation_name(enum simulator_operation operation)
{
    for (size_t at = 0; at < OPERATIONS; at++) {
        if (operations[at].bits == (unsigned)operation)
            return operations[at].name;
    }
    return "other";
}

static bool read_number(const char *string, int64_t least, int64_t most, int64_t *number)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(string, &end, 10);
    if (end == string || *end || errno || value < least || value > most)
        return false;
    *number = value;
    return true;
}

static enum status read_kind(struct rule *rule, struct text value, struct error *error)
{
    const char *names[FAULT_KINDS];
    for (int kind = 0; kind < FAULT_KINDS; kind++)
        names[kind] = kinds[kind].name;
    size_t colon = value.length;
    text_find(value, TEXT(":"), &colon);
    struct text name = text_slice(value, 0, colon);
    const char *argument =
        colon < value.length ? text_string(&rule->arena, text_slice(value, colon + 1, value.length)) : NULL;
    for (int kind = 1; kind < FAULT_KINDS; kind++) {
        if (!text_is(name, kinds[kind].name))
            continue;
        rule->kind = (enum simulator_fault_kind)kind;
        rule->number = kinds[kind].usual;
        enum argument wanted = kinds[kind].argument;
        if (wanted == ARGUMENT_URL && argument)
            rule->url = argument;
        else if (wanted == ARGUMENT_NONE ? argument != NULL : wanted != ARGUMENT_MAY && !argument)
            return error_set(error, STATUS_USAGE, "kind=%s %s", names[kind],
                             argument ? "takes nothing behind a colon" : "needs its value behind a colon");
        else if (argument && (!read_number(argument, 0, 86400000, &rule->number) ||
                              ((kind == FAULT_STATUS || kind == FAULT_HTML) &&
                               (rule->number < 200 || rule->number > 599))))
            return error_set(error, STATUS_USAGE, "kind=%s:%s: %s", names[kind], argument,
                             kind == FAULT_STATUS || kind == FAULT_HTML
                                 ? "a status from 200 to 599 belongs there"
                                 : "a number of milliseconds belongs there");
        return STATUS_OK;
    }
    const char *near = text_nearest(name, names + 1, FAULT_KINDS - 1);
    return error_set(error, STATUS_USAGE, "there is no kind \"" TEXT_PRINT "\"%s%s%s", TEXT_ARG(name),
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static enum status read_on(struct rule *rule, struct text value, struct error *error)
{
    rule->on = 0;
    while (value.length > 0) {
        size_t end = value.length;
        text_find(value, TEXT("|"), &end);
        struct text name = text_slice(value, 0, end);
        unsigned bits = 0;
        for (size_t at = 0; at < OPERATIONS; at++) {
            if (text_is(name, operations[at].name))
                bits = operations[at].bits;
        }
        if (!bits || bits == OPERATION_CONTROL)
            return error_set(error, STATUS_USAGE,
                             "on=" TEXT_PRINT
                             " is none of put, get, list, withdrawal, batch, item, mapi, login, "
                             "public, files, pages, token, other, any (several with | between)",
                             TEXT_ARG(name));
        rule->on |= bits;
        value = text_slice(value, end + 1, value.length);
    }
    return STATUS_OK;
}

static enum status read_pair(struct rule *rule, struct text key, struct text value, struct error *error)
{
    const char *string = text_string(&rule->arena, value);
    bool good = true;
    if (text_is(key, "kind"))
        return read_kind(rule, value, error);
    if (text_is(key, "on"))
        return read_on(rule, value, error);
    if (text_is(key, "when")) {
        good = text_is(value, "before") || text_is(value, "after");
        rule->when = text_is(value, "after") ? WHEN_AFTER : WHEN_BEFORE;
    } else if (text_is(key, "code")) {
        rule->glob = string;
    } else if (text_is(key, "count")) {
        good = read_number(string, 0, INT64_MAX, &rule->count);
        rule->has_count = true;
    } else if (text_is(key, "skip")) {
        good = read_number(string, 0, INT64_MAX, &rule->skip);
    } else if (text_is(key, "every")) {
        good = read_number(string, 1, INT64_MAX, &rule->every);
    } else if (text_is(key, "probability")) {
        char *end = NULL;
        rule->probability = strtod(string, &end);
        good = end != string && !*end && rule->probability >= 0 && rule->probability <= 1;
    } else if (text_is(key, "retry-after")) {
        rule->retry_after = string;
    } else if (text_is(key, "per-code")) {
        good = text_is(value, "0") || text_is(value, "1");
        rule->per_code = text_is(value, "1");
    } else {
        const char *near = text_nearest(key, keys, sizeof keys / sizeof keys[0]);
        return error_set(error, STATUS_USAGE, "there is no key \"" TEXT_PRINT "\"%s%s%s", TEXT_ARG(key),
                         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    if (!good)
        return error_set(error, STATUS_USAGE, TEXT_PRINT "=%s is not possible", TEXT_ARG(key), string);
    return STATUS_OK;
}

/* A piece without "=" belongs to the value before it: an HTTP date holds a comma. */
static struct text next_pair(struct text *rest)
{
    size_t end = 0;
    for (;;) {
        size_t comma = rest->length;
        if (text_find(text_slice(*rest, end, rest->length), TEXT(","), &comma))
            comma += end;
        else
            comma = rest->length;
        end = comma;
        if (end == rest->length)
            break;
        struct text behind = text_slice(*rest, end + 1, rest->length);
        size_t stop = behind.length, equals = 0;
        text_find(behind, TEXT(","), &stop);
        if (text_find(text_slice(behind, 0, stop), TEXT("="), &equals))
            break;
        end++;
    }
    struct text pair = text_trim(text_slice(*rest, 0, end));
    *rest = text_slice(*rest, end + 1, rest->length);
    return pair;
}

static void free_tally(void *tally)
{
    free(tally);
}

static void free_rule(struct rule *rule)
{
    tdestroy(rule->tallies, free_tally);
    arena_free(&rule->arena);
    free(rule);
}

enum status simulator_faults_add(struct simulator_faults *faults, struct text spec, bool from_options,
                                 struct error *error)
{
    struct rule *rule = memory_new(struct rule);
    rule->on = operations[OPERATIONS - 1].bits;
    rule->every = 1;
    rule->probability = 1;
    rule->from_options = from_options;
    rule->spec = text_copy(&rule->arena, spec);
    struct text rest = rule->spec;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && rest.length > 0) {
        struct text pair = next_pair(&rest);
        size_t equals = 0;
        if (!text_find(pair, TEXT("="), &equals))
            status = error_set(error, STATUS_USAGE, "\"" TEXT_PRINT "\" is no key=value", TEXT_ARG(pair));
        else
            status = read_pair(rule, text_slice(pair, 0, equals), text_slice(pair, equals + 1, pair.length),
                               error);
    }
    if (status == STATUS_OK && rule->kind == FAULT_NONE)
        status = error_set(error, STATUS_USAGE, "it has no kind=");
    if (status != STATUS_OK) {
        free_rule(rule);
        return error_add(error, "the fault \"" TEXT_PRINT "\"", TEXT_ARG(spec));
    }
    struct rule **last = &faults->rules;
    while (*last)
        last = &(*last)->next;
    *last = rule;
    return STATUS_OK;
}

struct simulator_faults *simulator_faults_open(uint64_t seed)
{
    struct simulator_faults *faults = memory_new(struct simulator_faults);
    faults->seed = faults->random = seed;
    return faults;
}

void simulator_faults_seed(struct simulator_faults *faults, uint64_t seed)
{
    faults->seed = faults->random = seed;
}

void simulator_faults_clear(struct simulator_faults *faults)
{
    while (faults->rules) {
        struct rule *next = faults->rules->next;
        free_rule(faults->rules);
        faults->rules = next;
    }
}

void simulator_faults_close(struct simulator_faults *faults)
{
    simulator_faults_clear(faults);
    free(faults);
}

void simulator_faults_restart(struct simulator_faults *faults)
{
    faults->random = faults->seed;
    struct rule **at = &faults->rules;
    while (*at) {
        struct rule *rule = *at;
        if (!rule->from_options) {
            *at = rule->next;
            free_rule(rule);
            continue;
        }
        tdestroy(rule->tallies, free_tally);
        rule->tallies = NULL;
        rule->all = (struct tally){ 0 };
        at = &rule->next;
    }
}

static double chance(struct simulator_faults *faults)
{
    uint64_t mixed = faults->random += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return (double)((mixed ^ (mixed >> 31)) >> 11) / 9007199254740992.0;
}

static int compare_tallies(const void *left, const void *right)
{
    return strcmp(((const struct tally *)left)->code, ((const struct tally *)right)->code);
}

static struct tally *tally_of(struct rule *rule, const char *code)
{
    struct tally sought = { .code = code };
    struct tally **found = tfind(&sought, &rule->tallies, compare_tallies);
    if (found)
        return *found;
    struct tally *tally = memory_new(struct tally);
    tally->code = text_string(&rule->arena, text_of(code));
    tsearch(tally, &rule->tallies, compare_tallies);
    return tally;
}

static bool fires(struct simulator_faults *faults, struct rule *rule, const char *code)
{
    rule->all.seen++;
    struct tally *tally = rule->per_code ? tally_of(rule, code) : &rule->all;
    if (rule->per_code)
        tally->seen++;
    if (tally->seen <= rule->skip || (tally->seen - rule->skip) % rule->every != 0)
        return false;
    if (rule->has_count && tally->fired >= rule->count)
        return false;
    if (rule->probability < 1 && chance(faults) >= rule->probability)
        return false;
    tally->fired++;
    if (rule->per_code)
        rule->all.fired++;
    return true;
}

static const char *copy_string(struct arena *arena, const char *string)
{
    return string ? text_string(arena, text_of(string)) : NULL;
}

static const char *retry_after(struct arena *arena, const char *value)
{
    int64_t seconds = 0;
    if (!value || strncmp(value, "date:", 5) != 0 || !read_number(value + 5, -86400, 86400, &seconds))
        return copy_string(arena, value);
    time_t when = (time_t)(clock_system()->now(clock_system()) / 1000 + seconds);
    struct tm parts;
    gmtime_r(&when, &parts);
    char *date = arena_alloc(arena, 40);
    strftime(date, 40, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return date;
}

static void take(const struct rule *rule, struct arena *arena, struct simulator_decision *decision)
{
    bool before = rule->when == WHEN_USUAL ? kinds[rule->kind].before : rule->when == WHEN_BEFORE;
    /* These two say nothing when they undo what they are about. */
    before = before && rule->kind != FAULT_CONFLICT && rule->kind != FAULT_DRIP;
    const char *name = kinds[rule->kind].name;
    const char *space = decision->name.length ? " " : "";
    const char *when = before ? "before" : "after";
    if (rule->number)
        decision->name = text_format(arena, "%.*s%s%s:%lld %s", (int)decision->name.length,
                                     decision->name.bytes ? decision->name.bytes : "", space, name,
                                     (long long)rule->number, when);
    else
        decision->name = text_format(arena, "%.*s%s%s %s", (int)decision->name.length,
                                     decision->name.bytes ? decision->name.bytes : "", space, name, when);
    if (rule->kind == FAULT_SLOW) {
        *(before ? &decision->pause_before : &decision->pause_after) += rule->number;
        return;
    }
    decision->kind = rule->kind;
    decision->before = before;
    decision->number = rule->number;
    decision->url = copy_string(arena, rule->url);
    decision->glob = copy_string(arena, rule->glob);
    decision->retry_after = retry_after(arena, rule->retry_after);
}

void simulator_faults_decide(struct simulator_faults *faults, struct arena *arena,
                             enum simulator_operation operation, const struct text *codes, size_t count,
                             struct simulator_decision *decision)
{
    for (struct rule *rule = faults->rules; rule && decision->kind == FAULT_NONE; rule = rule->next) {
        if (!(rule->on & (unsigned)operation))
            continue;
        const char *code = count > 0 ? codes[0].bytes : "";
        if (rule->glob) {
            size_t at = 0;
            while (at < count && !simulator_glob(rule->glob, codes[at].bytes))
                at++;
            if (at == count)
                continue;
            code = codes[at].bytes;
        }
        if (fires(faults, rule, code))
            take(rule, arena, decision);
    }
}

void simulator_faults_write(const struct simulator_faults *faults, struct buffer *out)
{
    buffer_char(out, '[');
    for (const struct rule *rule = faults->rules; rule; rule = rule->next) {
        buffer_string(out, rule == faults->rules ? "\n{\"fault\":" : ",\n{\"fault\":");
        canonical_text(out, rule->spec);
        buffer_printf(out, ",\"seen\":%lld,\"fired\":%lld}", (long long)rule->all.seen,
                      (long long)rule->all.fired);
    }
    buffer_char(out, ']');
}
