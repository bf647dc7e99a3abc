/* What a configuration says of a mapi portal. */

#include "adapters/unicode.h"
#include "adapters/yaml.h"
#include "core/count.h"
#include "load/portal_mapi.h"

#define APPEARS_WITHIN 60000                   /* milliseconds */
#define MARKS          "[\"'.:;,!()\\[\\] -]*" /* that stand around a message and say nothing */
#define OF(member)     offsetof(struct mapi_settings, member)
#define MEMBERS(table) SETTING_OBJECT, .members = table, .member_count = COUNT(table)

static const char *const places[] = { "header", "query", NULL };

/* What these are is in docs/drivers.md. */
static const struct setting login_settings[] = {
    { "path", SETTING_TEXT, OF(login_path), .fallback = "/login" },
    { "username", SETTING_TEXT, OF(user), .required = true },
    { "password", SETTING_TEXT, OF(password), .required = true, .empty = true },
    { "dstcode", SETTING_TEXT, OF(destination), .fallback = NULL },
    { "dstcode_in", SETTING_CHOICE, OF(destination_in), .fallback = "header", .choices = places },
};

static const struct setting push_settings[] = {
    { "service", SETTING_TEXT, OF(push_service), .required = true },
    { "first", SETTING_TEXT, OF(push_first), .fallback = "False" },
    { "update", SETTING_TEXT, OF(push_update), .fallback = "True" },
};

static const struct setting read_settings[] = {
    { "service", SETTING_TEXT, OF(read_service), .fallback = "LayThuTuc" },
    { "code", SETTING_TEXT, OF(read_code), .fallback = "maTTHC" },
};

static const struct setting withdraw_settings[] = {
    { "service", SETTING_TEXT, OF(withdraw_service), .fallback = NULL },
    { "code", SETTING_TEXT, OF(withdraw_code), .fallback = "maTTHC" },
    { "decision", SETTING_TEXT, OF(abolishing[0]), .fallback = NULL },
    { "reason", SETTING_TEXT, OF(abolishing[1]), .fallback = NULL },
};

static const struct setting name_settings[] = {
    { "username", SETTING_TEXT, OF(names.user), .fallback = "username" },
    { "password", SETTING_TEXT, OF(names.password), .fallback = "password" },
    { "session", SETTING_TEXT, OF(names.session), .fallback = "session" },
    { "madonvi", SETTING_TEXT, OF(names.agency), .fallback = "madonvi" },
    { "service", SETTING_TEXT, OF(names.service), .fallback = "service" },
    { "updating", SETTING_TEXT, OF(names.updating), .fallback = "isUpdating" },
    { "data", SETTING_TEXT, OF(names.data), .fallback = "data" },
    { "error", SETTING_TEXT, OF(names.error), .fallback = "error_code" },
    { "message", SETTING_TEXT, OF(names.message), .fallback = "message" },
    { "result", SETTING_TEXT, OF(names.result), .fallback = "result" },
    { "facade", SETTING_TEXT, OF(names.wrapped), .fallback = "message" },
};

/* The last are the names of 0.1.0. */
static const struct setting sign_settings[] = {
    { "success", SETTING_LIST, OF(signs[MAPI_SIGN_SUCCESS]), .fallback = NULL },
    { "session", SETTING_LIST, OF(signs[MAPI_SIGN_SESSION]), .fallback = NULL },
    { "duplicate", SETTING_LIST, OF(signs[MAPI_SIGN_DUPLICATE]), .fallback = NULL },
    { "rights", SETTING_LIST, OF(signs[MAPI_SIGN_RIGHTS]), .fallback = NULL },
    { "unknown", SETTING_LIST, OF(signs[MAPI_SIGN_UNKNOWN]), .fallback = NULL },
    { "refused", SETTING_LIST, OF(signs[MAPI_SIGN_REFUSED]), .fallback = NULL },
    { "busy", SETTING_LIST, OF(signs[MAPI_SIGN_BUSY]), .fallback = NULL },
    { "expired", SETTING_LIST, OF(signs[MAPI_SIGN_SESSION]), .fallback = NULL },
    { "mismatch", SETTING_LIST, OF(signs[MAPI_SIGN_DUPLICATE]), .fallback = NULL },
    { "closed", SETTING_LIST, OF(signs[MAPI_SIGN_RIGHTS]), .fallback = NULL },
    { "missing", SETTING_LIST, OF(signs[MAPI_SIGN_UNKNOWN]), .fallback = NULL },
};

