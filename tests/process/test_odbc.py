"""A department's database behind ODBC: the whole program against a SQLite file through Debian's driver for it."""

import contextlib
import glob
import pathlib
import sqlite3
import subprocess
import unittest

from harness import BUILD, Place, PROGRAM, SANITIZED, Simulator

DRIVERS = glob.glob("/usr/lib/*/odbc/libsqlite3odbc.so")
SECRET = "mat;khau}kho-doan"
MAP = {"code": "ma", "name": "ten", "status": {"value": "announced"}, "decision.number": "so",
       "decision.signed_on": {"from": "ngay", "date": ["yyyy-MM-dd"]}, "conditions": "dieu kien", "notes": "ma (2)"}
QUERY = 'SELECT ma, ten, so, ngay, dai AS "dieu kien", gia AS ma FROM thu_tuc'
LONG = "Điều kiện được hưởng. " * 7000


@unittest.skipUnless(b"libodbc.so" in pathlib.Path(PROGRAM).read_bytes(), "this is built without ODBC (Debian: unixodbc-dev)")
@unittest.skipIf(SANITIZED, "a sanitizer's allocator does not outlive the fork that ODBC's process begins with")
@unittest.skipUnless(DRIVERS, "there is no ODBC driver for SQLite here (Debian: libsqliteodbc)")
class Odbc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.portal = Simulator("--memory", "--token", "a-token")

    @classmethod
    def tearDownClass(cls):
        cls.portal.stop()

    def setUp(self):
        self.portal.reset()
        self.place = self.new_place()

    def new_place(self):
        place = Place(self.portal)
        self.addCleanup(place.close)
        place.write("odbcinst.ini", f"[mau]\nDriver = {DRIVERS[0]}\n")
        place.write("odbc.ini", f"[motcua]\nDriver = mau\nDatabase = {place.folder}/in.db\n")
        place.write("mat-khau", SECRET + "\n")
        place.environment.update(A_TOKEN="a-token", ODBCSYSINI=str(place.folder), ODBCINI=str(place.folder / "odbc.ini"))
        # libodbcinst keeps what it read of odbc.ini until the driver that loaded it goes, and loses it then: no leak of ours.
        place.environment["ASAN_OPTIONS"] = place.environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        place.change_portal(auth={"bearer": "${env:A_TOKEN}"})
        with contextlib.closing(sqlite3.connect(place.folder / "in.db")) as database:
            database.execute("CREATE TABLE thu_tuc (ma TEXT, ten TEXT, so TEXT, ngay DATE, dai TEXT, gia REAL)")
            database.executemany("INSERT INTO thu_tuc VALUES (?, ?, ?, ?, ?, ?)", [
                ("1.001640", "Đăng ký kết hôn", "12/QĐ-UBND", "2026-01-31", None, 1.5),
                ("1.001641", "Đa\u0306ng ky\u0301 khai sinh", "13/QĐ-UBND", "2026-02-01", LONG, None),
                ("1.001642", "Cấp bản sao 𠀋", "14/QĐ-UBND", None, "", 1001640)])
            database.commit()
        self.fetch(place, odbc="DSN=motcua;PWD=${file:mat-khau}")
        return place

    def fetch(self, place, query=QUERY, **fetch):
        place.change_source(format="rows", records=None, key="ma", fetch={"query": query, **fetch}, map=MAP)

    def content(self, place):
        """The file as it stands, and no journal beside it."""
        return place.folder.joinpath("in.db").read_bytes(), sorted(p.name for p in place.folder.glob("in.db*"))

    def expect(self, done, code, *words):
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)
        self.assertNotIn(SECRET, done.stdout + done.stderr)
        return done

    def no_secret(self, place, secret=SECRET):
        files = [path for path in pathlib.Path(place.store).parent.rglob("*") if path.is_file()
                 and path.name not in ("mat-khau", "congkhai.yaml")]
        self.assertIn(pathlib.Path(place.store).name, [path.name for path in files])
        for path in files:
            self.assertNotIn(secret.encode(), path.read_bytes(), path)

    def test_the_same_records_as_from_the_file_itself(self):
        before = self.content(self.place)
        self.expect(self.place.run("run"), 0)
        digests = self.place.sql("SELECT code, content_digest FROM audit_current ORDER BY code")
        self.assertEqual([code for code, _ in digests], ["1.001640", "1.001641", "1.001642"])
        self.assertEqual(self.content(self.place), before)
        self.no_secret(self.place)
        other = self.new_place()
        self.fetch(other, sqlite="in.db")
        self.portal.reset()
        self.expect(other.run("run"), 0)
        self.assertEqual(other.sql("SELECT code, content_digest FROM audit_current ORDER BY code"), digests)
        self.expect(self.place.run("--language", "en", "extract"), 0)
        self.assertEqual(self.place.last_run()["changed"], 0)

    def test_check_shows_the_first_record_and_warns_of_a_password(self):
        done = self.expect(self.place.run("--json", "check", "--online"), 0)
        first = done.json["sources"][0]
        self.assertEqual(first["locator"], "motcua#1")
        self.assertEqual(first["procedure"]["name"], "Đăng ký kết hôn")
        self.assertEqual(first["procedure"]["notes"], "1.5")
        self.fetch(self.place, odbc="DSN=motcua;PWD=viet-thang-ra")
        done = self.expect(self.place.run("--language", "en", "check"), 0, 'the secret "odbc" is written out')
        self.assertNotIn("viet-thang-ra", done.stdout + done.stderr)
        self.expect(self.place.run("run"), 0)
        self.no_secret(self.place, "viet-thang-ra")

    def test_a_driver_that_is_not_there_shows_no_secret(self):
        self.expect(self.place.run("run"), 0)
        self.place.environment["DRIVER"] = f"/nowhere/{SECRET}.so"
        for connection in ("Driver=${env:DRIVER};PWD=${file:mat-khau}", "DSN=khong-co;PWD=${file:mat-khau}"):
            self.fetch(self.place, odbc=connection)
            self.expect(self.place.run("--language", "en", "run"), 3, "ODBC cannot connect", "[unixODBC]")
            self.assertEqual(self.place.last_run()["missing"], 0)
            self.expect(self.place.run("--language", "en", "check", "--online"), 3, "ODBC cannot connect")
        self.no_secret(self.place)

    def test_a_bad_query_stops_the_source(self):
        self.expect(self.place.run("run"), 0)
        self.fetch(self.place, query="SELECT khong_co FROM thu_tuc", odbc="DSN=motcua;PWD=${file:mat-khau}")
        self.expect(self.place.run("--language", "en", "run"), 3, "motcua: the database refuses the query: HY000 ",
                    "no such column: khong_co")
        self.assertEqual(self.place.last_run()["missing"], 0)

    @unittest.skipUnless((BUILD / "congkhai-faults").exists(), "build/congkhai-faults is not built")
    def test_what_a_driver_may_do(self):
        with contextlib.closing(sqlite3.connect(self.place.folder / "in.db")) as database:
            database.execute("UPDATE thu_tuc SET ten = 'congkhai-fault:fetcher:probe........' WHERE ma = '1.001640'")
            database.commit()
        environment = {**self.place.environment, "CONGKHAI_FAULT_FILE": str(self.place.store)}
        self.expect(self.place.run("run", program=BUILD / "congkhai-faults", env=environment), 0)
        # Sockets it has (the second is a Unix one); not: read and write the store, write, signal, trace, run a program.
        self.assertEqual(self.portal.held()["1.001640"]["content"]["name"], "congkhai-fault:fetcher:probeDDrrrrrr")

    def test_a_driver_that_crashes_or_hangs_takes_nothing_along(self):
        bad = BUILD / "tests" / "support" / "odbc_driver.so"
        if not bad.exists():
            self.skipTest("the driver that misbehaves is not built (make unit-tests)")
        one = {**self.place.configuration["sources"][0], "fetch": {"odbc": "DSN=motcua", "query": QUERY}}
        bads = [{**one, "name": f"bad{i}", "fetch": {"odbc": f"Driver={bad};{how}", "query": "SELECT x", "timeout": "100ms"}}
                for i, how in enumerate(("QUERY=crashes", "LOGIN=hangs"))]
        self.place.configure(sources=[*bads, one])
        done = self.expect(self.place.run("--language", "en", "run"), 3, "the ODBC driver crashed (signal 4)",
                           "the ODBC driver has not answered")
        self.assertEqual(len(self.portal.held()), 3, done)
        self.assertEqual(subprocess.run(["pgrep", "-f", str(self.place.folder)], capture_output=True).stdout, b"")

    def test_no_query_writes(self):
        before = self.content(self.place)
        for query in ("INSERT INTO thu_tuc (ma) VALUES ('9')", "UPDATE thu_tuc SET ten = ''", "DROP TABLE thu_tuc",
                      "SELECT * FROM thu_tuc; DELETE FROM thu_tuc"):
            self.fetch(self.place, query=query, odbc="DSN=motcua;PWD=${file:mat-khau}")
            self.expect(self.place.run("--language", "en", "extract"), 2, "only one SELECT is allowed here")
        self.fetch(self.place, query="WITH x AS (SELECT 1) DELETE FROM thu_tuc", odbc="DSN=motcua;PWD=${file:mat-khau}")
        self.expect(self.place.run("--language", "en", "extract"), 2, "with DELETE it writes")
        with contextlib.closing(sqlite3.connect(self.place.folder / "in.db")) as database:
            self.assertEqual(database.execute("SELECT count(*) FROM thu_tuc").fetchone(), (3,))
        self.assertEqual(self.content(self.place)[1], before[1])


if __name__ == "__main__":
    unittest.main()
