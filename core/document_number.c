#include "core/document_number.h"

#include <string.h>

#include "core/arena.h"
#include "core/count.h"
#include "core/document_grammar.h"
#include "core/vietnamese.h"

#define LENGTH_MAX 300 /* bytes: a longer text is no number; it is only searched for one */

#define ETH             0xD0
#define ETH_SMALL       0xF0
#define STROKED_AFRICAN 0x189 /* looks like Đ */

struct reading {
    struct arena *arena;
    struct text text;   /* with Ð and dashes mended, and no blanks beside / and - */
    struct text spaced; /* the same with those blanks */
    struct text latin;  /* text, with look-alikes replaced */
    bool eth, dash, blank, lookalike;
};

/* Letters of other scripts that a person takes for Latin ones. */
static char latin_of(uint32_t character)
{
    static const struct {
        uint16_t character;
        char latin;
    } table[] = {
        { 0x391, 'A' }, { 0x392, 'B' }, { 0x395, 'E' }, { 0x396, 'Z' }, { 0x397, 'H' }, { 0x399, 'I' },
        { 0x39A, 'K' }, { 0x39C, 'M' }, { 0x39D, 'N' }, { 0x39F, 'O' }, { 0x3A1, 'P' }, { 0x3A4, 'T' },
        { 0x3A5, 'Y' }, { 0x3A7, 'X' }, { 0x405, 'S' }, { 0x406, 'I' }, { 0x408, 'J' }, { 0x410, 'A' },
        { 0x412, 'B' }, { 0x415, 'E' }, { 0x41A, 'K' }, { 0x41C, 'M' }, { 0x41D, 'H' }, { 0x41E, 'O' },
        { 0x420, 'P' }, { 0x421, 'C' }, { 0x422, 'T' }, { 0x423, 'Y' }, { 0x425, 'X' }, { 0x430, 'a' },
        { 0x435, 'e' }, { 0x43E, 'o' }, { 0x440, 'p' }, { 0x441, 'c' }, { 0x443, 'y' }, { 0x445, 'x' },
        { 0x455, 's' }, { 0x456, 'i' },
    };
    for (size_t i = 0; i < COUNT(table); i++)
        if (table[i].character == character)
            return table[i].latin;
    return character >= 0xFF01 && character <= 0xFF5E ? (char)(character - 0xFEE0) : 0;
}

static bool is_dash(uint32_t character)
{
    return (character >= 0x2010 && character <= 0x2015) || character == 0x2212;
}

static bool is_separator(struct text text, size_t at)
{
    return at < text.length && (text.bytes[at] == '/' || text.bytes[at] == '-');
}

static struct text without_blanks(struct arena *arena, struct text text, bool *removed)
{
    char *out = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        size_t next = i;
        while (next < text.length && text.bytes[next] == ' ')
            next++;
        if (next > i &&
            ((length && (out[length - 1] == '/' || out[length - 1] == '-')) || is_separator(text, next))) {
            *removed = true;
            i = next - 1;
            continue;
        }
        out[length++] = text.bytes[i];
    }
    return (struct text){ out, length };
}

/* Replaces what is certain, and in a copy what only looks right. */
static void mend_letters(struct reading *reading, struct text text)
{
    BUFFER_OWNED struct buffer mended = { 0 }, latin = { 0 };
    bool latin_blank;
    for (size_t at = 0; at < text.length;) {
        size_t from = at;
        uint32_t character = vietnamese_next(text, &at);
        struct text bytes = text_slice(text, from, at - from);
        char alike = latin_of(character);
        reading->eth = reading->eth || character == ETH || character == ETH_SMALL;
        reading->dash = reading->dash || is_dash(character);
        reading->lookalike = reading->lookalike || alike || character == STROKED_AFRICAN;
        if (character == ETH || character == ETH_SMALL)
            bytes = character == ETH ? TEXT("Đ") : TEXT("đ");
        else if (is_dash(character))
            bytes = TEXT("-");
        buffer_text(&mended, bytes);
        if (alike)
            bytes = (struct text){ &alike, 1 };
        else if (character == STROKED_AFRICAN)
            bytes = TEXT("Đ");
        buffer_text(&latin, bytes);
    }
    reading->spaced = text_copy(reading->arena, buffer_view(&mended));
    reading->text = without_blanks(reading->arena, reading->spaced, &reading->blank);
    reading->latin =
        text_copy(reading->arena, without_blanks(reading->arena, buffer_view(&latin), &latin_blank));
}

/* Words in front of a number: "Quyết định số", "Số:", "QĐ số". */
static bool take_prefix(struct text *rest, struct text *name)
{
    struct text from = *rest;
    *name = TEXT_NONE;
    document_kind_take(rest, name);
    vietnamese_take(rest, "số");
    if (rest->length && *rest->bytes == ':' && rest->length < from.length)
        *rest = text_trim(text_slice(*rest, 1, rest->length));
    return rest->length < from.length && document_grammar_digits(*rest);
}

