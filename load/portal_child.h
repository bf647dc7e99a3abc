/* The portal spoken to by a process of its own, which has the portal's credential, the network and nothing else: both
 * ends of the line to it. To the dispatcher it is a driver like any other.
 *
 * A process that dies, or says nothing although it should have long ago, leaves every request that it had unknown (a
 * lost answer: the portal is asked first); a fresh one goes on. After three deaths without an answer between them the
 * run stops.
 */
#ifndef LOAD_PORTAL_CHILD_H
#define LOAD_PORTAL_CHILD_H

#include "adapters/child.h"
#include "load/portal.h"

/* The portal, as it was read, is from now on spoken to by a process; nothing is started yet. Only for drivers that say
 * that they talk to the network (portal_driver.network); others stay as they are. */
void portal_child_use(struct portal *portal, struct spawner *spawner);

/* In the process. `portal` is read and opened; `lock` is called before the first byte comes from outside. */
struct portal_child_request {
    const struct setting_context *context;
    const char *folder, *agency;
    const struct value *tree;
    void (*forget)(void *user_data);                            /* what is not the portal's */
    void (*lock)(void *user_data, const struct portal *portal); /* from now on */
    void *user_data;
};
void portal_child_run(struct channel *channel, const struct portal_child_request *request);

#endif
