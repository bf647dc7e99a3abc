/* Payloads: their bytes must have their digests; what is forgotten must have an event that says so. */
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "store/audit_verify.h"
#include "store/sql.h"

#define LOOKED_UP 50 /* faults whose event is looked for: each reads the whole ledger */

/* ---- what events speak of ---- */

/* Bytes come into the store just before the first event that speaks of them. So the payloads are read along with the events,
 * by their numbers, and only what an event of long ago brought is looked up by its digest. */
#define PRESENCE "id, digest, bytes IS NOT NULL AND encoding = 0, kept IS 1 FROM payload"
#define NEAR     8                /* places for a digest */
#define AHEAD    (AUDIT_NEAR / 4) /* so many numbers before the newest that an event spoke of */

enum status audit_open_near(struct audit_pass *pass, struct error *error)
{
    return sqlite_prepare(store_database(pass->store), "SELECT " PRESENCE " ORDER BY id", &pass->near_rows,
                          error);
}

void audit_close_near(struct audit_pass *pass)
{
    if (pass->near_rows)
        sqlite_finish(pass->near_rows);
    pass->near_rows = NULL;
}

static struct audit_near *places_of(struct audit_pass *pass, const struct digest *digest)
{
    size_t at;
    memcpy(&at, digest->bytes, sizeof at);
    return &pass->near[at % AUDIT_NEAR / NEAR * NEAR];
}

static bool is_near(struct audit_pass *pass, const struct digest *digest, enum audit_presence *presence)
{
    const struct audit_near *near = places_of(pass, digest);
    for (int i = 0; i < NEAR; i++)
        if (near[i].presence != AUDIT_GONE && digest_equal(&near[i].digest, digest)) {
            *presence = near[i].presence;
            pass->near_used = near[i].id > pass->near_used ? near[i].id : pass->near_used;
            return true;
        }
    return false;
}

static void take_near(struct audit_pass *pass, struct sqlite_statement *row)
{
    struct audit_near taken = { .id = sqlite_number(row, 0) };
    if (!sqlite_digest(row, 1, &taken.digest))
        return;
    taken.presence = !sqlite_number(row, 2)  ? AUDIT_UNREADABLE
                     : sqlite_number(row, 3) ? AUDIT_KEPT
                                             : AUDIT_HELD;
    struct audit_near *near = places_of(pass, &taken.digest), *oldest = near;
    for (int i = 1; i < NEAR; i++)
        if (near[i].id < oldest->id)
            oldest = &near[i];
    *oldest = taken;
}

/* What cannot be read is told when the payloads themselves are verified. */
static bool read_ahead(struct audit_pass *pass, const struct digest *digest, enum audit_presence *presence)
{
    struct error unread;
    while (!is_near(pass, digest, presence)) {
        if (!pass->near_rows || pass->near_read > pass->near_used + (int64_t)AHEAD)
            return false;
        if (sqlite_step(pass->near_rows, &unread)) {
            audit_close_near(pass);
        } else {
            pass->near_read = sqlite_number(pass->near_rows, 0);
            take_near(pass, pass->near_rows);
        }
    }
    return true;
}

enum status audit_find_payload(struct audit_pass *pass, const struct digest *digest,
                               enum audit_presence *presence, struct error *error)
{
    struct sqlite_statement *row;
    *presence = AUDIT_GONE;
    if (read_ahead(pass, digest, presence))
        return STATUS_OK;
    enum status status = sql_row(pass->store, "SELECT " PRESENCE " WHERE digest = ?1",
                                 SQL_WITH(SQL_DIGEST(digest)), &row, error);
    if (status == STATUS_OK)
        take_near(pass, row);
    sqlite_reset_statement(row);
    (void)is_near(pass, digest, presence);
    return status > STATUS_END ? status : STATUS_OK;
}

void audit_told_payload(struct audit_pass *pass, const struct digest *digest)
{
    struct audit_near *near = places_of(pass, digest);
    for (int i = 0; i < NEAR; i++)
        if (near[i].presence != AUDIT_GONE && digest_equal(&near[i].digest, digest))
            near[i].presence = AUDIT_KEPT;
}

/* ---- the payloads themselves ---- */

