"""Notices: who is told of a night, of what, and how often."""

import base64
import contextlib
import email
import email.policy
import fcntl
import glob
import http.server
import json
import re
import socketserver
import sqlite3
import threading
import time
import unittest

from harness import MAP, ROOT, Night, Place, Simulator, procedure, whole_speed

FAKETIME = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


class Hooks(http.server.ThreadingHTTPServer):
    """Takes every POST and keeps it, as long as its status is 200."""

    def __init__(self):
        self.seen, self.status, self.refused = [], 200, None

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0)).decode()
                status = 413 if self.refused and self.refused in body else self.status
                if status == 200:
                    self.seen.append((handler.path, handler.headers.get("Content-Type"), body))
                handler.send_response(status)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

            def log_message(*_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Post(socketserver.ThreadingTCPServer):
    """A mail server that speaks as much of RFC 5321 as is needed, and keeps what it was given."""

    allow_reuse_address = True

    def __init__(self):
        self.mails = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(handler):
                def say(line):
                    handler.wfile.write(line.encode() + b"\r\n")
                sender, to = None, []
                say("220 post")
                for line in iter(handler.rfile.readline, b""):
                    word = line.decode("ascii").strip()
                    verb = word.split(" ")[0].upper()
                    if verb == "MAIL":
                        sender = re.search("<(.*?)>", word)[1]
                    elif verb == "RCPT":
                        to.append(re.search("<(.*?)>", word)[1])
                    elif verb == "DATA":
                        say("354 go on")
                        data = b""
                        while not data.endswith(b"\r\n.\r\n"):
                            data += handler.rfile.readline()
                        self.mails.append((sender, to, email.message_from_bytes(data[:-3], policy=email.policy.default)))
                    elif verb == "QUIT":
                        say("221 bye")
                        return
                    say("250 ok")

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class Notices(Night):
    def setUp(self):
        super().setUp()
        self.portal, self.hooks, self.post = Simulator(), Hooks(), Post()
        self.place = Place(self.portal)
        for close in (self.portal.stop, self.hooks.shutdown, self.post.shutdown, self.place.close):
            self.addCleanup(close)

    def notify(self, *entries):
        self.place.configure(notify=list(entries))

    def night(self, *records, code=0, day=None):
        self.place.records(*records)
        environment = dict(self.place.environment)
        if day:
            environment.update(LD_PRELOAD=FAKETIME, FAKETIME=f"@{day} 02:00:00", TZ="Asia/Ho_Chi_Minh", FAKETIME_DONT_FAKE_MONOTONIC="1")
        done = self.place.run("--quiet", "run", env=environment)
        self.assertEqual(done.code, code, done)
        return done

    def outage(self):
        (self.place.inbox / "one.ndjson").unlink(missing_ok=True)
        done = self.place.run("--quiet", "run")
        self.assertEqual(done.code, 3, done)

    def test_mail_says_agency_result_and_counts_and_is_a_proper_message(self):
        self.notify({"mail": ["tth@cantho.example", "b@cantho.example"], "from": "congkhai@cantho.example", "server": self.post.url})
        self.night(procedure("1.000001", status="?"), procedure("1.000002"), code=1)
        (sender, to, mail), = self.post.mails
        self.assertEqual((sender, to), ("congkhai@cantho.example", ["tth@cantho.example", "b@cantho.example"]))
        self.assertIn("UBND thành phố Cần Thơ", mail["Subject"])
        self.assertRegex(mail["Subject"], r"published 1, kept back 1")
        self.assertIn("1.000001", mail.get_content())
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")

    def test_a_cause_is_told_once_and_another_at_once(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json"})
        bad, worse = procedure("1.000001", status="?"), procedure("1.000002", status="?")
        self.night(bad, code=1)
        self.night(bad, code=1)
        self.assertEqual(len(self.hooks.seen), 1)
        self.night(bad, worse, code=1)
        self.assertEqual(len(self.hooks.seen), 2)
        path, kind, body = self.hooks.seen[-1]
        notice = json.loads(body)
        self.assertEqual((path, kind, notice["schema"], notice["on"], notice["exit_code"]),
                         ("/x", "application/json", "congkhai/notice/1", ["new-kept"], 1))

    def test_stopped_is_told_once_and_then_recovered(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["stopped", "recovered"]})
        self.night(procedure("1.000001"))
        self.assertEqual(self.hooks.seen, [])
        self.outage()
        self.outage()
        self.night(procedure("1.000001"))
        self.night(procedure("1.000001"))
        self.assertEqual([json.loads(body)["on"] for _, _, body in self.hooks.seen], [["stopped"], ["recovered"]])
        self.assertIn("one.ndjson", json.loads(self.hooks.seen[0][2])["why"])

    def test_a_night_that_goes_well_behind_exit_2_or_5_has_recovered(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["stopped", "recovered"]})
        self.night(procedure("1.000001"))
        self.place.configure(rules=["nowhere.yaml"])
        self.assertEqual([self.place.run("--quiet", "run").code for _ in range(2)], [2, 2])
        self.place.configure(rules=[])
        self.night(procedure("1.000001"))

        def put(version):
            with contextlib.closing(sqlite3.connect(self.place.store)) as store, store:
                store.execute("UPDATE procedure_state SET held_version = ?", (version,))
        version = self.place.one("SELECT held_version FROM procedure_state")
        put("zz")
        self.night(procedure("1.000001", name="Tên khác"), code=5)
        self.night(procedure("1.000001", name="Tên khác"), code=5)
        put(version)
        self.night(procedure("1.000001", name="Tên khác"))
        self.night(procedure("1.000001", name="Tên khác"))
        self.assertEqual([json.loads(body)["on"] for _, _, body in self.hooks.seen],
                         [["stopped"], ["stopped"], ["recovered"], ["stopped"], ["stopped"], ["recovered"]])

    @unittest.skipUnless(FAKETIME, "needs faketime")
    @whole_speed
    def test_what_stays_kept_back_is_told_again_each_week(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json"})
        bad, worse = procedure("1.000001", status="?"), procedure("1.000002", status="?")
        told = {}
        for day, records in {2: [bad], 3: [bad, worse], 4: [bad, worse], 9: [bad, worse], 10: [bad, worse], 11: [bad, worse],
                             # one night and its week are passed over
                             18: [bad], 25: [bad], 26: []}.items():
            self.hooks.seen.clear()
            self.night(*records, procedure("1.000003"), code=1 if records else 0, day=f"2026-03-{day:02d}")
            for _, _, body in self.hooks.seen:
                notice = json.loads(body)
                self.assertEqual(notice["on"], ["new-kept"])
                told[day] = [[row["code"] for row in notice[name]] for name in ("new_kept", "still_kept")]
        first, second = "1.000001", "1.000002"
        self.assertEqual(told, {2: [[first], []], 3: [[second], []], 9: [[], [first]], 10: [[], [second]],
                                18: [[], [first]], 25: [[], [first]]})

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_each_term_is_told_when_it_is_near_when_it_is_over_and_each_week(self):
        """Terms of five working days: the 11th and the 12th. That one is met is no news of the other."""
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["deadline"]}, {"url": self.hooks.url + "/vi", "on": ["deadline"]})
        self.place.write("holidays.csv", "from,to\n2026-01-01,holiday\n")
        self.place.configure(language="vi", baseline="2026-03-01", rules=[str(ROOT / "config/rules/deadlines.yaml"), "hold.yaml"],
                             codes={"statuses": "codes.csv", "holidays": "holidays.csv"}, agency={"code": "H13", "name": "UBND"})
        self.place.write("hold.yaml", "rules: [{ id: HOLD, field: notes, check: { not_matches: giữ }, reason: x }]\n")
        self.place.change_source(map={**MAP, "decision.signed_on": {"from": "/signed", "date": ["yyyy-MM-dd"]}})
        one, two = (procedure(f"1.00000{n}", signed=f"2026-03-0{n + 3}", decision="1/QĐ-UBND", notes="giữ") for n in (1, 2))
        told = {}
        for day, records in {5: [one], 6: [one], 7: [one, two], 11: [one, two], 12: [one, two], 13: [one, two], 16: [one, two],
                             17: [{**one, "notes": "x"}, two], 21: [{**one, "notes": "x"}, two]}.items():
            self.hooks.seen.clear()
            self.night(*records, code=1, day=f"2026-03-{day:02d}")
            for path, _, body in self.hooks.seen:
                if path == "/x":
                    told[day] = [(row["code"], row["overdue"]) for row in json.loads(body)["deadlines"]]
                elif day == 5:
                    self.assertIn("1.000001; ", body)
                    self.assertIn("; 11/03/2026; ND63-24-TINH", body)
        first, second = "1.000001", "1.000002"
        self.assertEqual(told, {5: [(first, False)], 7: [(first, False), (second, False)], 12: [(first, True), (second, False)],
                                13: [(first, True), (second, True)], 21: [(second, True)]})

    def test_health_checks_hear_of_each_beginning_and_end(self):
        self.notify({"url": self.hooks.url + "/uuid", "style": "healthchecks"})
        self.night(procedure("1.000001", status="?"), code=1)
        self.outage()
        self.assertEqual([path for path, _, _ in self.hooks.seen], ["/uuid/start", "/uuid/0", "/uuid/start", "/uuid/3"])

    def test_a_record_that_cannot_be_read_is_told_by_where_it_lies(self):
        self.notify({"url": self.hooks.url + "/x"})
        self.place.write("inbox/one.ndjson", "{broken\n")
        self.assertEqual(self.place.run("run").code, 1)
        self.assertRegex(self.hooks.seen[0][2], r"(?m)^- inbox/one\.ndjson:1; ")

    def test_a_command_gets_the_report_and_no_secrets(self):
        self.place.write("tell", "#!/bin/sh\ncat > told; env > environment\n").chmod(0o755)
        self.notify({"command": "./tell"})
        self.place.change_portal(auth={"bearer": "${env:CONGKHAI_PORTAL_TOKEN}"})
        self.place.environment["CONGKHAI_PORTAL_TOKEN"] = "a-very-secret-token"
        self.night(procedure("1.000001", status="?"), code=1)
        self.assertIn("1.000001", (self.place.folder / "told").read_text())
        self.assertNotIn("a-very-secret-token", (self.place.folder / "environment").read_text())
        self.assertRegex((self.place.folder / "told").read_text(), r"(?m)^seen 1, changed 1, accepted 0, rejected 1,")
        self.place.configure(language="vi")
        self.night(procedure("1.000001", status="?"), procedure("1.000002", status="!"), code=1)
        self.assertRegex((self.place.folder / "told").read_text(), r"(?m)^đã đọc 2, thay đổi 1, đạt 0, bị loại 1, [^a-z]*giữ lại 0")

    def test_what_comes_again_under_another_key_is_absent_and_not_missing(self):
        self.place.change_source(key="/id")
        self.notify({"url": self.hooks.url + "/x", "body": "text"})
        self.night(*(procedure(f"1.00000{i}", id=f"a{i}") for i in range(1, 4)))
        self.night(procedure("1.000001", id="b1"), procedure("1.000002", id="b2", status="?"), code=1)
        self.assertRegex(self.hooks.seen[-1][2], r"failed 0, absent 3, missing 1\n")
        self.assertEqual(self.expect(self.place.run("--json", "status"), 0).json["kept_back"]["missing"], 1)
        self.expect(self.place.run("runs"), 0, "absent")

    def test_metrics_are_a_page_that_a_collector_reads(self):
        self.notify({"metrics": "out/congkhai.prom"})
        (self.place.folder / "out").mkdir()
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        self.night(procedure("1.000001"), procedure("1.000002", status="?"), procedure("1.000003"), code=1)
        page = (self.place.folder / "out" / "congkhai.prom").read_text()
        values = dict(re.findall(r"^(\w+(?:\{[^}]*\})?) ([-0-9.e+]+)$", page, re.M))
        self.assertEqual(values["congkhai_last_run_exit_code"], "1")
        self.assertEqual(values['congkhai_procedures{state="published"}'], "1")
        self.assertEqual(values['congkhai_kept{outcome="rejected"}'], "1")
        self.assertEqual((values["congkhai_pending"], values['congkhai_kept{outcome="refused"}']), ("0", "1"))
        self.assertIn("congkhai_last_success_timestamp_seconds", values)
        self.assertGreater(int(values['congkhai_source_whole_listing_timestamp_seconds{source="one"}']), time.time() - 600)
        for line in page.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .*|\w+(\{\w+=\"([^\"\\\n]|\\.)*\"\})? [-0-9.e+]+)$")

    def test_the_last_success_is_a_nights_and_not_that_of_a_smaller_command(self):
        def success():
            return re.search(r"^congkhai_last_success_timestamp_seconds (\d+)$", (self.place.folder / "m.prom").read_text(), re.M)[1]
        self.notify({"metrics": "m.prom"})
        self.night(procedure("1.000001"))
        first = success()
        time.sleep(1.1)
        self.expect(self.place.run("run", "--code", "1.000001"), 0)
        self.portal.faults("kind=status:401,on=put")
        self.night(procedure("1.000002"), code=3)
        self.assertEqual(success(), first)

    def test_metrics_are_of_the_sources_that_are_configured_and_say_never(self):
        def samples():
            self.place.run("--quiet", "run")
            return dict(re.findall(r'^congkhai_source_whole_listing_timestamp_seconds\{source="(\w+)"\} (\d+)$',
                                   (self.place.folder / "m.prom").read_text(), re.M))
        self.notify({"metrics": "m.prom"})
        self.place.configure(sources=[self.place.source("one"), self.place.source("two"), self.place.source("three", fetch={"url": "http://127.0.0.1:9/x", "retry": {"attempts": 1}})])
        self.place.records(procedure("1.000001"))
        self.place.records(procedure("1.000002"), source="two")
        first = samples()
        self.assertEqual((sorted(first), first["three"]), (["one", "three", "two"], "0"))
        self.assertNotEqual(first["one"], "0")
        self.place.configure(sources=[self.place.source("one"), self.place.source("three", fetch={"url": "http://127.0.0.1:9/x", "retry": {"attempts": 1}})])
        self.assertEqual(sorted(samples()), ["one", "three"])

    def test_a_notice_that_fails_is_a_warning(self):
        self.hooks.shutdown()
        self.hooks.server_close()
        self.notify({"url": self.hooks.url + "/x"}, {"mail": "a@b.example", "from": "c@d.example", "server": "smtp://127.0.0.1:9"},
                    {"command": "exit 7"})
        self.place.records(procedure("1.000001", status="?"))
        done = self.place.run("run")
        self.assertEqual(done.code, 1)
        self.assertEqual(done.stderr.count("a notice could not be given"), 3, done.stderr)

    def test_what_a_way_could_not_give_comes_with_the_next_night_and_the_others_hear_it_once(self):
        other = Hooks()
        for close in (other.shutdown, other.server_close):
            self.addCleanup(close)
        self.notify({"url": self.hooks.url + "/x", "body": "json"}, {"url": other.url + "/y", "body": "json"})
        bad = procedure("1.000001", status="?")
        self.hooks.status = 500
        self.night(bad, code=1)
        self.outage()
        self.assertEqual(self.hooks.seen, [])
        self.hooks.status = 200
        for _ in range(2):
            self.night(bad, code=1)
        for seen in (self.hooks.seen, other.seen):
            self.assertEqual([json.loads(body)["on"] for _, _, body in seen], [["new-kept"], ["stopped"], ["recovered"]])
        self.assertEqual(json.loads(self.hooks.seen[0][2]), json.loads(other.seen[0][2]))

    def test_a_notice_that_is_never_taken_holds_up_no_other(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json"})
        self.hooks.refused = '"on":["new-kept"]'
        self.night(procedure("1.000001", status="?"), code=1)
        self.outage()
        self.night(procedure("1.000001", status="?"), code=1)
        self.assertEqual([json.loads(body)["on"] for _, _, body in self.hooks.seen], [["stopped"], ["recovered"]])
        self.hooks.refused = None
        self.night(procedure("1.000001", status="?"), code=1)
        self.assertEqual(json.loads(self.hooks.seen[-1][2])["on"], ["new-kept"])

    @unittest.skipUnless(FAKETIME, "needs faketime")
    @whole_speed
    def test_what_could_not_be_given_for_a_week_is_dropped(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json"})
        self.hooks.status = 500
        self.night(procedure("1.000001", status="?"), code=1, day="2026-03-02")
        self.night(procedure("1.000001"), day="2026-03-05")
        self.hooks.status = 200
        self.night(procedure("1.000001"), day="2026-03-10")
        self.assertEqual(self.hooks.seen, [])

    def test_a_filtered_run_is_no_night(self):
        self.notify({"url": self.hooks.url + "/x", "style": "healthchecks"})
        self.place.records(procedure("1.000001"))
        self.assertEqual(self.place.run("--quiet", "run", "--source", "one").code, 0)
        self.assertEqual(self.hooks.seen, [])

    def test_a_wrong_configuration_is_told_each_time(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["stopped"]})
        self.place.configure(rules=["nowhere.yaml"])
        for _ in range(2):
            self.assertEqual(self.place.run("--quiet", "run").code, 2)
        self.assertEqual([json.loads(body)["exit_code"] for _, _, body in self.hooks.seen], [2, 2])

    def test_a_fault_anywhere_in_the_configuration_is_told_by_each_entry_that_can_be_read(self):
        self.notify({"url": self.hooks.url + "/a", "body": "json"}, {"url": self.hooks.url + "/b", "style": "hc"},
                    {"url": self.hooks.url + "/c", "body": "json"}, {"metrics": "m.prom"})
        whole = dict(self.place.configuration)
        for fault in ({}, {"foo": 1}, {"language": "fr"}, {"baseline": "x"}, {"agency": {"cod": "H13"}}, {"store": 7}, {"portal": 1}):
            self.place.configuration = dict(whole)
            self.place.configure(**fault)
            (self.place.folder / "m.prom").unlink(missing_ok=True)
            self.hooks.seen.clear()
            self.assertEqual(self.place.run("--quiet", "run").code, 2, fault)
            self.assertEqual([(path, json.loads(body)["exit_code"]) for path, _, body in self.hooks.seen], [("/a", 2), ("/c", 2)], fault)
            self.assertIn("congkhai_last_run_exit_code 2\n", (self.place.folder / "m.prom").read_text(), fault)

    def test_a_night_without_a_run_tells_nothing_of_an_older_one(self):
        self.place.write("tell", "#!/bin/sh\ncat > told\n").chmod(0o755)
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["stopped"]}, {"metrics": "congkhai.prom"}, {"command": "./tell"},
                    {"mail": "a@b.example", "from": "c@d.example", "server": self.post.url, "on": ["stopped"]})
        exit_code = lambda: re.search(r"^congkhai_last_run_exit_code (.*)$", (self.place.folder / "congkhai.prom").read_text(), re.M)[1]
        self.night(procedure("1.000001", status="?"), procedure("1.000002"), code=1)
        self.assertEqual(exit_code(), "1")
        self.place.change_source(map={**MAP, "nix": "/x"})
        self.assertEqual(self.place.run("--quiet", "run").code, 2)
        notice = json.loads(self.hooks.seen[-1][2])
        self.assertEqual((notice["exit_code"], notice["new_kept"], [name for name in ("run", "counts", "kept") if name in notice]), (2, [], []))
        self.assertRegex((self.place.folder / "told").read_text(), r"wrong configuration\nNo run was begun: [^\n]* exit 2\n")
        self.assertTrue(self.post.mails[-1][2]["Subject"].endswith("wrong configuration"), self.post.mails[-1][2]["Subject"])
        self.assertEqual(exit_code(), "2")
        self.place.change_source(map=MAP)
        with open(f"{self.place.store}.lock", "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            self.assertEqual(self.place.run("--quiet", "run").code, 4)
        self.assertEqual((json.loads(self.hooks.seen[-1][2]).get("run"), exit_code()), (None, "4"))
        page = (self.place.folder / "congkhai.prom").read_text()
        self.assertIn('congkhai_procedures{state="published"} 1', page)
        self.assertEqual(page.count("# TYPE congkhai_last_run_exit_code"), 1)

    @unittest.skipUnless(FAKETIME, "needs faketime")
    @whole_speed
    def test_what_stays_is_told_again_after_a_week(self):
        self.notify({"url": self.hooks.url + "/x", "body": "json", "on": ["stopped"]})
        (self.place.inbox / "one.ndjson").unlink(missing_ok=True)
        for at in ("02 02:00:00", "03 02:00:00", "08 02:00:00", "09 01:59:00", "10 02:00:00"):
            environment = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": f"@2026-03-{at}",
                           "TZ": "Asia/Ho_Chi_Minh", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            self.assertEqual(self.place.run("--quiet", "run", env=environment).code, 3)
        self.assertEqual(len(self.hooks.seen), 2)

    def test_what_is_no_notice_is_refused_with_its_place(self):
        for entry in ({"mail": "nobody"}, {"url": "ftp://x"}, {"url": "http://x", "command": "y"}, {"on": ["stopped"]},
                      {"url": "http://x", "on": ["late"]}, {"url": "http://x", "ok": [9]}, {"command": "x", "style": "healthchecks"},
                      {"mail": "a@b.example\r\nBcc: c@d.example"}, {"mail": "a@b.example", "server": "smtp://x"}):
            self.notify(entry)
            done = self.place.run("check")
            self.assertEqual(done.code, 2, (entry, done))
            self.assertRegex(done.stderr, r"congkhai\.yaml:\d+:\d+")


if __name__ == "__main__":
    unittest.main()
