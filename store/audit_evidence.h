/* Bundles and proofs, held against the events that they show: the same rules as scripts/verify-ledger, written in docs/audit.md,
 * "Bundles and proofs". For store/audit_evidence*.c only: the door is audit_verify_evidence of store/audit_verify.h.
 *
 * What the events do not bear out is a finding of the pass (evidence_claim); what is bound by nothing is said to be not proven.
 * STATUS_REJECT and beyond: it cannot be read as what it says it is, and the whole does not hold.
 */
#ifndef STORE_AUDIT_EVIDENCE_H
#define STORE_AUDIT_EVIDENCE_H

#include "adapters/file.h"
#include "store/audit_verify.h"

#define EVIDENCE_FILE_MAX ((size_t)64 << 20) /* a document that is read whole */

/* Bytes that events speak of. */
struct evidence_spoken {
    struct digest digest;
    int64_t event; /* the first that speaks of it */
    bool content, old, misnamed;
};

struct evidence_digests {
    struct digest *items; /* of whoever has them: free() */
    size_t count, room;
};

struct evidence_numbers {
    int64_t *items; /* free() */
    size_t count, room;
};

struct evidence {
    struct audit_pass *pass;
    const char *folder; /* of a bundle */
    struct arena arena;
    struct value *about; /* bundle.json */
    struct audit_head head;
    int64_t first, last, run; /* run 0: all of the ledger */
    bool whole;               /* from the first event to the head: the events themselves give its root */
    struct audit_scan scan;   /* its entry is the event that was read last */
    struct evidence_spoken *spoken;
    size_t spoken_count, spoken_room;
    struct evidence_digests named; /* by events "forgotten" that are shown */
    struct evidence_numbers
        recoveries; /* events by which rules of approval are to be recovered, or were, that are shown */
    struct evidence_numbers further; /* events that are shown beyond the first to the last */
    bool starts, end_shown;      /* the first event begins the run; the one behind the last begins the next */
    struct digest config, rules; /* of the run's beginning */
    bool has_config, has_rules;
    struct evidence_decision *decisions, *last_decision; /* of people, in the order of their events */
};

/* ---- what is said (audit_evidence.c) ---- */

/* A finding where it does not hold; `what` names the member or the file. */
void evidence_claim(struct evidence *evidence, bool holds, const char *what);
/* A finding for each member beyond these: it is bound to nothing. */
#define EVIDENCE_NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
void evidence_members(struct evidence *evidence, const struct value *object, const char *const *known);
enum status evidence_malformed(const char *what, struct error *error);
/* A JSON object as events are written: integers alone, no byte order mark. STATUS_REJECT with `name`. */
enum status evidence_parse(struct arena *arena, struct text text, const char *name, struct value **value,
                           struct error *error);
/* Members by their kinds: false, or no bytes, where there is none of this kind. */
bool evidence_number(const struct value *object, const char *name, int64_t *number);
struct text evidence_text(const struct value *object, const char *name);
bool evidence_digest(struct text text, struct digest *digest);
bool evidence_path(const struct value *list, struct merkle_proof *proof);
/* Takes a head apart and has its signature looked at, where keys are known: one without is a fault, or not proven. */
enum status evidence_head(struct evidence *evidence, struct text bytes, const char *name,
                          bool may_be_unsigned, struct audit_head *head, struct error *error);
/* Of heads kept elsewhere: single events show nothing of what lies behind them. */
void evidence_judge_outside(struct evidence *evidence);
/* An event as canonical JSON: into the scan. */
enum status evidence_read_event(struct evidence *evidence, struct arena *arena, struct text line,
                                struct error *error);
/* Of the event in the scan: its way to the root of the head. A finding where it leads elsewhere. */
enum status evidence_check_way(struct evidence *evidence, const struct value *path, struct error *error);

/* ---- files (audit_evidence_file.c) ---- */

struct evidence_lines {
    struct file_stream stream;
    struct buffer buffer; /* what was read and not given yet */
    size_t at;
    bool open, ended;
};

/* A path in the folder, in the arena of the evidence. */
const char *evidence_place(struct evidence *evidence, const char *name);
enum status evidence_lines_open(struct evidence *evidence, const char *name, struct evidence_lines *lines,
                                struct error *error);
void evidence_lines_close(struct evidence_lines *lines);
/* Without its line break, until the next one is taken. STATUS_END; STATUS_REJECT: cut, or too long. */
enum status evidence_lines_next(struct evidence_lines *lines, struct text *line, struct error *error);
enum status evidence_hash_file(struct evidence *evidence, const char *name, struct digest *digest,
                               int64_t *size, struct error *error);

/* ---- payloads (audit_evidence_payloads.c) ---- */

void evidence_put_digest(struct evidence_digests *digests, const struct digest *digest);
/* The event in the scan speaks of these bytes, as of a content or not. */
void evidence_put_spoken(struct evidence *evidence, const struct digest *digest, bool content);
/* Behind all events; `forgotten` is what bundle.json says. */
enum status evidence_check_payloads(struct evidence *evidence, struct evidence_digests *forgotten,
                                    struct error *error);

/* ---- people's signatures (audit_evidence_people.c) ---- */

/* The event in the scan may be a decision of a person: false where it is one without its members. */
bool evidence_take_decision(struct evidence *evidence);
/* Behind all events. A finding for each approval whose signature is not that of an approver of the rules it names. */
void evidence_check_people(struct evidence *evidence);

/* ---- the two kinds (audit_evidence_bundle.c, audit_evidence_proof.c) ---- */

enum status evidence_check_bundle(struct evidence *evidence, struct error *error);
enum status evidence_check_proof(struct evidence *evidence, const char *path, struct error *error);

#endif
