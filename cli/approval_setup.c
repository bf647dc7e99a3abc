#include "cli/approval_setup.h"

#include <string.h>

#include "adapters/crypto_cms.h"
#include "adapters/file.h"
#include "core/canonical.h"
#include "core/count.h"
#include "store/note.h"

#define KEY_FILE_MAX 4096
#define EXPIRES      "5d"

struct reading {
    const struct setting_context *context;
    const char *folder;
    struct value *document;
};

struct written {
    const struct value *scope, *people;
    const char *authorities, *revoked;
    int64_t expires;
};
static const struct setting approval_table[] = {
    { "scope", SETTING_TREE, offsetof(struct written, scope),
      .help =
          N_("which steps need approval: none, all, withdrawals, { changes: 10% }, or a list by source or "
             "department") },
    { "people", SETTING_TREE, offsetof(struct written, people), .help = N_("who submits and who approves") },
    { "authorities", SETTING_TEXT, offsetof(struct written, authorities),
      .help = N_("a PEM file: the authorities to which certificates of people must lead") },
    { "revoked", SETTING_TEXT, offsetof(struct written, revoked),
      .help = N_("a PEM file: revocation lists of these authorities") },
    { "expires", SETTING_DURATION, offsetof(struct written, expires), .fallback = EXPIRES, .minimum = 1,
      .maximum = INT64_C(366) * 86400000, .help = N_("how long an approval holds") },
};

struct person {
    const char *name, *key, *certificate;
    const struct value *login;
    int role;
};
static const char *const roles[] = { "approver", "submitter", NULL };
static const struct setting person_table[] = {
    { "name", SETTING_TEXT, offsetof(struct person, name), .required = true,
      .help = N_("as it stands under a list") },
    { "role", SETTING_CHOICE, offsetof(struct person, role), .required = true, .choices = roles,
      .help = N_("approver or submitter") },
    { "login", SETTING_LIST, offsetof(struct person, login), .required = true,
      .help = N_("the accounts of this person on this machine") },
    { "key", SETTING_TEXT, offsetof(struct person, key),
      .help = N_("the file of a public key that \"congkhai audit key\" made") },
    { "certificate", SETTING_TEXT, offsetof(struct person, certificate),
      .help = N_("the file of a certificate (PEM or DER)") },
};

/* ---- scope ---- */

static enum status wrong_scope(const struct reading *reading, const struct value *at, struct error *error)
{
    return setting_fault(
        reading->context, at, error,
        _("approval.scope is none, all, withdrawals, { changes: 10%% }, or a list of these and of "
          "{ source: S, scope: … } or { department: D, scope: … }"));
}

struct share {
    double changes;
};

static enum status put_reach(const struct reading *reading, const struct value *scope, struct value *entry,
                             struct error *error)
{
    static const struct setting table[] = { { "changes", SETTING_SHARE, 0, .required = true,
                                              .help = N_(
                                                  "a share of what is published: above it, every step") } };
    struct arena *arena = reading->context->arena;
    struct share share;
    if (scope && scope->kind == VALUE_OBJECT) {
        if (setting_read(reading->context, table, COUNT(table), scope, "scope", &share, error))
            return error->status;
        value_set(entry, "scope", value_string(arena, "changes"));
        value_set(entry, "share", value_text(arena, text_format(arena, "%.6g", share.changes)));
        return STATUS_OK;
    }
    if (!scope || !value_is_scalar(scope) ||
        !(text_is(scope->text, "none") || text_is(scope->text, "all") || text_is(scope->text, "withdrawals")))
        return wrong_scope(reading, scope, error);
    value_set(entry, "scope", value_text(arena, scope->text));
    return STATUS_OK;
}

static enum status put_scope(const struct reading *reading, const struct value *scope, struct value *list,
                             struct error *error)
{
    static const char *const names[] = { "source", "department", "scope" };
    struct value *entry = value_append(list, value_object(reading->context->arena));
    if (scope->kind != VALUE_OBJECT || !value_find(scope, "scope"))
        return put_reach(reading, scope, entry, error);
    if (setting_check_names(reading->context, scope, "scope", names, COUNT(names), error))
        return error->status;
    for (size_t i = 0; i < 2; i++)
        if (value_find(scope, names[i]))
            value_set(entry, names[i], value_text(reading->context->arena, value_text_of(scope, names[i])));
    return put_reach(reading, value_find(scope, "scope"), entry, error);
}

