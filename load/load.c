#include "load/load.h"

#include <stdio.h>

#include "load/brakes.h"
#include "load/delivery_task.h"
#include "load/dispatcher.h"
#include "load/plan.h"
#include "load/portal_child.h"
#include "store/outbox_proof.h"
#include "store/store_run.h"

static enum status read_portal(const struct load_request *request, struct portal *portal, struct error *error)
{
    *portal = (struct portal){ .notice = request->notice,
                               .notice_own = request->user_data,
                               .agency = request->agency_code };
    return portal_read(request->context, request->folder, request->portal, portal, error);
}

static struct brakes_request brakes_of(const struct load_request *request, const struct brakes *brakes)
{
    return (struct brakes_request){ .brakes = brakes,
                                    .filter = &request->filter,
                                    .sources = request->sources,
                                    .source_count = request->source_count,
                                    .released = request->released,
                                    .released_count = request->released_count,
                                    .reason = request->reason,
                                    .actor = request->actor,
                                    .command = request->command,
                                    .notice = request->notice,
                                    .user_data = request->user_data };
}

enum status load_check(const struct load_request *request, struct error *error)
{
    struct portal portal = { 0 };
    struct brakes brakes;
    enum status all = STATUS_OK;
    if (!setting_step(request->context, &all, brakes_read(request->context, request->brakes, &brakes, error),
                      error))
        return all;
    struct brakes_request released = brakes_of(request, &brakes);
    if (brakes_check_released(&released, error))
        return error->status;
    if (request->plan && !plan_is_digest(request->plan))
        return error_set(
            error, STATUS_USAGE,
            _("--plan takes the digest that \"congkhai plan\" ends with: 64 hexadecimal digits"));
    (void)setting_step(request->context, &all, read_portal(request, &portal, error), error);
    portal_free(&portal);
    return all;
}

/* Deliveries reach the disk: an intent that is lost with the machine would be sent twice. */
static enum status deliver(struct store *store, const struct load_request *request,
                           const struct dispatch_gate *gate, struct portal *portal, struct run_counts *counts,
                           struct error *error)
{
    if (store_durable(store, true, error))
        return error->status;
    portal->content = delivery_task_content;
    portal->content_own = store;
    portal_child_use(portal, request->spawner);
    enum status status = portal->driver->open(portal, error);
    if (!status)
        status = dispatcher_run(store, request, gate, portal, counts, error);
    portal->driver->close(portal);
    struct error second = { 0 };
    if (store_durable(store, false, &second) && !status)
        status = error_copy(error, second.status, &second);
    return status;
}

static enum status doubt(void *user_data, struct text code, int64_t event, const char *sentence,
                         struct error *error)
{
    const struct store *store = user_data;
    (void)error_set(error, STATUS_LEDGER,
                    _("%s: what is to be sent of " TEXT_PRINT " does not follow from the ledger: %s"),
                    store_path(store), TEXT_ARG(code), sentence);
    char what[ERROR_MESSAGE_SIZE];
    snprintf(what, sizeof what, "%s", error->message);
    if (event)
        return error_set(error, STATUS_LEDGER,
                         _("%s (event %lld); nothing was sent. \"congkhai audit verify\" looks at all of it; "
                           "keep a copy of the file and restore a backup"),
                         what, (long long)event);
    return error_set(error, STATUS_LEDGER,
                     _("%s; nothing was sent. \"congkhai audit verify\" looks at all of it; keep a copy of "
                       "the file and restore a backup"),
                     what);
}

/* Before the first request. What a brake says of what nobody approved, in *braked, does not keep the rest. */
static enum status hold(struct store *store, const struct load_request *request, struct dispatch_gate *gate,
                        struct error *braked, struct error *error)
{
    struct brakes brakes;
    struct approval_news news;
    if (outbox_prove(store, &request->filter, doubt, store, error) ||
        brakes_read(request->context, request->brakes, &brakes, error) ||
        approval_settle(store, &request->approval, request->actor, request->news ? request->news : &news,
                        error) ||
        approval_gate_open(store, gate->approval, error))
        return error->status;
    struct brakes_request asked = brakes_of(request, &brakes);
    asked.gate = gate->approval;
    struct approval_counts approved = { .approved = 0 };
    enum status status = brakes_hold(store, &asked, error);
    if (status == STATUS_STOP && gate->approval->bound) {
        (void)error_copy(braked, status, error);
        if (approval_count(store, &approved, error))
            return error->status;
        gate->approved_only = approved.approved > 0;
        status = gate->approved_only ? STATUS_OK : error_copy(error, braked->status, braked);
    }
    if (status || !request->plan)
        return status;
    return plan_check(store, &request->filter, request->plan, request->actor, error);
}

enum status load_run(struct store *store, const struct load_request *request, struct run_counts *counts,
                     struct error *error)
{
    struct portal portal;
    struct approval_gate approval = { .bound = false };
    struct dispatch_gate gate = { .approval = &approval };
    struct error braked = { 0 };
    enum status status = read_portal(request, &portal, error);
    portal.clock = store_clock(store);
    if (!status)
        status = hold(store, request, &gate, &braked, error);
    if (!status)
        status = deliver(store, request, &gate, &portal, counts, error);
    if (!status && gate.approved_only)
        status = error_copy(error, braked.status, &braked);
    approval_gate_close(&approval);
    portal_free(&portal);
    struct store_kept_back kept = { 0 };
    struct error second = { 0 };
    if (!store_kept_back(store, &kept, &second))
        counts->pending = kept.pending;
    else if (!status)
        status = error_copy(error, second.status, &second);
    return status;
}
