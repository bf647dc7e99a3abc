/* What waits for whom, as status and health show it. */
#ifndef CLI_APPROVAL_STATUS_H
#define CLI_APPROVAL_STATUS_H

#include "cli/cli.h"

/* store/approval_view.h, and besides: `differs`, where the configuration's rules are not those in force; with each term
 * (due) the working days that are left of it (left). */
enum status approval_status_read(const struct session *session, struct store *store, struct arena *arena,
                                 struct value **view, struct error *error);
/* Nothing where approval never was in force. */
void approval_status_print(struct arena *arena, const struct value *view);

#endif
