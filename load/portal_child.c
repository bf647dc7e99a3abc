#include "load/portal_child.h"

#include <stdlib.h>
#include <unistd.h>

#include "adapters/http.h"
#include "adapters/secrets.h"
#include "core/memory.h"
#include "load/portal_wire.h"

#define STEP_MS 1000 /* the child waits for answers so long before it looks around */

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

/* Of a submission, now. */
static size_t most(void)
{
    const struct portal *portal = &sender->portal;
    return portal->driver->most ? portal->driver->most(portal) : 1;
}

static void tell_report(const struct portal_response *report)
{
    struct errand *errand = report->request->owner;
    portal_wire_put_report(&sender->channel->out, most(), errand->number, report);
    sender->out--;
    arena_clear(&errand->arena);
    errand->next = sender->idle;
    sender->idle = errand;
}

static struct errand *take_errand(struct message *message)
{
    struct errand *errand = sender->idle ? sender->idle : memory_new(struct errand);
    sender->idle = sender->idle ? errand->next : NULL;
    struct arena arena = errand->arena;
    *errand = (struct errand){ .arena = arena };
    portal_wire_take_request(message, &errand->arena, &errand->number, &errand->request);
    errand->request.owner = errand;
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
    portal_wire_take_content(&message, arena, content);
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
        message_put_number(&channel->out, (int64_t)most());
    message_end(&channel->out, start);
    leave();
    if (status == STATUS_OK)
        serve();
}