static enum status read_scope(const struct reading *reading, const struct value *scope, struct error *error)
{
    struct value *list = value_set(reading->document, "scope", value_list(reading->context->arena));
    if (!scope)
        return STATUS_OK;
    if (scope->kind != VALUE_LIST)
        return put_scope(reading, scope, list, error);
    for (const struct value *item = scope->first; item; item = item->next)
        if (put_scope(reading, item, list, error))
            return error->status;
    return STATUS_OK;
}

/* ---- people ---- */

static enum status read_file(const struct reading *reading, const struct value *at, const char *path,
                             size_t most, struct text *bytes, struct error *error)
{
    struct arena *arena = reading->context->arena;
    if (!file_read(arena, file_path(arena, reading->folder, path), most, bytes, error))
        return STATUS_OK;
    error->status = STATUS_USAGE;
    return setting_place(reading->context, at, error);
}

static enum status put_key(const struct reading *reading, const struct value *at, const struct person *person,
                           struct value *entry, struct error *error)
{
    struct text word;
    struct note_key key;
    if (read_file(reading, value_find(at, "key"), person->key, KEY_FILE_MAX, &word, error))
        return error->status;
    if (note_key_parse(word, &key, error)) {
        (void)error_add(error, "%s", person->key);
        return setting_place(reading->context, value_find(at, "key"), error);
    }
    value_set(entry, "key", value_text(reading->context->arena, text_trim(word)));
    return STATUS_OK;
}

static enum status put_certificate(const struct reading *reading, const struct value *at,
                                   const struct person *person, struct value *entry, struct error *error)
{
    struct arena *arena = reading->context->arena;
    struct text file, der;
    BUFFER_OWNED struct buffer base64 = { 0 };
    if (read_file(reading, value_find(at, "certificate"), person->certificate, CRYPTO_PEM_MAX, &file, error))
        return error->status;
    if (crypto_certificate(arena, file, &der, error)) {
        (void)error_add(error, "%s", person->certificate);
        return setting_place(reading->context, value_find(at, "certificate"), error);
    }
    crypto_base64(&base64, der);
    value_set(entry, "certificate", value_text(arena, text_copy(arena, buffer_view(&base64))));
    return STATUS_OK;
}

