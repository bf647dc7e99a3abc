/* The rules of approval that are in force, as the ledger keeps them: who may submit and approve, and for which steps
 * somebody must.
 *
 * They are one RFC 8785 document, a payload named by its digest:
 *
 *     authorities   PEM of the certificates that certificates of people must lead to; absent: none
 *     expires       milliseconds that an approval holds
 *     people        [{ name, role: approver | submitter, login: […], key | certificate }]
 *                   key: a public key as store/note.h writes it; certificate: base64 of its DER
 *     scope         [{ source?, department?, scope: none | all | withdrawals | changes, share? }], the first that
 *                   fits counts; where none fits, nothing needs approval
 *
 * Pure functions: no store, no clock. What a configuration writes is made such a document by cli/approval_setup.
 */
#ifndef STORE_APPROVAL_RULES_H
#define STORE_APPROVAL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/value.h"

enum approval_reach { APPROVAL_NONE, APPROVAL_WITHDRAWALS, APPROVAL_CHANGES, APPROVAL_ALL };

struct approval_scope {
    struct text source, department; /* bytes NULL: any */
    enum approval_reach reach;
    double share; /* APPROVAL_CHANGES: above it every step, else withdrawals */
};

struct approval_person {
    struct text name;
    bool approves; /* else submits */
    const struct value *logins;
    struct text key, certificate; /* one of them */
};

struct approval_rules {
    struct digest digest; /* of the document */
    struct text authorities;
    int64_t expires;
    struct approval_person *people;
    size_t person_count;
    struct approval_scope *scopes;
    size_t scope_count;
};

/* Everything is borrowed from the document or lives in the arena. False: it is no such document, or two of its people
 * share a name, a login or a key. */
bool approval_rules_parse(struct arena *arena, const struct value *document, const struct digest *digest,
                          struct approval_rules *rules);

/* Do they ask anything of anybody? */
bool approval_rules_bind(const struct approval_rules *rules);
/* Can anybody approve by them, and anybody else submit? */
bool approval_rules_complete(const struct approval_rules *rules);
/* Can anybody but the person of this name approve? */
bool approval_rules_others_approve(const struct approval_rules *rules, struct text name);
/* Do they look at where a step comes from? At how many there are? */
bool approval_rules_ask_source(const struct approval_rules *rules);
bool approval_rules_ask_extent(const struct approval_rules *rules);

/* What a rule looks at. A step whose source nobody knows fits every scope, and the strictest counts. */
struct approval_facts {
    struct text source, department; /* source: bytes NULL: nobody knows */
    bool withdraws;
    int64_t published, changes; /* of all that is wanted tonight: shares are of what is published now */
};
bool approval_rules_need(const struct approval_rules *rules, const struct approval_facts *facts);

/* The person of that name; NULL: nobody. */
const struct approval_person *approval_rules_find(const struct approval_rules *rules, struct text name);
bool approval_person_logs_in(const struct approval_person *person, struct text login);
/* The one person with that login; NULL: none. */
const struct approval_person *approval_rules_login(const struct approval_rules *rules, struct text login);

#endif
