/* The past of one procedure, from the ledger and the payloads alone: what the portal held, since when, who
 * put it there, from which file and under which rules. Answers are values for a table or for JSON; they live
 * in the arena. */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "core/date.h"
#include "store/store.h"

/* Every change of what the portal held, oldest first, field by field; each an object of
 *     event, run, at         the acknowledgement: its number in the ledger, its run, its time (UTC)
 *     field, old, new        a leaf's path; old or new absent where there was or is nothing
 *     operator               who started that run
 *     source, source_key, locator, source_digest, source_run
 *                            where the content came from, and in which run
 *     rules_digest, config_digest
 *                            by what it was mapped and checked
 *     adopted_by, reason     of a version that another hand had put there: who took it over, and why
 *     portal_version
 * `field` NULL: all; else a path, with or without numbers, and all beneath it: "legal_bases",
 * "legal_bases[].number", "legal_bases[0].number". STATUS_END: the portal never acknowledged anything of this
 * procedure. STATUS_USAGE: there is no such field. */
enum status history_changes(struct store *store, struct arena *arena, struct text code, const char *field,
                            struct value **changes, struct error *error);

/* What stood at the portal at the end of a day in Vietnam; an object of
 *     code, on, until (the moment, with its zone), status ("published" or "abolished"), event, run, operator,
 *     published_at, portal_version, content_digest, and where it came from as above
 *     procedure              the canonical procedure, absent when only its withdrawal is known
 * Written as canonical JSON, the procedure's bytes are those that have the digest; of an abolished one they
 * are those that were published last. With a `field` (as above) there is, in the procedure's place,
 *     fields                 an object: the path of each leaf, and its value as text
 * STATUS_END: nothing that was acknowledged (what else the ledger knows, history_against says; of a day before its first,
 * history_begins), or the portal did not know it any more when it was asked. STATUS_USAGE: there is no such field. */
enum status history_on(struct store *store, struct arena *arena, struct text code, const char *field,
                       struct date on, struct value **held, struct error *error);

/* What the ledger itself knows against that: all that came behind the last acknowledgement (or a look that found what it
 * said) and before the end of the day (NULL: until now), oldest first; objects of
 *     event, at, run   where the ledger says it
 *     what             differs   something else stood there: digest, version, status, as the portal named them
 *                      conflict  a delivery met something else, or nothing: words
 *                      absent    the portal did not know it any more
 *                      open      a change was sent, and nobody knows what became of it: action, digest
 *                      adopted   (of a day) nothing was acknowledged before an operator found it there and took it over,
 *                                on a later day: since when it stood there is not known
 *                      only      (of a day, where nothing was acknowledged up to it) when the portal was asked last, `count`
 *                                procedures stood there of which nothing was acknowledged; which, the ledger does not say
 *                      restored  the store is a backup since `at`, and the portal had not been asked since: events
 *                                from … to … of the replaced ledger (to absent: nobody knows how many) are not in this
 *                                one, and what stood there `since` is not known
 * An empty list: nothing. */
enum status history_against(struct store *store, struct arena *arena, struct text code, const struct date *on,
                            struct value **against, struct error *error);
/* The same of all procedures at the end of a day: the objects have a code, those of one follow one another;
 * "only" and "restored" are said once, without one. */
enum status history_against_all(struct store *store, struct arena *arena, struct date on,
                                struct value **against, struct error *error);

/* Every version that the portal acknowledged, oldest first: objects as history_on gives them, without code, on and until;
 * with number (from 1) and to_at (when the next one came; absent: it stands). STATUS_END: there was none. */
enum status history_versions(struct store *store, struct arena *arena, struct text code,
                             struct value **versions, struct error *error);

/* The day is not over for the ledger when its last event lies before the day's end: then `at` is when that was,
 * and what history_on says is only known as of then. TEXT_NONE: the day is over. */
enum status history_known_at(struct store *store, struct arena *arena, struct date on, struct text *at,
                             struct error *error);

/* Of a day before the ledger's first nothing is known: then `begins` is that first day (yyyy-mm-dd), and that history_on finds
 * nothing says nothing. TEXT_NONE: it is none. */
enum status history_begins(struct store *store, struct arena *arena, struct date on, struct text *begins,
                           struct error *error);

/* Everything about one procedure on one page; an object of
 *     code, name, state, pending {action, content_digest, since_run (store/outbox.h, OUTBOX_WANTED_SINCE), words}, held {status, content_digest,
 *     portal_version, published_at, run}
 *     records[]    where it comes from now: source, key, locator, source_digest, present, outcome, status,
 *                  content_digest, since_run, findings[]
 *     outcomes[]   what transform said: event, at, run, outcome, source, source_key, locator, content_digest,
 *                  findings[]
 *     requests[]   what left, and what came back: event, at, run, outcome, action, idempotency_key,
 *                  content_digest, attempt, started_at, http_status, portal_version, answer_digest, base,
 *                  asked, words
 *     others[]     every other event of it: event, at, run, what, source, actor, detail
 *     against[]    what history_against knows, until now; absent where it is nothing
 *     orders[]     what people ordered and approved, as audit_orders has it: run, at, order, actor, reason, decision,
 *                  plan, content_digest
 * STATUS_END: neither the ledger nor any source knows the code. */
enum status history_show(struct store *store, struct arena *arena, struct text code, struct value **page,
                         struct error *error);

#endif
