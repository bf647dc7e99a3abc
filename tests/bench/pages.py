#!/usr/bin/env python3
"""tests/bench/pages.py PROGRAM CONFIGURATION [--rounds N] [--all]

Asks a console for every address of its pages and tells how long each takes: the first time, and then the median, the worst
and the CPU of N times (of all threads of the console, so that others on the machine count little). Only the slowest 15 are
told, with --all every one. Exit 1 when a page takes more than 50 ms of CPU."""

import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse

LIMIT = 50


class Console:
    def __init__(self, program, configuration):
        self.process = subprocess.Popen([program, "--config", configuration, "console", "--listen", "127.0.0.1:0"],
                                        stderr=subprocess.PIPE, text=True)
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.process.stderr.readline())[1])
        self.refused = []
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def ask(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            self.refused.append((path, answer.status))
        return body.decode()

    def cpu(self):
        """Milliseconds of all threads that live."""
        folder = pathlib.Path(f"/proc/{self.process.pid}/task")
        return sum(int((folder / task / "schedstat").read_text().split()[0]) for task in os.listdir(folder)) / 1e6

    def settle(self):
        """Until the whole ledger is verified and nothing is at work beside the pages."""
        while 'class="verdict good"' not in self.ask("/"):
            time.sleep(0.2)
        before = -1
        while self.cpu() - before > 1:
            before = self.cpu()
            time.sleep(0.5)

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def deep(console, path):
    """The list's last page and one in its middle."""
    found = re.search(r'<nav class="pages".*?</nav>', console.ask(path))
    if not found:
        return []
    total = int(re.findall(r"\d+", re.sub(r"<[^>]*>", "", found[0]))[-1])
    mark = "&" if "?" in path else "?"
    return [f"{path}{mark}trang={number}" for number in sorted({(total // 100 + 1) // 2, (total - 1) // 100 + 1} - {1})]


def addresses(console):
    document = json.loads(console.ask("/thu-tuc?tai=json&bang=thu-tuc"))["rows"]
    code = document[len(document) // 2]["code"]
    kept = next((row["code"] for row in document if row.get("outcome") == "rejected"), code)
    runs = [int(number) for number in re.findall(r'/luot-chay/(\d+)"', console.ask("/luot-chay"))]
    days = re.findall(r'name="ngay" value="(\d{4})-', console.ask(f"/thu-tuc/{code}"))
    year = re.search(r"\?ngay=(\d{4})", console.ask(f"/thu-tuc/{code}"))
    year = (year or days)[1]
    words = urllib.parse.quote(document[0].get("name", "thu tuc"))
    lists = ["/giu-lai", "/giu-lai?moi=1", "/giu-lai?ket-qua=rejected", "/thu-tuc", f"/thu-tuc?q={words}",
             "/thu-tuc?q=giay+phep", "/thu-tuc?q=khong-co-gi", "/luot-chay", "/so-cai", "/so-cai?xem=dau-so",
             "/so-cai?loai=published", "/so-cai?loai=rejected", "/so-cai?loai=approved", f"/so-cai?ma={code}",
             f"/so-cai?loai=published&ma={code}", "/so-cai?luot=1", "/so-cai?su-kien=100",
             *(f"/thu-tuc?trang-thai={state}" for state in ("published", "abolished", "pending", "kept", "nowhere")),
             *(f"/luot-chay/{runs[0]}?xem={what}" for what in ("accepted", "rejected", "held", "published", "missing"))]
    for link in re.findall(r'href="(/giu-lai\?[^"]*)"', console.ask("/giu-lai"))[:20]:
        lists += [] if "tai=" in link else [link.replace("&amp;", "&")]
    for number in {1, runs[0], max(runs) // 2 or 1}:
        lists += [f"/luot-chay/{number}", f"/luot-chay/{number}?xem=accepted", f"/luot-chay/{number}?xem=published"]
    found = list(dict.fromkeys(lists))
    for path in list(found):
        found += deep(console, path)
    for one in {code, kept}:
        found += [f"/thu-tuc/{one}", f"/thu-tuc/{one}?ngay={year}-06-30"]
    found += [f"/thu-tuc/{code}?tu=1&den=2", f"/thu-tuc/{code}?tai=chung-minh", "/", "/thoi-han", "/phe-duyet", "/nguon", "/bao-cao", "/so-cai/kiem-tra",
              "/en/", "/en/thu-tuc"]
    for name in re.findall(r'href="/bao-cao/([a-z0-9-]+)"', console.ask("/bao-cao")):
        for by in ("agency", "field", "level", "department"):
            found.append(f"/bao-cao/{name}?theo={by}")
        found += [f"/bao-cao/{name}", f"/bao-cao/{name}?ngay={year}-06-30", f"/bao-cao/{name}?tu={year}-01-01&den={year}-12-31",
                  f"/bao-cao/{name}?tu={year}-03-01&den={year}-09-30"]
    return list(dict.fromkeys(found))


def measure(console, path, rounds):
    times, spent = [], []
    for _ in range(rounds + 1):
        before, begun = console.cpu(), time.monotonic()
        console.ask(path)
        times.append((time.monotonic() - begun) * 1000)
        spent.append(console.cpu() - before)
    return path, times[0], spent[0], statistics.median(times[1:]), max(times[1:]), statistics.median(spent[1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("configuration")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    with Console(options.program, options.configuration) as console:
        console.settle()
        found = addresses(console)
        console.settle()
        rows = [measure(console, path, options.rounds) for path in found]
        memory = console.memory()
    for path, status in console.refused:
        print(f"{path}: {status}")
    rows.sort(key=lambda row: -max(row[2], row[5]))
    print(f"{'page':58} {'first':>9} {'CPU':>7} {'median':>9} {'worst':>9} {'CPU':>7}  ms")
    for row in rows if options.all else rows[:15]:
        print(f"{row[0][:58]:58} {row[1]:9.1f} {row[2]:7.1f} {row[3]:9.1f} {row[4]:9.1f} {row[5]:7.1f}")
    print(f"{len(rows)} pages: median {statistics.median(row[3] for row in rows):.1f} ms, "
          f"{statistics.median(row[5] for row in rows):.1f} ms of CPU; the slowest {max(row[3] for row in rows):.1f} ms, "
          f"{max(row[5] for row in rows):.1f} of CPU, the first time {max(row[1] for row in rows):.1f} ms, "
          f"{max(row[2] for row in rows):.1f} of CPU; {memory:.0f} MB")
    return bool(console.refused) or max(max(row[2], row[5]) for row in rows) > LIMIT


if __name__ == "__main__":
    sys.exit(main())
