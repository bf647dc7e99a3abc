"""What an auditor takes away: keys and heads, copies, history, pages on a procedure, proofs, bundles, what retention leaves."""

import base64
import contextlib
import datetime
import hashlib
import http.server
import json
import resource
import shutil
import signal
import stat
import subprocess
import sys
import threading
import unittest

from harness import PROGRAM, Place, Simulator, procedure, procedures, wait_until
from sealed_nights import DOCUMENT, TODAY, SealedNights, Signed, verifier

YESTERDAY = TODAY - datetime.timedelta(days=1)


class Keys(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.portal = self.stack.enter_context(Simulator())
        self.place = self.stack.enter_context(Place(self.portal))
        self.place.records(procedure("1.000001"))

    def test_a_key_is_made_once_readable_by_its_owner_alone_and_its_public_half_is_one_word(self):
        self.place.configure(ledger={"key": "secret/ledger.key"})
        done = self.place.run("audit", "key")
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.stdout, r"\Acongkhai/H13/[0-9a-f]{12}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\n\Z")
        path = self.place.folder / "secret" / "ledger.key"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(path.with_suffix(".key.pub").read_text(), done.stdout)
        self.assertTrue(path.read_text().startswith("PRIVATE+KEY+congkhai/H13/"))
        self.assertNotIn(path.read_text().split("+", 4)[-1][:20], done.stderr)
        again = self.place.run("audit", "key")
        self.assertEqual(again.code, 2)
        self.assertIn("never written over", again.stderr)

    def test_the_head_is_a_signed_note_that_openssl_verifies(self):
        if not shutil.which("openssl"):
            self.skipTest("no openssl")
        self.place.configure(ledger={"key": "ledger.key"})
        word = self.place.run("audit", "key").stdout.strip()
        self.place.run("run")
        note = self.place.run("audit", "checkpoint").stdout
        self.assertEqual(note, (self.place.store.parent / "congkhai.db.checkpoint").read_text(encoding="utf-8"))
        body, signature = note.split("\n\n")
        name, data = signature[2:].strip().split(" ")
        data, key = base64.b64decode(data), base64.b64decode(word.split("+", 2)[2])
        self.assertEqual((name, data[:4].hex()), (word.split("+")[0], word.split("+")[1]))
        self.place.write("body", (body + "\n").encode())
        self.place.write("signature", data[4:])
        self.place.write("key.der", bytes.fromhex("302a300506032b6570032100") + key[1:])
        subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-in", "body",
                        "-sigfile", "signature"], cwd=self.place.folder, check=True, capture_output=True)

    def test_a_key_that_is_gone_or_open_to_others_or_of_another_log_stops_the_run_before_it_sends(self):
        self.place.configure(ledger={"key": "ledger.key"})
        done = self.place.run("run")
        self.assertEqual(done.code, 2)
        self.assertIn("make one with \"congkhai audit key\"", done.stderr)
        self.place.run("audit", "key")
        (self.place.folder / "ledger.key").chmod(0o644)
        done = self.place.run("run")
        self.assertEqual(done.code, 2)
        self.assertIn("chmod 600", done.stderr)
        (self.place.folder / "ledger.key").chmod(0o600)
        self.place.configure(store="other/new.db")
        for command in (("check",), ("run",), ("load",), ("retry", "--reason", "once more"), ("reconcile",)):
            done = self.place.run(*command)
            self.assertEqual(done.code, 2, (command, done))
            self.assertRegex(done.stderr, "there is no store .* was made for")
            self.assertFalse((self.place.folder / "other").exists(), command)  # nothing was touched
        self.place.configure(ledger=None)
        self.assertEqual(self.place.run("retry", "--reason", "once more").code, 0)
        self.place.configure(ledger={"key": "ledger.key"})
        for command in ("check", "run"):
            done = self.place.run(command)
            self.assertEqual(done.code, 2, (command, done))
            self.assertIn("the key was made for", done.stderr)
        self.assertEqual(self.portal.requests(), 0)

    def test_a_new_key_takes_over_and_the_old_one_is_still_believed(self):
        self.place.configure(ledger={"key": "first.key"})
        first = self.place.run("audit", "key").stdout.strip()
        self.place.run("run")
        self.place.configure(ledger={"key": "second.key", "public": ["first.key.pub"]})
        second = self.place.run("audit", "key").stdout.strip()
        self.place.run("run")
        done = self.place.run("--json", "audit", "verify")
        self.assertEqual((done.code, done.json["signed_heads"]), (0, 2))
        self.assertEqual(verifier(self.place.store, "--key", first, "--key", second)[0], 0)
        self.assertEqual(verifier(self.place.store, "--key", second)[:2], (5, 1))
        self.place.configure(ledger={"key": "second.key"})
        done = self.place.run("--json", "audit", "verify")
        self.assertEqual((done.code, done.json["findings"][0]["kind"]), (5, "signature"))

    def test_keys_that_are_none_are_told_with_their_place(self):
        self.place.configure(ledger={"key": "ledger.key"})
        word = self.place.run("audit", "key").stdout.strip()
        self.place.run("run")
        self.place.write("none.pub", "no key")
        self.place.write("none.key", "no key").chmod(0o600)
        for ledger, words in (({"public": [word, "nowhere.pub"]}, "nowhere.pub"), ({"public": ["none.pub"]}, "none.pub"),
                              ({"public": [word[:-1]]}, "key"), ({"public": [word] * 70}, "more than 64 keys"), ({"public": {"a": 1}}, "public"),
                              ({"copies": {"folder": "x"}}, '"copies" is a list')):
            with self.subTest(words=words):
                self.place.configure(ledger=ledger)
                done = self.place.run("--language", "en", "audit", "verify")
                self.assertEqual(done.code, 2, done)
                self.assertIn(words, done.stderr)
        self.place.configure(ledger={"key": "none.key"})
        done = self.place.run("run")
        self.assertEqual(done.code, 2, done)
        self.assertIn("none.key", done.stderr)
        self.place.configure(ledger={"key": "ledger.key"})
        for given in ("nowhere", "none.pub"):
            done = self.place.run("audit", "verify", "--key", given, cwd=self.place.folder)
            self.assertEqual(done.code, 2, done)
            self.assertIn(given, done.stderr)
        # without its public half the private one says whose heads are believed
        (self.place.folder / "ledger.key.pub").unlink()
        done = self.place.run("--json", "audit", "verify")
        self.assertEqual((done.code, done.json["signed_heads"]), (0, 1), done)

    def test_a_head_made_before_there_was_a_key_may_be_unsigned_but_none_behind_a_signed_one(self):
        self.place.run("run")
        self.place.configure(ledger={"key": "ledger.key"})
        self.place.run("audit", "key")
        self.place.run("run")
        self.assertEqual(self.place.run("audit", "verify").code, 0)
        # of the head before it, which bears no signature, the bundle of the first signed run says that it is not proven
        folder, key = self.place.folder / "run-2", self.place.folder / "ledger.key.pub"
        self.assertEqual(self.place.run("audit", "export", "--run", "2", folder).code, 0)
        done = self.place.run("audit", "verify", folder, "--key", key)
        self.assertEqual((done.code, verifier(folder, "--key", key)[0]), (1, 1), done)
        self.assertIn("head-before is not signed, though a key is known", done.stdout)

    def test_no_run_begins_without_a_key_behind_heads_that_are_signed(self):
        """A head without a signature would break the ledger for good."""
        self.place.configure(ledger={"key": "ledger.key"})
        self.place.run("audit", "key")
        self.assertEqual(self.place.run("run").code, 0)
        self.place.configure(ledger=None)
        self.place.records(procedure("1.000001", name="Tên thứ hai"))
        for command in ("check", "run", "load"):
            done = self.place.run(command)
            self.assertEqual(done.code, 2, done)
            self.assertIn("its ledger's heads are signed, but the configuration names no key", done.stderr)
        self.assertEqual(self.place.run("audit", "verify").code, 0)
        self.place.configure(ledger={"key": "ledger.key"})
        self.assertEqual(self.place.run("run").code, 0)
        self.assertEqual(self.place.run("audit", "verify").code, 0)

    def test_wrong_settings_are_named_with_their_place(self):
        for ledger, words in (({"kye": "x"}, "did you mean"), ({"copies": [{"folder": "a", "mail": "b@c"}]}, "goes one way"),
                              ({"copies": [{}]}, "goes one way"), ({"copies": [{"mail": "no address"}]}, "no address of mail"),
                              ({"copies": [{"url": "ftp://x"}]}, "no http(s) address")):
            with self.subTest(ledger):
                self.place.configure(ledger=ledger)
                done = self.place.run("run")
                self.assertEqual(done.code, 2, done)
                self.assertIn(words, done.stderr)
                self.assertRegex(done.stderr, r"congkhai\.yaml:\d+:\d+")

    def test_wrong_usage_says_what_is_right(self):
        self.place.run("run")
        for arguments, words in ((("audit", "verfy"), 'did you mean "audit verify"'),
                                 (("audit", "key", "--on", "x"), "takes no option --on"),
                                 (("audit", "prove", "1.000001"), "usage: congkhai audit prove CODE --on DATE"),
                                 (("audit", "verify", "x"), "cannot be opened"), (("audit", "key"), "where is the key to go"),
                                 (("history", "1.000001", "--on", "12/3/2026"), "wants a date such as"),
                                 (("history", "1.000001", "--field", "nmae"), "did you mean"),
                                 (("history", "9.999999"), "never acknowledged"), (("show", "9.999999"), "nothing is known"),
                                 (("audit", "export", "--run", "77", self.place.folder / "x"), "there is no run 77"),
                                 (("audit", "verify", "--checkpoint", "nowhere"), "nowhere"),
                                 (("audit", "verify", "--key", "a+b+c"), "key")):
            with self.subTest(arguments):
                done = self.place.run(*arguments)
                self.assertEqual(done.code, 2, done)
                self.assertIn(words, done.stderr)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heads.append((self.headers.get("Authorization"), body.decode()))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Copies(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.portal = self.stack.enter_context(Simulator())
        self.place = self.stack.enter_context(Place(self.portal))
        self.place.records(procedure("1.000001"))
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        self.server.heads, self.server.status = [], 200
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/heads"

    def test_a_head_goes_to_a_folder_a_command_an_address_and_by_mail(self):
        self.place.write("sendmail", "#!/bin/sh\ncat > mail\necho \"$@\" > arguments\n").chmod(0o755)
        self.place.write("token", "bí-mật\n")
        self.place.configure(ledger={"key": "ledger.key", "sendmail": str(self.place.folder / "sendmail"), "copies": [
            {"folder": "heads"}, {"command": "cat > from-command"},
            {"url": self.url(), "headers": {"Authorization": "Bearer ${file:token}"}}, {"mail": "kiemtoan@cantho.gov.vn"}]})
        self.place.run("audit", "key")
        done = self.place.run("run", cwd=self.place.folder)
        self.assertEqual((done.code, done.stderr), (0, ""), done)
        head = self.place.run("audit", "checkpoint").stdout
        file, = (self.place.folder / "heads").iterdir()
        self.assertEqual(file.read_text(encoding="utf-8"), head)
        self.assertEqual((self.place.folder / "from-command").read_text(encoding="utf-8"), head)
        self.assertEqual(self.server.heads, [("Bearer bí-mật".encode().decode("latin-1"), head)])
        mail = (self.place.folder / "mail").read_text(encoding="utf-8")
        self.assertTrue(mail.startswith("To: kiemtoan@cantho.gov.vn\n"))
        self.assertTrue(mail.endswith("\n\n" + head), mail)
        self.assertNotIn(b"b\xc3\xad-m", self.place.store.read_bytes())

    def test_a_head_in_a_folder_is_not_written_over_by_another_of_as_many_events(self):
        """Two machines go on with one store: the folder shows it."""
        self.place.configure(ledger={"copies": [{"folder": "heads"}]})
        self.place.run("run")
        state, aside, heads = self.place.store.parent, self.place.folder / "aside", self.place.folder / "heads"
        shutil.copytree(state, aside)
        self.place.records(procedure("1.000001", name="Tên của máy thứ nhất"))
        self.assertEqual(self.place.run("run").code, 0)
        before = {file.name: file.read_bytes() for file in heads.iterdir()}
        shutil.rmtree(state)
        shutil.copytree(aside, state)
        self.place.records(procedure("1.000001", name="Tên của máy thứ hai"))
        done = self.place.run("run")
        head = self.place.run("audit", "checkpoint").stdout
        after = {file.name: file.read_bytes() for file in heads.iterdir()}
        new, = set(after) - set(before)
        self.assertEqual({name: after[name] for name in before}, before)
        self.assertEqual((len(before), after[new].decode()), (2, head))
        self.assertIn(f"this head of {head.splitlines()[1]} events is another one", done.stderr)
        self.assertIn(new, done.stderr)

    def test_a_copy_that_fails_is_said_and_is_an_event_and_loses_nothing(self):
        self.server.status = 500
        self.place.configure(ledger={"copies": [{"url": self.url()}, {"command": "echo không được >&2; exit 3"},
                                                {"folder": "/proc/nowhere"}, {"command": "cat > kept"}]})
        done = self.place.run("run", cwd=self.place.folder)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.portal.effect_counts(), {"1.000001": 1})
        self.assertIn("the answer was 500", done.stderr)
        self.assertIn("ended with 3: không được", done.stderr)
        self.assertTrue((self.place.folder / "kept").exists())
        events = self.place.sql("SELECT run, json_extract(detail, '$.copy') FROM audit_events WHERE event = 'copy-failed'")
        self.assertEqual([copy.split(" ")[0] for _, copy in events], ["url", "command", "folder"])
        self.assertEqual({run for run, _ in events}, {1})
        verified = self.place.run("--json", "audit", "verify")
        self.assertEqual((verified.code, verified.json["unsealed"]), (0, 3))
        self.place.run("run", cwd=self.place.folder)
        verified = self.place.run("--json", "audit", "verify")
        self.assertEqual((verified.code, verified.json["unsealed"]), (0, 3))  # those of the second run


