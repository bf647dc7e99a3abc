#include "load/plan.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "load/delivery.h"
#include "store/outbox_scan.h"

/* ---- a step ---- */

static bool is_same_intent(const struct outbox_item *item)
{
    return item->action == item->intent_action && digest_equal(&item->digest, &item->intent_digest);
}

static struct plan_step make_step(const struct outbox_item *item, char quoted[DELIVERY_BASE_MAX])
{
    struct plan_step step = { .item = item, .digest = item->digest, .asks_first = outbox_is_open(item) };
    bool intended = step.asks_first && (!item->wanted || is_same_intent(item));
    step.base = intended ? item->intent_base : delivery_base(item, quoted);
    if (!item->wanted) {
        step.action = "ask";
        step.digest = item->intent_digest;
        return step;
    }
    step.action = outbox_action_name(item->action);
    step.first = item->action == OUTBOX_PUBLISH && !item->held;
    return step;
}

static void count_step(struct plan_summary *summary, const struct plan_step *step)
{
    summary->steps++;
    summary->first += step->first;
    if (!step->item->wanted)
        summary->ask++;
    else if (step->item->action == OUTBOX_WITHDRAW)
        summary->withdraw++;
    else
        summary->publish++;
}

void plan_line(struct arena *arena, struct buffer *out, const char *action, struct text base,
               struct text code, const struct digest *digest)
{
    char hex[DIGEST_HEX];
    struct value *line = value_object(arena);
    digest_hex(digest, hex);
    value_put(arena, line, "action", text_of(action));
    value_put(arena, line, "base", base);
    value_put(arena, line, "code", code);
    value_put(arena, line, "digest", text_of(hex));
    canonical_write(out, line);
}

/* ---- details ---- */

static enum status read_content(struct store *store, struct arena *arena, int64_t payload,
                                struct value **tree, struct error *error)
{
    struct text bytes;
    *tree = NULL;
    enum status status = payload ? store_payload(store, arena, payload, &bytes, error) : STATUS_END;
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    return json_parse(arena, bytes, tree, error);
}

static struct diff *change(struct arena *arena, const char *field, struct text before, struct text after,
                           struct diff *next)
{
    if (text_equal(before, after))
        return next;
    struct diff *made = arena_new(arena, struct diff);
    *made = (struct diff){ text_of(field), before, after, next };
    return made;
}

/* A withdrawal leaves the content as it is: what it changes is where the procedure stands, and by which
 * decision. */
static struct diff *withdrawal(struct arena *arena, const struct value *before, const struct value *order)
{
    const struct value *decision = value_find(order, "decision");
    struct text number =
        decision && decision->kind == VALUE_TEXT ? decision->text : value_text_of(decision, "number");
    struct text status = before ? value_text_of(before, "status") : TEXT_NONE;
    struct diff *reason = change(arena, "reason", TEXT_NONE, value_text_of(order, "reason"), NULL);
    struct diff *all = change(arena, "status", status, TEXT("abolished"), reason);
    return change(arena, "decision.number", value_text_of(value_find(before, "decision"), "number"), number,
                  all);
}

static enum status describe(struct store *store, struct arena *arena, struct plan_step *step,
                            struct error *error)
{
    const struct outbox_item *item = step->item;
    struct value *before, *after;
    bool stands = item->held && item->has_held_digest;
    if (read_content(store, arena, stands ? item->held_content : 0, &before, error) ||
        read_content(store, arena, item->wanted ? item->content : 0, &after, error))
        return error->status;
    step->name = value_text_of(after && value_find(after, "name") ? after : before, "name");
    if (!item->wanted)
        return STATUS_OK;
    if (item->action == OUTBOX_WITHDRAW) {
        step->changes = withdrawal(arena, before, after);
        return STATUS_OK;
    }
    struct diff *changes = diff_find(arena, before, after);
    if (item->held_abolished) /* the content of a withdrawn procedure still says what it was */
        changes = change(arena, "status", TEXT("abolished"), value_text_of(after, "status"), changes);
    step->changes = changes;
    return STATUS_OK;
}

/* ---- the walk ---- */

struct walking {
    const struct plan_walk *walk;
    struct plan_summary *summary;
    struct crypto_hash *hash;
    struct buffer line;
    struct arena arena;
};

static void put(struct walking *walking, const char *bytes, size_t length)
{
    crypto_hash_feed(walking->hash, bytes, length);
    if (walking->walk->document)
        buffer_put(walking->walk->document, bytes, length);
}

static enum status take_step(struct walking *walking, const struct outbox_item *item, struct error *error)
{
    char quoted[DELIVERY_BASE_MAX];
    const struct plan_walk *walk = walking->walk;
    struct plan_step step = make_step(item, quoted);
    buffer_clear(&walking->line);
    buffer_string(&walking->line, walking->summary->steps ? "," : "");
    plan_line(&walking->arena, &walking->line, step.action, step.base, item->code, &step.digest);
    put(walking, walking->line.bytes, walking->line.length);
    count_step(walking->summary, &step);
    if (walk->details && describe(walk->store, &walking->arena, &step, error))
        return error->status;
    return walk->visit ? walk->visit(walk->user_data, &step, error) : STATUS_OK;
}

static enum status walk_all(struct walking *walking, struct outbox_scan *pass, struct error *error)
{
    struct outbox_item item;
    enum status status;
    put(walking, "[", 1);
    while ((status = outbox_scan_next(pass, &walking->arena, &item, error)) == STATUS_OK) {
        if (take_step(walking, &item, error))
            return error->status;
        arena_clear(&walking->arena);
    }
    put(walking, "]", 1);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status plan_walk(const struct plan_walk *walk, struct plan_summary *summary, struct error *error)
{
    struct outbox_scan pass;
    struct walking walking = { .walk = walk, .summary = summary };
    *summary = (struct plan_summary){ .steps = 0 };
    if (outbox_scan_open(&pass, walk->store, walk->filter, error))
        return error->status;
    walking.hash = crypto_hash_open();
    enum status status = walk_all(&walking, &pass, error);
    struct digest digest = crypto_hash_finish(walking.hash);
    digest_hex(&digest, summary->digest);
    crypto_hash_close(walking.hash);
    outbox_scan_close(&pass);
    buffer_free(&walking.line);
    arena_free(&walking.arena);
    return status;
}
