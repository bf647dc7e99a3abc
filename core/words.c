#include "core/words.h"

#include <libintl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[LANGUAGES] = { [LANGUAGE_VI] = "vi", [LANGUAGE_EN] = "en" };

enum language language_named(const char *name)
{
    return name && !strcmp(name, names[LANGUAGE_EN]) ? LANGUAGE_EN : LANGUAGE_VI;
}

static _Thread_local bool has_chosen;
static _Thread_local enum language spoken;

void words_speak(enum language language)
{
    has_chosen = true;
    spoken = language;
}

const char *words_said(const char *message)
{
    return has_chosen && spoken == LANGUAGE_EN ? message : gettext(message);
}

const char *words_errno(int code)
{
    const char *english = has_chosen && spoken == LANGUAGE_EN ? strerrordesc_np(code) : NULL;
    return english ? english : strerror(code);
}

enum language language_of_process(void)
{
    if (has_chosen)
        return spoken;
    const char *chosen = getenv("LANGUAGE");
    return chosen && !strncmp(chosen, names[LANGUAGE_VI], 2) ? LANGUAGE_VI : LANGUAGE_EN;
}

const char *language_name(enum language language)
{
    return names[language];
}