class History(SealedNights):
    def test_it_tells_every_change_of_every_field_with_who_where_from_and_by_which_rules(self):
        document = self.place.run("--json", "history", "1.000005").json
        self.assertEqual((document["schema"], document["code"]), ("congkhai/history/1", "1.000005"))
        changes = document["changes"]
        names = [(change.get("old"), change["new"], change["run"]) for change in changes if change["field"] == "name"]
        self.assertEqual(names, [(None, "Thủ tục 1.000005", 1), ("Thủ tục 1.000005", "Tên thứ hai", 2),
                                 ("Tên thứ hai", "Tên thứ ba", 3)])
        last = changes[-1]
        run = self.place.last_run()
        self.assertEqual((last["operator"], last["rules_digest"], last["config_digest"]),
                         (run["operator"], run["rules_digest"], run["config_digest"]))
        self.assertEqual((last["source"], last["source_key"], last["locator"], last["source_run"]),
                         ("one", "1.000005", "inbox/one.ndjson:5", 3))
        source = self.place.one("SELECT digest FROM payload WHERE lower(hex(digest)) = ?", last["source_digest"])
        self.assertEqual(source.hex(), last["source_digest"])
        words = self.place.run("history", "1.000005").stdout
        self.assertIn("Vietnam, UTC+7", words)
        self.assertIn("Tên thứ ba", words)
        self.assertIn("+07", words)

    def test_it_keeps_to_a_field_and_what_lies_below(self):
        def fields(field):
            return {change["field"] for change in self.place.run("--json", "history", "1.000005", "--field", field).json["changes"]}

        self.assertEqual(fields("name"), {"name"})
        self.assertEqual(fields("steps"), {"steps[0].text", "steps[1].text"})
        self.assertEqual(fields("steps[].text"), {"steps[0].text", "steps[1].text"})
        self.assertEqual(fields("steps[1]"), {"steps[1].text"})

    def test_a_withdrawal_changes_the_status_and_leaves_the_content_standing(self):
        changes = self.place.run("--json", "history", "1.000004").json["changes"]
        last = [change for change in changes if change["run"] == 3]
        self.assertEqual([(change["field"], change["old"], change["new"]) for change in last], [("status", "announced", "abolished")])
        held = self.place.run("--json", "history", "1.000004", "--on", TODAY.isoformat()).json
        self.assertEqual((held["status"], held["procedure"]["name"]), ("abolished", "Thủ tục 1.000004"))
        current = self.place.sql("SELECT status, content_digest FROM audit_current WHERE code = '1.000004'")
        self.assertEqual(current, [("abolished", held["content_digest"])])
        self.assertEqual(self.portal.held()["1.000004"]["digest"], held["content_digest"])

    def test_a_day_is_vietnams_and_its_procedure_is_exact(self):
        done = self.place.run("--json", "history", "1.000005", "--on", TODAY.isoformat())
        held = json.loads(done.stdout)
        self.assertEqual(held["until"], f"{TODAY}T17:00:00.000Z")
        canonical = done.stdout[done.stdout.index('"procedure":') + 12:]
        canonical = canonical[:canonical.index(',"published_at"')]
        self.assertEqual(hashlib.sha256(canonical.encode()).hexdigest(), held["content_digest"])
        self.assertEqual(held["procedure"]["name"], "Tên thứ ba")
        self.assertIn("as known at", self.place.run("history", "1.000005", "--on", TODAY.isoformat()).stdout)
        done = self.place.run("history", "1.000005", "--on", YESTERDAY.isoformat())
        self.assertEqual(done.code, 0)
        self.assertIn(f"is not known: the ledger begins on {TODAY}", done.stdout)
        done = self.place.run("--json", "history", "1.000005", "--on", YESTERDAY.isoformat())
        self.assertEqual(done.json, {"schema": "congkhai/history/1", "code": "1.000005", "on": YESTERDAY.isoformat(), "status": None,
                                     "ledger_begins": TODAY.isoformat()})
        done = self.place.run("audit", "prove", "1.000005", "--on", YESTERDAY.isoformat())
        self.assertEqual((done.code, "is not known: the ledger begins on" in done.stderr), (2, True), done)
        self.assertEqual(self.place.run("history", "1.999999", "--on", YESTERDAY.isoformat()).code, 2)

    def test_one_field_of_a_day(self):
        done = self.place.run("--json", "history", "1.000005", "--field", "name", "--on", TODAY.isoformat())
        self.assertEqual(done.json["fields"], {"name": "Tên thứ ba"})
        self.assertNotIn("procedure", done.json)
        done = self.place.run("history", "1.000005", "--field", "steps[].text", "--on", TODAY.isoformat())
        self.assertIn("\nsteps[0].text: Nộp hồ sơ 1.000005\nsteps[1].text: ", done.stdout)
        withdrawn = self.place.run("--json", "history", "1.000004", "--field", "status", "--on", TODAY.isoformat())
        self.assertEqual(withdrawn.json["fields"], {"status": "abolished"})
        self.assertEqual(self.place.run("history", "1.000005", "--field", "nmae", "--on", TODAY.isoformat()).code, 2)

    def test_show_is_one_page_with_every_request_and_why_something_waits(self):
        page = self.place.run("--json", "show", "1.000005").json
        self.assertEqual([outcome["outcome"] for outcome in page["outcomes"]], ["accepted"] * 3)
        self.assertEqual([request["outcome"] for request in page["requests"]], ["intended", "published"] * 3)
        answer = page["requests"][-1]
        self.assertEqual((answer["http_status"], answer["attempt"]), (200, 1))
        self.assertTrue(answer["idempotency_key"].startswith("congkhai-"))
        self.assertRegex(answer["answer_digest"], r"[0-9a-f]{64}")
        self.assertNotIn("pending", page)
        rejected = self.place.run("--json", "show", "1.000007").json
        self.assertEqual(rejected["records"][0]["findings"][0]["field"], "name")
        self.assertIn("what", rejected["others"][0])
        words = self.place.run("show", "1.000005").stdout
        for part in ("Where it comes from", "Requests and answers", "inbox/one.ndjson:5"):
            self.assertIn(part, words)

    def test_show_says_what_waits_and_why(self):
        with Simulator() as portal, Place(portal) as place:
            portal.faults("kind=status:422,on=put")
            place.records(procedure("1.000001"))
            place.run("run")
            page = place.run("--json", "show", "1.000001").json
            self.assertEqual((page["state"], page["pending"]["action"]), ("refused", "publish"))
            self.assertIn("the portal refused this content", place.run("show", "1.000001").stdout)


