#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define LEFT      26 /* columns of what stands before its meaning */
#define WIDTH_MAX 100

/* Words that fill lines up to the width; the cursor stands at column `at`, further lines begin at `indent`. */
static void print_filled(const char *text, int at, int indent)
{
    int width = output_width() < WIDTH_MAX ? output_width() : WIDTH_MAX;
    bool first = true;
    while (*text) {
        size_t length = strcspn(text, " ");
        struct text word = { text, length };
        if (!first && at + 1 + output_columns(word) > width) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            putchar(' ');
            at++;
        }
        fwrite(word.bytes, 1, word.length, stdout);
        at += output_columns(word);
        first = false;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_meaning(const char *left, const char *meaning)
{
    int used = output_columns(text_of(left)) + 2;
    printf("  %s", left);
    if (used + 2 > LEFT)
        printf("\n%*s", LEFT, "");
    else
        printf("%*s", LEFT - used, "");
    print_filled(meaning, LEFT, LEFT);
}

static void print_option(const struct command_option *option)
{
    char left[100];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    print_meaning(left, _(option->help));
}

static void print_general(void)
{
    printf("\n%s\n", _("Options of every command, before or behind it:"));
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            print_option(option);
}

/* Of a command its own are explained. */
static void print_general_names(void)
{
    char names[400] = "";
    size_t length = 0;
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            length +=
                text_print(names + length, sizeof names - length, "%s--%s", length ? ", " : "", option->name);
    putchar('\n');
    BUFFER_OWNED struct buffer line = { 0 };
    buffer_printf(&line, _("Options of every command (congkhai --help): %s"), names);
    print_filled(line.bytes, 0, 2);
}

static void print_exits(const struct command *command)
{
    printf("\n%s\n", _("Exit codes:"));
    for (int code = 0; code <= 5; code++) {
        char left[8];
        const char *words = command_exit_words(command, code);
        snprintf(left, sizeof left, "%d", code);
        if (words)
            print_meaning(left, words);
    }
}

static void overview(void)
{
    printf("%s\n\n", _("Usage: congkhai [OPTION …] COMMAND …"));
    for (const struct command *command = commands; command->name; command++) {
        char left[100];
        snprintf(left, sizeof left, "%s %s", command->name, command->arguments);
        print_meaning(left, _(command->help));
    }
    print_general();
    print_exits(NULL);
    printf("\n%s\n", _("congkhai help COMMAND: that command with its options and an example"));
}

void help_command(const struct command *command)
{
    const struct command_option *option = command_option_next(command, NULL);
    printf(_("Usage: congkhai %s%s%s%s\n\n"), command->name, option ? _(" [OPTION …]") : "",
           *command->arguments ? " " : "", command->arguments);
    print_filled(_(command->help), 0, 0);
    ARENA_OWNED struct arena arena = { 0 };
    if (command->more) {
        putchar('\n');
        print_filled(command_more(command, &arena), 0, 0);
    }
    if (option)
        printf("\n%s\n", _("Options:"));
    for (; option; option = command_option_next(command, option))
        print_option(option);
    print_general_names();
    print_exits(command);
    printf("\n%s\n  %s\n", _("Example:"), command->example);
}

/* The commands whose first word it is. */
static bool help_group(const char *word)
{
    size_t length = strlen(word);
    bool found = false;
    for (const struct command *command = commands; command->name; command++)
        if (!strncmp(command->name, word, length) && command->name[length] == ' ') {
            if (found)
                printf("\n\n");
            help_command(command);
            found = true;
        }
    return found;
}

enum status help_words(char *const *words, int count, struct error *error)
{
    const char *names[96];
    size_t known = 0;
    int used;
    if (!count) {
        overview();
        return STATUS_OK;
    }
    const struct command *command = command_find(words, count, &used);
    if (command && used == count) {
        help_command(command);
        return STATUS_OK;
    }
    if (count == 1 && help_group(words[0]))
        return STATUS_OK;
    for (command = commands; command->name && known < 96; command++)
        names[known++] = command->name;
    char given[200];
    snprintf(given, sizeof given, "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
    const char *nearest = text_nearest(text_of(given), names, known);
    if (nearest)
        return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; did you mean \"%s\"?"), given,
                         nearest);
    return error_set(error, STATUS_USAGE, _("there is no command \"%s\"; see congkhai --help"), given);
}

/* ---- as a document ---- */

static struct value *option_document(struct arena *arena, const struct command_option *option)
{
    struct value *document = value_object(arena);
    value_set(document, "name", value_string(arena, option->name));
    if (option->value)
        value_set(document, "value", value_string(arena, option->value));
    value_set(document, "meaning", value_string(arena, _(option->help)));
    return document;
}

static struct value *command_document(struct arena *arena, const struct command *command)
{
    struct value *document = value_object(arena), *options = value_list(arena), *exits = value_object(arena);
    value_set(document, "name", value_string(arena, command->name));
    value_set(document, "arguments", value_string(arena, command->arguments));
    value_set(document, "does", value_string(arena, _(command->help)));
    if (command->more)
        value_set(document, "more", value_string(arena, command_more(command, arena)));
    for (const struct command_option *option = command_option_next(command, NULL); option;
         option = command_option_next(command, option))
        value_append(options, option_document(arena, option));
    value_set(document, "options", options);
    for (int code = 0; code <= 5; code++) {
        char name[8];
        const char *words = command_exit_words(command, code);
        snprintf(name, sizeof name, "%d", code);
        if (words)
            value_set(exits, text_string(arena, text_of(name)), value_string(arena, words));
    }
    value_set(document, "exit_codes", exits);
    value_set(document, "example", value_string(arena, command->example));
    return document;
}

enum status help_document(const struct command *only, char *const *words, int count, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *document = value_object(&arena), *list = value_list(&arena), *general = value_list(&arena);
    for (const struct command *command = commands; command->name; command++) {
        int used;
        size_t length = count ? strlen(words[0]) : 0;
        bool asked = only ? command == only
                          : !count || command_find(words, count, &used) == command ||
                                (count == 1 && !strncmp(command->name, words[0], length) &&
                                 command->name[length] == ' ');
        if (asked)
            value_append(list, command_document(&arena, command));
    }
    if (!list->count)
        return help_words(words, count, error);
    for (const struct command_option *option = command_options; option->name; option++)
        if (option->general)
            value_append(general, option_document(&arena, option));
    value_set(document, "version", value_string(&arena, CONGKHAI_VERSION));
    value_set(document, "options", general);
    value_set(document, "commands", list);
    output_json(document);
    return STATUS_OK;
}

enum status command_help(struct session *session, struct error *error, int *exit_code)
{
    const struct invocation *invocation = session->invocation;
    (void)exit_code;
    if (invocation->json)
        return help_document(NULL, invocation->arguments, invocation->argument_count, error);
    return help_words(invocation->arguments, invocation->argument_count, error);
}
