#include "load/load.h"

#include "load/courier.h"
#include "load/portal.h"

static enum status read_portal(const struct load_request *request, struct portal *portal, struct error *error)
{
    *portal = (struct portal){ .notice = request->notice,
                               .notice_own = request->own,
                               .agency = request->agency_code };
    return portal_read(request->context, request->folder, request->portal, portal, error);
}

enum status load_check(const struct load_request *request, struct error *error)
{
    struct portal portal;
    enum status status = read_portal(request, &portal, error);
    portal_free(&portal);
    return status;
}

/* Deliveries reach the disk: an intent that is lost with the machine would be sent twice. */
static enum status deliver(struct store *store, const struct load_request *request, struct portal *portal,
                           struct run_counts *counts, struct error *error)
{
    if (store_durable(store, true, error))
        return error->status;
    enum status status = portal->driver->open(portal, error);
    if (!status)
        status = courier_run(store, request, portal, counts, error);
    portal->driver->close(portal);
    struct store_kept_back kept = { 0 };
    struct error second = { 0 };
    if (!store_kept_back(store, &kept, &second))
        counts->pending = kept.pending;
    else if (!status)
        status = error_set(error, second.status, "%s", second.message);
    if (store_durable(store, false, &second) && !status)
        status = error_set(error, second.status, "%s", second.message);
    return status;
}

enum status load_run(struct store *store, const struct load_request *request, struct run_counts *counts,
                     struct error *error)
{
    struct portal portal;
    enum status status = read_portal(request, &portal, error);
    portal.clock = store_clock(store);
    if (!status)
        status = deliver(store, request, &portal, counts, error);
    portal_free(&portal);
    return status;
}
