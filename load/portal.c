#include "load/portal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/file.h"
#include "adapters/secrets.h"
#include "core/count.h"
#include "load/congestion.h"

/* Nobody else names a driver, so that another one is a word here. */
#define DRIVERS(one) one(portal_rest) one(portal_mapi) one(portal_folder)

#define DECLARED(driver) extern const struct portal_driver driver;
#define ADDRESS(driver)  &driver,
DRIVERS(DECLARED)
const struct portal_driver *const portal_drivers[] = { DRIVERS(ADDRESS) NULL };

#define SETTINGS_MAX 64

static const char *const confirmations[] = { "answer", "read", NULL };

static const struct setting retry_settings[] = {
    { "attempts", SETTING_NUMBER, offsetof(struct portal_settings, retry.attempts), .fallback = "5",
      .minimum = 1, .maximum = 100, .help = N_("how often a delivery is tried in one run") },
    { "first", SETTING_DURATION, offsetof(struct portal_settings, retry.first), .fallback = "1s",
      .help = N_("the longest that the first wait takes; each further one may take twice as long") },
    { "most", SETTING_DURATION, offsetof(struct portal_settings, retry.most), .fallback = "60s",
      .help = N_("the longest wait") },
};

static const struct setting common[] = {
    { "driver", SETTING_TEXT, offsetof(struct portal_settings, driver), .fallback = "rest",
      .help = N_("how the portal is spoken to") },
    { "url", SETTING_TEXT, offsetof(struct portal_settings, url), .help = N_("where it is") },
    { "auth", SETTING_OBJECT, offsetof(struct portal_settings, auth_tree),
      .help = N_("who the program is to it") },
    { "in_flight", SETTING_NUMBER, offsetof(struct portal_settings, in_flight), .fallback = "8", .minimum = 1,
      .maximum = 1000, .help = N_("requests at once") },
    { "batch", SETTING_NUMBER, offsetof(struct portal_settings, batch), .fallback = "1", .minimum = 1,
      .maximum = 500, .help = N_("records a request, where the portal takes batches") },
    { "timeout", SETTING_DURATION, offsetof(struct portal_settings, timeout), .fallback = "60s",
      .minimum = 10, .maximum = 3600000, .help = N_("how long a request may take") },
    { "confirm", SETTING_CHOICE, offsetof(struct portal_settings, confirm), .fallback = "answer",
      .choices = confirmations,
      .help =
          N_("what a publication rests on: the portal's own answer, or what it shows when it is read back") },
    { "appears_within", SETTING_DURATION, offsetof(struct portal_settings, lag), .maximum = 3600000,
      .help = N_("how long the portal may take to show what it has taken; mapi: 60s when not given") },
    { "retry", SETTING_OBJECT, .members = retry_settings, .member_count = COUNT(retry_settings),
      .help = N_("how often and when a request is tried again") },
    { "ca_file", SETTING_TEXT, offsetof(struct portal_settings, ca_file),
      .help = N_("who signs the portal's certificate: a PEM file; the system's when not given") },
    { "unencrypted_credentials", SETTING_BOOLEAN, offsetof(struct portal_settings, unencrypted_credentials),
      .fallback = "false", .help = N_("allow credentials over http:// to another machine") },
};

const struct setting *portal_settings_of_all(size_t *count)
{
    *count = COUNT(common);
    return common;
}

static enum status find_driver(const struct setting_context *context, const struct value *tree,
                               const struct portal_driver **driver, struct error *error)
{
    struct text name = value_text_of(tree, "driver");
    char known[256] = "";
    if (!name.bytes)
        name = TEXT("rest");
    for (size_t i = 0; portal_drivers[i]; i++) {
        size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", portal_drivers[i]->name);
        if (text_is(name, portal_drivers[i]->name)) {
            *driver = portal_drivers[i];
            return STATUS_OK;
        }
    }
    return setting_fault(context, value_find(tree, "driver"), error,
                         _("there is no portal driver \"" TEXT_PRINT "\"; this program has: %s"),
                         TEXT_ARG(name), known);
}

