"""A backup is a store that verifies; a restored one says what was lost, and sends nothing that stands at the portal."""

import contextlib
import grp
import json
import os
import shutil
import sqlite3
import time
import unittest

from harness import Place, Simulator, procedure, procedures
from sealed_nights import Forger, Signed, canonical, verifier


def restore_a_backup(place):
    """Two nights, and the first of them in the place of both."""
    place.records(*procedures(2))
    place.run("run")
    place.run("backup", place.folder / "saved.db")
    place.records(*procedures(3))
    place.run("run")
    done = place.run("restore", place.folder / "saved.db", "--reason", "thử")
    assert done.code == 0, done


class Restore(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.portal = self.stack.enter_context(Simulator())
        self.place = self.stack.enter_context(Signed(self.portal))
        self.saved = self.place.folder / "saved.db"
        self.place.records(*procedures(4))
        self.expect("run", 0)
        self.expect("backup", 0, self.saved)
        self.assertEqual(self.saved.stat().st_mode & 0o777, 0o600)
        self.kept = self.place.one("SELECT max(seq) FROM ledger")
        self.place.records(*procedures(3), procedure("1.000004", name="Tên mới của thủ tục"), procedure("1.000005"))
        self.expect("run", 0)
        self.lost = self.place.one("SELECT max(seq) FROM ledger")

    def expect(self, command, code, *arguments):
        done = self.place.run("--json", command, *arguments)
        self.assertEqual(done.code, code, done)
        return done

    def verdicts(self, *arguments, store=None):
        code, report = self.place.verify(*arguments)
        script, _, words = verifier(store or self.place.store, "--key", self.place.key, *arguments)
        self.assertEqual(code, script, (report, words))
        return code, report

    def test_what_was_restored_is_its_owners_alone_or_its_groups_to_read(self):
        self.expect("restore", 0, self.saved, "--reason", "thử")
        self.assertEqual(self.place.store.stat().st_mode & 0o777, 0o600)
        self.place.configure(group=grp.getgrgid(os.getgid()).gr_name)
        self.expect("restore", 0, self.saved, "--reason", "thử")
        self.assertEqual(self.place.store.stat().st_mode & 0o777, 0o640)

    def test_a_backup_is_one_file_that_verifies_and_is_never_written_over(self):
        self.assertFalse(list(self.saved.parent.glob("saved.db?*")))
        self.assertIn("already", self.place.run("backup", self.saved).stderr)
        self.assertEqual(self.place.run("backup", self.saved).code, 2)
        code, _, words = verifier(self.saved, "--key", self.place.key)
        self.assertIn(f"{self.kept} events", words)
        with open(self.place.store, "r+b") as file:
            file.seek(-100, 2)
            file.write(b"x" * 100)
        self.assertEqual(self.place.run("backup", self.place.folder / "second.db").code, 5)
        self.assertFalse(list(self.place.folder.glob("second.db*")))

    def test_a_backup_beside_a_night_is_whole_and_the_night_is_not_disturbed(self):
        self.portal.reset()
        self.place.records(*procedures(3000))
        night, copies = self.place.start("--quiet", "run"), 0
        while night.alive():
            copy = self.place.folder / f"beside-{copies}.db"
            self.expect("backup", 0, copy)
            # no head lies beside a backup: that its end was not cut off, nobody proves
            code, report = self.place.verify(copy)
            self.assertEqual(verifier(copy, "--key", self.place.key)[0], code)
            self.assertEqual((code, report["ledger_holds"], report["findings"]), (1, True, []))
            copies += 1
        self.assertIn(night.wait().code, (0, 1))
        self.assertGreater(copies, 1)
        self.assertEqual(self.verdicts()[0], 0)

    def test_a_restored_store_says_what_was_lost_and_both_verifiers_say_the_same(self):
        done = self.expect("restore", 0, self.saved, "--reason", "đĩa hỏng")
        self.assertEqual((done.json["head"], done.json["newest"]), (self.kept, self.lost))
        event = self.place.one("SELECT detail FROM ledger WHERE event = 'restored'")
        self.assertIn("đĩa hỏng", event)
        self.assertEqual(self.verdicts()[0], 0)
        before, lost = self.place.heads()[0], next(head for head in self.place.heads() if f"{self.lost:010d}" in head.name)
        self.assertEqual(self.verdicts("--checkpoint", before)[0], 0)
        code, report = self.verdicts("--checkpoint", lost)
        self.assertEqual((code, report["holds"]), (1, True))
        self.assertIn(f"holds to event {self.kept} and from it", report["not_proven"][0]["message"])

    def test_a_restore_that_died_before_it_put_its_head_beside_the_store_is_no_forgery_and_goes_on(self):
        beside = self.place.store.with_name(self.place.store.name + ".checkpoint")
        old = beside.read_text(encoding="utf-8")
        self.expect("restore", 0, self.saved, "--reason", "đĩa hỏng")
        new = beside.read_text(encoding="utf-8")
        beside.write_text(old, encoding="utf-8")
        code, report = self.verdicts()
        self.assertEqual((code, report["holds"]), (1, True))
        self.assertIn(f"a backup replaced at event {self.kept} (events 1 to {self.lost})", report["not_proven"][0]["message"])
        self.assertTrue(self.expect("status", 0).json["ledger"]["holds"])
        self.assertLess(self.place.run("health").code, 2)
        self.expect("run", 0)
        self.assertEqual(self.verdicts()[0], 0)
        for forged in (old.replace(f"\n{self.lost}\n", f"\n{self.lost + 1}\n"), old.split("\n\n")[0] + "\n"):
            with self.subTest(forged=forged):  # what nobody signed is no head of the replaced ledger
                beside.write_text(forged, encoding="utf-8")
                self.assertEqual(self.verdicts()[0], 5)
                self.expect("run", 5)
        beside.write_text(new, encoding="utf-8")

    def test_a_second_restore_still_knows_how_far_the_ledger_went_before_the_first(self):
        self.place.configure(ledger={"key": "secret/ledger.key"})  # no copies: only the stores know
        head = self.place.write("kept.checkpoint", self.place.store.with_name(self.place.store.name + ".checkpoint").read_bytes())
        for backup in (self.saved, self.saved, self.place.store.with_name(self.place.store.name + ".replaced-2")):
            done = self.expect("restore", 0, backup, "--reason", "đĩa hỏng")
            self.assertEqual(done.json["newest"], self.lost)
            code, report = self.verdicts("--checkpoint", head)
            self.assertEqual((code, report["findings"]), (1, []))
        for file in self.place.store.parent.glob(self.place.store.name + "*"):  # another machine: nobody knows how far it went
            file.unlink()
        for _ in range(2):
            self.assertIsNone(self.expect("restore", 0, self.saved, "--reason", "máy mới").json["newest"])
            self.assertEqual(self.verdicts("--checkpoint", head)[0], 1)

    def test_a_restore_leaves_nothing_of_its_own_behind(self):
        self.expect("restore", 0, self.saved, "--reason", "thử")
        left = sorted(file.name for file in self.place.store.parent.iterdir())
        self.assertEqual([name for name in left if "restoring" in name], [])
        self.assertIn(self.place.store.name + ".search", left)

    def test_what_stood_there_meanwhile_is_not_known_until_the_portal_was_asked(self):
        def against():
            found = self.place.run("--json", "history", "1.000001", "--on", "2099-01-01").json.get("against", [])
            report = self.place.run("--json", "report", "so-luong", "--as-of", "2099-01-01").json.get("lists", [])
            whole = [row for part in report if part["name"] == "against" for row in part["rows"] if "the store is a backup" in row["words"]]
            self.assertEqual(len(found), len(whole))
            return [(row["what"], row["from"], row["to"]) for row in found]

        self.assertEqual(against(), [])
        self.expect("restore", 0, self.saved, "--reason", "đĩa hỏng")
        self.assertEqual(against(), [("restored", self.kept + 1, self.lost)])
        words = self.place.run("history", "1.000001", "--on", "2099-01-01").stdout
        self.assertRegex(words, f"events {self.kept + 1} to {self.lost} of the replaced ledger")
        for report in "so-luong", "cong-bo":
            table = self.place.run("report", report).stdout.split("What the ledger knows against it\n")
            self.assertRegex(table[-1], f"^  the store is a backup.*events {self.kept + 1} to {self.lost} of the replaced ledger")
        proof = self.place.run("audit", "prove", "1.000005", "--on", "2099-01-01")
        self.assertEqual(proof.code, 2, proof)
        self.assertRegex(proof.stderr, f"events {self.kept + 1} to {self.lost} of the replaced ledger")
        self.place.run("reconcile")
        self.assertEqual(against(), [])

    def test_where_nothing_is_left_that_says_how_much_was_lost_it_is_not_known(self):
        with Place(self.portal) as place:
            place.records(*procedures(2, first=50))
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("backup", place.folder / "saved.db").code, 0)
            kept = place.one("SELECT max(seq) FROM ledger")
            shutil.rmtree(place.store.parent)
            done = place.run("--json", "restore", place.folder / "saved.db", "--reason", "máy hỏng")
            self.assertEqual((done.code, done.json["head"], done.json["newest"]), (0, kept, None), done)
            against, = place.run("--json", "history", "1.000050", "--on", "2099-01-01").json["against"]
            self.assertEqual((against["what"], against["from"], "to" in against), ("restored", kept + 1, False))
            words = place.run("--language", "en", "history", "1.000050", "--on", "2099-01-01").stdout
            self.assertIn(f"(events from {kept + 1} on of the replaced ledger are not in this one)", words)

    def test_without_the_event_an_older_file_is_an_older_file(self):
        self.place.store.write_bytes(self.saved.read_bytes())
        for end in ("-wal", "-shm", ".checkpoint"):
            self.place.store.with_name(self.place.store.name + end).unlink(missing_ok=True)
        self.assertEqual(self.verdicts("--checkpoint", self.place.heads()[-1])[0], 5)

    def test_the_first_load_asks_before_it_sends_and_status_says_so_until_then(self):
        self.expect("restore", 0, self.saved, "--reason", "thử")
        self.assertFalse(self.expect("status", 0).json["compared"])
        self.assertIn("not compared", self.place.run("status").stdout)
        effects = len(self.portal.effects())
        self.expect("run", 0)
        self.assertEqual(len(self.portal.effects()), effects, "what stood there already is not sent again")
        status = self.expect("status", 0).json
        self.assertEqual((status["compared"], status["not_compared"]), (False, 3), "it was asked for what it sent")
        self.expect("reconcile", 0)
        self.assertTrue(self.expect("status", 0).json["compared"])
        self.assertEqual(self.place.one("SELECT count(*) FROM ledger WHERE event = 'published' AND run = 3"), 2)
        self.assertEqual(self.verdicts()[0], 0)

    def test_a_night_that_sends_nothing_compares_nothing(self):
        self.place.records(*procedures(4))
        self.expect("restore", 0, self.saved, "--reason", "thử")
        self.expect("run", 0)
        status = self.expect("status", 0).json
        self.assertEqual((status["compared"], status["not_compared"]), (False, 4))
        self.assertIn("was not asked for 4", self.place.run("status").stdout)

    def test_nights_that_sent_all_of_it_have_compared_it(self):
        self.expect("restore", 0, self.saved, "--reason", "thử")
        self.place.records(*(procedure(f"1.{number:06d}", name="Tên khác") for number in range(1, 4)))
        self.expect("run", 0)
        self.assertEqual(self.expect("status", 0).json["not_compared"], 1)
        self.place.records(*(procedure(f"1.{number:06d}", name="Tên khác nữa") for number in range(1, 5)))
        asked = self.portal.requests("get")
        self.expect("run", 1)  # of the fourth there stands what the backup does not know of
        self.assertEqual(self.portal.requests("get") - asked, 1, "each is asked about once")
        self.assertTrue(self.expect("status", 0).json["compared"])

    def test_what_was_never_there_is_none_of_those_it_believes_to_stand_there(self):
        never = procedure("1.000009", status="abolished")
        self.place.records(*procedures(2), never)
        self.expect("run", 0)
        second = self.place.folder / "second.db"
        self.expect("backup", 0, second)
        self.expect("restore", 0, second, "--reason", "thử")
        status = self.expect("status", 0).json
        stands = self.place.one("SELECT count(*) FROM audit_current")
        self.assertEqual((status["compared"], status["not_compared"]), (False, stands))

    def test_restoring_refuses_what_does_not_verify_and_wants_a_reason(self):
        self.assertEqual(self.place.run("restore", self.saved).code, 2)
        shutil.copy(self.saved, self.place.folder / "forged.db")
        with contextlib.closing(sqlite3.connect(self.place.folder / "forged.db", isolation_level=None)) as database:
            database.execute("UPDATE payload SET bytes = CAST('x' AS BLOB), size = 1 WHERE id = 1")
        before = self.place.one("SELECT count(*) FROM ledger")
        self.assertEqual(self.place.run("restore", self.place.folder / "forged.db", "--reason", "x").code, 5)
        for other in (self.place.inbox, "/dev/null", self.place.folder / "congkhai.yaml", "none.db"):  # none of them is a ledger
            self.assertEqual(self.place.run("restore", other, "--reason", "x").code, 2, other)
        self.assertEqual(self.place.one("SELECT count(*) FROM ledger"), before)

    def test_the_replaced_store_is_kept(self):
        done = self.expect("restore", 0, self.saved, "--reason", "thử")
        self.assertEqual(verifier(done.json["replaced"], "--key", self.place.key)[0], verifier(self.saved)[0])


