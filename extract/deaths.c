#include "extract/deaths.h"

#include <string.h>

#include "adapters/crypto.h"

static struct digest content_of(const struct deaths *deaths, struct text bytes)
{
    struct digest both[2] = { deaths->recipe, crypto_sha256(bytes) };
    return crypto_sha256((struct text){ (const char *)both, sizeof both });
}

static struct death *find(const struct deaths *deaths, struct text bytes)
{
    if (!deaths->count)
        return NULL;
    struct digest content = content_of(deaths, bytes);
    for (size_t i = 0; i < deaths->count; i++)
        if (digest_equal(&deaths->list[i].content, &content))
            return (struct death *)(uintptr_t)&deaths->list[i];
    return NULL;
}

const struct death *deaths_find(const struct deaths *deaths, struct text bytes)
{
    return find(deaths, bytes);
}

void deaths_forget(struct deaths *deaths, struct text bytes)
{
    struct death *death = find(deaths, bytes);
    if (death)
        *death = deaths->list[--deaths->count];
}

static bool is_from_outside(const struct child_death *death)
{
    return death->hung || death->signal == SIGKILL || death->signal == SIGTERM;
}

void deaths_add(struct deaths *deaths, struct text bytes, const struct child_death *death)
{
    if (is_from_outside(death) || find(deaths, bytes))
        return;
    if (deaths->count == DEATHS_MAX)
        memmove(deaths->list, deaths->list + 1, --deaths->count * sizeof *deaths->list);
    deaths->list[deaths->count++] = (struct death){ content_of(deaths, bytes), death->signal };
}

enum status deaths_words(const struct child_death *death, struct error *error)
{
    if (death->hung)
        return error_set(
            error, STATUS_REJECT,
            _("two processes that read it said nothing any more and were ended; the next run tries it "
              "again"));
    if (is_from_outside(death))
        return error_set(error, STATUS_REJECT,
                         _("two processes that read it were killed; the next run tries it again"));
    if (death->signal)
        return error_set(
            error, STATUS_REJECT,
            _("two processes that read it crashed (signal %d); it is tried again when it or the program "
              "has changed, or with \"congkhai retry\""),
            death->signal);
    return error_set(
        error, STATUS_REJECT,
        _("two processes that read it gave up (for lack of memory, or what they said made no sense); it is "
          "tried again when it or the program has changed, or with \"congkhai retry\""));
}
