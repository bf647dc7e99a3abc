"""What the tests of the whole program share: a portal to talk to, a place to work in, the program as a process.

    with Simulator("--delay", "5") as portal, Place(portal) as place:
        place.records(procedure("1.000001"), procedure("1.000002"))
        done = place.run("run")
        assert done.code == 0 and place.one("SELECT published FROM audit_runs") == 2

The build folder comes from CONGKHAI_BUILD (./build). With CONGKHAI_SANITIZED=1 the programs are slow and large, and every
word of a sanitizer is an error. Real records for tests that want them: the folder CONGKHAI_DATA, or a folder shared/data
beside the checkout.
"""

import contextlib
import copy
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("CONGKHAI_BUILD", "build")
PROGRAM = BUILD / "congkhai"
SIMULATOR = BUILD / "portal-simulator"
SANITIZED = bool(os.environ.get("CONGKHAI_SANITIZED"))
QUICK = bool(os.environ.get("CONGKHAI_QUICK"))
SECONDS = 240 if SANITIZED else 60

slow = unittest.skipIf(QUICK, "a slow one")
long = unittest.skipUnless("CONGKHAI_LONG" in os.environ, "a long one: CONGKHAI_LONG=1")
whole_speed = unittest.skipIf(SANITIZED, "measures, and sanitizers weigh")


def data_folder(name):
    """A folder of real records, or None."""
    places = [os.environ.get("CONGKHAI_DATA"), ROOT.parent / "shared" / "data"]
    for place in places:
        if place and (pathlib.Path(place) / name).is_dir():
            return pathlib.Path(place) / name
    return None


