"""Input as bad as it comes: each has its clear error, nothing else is lost, nothing vanishes by mistake."""

import json
import os
import re
import shutil

from harness import Night, SANITIZED, Simulator, lines, procedure, procedures, slow

SOUND = procedures(3)


class Ndjson(Night):
    """One bad line among sound ones: the others are published, and the bad one is kept back with its place."""

    def night_with(self, bad, *words, kept=1):
        """`bad`: the bytes of a line. The words are looked for in what the store says against it."""
        self.place.write("inbox/one.ndjson", lines(SOUND[:2]) + bad + b"\n" + lines(SOUND[2:]))
        self.expect(self.place.run("run"), 1)
        self.check_each_once([record["code"] for record in SOUND])
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["accepted"], run["rejected"] + run["held"]), (3 + kept, 3, kept), run)
        self.check_accounts()
        said = self.place.sql("SELECT r.locator, j.message, j.value FROM audit_records r JOIN audit_rejections j USING "
                              "(run, source, source_key) WHERE r.outcome <> 'accepted'")
        self.assertTrue(said)
        self.assertRegex(said[0][0], r"one\.ndjson.*\b3\b", "the locator names file and line")
        for word in words:
            self.assertTrue(any(re.search(word, f"{message} {value}") for _, message, value in said), (word, said))
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["changed"], 0, "the same fault is no news")
        self.assertEqual(self.place.last_run()["missing"], 0)
        return said

    def test_what_is_not_json(self):
        self.night_with(b"<html>Request Rejected</html>", "JSON|value|character")

    def test_json_that_is_cut(self):
        self.night_with(b'{"code": "1.000004", "name": "Th', "end|cut|unterminated|closed")

    def test_ten_thousand_levels(self):
        self.night_with(b'{"code": "1.000004", "x": ' + b"[" * 10000 + b"]" * 10000 + b"}", "deep|nest|level")

    def test_a_repeated_name(self):
        self.night_with(b'{"code": "1.000004", "name": "A", "name": "B", "status": "announced"}', "name", "twice|repeat|duplicate")

    def test_invalid_utf8(self):
        self.night_with(b'{"code": "1.000004", "name": "Th\xe1\xbb", "status": "announced"}', "UTF-8")

    def test_utf8_that_was_encoded_twice(self):
        bad = {"code": "1.000004", "name": "Thá»§ tá»¥c Ä‘Äƒng kÃ½ khai sinh", "status": "announced"}
        self.night_with(json.dumps(bad, ensure_ascii=False).encode(), "UTF-8 read as Windows-1252")
        self.assertIn("or correct the text at its source",
                      self.place.run("show", "1.000004").stdout, "all of the reason, with what to do")

    def test_letters_that_became_question_marks(self):
        bad = {"code": "1.000004", "name": "Th? t?c ??ng k? khai sinh", "status": "announced"}
        self.night_with(json.dumps(bad).encode(), "question mark", "Th\\?")

    def test_a_nul(self):
        self.night_with(b'{"code": "1.000004", "name": "Th\x00", "status": "announced"}', "NUL|control|U\\+0000|0x00|character")

    def test_an_escaped_nul(self):
        self.night_with(b'{"code": "1.000004", "name": "Th\\u0000", "status": "announced"}', "NUL|control|U\\+0000|u0000")

    def test_a_control_character_rejects_the_record(self):
        self.night_with(b'{"code": "1.000004", "name": "Th\\u0007", "status": "announced"}', "control|U\\+0007")

    def test_a_lone_surrogate(self):
        self.night_with(b'{"code": "1.000004", "name": "\\ud800", "status": "announced"}', "surrogate")

    def test_something_behind_the_record(self):
        self.night_with(b'{"code": "1.000004"} trailing', "behind|after|trailing|more")

    def test_a_record_that_is_no_object(self):
        self.night_with(b'["1.000004"]', "key|object|code")

    def test_a_record_without_its_key(self):
        self.night_with(b'{"name": "no code", "status": "announced"}', "key|/code")

    def test_numbers_keep_their_digits(self):
        self.place.records(procedure("1.000001"))
        self.place.write("inbox/one.ndjson", b'{"code": "1.000001", "name": 9007199254740993, "status": "announced"}\n')
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()["1.000001"]["content"]["name"], "9007199254740993")

    def test_the_same_key_twice_in_a_listing_is_not_guessed(self):
        self.place.records(*SOUND, procedure("1.000002", name="Một tên khác"))
        done = self.place.run("run")
        self.assertEqual(done.code, 1, done)
        self.assertRegex(done.stdout + done.stderr + str(self.place.sql("SELECT message FROM audit_rejections")),
                         "twice|same (code|key)")
        run = self.place.last_run()
        self.assertEqual(run["seen"], run["accepted"] + run["rejected"] + run["held"] + run["seen"] - run["changed"])
        self.assertIn("1.000003", self.portal.held())

    def test_blank_lines_a_mark_and_a_missing_last_line_break_are_no_fault(self):
        self.place.write("inbox/one.ndjson", b"\xef\xbb\xbf" + lines(SOUND).replace(b"\n", b"\r\n\r\n").rstrip())
        self.expect(self.place.run("run"), 0)
        self.check_each_once([record["code"] for record in SOUND])

    @slow
    def test_a_field_of_300_megabytes(self):
        with open(self.place.inbox / "one.ndjson", "wb") as out:
            out.write(lines(SOUND[:2]) + b'{"code": "1.000004", "name": "')
            for _ in range(300):
                out.write(b"A" * (1 << 20))
            out.write(b'", "status": "announced"}\n' + lines(SOUND[2:]))
        done = self.expect(self.place.run("run"), 1)
        self.check_each_once([record["code"] for record in SOUND])
        self.assertEqual(self.place.last_run()["seen"], 4)
        said = self.place.sql("SELECT message FROM audit_rejections")
        self.assertTrue(any(re.search("MB|MiB|large|long|limit|bytes", message) for message, in said), said)
        if not SANITIZED:
            self.assertLess(done.megabytes, 64)
        self.check_accounts()


