"""Sources of every kind, and as hostile as they come: the whole program against a simulator that serves pages."""

import json
import re
import shutil
import sqlite3
import subprocess
import time
import unittest
import zipfile

from harness import Night, Place, ROOT, SANITIZED, Simulator, lines, procedure, procedures, slow, fill_in

SOUND = procedures(7)


class Pages(unittest.TestCase):
    """A night from pages, with a simulator of its own for the source's faults."""

    @classmethod
    def setUpClass(cls):
        cls.serving = Place()
        cls.serving.write("pages.json", json.dumps(SOUND, ensure_ascii=False))
        cls.serving.write("files/list.json", json.dumps({"data": {"items": SOUND}}, ensure_ascii=False))
        cls.source = Simulator("--memory", "--pages", cls.serving.folder / "pages.json", "--serve",
                               cls.serving.folder / "files", "--token", "a-token")
        cls.base = cls.source.url[:-len("/v1")]

    @classmethod
    def tearDownClass(cls):
        cls.source.stop()
        cls.serving.close()

    def setUp(self):
        self.source.reset()
        self.place = Place(self.source)
        self.addCleanup(self.place.close)
        self.place.environment["A_TOKEN"] = "a-token"

    def fetch(self, path, records="/items", **more):
        self.place.change_source(format="json", records=records, fetch={
            "url": self.base + path, "retry": {"attempts": 2, "first": "10ms"}, **more})

    def extract(self, code, *words):
        done = self.place.run("extract")
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertRegex(done.stdout + done.stderr, word)
        return done

    def present(self):
        return self.place.one("SELECT count(*) FROM record WHERE present = 1")

    def test_a_whole_night_from_pages_then_one_that_is_not_modified(self):
        self.place.change_portal(auth={"bearer": "${env:A_TOKEN}"})
        self.fetch("/pages?size=3", pages={"next": "/next"})
        done = self.place.run("run")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.place.last_run()["published"], len(SOUND))
        self.fetch("/files/list.json", records="/data/items")
        self.assertEqual(self.place.run("run").code, 0)
        self.assertEqual(self.place.last_run()["sent"], 0, "the same procedures from another place are no news")
        before = self.source.stats()["by_status"].get("304", 0)
        self.assertEqual(self.place.run("run").code, 0)
        night = self.place.last_run()
        self.assertEqual(self.source.stats()["by_status"].get("304", 0), before + 1)
        self.assertEqual((night["seen"], night["changed"], night["missing"]), (len(SOUND), 0, 0))

    def test_a_page_that_does_not_come_leaves_the_listing_standing(self):
        self.fetch("/pages?size=2", pages={"next": "/next"})
        self.extract(0)
        for fault in ("kind=status:503,on=pages,skip=2", "kind=reset,on=pages,skip=2", "kind=cut,on=pages,skip=2",
                      "kind=html-200,on=pages,skip=2", "kind=garbage,on=pages,skip=2", "kind=empty,on=pages,skip=2",
                      "kind=status:403,on=pages,skip=2"):
            self.source.faults(fault)
            done = self.place.run("extract")
            self.assertIn(done.code, (0, 3), (fault, done))
            self.assertEqual(self.place.last_run()["missing"], 0, fault)
            self.assertEqual(self.present(), len(SOUND), fault)
            self.assertTrue(done.stderr.strip(), fault)
        self.source.faults()
        self.extract(0)
        self.assertEqual(self.place.last_run()["missing"], 0)

    def test_what_is_transient_is_tried_again(self):
        self.fetch("/pages?size=2", pages={"next": "/next"})
        self.source.faults("kind=status:502,on=pages,every=2")
        self.extract(0)
        self.assertEqual(self.present(), len(SOUND))

    def test_a_web_page_where_json_was_promised_is_not_staged(self):
        self.fetch("/pages")
        self.source.faults("kind=html-200,on=pages")
        self.extract(3, "Request Rejected")
        self.assertEqual(self.place.one("SELECT count(*) FROM record"), 0)

    def test_chains_without_an_end(self):
        self.fetch("/loop", pages={"next": "/next"})
        self.extract(3, "turn in a circle")
        self.fetch("/endless", pages={"next": "/next", "most": 30})
        self.extract(3, "more than 30 pages")

    def test_redirects(self):
        self.fetch(f"/redirect?to={self.base}/pages")
        self.extract(0)
        there = self.base.replace("127.0.0.1", "localhost")
        self.fetch(f"/redirect?to={there}/pages")
        self.extract(3, "redirects to http://localhost")
        self.fetch("/redirect?to=file:///etc/passwd", redirects="any")
        self.extract(3)
        self.assertEqual(self.place.one("SELECT count(*) FROM payload WHERE CAST(bytes AS TEXT) LIKE '%root:%'"), 0)

    def test_a_pause_between_two_requests_is_kept(self):
        self.fetch("/pages?size=2", pages={"next": "/next"}, pause="300ms")
        begun = time.monotonic()
        self.extract(0)
        self.assertEqual(self.present(), len(SOUND))
        self.assertGreater(time.monotonic() - begun, 0.3 * ((len(SOUND) + 1) // 2 - 1))

    @slow
    def test_a_server_that_drips(self):
        self.fetch("/pages", stall="2s", retry={"attempts": 1})
        self.source.faults("kind=drip:200,on=pages")
        begun = time.monotonic()
        self.extract(3)
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(self.place.one("SELECT count(*) FROM record"), 0)

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not here to make a certificate")
    def test_a_certificate_of_another_name(self):
        key, certificate = self.place.folder / "key.pem", self.place.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=another.example", "-addext",
                        "subjectAltName=DNS:another.example"], check=True, capture_output=True)
        with Simulator("--memory", "--pages", self.serving.folder / "pages.json", "--tls-certificate", certificate,
                       "--tls-key", key) as secure:
            url = secure.url[:-len("/v1")] + "/pages"
            for ca in ({}, {"ca": "certificate.pem"}):
                self.place.change_source(format="json", records="/items", fetch={"url": url, **ca})
                self.extract(3, "no safe connection")
        self.assertEqual(self.place.one("SELECT count(*) FROM record"), 0)

    def test_secrets_stay_secret(self):
        self.fetch("/bearer/pages?key=${env:A_TOKEN}", auth={"bearer": "${env:A_TOKEN}"})
        done = self.extract(0)
        self.fetch("/basic/pages?key=${env:A_TOKEN}", auth={"bearer": "${env:A_TOKEN}"})
        wrong = self.extract(3, "HTTP 401")
        store = self.place.store.read_bytes()
        for wal in self.place.store.parent.glob("*-wal"):
            store += wal.read_bytes()
        self.assertNotIn(b"a-token", store)
        self.assertNotIn("a-token", done.stdout + done.stderr + wrong.stdout + wrong.stderr)
        self.assertIn("${env:A_TOKEN}", self.place.one("SELECT min(locator) FROM record"))


