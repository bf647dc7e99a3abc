"""The pages of `congkhai console`, asked over plain HTTP."""

import concurrent.futures
import csv
import html.parser
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import zipfile

from harness import BUILD, PROGRAM, ROOT, Night, Place, Running, Simulator, opened, procedure, procedures, wait_until, whole_speed


def environment(place):
    """What looks for leaks stops the process from outside, which a locked one refuses: the rest of the sanitizers remains."""
    if place.configuration.get("sandbox") == "off":
        return place.environment
    options = place.environment.get("ASAN_OPTIONS", os.environ.get("ASAN_OPTIONS", ""))
    return {**place.environment, "ASAN_OPTIONS": options + ":detect_leaks=0"}


class Pages:
    """A console at work, and what it answers."""

    def __init__(self, place, *arguments, listen="127.0.0.1:0"):
        whose = [] if "--store" in arguments else ["--config", place.folder / "congkhai.yaml"]
        self.running = Running([PROGRAM, *whose, "console", *arguments, "--listen", listen], env=environment(place))
        place.children.append(self.running)
        self.listen = self.address()

    def address(self):
        while self.running.alive():
            found = re.search(r"http://127\.0\.0\.[12]:(\d+)/|unix:(\S+);", self.running.words()[1])
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

    def ask_bytes(self, path, method="GET", **headers):
        """(status, headers, body)"""
        connection = self.connect()
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def ask(self, path, method="GET", **headers):
        """The body as text."""
        status, headers, body = self.ask_bytes(path, method, **headers)
        return status, headers, body.decode("utf-8")

    def page(self, path, status=200):
        answer = self.ask(path)
        assert answer[0] == status, (path, answer[0], answer[2])
        return answer[2]

    def stop(self):
        self.running.signal(signal.SIGTERM)
        done = self.running.wait()
        assert done.code == 0, done


