"""The ledger as an auditor meets it: the views, docs/audit.md's queries, both verifiers and a forger, keys and copies,
history, evidence, retention, closing when something is wrong."""

import base64
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest
import zlib

from harness import PROGRAM, Running, Simulator, procedure, wait_until
from sealed_nights import VERIFIER, Forger, SealedNights, Signed, sha256, three_nights, verifier


def another_signer(folder):
    """Signs notes with a key of its own under the same name, by openssl. None where there is no openssl."""
    if not shutil.which("openssl"):
        return None
    key = folder / "forged.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout

    def sign(note):
        origin = note.split("\n")[0]
        identity = sha256(origin.encode(), b"\n\x01", der[-32:])[:4]
        (folder / "note").write_bytes(note.encode())
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", folder / "note", "-out",
                        folder / "signature"], check=True, capture_output=True)
        signature = base64.b64encode(identity + (folder / "signature").read_bytes()).decode()
        return f"{note}\n— {origin} {signature}\n"

    return sign


# Each forgery tells the event that must be named.

def change_detail(forger):
    event = forger.event("accepted")
    forger.do("UPDATE ledger SET detail = replace(detail, 'inbox', 'ibnox') WHERE seq = ?", event)
    return event


def change_time(forger):
    event = forger.event("published", last=False)
    forger.do("UPDATE ledger SET at = replace(at, '20', '19') WHERE seq = ?", event)
    return event


def change_operator(forger):
    event = forger.event("run-started")
    forger.do("UPDATE ledger SET actor = 'someone' WHERE seq = ?", event)
    return event


def change_hash(forger):
    event = forger.event("listed", last=False)
    forger.do("UPDATE ledger SET hash = zeroblob(32) WHERE seq = ?", event)
    return event


def hide_by_type(forger):
    """The same bytes are hashed, but no view finds the event any more."""
    event = forger.event("published", code="1.000002")
    forger.do("UPDATE ledger SET event = CAST(event AS BLOB) WHERE seq = ?", event)
    return event


def reach_over(forger):
    """The digest moves into the detail: the same bytes are hashed, but the column is empty."""
    event, digest = forger.do("SELECT seq, lower(hex(digest)) FROM ledger WHERE event = 'published' ORDER BY seq LIMIT 1")[0]
    forger.do("UPDATE ledger SET detail = detail || ',\"digest\":\"' || ? || '\"', digest = NULL WHERE seq = ?", digest, event)
    return event


def delete_event(forger):
    event = forger.event("published", code="1.000003")
    forger.do("DELETE FROM ledger WHERE seq = ?", event)
    return event


def delete_and_renumber(forger):
    event = forger.event("published", code="1.000003")
    last = forger.one("SELECT max(seq) FROM ledger")
    forger.do("DELETE FROM ledger WHERE seq = ?", event)
    for seq in range(event + 1, last + 1):
        forger.do("UPDATE ledger SET seq = ? WHERE seq = ?", seq - 1, seq)
    return event


def insert_event(forger):
    event = forger.event("accepted", last=False)
    last = forger.one("SELECT max(seq) FROM ledger")
    for seq in range(last, event, -1):
        forger.do("UPDATE ledger SET seq = ? WHERE seq = ?", seq + 1, seq)
    forger.do("INSERT INTO ledger SELECT seq + 1, at, run, event, source, '9.999999', digest, actor, detail, hash FROM ledger"
              " WHERE seq = ?", event)
    return event + 1


def swap_events(forger):
    event = forger.event("accepted", last=False)
    forger.do("UPDATE ledger SET seq = -1 WHERE seq = ?", event)
    forger.do("UPDATE ledger SET seq = ? WHERE seq = ?", event, event + 1)
    forger.do("UPDATE ledger SET seq = ? WHERE seq = -1", event + 1)
    return event


def repeat_event(forger):
    last = forger.one("SELECT max(seq) FROM ledger")
    forger.do("INSERT INTO ledger SELECT ? + 1, at, run, event, source, code, digest, actor, detail, hash FROM ledger"
              " WHERE event = 'published' LIMIT 1", last)
    forger.rehash(last + 1)
    forger.retree()
    return last + 1


