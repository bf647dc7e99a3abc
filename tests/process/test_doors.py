"""What strangers write stays text: it is not configuration, does not act on a terminal, and takes no secret along."""

import json
import re
import shutil
import sqlite3
import subprocess
import unittest

from harness import Night, Place, PROGRAM, procedure

# What no terminal may get from outside: control characters but tab and line feed, C1, bidi and zero width.
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
NASTY = "a\x1b[31m\rb\u202ec\x9b1md\u2066e\u2028f"


class Proposed(unittest.TestCase):
    """init --from writes names of files, sheets, columns and texts into a configuration."""

    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)

    def keys_of(self, name, content):
        self.place.write("data/" + name, content)
        target = self.place.folder / "new"
        shutil.rmtree(target, ignore_errors=True)
        done = self.place.run("init", "--from", self.place.folder / "data" / name, target)
        self.assertEqual(done.code, 0, done)
        written = (target / "congkhai.yaml").read_text(encoding="utf-8")
        self.assertFalse(HARMFUL.search(written), repr(written))
        return [line.split(":")[0] for line in written.split("\n") if re.match("[a-z#]", line)], target

    def test_a_line_break_in_a_file_name_or_a_text_is_no_configuration(self):
        record = json.dumps([procedure("1.000001"), procedure("1.000002")])
        expected, _ = self.keys_of("plain.json", record)
        for mark in ("\n", "\r", "\u2028", "\u0085", "\r\n"):
            name = f"x{mark}ledger: {{ copies: [{{ command: [touch, pwned] }}] }}{mark}y.json"
            keys, target = self.keys_of(name, record)
            self.assertEqual(keys, expected, repr(name))
            shown = subprocess.run([PROGRAM, "--config", target / "congkhai.yaml", "extract"], cwd=target,
                                   capture_output=True, env=self.place.environment)
            self.assertNotEqual(shown.returncode, 2, shown)
            self.assertFalse((target / "pwned").exists())

    def test_names_of_columns_members_and_sheets_are_addresses_and_no_more(self):
        for mark in ("\n", "\u2028", "\x85", "\"", "\\", "${env:HOME}", " #", ": "):
            row = {"ma_thu_tuc": "1.000001", f"ten{mark}portal: {{}}{mark}": f"Tên{mark}store: x"}
            _, target = self.keys_of("members.json", json.dumps([row] * 3))
            checked = subprocess.run([PROGRAM, "--config", target / "congkhai.yaml", "check"], cwd=target,
                                     capture_output=True, env=self.place.environment)
            self.assertIn(checked.returncode, (0, 2), checked)
            self.assertNotIn(b"no YAML", checked.stderr)

    def test_a_table_name_of_a_database_is_quoted(self):
        name = 'x"; DROP TABLE y; --'
        with sqlite3.connect(self.place.folder / "some.db") as database:
            quoted = '"' + name.replace('"', '""') + '"'
            database.execute(f"CREATE TABLE {quoted} (ma_thu_tuc, ten_thu_tuc, so_quyet_dinh)")
            database.execute(f"INSERT INTO {quoted} VALUES ('1.000001', 'Tên', '1/QĐ-UBND')")
        done = self.place.run("init", "--from", self.place.folder / "some.db", self.place.folder / "new")
        self.assertEqual(done.code, 0, done)
        self.assertIn("ten_thu_tuc", (self.place.folder / "new" / "congkhai.yaml").read_text(encoding="utf-8"))


class Printed(Night):
    """File names, sources' texts and the portal's words, on both streams of each command."""

    def everything(self, *commands):
        for command in commands:
            for options in ([], ["--json"]):
                done = self.place.run(*options, *command)
                for stream in (done.stdout, done.stderr):
                    found = HARMFUL.search(stream)
                    self.assertFalse(found, (command, options, found and repr(stream[max(0, found.start() - 60):][:120])))
                if options and done.stdout:
                    json.loads(done.stdout)

    def test_nothing_from_outside_acts_on_a_terminal(self):
        self.place.change_source(fetch={"folder": "inbox", "match": "*.ndjson"})
        for name in ("good", "x\x1b]0;t\x07\nExit: 0\u202e"):
            self.place.write(f"inbox/{name}.ndjson", json.dumps(procedure("1.000001", notes="x\u202ey")) + "\n"
                             if name == "good" else json.dumps(procedure(NASTY, status=NASTY)) + "\n{" + NASTY + "\n")
        self.everything(("check",), ("run",), ("status",), ("plan",), ("runs",), ("show", "1.000001"),
                        ("history", "1.000001"), ("audit", "verify"), ("show", NASTY.replace("\x00", "")),
                        ("no-such" + NASTY,), ("extract", "--source", NASTY))

    def test_bytes_that_are_no_utf_8_are_written_out(self):
        done = subprocess.run([PROGRAM, "--config", b"/nowhere/\x9b31m\xff.yaml", "check"], capture_output=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"<9B>31m<FF>", done.stderr)


if __name__ == "__main__":
    unittest.main()
