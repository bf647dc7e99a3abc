#include "adapters/unicode.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "core/error.h"

static size_t unwritable_at(struct text text)
{
    size_t invalid = unicode_invalid_at(text);
    const char *nul = invalid ? memchr(text.bytes, 0, invalid) : NULL;
    return nul ? (size_t)(nul - text.bytes) : invalid;
}

struct text unicode_mend(struct arena *arena, struct text text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    size_t valid = unwritable_at(text);
    if (valid == text.length)
        return text;
    while (text.length) {
        buffer_text(&out, text_slice(text, 0, valid));
        if (valid < text.length)
            buffer_printf(&out, "<%02X>", (unsigned char)text.bytes[valid]);
        text = text_slice(text, valid + 1, text.length);
        valid = unwritable_at(text);
    }
    return text_copy(arena, buffer_view(&out));
}

int32_t unicode_next(struct text text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
    size_t left = text.length - *at;
    int32_t first = bytes[0];
    if (first < 0x80 || left < 2) {
        *at += 1;
        return first;
    }
    if (first < 0xe0 || left < 3) {
        *at += 2;
        return (first & 0x1f) << 6 | (bytes[1] & 0x3f);
    }
    if (first < 0xf0 || left < 4) {
        *at += 3;
        return (first & 0x0f) << 12 | (bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f);
    }
    *at += 4;
    return (first & 0x07) << 18 | (bytes[1] & 0x3f) << 12 | (bytes[2] & 0x3f) << 6 | (bytes[3] & 0x3f);
}

size_t unicode_put(int32_t character, char bytes[4])
{
    return (size_t)utf8proc_encode_char(character, (utf8proc_uint8_t *)bytes);
}

size_t unicode_length(struct text text)
{
    size_t follow = 0;
    for (size_t i = 0; i < text.length; i++)
        follow += ((unsigned char)text.bytes[i] & 0xc0) == 0x80;
    return text.length - follow;
}

bool unicode_is_letter(int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return true;
    default:
        return false;
    }
}

bool unicode_is_mark(int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return true;
    default:
        return false;
    }
}

/* --- Normal forms --- */

/* Characters on their way between the forms. */
struct characters {
    utf8proc_int32_t *array;
    size_t count;
};

static int combining_class(utf8proc_int32_t character)
{
    return character < 0x300 ? 0 : utf8proc_get_property(character)->combining_class;
}

/* Marks in a row are put in the order of their classes, those of one class as they stood. By class and not by
 * exchanging neighbours, as utf8proc does it: a hostile text is one row of a million marks. */
