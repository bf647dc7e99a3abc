/* A document under a name, as `init --from` looks at it: a line with the end of the file's name, then its bytes. What is
 * written is one item of a list of sources, with the members that it always has, and the file is named as it is. */
#include "extract/infer_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/file.h"
#include "adapters/xml.h"
#include "adapters/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, struct text yaml, const char *path)
{
    static const char *const members[] = { "name",    "fetch", "format", "records",  "header",
                                           "sheet",   "key",   "skip",   "encoding", "listing",
                                           "nothing", "map",   "unwrap", "success" };
    BUFFER_OWNED struct buffer whole = { 0 };
    struct value *tree;
    struct error error;
    buffer_string(&whole, "sources:\n");
    buffer_text(&whole, yaml);
    if (yaml_parse(arena, buffer_view(&whole), "fuzz", &tree, &error)) {
        fprintf(stderr, "%s\n%.*s\n", error.message, (int)yaml.length, yaml.bytes);
        abort();
    }
    const struct value *sources = value_find(tree, "sources");
    if (tree->count != 1 || !sources || sources->count != 1)
        abort();
    for (const struct value *child = sources->first->first; child; child = child->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            known = known || text_is(child->name, members[i]);
        if (!known) {
            fprintf(stderr, "%.*s\n", TEXT_ARG(child->name));
            abort();
        }
    }
    struct value *fetch = value_find(sources->first, "fetch");
    struct text file = fetch ? value_text_of(fetch, "file") : TEXT_NONE;
    if (!fetch || (file.length && !text_is(file, path)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text all = { (const char *)data, size }, yaml;
    const char *end = size ? memchr(data, '\n', size) : NULL;
    char path[200];
    struct error error;
    if (!end)
        return 0;
    xml_start();
    size_t length = (size_t)(end - all.bytes), used;
    snprintf(path, sizeof path, "/tmp/congkhai-fuzz-%ld-", (long)getpid());
    used = strlen(path);
    for (size_t i = 0; i < length && used < sizeof path - 1; i++) {
        char byte = all.bytes[i] == '\x1f' ? '\n' : all.bytes[i]; /* so that a line can hold a line break */
        path[used++] = (char)(byte == '/' || !byte ? '_' : byte);
    }
    path[used] = 0;
    if (file_write(path, text_slice(all, length + 1, size), 0600, &error))
        return 0;
    if (!infer_config_write(&arena, path, NULL, &yaml, &error))
        check(&arena, yaml, path);
    unlink(path);
    return 0;
}
