"""What strangers write stays text: it is not configuration, does not act on a terminal, and takes no secret along."""

import base64
import hashlib
import http.server
import json
import re
import shutil
import sqlite3
import subprocess
import threading
import unittest
import urllib.parse

from harness import lines, Night, Place, PROGRAM, procedure, fill_in

# What no terminal may get from outside: control characters but tab and line feed, C1, bidi and zero width.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NASTY = "a\x1b[31m\rb\u202ec\x9b1md\u2066e\u2028f"


class Proposed(unittest.TestCase):
    """init --from writes names of files, sheets, columns and texts into a configuration."""

    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)

    def keys_of(self, name, content):
        self.place.write("data/" + name, content)
        target = self.place.folder / "new"
        shutil.rmtree(target, ignore_errors=True)
        done = self.place.run("init", "--from", self.place.folder / "data" / name, target)
        self.assertEqual(done.code, 0, done)
        fill_in(target / "congkhai.yaml")
        written = (target / "congkhai.yaml").read_text(encoding="utf-8")
        self.assertFalse(HARMFUL.search(written), repr(written))
        return [line.split(":")[0] for line in written.split("\n") if re.match("[a-z#]", line)], target

    def test_a_line_break_in_a_file_name_or_a_text_is_no_configuration(self):
        record = json.dumps([procedure("1.000001"), procedure("1.000002")])
        expected, _ = self.keys_of("plain.json", record)
        for mark in ("\n", "\r", "\u2028", "\u0085", "\r\n"):
            name = f"x{mark}ledger: {{ copies: [{{ command: [touch, pwned] }}] }}{mark}y.json"
            keys, target = self.keys_of(name, record)
            self.assertEqual(keys, expected, repr(name))
            shown = subprocess.run([PROGRAM, "--config", target / "congkhai.yaml", "extract"], cwd=target,
                                   capture_output=True, env=self.place.environment)
            self.assertNotEqual(shown.returncode, 2, shown)
            self.assertFalse((target / "pwned").exists())

    def test_names_of_columns_members_and_sheets_are_addresses_and_no_more(self):
        for mark in ("\n", "\u2028", "\x85", "\"", "\\", "${env:HOME}", " #", ": "):
            row = {"ma_thu_tuc": "1.000001", f"ten{mark}portal: {{}}{mark}": f"Tên{mark}store: x"}
            _, target = self.keys_of("members.json", json.dumps([row] * 3))
            checked = subprocess.run([PROGRAM, "--config", target / "congkhai.yaml", "check"], cwd=target,
                                     capture_output=True, env=self.place.environment)
            self.assertIn(checked.returncode, (0, 2), checked)
            self.assertNotIn(b"no YAML", checked.stderr)

    def test_a_table_name_of_a_database_is_quoted(self):
        name = 'x"; DROP TABLE y; --'
        with sqlite3.connect(self.place.folder / "some.db") as database:
            quoted = '"' + name.replace('"', '""') + '"'
            database.execute(f"CREATE TABLE {quoted} (ma_thu_tuc, ten_thu_tuc, so_quyet_dinh)")
            database.execute(f"INSERT INTO {quoted} VALUES ('1.000001', 'Tên', '1/QĐ-UBND')")
        done = self.place.run("init", "--from", self.place.folder / "some.db", self.place.folder / "new")
        self.assertEqual(done.code, 0, done)
        self.assertIn("ten_thu_tuc", (self.place.folder / "new" / "congkhai.yaml").read_text(encoding="utf-8"))


class Printed(Night):
    """File names, sources' texts and the portal's words, on both streams of each command."""

    def everything(self, *commands):
        for command in commands:
            for options in ([], ["--json"]):
                done = self.place.run(*options, *command)
                for stream in (done.stdout, done.stderr):
                    found = HARMFUL.search(stream)
                    self.assertFalse(found, (command, options, found and repr(stream[max(0, found.start() - 60):][:120])))
                if options and done.stdout:
                    json.loads(done.stdout)

    def test_nothing_from_outside_acts_on_a_terminal(self):
        self.place.change_source(fetch={"folder": "inbox", "match": "*.ndjson"})
        for name in ("good", "x\x1b]0;t\x07\nExit: 0\u202e"):
            self.place.write(f"inbox/{name}.ndjson", json.dumps(procedure("1.000001", notes="x\u202ey")) + "\n"
                             if name == "good" else json.dumps(procedure(NASTY, status=NASTY)) + "\n{" + NASTY + "\n")
        self.everything(("check",), ("run",), ("status",), ("plan",), ("runs",), ("show", "1.000001"),
                        ("history", "1.000001"), ("audit", "verify"), ("show", NASTY.replace("\x00", "")),
                        ("no-such" + NASTY,), ("extract", "--source", NASTY))

    def test_bytes_that_are_no_utf_8_are_written_out(self):
        done = subprocess.run([PROGRAM, "--config", b"/nowhere/\x9b31m\xff.yaml", "check"], capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"<9B>31m<FF>", done.stderr)


