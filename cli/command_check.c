/* check: is the configuration right, before a night depends on it? */
#include <stdio.h>
#include <string.h>

#include "adapters/odbc_string.h"
#include "adapters/secret.h"
#include "adapters/secrets.h"
#include "cli/run.h"
#include "cli/shipped.h"
#include "extract/extract.h"
#include "load/load.h"
#include "transform/transform.h"

/* As a value of its own, in a URL, in a connection string, or in prose: a header, a body, a command line. */
static bool is_written_out(struct arena *arena, const struct value *value)
{
    if (value->kind != VALUE_TEXT)
        return false;
    if (text_is(value->name, "odbc"))
        return odbc_string_has_password(value->text);
    if (!text_equal(secret_hide(arena, value->text), value->text))
        return true;
    if (!value->text.length || secret_is_named(value->text))
        return false;
    return secret_is_name(value->name) || secret_is_assigned(value->text);
}

static void warn(const struct session *session, const struct value *at, const char *message,
                 struct value *warnings)
{
    struct arena *arena = session->configuration.context.arena;
    value_append(warnings, value_text(arena, text_format(arena, "%s:%u:%u: %s", session->configuration.path,
                                                         at->line, at->column, message)));
}

/* A named one that cannot be told from other text. */
static void warn_common(const struct session *session, const struct value *value, struct value *warnings,
                        struct arena *arena)
{
    struct text rest = value->text, secret;
    size_t start, end;
    while (text_find(rest, TEXT("${"), &start)) {
        rest = text_slice(rest, start, rest.length);
        struct error unread;
        if (!text_find(rest, TEXT("}"), &end))
            return;
        struct text reference = text_slice(rest, 0, end + 1);
        rest = text_slice(rest, end + 1, rest.length);
        if (secret_resolve(arena, session->configuration.folder, reference, &secret, &unread))
            continue;
        if (secret.length < SECRETS_LEAST)
            warn(session, value,
                 text_format(arena,
                             _("the secret " TEXT_PRINT " has fewer than %d bytes: where it comes back in an "
                               "answer, a message or a record it cannot be known; take a longer one"),
                             TEXT_ARG(reference), SECRETS_LEAST)
                     .bytes,
                 warnings);
        else if (secrets_is_own_word(secret))
            warn(session, value,
                 text_format(arena,
                             _("the secret " TEXT_PRINT " stands within a word that this program itself "
                               "writes: records that hold it are kept back, but nowhere is it hidden; take "
                               "another one"),
                             TEXT_ARG(reference))
                     .bytes,
                 warnings);
    }
}

/* Secrets that are written out: where they stand, never what they are. */
static void warn_secrets(const struct session *session, const struct value *tree, struct value *warnings,
                         struct arena *arena)
{
    for (const struct value *child = tree->first; child; child = child->next) {
        if (is_written_out(arena, child))
            warn(session, child,
                 text_format(
                     arena,
                     _("the secret \"%.*s\" is written out; refer to it with ${env:NAME}, ${file:PATH} "
                       "or ${credential:NAME}"),
                     TEXT_ARG(child->name.length ? child->name : tree->name))
                     .bytes,
                 warnings);
        if (child->kind == VALUE_TEXT)
            warn_common(session, child, warnings, arena);
        warn_secrets(session, child, warnings, arena);
    }
}

/* The first record of each source, mapped, for a person to look at. */
static enum status try_sources(struct session *session, struct value *document, struct arena *arena,
                               int *exit_code)
{
    struct extract_request extract = run_extract_request(session);
    struct transform_request transform = run_transform_request(session);
    struct value *sources = value_set(document, "sources", value_list(arena));
    for (size_t i = 0; i < extract.source_count; i++) {
        const struct source *source = &extract.sources[i];
        struct value *row = value_append(sources, value_object(arena));
        struct text bytes, context;
        char *locator = arena_alloc_zeroed(arena, 512);
        struct error error = { 0 };
        struct transform_one one;
        value_set(row, "source", value_string(arena, source->name));
        enum status status = extract_first(&extract, source, arena, &bytes, &context, locator, &error);
        if (status == STATUS_OK)
            status = transform_try(&transform, source, arena, bytes, context, &one, &error);
        if (status == STATUS_OK) {
            value_set(row, "locator", value_string(arena, locator));
            value_set(row, "procedure", one.procedure ? one.procedure : value_null(arena));
            struct value *findings = value_set(row, "findings", value_list(arena));
            for (const struct finding *finding = one.findings.first; finding; finding = finding->next) {
                struct value *item = value_append(findings, value_object(arena));
                value_set(item, "rule", value_text(arena, finding->rule));
                if (finding->field.length)
                    value_set(item, "field", value_text(arena, finding->field));
                value_set(item, "message", value_text(arena, finding->message));
            }
            continue;
        }
        *exit_code = 3;
        value_set(row, "error",
                  value_text(arena, status == STATUS_END ? text_of(_("the source has no record"))
                                                         : text_copy(arena, text_of(error.message))));
    }
    return STATUS_OK;
}

