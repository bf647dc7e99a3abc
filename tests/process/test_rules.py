"""The shipped rules: their examples, what a damage to them does, what they find in real records; and `congkhai test`."""

import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from harness import PROGRAM, Place, ROOT, data_folder

NAMES = ROOT / "scripts" / "make-known-names"


def copied(test):
    """A place with the shipped configuration in it."""
    place = Place()
    test.addCleanup(place.close)
    shutil.copytree(ROOT / "config", place.folder / "config")
    return place, place.folder / "config"


class Shipped(unittest.TestCase):
    def test_every_example_beside_a_rule_and_every_test_of_the_configuration_passes(self):
        place, config = copied(self)
        done = place.run("--config", config / "congkhai.yaml", "--json", "test")
        self.assertEqual(done.code, 0, done)
        self.assertEqual((done.json["failed"], done.json["examples_failed"]), (0, 0))
        self.assertGreater(done.json["examples_passed"], 300)
        self.assertFalse((config / "state").exists(), "a test touched the store")

    def test_each_rule_has_examples_a_citation_or_a_reason_and_both_languages(self):
        for path in (ROOT / "config" / "rules").glob("*.yaml"):
            for rule in re.split(r"(?m)^(?=  - id: )", path.read_text(encoding="utf-8"))[1:]:
                for part in (r"    examples:\n      pass:", r"\n      fail:", r"\n    (?:cites|reason): ",
                             r"\n    message:(?: { vi: \"?\S|\n      vi: )", r"\ben: "):
                    self.assertRegex(rule, part, f"{path.name}: {rule.split()[2]}")

    def test_no_rule_survives_a_damage(self):
        short = [] if "CONGKHAI_LONG" in os.environ else ["--short"]
        done = subprocess.run([sys.executable, ROOT / "scripts" / "mutate-rules", *short, "--program", PROGRAM],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-2000:])
        died = dict(re.findall(r"(?m)^(\w+) +(\d+ of \d+) died$", done.stdout))
        for kind in ("removed", "inverted", "flipped"):
            tried = died[kind].split()
            self.assertEqual(tried[0], tried[2], kind)

    def test_check_says_what_will_surprise(self):
        place, config = copied(self)
        (config / "rules" / "own.yaml").write_text(
            "rules:\n  - { id: LATER, field: name, check: { required: true }, in_force: { from: 2999-01-01 }, cites: A }\n"
            "  - { id: BARE, field: name, check: { required: true } }\n")
        path = config / "congkhai.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("rules: [rules/nd63.yaml", "rules: [rules/own.yaml, rules/nd63.yaml"))
        done = place.run("--config", path, "--language", "en", "check")
        self.assertEqual(done.code, 0, done)
        for words in ('own.yaml:2:5: the rule "LATER": it comes into force on 2999-01-01;',
                      'own.yaml:3:5: the rule "BARE": it neither cites an article nor gives a reason'):
            self.assertIn(words, done.stdout + done.stderr)


    def test_check_says_how_an_older_pack_differs_from_the_shipped_one(self):
        place, config = copied(self)
        path = config / "rules" / "nd63.yaml"
        whole = path.read_text(encoding="utf-8")
        rules = re.split(r"(?m)^(?=  - id: )", whole)
        ids = [rule.split()[2] for rule in rules[1:]]
        self.assertIn("    cites: ", rules[2])
        rules[2] = rules[2].replace("    cites: ", "    reason: Cũ\n    cites: ", 1).replace("    check: {", "    severity: warning\n    check: {", 1)
        own = "  - { id: CUA-MINH, field: name, check: { required: true }, cites: A }\n"
        old = "".join(rules[:1] + rules[2:]) + own
        for pack, name in (("pack: { name: nd63, version: 1 }", "nd63.yaml"), ("", "nd63.yaml"), ("pack: { name: nd63, version: 1 }", "cu.yaml")):
            with self.subTest(pack=pack, name=name):
                path.unlink()
                path = config / "rules" / name
                path.write_text(old.replace("pack: { name: nd63, version: 2 }", pack), encoding="utf-8")
                text = (ROOT / "config" / "congkhai.yaml").read_text(encoding="utf-8").replace("rules/nd63.yaml", f"rules/{name}")
                (config / "congkhai.yaml").write_text(text, encoding="utf-8")
                before = path.read_bytes()
                done = place.run("--config", config / "congkhai.yaml", "--language", "en", "check")
                self.assertEqual(done.code, 0, done)
                line, = (line for line in (done.stdout + done.stderr).splitlines() if "shipped with the program" in line)
                self.assertIn(f"{name} is version 1 of its pack, and version 2 was shipped", line)
                self.assertTrue(line.endswith(f"it stays as it is; new: {ids[0]}; changed: {ids[1]} (severity, reason); no longer there: CUA-MINH"), line)
                self.assertEqual(path.read_bytes(), before)
        path.write_text(whole.replace("version: 2 }", "version: 3 }"), encoding="utf-8")
        done = place.run("--config", config / "congkhai.yaml", "--language", "en", "check")
        self.assertNotIn("shipped with the program", done.stdout + done.stderr)

    def test_check_refuses_rules_that_break_their_own_examples(self):
        with Place() as place:
            place.configure(rules=[str(ROOT / "tests" / "rules" / "differences" / "rules.yaml")])
            done = place.run("--json", "check")
            self.assertEqual(done.code, 2, done)
            self.assertEqual([(fault["error_id"], re.search(r"yaml:(\d+:\d+)", fault["error"])[1]) for fault in done.json["errors"]],
                             [("the-rule-breaks-an-example-that-should", "7:29"), ("the-rule-lets-an-example-pass-that", "8:14")])

    def test_a_baseline_that_lies_ahead_is_told(self):
        with Place() as place:
            for day, told in (("2062-01-01", True), ("2026-01-01", False)):
                place.configure(baseline=day)
                done = place.run("--language", "en", "check")
                self.assertEqual((done.code, f'"baseline" is {day}, which lies ahead' in done.stderr), (0, told), done)

    def test_an_agency_that_may_be_a_ministry_or_a_province_is_asked(self):
        with Place() as place:
            place.configure(agency={"code": "XYZ", "name": "Cơ quan"})
            done = place.run("--language", "en", "check")
            self.assertEqual(done.code, 0, done)
            self.assertIn('the agency\'s code "XYZ" does not say whether it is a ministry or a province', done.stdout + done.stderr)
            for kind in ("ministry", "province"):
                place.configure(agency={"code": "XYZ", "name": "Cơ quan", "kind": kind})
                done = place.run("--language", "en", "check")
                self.assertEqual(done.code, 0, done)
                self.assertNotIn("ministry", done.stdout + done.stderr)


class Differences(unittest.TestCase):
    def test_a_failing_test_tells_what_was_expected_and_what_came(self):
        folder = ROOT / "tests" / "rules" / "differences"
        done = subprocess.run([PROGRAM, "--language", "en", "test"], cwd=folder, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}, check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stdout.replace("./", ""), (folder / "expected.txt").read_text(encoding="utf-8"))

    def test_a_test_that_is_wrong_itself_is_refused_with_its_place(self):
        for tests, words in (
                ('- { name: a, procedure: { nmae: b }, expect: { rules: [] } }', 'did you mean "name"?'),
                ('- { name: a, procedure: { name: b }, expect: { rule: [] } }', 'did you mean "rules"?'),
                ('- { name: a, procedure: { name: b }, expect: {} }', '"expect" says nothing'),
                ('- { name: a, expect: { rules: [] } }', 'either a "record" or a "procedure"'),
                ('- { name: a, source: on, record: { inline: {} }, expect: { rules: [] } }', 'did you mean "one"?'),
                ('- { name: a, source: one, record: { file: none.ndjson }, expect: { rules: [] } }', "none.ndjson"),
                ('[missing/*.yaml]', "missing")):
            with Place() as place:
                place.configure(tests=None)
                path = place.folder / "congkhai.yaml"
                # JSON is YAML, but tests are written as people write them.
                text = json.loads(path.read_text(encoding="utf-8"))
                path.write_text("".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in text.items()) +
                                f"tests:\n  {tests}\n" if not tests.startswith("[") else
                                "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in text.items()) +
                                f"tests: {tests}\n", encoding="utf-8")
                done = place.run("test")
                self.assertEqual(done.code, 2, done)
                self.assertIn("congkhai.yaml:", done.stderr)
                self.assertIn(words, done.stderr)


    def test_a_record_of_a_test_that_is_none_of_its_source_is_refused_with_its_place(self):
        """id of what is said, for each way to write it wrongly; and an outcome that is not the expected one."""
        tests = (("one", {"file": "inbox/one.ndjson", "row": 1}, "record-unknown-key-known-are-file-and"),
                 ("one", {"file": "inbox/one.ndjson", "inline": {}}, "a-record-is-either-a-file-or"),
                 ("one", {"file": ["a"]}, "file-is-a-path"), ("one", {"file": "empty.ndjson"}, "there-is-no-record-in-it"),
                 ("csv", {"inline": "a;b"}, "a-row-is-written-as-columns-and"), ("csv", {"inline": {"Mã": ["a"]}}, "a-cell-holds-one-value"),
                 ("table", {"inline": ["a"]}, "a-row-is-written-as-columns-and"), ("xml", {"inline": {"a": "b"}}, "a-record-of-this-source-is-written"),
                 (None, {"inline": {}}, "a-record-needs-the-source-that-it"))
        with Place() as place:
            place.write("empty.ndjson", "")
            place.records({"code": "1.000001", "name": "Tên"})
            fields = {"code": {"value": "A"}, "name": {"value": "B"}, "status": {"value": "draft"}}
            place.configure(sources=[place.source("one"), place.source("csv", format="csv", key="Mã", map=fields),
                                     place.source("table", format="xlsx", key="Mã", map={**fields, "code": "Mã", "name": "Tên"}),
                                     place.source("xml", format="xml", records="/r/p", key="code", map={**fields, "code": "code"})])

            def run(expect, **test):
                test = {"name": "a", **test, "expect": expect}
                place.configure(tests=[{name: value for name, value in test.items() if value is not None}])
                return place.run("--json", "--language", "en", "test")
            for source, record, id in tests:
                with self.subTest(source=source, record=record):
                    done = run({"rejected": False}, source=source, record=record)
                    self.assertEqual((done.code, done.json["error_id"]), (2, id), done)
                    self.assertRegex(done.json["error"], r"congkhai\.yaml:\d+:\d+: ")
            row = {"source": "table", "record": {"inline": {"Mã": "T1", "Tên": 'Cấp "lại"'}}}
            self.assertEqual(run({"fields": {"code": "T1", "name": 'Cấp "lại"'}}, **row).code, 0)
            xml = {"source": "xml", "record": {"inline": "<p><code>X1</code></p>"}}
            self.assertEqual(run({"fields": {"code": "X1"}}, **xml).code, 0)
            for fields, id in (({"steps[].text": "a"}, "name-a-whole-list-without"), ({"nmae": "a"}, "a-procedure-has-no-field-in-did")):
                done = run({"fields": fields}, **row)
                self.assertEqual(done.code, 2, done)
                self.assertTrue(done.json["error_id"].startswith(id), done)
            done = run({"rejected": True}, **row)
            self.assertEqual((done.code, done.json["failed"]), (1, 1), done)
            self.assertIn("the record should be kept back, and is not", done.stdout)


