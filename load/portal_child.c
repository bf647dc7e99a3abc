#include "load/portal_child.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "adapters/http.h"
#include "adapters/secrets.h"
#include "core/memory.h"
#include "load/portal_rest.h"

#define DEATHS_MAX  3
#define STEP_MS     1000 /* the child waits for answers so long before it looks around */
#define MESSAGE_MAX ((size_t)64 << 20)

enum said {
    SAID_OPENED = 1, /* to the owner: the portal can be spoken to, or why not */
    SAID_NOTICE,
    SAID_SECRET, /* one that was given on the way */
    SAID_ASK_CONTENT,
    SAID_REPORT,
    SAID_NOT_TAKEN, /* a submission, and why */
    SAID_BROKEN,    /* the driver cannot go on */
    SAID_SUBMIT,    /* to the child */
    SAID_CONTENT
};

/* ---- in the child ---- */

/* A request as the child has it, from its submission to its report. */
struct errand {
    struct portal_request request;
    int64_t number;
    struct arena arena;
    struct errand *next;
};

struct sender {
    struct channel *channel;
    struct portal portal;
    struct buffer later; /* messages that came while a content was waited for */
    size_t later_at;
    size_t out; /* requests that have no report yet */
    struct errand *idle;
};

static struct sender *sender; /* of this process; for what is told from deep inside */

static void put_message(unsigned kind, struct text text)
{
    size_t start = message_begin(&sender->channel->out, kind);
    message_put_text(&sender->channel->out, text);
    message_end(&sender->channel->out, start);
}

static void tell_notice(void *user_data, const char *message)
{
    (void)user_data;
    put_message(SAID_NOTICE, text_of(message));
}

static void tell_secret(struct text secret)
{
    put_message(SAID_SECRET, secret);
}

static void leave(void)
{
    if (channel_send(sender->channel, -1))
        _exit(0);
}

static void put_most(struct buffer *out)
{
    const struct portal *portal = &sender->portal;
    struct portal_request publish = { .kind = PORTAL_PUBLISH, .code = TEXT("1.000001") },
                          withdraw = { .kind = PORTAL_WITHDRAW, .code = TEXT("1.000001") };
    message_put_number(out, (int64_t)portal->driver->most(portal, &publish));
    message_put_number(out, (int64_t)portal->driver->most(portal, &withdraw));
}

static void put_state(struct buffer *out, const struct remote_state *remote)
{
    message_put_number(out, remote->failed | remote->named << 1 | remote->has_digest << 2 |
                                remote->bad_digest << 3 | remote->has_content << 4);
    message_put_text(out, (struct text){ (const char *)remote->digest.bytes, sizeof remote->digest.bytes });
    message_put_text(out, (struct text){ (const char *)remote->content.bytes, sizeof remote->content.bytes });
    message_put_number(out, remote->standing);
    message_put_text(out, remote->version);
    message_put_text(out, remote->etag);
}

static void tell_report(const struct portal_response *report)
{
    struct buffer *out = &sender->channel->out;
    struct errand *errand = report->request->owner;
    size_t start = message_begin(out, SAID_REPORT);
    put_most(out);
    message_put_number(out, errand->number);
    message_put_number(out, errand->request.changed | errand->request.renewed << 1);
    message_put_number(out, report->said);
    message_put_number(out, report->last | report->shared << 1 | report->slow << 2 | report->dropped << 3 |
                                report->prompt << 4 | report->futile << 5);
    put_state(out, &report->remote);
    message_put_number(out, report->status);
    message_put_text(out, report->message);
    message_put_text(out, report->answer_digest);
    message_put_number(out, report->retry_after);
    message_put_number(out, report->took);
    message_put_text(out, report->shown);
    message_end(out, start);
    sender->out--;
    arena_clear(&errand->arena);
    errand->next = sender->idle;
    sender->idle = errand;
}

static struct text take_copy(struct message *message, struct arena *arena)
{
    struct text text = message_text(message);
    return text.bytes ? text_copy(arena, text) : TEXT_NONE;
}

static void take_digest(struct message *message, struct digest *digest)
{
    struct text text = message_text(message);
    message->bad = message->bad || text.length != sizeof digest->bytes;
    if (!message->bad)
        memcpy(digest->bytes, text.bytes, sizeof digest->bytes);
}