static void print_online(const struct value *document)
{
    for (const struct value *row = value_find(document, "sources")->first; row; row = row->next) {
        const struct value *error = value_find(row, "error");
        printf("\n%.*s: %.*s\n", TEXT_ARG(value_text_of(row, "source")),
               TEXT_ARG(error ? error->text : value_text_of(row, "locator")));
        if (error)
            continue;
        output_json(value_find(row, "procedure"));
        for (const struct value *finding = value_find(row, "findings")->first; finding;
             finding = finding->next)
            printf("  %.*s %.*s: %.*s\n", TEXT_ARG(value_text_of(finding, "rule")),
                   TEXT_ARG(value_text_of(finding, "field")), TEXT_ARG(value_text_of(finding, "message")));
    }
    const struct value *portal = value_find(document, "portal");
    if (portal)
        printf(_("\nportal: %.*s\n"), TEXT_ARG(portal->text));
}

/* What the rules will surprise with, and examples beside them that they break. */
struct reviewing {
    struct value *warnings;
    struct arena *arena;
    const struct setting_context *context;
};

static void take_remark(void *user_data, const char *remark)
{
    const struct reviewing *reviewing = user_data;
    value_append(reviewing->warnings,
                 value_text(reviewing->arena, text_copy(reviewing->arena, text_of(remark))));
}

static void take_example(void *user_data, const struct rule_example *example)
{
    const struct reviewing *reviewing = user_data;
    struct error error = { 0 };
    if (example->held == example->should_pass)
        return;
    if (example->should_pass)
        (void)error_set(&error, STATUS_USAGE,
                        _("%s:%u:%u: the rule %.*s breaks an example that should pass: %.*s"), example->file,
                        example->line, example->column, TEXT_ARG(example->rule),
                        TEXT_ARG(example->finding->message));
    else
        (void)error_set(&error, STATUS_USAGE,
                        _("%s:%u:%u: the rule %.*s lets an example pass that should fail"), example->file,
                        example->line, example->column, TEXT_ARG(example->rule));
    (void)setting_goes_on(reviewing->context, &error);
}

/* Terms of the law differ, and this code does not say which are meant. */
static void ask_agency_kind(const struct session *session, struct reviewing *reviewing)
{
    const struct configuration *configuration = &session->configuration;
    if (configuration->agency_kind == AGENCY_UNKNOWN)
        take_remark(
            reviewing,
            text_format(
                reviewing->arena,
                _("%s: the agency's code \"%s\" does not say whether it is a ministry or a province: add "
                  "\"kind: ministry\" or \"kind: province\" under \"agency\"; until then no term of "
                  "publication or announcement is judged"),
                configuration->path, configuration->agency_code)
                .bytes);
}

/* Until then nothing is late; one far ahead is a slip of the pen that no night would tell. */
static void ask_baseline(const struct session *session, struct value *warnings)
{
    const struct configuration *configuration = &session->configuration;
    char today[DATE_TEXT], day[DATE_TEXT];
    clock_format_date(session->clock->now(session->clock), today);
    if (!configuration->baseline.year)
        return;
    date_write(configuration->baseline, day);
    if (strcmp(day, today) > 0)
        warn(session, value_find(configuration->tree, "baseline"),
             text_format(
                 configuration->context.arena,
                 _("\"baseline\" is %s, which lies ahead: what is decided before that day is never late, "
                   "and no term of it is told"),
                 day)
                 .bytes,
             warnings);
}

/* No night needs them, but an approval does. */
static enum status check_revoked(struct configuration *configuration, struct arena *arena,
                                 struct error *error)
{
    struct text lists;
    struct error why;
    const struct value *at = value_find(value_find(configuration->tree, "approval"), "revoked");
    if (!at || !approval_setup_revoked(&configuration->approval, arena, &lists, &why))
        return STATUS_OK;
    return setting_fault(&configuration->context, at, error, "%s", why.message);
}