static void order_marks(struct arena *arena, utf8proc_int32_t *marks, size_t count)
{
    bool ordered = true; /* as one mark or none is */
    for (size_t i = 1; i < count && ordered; i++)
        ordered = combining_class(marks[i - 1]) <= combining_class(marks[i]);
    if (ordered)
        return;
    size_t starts[257] = { 0 };
    for (size_t i = 0; i < count; i++)
        starts[combining_class(marks[i]) + 1]++;
    for (size_t class = 1; class < 257; class ++)
        starts[class] += starts[class - 1];
    utf8proc_int32_t *sorted = arena_alloc(arena, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[starts[combining_class(marks[i])]++] = marks[i];
    memcpy(marks, sorted, count * sizeof *marks);
}

/* Room for one more behind them, as utf8proc_reencode wants it. */
static struct characters decompose(struct arena *arena, struct text text)
{
    enum { LONGEST = 4 }; /* no canonical decomposition has more characters */
    size_t capacity = unicode_length(text) * LONGEST + 1;
    struct characters characters = { arena_alloc(arena, capacity * sizeof *characters.array), 0 };
    size_t marks = 0; /* how many stand at the end */
    for (size_t at = 0; at < text.length;) {
        utf8proc_int32_t parts[LONGEST] = { unicode_next(text, &at) };
        utf8proc_ssize_t count = 1;
        int boundary = 0;
        if (*parts >= 0xc0) /* below, all stand for themselves */
            count = utf8proc_decompose_char(*parts, parts, LONGEST, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE,
                                            &boundary);
        for (utf8proc_ssize_t i = 0; i < count && i < LONGEST; i++) {
            if (combining_class(parts[i])) {
                marks++;
            } else {
                order_marks(arena, characters.array + characters.count - marks, marks);
                marks = 0;
            }
            characters.array[characters.count++] = parts[i];
        }
    }
    order_marks(arena, characters.array + characters.count - marks, marks);
    return characters;
}

static struct text encode(struct characters characters)
{
    /* Composed already where it is wanted: no option, so that reencode only encodes, in place. */
    utf8proc_ssize_t length = utf8proc_reencode(characters.array, (utf8proc_ssize_t)characters.count, 0);
    return (struct text){ (const char *)characters.array, length < 0 ? 0 : (size_t)length };
}

static void compose(struct characters *characters)
{
    utf8proc_ssize_t count = utf8proc_normalize_utf32(characters->array, (utf8proc_ssize_t)characters->count,
                                                      UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    if (count >= 0)
        characters->count = (size_t)count;
}

/* As unicode_nfc_certain, of the character at `at`; a byte inside one is certain. */
static bool is_certain(struct text text, size_t at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + at;
    if (*bytes < 0xcc)
        return true;
    if (text.length - at < 3)
        return false;
    if (*bytes == 0xe1)
        return bytes[1] >= 0xb8 && bytes[1] <= 0xbb;
    return *bytes == 0xe2 && (bytes[1] == 0x80 ? bytes[2] >= 0x82 : bytes[1] <= 0x82);
}

static size_t find_uncertain(struct text text, size_t at)
{
    while (at < text.length && ((unsigned char)text.bytes[at] < 0xcc || is_certain(text, at)))
        at++;
    return at;
}

/* What utf8proc has made of letters with their marks: there are few, and they come again and again. */
#define COMPOSED_BITS 8
static _Thread_local struct composed {
    uint64_t from, to; /* bytes, zeros behind them */
    size_t length;     /* of `to`; 0: nothing is kept here */
} composed_letters[1 << COMPOSED_BITS];

static void put_composed(struct buffer *out, struct arena *arena, struct text letter)
{
    uint64_t from = 0;
    bool is_short = letter.length <= sizeof from;
    if (is_short)
        memcpy(&from, letter.bytes, letter.length);
    struct composed *known = &composed_letters[from * 0x9E3779B97F4A7C15u >> (64 - COMPOSED_BITS)];
    if (is_short && known->length && known->from == from) {
        buffer_put(out, &known->to, known->length);
        return;
    }
    struct characters characters = decompose(arena, letter);
    compose(&characters);
    struct text made = encode(characters);
    buffer_text(out, made);
    if (is_short && made.length <= sizeof known->to) {
        *known = (struct composed){ .from = from, .length = made.length };
        memcpy(&known->to, made.bytes, made.length);
    }
}

/* A certain character composes with nothing before it, so that what stands between two is composed alone. */
struct text unicode_nfc(struct arena *arena, struct text text)
{
    if (unicode_nfc_certain(text))
        return text;
    struct buffer BUFFER_OWNED out = { 0 };
    size_t done = 0;
    for (size_t at = find_uncertain(text, 0); at < text.length; at = find_uncertain(text, done)) {
        size_t start = at > done ? at - 1 : at, end = at;
        while (start > done && ((unsigned char)text.bytes[start] & 0xc0) == 0x80)
            start--;
        do
            unicode_next(text, &end);
        while (end < text.length && !is_certain(text, end));
        buffer_text(&out, text_slice(text, done, start - done));
        put_composed(&out, arena, text_slice(text, start, end - start));
        done = end;
    }
    buffer_text(&out, text_slice(text, done, text.length));
    return text_equal(buffer_view(&out), text) ? text : text_copy(arena, buffer_view(&out));
}

struct text unicode_nfd(struct arena *arena, struct text text)
{
    return encode(decompose(arena, text));
}

struct text unicode_lower(struct arena *arena, struct text text)
{
    /* A lower case may be longer by a byte in UTF-8 (U+023A), never by a character. */
    char *bytes = arena_alloc(arena, unicode_length(text) * 4 + 1);
    size_t length = 0;
    for (size_t at = 0; at < text.length;)
        length += unicode_put(utf8proc_tolower(unicode_next(text, &at)), bytes + length);
    bytes[length] = 0;
    return unicode_nfc(arena, (struct text){ bytes, length });
}

/* --- Keys for matching --- */

static bool is_blank(int32_t character)
{
    if (character <= 0x20)
        return character == ' ' || (character >= '\t' && character <= '\r');
    if (character == 0x85)
        return true;
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        return false;
    }
}

static const int32_t tones[][6] = {
    /* plain, grave, acute, hook, tilde, dot: u"a", u"e", … */
    { 'a', 0xe0, 0xe1, 0x1ea3, 0xe3, 0x1ea1 },     { 'e', 0xe8, 0xe9, 0x1ebb, 0x1ebd, 0x1eb9 },
    { 'o', 0xf2, 0xf3, 0x1ecf, 0xf5, 0x1ecd },     { 'u', 0xf9, 0xfa, 0x1ee7, 0x169, 0x1ee5 },
    { 'y', 0x1ef3, 0xfd, 0x1ef7, 0x1ef9, 0x1ef5 },
};

static const int32_t *vowel_of(int32_t character, int *tone)
{
    for (size_t vowel = 0; vowel < sizeof tones / sizeof *tones; vowel++)
        for (*tone = 0; *tone < 6; ++*tone)
            if (tones[vowel][*tone] == character)
                return tones[vowel];
    return NULL;
}

/* òa → oà, òe → oè, ùy → uỳ. In all three the first vowel is a glide, so the tone belongs to the second,
 * where the new spelling and all closed syllables (hoàn, hoài, huỳnh, quý) have it: moving it is right
 * whatever follows, so that "hòan" and "qúy", which keyboards produce, match as well. */
static void place_tone(int32_t *previous, int32_t *character)
{
    int tone, none;
    if (*character != 'a' && *character != 'e' && *character != 'y')
        return;
    const int32_t *first = vowel_of(*previous, &tone);
    if (!first || tone == 0 || (*first != 'o' && *first != 'u') || (*first == 'u') != (*character == 'y'))
        return;
    *character = vowel_of(*character, &none)[tone];
    *previous = *first;
}

struct text unicode_fold(struct arena *arena, struct text text)
{
    text = unicode_lower(arena, text);
    struct characters key = { arena_alloc(arena, (unicode_length(text) + 1) * sizeof *key.array), 0 };
    bool blank = false;
    for (size_t at = 0; at < text.length;) {
        int32_t character = unicode_next(text, &at);
        if (unicode_is_unseen(character))
            continue;
        if (is_blank(character)) {
            blank = key.count > 0;
            continue;
        }
        if (character == 0xf0)
            character = 0x111; /* the Icelandic letter that old fonts show for đ */
        if (blank)
            key.array[key.count++] = ' ';
        else if (key.count)
            place_tone(&key.array[key.count - 1], &character);
        blank = false;
        key.array[key.count++] = character;
    }
    return encode(key);
}

size_t unicode_find_folded(struct text name, const struct text *names, size_t count)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text folded = unicode_fold(&arena, name);
    size_t at = 0;
    while (at < count && !text_equal(unicode_fold(&arena, names[at]), folded))
        at++;
    return at;
}

