"""What a run leaves, searched for each secret that a configuration can have, in each form.

Every source, portal, hook, mail server and copy below has a secret of its own, and whoever is talked to repeats all that he was
sent: in bodies, in headers, in addresses to go on with.
"""

import base64
import http.server
import json
import pathlib
import re
import socketserver
import threading
import time
import unittest
import urllib.parse

from harness import Place, PROGRAM, procedure, procedures
from sealed_nights import verifier
from second_portal import Answer, Portal
from test_sandbox import descendants

SECRETS = {name: f"{name.lower().replace('_', '-')}/Bí \"+&mật-{number}" for number, name in enumerate((
    "SOURCE_BASIC", "SOURCE_LOGIN", "SOURCE_CLIENT", "SOURCE_PARAMETER", "SOURCE_BODY", "PORTAL_PASSWORD", "HOOK_HEADER", "HOOK_ARGUMENT",
    "MAIL_PASSWORD", "COPY_ARGUMENT", "COPY_HEADER", "ODBC_PASSWORD"))}
# What a header or a command carries as it is must be of their characters.
SECRETS.update(HOOK_ARGUMENT="hook-argument+/Key=", COPY_ARGUMENT="copy-argument+/Key=", SOURCE_BEARER="source-bearer+/Token=", SOURCE_HEADER="source-header+/Key=", HOOK_HEADER="hook-header+/Key=",
               COPY_HEADER="copy-header+/Key=")
GIVEN = {"access token": "given-Access+/Token=", "session": 'given-"Session/+='}


