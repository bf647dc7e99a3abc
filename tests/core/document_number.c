#include "core/document_number.h"

#include <string.h>

#include "tests/support/test.h"

static struct document_number number;

static void right(const char *written, enum document_kind kind, const char *digits, int year,
                  const char *issuer)
{
    bool good = CHECK_INT(document_number_read(&test_arena, text_of(written), &number), DOCUMENT_NUMBER_OK);
    good &= CHECK_INT(number.fault, DOCUMENT_NUMBER_RIGHT);
    good &= CHECK_INT(number.kind, kind);
    good &= CHECK_INT(number.year, year);
    good &= CHECK_TEXT(number.number, text_of(digits));
    good &= CHECK_TEXT(number.issuer, text_of(issuer));
    good &= CHECK_TEXT(number.text, text_of(written));
    if (!good)
        CHECK_STRING(written, "read otherwise");
}

static void repaired(const char *written, enum document_number_fault fault, const char *expected,
                     enum document_kind kind)
{
    bool good =
        CHECK_INT(document_number_read(&test_arena, text_of(written), &number), DOCUMENT_NUMBER_REPAIRED);
    good &= CHECK_INT(number.fault, fault);
    good &= CHECK_TEXT(number.text, text_of(expected));
    good &= CHECK_INT(number.kind, kind);
    good &= CHECK_INT(number.suggestion.length, 0);
    if (!good)
        CHECK_STRING(written, "read otherwise");
}

/* `meant` is the suggestion; NULL: there is none. */
static void doubtful(const char *written, enum document_number_fault fault, const char *meant)
{
    bool good =
        CHECK_INT(document_number_read(&test_arena, text_of(written), &number), DOCUMENT_NUMBER_DOUBTFUL);
    good &= CHECK_INT(number.fault, fault);
    good &= CHECK_TEXT(number.text, text_of(written));
    good &= CHECK_TEXT(number.suggestion, text_of(meant));
    good &= CHECK_INT(number.kind, DOCUMENT_UNKNOWN);
    good &= CHECK_INT(number.issuer.length, 0);
    if (!good)
        CHECK_STRING(written, "read otherwise");
}

TEST("numbers of legal documents are read with their year, kind and issuer")
{
    right("63/2010/NĐ-CP", DOCUMENT_DECREE, "63", 2010, "CP");
    right("04/2020/TT-BTP", DOCUMENT_CIRCULAR, "04", 2020, "BTP");
    right("202/2025/QH15", DOCUMENT_ASSEMBLY, "202", 2025, "QH15");
    right("06/2013/UBTVQH13", DOCUMENT_COMMITTEE, "06", 2013, "UBTVQH13");
    right("28/2005/PL-UBTVQH11", DOCUMENT_ORDINANCE, "28", 2005, "UBTVQH11");
    right("24/2024/QĐ-UBND", DOCUMENT_DECISION, "24", 2024, "UBND");
    right("09/2024/QĐ-TTg", DOCUMENT_DECISION, "09", 2024, "TTg");
    right("05/2015/TTLT-BTP-BCA-BYT", DOCUMENT_JOINT_CIRCULAR, "05", 2015, "BTP-BCA-BYT");
    right("01/2014/NQLT-CP-UBTƯMTTQVN", DOCUMENT_JOINT_RESOLUTION, "01", 2014, "CP-UBTƯMTTQVN");
    right("21/2024/NQ-HĐND", DOCUMENT_RESOLUTION, "21", 2024, "HĐND");
    right("12/VBHN-VPQH", DOCUMENT_CONSOLIDATED, "12", 0, "VPQH");
}

TEST("numbers of administrative documents are read")
{
    right("361/QĐ-BTP", DOCUMENT_DECISION, "361", 0, "BTP");
    right("4778/UBND-KSTT", DOCUMENT_LETTER, "4778", 0, "UBND");
    right("57/TTr-STP", DOCUMENT_SUBMISSION, "57", 0, "STP");
    right("57/TTR-STP", DOCUMENT_SUBMISSION, "57", 0, "STP");
    right("12/CTr-UBND", DOCUMENT_PLAN, "12", 0, "UBND");
    right("12/CT-TTg", DOCUMENT_DIRECTIVE, "12", 0, "TTg");
    right("12/ĐA-UBND", DOCUMENT_PLAN, "12", 0, "UBND");
    right("12/HD-STP", DOCUMENT_GUIDANCE, "12", 0, "STP");
    right("12/QyĐ-UBND", DOCUMENT_REGULATION, "12", 0, "UBND");
    right("12/CĐ-TTg", DOCUMENT_TELEGRAM, "12", 0, "TTg");
    right("361/BTP", DOCUMENT_LETTER, "361", 0, "BTP");
    right("12/HĐND-VP", DOCUMENT_LETTER, "12", 0, "HĐND");
}

