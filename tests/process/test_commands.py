"""The table: every command with --help, in both languages, its error ids, its --json against the shipped schema, its exit
codes, and a pipe that nobody reads."""

import copy
import json
import os
import re
import subprocess
import unittest

from harness import PROGRAM, Night, Place, Simulator, procedure, procedures

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMAS = PROGRAM.parent / "schema"
# What is run of each command for its document, in this order: some change what stands there.
CALLS = (("init", "{new}"), ("check",), ("check", "--online"), ("extract",), ("transform",), ("load",), ("run",), ("run", "--dry-run"),
         ("plan",), ("load", "--dry-run"), ("retry", "--reason", "x"), ("reconcile", "--offline"), ("reconcile",),
         ("reconcile", "--show", "1.000001"), ("reconcile", "--adopt", "1.000001", "--reason", "x"), ("status",), ("status", "--rules"),
         ("runs",), ("runs", "2"), ("test",), ("show", "1.000001"), ("show", "1.000009"), ("history", "1.000001"),
         ("history", "1.000001", "--on", "2099-01-01"), ("history", "1.000009", "--on", "2099-01-01"), ("kept",), ("kept", "--output", "{new}/lists"),
         ("health",), ("backup", "{new}/b.db"),
         ("report", "so-luong"), ("report", "cho-hoan-thien"), ("audit", "verify"), ("audit", "key", "{new}/key"),
         ("audit", "checkpoint"), ("audit", "prove", "1.000001", "--on", "2099-01-01"), ("audit", "export", "{new}/bundle"), ("help",),
         ("help", "kept"),
         ("withdraw", "1.000002", "--decision", "9/QĐ-UBND", "--reason", "x", "--yes"), ("restore", "{new}/b.db", "--reason", "x"))
READERS = (("status",), ("kept",), ("runs",), ("show", "1.000001"), ("report", "so-luong"), ("plan",), ("audit", "verify"), ("help",))


