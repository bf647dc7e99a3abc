"""The views say what the events say, and docs/audit.md's queries give what they promise.

The views are made anew here from the events alone, by the words of docs/audit.md, and held against what SQLite gives."""

import contextlib
import hashlib
import json
import re
import sqlite3
import unittest

from harness import ROOT, Place, Simulator, procedure, procedures
from sealed_nights import three_nights

DOCUMENT = ROOT / "docs" / "audit.md"
OUTCOMES = ("accepted", "rejected", "held")
ANSWERS = ("published", "withdrawn", "refused", "conflict", "unknown", "failed")
COUNTS = "seen changed accepted rejected held sent published refused conflict unknown failed withdrawn missing".split()


def leaves(value, path=""):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path, str(value)


class Expected:
    """The rows that each view must have."""

    def __init__(self, database):
        self.database = database
        self.events = [(dict(row), json.loads(row["detail"])) for row in database.execute("SELECT * FROM ledger ORDER BY seq")]
        self.views = {name: [] for name in ("audit_runs", "audit_records", "audit_rejections", "audit_deliveries",
                                            "audit_current", "audit_fields", "audit_events")}
        for row, detail in self.events:
            self.event(row, detail)
        for code in sorted({row["code"] for row, _ in self.events if row["event"] in ("published", "withdrawn")}):
            self.procedure(code)
        for row, detail in self.events:
            if row["event"] == "run-started":
                self.run(row, detail)

    def content(self, digest):
        row = self.database.execute("SELECT bytes FROM payload WHERE digest = ?", (digest,)).fetchone() if digest else None
        return json.loads(row[0]) if row else {}

    def event(self, row, detail):
        digest = row["digest"].hex() if row["digest"] else None
        self.views["audit_events"].append((row["seq"], row["at"], row["run"], row["event"], row["source"], row["code"], digest,
                                           row["actor"], row["detail"], row["hash"].hex()))
        if row["event"] in OUTCOMES:
            self.views["audit_records"].append((row["run"], row["source"], detail["key"], row["code"], detail["locator"],
                                                detail["source_digest"], digest, row["event"]))
            for found in detail.get("findings", []):
                self.views["audit_rejections"].append((row["run"], row["source"], detail["key"], row["code"], *map(
                    found.get, ("rule", "severity", "field", "value", "message", "cites"))))
        elif row["event"] in ANSWERS:
            self.views["audit_deliveries"].append((row["run"], row["code"], detail["action"], detail["key"], digest,
                                                   detail["attempt"], detail.get("started_at"), row["at"],
                                                   detail.get("status"), row["event"], detail.get("version"), detail.get("words")))
        elif row["event"] == "intended" and self.is_open(row):
            self.views["audit_deliveries"].append((row["run"], row["code"], detail["action"], detail["key"], digest, 0,
                                                   row["at"], None, None, "unknown", None, None))

    def is_open(self, intent):
        return not any(row["code"] == intent["code"] and row["run"] == intent["run"] and row["seq"] > intent["seq"]
                       and row["event"] in ANSWERS + ("recalled",) for row, _ in self.events)

    def procedure(self, code):
        published, versions = None, []
        for row, detail in self.events:
            if row["code"] == code and row["event"] in ("published", "withdrawn"):
                published = row["digest"] if row["event"] == "published" else published
                versions.append((row, detail, published))
        row, detail, held = versions[-1]
        self.views["audit_current"].append((code, self.content(held or row["digest"]).get("name"),
                                            "abolished" if row["event"] == "withdrawn" else "published",
                                            held and held.hex(), detail.get("version"), row["at"], row["run"]))
        standing = {}
        for row, _, held in versions:
            now = dict(leaves(self.content(held)))
            if row["event"] == "withdrawn" and "status" in now:
                now["status"] = "abolished"
            for pair in [pair for pair in standing if now.get(pair[0]) != pair[1]]:
                self.views["audit_fields"].append((code, *pair, *standing.pop(pair), row["run"], row["at"]))
            for pair in now.items():
                standing.setdefault(pair, (row["run"], row["at"]))
        for pair, since in standing.items():
            self.views["audit_fields"].append((code, *pair, *since, None, None))

    def run(self, start, said):
        mine = [(row, detail) for row, detail in self.events if row["run"] == start["run"]]
        ends = [(row, detail) for row, detail in mine if row["event"] == "run-finished"]
        counts = dict.fromkeys(COUNTS, 0)
        for row, detail in mine:
            event = row["event"]
            if event in OUTCOMES + ANSWERS:
                counts[event] += 1
                counts["changed" if event in OUTCOMES else "sent"] += 1
            elif event == "listed":
                counts["seen"] += detail["seen"]
                counts["missing"] += detail["missing"]
            elif event == "intended" and self.is_open(row):
                counts["sent"] += 1
                counts["unknown"] += 1
        end, closed = ends[0] if ends else ({"at": None}, {})
        counts.update({name: closed[name] for name in COUNTS if name in closed})
        self.views["audit_runs"].append((start["run"], start["at"], end["at"], said["command"], start["actor"], said["host"],
                                         said["version"], said["config_digest"], said["rules_digest"],
                                         closed.get("exit_code"), closed.get("why"), *counts.values(), 0))


