/* The owner's end of portal_child.h: a driver whose work is done by a process that may die. */
#include <stdlib.h>
#include <string.h>

#include "adapters/secrets.h"
#include "core/clock.h"
#include "core/memory.h"
#include "load/portal_child.h"
#include "load/portal_wire.h"

#define DEATHS_MAX  3
#define MESSAGE_MAX ((size_t)64 << 20)

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
    size_t most; /* of a submission, as the child said last */
    bool (*alone_by)(const struct portal *portal, const struct portal_request *request); /* the driver's */
    int64_t heard_at;
    unsigned deaths; /* since the last report */
    size_t wary;     /* so many submissions still go alone, because there was a death */
    size_t sent;     /* the submission that went last */
    struct held *held;
    struct text *deadly; /* codes whose requests ended a process that had nothing else */
    size_t deadly_count, lost;
    bool alone;        /* what it had when it died was alone */
    bool burying;      /* what it had is given back as lost, one by one … */
    size_t buried;     /* … up to this submission: others may have left since, to the next one */
    size_t refused;    /* a submission that was not taken is given back; 0: none */
    struct error why;  /* … with these words */
    struct error told; /* what the last report's message was made of */
    struct arena arena;
};

/* Of a submission this request is the last that is out. */
static bool is_last(const struct remote *remote, size_t submission)
{
    for (size_t i = 0; i < remote->lent_count; i++)
        if (remote->lent[i].request && remote->lent[i].submission == submission)
            return false;
    return true;
}

static struct lent *find_lent(struct remote *remote, int64_t number)
{
    bool there = number >= 0 && (size_t)number < remote->lent_count && remote->lent[number].request;
    return there ? &remote->lent[number] : NULL;
}

static enum status take_report(struct remote *remote, struct message *message, struct portal_response *report,
                               struct error *error)
{
    struct portal_request own;
    size_t most;
    int64_t number;
    bool sense = portal_wire_take_report(message, &remote->told, &most, &number, &own, report);
    struct lent *lent = sense ? find_lent(remote, number) : NULL;
    if (!lent)
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    remote->most = most;
    report->request = lent->request;
    report->request->changed = own.changed;
    report->request->renewed = own.renewed;
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
    struct lent *lent = find_lent(remote, number);
    if (message_whole(message) && lent && portal->content)
        status = portal->content(portal->content_own, lent->request,
                                 kind == PORTAL_CONTENT_HELD ? PORTAL_CONTENT_HELD : PORTAL_CONTENT_SENT,
                                 &arena, &content, &error);
    struct buffer *out = &remote->child->channel.out;
    portal_wire_put_content(out, status, &content, &error);
    (void)channel_send(&remote->child->channel, -1);
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
    remote->buried = remote->sent;
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
        bool its = lent->lost || (remote->burying ? lent->submission <= remote->buried
                                                  : lent->submission == remote->refused);
        if (!lent->request || !its)
            continue;
        remote->lost -= lent->lost;
        *report = (struct portal_response){ .request = lent->request,
                                            .said = RESULT_LOST,
                                            .not_taken = remote->burying || lent->lost ? NULL : &remote->why,
                                            .message = text_of(remote->why.message),
                                            .why = &remote->why,
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
        remote->heard_at = clock_steady_ms();
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
        int64_t most = message_number(&message);
        remote->most = most < 1 ? 1 : (size_t)most;
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

static size_t most_remote(const struct portal *portal)
{
    return ((const struct remote *)portal->user_data)->most;
}

static bool alone_remote(const struct portal *portal, const struct portal_request *request)
{
    const struct remote *remote = portal->user_data;
    return text_among(request->code, remote->deadly, remote->deadly_count) ||
           (remote->alone_by && remote->alone_by(portal, request));
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
    remote->heard_at = clock_steady_ms();
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
    if (count == 1 && text_among(requests[0]->code, remote->deadly, remote->deadly_count)) {
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
        portal_wire_put_request(&out, lend(remote, requests[i]), requests[i]);
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
    struct lent *lent = find_lent(remote, number);
    if (!message_whole(message) || !lent)
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    if (status != STATUS_STOP)
        return error_copy(error, STATUS_FATAL, &remote->why);
    remote->refused = lent->submission;
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
    if (status == STATUS_RETRY && (!remote->out || clock_steady_ms() - remote->heard_at < patience(portal)))
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
    remote->driver.alone = alone_remote;
    remote->driver.submit = submit_remote;
    remote->driver.next = next_remote;
    remote->spawner = spawner;
    remote->most = 1;
    remote->alone_by = portal->driver->alone;
    portal->driver = &remote->driver;
    portal->user_data = remote;
}