static struct errand *take_errand(struct message *message)
{
    struct errand *errand = sender->idle ? sender->idle : memory_new(struct errand);
    sender->idle = sender->idle ? errand->next : NULL;
    struct arena arena = errand->arena;
    *errand = (struct errand){ .arena = arena, .number = message_number(message) };
    struct portal_request *request = &errand->request;
    int64_t flags = message_number(message);
    request->kind = (enum portal_request_kind)message_number(message);
    request->withdraws = flags & 1;
    request->unknown = flags & 2;
    request->changed = flags & 4;
    request->renewed = flags & 8;
    request->code = take_copy(message, &errand->arena);
    request->key = take_copy(message, &errand->arena);
    request->body = take_copy(message, &errand->arena);
    take_digest(message, &request->body_digest);
    take_digest(message, &request->digest);
    request->base = take_copy(message, &errand->arena);
    request->version = take_copy(message, &errand->arena);
    request->owner = errand;
    return errand;
}

static void submit_for_owner(struct message *message)
{
    struct error error = { 0 };
    int64_t count = message_number(message);
    struct portal_request **requests =
        memory_grow(NULL, (size_t)(count > 0 && count < 10000 ? count : 1), sizeof *requests);
    for (int64_t i = 0; i < count && count < 10000; i++)
        requests[i] = &take_errand(message)->request;
    if (!message_whole(message) || count < 1)
        _exit(1);
    if (sender->portal.driver->submit(&sender->portal, requests, (size_t)count, &error)) {
        size_t start = message_begin(&sender->channel->out, SAID_NOT_TAKEN);
        message_put_number(&sender->channel->out, ((struct errand *)requests[0]->owner)->number);
        message_put_error(&sender->channel->out, &error);
        message_end(&sender->channel->out, start);
    } else {
        sender->out += (size_t)count;
    }
    free(requests);
}

/* The owner is asked; what it says besides is looked at later. */
static enum status ask_content(void *user_data, const struct portal_request *request,
                               enum portal_content_kind kind, struct arena *arena,
                               struct portal_content *content, struct error *error)
{
    struct message message;
    (void)user_data;
    size_t start = message_begin(&sender->channel->out, SAID_ASK_CONTENT);
    message_put_number(&sender->channel->out, ((const struct errand *)request->owner)->number);
    message_put_number(&sender->channel->out, kind);
    message_end(&sender->channel->out, start);
    leave();
    for (;;) {
        if (channel_receive(sender->channel, -1, &message))
            _exit(0);
        if (message.kind == SAID_CONTENT)
            break;
        size_t at = message_begin(&sender->later, message.kind);
        buffer_text(&sender->later, message.rest);
        message_end(&sender->later, at);
    }
    enum status status = (enum status)message_number(&message);
    if (status > STATUS_END)
        return message_error(&message, error);
    content->bytes = take_copy(&message, arena);
    take_digest(&message, &content->digest);
    content->abolished = message_number(&message);
    return status;
}

/* Whatever the owner has said by now; `wait` for the first of it. False: nothing. */
static bool hear_owner(long wait)
{
    struct message message;
    size_t lacking;
    struct text later = text_slice(buffer_view(&sender->later), sender->later_at, sender->later.length);
    if (later.length && message_read(&later, SIZE_MAX, &message, &lacking) == STATUS_OK) {
        sender->later_at = sender->later.length - later.length;
    } else {
        buffer_clear(&sender->later);
        sender->later_at = 0;
        enum status status = channel_receive(sender->channel, wait, &message);
        if (status == STATUS_RETRY)
            return false;
        if (status)
            _exit(0);
    }
    if (message.kind != SAID_SUBMIT)
        _exit(1);
    submit_for_owner(&message);
    return true;
}

static void serve(void)
{
    struct portal *portal = &sender->portal;
    struct portal_response report;
    struct error error = { 0 };
    enum status status = STATUS_OK;
    for (;;) {
        while (hear_owner(sender->out ? 0 : -1))
            if (!sender->out && sender->channel->out.length)
                break;
        long wait = sender->channel->out.length ? 0 : STEP_MS;
        while (sender->out && (status = portal->driver->next(portal, wait, &report, &error)) == STATUS_OK) {
            tell_report(&report);
            wait = 0;
        }
        if (status > STATUS_END) {
            size_t start = message_begin(&sender->channel->out, SAID_BROKEN);
            message_put_error(&sender->channel->out, &error);
            message_end(&sender->channel->out, start);
        }
        leave();
    }
}