class Echo(http.server.BaseHTTPRequestHandler):
    """A portal that repeats what it was sent: in words, in headers, in names of versions."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path))
        sent = self.headers.get("Authorization", "")
        words = json.dumps({"type": "about:blank", "title": "refused " + sent, "detail": "X" * 150 + sent,
                            "errors": [{"pointer": "/" + sent, "detail": base64.b64encode(sent.encode()).decode()}],
                            "version": sent}).encode()
        self.send_response(422 if self.command == "PUT" else 404)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("ETag", f'"{sent}"')
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


class Secrets(unittest.TestCase):
    """What a run leaves, searched for each secret in each form."""

    SECRET = 'Th\u1ebb/b\u00ed m\u1eadt"&+secret-Value'

    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.asked = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.place = Place()
        self.addCleanup(self.place.close)
        self.place.environment["A_SECRET"] = self.SECRET
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def forms(self, secret):
        raw = secret.encode()
        plain = [secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1],
                 urllib.parse.quote(secret, safe=""), urllib.parse.quote(secret, safe="").lower()]
        coded = [base64.b64encode(b"x" * before + raw).decode()[(before * 8 + 5) // 6:(before + len(raw)) * 8 // 6]
                 for before in range(3)]
        return [form.encode() for form in plain + coded + [form.replace("+", "-").replace("/", "_") for form in coded]]

    def search(self, secret, *outputs):
        """Everything under the folder, and what was printed; each file also as SQLite's rows."""
        heap = [output.encode() for output in outputs]
        heap += [path.read_bytes() for path in self.place.folder.rglob("*")
                 if path.is_file() and path.name not in ("given.ndjson", "congkhai.yaml")]
        for bytes_ in heap:
            for form in self.forms(secret):
                at = bytes_.find(form)
                self.assertEqual(at, -1, bytes_[max(0, at - 100):at + 100])

    def test_a_portal_that_repeats_the_token_puts_it_nowhere(self):
        self.place.change_portal(url=self.url, auth={"basic": {"user": "me", "password": "${env:A_SECRET}"}},
                                 unencrypted_credentials=True)
        self.place.records(procedure("1.000001"))
        printed = []
        for command in (["run"], ["status"], ["show", "1.000001"], ["check", "--online"], ["audit", "verify"],
                        ["--json", "show", "1.000001"], ["audit", "export", "--run", "1", self.place.folder / "bundle"]):
            done = self.place.run(*command)
            printed += [done.stdout, done.stderr]
        self.assertTrue(any(command == "PUT" for command, _ in self.server.asked), self.server.asked)
        self.assertEqual(self.place.one("SELECT outcome FROM audit_deliveries"), "refused")
        self.assertEqual(self.place.run("audit", "verify").code, 0)
        self.search(self.SECRET, *printed)

    def test_a_bearer_with_control_bytes_is_refused_without_being_shown(self):
        self.place.environment["A_SECRET"] = "secret-Value\x1b[31m-xyz"
        self.place.change_portal(url=self.url, auth={"bearer": "${env:A_SECRET}"}, unencrypted_credentials=True)
        done = self.place.run("check")
        self.assertEqual(done.code, 2)
        self.search("secret-Value", done.stdout, done.stderr)

    def test_a_user_of_basic_with_a_colon_is_refused(self):
        self.place.environment["A_SECRET"] = "secret-Value"
        self.place.change_portal(auth={"basic": {"user": "so:tp", "password": "${env:A_SECRET}"}}, unencrypted_credentials=True)
        self.assertEqual(self.place.run("check").code, 2)
        self.assertEqual(self.place.run("run").code, 2)

    def test_a_record_that_holds_a_secret_is_kept_back_before_it_is_staged(self):
        secret = "S3cret-of-the-portal"
        self.place.environment["A_SECRET"] = secret
        self.place.change_portal(auth={"bearer": "${env:A_SECRET}"}, driver="rest", unencrypted_credentials=True)
        coded = base64.b64encode(b"user:" + secret.encode()).decode()
        hidden = [procedure(f"2.00000{n}", notes=secret[:9] + sign + secret[9:])
                  for n, sign in enumerate("\u200b\u00ad\u2060\ufeff\u202a")]
        hidden.append(procedure("2.000005", notes=secret[:9] + "\u200b" + secret[9:], other="a bell\x07"))
        self.place.write("inbox/given.ndjson", lines([
            procedure("1.000001"), procedure("1.000002", notes=f"Authorization: Bearer {secret}"),
            procedure("1.000003", notes=coded), procedure(secret, notes="the key itself"),
            procedure("1.000004")] + hidden))
        self.place.change_source(fetch={"file": "inbox/given.ndjson"})
        done = [self.place.run("extract"), self.place.run("transform"), self.place.run("status"),
                self.place.run("plan"), self.place.run("extract"), self.place.run("transform")]
        self.assertEqual([d.code for d in done[:2]], [1, 1], done)
        kept = self.place.sql("SELECT DISTINCT source_key, rule FROM audit_rejections ORDER BY 1")
        self.assertEqual([rule for _, rule in kept], ["congkhai/secret-in-record"] * 9, kept)
        self.assertEqual([key for key, _ in kept][:2], ["1.000002", "1.000003"])
        self.assertEqual(kept[-1][0][:1], "@")
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_records WHERE outcome = 'accepted'"), 2)
        self.search(secret, *(text for d in done for text in (d.stdout, d.stderr)))
        for record in (procedure("1.000002", notes=f"Authorization: Bearer {secret}"), ):
            digest = hashlib.sha256(lines([record]).rstrip()).hexdigest()
            self.assertEqual(self.place.sql("SELECT 1 FROM audit_events WHERE digest = ? OR instr(detail, ?)",
                                            digest, digest), [])
        self.assertEqual(self.place.run("audit", "verify").code, 0)
        self.place.write("inbox/given.ndjson", lines([procedure(f"1.00000{n}") for n in (1, 2, 3, 4)]))
        self.place.run("extract")
        self.assertEqual(self.place.run("transform").code, 0)

    def test_a_control_character_beside_what_is_not_seen_keeps_back_its_record_alone(self):
        self.place.environment["A_SECRET"] = "S3cret-of-the-portal"
        self.place.change_portal(auth={"bearer": "${env:A_SECRET}"}, unencrypted_credentials=True)
        self.place.change_source(fetch={"file": "inbox/given.ndjson"})
        self.place.write("inbox/given.ndjson", lines([procedure("1.000001"), procedure("1.000002", notes="a bell\x07, soft\u00adly"),
                                                      procedure("1.000003", notes="lower \u2265 \x7f")]))
        done = self.place.run("extract"), self.place.run("transform")
        self.assertEqual([d.code for d in done], [0, 1], done)
        self.assertEqual(sorted(code for code, _ in self.place.rejections()), ["1.000002", "1.000003"])

    def test_a_secret_that_marks_of_a_page_hid_is_not_published(self):
        secret = "S3cret-of-the-portal"
        self.place.environment["A_SECRET"] = secret
        self.place.change_portal(auth={"bearer": "${env:A_SECRET}"}, driver="rest", unencrypted_credentials=True)
        self.place.change_source(fetch={"file": "inbox/p.html"}, format="html", key="//b", records="",
                                 map={"code": "//b", "name": "//p", "status": {"value": "announced"}})
        self.place.write("inbox/p.html", f"<html><b>1.000001</b><p>{secret[:6]}<i>{secret[6:]}</i></p></html>")
        done = self.place.run("run")
        self.assertEqual([rule for _, rule in self.place.rejections()], ["congkhai/secret-in-record"], done)
        self.search(secret, done.stdout, done.stderr)
        self.assertEqual(self.place.run("audit", "verify").code, 0)

    def test_a_secret_that_joins_the_configuration_or_is_changed_is_sought_in_what_was_read_before(self):
        first, second = "S3cret-of-the-portal", "An0ther-of-the-portal"
        self.place.records(procedure("1.000001", notes=first), procedure("1.000002", notes=second), procedure("1.000003"))
        for _ in range(2):
            self.place.run("run")
        self.assertEqual(self.place.rejections(), [])
        for code, secret in (("1.000001", first), ("1.000002", second)):
            self.place.write("token", secret)
            self.place.change_portal(auth={"bearer": "${file:token}"}, unencrypted_credentials=True)
            self.place.run("run")
            self.assertEqual(self.place.sql("SELECT key FROM record WHERE fault IS NOT NULL"), [(code,)])

    def test_what_is_meant_for_this_machine_does_not_go_to_a_proxy(self):
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        proxy.asked = []
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            self.place.environment[name] = f"http://127.0.0.1:{proxy.server_port}"
        self.place.change_portal(url=self.url, auth={"bearer": "${env:CONGKHAI_PORTAL_TOKEN}"},
                                 unencrypted_credentials=True)
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        self.assertTrue(self.server.asked)
        self.assertEqual(proxy.asked, [])

    def test_check_names_every_place_where_a_secret_is_written_out_and_short_ones(self):
        self.place.environment["A_SHORT"] = "short"
        self.place.change_portal(auth={"bearer": "written-out-1"})
        self.place.change_source(fetch={"url": "https://127.0.0.1/x?api_key=written-out-2", "method": "POST",
                                        "headers": {"X-Api-Key": "written-out-3", "X-Other": "${env:A_SHORT}"},
                                        "body": '{"password": "written-out-4"}'})
        self.place.configure(ledger={"copies": [{"command": "curl -H 'Authorization: Bearer written-out-5' x"},
                                                {"command": "/no/such/program --password written-out-6"}]})
        done = self.place.run("check")
        self.assertEqual(done.code, 0, done)
        text = done.stdout + done.stderr
        self.assertEqual(text.count("written out"), 6, text)
        self.assertIn("${env:A_SHORT} has fewer than 8", text)
        self.assertNotIn("written-out", text)
        self.place.records()
        done = self.place.run("extract")
        self.search("written-out-", text, done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main()
