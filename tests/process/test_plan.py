"""plan and load --plan: what would be sent, and that nothing else is."""

import hashlib
import json
import time

from harness import Night, Place, SANITIZED, most_megabytes, procedure, procedures, slow


class Plans(Night):
    def setUp(self):
        super().setUp()
        self.records = procedures(6)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.portal.ask("POST", "/_control/faults", [])

    def change(self):
        self.records[0]["name"] = "Tên mới"
        self.records[1]["steps"] = "Nộp hồ sơ 1.000002"
        self.records[2]["status"] = "abolished"
        self.place.records(*self.records, procedure("1.000007"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)

    def plan(self, *options):
        return self.expect(self.place.run("plan", "--json", *options), 0).json

    def test_it_says_field_by_field_what_would_be_sent_and_sends_nothing(self):
        self.change()
        requests, rows = self.portal.requests(), self.place.rows()
        steps = {step["code"]: step for step in self.plan()["steps"]}
        self.assertEqual([(step["code"], step["action"]) for step in steps.values()],
                         [("1.000001", "publish"), ("1.000002", "publish"), ("1.000003", "withdraw"),
                          ("1.000007", "publish")])
        self.assertEqual(steps["1.000001"]["changes"],
                         [{"field": "name", "old": "Thủ tục 1.000001", "new": "Tên mới"}])
        self.assertEqual(steps["1.000002"]["changes"], [{"field": "steps[1].text", "old": "Nhận kết quả"}])
        self.assertIn({"field": "status", "old": "announced", "new": "abolished"}, steps["1.000003"]["changes"])
        self.assertTrue(steps["1.000007"]["first"])
        self.assertNotIn("base", steps["1.000007"])
        self.assertEqual(steps["1.000001"]["base"], '"1"')
        self.assertEqual(self.portal.requests(), requests, "the portal is not asked anything")
        self.assertEqual(self.place.rows(), rows, "and the store is as it was")
        words = self.expect(self.place.run("plan"), 0).stdout
        self.assertIn('    name: "Thủ tục 1.000001" → "Tên mới"\n', words)
        self.assertRegex(words, r"3 to publish \(1 of them new\), 1 to withdraw")

    def test_a_dry_run_is_a_plan(self):
        self.change()
        requests, rows = self.portal.requests(), self.place.rows()
        for command in ("run", "load"):
            self.assertEqual(self.expect(self.place.run("--json", command, "--dry-run"), 0).json, self.plan())
        self.assertEqual((self.portal.requests(), self.place.rows()), (requests, rows))

    def test_a_dry_run_writes_nothing_beside_the_store(self):
        self.change()
        before = sorted(path.name for path in self.place.store.parent.iterdir() if not path.name.endswith(("-wal", "-shm")))
        for path in self.place.store.parent.glob("*-[ws]*"):
            path.unlink()
        for command in ("run", "load"):
            self.expect(self.place.run(command, "--dry-run"), 0)
            self.assertEqual(sorted(path.name for path in self.place.store.parent.iterdir()), before)

    def test_it_says_what_has_changed_since_the_last_transform(self):
        self.change()
        self.assertEqual((self.plan()["changed_since"], self.plan()["conflicts"]), ([], []))
        self.place.configure(retention={"source_bytes": "30d"})
        self.assertEqual(self.plan()["changed_since"], ["configuration"])
        self.assertIn("have changed", self.expect(self.place.run("plan"), 0).stderr)

    def test_it_says_when_a_file_was_written_to_since_the_last_transform(self):
        self.change()
        self.place.records(*procedures(3, name="Later"))
        for command in ("plan", "extract", "plan"):  # what extract brought is in no plan before transform
            done = self.place.run("--json", command)
            if command == "plan":
                self.assertEqual(done.json["changed_since"], ["files"])
                self.assertIn("was written to", done.stderr)
        self.place.run("transform")
        self.assertEqual(self.plan()["changed_since"], [])

    def test_the_digest_is_that_of_the_list_of_action_base_code_and_digest_in_the_order_of_codes(self):
        self.change()
        plan = self.plan()
        lines = [{name: step[name] for name in ("action", "base", "code", "digest") if name in step}
                 for step in plan["steps"]]
        text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        self.assertEqual(plan["digest"], hashlib.sha256(text.encode()).hexdigest())
        self.assertEqual(self.expect(self.place.run("plan"), 0).stdout.split()[-1], plan["digest"])
        self.assertEqual([step["code"] for step in plan["steps"]], sorted(step["code"] for step in plan["steps"]))

    def test_without_anything_to_send_there_is_a_plan_all_the_same(self):
        plan = self.plan()
        self.assertEqual((plan["steps"], plan["digest"]), ([], hashlib.sha256(b"[]").hexdigest()))
        self.expect(self.place.run("load", "--plan", plan["digest"]), 0)

    def test_a_source_or_a_code_makes_it_smaller(self):
        self.change()
        self.assertEqual([step["code"] for step in self.plan("--code", "1.000001", "--code", "1.000007")["steps"]],
                         ["1.000001", "1.000007"])
        self.assertEqual(len(self.plan("--source", "one")["steps"]), 4)
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.assertEqual(self.plan("--source", "two")["steps"], [])
        digest = self.plan("--code", "1.000001")["digest"]
        self.expect(self.place.run("load", "--plan", digest), 3)
        self.expect(self.place.run("load", "--code", "1.000001", "--plan", digest), 0)
        self.assertEqual(len(self.plan()["steps"]), 3)

    def test_load_sends_the_plan_it_is_given(self):
        self.change()
        digest = self.plan()["digest"]
        self.expect(self.place.run("load", "--plan", digest.upper()), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 9, "withdraw": 1})
        sent = self.place.sql("SELECT actor, detail FROM audit_events WHERE event = 'plan-sent'")
        self.assertEqual(json.loads(sent[0][1]), {"plan": digest, "steps": 4})
        self.assertTrue(sent[0][0], "who gave the command")

    def test_load_sends_nothing_when_the_plan_is_another_now_and_says_what_changed(self):
        self.change()
        digest = self.plan()["digest"]
        self.records[0]["name"] = "Lại tên khác"
        self.records[2]["status"] = "announced"
        self.records[3]["name"] = "Cũng đổi"
        self.place.records(*self.records)
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        requests = self.portal.requests()
        done = self.expect(self.place.run("load", "--plan", digest), 3, "the plan is another now",
                           "1.000001 has another content", "1.000003 is not to be sent any more",
                           "1.000004 is to be sent too", "nothing was sent")
        self.assertIn(self.plan()["digest"], done.stderr)
        self.assertEqual(self.portal.requests(), requests)
        self.expect(self.place.run("load", "--plan", "0" * 64), 3, "the plan is another now: 4 to publish, 0 to withdraw")
        self.expect(self.place.run("load", "--plan", "abc"), 2, "64 hexadecimal digits")

    def test_a_plan_that_stopped_half_way_goes_on_and_no_other(self):
        self.change()
        digest = self.plan()["digest"]
        self.portal.faults("kind=status:401,on=put|withdrawal,skip=2,count=1")
        self.place.change_portal(in_flight=1)
        self.expect(self.place.run("load", "--plan", digest), 3, "credentials")
        left = self.plan()
        self.assertIn(len(left["steps"]), (1, 2, 3))
        self.expect(self.place.run("load", "--plan", "1" * 64), 3)
        self.expect(self.place.run("load", "--plan", digest), 0)
        self.assertEqual(self.plan()["steps"], [])
        self.assertEqual(self.portal.stats()["effects_by_action"], {"publish": 9, "withdraw": 1})
        self.expect(self.place.run("load", "--plan", digest), 0, "0 sent")
        self.check_accounts()

    def test_a_plan_that_stopped_half_way_does_not_go_on_with_something_else_in_it(self):
        self.change()
        digest = self.plan()["digest"]
        self.portal.faults("kind=status:401,on=put|withdrawal,skip=1,count=1")
        self.place.change_portal(in_flight=1)
        self.expect(self.place.run("load", "--plan", digest), 3)
        self.records[5]["name"] = "Ngoài kế hoạch"
        self.place.records(*self.records, procedure("1.000007"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        effects = len(self.portal.effects())
        self.expect(self.place.run("load", "--plan", digest), 3, "1.000006 is to be sent too")
        self.assertEqual(len(self.portal.effects()), effects)

    def test_what_an_earlier_run_left_open_is_in_the_plan(self):
        self.records[0]["name"] = "Tên mới"
        self.place.records(*self.records)
        self.portal.faults("kind=reset,on=put|get,when=after")
        self.place.change_portal(timeout="300ms", retry={"attempts": 1, "first": "1ms", "most": "1ms"})
        self.assertIn(self.place.run("run").code, (1, 3))
        step, = self.plan()["steps"]
        self.assertTrue(step["asks_first"])
        self.assertEqual((step["code"], step["action"], step["base"]), ("1.000001", "publish", '"1"'))
        self.portal.faults()
        self.expect(self.place.run("load", "--plan", self.plan()["digest"]), 0)
        self.assertEqual(self.portal.effect_counts()["1.000001"], 2)

    def test_it_reads_while_a_run_is_at_work(self):
        self.change()
        self.portal.faults("kind=slow:700,on=put")
        running = self.place.start("load")
        time.sleep(0.25)
        self.assertLessEqual(len(self.plan()["steps"]), 4)
        self.expect(running.wait(), 0)

    def test_there_is_no_plan_without_a_store(self):
        with Place(self.portal) as place:
            self.expect(place.run("plan"), 2, "nothing has been run")


class Size(Night):
    @slow
    def test_memory_does_not_grow_with_the_plan(self):
        peaks = []
        for count in (2000, 20000):
            with Place(self.portal) as place:
                place.records(*procedures(count))
                self.expect(place.run("extract"), 0)
                self.expect(place.run("transform"), 0)
                running = place.start("plan", "--json")
                peaks.append(most_megabytes(running))
                self.assertEqual(len(self.expect(running.wait(), 0).json["steps"]), count)
        if not SANITIZED:
            self.assertLess(peaks[1] - peaks[0], 8, peaks)
