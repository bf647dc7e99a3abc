#include "cli/reference.h"

#include <string.h>

#include "cli/command_table.h"

/* ---- the man page ---- */

/* Text for roff: nothing in it is a request. A paragraph's end is one there, too. */
static void put_text(struct buffer *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        bool line = at == text || at[-1] == '\n';
        if (line && (*at == '.' || *at == '\''))
            buffer_string(out, "\\&");
        if (*at == '\\')
            buffer_string(out, "\\e");
        else if (*at == '-')
            buffer_string(out, "\\-");
        else if (!strncmp(at, "\n\n", 2))
            buffer_string(out, "\n.PP\n"), at++;
        else
            buffer_char(out, *at);
    }
    buffer_char(out, '\n');
}

static void put_section(struct buffer *out, const char *title)
{
    buffer_printf(out, ".SH %s\n", title);
}

static void put_item(struct buffer *out, const char *item, const char *meaning)
{
    buffer_string(out, ".TP\n.B ");
    put_text(out, item);
    put_text(out, meaning);
}

static void put_option(struct buffer *out, const struct command_option *option)
{
    buffer_printf(out, ".TP\n\\fB\\-\\-");
    for (const char *at = option->name; *at; at++)
        buffer_string(out, *at == '-' ? "\\-" : (char[]){ *at, 0 });
    buffer_string(out, "\\fR");
    if (option->value)
        buffer_printf(out, " \\fI%s\\fR", option->value);
    buffer_char(out, '\n');
    put_text(out, _(option->help));
}

static void put_command(struct buffer *out, const struct command *command)
{
    const struct command_option *option = command_option_next(command, NULL);
    buffer_printf(out, ".SS \"%s\"\n.B congkhai %s\n%s%s%s%s\n.PP\n", command->name, command->name,
                  option ? _("[OPTION …]") : "", option && *command->arguments ? " " : "", command->arguments,
                  option || *command->arguments ? "" : "\\&");
    put_text(out, _(command->help));
    ARENA_OWNED struct arena arena = { 0 };
    if (command->more) {
        buffer_string(out, ".PP\n");
        put_text(out, command_more(command, &arena));
    }
    for (; option; option = command_option_next(command, option))
        put_option(out, option);
    buffer_printf(out, ".PP\n%s", _("Exit codes:"));
    for (int code = 0; code <= 5; code++)
        if (command_exit_words(command, code))
            buffer_printf(out, "%s %d", strchr(command->exits, '0' + code) == command->exits ? "" : ",",
                          code);
    buffer_string(out, command->exit_words ? ":\n" : ".\n");
    for (int code = 0; command->exit_words && code <= 5; code++)
        if (command_exit_words(command, code)) {
            char digit[] = { (char)('0' + code), 0 };
            put_item(out, digit, command_exit_words(command, code));
        }
    buffer_printf(out, ".PP\n.nf\n.RS\n");
    put_text(out, command->example);
    buffer_printf(out, ".RE\n.fi\n");
}

static void put_rest(struct buffer *out)
{
    put_section(out, _("EXIT STATUS"));
    for (int code = 0; code <= 5; code++) {
        char digit[] = { (char)('0' + code), 0 };
        put_item(out, digit, command_exit_words(NULL, code));
    }
    put_section(out, _("FILES"));
    put_item(out, _("<store>"),
             _("one SQLite file in WAL mode; its views audit_* are stable and may be read with any tool "
               "while a run writes"));
    put_item(out, _("<store>.lock"), _("the lock of the run at work; it dies with its process"));
    put_item(out, _("<store>.checkpoint"), _("the ledger's head after the last run"));
    put_section(out, _("ENVIRONMENT"));
    put_text(out, _("Secrets are referred to by ${env:NAME}, ${file:PATH} and ${credential:NAME} (systemd's "
                    "$CREDENTIALS_DIRECTORY). Proxies are taken from http_proxy, https_proxy and no_proxy "
                    "as libcurl knows them. COLUMNS says how wide tables may be, NO_COLOR and TERM=dumb "
                    "that nothing but text is wanted."));
    put_section(out, _("SEE ALSO"));
    buffer_string(out, ".BR sqlite3 (1),\n.BR systemd.exec (5)\n");
}

void reference_manual(struct buffer *out)
{
    buffer_printf(out, ".TH CONGKHAI 1 \"\" \"congkhai %s\" \"%s\"\n", CONGKHAI_VERSION, _("User commands"));
    put_section(out, _("NAME"));
    put_text(out, _("congkhai - publish administrative procedures to the national database, and be able to "
                    "prove it"));
    put_section(out, _("SYNOPSIS"));
    buffer_printf(out, ".B congkhai\n%s\n", _("[OPTION …] COMMAND …"));
    put_section(out, _("DESCRIPTION"));
    put_text(out,
             _("congkhai takes the administrative procedures of a Vietnamese province or ministry from "
               "its local systems, normalises them, checks them against rules that cite the law, "
               "publishes them over HTTP to the national database of administrative procedures, and "
               "logs everything to one SQLite file. Nothing is lost, nothing is sent twice, nothing is "
               "claimed that was not seen.\n\n"
               "Results go to standard output, as a table or with --json as one JSON document, which "
               "where nothing could be begun has error and exit_code. Tables show what people read in "
               "their language and times as the clocks of Vietnam have them; JSON has the stored words "
               "and UTC. Progress and messages go to standard error, progress bars on a terminal only."));
    put_section(out, _("OPTIONS"));
    put_text(out, _("These belong to every command and may stand before or behind it."));
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            put_option(out, option);
    put_section(out, _("COMMANDS"));
    for (const struct command *command = commands; command->name; command++)
        put_command(out, command);
    put_rest(out);
}