class Simulator:
    """A running portal. Options are given as its command line has them."""

    def __init__(self, *options, port=0):
        self.process = subprocess.Popen([SIMULATOR, "--port", str(port), *map(str, options)], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (https?://127\.0\.0\.1:(\d+)/v1)\n", line)
        if not found:
            self.process.wait()
            raise AssertionError(f"the simulator did not start: {line!r} {self.process.stderr.read()!r}")
        self.url, self.port = found[1], int(found[2])

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, path, body=payload, headers={"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, (path, answer.status, text)
            return json.loads(text) if text else None
        finally:
            connection.close()

    def faults(self, *specs):
        return self.ask("PUT", "/_control/faults", list(specs))

    def stats(self):
        return self.ask("GET", "/_control/stats")

    def effects(self):
        """What took effect, oldest first: {id, code, action, key, digest, version, …}."""
        return self.ask("GET", "/_control/effects")

    def effect_counts(self):
        counts = {}
        for effect in self.effects():
            counts[effect["code"]] = counts.get(effect["code"], 0) + 1
        return counts

    def held(self):
        """What the portal holds, by code; "content" is the document that was received."""
        found = self.ask("GET", "/_control/held?content=1")
        for entry in found:
            if isinstance(entry.get("content"), str):
                entry["content"] = json.loads(entry["content"])
        return {entry["code"]: entry for entry in found}

    def requests(self, operation=None):
        """How many requests came since the last reset: of all, or of one operation (put, get, batch, …)."""
        stats = self.stats()
        return stats["by_operation"].get(operation, 0) if operation else stats["requests"]

    def reset(self):
        self.ask("POST", "/_control/reset")
        self.faults()

    def stop(self, how=signal.SIGTERM):
        if self.process.returncode is None:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process.stdout.close()
            self.errors = self.process.stderr.read()
            self.process.stderr.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@contextlib.contextmanager
def silent_port(port=0):
    """A port where nobody listens, held so that no other test's simulator is given it meanwhile."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
        yield held.getsockname()[1]


class Done:
    """How a process ended."""

    def __init__(self, code, stdout, stderr, usage, seconds):
        self.code, self.stdout, self.stderr, self.usage, self.seconds = code, stdout, stderr, usage, seconds

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def megabytes(self):
        """The most memory it had."""
        return self.usage.ru_maxrss / 1024

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.stdout[-3000:]}\nstderr: {self.stderr[-3000:]}"


class Running:
    """A process that runs."""

    def __init__(self, arguments, **options):
        self.begun = time.monotonic()
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(arguments, stdout=self.out, stderr=self.err, **options)
        self.usage = None

    def alive(self):
        if self.usage is None:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.usage = usage
                self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.usage is None

    def signal(self, number):
        if self.alive():
            os.kill(self.process.pid, number)

    def wait(self, seconds=None):
        seconds = seconds or SECONDS
        late = time.monotonic() + seconds
        pause = 0.002
        while self.alive():
            if time.monotonic() > late:
                os.kill(self.process.pid, signal.SIGKILL)
                _, _, self.usage = os.wait4(self.process.pid, 0)
                self.process.returncode = -9
                raise AssertionError(f"not done after {seconds} s: {self.words()}")
            time.sleep(pause)
            pause = min(pause * 1.3, 0.05)
        done = Done(self.process.returncode, *self.words(), self.usage, time.monotonic() - self.begun)
        self.out.close()
        self.err.close()
        if "Sanitizer" in done.stderr or "runtime error:" in done.stderr:
            raise AssertionError(f"a sanitizer speaks: {done.stderr[:6000]}")
        return done

    def words(self):
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "strict"))
        return texts


MAP = {
    "code": "/code",
    "name": "/name",
    "status": {"from": ["/status"], "codes": "statuses"},
    "decision.number": "/decision",
    "steps": {"from": "/steps", "split": "\n", "map": {"text": "."}},
    "notes": "/notes",
}
STATUSES = "from,to\nannounced,announced\ndraft,draft\nabolished,abolished\n"


def procedure(code, **changes):
    """A source record as MAP reads it. None leaves a field out."""
    record = {"code": code, "name": f"Thủ tục {code}", "status": "announced", "decision": "12/QĐ-UBND",
              "steps": f"Nộp hồ sơ {code}\nNhận kết quả"}
    record.update(changes)
    return {name: value for name, value in record.items() if value is not None}


def procedures(count, first=1, **changes):
    return [procedure(f"1.{number:06d}", **changes) for number in range(first, first + count)]


def lines(records):
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


@contextlib.contextmanager
def opened(path):
    """A store as an attacker has it: without triggers, which are the same again at the end."""
    database = sqlite3.connect(path, isolation_level=None)
    guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    try:
        for name, _ in guards:
            database.execute(f'DROP TRIGGER "{name}"')
        yield database
        for _, sql in guards:
            database.execute(sql)
    finally:
        database.close()


class Place:
    """A folder with a configuration (one ndjson source "one" in inbox/one.ndjson), a store, and the program to run in it."""

    def __init__(self, portal=None, **changes):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="congkhai-process-"))
        self.inbox = self.folder / "inbox"
        self.inbox.mkdir()
        (self.folder / "codes.csv").write_text(STATUSES, encoding="utf-8")
        self.store = self.folder / "state" / "congkhai.db"
        self.environment = {**os.environ, "CONGKHAI_PORTAL_TOKEN": "a-token", "LC_ALL": "en_US.UTF-8",
                            "LANGUAGE": ""}
        url = portal.url if portal else "http://127.0.0.1:9/v1"
        self.configuration = {
            "agency": {"code": "H13", "name": "UBND thành phố Cần Thơ"},
            "store": "state/congkhai.db",
            "language": "en",
            "sources": [self.source("one")],
            "portal": {"driver": "rest", "url": url, "in_flight": 4, "timeout": "5s",
                       "retry": {"attempts": 4, "first": "20ms", "most": "200ms"}},
            "codes": {"statuses": "codes.csv"},
        }
        self.configure(**changes)
        self.children = []

    @staticmethod
    def source(name, **changes):
        source = {"name": name, "fetch": {"file": f"inbox/{name}.ndjson"}, "format": "ndjson", "key": "/code",
                  "listing": "full", "map": copy.deepcopy(MAP)}
        source.update(changes)
        return {key: value for key, value in source.items() if value is not None}

    def configure(self, **changes):
        """Changes top-level parts of the configuration (None takes one out) and writes it. JSON is YAML."""
        self.configuration.update(changes)
        self.configuration = {key: value for key, value in self.configuration.items() if value is not None}
        for source in self.configuration.get("sources", []):  # a test writes a file and reads it at once
            if isinstance(source.get("fetch"), dict) and {"file", "folder"} & source["fetch"].keys():
                source["fetch"].setdefault("quiet", 0)
        self.write("congkhai.yaml", json.dumps(self.configuration, ensure_ascii=False, indent=1) + "\n")

    def change_source(self, at=0, **changes):
        source = {**self.configuration["sources"][at], **changes}
        self.configuration["sources"][at] = {key: value for key, value in source.items() if value is not None}
        self.configure()

    def change_portal(self, **changes):
        self.configure(portal={**self.configuration["portal"], **changes})

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def records(self, *records, source="one"):
        self.write(f"inbox/{source}.ndjson", lines(records))

    def start(self, *arguments, program=None, **options):
        options.setdefault("env", self.environment)
        running = Running([program or PROGRAM, "--config", self.folder / "congkhai.yaml", *arguments], **options)
        self.children.append(running)
        return running

    def run(self, *arguments, seconds=None, **options):
        return self.start(*arguments, **options).wait(seconds)

    @contextlib.contextmanager
    def database(self):
        connection = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)
        try:
            yield connection
        finally:
            connection.close()

    def sql(self, query, *parameters):
        with self.database() as connection:
            return connection.execute(query, parameters).fetchall()

    def one(self, query, *parameters):
        rows = self.sql(query, *parameters)
        assert len(rows) == 1 and len(rows[0]) == 1, rows
        return rows[0][0]

    def last_run(self):
        """The newest row of audit_runs as a dictionary."""
        with self.database() as connection:
            connection.row_factory = sqlite3.Row
            return dict(connection.execute("SELECT * FROM audit_runs ORDER BY run DESC LIMIT 1").fetchone())

    def rejections(self, run=None):
        """(source_key, rule) of what rejected records, in one run or all."""
        condition = "" if run is None else f" AND run = {int(run)}"
        return sorted(self.sql("SELECT source_key, rule FROM audit_rejections WHERE severity = 'error'" + condition))

    def rows(self):
        """The rows of all tables."""
        with self.database() as connection:
            names = [name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names)

    def close(self):
        for child in self.children:
            if child.alive():
                child.signal(signal.SIGKILL)
                with contextlib.suppress(AssertionError):
                    child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def fill_in(configuration):
    """What a person does after `init`: the agency in place of its placeholders."""
    text = configuration.read_text(encoding="utf-8")
    filled = re.sub(r'(?m)^agency: .*$', "agency: { code: H13, name: UBND thành phố Cần Thơ }", text)
    assert filled != text
    configuration.write_text(filled, encoding="utf-8")


def most_megabytes(running):
    """The most memory of a process until it ends, without what it had of ours before it became its own program."""
    most = 0
    while running.alive():
        with contextlib.suppress(OSError):
            status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
            found = re.search(r"VmHWM:\s+(\d+)", status)
            if found and "Name:\tcongkhai\n" in status:
                most = max(most, int(found[1]) / 1024)
        time.sleep(0.002)
    return most


def wait_until(condition, what, seconds=30):
    late = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < late, f"not within {seconds} s: {what}"
        time.sleep(0.005)


class Night(unittest.TestCase):
    """A portal for all tests of a class, emptied before each, and a place for each."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator(*cls.options)

    @classmethod
    def tearDownClass(cls):
        code = cls.portal.stop()
        assert code == 0 and not cls.portal.errors, (code, cls.portal.errors)

    def setUp(self):
        self.portal.reset()
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)

    def expect(self, done, code, *words):
        """The exit code, and words that its messages must have."""
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertRegex(done.stdout + done.stderr, re.compile(word, re.S))
        return done

    def check_accounts(self, place=None):
        """What INTERFACE asks of every run: nothing seen and nothing sent is without its end."""
        place = place or self.place
        with place.database() as connection:
            connection.row_factory = sqlite3.Row
            for run in connection.execute("SELECT * FROM audit_runs"):
                run = dict(run)
                unchanged = run["seen"] - run["changed"]
                if run["command"] == "run" and run["exit_code"] in (0, 1):
                    self.assertEqual(run["seen"], run["accepted"] + run["rejected"] + run["held"] + unchanged, run)
                    self.assertGreaterEqual(unchanged, 0, run)
                ends = sum(run[name] for name in ("published", "refused", "conflict", "unknown", "failed", "withdrawn"))
                self.assertEqual(run["sent"], ends, run)
                for view, condition, name in (
                        ("audit_records", "outcome = 'accepted'", "accepted"),
                        ("audit_records", "outcome = 'rejected'", "rejected"),
                        ("audit_deliveries", "outcome = 'published'", "published"),
                        ("audit_deliveries", "outcome = 'withdrawn'", "withdrawn"),
                        ("audit_deliveries", "1", "sent")):
                    count = connection.execute(f"SELECT count(*) FROM {view} WHERE run = ? AND {condition}",
                                               (run["run"],)).fetchone()[0]
                    self.assertEqual(count, run[name], (view, name, run))

    def check_each_once(self, codes, place=None):
        """Each procedure took effect once at the portal, and the store says that it stands there."""
        place = place or self.place
        self.assertEqual(self.portal.effect_counts(), {code: 1 for code in codes})
        stored = dict(place.sql("SELECT code, content_digest FROM audit_current"))
        self.assertEqual(stored, {code: entry["digest"] for code, entry in self.portal.held().items()})
        published = place.sql("SELECT code, count(*) FROM audit_deliveries WHERE outcome = 'published' GROUP BY code")
        self.assertEqual(dict(published), {code: 1 for code in codes})