static enum status read_settings(const struct setting_context *context, const struct value *tree,
                                 struct portal *portal, struct error *error)
{
    const struct portal_driver *driver = portal->driver;
    struct setting table[SETTINGS_MAX];
    size_t count = COUNT(common);
    memcpy(table, common, sizeof common);
    for (size_t i = 0; i < driver->setting_count && count < SETTINGS_MAX; i++)
        table[count++] = driver->settings[i];
    portal->settings = arena_alloc_zeroed(context->arena, driver->size);
    return setting_read(context, table, count, tree, "portal", portal->settings, error);
}

/* Would what travels to it be readable on the way: http:// to another machine? */
static bool is_overheard(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 && !http_url_read(url).here;
}

static enum status read_address(const struct setting_context *context, const struct value *tree,
                                const struct portal_driver *driver, struct portal_settings *settings,
                                struct error *error)
{
    settings->shown = settings->url;
    if (!settings->url && driver->network)
        return setting_fault(context, tree, error, _("\"portal\" needs \"url\" for the driver %s"),
                             driver->name);
    if (!settings->url)
        return STATUS_OK;
    if (auth_resolve(context, settings->folder, tree, "url", &settings->url, error) ||
        auth_check_url(context, tree, "url", settings->url, error))
        return error->status;
    if (driver->network && strpbrk(settings->url, "?#"))
        return setting_fault(
            context, value_find(tree, "url"), error,
            _("\"url\" is what stands before all paths of the portal: it ends before ? and #"));
    if (is_overheard(settings->url) && (driver->logs_in || auth_is_readable(&settings->auth)) &&
        !settings->unencrypted_credentials)
        return setting_fault(context, value_find(tree, "url"), error,
                             _("credentials would travel unencrypted to %s; use https://, or write "
                               "\"unencrypted_credentials: true\" where the network itself is trusted"),
                             settings->shown);
    return STATUS_OK;
}

static enum status read_authority(const struct setting_context *context, const struct value *tree,
                                  struct portal_settings *settings, struct error *error)
{
    if (!settings->ca_file)
        return STATUS_OK;
    settings->ca_file = file_path(context->arena, settings->folder, settings->ca_file);
    if (!file_exists(settings->ca_file))
        return setting_fault(context, value_find(tree, "ca_file"), error, _("there is no file %s"),
                             settings->ca_file);
    return STATUS_OK;
}

static enum status read_portal(const struct setting_context *context, const char *folder,
                               const struct value *tree, struct portal *portal, struct error *error)
{
    if (!tree)
        return setting_fault(
            context, &(struct value){ .line = 1, .column = 1 }, error,
            _("there is no \"portal\", so nothing can be published; describe it as \"congkhai init\" "
              "shows"));
    if (find_driver(context, tree, &portal->driver, error))
        return error->status;
    enum status all = STATUS_OK;
    bool on = setting_step(context, &all, read_settings(context, tree, portal, error), error);
    struct portal_settings *settings = portal->settings;
    settings->folder = folder;
    on = on &&
         setting_step(context, &all,
                      backoff_check(context, value_find(tree, "retry"), &settings->retry, error), error) &&
         setting_step(
             context, &all,
             auth_read(context, folder, settings->auth_tree, "portal.auth", false, &settings->auth, error),
             error) &&
         setting_step(context, &all, read_address(context, tree, portal->driver, settings, error), error) &&
         setting_step(context, &all, read_authority(context, tree, settings, error), error);
    if (all)
        return all;
    settings->base = text_of(settings->url);
    while (text_ends(settings->base, TEXT("/")))
        settings->base.length--;
    settings->auth.ca_file = settings->ca_file;
    settings->auth.token_shown =
        text_string(context->arena, value_text_of(value_find(settings->auth_tree, "oauth2"), "token_url"));
    return portal->driver->check ? portal->driver->check(portal, context, tree, error) : STATUS_OK;
}

enum status portal_read(const struct setting_context *context, const char *folder, const struct value *tree,
                        struct portal *portal, struct error *error)
{
    enum status status = read_portal(context, folder, tree, portal, error);
    if (status)
        portal_free(portal);
    return status;
}

