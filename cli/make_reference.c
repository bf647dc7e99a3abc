/* make-reference man vi|en, completion, fields, schemas FOLDER: what the build writes from the program's own tables, to standard output. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/documents.h"
#include "cli/language.h"
#include "cli/reference.h"
#include "core/canonical.h"

static bool write_schema(const char *folder, const char *name, const struct value *schema)
{
    BUFFER_OWNED struct buffer path = { 0 }, bytes = { 0 };
    buffer_printf(&path, "%s/%s.schema.json", folder, name);
    for (char *at = path.bytes + strlen(folder); *at; at++)
        *at = *at == ' ' ? '-' : *at;
    canonical_pretty(&bytes, schema);
    buffer_char(&bytes, '\n');
    FILE *file = fopen(path.bytes, "w");
    bool written = file && fwrite(bytes.bytes, 1, bytes.length, file) == bytes.length;
    return file && !fclose(file) && written;
}

/* The configuration's, and one for each command's --json. */
static int write_schemas(const char *folder)
{
    ARENA_OWNED struct arena arena = { 0 };
    language_choose("en");
    bool written = write_schema(folder, "configuration", configuration_schema(&arena));
    for (const struct command *command = commands; written && command->name; command++) {
        const struct value *schema = documents_schema(&arena, command);
        written = !schema || write_schema(folder, command->name, schema);
    }
    return written ? 0 : 3;
}

int main(int argc, char **argv)
{
    BUFFER_OWNED struct buffer out = { 0 };
    if (argc == 3 && !strcmp(argv[1], "man")) {
        language_choose(argv[2]);
        reference_manual(&out);
    } else if (argc == 2 && !strcmp(argv[1], "completion")) {
        reference_completion(&out);
    } else if (argc == 2 && !strcmp(argv[1], "fields")) {
        reference_fields(&out);
    } else if (argc == 3 && !strcmp(argv[1], "schemas")) {
        return write_schemas(argv[2]);
    } else {
        fprintf(stderr, "usage: make-reference man vi|en, completion, fields, or schemas FOLDER\n");
        return 2;
    }
    fwrite(out.bytes, 1, out.length, stdout);
    return ferror(stdout) | fclose(stdout) ? 3 : 0;
}