class Shape(html.parser.HTMLParser):
    """The tags of a page, and its texts."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, text):
        self.texts.append(text)


class Console(unittest.TestCase):
    """One store, one console, for all that only looks."""

    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator()
        cls.place = Place(cls.portal, language="vi")
        records = [*procedures(7), procedure("1.000008", name="Đăng ký khai sinh"), procedure("1.000099", name=None)]
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
        for wrong in ("/%ff", "/thu-tuc/1.000001%00x", "/thu-tuc?q=a%00b"):
            self.assertEqual(self.pages.ask(wrong)[0], 400, wrong)
        self.assertEqual(self.pages.ask("/?tai=exe")[0], 400)
        for address in ("/giu-lai?ket-qua=xyz", "/bao-cao/so-luong?theo=xyz", "/so-cai?xem=xyz", "/luot-chay/1?xem=xyz"):
            status, _, body = self.pages.ask(address)
            self.assertEqual((status, "xyz" in body), (400, True), address)

    def test_what_the_filters_leave_nothing_of_is_not_said_to_be_nothing(self):
        page = self.pages.page("/en/giu-lai?ma=9.999999")
        self.assertIn("Nothing that is kept back is as asked for.", page)
        self.assertNotIn("Nothing is kept back", page)

    def test_words_without_marks_find_a_procedure(self):
        for question in ("dang ky khai sinh", "ĐĂNG KÝ", "khai  SINH đăng", "1.000008"):
            page = self.pages.page("/thu-tuc?q=" + urllib.parse.quote(question))
            self.assertIn("Đăng ký khai sinh", page, question)
            self.assertNotIn("1.000001", page, question)
        self.assertIn("Không tìm thấy", self.pages.page("/thu-tuc?q=khai+tu"))

    def test_the_index_lies_beside_the_store_and_is_of_its_head(self):
        first, *lines = (self.place.store.parent / "congkhai.db.search").read_text(encoding="utf-8").splitlines()
        root = self.place.one("SELECT lower(hex(root)) FROM checkpoint ORDER BY run DESC LIMIT 1")
        self.assertEqual(first.split()[0::2], ["congkhai-search/1", root])
        self.assertIn("1.000008\t1.000008 dang ky khai sinh ubnd thanh pho can tho one", lines)
        self.assertEqual(len(lines), 9)

    def test_a_procedure_shows_what_stood_there_where_it_came_from_and_what_was_sent(self):
        page = self.pages.page("/thu-tuc/1.000001")
        digest, seq = self.place.sql("SELECT content_digest, seq FROM audit_versions WHERE code = '1.000001'")[-1]
        for words in ("Ghi chú", digest, f"su-kien={seq}", "inbox/one.ndjson:1", "tu=1&amp;den=2"):
            self.assertIn(words, page)
        self.assertNotIn("Ghi chú", self.pages.page("/thu-tuc/1.000001?ngay=2020-01-31"))
        self.assertIn("Không rõ trên cổng có gì", self.pages.page("/thu-tuc/1.000001?ngay=31/01/2020"))
        self.assertEqual(self.pages.ask("/thu-tuc/1.000001?ngay=2020-13-01")[0], 400)
        self.assertEqual(self.pages.ask("/thu-tuc/9.999999")[0], 404)

    def test_two_versions_stand_side_by_side_with_the_changed_words_marked(self):
        page = self.pages.page("/thu-tuc/1.000001?tu=1&den=2")
        self.assertIn("<ins>Ghi chú</ins>", page)
        self.assertIn("<del>Ghi chú</del>", self.pages.page("/thu-tuc/1.000001?tu=2&den=1"))
        self.assertEqual(self.pages.ask("/thu-tuc/1.000001?tu=1&den=9")[0], 400)

    def test_the_content_and_the_proof_that_are_taken_verify_offline(self):
        status, headers, body = self.pages.ask("/thu-tuc/1.000001?tai=chung-minh")
        self.assertIn("attachment; filename=", headers["Content-Disposition"])
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            done = subprocess.run(["python3", ROOT / "scripts" / "verify-ledger", file.name], capture_output=True, text=True)
        # It holds; that nothing came behind it on that day, only the whole ledger can prove.
        self.assertEqual((status, done.returncode), (200, 1), done)
        content = self.pages.page("/thu-tuc/1.000001?tai=json&bang=noi-dung")
        self.assertEqual(content, json.loads(body)["content"])
        self.assertEqual(self.pages.ask("/thu-tuc/1.000001?tai=chung-minh&ngay=2020-01-31")[0], 404)

    def test_lists_are_taken_as_csv_xlsx_and_json(self):
        for path, name, rows in (("/giu-lai?", "giu-lai", 1), ("/thu-tuc?", "thu-tuc", 9), ("/luot-chay?", "luot-chay", 2),
                                 ("/nguon?", "nguon", 1), ("/luot-chay/1?xem=rejected&", "rejected", 1),
                                 ("/so-cai?xem=dau-so&", "dau-so", 2), ("/so-cai?loai=published&", "so-cai", 9)):
            document = json.loads(self.pages.page(f"{path}tai=json&bang={name}"))
            self.assertEqual(len(document["rows"]), rows, path)
            self.assertRegex(document["rests_on"]["root"], "^[0-9a-f]{64}$")
            text = self.pages.page(f"{path}tai=csv&bang={name}")
            self.assertEqual(len(list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))), rows + 1, path)
            connection = self.pages.connect()
            connection.request("GET", f"{path}tai=xlsx&bang={name}")
            self.assertIn("xl/workbook.xml", zipfile.ZipFile(io.BytesIO(connection.getresponse().read())).namelist())
            connection.close()
        self.assertEqual(self.pages.ask("/giu-lai?tai=csv&bang=khac")[0], 404)

    def test_each_list_that_a_page_offers_is_there_and_the_program_too(self):
        offered = set()
        for path in ("/", "/giu-lai", "/thu-tuc", "/thu-tuc/1.000001", "/thu-tuc/1.000099", "/luot-chay/1", "/nguon", "/thoi-han", "/so-cai"):
            offered.update(html.unescape(link) for link in re.findall(r'href="([^"]*[?;]tai=json[^"]*)"', self.pages.page(path)))
        self.assertIn("/thu-tuc/1.000099?tai=json&bang=ban-ghi", offered)
        for link in sorted(offered):
            self.assertEqual(self.pages.ask(link)[0], 200, link)

    def test_what_is_kept_back_is_counted_by_what_is_said_and_leads_to_its_records(self):
        page = self.pages.page("/giu-lai")
        link = re.search(r'<a href="([^"]+)">Thiếu nội dung này</a>', page)[1].replace("&amp;", "&")
        self.assertIn("<th scope=\"col\">lý do, của một trong số đó</th>", page, "places and values in it are that one's")
        self.assertIn("1.000099", self.pages.page(link))
        self.assertIn("không có gì như được hỏi", self.pages.page("/giu-lai?ket-qua=held"))

    def test_a_run_is_a_flow_with_what_fell_out(self):
        page = self.pages.page("/luot-chay/1")
        self.assertIn('<ol class="flow">', page)
        link = re.search(r'<a href="([^"]+)">bị loại: 1</a>', page)[1].replace("&amp;", "&")
        self.assertIn("1.000099", self.pages.page(link))
        for number in ("0", "99", "x", "1x"):
            self.assertEqual(self.pages.ask(f"/luot-chay/{number}")[0], 404, number)

    def test_reports_and_the_ledger_are_the_command_lines(self):
        made = json.loads(self.place.run("report", "so-luong", "--format", "json").stdout)
        self.assertEqual(json.loads(self.pages.page("/bao-cao/so-luong?tai=json"))["total"], made["total"])
        seq, digest = self.place.sql("SELECT seq, hash FROM audit_events WHERE code = '1.000008' AND event = 'published'")[0]
        page = self.pages.page(f"/so-cai?su-kien={seq}")
        self.assertIn(digest, page)
        self.assertIn("&quot;action&quot;: &quot;publish&quot;", page)

    def test_the_verification_says_its_sentence(self):
        sentence = self.place.run("audit", "verify").stdout.splitlines()[0]
        self.assertIn(sentence, self.pages.page("/so-cai/kiem-tra"))

    def test_every_link_of_every_page_leads_somewhere(self):
        seen, todo = set(), ["/", "/en/"]
        while todo:
            path = todo.pop()
            if path in seen or "tai=" in path or path.startswith("/kieu.css"):
                continue
            seen.add(path)
            page = self.pages.page(path)
            for link in re.findall(r'href="(/[^"#]*)', page):
                link = link.replace("&amp;", "&")
                # of each kind of page a few
                kind = re.sub(r"[0-9a-f.]{3,}|\d+", "N", link)
                if sum(re.sub(r"[0-9a-f.]{3,}|\d+", "N", known) == kind for known in seen | set(todo)) < 2:
                    todo.append(link)
        self.assertGreater(len(seen), 40)


class Exports(unittest.TestCase):
    """Lists that are too long for memory, and readers who do not read them."""

    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator()
        cls.place = Place(cls.portal, language="vi")
        cls.place.write("rules.yaml", json.dumps({"rules": [{
            "id": "BUOC", "field": "steps[].text", "check": {"matches": "^Z"}, "reason": "a step's letter",
            "message": {"vi": "=Bước không bắt đầu bằng Z", "en": "=A step does not begin with Z"}}]}))
        cls.place.configure(rules=["rules.yaml"])
        cls.place.records(*procedures(250, steps="\n".join(f"Bước {number}" for number in range(80))))
        assert cls.place.run("run").code == 1
        cls.pages = Pages(cls.place)

    @classmethod
    def tearDownClass(cls):
        cls.pages.stop()
        cls.place.close()
        cls.portal.stop()

    def memory(self):
        with open(f"/proc/{self.pages.running.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) // 1024

    @whole_speed
    def test_all_rows_are_taken_in_memory_that_does_not_grow_with_them(self):
        self.pages.page("/giu-lai")
        before, (events, root) = self.memory(), self.place.sql("SELECT size, lower(hex(root)) FROM checkpoint")[0]
        for ending in ("csv", "json", "xlsx"):
            status, headers, body = self.pages.ask_bytes(f"/giu-lai?tai={ending}&bang=giu-lai")
            self.assertEqual(status, 200)
            self.assertIn(f'filename="giu-lai-{events}-{root[:12]}.{ending}"', headers["Content-Disposition"])
            self.assertEqual(self.pages.ask_bytes(f"/giu-lai?tai={ending}&bang=giu-lai", **{"If-None-Match": headers["ETag"]})[0], 304)
            if ending == "csv":
                rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
                self.assertEqual(len(rows), 20000)
                self.assertEqual({row["lý do"] for row in rows}, {"'=Bước không bắt đầu bằng Z"})
            elif ending == "json":
                document = json.loads(body)
                self.assertEqual((len(document["rows"]), document["rests_on"]["root"]), (20000, root))
            else:
                sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode("utf-8")
                self.assertEqual(len(re.findall("<row ", sheet)), 3 + 20000 + 2)
                self.assertIn(root, sheet)
        self.assertLess(self.memory() - before, 40, "MB")

    def test_who_reads_slowly_holds_no_snapshot_and_no_more_than_eight_files(self):
        slow = []
        for _ in range(8):
            connection = socket.create_connection(("127.0.0.1", self.pages.listen), timeout=30)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /giu-lai?tai=json&bang=giu-lai HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.append((connection, connection.recv(15)))
        self.assertEqual({first for _, first in slow}, {b"HTTP/1.1 200 OK"})
        self.assertIn("hãy thử lại", self.pages.page("/nguon?tai=csv&bang=nguon", 503))
        self.assertIn("<b>250</b>", self.pages.page("/"))
        self.place.records(*procedures(20))
        self.assertEqual(self.place.run("run").code, 1)
        connection = sqlite3.connect(self.place.store)
        self.assertEqual(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0], 0, "a reader is in the way")
        connection.close()
        for connection, _ in slow:
            connection.close()
        wait_until(lambda: self.pages.ask("/nguon?tai=csv&bang=nguon")[0] == 200, "files are given back")


class AtWork(Night):
    def test_a_table_taken_meanwhile_says_how_much_no_head_covers_yet(self):
        self.place.configure(language="vi")
        self.place.records(*procedures(1))
        self.expect(self.place.run("run"), 0)
        pages = Pages(self.place)
        self.addCleanup(pages.stop)
        events, root = self.place.sql("SELECT size, lower(hex(root)) FROM checkpoint")[0]
        self.portal.faults("kind=slow:4000,on=put")
        self.place.records(*procedures(2))
        run = self.place.start("run")
        wait_until(lambda: self.place.one("SELECT max(event = 'intended' AND run = 2) FROM audit_events"), "a delivery is under way")
        behind = self.place.one("SELECT count(*) FROM audit_events") - events
        row, = [row for row in json.loads(pages.ask_bytes("/thu-tuc?tai=json&bang=thu-tuc")[2])["rows"] if row["code"] == "1.000002"]
        self.assertNotIn("state", row, "it is on its way")
        self.assertEqual(json.loads(pages.ask_bytes("/thu-tuc?trang-thai=kept&tai=json&bang=thu-tuc")[2])["rows"], [])
        for ending in ("csv", "xlsx", "json"):
            _, headers, body = pages.ask_bytes(f"/nguon?tai={ending}&bang=nguon")
            self.assertIn(f'filename="nguon-{events}+{behind}-{root[:12]}.{ending}"', headers["Content-Disposition"])
            if ending == "xlsx":
                book = zipfile.ZipFile(io.BytesIO(body))
                sheet = "".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))
                self.assertIn(f"{behind} sự kiện của một lượt chạy chưa kết thúc", sheet)
            elif ending == "json":
                self.assertEqual(json.loads(body)["rests_on"]["events_behind"], behind)
        self.portal.faults()
        self.expect(run.wait(), 0)


class Hostile(unittest.TestCase):
    """Markup, direction marks and escapes in everything that comes from outside, and readers who mean no good."""

    MARKUP = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"' &amp; \u202e\x07\u2028 javascript:alert(1)"

    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator()
        cls.place = Place(cls.portal, language="vi", agency={"code": "H13", "name": "UBND <b>Cần Thơ"})
        evil = cls.MARKUP
        records = [procedure("1.000001", name=evil, notes=evil, steps=evil), procedure(f"X{evil}/../Y", name="một"),
                   procedure("..", name="hai"), procedure("1.000002", name="M" * 1_000_000),
                   procedure(None, name=evil), procedure("1.000003", status=evil, name=evil)]
        cls.place.records(*records)
        cls.place.run("run")
        cls.pages = Pages(cls.place)

    @classmethod
    def tearDownClass(cls):
        cls.pages.stop()
        cls.place.close()
        cls.portal.stop()

    def test_nothing_of_the_store_becomes_markup(self):
        codes = [code for code, in self.place.sql("SELECT DISTINCT code FROM ledger WHERE code IS NOT NULL")]
        paths = ["/", "/giu-lai", "/thu-tuc", "/luot-chay/1", "/luot-chay/1?xem=rejected", "/so-cai", "/nguon",
                 "/bao-cao/so-luong", *("/thu-tuc/" + urllib.parse.quote(code, safe="") for code in codes if code != "..")]
        for path in paths:
            page = self.pages.page(path)
            shape = Shape(page)
            self.assertFalse({"script", "img"} & set(shape.tags), path)
            self.assertIn("UBND <b>Cần Thơ", shape.texts)
            self.assertFalse([name for name, _ in shape.attributes if name.startswith("on")], path)
            for _, value in shape.attributes:
                self.assertFalse((value or "").startswith(("javascript:", "data:")), path)
            self.assertFalse(set(page) & set("\u202e\x07\u2028"), path)
            self.assertLess(len(page), 3_000_000, path)
        self.assertIn("[U+202E]", self.pages.page("/thu-tuc/1.000001"))

    def test_questions_are_answered_whatever_they_hold(self):
        evil = urllib.parse.quote(self.MARKUP)
        for path in (f"/thu-tuc?q={evil}", f"/giu-lai?luat={evil}&don-vi={evil}&ma={evil}&ly-do={evil}", f"/so-cai?ma={evil}",
                     f"/thu-tuc/{evil}", f"/{evil}", f"/thu-tuc?trang={'9' * 30}", "/thu-tuc?trang=-1", "/thu-tuc?q=%00",
                     "/thu-tuc/%2e%2e", "//", "/en", "/vi/thu-tuc", f"/thu-tuc?q={'a' * 20000}", "/thu-tuc?q=%F0%9F%98%80",
                     "/so-cai?luot=0", "/giu-lai?ket-qua=%27%20OR%201=1", "/thu-tuc/1.000001?tu=x"):
            status, _, page = self.pages.ask(path)
            self.assertIn(status, (200, 400, 404), path)
            self.assertNotIn("<script", page, path)

    def raw(self, data, wait=True):
        connection = socket.create_connection(("127.0.0.1", self.pages.listen), timeout=30)
        connection.sendall(data)
        answer = b""
        while wait:
            try:
                piece = connection.recv(65536)
            except ConnectionResetError:
                break
            if not piece:
                break
            answer += piece
        connection.close()
        return answer

    def test_a_request_has_bounds(self):
        host = b"Host: localhost\r\nConnection: close\r\n"
        for data, statuses in (
                (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + host + b"\r\n", (b"414", b"431", b"400")),
                (b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 100_000 + b"\r\n\r\n", (b"431", b"400", b"413")),
                (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", (b"400",)),
                (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", (b"400",)),
                (b"GET / HTTP/1.1\r\n" + host + b"Content-Length: 9\r\n\r\n123456789", (b"413", b"400")),
                (b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n", (b"405", b"413", b"400")),
                (b"\x16\x03\x01\x02\x00", (b"",))):
            answer = self.raw(data) if data[0] != 0x16 else self.raw(data, wait=False)
            status = answer.split(b" ", 2)[1] if answer else b""
            self.assertIn(status, (*statuses, b""), (data[:60], answer[:200]))

    def test_many_readers_at_once_and_slow_ones_beside_them(self):
        slow = []
        for _ in range(50):  # half a request each
            connection = socket.create_connection(("127.0.0.1", self.pages.listen), timeout=30)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            slow.append(connection)
        for _ in range(20):  # a large answer that is not read
            connection = socket.create_connection(("127.0.0.1", self.pages.listen), timeout=30)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /thu-tuc?tai=json HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.append(connection)
        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda number: self.pages.ask(("/", "/thu-tuc", "/giu-lai")[number % 3])[0], range(200)))
        for connection in slow:
            connection.close()
        self.assertEqual(set(answers), {200})


class Places(Night):
    def test_only_this_machine_may_be_listened_at(self):
        for listen in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.org:80", "8630", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:99999999999999999999", "unix:"):
            done = self.place.run("console", "--listen", listen)
            self.assertEqual(done.code, 2, (listen, done))

    def test_it_answers_to_the_name_of_the_address_it_listens_at(self):
        pages = Pages(self.place, listen="127.0.0.2:0")
        self.addCleanup(pages.stop)
        for host, status in ((f"127.0.0.2:{pages.listen}", 503), ("127.0.0.3", 400), ("127.0.0.20", 400)):
            connection = http.client.HTTPConnection("127.0.0.2", pages.listen, timeout=30)
            connection.request("GET", "/", headers={"Host": host})
            self.assertEqual(connection.getresponse().status, status, host)

    def test_a_unix_socket_needs_no_host_and_a_left_over_one_is_no_hindrance(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        path = self.place.folder / "console.sock"
        pages = Pages(self.place, listen=f"unix:{path}")
        self.assertEqual(path.stat().st_mode & 0o777, 0o660)
        self.assertIn("1", pages.page("/"))
        pages.stop()
        again = Pages(self.place, listen=f"unix:{path}")
        self.assertIn("1", again.page("/"))
        done = self.place.run("--language", "en", "console", "--listen", f"unix:{path}")
        self.assertEqual(done.code, 3)
        self.assertIn("Address already in use; is a console running already?", done.stderr)
        again.stop()

    def test_what_is_no_socket_is_not_listened_at(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        there = self.place.write("data.json", "precious")
        done = self.place.run("--language", "en", "console", "--listen", f"unix:{there}")
        self.assertEqual(done.code, 2, done)
        self.assertIn("no socket", done.stderr)
        self.assertNotIn("is a console running", done.stderr)
        self.assertEqual(there.read_text(), "precious")
        done = self.place.run("--language", "en", "console", "--listen", f"unix:{self.place.folder}/nowhere/console.sock")
        self.assertEqual(done.code, 3, done)
        self.assertIn("No such file or directory", done.stderr)
        self.assertNotIn("is a console running", done.stderr)

    def test_the_process_can_write_nothing_but_its_own_temporary_folder(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        pages = Pages(self.place)
        self.assertIn("1.000001", pages.page("/thu-tuc"))
        status = dict(line.split(":\t", 1) for line in
                      open(f"/proc/{pages.running.process.pid}/status", encoding="ascii").read().splitlines() if ":\t" in line)
        self.assertEqual((status["Seccomp"], status["NoNewPrivs"]), ("2", "1"))
        pages.stop()

    def test_without_a_store_pages_say_that_nothing_has_been_run(self):
        pages = Pages(self.place)
        self.assertIn("nothing has been run", pages.page("/", 503))
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        self.assertIn("<b>1</b>", pages.page("/"))
        pages.stop()

    def test_a_store_that_was_handed_over_is_shown_without_a_configuration_and_left_as_it_is(self):
        self.place.records(*procedures(3))
        self.place.run("run")
        folder = self.place.folder / "handed"
        folder.mkdir()
        shutil.copy(self.place.store, folder / "other.db")
        (self.place.folder / "congkhai.yaml").rename(self.place.folder / "congkhai.yaml.away")
        pages = Pages(self.place, "--store", str(folder / "other.db"))
        self.assertIn("UBND thành phố Cần Thơ", pages.page("/"))
        self.assertIn("1.000002", pages.page("/thu-tuc"))
        self.assertIn('class="verdict good"', pages.page("/so-cai"))
        (self.place.folder / "congkhai.yaml.away").rename(self.place.folder / "congkhai.yaml")
        self.place.records(*procedures(5))
        self.place.run("run")
        shutil.copy(self.place.store, folder / "other.db")
        wait_until(lambda: "1.000005" in pages.page("/thu-tuc"), "the other store is seen")
        pages.stop()
        self.assertEqual([path.name for path in folder.iterdir()], ["other.db"])

    def test_an_index_that_a_stranger_put_there_says_nothing_that_the_store_does_not(self):
        self.place.records(procedure("1.000001", name="Đăng ký khai sinh"), procedure("1.000002", name="Đăng ký khai tử"))
        self.place.run("run")
        index = self.place.store.parent / "congkhai.db.search"
        first, *lines = index.read_text(encoding="utf-8").splitlines()
        index.write_text("\n".join([first, "6.666666\tgia mao dang ky", "1.000001\tgia mao dang ky", ""]), encoding="utf-8")
        pages = Pages(self.place)
        page = pages.page("/thu-tuc?q=gia+mao")
        self.assertNotIn("6.666666", page)
        self.assertIn("Đăng ký khai sinh", page)
        pages.stop()
        for content in (None, "", first.replace(first.split()[2], "0" * 64) + "\n6.666666\tkhai tu\n", "\0" * 1000, first[:30]):
            index.unlink(missing_ok=True)
            if content is not None:
                index.write_text(content, encoding="utf-8")
            pages = Pages(self.place)
            page = pages.page("/thu-tuc?q=khai+tu")
            self.assertIn("1.000002", page, content)
            self.assertNotIn("6.666666", page)
            pages.stop()

    def test_at_its_end_it_has_given_everything_back(self):
        """Without locks the sanitizers can look for what was not given back."""
        self.place.configure(sandbox="off", language="vi")
        self.place.records(*procedures(5), procedure("1.000099", name=None))
        self.place.run("run")
        pages = Pages(self.place)
        for path in ("/", "/giu-lai", "/thu-tuc?q=thu+tuc", "/thu-tuc/1.000001", "/bao-cao/so-luong", "/bao-cao/cong-bo", "/luot-chay/1",
                     "/so-cai", "/en/so-cai/kiem-tra", "/thu-tuc?tai=xlsx&bang=thu-tuc", "/khong-co", "/thu-tuc/1.000001?tai=chung-minh"):
            pages.ask_bytes(path)
        self.place.records(*procedures(9))
        self.place.run("run")
        pages.page("/bao-cao/so-luong")
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
        with opened(self.place.store) as database:
            database.execute(sql)

    def test_each_kind_of_forgery_is_told(self):
        self.place.records(*procedures(3))
        self.place.run("run")
        shutil.copytree(self.place.store.parent, self.place.folder / "kept")
        pages = Pages(self.place)
        for sql in ("UPDATE payload SET bytes = replace(bytes, 'Thủ tục 1.000002', 'Thủ tục 6.666666')",
                    "UPDATE procedure_state SET held_status = 'abolished' WHERE code = '1.000002'",
                    "DELETE FROM ledger WHERE seq = 5",
                    "DROP VIEW audit_versions; CREATE VIEW audit_versions AS SELECT 1 AS code"):
            self.assertIn("<b>3</b>", pages.page("/"))
            if sql.startswith("DROP"):
                connection = sqlite3.connect(self.place.store)
                connection.executescript(sql)
                connection.close()
            else:
                self.forge(sql)
            for path in ("/", "/thu-tuc/1.000002", "/luot-chay/1"):
                page = pages.page(path, 503)
                self.assertIn('class="alarm"', page, (sql, path))
                self.assertNotIn("6.666666", page)
            wait_until(lambda: 'class="alarm"' in pages.page("/so-cai/kiem-tra"), f"the verification tells of {sql}")
            for name in ("congkhai.db", "congkhai.db-wal", "congkhai.db-shm"):
                (self.place.store.parent / name).unlink(missing_ok=True)
            shutil.copy(self.place.folder / "kept" / "congkhai.db", self.place.store)
        pages.stop()

    def test_a_half_written_file_is_told(self):
        self.place.records(*procedures(3))
        self.place.run("run")
        whole = self.place.store.read_bytes()
        self.place.store.write_bytes(whole[:len(whole) // 2])
        pages = Pages(self.place)
        self.assertNotIn("1.000001", pages.page("/thu-tuc", 503))
        self.place.store.write_bytes(b"this is no database" * 1000)
        self.assertIn('role="alert"', pages.page("/", 503))
        pages.stop()

    def test_pages_are_whole_while_a_night_goes_on(self):
        self.place.configure(language="vi")
        self.place.records(*procedures(200))
        self.assertEqual(self.place.run("run").code, 0)
        pages = Pages(self.place)
        self.place.records(*procedures(200, notes="Ghi chú"))
        night, seen = self.place.start("run"), set()
        while night.alive():
            for path in ("/", "/thu-tuc", "/so-cai"):
                page = pages.page(path)
                seen.add(re.search(r"đến sự kiện (\d+)", page)[1])
        self.assertEqual(night.wait().code, 0)
        wait_until(lambda: "đến sự kiện " + str(self.place.one("SELECT max(size) FROM checkpoint")) in pages.page("/"), "head")
        self.assertIn('class="verdict good"', pages.page("/"))
        pages.stop()

    def test_while_a_run_is_at_work_a_page_is_made_once_a_second(self):
        with Simulator("--delay", "100") as portal, Place(portal) as place:
            place.configure(language="vi")
            place.change_portal(in_flight=1)
            place.records(procedure("9.000001"))
            place.run("run")
            place.records(*procedures(40))
            pages, seen, asked, began = Pages(place), set(), 0, time.monotonic()
            night = place.start("run")
            while night.alive():
                seen.add(pages.page("/so-cai"))
                asked += 1
            seconds = time.monotonic() - began
            self.assertEqual(night.wait().code, 0)
            head = place.one("SELECT max(size) FROM checkpoint")
            self.assertIn(f"đến sự kiện {head}", pages.page("/so-cai"))
            self.assertGreater(asked, 3 * len(seen))
            # One a second, and those around its beginning and end; each commit would be forty.
            self.assertLessEqual(len(seen), 1.5 * seconds + 6)
            pages.stop()

    def test_a_socket_that_was_handed_over_is_listened_at(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        path = str(self.place.folder / "given.sock")
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        listening.listen()
        number = listening.fileno()

        def hand_over():
            os.dup2(number, 3)
            os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"] = str(os.getpid()), "1"

        running = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", BUILD / "congkhai", "--config",
             self.place.folder / "congkhai.yaml", "console"], env=environment(self.place), stderr=subprocess.PIPE, text=True,
            preexec_fn=hand_over, close_fds=False)
        self.assertIn("given.sock", running.stderr.readline())
        connection = http.client.HTTPConnection("console", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(path)
        connection.request("GET", "/")
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        running.send_signal(signal.SIGTERM)
        self.assertEqual(running.wait(60), 0)
        running.stderr.close()
        listening.close()

    def test_a_socket_that_was_handed_over_and_is_open_to_others_is_refused_by_its_own_address(self):
        listening = socket.create_server(("0.0.0.0", 0))
        done = subprocess.run(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", BUILD / "congkhai", "--language", "en", "--config",
             self.place.folder / "congkhai.yaml", "console"], env=environment(self.place), stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.dup2(listening.fileno(), 3), close_fds=False, timeout=60)
        listening.close()
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("listens at 0.0.0.0:", done.stderr)
        self.assertIn("ListenStream=", done.stderr)

    def test_its_temporary_folder_goes_with_it_however_it_ends(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        temporary = self.place.folder / "temporary"
        temporary.mkdir()
        self.place.environment["TMPDIR"] = str(temporary)
        taken = socket.create_server(("127.0.0.1", 0))
        done = self.place.run("console", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        taken.close()
        self.assertEqual((done.code, list(temporary.iterdir())), (3, []), done)
        pages = Pages(self.place)
        self.assertEqual(pages.ask_bytes("/thu-tuc?tai=xlsx")[0], 200)
        self.assertEqual(len(list(temporary.iterdir())), 1)
        pages.stop()
        self.assertEqual(list(temporary.iterdir()), [])
        pages = Pages(self.place)
        pages.running.signal(signal.SIGKILL)
        pages.running.wait()
        wait_until(lambda: not list(temporary.iterdir()), "its folder is removed")

    @unittest.skipUnless(shutil.which("nginx"), "there is no nginx")
    def test_the_proxy_of_the_documents_asks_for_an_account(self):
        self.place.records(procedure("1.000001"))
        self.place.run("run")
        folder = self.place.folder
        pages = Pages(self.place, listen=f"unix:{folder}/console.sock")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                       check=True, capture_output=True)
        secret = subprocess.run(["openssl", "passwd", "-apr1", "a password"], check=True, capture_output=True, text=True)
        self.place.write("accounts", f"kiemtoan:{secret.stdout}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "console.md").read_text(encoding="utf-8"), re.S)[1]
        for there, here in (("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"), ("/etc/ssl/certs/tthc.pem", "certificate.pem"),
                            ("/etc/ssl/private/tthc.key", "key.pem"), ("/etc/congkhai/console.htpasswd", "accounts"),
                            ("/run/congkhai/console.sock", f"{folder}/console.sock")):
            self.assertIn(there, server)
            server = server.replace(there, here if "/" in here or " " in here else f"{folder}/{here}")
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.getuid() == 0 else ""
        self.place.write("nginx.conf", f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1;"
                                       f"events {{}} http {{ access_log off; {temporary} {server} }}")
        proxy = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)

        def ask(path, *arguments):
            return subprocess.run(["curl", "-sk", "-o", folder / "answer", "-w", "%{http_code}", *arguments,
                                   f"https://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout

        try:
            wait_until(lambda: ask("/") != "000", "nginx answers")
            account = ("-u", "kiemtoan:a password")
            self.assertEqual(ask("/"), "401")
            self.assertEqual(ask("/", "-u", "kiemtoan:another"), "401")
            self.assertEqual(ask("/thu-tuc/1.000001?ngay=2026-01-01", *account), "200")
            self.assertEqual(ask("/", *account, "-d", "x=1"), "403")
        finally:
            proxy.terminate()
            proxy.wait(30)
        pages.stop()
