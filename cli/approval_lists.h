/* Lists of steps: frozen out of what is wanted now, and made anew from what the ledger keeps. */
#ifndef CLI_APPROVAL_LISTS_H
#define CLI_APPROVAL_LISTS_H

#include "cli/cli.h"
#include "store/approval.h"

struct approval_paper {
    struct value *document;  /* of the list, or the rules */
    struct text bytes, text; /* its RFC 8785 bytes; the words that are signed */
    struct digest digest;
    struct value *described; /* of steps, for a page; NULL: rules */
    size_t steps;
    bool part;
};

/* What needs approval and is in no list, of the filter's; `number` 0: a draft, of everything that needs approval and has
 * none. `name`: who submits; NULL: nobody yet. */
enum status approval_lists_freeze(struct session *session, struct store *store, struct approval_gate *gate,
                                  const struct outbox_filter *filter, const char *name, int64_t number,
                                  struct arena *arena, struct approval_paper *paper, struct error *error);

/* The list as it was submitted, or the part of it that `codes` name (count 0: all), its words made anew. STATUS_LEDGER
 * when they are not those that were submitted; STATUS_USAGE for a code that is not in it. */
enum status approval_lists_restore(struct store *store, const struct approval_list *list,
                                   const struct text *codes, size_t count, struct arena *arena,
                                   struct approval_paper *paper, struct error *error);
/* Rules of approval as a list of this number, submitter and reason. */
enum status approval_lists_rules(struct arena *arena, const struct approval_list *list, struct text document,
                                 struct approval_paper *paper, struct error *error);

/* The number of a list, as a person gives it; STATUS_USAGE. */
enum status approval_lists_number(const char *given, int64_t *number, struct error *error);
/* --format text (the words, as they are signed), html; --json. With --output both go into that folder. */
enum status approval_lists_print(struct session *session, const struct approval_paper *paper, int64_t number,
                                 struct error *error);

/* What of the rules took effect. */
void approval_lists_say_news(const struct session *session, const struct approval_news *news);

/* Submits what an operator has just ordered, as the submitter whose login this is, and says so. What this operator may
 * not submit waits, and who may is said. */
enum status approval_lists_submit_ordered(struct session *session, struct store *store,
                                          const struct text *codes, size_t count, struct error *error);

#endif
