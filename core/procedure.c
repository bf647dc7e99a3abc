#include "core/procedure.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LINE(n)                                                                                              \
    {                                                                                                        \
        .name = n, .kind = FIELD_LINE                                                                        \
    }
#define LINES(n)                                                                                             \
    {                                                                                                        \
        .name = n, .kind = FIELD_LINES                                                                       \
    }
#define DATE(n)                                                                                              \
    {                                                                                                        \
        .name = n, .kind = FIELD_DATE                                                                        \
    }
#define CHOICE(n, c)                                                                                         \
    {                                                                                                        \
        .name = n, .kind = FIELD_CHOICE, .choices = c                                                        \
    }
#define LIST(n, i)                                                                                           \
    {                                                                                                        \
        .name = n, .kind = FIELD_LIST, .item = &(i)                                                          \
    }
#define GROUP(n, f, m)                                                                                       \
    {                                                                                                        \
        .name = n, .kind = FIELD_GROUP, .fields = f, .count = COUNT(f), .main = m                            \
    }

static const char *const kinds[] = { "public", "internal", NULL };
static const char *const statuses[] = { "draft", "announced", "abolished", NULL };
static const char *const levels[] = { "ministry", "province", "district", "commune", "other", NULL };
static const char *const channels[] = { "direct", "online", "post", "other", NULL };
static const char *const units[] = { "hour", "day", "working_day", "month", "year", NULL };
static const char *const fee_kinds[] = { "fee", "charge", NULL };
static const char *const online_services[] = { "full", "partial", "none", NULL };
static const char *const service_levels[] = { "full", "partial", NULL };
static const char *const internal_groups[] = { "between_agencies", "within_agency", NULL };
static const char *const territorial_ties[] = { "bound", "free", NULL };
static const char *const yes_only[] = { "yes", NULL };
static const char *const yes_or_no[] = { "yes", "no", NULL };
static const char *const announcements[] = { "new", "amended", "replaced", "abolished", NULL };

/* Every table is sorted by name: canonical bytes then need no sorting. */
static const struct field coded_fields[] = { LINE("code"), LINE("name") };
static const struct field coded = GROUP(NULL, coded_fields, "name");

static const struct field decision_fields[] = { DATE("effective_on"), LINE("issuer"), LINE("number"),
                                                CHOICE("shortened", yes_only), DATE("signed_on") };

static const struct field dossier_fields[] = {
    LINE("case"), LINE("code"), { .name = "copies", .kind = FIELD_INTEGER },
    LINE("form"), LINE("name"), { .name = "originals", .kind = FIELD_INTEGER }
};
static const struct field dossier_item = GROUP(NULL, dossier_fields, "name");

static const struct field legal_basis_fields[] = { DATE("effective_on"), DATE("issued_on"), LINE("issuer"),
                                                   LINE("number"), LINE("title") };
static const struct field legal_basis_item = GROUP(NULL, legal_basis_fields, "title");

static const struct field level_item = CHOICE(NULL, levels);
static const struct field code_item = LINE(NULL);

static const struct field duration_fields[] = { { .name = "amount", .kind = FIELD_DECIMAL },
                                                CHOICE("unit", units) };
static const struct field fee_fields[] = {
    { .name = "amount", .kind = FIELD_DECIMAL }, LINE("currency"), CHOICE("kind", fee_kinds), LINE("text")
};
static const struct field fee_item = GROUP(NULL, fee_fields, "text");
static const struct field method_fields[] = { CHOICE("channel", channels),
                                              GROUP("duration", duration_fields, "amount"),
                                              LIST("fees", fee_item), LINES("text") };
static const struct field method_item = GROUP(NULL, method_fields, "text");

static const struct field service_fields[] = { LINE("code"), CHOICE("level", service_levels), LINE("name"),
                                               LINE("provision"), LINE("reason") };
static const struct field service_item = GROUP(NULL, service_fields, "name");

