/* What each command gives with --json: the members that a reader may rely on. The schemas that are shipped come from
 * it, and a test holds every command's output against them. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include "cli/command_table.h"
#include "core/value.h"

/* The JSON Schema (draft 2020-12) of a command's document; an error's document is always one, too. NULL: the command
 * gives none. */
struct value *documents_schema(struct arena *arena, const struct command *command);
/* The name and version that stands in the document as "schema", in the arena; NULL: it has none of its own. */
const char *documents_name(struct arena *arena, const struct command *command);

#endif
