#include "core/words.h"

#include <string.h>

static const char *const names[LANGUAGES] = { [LANGUAGE_VI] = "vi", [LANGUAGE_EN] = "en" };

enum language language_named(const char *name)
{
    return name && !strcmp(name, names[LANGUAGE_EN]) ? LANGUAGE_EN : LANGUAGE_VI;
}

const char *language_name(enum language language)
{
    return names[language];
}
