/* What the console is given, and its pages look into. */
#ifndef CONSOLE_CONSOLE_SETTINGS_H
#define CONSOLE_CONSOLE_SETTINGS_H

#include "core/agency.h"
#include "core/clock.h"
#include "core/words.h"
#include "core/workday.h"
#include "store/audit.h"
#include "store/store.h"

/* Borrowed until the console is closed. */
struct console_settings {
    const char *listen; /* adapters/http_server.h */
    int descriptor;     /* that was handed over; -1: none */
    /* Opens the store to be read; called from several threads, each store serves one at a time. */
    enum status (*open)(void *user_data, enum store_mode mode, struct store **store, struct error *error);
    /* Called when the socket listens and no thread has begun: what the process may do from here on. */
    enum status (*lock)(void *user_data, struct error *error);
    void *user_data;
    const char *store; /* its path */
    struct clock *clock;
    enum language language; /* of addresses that name none */
    const struct audit_settings *audit;
    struct text rules_text; /* rules and code lists, canonical JSON */
    const char *agency_code, *agency_name;
    enum agency_kind agency_kind;
    const char *baseline;                    /* yyyy-mm-dd; NULL: the ledger tells */
    const struct workday_calendar *calendar; /* NULL: no holidays are known */
};

#endif
