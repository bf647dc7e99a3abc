"""Approval: submitted, signed, sent back; and what an attacker would try."""

import base64
import contextlib
import glob
import json
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness import Night, Place, ROOT, procedure, procedures, slow

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
A, B, C = "Nguyễn Thị A", "Trần Văn B", "Lê Thị C"
DAY = 86400


class Keys:
    """Keys of people, made once: a passphrase costs time by design."""

    folder = None

    @classmethod
    def of(cls, place):
        if cls.folder is None:
            cls.folder = tempfile.TemporaryDirectory(prefix="congkhai-keys-")
            for letter, name in zip("abc", (A, B, C)):
                Office.call(place, "audit", "key", f"{cls.folder.name}/{letter}", "--as", name, words=f"mật khẩu {letter}")
        shutil.copytree(cls.folder.name, place.folder / "keys", dirs_exist_ok=True)


class Office:
    """A place with people in it."""

    PEOPLE = [{"name": A, "role": "approver", "login": ["a"], "key": "keys/a.pub"},
              {"name": B, "role": "submitter", "login": ["b"], "key": "keys/b.pub"},
              {"name": C, "role": "approver", "login": ["c"], "key": "keys/c.pub"}]

    @staticmethod
    def call(place, *arguments, login="op", words=None, at=None, **options):
        environment = {**place.environment, "SUDO_USER": login}
        if at is not None:  # seconds from now, by the program's clock
            environment.update(LD_PRELOAD=FAKETIME, FAKETIME=f"{at:+d}s")
        with contextlib.ExitStack() as stack:
            if words is not None:
                options["stdin"] = stack.enter_context(tempfile.TemporaryFile())
                options["stdin"].write(words.encode() + b"\n")
                options["stdin"].seek(0)
            return place.run(*arguments, env=environment, **options)

    def setUp(self):
        super().setUp()
        Keys.of(self.place)
        self.scope()

    def scope(self, scope="all", people=None, **changes):
        self.place.configure(approval={"scope": scope, "people": people or self.PEOPLE, "expires": "5d", **changes})

    def run_as(self, *arguments, **options):
        return self.call(self.place, *arguments, **options)

    def night(self, *records, code=1, **options):
        if records:
            self.place.records(*records)
        return self.expect(self.run_as("run", **options), code)

    def submit(self, *options, code=0, login="b", name=B, **rest):
        return self.expect(self.run_as("submit", "--as", name, *options, login=login, **rest), code)

    def approve(self, number=1, *options, code=0, letter="a", name=A, **rest):
        done = self.run_as("approve", str(number), "--as", name, "--key", self.place.folder / "keys" / letter, *options,
                           **{"login": letter, "words": f"mật khẩu {letter}", **rest})
        return self.expect(done, code)

    def send_back(self, number=1, *options, code=0, reason="Tên chưa đúng quyết định", **rest):
        done = self.run_as("send-back", str(number), "--as", A, "--reason", reason, *options, **{"login": "a", **rest})
        return self.expect(done, code)

    def events(self, *names):
        marks = ", ".join("?" for _ in names)
        return [(event, code, json.loads(detail)) for event, code, detail in self.place.sql(
            f"SELECT event, code, detail FROM audit_events WHERE event IN ({marks}) ORDER BY seq", *names)]

    def sent(self):
        return self.portal.effect_counts()

    @contextlib.contextmanager
    def store(self):
        """The store as an attacker has it: without triggers."""
        connection = sqlite3.connect(self.place.store)
        try:
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in triggers:
                connection.execute(sql)
            connection.commit()
        finally:
            connection.close()


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

    def test_withdraw_retry_and_overwrite_submit_and_say_so(self):
        self.place.configure(approval=None)
        self.night(*procedures(2), code=0)
        self.scope()
        words = ["--decision", "99/QĐ-UBND", "--reason", "Bãi bỏ"]
        words += ["--yes"] if "--yes" in self.run_as("help", "withdraw").stdout else []
        done = self.run_as("withdraw", "1.000001", *words, login="b")
        self.expect(done, 1, "submitted for approval as list 1")
        self.expect(self.run_as("withdraw", "1.000002", *words), 1, "op is no login")
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2})
        self.approve()
        self.expect(self.run_as("load"), 1)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 2, "withdraw": 1})


if __name__ == "__main__":
    unittest.main()
