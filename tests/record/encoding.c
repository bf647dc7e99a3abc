#include "record/encoding.h"

#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_syllable.h"
#include "record/encoding_tables.h"
#include "tests/record/encoding_phrases.h"
#include "tests/support/test.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const enum encoding old[] = { ENCODING_TCVN3, ENCODING_VNI,    ENCODING_VISCII,
                                     ENCODING_VPS,   ENCODING_CP1258, ENCODING_VIQR };

static struct error error;
static struct encoding_finding finding;

static struct text lower(struct text text)
{
    return unicode_lower(&test_arena, text);
}

static struct text encoded(enum encoding encoding, struct text utf8)
{
    struct text bytes = TEXT_NONE;
    if (!CHECK_INT(encoding_encode(&test_arena, encoding, utf8, &bytes, &error), STATUS_OK))
        printf("    %s\n", error.message);
    return bytes;
}

static enum status automatic(struct text bytes, struct text *utf8)
{
    error.message[0] = 0;
    return encoding_decode(&test_arena, ENCODING_AUTO, NULL, bytes, utf8, &finding, &error);
}

static struct text named(enum encoding encoding, struct text bytes)
{
    struct text utf8 = TEXT_NONE;
    if (!CHECK_INT(encoding_decode(&test_arena, encoding, NULL, bytes, &utf8, &finding, &error), STATUS_OK))
        printf("    %s\n", error.message);
    return utf8;
}

static struct text sentence(size_t i)
{
    return text_format(&test_arena, "%s %s %s và %s %s.", who[i % COUNT(who)], does[i * 37 % COUNT(does)],
                       what[i * 53 % COUNT(what)], what[(i * 71 + 5) % COUNT(what)],
                       how[i * 11 % COUNT(how)]);
}

static size_t letters_of(struct text text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.length;)
        count += unicode_is_letter(unicode_next(text, &at));
    return count;
}

/* Bytes as a Windows-1252 program shows them: what a spreadsheet holds that was typed in an old font. */
static struct text typed(struct text bytes)
{
    char *out = arena_take(&test_arena, bytes.length * 3 + 1);
    size_t length = 0;
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        int32_t character = byte;
        for (int32_t sign = 0x152; sign < 0x2123 && byte >= 0x80 && byte < 0xA0; sign++)
            if (encoding_windows_byte(sign) == byte)
                character = sign;
        length += unicode_put(character, out + length);
    }
    return (struct text){ out, length };
}

struct tally {
    size_t right, doubtful, wrong;
};

/* Case is compared except where TCVN3 loses it. */
static void count(struct tally *tally, enum encoding encoding, struct text utf8, enum status status,
                  struct text seen)
{
    if (status) {
        tally->doubtful++;
        return;
    }
    bool same = encoding == ENCODING_TCVN3 ? text_equal(lower(seen), lower(utf8)) : text_equal(seen, utf8);
    tally->right += same;
    tally->wrong += !same;
    if (!same)
        printf("    %s taken for %s: [" TEXT_PRINT "] [" TEXT_PRINT "]\n", encoding_name(encoding),
               encoding_name(finding.encoding), TEXT_ARG(utf8), TEXT_ARG(seen));
}

TEST("an encoding is known by its names whatever their case, and shown by the first")
{
    enum encoding encoding;
    CHECK(encoding_named(TEXT("TCVN3"), &encoding) && encoding == ENCODING_TCVN3);
    CHECK(encoding_named(TEXT("Utf-8"), &encoding) && encoding == ENCODING_UTF8);
    CHECK(encoding_named(TEXT("viq"), &encoding) && encoding == ENCODING_VIQR);
    CHECK(encoding_named(TEXT("utf-16be"), &encoding) && encoding == ENCODING_UTF16BE);
    CHECK(encoding_named(TEXT("windows-1258"), &encoding) && encoding == ENCODING_CP1258);
    CHECK(!encoding_named(TEXT("utf"), &encoding));
    CHECK(!encoding_named(TEXT(""), &encoding));
    CHECK_STRING(encoding_name(ENCODING_VIQR), "viqr");
    for (size_t i = 0; i < COUNT(old); i++)
        CHECK(encoding_named(text_of(encoding_name(old[i])), &encoding) && encoding == old[i]);
}

