"""One finding, three voices: the official's and the operator's words in the language asked for, ids for programs."""

import unittest

from harness import Night, Place, Simulator, procedure, procedures
from second_portal import Answer, Portal

RULES = """
rules:
  - id: BASIS
    field: "legal_bases[].number"
    check: { document_number: true }
    cites: "điểm b khoản 2 Điều 8 Nghị định số 63/2010/NĐ-CP"
    message: { vi: "Số văn bản chưa đúng ({why})", en: "The number is not right ({why})" }
  - id: NAMED
    field: name
    check: { length: { min: 5 } }
    severity: warning
    reason: "A short name says nothing."
    message: { vi: "Tên quá ngắn", en: "The name is too short" }
    to_do: { vi: "Ghi tên đầy đủ", en: "Write the whole name" }
    operator: { vi: "Xem cột tên", en: "Look at the column of the name" }
"""


class Voices(Night):
    def setUp(self):
        super().setUp()
        self.place.configure(rules=["rules.yaml"])
        fields = {**self.place.configuration["sources"][0]["map"], "status": "/status",
                  "legal_bases": {"each": "/legal_bases", "map": {"number": "/number"}},
                  "decision.signed_on": {"from": "/signed", "date": ["dd/MM/yyyy"]}}
        self.place.change_source(map=fields)
        self.place.write("rules.yaml", RULES)
        self.place.records(procedure("1.000001", legal_bases=[{"number": "60/2014/QH13"}, {"number": "63/2010/ND-CP"}]),
                           procedure("1.000002", name="Abc"), procedure("1.000003", status="half"),
                           procedure("1.000004", signed="31/02/2025"))
        self.expect(self.place.run("--language", "vi", "run"), 1)

    def told(self, code, language):
        page = self.place.run("--language", language, "--json", "show", code).json
        return page["records"][0]["findings"][0], page["outcomes"][0]["findings"][0]

    def test_the_same_store_speaks_either_language_and_programs_get_the_ids(self):
        words = {
            "vi": ("Căn cứ pháp lý thứ 2, số ký hiệu",
                   'Số văn bản chưa đúng (viết D thay cho Đ; có lẽ đúng là "63/2010/NĐ-CP")',
                   "Ghi lại số ký hiệu đúng như trên văn bản"),
            "en": ("Legal basis 2, number", 'The number is not right (D stands for Đ; perhaps "63/2010/NĐ-CP" is meant)',
                   "Write the number as it stands on the document"),
        }
        for language, (place, message, to_do) in words.items():
            for found in self.told("1.000001", language):
                self.assertEqual((found["place"], found["message"], found["to_do"]), (place, message, to_do))
                self.assertEqual((found["rule"], found["field"], found["value"], found["reason"], found["arguments"]),
                                 ("BASIS", "legal_bases[1].number", "63/2010/ND-CP", "document.plain_d", ["63/2010/NĐ-CP"]))
                self.assertEqual(found["cites"], "điểm b khoản 2 Điều 8 Nghị định số 63/2010/NĐ-CP")
            self.expect(self.place.run("--language", language, "show", "1.000001"), 0, place, to_do)
            self.expect(self.place.run("--language", language, "status"), 0, place)
        status = self.place.run("--language", "en", "--json", "status").json["records"]
        self.assertIn(("BASIS", words["en"][1]), [(row["rule"], row["message"]) for row in status])

    def test_what_an_error_said_of_a_value_follows_the_reader(self):
        self.place.records(procedure("1.000001", name={"vi": "Đăng ký"}), procedure("1.000002", name="a\u0001b"))
        self.expect(self.place.run("--language", "vi", "run"), 1)
        for language, words in (("vi", ("giá trị là đối tượng, không phải văn bản", 'văn bản có ký tự điều khiển U+0001, sau "a"')),
                                ("en", ("the value is an object, not a text", 'the control character U+0001 stands in the text, after "a"'))):
            rows = {row["code"]: row["message"] for row in self.place.run("--language", language, "--json", "kept").json["rows"] if row["field"] == "name"}
            for code, said in zip(("1.000001", "1.000002"), words):
                self.assertTrue(rows[code].endswith(said), rows)

    def test_the_views_keep_the_words_of_the_night(self):
        rows = self.place.sql("SELECT field, message FROM audit_rejections WHERE rule = 'BASIS'")
        self.place.run("--language", "en", "show", "1.000001")
        self.assertEqual(rows, self.place.sql("SELECT field, message FROM audit_rejections WHERE rule = 'BASIS'"))
        self.assertEqual(rows, [("legal_bases[1].number",
                                 'Số văn bản chưa đúng (viết D thay cho Đ; có lẽ đúng là "63/2010/NĐ-CP")')])

    def test_the_configuration_is_the_operators_matter_alone(self):
        found, _ = self.told("1.000003", "vi")
        self.assertEqual(found["rule"], "congkhai/choice")
        self.assertEqual(found["message"], "Giá trị này không dùng được ở đây; có thể chọn: dự thảo, đã công bố, đã bãi bỏ")
        self.assertIn('"map"', found["operator"])
        for word in ("map", "codes", "cấu hình"):
            self.assertNotIn(word, found["message"] + found["to_do"])
        found, _ = self.told("1.000002", "en")
        self.assertEqual((found["message"], found["to_do"], found["operator"]),
                         ("The name is too short", "Write the whole name", "Look at the column of the name"))

    def test_a_rule_that_is_gone_from_the_configuration_still_has_its_words(self):
        self.place.write("rules.yaml", "rules:\n  - { id: OTHER, field: name, check: { required: true } }\n")
        for found in self.told("1.000001", "en"):
            self.assertIn("The number is not right (D stands for Đ", found["message"])
        self.expect(self.place.run("--language", "en", "run"), 1)
        page = self.place.run("--language", "en", "--json", "show", "1.000001").json
        self.assertEqual(page["records"][0]["findings"], [])
        self.assertIn("The number is not right (D stands for Đ", page["outcomes"][0]["findings"][0]["message"])

    def test_what_the_map_found_stays_when_only_the_rules_change(self):
        self.assertIn(("1.000004", "congkhai/date"), self.place.rejections())
        self.place.write("rules.yaml", RULES.replace("min: 5", "min: 4"))
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.sql("SELECT outcome FROM record WHERE key = '1.000004'"), [("rejected",)])
        self.assertNotIn("1.000004", self.portal.held())