class Csv(Night):
    MAP = {"code": "Mã", "name": "Tên", "status": {"value": "announced"}, "notes": "Ghi chú"}
    HEAD = "Mã,Tên,Ghi chú\r\n"

    def setUp(self):
        super().setUp()
        self.place.change_source(format="csv", fetch={"file": "inbox/one.csv"}, key="Mã", map=self.MAP)

    def test_quotes_line_breaks_marks_and_separators(self):
        for separator in (",", ";", "\t", "|"):
            with self.subTest(separator=separator):
                self.portal.reset()
                self.place.change_source(separator=separator)
                shutil.rmtree(self.place.store.parent, ignore_errors=True)
                text = ("Mã,Tên,Ghi chú\r\n1.000001,\"Cấp \"\"phép\"\"\",\"dòng một\r\ndòng hai\"\r\n1.000002,Tên,\r\n"
                        "\r\n1.000003,\"có , ; \t | trong\",x").replace(",", separator)
                self.place.write("inbox/one.csv", "\ufeff" + text)
                self.expect(self.place.run("run"), 0)
                held = self.portal.held()
                self.assertEqual(held["1.000001"]["content"]["name"], 'Cấp "phép"')
                self.assertEqual(held["1.000001"]["content"]["notes"], "dòng một\ndòng hai")
                self.assertNotIn("notes", held["1.000002"]["content"])
                self.assertEqual(len(held), 3)

    def test_a_row_with_too_many_cells(self):
        self.place.write("inbox/one.csv", self.HEAD + "1.000001,a,b\r\n1.000002,a,b,c,d\r\n1.000003,a,b\r\n")
        self.expect(self.place.run("run"), 1)
        self.check_each_once(["1.000001", "1.000003"])
        said = self.place.sql("SELECT r.locator, j.message FROM audit_records r JOIN audit_rejections j USING "
                              "(run, source, source_key)")
        self.assertRegex(said[0][0], "one\\.csv.*3")
        self.assertRegex(said[0][1], "5|too many|more")
        self.check_accounts()

    def test_a_nul_in_any_cell_keeps_its_row_back_and_the_ledger_holds(self):
        for row in ("1.000002,a\0,b", "1.0000\x0002,a,b", '1.000002,a,"b\0"'):
            with self.subTest(row=row):
                self.portal.reset()
                shutil.rmtree(self.place.store.parent, ignore_errors=True)
                self.place.write("inbox/one.csv", self.HEAD + f"1.000001,a,b\r\n{row}\r\n")
                for _ in range(2):
                    self.expect(self.place.run("run"), 1)
                self.check_each_once(["1.000001"])
                self.assertEqual([rule for _, rule in self.place.rejections(1)], ["congkhai/decode"])
                self.expect(self.place.run("audit", "verify"), 0)

    def test_a_fault_with_more_words_than_are_kept_in_parts_is_told_by_its_message(self):
        self.place.write("inbox/one.csv", "Quyết định," + "danh mục thủ tục " * 200 + "\r\n1.000001,a\r\n")
        self.expect(self.place.run("run"), 1, "Quyết định")
        self.expect(self.place.run("audit", "verify"), 0)

    def test_a_quote_that_never_ends(self):
        self.place.write("inbox/one.csv", self.HEAD + '1.000001,a,b\r\n1.000002,"a,b\r\n1.000003,a,b\r\n')
        done = self.place.run("run")
        self.assertIn(done.code, (1, 3), done)
        self.assertIn("1.000001", self.portal.held())
        said = done.stderr + str(self.place.sql("SELECT message FROM audit_rejections"))
        self.assertRegex(said, "quot")
        self.assertRegex(said + str(self.place.sql("SELECT locator FROM audit_records")), "one\\.csv")

    def test_a_heading_that_is_not_there_is_said(self):
        self.place.write("inbox/one.csv", "Mã số,Tên\r\n1.000001,a\r\n")
        done = self.place.run("run")
        self.assertIn(done.code, (1, 2, 3), done)
        self.assertRegex(done.stderr + str(self.place.sql("SELECT message FROM audit_rejections")), "Mã")
        self.assertEqual(self.portal.held(), {})

    def test_a_file_that_is_broken_in_another_way_is_told_with_its_new_fault_and_since_it_broke_anew(self):
        good, none, renamed = self.HEAD + "1.000001,a,b\r\n", "\r\n", "Code,Tên,Ghi chú\r\n1.000001,a,b\r\n"
        told = []
        for content, code in ((good, 0), (none, 1), (none, 1), (renamed, 1), (good, 0), (renamed, 1)):
            self.place.write("inbox/one.csv", content)
            self.expect(self.place.run("run"), code)
            kept = self.place.run("--json", "kept").json["rows"]
            told.append([(row["message"].split(": ", 2)[2][:13], row["since_run"]) for row in kept])
        self.assertEqual(told, [[], [("no heading ro", 2)], [("no heading ro", 2)], [("the table has", 2)], [], [("the table has", 6)]])
        self.assertEqual([run for run, in self.place.sql("SELECT run FROM audit_rejections ORDER BY run")], [2, 4, 6])
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'missing'"), 0)

    def test_rows_of_which_nothing_could_be_taken_are_told_apart_and_hide_what_may_stand_in_them(self):
        self.place.change_source(record_limit="2K")
        rows = lambda *long: "".join(f"1.00000{n},a,{'x' * (3000 if n in long else 3)}\r\n" for n in (1, 2, 3))
        kept = []
        for long, code in (((), 0), ((2,), 1), ((2, 3), 1), ((2, 3), 1), ((3,), 1), ((), 0)):
            self.place.write("inbox/one.csv", self.HEAD + rows(*long))
            self.expect(self.place.run("run"), code)
            self.assertEqual(self.place.last_run()["missing"], 0)
            kept.append([row["locator"].rpartition(":")[2] for row in self.place.run("--json", "kept").json["rows"]])
        self.assertEqual(kept, [[], ["3"], ["3", "4"], ["3", "4"], ["4"], []])
        self.expect(self.place.run("audit", "verify"), 0)

    def test_rows_that_are_broken_into_the_same_bytes_are_as_many_as_they_are(self):
        rows = lambda *broken: "".join("#,#,#,#\r\n" if n in broken else f"1.00000{n},a,b\r\n" for n in (1, 2, 3))
        for broken, code in (((), 0), ((2,), 1), ((2, 3), 1), ((2, 3), 1)):
            self.place.write("inbox/one.csv", self.HEAD + rows(*broken))
            self.expect(self.place.run("run"), code)
            self.assertEqual(self.place.last_run()["missing"], 0)
            self.assertEqual(len(self.place.run("--json", "kept").json["rows"]), len(broken))
        self.assertEqual(self.place.last_run()["changed"], 0)

    def test_headings_given_and_their_row(self):
        self.place.change_source(header=3)
        self.place.write("inbox/one.csv", "Danh mục,,\r\n,,\r\n" + self.HEAD + "1.000001,a,b\r\n")
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001"])

    def test_a_heading_that_is_repeated_between_the_rows_is_no_record(self):
        self.place.write("inbox/one.csv", self.HEAD + "1.000001,a,b\r\n\ufeff" + self.HEAD + "1.000002,a,b\r\n" + self.HEAD)
        self.expect(self.place.run("run"), 0)
        self.check_each_once(["1.000001", "1.000002"])
        self.assertEqual(self.place.last_run()["seen"], 2)


