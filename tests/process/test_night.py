"""The nightly job, night after night: what is sent, what is kept back, what is said of it."""

import json
import random
import signal
import time
import unittest

from harness import Night, Place, SANITIZED, Simulator, procedure, procedures, slow, wait_until

COUNTS = ("seen", "changed", "accepted", "rejected", "held", "sent", "published", "refused", "conflict", "unknown",
          "failed", "withdrawn", "missing")


def codes_of(records):
    return [record["code"] for record in records]


class Nights(Night):
    def test_the_first_night_publishes_all_that_is_sound_and_accounts_for_the_rest(self):
        self.place.configure(rules=["rules.yaml"])
        self.place.write("rules.yaml", """
rules:
  - id: NAMED
    field: name
    check: { required: true }
    severity: error
    cites: "Nghị định 63/2010/NĐ-CP, Điều 8 khoản 2 điểm a"
    message: { vi: "Thiếu tên", en: "The procedure has no name" }
  - id: NOTED
    field: notes
    check: { required: true }
    severity: warning
    message: { vi: "Thiếu ghi chú", en: "No notes" }
""")
        sound = procedures(20)
        self.place.records(*sound, procedure("1.000021", name=None), procedure("1.000022", status="draft"),
                           procedure("1.000023", status="abolished"))
        done = self.expect(self.place.run("run"), 1)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["changed"], run["rejected"]), (23, 23, 1), run)
        self.assertEqual((run["sent"], run["published"], run["withdrawn"]), (20, 20, 0), run)
        self.assertEqual((run["exit_code"], run["command"], run["missing"]), (1, "run", 0), run)
        self.check_each_once(codes_of(sound))
        self.check_accounts()
        self.assertIn(("1.000021", "NAMED"), self.place.rejections())
        row = self.place.sql("SELECT severity, field, message, cites FROM audit_rejections WHERE rule = 'NAMED'")
        self.assertEqual(row, [("error", "name", "The procedure has no name",
                                "Nghị định 63/2010/NĐ-CP, Điều 8 khoản 2 điểm a")])
        self.assertEqual(len(done.stdout.splitlines()), 3, "one line of summary a stage: " + done.stdout)
        self.assertEqual(self.place.sql("SELECT DISTINCT outcome FROM audit_records ORDER BY 1")[-1], ("rejected",))

    def test_what_is_published_is_the_canonical_procedure_and_its_digest(self):
        self.place.records(procedure("1.000001", name="Ca\u0302\u0301p  gi\u1ea5y\u00a0ph\u00e9p \u00d0\u1ea5t",
                                     steps="N\u1ed9p h\u1ed3 s\u01a1\r\n\r\nNh\u1eadn\u200b k\u1ebft qu\u1ea3", notes=""))
        self.expect(self.place.run("run"), 0)
        held = self.portal.held()["1.000001"]
        self.assertEqual(held["content"], {
            "agency": {"code": "H13", "name": "UBND thành phố Cần Thơ"}, "code": "1.000001", "kind": "public",
            "name": "Cấp giấy phép Đất", "status": "announced", "decision": {"number": "12/QĐ-UBND"},
            "steps": [{"text": "Nộp hồ sơ"}, {"text": "Nhận kết quả"}]})
        self.assertEqual(self.place.sql("SELECT code, name, status, content_digest, portal_version FROM audit_current"),
                         [("1.000001", "Cấp giấy phép Đất", "published", held["digest"], str(held["version"]))])

    def test_each_kind_of_repair_is_counted_in_the_run(self):
        self.place.records(procedure("1.000001", name="Tên\u00a0 có\u200bchấm"), procedure("1.000002", notes="57/\u00d0\r\nhai"),
                           procedure("1.000003", notes="\uf0b7 to\u0301"))
        self.expect(self.place.run("run"), 0, "texts repaired: blanks 1, bullets 1, composed letters 1, letters Đ 1, "
                    "invisible characters 1, line breaks 1\n")
        counted = json.loads(self.place.one("SELECT json_extract(detail, '$.repairs') FROM audit_events WHERE event = 'run-finished'"))
        self.assertEqual(counted, dict.fromkeys(("blanks", "bullets", "composed", "d_stroke", "invisible", "line_breaks"), 1))
        self.expect(self.place.run("run"), 0)
        self.assertIsNone(self.place.one("SELECT json_extract(detail, '$.repairs') FROM audit_events WHERE event = 'run-finished' AND run = 2"))

    def test_a_source_that_was_renamed_holds_nothing_back(self):
        place, portal = self.place, self.portal
        place.records(*procedures(2))
        self.assertEqual(place.run("run").code, 0)
        place.configure(sources=[Place.source("other", fetch={"file": "inbox/one.ndjson"})])
        self.assertNotIn("not in the configuration", place.run("extract", "--code", "1.000001").stderr)
        self.assertEqual(place.one("SELECT count(*) FROM audit_events WHERE event = 'missing'"), 0)
        done = place.run("run")
        self.assertEqual(done.code, 0, done)
        self.assertIn('"one" is not in the configuration any more: its 2 records', done.stderr)
        place.records(procedure("1.000001", notes="changed"), procedure("1.000002"))
        done = place.run("run")
        self.assertEqual((done.code, done.stderr), (0, ""))
        self.assertEqual(portal.held()["1.000001"]["content"]["notes"], "changed")
        self.assertEqual(portal.held()["1.000002"]["status"], "published")
        place.configure(sources=[Place.source("one"), Place.source("other", fetch={"file": "inbox/one.ndjson"})])
        self.assertEqual(place.run("run").code, 0)
        self.assertEqual(place.run("audit", "verify").code, 0)

    def test_a_second_night_sends_nothing_and_adds_a_handful_of_rows(self):
        self.place.records(*procedures(300), procedure("x", status="no such status"))
        self.expect(self.place.run("run"), 1)
        rows, sent = self.place.rows(), self.portal.requests()
        for night in range(2):
            self.expect(self.place.run("run"), 1)
            run = self.place.last_run()
            self.assertEqual((run["seen"], run["changed"], run["sent"], run["missing"]), (301, 0, 0, 0), run)
        self.assertEqual(self.portal.requests(), sent, "a night without change asks the portal nothing")
        self.assertLessEqual(self.place.rows() - rows, 2 * 6)
        self.check_accounts()

    def test_a_changed_record_sends_one_request(self):
        records = procedures(30)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        puts = self.portal.requests("put")
        records[7]["name"] = "Một tên khác"
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["changed"], run["accepted"], run["sent"], run["published"]), (30, 1, 1, 1, 1))
        self.assertEqual(self.portal.requests("put") - puts, 1)
        held = self.portal.held()["1.000008"]
        self.assertEqual((held["content"]["name"], held["version"]), ("Một tên khác", "2"))
        self.assertEqual(self.portal.stats()["unconditional"], 0, "every PUT names what it expects to replace")
        fields = self.place.sql("SELECT value, from_run, to_run FROM audit_fields WHERE code = '1.000008' AND "
                                "field = 'name' ORDER BY from_run")
        self.assertEqual(fields, [("Thủ tục 1.000008", 1, 2), ("Một tên khác", 2, None)])

    def test_a_record_that_only_moves_or_is_written_otherwise_sends_nothing(self):
        records = procedures(10)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        records.reverse()
        self.place.write("inbox/one.ndjson", b"".join(
            json.dumps(record, indent=None, separators=(" , ", " : ")).encode() + b"\r\n" for record in records))
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["sent"]), (10, 0), run)
        self.check_each_once(codes_of(records))

    def test_a_vanished_record_is_missing_and_never_withdrawn_by_itself(self):
        records = procedures(10)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        self.place.records(*records[1:])
        done = self.place.run("run")
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["missing"], run["sent"], run["withdrawn"]), (9, 1, 0, 0), run)
        self.assertIn(done.code, (0, 1), done)
        self.assertIn("1.000001", self.portal.held())
        self.assertIn("1 absent", done.stdout)
        self.expect(self.place.run("run"), done.code)
        self.assertEqual(self.portal.effect_counts(), {code: 1 for code in codes_of(records)})
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current WHERE status = 'published'"), 10)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["missing"], run["sent"]), (10, 0, 0), "and it may come back")

    def test_absence_means_nothing_in_a_listing_of_changes(self):
        self.place.change_source(listing="changes")
        self.place.records(*procedures(10))
        self.expect(self.place.run("run"), 0)
        self.place.records(procedure("1.000003", name="Tên mới"))
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["missing"], run["sent"]), (1, 0, 1), run)

    def test_an_abolished_procedure_is_withdrawn_once_and_stays_at_the_portal(self):
        records = procedures(30)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        records[0]["status"] = "abolished"
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["withdrawn"], run["published"]), (1, 1, 0), run)
        self.assertEqual(self.portal.held()["1.000001"]["status"], "abolished")
        self.assertEqual(self.place.one("SELECT status FROM audit_current WHERE code = '1.000001'"), "abolished")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts()["1.000001"], 2)
        self.check_accounts()

    def test_a_draft_waits_until_it_is_announced(self):
        self.place.records(procedure("1.000001", status="draft"))
        self.expect(self.place.run("run"), 0)
        self.assertEqual((self.place.last_run()["sent"], self.portal.held()), (0, {}))
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001"])

    def test_a_rejected_record_is_published_when_it_is_mended(self):
        self.place.records(procedure("1.000001", status="nonsense"), procedure("1.000002"))
        self.expect(self.place.run("run"), 1)
        self.check_each_once(["1.000002"])
        self.place.records(procedure("1.000001"), procedure("1.000002"))
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002"])

    def test_a_changed_map_does_the_affected_work_again(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(*procedures(10))
        self.place.records(*procedures(5, first=100), source="two")
        self.expect(self.place.run("run"), 0)
        changed = self.place.source("two")
        changed["map"]["time_limit"] = {"value": "5 ngày"}
        self.place.configure(sources=[self.place.source("one"), changed])
        self.expect(self.place.run("run"), 0)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["sent"], run["published"]), (15, 5, 5), run)
        self.assertEqual(self.portal.held()["1.000100"]["content"]["time_limit"], "5 ngày")
        self.check_accounts()

    def test_a_changed_rule_does_the_affected_work_again(self):
        rule = """
rules:
  - id: SHORT
    field: name
    check: { length: { max: %d } }
    severity: error
    message: { vi: "Tên dài", en: "The name is long" }
"""
        self.place.configure(rules=["rules.yaml"])
        self.place.write("rules.yaml", rule % 20)
        self.place.records(procedure("1.000001", name="ngắn"), procedure("1.000002", name="một cái tên dài hơn hai mươi"))
        self.expect(self.place.run("run"), 1)
        self.check_each_once(["1.000001"])
        self.place.write("rules.yaml", rule % 200)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002"])
        self.place.write("rules.yaml", rule % 2)
        self.expect(self.place.run("run"), 1)
        run = self.place.last_run()
        self.assertEqual((run["rejected"], run["sent"], run["withdrawn"]), (2, 0, 0), run)

    def test_a_changed_code_list_does_the_affected_work_again(self):
        self.place.records(procedure("1.000001", status="công bố"), procedure("1.000002"))
        self.expect(self.place.run("run"), 1)
        self.place.write("codes.csv", "from,to\nannounced,announced\nCông  bố,announced\n")
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002"])

    def test_one_code_in_two_sources_is_held_without_precedence(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(procedure("1.000001"), procedure("1.000002"))
        self.place.records(procedure("1.000002", name="Tên khác"), procedure("1.000003"), source="two")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(sorted(self.portal.held()), ["1.000001", "1.000003"])
        run = self.place.last_run()
        self.assertEqual((run["accepted"], run["rejected"] + run["held"]), (2, 2), run)
        self.check_accounts()

    def test_precedence_that_is_given_later_frees_what_was_held(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(procedure("1.000001"), procedure("1.000002"))
        self.place.records(procedure("1.000002", name="Tên khác"), source="two")
        self.expect(self.place.run("run"), 1)
        self.place.configure(precedence=["two", "one"])
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Tên khác")
        run = self.place.last_run()
        self.assertEqual((run["changed"], run["accepted"], run["published"]), (2, 2, 1), run)
        rows = self.place.rows()
        self.expect(self.place.run("run"), 0)
        self.assertLess(self.place.rows() - rows, 6)
        self.place.configure(precedence=["one", "two"])
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], "Thủ tục 1.000002")
        self.check_accounts()
        # The winner alone changes: the other's warning names what differs now, and has its event.
        self.place.records(procedure("1.000001"), procedure("1.000002", notes="Mới"))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("show", "1.000002"), 0, "this record differs in: Name; Notes")
        self.expect(self.place.run("audit", "verify"), 0)
        self.check_accounts()

    def test_the_stages_alone_do_what_the_whole_does(self):
        records = procedures(12)
        self.place.records(*records, procedure("bad", status="?"))
        self.expect(self.place.run("extract"), 0)
        run = self.place.last_run()
        self.assertEqual((run["command"], run["seen"], run["sent"]), ("extract", 13, 0))
        self.assertEqual(self.portal.requests(), 0)
        self.expect(self.place.run("transform"), 1)
        run = self.place.last_run()
        self.assertEqual((run["command"], run["accepted"], run["rejected"]), ("transform", 12, 1))
        self.assertEqual(self.portal.requests(), 0)
        (self.place.inbox / "one.ndjson").unlink()
        self.expect(self.place.run("load"), 1)
        run = self.place.last_run()
        self.assertEqual((run["command"], run["sent"], run["published"]), ("load", 12, 12))
        self.check_each_once(codes_of(records))
        self.check_accounts()

    def test_code_and_source_choose_what_is_worked_on(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(*procedures(5))
        self.place.records(*procedures(5, first=11), source="two")
        self.expect(self.place.run("run", "--source", "two"), 0)
        self.assertEqual(len(self.portal.held()), 5)
        self.assertEqual(self.place.last_run()["seen"], 5)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        self.expect(self.place.run("load", "--code", "1.000002", "--code", "1.000004"), 0)
        self.assertEqual(sorted(self.portal.held())[:2], ["1.000002", "1.000004"])
        self.assertEqual(len(self.portal.held()), 7)
        self.expect(self.place.run("load", "--source", "nowhere"), 2, "nowhere")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts(), {code: 1 for code in self.portal.held()})
        self.assertEqual(len(self.portal.held()), 10)

    def test_a_lost_store_finds_its_way_back_without_publishing_twice(self):
        records = procedures(10)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        for path in self.place.store.parent.iterdir():
            path.unlink()
        self.expect(self.place.run("run"), 0)
        self.check_each_once(codes_of(records))

    def test_requests_go_out_at_once_on_kept_connections_with_key_digest_and_precondition(self):
        self.portal.faults("kind=slow:20,on=put")
        self.place.change_portal(in_flight=6)
        self.place.records(*procedures(60))
        self.expect(self.place.run("run"), 0)
        stats = self.portal.stats()
        self.assertLessEqual(stats["in_flight_most"], 6)
        self.assertGreaterEqual(stats["in_flight_most"], 4)
        self.assertEqual(stats["unconditional"], 0)
        keys = [effect["key"] for effect in self.portal.effects()]
        self.assertEqual(len(set(keys)), 60)
        self.assertEqual(sorted(keys), sorted(key for key, in self.place.sql(
            "SELECT idempotency_key FROM audit_deliveries")))


