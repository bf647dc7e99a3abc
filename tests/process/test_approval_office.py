"""Approval in an office's day: scopes by source and department, drafts, a passphrase typed at a terminal, signatures made elsewhere,
and what is asked wrongly."""

import calendar
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

import test_console
from harness import MAP, ROOT, Night, procedure, procedures
from office import A, B, C, Certified, Office


class Usage(Office, Night):
    def refused(self, id, *arguments, **options):
        done = self.expect(self.run_as("--json", *arguments, **options), 2)
        self.assertEqual(done.json["error_id"], id, done)

    def test_what_is_asked_wrongly_is_told_and_changes_nothing(self):
        self.night(*procedures(2))
        self.submit()
        before = self.place.one("SELECT max(seq) FROM ledger")
        key = str(self.place.folder / "keys" / "a")
        for name in ("submit", "approve", "send-back"):
            self.refused("needs-as-name-who-decides-as-the", name, *[] if name == "submit" else ["1"])
            self.refused("needs-as-name-who-decides-as-the", name, "--as", "  ", *[] if name == "submit" else ["1"])
        for number in ("0", "-1", "x", "1x", ""):
            self.refused("is-no-number-of-a-list-congkhai", "approve", "--as", A, "--key", key, "--", number, words="x")
            self.refused("is-no-number-of-a-list-congkhai", "send-back", "--as", A, "--reason", "x", "--", number)
        for more in (["--code", "1.000001"], ["--source", "one"], ["--number", "1/TTr"]):
            self.refused("people-submits-the-rules-of-approval-and", "submit", "--as", B, "--people", *more, login="b")
        self.refused("recover-stands-beside-people-and-reason-text", "submit", "--as", B, "--recover", login="b")
        self.refused("reason-says-why-rules-are-recovered-give", "submit", "--as", B, "--reason", "x", login="b")
        for given in ([], ["--key", key, "--signature", key], ["--key", key, "--key", key]):
            self.refused("approve-needs-key-file-it-asks-for", "approve", "1", "--as", A, *given, login="a", words="x")
        self.refused("cannot-be-opened", "approve", "1", "--as", A, "--key", "nowhere", login="a", words="x")
        self.refused("a-passphrase-is-wanted-type-it-or", "approve", "1", "--as", A, "--key", key, login="a", words="")
        self.refused("needs-reason-text-it-goes-into-the", "send-back", "1", "--as", A, "--reason", " ", login="a")
        self.assertEqual(self.place.one("SELECT max(seq) FROM ledger"), before)
        self.approve()

    def test_where_nothing_needs_approval_nothing_is_submitted(self):
        self.scope("none")
        self.night(*procedures(1), code=0)
        self.expect(self.run_as("--language", "en", "submit", "--as", B, login="b"), 2, "nothing needs approval")

    def test_an_empty_submission_is_a_document_too(self):
        self.night(*procedures(1))
        self.submit()
        done = self.submit("--json")
        self.assertEqual(done.json["content"]["steps"], [])
        self.assertNotIn("list", done.json)
        self.assertEqual(len(self.events("submitted")), 1)


class Scopes(Office, Night):
    def test_a_scope_by_source_and_by_department_binds_these_alone(self):
        sources = [self.place.source(name, department=department) for name, department in (("one", "Sở A"), ("two", "Sở B"), ("three", "Sở C"))]
        self.place.configure(sources=sources)
        self.scope([{"source": "two", "scope": "all"}, {"department": "Sở C", "scope": "all"}])
        for number, name in enumerate(("one", "two", "three"), 1):
            self.place.records(procedure(f"1.{number:06d}"), source=name)
        self.night()
        self.assertEqual(self.sent(), {"1.000001": 1})
        text = self.submit().stdout
        self.assertRegex(text, r"Số việc: 2 ")
        self.assertNotIn("1.000001", text)
        self.approve()
        self.expect(self.run_as("load"), 0)
        self.assertEqual(self.sent(), {"1.000001": 1, "1.000002": 1, "1.000003": 1})
        self.scope([{"source": "two", "scope": "withdrawals"}, {"department": "Sở C", "scope": {"changes": "25%"}}])
        rules = self.submit("--people").stdout
        self.assertIn("- Nguồn: two\nPhải được duyệt: mọi việc bãi bỏ\n", rules)
        self.assertRegex(rules, r"Đơn vị: Sở C\nPhải được duyệt: mọi việc, khi phần thay đổi vượt .*\nTỷ lệ: 0\.25\n")
        self.expect(self.run_as("audit", "verify"), 0)

    def test_what_is_wrong_with_a_scope_is_told_with_its_place(self):
        for scope, id in (([{"sorce": "two", "scope": "all"}], "unknown-key-did-you-mean"), ([{"source": "two"}], "unknown-key-known-are"),
                          ([{"source": "two", "scope": ["all"]}], "approval-scope-is-none-all-withdrawals-changes"),
                          ({"changes": "110%"}, "must-be"), (["all", "most"], "approval-scope-is-none-all-withdrawals-changes")):
            with self.subTest(scope=scope):
                self.scope(scope)
                done = self.expect(self.run_as("--json", "check"), 2, r"congkhai\.yaml:\d+:\d+: ")
                self.assertEqual(done.json["error_id"], id)

    def test_what_is_wrong_with_people_and_authorities_is_told_with_its_place(self):
        (self.place.folder / "empty.pem").write_text("nothing\n")
        person = {name: value for name, value in self.PEOPLE[0].items() if name != "key"}
        for changes, words in (({"people": {"a": 1}}, '"people" is a list'), ({"authorities": "empty.pem"}, "holds no certificate of an authority"),
                               ({"authorities": "nowhere.pem"}, "nowhere.pem"), ({"revoked": "empty.pem"}, "holds no revocation list"),
                               ({"people": [{**person, "certificate": "empty.pem"}, self.PEOPLE[1]]}, "empty.pem"),
                               ({"people": [{**person, "certificate": "nowhere"}, self.PEOPLE[1]]}, "nowhere"),
                               ({"people": [{**person, "key": "empty.pem"}, self.PEOPLE[1]]}, "empty.pem"),
                               ({"people": [{**self.PEOPLE[0], "login": []}, self.PEOPLE[1]]}, "needs a login"),
                               ({"people": [{**self.PEOPLE[0], "login": {"a": 1}}, self.PEOPLE[1]]}, "login")):
            with self.subTest(words=words):
                self.scope(**changes)
                self.expect(self.run_as("--language", "en", "check"), 2, r"congkhai\.yaml:\d+:\d+: [^\n]*" + words)