const struct setting mapi_setting_table[MAPI_SETTINGS] = {
    { "login", MEMBERS(login_settings), .required = true, .help = N_("how a session is opened") },
    { "call", SETTING_TEXT, OF(call_path), .fallback = "/g", .help = N_("the path of all other calls") },
    { "madonvi", SETTING_TEXT, OF(agency),
      .help = N_("the unit that each call names; the agency's code when not given") },
    { "push", MEMBERS(push_settings), .required = true, .help = N_("the service that takes procedures") },
    { "read", MEMBERS(read_settings), .help = N_("the service that shows one procedure") },
    { "withdraw", MEMBERS(withdraw_settings),
      .help = N_("the service that withdraws one; without, its status is pushed") },
    { "names", MEMBERS(name_settings), .help = N_("the names in calls and answers") },
    { "errors", MEMBERS(sign_settings), .help = N_("what error codes and messages mean") },
    { "fields", SETTING_OBJECT, OF(map.fields), .help = N_("a procedure under the adapter's names") },
    { "codes", SETTING_OBJECT, OF(map.codes), .help = N_("the adapter's codes for canonical words") },
    { "dates", SETTING_TEXT, OF(map.dates), .fallback = "yyyyMMddHHmmss", .help = N_("the format of dates") },
    { "not_compared", SETTING_LIST, OF(map.not_compared),
      .help = N_("names that the adapter changes by itself, so that they say nothing when read back") },
    { "settle", SETTING_DURATION, OF(common.lag), .maximum = 3600000,
      .help = N_("the former name of appears_within") },
    { "unordered", SETTING_LIST, OF(map.unordered),
      .help = N_("names of lists that have no order, so that none is compared") },
    { "facade", SETTING_BOOLEAN, OF(facade), .fallback = "false",
      .help = N_("answers come wrapped as {\"message\": \"JSON in a text\"}") },
};

static enum status read_sign(const struct setting_context *context, const struct value *list,
                             struct text *pattern, struct error *error)
{
    BUFFER_OWNED struct buffer whole = { 0 };
    struct regex *compiled = NULL;
    struct text *texts;
    size_t count;
    if (setting_texts(context, list, &texts, &count, error))
        return error->status;
    if (mapi_is_named(list, TEXT("")))
        return setting_fault(context, list, error,
                             _("an empty sign stands for nothing; write error codes, or patterns of whole "
                               "messages"));
    for (size_t i = 0; i < count; i++) {
        buffer_string(&whole, i ? "|" : "(?i)^" MARKS "(?:");
        buffer_text(&whole, unicode_nfc(context->arena, text_trim(texts[i])));
    }
    if (!count)
        return STATUS_OK;
    buffer_string(&whole, ")" MARKS "$");
    *pattern = text_copy(context->arena, buffer_view(&whole));
    if (regex_compile(*pattern, &compiled, error))
        return setting_place(context, list, error);
    regex_free(compiled);
    return STATUS_OK;
}

static enum status read_signs(struct portal *portal, const struct setting_context *context,
                              const struct value *tree, const struct value *defaults, struct error *error)
{
    struct mapi_settings *settings = (struct mapi_settings *)portal->settings;
    const struct value *errors = value_find(tree, "errors");
    for (size_t i = MAPI_SIGNS; i < COUNT(sign_settings); i++)
        if (value_find(errors, sign_settings[i].name))
            portal_notice(portal,
                          _("portal.errors: \"%s\" is called another name now (docs/drivers.md), and "
                            "its texts are patterns of whole messages"),
                          sign_settings[i].name);
    for (size_t i = 0; i < MAPI_SIGNS; i++) {
        if (!settings->signs[i])
            settings->signs[i] = value_find(value_find(defaults, "errors"), sign_settings[i].name);
        if (read_sign(context, settings->signs[i], &settings->patterns[i], error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status read_login(const struct setting_context *context, const struct value *login,
                              struct mapi_settings *settings, struct error *error)
{
    const char *folder = settings->common.folder;
    if (auth_resolve(context, folder, login, "username", &settings->user, error) ||
        auth_resolve(context, folder, login, "password", &settings->password, error) ||
        auth_resolve(context, folder, login, "dstcode", &settings->destination, error))
        return error->status;
    if (!*settings->user || !*settings->password)
        return setting_fault(context, login, error, _("\"portal.login\" needs a username and a password"));
    if (*settings->login_path != '/')
        return setting_fault(context, login, error, _("\"path\" must begin with /"));
    return STATUS_OK;
}

enum status mapi_check(struct portal *portal, const struct setting_context *context, const struct value *tree,
                       struct error *error)
{
    struct mapi_settings *settings = (struct mapi_settings *)portal->settings;
    struct value *defaults;
    const struct value *former = value_find(tree, "settle"); /* until 0.1.0 */
    if (!former && !value_find(tree, "appears_within"))
        settings->common.lag = APPEARS_WITHIN;
    if (former)
        portal_notice(portal, _("portal.settle is called appears_within now"));
    if (yaml_parse(context->arena, text_of(portal_mapi_defaults), "defaults", &defaults, error) ||
        read_login(context, value_find(tree, "login"), settings, error) ||
        read_signs(portal, context, tree, defaults, error))
        return error->status;
    if (*settings->call_path != '/')
        return setting_fault(context, value_find(tree, "call"), error, _("\"call\" must begin with /"));
    return mapi_map_check(context, defaults, &settings->map, error);
}
