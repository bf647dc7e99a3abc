/* The part `approval:` of the configuration (INTERFACE §8), made the document that is submitted and signed
 * (store/approval_rules.h).
 *
 *     approval:
 *       scope: all                        none | all | withdrawals | { changes: 10% }, or a list of these and of
 *                                         { source: S, scope: … }, { department: D, scope: … }; the first that fits counts
 *       people:
 *         - { name: …, role: approver, login: [a], key: keys/a.pub }
 *         - { name: …, role: submitter, login: [b], certificate: keys/b.pem }
 *       authorities: keys/ca.pem          PEM: where certificates must lead to; revocation lists may stand in it, too
 *       revoked: keys/crl.pem             PEM: revocation lists
 *       expires: 5d
 */
#ifndef CLI_APPROVAL_SETUP_H
#define CLI_APPROVAL_SETUP_H

#include "core/setting.h"
#include "store/approval.h"

struct approval_setup {
    struct approval_setting setting;   /* document: bytes NULL: the configuration has no approval */
    const char *authorities, *revoked; /* paths; NULL: none */
};

/* Reads the tree (NULL: none), and the public keys and certificates that it names. STATUS_USAGE with the place. */
enum status approval_setup_read(const struct setting_context *context, const char *folder,
                                const struct value *tree, struct approval_setup *setup, struct error *error);

/* The document of a configuration without approval: nothing needs it, and nobody can change that but an approver. */
struct approval_setting approval_setup_none(struct arena *arena);

/* All revocation lists that the configuration names, as PEM in the arena; "" where it names none. */
enum status approval_setup_revoked(const struct approval_setup *setup, struct arena *arena, struct text *pem,
                                   struct error *error);

#endif
