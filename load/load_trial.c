#include "load/load.h"
#include "load/portal.h"
#include "load/stop_reason.h"

/* A question that changes nothing: any portal can say that it does not know this code. */
static enum status ask(struct portal *portal, struct error *error)
{
    struct portal_request request = { .kind = PORTAL_ASK,
                                      .code = TEXT("0.000000"),
                                      .key = TEXT("congkhai-probe") };
    struct portal_response report;
    if (portal_ask_once(portal, &request, &report, error))
        return error->status;
    if (report.said == RESULT_HELD || report.said == RESULT_UNKNOWN)
        return STATUS_OK;
    if (report.said == RESULT_NOT_LEFT || report.said == RESULT_CLOSED) {
        struct error reason;
        stop_reason(&reason, portal->settings->shown,
                    report.said == RESULT_CLOSED ? CONGESTION_NONE : CONGESTION_UNREACHABLE, &report);
        return error_copy(error, STATUS_STOP, &reason);
    }
    return error_set(error, STATUS_STOP, _("the portal %s does not answer as it should: " TEXT_PRINT),
                     portal->settings->shown, TEXT_ARG(report.message));
}

enum status load_trial(const struct load_request *request, struct error *error)
{
    struct portal portal = { .notice = request->notice,
                             .notice_own = request->user_data,
                             .agency = request->agency_code };
    enum status status = portal_read(request->context, request->folder, request->portal, &portal, error);
    if (status)
        return status;
    portal.clock = clock_system();
    status = portal.driver->open(&portal, error);
    if (status == STATUS_OK)
        status = portal.driver->probe ? portal.driver->probe(&portal, error) : ask(&portal, error);
    portal.driver->close(&portal);
    portal_free(&portal);
    return status;
}
