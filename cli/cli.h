/* The commands (INTERFACE §1): what main.c finds and each command_*.c offers. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <signal.h>
#include <stdbool.h>

#include "cli/command_table.h"
#include "cli/configuration.h"
#include "report/output_word.h"
#include "store/store.h"

/* What was said on the command line. */
struct invocation {
    const char *program;
    const char *config;   /* NULL: where it is looked for */
    const char *language; /* NULL: the configuration's */
    bool json, quiet, help, version;
    const char *command; /* its name in the table; NULL: none that there is */
    const char *store;   /* --store; NULL: the configuration's */
    /* options of commands */
    const char **sources;
    size_t source_count;
    struct text *codes;
    size_t code_count;
    const char **released; /* --release-brake */
    size_t released_count;
    const char **checkpoints;
    size_t checkpoint_count;
    const char **keys;
    size_t key_count;
    const char *plan, *reason, *decision, *rule, *field, *on, *from, *to, *adopt, *overwrite, *show, *run,
        *as_of, *by, *format, *department, *outcome, *since, *limit, *output, *max_age, *listen, *as, *number,
        *signature, *list;
    bool fresh; /* --new */
    bool yes, dry_run;
    bool online, offline, rules, anew, people, recover;
    char **arguments; /* what is no option */
    int argument_count;
    struct arena arena;
};

/* What a command has at hand. */
struct session {
    struct invocation *invocation;
    struct configuration configuration;
    bool configured;
    struct clock *clock;
    const char *language;
    bool terminal;                     /* stderr is one: progress bars */
    int64_t run;                       /* that was begun; 0: none was */
    struct spawner *spawner;           /* of the children (cli/children.h); NULL: there are none */
    struct search_ahead *search_ahead; /* the run's; run_end closes it */
};

command_function command_run, command_check, command_init, command_status, command_runs, command_test,
    command_plan, command_submit, command_approve, command_send_back, command_retry, command_withdraw,
    command_reconcile, command_show, command_history, command_health, command_kept, command_report,
    command_audit_verify, command_audit_key, command_audit_checkpoint, command_console, command_audit_prove,
    command_audit_export, command_backup, command_restore, command_help;
/* The files that the configuration's `tests` name, and not only match, are there: a part of check. */
enum status command_test_check(struct configuration *configuration, struct arena *arena, struct error *error);
/* Of health, when nothing can be examined: its exit code (2 where the store is lost or damaged, else 3) and its line. */
int health_of_error(enum status status);
void health_tell_error(const struct error *error);
enum status command_kept_report(struct session *session, struct error *error); /* report cho-hoan-thien */

/* Set by SIGINT, SIGTERM and SIGHUP (unless that was ignored from the start), by whoever has said with
 * cli_end_in_order that from here on it is looked at. Before, such a signal ends the program at once: exit 3. */
extern volatile sig_atomic_t cli_stop;
void cli_catch_signals(void);
void cli_end_in_order(void);

/* Output: results to stdout. With --json that is one document, also where a command failed: whoever writes
 * one by hand, piece by piece, says so with output_begin; where nothing is begun, main writes {"error",
 * "exit_code"}. */
void output_json(const struct value *document);
/* The name and version of the documents that come (borrowed); NULL, and without --json: none. */
void output_set_schema(const char *schema);
const char *output_schema(void);
void output_begin(void);
bool output_is_begun(void);
void output_error(const struct error *error, int exit_code);
/* error, error_id and error_hint of a document. */
void output_error_members(struct value *document, struct arena *arena, const struct error *error);
/* A table from a list of objects; `columns` are member names with their headings. */
struct output_column {
    const char *member, *heading;
    int most; /* display columns; 0: no ceiling; or one of these */
};
#define OUTPUT_WORD (-1) /* one of the interface's words: output_word */
#define OUTPUT_TIME (-2) /* kept in UTC: output_time */
void output_table(const struct value *rows, const struct output_column *columns, size_t count);
/* A line a row, also where the screen is too narrow for it; output_table writes a paragraph a row there. */
void output_lines(const struct value *rows, const struct output_column *columns, size_t count);
/* Display columns that a text takes; and those of a line of standard output: the terminal's, COLUMNS, or 80. */
int output_columns(struct text text);
int output_width(void);
/* Lines of the terminal's screen, or LINES; elsewhere `usual`. */
int output_height(int usual);
/* Filled up with blanks to so many display columns. */
void output_padded(struct text text, int width);
/* Messages and progress: to stderr. */
void output_message(const struct session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void output_progress(const struct session *session, const char *what, int64_t done,
                     int64_t total); /* total 0: unknown */
void output_progress_end(const struct session *session);

#endif
