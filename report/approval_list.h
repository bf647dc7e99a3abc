/* A list that is submitted, for people: the words that are signed, and a page for a meeting.
 *
 * Both are in Vietnamese whatever the language spoken, because the words are what is signed. They are made of the list's
 * document (store/approval_state.h) and the contents that it names alone, so that whoever is to sign can have them made
 * anew and compared. Withdrawals come first, then changes field by field, then what is new; what comes from outside
 * stands behind a bar on each line, so that no value can look like a line of the list.
 */
#ifndef REPORT_APPROVAL_LIST_H
#define REPORT_APPROVAL_LIST_H

#include "store/approval.h"

/* A document with what it means: each step has its name and `changes`, a list of { place, field, before?, after? }.
 * STATUS_END: a content that it names is gone. */
enum status approval_list_describe(struct store *store, struct arena *arena, const struct value *document,
                                   struct value **described, struct error *error);
/* The last line names `digest`, that of the document. */
void approval_list_text(const struct value *described, const struct digest *digest, struct buffer *out);
void approval_list_html(const struct value *described, const struct digest *digest, struct buffer *out);

/* The words of rules of approval that are submitted: who may do what, by which key. */
struct approval_list_rules {
    const struct value *document;
    const struct digest *digest;
    int64_t list;
    struct text submitter, reason; /* reason: bytes NULL: none */
    bool recovers;
};
enum status approval_list_rules(const struct approval_list_rules *rules, struct buffer *out,
                                struct error *error);

#endif
