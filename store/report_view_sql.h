/* The views that reports rest on (docs/reports.md): part of the store's schema. For store/schema_sql.c only. */
#ifndef STORE_REPORT_VIEW_SQL_H
#define STORE_REPORT_VIEW_SQL_H

/* clang-format off */

/* What reports ask of a procedure. `v` has code, content (what stands) and act (what announced it: the content, or of a
 * withdrawal its own order). */
#define OF(document, path) "json_extract(v." document ", '$." path "')"
/* A part of it as JSON: json_each over the whole would parse the whole. */
#define PART(document, path) "json_quote(" OF(document, path) ")"
#define HAS_LEVEL(name)                                                                                      \
    "EXISTS (SELECT 1 FROM json_each(" PART("content", "levels") ") l WHERE l.value = '" name "')"
#define SOME(path) "coalesce(json_array_length(v.content, '$." path "'), 0) > 0"
#define SERVICES(level)                                                                                      \
    "(SELECT count(*) FROM json_each(" PART("content", "services") ") j WHERE json_extract(j.value, '$.level') = '" level "')"
#define LATEST(member)                                                                                       \
    "(SELECT max(json_extract(j.value, '$." member "')) FROM json_each(" PART("act", "legal_bases") ") j)"

/* A time limit that no duration holds stands in words: "30 phút", "trong ngày". Nearly what rule ND63-8.2dd finds, whose
 * expression SQL does not have. */
#define ITEM_TEXT       "json_extract(j.value, '$.text')"
#define TELLS(words)    ITEM_TEXT " GLOB '*" words "*'"
#define TIME_IN(list)                                                                                        \
    "EXISTS (SELECT 1 FROM json_each(" PART("content", list) ") j WHERE " TELLS("[0-9] [nN]gày") " OR "         \
    TELLS("[0-9] [pP]hút") " OR " TELLS("[0-9] [tT]uần") " OR " TELLS("[0-9] [bB]uổi") " OR "                 \
    TELLS("[0-9] [gG]iờ làm việc") " OR " TELLS(") [nN]gày") " OR " TELLS("[tT]rong ngày") ")"

#define FACTS                                                                                                \
    "  " OF("content", "name") " AS name, coalesce(" OF("content", "kind") ", 'public') AS kind,\n"              \
    "  " OF("content", "agency.code") " AS agency_code, " OF("content", "agency.name") " AS agency,\n"           \
    "  CASE json_type(v.act, '$.decision') WHEN 'object' THEN " OF("act", "decision.number")                     \
    " ELSE " OF("act", "decision") " END AS decision,\n"                                                          \
    "  CASE json_type(v.act, '$.decision') WHEN 'object' THEN " OF("act", "decision.signed_on") " END AS signed_on,\n" \
    "  CASE json_type(v.act, '$.decision') WHEN 'object' THEN " OF("act", "decision.issuer") " END AS issuer,\n" \
    "  CASE json_type(v.act, '$.decision') WHEN 'object' THEN " OF("act", "decision.shortened") " END AS shortened,\n" \
    "  " OF("act", "announcement") " AS announcement, " OF("content", "online_service") " AS online_service,\n"  \
    "  " OF("content", "full_online_eligible") " AS full_online_eligible,\n"                                     \
    "  " OF("content", "internal_group") " AS internal_group, " OF("content", "territorial") " AS territorial,\n" \
    "  " HAS_LEVEL("ministry") " AS ministry, " HAS_LEVEL("province") " AS province,\n"                          \
    "  " HAS_LEVEL("district") " AS district, " HAS_LEVEL("commune") " AS commune,\n"                            \
    "  " HAS_LEVEL("other") " AS other,\n"                                                                      \
    "  " SERVICES("full") " AS services_full, " SERVICES("partial") " AS services_partial,\n"                    \
    "  " LATEST("effective_on") " AS legal_effective, " LATEST("issued_on") " AS legal_issued,\n"                \
    /* points a to g of Article 8(2) of Decree 63/2010, as amended by 92/2017 */                                 \
    "  " OF("content", "name") " IS NOT NULL AND " SOME("steps") " AND " SOME("methods") " AND " SOME("dossier") "\n" \
    "    AND (" OF("content", "time_limit") " IS NOT NULL OR EXISTS (SELECT 1 FROM json_each(" PART("content", "methods") ") j\n" \
    "      WHERE json_extract(j.value, '$.duration.amount') IS NOT NULL) OR " TIME_IN("methods") " OR " TIME_IN("steps") ")\n" \
    "    AND " SOME("subjects") "\n" \
    "    AND (" SOME("executing_agencies") " OR " SOME("competent_agencies") ") AS complete,\n"                    \
    "  " OF("content", "fields") " AS fields, " OF("content", "executing_agencies") " AS executing,\n"           \
    "  " OF("content", "services") " AS services"