/* Reads the text with and without words in front of it. `rest` is the text without them. */
static enum document_number_fault read_whole(struct arena *arena, struct text text,
                                             struct document_number *number, struct text *rest,
                                             struct text *better)
{
    struct text name;
    *rest = text;
    enum document_number_fault fault = document_grammar_read(arena, text, TEXT_NONE, number, better);
    if (fault != DOCUMENT_NUMBER_UNREADABLE)
        return fault;
    if (!take_prefix(rest, &name)) {
        *rest = text;
        return fault;
    }
    return document_grammar_read(arena, *rest, name, number, better);
}

/* The candidate, perhaps mended once more, when it reads right; else none. */
static struct text settle(struct arena *arena, struct text candidate)
{
    struct document_number number = { 0 };
    struct text rest, better, unused;
    enum document_number_fault fault = read_whole(arena, candidate, &number, &rest, &better);
    if (fault == DOCUMENT_NUMBER_RIGHT)
        return rest;
    number = (struct document_number){ 0 };
    if (better.length && read_whole(arena, better, &number, &rest, &unused) == DOCUMENT_NUMBER_RIGHT)
        return rest;
    return TEXT_NONE;
}

static bool has_test_word(struct text text)
{
    for (size_t at = 0; at < text.length;) {
        struct text rest = text_slice(text, at, text.length);
        size_t letters = document_grammar_letters(rest);
        struct text word = text_slice(rest, 0, letters);
        if (vietnamese_is(word, "demo") || vietnamese_is(word, "test"))
            return true;
        at += letters;
        if (at < text.length)
            vietnamese_next(text, &at);
    }
    return false;
}

static bool has_digit(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] >= '0' && text.bytes[i] <= '9')
            return true;
    return false;
}

/* Whether a / comes before the first letter or digit: the number was left out. */
static bool starts_without_number(struct text text)
{
    for (size_t at = 0; at < text.length;) {
        uint32_t character = vietnamese_next(text, &at);
        if (vietnamese_is_letter(character) || (character >= '0' && character <= '9'))
            return false;
        if (character == '/')
            return true;
    }
    return true;
}

static bool is_stop(char byte)
{
    return byte && strchr(".,;:'\"", byte);
}

/* Without stops at the ends and beside / and -, with one / or - in the place of several. */
static struct text without_stops(struct arena *arena, struct text text)
{
    char *out = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.bytes[i] == '\\' ? '/' : text.bytes[i] == '_' ? '-' : text.bytes[i];
        size_t next = i + 1;
        while (next < text.length && is_stop(text.bytes[next]))
            next++;
        bool first = !length || out[length - 1] == '/' || out[length - 1] == '-';
        bool last = next == text.length || is_separator(text, next);
        bool separator = byte == '/' || byte == '-';
        if ((is_stop(byte) && (first || last)) || (separator && (!length || next == text.length)))
            continue;
        if (separator && first) {
            out[length - 1] = byte == '/' ? '/' : out[length - 1];
            continue;
        }
        out[length++] = byte;
    }
    return (struct text){ out, length };
}

static struct text join(struct arena *arena, const struct text *parts, size_t count)
{
    BUFFER_OWNED struct buffer joined = { 0 };
    for (size_t i = 0; i < count; i++)
        buffer_text(&joined, parts[i]);
    return text_copy(arena, buffer_view(&joined));
}

/* "QĐ/0001-BCA", "QĐ2338-BTP": the kind first. */
static enum document_number_fault read_turned(struct arena *arena, struct text text, struct text *suggestion)
{
    bool exact;
    struct text kind = text_slice(text, 0, document_grammar_letters(text));
    if (!kind.length || (!document_kind_find(kind, &exact) && !document_kind_plain(kind)))
        return DOCUMENT_NUMBER_RIGHT;
    struct text rest = text_slice(text, kind.length, text.length);
    bool apart = rest.length && strchr("/-. ", *rest.bytes);
    rest = text_slice(rest, apart, rest.length);
    struct text digits = text_slice(rest, 0, document_grammar_digits(rest));
    if (!digits.length)
        return DOCUMENT_NUMBER_RIGHT;
    rest = text_slice(rest, digits.length, rest.length);
    if (rest.length && strchr("/-.", *rest.bytes))
        rest = text_slice(rest, 1, rest.length);
    *suggestion = settle(arena, join(arena, (struct text[]){ digits, TEXT("/"), kind, TEXT("-"), rest }, 5));
    return apart ? DOCUMENT_NUMBER_BEHIND : DOCUMENT_NUMBER_GLUED;
}

/* "2338QĐ-BTP", "04/2020TT-BTP": a / is missing between a digit and the letters of a kind. */
static bool read_glued(struct arena *arena, struct text text, struct text *suggestion)
{
    bool exact;
    for (size_t at = 1; at < text.length; at++) {
        if (!has_digit(text_slice(text, at - 1, 1)))
            continue;
        struct text behind = text_trim(text_slice(text, at, text.length));
        struct text kind = text_slice(behind, 0, document_grammar_letters(behind));
        if (kind.length < 2 || (!document_kind_find(kind, &exact) && !document_kind_plain(kind)))
            continue;
        *suggestion =
            settle(arena, join(arena, (struct text[]){ text_slice(text, 0, at), TEXT("/"), behind }, 3));
        return suggestion->length > 0;
    }
    return false;
}