class Evidence(SealedNights):
    def bundle(self, *arguments):
        folder = self.place.folder / f"bundle-{len(list(self.place.folder.iterdir()))}"
        done = self.place.run("audit", "export", *arguments, folder)
        self.assertEqual(done.code, 0, done)
        return folder

    def check(self, folder):
        """With the bundle's own script, in an empty environment: there is no congkhai on an auditor's machine."""
        done = subprocess.run([sys.executable, "verify-ledger", ".", "--english", "--key", self.place.key], cwd=folder,
                              env={}, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    def test_the_bundle_of_a_run_verifies_without_the_program(self):
        folder = self.bundle("--run", "2")
        self.assertEqual(self.check(folder)[0], 0)
        self.assertEqual(self.place.run("audit", "verify", folder).code, 0)
        about = json.loads((folder / "bundle.json").read_text())
        self.assertEqual((about["run"], about["before"]["size"]), (2, about["first"] - 1))
        events = [json.loads(line) for line in (folder / "events.ndjson").read_text(encoding="utf-8").splitlines()]
        self.assertEqual({event["run"] for event in events}, {2})
        self.assertEqual(len((folder / "proofs.ndjson").read_text().splitlines()), len(events))
        self.assertEqual(json.loads((folder / "configuration.json").read_text())["agency"]["code"], "H13")
        self.assertIn("rules", json.loads((folder / "rules.json").read_text()))
        self.assertIn("KIỂM TRA", (folder / "README.txt").read_text(encoding="utf-8"))
        subprocess.run(["sha256sum", "-c", "--quiet", "payloads.sha256"], cwd=folder, check=True)

    def test_an_auditor_needs_what_was_handed_over_and_is_told_what_it_shows(self):
        folder, empty = self.bundle("--run", "2"), self.place.folder / "auditor"
        empty.mkdir()
        about = json.loads((folder / "bundle.json").read_text())
        proof = self.place.write("handed.json", self.place.run("--json", "audit", "prove", "1.000005", "--on", TODAY.isoformat()).stdout)
        event = json.loads(json.loads(proof.read_text())["events"][0]["event"])["seq"]
        count, kept = about["last"] - about["first"] + 1, len(list((folder / "payloads").iterdir()))
        for path, code, words in ((folder, 0, f"{count} events of .*\\({about['first']}-{about['last']}\\) and {kept} payloads"),
                                  (proof, 1, f"1 events of .*\\({event}\\) and 1 payloads"),
                                  (self.place.store, 0, "The ledger holds")):
            with self.subTest(path=path.name):
                done = subprocess.run([PROGRAM, "--language", "en", "audit", "verify", path, "--key", self.place.key], cwd=empty, env={},
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, code, done)
                self.assertRegex(done.stdout, words)
        self.assertIn(f" {count} events, {kept} payloads", self.check(folder)[1])

    def test_the_bundle_of_all_verifies_too(self):
        folder = self.bundle()
        self.assertFalse((folder / "proofs.ndjson").exists())
        code, words = self.check(folder)
        self.assertEqual(code, 0, words)
        self.assertEqual(self.place.run("audit", "verify", folder).code, 0)

    def test_a_bundle_that_was_touched_does_not_verify(self):
        def change(name, old, new):
            def forge(folder):
                path = folder / name
                text = path.read_text(encoding="utf-8")
                self.assertIn(old, text)
                path.write_text(text.replace(old, new, 1), encoding="utf-8")
            return forge

        def payload(folder):
            path = sorted((folder / "payloads").iterdir())[0]
            path.write_bytes(path.read_bytes() + b" ")

        def missing(folder):
            sorted((folder / "payloads").iterdir())[0].unlink()

        def last_line(folder):
            path = folder / "events.ndjson"
            path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

        for forge in (change("events.ndjson", "accepted", "rejected"), change("events.ndjson", "1.000005", "1.000006"),
                      change("head", "\n", "x\n"), change("head-before", "\n", "\n1"), payload, missing, last_line):
            with self.subTest(forge.__name__):
                folder = self.bundle("--run", "2")
                forge(folder)
                self.assertEqual(self.check(folder)[0], 5)
                self.assertEqual(self.place.run("audit", "verify", folder).code, 5)

    def test_a_bundle_that_cannot_be_written_whole_is_told(self):
        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        done = self.place.run("--json", "audit", "export", self.place.folder / "small", preexec_fn=small)
        self.assertEqual((done.code, done.json["error_id"]), (3, "cannot-be-written"), done)
        blocked = self.place.write("blocked", "a file")
        done = self.place.run("--json", "audit", "export", blocked / "bundle")
        self.assertEqual((done.code, done.json["error_id"]), (3, "the-folder-cannot-be-made"), done)
        self.assertEqual(blocked.read_text(), "a file")
        deep = str(self.place.folder)  # whose files of payloads have no name that a system call takes
        while len(deep) < 4050:
            deep += "/" + "x" * min(200, 4050 - len(deep) - 1)
        done = self.place.run("--json", "audit", "export", deep)
        self.assertEqual((done.code, done.json["error"].split("/")[0]), (3, "the path "))

    def test_further_keys_stand_in_a_bundle_one_a_file(self):
        key = self.place.folder / "second.key"
        word = self.place.run("audit", "key", key).stdout.strip()
        ledger = self.place.configuration["ledger"]
        self.place.configure(ledger={**ledger, "public": [word]})
        self.addCleanup(self.place.configure, ledger=ledger)
        folder = self.bundle()
        words = {(folder / name).read_text().strip() for name in ("key.pub", "key-2.pub")}
        self.assertIn(word, words)
        self.assertEqual(len(words), 2)
        self.assertEqual(self.check(folder)[0], 0)

    def test_a_folder_that_holds_something_is_left_alone(self):
        done = self.place.run("audit", "export", self.place.folder)
        self.assertEqual(done.code, 2)
        self.assertIn("is not empty", done.stderr)

    def test_one_record_is_proved_and_the_proof_verifies_without_the_store(self):
        for code, count in (("1.000005", 1), ("1.000004", 2)):
            done = self.place.run("--json", "audit", "prove", code, "--on", TODAY.isoformat())
            proof = done.json
            self.assertEqual(len(proof["events"]), count)
            path = self.place.write("proof.json", done.stdout)
            code, event, words = verifier(path, "--key", self.place.key)
            self.assertEqual((code, event), (1, 0), words)
            self.assertIn("only the whole ledger can prove it", words)
            self.assertEqual(self.place.run("audit", "verify", path).code, 1)
        for loud in ({"root": proof["root"].upper()}, {"events": [{**part, "leaf": part["leaf"].upper()} for part in proof["events"]]},
                     {"events": [{**part, "path": [step.upper() for step in part["path"]]} for part in proof["events"]]}):
            path = self.place.write("loud.json", json.dumps({**proof, **loud}))
            self.assertEqual((verifier(path, "--key", self.place.key)[0], self.place.run("audit", "verify", path).code), (5, 5), loud)
        event = json.loads(proof["events"][0]["event"])
        for old, new in (("Thủ tục", "Thủ  tục"), (event["at"], event["at"].replace("20", "19", 1)),
                         (proof["events"][0]["path"][0], "0" * 64)):
            path = self.place.write("forged.json", done.stdout.replace(old, new, 1))
            self.assertEqual(verifier(path, "--key", self.place.key)[0], 5)
        self.assertIn("The head that proves it", self.place.run("audit", "prove", "1.000005", "--on", TODAY.isoformat()).stdout)

    def test_a_day_that_is_not_over_is_proved_as_known_at_a_time(self):
        last = self.place.one("SELECT at FROM ledger ORDER BY seq DESC LIMIT 1")
        for day in (TODAY, TODAY + datetime.timedelta(days=400)):
            done = self.place.run("--json", "audit", "prove", "1.000005", "--on", day.isoformat())
            self.assertEqual(done.json["known_at"], last)
            self.assertIn(f"{day}, as known at", self.place.run("audit", "prove", "1.000005", "--on", day.isoformat()).stdout)
            for known, expected in ((last, 1), (f"{day}T17:00:00.000Z", 5), ("2001-01-01T00:00:00.000Z", 5), ("now", 5)):
                path = self.place.write("proof.json", done.stdout.replace(f'"known_at": "{last}"', f'"known_at": "{known}"', 1))
                code, _, words = verifier(path)
                self.assertEqual((code, self.place.run("audit", "verify", path).code), (expected, expected), (known, words))
                self.assertTrue(expected == 5 or f"until {last}" in words, words)
        self.assertIn("as known at", self.place.run("audit", "prove", "9.999999", "--on", TODAY.isoformat()).stderr)
        self.assertIn("at the end of", self.place.run("audit", "prove", "1.000005", "--on", "2001-01-01").stderr)


def forgets(place):
    return place.run("run").code == 0 and place.sql("SELECT 1 FROM ledger WHERE event = 'forgotten'")


class Retention(unittest.TestCase):
    def test_old_source_bytes_are_packed_then_forgotten_by_an_event_and_all_still_verifies(self):
        with Simulator() as portal, Signed(portal) as place:
            place.configure(retention={"source_bytes": "1s"})
            place.records(*procedures(3, notes="x" * 2000))
            place.run("run")
            place.records(procedure("1.000001", notes="y" * 2000), *procedures(2, first=2, notes="x" * 2000))
            place.run("run")
            packed = place.sql("SELECT count(*) FROM payload WHERE kept = 0 AND encoding = 1 AND length(bytes) < size / 5")
            self.assertEqual(packed, [(4,)])
            first = place.sql("SELECT json_extract(detail, '$.source_digest') FROM ledger WHERE event = 'accepted' AND run = 1"
                              " AND code = '1.000001'")[0][0]
            wait_until(lambda: forgets(place), "forgotten")
            row, = place.sql("SELECT lower(hex(p.digest)), p.bytes, p.size > 2000, e.event, e.detail FROM payload p"
                             " JOIN ledger e ON e.seq = p.forgotten")
            self.assertEqual(row[:4], (first, None, 1, "forgotten"))
            self.assertEqual(json.loads(row[4])["digests"], [first])
            self.assertEqual(place.sql("SELECT count(*) FROM payload WHERE bytes IS NULL AND kept = 1"), [(0,)])
            ours, script, report, words = place.both()
            self.assertEqual((ours, script), ((True, 0), (True, 0)), (report, words))
            self.assertEqual(report["forgotten"], 1)
            self.assertRegex(report["sentence"], f" {report['payloads'] - 1} payloads .* 1 further payloads .* forgotten")
            self.assertRegex(words, f" {report['payloads'] - 1} payloads")
            # What is still in a source is mapped again from its packed bytes when the rules change.
            place.change_source(map={**place.configuration["sources"][0]["map"], "conditions": "/notes"})
            done = place.run("run")
            self.assertIn("3 accepted", done.stdout)
            self.assertEqual(place.run("audit", "verify").code, 0)
            # And what was forgotten is kept again when it comes again.
            place.records(*procedures(3, notes="x" * 2000))
            place.run("run")
            self.assertEqual(place.sql("SELECT bytes IS NULL, forgotten FROM payload WHERE lower(hex(digest)) = ?", first), [(0, None)])
            self.assertEqual(place.run("audit", "verify").code, 0)
            folder = place.folder / "bundle"
            self.assertEqual(place.run("audit", "export", folder).code, 0)
            self.assertEqual(verifier(folder, "--key", place.key)[0], 0)

    def test_what_a_bundle_says_was_forgotten_may_stand_in_any_order(self):
        with Simulator() as portal, Signed(portal) as place:
            place.configure(retention={"source_bytes": "1s"})
            for notes in ("x", "y"):
                place.records(*procedures(5, notes=notes))
                place.run("run")
            wait_until(lambda: forgets(place), "forgotten")
            folder = place.folder / "bundle"
            self.assertEqual(place.run("audit", "export", folder).code, 0)
            about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
            self.assertEqual(len(about["forgotten"]), 5)
            for order in (sorted(about["forgotten"]), sorted(about["forgotten"], reverse=True)):
                (folder / "bundle.json").write_text(json.dumps({**about, "forgotten": order}), encoding="utf-8")
                self.assertEqual((place.run("audit", "verify", folder).code, verifier(folder, "--key", place.key)[0]), (0, 0))

    def test_a_record_that_was_missing_until_its_bytes_were_forgotten_is_staged_again(self):
        with Simulator() as portal, Place(portal) as place:
            place.configure(retention={"source_bytes": "1s"})
            place.records(*procedures(3))
            place.run("run")
            place.records(*procedures(2))
            place.run("run")
            wait_until(lambda: forgets(place), "forgotten")
            place.records(*procedures(3))
            place.run("run")
            place.change_source(map={**place.configuration["sources"][0]["map"], "conditions": "/notes"})
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("audit", "verify").code, 0)
            self.assertEqual(place.one("SELECT count(*) FROM payload WHERE bytes IS NULL"), 0)


