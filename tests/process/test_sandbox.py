"""What reads foreign bytes does it in processes of its own, with few rights; one that dies takes nothing along.

Their deaths are made by build/congkhai-faults (tests/support/faulty_calls.c): words in a record have the process that is
named there crash, hang, eat memory, or try what it must not.
"""

import base64
import http.server
import json
import pathlib
import sqlite3
import threading
import unittest
import urllib.parse

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


def descendants(process):
    """The processes below one, with the names that they gave themselves."""
    children = pathlib.Path(f"/proc/{process}/task/{process}/children")
    try:
        below = [int(number) for number in children.read_text().split()]
    except OSError:
        return
    for child in below:
        try:
            yield child, pathlib.Path(f"/proc/{child}/comm").read_text().strip()
        except OSError:
            continue
        yield from descendants(child)


class Page(http.server.BaseHTTPRequestHandler):
    """Answers every question with the server's `body`, and refuses what it is sent."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def do_PUT(self):
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(422)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Web:
    def __init__(self, *records):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.server.received = []
        self.server.body = json.dumps(records).encode()
        self.url = f"http://127.0.0.1:{self.server.server_port}/list"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


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

    @faulty
    def test_who_talks_to_the_network_may_do_that_alone(self):
        web = Web(*(procedure(f"1.00000{i}", notes=f"congkhai-fault:{child}:probe........")
                    for i, child in enumerate(("fetcher", "sender", "nobody"))))
        with web, Place() as place:
            place.change_source(fetch={"url": web.url}, format="json")
            place.change_portal(url=web.url)
            night(place)
            notes = {content["code"]: content["notes"].split(":")[2] for content in web.server.received}
            self.assertEqual(notes, {"1.000000": "probeDrrrrrrr", "1.000001": "probeDrrrrrrr", "1.000002": "probe........"})

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


    def test_a_folder_of_files_whole_broken_and_large_gives_the_same_with_and_without_it(self):
        """With it a file is taken apart while what came of the one before is staged."""
        bodies = [json.dumps(procedure("1.000001")), '{"code": "1.', json.dumps(procedure("1.000002", notes="l" * (1 << 21))), "",
                  json.dumps(procedure("1.000003")), json.dumps([procedure("1.000004")]), '{"a": 1} {', json.dumps(procedure("1.000005"))]
        held = {}
        for sandbox in ("on", "off"):
            with Simulator() as portal, Place(portal, sandbox=sandbox) as place:
                place.change_source(fetch={"folder": "inbox", "match": "*.json", "quiet": 0}, format="json")
                for number, body in enumerate(bodies):
                    place.write(f"inbox/{number}.json", body)
                self.assertEqual(place.run("run").code, 1)
                place.write("inbox/1.json", json.dumps(procedure("1.000006")))
                place.write("inbox/4.json", '{"code": "1.')
                self.assertEqual(place.run("run").code, 1)
                held[sandbox] = (place.sql("SELECT r.key, r.locator, r.code, r.outcome, r.present, f.rule, f.message FROM record r"
                                           " LEFT JOIN finding f ON f.record = r.id ORDER BY 1, 2, 6"), sorted(portal.held()))
        self.assertEqual(held["on"], held["off"])
        self.assertEqual(held["on"][1], [f"1.00000{i}" for i in range(1, 7)])


class Secrets(unittest.TestCase):
    def test_no_process_shows_a_secret_and_nothing_that_is_left_holds_one(self):
        secrets = {"SOURCE_TOKEN": "t0ken-of-the-source", "CONGKHAI_PORTAL_TOKEN": "t0ken-of-the-portal"}
        seen = {}
        web = Web(*(procedure(f"1.{i:06d}") for i in range(300)))
        with web, Simulator("--delay", "20") as portal, Place(portal) as place:
            place.change_source(fetch={"url": web.url, "auth": {"bearer": "${env:SOURCE_TOKEN}"}}, format="json")
            place.change_portal(auth={"bearer": "${env:CONGKHAI_PORTAL_TOKEN}"})
            running = place.start("run", env={**place.environment, **secrets})
            while running.alive():
                for process, name in descendants(running.process.pid):
                    try:
                        seen[name] = seen.get(name, b"") + b"".join(
                            pathlib.Path(f"/proc/{process}/{file}").read_bytes() for file in ("environ", "cmdline"))
                    except OSError:
                        pass
            done = running.wait()
            self.assertEqual(done.code, 0, done.stderr)
            self.assertLessEqual({"spawner", "sender"}, seen.keys())
            left = b"".join(path.read_bytes() for path in place.folder.rglob("*") if path.is_file())
            everything = b"".join(seen.values()) + left + done.stdout.encode() + done.stderr.encode()
            for secret in secrets.values():
                for form in (secret.encode(), base64.b64encode(secret.encode()), urllib.parse.quote(secret).encode()):
                    self.assertNotIn(form, everything)


class Deaths(unittest.TestCase):
    @faulty
    def test_a_record_that_ends_the_process_that_works_it_is_kept_back_and_the_others_go_on(self):
        for child, what in (("mapper", "crash"), ("mapper", "hang"), ("mapper", "memory"), ("keys", "crash"), ("keys", "hang"),
                            ("keys", "memory")):
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

    @faulty
    def test_a_record_that_ends_the_process_that_sends_it_says_nothing_of_the_portal(self):
        for what in ("crash", "hang", "memory"):
            with self.subTest(what), Simulator() as portal, Place(portal) as place:
                place.records(procedure("1.000009", notes=f"congkhai-fault:sender:{what}"))
                done = night(place, CONGKHAI_FAULT_FAST="200")
                self.assertEqual(done.code, 1, done.stderr)
                self.assertEqual(night(place, program=PROGRAM).code, 0)
                self.assertIn("1.000009", portal.held())

    @faulty
    def test_a_record_that_ends_the_process_that_sends_it_waits_and_the_others_are_sent(self):
        for what in ("crash", "hang", "memory"):
            with self.subTest(what), Simulator() as portal, Place(portal) as place:
                place.records(*(procedure(f"1.00000{i}") for i in range(6)),
                              procedure("1.000009", notes=f"congkhai-fault:sender:{what}"))
                done = night(place, CONGKHAI_FAULT_FAST="200")
                self.assertEqual(done.code, 1, done.stderr)
                self.assertEqual(sorted(portal.held()), [f"1.00000{i}" for i in range(6)])
                self.assertEqual(set(portal.effect_counts().values()), {1})
                self.assertEqual(night(place, program=PROGRAM).code, 0)
                self.assertIn("1.000009", portal.held())

    @faulty
    def test_a_source_whose_fetching_dies_is_not_read_whole_and_the_others_are(self):
        for what in ("crash", "hang", "memory"):
            web = Web(procedure("1.000009", notes=f"congkhai-fault:fetcher:{what}"))
            with self.subTest(what), web, Simulator() as portal, Place(portal) as place:
                place.configure(sources=[place.source("web", fetch={"url": web.url, "timeout": "1s"}, format="json"), place.source("one")])
                place.records(procedure("1.000001"))
                self.assertEqual(night(place, CONGKHAI_FAULT_FAST="500").code, 3)
                self.assertEqual(sorted(portal.held()), ["1.000001"])
                self.assertEqual(night(place, program=PROGRAM).code, 0)
                self.assertEqual(sorted(portal.held()), ["1.000001", "1.000009"])

    def test_many_small_files_are_no_many_processes(self):
        with Place() as place:
            place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json")
            for number in range(1500):
                place.write(f"inbox/{number}.json", json.dumps(procedure(f"1.{number:06d}")))
            seen = set()
            running = place.start("extract")
            while running.alive():
                seen.update(descendants(running.process.pid))
            self.assertEqual(running.wait().code, 0)
            self.assertEqual(place.one("SELECT count(*) FROM record"), 1500)
            self.assertLessEqual({"decoder", "keys"}, {name for _, name in seen})
            self.assertLessEqual(len({number for number, _ in seen}), 5, seen)


if __name__ == "__main__":
    unittest.main()
