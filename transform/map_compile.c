#include "transform/map_inside.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "core/date.h"
#include "core/finding_words.h"
#include "core/memory.h"

struct compiler {
    struct map *map;
    const struct setting_context *context;
    const struct source *source;
    const struct code_list *lists;
    struct value *ingredients; /* of the recipe's digest: code lists by name */
    struct arena arena;        /* of the compilation */
};

struct node_settings {
    const struct value *from, *value, *each, *match, *split, *date, *codes, *nothing, *map, *parse, *pieces;
};

#define AT(member) offsetof(struct node_settings, member)
static const struct setting node_settings[] = {
    { "from", SETTING_LIST, AT(from),
      .help = N_("an address, or a list of which the first that is something counts") },
    { "value", SETTING_TREE, AT(value), .help = N_("a constant") },
    { "each", SETTING_TREE, AT(each), .help = N_("the address of a list") },
    { "match", SETTING_TREE, AT(match), .help = N_("a regular expression: its group 1, or the whole match") },
    { "pieces", SETTING_TREE, AT(pieces),
      .help = N_("a regular expression: each match is an item of the list") },
    { "split", SETTING_TREE, AT(split), .help = N_("a text: the pieces are a list") },
    { "date", SETTING_LIST, AT(date), .help = N_("formats to try in turn") },
    { "codes", SETTING_TREE, AT(codes), .help = N_("a code list") },
    { "nothing", SETTING_LIST, AT(nothing), .help = N_("texts that mean nothing") },
    { "map", SETTING_TREE, AT(map), .help = N_("for each item of the list, addresses relative to the item") },
    { "parse", SETTING_TREE, AT(parse), .help = N_("json or xml: the text is itself a document") },
};
#define NODE_SETTINGS (sizeof node_settings / sizeof *node_settings)

const struct setting *map_settings(size_t *count)
{
    *count = NODE_SETTINGS;
    return node_settings;
}

static enum status compile_group(struct compiler *compiler, const struct field *field,
                                 const struct record_format *format, const struct value *tree,
                                 struct map_group **group, struct error *error);
static enum status compile_node(struct compiler *compiler, const struct field *field,
                                const struct record_format *format, const struct value *tree,
                                struct map_node **made, struct error *error);

static enum status compile_address(struct compiler *compiler, const struct record_format *format,
                                   const struct value *tree, struct record_address **address,
                                   struct error *error)
{
    struct map *map = compiler->map;
    if (tree->kind != VALUE_TEXT)
        return setting_fault(compiler->context, tree, error, _("an address is a text"));
    if (record_address_compile(&map->arena, format, tree->text, address, error)) {
        record_address_free(*address);
        error->status = STATUS_USAGE;
        return setting_place(compiler->context, tree, error);
    }
    map->addresses =
        memory_more(map->addresses, map->address_count, &map->address_room, sizeof(struct record_address *));
    map->addresses[map->address_count++] = *address;
    return STATUS_OK;
}

static size_t number_address(struct map *map, const struct record_address *address)
{
    map->numbered =
        memory_more(map->numbered, map->numbered_count, &map->numbered_room, sizeof *map->numbered);
    map->numbered[map->numbered_count] = record_address_text(address);
    return map->numbered_count++;
}

static enum status compile_from(struct compiler *compiler, struct map_node *node,
                                const struct record_format *format, const struct value *tree,
                                struct error *error)
{
    size_t count = tree->kind == VALUE_LIST ? tree->count : 1;
    if (!count)
        return setting_fault(compiler->context, tree, error, _("the list of addresses is empty"));
    node->from = arena_array(&compiler->map->arena, struct record_address *, count);
    const struct value *item = tree->kind == VALUE_LIST ? tree->first : tree;
    for (; item && node->from_count < count; item = item->next, node->from_count++)
        if (compile_address(compiler, format, item, &node->from[node->from_count], error))
            return error->status;
    node->number = number_address(compiler->map, node->from[0]);
    return STATUS_OK;
}

static enum status compile_match(struct compiler *compiler, struct map_node *node, const struct value *tree,
                                 struct error *error)
{
    struct map *map = compiler->map;
    if (tree->kind != VALUE_TEXT)
        return setting_fault(compiler->context, tree, error, _("\"match\" must be a regular expression"));
    if (regex_compile(tree->text, &node->match, error))
        return setting_place(compiler->context, tree, error);
    map->patterns =
        memory_more(map->patterns, map->pattern_count, &map->pattern_room, sizeof(struct regex *));
    map->patterns[map->pattern_count++] = node->match;
    return STATUS_OK;
}

