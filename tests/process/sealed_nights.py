"""A ledger as an auditor is given it: three nights, sealed, and both verifiers to ask.

    with Simulator() as portal, Signed(portal) as place:
        three_nights(place, portal)
        assert place.both() …
"""

import base64
import contextlib
import datetime
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import unittest

from harness import ROOT, Place, Simulator, procedure, procedures
from office import A, B, C, Certified, Keys

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date()
VERIFIER = ROOT / "scripts" / "verify-ledger"
DOCUMENT = ROOT / "docs" / "audit.md"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def verifier(*arguments):
    """scripts/verify-ledger: (exit code, the event named or 0, what it said)."""
    done = subprocess.run([sys.executable, VERIFIER, "--english", *map(str, arguments)], capture_output=True, text=True,
                          timeout=300)
    found = re.search(r"does NOT hold from event (\d+) on", done.stdout)
    return done.returncode, int(found[1]) if found else 0, done.stdout + done.stderr


def three_nights(place, portal):
    """Three runs: everything; a change, a rejection, one missing; a change and a withdrawal."""
    place.records(*procedures(6), procedure("1.000007", name=None))
    assert place.run("run").code == 1
    place.records(*procedures(4), procedure("1.000005", name="Tên thứ hai"), procedure("1.000008"))
    place.run("run")
    place.records(*procedures(3), procedure("1.000004", status="abolished"), procedure("1.000005", name="Tên thứ ba"),
                  procedure("1.000008"))
    place.run("run")


class Signatures(Certified):
    """An office outside of a test."""

    def __init__(self, place, portal):
        self.place, self.portal = place, portal
        Keys.of(place)

    @staticmethod
    def expect(done, code, *_):
        assert done.code == code, done
        return done


def approved_nights(place, portal):
    """The same three, of which people let pass what they signed, by a key and by a certificate; then rules with other people."""
    office = Signatures(place, portal)
    folder = place.folder / "certificates"
    folder.mkdir()
    office.authority(folder, "ca")
    office.certificate(folder, "head")
    office.openssl(folder, "ca", "-config", "ca.cnf", "-gencrl", "-crldays", "30", "-out", "good.crl")
    people = [{"name": A, "role": "approver", "login": ["a"], "certificate": "certificates/head.pem"},
              {"name": B, "role": "submitter", "login": ["b"], "key": "keys/b.pub"},
              {"name": C, "role": "approver", "login": ["c"], "key": "keys/c.pub"}]
    rules = {"authorities": "certificates/ca.pem", "revoked": "certificates/good.crl"}
    office.scope(people=people, **rules)
    office.night(*procedures(6), procedure("1.000007", name=None))
    office.submit()
    office.approve(1, letter="c", name=C)
    office.night()
    office.night(*procedures(4), procedure("1.000005", name="Tên thứ hai"), procedure("1.000008"))
    office.submit()
    office.sign(2)
    office.hand_in(2)
    office.night(code=0)
    office.scope(people=[*people[:2], {**people[2], "login": ["c", "cc"]}], **rules)
    office.submit("--people")
    office.approve(3, letter="c", name=C)
    office.night(*procedures(3), procedure("1.000004", status="abolished"), procedure("1.000005", name="Tên thứ ba"),
                 procedure("1.000008", name="Tên thứ tư"))
    office.submit()
    office.approve(4, "--code", "1.000004", letter="c", name=C)
    office.send_back(4, "--code", "1.000008")
    office.night()


class Signed(Place):
    """A place with a key, whose heads go to a folder."""

    def __init__(self, portal, sign=True):
        super().__init__(portal)
        if sign:
            self.configure(ledger={"key": "secret/ledger.key", "copies": [{"folder": "heads"}]})
            done = self.run("audit", "key")
            assert done.code == 0, done
            self.key = done.stdout.strip()
        else:
            self.key = None

    def heads(self):
        return sorted((self.folder / "heads").iterdir())

    def verify(self, *arguments):
        done = self.run("--json", "audit", "verify", *arguments)
        return done.code, done.json

    def both(self, *arguments):
        """What the program and the script say: (holds, event) of each."""
        code, report = self.verify(*arguments)
        key = ["--key", self.key] if self.key else []
        script, event, words = verifier(self.store, *key, *arguments)
        return (code == 0, report.get("from_event", 0)), (script == 0, event), report, words

    def closed(self):
        """The store as one file, as a forger takes it in hand."""
        with sqlite3.connect(self.store) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        database.close()
        return self.store

    def evidence(self):
        """A bundle of all, one of the second run, a proof of a withdrawal: (whole, run, proof)."""
        whole, run, proof = self.folder / "whole", self.folder / "run-2", self.folder / "proof.json"
        for arguments in ((whole,), ("--run", "2", run)):
            done = self.run("audit", "export", *arguments)
            assert done.code == 0, done
        done = self.run("--json", "audit", "prove", "1.000004", "--on", TODAY.isoformat())
        assert done.code == 0, done
        proof.write_text(done.stdout, encoding="utf-8")
        return whole, run, proof