#define REPORT_VIEWS                                                                                         \
    /* Each version that the portal acknowledged, with its documents as text and its days in Vietnam. */ \
    "CREATE VIEW report_versions AS SELECT v.code, v.number, v.seq, v.run, v.at, date(v.at, '+7 hours') AS day,\n" \
    "  v.to_at, date(v.to_at, '+7 hours') AS to_day,\n" \
    "  CASE v.event WHEN 'withdrawn' THEN 'abolished' ELSE 'published' END AS status, v.content_digest,\n" \
    "  CAST(p.bytes AS TEXT) AS content, CAST(o.bytes AS TEXT) AS act,\n" \
    "  (SELECT a.source FROM ledger a WHERE a.code = v.code AND a.event = 'accepted' AND a.digest = v.digest\n" \
    "     AND a.seq < v.seq ORDER BY a.seq DESC LIMIT 1) AS source,\n" \
    /* who mends it, as far as is known today: a department that is configured later counts for what stood before */ \
    "  (SELECT coalesce(json_extract(a.detail, '$.department'), a.source) FROM ledger a WHERE a.code = v.code\n" \
    "     AND a.event = 'accepted' AND a.digest = v.digest ORDER BY a.seq DESC LIMIT 1) AS department\n" \
    /* joined, not asked for in columns: whoever reads parts of a content would look for it once a part */ \
    "FROM audit_versions v JOIN ledger e ON e.seq = v.seq LEFT JOIN payload p ON p.digest = v.digest\n" \
    "  LEFT JOIN payload o ON o.digest = e.digest;\n" \
    "CREATE VIEW report_procedures AS SELECT v.code, v.number, v.seq, v.run, v.at, v.day, v.to_at, v.to_day, v.status,\n" \
    "  v.content_digest, v.source, v.department,\n" FACTS "\n" \
    "FROM report_versions v;\n" \
    /* What should stand there, by the records that are in their sources now, whatever keeps them back. */ \
    "CREATE VIEW report_wanted AS SELECT v.code, v.status, v.source, v.department,\n" FACTS "\n" \
    "FROM (SELECT r.code, r.status, s.name AS source, coalesce(r.department, s.name) AS department,\n" \
    "    CAST(p.bytes AS TEXT) AS content, CAST(p.bytes AS TEXT) AS act\n" \
    "  FROM record r JOIN payload p ON p.id = r.content JOIN source s ON s.id = r.source\n" \
    /* first what the portal acknowledged last, which is nearly always it */ \
    "  WHERE r.present = 1 AND r.code IS NOT NULL AND r.outcome IN ('accepted', 'rejected', 'held') AND (SELECT e.digest FROM ledger e WHERE e.code = r.code\n" \
    "      AND e.event IN ('published', 'withdrawn') ORDER BY e.seq DESC LIMIT 1) IS NOT p.digest\n" \
    "    AND NOT EXISTS (SELECT 1 FROM ledger e\n" \
    "    WHERE e.code = r.code AND e.event IN ('published', 'withdrawn') AND e.digest = p.digest)) v;\n"

/* clang-format on */

#endif
