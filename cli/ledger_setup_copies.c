/* Copies of the head: outside of the machine, out of the reach of whoever may write the store. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/process.h"
#include "adapters/secret.h"
#include "cli/cli.h"
#include "cli/ledger_setup.h"

#define COPY_MS     30000
#define HEADERS_MAX 16

struct copying {
    struct session *session;
    const struct ledger_setup *settings;
    struct audit_head head;
    struct arena arena;
};

/* One file a head: what lies there already is never written over. */
static enum status copy_to_folder(struct copying *copying, const struct ledger_setup_copy *copy,
                                  struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct text origin = copying->head.origin;
    buffer_printf(&path, "%s/", copy->folder);
    for (size_t i = 0; i < origin.length; i++) {
        char letter = origin.bytes[i];
        buffer_char(&path, isalnum((unsigned char)letter) || letter == '.' || letter == '-' ? letter : '_');
    }
    buffer_printf(&path, "-%010llu.checkpoint", (unsigned long long)copying->head.size);
    if (file_make_folders(copy->folder, FILE_OURS, error))
        return error->status;
    return file_write(path.bytes, copying->head.note, FILE_OURS, error);
}

static enum status run(const char *const *argv, struct text input, struct error *error)
{
    struct process_result result;
    if (process_run(argv, input, COPY_MS, &result, error))
        return error->status;
    if (result.exit_code)
        return error_set(error, STATUS_RETRY, _("%s ended with %d: %s"), argv[0], result.exit_code,
                         result.words);
    return STATUS_OK;
}

static enum status copy_to_mail(struct copying *copying, const struct ledger_setup_copy *copy,
                                struct error *error)
{
    BUFFER_OWNED struct buffer mail = { 0 };
    const char *argv[] = { copying->settings->sendmail, "-i", "-t", NULL };
    buffer_printf(&mail,
                  "To: %s\nSubject: congkhai: %.*s, %llu\nMIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n",
                  copy->mail, TEXT_ARG(copying->head.origin), (unsigned long long)copying->head.size);
    buffer_text(&mail, copying->head.note);
    return run(argv, buffer_view(&mail), error);
}

static enum status add_headers(struct copying *copying, const struct value *headers, struct http_header *out,
                               size_t *count, struct error *error)
{
    out[(*count)++] = (struct http_header){ "Content-Type", TEXT("text/plain; charset=utf-8") };
    for (const struct value *header = headers ? headers->first : NULL; header; header = header->next) {
        struct text value;
        if (*count == HEADERS_MAX)
            return error_set(error, STATUS_USAGE, _("more than %d headers"), HEADERS_MAX);
        if (secret_resolve(&copying->arena, copying->session->configuration.folder, header->text, &value,
                           error))
            return error->status;
        out[(*count)++] = (struct http_header){ text_string(&copying->arena, header->name), value };
    }
    return STATUS_OK;
}

static enum status copy_to_url(struct copying *copying, const struct ledger_setup_copy *copy,
                               struct error *error)
{
    struct http_options options = { .in_flight = 1,
                                    .timeout_ms = COPY_MS,
                                    .answer_limit = 65536,
                                    .user_agent = "congkhai/" CONGKHAI_VERSION };
    struct http_header headers[HEADERS_MAX];
    struct http_request request = {
        .method = "POST", .url = copy->url, .headers = headers, .body = copying->head.note
    };
    struct http_client *client;
    struct http_response answer;
    if (add_headers(copying, copy->headers, headers, &request.header_count, error) ||
        http_open(&options, &client, error))
        return error->status;
    enum status status = http_once(client, &request, &answer, error);
    if (!status && answer.failure != HTTP_ANSWERED)
        status = error_set(error, STATUS_RETRY, "%s", answer.why);
    else if (!status && (answer.status < 200 || answer.status > 299))
        status = error_set(error, STATUS_RETRY, _("the answer was %ld"), answer.status);
    http_close(client);
    return status;
}

static enum status make_copy(struct copying *copying, const struct ledger_setup_copy *copy,
                             struct error *error)
{
    if (copy->folder)
        return copy_to_folder(copying, copy, error);
    if (copy->command) /* paths in it start where all paths of the configuration start */
        return run((const char *const[]){ "/bin/sh", "-c", "cd \"$0\" && eval \"$1\"",
                                          copying->session->configuration.folder, copy->command, NULL },
                   copying->head.note, error);
    return copy->mail ? copy_to_mail(copying, copy, error) : copy_to_url(copying, copy, error);
}

void ledger_setup_copy_head(struct session *session, struct store *store, int64_t run_number)
{
    struct copying copying = { .session = session, .settings = &session->configuration.sealing };
    struct error error = { 0 };
    if (!copying.settings->copy_count)
        return;
    if (audit_head(store, &copying.arena, run_number, &copying.head, &error) == STATUS_OK)
        for (size_t i = 0; i < copying.settings->copy_count; i++) {
            const struct ledger_setup_copy *copy = &copying.settings->copies[i];
            if (make_copy(&copying, copy, &error) == STATUS_OK)
                continue;
            output_message(session, _("the ledger's head could not be copied (%s): %s"), copy->shown,
                           error.message);
            struct error late = { 0 };
            if (audit_copy_failed(store, run_number, copy->shown, error.message, &late))
                output_message(session, "%s", late.message);
        }
    arena_free(&copying.arena);
}
