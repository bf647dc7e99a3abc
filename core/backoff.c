#include "core/backoff.h"

int64_t backoff_delay(const struct backoff *retry, int64_t tries, uint64_t chance)
{
    int64_t ceiling = retry->first < retry->most ? retry->first : retry->most;
    for (int64_t i = 1; i < tries && ceiling < retry->most; i++)
        ceiling = ceiling > retry->most / 2 ? retry->most : ceiling * 2;
    if (ceiling <= 0)
        return 0;
    return (int64_t)(chance % ((uint64_t)ceiling + 1));
}