class Forger:
    """Somebody who may write the store, knows everything about it, and has no key."""

    def __init__(self, place):
        self.place = place
        self.database = sqlite3.connect(place.store, isolation_level=None)
        self.database.execute("PRAGMA journal_mode = DELETE")
        self.triggers = self.database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'").fetchall()

    def __enter__(self):
        for name, _ in self.triggers:
            self.database.execute(f"DROP TRIGGER {name}")
        return self

    def __exit__(self, *_):
        for _, sql in self.triggers:
            self.database.execute(sql)
        self.database.close()

    def do(self, sql, *parameters):
        return self.database.execute(sql, parameters).fetchall()

    def one(self, sql, *parameters):
        return self.do(sql, *parameters)[0][0]

    def event(self, kind, last=True, code=None):
        order = "max" if last else "min"
        return self.one(f"SELECT {order}(seq) FROM ledger WHERE event = ?1 AND (?2 IS NULL OR code = ?2)", kind, code)

    @staticmethod
    def leaf(row):
        names = ("seq", "at", "run", "event", "source", "code", "digest", "actor", "detail")
        event = {name: value for name, value in zip(names, row) if value is not None}
        event["detail"] = json.loads(event["detail"])
        if "digest" in event:
            event["digest"] = event["digest"].hex()
        return sha256(b"\0", canonical(event))

    def rehash(self, *events):
        rows = self.do("SELECT seq, at, run, event, source, code, digest, actor, detail FROM ledger")
        for row in rows:
            if not events or row[0] in events:
                self.do("UPDATE ledger SET hash = ? WHERE seq = ?", self.leaf(row), row[0])

    def parts(self, size):
        parts = []
        for leaf, in self.do("SELECT hash FROM ledger WHERE seq <= ? ORDER BY seq", size):
            weight = 1
            while parts and parts[-1][0] == weight:
                leaf, weight = sha256(b"\1", parts.pop()[1], leaf), weight * 2
            parts.append((weight, leaf))
        return [part for _, part in parts]

    @staticmethod
    def root(parts):
        root = parts[-1]
        for part in reversed(parts[:-1]):
            root = sha256(b"\1", part, root)
        return root

    def retree(self):
        size = self.one("SELECT max(seq) FROM ledger")
        self.do("UPDATE tree SET size = ?, frontier = ?", size, size.to_bytes(8, "big") + b"".join(self.parts(size)))

    def rehead(self, sign=None):
        """New heads for all runs: unsigned, or signed by `sign`."""
        origin = self.one("SELECT value FROM setting WHERE name = 'origin'")
        for run, seq in self.do("SELECT run, seq FROM ledger WHERE event = 'run-finished'"):
            parts = self.parts(seq)
            root = self.root(parts)
            note = f"{origin}\n{seq}\n{base64.b64encode(root).decode()}\n"
            self.do("UPDATE checkpoint SET size = ?, root = ?, frontier = ?, note = ? WHERE run = ?", seq, root,
                    seq.to_bytes(8, "big") + b"".join(parts), sign(note) if sign else note, run)
        self.refile()

    def refile(self):
        note = self.one("SELECT note FROM checkpoint ORDER BY run DESC LIMIT 1")
        (self.place.store.parent / "congkhai.db.checkpoint").write_text(note, encoding="utf-8")

    def rebuild(self, sign=None):
        self.rehash()
        self.retree()
        self.rehead(sign)


class SealedNights(unittest.TestCase):
    """Tests of one such place, made once: `place`, `portal`."""

    sealed = True

    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.portal = cls.stack.enter_context(Simulator())
        cls.place = cls.stack.enter_context(Signed(cls.portal, cls.sealed))
        three_nights(cls.place, cls.portal)