def cut_tail(forger):
    last = forger.one("SELECT max(seq) FROM ledger")
    forger.do("DELETE FROM ledger WHERE seq > ?", last - 4)
    return last - 3


def cut_tail_and_heads(forger):
    """Back to the run before, with everything inside the store adapted; the head beside it tells."""
    run = forger.one("SELECT max(run) FROM ledger")
    last = forger.one("SELECT max(seq) FROM ledger WHERE run < ?", run)
    forger.do("DELETE FROM ledger WHERE seq > ?", last)
    forger.do("DELETE FROM checkpoint WHERE run = ?", run)
    forger.do("UPDATE record SET work = 1")
    forger.do("UPDATE procedure_state SET held_event = 1 WHERE 0")
    forger.retree()
    return last + 1


def change_content(forger):
    digest = forger.one("SELECT digest FROM ledger WHERE event = 'published' AND code = '1.000001' ORDER BY seq LIMIT 1")
    forger.do("UPDATE payload SET bytes = CAST(replace(CAST(bytes AS TEXT), 'hồ sơ', 'hồ sợ') AS BLOB) WHERE digest = ?", digest)
    return forger.one("SELECT min(seq) FROM ledger WHERE digest = ?", digest)


def change_source(forger):
    payload, digest = forger.do("SELECT id, lower(hex(digest)) FROM payload WHERE kept = 0 LIMIT 1")[0]
    forger.do("UPDATE payload SET bytes = CAST('x' AS BLOB), encoding = 0 WHERE id = ?", payload)
    return forger.one("SELECT min(seq) FROM ledger WHERE instr(detail, ?)", digest)


def take_payload(forger):
    digest = forger.one("SELECT digest FROM ledger WHERE event = 'published' AND code = '1.000002' LIMIT 1")
    forger.do("DELETE FROM payload WHERE digest = ?", digest)
    return forger.one("SELECT min(seq) FROM ledger WHERE digest = ?", digest)


def forget_quietly(forger):
    digest = forger.one("SELECT digest FROM ledger WHERE event = 'published' AND code = '1.000002' LIMIT 1")
    forger.do("UPDATE payload SET bytes = NULL, forgotten = 1 WHERE digest = ?", digest)
    return forger.one("SELECT min(seq) FROM ledger WHERE digest = ?", digest)


def edit_view(forger):
    sql = forger.one("SELECT sql FROM sqlite_master WHERE name = 'audit_current'")
    forger.do("DROP VIEW audit_current")
    forger.do(sql.replace("v.to_run IS NULL", "v.to_run IS NULL AND v.code <> '1.000001'"))
    return 0


def add_trigger(forger):
    forger.do("CREATE TRIGGER quiet AFTER INSERT ON payload BEGIN SELECT 1; END")
    return 0


def drop_trigger(forger):
    forger.triggers = forger.triggers[:1]
    return 0


def edit_state(forger):
    forger.do("UPDATE procedure_state SET held_digest = zeroblob(32) WHERE code = '1.000001'")
    return 0


def forget_delivery(forger):
    forger.do("DELETE FROM procedure_state WHERE code = '1.000001'")
    return 0


def rebuild_tree(forger):
    """Everything made anew but the heads, which he cannot sign."""
    event = forger.event("published", code="1.000005", last=False)
    first = forger.one("SELECT coalesce(max(size), 0) + 1 FROM checkpoint WHERE size < ?", event)
    forger.do("UPDATE ledger SET detail = replace(detail, '\"attempt\":1', '\"attempt\":2') WHERE seq = ?", event)
    forger.rehash(event)
    forger.retree()
    return first


def replace_head(forger):
    """Another root in the last head, the signature as it was."""
    run = forger.one("SELECT max(run) FROM checkpoint")
    first = forger.one("SELECT max(size) FROM checkpoint WHERE run < ?", run) + 1
    note = forger.one("SELECT note FROM checkpoint WHERE run = ?", run)
    lines = note.split("\n")
    lines[2] = base64.b64encode(bytes(32)).decode()
    forger.do("UPDATE checkpoint SET root = zeroblob(32), note = ? WHERE run = ?", "\n".join(lines), run)
    forger.refile()
    return first