class WhileARunWrites(unittest.TestCase):
    def test_views_and_verifiers_read_a_store_that_a_run_is_writing(self):
        with Simulator("--delay", "30") as portal, Signed(portal) as place:
            place.records(*procedures(3))
            place.run("run")
            place.records(*procedures(120))
            running = place.start("run")
            wait_until(lambda: len(place.sql("SELECT 1 FROM audit_deliveries WHERE run = 2 AND outcome = 'published'")) > 5, "some")
            self.assertTrue(running.alive())
            running.signal(signal.SIGSTOP)  # wherever it is; a loaded machine would let it end meanwhile
            code, report = place.verify()
            self.assertEqual((code, report["heads"]), (0, 1), report)
            self.assertGreater(report["unsealed"], 0)
            exit_code, _, words = verifier(place.store, "--key", place.key)
            self.assertEqual(exit_code, 0, words)
            self.assertEqual(place.run("status").code, 0)
            self.assertIsNone(place.sql("SELECT finished_at FROM audit_runs WHERE run = 2")[0][0])
            running.signal(signal.SIGCONT)
            self.assertEqual(running.wait().code, 0)


class Decisions(unittest.TestCase):
    def test_after_retries_orders_and_reconciliations_everything_agrees_with_the_ledger(self):
        with Simulator() as portal, Signed(portal) as place:
            portal.faults("kind=status:422,on=put,code=1.000002,count=1")
            place.records(*procedures(5), procedure("1.000009", name=None))
            place.run("run")
            place.run("retry", "--reason", "đã sửa cổng")
            place.run("withdraw", "--yes", "1.000003", "--decision", "9/QĐ-UBND", "--reason", "bãi bỏ")
            place.run("load")
            portal.faults("kind=conflict,on=put,count=1")
            place.records(procedure("1.000001", name="Khác"), *procedures(4, first=2))
            place.run("run")
            place.run("reconcile", "--offline")
            place.run("reconcile", "--adopt", "1.000001", "--reason", "cổng đúng")
            place.run("run")
            ours, script, report, words = place.both()
            self.assertEqual((ours, script), ((True, 0), (True, 0)), (report, words))
            decisions = place.sql("SELECT DISTINCT event FROM audit_events WHERE actor IS NOT NULL"
                                  " AND json_extract(detail, '$.reason') IS NOT NULL")
            self.assertIn(("retried",), decisions)
            self.assertIn(("withdrawal-ordered",), decisions)
            document = DOCUMENT.read_text(encoding="utf-8")
            events = {event for event, in place.sql("SELECT DISTINCT event FROM audit_events")}
            self.assertEqual({event for event in events if f"`{event}`" not in document}, set())
            self.assertEqual(place.run("show", "1.000001").code, 0)
            self.assertEqual(place.run("history", "1.000003").code, 0)


