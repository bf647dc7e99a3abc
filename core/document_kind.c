#include "core/document_kind.h"

#include <stdint.h>

#include "core/count.h"
#include "core/vietnamese.h"

static const struct document_kind_entry entries[] = {
    { DOCUMENT_DECISION, "QĐ", { "quyết định", "quy định" }, false },
    { DOCUMENT_DECREE, "NĐ", { "nghị định" }, false },
    { DOCUMENT_CIRCULAR, "TT", { "thông tư" }, false },
    { DOCUMENT_JOINT_CIRCULAR, "TTLT", { "thông tư liên tịch", "thông tư" }, false },
    { DOCUMENT_RESOLUTION, "NQ", { "nghị quyết" }, false },
    { DOCUMENT_JOINT_RESOLUTION, "NQLT", { "nghị quyết liên tịch", "nghị quyết" }, false },
    { DOCUMENT_LAW, "LCT", { "luật", "bộ luật", "lệnh" }, false },
    { DOCUMENT_ORDER, "L", { "lệnh", "luật", "bộ luật" }, false },
    { DOCUMENT_ORDINANCE, "PL", { "pháp lệnh" }, false },
    { DOCUMENT_DECREE_LAW, "SL", { "sắc lệnh", "sao lục" }, true },
    { DOCUMENT_ASSEMBLY, "QH", { "luật", "bộ luật", "nghị quyết", "hiến pháp" }, true },
    { DOCUMENT_COMMITTEE, "UBTVQH", { "pháp lệnh", "nghị quyết" }, true },
    { DOCUMENT_DIRECTIVE, "CT", { "chỉ thị" }, false },
    { DOCUMENT_CONSOLIDATED, "VBHN", { NULL }, false },
    { DOCUMENT_REGULATION, "QC", { "quy chế" }, false },
    { DOCUMENT_REGULATION, "QyĐ", { "quy định" }, false },
    { DOCUMENT_NOTICE, "TB", { "thông báo" }, false },
    { DOCUMENT_NOTICE, "TC", { "thông cáo" }, false },
    { DOCUMENT_GUIDANCE, "HD", { "hướng dẫn" }, false },
    { DOCUMENT_PLAN, "KH", { "kế hoạch" }, false },
    { DOCUMENT_PLAN, "CTr", { "chương trình" }, false },
    { DOCUMENT_PLAN, "PA", { "phương án" }, false },
    { DOCUMENT_PLAN, "ĐA", { "đề án" }, false },
    { DOCUMENT_PLAN, "DA", { "dự án" }, false },
    { DOCUMENT_REPORT, "BC", { "báo cáo" }, false },
    { DOCUMENT_REPORT, "BB", { "biên bản" }, false },
    { DOCUMENT_REPORT, "KL", { "kết luận" }, false },
    { DOCUMENT_SUBMISSION, "TTr", { "tờ trình" }, false },
    { DOCUMENT_TELEGRAM, "CĐ", { "công điện" }, false },
    { DOCUMENT_LETTER, "CV", { "công văn" }, false },
    { DOCUMENT_OTHER, "HĐ", { "hợp đồng" }, false },
    { DOCUMENT_OTHER, "BGN", { "bản ghi nhớ" }, false },
    { DOCUMENT_OTHER, "BTT", { "bản thỏa thuận", "bản thoả thuận" }, false },
    { DOCUMENT_OTHER, "GUQ", { "giấy ủy quyền", "giấy uỷ quyền" }, false },
    { DOCUMENT_OTHER, "GM", { "giấy mời" }, false },
    { DOCUMENT_OTHER, "GGT", { "giấy giới thiệu" }, false },
    { DOCUMENT_OTHER, "GNP", { "giấy nghỉ phép" }, false },
    { DOCUMENT_OTHER, "PG", { "phiếu gửi" }, false },
    { DOCUMENT_OTHER, "PC", { "phiếu chuyển" }, false },
    { DOCUMENT_OTHER, "PB", { "phiếu báo" }, false },
    { DOCUMENT_OTHER, "SY", { "sao y" }, false },
    { DOCUMENT_OTHER, "TrS", { "trích sao" }, false },
    { DOCUMENT_LAW, NULL, { "bộ luật", "luật" }, false },
    { DOCUMENT_CONSOLIDATED, NULL, { "văn bản hợp nhất" }, false },
};

/* The first name is tried in all entries before the others, so that "quy định" is QyĐ rather than QĐ. */
static const struct document_kind_entry *entry_named(struct text name)
{
    for (size_t i = 0; i < COUNT(entries); i++)
        if ((entries[i].names[0] && vietnamese_is(name, entries[i].names[0])) ||
            (entries[i].abbreviation && vietnamese_is(name, entries[i].abbreviation)))
            return &entries[i];
    for (size_t i = 0; i < COUNT(entries); i++)
        if (document_kind_agrees(&entries[i], name) && entries[i].names[0])
            return &entries[i];
    return NULL;
}

