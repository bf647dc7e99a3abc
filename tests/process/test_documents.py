"""The documents: what the guide shows is what the program prints, the operators' commands are commands, lists are as made."""

import json
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest

from harness import BUILD, ROOT, SANITIZED, Night, procedure


@unittest.skipIf(SANITIZED, "the same words in every build")
class Documents(Night):
    def test_the_guide_shows_what_the_program_prints(self):
        done = subprocess.run([ROOT / "scripts/run-docs", BUILD], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"\d\d passed, 0 failed")

    def test_a_difference_is_seen(self):
        page = self.place.write("page.md", "```console\n$ echo 1; echo 2; false\n1\n…\n$ printf 'a b\\n'\na…c\n```\n")
        done = subprocess.run([ROOT / "scripts/run-docs", BUILD, page], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("1 passed, 1 failed", done.stdout)
        self.assertIn("> a b", done.stdout)

    def test_the_commands_of_the_pages_are_right_usage(self):
        """Each command line of the pages for operators and auditors, with values of this place in those of the page."""
        self.place.records(procedure("1.003976"), procedure("1.012345", name=None))
        self.expect(self.place.run("run"), 1)
        tried = set()
        for page in ("operators.md", "audit.md", "reports.md"):
            text = (ROOT / "docs" / page).read_text(encoding="utf-8")
            for line in re.findall(r"^    congkhai (.*)$", text, re.M):
                for command in line.split("#")[0].split("&& congkhai"):
                    command = re.split(r"[|>]", command)[0]
                    if re.search(r"[…\[\]]|\b[A-Z]{4,}\b(?!=)|\b(backup|restore|console|submit|approve|send-back|withdraw|xlsx)\b", command):
                        continue
                    words = [re.sub(r"^(/|state/).*", str(self.place.folder / "x"), word) for word in shlex.split(command)]
                    if not words or tuple(words) in tried:
                        continue
                    tried.add(tuple(words))
                    done = self.place.run(*words, cwd=self.place.folder)
                    if done.code == 2:
                        self.assertNotRegex(done.stderr, "no option|no command|unknown|wants|did you mean", f"{page}: {command}")
        self.assertGreater(len(tried), 15, tried)

    def test_the_list_of_fields_is_the_programs(self):
        made = subprocess.run([BUILD / "make-reference", "fields"], capture_output=True, text=True, check=True).stdout
        self.assertEqual((ROOT / "docs/fields.md").read_text(encoding="utf-8"), made, "make-reference fields > docs/fields.md")

    def test_the_schemas_are_those_of_the_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([BUILD / "make-reference", "schemas", folder], check=True, timeout=60)
            made, shipped = ({path.name: path.read_bytes() for path in pathlib.Path(place).iterdir() if path.suffix == ".json"}
                             for place in (folder, BUILD / "schema"))
        self.assertEqual(made, shipped)
        kept = json.loads(made["kept.schema.json"])
        self.assertEqual(len(kept["anyOf"]), 4)  # two of the list, what --output wrote, an error
        first = kept["anyOf"][0]
        self.assertEqual((first["properties"]["total"], first["required"]), ({"type": "integer"}, ["total", "records", "shown", "rows"]))
        runs = json.loads(made["runs.schema.json"])["anyOf"][0]["properties"]["runs"]
        self.assertNotIn("finished_at", runs["items"]["required"])

    def test_the_contract_names_each_request_and_header(self):
        contract = (ROOT / "docs/portal.openapi.yaml").read_text(encoding="utf-8")
        paths = dict(re.findall(r"^  (/\S+):\n((?:    .*\n|\n)+)", contract, re.M))
        known = {(method.upper(), path) for path, body in paths.items() for method in re.findall(r"^    (get|put|post):", body, re.M)}
        self.assertEqual(known, {("GET", "/procedures"), ("GET", "/procedures/{code}"), ("PUT", "/procedures/{code}"),
                                 ("POST", "/procedures/{code}/withdrawal"), ("POST", "/batches")})
        for status in ("200", "201", "202", "404", "409", "410", "412", "422", "429", "503"):
            self.assertIn(f'"{status}":', contract)
        for header in ("Idempotency-Key", "Content-Digest", "If-Match", "If-None-Match", "Retry-After", "ETag"):
            self.assertIn(header, contract)
        self.assertNotIn("\t", contract)


if __name__ == "__main__":
    unittest.main()
