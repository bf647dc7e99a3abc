"""An answer is evidence, or a question (INTERFACE 5): honest portals of every make, and those that show nothing."""

import contextlib
import gzip
import itertools
import json
import pathlib
import socket
import struct
import tempfile
import threading
import time
import unittest
import zlib

from harness import Place, Simulator, procedure, procedures
from second_portal import MAKES, UNKNOWN, Answer, Make, Portal
from test_drivers import certificates

PATIENCE = {"retry": {"attempts": 4, "first": "5ms", "most": "40ms"}, "timeout": "2s"}


class Evidence(unittest.TestCase):
    def expect(self, place, code, *arguments):
        done = place.run(*(arguments or ("run",)))
        self.assertEqual(done.code, code, done)
        return done

    def check_stands(self, place, portal, records, status="published"):
        """What the portal holds is what was sent, once, and the store says so."""
        stored = dict(place.sql("SELECT code, content_digest FROM audit_current WHERE status = ?", status))
        self.assertEqual(stored, {code: held.digest for code, held in portal.held.items()})
        self.assertEqual(set(stored), {record["code"] for record in records})
        self.assertEqual({held.status for held in portal.held.values()}, {status})

    def new_place(self, portal, **changes):
        place = Place(portal)
        self.addCleanup(place.close)
        place.change_portal(**{**PATIENCE, **changes})
        return place


