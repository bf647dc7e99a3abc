#include "cli/run.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "cli/ledger_setup.h"
#include "store/report.h"
#include "store/search_index.h"
#include "store/store_run.h"

const char *run_operator(void)
{
    const char *name = getenv("SUDO_USER");
    if (name && *name)
        return name;
    const struct passwd *entry = getpwuid(geteuid());
    return entry && entry->pw_name ? entry->pw_name : "?";
}

enum status run_need_reason(const struct invocation *invocation, struct error *error)
{
    if (invocation->reason && text_trim(text_of(invocation->reason)).length)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("\"%s\" needs --reason TEXT: it goes into the ledger with your name"),
                     invocation->command);
}

struct extract_request run_extract_request(struct session *session)
{
    const struct invocation *invocation = session->invocation;
    struct configuration *configuration = &session->configuration;
    struct text folder = value_text_of(configuration->brakes, "vanished_folder");
    return (struct extract_request){
        .anew = invocation->anew,
        .vanished_folder = text_is(folder, "off")    ? EXTRACT_OFF
                           : text_is(folder, "warn") ? EXTRACT_WARN
                                                     : EXTRACT_STOP,
        .released = invocation->released,
        .released_count = invocation->released_count,
        .reason = invocation->reason,
        .actor = run_operator(),
        .sources = configuration->sources,
        .source_count = configuration->source_count,
        .names = invocation->sources,
        .name_count = invocation->source_count,
        .codes = invocation->codes,
        .code_count = invocation->code_count,
        .secrets = configuration->secrets,
        .folder = configuration->folder,
        .context = &configuration->context,
        .spawner = session->spawner,
        .stop = &cli_stop,
    };
}

struct transform_request run_transform_request(struct session *session)
{
    const struct invocation *invocation = session->invocation;
    struct configuration *configuration = &session->configuration;
    return (struct transform_request){
        .sources = configuration->sources,
        .source_count = configuration->source_count,
        .names = invocation->sources,
        .name_count = invocation->source_count,
        .codes = invocation->codes,
        .code_count = invocation->code_count,
        .lists = configuration->lists,
        .rule_files = configuration->rule_files,
        .rule_file_count = configuration->rule_file_count,
        .defaults = { text_of(configuration->agency_code), text_of(configuration->agency_name) },
        .language = session->language,
        .baseline = configuration->baseline,
        .agency_kind = configuration->agency_kind,
        .precedence = { configuration->precedence, configuration->precedence_count,
                        language_named(session->language) },
        .context = &configuration->context,
        .clock = session->clock,
        .spawner = session->spawner,
        .stop = &cli_stop,
    };
}

struct load_request run_load_request(struct session *session)
{
    struct invocation *invocation = session->invocation;
    struct configuration *configuration = &session->configuration;
    const char **sources = arena_array(&invocation->arena, const char *, configuration->source_count + 1);
    for (size_t i = 0; i < configuration->source_count; i++)
        sources[i] = configuration->sources[i].name;
    return (struct load_request){
        .filter = { invocation->codes, invocation->code_count, invocation->sources,
                    invocation->source_count },
        .portal = configuration->portal,
        .brakes = configuration->brakes,
        .sources = sources,
        .source_count = configuration->source_count,
        .plan = invocation->plan,
        .released = invocation->released,
        .released_count = invocation->released_count,
        .reason = invocation->reason,
        .approval = configuration->approval.setting,
        .actor = run_operator(),
        .command = invocation->command,
        .agency_code = configuration->agency_code,
        .folder = configuration->folder,
        .context = &configuration->context,
        .spawner = session->spawner,
        .stop = &cli_stop,
    };
}

enum status run_read_store(struct session *session, enum store_mode mode, struct store **store,
                           struct error *error)
{
    const char *path = session->invocation->store     ? session->invocation->store
                       : session->invocation->dry_run ? session->configuration.store
                                                      : NULL; /* may be written beside */
    return path ? store_open_untouched(path, mode, session->clock, store, error)
                : store_open(session->configuration.store, mode, session->clock, store, error);
}

