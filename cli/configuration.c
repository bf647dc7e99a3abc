#include "cli/configuration.h"

#include <stddef.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/odbc_string.h"
#include "adapters/private_file.h"
#include "adapters/secret.h"
#include "adapters/secrets.h"
#include "adapters/yaml.h"
#include "core/canonical.h"
#include "core/count.h"

#define FILE_LIMIT (16u << 20)

struct top {
    const struct value *agency, *sources, *portal, *rules, *codes, *brakes, *precedence, *ledger, *tests,
        *retention, *notify, *approval;
    const char *store, *baseline, *group;
    int language, sandbox;
};

static const char *const languages[] = { "vi", "en", NULL };
static const char *const switches[] = { "off", "on", NULL };

#define AT(member) offsetof(struct top, member)
#define STORE      "state/congkhai.db"

static const struct setting top_settings[] = {
    { "agency", SETTING_OBJECT, AT(agency), .required = true,
      .help = N_("code and name of the agency that publishes") },
    { "store", SETTING_TEXT, AT(store), .fallback = STORE, .help = N_("the store's path") },
    { "language", SETTING_CHOICE, AT(language), .fallback = "vi", .choices = languages,
      .help = N_("of messages") },
    { "sources", SETTING_TREE, AT(sources), .required = true, .help = N_("where procedures come from") },
    { "portal", SETTING_OBJECT, AT(portal), .help = N_("where they go") },
    { "rules", SETTING_LIST, AT(rules), .help = N_("files of rules") },
    { "codes", SETTING_OBJECT, AT(codes), .help = N_("code lists: name and CSV file") },
    { "brakes", SETTING_OBJECT, AT(brakes), .help = N_("what stops a run before its first request") },
    { "precedence", SETTING_LIST, AT(precedence),
      .help = N_("sources in the order in which they win a shared code") },
    { "ledger", SETTING_OBJECT, AT(ledger), .help = N_("the key and the copies of the ledger's head") },
    { "group", SETTING_TEXT, AT(group),
      .help = N_("a group that may read the store and what else is written (otherwise only we may)") },
    { "retention", SETTING_OBJECT, AT(retention), .help = N_("how long source bytes are kept") },
    { "baseline", SETTING_TEXT, AT(baseline),
      .help = N_("a day: what was decided before it is not late; by default that of the first publication") },
    { "notify", SETTING_TREE, AT(notify), .help = N_("who is told of a night, and of what") },
    { "approval", SETTING_OBJECT, AT(approval),
      .help = N_("which steps need somebody's approval, and whose") },
    { "sandbox", SETTING_CHOICE, AT(sandbox), .fallback = "on", .choices = switches,
      .help = N_("off: what reads foreign bytes and talks to the network has no process of its own with "
                 "fewer rights") },
    { "tests", SETTING_TREE, AT(tests), .help = N_("the configuration's own tests") },
};

struct agency {
    const char *code, *name;
    int kind;
};
static const char *const agency_kinds[] = { "ministry", "province", NULL };
static const struct setting agency_settings[] = {
    { "code", SETTING_TEXT, offsetof(struct agency, code), .required = true, .help = N_("such as H13") },
    { "name", SETTING_TEXT, offsetof(struct agency, name), .help = N_("as citizens know it") },
    { "kind", SETTING_CHOICE, offsetof(struct agency, kind), .choices = agency_kinds,
      .help = N_("ministry or province: which terms the law sets it; by default the code tells (G, H)") },
};

const struct setting *configuration_settings(size_t *count)
{
    *count = COUNT(top_settings);
    return top_settings;
}

const struct setting *configuration_agency_settings(size_t *count)
{
    *count = COUNT(agency_settings);
    return agency_settings;
}

static enum status find_file(const char *path, const char **found, struct error *error)
{
    static const char *const places[] = { "./congkhai.yaml", "/etc/congkhai/congkhai.yaml" };
    *found = path;
    for (size_t i = 0; !*found && i < COUNT(places); i++)
        if (file_exists(places[i]))
            *found = places[i];
    if (*found)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("no configuration: neither ./congkhai.yaml nor /etc/congkhai/congkhai.yaml is there; "
                       "name one with --config, or write one with \"congkhai init\""));
}

bool configuration_is_there(void)
{
    const char *found;
    struct error unread;
    return find_file(NULL, &found, &unread) == STATUS_OK;
}

