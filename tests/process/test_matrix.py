"""The matrix: every fault of a portal, before and after it committed, once, in a row and for ever, against each way of speaking
to it. No line may have a duplicate effect, a lost procedure, or one that is said to be published and is not.

CONGKHAI_MATRIX=FILE writes the table (scripts/matrix, docs/matrix.md): what came of it, how many requests it took, what took effect.
"""

import collections
import json
import os
import re
import subprocess
import threading
import unittest

from harness import Night, Place, QUICK, Simulator, procedures

CODES = ["1.000001", "1.000002", "1.000003"]
FAULTS = ["reset", "status:500", "timeout", "cut", "wrong-digest", "html", "html-200", "slow:20", "status:429", "status:401",
          "status:503", "garbage", "empty", "no-http"]
WHENS = ["before", "after"]
TIMES = {"once": ",count=1", "in a row": ",count=2,per-code=1", "for ever": ""}
SOME = {"before": ("in a row",), "after": ("once",)}  # of each fault; scripts/matrix runs all lines
OUTCOMES = ("published", "withdrawn", "refused", "conflict", "unknown", "failed")
TABLE = os.environ.get("CONGKHAI_MATRIX")


class Way:
    """One way of speaking to the portal: what is sent, under which operation of the simulator."""
    name, operation, portal = "PUT", "put", {}

    def prepare(self, test, place):
        place.records(*procedures(3))

    def address(self, simulator):
        return simulator.url


class Put(Way):
    pass


class Batch(Way):
    name, operation, portal = "batch", "batch|put", {"batch": 3}


class Withdrawal(Way):
    name, operation = "withdrawal", "withdrawal"

    def prepare(self, test, place):
        place.records(*procedures(3))
        test.expect(place.run("run"), 0)
        place.records(*procedures(3, status="abolished"))


class Adapter(Way):
    name, operation = "mapi", "mapi"
    portal = {"driver": "mapi", "login": {"username": "tinh", "password": "mat-khau"}, "push": {"service": "DongBoTTHC"},
              "appears_within": "30ms"}

    def address(self, simulator):
        return simulator.url.removesuffix("/v1") + "/adapter/mapi"


class AdapterWithdrawal(Adapter):
    name = "mapi, withdrawal"
    prepare = Withdrawal.prepare


class Line:
    """One line of the matrix."""

    def __init__(self, test, simulator, way, fault, when, times):
        self.test, self.simulator, self.way = test, simulator, way
        self.fault, self.when, self.times = fault, when, times
        self.name = f"{fault} {when}, {times}, {type(way).__name__}"

    def spec(self):
        after = ",retry-after=0" if self.fault in ("status:429", "status:503") else ""
        operation = self.way.operation
        return f"kind={self.fault},when={self.when},on={operation}{TIMES[self.times]}{after}"

    def run(self):
        self.simulator.reset()
        with Place(self.simulator) as place:
            place.change_portal(url=self.way.address(self.simulator), in_flight=2, timeout="150ms",
                                retry={"attempts": 3, "first": "1ms", "most": "3ms"}, **self.way.portal)
            self.way.prepare(self.test, place)
            before = collections.Counter(self.simulator.effect_counts())
            requests = self.simulator.requests()
            self.simulator.faults(self.spec())
            done = place.run("run")
            self.requests = self.simulator.requests() - requests
            self.code = done.code
            self.check(place, before, done)
            self.recover(place, before)
        return self

    def check(self, place, before, done):
        test = self.test
        test.assertIn(done.code, (0, 1, 3), done)
        new = collections.Counter(self.simulator.effect_counts()) - before
        self.effects = sum(new.values())
        test.assertLessEqual(max(new.values(), default=0), 1, ("a duplicate effect", done))
        run = place.last_run()
        self.outcome = {name: run[name] for name in OUTCOMES if run[name]}
        held = self.simulator.held()
        for code, outcome in place.sql("SELECT code, outcome FROM audit_deliveries WHERE run = ?", run["run"]):
            if outcome in ("published", "withdrawn"):
                test.assertEqual(new[code], 1, (code, "is said to be done, and is not", done))
                test.assertEqual(held[code]["status"], {"published": "published", "withdrawn": "abolished"}[outcome], code)
        ended = {code for code, in place.sql("SELECT code FROM audit_deliveries WHERE run = ? AND outcome IN"
                                             " ('published', 'withdrawn')", run["run"])}
        waiting = {code for code, in place.sql("SELECT code FROM procedure_state WHERE wanted_action IS NOT NULL")}
        test.assertEqual(ended | waiting, set(CODES), ("a procedure is lost", done))
        test.assertFalse(ended & waiting, done)
        test.assertEqual(run["refused"] + run["conflict"], 0, ("no fault of the portal is the record's", done))

    def recover(self, place, before):
        self.simulator.faults()
        for _ in range(3):
            done = place.run("run")
            if done.code == 0:
                break
        self.test.assertEqual(done.code, 0, done)
        new = collections.Counter(self.simulator.effect_counts()) - before
        self.test.assertEqual(new, {code: 1 for code in CODES}, "each once at the end")
        self.test.check_accounts(place)

    def words(self):
        outcome = ", ".join(f"{count} {name}" for name, count in self.outcome.items()) or "all pending"
        return f"exit {self.code}: {outcome}; {self.requests} requests, {self.effects} effects"


