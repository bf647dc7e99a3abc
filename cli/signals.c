#include <signal.h>
#include <unistd.h>

#include "cli/cli.h"

volatile sig_atomic_t cli_stop;
static volatile sig_atomic_t in_order;

void cli_end_in_order(void)
{
    in_order = 1;
}

/* A second signal ends the program at once: the store is made for that. */
static void on_signal(int number)
{
    if (!in_order)
        _exit(error_exit_code(STATUS_STOP));
    if (cli_stop)
        _exit(128 + number);
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
