#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

volatile sig_atomic_t cli_stop;
static volatile sig_atomic_t in_order;

void cli_end_in_order(void)
{
    in_order = 1;
}

/* A second signal ends the program at once: the store is made for that. timeout(1) sends each one twice, to us and to
 * our group: what comes in the same breath is the first again. */
static void on_signal(int number)
{
    static struct timespec first;
    struct timespec now = { 0 };
    (void)number;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!cli_stop)
        first = now;
    if (!in_order || (cli_stop && now.tv_sec - first.tv_sec > 1))
        _exit(error_exit_code(STATUS_STOP));
    cli_stop = 1;
}

void cli_catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_signal }, inherited;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Started by nohup: the night goes on when the terminal is closed. */
    if (!sigaction(SIGHUP, NULL, &inherited) && inherited.sa_handler != SIG_IGN)
        sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write, as a full disk is */
}
