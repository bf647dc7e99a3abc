"""Brakes: what stops a run before its first request, and how a person lets it go on."""

import json

from harness import Night, Place, procedure, procedures


class Brakes(Night):
    def setUp(self):
        super().setUp()
        self.place.configure(brakes={"changes": "30%", "withdrawals": "20%", "empty_source": "stop",
                                     "shrunken_source": "50%"})
        self.records = procedures(10)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)

    def change(self, count, **changes):
        for record in self.records[:count]:
            record.update({"name": record["name"] + " mới"} if not changes else changes)
        self.place.records(*self.records)

    def stopped(self, *words, command=("run",)):
        requests = self.portal.requests()
        done = self.expect(self.place.run(*command), 3, "a brake holds", *words)
        self.assertEqual(self.portal.requests(), requests, "not one request was made")
        run = self.place.last_run()
        self.assertEqual((run["exit_code"], run["sent"]), (3, 0))
        return done

    def releases(self):
        return [(actor, json.loads(detail)) for actor, detail in
                self.place.sql("SELECT actor, detail FROM audit_events WHERE event = 'brake-released' ORDER BY seq")]

    def test_a_first_night_has_no_brake(self):
        self.assertEqual(len(self.portal.held()), 10)

    def test_changes_up_to_the_share_go_through_and_more_stop(self):
        self.change(3)
        self.expect(self.place.run("run"), 0)
        self.change(4)
        self.stopped("changes: 4 of 10 published procedures would be replaced \\(allowed: 30%\\)",
                     "congkhai run --release-brake changes --reason")
        self.assertEqual(self.place.one("SELECT count(*) FROM procedure_state WHERE wanted_action IS NOT NULL"), 4,
                         "everything stays pending")
        self.stopped("changes", command=("load",))

    def test_a_brake_holds_night_after_night_until_a_person_releases_it(self):
        self.change(10)
        for _ in range(2):
            self.stopped("changes: 10 of 10")
        self.expect(self.place.run("run", "--release-brake", "changes", "--reason", "Nghị định mới"), 0)
        actor, detail = self.releases()[0]
        self.assertTrue(actor)
        self.assertEqual(detail, {"brake": "changes", "held": [{"brake": "changes", "count": 10, "of": 10}],
                                  "reason": "Nghị định mới"})
        self.change(10)
        self.stopped("changes")

    def test_new_procedures_are_no_changes(self):
        self.place.records(*self.records, *procedures(30, first=11))
        self.expect(self.place.run("run"), 0)

    def recode(self, count, key):
        self.place.change_source(key=key)
        for number, record in enumerate(self.records):
            record["id"] = str(number)
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        for record in self.records[:count]:
            record["code"] += ".H13"
        self.place.records(*self.records)

    def test_codes_that_change_are_changes_whether_or_not_the_key_tells(self):
        for key in ("/id", "/code"):
            with self.subTest(key):
                self.setUp()
                self.recode(4, key)
                self.stopped("changes: 4 of 10 published procedures would be replaced \\(allowed: 30%\\), 4 of them by new codes")
                self.stopped("changes: 4 of 10", command=("load",))
                self.expect(self.place.run("run", "--release-brake", "changes", "--reason", "mã có thêm đuôi tỉnh"), 0)
                self.assertEqual(len(self.portal.held()), 14)
                self.place.records(*self.records, *[procedure(f"1.{n:06d}", id=str(n)) for n in range(11, 31)])
                self.expect(self.place.run("run"), 0)

    def test_codes_that_change_up_to_the_share_go_through(self):
        self.recode(3, "/code")
        self.expect(self.place.run("run"), 0)

    def test_changed_codes_and_changed_contents_are_one_number(self):
        self.recode(2, "/id")
        for record in self.records[2:4]:
            record["name"] += " mới"
        self.place.records(*self.records)
        self.stopped("changes: 4 of 10 published procedures would be replaced", "2 of them by new codes")

    def test_new_codes_that_were_kept_back_first_replace_what_went_when_they_came(self):
        self.place.change_source(map={**self.place.configuration["sources"][0]["map"], "status": {"from": "/status"}})
        self.expect(self.place.run("run"), 0)
        for record in self.records:
            record.update(code=record["code"] + ".H13", status="unknown")
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 1)
        for record in self.records:
            record.update(status="announced")
        self.place.records(*self.records)
        self.stopped("changes: 10 of 10", "10 of them by new codes")

    def test_new_ones_long_after_others_went_are_only_new(self):
        self.place.configure(brakes={"changes": "10%"})
        self.place.records(*self.records[3:])
        self.expect(self.place.run("run"), 0)
        self.records[5]["name"] += " mới"
        self.place.records(*self.records[3:])
        self.expect(self.place.run("run"), 0)
        self.place.records(*self.records[3:], *procedures(5, first=11))
        self.expect(self.place.run("run"), 0)

    def test_a_code_that_goes_in_one_night_and_comes_anew_after_quiet_ones_is_one_change(self):
        self.place.records(*self.records[4:])
        for _ in range(2):
            self.expect(self.place.run("run"), 0)
        self.place.records(*self.records[4:], *procedures(4, first=11))
        self.stopped("changes: 4 of 10 published procedures would be replaced", "4 of them by new codes")

    def test_withdrawals_have_their_own_brake(self):
        self.change(3, status="abolished")
        self.stopped("withdrawals: 3 of 10 published procedures would be withdrawn")
        self.change(0)
        self.records[0]["status"] = "announced"
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.stats()["effects_by_action"]["withdraw"], 2)

    def test_a_limit_may_be_a_number(self):
        self.place.configure(brakes={"withdrawals": 1, "changes": 2})
        self.change(2)
        self.expect(self.place.run("run"), 0)
        self.change(3)
        self.stopped("changes: 3 of 10", "allowed: 2")
        self.place.configure(brakes={"changes": 0})
        self.stopped("changes: 3 of 10", "allowed: 0")

    def test_an_empty_source_stops_until_it_is_back(self):
        self.place.records()
        for _ in range(2):
            self.stopped("empty_source: the source one gives no record any more \\(10 before\\)")
        self.place.records(*self.records)
        self.expect(self.place.run("run"), 0)

    def test_an_empty_source_may_be_only_a_warning(self):
        self.place.configure(brakes={"empty_source": "warn"})
        self.place.records()
        for _ in range(2):
            self.expect(self.place.run("run"), 0, "the source one gives no record any more")

    def test_an_empty_source_that_is_released_is_what_is_usual(self):
        self.place.records()
        self.stopped("empty_source")
        self.expect(self.place.run("run", "--release-brake", "empty_source", "--reason", "Sở đã giải thể"), 0)
        self.expect(self.place.run("run"), 0)

    def test_a_shrunken_source_stops_and_a_slowly_shrinking_one_does_not(self):
        self.place.records(*self.records[:5])
        self.expect(self.place.run("run"), 0)
        self.place.records(*self.records[:2])
        for _ in range(2):
            self.stopped("shrunken_source: the source one gives 2 records, 3 less than before")
        self.expect(self.place.run("run", "--release-brake", "shrunken_source", "--reason", "chuyển đi"), 0)
        self.expect(self.place.run("run"), 0)

    def test_a_source_that_could_not_be_read_is_not_an_empty_one(self):
        (self.place.folder / "inbox" / "one.ndjson").unlink()
        done = self.place.run("run")
        self.assertEqual(done.code, 3)
        self.assertNotIn("brake", done.stderr)

    def test_who_names_codes_is_not_stopped_by_a_listing(self):
        self.place.records()
        self.expect(self.place.run("extract"), 0)
        self.stopped("empty_source", command=("load",))
        self.expect(self.place.run("load", "--code", "1.000001"), 0)
        self.expect(self.place.run("load", "--source", "one"), 3)

    def test_every_brake_that_holds_is_named_at_once(self):
        self.change(4)
        self.place.records(*self.records[:4])
        done = self.stopped("changes: 4 of 10", "shrunken_source")
        self.assertIn("--release-brake changes --release-brake shrunken_source", done.stderr)
        self.stopped("shrunken_source", command=("run", "--release-brake", "changes", "--reason", "x"))
        self.assertEqual(self.releases(), [], "what did not go on is not released")
        for reason in ("", "  "):
            self.expect(self.place.run("run", "--release-brake", "changes", "--release-brake", "shrunken_source", "--reason", reason), 2)
        self.assertEqual(self.releases(), [], "a reason that says nothing is none")
        self.expect(self.place.run("run", "--release-brake", "changes", "--release-brake", "shrunken_source", "--reason",
                                   "x"), 0)
        self.assertEqual([detail["brake"] for _, detail in self.releases()], ["changes", "shrunken_source"])

    def test_wrong_names_and_missing_reasons_are_said_before_anything_is_touched(self):
        rows = self.place.rows()
        for arguments, words in (
                (("--release-brake", "chnges", "--reason", "x"), 'no brake "chnges"; did you mean "changes"'),
                (("--release-brake", "qqqqqq", "--reason", "x"), 'no brake "qqqqqq"; there are changes, withdrawals'),
                (("--release-brake", "changes"), "needs --reason"),
                (("--release-brake", "changes", "--reason", ""), "needs --reason"),
                (("--reason", "x"), "name it with --release-brake")):
            self.expect(self.place.run("run", *arguments), 2, words)
        self.assertEqual(self.place.rows(), rows)

    def test_a_wrong_configuration_is_said_with_its_place(self):
        for brakes, words in (({"changes": "viele"}, "brakes.changes is a share such as 30%"),
                              ({"changes": "130%"}, "brakes.changes is a share"),
                              ({"withdrawal": "5%"}, '"withdrawals"'),
                              ({"empty_source": "stopp"}, '"stop"|stop')):
            self.place.configure(brakes=brakes)
            self.expect(self.place.run("check"), 2, "congkhai.yaml:\\d+:\\d+: ", words)

    def test_without_brakes_there_are_none(self):
        self.place.configure(brakes=None)
        self.change(10)
        self.expect(self.place.run("run"), 0)
        self.place.records()
        self.expect(self.place.run("run"), 0)
