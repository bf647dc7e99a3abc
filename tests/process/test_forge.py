"""A forger's campaign from a seed, in short: both verifiers end, and say the same, whatever was edited; what is not found changes
nothing. scripts/forge has the long form. And files that are none, and would never end."""

import contextlib
import datetime
import importlib.machinery
import importlib.util
import json
import os
import shutil
import sqlite3
import unittest
import zlib

from harness import ROOT, Simulator
from test_audit import Signed, three_nights

TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()


def forge():
    loader = importlib.machinery.SourceFileLoader("forge", str(ROOT / "scripts" / "forge"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("forge", loader))
    loader.exec_module(module)
    return module


class Forge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        portal = cls.stack.enter_context(Simulator())
        cls.place = cls.stack.enter_context(Signed(portal))
        three_nights(cls.place, portal)
        with sqlite3.connect(cls.place.store) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        database.close()
        cls.bundle, cls.proof = cls.place.folder / "bundle", cls.place.folder / "proof.json"
        assert cls.place.run("audit", "export", "--run", "2", cls.bundle).code == 0
        cls.proof.write_text(cls.place.run("--json", "audit", "prove", "1.000004", "--on", TODAY).stdout, encoding="utf-8")
        cls.said = []
        cls.campaign = forge().Campaign(16, cls.place.folder / "congkhai.yaml", cls.place.key, cls.said.append)

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def test_audit_md_says_of_every_column_what_holds_it(self):
        listed = {table: sorted(sum(parts, [])) for table, parts in forge().columns_of_audit_md().items()}
        tables = [name for name, in self.place.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        self.assertEqual(listed, {table: sorted(row[1] for row in self.place.sql(f"PRAGMA table_info({table})")) for table in tables})

    def test_both_verifiers_say_the_same_of_every_forgery(self):
        honest = [self.campaign.verdicts(path)[:2] for path in (self.place.store, self.bundle, self.proof)]
        self.assertEqual(honest, [(0, 0), (0, 0), (1, 1)])
        self.campaign.run(self.place.store, [self.bundle, self.proof], 16, 4)
        self.assertEqual(self.campaign.wrong, [], self.said)
        self.assertGreater(self.campaign.ends[5, 5], 8, self.campaign.ends)

    def never_holds(self, what, path):
        """Both come to an end, and to the same: it is none, or it does not hold."""
        with self.subTest(what):
            ours, script, _ = self.campaign.verdicts(path)
            self.assertEqual((ours, script), (5, 5))

    def test_what_would_never_end_comes_to_a_verdict(self):
        words = json.loads(self.proof.read_text(encoding="utf-8"))
        first = words["events"][0]["event"]
        for what, text in (("deep", '{"events":' + "[" * 200000), ("digits", json.dumps({**words, "tree_size": 0}).replace(
                '"tree_size": 0', '"tree_size": ' + "9" * 5000)), ("twice", '{"code":"1",' + json.dumps(words)[1:]),
                ("a surrogate", json.dumps({**words, "code": "\ud800"})), ("a NUL", json.dumps({**words, "code": "1\0"})),
                ("an event in an event", json.dumps({**words, "events": [{**words["events"][0], "event": first[:-1] + ',"detail":{}}'}]}))):
            self.never_holds(what, self.place.write("strange.json", text))
        for name, other in (("events.ndjson", None), ("head", "/dev/zero"), ("bundle.json", None), ("payloads.sha256", "/dev/zero")):
            with self.subTest(name):
                folder = self.place.folder / "strange"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(self.bundle, folder)
                (folder / name).unlink()
                os.symlink(other, folder / name) if other else os.mkfifo(folder / name)
                self.never_holds(name, folder)

    def test_payloads_that_are_no_bytes_or_too_many_are_found(self):
        bomb = zlib.compress(b"\0" * (64 << 20))
        for what, bytes_, size in (("a bomb", bomb, 100), ("a bomb of its size", bomb, 64 << 20), ("bytes behind it", zlib.compress(b"{}") + b"x", 2),
                                   ("a text", "{}", 2), ("no stream", b"{}", 2), ("a size below nothing", zlib.compress(b"{}"), -1)):
            path = self.place.folder / "strange.db"
            shutil.copy(self.place.store, path)
            with sqlite3.connect(path) as database:
                database.execute("UPDATE payload SET bytes = ?, encoding = 1, size = ? WHERE id = (SELECT min(id) FROM payload WHERE kept = 0)",
                                 (bytes_, size))
            database.close()
            self.never_holds(what, path)


if __name__ == "__main__":
    unittest.main()