/* ---- completion ---- */

static void put_names(struct buffer *out, const struct command *command)
{
    for (const struct command_option *option = command_option_next(command, NULL); option;
         option = command_option_next(command, option))
        buffer_printf(out, " --%s", option->name);
}

/* What stands behind an option: of one name, each command may know another. */
static void put_values(struct buffer *out, const char *command, const struct command_option *option)
{
    const char *value = option->value;
    bool files = value && (strstr(value, "FILE") || !strcmp(value, "DIR") || !strcmp(value, "FOLDER"));
    if (option->choices || files)
        buffer_printf(out, "        %s\\ --%s) COMPREPLY=($(compgen %s%s%s -- \"$current\")); return ;;\n",
                      command, option->name, files ? "-f" : "-W \"", files ? "" : option->choices,
                      files ? "" : "\"");
}

/* How a command begins in the shell's patterns: one of one word has arguments where others have their second. */
static const char *command_pattern(struct arena *arena, const struct command *command)
{
    return text_format(arena, "\"%s\"%s", command->name, strchr(command->name, ' ') ? "" : "\\ *").bytes;
}

static const char completion_head[] =
    "# bash completion of congkhai(1); made from the program's own tables.\n"
    "_congkhai()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local index word words=()\n"
    "    COMPREPLY=()\n"
    "    for ((index = 1; index < COMP_CWORD; index++)); do\n"
    "        word=${COMP_WORDS[index]}\n"
    "        case $word in\n"
    "            --config | --language) ((index++)) ;;\n"
    "            -*) ;;\n"
    "            *) words+=(\"$word\") ;;\n"
    "        esac\n"
    "    done\n"
    "    local options names= command=${words[0]}\n"
    "    [[ $command == help ]] && command=\n"
    "    case \"$command ${words[1]} $previous\" in\n";

/* Of two words, and the first row that begins so. */
static bool is_first_of_group(const struct command *command)
{
    size_t first = strcspn(command->name, " ");
    return command->name[first] &&
           (command == commands || strncmp(command[-1].name, command->name, first + 1) != 0);
}

static void put_second_words(struct buffer *out, const char *group, size_t length)
{
    buffer_printf(out,
                  "    elif [[ $command == %.*s && ${#words[@]} == 1 ]]; then\n"
                  "        COMPREPLY=($(compgen -W \"",
                  (int)length, group);
    for (const struct command *command = commands; command->name; command++)
        if (!strncmp(command->name, group, length + 1))
            buffer_printf(out, "%s ", command->name + length + 1);
    buffer_string(out, "\" -- \"$current\"))\n");
}

void reference_completion(struct buffer *out)
{
    ARENA_OWNED struct arena arena = { 0 };
    buffer_string(out, completion_head);
    for (const struct command *command = commands; command->name; command++)
        for (const struct command_option *option = command_option_next(command, NULL); option;
             option = command_option_next(command, option))
            put_values(out, command_pattern(&arena, command), option);
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            put_values(out, "*", option);
    buffer_string(out, "    esac\n    case \"$command ${words[1]}\" in\n");
    for (const struct command *command = commands; command->name; command++) {
        buffer_printf(out, "        %s) options=\"", command_pattern(&arena, command));
        put_names(out, command);
        buffer_string(out, "\"");
        const char *names = command_argument_names(command, &arena);
        if (names)
            buffer_printf(out, " names=\"%s\"", names);
        buffer_string(out, " ;;\n");
    }
    buffer_string(out, "        *) options=\"\" ;;\n    esac\n    if [[ $current == -* ]]; then\n"
                       "        COMPREPLY=($(compgen -W \"$options");
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            buffer_printf(out, " --%s", option->name);
    buffer_string(out, "\" -- \"$current\"))\n    elif [[ -z $command ]]; then\n"
                       "        COMPREPLY=($(compgen -W \"");
    for (const struct command *command = commands; command->name; command++)
        if (!strchr(command->name, ' ') || is_first_of_group(command))
            buffer_printf(out, "%.*s ", (int)strcspn(command->name, " "), command->name);
    buffer_string(out, "\" -- \"$current\"))\n");
    for (const struct command *command = commands; command->name; command++)
        if (is_first_of_group(command))
            put_second_words(out, command->name, strcspn(command->name, " "));
    buffer_string(out, "    elif [[ -n $names ]]; then\n"
                       "        COMPREPLY=($(compgen -W \"$names\" -- \"$current\"))\n"
                       "    else\n        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n}\n"
                       "complete -F _congkhai congkhai\n");
}