/* Looks for numbers among words. */
static enum document_number_fault read_among_words(struct arena *arena, struct text text, struct text *found)
{
    size_t at = 0, words = 0;
    bool several = false;
    while (at < text.length) {
        size_t end = at;
        while (end < text.length && !strchr(" ,;()\n", text.bytes[end]))
            end++;
        struct text token = without_stops(arena, text_slice(text, at, end - at));
        struct text number = token.length ? settle(arena, token) : TEXT_NONE;
        words += token.length > 0;
        several = several || (number.length && found->length && !text_equal(number, *found));
        if (number.length && !found->length)
            *found = number;
        at = end + 1;
    }
    if (several)
        *found = TEXT_NONE;
    return several                      ? DOCUMENT_NUMBER_SEVERAL
           : words > 1 && found->length ? DOCUMENT_NUMBER_WORDS
                                        : DOCUMENT_NUMBER_RIGHT;
}

/* Names the fault of a text that the grammar does not know, and finds what may have been meant. */
static enum document_number_fault name_fault(struct reading *reading, struct text rest,
                                             struct text *suggestion)
{
    struct arena *arena = reading->arena;
    struct text text = reading->text;
    if (document_grammar_digits(rest) == rest.length && rest.length)
        return DOCUMENT_NUMBER_BARE;
    if (!has_digit(text) || starts_without_number(text))
        return DOCUMENT_NUMBER_NO_NUMBER;
    *suggestion = settle(arena, without_stops(arena, text));
    if (suggestion->length)
        return DOCUMENT_NUMBER_PUNCTUATION;
    /* What is behind these words is no number of a document by itself. */
    if (vietnamese_starts(rest, "QCVN") || vietnamese_starts(rest, "TCVN") || vietnamese_starts(rest, "QCĐP"))
        return DOCUMENT_NUMBER_UNREADABLE;
    enum document_number_fault fault = read_among_words(arena, reading->spaced, suggestion);
    if (!fault)
        fault = read_turned(arena, text, suggestion);
    if (!fault && read_glued(arena, rest, suggestion))
        fault = DOCUMENT_NUMBER_GLUED;
    return fault ? fault : DOCUMENT_NUMBER_UNREADABLE;
}

/* What is too long to be a number holds one among other words, or is nothing that can be read. */
static enum document_number_fault name_long_fault(struct reading *reading, struct text *suggestion)
{
    if (has_test_word(reading->text))
        return DOCUMENT_NUMBER_TEST;
    if (!has_digit(reading->text))
        return DOCUMENT_NUMBER_NO_NUMBER;
    enum document_number_fault fault = read_among_words(reading->arena, reading->spaced, suggestion);
    return fault ? fault : DOCUMENT_NUMBER_UNREADABLE;
}

enum document_number_status document_number_read(struct arena *arena, struct text text,
                                                 struct document_number *number)
{
    struct reading reading = { .arena = arena };
    struct text rest, better = TEXT_NONE, suggestion = TEXT_NONE;
    enum document_number_fault fault;
    *number = (struct document_number){ 0 };
    text = text_trim(text);
    mend_letters(&reading, text);
    if (text.length > LENGTH_MAX) {
        fault = name_long_fault(&reading, &suggestion);
    } else {
        fault = read_whole(arena, reading.text, number, &rest, &better);
        if (has_test_word(reading.text))
            fault = DOCUMENT_NUMBER_TEST;
        else if (!fault)
            fault = rest.length < reading.text.length ? DOCUMENT_NUMBER_PREFIX
                    : reading.eth                     ? DOCUMENT_NUMBER_ETH
                    : reading.dash                    ? DOCUMENT_NUMBER_DASH
                    : reading.blank                   ? DOCUMENT_NUMBER_BLANK
                                                      : DOCUMENT_NUMBER_RIGHT;
        else if (reading.lookalike)
            fault = DOCUMENT_NUMBER_LOOKALIKE, suggestion = settle(arena, reading.latin);
        else if (fault == DOCUMENT_NUMBER_UNREADABLE)
            fault = name_fault(&reading, rest, &suggestion);
        else if (better.length)
            suggestion = settle(arena, better);
    }
    if (fault >= DOCUMENT_NUMBER_NO_NUMBER) {
        *number = (struct document_number){ .status = DOCUMENT_NUMBER_DOUBTFUL,
                                            .fault = fault,
                                            .text = text_copy(arena, text),
                                            .suggestion = suggestion };
        return number->status;
    }
    number->status = fault ? DOCUMENT_NUMBER_REPAIRED : DOCUMENT_NUMBER_OK;
    number->fault = fault;
    number->text = rest;
    return number->status;
}
