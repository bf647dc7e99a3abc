"""A province from nothing: installed, configured from real data by `init --from`, a night by the unit's own command line, a failed
night found by each way that it is told, repaired and told as recovered."""

import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

from harness import BUILD, ROOT, SANITIZED, Simulator, data_folder, slow
from test_notify import Hooks, Post
from test_service import unit

SOURCES = {  # of shared/data: what `init --from` is given
    "bo-tu-phap": "portal-json/bo-tu-phap",
    "ngan-hang-nha-nuoc": "portal-json/ngan-hang-nha-nuoc",
    "danh-sach-bo-tu-phap": "portal-xlsx/danh-sach-tthc-BoTuPhap.xlsx",
    "cong-quoc-gia": "crawl-csv/TTHC.csv",
    "phuong": "ward-html",
    "kho-cu": "mongo-export/data.json",
}


class Pings(Hooks):
    """Takes a monitor's pings, which are GETs, too."""

    def __init__(self):
        super().__init__()
        self.RequestHandlerClass.do_GET = self.RequestHandlerClass.do_POST
        self.RequestHandlerClass.do_HEAD = self.RequestHandlerClass.do_POST


@slow
@unittest.skipIf(SANITIZED or not data_folder("portal-json"), "needs the real records, and one build is enough")
class Province(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="congkhai-province-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.portal, self.hooks, self.post = Simulator(), Pings(), Post()
        for close in (self.portal.stop, self.hooks.shutdown, self.post.shutdown):
            self.addCleanup(close)
        subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={BUILD.relative_to(ROOT)}", f"DESTDIR={self.root}", "PREFIX=/usr",
                        "SYSTEMD=/lib/systemd/system", "install"], check=True, env={**os.environ, "MAKEFLAGS": ""})
        self.service = unit(self.root / "lib/systemd/system/congkhai.service")["Service"]
        self.etc, self.state = self.root / "etc/congkhai", self.root / "var/lib/congkhai"
        (self.etc / "credentials").mkdir(parents=True)
        self.state.mkdir(parents=True)
        (self.etc / "credentials/portal-token").write_text("a-token\n")

    def inside(self, text):
        return re.sub(r"(?<![\w.])/(usr|etc|var/lib)/", rf"{self.root}/\1/", text)

    def congkhai(self, *arguments, code=0):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "LANGUAGE": "vi", "HOME": str(self.root),
                       "CREDENTIALS_DIRECTORY": str(self.etc / "credentials")}
        done = subprocess.run([self.root / "usr/bin/congkhai", *map(str, arguments)], env=environment, capture_output=True,
                              text=True, timeout=300)
        self.assertIn(done.returncode, code if isinstance(code, tuple) else (code,), (arguments, done.stdout[-2000:], done.stderr[-4000:]))
        return done

    def here(self, *arguments, code=0):
        return self.congkhai("--config", self.etc / "congkhai.yaml", *arguments, code=code)

    def night(self, code):
        """The command line of the unit."""
        words = self.inside(self.service["ExecStart"][0]).split()
        return self.congkhai(*words[1:], code=code)

    def write_configuration(self):
        """One configuration of six proposals, as the guide has it done by hand."""
        parts = []
        for name, path in SOURCES.items():
            self.congkhai("init", "--from", data_folder(path.split("/")[0]).parent / path, self.root / "proposed" / name)
            text = (self.root / "proposed" / name / "congkhai.yaml").read_text(encoding="utf-8")
            found = re.search(r"^sources:\n(.*?)(?=^\w)", text, re.M | re.S)
            found = re.sub(r'^      code: \{ value: "" \}.*', lambda _: "      code: /_id/$oid", found[1], flags=re.M)  # no code is in it
            # What a person sees in the list of what is kept back, and mends: the page's furniture behind the results.
            found = re.sub(r"^      results: .*", "      results: { from: /ket_qua_xu_ly, match: '(?s)^(.*?)\\\\s*(?:Từ khóa|Chọn cơ quan|$)',"
                           " map: { name: . } }", found, flags=re.M)
            parts.append(re.sub(r"^  - name: .*", f"  - name: {name}", found, count=1, flags=re.M))
        self.congkhai("init", self.etc)
        text = (self.etc / "congkhai.yaml").read_text(encoding="utf-8")
        text = re.sub(r"^agency:.*", "agency: { code: H13, name: UBND thành phố Cần Thơ }", text, flags=re.M)
        text = re.sub(r"^store:.*", f"store: {self.state}/congkhai.db", text, flags=re.M)
        text = re.sub(r"^sources:\n.*?(?=^\w)", lambda _: "sources:\n" + "".join(parts), text, flags=re.M | re.S)
        text = re.sub(r"^  url: .*", f'  url: {self.portal.url}\n  auth: {{ bearer: "${{credential:portal-token}}" }}', text, flags=re.M)
        text = re.sub(r"^  (# )?auth: .*env:.*\n", "", text, flags=re.M)
        text = re.sub(r"^brakes:.*?(?=^\w|\Z)", "", text, flags=re.M | re.S)
        metrics = self.state / "congkhai.prom"
        text += "notify:\n" + "".join(f"  - {json.dumps(entry)}\n" for entry in (
            {"mail": ["tth@tinh.example"], "from": "congkhai@tinh.example", "server": self.post.url},
            {"url": self.hooks.url + "/ping", "style": "healthchecks"}, {"url": self.hooks.url + "/hook", "body": "json"},
            {"metrics": str(metrics)}))
        (self.etc / "congkhai.yaml").write_text(text, encoding="utf-8")
        return metrics

    def told(self):
        """What each way was told since the last time: (subjects, pings, hooks)."""
        mails, seen = [str(mail["Subject"]) for _, _, mail in self.post.mails], list(self.hooks.seen)
        self.post.mails.clear(), self.hooks.seen.clear()
        return mails, [path for path, _, _ in seen if path.startswith("/ping")], [body for path, _, body in seen if path == "/hook"]

    def test_from_an_empty_machine_to_a_recovered_night(self):
        metrics = self.write_configuration()
        self.here("check")
        self.night(code=1)
        runs = json.loads(self.here("--json", "runs", "1").stdout)
        self.assertGreater(len(self.portal.held()), 300, runs)
        self.told()
        # The next night the portal is not there, and each way says so.
        self.portal.faults("kind=status:401,on=any")
        wards = self.root / "proposed/phuong/congkhai.yaml"
        self.assertTrue(wards.exists())
        changed = self.etc / "congkhai.yaml"
        changed.write_text(changed.read_text(encoding="utf-8").replace("UBND thành phố Cần Thơ }", "UBND thành phố Cần Thơ mới }"), encoding="utf-8")
        done = self.night(code=3)
        mails, pings, hooks = self.told()
        self.assertEqual(len(mails), 1, mails)
        self.assertIn("Cần Thơ", mails[0])
        self.assertEqual(pings, ["/ping/start", "/ping/3"])
        self.assertEqual(len(hooks), 1)
        self.assertEqual(json.loads(hooks[0])["exit_code"], 3)
        self.assertRegex(metrics.read_text(), r"(?m)^congkhai_\w*exit\w* 3$")
        health = self.here("health", code=2)
        self.assertTrue(health.stdout.startswith("CONGKHAI CRITICAL"), health.stdout)
        self.assertIn("401", done.stderr)
        # Repaired, by the same command.
        self.portal.faults()
        self.night(code=1)
        mails, pings, hooks = self.told()
        self.assertEqual((len(mails), len(hooks), pings), (1, 1, ["/ping/start", "/ping/0"]))  # 1 is a night that went well
        self.assertIn("recovered", json.loads(hooks[0])["on"])
        self.assertRegex(metrics.read_text(), r"(?m)^congkhai_\w*exit\w* 1$")
        self.assertRegex(self.here("health", code=(0, 1)).stdout, "^CONGKHAI (OK|WARNING)")
        self.here("audit", "verify")
        self.restored_elsewhere()

    def restored_elsewhere(self):
        """The backup on another machine: nothing is sent that the portal has, and the ledger says what it lacks."""
        backup = self.root / "srv/sao-luu.db"
        backup.parent.mkdir()
        self.here("backup", backup)
        self.assertEqual(backup.stat().st_mode & 0o777, 0o600)
        self.state = self.state.parent / "congkhai-2"
        configuration = self.etc / "congkhai.yaml"
        configuration.write_text(re.sub(r"^store:.*", f"store: {self.state}/congkhai.db", configuration.read_text(encoding="utf-8"), flags=re.M),
                                 encoding="utf-8")
        effects = len(self.portal.effects())
        self.here("restore", backup, "--reason", "máy mới", code=(0, 1))
        self.night(code=1)
        self.assertEqual(len(self.portal.effects()), effects)
        self.here("audit", "verify")
        with sqlite3.connect(f"file:{self.state}/congkhai.db?mode=ro", uri=True) as store:
            self.assertEqual(store.execute("SELECT count(*) FROM audit_events WHERE event = 'restored'").fetchone(), (1,))


if __name__ == "__main__":
    unittest.main()
