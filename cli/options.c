#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "cli/language.h"
#include "core/memory.h"
#include "record/normalise.h"

#define NAMES_MAX 96

#define AT(member)          offsetof(struct invocation, member), 0
#define LIST(member, count) offsetof(struct invocation, member), offsetof(struct invocation, count)
#define FORMATS             "table csv xlsx html json"
/* clang-format off */
const struct command_option command_options[] = {
    { "config", OPTION_TEXT, AT(config), "FILE",
      N_("the configuration; by default ./congkhai.yaml, then /etc/congkhai/congkhai.yaml. Paths in it are relative to it"), NULL, NULL, true },
    { "language", OPTION_TEXT, AT(language), "vi|en",
      N_("of messages and tables; by default the configuration's, and before it is read the locale's"), NULL, "vi en", true },
    { "json", OPTION_FLAG, AT(json), NULL, N_("results as one JSON document, times in UTC"), NULL, NULL, true },
    { "quiet", OPTION_FLAG, AT(quiet), NULL, N_("no progress and no messages but errors"), NULL, NULL, true },
    { "help", OPTION_FLAG, AT(help), NULL, N_("this help, of the command where one is given (also -h)"), NULL, NULL, true },
    { "version", OPTION_FLAG, AT(version), NULL, N_("the version"), NULL, NULL, true },

    { "store", OPTION_TEXT, AT(store), "FILE",
      N_("reads this store, without a configuration, and writes nothing"), NULL, NULL, false },
    { "source", OPTION_TEXTS, LIST(sources, source_count), "NAME", N_("only of this source; may be given again"), NULL, NULL, false },
    { "code", OPTION_TEXT_SLICES, LIST(codes, code_count), "CODE", N_("only this procedure; may be given again"), NULL, NULL, false },
    { "from", OPTION_TEXT, AT(from), "FILE_OR_URL", N_("proposes the source from real data: a file, a folder or a URL"), "init", NULL, false },
    { "from", OPTION_TEXT, AT(from), "DATE", N_("the first day of the period"), NULL, NULL, false },
    { "to", OPTION_TEXT, AT(to), "FOLDER", N_("where the bundle goes, which must not be there yet; the same as FOLDER"), "audit export", NULL, false },
    { "to", OPTION_TEXT, AT(to), "DATE", N_("the last day of the period"), NULL, NULL, false },
    { "as-of", OPTION_TEXT, AT(as_of), "DATE", N_("what stood at the end of that day; by default now"), NULL, NULL, false },
    { "by", OPTION_TEXT, AT(by), "agency|field|level|department", N_("what the rows stand for"), NULL, "agency field level department", false },
    { "format", OPTION_TEXT, AT(format), "text|html", N_("the list as the words that are signed, or as a page for a meeting"), "plan,submit", "text html", false },
    { "format", OPTION_TEXT, AT(format), "table|csv|xlsx|html|json", N_("how it is written; files go to standard output"), NULL, FORMATS, false },
    { "online", OPTION_FLAG, AT(online), NULL, N_("also tries each source and the portal, and shows the first record of each source as mapped"), "check", NULL, false },
    { "online", OPTION_FLAG, AT(online), NULL, N_("asks the portal; the default"), NULL, NULL, false },
    { "offline", OPTION_FLAG, AT(offline), NULL, N_("asks nobody: what the portal acknowledged, against what is wanted there"), NULL, NULL, false },
    { "show", OPTION_TEXT, AT(show), "CODE", N_("lays both contents of a procedure side by side, field by field"), NULL, NULL, false },
    { "adopt", OPTION_TEXT, AT(adopt), "CODE", N_("takes over what the portal holds; needs --reason"), NULL, NULL, false },
    { "overwrite", OPTION_TEXT, AT(overwrite), "CODE", N_("replaces what the portal holds with what is wanted; needs --reason"), NULL, NULL, false },
    { "anew", OPTION_FLAG, AT(anew), NULL, N_("reads everything, also what a source says has not changed"), NULL, NULL, false },
    { "release-brake", OPTION_TEXTS, LIST(released, released_count), "NAME", N_("lets this brake go for this run; needs --reason; may be given again"), NULL, NULL, false },
    { "reason", OPTION_TEXT, AT(reason), "TEXT", N_("why; it goes into the ledger with your name"), NULL, NULL, false },
    { "decision", OPTION_TEXT, AT(decision), "NUMBER", N_("the number of the decision that abolishes it, such as 1234/QĐ-UBND"), NULL, NULL, false },
    { "yes", OPTION_FLAG, AT(yes), NULL, N_("does it without asking; where there is no terminal it must be given"), NULL, NULL, false },
    { "dry-run", OPTION_FLAG, AT(dry_run), NULL, N_("sends nothing and writes nothing: the same as plan"), NULL, NULL, false },
    { "plan", OPTION_TEXT, AT(plan), "DIGEST", N_("sends the plan of this digest, or nothing"), NULL, NULL, false },
    { "run", OPTION_TEXT, AT(run), "N", N_("only what run N kept back"), "retry", NULL, false },
    { "run", OPTION_TEXT, AT(run), "N", N_("only the events of run N"), NULL, NULL, false },
    { "rule", OPTION_TEXT, AT(rule), "ID", N_("only what this rule keeps back"), NULL, NULL, false },
    { "rules", OPTION_FLAG, AT(rules), NULL, N_("which rules keep back how many records, whose and since when"), NULL, NULL, false },
    { "department", OPTION_TEXT, AT(department), "TEXT", N_("only what this department mends"), NULL, NULL, false },
    { "outcome", OPTION_TEXT, AT(outcome), "OUTCOME", N_("only what ended like this: rejected, held, refused, failed, conflict, unknown, waiting or sent-back"), NULL, "rejected held refused conflict failed unknown waiting sent-back", false },
    { "new", OPTION_FLAG, AT(fresh), NULL, N_("only what was not kept back at the end of the night before"), NULL, NULL, false },
    { "since", OPTION_TEXT, AT(since), "RUN", N_("only what was not kept back at the end of that run"), NULL, NULL, false },
    { "limit", OPTION_TEXT, AT(limit), "N", N_("at most N rows"), NULL, NULL, false },
    { "output", OPTION_TEXT, AT(output), "DIR", N_("writes the list into this folder: the words that are signed, and a page"), "plan,submit", NULL, false },
    { "output", OPTION_TEXT, AT(output), "DIR", N_("writes one file a department into this folder, to be handed over"), NULL, NULL, false },
    { "max-age", OPTION_TEXT, AT(max_age), "DURATION", N_("how old the last night may be; by default 26h"), NULL, NULL, false },
    { "as", OPTION_TEXT, AT(as), "NAME", N_("whose key it is: it is made under a passphrase, for approval.people"), "audit key", NULL, false },
    { "as", OPTION_TEXT, AT(as), "NAME", N_("who decides, as the list of people has the name; the login must be this person's"), NULL, NULL, false },
    { "number", OPTION_TEXT, AT(number), "TEXT", N_("the number of the paper by which it is submitted, such as 12/TTr-VP"), NULL, NULL, false },
    { "people", OPTION_FLAG, AT(people), NULL, N_("submits the configuration's rules of approval instead: people, scope, expiry"), NULL, NULL, false },
    { "recover", OPTION_FLAG, AT(recover), NULL, N_("with --people and --reason, where no approver can sign any more: in force after 72 hours"), NULL, NULL, false },
    { "list", OPTION_TEXT, AT(list), "N", N_("list N as it was submitted; with --code the part that would be signed"), NULL, NULL, false },
    { "signature", OPTION_TEXT, AT(signature), "FILE", N_("a signature of the list's words made elsewhere: detached CMS, or 64 bytes of an Ed25519 key"), NULL, NULL, false },
    { "field", OPTION_TEXT, AT(field), "FIELD", N_("which field is to be completed, such as name or legal_bases"), "send-back", NULL, false },
    { "listen", OPTION_TEXT, AT(listen), "ADDRESS", N_("127.0.0.1:PORT, [::1]:PORT or unix:PATH; by default 127.0.0.1:8630"), NULL, NULL, false },
    { "field", OPTION_TEXT, AT(field), "FIELD", N_("only this field, such as name or legal_bases"), NULL, NULL, false },
    { "on", OPTION_TEXT, AT(on), "DATE", N_("as it stood at the end of that day in Vietnam"), NULL, NULL, false },
    { "checkpoint", OPTION_TEXTS, LIST(checkpoints, checkpoint_count), "FILE", N_("a head that was kept elsewhere; may be given again"), NULL, NULL, false },
    { "key", OPTION_TEXTS, LIST(keys, key_count), "FILE", N_("the approver's key; the passphrase is asked for, or the first line of standard input"), "approve", NULL, false },
    { "key", OPTION_TEXTS, LIST(keys, key_count), "KEY", N_("a public key, or its file, whose heads are believed; may be given again"), NULL, NULL, false },
    { NULL, OPTION_FLAG, 0, 0, NULL, NULL, NULL, NULL, false },
};
/* clang-format on */