class RealRecords(unittest.TestCase):
    """What the rules find in real records, where a folder of them is at hand: each thing by its rule, and nothing else by it."""

    def found(self, place, path):
        for stage in ("extract", "transform"):
            done = place.run("--config", path, stage, seconds=300)
            self.assertIn(done.code, (0, 1), done)
        place.store = path.parent / re.search(r"(?m)^store: (\S+)", path.read_text(encoding="utf-8"))[1]
        return place.sql("SELECT f.rule, f.severity, f.value, r.key FROM finding f JOIN record r ON r.id = f.record")

    def example(self, name, folder, *changes):
        real = data_folder(folder)
        if not real:
            self.skipTest("no folder of real records is here")
        place, config = copied(self)
        path = config / "examples" / f"{name}.yaml"
        (config / "examples" / "data").mkdir()
        for entry in real.parent.iterdir():
            (config / "examples" / "data" / entry.name).symlink_to(entry)
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            text, count = re.subn(old, new, text)
            self.assertTrue(count, old)
        path.write_text(text, encoding="utf-8")
        return place, path, real

    def test_odd_decision_numbers_and_a_page_s_furniture(self):
        # As they came: the map cuts nothing.
        place, path, _ = self.example("portal-json", "portal-json",
                                      (r"decision\.number: \{ from: /so_quyet_dinh.*\}", "decision.number: /so_quyet_dinh"),
                                      (r"        match: '\(\?s\)\^\(\.\*\?\)\\s\*\(\?:Từ khóa.*\n", ""))
        found = self.found(place, path)
        by_rule = {}
        for rule, _, value, key in found:
            by_rule.setdefault(rule, []).append((value, key))
        numbers = {rule: sorted({value for value, _ in rows}) for rule, rows in by_rule.items() if rule.startswith("SO-")}
        self.assertEqual(numbers, {"SO-QD-TIEN-TO": ["SỐ 64/QĐ-NHNN"], "SO-QD-DINH": ["QĐ2338-BTP"],
                                   "SO-QD-DAO": ["QĐ/0001-BTP"], "SO-QD-CHU-D": ["1170/QD-BTP", "3713/QD-BTP"]})
        self.assertEqual({rule: len(by_rule[rule]) for rule in numbers},
                         {"SO-QD-TIEN-TO": 11, "SO-QD-DINH": 4, "SO-QD-DAO": 2, "SO-QD-CHU-D": 11})
        self.assertEqual(len({key for _, key in by_rule["TRANG-WEB"]}), 532)
        self.assertTrue(all(re.search("Chọn cơ quan thực hiện|Từ khóa|Chọn Tỉnh", value) for value, _ in by_rule["TRANG-WEB"]))

    def test_a_complete_record_is_not_rejected(self):
        place, path, _ = self.example("portal-json", "portal-json")
        errors = [(rule, key) for rule, severity, _, key in self.found(place, path) if severity == "error"]
        counts = {rule: sum(1 for other, _ in errors if other == rule) for rule, _ in errors}
        # What their source does not say: the agency, a time limit; and numbers of decisions that are wrong.
        self.assertEqual(counts, {"ND63-8.2g": 72, "ND63-8.2dd": 14, "SO-QD-CHU-D": 11, "SO-QD-DINH": 4,
                                  "SO-QD-DAO": 2})
        self.assertEqual(len({key for _, key in errors}), 95)

    def test_codes_of_other_procedures_are_found_by_the_names_known_for_them(self):
        place, path, real = self.example("known-names", "wrong-codes")
        known = path.parent / "data" / "known-names.csv"
        listed = subprocess.run([sys.executable, NAMES, real.parent / "crawl-csv" / "TTHC.csv", real / "dvc_code_mapping.json"],
                                capture_output=True, check=True)
        known.write_bytes(listed.stdout)
        wrong = {key for rule, _, _, key in self.found(place, path) if rule == "MA-KHAC-TEN"}
        # 20 of the 30 codes in the file are right: their names are those known for them.
        self.assertEqual(len(wrong), 10)
        records = json.loads((real / "procedures_raw.json").read_text(encoding="utf-8"))
        old = {entry["name"]: code for code, entry in json.loads((real / "dvc_code_mapping.json").read_text(encoding="utf-8")).items()}
        replaced = {old[record["name"]] for record in records if old[record["name"]] != record["code"]}
        self.assertEqual(len(replaced), 20)
        # The 20 codes that they replaced are found when they are put back.
        for record in records:
            record["code"] = old[record["name"]]
        (path.parent / "data" / "wrong.json").write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
        path.write_text(path.read_text(encoding="utf-8").replace("data/wrong-codes/procedures_raw.json", "data/wrong.json")
                        .replace("state/known-names.db", "state/put-back.db"), encoding="utf-8")
        wrong_before, wrong = wrong, {key for rule, _, _, key in self.found(place, path) if rule == "MA-KHAC-TEN"}
        self.assertEqual(wrong, replaced | wrong_before)


if __name__ == "__main__":
    unittest.main()
