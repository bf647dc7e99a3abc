#include "record/encoding_tables.h"

#include <string.h>

#include "core/count.h"

/* U+00E0 … U+00FF, and every second from U+1EA1 to U+1EF9: the base of each and its tone. A dot is a letter
 * that Vietnamese does not have. */
static const char latin_bases[] = "aaBa....eeE.ii....ooOo...uu..y..";
static const char latin_tones[] = "12040000120012000012040001200200";
static const char added_bases[] = "aaBBBBBAAAAAeeeEEEEEiiooOOOOOPPPPPuuUUUUUyyyy";
static const char added_tones[] = "532134521345534213453553213452134553213451534";

static const uint16_t tcvn1_high[128] = {
    0x00C0, 0x1EA2, 0x00C3, 0x00C1, 0x1EA0, 0x1EB6, 0x1EAC, 0x00C8, 0x1EBA, 0x1EBC, 0x00C9, 0x1EB8, 0x1EC6,
    0x00CC, 0x1EC8, 0x0128, 0x00CD, 0x1ECA, 0x00D2, 0x1ECE, 0x00D5, 0x00D3, 0x1ECC, 0x1ED8, 0x1EDC, 0x1EDE,
    0x1EE0, 0x1EDA, 0x1EE2, 0x00D9, 0x1EE6, 0x0168, 0x00A0, 0x0102, 0x00C2, 0x00CA, 0x00D4, 0x01A0, 0x01AF,
    0x0110, 0x0103, 0x00E2, 0x00EA, 0x00F4, 0x01A1, 0x01B0, 0x0111, 0x1EB0, 0x0300, 0x0309, 0x0303, 0x0301,
    0x0323, 0x00E0, 0x1EA3, 0x00E3, 0x00E1, 0x1EA1, 0x1EB2, 0x1EB1, 0x1EB3, 0x1EB5, 0x1EAF, 0x1EB4, 0x1EAE,
    0x1EA6, 0x1EA8, 0x1EAA, 0x1EA4, 0x1EC0, 0x1EB7, 0x1EA7, 0x1EA9, 0x1EAB, 0x1EA5, 0x1EAD, 0x00E8, 0x1EC2,
    0x1EBB, 0x1EBD, 0x00E9, 0x1EB9, 0x1EC1, 0x1EC3, 0x1EC5, 0x1EBF, 0x1EC7, 0x00EC, 0x1EC9, 0x1EC4, 0x1EBE,
    0x1ED2, 0x0129, 0x00ED, 0x1ECB, 0x00F2, 0x1ED4, 0x1ECF, 0x00F5, 0x00F3, 0x1ECD, 0x1ED3, 0x1ED5, 0x1ED7,
    0x1ED1, 0x1ED9, 0x1EDD, 0x1EDF, 0x1EE1, 0x1EDB, 0x1EE3, 0x00F9, 0x1ED6, 0x1EE7, 0x0169, 0x00FA, 0x1EE5,
    0x1EEB, 0x1EED, 0x1EEF, 0x1EE9, 0x1EF1, 0x1EF3, 0x1EF7, 0x1EF9, 0x00FD, 0x1EF5, 0x1ED0,
};

static const uint16_t viscii_high[128] = {
    0x1EA0, 0x1EAE, 0x1EB0, 0x1EB6, 0x1EA4, 0x1EA6, 0x1EA8, 0x1EAC, 0x1EBC, 0x1EB8, 0x1EBE, 0x1EC0, 0x1EC2,
    0x1EC4, 0x1EC6, 0x1ED0, 0x1ED2, 0x1ED4, 0x1ED6, 0x1ED8, 0x1EE2, 0x1EDA, 0x1EDC, 0x1EDE, 0x1ECA, 0x1ECE,
    0x1ECC, 0x1EC8, 0x1EE6, 0x0168, 0x1EE4, 0x1EF2, 0x00D5, 0x1EAF, 0x1EB1, 0x1EB7, 0x1EA5, 0x1EA7, 0x1EA9,
    0x1EAD, 0x1EBD, 0x1EB9, 0x1EBF, 0x1EC1, 0x1EC3, 0x1EC5, 0x1EC7, 0x1ED1, 0x1ED3, 0x1ED5, 0x1ED7, 0x1EE0,
    0x01A0, 0x1ED9, 0x1EDD, 0x1EDF, 0x1ECB, 0x1EF0, 0x1EE8, 0x1EEA, 0x1EEC, 0x01A1, 0x1EDB, 0x01AF, 0x00C0,
    0x00C1, 0x00C2, 0x00C3, 0x1EA2, 0x0102, 0x1EB3, 0x1EB5, 0x00C8, 0x00C9, 0x00CA, 0x1EBA, 0x00CC, 0x00CD,
    0x0128, 0x1EF3, 0x0110, 0x1EE9, 0x00D2, 0x00D3, 0x00D4, 0x1EA1, 0x1EF7, 0x1EEB, 0x1EED, 0x00D9, 0x00DA,
    0x1EF9, 0x1EF5, 0x00DD, 0x1EE1, 0x01B0, 0x00E0, 0x00E1, 0x00E2, 0x00E3, 0x1EA3, 0x0103, 0x1EEF, 0x1EAB,
    0x00E8, 0x00E9, 0x00EA, 0x1EBB, 0x00EC, 0x00ED, 0x0129, 0x1EC9, 0x0111, 0x1EF1, 0x00F2, 0x00F3, 0x00F4,
    0x00F5, 0x1ECF, 0x1ECD, 0x1EE5, 0x00F9, 0x00FA, 0x0169, 0x1EE7, 0x00FD, 0x1EE3, 0x1EEE,
};

