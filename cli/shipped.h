/* The rule packs and code lists that come with the program, as they stand in config/: what `init` writes, and
 * what `check` compares an operator's copies with. */
#ifndef CLI_SHIPPED_H
#define CLI_SHIPPED_H

#include "core/error.h"
#include "core/text.h"
#include "core/value.h"
#include "transform/rule.h"

struct shipped_file {
    const char *path; /* "rules/nd63.yaml", "codes/levels.csv" */
    struct text bytes;
};

/* All of them, ended by a path NULL. */
const struct shipped_file *shipped_files(void);

/* Packs among the files that are older than those that were shipped: a sentence each, with what is new, changed
 * and no longer there, rule by rule. A file is the copy of a pack by `pack: { name }`, or by its own name where
 * it says nothing (then its version is 1); one that says the same version or a later one is its owner's. */
enum status shipped_compare(struct arena *arena, const struct rule_file *files, size_t count,
                            void (*say)(void *user_data, const char *remark), void *user_data,
                            struct error *error);

#endif