void portal_child_run(struct channel *channel, const struct portal_child_request *request)
{
    static struct sender own;
    struct error error = { .status = STATUS_OK };
    sender = &own;
    own.channel = channel;
    own.portal = (struct portal){
        .notice = tell_notice, .agency = request->agency, .clock = clock_system(), .content = ask_content
    };
    secrets_tell(tell_secret);
    enum status status = portal_read(request->context, request->folder, request->tree, &own.portal, &error);
    request->forget(request->user_data);
    http_watch(channel->socket);
    if (status == STATUS_OK) {
        request->lock(request->user_data, &own.portal);
        status = own.portal.driver->open(&own.portal, &error);
    }
    size_t start = message_begin(&channel->out, SAID_OPENED);
    message_put_number(&channel->out, status);
    if (status)
        message_put_error(&channel->out, &error);
    else
        put_most(&channel->out);
    message_end(&channel->out, start);
    leave();
    if (status == STATUS_OK)
        serve();
}

/* ---- in the owner ---- */

/* A request that the child has, or will have. */
struct lent {
    struct portal_request *request; /* NULL: the place is free */
    size_t submission;
    bool lost; /* no process gets it any more */
};

/* A submission that waits because another one may be what ends the process. */
struct held {
    struct buffer message;
    size_t submission;
    struct held *next;
};

struct remote {
    struct portal_driver driver; /* the driver's own, with what is done elsewhere */
    struct spawner *spawner;
    struct child *child; /* NULL: none is there now */
    struct lent *lent;
    size_t lent_count; /* places */
    size_t out;        /* of them taken */
    size_t submissions;
    int64_t most_publish, most_other;
    int64_t heard_at;
    unsigned deaths; /* since the last report */
    size_t wary;     /* so many submissions still go alone, because there was a death */
    size_t sent;     /* the submission that went last */
    struct held *held;
    struct text *deadly; /* codes whose requests ended a process that had nothing else */
    size_t deadly_count, lost;
    bool alone;       /* what it had when it died was alone */
    bool burying;     /* what it had is given back as lost, one by one */
    size_t refused;   /* a submission that was not taken is given back; 0: none */
    struct error why; /* … with these words */
    struct arena arena;
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static enum status take_state(struct message *message, struct remote_state *remote, struct error *error)
{
    int64_t flags = message_number(message);
    *remote = (struct remote_state){ .failed = flags & 1,
                                     .named = flags & 2,
                                     .has_digest = flags & 4,
                                     .bad_digest = flags & 8,
                                     .has_content = flags & 16 };
    take_digest(message, &remote->digest);
    take_digest(message, &remote->content);
    int64_t standing = message_number(message);
    remote->standing = (enum remote_status)standing;
    remote->version = message_text(message);
    remote->etag = message_text(message);
    if (message->bad || standing < REMOTE_UNSAID || standing > REMOTE_STRANGE)
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    return STATUS_OK;
}

static void take_most(struct remote *remote, struct message *message)
{
    int64_t publish = message_number(message), other = message_number(message);
    remote->most_publish = publish < 1 ? 1 : publish;
    remote->most_other = other < 1 ? 1 : other;
}

/* Of a submission this request is the last that is out. */
static bool is_last(const struct remote *remote, size_t submission)
{
    for (size_t i = 0; i < remote->lent_count; i++)
        if (remote->lent[i].request && remote->lent[i].submission == submission)
            return false;
    return true;
}

static enum status take_report(struct remote *remote, struct message *message, struct portal_response *report,
                               struct error *error)
{
    take_most(remote, message);
    int64_t number = message_number(message), own = message_number(message), said = message_number(message),
            flags = message_number(message);
    *report = (struct portal_response){ .said = (enum portal_result)said,
                                        .shared = flags & 2,
                                        .slow = flags & 4,
                                        .dropped = flags & 8,
                                        .prompt = flags & 16,
                                        .futile = flags & 32 };
    if (take_state(message, &report->remote, error))
        return error->status;
    report->status = (long)message_number(message);
    report->message = message_text(message);
    report->answer_digest = message_text(message);
    report->retry_after = message_number(message);
    report->took = message_number(message);
    report->shown = message_text(message);
    if (!message_whole(message) || number < 0 || (size_t)number >= remote->lent_count ||
        !remote->lent[number].request || said < RESULT_TAKEN || said > RESULT_DENIED)
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    struct lent *lent = &remote->lent[number];
    report->request = lent->request;
    report->request->changed = own & 1;
    report->request->renewed = own & 2;
    lent->request = NULL;
    remote->out--;
    report->last = is_last(remote, lent->submission);
    remote->deaths = 0;
    return STATUS_OK;
}

static void give_content(struct portal *portal, struct remote *remote, struct message *message)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct portal_content content = { 0 };
    struct error error = { 0 };
    int64_t number = message_number(message), kind = message_number(message);
    enum status status = STATUS_END;
    if (message_whole(message) && number >= 0 && (size_t)number < remote->lent_count &&
        remote->lent[number].request && portal->content)
        status = portal->content(portal->content_own, remote->lent[number].request,
                                 kind == PORTAL_CONTENT_HELD ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT,
                                 &arena, &content, &error);
    struct buffer *out = &remote->child->channel.out;
    size_t start = message_begin(out, SAID_CONTENT);
    message_put_number(out, status);
    if (status > STATUS_END) {
        message_put_error(out, &error);
    } else {
        message_put_text(out, content.bytes);
        message_put_text(out,
                         (struct text){ (const char *)content.digest.bytes, sizeof content.digest.bytes });
        message_put_number(out, content.abolished);
    }
    message_end(out, start);
    (void)channel_send(&remote->child->channel, -1);
}

