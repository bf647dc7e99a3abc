#include "record/encoding.h"

#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_damage.h"
#include "record/encoding_tables.h"
#include "record/encoding_utf16.h"
#include "record/encoding_verdict.h"
#include "record/encoding_viqr.h"

/* The reading behind an encoding of old bytes; READING_UTF8 for the others. */
static enum encoding_reading reading_of(enum encoding encoding)
{
    switch (encoding) {
    case ENCODING_CP1258:
        return READING_CP1258;
    case ENCODING_VISCII:
        return READING_VISCII;
    case ENCODING_TCVN3:
        return READING_TCVN3;
    case ENCODING_VNI:
        return READING_VNI;
    case ENCODING_VPS:
        return READING_VPS;
    default:
        return READING_UTF8;
    }
}

static enum status refuse_nul(struct text text, struct error *error)
{
    const char *nul = text.length ? memchr(text.bytes, 0, text.length) : NULL;
    if (!nul)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT,
                     _("byte %zu is a NUL, which no text has; the source may be a binary file, or UTF-16"),
                     (size_t)(nul - text.bytes));
}

static enum status check_utf8(struct text text, struct error *error)
{
    size_t invalid = unicode_invalid_at(text);
    if (invalid < text.length)
        return error_set(error, STATUS_REJECT,
                         _("byte %zu (0x%02X) is not UTF-8; if the source uses another encoding, name it "
                           "with \"encoding\""),
                         invalid, (unsigned char)text.bytes[invalid]);
    return refuse_nul(text, error);
}

static struct text without_mark(struct text text)
{
    return text_starts(text, TEXT("\xEF\xBB\xBF")) ? text_slice(text, 3, text.length - 3) : text;
}

/* Characters into the arena, as capitals where the font had only those. */
struct writer {
    char *bytes;
    size_t length;
    bool capitals;
};

static struct writer writer_take(struct arena *arena, size_t characters, enum encoding_reading reading,
                                 const struct encoding_options *options)
{
    bool tcvn3 = encoding_reading_encoding(reading) == ENCODING_TCVN3;
    return (struct writer){ .bytes = arena_alloc(arena, characters * 4 + 1),
                            .capitals = tcvn3 && options && options->capitals };
}

static void writer_put(struct writer *writer, int32_t character)
{
    if (writer->capitals) {
        struct encoding_letter letter = encoding_letter_of(character);
        if (letter.base)
            character = encoding_letter_compose(letter.base, letter.tone, true);
    }
    writer->length += unicode_put(character, writer->bytes + writer->length);
}

static struct text writer_text(struct writer *writer)
{
    writer->bytes[writer->length] = 0;
    return (struct text){ writer->bytes, writer->length };
}

static enum status refuse_byte(enum encoding_reading reading, unsigned byte, size_t at,
                               struct encoding_finding *finding, struct error *error)
{
    encoding_finding_set(finding, finding->encoding, 0, "");
    return error_set(
        error, STATUS_REJECT,
        _("byte 0x%02X at %zu means nothing in %s (nor with the letter before it); the text is in "
          "another encoding or damaged"),
        byte, at, encoding_reading_name(reading));
}

static enum status read_bytes(struct arena *arena, enum encoding_reading reading,
                              const struct encoding_options *options, struct text bytes, struct text *utf8,
                              struct encoding_finding *finding, struct error *error)
{
    struct writer writer = writer_take(arena, bytes.length, reading, options);
    for (size_t at = 0; at < bytes.length;) {
        const unsigned char *start = (const unsigned char *)bytes.bytes;
        int32_t character = encoding_read(reading, start, bytes.length, &at);
        if (!character)
            return refuse_byte(reading, start[at], at, finding, error);
        writer_put(&writer, character);
    }
    *utf8 = writer_text(&writer);
    return STATUS_OK;
}