def take_head(forger):
    run = forger.one("SELECT max(run) FROM checkpoint")
    first = forger.one("SELECT max(size) FROM checkpoint WHERE run < ?", run) + 1
    forger.do("DELETE FROM checkpoint WHERE run = ?", run)
    forger.refile()
    return first


def replay_head(forger):
    """The head of the run before, in the place of the last."""
    run = forger.one("SELECT max(run) FROM checkpoint")
    first = forger.one("SELECT max(size) FROM checkpoint WHERE run < ?", run) + 1
    forger.do("UPDATE checkpoint SET (size, root, frontier, note) = (SELECT size, root, frontier, note FROM checkpoint"
              " WHERE run = ?) WHERE run = ?", run - 1, run)
    forger.refile()
    return first


def strip_signatures(forger):
    """The same heads without their signatures."""
    forger.rehead()
    return 1


def rebuild_unsigned(forger):
    event = forger.event("published", code="1.000005", last=False)
    forger.do("UPDATE ledger SET actor = 'other' WHERE seq = ?", event)
    forger.rebuild()
    return 1


FOUND = [change_detail, change_time, change_operator, change_hash, hide_by_type, reach_over, delete_event, delete_and_renumber,
         insert_event, swap_events, repeat_event, cut_tail, cut_tail_and_heads, change_content, change_source, take_payload,
         forget_quietly, edit_view, add_trigger, drop_trigger, edit_state, forget_delivery, rebuild_tree, replace_head,
         take_head, replay_head, strip_signatures, rebuild_unsigned]