class Elsewhere(Office, Night):
    @unittest.skipUnless(shutil.which("openssl"), "needs openssl")
    def test_a_key_signs_outside_of_the_program_too_in_bytes_or_base64(self):
        for number in (1, 2):
            self.night(procedure("1.000001", name=f"Tên {number}"))
            text = self.submit().stdout.encode()
            (self.place.folder / "list.txt").write_bytes(self.expect(self.run_as("plan", "--list", str(number)), 0).stdout.encode())
            self.assertIn((self.place.folder / "list.txt").read_bytes().splitlines()[0], text)
            Certified.openssl(self.place.folder, "pkeyutl", "-sign", "-rawin", "-inkey", "keys/a", "-passin", "pass:mật khẩu a",
                              "-in", "list.txt", "-out", "signature")
            signature = self.place.folder / "signature"
            self.assertEqual(signature.stat().st_size, 64)
            if number == 2:
                Certified.openssl(self.place.folder, "base64", "-A", "-in", "signature", "-out", "signature.txt")
                signature = self.place.folder / "signature.txt"
            hand_in = ["approve", str(number), "--as", A, "--signature", signature]
            self.expect(self.run_as(*hand_in, login="c"), 2)
            changed = self.place.folder / "changed"
            changed.write_bytes(signature.read_bytes().replace(signature.read_bytes()[:4], b"AAAA", 1))
            self.expect(self.run_as(*hand_in[:-1], changed, login="a"), 2)
            self.expect(self.run_as(*hand_in, login="a"), 0)
            self.expect(self.run_as("load"), 0)
        self.assertEqual(self.sent(), {"1.000001": 2})
        self.expect(self.run_as("audit", "verify"), 0, "2 signatures of people")

    def test_a_passphrase_that_is_typed_is_not_shown(self):
        self.night(*procedures(1))
        self.submit()
        for typed, code in (("sai", 2), ("mật khẩu a", 0)):
            reader, terminal = pty.openpty()
            running = self.place.start("--language", "en", "approve", "1", "--as", A, "--key", self.place.folder / "keys" / "a",
                                       env={**self.place.environment, "SUDO_USER": "a"}, stdin=terminal)
            while "Passphrase of the key: " not in running.words()[1]:
                self.assertTrue(running.alive(), running.words())
                time.sleep(0.005)
            os.write(reader, typed.encode() + b"\n")
            self.expect(running.wait(), code)
            os.close(terminal)
            shown = b""
            while select.select([reader], [], [], 0.05)[0]:
                try:
                    shown += os.read(reader, 1000)
                except OSError:
                    break
            os.close(reader)
            self.assertNotIn(typed.encode(), shown)
        self.expect(self.run_as("load"), 0)