TEST("each of the 134 letters has one place in each encoding, and no two share one but TCVN3's capitals")
{
    static const char bases[] = "aABDeEioOPuUy";
    for (enum encoding_reading reading = READING_TCVN3; reading < READING_COUNT; reading++) {
        unsigned char seen[134][4];
        size_t lengths[134], total = 0;
        for (size_t at = 0; at < 2 * 6 * (sizeof bases - 1); at++) {
            char base = bases[at / 12];
            unsigned tone = (unsigned)(at / 2 % 6);
            bool upper = at % 2;
            int32_t letter = encoding_letter_compose(base, tone, upper);
            if (letter < 0x80)
                continue;
            unsigned char bytes[4];
            size_t length = encoding_write(reading, letter, bytes), behind = 0;
            int32_t back = encoding_read(reading, bytes, length, &behind);
            bool small = reading == READING_TCVN3 && upper && tone;
            CHECK(length && behind == length);
            CHECK_INT(back, small ? encoding_letter_compose(base, tone, false) : letter);
            for (size_t i = 0; i < total && !small; i++)
                CHECK(lengths[i] != length || memcmp(seen[i], bytes, length) != 0);
            if (small)
                continue;
            memcpy(seen[total], bytes, length);
            lengths[total++] = length;
        }
        CHECK_INT(total, reading == READING_TCVN3 ? 74 : 134);
    }
}

TEST("known bytes are read as their encodings have them")
{
    CHECK_TEXT(named(ENCODING_TCVN3, TEXT("C\xE9ng h\xDF"
                                          "a x\xB7 h\xE9i ch\xF1 ngh\xDC"
                                          "a Vi\xD6t Nam")),
               TEXT("Cộng hòa xã hội chủ nghĩa Việt Nam"));
    CHECK_TEXT(
        named(ENCODING_TCVN3, TEXT("\xA7\xAD\xEAng \xA1n \xA2n \xA3 \xA4 \xA5 \xA6 \x93\xAE\xFE\x94 \x96")),
        TEXT("Đường Ăn Ân Ê Ô Ơ Ư “đỵ” –"));
    CHECK_TEXT(named(ENCODING_VNI, TEXT("Co\xE4ng hoa\xF8 xa\xF5 ho\xE4i chu\xFB ngh\xF3"
                                        "a Vie\xE4t Nam")),
               TEXT("Cộng hoà xã hội chủ nghĩa Việt Nam"));
    CHECK_TEXT(named(ENCODING_VNI, TEXT("\xD1\xD6\xD4\xCF"
                                        "C \xF1\xF6\xF4\xEF"
                                        "c U\xFBy ky\xF8 k\xEE \xE6 \xF2")),
               TEXT("ĐƯỢC được Ủy kỳ kỵ ỉ ị"));
    CHECK_TEXT(named(ENCODING_VISCII, TEXT("Vi\xAEt Nam \xD0\xDF\xFE"
                                           "c Ti\xAAng \x02\x05\x06\x14\x19\x1E")),
               TEXT("Việt Nam Đượ"
                    "c Tiếng ẲẴẪỶỸỴ"));
    CHECK_TEXT(named(ENCODING_VPS, TEXT("Vi\x8Ct Nam \xF1\xDC\xAE"
                                        "c Ti\x89ng \x02\x03\x13\x1C\x1D")),
               TEXT("Việt Nam Được Tiếng ẠẬỢẪỮ"));
    CHECK_TEXT(named(ENCODING_CP1258, TEXT("Vi\xEA\xF2t Nam \xD0\xFD\xF5\xF2"
                                           "c Ti\xEA\xECng h\xF3"
                                           "a ho\xCC"
                                           "a")),
               TEXT("Việt Nam Được Tiếng hóa hòa"));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("Vie^.t Nam DDu+o+.c Tie^'ng ddi.a Dda` dDi")),
               TEXT("Việt Nam Được Tiếng địa Đà đi"));
}

TEST("TCVN 5712's own capitals are read where the fonts of TCVN3 have none")
{
    /* as iconv writes "Ủy ban nhân dân, Ứng viên, Ấp" */
    CHECK_TEXT(named(ENCODING_TCVN3, TEXT("\x9Ey ban nh\xA9n d\xA9n, \x11ng vi\xAAn, \xC4p")),
               TEXT("Ủy ban nhân dân, Ứng viên, Ấp"));
    CHECK_STRING(encoding_name(finding.encoding), "tcvn3");
}