class TheForger(SealedNights):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with sqlite3.connect(cls.place.store) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        cls.state = cls.place.store.parent
        cls.kept = cls.place.folder / "kept"
        shutil.copytree(cls.state, cls.kept)

    def restore(self, folder=None):
        shutil.rmtree(self.state)
        shutil.copytree(folder or self.kept, self.state)

    def setUp(self):
        self.restore()

    def test_what_nobody_touched_holds_for_both(self):
        ours, script, report, words = self.place.both("--checkpoint", self.place.heads()[0])
        self.assertEqual((ours, script), ((True, 0), (True, 0)), (report, words))
        self.assertEqual((report["runs"], report["heads"], report["signed_heads"]), (3, 3, 3))

    def test_every_forgery_is_found_by_both_and_the_event_is_named(self):
        for forgery in FOUND:
            with self.subTest(forgery.__name__):
                self.restore()
                with Forger(self.place) as forger:
                    event = forgery(forger)
                ours, script, report, words = self.place.both()
                left = forgery in (edit_state, forget_delivery)  # the second verifier leaves state to the program, and says so
                wanted = ((False, event), (left, 0 if left else event))
                self.assertEqual((ours, script), wanted, (json.dumps(report, indent=1), words))

    def test_a_run_begins_on_none_of_those_that_touch_the_last_run_and_sends_nothing(self):
        for forgery in (change_operator, repeat_event, cut_tail, cut_tail_and_heads, edit_view, add_trigger, drop_trigger,
                        replace_head, take_head, replay_head):
            with self.subTest(forgery.__name__):
                self.restore()
                with Forger(self.place) as forger:
                    forgery(forger)
                before = self.portal.requests()
                done = self.place.run("run")
                self.assertEqual(done.code, 5, done)
                self.assertIn("nothing is sent", done.stderr)
                self.assertEqual(self.portal.requests(), before)
                status = self.place.run("--json", "status")
                self.assertEqual(status.code, 5)
                if forgery in (edit_view, add_trigger, drop_trigger):  # what an edited schema shows is not shown
                    self.assertIn("cannot be believed", status.stdout)
                    self.assertIn("cannot be believed", self.place.run("status").stderr)
                else:
                    self.assertIs(status.json["ledger"]["holds"], False)
                    self.assertIn("does not verify", self.place.run("status").stdout)

    def test_last_weeks_file_is_found_only_by_a_head_kept_elsewhere(self):
        old = self.place.folder / "old"
        shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(self.state, old)
        self.place.run("run")
        head = self.place.heads()[-1]
        self.restore(old)
        ours, script, _, _ = self.place.both()
        self.assertEqual((ours[0], script[0]), (True, True))
        last = self.place.one("SELECT max(seq) FROM ledger")
        ours, script, report, words = self.place.both("--checkpoint", head)
        self.assertEqual((ours, script), ((False, last + 1), (False, last + 1)), (report, words))
        self.assertIn("older file", report["findings"][0]["message"])
        head.unlink()

    def put_beside(self, note):
        (self.state / "congkhai.db.checkpoint").write_text(note, encoding="utf-8")

    def test_an_older_head_beside_the_store_is_told_by_both_and_takes_nothing_away(self):
        """Who put it back, and the death of a run before it wrote the newest, look the same."""
        newest = self.place.one("SELECT max(run) FROM checkpoint")
        health = self.place.run("health").code
        for run in (newest - 1, newest - 2):
            with self.subTest(run=run):
                size, note = self.place.sql("SELECT size, note FROM checkpoint WHERE run = ?", run)[0]
                self.put_beside(note)
                done = self.place.run("--json", "audit", "verify")
                self.assertEqual((done.code, done.json["holds"], done.json["proven"]),
                                 (1, True, self.place.one("SELECT max(seq) FROM ledger")), done)
                self.assertIn(f"of run {run} (events 1 to {size})", done.json["not_proven"][0]["message"])
                code, _, words = verifier(self.place.store, "--key", self.place.key)
                self.assertEqual(code, 1, words)
                self.assertIn("an older one", words)
                self.assertEqual(self.place.run("health").code, health)
        copy = self.place.folder / "copy"
        self.assertEqual(self.place.run("backup", copy).code, 0)
        copy.unlink()
        self.assertIn(self.place.run("run").code, (0, 1))
        ours, script, report, words = self.place.both()
        self.assertEqual((ours[0], script[0]), (True, True), (report, words))

    def test_a_head_beside_the_store_that_is_none_of_this_ledger_does_not_hold_for_both(self):
        run = self.place.one("SELECT max(run) FROM checkpoint")
        size, note = self.place.sql("SELECT size, note FROM checkpoint WHERE run = ?", run - 1)[0]
        last = self.place.one("SELECT max(seq) FROM ledger")
        lines = note.split("\n")
        for words in ([lines[0], str(size - 1), *lines[2:]], ["another/log", *lines[1:]], [*lines[:3], ""]):
            with self.subTest(words=words):
                self.put_beside("\n".join(words))
                ours, script, report, told = self.place.both()
                self.assertEqual((ours, script), ((False, last + 1), (False, last + 1)), (report, told))
                self.assertEqual(self.place.run("health").code, 2)
                self.assertEqual(self.place.run("run").code, 5)

    def test_another_key_is_found_by_who_knows_the_right_one(self):
        sign = another_signer(self.place.folder)
        if not sign:
            self.skipTest("no openssl")
        with Forger(self.place) as forger:
            forger.do("UPDATE ledger SET actor = 'other' WHERE event = 'published' AND code = '1.000001'")
            forger.rebuild(sign)
        ours, script, report, words = self.place.both()
        self.assertEqual((ours, script), ((False, 1), (False, 1)), (report, words))
        self.assertEqual(report["findings"][0]["kind"], "signature")
        code, event, words = verifier(self.place.store)  # without the key nothing can be said
        self.assertEqual(code, 0, words)
        self.assertIn("signatures were not checked", words)

    def test_who_has_the_key_is_found_by_a_head_kept_elsewhere(self):
        """The forger signs with the stolen key; here the program does it for him."""
        heads = self.place.heads()
        with Forger(self.place) as forger:
            event = forger.event("published", code="1.000005", last=False)
            run = forger.one("SELECT max(run) FROM ledger")
            last = forger.one("SELECT max(seq) FROM ledger WHERE run < ?", run - 1)
            forger.do("DELETE FROM ledger WHERE seq > ?", last)
            forger.do("DELETE FROM checkpoint WHERE run >= ?", run - 1)
            for table in ("record", "finding", "procedure_state"):
                forger.do(f"DELETE FROM {table}")
            forger.do("DELETE FROM ledger WHERE event IN ('intended', 'published', 'withdrawn')")
            forger.do("DELETE FROM ledger WHERE seq > 2")
            forger.rehash()
            forger.do("DELETE FROM checkpoint")
            forger.retree()
            (self.state / "congkhai.db.checkpoint").unlink()
            self.assertGreater(event, 0)
        self.assertEqual(self.place.run("run").code, 0)
        ours, script, report, words = self.place.both()
        self.assertEqual((ours[0], script[0]), (True, True), (report, words))
        ours, script, report, words = self.place.both("--checkpoint", heads[0], "--checkpoint", heads[-1])
        self.assertEqual((ours, script), ((False, 1), (False, 1)), (report, words))
        for head in set(self.place.heads()) - set(heads):
            head.unlink()

    def test_events_that_somebody_put_behind_the_last_head_are_found_before_they_are_sealed(self):
        with Forger(self.place) as forger:
            last = forger.one("SELECT max(seq) FROM ledger")
            run = forger.one("SELECT max(run) FROM ledger") + 1
            config = forger.one("SELECT detail FROM ledger WHERE event = 'run-started' LIMIT 1")
            forger.do("INSERT INTO ledger VALUES (?, '2026-11-23T00:00:00.000Z', ?, 'run-started', NULL, NULL, NULL, 'x', ?,"
                      " zeroblob(32))", last + 1, run, config)
            forger.rehash(last + 1)
            forger.retree()
        ours, script, report, words = self.place.both()
        self.assertEqual((ours, script), ((False, last + 1), (False, last + 1)), (report, words))
        self.assertEqual(report["findings"][0]["kind"], "signature")
        before = self.portal.requests()
        done = self.place.run("run")
        self.assertEqual((done.code, self.portal.requests()), (5, before), done)
        code, _, words = verifier(self.place.store)  # without the key nobody can tell
        self.assertEqual(code, 0, words)
        self.assertIn("not sealed yet", words)

    def test_whatever_byte_is_changed_both_end_with_a_verdict(self):
        with sqlite3.connect(self.place.store) as database:
            database.execute("PRAGMA journal_mode = DELETE")
        database.close()
        good = self.place.store.read_bytes()
        filled = [at for at, byte in enumerate(good) if byte and at > 100]
        chance = random.Random(20260312)
        verdicts = collections.Counter()
        for _ in range(20):
            data = bytearray(good)
            for at in chance.sample(filled, chance.choice((1, 1, 3, 20))):
                data[at] ^= chance.randrange(1, 256)
            self.place.store.write_bytes(bytes(data))
            done = self.place.run("audit", "verify")
            code, _, words = verifier(self.place.store, "--key", self.place.key)
            self.assertIn((done.code, code), ((0, 0), (5, 5), (5, 0)), (done, words))
            self.assertNotIn("Traceback", words)
            verdicts[done.code] += 1
        self.assertGreater(verdicts[5], 15)

    def test_a_page_that_was_edited_is_found_by_both(self):
        path = self.place.store
        data = bytearray(path.read_bytes())
        with sqlite3.connect(path) as database:
            page, = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ledger_code'").fetchone()
            size, = database.execute("PRAGMA page_size").fetchone()
        database.close()
        at = data.rindex(b"1.000002", (page - 1) * size, page * size)  # an entry of the index, not of the table
        data[at:at + 8] = b"1.000009"
        path.write_bytes(data)
        ours, script, report, words = self.place.both()
        self.assertEqual((ours[0], script[0]), (False, False), (report, words))
        self.assertTrue(any(found["kind"] == "database" for found in report["findings"]), report)


