"""A second adapter (mapi), in Python, that shares no code with the simulator, with the ways in which real ones trouble whoever
speaks to them: looks that lag, sessions that end in many ways, words that quote what was sent, values in other forms."""

import http.server
import json
import socketserver
import threading
import time

ENDS = ("401", "403", "302", "500", "page", "no code", "a code")


class Adapter:
    """`lag`: seconds until a push shows. `calls`: after so many the session ends, as `end` says. `change(item)`: what becomes of
    a pushed item. `verdict(item)`: an answer instead of taking it. `says(item)`: the message of a success."""

    def __init__(self, lag=0, calls=0, end="a code", change=None, verdict=None, says=None, leak=False, late=False):
        self.lag, self.calls, self.end, self.change, self.verdict, self.says = lag, calls, end, change, verdict, says
        self.leak, self.late = leak, late
        self.held, self.pushes, self.left, self.logins, self.lock = {}, [], {}, 0, threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    status, body, kind = outer.answer(self.path, call)
                body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if status == 302:
                    self.send_header("Location", "/login.html")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/xrd/mapi"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def good(self, **members):
        return 200, {"error_code": "00", **members}, "application/json"

    def bad(self, code, message):
        return 200, {"error_code": code, "message": message}, "application/json"

    def ended(self, session):
        words = f"session {session} has ended" if self.leak else "ended"
        return {"401": (401, {"fault": words}, "application/json"), "403": (403, {"fault": words}, "application/json"),
                "302": (302, b"", "text/html"), "500": (500, {"error": words}, "application/json"),
                "page": (200, f"<html><title>{words}</title></html>".encode(), "text/html"),
                "no code": (200, {"message": words}, "application/json"), "a code": self.bad("-99", words)}[self.end]

    def answer(self, path, call):
        if path.endswith("/login"):
            self.logins += 1
            session = f"secret-session-{self.logins}"
            self.left[session] = self.calls or 10 ** 9
            return self.good(session=session)
        session = call["session"]
        spent = self.left.get(session, 0) <= 0
        if not spent:
            self.left[session] -= 1
        if spent and not (self.late and call["service"] != "LayThuTuc"):
            return self.ended(session)
        if call["service"] == "LayThuTuc":
            return self.look(call["maTTHC"])
        given = self.push(call)
        return self.ended(session) if spent else given

    def look(self, code):
        shown = None
        for at, item in self.held.get(code, ()):
            if time.monotonic() >= at + self.lag:
                shown = item
        return self.good(result=[shown] if shown else [])

    def push(self, call):
        item, = call["data"]
        code, there = item["MATTHC"], bool(self.held.get(item["MATTHC"]))
        if self.verdict and self.verdict(item):
            return self.verdict(item)
        if there != (call["isUpdating"] == "True"):
            return self.bad("9", f"Mã {code} {'đã' if there else 'chưa'} tồn tại")
        self.pushes.append(code)
        self.held.setdefault(code, []).append((time.monotonic(), self.change(dict(item)) if self.change else item))
        return self.good(message=self.says(item) if self.says else "OK")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
