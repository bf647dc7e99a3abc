"""What the first page, the pages of runs and `health` say of nights that are not as every night."""

import re
import signal
import time
import unittest

from harness import MAP, ROOT, Night, lines, procedure, procedures, wait_until
from office import FAKETIME, Office
from test_console import Pages


class Nights(Night):
    def pages(self):
        pages = Pages(self.place, "--language", "en")
        self.addCleanup(pages.stop)
        return pages

    @staticmethod
    def facts(page):
        return {name: re.sub(r"<[^>]*>", "", words) for name, words in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.S)}

    def test_before_the_first_night_there_has_been_none(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(procedure("1.000001"))
        self.place.records(procedure("1.000002"), source="two")
        self.expect(self.place.run("run", "--source", "one"), 0)
        page = self.pages().page("/")
        self.assertIn("There has been no night yet: no run of everything.", page)
        self.assertNotIn("The last reconciliation", page)
        done = self.expect(self.place.run("--language", "en", "health"), 2)
        self.assertRegex(done.stdout, r"^CONGKHAI CRITICAL - there has been no night yet \| age=-1s;;")

    def test_what_is_missing_withdrawn_and_compared_is_on_the_pages_of_its_run(self):
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        self.place.records(*procedures(2))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("withdraw", "1.000002", "--decision", "9/QĐ-UBND", "--reason", "Bãi bỏ", "--yes"), 0)
        withdrawal = self.place.last_run()["run"]
        self.expect(self.place.run("reconcile"), 0)
        pages = self.pages()
        self.assertIn('<a href="/luot-chay/2?xem=missing">absent: 1</a>', pages.page("/luot-chay/2"))
        rows = re.findall(r"(?s)<tr>(.*?)</tr>", pages.page("/luot-chay/2?xem=missing"))[1:]
        self.assertEqual([re.findall(r"\d\.\d{6}", row)[0] for row in rows], ["1.000003"])
        self.assertIn("nothing is withdrawn by itself", pages.page("/luot-chay/2?xem=missing"))
        self.assertIn(f'<b><a href="/luot-chay/{withdrawal}?xem=withdrawn">1</a></b> <span>withdrawn</span>', pages.page(f"/luot-chay/{withdrawal}"))
        self.assertIn("1.000002", pages.page(f"/luot-chay/{withdrawal}?xem=withdrawn"))
        page = pages.page("/")
        facts = self.facts(page[page.index("The last reconciliation"):])
        self.assertEqual((facts["Run"], facts["The same"], facts["Different"], facts["Missing there"], facts["Only there"]),
                         (str(self.place.last_run()["run"]), *(str(self.place.one(f"SELECT json_extract(detail, '$.{name}') FROM audit_events"
                          " WHERE event = 'reconciled' ORDER BY seq DESC LIMIT 1")) for name in ("same", "differs", "missing", "only"))))
        self.assertEqual(self.facts(page)["Smaller commands since"], "2")

    def test_a_restored_store_that_was_not_compared_says_so_beside_what_stands(self):
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("backup", self.place.folder / "b.db"), 0)
        self.expect(self.place.run("restore", self.place.folder / "b.db", "--reason", "x"), 0)
        self.assertIn("the portal was not asked for 3 of the procedures", self.pages().page("/"))
        self.expect(self.place.run("reconcile"), 0)
        self.assertNotIn("Restored from a backup", self.pages().page("/"))

    def test_a_page_behind_the_last_says_so_and_leads_to_the_last(self):
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        page = self.pages().page("/luot-chay?trang=9")
        self.assertIn("The list ends before this page.", page)
        self.assertIn('href="/luot-chay?trang=1"', page)

    def test_a_night_that_stopped_says_so_on_one_line(self):
        self.place.change_source(fetch={"file": "inbox/a|b.ndjson"})
        self.place.write("inbox/a|b.ndjson", lines([procedure("1.000001")]))
        self.expect(self.place.run("run"), 0)
        (self.place.inbox / "a|b.ndjson").unlink()
        self.expect(self.place.run("run"), 3)
        self.assertIn("It stopped before the end; the same command goes on.", self.pages().page("/"))
        done = self.expect(self.place.run("--language", "en", "health"), 2, "a b.ndjson")
        self.assertEqual((done.stdout.count("|"), done.stdout.count("\n")), (1, 1), "a monitor takes what is behind | for numbers")

    def test_a_run_that_has_not_ended_is_neither_good_nor_bad(self):
        self.place.records(procedure("1.000001"))
        self.portal.faults("kind=timeout,on=put")
        running = self.place.start("run")
        wait_until(lambda: self.portal.requests("put"), "the night is at work")
        pages = self.pages()
        self.assertIn('<p class="state open">It has not ended: it is at work, or was broken off.</p>', pages.page("/luot-chay/1"))
        running.signal(signal.SIGKILL)
        running.wait()
        for address in ("/luot-chay/1", "/"):
            page = pages.page(address)
            self.assertIn('<p class="state bad">It was broken off: nobody is at work.</p>', page)
        self.assertNotIn("Ended", self.facts(page))

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_a_clock_that_went_back_is_told(self):
        self.place.records(procedure("1.000001"))
        later = {**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": "+4h"}
        self.expect(self.place.run("run", env=later), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.facts(self.pages().page("/"))["The clock went back at run"], "2")

    @unittest.skipUnless(FAKETIME, "needs faketime")
    def test_a_night_that_lies_ahead_is_told_and_blinds_no_monitor(self):
        self.place.records(procedure("1.000001"))
        for ahead, health in (("+2h", 1), ("+400d", 2)):
            self.expect(self.place.run("run", env={**self.place.environment, "LD_PRELOAD": FAKETIME, "FAKETIME": ahead}), 0)
            done = self.expect(self.place.run("--language", "en", "health"), health)
            self.assertIn("lies ahead of now: look at the machine's clock", done.stdout)
            self.assertIn("it bears a time that lies ahead of now", self.place.run("--language", "en", "status").stdout)
            self.assertIn("lies ahead of now", self.facts(self.pages().page("/"))["The clock"])
        # with the right time again, what was read last is what says when
        self.place.records(procedure("1.000002"))
        self.expect(self.place.run("run"), 0)
        self.expect(self.place.run("health"), 0)
        read, = (row["read_at"] for row in self.place.run("--json", "status").json["sources"])
        self.assertLess(read, self.place.one("SELECT max(at) FROM ledger WHERE event = 'listed'"))

    def test_terms_that_are_over_and_those_that_end_soon_are_counted(self):
        today, before, base = (time.strftime("%Y-%m-%d", time.gmtime(time.time() + (7 - 24 * days) * 3600)) for days in (0, 60, 90))
        self.place.change_source(map={**MAP, "decision.number": "/number", "decision.signed_on": "/signed"})
        self.place.configure(rules=[str(ROOT / "config/rules/deadlines.yaml")], baseline=base)
        self.place.records(procedure("1.000001", number="1/QĐ-UBND", signed=today), procedure("1.000002", number="2/QĐ-UBND", signed=before))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("transform"), 0)
        terms = self.place.run("--json", "status", "--rules").json["deadlines"]
        self.assertEqual([(row["code"], row["overdue"]) for row in terms if row["overdue"]], [("1.000002", True)])
        done = self.place.run("--language", "en", "health")
        self.assertRegex(done.stdout, r"1 terms are over, [01] end within 7 days[^|]*\| .* due=[01];0 overdue=1;0")

    def test_a_ledger_of_many_events_is_verified_beside_the_pages(self):
        self.place.records(*procedures(10050))
        for stage in ("extract", "transform"):
            self.expect(self.place.run("--quiet", stage), 0)
        events = self.place.one("SELECT count(*) FROM audit_events")
        self.assertGreater(events, 10000)
        pages = self.pages()
        wait_until(lambda: 'class="verdict good"' in pages.page("/"), "verified")
        self.assertRegex(pages.page("/"), rf"all {events // 1000}[.,\s\xa0]?{events % 1000:03} events hold")