/* Is the name one of a list with such a separator? */
static bool is_in(const char *list, char separator, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && *at;) {
        const char *end = strchr(at, separator);
        size_t entry = end ? (size_t)(end - at) : strlen(at);
        if (entry == length && !strncmp(at, name, length))
            return true;
        at = end ? end + 1 : NULL;
    }
    return false;
}

static bool takes(const struct command *command, const char *name)
{
    return is_in(command->options, ' ', name) || (command->needs == NEEDS_STORE && !strcmp(name, "store"));
}

static bool is_row_for(const struct command_option *option, const struct command *command)
{
    if (option->general || !command)
        return option->general;
    if (!takes(command, option->name))
        return false;
    if (option->of)
        return is_in(option->of, ',', command->name);
    for (const struct command_option *other = command_options; other->name; other++)
        if (other->of && !strcmp(other->name, option->name) && is_in(other->of, ',', command->name))
            return false;
    return true;
}

/* How `command` (NULL: none) knows the option; NULL: it does not take it. */
static const struct command_option *find_option(const struct command *command, const char *name)
{
    for (const struct command_option *option = command_options; option->name; option++)
        if (!strcmp(option->name, name) && is_row_for(option, command))
            return option;
    return NULL;
}

const struct command_option *command_option_next(const struct command *command,
                                                 const struct command_option *last)
{
    for (const struct command_option *option = last ? last + 1 : command_options; option->name; option++)
        if (!option->general && is_row_for(option, command))
            return option;
    return NULL;
}