class Carrier:
    """Whoever takes packages away, and the portal behind: it takes each key once."""

    def __init__(self, place):
        self.out, self.receipts, self.marker = (place.folder / name for name in ("medium/out", "medium/in", "medium/out/MEDIUM"))
        for folder in (self.out, self.receipts):
            folder.mkdir(parents=True)
        self.marker.touch()
        self.said, self.lost = {}, set()

    def items(self):
        manifests = [json.loads((path / "manifest.json").read_text()) for path in sorted(self.out.iterdir()) if path.is_dir()]
        return [(manifest["package"], item) for manifest in manifests for item in manifest["items"]]

    def answer(self, status, name):
        entries = [{"package": package, "key": item["key"], "status": status, "version": "1"} for package, item in self.items()]
        if status == "published":
            self.said.update({item["key"]: item["code"] for _, item in self.items()})
        (self.receipts / name).write_text(json.dumps(entries))


# Each strikes at its yield, and is mended behind it.
def no_medium(carrier):
    carrier.marker.unlink()
    yield
    carrier.marker.touch()


def taken_away(carrier):
    carrier.out.rename(carrier.out.with_name("away"))
    yield
    carrier.out.with_name("away").rename(carrier.out)


def full(carrier):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", carrier.out], capture_output=True).returncode:
        raise unittest.SkipTest("a small file system cannot be mounted here")
    try:
        carrier.marker.touch()
        yield
    finally:
        subprocess.run(["umount", carrier.out], check=True)


def fits_nothing(carrier):
    (carrier.receipts / "strange.json").write_text('[{"key": "congkhai-another-1", "status": "published"}]')
    yield


def unreadable(carrier):
    (carrier.receipts / "broken.json").write_text('{"package": ')
    yield


def contradicting(carrier):
    carrier.answer("refused", "refused.json")
    carrier.answer("published", "published.json")
    told, carrier.said = carrier.said, {}
    yield
    (carrier.receipts / "refused.json").unlink()
    carrier.said = told


def late(carrier):
    carrier.answer("refused", "late.json")
    yield


def again(carrier):
    carrier.answer("published", "again.json")
    yield


def lost(carrier):
    carrier.lost = {item["key"] for _, item in carrier.items()}
    carrier.answer("lost", "lost.json")
    yield


BY_CARRIER = {  # what, and when it strikes
    "the medium is not there": (no_medium, ("nothing is written", "in a package", "settled")),
    "the folder is taken away": (taken_away, ("in a package", "settled")),
    "the medium is full": (full, ("nothing is written",)),
    "a receipt that fits nothing": (fits_nothing, ("nothing is written", "in a package", "settled")),
    "a receipt that cannot be read": (unreadable, ("nothing is written", "in a package", "settled")),
    "receipts that contradict": (contradicting, ("in a package",)),
    "a refusal that comes late": (late, ("settled",)),
    "the same receipt again": (again, ("settled",)),
    "a package that is lost": (lost, ("in a package",)),
}
TOLD = re.compile("medium is not there|is gone|is full|fits no|cannot be used|contradict|comes late")
STRIKES = ("nothing is written", "in a package", "settled")


