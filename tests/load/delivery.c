/* The state machine, transition by transition: every cell of the table, and every cell that is not in it. */
#include "load/delivery.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static const struct backoff retry = { .attempts = 3, .first = 1000, .most = 60000 };

/* What a delivery can have behind it. */
enum past {
    FRESH,    /* nothing */
    FULL,     /* all attempts used, to send and to ask */
    DOUBTED,  /* a request may have been taken */
    NOTED,    /* an earlier run left it as unknown */
    RETRIED,  /* an operator has it sent again */
    OVER,     /* it replaces something */
    RESTING,  /* something is held, and nothing else is wanted */
    KEPT,     /* an earlier run may have sent it */
    KEPT_SENT /* and this one too, in vain */
};

static struct delivery delivery_with(enum delivery_state state, enum past past)
{
    struct delivery delivery = { .state = state };
    if (past == FULL)
        delivery.sends = delivery.asks = retry.attempts;
    if (past == DOUBTED)
        delivery.left = delivery.doubt = true;
    delivery.noted = past == NOTED;
    delivery.ordered = past == RETRIED;
    delivery.replaces = past == OVER;
    delivery.rests = past == RESTING;
    delivery.kept = past == KEPT || past == KEPT_SENT;
    delivery.left = delivery.left || past == KEPT_SENT;
    return delivery;
}

static struct delivery_terms terms(void)
{
    return (struct delivery_terms){ .retry = &retry, .now = 5000, .chance = 700 };
}

struct expected {
    enum delivery_state state;
    enum delivery_event event;
    enum past past;
    enum delivery_state next;
    enum delivery_action action;
};

