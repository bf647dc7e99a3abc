#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "core/clock.h"
#include "core/memory.h"
#include "tests/support/portal_simulator.h"

struct simulator_token {
    struct simulator_token *next;
    int64_t until; /* milliseconds since 1970 */
    char value[49];
};

/* What stands behind the scheme in the Authorization header. */
static bool credentials(const struct simulator_request *request, const char *scheme, struct text *value)
{
    struct text header = simulator_request_header(request, "Authorization");
    size_t length = strlen(scheme);
    if (header.length <= length || strncasecmp(header.bytes, scheme, length) != 0 ||
        header.bytes[length] != ' ')
        return false;
    *value = text_trim(text_slice(header, length, header.length));
    return true;
}

static bool basic_pair(struct simulator_request *request, struct text *pair)
{
    struct text value;
    return credentials(request, "Basic", &value) && crypto_base64_decode(&request->arena, value, pair);
}

bool simulator_access_basic(struct simulator_request *request, const char *pair)
{
    struct text given;
    return basic_pair(request, &given) && text_is(given, pair);
}

bool simulator_access_issued(struct simulator_request *request)
{
    struct text given;
    if (!credentials(request, "Bearer", &given))
        return false;
    int64_t now = clock_system()->now(clock_system());
    bool found = false;
    struct simulator_token **at = &request->simulator->tokens;
    while (*at) {
        struct simulator_token *token = *at;
        if (token->until <= now) {
            *at = token->next;
            free(token);
            continue;
        }
        found = found || text_is(given, token->value);
        at = &token->next;
    }
    if (!found)
        request->simulator->statistics.tokens_refused++;
    return found;
}

void simulator_access_refuse(struct simulator_request *request, const char *scheme)
{
    simulator_answer_problem(request, 401, NULL, "The credentials are missing, wrong or expired.");
    simulator_answer_header(request, "WWW-Authenticate",
                            text_format(&request->arena, "%s realm=\"portal-simulator\"", scheme));
}

bool simulator_access_allowed(struct simulator_request *request)
{
    const struct simulator_options *options = &request->simulator->options;
    if (!options->token && !options->basic && !options->oauth)
        return true;
    struct text given;
    if (options->token && credentials(request, "Bearer", &given) && text_is(given, options->token))
        return true;
    if (options->basic && simulator_access_basic(request, options->basic))
        return true;
    if (options->oauth && simulator_access_issued(request))
        return true;
    simulator_access_refuse(request, options->token || options->oauth ? "Bearer" : "Basic");
    return false;
}

static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static struct text form_decode(struct arena *arena, struct text text)
{
    char *bytes = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t at = 0; at < text.length; at++) {
        char byte = text.bytes[at] == '+' ? ' ' : text.bytes[at];
        if (byte == '%' && at + 2 < text.length) {
            int high = hex_value(text.bytes[at + 1]), low = hex_value(text.bytes[at + 2]);
            if (high >= 0 && low >= 0) {
                byte = (char)(high << 4 | low);
                at += 2;
            }
        }
        bytes[length++] = byte;
    }
    bytes[length] = 0;
    return (struct text){ bytes, length };
}

static struct text form_field(struct arena *arena, struct text form, const char *name)
{
    while (form.length > 0) {
        size_t end = form.length, equals = 0;
        text_find(form, TEXT("&"), &end);
        struct text pair = text_slice(form, 0, end);
        form = text_slice(form, end + 1, form.length);
        if (text_find(pair, TEXT("="), &equals) &&
            text_is(form_decode(arena, text_slice(pair, 0, equals)), name))
            return form_decode(arena, text_slice(pair, equals + 1, pair.length));
    }
    return TEXT_NONE;
}

static void refuse(struct simulator_request *request, int status, const char *code)
{
    buffer_printf(simulator_answer_json(request, status), "{\"error\":\"%s\"}", code);
    if (status == 401)
        simulator_answer_header(request, "WWW-Authenticate", TEXT("Basic realm=\"portal-simulator\""));
}

void simulator_token_answer(struct simulator_request *request)
{
    struct simulator *simulator = request->simulator;
    struct arena *arena = &request->arena;
    struct text form = buffer_view(&request->body), pair = TEXT_NONE;
    if (strcmp(request->method, "POST") != 0) {
        simulator_answer_problem(request, 405, NULL, "A token is asked for with POST.");
        simulator_answer_header(request, "Allow", TEXT("POST"));
        return;
    }
    if (!text_is(form_field(arena, form, "grant_type"), "client_credentials")) {
        refuse(request, 400, "unsupported_grant_type");
        return;
    }
    if (!basic_pair(request, &pair)) {
        struct text id = form_field(arena, form, "client_id"),
                    secret = form_field(arena, form, "client_secret");
        pair = text_format(arena, "%.*s:%.*s", (int)id.length, id.bytes ? id.bytes : "", (int)secret.length,
                           secret.bytes ? secret.bytes : "");
    }
    if (simulator->options.client ? !text_is(pair, simulator->options.client) : pair.length < 2) {
        refuse(request, 401, "invalid_client");
        return;
    }
    struct simulator_token *token = memory_new(struct simulator_token);
    unsigned char random[24];
    crypto_random(random, sizeof random);
    for (size_t at = 0; at < sizeof random; at++) {
        token->value[2 * at] = "0123456789abcdef"[random[at] >> 4];
        token->value[2 * at + 1] = "0123456789abcdef"[random[at] & 15];
    }
    token->until = clock_system()->now(clock_system()) + simulator->options.token_seconds * 1000;
    token->next = simulator->tokens;
    simulator->tokens = token;
    simulator->statistics.tokens++;
    buffer_printf(simulator_answer_json(request, 200),
                  "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%lld}", token->value,
                  (long long)simulator->options.token_seconds);
    simulator_answer_header(request, "Cache-Control", TEXT("no-store"));
}

void simulator_tokens_forget(struct simulator *simulator)
{
    while (simulator->tokens) {
        struct simulator_token *next = simulator->tokens->next;
        free(simulator->tokens);
        simulator->tokens = next;
    }
}
