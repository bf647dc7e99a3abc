#include "record/encoding.h"

#include <string.h>

#include "record/encoding_syllable.h"
#include "record/encoding_tables.h"
#include "tests/record/encoding_help.h"

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
        unsigned char seen[134][2];
        size_t lengths[134], total = 0;
        for (size_t at = 0; at < 2 * 6 * (sizeof bases - 1); at++) {
            char base = bases[at / 12];
            unsigned tone = (unsigned)(at / 2 % 6);
            bool upper = at % 2;
            int32_t letter = encoding_letter_compose(base, tone, upper);
            if (letter < 0x80)
                continue;
            unsigned char bytes[2];
            size_t length = writer_letter(reading, letter, bytes), behind = 0;
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

TEST("VIQR is read with its escapes, and its full stops and question marks where they are ones")
{
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("To^i ddi ho.c\\. A\\?")), TEXT("Tôi đi học. A?"));
    static const char *const addresses[] = {
        "cantho.gov.vn/thu-tuc?ma=o.a",
        "(http://a.vn/a?b=o.add)",
        "WWW.CANTHO.GOV.VN",
        "email=ho.so@cantho.gov.vn;b.o@x.vn",
        "mailto:ho.so@a.vn?subject=add",
        "'http://a.vn/x,y.o?z=dd'",
        "ho.so.pdf, to.khai.docx",
    };
    for (size_t i = 0; i < COUNT(addresses); i++)
        CHECK_TEXT(named(ENCODING_VIQR, text_of(addresses[i])), text_of(addresses[i]));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("ta.i:https://a.vn/o.x hoa(.c ho.so@a.vn. Ho^` so+.")),
               TEXT("tại:https://a.vn/o.x hoặc ho.so@a.vn. Hồ sơ."));
    CHECK_TEXT(named(ENCODING_VIQR, TEXT("tho\\.vn")), TEXT("tho.vn"));
    CHECK_TEXT(encoded(ENCODING_VIQR, TEXT("xã: ho.so@a.vn?")), TEXT("xa~: ho.so@a.vn?"));
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

TEST("VIQR is read as people type it: a star for the horn, the tone first, d-, full stops not escaped")
{
    static const char *const habits[][2] = {
        { "DDu*o*.c hu*o*?ng", "Được hưởng" },
        { "Vie.^t Nam, tie'^ng", "Việt Nam, tiếng" },
        { "d-o^`ng y', D-a`o", "đồng ý, Đào" },
        { "nop ho^` so+. Tra? ke^'t qua?", "nop hồ sơ. Trả kết quả" },
        { "DDo^.c la^.p - Tu+. do - Ha.nh phu'c", "Độc lập - Tự do - Hạnh phúc" },
        { "Ho^` so+.Tru+.c tie^'p", "Hồ sơ.Trực tiếp" },
        { "cu+? ddi ho.c, ca'n bo^. xa~", "cử đi học, cán bộ xã" },
        { "to khai.pdf, cantho.gov.vn", "to khai.pdf, cantho.gov.vn" },
        { "ddie^?m a(ii), a(n", "điểm a(ii), ăn" },
        { "dda^`u tu+... ngoa`i.Ma~u", "đầu tư... ngoài.Mãu" },
        { "TT-BGDDDT, QSDDD, NDDDPL", "TT-BGDĐT, QSDĐ, NĐDPL" },
        { "TT-BGD\\DDT", "TT-BGDĐT" },
        { "KHAISO^' LU+O+.NG, GIANPHI'", "KHAISỐ LƯỢNG, GIANPHÍ" },
        /* who escapes full stops means the others as tones */
        { "Tre? so+.\\. Ho^` so+.", "Trẻ sợ. Hồ sợ" },
    };
    for (size_t i = 0; i < COUNT(habits); i++)
        CHECK_TEXT(named(ENCODING_VIQR, text_of(habits[i][0])), text_of(habits[i][1]));
    struct text seen;
    CHECK_INT(encoding_decode(&test_arena, ENCODING_VIQR, NULL, TEXT("TDDDX"), &seen, &finding, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "\"ddd\" at byte 0 may be \"đd\" or \"dđ\" in VIQR");
    static const char *const written[] = { "TT-BGDĐT", "dđ", "đd", "ddd", "u*o*", "a'^", "D-An" };
    for (size_t i = 0; i < COUNT(written); i++)
        CHECK_TEXT(named(ENCODING_VIQR, encoded(ENCODING_VIQR, text_of(written[i]))), text_of(written[i]));
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

TEST("texts of these tests are written as their encodings have them")
{
    struct text bytes;
    CHECK(!encoding_written(&test_arena, ENCODING_VISCII, TEXT("a“b”"), &bytes));
    CHECK(!encoding_written(&test_arena, ENCODING_VNI, TEXT("中"), &bytes));
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
    CHECK_INT(syllable_of("HIỆNHÌNH"), SYLLABLE_GLUED);
    CHECK_INT(syllable_of("PHÍMÔ"), SYLLABLE_GLUED);
    CHECK_INT(syllable_of("HIỆNHÌNGH"), SYLLABLE_NONE);
    CHECK_INT(syllable_of("hiệnhình"), SYLLABLE_NONE);
}
