#include "record/encoding_syllable.h"

#include <stdbool.h>
#include <string.h>

/* Rhymes in the letters of struct encoding_letter, sorted; a star marks the rare ones. */
static const char *const rhymes[] = {
    "Ac",   "Ah*",   "Ak*",  "Am",   "An",   "Ang",  "Ap",   "At",   "Bc",   "Bm",   "Bn",    "Bng",   "Bp",
    "Bt",   "Bu",    "By",   "E",    "Ech",  "Ek*",  "Em",   "En",   "Eng*", "Enh",  "Ep",    "Et",    "Eu",
    "O",    "OOng*", "Oc",   "Oi",   "Ok*",  "Om",   "On",   "Ong",  "Op",   "Ot",   "P",     "Pi",    "Pm",
    "Pn",   "Png*",  "Pp",   "Pt",   "U",    "UPc",  "UPi",  "UPm",  "UPn",  "UPng", "UPp",   "UPt",   "UPu",
    "Ua",   "Uc",    "Ui",   "Um*",  "Un*",  "Ung",  "Ut",   "Uu",   "a",    "ac",   "ach",   "ah*",   "ai",
    "ak*",  "am",    "an",   "ang",  "anh",  "ao",   "ap",   "at",   "au",   "ay",   "e",     "ec",    "eh*",
    "ek*",  "em",    "en",   "eng",  "eo",   "ep",   "et",   "i",    "iEc",  "iEm",  "iEn",   "iEng",  "iEp",
    "iEt",  "iEu",   "ia",   "ich",  "ik*",  "im",   "in",   "inh",  "ip",   "it",   "iu",    "o",     "oAc",
    "oAm*", "oAn",   "oAng", "oAt",  "oa",   "oac",  "oach", "oai",  "oam",  "oan",  "oang",  "oanh",  "oao*",
    "oap*", "oat",   "oay",  "oc",   "oe",   "oen",  "oeo",  "oet",  "oi",   "ok*",  "om",    "on",    "ong",
    "ooc*", "oong*", "op",   "ot",   "u",    "uBn",  "uBng", "uBt",  "uBy",  "uE",   "uEch*", "uEnh*", "uOc",
    "uOi",  "uOm",   "uOn",  "uOng", "uOt",  "uP",   "ua",   "uc",   "ui",   "uk*",  "um",    "un",    "ung",
    "up",   "ut",    "uy",   "uyEn", "uyEt", "uya",  "uych", "uyn*", "uynh", "uyp*", "uyt",   "uyu",   "y",
    "yEm",  "yEn",   "yEng", "yEt",  "yEu",  "ych*", "yn*",  "ynh*", "yt*",
};

/* Initial consonants, the longest first. */
static const char *const onsets[] = {
    "ngh", "ng", "nh", "ch", "gh", "kh", "ph", "qu", "th", "tr", "b", "c", "d",  "D",
    "g",   "h",  "k",  "l",  "m",  "n",  "p",  "r",  "s",  "t",  "v", "x", NULL,
};

/* Those of the smaller peoples' names. */
static const char *const rare_onsets[] = {
    "bl", "br", "dr", "Dr", "gr", "hr", "kb", "kl", "kr", "mn", "pl", "pr", "sr", "xt", NULL,
};

#define FRONT  "eEiy"
#define VOWELS "aABeEioOPuUy"

static const char *find_onset(const char *const *list, const char *letters)
{
    for (; *list; list++)
        if (strncmp(*list, letters, strlen(*list)) == 0)
            return *list;
    return NULL;
}

static bool is_vowel(char base)
{
    return base && strchr(VOWELS, base);
}

