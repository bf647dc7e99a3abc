/* Is what is wanted now what was planned? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "load/plan.h"
#include "store/ledger.h"
#include "store/outbox_scan.h"

#define NAMED_MAX 5 /* procedures that a message names */

bool plan_is_digest(const char *text)
{
    struct digest digest;
    return digest_from_typed(text_of(text), &digest);
}

static void path_of(struct buffer *path, const char *store)
{
    buffer_string(path, store);
    buffer_string(path, ".plan");
}

void plan_keep(const char *store, const struct buffer *document)
{
    BUFFER_OWNED struct buffer path = { 0 };
    path_of(&path, store);
    if (document->over)
        file_remove(path.bytes);
    else
        (void)file_write(path.bytes, buffer_view(document), FILE_OURS, NULL);
}

static void same_form(const char *digest, char hex[DIGEST_HEX])
{
    struct digest bytes;
    if (digest_from_typed(text_of(digest), &bytes))
        digest_hex(&bytes, hex);
}

/* ---- what is left of a plan that was begun ---- */

/* Steps that were answered since then and steps that are still to be made give the plan, if nothing else has
 * changed.
 */
struct remainder {
    struct outbox_scan_answers answers;
    struct outbox_scan_answer answer;
    bool has_answer, differs;
    struct arena arena; /* of the answer */
    struct arena scratch;
    struct crypto_hash *hash;
    struct buffer line;
    int64_t lines;
};

