#include "cli/shipped.h"

#include <string.h>

#include "adapters/yaml.h"
#include "core/decimal.h"

/* The assembler reads the files, so that they are there wherever the program stands alone. `make` runs in the
 * project's folder. */
#define SHIPPED(symbol, path)                                                                                \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".global congkhai_" #symbol "\n"                                                                 \
            "congkhai_" #symbol ":\n"                                                                        \
            ".incbin \"config/" path "\"\n"                                                                  \
            ".global congkhai_" #symbol "_end\n"                                                             \
            "congkhai_" #symbol "_end:\n"                                                                    \
            ".byte 0\n"                                                                                      \
            ".popsection\n");                                                                                \
    extern const char congkhai_##symbol[], congkhai_##symbol##_end[];

#define FILES(FILE)                                                                                          \
    FILE(rules_nd63, "rules/nd63.yaml")                                                                      \
    FILE(rules_codes, "rules/codes.yaml")                                                                    \
    FILE(rules_text, "rules/text.yaml")                                                                      \
    FILE(rules_deadlines, "rules/deadlines.yaml")                                                            \
    FILE(rules_services, "rules/services.yaml")                                                              \
    FILE(codes_agency_codes, "codes/agency-codes.csv")                                                       \
    FILE(codes_announcements, "codes/announcements.csv")                                                     \
    FILE(codes_channels, "codes/channels.csv")                                                               \
    FILE(codes_closed_agencies, "codes/closed-agencies.csv")                                                 \
    FILE(codes_currencies, "codes/currencies.csv")                                                           \
    FILE(codes_fee_kinds, "codes/fee-kinds.csv")                                                             \
    FILE(codes_holidays, "codes/holidays.csv")                                                               \
    FILE(codes_internal_groups, "codes/internal-groups.csv")                                                 \
    FILE(codes_kinds, "codes/kinds.csv")                                                                     \
    FILE(codes_levels, "codes/levels.csv")                                                                   \
    FILE(codes_online_services, "codes/online-services.csv")                                                 \
    FILE(codes_statuses, "codes/statuses.csv")                                                               \
    FILE(codes_subjects, "codes/subjects.csv")                                                               \
    FILE(codes_territorial, "codes/territorial.csv")                                                         \
    FILE(codes_units, "codes/units.csv")                                                                     \
    FILE(codes_yes_no, "codes/yes-no.csv")

FILES(SHIPPED)

#define COUNT_FILE(symbol, path) +1
enum { FILE_COUNT = 0 FILES(COUNT_FILE) };

const struct shipped_file *shipped_files(void)
{
    static struct shipped_file files[FILE_COUNT + 1];
    if (!files[0].path) {
        struct shipped_file *file = files;
#define FILL_FILE(symbol, where)                                                                             \
    file->bytes = (struct text){ congkhai_##symbol, (size_t)(congkhai_##symbol##_end - congkhai_##symbol) }; \
    file++->path = where;
        FILES(FILL_FILE)
    }
    return files;
}

struct comparing {
    struct arena *arena;
    void (*say)(void *user_data, const char *remark);
    void *user_data;
};

/* The file's own name without its folder and ending: "nd63". */
static struct text stem_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct text name = text_of(slash ? slash + 1 : path);
    return text_ends(name, TEXT(".yaml")) ? text_slice(name, 0, name.length - 5) : name;
}

static struct text pack_name(const struct rule_file *file)
{
    struct text name = value_text_of(value_find(file->tree, "pack"), "name");
    return name.length ? name : stem_of(file->path);
}

static struct text pack_version(const struct value *tree)
{
    struct text version = value_text_of(value_find(tree, "pack"), "version");
    return version.length ? version : TEXT("1");
}

static const struct value *find_rule(const struct value *rules, struct text id)
{
    const struct value *rule = rules ? rules->first : NULL;
    while (rule && !text_equal(value_text_of(rule, "id"), id))
        rule = rule->next;
    return rule;
}

/* The members in which two rules differ, " (check, cites)"; examples do not count. */
static void list_members(const struct value *own, const struct value *shipped, struct buffer *out)
{
    static const char *const members[] = { "field",    "check", "when",   "in_force",
                                           "severity", "cites", "reason", "message" };
    size_t before = out->length;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const struct value *left = value_find(own, members[i]), *right = value_find(shipped, members[i]);
        if (left == right || (left && right && value_equal(left, right)))
            continue;
        buffer_printf(out, "%s%s", out->length == before ? " (" : ", ", members[i]);
    }
    if (out->length > before)
        buffer_char(out, ')');
}

static void add_id(struct buffer *list, const struct value *rule)
{
    struct text id = value_text_of(rule, "id");
    buffer_printf(list, "%s%.*s", list->length ? ", " : "", TEXT_ARG(id));
}

static void say_part(struct buffer *line, const char *title, const struct buffer *list)
{
    if (!list->length)
        return;
    buffer_printf(line, "; %s ", title);
    buffer_text(line, buffer_view(list));
}

static void compare_rules(const struct comparing *comparing, const struct rule_file *file,
                          const struct value *shipped)
{
    BUFFER_OWNED struct buffer added = { 0 }, changed = { 0 }, gone = { 0 }, line = { 0 };
    const struct value *own = value_find(file->tree, "rules"), *new = value_find(shipped, "rules");
    for (const struct value *rule = new->first; rule; rule = rule->next) {
        const struct value *old = find_rule(own, value_text_of(rule, "id"));
        BUFFER_OWNED struct buffer members = { 0 };
        if (old)
            list_members(old, rule, &members);
        if (!old || members.length)
            add_id(old ? &changed : &added, rule);
        buffer_text(&changed, buffer_view(&members));
    }
    for (const struct value *rule = own ? own->first : NULL; rule; rule = rule->next)
        if (!find_rule(new, value_text_of(rule, "id")))
            add_id(&gone, rule);
    buffer_printf(
        &line,
        _("%s is version %.*s of its pack, and version %.*s was shipped with the program; it stays as "
          "it is"),
        file->path, TEXT_ARG(pack_version(file->tree)), TEXT_ARG(pack_version(shipped)));
    say_part(&line, _("new:"), &added);
    say_part(&line, _("changed:"), &changed);
    say_part(&line, _("no longer there:"), &gone);
    comparing->say(comparing->user_data, text_string(comparing->arena, buffer_view(&line)));
}

static enum status compare_file(const struct comparing *comparing, const struct rule_file *file,
                                struct error *error)
{
    struct text name = pack_name(file);
    for (const struct shipped_file *shipped = shipped_files(); shipped->path; shipped++) {
        struct value *tree;
        if (!text_starts(text_of(shipped->path), TEXT("rules/")) || !text_equal(stem_of(shipped->path), name))
            continue;
        if (yaml_parse(comparing->arena, shipped->bytes, shipped->path, &tree, error))
            return error->status;
        if (decimal_compare(pack_version(file->tree), pack_version(tree)) < 0)
            compare_rules(comparing, file, tree);
    }
    return STATUS_OK;
}

enum status shipped_compare(struct arena *arena, const struct rule_file *files, size_t count,
                            void (*say)(void *user_data, const char *remark), void *user_data,
                            struct error *error)
{
    struct comparing comparing = { arena, say, user_data };
    for (size_t i = 0; i < count; i++)
        if (compare_file(&comparing, &files[i], error))
            return error->status;
    return STATUS_OK;
}