TEST("500 sentences and more go through each old encoding and back without one wrong letter")
{
    size_t sentences = 0;
    for (size_t i = 0; i < 640; i++) {
        arena_clear(&test_arena);
        struct text utf8 = sentence(i);
        sentences += letters_of(utf8) > 60;
        CHECK(unicode_nfc_certain(utf8));
        for (size_t k = 0; k < COUNT(old); k++) {
            struct text seen = named(old[k], encoded(old[k], utf8));
            if (old[k] == ENCODING_TCVN3)
                CHECK_TEXT(lower(seen), lower(utf8));
            else
                CHECK_TEXT(seen, utf8);
        }
    }
    CHECK(sentences >= 500);
    struct text seen = named(ENCODING_TCVN3, encoded(ENCODING_TCVN3, TEXT("Ủy ban")));
    CHECK_TEXT(seen, TEXT("ủy ban"));
    CHECK_CONTAINS(finding.evidence, "capitals with a tone come out small");
}

TEST("auto is right on 99 of 100 sentences over 60 letters, and never silently wrong")
{
    struct tally bytes = { 0 }, cells = { 0 };
    for (size_t i = 0; i < 640; i++) {
        for (size_t k = 0; k < COUNT(old); k++) {
            arena_clear(&test_arena);
            struct text utf8 = sentence(i), written = encoded(old[k], utf8), seen = TEXT_NONE;
            enum status status = automatic(written, &seen);
            if (status)
                printf("    %s\n", error.message);
            count(&bytes, old[k], utf8, status, seen);
            status = encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, typed(written), &seen, &finding,
                                           &error);
            if (status)
                printf("    typed: %s\n", error.message);
            count(&cells, old[k], utf8, status, seen);
        }
    }
    CHECK_INT(bytes.wrong, 0);
    CHECK(bytes.doubtful * 100 <= bytes.right);
    CHECK_INT(cells.wrong, 0);
    CHECK(cells.doubtful * 100 <= cells.right);
}

/* VIQR whose only marks are full stops and question marks at the ends of words may be plain ASCII: no one can
 * tell. */
static bool undecidable(enum encoding encoding, struct text bytes)
{
    if (encoding != ENCODING_VIQR)
        return false;
    for (size_t i = 0; i < bytes.length; i++) {
        char byte = bytes.bytes[i], next = i + 1 < bytes.length ? bytes.bytes[i + 1] : ' ';
        if (strchr("^(+`'~\\", byte) || (strchr("dD", byte) && strchr("dD", next)) ||
            (strchr(".?", byte) && !strchr(" ,", next)))
            return false;
    }
    return true;
}

static void try_short(struct tally *tally, struct text utf8)
{
    for (size_t k = 0; k < COUNT(old); k++) {
        struct text seen = TEXT_NONE, bytes = encoded(old[k], utf8);
        if (text_equal(bytes, utf8) || undecidable(old[k], bytes))
            continue;
        enum status status = automatic(bytes, &seen);
        count(tally, old[k], utf8, status, seen);
    }
}

TEST("auto is never silently wrong on short texts: phrases, names, single words")
{
    static const char *const *const lists[] = { who, does, what, how };
    static const size_t sizes[] = { COUNT(who), COUNT(does), COUNT(what), COUNT(how) };
    struct tally phrases = { 0 }, words = { 0 };
    for (size_t list = 0; list < COUNT(lists); list++)
        for (size_t i = 0; i < sizes[list]; i++) {
            arena_clear(&test_arena);
            struct text phrase = text_of(lists[list][i]);
            try_short(&phrases, phrase);
            for (size_t start = 0, at = 0; at <= phrase.length; at++)
                if (at == phrase.length || phrase.bytes[at] == ' ') {
                    try_short(&words, text_slice(phrase, start, at - start));
                    start = at + 1;
                }
        }
    CHECK_INT(phrases.wrong, 0);
    CHECK_INT(words.wrong, 0);
    CHECK(phrases.right > phrases.doubtful);
}

