"""Stores of earlier versions: they are read as they are, brought up to date by the first run, and both verifiers hold."""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from harness import PROGRAM, ROOT, data_folder

VERIFIER = ROOT / "scripts" / "verify-ledger"


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())
            if not path.name.endswith(("-shm", "-wal"))}


class EarlierStores(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="congkhai-stores-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def offices(self):
        """Those that came with the data, and those that were kept at each release (scripts/keep-store)."""
        kept = {archive.name: archive for folder in (data_folder("stores"), ROOT / "tests" / "store" / "stores") if folder
                for archive in folder.glob("*.tar.xz")}
        self.assertIn("0.2.0.tar.xz", kept)
        for _, archive in sorted(kept.items()):
            with tarfile.open(archive) as file:
                if hasattr(tarfile, "data_filter"):  # not before Python 3.11.4
                    file.extraction_filter = tarfile.data_filter
                file.extractall(self.folder)
            yield archive.name.removesuffix(".tar.xz"), self.folder / archive.name.removesuffix(".tar.xz")

    def run_in(self, office, *arguments):
        done = subprocess.run([PROGRAM, "--language", "en", *arguments], cwd=office, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def both_hold(self, office):
        code, out, errors = self.run_in(office, "audit", "verify", "--key", "ledger.key.pub")
        self.assertEqual((code, out[:17]), (0, "The ledger holds:"), out + errors)
        script = subprocess.run([sys.executable, VERIFIER, "state/congkhai.db", "--english", "--key", "ledger.key.pub"], cwd=office,
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(script.returncode, 0, script.stdout + script.stderr)

    def test_they_are_read_as_they_are_and_stay_so(self):
        for version, office in self.offices():
            with self.subTest(version):
                before = digests(office / "state")
                self.both_hold(office)
                code, out, errors = self.run_in(office, "--json", "runs")
                self.assertEqual(code, 0, errors)
                code, out, errors = self.run_in(office, "--json", "history", "1.913001")
                self.assertEqual(code, 0, errors)
                self.assertEqual(self.run_in(office, "show", "1.913001")[0], 0)
                code, out, errors = self.run_in(office, "status")
                if version == "0.1.0":
                    self.assertEqual(code, 2, out)
                    self.assertIn(version, errors)
                    self.assertIn("congkhai run", errors)
                else:
                    self.assertIn(code, (0, 1), errors)
                self.assertEqual(digests(office / "state"), before)

    def test_the_first_run_brings_them_up_to_date_and_both_verifiers_hold(self):
        for version, office in self.offices():
            with self.subTest(version):
                code, before, errors = self.run_in(office, "--json", "history", "1.913001")
                code, out, errors = self.run_in(office, "transform")
                self.assertIn(code, (0, 1), errors)
                self.both_hold(office)
                code, after, errors = self.run_in(office, "--json", "history", "1.913001")
                self.assertEqual(after, before)
                self.assertIn(self.run_in(office, "status")[0], (0, 1))


if __name__ == "__main__":
    unittest.main()
