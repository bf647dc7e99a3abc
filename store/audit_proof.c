#include "store/audit_proof.h"

#include <stdlib.h>
#include <string.h>

#include "core/canonical.h"
#include "core/memory.h"
#include "store/audit_scan.h"
#include "store/history.h"
#include "store/sql.h"

/* ---- leaves ---- */

struct level {
    struct digest *roots;
    bool *known;
    uint64_t count;
};

struct audit_leaves {
    struct sqlite_statement *rows;
    uint64_t next; /* the leaf that the statement gives next; UINT64_MAX: it has not begun */
    struct merkle_source source;
    struct level levels[MERKLE_LEVELS];
};

/* Leaves are mostly asked for in a row: stepping costs a tenth of looking up. */
static enum status leaf(void *user_data, uint64_t index, struct digest *digest, struct error *error)
{
    struct audit_leaves *leaves = user_data;
    if (index != leaves->next) {
        sqlite_reset_statement(leaves->rows);
        sqlite_bind_number(leaves->rows, 1, (int64_t)index + 1);
    }
    leaves->next = UINT64_MAX;
    enum status status = sqlite_step(leaves->rows, error);
    if (status == STATUS_END || (!status && (sqlite_number(leaves->rows, 1) != (int64_t)index + 1 ||
                                             !sqlite_digest(leaves->rows, 0, digest))))
        return error_set(error, STATUS_LEDGER, _("event %lld is gone; run \"congkhai audit verify\""),
                         (long long)index + 1);
    leaves->next = index + 1;
    return status;
}

static bool find(void *user_data, unsigned height, uint64_t index, struct digest *root)
{
    const struct level *level = &((struct audit_leaves *)user_data)->levels[height];
    if (index >= level->count || !level->known[index])
        return false;
    *root = level->roots[index];
    return true;
}

static void keep(void *user_data, unsigned height, uint64_t index, const struct digest *root)
{
    struct level *level = &((struct audit_leaves *)user_data)->levels[height];
    if (index >= level->count) {
        uint64_t count = (index + 1) * 2 + 16;
        level->roots = memory_grow(level->roots, count, sizeof *level->roots);
        level->known = memory_grow(level->known, count, sizeof *level->known);
        memset(level->known + level->count, 0, (size_t)(count - level->count) * sizeof *level->known);
        level->count = count;
    }
    level->roots[index] = *root;
    level->known[index] = true;
}

enum status audit_leaves_open(struct store *store, struct audit_leaves **leaves, struct error *error)
{
    struct audit_leaves *made = memory_new(struct audit_leaves);
    made->next = UINT64_MAX;
    made->source = (struct merkle_source){ made, leaf, find, keep };
    if (sqlite_prepare(store_database(store), "SELECT hash, seq FROM ledger WHERE seq >= ?1 ORDER BY seq",
                       &made->rows, error)) {
        free(made);
        return error->status;
    }
    *leaves = made;
    return STATUS_OK;
}

const struct merkle_source *audit_leaves_source(struct audit_leaves *leaves)
{
    return &leaves->source;
}

void audit_leaves_close(struct audit_leaves *leaves)
{
    if (!leaves)
        return;
    sqlite_finish(leaves->rows);
    for (size_t i = 0; i < MERKLE_LEVELS; i++) {
        free(leaves->levels[i].roots);
        free(leaves->levels[i].known);
    }
    free(leaves);
}

/* ---- one record ---- */

static enum status add_event(struct store *store, struct arena *arena, struct audit_leaves *leaves,
                             int64_t event, uint64_t size, struct value *events, struct error *error)
{
    struct audit_scan scan;
    struct merkle_proof path;
    enum status status = audit_scan_event(&scan, store, event, error);
    if (status == STATUS_END)
        status = error_set(error, STATUS_LEDGER, _("event %lld was changed; run \"congkhai audit verify\""),
                           (long long)event);
    if (!status)
        status = merkle_inclusion(audit_leaves_source(leaves), (uint64_t)event - 1, size, &path, error);
    if (!status) {
        struct value *entry = value_append(events, value_object(arena));
        value_set(entry, "event", value_text(arena, text_copy(arena, buffer_view(&scan.bytes))));
        value_set(entry, "leaf", value_digest(arena, &scan.leaf));
        struct value *list = value_set(entry, "path", value_list(arena));
        for (size_t i = 0; i < path.count; i++)
            value_append(list, value_digest(arena, &path.path[i]));
    }
    audit_scan_close(&scan);
    return status;
}

/* The publication whose content an abolished procedure goes on showing. */
static enum status publication_before(struct store *store, struct text code, int64_t event,
                                      int64_t *publication, struct error *error)
{
    return sql_number(
        store,
        "SELECT seq FROM ledger WHERE code = ?1 AND event = 'published' AND seq <= ?2 ORDER BY seq "
        "DESC LIMIT 1",
        SQL_WITH(SQL_TEXT(code), SQL_NUMBER(event)), publication, error);
}

static enum status prove_events(struct store *store, struct arena *arena, struct text code, int64_t event,
                                const struct audit_head *head, struct value *proof, struct error *error)
{
    struct audit_leaves *leaves;
    int64_t publication = 0;
    struct value *events = value_set(proof, "events", value_list(arena));
    if (publication_before(store, code, event, &publication, error) ||
        audit_leaves_open(store, &leaves, error))
        return error->status;
    enum status status = STATUS_OK;
    if (publication && publication != event)
        status = add_event(store, arena, leaves, publication, head->size, events, error);
    if (!status)
        status = add_event(store, arena, leaves, event, head->size, events, error);
    audit_leaves_close(leaves);
    return status;
}

static enum status prove(struct store *store, struct arena *arena, struct text code, struct date on,
                         struct value **proof, struct error *error)
{
    struct value *held, *made = value_object(arena);
    struct audit_head head;
    struct text known;
    enum status status = history_on(store, arena, code, NULL, on, &held, error);
    if (!status)
        status = history_known_at(store, arena, on, &known, error);
    if (status)
        return status;
    int64_t event = value_number_of(held, "event");
    status = audit_head(store, arena, 0, &head, error);
    if (status > STATUS_END)
        return status;
    if (status == STATUS_END || head.size < (uint64_t)event)
        return error_set(
            error, STATUS_STOP,
            _("event %lld stands behind the last head: the next run's end makes one that proves it"),
            (long long)event);
    value_set(made, "format", value_integer(arena, 1));
    value_set(made, "code", value_text(arena, code));
    value_set(made, "on", value_text(arena, value_text_of(held, "on")));
    value_put(arena, made, "known_at", known);
    value_set(made, "status", value_text(arena, value_text_of(held, "status")));
    value_set(made, "head", value_text(arena, head.note));
    value_set(made, "tree_size", value_integer(arena, (int64_t)head.size));
    value_set(made, "root", value_digest(arena, &head.root));
    if (prove_events(store, arena, code, event, &head, made, error))
        return error->status;
    const struct value *procedure = value_find(held, "procedure");
    if (procedure)
        value_set(made, "content", value_text(arena, canonical_copy(arena, procedure)));
    *proof = made;
    return STATUS_OK;
}

enum status audit_prove(struct store *store, struct arena *arena, struct text code, struct date on,
                        struct value **proof, struct error *error)
{
    enum status status = store_snapshot_begin(store, error);
    if (status)
        return status;
    status = prove(store, arena, code, on, proof, error);
    store_snapshot_end(store);
    return status;
}
