#include "store/outbox_item.h"

bool outbox_is_open(const struct outbox_item *item)
{
    return item->state == OUTBOX_INTENDED || item->state == OUTBOX_UNKNOWN || item->state == OUTBOX_FAILED;
}

bool outbox_is_intended(const struct outbox_item *item)
{
    return item->wanted && item->action == item->intent_action &&
           digest_equal(&item->digest, &item->intent_digest);
}

bool outbox_is_retried(const struct outbox_item *item)
{
    return item->state == OUTBOX_FAILED && !item->attempts;
}

bool outbox_is_satisfied(const struct outbox_item *item)
{
    bool same = item->has_held_digest && digest_equal(&item->held_digest, &item->digest);
    if (item->action == OUTBOX_WITHDRAW)
        return item->held_abolished || (item->held_absent && same);
    return item->held && !item->held_abolished && same;
}

/* The order to withdraw was carried out, or had nothing to withdraw, and still stands. */
static bool is_order_done(const struct outbox_item *item)
{
    bool ordered_again = item->wanted && item->action == OUTBOX_WITHDRAW && item->overwrite.length;
    return item->ordered && (item->held_abolished || item->held_absent) && !ordered_again;
}

/* ---- parts of a row ---- */

static void want(struct outbox_item *item, const struct outbox_wish *wish)
{
    item->wanted = true;
    item->action = wish->action;
    item->content = wish->content;
    item->digest = wish->digest;
    item->wanted_event = wish->event;
}

static void forget_wanted(struct outbox_item *item)
{
    item->wanted = false;
    item->content = item->wanted_event = 0;
}

static void forget_intent(struct outbox_item *item)
{
    item->key = item->intent_base = TEXT_NONE;
    item->intent_content = item->intent_event = 0;
}

static void forget_overwrite(struct outbox_item *item)
{
    item->overwrite = TEXT_NONE;
    item->overwrite_event = 0;
}

static void settle(struct outbox_item *item)
{
    item->state = OUTBOX_IDLE;
    item->message = TEXT_NONE;
}

static void dismiss(struct outbox_item *item, const struct digest *digest, int64_t event)
{
    item->has_dismissed = digest != NULL;
    item->dismissed_event = digest ? event : 0;
    if (digest)
        item->dismissed = *digest;
}

static bool is_dismissed(const struct outbox_item *item, const struct digest *digest)
{
    return item->has_dismissed && digest_equal(&item->dismissed, digest);
}

/* What the portal refused, or an order withheld, hangs on what was wanted. */
static void lose_reason(struct outbox_item *item)
{
    if (item->state != OUTBOX_REFUSED && (item->state != OUTBOX_CONFLICT || !item->ordered))
        return;
    settle(item);
    forget_intent(item);
}

/* ---- transform ---- */

/* The withdrawal is still to be made: what the source says meanwhile is noted and nothing else. */
static void want_before_order(struct outbox_item *item, const struct outbox_wish *wish)
{
    item->message = TEXT_NONE;
    if (wish->action == OUTBOX_PUBLISH)
        dismiss(item, &wish->digest, wish->event);
}

static enum outbox_note want_after_order(struct outbox_item *item, const struct outbox_wish *wish,
                                         struct text message)
{
    bool was_withheld = item->state == OUTBOX_CONFLICT;
    if (wish->action == OUTBOX_WITHDRAW) {
        item->ordered = 0;
        dismiss(item, NULL, 0);
        forget_wanted(item);
        settle(item);
        return OUTBOX_NOTE_ORDER_ENDED;
    }
    if (is_dismissed(item, &wish->digest)) {
        forget_wanted(item);
        settle(item);
        return OUTBOX_NOTE_NOTHING;
    }
    want(item, wish);
    item->state = OUTBOX_CONFLICT;
    item->message = message;
    return was_withheld ? OUTBOX_NOTE_NOTHING : OUTBOX_NOTE_WITHHELD;
}

