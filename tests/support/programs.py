#!/usr/bin/env python3
"""Runs test programs, two at a time, and adds up what they say.

    programs.py PROGRAM...                    each ends with "N passed, N failed"
    programs.py --with FOLDER PROGRAM...      fuzzers: each replays FOLDER/<its name>, and ends with "N inputs replayed"

What fails is printed whole; the last line is "N passed, N failed".
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

SECONDS = 240


def run(program, folder):
    if not os.access(program, os.X_OK):
        return 0, 1, f"FAIL {program} was not built"
    arguments = [program]
    if folder:
        seeds = pathlib.Path(folder) / pathlib.Path(program).name
        if not seeds.is_dir() or not any(seeds.iterdir()):
            return 0, 1, f"FAIL {program}: there are no seeds in {seeds}"
        arguments.append(str(seeds))
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS)
        output, code = done.stdout.decode("utf-8", "replace"), done.returncode
    except subprocess.TimeoutExpired as late:
        return 0, 1, f"FAIL {program}: not done after {SECONDS} s\n{(late.stdout or b'').decode('utf-8', 'replace')}"
    counted = re.search(r"(\d+) passed, (\d+) failed\s*\Z", output)
    replayed = re.search(r"(\d+) inputs replayed\s*\Z", output)
    if folder and replayed and code == 0:
        return int(replayed[1]), 0, ""
    if counted and not folder:
        passed, failed = int(counted[1]), int(counted[2])
        if code and not failed:  # a sanitizer's word at the very end, such as a leak
            failed = 1
        return passed, failed, f"FAIL {program}\n{output}" if failed else ""
    if len(output) > 8000:
        output = output[:5000] + "\n[…]\n" + output[-3000:]
    return 0, 1, f"FAIL {program} ended with {code}\n{output}"


def main():
    arguments = sys.argv[1:]
    folder = None
    if arguments[:1] == ["--with"]:
        folder, arguments = arguments[1], arguments[2:]
    if not arguments:
        print("FAIL no test program was built")
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        for good, bad, words in pool.map(lambda program: run(program, folder), arguments):
            passed, failed = passed + good, failed + bad
            if words:
                print(words.rstrip())
    print(f"{passed} passed, {failed} failed")
    return failed != 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