static const uint16_t vps_high[128] = {
    0x00C0, 0x1EA2, 0x00C3, 0x1EA4, 0x1EA6, 0x1EA8, 0x1ECD, 0x1ED7, 0x0102, 0x1EBF, 0x1EC1, 0x1EC3, 0x1EC7,
    0x1EAE, 0x1EB0, 0x1EB2, 0x1EBE, 0x2018, 0x2019, 0x1EC0, 0x1EC2, 0x1EC4, 0x1ED0, 0x1ED2, 0x1ED4, 0x1ED6,
    0x00FD, 0x1EF7, 0x1EF5, 0x1EDA, 0x1EDC, 0x1EDE, 0x00A0, 0x1EAF, 0x1EB1, 0x1EB3, 0x1EB5, 0x1EB7, 0x1EE0,
    0x1EDB, 0x00D9, 0x1EDD, 0x1EDF, 0x1EE1, 0x0168, 0x1EE8, 0x1EE3, 0x1EEA, 0x1ED5, 0x1EEC, 0x1EF2, 0x1EF8,
    0x00CD, 0x00CC, 0x1ED9, 0x1EC8, 0x0128, 0x00D3, 0x1EED, 0x1EEF, 0x00D2, 0x1ECE, 0x00D5, 0x1EF1, 0x1EA7,
    0x00C1, 0x00C2, 0x1EA5, 0x1EA9, 0x1EAB, 0x1EAD, 0x0111, 0x1EBB, 0x00C9, 0x00CA, 0x1EB9, 0x1EC9, 0x1EC5,
    0x1ECB, 0x1EF9, 0x01AF, 0x1EE6, 0x1ED3, 0x1ED1, 0x00D4, 0x1ECF, 0x01A1, 0x00C8, 0x1EEB, 0x1EE9, 0x00DA,
    0x0169, 0x01B0, 0x00DD, 0x1EBA, 0x00DF, 0x00E0, 0x00E1, 0x00E2, 0x00E3, 0x1EA3, 0x1EA1, 0x0103, 0x00E7,
    0x00E8, 0x00E9, 0x00EA, 0x1EBD, 0x00EC, 0x00ED, 0x00EE, 0x0129, 0x1EB4, 0x0110, 0x00F2, 0x00F3, 0x00F4,
    0x00F5, 0x00F6, 0x01A0, 0x1EE5, 0x00F9, 0x00FA, 0x1EE7, 0x00FC, 0x1EF6, 0x1EBC, 0x1EF3,
};

static const uint16_t cp1258_high[128] = {
    0x20AC, 0x0000, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0000, 0x2039, 0x0152,
    0x0000, 0x0000, 0x0000, 0x0000, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122,
    0x0000, 0x203A, 0x0153, 0x0000, 0x0000, 0x0178, 0x00A0, 0x00A1, 0x00A2, 0x00A3, 0x00A4, 0x00A5, 0x00A6,
    0x00A7, 0x00A8, 0x00A9, 0x00AA, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x00AF, 0x00B0, 0x00B1, 0x00B2, 0x00B3,
    0x00B4, 0x00B5, 0x00B6, 0x00B7, 0x00B8, 0x00B9, 0x00BA, 0x00BB, 0x00BC, 0x00BD, 0x00BE, 0x00BF, 0x00C0,
    0x00C1, 0x00C2, 0x0102, 0x00C4, 0x00C5, 0x00C6, 0x00C7, 0x00C8, 0x00C9, 0x00CA, 0x00CB, 0x0300, 0x00CD,
    0x00CE, 0x00CF, 0x0110, 0x00D1, 0x0309, 0x00D3, 0x00D4, 0x01A0, 0x00D6, 0x00D7, 0x00D8, 0x00D9, 0x00DA,
    0x00DB, 0x00DC, 0x01AF, 0x0303, 0x00DF, 0x00E0, 0x00E1, 0x00E2, 0x0103, 0x00E4, 0x00E5, 0x00E6, 0x00E7,
    0x00E8, 0x00E9, 0x00EA, 0x00EB, 0x0301, 0x00ED, 0x00EE, 0x00EF, 0x0111, 0x00F1, 0x0323, 0x00F3, 0x00F4,
    0x01A1, 0x00F6, 0x00F7, 0x00F8, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x01B0, 0x20AB, 0x00FF,
};