class Repeating(Portal):
    """A gateway that knows a request by its body alone: it gives its first answer once more, and does nothing."""

    def __init__(self, make):
        super().__init__(make)
        self.first = {}

    def change(self, action, code, headers, body):
        if (code, body) not in self.first:
            self.first[code, body] = super().change(action, code, headers, body)
        return self.first[code, body]

    def batch(self, items):
        answers = []
        for item in items:
            name = item["code"], json.dumps(item["content"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            if name not in self.first:
                self.first[name] = json.loads(super().batch([item]).body)["items"][0]
            answers.append({**self.first[name], "key": item["key"]})
        return Answer(200, {"items": answers})


class HonestPortals(Evidence):
    def night_by_night(self, make, first, amended, **changes):
        with Portal(make) as portal:
            place, records = self.new_place(portal, **changes), procedures(3)
            place.records(*records)
            self.expect(place, 0)
            self.assertLessEqual(portal.counted(), first)
            self.check_stands(place, portal, records)
            self.expect(place, 0)
            self.assertEqual(portal.counted(), 0, "a night without change asks nothing")
            for record in records:
                record["name"] += " (sửa đổi)"
            place.records(*records)
            self.expect(place, 0)
            self.assertLessEqual(portal.counted(), amended)
            self.check_stands(place, portal, records)
            for record in records:
                record["name"] = record["name"].replace(" (sửa đổi)", "")
            place.records(*records)
            self.expect(place, 0)
            self.check_stands(place, portal, records)
            for record in records:
                record["status"] = "abolished"
            place.records(*records)
            self.expect(place, 0)
            self.check_stands(place, portal, records, "abolished")
            self.assertEqual(len(portal.effects), 12, "each took effect once")

    def test_publications_amendments_and_withdrawals_of_every_make(self):
        for name, (make, first, amended) in MAKES.items():
            with self.subTest(make=name):
                self.night_by_night(make, first, amended)

    def test_the_same_in_batches(self):
        for name, (make, first, amended) in MAKES.items():
            with self.subTest(make=name):
                self.night_by_night(make, first + 1, amended + 1, batch=3)

    def test_answers_that_are_lost_after_their_effect_are_asked_for_and_nothing_is_done_twice(self):
        for name, (make, first, amended) in MAKES.items():
            with self.subTest(make=name), Portal(make, lose=2) as portal:
                place, records = self.new_place(portal), procedures(3)
                place.records(*records)
                untold = "content" not in make.shown  # another version, with neither digest nor content
                self.expect(place, 1 if untold else 0)
                self.assertEqual(len(portal.effects), 3)
                if untold:
                    self.assertEqual(place.last_run()["unknown"], 2)
                    portal.counted()
                    self.expect(place, 1)
                    self.assertEqual(portal.counted(), 2, "they are asked for, and not sent again")
                    self.expect(place, 0, "retry", "--reason", "looked at there")
                    self.expect(place, 0)
                    self.assertEqual(len(portal.effects), 3)
                self.check_stands(place, portal, records)

    def test_what_is_read_back(self):
        for name, (make, first, amended) in MAKES.items():
            with self.subTest(make=name):
                self.night_by_night(make, first + 6, amended + 6, confirm="read")


    def test_gateways_that_change_the_form_of_honest_answers(self):
        packed = {"gzip": gzip.compress, "deflate": zlib.compress}
        changes = {"packed, unasked": lambda answer, body: (packed["gzip"](body), {"Content-Encoding": "gzip"}),
                   "deflated": lambda answer, body: (packed["deflate"](body), {"Content-Encoding": "deflate"}),
                   "a byte order mark": lambda answer, body: (b"\xef\xbb\xbf" + body, {}),
                   "truth in words": lambda answer, body: (body.replace(b"{", b'{"success":"True","error":"False",', 1), {}),
                   "status OK": lambda answer, body: (body.replace(b'"published"', b'"OK"'), {})}

        class Gateway(Portal):
            def decide(self, *request):
                answer = super().decide(*request)
                if answer.status in (200, 201):
                    answer.body, headers = self.changed(answer, answer.body)
                    answer.headers.update(headers)
                return answer

        for name, changed in changes.items():
            with self.subTest(gateway=name), Gateway() as portal:
                portal.changed = changed
                place = self.new_place(portal)
                place.records(*procedures(2))
                self.expect(place, 0)
                place.records(*procedures(2, name="Tên mới"))
                self.expect(place, 0)
                self.check_stands(place, portal, procedures(2))
                self.assertEqual(portal.counted(), 4)


class PortalsThatShowNothing(Evidence):
    """Nothing is held, whatever they say; so nothing may be claimed."""

    SILENT = {
        "an error of an API manager": Answer(200, {"MSG": "Data not insert: Record 1: key is duplicate", "Count": 0}),
        "success: false": Answer(200, {"success": False, "message": "Token invalid"}),
        "an empty object": Answer(200, {}),
        "nothing": Answer(200),
        "201 and nothing": Answer(201),
        "no content": Answer(204),
        "non-authoritative": Answer(203, {"code": "1.000001", "version": "1"}),
        "a part": Answer(206, {"code": "1.000001", "version": "1"}),
        "accepted, for ever": Answer(202, {"code": "1.000001", "version": "1"}),
        "a list": Answer(200, []),
        "null": Answer(200, b"null"),
        "a text": Answer(200, "OK"),
        "words": Answer(200, b"Published successfully", "text/plain"),
        "a page": Answer(200, b"<html><title>Request Rejected</title></html>", "text/html"),
        "another code": Answer(200, {"code": "9.999999", "version": "1"}),
        "a version of nobody": Answer(200, {"version": "1", "status": "published"}),
        "a code without a version": Answer(200, {"code": "1.000001", "status": "published"}),
        "another digest": Answer(200, {"code": "1.000001", "version": "1", "digest": "0" * 64}),
        "a draft": Answer(200, {"code": "1.000001", "version": "1", "status": "draft"}),
        "abolished": Answer(200, {"code": "1.000001", "version": "1", "status": "abolished"}),
        "an error beside a version": Answer(200, {"code": "1.000001", "version": "1", "error": "not stored"}),
        "errors beside a version": Answer(200, {"code": "1.000001", "version": "1", "errors": [{"detail": "x"}]}),
        "an error code beside a version": Answer(200, {"code": "1.000001", "version": "1", "error_code": "-1"}),
        "failure in an envelope": Answer(200, {"code": "1.000001", "version": "1", "data": {"ok": False}}),
        "a problem": Answer(200, {"code": "1.000001", "version": "1"}, "application/problem+json"),
        "a strong ETag": Answer(200, {}, ETag='"1"'),
        "a weak ETag": Answer(200, {}, ETag='W/"1"'),
        "a problem in XML, it says": Answer(200, {"code": "1.000001", "version": "1"}, "application/problem+xml; charset=utf-8"),
        "success: False": Answer(200, {"code": "1.000001", "version": "1", "success": "False"}),
        "a member twice": Answer(200, b'{"code":"1.000001","code":"2.2","version":"1"}'),
        "two answers": Answer(200, b'{"code":"1.000001","version":"1"}{"error":"x"}'),
        "an answer cut by its own length": Answer(200, {"code": "1.000001", "version": "1"}, Content_Length="20"),
        "packed and cut": Answer(200, gzip.compress(b'{"code":"1.000001","version":"1"}')[:-8], Content_Encoding="gzip"),
        "content of another": Answer(200, {"code": "1.000001", "version": "1", "content": {"code": "1.000001"}}),
    }

    def check_nothing(self, place):
        self.assertEqual(place.sql("SELECT * FROM audit_current"), [])
        self.assertEqual(place.sql("SELECT * FROM audit_deliveries WHERE outcome IN ('published', 'withdrawn')"), [])

    def test_nothing_is_called_published(self):
        for name, answer in self.SILENT.items():
            with self.subTest(answer=name), Portal(answer=lambda method, *_: answer if method == "PUT" else None) as portal:
                place = self.new_place(portal)
                place.records(*procedures(1))
                done = place.run("run")
                self.assertNotEqual(done.code, 0, done)
                self.check_nothing(place)

    def test_nothing_is_called_published_in_a_batch(self):
        lies = {"a key twice": lambda item: [{"key": item["key"], "status": 201, "version": "1"}] * 2,
                "another key": lambda item: [{"key": "another", "status": 201, "version": "1"}],
                "no version": lambda item: [{"key": item["key"], "status": 201}],
                "a status of another kind": lambda item: [{"key": item["key"], "status": "done", "version": "1"}],
                "a problem": lambda item: [{"key": item["key"], "status": 201, "version": "1", "problem": {"title": "x"}}],
                "nothing": lambda item: []}
        for name, lie in lies.items():
            class Liar(Portal):
                def batch(self, items):
                    return Answer(200, {"items": [answer for item in items for answer in lie(item)]})

            with self.subTest(lie=name), Liar(answer=lambda method, *_: Answer(200, {}) if method == "PUT" else None) as portal:
                place = self.new_place(portal, batch=3)
                place.records(*procedures(3))
                self.assertNotEqual(place.run("run").code, 0)
                self.check_nothing(place)

    def test_nothing_is_called_withdrawn(self):
        lies = {"an empty object": Answer(200, {}), "no content": Answer(204), "its digest": Answer(200, {"digest": "0" * 64}),
                "the old version": Answer(200, {"code": "1.000001", "version": "1"}),
                "published": Answer(200, {"code": "1.000001", "version": "2", "status": "published"}),
                "abolished, of nobody": Answer(200, {"status": "abolished"}),
                "success: false": Answer(200, {"code": "1.000001", "status": "abolished", "success": False})}
        for name, lie in lies.items():
            with self.subTest(lie=name), Portal(answer=lambda method, *_: lie if method == "POST" else None) as portal:
                place = self.new_place(portal)
                place.records(*procedures(1))
                self.expect(place, 0)
                place.records(*procedures(1, status="abolished"))
                self.assertNotEqual(place.run("run").code, 0)
                self.assertEqual(place.sql("SELECT status FROM audit_current"), [("published",)])

    def test_an_amendment_that_shows_the_old_version_is_not_claimed(self):
        with Portal(Make(digest=None)) as portal:
            place = self.new_place(portal)
            place.records(*procedures(1))
            self.expect(place, 0)
            before = place.one("SELECT content_digest FROM audit_current")
            portal.answer = lambda method, *_: Answer(200, {"code": "1.000001", "version": "1"}) if method == "PUT" else None
            place.records(*procedures(1, name="Tên mới"))
            self.assertEqual(place.run("run").code, 1)
            self.assertEqual(place.one("SELECT content_digest FROM audit_current"), before)
            self.assertEqual(place.last_run()["failed"], 1)

    def play_again(self, make, third, batch):
        """A, B, and then what was sent before once more: what stands there stays, and so does what the store says of it."""
        with Repeating(make) as portal:
            place = self.new_place(portal, batch=batch)
            for changes in ({"name": "A"}, {"name": "A", "status": "abolished"}, {"name": "B"}):
                place.records(*procedures(3, **changes))
                self.expect(place, 0)
            before = place.sql("SELECT code, status, content_digest FROM audit_current ORDER BY code")
            place.records(*procedures(3, **third))
            self.expect(place, 1)
            self.assertEqual(place.sql("SELECT code, status, content_digest FROM audit_current ORDER BY code"), before)
            self.check_stands(place, portal, procedures(3))
            portal.first.clear()
            self.expect(place, 0)
            self.check_stands(place, portal, procedures(3), third.get("status", "published"))

    def test_an_answer_of_earlier_given_once_more_is_a_question(self):
        """Whatever speaks for it: its version, its ETag, our digest, its status."""
        for name in ("the contract", "digests alone", "codes and versions", "strong ETags"):
            for third in ({"name": "A"}, {"name": "B", "status": "abolished"}):
                for batch in (1, 3):
                    with self.subTest(make=name, batch=batch, **third):
                        self.play_again(MAKES[name][0], third, batch)

    def test_a_withdrawal_of_earlier_given_once_more_is_a_question_without_a_version_too(self):
        self.play_again(Make(version=None, said=("code", "status"), shown=("code", "digest", "status")),
                        {"name": "B", "status": "abolished"}, 1)

    def test_what_is_taken_and_never_shown_stays_unknown(self):
        make = Make(version=None, digest=None, said=(), shown=("code", "status"))
        with Portal(make) as portal:
            place = self.new_place(portal)
            place.records(*procedures(2))
            self.expect(place, 1)
            self.check_nothing(place)
            self.assertEqual(place.last_run()["unknown"], 2)
            self.assertEqual(len(portal.effects), 2)
            self.expect(place, 0, "retry", "--reason", "sent again")  # nobody has said that it is not there
            status = self.expect(place, 0, "status", "--json").json
            self.assertEqual((status["kept_back"]["unknown"], status["kept_back"]["failed"]), (2, 0))
            self.assertEqual({row["state"] for row in status["deliveries"]}, {"unknown"})
            rows = self.expect(place, 0, "kept", "--json").json["rows"]
            self.assertEqual([row["outcome"] for row in rows], ["unknown", "unknown"])
            self.assertEqual(self.expect(place, 0, "show", rows[0]["code"], "--json").json["state"], "unknown")


class Unheard(Portal):
    """Lost are, while it is `deaf`, all answers from the first change on; a key that it knows gets its first answer once more."""
    deaf, mute, drops = False, False, 0

    def __init__(self, make=None):
        super().__init__(make)
        self.first = {}

    def decide(self, method, path, headers, body):
        if self.drops and method != "GET":
            self.drops -= 1
            return Answer(502, {"title": "not passed on"})
        answer = super().decide(method, path, headers, body)
        self.mute = self.deaf and (self.mute or method != "GET")
        return Answer(500, {"title": "x"}) if self.mute else answer

    def change(self, action, code, headers, body):
        key = headers["Idempotency-Key"]
        if key not in self.first:
            self.first[key] = super().change(action, code, headers, body)
        return self.first[key]

    def batch(self, items):
        return Answer(200, {"items": [json.loads((self.first.get(item["key"]) or self.keep(item)).body)["items"][0] for item in items]})

    def keep(self, item):
        self.first[item["key"]] = super().batch([item])
        return self.first[item["key"]]


class SentAgain(Evidence):
    """What a question does not find is sent again under its key, and the portal says what it said the first time."""

    def check_is_not_claimed(self, portal, place, rows):
        self.expect(place, 1)
        self.assertEqual(place.last_run()["failed"], 1)
        self.assertEqual(place.sql("SELECT name, status FROM audit_current"), rows)
        self.expect(place, 1)
        self.assertEqual(place.sql("SELECT name, status FROM audit_current"), rows)
        self.expect(place, 0, "reconcile", "--overwrite", "1.000001", "--reason", "x")
        self.expect(place, 0)
        self.assertEqual([row[0] for row in place.sql("SELECT status FROM audit_current")], [portal.held["1.000001"].status])
        self.assertEqual(place.one("SELECT content_digest FROM audit_current"), portal.held["1.000001"].digest)
        self.expect(place, 0, "audit", "verify")

    def unheard(self, portal, second, batch):
        """A stands; what comes then arrives, and its answer is lost."""
        place = self.new_place(portal, batch=batch)
        place.records(*procedures(1, name="A"))
        self.expect(place, 0)
        first = portal.held["1.000001"].content
        place.records(*procedures(1, **second))
        portal.deaf = True
        self.assertNotEqual(place.run("run").code, 0)
        portal.deaf = False
        return place, first

    def test_what_another_hand_has_changed_back_is_not_claimed(self):
        for name, batches in (("the contract", (1, 3)), ("digests alone", (1,)), ("versions of the content", (1,))):
            for second in ({"name": "B"}, {"name": "A", "status": "abolished"}):
                for batch in batches:
                    with self.subTest(make=name, batch=batch, **second), Unheard(MAKES[name][0]) as portal:
                        place, first = self.unheard(portal, second, batch)
                        self.assertEqual(len(portal.effects), 2)
                        portal.apply("publish", "1.000001", first)
                        self.check_is_not_claimed(portal, place, [("A", "published")])

    def test_what_the_portal_has_lost_since_is_not_claimed(self):
        for batch in (1, 3):
            with self.subTest(batch=batch), Unheard() as portal:
                place = self.new_place(portal, batch=batch)
                place.records(*procedures(1))
                portal.deaf = True
                self.assertNotEqual(place.run("run").code, 0)
                portal.deaf = False
                del portal.held["1.000001"]
                self.check_is_not_claimed(portal, place, [])

    def test_what_did_not_arrive_the_first_time_costs_one_question_more(self):
        for name, (make, *_) in MAKES.items():
            for batch in (1, 3) if name == "the contract" else (1,):
                with self.subTest(make=name, batch=batch), Unheard(make) as portal:
                    place = self.new_place(portal, batch=batch)
                    for changes in ({"name": "A"}, {"name": "B"}, {"name": "B", "status": "abolished"}):
                        portal.drops = 1
                        place.records(*procedures(1, **changes))
                        self.expect(place, 0)
                        self.check_stands(place, portal, procedures(1), changes.get("status", "published"))
                        if name == "the contract":
                            self.assertEqual(portal.counted(), 4)  # sent, asked, sent, asked
                    self.assertEqual(len(portal.effects), 3)

    def test_a_portal_whose_questions_show_nothing_is_believed_as_before(self):
        for shown in (("code",), (), ("code", "version"), ("code", "status"), None):
            with self.subTest(shown=shown), Unheard(Make(said=("code", "version", "digest"), shown=shown or ())) as portal:
                if shown is None:  # it has no such address, and a listing
                    portal.answer = lambda method, path, portal: None if method != "GET" else Answer(404) if "?" not in path else Answer(
                        200, {"items": [{"code": code} for code in portal.held]})
                place = self.new_place(portal)
                place.records(*procedures(1))
                portal.drops = 1
                self.expect(place, 0)
                self.check_stands(place, portal, procedures(1))
                place.records(*procedures(1, name="B"))
                portal.counted()
                self.expect(place, 0)
                self.assertEqual(portal.counted(), 1, "it knows which version is replaced")
                self.check_stands(place, portal, procedures(1))


class Queue(Portal):
    """202 to every change; what is in the queue is carried out by `work`."""

    def __init__(self):
        super().__init__()
        self.jobs = []

    def change(self, *job):
        self.jobs.append(job)
        return Answer(202)

    def batch(self, items):
        for item in items:
            headers = {"Idempotency-Key": item["key"], **({"If-Match": f'"{item["base"]}"'} if item.get("base") else {"If-None-Match": "*"})}
            content = json.dumps(item["content"], ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            self.jobs.append((item["action"], item["code"], headers, content))
        return Answer(200, {"items": [{"key": item["key"], "status": 202} for item in items]})

    def work(self):
        for job in self.jobs:
            Portal.change(self, *job)
        self.jobs = []


class Queues(Evidence):
    """What a queue still holds may be carried out on any day, also where the source has gone back to what stands there."""

    def stands(self, portal, batch=1):
        place = self.new_place(portal, batch=batch)
        place.records(*procedures(1, name="A"))
        self.expect(place, 1)
        portal.work()
        self.expect(place, 0)
        return place

    def check_goes_back(self, second, batch):
        with Queue() as portal:
            place = self.stands(portal, batch)
            place.records(*procedures(1, **second))
            self.expect(place, 1)
            place.records(*procedures(1, name="A"))
            for _ in range(2):  # asked, night by night
                self.expect(place, 1)
                self.assertEqual(place.last_run()["unknown"], 1)
                self.assertEqual(place.one("SELECT count(*) FROM audit_events WHERE event = 'recalled'"), 0)
            portal.work()
            self.expect(place, 1)  # it is seen, and what the source says now is on its way
            portal.work()
            self.expect(place, 0)
            self.check_stands(place, portal, procedures(1))
            self.assertEqual(json.loads(portal.held["1.000001"].content)["name"], "A")
            self.assertEqual(len(portal.effects), 3)
            self.expect(place, 0, "audit", "verify")

    def test_an_amendment_and_a_withdrawal_that_are_taken_back_while_they_wait(self):
        for second in ({"name": "B"}, {"name": "A", "status": "abolished"}):
            for batch in (1, 3):
                with self.subTest(batch=batch, **second):
                    self.check_goes_back(second, batch)

    def test_a_first_publication_that_is_abolished_or_rejected_while_it_waits(self):
        for second, stands in (({"status": "abolished"}, "abolished"), ({"name": ""}, "published")):
            with self.subTest(**second), Queue() as portal:
                place = self.new_place(portal)
                place.records(*procedures(1))
                self.expect(place, 1)
                place.records(*procedures(1, **second))
                self.expect(place, 1)
                for _ in range(2):
                    portal.work()
                    place.run("run")
                self.assertEqual(portal.held["1.000001"].status, stands)
                self.assertEqual(place.sql("SELECT status FROM audit_current"), [(stands,)])

    def test_what_the_queue_has_dropped_an_operator_gives_up(self):
        with Queue() as portal:
            place = self.stands(portal)
            place.records(*procedures(1, name="B"))
            self.expect(place, 1)
            portal.jobs = []
            place.records(*procedures(1, name="A"))
            self.expect(place, 1)
            self.expect(place, 0, "retry", "--code", "1.000001", "--reason", "they say that it was dropped")
            self.expect(place, 0)
            self.check_stands(place, portal, procedures(1))


class Contradictions(Evidence):
    def test_what_failed_by_itself_is_not_sent_over_what_cannot_be_told_before_retry_orders_it(self):
        with Portal(MAKES["codes and versions"][0]) as portal:
            place = self.new_place(portal)
            place.records(*procedures(1, name="A"))
            self.expect(place, 0)
            place.records(*procedures(1, name="B"))
            portal.answer = lambda method, *_: Answer(500, {"title": "x"}) if method == "PUT" else None
            self.expect(place, 1)
            self.assertEqual(place.last_run()["failed"], 1)
            portal.answer = None
            portal.apply("publish", "1.000001", b'{"by":"another hand"}')
            portal.counted()
            for night in range(2):
                self.expect(place, 1)
                self.assertEqual((portal.counted(), place.last_run()["unknown"]), (1, 1), "asked, and not sent")
            self.expect(place, 0, "retry", "--reason", "looked at there")
            self.expect(place, 1)
            self.assertEqual(place.last_run()["conflict"], 1, "the version that it was to replace is not there")

    def test_a_precondition_that_fails_and_then_nothing_there_is_unknown_with_a_hint(self):
        with Portal(answer=lambda method, *_: Answer(412, {"title": "version"}) if method == "PUT" else None) as portal:
            place = self.new_place(portal)
            place.records(*procedures(1))
            self.expect(place, 1)
            self.assertEqual(place.last_run()["unknown"], 1)
            self.assertIn("reconcile --show 1.000001", place.one("SELECT error FROM audit_deliveries"))

    def test_another_hands_version_that_is_in_the_way_is_no_withdrawal(self):
        silent = Make(digest=None, said=("code", "version"), shown=("code", "version"))
        for batch in (1, 2):
            with self.subTest(batch=batch), Portal(silent) as portal:
                place = self.new_place(portal, batch=batch)
                place.records(*procedures(2))
                self.expect(place, 0)
                portal.apply("publish", "1.000001", b'{"code":"1.000001","name":"another hand"}')
                place.records(*procedures(1, status="abolished"), *procedures(1, first=2))
                self.expect(place, 1)
                self.assertEqual(place.last_run()["withdrawn"], 0)
                self.assertEqual(place.one("SELECT status FROM audit_current WHERE code = '1.000001'"), "published")

    def test_what_an_earlier_run_sent_and_does_not_show_yet_is_waited_for(self):
        class Late(Portal):
            """Shows what it has taken a second later, and says nothing at all while it is `blind`."""
            blind, taken = True, 0

            def hides(self):
                return time.monotonic() < self.taken + 1

            def show(self, code):
                if self.blind:
                    return Answer(500, {"title": "x"})
                return Answer(404, UNKNOWN, "application/problem+json") if self.hides() else super().show(code)

            def change(self, action, code, headers, body):
                if action == "withdraw" and self.hides():
                    return Answer(404, UNKNOWN, "application/problem+json")
                answer = super().change(action, code, headers, body)
                self.taken = time.monotonic()
                return Answer(500, {"title": "x"}) if self.blind else answer

        for wanted in ("abolished", "announced"):
            with Late() as portal:
                place = self.new_place(portal, appears_within="4s")
                place.records(*procedures(1))
                self.expect(place, 3)
                portal.blind, portal.taken = False, time.monotonic()
                for decision in ("--adopt", "--overwrite"):
                    done = self.expect(place, 2, "reconcile", decision, "1.000001", "--reason", "x")
                    self.assertIn("may not be seen at the portal yet", done.stderr)
                place.records(*procedures(1, status=wanted))
                self.expect(place, 0)
                self.assertEqual(portal.held["1.000001"].status, "abolished" if wanted == "abolished" else "published")
                self.assertEqual(portal.effects.count(("publish", "1.000001")), 1)
                self.assertEqual(place.one("SELECT status FROM audit_current"), portal.held["1.000001"].status)

    def test_a_look_that_lags_does_not_bring_back_what_we_replaced_ourselves(self):
        class Replica(Portal):
            """For a second after each change looks show what stood there first."""
            first, changed, behind = None, 0, False

            def show(self, code):
                if not self.behind or time.monotonic() > self.changed + 1:
                    return super().show(code)
                return Answer(200, self.first)

            def apply(self, action, code, body):
                held = super().apply(action, code, body)
                self.first = self.first or self.make.members(code, held, self.make.shown)
                self.changed = time.monotonic()
                return held

            def change(self, *arguments):
                answer = super().change(*arguments)
                return Answer(500, {"title": "x"}) if self.behind else answer

        plain = Make(version=None, said=("digest",), shown=("digest", "status", "content"))
        for make in (Make(), plain):
            with self.subTest(version=make.version), Replica(make) as portal:
                place = self.new_place(portal, appears_within="2s")
                for name in ("Tên một", "Tên hai"):
                    place.records(*procedures(1, name=name))
                    self.expect(place, 0)
                portal.behind, portal.changed = True, time.monotonic()
                place.records(*procedures(1, name="Tên hai", status="abolished"))
                self.expect(place, 0)
                self.assertEqual(portal.effects.count(("withdraw", "1.000001")), 1)
                self.assertEqual(place.one("SELECT count(*) FROM audit_events WHERE event IN ('published', 'recalled')"), 2)
                self.assertEqual(place.sql("SELECT name, status FROM audit_current"), [("Tên hai", "abolished")])

    def test_what_we_sent_earlier_and_comes_there_late_is_ours(self):
        with Portal() as portal:
            place = self.new_place(portal)
            first, second = procedures(1), procedures(1, name="Tên thứ hai")
            place.records(*first)
            late = []

            def swallow(method, path, portal):
                return Answer(500, {"title": "x"}) if method == "PUT" else None

            portal.answer = swallow
            self.expect(place, 1)  # the first is kept somewhere on the way, and nothing shows it
            content = place.one("SELECT p.bytes FROM payload p JOIN ledger l ON l.digest = p.digest WHERE l.event = 'intended'")
            place.records(*second)

            def arrive(method, path, portal):
                if method == "PUT" and not late:
                    late.append(portal.apply("publish", "1.000001", content if isinstance(content, bytes) else content.encode()))
                return None

            portal.answer = arrive
            self.expect(place, 0)
            self.assertEqual(json.loads(portal.held["1.000001"].content)["name"], "Tên thứ hai")
            self.assertEqual(place.one("SELECT content_digest FROM audit_current"), portal.held["1.000001"].digest)
            self.expect(place, 0, "audit", "verify")

    def test_a_portal_without_versions_is_asked_before_each_replacement(self):
        with Portal(Make(version=None, digest=None, said=(), shown=("content", "status"))) as portal:
            place = self.new_place(portal)
            place.records(*procedures(1))
            self.expect(place, 0)
            portal.held["1.000001"].content = b'{"code":"1.000001","name":"another hand"}'
            place.records(*procedures(1, name="Tên mới"))
            self.expect(place, 1)
            self.assertEqual(place.last_run()["conflict"], 1)
            self.assertEqual(json.loads(portal.held["1.000001"].content)["name"], "another hand")

    def test_what_is_gone(self):
        gone = Answer(410, {"title": "gone"})
        with Portal() as portal:
            place = self.new_place(portal)
            place.records(*procedures(2))
            self.expect(place, 0)
            portal.answer = lambda method, path, _: gone
            place.records(*procedures(1, status="abolished"), *procedures(1, first=2, name="Tên mới"))
            self.expect(place, 1)
            run = place.last_run()
            self.assertEqual((run["withdrawn"], run["conflict"]), (1, 1), run)
            words = place.one("SELECT error FROM audit_deliveries WHERE outcome = 'conflict'")
            self.assertIn("is gone there (HTTP 410): gone", words)
            self.assertNotIn("published", words)

    def test_a_withdrawal_of_what_the_portal_does_not_know_is_a_conflict_of_that_record_only(self):
        with Portal() as portal:
            place = self.new_place(portal)
            place.records(*procedures(2))
            self.expect(place, 0)
            del portal.held["1.000001"]
            place.records(*procedures(2, status="abolished"))
            self.expect(place, 1)
            run = place.last_run()
            self.assertEqual((run["withdrawn"], run["conflict"]), (1, 1), run)

    def test_a_listing_with_a_status_that_says_neither_differs(self):
        with Portal() as portal:
            place = self.new_place(portal)
            place.records(*procedures(2))
            self.expect(place, 0)

            def listing(method, path, portal):
                if path.startswith("/v1/procedures?"):
                    items = [portal.make.members(code, held, ("code", "version", "digest", "status")) for code, held in portal.held.items()]
                    return Answer(200, {"items": [{**items[0], "status": "draft"}, *items[1:]]})
                if method == "GET":
                    code = path.rsplit("/", 1)[1]
                    members = portal.make.members(code, portal.held[code], ("code", "version", "digest", "content"))
                    return Answer(200, {**members, "status": "draft"})

            portal.answer = listing
            done = self.expect(place, 1, "reconcile", "--json")
            self.assertEqual((done.json["same"], done.json["differs"]), (1, 1))

    def names_alone(self, make):
        """A place with three procedures, the third withdrawn, at a portal whose listing says no more than their codes."""
        portal = self.enterContext(Portal(make))
        place = self.new_place(portal)
        place.records(*procedures(3))
        self.expect(place, 0)
        place.records(*procedures(2), procedure("1.000003", status="abolished"))
        self.expect(place, 0)
        portal.answer = lambda method, path, portal: (
            Answer(200, {"items": [{"code": code} for code in portal.held]}) if path.startswith("/v1/procedures?") else None)
        return portal, place

    def test_a_listing_that_only_names_the_codes_proves_nothing(self):
        portal, place = self.names_alone(Make(version=None, digest=None, said=(), shown=("content", "status")))
        self.assertEqual(self.expect(place, 0, "reconcile", "--json").json["same"], 3)
        content = json.loads(portal.held["1.000001"].content)
        portal.held["1.000001"].content = json.dumps({**content, "name": "Tên của cổng"}).encode()
        portal.held["1.000003"].status = "published"
        done = self.expect(place, 1, "reconcile", "--json")
        self.assertEqual((done.json["same"], done.json["differs"]), (1, 2), done.json["rows"])

    def test_the_etag_that_was_acknowledged_is_a_sign_where_nothing_else_is_shown(self):
        portal, place = self.names_alone(Make(version=None, digest=None, etag="strong", said=("status",), shown=("code",)))
        self.assertEqual(self.expect(place, 0, "reconcile", "--json").json["same"], 3)
        portal.held["1.000001"].number += 1
        done = self.expect(place, 1, "reconcile", "--json")
        self.assertEqual((done.json["same"], done.json["untold"]), (2, 1), done.json["rows"])

    def test_a_listing_without_end_is_broken_off(self):
        with Portal() as portal:
            place = self.new_place(portal)
            place.records(*procedures(1))
            self.expect(place, 0)
            pages = []

            def listing(method, path, portal):
                if path.startswith("/v1/procedures?"):
                    pages.append(path)
                    items = [{"code": f"9.{len(pages)}.{number}", "version": "1"} for number in range(1000)]
                    return Answer(200, {"items": items, "next": items[-1]["code"]})

            portal.answer = listing
            done = self.expect(place, 3, "reconcile")
            self.assertIn("does not come to an end", done.stderr)
            self.assertLessEqual(len(pages), 201)

    def test_codes_cannot_leave_their_path(self):
        with Portal() as portal:
            place = self.new_place(portal)
            place.records(*[dict(record, code=code) for code, record in zip((".", "..", "a/../b", "a?b#c"), procedures(4))])
            self.assertIn(place.run("run").code, (0, 1))
            for method, path in portal.requests:
                self.assertNotIn(path, ("/v1/procedures/", "/v1/procedures/.", "/v1/procedures/..", "/v1/", "/v1"))
                self.assertNotIn("..", path.replace("%2E", "."). split("/")[-1] if path.endswith("..") else "")


class Handshakes(Evidence):
    """A front before a portal with TLS that breaks off connections, each of them or some."""

    def front(self, port, drops):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.addCleanup(listener.close)
        count = itertools.count(1)

        def pipe(source, sink):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    how = drops(next(count))
                    if how:
                        client.recv(100)
                        if how == "reset":
                            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        client.close()
                        continue
                    server = socket.create_connection(("127.0.0.1", port))
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=pipe, args=pair, daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}/v1"

    def test_a_handshake_that_is_dropped_is_an_outage_and_no_matter_of_trust(self):
        with tempfile.TemporaryDirectory() as folder:
            pki = certificates(pathlib.Path(folder))
            with Simulator("--tls-certificate", pki / "server.pem", "--tls-key", pki / "server.key") as portal:
                for how in ("end", "reset"):
                    with self.subTest(how=how):
                        place = self.new_place(portal, url=self.front(portal.port, lambda _: how), ca_file=str(pki / "ca.pem"))
                        place.records(*procedures(3))
                        done = self.expect(place, 3)
                        self.assertIn("does not answer any more", done.stderr)
                        self.assertNotIn("certificates", done.stderr)
                lossy = self.front(portal.port, lambda number: "reset" if number % 3 == 0 else None)
                place = self.new_place(portal, url=lossy, ca_file=str(pki / "ca.pem"),
                                       retry={"attempts": 8, "first": "5ms", "most": "40ms"})
                place.records(*procedures(20))
                self.expect(place, 0)
                self.assertEqual(place.last_run()["published"], 20)
                strange = self.new_place(portal, url=self.front(portal.port, lambda _: None))
                strange.records(*procedures(1))
                self.assertIn("certificates", self.expect(strange, 3).stderr, "a certificate that nobody signed is one of trust")


if __name__ == "__main__":
    unittest.main()
