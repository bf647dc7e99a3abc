#include "adapters/auth.h"

#include <string.h>

#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/secret.h"
#include "adapters/secrets.h"
#include "core/count.h"

#define TOKEN_TIMEOUT_MS 30000
#define TOKEN_USUAL_MS   (5 * 60 * 1000) /* of a token that does not say how long it lives */
#define TOKEN_EARLY_MS   30000           /* renewed so long before it expires */
#define TOKEN_TRIES      3
#define BARREN_MAX       3  /* a token may end before its first request arrives; not always */
#define REFUSALS_MAX     16 /* of one request, while others are let in */

struct reading {
    const struct setting_context *context;
    const char *folder;
};

struct auth_settings {
    const struct value *basic, *oauth2;
    const char *bearer, *certificate, *key;
};
static const struct setting auth_settings[] = {
    { "basic", SETTING_OBJECT, offsetof(struct auth_settings, basic), .help = N_("user and password") },
    { "bearer", SETTING_TEXT, offsetof(struct auth_settings, bearer), .help = N_("a token") },
    { "oauth2", SETTING_OBJECT, offsetof(struct auth_settings, oauth2),
      .help = N_("client credentials that a token is got with") },
    { "certificate", SETTING_TEXT, offsetof(struct auth_settings, certificate),
      .help = N_("the client's certificate, a PEM file") },
    { "key", SETTING_TEXT, offsetof(struct auth_settings, key),
      .help = N_("its key, a PEM file; for sftp, alone, the user's private key") },
};

struct basic_settings {
    const char *user, *password;
};
static const struct setting basic_settings[] = {
    { "user", SETTING_TEXT, offsetof(struct basic_settings, user), .required = true,
      .help = N_("the user's name") },
    { "password", SETTING_TEXT, offsetof(struct basic_settings, password), .required = true, .empty = true,
      .help = N_("the password") },
};

struct oauth2_settings {
    const char *token_url, *client_id, *client_secret, *scope;
};
static const struct setting oauth2_settings[] = {
    { "token_url", SETTING_TEXT, offsetof(struct oauth2_settings, token_url), .required = true,
      .help = N_("where tokens are got") },
    { "client_id", SETTING_TEXT, offsetof(struct oauth2_settings, client_id), .required = true,
      .help = N_("the client's name") },
    { "client_secret", SETTING_TEXT, offsetof(struct oauth2_settings, client_secret), .required = true,
      .help = N_("the client's secret") },
    { "scope", SETTING_TEXT, offsetof(struct oauth2_settings, scope),
      .help = N_("what the token is to allow") },
};

/* What comes out ends up in a header, a form or a path: nowhere does a control character belong. */
enum status auth_resolve(const struct setting_context *context, const char *folder,
                         const struct value *object, const char *name, const char **text, struct error *error)
{
    struct text resolved;
    if (!*text)
        return STATUS_OK;
    if (secret_resolve(context->arena, folder, text_of(*text), &resolved, error))
        return setting_place(context, value_find(object, name), error);
    for (size_t i = 0; i < resolved.length; i++)
        if ((unsigned char)resolved.bytes[i] < 0x20 || resolved.bytes[i] == 0x7f)
            return setting_fault(context, value_find(object, name), error,
                                 _("\"%s\" holds a line break or another control character"), name);
    *text = resolved.bytes;
    return STATUS_OK;
}

static enum status resolve(const struct reading *reading, const struct value *object, const char *name,
                           const char **text, struct error *error)
{
    return auth_resolve(reading->context, reading->folder, object, name, text, error);
}

enum status auth_check_url(const struct setting_context *context, const struct value *object,
                           const char *name, const char *url, struct error *error)
{
    const struct value *at = value_find(object, name);
    struct http_url parts = http_url_read(url);
    if (!parts.web)
        return setting_fault(context, at, error, _("\"%s\" must begin with https:// (or http://) and a host"),
                             name);
    if (parts.signed_in)
        return setting_fault(context, at, error,
                             _("\"%s\" must not hold user and password; put them in \"auth\""), name);
    return STATUS_OK;
}

static enum status read_basic(const struct reading *reading, const struct value *tree, struct auth *auth,
                              struct error *error)
{
    struct basic_settings settings = { 0 };
    if (setting_read(reading->context, basic_settings, COUNT(basic_settings), tree, "auth.basic", &settings,
                     error) ||
        resolve(reading, tree, "user", &settings.user, error) ||
        resolve(reading, tree, "password", &settings.password, error))
        return error->status;
    if (strchr(settings.user, ':')) /* RFC 7617, 2: what stands behind it would be the password */
        return setting_fault(reading->context, value_find(tree, "user"), error,
                             _("auth.basic.user must not hold a colon"));
    auth->user = settings.user;
    auth->password = settings.password;
    return STATUS_OK;
}