static enum status wrong_option(const struct command *command, const char *given, struct error *error)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (const struct command_option *option = command_options; option->name && count < NAMES_MAX; option++)
        if (option->general || !command || takes(command, option->name))
            names[count++] = option->name;
    const char *name = given + strspn(given, "-");
    const char *nearest = text_nearest((struct text){ name, strcspn(name, "=") }, names, count);
    if (nearest)
        return error_set(error, STATUS_USAGE, _("unknown option %s; did you mean --%s?"), given, nearest);
    return error_set(error, STATUS_USAGE, _("unknown option %s; see congkhai --help"), given);
}

/* A code as records have it: a terminal or a file may give another form of the same letters. */
static char *code_of(struct invocation *invocation, const char *given)
{
    struct normalise_counts ignored = { 0 };
    struct error error;
    struct text code = text_of(given);
    if (unicode_invalid_at(code) < code.length ||
        normalise(&invocation->arena, code, false, &ignored, &code, &error))
        code = text_of(given);
    return text_string(&invocation->arena, code);
}

static bool is_code(const char *value)
{
    return value && !strcmp(value, "CODE");
}

static void put(struct invocation *invocation, const struct command_option *option, const char *given)
{
    if (is_code(option->value))
        given = code_of(invocation, given);
    char *at = (char *)invocation + option->offset;
    size_t *count = (size_t *)(void *)((char *)invocation + option->count_offset);
    if (option->shape == OPTION_FLAG) {
        *(bool *)at = true;
    } else if (option->shape == OPTION_TEXT) {
        *(const char **)(void *)at = given;
    } else if (option->shape == OPTION_TEXTS) {
        const char ***texts = (const char ***)(void *)at;
        *texts = memory_grow(*texts, *count + 1, sizeof **texts);
        (*texts)[(*count)++] = given;
    } else {
        struct text **texts = (struct text **)(void *)at;
        *texts = memory_grow(*texts, *count + 1, sizeof **texts);
        (*texts)[(*count)++] = text_of(given);
    }
}

static enum status check_value(const struct command_option *option, const char *given, struct error *error)
{
    if (option->choices && !is_in(option->choices, ' ', given))
        return error_set(error, STATUS_USAGE, _("--%s \"%s\": it takes one of %s"), option->name, given,
                         option->choices);
    /* They are written into the ledger. */
    if (given && unicode_invalid_at(text_of(given)) < strlen(given) &&
        is_in("reason decision as number field", ' ', option->name))
        return error_set(error, STATUS_USAGE,
                         _("\"%s\" is no UTF-8; set the terminal to UTF-8 and write it again"), given);
    return STATUS_OK;
}

/* Of two words, and the second is missing or none. */
static enum status wants_second_word(const char *word, struct error *error)
{
    BUFFER_OWNED struct buffer seconds = { 0 };
    size_t length = strlen(word);
    for (const struct command *command = commands; command->name; command++)
        if (!strncmp(command->name, word, length) && command->name[length] == ' ')
            buffer_printf(&seconds, "%s%s", seconds.length ? ", " : "", command->name + length + 1);
    if (!seconds.length)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE, _("\"%s\" is followed by one of: %s"), word, seconds.bytes);
}

static enum status no_command(char *const *words, int count, struct error *error)
{
    const char *names[NAMES_MAX];
    char given[200];
    size_t names_count = 0;
    for (const struct command *command = commands; command->name && names_count < NAMES_MAX; command++)
        names[names_count++] = command->name;
    const char *nearest = text_nearest(text_of(words[0]), names, names_count);
    snprintf(given, sizeof given, "%s", words[0]);
    if (!nearest && count > 1) {
        snprintf(given, sizeof given, "%s %s", words[0], words[1]);
        nearest = text_nearest(text_of(given), names, names_count);
    }
    if (nearest)
        return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; did you mean \"%s\"?"), given,
                         nearest);
    if (wants_second_word(words[0], error))
        return error->status;
    return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; see congkhai --help"), given);
}

