"""Approval: submitted, signed, sent back; and what an attacker would try."""

import datetime
import html
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import time
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

import test_console
from harness import MAP, Night, PROGRAM, ROOT, procedure, procedures, slow
from office import A, B, C, FAKETIME, Certified, Office

DAY = 86400
VIETNAM = datetime.timezone(datetime.timedelta(hours=7))


class Auditor(Office, Night):
    """What an auditor asks of one procedure, answered by pages alone: each is reached by a link of the one before."""

    def click(self, words):
        """The link of the page at hand whose words are these."""
        links = dict((re.sub(r"<[^>]*>", "", text).strip(), html.unescape(address))
                     for address, text in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', self.page, re.S))
        self.assertIn(words, links)
        self.page = self.pages.page(links[words])

    def fact(self, name):
        return html.unescape(re.sub(r"<[^>]*>", "", re.search(rf"<dt>{re.escape(name)}</dt><dd>(.*?)</dd>", self.page)[1]))

    def test_what_citizens_saw_and_who_answers_for_it(self):
        self.night(procedure("1.000001", name="Đăng ký khai sinh"))
        self.submit("--number", "12/TTr-VP")
        self.approve()
        self.expect(self.run_as("run"), 0)
        self.pages, self.page = test_console.Pages(self.place, "--language", "en"), None
        today = datetime.datetime.now(VIETNAM).date().isoformat()

        # what did citizens see of this procedure on that day
        self.page = self.pages.page("/")
        self.click("Procedures")
        self.page = self.pages.page("/thu-tuc?q=dang+ky+khai+sinh")
        self.click("1.000001")
        one = self.page = self.pages.page(f"/thu-tuc/1.000001?ngay={today}")
        self.assertIn("<h1>Đăng ký khai sinh</h1>", self.page)
        self.assertIn("published, since", self.page)
        self.assertIn("is not known: the ledger begins on", self.pages.page("/thu-tuc/1.000001?ngay=2020-01-31"))
        # who put it there, from which file
        self.assertEqual(self.fact("Put there by"), "op")
        self.assertEqual(self.fact("Source file"), "inbox/one.ndjson:1")
        # by whom it was approved
        ordered = self.page[self.page.index("What people ordered and approved"):]
        rows = [re.findall(r'<td[^>]*data-label="(?:order|who|decision)"[^>]*>(.*?)</td>', row)
                for row in re.findall(r"<tr>(.*?)</tr>", ordered, re.S)][1:3]
        self.assertEqual(rows, [["submit", B, "12/TTr-VP"], ["approve", A, ""]])
        # under which rules: the run's page says the same digest, and that of the configuration
        rules, run = self.fact("Rules and code lists (SHA-256)"), self.fact("In run")
        self.click(run)
        self.assertEqual(self.fact("Rules and code lists (SHA-256)"), rules)
        self.assertEqual(rules, self.place.one(f"SELECT rules_digest FROM audit_runs WHERE run = {run}"))
        # has anybody changed the log since
        self.click("Verification")
        self.assertIn('class="state good"', self.page)
        self.assertIn(self.place.one("SELECT lower(hex(root)) FROM checkpoint ORDER BY run DESC LIMIT 1"), self.page)
        # the event itself, as it was hashed
        self.page = one
        self.click(self.fact("Event of the ledger"))
        self.assertIn("&quot;action&quot;: &quot;publish&quot;", self.page)
        self.pages.stop()


class Lists(Office, Night):
    def test_nothing_is_sent_before_an_approver_signed_it_and_then_all_of_it(self):
        self.night(*procedures(3))
        self.assertEqual(self.sent(), {})
        self.assertEqual(self.place.last_run()["waiting"], 3)
        text = self.submit("--number", "12/TTr-VP").stdout
        self.assertRegex(text, r"DANH SÁCH TRÌNH DUYỆT SỐ 1\n(.*\n)*Số tờ trình: 12/TTr-VP\n(.*\n)*"
                               r"Số việc: 3 \(bãi bỏ 0, sửa đổi 0, công khai mới 3\)\n(.*\n)*1\. 1\.000001 - Thủ tục 1\.000001\n")
        self.night(code=1)
        self.assertEqual(self.sent(), {})
        self.approve()
        self.expect(self.run_as("load"), 0)
        self.check_each_once([f"1.{number:06d}" for number in (1, 2, 3)])
        self.assertEqual(self.place.last_run()["waiting"], 0)
        orders = self.place.sql('SELECT "order", actor, code, decision FROM audit_orders ORDER BY run, code')
        self.assertEqual(orders, [("submit", B, f"1.{number:06d}", "12/TTr-VP") for number in (1, 2, 3)] +
                         [("approve", A, f"1.{number:06d}", None) for number in (1, 2, 3)])
        self.expect(self.run_as("audit", "verify"), 0)
        self.check_accounts()

    def test_a_night_in_between_changes_one_of_three_steps_and_the_other_two_go(self):
        self.night(*procedures(3))
        self.submit()
        self.night(*procedures(2), procedure("1.000003", name="Đổi tên"), procedure("1.000004"))
        self.approve()
        self.expect(self.run_as("load"), 1, "2 procedures wait for approval")
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1})
        text = self.submit().stdout
        self.assertIn("SỐ 2", text)
        self.assertNotIn("1.000001", text)
        self.approve(2, "--code", "1.000004")
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1, "1.000004": 1})
        self.approve(2)
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.portal.held()["1.000003"]["content"]["name"], "Đổi tên")
        self.expect(self.run_as("audit", "verify"), 0)

    def test_metrics_count_what_waits_as_status_and_health_do(self):
        self.place.configure(notify=[{"metrics": "m.prom"}])
        self.night(*procedures(3), procedure("1.000009", status="?"))
        page = (self.place.folder / "m.prom").read_text()
        self.assertEqual(dict(re.findall(r'congkhai_kept\{outcome="([a-z-]+)"\} (\d+)', page)), {"rejected": "1", "waiting": "3"})

    def test_the_list_names_every_change_withdrawals_first_and_nothing_can_look_like_a_line_of_it(self):
        self.place.configure(approval=None)
        self.night(*procedures(2), code=0)
        self.scope()
        self.night(procedure("1.000001", name="Tên <b>mới</b>", notes="dòng một\n1. 9.999999 - Giả\nBÃI BỎ (9)"),
                   procedure("1.000002", status="abolished", decision="99/QĐ-UBND"))
        done = self.submit("--output", self.place.folder / "ra")
        text = (self.place.folder / "ra" / "danh-sach-1.txt").read_text()
        page = (self.place.folder / "ra" / "danh-sach-1.html").read_text()
        self.assertIn("danh-sach-1.html", done.stdout)
        self.assertLess(text.index("BÃI BỎ (1)\n\n1. 1.000002"), text.index("SỬA ĐỔI (1)\n\n2. 1.000001"))
        self.assertIn("   - Tên thủ tục\n     trước:\n     | Thủ tục 1.000001\n     sau:\n     | Tên <b>mới</b>\n", text)
        self.assertIn("\n     | 1. 9.999999 - Giả\n     | BÃI BỎ (9)\n", text)
        self.assertRegex(page, r"<del>Thủ tục 1\.000001</del><ins>Tên &lt;b&gt;mới&lt;/b&gt;</ins>")
        self.assertEqual(self.expect(self.run_as("plan", "--list", "1"), 0).stdout, text)
        self.assertIn('"1x" is no number', self.expect(self.run_as("plan", "--list", "1x"), 2).stderr)
        self.assertIn("no list 9", self.expect(self.run_as("plan", "--list", "9"), 2).stderr)

    def test_an_approver_is_told_what_of_a_list_is_not_wanted_any_more(self):
        self.place.configure(approval=None)
        self.night(*procedures(2), code=0)
        self.scope()
        def order(code, number):
            self.expect(self.run_as("withdraw", code, "--decision", number, "--reason", "Bãi bỏ", "--yes", login="b"), 1)
        order("1.000001", "1/QĐ-UBND")
        self.expect(self.run_as("retry", "--code", "1.000001", "--reason", "nhầm", login="b"), 0)
        order("1.000001", "99/QĐ-UBND")
        done = self.approve(1)
        self.expect(done, 0, "1 of these steps are not wanted any more as they stand in list 1 .1\\.000001.",
                    "none of them is wanted any more")
        self.assertNotIn("sends them", done.stdout + done.stderr)
        self.assertNotIn("not wanted", self.approve(2).stderr)
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2, "withdraw": 1})
        # An order is a step of its own content: a changed one is told likewise, beside those that are sent.
        self.night(procedure("1.000002", name="Một"), procedure("1.000003"))
        self.submit()
        self.night(procedure("1.000002", name="Hai"), procedure("1.000003"))
        self.expect(self.approve(3), 0, "1 of these steps are not wanted any more.*1.000002", "1 steps of list 3 are approved; the next")

    def test_withdraw_retry_and_overwrite_submit_and_say_so(self):
        self.place.configure(approval=None)
        self.night(*procedures(2), code=0)
        self.scope()
        words = ["--decision", "99/QĐ-UBND", "--reason", "Bãi bỏ"]
        words += ["--yes"] if "--yes" in self.run_as("help", "withdraw").stdout else []
        done = self.run_as("withdraw", "1.000001", *words, login="b")
        self.expect(done, 1, "submitted for approval as list 1", f"not made: in list 1, submitted by {B}: it waits for an approver")
        self.assertNotIn("idle", done.stdout)
        self.expect(self.run_as("load"), 1)
        self.expect(self.run_as("show", "1.000001"), 0, f"Pending: withdraw since run .*: in list 1, submitted by {B}")
        self.expect(self.run_as("withdraw", "1.000001", *words, login="b"), 1, "not made: in list 1")
        self.expect(self.run_as("withdraw", "1.000002", *words), 1, "op is no login", "not made: it needs approval")
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2})
        self.approve()
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2, "withdraw": 1})


