"""A stop stops: whatever a signal interrupts decides nothing, and ends soon."""

import json
import signal
import sqlite3
import time
import unittest

from harness import Place, procedures, wait_until

UNIQUE = {"id": "U1", "field": "name", "check": {"unique": True}, "severity": "error", "cites": "x",
          "message": {"vi": "trùng", "en": "not unique"}}
# Counts to 300 million: minutes, far more than any of these tests has.
ENDLESS = ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000)"
           " SELECT code, name AS value FROM procedure WHERE (SELECT count(*) FROM n) < 0")


class Stopped(unittest.TestCase):
    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)

    def rules(self, *rules):
        self.place.write("rules.yaml", json.dumps({"rules": rules}, ensure_ascii=False))
        self.place.configure(rules=["rules.yaml"])

    def outcomes(self):
        return dict(self.place.sql("SELECT outcome, count(*) FROM audit_records GROUP BY outcome"))

    def test_a_signal_in_transform_accepts_nothing_that_a_rule_over_all_records_has_not_seen(self):
        """All records have one name, so that each breaks the rule: one that is accepted was never judged."""
        self.place.records(*procedures(8000, name="Tên chung"))
        self.rules(UNIQUE)
        self.assertEqual(self.place.run("extract").code, 0)
        began = time.monotonic()
        codes = []
        for part in range(12):
            running = self.place.start("transform")
            time.sleep(0.02 + part * 0.03)
            running.signal(signal.SIGTERM)
            codes.append(running.wait().code)
            self.assertNotIn("accepted", self.outcomes(), (part, codes))
        self.assertLess(time.monotonic() - began, 60)
        self.assertTrue(set(codes) <= {3, 1}, codes)
        self.assertEqual(self.place.run("transform").code, 1)
        self.assertEqual(self.outcomes(), {"rejected": 8000})
        self.assertEqual(self.place.one("SELECT count(*) FROM procedure_state WHERE wanted_action IS NOT NULL"), 0)

    def test_records_that_were_stopped_under_other_rules_wait_for_those_in_force(self):
        """Mapped under no rules, stopped; then another source is transformed under new ones."""
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(*procedures(5, name="Tên chung"))
        self.place.records(*procedures(5, first=6), source="two")
        self.rules({"id": "S", "field": "name", "check": {"sql": ENDLESS}, "severity": "error", "cites": "x",
                    "message": {"vi": "x", "en": "x"}})
        self.place.run("extract")
        running = self.place.start("transform")
        wait_until(lambda: self.place.store.exists() and self.place.one(
            "SELECT count(*) FROM record WHERE work = 3") == 10, "all records mapped")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.wait().code, 3)
        self.rules(UNIQUE)
        self.place.run("transform", "--source", "two")
        self.assertEqual(self.place.sql("SELECT source, outcome, count(*) FROM audit_records GROUP BY 1, 2"),
                         [("two", "accepted", 5)])
        self.place.run("transform")
        self.assertEqual(self.outcomes(), {"accepted": 5, "rejected": 5})

    def stop_in_a_query(self, number):
        self.place.records(*procedures(50))
        self.rules({"id": "S", "field": "name", "check": {"sql": {"select": ENDLESS, "limit": "600s"}},
                    "severity": "error", "cites": "x", "message": {"vi": "x", "en": "x"}})
        self.place.run("extract")
        running = self.place.start("transform")
        wait_until(lambda: self.place.one("SELECT count(*) FROM record WHERE work = 3") == 50, "the query's turn")
        time.sleep(0.1)
        running.signal(number)
        sent = time.monotonic()
        done = running.wait()
        self.assertEqual(done.code, 3, done)
        self.assertLess(time.monotonic() - sent, 5)
        self.assertEqual(self.outcomes(), {})
        self.assertEqual(self.place.last_run()["exit_code"], 3)

    def test_a_rule_in_sql_obeys_sigterm(self):
        self.stop_in_a_query(signal.SIGTERM)

    def test_a_rule_in_sql_obeys_sighup(self):
        self.stop_in_a_query(signal.SIGHUP)

    def test_a_rule_in_sql_has_a_time_limit_and_lets_nothing_pass(self):
        self.place.records(*procedures(50))
        self.rules({"id": "S", "field": "name", "check": {"sql": {"select": ENDLESS, "limit": "300ms"}},
                    "severity": "error", "cites": "x", "message": {"vi": "x", "en": "x"}})
        self.place.run("extract")
        done = self.place.run("transform")
        self.assertEqual(done.code, 3, done)
        self.assertLess(done.seconds, 10)
        self.assertEqual(self.outcomes(), {})

    def test_sighup_that_was_ignored_from_the_start_is_ignored(self):
        self.place.records(*procedures(3000))
        running = self.place.start("extract", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        time.sleep(0.05)
        running.signal(signal.SIGHUP)
        self.assertEqual(running.wait().code, 0)
        self.assertEqual(self.place.last_run()["seen"], 3000)

    def test_a_query_of_a_source_in_sqlite_obeys_sigterm(self):
        with sqlite3.connect(self.place.folder / "other.db") as other:
            other.execute("CREATE TABLE t (code)")
        self.place.configure(sources=[{
            "name": "db", "format": "rows", "key": "code",
            "fetch": {"sqlite": "other.db", "timeout": "600s",
                      "query": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                               " SELECT 'x' AS code FROM n WHERE i < 0"},
            "map": {"code": "code", "name": "code", "status": {"value": "announced"}}}])
        running = self.place.start("extract")
        time.sleep(0.7)
        running.signal(signal.SIGTERM)
        sent = time.monotonic()
        done = running.wait()
        self.assertEqual(done.code, 3, done)
        self.assertLess(time.monotonic() - sent, 5)


if __name__ == "__main__":
    unittest.main()
