#include "cli/passphrase.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define PASSPHRASE_MAX 1000

static void read_line(char line[PASSPHRASE_MAX + 2])
{
    size_t length = 0;
    char byte;
    /* Byte for byte: what stands behind the line is another's. */
    while (length <= PASSPHRASE_MAX && read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
        line[length++] = byte;
    if (length && line[length - 1] == '\r')
        length--;
    line[length] = 0;
}

static void read_hidden(const char *prompt, char line[PASSPHRASE_MAX + 2])
{
    struct termios shown, hidden;
    bool known = tcgetattr(STDIN_FILENO, &shown) == 0;
    fputs(prompt, stderr);
    fflush(stderr);
    if (known) {
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    read_line(line);
    if (known)
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
}

enum status passphrase_read(struct arena *arena, const char *prompt, struct text *passphrase,
                            struct error *error)
{
    char line[PASSPHRASE_MAX + 2] = "";
    if (isatty(STDIN_FILENO))
        read_hidden(prompt, line);
    else
        read_line(line);
    size_t length = strlen(line);
    *passphrase = text_copy(arena, (struct text){ line, length });
    explicit_bzero(line, sizeof line);
    if (!length || length > PASSPHRASE_MAX)
        return error_set(
            error, STATUS_USAGE,
            _("a passphrase is wanted: type it, or give it as the first line of standard input"));
    return STATUS_OK;
}

void passphrase_wipe(struct text passphrase)
{
    if (passphrase.bytes)
        explicit_bzero((char *)(uintptr_t)passphrase.bytes, passphrase.length);
}
