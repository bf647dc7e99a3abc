/* A procedure's content as people read it: field by field, in the order of Article 8 of Decree 63/2010, by the words of
 * core/procedure.c; and two contents side by side. For console/ only. */
#ifndef CONSOLE_CONTENT_H
#define CONSOLE_CONTENT_H

#include "console/page.h"

void content_put(struct page *page, const struct value *procedure);

/* What differs, with the words that changed marked; what does not is folded away. */
void content_put_beside(struct page *page, const struct value *before, const struct value *after,
                        const char *left, const char *right);

#endif