class Attacks(Office, Night):
    def submitted(self, count=2):
        self.night(*procedures(count))
        self.submit()

    def test_a_list_with_one_byte_changed_is_signed_by_nobody_and_sends_nothing(self):
        self.submitted()
        (_, _, detail), = self.events("submitted")
        digest = self.place.one("SELECT digest FROM audit_events WHERE event = 'submitted'")
        for what, old, new in (("text", b"1.000002", b"1.000003"), ("steps", b'"publish"', b'"pubLish"')):
            wanted = bytes.fromhex(detail["text_digest"] if what == "text" else digest)
            with self.subTest(what=what):
                with self.store() as store:
                    kept, = store.execute("SELECT bytes FROM payload WHERE digest = ?", (wanted,)).fetchone()
                    store.execute("UPDATE payload SET bytes = ? WHERE digest = ?", (kept.replace(old, new, 1), wanted))
                self.approve(code=5)
                self.expect(self.run_as("load"), 1 if what == "text" else 5)
                self.assertEqual(self.sent(), {})
                with self.store() as store:
                    store.execute("UPDATE payload SET bytes = ? WHERE digest = ?", (kept, wanted))

    def test_an_approval_of_words_that_were_changed_afterwards_sends_nothing(self):
        self.submitted()
        self.approve()
        wanted = bytes.fromhex(self.events("approved")[0][2]["text_digest"])
        with self.store() as store:
            store.execute("UPDATE payload SET bytes = replace(CAST(bytes AS TEXT), '1.000002', '1.000003') WHERE digest = ?",
                          (wanted,))
        self.expect(self.run_as("load"), 5, "audit verify")
        self.assertEqual(self.sent(), {})
        self.expect(self.run_as("audit", "verify"), 5)

    def test_a_store_that_was_edited_to_say_approved_sends_nothing(self):
        self.submitted()
        with self.store() as store:
            seq, = store.execute("SELECT max(seq) FROM ledger").fetchone()
            store.execute("INSERT INTO ledger (seq, at, run, event, digest, actor, detail, hash)"
                          " SELECT ?, at, run, 'approved', digest, ?, json_remove(detail, '$.kind'), hash FROM ledger"
                          " WHERE event = 'submitted'", (seq + 1, A))
        self.expect(self.run_as("load"), 5)
        self.assertEqual(self.sent(), {})

    def test_only_the_approver_with_her_own_login_and_key_signs_and_only_once(self):
        self.submitted()
        self.approve(code=2, letter="b", name=B)
        self.approve(code=2, letter="b", name=A)
        self.approve(code=2, login="b")
        self.approve(code=2, words="ein anderes")
        self.expect(self.run_as("approve", "1", "--as", A, "--key", self.place.folder / "keys" / "b", login="a",
                                words="mật khẩu b"), 2, "key of this person")
        self.submit(code=2, login="a")
        self.expect(self.run_as("submit", "--as", A, login="a"), 2, "may approve, not submit")
        self.approve(7, code=2)
        self.assertEqual(self.events("approved"), [])
        self.approve()
        self.approve(code=2)
        self.approve(code=2, letter="c", name=C)
        self.assertEqual(len(self.events("approved")), 1)

    def test_the_rest_of_a_list_is_signed_without_what_was_approved_before(self):
        self.night(*procedures(3))
        self.submit()
        self.approve(1, "--code", "1.000001")
        self.expect(self.run_as("load"), 1)
        done = self.run_as("--language", "en", "approve", "1", "--as", A, "--key", self.place.folder / "keys" / "a", login="a",
                           words="mật khẩu a")
        self.expect(done, 0, "2 steps of list 1 are approved")
        approved = self.place.sql("SELECT code FROM audit_orders WHERE \"order\" = 'approve' ORDER BY code")
        self.assertEqual(approved, [(f"1.{number:06d}",) for number in (1, 2, 3)], "each once")
        self.expect(self.run_as("load"), 0)
        self.expect(self.run_as("audit", "verify"), 0)

    def test_a_reconciliation_that_leaves_something_for_an_approver_says_so(self):
        self.night(*procedures(2))
        self.submit()
        self.approve()
        self.expect(self.run_as("load"), 0)
        self.expect(self.run_as("reconcile"), 0)
        self.portal.reset()
        self.expect(self.run_as("reconcile"), 1)

    def test_a_persons_key_is_made_where_the_configuration_names_it_already(self):
        self.scope(people=[{**self.PEOPLE[0], "key": "keys/new.pub"}, self.PEOPLE[1]])
        self.expect(self.run_as("check"), 2)
        done = self.run_as("audit", "key", self.place.folder / "keys" / "new", "--as", A, words="mật khẩu mới")
        self.expect(done, 0)
        self.expect(self.run_as("check"), 0)

    def test_what_waited_at_the_end_of_an_earlier_night_and_waits_still_is_not_new(self):
        def new(since):
            rows = self.expect(self.run_as("--json", "kept", "--since", str(since)), 0).json["rows"]
            return [row["code"] for row in rows if row["outcome"] == "waiting"]

        def run():
            return self.place.one("SELECT max(run) FROM ledger")

        self.night(procedure("1.000001"), procedure("1.000002"), procedure("1.000003"))
        first = run()
        self.submit()
        self.approve(1, "--code", "1.000003")
        self.night(procedure("1.000001", name="Một tên khác"), procedure("1.000002"), procedure("1.000003"))
        self.assertEqual(new(first), [])
        second = run()
        self.night(procedure("1.000001", name="Một tên nữa"), procedure("1.000002", status="draft"),
                   procedure("1.000003", status="abolished"), procedure("1.000004"))
        self.assertEqual(new(second), ["1.000003", "1.000004"])
        third = run()
        self.run_as("withdraw", "1.000003", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes", login="b")
        self.night(procedure("1.000001", name="Một tên nữa"), procedure("1.000002"), procedure("1.000003", status="abolished", name="Tên mới"),
                   procedure("1.000004", name="Tên khác"))
        self.assertEqual(new(third), ["1.000002"], "a draft waited for nobody")

    def test_what_waits_is_new_by_what_is_said_of_it_alone_and_health_counts_the_same(self):
        def new(since):
            rows = self.expect(self.run_as("--json", "kept", "--since", str(since)), 0).json["rows"]
            return [row["code"] for row in rows]

        def run():
            return self.place.one("SELECT max(run) FROM ledger")

        self.scope(expires="2s")
        self.night(procedure("1.000001"), procedure("1.000002"), procedure("1.000003"))
        first = run()
        self.submit()
        self.approve(1, "--code", "1.000002")
        self.approve(1, "--code", "1.000003")
        second = run()
        time.sleep(2.1)
        self.night(procedure("1.000001", name="Một tên khác"), procedure("1.000002"))
        self.assertEqual(new(first), [], "others were approved meanwhile, and what is missing waits still")
        self.assertEqual(new(second), ["1.000002", "1.000003"], "an approval that lapsed does not wait since it was wanted")
        self.assertEqual(self.expect(self.run_as("--json", "health"), 1).json["new"], len(self.run_as("--json", "kept", "--new").json["rows"]))

    def test_what_is_checked_anew_waits_since_it_was_wanted_first(self):
        def since():
            shown = {row["code"]: row["since_run"] for row in self.expect(self.run_as("--json", "kept"), 0).json["rows"]}
            for code, run in shown.items():
                self.assertEqual(self.run_as("--json", "show", code).json["pending"]["since_run"], run)
            return shown

        def other_rules(level):
            self.place.write("rules.yaml", f"rules:\n  - {{ id: R1, field: name, severity: warning, check: {{ length: {{ max: {level} }} }}, message: {{ vi: dài, en: long }}, cites: thử }}\n")
            self.place.configure(rules=["rules.yaml"])

        self.night(procedure("1.000001"), procedure("1.000002"))
        first = since()["1.000001"]
        self.submit()
        other_rules(1)
        self.night()
        self.assertEqual(self.place.last_run()["accepted"], 2)
        self.assertEqual(since(), {"1.000001": first, "1.000002": first})
        self.night(procedure("1.000001"), procedure("1.000002", name="Một tên khác"))
        second = self.place.one("SELECT max(run) FROM ledger")
        other_rules(2)
        self.night()
        self.assertEqual(since(), {"1.000001": first, "1.000002": second})
        self.night(procedure("1.000001"), procedure("1.000002"))
        third = self.place.one("SELECT max(run) FROM ledger")
        other_rules(3)
        self.night()
        self.assertEqual(since(), {"1.000001": first, "1.000002": third}, "another content was wanted meanwhile")

    def test_what_an_approver_orders_waits_for_a_submitter(self):
        self.place.configure(approval=None)
        self.night(*procedures(2), code=0)
        self.scope("withdrawals", people=self.PEOPLE[:2])
        words = "--decision", "99/QĐ-UBND", "--reason", "Bãi bỏ", "--yes"
        self.expect(self.run_as("withdraw", "1.000001", *words, login="a"), 1, "a may approve, not submit")
        self.assertEqual(self.events("submitted"), [])
        self.approve(code=2)
        self.submit()
        self.approve()
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2, "withdraw": 1})
        self.assertNotIn("needs approval", self.run_as("retry", "--code", "1.000002", "--reason", "x").stderr)

    def test_a_withdrawal_that_was_sent_back_is_asked_for_anew_and_lifted_only_when_that_is_said_once_more(self):
        self.place.configure(approval=None)
        self.night(*procedures(3), code=0)
        self.scope("withdrawals")
        order = ("withdraw", "1.000001", "--decision", "99/QĐ-UBND", "--reason", "Bãi bỏ", "--yes")
        retry = ("retry", "--code", "1.000001", "--reason", "vẫn bãi bỏ")
        self.expect(self.run_as(*order, login="b"), 1)
        number = len(self.events("submitted"))
        self.send_back(number)
        self.expect(self.run_as(*retry, login="b"), 0, "0 whose decision is lifted, 1 sent back\n.*once more(.|\n)*behind its approval")
        self.assertEqual(self.place.sql("SELECT code FROM procedure_state WHERE wanted_action = 'withdraw'"), [("1.000001",)])
        self.assertEqual(len(self.events("submitted")), number + 1)
        self.expect(self.run_as(*retry, login="b"), 0, "1 whose decision is lifted, 0 sent back")
        self.expect(self.run_as("run"), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 3})
        self.expect(self.run_as("audit", "verify"), 0)

    def test_who_alone_may_approve_submits_no_rules_of_approval_and_one_of_two_does(self):
        self.night(*procedures(1))
        self.scope(people=self.PEOPLE[:2])
        self.submit("--people", login="a", name=A)
        self.approve(code=2)
        self.approve(letter="c", name=C)
        self.scope()
        self.submit("--people", code=2, login="a", name=A)
        self.submit("--people")
        self.approve(2)

    def test_what_nobody_can_approve_any_more_is_submitted_anew(self):
        self.night(*procedures(1))
        self.submit()
        self.scope(people=[{**self.PEOPLE[1], "role": "approver"}, {**self.PEOPLE[2], "role": "submitter"}])
        self.submit("--people")
        self.approve(2)
        self.approve(1, code=2, letter="b", name=B)
        self.expect(self.run_as("status"), 0, "1 to be submitted, 0 waiting")
        self.submit(login="c", name=C)
        self.approve(3, letter="b", name=B)
        self.expect(self.run_as("load"), 0)
        self.expect(self.run_as("audit", "verify"), 0)

    def test_the_same_step_again_needs_another_approval(self):
        number = 0
        for name in ("A", "B", "A"):
            self.night(procedure("1.000001", name=name))
            self.submit()
            number += 1
            self.approve(number)
            self.expect(self.run_as("load"), 0)
        self.night(procedure("1.000001", name="B"))  # on top of A, as list 2 had it
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "A")
        self.assertEqual(self.place.last_run()["waiting"], 1)

    def test_an_approval_for_another_base_is_not_used(self):
        self.place.configure(approval=None)
        self.night(procedure("1.000001", name="A"), code=0)
        self.scope()
        self.night(procedure("1.000001", name="B"))
        self.submit()
        self.night(procedure("1.000001", name="C"))
        self.submit()
        self.approve(1)
        self.approve(2)
        self.expect(self.run_as("load"), 0)
        self.night(procedure("1.000001", name="B"))  # approved on top of A; C stands there now
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "C")

    def test_two_lists_at_once_do_not_touch_each_other(self):
        self.night(*procedures(3))
        self.submit("--code", "1.000001")
        self.submit("--code", "1.000002")
        self.approve(2)
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000002": 1})
        self.approve(1)
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1})

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_an_approval_that_expired_is_not_used_and_says_so(self):
        self.submitted()
        self.approve(1, "--code", "1.000001")
        self.expect(self.run_as("load"), 1)
        self.approve(1)
        self.portal.reset()
        self.expect(self.run_as("load", at=6 * DAY), 1)
        self.assertEqual(self.sent(), {})
        (_, _, detail), = self.events("approval-lapsed")
        self.assertEqual((detail["list"], detail["codes"]), (1, ["1.000002"]))
        self.expect(self.run_as("load", at=7 * DAY), 1)
        self.assertEqual(len(self.events("approval-lapsed")), 1)
        self.expect(self.run_as("kept", at=6 * DAY), 0, "its approval in list 1 expired before it was sent")
        self.submit(at=7 * DAY)
        self.approve(2, at=7 * DAY)
        self.expect(self.run_as("load", at=7 * DAY), 0)

    def left_open(self, *faults, count=2, code=1):
        """Approved and sent, and what became of it is not known."""
        self.submitted(count)
        self.approve()
        self.portal.faults(*faults)
        self.expect(self.run_as("load"), code)
        self.portal.faults()

    def states(self):
        return dict(self.place.sql("SELECT code, state FROM procedure_state ORDER BY code"))

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_what_was_left_open_is_not_sent_again_by_an_approval_that_expired(self):
        self.left_open("kind=status:500,on=put,code=1.000001", "kind=status:202,on=put,code=1.000002")
        self.assertEqual(self.states(), {"1.000001": "failed", "1.000002": "unknown"})
        self.expect(self.run_as("load", at=6 * DAY), 1)
        self.assertEqual(self.sent(), {})
        self.assertEqual(self.states(), {"1.000001": "idle", "1.000002": "idle"})
        (_, _, detail), = self.events("approval-lapsed")
        self.assertEqual((detail["list"], detail["codes"]), (1, ["1.000001", "1.000002"]))
        self.assertEqual(self.place.last_run()["waiting"], 2)
        self.submit(at=6 * DAY)
        self.approve(2, at=6 * DAY)
        self.expect(self.run_as("load", at=6 * DAY), 0)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1})
        self.expect(self.run_as("audit", "verify"), 0)

    def test_what_was_left_open_is_sent_again_while_its_approval_is_in_force(self):
        self.left_open("kind=status:500,on=put,code=1.000001", "kind=status:202,on=put,code=1.000002")
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1})
        self.assertEqual(self.events("approval-lapsed"), [])

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_what_arrived_after_all_is_seen_though_its_approval_expired(self):
        self.left_open("kind=reset,when=after,on=put", "kind=status:500,on=get", count=1, code=3)
        self.expect(self.run_as("load", at=6 * DAY), 0)
        self.assertEqual(self.sent(), {"1.000001": 1})
        self.assertEqual(self.place.sql("SELECT code, status FROM audit_current"), [("1.000001", "published")])

    def test_what_was_left_open_can_be_sent_back_until_it_stands_there(self):
        self.left_open("kind=status:500,on=put,code=1.000001", "kind=status:202,on=put,code=1.000002")
        self.send_back(1, "--code", "1.000001")
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000002": 1})
        self.assertEqual(self.states()["1.000001"], "idle")
        self.assertIn("Tên chưa đúng quyết định", self.expect(self.run_as("kept", "--language", "vi"), 0).stdout)
        self.send_back(1, "--code", "1.000002", code=2)  # it stands there
        self.expect(self.run_as("retry", "--code", "1.000001", "--reason", "đã sửa"), 0)
        self.submit()
        self.approve(2)
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1})
        self.expect(self.run_as("audit", "verify"), 0)

    def test_an_approval_that_ends_while_the_portal_makes_it_wait_sends_nothing_more(self):
        self.scope(expires="3s")
        self.submitted(1)
        self.portal.faults("kind=status:503,on=put,count=1,retry-after=4")
        self.approve()
        self.expect(self.run_as("load"), 1)
        self.assertLessEqual(self.portal.requests("put"), 1)
        self.assertEqual((self.sent(), self.states()), ({}, {"1.000001": "idle"}))
        self.assertEqual(self.place.last_run()["waiting"], 1)
        self.expect(self.run_as("load"), 1)
        self.assertEqual([detail["codes"] for _, _, detail in self.events("approval-lapsed")], [["1.000001"]])

    def test_rules_that_came_into_force_meanwhile_are_asked_before_it_is_sent_again(self):
        self.place.configure(approval=None)
        self.portal.faults("kind=status:500,on=put")
        self.night(procedure("1.000001"))
        self.portal.faults()
        self.scope()
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {})
        self.assertEqual(self.place.last_run()["waiting"], 1)

    def test_a_run_that_stops_before_it_sends_does_not_use_an_approval_up(self):
        self.submitted()
        self.approve()
        self.portal.faults("kind=status:401,on=put")
        self.expect(self.run_as("load"), 3)
        self.portal.faults()
        self.expect(self.run_as("load"), 0)
        self.check_each_once(["1.000001", "1.000002"])

    def test_what_is_approved_goes_though_a_brake_holds_the_rest(self):
        self.place.configure(approval=None)
        self.night(*procedures(10), code=0)
        self.scope("withdrawals")
        self.place.configure(brakes={"changes": "10%", "withdrawals": "5%"})
        records = [procedure("1.000001", status="abolished")] + procedures(8, first=2, name="Đổi") + procedures(1, first=10)
        self.night(*records, code=3)
        text = self.submit().stdout
        self.assertRegex(text, "Phanh an toàn báo: .*changes")
        self.approve()
        self.expect(self.run_as("load"), 3, "changes: .*a brake holds")
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 10, "withdraw": 1})
        self.expect(self.run_as("load", "--release-brake", "changes", "--reason", "đợt rà soát"), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 18, "withdraw": 1})

    def test_codes_that_change_are_changes_of_a_scope_as_well(self):
        self.place.configure(approval=None)
        self.night(*procedures(10), code=0)
        self.scope({"changes": "20%"})
        self.night(*procedures(3, first=21), *procedures(7, first=4), code=1)
        self.assertEqual(self.place.last_run()["waiting"], 3)
        self.night(*procedures(3, first=21), *procedures(7, first=4), code=1)
        self.assertEqual(len(self.portal.held()), 10)

    def test_a_share_is_of_all_that_is_wanted_whatever_the_filter_says(self):
        self.place.configure(approval=None)
        self.night(*procedures(10), code=0)
        self.scope({"changes": "20%"})
        changed = procedures(3, name="Đổi") + procedures(7, first=4)
        self.night(*changed)
        self.expect(self.run_as("load", "--code", "1.000001"), 1)
        self.assertEqual(sum(self.sent().values()), 10)
        self.night(*procedures(2, name="Đổi"), *procedures(8, first=3), code=0)
        self.assertEqual(sum(self.sent().values()), 12)