TEST("unusual numbers that are right are not called wrong")
{
    right("1075a/QĐ-NHNN", DOCUMENT_DECISION, "1075a", 0, "NHNN");
    right("09b/2013/TT-BTP", DOCUMENT_CIRCULAR, "09b", 2013, "BTP");
    right("08.a/2010/TT-BTP", DOCUMENT_CIRCULAR, "08.a", 2010, "BTP");
    right("12bis/QĐ-BTP", DOCUMENT_DECISION, "12bis", 0, "BTP");
    right("66.7/2025/NQ-CP", DOCUMENT_RESOLUTION, "66.7", 2025, "CP");
    right("66.16/2026/NQ-CP", DOCUMENT_RESOLUTION, "66.16", 2026, "CP");
    right("92/2000/QĐ-NHNN7", DOCUMENT_DECISION, "92", 2000, "NHNN7");
    right("1234/QĐ-BNN-TY", DOCUMENT_DECISION, "1234", 0, "BNN-TY");
    right("1234/QĐ-UBND.VX", DOCUMENT_DECISION, "1234", 0, "UBND.VX");
    right("1234/QĐ-SNN&PTNT", DOCUMENT_DECISION, "1234", 0, "SNN&PTNT");
    right("93/2006/TTLT/BTC-BKHCN", DOCUMENT_JOINT_CIRCULAR, "93", 2006, "BTC-BKHCN");
    right("78-QĐ/TW", DOCUMENT_DECISION, "78", 0, "TW");
    right("66-NQ/TW", DOCUMENT_RESOLUTION, "66", 0, "TW");
    right("21-LCT/HĐNN8", DOCUMENT_LAW, "21", 0, "HĐNN8");
    right("5-L/CTN", DOCUMENT_ORDER, "5", 0, "CTN");
    right("53-HĐBT", DOCUMENT_OTHER, "53", 0, "HĐBT");
    right("66/1992/HĐBT", DOCUMENT_OTHER, "66", 1992, "HĐBT");
    right("36/CP", DOCUMENT_OTHER, "36", 0, "CP");
    right("47/SL", DOCUMENT_DECREE_LAW, "47", 0, "SL");
    right("12/98/QĐ-BTC", DOCUMENT_DECISION, "12", 1998, "BTC");
    right("0001/QĐ-BCA", DOCUMENT_DECISION, "0001", 0, "BCA");
    right("1234/QĐ-ĐHBK", DOCUMENT_DECISION, "1234", 0, "ĐHBK");
    right("01/QĐ-BCĐ389", DOCUMENT_DECISION, "01", 0, "BCĐ389");
    right("60/QĐ-K2ĐT", DOCUMENT_DECISION, "60", 0, "K2ĐT");
}

TEST("technical regulations and standards are read")
{
    right("QCVN 06:2022/BXD", DOCUMENT_STANDARD, "06", 2022, "BXD");
    right("QCVN 02-1:2019/BNNPTNT", DOCUMENT_STANDARD, "02-1", 2019, "BNNPTNT");
    right("TCVN 5574:2018", DOCUMENT_STANDARD, "5574", 2018, "");
    doubtful("QCVN 06:22/BXD", DOCUMENT_NUMBER_YEAR, NULL);
    doubtful("QCVN 06/BXD", DOCUMENT_NUMBER_UNREADABLE, NULL);
}