class Bundles(unittest.TestCase):
    def verdicts(self, place, *which):
        folder = place.folder / "bundle"
        shutil.rmtree(folder, ignore_errors=True)
        self.assertEqual(place.run("audit", "export", *which, folder).code, 0)
        code, report = place.verify(folder, "--key", place.key)
        script, _, words = verifier(folder, "--key", place.key)
        self.assertEqual(code, script, (which, report, words))
        return code

    def test_the_bundle_of_a_run_that_restored_holds_also_where_the_backup_was_taken_beside_a_run(self):
        with Simulator() as portal, Signed(portal) as place:
            for count in (3, 12):  # the second backup is taken while a run is at work
                place.records(*procedures(count))
                if count == 12:
                    portal.faults("kind=slow:150")
                night, wanted = place.start("--quiet", "run"), place.folder / f"{count}.db"
                if count == 12:
                    while not place.one("SELECT count(*) FROM ledger WHERE event = 'published' AND run = (SELECT max(run) FROM ledger)"):
                        time.sleep(0.02)
                    self.assertEqual(place.run("backup", wanted).code, 0)
                night.wait()
                portal.faults()
                if count == 3:
                    self.assertEqual(place.run("backup", wanted).code, 0)
            self.assertEqual(sqlite3.connect(wanted).execute("SELECT count(*) FROM ledger WHERE event = 'run-finished'").fetchone(), (1,))
            for backup in (place.folder / "3.db", wanted):
                self.assertEqual(place.run("restore", backup, "--reason", "đĩa hỏng").code, 0)
                for run in range(1, place.one("SELECT max(run) FROM ledger") + 1):
                    self.assertEqual(self.verdicts(place, "--run", str(run)), 0, (backup, run))
                self.assertEqual(self.verdicts(place), 0)

    def test_what_a_bundle_says_of_the_backup_is_held_against_the_events_in_front_of_it(self):
        with Simulator() as portal, Signed(portal, sign=False) as place:
            restore_a_backup(place)
            run, seq, detail = place.sql("SELECT run, seq, detail FROM ledger WHERE event = 'restored'")[0]
            for name, value in ((None, None), ("root", "ab" * 32), ("size", 1)):
                with Forger(place) as forger:
                    if name:
                        changed = json.loads(detail)
                        changed["head"][name] = value
                        forger.do("UPDATE ledger SET detail = ? WHERE seq = ?", canonical(changed).decode(), seq)
                    forger.rebuild()
                folder = place.folder / f"bundle-{name}"
                self.assertEqual(place.run("audit", "export", "--run", str(run), folder).code, 0)
                self.assertEqual((place.verify(folder)[0], verifier(folder)[0]), (5, 5) if name else (0, 0), name)


class MadeAnew(unittest.TestCase):
    def test_both_verifiers_say_the_same_of_how_far_a_replaced_ledger_is_said_to_have_gone(self):
        with Simulator() as portal, Signed(portal, sign=False) as place:
            restore_a_backup(place)
            seq, detail = place.sql("SELECT seq, detail FROM ledger WHERE event = 'restored'")[0]
            for size, holds in ((10**14, True), (10**15, False), (2**53 - 1, False), (True, False), ("9", False)):
                detail = {**json.loads(detail)} if isinstance(detail, str) else detail
                detail["newest"]["size"] = size
                with Forger(place) as forger:
                    forger.do("UPDATE ledger SET detail = ? WHERE seq = ?", canonical(detail).decode(), seq)
                    forger.rebuild()
                ours, script, report, words = place.both("--checkpoint", place.write("own.checkpoint", place.run("audit", "checkpoint").stdout))
                self.assertEqual((ours[0], script[0]), (holds, holds), (size, report, words))


if __name__ == "__main__":
    unittest.main()
