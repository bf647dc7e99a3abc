/* The process is killed in the middle of load, again and again: in the end each procedure stands there once.
 */
#include "tests/load/simulated.h"

#define RECORDS 400

/* A child loads and is killed after so many microseconds; false when it was ready before. */
static bool load_and_die(const char *settings, useconds_t after)
{
    int status = 0;
    simulated_die();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        simulated.process = 0; /* the parent's */
        simulated_open();
        (void)simulated_load(settings);
        _exit(0);
    }
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    simulated_open();
    return WIFSIGNALED(status);
}

static void check_all_there(const char *settings, int64_t versions)
{
    CHECK_INT(simulated_load(settings), STATUS_OK);
    CHECK_INT(simulated.counts.refused + simulated.counts.conflict + simulated.counts.unknown +
                  simulated.counts.failed + simulated.counts.pending,
              0);
    CHECK_INT(simulated_number("effects"), RECORDS * versions);
    CHECK_INT(simulated_number("unconditional"), 0);
    for (int i = 0; i < RECORDS; i++) {
        char code[16];
        snprintf(code, sizeof code, "1.%06d", i);
        struct outbox_item item = simulated_item(code);
        if (!CHECK(item.held && !item.wanted && item.state == OUTBOX_IDLE))
            return;
    }
}

static void kill_at_random(const char *settings, const char *faults)
{
    static unsigned seed = 12345;
    int killed = 0;
    simulated_start(NULL);
    if (faults)
        simulated_faults(faults);
    for (int version = 1; version <= 3; version++) {
        char name[16];
        snprintf(name, sizeof name, "version %d", version);
        simulated_want_many(RECORDS, name);
        for (int i = 0; i < 6; i++) {
            seed = seed * 1103515245u + 12345u;
            killed += load_and_die(settings, 4000 + (seed >> 8) % 16000);
        }
        check_all_there(settings, version);
    }
    CHECK(killed > 3);
    simulated_close();
}

TEST("killed at random moments, each version of each procedure stands at the portal exactly once")
{
    kill_at_random("in_flight: 8", NULL);
}

TEST("so too in batches")
{
    kill_at_random("in_flight: 4\nbatch: 10", NULL);
}

TEST("so too while the network loses requests and answers")
{
    kill_at_random(
        "in_flight: 8\nretry: { attempts: 20, first: 1ms, most: 3ms }",
        "[\"kind=reset,when=after,on=put,probability=0.05\",\"kind=reset,on=put,probability=0.05\","
        "\"kind=status:500,when=after,on=put,probability=0.05\"]");
}

TEST("when the portal dies and comes back, the next run goes on")
{
    simulated_start(NULL);
    simulated_want_many(RECORDS, "first");
    simulated_faults("[\"kind=crash,when=after,on=put,skip=50\"]");
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_STOP);
    waitpid(simulated.process, NULL, 0);
    simulated.process = 0;
    simulated_serve("0", NULL);
    simulated_next_run();
    check_all_there("in_flight: 4", 1);
    simulated_close();
}
