#include "record/encoding_verdict.h"

#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_damage.h"
#include "record/encoding_detect.h"
#include "record/encoding_viqr.h"

/* Measured on texts of administrative procedures from two letters on: below these a wrong reading has won. */
#define LEAST_WORDS   2
#define LEAST_MARGIN  8  /* more than one word that is good in one reading and bad in the other */
#define LEAST_SIBLING 3  /* between the two tables of TCVN3 */
#define BAD_SHARE     10 /* one word in … may be no Vietnamese */

struct sample {
    char text[64];
};

const char *encoding_reading_name(enum encoding_reading reading)
{
    static const char *const names[READING_COUNT] = {
        [READING_UTF8] = "utf-8",    [READING_TCVN3] = "tcvn3",   [READING_TCVN1] = "tcvn3 (TCVN 5712-1)",
        [READING_VNI] = "vni",       [READING_VISCII] = "viscii", [READING_VPS] = "vps",
        [READING_CP1258] = "cp1258",
    };
    return names[reading];
}

enum encoding encoding_reading_encoding(enum encoding_reading reading)
{
    static const enum encoding encodings[READING_COUNT] = {
        [READING_UTF8] = ENCODING_UTF8,     [READING_TCVN3] = ENCODING_TCVN3,
        [READING_TCVN1] = ENCODING_TCVN3,   [READING_VNI] = ENCODING_VNI,
        [READING_VISCII] = ENCODING_VISCII, [READING_VPS] = ENCODING_VPS,
        [READING_CP1258] = ENCODING_CP1258,
    };
    return encodings[reading];
}

static bool siblings(enum encoding_reading left, enum encoding_reading right)
{
    return encoding_reading_encoding(left) == encoding_reading_encoding(right);
}

/* A word of the text, read in this way; "?" for what does not read. */
static struct sample read_sample(struct text text, bool typed, struct encoding_place place,
                                 enum encoding_reading reading)
{
    struct sample sample = { "" };
    unsigned char bytes[24];
    size_t count = 0, length = 0;
    struct text word = text_slice(text, place.at, place.length);
    if (typed && reading == READING_UTF8) {
        snprintf(sample.text, sizeof sample.text, "%.*s", (int)text_cut(word, sizeof sample.text - 1),
                 word.bytes);
        return sample;
    }
    for (size_t at = 0; at < word.length && count < sizeof bytes;) {
        int byte = typed ? encoding_windows_byte(unicode_next(word, &at)) : (unsigned char)word.bytes[at++];
        bytes[count++] = byte < 0 ? '?' : (unsigned char)byte;
    }
    for (size_t at = 0; at < count && length + 5 < sizeof sample.text;) {
        int32_t character = encoding_read(reading, bytes, count, &at);
        at += character == 0;
        if (character < 0x20 || (character >= 0x7F && character < 0xA0))
            sample.text[length++] = '?';
        else
            length += unicode_put(character, sample.text + length);
    }
    sample.text[length] = 0;
    return sample;
}

/* "48 B5" */
static struct sample show_bytes(struct text text, struct encoding_place place)
{
    struct sample sample = { "" };
    struct text word = text_slice(text, place.at, place.length);
    for (size_t at = 0; at < word.length && at < 16; at++)
        snprintf(sample.text + 3 * at, 4, "%02X ", (unsigned char)word.bytes[at]);
    sample.text[word.length < 16 ? 3 * word.length - (word.length > 0) : 47] = 0;
    return sample;
}

static int certainty(const struct encoding_count *count, long margin)
{
    long sure = 100 - 100 / (1 + (margin > 4000 ? 4000 : margin < 0 ? 0 : margin) / 4);
    size_t judged = count->good + count->bad;
    return judged ? (int)(sure * (long)(count->good * 100 / judged) / 100) : 0;
}

