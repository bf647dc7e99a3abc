"""What is given to the verifiers to hang, to fill the memory or to break off: both end in time with the same verdict, and a signal
ends them wherever they are."""

import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
import types
import unittest

from harness import PROGRAM, Running, Simulator, slow, wait_until, whole_speed
from sealed_nights import VERIFIER, Forger, Signed, approved_nights, canonical
from test_forge import Verdicts

ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"


def columns_of(database, table):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def endless_view(table):
    """In its place, a view that has its columns and no end."""
    def edit(database):
        columns = ", ".join(f"i AS {name}" for name in columns_of(database, table))
        database.execute("PRAGMA foreign_keys = OFF")
        for name, in database.execute("SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchall():
            kind, = database.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
            database.execute(f"DROP {kind} {name}")
        database.execute(f"DROP TABLE {table}")
        database.execute(f"CREATE VIEW {table} AS {ENDLESS.format(columns)}")
    return edit


def computed(database):
    columns = ", ".join("bytes AS (zeroblob(900000000))" if name == "bytes" else name for name in columns_of(database, "payload"))
    database.execute("ALTER TABLE payload RENAME TO aside")
    database.execute(f"CREATE TABLE payload ({columns})")
    rest = ", ".join(name for name in columns_of(database, "aside") if name != "bytes")
    database.execute(f"INSERT INTO payload ({rest}) SELECT {rest} FROM aside")


def odd_schema(statement, *values):
    def edit(database):
        database.execute("PRAGMA writable_schema = ON")
        database.execute(statement, values)
    return edit


def many_objects(database):
    database.execute("CREATE VIEW v0 AS SELECT 1 AS a")
    for number in range(1, 2000):
        database.execute(f"CREATE VIEW v{number} AS SELECT x.a FROM v{number - 1} x, v{number - 1} y")


PUT = "INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)"
SCHEMAS = {
    "payloads are an endless view": endless_view("payload"), "events are an endless view": endless_view("ledger"),
    "heads are an endless view": endless_view("checkpoint"), "the tree is an endless view": endless_view("tree"),
    "settings are an endless view": endless_view("setting"), "bytes are computed": computed,
    "a virtual table": lambda database: database.execute("CREATE VIRTUAL TABLE quiet USING fts4 (a)"),
    "views of views": many_objects, "a table without words": odd_schema("UPDATE sqlite_master SET sql = 'x' WHERE name = 'ledger'"),
    "a table on another's page": odd_schema(PUT, "table", "quiet", "quiet", 2, "CREATE TABLE quiet (a)"),
    "a table on no page": odd_schema(PUT, "table", "quiet", "quiet", 10**9, "CREATE TABLE quiet (a)"),
    "a kind that is none": odd_schema(PUT, "song", "quiet", "quiet", 0, None),
    "names that are bytes": odd_schema(PUT, b"view", b"\xff", b"\xff", 0, b"CREATE VIEW a AS SELECT 1"),
    "a large view": odd_schema(PUT, "view", "quiet", "quiet", 0, "CREATE VIEW quiet AS SELECT '" + "x" * (10 << 20) + "'"),
    "two of one name": odd_schema("INSERT INTO sqlite_master SELECT * FROM sqlite_master WHERE name = 'tree'"),
}
DETAILS = {"deep": '{"a":' + "[" * 200000, "deep and whole": '{"a":' + "[" * 5000 + "]" * 5000 + "}", "digits": '{"a":' + "9" * 5000 + "}",
           "a fraction": '{"a":1e999999999}', "twice": '{"a":1,"a":1}', "a surrogate": '{"a":"\\ud800"}', "a NUL": '{"a":"\\u0000"}',
           "bytes": b'{"a":1}', "no UTF-8": b"\xff\xfe", "no object": "[]", "large": '{"a":"' + "x" * (10 << 20) + '"}',
           "many": '{"a":[' + "[]," * (1 << 20) + "1]}", "nothing": "", "a number": 7}


@slow
class Bombs(Verdicts):
    def tearDown(self):
        self.assertLess(self.campaign.longest, 30)
        self.assertLess(self.campaign.largest, 400)  # MB; the longest line that is taken has 64

    def changed(self, edit):
        path = self.edited()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            edit(database)
        return path

    def test_schemas_that_are_bombs(self):
        for what, edit in SCHEMAS.items():
            self.never_holds(what, self.changed(edit))

    def test_details_that_are_bombs(self):
        for what, detail in DETAILS.items():
            def edit(database):
                for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                    database.execute(f"DROP TRIGGER {name}")
                database.execute("UPDATE ledger SET detail = ? WHERE seq = 5", (detail,))
            self.never_holds(what, self.changed(edit))

    def test_columns_that_are_bombs(self):
        large = b"x" * (8 << 20)
        for what, statement in (("a note", "UPDATE checkpoint SET note = ?"), ("a frontier", "UPDATE tree SET frontier = ?"),
                                ("a setting", "UPDATE setting SET value = ? WHERE name = 'origin'"), ("a digest", "UPDATE payload SET digest = ? WHERE id = 3")):
            for value in (large, large.decode()):
                self.never_holds(what, self.changed(lambda database: database.execute(statement, (value,))))

    def test_what_is_no_file_in_the_place_of_one(self):
        made = {"a pipe": os.mkfifo, "endless": lambda path: os.symlink("/dev/zero", path), "a terminal": lambda path: os.symlink("/dev/tty", path),
                "a folder": os.mkdir, "itself": lambda path: os.symlink(path.name, path)}
        for what, make in made.items():
            for end in ("", "-wal", "-shm", "-journal"):
                path = self.edited()
                beside = path.with_name(path.name + end)
                beside.unlink(missing_ok=True)
                make(beside)
                with self.subTest((what, end)):
                    ours, script, _ = self.campaign.verdicts(path)
                    self.assertEqual(ours, script)
                    self.assertIn(ours, (1, 2, 5))
                beside.rmdir() if beside.is_dir() and not beside.is_symlink() else beside.unlink()
            for name in ("payloads/" + sorted(os.listdir(self.bundle / "payloads"))[0], "further.ndjson", "head-before", "proofs.ndjson", "configuration.json"):
                folder = self.place.folder / "strange"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(self.bundle, folder)
                (folder / name).unlink()
                make(folder / name)
                if what == "itself":  # nothing is there
                    ours, script, _ = self.campaign.verdicts(folder)
                    self.assertEqual(ours, script, name)
                else:
                    self.never_holds((what, name), folder)
            head = self.place.folder / "strange.head"
            make(head)
            for option in ("--checkpoint", "--key"):
                with self.subTest((what, option)):
                    codes = [Running(command, env=self.place.environment).wait(20).code for command in (
                        [PROGRAM, "audit", "verify", self.place.store, option, head], [sys.executable, VERIFIER, self.place.store, option, head])]
                    self.assertEqual(codes, [2, 2])
            head.rmdir() if head.is_dir() and not head.is_symlink() else head.unlink()

    def test_documents_that_are_bombs(self):
        words = json.loads(self.proof.read_text(encoding="utf-8"))
        for what, text in (("many", '{"events":[' + "[]," * (5 << 20) + "1]}"), ("a list", "[" * (20 << 20)), ("a text", '{"a":"' + "x" * (20 << 20)),
                           ("larger", '{"a":"' + "x" * (65 << 20) + '"}'), ("many, and whole", '{"a":[' + "[]," * 90000 + "1]}"), ("a mark", "\ufeff" + json.dumps(words)),
                           ("many steps", json.dumps({**words, "events": [{**words["events"][0], "path": ["0" * 64] * 500000}]}))):
            self.never_holds(what, self.place.write("strange.json", text))
        for name, size in (("events.ndjson", 1 << 40), ("proofs.ndjson", 1 << 40), ("bundle.json", 1 << 40), ("head", 1 << 40), ("payloads.sha256", 1 << 40),
                           ("payloads/" + sorted(os.listdir(self.bundle / "payloads"))[0], 1 << 40)):
            folder = self.place.folder / "strange"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.bundle, folder)
            os.truncate(folder / name, size)
            self.never_holds(("without an end", name), folder)