class Ends(SealedNights):
    """A signal ends both verifiers wherever they are, and what is no store is none for every command."""

    def stopped_at(self, arguments, is_there, **options):
        """SIGTERM when `is_there(pid)`: the exit code. What blocks or catches the signal has begun."""
        running = Running(arguments, **{"env": self.place.environment, **options})
        self.place.children.append(running)

        def begun():
            status = pathlib.Path(f"/proc/{running.process.pid}/status").read_text()
            masks = re.findall(r"Sig(?:Blk|Cgt):\s+([0-9a-f]+)", status)
            return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in masks) and is_there(running.process.pid)

        wait_until(begun, "it is at work")
        running.signal(signal.SIGTERM)
        return running.wait(5).code

    def programs(self, *arguments):
        yield [PROGRAM, "--config", self.place.folder / "congkhai.yaml", "audit", "verify", *arguments]
        yield [sys.executable, VERIFIER, *arguments]

    def test_a_signal_ends_both_while_they_read_a_bundle(self):
        folder, _, _ = self.place.evidence()
        payload = sorted((folder / "payloads").iterdir())[0]
        payload.unlink()
        with open(payload, "wb") as file:
            file.truncate(1 << 30)
        for arguments in self.programs(folder):
            def reads(pid):
                for name in os.listdir(f"/proc/{pid}/fd"):
                    with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                        if os.readlink(f"/proc/{pid}/fd/{name}") == str(payload):
                            return True
                return False
            self.assertEqual(self.stopped_at(arguments, reads), 3, arguments)

    def test_a_signal_ends_both_while_they_unpack_a_payload(self):
        self.place.closed()
        path = shutil.copy(self.place.store, self.place.folder / "large.db")
        stream = zlib.compressobj()
        packed = b"".join(stream.compress(bytes(1 << 20)) for _ in range(512)) + stream.flush()
        with sqlite3.connect(path) as database:
            database.execute("UPDATE payload SET bytes = ?, encoding = 1, size = ? WHERE id = (SELECT min(id) FROM payload)",
                             (packed, 512 << 20))
        database.close()
        for arguments in self.programs(path):
            def works(pid):
                return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) > 30  # of a second's 100
            self.assertEqual(self.stopped_at(arguments, works), 3, arguments)

    def test_a_file_that_is_no_store_or_a_damaged_one_does_not_verify_whoever_reads_it(self):
        good = self.place.closed().read_bytes()
        for what, content, others in (("a text", b"hello\n" * 1000, 2), ("a head and no more", good[:100] + bytes(4000), 5),
                                      ("half of one", good[:len(good) // 2], 5), ("empty", b"", 2)):
            path = self.place.write("strange.db", content)
            for command, code in (("audit verify", 5), ("status", others), ("runs", others)):
                done = Running([PROGRAM, *command.split(), "--store", path], env=self.place.environment).wait()
                self.assertEqual(done.code, code, (what, command, done))
            self.assertEqual(verifier(path)[0], 5, what)


class WithoutAKey(unittest.TestCase):
    def test_a_ledger_made_anew_without_a_key_is_found_only_by_a_head_kept_elsewhere(self):
        with Simulator() as portal, Signed(portal, sign=False) as place:
            three_nights(place, portal)
            head = place.write("head-of-yesterday", (place.store.parent / "congkhai.db.checkpoint").read_bytes())
            with Forger(place) as forger:
                forger.do("UPDATE ledger SET actor = 'other' WHERE event = 'published' AND code = '1.000001'")
                forger.rebuild()
            code, report = place.verify()
            self.assertEqual(code, 0)
            self.assertIn("only a head kept elsewhere can tell", report["remarks"][0]["message"])
            self.assertEqual(verifier(place.store)[0], 0)
            ours, script, report, words = place.both("--checkpoint", head)
            self.assertEqual((ours, script), ((False, 1), (False, 1)), (report, words))

    def test_what_is_no_public_key_is_named_and_a_private_one_not_shown(self):
        with Simulator() as portal, Signed(portal) as place:
            place.records(procedure("1.000001"))
            place.run("run")
            secret = place.folder / "secret" / "ledger.key"
            for given, name in ((place.folder / "nowhere.pub", "nowhere.pub"), (secret, "ledger.key"), (secret.read_text(), "PRIVATE")):
                code, _, words = verifier(place.store, "--key", given)
                self.assertEqual((code, name in words, secret.read_text().strip()[-20:] in words), (2, True, False), words)

    def test_an_unsigned_head_says_so(self):
        with Simulator() as portal, Signed(portal, sign=False) as place:
            place.records(procedure("1.000001"))
            place.run("run")
            done = place.run("audit", "checkpoint")
            self.assertEqual((done.code, done.stdout.count("\n")), (0, 3))
            self.assertIn("not signed", done.stderr)
            self.assertFalse(place.run("--json", "audit", "checkpoint").json["signed"])


if __name__ == "__main__":
    unittest.main()