static enum status read_yaml(struct arena *arena, const char *path, struct value **tree, struct error *error)
{
    ARENA_OWNED struct arena raw = { 0 };
    struct text bytes;
    if (file_read(&raw, path, FILE_LIMIT, &bytes, error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    enum status status = yaml_parse(arena, bytes, path, tree, error);
    explicit_bzero((char *)(uintptr_t)bytes.bytes,
                   bytes.length); /* no child needs what is written out here */
    return status;
}

/* What is secret, and written out instead of referred to, must not reach the store. */
static void mask(struct arena *arena, struct value *tree, bool secret)
{
    for (struct value *child = tree->first; child; child = child->next) {
        bool hidden = secret || secret_is_name(child->name) || text_is(child->name, "headers") ||
                      text_is(child->name, "body");
        if (child->kind != VALUE_TEXT)
            mask(arena, child, hidden);
        else if (text_is(child->name, "odbc"))
            child->text = odbc_string_show(arena, child->text);
        else if (text_is(child->name, "command"))
            child->text = secret_hide_arguments(arena, child->text);
        else if (!hidden)
            child->text = secret_hide(arena, child->text);
        else if (!text_starts(child->text, TEXT("${")))
            child->text = TEXT("***");
    }
}

static void digest_tree(struct configuration *configuration)
{
    struct arena *arena = &configuration->arena;
    struct value *copy = value_copy(arena, configuration->tree);
    mask(arena, copy, false);
    configuration->masked = canonical_copy(arena, copy);
    configuration->digest = crypto_sha256(configuration->masked);
    struct value *rules = value_object(arena), *files = value_object(arena), *lists = value_object(arena);
    for (size_t i = 0; i < configuration->rule_file_count; i++)
        value_set(files, configuration->rule_files[i].path,
                  value_copy(arena, configuration->rule_files[i].tree));
    for (const struct code_list *list = configuration->lists; list; list = list->next) {
        struct value *entries = value_set(lists, list->name, value_list(arena));
        for (const struct code *code = list->first; code; code = code->after) {
            struct value *entry = value_append(entries, value_list(arena));
            value_append(entry, value_text(arena, code->from));
            value_append(entry, value_text(arena, code->to));
            if (code->name.length)
                value_append(entry, value_text(arena, code->name));
        }
    }
    value_set(rules, "codes", lists);
    value_set(rules, "rules", files);
    configuration->rules_text = canonical_copy(arena, rules);
}

/* The code lists that a file of rules brings along; a list of the same name in the configuration wins. */
static enum status add_lists(struct configuration *configuration, const struct rule_file *file,
                             struct error *error)
{
    struct setting_context context = { &configuration->arena, file->path, configuration->context.faults };
    const struct value *object = value_find(file->tree, "codes");
    struct value *missing = value_object(&configuration->arena);
    struct code_list *lists;
    if (object && object->kind != VALUE_OBJECT)
        return setting_fault(&context, object, error, _("\"%s\" must be an object of names and values"),
                             "codes");
    for (const struct value *member = object ? object->first : NULL; member; member = member->next)
        if (!codes_find(configuration->lists, member->name))
            value_set_text(missing, member->name, value_copy(&configuration->arena, member));
    if (codes_load(&context, file_folder(&configuration->arena, file->path), missing, &lists, error))
        return error->status;
    struct code_list **tail = &configuration->lists;
    while (*tail)
        tail = &(*tail)->next;
    *tail = lists;
    return STATUS_OK;
}

static enum status read_rule_file(struct configuration *configuration, const struct value *list,
                                  struct rule_file *file, struct error *error)
{
    struct value *tree;
    if (!file_exists(file->path))
        return setting_fault(&configuration->context, list, error,
                             _("the file of rules %s is not there; check its path"), file->path);
    if (read_yaml(&configuration->arena, file->path, &tree, error))
        return error->status;
    file->tree = tree;
    return add_lists(configuration, file, error);
}

static enum status read_rules(struct configuration *configuration, const struct value *list,
                              struct error *error)
{
    struct text *paths;
    if (setting_texts(&configuration->context, list, &paths, &configuration->rule_file_count, error))
        return error->status;
    struct rule_file *files =
        arena_array(&configuration->arena, struct rule_file, configuration->rule_file_count + 1);
    configuration->rule_files = files;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < configuration->rule_file_count; i++) {
        files[i].path = file_path(&configuration->arena, configuration->folder,
                                  text_string(&configuration->arena, paths[i]));
        if (read_rule_file(configuration, list, &files[i], error) == STATUS_OK)
            continue;
        status = error->status;
        if (!setting_goes_on(&configuration->context, error))
            return status;
    }
    return status;
}

static enum status read_precedence(struct configuration *configuration, const struct value *list,
                                   struct error *error)
{
    struct text *names;
    size_t count;
    if (setting_texts(&configuration->context, list, &names, &count, error))
        return error->status;
    const char **precedence = arena_array(&configuration->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < configuration->source_count && !text_is(names[i], configuration->sources[at].name))
            at++;
        if (at == configuration->source_count)
            return setting_fault(&configuration->context, list, error,
                                 _("precedence: there is no source \"%.*s\""), TEXT_ARG(names[i]));
        precedence[i] = configuration->sources[at].name;
    }
    configuration->precedence = precedence;
    configuration->precedence_count = count;
    return STATUS_OK;
}