/* The least gain over the readings that are another encoding and give another text. */
static long least_gain(const struct encoding_survey *survey, enum encoding_reading best,
                       enum encoding_reading *second)
{
    long margin = 1000;
    *second = best;
    for (int other = 0; other < READING_COUNT; other++) {
        if (siblings(best, (enum encoding_reading)other) || !survey->differ[best][other])
            continue;
        if (*second == best || survey->gain[best][other] < margin) {
            margin = survey->gain[best][other];
            *second = (enum encoding_reading)other;
        }
    }
    return margin;
}

/* The encoding that makes words of the most that this one cannot read, or the reading itself. */
static enum encoding_reading most_contrary(const struct encoding_survey *survey,
                                           enum encoding_reading reading)
{
    size_t most = 0;
    enum encoding_reading found = reading;
    for (int other = 0; other < READING_COUNT; other++)
        if (!siblings(reading, (enum encoding_reading)other) && survey->contrary[reading][other] > most) {
            most = survey->contrary[reading][other];
            found = (enum encoding_reading)other;
        }
    return found;
}

static enum status mixed(struct text text, bool typed, const struct encoding_survey *survey,
                         enum encoding_reading reading, enum encoding_reading other,
                         struct encoding_finding *finding, struct error *error)
{
    struct encoding_place place = survey->contrary_place[reading][other];
    struct sample here = read_sample(text, typed, place, reading);
    struct sample there = read_sample(text, typed, place, other);
    finding->certainty = certainty(&survey->counts[reading], 0);
    encoding_finding_say(
        finding,
        _("two encodings in one text: %s makes Vietnamese of %zu of %zu words, but \"%s\" at byte %zu is a "
          "word in %s (\"%s\")"),
        encoding_reading_name(reading), survey->counts[reading].good, survey->words, here.text, place.at,
        encoding_reading_name(other), there.text);
    return encoding_finding_doubt(finding, error);
}

static enum status ambiguous(struct text text, bool typed, const struct encoding_survey *survey,
                             enum encoding_reading best, enum encoding_reading second,
                             struct encoding_finding *finding, struct error *error)
{
    struct encoding_place place = survey->differ_place[best][second];
    struct sample here = read_sample(text, typed, place, best);
    struct sample there = read_sample(text, typed, place, second);
    struct sample bytes = typed ? read_sample(text, typed, place, READING_UTF8) : show_bytes(text, place);
    encoding_finding_say(
        finding,
        _("too few words to tell: %s makes Vietnamese of %zu of %zu, %s of %zu; %s at byte %zu would be "
          "\"%s\" "
          "or \"%s\""),
        encoding_reading_name(best), survey->counts[best].good, survey->words, encoding_reading_name(second),
        survey->counts[second].good, bytes.text, place.at, here.text, there.text);
    return encoding_finding_doubt(finding, error);
}

static void say_taken(const struct encoding_survey *survey, enum encoding_reading reading,
                      enum encoding_reading second, struct encoding_finding *finding)
{
    const struct encoding_count *count = &survey->counts[reading];
    if (survey->words == 0)
        encoding_finding_say(finding, _("only ASCII, which is the same in %s"),
                             encoding_reading_name(reading));
    else if (second == reading)
        encoding_finding_say(finding, _("%s makes Vietnamese of %zu of %zu words with letters beyond ASCII"),
                             encoding_reading_name(reading), count->good, survey->words);
    else
        encoding_finding_say(
            finding,
            _("%s makes Vietnamese of %zu of %zu words with letters beyond ASCII, the next best (%s) of %zu"),
            encoding_reading_name(reading), count->good, survey->words, encoding_reading_name(second),
            survey->counts[second].good);
}

/* The fonts' punctuation is the rule; the standard's capitals must show more than a slight gain. */
static bool sibling_certain(const struct encoding_survey *survey)
{
    return survey->gain[READING_TCVN1][READING_TCVN3] >= LEAST_SIBLING;
}

