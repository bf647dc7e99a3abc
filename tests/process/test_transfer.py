"""Sources behind sftp and ftp, where libcurl has them: against servers of python3-paramiko and python3-pyftpdlib."""

import json
import pathlib
import subprocess
import sys
import unittest

from harness import Place, ROOT, SANITIZED, procedures

SOUND = procedures(5)


def python():
    """Debian's own, which has Debian's libraries, where another one comes first."""
    return "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable


class Transfer(unittest.TestCase):
    kind = "sftp"

    @classmethod
    def setUpClass(cls):
        cls.place = Place()
        cls.addClassCleanup(cls.place.close)
        cls.place.write("served/list.json", json.dumps(SOUND, ensure_ascii=False))
        cls.process = subprocess.Popen([python(), ROOT / "tests/support/file_servers.py", cls.kind, cls.place.folder / "served"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        cls.addClassCleanup(cls.stop)
        cls.port, _, known = cls.process.stdout.readline().strip().partition(" ")
        if not cls.port:
            if cls.process.wait() == 77:
                raise unittest.SkipTest(f"no library for a server of {cls.kind} here")
            raise AssertionError(f"the server of {cls.kind} did not start")
        cls.place.write("known", known + "\n")

    @classmethod
    def stop(cls):
        cls.process.kill()
        cls.process.wait()
        cls.process.stdout.close()

    def setUp(self):
        self.place.environment.update(A_PASSWORD="mat-khau", A_WRONG_ONE="sai-bet")

    def extract(self, code, *words, user="", path="/list.json", **fetch):
        self.place.change_source(format="json", records="", fetch={
            "url": f"{self.kind}://{user}127.0.0.1:{self.port}{path}", "retry": {"attempts": 1}, **fetch})
        done = self.place.run("extract")
        self.assertEqual(done.code, code, done)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("mat-khau", done.stderr + done.stdout)
        self.assertNotIn("sai-bet", done.stderr + done.stdout)
        return done

    def password(self, name="A_PASSWORD"):
        return {"auth": {"basic": {"user": "so", "password": "${env:" + name + "}"}}}


@unittest.skipIf(SANITIZED, "libssh2 1.10 copies memory that overlaps (libssh2_session_method_pref), which ends the program")
class Sftp(Transfer):
    def test_a_file_comes_with_a_password_or_a_key_from_a_host_that_is_known(self):
        self.extract(0, known_hosts="known", **self.password())
        self.assertEqual(self.place.last_run()["seen"], len(SOUND))
        self.extract(0, user="so@", known_hosts="known", auth={"key": "id"})
        self.assertEqual(self.place.last_run()["seen"], len(SOUND))
        self.assertEqual(self.place.one("SELECT count(*) FROM record WHERE present = 1"), len(SOUND))

    def test_what_is_refused_says_why_and_nothing_is_missing(self):
        self.extract(0, known_hosts="known", **self.password())
        self.extract(3, "Authentication failure", known_hosts="known", **self.password("A_WRONG_ONE"))
        self.extract(3, "/other.json", "No such file", path="/other.json", known_hosts="known", **self.password())
        self.place.write("nobody", "")
        self.extract(3, "the host's key is not among those that are believed", "known_hosts", known_hosts="nobody",
                     **self.password())
        self.assertEqual(self.place.one("SELECT count(*) FROM record WHERE present = 1"), len(SOUND))

    def test_only_what_sftp_knows_is_taken(self):
        self.extract(2, "of sftp takes basic, or the user's private key", auth={"bearer": "${env:A_PASSWORD}"})
        self.extract(2, "there is no file", auth={"key": "nowhere"})


class Ftp(Transfer):
    kind = "ftp"

    def test_a_file_comes_with_a_password(self):
        self.extract(0, **self.password())
        self.assertEqual(self.place.last_run()["seen"], len(SOUND))

    def test_what_is_refused_says_why_and_nothing_is_missing(self):
        self.extract(0, **self.password())
        self.extract(3, "denied", **self.password("A_WRONG_ONE"))
        self.extract(3, "/other.json", path="/other.json", **self.password())
        self.assertEqual(self.place.one("SELECT count(*) FROM record WHERE present = 1"), len(SOUND))


del Transfer

if __name__ == "__main__":
    unittest.main()
