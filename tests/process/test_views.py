"""The audit views (INTERFACE 6): auditors' programs rely on these names, values and times."""

import json
import re
import sqlite3

from harness import Night, procedure, procedures

COLUMNS = {
    "audit_runs": "run, started_at, finished_at, command, operator, host, version, config_digest, rules_digest, exit_code, why, seen, "
                  "changed, accepted, rejected, held, sent, published, refused, conflict, unknown, failed, withdrawn, missing, waiting",
    "audit_records": "run, source, source_key, code, locator, source_digest, content_digest, outcome",
    "audit_rejections": "run, source, source_key, code, rule, severity, field, value, message, cites",
    "audit_deliveries": "run, code, action, idempotency_key, content_digest, attempt, started_at, finished_at, http_status, "
                        "outcome, portal_version, error",
    "audit_current": "code, name, status, content_digest, portal_version, published_at, run",
    "audit_fields": "code, field, value, from_run, from_at, to_run, to_at",
    "audit_events": "seq, at, run, event, source, code, digest, actor, detail, hash",
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DIGEST = re.compile(r"[0-9a-f]{64}")


class Views(Night):
    def setUp(self):
        super().setUp()
        records = procedures(8)
        self.place.records(*records, procedure("1.000009", status="?"))
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        self.expect(self.place.run("run"), 1)
        records[0].update(status="abolished")
        records[1].update(name="Tên thứ hai")
        self.place.records(*records, procedure("1.000009", status="?"))
        self.expect(self.place.run("run"), 1)

    def column(self, query):
        return [value for value, in self.place.sql(query)]

    def test_the_views_have_exactly_these_columns(self):
        with self.place.database() as connection:
            orders = {"audit_orders": "run, at, code, order, actor, reason, decision, plan, digest"}
            for view, columns in {**COLUMNS, **orders}.items():
                with self.subTest(view=view):
                    found = [name for name, *_ in connection.execute(f"SELECT * FROM {view} LIMIT 1").description]
                    self.assertEqual(", ".join(found), columns)

    def test_times_are_utc_and_digests_lower_case_hex(self):
        for view, columns in COLUMNS.items():
            for column in columns.split(", "):
                values = [value for value in self.column(f"SELECT DISTINCT {column} FROM {view}") if value is not None]
                if column == "at" or column.endswith("_at"):
                    self.assertTrue(values, (view, column))
                    for value in values:
                        self.assertRegex(value, TIME, (view, column))
                if column.endswith("digest") or column == "hash":
                    self.assertTrue(values, (view, column))
                    for value in values:
                        self.assertRegex(value, DIGEST, (view, column))

    def test_words_are_those_of_the_interface(self):
        self.assertLessEqual(set(self.column("SELECT outcome FROM audit_records")), {"accepted", "rejected", "held"})
        self.assertEqual(set(self.column("SELECT action FROM audit_deliveries")), {"publish", "withdraw"})
        self.assertEqual(set(self.column("SELECT outcome FROM audit_deliveries")), {"published", "withdrawn", "refused"})
        self.assertLessEqual(set(self.column("SELECT severity FROM audit_rejections")), {"error", "warning"})
        for detail in self.column("SELECT detail FROM audit_events"):
            self.assertIsInstance(json.loads(detail), dict)

    def test_what_did_not_change_has_no_row(self):
        self.assertEqual(self.column("SELECT count(*) FROM audit_records WHERE run = 1"), [9])
        self.assertEqual(self.column("SELECT count(*) FROM audit_records WHERE run = 2"), [2])
        self.assertEqual(self.place.sql("SELECT seen, changed FROM audit_runs ORDER BY run"), [(9, 9), (9, 2)])

    def test_a_delivery_tells_its_key_status_and_words(self):
        row = self.place.sql("SELECT action, attempt, http_status, outcome, portal_version, error FROM audit_deliveries "
                             "WHERE code = '1.000003'")
        self.assertEqual(row[0][:5], ("publish", 1, 422, "refused", None))
        self.assertIn("422", row[0][5]) if not row[0][5] else self.assertTrue(row[0][5])
        keys = self.column("SELECT idempotency_key FROM audit_deliveries")
        self.assertEqual(len(set(keys)), len(keys))
        sent = {effect["key"] for effect in self.portal.effects()}
        self.assertLessEqual(sent, set(keys))
        for started, finished in self.place.sql("SELECT started_at, finished_at FROM audit_deliveries"):
            self.assertLessEqual(started, finished)

    def test_current_is_what_the_portal_acknowledged_last(self):
        rows = {code: rest for code, *rest in self.place.sql(
            "SELECT code, name, status, content_digest, portal_version, run FROM audit_current")}
        held = self.portal.held()
        self.assertEqual(set(rows), set(held))
        self.assertEqual(rows["1.000002"][:2], ["Tên thứ hai", "published"])
        self.assertEqual(rows["1.000001"][1], "abolished")
        for code, (_, status, digest, version, run) in rows.items():
            if status == "published":
                self.assertEqual((digest, version), (held[code]["digest"], str(held[code]["version"])))

    def test_fields_tell_what_stood_from_when_to_when(self):
        rows = self.place.sql("SELECT value, from_run, to_run FROM audit_fields WHERE code = '1.000002' AND field = 'name' "
                              "ORDER BY from_run")
        self.assertEqual(rows, [("Thủ tục 1.000002", 1, 2), ("Tên thứ hai", 2, None)])
        rows = self.place.sql("SELECT value, from_run, to_run FROM audit_fields WHERE code = '1.000002' AND "
                              "field = 'steps[0].text'")
        self.assertEqual(rows, [("Nộp hồ sơ 1.000002", 1, None)], "what did not change keeps its row")
        for column in ("from_at", "to_at"):
            for value in self.column(f"SELECT {column} FROM audit_fields WHERE {column} IS NOT NULL"):
                self.assertRegex(value, TIME)

    def test_the_ledger_cannot_be_changed_or_cut(self):
        connection = sqlite3.connect(self.place.store)
        self.addCleanup(connection.close)
        for statement in ("UPDATE ledger SET detail = '{}'", "DELETE FROM ledger", "DELETE FROM audit_events",
                          "UPDATE audit_current SET name = ''", "INSERT INTO audit_runs (run) VALUES (9)"):
            with self.subTest(statement=statement), self.assertRaises(sqlite3.Error):
                connection.execute(statement)

    def test_readers_need_no_lock_and_see_wal(self):
        self.assertEqual(self.column("PRAGMA journal_mode"), ["wal"])
