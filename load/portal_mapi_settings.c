/* What a configuration says of a mapi portal. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/unicode.h"
#include "adapters/yaml.h"
#include "core/date.h"
#include "load/portal_mapi.h"

#define APPEARS_WITHIN 60000 /* milliseconds */
#define COUNT(table)   (sizeof(table) / sizeof *(table))
#define OF(member)     offsetof(struct mapi_settings, member)

static const char *const places[] = { "header", "query", NULL };

static const struct setting login_settings[] = {
    { "path", SETTING_TEXT, OF(login_path), .fallback = "/login", .help = N_("the path of the login") },
    { "username", SETTING_TEXT, OF(user), .required = true, .help = N_("the account's name") },
    { "password", SETTING_TEXT, OF(password), .required = true, .help = N_("its password") },
    { "dstcode", SETTING_TEXT, OF(destination), .help = N_("the adapter's name for the national database") },
    { "dstcode_in", SETTING_CHOICE, OF(destination_in), .fallback = "header", .choices = places,
      .help = N_("whether dstcode is a header or in the query") },
};

static const struct setting push_settings[] = {
    { "service", SETTING_TEXT, OF(push_service), .required = true, .help = N_("its name") },
    { "first", SETTING_TEXT, OF(push_first), .fallback = "False",
      .help = N_("isUpdating of a first publication") },
    { "update", SETTING_TEXT, OF(push_update), .fallback = "True", .help = N_("isUpdating of a change") },
};

static const struct setting read_settings[] = {
    { "service", SETTING_TEXT, OF(read_service), .fallback = "LayThuTuc", .help = N_("its name") },
    { "code", SETTING_TEXT, OF(read_code), .fallback = "maTTHC",
      .help = N_("the name of the procedure's code in the call") },
};

static const struct setting withdraw_settings[] = {
    { "service", SETTING_TEXT, OF(withdraw_service),
      .help = N_("its name; without, the procedure is pushed as it stands there, with another status") },
    { "code", SETTING_TEXT, OF(withdraw_code), .fallback = "maTTHC",
      .help = N_("the name of the procedure's code in the call") },
    { "decision", SETTING_TEXT, OF(withdraw_decision),
      .help = N_("the name of the number of the decision that abolishes it; without, it is not said") },
    { "reason", SETTING_TEXT, OF(withdraw_reason), .help = N_("the name of the reason, where there is one") },
};

static const struct setting name_settings[] = {
    { "username", SETTING_TEXT, OF(names.user), .fallback = "username", .help = N_("in the login") },
    { "password", SETTING_TEXT, OF(names.password), .fallback = "password", .help = N_("in the login") },
    { "session", SETTING_TEXT, OF(names.session), .fallback = "session",
      .help = N_("in its answer, and in calls") },
    { "madonvi", SETTING_TEXT, OF(names.agency), .fallback = "madonvi", .help = N_("in calls") },
    { "service", SETTING_TEXT, OF(names.service), .fallback = "service", .help = N_("in calls") },
    { "updating", SETTING_TEXT, OF(names.updating), .fallback = "isUpdating", .help = N_("in pushes") },
    { "data", SETTING_TEXT, OF(names.data), .fallback = "data", .help = N_("in pushes") },
    { "error", SETTING_TEXT, OF(names.error), .fallback = "error_code", .help = N_("in answers") },
    { "message", SETTING_TEXT, OF(names.message), .fallback = "message", .help = N_("in answers") },
    { "result", SETTING_TEXT, OF(names.result), .fallback = "result", .help = N_("in answers") },
    { "facade", SETTING_TEXT, OF(names.wrapped), .fallback = "message",
      .help = N_("the text that a facade puts an answer into") },
};

struct sign_trees {
    const struct value *trees[MAPI_SIGNS];
    const struct value *former[MAPI_SIGNS]; /* under their former names */
};
#define SIGN(name, sign, words)                                                                              \
    {                                                                                                        \
        name, SETTING_LIST, offsetof(struct sign_trees, trees) + sizeof(const struct value *) * (sign),      \
            .help = words                                                                                    \
    }
#define FORMER(name, sign, words)                                                                            \
    {                                                                                                        \
        name, SETTING_LIST, offsetof(struct sign_trees, former) + sizeof(const struct value *) * (sign),     \
            .help = words                                                                                    \
    }
