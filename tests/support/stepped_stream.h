/* A stream over memory that gives a few bytes at a time: whatever reads it meets the end of a block everywhere. */
#ifndef TESTS_SUPPORT_STEPPED_STREAM_H
#define TESTS_SUPPORT_STEPPED_STREAM_H

#include <string.h>

#include "adapters/file.h"

static size_t stepped_stream_bytes = 1; /* of one read, at most */

static inline enum status stepped_stream_read(struct file_stream *stream, void *bytes, size_t length,
                                              size_t *got, struct error *error)
{
    (void)error;
    size_t most = length < stepped_stream_bytes ? length : stepped_stream_bytes;
    *got = most < stream->rest.length ? most : stream->rest.length;
    if (*got)
        memcpy(bytes, stream->rest.bytes, *got);
    stream->rest = text_slice(stream->rest, *got, stream->rest.length);
    return STATUS_OK;
}

static inline void stepped_stream_open(struct text bytes, const char *name, struct file_stream *stream)
{
    file_stream_memory(bytes, name, stream);
    stream->read = stepped_stream_read;
}

#endif
