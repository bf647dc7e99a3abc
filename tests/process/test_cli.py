"""The command line: exit codes, words, JSON, and configurations that are wrong."""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import sqlite3
import subprocess
import tempfile
import unicodedata
import unittest

from harness import MAP, PROGRAM, ROOT, Night, Place, Running, fill_in, procedure, procedures

YAML = """\
agency: { code: H13, name: UBND thành phố Cần Thơ }
store: state/congkhai.db
language: en
sources:
  - name: one
    fetch: { file: inbox/one.ndjson }
    format: ndjson
    key: /code
    map:
      code: /code
      name: /name
      status: { value: announced }
portal:
  driver: rest
  url: http://127.0.0.1:9/v1
"""


class Configurations(Night):
    """Exit 2, a message with file, line and column, and nothing touched."""

    def wrong(self, text, *words, at=None, rules=None):
        shutil.rmtree(self.place.folder / "state", ignore_errors=True)
        self.place.write("congkhai.yaml", text)
        self.place.records(procedure("1.000001"))
        if rules is not None:
            self.place.write("rules.yaml", rules)
        for command in ("check", "run"):
            done = self.expect(self.place.run(command), 2, *words)
            self.assertFalse((self.place.folder / "state").exists(), "nothing was touched")
            if at:
                name, line, column = at
                self.assertRegex(done.stderr, rf"{re.escape(name)}:{line}:{column}: ")
        return done

    def test_a_sound_one_is_sound(self):
        self.place.write("congkhai.yaml", YAML)
        self.place.records(procedure("1.000001"))
        done = self.expect(self.place.run("check"), 0)
        self.assertFalse((self.place.folder / "state").exists())
        del done

    def test_check_says_which_entry_of_a_code_list_no_field_can_be(self):
        """"none" fits one of the two fields that the list fills: it is no slip. A list of words for a text says nothing."""
        self.place.write("online.csv", "from,to\ntoàn trình,full\nmột phần,parttial\nkhông,none\n")
        self.place.write("names.csv", "from,to\na,parttial\n")
        self.place.configure(codes={"statuses": "codes.csv", "online": "online.csv", "names": "names.csv"})
        self.place.change_source(map={**MAP, "online_service": {"from": "/o", "codes": "online"}, "notes": {"from": "/n", "codes": "names"},
                                      "services": {"each": "/s", "map": {"level": {"from": "/l", "codes": "online"}}}})
        done = self.expect(self.place.run("check"), 0)
        self.assertEqual([line for line in (done.stderr + done.stdout).splitlines() if "kept back" in line],
                         [f'{self.place.folder}/online.csv:3: "parttial" is nothing that "online_service" can be: a record that says "một phần" is kept back'])

    def test_a_typo_names_the_nearest_key_with_line_and_column(self):
        self.wrong(YAML.replace("sources:", "suorces:"), "suorces", '"?sources"?', at=("congkhai.yaml", 4, 1))
        self.wrong(YAML.replace("    fetch:", "    fetsh:"), "fetsh", "fetch", at=("congkhai.yaml", 6, 5))
        self.wrong(YAML.replace("  driver:", "  drivre:"), "drivre", "driver", at=("congkhai.yaml", 14, 3))
        self.wrong(YAML.replace("format: ndjson", "format: ndjsn"), "ndjsn", "ndjson", at=("congkhai.yaml", 7, "(5|13)"))
        self.wrong(YAML.replace("      name: /name", "      nmae: /name"), "nmae", "name", at=("congkhai.yaml", 11, 7))
        self.wrong(YAML.replace("{ value:", "{ valeu:"), "valeu", "value", at=("congkhai.yaml", 12, 17))

    def test_what_is_missing_or_wrong_is_named(self):
        self.wrong(YAML.replace("agency: { code: H13, name: UBND thành phố Cần Thơ }\n", ""), "agency")
        self.wrong(YAML.replace("code: H13", 'code: ""'), 'agency: "code" is missing', at=("congkhai.yaml", 1, r"\d+"))
        self.wrong(YAML.replace("name: one", 'name: " "'), '"name" is missing')
        self.wrong(YAML.replace("      code: /code\n", ""), "code")
        self.wrong(YAML.replace("code: /code", "code: code"), "/|pointer|Pointer", at=("congkhai.yaml", 10, r"\d+"))
        self.wrong(YAML.replace("  url: http://127.0.0.1:9/v1\n", ""), "url")
        self.wrong(YAML.replace("  url: http://127.0.0.1:9/v1", "  url: gopher://x"), "gopher|url")
        self.wrong(YAML + "  in_flight: 0\n", "in_flight", at=("congkhai.yaml", 16, r"\d+"))
        self.wrong(YAML + "  timeout: soon\n", "timeout|soon", at=("congkhai.yaml", 16, r"\d+"))
        self.wrong(YAML + "codes: { levels: none.csv }\n", "none\\.csv")
        self.wrong(YAML + "rules: [none.yaml]\n", "none\\.yaml is not there", at=("congkhai.yaml", 16, r"\d+"))
        self.wrong(YAML.replace("language: en", "language: fr"), "fr", at=("congkhai.yaml", 3, r"\d+"))
        self.wrong(YAML.replace("status: { value: announced }", "status: { from: /s, codes: statuss }"), "statuss")
        self.wrong(YAML.replace("code: H13", 'code: "H13\\nX"'), "agency.code is a code")
        self.wrong(YAML.replace("name: /name", "name: { from: /name, match: '(' }"), "\\(|parenthes", at=("congkhai.yaml", 11, r"\d+"))

    def test_what_is_no_yaml_says_where(self):
        self.wrong("agency: { code: H13\nstore: [", "congkhai\\.yaml:\\d+:\\d+")
        self.wrong("agency: {}\nagency: {}\n", "agency", "twice|repeat|already")
        self.wrong("", "congkhai\\.yaml|configuration")
        self.wrong("\tagency: x\n", "congkhai\\.yaml:1")
        self.wrong("- a\n- b\n", "congkhai\\.yaml")

    def test_a_secret_that_is_not_there_is_said_and_none_is_shown(self):
        text = YAML + '  auth: { bearer: "${env:CONGKHAI_NOT_THERE}" }\n'
        self.place.write("congkhai.yaml", text)
        self.place.records(procedure("1.000001"))
        done = self.place.run("run")
        self.assertIn(done.code, (2, 3), done)
        self.assertRegex(done.stderr, "CONGKHAI_NOT_THERE")

    def test_a_secret_written_out_is_a_warning_and_is_not_shown(self):
        self.place.write("congkhai.yaml", YAML + "  auth: { bearer: sehrgeheim }\n")
        self.place.records(procedure("1.000001"))
        done = self.expect(self.place.run("check"), 0, "congkhai\\.yaml:16:\\d+")
        self.assertNotIn("sehrgeheim", done.stdout + done.stderr)

    def test_faults_are_told_in_the_language_of_the_file(self):
        for language, words in (("en", "a separator is one character"), ("vi", "một ký tự")):
            text = YAML.replace("language: en", "language: " + language).replace("format: ndjson", "format: csv\n    separator: ab")
            self.place.write("congkhai.yaml", text)
            self.expect(self.place.run("check"), 2, words)

    def test_a_secret_in_a_url_or_a_header_is_a_warning_and_reaches_neither_terminal_nor_store(self):
        for source in ("{ url: 'http://me:sehrgeheim@127.0.0.1:1/list' }", "{ url: 'http://127.0.0.1:1/list?api_key=sehrgeheim' }",
                       "{ url: 'http://127.0.0.1:1/list', headers: { X-Api-Key: sehrgeheim } }"):
            source = source[:-1] + ", retry: { attempts: 1 } }"
            text = re.sub(r"fetch: .*", lambda _: "fetch: " + source, YAML)
            self.place.write("congkhai.yaml", text)
            checked = self.expect(self.place.run("check"), 0, "written out")
            done = self.expect(self.place.run("extract"), 3, "127\\.0\\.0\\.1:1/list")
            self.assertNotIn("sehrgeheim", checked.stdout + checked.stderr + done.stdout + done.stderr)
            for file in self.place.store.parent.glob(self.place.store.name + "*"):
                self.assertNotIn(b"sehrgeheim", file.read_bytes(), file)

    def test_a_secret_in_a_header_is_one_too(self):
        fetch = 'fetch: { url: "http://127.0.0.1:9/x", headers: { %s } }'
        self.place.write("congkhai.yaml", YAML.replace("fetch: { file: inbox/one.ndjson }", fetch % "authorization: Bearer sehrgeheim"))
        done = self.expect(self.place.run("check"), 0, 'congkhai\\.yaml:6:\\d+: the secret "authorization" is written out')
        self.assertNotIn("sehrgeheim", done.stdout + done.stderr)
        self.place.write("congkhai.yaml", YAML.replace("fetch: { file: inbox/one.ndjson }", fetch % 'Authorization: "Bearer ${env:CONGKHAI_PORTAL_TOKEN}"'))
        self.assertNotIn("written out", self.expect(self.place.run("check"), 0).stderr)

    def test_a_rule_with_a_broken_expression_says_where(self):
        rules = """rules:
  - id: BROKEN
    field: name
    check: { matches: '^([a-z' }
    severity: error
    message: { vi: "Sai", en: "Wrong" }
"""
        self.wrong(YAML + "rules: [rules.yaml]\n", "BROKEN|matches|expression", at=("rules.yaml", 4, r"\d+"), rules=rules)

    def test_rules_that_are_wrong_say_where(self):
        sound = """rules:
  - id: R1
    field: name
    check: { required: true }
    severity: error
    message: { vi: "Sai", en: "Wrong" }
"""
        text = YAML + "rules: [rules.yaml]\n"
        self.wrong(text, "seveirty", "severity", at=("rules.yaml", 5, 5), rules=sound.replace("severity", "seveirty"))
        self.wrong(text, "nmae|name", at=("rules.yaml", 3, r"\d+"), rules=sound.replace("field: name", "field: nmae"))
        self.wrong(text, "requierd", "required", at=("rules.yaml", 4, r"\d+"), rules=sound.replace("required", "requierd"))
        self.wrong(text, "R1", "twice|repeat|already|before", rules=sound + sound.split("\n", 1)[1])
        self.wrong(text, "R1|message|id", rules=sound.replace("  - id: R1\n    field", "  - field"))

    def test_two_sources_of_one_name_are_refused(self):
        source = YAML[YAML.index("  - name"):YAML.index("portal:")]
        self.wrong(YAML.replace("portal:", source + "portal:"), "one")


