#include "adapters/visible.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/memory.h"

static void put_character(struct buffer *out, int32_t character, struct text sequence, bool lines)
{
    if (unicode_is_visible(character) || (lines && (character == '\n' || character == '\t')))
        buffer_text(out, sequence);
    else if (character < 0x10000)
        buffer_printf(out, "\\u%04x", (unsigned)character);
    else
        buffer_printf(out, "\\u%04x\\u%04x", 0xd7c0U + ((unsigned)character >> 10),
                      0xdc00U | ((unsigned)character & 0x3ff));
}

static size_t plain_length(struct text text)
{
    size_t at = 0;
    while (at < text.length && text.bytes[at] >= ' ' && text.bytes[at] < 0x7f)
        at++;
    return at;
}

/* What is left at the end may be a letter whose rest is still to come: at most three bytes. */
static size_t cut_letter(struct text text)
{
    for (size_t back = 1; back <= 3 && back <= text.length; back++) {
        unsigned char byte = (unsigned char)text.bytes[text.length - back];
        if (byte >= 0xc2 && byte <= 0xf4)
            return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3U : 2U) > back ? back : 0;
        if ((byte & 0xc0) != 0x80)
            return 0;
    }
    return 0;
}

/* Returns how many bytes at the end are left for the next call. */
static size_t put(struct buffer *out, struct text text, bool lines, bool more)
{
    while (text.length) {
        size_t length = plain_length(text);
        buffer_put(out, text.bytes, length);
        text = text_slice(text, length, text.length);
        size_t valid = unicode_invalid_at(text);
        for (size_t at = 0, from = 0; at < valid; from = at) {
            int32_t character = unicode_next(text, &at);
            put_character(out, character, text_slice(text, from, at - from), lines);
        }
        text = text_slice(text, valid, text.length);
        if (more && text.length && text.length <= 3 && cut_letter(text) == text.length)
            break;
        if (text.length) {
            buffer_printf(out, "<%02X>", (unsigned char)text.bytes[0]);
            text = text_slice(text, 1, text.length);
        }
    }
    return text.length;
}

void visible_put(struct buffer *out, struct text text, bool lines)
{
    put(out, text, lines, false);
}

struct text visible_next(struct text text, size_t *at, char room[16])
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
    size_t length = *bytes < 0x80 ? 1 : *bytes >= 0xf0 ? 4 : *bytes >= 0xe0 ? 3 : 2, start = *at;
    struct text one = text_slice(text, start, length);
    if (one.length < length || unicode_invalid_at(one) < length) {
        *at += 1;
        return TEXT("\xef\xbf\xbd");
    }
    int32_t character = unicode_next(text, at);
    bool line = character == '\n' || character == '\t' ||
                (character == '\r' && *at < text.length && text.bytes[*at] == '\n');
    if (line || (unicode_is_visible(character) && (character & 0xfffe) != 0xfffe))
        return one;
    return (struct text){ room, (size_t)snprintf(room, 16, "[U+%04X]", (unsigned)character) };
}

/* ---- a stream ---- */

struct door {
    int descriptor;
    struct buffer in, out; /* in: what the last write left */
};

static bool pipe_closed, unwritten; /* of standard output */

static bool write_all(int descriptor, struct text bytes)
{
    while (bytes.length) {
        ssize_t written = write(descriptor, bytes.bytes, bytes.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0 && descriptor == STDOUT_FILENO) {
            unwritten = true;
            pipe_closed |= errno == EPIPE;
        }
        if (written <= 0)
            return false;
        bytes = text_slice(bytes, (size_t)written, bytes.length);
    }
    return true;
}

static ssize_t door_write(void *cookie, const char *bytes, size_t length)
{
    struct door *door = cookie;
    buffer_put(&door->in, bytes, length);
    struct text all = buffer_view(&door->in);
    size_t held = secrets_begun(all);
    ARENA_OWNED struct arena arena = { 0 };
    struct text covered = secrets_cover(&arena, text_slice(all, 0, all.length - held), false);
    size_t left = put(&door->out, covered, true, true) + held;
    if (left)
        memmove(door->in.bytes, all.bytes + all.length - left, left);
    door->in.length = left;
    bool written = write_all(door->descriptor, buffer_view(&door->out));
    buffer_clear(&door->out);
    return written ? (ssize_t)length : 0;
}

static int door_close(void *cookie)
{
    struct door *door = cookie;
    visible_put(&door->out, buffer_view(&door->in), true);
    bool written = write_all(door->descriptor, buffer_view(&door->out));
    buffer_free(&door->in);
    buffer_free(&door->out);
    free(door);
    return written ? 0 : -1;
}

bool visible_pipe_is_closed(void)
{
    return pipe_closed;
}

bool visible_is_unwritten(void)
{
    return unwritten;
}

FILE *visible_stream(int descriptor)
{
    struct door *door = memory_new(struct door);
    door->descriptor = descriptor;
    FILE *stream =
        fopencookie(door, "w", (cookie_io_functions_t){ .write = door_write, .close = door_close });
    if (!stream) {
        free(door);
        return NULL;
    }
    setvbuf(stream, NULL, descriptor == STDERR_FILENO || isatty(descriptor) ? _IOLBF : _IOFBF, BUFSIZ);
    return stream;
}

bool visible_raw(FILE *stream, int descriptor, struct text bytes)
{
    return !fflush(stream) && write_all(descriptor, bytes);
}