/* Where the past makes no difference, FRESH stands for all. */
static const struct expected moves[] = {
    { DELIVERY_PENDING, EVENT_BEGIN, FRESH, DELIVERY_WRITTEN, DELIVERY_INTEND },
    { DELIVERY_PENDING, EVENT_RESUME, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_PENDING, EVENT_SETTLE, FRESH, DELIVERY_STALE, DELIVERY_WAIT },
    { DELIVERY_PENDING, EVENT_STOP, FRESH, DELIVERY_UNTOUCHED, DELIVERY_FINISH },

    { DELIVERY_WRITTEN, EVENT_COMMITTED, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_WRITTEN, EVENT_BASE_UNKNOWN, FRESH, DELIVERY_BASE_UNKNOWN, DELIVERY_WAIT },
    { DELIVERY_WRITTEN, EVENT_STOP, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },

    { DELIVERY_INTENDED, EVENT_DUE, FRESH, DELIVERY_SENT, DELIVERY_SEND },
    { DELIVERY_INTENDED, EVENT_STOP, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_INTENDED, EVENT_STOP, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_INTENDED, EVENT_STOP, KEPT, DELIVERY_UNTOUCHED, DELIVERY_FINISH },
    { DELIVERY_INTENDED, EVENT_STOP, KEPT_SENT, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_SENT, EVENT_TAKEN, FRESH, DELIVERY_DONE, DELIVERY_FINISH },
    { DELIVERY_SENT, EVENT_REFUSED, FRESH, DELIVERY_REFUSED, DELIVERY_FINISH },
    { DELIVERY_SENT, EVENT_ABSENT, FRESH, DELIVERY_ABSENT, DELIVERY_FINISH },
    { DELIVERY_SENT, EVENT_GONE, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_SENT, EVENT_ACCEPTED, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_CARRIED, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SENT, EVENT_INDETERMINATE, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_INDETERMINATE, FULL, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_MISMATCH, FRESH, DELIVERY_DISPUTED, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_NOT_LEFT, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_NOT_LEFT, FULL, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_BUSY, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_BUSY, FULL, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_SENT, EVENT_CLOSED, FRESH, DELIVERY_RECALLED, DELIVERY_HALT },
    { DELIVERY_SENT, EVENT_CLOSED, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_HALT },
    { DELIVERY_SENT, EVENT_CLOSED, KEPT, DELIVERY_UNKNOWN, DELIVERY_HALT },
    { DELIVERY_SENT, EVENT_STOP, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_INDETERMINATE, EVENT_DUE, FRESH, DELIVERY_ASKING, DELIVERY_ASK },
    { DELIVERY_INDETERMINATE, EVENT_STOP, FRESH, DELIVERY_UNTOUCHED, DELIVERY_FINISH },
    { DELIVERY_INDETERMINATE, EVENT_STOP, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_ASKING, EVENT_OURS, FRESH, DELIVERY_DONE, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_BASE, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_BASE, FULL, DELIVERY_FAILED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_NOTHING, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_NOTHING, FULL, DELIVERY_FAILED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_OTHER, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_NOT_YET, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_EARLIER, FRESH, DELIVERY_SUPERSEDED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_UNTOLD, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_UNTOLD, RETRIED, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_GONE, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_ABSENT, FRESH, DELIVERY_ABSENT, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_REFUSED, FRESH, DELIVERY_REFUSED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_CARRIED, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_CARRIED, NOTED, DELIVERY_UNTOUCHED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_UNSENT, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_UNSENT, FULL, DELIVERY_FAILED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_INDETERMINATE, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_INDETERMINATE, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_NOT_LEFT, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_NOT_LEFT, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_BUSY, FRESH, DELIVERY_INDETERMINATE, DELIVERY_WAIT },
    { DELIVERY_ASKING, EVENT_BUSY, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_CLOSED, FRESH, DELIVERY_UNTOUCHED, DELIVERY_HALT },
    { DELIVERY_ASKING, EVENT_CLOSED, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_HALT },
    { DELIVERY_ASKING, EVENT_STOP, FRESH, DELIVERY_UNTOUCHED, DELIVERY_FINISH },
    { DELIVERY_ASKING, EVENT_STOP, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_DISPUTED, EVENT_DUE, FRESH, DELIVERY_CHECKING, DELIVERY_ASK },
    { DELIVERY_DISPUTED, EVENT_STOP, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_CHECKING, EVENT_OURS, FRESH, DELIVERY_DONE, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_BASE, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_BASE, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_OTHER, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_UNTOLD, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_UNTOLD, DOUBTED, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_NOT_YET, FRESH, DELIVERY_DISPUTED, DELIVERY_WAIT },
    { DELIVERY_CHECKING, EVENT_EARLIER, FRESH, DELIVERY_SUPERSEDED, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_NOTHING, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_ABSENT, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_GONE, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_INDETERMINATE, FRESH, DELIVERY_DISPUTED, DELIVERY_WAIT },
    { DELIVERY_CHECKING, EVENT_INDETERMINATE, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_NOT_LEFT, FRESH, DELIVERY_DISPUTED, DELIVERY_WAIT },
    { DELIVERY_CHECKING, EVENT_NOT_LEFT, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_BUSY, FRESH, DELIVERY_DISPUTED, DELIVERY_WAIT },
    { DELIVERY_CHECKING, EVENT_BUSY, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING, EVENT_CLOSED, FRESH, DELIVERY_UNKNOWN, DELIVERY_HALT },
    { DELIVERY_CHECKING, EVENT_STOP, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },

    { DELIVERY_STALE, EVENT_DUE, FRESH, DELIVERY_SETTLING, DELIVERY_ASK },
    { DELIVERY_STALE, EVENT_STOP, FRESH, DELIVERY_UNTOUCHED, DELIVERY_FINISH },

    { DELIVERY_SETTLING, EVENT_OURS, FRESH, DELIVERY_DONE, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_BASE, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_NOTHING, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_NOTHING, RESTING, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_OTHER, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_OTHER, RESTING, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_EARLIER, FRESH, DELIVERY_SUPERSEDED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_NOT_YET, FRESH, DELIVERY_STALE, DELIVERY_WAIT },
    { DELIVERY_SETTLING, EVENT_UNTOLD, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_UNTOLD, RETRIED, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_GONE, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_GONE, RESTING, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_ABSENT, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_ABSENT, RESTING, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_REFUSED, FRESH, DELIVERY_REFUSED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_CARRIED, FRESH, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_CARRIED, NOTED, DELIVERY_UNTOUCHED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_UNSENT, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_INDETERMINATE, FRESH, DELIVERY_STALE, DELIVERY_WAIT },
    { DELIVERY_SETTLING, EVENT_INDETERMINATE, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_NOT_LEFT, FRESH, DELIVERY_STALE, DELIVERY_WAIT },
    { DELIVERY_SETTLING, EVENT_NOT_LEFT, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_BUSY, FRESH, DELIVERY_STALE, DELIVERY_WAIT },
    { DELIVERY_SETTLING, EVENT_BUSY, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_SETTLING, EVENT_CLOSED, FRESH, DELIVERY_UNTOUCHED, DELIVERY_HALT },
    { DELIVERY_SETTLING, EVENT_STOP, FRESH, DELIVERY_UNTOUCHED, DELIVERY_FINISH },

    { DELIVERY_BASE_UNKNOWN, EVENT_DUE, FRESH, DELIVERY_CHECKING_BASE, DELIVERY_ASK },
    { DELIVERY_BASE_UNKNOWN, EVENT_STOP, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },

    { DELIVERY_CHECKING_BASE, EVENT_OURS, FRESH, DELIVERY_DONE, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_ABSENT, FRESH, DELIVERY_ABSENT, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_OTHER, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_BASE, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_NOTHING, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_NOTHING, OVER, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_GONE, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_UNTOLD, FRESH, DELIVERY_CONFLICT, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_EARLIER, FRESH, DELIVERY_SUPERSEDED, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_NOT_YET, FRESH, DELIVERY_BASE_UNKNOWN, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_UNSENT, FRESH, DELIVERY_INTENDED, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_INDETERMINATE, FRESH, DELIVERY_BASE_UNKNOWN, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_INDETERMINATE, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_NOT_LEFT, FRESH, DELIVERY_BASE_UNKNOWN, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_NOT_LEFT, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_BUSY, FRESH, DELIVERY_BASE_UNKNOWN, DELIVERY_WAIT },
    { DELIVERY_CHECKING_BASE, EVENT_BUSY, FULL, DELIVERY_UNKNOWN, DELIVERY_FINISH },
    { DELIVERY_CHECKING_BASE, EVENT_CLOSED, FRESH, DELIVERY_RECALLED, DELIVERY_HALT },
    { DELIVERY_CHECKING_BASE, EVENT_STOP, FRESH, DELIVERY_RECALLED, DELIVERY_FINISH },
};

