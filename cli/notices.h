/* Who is told of a night: gathers what notify/ needs. */
#ifndef CLI_NOTICES_H
#define CLI_NOTICES_H

#include "cli/cli.h"

/* Is this command a night, or a part of one? Only whole nights are told. */
bool notices_concern(const struct session *session);

void notices_begin(struct session *session);
/* After the run, its store closed. The configuration may be one that could not be read to its end. */
void notices_end(struct session *session, int exit_code, const struct error *error);

#endif