class WithoutAKey(Verdicts):
    """The schema that the last run names is made to fit: what never ends is then asked."""

    sealed = False

    def changed(self, *edits):
        path = self.edited()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            for edit in edits:
                edit(database)
            rows = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name, type").fetchall()
        return path, hashlib.sha256("".join(f"{kind} {name} {sql or ''}\n" for kind, name, sql in rows).encode()).hexdigest()

    def test_schemas_that_the_ledger_names_are_bombs_all_the_same(self):
        for table in ("payload", "checkpoint", "tree", "setting", "record", "procedure_state", "finding"):
            _, digest = self.changed(endless_view(table))
            path, _ = self.changed()
            with Forger(types.SimpleNamespace(store=path)) as forger:
                seq, detail = forger.do("SELECT seq, detail FROM ledger WHERE event = 'run-started' ORDER BY seq DESC LIMIT 1")[0]
                forger.do("UPDATE ledger SET detail = ? WHERE seq = ?", canonical({**json.loads(detail), "schema": digest}).decode(), seq)
                forger.rebuild()
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
                endless_view(table)(database)
            self.never_holds(table, path)


class Signals(Verdicts):
    def stopped(self, arguments, is_there, **options):
        """SIGTERM when `is_there`: the exit code; None: it had ended before."""
        running = Running(arguments, **{"env": self.place.environment, **options})
        self.place.children.append(running)
        wait_until(lambda: not running.alive() or is_there(running.process.pid), "it is at work", 60)
        if not running.alive():
            return running.wait().code
        running.signal(signal.SIGTERM)
        return running.wait(10).code

    @slow
    @whole_speed
    def test_a_signal_ends_both_wherever_they_are(self):
        path = self.edited()
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("CREATE TEMP TABLE number AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n")
            names = ", ".join(columns_of(database, "ledger")[1:])
            database.execute(f"INSERT INTO ledger SELECT 1000 + i, {names} FROM number, ledger WHERE seq = 3")
            names = ", ".join(f"{name} || i" if name == "key" else name for name in columns_of(database, "record")[1:])
            database.execute(f"INSERT INTO record SELECT 1000 + i, {names} FROM number, record WHERE id = (SELECT min(id) FROM record)")
        for program in ([PROGRAM, "--config", self.place.folder / "congkhai.yaml", "audit", "verify"], [sys.executable, VERIFIER]):
            codes = []
            for ticks in (8, 16, 32, 64, 128, 256, 512):  # hundredths of a second of its own time
                codes.append(self.stopped([*program, path], lambda pid: self.ticks(pid) > ticks))
                if codes[-1] == 5:
                    break
            self.assertEqual(set(codes[:-1]), {3}, codes)
            self.assertGreaterEqual(len(codes), 3)

    @staticmethod
    def ticks(pid):
        with contextlib.suppress(FileNotFoundError):
            return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return 10**6


@unittest.skipUnless(shutil.which("openssl"), "needs openssl")
class Openssl(unittest.TestCase):
    def test_a_signal_ends_verify_ledger_while_openssl_is_asked(self):
        with Simulator() as portal, Signed(portal) as place:
            approved_nights(place, portal)
            slept = place.write("bin/openssl", "#!/bin/sh\nexec sleep 20\n")
            slept.chmod(0o755)
            environment = {**place.environment, "PATH": f"{slept.parent}:{os.environ['PATH']}"}
            running = Running([sys.executable, VERIFIER, place.store], env=environment)
            wait_until(lambda: pathlib.Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().strip(), "openssl is asked")
            running.signal(signal.SIGTERM)
            self.assertEqual(running.wait(5).code, 3)


if __name__ == "__main__":
    unittest.main()
