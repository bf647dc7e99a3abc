/* What of approval is to be shown: what waits for whom, what was sent back, who decides. Only reads. */
#ifndef STORE_APPROVAL_VIEW_H
#define STORE_APPROVAL_VIEW_H

#include "core/value.h"
#include "store/store.h"

/* An object of
 *     in_force      whether anything needs approval
 *     rules         digest of the rules in force; absent: there never were any
 *     people        [{ name, role, login: [a, b] }] of the rules in force
 *     steps         what is wanted and not free, in the order of codes: { code, action, standing (unsubmitted · waiting ·
 *                   approved · sent-back), list?, lapsed? (the list in which its approval expired), submitter?, by?, at?, until?, reason?, field?, run, name?, department?,
 *                   due? (the nearest term of its record) }
 *     lists         of these steps, the newest first: { list, submitter, at, number?, waiting, approved, sent_back, due? }
 *     proposed      the newest list of people that nobody has decided: { list, submitter, at, recovers, due? }; absent: none
 *     counts        { unsubmitted, waiting, approved, sent_back }
 * Times are RFC 3339. */
enum status approval_view(struct store *store, struct arena *arena, struct value **view, struct error *error);

/* Why what is wanted of a procedure does not leave before somebody has approved it, or submitted it, in words; bytes NULL: it
 * is not approval that it waits for. */
enum status approval_view_words(struct store *store, struct arena *arena, struct text code,
                                struct text *words, struct error *error);

/* That rules of approval took effect first, are to be recovered or were recovered, since a moment: { words, at, actor?,
 * reason? }. */
enum status approval_view_news(struct store *store, struct arena *arena, int64_t since, struct value **rows,
                               struct error *error);

/* For store/kept.h: the steps that wait or were sent back as a JSON list of { code, outcome (waiting · sent-back), words,
 * field?, run }; bytes NULL: there are none. */
enum status approval_view_kept(struct store *store, struct arena *arena, struct text *json,
                               struct error *error);

#endif
