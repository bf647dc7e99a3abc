#include "extract/skip.h"

#include <stddef.h>

#include "adapters/regex.h"
#include "adapters/unicode.h"

struct condition {
    const char *from, *matches;
    const struct value *is;
    bool nothing;
    struct record_address *address;
    struct regex *pattern;
    struct text *texts;
    size_t text_count;
};

struct skip {
    size_t count;
    struct condition *conditions;
    struct text *nothing; /* the source's texts that mean nothing */
    size_t nothing_count;
};

static const struct setting settings[] = {
    { "from", SETTING_TEXT, offsetof(struct condition, from), .required = true, .empty = true,
      .help = N_("the address that is looked at") },
    { "matches", SETTING_TEXT, offsetof(struct condition, matches),
      .help = N_("an expression for what stands there") },
    { "is", SETTING_LIST, offsetof(struct condition, is), .help = N_("what stands there") },
    { "nothing", SETTING_BOOLEAN, offsetof(struct condition, nothing),
      .help = N_("true: nothing stands there") },
};

static enum status compile_address(const struct setting_context *context, const struct source *source,
                                   const struct value *tree, struct condition *condition, struct error *error)
{
    if (!condition->from || !record_address_compile(context->arena, &source->record, text_of(condition->from),
                                                    &condition->address, error))
        return STATUS_OK;
    return setting_place(context, value_find(tree, "from"), error);
}

static enum status compile_pattern(const struct setting_context *context, const struct value *tree,
                                   struct condition *condition, struct error *error)
{
    if (!condition->matches || !regex_compile(text_of(condition->matches), &condition->pattern, error))
        return STATUS_OK;
    return setting_place(context, value_find(tree, "matches"), error);
}

static enum status compile_texts(struct arena *arena, const struct setting_context *context,
                                 struct condition *condition, struct error *error)
{
    if (condition->is &&
        setting_texts(context, condition->is, &condition->texts, &condition->text_count, error))
        return error->status;
    for (size_t i = 0; i < condition->text_count; i++)
        condition->texts[i] = unicode_nfc(arena, text_trim(condition->texts[i]));
    return STATUS_OK;
}

static enum status compile_one(struct arena *arena, const struct setting_context *context,
                               const struct source *source, const struct value *tree,
                               struct condition *condition, struct error *error)
{
    enum status all = STATUS_OK;
    if (tree->kind != VALUE_OBJECT)
        return setting_fault(context, tree, error,
                             _("skip: a list of objects with \"from\" and one of matches, is and nothing"));
    if (!setting_step(context, &all,
                      setting_read(context, settings, sizeof settings / sizeof *settings, tree, "skip",
                                   condition, error),
                      error))
        return all;
    if ((condition->matches != NULL) + (condition->is != NULL) + condition->nothing != 1 &&
        !setting_step(context, &all,
                      setting_fault(context, tree, error, _("skip: takes one of matches, is and nothing")),
                      error))
        return all;
    (void)(setting_step(context, &all, compile_address(context, source, tree, condition, error), error) &&
           setting_step(context, &all, compile_pattern(context, tree, condition, error), error) &&
           setting_step(context, &all, compile_texts(arena, context, condition, error), error));
    return all;
}

enum status skip_compile(struct arena *arena, const struct setting_context *context,
                         const struct source *source, struct skip **made, struct error *error)
{
    *made = NULL;
    if (!source->skip)
        return STATUS_OK;
    if (source->skip->kind != VALUE_LIST)
        return setting_fault(context, source->skip, error,
                             _("skip: a list of objects with \"from\" and one of matches, is and nothing"));
    struct skip *skip = arena_new(arena, struct skip);
    skip->conditions = arena_array(arena, struct condition, source->skip->count + 1);
    enum status all = STATUS_OK;
    bool on = true;
    for (const struct value *tree = source->skip->first; tree && on; tree = tree->next) {
        struct condition *condition = &skip->conditions[skip->count++];
        *condition = (struct condition){ 0 };
        on = setting_step(context, &all, compile_one(arena, context, source, tree, condition, error), error);
    }
    if (on && source->nothing)
        (void)setting_step(
            context, &all,
            setting_texts(context, source->nothing, &skip->nothing, &skip->nothing_count, error), error);
    if (all)
        skip_free(skip);
    else
        *made = skip;
    return all;
}

void skip_free(struct skip *skip)
{
    for (size_t i = 0; skip && i < skip->count; i++) {
        record_address_free(skip->conditions[i].address);
        regex_free(skip->conditions[i].pattern);
    }
}

static bool is_nothing(const struct skip *skip, struct text text)
{
    return !text.length || text_among(text, skip->nothing, skip->nothing_count);
}

static bool fits_text(const struct condition *condition, struct text text)
{
    struct error error;
    if (condition->pattern)
        return regex_search(condition->pattern, text, 0, NULL, &error) == STATUS_OK;
    return text_among(text, condition->texts, condition->text_count);
}

static bool fits(const struct skip *skip, const struct condition *condition, const struct record *record,
                 struct arena *arena)
{
    struct record_items items;
    struct error error;
    if (record_select(record, &record->root, condition->address, arena, &items, &error) || items.unknown)
        return false;
    for (size_t i = 0; i < items.count; i++) {
        struct text text;
        if (record_item_text(record, &items.items[i], arena, &text, NULL, &error))
            return false;
        text = unicode_nfc(arena, text_trim(text_copy(arena, text)));
        if (condition->nothing ? !is_nothing(skip, text) : fits_text(condition, text))
            return !condition->nothing;
    }
    return condition->nothing;
}

bool skip_matches(const struct skip *skip, const struct source *source, struct text bytes,
                  struct text context, struct arena *arena)
{
    struct record record;
    struct error error;
    bool found = false;
    if (record_open(arena, &source->record, bytes, context, &record, &error))
        return false;
    for (size_t i = 0; i < skip->count && !found; i++)
        found = fits(skip, &skip->conditions[i], &record, arena);
    record_close(&record);
    return found;
}