class Examples(Night):
    """The examples of the shapes that no folder of records has, against the simulator that serves them."""

    options = ("--memory", "--mapi-user", "me:pw", "--session-requests", "5")

    def example(self, name):
        shutil.copytree(ROOT / "config", self.place.folder / "config")
        path = self.place.folder / "config" / "examples" / f"{name}.yaml"
        text = path.read_text(encoding="utf-8").replace("http://127.0.0.1:8080", self.portal.url[:-len("/v1")])
        path.write_text(text, encoding="utf-8")
        self.place.environment.update(CONGKHAI_MAPI_USER="me", CONGKHAI_MAPI_PASSWORD="pw", CONGKHAI_MAPI_DSTCODE="x")
        self.place.store = path.parent / re.search(r"(?m)^store: (\S+)", text)[1]
        return path

    def test_the_public_portal_page_by_page_and_one_by_one(self):
        path = self.example("public-portal")
        self.expect(self.place.run("--config", path, "check", "--online"), 0)
        self.expect(self.place.run("--language", "en", "--config", path, "extract"), 0)
        self.assertEqual(self.place.last_run()["seen"], 8)
        self.assertIn(self.place.run("--config", path, "transform").code, (0, 1))
        codes = [code for code, in self.place.sql("SELECT code FROM record ORDER BY code")]
        self.assertTrue(all(re.fullmatch(r"[1-6]\.90\d{4}", code) for code in codes), codes)
        self.assertIn(self.place.run("--config", path, "extract").code, (0, 1))
        self.assertEqual(self.place.last_run()["changed"], 0)

    def test_the_adapter_with_sessions_that_expire(self):
        self.place.records(*SOUND)
        self.expect(self.place.run("run"), 0)
        path = self.example("adapter-mapi")
        self.expect(self.place.run("--language", "en", "--config", path, "extract"), 0)
        self.assertEqual(self.place.last_run()["seen"], len(SOUND))
        self.assertGreater(self.portal.stats()["logins"], 1)
        self.place.environment["CONGKHAI_MAPI_PASSWORD"] = "wrong"
        done = self.expect(self.place.run("--language", "en", "--config", path, "extract"), 3, "check user and password")
        self.assertNotIn("wrong", done.stdout + done.stderr)
        self.assertEqual(self.place.last_run()["missing"], 0)