def forms(secret):
    raw = secret.encode()
    plain = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
             urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret, safe="").lower(), urllib.parse.quote_plus(secret)]
    coded = [base64.b64encode(b"x" * before + raw).decode()[(before * 8 + 5) // 6:(before + len(raw)) * 8 // 6] for before in range(3)]
    return {form.encode() for form in plain + coded + [form.replace("+", "-").replace("/", "_") for form in coded]}


class Everybody(http.server.BaseHTTPRequestHandler):
    """A department's API, a token's giver, an adapter, a hook, a place for copies."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, value, **headers):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        sent = f"{self.path} {self.headers.get('Authorization', '')} {self.headers.get('X-Key', '')} {body}"
        self.server.heard.append(sent + " " + urllib.parse.unquote(sent))
        path = urllib.parse.urlsplit(self.path).path
        if path == "/token":
            return self.answer(200, {"access_token": GIVEN["access token"], "expires_in": 3600, "note": sent})
        if path == "/mapi/login":
            return self.answer(200, {"error_code": "0", "session": GIVEN["session"], "message": sent})
        if path.startswith("/mapi"):
            return self.answer(200, {"error_code": "7", "message": sent, "errors": [{"detail": sent}]}, ETag=f'"{GIVEN["session"]}"')
        if path == "/good":
            return self.answer(200, [procedure("1.000001")], ETag=json.dumps(self.headers.get("Authorization", "")))
        words = {"title": "no " + sent, "next": self.path, "detail": base64.b64encode(sent.encode()).decode()}
        return self.answer(403, words, Location=self.path, ETag=json.dumps(self.headers.get("Authorization", "")))

    do_GET = do_PUT = do_POST

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    """Lets nobody in, and repeats what he said."""

    def handle(self):
        self.wfile.write(b"220 x\r\n")
        for line in iter(self.rfile.readline, b""):
            self.server.heard.append(line.decode("utf-8", "replace"))
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"EHLO":
                self.wfile.write(b"250-x\r\n250 AUTH PLAIN LOGIN\r\n")
            elif verb == b"QUIT":
                return
            else:
                self.wfile.write(b"535 no " + line)


class Secrets(unittest.TestCase):
    def setUp(self):
        self.web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Everybody)
        self.mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)
        self.mail.daemon_threads = True
        for server in (self.web, self.mail):
            server.heard = []
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)
        self.place = Place()
        self.addCleanup(self.place.close)
        self.temporary = self.place.folder / "tmp"
        self.temporary.mkdir()
        self.place.environment.update({name: secret for name, secret in SECRETS.items() if not name.endswith("ARGUMENT")}, TMPDIR=str(self.temporary), HOME=str(self.temporary))
        url = f"http://127.0.0.1:{self.web.server_port}"
        web = {"format": "json", "records": None}

        def source(name, address, **fetch):
            return self.place.source(name, fetch={"url": address, **fetch}, **web)
        driver = self.place.source("odbc", fetch={"odbc": "Driver=/nowhere.so;UID=a;PWD=${env:ODBC_PASSWORD}", "query": "SELECT 1"},
                                   format="rows", records=None, key="x", map={"code": "x", "name": "x", "status": {"value": "announced"}})
        self.place.write("hook", "#!/bin/sh\n(cat; env; cat /proc/$$/environ) > \"hook-$$.out\"; echo \"said $*\" >&2; exit 3\n").chmod(0o755)
        self.place.configure(
            sources=[
                source("good", url + "/good", auth={"bearer": "${env:SOURCE_BEARER}"}),
                source("bearer", url + "/a", auth={"bearer": "${env:SOURCE_BEARER}"}),
                source("basic", url + "/b", auth={"basic": {"user": "u", "password": "${env:SOURCE_BASIC}"}}),
                source("oauth2", url + "/c", auth={"oauth2": {"token_url": url + "/token", "client_id": "id",
                                                              "client_secret": "${env:SOURCE_CLIENT}"}}),
                source("parameter", url + "/d?api_key=${env:SOURCE_PARAMETER}"),
                source("body", url + "/e", method="POST", body='{"password": "${env:SOURCE_BODY}"}',
                       headers={"X-Key": "${env:SOURCE_HEADER}", "Content-Type": "application/json"}),
                source("login", url + "/f?s=${session}", login={"url": url + "/token", "method": "POST", "session": "/access_token",
                                                                "body": "user=a&password=${env:SOURCE_LOGIN}"}),
                driver],
            portal={"driver": "mapi", "url": url + "/mapi", "login": {"username": "tinh", "password": "${env:PORTAL_PASSWORD}"},
                    "push": {"service": "X"}, "appears_within": "0s", "timeout": "5s", "unencrypted_credentials": True,
                    "retry": {"attempts": 2, "first": "1ms", "most": "5ms"}},
            notify=[{"url": url + "/hook", "body": "json", "headers": {"X-Key": "${env:HOOK_HEADER}"}},
                    {"command": "./hook --password " + SECRETS["HOOK_ARGUMENT"]},
                    {"mail": "a@b.example", "from": "c@d.example", "server": f"smtp://127.0.0.1:{self.mail.server_address[1]}",
                     "auth": {"basic": {"user": "m", "password": "${env:MAIL_PASSWORD}"}}}],
            ledger={"copies": [{"url": url + "/copy", "headers": {"X-Key": "${env:COPY_HEADER}"}},
                               {"command": "./hook --token=" + SECRETS["COPY_ARGUMENT"]}]})

    def watch(self, *arguments):
        """What it printed, and what /proc shows of it and of the processes below it while it runs."""
        shown = b""
        running = self.place.start(*arguments, cwd=self.place.folder)
        while running.alive():
            for process, _ in descendants(running.process.pid):
                try:
                    if pathlib.Path(f"/proc/{process}/exe").resolve() != PROGRAM.resolve():
                        continue  # a hook, whose arguments its operator wrote; its environment it tells itself
                    shown += b"".join(pathlib.Path(f"/proc/{process}/{file}").read_bytes() for file in ("cmdline", "environ"))
                except OSError:
                    continue
        done = running.wait()
        return done, shown

    def test_nothing_that_a_run_leaves_holds_one(self):
        checked = self.place.run("check")
        self.assertEqual(checked.code, 0, checked)
        heap = {}
        for command in (["run"], ["run"], ["status"], ["kept"], ["show", "1.000001"], ["history", "1.000001"], ["runs"],
                        ["health"], ["--json", "status"], ["check", "--online"], ["audit", "verify"],
                        ["audit", "export", "--run", "1", self.place.folder / "bundle"]):
            done, shown = self.watch(*command) if command == ["run"] else (self.place.run(*command), b"")
            heap[" ".join(map(str, command))] = done.stdout.encode() + done.stderr.encode() + shown
            self.assertNotIn(done.code, (2, 4, -6, -11) if command[0] == "run" else (-6, -11), done)
        heard = "\n".join(self.web.heard + self.mail.heard)
        for name in ("SOURCE_BEARER", "SOURCE_HEADER", "HOOK_HEADER", "COPY_HEADER"):
            self.assertIn(SECRETS[name], heard, "nobody was told " + name)
        self.assertIn(GIVEN["access token"], heard)
        self.assertTrue(any("/mapi" in line and "given-" in line for line in self.web.heard), self.web.heard)
        heap.update((str(path.relative_to(self.place.folder)), path.read_bytes())
                    for path in self.place.folder.rglob("*") if path.is_file() and path.name != "congkhai.yaml")
        self.assertTrue(any(re.match(r"hook-\d+\.out", name) for name in heap), list(heap))
        for name, secret in (SECRETS | GIVEN).items():
            for form in forms(secret):
                for place, bytes_ in heap.items():
                    at = bytes_.find(form)
                    self.assertEqual(at, -1, f"{name} in {place}: {bytes_[max(0, at - 100):at + 100]!r}")
        self.assertEqual([path for path in self.temporary.rglob("*")], [], "temporary files are left")


class Words(unittest.TestCase):
    """Secrets that stand in what the program itself writes, or in what it keeps at two places."""

    def place_with(self, portal, **secrets):
        place = Place(portal)
        self.addCleanup(place.close)
        place.environment.update(secrets)
        references = " ".join(f"${{env:{name}}}" for name in secrets)
        place.configure(notify=[{"command": "true " + references}])
        return place

    def holds(self, place):
        done = place.run("audit", "verify")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(verifier(place.store)[0], 0)

    def names(self, value):
        """Of all members in a document."""
        if isinstance(value, dict):
            yield from value
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from self.names(part)

    def test_a_night_whose_user_is_called_as_the_program(self):
        with Portal() as portal:
            place = self.place_with(portal, NAME="congkhai", WORD="published", SOURCE="inbox-of-one")
            place.configure(sources=[place.source("inbox-of-one", fetch={"file": "inbox/one.ndjson"})], language="en")
            place.records(*procedures(3))
            checked = place.run("check")
            self.assertEqual(checked.code, 0, checked)
            for name, told in (("NAME", True), ("WORD", True), ("SOURCE", False)):
                self.assertEqual("${env:%s} stands within a word" % name in checked.stderr, told, checked)
            portal.answer = lambda method, path, _: Answer(500) if method != "GET" else None
            self.assertIn(place.run("run").code, (1, 3))
            self.holds(place)
            portal.answer = None
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("run", "--source", "inbox-of-one").code, 0)
            for command in (["status"], ["runs"], ["history", "1.000001"], ["audit", "verify"]):
                self.assertNotIn("***", set(self.names(place.run("--json", *command).json)))
            self.assertIn("congkhai/H13/", place.run("audit", "checkpoint").stdout)
            self.holds(place)
            self.assertEqual(place.one("SELECT count(*) FROM ledger WHERE instr(detail, '***') AND event IN ('intended', 'published', 'run-started')"), 0)

    def test_what_is_said_of_a_written_secret_in_a_record_is_the_same_in_state_and_ledger(self):
        with Portal() as portal:
            place = self.place_with(portal)
            place.configure(notify=[{"command": "true --password written-secret"}])
            place.records({**procedure("1.000001"), "status": "written-secret"}, procedure("written-secret"), procedure("1.000003"))
            self.assertEqual(place.run("run").code, 1)
            self.holds(place)
            self.assertEqual(place.one("SELECT count(*) FROM finding WHERE instr(value || message || coalesce(arguments, ''), 'written-secret')"), 0)
            self.assertGreater(place.one("SELECT count(*) FROM finding WHERE instr(value, '***')"), 0)

    def test_what_an_operator_says_is_kept_without_it(self):
        with Portal() as portal:
            place = self.place_with(portal, SECRET="a-secret-of-ours")
            place.records(*procedures(2))
            self.assertEqual(place.run("run").code, 0)
            done = place.run("withdraw", "1.000001", "--decision", "9/QĐ-UBND", "--reason", "for a-secret-of-ours", "--yes")
            self.assertEqual(done.code, 0, done)
            self.assertEqual(place.run("load").code, 0)
            self.assertEqual(place.one("SELECT reason FROM audit_orders"), "for ***")
            self.assertNotIn(b"a-secret-of-ours", b"".join(path.read_bytes() for path in place.store.parent.glob(place.store.name + "*")))
            self.holds(place)

    def test_every_name_that_is_written_is_known_as_one(self):
        with Portal() as portal, Place(portal) as place:
            place.records(*procedures(2), procedure("1.000003", name=None))
            place.run("run")
            place.records(procedure("1.000001", name="Tên mới"))
            place.run("run", "--release-brake", "withdrawals", "--reason", "x")
            place.run("retry", "--code", "1.000003", "--reason", "x")
            place.run("reconcile")
            names = {event for event, in place.sql("SELECT DISTINCT event FROM ledger")}
            for detail, in place.sql("SELECT detail FROM ledger"):
                names.update(self.names(json.loads(detail)))
            for view, in place.sql("SELECT name FROM sqlite_master WHERE type = 'view' AND name LIKE 'audit_%'"):
                names.update([view], (column[1] for column in place.sql(f"PRAGMA table_info({view})")))
            for command in (["status"], ["runs"], ["kept"], ["plan"], ["show", "1.000001"], ["history", "1.000001"],
                            ["history", "1.000001", "--on", time.strftime("%Y-%m-%d", time.gmtime(time.time() + 7 * 3600))], ["audit", "verify"], ["health"]):
                names.update(self.names(place.run("--json", *command).json))
            names = sorted(name for name in names if len(name) >= 8)
            self.assertGreater(len(names), 60)
            place.environment.update((f"NAME{at}", name) for at, name in enumerate(names))
            place.configure(language="en", notify=[{"command": "true " + " ".join(f"${{env:NAME{at}}}" for at in range(len(names)))}])
            checked = place.run("check")
            self.assertEqual([name for at, name in enumerate(names) if "${env:NAME%d} stands within" % at not in checked.stderr], [], checked.code)


if __name__ == "__main__":
    unittest.main()
