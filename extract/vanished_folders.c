#include "extract/vanished_folders.h"

#define NAMED 5

static struct text folder_of(struct text document)
{
    size_t length = document.length;
    while (length && document.bytes[length - 1] != '/')
        length--;
    return text_slice(document, 0, length ? length - 1 : 0);
}

static void add(struct folder_names *names, struct arena *arena, struct text folder)
{
    for (size_t i = names->count; i--;)
        if (text_equal(names->names[i], folder))
            return;
    if (names->count == names->capacity) {
        size_t capacity = names->capacity * 2 + 16;
        struct text *larger = arena_array(arena, struct text, capacity);
        for (size_t i = 0; i < names->count; i++)
            larger[i] = names->names[i];
        names->names = larger;
        names->capacity = capacity;
    }
    names->names[names->count++] = text_copy(arena, folder);
}

void vanished_folders_gave(struct folder_names *gave, struct arena *arena, const char *document,
                           const char *only)
{
    struct text folder = folder_of(text_of(document));
    if (!only || text_is(folder, only))
        add(gave, arena, folder);
}

/* It, or one below it. */
static bool gives(const struct folder_names *gave, struct text folder)
{
    for (size_t i = 0; i < gave->count; i++)
        if (text_equal(gave->names[i], folder) ||
            (text_starts(gave->names[i], folder) && gave->names[i].bytes[folder.length] == '/'))
            return true;
    return false;
}

struct search {
    const struct folder_names *gave;
    struct folder_names *vanished;
    struct arena *arena;
    struct text last; /* a folder that gives: its records lie side by side */
};

/* A locator is a document's name with the number of a line, an item or a row behind it. */
static void look_at(void *user_data, struct text locator)
{
    struct search *search = user_data;
    struct text folder = folder_of(locator);
    if (search->last.bytes && text_equal(search->last, folder))
        return;
    if (!gives(search->gave, folder))
        add(search->vanished, search->arena, folder);
    else
        search->last = text_copy(search->arena, folder);
}

enum status vanished_folders_find(struct staging *staging, const struct folder_names *gave,
                                  struct folder_names *vanished, struct arena *arena, struct error *error)
{
    struct search search = { gave, vanished, arena, TEXT_NONE };
    int64_t count;
    return staging_absent(staging, look_at, &search, &count, error);
}

const char *vanished_folders_words(const struct folder_names *vanished, struct arena *arena)
{
    BUFFER_OWNED struct buffer words = { 0 };
    for (size_t i = 0; i < vanished->count && i < NAMED; i++)
        buffer_printf(&words, "%s%.*s", i ? ", " : "", TEXT_ARG(vanished->names[i]));
    if (vanished->count > NAMED)
        buffer_printf(&words, _(" and %zu more"), vanished->count - NAMED);
    return text_string(arena, buffer_view(&words));
}
