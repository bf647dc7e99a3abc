"""The drivers mapi and folder, as the whole program uses them: the adapter of the simulator, an adapter that names everything
otherwise, and packages that a carrier brings to a portal and receipts he brings back."""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from harness import Night, Place, SANITIZED, procedure, procedures, slow, wait_until

PASSWORD = "mật khẩu của tỉnh"


def codes(count, first=1):
    return [f"1.{number:06d}" for number in range(first, first + count)]


def mapi(address, **changes):
    """A portal's configuration for an adapter below this URL."""
    settings = {"driver": "mapi", "url": address, "login": {"username": "tinh", "password": "${env:ADAPTER_PASSWORD}", "dstcode": "VN:COM"},
                "push": {"service": "DongBoTTHC"}, "appears_within": "0s", "in_flight": 4, "timeout": "5s",
                "retry": {"attempts": 4, "first": "20ms", "most": "200ms"}}
    settings.update(changes)
    return {name: value for name, value in settings.items() if value is not None}


def place_for(test, portal):
    place = Place()
    test.addCleanup(place.close)
    place.environment["ADAPTER_PASSWORD"] = PASSWORD
    place.configure(portal=portal)
    return place


class Mapi(Night):
    options = ("--mapi-user", "tinh:" + PASSWORD, "--dstcode", "VN:COM")

    def setUp(self):
        self.portal.reset()
        self.base = self.portal.url.removesuffix("/v1") + "/XrdAdapter/RestService/forward/mapi"
        self.place = place_for(self, mapi(self.base))

    def held_names(self):
        return {code: entry["content"].get("TENTTHC") for code, entry in self.portal.held().items()}

    def test_nights_through_the_adapter(self):
        records = procedures(12)
        self.place.records(*records)
        self.expect(self.place.run("check", "--online"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts(), dict.fromkeys(codes(12), 1))
        self.check_accounts()
        held = self.portal.held()["1.000003"]["content"]
        self.assertEqual((held["MATTHC"], held["MACOQUANCONGBO"], held["TRANGTHAI"], held["IDQUYETDINHCONGBO"]),
                         ("1.000003", "H13", "announced", "12/QĐ-UBND"))
        self.assertEqual(held["TRINHTUTHUCHIEN"], [{"TRUONGHOP": "", "TRINHTU": [
            {"TENTRINHTU": "Nộp hồ sơ 1.000003"}, {"TENTRINHTU": "Nhận kết quả"}]}])
        requests = self.portal.requests()
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.requests(), requests, "a night without change sends nothing")
        records[2]["name"] = "Tên mới"
        records[4]["status"] = "abolished"
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts(), {**dict.fromkeys(codes(12), 1), "1.000003": 2, "1.000005": 2})
        self.assertEqual(self.held_names()["1.000003"], "Tên mới")
        self.assertEqual(self.portal.held()["1.000005"]["status"], "abolished")
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["published"], run["withdrawn"]), (2, 1, 1))
        self.assertEqual(self.place.sql("SELECT code FROM audit_current WHERE status = 'abolished'"), [("1.000005",)])
        self.check_accounts()
        everything = b"".join(path.read_bytes() for path in self.place.folder.rglob("*") if path.is_file())
        self.assertNotIn(PASSWORD.encode(), everything, "no secret is stored")

    def test_killed_in_the_middle_and_run_again(self):
        count = 60
        self.place.records(*procedures(count))
        for kill_after in (3, 17, 40):
            running = self.place.start("run")
            wait_until(lambda: self.portal.requests("mapi") >= kill_after or not running.alive(), "some requests")
            running.signal(signal.SIGKILL)
            running.wait()
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts(), dict.fromkeys(codes(count), 1))
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current"), count)
        self.check_accounts()

    def test_a_refused_login_stops_the_run_with_everything_pending(self):
        self.place.environment["ADAPTER_PASSWORD"] = "falsch"
        self.place.records(*procedures(5))
        done = self.expect(self.place.run("run"), 3, "opens no session for .tinh.", "portal.login", "stays pending")
        self.assertNotIn("falsch", done.stderr + done.stdout)
        self.assertEqual(self.place.last_run()["sent"], 0)
        self.expect(self.place.run("check", "--online"), 3, "opens no session")
        self.place.environment["ADAPTER_PASSWORD"] = PASSWORD
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.effect_counts(), dict.fromkeys(codes(5), 1))

    def test_an_operator_settles_what_another_hand_put_there(self):
        records = procedures(2)
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        self.portal.faults("kind=conflict,on=mapi,code=1.000001,count=1")
        records[0]["name"] = "Tên mới"
        self.place.records(*records)
        self.expect(self.place.run("run"), 1, "1 in conflict")
        self.assertNotEqual(self.held_names()["1.000001"], "Tên mới")
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("reconcile", "--overwrite", "1.000001", "--reason", "công văn số 1"), 0)
        effects = len(self.portal.effects())
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held_names()["1.000001"], "Tên mới")
        self.assertEqual(len(self.portal.effects()), effects + 1)
        records[0]["name"] = "Tên sau"
        self.place.records(*records)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.held_names()["1.000001"], "Tên sau")

    def test_an_adapter_that_is_not_there_stops_the_run(self):
        self.place.change_portal(url="http://127.0.0.1:9/mapi")
        self.place.records(*procedures(5))
        self.expect(self.place.run("run"), 3, "cannot be reached")
        self.place.change_portal(url=self.portal.url)
        self.expect(self.place.run("run"), 3, "does not serve what it is asked for .HTTP 40[45]")
        self.assertEqual(self.place.last_run()["sent"], 0)

    def test_a_configuration_that_cannot_be_is_exit_2(self):
        for changes, words in (
                ({"fields": {"TENTTHC": "nam"}}, r"congkhai.yaml:\d+:\d+: A procedure has no field .nam. .in .nam.*did you mean .name."),
                ({"push": {}}, "service"),
                ({"login": {"username": "a", "password": "${env:NOT_SET}"}}, "NOT_SET"),
                ({"url": "http://adapter.example/mapi"}, "would travel unencrypted"),
                ({"errors": {"expird": ["x"]}}, "did you mean .expired.")):
            self.place.configure(portal=mapi(self.base, **changes))
            self.expect(self.place.run("check"), 2, words)

    def test_the_password_never_travels_to_another_host(self):
        self.portal.faults("kind=redirect:http://127.0.0.1:9/mapi/login,on=login")
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 3, "sends elsewhere")


