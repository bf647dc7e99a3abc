"""Bytes and what they are used for: a source's record may be a content, and input may have no bytes at all."""

import json
import unittest

from harness import Place, Simulator, procedures
from sealed_nights import verifier

RULES = """rules:
  - { id: ONE, field: name, severity: error, cites: "x", message: { vi: x, en: x },
      check: { sql: "SELECT code, name AS value FROM procedure WHERE name = 'none'" } }
"""


def canonical(code, name):
    """As congkhai would write it: sorted names, no blanks."""
    notes = "Nộp hồ sơ tại bộ phận một cửa. " * 40
    return json.dumps({"agency": {"code": "H13", "name": "UBND thành phố Cần Thơ"}, "code": code, "kind": "public", "name": name,
                       "notes": notes.strip(), "status": "announced"}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Payloads(unittest.TestCase):
    def test_records_that_are_canonical_already_are_read_and_kept_for_ever(self):
        names = {"code": "/code", "name": "/name", "kind": "/kind", "status": "/status", "notes": "/notes"}
        with Simulator() as portal, Place(portal) as place:
            place.write("rules.yaml", RULES)
            place.change_source(map=names)
            place.configure(rules=["rules.yaml"], retention={"source_bytes": "1s"})
            for night in range(3):
                place.write("inbox/one.ndjson", "".join(canonical(f"1.00000{i}", f"Thủ tục {i}, đêm {night}") + "\n" for i in range(3)))
                done = place.run("run")
                self.assertEqual(done.code, 0, done)
                done = place.run("run")  # what was brought before may be packed now
                self.assertEqual(done.code, 0, done)
                self.assertEqual(place.sql("SELECT count(*) FROM audit_current WHERE name IS NULL"), [(0,)])
                self.assertEqual(place.one("SELECT count(*) FROM audit_fields WHERE code = '1.000001' AND field = 'name'"), night + 1)
            self.assertEqual(place.run("audit", "verify").code, 0)
            self.assertEqual(verifier(place.store)[0], 0, verifier(place.store))

    def test_what_a_query_answers_that_no_text_can_hold_is_written_out_and_the_ledger_verifies(self):
        with Simulator() as portal, Place(portal) as place:
            place.write("rules.yaml", RULES.replace("name AS value FROM procedure WHERE name = 'none'",
                                                    "'a' || char(0) || CAST(x'ff' AS TEXT) AS value FROM procedure"))
            place.configure(rules=["rules.yaml"])
            place.records(*procedures(1))
            for _ in range(2):
                done = place.run("run")
                self.assertEqual(done.code, 1, done)
            self.assertEqual(place.sql("SELECT rule, value FROM audit_rejections"), [("ONE", "a<00><FF>")])
            self.assertEqual(place.run("audit", "verify").code, 0)
            self.assertEqual(verifier(place.store)[0], 0, verifier(place.store))

    def test_input_without_bytes_has_the_digest_of_no_bytes_and_the_ledger_verifies(self):
        with Simulator() as portal, Place(portal) as place:
            place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json")
            for name in ("a", "b"):
                place.write(f"inbox/{name}.json", "")
            for _ in range(2):
                self.assertEqual(place.run("run").code, 1)
                self.assertEqual(place.run("audit", "verify").code, 0)
                self.assertEqual(verifier(place.store)[0], 0)
            self.assertEqual(place.one("SELECT count(*) FROM audit_records"), 2)
            self.assertEqual(place.one("SELECT count(DISTINCT source_digest) FROM audit_records"), 1)


if __name__ == "__main__":
    unittest.main()
