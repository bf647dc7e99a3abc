/* What portals answer in JSON: what they hold, and problem details (RFC 9457). All of it is a stranger's
 * word. */
#ifndef LOAD_PORTAL_ANSWER_H
#define LOAD_PORTAL_ANSWER_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/text.h"
#include "core/value.h"
#include "load/portal.h"

#define PORTAL_ANSWER_UNKNOWN "urn:procedure:unknown" /* the problem type of what was never published */

/* Reads code, version, digest, status, content and failure of an object. False when it is no object, or speaks
 * of another code. */
bool portal_answer_held(const struct value *object, struct text code, struct remote_state *remote);
/* An error code that says that there was none. */
bool portal_answer_is_zero(struct text text);
/* The header's value, where it can be sent back as it came. */
void portal_answer_etag(struct text etag, struct remote_state *remote);

/* What an answer says whatever it is about: its status and what that comes to, waits, digest, and where it was not taken,
 * the words. `body` in JSON; NULL: it is none, and `fault` says why. False: there is no answer; why, and what that comes to,
 * are in the report. */
bool portal_answer_read(struct arena *arena, const struct http_response *answer,
                        struct portal_response *report, struct value **body, struct error *fault);
/* What an HTTP status says of a request, or of an item of a batch. */
enum portal_result portal_answer_said(long status, const struct value *problem);
/* One clean line from a problem, an HTML page's title or the start of a text; "HTTP 502" when there is
 * nothing. */
struct text portal_answer_words(struct arena *arena, long status, const struct value *problem,
                                struct text body);
/* One line without control characters, valid UTF-8, of at most `most` bytes. */
struct text portal_answer_clean(struct arena *arena, struct text text, size_t most);

#endif
