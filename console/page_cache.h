/* Pages that take long to make, kept as long as nothing that they rest on has changed: whoever keeps one names all of that
 * in its key. The oldest give way. For console/ only; any thread may call. */
#ifndef CONSOLE_PAGE_CACHE_H
#define CONSOLE_PAGE_CACHE_H

#include <stdbool.h>

#include "core/text.h"

struct page_cache;

struct page_cache *page_cache_open(void);
void page_cache_close(struct page_cache *cache);

/* Appends what was kept under the key; false: nothing was. */
bool page_cache_find(struct page_cache *cache, struct text key, struct buffer *out);
void page_cache_put(struct page_cache *cache, struct text key, struct text bytes);

#endif
