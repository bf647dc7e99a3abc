#include "load/portal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/file.h"
#include "adapters/secrets.h"

const struct portal_driver *const portal_drivers[] = { &portal_rest, &portal_mapi, &portal_folder, NULL };

#define SETTINGS_MAX 64
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const confirmations[] = { "answer", "read", NULL };

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
    { "retry", SETTING_OBJECT, offsetof(struct portal_settings, retry_tree),
      .help = N_("how often and when a request is tried again") },
    { "ca_file", SETTING_TEXT, offsetof(struct portal_settings, ca_file),
      .help = N_("who signs the portal's certificate: a PEM file; the system's when not given") },
    { "unencrypted_credentials", SETTING_BOOLEAN, offsetof(struct portal_settings, unencrypted_credentials),
      .fallback = "false", .help = N_("allow credentials over http:// to another machine") },
};

static const struct setting retry_settings[] = {
    { "attempts", SETTING_NUMBER, offsetof(struct backoff, attempts), .fallback = "5", .minimum = 1,
      .maximum = 100, .help = N_("how often a delivery is tried in one run") },
    { "first", SETTING_DURATION, offsetof(struct backoff, first), .fallback = "1s",
      .help = N_("the longest that the first wait takes; each further one may take twice as long") },
    { "most", SETTING_DURATION, offsetof(struct backoff, most), .fallback = "60s",
      .help = N_("the longest wait") },
};

const struct setting *portal_settings_of_all(size_t *count)
{
    *count = COUNT(common);
    return common;
}

const struct setting *portal_retry_settings(size_t *count)
{
    *count = COUNT(retry_settings);
    return retry_settings;
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

bool portal_is_overheard(const char *url)
{
    return url && strncasecmp(url, "http://", 7) == 0 && !http_url_read(url).here;
}

static enum status read_address(const struct setting_context *context, const struct value *tree,
                                struct portal_settings *settings, struct error *error)
{
    settings->shown = settings->url;
    if (!settings->url)
        return STATUS_OK;
    if (auth_resolve(context, settings->folder, tree, "url", &settings->url, error) ||
        auth_check_url(context, tree, "url", settings->url, error))
        return error->status;
    if (portal_is_overheard(settings->url) && auth_is_readable(&settings->auth) &&
        !settings->unencrypted_credentials)
        return setting_fault(context, value_find(tree, "url"), error,
                             _("credentials would travel unencrypted to %s; use https://, or write "
                               "\"unencrypted_credentials: true\" where the network itself is trusted"),
                             settings->shown);
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
    if (find_driver(context, tree, &portal->driver, error) || read_settings(context, tree, portal, error))
        return error->status;
    struct portal_settings *settings = portal->settings;
    settings->folder = folder;
    if (setting_read(context, retry_settings, COUNT(retry_settings), settings->retry_tree, "portal.retry",
                     &settings->retry, error) ||
        auth_read(context, folder, settings->auth_tree, "portal.auth", false, &settings->auth, error) ||
        read_address(context, tree, settings, error))
        return error->status;
    if (settings->ca_file) {
        settings->ca_file = file_path(context->arena, folder, settings->ca_file);
        if (!file_exists(settings->ca_file))
            return setting_fault(context, value_find(tree, "ca_file"), error, _("there is no file %s"),
                                 settings->ca_file);
    }
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

void portal_response_keep(struct portal_response *report, struct arena *arena)
{
    struct text *texts[] = { &report->message, &report->answer_digest, &report->remote.version,
                             &report->remote.etag };
    report->message = secrets_cover(arena, report->message, true);
    /* A name of a version that holds a secret is no name that could be kept, nor sent. */
    for (size_t i = 2; i < sizeof texts / sizeof *texts; i++)
        if (!text_equal(secrets_cover(arena, *texts[i], false), *texts[i]))
            *texts[i] = TEXT_NONE;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]->bytes)
            *texts[i] = text_copy(arena, *texts[i]);
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
