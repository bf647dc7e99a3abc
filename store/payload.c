/* The bytes that the store keeps, each once under its digest. */
#include "adapters/crypto.h"
#include "adapters/deflate.h"
#include "store/sql.h"
#include "store/store.h"

/* Bytes on their way into the store, as they are to stand there. */
struct arriving {
    const struct digest *digest;
    struct text stored;
    size_t size; /* before packing */
    bool packed, kept;
};

/* Known bytes; what retention forgot has come again, and what was packed as a source's is now a content. */
static enum status find_payload(struct store *store, const struct arriving *arriving, int64_t *payload,
                                struct error *error)
{
    struct sqlite_statement *find;
    enum status status = sql_row(store, "SELECT id, bytes IS NULL, kept = 0 FROM payload WHERE digest = ?1",
                                 SQL_WITH(SQL_DIGEST(arriving->digest)), &find, error);
    if (status)
        return status;
    *payload = sqlite_number(find, 0);
    bool forgotten = sqlite_number(find, 1), becomes_kept = arriving->kept && sqlite_number(find, 2);
    sqlite_reset_statement(find);
    if (!forgotten && !becomes_kept)
        return STATUS_OK;
    return sql_run(store,
                   "UPDATE payload SET bytes = ?2, encoding = ?5, kept = max(kept, ?4), forgotten = NULL,"
                   " run = CASE WHEN bytes IS NULL THEN ?3 ELSE run END WHERE id = ?1",
                   SQL_WITH(SQL_NUMBER(*payload), SQL_BYTES(arriving->stored), SQL_NUMBER(store_run(store)),
                            SQL_NUMBER(arriving->kept), SQL_NUMBER(arriving->packed)),
                   error);
}

static enum status put_payload(struct store *store, const struct arriving *arriving, int64_t *payload,
                               struct error *error)
{
    if (sql_run(store,
                "INSERT OR IGNORE INTO payload (digest, kept, encoding, size, run, bytes)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                SQL_WITH(SQL_DIGEST(arriving->digest), SQL_NUMBER(arriving->kept),
                         SQL_NUMBER(arriving->packed), SQL_NUMBER((int64_t)arriving->size),
                         SQL_NUMBER(store_run(store)), SQL_BYTES(arriving->stored)),
                error))
        return error->status;
    if (!sqlite_changed_rows(store_database(store)))
        return find_payload(store, arriving, payload, error);
    *payload = sqlite_last_row(store_database(store));
    return STATUS_OK;
}

enum status store_payload_put(struct store *store, enum payload_use use, const struct digest *digest,
                              struct text bytes, int64_t *payload, struct error *error)
{
    struct arriving arriving = { .digest = digest,
                                 .stored = bytes.bytes ? bytes : TEXT(""),
                                 .size = bytes.length,
                                 .kept = use == PAYLOAD_KEPT };
    return put_payload(store, &arriving, payload, error);
}

enum status store_payload_put_packed(struct store *store, const struct digest *digest, size_t size,
                                     struct text packed, int64_t *payload, struct error *error)
{
    struct arriving arriving = { .digest = digest, .stored = packed, .size = size, .packed = true };
    return put_payload(store, &arriving, payload, error);
}

enum status store_payload_unpack(struct store *store, struct sqlite_statement *row, int at,
                                 struct text *bytes, struct error *error)
{
    int64_t encoding = sqlite_number(row, at + 1), size = sqlite_number(row, at + 2);
    if (sqlite_is_null(row, at))
        return STATUS_END;
    *bytes = sqlite_bytes(row, at);
    if (!encoding)
        return STATUS_OK;
    if (encoding != 1 || size < 0)
        return error_set(error, STATUS_LEDGER, _("%s: a payload is kept in a way this program does not know"),
                         store_path(store));
    struct store_unpacking *unpacking = store_unpacking(store);
    if (!unpacking->deflate)
        unpacking->deflate = deflate_open();
    if (deflate_unpack(unpacking->deflate, *bytes, (size_t)size, &unpacking->bytes, error)) {
        error->status = STATUS_LEDGER;
        return error_add(error, "%s", store_path(store));
    }
    *bytes = buffer_view(&unpacking->bytes);
    return STATUS_OK;
}

static enum status changed(struct store *store, const struct digest *digest, struct error *error)
{
    char hex[DIGEST_HEX];
    digest_hex(digest, hex);
    return error_set(
        error, STATUS_LEDGER,
        _("%s: the bytes that stand under digest %.12s are not those that had it: another hand has "
          "changed them. \"congkhai audit verify\" looks at all of it; keep a copy of the file and "
          "restore a backup"),
        store_path(store), hex);
}

enum status store_payload_column(struct store *store, struct sqlite_statement *row, int at,
                                 struct text *bytes, struct error *error)
{
    struct digest digest = { 0 };
    enum status status = store_payload_unpack(store, row, at, bytes, error);
    if (status)
        return status;
    bool named = sqlite_digest(row, at + 3, &digest);
    struct digest seen = crypto_sha256(*bytes);
    if (named && digest_equal(&seen, &digest))
        return STATUS_OK;
    /* 0.1.0 gave nothing the digest of a locator. */
    return bytes->length ? changed(store, &digest, error) : STATUS_END;
}

static enum status take_payload(struct store *store, struct sqlite_statement *statement, struct arena *arena,
                                struct text *bytes, struct error *error)
{
    enum status status = store_payload_column(store, statement, 0, bytes, error);
    if (!status)
        *bytes = text_copy(arena, *bytes);
    sqlite_reset_statement(statement);
    return status;
}

enum status store_payload(struct store *store, struct arena *arena, int64_t payload, struct text *bytes,
                          struct error *error)
{
    return store_payload_of(store, arena, payload, NULL, bytes, error);
}

enum status store_payload_of(struct store *store, struct arena *arena, int64_t payload,
                             const struct digest *digest, struct text *bytes, struct error *error)
{
    struct sqlite_statement *statement;
    struct digest own = { 0 };
    enum status status = sql_row(store, "SELECT bytes, encoding, size, digest FROM payload WHERE id = ?1",
                                 SQL_WITH(SQL_NUMBER(payload)), &statement, error);
    if (status)
        return status;
    bool named = sqlite_digest(statement, 3, &own);
    if (digest && !(named && digest_equal(&own, digest))) {
        sqlite_reset_statement(statement);
        return changed(store, digest, error);
    }
    return take_payload(store, statement, arena, bytes, error);
}

enum status store_payload_by_digest(struct store *store, struct arena *arena, const struct digest *digest,
                                    struct text *bytes, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(store, "SELECT bytes, encoding, size, digest FROM payload WHERE digest = ?1",
                                 SQL_WITH(SQL_DIGEST(digest)), &statement, error);
    return status ? status : take_payload(store, statement, arena, bytes, error);
}
