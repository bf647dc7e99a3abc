"""The examples of config/examples over real records, where a folder of them is at hand (see harness.data_folder)."""

import re
import shutil
import unittest

from harness import Night, Place, ROOT, Simulator, data_folder


class Examples(Night):
    """Each example runs through with every record accounted for, and a second night sends nothing."""

    def work(self, example, folder, seen, source_count=None):
        found = data_folder(folder)
        if not found:
            self.skipTest("no folder of real records is here")
        place = Place(self.portal)
        self.addCleanup(place.close)
        shutil.copytree(ROOT / "config", place.folder / "config")
        examples = place.folder / "config" / "examples"
        (examples / "data").symlink_to(found.parent)
        text = (examples / f"{example}.yaml").read_text(encoding="utf-8")
        text = re.sub(r'url: "?http://127\.0\.0\.1:8080/v1"?', f'url: "{self.portal.url}"', text)
        self.assertIn(self.portal.url, text)
        (examples / f"{example}.yaml").write_text(text, encoding="utf-8")
        place.store = examples / re.search(r"(?m)^store: (\S+)", text)[1]

        def run(*arguments):
            return place.run("--config", examples / f"{example}.yaml", *arguments, seconds=300)

        self.expect(run("check"), 0)
        first = run("run")
        self.assertIn(first.code, (0, 1), first)
        night = place.last_run()
        self.assertEqual(night["seen"], seen, night)
        self.assertEqual(night["seen"], night["accepted"] + night["rejected"] + night["held"], night)
        self.assertEqual(night["sent"], night["published"] + night["refused"] + night["conflict"] + night["unknown"] +
                         night["failed"] + night["withdrawn"], night)
        self.check_accounts(place)
        self.assertLessEqual(set(self.portal.effect_counts().values()), {1})
        self.assertEqual(len(self.portal.held()), night["published"])
        print(f"{example}: " + ", ".join(f"{name} {night[name]}" for name in (
            "seen", "accepted", "rejected", "held", "sent", "published", "refused")))
        rows, requests = place.rows(), self.portal.requests()
        self.assertEqual(run("run").code, first.code)
        night = place.last_run()
        self.assertEqual((night["seen"], night["changed"], night["sent"], night["missing"]), (seen, 0, 0, 0), night)
        self.assertEqual(self.portal.requests(), requests)
        self.assertLessEqual(place.rows() - rows, 6)
        return place

    def test_532_files_of_two_agencies(self):
        place = self.work("portal-json", "portal-json", 532)
        limits = dict(place.sql("SELECT code, json_extract(content, '$.time_limit') FROM procedure"))
        self.assertEqual(limits["1.000404"], "5 Ngày làm việc")
        self.assertIsNone(limits["1.003261"], "online 11 working days, in person 1: neither is that of the procedure")

    def test_87_records_of_a_json_array(self):
        self.work("mongo-export", "mongo-export", 87)

    def test_30_records_with_wrong_codes(self):
        self.work("wrong-codes", "wrong-codes", 30)

    def test_1941_rows_of_csv(self):
        self.work("crawl-csv", "crawl-csv", 1941)

    def test_271_rows_of_a_workbook(self):
        self.work("portal-xlsx", "portal-xlsx", 271)

    def test_10_pages(self):
        self.work("ward-html", "ward-html", 10)


class Samples(unittest.TestCase):
    """config/ as it is: the samples, then the edits. The numbers are those of config/samples/README.md."""

    expect = Night.expect
    check_accounts = Night.check_accounts

    def rules_of_the_readme(self, path):
        """(source key, the rules that its row of "Kept back" names)."""
        section = path.read_text(encoding="utf-8").split("## Kept back")[1].split("\n## ")[0]
        rows = [row for row in section.splitlines() if row.startswith("| `")]
        for key, sign in (("1.00164", "`1.00164`"), ("1.913009", "1.913009"), ("1.913010", "1.913010"),
                          ("1.913011", "1.913011"), ("1.913012", "1.913012"), ("1.913016", "1.913016"),
                          ("NB-SNV-05", "NB-SNV-05")):
            row = next(row for row in rows if sign in row)
            rules = set(re.findall(r"\b(?:ND63-[0-9.a-z]+|(?!NB-)[A-Z]{2,}(?:-[A-Z]+)+)\b", row.split("|")[3]))
            self.assertTrue(rules, row)
            yield key, rules

    def test_three_nights_of_the_samples(self):
        with Simulator("--token", "a-token") as portal, Place(portal) as place:
            shutil.rmtree(place.folder)
            shutil.copytree(ROOT / "config", place.folder)
            path = place.folder / "congkhai.yaml"
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("http://127.0.0.1:8080/v1", portal.url).replace("language: vi", "language: en"),
                            encoding="utf-8")
            self.expect(place.run("check"), 0)
            self.expect(place.run("run"), 1)
            night = place.last_run()
            self.assertEqual((night["seen"], night["published"], night["sent"]), (46, 33, 33), night)
            self.assertEqual(night["rejected"] + night["held"], 11, night)
            self.check_accounts(place)
            for key, rules in self.rules_of_the_readme(place.folder / "samples" / "README.md"):
                found = {rule for source_key, rule in place.rejections() if source_key == key}
                self.assertLessEqual(rules, found, f"{key}: config/samples/README.md names these rules")
            requests = portal.requests()
            rows = place.rows()
            self.expect(place.run("run"), 1)
            self.assertEqual(portal.requests(), requests)
            self.assertLessEqual(place.rows() - rows, 10)
            shutil.copytree(place.folder / "samples" / "edits", place.folder / "samples", dirs_exist_ok=True)
            self.expect(place.run("run"), 1)
            night = place.last_run()
            self.assertEqual((night["sent"], night["published"], night["withdrawn"], night["missing"]), (6, 5, 1, 1), night)
            self.assertIn("1.913207", portal.held())
            self.assertEqual(portal.held()["1.913205"]["status"], "abolished")
            self.check_accounts(place)