static enum status compile_split(struct compiler *compiler, struct map_node *node, const struct value *tree,
                                 struct error *error)
{
    if (tree->kind != VALUE_TEXT || !tree->text.length)
        return setting_fault(compiler->context, tree, error,
                             _("\"split\" must be a text between the pieces"));
    node->split = text_copy(&compiler->map->arena, tree->text);
    /* What normalisation would change between two letters must be cut before it. */
    struct text between = text_format(&compiler->arena, "x%.*sx", (int)node->split.length, node->split.bytes);
    struct normalise_counts counts = { 0 };
    struct text normal;
    if (normalise(&compiler->arena, between, true, &counts, &normal, error))
        return setting_place(compiler->context, tree, error);
    node->split_raw = !text_equal(normal, between);
    return STATUS_OK;
}

static enum status compile_dates(struct compiler *compiler, struct map_node *node, const struct value *tree,
                                 struct error *error)
{
    struct text *formats;
    if (setting_texts(compiler->context, tree, &formats, &node->date_count, error))
        return error->status;
    node->dates = arena_array(&compiler->map->arena, struct text, node->date_count + 1);
    for (size_t i = 0; i < node->date_count; i++) {
        if (!date_format_valid(formats[i]))
            return setting_fault(compiler->context, tree, error,
                                 _("\"%.*s\" is no date format; write for example dd/MM/yyyy, yyyy-MM-dd, "
                                   "yyyyMMddHHmmss or epoch_ms"),
                                 TEXT_ARG(formats[i]));
        node->dates[i] = text_copy(&compiler->map->arena, formats[i]);
    }
    return STATUS_OK;
}

/* What a text for the field becomes in the end. */
static enum field_kind main_kind(const struct field *field)
{
    if (field->kind == FIELD_LIST)
        field = field->item;
    if (field->kind == FIELD_GROUP && field->main)
        field = field_find(field, text_of(field->main));
    return field->kind;
}

/* codes: { list, unknown: reject | keep } */
static enum status read_codes(struct compiler *compiler, struct map_node *node, const struct value **tree,
                              struct error *error)
{
    static const char *const choices[] = { "reject", "keep", NULL };
    struct {
        const struct value *list;
        int unknown;
    } read = { 0 };
    const struct setting settings[] = {
        { "list", SETTING_TREE, 0, .required = true, .help = N_("a code list") },
        { "unknown", SETTING_CHOICE, sizeof(const struct value *), .fallback = "reject", .choices = choices,
          .help = N_("what the list lacks: reject the record, or keep the text as it stands") },
    };
    if (setting_read(compiler->context, settings, 2, *tree, "codes", &read, error))
        return error->status;
    enum field_kind kind = main_kind(node->field);
    if (read.unknown == 1 && kind != FIELD_LINE && kind != FIELD_LINES)
        return setting_fault(compiler->context, *tree, error,
                             _("\"%s\" can only hold what the list has: \"keep\" means nothing here"),
                             node->field->name ? node->field->name : "codes");
    node->keep_unknown = read.unknown == 1;
    *tree = read.list;
    return STATUS_OK;
}

static enum status compile_codes(struct compiler *compiler, struct map_node *node, const struct value *tree,
                                 struct error *error)
{
    const char *names[64];
    size_t count = 0;
    if (tree->kind == VALUE_OBJECT && read_codes(compiler, node, &tree, error))
        return error->status;
    node->codes = tree->kind == VALUE_TEXT ? codes_find(compiler->lists, tree->text) : NULL;
    if (node->codes) {
        if (!value_find(compiler->ingredients, node->codes->name))
            value_set(compiler->ingredients, node->codes->name,
                      value_digest(&compiler->arena, &node->codes->digest));
        return STATUS_OK;
    }
    const struct setting_faults *faults = compiler->context->faults;
    if (faults && faults->lists_unread) /* which there are nobody knows */
        return error_copy(error, STATUS_USAGE, &faults->first->error);
    for (const struct code_list *list = compiler->lists; list && count < 64; list = list->next)
        names[count++] = list->name;
    const char *nearest = text_nearest(tree->text, names, count);
    if (nearest)
        return setting_fault(compiler->context, tree, error,
                             _("there is no code list \"%.*s\"; did you mean \"%s\"?"), TEXT_ARG(tree->text),
                             nearest);
    return setting_fault(compiler->context, tree, error,
                         _("there is no code list \"%.*s\": declare it under \"codes\""),
                         TEXT_ARG(tree->text));
}