static bool is_deadly(const struct remote *remote, struct text code)
{
    for (size_t i = 0; i < remote->deadly_count; i++)
        if (text_equal(remote->deadly[i], code))
            return true;
    return false;
}

static void add_deadly(struct remote *remote, struct text code)
{
    char *copy = memcpy(memory_take(code.length), code.bytes, code.length);
    remote->deadly = memory_grow(remote->deadly, remote->deadly_count + 1, sizeof *remote->deadly);
    remote->deadly[remote->deadly_count++] = (struct text){ copy, code.length };
}

static void bury(struct remote *remote, enum status how)
{
    struct child_death death = { 0 };
    child_close(remote->child, &death);
    remote->child = NULL;
    remote->deaths++;
    remote->burying = true;
    remote->alone = remote->wary > 0;
    for (size_t i = 0; remote->alone && i < remote->lent_count; i++)
        if (remote->lent[i].request && remote->lent[i].submission <= remote->sent)
            add_deadly(remote, remote->lent[i].request->code);
    remote->wary = remote->out + 1;
    if (how == STATUS_RETRY)
        (void)error_set(&remote->why, STATUS_STOP,
                        _("the process that talks to the portal said nothing any more and was ended"));
    else
        (void)error_set(&remote->why, STATUS_STOP,
                        _("the process that talks to the portal ended (signal %d, code %d)"), death.signal,
                        death.code);
}

/* One after the other: what a dead process had, of which only the portal knows what became of it; or what was not taken.
 * STATUS_END: all are given back. */
static enum status give_back(struct remote *remote, struct portal_response *report)
{
    for (size_t i = 0; (remote->burying || remote->refused || remote->lost) && i < remote->lent_count; i++) {
        struct lent *lent = &remote->lent[i];
        bool its = lent->lost ||
                   (remote->burying ? lent->submission <= remote->sent : lent->submission == remote->refused);
        if (!lent->request || !its)
            continue;
        remote->lost -= lent->lost;
        *report = (struct portal_response){ .request = lent->request,
                                            .said = RESULT_LOST,
                                            .not_taken = remote->burying || lent->lost ? NULL : &remote->why,
                                            .message = text_of(remote->why.message),
                                            .futile = lent->lost || (remote->burying && remote->alone),
                                            .retry_after = -1 };
        lent->request = NULL;
        remote->out--;
        report->last = is_last(remote, lent->submission);
        return STATUS_OK;
    }
    remote->burying = false;
    remote->refused = 0;
    return STATUS_END;
}

