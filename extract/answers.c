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

size_t answers_keep_mixed(struct answers *answers)
{
    size_t kept = 0, others = 0;
    if (answers->count)
        qsort(answers->list, answers->count, sizeof *answers->list, compare);
    for (size_t from = 0, to; from < answers->count; from = to) {
        const struct answer *first = &answers->list[from];
        for (to = from + 1; to < answers->count && answers->list[to].key == first->key;)
            to++;
        size_t before = kept;
        for (size_t i = from; i < to; i++)
            if (i == from || strcmp(answers->list[i].document, answers->list[kept - 1].document) != 0)
                answers->list[kept++] = answers->list[i];
        if (kept == before + 1)
            kept = before;
        else
            others += kept - before - 1;
    }
    answers->count = kept;
    return others;
}

enum status answers_find_absent(const struct answers *answers, struct staging *staging, const char **document,
                                struct error *error)
{
    struct search search = { answers, NULL };
    int64_t absent;
    enum status status = staging_absent(staging, look_at, &search, &absent, error);
    *document = search.found;
    return status;
}

void answers_free(struct answers *answers)
{
    free(answers->list);
    *answers = (struct answers){ 0 };
}