/* Texts that mean nothing are compared after normalisation. */
static enum status compile_nothing(struct compiler *compiler, struct map_node *node, const struct value *own,
                                   struct error *error)
{
    const struct value *lists[] = { compiler->source->nothing, own };
    for (size_t i = 0; i < 2; i++) {
        struct text *texts;
        size_t count;
        if (setting_texts(compiler->context, lists[i], &texts, &count, error))
            return error->status;
        if (!count)
            continue;
        struct text *all = arena_array(&compiler->map->arena, struct text, node->nothing_count + count);
        if (node->nothing_count)
            memcpy(all, node->nothing, node->nothing_count * sizeof *all);
        node->nothing = all;
        for (size_t j = 0; j < count; j++) {
            struct normalise_counts counts;
            struct text normal;
            if (normalise(&compiler->map->arena, texts[j], true, &counts, &normal, error))
                return setting_place(compiler->context, lists[i], error);
            all[node->nothing_count++] = text_copy(&compiler->map->arena, normal);
        }
    }
    return STATUS_OK;
}

static enum status compile_constant(struct compiler *compiler, struct map_node *node,
                                    const struct value *tree, struct error *error)
{
    if (tree->kind != VALUE_TEXT)
        return setting_fault(compiler->context, tree, error, _("\"value\" must be a text"));
    node->constant = text_copy(&compiler->map->arena, tree->text);
    if (!node->constant.bytes)
        node->constant = TEXT("");
    return STATUS_OK;
}

/* The shape of the items that `map` sees. */
static enum status item_format(struct compiler *compiler, struct map_node *node,
                               const struct node_settings *settings, const struct record_format *format,
                               struct record_format *items, struct error *error)
{
    *items = *format;
    node->parse = RECORD_TEXT;
    if (settings->parse) {
        if (settings->parse->kind == VALUE_TEXT && text_is(settings->parse->text, "json"))
            node->parse = items->shape = RECORD_JSON;
        else if (settings->parse->kind == VALUE_TEXT && text_is(settings->parse->text, "xml"))
            node->parse = items->shape = RECORD_XML;
        else
            return setting_fault(compiler->context, settings->parse, error, _("\"parse\" is json or xml"));
    } else if (settings->split || settings->match || settings->pieces || format->shape == RECORD_CSV ||
               format->shape == RECORD_TABLE) {
        items->shape = RECORD_TEXT;
    }
    return STATUS_OK;
}

static enum status compile_items(struct compiler *compiler, struct map_node *node,
                                 const struct node_settings *settings, const struct record_format *format,
                                 struct error *error)
{
    struct record_format *items = arena_new(&compiler->map->arena, struct record_format);
    if (item_format(compiler, node, settings, format, items, error))
        return error->status;
    const struct field *target = node->field->kind == FIELD_LIST ? node->field->item : node->field;
    bool list = node->field->kind == FIELD_LIST;
    if (!settings->map) {
        if (target->kind == FIELD_GROUP && !target->main)
            return setting_fault(compiler->context, compiler->source->map, error,
                                 _("\"%s\" is an object: fill its members, such as \"%s.%s\""),
                                 node->field->name, node->field->name, target->fields[0].name);
        return STATUS_OK;
    }
    if (target->kind != FIELD_GROUP && (list || settings->parse))
        return compile_node(compiler, target, items, settings->map, &node->scalar, error);
    if (target->kind != FIELD_GROUP)
        return setting_fault(compiler->context, settings->map, error,
                             _("\"%s\" is a text: \"map\" means nothing here"), node->field->name);
    enum status status = compile_group(compiler, target, items, settings->map, &node->items, error);
    if (status)
        return status;
    if (node->items->inner && (!list || node->items->inner->inner))
        return setting_fault(compiler->context, settings->map, error,
                             _("\"each\" and \"map\" go into the map of a list, once: what a list in there "
                               "holds would be lost"));
    return STATUS_OK;
}

