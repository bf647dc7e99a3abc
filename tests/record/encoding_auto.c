#include <string.h>

#include "record/encoding_tables.h"
#include "tests/record/encoding_help.h"

/* Bytes as a Windows-1252 program shows them: what a spreadsheet holds that was typed in an old font. */
static struct text typed(struct text bytes)
{
    char *out = arena_alloc(&test_arena, bytes.length * 3 + 1);
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
        "DDR5, DDL, TDD, MMDD",
        "**do** *to* it",
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

TEST("VIQR in which little speaks for it is doubtful, not taken for ASCII")
{
    static const char *const doubtful[] = { "1.250.000dd", "QDD2338-BTP",    "105a/QDD-NHNN",
                                            "NLDD:",       "cha, me., con;", "BO^. TU+" };
    struct text seen;
    for (size_t i = 0; i < COUNT(doubtful); i++) {
        if (!CHECK_INT(automatic(text_of(doubtful[i]), &seen), STATUS_REJECT))
            printf("    [%s]\n", doubtful[i]);
        CHECK_CONTAINS(error.message, "words are Vietnamese in VIQR");
    }
}

TEST("headings in capitals are told, also where cells of a table ran together")
{
    struct text utf8 = TEXT("CÁCH THỨC THỰC HIỆNHÌNH THỨC NỘPTHỜI GIANPHÍ, LỆ PHÍMÔ TẢTRỰC TUYẾN5 NGÀY LÀM "
                            "VIỆCMIỄN PHÍTRỰC TIẾP5 NGÀYMIỄN PHÍTHÀNH PHẦN HỒ SƠ");
    struct text seen = TEXT_NONE;
    for (size_t k = 0; k < COUNT(old); k++) {
        if (!CHECK_INT(automatic(encoded(old[k], utf8), &seen), STATUS_OK))
            printf("    %s\n", error.message);
        CHECK_TEXT(lower(seen), lower(utf8));
        CHECK_INT(finding.encoding, old[k]);
    }
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
    for (size_t i = 0; i < 5; i++) { /* all of it UTF-8 */
        CHECK_INT(encoding_decode(&test_arena, old[i], NULL, unicode, &seen, &finding, &error),
                  STATUS_REJECT);
        CHECK_CONTAINS(error.message, "is a word in utf-8");
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

TEST("question marks in the place of letters are damage, those of sentences and addresses are not")
{
    static const char *const lost[] = {
        "Th? t?c hành chính",
        "Th? t?c h?nh ch?nh c?p gi?y ph?p",
        "?? ngh? c?p l?i gi?y phép",
        "C?p l?i gi?y phép ?i?u ch?nh",
        "quyền sử dụng đất, quy?n sở hữu",
        "TH? T?C HÀNH CHÍNH",
        "V\xE3n b\xB6n quy ph\xB9m ph\xB8p lu\xCBt ng?nh T? ph\xB8p", /* TCVN3 */
    };
    static const char *const ordinary[] = {
        "Nộp hồ sơ ở đâu? Bao lâu? Lệ phí?",
        "Xem tại dichvucong.gov.vn/tra-cuu?ma=1.001193&ten=a",
        "index.php?id=5",
        "Hồ sơ gồm gì?bao nhiêu bản",
        "Có hay không? có thì nộp",
        "What is it? who knows?",
    };
    struct text seen;
    for (size_t i = 0; i < COUNT(lost); i++) {
        if (!CHECK_INT(automatic(text_of(lost[i]), &seen), STATUS_REJECT))
            printf("    [%s]\n", lost[i]);
        CHECK_CONTAINS(error.message, "a question mark seems to stand for a letter that was lost before");
    }
    CHECK_INT(automatic(TEXT("cấp giấy h?nh nghề"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "in \"h?nh\" at byte 13");
    for (size_t i = 0; i < COUNT(ordinary); i++)
        if (!CHECK_INT(automatic(text_of(ordinary[i]), &seen), STATUS_OK))
            printf("    [%s] %s\n", ordinary[i], error.message);
}

TEST("Unicode by its source's word is refused where letters were spoilt beyond doubt")
{
    CHECK_INT(encoding_check(TEXT("Thá»§ tá»¥c"), &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "looks like UTF-8 read as Windows-1252");
    CHECK_INT(encoding_check(TEXT("Đăng k\uFFFD"), &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+FFFD at byte 8");
    CHECK_INT(encoding_check(TEXT("Th? t?c hành chính"), &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "a question mark seems to stand for a letter");
    static const char *const ordinary[] = {
        "", "Thủ tục hành chính", "XÃ HỘI, “XÃ” THÃ…", "cấp? h?nh", "Ä Ö Ü?", "a?b=c&d?e", "Bà", "\xE1\xBB"
    };
    for (size_t i = 0; i < COUNT(ordinary); i++)
        CHECK_INT(encoding_check(text_of(ordinary[i]), NULL), STATUS_OK);
}

TEST("words of VIQR beside an old encoding's are told, also where that one is named")
{
    struct text viqr = TEXT("tro^.n vo+'i Tie^'ng Vie^.t ca^'p gia^'y phe'p"), seen;
    for (size_t k = 0; k < 5; k++) {
        struct text bytes = text_format(
            &test_arena, TEXT_PRINT " " TEXT_PRINT,
            TEXT_ARG(encoded(old[k], TEXT("Ủy ban nhân dân tỉnh quyết định thành lập hội đồng thẩm định"))),
            TEXT_ARG(viqr));
        CHECK_INT(automatic(bytes, &seen), STATUS_REJECT);
        CHECK_CONTAINS(error.message, "words in VIQR such as \"tro^.n\"");
        CHECK_INT(encoding_decode(&test_arena, old[k], NULL, bytes, &seen, &finding, &error), STATUS_REJECT);
        CHECK_CONTAINS(error.message, "words in VIQR such as \"tro^.n\"");
    }
}

TEST("a word of UTF-8 among an old encoding's is told, where its bytes are letters and signs there")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("\xD0\xFD\xF5\xF2"
                             "c h\xF4\xF2i \xD0\xF4\xCCng x\xE3 h\xF4\xF2i nh\xE2n d\xE2n h\xE1\xBB\x99"),
                        &seen),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "is a word in utf-8 (\"hộ\")");
}

TEST("a letter of a far script inside a word is not passed on, a whole word of it is")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("Thủ tục cấp giấy hi黇u lực"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message,
                   "the letter \"黇\" at byte 27 is of another script than the word it stands in");
    CHECK_INT(automatic(TEXT("Thủ tục 中文 cho người Nga (Виза), TT-BTС, 10 m²"), &seen), STATUS_OK);
}

TEST("an amount with a sign of an old font is not passed on")
{
    static const char *const amounts[] = { "50.000®", "1.250.000ñ/hồ sơ", "0§", "Lệ phí: 100,000Ñ" };
    struct text seen;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        CHECK_INT(encoding_decode_typed(&test_arena, ENCODING_AUTO, NULL, text_of(amounts[i]), &seen,
                                        &finding, &error),
                  STATUS_REJECT);
        CHECK_CONTAINS(error.message, "ends in a sign that is đ in an old font");
    }
    CHECK_INT(automatic(TEXT("Office 365®, Windows 10®, § 5, 50.000đ, 50.000 ₫"), &seen), STATUS_OK);
}

TEST("Unicode whose words are all Vietnamese is never doubtful, however short")
{
    static const char *const texts[] = { "Bà",  "Ông Bà", "Y Tý", "Cô Tô", "Tà Lài", "vô",
                                         "hoà", "tù",     "bè",   "Hà Tú", "Trà My" };
    struct text seen;
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (!CHECK_INT(automatic(text_of(texts[i]), &seen), STATUS_OK))
            printf("    [%s] %s\n", texts[i], error.message);
        CHECK_TEXT(seen, text_of(texts[i]));
    }
    CHECK_INT(automatic(TEXT("=\xD8\xB0\xDC \0P\0h\0\xED\0 \0t\0\xD1\x1Ei\0 \0\xB0\x01u\0"), &seen),
              STATUS_OK);
}

TEST("a letter that was lost before is not passed on")
{
    struct text seen;
    CHECK_INT(automatic(TEXT("Vi\uFFFDt Nam"), &seen), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+FFFD at byte 2 stands for a letter that was lost before");
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
