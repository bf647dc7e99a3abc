/* The numbers of documents: "63/2010/NĐ-CP", "202/2025/QH15", "4778/UBND-KSTT".
 *
 * How numbers are made: Decree 30/2020/NĐ-CP, Appendix I part I.3 and Appendix III (administrative
 * documents); Law 64/2025/QH15 and its predecessors (legal documents: with the year). Grammar, where blanks
 * stand for nothing:
 *
 *     document  = number "/" [year "/"] symbol
 *               | number "-" symbol      where a kind or an old office begins it: 78-QĐ/TW · 53-HĐBT
 *     number    = 1–6 digits ["." 1–3 digits] [["."] letter | "bis"]      1025 · 0001 · 105a · 08.a · 66.7
 *     year      = 1945–2099 | 45–99 (of the 20th century)
 *     symbol    = kind mark part {mark part}         QĐ-UBND · TTLT-BTP-BCA · QĐ/TW · TTLT/BTC-BTP
 *               | office {mark part}                 UBND-KSTT (an official letter) · HĐBT · QH15
 *     mark      = "-" | "/" | "."
 *     part      = letters ["&" letters] [1–3 digits [capitals]], letters without tone: A–Z Đ Ă Â Ê Ô Ơ Ư; capitals not in the first
 *
 * with one "/" in the symbol at the most; and technical regulations: "QCVN 06:2022/BXD". Two offices may
 * issue the same number, so a document is its number and its issuer.
 *
 * What a fault is called: the reasons "document.…" of core/reason.h.
 *
 * Only what is certain is repaired; everything else is named, with what was probably meant, and left to a
 * person.
 */
#ifndef CORE_DOCUMENT_NUMBER_H
#define CORE_DOCUMENT_NUMBER_H

#include "core/document_kind.h"
#include "core/text.h"

struct arena;

enum document_number_status {
    DOCUMENT_NUMBER_OK,
    DOCUMENT_NUMBER_REPAIRED, /* certain: the number is `text`, `fault` says what was mended */
    DOCUMENT_NUMBER_DOUBTFUL, /* `fault` says why, `suggestion` what may have been meant */
};

enum document_number_fault {
    DOCUMENT_NUMBER_RIGHT = 0,
    /* mended */
    DOCUMENT_NUMBER_PREFIX, /* "Quyết định số 6225/QĐ-BQP", "SỐ 64/QĐ-NHNN" */
    DOCUMENT_NUMBER_ETH,    /* "57/2018/NÐ-CP": U+00D0 for Đ */
    DOCUMENT_NUMBER_DASH,   /* "361/QĐ–BTP": another dash for the hyphen */
    DOCUMENT_NUMBER_BLANK,  /* "361 / QĐ - BTP" */
    /* doubtful */
    DOCUMENT_NUMBER_NO_NUMBER,   /* "QĐ-BTP", "…/QĐ-BTP" */
    DOCUMENT_NUMBER_BARE,        /* "9303" */
    DOCUMENT_NUMBER_NO_KIND,     /* "163/2025", "34/2025/NHNN" */
    DOCUMENT_NUMBER_NO_ISSUER,   /* "361/QĐ" */
    DOCUMENT_NUMBER_LOOKALIKE,   /* "04/2020/TT-BTС": a letter of another script */
    DOCUMENT_NUMBER_PLAIN_D,     /* "1170/QD-BTP", "ND-CP" */
    DOCUMENT_NUMBER_BEHIND,      /* "QĐ/0001-BCA": the number behind the kind */
    DOCUMENT_NUMBER_GLUED,       /* "QĐ2338-BTP", "2338QĐ-BTP" */
    DOCUMENT_NUMBER_PUNCTUATION, /* "569./QĐ-BXD", "569//QĐ-BXD", "569/QĐ-BXD." */
    DOCUMENT_NUMBER_TEST,        /* "Demo/QĐ-BCA" */
    DOCUMENT_NUMBER_YEAR,        /* "37/2013/2015/TT-NHNN", "12/20255/TT-BTC" */
    DOCUMENT_NUMBER_CASE,        /* "361/qđ-btp" */
    DOCUMENT_NUMBER_DISAGREES,   /* "Nghị định số 04/2020/TT-BTP" */
    DOCUMENT_NUMBER_SEVERAL,     /* "361/QĐ-BTP, 362/QĐ-BTP" */
    DOCUMENT_NUMBER_WORDS,       /* "163/QĐ-BTP ngày 20/01/2025" */
    DOCUMENT_NUMBER_UNREADABLE,  /* none of these */
    DOCUMENT_NUMBER_FAULTS,
};

struct document_number {
    enum document_number_status status;
    enum document_number_fault fault; /* of several mended ones, the first of the list */
    struct text text;                 /* as it is to be written; doubtful: as it came, trimmed */
    struct text suggestion;           /* doubtful only, where one reading stands out; or none */
    /* Not when doubtful: */
    enum document_kind kind;
    struct text number; /* "105a" */
    int year;           /* 0: none */
    struct text issuer; /* "BTP", "BTP-BCA"; of a letter the office, "UBND"; "QH15" */
};

/* The text is NFC. Everything lives in the arena. Returns the status. */
enum document_number_status document_number_read(struct arena *arena, struct text text,
                                                 struct document_number *number);

#endif
