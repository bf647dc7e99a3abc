/* Records on their way to a process that maps and checks them, and what came of them on their way back. */
#ifndef TRANSFORM_RECORD_MESSAGE_H
#define TRANSFORM_RECORD_MESSAGE_H

#include "core/message.h"
#include "transform/record_work.h"

#define RECORD_BATCH 64 /* records of one message, at most */

enum record_said { RECORDS_TO_WORK = 1, RECORDS_WORKED };

/* One message: which source they are of, and all of them. */
void record_message_put_items(struct buffer *out, size_t source, const struct transform_item *items,
                              size_t count);
/* Texts are borrowed from the message. False: it makes no sense. */
bool record_message_take_items(struct message *message, size_t *source,
                               struct transform_item items[RECORD_BATCH], size_t *count);

void record_message_put_works(struct buffer *out, const struct record_work *works, size_t count);
/* As many as were asked for; all is copied into them. False: it makes no sense. */
bool record_message_take_works(struct message *message, struct record_work *works, size_t count);

#endif
