/* The command line, read by the table of options. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/cli.h"
#include "cli/command_table.h"

/* Fills the invocation (and speaks the language asked for), its command with it (NULL: none was found), even where something is wrong. STATUS_USAGE, with
 * the nearest name, for what there is not, and for what the command does not take. With --help and --version that is
 * not looked at. */
enum status options_read(struct invocation *invocation, int argc, char **argv, const struct command **command,
                         struct error *error);
/* The value of an option ("--language") wherever it stands, before the rest is read; NULL: it is not given. */
const char *options_ahead(int argc, char **argv, const char *name);
void options_free(struct invocation *invocation);

#endif
