/* Options declared as tables: name, type, default, help. Validation, the reference page and the reading into
 * a struct come from the same table.
 *
 *     static const struct setting settings[] = {
 *         { "in_flight", SETTING_NUMBER, offsetof(struct portal_settings, in_flight), .fallback = "8",
 *           .minimum = 1, .maximum = 1000, .help = N_("requests at once") },
 *     };
 *     setting_read(&context, settings, COUNT, tree, "portal", &portal)
 */
#ifndef CORE_SETTING_H
#define CORE_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/value.h"

enum setting_kind {
    SETTING_TEXT,     /* const char *, NULL when absent */
    SETTING_NUMBER,   /* int64_t */
    SETTING_DURATION, /* int64_t milliseconds: 500ms, 60s, 5m, 2h, 30d; a bare number is seconds */
    SETTING_SIZE,     /* int64_t bytes: 10k, 64M, 2G */
    SETTING_SHARE,    /* double 0…1: 30% or 0.3 */
    SETTING_BOOLEAN,  /* bool */
    SETTING_CHOICE,   /* int: the index in `choices` */
    SETTING_TREE,     /* const struct value *, NULL when absent */
    SETTING_LIST,     /* const struct value * (a list, or one scalar), NULL when absent */
    SETTING_OBJECT,   /* const struct value * (an object), NULL when absent */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    const char *fallback;       /* as it would be written; NULL: absent is zero */
    bool required;              /* it is given, and a text of it is not left empty, unless */
    bool empty;                 /* … an empty one means something */
    const char *const *choices; /* ends with NULL */
    int64_t minimum, maximum;   /* numbers, durations, sizes; both 0: no bounds */
    const char *help;           /* English msgid */
    /* Of an object: settings of its own, read into the same struct; its own offset means nothing then. */
    const struct setting *members;
    size_t member_count;
};

/* All faults, in the order in which they were met, for who wants to know more than the first. */
struct setting_faults {
    struct arena *arena;
    struct setting_fault_item {
        struct error error;
        struct setting_fault_item *next;
    } * first, *last;
    size_t count;
    bool lists_unread; /* code lists are among what is wrong: nobody knows which there are */
};

/* Where messages point to. */
struct setting_context {
    struct arena *arena;
    const char *file;
    struct setting_faults *faults; /* NULL: the first fault ends the reading */
};

/* For loops over things that can be wrong each by itself: after a fault of one, keeps it (once) and says whether the
 * next is to be looked at. Such a loop returns its last fault at the end, so that nobody uses what is half read. */
bool setting_goes_on(const struct setting_context *context, const struct error *error);

/* The same for steps that can be wrong each by itself: whether the next is to be taken. `all` is what came of them.
 *
 *     enum status all = STATUS_OK;
 *     if (setting_step(context, &all, read_this(…), error) && setting_step(context, &all, read_that(…), error)) …
 *     return all;
 */
bool setting_step(const struct setting_context *context, enum status *all, enum status one,
                  const struct error *error);

/* Reads an object (NULL counts as empty). STATUS_USAGE with "file:line:column:" for unknown names (the
 * nearest known one is given), wrong types, values out of bounds, missing ones. `what` names the object
 * ("portal"). */
enum status setting_read(const struct setting_context *context, const struct setting *table, size_t count,
                         const struct value *object, const char *what, void *out, struct error *error);

/* STATUS_USAGE, with its place and the nearest name, for a member that is none of `names`. */
enum status setting_check_names(const struct setting_context *context, const struct value *object,
                                const char *what, const char *const *names, size_t count,
                                struct error *error);
/* STATUS_USAGE with "file:line:column: …" for a value of the tree. */
enum status setting_fault(const struct setting_context *context, const struct value *at, struct error *error,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Puts the place in front of an error that a compiler of expressions, paths, … returned. */
enum status setting_place(const struct setting_context *context, const struct value *at, struct error *error);

/* A scalar list as texts (one scalar is a list of one). STATUS_USAGE when an item is no scalar. */
enum status setting_texts(const struct setting_context *context, const struct value *list,
                          struct text **texts, size_t *count, struct error *error);

bool setting_duration(struct text text, int64_t *milliseconds);

#endif