static bool is_end(int state)
{
    return state >= DELIVERY_DONE;
}

static bool is_under_way(int state)
{
    return state == DELIVERY_SENT || state == DELIVERY_ASKING || state == DELIVERY_CHECKING ||
           state == DELIVERY_SETTLING || state == DELIVERY_CHECKING_BASE;
}

static const struct expected *find(enum delivery_state state, enum delivery_event event)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
        if (moves[i].state == state && moves[i].event == event)
            return &moves[i];
    return NULL;
}

TEST("each transition goes where the picture says")
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        const struct expected *move = &moves[i];
        struct delivery delivery = delivery_with(move->state, move->past);
        struct delivery_terms now = terms();
        enum delivery_action action = delivery_step(&delivery, move->event, &now);
        bool ok = CHECK_INT(action, move->action);
        ok &= CHECK_INT(delivery.state, move->next);
        if (!ok)
            printf("  state %d, event %d\n", move->state, move->event);
    }
}

TEST("what cannot happen changes nothing, and an answer that makes no sense is a doubt")
{
    for (int state = 0; state < DELIVERY_STATES; state++)
        for (int event = 0; event < DELIVERY_EVENTS; event++) {
            if (find((enum delivery_state)state, (enum delivery_event)event))
                continue;
            struct delivery delivery = delivery_with((enum delivery_state)state, FRESH);
            struct delivery_terms now = terms();
            enum delivery_action action = delivery_step(&delivery, (enum delivery_event)event, &now);
            bool answer = is_under_way(state) && event > EVENT_STOP;
            const struct expected *doubt =
                answer ? find((enum delivery_state)state, EVENT_INDETERMINATE) : NULL;
            bool ok = CHECK_INT(action, doubt ? doubt->action : DELIVERY_NOTHING);
            ok &= CHECK_INT(delivery.state, doubt ? (int)doubt->next : state);
            if (!ok)
                printf("  state %d, event %d\n", state, event);
        }
}

TEST("an end is left by nothing")
{
    for (int state = 0; state < DELIVERY_STATES; state++)
        for (int event = 0; is_end(state) && event < DELIVERY_EVENTS; event++)
            CHECK(!find((enum delivery_state)state, (enum delivery_event)event));
}

TEST("from every state a stop leads to an end at once, so no run can hang")
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        if (is_end(state))
            continue;
        struct delivery delivery = delivery_with((enum delivery_state)state, FRESH);
        struct delivery_terms now = terms();
        CHECK_INT(delivery_step(&delivery, EVENT_STOP, &now), DELIVERY_FINISH);
        CHECK(is_end((int)delivery.state));
    }
}

