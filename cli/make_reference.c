/* make-reference man vi|en, completion, fields: what the build writes from the program's own tables, to standard output. */
#include <stdio.h>
#include <string.h>

#include "cli/language.h"
#include "cli/reference.h"

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
    } else {
        fprintf(stderr, "usage: make-reference man vi|en, completion, or fields\n");
        return 2;
    }
    fwrite(out.bytes, 1, out.length, stdout);
    return ferror(stdout) | fclose(stdout) ? 3 : 0;
}
