#include "extract/url_client.h"
#include "extract/url_resolve.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "adapters/secrets.h"
#include "extract/url_answer.h"

#define HEADERS_MAX 32
#define TRANSIENT   STATUS_RETRY

enum status url_client_open(struct url_client *client, struct fetch *fetch, struct error *error)
{
    struct url_settings *settings = fetch->settings;
    *client =
        (struct url_client){ .fetch = fetch, .settings = settings, .credentials = &settings->credentials };
    struct http_options options = {
        .in_flight = 1,
        .timeout_ms = (long)settings->timeout,
        .answer_limit = (size_t)settings->limit,
        .slow_seconds = (long)(settings->stall / 1000),
        .ca_file = settings->ca,
        .certificate = settings->credentials.certificate,
        .key = settings->credentials.key,
        .user_agent = "congkhai/" CONGKHAI_VERSION,
        .follow_same_host = settings->redirects == URL_REDIRECTS_SAME_HOST,
        .follow_any_host = settings->redirects == URL_REDIRECTS_ANY,
        .decompress = true,
        .schemes = settings->schemes,
        .known_hosts = settings->known_hosts,
    };
    if (settings->readable && fetch->notice)
        fetch->notice(fetch->notice_own, _("credentials travel unencrypted: anyone on the way can read them; "
                                           "use https where the server has it"));
    return http_open(&options, &client->http, error);
}

void url_client_close(struct url_client *client)
{
    if (client->http)
        http_close(client->http);
    client->http = NULL;
    buffer_free(&client->session);
}

static bool stopped(const struct url_client *client)
{
    return client->fetch->stop && *client->fetch->stop;
}

static enum status interrupted(struct error *error)
{
    return error_set(error, STATUS_STOP, _("a signal ended the run"));
}

/* ---- one request ---- */

struct sending {
    struct buffer url, body, values;
    struct http_header headers[HEADERS_MAX];
    struct http_request request;
};

static void sending_free(struct sending *sending)
{
    buffer_free(&sending->url);
    buffer_free(&sending->body);
    buffer_free(&sending->values);
}

/* Values one behind the other: their places are known when all are there. */
static enum status fill_headers(const struct url_client *client, const struct page_request *ask,
                                struct sending *sending, struct error *error)
{
    const struct url_request *request = ask->request;
    size_t ends[HEADERS_MAX], count = 0;
    const char *names[HEADERS_MAX];
    for (size_t i = 0; i < request->header_count && count < HEADERS_MAX - 4; i++) {
        if (url_template_fill(&request->headers[i], URL_TEMPLATE_RAW, buffer_view(&client->session),
                              ask->item, &sending->values, error))
            return error->status;
        names[count] = request->header_names[i];
        ends[count++] = sending->values.length;
    }
    for (size_t i = 0; i < count; i++) {
        size_t from = i ? ends[i - 1] : 0;
        sending->headers[i] =
            (struct http_header){ names[i], { sending->values.bytes + from, ends[i] - from } };
    }
    sending->request.headers = sending->headers;
    sending->request.header_count = count;
    if (ask->etag.length)
        sending->headers[sending->request.header_count++] =
            (struct http_header){ "If-None-Match", ask->etag };
    if (ask->modified.length)
        sending->headers[sending->request.header_count++] =
            (struct http_header){ "If-Modified-Since", ask->modified };
    return STATUS_OK;
}

static enum status fill(const struct url_client *client, const struct page_request *ask,
                        struct sending *sending, struct error *error)
{
    const struct url_request *request = ask->request;
    struct text session = buffer_view(&client->session);
    if (ask->url)
        buffer_string(&sending->url, ask->url);
    else if (url_template_fill(&request->url, URL_TEMPLATE_URL, session, ask->item, &sending->url, error))
        return error->status;
    url_encode(&sending->url);
    if (!ask->url && ask->parameter)
        url_put_parameter(&sending->url, ask->parameter, ask->value);
    if (url_template_fill(&request->body, URL_TEMPLATE_JSON, session, ask->item, &sending->body, error) ||
        (ask->into && ask->value.bytes &&
         url_put_into_body(&sending->body, ask->into, ask->value, ask->number, error)))
        return error->status;
    sending->request.method = request->method;
    sending->request.url = sending->url.bytes;
    sending->request.stranger = ask->stranger;
    if (request->body.count)
        sending->request.body = buffer_view(&sending->body);
    if (fill_headers(client, ask, sending, error))
        return error->status;
    auth_apply(client->credentials, &sending->request, sending->headers);
    return STATUS_OK;
}

struct receiving {
    const struct url_client *client;
    struct spool_file *content;
    struct crypto_hash *hash;
};

static enum status receive(void *user_data, struct text chunk, struct error *error)
{
    struct receiving *receiving = user_data;
    if (stopped(receiving->client))
        return interrupted(error);
    crypto_hash_feed(receiving->hash, chunk.bytes, chunk.length);
    return spool_file_put(receiving->content, chunk, error);
}