enum status run_read_events(struct session *session, enum store_mode mode, struct text code,
                            struct store **store, struct error *error)
{
    if (run_read_store(session, mode, store, error))
        return error->status;
    enum status status = audit_read_check(*store, code, error);
    return status ? run_close_read(*store, status, error) : STATUS_OK;
}

enum status run_tell_unknown(struct text code, struct error *error)
{
    return error_set(error, STATUS_USAGE,
                     _("nothing is known of a procedure \"%.*s\"; what only the portal holds, \"congkhai "
                       "reconcile\" lists"),
                     TEXT_ARG(code));
}

enum status run_check_codes(const struct session *session, struct store *store, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    bool known;
    for (size_t i = 0; i < invocation->code_count; i++) {
        if (report_knows(store, invocation->codes[i], &known, error))
            return error->status;
        if (!known)
            return run_tell_unknown(invocation->codes[i], error);
    }
    return STATUS_OK;
}

enum status run_check_run(struct store *store, int64_t run, struct error *error)
{
    bool known = !run;
    if (run && report_knows_run(store, run, &known, error))
        return error->status;
    return known ? STATUS_OK
                 : error_set(error, STATUS_USAGE, _("there is no run %lld; \"congkhai runs\" lists them"),
                             (long long)run);
}

static void list_rules(struct arena *arena, const struct value *file, struct value *ids)
{
    const struct value *list = value_find(file, "rules");
    for (const struct value *rule = list ? list->first : NULL; rule; rule = rule->next)
        value_append(ids, value_text(arena, value_text_of(rule, "id")));
}

