"""What an operator decides: to take up again what was kept back, and to withdraw."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import time

from harness import PROGRAM, Night, Place, procedure, procedures, wait_until


class Retry(Night):
    def events(self, event):
        return [(code, actor, json.loads(detail)) for code, actor, detail in self.place.sql(
            "SELECT code, actor, detail FROM audit_events WHERE event = ? ORDER BY seq", event)]

    def test_what_was_refused_is_sent_again_when_a_person_says_so(self):
        self.portal.faults("kind=status:422,on=put,code=1.000002")
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 1)
        self.portal.faults()
        self.expect(self.place.run("run"), 1)
        sent = self.portal.requests()
        done = self.expect(self.place.run("retry", "--reason", "cổng đã sửa", "--json"), 0)
        self.assertEqual((done.json["taken_up"], done.json["refused"]), (1, 1))
        self.assertEqual(self.portal.requests(), sent, "it marks; the next run sends")
        (code, actor, detail), = self.events("retried")
        self.assertEqual((code, detail), ("1.000002", {"reason": "cổng đã sửa", "state": "refused"}))
        self.assertTrue(actor)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002", "1.000003"])
        self.check_accounts()

    def test_what_was_rejected_is_mapped_and_checked_again(self):
        self.place.records(procedure("1.000001"), procedure("x", status="?"), procedure("y", status="?"))
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["rejected"], 0)
        self.expect(self.place.run("retry", "--reason", "thử lại", "--code", "x"), 0, "1 taken up again: 1 rejected")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["rejected"], 1)
        self.expect(self.place.run("retry", "--reason", "thử lại"), 0, "2 taken up again: 2 rejected")
        self.assertEqual([detail["key"] for _, _, detail in self.events("retried")], ["x", "x", "y"])

    def test_run_rule_and_source_choose(self):
        self.place.configure(rules=["rules.yaml"])
        self.place.write("rules.yaml", """
rules:
  - { id: NAMED, field: name, check: { required: true }, severity: error, message: { vi: Thiếu tên, en: No name } }
