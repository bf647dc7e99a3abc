/* Text as a reader of JSON, XML or HTML sees it: its escapes and references taken back, whichever of the three it is. */
#ifndef ADAPTERS_UNESCAPE_H
#define ADAPTERS_UNESCAPE_H

#include <stdbool.h>

#include "core/text.h"

/* \uXXXX, \/ and other escapes of JSON; &#N; &#xN; &amp; &lt; &gt; &quot; &apos;. What is none of them stays. False:
 * there is nothing to take back that another form than the usual one could hide in, and `out` has nothing. */
bool unescape_put(struct buffer *out, struct text text);

#endif