/* 0x80 … 0x9F; from 0xA0 on it is Latin-1. */
static const uint16_t windows_middle[32] = {
    0x20AC, 0x0000, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x0000, 0x017D, 0x0000, 0x0000, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x0000, 0x017E, 0x0178,
};

/* Capitals among the control characters. */
struct low_letter {
    unsigned char byte;
    uint16_t character;
};

static const struct low_letter tcvn1_low[] = {
    { 0x01, 0x00DA }, { 0x02, 0x1EE4 }, { 0x04, 0x1EEA }, { 0x05, 0x1EEC }, { 0x06, 0x1EEE },
    { 0x11, 0x1EE8 }, { 0x12, 0x1EF0 }, { 0x13, 0x1EF2 }, { 0x14, 0x1EF6 }, { 0x15, 0x1EF8 },
    { 0x16, 0x00DD }, { 0x17, 0x1EF4 }, { 0, 0 },
};

static const struct low_letter viscii_low[] = {
    { 0x02, 0x1EB2 }, { 0x05, 0x1EB4 }, { 0x06, 0x1EAA }, { 0x14, 0x1EF6 },
    { 0x19, 0x1EF8 }, { 0x1E, 0x1EF4 }, { 0, 0 },
};

static const struct low_letter vps_low[] = {
    { 0x02, 0x1EA0 }, { 0x03, 0x1EAC }, { 0x04, 0x1EB6 }, { 0x05, 0x1EB8 }, { 0x06, 0x1EC6 },
    { 0x10, 0x1ECA }, { 0x11, 0x1ECC }, { 0x12, 0x1ED8 }, { 0x13, 0x1EE2 }, { 0x14, 0x1EE4 },
    { 0x15, 0x1EF0 }, { 0x19, 0x1EF4 }, { 0x1C, 0x1EAA }, { 0x1D, 0x1EEE }, { 0, 0 },
};

static const struct {
    const uint16_t *high;
    const struct low_letter *low;
} tables[READING_COUNT] = {
    [READING_TCVN1] = { tcvn1_high, tcvn1_low },
    [READING_VISCII] = { viscii_high, viscii_low },
    [READING_VPS] = { vps_high, vps_low },
    [READING_CP1258] = { cp1258_high, NULL },
};

/* VNI: what a small modifier does to the letter before it. '-' only a tone, '^' circumflex, '(' breve.
 * Capital modifiers lie 0x20 lower. */
static const struct vni_mark {
    unsigned char byte;
    char shape;
    uint8_t tone;
} vni_marks[] = {
    { 0xF8, '-', TONE_GRAVE }, { 0xF9, '-', TONE_ACUTE }, { 0xFB, '-', TONE_HOOK },
    { 0xF5, '-', TONE_TILDE }, { 0xEF, '-', TONE_DOT },   { 0xE2, '^', TONE_NONE },
    { 0xE0, '^', TONE_GRAVE }, { 0xE1, '^', TONE_ACUTE }, { 0xE5, '^', TONE_HOOK },
    { 0xE3, '^', TONE_TILDE }, { 0xE4, '^', TONE_DOT },   { 0xEA, '(', TONE_NONE },
    { 0xE8, '(', TONE_GRAVE }, { 0xE9, '(', TONE_ACUTE }, { 0xFA, '(', TONE_HOOK },
    { 0xFC, '(', TONE_TILDE }, { 0xEB, '(', TONE_DOT },
};

/* VNI: letters of one byte. */
static const struct vni_letter {
    unsigned char byte;
    char base;
    uint8_t tone;
} vni_letters[] = {
    { 0xF1, 'D', TONE_NONE },  { 0xF4, 'P', TONE_NONE },  { 0xF6, 'U', TONE_NONE },
    { 0xEC, 'i', TONE_GRAVE }, { 0xED, 'i', TONE_ACUTE }, { 0xE6, 'i', TONE_HOOK },
    { 0xF3, 'i', TONE_TILDE }, { 0xF2, 'i', TONE_DOT },   { 0xEE, 'y', TONE_DOT },
};

