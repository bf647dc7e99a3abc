"""Whoever may write the store's file publishes nothing: what leaves is named by an event of the ledger."""

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import tempfile

from harness import Night, Place, Simulator, procedure, procedures, wait_until
from sealed_nights import Forger

INVENTED = '{"code":"1.000002","kind":"public","name":"Bịa đặt","status":"announced"}'
PENDING, WITHDRAWN_BY_RECORD, CONFLICT, ORDERED, ADOPTED, OPEN, NEW = (f"1.{number:06d}" for number in range(2, 9))


class Tampering(Night):
    """A store in which one procedure of every kind waits for the next load, and the portal as it is then."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="congkhai-portal-")
        cls.there = os.path.join(cls.folder.name, "portal.db")
        cls.portal = Simulator("--database", cls.there)
        cls.place = Place(cls.portal)
        cls.place.change_portal(retry={"attempts": 1, "first": "10ms", "most": "10ms"})
        cls.prepare()

    @classmethod
    def tearDownClass(cls):
        cls.portal.stop()
        cls.place.close()
        cls.folder.cleanup()

    def setUp(self):
        pass

    @classmethod
    def another_hand(cls, *codes):
        cls.portal.stop()
        connection = sqlite3.connect(cls.there)
        for code in codes:
            content = json.loads(connection.execute("SELECT content FROM held WHERE code = ?", (code,)).fetchone()[0])
            content["name"] = "Tên của cổng"
            text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            connection.execute("UPDATE held SET content = ?, digest = ?, version = version + 1 WHERE code = ?",
                               (text, hashlib.sha256(text.encode()).hexdigest(), code))
        connection.commit()
        connection.close()
        cls.portal = Simulator("--database", cls.there, port=cls.portal.port)

    @classmethod
    def prepare(cls):
        place, records = cls.place, {record["code"]: record for record in procedures(7)}
        place.records(*records.values())
        cls.must(place.run("run"), 0)
        cls.another_hand(CONFLICT, ADOPTED)
        cls.must(place.run("withdraw", "--yes", ORDERED, "--decision", "9/QĐ-UBND", "--reason", "thử"), 0)
        cls.must(place.run("reconcile", "--adopt", ADOPTED, "--reason", "thử"), 0)
        cls.must(place.run("reconcile"), 1)
        records[OPEN]["name"] = "Tên mới của thủ tục"
        place.records(*records.values())
        cls.portal.faults("kind=status:500,on=put|get")
        cls.must(place.run("run"), 3)
        cls.portal.faults()
        records[PENDING]["name"] = records[CONFLICT]["name"] = "Tên mới của ta"
        records[WITHDRAWN_BY_RECORD]["status"] = "abolished"
        place.records(*records.values(), procedure(NEW))
        for stage in ("extract", "transform"):
            cls.must(place.run(stage), 1)
        shutil.copy(place.store, place.store.with_suffix(".ended"))
        cls.die_in_a_run()
        cls.portal.stop()
        with sqlite3.connect(place.store) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(place.store, place.store.with_suffix(".kept"))
        shutil.copy(cls.there, cls.there + ".kept")
        cls.restore()
        cls.must(place.run("load"), 1)
        cls.honest = cls.effects()
        assert {code for code, *_ in cls.honest} == {PENDING, WITHDRAWN_BY_RECORD, OPEN, NEW}, cls.honest

    @classmethod
    def die_in_a_run(cls):
        """A run that has an end binds all that the next one works with; behind one that died the events stand alone."""
        cls.portal.faults("kind=timeout,on=list")
        before = cls.place.one("SELECT max(run) FROM ledger")
        running = cls.place.start("reconcile")
        wait_until(lambda: cls.place.one("SELECT max(run) FROM ledger") > before, "a run has begun")
        running.signal(signal.SIGKILL)
        running.wait()
        cls.portal.faults()

    @staticmethod
    def must(done, code):
        assert done.code == code, done

    @classmethod
    def restore(cls):
        cls.portal.stop()
        shutil.copy(cls.there + ".kept", cls.there)
        cls.portal = Simulator("--database", cls.there, port=cls.portal.port)
        cls.known = len(cls.portal.effects())

    @classmethod
    def effects(cls):
        return {(effect["code"], effect["action"], effect["digest"]) for effect in cls.portal.effects()[cls.known:]}

    def load_after(self, *statements, kept=".kept"):
        """The exit code of load on the kept store after these statements; nothing may leave that would not have."""
        store = self.place.store
        for end in ("", "-wal", "-shm", ".checkpoint"):
            store.with_name(store.name + end).unlink(missing_ok=True)
        shutil.copy(store.with_suffix(kept), store)
        with sqlite3.connect(store) as connection:
            for statement in statements:
                connection.execute(*statement)
        connection.close()
        before = self.portal.requests()
        done = self.place.run("load")
        if done.code == 5:
            self.assertEqual(self.portal.requests(), before, (statements, done))
            return 5
        self.assertIn(done.code, (0, 1, 3), (statements, done))
        sent = self.effects()
        self.restore()
        self.assertLessEqual(sent, self.honest, (statements, done))
        return done.code

    def invent(self):
        digest = hashlib.sha256(INVENTED.encode()).digest()
        return digest, ("INSERT INTO payload (id, digest, kept, encoding, size, run, bytes) VALUES (9999, ?, 1, 0, ?, 1, ?)",
                        (digest, len(INVENTED.encode()), INVENTED.encode()))

    def test_what_only_steers_is_as_the_last_run_left_it(self):
        """A record marked to be checked, with another content: its rules would pass, and its event would be ours."""
        digest, payload = self.invent()
        for edit in ("UPDATE record SET work = 3, content = 9999, content_digest = (SELECT digest FROM payload WHERE id = 9999)",
                     "UPDATE record SET work = 1", "UPDATE record SET present = 0", "UPDATE record SET outcome = 'accepted', work = 3",
                     "UPDATE record SET locator = 'x'", "UPDATE record SET fault = 'x'", "UPDATE record SET watched = '{}'",
                     "UPDATE source SET usual = 1", "UPDATE recipe SET digest = zeroblob(32) WHERE id = 1",
                     "INSERT INTO finding (record, rule, severity, message, since_run, stage) VALUES (1, 'x', 'error', 'x', 1, 1)",
                     "INSERT INTO deadline VALUES (1, 'x', '2026-01-01')", "INSERT INTO superseded VALUES (1, 1)",
                     "UPDATE procedure_state SET words = 'x'", "DELETE FROM procedure_state WHERE code = '1.000001'"):
            self.assertEqual(self.load_after(payload, (edit,), kept=".ended"), 5, edit)
            self.expect(self.place.run("audit", "verify"), 5)
        self.assertEqual(self.load_after(("UPDATE record SET locator = locator",), kept=".ended"), 1)

    def test_an_invented_text_is_not_published(self):
        digest, payload = self.invent()
        for code in (PENDING, NEW, "1.000001", OPEN):
            wish = ("UPDATE procedure_state SET wanted_action = 'publish', wanted_content = 9999, wanted_digest = ?,"
                    " state = 'idle' WHERE code = ?", (digest, code))
            self.assertEqual(self.load_after(payload, wish), 5)

    def test_an_order_a_conflict_and_an_adoption_are_not_overruled(self):
        accepted = ("(SELECT {} FROM ledger WHERE code = '%s' AND event = 'accepted' ORDER BY seq DESC LIMIT 1)")
        for code in (ORDERED, ADOPTED):
            event, digest = (accepted.format(column) % code for column in ("seq", "digest"))
            self.assertEqual(self.load_after((
                "UPDATE procedure_state SET wanted_action = 'publish', wanted_event = " + event + ", wanted_digest = " + digest +
                ", wanted_content = (SELECT id FROM payload WHERE digest = " + digest + "), ordered = NULL, dismissed = NULL,"
                f" dismissed_event = NULL WHERE code = '{code}'",)), 5)
        self.assertEqual(self.load_after((f"UPDATE procedure_state SET state = 'idle' WHERE code = '{CONFLICT}'",)), 5)

    def test_an_open_delivery_is_not_forgotten(self):
        self.assertEqual(self.load_after((f"UPDATE procedure_state SET state = 'idle' WHERE code = '{OPEN}'",)), 5)
        self.assertEqual(self.load_after((f"UPDATE procedure_state SET intent_key = 'x' WHERE code = '{OPEN}'",)), 5)

    def test_an_edited_event_is_no_event(self):
        digest, payload = self.invent()
        edit = ("UPDATE ledger SET digest = ? WHERE seq = (SELECT wanted_event FROM procedure_state WHERE code = ?)",
                (digest, PENDING))
        wish = ("UPDATE procedure_state SET wanted_content = 9999, wanted_digest = ? WHERE code = ?", (digest, PENDING))
        with sqlite3.connect(self.place.store.with_suffix(".kept")) as connection:
            trigger, = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_no_update'").fetchone()
        self.assertEqual(self.load_after(("DROP TRIGGER ledger_no_update",), payload, edit, wish, (trigger,)), 5)

    def test_no_column_of_any_row_publishes_what_no_event_names(self):
        """Every column of every kind of row, a value drawn from those that stand in the table and some that do not."""
        chance = random.Random(11)
        digest, payload = self.invent()
        with sqlite3.connect(self.place.store.with_suffix(".kept")) as connection:
            cursor = connection.execute("SELECT * FROM procedure_state")
            names, rows = [column[0] for column in cursor.description], cursor.fetchall()
        codes, ends = [row[0] for row in rows], {}
        for at, name in enumerate(names):
            values = [None, 0, 1, 9999, digest, "publish", "withdraw", "idle", "conflict", "published", "abolished", "x"]
            values += {row[at] for row in rows}
            for code in codes:
                value = chance.choice(values)
                code_ends = self.load_after(payload, (f"UPDATE OR IGNORE procedure_state SET {name} = ? WHERE code = ?",
                                                      (value, code)))
                ends[code_ends] = ends.get(code_ends, 0) + 1
        self.assertGreater(ends.get(5, 0), 10, ends)


class Readers(Night):
    """What a command tells from events is told of events that give the ledger's head."""

    COMMANDS = (("history", "1.000001"), ("history", "1.000001", "--on", "2026-01-01"), ("show", "1.000001"),
                ("report", "so-luong"), ("report", "bien-dong", "--from", "2026-01-01", "--to", "2026-01-02"))

    def test_an_old_event_that_was_changed_is_not_told(self):
        records = procedures(2)
        for name in ("A", "B", "C", "D"):
            records[0]["name"] = name
            self.place.records(*records)
            self.expect(self.place.run("run"), 0)
        for command in self.COMMANDS:
            self.assertIn(self.place.run(*command).code, (0, 2), command)
        self.expect(self.place.run("health"), 0)
        for rehashed in (False, True):
            with self.subTest(rehashed=rehashed), Forger(self.place) as forger:
                event = forger.event("published", last=False, code="1.000001")
                forger.do("UPDATE ledger SET at = '2020-01-01T00:00:00.000Z', actor = 'kẻ khác' WHERE seq = ?", event)
                if rehashed:
                    forger.rehash(event)
            for command in (*self.COMMANDS, ("audit", "export", self.place.folder / "bundle")):
                self.expect(self.place.run(*command), 5, "does not verify")
            self.expect(self.place.run("show", "1.000002"), 5 if rehashed else 0)
            self.expect(self.place.run("health"), 2, "does not verify")
            self.assertFalse((self.place.folder / "bundle").exists())