static const struct field step_fields[] = { LINE("case"), LINES("text") };
static const struct field step_item = GROUP(NULL, step_fields, "text");

static const struct field root_fields[] = {
    GROUP("agency", coded_fields, "name"),
    CHOICE("announcement", announcements),
    { .name = "code", .kind = FIELD_LINE, .required = true },
    LIST("competent_agencies", coded),
    LINES("conditions"),
    LIST("coordinating_agencies", coded),
    GROUP("decision", decision_fields, "number"),
    LIST("dossier", dossier_item),
    LIST("executing_agencies", coded),
    LIST("fields", coded),
    CHOICE("full_online_eligible", yes_or_no),
    CHOICE("internal_group", internal_groups),
    { .name = "kind", .kind = FIELD_CHOICE, .required = true, .choices = kinds },
    LIST("legal_bases", legal_basis_item),
    LIST("levels", level_item),
    LIST("methods", method_item),
    { .name = "name", .kind = FIELD_LINE, .required = true },
    LINES("notes"),
    CHOICE("online_service", online_services),
    LIST("replaces", code_item),
    LIST("results", coded),
    LIST("services", service_item),
    { .name = "status", .kind = FIELD_CHOICE, .required = true, .choices = statuses },
    LIST("steps", step_item),
    LIST("subjects", coded),
    CHOICE("territorial", territorial_ties),
    LINES("time_limit"),
};

const struct field procedure_root = GROUP(NULL, root_fields, NULL);

size_t field_names(const struct field *group, const char **names, size_t most)
{
    size_t count = group->count < most ? group->count : most;
    for (size_t i = 0; i < count; i++)
        names[i] = group->fields[i].name;
    return count;
}

const struct field *field_find(const struct field *group, struct text name)
{
    for (size_t i = 0; i < group->count; i++)
        if (text_is(name, group->fields[i].name))
            return &group->fields[i];
    return NULL;
}

static enum status no_field(const struct field *group, struct text path, struct text name,
                            struct error *error)
{
    const char *names[32];
    size_t count = field_names(group, names, COUNT(names));
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        return error_set(error, STATUS_USAGE,
                         _("A procedure has no field \"%.*s\" (in \"%.*s\"); did you mean \"%s\"?"),
                         TEXT_ARG(name), TEXT_ARG(path), nearest);
    return error_set(error, STATUS_USAGE, _("A procedure has no field \"%.*s\" (in \"%.*s\")"),
                     TEXT_ARG(name), TEXT_ARG(path));
}

enum status field_path_compile(const struct field *group, struct text text, struct field_path *path,
                               struct error *error)
{
    *path = (struct field_path){ .text = text };
    size_t at = 0;
    while (at <= text.length) {
        size_t end = at;
        while (end < text.length && text.bytes[end] != '.')
            end++;
        struct text name = text_slice(text, at, end - at);
        bool each = text_ends(name, TEXT("[]"));
        if (each)
            name.length -= 2;
        if (!group || path->count == FIELD_DEPTH)
            return error_set(error, STATUS_USAGE, _("\"%.*s\" goes deeper than a procedure does"),
                             TEXT_ARG(text));
        const struct field *field = group->kind == FIELD_GROUP ? field_find(group, name) : NULL;
        if (!field)
            return no_field(group, text, name, error);
        if (each && field->kind != FIELD_LIST)
            return error_set(error, STATUS_USAGE, _("\"%s\" is no list; write \"%.*s\" without []"),
                             field->name, TEXT_ARG(text));
        if (!each && field->kind == FIELD_LIST && end < text.length)
            return error_set(error, STATUS_USAGE,
                             _("\"%s\" is a list: write \"%s[]\" to reach into its items"), field->name,
                             field->name);
        path->steps[path->count] = field;
        path->each[path->count++] = each;
        group = field->kind == FIELD_GROUP                 ? field
                : each && field->item->kind == FIELD_GROUP ? field->item
                                                           : NULL;
        at = end + 1;
    }
    return STATUS_OK;
}