enum status portal_http_open(const struct portal_settings *settings, struct http_client **client,
                             struct error *error)
{
    struct http_options options = {
        .in_flight = (long)settings->in_flight,
        .timeout_ms = (long)settings->timeout,
        .ca_file = settings->ca_file,
        .certificate = settings->auth.certificate,
        .key = settings->auth.key,
        .user_agent = "congkhai/" CONGKHAI_VERSION,
    };
    return http_open(&options, client, error);
}

void portal_free(struct portal *portal)
{
    if (portal->settings)
        auth_free(&portal->settings->auth);
}

void portal_say(struct portal_response *report, struct arena *arena, const char *format, ...)
{
    va_list arguments;
    struct error why;
    va_start(arguments, format);
    (void)error_set_list(&why, STATUS_REJECT, format, arguments);
    va_end(arguments);
    portal_say_error(report, arena, &why);
}

void portal_say_error(struct portal_response *report, struct arena *arena, const struct error *why)
{
    struct error *kept = arena_new(arena, struct error);
    *kept = *why;
    report->why = kept;
    report->message = text_of(kept->message);
}

struct said portal_said(const struct portal_response *report)
{
    bool made = report->why && text_is(report->message, report->why->message);
    return (struct said){ report->message, made ? report->why : NULL };
}

void portal_response_keep(struct portal_response *report, struct arena *arena)
{
    struct text *texts[] = { &report->message, &report->answer_digest, &report->remote.version,
                             &report->remote.etag };
    report->message = secrets_cover(arena, report->message, true);
    if (report->why) {
        struct error *why = arena_new(arena, struct error);
        *why = *report->why;
        report->why = why;
    }
    /* A name of a version that holds a secret is no name that could be kept, nor sent. */
    for (size_t i = 2; i < sizeof texts / sizeof *texts; i++)
        if (secrets_in(*texts[i]))
            *texts[i] = TEXT_NONE;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]->bytes)
            *texts[i] = text_copy(arena, *texts[i]);
}

bool portal_token_ended(struct portal *portal, const struct http_response *answer, unsigned generation,
                        unsigned *refusals, struct error *refusal)
{
    struct auth *auth = &portal->settings->auth;
    if (answer->failure || refusal->status)
        return false;
    if (answer->status == 401)
        return auth_refused(auth, generation, refusals, portal->clock, refusal) == STATUS_OK;
    auth_accepted(auth);
    return false;
}

enum status portal_ask_once(struct portal *portal, struct portal_request *request,
                            struct portal_response *report, struct error *error)
{
    enum status status = portal->driver->submit(portal, &request, 1, error);
    if (status)
        return status;
    do {
        status = portal->driver->next(portal, 1000, report, error);
    } while (status == STATUS_END);
    return status;
}

enum status portal_ask(struct portal *portal, struct portal_request *request, struct portal_response *report,
                       struct error *error)
{
    const struct portal_settings *settings = portal->settings;
    struct clock *clock = portal->clock;
    for (int64_t tries = 1;; tries++) {
        if (portal_ask_once(portal, request, report, error))
            return error->status;
        bool failed = report->remote.failed;
        if (report->said == RESULT_UNKNOWN)
            return STATUS_END;
        if (report->said == RESULT_GONE || (report->said == RESULT_HELD && !failed))
            return STATUS_OK;
        bool shut = report->said == RESULT_CLOSED || report->said == RESULT_REFUSED;
        if (shut || tries >= settings->retry.attempts || report->retry_after > CONGESTION_LONGEST_PAUSE)
            return error_set(
                error, STATUS_STOP,
                _("the portal %s does not say what it holds (" TEXT_PRINT "); nothing was changed"),
                settings->shown, TEXT_ARG(report->message));
        int64_t wait = backoff_delay(&settings->retry, tries, clock->random(clock));
        clock->sleep(clock, report->retry_after > wait ? report->retry_after : wait);
    }
}

void portal_notice(struct portal *portal, const char *format, ...)
{
    char message[512];
    va_list arguments;
    if (!portal->notice)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    portal->notice(portal->notice_own, message);
}
