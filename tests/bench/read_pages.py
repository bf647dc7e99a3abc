#!/usr/bin/env python3
"""tests/bench/read_pages.py PORT [--readers N] [--requests N] [--seconds S] [--slow N] PATH…

Readers of a console who ask for one page after the other, without a pause, until N requests are answered (--requests), S
seconds are over, or standard input ends. --slow: so many more who ask for the first page and read a byte a second. Tells as
JSON how many were answered by which status, how many were not, and the milliseconds that they waited: the median, that of 99
in 100, and the worst."""

import argparse
import asyncio
import collections
import itertools
import json
import resource
import statistics
import sys
import time


class Readers:
    def __init__(self, options):
        self.options, self.paths = options, itertools.cycle(options.paths)
        self.left, self.over = options.requests, False
        self.statuses, self.waits = collections.Counter(), []

    async def ask(self, reader, writer, path):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        return int(head.split(b" ", 2)[1])

    async def read(self):
        reader = writer = None
        while not self.over and (self.left is None or self.left > 0):
            self.left = None if self.left is None else self.left - 1
            begun = time.monotonic()
            try:
                if not writer:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.options.port)
                self.statuses[await self.ask(reader, writer, next(self.paths))] += 1
                self.waits.append((time.monotonic() - begun) * 1000)
            except (OSError, EOFError) as fault:
                self.statuses[type(fault).__name__] += 1
                if writer:
                    writer.close()
                writer = None
        if writer:
            writer.close()

    async def read_slowly(self):
        while not self.over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.options.port, limit=1)
                writer.write(f"GET {self.options.paths[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                while not self.over and await reader.read(1):
                    await asyncio.sleep(1)
                writer.close()
            except OSError:
                await asyncio.sleep(1)

    async def stop(self):
        if self.options.seconds:
            await asyncio.sleep(self.options.seconds)
        elif self.options.requests is None:
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        else:
            return
        self.over = True

    async def run(self):
        slow = [asyncio.create_task(self.read_slowly()) for _ in range(self.options.slow)]
        await asyncio.gather(self.stop(), *(self.read() for _ in range(self.options.readers)))
        self.over = True
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
        waits = sorted(self.waits) or [0]
        print(json.dumps({"answers": {str(name): count for name, count in self.statuses.items()},
                          "median": round(statistics.median(waits), 1), "of_99": round(waits[len(waits) * 99 // 100], 1),
                          "worst": round(waits[-1], 1)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--requests", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--slow", type=int, default=0)
    parser.add_argument("paths", nargs="+", metavar="PATH")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(Readers(options).run())


if __name__ == "__main__":
    main()
