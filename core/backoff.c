#include "core/backoff.h"

enum status backoff_check(const struct setting_context *context, const struct value *tree,
                          const struct backoff *retry, struct error *error)
{
    if (!tree || retry->first <= retry->most)
        return STATUS_OK;
    const struct value *at = value_find(tree, "first");
    return setting_fault(context, at ? at : value_find(tree, "most"), error,
                         _("\"first\" is the first wait and \"most\" the longest: it cannot be shorter"));
}

int64_t backoff_delay(const struct backoff *retry, int64_t tries, uint64_t chance)
{
    int64_t ceiling = retry->first < retry->most ? retry->first : retry->most;
    for (int64_t i = 1; i < tries && ceiling < retry->most; i++)
        ceiling = ceiling > retry->most / 2 ? retry->most : ceiling * 2;
    if (ceiling <= 0)
        return 0;
    return (int64_t)(chance % ((uint64_t)ceiling + 1));
}