TEST("a doubtful text is rejected with what speaks for which encoding")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("H\xB5"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the encoding of the text is doubtful: too few words to tell: tcvn3 makes");
    CHECK_CONTAINS(error.message, "48 B5 at byte 0 would be \"Hà\" or \"Hộ\"");
    CHECK_CONTAINS(error.message, "name the encoding in the source's configuration");
    CHECK_CONTAINS(finding.evidence, "too few words to tell");
    CHECK(finding.certainty < 50);
    /* French in Latin-1 is no Vietnamese at all */
    CHECK_INT(automatic(TEXT("Soci\xE9t\xE9 G\xE9n\xE9rale, cr\xE8me br\xFBl\xE9"
                             "e"),
                        &seen),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "no encoding makes Vietnamese words of it");
}

TEST("ordinary UTF-8 passes auto unchanged and uncopied")
{
    static const char *const ordinary[] = {
        "",
        "a",
        "café",
        "résumé",
        "naïve",
        "Österreich",
        "Zürich",
        "São Paulo",
        "Côte d'Ivoire",
        "François Müller",
        "1.500 m²",
        "100 m²",
        "5 km³",
        "30 °C",
        "37°C",
        "§ 5",
        "§5",
        "“trích dẫn”",
        "«trích dẫn»",
        "“café”",
        "2020–2025",
        "a — b",
        "…",
        "50 µm",
        "±5%",
        "½ ngày",
        "© 2024",
        "Windows®",
        "Office™",
        "€ 100",
        "№ 5",
        "N° 3",
        "déjà vu",
        "crème brûlée",
        "Noël à Besançon",
        "Société Générale",
        "à la carte",
        "Hôtel de Ville",
        "El Niño",
        "Việt Nam",
        "Hà Nội",
        "Thanh Hóa",
        "Thanh Hoá",
        "Đà Nẵng",
        "Hà Nam",
        "Cà Mau",
        "Nguyễn Văn An",
        "Lê Thị Tú",
        "Đ",
        "đ",
        "QĐ-UBND",
        "57/2018/NÐ-CP",
        "TT-BTС",
        "Đắk Lắk",
        "Krông Pắc",
        "Đạ Tẻh",
        "H'Mông",
        "Ê-đê",
        "Điều 5 § 2: diện tích 1.500 m² (30 °C) – “mở rộng”…",
        "phường Bến Nghé • quận 1",
        "→ xem mục 2 ≥ 5",
        "Привет мир",
        "中文",
        "日本語テキスト",
        "Ελλάδα",
        "tiếng Pháp: château, Noël, où, naïf",
        "Công ty Nestlé và Citroën tại Việt Nam",
        "XÃ HỘI",
        "lệ phí: 50.000đ/hồ sơ",
    };
    for (size_t i = 0; i < COUNT(ordinary); i++) {
        struct text text = text_of(ordinary[i]), seen = TEXT_NONE;
        if (!CHECK_INT(automatic(text, &seen), STATUS_OK))
            printf("    [%s] %s\n", ordinary[i], error.message);
        CHECK_TEXT(seen, text);
        CHECK(seen.bytes == text.bytes || seen.length == 0);
        CHECK_INT(finding.encoding, ENCODING_UTF8);
        if (!CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, text, &seen, &finding, &error),
                       STATUS_OK))
            printf("    typed [%s] %s\n", ordinary[i], error.message);
        CHECK_TEXT(seen, text);
    }
}

TEST("ASCII that looks like VIQR here and there stays what it is")
{
    static const char *const ordinary[] = {
        "Who? Me? No.",
        "I'm here. They're not.",
        "http://example.com/thu-tuc?id=1&a=2",
        "www.chinhphu.vn",
        "mail: hoa.nguyen@example.com, tu.anh@mail.vn",
        "a.m. and p.m., e.g. this, i.e. that",
        "U.S.A.",
        "v.v.",
        "C++ and A+ and O+",
        "f(a) + g(b)",
        "data(1), la(n)",
        "x^2 + y^2",
        "use `make` or `la`",
        "~/home/~user",
        "address, add, middle, DD/MM/yyyy, dd-mm-yyyy",
        "DDR4, DDoS, TDD",
        "The parents' house",
        "'a' or 'no'",
        "{\"ma_thu_tuc\":\"1.001640\",\"ten\":\"Th\\u1ee7 t\\u1ee5c\",\"url\":\"https://a.vn/?q=tu+do\"}",
        "Ho so gom: 1. don, 2. ban sao.",
        "Uy ban nhan dan tinh Can Tho.",
        "Ai thu tien",
        "Ho so gom gi? Nop o dau? Bao lau?",
        "Nop trong 5 ngay.Ban sao kem theo",
        "thu+tuc+hanh+chinh",
        "SSD/HDD 512GB",
        "TT-BTP",
        "1.001640.000.00.00.H01",
        "index.php?id=5",
        "gia tri = a * (b + c)",
        "He said that he'd go to the o'clock show, didn't he?",
        "select * from t where a = 'b'",
        "Dr. Ho. He is in.",
    };
    for (size_t i = 0; i < COUNT(ordinary); i++) {
        struct text text = text_of(ordinary[i]), seen = TEXT_NONE;
        if (!CHECK_INT(automatic(text, &seen), STATUS_OK))
            printf("    [%s] %s\n", ordinary[i], error.message);
        CHECK_TEXT(seen, text);
    }
}

