"""reconcile: what the store believes against what the portal holds, and who is right."""

import hashlib
import json
import os
import sqlite3
import tempfile
import time
import unittest

import test_console
from harness import Night, Place, SANITIZED, Simulator, most_megabytes, procedure, procedures, silent_port, slow
from second_portal import MAKES, Answer, Make, Portal


def name_a_secret(place):
    place.environment["CONGKHAI_TEST_SECRET"] = "a-secret-of-ours"
    place.change_portal(auth={"bearer": "${env:CONGKHAI_TEST_SECRET}"})


class Reconcile(Night):
    def setUp(self):
        self.portal = Simulator("--database", self.database())
        self.addCleanup(lambda: self.portal.stop())
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)
        self.records = procedures(6)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def database(self):
        self.folder = tempfile.TemporaryDirectory(prefix="congkhai-portal-")
        self.addCleanup(self.folder.cleanup)
        return os.path.join(self.folder.name, "portal.db")

    def another_hand(self, *statements):
        """Changes what the portal holds behind our back."""
        port = self.portal.port
        self.portal.stop()
        connection = sqlite3.connect(os.path.join(self.folder.name, "portal.db"))
        for statement in statements:
            connection.execute(*statement) if isinstance(statement, tuple) else connection.execute(statement)
        connection.commit()
        connection.close()
        self.portal = Simulator("--database", os.path.join(self.folder.name, "portal.db"), port=port)

    def replace(self, code, name="Tên của cổng"):
        content = self.portal.held()[code]["content"]
        content["name"] = name
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return ("UPDATE held SET content = ?, digest = ?, version = version + 1 WHERE code = ?",
                (text, hashlib.sha256(text.encode()).hexdigest(), code))

    def online(self, code=0):
        return self.expect(self.place.run("reconcile", "--online", "--json"), code).json

    def sets(self, done):
        return {row["code"]: row["set"] for row in done["rows"]}

    def four(self):
        self.another_hand(self.replace("1.000002"), "DELETE FROM held WHERE code = '1.000003'",
                          "INSERT INTO held SELECT '1.000099', version, digest, status, updated_at, agency, form,"
                          " replace(content, '1.000001', '1.000099') FROM held WHERE code = '1.000001'")

    def test_both_contents_are_laid_side_by_side_field_by_field(self):
        self.place.records(*procedures(2))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("reconcile", "--show", "1.000001"), 0, "0 fields differ")
        self.assertIn("trên cổng: công khai", self.place.run("--language", "vi", "reconcile", "--show", "1.000001").stdout)
        records = procedures(2)
        records[0]["name"] = "Tên mới"
        self.place.records(*records)
        self.expect(self.place.run("transform"), 0)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        runs = self.place.one("SELECT count(*) FROM audit_runs")
        shown = self.expect(self.place.run("reconcile", "--show", "1.000001", "--json"), 1).json
        rows = {row["field"]: row for row in shown["rows"]}
        self.assertEqual((shown["ours"], shown["differs"], shown["there_status"]), ("wanted", 1, "published"))
        self.assertEqual((rows["name"]["ours"], rows["name"]["there"], rows["name"]["same"]),
                         ("Tên mới", "Thủ tục 1.000001", False))
        self.assertTrue(rows["code"]["same"])
        self.expect(self.place.run("reconcile", "--show", "1.000001"), 1, "ours: Tên mới", "portal: Thủ tục 1.000001")
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_runs"), runs, "it writes nothing")
        self.expect(self.place.run("reconcile", "--show", "9.999999"), 2, "neither the portal nor the store knows")
        self.expect(self.place.run("reconcile", "--show", "1.000001", "--adopt", "1.000001", "--reason", "x"), 2)

    def test_all_the_same_says_so(self):
        done = self.online()
        self.assertEqual((done["same"], done["differs"], done["missing_there"], done["only_there"], done["rows"]),
                         (6, 0, 0, 0, []))
        self.assertEqual(self.expect(self.place.run("reconcile", "--json"), 0).json, done, "--online is the usual")

    def test_the_four_sets(self):
        self.four()
        held, puts = self.portal.held(), self.portal.requests("put")
        done = self.online(1)
        self.assertEqual((done["same"], done["differs"], done["missing_there"], done["only_there"]), (4, 1, 1, 1))
        self.assertEqual(self.sets(done), {"1.000002": "differs", "1.000003": "missing", "1.000099": "only"})
        self.assertEqual((self.portal.held(), self.portal.requests("put")), (held, puts), "nothing is changed there")
        row, = [row for row in done["rows"] if row["code"] == "1.000002"]
        self.assertEqual((row["there_version"], row["there_status"], row["there_digest"]),
                         ("2", "published", held["1.000002"]["digest"]))

    def against(self, code):
        found = self.place.run("--json", "history", code, "--on", "2099-01-01").json
        return found["status"], [row["what"] for row in found.get("against", [])]

    def test_a_day_says_what_the_ledger_knows_against_what_was_acknowledged(self):
        self.assertEqual(self.against("1.000002"), ("published", []))
        self.four()
        self.online(1)
        self.records[0]["name"] = "Tên đang gửi"
        self.place.records(*self.records)
        self.portal.faults("kind=reset,on=put|get,code=1.000001,when=after")
        self.place.run("run", "--code", "1.000001")
        self.assertEqual(self.against("1.000001"), ("published", ["open"]))
        self.assertEqual(self.against("1.000002"), ("published", ["differs"]))
        self.assertEqual(self.against("1.000003"), (None, ["absent"]))
        self.assertEqual(self.against("1.000004"), ("published", []))
        there = self.portal.held()["1.000002"]["digest"]
        for command in ("history", "show"):
            done = self.place.run(command, "1.000002", *(("--on", "2099-01-01") if command == "history" else ()))
            self.assertRegex(done.stdout, f"held something else .*digest {there[:16]}")
        self.assertRegex(self.place.run("audit", "prove", "1.000002", "--on", "2099-01-01").stderr, "held something else")
        report = self.place.run("--json", "report", "so-luong", "--as-of", "2099-01-01").json
        told, = [part for part in report["lists"] if part["name"] == "against"]
        self.assertEqual([row.get("code") for row in told["rows"]], ["1.000001", "1.000002", "1.000003", None], "the last: only there")
        self.assertEqual(report["total"]["total"]["count"], 5)
        self.portal.faults()
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.against("1.000001"), ("published", []), "known now")
        self.assertEqual(self.against("1.000003"), ("published", []), "it stands there again")

    def test_a_conflict_is_told_beside_the_content_in_the_words_of_now(self):
        self.four()
        self.records[1]["name"] = "Tên của ta"
        self.place.records(*self.records)
        self.place.run("--language", "vi", "run")
        self.assertEqual(self.against("1.000002"), ("published", ["conflict"]))
        english = self.place.run("--language", "en", "history", "1.000002", "--on", "2099-01-01").stdout
        self.assertRegex(english, "was in conflict with what stood there: the portal holds something else")

    def test_what_the_portal_holds_and_never_acknowledged_is_not_denied(self):
        self.portal.faults("kind=conflict,on=put,code=1.000007,count=1", "kind=status:202,on=put,code=1.000008")
        self.place.records(*procedures(8))
        self.place.run("run")
        pages = test_console.Pages(self.place, "--language", "en")
        for code, what in (("1.000007", "conflict"), ("1.000008", "open")):
            self.assertEqual(self.against(code), (None, [what]))
            for said in (self.expect(self.place.run("history", code, "--on", "2099-01-01"), 0).stdout,
                         self.expect(self.place.run("audit", "prove", code, "--on", "2099-01-01"), 2).stderr,
                         pages.page(f"/thu-tuc/{code}"), pages.page(f"/thu-tuc/{code}?ngay=2099-01-01")):
                self.assertIn("nothing that was acknowledged", said)
                self.assertNotRegex(said, "did not stand|[Nn]othing of it")

    def test_what_the_portal_does_not_know_any_more_stands_nowhere(self):
        """Whoever is asked: views, pages, reports and commands say the same."""
        self.four()
        self.online(1)
        self.assertEqual(self.place.sql("SELECT code FROM audit_current WHERE code = '1.000003'"), [])
        self.assertEqual(self.place.sql("SELECT 1 FROM audit_fields WHERE code = '1.000003' AND to_at IS NULL"), [])
        self.assertIn("nothing that was acknowledged", self.place.run("show", "1.000003").stdout)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.one("SELECT status FROM audit_current WHERE code = '1.000003'"), "published")
        stretches = self.place.sql("SELECT from_run, to_run FROM audit_fields WHERE code = '1.000003' AND field = 'name' ORDER BY from_run")
        self.assertEqual(stretches, [(1, 2), (3, None)], "what was gone for a time did not stand in that time")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_should_be_there_and_is_not_goes_back_to_pending(self):
        self.four()
        self.online(1)
        self.expect(self.place.run("run"), 1)
        self.assertIn("1.000003", self.portal.held())
        self.assertEqual(self.place.last_run()["published"], 1)
        done = self.online(1)
        self.assertEqual((done["same"], done["missing_there"]), (5, 0))
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_no_source_gives_any_more_is_put_back_too(self):
        self.place.records(*self.records[:5])
        self.expect(self.place.run("run"), 0)
        self.another_hand("DELETE FROM held WHERE code = '1.000006'")
        self.online()
        self.expect(self.place.run("run"), 0)
        self.assertIn("1.000006", self.portal.held())

    def test_what_differs_is_a_conflict_that_is_marked_once(self):
        self.four()
        self.assertEqual(self.online(1)["conflict"], 1)
        self.assertEqual(self.online(1)["conflict"], 0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'differs'"), 1)
        self.records[1]["name"] = "Tên của ta"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên của cổng", "not overwritten")

    def test_status_shows_the_last_result(self):
        self.four()
        self.online(1)
        self.expect(self.place.run("status"), 0, "Reconciled with the portal: run 2 .* 4 the same, 1 differ, 1 missing there, 1 only there")
        reconciled = self.expect(self.place.run("status", "--json"), 0).json["reconciled"]
        self.assertEqual((reconciled["run"], reconciled["same"], reconciled["listed"]), (2, 4, 6))
        event, = self.place.sql("SELECT detail FROM audit_events WHERE event = 'reconciled'")
        self.assertEqual(json.loads(event[0])["missing"], 1)

    def test_without_the_portal_it_says_what_is_believed_against_what_is_wanted(self):
        self.records[0]["name"] = "Tên mới"
        self.place.records(*self.records[:5], procedure("1.000010"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        requests = self.portal.requests()
        done = self.expect(self.place.run("reconcile", "--offline", "--json"), 0).json
        self.assertEqual(self.sets(done), {"1.000001": "differs", "1.000006": "only", "1.000010": "missing"})
        self.assertEqual((done["same"], done["online"]), (4, False))
        self.assertEqual(self.portal.requests(), requests)
        self.expect(self.place.run("reconcile", "--offline"), 0, "4 the same, 1 differ, 1 missing there, 1 only there")

    def test_pages_are_followed_to_the_end(self):
        self.place.records(*procedures(2300))
        self.expect(self.place.run("run"), 0)
        lists = self.portal.requests("list")
        self.assertEqual(self.online()["same"], 2300)
        self.assertEqual(self.portal.requests("list") - lists, 3)

    def test_what_the_portal_has_lost_and_is_amended_comes_there_again_when_a_person_has_looked(self):
        for code, decision in (("1.000001", ("--online",)), ("1.000002", ("--overwrite", "1.000002", "--reason", "cổng mất dữ liệu"))):
            self.another_hand(f"DELETE FROM held WHERE code = '{code}'")
            record = self.records[int(code[-1]) - 1]
            record["name"] = "Tên mới"
            self.place.records(*self.records)
            for _ in range(2):
                self.expect(self.place.run("run"), 1)
                self.assertIn("contradicts itself", self.place.run("--json", "kept", "--code", code).json["rows"][0]["message"])
            self.assertNotEqual(self.place.run("reconcile", *decision).code, 3)
            self.expect(self.place.run("run"), 0)
            self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên mới", decision)
            self.check_accounts()
            self.expect(self.place.run("audit", "verify"), 0)

    def test_what_goes_back_to_the_text_that_the_portal_has_lost_is_not_said_to_stand_there(self):
        old = self.records[0]["name"]
        self.another_hand("DELETE FROM held WHERE code = '1.000001'")
        for name in ("Tên mới", old, old):
            self.records[0]["name"] = name
            self.place.records(*self.records)
            self.expect(self.place.run("run"), 1)
        self.assertRegex(self.place.run("--json", "kept", "--code", "1.000001").json["rows"][0]["message"], "does not know 1.000001")
        self.expect(self.place.run("audit", "verify"), 0)
        self.online(1)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], old)
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_goes_back_to_the_text_that_another_hand_has_replaced_is_a_conflict(self):
        old = self.records[0]["name"]
        self.portal.faults("kind=status:500,on=any,when=before")
        self.records[0]["name"] = "Tên mới"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 3)
        self.another_hand(self.replace("1.000001"))
        self.records[0]["name"] = old
        self.place.records(*self.records)
        for _ in range(2):
            self.expect(self.place.run("run"), 1)
            row, = self.place.run("--json", "kept", "--code", "1.000001").json["rows"]
            self.assertEqual(row["outcome"], "conflict", row)
        self.expect(self.place.run("audit", "verify"), 0)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "bản của sở là đúng"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], old)
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_is_to_be_withdrawn_and_is_not_there_goes_back_to_nothing(self):
        self.another_hand("DELETE FROM held WHERE code = '1.000001'")
        self.records[0]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        done = self.expect(self.place.run("reconcile", "--online"), 0, "1 missing there")
        self.assertNotIn("pending", done.stdout)
        self.expect(self.place.run("run"), 0)
        self.assertNotIn("1.000001", self.portal.held())
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_listing_that_breaks_off_compares_nothing(self):
        self.four()
        rows = self.place.sql("SELECT code, state, held_status FROM procedure_state ORDER BY code")
        for fault, words in (("kind=status:401,on=list", "does not say what it holds"),
                             ("kind=html-200,on=list", "cannot be read"),
                             ("kind=cut,on=list", "does not say what it holds"),
                             ("kind=status:404,on=list", "does not say what it holds|has no listing")):
            self.portal.faults(fault)
            self.expect(self.place.run("reconcile", "--online"), 3, words)
            self.assertEqual(self.place.sql("SELECT code, state, held_status FROM procedure_state ORDER BY code"), rows)
        self.portal.faults("kind=status:503,on=list,count=2")
        self.assertEqual(self.online(1)["same"], 4)

    def test_the_same_content_under_another_version_is_the_same_and_the_next_change_replaces_that(self):
        self.another_hand("UPDATE held SET version = 7 WHERE code = '1.000001'")
        done = self.online()
        self.assertEqual((done["same"], done["refreshed"]), (6, 1))
        self.records[0]["name"] = "Tên mới"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["version"], "8")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_withdrawal_that_the_portal_does_not_hold_differs(self):
        self.records[0]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.online()["same"], 6)
        self.another_hand("UPDATE held SET status = 'published' WHERE code = '1.000001'")
        self.assertEqual(self.sets(self.online(1)), {"1.000001": "differs"})

    def conflict(self):
        self.another_hand(self.replace("1.000002"))
        self.records[1]["name"] = "Tên của ta"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.one("SELECT state FROM procedure_state WHERE code = '1.000002'"), "conflict")

    def test_a_plan_shows_what_is_in_conflict(self):
        self.conflict()
        plan = self.expect(self.place.run("--json", "plan"), 0).json
        run = self.place.one("SELECT run FROM ledger WHERE event IN ('conflict', 'differs') AND code = '1.000002'")
        self.assertEqual(([(row["code"], row["since_run"]) for row in plan["conflicts"]], plan["steps"]), ([("1.000002", run)], []))
        self.assertEqual(self.place.run("--json", "kept").json["rows"][0]["since_run"], run)
        self.assertRegex(self.expect(self.place.run("plan"), 0).stdout, r"In conflict[^\n]*\n[^\n]*\n1\.000002")

    def test_adopting_believes_the_portal_until_the_record_changes(self):
        self.conflict()
        self.expect(self.place.run("reconcile", "--adopt", "1.000002", "--reason", "cổng đúng"), 0, "is taken over")
        held = self.portal.held()["1.000002"]
        self.assertEqual(self.place.sql("SELECT name, content_digest, portal_version FROM audit_current"
                                        " WHERE code = '1.000002'"), [("Tên của cổng", held["digest"], "2")])
        actor, detail = self.place.sql("SELECT actor, detail FROM audit_events WHERE event = 'published' AND actor IS NOT"
                                       " NULL")[0]
        self.assertEqual((json.loads(detail)["adopted"], json.loads(detail)["reason"]), (True, "cổng đúng"))
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"], held, "what was wanted is dismissed")
        self.assertEqual(self.online()["same"], 6)
        self.records[1]["name"] = "Tên sửa tiếp"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên sửa tiếp")
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_was_dismissed_is_wanted_again_when_a_person_says_so(self):
        self.conflict()
        self.expect(self.place.run("reconcile", "--adopt", "1.000002", "--reason", "tạm"), 0)
        self.expect(self.place.run("retry", "--code", "1.000002", "--reason", "ta đúng"), 0, "lifted")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên của ta")

    def test_overwriting_replaces_the_same_where_records_travel_in_batches(self):
        self.conflict()
        self.place.change_portal(batch=50)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0, "replaces")
        base = self.place.run("--json", "plan").json["steps"][0]["base"]
        self.assertIn(f"as ordered: If-Match {base})", self.place.run("plan").stdout)
        self.records[2]["name"] = self.records[3]["name"] = "Cũng sửa"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên của ta")
        self.assertEqual(self.portal.requests("batch"), 1, "the others travel together")

    def test_what_is_kept_back_for_another_reason_and_differs_is_told_as_that_too(self):
        self.expect(self.place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 0)
        self.portal.faults("kind=status:422,on=put,code=1.000002")
        self.records[0]["name"] = self.records[1]["name"] = "Tên của ta"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.sql("SELECT state FROM procedure_state WHERE state <> 'idle' ORDER BY code"),
                         [("conflict",), ("refused",)])
        self.another_hand(self.replace("1.000001"), self.replace("1.000002"))
        for _ in range(2):
            self.assertEqual(self.sets(self.online(1)), {"1.000001": "differs", "1.000002": "differs"})
            for code in ("1.000001", "1.000002"):
                against = self.place.run("history", code, "--on", "2099-01-01", "--json").json["against"]
                self.assertEqual([row["what"] for row in against], ["differs"], code)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'differs'"), 2)
        self.expect(self.place.run("run"), 1)
        for code in ("1.000001", "1.000002"):
            self.expect(self.place.run("reconcile", "--adopt", code, "--reason", "cổng đúng"), 0)
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("audit", "verify"), 0)

    def test_overwriting_replaces_what_the_portal_holds_now_and_nothing_newer(self):
        self.conflict()
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0, "replaces")
        self.another_hand(self.replace("1.000002", "Lại một tên của cổng"))
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Lại một tên của cổng")
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta vẫn đúng"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên của ta")
        self.assertEqual(self.portal.stats()["unconditional"], 0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'overwrite-ordered'"), 2)
        self.assertEqual(self.online()["same"], 6)
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def kept(self):
        return [(row["code"], row["outcome"]) for row in self.place.run("--json", "kept").json["rows"]]

    def test_an_overwriting_whose_record_is_rejected_before_the_load_is_a_conflict_that_shows(self):
        self.conflict()
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0)
        self.records[1]["name"] = ""
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.kept(), [("1.000002", "rejected"), ("1.000002", "conflict")])
        self.assertEqual([row["code"] for row in self.place.run("--json", "plan").json["conflicts"]], ["1.000002"])
        for language, words in (("en", "kept back or gone"), ("vi", "bị giữ lại hoặc không còn")):
            self.assertIn(words, self.place.run("--language", language, "kept", "--outcome", "conflict", "--format", "csv").stdout)
        self.expect(self.place.run("retry", "--reason", "thử lại"), 0)
        self.assertEqual(self.kept(), [("1.000002", "rejected"), ("1.000002", "conflict")], "nothing is wanted in its place")
        self.expect(self.place.run("audit", "verify"), 0)
        self.records[1]["name"] = "Tên của ta, sửa"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên của ta, sửa", "the order held")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_an_overwriting_by_what_was_acknowledged_stands_whatever_the_record_says(self):
        self.conflict()
        self.records[1]["name"] = ""
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0)
        self.records[1]["notes"] = "vẫn thiếu tên"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Thủ tục 1.000002")
        self.assertEqual(self.kept(), [("1.000002", "rejected")])
        self.expect(self.place.run("audit", "verify"), 0)

    def test_overwriting_without_anything_new_puts_back_what_was_acknowledged(self):
        self.four()
        self.online(1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Thủ tục 1.000002")

    def test_where_both_agree_there_is_nothing_to_settle_and_nothing_is_sent(self):
        events = self.place.one("SELECT count(*) FROM audit_events WHERE code IS NOT NULL")
        for decision in ("--adopt", "--overwrite"):
            self.expect(self.place.run("reconcile", decision, "1.000002", "--reason", "x"), 0, "nothing to settle")
            self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE code IS NOT NULL"), events)
        self.assertEqual((len(self.portal.effects()), self.portal.stats()["replays"]), (6, 0))

    def test_overwriting_what_is_ours_already_takes_it_over(self):
        self.conflict()
        ours = self.place.one("SELECT CAST(p.bytes AS TEXT) FROM payload p JOIN procedure_state s ON"
                              " s.wanted_content = p.id WHERE s.code = '1.000002'")
        self.another_hand(("UPDATE held SET content = ?, digest = ?, version = version + 1 WHERE code = '1.000002'",
                           (ours, hashlib.sha256(ours.encode()).hexdigest())))
        held = self.portal.held()["1.000002"]
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0, "already")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"], held, "nothing was sent again")
        self.assertEqual(self.place.one("SELECT portal_version FROM audit_current WHERE code = '1.000002'"), "3")
        self.assertEqual(self.online()["same"], 6)
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_was_refused_and_is_not_there_any_more_is_not_promised(self):
        self.portal.faults("kind=status:422,on=put,code=1.000001")
        self.records[0]["name"] = "Tên bị từ chối"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.another_hand("DELETE FROM held WHERE code <= '1.000002'")
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "x"), 2, "retry --code")
        done = self.online(1)
        self.assertEqual((done["missing_there"], done["pending"], done["refused"]), (2, 1, 1))
        self.expect(self.place.run("run"), 1)
        self.assertEqual(sorted(self.portal.held()), [f"1.00000{n}" for n in (2, 3, 4, 5, 6)])
        self.portal.faults()
        self.expect(self.place.run("retry", "--code", "1.000001", "--reason", "mended there"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "Tên bị từ chối")
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_an_order_withholds_is_not_sent_because_the_portal_lost_it(self):
        with Portal() as portal, Place(portal) as place:
            place.records(*procedures(2))
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes").code, 0)
            self.assertEqual(place.run("run").code, 0)
            place.records(*procedures(1, name="mới"), *procedures(1, first=2))
            self.assertEqual(place.run("run").code, 1)
            del portal.held["1.000001"]
            place.run("reconcile")
            self.assertEqual(place.run("run").code, 1)
            self.assertNotIn("1.000001", portal.held)
            self.assertEqual(place.one("SELECT state FROM procedure_state WHERE code = '1.000001'"), "conflict")

    def test_what_was_withdrawn_and_is_not_there_any_more_stands_nowhere_and_is_not_sent_again(self):
        self.records[0]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("withdraw", "1.000002", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 0)
        self.another_hand("DELETE FROM held WHERE code <= '1.000003'")
        done = self.online(1)
        self.assertEqual((done["missing_there"], done["pending"], done["gone"]), (3, 1, 2))
        for code in ("1.000001", "1.000002"):
            self.assertEqual(self.against(code), (None, ["absent"]))
            self.assertEqual(self.place.sql("SELECT status FROM audit_current WHERE code = ?", code), [])
        self.expect(self.place.run("show", "1.000002"), 0, "nothing that was acknowledged", "the portal does not know")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(sorted(self.portal.held()), [f"1.00000{n}" for n in (3, 4, 5, 6)])
        self.assertEqual(self.online()["same"], 4)
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_withdrawal_over_anothers_content_holds_that_content(self):
        self.another_hand(self.replace("1.000001"))
        self.online(1)
        there = self.portal.held()["1.000001"]["digest"]
        self.expect(self.place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "bãi bỏ cả bản ấy"), 0, "replaces")
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.portal.held()["1.000001"]["status"], self.portal.held()["1.000001"]["digest"]), ("abolished", there))
        self.assertEqual(self.place.sql("SELECT status, content_digest FROM audit_current WHERE code = '1.000001'"),
                         [("abolished", there)], "what was seen there, and not what was ours")
        self.assertEqual(self.online()["same"], 6)
        self.records[0]["name"] = "Tên khác sau khi đã bãi bỏ"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished", "the order stands")
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def recode(self, code, into, **changes):
        """The record of `code` has another one from now on."""
        if "id" not in self.records[0]:
            for record in self.records:
                record["id"] = record["code"]
            self.place.change_source(key="/id")
            self.place.records(*self.records)
            self.place.run("run")
        next(record for record in self.records if record["code"] == code).update(code=into, **changes)
        self.place.records(*self.records)

    def test_a_record_that_took_another_code_says_nothing_of_the_old_one(self):
        for action, changes in (("published", {}), ("abolished", {"status": "abolished"})):
            with self.subTest(action):
                old, new = ("1.000001", "2.000001") if action == "published" else ("1.000002", "2.000002")
                self.recode(old, new, name=f"Tên của {new}", **changes)
                self.expect(self.place.run("run"), 0)
                before = self.portal.held()[old]["digest"]
                self.another_hand(self.replace(old))
                self.online(1)
                self.assertEqual([(row["code"], row["name"]) for row in self.place.run("--json", "kept").json["rows"]],
                                 [(old, f"Thủ tục {old}")])
                self.expect(self.place.run("reconcile", "--overwrite", old, "--reason", "bản của sở là đúng"), 0, "replaces")
                self.expect(self.place.run("run"), 0)
                held = self.portal.held()[old]
                self.assertEqual((held["status"], held["digest"]), ("published", before), "what was acknowledged last")
                self.online()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_one_record_spoke_for_under_two_codes_is_kept_back_twice(self):
        self.conflict()
        self.portal.faults("kind=status:422,on=put,code=2.000002")
        self.recode("1.000002", "2.000002")
        self.expect(self.place.run("run"), 1, "2 records and procedures")
        kept = self.place.run("--json", "kept").json
        self.assertEqual((kept["records"], sorted(self.kept())), (2, [("1.000002", "conflict"), ("2.000002", "refused")]))
        self.expect(self.place.run("health"), 1, "kept=2")

    def test_a_record_that_comes_back_to_its_code_as_it_was_is_no_news_to_an_order(self):
        self.recode("1.000001", "2.000001")
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 0)
        self.recode("2.000001", "1.000001")
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.portal.held()["1.000001"]["status"], self.kept()), ("abolished", []))
        self.expect(self.place.run("audit", "verify"), 0)

    def test_an_overwriting_of_what_we_believe_sends_nothing_once_that_is_wanted_again(self):
        self.portal.faults("kind=status:422,on=put,code=1.000001,count=2")
        self.records[0]["notes"] = "cổng không nhận"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "gửi lại"), 0, "replaces")
        self.expect(self.place.run("run"), 1)
        del self.records[0]["notes"]
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.portal.held()["1.000001"]["version"], self.kept()), ("1", []))
        self.expect(self.place.run("audit", "verify"), 0)

    def test_overwriting_never_publishes_what_was_withdrawn(self):
        self.records[0]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "x"), 0, "nothing to settle")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished")
        self.another_hand("UPDATE held SET status = 'published', version = version + 1 WHERE code = '1.000001'")
        self.online(1)
        shown = self.place.run("--json", "reconcile", "--show", "1.000001")
        self.assertEqual((shown.code, shown.json["there_status"], shown.json["held_status"]), (1, "published", "abolished"))
        self.expect(self.place.run("reconcile", "--show", "1.000001"), 1, "acknowledged last: abolished")
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "đã bãi bỏ"), 0, "replaces")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished")
        self.another_hand("DELETE FROM held WHERE code = '1.000001'")
        self.expect(self.place.run("reconcile", "--adopt", "1.000001", "--reason", "x"), 0, "nothing needs to be sent")
        self.expect(self.place.run("run"), 0)
        self.assertNotIn("1.000001", self.portal.held())
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def undo_an_order(self):
        """An operator orders a withdrawal, and another hand publishes the procedure."""
        self.expect(self.place.run("withdraw", "--yes", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "thay thế"), 0)
        self.another_hand("UPDATE held SET status = 'published', version = version + 1 WHERE code = '1.000001'")
        self.online(1)

    def test_overwriting_what_an_operator_withdrew_withdraws_it_again_by_his_decision(self):
        self.undo_an_order()
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "đã bãi bỏ"), 0, "replaces")
        time_limit = {**self.place.configuration["sources"][0]["map"], "time_limit": "/time_limit"}
        self.place.change_source(map=time_limit)  # the record is settled once more in between
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished")
        digests = self.place.sql("SELECT DISTINCT digest FROM audit_events WHERE code = '1.000001' AND event IN"
                                 " ('withdrawal-ordered', 'withdrawn')")
        self.assertEqual(len(digests), 1, "the order is the first one")
        self.check_accounts()
        self.expect(self.place.run("audit", "verify"), 0)

    def test_adopting_what_an_operator_withdrew_lifts_his_order(self):
        self.undo_an_order()
        self.expect(self.place.run("reconcile", "--adopt", "1.000001", "--reason", "cổng đúng"), 0, "is taken over")
        self.records[0]["name"] = "Tên sửa tiếp"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "Tên sửa tiếp")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_overwriting_what_is_abolished_already_as_wanted_withdraws_nothing_twice(self):
        self.another_hand("UPDATE held SET status = 'abolished', version = 2 WHERE code = '1.000001'")
        self.records[0]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "x"), 0, "already")
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.portal.held()["1.000001"]["version"], self.portal.requests("withdrawal")), ("2", 0))
        self.expect(self.place.run("audit", "verify"), 0)

    def test_what_is_adopted_as_abolished_stays_so_when_the_same_content_is_settled_again(self):
        self.another_hand("UPDATE held SET status = 'abolished', version = 2 WHERE code = '1.000001'")
        self.online(1)
        self.expect(self.place.run("reconcile", "--adopt", "1.000001", "--reason", "đã bãi bỏ"), 0)
        self.place.change_source(map={**self.place.configuration["sources"][0]["map"], "time_limit": "/time_limit"})
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished")

    def test_an_order_is_never_sent_as_if_it_were_a_procedure(self):
        self.place.records(*self.records, procedure("1.000009"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.expect(self.place.run("withdraw", "--yes", "1.000009", "--decision", "9/QĐ-UBND", "--reason", "x"), 0, "nothing to withdraw")
        self.expect(self.place.run("reconcile", "--adopt", "1.000009", "--reason", "x"), 0, "nothing needs to be sent")
        puts = self.portal.requests("put")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.requests("put"), puts)

    def test_an_overwriting_that_an_outage_stopped_is_still_ordered(self):
        self.another_hand(self.replace("1.000002"))
        self.online(1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0, "replaces")
        self.portal.faults("kind=status:401,on=put")
        self.expect(self.place.run("run"), 3, "everything stays pending")
        self.assertEqual(self.place.last_run()["exit_code"], 3)
        self.portal.faults()
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Thủ tục 1.000002")
        self.assertEqual(self.online()["same"], 6)

    def test_another_look_leaves_what_is_ordered_to_be_overwritten_to_the_next_load(self):
        self.another_hand(self.replace("1.000002"))
        self.online(1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000002", "--reason", "ta đúng"), 0, "replaces")
        self.assertEqual(self.online(1)["conflict"], 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Thủ tục 1.000002")

    def test_adopting_what_only_the_portal_knows(self):
        self.four()
        self.expect(self.place.run("reconcile", "--adopt", "1.000099", "--reason", "của ta từ trước"), 0)
        done = self.online(1)
        self.assertEqual(self.sets(done), {"1.000002": "differs", "1.000003": "missing"})
        self.expect(self.place.run("audit", "verify"), 0)

    def test_adopting_what_is_abolished_there(self):
        self.another_hand("UPDATE held SET status = 'abolished', version = 2 WHERE code = '1.000004'")
        self.assertEqual(self.sets(self.online(1)), {"1.000004": "differs"})
        self.expect(self.place.run("reconcile", "--adopt", "1.000004", "--reason", "đã bãi bỏ"), 0)
        self.assertEqual(self.place.sql("SELECT status FROM audit_current WHERE code = '1.000004'"), [("abolished",)])
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000004"]["status"], "abolished")
        self.assertEqual(self.online()["same"], 6)
        self.expect(self.place.run("audit", "verify"), 0)

    def test_adopting_what_came_in_other_bytes_than_canonical_ones(self):
        content = self.portal.held()["1.000005"]["content"]
        content["name"] = "Không chuẩn"
        text = json.dumps(content, ensure_ascii=False, indent=2)
        self.another_hand(("UPDATE held SET content = ?, digest = ?, version = 2 WHERE code = '1.000005'",
                           (text, hashlib.sha256(text.encode()).hexdigest())))
        self.expect(self.place.run("reconcile", "--adopt", "1.000005", "--reason", "cổng đúng"), 0)
        self.assertEqual(self.online()["same"], 6)
        self.expect(self.place.run("audit", "verify"), 0)

    def test_settling_what_the_portal_does_not_know_makes_it_pending(self):
        self.four()
        self.expect(self.place.run("reconcile", "--adopt", "1.000003", "--reason", "x"), 0, "does not know 1.000003")
        self.expect(self.place.run("run"), 0)
        self.assertIn("1.000003", self.portal.held())
        self.expect(self.place.run("reconcile", "--adopt", "9.9", "--reason", "x"), 2, "neither the portal nor the store")

    def test_wrong_use_is_said(self):
        for arguments, words in ((("--adopt", "1.000001"), "needs --reason"),
                                 (("--adopt", "1", "--overwrite", "1", "--reason", "x"), "two decisions"),
                                 (("--offline", "--online"), "asks nobody"),
                                 (("--reason", "x"), "give --adopt or --overwrite")):
            self.expect(self.place.run("reconcile", *arguments), 2, words)

    def test_a_portal_that_is_not_there_is_said(self):
        self.portal.stop()
        with silent_port(self.portal.port):
            self.expect(self.place.run("reconcile", "--online"), 3, "does not say what it holds|cannot be reached")
            self.expect(self.place.run("reconcile"), 3, "does not say what it holds|cannot be reached")
            self.expect(self.place.run("reconcile", "--offline"), 0)


    def test_another_portal_has_nothing_of_what_the_store_says(self):
        other = Simulator()
        self.addCleanup(other.stop)
        told = "portal.url"
        self.assertNotIn(told, self.expect(self.place.run("run"), 0).stderr)
        self.place.change_portal(url=other.url)
        self.assertIn(told, self.expect(self.place.run("run"), 0).stderr)
        self.assertEqual(other.held(), {})
        self.expect(self.place.run("reconcile"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(len(other.held()), len(self.records))
        self.assertNotIn(told, self.expect(self.place.run("run"), 0).stderr)


class Listings(unittest.TestCase):
    """What a listing says otherwise, or not at all, a question decides."""

    def compare(self, change, code, make=None, **expected):
        """`change(items)`: the page that is listed in the place of these."""
        with Portal(make) as portal, Place(portal) as place:
            place.records(*procedures(4))
            self.assertEqual(place.run("run").code, 0)
            items = [{name: text for name, text in portal.make.members(held, portal.held[held], ("code", "version", "digest", "status")).items()}
                     for held in sorted(portal.held)]
            portal.answer = lambda method, path, _: Answer(200, change(items)) if path.startswith("/v1/procedures?") else None
            done = place.run("reconcile", "--json")
            self.assertEqual(done.code, code, done)
            for name, number in expected.items():
                self.assertEqual(done.json.get(name, 0), number, (name, done))
            conflicts = place.one("SELECT count(*) FROM procedure_state WHERE state = 'conflict'")
            self.assertEqual(conflicts, expected.get("differs", 0))
            portal.answer, portal.effects = None, []
            place.run("run")
            self.assertEqual(portal.effects, [], "what stands there is not sent again")

    def test_what_is_not_told_is_asked(self):
        self.compare(lambda items: {"items": [{"code": item["code"]} for item in items]}, 0, same=4)
        self.compare(lambda items: {"items": [{"code": item["code"], "version": "q"} for item in items]}, 0, same=4)

    def test_digests_of_another_making_make_no_difference(self):
        self.compare(lambda items: {"items": items}, 0, MAKES["digests of its own making"][0], same=4)

    def test_what_a_listing_leaves_out_is_asked_for(self):
        self.compare(lambda items: {"items": items[:2]}, 0, same=4, missing_there=0)
        self.compare(lambda items: {"items": []}, 0, same=4, missing_there=0)

    def test_what_may_not_be_seen_yet_is_waited_for(self):
        with Portal() as portal, Place(portal) as place:
            place.change_portal(appears_within="3s")
            place.records(*procedures(2))
            self.assertEqual(place.run("run").code, 0)
            old = {code: portal.show(code) for code in portal.held}
            page = [{name: text for name, text in json.loads(answer.body).items() if name != "content"} for answer in old.values()]
            place.records(*procedures(1, name="Tên mới"), *procedures(1, first=2))
            self.assertEqual(place.run("run").code, 0)
            late = time.monotonic() + 1

            def lag(method, path, _):
                if method != "GET" or time.monotonic() > late:
                    return None
                return Answer(200, {"items": page}) if path.startswith("/v1/procedures?") else old[path.rpartition("/")[2]]

            portal.answer = lag
            done = place.run("reconcile", "--json")
            self.assertEqual((done.code, done.json["same"]), (0, 2), done)
            self.assertEqual(done.stderr.count("appears_within"), 1, "who waits is told why")
            self.assertEqual(place.one("SELECT count(*) FROM procedure_state WHERE state = 'conflict'"), 0)

    def test_another_portal_is_looked_at_before_anything_is_put_over_what_it_holds(self):
        with Portal() as trial, Portal() as real, Place(trial) as place:
            place.records(*procedures(3))
            self.assertEqual(place.run("run").code, 0)
            real.apply("publish", "1.000001", b'{"code":"1.000001","name":"another hand"}')
            real.apply("publish", "1.000002", trial.held["1.000002"].content)
            place.change_portal(url=real.url)
            place.records(*procedures(3, name="mới"))
            self.assertEqual(place.run("run").code, 1)
            self.assertEqual(json.loads(real.held["1.000001"].content)["name"], "another hand")
            self.assertEqual((json.loads(real.held["1.000002"].content)["name"], "1.000003" in real.held), ("mới", False))
            conflicts = place.one("SELECT group_concat(code) FROM (SELECT code FROM procedure_state WHERE state = 'conflict' ORDER BY code)")
            self.assertEqual(conflicts, "1.000001,1.000003")
            real.counted()
            place.records(*procedures(1, name="mới"), *procedures(1, first=2, name="mới hơn"), *procedures(1, first=3, name="mới"))
            self.assertEqual(place.run("run").code, 1)
            self.assertEqual([request[0] for request in real.requests], ["PUT"], "once it was asked there, versions count again")
            self.assertEqual(place.run("audit", "verify").code, 0)

    def test_what_is_listed_twice_and_otherwise_is_asked(self):
        self.compare(lambda items: {"items": items + [{**items[0], "digest": "1" * 64}]}, 0, same=4)

    def test_a_listing_that_names_a_secret_brings_it_nowhere(self):
        with Portal() as portal, Place(portal) as place:
            place.records(*procedures(2))
            name_a_secret(place)
            self.assertEqual(place.run("run").code, 0)
            items = [{"code": code, "version": "a-secret-of-ours-2", "digest": hashlib.sha256(held.content).hexdigest(), "status": "published"}
                     for code, held in sorted(portal.held.items())]
            strange = []
            portal.answer = lambda method, path, _: Answer(200, {"items": items + strange}) if path.startswith("/v1/procedures?") else None
            done = place.run("reconcile", "--json")
            self.assertEqual((done.code, done.json["same"]), (0, 2), done)
            strange.append({"code": "x-a-secret-of-ours", "version": "1", "status": "published"})
            done = place.run("reconcile")
            self.assertEqual(done.code, 3, done)
            self.assertIn("a code that holds a secret", done.stderr)
            self.assertNotIn(b"a-secret-of-ours", b"".join(path.read_bytes() for path in place.store.parent.glob(place.store.name + "*")))
            self.assertEqual(place.run("audit", "verify").code, 0)
            portal.answer = None
            place.records(*procedures(2, name="Tên mới"))
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("audit", "verify").code, 0)

    def test_a_next_that_is_no_code_is_no_end(self):
        self.compare(lambda items: {"items": items[:2], "next": 3}, 3)

    def test_what_was_withdrawn_is_not_taken_for_published_where_no_status_is_shown(self):
        members = ("code", "version", "digest", "content")
        for decision in ("--adopt", "--overwrite"):
            with Portal(Make(shown=members, said=members)) as portal, Place(portal) as place:
                place.records(*procedures(2))
                self.assertEqual(place.run("run").code, 0)
                self.assertEqual(place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes").code, 0)
                self.assertEqual(place.run("reconcile", decision, "1.000001", "--reason", "x").code, 0)
                self.assertEqual(place.one("SELECT status FROM audit_current WHERE code = '1.000001'"), "abolished")
                if decision == "--adopt":
                    portal.apply("publish", "1.000001", portal.held["1.000001"].content)
                    self.assertEqual(place.run("reconcile", decision, "1.000001", "--reason", "x").code, 0)
                    self.assertEqual(place.one("SELECT status FROM audit_current WHERE code = '1.000001'"), "published")

    def test_another_hands_content_that_is_not_shown_and_was_withdrawn_is_settled(self):
        members = ("code", "digest", "status")
        for version in (("version",), ()):
            with Portal(Make(version="number" if version else None, shown=members + version, said=members + version)) as portal, Place(portal) as place:
                portal.answer = lambda method, path, it: Answer(200, {"items": [
                    it.make.members(code, held, it.make.shown) for code, held in sorted(it.held.items())]}) if "?" in path else None
                place.records(*procedures(2))
                self.assertEqual(place.run("run").code, 0)
                portal.apply("publish", "1.000001", b'{"name":"khac"}')
                place.records(*procedures(1, status="abolished"), *procedures(1, first=2))
                self.assertEqual(place.run("run").code, 1)
                self.assertEqual(place.run("reconcile", "--overwrite", "1.000001", "--reason", "x").code, 0)
                self.assertEqual(place.run("run").code, 0)
                self.assertEqual(portal.held["1.000001"].status, "abolished")
                self.assertEqual(place.run("reconcile").code, 0, "the order named that digest")
                portal.apply("publish", "1.000001", b'{"name":"lai khac"}')
                portal.held["1.000001"].status = "abolished"
                self.assertEqual(place.run("reconcile").code, 1)
                self.assertEqual(place.run("audit", "verify").code, 0)

    def test_what_is_neither_published_nor_abolished_is_not_taken_for_either(self):
        with Portal() as portal, Place(portal) as place:
            place.records(*procedures(2))
            self.assertEqual(place.run("run").code, 0)
            portal.held["1.000001"].status, portal.held["1.000001"].number = "pending", 2
            done = place.run("reconcile", "--adopt", "1.000001", "--reason", "x")
            self.assertEqual(done.code, 2)
            self.assertIn("cannot be taken over", done.stderr)
            self.assertEqual(place.one("SELECT portal_version FROM audit_current WHERE code = '1.000001'"), "1")
            done = place.run("reconcile", "--overwrite", "1.000001", "--reason", "x")
            self.assertEqual((done.code, portal.effects.count(("publish", "1.000001"))), (0, 1))
            self.assertEqual(place.one("SELECT portal_version FROM audit_current WHERE code = '1.000001'"), "1")
            portal.held["1.000001"].status = "published"
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.one("SELECT portal_version FROM audit_current WHERE code = '1.000001'"), "3")

    def test_a_content_that_speaks_of_another_procedure_or_holds_a_secret_is_not_taken_over(self):
        with Portal() as portal, Place(portal) as place:
            place.records(*procedures(1))
            name_a_secret(place)
            self.assertEqual(place.run("run").code, 0)
            for changes, words in (({"code": "1.000002"}, "says of itself: code 1.000002"), ({"status": "draft"}, "status draft"),
                                   ({"status": "abolished"}, "status abolished"), ({"name": "a-secret-of-ours"}, "holds a secret")):
                content = json.loads(portal.held["1.000001"].content)
                portal.apply("publish", "1.000001", json.dumps({**content, **changes}).encode())
                done = place.run("reconcile", "--adopt", "1.000001", "--reason", "x")
                self.assertEqual(done.code, 2, done)
                self.assertIn(words, done.stderr)
                self.assertEqual(place.one("SELECT portal_version FROM audit_current"), "1")
                portal.held["1.000001"].content = json.dumps(content).encode()
            self.assertNotIn(b"a-secret-of-ours", b"".join(path.read_bytes() for path in place.store.parent.glob(place.store.name + "*")))

    def test_what_the_portal_never_says_is_told_so(self):
        make = Make(digest=None, shown=("code", "status"))
        self.compare(lambda items: {"items": [{"code": item["code"]} for item in items]}, 1, make, untold=4)


class Size(Night):
    @slow
    def test_memory_does_not_grow_with_the_listing(self):
        peaks = []
        for count in (2000, 20000):
            self.portal.reset()
            with Place(self.portal) as place:
                place.change_portal(in_flight=16)
                place.records(*procedures(count))
                self.expect(place.run("run"), 0)
                running = place.start("reconcile", "--online", "--json")
                peaks.append(most_megabytes(running))
                self.assertEqual(self.expect(running.wait(), 0).json["same"], count)
        if not SANITIZED:
            # the store's own cache (8 MiB) fills
            self.assertLess(peaks[1] - peaks[0], 12, peaks)