const struct words *document_kind_words(enum document_kind kind)
{
    static const struct words words[] = {
        [DOCUMENT_UNKNOWN] = WORDS("văn bản", "document"),
        [DOCUMENT_LAW] = WORDS("luật", "law"),
        [DOCUMENT_ASSEMBLY] =
            WORDS("luật hoặc nghị quyết của Quốc hội", "law or resolution of the National Assembly"),
        [DOCUMENT_ORDINANCE] = WORDS("pháp lệnh", "ordinance"),
        [DOCUMENT_COMMITTEE] =
            WORDS("pháp lệnh hoặc nghị quyết của Ủy ban Thường vụ Quốc hội",
                  "ordinance or resolution of the Standing Committee of the National Assembly"),
        [DOCUMENT_ORDER] = WORDS("lệnh", "order"),
        [DOCUMENT_DECREE_LAW] = WORDS("sắc lệnh", "decree-law"),
        [DOCUMENT_DECREE] = WORDS("nghị định", "decree"),
        [DOCUMENT_CIRCULAR] = WORDS("thông tư", "circular"),
        [DOCUMENT_JOINT_CIRCULAR] = WORDS("thông tư liên tịch", "joint circular"),
        [DOCUMENT_RESOLUTION] = WORDS("nghị quyết", "resolution"),
        [DOCUMENT_JOINT_RESOLUTION] = WORDS("nghị quyết liên tịch", "joint resolution"),
        [DOCUMENT_DECISION] = WORDS("quyết định", "decision"),
        [DOCUMENT_DIRECTIVE] = WORDS("chỉ thị", "directive"),
        [DOCUMENT_CONSOLIDATED] = WORDS("văn bản hợp nhất", "consolidated text"),
        [DOCUMENT_REGULATION] = WORDS("quy chế, quy định", "regulation"),
        [DOCUMENT_STANDARD] = WORDS("quy chuẩn, tiêu chuẩn kỹ thuật", "technical regulation or standard"),
        [DOCUMENT_NOTICE] = WORDS("thông báo", "notice"),
        [DOCUMENT_GUIDANCE] = WORDS("hướng dẫn", "guidance"),
        [DOCUMENT_PLAN] = WORDS("kế hoạch", "plan"),
        [DOCUMENT_REPORT] = WORDS("báo cáo", "report"),
        [DOCUMENT_SUBMISSION] = WORDS("tờ trình", "submission"),
        [DOCUMENT_TELEGRAM] = WORDS("công điện", "telegram"),
        [DOCUMENT_LETTER] = WORDS("công văn", "official letter"),
        [DOCUMENT_OTHER] = WORDS("văn bản", "document"),
    };
    return &words[(size_t)kind < COUNT(words) ? kind : DOCUMENT_UNKNOWN];
}

const char *document_kind_text(enum document_kind kind)
{
    return document_kind_words(kind)->in[LANGUAGE_EN];
}

/* Whether the texts are the same but for case; `exact` is false when a capital of `canonical` is small in
 * `text`. */
static bool same(struct text text, struct text canonical, bool *exact)
{
    size_t at = 0, canonical_at = 0;
    *exact = true;
    while (at < text.length && canonical_at < canonical.length) {
        uint32_t seen = vietnamese_next(text, &at), wanted = vietnamese_next(canonical, &canonical_at);
        if (vietnamese_lower(seen) != vietnamese_lower(wanted))
            return false;
        if (seen != wanted && seen == vietnamese_lower(seen))
            *exact = false;
    }
    return at == text.length && canonical_at == canonical.length;
}

const struct document_kind_entry *document_kind_find(struct text abbreviation, bool *exact)
{
    for (size_t i = 0; i < COUNT(entries); i++)
        if (entries[i].abbreviation && same(abbreviation, text_of(entries[i].abbreviation), exact))
            return &entries[i];
    return NULL;
}

bool document_kind_is_plain(struct text text, const char *canonical)
{
    struct text wanted = text_of(canonical);
    size_t at = 0, wanted_at = 0;
    bool replaced = false;
    while (at < text.length && wanted_at < wanted.length) {
        uint32_t seen = vietnamese_next(text, &at), letter = vietnamese_next(wanted, &wanted_at);
        if (letter == 0x110 && seen == 'D')
            replaced = true;
        else if (seen != letter)
            return false;
    }
    return replaced && at == text.length && wanted_at == wanted.length;
}

const struct document_kind_entry *document_kind_plain(struct text abbreviation)
{
    for (size_t i = 0; i < COUNT(entries); i++)
        if (entries[i].abbreviation && document_kind_is_plain(abbreviation, entries[i].abbreviation))
            return &entries[i];
    return NULL;
}

bool document_kind_take(struct text *rest, struct text *name)
{
    size_t longest = 0;
    const char *words = NULL;
    for (size_t i = 0; i < COUNT(entries); i++) {
        for (size_t j = 0; j <= COUNT(entries[i].names); j++) {
            const char *candidate = j ? entries[i].names[j - 1] : entries[i].abbreviation;
            size_t length = candidate ? vietnamese_starts(*rest, candidate) : 0;
            if (length > longest) {
                longest = length;
                words = candidate;
            }
        }
    }
    if (!words)
        return false;
    *name = text_slice(*rest, 0, longest);
    return vietnamese_take(rest, words);
}

bool document_kind_agrees(const struct document_kind_entry *entry, struct text name)
{
    if (!entry->names[0])
        return true;
    if (entry->abbreviation && vietnamese_is(name, entry->abbreviation))
        return true;
    for (size_t i = 0; i < COUNT(entry->names) && entry->names[i]; i++)
        if (vietnamese_is(name, entry->names[i]))
            return true;
    return false;
}

enum document_kind document_kind_named(struct text name)
{
    const struct document_kind_entry *entry = entry_named(name);
    return entry ? entry->kind : DOCUMENT_UNKNOWN;
}
