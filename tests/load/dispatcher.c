/* The dispatcher against a portal whose answers come in bursts: all that is under way is answered at once. */
#include "load/dispatcher.h"
#include "tests/load/simulated.h"

static struct {
    struct portal_request *out[64];
    size_t first, count; /* under way, the oldest first */
    size_t answered, submitted;
    size_t bad;       /* the number of the answer that is */
    size_t after_bad; /* what was submitted since */
    enum portal_result said;
    int64_t retry_after;
} burst;

static enum status submit(struct portal *portal, struct portal_request *const *requests, size_t count,
                          struct error *error)
{
    (void)portal, (void)error;
    CHECK_INT(count, 1);
    burst.out[(burst.first + burst.count++) % 64] = requests[0];
    burst.submitted++;
    burst.after_bad += burst.answered >= burst.bad;
    return STATUS_OK;
}

static enum status next(struct portal *portal, long wait, struct portal_response *report, struct error *error)
{
    (void)portal, (void)wait, (void)error;
    if (!burst.count)
        return STATUS_END;
    struct portal_request *request = burst.out[burst.first];
    burst.first = (burst.first + 1) % 64;
    burst.count--;
    bool bad = ++burst.answered == burst.bad;
    *report = (struct portal_response){ .request = request,
                                        .last = true,
                                        .said = bad ? burst.said : RESULT_TAKEN,
                                        .status = bad ? 400 : 201,
                                        .shared = bad,
                                        .retry_after = bad ? burst.retry_after : -1,
                                        .remote = { .has_digest = true, .digest = request->digest } };
    return STATUS_OK;
}

static enum status bring(size_t bad, enum portal_result said, int64_t retry_after)
{
    static const struct portal_driver driver = { .submit = submit, .next = next };
    struct portal_settings settings = {
        .in_flight = 8, .batch = 1, .timeout = 60000, .shown = "x", .retry = { 3, 1, 2 }
    };
    struct portal portal = { .driver = &driver, .settings = &settings, .clock = clock_system() };
    struct load_request request = { .stop = &simulated.stop };
    memset(&burst, 0, sizeof burst);
    burst.bad = bad;
    burst.said = said;
    burst.retry_after = retry_after;
    simulated = (struct simulated){ .process = 0 };
    snprintf(simulated.folder, sizeof simulated.folder, "%s", test_folder());
    simulated_open();
    simulated_want_many(60, "first");
    struct approval_gate free_ = { .bound = false };
    struct dispatch_gate gate = { .approval = &free_ };
    return dispatcher_run(simulated.store, &request, &gate, &portal, &simulated.counts, &simulated.error);
}

TEST("after an answer that shuts the door nothing leaves, though others of its burst were taken")
{
    CHECK_INT(bring(20, RESULT_CLOSED, -1), STATUS_STOP);
    CHECK_INT(burst.after_bad, 0);
    CHECK_INT(burst.count, 0); /* what was under way is waited for */
    CHECK_INT(simulated.counts.published, burst.submitted - 1);
    CHECK_INT(simulated_events("published"), burst.submitted - 1);
    simulated_check_account();
    simulated_close();
}

TEST("a wait that is asked for holds at once, though others of its burst were taken")
{
    CHECK_INT(bring(20, RESULT_BUSY, 4000000), STATUS_STOP); /* more than an hour: the run stops */
    CHECK_INT(burst.after_bad, 0);
    CHECK_INT(simulated_events("published"), burst.submitted - 1);
    simulated_check_account();
    simulated_close();
}
