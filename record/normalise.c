#include "record/normalise.h"

#include <string.h>

#include "adapters/unicode.h"

void normalise_add(struct normalise_counts *sum, const struct normalise_counts *counts)
{
    sum->composed += counts->composed;
    sum->d_stroke += counts->d_stroke;
    sum->invisible += counts->invisible;
    sum->bullets += counts->bullets;
    sum->blanks += counts->blanks;
    sum->line_breaks += counts->line_breaks;
}

/* How far a byte that needs no second look leads on: ASCII letters and signs, and the lead bytes C4…DF of
 * U+0100–U+07FF. */
static const unsigned char plain[256] = {
    ['!' ... '~'] = 1,
    [0xc4 ... 0xdf] = 2,
};

/* Behind the bytes from `at` on that certainly stay as they are: ASCII, letters, marks, and single blanks between. C3
 * leads U+00C0–U+00FF, E1 B8…BB U+1E00–U+1EFF, E2 80 90…A7 dashes, quotes and dots. */
static size_t plain_end(const unsigned char *bytes, size_t at, size_t length)
{
    size_t start = at;
    while (at < length) {
        unsigned char byte = bytes[at];
        if (plain[byte])
            at += plain[byte];
        else if (byte == ' ' && at > start && at + 1 < length && plain[bytes[at + 1]])
            at++;
        else if (byte == 0xe1 && bytes[at + 1] >= 0xb8 && bytes[at + 1] <= 0xbb)
            at += 3;
        else if (byte == 0xc3 && bytes[at + 1] != 0x90 && bytes[at + 1] != 0xb0)
            at += 2;
        else if (byte == 0xe2 && bytes[at + 1] == 0x80 && bytes[at + 2] >= 0x90 && bytes[at + 2] <= 0xa7)
            at += 3;
        else
            break;
    }
    return at;
}

bool normalise_keeps_ascii(struct text text)
{
    static const char leads[] = { (char)0xc2, (char)0xe2, (char)0xef };
    for (size_t i = 0; text.length && i < sizeof leads; i++)
        for (const char *at = text.bytes, *end = text.bytes + text.length;
             at < end && (at = memchr(at, leads[i], (size_t)(end - at))); at++) {
            const unsigned char *bytes = (const unsigned char *)at;
            bool stays = i == 0   ? bytes[1] != 0xad
                         : i == 1 ? bytes[1] == 0x80 && bytes[2] >= 0x90 && bytes[2] <= 0xa7
                                  : false;
            if (!stays)
                return false;
        }
    return true;
}

/* Unicode's White_Space but LF and CR. */
static bool is_blank(int32_t c)
{
    return c == ' ' || c == '\t' || c == 0x0b || c == 0x0c || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

struct cleaning {
    char *out;
    size_t length;
    int pending_breaks; /* line breaks seen since the last letter */
    bool pending_blank;
    bool after_return; /* the last that is kept was a CR: a LF behind it is the same break */
    bool lines;
    bool controls;                   /* they stay */
    struct normalise_counts touched; /* 0 or 1 each */
};

static void flush_space(struct cleaning *cleaning)
{
    if (cleaning->length && cleaning->pending_breaks) {
        int breaks = cleaning->pending_breaks > 2 ? 2 : cleaning->pending_breaks;
        for (int i = 0; i < breaks; i++)
            cleaning->out[cleaning->length++] = '\n';
    } else if (cleaning->length && cleaning->pending_blank) {
        cleaning->out[cleaning->length++] = ' ';
    }
    if (cleaning->pending_breaks > 2)
        cleaning->touched.line_breaks = 1;
    cleaning->pending_breaks = 0;
    cleaning->pending_blank = false;
}

static void put(struct cleaning *cleaning, int32_t character)
{
    flush_space(cleaning);
    cleaning->length += unicode_put(character, cleaning->out + cleaning->length);
}

static void put_break(struct cleaning *cleaning)
{
    if (cleaning->lines)
        cleaning->pending_breaks++;
    else
        cleaning->pending_blank = true;
}

static void put_blank(struct cleaning *cleaning, int32_t character)
{
    if (character != ' ' || cleaning->pending_blank || cleaning->pending_breaks || !cleaning->length)
        cleaning->touched.blanks = 1;
    cleaning->pending_blank = true;
}

static enum status clean(struct cleaning *cleaning, struct text text, struct error *error)
{
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        at = plain_end((const unsigned char *)text.bytes, at, text.length);
        if (at > start) {
            flush_space(cleaning);
            cleaning->after_return = false;
            memcpy(cleaning->out + cleaning->length, text.bytes + start, at - start);
            cleaning->length += at - start;
            continue;
        }
        int32_t c = unicode_next(text, &at);
        if (unicode_is_unseen(c)) {
            cleaning->touched.invisible = 1;
            continue;
        }
        bool same_break = c == '\n' && cleaning->after_return;
        cleaning->after_return = c == '\r';
        if (same_break)
            continue;
        if (c == '\r' || c == '\n') {
            cleaning->touched.line_breaks |= c == '\r' || !cleaning->lines;
            put_break(cleaning);
        } else if (is_blank(c)) {
            put_blank(cleaning, c);
        } else if (!cleaning->controls && (c < 0x20 || (c >= 0x7f && c < 0xa0))) {
            return error_set(
                error, STATUS_REJECT, _("the control character U+%04X stands in the text, after \"%.*s\""),
                (unsigned)c,
                TEXT_ARG(text_slice(text, start > 20 ? start - 20 : 0, start > 20 ? 20 : start)));
        } else if (c >= 0xf000 && c <= 0xf0ff) {
            cleaning->touched.bullets = 1;
            put(cleaning, '-');
        } else if (c == 0xd0 || c == 0xf0) {
            cleaning->touched.d_stroke = 1;
            put(cleaning, c == 0xd0 ? 0x110 : 0x111);
        } else {
            put(cleaning, c);
        }
    }
    cleaning->touched.blanks |= cleaning->pending_blank;
    return STATUS_OK;
}

static struct text composed(struct arena *arena, struct cleaning *cleaning)
{
    struct text cleaned = { cleaning->out, cleaning->length };
    if (unicode_nfc_certain(cleaned))
        return cleaned;
    struct text nfc = unicode_nfc(arena, cleaned);
    cleaning->touched.composed = nfc.bytes != cleaned.bytes;
    return nfc;
}

enum status normalise(struct arena *arena, struct text text, bool lines, struct normalise_counts *counts,
                      struct text *out, struct error *error)
{
    if (unicode_is_plain(text) && (lines || !text.length || !memchr(text.bytes, '\n', text.length))) {
        *out = text;
        return STATUS_OK;
    }
    struct cleaning cleaning = { .lines = lines, .out = arena_alloc(arena, text.length + 1) };
    if (clean(&cleaning, text, error))
        return error->status;
    *out = composed(arena, &cleaning);
    normalise_add(counts, &cleaning.touched);
    return STATUS_OK;
}

struct text normalise_to_look_into(struct arena *arena, struct text text)
{
    struct error none = { 0 };
    struct cleaning cleaning = { .controls = true, .out = arena_alloc(arena, text.length + 1) };
    (void)clean(&cleaning, text, &none);
    return composed(arena, &cleaning);
}
