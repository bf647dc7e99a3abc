"""A second portal, in Python, that shares no code with the simulator: the contract of portal.openapi.yaml in as many makes as
there are honest ways to answer, and answers that prove nothing.

    with Portal(make("codes and versions")) as portal, Place(portal) as place: …
"""

import hashlib
import http.server
import json
import re
import socketserver
import threading
import urllib.parse

UNKNOWN = {"type": "urn:procedure:unknown", "title": "unknown", "status": 404}


class Answer:
    def __init__(self, status, body=None, kind="application/json", **headers):
        self.status, self.kind, self.headers = status, kind, {name.replace("_", "-"): text for name, text in headers.items()}
        self.body = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


class Held:
    def __init__(self, content, number):
        self.content, self.number, self.status, self.hidden = content, number, "published", 0

    @property
    def digest(self):
        return hashlib.sha256(self.content).hexdigest()


class Make:
    """How a portal speaks: what it names its versions by, what it shows, and how it says that it took something."""

    def __init__(self, version="number", digest="own", etag=None, taken=None, shown=("code", "version", "digest", "status", "content"),
                 said=("code", "version", "digest", "status"), status=200, extra=None, queue=0, batches=True):
        self.version, self.digest, self.etag, self.taken, self.shown, self.said = version, digest, etag, taken, shown, said
        self.status, self.extra, self.queue, self.batches = status, extra or {}, queue, batches

    def name(self, held):
        if self.version == "number":
            return str(held.number)
        if self.version == "content":
            return held.digest[:12] + ("-x" if held.status == "abolished" else "")
        return None

    def members(self, code, held, names):
        digest = {"own": held.digest, "foreign": hashlib.sha256(b"portal" + held.content).hexdigest(), None: None}[self.digest]
        every = {"code": code, "version": self.name(held), "digest": digest, "status": held.status, "content": json.loads(held.content)}
        return {name: every[name] for name in names if every[name] is not None}

    def tag(self, held):
        if self.etag == "strong":
            return {"ETag": f'"e{held.number}"'}
        if self.etag == "weak":
            return {"ETag": f'W/"e{held.number}"'}
        return {}


# What honest portals answer, and how many requests a first publication and an amendment of three procedures cost at most.
MAKES = {
    "the contract": (Make(), 3, 3),
    "digests alone": (Make(version=None, said=("digest",), shown=("digest", "status", "content")), 3, 6),
    "codes and versions": (Make(digest=None, said=("code", "version"), shown=("code", "version", "status")), 3, 3),
    "strong ETags": (Make(version=None, digest=None, etag="strong", said=(), shown=("content", "status")), 4, 4),
    "weak ETags": (Make(digest=None, etag="weak", said=("code",), shown=("code", "version", "content")), 6, 6),
    "none of these": (Make(version=None, digest=None, said=(), shown=("content", "status")), 6, 9),
    "204": (Make(digest=None, status=204, said=(), shown=("code", "version", "content", "status")), 6, 6),
    "a queue": (Make(status=202, said=(), queue=2), 12, 12),
    "versions of the content": (Make(version="content", digest=None, said=("code", "version"),
                                     shown=("code", "version", "status", "content")), 3, 3),
    "digests of its own making": (Make(digest="foreign"), 6, 6),
    "a wordy gateway": (Make(digest=None, said=("code", "version"), shown=("code", "version", "content"),
                             extra={"success": True, "ok": True, "error": None, "errors": [], "error_code": "00", "status": "success",
                                    "message": "error: none; nothing was refused", "data": {"errors": []}}), 3, 3),
}


class Portal:
    def __init__(self, make=None, answer=None, lose=0):
        """`answer(method, path, portal)` may return an Answer of its own; `lose` first answers are lost after their effect."""
        self.make, self.answer, self.lose = make or Make(), answer, lose
        self.held, self.keys, self.requests, self.effects, self.lock = {}, {}, [], [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                with outer.lock:
                    outer.requests.append((self.command, self.path))
                    answer = outer.decide(self.command, self.path, dict(self.headers), body)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, text in {"Content-Type": answer.kind, "Content-Length": str(len(answer.body)), **answer.headers}.items():
                    if answer.status != 204 or name != "Content-Length":
                        self.send_header(name, text)
                self.end_headers()
                if answer.status != 204:
                    self.wfile.write(answer.body)

            do_GET = do_PUT = do_POST = serve

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def decide(self, method, path, headers, body):
        own = self.answer(method, path, self) if self.answer else None
        if own:
            return own
        code = re.fullmatch(r"/v1/procedures/([^/?]+)(/withdrawal)?", path)
        if code and method == "GET":
            return self.show(urllib.parse.unquote(code[1]))
        if code:
            action = "withdraw" if code[2] else "publish"
            return self.change(action, urllib.parse.unquote(code[1]), headers, body)
        if path == "/v1/batches" and self.make.batches:
            return self.batch(json.loads(body)["items"])
        return Answer(404, {"title": "no such page"})

    def show(self, code):
        held = self.held.get(code)
        if held and held.hidden > 0:
            held.hidden -= 1
            held = None
        if not held:
            return Answer(404, UNKNOWN, "application/problem+json")
        return Answer(200, {**self.make.extra, **self.make.members(code, held, self.make.shown)}, **self.make.tag(held))

    def fits(self, held, none_match, match):
        if none_match or match is None:
            return held is None or match is not None
        if held is None:
            return False
        names = [f'"{self.make.name(held)}"' if self.make.name(held) else None, self.make.tag(held).get("ETag")]
        return match == "*" or match in [name for name in names if name]

    def apply(self, action, code, body):
        held = self.held.get(code)
        number = (held.number if held else 0) + 1
        if action == "publish":
            self.held[code] = held = Held(body, number)
        else:
            held.status, held.number = "abolished", number
        held.hidden = self.make.queue if action == "publish" else 0
        self.effects.append((action, code))
        return held

    def change(self, action, code, headers, body):
        key, held = headers.get("Idempotency-Key"), self.held.get(code)
        if key in self.keys:
            if self.keys[key] != (action, code, body):
                return Answer(409, {"title": "key"})
        elif action == "withdraw" and not held:
            return Answer(404, UNKNOWN, "application/problem+json")
        elif not self.fits(held, headers.get("If-None-Match"), headers.get("If-Match")):
            return Answer(412, {"title": "version"})
        else:
            held = self.apply(action, code, body)
            self.keys[key] = (action, code, body)
        if self.lose > 0:
            self.lose -= 1
            return None
        return Answer(self.make.status, {**self.make.members(code, held, self.make.said), **self.make.extra}, **self.make.tag(held))

    def batch(self, items):
        answers = []
        for item in items:
            held, body = self.held.get(item["code"]), json.dumps(item["content"], ensure_ascii=False, separators=(",", ":"),
                                                                 sort_keys=True).encode()
            base = item.get("base")
            if item["key"] not in self.keys and not self.fits(held, base is None, f'"{base}"' if base else None):
                answers.append({"key": item["key"], "status": 412})
                continue
            if item["key"] not in self.keys:
                held = self.apply(item["action"], item["code"], body)
                self.keys[item["key"]] = (item["action"], item["code"], body)
            names = [name for name in self.make.said if name not in ("code", "status")]
            answers.append({"key": item["key"], "status": 202 if self.make.queue else 201, **self.make.members(item["code"], held, names)})
        if self.lose > 0:
            self.lose -= 1
            return None
        return Answer(200, {"items": answers})

    def counted(self):
        count, self.requests = len(self.requests), []
        return count

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
