"""The driver mapi against an adapter that shares no code with the simulator: nothing twice, nobody blamed, nothing claimed that
was not seen, no secret kept."""

import pathlib
import signal
import socket
import time
import unittest

from harness import Place, procedures
from second_adapter import ENDS, Adapter

PASSWORD = "mật-khẩu-rất-dài-123"
QUICKLY = {"attempts": 4, "first": "2ms", "most": "20ms"}


class Trials(unittest.TestCase):
    def place_of(self, adapter, count=20, **changes):
        place = Place()
        self.addCleanup(place.close)
        place.environment["ADAPTER_PASSWORD"] = PASSWORD
        place.configure(portal={"driver": "mapi", "url": adapter.url, "in_flight": 4, "timeout": "5s", "appears_within": "3s",
                                "login": {"username": "tinh", "password": "${env:ADAPTER_PASSWORD}"}, "push": {"service": "Ghi"},
                                "retry": {"attempts": 4, "first": "20ms", "most": "200ms"}, **changes})
        place.records(*procedures(count))
        return place

    def check_once(self, place, adapter, count, run=None):
        run = run or place.last_run()
        self.assertEqual((run["refused"], run["conflict"]), (0, 0), run)
        self.assertEqual(sorted(adapter.pushes), sorted(set(adapter.pushes)), "nothing is pushed twice")
        self.assertEqual(place.one("SELECT count(*) FROM audit_current"), count)
        self.assertEqual(len(adapter.pushes), count)

    def test_looks_that_lag_blame_nobody_and_push_nothing_twice(self):
        with Adapter(lag=0.4) as adapter:
            place = self.place_of(adapter, 24, errors={"duplicate": ["9"]})
            done = place.run("run")
            self.assertEqual(done.code, 0, done)
            self.check_once(place, adapter, 24)
            place.records(*procedures(24, steps="Nộp hồ sơ khác"))
            done = place.run("run")
            self.assertEqual(done.code, 0, done)
            self.assertEqual(len(adapter.pushes), 48)

    def test_looks_that_still_show_what_is_overwritten_blame_no_settings(self):
        with Adapter(lag=0.4) as adapter:
            place = self.place_of(adapter, 6)
            self.assertEqual(place.run("run").code, 0)
            for versions in adapter.held.values():
                versions.append((0, {**versions[-1][1], "TENTTHC": "another hand"}))
            place.records(*procedures(6, name="Tên mới"))
            self.assertEqual(place.run("run").code, 1)
            for code in sorted(adapter.held):
                self.assertEqual(place.run("reconcile", "--overwrite", code, "--reason", "bản của sở là đúng").code, 0)
            done = place.run("run")
            self.assertEqual(done.code, 0, done)
            self.assertEqual(len(adapter.pushes), 12)
            self.assertEqual({versions[-1][1]["TENTTHC"] for versions in adapter.held.values()}, {"Tên mới"})

    def test_of_what_was_never_published_from_here_no_empty_procedure_is_pushed(self):
        with Adapter() as adapter:
            place = self.place_of(adapter, 1, appears_within="0s")
            self.assertEqual(place.run("run").code, 0)
            place.close()
            adapter.held["1.000001"].append((0, {**adapter.held["1.000001"][-1][1], "TENTTHC": "another hand"}))
            place = self.place_of(adapter, 1, appears_within="0s")
            self.assertEqual(place.run("run").code, 1)
            place.records(*procedures(1, status="abolished"))
            place.run("run")
            self.assertEqual(place.run("reconcile", "--overwrite", "1.000001", "--reason", "x").code, 0)
            pushes = len(adapter.pushes)
            done = place.run("run")
            self.assertEqual((done.code, place.last_run()["refused"]), (1, 1), done)
            self.assertEqual(len(adapter.pushes), pushes)
            self.assertIn("portal.withdraw.service", place.run("status").stdout + place.one("SELECT error FROM audit_deliveries"
                                                                                          " ORDER BY run DESC LIMIT 1"))

    def test_a_look_that_says_nothing_of_what_was_acknowledged_has_nothing_pushed_again(self):
        for nothing in (None, {}, ""):
            with self.subTest(nothing), Adapter() as adapter:
                place = self.place_of(adapter, 1, appears_within="0s")
                self.assertEqual(place.run("run").code, 0)
                look = adapter.look
                adapter.look = lambda code: look(code) if len(adapter.pushes) == 1 else adapter.good(result=nothing)
                place.records(*procedures(1, name="Tên mới"))
                place.run("run")
                self.assertEqual((len(adapter.pushes), place.last_run()["unknown"]), (2, 1))
                adapter.look = look
                self.assertEqual(place.run("run").code, 0)
                self.assertEqual(len(adapter.pushes), 2)

    def test_a_session_may_end_in_many_ways(self):
        for end in ENDS:
            for late in (False, True):
                with self.subTest(end=end, late=late), Adapter(calls=5, end=end, late=late) as adapter:
                    place = self.place_of(adapter, 8, appears_within="50ms", retry=QUICKLY)
                    for _ in range(4):
                        done = place.run("run")
                        self.assertIn(done.code, (0, 1), done)
                        run = place.last_run()
                        self.assertEqual((run["refused"], run["conflict"]), (0, 0), run)
                        if done.code == 0:
                            break
                    self.check_once(place, adapter, 8)

    def test_words_that_quote_our_own_are_no_verdicts(self):
        names = ["Thủ tục không có quyền", "Phiên làm việc đã hết hạn", "Không tìm thấy thủ tục", "đã tồn tại"]
        with Adapter(says=lambda item: f"Đã nhận: {item['TENTTHC']}") as adapter:
            signs = {"rights": [".*không có quyền.*"], "session": [".*hết hạn.*"], "duplicate": [".*đã tồn tại.*"]}
            place = self.place_of(adapter, errors=signs)
            records = procedures(4)
            for record, name in zip(records, names):
                record["name"] = name
            place.records(*records)
            done = place.run("run")
            self.assertEqual(done.code, 0, done)
            self.check_once(place, adapter, 4)
            self.assertEqual(adapter.logins, 1)

    def test_quoted_words_beside_an_error_are_no_verdicts_either(self):
        verdict = lambda item: (200, {"error_code": "77", "message": f"Không hợp lệ: {item['TENTTHC']}"}, "application/json")
        with Adapter(verdict=verdict) as adapter:
            place = self.place_of(adapter, 3, errors={"rights": [".*không có quyền.*"]}, appears_within="100ms")
            place.records(*procedures(3, name="Thủ tục không có quyền"))
            done = place.run("run")
            self.assertEqual(done.code, 1, done)
            self.assertEqual(place.last_run()["failed"], 3)
            self.assertIn("77", place.one("SELECT DISTINCT error FROM audit_deliveries WHERE code = '1.000001'"))

    def test_one_record_without_rights_does_not_starve_the_others(self):
        def verdict(item):
            if item["MATTHC"] == "1.000003":
                return 200, {"error_code": "R1", "message": "Không có quyền"}, "application/json"

        with Adapter(verdict=verdict) as adapter:
            place = self.place_of(adapter, 20, errors={"rights": ["R1"]}, appears_within="0s", in_flight=1)
            self.assertEqual(place.run("run").code, 3)
            self.assertLess(len(adapter.pushes), 19)
            self.assertEqual(place.run("run").code, 3)
            self.check_once(place, adapter, 19)

    def test_a_status_that_the_map_does_not_know_is_no_evidence(self):
        for status in ("draft", "Từ chối", "Chờ duyệt", "0"):
            with self.subTest(status=status), Adapter(change=lambda item: {**item, "TRANGTHAI": status}) as adapter:
                place = self.place_of(adapter, 3, appears_within="100ms")
                for _ in range(2):
                    self.assertEqual(place.run("run").code, 1)
                    self.assertEqual(place.sql("SELECT * FROM audit_current"), [])
                self.assertEqual(len(adapter.pushes), 3, "and it is not pushed again")

    def test_no_secret_is_told_or_kept(self):
        for end in ENDS:
            with self.subTest(end=end), Adapter(calls=5, end=end, leak=True) as adapter:
                adapter.verdict = lambda item: (200, {"error_code": "8", "message": f"tinh/{PASSWORD} secret-session-{adapter.logins}"},
                                                "application/json") if item["MATTHC"] == "1.000002" else None
                place = self.place_of(adapter, 6, appears_within="20ms", retry=QUICKLY)
                said = "".join(done.stdout + done.stderr for done in (place.run("run"), place.run("status"), place.run("run")))
                kept = b"".join(path.read_bytes() for path in pathlib.Path(place.folder).rglob("*.db*"))
                for secret in ("secret-session", PASSWORD):
                    self.assertFalse(secret in said, "it is told")
                    self.assertFalse(secret.encode() in kept, "it is kept")

    def test_values_in_another_form_are_the_same(self):
        def change(item):
            return {**item, "TENTTHC": " " + item["TENTTHC"].replace(" ", "\u00a0 "), "MOTA": None,
                    "TRINHTUTHUCHIEN": {"TRUONGHOP": "", "TRINHTU": list(reversed(item["TRINHTUTHUCHIEN"][0]["TRINHTU"]))}}

        with Adapter(change=change) as adapter:
            place = self.place_of(adapter, 5, unordered=["TRINHTU"])
            done = place.run("run")
            self.assertEqual(done.code, 0, done)
            self.check_once(place, adapter, 5)

    def test_the_same_difference_again_and_again_is_not_the_records_and_stops_the_run(self):
        with Adapter(change=lambda item: {**item, "TENTTHC": item["TENTTHC"].upper()}) as adapter:
            place = self.place_of(adapter, 40, appears_within="0s")
            done = place.run("run")
            self.assertEqual(done.code, 3, done)
            self.assertIn("TENTTHC", done.stderr)
            run = place.last_run()
            self.assertLessEqual(run["conflict"], 8, run)
            self.assertEqual(place.sql("SELECT * FROM audit_current"), [])

    def test_looks_that_know_nothing_any_more_stop_the_run(self):
        """A service that reads has broken down, and answers well: nothing is said not to be there for it."""
        for nothing, most in (([], 4), (None, 0)):
            with self.subTest(nothing=nothing), Adapter() as adapter:
                place = self.place_of(adapter, 12, in_flight=1)
                self.assertEqual(place.run("run").code, 0)
                adapter.look, look = lambda code, adapter=adapter, nothing=nothing: adapter.good(result=nothing), adapter.look
                place.records(*procedures(12, name="Tên mới"))
                done = place.run("run")
                self.assertEqual(done.code, 3, done)
                self.assertLessEqual(place.last_run()["conflict"], most)
                self.assertEqual(len(adapter.pushes), 12, "nothing is pushed")
                adapter.look = look
                place.run("run")
                self.assertGreaterEqual(len(adapter.pushes), 24 - most)

    def test_a_login_that_hangs_does_not_hold_a_run_that_is_told_to_stop(self):
        for sandbox in ("on", "off"):
            with self.subTest(sandbox=sandbox), socket.create_server(("127.0.0.1", 0)) as silent, Adapter() as adapter:
                place = self.place_of(adapter, 10)
                place.configure(sandbox=sandbox)
                place.change_portal(url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout="60s")
                running = place.start("run")
                silent.settimeout(30)
                connection, _ = silent.accept()
                told = time.monotonic()
                running.signal(signal.SIGTERM)
                self.assertEqual(running.wait().code, 3)
                self.assertLess(time.monotonic() - told, 30)
                connection.close()
                self.assertEqual(place.last_run()["sent"], 0)

    def test_both_contents_stand_under_the_adapters_names(self):
        with Adapter() as adapter:
            place = self.place_of(adapter, 1)
            self.assertEqual(place.run("run").code, 0)
            adapter.held["1.000001"][-1][1]["TENTTHC"] = "another hand"
            shown = place.run("reconcile", "--show", "1.000001", "--json")
            self.assertEqual(shown.code, 1, shown)
            rows = {row["field"]: row for row in shown.json["rows"]}
            self.assertEqual(rows["TENTTHC"]["there"], "another hand")


if __name__ == "__main__":
    unittest.main()