/* To the one who wrote it: of a choice, what may be written. */
static struct text constant_fault(struct compiler *compiler, const struct map_node *node,
                                  const struct finding *finding)
{
    struct finding_words words;
    BUFFER_OWNED struct buffer names = { 0 };
    for (size_t i = 0; node->field->kind == FIELD_CHOICE && !node->codes && node->field->choices[i]; i++)
        buffer_printf(&names, "%s%s", i ? ", " : "", node->field->choices[i]);
    if (names.length)
        return text_format(&compiler->arena, _("This must be one of %s"), names.bytes);
    finding_words(&compiler->arena, finding, NULL, language_of_process(), &words);
    if (!words.operator_.length)
        return words.what;
    return text_format(&compiler->arena, TEXT_PRINT ". " TEXT_PRINT, TEXT_ARG(words.what),
                       TEXT_ARG(words.operator_));
}

/* A constant is tried once: what is wrong with it is wrong with every record. */
static enum status check_constant(struct compiler *compiler, const struct map_node *node,
                                  const struct value *tree, struct error *error)
{
    bool nothing;
    struct findings findings = map_try_constant(compiler->map, node, &compiler->arena, &nothing);
    struct text why = findings.first ? constant_fault(compiler, node, findings.first) : TEXT_NONE;
    if (findings.first)
        return setting_fault(compiler->context, tree, error,
                             _("the constant \"" TEXT_PRINT "\" of \"%s\": " TEXT_PRINT),
                             TEXT_ARG(node->constant), node->field->name, TEXT_ARG(why));
    if (nothing && node->field->required)
        return setting_fault(
            compiler->context, tree, error,
            _("the constant of \"%s\" is nothing, so that every record would be rejected: put the "
              "address of a field here"),
            node->field->name);
    return STATUS_OK;
}

/* Whether what comes behind is to be looked at. */
static bool compile_means(struct compiler *compiler, struct map_node *node,
                          const struct node_settings *settings, enum status *all, struct error *error)
{
    const struct setting_context *context = compiler->context;
    return (!settings->match ||
            setting_step(context, all, compile_match(compiler, node, settings->match, error), error)) &&
           (!settings->pieces ||
            setting_step(context, all, compile_match(compiler, node, settings->pieces, error), error)) &&
           (!settings->split ||
            setting_step(context, all, compile_split(compiler, node, settings->split, error), error)) &&
           (!settings->date ||
            setting_step(context, all, compile_dates(compiler, node, settings->date, error), error)) &&
           (!settings->codes ||
            setting_step(context, all, compile_codes(compiler, node, settings->codes, error), error)) &&
           setting_step(context, all, compile_nothing(compiler, node, settings->nothing, error), error);
}

static enum status compile_node(struct compiler *compiler, const struct field *field,
                                const struct record_format *format, const struct value *tree,
                                struct map_node **made, struct error *error)
{
    struct map_node *node = *made = arena_new(&compiler->map->arena, struct map_node);
    struct node_settings settings = { 0 };
    enum status all = STATUS_OK;
    node->field = field;
    node->parse = RECORD_TEXT;
    if (tree->kind == VALUE_TEXT || tree->kind == VALUE_LIST)
        settings.from = tree;
    else if (!setting_step(compiler->context, &all,
                           setting_read(compiler->context, node_settings, NODE_SETTINGS, tree, field->name,
                                        &settings, error),
                           error))
        return all;
    const struct value *address = settings.each && !settings.from ? settings.each : settings.from;
    int ways = (settings.from != NULL) + (settings.value != NULL) + (settings.each != NULL);
    if (ways != 1)
        return all ? all
                   : setting_fault(compiler->context, tree, error,
                                   _("\"%s\" needs one of \"from\", \"value\" and \"each\""), field->name);
    if (!setting_step(compiler->context, &all,
                      address ? compile_from(compiler, node, format, address, error)
                              : compile_constant(compiler, node, settings.value, error),
                      error))
        return all;
    if (settings.pieces && (settings.match || settings.split))
        return setting_fault(compiler->context, settings.pieces, error,
                             _("\"pieces\" excludes \"match\" and \"split\""));
    node->pieces = settings.pieces != NULL;
    if (!compile_means(compiler, node, &settings, &all, error) || all)
        return all;
    if ((settings.split || settings.pieces) && field->kind != FIELD_LIST)
        return setting_fault(compiler->context, settings.split ? settings.split : settings.pieces, error,
                             _("\"%s\" is no list: \"split\" and \"pieces\" mean nothing here"), field->name);
    if (compile_items(compiler, node, &settings, format, error))
        return error->status;
    return node->from ? STATUS_OK : check_constant(compiler, node, settings.value, error);
}

