"""The portal simulator as a process: the contract it serves, and every way in which it fails on demand."""

import base64
import concurrent.futures
import contextlib
import email.utils
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

BINARY = pathlib.Path(os.environ.get("CONGKHAI_BUILD", "./build")) / "portal-simulator"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Simulator:
    """A running portal-simulator. Options are given as its command line has them."""

    def __init__(self, *options):
        self.process = subprocess.Popen([BINARY, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (https?)://127\.0\.0\.1:(\d+)/v1\n", line)
        if not found:
            self.process.wait()
            raise AssertionError(f"it did not start: {line!r} {self.process.stderr.read()!r}")
        self.port = int(found[2])

    def connect(self, timeout=10):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=10):
        if not isinstance(body, (bytes, type(None))):
            body = json.dumps(body, ensure_ascii=False).encode()
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect(timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def put(self, at, key, first=False, match=None, timeout=10, **changes):
        body = procedure(at, **changes)
        headers = {"Idempotency-Key": key, "Content-Digest": content_digest(body)}
        if first:
            headers["If-None-Match"] = "*"
        if match:
            headers["If-Match"] = match
        return self.ask("PUT", "/v1/procedures/" + at, body, headers, timeout)

    def faults(self, *specs):
        answer = self.ask("PUT", "/_control/faults", list(specs))
        assert answer.status == 200, answer.body
        return answer.json

    def stats(self):
        return self.get("/_control/stats").json

    def effects(self, **query):
        return self.get("/_control/effects?" + urllib.parse.urlencode(query)).json

    def reset(self):
        self.ask("POST", "/_control/reset")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(timeout=10)
        self.process.stdout.close()
        self.errors = self.process.stderr.read()
        self.process.stderr.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.stop()


def procedure(at, **changes):
    content = {"code": at, "name": "Thủ tục " + at, "kind": "public", "status": "announced"}
    content.update(changes)
    content = {name: value for name, value in content.items() if value is not None}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_digest(body):
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def hex_digest(body):
    return hashlib.sha256(body).hexdigest()


class Shared(unittest.TestCase):
    """One simulator for all tests of a class, emptied before each."""

    options = ()

    @classmethod
    def setUpClass(cls):
        cls.simulator = Simulator(*cls.options)

    @classmethod
    def tearDownClass(cls):
        code = cls.simulator.stop()
        assert code == 0 and cls.simulator.errors == "", (code, cls.simulator.errors)

    def setUp(self):
        self.simulator.reset()
        self.simulator.faults()

    def problem(self, answer, status, words, kind=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        self.assertIn(words, answer.json["detail"])
        if kind:
            self.assertEqual(answer.json["type"], kind)
        return answer.json


class Contract(Shared):
    def test_a_first_publication_is_201_with_version_1_and_the_digest_of_the_bytes(self):
        answer = self.simulator.put("1.000001", "k1", first=True)
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.headers["ETag"], '"1"')
        held = answer.json
        self.assertEqual((held["code"], held["version"], held["status"]), ("1.000001", "1", "published"))
        self.assertEqual(held["digest"], hex_digest(procedure("1.000001")))
        self.assertRegex(held["updated_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        again = self.simulator.get("/v1/procedures/1.000001").json
        self.assertEqual(again, {**held, "content": json.loads(procedure("1.000001"))})

    def test_a_key_sent_again_gives_the_first_answer_and_no_second_effect(self):
        first = self.simulator.put("1.000001", "k1", first=True)
        self.simulator.put("1.000001", "k2", match='"1"', name="Khác")
        again = self.simulator.put("1.000001", "k1", first=True)
        self.assertEqual((again.status, again.json, again.headers["ETag"]), (201, first.json, '"1"'))
        self.assertEqual(len(self.simulator.effects()), 2)
        self.assertEqual(self.simulator.stats()["replays"], 1)

    def test_a_key_with_another_body_or_code_is_409(self):
        self.simulator.put("1.000001", "k1", first=True)
        answer = self.simulator.put("1.000001", "k1", first=True, name="Khác")
        self.problem(answer, 409, "another body", "urn:procedure:key")
        self.assertEqual(self.simulator.put("1.000002", "k1", first=True).status, 409)
        self.assertEqual(len(self.simulator.effects()), 1)

    def test_a_key_whose_request_was_refused_is_free_again(self):
        self.simulator.put("1.000001", "k0", first=True)
        self.assertEqual(self.simulator.put("1.000001", "k1", first=True).status, 412)
        self.assertEqual(self.simulator.put("1.000001", "k1", match='"1"').status, 200)

    def test_preconditions_are_kept(self):
        self.problem(self.simulator.put("1.000001", "k0", match='"1"'), 412, "is not held")
        self.simulator.put("1.000001", "k1", first=True)
        self.problem(self.simulator.put("1.000001", "k2", first=True), 412, "held already, in version 1",
                     "urn:procedure:version")
        self.problem(self.simulator.put("1.000001", "k3", match='"7"'), 412, "in version 1, not 7")
        self.problem(self.simulator.put("1.000001", "k4", match="1"), 400, "in quotes")
        self.assertEqual(self.simulator.put("1.000001", "k5", match='"1"').status, 200)
        self.assertEqual(self.simulator.put("1.000001", "k6", match="*").json["version"], "3")

    def test_a_replacement_without_precondition_is_taken_and_counted(self):
        self.simulator.put("1.000001", "k1", first=True)
        self.assertEqual(self.simulator.put("1.000001", "k2").status, 200)
        self.assertEqual(self.simulator.stats()["unconditional"], 1)

    def test_what_a_put_must_carry(self):
        body = procedure("1.000001")
        path = "/v1/procedures/1.000001"
        good = {"Idempotency-Key": "k", "Content-Digest": content_digest(body)}
        ask = self.simulator.ask
        self.problem(ask("PUT", path, body, {"Content-Digest": good["Content-Digest"]}), 400, "Idempotency-Key")
        self.problem(ask("PUT", path, body, {**good, "Idempotency-Key": "x" * 256}), 400, "1 to 255")
        self.problem(ask("PUT", path, body, {"Idempotency-Key": "k"}), 400, "Content-Digest is required")
        self.problem(ask("PUT", path, body, {**good, "Content-Digest": "sha-256=abc"}), 400, "must be sha-256")
        self.problem(ask("PUT", path, body, {**good, "Content-Digest": content_digest(b"x")}), 400, "not that of")
        self.problem(ask("PUT", path, body, {**good, "Content-Type": "text/plain"}), 415, "application/json")
        several = {**good, "Content-Digest": "sha-512=:AAAA:, " + good["Content-Digest"]}
        self.assertEqual(ask("PUT", path, body, several).status, 201)

    def test_a_body_that_is_no_procedure_is_refused_with_pointers(self):
        answer = self.simulator.put("1.000001", "k", code="1.000002", name=None, status="")
        errors = self.problem(answer, 422, "errors says why", "urn:procedure:invalid")["errors"]
        self.assertEqual([error["pointer"] for error in errors], ["/code", "/name", "/status"])
        self.assertIn("not the code", errors[0]["detail"])
        for body, status in ((b"[]", 422), (b"{", 400), (b'{"code":"a","code":"a"}', 400), (b"\xff", 400)):
            headers = {"Idempotency-Key": "k", "Content-Digest": content_digest(body)}
            answer = self.simulator.ask("PUT", "/v1/procedures/1.000001", body, headers)
            self.assertEqual(answer.status, status, body)
        self.assertEqual(self.simulator.effects(), [])

    def test_what_was_never_published_is_404_with_its_type(self):
        answer = self.simulator.get("/v1/procedures/9.999999")
        self.problem(answer, 404, "never published", "urn:procedure:unknown")
        self.problem(self.simulator.get("/v1/nothing"), 404, "serves nothing", "about:blank")
        self.problem(self.simulator.ask("DELETE", "/v1/procedures/9.999999"), 405, "DELETE")

    def test_an_unchanged_procedure_is_304(self):
        self.simulator.put("1.000001", "k", first=True)
        answer = self.simulator.get("/v1/procedures/1.000001", If_None_Match='"1"')
        self.assertEqual((answer.status, answer.body), (304, b""))

    def test_codes_may_hold_letters_that_a_path_escapes(self):
        code = "NB-SCT/01 Đ"
        body = procedure(code)
        headers = {"Idempotency-Key": "k", "Content-Digest": content_digest(body)}
        path = "/v1/procedures/" + urllib.parse.quote(code, safe="")
        self.assertEqual(self.simulator.ask("PUT", path, body, headers).status, 201)
        self.assertEqual(self.simulator.get(path).json["code"], code)

    def test_a_withdrawal_needs_a_decision_and_keeps_the_procedure_readable(self):
        path = "/v1/procedures/1.000001/withdrawal"
        decision = {"decision": "12/QĐ-UBND", "reason": "bãi bỏ"}
        key = {"Idempotency-Key": "w1"}
        self.problem(self.simulator.ask("POST", path, decision, key), 404, "never", "urn:procedure:unknown")
        self.simulator.put("1.000001", "k", first=True)
        self.problem(self.simulator.ask("POST", path, decision), 400, "Idempotency-Key")
        refused = self.problem(self.simulator.ask("POST", path, {"reason": "x"}, key), 422, "decision")
        self.assertEqual(refused["errors"][0]["pointer"], "/decision")
        self.problem(self.simulator.ask("POST", path, decision, {**key, "If-Match": '"4"'}), 412, "version 1")
        answer = self.simulator.ask("POST", path, decision, {**key, "If-Match": '"1"'})
        self.assertEqual((answer.status, answer.json["version"], answer.json["status"]), (200, "2", "abolished"))
        self.assertEqual(self.simulator.ask("POST", path, decision, {**key, "If-Match": '"1"'}).json, answer.json)
        held = self.simulator.get("/v1/procedures/1.000001").json
        self.assertEqual((held["digest"], held["content"]["name"]), (answer.json["digest"], "Thủ tục 1.000001"))
        self.assertEqual([row["action"] for row in self.simulator.effects()], ["publish", "withdraw"])

    def test_the_list_comes_in_pages_in_order_of_code(self):
        for number in (5, 3, 1, 4, 2):
            self.simulator.put(f"1.00000{number}", f"k{number}", first=True, agency={"code": "H13"})
        self.simulator.put("1.000006", "k6", first=True, agency={"code": "H30"})
        self.simulator.put("1.000007", "k7", first=True)
        seen, after = [], ""
        while after is not None:
            page = self.simulator.get(f"/v1/procedures?agency=H13&limit=2&after={after}").json
            self.assertLessEqual(len(page["items"]), 2)
            seen += [item["code"] for item in page["items"]]
            after = page.get("next")
        self.assertEqual(seen, [f"1.00000{number}" for number in (1, 2, 3, 4, 5, 7)])
        self.problem(self.simulator.get("/v1/procedures"), 400, "agency")
        self.problem(self.simulator.get("/v1/procedures?agency=H13&limit=1001"), 400, "1 to 1000")

    def batch(self, *items):
        return self.simulator.ask("POST", "/v1/batches", {"items": items})

    def test_each_item_of_a_batch_is_taken_or_refused_for_itself(self):
        content = json.loads(procedure("1.000001"))
        self.simulator.put("1.000009", "k9", first=True)
        answer = self.batch(
            {"key": "a", "action": "publish", "code": "1.000001", "content": content},
            {"key": "b", "action": "publish", "code": "1.000002", "content": {**content, "code": "1.000002", "name": ""}},
            {"key": "c", "action": "publish", "code": "1.000009", "content": {**content, "code": "1.000009"}},
            {"key": "d", "action": "withdraw", "code": "1.000009", "base": "1"},
            {"key": "e", "action": "erase", "code": "1.000009"},
            {"key": "f", "action": "withdraw", "code": "1.000008"},
            {"action": "publish", "code": "1.000003"})
        items = answer.json["items"]
        self.assertEqual([item["status"] for item in items], [201, 422, 412, 200, 422, 404, 400])
        self.assertEqual([item["key"] for item in items], ["a", "b", "c", "d", "e", "f", ""])
        self.assertEqual(items[0]["digest"], hex_digest(procedure("1.000001")))
        self.assertEqual(items[1]["problem"]["errors"][0]["pointer"], "/name")
        self.assertEqual(items[3]["version"], "2")
        self.assertEqual(items[5]["problem"]["type"], "urn:procedure:unknown")
        self.assertEqual([row["source"] for row in self.simulator.effects()], ["put", "batch", "batch"])

    def test_a_key_is_the_same_in_a_batch_and_by_put(self):
        item = {"key": "a", "action": "publish", "code": "1.000001", "content": json.loads(procedure("1.000001"))}
        self.assertEqual(self.batch(item, item).json["items"][1]["status"], 201)
        self.assertEqual(self.simulator.put("1.000001", "a", first=True).status, 201)
        self.assertEqual(self.simulator.put("1.000001", "a", first=True, name="Khác").status, 409)
        self.assertEqual(len(self.simulator.effects()), 1)

    def test_a_batch_of_more_than_500_is_413(self):
        item = {"key": "a", "action": "withdraw", "code": "1.000001"}
        self.assertEqual(len(self.batch(*[item] * 500).json["items"]), 500)
        self.problem(self.batch(*[item] * 501), 413, "at most 500")
        self.problem(self.simulator.ask("POST", "/v1/batches", {"things": []}), 422, "items")

    def test_the_effects_can_be_asked_by_code(self):
        for number in range(3):
            self.simulator.put(f"1.00000{number}", f"k{number}", first=True)
        rows = self.simulator.effects(code="1.000001")
        self.assertEqual([(row["code"], row["key"], row["version"]) for row in rows], [("1.000001", "k1", "1")])
        held = self.simulator.get("/_control/held?content=1").json
        self.assertEqual([row["content"].encode() for row in held], [procedure(f"1.00000{n}") for n in range(3)])


class Limits(unittest.TestCase):
    def test_a_body_above_the_limit_is_413(self):
        with Simulator("--max-body", "1000", "--no-batches") as simulator:
            answer = simulator.put("1.000001", "k", name="x" * 200000)
            self.assertEqual(answer.status, 413)
            self.assertIn("1000 bytes", answer.json["detail"])
            self.assertEqual(simulator.ask("POST", "/v1/batches", {"items": []}).status, 404)

    def test_credentials_are_asked_for(self):
        with Simulator("--token", "secret", "--basic", "u:p") as simulator:
            refused = simulator.get("/v1/procedures?agency=H13")
            self.assertEqual((refused.status, refused.headers["WWW-Authenticate"].split()[0]), (401, "Bearer"))
            pair = base64.b64encode(b"u:p").decode()
            for value, status in (("Bearer secret", 200), ("bearer secret", 200), ("Bearer other", 401),
                                  ("Basic " + pair, 200), ("Basic !", 401)):
                answer = simulator.get("/v1/procedures?agency=H13", Authorization=value)
                self.assertEqual(answer.status, status, value)

    def test_a_delay_does_not_hold_up_others(self):
        with Simulator("--delay", "20") as simulator:
            def work(worker):
                connection = simulator.connect()
                for _ in range(10):
                    connection.request("GET", "/v1/procedures?agency=H13")
                    connection.getresponse().read()
                connection.close()
            started = time.monotonic()
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                list(pool.map(work, range(64)))
            took = time.monotonic() - started
            self.assertGreaterEqual(took, 0.2)
            self.assertLess(took, 2.0)
            self.assertGreaterEqual(simulator.stats()["in_flight_most"], 16)

    def test_above_the_rate_is_429_for_a_second(self):
        with Simulator("--rate", "5") as simulator:
            answers = [simulator.get("/v1/procedures?agency=H13") for _ in range(30)]
            limited = [answer for answer in answers if answer.status == 429]
            self.assertGreaterEqual(len(limited), 15)
            self.assertEqual(limited[0].headers["Retry-After"], "1")
            time.sleep(1.05)
            self.assertEqual(simulator.get("/v1/procedures?agency=H13").status, 200)

    def test_wrong_usage_is_told(self):
        for options, words in ((["--port", "x"], "--port takes a number"),
                               (["--fault", "kind=rset"], 'did you mean "reset"'),
                               (["--fault", "kind=reset,cuont=1"], 'did you mean "count"'),
                               (["--fault", "kind=status:99"], "200 to 599"),
                               (["--fault", "kind=slow"], "needs its value"),
                               (["--fault", "kind=reset,on=everything"], "is none of put"),
                               (["--fault", "count=1"], "has no kind="),
                               (["--error-code-form", "roman"], "double-zero"),
                               (["--tls-key", "x"], "go together"),
                               (["--pages", "/nonexistent"], "/nonexistent"),
                               (["more"], '"more" is no option')):
            done = subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=10)
            self.assertIn(words, done.stderr)
            self.assertNotEqual(done.returncode, 0)
        helped = subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=10)
        self.assertEqual(helped.returncode, 0)
        self.assertIn("--port-file FILE", helped.stdout)


class Durability(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_everything_survives_a_kill_and_a_restart(self):
        port_file = self.folder / "port"
        with Simulator("--state", self.folder, "--port-file", port_file) as simulator:
            first = simulator.put("1.000001", "k1", first=True).json
            self.assertEqual(int(port_file.read_text()), simulator.port)
            port = str(simulator.port)
            self.assertEqual(simulator.stop(signal.SIGKILL), -signal.SIGKILL)
        with Simulator("--state", self.folder, "--port", port) as simulator:
            self.assertEqual(simulator.get("/v1/procedures/1.000001").json["updated_at"], first["updated_at"])
            self.assertEqual(simulator.put("1.000001", "k1", first=True).json, first)
            self.assertEqual(len(simulator.effects()), 1)

    def test_what_was_answered_before_a_kill_is_held_after_it(self):
        answered = []

        def work(simulator, worker):
            with contextlib.suppress(OSError, http.client.HTTPException):
                for number in range(1000):
                    code = f"{worker}.{number:06}"
                    if simulator.put(code, code, first=True).status == 201:
                        answered.append(code)

        with Simulator("--state", self.folder) as simulator, concurrent.futures.ThreadPoolExecutor(4) as pool:
            for worker in range(4):
                pool.submit(work, simulator, worker)
            time.sleep(0.3)
            simulator.stop(signal.SIGKILL)
        self.assertGreater(len(answered), 20)
        with Simulator("--state", self.folder) as simulator:
            keys = [row["key"] for row in simulator.effects()]
            self.assertEqual(len(keys), len(set(keys)))
            self.assertLessEqual(set(answered), set(keys))
            self.assertEqual(set(keys), {row["code"] for row in simulator.get("/_control/held").json})

    def test_the_logs_are_tables_that_only_grow(self):
        with Simulator("--database", self.folder / "p.db", "--fault", "kind=status:503,when=after,count=1") as simulator:
            simulator.put("1.000001", "k1", first=True)
            simulator.put("1.000001", "k1", first=True)
            with contextlib.closing(sqlite3.connect(self.folder / "p.db")) as database:
                rows = database.execute("SELECT code, action, key, version, source FROM effects").fetchall()
                self.assertEqual(rows, [("1.000001", "publish", "k1", 1, "put")])
                rows = database.execute("SELECT method, path, key, status, fault FROM requests").fetchall()
                self.assertEqual(rows, [("PUT", "/v1/procedures/1.000001", "k1", 503, "status:503 after"),
                                        ("PUT", "/v1/procedures/1.000001", "k1", 201, None)])
                with self.assertRaisesRegex(sqlite3.Error, "append-only"):
                    database.execute("DELETE FROM effects")

    def test_a_second_simulator_on_the_same_state_is_refused(self):
        with Simulator("--state", self.folder):
            done = subprocess.run([BINARY, "--state", self.folder], capture_output=True, text=True, timeout=10)
            self.assertNotEqual(done.returncode, 0)
            self.assertNotEqual(done.stderr, "")

    def test_a_crash_after_the_effect_loses_nothing(self):
        for when, count in (("before", 0), ("after", 1)):
            database = self.folder / (when + ".db")
            with Simulator("--database", database, "--fault", f"kind=crash,when={when},on=put") as simulator:
                with self.assertRaises((ConnectionError, http.client.HTTPException)):
                    simulator.put("1.000001", "k1", first=True)
                self.assertEqual(simulator.stop(), -signal.SIGKILL)
            with Simulator("--database", database) as simulator:
                self.assertEqual(len(simulator.effects()), count)


class Faults(Shared):
    def put(self, key="k", code="1.000001", **more):
        return self.simulator.put(code, key, first=True, **more)

    def effects(self):
        return len(self.simulator.effects())

    def both(self, fault, seen):
        """The fault before and after the effect, then the same request once more, clean."""
        for when, count in (("before", 0), ("after", 1)):
            self.simulator.reset()
            self.simulator.faults(f"{fault},when={when},on=put,count=1")
            seen()
            self.assertEqual(self.effects(), count, when)
            self.assertEqual(self.put().status, 201)
            self.assertEqual(self.effects(), 1)

    def test_status(self):
        for status in (401, 403, 404, 405, 408, 413, 422, 425, 429, 500, 503):
            self.both(f"kind=status:{status}", lambda: self.assertEqual(self.put().status, status))
        self.simulator.faults("kind=status:401,on=put,count=1", "kind=status:422,on=put", "kind=status:404,on=get")
        self.assertIn("Bearer", self.put().headers["WWW-Authenticate"])
        self.assertEqual(self.put().json["errors"][0]["pointer"], "/name")
        self.assertEqual(self.simulator.get("/v1/procedures/1.000001").json["type"], "about:blank")

    def test_reset(self):
        def seen():
            with self.assertRaises(ConnectionResetError):
                self.put()
        self.both("kind=reset", seen)

    def test_timeout_holds_until_the_client_leaves(self):
        def seen():
            with self.assertRaises(TimeoutError):
                self.put(timeout=0.2)
        self.both("kind=timeout", seen)
        deadline = time.monotonic() + 5
        while self.simulator.stats()["in_flight"] > 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.simulator.stats()["in_flight"], 0)

    def test_cut_sends_half_of_the_body(self):
        def seen():
            with self.assertRaises(http.client.IncompleteRead) as caught:
                self.put()
            self.assertGreater(len(caught.exception.partial), 20)
            self.assertGreater(caught.exception.expected, 20)
        self.both("kind=cut", seen)

    def test_wrong_digest_and_no_digest(self):
        self.simulator.faults("kind=wrong-digest,on=put,count=1", "kind=no-digest,on=put,count=1")
        wrong = self.put()
        self.assertEqual(wrong.status, 201)
        self.assertRegex(wrong.json["digest"], "^[0-9a-f]{64}$")
        self.assertNotEqual(wrong.json["digest"], hex_digest(procedure("1.000001")))
        self.assertEqual(self.effects(), 1)
        self.assertEqual(self.put().json.keys(), {"code", "version", "status", "updated_at"})
        self.assertEqual(self.put().json["digest"], hex_digest(procedure("1.000001")))
        self.simulator.faults("kind=wrong-digest,on=get|list")
        held = self.simulator.get("/v1/procedures/1.000001").json
        self.assertNotEqual(held["digest"], hex_digest(procedure("1.000001")))
        self.assertEqual(held["content"]["code"], "1.000001")

    def test_a_lie_takes_a_digest_and_holds_nothing(self):
        self.simulator.faults("kind=wrong-digest,on=put,when=before,count=1")
        self.assertEqual(self.put().status, 201)
        self.assertEqual(self.simulator.get("/v1/procedures/1.000001").status, 404)

    def test_html(self):
        self.both("kind=html", lambda: self.assertEqual(self.put().status, 502))
        self.simulator.faults("kind=html-200,on=put,count=1", "kind=html:403,on=put,count=1")
        answer = self.put()
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn(b"Request Rejected", answer.body)
        self.assertEqual(self.put().status, 403)

    def test_garbage_and_empty_and_no_http(self):
        self.simulator.faults("kind=garbage,on=put,count=1", "kind=empty,on=put,count=1", "kind=no-http,on=put,count=1")
        garbage = self.put()
        self.assertEqual((garbage.status, garbage.headers["Content-Type"]), (200, "application/json"))
        with self.assertRaises(ValueError):
            garbage.json
        self.assertEqual(self.put().body, b"")
        with self.assertRaises(http.client.BadStatusLine):
            self.put()
        self.assertEqual(self.effects(), 0)

    def test_slow_waits_before_or_after_the_effect(self):
        for when, count in (("before", 0), ("after", 1)):
            self.simulator.reset()
            self.simulator.faults(f"kind=slow:400,when={when},on=put,count=1")
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(self.put)
                time.sleep(0.2)
                self.assertEqual(self.effects(), count, when)
                self.assertEqual(answer.result().status, 201)
                self.assertEqual(self.effects(), 1)

    def test_slow_goes_with_another_fault(self):
        self.simulator.faults("kind=slow:100,on=put", "kind=status:503,on=put")
        started = time.monotonic()
        self.assertEqual(self.put().status, 503)
        self.assertGreaterEqual(time.monotonic() - started, 0.1)

    def test_drip_sends_byte_by_byte(self):
        self.simulator.faults("kind=drip:2,on=put,count=1")
        started = time.monotonic()
        self.assertEqual(self.put().json["version"], "1")
        self.assertGreaterEqual(time.monotonic() - started, 0.3)

    def test_redirect(self):
        self.simulator.faults("kind=redirect:http://other.example/v1,on=put")
        answer = self.put()
        self.assertEqual((answer.status, answer.headers["Location"]), (307, "http://other.example/v1"))

    def test_conflict_lets_another_hand_be_faster(self):
        self.simulator.faults("kind=conflict,on=put,count=1")
        self.assertEqual(self.put().status, 412)
        held = self.simulator.get("/v1/procedures/1.000001").json
        self.assertEqual(held["content"]["name"], "Thủ tục do nơi khác công khai")
        self.assertEqual([row["source"] for row in self.simulator.effects()], ["other"])
        self.simulator.faults("kind=conflict,on=put,count=1")
        self.assertEqual(self.simulator.put("1.000001", "k2").status, 409)

    def test_items_of_a_batch_fail_one_by_one(self):
        self.simulator.faults("kind=status:422,on=item,code=1.000002", "kind=wrong-digest,on=item,code=1.000003",
                              "kind=no-digest,on=item,code=1.000004", "kind=conflict,on=item,code=1.000005",
                              "kind=status:500,on=item,code=1.000006,when=after")
        items = [{"key": f"k{n}", "action": "publish", "code": f"1.00000{n}",
                  "content": json.loads(procedure(f"1.00000{n}"))} for n in range(1, 7)]
        answer = self.simulator.ask("POST", "/v1/batches", {"items": items}).json["items"]
        self.assertEqual([item["status"] for item in answer], [201, 422, 201, 201, 412, 500])
        self.assertNotEqual(answer[2]["digest"], hex_digest(procedure("1.000003")))
        self.assertNotIn("digest", answer[3])
        codes = [row["code"] for row in self.simulator.effects()]
        self.assertEqual(codes, ["1.000001", "1.000003", "1.000004", "1.000005", "1.000006"])

    def test_a_batch_fails_as_a_whole_when_the_culprit_is_in_it(self):
        self.simulator.faults("kind=status:413,on=batch,code=*.000002")
        def batch(*numbers):
            items = [{"key": f"k{n}", "action": "publish", "code": f"1.00000{n}",
                      "content": json.loads(procedure(f"1.00000{n}"))} for n in numbers]
            return self.simulator.ask("POST", "/v1/batches", {"items": items}).status
        self.assertEqual([batch(1, 2), batch(1), batch(2)], [413, 200, 413])
        self.assertEqual(self.effects(), 1)

    def test_a_batch_that_is_undone_leaves_nothing(self):
        self.simulator.faults("kind=cut,on=batch,count=1")
        item = {"key": "k", "action": "publish", "code": "1.000001", "content": json.loads(procedure("1.000001"))}
        with self.assertRaises(http.client.IncompleteRead):
            self.simulator.ask("POST", "/v1/batches", {"items": [item]})
        self.assertEqual(self.effects(), 0)

    def statuses(self, count, codes=("1.000001",)):
        return [[self.simulator.get("/v1/procedures/" + code).status for _ in range(count)] for code in codes]

    def test_count_skip_and_every(self):
        self.simulator.faults("kind=status:500,on=get,skip=1,count=2")
        self.assertEqual(self.statuses(5), [[404, 500, 500, 404, 404]])
        self.simulator.faults("kind=status:500,on=get,every=3")
        self.assertEqual(self.statuses(7), [[404, 404, 500, 404, 404, 500, 404]])
        self.assertEqual(self.simulator.stats()["faults"],
                         [{"fault": "kind=status:500,on=get,every=3", "seen": 7, "fired": 2}])

    def test_counts_for_each_code(self):
        self.simulator.faults("kind=status:500,on=get,count=1,per-code=1,code=1.*")
        self.assertEqual(self.statuses(2, ("1.000001", "1.000002", "2.000001")), [[500, 404], [500, 404], [404, 404]])

    def test_probability_repeats_with_its_seed(self):
        seen = []
        for _ in range(2):
            with Simulator("--seed", "7", "--fault", "kind=status:500,on=get,probability=0.5") as simulator:
                seen.append([simulator.get("/v1/procedures/1").status for _ in range(40)])
        self.assertEqual(seen[0], seen[1])
        self.assertTrue(8 < seen[0].count(500) < 32)

    def test_retry_after_is_seconds_or_a_date(self):
        self.simulator.faults("kind=status:503,on=get,count=1,retry-after=7",
                              "kind=status:429,on=get,count=1,retry-after=Wed, 21 Oct 2026 07:28:00 GMT,code=*",
                              "kind=status:503,on=get,count=1,retry-after=date:30")
        values = [self.simulator.get("/v1/procedures/1").headers["Retry-After"] for _ in range(3)]
        self.assertEqual(values[:2], ["7", "Wed, 21 Oct 2026 07:28:00 GMT"])
        ahead = email.utils.parsedate_to_datetime(values[2]).timestamp() - time.time()
        self.assertTrue(28 <= ahead <= 31, ahead)

    def test_faults_come_and_go_at_run_time(self):
        self.assertEqual(self.simulator.ask("POST", "/_control/faults", ["kind=status:500", "kind=bad"]).status, 400)
        self.assertEqual(self.simulator.get("/_control/faults").json, [])
        self.simulator.ask("POST", "/_control/faults", ["kind=status:500,on=get"])
        self.simulator.ask("POST", "/_control/faults", ["kind=status:503,on=put"])
        self.assertEqual(len(self.simulator.get("/_control/faults").json), 2)
        self.assertEqual(self.statuses(1), [[500]])
        self.assertEqual(self.simulator.ask("DELETE", "/_control/faults").json, [])
        self.assertEqual(self.statuses(1), [[404]])
        self.assertEqual(self.simulator.get("/_control/nothing").status, 404)
        self.assertEqual(self.simulator.get("/_control/reset").status, 405)

    def test_a_reset_starts_the_faults_of_the_command_line_again(self):
        with Simulator("--fault", "kind=status:500,on=get,count=1") as simulator:
            for _ in range(2):
                simulator.ask("POST", "/_control/faults", ["kind=status:503,on=get"])
                self.assertEqual([simulator.get("/v1/procedures/1").status for _ in range(2)], [500, 503])
                simulator.reset()

    def test_held_connections_do_not_keep_it_from_ending(self):
        with Simulator("--fault", "kind=timeout,on=get", "--fault", "kind=drip:1000,on=put") as simulator:
            held = socket.create_connection(("127.0.0.1", simulator.port))
            held.sendall(b"GET /v1/procedures/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            connection = simulator.connect()
            connection.request("PUT", "/v1/procedures/1", b"{}", {"Content-Type": "application/json"})
            time.sleep(0.2)
            started = time.monotonic()
            self.assertEqual(simulator.stop(), 0)
            self.assertLess(time.monotonic() - started, 2)
            held.close()
            connection.close()


class Adapter(Shared):
    options = ("--session-requests", "5", "--mapi-user", "tinh:mật khẩu", "--dstcode", "VN:COM")

    def login(self, password="mật khẩu", path="/mapi/login?dstcode=VN:COM"):
        return self.simulator.ask("POST", path, {"username": "tinh", "password": password})

    def call(self, service, session=None, **more):
        session = session or self.login().json["session"]
        return self.simulator.ask("POST", "/adapter/x/mapi/g", {"session": session, "madonvi": "H13",
                                                              "service": service, **more})

    def push(self, updating, *items, **more):
        return self.call("DongBoTTHC", isUpdating=updating, data=list(items), **more).json

    def test_a_blank_session_is_a_refusal(self):
        self.assertEqual(self.login("falsch").json, {"error_code": 0, "session": ""})
        self.assertEqual(self.login(path="/mapi/login").json["session"], "")
        answer = self.login(path="/prefix/mapi/login?dstcode=VN:COM")
        self.assertEqual((answer.status, answer.json["error_code"], len(answer.json["session"])), (200, 0, 32))
        header = self.simulator.ask("POST", "/mapi/login", {"username": "tinh", "password": "mật khẩu"},
                                    {"dstcode": "VN:COM"})
        self.assertNotEqual(header.json["session"], "")

    def test_a_session_expires_after_its_calls(self):
        session = self.login().json["session"]
        codes = [self.call("LayDanhMucCoQuan", session).json["error_code"] for _ in range(7)]
        self.assertEqual(codes, [0] * 5 + [-1] * 2)
        expired = self.call("LayDanhMucCoQuan", "unknown")
        self.assertEqual(expired.status, 200)
        self.assertIn("session expired", expired.json["message"])

    def test_the_fault_expired_session(self):
        self.simulator.faults("kind=expired-session,on=mapi,count=1")
        session = self.login().json["session"]
        self.assertEqual(self.call("LayDanhMucCoQuan", session).json["error_code"], -1)
        self.assertEqual(self.call("LayDanhMucCoQuan", session).json["error_code"], -1)
        self.assertEqual(self.call("LayDanhMucCoQuan").json["error_code"], 0)

    def test_a_push_says_whether_it_is_new(self):
        item = {"MATTHC": "1.000001", "TENTTHC": "Thủ tục", "MACOQUANCONGBO": "H13", "TRANGTHAI": "announced"}
        self.assertEqual(self.push("True", item)["error_code"], 9)
        self.assertIn("chưa tồn tại", self.push("True", item)["message"])
        self.assertEqual(self.push("False", item)["error_code"], 0)
        self.assertIn("đã tồn tại", self.push("False", item)["message"])
        self.assertEqual(self.push("True", {**item, "TENTTHC": "Mới"})["result"], [{"MATTHC": "1.000001"}])
        self.assertEqual(self.push("True", {**item, "TRANGTHAI": "abolished"})["error_code"], 0)
        rows = [(row["action"], row["source"], row["version"]) for row in self.simulator.effects()]
        self.assertEqual(rows, [("publish", "mapi", "1"), ("publish", "mapi", "2"), ("withdraw", "mapi", "3")])
        self.assertEqual(self.simulator.get("/v1/procedures/1.000001").json["status"], "abolished")

    def test_a_push_is_taken_whole_or_not_at_all(self):
        items = [{"MATTHC": f"1.00000{n}", "TENTTHC": "Thủ tục"} for n in range(3)]
        self.push("False", items[1])
        self.assertEqual(self.push("False", *items)["error_code"], 9)
        self.assertEqual(len(self.simulator.effects()), 1)
        self.assertEqual(self.push("False", {"MATTHC": "1"})["error_code"], 3)
        self.assertEqual(self.push("false", items[0])["error_code"], 3)

    def test_what_was_pushed_can_be_read(self):
        item = {"MATTHC": "1.000001", "TENTTHC": "Thủ tục", "CAPTHUCHIEN": [{"CAPTHUCHIEN": "3", "TENCAP": "Xã"}]}
        self.push("False", item)
        self.assertEqual(self.call("LayThuTuc", maTTHC="1.000001").json["result"], [item])
        unknown = self.call("LayThuTuc", maTTHC="9").json
        self.assertEqual((unknown["error_code"], unknown["result"]), (5, []))

    def test_what_came_by_rest_is_read_under_the_adapters_names(self):
        self.simulator.put("1.000001", "k", first=True, agency={"code": "H13"},
                           steps=[{"case": "A", "text": "một"}, {"text": "hai"}, {"case": "A", "text": "ba"}],
                           methods=[{"channel": "online", "duration": {"amount": "5", "unit": "working_day"},
                                     "fees": [{"kind": "fee", "amount": "50000", "currency": "VND"}]}],
                           dossier=[{"name": "Đơn", "originals": 1}],
                           legal_bases=[{"number": "63/2010/NĐ-CP", "issued_on": "2010-06-08"}])
        result = self.call("LayThuTuc", maTTHC="1.000001").json["result"][0]
        self.assertEqual((result["MATTHC"], result["MACOQUANCONGBO"], result["MOTA"]), ("1.000001", "H13", ""))
        self.assertEqual(result["TRINHTUTHUCHIEN"], [
            {"TRUONGHOP": "A", "TRINHTU": [{"TENTRINHTU": "một"}, {"TENTRINHTU": "ba"}]},
            {"TRUONGHOP": "", "TRINHTU": [{"TENTRINHTU": "hai"}]}])
        way = result["CACHTHUCTHUCHIEN"][0]
        self.assertEqual((way["KENH"], way["THOIGIAN"][0]["DONVITINH"]), ("2", "Ngày làm việc"))
        self.assertEqual(result["THANHPHANHOSO"][0]["GIAYTO"][0]["SOBANCHINH"], "1")
        self.assertEqual(result["CANCUPHAPLY"][0]["NGAYBANHANH"], "20100608000000")

    def test_the_list_is_whole_or_in_pages(self):
        items = [{"MATTHC": f"1.0000{n:02}", "TENTTHC": f"Thủ tục {n}", "MACOQUANCONGBO": "H13"} for n in range(70)]
        self.push("False", *items)
        whole = self.call("LayDanhSachTTHC").json
        self.assertEqual((whole["total"], len(whole["result"])), (70, 70))
        page = self.call("LayDanhSachTTHC", page=3, size="30").json["result"]
        self.assertEqual([row["MATTHC"] for row in page], [f"1.0000{n}" for n in range(60, 70)])
        self.assertEqual(page[0]["TENTTHC"], "Thủ tục 60")
        self.assertEqual(self.call("LayDanhSachTTHC", maCoQuan="H30").json["result"], [])

    def test_other_services_are_unknown(self):
        self.assertEqual(self.call("XoaTTHC").json["error_code"], 2)
        self.assertEqual(self.simulator.get("/mapi/g").status, 405)

    def test_forms_of_the_error_code_and_the_facade(self):
        for form, good, bad in (("string", "0", "-1"), ("double-zero", "00", "-1")):
            with Simulator("--error-code-form", form, "--facade", "--push-service", "GuiTTHC") as simulator:
                outer = simulator.ask("POST", "/mapi/login", {"username": "u", "password": "p"}).json
                self.assertEqual(list(outer), ["message"])
                inner = json.loads(outer["message"])
                self.assertEqual(inner["error_code"], good)
                body = {"session": inner["session"], "madonvi": "H13", "service": "GuiTTHC", "isUpdating": "False",
                        "data": [{"MATTHC": "1", "TENTTHC": "x"}]}
                self.assertEqual(json.loads(simulator.ask("POST", "/mapi/g", body).json["message"])["error_code"], good)
                body["session"] = ""
                self.assertEqual(json.loads(simulator.ask("POST", "/mapi/g", body).json["message"])["error_code"], bad)


LIST = "/public/submitting/formality/list-all-public-formality-by-citizen"
DETAIL = "/public/configuring/formality/get-formality-by-citizen"


class PublicPortal(Shared):
    def all(self, limit=5, **asked):
        items, last = [], None
        for _ in range(20):
            answer = self.simulator.ask("POST", LIST, {"limit": limit, "lastId": last, **asked})
            self.assertEqual((answer.status, answer.json["code"]), (201, "OK"))
            data = answer.json["data"]
            if not data["items"]:
                self.assertIsNone(data["lastId"])
                return items, data["total"]
            self.assertEqual(data["lastId"], data["items"][-1]["id"])
            items, last = items + data["items"], data["lastId"]
        self.fail("the pages do not end")

    def test_the_catalogue_is_paged_by_cursor(self):
        items, total = self.all()
        self.assertEqual((len(items), total), (12, 12))
        self.assertEqual(len({item["code"] for item in items}), 12)
        self.assertEqual(len(self.all(departmentCode="H55")[0]), 1)
        self.assertEqual(len(self.all(q="ghe")[0]), 2)
        self.assertEqual(self.all(categoryId="H13-VH03")[0][0]["code"], "1.900012")

    def test_a_detail_has_the_seen_shape(self):
        kinds = set()
        for item in self.all()[0]:
            answer = self.simulator.ask("POST", DETAIL, {"id": item["id"]})
            self.assertEqual(answer.status, 201)
            data = answer.json["data"]
            self.assertEqual(data["name"], item["name"])
            for name in ("executionSteps", "executionCases", "legalBasisesDetails", "resultsDetails",
                         "subjectTypesDetails", "categoriesDetails"):
                self.assertIsInstance(data[name], list, name)
            self.assertIsInstance(data["procedureProposal"]["decisionDate"], int)
            kinds.add(type(data["executionMethods"][0]["processingTime"]))
        self.assertEqual(kinds, {int, float, str})
        self.assertEqual(self.simulator.ask("POST", DETAIL, {"id": "nothing"}).json["code"], "NOT_FOUND")

    def test_its_failures(self):
        self.simulator.faults("kind=status:403,on=public,count=1", "kind=status:429,on=public,count=1",
                              "kind=html-200,on=public,count=1")
        answers = [self.simulator.ask("POST", LIST, {"limit": 1}) for _ in range(4)]
        self.assertEqual([answer.status for answer in answers], [403, 429, 200, 201])
        self.assertIn(b"Request Rejected", answers[2].body)

    def test_documents_of_a_file_are_served_as_they_are(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "documents.json"
            path.write_text('[{"id":"a","code":"1","name":"x","number":1.50}]')
            with Simulator("--public", path) as simulator:
                answer = simulator.ask("POST", DETAIL, {"id": "a"})
                self.assertIn(b'"number":1.50', answer.body)


class Sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        (cls.folder / "files" / "deep").mkdir(parents=True)
        (cls.folder / "files" / "a.json").write_bytes(b'[{"ma_thu_tuc": "1.000001"}]')
        (cls.folder / "files" / "deep" / "b.csv").write_bytes("Tên,Mã\n".encode())
        (cls.folder / "secret").write_text("no")
        (cls.folder / "pages.json").write_text(json.dumps([{"n": n} for n in range(25)]))
        cls.simulator = Simulator("--serve", cls.folder / "files", "--pages", cls.folder / "pages.json",
                                  "--client", "id:s+c/t", "--token-seconds", "1", "--basic", "u:p", "--token", "t")

    @classmethod
    def tearDownClass(cls):
        assert cls.simulator.stop() == 0
        shutil.rmtree(cls.folder)

    def test_files_answer_conditional_requests(self):
        answer = self.simulator.get("/files/a.json")
        self.assertEqual((answer.status, answer.body), (200, b'[{"ma_thu_tuc": "1.000001"}]'))
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        tag, date = answer.headers["ETag"], answer.headers["Last-Modified"]
        for headers, status in (({"If_None_Match": tag}, 304), ({"If_None_Match": '"other"'}, 200),
                                ({"If_Modified_Since": date}, 304),
                                ({"If_Modified_Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
                                ({"If_None_Match": '"other"', "If_Modified_Since": date}, 200)):
            answer = self.simulator.get("/files/a.json", **headers)
            self.assertEqual(answer.status, status, headers)
            self.assertEqual(answer.headers["ETag"], tag)
        self.assertEqual(self.simulator.get("/files/deep/b.csv").headers["Content-Type"], "text/csv")

    def test_files_outside_are_not_served(self):
        for path in ("../secret", "deep/../../secret", "%2e%2e/secret", "", "deep", "nothing", "/etc/passwd"):
            self.assertEqual(self.simulator.get("/files/" + path).status, 404, path)

    def follow(self, path):
        seen, pages = [], 0
        while path:
            page = self.simulator.get(path).json
            seen += [item["n"] for item in page["items"]]
            path = page.get("next")
            pages += 1
        return seen, pages

    def test_pages_by_number_offset_cursor_and_link(self):
        for start in ("/pages?page=1&size=10", "/pages?offset=0&size=10", "/pages?cursor=0&size=10", "/pages?size=10"):
            self.assertEqual(self.follow(start), (list(range(25)), 3), start)
        self.assertEqual(self.simulator.get("/pages?page=4&size=10").json, {"items": [], "total": 25})
        self.assertEqual(self.simulator.get("/pages?offset=20&size=10&plain=1").json, [{"n": n} for n in range(20, 25)])
        answer = self.simulator.ask("POST", "/pages", {"cursor": "20", "size": 4}).json
        self.assertEqual((answer["items"][0], answer["cursor"]), ({"n": 20}, "24"))
        absolute = self.simulator.get("/pages?size=10&absolute=1").json["next"]
        self.assertEqual(absolute, f"http://127.0.0.1:{self.simulator.port}/pages?page=2&size=10&absolute=1")
        self.assertEqual(self.simulator.get("/pages?size=0").status, 400)

    def test_pages_that_never_end(self):
        self.assertEqual(self.simulator.get("/loop").json["next"], "/loop")
        self.assertEqual(self.simulator.get("/endless?page=41").json["next"], "/endless?page=42")
        answer = self.simulator.get("/redirect?to=http://other.example/x&status=307")
        self.assertEqual((answer.status, answer.headers["Location"]), (307, "http://other.example/x"))
        answer = self.simulator.get("/large?bytes=100000")
        self.assertEqual((len(answer.body), len(answer.json)), (100000, 1))

    def token(self, body, headers=None):
        return self.simulator.ask("POST", "/token", body.encode(),
                                  {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})

    def test_tokens_open_the_mirror_and_expire(self):
        pair = {"Authorization": "Basic " + base64.b64encode(b"id:s+c/t").decode()}
        self.assertEqual(self.token("grant_type=password", pair).json, {"error": "unsupported_grant_type"})
        refused = self.token("grant_type=client_credentials&client_id=id&client_secret=no")
        self.assertEqual((refused.status, refused.json), (401, {"error": "invalid_client"}))
        for answer in (self.token("grant_type=client_credentials", pair),
                       self.token("grant_type=client_credentials&client_id=id&client_secret=s%2Bc%2Ft")):
            self.assertEqual((answer.json["token_type"], answer.json["expires_in"]), ("Bearer", 1))
        bearer = "Bearer " + answer.json["access_token"]
        self.assertEqual(self.simulator.get("/oauth/files/a.json").status, 401)
        self.assertEqual(self.simulator.get("/oauth/files/a.json", Authorization=bearer).status, 200)
        self.assertEqual(self.simulator.get("/oauth/pages", Authorization=bearer).json["total"], 25)
        time.sleep(1.05)
        self.assertEqual(self.simulator.get("/oauth/files/a.json", Authorization=bearer).status, 401)

    def test_mirrors_for_fixed_credentials(self):
        basic = "Basic " + base64.b64encode(b"u:p").decode()
        self.assertEqual(self.simulator.get("/basic/files/a.json").status, 401)
        self.assertEqual(self.simulator.get("/basic/files/a.json", Authorization=basic).status, 200)
        self.assertEqual(self.simulator.get("/bearer/pages", Authorization="Bearer t").status, 200)
        self.assertEqual(self.simulator.get("/bearer/pages", Authorization="Bearer x").status, 401)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not here to make a certificate")
class Tls(unittest.TestCase):
    def test_it_speaks_tls_and_can_still_break_off(self):
        with tempfile.TemporaryDirectory() as folder:
            key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                            "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            with Simulator("--tls-certificate", certificate, "--tls-key", key,
                           "--fault", "kind=reset,on=list") as simulator:
                def ask(path, context):
                    connection = http.client.HTTPSConnection("127.0.0.1", simulator.port, context=context, timeout=5)
                    with contextlib.closing(connection):
                        connection.request("GET", path)
                        return connection.getresponse().status
                trusting = ssl.create_default_context(cafile=certificate)
                self.assertEqual(ask("/v1/procedures/1", trusting), 404)
                with self.assertRaises(ssl.SSLCertVerificationError):
                    ask("/v1/procedures/1", ssl.create_default_context())
                with self.assertRaises((ConnectionResetError, ssl.SSLError)):
                    ask("/v1/procedures?agency=H13", trusting)


if __name__ == "__main__":
    unittest.main()