/* Everything that run would refuse. Each part by itself; a fault of another kind ends it. */
static enum status find_faults(struct session *session, const struct load_request *load,
                               struct reviewing *reviewing, struct error *error)
{
    struct configuration *configuration = &session->configuration;
    struct extract_request extract = run_extract_request(session);
    struct transform_request transform = run_transform_request(session);
    struct digest rules;
    for (int part = 0; part < 7; part++) {
        enum status status = STATUS_OK;
        if (part == 0)
            status =
                store_check_place(configuration->store, error)
                    ? setting_place(&configuration->context, value_find(configuration->tree, "store"), error)
                    : STATUS_OK;
        else if (part == 1)
            status = extract_check(&extract, error);
        else if (part == 2)
            status = transform_check(&transform, &rules, error);
        else if (part == 3)
            status = load_check(load, error);
        else if (part == 4)
            status = ledger_setup_check(configuration, error);
        else if (part == 5)
            status = check_revoked(configuration, reviewing->arena, error);
        else if (part == 6)
            status = command_test_check(configuration, reviewing->arena, error);
        if (status && !setting_goes_on(&configuration->context, error))
            return status;
    }
    if (configuration->context.faults->count)
        return STATUS_OK;
    if (transform_review(&transform, take_remark, take_example, reviewing, error))
        return error->status;
    return shipped_compare(reviewing->arena, configuration->rule_files, configuration->rule_file_count,
                           take_remark, reviewing, error);
}

/* All but the last, which the caller tells as any command's; with --json all of them. */
static enum status tell_faults(const struct session *session, struct arena *arena, struct value *document,
                               struct error *error)
{
    const struct setting_faults *faults = session->configuration.context.faults;
    struct value *list = value_list(arena);
    for (const struct setting_fault_item *fault = faults->first; fault; fault = fault->next) {
        output_error_members(value_append(list, value_object(arena)), arena, &fault->error);
        if (fault->next)
            fprintf(stderr, "congkhai: %s\n", fault->error.message);
    }
    value_set(document, "valid", value_boolean(arena, false));
    value_set(document, "errors", list);
    output_error_members(document, arena, &faults->first->error);
    value_set(document, "exit_code", value_integer(arena, error_exit_code(STATUS_USAGE)));
    if (session->invocation->json)
        output_json(document);
    return error_copy(error, STATUS_USAGE, &faults->last->error);
}

static void try_portal(const struct load_request *load, struct arena *arena, struct value *document,
                       int *exit_code)
{
    struct error reason = { 0 };
    bool there = load_trial(load, &reason) == STATUS_OK;
    value_set(
        document, "portal",
        value_text(arena, there ? text_of(_("it answers")) : text_copy(arena, text_of(reason.message))));
    if (!there)
        *exit_code = 3;
}

enum status command_check(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct configuration *configuration = &session->configuration;
    struct load_request load = { .portal = configuration->portal,
                                 .brakes = configuration->brakes,
                                 .agency_code = configuration->agency_code,
                                 .folder = configuration->folder,
                                 .context = &configuration->context,
                                 .stop = &cli_stop };
    struct value *document = value_object(&arena), *warnings = value_list(&arena);
    struct reviewing reviewing = { warnings, &arena, &configuration->context };
    value_set(document, "configuration", value_string(&arena, configuration->path));
    if (find_faults(session, &load, &reviewing, error))
        return error->status;
    if (configuration->context.faults->count)
        return tell_faults(session, &arena, document, error);
    ask_agency_kind(session, &reviewing);
    ask_baseline(session, warnings);
    warn_secrets(session, configuration->tree, warnings, &arena);
    value_set(document, "valid", value_boolean(&arena, true));
    value_set(document, "sources_configured", value_integer(&arena, (int64_t)configuration->source_count));
    value_set(document, "warnings", warnings);
    if (session->invocation->online) {
        if (try_sources(session, document, &arena, exit_code))
            return error->status;
        try_portal(&load, &arena, document, exit_code);
    }
    if (session->invocation->json) {
        output_json(document);
        return STATUS_OK;
    }
    for (const struct value *warning = warnings->first; warning; warning = warning->next)
        output_message(session, "%.*s", TEXT_ARG(warning->text));
    printf(_("%s: in order (%zu sources)\n"), configuration->path, configuration->source_count);
    if (session->invocation->online)
        print_online(document);
    return STATUS_OK;
}
