/* The part `ledger:` of the configuration, and what a run does with it: sealing, housekeeping, copies.
 *
 *     ledger:
 *       key: /etc/congkhai/ledger.key        the private key, outside of the store (congkhai audit key)
 *       public: [/srv/audit/old.pub]         further keys whose heads are believed: words or files
 *       name: …                              of the log; not needed
 *       copies:                              where each head goes
 *         - folder: /mnt/usb/heads
 *         - command: "ssh audit@kiem-toan append"      the head on its standard input
 *         - url: https://audit.example/heads           POST; headers: { Authorization: "Bearer ${file:…}" }
 *         - mail: kiemtoan@cantho.gov.vn               by sendmail
 */
#ifndef CLI_LEDGER_SETUP_H
#define CLI_LEDGER_SETUP_H

#include "adapters/http.h"
#include "core/setting.h"
#include "notify/sink.h"
#include "store/audit.h"

struct ledger_setup {
    const char *key; /* path of the private key; NULL: heads are not signed */
    const char *sendmail;
    struct sink *copies;
    size_t copy_count;
    const struct value *public;
    struct audit_settings audit;
};

struct configuration;
struct session;

/* Reads the tree (NULL: nothing configured); no key is looked at. STATUS_USAGE with the place. */
enum status ledger_setup_read(const struct setting_context *context, const char *folder, const char *agency,
                              const struct value *tree, struct ledger_setup *settings, struct error *error);

/* Before anything is touched: the private key, where one is configured, can be read by its owner alone, and is one of this store's
 * ledger. STATUS_USAGE. */
enum status ledger_setup_check(struct configuration *configuration, struct error *error);

/* The keys whose heads are believed: `public`, the private key's own, and the words or files given besides.
 * Where the private key cannot be read, `<key>.pub` beside it serves. */
enum status ledger_setup_read_keys(struct configuration *configuration, const char *const *more,
                                   size_t more_count, struct error *error);

/* For run_begin: reads the private key and tells the store to seal with it. STATUS_USAGE when it cannot be
 * read or others may read it, before anything is touched. */
enum status ledger_setup_open(struct session *session, struct store *store, struct error *error);

/* For run_end, before the run is ended: packs and forgets payloads. Faults that leave the ledger writable are
 * only said. */
enum status ledger_setup_housekeeping(struct session *session, struct store *store, struct error *error);

/* For run_end, after it: the copies of the head. What fails is said, and an event. */
void ledger_setup_copy_head(struct session *session, struct store *store, int64_t run);

#endif