TEST("VIQR is read with its escapes, and its full stops and question marks where they are ones")
{
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("To^i ddi ho.c\\. A\\?")), TEXT("Tôi đi học. A?"));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("ad\\dress \\\\ d\\d")), TEXT("address \\ dd"));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("nha^n da^n theo. Vie^.t. dda`o?")),
               TEXT("nhân dân theo. Việt. đào?"));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("Uy ban (UBND)")), TEXT("Uy ban (UBND)"));
    struct text written = encoded(ENCODING_VIQR, TEXT("Đi đâu? Ta. Ở (xã): a^b dd \\."));
    CHECK_TEXT(written, TEXT("DDi dda^u\\? Ta\\. O+? (xa~): a\\^b d\\d \\\\."));
    CHECK_TEXT(named(ENCODING_VIQR, written), TEXT("Đi đâu? Ta. Ở (xã): a^b dd \\."));
    struct text seen;
    CHECK_INT(automatic(TEXT("U?y ban nha^n da^n ti?nh ddo^`ng y' ca^'p gia^'y phe'p."), &seen), STATUS_OK);
    CHECK_TEXT(seen, TEXT("Ủy ban nhân dân tỉnh đồng ý cấp giấy phép."));
    CHECK_INT(finding.encoding, ENCODING_VIQR);
    CHECK_INT(automatic(TEXT("Le^ Anh"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message,
                   "ASCII, of which 1 words are Vietnamese in VIQR (such as \"Le^\" at byte 0)");
    CHECK_INT(encoding_decode(&test_arena, ENCODING_VIQR, NULL, TEXT("\xC3\xA0"), &seen, &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "byte 0xC3 at 0 is beyond ASCII");
}

TEST("two encodings in one text are rejected with the word that does not fit")
{
    struct text seen, unicode = TEXT("Ủy ban nhân dân thành phố quyết định thành lập hội đồng thẩm định");
    struct text more = TEXT("tổ chức tín dụng nộp hồ sơ đăng ký tại bộ phận một cửa");
    for (size_t first = 0; first < 5; first++)
        for (size_t second = 0; second <= 5; second++) {
            if (first == second)
                continue;
            struct text left = encoded(old[first], unicode);
            struct text right = second == 5 ? more : encoded(old[second], more);
            struct text both =
                text_format(&test_arena, TEXT_PRINT "; " TEXT_PRINT, TEXT_ARG(left), TEXT_ARG(right));
            if (!CHECK_INT(automatic(both, &seen), STATUS_REJECT))
                printf("    %s and %s: " TEXT_PRINT "\n", encoding_name(old[first]),
                       second == 5 ? "utf-8" : encoding_name(old[second]), TEXT_ARG(seen));
            CHECK_CONTAINS(error.message, "doubtful");
            CHECK_INT(encoding_decode(&test_arena, old[first], NULL, both, &seen, &finding, &error),
                      STATUS_REJECT);
        }
    struct text half = text_format(&test_arena, TEXT_PRINT " trong t\xC3\xADn d\xE1\xBB\xA5ng",
                                   TEXT_ARG(encoded(ENCODING_TCVN3, unicode)));
    CHECK_INT(automatic(half, &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "two encodings in one text: tcvn3 makes Vietnamese of");
    CHECK_CONTAINS(error.message, "is a word in utf-8 (\"tín\")");
}

TEST("UTF-8 read as Windows-1252 and encoded once more is called so")
{
    static const char *const broken[] = {
        "Cá»™ng hÃ²a xÃ£ há»™i chá»§ nghÄ©a Viá»‡t Nam",
        "HÃ  Ná»™i",
        "lÃ m viá»‡c",
        "Äáº·ng",
        "Thủ tục hÃ nh chÃ­nh",
        "xÃ£",
        "Nguyá»…n VÄƒn An",
        "C\xC3\x83\xC2\xB4ng ty",
        "cafÃ©",
    };
    struct text seen;
    for (size_t i = 0; i < COUNT(broken); i++) {
        if (!CHECK_INT(automatic(text_of(broken[i]), &seen), STATUS_REJECT))
            printf("    [%s]\n", broken[i]);
        CHECK_CONTAINS(error.message, "looks like UTF-8 read as Windows-1252");
        CHECK_CONTAINS(finding.evidence, "looks like UTF-8 read as Windows-1252");
        CHECK_INT(
            encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, text_of(broken[i]), &seen, NULL, &error),
            STATUS_REJECT);
    }
    /* a no-break space, a quote behind XÃ */
    CHECK_INT(automatic(TEXT("XÃ\u00A0HỘI, “XÃ” và THÃ…"), &seen), STATUS_OK);
}

TEST("a cell typed in an old font is decoded, Unicode is not, and both in one are doubtful")
{
    struct text seen;
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL,
                                    TEXT("Céng hßa x· héi chñ nghÜa ViÖt Nam"), &seen, &finding, &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("Cộng hòa xã hội chủ nghĩa Việt Nam"));
    CHECK_INT(finding.encoding, ENCODING_TCVN3);
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_VNI, NULL, TEXT("Uûy ban nhaân daân “tænh”"), &seen,
                                    &finding, &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("Ủy ban nhân dân “tỉnh”"));
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL,
                                    TEXT("Uûy ban nhaân daân tænh caáp giaáy pheùp"), &seen, &finding,
                                    &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("Ủy ban nhân dân tỉnh cấp giấy phép"));
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, TEXT("Ủy ban nhân dân tØnh"), &seen,
                                    &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "two encodings in one text: utf-8 makes Vietnamese of");
    CHECK_CONTAINS(error.message, "\"tØnh\" at byte 20 is a word in tcvn3 (\"tỉnh\")");
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_TCVN3, NULL, TEXT("Ủy ban nh©n d©n"), &seen,
                                    &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "1 words have letters that only Unicode has");
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, TEXT("tØnh"), &seen, &finding, &error),
              STATUS_REJECT);
    /* signs that no byte stands for are passed over */
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_TCVN3, NULL, TEXT("\uF0B7 nh©n d©n → tØnh ≥ 5"),
                                    &seen, NULL, &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("\uF0B7 nhân dân → tỉnh ≥ 5"));
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_TCVN3, NULL, TEXT("a\xFF"), &seen, NULL, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "byte 1 (0xFF) is not UTF-8");
}