""")
        self.place.records(procedure("1.000001", name=None), procedure("x", status="?"))
        self.expect(self.place.run("run"), 1)
        first = self.place.last_run()["run"]
        self.place.records(procedure("1.000001", name=None), procedure("x", status="?"), procedure("1.000002", name=None))
        self.expect(self.place.run("run"), 1)

        def taken(*options):
            return self.expect(self.place.run("retry", "--reason", "x", "--json", *map(str, options)), 0).json["taken_up"]
        self.assertEqual(taken("--rule", "NAMED"), 2)
        self.assertEqual(taken("--run", first), 2)
        self.assertEqual(taken("--run", first + 1), 1)
        self.assertEqual(taken("--run", first, "--rule", "NAMED"), 1)
        self.assertEqual(taken("--source", "one"), 3)
        self.assertEqual(taken(), 3)
        for options, words in ((("--run", "x"), "no number of a run"), (("--source", "two"), 'no source "two"'),
                               (("--rule", "NAMES"), 'did you mean "NAMED"?'), (("--run", "99"), "no run 99")):
            self.expect(self.place.run("retry", "--reason", "x", *options), 2, words)

    def test_a_reason_is_needed(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("retry"), 2, "needs --reason")
        self.expect(self.place.run("retry", "--reason", " "), 2, "needs --reason")
        self.expect(self.place.run("retry", "--reason", "x"), 0, "Nothing is kept back")

    def test_a_conflict_is_tried_again(self):
        self.portal.faults("kind=conflict,on=put,count=1,code=1.000001")
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("retry", "--reason", "x"), 0, "1 in conflict")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.one("SELECT state FROM procedure_state"), "conflict", "another hand's change still stands")
        self.check_accounts()

    def test_what_failed_is_named_and_sent_anyway(self):
        self.portal.faults("kind=status:500,on=put,code=1.000001")
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("retry", "--reason", "x"), 0, "1 failed")
        self.portal.faults()
        self.expect(self.place.run("load"), 0)
        self.check_each_once(["1.000001", "1.000002", "1.000003"])


class Withdraw(Night):
    def setUp(self):
        super().setUp()
        self.records = procedures(4)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)

    def test_what_was_never_to_be_published_is_known_and_there_is_nothing_to_withdraw(self):
        self.place.records(*procedures(3), procedure("1.000099", status="draft"))
        self.expect(self.place.run("run"), 0)
        done = self.withdraw("1.000099", 2, "there is nothing to withdraw")
        self.assertNotIn("--adopt", done.stderr)

    def withdraw(self, code="1.000002", exit_code=0, *words, options=()):
        return self.expect(self.place.run("withdraw", "--yes", code, "--decision", "99/QĐ-UBND", "--reason", "bị thay thế", *options),
                           exit_code, *words)

    def held(self, code="1.000002"):
        return self.portal.held()[code]

    def test_it_marks_the_procedure_abolished_at_once_with_decision_and_reason(self):
        self.withdraw("1.000002", 0, "1.000002 is marked abolished at the portal")
        self.assertEqual(self.held()["status"], "abolished")
        self.assertEqual(self.portal.requests("withdrawal"), 1)
        code, actor, detail = self.place.sql(
            "SELECT code, actor, detail FROM audit_events WHERE event = 'withdrawal-ordered'")[0]
        published, = self.place.one("SELECT lower(hex(digest)) FROM ledger WHERE event = 'published' AND code = '1.000002'"),
        self.assertEqual((code, json.loads(detail)),
                         ("1.000002", {"decision": "99/QĐ-UBND", "dismissed": published, "reason": "bị thay thế"}))
        self.assertTrue(actor)
        self.assertEqual(self.place.sql("SELECT status FROM audit_current WHERE code = '1.000002'"), [("abolished",)])
        self.assertEqual(self.place.last_run()["withdrawn"], 1)
        self.check_accounts()

    def test_the_order_goes_as_the_body_of_the_withdrawal(self):
        self.withdraw()
        body = self.place.one("SELECT CAST(p.bytes AS TEXT) FROM payload p JOIN ledger l ON l.digest = p.digest"
                              " WHERE l.event = 'withdrawal-ordered'")
        self.assertEqual(json.loads(body), {"decision": "99/QĐ-UBND", "reason": "bị thay thế"})

    def test_a_source_that_still_says_announced_does_not_publish_it_again(self):
        self.withdraw()
        self.expect(self.place.run("run"), 0)
        self.place.configure(rules=["rules.yaml"])
        self.place.write("rules.yaml", "rules: [{ id: A, field: name, check: { required: true }, severity: error,"
                                       " message: { vi: a, en: a } }]\n")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.last_run()["changed"], 4, "all was worked again")
        self.assertEqual(self.held()["status"], "abolished")
        self.records[1]["name"] = "Một tên khác"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1, "kept back")
        self.assertEqual(self.held()["status"], "abolished")
        self.expect(self.place.run("status"), 0, "an operator ordered its withdrawal, but its source still says announced")
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'withheld'"), 1)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.effect_counts()["1.000002"], 2)
        self.expect(self.place.run("retry", "--reason", "chung"), 0, "Nothing is kept back that fits")
        self.check_accounts()

    def test_a_person_may_lift_it(self):
        self.withdraw()
        self.records[1]["name"] = "Một tên khác"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("retry", "--code", "1.000002", "--reason", "công bố lại"), 0, "decision is lifted")
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.held()["status"], self.held()["content"]["name"]), ("published", "Một tên khác"))

    def test_a_quiet_order_is_lifted_too(self):
        self.withdraw()
        self.expect(self.place.run("retry", "--code", "1.000002", "--reason", "nhầm"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held()["status"], "published")

    def test_an_order_that_was_not_carried_out_is_lifted_too(self):
        """Whatever kept it: what was ordered by mistake does not happen afterwards."""
        retry = ("retry", "--code", "1.000002", "--reason", "nhầm")
        for fault, again in (("status:403", 0), ("status:422", 1), ("status:412", 1), ("status:500", 1), ("reset", 1)):
            with self.subTest(fault=fault):
                self.portal.faults(f"kind={fault},on=withdrawal|batch", *(["kind=reset,on=get"] if fault == "reset" else []))
                self.place.run("withdraw", "1.000002", "--decision", "1/QĐ-UBND", "--reason", "nhầm", "--yes")
                self.portal.faults()
                if again:
                    self.expect(self.place.run(*retry), 0, "sent again.*once more")
                self.expect(self.place.run(*retry), 0, "1 whose decision is lifted")
                self.expect(self.place.run("run"), 0)
                self.assertEqual(self.held()["status"], "published")
                self.expect(self.place.run("audit", "verify"), 0)
        self.assertEqual(self.portal.effect_counts()["1.000002"], 1)

    def test_an_order_whose_run_was_killed_under_way_is_lifted_too(self):
        retry = ("retry", "--code", "1.000002", "--reason", "nhầm")
        self.portal.faults("kind=slow:20000,on=withdrawal|batch")
        going = self.place.start("withdraw", "1.000002", "--decision", "1/QĐ-UBND", "--reason", "nhầm", "--yes")
        wait_until(lambda: self.place.one("SELECT count(*) FROM procedure_state WHERE state = 'intended'"), "an intent")
        going.signal(signal.SIGKILL)
        going.wait()
        self.portal.faults()
        run = self.place.one("SELECT max(run) FROM audit_runs")
        self.expect(self.place.run("retry", "--run", str(run - 1), "--reason", "nhầm"), 0, "Nothing is kept back")
        self.expect(self.place.run("retry", "--run", str(run), "--reason", "nhầm"), 0, "1 taken up again.* 1 unknown")
        self.expect(self.place.run(*retry), 0, "1 whose decision is lifted")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held()["status"], "published")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_source_that_says_abolished_itself_ends_the_order(self):
        self.withdraw()
        self.records[1]["status"] = "abolished"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.one("SELECT ordered FROM procedure_state WHERE code = '1.000002'"), None)
        self.records[1]["status"] = "announced"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held()["status"], "published", "announced anew by its source")
        self.assertEqual(self.portal.effect_counts()["1.000002"], 3)

    def test_a_source_that_says_the_old_content_again_is_quiet_again(self):
        self.withdraw()
        name = self.records[1]["name"]
        self.records[1]["name"] = "Một tên khác"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        self.records[1]["name"] = name
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held()["status"], "abolished")

    def test_where_the_portal_is_not_there_the_order_stands_and_the_next_run_delivers_it(self):
        url = self.place.configuration["portal"]["url"]
        self.place.change_portal(url="http://127.0.0.1:9/v1")
        self.withdraw("1.000002", 3, "cannot be reached|127.0.0.1")
        self.records[1]["name"] = "Đổi trong lúc chờ"
        self.place.records(*self.records)
        self.place.change_portal(url=url)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held()["status"], "abolished")
        self.assertEqual(self.portal.effect_counts(), {"1.000001": 1, "1.000002": 2, "1.000003": 1, "1.000004": 1})

    def test_the_same_command_goes_on_after_an_outage(self):
        url = self.place.configuration["portal"]["url"]
        self.place.change_portal(url="http://127.0.0.1:9/v1")
        self.withdraw("1.000002", 3)
        self.place.change_portal(url=url)
        self.withdraw("1.000002", 0)
        self.withdraw("1.000002", 0, "abolished already")
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'withdrawal-ordered'"), 1)
        self.assertEqual(self.portal.effect_counts()["1.000002"], 2)

    def test_brakes_hold_it_too(self):
        self.place.configure(brakes={"withdrawals": "5%"})
        self.withdraw("1.000002", 3, "withdrawals: 1 of 4", "--release-brake withdrawals")
        self.assertEqual(self.held()["status"], "published")
        self.withdraw("1.000002", 0, options=("--release-brake", "withdrawals"))
        self.assertEqual(self.held()["status"], "abolished")

    def test_a_refusal_is_said(self):
        self.portal.faults("kind=status:422,on=withdrawal")
        self.withdraw("1.000002", 1, "ordered, but not made \\(refused\\)")
        self.portal.faults()
        self.withdraw("1.000002", 0)
        self.check_accounts()

    def test_what_was_never_published_has_nothing_to_withdraw_and_is_not_published_after(self):
        self.place.records(*self.records, procedure("1.000009"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.withdraw("1.000009", 0, "The portal does not know 1.000009")
        self.expect(self.place.run("run"), 0)
        self.assertNotIn("1.000009", self.portal.held())

    def test_on_a_terminal_it_shows_what_will_be_withdrawn_and_asks(self):
        self.place.records(*procedures(2))
        self.expect(self.place.run("run"), 0)

        def answer(word):
            parent, child = pty.openpty()
            process = subprocess.Popen([PROGRAM, "--config", self.place.folder / "congkhai.yaml", "withdraw", "1.000002", "--decision",
                                        "Quyết định số 9/QĐ-UBND", "--reason", "bãi bỏ"], stdin=child, stderr=child, stdout=subprocess.PIPE,
                                       env=self.place.environment)
            os.close(child)
            os.write(parent, word + b"\n")
            shown = b""
            with contextlib.suppress(OSError):
                while block := os.read(parent, 4096):
                    shown += block
            process.stdout.read()
            process.stdout.close()
            os.close(parent)
            return process.wait(60), shown.decode(errors="replace")
        for word in (b"\xaf" * 12, b""):
            code, shown = answer(word)
            self.assertEqual((code, self.portal.held()["1.000002"]["status"]), (2, "published"), shown)
        for word in ("To be withdrawn: 1.000002", "At the portal: published since", "By decision 9/QĐ-UBND; reason: bãi bỏ"):
            self.assertIn(word, shown)
        code, shown = answer("có".encode())
        self.assertEqual((code, self.portal.held()["1.000002"]["status"]), (0, "abolished"), shown)
        self.assertIn(("9/QĐ-UBND", "bãi bỏ"), self.place.sql("SELECT decision, reason FROM audit_orders"))

    def test_what_is_missing_or_unknown_is_said_before_anything_is_touched(self):
        rows = self.place.rows()
        for arguments, words in ((("withdraw", "1.000002"), "needs --decision"),
                                 (("withdraw", "1.000002", "--decision", "9"), "needs --reason"),
                                 (("withdraw", "9.999999", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), 'knows no procedure "9.999999"'),
                                 (("withdraw", "1.000002", "--decision", "9", "--reason", "x", "--yes"), "no number of a document"),
                                 (("withdraw", "1.000002", "--decision", "9/QD-UBND", "--reason", "x", "--yes"), "did you mean \"9/QĐ-UBND\""),
                                 (("withdraw", "1.000002", "--decision", "9/QĐ-UBND", "--reason", "x"), "say --yes"),
                                 (("withdraw",), "usage")):
            self.expect(self.place.run(*arguments), 2, words)
        self.assertEqual(self.place.rows(), rows)

    def test_a_run_that_holds_the_store_is_waited_for_by_the_person(self):
        self.portal.faults("kind=slow:1500,on=put")
        self.records[0]["name"] = "Chậm"
        self.place.records(*self.records)
        running = self.place.start("run")
        time.sleep(0.4)
        self.withdraw("1.000002", 4, "another run holds the store")
        self.expect(running.wait(), 0)
        self.assertEqual(self.held()["status"], "published")


class WithoutDecision(Night):
    """The contract's withdrawal names its decision. An abolition's information leaves the database (Article 14(2)c)."""

    def setUp(self):
        super().setUp()
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        self.abolish("1.000002", None)
        self.requests = self.portal.requests()
        self.expect(self.place.run("run"), 1, "1 records and procedures are kept back")

    def abolish(self, code, decision):
        records = [record for record in procedures(3) if record["code"] != code]
        self.place.records(*records, procedure(code, status="abolished", decision=decision))

    def test_it_is_kept_back_before_any_request_with_the_law_s_words(self):
        self.assertEqual(self.portal.requests(), self.requests)
        rule, field, message, cites = self.place.sql("SELECT rule, field, message, cites FROM audit_rejections")[0]
        self.assertEqual((rule, field), ("congkhai/decision", "decision.number"))
        self.assertIn("does not say by which decision", message)
        self.expect(self.place.run("status"), 0, "congkhai withdraw 1.000002 --decision")
        self.assertEqual(cites, "điểm c khoản 2 Điều 14 Nghị định số 63/2010/NĐ-CP")
        run = self.place.last_run()
        self.assertEqual((run["rejected"], run["sent"], run["exit_code"]), (1, 0, 1), run)
        self.expect(self.place.run("status"), 0, "congkhai/decision")
        self.expect(self.place.run("show", "1.000002"), 0, "congkhai/decision.*Điều 14")
        self.assertEqual(self.portal.held()["1.000002"]["status"], "published")
        self.check_accounts()

    def test_it_goes_on_when_the_record_gets_its_decision(self):
        self.abolish("1.000002", "99/QĐ-UBND")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["status"], "abolished")
        self.check_accounts()

    def test_it_goes_on_when_an_operator_names_the_decision(self):
        self.expect(self.place.run("withdraw", "--yes", "1.000002", "--decision", "99/QĐ-UBND", "--reason", "bãi bỏ"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["status"], "abolished")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.requests("withdrawal"), 1)
        self.assertEqual(self.place.one("SELECT count(*) FROM record WHERE outcome = 'rejected'"), 0)
        self.expect(self.place.run("audit", "verify"), 0)
        self.check_accounts()

    def test_it_is_kept_back_again_only_when_there_is_something_to_withdraw_again(self):
        self.expect(self.place.run("withdraw", "--yes", "1.000002", "--decision", "99/QĐ-UBND", "--reason", "bãi bỏ"), 0)
        self.expect(self.place.run("run"), 0)
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["status"], "published")
        self.abolish("1.000002", None)
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["changed"], 0)

    def test_what_was_never_published_from_here_needs_none(self):
        self.place.records(*procedures(3), procedure("1.000009", status="abolished", decision=None))
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.requests("withdrawal"), 0)

    def test_what_is_taken_over_from_the_portal_needs_one(self):
        with Place(self.portal) as place:
            place.records(procedure("1.000002", status="abolished", decision=None))
            self.expect(place.run("run"), 1)
            self.expect(place.run("reconcile", "--adopt", "1.000002", "--reason", "kho cũ bị mất"), 0)
            self.expect(place.run("run"), 1)
            self.assertEqual(place.rejections(), [("1.000002", "congkhai/decision")])
            self.assertEqual(self.portal.requests("withdrawal"), 0)
            self.expect(place.run("withdraw", "--yes", "1.000002", "--decision", "99/QĐ-UBND", "--reason", "bãi bỏ"), 0)
            self.expect(place.run("run"), 0)
