#include <string.h>

#include "cli/cli.h"
#include "cli/command_table.h"
#include "report/report.h"

#define STAGE "source code"
#define BRAKE "release-brake reason"

static const char *const health_exits[] = {
    N_("OK"),
    N_("WARNING: something is newly kept back, or a term of the law is near or over"),
    N_("CRITICAL: the last night is too old, stopped or was broken off, or the ledger does not verify or is "
       "lost"),
    N_("UNKNOWN: it could not be found out"),
    NULL,
    NULL,
};

static const char *const verify_exits[] = {
    N_("it holds"),
    N_("it holds, but what is told as not proven is not"),
    N_("wrong usage or configuration; nothing was touched"),
    N_("stopped before the end; nothing is lost and the same command goes on"),
    NULL,
    N_("it does not hold"),
};

/* clang-format off */
const struct command commands[] = {
    { "init", "from", "[DIR]", 0, 1, NEEDS_NOTHING, command_init,
      N_("writes a commented starter configuration"),
      N_("Beside congkhai.yaml it writes the shipped rule packs and code lists. What is there already is never written over."),
      "0 2 3", "congkhai init /etc/congkhai", NULL },
    { "check", "online", "", 0, 0, NEEDS_CONFIGURATION, command_check,
      N_("validates configuration, maps, rules, code lists and constants"),
      N_("Each error is told with file, line and column. What run would refuse, check refuses."),
      "0 2 3", "congkhai check --online", NULL },
    { "run", STAGE " anew dry-run " BRAKE, "", 0, 0, NEEDS_CONFIGURATION, command_run,
      N_("extract, transform and load in turn: the nightly job"),
      N_("After an outage, a brake or a signal the same command goes on where it stopped. Nothing is sent twice."),
      "0 1 2 3 4 5", "congkhai run --quiet", NULL },
    { "extract", STAGE " anew " BRAKE, "", 0, 0, NEEDS_CONFIGURATION, command_run,
      N_("reads the sources: the first stage of run"), NULL,
      "0 1 2 3 4 5", "congkhai extract --source so-tu-phap", NULL },
    { "transform", STAGE, "", 0, 0, NEEDS_CONFIGURATION, command_run,
      N_("maps, normalises and checks what was read: the second stage of run"), NULL,
      "0 1 2 3 4 5", "congkhai transform --code 1.003976", NULL },
    { "load", STAGE " plan dry-run " BRAKE, "", 0, 0, NEEDS_CONFIGURATION, command_run,
      N_("sends to the portal what is to stand there: the last stage of run"), NULL,
      "0 1 2 3 4 5", "congkhai load --source so-tu-phap", NULL },
    { "plan", "list format output " STAGE, "", 0, 0, NEEDS_STORE, command_plan,
      N_("what load would send, field by field; sends nothing"),
      N_("It compares with what the portal acknowledged last, shows conflicts, says when configuration, rules or files have changed since the last transform, and ends with the plan's digest, which load --plan takes. With --format or --output: the list of what needs approval, as it would be submitted; with --list: as it was."),
      "0 2 3 5", "congkhai plan --source so-tu-phap", NULL },
    { "submit", "as number people recover reason format output " STAGE, "", 0, 0, NEEDS_CONFIGURATION, command_submit,
      N_("submits what needs approval as a numbered list"),
      N_("It freezes what needs approval and is in no list yet, and prints the words that are signed, byte for byte. Other changes of later nights neither ride along nor cancel it."),
      "0 2 3 4 5", "congkhai submit --as \"Trần Văn B\" --number 12/TTr-VP --output danh-sach", NULL },
    { "approve", "as key signature code", "N", 1, 1, NEEDS_CONFIGURATION, command_approve,
      N_("approves a list that was submitted, or the steps named, by a signature"),
      N_("The words are made anew from what the store holds and compared before they are signed. A signature made elsewhere signs the bytes that submit printed: openssl cms -sign -binary -outform DER. Each approval holds for its step, once, until it expires."),
      "0 2 3 4 5", "congkhai approve 3 --as \"Nguyễn Thị A\" --key /media/usb/a.key", NULL },
    { "send-back", "as code reason field", "N", 1, 1, NEEDS_CONFIGURATION, command_send_back,
      N_("returns steps of a list to be completed, with the reason"),
      N_("Without --code: all of the list that was not sent. Such a content is held and shown to its department; it comes again when it changes, or by retry --code."),
      "0 2 3 4 5", "congkhai send-back 3 --as \"Nguyễn Thị A\" --code 1.003976 --field name --reason \"Tên chưa đúng quyết định\"", NULL },
    { "retry", "reason run rule " STAGE, "", 0, 0, NEEDS_CONFIGURATION, command_retry,
      N_("takes up again what was rejected, refused, failed, is unknown or in conflict"),
      N_("Nothing is sent by it: the next run does. What an operator decided is lifted only by a --code that names it."),
      "0 2 3 4 5", "congkhai retry --rule ND63-8.2a --reason \"Sở Tư pháp đã sửa\"", NULL },
    { "withdraw", "decision yes " BRAKE, "CODE", 1, 1, NEEDS_CONFIGURATION, command_withdraw,
      N_("marks a procedure abolished at the portal"),
      N_("It shows what will be withdrawn, and asks where there is a terminal. The order goes to the portal at once, and into the ledger with decision, reason and your name."),
      "0 1 2 3 4 5",
      "congkhai withdraw 1.003976 --decision 1234/QĐ-UBND --reason \"Bãi bỏ theo Quyết định 1234\" --yes", NULL },
    { "reconcile", "online offline show adopt overwrite reason", "", 0, 0, NEEDS_CONFIGURATION, command_reconcile,
      N_("asks the portal what it holds, and settles conflicts"),
      N_("Without an option, or with --online, it asks for everything: same, differs, missing there, only there. What is missing there and should be there is sent by the next run. --offline asks nobody, and ends with 0: what differs there is what the next run sends."),
      "0 1 2 3 4 5", "congkhai reconcile --show 1.003976", NULL },
    { "status", "rules", "", 0, 0, NEEDS_STORE, command_status,
      N_("the last night, and what is kept back: one screen"), NULL,
      "0 2 3 5", "congkhai status", NULL },
    { "runs", "", "[N]", 0, 1, NEEDS_STORE, command_runs,
      N_("the last runs with their counts, 10 or N of them"), NULL,
      "0 2 3 5", "congkhai runs 30", NULL },
    { "test", "", "", 0, 0, NEEDS_CONFIGURATION, command_test,
      N_("the configuration's own tests and the examples beside its rules"),
      N_("Neither the network nor the store is touched."),
      "0 1 2", "congkhai test", NULL },
    { "show", "", "CODE", 1, 1, NEEDS_STORE, command_show,
      N_("everything about one procedure"),
      N_("Where it comes from, what the rules say of it, its outcomes, every request with its answer, and what was ordered, by whom and why."),
      "0 2 3 5", "congkhai show 1.003976", NULL },
    { "history", "field on", "CODE", 1, 1, NEEDS_STORE, command_history,
      N_("how what the portal held of a procedure changed, field by field"),
      N_("Days are those of Vietnam. A day that is not over, or later than the last event, is answered as known at that time."),
      "0 2 3 5", "congkhai history 1.003976 --on 2026-03-12", NULL },
    { "kept", "source rule department code outcome new since limit format output", "", 0, 0, NEEDS_STORE,
      command_kept,
      N_("what is kept back, all of it, with filters"),
      N_("Filters narrow each other. In CSV a text that begins with = + - @, a tab or a line break has a ' in front, so that no spreadsheet takes it for a formula; who needs values unchanged takes JSON."),
      "0 2 3 5", "congkhai kept --new --output danh-sach", NULL },
    { "health", "max-age", "", 0, 0, NEEDS_STORE, command_health,
      N_("one line and an exit code for a monitor"),
      N_("In the manner of monitoring plugins: behind the bar stand age, kept, new, due and overdue as numbers."),
      "0 1 2 3", "congkhai health --max-age 26h", health_exits },
    { "report", "from to as-of by format", "NAME", 1, 1, NEEDS_STORE, command_report,
      N_("the figures that officials owe"),
      N_("Each says its definition, its period, and the run and the head of the ledger it rests on. In CSV a text that begins with = + - @, a tab or a line break has a ' in front."),
      "0 2 3 5", "congkhai report cong-bo --from 2026-01-01 --to 2026-03-31 --format xlsx > cong-bo.xlsx", NULL },
    { "backup", "", "FILE", 1, 1, NEEDS_CONFIGURATION, command_backup,
      N_("a verified copy of the store in a new file, also while a run is at work"),
      N_("The copy is one file, as the store stood at one moment. A file that is there already is never written over."),
      "0 2 3 5", "congkhai backup /media/usb/congkhai-2026-03-12.db", NULL },
    { "restore", "reason", "FILE", 1, 1, NEEDS_CONFIGURATION, command_restore,
      N_("takes a backup as the store; the ledger says so, and the next load asks the portal first"),
      N_("The backup is verified before. The replaced store is kept beside the new one. What the replaced ledger knew and the backup does not is told as not proven from then on."),
      "0 2 3 4 5", "congkhai restore /media/usb/congkhai-2026-03-12.db --reason \"Đĩa hỏng\"", NULL },
    { "audit verify", "checkpoint key", "[FILE]", 0, 1, NEEDS_STORE, command_audit_verify,
      N_("proves that the ledger and what rests on it were not changed"),
      N_("An earlier head kept elsewhere (--checkpoint) proves besides that nothing was cut off or written anew. FILE is a bundle's folder, a proof, or another store; for these no configuration is needed."),
      "0 1 2 3 5", "congkhai audit verify --checkpoint /media/usb/congkhai.db.checkpoint", verify_exits },
    { "audit key", "as", "[FILE]", 0, 1, NEEDS_CONFIGURATION, command_audit_key,
      N_("makes the key that signs the ledger's heads"),
      N_("FILE is by default the key that the configuration names. A key is never written over. With --as: the key of a person who submits or approves, under a passphrase; that needs no configuration."),
      "0 2 3 4 5", "congkhai audit key /etc/congkhai/ledger.key", NULL },
    { "audit checkpoint", "", "", 0, 0, NEEDS_STORE, command_audit_checkpoint,
      N_("prints the ledger's newest head"), NULL,
      "0 2 3 5", "congkhai audit checkpoint", NULL },
    { "audit prove", "on", "CODE", 1, 1, NEEDS_STORE, command_audit_prove,
      N_("proves what stood at the portal of a procedure at the end of a day"),
      N_("With --json the proof is a file that verify-ledger checks without the store."),
      "0 2 3 5", "congkhai --json audit prove 1.003976 --on 2026-03-12 > proof.json", NULL },
    { "audit export", "run to key", "[FOLDER]", 0, 1, NEEDS_STORE, command_audit_export,
      N_("writes a bundle of evidence that can be checked without this program"), NULL,
      "0 2 3 5", "congkhai audit export --run 120 /media/usb/kiem-toan", NULL },
    { "console", "listen", "", 0, 0, NEEDS_STORE, command_console,
      N_("read-only pages for a browser, until a signal ends them"),
      N_("It listens at this machine alone; accounts are those of a proxy before it (docs/console.md). A socket that systemd hands over is taken in place of --listen."),
      "0 2 3", "congkhai console --listen unix:/run/congkhai/console.sock", NULL },
    { "help", "", "[COMMAND]", 0, 2, NEEDS_NOTHING, command_help,
      N_("this overview, or one command with its options, exit codes and an example"), NULL,
      "0 2", "congkhai help kept", NULL },
    { NULL, NULL, NULL, 0, 0, NEEDS_NOTHING, NULL, NULL, NULL, NULL, NULL, NULL },
};
/* clang-format on */

