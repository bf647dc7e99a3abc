/* A source fetched by a process of its own, which has the network or the foreign database, that source's credential, and
 * nothing else: both ends of the line to it. To the reading it is a driver like any other.
 *
 * One that dies before it gave anything is started once more. Later the source is not read to its end: what a listing
 * has given so far says nothing of the rest.
 */
#ifndef EXTRACT_FETCH_CHILD_H
#define EXTRACT_FETCH_CHILD_H

#include "adapters/child.h"
#include "extract/fetch.h"

/* From now on a process does it; only for drivers that are made for it (fetch_driver.reads). `number`: the source's place
 * in the configuration. */
void fetch_child_use(struct fetch *fetch, struct spawner *spawner, size_t number);

/* In the process, with the source prepared: `lock` is called before the first byte comes from outside. */
void fetch_child_run(struct channel *channel, struct fetch *fetch, void (*lock)(const struct fetch *fetch));

#endif