/* The characters of a typed text that stand for bytes, run by run; others stay as they are. */
static enum status read_typed(struct arena *arena, enum encoding_reading reading,
                              const struct encoding_options *options, struct text typed, struct text *utf8,
                              struct encoding_finding *finding, struct error *error)
{
    struct writer writer = writer_take(arena, typed.length, reading, options);
    unsigned char *bytes = arena_alloc(arena, typed.length + 1);
    for (size_t next = 0; next < typed.length;) {
        size_t run = next, count = 0, behind = next;
        int32_t character = 0;
        while (next < typed.length) {
            behind = next;
            character = unicode_next(typed, &next);
            int byte = encoding_windows_byte(character);
            if (byte < 0)
                break;
            bytes[count++] = (unsigned char)byte;
            behind = next;
        }
        for (size_t at = 0; at < count;) {
            int32_t read = encoding_read(reading, bytes, count, &at);
            if (!read)
                return refuse_byte(reading, bytes[at], run + at, finding, error);
            writer_put(&writer, read);
        }
        if (behind < next)
            writer_put(&writer, character);
    }
    *utf8 = unicode_nfc(arena, writer_text(&writer)); /* what was passed over may be combining marks */
    return STATUS_OK;
}

static void note_case(enum encoding_reading reading, const struct encoding_options *options,
                      struct encoding_finding *finding)
{
    const char *note = _("; capitals with a tone come out small, as the font has them");
    size_t length = strlen(finding->evidence), more = strlen(note);
    if (reading == READING_TCVN3 && !(options && options->capitals) &&
        length + more < sizeof finding->evidence)
        memcpy(finding->evidence + length, note, more + 1);
}

static enum status decode_reading(struct arena *arena, enum encoding_reading reading, bool typed,
                                  const struct encoding_options *options, struct text text, struct text *utf8,
                                  struct encoding_finding *finding, struct error *error)
{
    note_case(reading, options, finding);
    enum status status = typed ? read_typed(arena, reading, options, text, utf8, finding, error)
                               : read_bytes(arena, reading, options, text, utf8, finding, error);
    return status ? status : encoding_damage_judge_decoded(*utf8, finding, error);
}

static enum status decode_viqr(struct arena *arena, struct text viqr, struct text *utf8,
                               struct encoding_finding *finding, struct error *error)
{
    BUFFER_OWNED struct buffer buffer = { 0 };
    size_t at;
    if (!encoding_viqr_decode(viqr, &buffer, &at)) {
        finding->certainty = 0;
        if ((unsigned char)viqr.bytes[at] < 0x80)
            return error_set(error, STATUS_REJECT,
                             _("\"ddd\" at byte %zu may be \"đd\" or \"dđ\" in VIQR; put a backslash "
                               "between the two letters"),
                             at);
        return error_set(
            error, STATUS_REJECT,
            _("byte 0x%02X at %zu is beyond ASCII, which VIQR is not; the text is in another encoding"),
            (unsigned char)viqr.bytes[at], at);
    }
    *utf8 = text_copy(arena, buffer_view(&buffer));
    return STATUS_OK;
}

/* Text that is Unicode already: it may have been typed in an old font. */
static enum status decode_unicode(struct arena *arena, bool raw, const struct encoding_options *options,
                                  struct text text, struct text *utf8, struct encoding_finding *finding,
                                  struct error *error)
{
    enum encoding_reading reading;
    bool viqr;
    text = unicode_nfc(arena, text);
    enum status status = encoding_verdict_unicode(text, raw, &reading, &viqr, finding, error);
    if (status)
        return status;
    if (viqr)
        return decode_viqr(arena, text, utf8, finding, error);
    if (reading != READING_UTF8)
        return decode_reading(arena, reading, true, options, text, utf8, finding, error);
    *utf8 = text;
    return STATUS_OK;
}

static enum status decode_auto(struct arena *arena, const struct encoding_options *options, struct text bytes,
                               struct text *utf8, struct encoding_finding *finding, struct error *error)
{
    if (encoding_utf16_likely(bytes)) {
        struct encoding_finding inside;
        enum status status = encoding_utf16_decode(arena, ENCODING_UTF16, bytes, utf8, finding, error);
        if (status)
            return status;
        struct encoding_finding found = *finding;
        status = decode_unicode(arena, false, options, *utf8, utf8, &inside, error);
        *finding = status || inside.encoding != ENCODING_UTF8 ? inside : found;
        return status;
    }
    enum status status = refuse_nul(bytes, error);
    if (status)
        return status;
    struct text text = without_mark(bytes);
    if (unicode_invalid_at(text) == text.length && !encoding_has_controls(text))
        return decode_unicode(arena, true, options, text, utf8, finding, error);
    enum encoding_reading reading;
    status = encoding_verdict_bytes(bytes, &reading, finding, error);
    if (status)
        return status;
    return decode_reading(arena, reading, false, options, bytes, utf8, finding, error);
}