static enum status read_oauth2(const struct reading *reading, const struct value *tree, struct auth *auth,
                               struct error *error)
{
    struct oauth2_settings settings = { 0 };
    if (setting_read(reading->context, oauth2_settings, COUNT(oauth2_settings), tree, "auth.oauth2",
                     &settings, error) ||
        resolve(reading, tree, "token_url", &settings.token_url, error) ||
        resolve(reading, tree, "client_id", &settings.client_id, error) ||
        resolve(reading, tree, "client_secret", &settings.client_secret, error) ||
        resolve(reading, tree, "scope", &settings.scope, error) ||
        auth_check_url(reading->context, tree, "token_url", settings.token_url, error))
        return error->status;
    auth->token_url = settings.token_url;
    auth->client_id = settings.client_id;
    auth->client_secret = settings.client_secret;
    auth->scope = settings.scope;
    return STATUS_OK;
}

static enum status read_keys(const struct reading *reading, const struct value *tree,
                             struct auth_settings *settings, struct auth *auth, struct error *error)
{
    struct arena *arena = reading->context->arena;
    if (resolve(reading, tree, "certificate", &settings->certificate, error) ||
        resolve(reading, tree, "key", &settings->key, error))
        return error->status;
    if (settings->certificate)
        auth->certificate = file_path(arena, reading->folder, settings->certificate);
    auth->key = file_path(arena, reading->folder, settings->key);
    const char *missing =
        auth->certificate && !file_exists(auth->certificate) ? auth->certificate : auth->key;
    if (!file_exists(missing))
        return setting_fault(reading->context, tree, error, _("there is no file %s"), missing);
    return STATUS_OK;
}

enum status auth_read(const struct setting_context *context, const char *folder, const struct value *tree,
                      const char *what, bool ssh, struct auth *auth, struct error *error)
{
    struct reading reading = { context, folder };
    struct auth_settings settings = { 0 };
    *auth = (struct auth){ .bearer = TEXT_NONE };
    if (!tree)
        return STATUS_OK;
    if (setting_read(context, auth_settings, COUNT(auth_settings), tree, what, &settings, error))
        return error->status;
    if ((settings.basic != NULL) + (settings.bearer != NULL) + (settings.oauth2 != NULL) > 1)
        return setting_fault(context, tree, error, _("\"%s\" takes one of basic, bearer and oauth2"), what);
    if (ssh && (settings.certificate || settings.bearer || settings.oauth2))
        return setting_fault(context, tree, error, _("\"%s\" of sftp takes basic, or the user's private key"),
                             what);
    if (!ssh && !settings.certificate != !settings.key)
        return setting_fault(context, tree, error, _("\"%s\" needs both, certificate and key"), what);
    if (settings.basic && read_basic(&reading, settings.basic, auth, error))
        return error->status;
    if (settings.oauth2 && read_oauth2(&reading, settings.oauth2, auth, error))
        return error->status;
    if (settings.key && read_keys(&reading, tree, &settings, auth, error))
        return error->status;
    if (!settings.bearer)
        return STATUS_OK;
    if (resolve(&reading, tree, "bearer", &settings.bearer, error))
        return error->status;
    buffer_string(&auth->token, "Bearer ");
    buffer_string(&auth->token, settings.bearer);
    auth->bearer = buffer_view(&auth->token);
    return STATUS_OK;
}

void auth_free(struct auth *auth)
{
    buffer_free(&auth->token);
    auth->bearer = TEXT_NONE;
}

bool auth_is_readable(const struct auth *auth)
{
    return auth->user || auth->token_url || auth->bearer.bytes;
}

/* ---- OAuth 2 ---- */

static void put_pair(struct buffer *form, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_printf(form, "%s%s=", form->length ? "&" : "", name);
    http_escape(form, text_of(value));
}