static enum status put_logins(const struct reading *reading, const struct value *at,
                              const struct person *person, struct value *entry, struct error *error)
{
    struct arena *arena = reading->context->arena;
    struct text *logins;
    size_t count;
    struct value *list = value_set(entry, "login", value_list(arena));
    if (setting_texts(reading->context, person->login, &logins, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++)
        value_append(list, value_text(arena, logins[i]));
    return count ? STATUS_OK
                 : setting_fault(reading->context, at, error, _("\"%s\" needs a login"), person->name);
}

static enum status put_person(const struct reading *reading, const struct value *at, struct value *people,
                              struct error *error)
{
    struct arena *arena = reading->context->arena;
    struct value *entry = value_append(people, value_object(arena));
    struct person person = { 0 };
    if (setting_read(reading->context, person_table, COUNT(person_table), at, "people", &person, error))
        return error->status;
    if (!person.key == !person.certificate)
        return setting_fault(reading->context, at, error,
                             _("\"%s\" needs a key or a certificate, one of them"), person.name);
    value_set(entry, "name", value_string(arena, person.name));
    value_set(entry, "role", value_string(arena, roles[person.role]));
    if (put_logins(reading, at, &person, entry, error))
        return error->status;
    return person.key ? put_key(reading, at, &person, entry, error)
                      : put_certificate(reading, at, &person, entry, error);
}

static enum status read_people(const struct reading *reading, const struct value *people, struct error *error)
{
    struct value *list = value_set(reading->document, "people", value_list(reading->context->arena));
    if (people && people->kind != VALUE_LIST)
        return setting_fault(reading->context, people, error, _("\"people\" is a list"));
    enum status all = STATUS_OK;
    for (const struct value *item = people ? people->first : NULL; item; item = item->next)
        if (!setting_step(reading->context, &all, put_person(reading, item, list, error), error))
            return all;
    return all;
}

/* ---- all of it ---- */

static enum status read_authorities(const struct reading *reading, const struct value *tree,
                                    const struct written *written, struct approval_setup *setup,
                                    struct error *error)
{
    struct arena *arena = reading->context->arena;
    struct text file, pem;
    if (written->revoked)
        setup->revoked = file_path(arena, reading->folder, written->revoked);
    if (!written->authorities)
        return STATUS_OK;
    setup->authorities = file_path(arena, reading->folder, written->authorities);
    if (read_file(reading, value_find(tree, "authorities"), written->authorities, CRYPTO_PEM_MAX, &file,
                  error))
        return error->status;
    if (crypto_pem_certificates(arena, file, &pem, error) || !pem.length)
        return setting_fault(reading->context, value_find(tree, "authorities"), error,
                             _("%s holds no certificate of an authority (PEM)"), written->authorities);
    value_set(reading->document, "authorities", value_text(arena, pem));
    return STATUS_OK;
}

static enum status judge(const struct reading *reading, const struct value *tree,
                         struct approval_setup *setup, struct error *error)
{
    struct arena *arena = reading->context->arena;
    struct approval_rules rules;
    setup->setting.document = canonical_copy(arena, reading->document);
    setup->setting.digest = crypto_sha256(setup->setting.document);
    if (!approval_rules_parse(arena, reading->document, &setup->setting.digest, &rules))
        return setting_fault(reading->context, tree, error,
                             _("approval.people: two people share a name, a login, a key or a certificate"));
    for (size_t i = 0; i < rules.person_count; i++)
        if (rules.people[i].certificate.length && !rules.authorities.length)
            return setting_fault(
                reading->context, tree, error,
                _("approval.authorities is missing: \"" TEXT_PRINT "\" signs with a certificate"),
                TEXT_ARG(rules.people[i].name));
    if (approval_rules_bind(&rules) && !approval_rules_complete(&rules))
        return setting_fault(reading->context, tree, error,
                             _("approval.people needs an approver and a submitter"));
    return STATUS_OK;
}

enum status approval_setup_read(const struct setting_context *context, const char *folder,
                                const struct value *tree, struct approval_setup *setup, struct error *error)
{
    struct reading reading = { .context = context, .folder = folder };
    struct written written = { 0 };
    *setup = (struct approval_setup){ .authorities = NULL };
    if (!tree)
        return STATUS_OK;
    if (setting_read(context, approval_table, COUNT(approval_table), tree, "approval", &written, error))
        return error->status;
    reading.document = value_object(context->arena);
    value_set(reading.document, "expires", value_integer(context->arena, written.expires));
    enum status all = STATUS_OK;
    (void)(setting_step(context, &all, read_scope(&reading, written.scope, error), error) &&
           setting_step(context, &all, read_people(&reading, written.people, error), error) &&
           setting_step(context, &all, read_authorities(&reading, tree, &written, setup, error), error));
    return all ? all : judge(&reading, tree, setup, error);
}

struct approval_setting approval_setup_none(struct arena *arena)
{
    int64_t expires = 0;
    struct value *document = value_object(arena);
    setting_duration(TEXT(EXPIRES), &expires);
    value_set(document, "expires", value_integer(arena, expires));
    value_set(document, "people", value_list(arena));
    value_set(document, "scope", value_list(arena));
    struct text bytes = canonical_copy(arena, document);
    return (struct approval_setting){ .document = bytes, .digest = crypto_sha256(bytes) };
}

enum status approval_setup_revoked(const struct approval_setup *setup, struct arena *arena, struct text *pem,
                                   struct error *error)
{
    const char *const paths[] = { setup->authorities, setup->revoked };
    BUFFER_OWNED struct buffer all = { 0 };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct text file, lists;
        if (!paths[i])
            continue;
        if (file_read(arena, paths[i], CRYPTO_PEM_MAX, &file, error) ||
            crypto_pem_revocations(arena, file, &lists, error)) {
            error->status = STATUS_USAGE;
            return error_add(error, "%s", paths[i]);
        }
        if (paths[i] == setup->revoked && !lists.length)
            return error_set(error, STATUS_USAGE, _("%s holds no revocation list (PEM)"), paths[i]);
        buffer_text(&all, lists);
    }
    *pem = text_copy(arena, buffer_view(&all));
    return STATUS_OK;
}
