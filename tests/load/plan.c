/* The plan: what it lists, its digest, and whether what is wanted now may be sent under it. */
#include "load/plan.h"
#include "store/operator_order.h"
#include "tests/load/simulated.h"

static const struct outbox_filter everything;

struct seen {
    struct buffer message; /* "action code base;" for each step */
    const struct plan_step *last;
    char changes[1000];
};

static enum status see(void *user_data, const struct plan_step *step, struct error *error)
{
    struct seen *seen = user_data;
    (void)error;
    buffer_printf(&seen->message, "%s " TEXT_PRINT " " TEXT_PRINT "%s;", step->action,
                  TEXT_ARG(step->item->code), TEXT_ARG(step->base), step->asks_first ? " asks" : "");
    for (const struct diff *change = step->changes; change; change = change->next) {
        size_t length = strlen(seen->changes);
        snprintf(seen->changes + length, sizeof seen->changes - length,
                 TEXT_PRINT "=" TEXT_PRINT ">" TEXT_PRINT ";", TEXT_ARG(change->field),
                 TEXT_ARG(change->before), TEXT_ARG(change->after));
    }
    return STATUS_OK;
}

static struct plan_summary walk(struct seen *seen, struct buffer *document)
{
    struct plan_summary summary;
    struct plan_walk asked = { .store = simulated.store,
                               .filter = &everything,
                               .details = seen != NULL,
                               .visit = seen ? see : NULL,
                               .user_data = seen,
                               .document = document };
    if (!CHECK_INT(plan_walk(&asked, &summary, &simulated.error), STATUS_OK))
        printf("%s\n", simulated.error.message);
    return summary;
}

static enum status check(const char *digest)
{
    simulated.error = (struct error){ .status = STATUS_OK };
    return plan_check(simulated.store, &everything, digest, "tester", &simulated.error);
}

TEST("a plan of nothing has a digest too: that of an empty list")
{
    struct buffer BUFFER_OWNED document = { 0 };
    char hex[DIGEST_HEX];
    simulated_start(NULL);
    struct plan_summary summary = walk(NULL, &document);
    CHECK_INT(summary.steps, 0);
    CHECK_TEXT(buffer_view(&document), TEXT("[]"));
    struct digest digest = crypto_sha256(TEXT("[]"));
    digest_hex(&digest, hex);
    CHECK_STRING(summary.digest, hex);
    simulated_close();
}

TEST("it lists publications and withdrawals in the order of codes, on top of what was acknowledged")
{
    struct seen seen = { .last = NULL };
    struct buffer BUFFER_OWNED document = { 0 };
    char hex[DIGEST_HEX];
    simulated_start(NULL);
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want("1.000002", "second");
    simulated_want_action("1.000000", "first", OUTBOX_WITHDRAW);
    simulated_want("1.000009", "new");
    struct plan_summary summary = walk(&seen, &document);
    CHECK_STRING(seen.message.bytes, "withdraw 1.000000 \"1\";publish 1.000002 \"1\";publish 1.000009 ;");
    CHECK_CONTAINS(seen.changes, "status=announced>abolished;");
    CHECK_CONTAINS(seen.changes, "name=first>second;");
    CHECK_INT(summary.publish, 2);
    CHECK_INT(summary.first, 1);
    CHECK_INT(summary.withdraw, 1);
    struct digest digest = crypto_sha256(buffer_view(&document));
    digest_hex(&digest, hex);
    CHECK_STRING(summary.digest, hex);
    CHECK_CONTAINS(document.bytes,
                   "[{\"action\":\"withdraw\",\"base\":\"\\\"1\\\"\",\"code\":\"1.000000\",\"digest\":\"");
    buffer_free(&seen.message);
    simulated_close();
}

TEST(
    "what an earlier run left open is asked about first, and what is not wanted any more is only asked about")
{
    struct seen seen = { .last = NULL };
    simulated_start(NULL);
    simulated_want_many(2, "first");
    simulated_faults("[\"kind=reset,on=put|get\"]");
    (void)simulated_load("timeout: 200ms\nretry: { attempts: 1, first: 1ms, most: 1ms }\n");
    simulated_next_run();
    simulated_unwant("1.000001");
    struct plan_summary summary = walk(&seen, NULL);
    CHECK_STRING(seen.message.bytes, "publish 1.000000  asks;ask 1.000001  asks;");
    CHECK_INT(summary.ask, 1);
    buffer_free(&seen.message);
    simulated_close();
}

TEST("a plan is sent as long as it is the plan; then its digest is another, and what is left of it may go on")
{
    char planned[DIGEST_HEX];
    simulated_start(NULL);
    simulated_want_many(3, "first");
    struct plan_summary summary = walk(NULL, NULL);
    memcpy(planned, summary.digest, sizeof planned);
    CHECK_INT(check(planned), STATUS_OK);
    CHECK_INT(simulated_events("plan-sent"), 1);
    struct text one = TEXT("1.000001");
    struct outbox_filter filter = { .codes = &one, .code_count = 1 };
    char url[160];
    snprintf(url, sizeof url, "%s/v1", simulated.url);
    CHECK_INT(simulated_load_at(url, "", &filter), STATUS_OK);
    summary = walk(NULL, NULL);
    CHECK(strcmp(summary.digest, planned) != 0);
    CHECK_INT(check(planned), STATUS_OK);
    simulated_want("1.000009", "besides");
    CHECK_INT(check(planned), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "the plan is another now: 3 to publish, 0 to withdraw");
    CHECK_CONTAINS(simulated.error.message, "nothing was sent");
    simulated_close();
}

TEST("where the plan's document is kept, the message names what changed")
{
    char planned[DIGEST_HEX];
    struct buffer BUFFER_OWNED document = { .limit = PLAN_KEPT_MAX };
    simulated_start(NULL);
    simulated_want_many(4, "first");
    struct plan_summary summary = walk(NULL, &document);
    memcpy(planned, summary.digest, sizeof planned);
    plan_keep(store_path(simulated.store), &document);
    simulated_want("1.000001", "second");
    simulated_want("1.000009", "besides");
    CHECK_INT(check(planned), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message,
                   "1.000001 has another content; 1.000009 is to be sent too; its digest is");
    simulated_close();
}

TEST("a digest is told by its form")
{
    CHECK(plan_is_digest("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
    CHECK(!plan_is_digest("e3b0"));
    CHECK(!plan_is_digest(""));
}