static int by_name(const void *left, const void *right)
{
    const struct map_member *a = left, *b = right;
    return strcmp(a->field->name, b->field->name);
}

static struct map_member *find_member(struct map_group *group, const struct field *field)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->members[i].field == field)
            return &group->members[i];
    return NULL;
}

static struct map_group *new_group(struct compiler *compiler, const struct field *field)
{
    struct map_group *group = arena_new(&compiler->map->arena, struct map_group);
    group->field = field;
    group->members = arena_array(&compiler->map->arena, struct map_member, field->count);
    return group;
}

/* Puts the node where its path says, making the groups on the way. */
static enum status place_node(struct compiler *compiler, struct map_group *group,
                              const struct field_path *path, const struct record_format *format,
                              const struct value *tree, struct error *error)
{
    for (size_t step = 0; step < path->count; step++) {
        const struct field *field = path->steps[step];
        bool last = step + 1 == path->count;
        struct map_member *member = find_member(group, field);
        if (path->each[step])
            return setting_fault(compiler->context, tree, error,
                                 _("fill \"%s\" with \"each\" and \"map\", not with []"), field->name);
        if (member && (last || member->node))
            return setting_fault(compiler->context, tree, error, _("\"%.*s\" is filled twice"),
                                 TEXT_ARG(path->text));
        if (!member) {
            member = &group->members[group->count++];
            member->field = field;
            if (last && compile_node(compiler, field, format, tree, &member->node, error))
                return error->status;
            if (!last)
                member->group = new_group(compiler, field);
        }
        group->sourced = group->sourced || !member->node || member->node->from;
        group = member->group;
    }
    return STATUS_OK;
}

static void sort_group(struct map_group *group)
{
    qsort(group->members, group->count, sizeof *group->members, by_name);
    for (size_t i = 0; i < group->count; i++)
        if (group->members[i].group)
            sort_group(group->members[i].group);
}

