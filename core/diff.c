#include "core/diff.h"

struct search {
    struct arena *arena;
    struct diff *first, *last;
};

static void add(struct search *search, struct text field, struct text before, struct text after)
{
    struct diff *found = arena_new(search->arena, struct diff);
    *found = (struct diff){ field, before, after, NULL };
    if (search->last)
        search->last->next = found;
    else
        search->first = found;
    search->last = found;
}

static struct text leaf_text(const struct value *value)
{
    if (!value)
        return TEXT_NONE;
    if (value->kind == VALUE_BOOLEAN)
        return value->truth ? TEXT("true") : TEXT("false");
    return value->text.bytes ? value->text : TEXT("");
}

static void compare(struct search *search, struct text path, const struct value *before,
                    const struct value *after);

static struct text member_path(struct arena *arena, struct text path, struct text name)
{
    struct buffer joined = { 0 };
    buffer_text(&joined, path);
    if (path.length)
        buffer_char(&joined, '.');
    buffer_text(&joined, name);
    struct text text = text_copy(arena, buffer_view(&joined));
    buffer_free(&joined);
    return text;
}

static void compare_objects(struct search *search, struct text path, const struct value *before,
                            const struct value *after)
{
    for (const struct value *member = before ? before->first : NULL; member; member = member->next)
        compare(search, member_path(search->arena, path, member->name), member,
                after ? value_find_text(after, member->name) : NULL);
    for (const struct value *member = after ? after->first : NULL; member; member = member->next)
        if (!before || !value_find_text(before, member->name))
            compare(search, member_path(search->arena, path, member->name), NULL, member);
}

static void compare_lists(struct search *search, struct text path, const struct value *before,
                          const struct value *after)
{
    const struct value *old = before ? before->first : NULL, *new = after ? after->first : NULL;
    for (size_t index = 0; old || new; index++) {
        struct buffer joined = { 0 };
        buffer_text(&joined, path);
        buffer_printf(&joined, "[%zu]", index);
        compare(search, text_copy(search->arena, buffer_view(&joined)), old, new);
        buffer_free(&joined);
        old = old ? old->next : NULL;
        new = new ? new->next : NULL;
    }
}

static void compare(struct search *search, struct text path, const struct value *before,
                    const struct value *after)
{
    enum value_kind kind = before ? before->kind : after->kind;
    if (before && after && before->kind != after->kind) {
        compare(search, path, before, NULL);
        compare(search, path, NULL, after);
    } else if (kind == VALUE_OBJECT) {
        compare_objects(search, path, before, after);
    } else if (kind == VALUE_LIST) {
        compare_lists(search, path, before, after);
    } else if (!before || !after || !text_equal(leaf_text(before), leaf_text(after))) {
        add(search, path, leaf_text(before), leaf_text(after));
    }
}

struct diff *diff_find(struct arena *arena, const struct value *before, const struct value *after)
{
    struct search search = { .arena = arena };
    if (before || after)
        compare(&search, TEXT(""), before, after);
    return search.first;
}