class FailClosed(unittest.TestCase):
    def test_a_disk_that_takes_no_more_stops_the_run_with_everything_pending(self):
        with Simulator() as portal, Place(portal) as place:
            place.records(*procedures(2))
            place.run("run")
            place.store.with_name("congkhai.db.checkpoint").unlink()
            place.store.with_name("congkhai.db.checkpoint").mkdir()
            before = portal.requests()
            place.records(*procedures(3))
            done = place.run("run")
            self.assertNotIn(done.code, (0, 1), done)
            self.assertEqual(portal.requests(), before)
            place.store.with_name("congkhai.db.checkpoint").rmdir()
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(place.run("audit", "verify").code, 0)

    def test_a_run_that_died_before_it_wrote_its_head_is_mended_by_the_next(self):
        with Simulator() as portal, Signed(portal) as place:
            place.records(*procedures(2))
            place.run("run")
            file = place.store.with_name("congkhai.db.checkpoint")
            old = file.read_text(encoding="utf-8")
            place.records(*procedures(3))
            place.run("run")
            file.write_text(old, encoding="utf-8")
            done = place.run("audit", "verify")
            self.assertEqual((done.code, verifier(place.store, "--key", place.key)[0]), (1, 1), "nothing is lost, and it is told")
            self.assertIn("the next run does", done.stdout)
            place.run("run")
            self.assertEqual(place.run("audit", "verify").code, 0)


if __name__ == "__main__":
    unittest.main()
