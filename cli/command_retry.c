/* retry and withdraw: what an operator decides, with a reason for the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/unicode.h"
#include "cli/approval_lists.h"
#include "cli/run.h"
#include "core/document_number.h"
#include "store/approval_view.h"
#include "store/history.h"
#include "store/operator_order.h"
#include "store/report.h"
#include "store/store_run.h"

static bool is_something(const char *text)
{
    return text && text_trim(text_of(text)).length > 0;
}

static void put_numbers(struct arena *arena, struct value *object, const char *const *names,
                        const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        value_set(object, names[i], value_integer(arena, numbers[i]));
}

/* ---- retry ---- */

static enum status read_run(const struct invocation *invocation, int64_t *run, struct error *error)
{
    char *end;
    *run = 0;
    if (!invocation->run)
        return STATUS_OK;
    *run = strtoll(invocation->run, &end, 10);
    if (*end || *run < 1)
        return error_set(error, STATUS_USAGE, _("\"%s\" is no number of a run; \"congkhai runs\" lists them"),
                         invocation->run);
    return STATUS_OK;
}

static void say_taken_up(const struct session *session, const struct operator_order_counts *counts,
                         int64_t run)
{
    static const char *const names[] = { "rejected", "held",     "refused", "failed",
                                         "unknown",  "conflict", "lifted",  "sent_back" };
    const int64_t numbers[] = { counts->rejected, counts->held,     counts->refused, counts->failed,
                                counts->unknown,  counts->conflict, counts->lifted,  counts->sent_back };
    int64_t records = counts->rejected + counts->held + counts->lifted;
    int64_t all =
        records + counts->refused + counts->failed + counts->unknown + counts->conflict + counts->sent_back;
    if (session->invocation->json) {
        ARENA_OWNED struct arena arena = { 0 };
        struct value *document = value_object(&arena);
        value_set(document, "run", value_integer(&arena, run));
        value_set(document, "taken_up", value_integer(&arena, all));
        put_numbers(&arena, document, names, numbers, sizeof names / sizeof *names);
        output_json(document);
        return;
    }
    if (!all) {
        printf(
            _("Nothing is kept back that fits; \"congkhai status\" says what is kept back. What an operator "
              "decided is lifted only for a --code that names it\n"));
        return;
    }
    printf(_("%lld taken up again: %lld rejected, %lld held, %lld refused, %lld failed, %lld unknown, "
             "%lld in conflict, %lld whose decision is lifted, %lld sent back\n"),
           (long long)all, (long long)counts->rejected, (long long)counts->held, (long long)counts->refused,
           (long long)counts->failed, (long long)counts->unknown, (long long)counts->conflict,
           (long long)counts->lifted, (long long)counts->sent_back);
    if (counts->ordered)
        printf(_("%lld of them are withdrawals that were ordered: they are sent again. To lift an order "
                 "instead, give "
                 "\"retry --code CODE\" once more before the next run\n"),
               (long long)counts->ordered);
    if (records)
        printf(_("Nothing was sent: the next \"congkhai run\" (or transform and load) works on them\n"));
    else if (session->configuration.approval.setting.document.bytes)
        printf(_("Nothing was sent: what is to be approved is sent by the first run behind its approval, the "
                 "rest by the next "
                 "\"congkhai run\" or \"congkhai load\"\n"));
    else
        printf(_("Nothing was sent: the next \"congkhai run\" or \"congkhai load\" sends them\n"));
}

/* Under approval, what is taken up is asked for again. */
static enum status submit_taken(struct session *session, struct store *store, const struct value *taken,
                                struct error *error)
{
    size_t count = 0;
    struct text *codes = arena_array(&session->invocation->arena, struct text, taken->count + 1);
    for (const struct value *code = taken->first; code; code = code->next)
        codes[count++] = code->text;
    return approval_lists_submit_ordered(session, store, codes, count, error);
}

static enum status check_names(struct session *session, int64_t run, struct error *error)
{
    struct store *store;
    if (!session->invocation->code_count && !session->invocation->rule && !run)
        return STATUS_OK;
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = run_check_codes(session, store, error);
    if (!status)
        status = run_check_rule(session, store, error);
    if (!status)
        status = run_check_run(store, run, error);
    return run_close_read(store, status, error);
}

enum status command_retry(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    struct store *store;
    struct operator_order_counts taken;
    struct run_counts counts = { 0 };
    int64_t run;
    struct operator_order_request request = {
        .actor = run_operator(),
        .reason = invocation->reason,
        .rule = invocation->rule,
        .filter = { invocation->codes, invocation->code_count, invocation->sources,
                    invocation->source_count },
    };
    if (run_need_reason(invocation, error) || read_run(invocation, &request.run, error) ||
        check_names(session, request.run, error) || run_open(session, &store, &run, error))
        return error->status;
    ARENA_OWNED struct arena arena = { 0 };
    request.arena = &arena;
    request.taken = value_list(&arena);
    enum status status = operator_order_retry(store, &request, &taken, error);
    if (!status)
        status = submit_taken(session, store, request.taken, error);
    status = run_close(session, store, status, &counts, exit_code, error);
    if (!status)
        say_taken_up(session, &taken, run);
    return status;
}

