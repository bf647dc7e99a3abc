/* submit, approve, send-back: what people decide before anything is sent (INTERFACE §8). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto_cms.h"
#include "adapters/crypto_key.h"
#include "adapters/file.h"
#include "adapters/unicode.h"
#include "cli/approval_lists.h"
#include "cli/passphrase.h"
#include "cli/run.h"
#include "report/approval_list.h"
#include "store/note.h"

static enum status need_name(const struct invocation *invocation, struct error *error)
{
    if (invocation->as && text_trim(text_of(invocation->as)).length)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("\"%s\" needs --as NAME: who decides, as the list of people has it"),
                     invocation->command);
}

static enum status settle(struct session *session, struct store *store, struct error *error)
{
    struct approval_news news;
    if (approval_settle(store, &session->configuration.approval.setting, run_operator(), &news, error))
        return error->status;
    approval_lists_say_news(session, &news);
    return STATUS_OK;
}

/* ---- submit ---- */

static enum status put_paper(struct session *session, struct store *store, const struct approval_paper *paper,
                             struct error *error)
{
    const struct invocation *invocation = session->invocation;
    int64_t number;
    struct approval_submission submission = { .name = text_of(invocation->as),
                                              .login = text_of(run_operator()),
                                              .people = invocation->people,
                                              .recovers = invocation->recover,
                                              .document = paper->bytes,
                                              .text = paper->text,
                                              .title = invocation->number,
                                              .reason = invocation->reason };
    if (approval_submit(store, &submission, &number, error))
        return error->status;
    if (invocation->recover)
        output_message(session,
                       _("the rules of approval are submitted as list %lld; they take effect after 72 hours, "
                         "unless an approver in force signs something before"),
                       (long long)number);
    else if (invocation->people)
        output_message(
            session,
            _("the rules of approval are submitted as list %lld; until they are approved, those in "
              "force stay"),
            (long long)number);
    else
        output_message(session, _("%zu steps are submitted as list %lld"), paper->steps, (long long)number);
    return approval_lists_print(session, paper, number, error);
}

static enum status submit_steps(struct session *session, struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    struct outbox_filter filter = { invocation->codes, invocation->code_count, invocation->sources,
                                    invocation->source_count };
    struct approval_submission who = { .name = text_of(invocation->as), .login = text_of(run_operator()) };
    struct approval_gate gate;
    struct approval_paper paper;
    int64_t number;
    enum status status = approval_gate_open(store, &gate, error);
    if (!status && !gate.bound)
        status = error_set(error, STATUS_USAGE, _("nothing needs approval by the rules that are in force"));
    if (!status)
        status = approval_check_submitter(&gate.state.force, &who, error);
    if (!status)
        status = approval_next(store, &number, error);
    if (!status)
        status = approval_lists_freeze(session, store, &gate, &filter, invocation->as, number, &arena, &paper,
                                       error);
    if (!status && paper.steps)
        status = put_paper(session, store, &paper, error);
    else if (!status && invocation->json)
        status = approval_lists_print(session, &paper, 0, error);
    if (!status && !paper.steps)
        output_message(session,
                       _("there is nothing to submit: what needs approval has it, waits for it, or was sent "
                         "back"));
    approval_gate_close(&gate);
    return status;
}

static enum status submit_people(struct session *session, struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    struct approval_setting setting = session->configuration.approval.setting;
    if (!setting.document.bytes)
        setting = approval_setup_none(&arena);
    struct approval_list list = { .people = true,
                                  .recovers = invocation->recover,
                                  .submitter = text_of(invocation->as),
                                  .reason = text_of(invocation->reason) };
    struct approval_paper paper;
    if (approval_next(store, &list.number, error) ||
        approval_lists_rules(&arena, &list, setting.document, &paper, error))
        return error->status;
    return put_paper(session, store, &paper, error);
}

static enum status check_submit(const struct invocation *invocation, struct error *error)
{
    if (need_name(invocation, error))
        return error->status;
    if (invocation->people && (invocation->code_count || invocation->source_count || invocation->number))
        return error_set(error, STATUS_USAGE, _("--people submits the rules of approval, and no procedures"));
    if (invocation->recover &&
        (!invocation->people || !invocation->reason || !text_trim(text_of(invocation->reason)).length))
        return error_set(
            error, STATUS_USAGE,
            _("--recover stands beside --people and --reason TEXT: why no approver can sign any more"));
    if (invocation->reason && !invocation->recover)
        return error_set(error, STATUS_USAGE,
                         _("--reason says why rules are recovered: give --people --recover"));
    return STATUS_OK;
}

enum status command_submit(struct session *session, struct error *error, int *exit_code)
{
    struct store *store;
    struct run_counts counts = { 0 };
    int64_t run;
    if (check_submit(session->invocation, error) || run_open(session, &store, &run, error))
        return error->status;
    enum status status = settle(session, store, error);
    if (!status)
        status = session->invocation->people ? submit_people(session, store, error)
                                             : submit_steps(session, store, error);
    return run_close(session, store, status, &counts, exit_code, error);
}