/* The first event that speaks of the bytes; 0: none does. Only asked for what is wrong. */
static int64_t first_event(struct audit_pass *pass, const struct digest *digest, const char *hex)
{
    struct error unread;
    int64_t event = 0;
    if (pass->report->count < LOOKED_UP)
        (void)sql_number(pass->store,
                         "SELECT min(seq) FROM ledger WHERE digest = ?1 OR instr(detail, ?2) > 0",
                         SQL_WITH(SQL_DIGEST(digest), SQL_TEXT(text_of(hex))), &event, &unread);
    return event;
}

static void fault(struct audit_pass *pass, const struct digest *digest, const char *what)
{
    char hex[DIGEST_HEX];
    digest_hex(digest, hex);
    int64_t event = first_event(pass, digest, hex);
    if (event)
        audit_find(pass, AUDIT_PAYLOAD, event, _("the bytes %s, of which event %lld speaks: %s"), hex,
                   (long long)event, what);
    else
        audit_find(pass, AUDIT_PAYLOAD, 0, _("the bytes %s: %s"), hex, what);
}

/* The event that forgot bytes names them. Contents are never forgotten: the events that call them so ask for them. */
static enum status check_forgotten(struct audit_pass *pass, const struct digest *digest, int64_t event,
                                   struct error *error)
{
    struct sqlite_statement *row;
    char hex[DIGEST_HEX];
    pass->report->forgotten++;
    digest_hex(digest, hex);
    enum status status = sql_row(
        pass->store, "SELECT instr(detail, ?2) > 0 FROM ledger WHERE seq = ?1 AND event = 'forgotten'",
        SQL_WITH(SQL_NUMBER(event), SQL_TEXT(text_of(hex))), &row, error);
    bool named = status == STATUS_OK && sqlite_number(row, 0);
    sqlite_reset_statement(row);
    if (status > STATUS_END)
        return status;
    if (!named)
        fault(pass, digest, _("they are gone, and no event says that they were forgotten"));
    return STATUS_OK;
}

static int by_bytes(const void *left, const void *right)
{
    return memcmp(left, right, DIGEST_SIZE);
}

/* See audit_verify_events.c: a "digest" that the first version took of a locator. */
static bool is_known_misnamed(const struct audit_pass *pass, const struct digest *digest)
{
    return pass->misnamed_count &&
           bsearch(digest, pass->misnamed, pass->misnamed_count, sizeof *pass->misnamed, by_bytes);
}

static enum status check_one(struct audit_pass *pass, struct sqlite_statement *row, struct error *error)
{
    struct error reason = { 0 };
    struct digest digest;
    struct text bytes;
    pass->report->payloads++;
    if (!sqlite_digest(row, 0, &digest)) {
        audit_find(pass, AUDIT_PAYLOAD, 0, _("a payload has no digest"));
        return STATUS_OK;
    }
    enum status status = store_payload_unpack(pass->store, row, 3, &bytes, &reason);
    if (status == STATUS_END)
        return check_forgotten(pass, &digest, sqlite_number(row, 2), error);
    struct digest computed = crypto_sha256(status ? TEXT("") : bytes);
    if (status)
        fault(pass, &digest, reason.message);
    else if (!bytes.length && !digest_equal(&computed, &digest) && is_known_misnamed(pass, &digest))
        return STATUS_OK;
    else if (!digest_equal(&computed, &digest))
        fault(pass, &digest, _("they were changed, they do not have this digest"));
    else if (!sqlite_number(row, 6) || (int64_t)bytes.length != sqlite_number(row, 5))
        fault(pass, &digest,
              _("their length, or what they are kept for, is not what is recorded beside them"));
    return STATUS_OK;
}

enum status audit_verify_payloads(struct audit_pass *pass, struct error *error)
{
    struct sqlite_statement *rows;
    if (sqlite_prepare(store_database(pass->store),
                       "SELECT digest, kept, forgotten, bytes, encoding, size, typeof(bytes) = 'blob'"
                       " AND forgotten IS NULL AND kept IN (0, 1) AND typeof(size) = 'integer' AND "
                       "typeof(digest) = 'blob'"
                       " AND typeof(encoding) = 'integer' FROM payload ORDER BY id",
                       &rows, error))
        return error->status;
    enum status status;
    if (pass->misnamed_count)
        qsort(pass->misnamed, pass->misnamed_count, sizeof *pass->misnamed, by_bytes);
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        if ((status = check_one(pass, rows, error)))
            break;
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}
