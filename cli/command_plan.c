/* plan: what load would send now, field by field; sends nothing and writes nothing into the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "cli/approval_lists.h"
#include "cli/run.h"
#include "core/canonical.h"
#include "load/plan.h"
#include "store/kept.h"
#include "store/report.h"

#define ACTION_WIDTH 9
#define VALUE_MAX    100 /* bytes of a value on a terminal; --json has all of it */

struct printing {
    struct value *conflicts, *changed;
    bool json;
    int64_t steps;
    struct buffer line;
    struct arena arena;
};

/* One line, whatever is in it. */
static void print_text(struct text text, bool quoted)
{
    size_t length = text_cut(text, VALUE_MAX);
    if (!text.bytes) {
        putchar('-');
        return;
    }
    if (quoted)
        putchar('"');
    for (size_t i = 0; i < length; i++)
        putchar((unsigned char)text.bytes[i] < 0x20 || text.bytes[i] == 0x7f ? ' ' : text.bytes[i]);
    fputs(length < text.length ? "…" : "", stdout);
    if (quoted)
        putchar('"');
}

static const char *kind_of(const struct plan_step *step)
{
    if (!step->item->wanted)
        return _("nothing is wanted any more: the portal is asked what became of it");
    if (step->asks_first)
        return _("left open by an earlier run: the portal is asked first");
    return step->first ? _("new") : NULL;
}

static void print_step(const struct plan_step *step)
{
    const char *kind = kind_of(step);
    output_padded(output_word(text_of(step->action)), ACTION_WIDTH);
    printf("  " TEXT_PRINT "  ", TEXT_ARG(step->item->code));
    print_text(step->name, false);
    if (kind)
        printf("  (%s)", kind);
    else if (step->item->overwrite.length)
        printf(_("  (over what the portal holds, as ordered: If-Match " TEXT_PRINT ")"),
               TEXT_ARG(step->item->overwrite));
    else if (step->item->version.bytes)
        printf(_("  (on version " TEXT_PRINT ")"), TEXT_ARG(step->item->version));
    putchar('\n');
    /* Of what is new, all would be changes. */
    for (const struct diff *change = step->first ? NULL : step->changes; change; change = change->next) {
        printf("    " TEXT_PRINT ": ", TEXT_ARG(change->field));
        print_text(change->before, true);
        fputs(" → ", stdout);
        print_text(change->after, true);
        putchar('\n');
    }
}

static void print_step_json(struct printing *printing, const struct plan_step *step)
{
    struct arena *arena = &printing->arena;
    struct value *object = value_object(arena), *changes = value_list(arena);
    value_set(object, "code", value_text(arena, step->item->code));
    value_set(object, "action", value_string(arena, step->action));
    value_put(arena, object, "name", step->name);
    value_set(object, "digest", value_digest(arena, &step->digest));
    value_put(arena, object, "base", step->base);
    value_set(object, "state", value_string(arena, outbox_state_name(step->item->state)));
    value_set(object, "first", value_boolean(arena, step->first));
    value_set(object, "asks_first", value_boolean(arena, step->asks_first));
    for (const struct diff *change = step->changes; change; change = change->next) {
        struct value *item = value_append(changes, value_object(arena));
        value_set(item, "field", value_text(arena, change->field));
        value_put(arena, item, "old", change->before);
        value_put(arena, item, "new", change->after);
    }
    value_set(object, "changes", changes);
    buffer_clear(&printing->line);
    canonical_write(&printing->line, object);
    printf("%s\n    ", printing->steps ? "," : "");
    fwrite(printing->line.bytes, 1, printing->line.length, stdout);
    arena_clear(arena);
}

static enum status show_step(void *user_data, const struct plan_step *step, struct error *error)
{
    struct printing *printing = user_data;
    (void)error;
    if (printing->json)
        print_step_json(printing, step);
    else
        print_step(step);
    printing->steps++;
    return STATUS_OK;
}

/* What a person has to decide before anything of it can be sent. */
static void print_conflicts(struct printing *printing)
{
    const struct output_column columns[] = {
        { "code", _("code"), 26 },
        { "since_run", _("since run"), 0 },
        { "message", _("why"), 100 },
    };
    if (!printing->conflicts->count)
        return;
    printf(_("\nIn conflict, and not sent before somebody decides (congkhai reconcile --show CODE):\n"));
    output_table(printing->conflicts, columns, sizeof columns / sizeof *columns);
}

static void print_list_json(const char *name, const struct value *list)
{
    BUFFER_OWNED struct buffer line = { 0 };
    canonical_write(&line, list);
    printf("  \"%s\": %s,\n", name, line.bytes);
}

static void print_summary(struct printing *printing, const struct plan_summary *summary)
{
    if (printing->json) {
        printf("%s],\n  \"publish\": %lld,\n  \"first\": %lld,\n  \"withdraw\": %lld,\n  \"ask\": %lld,\n",
               printing->steps ? "\n  " : "", (long long)summary->publish, (long long)summary->first,
               (long long)summary->withdraw, (long long)summary->ask);
        print_list_json("conflicts", printing->conflicts);
        print_list_json("changed_since", printing->changed);
        printf("  \"digest\": \"%s\"\n}\n", summary->digest);
        return;
    }
    if (summary->steps)
        putchar('\n');
    printf(_("%lld to publish (%lld of them new), %lld to withdraw, %lld only to be asked about\n"),
           (long long)summary->publish, (long long)summary->first, (long long)summary->withdraw,
           (long long)summary->ask);
    print_conflicts(printing);
    printf(_("The digest of this plan: %s\n"), summary->digest);
}

