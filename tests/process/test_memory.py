"""Memory does not grow with the input. CONGKHAI_MEGABYTES says how large it is (60; the full measure is 200)."""

import json
import os

from harness import Night, procedure, slow, whole_speed

MEGABYTES = int(os.environ.get("CONGKHAI_MEGABYTES", "60"))
MOST = 64


def about_5_kb(number):
    return procedure(f"1.{number:06d}", steps="\n".join(f"Bước {step}: nộp hồ sơ tại bộ phận một cửa " + "của cơ quan " * 20
                                                      for step in range(12)), notes="Ghi chú " * 60)


def records(megabytes):
    """Bytes of records, one by one; each serialised once, the number put in."""
    pattern = json.dumps(about_5_kb(0), ensure_ascii=False).encode()
    number, written = 0, 0
    while written < megabytes << 20:
        number += 1
        line = pattern.replace(b"1.000000", b"1.%06d" % number)
        written += len(line) + 1
        yield line


@slow
@whole_speed
class Large(Night):
    def work(self, count):
        for command, most_seconds in (("extract", 120), ("transform", 240), ("extract", 120)):
            done = self.expect(self.place.run(command, seconds=most_seconds), 0)
            print(f"{command} of {MEGABYTES} MB, {count} records: {done.seconds:.1f} s, {done.megabytes:.0f} MB")
            self.assertLess(done.megabytes, MOST, command)
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["changed"]), (count, 0), run)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_records WHERE outcome = 'accepted'"), count)

    def test_lines(self):
        count = 0
        with open(self.place.inbox / "one.ndjson", "wb") as out:
            for line in records(MEGABYTES):
                out.write(line + b"\n")
                count += 1
        self.work(count)

    def test_an_array(self):
        count = 0
        with open(self.place.inbox / "one.json", "wb") as out:
            out.write(b'{"generated": "today", "data": {"items": [')
            for line in records(MEGABYTES):
                out.write((b",\n" if count else b"") + line)
                count += 1
            out.write(b'], "total": %d}}' % count)
        self.place.change_source(format="json", fetch={"file": "inbox/one.json"}, records="/data/items")
        self.work(count)

    def test_rows(self):
        count = 0
        with open(self.place.inbox / "one.csv", "w", encoding="utf-8", newline="") as out:
            out.write("code,name,status,steps,notes\r\n")
            for line in records(MEGABYTES // 2):
                record = json.loads(line)
                out.write(",".join('"' + record[name].replace('"', '""') + '"'
                                   for name in ("code", "name", "status", "steps", "notes")) + "\r\n")
                count += 1
        plain = {"code": "code", "name": "name", "status": {"from": "status", "codes": "statuses"},
                 "steps": {"from": "steps", "split": "\n", "map": {"text": "."}}, "notes": "notes"}
        self.place.change_source(format="csv", fetch={"file": "inbox/one.csv"}, key="code", map=plain)
        self.work(count)

    def test_elements(self):
        count = 0
        with open(self.place.inbox / "one.xml", "w", encoding="utf-8") as out:
            out.write("<all>")
            for line in records(MEGABYTES // 2):
                record = json.loads(line)
                out.write("<one>" + "".join(f"<{name}>{record[name]}</{name}>"
                                            for name in ("code", "name", "status", "steps", "notes")) + "</one>\n")
                count += 1
            out.write("</all>")
        plain = {"code": "code", "name": "name", "status": {"from": "status", "codes": "statuses"},
                 "steps": {"from": "steps", "split": "\n", "map": {"text": "."}}, "notes": "notes"}
        self.place.change_source(format="xml", fetch={"file": "inbox/one.xml"}, records="/all/one", key="code", map=plain)
        self.work(count)

    def test_records_that_take_room(self):
        """What a record needs while it is taken apart is needed once a thread, not once a record that waits."""
        count = 0
        with open(self.place.inbox / "one.ndjson", "w", encoding="utf-8") as out:
            for number in range(MEGABYTES * 25):
                out.write(json.dumps({**procedure(f"1.{number:06d}"), "more": [{"a": ""}] * 1500}) + "\n")
                count += 1
        self.work(count)

    def test_a_load_of_many(self):
        count = 0
        with open(self.place.inbox / "one.ndjson", "wb") as out:
            for line in records(MEGABYTES // 4):
                out.write(line + b"\n")
                count += 1
        self.place.change_portal(in_flight=16)
        done = self.expect(self.place.run("run", seconds=240), 0)
        print(f"run of {MEGABYTES // 4} MB, {count} records: {done.seconds:.1f} s, {done.megabytes:.0f} MB")
        self.assertLess(done.megabytes, MOST)
        self.assertEqual(self.place.last_run()["published"], count)
