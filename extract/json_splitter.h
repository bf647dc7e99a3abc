/* Where the items of a list begin and end in a JSON text of any size: brackets and quotes are followed,
 * nothing is decoded but the names on the way. Memory holds one item and one block. Whether an item is JSON,
 * adapters/json.h says.
 */
#ifndef EXTRACT_JSON_SPLITTER_H
#define EXTRACT_JSON_SPLITTER_H

#include "adapters/file.h"
#include "core/error.h"
#include "core/json_pointer.h"
#include "core/text.h"

#define JSON_SPLITTER_DEPTH 64 /* the most tokens that a pointer may have */

struct json_splitter {
    struct file_stream *stream;
    const struct json_pointer *pointer; /* to the list, or to the one item */
    size_t limit;                       /* bytes of an item */
    bool null_is_empty; /* set after opening: null, or nothing, in the list's place is no list and no fault */
    bool nothing;       /* that is how it was */
    struct buffer block; /* read and not passed yet, from `at` */
    size_t at;
    bool ended;
    struct buffer item, name;
    long index;  /* of the item given out last, from 1; 0: it is no list, but one value */
    bool inside; /* between the brackets of the list */
    bool started, finished;
    struct text missing; /* with STATUS_END of json_splitter_find: the token that is not there */
    char closers[JSON_SPLITTER_DEPTH]; /* of the containers on the way, outermost first */
    size_t depth;
};

void json_splitter_open(struct json_splitter *splitter, struct file_stream *stream,
                        const struct json_pointer *pointer, size_t limit);
/* The next item, borrowed until the next call; an object in the list's place is itself the one item. STATUS_OK; STATUS_END when the text was read to its end; STATUS_REJECT for an
 * item beyond the limit (`item` is empty, reading goes on); STATUS_STOP when the text is broken from here on
 * or the pointer leads nowhere: `item` is what was read of the last item. */
enum status json_splitter_next(struct json_splitter *splitter, struct text *item, struct error *error);
/* Instead of next: the whole value that the pointer leads to, list or not. STATUS_END: it is not there. */
enum status json_splitter_find(struct json_splitter *splitter, struct text *value, struct error *error);
void json_splitter_close(struct json_splitter *splitter); /* the stream is the caller's */

#endif
