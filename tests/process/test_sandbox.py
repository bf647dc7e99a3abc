"""What reads foreign bytes does it in processes of its own, with few rights; one that dies takes nothing along.

Their deaths are made by build/congkhai-faults (tests/support/faulty_calls.c): words in a record have the process that is
named there crash, hang, eat memory, or try what it must not.
"""

import json
import sqlite3
import unittest

from harness import BUILD, PROGRAM, Place, Simulator, procedure

FAULTY = BUILD / "congkhai-faults"
faulty = unittest.skipUnless(FAULTY.exists(), "build/congkhai-faults is not built with sanitizers")


def night(place, *arguments, program=FAULTY, **environment):
    environment = {**place.environment, "CONGKHAI_FAULT_FILE": str(place.store), **environment}
    return place.run("run", *arguments, program=program, env=environment)


def state(place):
    """What the store holds, without what each run has of its own."""
    with sqlite3.connect(place.store) as store:
        found = {
            "records": store.execute("SELECT r.key, r.locator, hex(r.source_digest), r.code, r.outcome, hex(r.content_digest),"
                                     " r.status, r.fault FROM record r ORDER BY 1, 2").fetchall(),
            "findings": store.execute("SELECT record, rule, field, value, reason, arguments, message FROM finding"
                                      " ORDER BY 1, 2, 3, 4").fetchall(),
            "events": store.execute("SELECT event, source, code, digest FROM audit_events WHERE event NOT LIKE 'run-%'"
                                    " ORDER BY seq").fetchall(),
        }
        return json.loads(json.dumps(found).replace(str(place.folder), "FOLDER"))


def reasons(place):
    return {row[0] for row in place.sql("SELECT reason FROM finding f JOIN record r ON r.id = f.record WHERE r.present = 1")}


class Rights(unittest.TestCase):
    @faulty
    def test_from_inside_each_process_a_socket_a_file_a_program_and_a_signal_are_refused(self):
        children = ("decoder", "keys", "mapper", "nobody")
        with Simulator() as portal, Place(portal) as place:
            place.change_source(key="/notes")
            place.records(*(procedure(f"1.00000{i}", notes=f"congkhai-fault:{child}:probe........")
                            for i, child in enumerate(children)))
            done = night(place)
            self.assertEqual(done.code, 0, done.stderr)
            refused, untried = "proberrrrrrrr", "probe........"
            # The key is what the process for keys makes of it, the content what the mapper makes of it.
            keys = {key.split(":")[1]: key.split(":")[2] for key, in place.sql("SELECT source_key FROM audit_records")}
            self.assertEqual(keys, {"decoder": refused, "keys": refused, "mapper": untried, "nobody": untried})
            notes = {held["content"]["notes"].split(":")[1]: held["content"]["notes"].split(":")[2]
                     for held in portal.held().values()}
            self.assertEqual(notes, {"decoder": refused, "keys": untried, "mapper": refused, "nobody": untried})

    def test_with_and_without_it_a_store_holds_the_same(self):
        held = {}
        for sandbox in ("on", "off"):
            with Simulator() as portal, Place(portal, sandbox=sandbox) as place:
                place.records(procedure("1.000001"), procedure("1.000002", name="  x\u00a0y  "), procedure("1.000003", status="?"),
                              procedure("1.000001", name="another"), {"code": ""})
                place.write("inbox/one.ndjson", (place.inbox / "one.ndjson").read_bytes() + b"{ no JSON\n")
                self.assertEqual(place.run("run").code, 1)
                self.assertEqual(place.run("run").code, 1)
                held[sandbox] = state(place)
        self.assertEqual(held["on"], held["off"])
        self.assertTrue(held["on"]["findings"])


class Deaths(unittest.TestCase):
    @faulty
    def test_a_record_that_ends_the_process_that_works_it_is_kept_back_and_the_others_go_on(self):
        for child, what in (("mapper", "crash"), ("mapper", "hang"), ("mapper", "memory"), ("keys", "crash"), ("keys", "hang")):
            with self.subTest(child + " " + what), Simulator() as portal, Place(portal) as place:
                place.records(*(procedure(f"1.00000{i}") for i in range(4)),
                              procedure("1.000009", notes=f"congkhai-fault:{child}:{what}"))
                done = night(place, CONGKHAI_FAULT_FAST="200")
                self.assertEqual(done.code, 1, done.stderr)
                self.assertEqual(sorted(portal.held()), [f"1.00000{i}" for i in range(4)])
                self.assertEqual(place.one("SELECT count(*) FROM audit_records WHERE outcome = 'rejected'"), 1)
                self.assertEqual(reasons(place), {"record.unreadable" if child == "keys" else
                                                  "record.killed" if what == "hang" else "record.died"})
                # By another program, in which it does no harm: only what was killed is tried again of itself.
                self.assertEqual(night(place, program=PROGRAM).code, 0 if what == "hang" else 1)
                if what != "hang":
                    self.assertEqual(place.run("retry", "--reason", "x").code, 0)
                    self.assertEqual(night(place, program=PROGRAM).code, 0)
                self.assertIn("1.000009", portal.held())

    @faulty
    def test_a_file_that_ends_the_process_that_reads_it_is_set_aside_and_the_others_go_on(self):
        for what in ("crash", "hang", "memory"):
            with self.subTest(what), Simulator() as portal, Place(portal) as place:
                place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json")
                for i in range(4):
                    place.write(f"inbox/{i}.json", json.dumps(procedure(f"1.00000{i}")))
                place.write("inbox/9.json", json.dumps(procedure("1.000009", notes=f"congkhai-fault:decoder:{what}")))
                done = night(place, CONGKHAI_FAULT_FAST="200")
                self.assertEqual(done.code, 1, done.stderr)
                self.assertIn("9.json", done.stderr)
                self.assertEqual(sorted(portal.held()), [f"1.00000{i}" for i in range(4)])
                self.assertEqual(night(place, program=PROGRAM).code, 0 if what == "hang" else 1)
                if what != "hang":
                    self.assertEqual(place.run("retry", "--reason", "x").code, 0)
                    self.assertEqual(night(place, program=PROGRAM).code, 0)
                self.assertIn("1.000009", portal.held())


if __name__ == "__main__":
    unittest.main()