class Proposals(unittest.TestCase):
    """init --from looks at real input and writes what check takes."""

    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)

    def propose(self, what):
        target = self.place.folder / "new"
        shutil.rmtree(target, ignore_errors=True)
        done = self.place.run("init", "--from", what, target)
        self.assertEqual(done.code, 0, done)
        fill_in(target / "congkhai.yaml")
        text = (target / "congkhai.yaml").read_text(encoding="utf-8")
        done = self.place.run("--config", target / "congkhai.yaml", "check")
        self.assertEqual(done.code, 0, (done, text))
        return text

    def test_lines_arrays_and_tables(self):
        records = [{"ma_thu_tuc": f"1.00000{i}", "Tên thủ tục": f"Thủ tục {i}", "ngay_ky": "1/2/2025",
                    "trinh_tu": ["Nộp", "Nhận"], "can_cu": [{"so": "1/2025/NĐ-CP", "ten": "Nghị định"}]} for i in range(3)]
        text = self.propose(self.place.write("in.ndjson", lines(records)))
        for part in ("format: ndjson", "key: /ma_thu_tuc", "code: /ma_thu_tuc", "name: /Tên thủ tục",
                     "decision.signed_on: { from: /ngay_ky, date: [d/M/yyyy] }", "steps: { each: /trinh_tu",
                     "legal_bases: { each: /can_cu, map: { number: /so, title: /ten } }"):
            self.assertIn(part, text)
        text = self.propose(self.place.write("in.json", json.dumps({"total": 3, "data": {"items": records}})))
        self.assertIn("records: /data/items", text)
        csv = "Mã TTHC;Tên TTHC;Kết quả\r\n1.000001;\"Một\nhai\";Giấy\r\n1.000002;b;Thẻ\r\n"
        text = self.propose(self.place.write("in.csv", csv.encode("utf-16")))
        for part in ("format: csv", "encoding: utf-16", "code: Mã TTHC", "name: Tên TTHC", "results: { from: Kết quả"):
            self.assertIn(part, text)

    def test_xml_with_namespaces_a_folder_and_a_database(self):
        xml = '<?xml version="1.0"?><s:E xmlns:s="urn:s" xmlns="urn:p"><s:B><ds>' + "".join(
            f"<tt><ma>1.00000{i}</ma><ten>T {i}</ten><trinhTu><b>Nộp</b></trinhTu></tt>" for i in range(3)) + "</ds></s:B></s:E>"
        text = self.propose(self.place.write("in.xml", xml))
        for part in ('namespaces: { n: "urn:p" }', 'records: "//n:ds/n:tt"', 'code: "n:ma"',
                     'steps: { each: "n:trinhTu/n:b", map: { text: . } }'):
            self.assertIn(part, text)
        for i in range(3):
            self.place.write(f"folder/{i}.json", json.dumps({"ma": f"1.00000{i}", "ten": "x"}))
        self.assertIn('match: "*.json"', self.propose(self.place.folder / "folder"))
        with sqlite3.connect(self.place.folder / "in.db") as database:
            database.execute("CREATE TABLE thu_tuc (ma TEXT, ten TEXT)")
            database.execute("INSERT INTO thu_tuc VALUES ('1.000001', 'Một')")
        text = self.propose(self.place.folder / "in.db")
        self.assertIn("format: rows", text)
        self.assertIn("SELECT * FROM", text)

    def test_a_workbook_with_a_cover_and_a_heading_of_two_rows(self):
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

        def sheet(rows, merged=""):
            cells = "".join(f'<row r="{number}">' + "".join(f'<c r="{place}{number}" t="str"><v>{text}</v></c>' for place, text in row.items())
                            + "</row>" for number, row in enumerate(rows, 1))
            return f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData>{merged}</worksheet>'
        table = [{"A": "Mã số", "B": "Thông tin"}, {"B": "Tên thủ tục", "C": "Lĩnh vực"}] + [
            {"A": f"1.00000{i}", "B": f"Thủ tục {i}", "C": "Đất đai"} for i in range(3)]
        merged = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/></mergeCells>'
        links = "".join(f'<Relationship Id="r{i}" Type="{relation}/worksheet" Target="worksheets/s{i}.xml"/>' for i in (1, 2))
        path = self.place.folder / "in.xlsx"
        with zipfile.ZipFile(path, "w") as book:
            book.writestr("_rels/.rels", f'<Relationships><Relationship Id="r1" Type="{relation}/officeDocument" '
                                         'Target="xl/workbook.xml"/></Relationships>')
            book.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets><sheet name="Bìa" sheetId="1" '
                                             'r:id="r1"/><sheet name="Danh mục" sheetId="2" r:id="r2"/></sheets></workbook>')
            book.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{links}</Relationships>")
            book.writestr("xl/worksheets/s1.xml", sheet([{"A": "Trang bìa"}]))
            book.writestr("xl/worksheets/s2.xml", sheet(table, merged))
        text = self.propose(path)
        for part in ('sheet: "Danh mục"', "code: Mã số", "name: Thông tin / Tên thủ tục",
                     "fields: { from: Thông tin / Lĩnh vực, map: { name: . } }"):
            self.assertIn(part, text)

    def test_what_is_not_there(self):
        done = self.place.run("--language", "en", "init", "--from", "/nowhere/at/all", self.place.folder / "new")
        self.assertEqual(done.code, 2, done)
        self.assertIn("there is no file or folder /nowhere/at/all", done.stderr)


if __name__ == "__main__":
    unittest.main()
