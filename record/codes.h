/* Code lists: CSV files with the columns from,to[,name] that an operator keeps.
 *
 * `from` matches folded: NFC, case, blanks, tone placement (INTERFACE §2). A list without `to` maps each text
 * to itself. Lines that start with # are comments.
 */
#ifndef RECORD_CODES_H
#define RECORD_CODES_H

#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/setting.h"

struct code {
    struct text from, to, name; /* name: bytes NULL when the list has none */
    struct text key;            /* folded from */
    long line;                  /* of the file */
    struct code *next;          /* in the same bucket */
    struct code *next_written;  /* the same by `from` as it is written */
    const struct code *same;    /* what a look-up of `from` gives */
    struct code *after;         /* in the order of the file */
};

struct code_list {
    const char *name; /* as the configuration calls it */
    const char *path;
    struct digest digest; /* of the file's bytes */
    size_t count;
    struct code *first;
    struct code **buckets, **written;
    size_t bucket_count;
    struct code_list *next;
};

/* All lists of the `codes` object of a configuration. STATUS_USAGE with file and line for a list that cannot
 * be read, has no `from`, or maps one text to two different codes. */
enum status codes_load(const struct setting_context *context, const char *folder, const struct value *object,
                       struct code_list **lists, struct error *error);
const struct code_list *codes_find(const struct code_list *lists, struct text name);

/* The entry whose `from` matches; NULL: none. The scratch arena holds the folded text. */
const struct code *codes_lookup(const struct code_list *list, struct arena *scratch, struct text text);

#endif