/* ---- approve ---- */

struct signing {
    struct session *session;
    struct arena arena;
    struct text file;       /* of the key, or the signature */
    struct text passphrase; /* a secret */
    struct approval_signing approval;
};

/* Before the store is taken: nobody else waits while a person types. */
static enum status read_files(struct signing *signing, struct error *error)
{
    const struct invocation *invocation = signing->session->invocation;
    const char *key = invocation->key_count ? invocation->keys[0] : NULL;
    if (!key == !invocation->signature || invocation->key_count > 1)
        return error_set(
            error, STATUS_USAGE,
            _("\"approve\" needs --key FILE (it asks for the passphrase) or --signature FILE, one of them"));
    if (file_read(&signing->arena, key ? key : invocation->signature, CRYPTO_PEM_MAX, &signing->file,
                  error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    return key ? passphrase_read(&signing->arena, _("Passphrase of the key: "), &signing->passphrase, error)
               : STATUS_OK;
}

static enum status sign(struct signing *signing, struct error *error)
{
    unsigned char seed[CRYPTO_KEY_SIZE], bytes[CRYPTO_SIGNATURE_SIZE];
    BUFFER_OWNED struct buffer base64 = { 0 };
    enum status status = crypto_key_open(signing->file, signing->passphrase, seed, error);
    if (status)
        return error_add(error, "%s", signing->session->invocation->keys[0]);
    status = crypto_ed25519_sign(seed, signing->approval.text, bytes, error);
    explicit_bzero(seed, sizeof seed);
    crypto_base64(&base64, (struct text){ (const char *)bytes, sizeof bytes });
    signing->approval.signature = text_copy(&signing->arena, buffer_view(&base64));
    return status;
}

/* A signature that was made elsewhere: of a certificate, or 64 bytes (or their base64) of an Ed25519 key. */
static enum status take_signature(struct signing *signing, struct error *error)
{
    BUFFER_OWNED struct buffer base64 = { 0 };
    struct text bytes, trimmed = text_trim(signing->file);
    if (signing->file.length == CRYPTO_SIGNATURE_SIZE) {
        crypto_base64(&base64, signing->file);
        signing->approval.signature = text_copy(&signing->arena, buffer_view(&base64));
        return STATUS_OK;
    }
    if (crypto_base64_decode(&signing->arena, trimmed, &bytes) && bytes.length == CRYPTO_SIGNATURE_SIZE) {
        signing->approval.signature = trimmed;
        return STATUS_OK;
    }
    if (crypto_cms_read(&signing->arena, signing->file, &signing->approval.cms, error))
        return error_add(error, "%s", signing->session->invocation->signature);
    return approval_setup_revoked(&signing->session->configuration.approval, &signing->arena,
                                  &signing->approval.revoked, error);
}

#define NAMED 8 /* codes in a message */

static bool is_waiting(const struct approval_list *list, struct text code)
{
    size_t i = 0;
    while (i < list->count && !text_equal(list->entries[i].step.code, code))
        i++;
    return i == list->count /* one that is not there is told later */ ||
           list->entries[i].standing == APPROVAL_WAITING;
}

/* Of the list, or of what is named of it, what still waits: what was approved before is not signed again. 0: nothing. */
static size_t find_waiting(struct signing *signing, const struct approval_list *list, struct text **codes)
{
    const struct invocation *invocation = signing->session->invocation;
    size_t count = 0;
    *codes = arena_array(&signing->arena, struct text, list->count + invocation->code_count + 1);
    for (size_t i = 0; i < invocation->code_count; i++)
        if (is_waiting(list, invocation->codes[i]))
            (*codes)[count++] = invocation->codes[i];
    for (size_t i = 0; !invocation->code_count && i < list->count; i++)
        if (list->entries[i].standing == APPROVAL_WAITING)
            (*codes)[count++] = list->entries[i].step.code;
    return count;
}

static bool is_named(const struct invocation *invocation, struct text code)
{
    return !invocation->code_count || text_among(code, invocation->codes, invocation->code_count);
}

/* Is the step wanted, as it stands in the list? */
static enum status ask_wanted(struct store *store, const struct approval_step *step, bool *wanted,
                              struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct approval_step now;
    struct outbox_item item;
    if (outbox_find(store, &arena, step->code, &item, error) > STATUS_END)
        return error->status;
    approval_step_of(&item, &now);
    *wanted = item.wanted && approval_step_same(&now, step);
    return STATUS_OK;
}

/* Of what would be signed: what is wanted otherwise by now, or not at all, so that nothing is sent for it. */
static enum status say_unwanted(struct signing *signing, struct store *store,
                                const struct approval_list *list, size_t *unwanted, struct error *error)
{
    BUFFER_OWNED struct buffer codes = { 0 };
    *unwanted = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct approval_step *step = &list->entries[i].step;
        bool wanted = true;
        if (list->entries[i].standing != APPROVAL_WAITING ||
            !is_named(signing->session->invocation, step->code))
            continue;
        if (ask_wanted(store, step, &wanted, error))
            return error->status;
        if (wanted)
            continue;
        if (++*unwanted <= NAMED)
            buffer_printf(&codes, "%s%.*s", codes.length ? ", " : "", TEXT_ARG(step->code));
    }
    if (*unwanted)
        output_message(signing->session,
                       _("%zu of these steps are not wanted any more as they stand in list %lld (" TEXT_PRINT
                         "%s): nothing is sent for them"),
                       *unwanted, (long long)list->number, TEXT_ARG(buffer_view(&codes)),
                       *unwanted > NAMED ? ", …" : "");
    return STATUS_OK;
}

static enum status approve(struct signing *signing, struct store *store, struct error *error)
{
    const struct invocation *invocation = signing->session->invocation;
    struct approval_reading reading = { .all = false };
    struct approval_state state;
    struct approval_paper paper;
    if (settle(signing->session, store, error) ||
        approval_read(store, &signing->arena, &reading, &state, error))
        return error->status;
    const struct approval_list *list = approval_state_list(&state, signing->approval.list);
    if (!list)
        return error_set(error, STATUS_USAGE,
                         _("there is no list %lld; \"congkhai status\" shows those that wait"),
                         (long long)signing->approval.list);
    struct text *waiting, *codes = invocation->codes;
    size_t count = invocation->code_count, waits = find_waiting(signing, list, &waiting), unwanted;
    if (say_unwanted(signing, store, list, &unwanted, error))
        return error->status;
    /* A signature that was made elsewhere is of the words as they were submitted. */
    if (!invocation->signature && waits && waits < (count ? count : list->count)) {
        codes = waiting;
        count = waits;
    }
    if (approval_lists_restore(store, list, codes, count, &signing->arena, &paper, error))
        return error->status;
    signing->approval.document = paper.bytes;
    signing->approval.text = paper.text;
    signing->approval.part = paper.part;
    if (invocation->signature ? take_signature(signing, error) : sign(signing, error))
        return error->status;
    if (approval_approve(store, &signing->approval, error))
        return error->status;
    if (list->people)
        output_message(signing->session,
                       _("list %lld is approved: its rules of approval are in force from now on"),
                       (long long)list->number);
    else if (unwanted == waits)
        output_message(signing->session,
                       _("%zu steps of list %lld are approved; none of them is wanted any more"), waits,
                       (long long)list->number);
    else
        output_message(signing->session,
                       _("%zu steps of list %lld are approved; the next \"congkhai run\" or \"congkhai "
                         "load\" sends them"),
                       waits - unwanted, (long long)list->number);
    return STATUS_OK;
}

static void print_done(const struct session *session, const char *member, int64_t list, int64_t run)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (!session->invocation->json)
        return;
    struct value *document = value_object(&arena);
    value_set(document, "run", value_integer(&arena, run));
    value_set(document, member, value_integer(&arena, list));
    output_json(document);
}

