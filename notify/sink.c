#include "notify/sink.h"

#include <stddef.h>
#include <string.h>

#include "adapters/auth.h"
#include "adapters/file.h"
#include "adapters/http.h"
#include "adapters/http_mail.h"
#include "adapters/process.h"
#include "adapters/secret.h"

#define SEND_MS     30000
#define HEADERS_MAX 16
#define TO_MAX      50

static enum status run(const char *const *argv, struct text input, struct error *error)
{
    struct process_result result;
    if (process_run(argv, input, SEND_MS, &result, error))
        return error->status;
    if (result.exit_code)
        return error_set(error, STATUS_RETRY, _("%s ended with %d: %s"), argv[0], result.exit_code,
                         result.words);
    return STATUS_OK;
}

static enum status to_folder(const struct sink *sink, const struct sink_message *message, struct arena *arena,
                             struct error *error)
{
    if (file_make_folders(sink->folder, FILE_OURS, error))
        return error->status;
    return file_write(file_path(arena, sink->folder, message->file), message->body, FILE_OURS, error);
}

static enum status by_sendmail(const struct sink *sink, const struct text *to, size_t count,
                               const struct sink_message *message, struct error *error)
{
    BUFFER_OWNED struct buffer mail = { 0 };
    const char *argv[] = { sink->sendmail ? sink->sendmail : "/usr/sbin/sendmail", "-i", "-t", NULL };
    struct text subject = message->subject;
    buffer_string(&mail, "To: ");
    for (size_t i = 0; i < count; i++)
        buffer_printf(&mail, "%s%.*s", i ? ", " : "", TEXT_ARG(to[i]));
    buffer_string(&mail, "\nSubject: ");
    for (size_t i = 0; i < subject.length; i++)
        buffer_char(&mail, subject.bytes[i] == '\n' || subject.bytes[i] == '\r' ? ' ' : subject.bytes[i]);
    buffer_string(&mail, "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                         "Content-Transfer-Encoding: 8bit\n\n");
    buffer_text(&mail, message->body);
    return run(argv, buffer_view(&mail), error);
}

static enum status to_mail(const struct sink *sink, const struct sink_message *message, struct arena *arena,
                           struct error *error)
{
    struct setting_context context = { arena, "", NULL };
    struct auth auth = { 0 };
    struct text *to;
    size_t count;
    if (setting_texts(&context, sink->mail, &to, &count, error))
        return error->status;
    if (!sink->server)
        return by_sendmail(sink, to, count, message, error);
    if (auth_read(&context, sink->base, sink->auth, "auth", false, &auth, error))
        return error->status;
    struct http_mail mail = { .server = sink->server,
                              .user = auth.user,
                              .password = auth.password,
                              .from = sink->from,
                              .to = to,
                              .to_count = count,
                              .subject = message->subject,
                              .body = message->body,
                              .timeout_ms = SEND_MS };
    enum status status = http_mail_send(&mail, error);
    auth_free(&auth);
    return status;
}

static enum status add_headers(const struct sink *sink, struct arena *arena, const char *type,
                               struct http_header *out, size_t *count, struct error *error)
{
    if (type)
        out[(*count)++] = (struct http_header){ "Content-Type", text_of(type) };
    for (const struct value *header = sink->headers ? sink->headers->first : NULL; header;
         header = header->next) {
        struct text value;
        if (*count == HEADERS_MAX)
            return error_set(error, STATUS_USAGE, _("more than %d headers"), HEADERS_MAX);
        if (secret_resolve(arena, sink->base, header->text, &value, error))
            return error->status;
        out[(*count)++] = (struct http_header){ text_string(arena, header->name), value };
    }
    return STATUS_OK;
}

enum status sink_post(const struct sink *sink, const char *url, struct text body, const char *type,
                      struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct http_options options = { .in_flight = 1,
                                    .timeout_ms = SEND_MS,
                                    .answer_limit = 65536,
                                    .user_agent = "congkhai/" CONGKHAI_VERSION };
    struct http_header headers[HEADERS_MAX];
    struct http_request request = { .method = "POST", .headers = headers, .body = body };
    struct http_client *client;
    struct http_response answer;
    struct text resolved;
    if (secret_resolve(&arena, sink->base, text_of(url), &resolved, error) ||
        add_headers(sink, &arena, type, headers, &request.header_count, error) ||
        http_open(&options, &client, error))
        return error->status;
    request.url = resolved.bytes;
    enum status status = http_once(client, &request, &answer, error);
    if (!status && answer.failure != HTTP_ANSWERED)
        status = error_set(error, STATUS_RETRY, "%s", answer.why);
    else if (!status && (answer.status < 200 || answer.status > 299))
        status = error_set(error, STATUS_RETRY, _("the answer was %ld"), answer.status);
    http_close(client);
    return status;
}

static enum status to_command(const struct sink *sink, const struct sink_message *message,
                              struct arena *arena, struct error *error)
{
    (void)arena;
    /* Paths in it start where all paths of the configuration start. */
    return run(
        (const char *const[]){ "/bin/sh", "-c", "cd \"$0\" && eval \"$1\"", sink->base, sink->command, NULL },
        message->body, error);
}

static enum status to_url(const struct sink *sink, const struct sink_message *message, struct arena *arena,
                          struct error *error)
{
    (void)arena;
    return sink_post(sink, sink->url, message->body, message->type, error);
}

/* The ways, each once: another is a row here, a function that sends, and a setting. */
static const struct sink_way {
    const char *name;
    size_t at; /* of its setting */
    enum status (*send)(const struct sink *sink, const struct sink_message *message, struct arena *arena,
                        struct error *error);
} ways[] = {
    { "folder", offsetof(struct sink, folder), to_folder },
    { "command", offsetof(struct sink, command), to_command },
    { "url", offsetof(struct sink, url), to_url },
    { "mail", offsetof(struct sink, mail), to_mail },
};
#define WAYS (sizeof ways / sizeof *ways)

static bool is_given(const struct sink *sink, const struct sink_way *way)
{
    return *(const void *const *)((const char *)sink + way->at) != NULL;
}

const char *sink_named(const struct sink *sink)
{
    for (size_t i = 0; i < WAYS; i++)
        if (is_given(sink, &ways[i]))
            return ways[i].name;
    return NULL;
}

/* One way, and no other. */
static enum status choose_way(const struct setting_context *context, const struct value *tree,
                              struct sink *sink, struct error *error)
{
    BUFFER_OWNED struct buffer names = { 0 };
    size_t given = 0;
    for (size_t i = 0; i < WAYS; i++) {
        buffer_printf(&names, "%s\"%s\"", i ? ", " : "", ways[i].name);
        if (!is_given(sink, &ways[i]))
            continue;
        sink->way = &ways[i];
        given++;
    }
    return given == 1 ? STATUS_OK
                      : setting_fault(context, tree, error, _("it goes one way, one of %s"), names.bytes);
}

enum status sink_check(const struct setting_context *context, const char *base, const struct value *tree,
                       struct sink *sink, struct error *error)
{
    struct arena *arena = context->arena;
    struct text *to = NULL;
    size_t count = 0;
    const char **const texts[] = { &sink->folder, &sink->command, &sink->url };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = *texts[i] && **texts[i] ? *texts[i] : NULL; /* an empty one leads nowhere */
    if (choose_way(context, tree, sink, error))
        return error->status;
    sink->base = base;
    if (sink->folder)
        sink->folder = file_path(arena, base, sink->folder);
    if (sink->url && strncmp(sink->url, "https://", 8) && strncmp(sink->url, "http://", 7) &&
        strncmp(sink->url, "${", 2))
        return setting_fault(context, value_find(tree, "url"), error, _("\"%s\" is no http(s) address"),
                             sink->url);
    if (sink->mail && setting_texts(context, sink->mail, &to, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++)
        if (!http_mail_is_address(to[i]) || i == TO_MAX)
            return setting_fault(context, value_find(tree, "mail"), error,
                                 _("\"%.*s\" is no address of mail"), TEXT_ARG(to[i]));
    if (sink->from && !http_mail_is_address(text_of(sink->from)))
        return setting_fault(context, value_find(tree, "from"), error, _("\"%s\" is no address of mail"),
                             sink->from);
    if (sink->server && strncmp(sink->server, "smtp://", 7) && strncmp(sink->server, "smtps://", 8))
        return setting_fault(context, value_find(tree, "server"), error,
                             _("\"%s\" is no mail server: smtp://host or smtps://host"), sink->server);
    if (sink->server && !sink->from)
        return setting_fault(context, tree, error,
                             _("\"server\" wants \"from\": the address that mail comes from"));
    struct text shown = sink->folder    ? text_of(sink->folder)
                        : sink->command ? secret_hide_arguments(arena, text_of(sink->command))
                        : sink->url     ? secret_hide(arena, text_of(sink->url))
                                        : to[0];
    sink->shown = text_format(arena, "%s " TEXT_PRINT, sink->way->name, TEXT_ARG(shown)).bytes;
    return STATUS_OK;
}

enum status sink_send(const struct sink *sink, const struct sink_message *message, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    return sink->way->send(sink, message, &arena, error);
}
