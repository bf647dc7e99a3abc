/* Where something is sent that people or machines outside should have: a notice of the night, the ledger's head.
 *
 *     { folder: PATH }                        one file each
 *     { command: LINE }                       a command line that reads it from its standard input
 *     { url: URL, headers: {…} }              posted
 *     { mail: ADDRESS or LIST, from: ADDRESS, server: smtp://HOST[:PORT] or smtps://…, auth: {basic: …} }
 *                                             by SMTP, or without a server by the program `sendmail`
 *
 * Secrets of URL, headers and auth are resolved when it is sent; none is in a command's environment (children get
 * none at all, adapters/process.h).
 */
#ifndef NOTIFY_SINK_H
#define NOTIFY_SINK_H

#include "core/setting.h"

struct sink {
    const struct sink_way *way; /* set by sink_check (the table of sink.c) */
    const char *base;           /* the folder that paths start at */
    const char *folder, *command, *url, *from, *server, *sendmail;
    const struct value *headers, *mail, *auth;
    const char *shown; /* for messages: the way, without secrets */
};

/* The settings of a sink, at the beginning of the table of whoever has more of them; the struct begins with the sink. */
#define SINK_SETTINGS                                                                                        \
    { "folder", SETTING_TEXT, offsetof(struct sink, folder), .help = N_("a folder: one file each") },        \
        { "command", SETTING_TEXT, offsetof(struct sink, command),                                           \
          .help = N_("a command line that reads it from its standard input") },                              \
        { "url", SETTING_TEXT, offsetof(struct sink, url), .help = N_("where it is posted to") },            \
        { "headers", SETTING_OBJECT, offsetof(struct sink, headers), .help = N_("of the POST") },            \
        { "mail", SETTING_LIST, offsetof(struct sink, mail), .help = N_("addresses it is mailed to") },      \
        { "from", SETTING_TEXT, offsetof(struct sink, from),                                                 \
          .help = N_("the address that mail comes from") },                                                  \
        { "server", SETTING_TEXT, offsetof(struct sink, server),                                             \
          .help = N_("the mail server: smtp://host or smtps://host; without one, sendmail") },               \
    {                                                                                                        \
        "auth", SETTING_OBJECT, offsetof(struct sink, auth), .help = N_("of the mail server: basic")         \
    }

/* The way that the settings name, "url"; NULL: none. Before sink_check, too. */
const char *sink_named(const struct sink *sink);
/* After the table was read: one way, and what belongs to it. `tree` is the entry, for places. */
enum status sink_check(const struct setting_context *context, const char *base, const struct value *tree,
                       struct sink *sink, struct error *error);

struct sink_message {
    struct text subject, body;
    const char *type; /* "text/plain; charset=utf-8" */
    const char *file; /* of a folder: the file's name */
};

/* STATUS_RETRY or STATUS_USAGE with what went wrong. */
enum status sink_send(const struct sink *sink, const struct sink_message *message, struct error *error);

/* A request without a body, or with one: for health checks. */
enum status sink_post(const struct sink *sink, const char *url, struct text body, const char *type,
                      struct error *error);

#endif