TEST("whatever the portal does, a delivery ends after a bounded number of requests")
{
    static const enum delivery_event answers[] = { EVENT_INDETERMINATE, EVENT_NOT_LEFT, EVENT_BUSY,
                                                   EVENT_NOTHING,       EVENT_BASE,     EVENT_MISMATCH,
                                                   EVENT_OTHER };
    uint64_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        struct delivery delivery = { .state = DELIVERY_PENDING };
        struct delivery_terms now = terms();
        int requests = 0;
        delivery_step(&delivery, round & 1 ? EVENT_BEGIN : EVENT_RESUME, &now);
        delivery_step(&delivery, EVENT_COMMITTED, &now);
        while (!is_end((int)delivery.state) && requests < 1000) {
            enum delivery_action action = delivery_step(&delivery, EVENT_DUE, &now);
            requests += action == DELIVERY_SEND || action == DELIVERY_ASK;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            delivery_step(&delivery, answers[(seed >> 33) % (sizeof answers / sizeof *answers)], &now);
        }
        if (!CHECK(requests <= 3 * (1 + 3) + 3))
            return;
    }
}

TEST("nothing that may have been taken is ever sent again without being asked about")
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        const struct expected *move = &moves[i];
        if (move->next == DELIVERY_INTENDED && move->state == DELIVERY_SENT)
            CHECK(move->event == EVENT_NOT_LEFT || move->event == EVENT_BUSY);
        else if (move->next == DELIVERY_INTENDED && move->state == DELIVERY_ASKING)
            CHECK(move->event == EVENT_NOTHING || move->event == EVENT_BASE || move->event == EVENT_UNSENT ||
                  (move->event == EVENT_UNTOLD && move->past == RETRIED));
        else if (move->next == DELIVERY_INTENDED && move->state == DELIVERY_CHECKING_BASE)
            CHECK(move->event == EVENT_NOTHING || move->event == EVENT_BASE || move->event == EVENT_UNSENT);
        else if (move->next == DELIVERY_INTENDED)
            CHECK_INT(move->state, DELIVERY_WRITTEN);
        if (move->next == DELIVERY_DONE)
            CHECK(move->event == EVENT_TAKEN || move->event == EVENT_OURS);
    }
}

TEST("waits grow with the tries, start at once where nothing failed, and obey the portal")
{
    struct delivery delivery = delivery_with(DELIVERY_WRITTEN, FRESH);
    struct delivery_terms now = terms();
    delivery_step(&delivery, EVENT_COMMITTED, &now);
    CHECK_INT(delivery.due, 5000);
    delivery_step(&delivery, EVENT_DUE, &now);
    delivery_step(&delivery, EVENT_BUSY, &now);
    CHECK_INT(delivery.due, 5000 + 700); /* 0 … 1000 */
    now.at_least = 30000;
    delivery_step(&delivery, EVENT_DUE, &now);
    delivery_step(&delivery, EVENT_BUSY, &now);
    CHECK_INT(delivery.due, 5000 + 30000);
    now.at_least = 0;
    delivery_step(&delivery, EVENT_DUE, &now);
    delivery_step(&delivery, EVENT_INDETERMINATE, &now);
    CHECK_INT(delivery.due, 5000); /* asked at once */
    delivery_step(&delivery, EVENT_DUE, &now);
    delivery_step(&delivery, EVENT_INDETERMINATE, &now);
    CHECK_INT(delivery.due, 5000 + 700);
    now.chance = 1999;
    delivery_step(&delivery, EVENT_DUE, &now);
    delivery_step(&delivery, EVENT_INDETERMINATE, &now);
    CHECK_INT(delivery.due, 5000 + 1999); /* 0 … 2000 */
}

TEST("what is busy has left nothing there, except where it may have been taken behind who says so")
{
    for (int unsure = 0; unsure < 2; unsure++) {
        struct delivery delivery = delivery_with(DELIVERY_SENT, FRESH);
        struct delivery_terms now = terms();
        now.unsure = unsure;
        delivery_step(&delivery, EVENT_BUSY, &now);
        CHECK_INT(delivery_step(&delivery, EVENT_STOP, &now), DELIVERY_FINISH);
        CHECK_INT(delivery.state, unsure ? DELIVERY_UNKNOWN : DELIVERY_RECALLED);
    }
}

