#include "transform/rule_literal.h"

#include <string.h>

#include "core/bytes16.h"

#define BRANCHES_MAX 32
#define TRIPLE       3

/* Of the first three bytes in memory; what is above them does not count. */
static size_t hash(uint32_t triple)
{
    return (triple << 8) * 0x9E3779B1u >> (32 - RULE_GRAM_BITS);
}

static uint32_t triple_at(const char *bytes)
{
    return (uint32_t)(unsigned char)bytes[0] | (uint32_t)(unsigned char)bytes[1] << 8 |
           (uint32_t)(unsigned char)bytes[2] << 16;
}

static void add_grams(struct rule_grams *grams, struct text text)
{
    size_t i = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    /* Five triples from one load. */
    for (; i + 8 <= text.length; i += 5) {
        uint64_t word;
        memcpy(&word, text.bytes + i, sizeof word);
        grams->triples[hash((uint32_t)word)] = 1;
        grams->triples[hash((uint32_t)(word >> 8))] = 1;
        grams->triples[hash((uint32_t)(word >> 16))] = 1;
        grams->triples[hash((uint32_t)(word >> 24))] = 1;
        grams->triples[hash((uint32_t)(word >> 32))] = 1;
    }
#endif
    for (; i + TRIPLE <= text.length; i++)
        grams->triples[hash(triple_at(text.bytes + i))] = 1;
}

/* Vietnamese texts have lead bytes up to CC, E1 with B8–BB behind it, and E2 with 80 (dashes, quotes, dots);
 * C9 has phonetic letters, C3 90, C3 B0 and C6 89 look like Đ. 16 bytes at once, each beside the one behind
 * it. */
static bool is_strange(struct text text)
{
    bytes16 found = { 0 };
    size_t i = 0;
    for (; i + 17 <= text.length; i += 16) {
        bytes16 lead = bytes16_load(text.bytes + i), second = bytes16_load(text.bytes + i + 1);
        found |= (bytes16)(lead > 0xcc) & (bytes16)(lead != 0xe1) & (bytes16)(lead != 0xe2);
        found |= (bytes16)(lead == 0xe1) & (bytes16)(second - 0xb8 > 3);
        found |= (bytes16)(lead == 0xe2) & (bytes16)(second != 0x80);
        found |= (bytes16)(lead == 0xc3) & (bytes16)((second & 0xdf) == 0x90);
        found |= ((bytes16)(lead == 0xc6) & (bytes16)(second == 0x89)) | (bytes16)(lead == 0xc9);
    }
    return bytes16_any(found) || rule_next_strange(text, i) < text.length;
}

size_t rule_next_strange(struct text text, size_t at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    for (; at < text.length; at++) {
        unsigned char byte = bytes[at], second = at + 1 < text.length ? bytes[at + 1] : 0;
        if (byte < 0xc3)
            continue;
        if (byte == 0xe1 ? second < 0xb8 || second > 0xbb : byte == 0xe2 ? second != 0x80 : byte > 0xcc)
            return at;
        if (byte == 0xc9 || (byte == 0xc3 && (second & 0xdf) == 0x90) || (byte == 0xc6 && second == 0x89))
            return at;
    }
    return text.length;
}

static void add_text(struct rule_grams *grams, struct text text)
{
    add_grams(grams, text);
    grams->strange = grams->strange || is_strange(text);
    grams->question = grams->question || (text.length && memchr(text.bytes, '?', text.length));
}

static void add_value(struct rule_grams *grams, const struct value *value)
{
    if (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER)
        add_text(grams, value->text);
    for (const struct value *child = value->first; child; child = child->next)
        add_value(grams, child);
}

void rule_grams_build(struct rule_grams *grams, const struct value *procedure)
{
    memset(grams, 0, sizeof *grams);
    grams->built = true;
    add_value(grams, procedure);
}

/* ---- the literals of an expression ---- */

struct reading {
    struct text rest;
    struct buffer run, longest; /* of the branch */
};

static void end_run(struct reading *reading)
{
    if (reading->run.length > reading->longest.length) {
        buffer_clear(&reading->longest);
        buffer_put(&reading->longest, reading->run.bytes, reading->run.length);
    }
    buffer_clear(&reading->run);
}

static void skip(struct reading *reading, size_t length)
{
    reading->rest = text_slice(reading->rest, length, reading->rest.length);
}