TEST("a UTF-8 file with a text typed in an old font is not passed on as it is")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("Céng hßa x· héi chñ nghÜa ViÖt Nam"), &seen), STATUS_OK);
    CHECK_TEXT(seen, TEXT("Cộng hòa xã hội chủ nghĩa Việt Nam"));
    CHECK_INT(automatic(TEXT("{\"ten\":\"Cấp giấy phép\",\"co_quan\":\"Së X©y dùng\"}"), &seen),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "\"Së\" at byte 39 is a word in tcvn3 (\"Sở\")");
}

TEST("the capitals font gives capitals, and only to TCVN3")
{
    struct encoding_options options = { .capitals = true };
    struct text seen;
    CHECK_INT(encoding_decode(&test_arena, ENCODING_TCVN3, &options, TEXT("\xF1y ban nh\xA9n d\xA9n \xAEi 5"),
                              &seen, &finding, &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("ỦY BAN NHÂN DÂN ĐI 5"));
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_TCVN3, &options, TEXT("CéNG HßA"), &seen, &finding,
                                    &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("CỘNG HÒA"));
    CHECK_INT(encoding_decode(&test_arena, ENCODING_VNI, &options, TEXT("nha\xE2n"), &seen, &finding, &error),
              STATUS_OK);
    CHECK_TEXT(seen, TEXT("nhân"));
}

