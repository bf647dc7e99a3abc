"""What makes a record the same record: its key, its bytes, its place; and what is said when it gives one of them up."""

import json
import os
import unittest

from harness import Place, Simulator, procedure
from sealed_nights import verifier


class Staging(unittest.TestCase):
    def setUp(self):
        self.portal = self.enterContext(Simulator())
        self.place = self.enterContext(Place(self.portal))

    def run_to(self, code, *arguments):
        done = self.place.run(*arguments or ("run",))
        self.assertEqual(done.code, code, done)
        return done

    def holds(self):
        self.run_to(0, "audit", "verify")
        self.assertEqual(verifier(self.place.store)[0], 0, verifier(self.place.store))

    def test_under_a_changed_key_no_record_is_missing_and_nothing_is_sent(self):
        records = [procedure(f"1.00000{i}", id=f"r{i}") for i in range(3)]
        self.place.records(*records)
        self.run_to(0)
        self.place.change_source(key="/id")
        records[0]["name"] = "Thủ tục đã sửa"
        self.place.records(*records)
        before = self.portal.requests("put")
        self.run_to(0)
        self.assertEqual(self.place.one("SELECT missing FROM audit_runs ORDER BY run DESC LIMIT 1"), 0)
        self.assertEqual(self.portal.requests("put"), before + 1)
        self.assertEqual(sorted(self.place.sql("SELECT key FROM record")), [("r0",), ("r1",), ("r2",)])
        self.holds()

    def test_a_record_that_gave_up_its_code_goes_by_another_key_for_both_codes(self):
        self.place.change_source(key="/id")
        for code, key in (("1.000001", "/id"), ("1.000002", "/id"), ("1.000002", "/ma")):
            self.place.records(procedure(code, id="r", ma="s"))
            self.place.change_source(key=key)
            self.run_to(0)
        self.assertEqual(self.place.sql("SELECT code FROM audit_events WHERE event = 'rekeyed' ORDER BY 1"), [("1.000001",), ("1.000002",)])
        self.holds()

    def test_a_key_that_comes_or_goes_makes_nothing_missing_and_sends_nothing(self):
        self.place.write("inbox/a.json", json.dumps([procedure(f"1.00000{i}") for i in range(1, 4)]))
        for key in (None, "/code", None):
            self.place.change_source(fetch={"folder": "inbox", "match": "*"}, format="json", key=key)
            self.run_to(0)
        run = self.place.last_run()
        self.assertEqual((run["missing"], run["changed"], run["sent"], run["seen"]), (0, 3, 0, 3), run)
        self.assertEqual(self.place.sql("SELECT key FROM record ORDER BY id"),
                         [("inbox/a.json",), ("inbox/a.json (2)",), ("inbox/a.json (3)",)])
        self.holds()

    def test_the_same_rows_under_two_headings_are_not_new_each_night(self):
        names = {"code": "Mã", "name": {"from": ["Tên", "Tên thủ tục"]}, "status": {"value": "announced"}}
        self.place.change_source(fetch={"folder": "inbox", "match": "*.csv"}, format="csv", key="Mã", map=names)
        for name, heading in (("a", "Mã,Tên"), ("b", "Mã,Tên thủ tục")):
            self.place.write(f"inbox/{name}.csv", heading + "\n1.000001,A\n1.000002,B\n")
        self.run_to(0)
        self.run_to(0)
        self.assertEqual(self.place.one("SELECT changed FROM audit_runs ORDER BY run DESC LIMIT 1"), 0)

    def test_a_key_that_does_not_identify_a_record_is_told(self):
        self.place.change_source(key="/id")
        self.place.records(procedure("1.000001", id="x"), procedure("1.000002", id="x"), procedure("1.000003", id="y"))
        done = self.run_to(0)
        self.assertRegex(done.stderr, '1 keys, such as "x", came with records that differ')
        self.assertEqual(len(self.portal.held()), 3)
        self.place.records(procedure("1.000004", id="z"), procedure("1.000004", id="z"))
        self.assertNotIn("came with records", self.run_to(0).stderr)

    def test_who_asks_for_some_codes_says_nothing_of_the_source(self):
        self.place.records(*[procedure(f"1.00000{i}") for i in range(3)])
        self.run_to(0)
        self.run_to(0, "run", "--code", "1.000001")
        status = json.loads(self.place.run("--json", "status").stdout)
        self.assertEqual(status["not_whole"], [])
        self.assertTrue(status["sources"][0]["whole"], status)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'listed' AND detail ->> '$.partial'"), 1)
        self.place.write("inbox/one.ndjson", "[")
        self.run_to(1)
        self.run_to(1, "run", "--code", "1.000001")
        self.assertEqual(len(json.loads(self.place.run("--json", "status").stdout)["not_whole"]), 1)

    def test_equal_records_of_the_source_that_wins_are_not_held_for_what_another_says(self):
        self.place.configure(sources=[self.place.source("one", key="/id"), self.place.source("two", key="/id")],
                             precedence=["one", "two"])
        self.place.records(procedure("1.000001", id="a"), procedure("1.000001", id="b"))
        self.place.records(procedure("1.000001", id="c", name="Tên khác"), source="two")
        self.run_to(0)
        self.assertEqual(self.place.sql("SELECT DISTINCT outcome FROM audit_records"), [("accepted",)])
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "Thủ tục 1.000001")

    def test_a_file_name_of_an_old_encoding_is_written_out_and_both_verifiers_read_it(self):
        self.place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json")
        name = os.fsencode(self.place.inbox) + b"/t\xeam.json"
        with open(name, "wb") as file:
            file.write(json.dumps(procedure("1.000001")).encode())
        with open(os.fsencode(self.place.inbox) + b"/h\xe1ng.json", "wb") as file:
            file.write(b"{")
        self.run_to(1)
        self.assertEqual(self.place.one("SELECT locator FROM audit_records WHERE code = '1.000001'"), "inbox/t<EA>m.json")
        self.assertEqual(self.place.one("SELECT locator FROM audit_records WHERE code IS NULL"), "inbox/h<E1>ng.json")
        self.holds()
        self.run_to(1)
        self.assertEqual(self.place.one("SELECT changed FROM audit_runs ORDER BY run DESC LIMIT 1"), 0)

    def test_long_names_of_many_records_with_one_code_are_never_cut_inside_a_letter(self):
        self.place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json", key="/id")
        for i in range(4):
            self.place.write(f"inbox/{'a' * i}{'ầ' * 76}{i}.json", json.dumps(procedure("1.000001", id=str(i), name=f"Tên {i}")))
        self.run_to(1)
        self.assertEqual(self.place.sql("SELECT DISTINCT outcome FROM audit_records"), [("held",)])
        self.holds()

    def test_a_record_that_gives_up_a_published_code_is_told(self):
        self.place.change_source(key="/id")
        self.place.records(procedure("1.000001", id="a"))
        self.run_to(0)
        self.place.records(procedure("1.000002", id="a"))
        self.run_to(0)
        self.assertEqual(self.place.sql("SELECT code, json_extract(detail, '$.became') FROM audit_events WHERE event = 'recoded'"),
                         [("1.000001", "1.000002")])
        self.assertIn(("congkhai/code-changed", "warning"),
                      self.place.sql("SELECT rule, severity FROM audit_rejections WHERE code = '1.000002'"))
        status = json.loads(self.place.run("--json", "status").stdout)
        self.assertEqual(status["published"]["without_record"], 1)
        self.assertIn("1.000001", self.place.run("reconcile", "--offline").stdout)
        self.holds()

    def missing(self):
        status = self.place.run("--json", "status").json
        self.assertEqual(sum(int(source["missing"]) for source in status["sources"]), len(status["missing"]), status["sources"])
        self.assertEqual(status["kept_back"]["missing"], len(status["missing"]))
        return [row["code"] for row in status["missing"]]

    def test_where_only_changes_come_a_key_that_came_once_more_outdates_its_repeats(self):
        self.place.change_source(listing="changes")
        self.place.records(procedure("1.000001", name="Một"))
        self.run_to(0)
        self.place.records(*(procedure("1.000001", name=name) for name in ("Hai", "Ba", "Bốn")))
        self.run_to(1)
        self.assertEqual(self.place.one("SELECT count(*) FROM record WHERE present"), 3)
        self.place.records(procedure("1.000001", name="Năm"))
        self.run_to(0)
        self.assertEqual((self.place.one("SELECT count(*) FROM record WHERE present"),
                          self.portal.held()["1.000001"]["content"]["name"]), (1, "Năm"))
        self.place.records(procedure("1.000001", name="Sáu"), procedure("1.000001", name="Bảy"))
        self.run_to(1)
        self.place.records(procedure("1.000001", name="Bảy"))
        self.run_to(0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "Bảy")
        self.place.records()
        self.run_to(0)
        self.assertEqual(self.place.one("SELECT missing FROM audit_runs ORDER BY run DESC LIMIT 1"), 0)
        self.holds()

    def test_where_only_changes_come_a_row_without_a_key_stays_until_somebody_says_that_it_is_dealt_with(self):
        self.place.change_source(listing="changes")
        whole = json.dumps(procedure("1.000001"), ensure_ascii=False) + "\n"
        self.place.write("inbox/one.ndjson", whole + "rác\n")
        self.run_to(1)
        self.place.write("inbox/one.ndjson", whole)
        self.run_to(1)
        self.run_to(1, "run", "--anew")
        self.run_to(0, "retry", "--reason", "Sở đã gửi lại")
        self.run_to(0)
        self.run_to(0)
        self.holds()

    def two_sources(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")], precedence=["one", "two"])
        say = lambda source, *records: self.place.records(*records, source=source)
        return say, lambda: (self.portal.held()["1.000001"]["status"], self.portal.held()["1.000001"]["content"]["name"])

    def test_silence_publishes_nothing_again_that_was_withdrawn(self):
        say, stands = self.two_sources()
        self.place.change_source(key="/id")
        say("one", procedure("1.000001", id="a", name="Một"))
        say("two", procedure("1.000001", name="Hai"), procedure("1.000002"))
        self.run_to(0)
        say("one", procedure("1.000001", id="a", name="Một", status="abolished", decision="9/QĐ-UBND"))
        self.run_to(0)
        self.assertEqual(stands(), ("abolished", "Một"))
        for left in ((), (), [procedure("1.000003", id="a")], [procedure("", id="a")]):
            say("one", *left)
            self.run_to(1)
            self.assertEqual(stands(), ("abolished", "Một"))
        say("one")
        self.run_to(1)
        self.assertEqual([row["rule"] for row in self.place.run("kept", "--json").json["rows"]], ["congkhai/abolished"])
        self.holds()
        say("two", procedure("1.000001", name="Ba"), procedure("1.000002"))
        self.run_to(0)
        self.assertEqual(stands(), ("published", "Ba"))
        self.holds()

    def test_what_would_revive_is_published_when_somebody_orders_it(self):
        say, stands = self.two_sources()
        say("one", procedure("1.000001", name="Một", status="abolished", decision="9/QĐ-UBND"))
        say("two", procedure("1.000001", name="Hai"), procedure("1.000002"))
        self.place.configure(precedence=["two", "one"])
        self.run_to(0)
        self.place.configure(precedence=["one", "two"])
        self.run_to(0)
        say("one")
        self.run_to(1)
        self.assertEqual(stands(), ("abolished", "Hai"))
        self.run_to(0, "retry", "--code", "1.000001", "--reason", "vẫn còn hiệu lực")
        self.run_to(0)
        self.assertEqual(stands(), ("published", "Hai"))
        self.run_to(0)
        self.holds()

    def abolished_and_gone(self):
        say, stands = self.two_sources()
        say("one", procedure("1.000001", name="Một"))
        say("two", procedure("1.000001", name="Hai", id="a"), procedure("1.000002"))
        self.run_to(0)
        say("one", procedure("1.000001", name="Một", status="abolished", decision="9/QĐ-UBND"))
        return say, stands

    def test_a_sweep_of_retry_a_field_more_and_another_key_revive_nothing(self):
        say, stands = self.abolished_and_gone()
        self.run_to(0)
        say("one")
        self.run_to(1)
        self.run_to(0, "retry", "--reason", "sau sự cố")
        self.run_to(1)
        self.assertEqual(stands(), ("abolished", "Một"))
        sources = self.place.configuration["sources"]
        sources[1]["map"] = {**sources[1]["map"], "notes": {"value": "x"}}
        self.place.configure(sources=sources)
        self.run_to(1)
        say("two", procedure("1.000001", name="Hai", id="b"), procedure("1.000002"))
        sources[1]["key"] = "/id"
        self.place.configure(sources=sources)
        self.run_to(1)
        self.assertEqual(stands(), ("abolished", "Một"))
        self.holds()
        self.run_to(0, "retry", "--code", "1.000001", "--reason", "vẫn còn hiệu lực")
        self.run_to(0)
        self.assertEqual(stands(), ("published", "Hai"))
        self.holds()

    def test_silence_revives_nothing_either_whose_withdrawal_is_not_acknowledged_yet(self):
        for when in ("before", "after"):
            with self.subTest(when=when):
                self.tearDown()
                self.setUp()
                say, stands = self.abolished_and_gone()
                self.portal.faults(f"kind=status:500,on=any,when={when}")
                self.run_to(3)
                self.portal.faults()
                say("one")
                for _ in range(2):
                    self.run_to(1)
                    self.assertEqual(stands(), ("abolished", "Một"))
                self.holds()

    def test_another_precedence_counts_for_what_stands_beside_a_rejected_record(self):
        say, stands = self.two_sources()
        say("one", procedure("1.000001", name="Một"))
        say("two", procedure("1.000001", name=""))
        self.run_to(1)
        outcome = lambda: self.place.one("SELECT r.outcome FROM record r JOIN source s ON s.id = r.source WHERE s.name = 'one'")
        self.assertEqual(outcome(), "accepted")
        self.place.configure(precedence=["two", "one"])
        self.run_to(1)
        self.assertEqual((outcome(), stands()), ("held", ("published", "Một")))
        self.place.configure(precedence=["one", "two"])
        self.run_to(1)
        self.assertEqual(outcome(), "accepted")
        self.holds()

    def test_beside_a_winner_without_a_decision_another_is_held_and_told_why_under_each_precedence(self):
        say, stands = self.two_sources()
        rules = lambda: [(row["source"], row["outcome"], row["rule"]) for row in self.place.run("kept", "--json").json["rows"]]
        say("one", procedure("1.000001", name="Một"))
        say("two", procedure("1.000001", name="Hai"))
        self.run_to(0)
        say("one", procedure("1.000001", name="Một", status="abolished", decision=""))
        self.run_to(1)
        self.assertEqual(rules(), [("one", "rejected", "congkhai/decision"), ("two", "held", "congkhai/precedence")])
        self.place.configure(precedence=None)
        self.run_to(1)
        self.assertEqual(rules(), [("one", "held", "congkhai/same-code"), ("two", "held", "congkhai/same-code")])
        self.assertEqual(stands(), ("published", "Một"))
        self.holds()

    def test_what_another_source_gives_now_is_not_missing_and_what_is_missing_is_not_kept_back(self):
        first, = self.place.configuration["sources"]
        self.place.configure(sources=[first, {**first, "name": "two", "fetch": {"file": "inbox/two.ndjson"}}])
        one, two, three = (procedure(f"1.00000{n}") for n in (1, 2, 3))
        self.place.records(one, two)
        self.place.records(three, source="two")
        self.run_to(0)
        self.place.records(two)
        self.place.records(one, three, source="two")
        self.run_to(0)
        self.assertEqual(self.missing(), [])
        self.place.records(two)
        self.place.records(three, source="two")
        self.run_to(0)
        self.assertEqual(self.missing(), ["1.000001", "1.000001"])
        screen = self.place.run("status").stdout
        self.assertIn("Missing from their source", screen)
        self.assertNotIn("Kept back", screen)
        self.assertEqual(self.place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "bãi bỏ", "--yes").code, 0)
        self.assertEqual(self.missing(), [])
        self.place.configure(sources=[{**first, "name": "three"}, self.place.configuration["sources"][1]])
        self.run_to(0)
        self.assertEqual(self.missing(), [])
        self.holds()

    def test_a_publication_that_waits_for_a_record_that_has_gone_is_told(self):
        self.place.records(procedure("1.000001"), procedure("1.000002"))
        self.run_to(0, "extract")
        self.run_to(0, "transform")
        self.place.records(procedure("1.000001"))
        done = self.run_to(0, "extract")
        self.assertIn("publication is still to be sent", done.stderr)
        self.assertEqual(self.place.sql("SELECT code FROM audit_events WHERE event = 'missing' AND json_extract(detail, '$.pending')"),
                         [("1.000002",)])

    def test_a_reason_that_is_no_text_is_refused_before_anything_is_touched(self):
        self.place.records(procedure("1.000001"))
        self.run_to(0)
        done = self.place.run("retry", "--reason", b"h\xe1", "--code", "1.000001")
        self.assertEqual(done.code, 2, done)


if __name__ == "__main__":
    unittest.main()
