#include "load/portal_wire.h"

static struct text take_copy(struct message *message, struct arena *arena)
{
    struct text text = message_text(message);
    return text.bytes ? text_copy(arena, text) : TEXT_NONE;
}

void portal_wire_put_request(struct buffer *out, int64_t number, const struct portal_request *request)
{
    message_put_number(out, number);
    message_put_number(out, request->withdraws | request->unknown << 1 | request->changed << 2 |
                                request->renewed << 3);
    message_put_number(out, request->kind);
    message_put_text(out, request->code);
    message_put_text(out, request->key);
    message_put_text(out, request->body);
    message_put_digest(out, &request->body_digest);
    message_put_digest(out, &request->digest);
    message_put_text(out, request->base);
    message_put_text(out, request->version);
}

void portal_wire_take_request(struct message *message, struct arena *arena, int64_t *number,
                              struct portal_request *request)
{
    *number = message_number(message);
    int64_t flags = message_number(message);
    *request = (struct portal_request){
        .withdraws = flags & 1, .unknown = flags & 2, .changed = flags & 4, .renewed = flags & 8
    };
    request->kind = (enum portal_request_kind)message_number(message);
    request->code = take_copy(message, arena);
    request->key = take_copy(message, arena);
    request->body = take_copy(message, arena);
    message_digest(message, &request->body_digest);
    message_digest(message, &request->digest);
    request->base = take_copy(message, arena);
    request->version = take_copy(message, arena);
}

static void put_state(struct buffer *out, const struct remote_state *remote)
{
    message_put_number(out, remote->failed | remote->named << 1 | remote->has_digest << 2 |
                                remote->bad_digest << 3 | remote->has_content << 4);
    message_put_digest(out, &remote->digest);
    message_put_digest(out, &remote->content);
    message_put_number(out, remote->standing);
    message_put_text(out, remote->version);
    message_put_text(out, remote->etag);
}

static bool take_state(struct message *message, struct remote_state *remote)
{
    int64_t flags = message_number(message);
    *remote = (struct remote_state){ .failed = flags & 1,
                                     .named = flags & 2,
                                     .has_digest = flags & 4,
                                     .bad_digest = flags & 8,
                                     .has_content = flags & 16 };
    message_digest(message, &remote->digest);
    message_digest(message, &remote->content);
    int64_t standing = message_number(message);
    remote->standing = (enum remote_status)standing;
    remote->version = message_text(message);
    remote->etag = message_text(message);
    return standing >= REMOTE_UNSAID && standing <= REMOTE_STRANGE;
}

void portal_wire_put_report(struct buffer *out, size_t most, int64_t number,
                            const struct portal_response *report)
{
    struct said said = portal_said(report);
    size_t start = message_begin(out, SAID_REPORT);
    message_put_number(out, (int64_t)most);
    message_put_number(out, number);
    message_put_number(out, report->request->changed | report->request->renewed << 1);
    message_put_number(out, report->said);
    message_put_number(out, report->shared | report->slow << 1 | report->dropped << 2 | report->prompt << 3 |
                                report->futile << 4 | (said.why != NULL) << 5);
    put_state(out, &report->remote);
    message_put_number(out, report->status);
    message_put_text(out, report->message);
    if (said.why)
        message_put_error(out, said.why);
    message_put_text(out, report->answer_digest);
    message_put_number(out, report->retry_after);
    message_put_number(out, report->took);
    message_end(out, start);
}

bool portal_wire_take_report(struct message *message, struct error *why, size_t *most, int64_t *number,
                             struct portal_request *own, struct portal_response *report)
{
    int64_t room = message_number(message);
    *most = room < 1 ? 1 : (size_t)room;
    *number = message_number(message);
    int64_t remembered = message_number(message), said = message_number(message),
            flags = message_number(message);
    *own = (struct portal_request){ .changed = remembered & 1, .renewed = remembered & 2 };
    *report = (struct portal_response){ .said = (enum portal_result)said,
                                        .shared = flags & 1,
                                        .slow = flags & 2,
                                        .dropped = flags & 4,
                                        .prompt = flags & 8,
                                        .futile = flags & 16 };
    bool sense = take_state(message, &report->remote);
    report->status = (long)message_number(message);
    report->message = message_text(message);
    if (flags & 32) {
        (void)message_error(message, why); /* what makes no sense is told below */
        report->why = why;
    }
    report->answer_digest = message_text(message);
    report->retry_after = message_number(message);
    report->took = message_number(message);
    return message_whole(message) && sense && said >= RESULT_TAKEN && said <= RESULT_DENIED;
}

void portal_wire_put_content(struct buffer *out, enum status status, const struct portal_content *content,
                             const struct error *error)
{
    size_t start = message_begin(out, SAID_CONTENT);
    message_put_number(out, status);
    if (status > STATUS_END) {
        message_put_error(out, error);
    } else {
        message_put_text(out, content->bytes);
        message_put_digest(out, &content->digest);
        message_put_number(out, content->abolished);
    }
    message_end(out, start);
}

void portal_wire_take_content(struct message *message, struct arena *arena, struct portal_content *content)
{
    content->bytes = take_copy(message, arena);
    message_digest(message, &content->digest);
    content->abolished = message_number(message);
}