static enum status next_answer(struct remainder *remainder, struct error *error)
{
    arena_clear(&remainder->arena);
    enum status status =
        outbox_scan_answers_next(&remainder->answers, &remainder->arena, &remainder->answer, error);
    remainder->has_answer = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

static void feed(struct remainder *remainder, const char *action, struct text base, struct text code,
                 const struct digest *digest)
{
    buffer_clear(&remainder->line);
    buffer_string(&remainder->line, remainder->lines++ ? "," : "");
    plan_line(&remainder->scratch, &remainder->line, action, base, code, digest);
    crypto_hash_feed(remainder->hash, remainder->line.bytes, remainder->line.length);
    arena_clear(&remainder->scratch);
}

static enum status feed_answer(struct remainder *remainder, struct error *error)
{
    const struct outbox_scan_answer *answer = &remainder->answer;
    feed(remainder, outbox_action_name(answer->action), answer->base, answer->code, &answer->digest);
    return next_answer(remainder, error);
}

static enum status merge(void *user_data, const struct plan_step *step, struct error *error)
{
    struct remainder *remainder = user_data;
    while (remainder->has_answer && text_compare(remainder->answer.code, step->item->code) < 0)
        if (feed_answer(remainder, error))
            return error->status;
    feed(remainder, step->action, step->base, step->item->code, &step->digest);
    if (!remainder->has_answer || !text_equal(remainder->answer.code, step->item->code))
        return STATUS_OK;
    remainder->differs |= !text_is(text_of(step->action), outbox_action_name(remainder->answer.action)) ||
                          !text_equal(step->base, remainder->answer.base) ||
                          !digest_equal(&step->digest, &remainder->answer.digest);
    return next_answer(remainder, error);
}

static enum status is_rest(struct store *store, const struct outbox_filter *filter, const char *digest,
                           bool *fits, struct error *error)
{
    struct remainder remainder = { .hash = NULL };
    struct plan_summary summary;
    char hex[DIGEST_HEX];
    int64_t event;
    *fits = false;
    if (outbox_plan_sent(store, digest, &event, error))
        return error->status;
    if (!event)
        return STATUS_OK;
    if (outbox_scan_answers_open(&remainder.answers, store, event, error))
        return error->status;
    remainder.hash = crypto_hash_open();
    crypto_hash_feed(remainder.hash, "[", 1);
    struct plan_walk walk = { .store = store, .filter = filter, .visit = merge, .user_data = &remainder };
    enum status status = next_answer(&remainder, error);
    if (!status)
        status = plan_walk(&walk, &summary, error);
    while (!status && remainder.has_answer)
        status = feed_answer(&remainder, error);
    crypto_hash_feed(remainder.hash, "]", 1);
    struct digest all = crypto_hash_finish(remainder.hash);
    digest_hex(&all, hex);
    *fits = !status && !remainder.differs && strcmp(hex, digest) == 0;
    crypto_hash_close(remainder.hash);
    outbox_scan_answers_close(&remainder.answers);
    buffer_free(&remainder.line);
    arena_free(&remainder.arena);
    arena_free(&remainder.scratch);
    return status;
}

/* ---- what changed ---- */

struct comparison {
    const struct value *planned; /* the next step of the plan; NULL: there is none */
    struct buffer message;
    int64_t count;
};

static void name(struct comparison *comparison, struct text code, const char *what)
{
    if (comparison->count++ >= NAMED_MAX)
        return;
    buffer_string(&comparison->message, comparison->message.length ? "; " : "");
    buffer_text(&comparison->message, text_slice(code, 0, text_cut(code, 64)));
    buffer_char(&comparison->message, ' ');
    buffer_string(&comparison->message, what);
}

static void pass_over(struct comparison *comparison)
{
    name(comparison, value_text_of(comparison->planned, "code"), _("is not to be sent any more"));
    comparison->planned = comparison->planned->next;
}

static void compare_step(struct comparison *comparison, const struct plan_step *step)
{
    char hex[DIGEST_HEX];
    const struct value *planned = comparison->planned;
    digest_hex(&step->digest, hex);
    if (!text_is(value_text_of(planned, "action"), step->action))
        name(comparison, step->item->code,
             text_is(text_of(step->action), "withdraw") ? _("is now to be withdrawn")
                                                        : _("is not to be withdrawn any more"));
    else if (!text_is(value_text_of(planned, "digest"), hex))
        name(comparison, step->item->code, _("has another content"));
    else if (!text_equal(value_text_of(planned, "base"), step->base))
        name(comparison, step->item->code, _("replaces another version"));
    comparison->planned = planned->next;
}

static enum status compare(void *user_data, const struct plan_step *step, struct error *error)
{
    struct comparison *comparison = user_data;
    struct text code = step->item->code;
    (void)error;
    while (comparison->planned && text_compare(value_text_of(comparison->planned, "code"), code) < 0)
        pass_over(comparison);
    if (comparison->planned && text_equal(value_text_of(comparison->planned, "code"), code))
        compare_step(comparison, step);
    else
        name(comparison, code, _("is to be sent too"));
    return STATUS_OK;
}

static const struct value *read_kept(struct store *store, struct arena *arena, const char *digest)
{
    BUFFER_OWNED struct buffer path = { 0 };
    char hex[DIGEST_HEX];
    struct text bytes;
    struct value *document;
    path_of(&path, store_path(store));
    if (!file_exists(path.bytes) || file_read(arena, path.bytes, PLAN_KEPT_MAX, &bytes, NULL))
        return NULL;
    struct digest seen = crypto_sha256(bytes);
    digest_hex(&seen, hex);
    if (strcmp(hex, digest) != 0 || json_parse(arena, bytes, &document, NULL))
        return NULL;
    return document;
}

static enum status say_what_changed(struct store *store, const struct outbox_filter *filter,
                                    const char *digest, const struct plan_summary *now, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct plan_summary summary;
    struct comparison comparison = { .count = 0 };
    const struct value *kept = read_kept(store, &arena, digest);
    const char *look = _("look at it with \"congkhai plan\"; nothing was sent");
    if (!kept)
        return error_set(
            error, STATUS_STOP,
            _("the plan is another now: %lld to publish, %lld to withdraw, its digest is %s; %s"),
            (long long)now->publish, (long long)now->withdraw, now->digest, look);
    comparison.planned = kept->first;
    struct plan_walk walk = { .store = store, .filter = filter, .visit = compare, .user_data = &comparison };
    enum status status = plan_walk(&walk, &summary, error);
    while (!status && comparison.planned)
        pass_over(&comparison);
    if (!status && comparison.count > NAMED_MAX)
        buffer_printf(&comparison.message, _("; and %lld more"), (long long)(comparison.count - NAMED_MAX));
    if (!status)
        status = error_set(error, STATUS_STOP, _("the plan is another now: %s; its digest is %s; %s"),
                           comparison.message.bytes ? comparison.message.bytes : "", now->digest, look);
    buffer_free(&comparison.message);
    return status;
}

/* ---- the answer ---- */

static enum status note_sent(struct store *store, const char *digest, const char *actor, int64_t steps,
                             struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "plan", value_string(&arena, digest));
    value_set(detail, "steps", value_integer(&arena, steps));
    struct ledger_event event = { .event = "plan-sent", .actor = actor, .detail = detail };
    return ledger_append_alone(store, &event, error);
}

enum status plan_check(struct store *store, const struct outbox_filter *filter, const char *digest,
                       const char *actor, struct error *error)
{
    char planned[DIGEST_HEX] = "";
    struct plan_summary now;
    bool fits;
    same_form(digest, planned);
    struct plan_walk walk = { .store = store, .filter = filter };
    if (plan_walk(&walk, &now, error))
        return error->status;
    if (strcmp(now.digest, planned) == 0)
        return note_sent(store, planned, actor, now.steps, error);
    if (is_rest(store, filter, planned, &fits, error))
        return error->status;
    return fits ? STATUS_OK : say_what_changed(store, filter, planned, &now, error);
}