class SentBack(Office, Night):
    def setUp(self):
        super().setUp()
        self.night(*procedures(3))
        self.submit()
        self.send_back(1, "--code", "1.000002", "--field", "name")

    def test_it_is_held_with_its_reason_until_its_content_changes(self):
        self.approve()
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000003": 1})
        row, = self.expect(self.run_as("kept", "--json", "--outcome", "sent-back"), 0).json["rows"]
        self.assertEqual((row["code"], row["field"], row["department"]), ("1.000002", "name", "one"))
        self.assertIn("Tên chưa đúng quyết định", row["message"])
        self.expect(self.run_as("kept", "--output", self.place.folder / "ra", "--format", "html", "--language", "vi"), 0)
        page = (self.place.folder / "ra" / "one.html").read_text()
        self.assertIn("Tên chưa đúng quyết định", page)
        self.submit(code=0)
        self.assertEqual(len(self.events("submitted")), 1, "nothing was left to submit")
        self.night(*procedures(1), procedure("1.000002", name="Tên đúng"), procedure("1.000003"))
        self.assertIn("1.000002", self.submit().stdout)

    def test_an_operator_asks_for_it_anew_and_the_next_list_names_it(self):
        self.expect(self.run_as("retry", "--code", "1.000002", "--reason", "Tên đúng theo Quyết định 12"), 0, "1 sent back")
        text = self.submit().stdout
        self.assertIn("Được trình lại, vì: Tên đúng theo Quyết định 12", text)
        self.assertIn("Trước đó bị yêu cầu hoàn thiện, vì: Tên chưa đúng quyết định", text)
        self.approve(2)
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.sent(), {"1.000002": 1})

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_what_people_do_is_a_document_with_a_schema(self):
        self.place.records(*procedures(4))
        self.run_as("run")
        for done in (self.submit("--json"), self.run_as("plan", "--list", "2", "--json"), self.approve(2, "--json"),
                     self.send_back(1, "--json", "--code", "1.000003")):
            name = done.json["schema"].split("/")[1]
            schema = json.loads((PROGRAM.parent / "schema" / f"{name}.schema.json").read_text())
            jsonschema.Draft202012Validator(schema).validate(done.json)

    def test_status_says_what_waits_for_whom(self):
        status = self.expect(self.run_as("status", "--json"), 0).json["approval"]
        self.assertEqual(status["counts"], {"unsubmitted": 0, "waiting": 2, "approved": 0, "sent_back": 1})
        self.assertEqual([(row["list"], row["submitter"], row["waiting"]) for row in status["lists"]], [(1, B, 2)])
        words = self.expect(self.run_as("status"), 0).stdout
        self.assertRegex(words, "list 1 .*Trần Văn B")
        self.assertLess(words.index("by department:"), words.index("\nApproval:"), "what is counted stands together")
        self.expect(self.run_as("health"), 1, "2 wait for approval")
        self.approve(1, "--code", "1.000001")
        self.portal.faults("kind=status:422,on=put")
        self.expect(self.run_as("load"), 1)
        self.assertIn("\nDeliveries that did not end\n", self.expect(self.run_as("status"), 0).stdout, "one of one: what waits is none of them")

    def test_pages_and_show_say_who_submitted_approved_and_sent_back(self):
        self.approve()
        self.expect(self.run_as("load"), 1)
        pages = test_console.Pages(self.place)
        self.addCleanup(pages.stop)
        rows = json.loads(pages.page("/en/phe-duyet?tai=json&bang=buoc"))["rows"]
        self.assertEqual([(row["code"], row["standing"]) for row in rows], [("1.000002", "sent-back")], rows)
        self.assertIn("Tên chưa đúng quyết định", pages.page("/phe-duyet"))
        self.assertRegex(pages.page("/en/"), r'href="/en/giu-lai\?ket-qua=sent-back"><b>1</b> <span>sent back</span>')
        self.assertIn("1.000002", pages.page("/en/giu-lai?ket-qua=sent-back"))
        self.assertIn('<option value="waiting">chờ duyệt</option>', pages.page("/vi/giu-lai"))
        self.assertNotRegex(re.sub("<[^>]*>", " ", pages.page("/vi/so-cai")), r"approval-|\bsubmitted\b")
        orders = self.expect(self.run_as("show", "1.000001", "--json"), 0).json["orders"]
        self.assertEqual([(row["order"], row["actor"]) for row in orders], [("submit", B), ("approve", A)])
        page = pages.page("/thu-tuc/1.000001")
        self.assertLess(page.index(B), page.index(A))


