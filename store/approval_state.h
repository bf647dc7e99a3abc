/* Where approval stands, as the events of the ledger say it: which rules are in force, which lists were submitted, what
 * was approved, sent back, used and let lapse. A pure fold over events: no store, no clock, no signature (whoever reads
 * the events has looked at those: store/approval.h).
 *
 *     event                actor                  digest     detail
 *     approval-founded     who ran the command    rules      {}
 *     submitted            a person of the rules  list       list, kind: steps | people, login, text_digest,
 *                                                            rules_digest (in force), number?, reason?, recover?
 *     approved             an approver            list, or   list, login, text_digest, rules_digest, part?, signature |
 *                                                 its part   signature_digest, revoked_digest?
 *     sent-back            an approver            content    list, login, action, reason, field?; with the code. Of a
 *                                                            list of people: without code and digest
 *     retried              an operator            -          state: sent-back; with the code
 *     approval-lapsed      -                      -          list, codes, approved (the event): not done, or open, at its end
 *     approval-recovered   -                      rules      list
 *
 * The unit is a step: code, action, the digest of what is sent, the digest of the content it replaces (and whether that
 * is abolished there, and which version is to be overwritten whatever it is). A list is an RFC 8785 document of steps
 * kept as a payload; `text_digest` is the digest of the words that are signed, which name the list's digest in their last line.
 */
#ifndef STORE_APPROVAL_STATE_H
#define STORE_APPROVAL_STATE_H

#include "store/approval_rules.h"
#include "store/outbox_item.h"

#define APPROVAL_RECOVERY_MS ((int64_t)72 * 3600 * 1000)
/* Between the judgement that a step may be sent and the event that it is: an approval that ends sooner is not used, and one
 * that ended so long before the event was in force when it was judged. */
#define APPROVAL_STAMP_MS 1000

struct approval_step {
    struct text code;
    bool withdraws;
    struct digest digest;
    bool replaces, abolished; /* a content stands there; it is abolished there */
    struct digest replaced;
    struct text overwrites; /* bytes NULL: what stands there is what we believe */
};
void approval_step_of(const struct outbox_item *item, struct approval_step *step);
/* As a list has it: abolished?, action, code, digest, overwrites?, replaces?. And back: false if it is none. */
struct value *approval_step_value(struct arena *arena, const struct approval_step *step);
bool approval_step_parse(const struct value *value, struct approval_step *step);
bool approval_step_same(const struct approval_step *one, const struct approval_step *other);

enum approval_standing {
    APPROVAL_FREE,        /* nobody needs to be asked */
    APPROVAL_UNSUBMITTED, /* it needs approval, and is in no list */
    APPROVAL_WAITING,     /* in a list that nobody has decided */
    APPROVAL_APPROVED,    /* may be sent, once, until then */
    APPROVAL_SENT_BACK,   /* this content is not to be sent before it is asked for anew */
    APPROVAL_USED,        /* its approval was used, or lapsed: it needs another */
    APPROVAL_LAPSED,
};

struct approval_list;
struct approval_entry {
    const struct approval_list *list;
    struct approval_step step;
    struct digest id;
    enum approval_standing standing;
    int64_t event, run;        /* that made it so */
    int64_t approved;          /* the event that approved it, whatever came of it; 0: none did */
    int64_t at, until;         /* of that event; of an approval */
    struct text by;            /* the person */
    struct text reason, field; /* sent back */
    struct text again;         /* why it was asked for anew after that; bytes NULL: it was not */
};

struct approval_list {
    int64_t number, event, run, at; /* at: milliseconds */
    bool people, recovers;
    bool decided;          /* people: approved, sent back, recovered, or overtaken */
    bool needless;         /* its steps are of no account any more: they were not read */
    struct text submitter; /* a name */
    struct text title, reason;
    struct digest document, text, rules; /* rules: those in force when it was submitted */
    struct approval_entry *entries;
    size_t count;
    struct approval_list *next; /* the list before */
};

struct approval_event {
    int64_t seq, run, at;
    struct text event, code, actor;
    const struct value *detail;
    bool has_digest;
    struct digest digest;
    const struct value *document; /* what the digest names, parsed: rules, a list of steps; NULL: not read */
};

/* From this event on, until the next begins, the rules ask this of every step, wherever it comes from. */
struct approval_period {
    int64_t event;
    enum approval_reach reach; /* NONE, WITHDRAWALS or ALL; NONE too where it depends on something */
    struct approval_period *next;
};

struct approval_state {
    struct arena *arena;
    struct approval_period *periods, *last_period; /* the oldest first */
    bool founded;
    struct approval_rules force; /* founded: those in force */
    int64_t force_event;
    int64_t signed_event; /* the last in which an approver signed something; clocks may be set back */
    int64_t list_count;
    struct approval_list *lists; /* the newest first */
    /* made by approval_state_close, for the questions below */
    struct approval_entry **by_id, **by_content;
    size_t entry_count;
};

/* Does an event of this kind come with bytes that were decided on, or signed? */
bool approval_is_decision(struct text event);
/* Takes the next event in. NULL, or a sentence (N_) that says what is wrong with it: then it has changed nothing. Events
 * of other kinds are passed over. */
const char *approval_state_take(struct approval_state *state, const struct approval_event *event);
/* All events are taken in. */
void approval_state_close(struct approval_state *state);

struct approval_list *approval_state_list(const struct approval_state *state, int64_t number);
/* What an approval with this actor and detail would have to be signed by; NULL with a sentence (N_): it may not. */
const struct approval_person *approval_state_approver(const struct approval_state *state,
                                                      const struct approval_list *list, struct text name,
                                                      const char **why);
/* Is anybody's approval needed, or given, at this moment? `needed` is what the rules in force say. The entry, where there
 * is one, says by whom and until when. */
enum approval_standing approval_state_judge(const struct approval_state *state,
                                            const struct approval_step *step, bool needed, int64_t now,
                                            const struct approval_entry **entry);
/* The list by which the rules in force are to be replaced for want of an approver: when it may take effect
 * (milliseconds). NULL: there is none. */
const struct approval_list *approval_state_recovery(const struct approval_state *state, int64_t *due);
/* The newest undecided list of people; NULL: there is none. */
const struct approval_list *approval_state_people(const struct approval_state *state);

#endif
