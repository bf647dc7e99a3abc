#include "cli/approval_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/visible.h"
#include "cli/run.h"
#include "core/canonical.h"
#include "load/brakes.h"
#include "report/approval_list.h"
#include "store/outbox_scan.h"

#define TEXT_MAX ((size_t)1 << 30)

/* ---- making ---- */

static void set_again(struct arena *arena, struct value *value, const struct approval_entry *entry)
{
    if (!entry || entry->standing != APPROVAL_SENT_BACK || !entry->again.bytes)
        return;
    value_set(value, "again", value_text(arena, entry->again));
    value_set(value, "sent_back", value_text(arena, entry->reason));
}

static bool belongs(enum approval_standing standing, bool draft)
{
    return standing == APPROVAL_UNSUBMITTED || standing == APPROVAL_LAPSED ||
           (draft && standing == APPROVAL_WAITING);
}

static enum status gather(struct store *store, struct approval_gate *gate, const struct outbox_filter *filter,
                          bool draft, struct arena *arena, struct value *steps, struct error *error)
{
    ARENA_OWNED struct arena own = { 0 };
    struct outbox_scan pass;
    struct outbox_item item;
    if (outbox_scan_open(&pass, store, filter, error))
        return error->status;
    enum status status;
    while ((status = outbox_scan_next(&pass, &own, &item, error)) == STATUS_OK) {
        enum approval_standing standing = APPROVAL_FREE;
        const struct approval_entry *entry = NULL;
        struct approval_step step;
        if (item.wanted && item.state == OUTBOX_IDLE &&
            (status = approval_gate_judge(gate, &item, &standing, &entry, error)))
            break;
        if (belongs(standing, draft)) {
            approval_step_of(&item, &step);
            struct value *value = value_append(steps, value_copy(arena, approval_step_value(&own, &step)));
            set_again(arena, value, entry);
        }
        arena_clear(&own);
    }
    outbox_scan_close(&pass);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Of everything that is wanted of the filter's, approved or not: who decides reads what would be done. */
static enum status put_brakes(struct session *session, struct store *store,
                              const struct outbox_filter *filter, struct arena *arena, struct value *document,
                              struct error *error)
{
    struct load_request request = run_load_request(session);
    struct brakes brakes;
    BUFFER_OWNED struct buffer words = { 0 };
    if (brakes_read(request.context, request.brakes, &brakes, error))
        return error->status;
    struct brakes_request asked = { .brakes = &brakes,
                                    .filter = filter,
                                    .sources = request.sources,
                                    .source_count = request.source_count,
                                    .command = request.command };
    if (brakes_words(store, &asked, &words, error))
        return error->status;
    if (words.length)
        value_set(document, "brakes", value_text(arena, text_copy(arena, buffer_view(&words))));
    return STATUS_OK;
}

static enum status write_words(struct store *store, struct arena *arena, struct approval_paper *paper,
                               struct error *error)
{
    BUFFER_OWNED struct buffer bytes = { 0 }, text = { .limit = TEXT_MAX };
    canonical_write(&bytes, paper->document);
    paper->bytes = text_copy(arena, buffer_view(&bytes));
    paper->digest = crypto_sha256(paper->bytes);
    paper->steps = value_find(paper->document, "steps")->count;
    paper->part = value_find(paper->document, "part") != NULL;
    enum status status = approval_list_describe(store, arena, paper->document, &paper->described, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_LEDGER,
                         _("%s: a content that the list names is gone; run \"congkhai audit verify\""),
                         store_path(store));
    if (status)
        return status;
    approval_list_text(paper->described, &paper->digest, &text);
    paper->text = text_copy(arena, buffer_view(&text));
    return text.over
               ? error_set(error, STATUS_STOP, _("the list is too large; submit it in parts with --code"))
               : STATUS_OK;
}

enum status approval_lists_freeze(struct session *session, struct store *store, struct approval_gate *gate,
                                  const struct outbox_filter *filter, const char *name, int64_t number,
                                  struct arena *arena, struct approval_paper *paper, struct error *error)
{
    const struct configuration *configuration = &session->configuration;
    struct value *document = value_object(arena), *agency, *steps = value_list(arena);
    char at[CLOCK_TEXT];
    *paper = (struct approval_paper){ .document = document };
    clock_format(session->clock->now(session->clock), at);
    agency = value_set(document, "agency", value_object(arena));
    if (configuration->agency_code)
        value_set(agency, "code", value_string(arena, configuration->agency_code));
    if (configuration->agency_name)
        value_set(agency, "name", value_string(arena, configuration->agency_name));
    value_set(document, "at", value_text(arena, text_copy(arena, text_of(at))));
    if (number)
        value_set(document, "list", value_integer(arena, number));
    if (session->invocation->number)
        value_set(document, "number", value_string(arena, session->invocation->number));
    value_set(document, "rules", value_digest(arena, &gate->state.force.digest));
    if (name)
        value_set(document, "submitter", value_string(arena, name));
    value_set(document, "steps", steps);
    if (gather(store, gate, filter, !number, arena, steps, error) ||
        put_brakes(session, store, filter, arena, document, error))
        return error->status;
    return write_words(store, arena, paper, error);
}

/* ---- making anew ---- */

static enum status take_part(struct arena *arena, const struct approval_list *list, const struct text *codes,
                             size_t count, struct value *document, struct error *error)
{
    struct value *steps = value_find(document, "steps"), *chosen = value_list(arena);
    for (const struct value *step = steps->first; step; step = step->next)
        if (text_among(value_text_of(step, "code"), codes, count))
            value_append(chosen, value_copy(arena, step));
    for (size_t i = 0; i < count; i++) {
        const struct value *step = chosen->first;
        while (step && !text_equal(value_text_of(step, "code"), codes[i]))
            step = step->next;
        if (!step)
            return error_set(error, STATUS_USAGE, _("list %lld has no step of " TEXT_PRINT),
                             (long long)list->number, TEXT_ARG(codes[i]));
    }
    steps->first = chosen->first;
    steps->last = chosen->last;
    steps->count = chosen->count;
    value_set(document, "part", value_boolean(arena, true));
    return STATUS_OK;
}

static enum status write_rules(struct arena *arena, const struct approval_list *list,
                               struct approval_paper *paper, struct error *error)
{
    BUFFER_OWNED struct buffer bytes = { 0 }, text = { 0 };
    canonical_write(&bytes, paper->document);
    paper->bytes = text_copy(arena, buffer_view(&bytes));
    paper->digest = crypto_sha256(paper->bytes);
    struct approval_list_rules rules = { .document = paper->document,
                                         .digest = &paper->digest,
                                         .list = list->number,
                                         .submitter = list->submitter,
                                         .reason = list->reason,
                                         .recovers = list->recovers };
    if (approval_list_rules(&rules, &text, error))
        return error->status;
    paper->text = text_copy(arena, buffer_view(&text));
    return STATUS_OK;
}

enum status approval_lists_rules(struct arena *arena, const struct approval_list *list, struct text document,
                                 struct approval_paper *paper, struct error *error)
{
    *paper = (struct approval_paper){ .document = NULL };
    return json_parse(arena, document, &paper->document, error) ? error->status
                                                                : write_rules(arena, list, paper, error);
}

enum status approval_lists_restore(struct store *store, const struct approval_list *list,
                                   const struct text *codes, size_t count, struct arena *arena,
                                   struct approval_paper *paper, struct error *error)
{
    *paper = (struct approval_paper){ .document = NULL };
    enum status status = approval_document(store, arena, &list->document, &paper->document, error);
    if (!status)
        status =
            list->people ? write_rules(arena, list, paper, error) : write_words(store, arena, paper, error);
    struct digest text = crypto_sha256(status ? TEXT("") : paper->text);
    if (status == STATUS_END || (!status && !digest_equal(&text, &list->text)))
        return error_set(
            error, STATUS_LEDGER,
            _("%s: list %lld is not what was submitted (or another version of the program submitted it): "
              "nobody can sign it; submit anew, and run \"congkhai audit verify\""),
            store_path(store), (long long)list->number);
    if (status || !count)
        return status;
    if (list->people)
        return error_set(error, STATUS_USAGE, _("list %lld is one of people: it has no codes"),
                         (long long)list->number);
    return take_part(arena, list, codes, count, paper->document, error)
               ? error->status
               : write_words(store, arena, paper, error);
}

/* ---- showing ---- */

static void write_page(const struct approval_paper *paper, struct buffer *page)
{
    if (paper->described)
        approval_list_html(paper->described, &paper->digest, page);
}

static enum status write_files(struct session *session, const struct approval_paper *paper, int64_t number,
                               struct error *error)
{
    struct arena *arena = &session->invocation->arena;
    const char *folder = session->invocation->output;
    BUFFER_OWNED struct buffer page = { .limit = TEXT_MAX };
    struct text name =
        number ? text_format(arena, "danh-sach-%lld", (long long)number) : TEXT("danh-sach-du-thao");
    struct text text = text_format(arena, "%s/%s.txt", folder, name.bytes);
    struct text html = text_format(arena, "%s/%s.html", folder, name.bytes);
    if (file_make_folders(folder, FILE_OURS, error) || file_write(text.bytes, paper->text, FILE_OURS, error))
        return error->status;
    if (!session->invocation->json)
        printf("%s\n", text.bytes);
    write_page(paper, &page);
    if (!page.length)
        return STATUS_OK;
    if (!session->invocation->json)
        printf("%s\n", html.bytes);
    return file_write(html.bytes, buffer_view(&page), FILE_OURS, error);
}

static void print_json(struct session *session, const struct approval_paper *paper, int64_t number)
{
    struct arena *arena = &session->invocation->arena;
    struct value *document = value_object(arena);
    struct digest text = crypto_sha256(paper->text);
    if (number)
        value_set(document, "list", value_integer(arena, number));
    value_set(document, "digest", value_digest(arena, &paper->digest));
    value_set(document, "text_digest", value_digest(arena, &text));
    value_set(document, "text", value_text(arena, paper->text));
    value_set(document, "content", paper->described ? paper->described : paper->document);
    output_json(document);
}

enum status approval_lists_number(const char *given, int64_t *number, struct error *error)
{
    char *end;
    *number = strtoll(given, &end, 10);
    if (!*given || *end || *number < 1)
        return error_set(error, STATUS_USAGE,
                         _("\"%s\" is no number of a list; \"congkhai status\" shows those that wait"),
                         given);
    return STATUS_OK;
}

enum status approval_lists_print(struct session *session, const struct approval_paper *paper, int64_t number,
                                 struct error *error)
{
    BUFFER_OWNED struct buffer page = { .limit = TEXT_MAX };
    if (session->invocation->output && write_files(session, paper, number, error))
        return error->status;
    if (session->invocation->json)
        print_json(session, paper, number);
    if (session->invocation->json || session->invocation->output)
        return STATUS_OK;
    if (session->invocation->format && !strcmp(session->invocation->format, "html") && paper->described)
        write_page(paper, &page);
    else
        buffer_text(&page, paper->text);
    /* The very bytes: what is signed must not depend on a terminal. All that is hostile in them is written out. */
    visible_raw(stdout, STDOUT_FILENO, buffer_view(&page));
    return STATUS_OK;
}

void approval_lists_say_news(const struct session *session, const struct approval_news *news)
{
    if (news->founded)
        output_message(session, _("the rules of approval take effect: the first list of people is in force"));
    if (news->recovered)
        output_message(session, _("72 hours have passed: the recovered rules of approval are in force"));
}

/* ---- what an operator ordered ---- */

/* Who is to submit it, when this operator may not. */
static void say_needed(const struct session *session, const struct approval_person *person)
{
    if (person)
        output_message(
            session,
            _("it needs approval, and %s may approve, not submit: have it submitted by a submitter "
              "with \"congkhai submit --as NAME\""),
            run_operator());
    else
        output_message(session,
                       _("it needs approval, and %s is no login of the list of people: have it submitted "
                         "with \"congkhai submit --as NAME\""),
                       run_operator());
}

static enum status submit_ordered(struct session *session, struct store *store, struct approval_gate *gate,
                                  const struct outbox_filter *filter, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct approval_person *person = approval_rules_login(&gate->state.force, text_of(run_operator()));
    bool submits = person && !person->approves;
    struct approval_paper paper;
    int64_t number;
    if (approval_next(store, &number, error) ||
        approval_lists_freeze(session, store, gate, filter,
                              submits ? text_string(&arena, person->name) : NULL, number, &arena, &paper,
                              error))
        return error->status;
    if (!paper.steps)
        return STATUS_OK;
    if (!submits) {
        say_needed(session, person);
        return STATUS_OK;
    }
    struct approval_submission submission = {
        .name = person->name, .login = text_of(run_operator()), .document = paper.bytes, .text = paper.text
    };
    if (approval_submit(store, &submission, &number, error))
        return error->status;
    output_message(
        session,
        _("%zu steps are submitted for approval as list %lld: nothing is sent before it is approved"),
        paper.steps, (long long)number);
    return STATUS_OK;
}

enum status approval_lists_submit_ordered(struct session *session, struct store *store,
                                          const struct text *codes, size_t count, struct error *error)
{
    struct outbox_filter filter = { .codes = codes, .code_count = count };
    struct approval_gate gate;
    enum status status = count ? approval_gate_open(store, &gate, error) : STATUS_END;
    if (status == STATUS_END)
        return STATUS_OK;
    if (!status && gate.bound)
        status = submit_ordered(session, store, &gate, &filter, error);
    approval_gate_close(&gate);
    return status;
}
