#include "adapters/deflate.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "core/memory.h"

#define LEVEL 1 /* half the time of the sixth, and five bytes in a hundred more */

struct deflate {
    struct libdeflate_compressor *packer;
    struct libdeflate_decompressor *unpacker;
};

struct deflate *deflate_open(void)
{
    return memory_new(struct deflate);
}

void deflate_close(struct deflate *deflate)
{
    if (!deflate)
        return;
    libdeflate_free_compressor(deflate->packer);
    libdeflate_free_decompressor(deflate->unpacker);
    free(deflate);
}

bool deflate_pack(struct deflate *deflate, struct text bytes, struct buffer *out)
{
    buffer_clear(out);
    if (bytes.length < 2 || bytes.length > DEFLATE_MAX)
        return false;
    if (!deflate->packer)
        deflate->packer = libdeflate_alloc_compressor(LEVEL);
    /* Only a result that is smaller is of use, so there is room for no more. */
    char *capacity = deflate->packer ? buffer_room(out, bytes.length) : NULL;
    if (!capacity)
        return false;
    out->length =
        libdeflate_zlib_compress(deflate->packer, bytes.bytes, bytes.length, capacity, bytes.length - 1);
    capacity[out->length] = 0;
    return out->length > 0;
}

enum status deflate_unpack(struct deflate *deflate, struct text packed, size_t size, struct buffer *out,
                           struct error *error)
{
    buffer_clear(out);
    if (size > DEFLATE_MAX)
        return error_set(error, STATUS_REJECT, _("packed bytes claim to hold %zu bytes, more than %zu"), size,
                         DEFLATE_MAX);
    if (!deflate->unpacker)
        deflate->unpacker = libdeflate_alloc_decompressor();
    char *capacity = deflate->unpacker ? buffer_room(out, size) : NULL;
    if (!capacity)
        return error_set(error, STATUS_FATAL, _("there is no memory to unpack %zu bytes"), size);
    if (libdeflate_zlib_decompress(deflate->unpacker, packed.bytes, packed.length, capacity, size, NULL) !=
        LIBDEFLATE_SUCCESS) {
        capacity[0] = 0;
        return error_set(error, STATUS_REJECT,
                         _("packed bytes are damaged: they do not give the %zu bytes they should"), size);
    }
    /* Without a place for the true size, libdeflate takes fewer bytes for a failure. */
    out->length = size;
    capacity[size] = 0;
    return STATUS_OK;
}