def certificates(folder):
    """A CA, a server's certificate for 127.0.0.1 and a client's, as paths."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE")
    for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
                "-subj", "/CN=" + name)
        (folder / "extension").write_text(extension + "\n")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                "extension", "-out", name + ".pem")
    return folder


class Strange(http.server.ThreadingHTTPServer):
    """An adapter with other names for everything, behind TLS, a client certificate and an API manager's tokens."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder=None, token=False):
        super().__init__(("127.0.0.1", 0), StrangeAnswer)
        self.held, self.effects, self.seen, self.sessions, self.tokens = {}, [], [], set(), set()
        self.wants_token, self.lock, self.tls = token, threading.Lock(), folder is not None
        self.calls_left, self.refused, self.ends_after_errors, self.busy = {}, 0, False, 0
        if folder:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(folder / "server.pem", folder / "server.key")
            context.load_verify_locations(folder / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        pass

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class StrangeAnswer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, status=200):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def give(self, **members):
        self.answer({"message": json.dumps({"ma": "00", **members}, ensure_ascii=False)})

    def do_POST(self):
        server = self.server
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        url = urllib.parse.urlsplit(self.path)
        with server.lock:
            server.seen.append(url.path)
            if url.path == "/token":
                assert base64.b64decode(self.headers["Authorization"].split()[1]) == b"id:secret"
                token = f"t{len(server.seen)}"
                server.tokens = {token}
                return self.answer({"access_token": token, "expires_in": 3600})
            if len(server.seen) % 40 == 0:
                server.tokens = set()
            if server.wants_token and self.headers.get("Authorization", "").removeprefix("Bearer ") not in server.tokens:
                server.refused += 1
                return self.answer({"fault": "Invalid Credentials"}, 401)
            return self.adapter(url, json.loads(text))

    def adapter(self, url, call):
        server = self.server
        if urllib.parse.parse_qs(url.query).get("dstcode") != ["VN:GOV:X Y"]:
            return self.give(ma="E7", loi="Sai dstcode")
        if url.path == "/mo/phien":
            if (call["taikhoan"], call["matkhau"]) != ("tinh", PASSWORD):
                return self.give(phien="")
            session = f"s{len(server.seen)}"
            server.sessions.add(session)
            server.calls_left[session] = 9
            return self.give(phien=session)
        session = call["phien"]
        server.calls_left[session] = server.calls_left.get(session, 0) - 1
        if server.calls_left[session] < 0:
            return self.give(ma="E1", loi="Vé đã cũ")
        assert call["coquan"] == "H13.99" and url.path == "/goi", call
        return getattr(self, call["dichvu"])(call)

    def Xem(self, call):
        found = self.server.held.get(call["ma"])
        self.give(ma="00" if found else "E5", loi="" if found else "trống", ketqua=found or {})

    def Ghi(self, call):
        item, = call["danhsach"]
        code = item["MA"]
        if self.server.busy:
            self.server.busy -= 1
            return self.give(ma="E6", loi="hệ thống bận")
        if (code in self.server.held) != (call["sua"] == "1"):
            return self.give(ma="E9", loi="xung đột")
        if item["TEN"] == "xấu":
            if self.server.ends_after_errors:
                self.server.calls_left[call["phien"]] = 0
            return self.give(ma="E4", loi="Tên không hợp lệ")
        self.server.effects.append(("publish", code))
        self.server.held[code] = {**item, "NGAYNHAN": "20260101", "BUOC": [{**step, "STT": n} for n, step in enumerate(item["BUOC"])]}
        self.give()

    def Huy(self, call):
        self.server.effects.append(("withdraw", call["mathutuc"]))
        self.server.held[call["mathutuc"]] |= {"TT": "0", "QDHUY": call["soqd"]}
        self.give()