TEST("words in front that agree with the number are cut off")
{
    repaired("Quyết định số 6225/QĐ-BQP", DOCUMENT_NUMBER_PREFIX, "6225/QĐ-BQP", DOCUMENT_DECISION);
    repaired("QUYẾT ĐỊNH SỐ: 6225/QĐ-BQP", DOCUMENT_NUMBER_PREFIX, "6225/QĐ-BQP", DOCUMENT_DECISION);
    repaired("Quyết định 6225/QĐ-BQP", DOCUMENT_NUMBER_PREFIX, "6225/QĐ-BQP", DOCUMENT_DECISION);
    repaired("QĐ số 6225/QĐ-BQP", DOCUMENT_NUMBER_PREFIX, "6225/QĐ-BQP", DOCUMENT_DECISION);
    repaired("Số 6225/QĐ-BQP", DOCUMENT_NUMBER_PREFIX, "6225/QĐ-BQP", DOCUMENT_DECISION);
    repaired("SỐ 64/QĐ-NHNN", DOCUMENT_NUMBER_PREFIX, "64/QĐ-NHNN", DOCUMENT_DECISION);
    repaired("Nghị định 123/2015/NĐ-CP", DOCUMENT_NUMBER_PREFIX, "123/2015/NĐ-CP", DOCUMENT_DECREE);
    repaired("Công văn số 4778/UBND-KSTT", DOCUMENT_NUMBER_PREFIX, "4778/UBND-KSTT", DOCUMENT_LETTER);
    repaired("Thông tư liên tịch 05/2015/TTLT-BTP-BCA", DOCUMENT_NUMBER_PREFIX, "05/2015/TTLT-BTP-BCA",
             DOCUMENT_JOINT_CIRCULAR);
    repaired("Văn bản hợp nhất số 12/VBHN-VPQH", DOCUMENT_NUMBER_PREFIX, "12/VBHN-VPQH",
             DOCUMENT_CONSOLIDATED);
    repaired("Số: 57/2018/NÐ-CP", DOCUMENT_NUMBER_PREFIX, "57/2018/NĐ-CP", DOCUMENT_DECREE);
}

TEST("words in front say the kind where the number leaves it open")
{
    repaired("Luật số 43/2024/QH15", DOCUMENT_NUMBER_PREFIX, "43/2024/QH15", DOCUMENT_LAW);
    repaired("Bộ luật 91/2015/QH13", DOCUMENT_NUMBER_PREFIX, "91/2015/QH13", DOCUMENT_LAW);
    repaired("Nghị quyết số 202/2025/QH15", DOCUMENT_NUMBER_PREFIX, "202/2025/QH15", DOCUMENT_RESOLUTION);
    repaired("Pháp lệnh 06/2013/UBTVQH13", DOCUMENT_NUMBER_PREFIX, "06/2013/UBTVQH13", DOCUMENT_ORDINANCE);
    repaired("Nghị định số 53-HĐBT", DOCUMENT_NUMBER_PREFIX, "53-HĐBT", DOCUMENT_DECREE);
}

TEST("words in front that disagree with the number are left to a person")
{
    doubtful("Nghị định số 04/2020/TT-BTP", DOCUMENT_NUMBER_DISAGREES, NULL);
    doubtful("Quyết định số 43/2024/QH15", DOCUMENT_NUMBER_DISAGREES, NULL);
    doubtful("Quyết định 361/BTP", DOCUMENT_NUMBER_DISAGREES, NULL);
}

TEST("the letter U+00D0, other dashes and blanks beside the marks are mended")
{
    repaired("57/2018/NÐ-CP", DOCUMENT_NUMBER_ETH, "57/2018/NĐ-CP", DOCUMENT_DECREE);
    repaired("361/QĐ–BTP", DOCUMENT_NUMBER_DASH, "361/QĐ-BTP", DOCUMENT_DECISION);
    repaired("361/QĐ‑BTP", DOCUMENT_NUMBER_DASH, "361/QĐ-BTP", DOCUMENT_DECISION);
    repaired("361 / QĐ - BTP", DOCUMENT_NUMBER_BLANK, "361/QĐ-BTP", DOCUMENT_DECISION);
    repaired("361/QÐ – BTP", DOCUMENT_NUMBER_ETH, "361/QĐ-BTP", DOCUMENT_DECISION);
}

TEST("letters of another script are named and their Latin twins suggested")
{
    doubtful("04/2020/TT-BTС", DOCUMENT_NUMBER_LOOKALIKE, "04/2020/TT-BTC");
    doubtful("SỐ 04/2020/ТТ-ВТС", DOCUMENT_NUMBER_LOOKALIKE, "04/2020/TT-BTC");
    doubtful("04/2020/QƉ-BTC", DOCUMENT_NUMBER_LOOKALIKE, "04/2020/QĐ-BTC");
    doubtful("1170/QD-BTС", DOCUMENT_NUMBER_LOOKALIKE, "1170/QĐ-BTC");
    doubtful("０４/2020/TT-BTC", DOCUMENT_NUMBER_LOOKALIKE, "04/2020/TT-BTC");
    doubtful("04/2020/TT-ЖЖ", DOCUMENT_NUMBER_UNREADABLE, NULL);
}