TEST("what was accepted for later is waited for from 'first' on, and then stays unknown")
{
    struct delivery delivery = delivery_with(DELIVERY_SENT, FRESH);
    struct delivery_terms now = terms();
    delivery.sends = 1;
    CHECK_INT(delivery_step(&delivery, EVENT_ACCEPTED, &now), DELIVERY_WAIT);
    CHECK_INT(delivery.due, 5000 + 1000);
    for (int i = 1; i < 3; i++) {
        delivery_step(&delivery, EVENT_DUE, &now);
        CHECK_INT(delivery_step(&delivery, i & 1 ? EVENT_NOTHING : EVENT_BASE, &now), DELIVERY_WAIT);
        CHECK_INT(delivery.due, 5000 + (1000 << i));
    }
    delivery_step(&delivery, EVENT_DUE, &now);
    CHECK_INT(delivery_step(&delivery, EVENT_NOTHING, &now), DELIVERY_FINISH);
    CHECK_INT(delivery.state, DELIVERY_UNKNOWN);
    CHECK_INT(delivery.sends, 1);
}

TEST("so long as it may not show yet, 'not there' and 'there already' are questions")
{
    struct delivery delivery = delivery_with(DELIVERY_SENT, FRESH);
    struct delivery_terms now = terms();
    now.lag = 60000;
    delivery.sends = 1;
    delivery_step(&delivery, EVENT_INDETERMINATE, &now);
    int questions = 0;
    for (; delivery.state != DELIVERY_INTENDED && questions < 100; questions++) {
        CHECK_INT(delivery_step(&delivery, EVENT_DUE, &now), DELIVERY_ASK);
        CHECK_INT(delivery_step(&delivery, EVENT_NOTHING, &now), DELIVERY_WAIT);
        now.now = delivery.state == DELIVERY_INTENDED ? now.now : delivery.due;
    }
    CHECK_INT(now.now, 5000 + 60000);
    CHECK(questions > 3 && questions < 40);
    now = terms();
    now.lag = 60000;
    delivery = delivery_with(DELIVERY_SENT, FRESH);
    delivery_step(&delivery, EVENT_MISMATCH, &now);
    delivery_step(&delivery, EVENT_DUE, &now);
    CHECK_INT(delivery_step(&delivery, EVENT_NOTHING, &now), DELIVERY_WAIT);
    delivery_step(&delivery, EVENT_DUE, &now);
    CHECK_INT(delivery_step(&delivery, EVENT_OURS, &now), DELIVERY_FINISH);
    CHECK_INT(delivery.state, DELIVERY_DONE);
}

TEST("what was left over is asked about until it would show, whether it is wanted still or not")
{
    static const enum delivery_event begins[] = { EVENT_RESUME, EVENT_SETTLE };
    for (size_t i = 0; i < 2; i++) {
        struct delivery delivery = { .state = DELIVERY_PENDING, .shows_by = 5000 + 700 };
        struct delivery_terms now = terms();
        now.lag = 60000;
        delivery_step(&delivery, begins[i], &now);
        delivery_step(&delivery, EVENT_DUE, &now);
        CHECK_INT(delivery_step(&delivery, EVENT_NOTHING, &now), DELIVERY_WAIT);
        CHECK_INT(delivery.state, i ? DELIVERY_STALE : DELIVERY_INDETERMINATE);
        CHECK_INT(delivery.due, 5000 + 700);
        now.now = delivery.due;
        delivery_step(&delivery, EVENT_DUE, &now);
        delivery_step(&delivery, EVENT_NOTHING, &now);
        CHECK_INT(delivery.state, i ? DELIVERY_RECALLED : DELIVERY_INTENDED);
    }
}

TEST(
    "what is older than what it replaces may be a look that lags, and supersedes nothing before that is over")
{
    static const enum delivery_state questions[] = { DELIVERY_ASKING, DELIVERY_CHECKING, DELIVERY_SETTLING,
                                                     DELIVERY_CHECKING_BASE };
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct delivery delivery = { .state = questions[i], .shows_by = 5000 + 700 };
        struct delivery_terms now = terms();
        CHECK_INT(delivery_step(&delivery, EVENT_EARLIER, &now), DELIVERY_WAIT);
        now.now = 5000 + 700;
        CHECK_INT(delivery_step(&delivery, EVENT_DUE, &now), DELIVERY_ASK);
        CHECK_INT(delivery_step(&delivery, EVENT_EARLIER, &now), DELIVERY_FINISH);
        CHECK_INT(delivery.state, DELIVERY_SUPERSEDED);
    }
    struct delivery delivery = { .state = DELIVERY_ASKING, .queued = true };
    struct delivery_terms now = terms();
    CHECK_INT(delivery_step(&delivery, EVENT_EARLIER, &now), DELIVERY_WAIT); /* a queue may still do it */
}

