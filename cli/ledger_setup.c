#include "cli/ledger_setup.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/private_file.h"
#include "adapters/secret.h"
#include "cli/cli.h"
#include "core/count.h"
#include "store/retention.h"

#define KEY_FILE_MAX 4096
#define KEYS_MAX     64
#define PACKING_MS   400 /* of a run's end; a first night's load is packed over the nights that follow */

struct reading {
    const char *key, *name, *sendmail;
    const struct value *public, *copies;
};
static const struct setting ledger_table[] = {
    { "key", SETTING_TEXT, offsetof(struct reading, key),
      .help = N_("the private key's file, outside of the store") },
    { "public", SETTING_LIST, offsetof(struct reading, public),
      .help = N_("further public keys whose heads are believed") },
    { "name", SETTING_TEXT, offsetof(struct reading, name), .help = N_("the log's name") },
    { "sendmail", SETTING_TEXT, offsetof(struct reading, sendmail), .fallback = "/usr/sbin/sendmail",
      .help = N_("the program that takes mail") },
    { "copies", SETTING_TREE, offsetof(struct reading, copies), .help = N_("where each head is copied to") },
};

static const struct setting copy_table[] = { SINK_SETTINGS };

enum status ledger_setup_read(const struct setting_context *context, const char *folder, const char *agency,
                              const struct value *tree, struct ledger_setup *settings, struct error *error)
{
    struct reading reading = { 0 };
    *settings = (struct ledger_setup){ .audit.agency = agency };
    if (setting_read(context, ledger_table, COUNT(ledger_table), tree, "ledger", &reading, error))
        return error->status;
    if (reading.key)
        settings->key = file_path(context->arena, folder, reading.key);
    settings->audit.origin = reading.name;
    settings->sendmail = reading.sendmail;
    settings->public = reading.public;
    if (!reading.copies)
        return STATUS_OK;
    if (reading.copies->kind != VALUE_LIST)
        return setting_fault(context, reading.copies, error, _("\"copies\" is a list"));
    settings->copies = arena_array(context->arena, struct sink, reading.copies->count + 1);
    enum status all = STATUS_OK;
    for (const struct value *copy = reading.copies->first; copy; copy = copy->next) {
        struct sink *sink = &settings->copies[settings->copy_count++];
        if (!setting_step(context, &all,
                          setting_read(context, copy_table, COUNT(copy_table), copy, "copies", sink, error),
                          error) ||
            !setting_step(context, &all, sink_check(context, folder, copy, sink, error), error))
            return all;
        sink->sendmail = reading.sendmail;
    }
    return all;
}

/* ---- keys ---- */

static enum status read_signer(struct configuration *configuration, struct note_signer *signer,
                               struct error *error)
{
    const char *path = configuration->sealing.key;
    struct stat info;
    struct text word;
    if (!private_file_may_read(path))
        return private_file_tell_denied(path, STATUS_USAGE, error);
    if (file_read(&configuration->arena, path, KEY_FILE_MAX, &word, error)) {
        error->status = STATUS_USAGE;
        if (file_exists(path))
            return error->status;
        return error_add(error, _("the ledger's key; make one with \"congkhai audit key\""));
    }
    if (!stat(path, &info) && info.st_mode & 077)
        return error_set(error, STATUS_USAGE, _("%s: others can read the ledger's private key; chmod 600 it"),
                         path);
    if (note_signer_parse(word, signer, error))
        return error_add(error, "%s", path);
    return STATUS_OK;
}

static enum status check_copies(const struct ledger_setup *settings, struct error *error)
{
    for (size_t i = 0; i < settings->copy_count; i++)
        if (settings->copies[i].folder && private_file_check_folder(settings->copies[i].folder, error))
            return error->status;
    return STATUS_OK;
}

/* A store that is made now gets a name of its own, which no key bears that was made before it: one name for two ledgers
 * would let their heads contradict each other. */
static enum status check_new_store(const struct configuration *configuration,
                                   const struct audit_settings *settings, struct error *error)
{
    const char *name = settings->signer.key.name;
    if (!settings->has_signer || (settings->origin && !strcmp(settings->origin, name)))
        return STATUS_OK;
    return error_set(
        error, STATUS_USAGE,
        _("there is no store %s yet, and the ledger's key %s was made for \"%s\"; name that ledger's store, "
          "restore its backup, or name another key and make it with \"congkhai audit key\""),
        configuration->store, configuration->sealing.key, name);
}

