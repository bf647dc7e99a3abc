#include "cli/language.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void language_choose(const char *language)
{
    char executable[4096], folder[4200];
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    setlocale(LC_ALL, "C.UTF-8");
    setenv("LANGUAGE", language, 1);
    snprintf(folder, sizeof folder, "%s/share/locale", CONGKHAI_PREFIX);
    if (length > 0) {
        executable[length] = 0;
        char *slash = strrchr(executable, '/');
        *slash = 0;
        char beside[4200];
        snprintf(beside, sizeof beside, "%s/locale", executable);
        if (!access(beside, R_OK))
            memcpy(folder, beside, strlen(beside) + 1);
        else if (slash - executable > 4 && !strcmp(slash - 4, "/bin"))
            snprintf(folder, sizeof folder, "%.*s/share/locale", (int)(slash - 4 - executable), executable);
    }
    bindtextdomain("congkhai", folder);
    bind_textdomain_codeset("congkhai", "UTF-8");
    textdomain("congkhai");
}

const char *language_of_environment(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strncmp(value, "en", 2) ? "vi" : "en";
    }
    return "vi";
}