class Drafts(Office, Night):
    def test_a_draft_is_the_list_that_would_be_submitted_and_submits_nothing(self):
        self.night(*procedures(2))
        self.expect(self.run_as("plan", "--output", self.place.folder / "ra"), 0)
        text = next((self.place.folder / "ra").glob("*.txt")).read_text(encoding="utf-8")
        self.assertRegex(text, r"^DỰ THẢO DANH SÁCH TRÌNH DUYỆT\n(.*\n)*1\. 1\.000001 - ")
        self.assertEqual(self.events("submitted"), [])
        listed = self.submit().stdout
        self.assertEqual(re.findall(r"(?m)^\d+\. .*$", text), re.findall(r"(?m)^\d+\. .*$", listed))

    def test_a_status_of_many_lists_is_short_and_names_proposals_and_pages_too(self):
        self.night(*procedures(10))
        for number in range(1, 11):
            self.submit("--code", f"1.{number:06d}")
        words = self.expect(self.run_as("status"), 0).stdout
        self.assertIn("(8 of 10 lists; all: congkhai --json status)", words)
        self.assertEqual(len(self.run_as("--json", "status").json["approval"]["lists"]), 10)
        self.scope("none")
        self.submit("--people")
        self.assertRegex(self.expect(self.run_as("status"), 0).stdout, f"list 11 proposes other rules and people, by {B}")
        pages = test_console.Pages(self.place, "--language", "en")
        self.addCleanup(pages.stop)
        page = pages.page("/phe-duyet")
        self.assertRegex(page, r'(?s)id="de-nghi".*<dt>list</dt><dd>11</dd>.*<dt>submitted by</dt><dd>' + B)
        self.assertNotIn("takes effect", page)
        self.approve(11)
        self.assertIn("Approval is off", self.expect(self.run_as("status"), 0).stdout)
        self.assertIn("Approval is off", pages.page("/phe-duyet"))
        self.expect(self.run_as("load"), 0)

    def test_a_recovery_says_when_it_takes_effect(self):
        self.night(*procedures(1))
        self.scope(people=self.PEOPLE[1:])
        self.expect(self.run_as("submit", "--people", "--recover", "--as", C, "--reason", "mất khóa", login="c"), 0)
        words = self.expect(self.run_as("status"), 0, "it is to recover approval, and takes effect at").stdout
        pages = test_console.Pages(self.place, "--language", "en")
        self.addCleanup(pages.stop)
        found = re.search(r"<dt>takes effect, unless an approver signs anything</dt><dd>(.*?)</dd>", pages.page("/phe-duyet"))
        self.assertIsNotNone(found)
        self.assertIn(re.sub("<[^>]*>", "", found[1])[:10], words)

    def test_what_falls_due_is_counted_in_working_days(self):
        self.place.change_source(map={**MAP, "decision.number": "/number", "decision.signed_on": "/signed"})
        today, before, base = (time.strftime("%Y-%m-%d", time.gmtime(time.time() + (7 - 24 * days) * 3600)) for days in (0, 60, 90))
        self.place.configure(rules=[str(ROOT / "config/rules/deadlines.yaml")], baseline=base)
        self.night(procedure("1.000001", number="1/QĐ-UBND", signed=today), procedure("1.000002", number="1/QĐ-UBND", signed=before))
        self.submit("--code", "1.000001")
        self.submit("--code", "1.000002")
        old, new = self.run_as("--json", "status").json["approval"]["lists"]
        self.assertTrue(new["due"] > today > old["due"], (new, old))
        self.assertGreater(new["left"], 0)
        self.assertLess(old["left"], 0)
        self.assertIn(f"; {new['left']} working days left, due {new['due']}", self.expect(self.run_as("status"), 0).stdout)
        self.assertIn(f"; due {old['due']}, {-old['left']} working days over\n", self.run_as("status").stdout)
        self.assertRegex(self.run_as("health").stdout, r"1 terms are over, [01] end within 7 days")


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class CertifiedPeople(Certified, Night):
    def test_people_are_listed_with_their_certificates_and_the_authority(self):
        folder = self.place.folder / "certificates"
        folder.mkdir()
        self.authority(folder, "ca")
        self.certificate(folder, "head")
        self.night(*procedures(1))
        head = {"name": "Phạm D", "role": "approver", "login": ["d"], "certificate": "certificates/head.pem"}
        self.scope(people=[*self.PEOPLE, head])
        self.expect(self.run_as("check"), 2, r"approval\.authorities is missing: \"Phạm D\"")
        self.scope(people=[*self.PEOPLE, head], authorities="certificates/ca.pem")
        text = self.submit("--people").stdout
        def told(*arguments):
            return subprocess.run(["openssl", "x509", "-in", "head.pem", "-noout", *arguments], cwd=folder, check=True,
                                  capture_output=True, text=True).stdout.strip().split("=", 1)[1]
        digest = told("-fingerprint", "-sha256").replace(":", "").lower()
        ends = calendar.timegm(time.strptime(told("-enddate"), "%b %d %H:%M:%S %Y %Z"))
        until = time.strftime("%Y-%m-%d", time.gmtime(ends + 7 * 3600))
        self.assertRegex(text, rf"- Người duyệt: Phạm D\n  Tài khoản: d\n  Chứng thư: CN=head\n  Hết hạn: {until}\n"
                               rf"  Chứng thư \(SHA-256\): {digest}\n")
        self.assertRegex(text, r"\nTổ chức chứng thực \(PEM, SHA-256\): [0-9a-f]{64}\n")
        self.approve()
        self.assertEqual(len(self.events("approved")), 1)
        self.submit()
        self.sign(2)
        done = self.run_as("approve", "2", "--as", "Phạm D", "--signature", self.place.folder / "list.p7s", login="d")
        self.expect(done, 0)
        self.expect(self.run_as("load"), 0)
        self.expect(self.run_as("audit", "verify"), 0)


if __name__ == "__main__":
    unittest.main()
