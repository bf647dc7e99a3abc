"""A stop stops: whatever a signal interrupts decides nothing, and ends soon."""

import grp
import json
import os
import shutil
import signal
import sqlite3
import time
import unittest

from harness import Place, Simulator, procedures, wait_until

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
        self.assertTrue(set(codes) <= {3, 1, -15}, codes)  # -15: the signal came before the program had begun
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
        # Whoever runs the tests with nohup has it ignored from the start.
        running = self.place.start("transform", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
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
        for _ in range(2):  # as timeout(1) sends it: to the process, and to its group
            running.signal(signal.SIGTERM)
            time.sleep(0.01)
        sent = time.monotonic()
        done = running.wait()
        self.assertEqual(done.code, 3, done)
        self.assertLess(time.monotonic() - sent, 5)
        self.assertEqual(self.place.last_run()["exit_code"], 3)


class Words(unittest.TestCase):
    """Why a run stopped is kept as a name and values; words are made of them for who reads."""

    def test_why_a_run_stopped_is_told_in_the_readers_language(self):
        with Place() as place:
            place.configure(language="vi")
            place.records(*procedures(20))
            place.write("rules.yaml", json.dumps({"rules": [{
                "id": "S", "field": "name", "check": {"sql": {"select": ENDLESS, "limit": "200ms"}}, "severity": "error",
                "cites": "x", "message": {"vi": "x", "en": "x"}}]}))
            place.configure(rules=["rules.yaml"])
            done = place.run("run")
            self.assertEqual(done.code, 3, done)
            self.assertIn("a-query-took-longer", place.one("SELECT json_extract(detail, '$.error.id') FROM ledger"
                                                           " WHERE event = 'run-finished'"))
            self.assertNotIn("a query took longer", place.one("SELECT why FROM audit_runs"))
            for command in ("runs", "status"):
                self.assertIn("a query took longer than 200 ms", place.run("--language", "en", "--json", command).stdout, command)
                vi = place.run("--language", "vi", "--json", command).stdout
                self.assertNotIn("a query took longer", vi, command)
                self.assertIn("200", vi)

    def test_an_error_in_json_has_a_name_and_a_hint(self):
        with Place() as place:
            found = place.run("--json", "stats").json
            self.assertEqual(found["error_id"], "there-is-no-command-did-you-mean")
            place.configure(portal=None)
            self.assertEqual(place.run("--json", "load").json["exit_code"], 2)


class Status(unittest.TestCase):
    """status is one screen that begins with the last night, and says of how many it shows how many."""

    def test_status_begins_with_the_last_night_and_counts_what_came_since(self):
        with Simulator() as portal, Place(portal) as place:
            place.records(*procedures(30, name=None))
            self.assertEqual(place.run("run").code, 1)
            place.run("transform", "--source", "one")
            place.run("load", "--code", "1.000001")
            self.assertEqual(place.sql("SELECT json_extract(detail, '$.filter') FROM ledger WHERE event = 'run-started'"),
                             [(None,), ('{"codes":[],"sources":["one"]}',), ('{"codes":["1.000001"],"sources":[]}',)])
            night = place.run("--json", "status").json["night"]
            self.assertEqual((night["first_run"], night["last_run"], night["exit_code"], night["commands_since"]), (1, 1, 1, 2))
            shown = place.run("status").stdout
            self.assertRegex(shown, r"\AThe night of \d{4}-\d\d-\d\d: run 1, ")
            self.assertIn("smaller commands since: 2", shown)
            self.assertIn("records rejected 30", shown)
            self.assertRegex(shown, r"\(8 of 30; all: ")
            self.assertLess(len(shown.splitlines()), 40)
            self.assertEqual(len(place.run("--json", "status").json["records"]), 30)

    def test_status_names_a_source_that_was_not_read_whole(self):
        with Place() as place:
            place.records(*procedures(3))
            place.run("extract")
            (place.inbox / "one.ndjson").unlink()
            self.assertEqual(place.run("extract").code, 3)
            broken, = place.run("--json", "status").json["not_whole"]
            self.assertEqual((broken["source"], broken["run"]), ("one", 2))
            self.assertIn("not read whole", place.run("status").stdout)
            said = {language: place.run("--language", language, "--json", "status").json["not_whole"][0]["why"]
                    for language in ("en", "vi")}
            self.assertNotEqual(said["en"], said["vi"])
            self.assertIn(said["vi"], place.run("--language", "vi", "status").stdout.replace("\n", " "))
            place.records(*procedures(3))
            place.run("extract")
            self.assertEqual(place.run("--json", "status").json["not_whole"], [])
            self.assertIsNone(place.run("--json", "status").json["night"])

    def test_a_day_that_is_not_over_is_answered_as_known_at(self):
        with Simulator() as portal, Place(portal) as place:
            place.records(*procedures(1))
            place.run("run")
            last = place.one("SELECT at FROM ledger ORDER BY seq DESC LIMIT 1")
            found = place.run("--json", "history", "1.000001", "--on", "2099-01-01").json
            self.assertEqual((found["known_at"], found["status"]), (last, "published"))
            self.assertIn("as known at", place.run("history", "1.000001", "--on", "2099-01-01").stdout)
            self.assertNotIn("known_at", place.run("--json", "history", "1.000001", "--on", "2001-01-01").json)


class Doors(unittest.TestCase):
    """One run at a time on a store, whatever it is called; what is created is ours, and where it is safe."""

    def setUp(self):
        self.portal = Simulator("--delay", "4")
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)
        self.place.records(*procedures(240))

    def standing(self):
        """A run that stands still in the middle of its publications."""
        running = self.place.start("run")
        wait_until(lambda: self.portal.stats()["effects"] >= 10, "10 publications")
        running.signal(signal.SIGSTOP)
        return running

    def refused_under(self, name):
        effects = self.portal.stats()["effects"]
        self.place.configure(store=name)
        done = self.place.run("run")
        self.assertEqual(done.code, 4, done)
        self.assertIn("another run", done.stderr)
        self.assertLessEqual(self.portal.stats()["effects"], effects + 4)

    def test_a_second_run_is_found_under_every_name_of_the_store(self):
        running = self.standing()
        state = self.place.folder / "state"
        (state / "link.db").symlink_to("congkhai.db")
        (self.place.folder / "far").symlink_to("state")
        os.link(state / "congkhai.db", state / "hard.db")
        for name in ("state/link.db", "far/congkhai.db", "state/hard.db"):
            with self.subTest(name):
                self.refused_under(name)
        (state / "congkhai.db.lock").unlink()
        self.refused_under("state/congkhai.db")
        running.signal(signal.SIGCONT)
        self.assertEqual(running.wait().code, 0)

    def test_a_store_that_is_named_by_a_link_has_its_companions_beside_the_file(self):
        (self.place.folder / "real").mkdir()
        (self.place.folder / "state").mkdir()
        self.place.run("extract")
        (self.place.folder / "state" / "congkhai.db").rename(self.place.folder / "real" / "it.db")
        for end in (".lock", ".checkpoint", ".search"):
            (self.place.folder / "state" / ("congkhai.db" + end)).unlink()
        self.place.store.symlink_to("../real/it.db")
        self.assertEqual(self.place.run("run").code, 0)
        self.assertEqual([path.name for path in self.place.store.parent.iterdir()], ["congkhai.db"])
        for end in (".checkpoint", ".search"):
            self.assertTrue((self.place.folder / "real" / ("it.db" + end)).exists(), end)
        self.assertEqual(self.place.run("audit", "verify").code, 0)

    def test_nothing_is_created_through_a_link(self):
        victim = self.place.write("victim", "precious")
        state = self.place.folder / "state"
        state.mkdir()
        for name in ("congkhai.db.lock", "congkhai.db", "congkhai.db-wal", "congkhai.db-shm"):
            for target in (victim, self.place.folder / "nowhere"):
                if name == "congkhai.db" and target == victim:
                    continue  # a store may be a link; this one is then no database
                with self.subTest(name=name, target=target.name):
                    (state / name).symlink_to(target)
                    done = self.place.run("run")
                    self.assertEqual(done.code, 2, done)
                    self.assertIn("symbolic link", done.stderr)
                    self.assertEqual(victim.read_text(), "precious")
                    self.assertFalse((self.place.folder / "nowhere").exists())
                    (state / name).unlink()
        (state / "congkhai.db.checkpoint").symlink_to(self.place.folder / "nowhere")
        self.assertEqual(self.place.run("run").code, 0)
        self.assertFalse((self.place.folder / "nowhere").exists())
        self.assertFalse((state / "congkhai.db.checkpoint").is_symlink())

    def test_what_a_run_leaves_is_ours_or_the_groups(self):
        def modes():
            return {path.name: path.stat().st_mode & 0o777 for path in self.place.store.parent.iterdir()}

        self.place.configure(ledger={"copies": [{"folder": "heads"}]})
        running = self.place.start("run", preexec_fn=lambda: os.umask(0))
        wait_until(lambda: self.portal.stats()["effects"] >= 10, "10 publications")
        self.assertEqual(set(modes().values()), {0o600}, modes())
        self.assertEqual(running.wait().code, 0)
        self.assertEqual(set(modes().values()), {0o600}, modes())
        self.assertEqual(self.place.store.parent.stat().st_mode & 0o777, 0o700)
        heads = list((self.place.folder / "heads").iterdir())
        self.assertEqual({path.stat().st_mode & 0o777 for path in heads}, {0o600})
        self.place.run("audit", "export", str(self.place.folder / "bundle"))
        self.assertEqual({path.stat().st_mode & 0o677 for path in (self.place.folder / "bundle").rglob("*") if path.is_file()},
                         {0o600})
        shutil.rmtree(self.place.store.parent)
        self.portal.reset()
        self.place.configure(group=grp.getgrgid(os.getgid()).gr_name)
        self.place.records(*procedures(40))
        running = self.place.start("run", preexec_fn=lambda: os.umask(0o077))
        wait_until(lambda: self.portal.stats()["effects"] >= 10, "10 publications")
        self.assertEqual(set(modes().values()), {0o640}, modes())
        self.assertEqual(running.wait().code, 0)
        self.assertEqual(self.place.store.parent.stat().st_mode & 0o777, 0o750)

    def test_a_folder_where_everybody_may_write_is_refused_by_check_and_run(self):
        state = self.place.folder / "state"
        state.mkdir()
        state.chmod(0o777)
        for command in ("check", "run", "extract"):
            done = self.place.run(command)
            self.assertEqual(done.code, 2, done)
            self.assertIn("everybody may write", done.stderr)
        self.assertEqual(list(state.iterdir()), [])
        state.chmod(0o1777)
        self.assertEqual(self.place.run("run").code, 0)
        (self.place.folder / "heads").mkdir()
        (self.place.folder / "heads").chmod(0o777)
        self.place.configure(ledger={"copies": [{"folder": "heads"}]})
        for command in ("check", "run"):
            self.assertEqual(self.place.run(command).code, 2, command)
        self.place.configure(ledger=None, group="no-such-group")
        self.assertEqual(self.place.run("check").code, 2)

    def test_what_is_no_file_is_refused_as_a_store_by_check_and_run(self):
        for store in ("", "inbox", "/dev/null"):
            self.place.configure(store=store)
            for command in ("check", "run"):
                done = self.place.run(command)
                self.assertEqual(done.code, 2, (store, done))
                self.assertIn("is no regular file", done.stderr)
        self.assertEqual(sorted(path.name for path in self.place.folder.iterdir()),
                         ["codes.csv", "congkhai.yaml", "inbox"])
        self.assertFalse(os.path.exists("/dev/null.lock"))

    def test_a_store_that_cannot_be_opened_says_nothing_against_its_ledger(self):
        state = self.place.folder / "state"
        state.mkdir()
        (state / "congkhai.db.lock").mkdir()
        done = self.place.run("run")
        self.assertIn(done.code, (2, 3), done)


if __name__ == "__main__":
    unittest.main()