class Stores(Night):
    def test_a_store_of_a_newer_version_is_left_alone(self):
        self.place.records(*procedures(2))
        self.expect(self.place.run("run"), 0)
        connection = sqlite3.connect(self.place.store)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute(f"PRAGMA user_version = {version + 1}")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        before = self.place.store.read_bytes()
        for command in ("run", "status", "load"):
            self.expect(self.place.run(command), 2, "newer", "congkhai\\.db")
        self.assertEqual(self.place.store.read_bytes(), before)

    def test_a_file_that_is_no_store_is_left_alone(self):
        for content, code in (b"This is a letter to the ministry.\n" * 100, 2), (b"SQLite format 3\0" + b"\xff" * 5000, 5):
            self.place.write("state/congkhai.db", content)
            self.place.records(procedure("1.000001"))
            self.expect(self.place.run("run"), code, "congkhai\\.db")
            self.expect(self.place.run("audit", "verify"), 5, "congkhai\\.db")
            self.assertEqual(self.place.store.read_bytes(), content)
            self.assertEqual(self.portal.requests(), 0)

    def test_another_programs_database_is_left_alone(self):
        self.place.store.parent.mkdir()
        connection = sqlite3.connect(self.place.store)
        connection.execute("CREATE TABLE citizens (name TEXT)")
        connection.commit()
        connection.close()
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 2, "congkhai\\.db")
        connection = sqlite3.connect(self.place.store)
        self.assertEqual(connection.execute("SELECT name FROM sqlite_master").fetchall(), [("citizens",)])
        connection.close()

    def test_a_folder_in_a_stores_place_is_no_success(self):
        for command in (["status"], ["runs"], ["audit", "verify"]):
            done = subprocess.run([PROGRAM, "--language", "en", *command, "--store", self.place.folder], capture_output=True, text=True)
            self.assertEqual((done.returncode, "is no regular file" in done.stderr), (2, True), done)

    def test_readers_of_a_store_that_is_not_there_make_none(self):
        self.place.records(procedure("1.000001"))
        for command in (("show", "1.000001"), ("history", "1.000001"), ("plan",), ("audit", "checkpoint")):
            self.expect(self.place.run(*command), 2, "nothing has been run")
        for command in (("status",), ("runs",)):
            self.assertIn("nothing has been run yet", self.expect(self.place.run(*command), 0).stdout)
        self.assertEqual(self.place.run("--json", "runs").json, {"schema": "congkhai/runs/1", "runs": []})
        empty = self.place.run("--json", "status").json
        self.assertFalse(self.place.store.exists())
        self.expect(self.place.run("run"), 0)
        self.assertEqual(empty.keys(), self.place.run("--json", "status").json.keys())
        self.assertIsNone(empty["last_run"])
        self.assertEqual(empty["published"], {"published": 0, "abolished": 0, "drafts": 0, "pending": 0, "without_record": 0})

    def test_a_damaged_store_is_said_and_nothing_is_sent(self):
        self.place.records(*procedures(300))
        self.expect(self.place.run("run"), 0)
        for path in self.place.store.parent.glob("congkhai.db-*"):
            path.unlink()
        whole = self.place.store.read_bytes()
        self.place.store.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        sent = self.portal.requests()
        for command in (("run",), ("load",), ("audit", "verify")):
            self.expect(self.place.run(*command), 5, "congkhai\\.db")
        self.assertEqual(self.portal.requests(), sent)

    def test_a_ledger_that_was_there_and_is_gone_does_not_verify(self):
        self.place.records(*procedures(2))
        self.expect(self.place.run("audit", "verify"), 2, "nothing has been run")
        self.expect(self.place.run("run"), 0)
        kept = self.place.write("kept", (self.place.folder / "state/congkhai.db.checkpoint").read_bytes())
        for path in self.place.store.parent.glob("congkhai.db*"):
            if not path.name.endswith(".checkpoint"):
                path.unlink()
        self.expect(self.place.run("audit", "verify"), 5, "congkhai\\.db")
        (self.place.folder / "state/congkhai.db.checkpoint").unlink()
        self.expect(self.place.run("audit", "verify", "--checkpoint", kept), 5, "congkhai\\.db")
        self.expect(self.place.run("audit", "verify"), 2)

    def test_a_place_where_no_store_can_be_opened_says_nothing_against_a_ledger(self):
        self.place.records(procedure("1.000001"))
        for store, code in (("/proc/congkhai/state.db", 3), ("inbox", 2)):
            self.place.configure(store=store)
            self.expect(self.place.run("run"), code, "congkhai|inbox")
        self.assertEqual(self.portal.requests(), 0)


