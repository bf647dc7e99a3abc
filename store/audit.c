/* The head: its name, its making, its file. */
#include "store/audit.h"

#include <stdio.h>
#include <string.h>

#include "core/error_value.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/sql.h"

#define NAME_MAX 17 /* of a store, with the NUL */

void audit_head_path(const struct store *store, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s.checkpoint", store_path(store));
}

/* ---- the log's name ---- */

static enum status read_setting(struct store *store, const char *name, struct buffer *value, bool *known,
                                struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(store, "SELECT value FROM setting WHERE name = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(name))), &statement, error);
    *known = status == STATUS_OK;
    buffer_clear(value);
    if (*known)
        buffer_text(value, sqlite_column_text(statement, 0));
    return sql_end(statement, status);
}

static enum status write_setting(struct store *store, const char *name, struct text value,
                                 struct error *error)
{
    return sql_run(store, "INSERT INTO setting (name, value) VALUES (?1, ?2)",
                   SQL_WITH(SQL_TEXT(text_of(name)), SQL_TEXT(value)), error);
}

/* The same short name that stands in the keys of requests (store/outbox). */
static enum status store_name(struct store *store, struct buffer *name, struct error *error)
{
    bool known;
    char made[NAME_MAX];
    struct clock *clock = store_clock(store);
    if (read_setting(store, "store", name, &known, error))
        return error->status;
    if (known)
        return STATUS_OK;
    snprintf(made, sizeof made, "%012llx", (unsigned long long)clock->random(clock) >> 16);
    buffer_string(name, made);
    return write_setting(store, "store", buffer_view(name), error);
}

static enum status make_origin(struct store *store, const struct audit_settings *settings,
                               struct buffer *origin, struct error *error)
{
    BUFFER_OWNED struct buffer name = { 0 };
    buffer_clear(origin);
    if (settings && settings->origin) {
        buffer_string(origin, settings->origin);
    } else {
        if (store_name(store, &name, error))
            return error->status;
        buffer_string(origin, "congkhai/");
        if (settings && settings->agency)
            buffer_printf(origin, "%s/", settings->agency);
        buffer_text(origin, buffer_view(&name));
    }
    return write_setting(store, "origin", buffer_view(origin), error);
}

static enum status sign_tree(struct store *store, const struct audit_settings *settings, struct buffer *note,
                             struct error *error);

enum status audit_origin(struct store *store, const struct audit_settings *settings, struct buffer *origin,
                         struct error *error)
{
    bool known;
    if (read_setting(store, "origin", origin, &known, error))
        return error->status;
    if (known)
        return STATUS_OK;
    return make_origin(store, settings, origin, error);
}

enum status audit_check_name(struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer origin = { 0 };
    struct audit_head head;
    bool known;
    enum status status = audit_head(store, &arena, 0, &head, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    if (read_setting(store, "origin", &origin, &known, error))
        return error->status;
    if (known ? text_equal(head.origin, buffer_view(&origin)) : store_version(store) < 2)
        return STATUS_OK;
    return error_set(
        error, STATUS_LEDGER,
        _("%s: the ledger's last head is one of \"%.*s\", but the store calls its ledger \"%.*s\": "
          "another hand has changed it. \"congkhai audit verify\" looks at all of it; keep a copy of "
          "the file and restore a backup"),
        store_path(store), TEXT_ARG(head.origin), TEXT_ARG(buffer_view(&origin)));
}

/* One head without a signature behind a signed one, and the ledger does not hold any more. */
static enum status check_signer(struct store *store, const struct audit_settings *settings,
                                struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_head head;
    enum status status = settings->has_signer ? STATUS_END : audit_head(store, &arena, 0, &head, error);
    if (status || !head.is_signed)
        return status == STATUS_END ? STATUS_OK : status;
    return error_set(
        error, STATUS_USAGE,
        _("%s: its ledger's heads are signed, but the configuration names no key; name it as "
          "\"key\" in \"ledger\" (a new one takes over where the earlier one stands in \"public\")"),
        store_path(store));
}

enum status audit_check_settings(struct store *store, const struct audit_settings *settings,
                                 struct error *error)
{
    BUFFER_OWNED struct buffer origin = { 0 };
    bool known;
    if (read_setting(store, "origin", &origin, &known, error))
        return error->status;
    struct text name = buffer_view(&origin);
    if (!known)
        return STATUS_OK;
    if (settings->origin && !text_is(name, settings->origin))
        return error_set(
            error, STATUS_USAGE,
            _("%s: its ledger is called \"%.*s\" since its first head, and a ledger keeps its name; the "
              "configuration says \"%s\": leave \"name\" out of \"ledger\""),
            store_path(store), TEXT_ARG(name), settings->origin);
    if (settings->has_signer && !text_is(name, settings->signer.key.name))
        return error_set(
            error, STATUS_USAGE,
            _("%s: its ledger is called \"%.*s\", but the key was made for \"%s\"; make a key for this "
              "store with \"congkhai audit key\""),
            store_path(store), TEXT_ARG(name), settings->signer.key.name);
    return check_signer(store, settings, error);
}

enum status audit_open(struct store *store, const struct audit_settings *settings, struct error *error)
{
    BUFFER_OWNED struct buffer origin = { 0 };
    if (audit_check_name(store, error) || store_begin(store, error))
        return error->status;
    if (store_end(store, audit_origin(store, settings, &origin, error), error))
        return error->status;
    if (audit_check_settings(store, settings, error))
        return error->status;
    store_seal_with(store, settings, sign_tree);
    return STATUS_OK;
}

/* ---- making a head ---- */

static enum status write_note(struct store *store, const struct audit_settings *settings, struct buffer *out,
                              struct error *error)
{
    BUFFER_OWNED struct buffer origin = { 0 }, text = { 0 };
    const struct merkle_tree *tree = store_tree(store);
    if (audit_origin(store, settings, &origin, error))
        return error->status;
    struct note_checkpoint checkpoint = { .origin = buffer_view(&origin),
                                          .size = tree->size,
                                          .root = merkle_root(tree) };
    if (note_checkpoint_write(&checkpoint, &text, error))
        return error->status;
    if (settings && settings->has_signer)
        return note_sign(out, buffer_view(&text), &settings->signer, 1, error);
    buffer_text(out, buffer_view(&text));
    return STATUS_OK;
}

static enum status sign_tree(struct store *store, const struct audit_settings *settings, struct buffer *note,
                             struct error *error)
{
    return settings && settings->has_signer ? write_note(store, settings, note, error) : STATUS_OK;
}

bool audit_signs_tree(struct text bytes, const struct merkle_tree *tree,
                      const struct audit_settings *settings)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error reason = { 0 };
    struct audit_head head;
    struct note note;
    struct digest root = merkle_root(tree);
    return bytes.length && audit_head_parse(&arena, bytes, &head, &note, &reason) == STATUS_OK &&
           head.is_signed && head.size == tree->size && digest_equal(&head.root, &root) &&
           note_verify(&note, settings->keys, settings->key_count, NULL, &reason) == STATUS_OK;
}

enum status audit_seal(struct store *store, const struct audit_settings *settings, struct error *error)
{
    BUFFER_OWNED struct buffer note = { 0 }, frontier = { 0 };
    const struct merkle_tree *tree = store_tree(store);
    struct digest root = merkle_root(tree);
    if (write_note(store, settings, &note, error))
        return error->status;
    merkle_write(tree, &frontier);
    return sql_run(store,
                   "INSERT INTO checkpoint (run, size, root, frontier, note) VALUES (?1, ?2, ?3, ?4, ?5)",
                   SQL_WITH(SQL_NUMBER(store_run(store)), SQL_NUMBER((int64_t)tree->size), SQL_DIGEST(&root),
                            SQL_BYTES(buffer_view(&frontier)), SQL_TEXT(buffer_view(&note))),
                   error);
}

/* ---- reading heads ---- */

enum status audit_head_parse(struct arena *arena, struct text bytes, struct audit_head *head,
                             struct note *note, struct error *error)
{
    struct note parsed = { .text = bytes };
    struct note_checkpoint checkpoint;
    size_t at;
    bool is_signed = text_find(bytes, TEXT("\n\n"), &at);
    if (is_signed && note_parse(arena, bytes, &parsed, error))
        return error->status;
    if (note_checkpoint_parse(parsed.text, &checkpoint, error))
        return error->status;
    *head = (struct audit_head){ .origin = checkpoint.origin,
                                 .size = checkpoint.size,
                                 .root = checkpoint.root,
                                 .note = bytes,
                                 .is_signed = is_signed };
    if (note)
        *note = parsed;
    return STATUS_OK;
}

bool audit_head_is_of(const struct audit_head *head, const struct note *note, struct text origin,
                      const struct audit_settings *settings)
{
    struct error unread = { 0 };
    return text_equal(head->origin, origin) &&
           (!settings || !settings->key_count ||
            (head->is_signed && !note_verify(note, settings->keys, settings->key_count, NULL, &unread)));
}

enum status audit_head(struct store *store, struct arena *arena, int64_t run, struct audit_head *head,
                       struct error *error)
{
    struct sqlite_statement *statement;
    enum status status =
        sql_row(store, "SELECT run, note FROM checkpoint WHERE run = ?1 OR ?1 = 0 ORDER BY run DESC LIMIT 1",
                SQL_WITH(SQL_NUMBER(run)), &statement, error);
    if (status)
        return status;
    int64_t its_run = sqlite_number(statement, 0);
    struct text note = sqlite_take_text(arena, statement, 1);
    sqlite_reset_statement(statement);
    if (audit_head_parse(arena, note, head, NULL, error))
        return error_add(error, _("the head of run %lld"), (long long)its_run);
    head->run = its_run;
    return STATUS_OK;
}

static enum status put_head(struct store *store, bool *unwritten, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer path = { 0 };
    struct audit_head head;
    enum status status = audit_head(store, &arena, 0, &head, error);
    *unwritten = false;
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    audit_head_path(store, &path);
    status = file_write(path.bytes, head.note, FILE_OURS, error);
    *unwritten = status;
    return status;
}

enum status audit_write_head(struct store *store, struct error *error)
{
    bool unwritten;
    enum status status = put_head(store, &unwritten, error);
    if (!unwritten)
        return status;
    error->status = STATUS_FATAL;
    return error_add(error,
                     _("the run has ended, but the ledger's head could not be written beside the store"));
}

enum status audit_mend_head(struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer path = { 0 };
    struct audit_head head;
    struct error unread;
    struct text bytes;
    enum status status = audit_head(store, &arena, 0, &head, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    audit_head_path(store, &path);
    if (file_exists(path.bytes) &&
        file_read(&arena, path.bytes, NOTE_SIZE_MAX, &bytes, &unread) == STATUS_OK &&
        text_equal(bytes, head.note))
        return STATUS_OK;
    bool unwritten;
    status = put_head(store, &unwritten, error);
    if (!unwritten)
        return status;
    /* The ledger is whole and can be written; what cannot is its folder. */
    error->status = STATUS_STOP;
    return error_add(
        error, _("the ledger's newest head could not be written beside the store, so nothing was begun"));
}

enum status audit_copy_failed(struct store *store, int64_t run, const char *copy, const struct error *why,
                              struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    struct value *parts = error_value(&arena, why);
    value_set(detail, "copy", value_string(&arena, copy));
    if (parts)
        value_set(detail, "error", parts);
    value_set(detail, "why", value_string(&arena, why->message));
    if (store_begin(store, error))
        return error->status;
    return store_end(store,
                     ledger_append_to(store, run,
                                      &(struct ledger_event){ .event = "copy-failed", .detail = detail },
                                      error),
                     error);
}
