/* What the tables of commands and options are written out as: man page and completion; and the fields of a
 * procedure. */
#ifndef CLI_REFERENCE_H
#define CLI_REFERENCE_H

#include <stdio.h>

#include "core/text.h"

/* congkhai(1) in the language chosen. */
void reference_manual(struct buffer *out);
/* For bash-completion: commands, options, and the values of those that have a list of them. */
void reference_completion(struct buffer *out);
/* docs/fields.md. */
void reference_fields(struct buffer *out);

#endif