class CarrierLine:
    """One line of the carrier's: a night under a fault, and those behind it."""

    def __init__(self, test, fault, when):
        self.test, self.fault, self.when, self.name = test, fault, when, f"folder, {fault}, {when}"

    def run(self):
        with Place() as place:
            carrier = Carrier(place)
            place.configure(portal={"driver": "folder", "folder": "medium/out", "receipts": "medium/in", "register": "register", "marker": "MEDIUM"})
            place.records(*procedures(3))
            if self.when != "nothing is written":
                self.test.expect(place.run("run"), 1)
            if self.when == "settled":
                carrier.answer("published", "first.json")
                self.test.expect(place.run("run"), 0)
            strike = BY_CARRIER[self.fault][0](carrier)
            next(strike)
            done = place.run("run")
            self.check(place, carrier, done)
            next(strike, None)
            self.recover(place, carrier)
        return self

    def check(self, place, carrier, done):
        test, run = self.test, place.last_run()
        test.assertIn(done.code, (0, 1, 3), done)
        test.assertTrue(done.code or self.when == "settled", ("nothing is known of it", done))
        self.outcome = {name: run[name] for name in OUTCOMES if run[name]}
        current = {code for code, in place.sql("SELECT code FROM audit_current")}
        test.assertEqual(current, set(carrier.said.values()), ("published is what a receipt said", done))
        waiting = {code for code, in place.sql("SELECT code FROM procedure_state WHERE wanted_action IS NOT NULL")}
        test.assertEqual(current | waiting, set(CODES), ("a procedure is lost", done))
        test.assertEqual(run["refused"] + run["conflict"], 0, done)
        quiet = "all pending" if self.when == "nothing is written" else "all as it was"
        self.text = f"exit {done.code}: " + (", ".join(f"{count} {name}" for name, count in self.outcome.items()) or quiet)
        self.text += "; told" if TOLD.search(done.stderr) else ""

    def recover(self, place, carrier):
        for night in range(3):
            done = place.run("run")
            if done.code == 0:
                break
            carrier.answer("published", f"night-{night}.json")
            (carrier.receipts / "lost.json").unlink(missing_ok=True)
        self.test.assertEqual(done.code, 0, done)
        keys = collections.Counter(item["key"] for _, item in carrier.items())
        self.test.assertEqual({key for key, count in keys.items() if count > 1}, carrier.lost, "nothing else is in two packages")
        self.test.assertEqual(sorted(carrier.said.values()), CODES, "each once at the end")
        self.test.assertEqual(place.one("SELECT count(*) FROM audit_current WHERE status = 'published'"), len(CODES))
        self.test.check_accounts(place)


def write_carrier(path, lines):
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"\n## folder\n\n| fault | {' | '.join(STRIKES)} |\n|---|{'---|' * len(STRIKES)}\n")
        cells = {(line.fault, line.when): "**WRONG**" if failure else line.text for line, failure in lines}
        for fault in BY_CARRIER:
            file.write(f"| {fault} | {' | '.join(cells.get((fault, when), '') for when in STRIKES)} |\n")


def write_table(path, ways, results):
    with open(path, "w", encoding="utf-8") as file:
        for way in ways:
            file.write(f"\n## {way.name}\n\n| fault | effect | {' | '.join(TIMES)} |\n|---|---|{'---|' * len(TIMES)}\n")
            rows = {}
            for line, failure in results[way]:
                rows.setdefault((line.fault, line.when), {})[line.times] = "**WRONG**" if failure else line.words()
            for (fault, when), cells in rows.items():
                cells = " | ".join(cells.get(times, "") for times in TIMES)
                file.write(f"| {fault} | {'not made' if when == 'before' else 'made'} | {cells} |\n")


class Matrix(unittest.TestCase):
    expect = Night.expect
    check_accounts = Night.check_accounts

    def lines(self, way):
        faults = FAULTS + (["expired-session"] if isinstance(way, Adapter) else [])
        for fault in faults:
            for when in WHENS:
                for times in TIMES:
                    if TABLE or times in SOME[when] and (not QUICK or times == "once"):
                        yield fault, when, times

    def go(self, way, results):
        with Simulator() as simulator:
            for fault, when, times in self.lines(way):
                line = Line(self, simulator, way, fault, when, times)
                try:
                    results.append((line.run(), None))
                except AssertionError as failure:
                    results.append((line, failure))

    def test_no_line_has_a_duplicate_effect_a_lost_procedure_or_a_lie(self):
        ways = [Put(), Batch(), Withdrawal(), Adapter(), AdapterWithdrawal()]
        results = {way: [] for way in ways}
        threads = [threading.Thread(target=self.go, args=(way, results[way])) for way in ways]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wrong = [f"{line.name}: {failure}" for way in ways for line, failure in results[way] if failure]
        count = sum(len(lines) for lines in results.values())
        if TABLE:
            write_table(TABLE, ways, results)
        self.assertEqual(count, sum(len(list(self.lines(way))) for way in ways), "every line was run")
        self.assertFalse(wrong, "\n".join(wrong))

    def carry(self, results):
        for fault, (_, strikes) in BY_CARRIER.items():
            for when in strikes if TABLE or not QUICK else strikes[-1:]:
                line = CarrierLine(self, fault, when)
                try:
                    results.append((line.run(), None))
                except unittest.SkipTest as why:
                    line.text = f"not tried: {why}"
                    results.append((line, None))
                except AssertionError as failure:
                    results.append((line, failure))

    def test_with_a_carrier_nothing_is_lost_or_twice_and_only_receipts_say_published(self):
        results = []
        self.carry(results)
        if TABLE:
            write_carrier(TABLE, results)
        self.assertFalse([f"{line.name}: {failure}" for line, failure in results if failure])