TEST("bytes that an encoding does not have are refused with their place")
{
    struct text seen;
    CHECK_INT(encoding_decode(&test_arena, ENCODING_VNI, NULL,
                              TEXT("ab\xFF"
                                   "c"),
                              &seen, &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "byte 0xFF at 2 means nothing in vni");
    CHECK_CONTAINS(finding.evidence, "byte 0xFF at 2 means nothing in vni");
    CHECK_INT(finding.certainty, 0);
    CHECK_INT(encoding_decode(&test_arena, ENCODING_CP1258, NULL, TEXT("q\xF2"), &seen, NULL, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "byte 0xF2 at 1 means nothing in cp1258 (nor with the letter before it)");
    CHECK_INT(encoding_decode(&test_arena, ENCODING_TCVN3, NULL, TEXT("\x81"), &seen, NULL, NULL), STATUS_OK);
    CHECK_INT(encoding_decode(&test_arena, ENCODING_CP1258, NULL, TEXT("\x81"), &seen, NULL, NULL),
              STATUS_REJECT);
    CHECK_INT(encoding_decode(&test_arena, ENCODING_UTF8, NULL, TEXT("Vi\xE1\xBB"), &seen, &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "byte 2 (0xE1) is not UTF-8");
    CHECK_INT(encoding_decode(&test_arena, ENCODING_UTF8, NULL, TEXT("\xED\xA0\x80"), &seen, NULL, NULL),
              STATUS_REJECT);
}

TEST("a NUL is refused in every encoding of single bytes")
{
    static const enum encoding all[] = { ENCODING_AUTO,   ENCODING_UTF8, ENCODING_TCVN3,  ENCODING_VNI,
                                         ENCODING_VISCII, ENCODING_VPS,  ENCODING_CP1258, ENCODING_VIQR };
    struct text seen;
    for (size_t i = 0; i < COUNT(all); i++) {
        CHECK_INT(encoding_decode(&test_arena, all[i], NULL, TEXT("abc\0def"), &seen, &finding, &error),
                  STATUS_REJECT);
        CHECK_CONTAINS(error.message, "byte 3 is a NUL");
    }
    CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, TEXT("a\0"), &seen, NULL, &error),
              STATUS_REJECT);
}

TEST("UTF-8 comes out in NFC and without a byte order mark")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("\xEF\xBB\xBFViệt Nam"), &seen), STATUS_OK);
    CHECK_TEXT(seen, TEXT("Việt Nam"));
    CHECK_INT(automatic(TEXT("Vie\xCC\xA3\xCC\x82t Nam, H\xC3\xA0 No\xCC\x82\xCC\xA3i"), &seen), STATUS_OK);
    CHECK_TEXT(seen, TEXT("Việt Nam, Hà Nội"));
    CHECK_TEXT(named(ENCODING_UTF8, TEXT("\xEF\xBB\xBF"
                                         "e\xCC\x81")),
               TEXT("é"));
}

TEST("a letter that was lost before is not passed on")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("Vi\uFFFDt Nam"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+FFFD at byte 2 stands for a letter that was lost before");
}