static size_t character_length(struct text text)
{
    size_t length = 1;
    while (length < text.length && ((unsigned char)text.bytes[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* Behind a class [...]; POSIX classes inside have brackets of their own. False: it is not understood. */
static bool skip_class(struct reading *reading)
{
    struct text rest = reading->rest;
    size_t at = 1;
    if (at < rest.length && rest.bytes[at] == '^')
        at++;
    if (at < rest.length && rest.bytes[at] == ']')
        at++;
    for (; at < rest.length; at++) {
        if (rest.bytes[at] == '\\')
            at++;
        else if (rest.bytes[at] == '[')
            return false;
        else if (rest.bytes[at] == ']') {
            skip(reading, at + 1);
            return true;
        }
    }
    return false;
}

/* Behind a group, whatever it holds. Groups that change options or comment are not understood. */
static bool skip_group(struct reading *reading)
{
    size_t depth = 0;
    do {
        if (!reading->rest.length)
            return false;
        switch (reading->rest.bytes[0]) {
        case '\\':
            skip(reading, 1);
            skip(reading, reading->rest.length ? character_length(reading->rest) : 0);
            break;
        case '[':
            if (!skip_class(reading))
                return false;
            break;
        case '(':
            if (text_starts(reading->rest, TEXT("(*")) ||
                (text_starts(reading->rest, TEXT("(?")) && reading->rest.length > 2 &&
                 !memchr(":=!<>|", reading->rest.bytes[2], 6)))
                return false;
            depth++;
            skip(reading, 1);
            break;
        case ')':
            depth--;
            skip(reading, 1);
            break;
        default:
            skip(reading, 1);
        }
    } while (depth);
    return true;
}

/* A quantifier may make what stands before it optional: that ends the run without its last character. */
static bool take_quantifier(struct reading *reading, size_t last)
{
    if (!reading->rest.length || !memchr("?*+{", reading->rest.bytes[0], 4))
        return true;
    reading->run.length = last;
    end_run(reading);
    if (reading->rest.bytes[0] == '{') {
        const char *close = memchr(reading->rest.bytes, '}', reading->rest.length);
        if (!close)
            return false;
        skip(reading, (size_t)(close - reading->rest.bytes) + 1);
    } else {
        skip(reading, 1);
    }
    if (reading->rest.length && memchr("?+", reading->rest.bytes[0], 2))
        skip(reading, 1);
    return true;
}

/* Escaped punctuation is itself; letters and digits mean something else, of unknown length where braces
 * follow. */
static bool read_escape(struct reading *reading)
{
    size_t last = reading->run.length;
    skip(reading, 1);
    if (!reading->rest.length)
        return false;
    char byte = reading->rest.bytes[0];
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')) {
        end_run(reading);
        skip(reading, 1);
        if (!memchr("dDwWsSbBAzZhHvVRtnrfpPx", byte, 23))
            return false;
        if ((byte == 'p' || byte == 'P' || byte == 'x') && reading->rest.length) {
            const char *close = memchr(reading->rest.bytes, '}', reading->rest.length);
            if (reading->rest.bytes[0] != '{' || !close)
                return false;
            skip(reading, (size_t)(close - reading->rest.bytes) + 1);
        }
        return take_quantifier(reading, 0);
    }
    size_t length = character_length(reading->rest);
    buffer_put(&reading->run, reading->rest.bytes, length);
    skip(reading, length);
    return take_quantifier(reading, last);
}

/* One atom of a branch. */
static bool read_atom(struct reading *reading)
{
    size_t last = reading->run.length, length;
    switch (reading->rest.bytes[0]) {
    case '\\':
        return read_escape(reading);
    case '[':
        end_run(reading);
        return skip_class(reading) && take_quantifier(reading, 0);
    case '(':
        end_run(reading);
        return skip_group(reading) && take_quantifier(reading, 0);
    case '^':
    case '$':
    case '.':
        end_run(reading);
        skip(reading, 1);
        return take_quantifier(reading, 0);
    default:
        length = character_length(reading->rest);
        buffer_put(&reading->run, reading->rest.bytes, length);
        skip(reading, length);
        return take_quantifier(reading, last);
    }
}

static bool read_branch(struct reading *reading, struct arena *arena, struct text *literal)
{
    buffer_clear(&reading->run);
    buffer_clear(&reading->longest);
    while (reading->rest.length && reading->rest.bytes[0] != '|')
        if (!read_atom(reading))
            return false;
    end_run(reading);
    *literal = text_copy(arena, buffer_view(&reading->longest));
    return literal->length >= TRIPLE;
}

void rule_literals_find(struct arena *arena, struct text expression, struct rule_literals *literals)
{
    struct reading reading = { .rest = expression };
    size_t at;
    bool known = expression.length && !text_find(expression, TEXT("\\Q"), &at);
    *literals = (struct rule_literals){ arena_array(arena, struct text, BRANCHES_MAX), 0 };
    while (known) {
        known =
            literals->count < BRANCHES_MAX && read_branch(&reading, arena, &literals->texts[literals->count]);
        literals->count++;
        if (!reading.rest.length)
            break;
        skip(&reading, 1); /* the | */
    }
    if (!known)
        literals->count = 0;
    buffer_free(&reading.run);
    buffer_free(&reading.longest);
}

static bool may_stand(struct text literal, const struct rule_grams *grams)
{
    for (size_t i = 0; i + TRIPLE <= literal.length; i++)
        if (!grams->triples[hash(triple_at(literal.bytes + i))])
            return false;
    return true;
}

bool rule_literals_may_stand(const struct rule_literals *literals, const struct rule_grams *grams)
{
    for (size_t i = 0; i < literals->count; i++)
        if (may_stand(literals->texts[i], grams))
            return true;
    return !literals->count;
}