TEST("D for Đ is named in kinds and in offices")
{
    doubtful("1170/QD-BTP", DOCUMENT_NUMBER_PLAIN_D, "1170/QĐ-BTP");
    doubtful("57/2018/ND-CP", DOCUMENT_NUMBER_PLAIN_D, "57/2018/NĐ-CP");
    doubtful("21/2024/NQ-HDND", DOCUMENT_NUMBER_PLAIN_D, "21/2024/NQ-HĐND");
    doubtful("21/2024/QD-HDND", DOCUMENT_NUMBER_PLAIN_D, "21/2024/QĐ-HĐND");
    doubtful("12/BGDDT-VP", DOCUMENT_NUMBER_PLAIN_D, "12/BGDĐT-VP");
    doubtful("Số 1170/QD-BTP", DOCUMENT_NUMBER_PLAIN_D, "1170/QĐ-BTP");
    right("12/DA-UBND", DOCUMENT_PLAN, "12", 0, "UBND");
    right("12/QĐ-BXD", DOCUMENT_DECISION, "12", 0, "BXD");
}

TEST("a number behind its kind, or glued to it, is turned round in the suggestion only")
{
    doubtful("QĐ/0001-BCA", DOCUMENT_NUMBER_BEHIND, "0001/QĐ-BCA");
    doubtful("QĐ/0001/BCA", DOCUMENT_NUMBER_BEHIND, "0001/QĐ-BCA");
    doubtful("QĐ-361/BTP", DOCUMENT_NUMBER_BEHIND, "361/QĐ-BTP");
    doubtful("QD/361-BTP", DOCUMENT_NUMBER_BEHIND, "361/QĐ-BTP");
    doubtful("QĐ2338-BTP", DOCUMENT_NUMBER_GLUED, "2338/QĐ-BTP");
    doubtful("2338QĐ-BTP", DOCUMENT_NUMBER_GLUED, "2338/QĐ-BTP");
    doubtful("2338 QĐ-BTP", DOCUMENT_NUMBER_GLUED, "2338/QĐ-BTP");
    doubtful("04/2020TT-BTP", DOCUMENT_NUMBER_GLUED, "04/2020/TT-BTP");
}