enum outbox_note outbox_item_want(struct outbox_item *item, int64_t record, const struct outbox_wish *wish,
                                  struct text message)
{
    item->record = record;
    if (is_order_done(item))
        return want_after_order(item, wish, message);
    if (item->ordered) {
        want_before_order(item, wish);
        return OUTBOX_NOTE_NOTHING;
    }
    if (wish->action != OUTBOX_PUBLISH || !is_dismissed(item, &wish->digest))
        dismiss(item, NULL, 0);
    want(item, wish);
    /* What is under way, and what an operator must settle, goes on as it is; load compares it with what is
     * wanted. What was ordered to be overwritten is settled. */
    if (item->state == OUTBOX_CONFLICT && item->overwrite.length)
        settle(item);
    if (item->state == OUTBOX_REFUSED && !outbox_is_intended(item))
        lose_reason(item);
    if (item->state == OUTBOX_IDLE &&
        (item->has_dismissed || (outbox_is_satisfied(item) && !item->overwrite.length)))
        forget_wanted(item);
    return OUTBOX_NOTE_NOTHING;
}

/* An operator decided it, and not for what the record said. */
static bool is_decided_beside(const struct outbox_item *item)
{
    bool withdraws = item->action == OUTBOX_WITHDRAW;
    bool known = item->has_held_digest && digest_equal(&item->digest, &item->held_digest);
    bool overwrites = item->overwrite.length && item->wanted_event == item->overwrite_event;
    return item->wanted && ((withdraws && item->ordered) || (overwrites && (withdraws || known)));
}

bool outbox_item_unwant(struct outbox_item *item, int64_t record, struct text message)
{
    if (item->record != record || is_decided_beside(item))
        return false;
    forget_wanted(item);
    lose_reason(item);
    if (item->state == OUTBOX_IDLE && item->overwrite.length) {
        item->state = OUTBOX_CONFLICT;
        item->message = message;
    }
    return true;
}

/* ---- load ---- */

void outbox_item_intend(struct outbox_item *item, struct text key, struct text base, int64_t event)
{
    item->state = OUTBOX_INTENDED;
    item->key = key;
    item->intent_action = item->action;
    item->intent_content = item->content;
    item->intent_digest = item->digest;
    item->intent_base = base;
    item->intent_event = event;
    item->attempts = 0;
    item->message = TEXT_NONE;
}

static void hold(struct outbox_item *item, const struct outbox_ending *ending)
{
    item->held = ending->outcome != OUTBOX_ABSENT;
    item->held_absent = ending->outcome == OUTBOX_ABSENT;
    item->held_abolished = ending->outcome == OUTBOX_WITHDRAWN;
    /* A withdrawn procedure stays readable: the portal goes on holding what was published last. */
    if (ending->outcome != OUTBOX_WITHDRAWN) {
        item->held_digest = item->intent_digest;
        item->held_content = item->intent_content;
        item->has_held_digest = true;
    }
    item->version = ending->version;
    item->etag = ending->etag;
    item->held_event = ending->event;
    forget_overwrite(item);
}

static enum outbox_state state_after(enum outbox_outcome outcome, bool same)
{
    switch (outcome) {
    case OUTBOX_PUBLISHED:
    case OUTBOX_WITHDRAWN:
    case OUTBOX_ABSENT:
    case OUTBOX_RECALLED:
    case OUTBOX_SUPERSEDED:
        return OUTBOX_IDLE;
    case OUTBOX_REFUSED_BY_PORTAL: /* this very content: what is wanted since then has its own chance */
        return same ? OUTBOX_REFUSED : OUTBOX_IDLE;
    case OUTBOX_IN_CONFLICT:
        return OUTBOX_CONFLICT;
    case OUTBOX_STILL_UNKNOWN:
        return OUTBOX_UNKNOWN;
    case OUTBOX_HAS_FAILED:
        return OUTBOX_FAILED;
    }
    return OUTBOX_UNKNOWN;
}

void outbox_item_answer(struct outbox_item *item, const struct outbox_ending *ending)
{
    bool same = outbox_is_intended(item);
    bool done = ending->outcome == OUTBOX_PUBLISHED || ending->outcome == OUTBOX_WITHDRAWN ||
                ending->outcome == OUTBOX_ABSENT;
    item->state = state_after(ending->outcome, same);
    if (done)
        hold(item, ending);
    if (done && same)
        forget_wanted(item);
    item->attempts = outbox_is_open(item) ? item->attempts + ending->attempts : 0;
    if (ending->stopped)
        item->behind = ending->event;
    else if (ending->outcome != OUTBOX_RECALLED)
        item->behind = 0;
    bool said = item->state != OUTBOX_IDLE || ending->outcome == OUTBOX_RECALLED;
    item->message = said ? ending->message : TEXT_NONE;
    if (item->state == OUTBOX_CONFLICT)
        forget_overwrite(item);
    /* What an operator ordered to be overwritten is not what we believe to stand there. */
    if (item->state == OUTBOX_IDLE && item->wanted && outbox_is_satisfied(item) && !item->overwrite.length)
        forget_wanted(item);
    if (!outbox_is_open(item) && item->state != OUTBOX_REFUSED)
        forget_intent(item);
}

