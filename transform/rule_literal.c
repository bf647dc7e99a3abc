#include "transform/rule_literal.h"

#include <string.h>

#define BRANCHES_MOST 32

static size_t hash(uint32_t triple)
{
    return (triple << 8) * 0x9E3779B1u >> (32 - RULE_GRAM_BITS);
}

/* Lead bytes of letters and signs that Vietnamese texts have, beside others. */
static const uint8_t leads[256] = { [0xc3] = 1, [0xc6] = 2, [0xe1] = 3, [0xe2] = 4 };

static void add_text(struct rule_grams *grams, struct text text)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    uint32_t triple = 0;
    for (size_t i = 0; i < text.length; i++) {
        grams->seconds[leads[triple & 0xff]][bytes[i] & 0x3f] = 1;
        triple = triple << 8 | bytes[i];
        grams->bytes[bytes[i]] = 1;
        /* The first two of a text hash what is no triple of it: that only lets more through. */
        grams->triples[hash(triple)] = 1;
    }
}

bool rule_grams_have_strange(const struct rule_grams *grams)
{
    /* Up to U+02FF the lead byte is below CC; CC and part of CD are marks; C9 has phonetic letters. */
    for (size_t byte = 0xcd; byte < 0x100; byte++)
        if (grams->bytes[byte] && byte != 0xe1 && byte != 0xe2)
            return true;
    if (grams->bytes[0xc9] || grams->seconds[1][0x10] || grams->seconds[1][0x30] || grams->seconds[2][0x09])
        return true;
    for (size_t second = 0; second < 64; second++)
        if ((grams->seconds[3][second] && (second < 0x38 || second > 0x3b)) || (grams->seconds[4][second] && second))
            return true;
    return false;
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

/* Escaped punctuation is itself; letters and digits mean something else, of unknown length where braces follow. */
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
    return literal->length > 0;
}

void rule_literals_find(struct arena *arena, struct text expression, struct rule_literals *literals)
{
    struct reading reading = { .rest = expression };
    size_t at;
    bool known = expression.length && !text_find(expression, TEXT("\\Q"), &at);
    *literals = (struct rule_literals){ arena_array(arena, struct text, BRANCHES_MOST), 0 };
    while (known) {
        known = literals->count < BRANCHES_MOST && read_branch(&reading, arena, &literals->texts[literals->count]);
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
    if (literal.length < 3) {
        for (size_t i = 0; i < literal.length; i++)
            if (!grams->bytes[(unsigned char)literal.bytes[i]])
                return false;
        return true;
    }
    uint32_t triple = (uint32_t)(unsigned char)literal.bytes[0] << 8 | (unsigned char)literal.bytes[1];
    for (size_t i = 2; i < literal.length; i++) {
        triple = triple << 8 | (unsigned char)literal.bytes[i];
        if (!grams->triples[hash(triple)])
            return false;
    }
    return true;
}

bool rule_literals_may_stand(const struct rule_literals *literals, const struct rule_grams *grams)
{
    for (size_t i = 0; i < literals->count; i++)
        if (may_stand(literals->texts[i], grams))
            return true;
    return !literals->count;
}
