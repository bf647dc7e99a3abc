#include "extract/answers.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

void answers_take(struct answers *answers, struct arena *arena, const char *document, const uint64_t *keys,
                  size_t count)
{
    const char *name = count ? text_string(arena, text_of(document)) : NULL;
    for (size_t i = 0; i < count; i++) {
        answers->list = memory_more(answers->list, answers->count, &answers->capacity, sizeof *answers->list);
        answers->list[answers->count++] = (struct answer){ keys[i], name };
    }
}

static int compare(const void *left, const void *right)
{
    const struct answer *one = left, *other = right;
    return one->key != other->key ? (one->key < other->key ? -1 : 1) : strcmp(one->document, other->document);
}

struct search {
    const struct answers *answers;
    const char *found;
};

/* A locator is a document's name, or that with the number of one of its records. */
static bool stood_in(struct text locator, const char *document)
{
    struct text name = text_of(document);
    return text_starts(locator, name) &&
           (locator.length == name.length || locator.bytes[name.length] == '#' ||
            locator.bytes[name.length] == ':');
}

static void look_at(void *user_data, struct text locator)
{
    struct search *search = user_data;
    for (size_t i = 0; i < search->answers->count && !search->found; i++)
        if (stood_in(locator, search->answers->list[i].document))
            search->found = search->answers->list[i].document;
}

/* Of the sorted ones only those stay of which another document gave the same record: mostly none. */
static void keep_mixed(struct answers *answers)
{
    size_t kept = 0;
    for (size_t from = 0, to; from < answers->count; from = to) {
        const struct answer *first = &answers->list[from];
        for (to = from + 1; to < answers->count && answers->list[to].key == first->key;)
            to++;
        bool mixed = strcmp(first->document, answers->list[to - 1].document) != 0;
        for (size_t i = from; mixed && i < to; i++)
            answers->list[kept++] = answers->list[i];
    }
    answers->count = kept;
}

enum status answers_find_mixed(struct answers *answers, struct staging *staging, const char **document,
                               struct error *error)
{
    struct search search = { answers, NULL };
    int64_t absent;
    *document = NULL;
    if (!answers->count)
        return STATUS_OK;
    qsort(answers->list, answers->count, sizeof *answers->list, compare);
    keep_mixed(answers);
    if (!answers->count)
        return STATUS_OK;
    enum status status = staging_absent(staging, look_at, &search, &absent, error);
    *document = search.found;
    return status;
}

void answers_free(struct answers *answers)
{
    free(answers->list);
    *answers = (struct answers){ 0 };
}
