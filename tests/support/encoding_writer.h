/* Texts in the old encodings, for tests: the program only reads them. A character's bytes are found by reading all that there
 * are, so that nothing is said twice of where letters stand; VIQR and UTF-16 are written by rule. */
#ifndef TESTS_SUPPORT_ENCODING_WRITER_H
#define TESTS_SUPPORT_ENCODING_WRITER_H

#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding.h"
#include "record/encoding_verdict.h"
#include "record/encoding_viqr.h"
#include "record/encoding_viqr_address.h"
#include "record/encoding_viqr_word.h"

#define WRITER_CHARACTERS 0x2200

struct writer_place {
    unsigned char bytes[2], length;
};

static inline void writer_learn(struct writer_place *places, enum encoding_reading reading,
                                unsigned char first, unsigned char second, size_t length)
{
    unsigned char bytes[2] = { first, second };
    size_t at = 0;
    int32_t character = encoding_read(reading, bytes, length, &at);
    if (character <= 0 || character >= WRITER_CHARACTERS || at != length)
        return;
    struct writer_place *place = &places[character];
    /* A mark has a capital and a small form: it goes with its letter. */
    bool better = place->length == 2 && length == 2 && !encoding_letter_of(character).upper;
    if (!place->length || better)
        *place = (struct writer_place){ { first, second }, (unsigned char)length };
}

/* 0: it has no place. TCVN3 writes a capital with a tone as its small letter. */
static inline size_t writer_letter(enum encoding_reading reading, int32_t character, unsigned char bytes[2])
{
    static struct writer_place known[READING_COUNT][WRITER_CHARACTERS];
    static bool learnt[READING_COUNT];
    struct writer_place *places = known[reading];
    for (int first = 1; !learnt[reading] && first < 0x200; first++) /* one byte, then two */
        for (int second = first < 0x100 ? 0xff : 1; second < 0x100; second++)
            writer_learn(places, reading, (unsigned char)first, (unsigned char)second, first < 0x100 ? 1 : 2);
    learnt[reading] = true;
    struct encoding_letter letter = encoding_letter_of(character);
    if (reading == READING_TCVN3 && letter.base && letter.tone)
        character = encoding_letter_compose(letter.base, letter.tone, false);
    if (character >= WRITER_CHARACTERS)
        return 0;
    memcpy(bytes, places[character].bytes, 2);
    return places[character].length;
}

static inline bool writer_letters(enum encoding_reading reading, struct text utf8, struct buffer *out)
{
    struct encoding_finding finding;
    for (size_t at = 0; at < utf8.length;) {
        unsigned char bytes[2];
        size_t length = writer_letter(reading, unicode_next(utf8, &at), bytes);
        if (!length)
            return false;
        buffer_put(out, bytes, length);
    }
    /* Punctuation of TCVN3's may look like the capitals of the standard's own table. */
    enum encoding_reading seen = reading;
    return reading != READING_TCVN3 ||
           encoding_verdict_named(buffer_view(out), false, &seen, &finding, NULL) != STATUS_OK ||
           seen == reading;
}

static inline void writer_utf16(enum encoding encoding, struct text utf8, struct buffer *out)
{
    if (encoding == ENCODING_UTF16)
        buffer_put(out, "\xFF\xFE", 2);
    for (size_t at = 0; at < utf8.length;) {
        int32_t character = unicode_next(utf8, &at), pair = character - 0x10000;
        int32_t units[2] = { pair < 0 ? character : 0xD800 + (pair >> 10), 0xDC00 + (pair & 0x3FF) };
        for (int i = 0; i < 1 + (pair >= 0); i++) {
            char bytes[2] = { (char)(units[i] & 0xFF), (char)(units[i] >> 8) };
            buffer_char(out, bytes[encoding == ENCODING_UTF16BE]);
            buffer_char(out, bytes[encoding != ENCODING_UTF16BE]);
        }
    }
}