class Killed(unittest.TestCase):
    """SIGKILL and SIGTERM in the middle, and two runs at once."""

    check_each_once = Night.check_each_once
    check_accounts = Night.check_accounts
    expect = Night.expect

    def setUp(self):
        self.portal = Simulator("--delay", "4")
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)
        self.all = procedures(240)
        self.place.records(*self.all)

    def effects(self):
        return self.portal.stats()["effects"]

    def test_killed_in_the_middle_of_load_each_procedure_is_published_once(self):
        running = self.place.start("run")
        wait_until(lambda: self.effects() >= 60, "60 publications")
        running.signal(signal.SIGKILL)
        self.assertEqual(running.wait().code, -9)
        done_before = self.effects()
        self.assertLess(done_before, 240)
        self.assertIsNone(self.place.last_run()["finished_at"])
        self.expect(self.place.run("run"), 0)
        self.check_each_once(codes_of(self.all))
        self.check_accounts()
        self.assertEqual(self.portal.stats()["unconditional"], 0)
        first = self.place.sql("SELECT sent, published, unknown FROM audit_runs WHERE run = 1")[0]
        self.assertEqual(first[0], first[1] + first[2], "what was under way is unknown in the run that died")

    @slow
    def test_killed_many_times_at_any_instant_each_procedure_is_published_once(self):
        self.portal.stop()
        self.portal = Simulator("--delay", "25")
        self.addCleanup(lambda: self.portal.stop())
        self.place.change_portal(url=self.portal.url)
        chance = random.Random(2)
        kills = 0
        for attempt in range(40):
            running = self.place.start("run")
            late = time.monotonic() + chance.random() * (2 if SANITIZED else 0.25)
            while running.alive() and time.monotonic() < late:
                time.sleep(0.002)
            if not running.alive():
                break
            running.signal(signal.SIGKILL)
            running.wait()
            kills += 1
        self.assertGreater(kills, 4)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(codes_of(self.all))
        self.check_accounts()
        self.assertEqual(self.place.sql("PRAGMA integrity_check"), [("ok",)])

    def stop_in_order(self, number):
        running = self.place.start("run")
        wait_until(lambda: self.effects() >= 40, "40 publications")
        running.signal(number)
        self.expect(running.wait(), 3)
        run = self.place.last_run()
        self.assertEqual(run["exit_code"], 3)
        self.assertIsNotNone(run["finished_at"])
        self.assertEqual(run["published"], self.effects(), "what is under way is waited for")
        self.assertEqual(run["sent"], run["published"])
        self.assertLess(run["published"], 240)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(codes_of(self.all))
        self.check_accounts()

    def test_sigterm_ends_the_run_in_order_and_the_next_goes_on(self):
        self.stop_in_order(signal.SIGTERM)

    def test_sigint_ends_the_run_in_order_and_the_next_goes_on(self):
        self.stop_in_order(signal.SIGINT)

    @slow
    def test_sigterm_in_extract_and_transform_ends_the_run_in_order(self):
        many = procedures(25000)
        self.place.records(*many)
        for wait in (0.03, 0.15, 0.3):
            running = self.place.start("extract")
            time.sleep(wait)
            running.signal(signal.SIGTERM)
            done = running.wait()
            self.assertIn(done.code, (3, 0, -signal.SIGTERM), done)  # the last: it had not begun
        self.expect(self.place.run("extract"), 0)
        self.assertEqual(self.place.last_run()["seen"], 25000)
        self.assertEqual(self.place.last_run()["missing"], 0)
        codes = []
        for wait in (0.05, 0.15, 0.25):
            running = self.place.start("transform")
            time.sleep(wait)
            running.signal(signal.SIGTERM)
            codes.append(running.wait().code)
        self.assertTrue(set(codes) <= {3, 0, -signal.SIGTERM}, codes)
        self.expect(self.place.run("transform"), 0)
        self.assertEqual(self.place.one("SELECT count(DISTINCT source_key) FROM audit_records WHERE outcome = 'accepted'"),
                         25000)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_records"), 25000)

    def test_two_runs_at_once_are_refused_and_readers_are_not(self):
        running = self.place.start("run")
        wait_until(lambda: self.effects() >= 10, "10 publications")
        running.signal(signal.SIGSTOP)  # the run stands still, and holds the store
        second = self.expect(self.place.run("run"), 4)
        self.assertRegex(second.stderr, r"congkhai: .*(another|already)")
        self.expect(self.place.run("load"), 4)
        self.expect(self.place.run("status"), 1 if self.place.run("status").code else 0)
        self.assertTrue(running.alive(), "readers did not wait for the run")
        running.signal(signal.SIGCONT)
        self.expect(running.wait(), 0)
        self.check_each_once(codes_of(self.all))

    def test_the_lock_dies_with_its_process(self):
        running = self.place.start("run")
        wait_until(lambda: self.effects() >= 10, "10 publications")
        running.signal(signal.SIGKILL)
        running.wait()
        self.expect(self.place.run("run"), 0)

    def test_the_simulator_dies_too_and_nothing_is_published_twice(self):
        state = self.place.folder / "portal"
        self.portal.stop()
        self.portal = Simulator("--delay", "4", "--state", state)
        self.addCleanup(lambda: self.portal.stop())
        self.place.change_portal(url=self.portal.url, retry={"attempts": 2, "first": "10ms", "most": "50ms"})
        running = self.place.start("run")
        wait_until(lambda: self.effects() >= 60, "60 publications")
        port = self.portal.port
        self.portal.stop(signal.SIGKILL)
        done = running.wait()
        self.assertIn(done.code, (1, 3), done)
        self.portal = Simulator("--state", state, port=port)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(codes_of(self.all))
        self.check_accounts()
