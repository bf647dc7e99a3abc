#include <string.h>

#include "cli/cli.h"

#define STAGE "source code"

const struct command commands[] = {
    { "init", "from", "[DIR]", 0, 1, false, command_init, N_("writes a commented starter configuration") },
    { "check", "online", "", 0, 0, true, command_check,
      N_("validates configuration, maps, rules and code lists; --online also tries sources and portal") },
    { "run", STAGE " anew release-brake reason", "", 0, 0, true, command_run,
      N_("extract, transform, load: the nightly job") },
    { "extract", STAGE " anew release-brake reason", "", 0, 0, true, command_run,
      N_("sources to staged records") },
    { "transform", STAGE, "", 0, 0, true, command_run, N_("staged records to canonical procedures") },
    { "load", STAGE " plan release-brake reason", "", 0, 0, true, command_run,
      N_("procedures to the portal") },
    { "plan", STAGE, "", 0, 0, true, command_plan,
      N_("what load would send, field by field; ends with the plan's digest; sends nothing") },
    { "retry", "reason run rule " STAGE, "", 0, 0, true, command_retry,
      N_("takes up again what was rejected, refused, failed or in conflict") },
    { "withdraw", "decision reason release-brake", "CODE", 1, 1, true, command_withdraw,
      N_("marks a procedure abolished at the portal") },
    { "reconcile", "online offline show adopt overwrite reason", "", 0, 0, true, command_reconcile,
      N_("asks the portal what it holds, and settles conflicts; --show CODE lays both contents side by side, "
         "--offline asks nobody") },
    { "status", "rules", "", 0, 0, true, command_status, N_("what is going on, what is kept back") },
    { "runs", "", "[N]", 0, 1, true, command_runs, N_("the last runs") },
    { "test", "", "", 0, 0, true, command_test,
      N_("the configuration's own tests, and the examples beside its rules") },
    { "show", "", "CODE", 1, 1, true, command_show, N_("everything about one procedure") },
    { "history", "field on", "CODE", 1, 1, true, command_history,
      N_("how what the portal held changed, field by field; --on DATE: as it stood that day") },
    { "kept", "source rule department code outcome new since limit format output", "", 0, 0, true,
      command_kept,
      N_("what is kept back, all of it; --output DIR writes one list a department, to be handed over") },
    { "health", "max-age", "", 0, 0, true, command_health,
      N_("one line for a monitor; exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN") },
    { "report", "from to as-of by format", "NAME", 1, 1, true, command_report,
      N_("the figures that officials owe: so-luong, dich-vu-cong, cong-bo, bien-dong, chi-so-766, noi-bo, "
         "cho-hoan-thien") },
    { "backup", "", "FILE", 1, 1, true, command_backup,
      N_("a verified copy of the store in a new file, also while a run is at work") },
    { "restore", "reason", "FILE", 1, 1, true, command_restore,
      N_("takes a backup as the store; the ledger says so, and the next load asks the portal first") },
    { "audit", "checkpoint key run on to", "verify|checkpoint|key|export|prove [CODE|FILE|FOLDER]", 1, 2,
      true, command_audit,
      N_("the ledger: proves it, prints its head, makes its key, takes evidence out of it") },
    { NULL, NULL, NULL, 0, 0, false, NULL, NULL },
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name; command++)
        if (!strcmp(command->name, name))
            return command;
    return NULL;
}