enum status command_approve(struct session *session, struct error *error, int *exit_code)
{
    struct signing signing = { .session = session };
    struct store *store;
    struct run_counts counts = { 0 };
    int64_t run = 0;
    signing.approval.name = text_of(session->invocation->as);
    signing.approval.login = text_of(run_operator());
    enum status status = need_name(session->invocation, error);
    if (!status)
        status = approval_lists_number(session->invocation->arguments[0], &signing.approval.list, error);
    if (!status)
        status = read_files(&signing, error);
    if (!status)
        status = run_open(session, &store, &run, error);
    if (!status) {
        status = approve(&signing, store, error);
        status = run_close(session, store, status, &counts, exit_code, error);
    }
    if (!status)
        print_done(session, "approved", signing.approval.list, run);
    passphrase_wipe(signing.passphrase);
    arena_free(&signing.arena);
    return status;
}

/* ---- send-back ---- */

enum status command_send_back(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    struct store *store;
    struct run_counts counts = { 0 };
    int64_t run, count = 0;
    struct approval_return back = { .name = text_of(invocation->as),
                                    .login = text_of(run_operator()),
                                    .codes = invocation->codes,
                                    .code_count = invocation->code_count,
                                    .reason = invocation->reason,
                                    .field = invocation->field };
    if (need_name(invocation, error) || approval_lists_number(invocation->arguments[0], &back.list, error))
        return error->status;
    if (!invocation->reason || !text_trim(text_of(invocation->reason)).length)
        return error_set(error, STATUS_USAGE,
                         _("\"%s\" needs --reason TEXT: it goes into the ledger with your name"),
                         invocation->command);
    if (run_open(session, &store, &run, error))
        return error->status;
    enum status status = settle(session, store, error);
    if (!status)
        status = approval_send_back(store, &back, &count, error);
    status = run_close(session, store, status, &counts, exit_code, error);
    if (status)
        return status;
    output_message(session,
                   _("%lld steps of list %lld are sent back: they wait until they change, or for \"congkhai "
                     "retry --code\""),
                   (long long)count, (long long)back.list);
    print_done(session, "sent_back", count, run);
    return STATUS_OK;
}
