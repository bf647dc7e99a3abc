"""The pages in a real browser: wide and narrow, both languages, with and without scripts, by keyboard, on paper.

Skipped where there is no Chromium. CONGKHAI_AXE=FOLDER has axe.min.js looked through every page besides;
CONGKHAI_SCREENSHOTS=FOLDER keeps what the pages look like."""

import os
import pathlib
import re
import shutil
import sqlite3
import unittest

import chromium
from harness import Place, Simulator, procedure, procedures, slow
from test_console import Pages

BEHIND = ["/thu-tuc?q=thu+tuc", "/thu-tuc/1.000001", "/thu-tuc/1.000001?tu=1&den=2", "/luot-chay/1", "/bao-cao/so-luong", "/bao-cao/cong-bo",
          "/so-cai?xem=dau-so", "/so-cai?su-kien=1", "/so-cai/kiem-tra", "/khong-co"]  # what the navigation does not name
HERE = pathlib.Path(__file__).resolve().parent


@slow
@unittest.skipUnless(chromium.PROGRAM, "there is no Chromium")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator()
        cls.place = Place(cls.portal, language="vi")
        records = [*procedures(40), procedure("1.000099", name=None),
                   procedure("1.000100", name="Một tên rất dài " * 30 + "M" * 200, notes="<b>&\u202e" + "x" * 500)]
        cls.place.records(*records)
        assert cls.place.run("run").code == 1
        records[0]["notes"], records[0]["steps"] = "Ghi chú", "Nộp hồ sơ\nNộp lệ phí\nNhận kết quả"
        cls.place.records(*records[:30], *records[31:])
        assert cls.place.run("run").code == 1
        cls.pages = Pages(cls.place)
        navigation = re.search(r"<nav.*?</nav>", cls.pages.page("/"), re.S)[0]
        cls.paths = re.findall(r'href="([^"]+)"', navigation) + BEHIND
        cls.browser = chromium.Chromium()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.pages.stop()
        cls.place.close()
        cls.portal.stop()

    scripted = True

    def url(self, path, pages=None):
        return f"http://127.0.0.1:{(pages or self.pages).listen}{path}"

    def look(self, path, width, pages=None, status=404):
        self.browser.open(self.url(path, pages))
        faults = self.browser.evaluate((HERE / "accessibility.js").read_text(encoding="utf-8"))
        self.assertEqual(faults, [], (path, width))
        for asked in self.browser.asked_for():  # the field of a day has a picture of the browser's own
            self.assertTrue(asked.startswith((self.url("/"), self.url("/", pages), "data:image/svg+xml;base64,PHN2ZyB4")), asked)
        self.assertEqual([words for words in self.browser.complaints() if "404" not in words and str(status) not in words], [], path)
        if "CONGKHAI_AXE" in os.environ and self.scripted:  # axe waits for timers, which do not go without scripts
            self.browser.evaluate((pathlib.Path(os.environ["CONGKHAI_AXE"]) / "axe.min.js").read_text(encoding="utf-8"))
            found = self.browser.evaluate("axe.run().then(found => found.violations.map(one => one.id + ' ' + "
                                          "one.nodes.map(node => node.html).join(' ').slice(0, 300)))")
            self.assertEqual(found, [], path)
        if "CONGKHAI_SCREENSHOTS" in os.environ:
            name = "".join(letter if letter.isalnum() else "-" for letter in f"{path}{'-forged' if pages else ''}")
            (pathlib.Path(os.environ["CONGKHAI_SCREENSHOTS"]) / f"{name}-{width}.png").write_bytes(self.browser.screenshot())

    def look_at_all(self, width, height, language, scripts):
        self.browser.size(width, height)
        self.browser.scripts(scripts)
        self.scripted = scripts
        for path in self.paths:
            with self.subTest(path=path, width=width, language=language, scripts=scripts):
                self.look(("" if language == "vi" else "/en") + path, width)

    def test_every_page_wide_and_narrow_in_both_languages_with_and_without_scripts(self):
        self.look_at_all(1280, 900, "vi", scripts=False)
        self.look_at_all(390, 844, "vi", scripts=True)
        self.look_at_all(1280, 900, "en", scripts=True)
        self.look_at_all(390, 844, "en", scripts=False)

    def test_what_cannot_be_shown_is_a_page_like_the_others(self):
        """What was asked wrongly (400), and a store that somebody edited (503)."""
        forged = Place(self.portal, language="vi")
        self.addCleanup(forged.close)
        forged.store.parent.mkdir(exist_ok=True)
        shutil.copy(self.place.store, forged.store)
        pages = Pages(forged)
        self.addCleanup(pages.stop)
        store = sqlite3.connect(forged.store)
        store.execute("DROP TRIGGER ledger_no_update")
        store.commit()
        store.close()
        self.assertEqual([pages.ask("/")[0], self.pages.ask("/thu-tuc/1.000001?ngay=x")[0]], [503, 400])
        for whose, path, status in ((None, "/thu-tuc/1.000001?ngay=x", 400), (pages, "/", 503)):
            for width, height in ((1280, 900), (390, 844)):
                self.browser.size(width, height)
                for language in ("", "/en"):
                    with self.subTest(path=path, width=width, language=language):
                        self.look(language + path, width, whose, status)

    def focus(self):
        return self.browser.evaluate("(({tagName, id, textContent, href}) => [tagName, id, textContent.trim(), href || ''])"
                                     "(document.activeElement)")

    def test_the_keyboard_alone_reaches_all_that_can_be_reached(self):
        self.browser.size(1280, 900)
        self.browser.scripts(True)
        self.browser.open(self.url("/thu-tuc/1.000001"))
        want = self.browser.evaluate("document.querySelectorAll('a[href], button, input, select, summary').length")
        self.browser.press("Tab", 9)
        self.assertEqual(self.focus()[2], "Đến nội dung")
        outline = self.browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid")
        reached = {tuple(self.focus())}
        for _ in range(want + 10):  # a field for a day has parts of its own
            self.browser.press("Tab", 9)
            reached.add(tuple(self.focus()))
        links = self.browser.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
        self.assertEqual(set(links) - {where[3] for where in reached}, set())

    def test_the_first_key_leads_to_the_content_and_a_search_is_typed(self):
        self.browser.size(1280, 900)
        self.browser.scripts(False)
        self.browser.open(self.url("/"))
        self.browser.press("Tab", 9)
        self.browser.press("Enter", 13)
        self.assertEqual(self.focus()[1], "noi-dung")
        self.browser.open(self.url("/"))
        for _ in range(2):
            self.browser.press("Tab", 9)
        self.assertEqual(self.focus()[1], "tim")
        self.browser.call("Input.insertText", text="THU TUC 1.000007")
        self.browser.events = []
        self.browser.press("Enter", 13)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.browser.events):
            self.browser.events.append(self.browser.read())
        self.assertIn("1.000007", self.browser.evaluate("document.querySelector('tbody').textContent"))

    def test_pages_print(self):
        self.browser.size(1280, 900)
        for path in ("/", "/thu-tuc/1.000001", "/bao-cao/so-luong"):
            self.browser.open(self.url(path))
            paper = self.browser.print()
            self.assertTrue(paper.startswith(b"%PDF-") and len(paper) > 5000, path)
            self.browser.call("Emulation.setEmulatedMedia", media="print")
            shown = self.browser.evaluate("[...document.querySelectorAll('nav, form, .download')]"
                                          ".filter(element => element.getClientRects().length).length")
            self.browser.call("Emulation.setEmulatedMedia", media="")
            self.assertEqual(shown, 0, path)
