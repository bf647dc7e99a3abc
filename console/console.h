/* The console (INTERFACE §10, docs/console.md): read-only pages for a browser, from the store alone.
 *
 *     struct console_settings settings = { .open = …, .listen = "127.0.0.1:8630", … };
 *     if (console_open(&settings, &console, error)) …
 *     wait for a signal
 *     console_close(console);
 *
 * Each answer is made from one snapshot of at most CONSOLE_SNAPSHOT_MS (a download: CONSOLE_DOWNLOAD_MS) and is whole before
 * its first byte leaves. Before
 * a snapshot is believed it is looked at as a run looks at the store it goes on from (audit_quick_check), whenever the
 * file has changed; and as soon as no run is at work the whole ledger is verified beside the pages (console/verifier.h).
 * Where either finds something, pages say so and show nothing as true.
 */
#ifndef CONSOLE_CONSOLE_H
#define CONSOLE_CONSOLE_H

#include "console/console_settings.h"

#define CONSOLE_SNAPSHOT_MS 2000
#define CONSOLE_DOWNLOAD_MS 30000 /* of what is taken away whole; */
#define CONSOLE_DOWNLOADS   2     /* so many are made at once, the other threads are left to pages; */
#define CONSOLE_FILES       8     /* so many lie in the temporary folder until they are sent */

struct console;

/* STATUS_USAGE where it may not listen; a store that is not there yet, or is none, is told on the pages. */
enum status console_open(const struct console_settings *settings, struct console **console,
                         struct error *error);
const char *console_address(const struct console *console);
void console_close(struct console *console); /* NULL: nothing */

#endif
