/* URLs as answers and people write them. */
#ifndef EXTRACT_URL_RESOLVE_H
#define EXTRACT_URL_RESOLVE_H

#include <stdbool.h>

#include "core/text.h"

/* A reference as an answer may have it, against the URL it came from (RFC 3986, 5.2); false: it is none. */
bool url_resolve(const char *base, struct text reference, struct buffer *url);
/* Blanks, control characters and what is beyond ASCII as %XX, as browsers send them; the host stays. */
void url_encode(struct buffer *url);
/* The scheme, host and port of `from` take the place of the URL's own. */
void url_put_origin(struct buffer *url, const char *from);
/* The same scheme, host and port? */
bool url_same_host(const char *left, const char *right);

#endif
