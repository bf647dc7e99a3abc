/* audit verify, checkpoint, key, export, prove. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/crypto_key.h"
#include "adapters/file.h"
#include "adapters/private_file.h"
#include "adapters/sqlite.h"
#include "cli/bundle.h"
#include "cli/passphrase.h"
#include "cli/run.h"
#include "core/canonical.h"
#include "report/against_words.h"
#include "store/approval_signature.h"
#include "store/audit.h"
#include "store/audit_proof.h"
#include "store/history.h"

/* ---- verify ---- */

#define SHOWN 20 /* faults; --json has more */

static void print_report(const struct audit_report *report)
{
    puts(report->sentence);
    size_t shown = 0;
    for (const struct audit_finding *finding = report->first; finding && shown < SHOWN;
         finding = finding->next, shown++)
        printf("  %s\n", finding->message);
    if (report->count > shown)
        printf(_("  … and %zu more\n"), report->count - shown);
    for (const struct audit_finding *finding = report->not_proven; finding; finding = finding->next)
        printf(_("  not proven: %s\n"), finding->message);
    for (const struct audit_finding *remark = report->notes_; remark; remark = remark->next)
        printf("* %s\n", remark->message);
}

static void show_progress(void *user_data, int64_t done, int64_t total)
{
    output_progress(user_data, _("verifying"), done, total);
}

static enum status read_outside(struct session *session, struct audit_outside *outside, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    for (size_t i = 0; i < invocation->checkpoint_count; i++) {
        outside[i].name = invocation->checkpoints[i];
        if (file_read(&session->configuration.arena, outside[i].name, NOTE_SIZE_MAX, &outside[i].bytes,
                      error)) {
            error->status = STATUS_USAGE;
            return error->status;
        }
    }
    return STATUS_OK;
}

static void show(const struct session *session, struct arena *arena, const struct audit_report *report,
                 int *exit_code)
{
    if (session->invocation->json)
        output_json(audit_report_value(arena, report));
    else
        print_report(report);
    if (!report->holds)
        *exit_code = error_exit_code(STATUS_LEDGER);
    else if (report->not_proven_count)
        *exit_code = 1;
}

/* What a path that was given is: a folder is a bundle, what begins with a brace a proof, and the rest a store. */
enum shown { SHOWN_BUNDLE, SHOWN_PROOF, SHOWN_STORE };
static enum status look_at(const char *path, enum shown *shown, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct file_stream stream;
    struct error unread = { 0 };
    struct stat info;
    char first = 0;
    size_t got = 0;
    if (stat(path, &info) < 0)
        return error_set(error, errno == EACCES ? STATUS_FATAL : STATUS_USAGE, _("%s cannot be opened: %s"),
                         path, words_errno(errno));
    *shown = S_ISDIR(info.st_mode) ? SHOWN_BUNDLE : SHOWN_STORE;
    if (*shown == SHOWN_BUNDLE || file_stream_open(&arena, path, &stream, &unread))
        return STATUS_OK;
    if (stream.read(&stream, &first, 1, &got, &unread) == STATUS_OK && got && first == '{')
        *shown = SHOWN_PROOF;
    stream.close(&stream);
    return STATUS_OK;
}

/* Of what may not be read nothing is said, that it does not hold neither. */
static enum status check_rights(const char *path, struct error *error)
{
    if (private_file_may_read(path))
        return STATUS_OK;
    return error_set(error, STATUS_FATAL, _("%s cannot be opened: %s"), path, words_errno(EACCES));
}