static enum status send(struct url_client *client, const struct page_request *ask, struct spool_file *content,
                        struct arena *arena, struct http_response *answer, struct url_reply *reply,
                        struct error *error)
{
    struct sending sending = { 0 };
    struct receiving receiving = { client, content, crypto_hash_open() };
    enum status status = fill(client, ask, &sending, error);
    if (status == STATUS_OK) {
        struct text parts[] = { buffer_view(&sending.url), TEXT("\n"), buffer_view(&sending.body) };
        reply->request = crypto_sha256_parts(parts, 3);
        spool_file_clear(content);
        if (client->asked && client->settings->pause)
            client->fetch->clock->sleep(client->fetch->clock, client->settings->pause);
        client->asked = true;
        status = http_download(client->http, &sending.request, receive, &receiving, answer, error);
    }
    if (status == STATUS_OK) {
        reply->etag = text_copy(arena, answer->etag);
        /* What changes once more in the second in which it was read bears the same time (RFC 9110, 8.8.2.2). */
        reply->modified = text_equal(answer->last_modified, answer->date)
                              ? TEXT_NONE
                              : text_copy(arena, answer->last_modified);
        reply->url = text_string(arena, text_of(answer->effective_url));
        reply->stranger = answer->stranger;
    }
    reply->digest = crypto_hash_finish(receiving.hash);
    crypto_hash_close(receiving.hash);
    sending_free(&sending);
    return status;
}

/* ---- login ---- */

static enum status log_in(struct url_client *client, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct url_settings *settings = client->settings;
    struct spool_file content = { 0 };
    struct http_response answer;
    struct url_reply reply = { 0 };
    struct text session = TEXT_NONE;
    struct page_request ask = { .request = &settings->login_request, .shown = "login" };
    buffer_clear(&client->session);
    enum status status = spool_file_open(&content, error);
    if (status == STATUS_OK)
        status = send(client, &ask, &content, &arena, &answer, &reply, error);
    if (status == STATUS_OK)
        status = url_answer_judge(settings, &ask, &answer, error);
    if (status == STATUS_OK)
        status = url_answer_unwrap(settings, &ask, &content, error);
    if (status == STATUS_OK)
        status = url_answer_find(&content, &arena, &settings->session, &session, NULL, error);
    if (status == STATUS_END || (status == STATUS_OK && !text_trim(session).length)) {
        struct text words = TEXT("");
        if (settings->wanted.has_message)
            (void)url_answer_at(&content, &arena, &settings->wanted.message, &words, error);
        status = error_set(error, STATUS_STOP,
                           _("login: the answer holds no session; check user and password. %.*s"),
                           TEXT_ARG(words));
    }
    spool_file_close(&content);
    if (status == STATUS_BUSY || status == STATUS_REJECT)
        error->status = status = STATUS_STOP;
    if (status == STATUS_OK) {
        buffer_text(&client->session, session);
        secrets_add(session, SECRETS_GIVEN);
    }
    return status;
}

/* ---- until it is whole ---- */

static enum status wait_for(struct url_client *client, int64_t attempt, int64_t told, struct error *error)
{
    const struct backoff *backoff = &client->settings->backoff;
    struct clock *clock = client->fetch->clock;
    int64_t wait = backoff_delay(backoff, attempt, clock->random(clock));
    if (told > backoff->most)
        return error_add(error, _("the server asks to wait %lld seconds, longer than retry.most allows"),
                         (long long)(told / 1000));
    clock->sleep(clock, told > wait ? told : wait);
    return stopped(client) ? interrupted(error) : STATUS_OK;
}

static enum status attempt(struct url_client *client, const struct page_request *ask,
                           struct spool_file *content, struct arena *arena, struct url_reply *reply,
                           int64_t *told, struct error *error)
{
    struct http_response answer = { .retry_after_ms = -1 };
    const struct url_settings *settings = client->settings;
    *told = -1;
    if ((settings->has_login && !client->session.length && log_in(client, error)) ||
        auth_renew(client->credentials, client->fetch->clock, false, error))
        return error->status;
    enum status status = send(client, ask, content, arena, &answer, reply, error);
    if (status)
        return status;
    *told = answer.retry_after_ms;
    status = url_answer_judge(settings, ask, &answer, error);
    reply->unchanged = answer.status == 304;
    reply->empty = answer.status == 204;
    reply->lacking = status == STATUS_REJECT;
    reply->behind = answer.status == 404 || answer.status == 410 || answer.status == 416;
    if (status == STATUS_OK && !reply->unchanged && !reply->empty)
        status = url_answer_check(settings, ask, content, (enum source_format)client->fetch->source->format,
                                  reply, error);
    return status;
}

/* The credentials may only have grown old. */
static bool may_be_expired(struct url_client *client, enum status status)
{
    return status == STATUS_BUSY && (client->settings->has_login || client->credentials->token_url);
}

enum status url_client_ask(struct url_client *client, const struct page_request *ask,
                           struct spool_file *content, struct arena *arena, struct url_reply *reply,
                           struct error *error)
{
    bool renewed = false;
    int64_t told;
    for (int64_t number = 1;; number++) {
        *reply = (struct url_reply){ 0 };
        enum status status = attempt(client, ask, content, arena, reply, &told, error);
        if (may_be_expired(client, status) && !renewed) {
            renewed = true;
            buffer_clear(&client->session);
            status = auth_renew(client->credentials, client->fetch->clock, true, error);
            if (status == STATUS_OK)
                continue;
        }
        if (status == STATUS_BUSY) {
            error->status = reply->lacking ? STATUS_REJECT : STATUS_STOP;
            return error->status;
        }
        if (status != TRANSIENT)
            return status;
        if (number >= client->settings->backoff.attempts) {
            error->status = STATUS_STOP;
            return error->status;
        }
        if (stopped(client))
            return interrupted(error);
        error->status = STATUS_STOP;
        if (wait_for(client, number, told, error))
            return STATUS_STOP;
    }
}