/* Takes the best reading when it stands far enough above every other. */
static enum status take(struct text text, bool typed, const struct encoding_survey *survey,
                        enum encoding_reading best, struct encoding_finding *finding, struct error *error)
{
    const struct encoding_count *count = &survey->counts[best];
    enum encoding_reading second, other = most_contrary(survey, best);
    long margin = least_gain(survey, best, &second);
    finding->encoding = encoding_reading_encoding(best);
    finding->certainty = certainty(count, margin);
    if (count->good < count->bad || count->good == 0) {
        struct encoding_place place = survey->differ_place[READING_UTF8][best];
        struct sample sample = read_sample(text, typed, place, best);
        encoding_finding_say(
            finding,
            _("no encoding makes Vietnamese words of it: %s does best, with %zu of %zu; it would make \"%s\" "
              "at byte %zu"),
            encoding_reading_name(best), count->good, survey->words, sample.text, place.at);
        return encoding_finding_doubt(finding, error);
    }
    if (other != best)
        return mixed(text, typed, survey, best, other, finding, error);
    if (count->good < LEAST_WORDS || margin < LEAST_MARGIN)
        return ambiguous(text, typed, survey, best, second, finding, error);
    if (best == READING_TCVN1 && !sibling_certain(survey))
        return ambiguous(text, typed, survey, best, READING_TCVN3, finding, error);
    if (count->bad * BAD_SHARE > survey->words) {
        encoding_finding_say(finding, _("%s makes Vietnamese of %zu of %zu words, but nothing of %zu"),
                             encoding_reading_name(best), count->good, survey->words, count->bad);
        return encoding_finding_doubt(finding, error);
    }
    say_taken(survey, best, second, finding);
    return STATUS_OK;
}

static size_t find_control(struct text text)
{
    size_t at = 0;
    while (at < text.length &&
           ((unsigned char)text.bytes[at] >= 0x20 || strchr("\t\n\v\f\r", text.bytes[at])))
        at++;
    return at;
}

static enum status say_control(struct text text, size_t at, struct encoding_finding *finding,
                               struct error *error)
{
    encoding_finding_say(finding, _("it holds control characters, such as 0x%02X at byte %zu"),
                         (unsigned char)text.bytes[at], at);
    return encoding_finding_doubt(finding, error);
}

bool encoding_has_controls(struct text text)
{
    return find_control(text) < text.length;
}

enum status encoding_verdict_bytes(struct text bytes, enum encoding_reading *reading,
                                   struct encoding_finding *finding, struct error *error)
{
    struct encoding_survey survey;
    encoding_survey_bytes(bytes, &survey);
    *reading = encoding_survey_best(&survey);
    if (*reading != READING_UTF8)
        return take(bytes, false, &survey, *reading, finding, error);
    size_t at = unicode_invalid_at(bytes);
    enum encoding_reading other = most_contrary(&survey, READING_UTF8);
    finding->encoding = ENCODING_UTF8;
    if (other != READING_UTF8)
        return mixed(bytes, false, &survey, READING_UTF8, other, finding, error);
    if (at == bytes.length)
        return say_control(bytes, find_control(bytes), finding, error);
    if (survey.counts[READING_UTF8].good == 0) {
        encoding_finding_say(finding,
                             _("no encoding makes Vietnamese words of it; byte 0x%02X at %zu is not UTF-8"),
                             (unsigned char)bytes.bytes[at], at);
        return encoding_finding_doubt(finding, error);
    }
    encoding_finding_say(finding,
                         _("%zu of %zu words are Vietnamese in UTF-8, but byte 0x%02X at %zu is not UTF-8"),
                         survey.counts[READING_UTF8].good, survey.words, (unsigned char)bytes.bytes[at], at);
    return encoding_finding_doubt(finding, error);
}

