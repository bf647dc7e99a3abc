"""Reports: what officials are told, over nights whose days are faked, each figure counted a second time by other means."""

import base64
import csv
import datetime
import glob
import hashlib
import html.parser
import io
import json
import random
import re
import signal
import unittest
import urllib.request
import xml.etree.ElementTree
import zipfile

import harness
from harness import MAP, Night, Place, Simulator, slow

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)

WIDE = {
    **MAP,
    "kind": "/kind",
    "announcement": "/announcement",
    "online_service": "/online",
    "full_online_eligible": "/eligible",
    "internal_group": "/group",
    "levels": "/levels",
    "fields": {"each": "/fields", "map": {"name": "."}},
    "executing_agencies": {"each": "/executing", "map": {"name": "."}},
    "services": {"each": "/services", "map": {"code": "/code", "level": "/level", "reason": "/reason",
                                              "provision": "/provision"}},
    "legal_bases": {"each": "/bases", "map": {"number": "/number", "issued_on": {"from": "/issued", "date": ["yyyy-MM-dd"]},
                                              "effective_on": {"from": "/effective", "date": ["yyyy-MM-dd"]}}},
    "decision.signed_on": {"from": "/signed", "date": ["yyyy-MM-dd"]},
    "decision.shortened": "/shortened",
}
HOLIDAYS = ("from,to,name\n2026-02-16,holiday,a\n2026-02-17,holiday,b\n2026-02-18,holiday,c\n2026-02-19,holiday,d\n"
            "2026-02-20,holiday,e\n2026-01-10,working,f\n")


def working_days(first, last):
    """Days behind the first one up to the last, without week-ends and HOLIDAYS' days."""
    day, end, count = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last), 0
    marks = dict(line.split(",")[:2] for line in HOLIDAYS.splitlines()[1:])
    while day < end:
        day += datetime.timedelta(days=1)
        mark = marks.get(day.isoformat())
        count += mark == "working" or (mark != "holiday" and day.weekday() < 5)
    return count


def record(code, **changes):
    return harness.procedure(code, **{"steps": "Nộp", **changes})