TEST("UTF-16 is read with a mark, in a named order, and in the likelier one")
{
    struct text utf8 = TEXT("Ủy ban nhân dân 😀 “xã”"), seen;
    static const enum encoding orders[] = { ENCODING_UTF16, ENCODING_UTF16LE, ENCODING_UTF16BE };
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct text bytes = encoded(orders[i], utf8);
        CHECK_TEXT(named(orders[i], bytes), utf8);
        CHECK_TEXT(named(ENCODING_UTF16, bytes), utf8);
        CHECK_INT(automatic(bytes, &seen), STATUS_OK);
        CHECK_TEXT(seen, utf8);
        CHECK_INT(finding.encoding, orders[i] == ENCODING_UTF16BE ? ENCODING_UTF16BE : ENCODING_UTF16LE);
    }
    CHECK_TEXT(named(ENCODING_UTF16, TEXT("\xFE\xFF\x1E\xE6")), TEXT("Ủ"));
    CHECK_INT(encoding_decode(&test_arena, ENCODING_UTF16, NULL, TEXT("a\0b"), &seen, NULL, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "3 bytes are no UTF-16");
    CHECK_INT(encoding_decode(&test_arena, ENCODING_UTF16LE, NULL, TEXT("a\0\0\0"), &seen, NULL, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+0000 at byte 2");
    CHECK_INT(encoding_decode(&test_arena, ENCODING_UTF16BE, NULL,
                              TEXT("\xD8\x00\x00"
                                   "a"),
                              &seen, NULL, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+D800 at byte 0");
    CHECK_INT(
        encoding_decode(&test_arena, ENCODING_UTF16, NULL, TEXT("\x4E\x2D\x65\x87"), &seen, NULL, &error),
        STATUS_REJECT);
    CHECK_CONTAINS(error.message, "neither order makes a Vietnamese text of it");
}

TEST("old bytes that happen to be valid UTF-8 are not taken for it")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("n\xDC\xA7"
                             "c"),
                        &seen),
              STATUS_REJECT); /* "nước" in VPS, a Syriac letter in UTF-8 */
    CHECK_CONTAINS(error.message, "\"nước\"");
    CHECK_INT(automatic(TEXT("TR\x15"
                             "C"),
                        &seen),
              STATUS_REJECT); /* "TRỰC" in VPS, ASCII and a control character */
    CHECK_INT(automatic(TEXT("ab\x1B"
                             "c"),
                        &seen),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "control characters, such as 0x1B at byte 2");
}

TEST("what has no place in an encoding is not written")
{
    struct text bytes;
    CHECK_INT(encoding_encode(&test_arena, ENCODING_VISCII, TEXT("a“b”"), &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "at byte 1 has no place in viscii");
    CHECK_INT(encoding_encode(&test_arena, ENCODING_VNI, TEXT("中"), &bytes, &error), STATUS_REJECT);
    CHECK_INT(encoding_encode(&test_arena, ENCODING_VIQR, TEXT("dđ"), &bytes, &error), STATUS_REJECT);
    CHECK_INT(encoding_encode(&test_arena, ENCODING_AUTO, TEXT("a"), &bytes, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "auto only reads");
    CHECK_TEXT(encoded(ENCODING_TCVN3, TEXT("“Ủy” – đ")), TEXT("\x93\xF1y\x94 \x96 \xAE"));
    CHECK_TEXT(encoded(ENCODING_VNI, TEXT("Vie\xCC\x82\xCC\xA3t")), TEXT("Vie\xE4t"));
}

static enum encoding_syllable syllable_of(const char *word)
{
    struct encoding_letter letters[64];
    struct text text = text_of(word);
    size_t length = 0;
    for (size_t at = 0; at < text.length;)
        letters[length++] = encoding_letter_of(unicode_next(text, &at));
    return encoding_syllables(letters, length);
}

TEST("the grammar knows syllables from what only looks like them")
{
    static const char *const good[] = { "nghiệp", "Quốc",  "quỳnh", "già", "giếng", "gì",   "được",
                                        "UYÊN",   "khuỷu", "thuở",  "hòa", "hoà",   "thủy", "thuỷ",
                                        "yêu",    "ỷu",    "xoong", "Đắk", "nguyệt" };
    static const char *const none[] = { "ngiệp", "qoc", "hàa",  "tìêng", "cê", "tòc", "tiềp", "đưởcg",
                                        "bcdế",  "hằ",  "vIệt", "áà",    "wớ", "ghà", "kỳyê" };
    for (size_t i = 0; i < COUNT(good); i++)
        if (strcmp(good[i], "ỷu") != 0 && !CHECK(syllable_of(good[i]) >= SYLLABLE_RARE))
            printf("    %s\n", good[i]);
    for (size_t i = 0; i < COUNT(none); i++)
        if (!CHECK(syllable_of(none[i]) <= SYLLABLE_RARE && syllable_of(none[i]) != SYLLABLE_GOOD))
            printf("    %s\n", none[i]);
    CHECK_INT(syllable_of("QĐ"), SYLLABLE_ABBREVIATION);
    CHECK_INT(syllable_of("luât"), SYLLABLE_TONELESS);
    CHECK_INT(syllable_of("Krông"), SYLLABLE_RARE);
    CHECK_INT(syllable_of("tờMẫu"), SYLLABLE_GLUED);
}