class Documents(Night):
    """Folders of documents, and documents with many records."""

    def folder(self, **changes):
        self.place.change_source(format="json", fetch={"folder": "inbox/all", "match": "*.json"}, **changes)

    def document(self, name, content):
        return self.place.write(f"inbox/all/{name}", content if isinstance(content, bytes) else json.dumps(content))

    def test_an_array_at_any_place(self):
        for pointer, document in (("", SOUND), ("/data/items", {"x": [1], "data": {"n": 3, "items": SOUND}}),
                                  ("/a~1b/m~0n/1", {"a/b": {"m~n": [[], SOUND]}})):
            with self.subTest(pointer=pointer):
                self.portal.reset()
                shutil.rmtree(self.place.store.parent, ignore_errors=True)
                self.place.change_source(format="json", fetch={"file": "inbox/one.json"}, records=pointer)
                self.place.write("inbox/one.json", json.dumps(document))
                self.expect(self.place.run("run"), 0)
                self.check_each_once([record["code"] for record in SOUND])

    def test_one_file_a_record_and_what_does_not_match_is_left_alone(self):
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        self.document("README.txt", b"no JSON at all")
        self.expect(self.place.run("run"), 0)
        self.check_each_once([record["code"] for record in SOUND])

    def test_one_file_that_cannot_be_read_keeps_no_other_back_and_is_not_missing(self):
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        self.expect(self.place.run("run"), 0)
        self.document("1.000002.json", b'{"code": "1.000002", "na')
        done = self.expect(self.place.run("run"), 1)
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["missing"], run["withdrawn"]), (0, 0, 0), run)
        self.assertRegex(done.stdout + done.stderr + str(self.place.sql("SELECT locator FROM audit_records")),
                         "1\\.000002\\.json")
        self.document("1.000002.json", SOUND[1])
        self.expect(self.place.run("run"), 0)
        self.check_each_once([record["code"] for record in SOUND])
        self.check_accounts()

    def test_what_stands_behind_the_end_of_a_record_that_did_not_change_is_not_lost(self):
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        self.expect(self.place.run("run"), 0)
        whole = json.dumps(SOUND[0]).encode()
        self.document(SOUND[0]["code"] + ".json", whole + json.dumps(procedure("1.000009")).encode())
        (self.place.folder / f"inbox/all/{SOUND[2]['code']}.json").unlink()
        for _ in range(2):
            self.expect(self.place.run("run"), 1)
            self.assertEqual(self.place.last_run()["missing"], 0, "it may stand in what could not be read")
        self.assertEqual(self.place.rejections(), [(SOUND[0]["code"], "congkhai/decode")])
        self.document(SOUND[0]["code"] + ".json", whole)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.last_run()["missing"], 1)
        self.check_each_once([record["code"] for record in SOUND])

    def test_an_array_that_breaks_off_keeps_what_came_before_and_reports_nothing_missing(self):
        self.place.change_source(format="json", fetch={"file": "inbox/one.json"})
        self.place.write("inbox/one.json", json.dumps(procedures(6)))
        self.expect(self.place.run("run"), 0)
        whole = json.dumps(procedures(6)).encode()
        self.place.write("inbox/one.json", whole[:whole.index(b"1.000004")])
        self.expect(self.place.run("run"), 1, "one\\.json")
        self.assertEqual(self.place.last_run()["missing"], 0)
        self.assertEqual(self.place.last_run()["sent"], 0)

    def test_a_missing_file(self):
        self.place.records(*SOUND)
        self.expect(self.place.run("run"), 0)
        (self.place.inbox / "one.ndjson").unlink()
        done = self.expect(self.place.run("run"), 3, "inbox/one\\.ndjson", "(?i)no such file|not there|does not exist|is missing")
        run = self.place.last_run()
        self.assertEqual((run["missing"], run["sent"]), (0, 0), "a source that failed reports nothing missing")
        self.place.records(*SOUND)
        self.expect(self.place.run("run"), 0)
        del done

    def test_a_missing_folder_and_an_empty_one(self):
        self.folder()
        self.expect(self.place.run("run"), 3, "inbox/all")
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        self.expect(self.place.run("run"), 0)
        for record in SOUND:
            (self.place.inbox / "all" / (record["code"] + ".json")).unlink()
        done = self.place.run("run")
        run = self.place.last_run()
        self.assertEqual((run["sent"], run["withdrawn"]), (0, 0), done)
        self.assertEqual(len(self.portal.held()), 3)

    def somebody_else(self):
        """Options of a process that may not read everything: root drops its rights."""
        if os.geteuid() != 0:
            return {}
        for path in (self.place.folder, *self.place.folder.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        return {"user": 65534, "group": 65534, "extra_groups": []}

    def test_an_unreadable_folder_or_file(self):
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        options = self.somebody_else()
        try:
            self.expect(self.place.run("run", **options), 0)
        except PermissionError:
            self.skipTest("the program lies where only root may go")
        (self.place.inbox / "all").chmod(0)
        self.expect(self.place.run("run", **options), 3, "inbox/all", "(?i)permission")
        (self.place.inbox / "all").chmod(0o777)
        (self.place.inbox / "all" / "1.000002.json").chmod(0)
        self.expect(self.place.run("run", **options), 3, "1\\.000002\\.json", "(?i)permission")
        run = self.place.last_run()
        self.assertEqual((run["missing"], run["sent"]), (0, 0), run)
        (self.place.inbox / "all" / "1.000002.json").chmod(0o666)
        self.expect(self.place.run("run", **options), 0)
        self.check_each_once([record["code"] for record in SOUND])

    def test_symlink_loops_and_odd_files(self):
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        all_of_it = self.place.inbox / "all"
        os.symlink(all_of_it, all_of_it / "deeper.json")
        os.symlink("loop.json", all_of_it / "loop.json")
        os.symlink("nowhere", all_of_it / "dangling.json")
        os.mkfifo(all_of_it / "pipe.json")
        done = self.place.run("run")
        self.assertIn(done.code, (0, 1, 3), done)
        self.check_each_once([record["code"] for record in SOUND])
        self.assertRegex(done.stdout + done.stderr, "loop\\.json|dangling\\.json")

    def test_one_source_that_fails_does_not_keep_the_others_back(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        self.place.records(*SOUND, source="two")
        self.expect(self.place.run("run"), 3, "one\\.ndjson")
        self.check_each_once([record["code"] for record in SOUND])
        self.assertEqual(self.place.last_run()["exit_code"], 3)

    def test_check_online_names_the_document_that_cannot_be_read(self):
        self.place.change_source(format="csv", key="Mã", fetch={"file": "inbox/one.csv"}, map={
            "code": "Mã", "name": "Tên", "status": {"value": "announced"}})
        self.place.write("inbox/one.csv", "Mã số;Tên\n1;a\n")
        self.expect(self.place.run("check", "--online"), 3, 'inbox/one\\.csv: the table has no column "Mã".*it has "Mã số", "Tên"')

    def test_check_online_says_of_a_portal_that_is_not_there_that_it_cannot_be_reached(self):
        self.place.records(procedure("1.000001"))
        self.place.change_portal(url="http://127.0.0.1:9/v1")
        self.expect(self.place.run("check", "--online"), 3, r"the portal http://127\.0\.0\.1:9/v1 cannot be reached \(")

    def test_check_online_says_what_to_check_where_the_portal_shuts_its_door(self):
        self.place.records(procedure("1.000001"))
        with Simulator("--token", "another-token") as shut:
            self.place.change_portal(url=shut.url)
            self.expect(self.place.run("check", "--online"), 3, r"refuses the credentials \(HTTP 401 .*: check portal\.auth")

    def test_two_sources_that_differ_are_held_and_told_in_which_fields(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        other = dict(SOUND[0], name="Tên khác")
        self.place.records(SOUND[0], source="one")
        self.place.records(other, source="two")
        self.expect(self.place.run("run"), 1)
        told = self.place.sql("SELECT source, message FROM audit_rejections ORDER BY source")
        self.assertEqual([source for source, _ in told], ["one", "two"])
        for (_, message), another in zip(told, ("two", "one")):
            self.assertRegex(message, another + r" \(.*ndjson:1\) differs in Name")

    def test_while_the_record_of_the_source_that_wins_is_rejected_the_other_one_does_not_take_its_place(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")], precedence=["two", "one"])
        code = SOUND[0]["code"]
        self.place.records(dict(SOUND[0], name="Tên của một"), source="one")
        self.place.records(dict(SOUND[0], name="Tên của hai"), source="two")
        self.expect(self.place.run("run"), 0)
        self.place.records(dict(SOUND[0], name=""), source="two")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của hai")
        self.expect(self.place.run("status"), 0, "two +.*rejected", 'one +.*held.*two wins by "precedence"')
        self.place.records(source="two")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của một")

    def test_a_fault_in_one_of_two_records_that_contradict_each_other_does_not_make_the_other_right(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        code = SOUND[0]["code"]
        self.place.records(dict(SOUND[0], name="Tên của một"), source="one")
        self.place.records(source="two")
        self.expect(self.place.run("run"), 0)
        self.place.records(dict(SOUND[0], name=""), source="one")
        self.place.records(dict(SOUND[0], name="Tên của hai"), source="two")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của một")
        self.assertEqual(self.place.sql("SELECT source, outcome FROM audit_records WHERE run = 2 ORDER BY source"),
                         [("one", "rejected"), ("two", "held")])
        self.assertEqual(self.place.sql("SELECT rule FROM audit_rejections WHERE source = 'two'"), [("congkhai/same-code",)])
        self.place.records(source="one")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của hai")

    def test_a_rejected_record_of_which_nothing_stands_holds_nobody_back(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        code = SOUND[0]["code"]
        self.portal.faults(f"kind=status:422,on=put,code={code},count=1")
        self.place.records(dict(SOUND[0], name="Tên của một"), source="one")
        self.place.records(source="two")
        self.expect(self.place.run("run"), 1)
        self.assertNotIn(code, self.portal.held())
        self.place.records(dict(SOUND[0], name=""), source="one")
        self.place.records(dict(SOUND[0], name="Tên của hai"), source="two")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của hai")

    def test_what_was_refused_is_not_sent_again_because_another_source_that_says_the_same_is_looked_at(self):
        self.place.configure(sources=[self.place.source("one"), self.place.source("two")])
        code = SOUND[0]["code"]
        self.portal.faults(f"kind=status:422,on=put,code={code}")
        for source in ("one", "two"):
            self.place.records(SOUND[0], source=source)
        self.expect(self.place.run("run"), 1)
        asked = self.portal.requests("put")
        self.place.records(dict(SOUND[0], unmapped="x"), source="two")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.portal.requests("put"), asked)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'refused'"), 1)
        self.assertEqual(self.place.sql("SELECT source FROM audit_records WHERE run = 2"), [("two",)], "of one nothing is new")

    def test_what_cannot_be_read_any_more_keeps_its_code_and_nobody_takes_its_place(self):
        code, broken = SOUND[0]["code"], b'{"code": "%s", "name": "Th' % SOUND[0]["code"].encode()
        for precedence in ([], ["one", "two"]):
            with self.subTest(precedence=precedence):
                self.portal.reset()
                shutil.rmtree(self.place.store.parent, ignore_errors=True)
                self.place.configure(sources=[self.place.source("one"), self.place.source("two")], precedence=precedence)
                self.place.records(dict(SOUND[0], name="Tên của một"), source="one")
                self.place.records(source="two")
                self.expect(self.place.run("run"), 0)
                self.place.write("inbox/one.ndjson", broken + b"\n")
                self.place.records(dict(SOUND[0], name="Tên của hai"), source="two")
                for _ in range(2):
                    self.expect(self.place.run("run"), 1)
                    self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của một")
                self.assertEqual(self.place.sql("SELECT source, outcome, code FROM audit_records WHERE run = 2 ORDER BY source"),
                                 [("one", "rejected", code), ("two", "held", code)])
                self.place.records(source="one")
                self.expect(self.place.run("run"), 0)
                self.assertEqual(self.portal.held()[code]["content"]["name"], "Tên của hai")
                self.expect(self.place.run("audit", "verify"), 0)

    def test_documents_that_are_no_json_in_every_way(self):
        bad = {"empty.json": b"", "html.json": b"<html></html>", "cut.json": b'{"code":', "deep.json": b'{"x":' + b"[" * 10000,
               "twice.json": b'{"code":"9.000001","code":"9.000002"}', "utf8.json": b'{"code":"\xff"}',
               "nul.json": b'{"code":"9.000003\x00"}', "more.json": b'{"code":"9.000004"}{}',
               "number.json": b'{"code":01}', "mark.json": b"\xef\xbb\xbf", "word.json": b"nul"}
        self.folder()
        for record in SOUND:
            self.document(record["code"] + ".json", record)
        for name, content in bad.items():
            self.document(name, content)
        self.expect(self.place.run("run"), 1)
        self.check_each_once([record["code"] for record in SOUND])
        run = self.place.last_run()
        self.assertEqual((run["seen"], run["accepted"], run["rejected"] + run["held"]), (3 + len(bad), 3, len(bad)), run)
        self.check_accounts()
        locators = " ".join(locator for locator, in self.place.sql(
            "SELECT locator FROM audit_records WHERE outcome <> 'accepted'"))
        for name in bad:
            self.assertIn(name, locators)
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["changed"], 0, "the same faults are no news")