@unittest.skipUnless(FAKETIME, "needs faketime")
class Reports(Night):
    def setUp(self):
        super().setUp()
        self.portal = self.enterContext(Simulator()) if hasattr(self, "enterContext") else Simulator()
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)
        self.place.write("holidays.csv", HOLIDAYS)
        self.place.configure(codes={"statuses": "codes.csv", "holidays": "holidays.csv"})
        self.place.change_source(map=WIDE)

    def at(self, day, *arguments, hour="02:00:00"):
        environment = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": f"@{day} {hour}", "TZ": "Asia/Ho_Chi_Minh",
                       "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return self.place.run(*arguments, env=environment)

    def night(self, day, *records, code=None):
        self.place.records(*records)
        done = self.at(day, "--quiet", "run")
        self.assertIn(done.code, (0, 1) if code is None else (code,), done)

    def report(self, name, *arguments, day="2026-12-31"):
        done = self.at(day, "--json", "report", name, *arguments)
        self.assertEqual(done.code, 0, done)
        return done.json

    @staticmethod
    def count(row, column):
        figure = row[column]
        if figure["codes"] or "count" not in figure:
            assert int(figure["count"]) == len(figure["codes"]), figure
        return int(figure["count"])

    # ---- so-luong, dich-vu-cong ----

    @slow
    def test_the_sentence_of_1515_services_with_the_codes_behind_each(self):
        records, full, partial = [], 957, 558
        levels = ["full"] * full + ["partial"] * partial
        for number in range(1, 1001):  # 1,000 procedures: some with two services
            mine, levels = levels[:2 if number <= 515 else 1], levels[2 if number <= 515 else 1:]
            code = f"1.{number:06d}"
            services = [{"code": f"{code}.{i:02d}", "level": level, **({} if level == "full" else {
                "reason": "Phải kiểm tra thực địa", "provision": "Điều 14 Nghị định số 224/2026/NĐ-CP"})}
                for i, level in enumerate(mine, 1)]
            records.append(record(code, online="full" if "full" in mine else "partial", services=services))
        self.assertFalse(levels)
        self.night("2026-03-02", *records)
        total = self.report("dich-vu-cong", "--as-of", "2026-03-31")["total"]
        self.assertEqual([self.count(total, c) for c in ("services", "services_full", "services_partial")], [1515, 957, 558])
        self.assertEqual(len(set(total["services"]["codes"])), 1515)
        self.assertEqual(total["without_services"]["count"], 0)
        table = self.at("2026-12-31", "--language", "vi", "report", "dich-vu-cong", "--as-of", "2026-03-31")
        self.assertRegex(table.stdout, r"1\.515 +957 +558")

    def test_an_online_procedure_without_services_is_never_a_service(self):
        self.night("2026-03-02", record("1.000001", online="full"), record("1.000002", online="partial"), record("1.000003"))
        total = self.report("dich-vu-cong")["total"]
        self.assertEqual(total["services"], {"missing": "not known"})
        self.assertEqual(total["without_services"]["codes"], ["1.000001", "1.000002"])
        self.assertEqual(total["unstated"]["codes"], ["1.000003"])
        self.assertEqual(total["share"], {"numerator": 2, "denominator": 3, "percent": "66.67"})

    def test_quantities_count_each_procedure_once_and_what_has_no_level_apart(self):
        self.night("2026-03-02", record("1.000001", levels=["province", "commune"]), record("1.000002", levels=["commune"]),
                   record("1.000003", levels=["ministry"]), record("1.000004"), record("1.000005", kind="internal", levels=["province"]))
        self.night("2026-03-03", record("1.000001", levels=["province", "commune"]), record("1.000002", levels=["commune"], status="abolished"),
                   record("1.000003", levels=["ministry"]), record("1.000004"), record("1.000005", kind="internal", levels=["province"]))
        before = self.report("so-luong", "--as-of", "2026-03-02")
        self.assertEqual([self.count(before["total"], c) for c in ("total", "ministry", "province", "commune", "both", "internal", "public")],
                         [5, 1, 1, 1, 1, 1, 4])
        self.assertEqual([row["group"] for row in before["rows"]], ["UBND thành phố Cần Thơ", "UBND thành phố Cần Thơ (no level stated)"])
        now = self.report("so-luong", "--as-of", "2026-03-03")
        self.assertEqual(now["total"]["total"]["codes"], ["1.000001", "1.000003", "1.000004", "1.000005"])
        self.assertEqual(self.report("so-luong", "--as-of", "2026-03-01")["total"]["total"], {"missing": "not known"})
        with self.place.database() as database:  # the same with any tool
            self.assertEqual(database.execute("SELECT count(*) FROM report_procedures WHERE day <= '2026-03-03' AND "
                                              "(to_day IS NULL OR to_day > '2026-03-03') AND status = 'published'").fetchone()[0], 4)

    def test_the_end_alone_means_its_quarter_and_what_is_kept_back_is_of_now(self):
        self.night("2026-03-02", record("1.000001", signed="2026-02-26", decision="1/QĐ-UBND"))
        self.assertEqual(self.report("cong-bo", "--to", "2026-05-15")["period"]["from"], "2026-04-01")
        self.assertEqual(self.report("cong-bo")["period"]["from"], "2026-10-01")
        for option in ("--from", "--to", "--as-of"):
            done = self.at("2026-12-31", "--language", "en", "report", "cho-hoan-thien", option, "2026-05-01")
            self.assertEqual(done.code, 2, done)
            self.assertIn("leave --from, --to and --as-of out", done.stderr)

    def test_other_offices_are_a_level_and_a_code_without_a_name_is_another_agency(self):
        self.place.change_source(map={**WIDE, "agency.code": "/agency"})
        self.night("2026-03-02", record("1.000001", levels=["other"]), record("1.000002", levels=["district"]), record("1.000003"),
                   record("1.000004", agency="G15", levels=["ministry", "other"]))
        document = self.report("so-luong", "--as-of", "2026-03-02")
        self.assertEqual([document["total"][c]["codes"] for c in ("other", "ministry")], [["1.000001", "1.000002"], ["1.000004"]])
        self.assertEqual({row["group"]: row["total"]["codes"] for row in document["rows"]},
                         {"G15": ["1.000004"], "UBND thành phố Cần Thơ": ["1.000001", "1.000002"],
                          "UBND thành phố Cần Thơ (no level stated)": ["1.000003"]})
        by_level = self.report("so-luong", "--as-of", "2026-03-02", "--by", "level")
        self.assertEqual({row["group"]: row["total"]["codes"] for row in by_level["rows"]}.get("(no level stated)"), ["1.000003"])

    # ---- chi-so-766, by hand ----

    def indices(self, *arguments):
        rows = self.report("chi-so-766", *arguments)["rows"]
        return {(row["index"], row["what"]): row for row in rows}

    def test_index_766_by_hand(self):
        """Province: 5 working days either way; Tet 16-20/02/2026 is free, Saturday 10/01/2026 is worked.

        000001 signed Mon 02/02, effective Mon 09/02: 5 days behind it (3,4,5,6,9): in time. Published Mon 09/02: the 5th day.
        000002 signed Mon 02/02, effective Fri 06/02: 4 days: late. Published Tue 10/02: 6th day: late.
        000003 signed Fri 13/02, effective Fri 27/02: 23,24,25,26,27 across Tet: 5 days: in time. Published Fri 27/02: in time.
        000004 no effective day: not judged. Published with 000003, signed 13/02: in time.
        000005 effective 200 days before the signature: not judged.
        000006 shortened, signed Wed 25/02; the latest text issued Fri 20/02 (a holiday): 23,24,25: 3 days: in time; published 27/02: 2nd day.
        000007 shortened, issued Thu 12/02: 13,23,24,25: 4 days: late.
        000008 abolished by a decision of 13/02 (published before the period's baseline), effective 27/02: in time.
        """
        def basis(effective=None, issued=None):
            return [{"number": "1/2026/NĐ-CP", **({"effective": effective} if effective else {}), **({"issued": issued} if issued else {})}]
        old = record("1.000008", signed="2025-06-02", decision="1/QĐ-UBND", bases=basis("2025-07-01"))
        first = record("1.000001", signed="2026-02-02", decision="2/QĐ-UBND", bases=basis("2026-02-09"))
        second = record("1.000002", signed="2026-02-02", decision="2/QĐ-UBND", bases=basis("2026-02-06"))
        third = record("1.000003", signed="2026-02-13", decision="3/QĐ-UBND", bases=basis("2026-02-27"))
        fourth = record("1.000004", signed="2026-02-13", decision="3/QĐ-UBND", bases=basis())
        fifth = record("1.000005", signed="2026-02-13", decision="3/QĐ-UBND", bases=basis("2025-07-28"))
        short = record("1.000006", signed="2026-02-25", decision="4/QĐ-UBND", shortened="yes", bases=basis(issued="2026-02-20"))
        slow = record("1.000007", signed="2026-02-25", decision="4/QĐ-UBND", shortened="yes", bases=basis(issued="2026-02-12"))
        gone = record("1.000008", signed="2026-02-13", decision="3/QĐ-UBND", status="abolished", bases=basis("2026-02-27"))
        self.night("2026-01-05", old)
        self.night("2026-02-09", old, first)
        self.night("2026-02-10", old, first, second)
        self.night("2026-02-27", gone, first, second, third, fourth, fifth, short, slow)
        corrected = record("1.000001", signed="2026-02-02", decision="2/QĐ-UBND", bases=basis("2026-02-09"), notes="sửa lỗi chính tả")
        self.night("2026-03-20", gone, corrected, second, third, fourth, fifth, short, slow)
        rows = self.indices("--from", "2026-02-01", "--to", "2026-03-31")
        announced, published = rows["1.1", "announced in time"], rows["1.2", "published in time"]
        self.assertEqual(announced["offenders"]["codes"], ["1.000002", "1.000007"])
        self.assertEqual(announced["not_judged"]["codes"], ["1.000004", "1.000005"])
        self.assertEqual(announced["in_time"]["codes"], ["1.000001", "1.000003", "1.000006", "1.000008"])
        self.assertEqual(announced["percent"]["percent"], "66.67")
        self.assertEqual(published["offenders"]["codes"], ["1.000002"])
        self.assertEqual(published["denominator"]["count"], 8)
        self.assertEqual(published["percent"]["percent"], "87.50")
        decisions = self.report("cong-bo", "--from", "2026-02-01", "--to", "2026-03-31")
        seen = {row["decision"]: [self.count(row, c) for c in ("new", "amended", "abolished", "correction", "in_time", "late")] + [row["due"]]
                for row in decisions["rows"]}
        self.assertEqual(seen, {"2/QĐ-UBND": [2, 0, 0, 1, 1, 1, "2026-02-09"], "3/QĐ-UBND": [3, 0, 1, 0, 4, 0, "2026-02-27"],
                                "4/QĐ-UBND": [2, 0, 0, 0, 2, 0, "2026-02-27"]})

    def test_the_first_load_and_what_was_decided_before_it_are_a_baseline_neither_new_nor_late(self):
        """000002 joins later with a decision from before the first load: the rules of Article 24 say nothing of it, either. 000004 waits."""
        self.place.configure(rules=[str(harness.ROOT / "config/rules/deadlines.yaml")])
        first = record("1.000001", signed="2026-04-01")
        later = [record("1.000002", signed="2026-06-02", decision="9/QĐ-UBND"), record("1.000003", signed="2026-06-11", decision="10/QĐ-UBND")]
        self.night("2026-06-10", first)
        self.portal.faults("kind=status:422,on=put,code=1.000004")
        self.night("2026-06-29", first, *later, record("1.000004", signed="2026-06-02", decision="9/QĐ-UBND"))
        document = self.report("cong-bo", "--from", "2026-04-01", "--to", "2026-06-30")
        self.assertEqual(document["baseline"], {"day": "2026-06-10", "proposed": True})
        self.assertIn("baseline: 2026-06-10", " ".join(document["notes"]))
        total = document["total"]
        self.assertEqual([total[c]["codes"] for c in ("baseline", "new", "late", "in_time", "not_yet")],
                         [["1.000001", "1.000002"], ["1.000003"], ["1.000003"], [], ["1.000004"]])
        rows = self.indices("--from", "2026-04-01", "--to", "2026-06-30")
        self.assertEqual(rows["1.2", "published in time"]["denominator"]["codes"], ["1.000003"])
        self.assertEqual(self.place.sql("SELECT code FROM audit_rejections WHERE rule = 'ND63-24-TINH'"), [("1.000003",)])

    def test_a_report_that_rests_on_a_baseline_names_its_day(self):
        self.night("2026-04-01", record("1.000001", signed="2026-03-20"))
        for day, behind in (("2026-03-15", False), ("2062-01-01", True)):
            self.place.configure(baseline=day)
            for name in ("cong-bo", "chi-so-766"):
                notes = " ".join(self.report(name, "--from", "2026-03-01", "--to", "2026-04-30")["notes"])
                self.assertIn(f"Baseline: {day}, by the configuration", notes)
                self.assertEqual("lies behind the end of the period" in notes, behind)

    def test_each_record_is_judged_by_the_terms_of_its_own_agency_as_the_rules_do(self):
        self.place.configure(baseline="2026-02-01", rules=[str(harness.ROOT / "config/rules/deadlines.yaml")],
                             agency={"code": "H13", "name": "UBND thành phố Cần Thơ"})
        self.place.change_source(map={**WIDE, "agency.code": "/agency", "agency.name": "/agency"})
        signed = {"signed": "2026-03-02", "decision": "9/QĐ-UBND"}  # five working days end on the 9th, ten on the 16th
        self.night("2026-03-12", *[record(f"1.00000{n}", agency=agency, **signed) for n, agency in enumerate(("G15", "H13", "H13.05", "K57"), 1)])
        late = self.place.sql("SELECT code FROM audit_rejections WHERE rule LIKE 'ND63-24-%' ORDER BY code")
        self.assertEqual(late, [("1.000002",), ("1.000003",)])
        document = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")
        self.assertEqual((document["total"]["in_time"]["codes"], document["total"]["late"]["codes"]), (["1.000001"], ["1.000002", "1.000003"]))
        self.assertEqual({row["agency"]: row["due"] for row in document["rows"]},
                         {"G15": "2026-03-16", "H13": "2026-03-09", "H13.05": "2026-03-09", "K57": {"missing": "not known: ministry or province?"}})
        index = self.indices("--from", "2026-03-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual((index["in_time"]["codes"], index["offenders"]["codes"], index["not_judged"]["codes"]),
                         (["1.000001"], ["1.000002", "1.000003"], ["1.000004"]))

    def test_what_was_withdrawn_before_its_source_said_so_is_not_waiting(self):
        self.place.configure(baseline="2026-02-01")
        one = record("1.000001", signed="2026-02-10", decision="1/QĐ-UBND")
        self.night("2026-02-12", one)
        self.assertEqual(self.at("2026-02-13", "withdraw", "1.000001", "--decision", "2/QĐ-UBND", "--reason", "x", "--yes").code, 0)
        self.night("2026-03-03", {**one, "status": "abolished", "signed": "2026-03-02", "decision": "3/QĐ-UBND"})
        total = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["total"]
        self.assertEqual((total["not_yet"]["codes"], total["late"]["codes"]), ([], []))

    def test_an_abolition_goes_through_whatever_else_of_its_record_is_wrong(self):
        self.place.configure(rules=[str(harness.ROOT / "config/rules/text.yaml")])
        one = record("1.000001", signed="2026-03-02", decision="1/QĐ-UBND", bases=[{"number": "1/2026/NĐ-CP", "issued": "2026-01-05"}])
        wrong = {"steps": "Chọn cơ quan thực hiện", "levels": ["x"], "bases": [{"number": "1/2026/NÐ-CР", "issued": "31/02/2026"}]}
        self.night("2026-03-03", one)
        self.night("2026-03-20", {**one, **wrong, "decision": "2/QĐ-UBND"}, code=1)
        self.assertEqual(self.place.sql("SELECT status FROM audit_current"), [("published",)], "such an amendment is kept back")
        self.night("2026-03-23", {**one, **wrong, "decision": "2/QĐ-UBND", "status": "abolished"}, code=0)
        self.assertEqual(self.place.sql("SELECT status FROM audit_current"), [("abolished",)])

    def test_what_is_abolished_and_never_stood_there_is_not_waiting(self):
        self.place.configure(baseline="2026-02-01", rules=[str(harness.ROOT / "config/rules/deadlines.yaml")])
        other = record("1.000002", signed="2026-03-02", decision="3/QĐ-UBND")
        self.night("2026-03-03", other)
        self.night("2026-03-20", other, record("1.000001", signed="2026-03-02", decision="3/QĐ-UBND", status="abolished"))
        total = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["total"]
        self.assertEqual([total[c]["codes"] for c in ("not_yet", "late", "in_time")], [[], [], ["1.000002"]])
        self.assertEqual(self.place.sql("SELECT code FROM audit_rejections WHERE rule LIKE 'ND63-24-%'"), [], "as the rules have it")

    def test_numbers_begin_anew_each_year_and_the_second_decision_of_a_number_is_another(self):
        self.place.configure(baseline="2025-02-01")
        one = record("1.000001", signed="2025-03-03", decision="12/QĐ-UBND", bases=[{"number": "1/2025/NĐ-CP", "effective": "2025-03-12"}])
        self.night("2025-03-04", one)
        self.night("2026-03-20", {**one, "signed": "2026-03-02", "bases": [{"number": "1/2026/NĐ-CP", "effective": "2026-03-04"}], "notes": "sửa"})
        row, = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["rows"]
        self.assertEqual([row[c]["codes"] for c in ("amended", "correction", "late")], [["1.000001"], [], ["1.000001"]])
        rows = self.indices("--from", "2026-03-01", "--to", "2026-03-31")
        self.assertEqual([rows[key]["offenders"]["codes"] for key in (("1.1", "announced in time"), ("1.2", "published in time"))], [["1.000001"]] * 2)
        self.night("2026-04-20", {**one, "signed": "2026-03-04", "notes": "ngày ký gõ nhầm"})
        row, = self.report("cong-bo", "--from", "2026-03-03", "--to", "2026-04-30")["rows"]
        self.assertEqual([row[c]["codes"] for c in ("amended", "correction", "late")], [[], ["1.000001"], []])

    def test_a_number_without_a_day_that_was_seen_before_a_signature_is_another_decision(self):
        self.place.configure(baseline="2025-02-01")
        one = record("1.000001", decision="12/QĐ-UBND")
        self.night("2025-03-04", one)
        self.night("2026-03-20", {**one, "signed": "2026-03-02"})
        row, = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["rows"]
        self.assertEqual([row[c]["codes"] for c in ("amended", "correction", "late")], [["1.000001"], [], ["1.000001"]])

    def test_an_abolition_under_the_decision_that_published_is_in_no_term(self):
        """Only the status was changed in the source: by which decision it was abolished, and when, nobody knows."""
        self.place.configure(baseline="2026-02-01", rules=[str(harness.ROOT / "config/rules/deadlines.yaml")])
        one = record("1.000001", signed="2026-03-02", decision="12/QĐ-UBND")
        self.night("2026-03-03", one)
        self.night("2026-03-27", {**one, "status": "abolished"})
        self.assertEqual(self.place.sql("SELECT code FROM audit_rejections WHERE rule LIKE 'ND63-24-%'"), [], "as the rules have it")
        row, = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["rows"]
        self.assertEqual([row[c]["codes"] for c in ("new", "abolished", "in_time", "late")], [["1.000001"], ["1.000001"], ["1.000001"], []])
        index = self.indices("--from", "2026-03-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual([index[c]["codes"] for c in ("in_time", "offenders", "not_judged")], [["1.000001"], [], []])

    def test_decisions_of_a_day_stand_by_their_numbers_and_under_the_agency_that_the_code_names(self):
        self.place.configure(baseline="2026-02-01")
        self.place.change_source(map={**WIDE, "agency.code": "/agency"})
        self.night("2026-03-03", *(record(f"1.00000{n}", signed="2026-03-02", decision=f"{number}/QĐ-VPCP", agency="G22")
                                   for n, number in enumerate(("10", "9", "101"))))
        rows = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["rows"]
        self.assertEqual([(row["decision"], row["agency"], row["due"]) for row in rows],
                         [(f"{number}/QĐ-VPCP", "G22", "2026-03-16") for number in ("9", "10", "101")])

    def test_one_name_written_in_two_ways_is_one_group(self):
        self.place.change_source(map={**WIDE, "agency.name": "/agency"})
        self.night("2026-03-03", record("1.000001", fields=["Đất đai"], executing=["Ủy ban nhân dân cấp xã"], agency="Ủy ban nhân dân tỉnh", kind="internal", levels=["commune"]),
                   record("1.000002", fields=["đất  đai", "Đất Đai"], executing=["Uỷ ban Nhân dân cấp xã"], agency="Uỷ ban nhân dân Tỉnh", kind="internal", levels=["commune"]))
        every = ["1.000001", "1.000002"]
        for name, by in (("so-luong", "field"), ("so-luong", "agency"), ("dich-vu-cong", "field"), ("bien-dong", "agency")):
            arguments = ("--from", "2026-03-03", "--to", "2026-03-04") if name == "bien-dong" else ("--as-of", "2026-03-04")
            row, = self.report(name, *arguments, "--by", by)["rows"]
            self.assertEqual((row["group"], row["now" if name == "bien-dong" else "total"]["codes"]),
                             ("Đất đai" if by == "field" else "Ủy ban nhân dân tỉnh", every), name)
            self.assertNotIn("key", row)
        row, = self.report("noi-bo", "--as-of", "2026-03-04")["rows"]
        self.assertEqual((row["field"], row["executing"], row["published"]["codes"]), ("Đất đai", "Ủy ban nhân dân cấp xã", every))

    def test_of_days_before_the_ledger_began_nothing_is_known_and_nothing_is_0(self):
        self.night("2026-03-03", record("1.000001", signed="2026-03-02"))
        for name, arguments in (("so-luong", ("--as-of", "2026-03-02")), ("dich-vu-cong", ("--as-of", "2025-12-31")),
                                ("bien-dong", ("--from", "2026-02-01", "--to", "2026-02-28")), ("cong-bo", ("--from", "2026-01-01", "--to", "2026-02-28"))):
            document = self.report(name, *arguments)
            self.assertEqual({cell["missing"] for cell in document["total"].values() if isinstance(cell, dict) and "codes" not in cell
                              and "missing" in cell} - {"N/A"}, {"not known"}, name)
            self.assertIn("The ledger begins on 2026-03-03", " ".join(document["notes"]), name)
        for first in ("2026-02-01", "2026-03-03"):  # a period is compared with the day before it
            document = self.report("bien-dong", "--from", first, "--to", "2026-03-31", "--by", "field")
            for row in (*document["rows"], document["total"]):
                self.assertEqual(row["now"]["codes"], ["1.000001"])
                self.assertEqual([row[name] for name in ("before", "net", "added", "abolished", "changed")], [{"missing": "not known"}] * 5)
            self.assertIn("The ledger begins on 2026-03-03", " ".join(document["notes"]))
            self.assertEqual([part["rows"] for part in document["lists"]], [[], [], []])
        self.assertEqual(self.count(self.report("bien-dong", "--from", "2026-03-04", "--to", "2026-03-31")["total"], "before"), 1)
        document = self.report("so-luong", "--as-of", "2026-03-03")
        self.assertEqual((document["total"]["total"]["codes"], "The ledger begins" in " ".join(document.get("notes", []))), (["1.000001"], False))

    def test_what_was_not_at_the_portal_before_the_ledger_began_nobody_knows(self):
        """000002 is corrected after its first load, 000003 kept back, 000004 internal."""
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        records = [record(f"1.00000{n}", signed="2026-03-02", decision="7/QĐ-UBND") for n in (1, 2, 3)] + [record("1.000004", kind="internal", signed="2026-03-02")]
        self.night("2026-04-01", *records)
        records[1]["notes"] = "đính chính"
        self.night("2026-04-12", *records)
        for name, arguments in (("cong-bo", ("--from", "2026-01-01", "--to", "2026-03-31")), ("noi-bo", ("--as-of", "2026-03-31"))):
            document = self.report(name, *arguments)
            for row in (*document["rows"], document["total"]):
                self.assertEqual([name for name, cell in row.items() if isinstance(cell, dict) and cell.get("codes")], [], row)
        total = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-04-01")["total"]
        self.assertEqual((total["not_yet"]["codes"], total["baseline"]["count"]), (["1.000003"], 3))

    def put_there(self, **content):
        """By another hand."""
        body = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        request = urllib.request.Request(f"{self.portal.url}/procedures/{content['code']}", body, method="PUT", headers={
            "Content-Type": "application/json", "Idempotency-Key": content["code"], "If-None-Match": "*", "Authorization": "Bearer x",
            "Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"})
        urllib.request.urlopen(request, timeout=30).close()

    def test_what_is_taken_over_did_not_come_there_on_that_day(self):
        """000008 was decided long before it was found, 000009 only just."""
        self.place.configure(baseline="2026-01-01")
        self.night("2026-03-02", record("1.000001", signed="2026-02-10"))
        for code, signed in (("1.000008", "2026-02-10"), ("1.000009", "2026-03-09")):
            self.put_there(**{**self.portal.held()["1.000001"]["content"], "code": code, "decision": {"number": "8/QĐ-UBND", "signed_on": signed}})
        self.assertEqual(self.at("2026-03-03", "reconcile").code, 1)
        for code in ("1.000008", "1.000009"):
            self.assertEqual(self.at("2026-03-10", "reconcile", "--adopt", code, "--reason", "đã có").code, 0)
        found = self.at("2026-12-31", "--json", "history", "1.000008", "--on", "2026-03-04").json
        self.assertEqual((found["status"], [row["what"] for row in found["against"]], found["against"][-1]["count"]), (None, ["adopted", "only"], 2))
        document = self.report("so-luong", "--as-of", "2026-03-04")
        told, = [part for part in document["lists"] if part["name"] == "against"]
        self.assertEqual(([row.get("code") for row in told["rows"]], document["total"]["total"]["count"]), (["1.000008", "1.000009", None], 1))
        document = self.report("bien-dong", "--from", "2026-03-05", "--to", "2026-03-31")
        self.assertIn("2 procedures were found at the portal and taken over in the period (1.000008, 1.000009)", " ".join(document["notes"]))
        document = self.report("bien-dong", "--from", "2026-03-11", "--to", "2026-03-31")
        self.assertNotIn("taken over", " ".join(document.get("notes", [])))
        total = self.report("cong-bo", "--from", "2026-02-01", "--to", "2026-03-31")["total"]
        self.assertEqual((total["in_time"]["codes"], total["late"]["codes"]), (["1.000009"], ["1.000001"]))
        total = self.report("cong-bo", "--from", "2026-02-01", "--to", "2026-03-06")["total"]
        self.assertEqual((total["not_yet"]["codes"], total["late"]["codes"]), ([], ["1.000001"]))
        rows = self.indices("--from", "2026-01-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual([rows[name]["codes"] for name in ("in_time", "offenders", "not_judged")], [["1.000009"], ["1.000001"], ["1.000008"]])

    def test_abolishing_by_a_decision_without_a_day_hides_no_late_publication(self):
        self.place.configure(baseline="2026-02-01")
        late = record("1.000001", signed="2026-03-02", decision="1/QĐ-UBND")
        self.night("2026-03-20", late, record("1.000002", decision="2/QĐ-UBND"))
        self.assertEqual(self.at("2026-03-23", "withdraw", "1.000001", "--decision", "3/QĐ-UBND", "--reason", "x", "--yes").code, 0)
        row = self.indices("--from", "2026-03-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual([row[c]["codes"] for c in ("in_time", "offenders", "not_judged")], [[], ["1.000001"], ["1.000002"]])

    def test_complete_needs_a_time_limit_and_a_unit_alone_is_none(self):
        methods = {"each": "/methods", "map": {"channel": "/channel", "duration.amount": "/amount", "text": "/text",
                                               "duration.unit": {"from": "/unit", "codes": "units"}}}
        self.place.write("units.csv", "from,to\nngày,day\nphút,\n")
        self.place.configure(codes={"statuses": "codes.csv", "holidays": "holidays.csv", "units": "units.csv"})
        self.place.change_source(map={**WIDE, "methods": methods, "dossier": {"from": "/dossier", "map": {"name": "."}},
                                      "subjects": {"from": "/subjects", "map": {"name": "."}}})
        given = [{"amount": "5", "unit": "ngày"}, {"unit": "ngày"}, {"amount": "30", "unit": "phút"}, {"amount": "trong ngày"}, {"text": "Tại Sở"},
                 {"text": "Qua bưu chính"}]
        self.night("2026-03-02", *(record(f"1.00000{n}", dossier="Tờ khai", subjects="Công dân", executing=["Sở Tư pháp"],
                                          steps="Nộp" if n < 6 else "Trả kết quả trong 05 (năm) ngày", methods=[{"channel": "direct", **one}]) for n, one in enumerate(given, 1)))
        row = self.indices("--from", "2026-03-01", "--to", "2026-03-31")["1.3", "complete"]
        self.assertEqual([row[c]["codes"] for c in ("in_time", "offenders")], [["1.000001", "1.000003", "1.000004", "1.000006"], ["1.000002", "1.000005"]])

    def test_what_is_sent_once_more_is_neither_announced_nor_corrected_again(self):
        one, two, three = [record(f"1.00000{n}", signed="2026-03-10", decision="102/QĐ-UBND") for n in (1, 2, 3)]
        self.place.configure(baseline="2026-02-01")
        self.night("2026-03-11", one, two, three)
        self.portal.reset()
        self.assertEqual(self.at("2026-03-20", "reconcile").code, 0)
        self.night("2026-03-20", one, two, three)
        for day, arguments in (("2026-03-21", ("withdraw", "1.000002", "--decision", "9/QĐ-UBND", "--reason", "nhầm", "--yes")),
                               ("2026-03-22", ("retry", "--code", "1.000002", "--reason", "nhầm"))):
            self.assertEqual(self.at(day, *arguments).code, 0)
        self.night("2026-03-23", one, two, three)
        for day, notes in (("2026-03-24", "sửa"), ("2026-03-25", "sửa nữa")):
            self.night(day, one, two, {**three, "notes": notes})
        row, = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31")["rows"]
        every = [f"1.00000{n}" for n in (1, 2, 3)]
        self.assertEqual([row[c]["codes"] for c in ("new", "amended", "correction", "in_time", "late")],
                         [every, [], ["1.000003"], every, []])
        published = self.indices("--from", "2026-03-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual([published[c]["codes"] for c in ("in_time", "offenders", "not_judged")], [every, [], []],
                         "9/QĐ-UBND has no day: nobody knows when it was due, so that 102/QĐ-UBND is the latest that was")

    def test_what_was_signed_before_the_calendar_begins_is_called_late_by_no_report(self):
        self.place.configure(baseline="2025-01-01")  # HOLIDAYS begin in 2026
        signed = {"1.000001": "2025-06-02", "1.000002": "2026-02-03", "1.000003": "2026-03-02"}
        self.night("2026-03-02", *(record(code, signed=day, decision=f"{code[-1]}/QĐ-UBND") for code, day in signed.items()),
                   record("1.000004", signed="2025-06-03", decision="4/QĐ-UBND", status="?"))
        document = self.report("cong-bo", "--from", "2025-06-01", "--to", "2026-03-31")
        self.assertEqual([document["total"][c]["codes"] for c in ("in_time", "late")], [["1.000003"], ["1.000002"]])
        due = {row["decision"]: row["due"] for row in document["rows"]}
        self.assertEqual([isinstance(due[f"{n}/QĐ-UBND"], str) for n in (1, 2, 3, 4)], [False, True, True, False], due)
        row = self.indices("--from", "2025-06-01", "--to", "2026-03-31")["1.2", "published in time"]
        self.assertEqual([row[c]["codes"] for c in ("in_time", "offenders", "not_judged")], [["1.000003"], ["1.000002"], ["1.000001"]])

    def test_a_field_that_is_named_twice_counts_once(self):
        self.night("2026-03-02", record("1.000001", fields=["Đất đai", "Đất đai"]), record("1.000002", fields=["Đất đai"]))
        for name, column in (("so-luong", "total"), ("dich-vu-cong", "total")):
            document = self.report(name, "--by", "field")
            self.assertEqual([self.count(row, column) for row in document["rows"] if row["group"].startswith("Đất đai")], [2], name)

    def test_not_yet_is_whatever_the_sources_announce_and_the_portal_does_not_have(self):
        """Term of 2026-03-02: Monday 2026-03-09; of 2026-03-26: 2026-04-02, behind the period."""
        def put(code, decision, signed, **changes):
            return record(code, decision=decision, signed=signed, **changes)
        first = put("1.000001", "1/QĐ-UBND", "2026-01-05", fields=["Đất đai"])
        self.place.write("named.yaml", "rules:\n- {id: NAMED, field: fields, check: {count: {min: 1}}, cites: x, message: {vi: x, en: x},\n"
                         "   examples: {pass: [{fields: [{name: x}]}], fail: [{code: \"1\"}]}}\n")
        self.place.configure(rules=["named.yaml", str(harness.ROOT / "config/rules/deadlines.yaml")], baseline="2026-01-05")
        self.night("2026-01-05", first)
        good = {"fields": ["Đất đai"]}
        kept = [put("1.000002", "2/QĐ-UBND", "2026-03-02"), put("1.000003", "3/QĐ-UBND", "2026-03-26"),
                put("1.000004", "4/QĐ-UBND", "2026-03-02", **good), put("1.000005", "5/QĐ-UBND", "2026-03-02", **good),
                put("1.000006", "6/QĐ-UBND", "2026-03-26", status="draft"), put("1.000007", "7/QĐ-UBND", None)]
        self.portal.faults("kind=status:422,on=put,code=1.000004")
        for night, day, records in (("2026-03-31", "2026-03-31", kept[:3] + kept[4:]), ("2026-04-10", "2026-04-30", kept)):
            self.night(night, first, *records)
            document = self.report("cong-bo", "--from", "2026-03-01", "--to", "2026-03-31", day=day)
            late = ["1.000002", "1.000004"] + ["1.000005"] * (kept == records)
            seen = {row["decision"]: (row["not_yet"]["codes"], row["late"]["codes"]) for row in document["rows"]}
            self.assertEqual(seen, {f"{code[-1]}/QĐ-UBND": ([code], [code] if code in late else []) for code in (*late, "1.000003")}, day)
            self.assertEqual(sorted(document["total"]["late"]["codes"]), late)
            self.assertTrue(any("no day of signature" in note for note in document["notes"]), document["notes"])
        # the working days that have passed since, on a Sunday too; a number, and no text because of its minus
        lines = self.at("2026-03-15", "report", "cho-hoan-thien", "--format", "csv").stdout.splitlines()
        self.assertTrue([line for line in lines if line.endswith(",2026-03-09,-4")], lines)

    # ---- bien-dong ----

    def test_movements_of_two_quarters_agree_with_history(self):
        one, two, three = record("1.000001"), record("1.000002"), record("1.000003")
        self.night("2026-01-05", one, two)
        self.night("2026-02-05", {**one, "notes": "đổi"}, two, three)
        self.night("2026-05-05", {**one, "notes": "đổi"}, {**two, "status": "abolished"}, three)
        first = self.report("bien-dong", "--from", "2026-01-06", "--to", "2026-03-31")
        second = self.report("bien-dong", "--from", "2026-04-01", "--to", "2026-06-30")
        self.assertEqual([self.count(first["total"], c) for c in ("before", "now", "added", "abolished", "changed")], [2, 3, 1, 0, 1])
        self.assertEqual([self.count(second["total"], c) for c in ("before", "now", "added", "abolished", "changed")], [3, 2, 0, 1, 0])
        self.assertEqual(second["total"]["net"]["count"], -1)
        for code in ("1.000001", "1.000002", "1.000003"):
            for report, day in ((first, "2026-03-31"), (second, "2026-06-30")):
                held = self.at("2026-12-31", "--json", "history", code, "--on", day).json
                self.assertEqual(held["status"] == "published", code in report["total"]["now"]["codes"], (code, day))

    def test_what_goes_from_one_group_to_another_is_told_with_its_code(self):
        one, two, three = record("1.000001", fields=["Đất đai", "Hộ tịch"]), record("1.000002", fields=["Hộ tịch"]), record("1.000003", fields=["Hộ tịch"])
        self.night("2026-01-05", one, two, three)
        self.night("2026-02-05", {**one, "fields": ["đất đai", "Nuôi con nuôi"]}, {**two, "fields": ["HỘ TỊCH"]}, {**three, "status": "abolished"},
                   record("1.000004", fields=["Đất đai"]))
        period = ("--from", "2026-02-01", "--to", "2026-02-28", "--by", "field")
        document = self.report("bien-dong", *period)
        self.assertEqual([column["name"] for column in document["columns"]], ["group", "before", "now", "net", "added", "abolished", "changed"])
        lists = {part["name"]: part["rows"] for part in document["lists"]}
        self.assertEqual(lists["moved"], [{"code": "1.000001", "from": "Hộ tịch", "to": "Nuôi con nuôi"}])
        self.assertTrue([note for note in document["notes"] if "1.000001" in note and "1.000002" not in note], document["notes"])
        for row in document["rows"]:
            came, left = ([part["code"] for part in lists["moved"] if part[name].casefold() == row["group"].casefold()] for name in ("to", "from"))
            self.assertEqual(row["net"]["count"], self.count(row, "added") - self.count(row, "abolished") + len(came) - len(left), row)
        self.assertRegex(self.at("2026-12-31", "report", "bien-dong", *period).stdout, r"\n  1\.000001; Hộ tịch; Nuôi con nuôi\n")
        self.assertNotIn("moved", {part["name"] for part in self.report("bien-dong", *period[:4])["lists"]})

    def test_internal_procedures_stand_in_their_group(self):
        self.night("2026-03-02", record("1.000001", kind="internal", group="between_agencies", fields=["Nội vụ"], executing=["Sở Nội vụ"]),
                   record("1.000002", kind="internal", group="within_agency", fields=["Nội vụ"], executing=["Sở Nội vụ"]), record("1.000003"))
        row = self.report("noi-bo")["rows"][0]
        self.assertEqual([row["field"], row["executing"]], ["Nội vụ", "Sở Nội vụ"])
        self.assertEqual([self.count(row, c) for c in ("announced", "published", "between_agencies", "within_agency", "unstated")],
                         [2, 2, 1, 1, 0])

    def test_what_is_announced_is_so_published_or_not(self):
        held = record("1.000003", kind="internal", executing=["Sở B"])
        self.night("2026-03-02", record("1.000001", kind="internal", executing=["Sở B"]), record("1.000002", kind="internal", executing=["Sở B"]))
        self.portal.faults("kind=status:503,on=any")
        self.night("2026-03-03", record("1.000001", kind="internal", executing=["Sở B"], name="Tên mới"), held,
                   record("1.000002", kind="internal", executing=["Sở B"], status="abolished"), code=3)
        row, = self.report("noi-bo")["rows"]
        self.assertEqual((row["field"], row["executing"]), ("(no field stated)", "Sở B"))
        self.assertEqual([row[name]["codes"] for name in ("announced", "published", "abolished", "unstated")],
                         [["1.000001", "1.000002", "1.000003"], ["1.000001", "1.000002"], [], ["1.000001", "1.000002", "1.000003"]])

    def test_what_says_nothing_of_its_online_service_is_part_of_all_and_no_offender(self):
        self.night("2026-03-02", record("1.000001", online="full", eligible="yes"), record("1.000002", online="none", eligible="yes"),
                   record("1.000003"), record("1.000004", eligible="yes"))
        rows = self.indices()
        share, full = rows["3.1", "online, full and partial, among all"], rows["3.1", "fully online, among those eligible for it"]
        figures = ("in_time", "denominator", "offenders", "not_judged")
        self.assertEqual([share[name]["codes"] for name in figures],
                         [["1.000001"], [f"1.00000{n}" for n in (1, 2, 3, 4)], ["1.000002"], ["1.000003", "1.000004"]])
        self.assertEqual([full[name]["codes"] for name in figures],
                         [["1.000001"], ["1.000001", "1.000002", "1.000004"], ["1.000002"], ["1.000003", "1.000004"]])
        self.assertEqual((share["percent"]["percent"], full["percent"]["percent"]), ("25.00", "33.33"))
        self.assertEqual(self.report("dich-vu-cong")["total"]["share"]["percent"], "25.00", "the same share in both reports")

    def test_groups_have_names_in_the_language_of_the_report(self):
        self.night("2026-03-02", record("1.000001", levels=["commune", "province"]), record("1.000002"))
        for by, language, names in (("level", "vi", ["(không nêu cấp thực hiện)", "cấp tỉnh", "cấp xã"]), ("level", "en", ["(no level stated)", "commune", "province"]),
                                    ("field", "vi", ["(không nêu lĩnh vực)"])):
            for name in ("so-luong", "dich-vu-cong"):
                rows = self.at("2026-12-31", "--language", language, "--json", "report", name, "--by", by).json["rows"]
                groups = sorted({row["group"].replace(" (không nêu cấp thực hiện)", "") for row in rows})
                self.assertEqual(groups, names, (by, name))

    def test_table_and_workbook_say_period_and_definition(self):
        self.night("2026-03-02", record("1.000001"))
        for name, span, words in (("cong-bo", ("--from", "2026-02-01", "--to", "2026-03-31"), "From 2026-02-01 to 2026-03-31"),
                                  ("so-luong", ("--as-of", "2026-03-31"), "On 2026-03-31")):
            definition = self.report(name, *span)["definition"]
            self.assertRegex(self.at("2026-12-31", "report", name, *span).stdout, rf"(?s){words}\n.*{re.escape(definition)}")
            path = self.place.folder / "a.xlsx"
            with open(path, "wb") as out:
                import subprocess
                subprocess.run([harness.PROGRAM, "--config", self.place.folder / "congkhai.yaml", "report", name, *span, "--format", "xlsx"],
                               stdout=out, env=self.place.environment, check=True)
            with zipfile.ZipFile(path) as book:
                strings = "".join(book.read("xl/worksheets/sheet1.xml").decode())
            self.assertIn(words, strings)

    # ---- six months, each report once more ----

    def months(self):
        """Seven nights of a small province by a seed: [(day, {code: record})], oldest first."""
        rng = random.Random(18)
        fields, departments = ["Đất đai", "Hộ tịch", "Nội vụ"], ["Sở Nông nghiệp", "Sở Tư pháp", "Sở Nội vụ"]

        def fresh(number, **changes):
            kind, at, online = rng.random() < 0.25, rng.randrange(3), rng.choice(["full", "partial", "none", None])
            code = f"1.{number:06d}"
            services = [{"code": f"{code}.{i:02d}", "level": online, "reason": "r" if online == "partial" else None}
                        for i in range(rng.randrange(3))] if online in ("full", "partial") else []
            return record(code, fields=[fields[at]], executing=[departments[at]], by=departments[at], online=online, services=services,
                          levels=rng.choice([["province"], ["commune"], ["province", "commune"], []]),
                          kind="internal" if kind else "public", group=rng.choice(["between_agencies", "within_agency"]) if kind else None,
                          decision="1/QĐ-UBND", signed="2025-06-02", **changes)
        held, nights = {}, []
        for number in range(1, 25):
            held[f"1.{number:06d}"] = fresh(number)
        for month, day in enumerate(("2026-01-05", "2026-02-09", "2026-03-09", "2026-04-06", "2026-05-11", "2026-06-08", "2026-06-29")):
            if month:
                live = sorted(code for code, one in held.items() if one["status"] == "announced")
                chosen = rng.sample(live, 5)
                for code in chosen[:3]:
                    held[code] = {**held[code], "notes": f"sửa {day}", "decision": f"{month}/QĐ-UBND",
                                  "announcement": rng.choice(["amended", "replaced", ""]),
                                  "signed": f"2026-0{month + 1}-0{rng.randrange(1, 6)}"}
                held[chosen[3]] = {**held[chosen[3]], "notes": f"đính chính {day}"}
                held[chosen[4]] = {**held[chosen[4]], "status": "abolished"}
                for number in range(100 + month * 10, 102 + month * 10):
                    held[f"1.{number:06d}"] = fresh(number, announcement="new") | {"decision": f"{month}/QĐ-UBND",
                                                                                 "signed": f"2026-0{month + 1}-0{rng.randrange(1, 6)}"}
            nights.append((day, dict(held)))
        return nights

    @staticmethod
    def standing(nights, day):
        """What stood at the portal at the end of the day: by the nights alone."""
        found = {}
        for night, records in nights:
            if night <= day:
                found = {code: one for code, one in records.items() if one["status"] == "announced"}
        return found

    def check_groups(self, document, counted):
        """counted: {group: {column: codes}} against the rows and, where each code stands once, the total."""
        shown = {row["group"]: {name: sorted(cell["codes"]) for name, cell in row.items()
                                if isinstance(cell, dict) and cell.get("codes")} for row in document["rows"]}
        for group, columns in counted.items():
            for name, codes in columns.items():
                self.assertEqual(shown.get(group, {}).get(name, []), sorted(codes), (group, name))
        self.assertEqual(set(shown), set(counted))

    @slow
    def test_six_months_counted_by_other_means(self):
        nights = self.months()
        self.place.change_source(department={"from": "/by"})
        for day, records in nights:
            self.night(day, *records.values())
        for day in ("2026-03-31", "2026-06-30"):
            stood = self.standing(nights, day)
            by = {"field": lambda one: one["fields"][0], "department": lambda one: one["by"]}
            for name, group_of in by.items():
                counted = {}
                for code, one in stood.items():
                    group = counted.setdefault(group_of(one) + ("" if one.get("levels") else " (no level stated)"), {})
                    level = {("province",): "province", ("commune",): "commune", ("province", "commune"): "both"}.get(tuple(one["levels"]))
                    for column in ("total", one["kind"], *([level] if level else [])):
                        group.setdefault(column, []).append(code)
                self.check_groups(self.report("so-luong", "--as-of", day, "--by", name), counted)
            counted = {}
            for code, one in stood.items():
                group = counted.setdefault(one["by"], {})
                group.setdefault("total", []).append(code)
                group.setdefault(one.get("online") or "unstated", []).append(code)
                for service in one["services"]:
                    group.setdefault("services", []).append(service["code"])
                    group.setdefault(f"services_{service['level']}", []).append(service["code"])
                if one.get("online") in ("full", "partial") and not one["services"]:
                    group.setdefault("without_services", []).append(code)
            self.check_groups(self.report("dich-vu-cong", "--as-of", day, "--by", "department"), counted)
            rows = {(row["field"], row["executing"]): row for row in self.report("noi-bo", "--as-of", day)["rows"]}
            internal = [(code, one) for code, one in stood.items() if one["kind"] == "internal"]
            for (field, agency), row in rows.items():
                mine = [code for code, one in internal if (one["fields"][0], one["executing"][0]) == (field, agency)]
                self.assertEqual(sorted(row["published"]["codes"]), sorted(mine))
            self.assertEqual(sum(row["published"]["count"] for row in rows.values()), len(internal))
        for first, last in (("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-06-30")):
            begin, eve = ("2026-01-06", "2026-01-05") if first[5:7] == "01" else (first, "2026-03-31")  # the ledger begins on the eve
            before, now = self.standing(nights, eve), self.standing(nights, last)
            total = self.report("bien-dong", "--from", begin, "--to", last)["total"]
            self.assertEqual([sorted(total[name]["codes"]) for name in ("before", "now", "added", "changed")],
                             [sorted(before), sorted(now), sorted(set(now) - set(before)),
                              sorted(code for code in now if code in before and now[code] != before[code])])
            self.assertEqual(sorted(total["abolished"]["codes"]), sorted(set(before) - set(now)))
            self.check_announced(nights, first, last)

    def check_announced(self, nights, first, last):
        """cong-bo: each step from one night to the next, by the records alone; terms by a calendar of this test."""
        counted, earlier = {}, {}
        for night, records in nights:
            for code, one in records.items():
                was = earlier.get(code)
                if one == was or (one["status"] == "abolished" and not was) or not first <= one["signed"] <= last or night > last:
                    continue
                abolished = one["status"] == "abolished"
                what = ("baseline" if night == nights[0][0] else "abolished" if abolished
                        else "correction" if was and was["decision"] == one["decision"] and was["signed"][:4] == one["signed"][:4]
                        else one.get("announcement") or ("amended" if was else "new"))
                row = counted.setdefault((one["decision"], one["signed"]), {})
                row.setdefault(what, []).append(code)
                if what in ("new", "amended", "replaced"):  # months() abolishes without a decision of its own
                    row.setdefault("in_time" if working_days(one["signed"], night) <= 5 else "late", []).append(code)
            earlier = dict(records)
        document = self.report("cong-bo", "--from", first, "--to", last)
        shown = {(row["decision"], row["signed_on"]): row for row in document["rows"]}
        self.assertEqual(set(shown), set(counted))
        for key, columns in counted.items():
            for name in ("new", "amended", "replaced", "abolished", "correction", "in_time", "late", "baseline"):
                self.assertEqual(sorted(shown[key][name]["codes"]), sorted(columns.get(name, [])), (key, name))

    # ---- the writers ----

    def test_every_form_has_the_same_figures_and_none_runs_what_a_source_wrote(self):
        evil = "=HYPERLINK(\"http://x\")<script>alert(1)</script>\u202e"
        self.night("2026-03-02", record("1.000001", fields=[evil], online="full"), record("1.000002", fields=["Đất đai"], online="partial"))
        document = self.report("so-luong", "--by", "field")
        counts = {row["group"]: str(row["total"]["count"]) for row in document["rows"]}
        form = lambda name: self.at("2026-12-31", "report", "so-luong", "--by", "field", "--format", name)
        text = form("csv").stdout
        self.assertTrue(text.startswith("\ufeff"))
        rows = list(csv.reader(io.StringIO(text[1:])))
        self.assertEqual(rows[0][:2], ["field of work", "total"])
        self.assertIn("1", {row[1] for row in rows[1:]})
        self.assertTrue(all(not row[0].startswith("=") for row in rows))
        page = form("html").stdout
        self.assertNotIn("<script", page)
        self.assertNotIn("\u202e", page)
        self.assertNotIn("http", page.replace("http://x", ""))
        html.parser.HTMLParser().feed(page)
        self.assertIn("Đất đai (no level stated)", counts)

    def test_a_workbook_opens_with_the_same_figures_and_a_sheet_of_codes(self):
        self.night("2026-03-02", record("1.000001", levels=["province"]), record("1.000002"))
        path = self.place.folder / "a.xlsx"
        with open(path, "wb") as out:
            import subprocess
            done = subprocess.run([harness.PROGRAM, "--config", self.place.folder / "congkhai.yaml", "report", "so-luong",
                                   "--format", "xlsx"], stdout=out, env=self.place.environment)
        self.assertEqual(done.returncode, 0)
        with zipfile.ZipFile(path) as book:
            self.assertIsNone(book.testzip())
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
            strings = [node.text for name in sheets for node in xml.etree.ElementTree.fromstring(book.read(name)).iter()
                       if node.tag.endswith("}t")]
        self.assertEqual(len(sheets), 2)
        self.assertIn("1.000001", strings)
        self.assertIn("UBND thành phố Cần Thơ (no level stated)", strings)

    def test_a_day_that_is_not_over_is_answered_as_known(self):
        self.night("2026-03-02", record("1.000001"))
        document = self.report("so-luong", day="2026-03-02")
        self.assertIn("known_at", document["period"])
        self.assertNotIn("known_at", self.report("so-luong", "--as-of", "2026-03-02", day="2026-03-05")["period"])

    def test_a_first_night_that_was_broken_off_is_answered_as_known_and_rests_on_no_head(self):
        self.place.records(record("1.000001"))
        self.portal.faults("kind=timeout,on=put,count=1,when=before")
        self.place.change_portal(timeout="60s")
        running = self.place.start("--quiet", "run")
        harness.wait_until(lambda: self.place.store.exists() and self.place.one(
            "SELECT count(*) FROM sqlite_master WHERE name = 'ledger'") and self.place.one(
                "SELECT count(*) FROM ledger WHERE event = 'intended'"), "it sends")
        running.signal(signal.SIGKILL)
        running.wait()
        today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
        document = self.place.run("--json", "report", "so-luong", "--as-of", today).json
        self.assertIn("known_at", document["period"])
        self.assertNotIn("rests_on", document)

    def test_what_no_head_binds_yet_is_told_beside_the_head(self):
        self.night("2026-03-02", record("1.000001"))
        size = self.place.one("SELECT max(size) FROM checkpoint")
        for name in ("so-luong", "cong-bo", "cho-hoan-thien"):
            self.assertNotIn("events_behind", self.place.run("--json", "report", name).json["rests_on"])
        self.place.records(record("1.000001"), record("1.000002"))
        self.portal.faults("kind=timeout,on=put,when=after")
        self.place.change_portal(timeout="60s")
        running = self.place.start("--quiet", "run")
        harness.wait_until(lambda: self.place.one("SELECT count(*) FROM ledger WHERE event = 'intended' AND run = 2"), "it sends")
        running.signal(signal.SIGKILL)
        running.wait()
        behind = self.place.one("SELECT max(seq) FROM ledger") - size
        for name in ("so-luong", "cong-bo", "cho-hoan-thien"):
            document = self.place.run("--json", "report", name).json
            self.assertEqual((document["rests_on"]["events"], document["rests_on"]["events_behind"]), (size, behind))
            for form in ("table", "html"):
                self.assertIn(f"Behind it stand {behind} events of a run that has not ended", self.place.run("report", name, "--format", form).stdout)

    def test_where_by_changes_nothing_the_report_says_so(self):
        self.night("2026-03-02", record("1.000001"))
        for name in ("so-luong", "dich-vu-cong", "cong-bo", "bien-dong", "chi-so-766", "noi-bo"):
            notes = self.report(name, "--by", "field").get("notes", [])
            plain = self.report(name).get("notes", [])
            self.assertEqual(len(set(notes) - set(plain)), name in ("cong-bo", "chi-so-766", "noi-bo"), (name, notes))
        self.expect(self.place.run("report", "cho-hoan-thien", "--by", "field"), 0, "--by changes nothing")

    def test_what_is_no_report_day_or_period_is_refused(self):
        self.night("2026-03-02", record("1.000001"))
        for arguments in (["so-lương"], ["so-luong", "--from", "2026-01-01"], ["cong-bo", "--from", "2026-02-30"],
                          ["cong-bo", "--from", "2026-05-01", "--to", "2026-04-01"], ["so-luong", "--by", "colour"],
                          ["so-luong", "--format", "pdf"], ["cong-bo", "--as-of", "2026-01-01"]):
            done = self.place.run("report", *arguments)
            self.assertEqual(done.code, 2, (arguments, done))


if __name__ == "__main__":
    unittest.main()