static enum status read_retention(struct configuration *configuration, const struct value *tree,
                                  struct error *error)
{
    static const struct setting settings[] = { { "source_bytes", SETTING_DURATION, 0, .fallback = "0",
                                                 .help = N_("how long; 0 is for ever") } };
    return setting_read(&configuration->context, settings, 1, tree, "retention",
                        &configuration->keep_source_ms, error);
}

/* The file's language before the rest of it is read: its faults are told in it. */
static const char *language_of(const struct value *tree)
{
    for (size_t i = 0; tree->kind == VALUE_OBJECT && languages[i]; i++)
        if (text_is(value_text_of(tree, "language"), languages[i]))
            return languages[i];
    return languages[0];
}

const char *configuration_language(const char *path)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error unread;
    struct file_state state;
    struct value *tree;
    const char *found;
    if (find_file(path, &found, &unread) || file_look(found, &state, &unread) ||
        read_yaml(&arena, found, &tree, &unread))
        return NULL;
    return tree->kind == VALUE_OBJECT ? language_of(tree) : NULL;
}

/* What stands for what a person has to fill in: "<mã cơ quan>". */
static enum status check_filled(const struct setting_context *context, const struct value *agency,
                                struct error *error)
{
    enum status status = STATUS_OK;
    for (const struct value *member = agency->first; member; member = member->next) {
        if (!text_starts(member->text, TEXT("<")))
            continue;
        status = setting_fault(context, member, error,
                               _("\"%.*s\" is still a placeholder; put your agency's in its place"),
                               TEXT_ARG(member->name));
        if (!setting_goes_on(context, error))
            return status;
    }
    return status;
}

