#include "load/courier_reason.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static void say(char reason[COURIER_REASON_MOST], const char *format,
                                                      ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, COURIER_REASON_MOST, format, arguments);
    va_end(arguments);
}

static void say_answer(char reason[COURIER_REASON_MOST], const char *url, const struct portal_report *report)
{
    struct text words = report->words, code = report->errand->code;
    if (!report->status)
        say(reason,
            _("there is no safe or usable connection to the portal %s (" TEXT_PRINT
              "): check portal.url, portal.ca_file and the certificates"),
            url, TEXT_ARG(words));
    else if (report->status == 401 || report->status == 403 || report->status == 407)
        say(reason,
            _("the portal %s refuses the credentials (HTTP %ld at " TEXT_PRINT ": " TEXT_PRINT
              "): check portal.auth"),
            url, report->status, TEXT_ARG(code), TEXT_ARG(words));
    else if (report->status < 400)
        say(reason, _("the portal %s sends elsewhere (HTTP %ld at " TEXT_PRINT "): check portal.url"), url,
            report->status, TEXT_ARG(code));
    else
        say(reason,
            _("the portal %s does not serve what it is asked for (HTTP %ld at " TEXT_PRINT ": " TEXT_PRINT
              "): check portal.url"),
            url, report->status, TEXT_ARG(code), TEXT_ARG(words));
}

void courier_reason(char reason[COURIER_REASON_MOST], const char *url, enum pace_fault fault,
                    const struct portal_report *report)
{
    struct text words = report->words;
    switch (fault) {
    case PACE_WELL:
        say_answer(reason, url, report);
        break;
    case PACE_ABSENT:
        say(reason, _("the portal %s cannot be reached (" TEXT_PRINT ")"), url, TEXT_ARG(words));
        break;
    case PACE_SILENT:
        say(reason, _("the portal %s does not answer any more (the last time: " TEXT_PRINT ")"), url,
            TEXT_ARG(words));
        break;
    case PACE_BARREN:
        say(reason,
            _("the portal %s answers questions, but takes nothing any more (the last time: " TEXT_PRINT ")"),
            url, TEXT_ARG(words));
        break;
    case PACE_RESTING:
        say(reason, _("the portal %s asks to be left alone for %lld minutes"), url,
            (long long)(report->retry_after / 60000));
        break;
    }
}

const char *courier_reason_of_doubt(enum delivery_said said)
{
    switch (said) {
    case SAID_HELD:
        return _("it answers without saying what it holds: no \"digest\", no \"content\", or of a "
                 "withdrawal no \"status\"");
    case SAID_TAKEN:
        return _("it answers that it took something else: another \"digest\" or \"status\" than was sent");
    default:
        return _("it answers something that does not fit what it was asked");
    }
}