static enum status decode_named(struct arena *arena, enum encoding encoding, bool typed,
                                const struct encoding_options *options, struct text text, struct text *utf8,
                                struct encoding_finding *finding, struct error *error)
{
    enum encoding_reading reading = reading_of(encoding);
    encoding_finding_set(finding, encoding, 100, _("named in the configuration"));
    if (encoding == ENCODING_VIQR)
        return decode_viqr(arena, text, utf8, finding, error);
    if (reading == READING_UTF8) {
        *utf8 = unicode_nfc(arena, text);
        return STATUS_OK;
    }
    enum status status = encoding_verdict_named(text, typed, &reading, finding, error);
    if (status)
        return status;
    return decode_reading(arena, reading, typed, options, text, utf8, finding, error);
}

/* Where a text is refused before any survey, the message is the evidence. */
static enum status explain(enum status status, struct encoding_finding *finding, const struct error *error)
{
    if (status && !*finding->evidence)
        encoding_finding_set(finding, finding->encoding, 0, error->message);
    return status;
}

static enum status decode(struct arena *arena, enum encoding encoding, const struct encoding_options *options,
                          struct text bytes, struct text *utf8, struct encoding_finding *finding,
                          struct error *error)
{
    switch (encoding) {
    case ENCODING_AUTO:
        return decode_auto(arena, options, bytes, utf8, finding, error);
    case ENCODING_UTF16:
    case ENCODING_UTF16LE:
    case ENCODING_UTF16BE:
        if (encoding_utf16_decode(arena, encoding, bytes, utf8, finding, error))
            return STATUS_REJECT;
        *utf8 = unicode_nfc(arena, *utf8);
        if (!*finding->evidence)
            encoding_finding_set(finding, encoding, 100, _("named in the configuration"));
        return STATUS_OK;
    case ENCODING_UTF8:
        bytes = without_mark(bytes);
        if (check_utf8(bytes, error))
            return STATUS_REJECT;
        break;
    default:
        if (refuse_nul(bytes, error))
            return STATUS_REJECT;
    }
    return decode_named(arena, encoding, false, options, bytes, utf8, finding, error);
}

enum status encoding_decode(struct arena *arena, enum encoding encoding,
                            const struct encoding_options *options, struct text bytes, struct text *utf8,
                            struct encoding_finding *finding, struct error *error)
{
    struct encoding_finding unasked;
    struct error unheard;
    finding = finding ? finding : &unasked;
    error = error ? error : &unheard;
    encoding_finding_set(finding, encoding, 0, "");
    return explain(decode(arena, encoding, options, bytes, utf8, finding, error), finding, error);
}

static enum status decode_typed(struct arena *arena, enum encoding encoding,
                                const struct encoding_options *options, struct text utf8, struct text *out,
                                struct encoding_finding *finding, struct error *error)
{
    if (check_utf8(utf8, error))
        return STATUS_REJECT;
    utf8 = unicode_nfc(arena, utf8);
    if (encoding == ENCODING_AUTO)
        return decode_unicode(arena, false, options, utf8, out, finding, error);
    return decode_named(arena, encoding, true, options, utf8, out, finding, error);
}

enum status encoding_decode_typed(struct arena *arena, enum encoding encoding,
                                  const struct encoding_options *options, struct text utf8, struct text *out,
                                  struct encoding_finding *finding, struct error *error)
{
    struct encoding_finding unasked;
    struct error unheard;
    finding = finding ? finding : &unasked;
    error = error ? error : &unheard;
    encoding_finding_set(finding, encoding, 0, "");
    return explain(decode_typed(arena, encoding, options, utf8, out, finding, error), finding, error);
}

enum status encoding_check(struct text utf8, struct error *error)
{
    struct encoding_finding finding;
    struct error unheard;
    if (!encoding_damage_possible(utf8))
        return STATUS_OK;
    encoding_finding_set(&finding, ENCODING_UTF8, 0, "");
    return encoding_damage_judge_named(utf8, &finding, error ? error : &unheard);
}
