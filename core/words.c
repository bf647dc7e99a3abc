#include "core/words.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[LANGUAGES] = { [LANGUAGE_VI] = "vi", [LANGUAGE_EN] = "en" };

enum language language_named(const char *name)
{
    return name && !strcmp(name, names[LANGUAGE_EN]) ? LANGUAGE_EN : LANGUAGE_VI;
}

enum language language_of_process(void)
{
    const char *chosen = getenv("LANGUAGE");
    return chosen && !strncmp(chosen, names[LANGUAGE_VI], 2) ? LANGUAGE_VI : LANGUAGE_EN;
}

const char *language_name(enum language language)
{
    return names[language];
}
