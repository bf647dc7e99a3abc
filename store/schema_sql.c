#include "store/approval_rows.h"
#include "store/report_view_sql.h"
#include "store/schema.h"

/* SQL in literals and macros side by side is more than the formatter can lay out. */
/* clang-format off */

/* Numbers instead of names where a table grows with the records; texts where an auditor reads. */
const char schema_tables[] =
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;\n"
    "CREATE TABLE payload (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  digest BLOB NOT NULL UNIQUE,\n"
    "  kept INTEGER NOT NULL,\n"           /* 1: a content, a configuration, rules: views read them, as they are */
    "  encoding INTEGER NOT NULL,\n"       /* 0 as it is, 1 deflate (zlib) */
    "  size INTEGER NOT NULL,\n"           /* of the bytes before encoding */
    "  run INTEGER NOT NULL,\n"            /* in which it came */
    "  forgotten INTEGER,\n"               /* the event that says so, when retention took the bytes */
    "  bytes BLOB);\n"                     /* NULL: forgotten */
    "CREATE INDEX payload_plain ON payload (id) WHERE kept = 0 AND encoding = 0;\n" /* sources' bytes to be packed */
    "CREATE TABLE ledger (\n"
    "  seq INTEGER PRIMARY KEY,\n"
    "  at TEXT NOT NULL,\n"
    "  run INTEGER NOT NULL,\n"
    "  event TEXT NOT NULL,\n"
    "  source TEXT,\n"
    "  code TEXT,\n"
    "  digest BLOB,\n"
    "  actor TEXT,\n"
    "  detail TEXT NOT NULL,\n"
    "  hash BLOB NOT NULL);\n"
    "CREATE INDEX ledger_run ON ledger (run, event);\n"
    "CREATE INDEX ledger_started ON ledger (run) WHERE event = 'run-started';\n"
    "CREATE INDEX ledger_listed ON ledger (source, seq) WHERE event = 'listed';\n"
    "CREATE INDEX ledger_code ON ledger (code) WHERE code IS NOT NULL;\n"
    "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;\n"
    "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;\n"
    /* The tree's frontier after the last event of each commit; one row. What a run that died leaves behind the last head is
     * known by it as a run's own. */
    "CREATE TABLE tree (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, frontier BLOB NOT NULL,\n"
    "  note TEXT);\n" /* its head, signed with the ledger's key; NULL: there is none */
    /* The head at each run's end; the frontier lets the next run prove that it goes on from there. */
    "CREATE TABLE checkpoint (run INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, frontier BLOB NOT NULL,\n"
    "  note TEXT NOT NULL);\n"
    /* A recipe is what a record is worked by: normaliser, map and code lists of a source, or the rules in force. */
    "CREATE TABLE recipe (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);\n"
    "CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, complete_run INTEGER,\n"
    "  usual INTEGER,\n" /* how many records it gave when load last went on from its listing */
    "  fields TEXT, fields_now TEXT,\n" /* which addresses gave something then, and in the last whole listing */
    "  keyed_by TEXT);\n" /* the address of the key that its records are known by; NULL: not known */
    "CREATE TABLE source_state (source INTEGER PRIMARY KEY REFERENCES source (id), state BLOB NOT NULL);\n"
    "CREATE TABLE record (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  source INTEGER NOT NULL REFERENCES source (id),\n"
    "  key TEXT NOT NULL,\n"
    "  locator TEXT NOT NULL,\n"
    "  source_digest BLOB NOT NULL,\n"
    "  payload INTEGER NOT NULL,\n"
    "  context INTEGER,\n"
    "  fault TEXT,\n"                         /* what extract had to say against it */
    "  nameless INTEGER NOT NULL DEFAULT 0,\n" /* 1: not identified; the key is a name of its document or bytes */
    "  doubt INTEGER NOT NULL DEFAULT 0,\n"   /* enum staging_doubt: 1: that can be overruled, 2: it was, 3: it hides what is absent */
    "  present INTEGER NOT NULL DEFAULT 1,\n" /* in the last whole listing */
    "  work INTEGER NOT NULL DEFAULT 1,\n"    /* 1: map it, 2: check it, 3: settle it, 0: done */
    "  mapped_by INTEGER, checked_by INTEGER,\n"
    "  code TEXT, content INTEGER, content_digest BLOB, status TEXT,\n"
    "  department TEXT,\n" /* who mends it; NULL: its source's name says it */
    "  gave TEXT,\n" /* a byte for each address of the map: 1 where it gave something */
    "  watched TEXT,\n"                       /* what the rules over the store look at: canonical JSON */
    "  outcome TEXT);\n"
    "CREATE UNIQUE INDEX record_key ON record (source, key);\n"
    "CREATE INDEX record_payload ON record (payload);\n" /* grows at its end; one over digests would touch a page a record */
    "CREATE INDEX record_code ON record (code) WHERE code IS NOT NULL;\n"
    "CREATE INDEX record_work ON record (work, source) WHERE work > 0;\n"
    "CREATE INDEX record_absent ON record (source) WHERE present = 0;\n"
    "CREATE INDEX record_kept ON record (outcome) WHERE outcome IN ('rejected', 'held');\n"
    /* Source bytes that no record needs any more, and since which run: retention forgets them in time. */
    "CREATE TABLE superseded (payload INTEGER PRIMARY KEY, run INTEGER NOT NULL);\n"
    "CREATE TRIGGER record_superseded AFTER UPDATE OF payload ON record WHEN old.payload <> new.payload BEGIN\n"
    "  INSERT OR REPLACE INTO superseded (payload, run) VALUES (old.payload, (SELECT max(run) FROM ledger)); END;\n"
    "CREATE TRIGGER record_missing AFTER UPDATE OF present ON record WHEN old.present = 1 AND new.present = 0 BEGIN\n"
    "  INSERT OR REPLACE INTO superseded (payload, run) VALUES (old.payload, (SELECT max(run) FROM ledger)); END;\n"
    "CREATE TABLE finding (\n"
    "  record INTEGER NOT NULL, rule TEXT NOT NULL, severity TEXT NOT NULL, field TEXT, value TEXT,\n"
    "  message TEXT NOT NULL, cites TEXT, since_run INTEGER NOT NULL, stage INTEGER NOT NULL,\n"
    "  reason TEXT, arguments TEXT);\n"
    "CREATE INDEX finding_record ON finding (record);\n"
    "CREATE INDEX finding_rule ON finding (rule, severity);\n"
    /* Terms of rules that run: of records that the portal has not acknowledged yet. */
    "CREATE TABLE deadline (record INTEGER NOT NULL, rule TEXT NOT NULL, due TEXT NOT NULL,\n"
    "  PRIMARY KEY (record, rule)) WITHOUT ROWID;\n"
    "CREATE TABLE procedure_state (\n"
    "  code TEXT PRIMARY KEY,\n"
    "  record INTEGER,\n"
    /* what should stand at the portal; wanted_action NULL: nothing is asked of it. Each *_event is the event of
     * the ledger that says what the columns beside it say. */
    "  wanted_action TEXT, wanted_content INTEGER, wanted_digest BLOB, wanted_event INTEGER,\n"
    /* what the portal acknowledged last */
    "  held_status TEXT, held_content INTEGER, held_digest BLOB, held_version TEXT, held_etag TEXT,\n"
    "  held_event INTEGER,\n"
    /* what is under way or stands in the way */
    "  state TEXT NOT NULL DEFAULT 'idle',\n"
    "  intent_key TEXT, intent_action TEXT, intent_content INTEGER, intent_digest BLOB, intent_base TEXT,\n"
    "  intent_event INTEGER, attempts INTEGER NOT NULL DEFAULT 0, words TEXT,\n"
    "  behind INTEGER,\n" /* a run stopped at it: it goes behind all others */
    /* what an operator decided: the event of a withdrawal that stands, the content that is not to be published, what
     * If-Match says when the portal's content is to be overwritten */
    "  ordered INTEGER, dismissed BLOB, dismissed_event INTEGER, overwrite TEXT, overwrite_event INTEGER) WITHOUT ROWID;\n"
    "CREATE INDEX procedure_state_open ON procedure_state (state) WHERE state <> 'idle';\n"
    "CREATE INDEX procedure_state_pending ON procedure_state (code) WHERE wanted_action IS NOT NULL;\n"
    /* What the portal listed in the last reconciliation; once it is compared, only what is not as it should be. */
    "CREATE TABLE portal_listing (code TEXT PRIMARY KEY, version TEXT, digest BLOB, status TEXT, verdict TEXT)\n"
    "  WITHOUT ROWID;\n"
    "CREATE INDEX ledger_reconciled ON ledger (seq) WHERE event = 'reconciled';\n"
    "CREATE INDEX ledger_approval ON ledger (seq) WHERE " APPROVAL_EVENTS ";\n"
    "CREATE INDEX ledger_restored ON ledger (seq) WHERE event = 'restored';\n";

