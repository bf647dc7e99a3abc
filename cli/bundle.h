/* A bundle of evidence as a folder (docs/audit.md): what store/audit_proof gives, with a README and the
 * verifier. */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include "cli/cli.h"
#include "store/audit_proof.h"

/* `folder` must not be there yet, or be empty. On failure what was written is left for a person to look at.
 */
enum status bundle_write(struct session *session, struct store *store, const char *folder,
                         struct audit_bundle *bundle, struct error *error);

#endif