class Usage(unittest.TestCase):
    """Wrong usage: exit 2 and a word of help."""

    def call(self, *arguments, **environment):
        with tempfile.TemporaryDirectory() as folder:
            return Running([PROGRAM, *arguments], cwd=folder,
                           env={**os.environ, "LC_ALL": "en_US.UTF-8", **environment}).wait()

    def wrong(self, *arguments, words):
        done = self.call(*arguments)
        self.assertEqual(done.code, 2, done)
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertRegex(done.stderr, word)

    def test_wrong_usage(self):
        self.wrong(words=["command"])
        self.wrong("statsu", words=["statsu", "status"])
        self.wrong("run", "--sources", "x", words=["sources", "source"])
        self.wrong("run", "extra", words=["run"])
        self.wrong("status", "--code", "x", words=["code"])
        self.wrong("run", "--source", words=["source"])
        self.wrong("--language", "fr", "run", words=["fr"])
        self.wrong("show", "-NB", words=["option -NB"])
        self.wrong("show", words=["CODE"])
        self.wrong("run", words=["congkhai\\.yaml", "--config|init"])
        self.wrong("--config", "nowhere.yaml", "run", words=["nowhere\\.yaml"])
        self.wrong("--config", ".", "run", words=["\\."])

    def test_help_and_version_go_to_stdout(self):
        done = self.call("--help")
        self.assertEqual((done.code, done.stderr), (0, ""), done)
        self.assertEqual(self.call("-h").stdout, done.stdout)
        for command in ("init", "check", "run", "extract", "transform", "load", "status", "runs", "show"):
            self.assertRegex(done.stdout, rf"(?m)^ +{command}\b")
        done = self.call("--version")
        self.assertEqual((done.code, done.stderr), (0, ""), done)
        self.assertRegex(done.stdout, r"congkhai \d+\.\d+")

    def test_messages_are_in_the_language_asked_for(self):
        self.assertRegex(self.call("nonsense", LC_ALL="en_US.UTF-8").stderr, "there is no command")
        vietnamese = re.compile("[ạảãàáâậầấẩẫăắằặẳẵóòọõỏôộổỗồốơờớợởỡéèẻẹẽêếềệểễúùụủũưựữửừứíìịỉĩýỳỷỵỹđ]")
        self.assertRegex(self.call("nonsense", LC_ALL="vi_VN.UTF-8").stderr, vietnamese)
        self.assertRegex(self.call("--language", "vi", "nonsense").stderr, vietnamese)
        self.assertRegex(self.call("--language", "vi", "--help").stdout, vietnamese)
        with tempfile.TemporaryDirectory() as folder:
            for asked, environment, locale in (("vi", vietnamese, "en_US.UTF-8"), ("en", re.compile("command|Usage|unknown"), "vi_VN.UTF-8")):
                file = pathlib.Path(folder, f"{asked}.yaml")
                file.write_text(f"language: {asked}\nwhat: is wrong\n", encoding="utf-8")
                for arguments in (("nonsense",), ("status", "--nonsense"), ("help",), ("help", "kept"), ("status", "--help")):
                    done = self.call(*arguments, "--config", str(file), LC_ALL=locale)
                    self.assertRegex((done.stdout + done.stderr).split("\n")[0], environment, arguments)
                    done = self.call(*arguments, "--config", str(file), "--language", "en", LC_ALL=locale)
                    self.assertNotRegex((done.stdout + done.stderr).split("\n")[0], vietnamese, arguments)


