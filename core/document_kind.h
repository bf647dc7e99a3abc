/* Kinds of documents: their names and abbreviations.
 *
 * Legal documents: Law 64/2025/QH15 (Article 4), before it 80/2015/QH13. Administrative documents: Decree
 * 30/2020/NĐ-CP, Appendix III. Older and other kinds as they are met in legal bases.
 */
#ifndef CORE_DOCUMENT_KIND_H
#define CORE_DOCUMENT_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/text.h"
#include "core/words.h"

enum document_kind {
    DOCUMENT_UNKNOWN = 0,
    DOCUMENT_LAW,       /* luật, bộ luật */
    DOCUMENT_ASSEMBLY,  /* QH15: a law or a resolution of the National Assembly; the number does not say which
                         */
    DOCUMENT_ORDINANCE, /* PL pháp lệnh */
    DOCUMENT_COMMITTEE, /* UBTVQH15: an ordinance or a resolution of its Standing Committee */
    DOCUMENT_ORDER,     /* L lệnh */
    DOCUMENT_DECREE_LAW,       /* SL sắc lệnh */
    DOCUMENT_DECREE,           /* NĐ nghị định */
    DOCUMENT_CIRCULAR,         /* TT thông tư */
    DOCUMENT_JOINT_CIRCULAR,   /* TTLT thông tư liên tịch */
    DOCUMENT_RESOLUTION,       /* NQ nghị quyết */
    DOCUMENT_JOINT_RESOLUTION, /* NQLT nghị quyết liên tịch */
    DOCUMENT_DECISION,         /* QĐ quyết định */
    DOCUMENT_DIRECTIVE,        /* CT chỉ thị */
    DOCUMENT_CONSOLIDATED,     /* VBHN văn bản hợp nhất */
    DOCUMENT_REGULATION,       /* QC quy chế, QyĐ quy định */
    DOCUMENT_STANDARD,         /* QCVN, TCVN: technical regulations and standards */
    DOCUMENT_NOTICE,           /* TB thông báo, TC thông cáo */
    DOCUMENT_GUIDANCE,         /* HD hướng dẫn */
    DOCUMENT_PLAN,   /* KH kế hoạch, CTr chương trình, PA phương án, ĐA đề án, DA dự án */
    DOCUMENT_REPORT, /* BC báo cáo, BB biên bản, KL kết luận */
    DOCUMENT_SUBMISSION, /* TTr tờ trình */
    DOCUMENT_TELEGRAM,   /* CĐ công điện */
    DOCUMENT_LETTER,     /* công văn: no abbreviation of its own, 4778/UBND-KSTT */
    DOCUMENT_OTHER,      /* a contract, a form, a copy, …; or an old number that does not say its kind */
};

/* What it is called: "quyết định", "decision". */
const struct words *document_kind_words(enum document_kind kind);
const char *document_kind_text(enum document_kind kind); /* in English: its id, too */

struct document_kind_entry {
    enum document_kind kind;
    const char *abbreviation; /* "QĐ"; NULL: none */
    const char
        *names[4]; /* what documents of this abbreviation are called, the usual name first; none: anything */
    bool alone;    /* the abbreviation says who issued it: nothing needs to follow */
};

/* The entry of an abbreviation, whatever the case; NULL: unknown. `exact`: no capital of it is written small.
 */
const struct document_kind_entry *document_kind_find(struct text abbreviation, bool *exact);
/* The entry whose abbreviation this is, but for D in the place of Đ. */
const struct document_kind_entry *document_kind_plain(struct text abbreviation);
/* Whether the text is `canonical` with D in the place of at least one Đ ("HDND" for "HĐND"). */
bool document_kind_is_plain(struct text text, const char *canonical);
/* Takes the longest name or abbreviation of a kind off the front, with the blanks behind it; false: none is
 * there. */
bool document_kind_take(struct text *rest, struct text *name);
/* Whether documents of the entry's abbreviation go by that name or abbreviation. */
bool document_kind_agrees(const struct document_kind_entry *entry, struct text name);
/* The kind that goes by that name or abbreviation. */
enum document_kind document_kind_named(struct text name);

#endif
