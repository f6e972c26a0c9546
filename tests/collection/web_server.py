"""A web server with files that change and transfers that fail, for downloads and the register's API."""

import threading
import time
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Fault:
    """What the next request meets instead of the right answer."""

    def __init__(self, status=None, headers=(), *, cut_at=None, hang=None, drip=False, wrong_range=False):
        self.status, self.headers, self.cut_at = status, dict(headers), cut_at
        self.hang, self.drip, self.wrong_range = hang, drip, wrong_range


class WebServer:
    """Serves ``files`` (path to body, headers) with ETag, Last-Modified, Range and If-Range; ``requests`` are the
    headers that came, ``faults`` what the next requests meet."""

    def __init__(self):
        self.files, self.faults, self.requests, self.ranges = {}, deque(), [], True
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server.answer(self)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def put(self, path, body, etag='"1"', **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.files[path] = (body, ({"ETag": etag} if etag else {}) | named)
        return self.url + path

    def answer(self, handler):
        self.requests.append(dict(handler.headers))
        fault = self.faults.popleft() if self.faults else Fault()
        path = handler.path.partition("?")[0]
        if fault.status or path not in self.files:
            return self._send(handler, fault.status or 404, b"", fault.headers)
        body, headers = self.files[path]
        asked = handler.headers
        if asked.get("If-None-Match") and asked["If-None-Match"] == headers.get("ETag"):
            return self._send(handler, 304, b"", headers)
        start, status = 0, 200
        same = asked.get("If-Range") in (headers.get("ETag"), headers.get("Last-Modified"))
        if self.ranges and asked.get("Range") and same:
            start, status = int(asked["Range"].removeprefix("bytes=").removesuffix("-")), 206
            if start >= len(body):
                return self._send(handler, 416, b"", headers)
            told = start + 1 if fault.wrong_range else start
            headers = headers | {"Content-Range": f"bytes {told}-{len(body) - 1}/{len(body)}"}
        return self._send(handler, status, body[start:], headers, fault)

    def _send(self, handler, status, body, headers, fault=None):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        cut = fault.cut_at if fault and fault.cut_at is not None else len(body)
        with suppress(OSError):
            for byte in body[:20] if fault and fault.drip else ():
                handler.wfile.write(bytes([byte]))
                time.sleep(0.1)
            handler.wfile.write(body[20 if fault and fault.drip else 0 : cut])
            handler.wfile.flush()
            if fault and fault.hang:
                time.sleep(fault.hang)
        if cut < len(body):
            handler.close_connection = True
