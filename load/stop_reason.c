#include "load/stop_reason.h"

static void say_answer(struct error *reason, const char *url, const struct portal_response *report)
{
    struct text message = report->message, code = report->request->code;
    if (!report->status)
        (void)error_set(reason, STATUS_STOP,
                        _("there is no safe or usable connection to the portal %s (" TEXT_PRINT
                          "): check portal.url, portal.ca_file and the certificates"),
                        url, TEXT_ARG(message));
    else if (report->status == 401 || report->status == 403 || report->status == 407)
        (void)error_set(reason, STATUS_STOP,
                        _("the portal %s refuses the credentials (HTTP %ld at " TEXT_PRINT ": " TEXT_PRINT
                          "): check portal.auth"),
                        url, report->status, TEXT_ARG(code), TEXT_ARG(message));
    else if (report->status < 300)
        (void)error_set(reason, STATUS_STOP,
                        _("the portal %s does not do what it is asked for (at " TEXT_PRINT ": " TEXT_PRINT
                          "): check its settings, the names of the services and the rights"),
                        url, TEXT_ARG(code), TEXT_ARG(message));
    else if (report->status < 400)
        (void)error_set(reason, STATUS_STOP,
                        _("the portal %s sends elsewhere (HTTP %ld at " TEXT_PRINT "): check portal.url"),
                        url, report->status, TEXT_ARG(code));
    else
        (void)error_set(reason, STATUS_STOP,
                        _("the portal %s does not serve what it is asked for (HTTP %ld at " TEXT_PRINT
                          ": " TEXT_PRINT "): check portal.url"),
                        url, report->status, TEXT_ARG(code), TEXT_ARG(message));
}

void stop_reason(struct error *reason, const char *url, enum congestion_fault fault,
                 const struct portal_response *report)
{
    struct text message = report->message;
    switch (fault) {
    case CONGESTION_NONE:
        say_answer(reason, url, report);
        break;
    case CONGESTION_UNREACHABLE:
        (void)error_set(reason, STATUS_STOP, _("the portal %s cannot be reached (" TEXT_PRINT ")"), url,
                        TEXT_ARG(message));
        break;
    case CONGESTION_UNRESPONSIVE:
        (void)error_set(reason, STATUS_STOP,
                        _("the portal %s does not answer any more (the last time: " TEXT_PRINT ")"), url,
                        TEXT_ARG(message));
        break;
    case CONGESTION_NOT_ACCEPTING:
        (void)error_set(
            reason, STATUS_STOP,
            _("the portal %s answers questions, but takes nothing any more (the last time: " TEXT_PRINT ")"),
            url, TEXT_ARG(message));
        break;
    case CONGESTION_PAUSED:
        (void)error_set(reason, STATUS_STOP, _("the portal %s asks to be left alone for %lld minutes"), url,
                        (long long)(report->retry_after / 60000));
        break;
    }
}

void stop_reason_of_doubt(struct portal_response *report, struct arena *arena,
                          const struct delivery_task *delivery_task)
{
    if (report->said == RESULT_HELD)
        portal_say(report, arena,
                   _("it answers without saying what it holds: no \"digest\", no \"content\", or of a "
                     "withdrawal no \"status\""));
    else if (report->said == RESULT_TAKEN && delivery_task->vouched)
        portal_say(
            report, arena,
            _("it answers that it took what was sent again, but does not show it: that may be its answer "
              "of the first time, and another hand has changed it since; settle it with \"congkhai "
              "reconcile --adopt\" or --overwrite"));
    else if (report->said == RESULT_TAKEN)
        portal_say(
            report, arena,
            _("it answers without showing that it took what was sent: neither its \"digest\" nor a new "
              "\"version\""));
    else
        portal_say(report, arena, _("it answers something that does not fit what it was asked"));
}

bool stop_reason_of_unknown(struct portal_response *report, struct arena *arena,
                            const struct delivery_task *delivery_task, enum delivery_event event)
{
    struct text code = delivery_task->item.code;
    bool missing = event == EVENT_NOTHING || event == EVENT_ABSENT || event == EVENT_GONE;
    if (delivery_task->mismatch && (missing || event == EVENT_BASE))
        portal_say(
            report, arena,
            _("the portal contradicts itself: HTTP %ld, but what it shows is not in the way; look with "
              "\"congkhai reconcile --show " TEXT_PRINT "\""),
            delivery_task->mismatch, TEXT_ARG(code));
    else if (missing && delivery_task->delivery.rests)
        portal_say(report, arena,
                   _("the portal does not know " TEXT_PRINT
                     ", though it acknowledged it before: compare with \"congkhai reconcile\""),
                   TEXT_ARG(code));
    else if (event == EVENT_UNTOLD)
        portal_say(report, arena,
                   _("what stands at the portal cannot be told from its answer (HTTP %ld): look with "
                     "\"congkhai reconcile --show " TEXT_PRINT
                     "\"; it is not sent again until \"congkhai retry\" orders it"),
                   report->status, TEXT_ARG(code));
    else if (event == EVENT_NOT_YET || (delivery_task->delivery.queued && (missing || event == EVENT_BASE)))
        portal_say(
            report, arena,
            _("the portal has accepted " TEXT_PRINT
              " for later (HTTP 202) and does not show it yet; the next run asks first; what never comes, "
              "\"congkhai retry\" takes up"),
            TEXT_ARG(code));
    else
        return false;
    return true;
}
