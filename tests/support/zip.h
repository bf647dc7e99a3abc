/* Writes zip files for tests, also such as no honest program would write. */
#ifndef TESTS_SUPPORT_ZIP_H
#define TESTS_SUPPORT_ZIP_H

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "core/text.h"

struct zip_writer {
    struct buffer out, directory;
    unsigned count;
};

struct zip_entry {
    const char *name;
    struct text bytes;
    unsigned flags;       /* 1: says that it is encrypted */
    uint32_t size;        /* says that it unpacks to this; 0: the truth */
    unsigned repetitions; /* the bytes over and over again, in packed form; 0 is 1 */
    bool wrong_checksum;
};

static inline void zip_number(struct buffer *out, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buffer_char(out, (char)(i < 4 ? number >> (8 * i) & 255 : 0));
}

static inline void zip_deflate(struct buffer *out, struct text bytes, unsigned repetitions)
{
    static unsigned char capacity[1 << 21];
    z_stream stream = { 0 };
    deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    stream.next_in = (unsigned char *)(uintptr_t)bytes.bytes;
    stream.avail_in = (unsigned)bytes.length;
    stream.next_out = capacity;
    stream.avail_out = sizeof capacity;
    deflate(&stream, Z_FULL_FLUSH);
    for (unsigned i = 0; i < repetitions; i++)
        buffer_put(out, capacity, sizeof capacity - stream.avail_out);
    stream.next_out = capacity;
    stream.avail_out = sizeof capacity;
    deflate(&stream, Z_FINISH);
    buffer_put(out, capacity, sizeof capacity - stream.avail_out);
    deflateEnd(&stream);
}

/* What both headers of an entry say of it. */
static inline void zip_facts(struct buffer *out, const struct zip_entry *entry, uint32_t packed)
{
    uLong one = crc32(0, (const unsigned char *)entry->bytes.bytes, (unsigned)entry->bytes.length), all = one;
    for (unsigned i = 1; i < entry->repetitions; i++)
        all = crc32_combine(all, one, (z_off_t)entry->bytes.length);
    uint32_t sum = (uint32_t)all;
    uint32_t size = (uint32_t)entry->bytes.length * (entry->repetitions ? entry->repetitions : 1);
    zip_number(out, 20, 2);
    zip_number(out, entry->flags | 0x800, 2);
    zip_number(out, 8, 2);
    zip_number(out, 0x5a21a000, 4);
    zip_number(out, entry->wrong_checksum ? ~sum : sum, 4);
    zip_number(out, packed, 4);
    zip_number(out, entry->size ? entry->size : size, 4);
    zip_number(out, (uint32_t)strlen(entry->name), 2);
    zip_number(out, 0, 2);
}

static inline void zip_add_entry(struct zip_writer *zip, const struct zip_entry *entry)
{
    struct buffer packed = { 0 };
    uint32_t offset = (uint32_t)zip->out.length;
    zip_deflate(&packed, entry->bytes, entry->repetitions ? entry->repetitions : 1);
    buffer_put(&zip->out, "PK\3\4", 4);
    zip_facts(&zip->out, entry, (uint32_t)packed.length);
    buffer_string(&zip->out, entry->name);
    buffer_put(&zip->out, packed.bytes, packed.length);
    buffer_put(&zip->directory, "PK\1\2\24\0", 6);
    zip_facts(&zip->directory, entry, (uint32_t)packed.length);
    zip_number(&zip->directory, 0, 2 + 2 + 2 + 4);
    zip_number(&zip->directory, offset, 4);
    buffer_string(&zip->directory, entry->name);
    buffer_free(&packed);
    zip->count++;
}

static inline void zip_add(struct zip_writer *zip, const char *name, struct text bytes)
{
    zip_add_entry(zip, &(struct zip_entry){ .name = name, .bytes = bytes });
}

/* The whole file, borrowed until zip_free. */
static inline struct text zip_finish(struct zip_writer *zip)
{
    uint32_t offset = (uint32_t)zip->out.length;
    buffer_put(&zip->out, zip->directory.bytes, zip->directory.length);
    buffer_put(&zip->out, "PK\5\6\0\0\0\0", 8);
    zip_number(&zip->out, zip->count, 2);
    zip_number(&zip->out, zip->count, 2);
    zip_number(&zip->out, (uint32_t)zip->directory.length, 4);
    zip_number(&zip->out, offset, 4);
    zip_number(&zip->out, 0, 2);
    return buffer_view(&zip->out);
}

static inline void zip_free(struct zip_writer *zip)
{
    buffer_free(&zip->out);
    buffer_free(&zip->directory);
    *zip = (struct zip_writer){ 0 };
}

#endif
