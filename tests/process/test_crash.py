"""The crash campaign in its short form (scripts/crash-test), and that the campaign sees what it should."""

import os
import subprocess
import sys
import unittest

from harness import BUILD, ROOT, SANITIZED

CASES = 60


@unittest.skipIf(SANITIZED, "the system calls are put in between, where sanitizers sit too")
class Crash(unittest.TestCase):
    def campaign(self, *arguments):
        done = subprocess.run([sys.executable, ROOT / "scripts" / "crash-test", *arguments], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, env={**os.environ, "CONGKHAI_BUILD": str(BUILD)}, timeout=200)
        return done.returncode, done.stdout + done.stderr

    def test_a_night_disturbed_anywhere_ends_as_an_undisturbed_one(self):
        code, words = self.campaign("--short", "--cases", str(CASES))
        self.assertEqual(code, 0, words[-6000:])
        self.assertIn(f"{CASES} passed, 0 failed", words)

    def test_a_case_that_is_named_is_repeated(self):
        code, words = self.campaign("--only", "change/reset-after/0.kill@90,eio@40", "planned/none/0.full@30")
        self.assertEqual(code, 0, words)
        self.assertRegex(words, "kill -9: 1")
        self.assertRegex(words, "2 passed, 0 failed")
