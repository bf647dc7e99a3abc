/* Brakes: how they are written, when they hold, who releases them. Their nights are in
 * tests/process/test_brakes.py. */
#include "load/brakes.h"
#include "tests/load/simulated.h"

static enum status read_brakes(const char *yaml, struct brakes *brakes, struct error *error)
{
    struct value *tree = NULL;
    struct setting_context context = { &test_arena, "congkhai.yaml", NULL };
    *error = (struct error){ .status = STATUS_OK };
    if (yaml_parse(&test_arena, text_of(yaml), "congkhai.yaml", &tree, error))
        return error->status;
    return brakes_read(&context, tree, brakes, error);
}

TEST("limits are shares or numbers")
{
    struct brakes brakes;
    struct error error;
    CHECK_INT(read_brakes("{ changes: 30%, withdrawals: 5, shrunken_source: 0.25, empty_source: stop }",
                          &brakes, &error),
              STATUS_OK);
    CHECK(brakes.changes.is_share && brakes.changes.share > 0.299 && brakes.changes.share < 0.301);
    CHECK(!brakes.withdrawals.is_share && brakes.withdrawals.number == 5);
    CHECK(brakes.shrunken.is_share && brakes.shrunken.share > 0.249 && brakes.shrunken.share < 0.251);
    CHECK_INT(brakes.empty, 1);
    CHECK_INT(read_brakes("{ changes: 0 }", &brakes, &error), STATUS_OK);
    CHECK(brakes.changes.given && !brakes.changes.is_share && brakes.changes.number == 0);
    CHECK(!brakes.withdrawals.given && !brakes.empty);
}

TEST("what is no limit is refused with its place")
{
    static const char *const wrong[] = { "{ changes: many }", "{ changes: 30 %% }", "{ changes: 101% }",
                                         "{ changes: -1 }",   "{ changes: 1.5 }",   "{ changes: \".\" }",
                                         "{ changes: 5 10 }" };
    struct brakes brakes;
    struct error error;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (CHECK_INT(read_brakes(wrong[i], &brakes, &error), STATUS_USAGE)) {
            CHECK_CONTAINS(error.message, "congkhai.yaml:1:");
            CHECK_CONTAINS(error.message,
                           "brakes.changes is a share such as 30%, or a number of procedures, not");
        } else {
            printf("%s\n", wrong[i]);
        }
    CHECK_INT(read_brakes("{ change: 3 }", &brakes, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "changes");
}

TEST("a release needs the name of a brake and a reason")
{
    const char *near[] = { "withdrawal" }, *far[] = { "zzzzzzzz" }, *right[] = { "changes", "empty_source" };
    struct error error = { .status = STATUS_OK };
    struct brakes_request request = { .released = near, .released_count = 1, .reason = "x" };
    CHECK_INT(brakes_check_released(&request, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no brake \"withdrawal\"; did you mean \"withdrawals\"?");
    request.released = far;
    CHECK_INT(brakes_check_released(&request, &error), STATUS_USAGE);
    CHECK_CONTAINS(
        error.message,
        "there are changes, withdrawals, empty_source, shrunken_source, vanished_field and vanished_folder");
    request.released = right;
    request.released_count = 2;
    CHECK_INT(brakes_check_released(&request, &error), STATUS_OK);
    request.reason = NULL;
    CHECK_INT(brakes_check_released(&request, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "needs --reason");
}

static enum status hold(const char *yaml, const char *released)
{
    struct brakes brakes;
    static const struct outbox_filter everything;
    struct brakes_request request = { .brakes = &brakes,
                                      .filter = &everything,
                                      .released = &released,
                                      .released_count = released != NULL,
                                      .reason = "a new decree",
                                      .actor = "tester",
                                      .command = "load" };
    if (read_brakes(yaml, &brakes, &simulated.error))
        return simulated.error.status;
    return brakes_hold(simulated.store, &request, &simulated.error);
}

TEST("a share is of what is published now; what is larger stops, with how to go on")
{
    simulated_start(NULL);
    simulated_want_many(10, "first");
    CHECK_INT(hold("{ changes: 0%, withdrawals: 0% }", NULL), STATUS_OK);
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want_many(3, "second");
    CHECK_INT(hold("{ changes: 30% }", NULL), STATUS_OK);
    CHECK_INT(hold("{ changes: 29% }", NULL), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message,
                   "changes: 3 of 10 published procedures would be replaced (allowed: 29%)");
    CHECK_CONTAINS(simulated.error.message, "congkhai load --release-brake changes --reason");
    CHECK_INT(hold("{ changes: 2 }", NULL), STATUS_STOP);
    CHECK_INT(hold("{ changes: 3, withdrawals: 0 }", NULL), STATUS_OK);
    simulated_want_action("1.000005", "first", OUTBOX_WITHDRAW);
    CHECK_INT(hold("{ withdrawals: 0 }", NULL), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "withdrawals: 1 of 10 published procedures would be withdrawn");
    CHECK_INT(simulated_events("brake-released"), 0);
    CHECK_INT(hold("{ withdrawals: 0 }", "withdrawals"), STATUS_OK);
    CHECK_INT(simulated_events("brake-released"), 1);
    simulated_close();
}

TEST("what is sent again as it stands there is no change")
{
    simulated_start(NULL);
    simulated_want_many(4, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want_many(4, "second");
    simulated_want_many(4, "first");
    CHECK_INT(hold("{ changes: 0% }", NULL), STATUS_OK);
    simulated_close();
}