static enum status check_bundle_rights(struct arena *arena, const char *folder, struct error *error)
{
    static const char *const parts[] = { "",     "bundle.json", "events.ndjson",
                                         "head", "payloads",    "payloads.sha256" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (check_rights(text_string(arena, text_format(arena, "%s/%s", folder, parts[i])), error))
            return error->status;
    return STATUS_OK;
}

enum status command_audit_verify(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    struct audit_report report;
    struct store *store;
    struct audit_outside *outside =
        arena_array(&arena, struct audit_outside, invocation->checkpoint_count + 1);
    struct audit_request request = { .settings = &session->configuration.sealing.audit,
                                     .outside = outside,
                                     .outside_count = invocation->checkpoint_count,
                                     .progress = show_progress,
                                     .user_data = session };
    if (ledger_setup_read_keys(&session->configuration, invocation->keys, invocation->key_count, error) ||
        read_outside(session, outside, error))
        return error->status;
    if (invocation->argument_count) {
        const char *path = invocation->arguments[0];
        enum shown shown;
        if (look_at(path, &shown, error))
            return error->status;
        session->configuration.store = path;
        session->invocation->store = path; /* what is shown may be evidence: nothing is left beside it */
        if (shown == SHOWN_BUNDLE && check_bundle_rights(&arena, path, error))
            return error->status;
        if (shown != SHOWN_STORE) {
            enum status read =
                audit_verify_shown(path, shown == SHOWN_BUNDLE, &request, &arena, &report, error);
            if (!read)
                show(session, &arena, &report, exit_code);
            return read;
        }
    }
    if (check_rights(session->configuration.store, error))
        return error->status;
    if (invocation->argument_count && sqlite_look_at(session->configuration.store, error) == STATUS_USAGE)
        return error->status = STATUS_LEDGER;
    enum status status = run_read_store(session, STORE_EXAMINE, &store, error);
    if (status == STATUS_FATAL || (status == STATUS_USAGE && (session->invocation->checkpoint_count ||
                                                              !store_is_new(session->configuration.store))))
        status = STATUS_LEDGER; /* damaged beyond reading, or gone: it does not verify */
    if (status)
        return status;
    status = audit_verify(store, &request, &arena, &report, error);
    if (status == STATUS_FATAL)
        status = STATUS_LEDGER;
    output_progress_end(session);
    if (!status)
        status = store_check_untouched(store, error); /* a torn reading is nobody's tampering */
    if (!status)
        show(session, &arena, &report, exit_code);
    return run_close_read(store, status, error);
}

/* ---- checkpoint ---- */

enum status command_audit_checkpoint(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_head head;
    struct store *store;
    (void)exit_code;
    if (run_read_store(session, STORE_READ_OLDER, &store, error))
        return error->status;
    enum status status = audit_head(store, &arena, 0, &head, error);
    if (status == STATUS_END)
        status = error_set(error, STATUS_USAGE, _("%s: no run has ended yet, so there is no head"),
                           store_path(store));
    if (!status && session->invocation->json) {
        struct value *document = value_object(&arena);
        value_set(document, "run", value_integer(&arena, head.run));
        value_set(document, "origin", value_text(&arena, head.origin));
        value_set(document, "size", value_integer(&arena, (int64_t)head.size));
        value_set(document, "root", value_digest(&arena, &head.root));
        value_set(document, "signed", value_boolean(&arena, head.is_signed));
        value_set(document, "note", value_text(&arena, head.note));
        output_json(document);
    } else if (!status) {
        fwrite(head.note.bytes, 1, head.note.length, stdout);
        if (!head.is_signed)
            output_message(session, _("this head is not signed: \"congkhai audit key\" makes a key"));
    }
    return run_close_read(store, status, error);
}

/* ---- key ---- */

static enum status write_key_files(struct session *session, const char *path, struct text secret,
                                   const struct note_key *key, struct error *error)
{
    BUFFER_OWNED struct buffer public = { 0 }, beside = { 0 };
    char folder[4096];
    note_key_write(key, &public);
    buffer_printf(&beside, "%s.pub", path);
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = 0;
        if (file_make_folders(folder, FILE_OURS, error))
            return error->status;
    }
    if (file_write(path, secret, 0600, error))
        return error->status;
    if (session->invocation->json) {
        ARENA_OWNED struct arena arena = { 0 };
        struct value *document = value_object(&arena);
        value_set(document, "key", value_string(&arena, path));
        value_set(document, "public", value_text(&arena, buffer_view(&public)));
        output_json(document);
    } else {
        printf("%s\n", public.bytes);
    }
    buffer_char(&public, '\n');
    return file_write(beside.bytes, buffer_view(&public), 0644, error);
}

static enum status write_key(struct session *session, const char *path, const struct note_signer *signer,
                             struct error *error)
{
    BUFFER_OWNED struct buffer secret = { 0 };
    note_signer_write(signer, &secret);
    buffer_char(&secret, '\n');
    enum status status = write_key_files(session, path, buffer_view(&secret), &signer->key, error);
    explicit_bzero(secret.bytes, secret.length);
    return status;
}