#define HEX(column) "CASE WHEN " column " IS NOT NULL THEN lower(hex(" column ")) END"

#define COUNT_OF(column, condition)                                                                          \
    "  coalesce(json_extract(f.detail, '$." column "'),\n"                                                     \
    "    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND " condition ")) AS " column

#define SUM_OF(column)                                                                                       \
    "  coalesce(json_extract(f.detail, '$." column "'),\n"                                                     \
    "    (SELECT coalesce(sum(json_extract(e.detail, '$." column "')), 0) FROM ledger e\n"                       \
    "     WHERE e.run = s.run AND e.event = 'listed')) AS " column

/* What an operator adopted stands at the portal, but was not sent from here. */
#define SENT(row) "json_extract(" row ".detail, '$.adopted') IS NULL"

/* An intent without an answer in its run: what became of it was unknown when the run ended. */
#define OPEN_INTENTS                                                                                         \
    "(SELECT count(*) FROM ledger i WHERE i.run = s.run AND i.event = 'intended' AND NOT EXISTS\n"             \
    "   (SELECT 1 FROM ledger a WHERE a.code = i.code AND a.run = i.run AND a.seq > i.seq AND a.event IN\n"     \
    "     ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', 'recalled')))"

const char schema_views[] =
    "CREATE VIEW audit_runs AS SELECT s.run,\n"
    "  s.at AS started_at, f.at AS finished_at,\n"
    "  json_extract(s.detail, '$.command') AS command, s.actor AS operator,\n"
    "  json_extract(s.detail, '$.host') AS host, json_extract(s.detail, '$.version') AS version,\n"
    "  json_extract(s.detail, '$.config_digest') AS config_digest,\n"
    "  json_extract(s.detail, '$.rules_digest') AS rules_digest,\n"
    "  json_extract(f.detail, '$.exit_code') AS exit_code, json_extract(f.detail, '$.why') AS why,\n"
    SUM_OF("seen") ",\n"
    COUNT_OF("changed", "e.event IN ('accepted', 'rejected', 'held')") ",\n"
    COUNT_OF("accepted", "e.event = 'accepted'") ",\n"
    COUNT_OF("rejected", "e.event = 'rejected'") ",\n"
    COUNT_OF("held", "e.event = 'held'") ",\n"
    "  coalesce(json_extract(f.detail, '$.sent'),\n"
    "    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event IN\n"
    "      ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed') AND " SENT("e") ") + " OPEN_INTENTS ") AS sent,\n"
    COUNT_OF("published", "e.event = 'published' AND " SENT("e")) ",\n"
    COUNT_OF("refused", "e.event = 'refused'") ",\n"
    COUNT_OF("conflict", "e.event = 'conflict'") ",\n"
    "  coalesce(json_extract(f.detail, '$.unknown'),\n"
    "    (SELECT count(*) FROM ledger e WHERE e.run = s.run AND e.event = 'unknown') + " OPEN_INTENTS ") AS unknown,\n"
    COUNT_OF("failed", "e.event = 'failed'") ",\n"
    COUNT_OF("withdrawn", "e.event = 'withdrawn' AND " SENT("e")) ",\n"
    SUM_OF("missing") ",\n"
    "  coalesce(json_extract(f.detail, '$.waiting'), 0) AS waiting\n"
    "FROM ledger s LEFT JOIN ledger f ON f.run = s.run AND f.event = 'run-finished'\n"
    "WHERE s.event = 'run-started';\n"

    "CREATE VIEW audit_records AS SELECT run, source, json_extract(detail, '$.key') AS source_key, code,\n"
    "  json_extract(detail, '$.locator') AS locator, json_extract(detail, '$.source_digest') AS source_digest,\n"
    "  " HEX("digest") " AS content_digest, event AS outcome\n"
    "FROM ledger WHERE event IN ('accepted', 'rejected', 'held');\n"

    "CREATE VIEW audit_rejections AS SELECT e.run, e.source, json_extract(e.detail, '$.key') AS source_key, e.code,\n"
    "  json_extract(j.value, '$.rule') AS rule, json_extract(j.value, '$.severity') AS severity,\n"
    "  json_extract(j.value, '$.field') AS field, json_extract(j.value, '$.value') AS value,\n"
    "  json_extract(j.value, '$.message') AS message, json_extract(j.value, '$.cites') AS cites\n"
    "FROM ledger e, json_each(e.detail, '$.findings') j\n"
    "WHERE e.event IN ('accepted', 'rejected', 'held') AND j.type = 'object';\n"

    /* One row a delivery and run: its intent (or what was left over from an earlier run) and how it ended. */
    "CREATE VIEW audit_deliveries AS SELECT a.run, a.code, json_extract(a.detail, '$.action') AS action,\n"
    "  json_extract(a.detail, '$.key') AS idempotency_key, " HEX("a.digest") " AS content_digest,\n"
    "  json_extract(a.detail, '$.attempt') AS attempt, json_extract(a.detail, '$.started_at') AS started_at,\n"
    "  a.at AS finished_at, json_extract(a.detail, '$.status') AS http_status, a.event AS outcome,\n"
    "  json_extract(a.detail, '$.version') AS portal_version, json_extract(a.detail, '$.words') AS error\n"
    "FROM ledger a WHERE a.event IN ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed')\n"
    "  AND " SENT("a") "\n"
    "UNION ALL SELECT i.run, i.code, json_extract(i.detail, '$.action'), json_extract(i.detail, '$.key'),\n"
    "  " HEX("i.digest") ", 0, i.at, NULL, NULL, 'unknown', NULL, NULL\n"
    "FROM ledger i WHERE i.event = 'intended' AND NOT EXISTS (SELECT 1 FROM ledger a WHERE a.code = i.code\n"
    "  AND a.run = i.run AND a.seq > i.seq AND a.event IN\n"
    "  ('published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', 'recalled'));\n"

    /* What the portal acknowledged, one row a version, with the time it stood: until the next one, or until the portal
     * did not know it any more (a place of its own, without a version). What is withdrawn stays readable there: it goes
     * on holding what was published last. What came later in the ledger replaced it, whatever a clock that had been set
     * back said of when: no two versions stand at one moment. */
    "CREATE VIEW audit_versions AS SELECT code, seq, run, at, event, " HEX("held") " AS content_digest, held AS digest,\n"
    "  portal_version, to_run, to_at, number, place\n"
    "FROM (SELECT e.code, e.seq, e.run, e.at, e.event, json_extract(e.detail, '$.version') AS portal_version,\n"
    "  CASE e.event WHEN 'published' THEN e.digest ELSE\n"
    "    (SELECT p.digest FROM ledger p WHERE p.code = e.code AND p.event = 'published' AND p.seq < e.seq\n"
    "     ORDER BY p.seq DESC LIMIT 1) END AS held,\n"
    "  lead(e.run) OVER w AS to_run, min(e.at) OVER later AS to_at, row_number() OVER w AS place,\n"
    "  count(*) FILTER (WHERE e.event <> 'recalled') OVER w AS number\n"
    "  FROM ledger e WHERE e.code IS NOT NULL AND (e.event IN ('published', 'withdrawn')\n"
    "    OR (e.event = 'recalled' AND json_extract(e.detail, '$.reconciled')))\n"
    "  WINDOW w AS (PARTITION BY e.code ORDER BY e.seq), later AS (w ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))\n"
    "WHERE event <> 'recalled';\n"

    "CREATE VIEW audit_current AS SELECT v.code,\n"
    "  (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE p.encoding = 0 AND p.digest = coalesce(v.digest,\n"
    "    (SELECT e.digest FROM ledger e WHERE e.seq = v.seq))) AS name,\n"
    "  CASE v.event WHEN 'withdrawn' THEN 'abolished' ELSE 'published' END AS status,\n"
    "  v.content_digest, v.portal_version, v.at AS published_at, v.run\n"
    "FROM audit_versions v WHERE v.to_run IS NULL;\n"

    /* A field keeps its row as long as its value stands: versions that follow one another without a gap are one. */
    "CREATE VIEW audit_fields AS\n"
    "WITH leaf AS (SELECT v.code, v.place AS number, v.run, v.at, v.to_run, v.to_at, replace(substr(j.fullkey, 3), '\"', '') AS field,\n"
    "    CASE WHEN v.event = 'withdrawn' AND j.fullkey = '$.status' THEN 'abolished' ELSE CAST(j.atom AS TEXT) END AS value\n"
    "  FROM audit_versions v JOIN payload p ON p.digest = v.digest AND p.encoding = 0, json_tree(CAST(p.bytes AS TEXT)) j\n"
    "  WHERE j.atom IS NOT NULL),\n"
    "island AS (SELECT *, number - row_number() OVER (PARTITION BY code, field, value ORDER BY number) AS run_of\n"
    "  FROM leaf)\n"
    "SELECT DISTINCT code, field, value,\n"
    "  first_value(run) OVER w AS from_run, first_value(at) OVER w AS from_at,\n"
    "  last_value(to_run) OVER w AS to_run, last_value(to_at) OVER w AS to_at\n"
    "FROM island WINDOW w AS (PARTITION BY code, field, value, run_of ORDER BY number\n"
    "  ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING);\n"

    /* Every decision of a person, whatever the event is called that keeps it. */
    "CREATE VIEW audit_orders AS SELECT e.run, e.at, e.code, CASE e.event WHEN 'retried' THEN 'retry'\n"
    "    WHEN 'withdrawal-ordered' THEN 'withdraw' WHEN 'overwrite-ordered' THEN 'overwrite'\n"
    "    WHEN 'brake-released' THEN 'release' ELSE 'adopt' END AS \"order\",\n"
    "  e.actor, json_extract(e.detail, '$.reason') AS reason, json_extract(e.detail, '$.decision') AS decision,\n"
    "  json_extract(e.detail, '$.plan') AS plan, " HEX("e.digest") " AS digest\n"
    "FROM ledger e WHERE e.event IN ('retried', 'withdrawal-ordered', 'overwrite-ordered', 'brake-released')\n"
    "  OR (e.event IN ('published', 'withdrawn') AND NOT " SENT("e") ")\n"
    /* Of a list, a row a step. */
    "UNION ALL SELECT e.run, e.at, coalesce(e.code, json_extract(j.value, '$.code')),\n"
    "  CASE e.event WHEN 'submitted' THEN 'submit' WHEN 'approved' THEN 'approve' ELSE 'send-back' END, e.actor,\n"
    "  json_extract(e.detail, '$.reason'), json_extract(e.detail, '$.number'),\n"
    "  (SELECT " HEX("l.digest") " FROM ledger l WHERE l.event = 'submitted'\n"
    "    AND json_extract(l.detail, '$.list') = json_extract(e.detail, '$.list')),\n"
    "  coalesce(json_extract(j.value, '$.digest'), " HEX("e.digest") ")\n"
    "FROM ledger e LEFT JOIN payload p ON p.digest = e.digest AND p.encoding = 0 AND e.event <> 'sent-back'\n"
    "  LEFT JOIN json_each(CAST(p.bytes AS TEXT), '$.steps') j\n"
    "WHERE e.event IN ('submitted', 'approved', 'sent-back');\n"

    "CREATE VIEW audit_events AS SELECT seq, at, run, event, source, code,\n"
    "  " HEX("digest") " AS digest, actor, detail, lower(hex(hash)) AS hash\n"
    "FROM ledger;\n"

    /* What rules in SQL see: the newest mapped content of every record that is in its source now. */
    "CREATE VIEW procedure AS SELECT r.code, json_extract(CAST(p.bytes AS TEXT), '$.name') AS name,\n"
    "  json_extract(CAST(p.bytes AS TEXT), '$.kind') AS kind, r.status,\n"
    "  json_extract(CAST(p.bytes AS TEXT), '$.decision.number') AS decision_number,\n"
    "  json_extract(CAST(p.bytes AS TEXT), '$.decision.signed_on') AS signed_on,\n"
    "  json_extract(CAST(p.bytes AS TEXT), '$.decision.effective_on') AS effective_on,\n"
    "  s.name AS source, CAST(p.bytes AS TEXT) AS content, r.id AS record\n"
    "FROM record r JOIN payload p ON p.id = r.content AND p.encoding = 0 JOIN source s ON s.id = r.source\n"
    "WHERE r.present = 1 AND r.content IS NOT NULL;\n"

    REPORT_VIEWS;

/* clang-format on */
