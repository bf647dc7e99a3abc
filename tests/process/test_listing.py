"""A listing is whole, or it is not: every way of paging, every fault, honest servers of many makes; files; sixty nights.

Many sources stand in one configuration, so that a night of all of them is one run."""

import http.server
import io
import json
import os
import random
import re
import shutil
import socketserver
import threading
import time
import unittest
import urllib.parse
import zipfile

from harness import Night, Place, Simulator, QUICK, long, procedure

ROWS, SIZE = 25, 10
MAP = {"code": "/ma", "name": "/ten", "status": {"value": "announced"}, "decision.number": {"value": "1/QĐ-UBND"}}


class Answer:
    """What a server sends: a list of rows and what goes with it, or something else altogether."""

    def __init__(self, rows=None, status=200, body=None, **more):
        self.rows, self.status, self.body, self.more, self.headers = rows, status, body, more, {}


class Server:
    """Answers /NAME/… by the function of that name: answer(name, query) gives an Answer."""

    def __init__(self):
        self.sources, self.log = {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                name = parts.path.strip("/")
                outer.log.append(name)
                answer = outer.sources[name](self, dict(urllib.parse.parse_qsl(parts.query)))
                body = answer.body
                if body is None:
                    body = json.dumps({"error_code": "0", "items": answer.rows, **answer.more}, ensure_ascii=False)
                body = body.encode() if isinstance(body, str) else body
                if answer.status in (204, 304):
                    body = b""
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                for key, value in answer.headers.items():
                    self.send_header(key, value)
                if answer.status not in (204, 304):
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        self.server = Threads(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


KINDS = {
    "offset": {"offset": "offset", "size": SIZE},
    "parameter": {"parameter": "page"},
    "next": {"next": "/next"},
    "cursor": {"cursor": "/cursor", "into": "cursor"},
}


class Source:
    """One listing behind one way of paging. `twist` changes an answer; it sees the page's number from 0."""

    def __init__(self, server, name, number, kind, total=False, count=ROWS, size=SIZE, twist=None, **fetch):
        self.server, self.name, self.kind, self.size = server, name, kind, size
        self.rows = [{"ma": f"{number}.{i:06d}", "ten": f"Thủ tục {i}"} for i in range(1, count + 1)]
        self.twist, self.state = twist, {}
        pages = {**KINDS[kind], **({"total": "/total"} if total else {})}
        self.configuration = {
            "name": name, "fetch": {"url": f"{server.url}/{name}", "pages": pages,
                                    "retry": {"attempts": 2, "first": "1ms", "most": "2ms"}, **fetch},
            "format": "json", "records": "/items", "key": "/ma", "listing": "full", "map": MAP}
        server.sources[name] = self.answer

    def answer(self, handler, query):
        if self.kind == "offset":
            at = int(query.get("offset", 0))
        elif self.kind == "parameter":
            at = (int(query["page"]) - 1) * self.size
        else:
            at = int(query.get("at" if self.kind == "next" else "cursor", 0))
        answer = Answer(self.rows[at:at + self.size], total=len(self.rows))
        if at + self.size < len(self.rows):
            answer.more["cursor"] = str(at + self.size)
            answer.more["next"] = f"?at={at + self.size}"
        if self.twist:
            changed = self.twist(self, at // self.size, at, answer)
            answer = changed or answer
        return answer

    @property
    def codes(self):
        return {row["ma"] for row in self.rows}


# ---- what goes wrong with the second page; once: only the first time it is asked for ----

def second(function):
    return lambda source, page, at, answer: function(source, at, answer) if page == 1 else None


def once(function):
    def twist(source, page, at, answer):
        if page != 1 or source.state.get("done"):
            return None
        source.state["done"] = True
        return function(source, at, answer)
    return twist


def status(number, **headers):
    def twist(source, at, answer):
        answer.status = number
        answer.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return answer
    return twist


def empty(source, at, answer):
    answer.rows = []
    return answer


def shift(delta):
    """Between the first page and the second a row is deleted in front, or another comes in."""
    def twist(source, page, at, answer):
        if page == 1 and not source.state.get("done"):
            source.state["done"] = True
            if delta < 0:
                del source.rows[0]
            else:
                source.rows.insert(0, {"ma": source.rows[0]["ma"][:-6] + "900000", "ten": "Thủ tục mới"})
            answer.rows = source.rows[at:at + source.size]
            answer.more["total"] = len(source.rows)
            return answer
        return None
    return twist


def stands_still(source, page, at, answer):
    if page == 1:
        answer.more.update(cursor=str(at), next=f"?at={at}")
    return None


FAULTS = {
    "empty once": once(empty),
    "empty always": second(empty),
    "fails": second(status(500)),
    "fails once": once(status(500)),
    "not there": second(status(404)),
    "taken, not answered": second(status(202)),
    "a part of the bytes": second(status(206, Content_Range="bytes 0-99/200")),
    "no list": second(lambda s, at, a: Answer(body='{"message":"hết hạn"}')),
    "null": second(lambda s, at, a: Answer(body='{"items":null}')),
    "an error in 200": second(lambda s, at, a: Answer(body='{"error_code":"99","items":[]}')),
    "a web page": second(lambda s, at, a: Answer(body="<html><title>Login</title></html>")),
    "cut": second(lambda s, at, a: Answer(body='{"items":[' + json.dumps(a.rows[0]) + ',{"ma":')),
    "the first page again": second(lambda s, at, a: Answer(s.rows[:s.size], **a.more)),
    "a row goes": shift(-1),
    "a row comes": shift(+1),
    "a link stands still": stands_still,
    "unchanged, unasked": second(status(304)),
}
# Who answers so, and links on, cannot be told from one that has no rows there, unless it says how many there are.
BLIND = {("next", "empty always"), ("next", "empty once"), ("cursor", "empty always"), ("cursor", "empty once")}


def workbook(rows, *more):
    """An .xlsx of a sheet S, and T, U, … for more: each row is (attributes, [(text, struck)]), a text that begins with "<" a whole cell."""
    def cells(rows):
        return "".join(
            f'<row r="{r}"{attributes}>' + "".join(
                text if text.startswith("<") else f'<c r="{"ABC"[c]}{r}" t="inlineStr" s="{int(struck)}"><is><t>{text}</t></is></c>'
                for c, (text, struck) in enumerate(row)) + "</row>" for r, (attributes, row) in enumerate(rows, 1))
    sheets = dict(zip("STUVW", (rows, *more)))
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    kinds = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{kinds}"><Relationship Id="r" Type="{relation}/officeDocument" '
                       'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{relation}"><sheets>'
                           + "".join(f'<sheet name="{name}" sheetId="{i}" r:id="{name}"/>' for i, name in enumerate(sheets, 1))
                           + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{kinds}">' + "".join(
            f'<Relationship Id="{name}" Type="{relation}/worksheet" Target="worksheets/{name}.xml"/>' for name in sheets)
        + f'<Relationship Id="s" Type="{relation}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><fonts><font><sz val="11"/></font><font><strike/></font><font><strike val="0"/>'
                         '</font></fonts><cellXfs><xf numFmtId="0" fontId="0"/><xf numFmtId="0" fontId="1"/></cellXfs>'
                         '</styleSheet>',
        **{f"xl/worksheets/{name}.xml": f"<worksheet {main}><sheetData>{cells(its)}</sheetData></worksheet>"
           for name, its in sheets.items()}}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return made.getvalue()


class Listing(Night):
    def setUp(self):
        super().setUp()
        self.server = Server()
        self.addCleanup(self.server.close)

    def night(self, sources, *arguments, command="extract"):
        self.server.log.clear()
        self.place.configure(sources=[source.configuration for source in sources])
        done = self.place.run(command, *arguments, seconds=120)
        self.assertIn(done.code, (0, 1, 3), done)
        listed = {}
        for name, detail in self.place.sql("SELECT source, detail FROM audit_events WHERE event = 'listed' AND run = "
                                           "(SELECT max(run) FROM audit_runs)"):
            listed[name] = json.loads(detail)
        self.assertEqual(set(listed), {source.name for source in sources}, done)
        return done, listed

    def present(self, source):
        return {key for key, in self.place.sql("SELECT r.key FROM record r JOIN source s ON s.id = r.source WHERE s.name "
                                               "= ? AND r.present = 1", source.name)}

    def missing(self, source):
        return {key for key, in self.place.sql(
            "SELECT json_extract(detail, '$.key') FROM audit_events WHERE event = 'missing' AND source = ? AND run = "
            "(SELECT max(run) FROM audit_runs)", source.name)}

    def campaign(self, with_total, before):
        sources = []
        for kind in KINDS:
            for name, twist in FAULTS.items():
                source = Source(self.server, f"{kind}-{len(sources)}", 100 + len(sources), kind, with_total,
                                success={"at": "/error_code", "is": ["0"]} if name == "an error in 200" else None)
                if source.configuration["fetch"]["success"] is None:
                    del source.configuration["fetch"]["success"]
                source.fault, source.later = name, twist
                sources.append(source)
        if before:
            done, listed = self.night(sources)
            self.assertEqual(done.code, 0, done)
            self.assertTrue(all(detail["whole"] for detail in listed.values()), listed)
        for source in sources:
            source.twist, source.known = source.later, self.present(source) if before else set()
        _, listed = self.night(sources)
        for source in sources:
            with self.subTest(kind=source.kind, fault=source.fault, total=with_total, before=before):
                detail, here = listed[source.name], self.present(source)
                blind = not with_total and ((source.kind, source.fault) in BLIND or source.fault == "a row goes")
                if not blind or source.fault != "empty always":
                    self.assertFalse(self.missing(source) & source.codes, "missing, though it is there")
                self.assertEqual(detail["whole"], not detail.get("why"), detail)
                self.assertFalse([key for key in here if key.startswith("@")], "a page is no record")
                if detail["whole"] and not blind:
                    self.assertLessEqual(source.codes, here, f"lost in silence: {detail}")
        for source in sources:
            source.twist = None
        done, listed = self.night(sources)
        for source in sources:
            with self.subTest(kind=source.kind, fault=source.fault, total=with_total, before=before, night="after"):
                self.assertTrue(listed[source.name]["whole"], listed[source.name])
                self.assertEqual(self.present(source), source.codes)
        self.assertEqual(done.code, 0, done)

    def test_faults_the_first_night(self):
        self.campaign(False, False)

    @long
    def test_faults_the_first_night_with_total(self):
        self.campaign(True, False)

    @long
    def test_faults_another_night(self):
        self.campaign(False, True)

    @long
    def test_faults_another_night_with_total(self):
        self.campaign(True, True)

    def test_honest_servers_stay_whole_and_cost_at_most_one_request_more(self):
        behind = lambda number: lambda s, page, at, a: status(number)(s, at, a) if at >= len(s.rows) else None
        again = lambda s, page, at, a: Answer(s.rows[-(len(s.rows) % s.size or s.size):]) if at >= len(s.rows) else None
        nothing = lambda s, page, at, a: Answer(None) if at >= len(s.rows) else None
        sources, number = [], 300

        def add(make, kind, **options):
            nonlocal number
            number += 1
            source = Source(self.server, f"{kind}-{number}", number, kind, **options)
            source.make = make
            sources.append(source)
            return source

        for kind in ("offset", "parameter"):
            for count in (25, 30, 7, 0):
                add("an empty list", kind, count=count)
                add("404", kind, count=count, twist=behind(404)) if count else None
                add("410", kind, count=count, twist=behind(410)) if count else None
                add("416", kind, count=count, twist=behind(416)) if count else None
                add("204", kind, count=count, twist=behind(204))
                if count > SIZE:
                    add("the last page again", kind, count=count, twist=again)
                add("null, with success", kind, count=count, twist=nothing, success={"at": "/error_code", "is": ["0"]})
                add("total", kind, count=count, total=True)
        add("the same for every place", "offset", count=7, twist=lambda s, page, at, a: Answer(s.rows))
        for kind in KINDS:
            for code in (201, 203):
                add(str(code), kind, twist=lambda s, page, at, a, code=code: status(code)(s, at, a))
            twice = add("twice on a page", kind, count=24)
            twice.rows.insert(3, twice.rows[2])
            add("total", kind, total=True)
            add("an empty cursor", kind, twist=lambda s, page, at, a: a.more.setdefault("cursor", None) and None)
        capped = add("a cap", "offset", count=25, size=4)
        part = add("206 in rows", "offset", twist=lambda s, page, at, a: status(206, Content_Range=f"items {at}-99/*")(s, at, a))
        for night in range(2):
            done, listed = self.night(sources)
            for source in sources:
                with self.subTest(make=source.make, kind=source.kind, rows=len(source.rows), night=night):
                    self.assertTrue(listed[source.name]["whole"], listed[source.name])
                    self.assertEqual(self.present(source), source.codes)
                    self.assertEqual(listed[source.name]["seen"], len(source.rows))
                    pages = max(1, -(-len(source.rows) // source.size))
                    if source.kind == "parameter":
                        pages += 1  # it counts up to an empty one
                    elif source.kind == "offset" and len(source.rows) and len(source.rows) % source.size == 0:
                        pages += 1  # behind a full page there may be more
                    self.assertLessEqual(self.server.log.count(source.name), pages + 1)
            self.assertEqual(done.code, 0, done)
        self.assertEqual(self.server.log.count(capped.name) + self.server.log.count(part.name), 8 + 4)

    def test_a_procedure_on_two_pages_is_the_sources_own_when_it_comes_again(self):
        source = Source(self.server, "twice", 500, "offset")
        source.rows[20] = source.rows[3]
        _, listed = self.night([source])
        self.assertTrue(listed["twice"]["whole"], listed)
        self.assertEqual(len(self.server.log), 8)
        _, listed = self.night([source])
        self.assertTrue(listed["twice"]["whole"], listed)
        self.assertEqual(len(self.server.log), 4)

    def test_before_a_record_is_missing_the_pages_are_read_again(self):
        source = Source(self.server, "gone", 501, "offset")
        self.night([source])
        gone = source.rows.pop(12)["ma"]
        _, listed = self.night([source])
        self.assertEqual(self.missing(source), {gone})
        self.assertEqual(len(self.server.log), 8)
        self.assertTrue(listed["gone"]["whole"])
        source.configuration["fetch"]["pages"]["again"] = 0
        gone = source.rows.pop(12)["ma"]
        self.night([source])
        self.assertEqual(self.missing(source), {gone})
        self.assertEqual(len(self.server.log), 4)

    def test_status_names_a_source_that_was_not_whole(self):
        source = Source(self.server, "half", 502, "offset", twist=FAULTS["null"])
        done, _ = self.night([source])
        self.assertEqual(done.code, 3, done)
        self.expect(self.place.run("status"), 0, "Sources that were not read whole", "half", "stands null")
        told = self.place.run("status", "--json").json["sources"][0]
        self.assertEqual((told["whole"], told.get("whole_at")), (0, None), told)

    def test_what_was_changed_in_the_second_of_its_answer_is_asked_for_whole(self):
        def answer(handler, query):
            asked.append(handler.headers.get("If-Modified-Since"))
            handler.date_time_string = lambda *_: "Mon, 30 Nov 2026 01:00:05 GMT"
            answer = Answer([{"ma": "1.000001", "ten": "Một"}], status=304 if asked[-1] == changed else 200)
            answer.headers = {"Last-Modified": changed}
            return answer
        self.server.sources["v"] = answer
        source = Source(self.server, "w", 508, "offset")
        source.name = source.configuration["name"] = "v"
        source.configuration["fetch"] = {"url": f"{self.server.url}/v"}
        for changed, wanted in (("Mon, 30 Nov 2026 01:00:05 GMT", [None, None]),
                                ("Mon, 30 Nov 2026 01:00:04 GMT", [None, "Mon, 30 Nov 2026 01:00:04 GMT"])):
            asked = []
            self.night([source])
            self.night([source])
            self.assertEqual(asked, wanted)

    def test_validators(self):
        """Unchanged is not read; `--anew`, `conditional: false` and an old reading are."""
        def answer(handler, query):
            asked.append(handler.headers.get("If-None-Match"))
            answer = Answer([{"ma": "1.000001", "ten": "Một"}], status=304 if asked[-1] == '"x"' else 200)
            answer.headers = {"ETag": '"x"'}
            return answer
        asked = []
        self.server.sources["v"] = answer
        source = Source(self.server, "w", 503, "offset")
        source.name = source.configuration["name"] = "v"
        source.configuration["fetch"] = {"url": f"{self.server.url}/v"}
        _, listed = self.night([source])
        read = self.place.run("status", "--json").json["sources"][0]["read_at"]
        _, listed = self.night([source])
        self.assertEqual((asked, listed["v"]["unchanged"]), ([None, '"x"'], True))
        self.assertEqual(self.place.run("status", "--json").json["sources"][0]["read_at"], read)
        self.night([source], "--anew")
        self.assertEqual(asked[2:], [None])
        source.configuration["fetch"]["reread"] = "1s"
        self.night([source])
        time.sleep(1.1)
        self.night([source])
        source.configuration["fetch"]["conditional"] = False
        self.night([source])
        self.night([source])
        self.assertEqual(asked[3:], [None] * 4)

    def test_what_means_nothing_is_asked_for_anew_where_it_says_what_is_skipped(self):
        def answer(handler, query):
            asked.append(handler.headers.get("If-None-Match"))
            answer = Answer([{"ma": "1.000001", "ten": "Một"}, {"ma": "1.000002", "ten": "Không"}], status=304 if asked[-1] else 200)
            answer.headers = {"ETag": '"x"'}
            return answer
        self.server.sources["v"] = answer
        source = Source(self.server, "w", 509, "offset")
        source.name = source.configuration["name"] = "v"
        source.configuration["fetch"] = {"url": f"{self.server.url}/v"}
        for skip, wanted in (({}, [None, '"x"', '"x"']), ({"skip": [{"from": "/ten", "nothing": True}]}, [None, None, '"x"'])):
            asked = []
            source.configuration.update(skip)
            for words in ("", "Không"), ("",), ("",):
                source.configuration["nothing"] = list(words)
                self.night([source])
            self.assertEqual(asked, wanted)
        self.assertEqual(self.present(source), {"1.000001", "1.000002"})

    def test_xml_that_says_how_it_went(self):
        def answer(handler, query):
            return Answer(body=bodies.pop(0))
        item = "<r><kq>{}</kq><ds>{}</ds></r>"
        one = "<tt><ma>1.000001</ma><ten>Một</ten></tt>"
        self.server.sources["x"] = answer
        source = Source(self.server, "y", 504, "offset")
        source.name = source.configuration["name"] = "x"
        source.configuration.update(format="xml", records="/r/ds/tt", key="ma", map={**MAP, "code": "ma", "name": "ten"},
                                    fetch={"url": f"{self.server.url}/x", "success": {"from": "/r/kq", "matches": "^0+$"}})
        for body, whole, count in ((item.format("00", one), True, 1), (item.format("7", ""), False, 1),
                                   ("<r><kq>0</kq></r>", False, 1), (item.format("0", ""), True, 0)):
            bodies = [body]
            _, listed = self.night([source])
            self.assertEqual((listed["x"]["whole"], len(self.present(source))), (whole, count), (body, listed))

    def test_a_total_is_a_number_however_it_is_written(self):
        for write, whole in ((float, True), (str, True), (lambda total: f" {total} ", True), (lambda total: f"{total}.00", False)):
            source = Source(self.server, "t", 506, "offset", total=True,
                            twist=lambda source, page, at, answer: answer.more.update(total=write(len(source.rows))))
            _, listed = self.night([source])
            self.assertEqual(listed["t"]["whole"], whole, listed)

    def detailed(self, answer, seed):
        """A listing of three items, each of which is asked for on its own."""
        self.server.sources["d"] = answer
        source = Source(self.server, "l", seed, "offset", count=3)
        source.configuration["fetch"].update(detail={"items": "/items", "url": self.server.url + "/d?id=${item:/id}"})
        source.configuration["records"] = ""
        for number, row in enumerate(source.rows, 1):
            row["id"] = number
        return source

    def test_an_item_of_a_listing_whose_detail_holds_no_record_is_not_missing(self):
        empty = False

        def detail(handler, query):
            return Answer(body="[]" if empty and query["id"] == "2" else json.dumps({"ma": f"1.{query['id']}", "ten": "Một"}))
        source = self.detailed(detail, 505)
        for empty, code, whole in ((False, 0, True), (True, 3, False), (False, 0, True)):
            done, listed = self.night([source])
            self.assertEqual((done.code, listed["l"]["whole"]), (code, whole), done)
            self.assertEqual(self.present(source), {"1.1", "1.2", "1.3"})
            self.assertEqual("/d?id=2" in done.stderr, empty, done)

    def test_a_listing_in_pages_is_proposed_as_one(self):
        rows = [{"ma": f"1.{i:06d}", "ten": f"Thủ tục {i}"} for i in range(1, 26)]
        self.server.sources["p"] = lambda handler, query: Answer(body=json.dumps({"items": rows[10 * int(query["page"]) - 10:][:10], "count": 25}))
        self.server.sources["o"] = lambda handler, query: Answer(body=json.dumps({"items": rows[int(query["offset"]):][:10]}))
        for path in ("/p?page=1", "/o?limit=10&offset=0"):
            folder = self.place.folder / path[1]
            self.expect(self.place.run("init", "--from", self.server.url + path, folder), 0)
            written = folder / "congkhai.yaml"
            text = re.sub(r"(?m)^agency:.*", "agency: { code: H13, name: UBND }", written.read_text(encoding="utf-8"))
            written.write_text(text, encoding="utf-8")
            self.expect(self.place.run("--config", written, "extract"), 0, "25 bản ghi")
        self.server.sources["d"] = lambda handler, query: Answer(body=json.dumps(rows[:7]))
        folder = self.place.folder / "d"
        self.expect(self.place.run("init", "--from", self.server.url + "/d?from=20260101", folder), 0)
        self.assertNotIn("pages:", re.sub("#.*", "", (folder / "congkhai.yaml").read_text(encoding="utf-8")), "a day is no place")

    def test_an_item_of_a_listing_that_answers_with_another_item_s_record_is_not_missing(self):
        mixed = False

        def detail(handler, query):
            return Answer(body=json.dumps({"ma": "1.3" if mixed and query["id"] == "2" else f"1.{query['id']}", "ten": "Một"}))
        source = self.detailed(detail, 507)
        for mixed, code in ((False, 0), (True, 3), (True, 3), (False, 0)):
            done, listed = self.night([source])
            self.assertEqual((done.code, listed["l"]["whole"]), (code, not mixed), done)
            self.assertEqual(self.present(source), {"1.1", "1.2", "1.3"})
            self.assertEqual("/d?id=2: the listing has it" in done.stderr, mixed, done)
        del source.rows[1]  # an item that is no longer listed is missing
        mixed = True
        done, listed = self.night([source])
        self.assertEqual((done.code, self.present(source)), (0, {"1.1", "1.3"}), done)
        self.assertNotIn("another one", done.stderr)

    def test_an_item_that_never_gave_its_own_record_is_told(self):
        source = self.detailed(lambda handler, query: Answer(body=json.dumps({"ma": "1.3" if query["id"] == "2" else f"1.{query['id']}", "ten": "Một"})), 507)
        for _ in range(2):
            done, listed = self.night([source])
            self.assertEqual((done.code, listed["l"]["whole"], self.present(source)), (0, True, {"1.1", "1.3"}), done)
            self.assertRegex(done.stderr, r"1 items were answered with the record of another one, such as \S*/d\?id=3 beside \S*/d\?id=2:")

    def test_rows_that_are_no_records_are_skipped_and_counted(self):
        self.place.write("inbox/r.csv", "Mã;Tên\r\n1.000001;Một\r\n;Cộng: 1\r\n;\r\nI;Lĩnh vực\r\nNgười lập;x\r\n")
        self.place.configure(sources=[self.place.source(
            "r", fetch={"file": "inbox/r.csv"}, format="csv", key="Mã", map={**MAP, "code": "Mã", "name": "Tên"},
            skip=[{"from": "Mã", "nothing": True}, {"from": "Mã", "matches": "^[IVX]+$"},
                  {"from": "Mã", "is": ["Người lập"]}])])
        for night in range(2):
            done = self.expect(self.place.run("run"), 0, "skip.*: 3|: 4")
            self.assertEqual(self.place.sql("SELECT key FROM record WHERE present"), [("1.000001",)], done)
        for wrong in ([{"from": "Mã"}], [{"from": "Mã", "is": "x", "nothing": True}], [{"is": "x"}], ["x"],
                      [{"from": "Mã", "matches": "("}]):
            self.place.change_source(skip=wrong)
            self.expect(self.place.run("check"), 2, "skip|from|regular|matches|missing")

    def test_a_field_that_is_renamed_at_the_source_stops_before_it_wipes(self):
        def rows(name):
            return [{"ma": f"1.{i:06d}", "ten": "Tên", "cach": [{"kenh": "direct", name: "Phí 10.000 đồng"}]} for i in range(12)]
        self.place.configure(
            brakes={"vanished_field": "stop"},
            sources=[self.place.source("one", map={**MAP, "methods": {"each": "/cach", "map": {"channel": "/kenh", "text": "/phi"}}},
                                       key="/ma")])
        self.place.records(*rows("phi"))
        self.expect(self.place.run("run"), 0)
        self.place.records(*rows("le_phi"))
        for _ in range(2):
            self.expect(self.place.run("run"), 3, "vanished_field.*/phi")
        self.assertTrue(all("text" in entry["content"]["methods"][0] for entry in self.portal.held().values()))
        self.place.records(*rows("phi"))
        self.expect(self.place.run("run"), 0)
        self.place.records(*rows("le_phi"))
        self.expect(self.place.run("run", "--release-brake", "vanished_field", "--reason", "bỏ cột"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertFalse(any("text" in entry["content"]["methods"][0] for entry in self.portal.held().values()))

    def test_a_listing_that_is_not_whole_lets_no_brake_go_for_a_field(self):
        self.place.configure(brakes={"vanished_field": "stop"})
        self.place.change_source(fetch={"folder": "inbox", "match": "*.json"}, format="json", records="")
        for field, code in (("notes", 0), ("remark", 3)):
            self.place.write("inbox/a.json", json.dumps([procedure(f"1.{i:06d}", **{field: "x"}) for i in range(12)]))
            self.expect(self.place.run("run"), code)
        odd = self.place.folder / "inbox/b.json"
        odd.symlink_to("/nowhere")
        sent = self.portal.requests("put")
        self.expect(self.place.run("run"), 3, "vanished_field.*/notes")
        self.assertEqual(self.portal.requests("put"), sent)
        self.place.change_source(map={**self.place.configuration["sources"][0]["map"], "notes": "/remark"})
        self.place.run("run")
        odd.unlink()
        self.expect(self.place.run("run"), 0)
        self.assertEqual({entry["content"]["notes"] for entry in self.portal.held().values()}, {"x"})

    def test_quiet_nights_look_at_no_record_again_and_what_changes_behind_them_is_seen(self):
        def records(count, notes="cũ"):
            return [{"ma": f"1.{i:06d}", "ten": "Tên", "ghiChu": notes} for i in range(count)]

        def quiet():
            for _ in range(2):
                self.expect(self.place.run("run"), 0)
            return json.loads(self.place.one("SELECT fields_now FROM source"))
        self.place.configure(sources=[self.place.source("one", map={**MAP, "notes": "/ghiChu"}, key="/ma")])
        self.place.records(*records(12))
        self.expect(self.place.run("run"), 0)
        counted = quiet()
        self.assertIn("as", counted)
        self.assertEqual(quiet(), counted)
        self.place.write("rules.yaml", "rules:\n  - { id: TEN, field: name, check: { length: { max: 2 } }, severity: warning,"
                                       " message: { vi: Dài, en: Long } }\n")
        self.place.configure(rules=["rules.yaml"])
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.one("SELECT count(*) FROM finding WHERE rule = 'TEN'"), 12)
        self.assertNotEqual(quiet()["as"], counted["as"])
        self.place.change_source(map={**MAP, "notes": "/ghiChu", "name": {"value": "Một tên"}})
        self.expect(self.place.run("run"), 0)
        self.assertEqual({entry["content"]["name"] for entry in self.portal.held().values()}, {"Một tên"})
        quiet()
        self.place.records(*records(11, "mới"))
        self.expect(self.place.run("extract"), 0)
        self.expect(self.place.run("run"), 0)
        self.assertEqual({entry["content"].get("notes") for entry in self.portal.held().values()}, {"mới", "cũ"})
        self.assertEqual(json.loads(self.place.one("SELECT fields_now FROM source"))["records"], 11)

    def test_a_second_sheet_of_the_kind_does_not_go_unsaid(self):
        sheet = lambda *rows: [("", [(text, False) for text in row]) for row in rows]
        first, other = sheet(("Mã", "Tên"), ("1.000001", "Một")), sheet(("DANH MỤC",), ("Mã", "Tên"), ("1.000002", "Hai"))
        self.place.write("inbox/w.xlsx", workbook(first, sheet(("Ghi chú",)), [], other))
        self.place.configure(sources=[self.place.source(
            "w", fetch={"file": "inbox/w.xlsx"}, format="xlsx", key="Mã", map={**MAP, "code": "Mã", "name": "Tên"})])
        for _ in range(2):
            self.expect(self.place.run("run"), 0, '1 more sheets of the workbook, such as "V"')
        self.place.change_source(sheet="S")
        self.assertNotIn("more sheets", self.expect(self.place.run("run"), 0).stderr)

    def test_a_cell_without_a_value_keeps_its_row_back_as_soon_as_the_map_reads_it(self):
        mapped = {**MAP, "code": "Mã", "name": "Tên"}
        rows = [("", [(text, False) for text in row]) for row in (
            ("Mã", "Tên", "Ghi chú"), ("1.000001", "Một", '<c r="C2" t="e"><f>B9</f><v>#REF!</v></c>'),
            ("1.000002", "Hai", '<c r="C3"><f>1+1</f></c>'), ("1.000003", "Ba", "x"))]
        for again in ((), ("--anew",)):
            with self.subTest(again=again):
                self.place.close()
                self.place = Place(self.portal)
                self.portal.reset()
                self.place.write("inbox/w.xlsx", workbook(rows))
                self.place.configure(sources=[self.place.source("w", fetch={"file": "inbox/w.xlsx"}, format="xlsx", key="Mã", map=mapped)])
                self.expect(self.place.run("run"), 0)
                self.place.change_source(map={**mapped, "notes": "Ghi chú"})
                self.expect(self.place.run("run", *again), 1)
                self.assertEqual({code: held["content"].get("notes") for code, held in self.portal.held().items()},
                                 {"1.000001": None, "1.000002": None, "1.000003": "x"})
                self.assertEqual(self.place.sql("SELECT source_key, rule, field FROM audit_rejections ORDER BY 1"),
                                 [("1.000001", "congkhai/text", "notes"), ("1.000002", "congkhai/text", "notes")])
                self.place.change_source(map=mapped)
                self.expect(self.place.run("run"), 0)

    def test_hidden_and_struck_rows_of_a_workbook(self):
        row = lambda number, struck=(False, False), attributes="": (
            attributes, [(f"1.{number:06d}", struck[0]), (f"Thủ tục {number}", struck[1])])
        rows = [("", [("Mã", False), ("Tên", False)]), row(1), row(2, (True, True)), row(3, (False, True)),
                row(4, attributes=' hidden="1"'), row(5)]
        self.place.write("inbox/w.xlsx", workbook(rows))
        self.place.configure(sources=[self.place.source(
            "w", fetch={"file": "inbox/w.xlsx"}, format="xlsx", key="Mã", map={**MAP, "code": "Mã", "name": "Tên"})])
        held = lambda: [int(code[-6:]) for code in sorted(self.portal.held())]
        for _ in range(2):
            self.expect(self.place.run("run"), 1, "row is struck out", "hidden")
            self.assertEqual(held(), [1, 3, 4, 5])
            self.assertEqual(self.place.sql("SELECT key, outcome FROM record WHERE outcome <> 'accepted'"),
                             [("1.000002", "rejected")])
        rows[1] = row(1, (True, True))  # what stands is struck out later: it is kept back, and nothing is missing
        self.place.write("inbox/w.xlsx", workbook(rows))
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.one("SELECT group_concat(key) FROM record WHERE outcome = 'rejected'"),
                         "1.000001,1.000002")
        self.assertEqual(self.place.last_run()["missing"], 0)
        rows[1] = row(1)
        self.place.write("inbox/w.xlsx", workbook(rows))
        self.expect(self.place.run("run"), 1)
        self.place.change_source(struck="take", hidden="skip")
        self.expect(self.place.run("run"), 0, "skip.*1")
        self.assertEqual(held(), [1, 2, 3, 4, 5])
        self.assertEqual(self.place.last_run()["missing"], 1)
        self.place.change_source(struck="skip")
        self.expect(self.place.run("run"), 0, "skip.*2")
        self.place.change_source(format="csv")
        self.expect(self.place.run("check"), 2, "struck.*means nothing|hidden.*means nothing")

    def test_a_page_that_does_not_come_to_its_end_keeps_its_last_record_back_and_nothing_is_missing(self):
        self.place.configure(sources=[self.place.source(
            "h", fetch={"file": "inbox/h.html"}, format="html", records="//table[@id='t']//tr", key="td[1]",
            map={**MAP, "code": "td[1]", "name": "td[2]"})])
        row = lambda number: f"<tr><td>1.{number:06d}</td><td>Thủ tục số {number}</td></tr>"
        whole = "<!DOCTYPE html><html><body><table id='t'>" + "".join(map(row, range(4))) + "</table></body></html>"
        names = lambda: [entry["content"]["name"] for _, entry in sorted(self.portal.held().items())]
        for page in (whole[:whole.index("số 3")], whole[:whole.index("<tr><td>1.000003")], whole[:whole.index("003</td>")]):
            self.portal.reset()
            shutil.rmtree(self.place.store.parent, ignore_errors=True)
            for text, code in ((whole, 0), (page, 1), (page, 1)):
                self.place.write("inbox/h.html", text)
                self.expect(self.place.run("run"), code)
                self.assertEqual(names(), [f"Thủ tục số {number}" for number in range(4)])
                self.assertEqual(self.place.last_run()["missing"], 0)
            self.assertEqual([rule for _, rule in self.place.rejections()], ["congkhai/decode"])
            if "1.000</td>" in page + "</td>":  # the beginning of a key is none
                self.assertRegex(self.place.rejections()[0][0], "^@")
                self.place.write("inbox/h.html", whole)
                self.expect(self.place.run("run"), 0)
                self.assertEqual(self.place.last_run()["missing"], 0)
                continue
            self.expect(self.place.run("retry", "--source", "h", "--reason", "trang vốn như vậy"), 0)
            self.expect(self.place.run("run"), 0)  # from then on the page is one that has no end
            self.place.write("inbox/h.html", page.replace("Thủ tục số", "Thủ tục mới"))
            self.expect(self.place.run("run"), 0)
        self.place.write("inbox/h.html", "<html><body><table id='t'><tr>")
        self.expect(self.place.run("run"), 1)

    def test_an_empty_list_of_a_page_is_one_whose_table_is_there(self):
        source = self.place.source("h", fetch={"file": "inbox/h.html"}, format="html", records="//table[@id='t']/tr[td]",
                                   key="td[1]", map={**MAP, "code": "td[1]", "name": "td[2]"})
        self.place.configure(sources=[source])
        page = "<html><body>{}</body></html>"
        for body, code, missing in (("<table id=t><tr><td>1.000001</td><td>Một</td></tr></table>", 0, 0),
                                    ("<p>Đang bảo trì</p>", 1, 0), ("<table id=t></table>", 0, 1)):
            self.place.write("inbox/h.html", page.format(body))
            self.expect(self.place.run("run"), code)
            self.assertEqual(self.place.last_run()["missing"], missing, body)

    # ---- files ----

    def test_a_file_that_moves_gives_no_record_tonight_and_the_others_do(self):
        self.place.configure(sources=[self.place.source("f", fetch={"folder": "inbox", "match": "**/*.json", "quiet": "1s"},
                                                        format="json")])
        for number in (1, 2):
            self.place.write(f"inbox/{number}.json", json.dumps({"code": f"1.00000{number}", "name": "x", "status": "announced",
                                                                 "decision": "1/QĐ"}))
        self.expect(self.place.run("run"), 0)
        going = threading.Event()

        def write():
            while not going.wait(0.2):
                with open(self.place.inbox / "2.json", "a") as file:
                    file.write(" ")
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.6)
        try:
            begun = time.monotonic()
            done = self.expect(self.place.run("run", seconds=60), 3, "2\\.json is being written to")
            self.assertLess(time.monotonic() - begun, 15)
        finally:
            going.set()
            thread.join()
        self.assertEqual(self.place.last_run()["missing"], 0)
        self.expect(self.place.run("run"), 0)
        os.utime(self.place.inbox / "1.json", (time.time() + 3600, time.time() + 3600))
        self.expect(self.place.run("run"), 0)

    def test_a_last_row_without_its_end_is_kept_back_until_somebody_says_that_it_is_whole(self):
        for name, form, text in (("c.csv", {"format": "csv", "key": "Mã", "map": {**MAP, "code": "Mã", "name": "Tên"}},
                                  "Mã;Tên\r\n1.000001;Đăng ký khai sinh\r\n1.000002;Đăng ký khai tử, nơi thường trú\r\n"),
                                 ("n.ndjson", {"format": "ndjson", "key": "/ma", "map": MAP},
                                  '{"ma":"1.000001","ten":"Một"}\n{"ma":"1.000002","ten":"Hai"}\n'),
                                 ("/".join(["Sở " + "x" * 150] * 3 + ["n.ndjson"]), {"format": "ndjson", "key": "/ma", "map": MAP},
                                  '{"ma":"1.000001","ten":"Một"}\n{"ma":"1.000002","ten":"Hai"}\n')):
            with self.subTest(name=name):
                self.place.close()
                self.place = Place(self.portal)
                self.portal.reset()
                self.place.configure(sources=[self.place.source("s", fetch={"file": f"inbox/{name}"}, **form)])
                self.place.write(f"inbox/{name}", text)
                self.expect(self.place.run("run"), 0)
                cut = text.rstrip()[:-4] if name == "c.csv" else text.rstrip()
                self.place.write(f"inbox/{name}", cut)
                before = self.portal.held()["1.000002"]["content"]["name"]
                for _ in range(2):
                    self.expect(self.place.run("run"), 1, "no line end")
                    self.assertEqual(self.place.last_run()["missing"], 0)
                    self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], before)
                self.place.run("retry", "--reason", "tệp đủ", "--code", "1.000002")
                self.expect(self.place.run("run"), 0)
                self.assertIn(self.portal.held()["1.000002"]["content"]["name"], cut)
                self.expect(self.place.run("run"), 0)
                self.place.write(f"inbox/{name}", cut.replace("1.000001", "1.000003"))
                self.expect(self.place.run("run"), 0)

    def test_a_line_end_that_came_in_a_night_that_was_not_whole_is_missed_when_it_goes(self):
        text = "Mã;Tên\n1.000001;Đăng ký khai sinh"
        ended, cut = "\n1.000002;Đăng ký khai tử, nơi thường trú\n", "\n1.000002;Đăng ký khai tử"
        for night in ((), ("--code", "1.000002")):
            with self.subTest(night=night):
                self.place.close()
                self.place = Place(self.portal)
                self.portal.reset()
                self.place.configure(sources=[self.place.source("s", fetch={"folder": "inbox", "match": "*.csv"}, format="csv", key="Mã",
                                                                map={**MAP, "code": "Mã", "name": "Tên"})])
                self.place.write("inbox/a.csv", text)
                self.expect(self.place.run("run"), 0)
                self.place.write("inbox/a.csv", text + ended)
                os.symlink("nowhere", self.place.inbox / "b.csv")
                self.expect(self.place.run("run", *night), 3)
                os.remove(self.place.inbox / "b.csv")
                before = self.portal.held()["1.000002"]["content"]["name"]
                self.place.write("inbox/a.csv", text + cut)
                self.expect(self.place.run("run"), 1, "no line end")
                self.assertEqual(self.portal.held()["1.000002"]["content"]["name"], before)

    def test_a_file_of_named_columns_without_a_row_proves_no_empty_list(self):
        self.place.configure(sources=[self.place.source("s", fetch={"folder": "inbox", "match": "*.csv"}, format="csv", key="Mã",
                                                        header=["Mã", "Tên"], map={**MAP, "code": "Mã", "name": "Tên"})], brakes={})
        self.place.write("inbox/a.csv", "1.000001,Một\n1.000002,Hai\n")
        self.expect(self.place.run("run"), 0)
        self.place.write("inbox/a.csv", "")
        self.expect(self.place.run("run"), 1)
        self.assertEqual(self.place.last_run()["missing"], 0)

    def test_a_file_of_changes_without_a_row_is_a_day_without_changes(self):
        for name, rows in (("csv", "1.000001,Một\n"), ("xlsx", [("", [("1.000001", False), ("Một", False)])])):
            with self.subTest(format=name):
                self.place.configure(sources=[self.place.source(name, fetch={"folder": name, "match": "*." + name}, format=name, key="Mã",
                                                                header=["Mã", "Tên"], listing="changes",
                                                                map={**MAP, "code": "Mã", "name": "Tên"})])
                self.place.write(f"{name}/a.{name}", rows if name == "csv" else workbook(rows))
                self.expect(self.place.run("run"), 0)
                self.place.write(f"{name}/a.{name}", "" if name == "csv" else workbook([]))
                self.expect(self.place.run("run"), 0)
                self.expect(self.place.run("run"), 0)

    def test_folders_links_and_files_that_cannot_be_read(self):
        record = lambda number: json.dumps({"code": f"1.00000{number}", "name": "x", "status": "announced", "decision": "1/QĐ"})
        self.place.configure(sources=[self.place.source("f", fetch={"folder": "inbox", "match": "**/*.json"}, format="json")])
        for name, number in (("a.json", 1), ("sub/b.json", 2), ("sub/c.json", 3), ("other/d.json", 4)):
            self.place.write(f"inbox/{name}", record(number))
        self.expect(self.place.run("run"), 0)
        missing = lambda: self.place.last_run()["missing"]
        # a share that is not there
        os.rename(self.place.inbox / "sub", self.place.folder / "sub")
        for _ in range(2):
            self.expect(self.place.run("run"), 3, "inbox/sub", "vanished_folder")
            self.assertEqual(missing(), 0)
        os.rename(self.place.folder / "sub", self.place.inbox / "sub")
        self.expect(self.place.run("run"), 0)
        # it moved: its keys come from another file
        os.rename(self.place.inbox / "other" / "d.json", self.place.inbox / "d.json")
        self.expect(self.place.run("run"), 0)
        # one file of several goes
        os.remove(self.place.inbox / "sub" / "c.json")
        self.expect(self.place.run("run"), 0)
        self.assertEqual(missing(), 1)
        # what cannot be read leaves the others
        self.place.write("inbox/e.json", record(5))
        for make in (lambda p: os.symlink("nowhere", p), lambda p: os.mkfifo(p), lambda p: os.mkdir(p)):
            path = self.place.inbox / "odd.json"
            make(path)
            code = 0 if path.is_dir() else 3
            self.expect(self.place.run("run"), code)
            self.assertIn("1.000005", self.portal.held())
            path.rmdir() if path.is_dir() else path.unlink()
        self.place.write("inbox/empty.json", "")
        self.expect(self.place.run("run"), 1, "empty\\.json")
        os.remove(self.place.inbox / "empty.json")
        self.expect(self.place.run("run"), 0)
        # gone for good
        os.remove(self.place.inbox / "sub" / "b.json")
        os.rmdir(self.place.inbox / "sub")
        self.expect(self.place.run("run"), 3)
        self.expect(self.place.run("run", "--release-brake", "vanished_folder", "--reason", "phòng đã sáp nhập"), 0)
        self.assertEqual(missing(), 2)
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.one("SELECT count(*) FROM audit_events WHERE event = 'brake-released'"), 1)
        # all of it
        for name in ("a.json", "d.json", "e.json"):
            os.remove(self.place.inbox / name)
        self.expect(self.place.run("run"), 3, "vanished_folder")

    def test_only_the_newest_files(self):
        record = lambda number: json.dumps([{"ma": f"1.00000{n}", "ten": "x"} for n in number])
        self.place.configure(sources=[self.place.source("f", fetch={"folder": "inbox", "match": "*.json", "newest": {"by": "name"}},
                                                        format="json", key="/ma", map=MAP)])
        self.place.write("inbox/2026-01.json", record((1, 2)))
        self.place.write("inbox/2026-02.json", record((1, 3)))
        self.expect(self.place.run("run"), 0)
        self.assertEqual(sorted(self.portal.held()), ["1.000001", "1.000003"])
        self.place.configuration["sources"][0]["fetch"]["newest"] = {"by": "time", "count": 1}
        self.place.configure()
        os.utime(self.place.inbox / "2026-02.json", (1, 1))
        self.expect(self.place.run("run"), 0)
        self.assertEqual(self.place.last_run()["missing"], 1)
        self.place.configuration["sources"][0]["fetch"]["newest"] = {"by": "size"}
        self.place.configure()
        self.expect(self.place.run("check"), 2, "name.*time|size")

    def test_only_a_whole_listing_lets_a_brake_go(self):
        source = Source(self.server, "s", 505, "offset")
        self.place.configure(brakes={"shrunken_source": "30%"}, sources=[source.configuration])
        self.expect(self.place.run("run"), 0)
        del source.rows[10:]
        release = ("run", "--release-brake", "shrunken_source", "--reason", "đã bãi bỏ")
        self.expect(self.place.run("run"), 3, "shrunken_source")
        source.twist = lambda s, page, at, answer: status(500)(s, at, answer)
        self.expect(self.place.run(*release), 3, "a brake holds.*shrunken_source")
        source.twist = None
        self.expect(self.place.run(*release), 0)
        self.expect(self.place.run("run"), 0)

    def nights(self, count, seed):
        """One source, one random fault in ten nights: at the end the portal holds what the source holds."""
        chance = random.Random(seed)
        source = Source(self.server, "n", 600, chance.choice(list(KINDS)), chance.random() < 0.5)
        following = 1000
        for night in range(count):
            for _ in range(chance.randrange(3)):
                change = chance.randrange(3)
                if change == 0:
                    following += 1
                    source.rows.insert(chance.randrange(len(source.rows)), {"ma": f"600.{following:06d}", "ten": "Mới"})
                elif change == 1 and len(source.rows) > 2 * SIZE + 1:  # an end that two answers confirm is one
                    del source.rows[chance.randrange(len(source.rows))]
                else:
                    chance.choice(source.rows)["ten"] = f"Đổi đêm {night}"
            bad = chance.random() < 0.1 and night + 1 < count
            # nor, where no `success` is configured, from an answer whose empty list says that it failed
            seen = [name for name in FAULTS if (source.kind, name) not in BLIND
                    and not (name == "an error in 200" and source.kind in ("next", "cursor"))]
            source.twist = FAULTS[chance.choice(seen)] if bad else None
            source.state = {}
            known = {key for key in self.present(source) if key[0] != "@"} if night else set()
            done, listed = self.night([source], command="run")
            detail, where = listed["n"], f"seed {seed}, night {night}, {source.kind}, {[n for n in FAULTS if FAULTS[n] is source.twist]}: {done}"
            self.assertFalse(self.missing(source) & source.codes, where)
            if not bad:
                self.assertTrue(detail["whole"], where)
                self.assertIn(done.code, (0, 1), where)
                self.assertEqual(self.present(source), source.codes, where)
                self.assertEqual(self.missing(source), known - source.codes, where)
            if not detail["whole"]:
                self.assertEqual(done.code, 3, where)
                self.assertFalse(self.missing(source), where)
        held = {code: entry["content"]["name"] for code, entry in self.portal.held().items()}
        for row in source.rows:
            self.assertEqual(held.get(row["ma"]), row["ten"], row)

    def test_nights_of_one_source(self):
        self.nights(int(os.environ.get("CONGKHAI_NIGHTS", "6" if QUICK else "15")),
                    int(os.environ.get("CONGKHAI_SEED", "7")))


if __name__ == "__main__":
    unittest.main()