/* The key's name is the log's, and that holds the store's name: the store is made if there is none yet. */
static enum status find_name(struct session *session, struct buffer *name, struct error *error)
{
    struct store *store;
    if (store_open(session->configuration.store, STORE_RUN, session->clock, &store, error))
        return error->status;
    enum status status = store_begin(store, error);
    if (!status)
        status =
            store_end(store, audit_origin(store, &session->configuration.sealing.audit, name, error), error);
    store_close(store);
    return status;
}

/* A person's: under a passphrase, as it lies on a desk and not on the machine of the store. */
static enum status person_key(struct session *session, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer pem = { 0 };
    unsigned char seed[CRYPTO_KEY_SIZE];
    struct note_signer signer;
    struct text passphrase;
    const char *path = invocation->argument_count ? invocation->arguments[0] : NULL;
    if (!path)
        return error_set(error, STATUS_USAGE, _("where is the key to go? congkhai audit key FILE --as NAME"));
    if (file_exists(path))
        return error_set(error, STATUS_USAGE, _("%s is there already: a key is never written over"), path);
    if (passphrase_read(&arena, _("A passphrase for the key: "), &passphrase, error))
        return error->status;
    crypto_random(seed, sizeof seed);
    enum status status =
        note_signer_init(&signer, approval_signature_name(&arena, text_of(invocation->as)), seed, error);
    if (!status)
        status = crypto_key_seal(seed, passphrase, &pem, error);
    explicit_bzero(seed, sizeof seed);
    passphrase_wipe(passphrase);
    if (!status)
        status = write_key_files(session, path, buffer_view(&pem), &signer.key, error);
    explicit_bzero(&signer, sizeof signer);
    if (!status)
        output_message(
            session,
            _("The private key is in %s, under the passphrase: nobody can make either anew. The line "
              "above is the public key, also in %s.pub: it goes into approval.people"),
            path, path);
    return status;
}

enum status command_audit_key(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    BUFFER_OWNED struct buffer name = { 0 };
    unsigned char seed[CRYPTO_KEY_SIZE];
    struct note_signer signer;
    (void)exit_code;
    if (invocation->as)
        return person_key(session, error);
    const char *path =
        invocation->argument_count ? invocation->arguments[0] : session->configuration.sealing.key;
    if (!path)
        return error_set(error, STATUS_USAGE,
                         _("where is the key to go? congkhai audit key FILE, or \"key\" in \"ledger\""));
    if (file_exists(path))
        return error_set(error, STATUS_USAGE, _("%s is there already: a key is never written over"), path);
    if (find_name(session, &name, error))
        return error->status;
    crypto_random(seed, sizeof seed);
    enum status status = note_signer_init(&signer, buffer_view(&name), seed, error);
    explicit_bzero(seed, sizeof seed);
    if (!status)
        status = write_key(session, path, &signer, error);
    explicit_bzero(&signer, sizeof signer);
    if (!status)
        output_message(
            session,
            _("The private key is in %s: keep it out of backups of the store. The line above is the public "
              "key: "
              "publish it, verifiers need it. Heads are signed from the next run on, when the configuration "
              "says ledger: { key: %s }"),
            path, path);
    return status;
}

/* ---- export, prove ---- */

static enum status read_run(const char *text, int64_t *run, struct error *error)
{
    char *end;
    *run = 0;
    if (!text)
        return STATUS_OK;
    *run = strtoll(text, &end, 10);
    if (*end || *run < 1)
        return error_set(error, STATUS_USAGE, _("\"%s\" is no number of a run"), text);
    return STATUS_OK;
}

enum status command_audit_export(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_bundle bundle = { 0 };
    struct store *store;
    (void)exit_code;
    if (read_run(invocation->run, &bundle.run, error) ||
        ledger_setup_read_keys(&session->configuration, invocation->keys, invocation->key_count, error))
        return error->status;
    const char *folder = invocation->argument_count ? invocation->arguments[0] : invocation->to;
    if (!folder && bundle.run)
        folder = text_format(&arena, "congkhai-audit-%s-run%lld", session->configuration.agency_code,
                             (long long)bundle.run)
                     .bytes;
    else if (!folder)
        folder = text_format(&arena, "congkhai-audit-%s", session->configuration.agency_code).bytes;
    if (run_read_events(session, STORE_READ_OLDER, TEXT_NONE, &store, error))
        return error->status;
    enum status status = bundle_write(session, store, folder, &bundle, error);
    if (!status && invocation->json) {
        struct value *document = value_object(&arena);
        value_set(document, "folder", value_string(&arena, folder));
        value_set(document, "first", value_integer(&arena, bundle.first));
        value_set(document, "last", value_integer(&arena, bundle.last));
        value_set(document, "payloads", value_integer(&arena, bundle.payloads));
        value_set(document, "forgotten", value_integer(&arena, bundle.forgotten));
        output_json(document);
    } else if (!status) {
        printf(_("%s: events %lld to %lld, %lld payloads; check with: python3 %s/verify-ledger %s\n"), folder,
               (long long)bundle.first, (long long)bundle.last, (long long)bundle.payloads, folder, folder);
    }
    return run_close_read(store, status, error);
}

