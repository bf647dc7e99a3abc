/* Which children there are, and what each may: the one table of rights (docs/security.md explains it).
 *
 * The owner keeps the store, the ledger's key, the clock and all decisions. What reads foreign bytes or talks to the
 * network does it in a child that has the configuration, its own credential, and nothing else.
 */
#ifndef CLI_CHILDREN_H
#define CLI_CHILDREN_H

#include "cli/cli.h"

bool children_concern(const struct session *session); /* does its command do such work? */
/* `ready` of configuration_load; `session` is one. Nothing where the configuration says "sandbox: off". */
enum status children_start(void *session, struct error *error);

#endif
