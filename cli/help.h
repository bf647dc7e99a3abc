/* help: all commands, or one. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command_table.h"

void help_command(const struct command *command);
/* help of what the words name: a command, the first word of several, or nothing (the overview). STATUS_USAGE with the
 * nearest name where there is no such command. */
enum status help_words(char *const *words, int count, struct error *error);
/* The same as a document; `only` NULL: of what the words name. */
enum status help_document(const struct command *only, char *const *words, int count, struct error *error);

#endif
