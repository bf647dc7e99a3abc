"""health: one line and an exit code in the manner of monitoring plugins."""

import glob
import unittest

from harness import MAP, Night, Place, Simulator, procedure, whole_speed

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

    def test_a_stopped_night_is_critical_and_says_why(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("--quiet", "run"), 0)
        (self.place.inbox / "one.ndjson").unlink()
        self.expect(self.place.run("--quiet", "run"), 3)
        self.assertIn("one.ndjson", self.health(2, "CRITICAL"))

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
        import sqlite3
        with sqlite3.connect(self.place.store) as store:
            store.execute("DROP TRIGGER ledger_no_update")
            store.execute("UPDATE ledger SET actor = 'x' WHERE seq = (SELECT max(seq) FROM ledger)")
        store.close()
        self.assertNotEqual(self.place.run("health").code, 0)

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