struct encoding_letter encoding_letter_of(int32_t character)
{
    static const struct encoding_letter none;
    if (character < 0x80) {
        bool upper = character >= 'A' && character <= 'Z';
        if (!upper && !(character >= 'a' && character <= 'z'))
            return none;
        return (struct encoding_letter){ .base = (char)(upper ? character + 32 : character), .upper = upper };
    }
    if (character >= 0x1EA0 && character <= 0x1EF9) {
        int32_t at = (character - 0x1EA0) / 2;
        return (struct encoding_letter){ .base = added_bases[at],
                                         .tone = (uint8_t)(added_tones[at] - '0'),
                                         .upper = !(character & 1) };
    }
    if (character >= 0xC0 && character <= 0xFF) {
        int32_t at = character & 31;
        if (latin_bases[at] == '.')
            return none;
        return (struct encoding_letter){ .base = latin_bases[at],
                                         .tone = (uint8_t)(latin_tones[at] - '0'),
                                         .upper = character < 0xE0 };
    }
    switch (character) {
    case 0x102:
    case 0x103:
        return (struct encoding_letter){ .base = 'A', .upper = character == 0x102 };
    case 0x110:
    case 0x111:
        return (struct encoding_letter){ .base = 'D', .upper = character == 0x110 };
    case 0x128:
    case 0x129:
        return (struct encoding_letter){ .base = 'i', .tone = TONE_TILDE, .upper = character == 0x128 };
    case 0x168:
    case 0x169:
        return (struct encoding_letter){ .base = 'u', .tone = TONE_TILDE, .upper = character == 0x168 };
    case 0x1A0:
    case 0x1A1:
        return (struct encoding_letter){ .base = 'P', .upper = character == 0x1A0 };
    case 0x1AF:
    case 0x1B0:
        return (struct encoding_letter){ .base = 'U', .upper = character == 0x1AF };
    default:
        return none;
    }
}

static int32_t compose_untoned(char base, bool upper)
{
    switch (base) {
    case 'A':
        return upper ? 0x102 : 0x103;
    case 'B':
        return upper ? 0xC2 : 0xE2;
    case 'D':
        return upper ? 0x110 : 0x111;
    case 'E':
        return upper ? 0xCA : 0xEA;
    case 'O':
        return upper ? 0xD4 : 0xF4;
    case 'P':
        return upper ? 0x1A0 : 0x1A1;
    case 'U':
        return upper ? 0x1AF : 0x1B0;
    default:
        return upper ? base - 32 : base;
    }
}

int32_t encoding_letter_compose(char base, unsigned tone, bool upper)
{
    if (tone == TONE_NONE)
        return compose_untoned(base, upper);
    char wanted = (char)('0' + tone);
    for (int at = 0; at < 32; at++)
        if (latin_bases[at] == base && latin_tones[at] == wanted)
            return (upper ? 0xC0 : 0xE0) + at;
    for (int at = 0; added_bases[at]; at++)
        if (added_bases[at] == base && added_tones[at] == wanted)
            return 0x1EA0 + 2 * at + !upper;
    if (tone == TONE_TILDE && base == 'i')
        return upper ? 0x128 : 0x129;
    if (tone == TONE_TILDE && base == 'u')
        return upper ? 0x168 : 0x169;
    return 0;
}

int encoding_windows_byte(int32_t character)
{
    if (character < 0x100)
        return character;
    for (int at = 0; at < 32; at++)
        if (windows_middle[at] == character)
            return 0x80 + at;
    return -1;
}

/* Windows-1252's punctuation and signs, which the fonts of TCVN3 and VNI leave where they are; letters are
 * not. */
static int32_t windows_sign(unsigned char byte)
{
    if (byte >= 0xA0)
        return byte;
    if (byte == 0x83 || byte == 0x8A || byte == 0x8C || byte == 0x8E || byte == 0x9A || byte >= 0x9C)
        return 0;
    return windows_middle[byte - 0x80];
}

static unsigned mark_tone(int32_t character)
{
    switch (character) {
    case 0x300:
        return TONE_GRAVE;
    case 0x301:
        return TONE_ACUTE;
    case 0x309:
        return TONE_HOOK;
    case 0x303:
        return TONE_TILDE;
    case 0x323:
        return TONE_DOT;
    default:
        return TONE_NONE;
    }
}