static inline char writer_base(char shaped, char *mark)
{
    static const char table[][3] = { "Ba^", "Aa(", "Ee^", "Oo^", "Po+", "Uu+" };
    *mark = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i][0] == shaped) {
            *mark = table[i][2];
            return table[i][1];
        }
    return shaped;
}

static inline bool writer_shapes(char base, char mark)
{
    return base && ((strchr("aeo", base) && mark == '^') || (base == 'a' && mark == '(') ||
                    (strchr("ou", base) && strchr("+*", mark)));
}

/* Marks that would be misread escaped. False: VIQR does not have a character. */
static inline bool writer_viqr_words(struct text utf8, struct buffer *out)
{
    struct encoding_letter last = { 0 };
    struct viqr_address address = viqr_address_find(utf8, 0);
    for (size_t at = 0; at < utf8.length;) {
        size_t next = at;
        if (at >= address.start) {
            buffer_text(out, text_slice(utf8, at, address.end - at));
            at = address.end;
            address = viqr_address_find(utf8, address.end);
            last = (struct encoding_letter){ 0 };
            continue;
        }
        int32_t character = unicode_next(utf8, &next);
        struct encoding_letter letter = encoding_letter_of(character);
        if (character >= 0x80 && !letter.base)
            return false;
        if (character < 0x80) {
            char byte = (char)character;
            bool marks = (writer_shapes(last.base, byte) && (!last.tone || byte != '(')) ||
                         (viqr_carries_tone(last.base) && !last.tone && strchr("`'?~.", byte)) ||
                         (last.base == 'd' && byte == '-') ||
                         (last.base && strchr("dD", last.base) && letter.base == 'd');
            if (marks || byte == '\\') {
                buffer_char(out, '\\');
                letter.base = letter.base == 'd' ? 'd' : 0;
            }
            buffer_char(out, byte);
        } else {
            char mark = 0, base = letter.base == 'D' ? 'd' : writer_base(letter.base, &mark);
            char written = (char)(letter.upper ? base - 32 : base);
            if (last.base && strchr("dD", last.base) && base == 'd')
                buffer_char(out, '\\');
            buffer_char(out, written);
            if (letter.base == 'D')
                buffer_char(out, written);
            else if (mark)
                buffer_char(out, mark);
            if (letter.tone)
                buffer_char(out, "`'?~."[letter.tone - 1]);
        }
        last = letter;
        at = next;
    }
    return true;
}

static inline bool writer_viqr(struct text utf8, struct buffer *out)
{
    BUFFER_OWNED struct buffer back = { 0 };
    size_t at;
    /* It has no way to say some texts (a syllable that only the full stop at its end spoils): seen by reading back. */
    return writer_viqr_words(utf8, out) && encoding_viqr_decode(buffer_view(out), &back, &at) &&
           text_equal(buffer_view(&back), utf8);
}

/* False: it cannot be said so. */
static inline bool encoding_written(struct arena *arena, enum encoding encoding, struct text utf8,
                                    struct text *bytes)
{
    static const enum encoding_reading readings[] = {
        [ENCODING_CP1258] = READING_CP1258, [ENCODING_VISCII] = READING_VISCII,
        [ENCODING_TCVN3] = READING_TCVN3,   [ENCODING_VNI] = READING_VNI,
        [ENCODING_VPS] = READING_VPS,
    };
    BUFFER_OWNED struct buffer out = { 0 };
    bool written = true;
    if (unicode_invalid_at(utf8) < utf8.length || memchr(utf8.bytes ? utf8.bytes : "", 0, utf8.length))
        return false;
    utf8 = unicode_nfc(arena, utf8);
    if (encoding == ENCODING_UTF8)
        buffer_text(&out, utf8);
    else if (encoding == ENCODING_UTF16 || encoding == ENCODING_UTF16LE || encoding == ENCODING_UTF16BE)
        writer_utf16(encoding, utf8, &out);
    else if (encoding == ENCODING_VIQR)
        written = writer_viqr(utf8, &out);
    else
        written = writer_letters(readings[encoding], utf8, &out);
    *bytes = text_copy(arena, buffer_view(&out));
    return written;
}

#endif