STRANGE = {
    "call": "/goi", "madonvi": "H13.99", "facade": True,
    "login": {"path": "/mo/phien", "username": "tinh", "password": "${env:ADAPTER_PASSWORD}", "dstcode": "VN:GOV:X Y", "dstcode_in": "query"},
    "push": {"service": "Ghi", "first": "0", "update": "1"}, "read": {"service": "Xem", "code": "ma"},
    "withdraw": {"service": "Huy", "code": "mathutuc", "decision": "soqd"},
    "names": {"username": "taikhoan", "password": "matkhau", "session": "phien", "madonvi": "coquan", "service": "dichvu",
              "updating": "sua", "data": "danhsach", "error": "ma", "message": "loi", "result": "ketqua"},
    "errors": {"session": ["vé đã cũ.*", "E1"], "unknown": ["E5"], "duplicate": ["E9"], "refused": ["E4"]}, "appears_within": "0s",
    "retry": {"attempts": 8, "first": "20ms", "most": "500ms"},
    "codes": {"statuses": {"announced": "1", "abolished": "0"}},
    "fields": {**{name: "" for name in (
        "MATTHC TENTTHC MACOQUANCONGBO LOAITTHC MOTADOITUONGTHUCHIEN DIACHITIEPNHAN YEUCAU TUKHOA IDQUYETDINHCONGBO TRANGTHAI "
        "MOTACOQUANTHUCHIEN MOTA CAPTHUCHIEN LINHVUCTHUCHIEN DOITUONGTHUCHIEN TRINHTUTHUCHIEN CACHTHUCTHUCHIEN THANHPHANHOSO "
        "KETQUATHUCHIEN CANCUPHAPLY COQUANTHUCHIEN COQUANCOTHAMQUYEN COQUANPHOIHOP").split()},
        "MA": "code", "TEN": "name", "TT": {"from": "status", "codes": "statuses"},
        "BUOC": {"each": "steps", "map": {"CHU": "text"}}},
}