/* Both items speak of one object: it is made of both at once, so that an amount finds its unit beside it. */
static enum status share_members(struct compiler *compiler, const struct map_group *outer,
                                 struct map_group *inner, const struct value *tree, struct error *error)
{
    for (size_t i = 0; i < outer->count; i++) {
        const struct map_member *member = &outer->members[i];
        struct map_member *there = find_member(inner, member->field);
        if (there && there->node && there->node->from && member->node) {
            there->otherwise = member->node;
            continue;
        }
        if (there && (there->node || member->node))
            return setting_fault(compiler->context, tree, error,
                                 _("\"%s\" is filled by the outer map, too; leave one of them out"),
                                 member->field->name);
        if (!there) {
            there = &inner->members[inner->count++];
            *there =
                (struct map_member){ .field = member->field, .node = member->node, .outer = member->node };
            there->group = member->group ? new_group(compiler, member->field) : NULL;
        }
        if (!member->group)
            continue;
        there->group->sourced = there->group->sourced || member->group->sourced;
        if (share_members(compiler, member->group, there->group, tree, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status compile_group(struct compiler *compiler, const struct field *field,
                                 const struct record_format *format, const struct value *tree,
                                 struct map_group **made, struct error *error)
{
    if (tree->kind != VALUE_OBJECT)
        return setting_fault(compiler->context, tree, error, _("a map is an object of fields and addresses"));
    struct map_group *group = *made = new_group(compiler, field);
    const struct value *each = value_find(tree, "each"), *inner = value_find(tree, "map");
    if ((each || inner) && field == &procedure_root)
        return setting_fault(compiler->context, each ? each : inner, error,
                             _("a source's map has fields only; \"each\" goes into the map of a list"));
    if (each && inner) {
        if (compile_address(compiler, format, each, &group->each, error) ||
            compile_group(compiler, field, format, inner, &group->inner, error))
            return error->status;
        group->each_number = number_address(compiler->map, group->each);
    }
    enum status status = STATUS_OK;
    for (const struct value *member = tree->first; member; member = member->next) {
        struct field_path path;
        if (group->inner && (member == each || member == inner))
            continue;
        enum status one = field_path_compile(field, member->name, &path, error);
        one = one ? setting_place(compiler->context, member, error)
                  : place_node(compiler, group, &path, format, member, error);
        if (one && !setting_goes_on(compiler->context, error))
            return one;
        status = one ? one : status;
    }
    if (!status && group->inner) {
        status = share_members(compiler, group, group->inner, inner, error);
        sort_group(group->inner);
    }
    sort_group(group);
    return status;
}

/* `kind` has a default; the others must come from somewhere. */
static enum status check_required(struct compiler *compiler, struct error *error)
{
    for (size_t i = 0; i < procedure_root.count; i++) {
        const struct field *field = &procedure_root.fields[i];
        if (field->required && strcmp(field->name, "kind") && !find_member(compiler->map->root, field))
            return setting_fault(compiler->context, compiler->source->map, error,
                                 _("the map of \"%s\" does not fill \"%s\", which every procedure must have"),
                                 compiler->source->name, field->name);
    }
    return STATUS_OK;
}

/* Its addresses are numbered for the run alone: a field of the map is what may vanish, this is none. */
static enum status compile_department(struct compiler *compiler, struct error *error)
{
    static const struct field line = { .name = "department", .kind = FIELD_LINE };
    struct map *map = compiler->map;
    const struct value *tree = compiler->source->department;
    struct normalise_counts counts = { 0 };
    struct text name;
    size_t numbered = map->numbered_count;
    if (!tree)
        return STATUS_OK;
    if (tree->kind == VALUE_TEXT && normalise(&map->arena, tree->text, true, &counts, &name, error))
        return setting_place(compiler->context, tree, error);
    if (tree->kind == VALUE_TEXT && name.length) {
        map->department = text_copy(&map->arena, name);
        return STATUS_OK;
    }
    if (tree->kind != VALUE_OBJECT || !value_find(tree, "from"))
        return setting_fault(compiler->context, tree, error,
                             _("\"department\" is a name, or an object with \"from\": the address of one"));
    if (compile_node(compiler, &line, &compiler->source->record, tree, &map->department_from, error))
        return error->status;
    map->department_room = map->numbered_count;
    map->numbered_count = numbered;
    return STATUS_OK;
}

static struct digest digest_of_map(struct compiler *compiler)
{
    struct value *transform_digest = value_object(&compiler->arena);
    const struct value *tree = compiler->source->tree;
    static const char *const parts[] = { "department", "encoding",   "font",    "format",   "header",
                                         "map",        "namespaces", "nothing", "separator" };
    value_set(transform_digest, "normaliser", value_integer(&compiler->arena, NORMALISE_VERSION));
    value_set(transform_digest, "agency_code",
              value_text(&compiler->arena, compiler->map->defaults.agency_code));
    value_set(transform_digest, "agency_name",
              value_text(&compiler->arena, compiler->map->defaults.agency_name));
    value_set(transform_digest, "codes", compiler->ingredients);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct value *part = value_find(tree, parts[i]);
        if (part)
            value_set(transform_digest, parts[i], value_copy(&compiler->arena, part));
    }
    struct buffer bytes = { 0 };
    canonical_write(&bytes, transform_digest);
    struct digest digest = crypto_sha256(buffer_view(&bytes));
    buffer_free(&bytes);
    return digest;
}

enum status map_compile(const struct setting_context *context, const struct source *source,
                        const struct code_list *lists, const struct map_defaults *defaults, struct map **map,
                        struct digest *transform_digest, struct error *error)
{
    struct compiler compiler = {
        .map = memory_new(struct map), .context = context, .source = source, .lists = lists
    };
    compiler.map->source = source;
    compiler.map->defaults = *defaults;
    compiler.ingredients = value_object(&compiler.arena);
    enum status status =
        compile_group(&compiler, &procedure_root, &source->record, source->map, &compiler.map->root, error);
    if (!status)
        status = check_required(&compiler, error);
    if (!status)
        status = compile_department(&compiler, error);
    if (!status)
        *transform_digest = digest_of_map(&compiler);
    arena_free(&compiler.arena);
    if (status)
        map_free(compiler.map);
    else
        *map = compiler.map;
    return status;
}

void map_free(struct map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->address_count; i++)
        record_address_free(map->addresses[i]);
    for (size_t i = 0; i < map->pattern_count; i++)
        regex_free(map->patterns[i]);
    free(map->addresses);
    free(map->numbered);
    free(map->patterns);
    arena_free(&map->arena);
    free(map);
}
