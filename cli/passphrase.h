/* A passphrase, asked for on the terminal without showing it; where there is none, the first line of standard input. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

/* In the arena; wipe it. STATUS_USAGE: there is none. */
enum status passphrase_read(struct arena *arena, const char *prompt, struct text *passphrase,
                            struct error *error);
void passphrase_wipe(struct text passphrase);

#endif