class Foreign(unittest.TestCase):
    def nights(self, server, **changes):
        place = place_for(self, mapi(server.url, **(STRANGE | changes)))
        records = procedures(25)
        records[6]["name"] = "xấu"
        place.records(*records)
        done = place.run("run")
        self.assertEqual(done.code, 1, done)
        run = place.last_run()
        self.assertEqual((run["sent"], run["published"], run["refused"]), (25, 24, 1), done)
        records[6]["name"] = "tốt"
        records[7]["name"] = "khác"
        records[8]["status"] = "abolished"
        place.records(*records)
        done = place.run("run")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(sorted(server.effects),
                         sorted([("publish", code) for code in codes(25)] + [("publish", "1.000008"), ("withdraw", "1.000009")]))
        self.assertEqual(server.held["1.000009"]["QDHUY"], "12/QĐ-UBND")
        self.assertEqual(server.held["1.000008"]["TEN"], "khác")
        return place

    def test_an_adapter_with_other_names_sessions_and_a_withdrawal_service_needs_configuration_alone(self):
        with Strange() as server:
            place = self.nights(server)
            self.assertGreater(len(server.sessions), 5, "sessions end after nine calls")
            words = place.one("SELECT error FROM audit_deliveries WHERE outcome = 'refused'")
            self.assertIn("E4", words)

    def test_a_record_is_refused_although_each_error_ends_the_session(self):
        with Strange() as server:
            server.ends_after_errors = True
            self.nights(server)

    def test_who_is_busy_is_asked_again(self):
        with Strange() as server:
            server.busy = 5
            self.nights(server, errors=STRANGE["errors"] | {"busy": ["E6"]})
            self.assertEqual(server.busy, 0)

    def test_behind_tls_a_client_certificate_and_tokens_that_end(self):
        with tempfile.TemporaryDirectory() as folder, Strange(certificates(pathlib.Path(folder)), token=True) as server:
            place_changes = {"ca_file": folder + "/ca.pem", "auth": {
                "oauth2": {"token_url": server.url + "/token", "client_id": "id", "client_secret": "${env:SECRET}"},
                "certificate": folder + "/client.pem", "key": folder + "/client.key"}}
            os.environ["SECRET"] = "secret"
            place = self.nights(server, **place_changes)
            self.assertGreater(server.refused, 0, "tokens end in the middle")
            # without the certificate, and without the CA: outages, not refusals
            place.records(*procedures(30))
            for changes in ({"auth": {"bearer": "x"}}, {"ca_file": None}):
                portal = {**place.configuration["portal"], **changes}
                before = place.configuration["portal"]
                place.configure(portal={name: value for name, value in portal.items() if value is not None})
                done = place.run("run")
                self.assertEqual(done.code, 3, done)
                self.assertEqual(place.last_run()["sent"], 0)
                place.configure(portal=before)
            self.assertEqual(place.run("run").code, 0)
            self.assertEqual(len([effect for effect in server.effects if effect == ("publish", "1.000030")]), 1)

    def test_basic_credentials_go_with_every_call(self):
        with Strange() as server:
            headers = []
            answer = StrangeAnswer.do_POST

            def watched(handler):
                headers.append(handler.headers.get("Authorization"))
                answer(handler)
            StrangeAnswer.do_POST = watched
            try:
                self.nights(server, auth={"basic": {"user": "a", "password": "b"}})
            finally:
                StrangeAnswer.do_POST = answer
            self.assertEqual(set(headers), {"Basic " + base64.b64encode(b"a:b").decode()})