static void print_proof(struct arena *arena, const struct value *proof)
{
    struct text head = value_text_of(proof, "head"), content = value_text_of(proof, "content"),
                known = value_text_of(proof, "known_at");
    if (known.bytes)
        printf(_("%.*s on %.*s, as known at %.*s (what came later is not known): %.*s\n"),
               TEXT_ARG(value_text_of(proof, "code")), TEXT_ARG(value_text_of(proof, "on")),
               TEXT_ARG(output_time(arena, known)), TEXT_ARG(output_word(value_text_of(proof, "status"))));
    else
        printf(_("%.*s at the end of %.*s (24:00 in Vietnam, UTC+7): %.*s\n"),
               TEXT_ARG(value_text_of(proof, "code")), TEXT_ARG(value_text_of(proof, "on")),
               TEXT_ARG(output_word(value_text_of(proof, "status"))));
    printf(_("\nThe head that proves it:\n"));
    fwrite(head.bytes, 1, head.length, stdout);
    for (const struct value *event = value_find(proof, "events")->first; event; event = event->next) {
        struct text text = value_text_of(event, "event");
        printf(_("\nThe event, as it is hashed:\n%.*s\nleaf %.*s\n"), (int)text.length, text.bytes,
               TEXT_ARG(value_text_of(event, "leaf")));
        for (const struct value *step = value_find(event, "path")->first; step; step = step->next)
            printf("  %.*s\n", TEXT_ARG(step->text));
    }
    if (content.bytes)
        printf(_("\nThe content:\n%.*s\n"), (int)content.length, content.bytes);
    printf(_("\nWith --json this is a file that verify-ledger checks.\n"));
}

/* A proof shows one acknowledgement; beside it, not in it, stands what the ledger knows of the time after it. */
static enum status tell_against(const struct session *session, struct store *store, struct arena *arena,
                                struct text code, struct date on, struct error *error)
{
    struct value *against;
    if (history_against(store, arena, code, &on, &against, error))
        return error->status;
    for (const struct value *row = against->first; row; row = row->next)
        output_message(session, _("what the ledger knows against it: %.*s"),
                       TEXT_ARG(against_words(arena, row)));
    return STATUS_OK;
}

static enum status say_absent(struct store *store, struct arena *arena, struct text code, struct date on,
                              const char *day, struct error *error)
{
    struct text known, begins;
    if (history_known_at(store, arena, on, &known, error) || history_begins(store, arena, on, &begins, error))
        return error->status;
    return against_absence(error, code, day, known.bytes ? output_time(arena, known) : known, begins);
}

enum status command_audit_prove(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    ARENA_OWNED struct arena arena = { 0 };
    struct value *proof;
    struct store *store;
    struct date on;
    (void)exit_code;
    if (!invocation->on)
        return error_set(error, STATUS_USAGE, _("usage: congkhai audit prove CODE --on DATE"));
    struct text code = text_of(invocation->arguments[0]);
    if (!date_read(text_of(invocation->on), &on))
        return error_set(error, STATUS_USAGE, _("--on wants a date such as 2026-03-12, not \"%s\""),
                         invocation->on);
    if (run_read_store(session, STORE_READ_OLDER, &store, error))
        return error->status;
    enum status status = audit_prove(store, &arena, code, on, &proof, error);
    if (status == STATUS_END) {
        status = tell_against(session, store, &arena, code, on, error);
        status = status ? status : say_absent(store, &arena, code, on, invocation->on, error);
    } else if (!status && invocation->json)
        output_json(proof);
    else if (!status)
        print_proof(&arena, proof);
    if (!status)
        status = tell_against(session, store, &arena, code, on, error);
    return run_close_read(store, status, error);
}
