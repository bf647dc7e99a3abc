"""What a portal's answer means to a delivery (INTERFACE 5), and what happens when the machine fails."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import unittest

from harness import Night, Place, Simulator, procedure, procedures, silent_port, slow


class Answers(Night):
    def publish(self, *faults, records=None, code=0, **portal):
        """One night against a portal with these faults."""
        self.portal.faults(*faults)
        if portal:
            self.place.change_portal(**portal)
        self.place.records(*(records or procedures(3)))
        done = self.expect(self.place.run("run"), code)
        self.check_accounts()
        return done

    def requests_of(self, code):
        return self.place.sql("SELECT attempt, http_status, outcome, error FROM audit_deliveries WHERE code = ?", code)

    def test_what_the_portal_refuses_is_the_records_own_fault_and_is_not_sent_again_until_it_changes(self):
        for status in (400, 413, 415, 422):
            with self.subTest(status=status), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=status:{status},on=put,code=1.000002")
                records = procedures(3)
                place.records(*records)
                self.expect(place.run("run"), 1)
                run = place.last_run()
                self.assertEqual((run["sent"], run["published"], run["refused"]), (3, 2, 1), run)
                row = place.sql("SELECT http_status, error FROM audit_deliveries WHERE outcome = 'refused'")
                self.assertEqual(row[0][0], status)
                self.assertTrue(row[0][1], "the portal's words are kept")
                self.portal.faults()
                puts = self.portal.requests("put")
                self.expect(place.run("run"), 1)
                self.assertEqual(self.portal.requests("put"), puts, "it is not sent again as it is")
                records[1]["name"] = "Tên đã sửa"
                place.records(*records)
                self.expect(place.run("run"), 0)
                self.check_each_once([record["code"] for record in records], place)
                self.check_accounts(place)

    def test_waits_and_tries_again_when_the_portal_is_busy(self):
        for status in (408, 425, 429, 503):
            with self.subTest(status=status), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=status:{status},on=put,count=2,per-code=1")
                place.records(*procedures(3))  # more of them would be an outage
                self.expect(place.run("run"), 0)
                self.check_each_once([f"1.{number:06d}" for number in range(1, 4)], place)
                self.assertEqual(self.portal.requests("put"), 9)
                self.check_accounts(place)

    def test_a_wait_of_more_than_an_hour_is_no_wait_of_this_run(self):
        for status in (202, 412):
            with self.subTest(status=status), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=status:{status},on=put,code=1.000002,retry-after=7200")
                place.records(*procedures(3))
                self.expect(place.run("run", seconds=30), 1)
                self.assertEqual(place.sql("SELECT outcome FROM audit_deliveries ORDER BY code"),
                                 [("published",), ("unknown",), ("published",)])
                self.portal.faults()
                self.expect(place.run("run"), 0)
                self.check_each_once([f"1.{number:06d}" for number in range(1, 4)], place)
        self.portal.faults("kind=status:503,on=list,retry-after=7200")
        self.expect(self.place.run("reconcile", seconds=30), 3, "status 503")

    def test_what_a_gateway_has_lost_sight_of_is_asked_about_also_where_the_record_goes_back(self):
        """503 and 408 behind the effect, until the run stops: citizens see the new text, and it is not to stand there any more."""
        records = procedures(2)
        for status in (503, 408):
            self.place.records(*records)
            self.expect(self.place.run("run"), 0)
            self.portal.faults(f"kind=status:{status},on=put,when=after")
            self.place.records(dict(records[0], name=f"Tên {status}"), records[1])
            self.expect(self.place.run("run"), 3)
            self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], f"Tên {status}")
            self.portal.faults()
            self.place.records(*records)
            self.expect(self.place.run("run"), 0)
            self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], records[0]["name"])
            self.check_accounts()

    def test_retry_after_is_obeyed(self):
        for header in ("1", "date:2"):
            with self.subTest(header=header), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=status:429,on=put,count=1,retry-after={header}")
                place.records(procedure("1.000001"))
                done = self.expect(place.run("run"), 0)
                self.assertGreaterEqual(done.seconds, 0.95)

    def test_an_unknown_outcome_is_asked_for_before_anything_is_sent_again(self):
        for fault in ("status:500", "status:502", "reset", "cut", "html", "no-http", "garbage", "empty", "no-digest",
                      "html-200", "wrong-digest"):
            for when in ("before", "after"):
                if when == "before" and fault in ("wrong-digest", "no-digest"):
                    continue  # a lie: "taken" of what was not
                with self.subTest(fault=fault, when=when), Place(self.portal) as place:
                    self.portal.reset()
                    self.portal.faults(f"kind={fault},on=put,count=1,per-code=1,when={when}")
                    place.records(*procedures(4))
                    self.expect(place.run("run"), 0)
                    self.check_each_once([f"1.{number:06d}" for number in range(1, 5)], place)
                    self.check_accounts(place)
                    if fault != "no-digest":
                        self.assertGreaterEqual(self.portal.requests("get"), 4, "it was asked")
                        self.assertEqual(self.portal.requests("put"), 4 if when == "after" else 8)
                        self.assertEqual(self.portal.stats()["replays"], 0, "nothing that stood there was sent again")

    def test_a_lie_about_the_digest_is_told_as_what_it_is(self):
        done = self.publish("kind=wrong-digest,when=before,on=put", records=procedures(40), code=3)
        self.assertRegex(done.stderr, "takes nothing any more \\(the last time: it answers without showing that it took what was sent")
        words = {error for _, _, _, error in self.requests_of("1.000001")}
        self.assertEqual(len(words), 1)
        self.assertRegex(words.pop(), "without showing that it took what was sent")

    def test_a_timeout_is_an_unknown_outcome(self):
        for when in ("before", "after"):
            with self.subTest(when=when), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=timeout,on=put,count=1,when={when}")
                place.change_portal(timeout="300ms")
                place.records(procedure("1.000001"))
                self.expect(place.run("run"), 0)
                self.check_each_once(["1.000001"], place)

    def test_attempts_used_up_with_nothing_there_is_failed_and_first_in_line_next_time(self):
        state = self.place.folder / "portal"
        with Simulator("--state", state) as portal:
            portal.faults("kind=status:500,on=put,code=1.000003")
            self.place.change_portal(url=portal.url, in_flight=1)
            self.place.records(*procedures(5))
            self.expect(self.place.run("run"), 1)
            run = self.place.last_run()
            self.assertEqual((run["sent"], run["published"], run["failed"]), (5, 4, 1), run)
            attempts, status, outcome, error = self.requests_of("1.000003")[0]
            self.assertEqual((status, outcome), (500, "failed"))
            self.assertGreaterEqual(attempts, 4)
            self.assertTrue(error)
            self.assertEqual(portal.requests("put"), 4 + 4)
            portal.faults()
            before = portal.requests()
            self.place.records(*procedures(9))
            self.expect(self.place.run("run"), 0)
            with contextlib.closing(sqlite3.connect(state / "portal.db")) as connection:
                first = connection.execute("SELECT method, path FROM requests WHERE id > ? ORDER BY id LIMIT 2",
                                           (before,)).fetchall()
            self.assertEqual(first, [("GET", "/v1/procedures/1.000003"), ("PUT", "/v1/procedures/1.000003")], "first in line")
            self.assertEqual(portal.effect_counts(), {f"1.{number:06d}": 1 for number in range(1, 10)})
        self.check_accounts()

    def test_what_failed_last_night_and_fails_again_does_not_stop_the_others(self):
        self.publish("kind=status:500,on=put", records=procedures(1), code=1, in_flight=1)
        for fault in ("status:500", "status:503", "reset"):
            self.portal.faults(f"kind={fault},on=put,code=1.000001")
            first = {"status:500": 2, "status:503": 10, "reset": 20}[fault]
            self.place.records(procedure("1.000001"), *procedures(8, first=first))
            self.expect(self.place.run("run"), 1)
            self.assertEqual(self.place.last_run()["published"], 8, fault)
        self.check_accounts()

    def test_a_portal_that_leaves_out_the_type_of_its_404_is_known_by_its_listing(self):
        self.publish("kind=reset,on=put,count=2", "kind=status:404,on=get", in_flight=1)
        self.check_each_once(["1.000001", "1.000002", "1.000003"])
        self.assertEqual(self.portal.requests("list"), 4, "it is asked for each, before and after it is sent again")

    def test_a_404_to_a_question_about_what_the_listing_has_stops_the_run(self):
        """Of a portal whose addresses of procedures have gone: nothing is said not to be there, nothing is in conflict."""
        self.publish()
        for changes in ({"name": "Tên mới"}, {"status": "abolished"}):
            with self.subTest(**changes):
                self.portal.faults("kind=status:500,on=put|withdrawal", "kind=status:404,on=get")
                self.place.records(*procedures(3, **changes))
                done = self.expect(self.place.run("run"), 3)
                self.assertRegex(done.stderr, "does not serve what it is asked for.*its listing has this procedure")
                run = self.place.last_run()
                self.assertEqual((run["conflict"], run["failed"]), (0, 0), run)
                self.portal.faults()
                self.expect(self.place.run("run"), 0)
        self.check_accounts()

    def test_a_404_to_a_question_is_a_wrong_address_where_there_is_no_listing_either(self):
        done = self.publish("kind=reset,on=put,count=1", "kind=status:404,on=get|list", code=3)
        self.assertRegex(done.stderr, "does not serve what it is asked for.*check portal.url")
        self.assertEqual(self.place.last_run()["failed"], 0)
        self.portal.faults()
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002", "1.000003"])

    def test_attempts_used_up_and_nobody_to_ask_is_unknown(self):
        self.publish("kind=reset,on=put|get,code=1.000003,when=after", records=procedures(5), code=1)
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["published"], run["unknown"]), (5, 4, 1), run)
        self.portal.faults()
        self.expect(self.place.run("run"), 0)
        self.check_each_once([f"1.{number:06d}" for number in range(1, 6)])
        self.check_accounts()

    def test_another_hand_at_the_portal_is_a_conflict_for_an_operator(self):
        self.publish("kind=conflict,on=put,count=1,code=1.000002", code=1)
        run = self.place.last_run()
        self.assertEqual((run["published"], run["conflict"]), (2, 1), run)
        self.assertEqual(self.requests_of("1.000002")[0][:3], (2, 412, "conflict"))
        self.portal.faults()
        puts = self.portal.requests("put")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.requests("put"), puts, "an operator decides")
        self.check_accounts()

    def test_refused_credentials_stop_the_run_and_everything_stays_pending(self):
        for status in (401, 403, 404, 405):
            with self.subTest(status=status), Place(self.portal) as place:
                self.portal.reset()
                self.portal.faults(f"kind=status:{status},on=put|get|batch|list")
                place.records(*procedures(20))
                done = self.expect(place.run("run"), 3, str(status))
                run = place.last_run()
                self.assertEqual((run["exit_code"], run["published"], run["refused"], run["failed"]), (3, 0, 0, 0), run)
                self.assertLessEqual(self.portal.requests("put"), 8, "it does not go on against a shut door")
                self.check_accounts(place)
                self.portal.faults()
                self.expect(place.run("run"), 0)
                self.check_each_once([f"1.{number:06d}" for number in range(1, 21)], place)
                self.check_accounts(place)
                del done

    def test_a_token_that_cannot_be_renewed_stops_the_run_in_order(self):
        with Simulator("--oauth", "--client", "id:s", "--delay", "5") as portal, Place(portal) as place:
            place.environment["CONGKHAI_TEST_SECRET"] = "s"
            url = portal.url.replace("/v1", "/token")
            place.change_portal(auth={"oauth2": {"token_url": url, "client_id": "id",
                                                 "client_secret": "${env:CONGKHAI_TEST_SECRET}"}})
            place.records(*procedures(200))
            portal.faults("kind=status:401,on=put,skip=60,count=3", "kind=status:400,on=token,skip=1")
            done = self.expect(place.run("run"), 3, f"{url} gives no token .*everything stays pending")
            self.assertNotIn("(null)", done.stderr)
            self.check_accounts(place)
            self.assertEqual(place.last_run()["published"], len(portal.effects()), "each answer is written down")
            self.assertEqual(place.sql("SELECT code FROM procedure_state WHERE state <> 'idle'"), [])
            portal.faults()
            self.expect(place.run("run"), 0)
            self.assertEqual(set(portal.effect_counts().values()), {1})
            self.check_accounts(place)

    def test_where_no_token_can_be_got_nothing_has_left_and_nothing_is_unknown(self):
        with Simulator("--oauth", "--client", "id:s") as portal, Place(portal) as place:
            place.environment["CONGKHAI_TEST_SECRET"] = "s"
            place.change_portal(auth={"oauth2": {"token_url": portal.url.replace("/v1", "/token"), "client_id": "id",
                                                 "client_secret": "${env:CONGKHAI_TEST_SECRET}"}})
            place.records(*procedures(6))
            portal.faults("kind=status:500,on=token")
            done = self.expect(place.run("run"), 3, "no token could be got from .*/token: HTTP 500")
            self.assertNotIn("client_secret", done.stderr)
            self.assertEqual(portal.requests("token"), 3, "those that stand in line do not ask anew")
            run = place.last_run()
            self.assertEqual((run["sent"], run["unknown"]), (0, 0), run)
            self.check_accounts(place)

    def test_a_portal_that_is_not_there_stops_the_run_and_everything_stays_pending(self):
        self.place.records(*procedures(10), procedure("x", status="?"))
        with silent_port() as port:
            self.place.change_portal(url=f"http://127.0.0.1:{port}/v1")
            done = self.expect(self.place.run("run"), 3, f"127.0.0.1:{port}|127.0.0.1 port {port}")
        run = self.place.last_run()
        self.assertEqual((run["accepted"], run["rejected"], run["published"], run["failed"]), (10, 1, 0, 0), run)
        self.assertRegex(done.stdout, "10 pending")
        self.check_accounts()
        self.place.change_portal(url=self.portal.url)
        self.expect(self.place.run("run"), 1)
        self.check_each_once([f"1.{number:06d}" for number in range(1, 11)])
        self.check_accounts()

    def test_an_unknown_host_and_a_wrong_port_say_so(self):
        self.place.records(procedure("1.000001"))
        self.place.change_portal(url="http://portal.invalid/v1", retry={"attempts": 2, "first": "10ms", "most": "20ms"})
        self.expect(self.place.run("run"), 3, "portal\\.invalid")

    def test_one_procedure_in_trouble_does_not_keep_the_others_back(self):
        records = procedures(40)
        self.publish("kind=status:500,on=put,code=1.000001", "kind=status:422,on=put,code=1.000002",
                     "kind=conflict,on=put,code=1.000003,count=1", records=records, code=1)
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["published"], run["refused"], run["conflict"], run["failed"]),
                         (40, 37, 1, 1, 1), run)

    @slow
    def test_a_portal_that_fails_a_tenth_of_the_time_in_every_way_gets_each_procedure_once(self):
        kinds = ["status:500", "status:503", "reset", "cut", "html", "garbage", "empty", "html-200", "no-digest"]
        faults = [f"kind={kind},on=put|get,probability=0.02,when={when}" for kind in kinds for when in ("before", "after")
                  if (kind, when) != ("no-digest", "before")]
        self.place.change_portal(in_flight=16, retry={"attempts": 12, "first": "5ms", "most": "20ms"})
        records = procedures(400)
        self.publish(*faults, records=records)
        self.check_each_once([record["code"] for record in records])

    def test_bearer_and_basic_are_sent_and_never_stored(self):
        for option, auth in ((("--token", "geheim-42"), {"bearer": "${env:CONGKHAI_TEST_SECRET}"}),
                             (("--basic", "so:geheim-42"), {"basic": {"user": "so", "password": "${file:secret}"}})):
            with self.subTest(option=option), Simulator(*option) as portal, Place(portal) as place:
                place.environment["CONGKHAI_TEST_SECRET"] = "geheim-42"
                place.write("secret", "geheim-42\n")
                place.records(*procedures(3))
                place.change_portal(auth=auth)
                done = self.expect(place.run("run"), 0)
                self.assertEqual(len(portal.held()), 3)
                self.assertNotIn("geheim-42", done.stdout + done.stderr)
                for path in place.store.parent.iterdir():
                    self.assertNotIn(b"geheim-42", path.read_bytes(), path)
                place.change_portal(auth={"bearer": "falsch"})
                place.records(procedure("1.000009"))
                done = self.expect(place.run("run"), 3, "401")
                self.assertNotIn("falsch", done.stdout + done.stderr)


class Disk(unittest.TestCase):
    """A disk that is full: nothing is lost, nothing is sent that is not written down."""

    check_each_once = Night.check_each_once
    check_accounts = Night.check_accounts
    expect = Night.expect

    def setUp(self):
        self.portal = Simulator()
        self.addCleanup(self.portal.stop)
        self.place = Place(self.portal)
        self.addCleanup(self.place.close)

    def records(self, count):
        return procedures(count, notes="Một ghi chú dài. " * 40)

    @contextlib.contextmanager
    def small_disk(self, size):
        folder = self.place.store.parent
        folder.mkdir(exist_ok=True)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "congkhai-test", folder],
                                 capture_output=True)
        if mounted.returncode:
            self.skipTest("a small disk needs the right to mount")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", folder], check=True)

    def test_a_full_disk_stops_the_run_and_the_next_goes_on(self):
        records = self.records(3000)
        with self.small_disk("1500k") as folder:
            self.place.records(*records)
            done = self.place.run("run")
            self.assertIn(done.code, (3, 5), done)
            self.assertRegex(done.stderr, "(?i)full|disk|space")
            self.assertLessEqual(set(self.portal.effect_counts().values()), {1})
            again = self.place.run("run")
            self.assertEqual(again.code, done.code, again)
            subprocess.run(["mount", "-o", "remount,size=200m", folder], check=True)
            self.expect(self.place.run("run"), 0)
            self.check_each_once([record["code"] for record in records])
            self.check_accounts()
            self.assertEqual(self.place.sql("PRAGMA integrity_check"), [("ok",)])

    def test_a_disk_that_fills_up_during_load_loses_no_acknowledgement(self):
        records = self.records(400)
        with self.small_disk("200m") as folder:
            self.place.records(*records)
            self.expect(self.place.run("extract"), 0)
            self.expect(self.place.run("transform"), 0)
            used = sum(path.stat().st_size for path in folder.iterdir())
            subprocess.run(["mount", "-o", f"remount,size={(used // 1024) + 120}k", folder], check=True)
            done = self.place.run("load")
            self.assertIn(done.code, (3, 5), done)
            subprocess.run(["mount", "-o", "remount,size=200m", folder], check=True)
            self.expect(self.place.run("run"), 0)
            self.check_each_once([record["code"] for record in records])
            self.check_accounts()

    def test_a_ceiling_on_file_size_is_no_loss_either(self):
        records = self.records(2000)
        self.place.records(*records)
        limit = 2 << 20

        def lower():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        # SIGXFSZ would end it; the write shall fail instead. Python hands it on as it was, or ignored.
        for restored in (True, False):
            done = self.place.run("run", preexec_fn=lower, restore_signals=restored)
            self.assertIn(done.code, (3, 5), done)
            self.assertTrue(done.stderr.strip(), "it says why")
        self.expect(self.place.run("run"), 0)
        self.check_each_once([record["code"] for record in records])
        self.check_accounts()

    def test_a_folder_that_cannot_be_written_is_said(self):
        if os.geteuid() == 0:
            self.place.configure(store="/proc/congkhai/state.db")
        else:
            self.place.write("closed/file", "")
            (self.place.folder / "closed").chmod(0o555)
            self.place.configure(store="closed/state.db")
        self.place.records(procedure("1.000001"))
        done = self.place.run("run")
        self.assertIn(done.code, (2, 3, 5), done)
        self.assertRegex(done.stderr, "state\\.db|/proc/congkhai|closed")
        self.assertEqual(self.portal.requests(), 0)