/* ---- withdraw ---- */

static void show_notice(void *user_data, const char *message)
{
    output_message(user_data, "%s", message);
}

/* How the one procedure stands after all; exit 1 as long as it stands in the way. */
static enum status say_standing(struct session *session, struct store *store, struct text code, int64_t run,
                                int *exit_code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    if (outbox_find(store, &arena, code, &item, error))
        return error->status;
    bool done = item.held_abolished || item.held_absent;
    struct text waits = TEXT_NONE;
    if (item.wanted && approval_view_words(store, &arena, code, &waits, error))
        return error->status;
    *exit_code = done && !item.wanted ? 0 : 1;
    if (session->invocation->json) {
        struct value *document = value_object(&arena);
        value_set(document, "run", value_integer(&arena, run));
        value_set(document, "code", value_text(&arena, code));
        value_set(document, "withdrawn", value_boolean(&arena, item.held_abolished));
        value_set(document, "state", value_string(&arena, outbox_state_name(item.state)));
        value_put(&arena, document, "approval", waits);
        value_set(document, "exit_code", value_integer(&arena, *exit_code));
        output_json(document);
    } else if (item.held_abolished) {
        printf(_(TEXT_PRINT " is marked abolished at the portal\n"), TEXT_ARG(code));
    } else if (item.held_absent) {
        printf(_("The portal does not know " TEXT_PRINT ": there is nothing to withdraw\n"), TEXT_ARG(code));
    } else if (waits.bytes) {
        printf(_("The withdrawal of " TEXT_PRINT " is ordered, but not made: " TEXT_PRINT "\n"),
               TEXT_ARG(code), TEXT_ARG(waits));
    } else if (item.state == OUTBOX_IDLE) {
        printf(_("The withdrawal of " TEXT_PRINT " is ordered, but not made yet: \"congkhai show " TEXT_PRINT
                 "\" says why\n"),
               TEXT_ARG(code), TEXT_ARG(code));
    } else {
        printf(_("The withdrawal of " TEXT_PRINT " is ordered, but not made (" TEXT_PRINT
                 "): \"congkhai show " TEXT_PRINT "\" says why\n"),
               TEXT_ARG(code), TEXT_ARG(output_word(text_of(outbox_state_name(item.state)))), TEXT_ARG(code));
    }
    return STATUS_OK;
}

static enum status carry_out(struct session *session, struct store *store, struct text code,
                             struct run_counts *counts, struct error *error)
{
    struct load_request request = run_load_request(session);
    request.filter = (struct outbox_filter){ .codes = &code, .code_count = 1 };
    request.notice = show_notice;
    request.user_data = session;
    if (!request.released_count)
        request.reason = NULL; /* it is that of the withdrawal */
    char *command = arena_alloc(&session->invocation->arena, code.length + 200);
    snprintf(command, code.length + 200, "withdraw %.*s --decision \"…\"", (int)code.length, code.bytes);
    request.command = command;
    return load_run(store, &request, counts, error);
}

static enum status withdraw(struct session *session, struct store *store, struct text code, int64_t run,
                            struct run_counts *counts, int *exit_code, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    enum operator_order_result ordered;
    struct operator_order order = {
        .code = code, .decision = invocation->decision, .reason = invocation->reason, .actor = run_operator()
    };
    enum status status = operator_order_withdraw(store, &order, &ordered, error);
    if (status)
        return status;
    if (ordered == OPERATOR_ABOLISHED_ALREADY) {
        output_message(session, _(TEXT_PRINT " is abolished already: nothing was done"), TEXT_ARG(code));
        return say_standing(session, store, code, run, exit_code, error);
    }
    if (carry_out(session, store, code, counts, error) ||
        approval_lists_submit_ordered(session, store, &code, 1, error))
        return error->status;
    return say_standing(session, store, code, run, exit_code, error);
}

