"""--store: every command that only reads does so without a configuration and without a trace."""

import hashlib
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest

from harness import PROGRAM, ROOT, Night, Place, Simulator, procedure, procedures, wait_until

COMMANDS = (("status",), ("status", "--rules"), ("runs",), ("show", "1.000001"), ("history", "1.000001"), ("kept",),
            ("history", "1.000001", "--on", "2099-01-01"), ("health",), ("plan",), ("report", "so-luong"),
            ("report", "cho-hoan-thien"), ("audit", "verify"), ("audit", "checkpoint"))
STRANGER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def trace(folder):
    """All that a reader could have changed there; SQLite's times of reading are none of it."""
    return {entry.name: (entry.stat().st_mtime_ns, entry.stat().st_size,
                         hashlib.sha256(open(entry.path, "rb").read()).hexdigest()) for entry in os.scandir(folder)}


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be another user")
class Reading(Night):
    def setUp(self):
        super().setUp()
        self.place.records(*procedures(3), procedure("1.000009", status="?"))
        self.expect(self.place.run("run"), 1)
        os.chmod(self.place.folder, 0o755)
        # Where the project lies (in /root?) another user may read no script.
        self.verifier = shutil.copy(ROOT / "scripts/verify-ledger", self.place.folder)

    def read(self, store, *command, code=(0, 1, 2), stranger=True, environment=None):
        """In a folder of its own, where no configuration is found; health says what it says in its exit code."""
        done = subprocess.run([*(STRANGER if stranger else ()), PROGRAM, *command, "--store", str(store)], cwd="/", text=True,
                              capture_output=True, timeout=60,
                              env={**os.environ, "LC_ALL": "en_US.UTF-8", "TMPDIR": "/tmp", **(environment or {})})
        may = code if command[0] == "health" else (0, 1) if command[:2] == ("audit", "verify") else (0,)
        self.assertIn(done.returncode, may, (command, done))  # the stranger may not read the checkpoint: not proven
        return done.stdout

    def closed(self, folder):
        """As on a medium that cannot be written: the stranger may read and no more."""
        for path in folder.iterdir():
            os.chmod(path, 0o444)
        os.chmod(folder, 0o555)
        return folder / self.place.store.name

    def after_a_crash(self, name, *files):
        """What a killed run leaves: somebody else reads while it ends, so that its log is not folded back."""
        connection = sqlite3.connect(self.place.store)
        connection.execute("SELECT count(*) FROM ledger").fetchall()
        self.place.records(*procedures(4), procedure("1.000009", status="?"))
        self.expect(self.place.run("run"), 1)
        folder = self.place.folder / name
        folder.mkdir()
        for end in ("", "-wal", *files):
            shutil.copy(f"{self.place.store}{end}", folder)
        self.assertGreater((folder / f"{self.place.store.name}-wal").stat().st_size, 0)
        connection.close()
        return self.closed(folder)

    def test_every_command_in_a_folder_that_cannot_be_written(self):
        store = self.closed(self.place.store.parent)
        before = trace(store.parent)
        for command in COMMANDS:
            with self.subTest(command):
                self.assertTrue(self.read(store, *command))
                self.assertEqual(trace(store.parent), before)

    def test_a_store_is_the_file_of_its_name_though_sqlite_would_take_it_for_something_else(self):
        for name in ("file:a.db", ":memory:"):
            self.place.configure(store=name)
            for command in ([PROGRAM, "run"], [PROGRAM, "status"], [PROGRAM, "audit", "verify"], [sys.executable, self.verifier], [PROGRAM, "runs", "--store"]):
                named = () if command[-1] in ("run", "status") else (name,)
                done = subprocess.run([*command, *named], cwd=self.place.folder, text=True, capture_output=True, timeout=60,
                                      env=self.place.environment)
                self.assertEqual(done.returncode, 1 if command[-1] == "run" else 0, (command, done))

    def test_of_a_store_that_may_not_be_read_no_verifier_says_that_it_does_not_hold(self):
        os.chmod(self.place.store.parent, 0o755)
        for locked in (self.place.store, self.place.store.parent):
            os.chmod(locked, 0o700)
            for command in ([PROGRAM, "audit", "verify"], [sys.executable, self.verifier], [PROGRAM, "audit", "verify", "--store"]):
                done = subprocess.run([*STRANGER, *command, str(self.place.store)], cwd="/", text=True, capture_output=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout), (3, ""), (command, done))

    def test_a_store_that_may_not_be_read_is_neither_new_nor_broken(self):
        shutil.chown(self.place.folder, 65534)
        for locked in (self.place.store, self.place.store.parent):
            os.chmod(self.place.store.parent, 0o755)
            os.chmod(locked, 0o700)
            for command in ("backup", self.place.folder / "saved.db"), ("status",), ("kept",), ("runs",), ("run",):
                done = subprocess.run([*STRANGER, PROGRAM, *command], cwd=self.place.folder, text=True, capture_output=True,
                                      timeout=60, env=self.place.environment)
                self.assertEqual((done.returncode, done.stdout), (3, ""), (command, locked, done))

    def test_of_a_bundle_that_may_not_be_read_no_verifier_says_that_it_does_not_hold(self):
        os.chmod(self.place.store.parent, 0o755)
        bundle = self.place.store.parent / "bundle"
        self.expect(self.place.run("audit", "export", bundle), 0)
        for path in (bundle, *bundle.rglob("*")):
            os.chmod(path, 0o755)
        for locked, code in (None, 0), (bundle / "events.ndjson", 3), (bundle / "payloads", 3), (bundle, 3):
            if locked:
                os.chmod(locked, 0)
            for command in ([PROGRAM, "audit", "verify"], [sys.executable, self.verifier]):
                done = subprocess.run([*STRANGER, *command, str(bundle)], cwd="/", text=True, capture_output=True, timeout=60)
                self.assertEqual((done.returncode, not done.stdout), (code, code > 0), (command, locked, done))
            if locked:
                os.chmod(locked, 0o755)

    def test_a_folder_that_takes_no_head_stops_what_writes_before_it_begins(self):
        folder = self.place.store.parent
        head = folder / (self.place.store.name + ".checkpoint")
        old = head.read_bytes()
        self.expect(self.place.run("run"), 1)
        head.write_bytes(old)
        for path in (folder, *folder.iterdir()):
            os.chown(path, 65534, 65534)
        os.chmod(folder, 0o500)
        runs = self.place.one("SELECT count(*) FROM audit_runs")
        done = subprocess.run([*STRANGER, PROGRAM, "--config", str(self.place.folder / "congkhai.yaml"), "retry", "--reason", "x"], cwd="/", text=True,
                              capture_output=True, timeout=60, env={**self.place.environment, "TMPDIR": "/tmp"})
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("nothing was begun", done.stderr)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_runs"), runs)

    def as_stranger(self, *command):
        done = subprocess.run([*STRANGER, PROGRAM, "--config", self.place.folder / "congkhai.yaml", *map(str, command)], cwd="/", text=True,
                              capture_output=True, timeout=60, env={**self.place.environment, "TMPDIR": "/tmp"})
        return done

    def give_away(self):
        for path in (self.place.folder, *self.place.folder.rglob("*")):
            os.chown(path, 65534, 65534)

    def test_what_root_writes_belongs_to_whoever_has_the_store(self):
        heads = self.place.folder / "heads"
        self.place.configure(ledger={"copies": [{"folder": str(heads)}]}, notify=[{"metrics": str(self.place.folder / "m.prom")}])
        commands = (("run",), ("plan",), ("retry", "--reason", "x"), ("kept", "--output", self.place.folder / "lists"), ("run",),
                    ("backup", self.place.folder / "b.db"), ("audit", "export", self.place.folder / "bundle"),
                    ("restore", self.place.folder / "b.db", "--reason", "x"), ("audit", "key", self.place.folder / "keys" / "k"))
        for group in (None, "nogroup"):
            self.give_away()
            self.place.configure(group=group)
            reader = sqlite3.connect(self.place.store)  # so that the log and its index stay
            for name in (*self.place.store.parent.glob("*.search"), *self.place.store.parent.glob("*.lock")):
                name.unlink()
            for command in commands:
                self.assertIn(self.place.run(*command).code, (0, 1), command)
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            made = {str(path.relative_to(self.place.folder)): path.stat().st_uid for path in self.place.folder.rglob("*")}
            self.assertEqual({name for name, owner in made.items() if owner != 65534} - {"congkhai.yaml"}, set(), group)
            for name in ("state/congkhai.db.search", "state/congkhai.db.checkpoint", "state/congkhai.db.plan", "m.prom", "lists", "heads", "bundle"):
                self.assertIn(name, made)
            reader.close()
            for command in ("plan",), ("kept", "--output", self.place.folder / "lists"), ("run",):
                done = self.as_stranger(*command)
                self.assertIn(done.returncode, (0, 1), (command, done))
            for path in self.place.folder.glob("b*"), self.place.folder.glob("keys"):
                for entry in path:
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def test_root_gives_the_owner_of_the_store_what_stands_beside_it_though_the_folder_is_roots(self):
        for path in self.place.store.parent.iterdir():
            os.chown(path, 65534, 65534)
        for end in (".search", ".checkpoint"):
            pathlib.Path(f"{self.place.store}{end}").unlink()
        self.expect(self.place.run("retry", "--reason", "x"), 0)
        for path in self.place.store.parent.iterdir():
            self.assertEqual(path.stat().st_uid, 65534, path)

    def test_a_head_that_may_not_be_read_says_nothing_against_the_ledger(self):
        self.expect(self.place.run("backup", self.place.folder / "b.db"), 0)
        self.give_away()
        head = f"{self.place.store}.checkpoint"
        os.chown(head, 0, 0)
        for command in ("run",), ("transform",), ("retry", "--reason", "x"), ("status",), ("restore", self.place.folder / "b.db", "--reason", "x"):
            done = self.as_stranger(*command)
            self.assertEqual((done.returncode, done.stdout), (3, ""), (command, done))
            self.assertIn(f"{head} cannot be opened: it belongs to root, and nobody may not", done.stderr, command)
            self.assertIn(f"chown nobody {head}", done.stderr, command)
        done = self.as_stranger("health")
        self.assertEqual(done.returncode, 3, done)
        self.assertIn("UNKNOWN", done.stdout)
        self.assertNotIn("does not verify", done.stdout)

    def test_a_key_that_may_not_be_read_is_not_to_be_made_anew(self):
        self.place.configure(ledger={"key": "ledger.key"})
        self.expect(self.place.run("audit", "key"), 0)
        self.give_away()
        os.chown(self.place.folder / "ledger.key", 0, 0)
        for command in ("check",), ("run",):
            done = self.as_stranger(*command)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("ledger.key cannot be opened: it belongs to root", done.stderr + done.stdout)
            self.assertNotIn("make one", done.stderr + done.stdout)

    def test_it_says_what_the_configuration_would(self):
        for command in (("kept",), ("report", "so-luong"), ("status",)):
            of_configuration = self.expect(self.place.run("--json", *command), 0).stdout
            self.assertEqual(self.read(self.place.store, "--json", *command, stranger=False), of_configuration)

    def test_the_log_of_a_killed_run_is_read_with_its_index_and_without(self):
        for name, files in (("with", ("-shm",)), ("without", ())):
            with self.subTest(name):
                store = self.after_a_crash(name, *files)
                before = trace(store.parent)
                self.assertIn("1.000004", self.read(store, "--json", "show", "1.000004"), "what only the log has")
                self.assertIn("holds", self.read(store, "audit", "verify"))
                self.assertEqual(trace(store.parent), before)

    def test_no_verifier_leaves_a_trace_beside_what_it_is_shown(self):
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        alone = self.place.folder / "alone"
        alone.mkdir()
        shutil.copy(self.place.store, alone)
        crashed = self.after_a_crash("crashed"), self.after_a_crash("indexed", "-shm")
        for store in (alone / self.place.store.name, *crashed):
            before = trace(store.parent)
            os.chmod(store.parent, 0o755)  # root writes anyway
            for command in ([PROGRAM, "audit", "verify"], [sys.executable, self.verifier]):
                done = subprocess.run([*command, store], cwd="/", text=True, capture_output=True, timeout=60)
                self.assertEqual(done.returncode, 1, (command, store, done))  # no head stands beside it
                self.assertEqual(trace(store.parent), before, command)
        self.expect(self.place.run("restore", alone / self.place.store.name, "--reason", "x"), 0)
        self.assertEqual(os.listdir(alone), [self.place.store.name])

    def test_a_copy_leaves_no_file_behind(self):
        store = self.after_a_crash("copied")
        private = self.place.folder / "private"
        private.mkdir()
        os.chmod(private, 0o777)
        self.read(store, "runs", environment={"TMPDIR": str(private)})
        self.assertEqual(os.listdir(private), [])

    def test_beside_a_run_and_after_it_was_killed(self):
        with Simulator("--delay", "40") as portal, Place(portal) as place:
            place.records(*procedures(2))
            self.expect(place.run("run"), 0)
            os.chmod(place.folder, 0o755)
            os.chmod(place.store.parent, 0o755)
            os.chmod(place.store, 0o644)
            place.records(*procedures(300))
            place.change_portal(in_flight=1)
            run = place.start("run")
            wait_until(lambda: place.sql("SELECT count(*) FROM audit_deliveries")[0][0] > 4, "some are sent")
            for command in (("runs",), ("kept",), ("audit", "verify")):
                self.assertTrue(self.read(place.store, *command))
            self.assertTrue(run.alive(), "still at work")
            run.signal(signal.SIGKILL)
            run.wait()
            self.assertTrue((place.store.parent / f"{place.store.name}-wal").exists())
            before = trace(place.store.parent)
            self.assertIn('"run": 2', self.read(place.store, "--json", "runs"))
            self.assertIn("holds", self.read(place.store, "audit", "verify"))
            self.assertEqual(trace(place.store.parent), before)

    def test_only_readers_take_it_and_not_beside_a_configuration(self):
        for arguments, words in ((("run", "--store", "x"), "takes no option --store"),
                                 (("status", "--store", str(self.place.store)), "one of --store and --config"),):
            self.assertIn(words, self.expect(self.place.run(*arguments), 2).stderr)
        done = subprocess.run([PROGRAM, "status", "--store", "/nowhere/x.db"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2, done)
