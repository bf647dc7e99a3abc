/* The one declaration of commands and options (INTERFACE §1). Reading the command line, help, the man pages, the
 * completion and the tests come from it: a new command is a row in commands.c, a new option one in options.c. */
#ifndef CLI_COMMAND_TABLE_H
#define CLI_COMMAND_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"

struct session;

enum command_needs {
    NEEDS_NOTHING,
    NEEDS_CONFIGURATION,
    NEEDS_STORE, /* only reads: the configuration's store, or with --store FILE no configuration at all */
};

typedef enum status command_function(struct session *session, struct error *error, int *exit_code);

struct command {
    const char *name;      /* one word, or two: "audit verify" */
    const char *options;   /* the long options it takes, blank separated; --store comes with NEEDS_STORE */
    const char *arguments; /* "", "[N]", "CODE" */
    int least, most;       /* arguments */
    enum command_needs needs;
    command_function *run;
    const char *help;    /* English msgid: what it does, in one line */
    const char *more;    /* English msgid: what else must be known, paragraphs apart by an empty line; NULL */
    const char *exits;   /* the exit codes it can end with, as digits: "0 1 3" */
    const char *example; /* a line of a shell */
    const char *const *exit_words; /* msgids of its own, by code; NULL: those of all (command_exit_words) */
};

extern const struct command commands[];                                  /* ends with a row without name */
const char *command_exit_words(const struct command *command, int code); /* NULL: none; translated */
/* What the argument may be, blank separated; NULL: anything. In the arena, as what follows. */
const char *command_argument_names(const struct command *command, struct arena *arena);
/* `more` (not NULL), translated, behind those names. */
const char *command_more(const struct command *command, struct arena *arena);

/* The command that the words name, with how many of them are its name; NULL: none. */
const struct command *command_find(char *const *words, int count, int *used);

enum option_shape {
    OPTION_FLAG,       /* bool */
    OPTION_TEXT,       /* const char * */
    OPTION_TEXTS,      /* const char **, and a size_t: may be given again */
    OPTION_TEXT_SLICES /* struct text *, and a size_t */
};

struct command_option {
    const char *name; /* rows of one name have the same shape and the same place */
    enum option_shape shape;
    size_t offset, count_offset; /* in struct invocation */
    const char *value;           /* what stands for its value: "FILE"; NULL: none */
    const char *help;            /* English msgid: its meaning */
    const char *of;              /* the commands that this row is for, comma separated; NULL: all others */
    const char *choices;         /* the values it takes, blank separated; NULL: any */
    bool general;                /* of every command */
};

extern const struct command_option command_options[]; /* ends with a row without name */

/* The options of a command one by one, the general ones left out: the row behind `last` (NULL: the first), or NULL. */
const struct command_option *command_option_next(const struct command *command,
                                                 const struct command_option *last);

#endif