class People(Office, Night):
    def test_editing_the_configuration_changes_nothing_before_an_approver_signed_it(self):
        self.night(*procedures(1))
        self.scope("none")
        self.night(code=1)
        self.assertEqual(self.sent(), {})
        self.place.configure(approval=None)
        self.night(code=1)
        self.assertEqual(self.sent(), {})
        self.expect(self.run_as("status"), 0, "not those of the configuration")
        self.submit("--people")
        self.night(code=1)
        self.approve()
        self.night(code=0)
        self.assertEqual(self.sent(), {"1.000001": 1})
        self.scope()  # and back: approval is founded again
        self.night(procedure("1.000001", name="Đổi"))
        self.assertEqual([event for event, _, _ in self.events("approval-founded")], ["approval-founded"] * 2)

    def test_a_removed_person_signs_nothing_any_more_and_a_new_one_does(self):
        self.night(*procedures(2))
        self.submit("--code", "1.000001")
        self.scope(people=self.PEOPLE[1:])
        self.approve(1, code=0)  # still in force
        self.submit("--people")
        self.approve(2, letter="c", name=C)
        self.submit("--code", "1.000002")
        self.approve(3, code=2)
        self.approve(3, letter="c", name=C)
        self.expect(self.run_as("load"), 0)
        self.expect(self.run_as("audit", "verify"), 0)

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_an_office_whose_approvers_are_gone_recovers_after_72_hours(self):
        self.scope(people=self.PEOPLE[:2])
        self.night(*procedures(1))
        self.scope(people=self.PEOPLE[1:])
        words = ("submit", "--people", "--recover", "--as", C, "--reason", "Người duyệt đã nghỉ việc, mất khóa")
        self.expect(self.run_as(*words[:3], *words[3:5], login="c"), 2)
        self.expect(self.run_as("--language", "en", *words, login="c"), 0, "take effect after 72 hours")
        self.expect(self.run_as("health"), 2, "recover")
        self.expect(self.run_as("load", at=71 * 3600), 1)
        self.submit(at=71 * 3600)
        self.approve(2, code=2, letter="c", name=C, at=71 * 3600)
        self.expect(self.run_as("load", at=73 * 3600), 1, "recovered")
        self.approve(2, letter="c", name=C, at=73 * 3600)
        self.expect(self.run_as("load", at=73 * 3600), 0)
        self.expect(self.run_as("audit", "verify", at=73 * 3600), 0)

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_an_approver_who_can_sign_after_all_ends_a_recovery(self):
        self.night(*procedures(1))
        self.submit()
        self.scope(people=self.PEOPLE[1:])
        self.expect(self.run_as("submit", "--people", "--recover", "--as", C, "--reason", "x", login="c"), 0)
        self.approve(1)
        self.expect(self.run_as("load", at=80 * 3600), 0)
        self.assertEqual(self.events("approval-recovered"), [])

    def test_what_is_wrong_with_people_is_told_by_check(self):
        a, b = self.PEOPLE[:2]
        for people, words in (([a], "an approver and a submitter"),
                              ([a, {**b, "role": "approver"}], "an approver and a submitter"), ([b, {**b, "name": C, "login": ["c"]}], "share"),
                              ([a, {**b, "login": ["a"]}], "share"), ([a, {**b, "key": "keys/x.pub"}], "x.pub"),
                              ([a, {**b, "role": "king"}], "role"), ([a, {**b, "certificate": "keys/a.pub"}], "one of them")):
            with self.subTest(words=words):
                self.scope(people=people)
                self.expect(self.run_as("check"), 2, words)
        self.scope(revoked="keys/crl.pem")
        self.expect(self.run_as("check"), 2, r"congkhai\.yaml:\d+:\d+", "crl.pem")
        self.scope("some")
        self.expect(self.run_as("check"), 2, "approval.scope is none, all")


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class Certificates(Certified, Night):
    """A certificate made with openssl, signatures made with openssl cms."""

    made = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = tempfile.TemporaryDirectory(prefix="congkhai-certificates-")
        folder = pathlib.Path(cls.made.name)
        for authority in ("ca", "other"):
            cls.authority(folder, authority)
        cls.certificate(folder, "head")
        cls.certificate(folder, "stranger", "other")
        cls.certificate(folder, "colleague")
        cls.openssl(folder, "ca", "-config", "ca.cnf", "-gencrl", "-crldays", "30", "-out", "good.crl")
        cls.openssl(folder, "ca", "-config", "ca.cnf", "-revoke", "head.pem")
        cls.openssl(folder, "ca", "-config", "ca.cnf", "-gencrl", "-crldays", "30", "-out", "revoked.crl")

    @classmethod
    def tearDownClass(cls):
        cls.made.cleanup()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        shutil.copytree(self.made.name, self.place.folder / "certificates")
        self.head = {"name": A, "role": "approver", "login": ["a"], "certificate": "certificates/head.pem"}
        self.with_certificate()

    def with_certificate(self, **changes):
        self.scope(people=[{**self.head, **changes.pop("head", {})}, self.PEOPLE[1]], authorities="certificates/ca.pem", **changes)

    def submitted(self):
        self.night(*procedures(1))
        self.submit()

    def test_a_certificate_signs_end_to_end_and_a_bundle_holds_ten_years_later(self):
        self.with_certificate(revoked="certificates/good.crl")
        self.submitted()
        self.sign()
        self.hand_in()
        self.expect(self.run_as("load"), 0)
        later = 3650 * DAY if FAKETIME else None
        self.expect(self.run_as("audit", "verify", at=later), 0, "1 signatures of people")
        bundle = self.place.folder / "bundle"
        self.expect(self.run_as("audit", "export", bundle), 0)
        environment = {**self.place.environment}
        if FAKETIME:
            environment.update(LD_PRELOAD=FAKETIME, FAKETIME=f"+{later}s")
        for target in (bundle, self.place.store):
            done = subprocess.run(
                ["python3", ROOT / "scripts" / "verify-ledger", "--english", str(target)], env=environment,
                capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("1 signatures of people hold", done.stdout)
        approved = json.loads(next(line for line in (bundle / "events.ndjson").read_text().splitlines()
                                   if '"event":"approved"' in line))
        signature = bundle / "payloads" / approved["detail"]["signature_digest"]
        self.expect(self.run_as("audit", "verify", bundle, at=later), 0)
        signature.write_bytes(signature.read_bytes()[:-1] + b"\0")
        self.expect(self.run_as("audit", "verify", bundle), 5)
        done = subprocess.run(["python3", ROOT / "scripts" / "verify-ledger", "--english", str(bundle)], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 5, done.stdout)

    def test_pem_and_smime_are_signatures_too_and_a_chain_may_stand_in_them(self):
        for number, form in enumerate(("PEM", "SMIME"), 1):
            self.night(procedure("1.000001", name=form))
            self.submit()
            self.sign(number, form=form)
            self.hand_in(number)
            self.expect(self.run_as("load"), 0)

    def test_signatures_that_do_not_count(self):
        self.submitted()
        self.sign(signer="stranger")
        self.hand_in(1, 2, "another certificate")
        self.sign(signer="colleague")
        self.hand_in(1, 2, "another certificate")
        self.sign(text="DANH SÁCH KHÁC\n")
        self.hand_in(1, 2, "does not sign these bytes")
        self.sign(more=("-nodetach",))
        self.hand_in(1, 2, "does not sign these bytes")
        (self.place.folder / "list.p7s").write_text("no signature")
        self.hand_in(1, 2, "no CMS signature")
        self.assertEqual(self.events("approved"), [])

    def test_a_certificate_of_another_authority_an_expired_and_a_revoked_one_do_not_count(self):
        self.with_certificate(head={"certificate": "certificates/stranger.pem"})
        self.submitted()
        self.sign(signer="stranger")
        self.hand_in(1, 2, "does not stand")

    def test_an_expired_and_a_revoked_certificate_do_not_count(self):
        self.submitted()
        self.sign()
        if FAKETIME:
            self.hand_in(1, 2, "expired", at=400 * DAY)
        self.with_certificate(revoked="certificates/revoked.crl")
        self.hand_in(1, 2, "revoked")
        self.with_certificate(revoked="certificates/good.crl")
        if FAKETIME:
            self.hand_in(1, 2, "CRL has expired", at=40 * DAY)
        self.hand_in()


@unittest.skipUnless(FAKETIME, "needs faketime")
class Nights(Office, Night):
    """Nights by weekday: submitted on Mondays and Thursdays, decided on Tuesdays and Fridays."""

    def setUp(self):
        super().setUp()
        self.place.write("holidays.csv", "from,to,name\n2020-01-01,holiday,a\n")
        self.place.configure(codes={"statuses": "codes.csv", "holidays": "holidays.csv"})
        self.place.change_source(map={**MAP, "decision.signed_on": {"from": "/signed", "date": ["yyyy-MM-dd"]}})

    def live(self, nights, seed=7):
        chance = random.Random(seed)
        today = datetime.datetime.now(VIETNAM).date()
        contents = {f"1.{number:06d}": (0, today) for number in range(1, 9)}
        lists = decided = 0
        for day in range(nights):
            at = day * DAY
            for code in chance.sample(sorted(contents), chance.choice((0, 1, 2))):
                contents[code] = contents[code][0] + 1, today + datetime.timedelta(days=day)
            self.place.records(*(procedure(code, name=f"Bản {version}", decision=f"{version}/QĐ-{code[-1]}", signed=str(signed))
                                 for code, (version, signed) in contents.items()))
            self.assertIn(self.run_as("run", at=at).code, (0, 1))
            if day % 7 in (0, 3):
                before = len(self.events("submitted"))
                self.submit(at=at + 3600)
                lists += len(self.events("submitted")) - before
            elif day % 7 in (1, 4) and day // 7 % 4 != 2:  # of four weeks one is the approver's leave
                for number in range(decided + 1, lists + 1):
                    done = self.run_as("approve", str(number), "--as", A, "--key", self.place.folder / "keys" / "a", login="a",
                                       words="mật khẩu a", at=at + 3600)
                    self.assertIn(done.code, (0, 2), done)
                decided = lists
                if chance.random() < 0.7:
                    self.assertIn(self.run_as("load", at=at + 7200).code, (0, 1))
        return self.check_all(nights * DAY)

    def check_all(self, at):
        with self.place.database() as store:
            sent = store.execute("SELECT seq, code, content_digest, action FROM (SELECT seq, code, lower(hex(digest)) AS"
                                 " content_digest, json_extract(detail, '$.action') AS action FROM ledger WHERE event ="
                                 " 'published')").fetchall()
            approved = store.execute("SELECT e.seq, json_extract(j.value, '$.code'), json_extract(j.value, '$.digest')"
                                     " FROM ledger e JOIN payload p ON p.digest = e.digest,"
                                     " json_each(CAST(p.bytes AS TEXT), '$.steps') j WHERE e.event = 'approved'").fetchall()
        self.assertTrue(sent and approved)
        for seq, code, digest, _ in sent:
            self.assertTrue(any(other < seq and (code, digest) == rest for other, *rest in
                                ((one, one_code, one_digest) for one, one_code, one_digest in approved)
                                for rest in [tuple(rest)]), ("sent without an approval", seq, code))
        self.run_as("run", at=at + 6 * DAY)
        lapsed = {(detail["approved"], code) for _, _, detail in self.events("approval-lapsed") for code in detail["codes"]}
        for seq, code, digest in approved:
            went = any(other > seq and (code, digest) == (other_code, other_digest)
                       for other, other_code, other_digest, _ in sent)
            self.assertTrue(went or (seq, code) in lapsed, ("approved, and nothing came of it", seq, code))
        self.expect(self.run_as("audit", "verify", at=at + 6 * DAY), 0)
        return self.check_lateness(at)

    def check_lateness(self, at):
        """Article 24: five working days from the signature to what the portal acknowledged, counted here by week-days alone."""
        rows = self.place.sql("SELECT e.at, e.code, json_extract(CAST(p.bytes AS TEXT), '$.decision.number'),"
                              " json_extract(CAST(p.bytes AS TEXT), '$.decision.signed_on') FROM ledger e"
                              " JOIN payload p ON p.digest = e.digest WHERE e.event = 'published' ORDER BY e.seq")
        days = [datetime.datetime.fromisoformat(row[0].replace("Z", "+00:00")).astimezone(VIETNAM).date() for row in rows]
        counted = {"in_time": set(), "late": set()}
        for day, (_, code, decision, signed) in zip(days, rows):
            if day == days[0]:
                continue  # the first day is the baseline
            taken, one = 0, datetime.date.fromisoformat(signed)
            while one < day:
                one += datetime.timedelta(days=1)
                taken += one.weekday() < 5
            counted["in_time" if taken <= 5 else "late"].add((decision, code))
        span = "--from", str(days[0] - datetime.timedelta(days=30)), "--to", str(days[-1])
        report = self.expect(self.run_as("--json", "report", "cong-bo", *span, at=at + 6 * DAY), 0).json
        for name, expected in counted.items():
            shown = {(row["decision"], code) for row in report["rows"] for code in row[name]["codes"]}
            self.assertEqual(shown, expected, name)
        return counted

    def test_nine_nights(self):
        self.live(9)

    @slow
    def test_a_month_of_nights(self):
        """Ninety with CONGKHAI_LONG=1."""
        counted = self.live(90 if "CONGKHAI_LONG" in os.environ else 30)
        self.assertTrue(counted["in_time"] and counted["late"], counted)


if __name__ == "__main__":
    unittest.main()