class Folder(unittest.TestCase):
    def setUp(self):
        self.place = place_for(self, {"driver": "folder", "folder": "out", "receipts": "in"})
        self.out, self.receipts = self.place.folder / "out", self.place.folder / "in"

    def run_night(self, code, *words):
        done = self.place.run("run")
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertIn(word, done.stderr + done.stdout)
        return done

    def packages(self):
        """All that is there, each proven whole: its manifest, and every file by its digest."""
        found = []
        for path in sorted(self.out.iterdir()) if self.out.exists() else []:
            self.assertFalse(path.name.startswith("."), path)
            done = subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=path, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            manifest = json.loads((path / "manifest.json").read_text())
            items = manifest["items"]
            self.assertEqual(sorted(file.name for file in path.iterdir()),
                             sorted([item["file"] for item in items] + ["manifest.json", "SHA256SUMS"]))
            canonical = json.dumps(items, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            self.assertEqual(manifest["digest"], hashlib.sha256(canonical).hexdigest())
            self.assertEqual((manifest["agency"], manifest["package"]), ("H13", path.name))
            for item in items:
                body = (path / item["file"]).read_bytes()
                self.assertEqual((item["digest"], item["size"]), (hashlib.sha256(body).hexdigest(), len(body)))
                if item["action"] == "publish":
                    self.assertEqual(json.loads(body)["code"], item["code"])
            found.append(manifest)
        return found

    def answer(self, manifest, status="published", version="1"):
        items = [{"key": item["key"], "code": item["code"], "status": status, "version": version} for item in manifest["items"]]
        self.receipts.mkdir(exist_ok=True)
        path = self.receipts / (manifest["package"] + "-" + status + ".json")
        path.with_suffix(".part").write_text(json.dumps({"package": manifest["package"], "items": items}))
        path.with_suffix(".part").rename(path)

    def test_a_medium_that_is_not_there_is_not_taken_for_an_empty_one(self):
        self.place.change_portal(marker="MEDIUM")
        self.place.records(*procedures(3))
        self.run_night(3, "the medium is not there")
        self.assertFalse(self.out.exists() or self.receipts.exists(), "nothing is made in its place")
        self.assertEqual(self.place.last_run()["sent"], 0)
        self.out.mkdir()
        self.receipts.mkdir()
        self.run_night(3, "has no file")
        (self.out / "MEDIUM").touch()
        self.run_night(1, "3 unknown")
        (self.out / "MEDIUM").unlink()
        self.place.records(*procedures(4))
        self.run_night(3, "the medium is not there")
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'published'"), 0)
        (self.out / "MEDIUM").touch()
        self.run_night(1, "4 records and procedures are kept back")

    def test_a_folder_that_is_taken_away_is_not_made_anew(self):
        self.place.records(*procedures(2))
        self.run_night(1)
        away = self.out.rename(self.place.folder / "away")
        self.place.records(*procedures(3))
        self.run_night(3, "is gone, although packages were written there before")
        self.assertFalse(self.out.exists())
        away.rename(self.out)
        self.run_night(1, "3 records and procedures are kept back")

    def test_receipts_that_fit_nothing_come_late_or_contradict_are_told_once(self):
        self.place.records(*procedures(2))
        self.run_night(1)
        package, = self.packages()
        self.answer(package)
        (self.receipts / "strange.json").write_text(json.dumps([{"key": "congkhai-another-1", "status": "published"}]))
        done = self.run_night(0, "entry 1 of the receipt strange.json", "fits no delivery")
        self.assertNotIn("comes late", done.stderr)
        self.answer(package, "refused")
        done = self.run_night(0, "comes late or again")
        self.assertNotIn("strange.json", done.stderr)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current"), 2)
        self.assertNotIn("comes late", self.run_night(0).stderr)

    def test_a_receipt_for_another_package_and_one_that_contradicts_itself_settle_nothing_and_say_why(self):
        self.place.records(*procedures(3))
        self.run_night(1)
        package, = self.packages()
        first, second, third = package["items"]
        (self.receipts / "a.json").write_text(json.dumps({"key": first["key"], "status": "published", "package": "other"}))
        (self.receipts / "c.json").write_text(json.dumps({"code": third["code"], "digest": third["digest"], "status": "published",
                                                          "package": "another"}))
        (self.receipts / "b.json").write_text(json.dumps({"key": second["key"], "status": "published", "error": "không nhận được"}))
        done = self.run_night(1, "names the package other, and that delivery is in", "names the package another, and that delivery")
        self.assertNotIn("comes late", done.stderr)
        self.assertEqual(self.place.sql("SELECT * FROM audit_current"), [])
        words = dict(self.place.sql("SELECT code, error FROM audit_deliveries WHERE run = 2"))
        self.assertIn("không nhận được", words[second["code"]])

    def test_nights_by_carrier(self):
        records = procedures(8)
        self.place.records(*records)
        self.run_night(1, "8 unknown", "8 records and procedures are kept back")
        package, = self.packages()
        self.assertEqual([item["code"] for item in package["items"]], codes(8))
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current"), 0, "nothing is claimed")
        status = self.place.run("status")
        self.assertIn(package["package"], status.stdout)
        rows = self.place.rows()
        self.run_night(1)
        self.assertEqual(len(self.packages()), 1)
        self.assertLess(self.place.rows() - rows, 8, "a night of waiting adds a handful of rows")
        self.answer(package)
        self.run_night(0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current WHERE status = 'published' AND portal_version = '1'"), 8)
        self.assertEqual(self.place.one("SELECT count(error) FROM audit_deliveries WHERE outcome = 'published'"), 0,
                         "a receipt that says published is no error")
        records[0]["name"] = "Tên mới"
        records[1]["status"] = "abolished"
        self.place.records(*records)
        self.run_night(1)
        _, second = self.packages()
        self.assertEqual([(item["action"], item["code"], item["base"]) for item in second["items"]],
                         [("publish", "1.000001", "1"), ("withdraw", "1.000002", "1")])
        second["items"].pop()
        self.answer(second, version="2")
        self.run_night(1)
        second["items"] = [item for item in json.loads((self.out / second["package"] / "manifest.json").read_text())["items"]][1:]
        self.answer(second, status="withdrawn", version="2")
        self.run_night(0)
        self.assertEqual(self.place.sql("SELECT code FROM audit_current WHERE status = 'abolished'"), [("1.000002",)])
        for run in self.place.sql("SELECT sent, published + refused + conflict + unknown + failed + withdrawn FROM audit_runs"):
            self.assertEqual(run[0], run[1])

    def test_what_is_refused_is_the_records_own_fault(self):
        self.place.records(*procedures(3))
        self.run_night(1)
        package, = self.packages()
        self.answer(package, status="refused")
        self.run_night(1, "3 refused")
        self.run_night(1)
        self.assertEqual(len(self.packages()), 1)
        self.place.records(*procedures(3, name="Tên khác"))
        self.run_night(1)
        self.assertEqual(len(self.packages()), 2)

    def test_receipts_that_cannot_be_used_or_contradict_one_another_are_told_once_a_night(self):
        self.place.records(*procedures(2))
        self.run_night(1)
        package, = self.packages()
        first, second = ([{**package, "items": [item]} for item in package["items"]])
        self.answer(first, status="published")
        self.answer(first, status="refused")
        (self.receipts / "broken.json").write_text('{"package": ')
        self.answer(second, status="lost")
        done = self.run_night(1, "1.000001: receipts contradict one another", "take the wrong one away")
        self.assertEqual(len(self.packages()), 2, "what was lost is written again")
        self.assertEqual(done.stderr.count("the receipt broken.json cannot be used"), 1, done)
        (self.receipts / (package["package"] + "-refused.json")).unlink()
        self.run_night(1, "1 published")

    def test_check_online_finds_folders_that_cannot_be(self):
        self.place.records(procedure("1.000001"))
        self.assertEqual(self.place.run("check", "--online").code, 0)
        shutil.rmtree(self.out)
        self.out.write_text("a file")
        done = self.place.run("check", "--online")
        self.assertEqual(done.code, 3, done)

    def keys(self):
        keys = [item["key"] for manifest in self.packages() for item in manifest["items"]]
        self.assertEqual(len(keys), len(set(keys)), "nothing is in two packages")
        return keys

    @slow
    def test_killed_at_any_moment_nothing_is_half_and_nothing_twice(self):
        chance = random.Random(7)
        rounds = 6 if SANITIZED else 25
        count = 0
        for night in range(rounds):
            count += 40
            self.place.records(*procedures(count))
            self.place.change_portal(records=chance.choice((7, 40, 999)))
            running = self.place.start("run")
            time.sleep(chance.uniform(0, 0.12 if not SANITIZED else 1.5))
            running.signal(signal.SIGKILL)
            running.wait()
            for path in self.out.iterdir() if self.out.exists() else []:
                self.assertTrue(path.name.endswith(".making") or (path / "SHA256SUMS").exists(), path)
        self.run_night(1)
        packages = self.packages()
        self.assertEqual(len(self.keys()), count)
        self.assertEqual({item["code"] for manifest in packages for item in manifest["items"]}, set(codes(count)))
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current"), 0)
        for manifest in packages:
            self.answer(manifest)
        self.run_night(0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_current"), count)

    def test_a_full_disk_leaves_no_half_package(self):
        self.place.records(*procedures(20, notes="x" * 3000))
        self.place.run("extract")
        self.place.run("transform")
        small = self.place.folder / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", small], capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("a small file system cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", small])
        self.place.change_portal(folder="small/out", register="register")
        done = self.place.run("load")
        self.assertEqual(done.code, 3, done)
        self.assertIn("the disk is full", done.stderr)
        self.assertEqual(list((small / "out").iterdir()), [])
        subprocess.run(["mount", "-o", "remount,size=4m", small], check=True)
        done = self.place.run("load")
        self.assertEqual(done.code, 1, done)
        self.out = small / "out"
        self.assertEqual(len(self.keys()), 20)


if __name__ == "__main__":
    unittest.main()