static enum status read_agency(struct configuration *configuration, const struct value *tree,
                               struct error *error)
{
    struct agency agency = { .kind = -1 };
    if (setting_read(&configuration->context, agency_settings, COUNT(agency_settings), tree, "agency",
                     &agency, error))
        return error->status;
    if (check_filled(&configuration->context, tree, error))
        return error->status;
    /* It is a part of the ledger's name, which is a line. */
    for (const char *at = agency.code; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return setting_fault(&configuration->context, value_find(tree, "code"), error,
                                 _("agency.code is a code such as H13, without blanks"));
    configuration->agency_code = agency.code;
    configuration->agency_name = agency.name;
    configuration->agency_kind = agency.kind == 0   ? AGENCY_MINISTRY
                                 : agency.kind == 1 ? AGENCY_PROVINCE
                                                    : agency_kind_of(text_of(agency.code));
    return STATUS_OK;
}

static enum status read_place(struct configuration *configuration, const struct top *top, struct error *error)
{
    const struct value *tree = configuration->tree;
    if (private_file_set_group(top->group, error))
        return setting_place(&configuration->context, value_find(tree, "group"), error);
    if (top->baseline && !date_read(text_of(top->baseline), &configuration->baseline))
        return setting_fault(&configuration->context, value_find(tree, "baseline"), error,
                             _("\"%s\" must be a day such as 2010-10-14"), "baseline");
    return STATUS_OK;
}

/* Each part by itself, so that all that is wrong can be told. */
static enum status read_part(struct configuration *configuration, const struct top *top, int part,
                             struct error *error)
{
    const struct setting_context *context = &configuration->context;
    switch (part) {
    case 0:
        return top->agency ? read_agency(configuration, top->agency, error) : STATUS_OK;
    case 1:
        return read_place(configuration, top, error);
    case 2: /* early: what is wrong with the rest is told, too */
        return notify_read(context, configuration->folder, top->notify, &configuration->notify, error);
    case 3:
        return source_read_all(context, top->sources, &configuration->sources, &configuration->source_count,
                               error);
    case 4:
        return codes_load(context, configuration->folder, top->codes, &configuration->lists, error);
    case 5:
        return read_rules(configuration, top->rules, error);
    case 6:
        return context->faults && context->faults->count
                   ? STATUS_OK /* it names sources */
                   : read_precedence(configuration, top->precedence, error);
    case 7:
        return read_retention(configuration, top->retention, error);
    case 8:
        return approval_setup_read(context, configuration->folder, top->approval, &configuration->approval,
                                   error);
    default:
        return ledger_setup_read(context, configuration->folder,
                                 configuration->agency_code ? configuration->agency_code : "", top->ledger,
                                 &configuration->sealing, error);
    }
}

#define PARTS 10

static enum status read_all(struct configuration *configuration, void (*speak)(const char *language),
                            struct error *error)
{
    struct top top = { 0 };
    struct value *tree;
    if (read_yaml(&configuration->arena, configuration->path, &tree, error))
        return error->status;
    configuration->tree = tree;
    secrets_add_tree(configuration->folder, tree, SECRETS_WRITTEN);
    if (speak)
        speak(language_of(tree));
    if (setting_read(&configuration->context, top_settings, COUNT(top_settings), tree, "configuration", &top,
                     error) &&
        !setting_goes_on(&configuration->context, error))
        return error->status;
    configuration->language = languages[top.language];
    configuration->sandbox = top.sandbox;
    configuration->store =
        file_path(&configuration->arena, configuration->folder, top.store ? top.store : STORE);
    configuration->portal = top.portal;
    configuration->brakes = top.brakes;
    configuration->tests = top.tests;
    for (int part = 0; part < PARTS; part++) {
        if (read_part(configuration, &top, part, error) == STATUS_OK)
            continue;
        if (!setting_goes_on(&configuration->context, error))
            return error->status;
        configuration->context.faults->lists_unread =
            configuration->context.faults->lists_unread || part == 4 || part == 5;
    }
    const struct setting_faults *faults = configuration->context.faults;
    if (!faults || !faults->count)
        digest_tree(configuration);
    return STATUS_OK;
}

/* Of a configuration with a fault: who is told of it, and where what was told is kept. Each entry for itself. */
static void read_notify_alone(struct configuration *configuration)
{
    struct setting_faults faults = { .arena = &configuration->arena };
    struct setting_context context = { &configuration->arena, configuration->path, &faults };
    struct error unsaid = { 0 };
    const struct value *tree = configuration->tree, *agency = value_find(tree, "agency");
    struct text store = value_text_of(tree, "store"), name = value_text_of(agency, "name");
    if (!configuration->store)
        configuration->store = file_path(&configuration->arena, configuration->folder,
                                         store.length ? text_string(&configuration->arena, store) : STORE);
    if (!configuration->agency_name)
        configuration->agency_name =
            text_string(&configuration->arena, name.length ? name : value_text_of(agency, "code"));
    (void)notify_read(&context, configuration->folder, value_find(tree, "notify"), &configuration->notify,
                      &unsaid);
}

struct naming {
    const char *folder;
    struct buffer out;
};

static void name_secret(void *user_data, const char *reference)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct naming *naming = user_data;
    struct file_state state;
    struct error unread;
    static const char file[] = "file:";
    buffer_printf(&naming->out, "%s\n", reference);
    if (!strncmp(reference, file, sizeof file - 1) &&
        !file_look(file_path(&arena, naming->folder, reference + sizeof file - 1), &state, &unread))
        buffer_printf(&naming->out, "%lld %lld\n", (long long)state.modified, (long long)state.size);
}

enum status configuration_load(const char *path, void (*speak)(const char *language),
                               enum status (*ready)(void *user_data, struct error *error), void *user_data,
                               struct setting_faults *faults, struct configuration *configuration,
                               struct error *error)
{
    *configuration = (struct configuration){ 0 };
    const char *found;
    if (find_file(path, &found, error))
        return error->status;
    configuration->path = text_string(&configuration->arena, text_of(found));
    configuration->folder = file_folder(&configuration->arena, configuration->path);
    configuration->context = (struct setting_context){ &configuration->arena, configuration->path, faults };
    enum status status = read_all(configuration, speak, error);
    if (status == STATUS_OK && ready)
        status = ready(user_data, error);
    if (status && configuration->tree && configuration->tree->kind == VALUE_OBJECT)
        read_notify_alone(configuration);
    if (configuration->tree) {
        struct naming naming = { .folder = configuration->folder };
        secrets_add_tree(configuration->folder, configuration->tree, SECRETS_NAMED);
        secrets_each_reference(configuration->tree, name_secret, &naming);
        configuration->secrets = text_copy(&configuration->arena, buffer_view(&naming.out));
        buffer_free(&naming.out);
    }
    return status;
}

void configuration_free(struct configuration *configuration)
{
    arena_free(&configuration->arena);
}