class Commands(Night):
    def test_init_writes_a_configuration_that_runs_and_overwrites_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            bare = {name: value for name, value in self.place.environment.items() if name != "CONGKHAI_PORTAL_TOKEN"}

            def call(*arguments):
                return Running([PROGRAM, *arguments], cwd=folder, env=bare).wait()
            self.expect(call("init", "office"), 0)
            del self.place.environment["CONGKHAI_PORTAL_TOKEN"]
            written = pathlib.Path(folder) / "office" / "congkhai.yaml"
            self.assertTrue(written.exists())
            text = written.read_text(encoding="utf-8")
            self.assertIn("#", text, "commented")
            self.expect(call("init", "office"), 2, "congkhai\\.yaml")
            self.assertEqual(written.read_text(encoding="utf-8"), text)
            for command in ("check", "run"):
                self.expect(call("--config", str(written), command), 2, "yaml:3:11.*agency|yaml:3:11.*cơ quan")
            fill_in(written)
            self.expect(call("--config", str(written), "check"), 0)
            done = self.expect(call("init", "--json", "other"), 0)
            self.assertEqual(done.json["configuration"], "other/congkhai.yaml")
            shipped = sorted(str(path.relative_to(ROOT / "config")) for folder in ("rules", "codes")
                             for path in (ROOT / "config" / folder).iterdir())
            self.assertEqual(sorted(done.json["written"]), sorted(["other/congkhai.yaml"] + [f"other/{name}" for name in shipped]))
            for name in shipped:
                self.assertEqual((pathlib.Path(folder) / "other" / name).read_bytes(), (ROOT / "config" / name).read_bytes())

    def test_init_adds_source_after_source_and_changes_nothing_else(self):
        """In the list as it stands, whatever stands around it."""
        self.place.write("in.csv", "Mã số;Tên thủ tục\n1.000001;Một\n1.000002;Hai\n")
        for dash in ("", "  ", "    "):
            folder = self.place.folder / f"with{len(dash)}"
            sources = YAML[YAML.index("  - name"):YAML.index("portal:")].replace("\n  ", "\n" + dash).replace("  - ", dash + "- ", 1)
            before = YAML[:YAML.index("  - name")] + sources + "# behind\n\n" + YAML[YAML.index("portal:"):]
            written = self.place.write(f"{folder.name}/congkhai.yaml", before)
            for expected in ("in", "in-2"):
                done = self.expect(self.place.run("--json", "init", "--from", self.place.folder / "in.csv", folder), 0)
                self.assertEqual(done.json["source"], expected)
            lines = iter(written.read_text(encoding="utf-8").splitlines())
            self.assertTrue(all(line in lines for line in before.splitlines()), "every line is there, in its order")
            self.expect(self.place.run("--config", written, "check"), 0, r"3 sources|3 nguồn")
        flow = self.place.write("flow/congkhai.yaml", json.dumps({"sources": [{"name": "a"}]}))
        text = flow.read_text()
        self.expect(self.place.run("init", "--from", self.place.folder / "in.csv", flow.parent), 2)
        self.assertEqual(flow.read_text(), text)

    def test_init_that_cannot_write_says_so_and_leaves_what_is_there(self):
        self.place.write("in.csv", "Mã số;Tên thủ tục\n1.000001;Một\n")
        table = self.place.folder / "in.csv"
        self.expect(self.place.run("init", self.place.folder / "in.csv" / "office"), 2, "in\\.csv")
        self.expect(self.place.run("init", "--from", self.place.folder / "none.csv", self.place.folder / "new"), 2, "none\\.csv")
        self.assertFalse((self.place.folder / "new").exists())
        (self.place.folder / "held" / "congkhai.yaml").mkdir(parents=True)
        self.expect(self.place.run("init", "--from", table, self.place.folder / "held"), 2)
        before = self.place.write("broken/congkhai.yaml", "sources: [").read_bytes()
        self.expect(self.place.run("init", "--from", table, self.place.folder / "broken"), 2, r"congkhai\.yaml:\d+:\d+")
        self.expect(self.place.run("init", "--from", self.place.folder / "none.csv", self.place.folder / "broken"), 2)
        self.assertEqual((self.place.folder / "broken" / "congkhai.yaml").read_bytes(), before)
        # the items stand in their list, and the last has no end of line
        text = YAML[:YAML.index("portal:")].rstrip("\n")
        whole = self.place.write("open/congkhai.yaml", YAML[YAML.index("portal:"):] + text)
        self.expect(self.place.run("init", "--from", self.place.folder / "none.csv", whole.parent), 2, "none\\.csv")
        self.expect(self.place.run("init", "--from", table, whole.parent), 0)
        self.assertTrue(whole.read_text(encoding="utf-8").startswith(YAML[YAML.index("portal:"):] + text + "\n"))
        self.expect(self.place.run("--config", whole, "check"), 0, "2 sources")
        # what looks like a comment behind the list is the last line of a text in it
        folded = YAML.replace("portal:", "    department: |\n      Sở A\n      # và B\nportal:")
        there = self.place.write("folded/congkhai.yaml", folded)
        done = self.expect(self.place.run("--json", "init", "--from", table, there.parent), 2)
        self.assertEqual(done.json["error_id"], "the-source-cannot-be-added-without-changing")
        self.assertEqual(there.read_text(encoding="utf-8"), folded)

    def test_check_tells_all_that_is_wrong_at_once(self):
        self.place.write("rules.yaml", "rules:\n- { id: a, field: nmae, check: { required: true } }\n- { id: b, field: name, chek: {} }\n")
        self.place.write("congkhai.yaml", YAML.replace("agency: { code: H13, name", "agency: { cod: H13, name").replace(
            "      name: /name", "      nmae: /name\n      levels: { value: nowhere }").replace("portal:", "rules: [rules.yaml]\nprotal:"))
        done = self.expect(self.place.run("--json", "check"), 2)
        told = [(fault["error"].split(":")[1:3], fault["error_id"]) for fault in done.json["errors"]]
        self.assertEqual(len(told), done.stderr.count("congkhai: "))
        self.assertFalse(done.json["valid"])
        self.assertTrue(all(line.isdigit() and column.isdigit() for (line, column), _ in told), told)
        words = done.stderr
        for word in ("cod\"", "\"code\" is missing", "nmae", "\"nowhere\" of \"levels\"", "protal", "no \"portal\"", "chek"):
            self.assertIn(word, words)

    def test_a_store_that_is_something_else_is_a_fault_of_the_configuration(self):
        self.place.records(*procedures(1))
        self.place.configure(store="inbox/one.ndjson")
        self.expect(self.place.run("check"), 2, r"congkhai\.yaml:\d+:\d+: .*one\.ndjson is no store")
        before = (self.place.inbox / "one.ndjson").read_bytes()
        for command in (["run"], ["extract"], ["load"], ["status"], ["kept"], ["runs"], ["restore", self.place.inbox / "one.ndjson", "--reason", "x"]):
            self.expect(self.place.run(*command), 2, "is no store")
        self.assertEqual((self.place.inbox / "one.ndjson").read_bytes(), before)
        self.place.configure(store="state/congkhai.db")
        self.expect(self.place.run("restore", self.place.inbox / "one.ndjson", "--reason", "x"), 2, "is no store")
        self.expect(self.place.run("run"), 0)
        self.place.store.write_bytes(b"x" * 8192)  # it was one: its head stands beside it
        for suffix in ("-wal", "-shm"):
            self.place.store.with_name(self.place.store.name + suffix).unlink(missing_ok=True)
        self.expect(self.place.run("run"), 5)

    def test_check_looks_whether_the_files_of_tests_are_there(self):
        self.place.configure(tests=["tests/none*.yaml", "gone.yaml", {"name": "x", "procedure": {"code": "1.000001"}, "expect": {}}])
        done = self.place.run("check")
        self.assertEqual(done.code, 2, done)
        self.assertIn('no file matches "gone.yaml"', done.stderr)
        self.place.configure(tests=["tests/none*.yaml"]) # none was written yet: a fresh copy of the shipped configuration
        self.expect(self.place.run("check"), 0)
        self.expect(self.place.run("test"), 2)

    def test_check_tells_every_fault_of_one_part(self):
        """One part of the configuration each, and all that is wrong in it."""
        self.place.write("rules.yaml", 'rules:\n- { id: D, field: name, check: { matches: "(", lenght: { min: 1 } }, severity: eror,'
                         " when: { kid: public, status: anounced }, in_force: { from: 2010-13-14 } }\n"
                         "- { id: E, field: nam, check: { codes: nowhere } }\n"
                         "- { id: D, field: decision.signed_on, check: { working_days: { from: nix, to: nux, at_most: 1 }, on: 1 } }\n")
        self.place.write("cut.yaml", "rules: [")
        rules = ("eror", '"lenght"', '"kid"', "anounced", '"from" must be a day', r'expression "\("', '"nam"', 'id "D" is already', '"nix"', '"nux"', '"on"')
        source = {"file": "inbox/one.ndjson"}
        for changes, words in (
                ({"brakes": {"changes": "130%", "withdrawals": "-1%", "empty_source": "halt"}}, ("130%", "-1%", "halt")),
                ({"portal": {**self.place.configuration["portal"], "ca_file": "nowhere", "url": "x",
                             "retry": {"attempts": 0, "first": "5s", "most": "1s"}}}, ("attempts", '"first" is the first', "nowhere", '"url"')),
                ({"notify": [{"url": "foo", "style": "hc"}, {"command": ""}, {"metrics": "/x", "foo": 1}]}, ('"hc"', '"foo" is no', "one way", 'key "foo"')),
                ({"ledger": {"copies": [{"url": "foo"}, {"folder": "a", "command": "b"}]}}, ('"foo" is no', "one way")),
                ({"rules": ["rules.yaml"]}, (*rules, "nowhere", "holidays")),
                ({"rules": ["rules.yaml", "cut.yaml"]}, (*rules, "no YAML")),
                ({"sources": [self.place.source("a", format="ndjsn", fetch={"fil": "x"}, encoding="utf-9",
                                                map={**MAP, "coed": "/c", "name": {"from": "/n", "match": "(", "codes": "nowhere"}})]},
                 ("ndjsn", '"fil"', "utf-9", '"coed"', r'expression "\("', "nowhere")),
                ({"sources": [self.place.source("a", fetch={**source, "quit": 1},
                                                skip=[{"from": "c", "is": "x"}, {"from": "/c"}, {"matches": "("}], map={})]},
                 ('"quit"', '"c" is no JSON Pointer', "takes one of", '"from" is missing', r'expression "\("', "does not fill")),
                ({"sources": [self.place.source("a", fetch={"url": "x://y", "ca": "nowhere", "retry": {"first": "2m"},
                                                            "pages": {"next": "/a", "offset": "b"}, "success": {"is": "x"}})]},
                 ("nowhere", '"first" is the first', '"pages" takes one', '"success" says')),
                ({"sources": [self.place.source("a", fetch={"folder": ".", "quiet": "zz", "newest": {"by": "age", "count": 0}})]}, ('"quiet"', '"age"', '"count"')),
                ({"sources": [self.place.source("a", fetch={"url": "http://127.0.0.1/", "base": "b", "pages": {"next": "/a", "offset": "b"}})]},
                 ('"b"', '"pages" takes one')),
                ({"sources": [self.place.source("a", fetch={"url": ["x"], "base": "b", "success": {"is": "x"}})]}, ('"url"', '"b"'))):
            with self.subTest(list(changes), words=words):
                with Place(self.portal) as place:
                    for name in ("rules.yaml", "cut.yaml"):
                        shutil.copy(self.place.folder / name, place.folder)
                    place.configure(**changes)
                    done = place.run("--json", "check")
                    self.assertEqual(done.code, 2, done)
                    for word in words:
                        self.assertRegex(done.stderr, word)
                    told = [fault["error"] for fault in done.json["errors"]]
                    self.assertEqual(len(told), len(words), told)
                    for fault in told:
                        self.assertRegex(fault, r"\.yaml:\d+:\d+: ")
                    self.assertEqual(place.run("run").code, 2)
                    self.assertFalse(place.store.exists())

    def test_every_command_gives_one_json_document(self):
        self.place.records(*procedures(4), procedure("1.000009", status="?"))
        documents = {}
        for command in (["check"], ["extract"], ["transform"], ["load"], ["run"], ["status"], ["runs"], ["runs", "2"],
                        ["show", "1.000002"]):
            done = self.place.run("--json", *command)
            self.assertIn(done.code, (0, 1), (command, done))
            documents[" ".join(command)] = done.json
        run = documents["run"]
        self.assertEqual((run["seen"], run["exit_code"], run["sent"], run["kept_back"]["rejected"]), (5, 1, 0, 1))
        self.assertEqual(documents["load"]["published"], 4)
        self.assertEqual(documents["status"]["kept_back"]["rejected"], 1)
        self.assertEqual(len(documents["runs 2"]["runs"]), 2)
        self.assertIn("1.000002", json.dumps(documents["show 1.000002"]))

    def test_json_is_given_for_failures_too(self):
        self.place.records(*procedures(2))
        self.place.change_portal(url="http://127.0.0.1:9/v1", retry={"attempts": 1, "first": "1ms", "most": "1ms"})
        done = self.expect(self.place.run("--json", "run"), 3)
        self.assertEqual((done.json["exit_code"], done.json["pending"]), (3, 2))
        self.assertIn("127.0.0.1", done.json["error"])

    def test_json_is_given_where_nothing_could_be_begun(self):
        for command, code in ((("history", "1.000001"), 2), (("show", "1.000001"), 2), (("plan",), 2), (("run", "--source", "x"), 2),
                              (("audit", "verify"), 2), (("withdraw", "1.000001"), 2)):
            done = self.expect(self.place.run("--json", *command), code)
            self.assertEqual(sorted(set(done.json) - {"error_hint"}), ["error", "error_id", "exit_code"])
            self.assertEqual(done.json["exit_code"], code)
            self.assertIn(done.json["error"], done.stderr)
        self.place.change_portal(drivre="rest")
        done = self.expect(self.place.run("check", "--json"), 2)
        self.assertRegex(done.json["error"], r"congkhai\.yaml:\d+:\d+: .*drivre")

    def test_a_code_is_the_same_in_every_form_that_a_terminal_gives(self):
        code = "NB-Đất-1"
        self.place.records(procedure(code))
        self.expect(self.place.run("run"), 0)
        for form in (code, unicodedata.normalize("NFD", code), code.replace("Đ", "\u00d0"), f" {code}\u200b"):
            for command in (("show", form), ("history", form), ("kept", "--code", form), ("run", "--code", form)):
                self.expect(self.place.run(*command), 0)

    def test_a_source_that_there_is_not_is_named_with_the_nearest(self):
        self.place.records(procedure("1.000001"))
        self.expect(self.place.run("run"), 0)
        for command in (("run",), ("extract",), ("transform",), ("load",), ("plan",), ("retry", "--reason", "x")):
            self.expect(self.place.run(*command, "--source", "oen"), 2, 'there is no source "oen"; did you mean "one"')

    def test_whoever_started_it_may_have_closed_every_stream(self):
        self.place.records(*procedures(3))
        with subprocess.Popen(["/bin/sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "--config",
                               self.place.folder / "congkhai.yaml", "run"], env=self.place.environment) as process:
            self.assertEqual(process.wait(60), 0)
        self.expect(self.place.run("audit", "verify"), 0)
        self.assertEqual(len(self.portal.held()), 3)

    def test_what_cannot_be_written_to_standard_output_is_said(self):
        self.place.records(procedure("1.000001"), procedure("1.000002", name=None))
        self.place.run("run")
        for command in (("kept",), *[(*command, "--format", kind) for command in (("kept",), ("report", "so-luong"))
                                     for kind in ("csv", "html", "xlsx", "json")]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, "--config", self.place.folder / "congkhai.yaml", *command], stdout=full,
                                      stderr=subprocess.PIPE, env=self.place.environment)
            self.assertEqual(done.returncode, 3, (command, done.stderr))
            self.assertIn(b"could not be written", done.stderr)

    def test_vietnamese_tables_are_vietnamese(self):
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        self.place.records(*procedures(3), procedure("1.000009", name=None))
        self.expect(self.place.run("run"), 1)
        self.place.records(procedure("1.000001", name="Tên mới"), procedure("1.000003"), procedure("1.000009", name=None))
        self.expect(self.place.run("extract"), 1)
        self.expect(self.place.run("transform"), 1)
        words = re.compile(r"\b(accepted|rejected|held|published|publish|refused|intended|announced|error|true|differs|only|missing)\b")
        for command in (("status",), ("status", "--rules"), ("show", "1.000001"), ("show", "1.000003"), ("show", "1.000009"),
                        ("plan",), ("reconcile", "--offline"), ("history", "1.000001", "--on", "2099-01-01")):
            done = self.place.run("--language", "vi", *command)
            table = re.sub(r'(?s)\n\{.*|congkhai/required|"[^"]*"|: refused\.', "", done.stdout)
            self.assertNotRegex(table, words, command)
            self.assertNotRegex(done.stdout, r"\dT\d\d:\d\d", "times are those of the clocks of Vietnam")
        self.assertRegex(self.place.run("--language", "vi", "plan").stdout, r"(?m)^công khai  1\.000001  ")
        self.assertRegex(self.place.run("--language", "en", "status").stdout, r"1\.000009 +rejected")
        self.assertEqual(self.place.run("--language", "vi", "--json", "status").json["records"][0]["outcome"], "rejected")

    def test_quiet_says_nothing_but_errors(self):
        self.place.records(*procedures(2))
        done = self.expect(self.place.run("--quiet", "run"), 0)
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        (self.place.inbox / "one.ndjson").unlink()
        done = self.expect(self.place.run("--quiet", "run"), 3)
        self.assertIn("one.ndjson", done.stderr)

    def test_results_go_to_stdout_and_no_progress_without_a_terminal(self):
        self.place.records(*procedures(50))
        done = self.expect(self.place.run("run"), 0)
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\r", done.stdout + done.stderr)
        self.assertNotIn("\033", done.stdout + done.stderr)

    def test_progress_appears_on_a_terminal(self):
        self.portal.faults("kind=slow:30,on=put")
        self.place.records(*procedures(60))
        parent, child = pty.openpty()
        process = subprocess.Popen([PROGRAM, "--config", self.place.folder / "congkhai.yaml", "run"], stderr=child,
                                   stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=self.place.environment)
        os.close(child)
        seen = b""
        while select.select([parent], [], [], 60)[0]:
            try:
                more = os.read(parent, 4096)
            except OSError:
                break
            if not more:
                break
            seen += more
        os.close(parent)
        self.assertEqual(process.wait(60), 0)
        self.assertRegex(seen.decode(), r"\d+/60")

    def test_show_tells_everything_about_one_procedure(self):
        records = procedures(30)
        self.place.records(*records)
        self.portal.faults("kind=status:422,on=put,code=1.000003")
        self.expect(self.place.run("run"), 1)
        done = self.expect(self.place.run("show", "1.000002"), 0)
        for word in ("1\\.000002", "one\\.ndjson", "published", "Thủ tục 1\\.000002"):
            self.assertRegex(done.stdout, word)
        self.assertRegex(self.expect(self.place.run("show", "1.000003"), 0).stdout, "422|refused")
        done = self.place.run("show", "9.999999")
        self.assertIn(done.code, (1, 2), done)
        self.assertRegex(done.stderr, "9\\.999999")

    def test_status_says_what_is_kept_back_and_why(self):
        self.place.records(*procedures(3), procedure("1.000009", status="lạ"))
        self.expect(self.place.run("run"), 1)
        done = self.expect(self.place.run("status"), 0)
        self.assertRegex(done.stdout, "1\\.000009")
        self.assertRegex(done.stdout, "lạ|status")

    def test_runs_lists_the_newest_runs(self):
        self.place.records(*procedures(3))
        for _ in range(4):
            self.expect(self.place.run("run"), 0)
        done = self.expect(self.place.run("runs", "2"), 0)
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()[1:]], ["4", "3"])
        for wrong in ("many", "0x2", "-1", "99999999999999999999"):
            self.expect(self.place.run("--language", "en", "runs", wrong), 2, "runs|number|option|tùy chọn")

    def test_hostile_names_do_not_reach_the_terminal_as_control_sequences(self):
        self.place.write("inbox/one.ndjson", b'{"code": "1.000001\\u001b[31m", "name": "A\\u001b]0;x\\u0007", '
                                             b'"status": "\\u001b[2J"}\n')
        self.expect(self.place.run("run"), 1)
        for command in (["status"], ["run"], ["runs"], ["show", "1.000001\033[31m"]):
            done = self.place.run(*command)
            self.assertNotIn("\033", done.stdout + done.stderr, command)

    def test_direction_marks_do_not_turn_a_table_around(self):
        self.place.records(procedure("1.000001", status="\u2066deciver\u2069"))
        self.expect(self.place.run("run"), 1)
        done = self.expect(self.place.run("status"), 0, r"\\u2066deciver\\u2069")
        self.assertNotRegex(done.stdout, "[\u202a-\u202e\u2066-\u2069]")

    def test_exit_codes_mean_what_the_interface_says(self):
        self.place.records(*procedures(3))
        self.expect(self.place.run("run"), 0)
        self.place.records(*procedures(3), procedure("1.000009", status="?"))
        self.expect(self.place.run("run"), 1)
        self.expect(self.place.run("run"), 1)   # still kept back
        self.expect(self.place.run("run", "--nonsense"), 2)
        (self.place.inbox / "one.ndjson").unlink()
        self.expect(self.place.run("run"), 3)
