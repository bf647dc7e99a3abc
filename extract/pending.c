/* Until fetch_url.c and probe.c are there. */
#include "extract/fetch.h"
#include "extract/probe.h"
extern const struct fetch_driver fetch_url __attribute__((weak));
const struct fetch_driver fetch_url __attribute__((weak)) = { .name = "url" };
__attribute__((weak)) enum status probe_write(struct arena *arena, const char *what, struct text *yaml, struct error *error)
{
    (void)arena, (void)what, (void)yaml;
    return error_set(error, STATUS_USAGE, "not there yet");
}