/* STATUS_OK: a message that is the caller's; all else that it may say in between is dealt with here. */
static enum status hear(struct portal *portal, struct remote *remote, long wait, struct message *message)
{
    for (;;) {
        enum status status = channel_receive(&remote->child->channel, wait, message);
        if (status)
            return status;
        remote->heard_at = now_ms();
        if (message->kind == SAID_NOTICE && portal->notice) {
            arena_clear(&remote->arena);
            const char *words = message_string(message, &remote->arena);
            portal->notice(portal->notice_own, words ? words : "");
        } else if (message->kind == SAID_SECRET) {
            secrets_add(message_text(message), SECRETS_GIVEN);
        } else if (message->kind == SAID_ASK_CONTENT) {
            give_content(portal, remote, message);
        } else if (message->kind != SAID_NOTICE) {
            return STATUS_OK;
        }
    }
}

static int64_t patience(const struct portal *portal)
{
    return 3 * portal->settings->timeout + 120000;
}

static enum status start(struct portal *portal, struct remote *remote, struct error *error)
{
    struct message message;
    if (child_open(remote->spawner, CHILD_SEND, 0, &remote->child, error))
        return error->status;
    remote->child->channel.most = MESSAGE_MAX;
    enum status status = hear(portal, remote, (long)patience(portal), &message);
    if (status == STATUS_OK && message.kind == SAID_OPENED) {
        status = (enum status)message_number(&message);
        if (status)
            return message_error(&message, error);
        take_most(remote, &message);
        if (message_whole(&message))
            return STATUS_OK;
    }
    bury(remote, status);
    remote->burying = false;
    return error_copy(error, STATUS_STOP, &remote->why);
}

static enum status open_remote(struct portal *portal, struct error *error)
{
    struct remote *remote = portal->user_data;
    return start(portal, remote, error);
}

static void close_remote(struct portal *portal)
{
    struct remote *remote = portal->user_data;
    for (struct held *held; (held = remote->held);) {
        remote->held = held->next;
        buffer_free(&held->message);
        free(held);
    }
    child_close(remote->child, NULL);
    for (size_t i = 0; i < remote->deadly_count; i++)
        free((void *)(uintptr_t)remote->deadly[i].bytes);
    free(remote->deadly);
    free(remote->lent);
    arena_free(&remote->arena);
    free(remote);
    portal->user_data = NULL;
}

static size_t most_remote(const struct portal *portal, const struct portal_request *request)
{
    const struct remote *remote = portal->user_data;
    bool fits = request->kind == PORTAL_PUBLISH && (!request->base.bytes || request->version.bytes) &&
                rest_can_name(request->code);
    if (is_deadly(remote, request->code))
        return 1;
    return (size_t)(fits ? remote->most_publish : remote->most_other);
}

static int64_t lend(struct remote *remote, struct portal_request *request)
{
    size_t at = 0;
    while (at < remote->lent_count && remote->lent[at].request)
        at++;
    if (at == remote->lent_count) {
        remote->lent_count = remote->lent_count * 2 + 16;
        remote->lent = memory_grow(remote->lent, remote->lent_count, sizeof *remote->lent);
        memset(remote->lent + at, 0, (remote->lent_count - at) * sizeof *remote->lent);
    }
    remote->lent[at] = (struct lent){ .request = request, .submission = remote->submissions };
    remote->out++;
    return (int64_t)at;
}

static void put_request(struct buffer *out, struct remote *remote, struct portal_request *request)
{
    message_put_number(out, lend(remote, request));
    message_put_number(out, request->withdraws | request->unknown << 1 | request->changed << 2 |
                                request->renewed << 3);
    message_put_number(out, request->kind);
    message_put_text(out, request->code);
    message_put_text(out, request->key);
    message_put_text(out, request->body);
    message_put_text(
        out, (struct text){ (const char *)request->body_digest.bytes, sizeof request->body_digest.bytes });
    message_put_text(out, (struct text){ (const char *)request->digest.bytes, sizeof request->digest.bytes });
    message_put_text(out, request->base);
    message_put_text(out, request->version);
}

/* Has the child something that it has not answered? */
static bool is_busy(const struct remote *remote)
{
    for (size_t i = 0; i < remote->lent_count; i++)
        if (remote->lent[i].request && !remote->lent[i].lost && remote->lent[i].submission <= remote->sent)
            return true;
    return false;
}