class Commands(Night):
    def setUp(self):
        super().setUp()
        self.place.records(*procedures(3), procedure("1.000009", status="?"))
        self.new = self.place.folder / "new"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = subprocess.run([PROGRAM, "--json", "--language", "en", "help"], capture_output=True, text=True, timeout=60)
        cls.table = json.loads(done.stdout)["commands"]

    def call(self, *arguments, code=None, **options):
        done = self.place.run(*(argument.format(new=self.new) for argument in arguments), **options)
        if code is not None:
            self.assertEqual(done.code, code, (arguments, done))
        return done

    def of(self, arguments):
        """The row of what is called."""
        for row in self.table:
            if row["name"] in (arguments[0], " ".join(arguments[:2])):
                return row
        self.fail(arguments)

    def test_each_command_helps_in_both_languages(self):
        for row in self.table:
            with self.subTest(row["name"]):
                words = row["name"].split()
                english = self.call("--language", "en", *words, "--help", code=0)
                vietnamese = self.call("--language", "vi", *words, "--help", code=0)
                self.assertEqual((english.stderr, vietnamese.stderr), ("", ""))
                self.assertNotEqual(english.stdout, vietnamese.stdout)
                self.assertEqual(self.call("--language", "en", "help", *words, code=0).stdout, english.stdout)
                self.assertEqual([one["name"] for one in self.call("--json", *words, "--help", code=0).json["commands"]], [row["name"]])
                for option in row["options"]:
                    for shown in (english, vietnamese):
                        self.assertIn(f"--{option['name']}" + (f" {option['value']}" if "value" in option else ""), shown.stdout)
                self.assertTrue(row["exit_codes"] and row["example"].startswith("congkhai "))
                self.assertTrue(all(len(line) <= 100 for line in english.stdout.splitlines()[:4]))

    def test_a_first_word_shows_all_commands_behind_it_and_a_wrong_one_names_the_nearest(self):
        audit = [row["name"].split() for row in self.table if row["name"].startswith("audit ")]
        self.assertGreater(len(audit), 3)
        one_by_one = [self.call("--language", "en", "help", *words, code=0).stdout for words in audit]
        self.assertEqual(self.call("--language", "en", "help", "audit", code=0).stdout, "\n\n".join(one_by_one))
        for words, id in ((["statsu"], "there-is-no-command-did-you-mean"), (["audit", "verfy"], "there-is-no-command-did-you-mean"),
                          (["xyzzy"], "there-is-no-command-see-congkhai-help")):
            done = self.call("--json", "help", *words, code=2)
            self.assertEqual(done.json["error_id"], id)
        self.assertIn('did you mean "audit verify"', self.call("--language", "en", "help", "audit", "verfy", code=2).stderr)

    def test_the_manual_and_the_completion_know_each_command_and_option(self):
        completion = (PROGRAM.parent / "completion" / "congkhai").read_text()
        for language in ("man1", "vi/man1"):
            page = (PROGRAM.parent / "man" / language / "congkhai.1").read_text(encoding="utf-8").replace("\\-", "-")
            for row in self.table:
                self.assertIn(f'.SS "{row["name"]}"', page)
                self.assertTrue(all(f"\\fB--{option['name']}\\fR" in page for option in row["options"]), row["name"])
        for row in self.table:
            line = re.search(rf'"{row["name"]}"\S*( \*)?\) options="([^"]*)"', completion)
            self.assertEqual(line[2].split(), [f"--{option['name']}" for option in row["options"]])
        report = "so-luong dich-vu-cong cong-bo bien-dong chi-so-766 noi-bo cho-hoan-thien"
        for line, completed in (("audit v", "verify"), ("report --format ''", "table csv xlsx html json"), ("plan --format ''", "text html"),
                                ("report --from ''", report), ("report ''", report), ("--language ''", "vi en")):
            words = subprocess.run(["bash", "-c", f"source {PROGRAM.parent}/completion/congkhai; COMP_WORDS=(congkhai {line});"
                                                  " COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _congkhai; echo ${COMPREPLY[*]}"],
                                   capture_output=True, text=True, timeout=60)
            self.assertEqual(words.stdout, f"{completed}\n", (line, words.stderr))
        told = self.call("--language", "en", "report", "--help").stdout
        self.assertIn("NAME is one of: " + report.replace(" ", ", "), " ".join(told.split()))

    def test_what_there_is_not_is_an_error_with_a_name_and_the_nearest(self):
        for row in self.table:
            words = row["name"].split()
            done = self.call("--json", *words, "--nonsens", code=3 if words == ["health"] else 2)
            self.assertEqual(done.json["exit_code"], done.code)
            self.assertIn(done.json["error_id"], ("unknown-option-see-congkhai-help", "unknown-option-did-you-mean"))
        for arguments, id in ((("statsu",), "there-is-no-command-did-you-mean"), (("audit",), "is-followed-by-one-of"),
                              (("kept", "--outcome", "lost"), "it-takes-one-of"), (("kept", "--code", "9.999999"), "nothing-is-known-of-a-procedure"),
                              (("plan", "--source", "oen"), "there-is-no-source-did-you-mean"),
                              (("kept", "--rule", "NAMES"), "there-is-no-rule"), (("kept", "--since", "99"), "there-is-no-run"),
                              (("retry", "--reason", "x", "--run", "99"), "there-is-no-run"),
                              (("retry", "--reason", "x", "--rule", "NAMES"), "there-is-no-rule"),
                              (("run", "--code", "9.999999"), "nothing-is-known-of-a-procedure")):
            self.call("run")
            done = self.call("--json", *arguments, code=2)
            self.assertTrue(done.json["error_id"].startswith(id), done)

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_each_document_is_what_its_schema_says(self):
        called = set()
        for arguments in CALLS:
            row = self.of(arguments)
            called.add(row["name"])
            with self.subTest(arguments):
                done = self.call("--json", *arguments)
                self.assertIn(str(done.code), row["exit_codes"], done)
                schema = json.loads((SCHEMAS / f"{row['name'].replace(' ', '-')}.schema.json").read_text())
                jsonschema.Draft202012Validator(schema).validate(done.json)
                self.assertNotIn("error", done.json)
                if isinstance(done.json, dict) and row["name"] != "audit prove":
                    self.assertEqual(done.json["schema"].split("/")[0], "congkhai")
                for member in schema["anyOf"][0].get("required", []):  # a schema that anything fits would show nothing
                    broken = {name: value for name, value in done.json.items() if name != member}
                    if len(schema["anyOf"]) == 2:
                        self.assertFalse(jsonschema.Draft202012Validator(schema).is_valid(broken), member)
        shipped = {path.name.split(".")[0] for path in SCHEMAS.glob("*.json")} - {"configuration"}
        people = {"submit", "approve", "send-back"}  # tests/process/test_approval.py holds theirs against it
        self.assertEqual(shipped, {name.replace(" ", "-") for name in called} | people)
        self.assertEqual(shipped | {"console"}, {row["name"].replace(" ", "-") for row in self.table})

    @unittest.skipUnless(jsonschema, "needs python3-jsonschema")
    def test_the_configurations_schema_takes_what_the_reader_takes_and_no_typo(self):
        schema = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "configuration.schema.json").read_text()))
        schema.validate(self.place.configuration)
        self.call("check", code=0)
        for change in (lambda tree: tree.update(lang="vi"), lambda tree: tree["sources"][0].update(listing="ful"),
                       lambda tree: tree["sources"][0]["fetch"].update(quite=1), lambda tree: tree["portal"].update(in_flight="x"),
                       lambda tree: tree.pop("agency"), lambda tree: tree["portal"]["retry"].update(atempts=1)):
            wrong = copy.deepcopy(self.place.configuration)
            change(wrong)
            self.assertFalse(schema.is_valid(wrong), wrong)
            self.place.write("wrong.yaml", json.dumps(wrong))
            self.call("--config", str(self.place.folder / "wrong.yaml"), "check", code=2)

    def test_a_pipe_that_nobody_reads_ends_quietly(self):
        self.call("run", code=1)
        for arguments in READERS:
            with self.subTest(arguments):
                read, write = os.pipe()
                os.close(read)
                done = subprocess.run([PROGRAM, "--config", self.place.folder / "congkhai.yaml", *arguments], stdout=write,
                                      stderr=subprocess.PIPE, timeout=60, env=self.place.environment)
                os.close(write)
                self.assertEqual((done.returncode, done.stderr), (-13, b""))

    def test_tables_fit_the_screen_and_status_is_one(self):
        with Simulator() as portal, Place(portal) as place:
            place.configure(sources=[place.source(f"s{i}", fetch={"file": f"inbox/s{i}.ndjson"}) for i in range(20)])
            for i in range(20):
                place.records(*[procedure(f"1.{i:03}{j:03}", status="?", name=None) for j in range(20)], source=f"s{i}")
            self.expect(place.run("--quiet", "run"), 1)
            for lines in (24, 40):
                done = self.expect(place.run("status", env={**place.environment, "COLUMNS": "80", "LINES": str(lines)}), 0)
                self.assertLessEqual(len(done.stdout.splitlines()), lines)
                self.assertRegex(done.stdout, r"\(\d+ of 20; all")
                self.assertRegex(done.stdout, r"of 800; all: congkhai kept\)")
            for command, word in ((["kept", "--limit", "3"], "rejected"), (["runs"], "exit: 1;"), (["status", "--rules"], "s19")):
                for columns in (40, 80, 120):
                    done = self.expect(place.run(*command, env={**place.environment, "COLUMNS": str(columns)}), 0)
                    rows = done.stdout.split("\n\n")[0].splitlines()
                    self.assertLessEqual(max(map(len, rows)), columns, (command, done))
                    self.assertIn(word, " ".join(done.stdout.split()))