const char *command_argument_names(const struct command *command, struct arena *arena)
{
    return command->run == command_report ? report_names(arena, " ") : NULL;
}

const char *command_more(const struct command *command, struct arena *arena)
{
    const char *names = command->run == command_report ? report_names(arena, ", ") : NULL;
    return names ? text_format(arena, _("%s is one of: %s. %s"), command->arguments, names, _(command->more))
                       .bytes
                 : _(command->more);
}

const char *command_exit_words(const struct command *command, int code)
{
    static const char *const words[] = {
        N_("done, nothing is kept back"),
        N_("done, but some records are kept back, new tonight or still, or something differs"),
        N_("wrong usage or configuration; nothing was touched"),
        N_("stopped before the end; nothing is lost and the same command goes on"),
        N_("another run holds the store"),
        N_("the ledger cannot be written, or does not verify"),
    };
    const char *const *own = command && command->exit_words ? command->exit_words : words;
    if (code < 0 || code > 5 || !own[code] || (command && !strchr(command->exits, '0' + code)))
        return NULL;
    return _(own[code]);
}

const struct command *command_find(char *const *words, int count, int *used)
{
    for (const struct command *command = commands; command->name; command++) {
        const char *second = strchr(command->name, ' ');
        size_t first = second ? (size_t)(second - command->name) : strlen(command->name);
        if (count < (second ? 2 : 1) || strlen(words[0]) != first || strncmp(words[0], command->name, first))
            continue;
        if (second && strcmp(words[1], second + 1) != 0)
            continue;
        *used = second ? 2 : 1;
        return command;
    }
    return NULL;
}