/* The order stands on it: a number that no document can have is a slip of the hand. What is certain is mended. */
static enum status read_decision(struct session *session, struct error *error)
{
    struct invocation *invocation = session->invocation;
    struct document_number number;
    struct text given = unicode_nfc(&invocation->arena, text_of(invocation->decision));
    if (document_number_read(&invocation->arena, given, &number) != DOCUMENT_NUMBER_DOUBTFUL) {
        invocation->decision = text_string(&invocation->arena, number.text);
        return STATUS_OK;
    }
    if (number.suggestion.length)
        return error_set(error, STATUS_USAGE,
                         _("--decision \"%s\" is no number of a document; did you mean \"%.*s\"?"),
                         invocation->decision, TEXT_ARG(number.suggestion));
    return error_set(error, STATUS_USAGE,
                     _("--decision \"%s\" is no number of a document; write it as in 1234/QĐ-UBND"),
                     invocation->decision);
}

/* Everything that can be wrong before anything is touched. */
static enum status check_withdrawal(struct session *session, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    if (!is_something(invocation->decision))
        return error_set(
            error, STATUS_USAGE,
            _("\"withdraw\" needs --decision NUMBER: the decision that abolishes the procedure"));
    if (run_need_reason(invocation, error) || read_decision(session, error))
        return error->status;
    struct load_request request = run_load_request(session);
    if (!request.released_count)
        request.reason = NULL;
    return load_check(&request, error);
}

/* Before a run is begun: an order for what nobody knows leaves no trace. */
static enum status look_up(struct session *session, struct text code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct store *store;
    struct outbox_item item;
    if (store_open(session->configuration.store, STORE_READ, session->clock, &store, error))
        return error->status;
    enum status status = outbox_find(store, &arena, code, &item, error);
    bool known = false;
    if (status == STATUS_END && report_knows(store, code, &known, error))
        status = error->status;
    store_close(store);
    if (status != STATUS_END)
        return status;
    if (known)
        return error_set(error, STATUS_USAGE,
                         _("nothing of \"" TEXT_PRINT
                           "\" was ever to be published, so there is nothing to withdraw: "
                           "\"congkhai show\" says how its record stands"),
                         TEXT_ARG(code));
    return error_set(
        error, STATUS_USAGE,
        _("the store knows no procedure \"" TEXT_PRINT
          "\"; if it stands at the portal, take it over first with \"congkhai reconcile --adopt\""),
        TEXT_ARG(code));
}

static void show_withdrawal(const struct session *session, struct arena *arena, const struct value *page)
{
    const struct invocation *invocation = session->invocation;
    const struct value *held = value_find(page, "held");
    fprintf(stderr, _("To be withdrawn: %.*s  %.*s\n"), TEXT_ARG(value_text_of(page, "code")),
            TEXT_ARG(value_text_of(page, "name")));
    if (held)
        fprintf(stderr, _("At the portal: %.*s since %.*s (run %.*s, version %.*s)\n"),
                TEXT_ARG(output_word(value_text_of(held, "status"))),
                TEXT_ARG(output_time(arena, value_text_of(held, "published_at"))),
                TEXT_ARG(value_text_of(held, "run")), TEXT_ARG(value_text_of(held, "portal_version")));
    else
        fprintf(stderr, "%s\n", _("At the portal: nothing that was acknowledged"));
    fprintf(stderr, _("By decision %s; reason: %s\n"), invocation->decision, invocation->reason);
}

/* "y", "yes"; "c", "có". Silence is no consent. */
static bool is_consent(struct text answer)
{
    static const char *const words[] = { "y", "yes", "c", "có", "co" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_is(answer, words[i]))
            return true;
    return false;
}

/* What will be done is shown and asked for; where nobody can be asked it must have been said. */
static enum status confirm(struct session *session, struct text code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
    char answer[32];
    struct value *page;
    struct store *store;
    if (!terminal && !invocation->yes)
        return error_set(
            error, STATUS_USAGE,
            _("\"withdraw\" asks before it does anything, and there is no terminal to ask at; say --yes"));
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = history_show(store, &arena, code, &page, error);
    status = run_close_read(store, status, error);
    if (status)
        return status;
    if (!invocation->quiet || !invocation->yes)
        show_withdrawal(session, &arena, page);
    if (invocation->yes)
        return STATUS_OK;
    fputs(_("Withdraw it? [y/N] "), stderr);
    fflush(stderr);
    bool answered =
        fgets(answer, sizeof answer, stdin) && unicode_invalid_at(text_of(answer)) == strlen(answer);
    if (answered && is_consent(text_trim(unicode_lower(&arena, text_of(answer)))))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE, _("not confirmed; nothing was done"));
}

enum status command_withdraw(struct session *session, struct error *error, int *exit_code)
{
    struct store *store;
    struct run_counts counts = { 0 };
    struct text code = text_of(session->invocation->arguments[0]);
    int64_t run;
    if (check_withdrawal(session, error) || look_up(session, code, error) || confirm(session, code, error) ||
        run_open(session, &store, &run, error))
        return error->status;
    enum status status = withdraw(session, store, code, run, &counts, exit_code, error);
    return run_close(session, store, status, &counts, exit_code, error);
}