static const struct setting sign_settings[] = {
    SIGN("success", MAPI_SIGN_SUCCESS, N_("it was done; 0 and 00 are always so")),
    SIGN("session", MAPI_SIGN_SESSION, N_("the session has ended")),
    SIGN("duplicate", MAPI_SIGN_DUPLICATE, N_("a push of what is there already, or not there yet")),
    SIGN("rights", MAPI_SIGN_RIGHTS, N_("no record's fault: the run stops")),
    SIGN("unknown", MAPI_SIGN_UNKNOWN, N_("there is no such procedure")),
    SIGN("refused", MAPI_SIGN_REFUSED, N_("the record's own fault")),
    SIGN("busy", MAPI_SIGN_BUSY, N_("nothing was done; later it may be")),
    FORMER("expired", MAPI_SIGN_SESSION, N_("the former name of session")),
    FORMER("mismatch", MAPI_SIGN_DUPLICATE, N_("the former name of duplicate")),
    FORMER("closed", MAPI_SIGN_RIGHTS, N_("the former name of rights")),
    FORMER("missing", MAPI_SIGN_UNKNOWN, N_("the former name of unknown")),
};

/* ---- errors ---- */

/* "-1", "E5", "ORA-00001": no piece of a sentence. */
static bool is_code(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.bytes[i] <= ' ' || (unsigned char)text.bytes[i] >= 0x80 ||
            strchr("*+?()[]{}|^$\\", text.bytes[i]))
            return false;
    return true;
}

enum status mapi_compile_sign(struct text pattern, struct regex **compiled, struct error *error)
{
    BUFFER_OWNED struct buffer whole = { 0 };
    buffer_string(&whole, "(?i)^(?:");
    buffer_text(&whole, pattern);
    buffer_string(&whole, ")$");
    return regex_compile(buffer_view(&whole), compiled, error);
}

static enum status read_signs(const struct setting_context *context, const struct value *list,
                              struct mapi_sign_list *signs, struct error *error)
{
    struct text *texts;
    if (!list)
        return STATUS_OK;
    if (setting_texts(context, list, &texts, &signs->count, error))
        return error->status;
    signs->codes = arena_array(context->arena, struct text, signs->count);
    signs->patterns = arena_array(context->arena, struct text, signs->count);
    for (size_t i = 0; i < signs->count; i++) {
        struct text text = text_trim(texts[i]);
        struct regex *pattern = NULL;
        signs->codes[i] = is_code(text) ? text : TEXT_NONE;
        signs->patterns[i] = is_code(text) ? TEXT_NONE : unicode_nfc(context->arena, text);
        if (!text.length)
            return setting_fault(
                context, list, error,
                _("an empty sign stands for nothing; write error codes, or patterns of whole "
                  "messages"));
        if (!is_code(text) && mapi_compile_sign(signs->patterns[i], &pattern, error))
            return setting_place(context, list, error);
        regex_free(pattern);
    }
    return STATUS_OK;
}

static enum status read_errors(struct portal *portal, const struct setting_context *context,
                               struct mapi_settings *settings, const struct value *defaults,
                               struct error *error)
{
    struct sign_trees configured = { { NULL }, { NULL } }, usual = { { NULL }, { NULL } };
    if (setting_read(context, sign_settings, COUNT(sign_settings), settings->errors_tree, "portal.errors",
                     &configured, error) ||
        setting_read(context, sign_settings, COUNT(sign_settings), value_find(defaults, "errors"),
                     "portal.errors", &usual, error))
        return error->status;
    for (size_t i = 0; i < MAPI_SIGNS; i++) {
        const struct value *tree = configured.trees[i] ? configured.trees[i] : configured.former[i];
        if (read_signs(context, tree ? tree : usual.trees[i], &settings->signs[i], error))
            return error->status;
        if (configured.former[i])
            portal_notice(portal,
                          _("portal.errors: \"" TEXT_PRINT
                            "\" is called another name now (docs/drivers.md), and "
                            "its texts are patterns of whole messages"),
                          TEXT_ARG(configured.former[i]->name));
    }
    return STATUS_OK;
}

