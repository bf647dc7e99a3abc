/* Notices: who is told of a night, and of what (INTERFACE §11).
 *
 *     notify:
 *       - { mail: [tth@cantho.example], on: [stopped, new-kept, recovered], from: …, server: smtp://… }
 *       - { url: "https://hc.example/UUID", style: healthchecks, ok: [0, 1] }
 *       - { url: https://hooks.example/x, body: json }
 *       - { command: /usr/local/bin/tell }
 *       - { metrics: /var/lib/prometheus/node-exporter/congkhai.prom }
 *
 * Metrics and health checks go every night. The rest is told a cause once: what stopped the night, what is newly
 * kept back, that a stopped night went well again, a term that is near; what stays is told again every 7 days. That
 * approval was founded, or is being recovered, is told to everybody whatever `on` says.
 * What was told stands in `<store>.notices`; where that cannot be read or written, everything is told each time, and so is
 * a stop with exit 2, 4 or 5.
 * A notice that fails is a warning, never the night's failure; it comes with the next night's (notify/untold.h).
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "notify/sink.h"

/* The causes, each once, as "on" of a notice and of an entry names them. NOTIFY_APPROVAL is told to everybody, and not asked for. */
#define NOTIFY_CAUSES_ALL(one)                                                                               \
    one(NOTIFY_STOPPED, "stopped") one(NOTIFY_NEW_KEPT, "new-kept") one(NOTIFY_RECOVERED, "recovered")       \
        one(NOTIFY_DEADLINE, "deadline") one(NOTIFY_APPROVAL, "approval")
#define NOTIFY_CAUSE_ID(id, name) id,
enum notify_cause { NOTIFY_CAUSES_ALL(NOTIFY_CAUSE_ID) NOTIFY_CAUSES };

struct notify_entry {
    struct sink sink; /* the first member: SINK_SETTINGS */
    const char *metrics;
    const struct value *on, *ok;
    int style, body;
    bool told_on[NOTIFY_CAUSES];
    bool is_ok[6]; /* exit codes that count as success */
};

struct notify_settings {
    struct notify_entry *entries;
    size_t count;
};

/* The list of the configuration (NULL: none). STATUS_USAGE with the place. */
enum status notify_read(const struct setting_context *context, const char *base, const struct value *list,
                        struct notify_settings *settings, struct error *error);

/* What is told. Texts are borrowed. */
struct notify_night {
    const char *store; /* its path */
    struct text agency, host;
    int64_t run; /* 0: none was begun, and what is of a run is not told */
    int exit_code;
    struct text why;           /* where it stopped; bytes NULL: it did not */
    int64_t started, finished; /* milliseconds */
    const struct value *
        counts; /* an object of numbers: what the night did, and missing_now: what no record gives any more */
    const struct value *new_kept;   /* rows as store/kept.h has them, with their words */
    const struct value *still_kept; /* likewise: what is kept back since a week, or two, or three, … */
    int64_t kept;                   /* how many records and procedures are kept back in all */
    const struct value *deadlines;  /* rows: code, name, rule, due, overdue */
    const struct value *approval;   /* rows: words, at, actor: who decides was founded, or is recovered */
    struct text metrics;            /* the page of metrics; bytes NULL: none could be made */
};

typedef void notify_say(void *user_data, const char *way, const char *message);

/* Health checks are told that a night begins. */
void notify_begin(const struct notify_settings *settings, notify_say *say, void *user_data);
/* The night is over: everybody is told what concerns them. */
void notify_end(const struct notify_settings *settings, const struct notify_night *night, int64_t now,
                notify_say *say, void *user_data);

#endif