class Waiting(Office, Night):
    def test_what_waits_for_approval_leads_to_the_approvals(self):
        self.night(*procedures(3))
        pages = Pages(self.place, "--language", "en")
        self.addCleanup(pages.stop)
        self.assertIn('<a href="/phe-duyet">waiting for approval: 3</a>', pages.page("/luot-chay/1"))
        self.assertIn("1.000003", pages.page("/phe-duyet"))
        self.assertNotIn("idle", pages.page("/thu-tuc/1.000003"))


class Indexes(Night):
    def test_an_index_beside_the_store_that_cannot_be_read_is_made_anew(self):
        self.place.records(procedure("1.000001", name="Đăng ký khai sinh"), procedure("1.000002"))
        self.expect(self.place.run("run"), 0)
        index = self.place.store.with_name("congkhai.db.search")
        index.unlink()
        index.mkdir()
        pages = Pages(self.place)
        self.addCleanup(pages.stop)
        for _ in range(2):
            page = pages.page("/thu-tuc?q=khai+sinh")
            self.assertIn("1.000001", page)
            self.assertNotIn("1.000002", page)
        index.rmdir()

    def test_a_line_that_was_written_ahead_is_that_of_the_department_at_the_end(self):
        """Enough is to be published for a thread to write the lines while the run goes on."""
        self.place.change_source(department={"from": "/before"})
        self.place.records(*({**record, "before": "Phòng Một", "now": "Phòng Hai"} for record in procedures(1200)))
        for command in ("extract", "transform"):
            self.expect(self.place.run(command), 0)
        self.place.change_source(department={"from": "/now"})
        self.expect(self.place.run("run"), 0)
        lines = self.place.store.with_name("congkhai.db.search").read_text(encoding="utf-8").splitlines()[1:]
        self.assertEqual((len(lines), sum(" phong hai " in line for line in lines)), (1200, 1200), lines[0])


if __name__ == "__main__":
    unittest.main()
