/* reconcile: what the store believes to stand at the portal, against the portal, or against what is wanted.
 */
#include <stdio.h>
#include <string.h>

#include "cli/approval_lists.h"
#include "cli/run.h"
#include "core/canonical.h"
#include "core/diff.h"
#include "load/reconcile.h"
#include "store/store_run.h"

#define SET_WIDTH 9   /* of a set's name */
#define SHOWN     200 /* rows on a terminal; --json has them all */

static void show_progress(void *user_data, int64_t done, int64_t total)
{
    output_progress(user_data, _("listed"), done, total);
}

static void show_notice(void *user_data, const char *message)
{
    output_message(user_data, "%s", message);
}

static struct load_request request_of(struct session *session)
{
    struct load_request request = run_load_request(session);
    request.progress = show_progress;
    request.notice = show_notice;
    request.user_data = session;
    return request;
}

/* ---- the sets ---- */

struct printing {
    bool json, online;
    int64_t rows;
    struct buffer line;
};

static void print_row(const struct value *row, bool online)
{
    struct text believed = value_text_of(row, "believed_digest");
    struct text other = value_text_of(row, online ? "there_digest" : "wanted_digest");
    struct text action = value_text_of(row, "wanted_action");
    output_padded(output_word(value_text_of(row, "set")), SET_WIDTH);
    printf("  " TEXT_PRINT "  %.16s → %.16s", TEXT_ARG(value_text_of(row, "code")),
           believed.length ? believed.bytes : "-", other.length ? other.bytes : "-");
    if (online)
        printf("  " TEXT_PRINT " " TEXT_PRINT, TEXT_ARG(output_word(value_text_of(row, "there_status"))),
               TEXT_ARG(value_text_of(row, "there_version")));
    else
        printf("  " TEXT_PRINT, TEXT_ARG(output_word(action)));
    putchar('\n');
}

static enum status show_row(void *user_data, const struct value *row, struct error *error)
{
    struct printing *printing = user_data;
    (void)error;
    if (printing->json) {
        buffer_clear(&printing->line);
        canonical_write(&printing->line, row);
        printf("%s\n    ", printing->rows ? "," : "");
        fwrite(printing->line.bytes, 1, printing->line.length, stdout);
    } else if (printing->rows < SHOWN) {
        print_row(row, printing->online);
    }
    printing->rows++;
    return STATUS_OK;
}

static void print_counts_json(const struct reconciliation_counts *counts, bool online)
{
    printf("{\n  \"schema\": \"%s\",\n  \"online\": %s,\n  \"same\": %lld,\n  \"differs\": %lld,\n  "
           "\"missing_there\": %lld,\n"
           "  \"only_there\": %lld,\n",
           output_schema(), online ? "true" : "false", (long long)counts->same, (long long)counts->differs,
           (long long)counts->missing, (long long)counts->only);
    if (counts->untold)
        printf("  \"untold\": %lld,\n", (long long)counts->untold);
    if (counts->refused)
        printf("  \"refused\": %lld,\n", (long long)counts->refused);
    if (counts->gone)
        printf("  \"gone\": %lld,\n", (long long)counts->gone);
    if (online)
        printf("  \"listed\": %lld,\n  \"conflict\": %lld,\n  \"pending\": %lld,\n  \"refreshed\": %lld,\n",
               (long long)counts->listed, (long long)counts->conflict, (long long)counts->pending,
               (long long)counts->refreshed);
}

static void print_counts(const struct reconciliation_counts *counts, bool online)
{
    printf(
        online
            ? _("The store and the portal: %lld the same, %lld differ, %lld missing there, %lld only there\n")
            : _("What is believed to stand there and what is wanted: %lld the same, %lld differ, %lld "
                "missing "
                "there, %lld only there\n"),
        (long long)counts->same, (long long)counts->differs, (long long)counts->missing,
        (long long)counts->only);
    if (counts->untold)
        printf(_("%lld stand there, and the portal does not say what: look with \"congkhai reconcile --show "
                 "CODE\"\n"),
               (long long)counts->untold);
    if (counts->pending)
        printf(_("%lld that should be there and are not go back to pending: the next run sends them\n"),
               (long long)counts->pending);
    if (counts->refused)
        printf(_("%lld are not there any more, and the portal refused what is wanted in their place: nothing "
                 "is sent "
                 "until their record changes or \"congkhai retry\" orders it\n"),
               (long long)counts->refused);
    if (counts->gone)
        printf(_("%lld that were withdrawn are not there any more, where they should stay readable as "
                 "abolished: nothing is sent for them; ask those who keep the portal\n"),
               (long long)counts->gone);
    if (counts->conflict)
        printf(_("%lld are in conflict: settle each with \"congkhai reconcile --adopt CODE\" or "
                 "\"--overwrite CODE\"\n"),
               (long long)counts->conflict);
}

