"""kept: everything that is kept back, with filters, and the lists that departments are handed."""

import csv
import glob
import io
import json
import re
import shutil
import signal
import subprocess
import unittest
import urllib.parse
import zipfile

import test_console
from harness import Night, Place, Simulator, procedure, wait_until, whole_speed

# The system's Python has Debian's openpyxl, whichever Python runs the tests.
READING = ("import json, openpyxl, sys; print(json.dumps([list(row) for row in openpyxl.load_workbook(sys.argv[1]).worksheets[0]"
           ".iter_rows(values_only=True)], ensure_ascii=False))")
READER = next((python for python in ("/usr/bin/python3", "python3")
               if subprocess.run([python, "-c", "import openpyxl"], capture_output=True).returncode == 0), None)
FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


class Kept(Night):
    def setUp(self):
        super().setUp()
        self.portal = Simulator()
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)
        self.place.configure(sources=[self.place.source("one", fetch={"file": "inbox/one.ndjson"}),
                                      self.place.source("Sở Đất đai & Nhà ở", fetch={"file": "inbox/two.ndjson"})])

    def night(self, one=(), two=(), code=1):
        self.place.records(*one)
        self.place.records(*two, source="two")
        self.expect(self.place.run("--quiet", "run"), code)

    def kept(self, *arguments):
        return self.expect(self.place.run("--json", "kept", *arguments), 0).json

    def test_all_of_it_and_each_filter(self):
        self.night([procedure("1.000001", status="?"), procedure("1.000002", name=None)], [procedure("1.000003", status="!")])
        everything = self.kept()
        self.assertEqual(everything["schema"], "congkhai/kept/1")
        self.assertEqual((everything["total"], everything["records"]), (3, 3))
        self.assertEqual([row["key"] for row in self.kept("--source", "one")["rows"]], ["1.000001", "1.000002"])
        self.assertEqual([row["key"] for row in self.kept("--code", "1.000003", "--code", "1.000001")["rows"]], ["1.000003", "1.000001"])
        self.assertEqual(len(self.kept("--rule", everything["rows"][0]["rule"])["rows"]), 2)
        self.assertEqual(self.kept("--outcome", "held")["total"], 0)
        limited = self.kept("--limit", "1")
        self.assertEqual((limited["total"], limited["shown"]), (3, 1))
        self.assertTrue(all(row["since_run"] == 1 and row["since"].endswith("Z") for row in everything["rows"]))
        self.expect(self.place.run("kept", "--source", "oen"), 2, "one")
        self.expect(self.place.run("kept", "--since", "x"), 2)
        self.expect(self.place.run("kept", "--limit", "0"), 2, "from 1 on")

    def test_what_stood_before_is_not_new(self):
        self.night([procedure("1.000001", status="?")])
        self.night([procedure("1.000001", status="?"), procedure("1.000002", status="?")])
        self.assertEqual([row["key"] for row in self.kept("--since", "1")["rows"]], ["1.000002"])
        self.assertEqual(self.kept("--new")["total"], 2)  # both runs are of one night

    def test_what_is_held_was_taken_up_and_is_held_again_is_not_new(self):
        one, other = [procedure("1.000001")], [procedure("1.000001", name="Một tên khác")]
        self.night(one, other)
        self.expect(self.place.run("retry", "--reason", "lại"), 0)
        self.night(one, other)
        self.assertEqual([row["outcome"] for row in self.kept()["rows"]], ["held", "held"])
        self.assertEqual(self.kept("--since", "1")["total"], 0)
        self.night(one, [], code=0)
        last = self.place.last_run()["run"]
        self.night(one, other)
        self.assertEqual(self.kept("--since", str(last))["total"], 2)

    def test_what_was_only_warned_of_and_is_kept_back_now_is_new(self):
        def judged(severity):
            self.place.write("rules.yaml", json.dumps({"rules": [{"id": "R", "field": "name", "check": {"not_matches": "xấu"}, "severity": severity,
                                                                  "reason": "-", "message": {"vi": "a", "en": "b"}}]}, ensure_ascii=False))
            self.place.configure(rules=["rules.yaml"], precedence=["one"])

        one, other = procedure("1.000001"), procedure("1.000001", name="Một tên khác")
        judged("error")
        self.night([procedure("1.000001", name="xấu"), procedure("1.000002", name="xấu")], [other])
        first = {(row["key"], row["rule"]) for row in self.kept()["rows"]}
        self.assertEqual(len(first), 3)
        judged("warning")
        self.night([one, procedure("1.000002", name="xấu")], [other], code=0)
        last = self.place.last_run()["run"]
        judged("error")
        self.night([procedure("1.000001", name="xấu"), procedure("1.000002", name="xấu")], [other])
        self.assertEqual({(row["key"], row["rule"]) for row in self.kept("--since", str(last))["rows"]}, first)

    @unittest.skipUnless(FAKETIME, "needs faketime")
    @whole_speed
    def test_a_rerun_at_noon_opens_no_new_night(self):
        old, new = procedure("1.000001", status="?"), procedure("1.000002", status="?")
        for moment, one in (("2026-03-02 02:00:00", [old]), ("2026-03-03 02:00:00", [old, new]), ("2026-03-03 12:30:00", [old, new])):
            self.place.records(*one)
            self.place.records(source="two")
            environment = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": f"@{moment}", "TZ": "Asia/Ho_Chi_Minh",
                           "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            self.expect(self.place.run("--quiet", "run", env=environment), 1)
        self.assertEqual([row["key"] for row in self.kept("--new")["rows"]], ["1.000002"])

    def test_each_department_gets_its_own_file_in_an_officials_words(self):
        self.night([procedure("1.000001", status="?")], [procedure("=1+1", status="!")])
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out"), "--format", "csv"), 0)
        names = sorted(path.name for path in (self.place.folder / "out").glob("[!.]*"))
        self.assertEqual(names, ["one.csv", "so-dat-dai-nha-o.csv"])
        text = (self.place.folder / "out" / "so-dat-dai-nha-o.csv").read_text(encoding="utf-8")
        self.assertTrue(text.startswith("\ufeff"))
        rows = list(csv.reader(io.StringIO(text[1:])))
        self.assertEqual((rows[0][0], rows[1][:2]), ("department", ["Sở Đất đai & Nhà ở", "'=1+1"]))
        self.assertEqual(len(rows), 2)
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out")), 0)
        with zipfile.ZipFile(self.place.folder / "out" / "one.xlsx") as book:
            self.assertIn("1.000001", book.read("xl/worksheets/sheet1.xml").decode())
            self.assertIn("Department: one", book.read("xl/worksheets/sheet1.xml").decode())
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out"), "--format", "html"), 0)
        self.assertIn("Department: Sở Đất đai &amp; Nhà ở", (self.place.folder / "out" / "so-dat-dai-nha-o.html").read_text(encoding="utf-8"))

    def test_the_folder_of_lists_holds_the_newest_and_nobody_elses_file_is_written_over(self):
        out = self.place.folder / "out"
        bad, worse = [procedure("1.000001", status="?")], [procedure("1.000002", status="!")]
        names = lambda: sorted(path.name for path in out.glob("[!.]*"))
        write = lambda *words: self.place.run("--json", "kept", "--output", str(out), "--format", "csv", *words)
        self.night(bad, worse)
        self.expect(write(), 0)
        self.assertEqual(names(), ["one.csv", "so-dat-dai-nha-o.csv"])
        self.night([procedure("1.000001")], worse)
        done = self.expect(write("--department", "Sở Đất đai & Nhà ở"), 0)  # of others it says nothing
        self.assertEqual((done.json["left"], done.json["removed"]), (["one.csv"], []))
        done = self.expect(write(), 0)
        self.assertEqual((done.json["left"], done.json["removed"], names()), ([], ["one.csv"], ["so-dat-dai-nha-o.csv"]))
        (out / "one.csv").write_text("mine")
        self.night(bad, worse)
        before = (out / "so-dat-dai-nha-o.csv").read_bytes()
        self.expect(write(), 2, "one.csv")
        self.assertEqual(((out / "one.csv").read_text(), (out / "so-dat-dai-nha-o.csv").read_bytes()), ("mine", before))
        (out / "one.csv").unlink()
        self.expect(write(), 0)
        with open(out / "one.csv", "a") as file:
            file.write("what somebody noted\n")
        self.expect(write(), 2, "one.csv")
        self.night([procedure("1.000001")], worse)
        self.assertEqual(self.expect(write(), 0).json["left"], ["one.csv"])
        self.assertIn("what somebody noted", (out / "one.csv").read_text())
        (out / ".congkhai-lists").write_text('{"../congkhai.yaml": "x", "/etc/passwd": "x"}')
        self.assertEqual(self.expect(write("--format", "json"), 0).json["left"], [])
        last = self.place.one("SELECT max(run) FROM audit_runs")
        self.expect(self.place.run("kept", "--since", str(last), "--output", str(self.place.folder / "none")), 0, "no list was written")

    @unittest.skipIf(READER is None, "no openpyxl")
    def test_another_program_reads_the_same_rows_from_a_departments_workbook(self):
        self.night([procedure(f"1.0000{i:02d}", status="=1+1" if i % 2 else "?", name=f"Tên {i}\nhai") for i in range(1, 21)])
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out")), 0)
        read = subprocess.run([READER, "-c", READING, self.place.folder / "out" / "one.xlsx"], capture_output=True, text=True)
        self.assertEqual(read.returncode, 0, read.stderr)
        rows = json.loads(read.stdout)
        head, = [row for row in rows if "mã" in row or "code" in row]
        column = head.index("code" if "code" in head else "mã")
        codes = [row[column] for row in rows[rows.index(head) + 1:] if re.match(r"1\.\d+$", row[column] or "")]
        self.assertEqual(codes, [row["key"] for row in self.kept()["rows"]])
        self.assertTrue(any("=1+1" in row for row in rows), "a value stands as it is")

    def test_a_record_names_its_department(self):
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        self.place.change_source(0, department={"from": "/by"})
        self.place.change_source(1, department="Sở Đất đai & Nhà ở và những đơn vị khác của thành phố có tên rất dài để thử độ dài tệp")
        rejected = [procedure(f"1.00000{i}", status="?", by=by) for i, by in ((1, "  Sở\u00a0A "), (2, "sở á"), (4, None))]
        self.night([*rejected, procedure("1.000003", by="Sở A")], [procedure("1.000009", status="!")])
        rows = {row["key"]: row["department"] for row in self.kept()["rows"]}
        self.assertEqual({rows[key] for key in ("1.000001", "1.000003")}, {"Sở A"})
        self.assertEqual((rows["1.000002"], rows["1.000004"]), ("sở á", "one"))
        self.assertEqual({row["key"] for row in self.kept("--department", "Sở A")["rows"]}, {"1.000001", "1.000003"})
        self.expect(self.place.run("kept", "--department", "Sở B"), 2, "Sở A")
        events = self.place.sql("SELECT json_extract(detail, '$.key'), json_extract(detail, '$.department') FROM audit_events"
                                " WHERE event IN ('accepted', 'rejected') AND source = 'one' ORDER BY 1")
        self.assertEqual(events, [("1.000001", "Sở A"), ("1.000002", "sở á"), ("1.000003", "Sở A"), ("1.000004", None)])
        self.assertFalse(self.place.sql("SELECT 1 FROM audit_fields WHERE field LIKE '%department%' OR value = 'Sở A'"))
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out"), "--format", "csv"), 0)
        names = sorted(path.name for path in (self.place.folder / "out").glob("[!.]*"))
        self.assertEqual(names[:3], ["one.csv", "so-a-2.csv", "so-a.csv"])
        self.assertTrue(names[3].startswith("so-dat-dai-nha-o-va-nhung-don-vi-khac"), names)
        self.assertLessEqual(max(map(len, names)), 100)

    def test_a_department_that_is_spelled_in_several_ways_is_one_everywhere(self):
        self.place.change_source(0, department={"from": "/by"})
        spelled = ("Phòng Hòa", "PHÒNG HOÀ", "Phòng Hòa", "phòng  hòa", "Phòng B")
        self.night([procedure(f"1.00000{i}", name=None, by=by) for i, by in enumerate(spelled, 1)])
        rule, = {row["rule"] for row in self.kept()["rows"]}
        self.assertEqual([(row["key"][-1], row["department"]) for row in self.kept()["rows"]],
                         [("5", "Phòng B"), *((str(i), "Phòng Hòa") for i in range(1, 5))])
        for asked in (*spelled[:4], "phòng hoà"):
            self.assertEqual(self.kept("--department", asked)["records"], 4, asked)
        status = self.expect(self.place.run("--json", "status"), 0).json
        self.assertEqual([(row["name"], row["records"]) for row in status["kept_by"]["department"]], [("Phòng Hòa", 4), ("Phòng B", 1)])
        rules = self.expect(self.place.run("--json", "status", "--rules"), 0).json["rules"]
        self.assertEqual([(row["department"], row["kept_back"]) for row in rules if row["rule"] == rule], [("Phòng Hòa", 4), ("Phòng B", 1)])
        report = self.expect(self.place.run("--json", "report", "cho-hoan-thien"), 0).json
        self.assertEqual([row["department"] for row in report["rows"]], ["Phòng B", *["Phòng Hòa"] * 4])
        self.expect(self.place.run("kept", "--output", str(self.place.folder / "out"), "--format", "csv"), 0)
        self.assertEqual(sorted(path.name for path in (self.place.folder / "out").glob("[!.]*")), ["phong-b.csv", "phong-hoa.csv"])
        pages = test_console.Pages(self.place)
        self.addCleanup(pages.stop)
        page = pages.page("/vi/giu-lai?don-vi=" + urllib.parse.quote("phòng hoà"))
        self.assertEqual(re.findall(r'<option value="(Ph[^"]*)"( selected)?', page), [("Phòng B", ""), ("Phòng Hòa", " selected")])
        self.assertEqual(sorted(set(re.findall(r"1\.00000\d", page))), [f"1.00000{i}" for i in range(1, 5)])

    def test_a_list_stays_its_departments_whoever_is_asked_for_and_whoever_has_mended_everything(self):
        out = self.place.folder / "out"
        self.place.change_source(0, department={"from": "/by"})
        by = ("Phường Tấn An", "Phường Tân An", "Người vận hành")
        records = [procedure(f"1.00000{i}", name=None, by=name) for i, name in enumerate(by, 1)]
        self.night(records)
        names = {"phuong-tan-an.csv": by[0], "phuong-tan-an-2.csv": by[1], "nguoi-van-hanh-2.csv": by[2]}

        def write(*words):
            done = self.expect(self.place.run("--json", "kept", "--output", str(out), "--format", "csv", *words), 0)
            found = {path.name: next(csv.DictReader(open(path, encoding="utf-8-sig")))["department"] for path in out.glob("[!.]*")}
            self.assertEqual(found, {name: names[name] for name in found})
            return sorted(found), done.json["left"], done.json["removed"]

        everything = sorted(names)
        self.assertEqual(write(), (everything, [], []))
        for name in by:
            self.assertEqual(write("--department", name)[0], everything, name)
        self.night([procedure("1.000001", by=by[0]), *records[1:]])
        self.assertEqual(write(), (everything[:2], [], ["phuong-tan-an.csv"]))
        self.night(records[1:])  # and its record left
        self.assertEqual(write(), (everything[:2], [], []))
        shutil.rmtree(out)
        self.assertEqual(write("--department", by[1])[0], ["phuong-tan-an-2.csv"])

    def test_a_department_that_changes_is_no_new_content(self):
        self.night([procedure("1.000001", by="Sở A")], code=0)
        before = self.portal.requests()
        self.place.change_source(0, department={"from": "/by"})
        self.night([procedure("1.000001", by="Sở A")], code=0)
        self.night([procedure("1.000001", by="Sở B")], code=0)
        self.assertEqual(self.portal.requests() - before, 0)
        report = self.expect(self.place.run("--json", "report", "so-luong", "--by", "department"), 0).json
        self.assertEqual([row[next(iter(row))] for row in report["rows"]], ["Sở B (no level stated)"])
        self.expect(self.place.run("audit", "verify"), 0)
        self.place.change_source(0, department=["Sở A"])
        self.expect(self.place.run("check"), 2, "department")
        self.place.change_source(0, department={"from": "/by", "form": 1})
        self.expect(self.place.run("check"), 2, "form")

    def test_a_refused_delivery_is_in_the_list_and_an_unknown_one_is_the_operators(self):
        self.portal.faults("kind=status:422,on=put,code=1.000001")
        self.night([procedure("1.000001"), procedure("1.000002")])
        rows = {row["code"]: row["outcome"] for row in self.kept()["rows"]}
        self.assertEqual(rows, {"1.000001": "refused"})
        status = self.expect(self.place.run("--json", "status"), 0).json
        self.assertEqual((status["published"]["pending"], status["kept_back"]["pending"]), (0, 0), "it is told as refused")

    def test_a_withdrawal_that_was_ordered_and_comes_with_another_content_is_new(self):
        self.night([procedure("1.000001"), procedure("1.000002")], code=0)
        self.expect(self.place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 0)
        self.night([procedure("1.000001", name="Một tên khác"), procedure("1.000002")])
        for arguments in ((), ("--since", "2")):
            row, = self.kept(*arguments)["rows"]
            self.assertEqual((row["code"], row["outcome"], row["since_run"]), ("1.000001", "conflict", 3))
        self.assertEqual(self.kept("--since", "3")["rows"], [])

    def test_what_was_taken_up_and_ended_as_before_is_not_new(self):
        self.portal.faults("kind=status:422,on=put")
        self.night([procedure("1.000001")])
        self.expect(self.place.run("retry", "--reason", "x"), 0)
        self.night([procedure("1.000001"), procedure("1.000002")])
        self.assertEqual(self.kept()["records"], 2)
        self.assertEqual([row["code"] for row in self.kept("--since", "1")["rows"]], ["1.000002"])
        self.assertEqual(len(self.kept("--since", "2")["rows"]), 2, "it was pending then")

    def test_what_a_run_is_sending_just_now_is_not_kept_back_and_what_a_dead_one_sent_is_unknown(self):
        self.portal.faults("kind=timeout,on=put,count=1,when=before")
        self.place.change_portal(timeout="60s")
        self.place.records(procedure("1.000001"))
        run = self.place.start("run")
        wait_until(lambda: self.place.store.exists() and self.place.one(
            "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'") and self.place.one(
                "SELECT count(*) FROM ledger WHERE event = 'intended'"), "it sends")
        self.assertEqual(self.kept()["rows"], [])
        self.assertEqual(self.place.run("--json", "status").json["deliveries"], [], "it is on its way")
        self.assertNotIn("newly", self.place.run("health").stdout)
        self.assertIn("not ended: it is at work", self.place.run("status").stdout)
        run.signal(signal.SIGKILL)
        run.wait()
        lock = self.place.store.with_name(self.place.store.name + ".lock")
        lock.rename(lock.with_suffix(".away"))
        lock.symlink_to(lock.with_suffix(".away"))  # as one that may not be read: nobody is denied that as root
        self.assertIn("cannot be told", self.place.run("health").stdout)
        done = self.place.run("--json", "kept")
        self.assertEqual([row["outcome"] for row in done.json["rows"]], ["unknown"])
        self.assertIn("cannot be told", done.stderr)
        self.assertIn("it is at work, or was broken off", self.place.run("status").stdout)
        lock.unlink()
        lock.with_suffix(".away").rename(lock)
        for view in ("status", "runs", "health"):
            self.assertIn("broken off: nobody is at work", self.place.run(view).stdout)
        self.assertTrue(self.place.run("--json", "status").json["night"]["broken_off"])
        self.assertTrue(self.place.run("--json", "runs").json["runs"][0]["broken_off"])
        row, = self.kept()["rows"]
        self.assertEqual((row["outcome"], "asks the portal first" in row["message"]), ("unknown", True), row)
        delivery, = self.place.run("--json", "status").json["deliveries"]
        self.assertEqual((delivery["state"], delivery["words"]), ("unknown", row["message"]))
        self.place.records(source="two")
        self.expect(self.place.run("run"), 0)
        self.assertRegex(self.place.run("status").stdout, r"the worst of its 2 runs: run 1, broken off: nobody is at work")

    def test_what_is_refused_anew_behind_a_record_that_was_rejected_meanwhile_is_new(self):
        self.portal.faults("kind=status:422,on=put")
        self.place.records(source="two")
        for record in (procedure("1.000001"), procedure("1.000001", status="?"), procedure("1.000001", name="Tên khác")):
            self.place.records(record)
            self.expect(self.place.run("run"), 1)
        self.assertEqual([row["outcome"] for row in self.kept()["rows"]], ["refused"])
        self.assertEqual(self.kept("--since", "2")["records"], 1, "it was rejected then")
        self.assertEqual(self.kept("--since", "1")["records"], 0, "it was refused then")

    def test_an_extract_alone_that_met_rows_that_cannot_be_read_says_so_with_its_exit_code(self):
        self.place.write("inbox/one.ndjson", '{"code": broken\n{"name": "keyless"}\n' + json.dumps(procedure("1.000001")) + "\n")
        self.place.records(source="two")
        for _ in range(2):
            self.expect(self.place.run("extract"), 1, r"2 records cannot be read")
        self.assertRegex(self.expect(self.place.run("status"), 0).stdout, "Kept back: records that cannot be read 2")
        self.assertEqual(self.place.run("--json", "status").json["kept_back"]["unread"], 2)
        self.expect(self.place.run("transform"), 1, "2 records and procedures are kept back")
        self.assertEqual(self.place.run("--json", "status").json["kept_back"]["unread"], 0)
        self.expect(self.place.run("retry", "--reason", "x"), 0)
        self.assertEqual(self.place.run("--json", "status").json["kept_back"]["unread"], 0, "counted once")

    def test_the_report_is_the_same_list(self):
        self.night([procedure("1.000001", status="?")])
        document = self.expect(self.place.run("--json", "report", "cho-hoan-thien"), 0).json
        self.assertEqual(document["report"], "cho-hoan-thien")
        self.assertEqual([row["code"] for row in document["rows"]], ["1.000001"])


if __name__ == "__main__":
    unittest.main()