/* What the store says of them, where there is one that can be read. */
static enum status check_store(const struct configuration *configuration,
                               const struct audit_settings *settings, struct error *error)
{
    struct store *store;
    struct error unread = { 0 };
    if (store_is_new(configuration->store))
        return check_new_store(configuration, settings, error);
    if (!file_exists(configuration->store) ||
        store_open(configuration->store, STORE_EXAMINE, clock_system(), &store, &unread))
        return STATUS_OK;
    enum status status = audit_check_settings(store, settings, &unread);
    store_close(store);
    return status == STATUS_USAGE ? error_copy(error, status, &unread) : STATUS_OK;
}

enum status ledger_setup_check(struct configuration *configuration, struct error *error)
{
    struct audit_settings settings = configuration->sealing.audit;
    if (check_copies(&configuration->sealing, error))
        return error->status;
    settings.has_signer = configuration->sealing.key != NULL;
    enum status status =
        settings.has_signer ? read_signer(configuration, &settings.signer, error) : STATUS_OK;
    status = status ? status : check_store(configuration, &settings, error);
    explicit_bzero(&settings.signer, sizeof settings.signer);
    return status;
}

static bool is_word(struct text word)
{
    size_t at;
    return text_find(word, TEXT("+"), &at) && !file_exists(word.bytes);
}

/* A key as a word, or a file that holds one. */
static enum status read_public(struct configuration *configuration, const char *given, struct note_key *key,
                               struct error *error)
{
    struct text word = text_of(given);
    if (is_word(word))
        return note_key_parse(word, key, error);
    const char *path = file_path(&configuration->arena, configuration->folder, given);
    if (file_exists(given))
        path = given;
    if (file_read(&configuration->arena, path, KEY_FILE_MAX, &word, error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    return note_key_parse(word, key, error) ? error_add(error, "%s", path) : STATUS_OK;
}

enum status ledger_setup_read_keys(struct configuration *configuration, const char *const *more,
                                   size_t more_count, struct error *error)
{
    struct ledger_setup *settings = &configuration->sealing;
    struct note_key *keys = arena_array(&configuration->arena, struct note_key, KEYS_MAX + 1);
    struct text *words;
    struct note_signer signer;
    size_t count = 0, known;
    settings->audit.keys = keys;
    if (setting_texts(&configuration->context, settings->public, &words, &known, error))
        return error->status;
    if (known + more_count + 1 > KEYS_MAX)
        return error_set(error, STATUS_USAGE, _("more than %d keys are given"), KEYS_MAX);
    for (size_t i = 0; i < known; i++)
        if (read_public(configuration, words[i].bytes, &keys[count++], error))
            return setting_place(&configuration->context, settings->public, error);
    for (size_t i = 0; i < more_count; i++)
        if (read_public(configuration, more[i], &keys[count++], error))
            return error->status;
    if (settings->audit.has_signer) {
        keys[count++] = settings->audit.signer.key;
    } else if (settings->key) {
        struct error unread;
        const char *beside = text_format(&configuration->arena, "%s.pub", settings->key).bytes;
        if (file_exists(beside) && read_public(configuration, beside, &keys[count], &unread) == STATUS_OK)
            count++;
        else if (read_signer(configuration, &signer, &unread) == STATUS_OK)
            keys[count++] = signer.key;
    }
    settings->audit.key_count = count;
    return STATUS_OK;
}

enum status ledger_setup_open(struct session *session, struct store *store, struct error *error)
{
    struct configuration *configuration = &session->configuration;
    struct ledger_setup *settings = &configuration->sealing;
    settings->audit.has_signer = false;
    if (settings->key) {
        if (read_signer(configuration, &settings->audit.signer, error))
            return error->status;
        settings->audit.has_signer = true;
    }
    if (ledger_setup_read_keys(configuration, NULL, 0, error))
        return error->status;
    return audit_open(store, &settings->audit, error);
}

/* ---- at a run's end ---- */

enum status ledger_setup_housekeeping(struct session *session, struct store *store, struct error *error)
{
    struct retention_settings settings = { session->configuration.keep_source_ms, PACKING_MS };
    struct retention_done done;
    enum status status = retention_run(store, &settings, &done, error);
    if (status == STATUS_REJECT || status == STATUS_STOP || status == STATUS_USAGE) {
        output_message(session, "%s", error->message);
        status = STATUS_OK;
    }
    if (done.forgotten)
        output_message(session,
                       _("%lld source records that nothing needs any more were forgotten (retention)"),
                       (long long)done.forgotten);
    return status;
}