/* --- Scripts --- */

static const struct {
    int32_t from, to;
    const char *name;
} names[] = {
    { 0xc0, 0x24f, "Latin" },
    { 0x250, 0x2af, "phonetic" },
    { 0x370, 0x3ff, "Greek" },
    { 0x400, 0x52f, "Cyrillic" },
    { 0x530, 0x58f, "Armenian" },
    { 0x590, 0x5ff, "Hebrew" },
    { 0x600, 0x6ff, "Arabic" },
    { 0x900, 0x97f, "Devanagari" },
    { 0xe00, 0xe7f, "Thai" },
    { 0xe80, 0xeff, "Lao" },
    { 0x10a0, 0x10ff, "Georgian" },
    { 0x1100, 0x11ff, "Hangul" },
    { 0x13a0, 0x13ff, "Cherokee" },
    { 0x1780, 0x17ff, "Khmer" },
    { 0x1c80, 0x1c8f, "Cyrillic" },
    { 0x1d00, 0x1dbf, "phonetic" },
    { 0x1e00, 0x1eff, "Latin" },
    { 0x1f00, 0x1fff, "Greek" },
    { 0x2100, 0x214f, "letter-like symbol" },
    { 0x2c60, 0x2c7f, "Latin" },
    { 0x2c80, 0x2cff, "Coptic" },
    { 0x2de0, 0x2dff, "Cyrillic" },
    { 0x2e80, 0x2fdf, "Han" },
    { 0x3040, 0x309f, "Hiragana" },
    { 0x30a0, 0x30ff, "Katakana" },
    { 0x3130, 0x318f, "Hangul" },
    { 0x3400, 0x4dbf, "Han" },
    { 0x4e00, 0x9fff, "Han" },
    { 0xa640, 0xa69f, "Cyrillic" },
    { 0xa720, 0xa7ff, "Latin" },
    { 0xab70, 0xabbf, "Cherokee" },
    { 0xac00, 0xd7ff, "Hangul" },
    { 0xf900, 0xfaff, "Han" },
    { 0xff01, 0xff5e, "full-width" },
    { 0x1d400, 0x1d7ff, "mathematical letter" },
    { 0x20000, 0x323af, "Han" },
};

const char *unicode_script(int32_t character)
{
    const char *name = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (character >= names[i].from && character <= names[i].to)
            name = names[i].name;
    return name ? name : "other";
}

bool unicode_is_visible(int32_t character)
{
    switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}