static enum status take_token(struct auth *auth, struct clock *clock, const struct http_response *answer,
                              struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *body = NULL;
    struct text token = TEXT_NONE;
    if (!json_parse(&arena, answer->body, &body, NULL))
        token = value_text_of(body, "access_token");
    bool clean = token.length > 0;
    for (size_t i = 0; i < token.length; i++)
        clean = clean && token.bytes[i] > 0x20 && token.bytes[i] < 0x7f;
    if (!clean)
        return error_set(error, STATUS_STOP, _("%s answered without an access token"), auth->token_shown);
    secrets_add(token, SECRETS_GIVEN);
    int64_t lives = TOKEN_USUAL_MS;
    setting_duration(value_text_of(body, "expires_in"), &lives);
    auth->expires = clock->now(clock) + (lives > 2 * TOKEN_EARLY_MS ? lives - TOKEN_EARLY_MS : lives / 2);
    buffer_clear(&auth->token);
    buffer_string(&auth->token, "Bearer ");
    buffer_text(&auth->token, token);
    auth->bearer = buffer_view(&auth->token);
    auth->generation++;
    return STATUS_OK;
}

/* STATUS_RETRY when another try may help. */
static enum status ask_for_token(struct auth *auth, struct clock *clock, struct http_client *client,
                                 struct error *error)
{
    struct buffer BUFFER_OWNED form = { 0 };
    struct http_header headers[] = { { "Content-Type", TEXT("application/x-www-form-urlencoded") },
                                     { "Accept", TEXT("application/json") } };
    struct http_request request = { .method = "POST",
                                    .url = auth->token_url,
                                    .headers = headers,
                                    .header_count = COUNT(headers),
                                    .user = auth->client_id,
                                    .password = auth->client_secret };
    struct http_response answer;
    put_pair(&form, "grant_type", "client_credentials");
    put_pair(&form, "scope", auth->scope);
    request.body = buffer_view(&form);
    if (http_once(client, &request, &answer, error))
        return error->status;
    if (answer.failure)
        return error_set(
            error, answer.failure == HTTP_TLS || answer.failure == HTTP_USAGE ? STATUS_STOP : STATUS_RETRY,
            _("no token could be got from %s: %s"), auth->token_shown, answer.why);
    if (answer.status >= 200 && answer.status < 300)
        return take_token(auth, clock, &answer, error);
    if (answer.status >= 500 || answer.status == 429)
        return error_set(error, STATUS_RETRY, _("no token could be got from %s: HTTP %ld"), auth->token_shown,
                         answer.status);
    return error_set(
        error, STATUS_STOP,
        _("%s gives no token for these credentials (HTTP %ld); check client_id, client_secret and scope"),
        auth->token_shown, answer.status);
}

/* Whoever stands in line behind the one that found out would wait as long once more, and no answer is waited for that long
 * when the run stops. */
static enum status remember(struct auth *auth, struct clock *clock, const struct error *error)
{
    auth->failure = *error;
    auth->fails_until = clock->now(clock) + TOKEN_TIMEOUT_MS;
    return error->status;
}

enum status auth_renew(struct auth *auth, struct clock *clock, bool refused, struct error *error)
{
    if (!auth->token_url || (!refused && auth->bearer.bytes && clock->now(clock) < auth->expires))
        return STATUS_OK;
    if (clock->now(clock) < auth->fails_until)
        return error_copy(error, STATUS_STOP, &auth->failure);
    struct http_options options = { .in_flight = 1,
                                    .timeout_ms = TOKEN_TIMEOUT_MS,
                                    .ca_file = auth->ca_file,
                                    .certificate = auth->certificate,
                                    .key = auth->key,
                                    .user_agent = "congkhai/" CONGKHAI_VERSION };
    struct http_client *client;
    if (http_open(&options, &client, error))
        return error->status;
    enum status status = STATUS_RETRY;
    for (int i = 0; i < TOKEN_TRIES && status == STATUS_RETRY; i++) {
        if (i)
            clock->sleep(clock, 1000 * i);
        status = ask_for_token(auth, clock, client, error);
    }
    http_close(client);
    if (status == STATUS_RETRY)
        error->status = status = STATUS_STOP;
    return status == STATUS_STOP ? remember(auth, clock, error) : status;
}

enum status auth_refused(struct auth *auth, unsigned generation, unsigned *refusals, struct clock *clock,
                         struct error *error)
{
    if (auth->token_url && generation != auth->generation)
        return STATUS_OK;
    if (!auth->token_url || auth->barren >= BARREN_MAX || ++*refusals > REFUSALS_MAX)
        return STATUS_END;
    auth->barren++;
    return auth_renew(auth, clock, true, error);
}

void auth_accepted(struct auth *auth)
{
    auth->barren = 0;
}

void auth_apply(const struct auth *auth, struct http_request *request, struct http_header *headers)
{
    request->user = auth->user;
    request->password = auth->password;
    if (auth->bearer.bytes)
        headers[request->header_count++] = (struct http_header){ "Authorization", auth->bearer };
}
