"""Runs the process tests: python3 tests/process [--quick] [NAME...], where NAME is a file's (test_night) or has a class and a test
behind it (test_night.Killed). The programs are those of build/, or of CONGKHAI_BUILD. Files run three at a time, the longest first: they wait more than they work. What fails is printed; the last line is "N passed, N failed"."""

import concurrent.futures
import io
import os
import pathlib
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LONG = 5
FIRST = ["test_listing", "test_matrix", "test_crash", "test_evidence", "test_approval"]


class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.begun = time.monotonic()
        self.bad_before = len(self.failures) + len(self.errors)
        super().startTest(test)

    def stopTest(self, test):
        seconds = time.monotonic() - self.begun
        if seconds > LONG:
            print(f"{seconds:4.0f} s  {test.id()}")
        self.broken = getattr(self, "broken", 0) + (len(self.failures) + len(self.errors) > self.bad_before)
        super().stopTest(test)


def run_here(name):
    """One file's tests, in this process."""
    sys.path.insert(0, str(HERE))
    os.chdir(HERE.parent.parent)
    words = io.StringIO()
    result = unittest.TextTestRunner(words, resultclass=Result).run(unittest.defaultTestLoader.loadTestsFromName(name))
    for kind, failures in (("FAIL", result.failures), ("ERROR", result.errors)):
        for test, text in failures:
            print(f"{kind} {getattr(test, 'id', lambda: test)()}\n{text}")
    skipped = len(result.skipped)
    failed = max(getattr(result, "broken", 0), int(bool(result.failures or result.errors)))
    for reason in sorted({reason for _, reason in result.skipped}):
        print(f"skipped: {reason}")
    print(f"{max(0, result.testsRun - failed - skipped)} passed, {failed} failed, {skipped} skipped")
    return failed != 0


def run_apart(name):
    begun = time.monotonic()
    done = subprocess.run([sys.executable, __file__, "--here", name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    output = done.stdout.decode("utf-8", "replace").rstrip()
    rest, _, last = output.rpartition("\n")
    words = last.replace(",", "").split()
    seconds = time.monotonic() - begun
    if len(words) == 6 and words[1::2] == ["passed", "failed", "skipped"]:
        return rest, [int(words[0]), int(words[2]), int(words[4])], seconds
    return f"FAIL {name} broke off:\n{output}", [0, 1, 0], seconds


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--here"]:
        return run_here(arguments[1])
    if unknown := [word for word in arguments if word.startswith("-") and word != "--quick"]:
        print(__doc__)
        return unknown[0] not in ("-h", "--help")
    if "--quick" in arguments:
        os.environ["CONGKHAI_QUICK"] = "1"
        arguments.remove("--quick")
    names = arguments or sorted((path.stem for path in HERE.glob("test_*.py")),
                                key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    sums = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, (rest, counts, seconds) in zip(names, pool.map(run_apart, names)):
            print(f"{name}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped, {seconds:.0f} s")
            if rest:
                print(rest)
            sums = [total + count for total, count in zip(sums, counts)]
    if sums[2]:
        print(f"{sums[2]} skipped")
    print(f"{sums[0]} passed, {sums[1]} failed")
    return sums[1] != 0


if __name__ == "__main__":
    sys.exit(main())
