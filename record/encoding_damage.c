#include "record/encoding_damage.h"

#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_viqr.h"

static bool is_letter(unsigned char byte)
{
    return byte >= 0x80 || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static char peek(struct text text, size_t at)
{
    return at < text.length ? text.bytes[at] : 0;
}

/* Letters beyond ASCII are taken for vowels, but for đ. */
static bool has_vowel(struct text letters)
{
    for (size_t i = 0; i < letters.length; i++) {
        unsigned char byte = (unsigned char)letters.bytes[i];
        bool stroke = byte == 0xC4 && (peek(letters, i + 1) == '\x91' || peek(letters, i + 1) == '\x90');
        if (stroke)
            i++;
        else if (byte >= 0x80 || strchr("aeiouyAEIOUY", byte))
            return true;
    }
    return false;
}

/* What a syllable may begin with, when the vowel behind it is lost. */
static bool is_onset(struct text letters)
{
    static const char *const onsets[] = { "b", "c", "ch", "d",  "g",   "gh", "h", "k",  "kh",
                                          "l", "m", "n",  "ng", "ngh", "nh", "p", "ph", "q",
                                          "r", "s", "t",  "th", "tr",  "v",  "x", "đ",  "Đ" };
    char lower[4];
    if (letters.length == 0 || letters.length > sizeof lower - 1)
        return false;
    for (size_t i = 0; i < letters.length; i++) {
        char byte = letters.bytes[i];
        lower[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
    }
    for (size_t i = 0; i < sizeof onsets / sizeof *onsets; i++)
        if (text_equal((struct text){ lower, letters.length }, text_of(onsets[i])))
            return true;
    return false;
}

static bool is_small(char byte)
{
    return (unsigned char)byte >= 0x80 || (byte >= 'a' && byte <= 'z');
}

/* Does what goes with the word from `start` to `end` make it an address, a formula, JSON? */
static bool is_address(struct text text, size_t start, size_t end)
{
    while (start && !strchr(" \t\r\n\"", text.bytes[start - 1]))
        start--;
    while (end < text.length && !strchr(" \t\r\n\"", text.bytes[end]))
        end++;
    struct text run = text_slice(text, start, end - start);
    for (size_t i = 0; i < run.length; i++)
        if (strchr("/=&@\\", run.bytes[i]) && run.bytes[i])
            return true;
    return false;
}

/* How surely the question marks at `at` (up to `end`) stand for letters: 2 is sure, 1 is not alone. */
static int weigh(struct text text, size_t at, size_t end, bool viqr)
{
    size_t start = at, last = end;
    while (start && is_letter((unsigned char)text.bytes[start - 1]))
        start--;
    while (last < text.length && is_letter((unsigned char)text.bytes[last]))
        last++;
    struct text left = text_slice(text, start, at - start), right = text_slice(text, end, last - end);
    bool onset = is_onset(left);
    if (is_address(text, start, last))
        return 0;
    if (right.length) {
        bool small = is_small(right.bytes[0]);
        if (onset || (end - at > 1 && small))
            return 2;
        if (left.length && !viqr && !has_vowel(right))
            return 2;
        return small && (left.length || !viqr);
    }
    if (!onset || end - at > 1 || peek(text, end) != ' ')
        return 0;
    return is_small(peek(text, end + 1)) ? 2 : is_letter((unsigned char)peek(text, end + 1));
}

/* `least`: 2 for one word that is sure. */
static bool find_lost(struct text utf8, bool viqr, int least, struct encoding_place *place)
{
    int sum = 0;
    for (size_t at = 0; at < utf8.length && sum < least; at++) {
        const char *mark = memchr(utf8.bytes + at, '?', utf8.length - at);
        if (!mark)
            break;
        size_t start = (size_t)(mark - utf8.bytes), end = start;
        while (peek(utf8, end) == '?')
            end++;
        int weight = weigh(utf8, start, end, viqr);
        at = end - 1;
        if (weight > sum || (weight && sum == 0)) {
            while (start && is_letter((unsigned char)utf8.bytes[start - 1]))
                start--;
            while (end < utf8.length && (is_letter((unsigned char)utf8.bytes[end]) || utf8.bytes[end] == '?'))
                end++;
            *place = (struct encoding_place){ start, end - start };
        }
        sum += weight;
    }
    return sum >= least;
}

/* Far from Latin, Greek and Cyrillic, and no sign or ligature of theirs. */
static bool is_far(int32_t character)
{
    return ((character >= 0x530 && character < 0x1D00) || (character >= 0x2E80 && character < 0xA720) ||
            (character >= 0xA800 && character < 0xFB00)) &&
           unicode_is_letter(character);
}

static bool find_strange(struct text utf8, struct encoding_place *place)
{
    for (size_t at = 0; at < utf8.length;) {
        if ((unsigned char)utf8.bytes[at] < 0xD0) { /* below U+0400 */
            at++;
            continue;
        }
        size_t start = at;
        if (!is_far(unicode_next(utf8, &at)))
            continue;
        char before = start ? utf8.bytes[start - 1] : 0, behind = peek(utf8, at);
        if ((before < 'a' || before > 'z') && (behind < 'a' || behind > 'z'))
            continue;
        *place = (struct encoding_place){ start, at - start };
        return true;
    }
    return false;
}

static bool find_amount(struct text utf8, struct encoding_place *place)
{
    for (size_t at = 1; at + 1 < utf8.length; at++) {
        if ((unsigned char)utf8.bytes[at] != 0xC2 && (unsigned char)utf8.bytes[at] != 0xC3)
            continue;
        if (utf8.bytes[at - 1] != '0' || (at > 1 && utf8.bytes[at - 2] != '0'))
            continue;
        size_t end = at;
        int32_t sign = unicode_next(utf8, &end);
        char behind = peek(utf8, end);
        bool other = sign != 0xAE && sign != 0xA7 && sign != 0xF1 && sign != 0xD1 && sign != 0xC7;
        if (other || is_letter((unsigned char)behind) || (behind >= '0' && behind <= '9'))
            continue;
        size_t start = at;
        while (start && strchr("0123456789.,", utf8.bytes[start - 1]))
            start--;
        *place = (struct encoding_place){ start, end - start };
        return true;
    }
    return false;
}

/* So much of a place as a message shows. */
static struct text piece_of(struct text utf8, struct encoding_place place)
{
    struct text piece = text_slice(utf8, place.at, place.length);
    piece.length = text_cut(piece, piece.length < 60 ? piece.length : 60);
    return piece;
}

static enum status judge_lost(struct text utf8, bool ascii, int least, struct encoding_finding *finding,
                              struct error *error)
{
    struct encoding_place place;
    if (!find_lost(utf8, ascii, least, &place))
        return STATUS_OK;
    struct text piece = piece_of(utf8, place);
    encoding_finding_say(finding,
                         _("a question mark seems to stand for a letter that was lost before, in \"%.*s\" at "
                           "byte %zu"),
                         TEXT_ARG(piece), place.at);
    return encoding_finding_doubt(finding, error);
}

static enum status judge_twice(struct text utf8, const struct encoding_survey *survey,
                               struct encoding_finding *finding, struct error *error)
{
    size_t lost;
    if (survey && survey->mojibake) {
        struct text piece = text_slice(utf8, survey->mojibake_place.at, 12);
        piece.length = text_cut(piece, piece.length);
        encoding_finding_say(finding,
                             _("looks like UTF-8 read as Windows-1252 and encoded once more: %zu letters, "
                               "such as \"%.*s\" at byte %zu"),
                             survey->mojibake, TEXT_ARG(piece), survey->mojibake_place.at);
        return encoding_finding_doubt(finding, error);
    }
    if (text_find(utf8, TEXT("\uFFFD"), &lost)) {
        encoding_finding_say(finding, _("U+FFFD at byte %zu stands for a letter that was lost before"), lost);
        return encoding_finding_doubt(finding, error);
    }
    return STATUS_OK;
}

enum status encoding_damage_judge(struct text utf8, bool ascii, const struct encoding_survey *survey,
                                  struct encoding_finding *finding, struct error *error)
{
    struct encoding_place place;
    if (judge_twice(utf8, survey, finding, error))
        return STATUS_REJECT;
    if (find_strange(utf8, &place)) {
        struct text piece = piece_of(utf8, place);
        encoding_finding_say(
            finding,
            _("the letter \"%.*s\" at byte %zu is of another script than the word it stands in; "
              "bytes of another encoding may look so"),
            TEXT_ARG(piece), place.at);
        return encoding_finding_doubt(finding, error);
    }
    if (find_amount(utf8, &place)) {
        struct text piece = piece_of(utf8, place);
        encoding_finding_say(finding,
                             _("the amount \"%.*s\" at byte %zu ends in a sign that is đ in an old font"),
                             TEXT_ARG(piece), place.at);
        return encoding_finding_doubt(finding, error);
    }
    return judge_lost(utf8, ascii, 2, finding, error);
}

enum status encoding_damage_judge_decoded(struct text utf8, struct encoding_finding *finding,
                                          struct error *error)
{
    struct encoding_viqr survey = { 0 };
    if (encoding_viqr_possible(utf8))
        encoding_viqr_survey(utf8, &survey);
    if (survey.decisive < 2)
        return judge_lost(utf8, false, 2, finding, error);
    struct text word = text_slice(utf8, survey.place.at, survey.place.length);
    encoding_finding_say(finding, _("two encodings in one text: %s, and %zu words in VIQR such as \"%.*s\""),
                         encoding_name(finding->encoding), survey.decisive, TEXT_ARG(word));
    return encoding_finding_doubt(finding, error);
}

/* Ã, Ä, Å, Æ, and á before º or »: what the lead bytes of Vietnamese letters look like. */
static bool may_be_twice(struct text utf8)
{
    const unsigned char *bytes = (const unsigned char *)utf8.bytes;
    for (size_t i = 0; i + 3 < utf8.length; i++) {
        if (bytes[i] != 0xC3)
            continue;
        if ((bytes[i + 1] >= 0x83 && bytes[i + 1] <= 0x86) ||
            (bytes[i + 1] == 0xA1 && bytes[i + 2] == 0xC2 && (bytes[i + 3] | 1) == 0xBB))
            return true;
    }
    return false;
}

bool encoding_damage_possible(struct text utf8)
{
    size_t at;
    return utf8.length && (memchr(utf8.bytes, '?', utf8.length) || text_find(utf8, TEXT("\uFFFD"), &at) ||
                           may_be_twice(utf8));
}

enum status encoding_damage_judge_named(struct text utf8, struct encoding_finding *finding,
                                        struct error *error)
{
    struct encoding_survey survey = { 0 };
    if (unicode_invalid_at(utf8) < utf8.length)
        return STATUS_OK; /* refused elsewhere */
    if (may_be_twice(utf8))
        encoding_survey_typed(utf8, &survey);
    if (judge_twice(utf8, &survey, finding, error))
        return STATUS_REJECT;
    return judge_lost(utf8, false, 4, finding, error);
}