TEST("marks too many are named")
{
    doubtful("569./QĐ-BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569//QĐ-BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569/QĐ--BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569/QĐ-BXD.", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569/QĐ-BXD;", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("\"569/QĐ-BXD\"", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569\\QĐ-BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569/QĐ_BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
    doubtful("569./QD-BXD", DOCUMENT_NUMBER_PUNCTUATION, "569/QĐ-BXD");
}

TEST("what has no number, no kind or no issuer is named")
{
    doubtful("9303", DOCUMENT_NUMBER_BARE, NULL);
    doubtful("Số 9303", DOCUMENT_NUMBER_BARE, NULL);
    doubtful("163/2025", DOCUMENT_NUMBER_NO_KIND, NULL);
    doubtful("163/", DOCUMENT_NUMBER_NO_KIND, NULL);
    doubtful("34/2025/NHNN", DOCUMENT_NUMBER_NO_KIND, NULL);
    doubtful("01-THADS", DOCUMENT_NUMBER_NO_KIND, NULL);
    doubtful("361/QĐ", DOCUMENT_NUMBER_NO_ISSUER, NULL);
    doubtful("104/2025/NĐ", DOCUMENT_NUMBER_NO_ISSUER, NULL);
    doubtful("QĐ-BTP", DOCUMENT_NUMBER_NO_NUMBER, NULL);
    doubtful("/QĐ-BTP", DOCUMENT_NUMBER_NO_NUMBER, NULL);
    doubtful("…/2025/QĐ-BTP", DOCUMENT_NUMBER_NO_NUMBER, NULL);
    doubtful("Không có thông tin", DOCUMENT_NUMBER_NO_NUMBER, NULL);
    doubtful("", DOCUMENT_NUMBER_NO_NUMBER, NULL);
}

TEST("test data is named")
{
    doubtful("Demo/QĐ-BCA", DOCUMENT_NUMBER_TEST, NULL);
    doubtful("123/QĐ-TEST", DOCUMENT_NUMBER_TEST, NULL);
    doubtful("test 1", DOCUMENT_NUMBER_TEST, NULL);
}

TEST("a year that is none is named")
{
    doubtful("37/2013/2015/TT-NHNN", DOCUMENT_NUMBER_YEAR, NULL);
    doubtful("12/20255/TT-BTC", DOCUMENT_NUMBER_YEAR, NULL);
    doubtful("34/225/TT-NHNN", DOCUMENT_NUMBER_YEAR, NULL);
    doubtful("12/1944/TT-BTC", DOCUMENT_NUMBER_YEAR, NULL);
    doubtful("12/24/TT-BTC", DOCUMENT_NUMBER_YEAR, NULL);
}

TEST("small letters are named")
{
    doubtful("361/Qđ-BTP", DOCUMENT_NUMBER_CASE, "361/QĐ-BTP");
    doubtful("361/qđ-btp", DOCUMENT_NUMBER_CASE, NULL);
    doubtful("361/QĐ-btp", DOCUMENT_NUMBER_CASE, NULL);
    doubtful("57/Ttr-BTP", DOCUMENT_NUMBER_CASE, "57/TTr-BTP");
}

TEST("several numbers and other words are named, a single number among words is suggested")
{
    doubtful("361/QĐ-BTP, 362/QĐ-BTP", DOCUMENT_NUMBER_SEVERAL, NULL);
    doubtful("361/QĐ-BTP;362/QĐ-BTP", DOCUMENT_NUMBER_SEVERAL, NULL);
    doubtful("163/QĐ-BTP ngày 20/01/2025", DOCUMENT_NUMBER_WORDS, "163/QĐ-BTP");
    doubtful("Luật Hộ tịch số 60/2014/QH13", DOCUMENT_NUMBER_WORDS, "60/2014/QH13");
    doubtful("Luật Đất đai 2024 (số 31/2024/QH15)", DOCUMENT_NUMBER_WORDS, "31/2024/QH15");
}

TEST("table cells run together and other prose are unreadable")
{
    doubtful("01/2010/TT-BTP01/2010/TT-BTP", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("361/QĐ-BTP362/QĐ-BTP", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("36/QĐ-BTP12/QĐ-BTP", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("32/2024/QH15Thông", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("ngày 20 tháng 1 năm 2025", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("15-KQ0108", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("1234567/QĐ-BTP", DOCUMENT_NUMBER_UNREADABLE, NULL);
    doubtful("12/A-B-C-D-E-F-G-H-I-K-L-M-N", DOCUMENT_NUMBER_UNREADABLE, NULL);
}

/* `begin`, and letters up to 400 bytes. */
static enum document_number_fault long_fault(const char *begin)
{
    char prose[400];
    memset(prose, 'a', sizeof prose);
    memcpy(prose, begin, strlen(begin));
    CHECK_INT(document_number_read(&test_arena, (struct text){ prose, sizeof prose }, &number),
              DOCUMENT_NUMBER_DOUBTFUL);
    return number.fault;
}

TEST("a text of any length is judged: what holds no number is not excused by its length")
{
    CHECK_INT(long_fault("361/QĐ-BTP "), DOCUMENT_NUMBER_WORDS);
    CHECK_TEXT(number.suggestion, TEXT("361/QĐ-BTP"));
    CHECK_INT(long_fault("361/QĐ-BTP, 362/QĐ-BTP "), DOCUMENT_NUMBER_SEVERAL);
    CHECK_INT(long_fault("361/QĐ-BTP"), DOCUMENT_NUMBER_UNREADABLE);
    CHECK_INT(long_fault("9303 "), DOCUMENT_NUMBER_UNREADABLE);
    CHECK_INT(long_fault("Quyết định"), DOCUMENT_NUMBER_NO_NUMBER);
    CHECK_INT(long_fault("Demo/QĐ-BCA "), DOCUMENT_NUMBER_TEST);
}

TEST("bytes that are not UTF-8 are only unreadable")
{
    CHECK_INT(document_number_read(&test_arena, TEXT("361/Q\xff-BTP"), &number), DOCUMENT_NUMBER_DOUBTFUL);
    CHECK_INT(document_number_read(&test_arena, TEXT("361/QĐ-\xe2\x80"), &number), DOCUMENT_NUMBER_DOUBTFUL);
    CHECK_INT(document_number_read(&test_arena, TEXT("\xc3"), &number), DOCUMENT_NUMBER_DOUBTFUL);
    CHECK_INT(document_number_read(&test_arena, TEXT("361/QĐ\0-BTP"), &number), DOCUMENT_NUMBER_DOUBTFUL);
}

TEST("every kind has words")
{
    for (int kind = 0; kind <= DOCUMENT_OTHER; kind++)
        for (int language = 0; language < LANGUAGES; language++)
            CHECK(document_kind_words((enum document_kind)kind)->in[language]);
    CHECK_STRING(document_kind_text(DOCUMENT_DECREE), "decree");
    CHECK_STRING(document_kind_words(DOCUMENT_DECREE)->in[LANGUAGE_VI], "nghị định");
}
