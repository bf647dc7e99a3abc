"""health: one line and an exit code in the manner of monitoring plugins."""

import contextlib
import datetime
import glob
import signal
import sqlite3
import unittest

from harness import MAP, Night, Place, ROOT, Simulator, procedure, wait_until, whole_speed

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
LINE = r"^CONGKHAI {} - [^|\n]+ \| age=-?\d+s;;\d+ kept=\d+ new=\d+;0 due=\d+;0 overdue=\d+;0\n$"


class Health(Night):
    def setUp(self):
        super().setUp()
        self.portal = Simulator()
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)

    def health(self, code, word, *arguments, **options):
        done = self.place.run("health", *arguments, **options)
        self.assertEqual(done.code, code, done)
        self.assertRegex(done.stdout, LINE.format(word) if code < 3 else rf"^CONGKHAI {word} - [^|\n]+\n$")
        return done.stdout

    def test_a_good_night_is_ok_and_something_new_is_a_warning(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        self.health(0, "OK")
        self.place.records(procedure("1.000001"), procedure("1.000002", status="?"))
        self.expect(self.place.run("--quiet", "run"), 1)
        self.assertIn("kept=1 new=1", self.health(1, "WARNING"))
        self.place.records(procedure("1.000001"), procedure("1.000002", status="?", signed="31/02/2026", name=None))
        self.place.change_source(map={**MAP, "decision.signed_on": {"from": "/signed", "date": ["dd/MM/yyyy"]}})
        self.expect(self.place.run("run"), 1, "1 records and procedures are kept back")
        self.assertGreater(len(self.place.run("--json", "kept").json["rows"]), 1)
        self.assertIn("kept=1 new=1", self.health(1, "WARNING"))  # one record with several points

    def test_a_term_ends_with_the_portal_s_acknowledgement(self):
        today = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=7)).date()
        self.place.change_source(map={**MAP, "decision.number": "/number", "decision.signed_on": "/signed"})
        self.place.configure(rules=[str(ROOT / "config/rules/deadlines.yaml")], baseline=str(today - datetime.timedelta(days=9)))
        record = procedure("1.000001", number="1/QĐ-UBND", signed=str(today))
        self.place.records(record)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.assertEqual(len(self.place.run("--json", "status", "--rules").json["deadlines"]), 1)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.run("--json", "status", "--rules").json["deadlines"], [])
        self.assertIn("due=0;0 overdue=0;0", self.health(0, "OK"))
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_term_of_a_record_that_left_is_counted_nowhere(self):
        today = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=7)).date()
        metrics = self.place.folder / "m.prom"
        self.place.change_source(map={**MAP, "decision.number": "/number", "decision.signed_on": "/signed"})
        self.place.configure(rules=[str(ROOT / "config/rules/deadlines.yaml")], baseline=str(today - datetime.timedelta(days=90)),
                             notify=[{"metrics": str(metrics)}])
        stays = procedure("1.000009")
        for days, family in ((0, "due"), (60, "overdue")):
            signed = str(today - datetime.timedelta(days=days))
            self.place.records(stays, procedure("1.000001", name=None, number="1/QĐ-UBND", signed=signed))
            self.expect(self.place.run("run"), 1)
            self.assertEqual(len(self.place.run("--json", "status", "--rules").json["deadlines"]), 1)
            self.assertRegex(metrics.read_text(), rf'congkhai_terms_{family}\{{rule="[^"]+"\}} 1\n')
            self.place.records(stays)
            self.expect(self.place.run("run"), 0)
            self.assertEqual(self.place.run("--json", "status", "--rules").json["deadlines"], [])
            self.assertNotIn("congkhai_terms", metrics.read_text())

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_a_term_of_what_was_withdrawn_before_its_decision_is_met(self):
        today = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=7)).date()
        earlier = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": "-2d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.place.change_source(fetch={"file": "inbox/one.ndjson", "quiet": "0s"},
                                 map={**MAP, "decision.number": "/number", "decision.signed_on": "/signed"})
        self.place.configure(rules=[str(ROOT / "config/rules/deadlines.yaml")], baseline=str(today - datetime.timedelta(days=9)))
        record = procedure("1.000001", number="1/QĐ-UBND", signed=str(today - datetime.timedelta(days=2)))
        self.place.records(record)
        self.expect(self.place.run("run", env=earlier), 0)
        self.expect(self.place.run("withdraw", "1.000001", "--decision", "2/QĐ-UBND", "--reason", "x", "--yes", env=earlier), 0)
        record.update(status="abolished", number="3/QĐ-UBND", signed=str(today))
        self.place.records(record)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.run("--json", "status", "--rules").json["deadlines"], [], "nothing is left to be done")
        record.update(status="announced")
        self.place.records(record)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.assertEqual(len(self.place.run("--json", "status", "--rules").json["deadlines"]), 1)

    def test_a_stopped_night_is_critical_and_says_why(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        (self.place.inbox / "one.ndjson").unlink()
        self.expect(self.place.run("--quiet", "run"), 3)
        self.assertIn("one.ndjson", self.health(2, "CRITICAL"))

    def test_a_night_of_stages_whose_extract_stopped_is_critical_until_it_is_done_again(self):
        self.place.records(procedure("1.000001"))
        stages = lambda *codes: [self.expect(self.place.run(stage), code) for stage, code in zip(("extract", "transform", "load"), codes)]
        stages(0, 0, 0)
        self.health(0, "OK")
        records = self.place.inbox / "one.ndjson"
        away = records.rename(self.place.folder / "away")
        stages(3, 0, 0)
        self.assertIn("one.ndjson", self.health(2, "CRITICAL"))
        night = self.place.run("--json", "status").json["night"]
        self.assertEqual((night["last_run"], night["exit_code"], "one.ndjson" in night["why"]), (6, 3, True))
        away.rename(records)
        stages(0, 0, 0)
        self.health(0, "OK")
        night = self.place.run("--json", "status").json["night"]
        self.assertEqual((night["exit_code"], night["worst_run"], night["worst_exit_code"]), (0, 4, 3))

    def test_its_own_errors_are_unknown(self):
        self.health(3, "UNKNOWN")  # there is no store
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        self.health(3, "UNKNOWN", "--max-age", "soon")
        self.place.configure(rules=["nowhere.yaml"])
        self.health(3, "UNKNOWN")

    def test_a_ledger_that_was_changed_is_critical(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        with sqlite3.connect(self.place.store) as store:
            store.execute("DROP TRIGGER ledger_no_update")
            store.execute("UPDATE ledger SET actor = 'x' WHERE seq = (SELECT max(seq) FROM ledger)")
        store.close()
        self.assertNotEqual(self.place.run("health").code, 0)

    def test_a_store_that_is_lost_or_damaged_is_critical_and_no_reader_calls_it_new(self):
        place = self.place
        self.assertEqual([place.run(*words).code for words in (["status"], ["health"])], [0, 3])
        place.records(procedure("1.000001"))
        self.expect(place.run("--quiet", "run"), 0)
        readers = (["status"], ["--json", "status"], ["runs"], ["kept"], ["show", "1.000001"], ["history", "1.000001"], ["plan"],
                   ["report", "so-luong"], ["audit", "verify"])
        whole = place.store.read_bytes()
        middle = len(whole) // 2
        for kept in (None, b"", whole[:1000], whole[:middle], whole[:middle] + bytes(len(whole) - middle)):
            for name in ("", "-wal", "-shm"):
                place.store.with_name(place.store.name + name).unlink(missing_ok=True)
            for words in (["health"], *(readers if kept is None else readers[:1])):
                if kept is not None:
                    place.store.write_bytes(kept)
                done = place.run(*words)
                self.assertEqual(done.code, 2 if words == ["health"] else 5, (words, kept and len(kept), done))
                self.assertNotIn("nothing has been run", done.stdout + done.stderr)
                if words == ["health"]:
                    self.assertRegex(done.stdout, "^CONGKHAI CRITICAL - ")

    def test_the_next_night_puts_no_empty_store_into_a_lost_ones_place(self):
        place = self.place
        place.records(procedure("1.000001"))
        self.expect(place.run("--quiet", "run"), 0)
        whole = place.store.read_bytes()
        for kept in (None, b""):
            for name in ("", "-wal", "-shm"):
                place.store.with_name(place.store.name + name).unlink(missing_ok=True)
            if kept is not None:
                place.store.write_bytes(kept)
            for words in (["run"], ["extract"], ["reconcile"], ["retry", "--reason", "x"], ["audit", "key", "ledger.key"]):
                self.expect(place.run("--language", "en", *words), 5, "is lost")
                self.assertEqual(place.store.read_bytes() if place.store.exists() else None, kept)
            self.expect(place.run("--language", "en", "status"), 5, "is lost")
        place.store.write_bytes(whole)
        self.expect(place.run("run"), 0)

    def test_what_stands_at_the_portal_has_its_bytes_or_it_is_critical(self):
        """And nobody is shown a content that is not the one of the digest beside it."""
        self.place.records(procedure("1.000001", name="Tên thật"))
        self.expect(self.place.run("--quiet", "run"), 0)
        kept = self.place.store.read_bytes()
        for forgery in ("UPDATE payload SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Tên thật', 'Tên khác') AS BLOB)"
                        " WHERE kept = 1 AND CAST(bytes AS TEXT) LIKE '%\"Tên thật\"%'", "UPDATE payload SET bytes = NULL"):
            with contextlib.closing(sqlite3.connect(self.place.store)) as store, store:
                self.assertTrue(store.execute(forgery).rowcount)
            self.health(2, "CRITICAL")
            for words in (("history", "1.000001", "--on", "2100-01-01"), ("history", "1.000001", "--field", "name"), ("show", "1.000001")):
                done = self.place.run(*words)
                self.expect(done, 5)
                self.assertNotIn("Tên khác", done.stdout)
            self.place.store.write_bytes(kept)
        for forgery in ("UPDATE setting SET value = value || 'x' WHERE name = 'origin'", "DELETE FROM setting WHERE name = 'origin'",
                        "UPDATE tree SET size = size + 1", "UPDATE source SET usual = 99"):
            with contextlib.closing(sqlite3.connect(self.place.store)) as store, store:
                self.assertTrue(store.execute(forgery).rowcount)
            self.health(2, "CRITICAL")
            self.expect(self.place.run("load"), 5)
            self.place.store.write_bytes(kept)
        self.health(0, "OK")

    def test_a_night_that_was_broken_off_is_critical_at_once(self):
        self.place.change_portal(timeout="20s")
        self.place.records(procedure("1.000001"))
        self.portal.faults("kind=timeout,on=put")
        running = self.place.start("run")
        wait_until(lambda: self.portal.requests(), "the night is at work")
        self.assertLess(self.place.run("health").code, 2)
        running.signal(signal.SIGKILL)
        running.wait()
        self.health(2, "CRITICAL")

    @unittest.skipUnless(FAKETIME, "needs faketime")
    @whole_speed
    def test_a_night_that_is_too_old_is_critical(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        environment = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": "+30h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.health(2, "CRITICAL", env=environment)
        self.health(0, "OK", "--max-age", "40h", env=environment)


if __name__ == "__main__":
    unittest.main()