/* "settle" until 0.1.0. */
static enum status read_lag(struct portal *portal, const struct setting_context *context,
                            const struct value *tree, struct mapi_settings *settings, struct error *error)
{
    const struct value *former = value_find(tree, "settle");
    if (value_find(tree, "appears_within"))
        return STATUS_OK;
    settings->common.lag = APPEARS_WITHIN;
    if (!former)
        return STATUS_OK;
    portal_notice(portal, _("portal.settle is called appears_within now"));
    if (!value_is_scalar(former) || !setting_duration(former->text, &settings->common.lag))
        return setting_fault(context, former, error, _("\"settle\" is no duration, such as 60s"));
    return STATUS_OK;
}

/* ---- the whole ---- */

static enum status read_trees(const struct setting_context *context, struct mapi_settings *settings,
                              struct error *error)
{
    const char *folder = settings->common.folder;
    const struct value *login = settings->login_tree;
    if (setting_read(context, login_settings, COUNT(login_settings), login, "portal.login", settings,
                     error) ||
        setting_read(context, push_settings, COUNT(push_settings), settings->push_tree, "portal.push",
                     settings, error) ||
        setting_read(context, read_settings, COUNT(read_settings), settings->read_tree, "portal.read",
                     settings, error) ||
        setting_read(context, withdraw_settings, COUNT(withdraw_settings), settings->withdraw_tree,
                     "portal.withdraw", settings, error) ||
        setting_read(context, name_settings, COUNT(name_settings), settings->names_tree, "portal.names",
                     settings, error) ||
        auth_resolve(context, folder, login, "username", &settings->user, error) ||
        auth_resolve(context, folder, login, "password", &settings->password, error) ||
        auth_resolve(context, folder, login, "dstcode", &settings->destination, error))
        return error->status;
    if (!*settings->user || !*settings->password)
        return setting_fault(context, login, error, _("\"portal.login\" needs a username and a password"));
    if (settings->withdraw_service && !*settings->withdraw_service)
        settings->withdraw_service = NULL;
    size_t count = 0;
    if (settings->withdraw_decision && *settings->withdraw_decision)
        settings->without_when_abolished[count++] = settings->withdraw_decision;
    if (settings->withdraw_reason && *settings->withdraw_reason)
        settings->without_when_abolished[count++] = settings->withdraw_reason;
    return STATUS_OK;
}

static enum status check_paths(const struct setting_context *context, const struct value *tree,
                               const struct mapi_settings *settings, struct error *error)
{
    const struct portal_settings *common = &settings->common;
    if (!common->url)
        return setting_fault(context, tree, error, _("\"portal\" needs \"url\" for the driver mapi"));
    if (strpbrk(common->url, "?#"))
        return setting_fault(context, value_find(tree, "url"), error,
                             _("\"url\" is what stands before %s and %s: it ends before ? and #"),
                             settings->login_path, settings->call_path);
    if (*settings->login_path != '/')
        return setting_fault(context, settings->login_tree, error, _("\"path\" must begin with /"));
    if (*settings->call_path != '/')
        return setting_fault(context, value_find(tree, "call"), error, _("\"call\" must begin with /"));
    if (portal_is_overheard(common->url) && !common->unencrypted_credentials)
        return setting_fault(context, value_find(tree, "url"), error,
                             _("username and password would travel unencrypted to %s; use https://, or write "
                               "\"unencrypted_credentials: true\" where the network itself is trusted"),
                             common->shown);
    return STATUS_OK;
}

enum status mapi_check(struct portal *portal, const struct setting_context *context, const struct value *tree,
                       struct error *error)
{
    struct mapi_settings *settings = (struct mapi_settings *)portal->settings;
    struct value *defaults;
    if (yaml_parse(context->arena, text_of(portal_mapi_defaults), "defaults", &defaults, error) ||
        read_trees(context, settings, error) || check_paths(context, tree, settings, error) ||
        read_errors(portal, context, settings, defaults, error) ||
        read_lag(portal, context, tree, settings, error))
        return error->status;
    struct mapi_map_settings map = { .fields = settings->fields_tree,
                                     .codes = settings->codes_tree,
                                     .not_compared = settings->not_compared,
                                     .unordered = settings->unordered,
                                     .dates = settings->dates };
    return mapi_map_compile(context, &map, defaults, &settings->map, error);
}