static void let_go(struct remote *remote, struct text message, size_t submission)
{
    buffer_text(&remote->child->channel.out, message);
    remote->sent = submission;
    remote->heard_at = now_ms();
    remote->wary -= remote->wary > 0;
    (void)channel_send(&remote->child->channel, -1); /* a death is seen when an answer is waited for */
}

/* What waited goes when its turn has come: one by one as long as there is reason to. */
static enum status let_held_go(struct portal *portal, struct remote *remote, struct error *error)
{
    while (remote->held && (!remote->wary || !is_busy(remote))) {
        struct held *held = remote->held;
        if (!remote->child && start(portal, remote, error))
            return error->status;
        let_go(remote, buffer_view(&held->message), held->submission);
        remote->held = held->next;
        buffer_free(&held->message);
        free(held);
    }
    return STATUS_OK;
}

static enum status submit_remote(struct portal *portal, struct portal_request *const *requests, size_t count,
                                 struct error *error)
{
    struct remote *remote = portal->user_data;
    if (count == 1 && is_deadly(remote, requests[0]->code)) {
        remote->submissions++;
        remote->lent[lend(remote, requests[0])].lost = true;
        remote->lost++;
        return STATUS_OK;
    }
    if (!remote->child && start(portal, remote, error))
        return error->status;
    BUFFER_OWNED struct buffer out = { 0 };
    size_t begin = message_begin(&out, SAID_SUBMIT);
    message_put_number(&out, (int64_t)count);
    remote->submissions++;
    for (size_t i = 0; i < count; i++)
        put_request(&out, remote, requests[i]);
    message_end(&out, begin);
    if (!remote->wary && !remote->held) {
        let_go(remote, buffer_view(&out), remote->submissions);
        return STATUS_OK;
    }
    struct held *held = memory_new(struct held);
    *held = (struct held){ .message = out, .submission = remote->submissions };
    out = (struct buffer){ 0 };
    struct held **end = &remote->held;
    while (*end)
        end = &(*end)->next;
    *end = held;
    return let_held_go(portal, remote, error);
}

static enum status refuse(struct remote *remote, struct message *message, struct portal_response *report,
                          struct error *error)
{
    int64_t number = message_number(message);
    enum status status = message_error(message, &remote->why);
    if (!message_whole(message) || number < 0 || (size_t)number >= remote->lent_count ||
        !remote->lent[number].request)
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    if (status != STATUS_STOP)
        return error_copy(error, STATUS_FATAL, &remote->why);
    remote->refused = remote->lent[number].submission;
    return give_back(remote, report);
}

static enum status next_remote(struct portal *portal, long wait, struct portal_response *report,
                               struct error *error)
{
    struct remote *remote = portal->user_data;
    struct message message;
    if (give_back(remote, report) == STATUS_OK)
        return STATUS_OK;
    if (remote->deaths >= DEATHS_MAX)
        return error_copy(error, STATUS_STOP, &remote->why);
    if (let_held_go(portal, remote, error))
        return error->status;
    if (!remote->child)
        return STATUS_END;
    enum status status = hear(portal, remote, wait, &message);
    if (status == STATUS_RETRY && (!remote->out || now_ms() - remote->heard_at < patience(portal)))
        return STATUS_END;
    if (status == STATUS_OK && message.kind == SAID_REPORT)
        status = take_report(remote, &message, report, error);
    else if (status == STATUS_OK && message.kind == SAID_NOT_TAKEN)
        status = refuse(remote, &message, report, error);
    else if (status == STATUS_OK && message.kind == SAID_BROKEN)
        return message_error(&message, error);
    else if (status == STATUS_OK)
        status = STATUS_REJECT;
    if (status == STATUS_OK || status == STATUS_FATAL)
        return status;
    bury(remote, status);
    return give_back(remote, report);
}

void portal_child_use(struct portal *portal, struct spawner *spawner)
{
    if (!spawner || !portal->driver->network)
        return;
    struct remote *remote = memory_new(struct remote);
    remote->driver = *portal->driver;
    remote->driver.open = open_remote;
    remote->driver.close = close_remote;
    remote->driver.most = most_remote;
    remote->driver.submit = submit_remote;
    remote->driver.next = next_remote;
    remote->spawner = spawner;
    remote->most_publish = remote->most_other = 1;
    portal->driver = &remote->driver;
    portal->user_data = remote;
}
