"""`run` maps and checks what extract stages while it goes on: what it leaves is what the three stages leave one by one."""

import json
import re
import sqlite3
import unittest

from harness import Place, Simulator, lines, procedure, procedures
from test_sandbox import FAULTY, faulty

SECRET = "S3cret-of-the-source"
OF_ITS_OWN = re.compile(r"run|seq|at|hash|idempotency_key|.*_run|.*_at")
NUMBERS = re.compile(r'"(?:answer_digest":"[^"]*"|key":"congkhai-[^"]*"|started_at":"[^"]*"|wanted":\d+),?')
STAGES = (("extract",), ("transform",), ("load",))
RULES = [{"id": "U1", "field": "name", "check": {"unique": True}, "severity": "warning", "message": {"vi": "trùng", "en": "not unique"}},
         {"id": "N1", "field": "notes", "check": {"required": True}, "severity": "warning", "message": {"vi": "thiếu", "en": "none"}}]


def left(place):
    """All that the views say and the stages keep, without the numbers and times that each run has of its own."""
    found = {}
    with sqlite3.connect(place.store) as store:
        for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'view' AND name GLOB 'audit_*'").fetchall():
            columns = [f'"{column}"' for _, column, *_ in store.execute(f"PRAGMA table_info({name})")
                       if not OF_ITS_OWN.fullmatch(column)]
            where = " WHERE event NOT GLOB 'run-*'" if name == "audit_events" else ""
            if name != "audit_runs":
                found[name] = store.execute(f"SELECT {', '.join(columns)} FROM {name}{where}").fetchall()
        found["record"] = store.execute(
            "SELECT s.name, key, locator, hex(r.source_digest), hex(p.digest), hex(x.digest), fault, nameless, doubt, present, work,"
            " hex(m.digest), hex(c.digest), code, hex(content_digest), status, outcome, department, gave, watched FROM record r"
            " JOIN source s ON s.id = r.source LEFT JOIN payload p ON p.id = r.payload LEFT JOIN payload x ON x.id = r.context"
            " LEFT JOIN recipe m ON m.id = r.mapped_by LEFT JOIN recipe c ON c.id = r.checked_by").fetchall()
        found["finding"] = store.execute("SELECT r.key, f.rule, severity, field, value, message, cites, stage, reason, arguments"
                                         " FROM finding f JOIN record r ON r.id = f.record").fetchall()
        found["source"] = store.execute("SELECT name, usual, fields, fields_now, keyed_by FROM source").fetchall()
        found["state"] = store.execute("SELECT code, state, hex(wanted_digest), hex(held_digest), held_version, wanted_action"
                                       " FROM procedure_state").fetchall()
    return {name: sorted(NUMBERS.sub("", repr(row)) for row in rows) for name, rows in found.items()}


def nights(place):
    """Writes what a night's sources hold; gives the options of its commands."""
    records = procedures(150) + [procedure("1.000300", name=None), procedure("1.000301", notes=f"Bearer {SECRET}"),
                                 procedure("1.000302"), procedure("1.000302", name="another"), {"code": ""}]
    table = ["Mã,Tên"] + [f"1.{number:06d},Tên {number}" for number in range(100, 240)]

    def write(*files, source=records):
        place.write("inbox/one.ndjson", lines(source) + b"{ no JSON\n")
        place.write("inbox/two.csv", "\n".join(table) + "\n")
        return files
    yield write()
    changed = [dict(record, name="Tên mới") if number < 5 else record for number, record in enumerate(records)]
    changed[20] = dict(changed[20], code="1.000900", id="20")
    del changed[30:33]
    yield write(source=changed + procedures(140, first=400))
    table[3] = "1.000101,Tên khác"
    table.append("1.000950,Tên chung")
    yield write("--source", "two")
    place.change_source(map={**place.configuration["sources"][0]["map"], "notes": {"from": ["/notes", "/decision"]}})
    yield write("--code", "1.000951", source=records + procedures(1, first=951))
    yield write(source=records + procedures(80, first=951))


class Flow(unittest.TestCase):
    def place(self, portal):
        place = self.enterContext(Place(portal))
        columns = {"code": "Mã", "name": "Tên", "status": {"value": "announced"}}
        place.write("rules.yaml", json.dumps({"rules": RULES}, ensure_ascii=False))
        place.environment["A_SECRET"] = SECRET
        place.configure(sources=[place.source("one"), place.source("two", fetch={"file": "inbox/two.csv"}, format="csv", key="Mã",
                                                                  map=columns)], rules=["rules.yaml"], precedence=["two", "one"])
        place.change_portal(auth={"bearer": "${env:A_SECRET}"}, unencrypted_credentials=True)
        return place

    def test_a_night_leaves_what_the_three_stages_leave(self):
        whole, parts = (self.place(self.enterContext(Simulator())) for _ in range(2))
        for night, (options, _) in enumerate(zip(nights(whole), nights(parts), strict=True)):
            with self.subTest(night=night):
                done = whole.run("run", *options)
                self.assertEqual(done.code, 1, done)
                for stage in STAGES:
                    done = parts.run(*stage, *options)
                    self.assertIn(done.code, (0, 1), done)
                mine, its = left(whole), left(parts)
                for name in its:
                    self.assertEqual(mine[name], its[name], name)

    @faulty
    def test_killed_in_the_middle_it_goes_on_with_what_was_staged_and_leaves_the_same(self):
        def finish(place):
            for stage in STAGES[:2]:
                self.assertEqual(place.run(*stage).code, 0)
            return left(place)["record"]
        with Place() as place:
            place.records(*procedures(1300))
            expected = finish(place)
        seen = []
        for call in (250, 280):
            with self.subTest(call=call), Place() as place:
                place.records(*procedures(1300))
                done = place.run("run", program=FAULTY, env={**place.environment, "CONGKHAI_FAULT": f"kill@{call}"})
                self.assertEqual(done.code, -9, done)
                seen += place.sql("SELECT count(*), count(mapped_by) FROM record")
                self.assertEqual(finish(place), expected)
        self.assertTrue(any(0 < mapped < staged for staged, mapped in seen), seen)