def queries():
    """The queries of docs/audit.md by their headings."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return {heading: sql for heading, sql in re.findall(r"^\*\*([^\n]+?)\*\*[^\n]*\n```sql\n(.*?)```", text, re.M | re.S)}


class Nights(unittest.TestCase):
    """A portal with a fault or two, a run that died, warnings, a withdrawal, a conflict of sources."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        portal = cls.stack.enter_context(Simulator())
        cls.place = place = cls.stack.enter_context(Place(portal))
        three_nights(place, portal)
        place.records(*procedures(3, decision="13/QĐ-UBND"), procedure("1.000005", name=None), procedure("1.000008"),
                      procedure("1.000011"), procedure("1.000012"))
        portal.faults("kind=status:422,on=put,code=1.000011", "kind=status:503,on=put,code=1.000001,count=1")
        place.run("run")
        portal.faults("kind=timeout,on=put")
        place.records(*procedures(3, decision="14/QĐ-UBND"), procedure("1.000013"))
        running = place.start("run")
        late = 400
        while running.alive() and late and not (place.store.exists() and place.sql(
                "SELECT 1 FROM ledger WHERE event = 'intended' AND run = 5")):
            late -= 1
        running.signal(9)
        running.wait()
        portal.faults()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def test_every_view_has_the_rows_that_the_events_give(self):
        with self.place.database() as database:
            database.row_factory = sqlite3.Row
            expected = Expected(database)
            self.assertIn(0, [row[5] for row in expected.views["audit_deliveries"]], "the run that died left an intent")
            self.assertIn(2, [row[5] for row in expected.views["audit_deliveries"]], "one took two requests")
            for view, rows in expected.views.items():
                with self.subTest(view):
                    seen = [tuple(row) for row in database.execute(f"SELECT * FROM {view}")]
                    self.assertEqual(sorted(seen, key=repr), sorted(rows, key=repr))
                    self.assertTrue(rows, "the nights should give rows of every view")

    def test_a_view_asked_by_code_is_answered_by_an_index(self):
        for view in ("audit_current", "audit_fields", "audit_deliveries", "audit_records", "audit_events", "audit_versions"):
            with self.subTest(view):
                plan = " ".join(row[3] for row in self.place.sql(f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE code = 'x'"))
                self.assertIn("ledger_code (code=?", plan)
                self.assertNotRegex(plan, r"SCAN (ledger|e|a|i)\b")

    def test_the_columns_are_those_of_the_interface_and_each_is_described(self):
        interface = {
            "audit_runs": "run, started_at, finished_at, command, operator, host, version, config_digest, rules_digest, "
                          "exit_code, why, seen, changed, accepted, rejected, held, sent, published, refused, conflict, unknown, "
                          "failed, withdrawn, missing, waiting",
            "audit_orders": "run, at, code, order, actor, reason, decision, plan, digest",
            "audit_records": "run, source, source_key, code, locator, source_digest, content_digest, outcome",
            "audit_rejections": "run, source, source_key, code, rule, severity, field, value, message, cites",
            "audit_deliveries": "run, code, action, idempotency_key, content_digest, attempt, started_at, finished_at, "
                                "http_status, outcome, portal_version, error",
            "audit_current": "code, name, status, content_digest, portal_version, published_at, run",
            "audit_fields": "code, field, value, from_run, from_at, to_run, to_at",
            "audit_events": "seq, at, run, event, source, code, digest, actor, detail, hash",
        }
        text = DOCUMENT.read_text(encoding="utf-8")
        for view, columns in interface.items():
            seen = [row[1] for row in self.place.sql(f"PRAGMA table_info({view})")]
            self.assertEqual(seen, columns.split(", "))
            paragraph = re.search(rf"^\*\*`{view}`\*\*(.*?)\n\n", text, re.M | re.S)[1]
            self.assertEqual([name for name in seen if f"`{name}`" not in paragraph], [], view)

    def test_every_event_that_is_written_is_in_the_list_of_events(self):
        text = DOCUMENT.read_text(encoding="utf-8")
        table = text[text.index("## The events"):text.index("## The ledger")]
        seen = {row[0] for row in self.place.sql("SELECT DISTINCT event FROM ledger")}
        self.assertEqual({event for event in seen if f"`{event}`" not in table}, set())

    def test_every_run_names_the_schema_as_the_documentation_says_it_is_digested(self):
        lines = [f"{row[0]} {row[1]} {row[2]}\n" for row in self.place.sql(
            "SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY name, type")]
        digest = hashlib.sha256("".join(lines).encode()).hexdigest()
        named = {row[0] for row in self.place.sql(
            "SELECT json_extract(detail, '$.schema') FROM ledger WHERE event = 'run-started'")}
        self.assertEqual(named, {digest})


class Queries(unittest.TestCase):
    """Each query by its heading; a heading that is gone or new fails."""

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.portal = cls.stack.enter_context(Simulator())
        cls.place = cls.stack.enter_context(Place(cls.portal))
        source = cls.place.source("one")
        source["map"]["decision"] = None
        source["map"] = {key: value for key, value in source["map"].items() if value is not None}
        source["map"]["decision.signed_on"] = "/signed"
        cls.place.configure(sources=[source])
        cls.portal.faults("kind=status:503,on=put,code=1.000003,count=1")
        cls.place.records(*procedures(4, signed="2020-01-02"), procedure("1.000009", name=None))
        cls.place.run("run")
        cls.place.records(*procedures(3, signed="2020-01-02"), procedure("1.000005", name="Tên năm"),
                          procedure("1.000009", name=None))
        cls.place.run("run")
        cls.queries = queries()
        cls.asked = set()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def ask(self, start, **parameters):
        heading, = [heading for heading in self.queries if heading.startswith(start)]
        self.asked.add(heading)
        with self.place.database() as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(self.queries[heading], parameters)]

    def test_there_are_a_dozen_and_each_gives_what_it_says(self):
        ask = self.ask
        self.assertEqual([row["code"] for row in ask("What was published last night")],
                         [f"1.00000{number}" for number in range(1, 6)], "both runs are of one night")
        self.assertEqual([row["run"] for row in ask("What each of the last runs did")], [2, 1])
        kept, = ask("Which rule keeps what back now")
        self.assertEqual((kept["rule"], kept["source"], kept["records"]), ("congkhai/required", "one", 1))
        since, = ask("Since when one record is kept back", code="1.000009")
        self.assertEqual(since["field"], "name")
        late = ask("What was late")
        self.assertEqual({row["code"] for row in late}, {f"1.00000{number}" for number in range(1, 5)})
        self.assertGreater(min(row["working_days"] for row in late), 1500)
        self.assertEqual(ask("Who decided what"), [])
        more, = ask("Deliveries that took more than one request")
        self.assertEqual((more["code"], more["attempt"]), ("1.000003", 2))
        self.assertEqual([row["event"] for row in ask("Every request and answer", code="1.000005")], ["intended", "published"])
        seen, = ask("What was visible of a procedure", code="1.000001", day="2099-01-01")
        self.assertEqual((seen["status"], json.loads(seen["content"])["name"]), ("published", "Thủ tục 1.000001"))
        self.assertEqual(ask("What was visible of a procedure", code="1.000001", day="2001-01-01"), [])
        self.assertEqual(ask("How many procedures were visible", day="2099-01-01"), [{"visible": 5, "of_these_abolished": 0}])
        self.assertEqual([row["value"] for row in ask("The values a field had", code="1.000005", field="name")], ["Tên năm"])
        who, = ask("Who put it there", code="1.000005")
        self.assertEqual((who["source"], who["locator"]), ("one", "inbox/one.ndjson:4"))
        rules, = ask("The rules of a run", run=1)
        self.assertIn("codes", json.loads(rules["rules"]))
        self.assertEqual([row["code"] for row in ask("What left its source")], ["1.000004"])
        month, = ask("Month by month")
        self.assertEqual((month["published"], month["rejected"]), (5, 1))
        self.assertEqual(ask("Runs that did not end"), [])
        self.place.run("retry", "--reason", "sở đã bổ sung tên")
        decided, = ask("Who decided what")
        self.assertEqual((decided["order"], decided["reason"]), ("retry", "sở đã bổ sung tên"))
        self.assertTrue(decided["actor"])
        self.assertEqual(set(self.queries), self.asked)
        self.assertGreaterEqual(len(self.queries), 12)


if __name__ == "__main__":
    unittest.main()
