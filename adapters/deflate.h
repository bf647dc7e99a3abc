/* The door to libdeflate: bytes packed in the zlib format (RFC 1950), which any other tool reads too. */
#ifndef ADAPTERS_DEFLATE_H
#define ADAPTERS_DEFLATE_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

#define DEFLATE_MAX ((size_t)1 << 30) /* bytes unpacked */

/* One serves one thread; its memory is taken when it is first used. NULL closes too. */
struct deflate;
struct deflate *deflate_open(void);
void deflate_close(struct deflate *deflate);

/* Replaces what is in `out`. False, and `out` empty, when packing does not make the bytes fewer. */
bool deflate_pack(struct deflate *deflate, struct text bytes, struct buffer *out);

/* Replaces what is in `out` by exactly `size` bytes. STATUS_REJECT when the packed bytes are damaged or give
 * another size, or more than DEFLATE_MAX are asked for. */
enum status deflate_unpack(struct deflate *deflate, struct text packed, size_t size, struct buffer *out,
                           struct error *error);

#endif