static bool is_written_since(const char *path, int64_t began)
{
    struct file_state state;
    struct error gone;
    int64_t since = began * 1000000;
    return file_look(path, &state, &gone) || state.modified > since || state.changed > since;
}

/* A file of the source that was written to since it was read for the run; NULL: none. */
static const char *file_since(const struct session *session, const struct source *source, int64_t began,
                              struct arena *arena)
{
    const char *folder = session->configuration.folder;
    struct text file = value_text_of(source->fetch, "file"), in = value_text_of(source->fetch, "folder"),
                match = value_text_of(source->fetch, "match");
    struct file_list list = { 0 };
    struct error unread;
    if (file.bytes) {
        const char *path = file_path(arena, folder, text_string(arena, file));
        return is_written_since(path, began) ? text_string(arena, file) : NULL;
    }
    if (!in.bytes || file_list_folder(arena, file_path(arena, folder, text_string(arena, in)),
                                      match.bytes ? text_string(arena, match) : "*", &list, &unread))
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        if (is_written_since(list.paths[i], began))
            return list.names[i];
    return NULL;
}

static enum status find_written(const struct session *session, struct store *store, int64_t run,
                                struct arena *arena, struct value *changed, struct error *error)
{
    const struct configuration *configuration = &session->configuration;
    bool any = false;
    for (size_t i = 0; i < configuration->source_count; i++) {
        const struct source *source = &configuration->sources[i];
        int64_t began;
        enum status status = report_read_for(store, source->name, run, &began, error);
        if (status && status != STATUS_END)
            return status;
        const char *file = status ? NULL : file_since(session, source, began, arena);
        if (file)
            output_message(
                session,
                _("since source \"%s\" was read for run %lld, %s was written to: the next extract may "
                  "bring other records"),
                source->name, (long long)run, file);
        any = any || file;
    }
    if (any)
        value_append(changed, value_string(arena, "files"));
    return STATUS_OK;
}

/* What is planned was made by the last transform: with this configuration, these rules and these files? */
static enum status find_changes(const struct session *session, struct store *store, struct arena *arena,
                                struct value **changed, struct error *error)
{
    const struct configuration *configuration = &session->configuration;
    struct digest before[2], rules = crypto_sha256(configuration->rules_text);
    int64_t run;
    *changed = value_list(arena);
    if (!session->configured)
        return STATUS_OK;
    enum status status = report_last_transform(store, &run, &before[0], &before[1], error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    if (!digest_equal(&before[0], &configuration->digest))
        value_append(*changed, value_string(arena, "configuration"));
    if (!digest_equal(&before[1], &rules))
        value_append(*changed, value_string(arena, "rules"));
    if ((*changed)->count)
        output_message(
            session,
            _("since run %lld transformed last, the configuration or the rules and code lists have changed: "
              "the next transform may make another plan"),
            (long long)run);
    return find_written(session, store, run, arena, *changed, error);
}

static enum status show(struct session *session, struct store *store, struct error *error)
{
    struct load_request request = run_load_request(session);
    struct plan_summary summary;
    ARENA_OWNED struct arena arena = { 0 };
    struct printing printing = { .json = session->invocation->json };
    struct kept_filter conflicts = { .sources = session->invocation->sources,
                                     .source_count = session->invocation->source_count,
                                     .codes = session->invocation->codes,
                                     .code_count = session->invocation->code_count,
                                     .outcome = "conflict" };
    int64_t total, records;
    BUFFER_OWNED struct buffer document = { .limit = PLAN_KEPT_MAX };
    struct plan_walk walk = { .store = store,
                              .filter = &request.filter,
                              .details = true,
                              .visit = show_step,
                              .user_data = &printing,
                              .document = &document };
    if (run_check_codes(session, store, error) ||
        kept_rows(store, &conflicts, &arena, &printing.conflicts, &total, &records, error) ||
        find_changes(session, store, &arena, &printing.changed, error))
        return error->status;
    if (printing.json) {
        output_begin();
        printf("{\n  \"schema\": \"%s\",\n  \"steps\": [", output_schema());
    }
    enum status status = plan_walk(&walk, &summary, error);
    if (!status) {
        print_summary(&printing, &summary);
        if (!session->invocation->store && !session->invocation->dry_run)
            plan_keep(session->configuration.store, &document);
    }
    buffer_free(&printing.line);
    arena_free(&printing.arena);
    return status;
}

/* --format: what needs approval, as it would be submitted; --list: as it was. */
static enum status show_list(struct session *session, struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    struct load_request request = run_load_request(session);
    struct approval_gate gate;
    struct approval_paper paper;
    int64_t number = 0;
    if (invocation->list && approval_lists_number(invocation->list, &number, error))
        return error->status;
    enum status status = approval_gate_open(store, &gate, error);
    const struct approval_list *list = status ? NULL : approval_state_list(&gate.state, number);
    if (!status && invocation->list && !list)
        status = error_set(error, STATUS_USAGE,
                           _("there is no list %lld; \"congkhai status\" shows those that wait"),
                           (long long)number);
    if (!status && list)
        status = approval_lists_restore(store, list, invocation->codes, invocation->code_count, &arena,
                                        &paper, error);
    else if (!status)
        status =
            approval_lists_freeze(session, store, &gate, &request.filter, NULL, 0, &arena, &paper, error);
    if (!status)
        status = approval_lists_print(session, &paper, number, error);
    approval_gate_close(&gate);
    return status;
}

enum status command_plan(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    bool as_list = invocation->list || invocation->format || invocation->output;
    struct store *store;
    (void)exit_code;
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = store_snapshot_begin(store, error); /* a run may be at work */
    if (!status) {
        status = as_list ? show_list(session, store, error) : show(session, store, error);
        store_snapshot_end(store);
    }
    return run_close_read(store, status, error);
}
