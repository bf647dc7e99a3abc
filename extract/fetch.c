#include "extract/fetch.h"

#include <string.h>

#include "core/count.h"

/* Nobody else names a driver, so that another one is a word here. */
#define DRIVERS(one) one(fetch_folder) one(fetch_file) one(fetch_url) one(fetch_sqlite) one(fetch_odbc)

#define DECLARED(driver) extern const struct fetch_driver driver;
#define ADDRESS(driver)  &driver,
DRIVERS(DECLARED)
const struct fetch_driver *const fetch_drivers[] = { DRIVERS(ADDRESS) NULL };

static enum status choose(const struct setting_context *context, const struct source *source,
                          const struct fetch_driver **driver, struct error *error)
{
    const char *names[COUNT(fetch_drivers)];
    BUFFER_OWNED struct buffer known = { 0 };
    size_t count = 0;
    *driver = NULL;
    for (const struct fetch_driver *one; (one = fetch_drivers[count]); count++) {
        names[count] = one->name;
        buffer_printf(&known, "%s%s", count ? ", " : "", one->name);
        if (!value_find(source->fetch, one->name))
            continue;
        if (*driver)
            return setting_fault(context, source->fetch, error,
                                 _("fetch: \"%s\" and \"%s\" exclude each other"), (*driver)->name,
                                 one->name);
        *driver = one;
    }
    if (*driver)
        return STATUS_OK;
    for (const struct value *member = source->fetch->first; member; member = member->next) {
        const char *nearest = text_nearest(member->name, names, count);
        if (nearest)
            return setting_fault(context, member, error,
                                 _("fetch: unknown key \"%.*s\"; did you mean \"%s\"?"),
                                 TEXT_ARG(member->name), nearest);
    }
    return setting_fault(context, source->fetch, error,
                         _("fetch: say where the documents come from, with one of %s"), known.bytes);
}

static bool has_required(const struct fetch_driver *driver, const char *settings)
{
    for (size_t i = 0; i < driver->setting_count; i++)
        if (driver->settings[i].required && driver->settings[i].kind == SETTING_TEXT &&
            !*(const char *const *)(settings + driver->settings[i].offset))
            return false;
    return true;
}

/* What else is wrong, where a part could not be read: told where all faults are wanted. */
static enum status check_settings(struct fetch *fetch, enum status all, struct error *error)
{
    const struct fetch_driver *driver = fetch->driver;
    if (!driver->check || (all && !has_required(driver, fetch->settings)))
        return all;
    enum status status = driver->check(fetch, error);
    if (all && !status && driver->close)
        driver->close(fetch);
    (void)setting_step(fetch->context, &all, status, error);
    return all;
}

enum status fetch_prepare(struct arena *arena, const struct setting_context *context, const char *folder,
                          const struct source *source, struct fetch *fetch, struct error *error)
{
    const struct fetch_driver *driver;
    if (choose(context, source, &driver, error))
        return error->status;
    *fetch = (struct fetch){
        .driver = driver,
        .source = source,
        .context = context,
        .folder = folder,
        .arena = arena,
        .clock = clock_system(),
        .listing = arena_new(arena, struct listing),
        .patience = arena_new(arena, int64_t),
    };
    *fetch->patience = FETCH_PATIENCE;
    fetch->settings = arena_alloc_zeroed(arena, driver->size);
    enum status all = STATUS_OK;
    if (!setting_step(context, &all,
                      setting_read(context, driver->settings, driver->setting_count, source->fetch, "fetch",
                                   fetch->settings, error),
                      error))
        return all;
    unsigned formats = driver->formats ? driver->formats : ~(1u << SOURCE_ROWS);
    if (!source->unformatted && !(formats & 1u << source->format))
        return setting_fault(context, source->fetch, error, _("fetch: \"%s\" does not give the format %s"),
                             driver->name, source_format_name((enum source_format)source->format));
    return check_settings(fetch, all, error);
}