class Deliveries(unittest.TestCase):
    """What is said of a delivery, by the portal and by the program."""

    def publish(self, portal, language):
        place = Place(portal)
        self.addCleanup(place.close)
        records = procedures(4)
        place.records(*records)
        self.assertEqual(place.run("run").code, 0)
        held = portal.held["1.000002"]
        held.content, held.number = b'{"name":"another hand"}', 77
        for record in records:
            record["name"] += " (sửa đổi)"
        place.records(*records)

        def answer(method, path, *_):
            if method == "PUT" and "1.000001" in path:
                return Answer(422, {"title": "tên quá dài"}, "application/problem+json")
            if method == "PUT" and "1.000003" in path:
                return Answer(412, {"title": "no"})
            return Answer(202) if method == "PUT" and "1.000004" in path else None
        portal.answer = answer
        place.run("--language", language, "run")
        return place

    def test_words_follow_the_reader_and_say_whose_they_are(self):
        for night in ("en", "vi"):
            with self.subTest(night=night), Portal() as portal:
                place = self.publish(portal, night)
                for language, words in {
                    "en": ("the portal says: tên quá dài", "the portal holds something else, published there: version 77",
                           "the portal answers HTTP 412, and yet shows what it acknowledged before",
                           "the portal has accepted 1.000004 for later"),
                    "vi": ("cổng trả lời: tên quá dài", "cổng đang giữ nội dung khác, ở đó đang công khai: phiên bản 77",
                           "cổng trả lời HTTP 412 nhưng vẫn hiện đúng nội dung đã xác nhận trước đây",
                           "cổng đã tiếp nhận 1.000004 để xử lý sau"),
                }.items():
                    for row, said in zip(place.run("--language", language, "--json", "kept").json["rows"], words):
                        self.assertIn(said, row["message"])
                    for row, said in zip(sorted(place.run("--language", language, "--json", "status").json["deliveries"],
                                                key=lambda row: row["code"]), words):
                        self.assertIn(said, row["words"])
                    for number, said in enumerate(words, 1):
                        page = place.run("--language", language, "--json", "show", f"1.{number:06d}").json
                        self.assertIn(said, page["requests"][-1]["words"])
                    plan = place.run("--language", language, "--json", "plan").json["conflicts"]
                    self.assertIn(words[1], plan[0]["message"])

    def test_the_ledger_says_whose_words_they_are_and_the_views_keep_those_of_the_night(self):
        with Portal() as portal:
            place = self.publish(portal, "vi")
            said = dict(place.sql("SELECT code, json_extract(detail, '$.said.by') FROM audit_events"
                                  " WHERE event IN ('refused', 'conflict', 'unknown')"))
            self.assertEqual(said, {"1.000001": "portal", "1.000002": "program", "1.000003": "program", "1.000004": "program"})
            words = dict(place.sql("SELECT code, error FROM audit_deliveries WHERE outcome NOT IN ('published')"))
            self.assertIn("cổng đang giữ nội dung khác", words["1.000002"])
            self.assertEqual(words["1.000001"], "tên quá dài")
            self.assertEqual(place.run("audit", "verify").code, 0)

    def test_why_a_night_stopped_follows_the_reader(self):
        for night in ("en", "vi"):
            with self.subTest(night=night), Portal(answer=lambda *_: Answer(403, {"title": "no"})) as portal, Place(portal) as place:
                place.records(*procedures(1))
                self.assertEqual(place.run("--language", night, "run").code, 3)
                why = {language: place.run("--language", language, "--json", "runs").json["runs"][0]["why"] for language in ("en", "vi")}
                self.assertRegex(why["en"], "^the portal .* refuses the credentials .*: the run stops; everything stays pending")
                self.assertRegex(why["vi"], "^cổng .*: lần chạy dừng; mọi thứ vẫn chờ")
                self.assertNotIn("the portal", why["vi"])

    def test_what_a_brake_says_follows_the_reader(self):
        says = {"en": "^changes: 3 of 4 published procedures would be replaced .allowed: 30%., 1 of them by new codes .*: withdrawals: 1 of 4 "
                      "published procedures would be withdrawn .allowed: 5%.: a brake holds: nothing was sent",
                "vi": "^changes: 3 trong 4 thủ tục đang công khai sẽ bị thay .*mã mới.*: withdrawals: 1 trong 4 thủ tục đang công khai "
                      "sẽ bị bãi bỏ.*: ngưỡng an toàn đã chặn: chưa gửi gì"}
        for night in says:
            with self.subTest(night=night), Simulator() as portal, Place(portal, brakes={"changes": "30%", "withdrawals": "5%"}) as place:
                place.records(*procedures(4))
                self.assertEqual(place.run("--language", night, "run").code, 0)
                place.records(*procedures(2, notes="khác"), procedure("1.000003", status="abolished"), *procedures(2, first=11))
                done = place.run("--language", night, "run")
                self.assertEqual(done.code, 3)
                for language, words in says.items():
                    why = place.run("--language", language, "--json", "runs").json["runs"][0]["why"]
                    self.assertRegex(why, words)
                    self.assertIn(why[:60], place.run("--language", language, "health").stdout)


if __name__ == "__main__":
    unittest.main()