static int32_t table_read(enum encoding_reading reading, unsigned char byte)
{
    if (byte >= 0x80)
        return tables[reading].high[byte - 0x80];
    for (const struct low_letter *low = tables[reading].low; byte < 0x20 && low && low->character; low++)
        if (low->byte == byte)
            return low->character;
    return byte;
}

static int32_t tcvn3_read(unsigned char byte)
{
    if (byte < 0x80)
        return byte;
    if (byte < 0xA0)
        return windows_sign(byte);
    int32_t character = tcvn1_high[byte - 0x80];
    struct encoding_letter letter = encoding_letter_of(character);
    return (letter.tone && letter.upper) || mark_tone(character) ? 0 : character;
}

static int32_t vni_mark_apply(struct encoding_letter letter, const struct vni_mark *mark)
{
    static const char circumflexed[] = "aBeEoO";
    char base = letter.base;
    if (!base || letter.tone)
        return 0;
    if (mark->shape == '^') {
        const char *found = strchr(circumflexed, base);
        if (!found || (found - circumflexed) % 2)
            return 0;
        base = found[1];
    } else if (mark->shape == '(') {
        if (base != 'a')
            return 0;
        base = 'A';
    } else if (!strchr("aeoPuUy", base) || (base == 'y' && mark->tone == TONE_DOT)) {
        return 0;
    }
    return encoding_letter_compose(base, mark->tone, letter.upper);
}

static int32_t vni_single(unsigned char byte)
{
    for (size_t i = 0; i < COUNT(vni_letters); i++)
        if ((byte | 0x20) == vni_letters[i].byte)
            return encoding_letter_compose(vni_letters[i].base, vni_letters[i].tone, !(byte & 0x20));
    return byte == 0xD7 || byte == 0xF7 ? byte : 0;
}

static int32_t vni_read(const unsigned char *bytes, size_t length, size_t *at)
{
    unsigned char byte = bytes[*at];
    int32_t character = byte < 0x80 ? byte : byte < 0xC0 ? windows_sign(byte) : vni_single(byte);
    if (!character)
        return 0;
    (*at)++;
    if (*at == length || bytes[*at] < 0xC0)
        return character;
    for (size_t i = 0; i < COUNT(vni_marks); i++) {
        if ((bytes[*at] | 0x20) != vni_marks[i].byte)
            continue;
        int32_t composed = vni_mark_apply(encoding_letter_of(character), &vni_marks[i]);
        if (!composed)
            break;
        (*at)++;
        return composed;
    }
    return character;
}

static int32_t utf8_read(const unsigned char *bytes, size_t length, size_t *at)
{
    static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = bytes[*at];
    size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0x80) {
        (*at)++;
        return lead;
    }
    if (lead < 0xC2 || lead > 0xF4 || length - *at < size)
        return 0;
    int32_t character = lead & (0x7F >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[*at + i] & 0xC0) != 0x80)
            return 0;
        character = (character << 6) | (bytes[*at + i] & 0x3F);
    }
    if (character < least[size] || character > 0x10FFFF || (character >= 0xD800 && character < 0xE000))
        return 0;
    *at += size;
    return character;
}

int32_t encoding_read(enum encoding_reading reading, const unsigned char *bytes, size_t length, size_t *at)
{
    if (reading == READING_UTF8)
        return utf8_read(bytes, length, at);
    if (reading == READING_VNI)
        return vni_read(bytes, length, at);
    int32_t character = reading == READING_TCVN3 ? tcvn3_read(bytes[*at]) : table_read(reading, bytes[*at]);
    if (!character || mark_tone(character))
        return 0;
    (*at)++;
    if (*at == length || (reading != READING_CP1258 && reading != READING_TCVN1))
        return character;
    unsigned tone = mark_tone(table_read(reading, bytes[*at]));
    struct encoding_letter letter = encoding_letter_of(character);
    if (!tone || !letter.base || letter.tone)
        return character;
    int32_t composed = encoding_letter_compose(letter.base, tone, letter.upper);
    *at += composed != 0;
    return composed ? composed : character;
}

bool encoding_caseless(enum encoding_reading reading, struct encoding_letter letter)
{
    switch (reading) {
    case READING_TCVN3:
        return letter.tone != TONE_NONE;
    case READING_VPS:
        return letter.tone == TONE_DOT || (letter.tone == TONE_TILDE && strchr("BU", letter.base));
    case READING_VISCII:
        return (letter.tone == TONE_TILDE && strchr("ABy", letter.base)) ||
               (letter.tone == TONE_HOOK && strchr("Ay", letter.base)) ||
               (letter.tone == TONE_DOT && letter.base == 'y');
    default:
        return false;
    }
}
