"""A forger's campaign from a seed, in short: both verifiers end, and say the same, whatever was edited; what is not found changes
nothing. scripts/forge has the long form. And files that are none, and would never end."""

import contextlib
import importlib.machinery
import importlib.util
import json
import os
import random
import shutil
import sqlite3
import types
import unittest
import zlib

from forgeries import beside, change_page, journal_of
from harness import PROGRAM, ROOT, Running, Simulator, procedures
from office import B
from sealed_nights import Forger, SealedNights, Signed, approved_nights, canonical, verifier


def forge():
    loader = importlib.machinery.SourceFileLoader("forge", str(ROOT / "scripts" / "forge"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("forge", loader))
    loader.exec_module(module)
    return module


def short(count=0, pairs=0, strange=0):
    return types.SimpleNamespace(count=count, pairs=pairs, bytes=strange, only="")


class Verdicts(SealedNights):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        store = cls.place.closed()
        cls.whole, cls.bundle, cls.proof = cls.place.evidence()
        cls.kept = cls.place.write("kept.checkpoint", store.with_name(store.name + ".checkpoint").read_bytes())
        cls.said = []
        cls.campaign = forge().Campaign(16, cls.place.folder / "congkhai.yaml", cls.place.key, cls.said.append)
        cls.campaign.store = store

    def never_holds(self, what, path, verdict=5):
        """Both come to an end, and to the same: it is none, or it does not hold."""
        with self.subTest(what):
            ours, script, _ = self.campaign.verdicts(path)
            self.assertEqual((ours, script), (verdict, verdict))

    def edited(self, *statements):
        path = self.place.folder / "strange.db"
        shutil.copy(self.place.store, path)
        with sqlite3.connect(path) as database:
            for statement in statements:
                database.execute(*statement)
        database.close()
        return path


class Forge(Verdicts):
    def test_audit_md_says_of_every_column_what_holds_it(self):
        listed = {table: sorted(sum(parts, [])) for table, parts in forge().columns_of_audit_md().items()}
        tables = [name for name, in self.place.sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        self.assertEqual(listed, {table: sorted(row[1] for row in self.place.sql(f"PRAGMA table_info({table})")) for table in tables})

    def test_both_verifiers_say_the_same_of_every_forgery(self):
        evidence = [self.whole, self.bundle, self.proof, self.kept]
        honest = [self.campaign.verdicts(path)[:2] for path in (self.place.store, *evidence)]
        self.assertEqual(honest, [(0, 0), (0, 0), (0, 0), (1, 1), (0, 0)])
        self.campaign.run(self.place.store, evidence, short(count=16, pairs=4))
        self.assertEqual(self.campaign.wrong, [], self.said)
        self.assertGreater(self.campaign.ends[5, 5], 8, self.campaign.ends)

    def test_bytes_in_disorder_end_in_time_with_one_verdict(self):
        self.campaign.run(self.place.store, [], short(strange=12))
        self.assertEqual(self.campaign.wrong, [], self.said)

    def test_pages_that_sqlite_would_put_back_are_no_part_of_a_store_that_holds(self):
        store = self.place.store
        for what, words, verdict in (("of a death", journal_of(random.Random(1), store.read_bytes()), 5), ("ended", bytes(512), 1)):
            path = self.edited()
            beside(path, "-journal").write_bytes(words)
            self.never_holds(what, path, verdict)  # 1: there is no head beside it
            beside(path, "-journal").unlink()

    def test_what_one_of_the_two_let_pass_is_found_by_both(self):
        for statement in ("PRAGMA user_version = 1", "UPDATE tree SET size = CAST(size AS BLOB)",
                          "UPDATE tree SET frontier = CAST(frontier AS TEXT)"):
            self.never_holds(statement, self.edited((statement,)))

    def test_pages_of_a_store_in_disorder_come_to_a_verdict(self):
        """Seeds of the campaign that were drawn once: how SQLite meets each is in one of them."""
        for seed, way in enumerate(("some bytes", "zeroed", "another's", "swapped", "cut off", "put behind")):
            path = self.edited()
            change_page(random.Random(seed), way)[1](path)
            with self.subTest(way):
                ours, script, _ = self.campaign.verdicts(path)
                self.assertEqual(ours, script)
                self.assertIn(ours, (1, 5) if way != "put behind" else (0, 1, 5))  # 1: there is no head beside it

    def test_what_is_said_beside_the_events_is_no_statement(self):
        about, proof = (json.loads(path.read_text(encoding="utf-8")) for path in (self.bundle / "bundle.json", self.proof))
        for what, changes, verdict in (("approved", {"approved": "yes"}, 5), ("a recovery", {"recoveries": [23]}, 5),
                                       ("of 0.1.0", {"format": 1}, 1), ("of another form", {"format": 3}, 5)):
            folder = self.place.folder / "said"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(self.bundle, folder)
            (folder / "bundle.json").write_text(json.dumps({**about, **changes}), encoding="utf-8")
            self.never_holds(what, folder, verdict)
        folder = self.place.folder / "twice"
        shutil.copytree(self.bundle, folder)
        further = folder / "further.ndjson"
        further.write_text(further.read_text(encoding="utf-8") * 2, encoding="utf-8")
        self.never_holds("an event that is shown twice", folder)
        for changes in ({"approved": "yes"}, {"format": 2}):
            self.never_holds(changes, self.place.write("strange.json", json.dumps({**proof, **changes})))

    def copy(self, folder, name):
        copy = self.place.folder / name
        shutil.rmtree(copy, ignore_errors=True)
        return shutil.copytree(folder, copy)

    def test_a_head_without_a_signature_proves_nothing_where_a_key_is_known(self):
        kept = self.kept.read_text(encoding="utf-8")
        for what, damage in (("its empty line is gone", lambda text: text.replace("\n\n", "\n")),
                             ("its signature is gone", lambda text: text.split("\n\n")[0] + "\n")):
            self.never_holds(what, self.place.write("damaged.checkpoint", damage(kept)), verdict=1)
            for name, verdict in (("head", 5), ("head-before", 1)):
                folder = self.copy(self.bundle, "damaged")
                head = folder / name
                head.write_text(damage(head.read_text(encoding="utf-8")), encoding="utf-8")
                self.never_holds(f"{name}: {what}", folder, verdict)

    def test_a_bundle_of_all_is_not_one_of_a_run(self):
        for run in (1, 2, 3, 0, None):
            folder = self.copy(self.whole, "of-a-run")
            about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
            (folder / "bundle.json").write_text(json.dumps({**about, "run": run}), encoding="utf-8")
            self.never_holds(run, folder)

    def test_a_proof_is_of_a_day_that_there_is(self):
        words = json.loads(self.proof.read_text(encoding="utf-8"))
        words.pop("known_at", None)
        for day in ("2999-02-30", "2999-13-01", "2999-00-10"):
            self.never_holds(day, self.place.write("strange.json", json.dumps({**words, "on": day})))

    def test_a_head_beside_the_store_that_is_no_file_is_no_head(self):
        beside = self.edited().with_name("strange.db.checkpoint")
        for what, make in (("a folder", beside.mkdir), ("a pipe", lambda: os.mkfifo(beside)), ("endless", lambda: beside.symlink_to("/dev/zero")),
                           ("too large", lambda: beside.write_bytes(b"x" * 2000000))):
            make()
            self.never_holds(what, self.place.folder / "strange.db")
            beside.rmdir() if beside.is_dir() else beside.unlink()

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

    def test_payloads_are_found_whatever_their_order(self):
        """They are read along with the events by their numbers; what stands elsewhere is looked up."""
        moved = ("UPDATE payload SET id = 10000000 - id",)
        for more, wanted in (((), {"state"}), ((("DELETE FROM payload WHERE id = (SELECT max(id) FROM payload)",),), {"state", "payload"})):
            ours, _, kinds = self.campaign.verdicts(self.edited(moved, *more))
            self.assertEqual((ours, kinds), (5, wanted))

    def test_payloads_that_are_no_bytes_or_too_many_are_found(self):
        bomb = zlib.compress(b"\0" * (64 << 20))
        for what, bytes_, size in (("a bomb", bomb, 100), ("a bomb of its size", bomb, 64 << 20), ("bytes behind it", zlib.compress(b"{}") + b"x", 2),
                                   ("a text", "{}", 2), ("no stream", b"{}", 2), ("a size below nothing", zlib.compress(b"{}"), -1)):
            self.never_holds(what, self.edited((
                "UPDATE payload SET bytes = ?, encoding = 1, size = ? WHERE id = (SELECT min(id) FROM payload WHERE kept = 0)", (bytes_, size))))


class Nameless(unittest.TestCase):
    def test_a_record_without_a_code_is_held_against_its_events(self):
        with Simulator() as portal, Signed(portal) as place:
            place.change_source(key="/id")
            place.records(*({**one, "id": one["code"]} for one in procedures(2)), {"id": "x", "name": "Không mã", "status": "announced"})
            place.run("run")
            self.assertEqual(place.sql("SELECT key, outcome FROM record WHERE code IS NULL"), [("x", "rejected")])
            self.assertEqual(place.verify()[0], 0)
            for column, value in (("outcome", "accepted"), ("source_digest", b"\1" * 32), ("present", 0), ("department", "khác")):
                with contextlib.closing(sqlite3.connect(place.store)) as database, database:
                    old, = database.execute(f"SELECT {column} FROM record WHERE key = 'x'").fetchone()
                    database.execute(f"UPDATE record SET {column} = ? WHERE key = 'x'", (value,))
                code, report = place.verify()
                said = [found["message"] for found in report["findings"] if "one x" in found["message"]]
                self.assertEqual((code, len(said)), (5, 1), (column, report))
                with contextlib.closing(sqlite3.connect(place.store)) as database, database:
                    database.execute(f"UPDATE record SET {column} = ? WHERE key = 'x'", (old,))


class SignedByPeople(unittest.TestCase):
    """Who may make the ledger anew has not the keys of people: what they signed is looked at in bundles, too, by both."""

    def verdicts(self, place, seq, change):
        path = place.folder / "strange.db"
        shutil.copy(place.store, path)
        with Forger(types.SimpleNamespace(store=path)) as forger:
            (run, actor, detail), = forger.do("SELECT run, actor, detail FROM ledger WHERE seq = ?", seq)
            actor, detail = change(actor, json.loads(detail))
            forger.do("UPDATE ledger SET actor = ?, detail = ? WHERE seq = ?", actor, canonical(detail).decode(), seq)
            forger.rebuild()
        for number, arguments in enumerate(((), ("--run", str(run)))):
            folder = place.folder / f"strange-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            done = Running([PROGRAM, "audit", "export", "--store", path, *arguments, folder], env=place.environment).wait()
            self.assertEqual(done.code, 0, done)
            done = place.run("audit", "verify", folder)
            yield done.code, verifier(folder)[0], done.stdout

    def test_an_approval_that_an_approver_did_not_sign_is_found_in_bundles(self):
        with Simulator() as portal, Signed(portal, sign=False) as place:
            approved_nights(place, portal)
            store = Forger(place)
            store.database.close()  # one file
            approvals = place.sql("SELECT seq, detail FROM ledger WHERE event = 'approved' ORDER BY seq")
            by_key = [seq for seq, detail in approvals if "signature" in json.loads(detail)]
            by_certificate = [seq for seq, detail in approvals if "signature_digest" in json.loads(detail)]
            for verdict in self.verdicts(place, by_key[0], lambda actor, detail: (actor, detail)):
                self.assertEqual(verdict[:2], (0, 0), verdict)
                self.assertIn("what had to be approved, only the store can tell", verdict[2])
            other = "A" * 86 + "=="
            for what, seq, change in (
                    ("another signature", by_key[0], lambda actor, detail: (actor, {**detail, "signature": other})),
                    ("another's name", by_key[0], lambda actor, detail: ("Ai đó", detail)),
                    ("a submitter's name", by_key[0], lambda actor, detail: (B, detail)),
                    ("no signature", by_certificate[0], lambda actor, detail: (actor, {
                        name: value for name, value in detail.items() if name != "signature_digest"}))):
                with self.subTest(what):
                    for verdict in self.verdicts(place, seq, change):
                        self.assertEqual(verdict[:2], (5, 5), verdict)


class WithoutAKey(Verdicts):
    """Hashes, tree and heads are made anew by who edits: the two must say the same of what is left to be seen."""

    sealed = False

    def test_both_say_the_same_of_what_was_made_anew(self):
        self.campaign.run(self.place.store, [], short(count=10))
        self.assertEqual(self.campaign.wrong, [], self.said)

    def test_a_detail_names_bytes_by_digests_alone(self):
        for name in ("source_digest", "config_digest", "text_digest", "signature_digest", "revoked_digest"):
            path = self.edited()
            with Forger(types.SimpleNamespace(store=path)) as forger:
                seq, detail = forger.do("SELECT seq, detail FROM ledger WHERE event = 'accepted' ORDER BY seq LIMIT 1")[0]
                forger.do("UPDATE ledger SET detail = ? WHERE seq = ?", canonical({**json.loads(detail), name: "x"}).decode(), seq)
                forger.rebuild()
            self.never_holds(name, path)

    def test_a_finding_that_is_none_is_told_and_hides_no_other(self):
        path = self.edited()
        with Forger(types.SimpleNamespace(store=path)) as forger:
            seq, detail = forger.do("SELECT seq, detail FROM ledger WHERE event = 'rejected' ORDER BY seq LIMIT 1")[0]
            detail = json.loads(detail)
            detail["findings"][0] = ""
            forger.do("UPDATE ledger SET detail = ? WHERE seq = ?", canonical(detail).decode(), seq)
            forger.rebuild()
            self.assertEqual(forger.one("SELECT count(*) FROM audit_rejections"), self.place.one("SELECT count(*) FROM audit_rejections") - 1)
        ours, _, kinds = self.campaign.verdicts(path)
        self.assertEqual((ours, kinds), (5, {"state"}))

    def test_a_head_of_the_same_tree_under_another_name_is_another_ledgers(self):
        other = self.kept.read_text(encoding="utf-8").replace("congkhai/", "congkhbi/")
        self.never_holds("a head", self.place.write("other.checkpoint", other))


if __name__ == "__main__":
    unittest.main()