static enum status check_command(const struct invocation *invocation, const struct command *command,
                                 char *const *words, int count, struct error *error)
{
    if (!count)
        return error_set(error, STATUS_USAGE, _("a command is missing; see congkhai --help"));
    if (!command)
        return no_command(words, count, error);
    if (invocation->argument_count < command->least || invocation->argument_count > command->most)
        return error_set(error, STATUS_USAGE, _("usage: congkhai %s%s%s"), command->name,
                         *command->arguments ? " " : "", command->arguments);
    if (invocation->store && invocation->config)
        return error_set(error, STATUS_USAGE,
                         _("--store reads without a configuration: give one of --store and --config"));
    return STATUS_OK;
}

/* What getopt_long wants to know; rows of one name are one option. */
static void describe(struct option options[NAMES_MAX])
{
    size_t count = 0;
    for (int row = 0; command_options[row].name && count + 1 < NAMES_MAX; row++) {
        const struct command_option *option = &command_options[row];
        if (row && !strcmp(command_options[row - 1].name, option->name))
            continue;
        options[count++] =
            (struct option){ option->name, option->shape == OPTION_FLAG ? no_argument : required_argument,
                             NULL, 256 + row };
    }
    options[count] = (struct option){ NULL, 0, NULL, 0 };
}

/* Where reading ended early: who is meant, by the first word that is a command. */
static const struct command *guess_command(int argc, char **argv)
{
    int used;
    const struct command *command = NULL;
    for (int i = 1; i < argc && !command; i++)
        command = command_find(argv + i, argc - i, &used);
    return command;
}

const char *options_ahead(int argc, char **argv, const char *name)
{
    const size_t length = strlen(name);
    const char *given = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, length))
            continue;
        if (argv[i][length] == '=')
            given = argv[i] + length + 1;
        else if (!argv[i][length] && i + 1 < argc)
            given = argv[i + 1];
    }
    return given;
}

/* getopt goes on behind a word of letters only after its last one. */
static bool is_in_middle(const char *word)
{
    return optopt && optopt < 256 && word && word[0] == '-' && word[1] != '-' && strchr(word, optopt) &&
           strlen(word) > 2;
}

enum status options_read(struct invocation *invocation, int argc, char **argv, const struct command **command,
                         struct error *error)
{
    struct option options[NAMES_MAX];
    const struct command_option *given[NAMES_MAX];
    const char *values[NAMES_MAX];
    int value, used = 0;
    size_t given_count = 0;
    describe(options);
    const char *language =
        options_ahead(argc, argv, "--language"); /* of what goes wrong in front of it, too */
    if (language)
        language_choose(language);
    opterr = 0;
    optind = 0; /* from the beginning, also the second time */
    while ((value = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        *command = guess_command(argc, argv);
        if (value == '?')
            return wrong_option(*command, argv[is_in_middle(argv[optind]) ? optind : optind - 1], error);
        if (value == ':')
            return error_set(error, STATUS_USAGE, _("the option %s needs a value"), argv[optind - 1]);
        const struct command_option *option =
            value == 'h' ? find_option(NULL, "help") : &command_options[value - 256];
        put(invocation, option, optarg);
        if (option->general && check_value(option, optarg, error))
            return error->status;
        if (invocation->language)
            language_choose(invocation->language);
        if (given_count < NAMES_MAX) {
            values[given_count] = optarg;
            given[given_count++] = option;
        }
    }
    char *const *words = argv + optind;
    int count = argc - optind;
    *command = count ? command_find(words, count, &used) : NULL;
    invocation->command = *command ? (*command)->name : NULL;
    invocation->arguments = argv + optind + used;
    invocation->argument_count = count - used;
    if (*command && is_code((*command)->arguments) && invocation->argument_count)
        argv[optind + used] = code_of(invocation, argv[optind + used]);
    if (invocation->help || invocation->version)
        return STATUS_OK;
    for (size_t i = 0; *command && i < given_count; i++)
        if (!given[i]->general && !takes(*command, given[i]->name))
            return error_set(error, STATUS_USAGE, _("\"%s\" takes no option --%s"), (*command)->name,
                             given[i]->name);
    for (size_t i = 0; *command && i < given_count; i++) /* what a value may be, its command says */
        if (!given[i]->general && check_value(find_option(*command, given[i]->name), values[i], error))
            return error->status;
    return check_command(invocation, *command, words, count, error);
}

void options_free(struct invocation *invocation)
{
    free(invocation->sources);
    free(invocation->codes);
    free(invocation->released);
    free(invocation->checkpoints);
    free(invocation->keys);
}