TEST("what an operator has sent again is sent once, and not for each look that tells nothing")
{
    struct delivery delivery = delivery_with(DELIVERY_ASKING, RETRIED);
    struct delivery_terms now = terms();
    CHECK_INT(delivery_step(&delivery, EVENT_UNTOLD, &now), DELIVERY_WAIT);
    CHECK_INT(delivery_step(&delivery, EVENT_DUE, &now), DELIVERY_SEND);
    CHECK_INT(delivery_step(&delivery, EVENT_INDETERMINATE, &now), DELIVERY_WAIT);
    CHECK_INT(delivery_step(&delivery, EVENT_DUE, &now), DELIVERY_ASK);
    CHECK_INT(delivery_step(&delivery, EVENT_UNTOLD, &now), DELIVERY_FINISH);
    CHECK_INT(delivery.state, DELIVERY_UNKNOWN);
}

TEST("what was left over and is not there is sent at once")
{
    struct delivery delivery = { .state = DELIVERY_PENDING };
    struct delivery_terms now = terms();
    delivery_step(&delivery, EVENT_RESUME, &now);
    delivery_step(&delivery, EVENT_DUE, &now);
    CHECK_INT(delivery_step(&delivery, EVENT_NOTHING, &now), DELIVERY_WAIT);
    CHECK_INT(delivery.due, 5000);
}

TEST("failures of a portal that is down do not use up a delivery's attempts")
{
    struct delivery delivery = delivery_with(DELIVERY_INTENDED, FRESH);
    struct delivery_terms now = terms();
    now.free = true;
    for (int i = 0; i < 20; i++) {
        delivery_step(&delivery, EVENT_DUE, &now);
        CHECK_INT(delivery_step(&delivery, EVENT_BUSY, &now), DELIVERY_WAIT);
    }
    CHECK_INT(delivery.state, DELIVERY_INTENDED);
}

TEST("the longest wait is 'most', whatever the tries")
{
    CHECK_INT(backoff_delay(&retry, 1, 1000), 1000);
    CHECK_INT(backoff_delay(&retry, 1, 1001), 0);
    CHECK_INT(backoff_delay(&retry, 6, 32000), 32000);
    CHECK_INT(backoff_delay(&retry, 7, 60000), 60000);
    CHECK_INT(backoff_delay(&retry, 100000, 60001), 0);
    CHECK_INT(backoff_delay(&(struct backoff){ .attempts = 1, .first = 0, .most = 0 }, 5, 12345), 0);
    CHECK_INT(backoff_delay(&(struct backoff){ .attempts = 1, .first = 9000, .most = 100 }, 5, 100), 100);
    int64_t huge = INT64_MAX;
    CHECK(backoff_delay(&(struct backoff){ .first = huge, .most = huge }, 50, UINT64_MAX) >= 0);
}

TEST("the base is the ETag as it came, else the version as an entity tag, else any version")
{
    char quoted[DELIVERY_BASE_MAX];
    struct outbox_item item = { .etag = TEXT("\"abc\""), .version = TEXT("7") };
    CHECK(!delivery_base(&item, quoted).bytes);
    item.held = true;
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("\"abc\""));
    item.etag = TEXT("W/\"abc\"");
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("\"7\""));
    item.version = TEXT("\"7\"");
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("\"7\""));
    item.version = TEXT("W/\"7\"");
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("*"));
    item.version = TEXT("a\"b");
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("*"));
    item.version = TEXT("\"");
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("*"));
    item.version = TEXT_NONE;
    CHECK_TEXT(delivery_base(&item, quoted), TEXT("*"));
}

TEST("each end but 'untouched' means something to the outbox")
{
    for (int state = 0; state < DELIVERY_STATES; state++) {
        enum outbox_outcome outcome;
        bool known = delivery_outcome((enum delivery_state)state, OUTBOX_PUBLISH, &outcome);
        CHECK_INT(known, is_end(state) && state != DELIVERY_UNTOUCHED);
    }
    enum outbox_outcome outcome;
    CHECK(delivery_outcome(DELIVERY_DONE, OUTBOX_WITHDRAW, &outcome) && outcome == OUTBOX_WITHDRAWN);
}