/* The rules in force, else those of the newest run. */
static enum status rules_of(const struct session *session, struct store *store, struct arena *arena,
                            struct value *ids, struct error *error)
{
    const struct configuration *configuration = &session->configuration;
    struct value *kept;
    for (size_t i = 0; i < configuration->rule_file_count; i++)
        list_rules(arena, configuration->rule_files[i].tree, ids);
    if (configuration->rule_file_count)
        return STATUS_OK;
    enum status status = report_run_rules(store, arena, 0, &kept, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    const struct value *files = value_find(kept, "rules");
    for (const struct value *file = files ? files->first : NULL; file; file = file->next)
        list_rules(arena, file, ids);
    return STATUS_OK;
}

enum status run_check_rule(const struct session *session, struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text rule = text_of(session->invocation->rule);
    struct value *ids = value_list(&arena);
    bool known = !rule.bytes || text_starts(rule, TEXT("congkhai/"));
    if (!known && report_knows_rule(store, rule, &known, error))
        return error->status;
    if (known)
        return STATUS_OK;
    if (rules_of(session, store, &arena, ids, error))
        return error->status;
    const char **names = arena_array(&arena, const char *, ids->count + 1);
    size_t count = 0;
    for (const struct value *id = ids->first; id; id = id->next) {
        if (text_equal(id->text, rule))
            return STATUS_OK;
        names[count++] = text_string(&arena, id->text);
    }
    const char *nearest = text_nearest(rule, names, count);
    return error_set(error, STATUS_USAGE,
                     nearest ? _("there is no rule \"%s\"; did you mean \"%s\"?")
                             : _("there is no rule \"%s\""),
                     session->invocation->rule, nearest);
}

enum status run_close_read(struct store *store, enum status status, struct error *error)
{
    if (status == STATUS_OK)
        status = store_check_untouched(store, error);
    status = store_blame(store, status, error);
    store_close(store);
    return status;
}

/* What a run is held to; NULL: nothing. */
static struct value *filter_of(const struct invocation *invocation, struct arena *arena)
{
    if (!invocation->source_count && !invocation->code_count)
        return NULL;
    struct value *filter = value_object(arena), *codes = value_list(arena), *sources = value_list(arena);
    for (size_t i = 0; i < invocation->code_count; i++)
        value_append(codes, value_text(arena, invocation->codes[i]));
    for (size_t i = 0; i < invocation->source_count; i++)
        value_append(sources, value_string(arena, invocation->sources[i]));
    value_set(filter, "codes", codes);
    value_set(filter, "sources", sources);
    return filter;
}

enum status run_begin(struct session *session, struct store *store, int64_t *run, struct error *error)
{
    const struct configuration *configuration = &session->configuration;
    char host[256] = "?";
    cli_end_in_order();
    gethostname(host, sizeof host - 1);
    struct run_start start = {
        .command = session->invocation->command,
        .operator_ = run_operator(),
        .host = host,
        .version = CONGKHAI_VERSION,
        .filter = filter_of(session->invocation, &session->invocation->arena),
        .config_digest = configuration->digest,
        .rules_digest = crypto_sha256(configuration->rules_text),
        .configuration = configuration->masked,
        .rules = configuration->rules_text,
    };
    if (ledger_setup_open(session, store, error))
        return error->status;
    /* A run that cannot even be entered has no ledger to write to. */
    enum status status = store_run_begin(store, &start, run, error);
    session->run = status ? 0 : *run;
    return status == STATUS_FATAL ? (error->status = STATUS_LEDGER) : status;
}

/* What is packed and forgotten are the bytes of sources: the commands that bring them clean up after them,
 * and nobody waits for it who only talks to the portal. */
static bool brings_sources(const struct session *session)
{
    return !strcmp(session->invocation->command, "run") || !strcmp(session->invocation->command, "extract");
}

/* The console makes its own where this one is missing. */
static void write_search_index(const struct session *session, struct store *store)
{
    struct error error = { 0 };
    if (search_index_write(store, session->search_ahead, &error))
        output_message(session, _("the index for searching was not written: %s"), error.message);
}

static enum status end_run(struct session *session, struct store *store, enum status status,
                           const struct run_counts *counts, int *exit_code, struct error *error)
{
    struct error late = { 0 };
    int64_t run = store_run(store);
    if (!status && brings_sources(session))
        status = ledger_setup_housekeeping(session, store, error);
    if (status)
        *exit_code = error_exit_code(status);
    /* A fault of the disk or the ledger leaves nothing to be written: the run stays open in the ledger, as a
     * killed one does. */
    if (status == STATUS_FATAL || status == STATUS_LEDGER)
        return status;
    enum status ended = store_run_end(store, *exit_code, counts, status ? error : NULL, &late);
    if (!ended) {
        ledger_setup_copy_head(session, store, run);
        write_search_index(session, store);
    }
    if (!ended || status)
        return status;
    *error = late;
    *exit_code = error_exit_code(late.status);
    return late.status;
}

enum status run_end(struct session *session, struct store *store, enum status status,
                    const struct run_counts *counts, int *exit_code, struct error *error)
{
    status = end_run(session, store, status, counts, exit_code, error);
    search_ahead_close(session->search_ahead);
    session->search_ahead = NULL;
    return status;
}

enum status run_open(struct session *session, struct store **store, int64_t *run, struct error *error)
{
    /* What is refused leaves no empty store behind. */
    if (store_is_new(session->configuration.store) && ledger_setup_check(&session->configuration, error))
        return error->status;
    if (store_open(session->configuration.store, STORE_RUN, session->clock, store, error))
        return error->status;
    if (run_begin(session, *store, run, error)) {
        store_close(*store);
        return error->status;
    }
    return STATUS_OK;
}

enum status run_close(struct session *session, struct store *store, enum status status,
                      const struct run_counts *counts, int *exit_code, struct error *error)
{
    status = run_end(session, store, status, counts, exit_code, error);
    store_close(store);
    return status;
}