static enum status print_last(struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *last;
    enum status status = reconciliation_last(store, &arena, &last, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    printf(_("Last asked in run " TEXT_PRINT " (" TEXT_PRINT "): " TEXT_PRINT " the same, " TEXT_PRINT
             " differ, " TEXT_PRINT " missing there, " TEXT_PRINT " only there\n"),
           TEXT_ARG(value_text_of(last, "run")), TEXT_ARG(output_time(&arena, value_text_of(last, "at"))),
           TEXT_ARG(value_text_of(last, "same")), TEXT_ARG(value_text_of(last, "differs")),
           TEXT_ARG(value_text_of(last, "missing")), TEXT_ARG(value_text_of(last, "only")));
    return STATUS_OK;
}

static enum status show(struct session *session, struct store *store,
                        const struct reconciliation_counts *counts, bool online, struct error *error)
{
    struct printing printing = { .json = session->invocation->json, .online = online };
    output_progress_end(session);
    if (printing.json) {
        output_begin();
        print_counts_json(counts, online);
        fputs("  \"rows\": [", stdout);
    } else {
        print_counts(counts, online);
    }
    enum status status = reconciliation_rows(store, online, show_row, &printing, error);
    if (printing.json)
        printf("%s]\n}\n", printing.rows ? "\n  " : "");
    else if (printing.rows > SHOWN)
        printf(_("… and %lld more; --json has them all\n"), (long long)(printing.rows - SHOWN));
    buffer_free(&printing.line);
    return status;
}

/* ---- without the portal ---- */

static enum status show_beliefs(struct session *session, struct error *error)
{
    struct store *store;
    struct reconciliation_counts counts;
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = store_snapshot_begin(store, error);
    if (!status) {
        status = reconciliation_beliefs(store, &counts, error);
        if (!status)
            status = show(session, store, &counts, false, error);
        if (!status && !session->invocation->json)
            status = print_last(store, error);
        store_snapshot_end(store);
    }
    return run_close_read(store, status, error);
}

/* ---- with it ---- */

static enum status ask(struct session *session, struct error *error, int *exit_code)
{
    struct store *store;
    struct reconciliation_counts counts;
    struct run_counts run_counts = { 0 };
    int64_t run;
    struct load_request request = request_of(session);
    if (load_check(&request, error) || reconcile_check(&request, false, error) ||
        run_open(session, &store, &run, error))
        return error->status;
    enum status status = reconcile_ask(store, &request, &counts, error);
    if (!status) {
        /* For a person to look at; what is missing there goes its way by itself, or waits for one. */
        struct store_kept_back kept;
        status = store_kept_back(store, &kept, error);
        if (!status) {
            bool waits = counts.differs || counts.only || counts.untold || counts.gone || store_keeps(&kept);
            *exit_code = waits ? 1 : 0;
            status = show(session, store, &counts, true, error);
        }
    }
    return run_close(session, store, status, &run_counts, exit_code, error);
}

/* ---- side by side ---- */

/* All leaves, with what each side has of them. */
static struct value *rows_of(struct arena *arena, const struct reconcile_view *view, size_t *differ)
{
    struct value *rows = value_list(arena);
    const struct diff *other = diff_find(arena, view->ours, view->there);
    const struct diff *all[] = { diff_find(arena, NULL, view->ours), other };
    *differ = 0;
    for (const struct diff *leaf = all[0]; leaf; leaf = leaf->next) {
        const struct diff *found = other;
        while (found && !text_equal(found->field, leaf->field))
            found = found->next;
        struct text there = found ? found->after : view->there ? leaf->after : TEXT_NONE;
        struct value *row = value_append(rows, value_object(arena));
        value_set(row, "field", value_text(arena, leaf->field));
        value_set(row, "ours", value_text(arena, leaf->after));
        value_put(arena, row, "there", there);
        value_set(row, "same", value_boolean(arena, !found && view->there));
        *differ += found != NULL;
    }
    for (; other; other = other->next) {
        if (other->before.bytes)
            continue;
        struct value *row = value_append(rows, value_object(arena));
        value_set(row, "field", value_text(arena, other->field));
        value_set(row, "there", value_text(arena, other->after));
        value_set(row, "same", value_boolean(arena, false));
        ++*differ;
    }
    return rows;
}

static void print_side(const char *title, const struct value *row, const char *name)
{
    struct text text = value_text_of(row, name);
    printf("    %s: " TEXT_PRINT "\n", title, TEXT_ARG(text.bytes ? text : text_of("-")));
}

static void print_rows(const struct value *rows)
{
    for (int same = 0; same < 2; same++) {
        bool first = true;
        for (const struct value *row = rows->first; row; row = row->next) {
            if (value_find(row, "same")->truth != (same == 1))
                continue;
            if (first)
                printf("\n%s\n", same ? _("The same on both sides") : _("Different"));
            first = false;
            printf("  " TEXT_PRINT "\n", TEXT_ARG(value_text_of(row, "field")));
            print_side(same ? _("both") : _("ours"), row, "ours");
            if (!same)
                print_side(_("portal"), row, "there");
        }
    }
}

/* What was acknowledged last: withdrawn here and published there is another thing, whatever its content. NULL: the portal
 * does not say, or something is wanted in its place. */
static const char *other_status(const struct reconcile_view *view)
{
    const char *held = view->item.held_abolished ? "abolished" : "published";
    bool other = view->item.held && view->status && view->which[0] == 'h' && strcmp(held, view->status) != 0;
    return other ? held : NULL;
}

static struct value *view_document(struct arena *arena, const struct reconcile_view *view, struct text code,
                                   struct value *rows, size_t differ)
{
    struct value *document = value_object(arena);
    value_set(document, "code", value_text(arena, code));
    value_set(document, "state", value_string(arena, outbox_state_name(view->item.state)));
    value_set(document, "ours", value_string(arena, view->ours_known ? view->which : "none"));
    value_set(document, "known_there", value_boolean(arena, view->known));
    value_set(document, "shown_there", value_boolean(arena, view->there != NULL));
    if (view->status)
        value_set(document, "there_status", value_string(arena, view->status));
    if (other_status(view))
        value_set(document, "held_status", value_string(arena, other_status(view)));
    value_put(arena, document, "there_version", view->version);
    if (view->has_digest)
        value_set(document, "there_digest", value_digest(arena, &view->digest));
    value_set(document, "differs", value_integer(arena, (int64_t)differ));
    value_set(document, "rows", rows);
    return document;
}

static void print_view(const struct reconcile_view *view, struct text code, const struct value *rows,
                       size_t differ)
{
    if (!view->known)
        printf(_("The portal does not know " TEXT_PRINT "\n"), TEXT_ARG(code));
    else
        printf(_(TEXT_PRINT " at the portal: %s, version " TEXT_PRINT "\n"), TEXT_ARG(code),
               view->status ? words_said(view->status) : "-",
               TEXT_ARG(view->version.bytes ? view->version : TEXT("-")));
    if (!view->ours_known)
        printf(_("The store has no content of it\n"));
    if (view->known && !view->there)
        printf(_("The portal does not show its content\n"));
    else if (view->known && view->ours_known)
        printf(_("%zu fields differ from what %s\n"), differ,
               view->which[0] == 'w' ? _("is wanted there") : _("was acknowledged last"));
    if (other_status(view))
        printf(_("What was acknowledged last: %s\n"), words_said(other_status(view)));
    print_rows(rows);
}

static enum status show_both(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct store *store;
    struct reconcile_view view;
    struct load_request request = request_of(session);
    struct text code = text_of(session->invocation->show);
    if (load_check(&request, error) || reconcile_check(&request, true, error) ||
        run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = reconcile_view(store, &request, code, &arena, &view, error);
    if (!status) {
        size_t differ;
        struct value *rows = rows_of(&arena, &view, &differ);
        *exit_code = differ || !view.known || other_status(&view) ? 1 : 0;
        if (session->invocation->json)
            output_json(view_document(&arena, &view, code, rows, differ));
        else
            print_view(&view, code, rows, differ);
    }
    return run_close_read(store, status, error);
}

/* ---- settling ---- */

static void say_settled(const struct session *session, struct text code, enum reconcile_result settled)
{
    static const char *const names[] = { "adopted", "overwrites", "missing", "gone", "ours", "nothing" };
    if (session->invocation->json) {
        ARENA_OWNED struct arena arena = { 0 };
        struct value *document = value_object(&arena);
        value_set(document, "code", value_text(&arena, code));
        value_set(document, "settled", value_string(&arena, names[settled]));
        output_json(document);
        return;
    }
    switch (settled) {
    case RECONCILE_ADOPTED:
        printf(_("What the portal holds of " TEXT_PRINT
                 " is taken over; what was wanted in its place waits until its "
                 "record changes, or for \"congkhai retry --code\"\n"),
               TEXT_ARG(code));
        break;
    case RECONCILE_OVERWRITES:
        printf(
            _("The next \"congkhai run\" or \"congkhai load\" replaces what the portal holds of " TEXT_PRINT
              " now, and nothing newer\n"),
            TEXT_ARG(code));
        break;
    case RECONCILE_MISSING:
        printf(_("The portal does not know " TEXT_PRINT
                 ": the next \"congkhai run\" or \"congkhai load\" sends it\n"),
               TEXT_ARG(code));
        break;
    case RECONCILE_GONE:
        printf(_("The portal does not know " TEXT_PRINT
                 ", and nothing of it is to stand there: nothing needs to be sent\n"),
               TEXT_ARG(code));
        break;
    case RECONCILE_OURS:
        printf(_("The portal holds our content of " TEXT_PRINT " already: nothing needs to be sent\n"),
               TEXT_ARG(code));
        break;
    case RECONCILE_NOTHING:
        printf(_("There is nothing to settle: the portal and the store agree on " TEXT_PRINT "\n"),
               TEXT_ARG(code));
        break;
    }
}

static enum status settle(struct session *session, bool overwrite, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    struct text code = text_of(overwrite ? invocation->overwrite : invocation->adopt);
    struct store *store;
    struct run_counts counts = { 0 };
    enum reconcile_result settled;
    int64_t run;
    struct load_request request = request_of(session);
    struct load_request checked = request;
    checked.reason = NULL; /* it is no brake's */
    if (load_check(&checked, error) || reconcile_check(&checked, true, error) ||
        run_open(session, &store, &run, error))
        return error->status;
    enum status status = reconcile_decide(store, &request, code, overwrite, &settled, error);
    if (!status && settled == RECONCILE_OVERWRITES)
        status = approval_lists_submit_ordered(session, store, &code, 1, error);
    status = run_close(session, store, status, &counts, exit_code, error);
    if (!status)
        say_settled(session, code, settled);
    return status;
}

enum status command_reconcile(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    bool settles = invocation->adopt || invocation->overwrite;
    if (invocation->adopt && invocation->overwrite)
        return error_set(error, STATUS_USAGE,
                         _("--adopt and --overwrite are two decisions: give one of them"));
    if (invocation->show && settles)
        return error_set(error, STATUS_USAGE, _("--show only looks: decide with a second command"));
    if (settles && (!invocation->reason || !text_trim(text_of(invocation->reason)).length))
        return error_set(error, STATUS_USAGE,
                         _("\"%s\" needs --reason TEXT: it goes into the ledger with your name"),
                         invocation->command);
    if (!settles && invocation->reason)
        return error_set(error, STATUS_USAGE,
                         _("--reason says why a conflict is settled: give --adopt or --overwrite"));
    if (invocation->offline && (settles || invocation->online || invocation->show))
        return error_set(
            error, STATUS_USAGE,
            _("--offline asks nobody: it cannot stand beside --online, --show, --adopt or --overwrite"));
    if (invocation->show)
        return show_both(session, error, exit_code);
    if (settles)
        return settle(session, invocation->overwrite != NULL, error, exit_code);
    return invocation->offline ? show_beliefs(session, error) : ask(session, error, exit_code);
}