/* ---- an operator ---- */

void outbox_item_retry(struct outbox_item *item)
{
    item->behind = 0;
    if (item->state == OUTBOX_UNKNOWN || item->state == OUTBOX_INTENDED)
        item->state = OUTBOX_FAILED;
    if (item->state == OUTBOX_FAILED)
        item->attempts = 0;
    if (item->state != OUTBOX_REFUSED && item->state != OUTBOX_CONFLICT)
        return;
    settle(item);
    forget_intent(item);
}

void outbox_item_lift(struct outbox_item *item)
{
    if (!outbox_is_open(item)) { /* what is open may have arrived after all */
        settle(item);
        forget_intent(item);
    }
    if (item->ordered && item->wanted && item->action == OUTBOX_WITHDRAW)
        forget_wanted(item);
    item->ordered = 0;
    dismiss(item, NULL, 0);
}

void outbox_item_order(struct outbox_item *item, const struct outbox_wish *order, const struct digest *said)
{
    const struct digest *overruled = item->wanted && item->action == OUTBOX_PUBLISH ? &item->digest
                                     : said                                         ? said
                                     : item->has_held_digest                        ? &item->held_digest
                                                                                    : NULL;
    dismiss(item, overruled, order->event);
    want(item, order);
    item->ordered = order->event;
    item->message = TEXT_NONE;
    if (item->state == OUTBOX_REFUSED || item->state == OUTBOX_CONFLICT) {
        item->state = OUTBOX_IDLE;
        forget_intent(item);
    }
}

static void take_over(struct outbox_item *item, const struct outbox_standing *standing)
{
    item->held = true;
    item->held_abolished = standing->abolished;
    item->held_absent = false;
    item->has_held_digest = true;
    item->held_content = standing->content;
    item->held_digest = standing->digest;
    item->version = standing->version;
    item->etag = standing->etag;
    item->held_event = standing->event;
    item->attempts = 0;
    settle(item);
    forget_intent(item);
    forget_overwrite(item);
}

void outbox_item_supersede(struct outbox_item *item, const struct outbox_standing *standing)
{
    take_over(item, standing);
    if (item->wanted && outbox_is_satisfied(item))
        forget_wanted(item);
}

void outbox_item_adopt(struct outbox_item *item, const struct outbox_standing *standing,
                       const struct digest *said)
{
    bool withdraws = item->wanted && item->action == OUTBOX_WITHDRAW;
    const struct digest *dropped = item->wanted && item->action == OUTBOX_PUBLISH ? &item->digest : said;
    bool other = dropped && (standing->abolished || !digest_equal(dropped, &standing->digest));
    dismiss(item, other ? dropped : NULL, standing->event);
    if (!withdraws && !standing->abolished)
        item->ordered = 0;
    if (!withdraws || standing->abolished)
        forget_wanted(item);
    take_over(item, standing);
}

void outbox_item_overwrite(struct outbox_item *item, const struct outbox_wish *wish, struct text base)
{
    want(item, wish);
    if (wish->action == OUTBOX_PUBLISH) {
        item->ordered = 0;
        dismiss(item, NULL, 0);
    }
    item->overwrite = base;
    item->overwrite_event = wish->event;
    item->attempts = 0;
    settle(item);
    forget_intent(item);
}

void outbox_item_differ(struct outbox_item *item, struct text message)
{
    item->state = OUTBOX_CONFLICT;
    item->message = message;
    item->attempts = 0;
    forget_intent(item);
}

void outbox_item_lose(struct outbox_item *item, int64_t event)
{
    bool lost = !item->wanted && item->held && !item->held_abolished && item->has_held_digest;
    if (lost)
        want(item, &(struct outbox_wish){ OUTBOX_PUBLISH, item->held_content, item->held_digest, event });
    item->held = item->held_abolished = false;
    item->held_absent = true;
    item->version = item->etag = TEXT_NONE;
    item->held_event = event;
    forget_overwrite(item);
    if (item->state == OUTBOX_CONFLICT)
        settle(item);
}

void outbox_item_refresh(struct outbox_item *item, struct text version)
{
    item->version = version;
    item->etag = TEXT_NONE;
}