static enum encoding_syllable find_rhyme(const char *letters)
{
    size_t low = 0, high = sizeof rhymes / sizeof *rhymes;
    while (low < high) {
        size_t middle = (low + high) / 2;
        size_t length = strcspn(rhymes[middle], "*");
        int order = strncmp(letters, rhymes[middle], length);
        if (order == 0 && letters[length] == 0)
            return rhymes[middle][length] ? SYLLABLE_RARE : SYLLABLE_GOOD;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SYLLABLE_NONE;
}

/* Which vowel of the rhyme carries the tone; `other` is the second place that is right too, or -1. */
static int tone_place(const char *rhyme, int *other)
{
    int shaped = -1, vowels = 0;
    *other = -1;
    for (; is_vowel(rhyme[vowels]); vowels++)
        if (rhyme[vowels] < 'a')
            shaped = vowels;
    if (shaped >= 0)
        return shaped;
    if (vowels == 3)
        return 1;
    if (vowels == 2 && rhyme[2])
        return 1;
    if (strcmp(rhyme, "oa") == 0 || strcmp(rhyme, "oe") == 0 || strcmp(rhyme, "uy") == 0)
        *other = 1;
    return 0;
}

static enum encoding_syllable fit(const char *onset, const char *rhyme)
{
    bool front = strchr(FRONT, *rhyme);
    bool glide = rhyme[1] &&
                 ((*rhyme == 'o' && strchr("aAe", rhyme[1])) || (*rhyme == 'u' && strchr("BEPy", rhyme[1])));
    if (!*onset)
        return *rhyme == 'i' && rhyme[1] == 'E' ? SYLLABLE_NONE : SYLLABLE_GOOD;
    if (strcmp(onset, "qu") == 0) {
        if (*rhyme == 'O')
            return strcmp(rhyme, "Oc") == 0 ? SYLLABLE_GOOD : SYLLABLE_NONE;
        return strchr("ouU", *rhyme) ? SYLLABLE_NONE : SYLLABLE_GOOD;
    }
    if (strcmp(onset, "gi") == 0)
        return strchr("iy", *rhyme) || glide ? SYLLABLE_NONE : SYLLABLE_GOOD;
    if (strcmp(onset, "gh") == 0 || strcmp(onset, "ngh") == 0)
        return front && *rhyme != 'y' ? SYLLABLE_GOOD : SYLLABLE_NONE;
    if (strcmp(onset, "c") == 0 || strcmp(onset, "ng") == 0)
        return front ? SYLLABLE_NONE : SYLLABLE_GOOD;
    if (strcmp(onset, "g") == 0 && front)
        return *rhyme == 'i' ? SYLLABLE_GOOD : SYLLABLE_NONE;
    if (strcmp(onset, "p") == 0 || (strcmp(onset, "k") == 0 && !front))
        return SYLLABLE_RARE;
    if (*rhyme == 'y' && rhyme[1])
        return SYLLABLE_NONE;
    if (*rhyme == 'y' && !strchr("hklmst", *onset))
        return SYLLABLE_RARE;
    if (glide && (strchr("bmv", *onset) || strcmp(onset, "ph") == 0))
        return SYLLABLE_RARE;
    return SYLLABLE_GOOD;
}

/* `letters` behind an onset; `toned` is the place of the tone in it, negative inside the onset. */
static enum encoding_syllable judge(const char *onset, const char *rhyme, unsigned tone, int toned)
{
    enum encoding_syllable found = find_rhyme(rhyme);
    if (found == SYLLABLE_NONE)
        return SYLLABLE_NONE;
    bool after_qu = strcmp(onset, "qu") == 0;
    if (after_qu && *rhyme == 'y')
        found = SYLLABLE_GOOD; /* quỳnh, quýt: rare elsewhere */
    enum encoding_syllable fits = find_onset(rare_onsets, onset) ? SYLLABLE_RARE : fit(onset, rhyme);
    if (fits < found)
        found = fits;
    if (found == SYLLABLE_NONE)
        return SYLLABLE_NONE;
    size_t length = strlen(rhyme);
    char last = rhyme[length - 1];
    bool stopped = strchr("cpt", last) || (last == 'h' && rhyme[length - 2] == 'c');
    if (stopped && tone == TONE_NONE)
        return SYLLABLE_TONELESS;
    if (stopped && tone != TONE_ACUTE && tone != TONE_DOT)
        return SYLLABLE_NONE;
    if (tone == TONE_NONE)
        return found;
    int other, place = tone_place(rhyme, &other);
    if (toned == place || toned == other)
        return found;
    return toned < 0 || is_vowel(rhyme[toned]) ? SYLLABLE_RARE : SYLLABLE_NONE;
}

static enum encoding_syllable parse(const char *letters, unsigned tone, int toned)
{
    enum encoding_syllable with_gi = SYLLABLE_NONE;
    if (letters[0] == 'g' && letters[1] == 'i' && is_vowel(letters[2]))
        with_gi = judge("gi", letters + 2, tone, toned - 2);
    const char *onset = find_onset(rare_onsets, letters);
    if (!onset)
        onset = find_onset(onsets, letters);
    if (!onset)
        onset = "";
    int skip = (int)strlen(onset);
    enum encoding_syllable found = judge(onset, letters + skip, tone, toned - skip);
    return found > with_gi ? found : with_gi;
}

static bool case_consistent(const struct encoding_letter *letters, size_t count, bool *capitals)
{
    size_t upper = 0, certain = 0;
    bool first = letters[0].upper;
    for (size_t i = 0; i < count; i++) {
        if (letters[i].caseless && !letters[i].upper)
            continue;
        certain++;
        upper += letters[i].upper;
    }
    *capitals = upper == certain && upper;
    return upper == 0 || upper == certain || (upper == 1 && first);
}

/* Letters that stand alone: in lists (a, đ), and as words (à, ở, ý, ổ, ủ, ư). */
static bool single(char base, unsigned tone)
{
    static const char *const toned[] = { "", "aOPuUy", "aEOPuUy", "aOPuy", "", "aPuUy" };
    return tone == TONE_NONE || strchr(toned[tone], base);
}

enum encoding_syllable encoding_syllable(const struct encoding_letter *letters, size_t count)
{
    char bases[SYLLABLE_LETTERS + 1];
    unsigned tone = TONE_NONE, tones = 0;
    int toned = 0;
    bool capitals;
    if (count == 0 || count > SYLLABLE_LETTERS || !case_consistent(letters, count, &capitals))
        return SYLLABLE_NONE;
    for (size_t i = 0; i < count; i++) {
        if (!letters[i].base)
            return SYLLABLE_NONE;
        bases[i] = letters[i].base;
        if (letters[i].tone) {
            tone = letters[i].tone;
            toned = (int)i;
            tones++;
        }
    }
    bases[count] = 0;
    if (tones > 1)
        return SYLLABLE_NONE;
    if (count == 1)
        return single(bases[0], tone) ? SYLLABLE_ABBREVIATION : SYLLABLE_NONE;
    enum encoding_syllable found = parse(bases, tone, toned);
    if (found != SYLLABLE_NONE)
        return found;
    bool consonants = strchr(bases, 'D') && !strpbrk(bases, VOWELS); /* sđ, gđ */
    if (tone == TONE_NONE && (capitals || (consonants && count <= 4)))
        return SYLLABLE_ABBREVIATION;
    return SYLLABLE_NONE;
}

static bool word_ends(const struct encoding_letter *letters, size_t count, size_t start, size_t at)
{
    if (at == count)
        return true;
    const struct encoding_letter *before = &letters[at - 1];
    if (!letters[at].upper)
        return false;
    return !before->upper || (at + 1 < count && !letters[at + 1].upper && at - start > 1);
}

enum encoding_syllable encoding_syllables(const struct encoding_letter *letters, size_t count)
{
    enum encoding_syllable worst = encoding_syllable(letters, count);
    if (worst != SYLLABLE_NONE)
        return worst;
    worst = SYLLABLE_GLUED;
    for (size_t start = 0, at = 1; at <= count; at++) {
        if (!word_ends(letters, count, start, at))
            continue;
        enum encoding_syllable found = encoding_syllable(letters + start, at - start);
        if (found == SYLLABLE_NONE || (found == SYLLABLE_ABBREVIATION && at - start < 2))
            return SYLLABLE_NONE;
        if (found < worst)
            worst = found;
        start = at;
    }
    return worst;
}