/* ASCII alone, or letters beyond it: does it hold VIQR? */
static enum status judge_viqr(struct text utf8, bool ascii, bool *viqr, struct encoding_finding *finding,
                              struct error *error)
{
    struct encoding_viqr survey;
    *viqr = false;
    if (!ascii && !encoding_viqr_possible(utf8))
        return STATUS_OK;
    encoding_viqr_survey(utf8, &survey);
    size_t marked = survey.decisive + survey.weak;
    struct text word = text_slice(utf8, survey.place.at, survey.place.length);
    if (!ascii && survey.decisive < 2)
        return STATUS_OK;
    if (!ascii) {
        encoding_finding_say(
            finding,
            _("two encodings in one text: letters of Unicode, and %zu words in VIQR such as \"%.*s\" at byte "
              "%zu"),
            survey.decisive, TEXT_ARG(word), survey.place.at);
        return encoding_finding_doubt(finding, error);
    }
    size_t against = survey.strange + survey.opposed,
           speaking = marked + survey.faint + (against ? 0 : survey.tails);
    if (speaking == 0 || (!survey.decisive && against > speaking))
        return STATUS_OK;
    finding->encoding = ENCODING_VIQR;
    finding->certainty = certainty(&(struct encoding_count){ .good = marked, .bad = survey.opposed },
                                   (long)(survey.decisive * 4));
    if (survey.decisive < 2 || survey.opposed * 4 > survey.decisive || survey.strange > marked) {
        encoding_finding_say(
            finding,
            _("ASCII, of which %zu words are Vietnamese in VIQR (such as \"%.*s\" at byte %zu) and %zu are "
              "not"),
            speaking, TEXT_ARG(word), survey.place.at, against);
        return encoding_finding_doubt(finding, error);
    }
    *viqr = true;
    encoding_finding_say(finding, _("%zu words carry VIQR's marks and are Vietnamese, such as \"%.*s\""),
                         marked, TEXT_ARG(word));
    return STATUS_OK;
}

/* The same text as bytes: dashes and quotes, which end a word in Unicode, are capitals in some encodings, and
 * would be decoded as such. Does it still read best in this way? */
static bool holds_as_bytes(struct text utf8, enum encoding_reading reading)
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    struct encoding_survey survey;
    enum encoding_reading second;
    for (size_t at = 0; at < utf8.length;) {
        int byte = encoding_windows_byte(unicode_next(utf8, &at));
        buffer_char(&bytes, byte < 0 ? ' ' : (char)byte);
    }
    encoding_survey_bytes(buffer_view(&bytes), &survey);
    return encoding_survey_best(&survey) == reading && least_gain(&survey, reading, &second) >= LEAST_MARGIN;
}

static enum status judge_typed(struct text utf8, const struct encoding_survey *survey,
                               enum encoding_reading *reading, struct encoding_finding *finding,
                               struct error *error)
{
    enum encoding_reading other = most_contrary(survey, READING_UTF8);
    size_t contrary = survey->contrary[READING_UTF8][other], slips = 0;
    for (int font = READING_UTF8 + 1; font < READING_COUNT && !survey->own; font++)
        if (survey->slips[font] > slips) {
            slips = survey->slips[font];
            if (!contrary)
                other = (enum encoding_reading)font;
        }
    bool foreign = survey->counts[READING_UTF8].bad == 0 && survey->foreign[other] >= 2 * (contrary + slips);
    *reading = READING_UTF8;
    if (contrary + slips == 0 && !survey->own && !survey->common)
        for (int font = READING_UTF8 + 1; font < READING_COUNT; font++)
            if (survey->rather[font] >= 2)
                return ambiguous(utf8, true, survey, READING_UTF8, (enum encoding_reading)font, finding,
                                 error);
    if (contrary + slips == 0 || (foreign && !survey->own)) {
        finding->certainty = contrary + slips ? 80 : 100;
        encoding_finding_say(
            finding,
            _("valid UTF-8; of %zu words with letters beyond ASCII none is a word in an old font's letters "
              "only"),
            survey->words + survey->own);
        return STATUS_OK;
    }
    if (survey->own)
        return mixed(utf8, true, survey, READING_UTF8, other, finding, error);
    *reading = encoding_survey_best(survey);
    if (*reading == READING_UTF8 && contrary)
        return mixed(utf8, true, survey, READING_UTF8, other, finding, error);
    if (*reading == READING_UTF8 || !holds_as_bytes(utf8, *reading))
        return ambiguous(utf8, true, survey, READING_UTF8, other, finding, error);
    return take(utf8, true, survey, *reading, finding, error);
}

