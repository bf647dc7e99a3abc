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

#define GLUED_LETTERS 40

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

static bool is_plain(const struct encoding_letter *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (letters[i].tone || letters[i].base < 'a')
            return false;
    return true;
}

/* Words in capitals that ran together ("NỘPTHỜI", "PHÍMÔ"): each a good syllable, of two letters only where a
 * mark tells it from chance. */
static bool glued_capitals(const struct encoding_letter *letters, size_t count)
{
    bool reached[GLUED_LETTERS + 1] = { true };
    if (count < 5 || count > GLUED_LETTERS)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!letters[i].upper && !letters[i].caseless)
            return false;
    for (size_t end = 2; end <= count; end++)
        for (size_t start = 0; start + 2 <= end && !reached[end]; start++)
            reached[end] = reached[start] && (end - start > 2 || !is_plain(letters + start, 2)) &&
                           encoding_syllable(letters + start, end - start) == SYLLABLE_GOOD;
    return reached[count];
}

enum encoding_syllable encoding_syllables(const struct encoding_letter *letters, size_t count)
{
    enum encoding_syllable whole = encoding_syllable(letters, count);
    if (whole != SYLLABLE_NONE)
        return whole;
    if (glued_capitals(letters, count))
        return SYLLABLE_GLUED;
    enum encoding_syllable worst = SYLLABLE_GLUED;
    bool good = false;
    for (size_t start = 0, at = 1; at <= count; at++) {
        if (!word_ends(letters, count, start, at))
            continue;
        enum encoding_syllable found = encoding_syllable(letters + start, at - start);
        if (found == SYLLABLE_NONE || (found == SYLLABLE_ABBREVIATION && at - start < 2))
            return SYLLABLE_NONE;
        good |= found == SYLLABLE_GOOD;
        if (found < worst)
            worst = found;
        start = at;
    }
    return good && worst == SYLLABLE_ABBREVIATION ? SYLLABLE_GLUED : worst;
}

/* Frequent in the texts of the administration: the letters and the number of the tone, sorted. */
static const char *const common[] = {
    "DAng0", "DBt2",    "DE1",     "DE3",    "DEn2",   "DEu1",   "DOc2",    "DOi3",    "DOng1",  "DPn0",
    "DUPc5", "Da4",     "DiEm3",   "DiEu1",  "Dia5",   "Dinh5",  "Do2",     "bO2",     "bO3",    "bO5",
    "ban3",  "bi5",     "cBp2",    "cBu1",   "cOng0",  "cP0",    "cac2",    "can2",    "chOng1", "chOng2",
    "chUc2", "chUng2",  "chi3",    "chinh2", "chu3",   "co2",    "cu4",     "cua3",    "cung4",  "dBn0",
    "dUPi2", "dich5",   "gUi3",    "giBy2",  "giPi2",  "giUa4",  "giam2",   "hO1",     "hO4",    "hOi5",
    "hPp5",  "ha1",     "han5",    "hanh1",  "hiEn5",  "hinh1",  "ho5",     "hoc5",    "huyEn5", "kE2",
    "kEt2",  "kem1",    "khOng0",  "khoan3", "kiEn5",  "ky2",    "lBn1",    "lE0",     "lE5",    "lPi1",
    "la1",   "lai5",    "lam1",    "luBt5",  "ly2",    "mBu4",   "mOt5",    "mPi2",    "mUc2",   "moi5",
    "muc5",  "nAm0",    "nEu2",    "nOi5",   "nOp5",   "nU4",    "nUPc2",   "nay1",    "ngUPi1", "ngay1",
    "nghi5", "ngoai1",  "nguyEn4", "nhBn0",  "nhBn5",  "nhU0",   "nhUng4",  "nha1",    "nhiEu1", "noi2",
    "phO2",  "phUPng1", "phai3",   "pham5",  "phap2",  "phat5",  "phep2",   "phi2",    "pho2",   "phong1",
    "quBn5", "qua3",    "quyEt2",  "sO2",    "sP0",    "sP3",    "sU5",     "sUa3",    "se4",    "tBp5",
    "tEn0",  "tO3",     "tP1",     "tU0",    "tU1",    "tU5",    "tai5",    "thOng0",  "thPi1",  "thU2",
    "thUa1", "thUc2",   "thUc5",   "thang2", "thanh1", "thi1",   "thi5",    "thu3",    "thuE2",  "tich5",
    "tinh2", "tinh3",   "trBn1",   "trEn0",  "trP5",   "trUPc2", "trUPng1", "trUPng3", "tra3",   "tuc5",
    "uy3",   "vAn0",    "vE1",     "vP5",    "vPi2",   "va1",    "vao1",    "vi5",     "viEc5",  "viEn0",
    "viEt5", "vu5",     "xU3",     "xa4",    "yEu0",
};

/* As the lists have it: "cOng0". False for what is too long for a syllable. */
static bool write_key(const struct encoding_letter *letters, size_t count, char key[SYLLABLE_LETTERS + 2])
{
    unsigned tone = TONE_NONE;
    if (count > SYLLABLE_LETTERS)
        return false;
    for (size_t i = 0; i < count; i++) {
        key[i] = letters[i].base;
        tone = letters[i].tone ? letters[i].tone : tone;
    }
    key[count] = (char)('0' + tone);
    key[count + 1] = 0;
    return true;
}

bool encoding_syllable_common(const struct encoding_letter *letters, size_t count)
{
    char wanted[SYLLABLE_LETTERS + 2];
    if (!write_key(letters, count, wanted))
        return false;
    for (size_t low = 0, high = sizeof common / sizeof *common; low < high;) {
        size_t middle = (low + high) / 2;
        int order = strcmp(wanted, common[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Phrases whose second word ends in a vowel without a tone and would be a syllable with one. */
static const char *const phrases[][2] = {
    { "DBu1", "tU0" },   { "DBu1", "ra0" },     { "Dinh5", "cU0" },   { "O0", "tO0" },     { "ca1", "phE0" },
    { "cho0", "thuE0" }, { "chuyEn0", "gia0" }, { "cOng0", "ty0" },   { "dU5", "thi0" },   { "giao2", "sU0" },
    { "hO1", "sP0" },    { "hanh1", "vi0" },    { "khoan3", "thu0" }, { "ky1", "thi0" },   { "ky4", "sU0" },
    { "luBt5", "sU0" },  { "ly2", "do0" },      { "pham5", "vi0" },   { "quOc2", "gia0" }, { "quy0", "mO0" },
    { "tU5", "do0" },    { "tham0", "gia0" },   { "thOng0", "tU0" },  { "thUc5", "thi0" }, { "thi0", "Dua0" },
    { "tOi2", "Da0" },   { "trP3", "Di0" },     { "vAn0", "thU0" },   { "vi0", "mO0" },    { "vi4", "mO0" },
    { "xay3", "ra0" },
};

bool encoding_syllable_phrase(const struct encoding_letter *first, size_t first_count,
                              const struct encoding_letter *second, size_t second_count)
{
    char keys[2][SYLLABLE_LETTERS + 2];
    if (!write_key(first, first_count, keys[0]) || !write_key(second, second_count, keys[1]))
        return false;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strcmp(phrases[i][0], keys[0]) == 0 && strcmp(phrases[i][1], keys[1]) == 0)
            return true;
    return false;
}
