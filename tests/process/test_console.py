"""The pages of `congkhai console`, asked over plain HTTP."""

import http.client
import re
import signal
import socket
import unittest

from harness import Night, Place, Simulator, procedure, procedures


class Pages:
    """A console at work, and what it answers."""

    def __init__(self, place, *arguments, listen="127.0.0.1:0", **options):
        self.running = place.start(*arguments, "console", "--listen", listen, **options)
        self.listen = self.address()

    def address(self):
        while self.running.alive():
            found = re.search(r"http://127\.0\.0\.1:(\d+)/|unix:(\S+);", self.running.words()[1])
            if found:
                return int(found[1]) if found[1] else found[2]
        raise AssertionError(self.running.wait())

    def connect(self):
        if isinstance(self.listen, int):
            return http.client.HTTPConnection("127.0.0.1", self.listen, timeout=60)
        connection = http.client.HTTPConnection("console", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.listen)
        return connection

    def ask(self, path, method="GET", **headers):
        """(status, headers, body as text)"""
        connection = self.connect()
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode("utf-8")
        finally:
            connection.close()

    def page(self, path, status=200):
        answer = self.ask(path)
        assert answer[0] == status, (path, answer[0], answer[2])
        return answer[2]

    def stop(self):
        self.running.signal(signal.SIGTERM)
        done = self.running.wait()
        assert done.code == 0, done


class Console(unittest.TestCase):
    """One store, one console, for all that only looks."""

    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator()
        cls.place = Place(cls.portal, language="vi")
        records = [*procedures(8), procedure("1.000099", name=None)]
        cls.place.records(*records)
        assert cls.place.run("run").code == 1
        records[0]["notes"] = "Ghi chú"
        cls.place.records(*records)
        assert cls.place.run("run").code == 1
        cls.pages = Pages(cls.place)

    @classmethod
    def tearDownClass(cls):
        cls.pages.stop()
        cls.place.close()
        cls.portal.stop()

    def test_the_first_page_tells_of_the_last_night_and_of_what_is_kept_back(self):
        page = self.pages.page("/")
        self.assertIn('<html lang="vi">', page)
        self.assertIn('<a href="/luot-chay/2">2</a>', page)
        self.assertIn("<b>8</b>", page)
        self.assertIn("1.000099", page)

    def test_every_page_names_the_head_it_was_drawn_from_and_that_the_ledger_holds(self):
        page, root = self.pages.page("/"), self.place.one("SELECT lower(hex(root)) FROM checkpoint WHERE run = 2")
        self.assertIn(root, page)
        self.assertIn('class="verdict good"', page)

    def test_each_language_has_its_address(self):
        self.assertIn('<html lang="en">', self.pages.page("/en/"))
        self.assertIn("This is missing", self.pages.page("/en/"))
        self.assertIn("Thiếu nội dung này", self.pages.page("/vi/"))

    def test_nothing_but_the_style_may_be_loaded_and_nothing_may_run(self):
        status, headers, body = self.pages.ask("/")
        policy = headers["Content-Security-Policy"]
        self.assertTrue(policy.startswith("default-src 'none'; style-src 'self'"), policy)
        self.assertIsNone(headers["Set-Cookie"])
        self.assertNotIn("<script", body)
        style = re.search(r'<link rel="stylesheet" href="([^"]+)">', body)[1]
        self.assertEqual(self.pages.ask(style)[0], 200)

    def test_a_page_that_is_known_already_is_not_sent_again(self):
        tag = self.pages.ask("/")[1]["ETag"]
        self.assertEqual(self.pages.ask("/", **{"If-None-Match": tag})[::2], (304, ""))
        self.assertEqual(self.pages.ask("/", **{"If-None-Match": '"another"'})[0], 200)

    def test_only_questions_are_answered_and_only_to_this_machine(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
            self.assertEqual(self.pages.ask("/", method)[0], 405, method)
        head = self.pages.ask("/", "HEAD")
        self.assertEqual((head[0], head[2]), (200, ""))
        for host, status in (("congkhai.example", 400), ("127.0.0.1.example:80", 400), ("localhost:80", 200),
                             ("127.0.0.1", 200), ("[::1]:8630", 200), ("127.0.0.1:80@evil.example", 400)):
            self.assertEqual(self.pages.ask("/", Host=host)[0], status, host)

    def test_an_address_that_is_none_is_told(self):
        self.assertIn("Không có trang này", self.pages.page("/khong-co", 404))
        self.assertEqual(self.pages.ask("/%ff")[0], 400)
        self.assertEqual(self.pages.ask("/?tai=exe")[0], 400)


class Places(Night):
    def test_only_this_machine_may_be_listened_at(self):
        for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.org:80", "8630", "127.0.0.1:", "unix:"):
            done = self.place.run("console", "--listen", listen)
            self.assertEqual(done.code, 2, (listen, done))

    def test_a_unix_socket_needs_no_host_and_is_taken_away_at_the_end(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        path = self.place.folder / "console.sock"
        pages = Pages(self.place, listen=f"unix:{path}")
        self.assertEqual(path.stat().st_mode & 0o777, 0o660)
        self.assertIn("1", pages.page("/"))
        pages.stop()
        self.assertFalse(path.exists())

    def test_without_a_store_pages_say_that_nothing_has_been_run(self):
        pages = Pages(self.place)
        self.assertIn("nothing has been run", pages.page("/", 503))
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        self.assertIn("<b>1</b>", pages.page("/"))
        pages.stop()

    def test_a_forged_store_is_told_and_nothing_of_it_is_shown(self):
        self.place.records(*procedures(3))
        self.place.run("run")
        pages = Pages(self.place)
        self.forge("UPDATE ledger SET actor = 'nobody' WHERE event = 'published' AND code = '1.000002'")
        page = pages.page("/", 503)
        self.assertIn('class="alarm"', page)
        self.assertNotIn("<b>3</b>", page)
        pages.stop()

    def forge(self, sql):
        import sqlite3
        connection = sqlite3.connect(self.place.store)
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        with connection:
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute(sql)
            for _, text in triggers:
                connection.execute(text)
        connection.close()