/* Bytes of an old encoding that happen to be valid UTF-8 give letters of far scripts among Latin ones. */
static enum status judge_chance(struct text utf8, struct encoding_finding *finding, struct error *error)
{
    struct encoding_survey survey;
    int best = READING_UTF8;
    encoding_survey_bytes(utf8, &survey);
    for (int other = READING_UTF8 + 1; other < READING_COUNT; other++)
        if (survey.counts[other].bad == 0 && survey.points[other] >= survey.points[READING_UTF8] &&
            (best == READING_UTF8 || survey.points[other] > survey.points[best]))
            best = other;
    if (best == READING_UTF8)
        return STATUS_OK;
    return ambiguous(utf8, false, &survey, (enum encoding_reading)best, READING_UTF8, finding, error);
}

static bool only_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.bytes[i] >= 0x80)
            return false;
    return true;
}

enum status encoding_verdict_unicode(struct text utf8, bool raw, enum encoding_reading *reading, bool *viqr,
                                     struct encoding_finding *finding, struct error *error)
{
    bool ascii = only_ascii(utf8);
    *viqr = false;
    *finding = (struct encoding_finding){ .encoding = ENCODING_UTF8, .certainty = 100 };
    *reading = READING_UTF8;
    encoding_finding_say(finding, ascii ? _("only ASCII") : _("valid UTF-8"));
    enum status status = judge_viqr(utf8, ascii, viqr, finding, error);
    if (status || *viqr)
        return status;
    if (ascii && encoding_has_controls(utf8))
        return say_control(utf8, find_control(utf8), finding, error);
    if (ascii)
        return encoding_damage_judge(utf8, true, NULL, finding, error);
    struct encoding_survey survey;
    encoding_survey_typed(utf8, &survey);
    if (raw && survey.strange && !survey.own && !survey.scripts && !survey.mojibake)
        status = judge_chance(utf8, finding, error);
    if (status == STATUS_OK)
        status = encoding_damage_judge(utf8, false, &survey, finding, error);
    if (status == STATUS_OK)
        status = judge_typed(utf8, &survey, reading, finding, error);
    if (status == STATUS_OK && *reading == READING_UTF8 && encoding_has_controls(utf8))
        return say_control(utf8, find_control(utf8), finding, error);
    return status;
}

enum status encoding_verdict_named(struct text text, bool typed, enum encoding_reading *reading,
                                   struct encoding_finding *finding, struct error *error)
{
    struct encoding_survey survey;
    enum encoding_reading second;
    if (typed)
        encoding_survey_typed(text, &survey);
    else
        encoding_survey_bytes(text, &survey);
    *finding = (struct encoding_finding){ .encoding = encoding_reading_encoding(*reading), .certainty = 100 };
    if (*reading == READING_TCVN3 && survey.gain[READING_TCVN1][READING_TCVN3] > 0) {
        *reading = READING_TCVN1;
        if (!sibling_certain(&survey))
            return ambiguous(text, typed, &survey, READING_TCVN1, READING_TCVN3, finding, error);
    }
    if (typed && survey.own) {
        encoding_finding_say(
            finding, _("%zu words have letters that only Unicode has, so the text is not all typed in %s"),
            survey.own, encoding_reading_name(*reading));
        return encoding_finding_doubt(finding, error);
    }
    enum encoding_reading other = most_contrary(&survey, *reading);
    if (other != *reading)
        return mixed(text, typed, &survey, *reading, other, finding, error);
    least_gain(&survey, *reading, &second);
    say_taken(&survey, *reading, second, finding);
    const struct encoding_count *count = &survey.counts[*reading];
    if (count->bad)
        finding->certainty = (int)(100 * count->good / (count->good + count->bad));
    return STATUS_OK;
}
