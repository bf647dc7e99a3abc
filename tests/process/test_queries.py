"""The ready queries of docs/audit.md on ledgers that are written here, event by event, at times of our choosing."""

import hashlib
import json
import re
import sqlite3
import unittest

from harness import Place, ROOT, procedures


def queries():
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    return {heading: sql for heading, sql in re.findall(r"^\*\*([^\n]+?)\*\*[^\n]*\n```sql\n(.*?)```", text, re.M | re.S)}


class Ledgers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Place() as place:
            place.records(*procedures(1))
            place.run("extract")
            cls.schema = [sql for sql, in place.sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")]
        cls.queries = queries()

    def setUp(self):
        self.database = sqlite3.connect(":memory:")
        self.addCleanup(self.database.close)
        self.database.row_factory = sqlite3.Row
        for sql in self.schema:
            self.database.execute(sql)
        self.run = 0

    def event(self, at, event, digest=None, source=None, code=None, actor=None, **detail):
        """`at` is UTC."""
        self.database.execute("INSERT INTO ledger (at, run, event, source, code, digest, actor, detail, hash) VALUES"
                              " (?, ?, ?, ?, ?, ?, ?, ?, x'00')",
                              (at.replace(" ", "T") + ":00.000Z", self.run, event, source, code, digest, actor,
                               json.dumps(detail, ensure_ascii=False)))

    def start(self, at, command="run", **detail):
        self.run += 1
        self.event(at, "run-started", actor="root", command=command, **detail)

    def content(self, code, signed=None, status="announced"):
        content = {"code": code, "name": f"Thủ tục {code}", "status": status}
        if signed:
            content["decision"] = {"signed_on": signed}
        written = json.dumps(content, sort_keys=True).encode()
        digest = hashlib.sha256(written).digest()
        self.database.execute("INSERT OR IGNORE INTO payload (digest, kept, encoding, size, run, bytes) VALUES (?, 1, 0, ?, 1, ?)",
                              (digest, len(written), written))
        return digest

    def outcome(self, at, event, code, digest, *rules, key=None):
        findings = [{"rule": rule, "severity": "error", "field": "name", "message": "m"} for rule in rules]
        self.event(at, event, digest, "one", code, key=key or code, locator="in:1", source_digest="00",
                   **({"findings": findings} if findings else {}))

    def ask(self, start, **parameters):
        heading, = [heading for heading in self.queries if heading.startswith(start)]
        return [dict(row) for row in self.database.execute(self.queries[heading], parameters)]

    def test_last_night_is_last_night_although_somebody_ran_again_at_noon_or_only_one_source(self):
        for number, (at, filter_) in enumerate((("2026-03-10 18:00", None), ("2026-03-11 18:00", None),
                                                ("2026-03-12 05:30", None), ("2026-03-12 07:00", {"sources": ["one"]}))):
            self.start(at, **({"filter": filter_} if filter_ else {}))
            code = f"1.00000{number}"
            self.event(at, "published", self.content(code), code=code, version="1")
        self.start("2026-03-12 08:00", command="load")
        found = self.ask("What was published last night")
        self.assertEqual([(row["night"], row["code"]) for row in found], [("2026-03-12", "1.000001"), ("2026-03-12", "1.000002")])

    def test_nights_that_begin_in_the_evening(self):
        for number, at in enumerate(("2026-03-10 15:00", "2026-03-11 15:00")):
            self.start(at)
            self.event(at, "published", self.content(f"1.00000{number}"), code=f"1.00000{number}")
        self.assertEqual([(row["night"], row["code"]) for row in self.ask("What was published last night")],
                         [("2026-03-12", "1.000001")])

    def test_what_was_mended_keeps_nothing_back(self):
        self.start("2026-03-10 18:00")
        digest = self.content("1.000001")
        self.outcome("2026-03-10 18:01", "rejected", "1.000001", digest, "A", "B")
        self.outcome("2026-03-10 18:02", "rejected", "1.000002", digest, "A")
        self.outcome("2026-03-10 18:03", "rejected", "1.000003", digest, "A")
        self.outcome("2026-03-10 18:04", "accepted", "1.000002", digest)
        self.event("2026-03-10 18:05", "missing", source="one", code="1.000003", key="1.000003")
        self.start("2026-03-11 18:00")
        self.outcome("2026-03-11 18:01", "accepted", "1.000001", digest)
        self.outcome("2026-03-11 18:02", "rejected", "1.000001", digest, "B")
        self.start("2026-03-12 18:00")
        self.outcome("2026-03-12 18:01", "rejected", "1.000001", digest, "B")
        self.assertEqual([(row["rule"], row["records"]) for row in self.ask("Which rule keeps what back now")], [("B", 1)])
        self.assertEqual([(row["rule"], row["since"]) for row in self.ask("Since when one record", code="1.000001")],
                         [("B", "2026-03-11T18:02:00.000Z")])
        self.assertEqual(self.ask("Since when one record", code="1.000002"), [])

    def test_what_is_late_and_was_never_published_is_late(self):
        self.start("2026-03-16 18:00")
        for code, signed in (("1.000001", "2026-03-02"), ("1.000002", "2026-03-12"), ("1.000003", "2026-03-02")):
            self.outcome("2026-03-16 18:01", "accepted", code, self.content(code, signed))
        self.outcome("2026-03-16 18:01", "rejected", "1.000004", self.content("1.000004", "2020-01-02"))
        self.outcome("2026-03-16 18:02", "rejected", "1.000004", self.content("1.000004", "2026-03-02"), "A")
        self.outcome("2026-03-16 18:03", "accepted", "1.000005", self.content("1.000005", "2026-03-02", "draft"))
        for code, signed in (("1.000001", "2026-03-02"), ("1.000002", "2026-03-12")):
            self.event("2026-03-16 18:04", "published", self.content(code, signed), code=code)
        late = {row["code"]: (row["signed"], row["published"]) for row in self.ask("What was late")}
        self.assertEqual(late, {"1.000001": ("2026-03-02", "2026-03-17"), "1.000003": ("2026-03-02", None),
                                "1.000004": ("2026-03-02", None)})

    def test_working_days_are_mondays_to_fridays(self):
        self.start("2026-03-16 18:00")
        for code, signed, at in (("1.1", "2026-03-06", "2026-03-12 18:00"), ("1.2", "2026-03-06", "2026-03-13 18:00"),
                                 ("1.3", "2026-03-06", "2026-03-15 18:00")):
            self.event(at, "published", self.content(code, signed), code=code)
        # Friday the 6th to Friday the 13th, Saturday the 14th, Monday the 16th.
        self.assertEqual({row["code"]: row["working_days"] for row in self.ask("What was late")}, {"1.3": 6})

    def test_an_adopted_version_names_its_other_hand(self):
        self.start("2026-03-10 18:00")
        digest = self.content("1.000001")
        self.outcome("2026-03-10 18:01", "accepted", "1.000002", self.content("1.000002"))
        self.event("2026-03-10 18:02", "published", self.content("1.000002"), code="1.000002", version="1")
        self.start("2026-03-11 03:00", command="reconcile")
        self.event("2026-03-11 03:01", "published", digest, code="1.000001", actor="lan", adopted=True, reason="đã thống nhất")
        who, = self.ask("Who put it there", code="1.000001")
        self.assertEqual((who["adopted_by"], who["reason"], who["locator"]), ("lan", "đã thống nhất", None))
        ours, = self.ask("Who put it there", code="1.000002")
        self.assertEqual((ours["adopted_by"], ours["locator"]), (None, "in:1"))
        self.assertEqual([(row["published"], row["adopted"]) for row in self.ask("Month by month")], [(1, 1)])
        decided, = self.ask("Who decided what")
        self.assertEqual((decided["order"], decided["actor"], decided["reason"]), ("adopt", "lan", "đã thống nhất"))
        self.assertEqual(len(self.database.execute("SELECT * FROM audit_deliveries").fetchall()), 1)


if __name__ == "__main__":
    unittest.main()
