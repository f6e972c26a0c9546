"""A LimeSurvey server that plays RemoteControl 2 over HTTP from recorded payloads, with its faults."""

import base64
import json
import socket
import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

RECORDED = Path(__file__).resolve().parents[2] / "fixtures" / "limesurvey_rpc"
SURVEY, USER, SECRET = 482617, "collector", "pass phrase of the tests %7"
KEY_LIFE = 7200
META = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr")
NOT_ASKED = None
LOCK_OUT = (
    "You have exceeded the number of maximum login attempts. Please wait 10 minutes before trying again."
)
HTML = (
    b"<!DOCTYPE html>\n<html><head><title>500: Internal Server Error</title></head><body><h1>500</h1></body>"
)


def recorded(name):
    return json.loads((RECORDED / name).read_bytes())


def recorded_rows():
    return {int(row["id"]): row for row in recorded("responses_code_short_all_fr.json")["responses"]}


class Survey:
    """A survey's field map and responses: dicts by code heading, kept by id."""

    def __init__(self, rows=None, lacking=(), version=6, has_table=True):
        self.version, self.has_table = version, has_table
        self.rows = {} if rows is None else {id_: dict(row) for id_, row in rows.items()}
        headings = list(recorded("responses_code_short_all_fr.json")["responses"][0])
        self.fieldmap, self.heading = {}, {}
        for (name, field), heading in zip(recorded("get_fieldmap_fr.json").items(), headings, strict=True):
            if heading in lacking:
                continue
            named = name
            if version >= 7 and field["qid"]:
                # As citric describes it: the group and survey are no longer in the name.
                named = f"Q{field['qid']}" + (f"_S{field['aid']}" if field["aid"] != "" else "")
                named += f"#{field['scale_id']}" if field["type"] == "1" else ""
            self.fieldmap[named] = field | {"fieldname": named}
            self.heading[named] = heading

    def between(self, first, last):
        ids = sorted(self.rows)
        return [self.rows[id_] for id_ in ids[bisect_left(ids, first) : bisect_right(ids, last)]]

    def summary(self):
        if not self.has_table:
            return []
        done = sum(bool(row["submitdate"]) for row in self.rows.values())
        counts = {"completed_responses": done, "incomplete_responses": len(self.rows) - done}
        counts["full_responses"] = len(self.rows)
        return {name: str(n) for name, n in counts.items()} if self.version < 5 else counts


class LimeSurvey:
    """The server. ``calls`` are (method, params without key) as they came; ``logins`` counts attempts.

    ``faults`` maps a method to the faults of its next calls: functions of the handler and the right answer.
    ``on_call`` is called before each answer is made, ``after_export`` after each export.
    """

    def __init__(self):
        self.surveys, self.permitted = {}, {SURVEY}
        self.faults, self.calls, self.logins, self.failed, self.released = {}, [], 0, 0, []
        self.keys, self.clock = {}, datetime(2026, 5, 20, 9, 0, 0)
        self.sent = Counter()
        self.pages = []
        self.on_call = self.after_export = lambda *_: None
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_port}/index.php/admin/remotecontrol"

    def tick(self, seconds):
        self.clock += timedelta(seconds=seconds)

    @property
    def now(self):
        return self.clock.strftime("%Y-%m-%d %H:%M:%S")

    def called(self, method):
        return [params for name, params in self.calls if name == method]

    # The methods, as notes and source have them.

    def get_session_key(self, user, secret, _plugin="Authdb"):
        self.logins += 1
        if self.failed >= 3:
            return {"status": LOCK_OUT}
        if (user, secret) != (USER, SECRET):
            self.failed += 1
            return {"status": "Invalid user name or password"}
        self.failed = 0
        key = f"{self.logins:08d}" + "sessionkeyofthetests" + "zzzz"
        self.keys[key] = self.clock
        return key

    def release_session_key(self, key):
        self.released.append(key)
        self.keys.pop(key, None)
        return "OK"

    def get_summary(self, _key, sid):
        if sid not in self.surveys:
            return {"status": "Invalid surveyid"}
        return self.surveys[sid].summary()

    def get_fieldmap(self, _key, sid, _language=None):
        if sid not in self.surveys:
            return {"status": "Error: Invalid survey ID"}
        return self.surveys[sid].fieldmap

    def export_responses(  # noqa: PLR0917 - LimeSurvey's own signature
        self, _key, sid, form, language=None, state="all", headings="code", answers="short",
        first=None, last=None, fields=None, _more=None,
    ):  # fmt: skip
        survey = self.surveys.get(sid)
        if survey is None:
            return {"status": "No permission"}
        if not survey.has_table:
            return {"status": "No Data, survey table does not exist."}
        if not survey.rows:
            return {"status": "No Data, could not get max id."}
        if language not in {None, "fr", "en"}:
            return {"status": "Language code not found for this survey."}
        assert (state, headings, answers) == ("all", "code", "short"), "silently replaced by a default"
        names = list(survey.fieldmap) if fields is None else fields
        wanted = [(name, survey.heading.get(name)) for name in names]
        chosen = [
            {code or name: row.get(code) for name, code in wanted}
            for row in survey.between(first or 1, last or 2**31)
        ]
        for heading in chosen[0] if chosen else ():
            self.sent[heading] += len(chosen)
        self.pages.append((form, len(chosen)))
        data = (csv_page if form == "csv" else json_page)(chosen, survey.version)
        self.after_export(survey, form, chosen)
        return base64.b64encode(data).decode()

    def answer(self, call):
        method, params = call["method"], call["params"]
        self.calls.append((method, params[1:]))
        self.on_call(method)
        known = {"get_session_key", "release_session_key", "get_summary", "get_fieldmap", "export_responses"}
        if method not in known:
            return {"status": "No permission"}
        if method not in {"get_session_key", "release_session_key"}:
            born = self.keys.get(params[0])
            if born is None or self.clock - born > timedelta(seconds=KEY_LIFE):
                version = max((survey.version for survey in self.surveys.values()), default=6)
                code = {"error_code": "INVALID_SESSION_KEY"} if version >= 7 else {}
                return {"status": "Invalid session key"} | code
            if method != "get_fieldmap" and params[1] in self.surveys and params[1] not in self.permitted:
                return {"status": "No permission"}
        return getattr(self, method)(*params)

    def _handler(outer):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm, wbufsize = True, -1

            def do_POST(self):
                call = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.headers["content-type"] != "application/json":
                    return self.send(b"", kind="text/html")
                result = outer.answer(call)
                body = json.dumps({"id": call["id"], "result": result, "error": None}).encode()
                waiting = outer.faults.get(call["method"]) or outer.faults.get("*")
                with suppress(BrokenPipeError, ConnectionResetError):
                    if waiting:
                        fault = waiting.pop(0)
                        if fault is not None:
                            return fault(self, body, call)
                    self.send(body)

            def do_GET(self):
                outer.calls.append(("GET", [self.path]))
                self.send(b"{}")

            def send(self, body, status=200, kind="application/json", **headers):
                self.send_response(status)
                if kind:
                    self.send_header("content-type", kind)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def send_streamed(self, parts):
                """Without a length, as export answers are; ends with the connection."""
                self.close_connection = True
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("connection", "close")
                self.end_headers()
                for part in parts:
                    if outer.stopped.is_set():
                        return
                    self.wfile.write(part)
                    self.wfile.flush()

            def log_message(self, *_):
                pass

        return Handler


def json_page(rows, version):
    made = []
    for cells in rows:
        row = {heading: value(heading, cell, version) for heading, cell in cells.items()}
        made.append({str(row["id"]): row} if version < 5 else row)
    return json.dumps({"responses": made}).encode()


def value(heading, cell, version):
    if heading in {"id", "lastpage"} and cell != "":
        return int(cell)
    return cell if version == 5 or cell is not None else ""


def csv_page(rows, version):
    if not rows:
        return b"\r\n"

    def quoted(cell):
        if cell is None and version == 5:
            return ""
        text = "" if cell is None else str(cell)
        return '"' + text.replace('"', '""') + '"'

    lines = [";".join(map(quoted, cells)) + "\r\n" for cells in [list(rows[0]), *(r.values() for r in rows)]]
    return b"\xef\xbb\xbf" + "".join(lines).encode() + b"\r\n"


# Faults: what the server sends instead of the right answer.


def status(text, **more):
    def fault(handler, _, call):
        body = {"id": call["id"], "result": {"status": text, **more}, "error": None}
        handler.send(json.dumps(body).encode())

    return fault


def result(value):
    return lambda handler, _, call: handler.send(
        json.dumps({"id": call["id"], "result": value, "error": None}).encode()
    )


def export(data):
    return result(base64.b64encode(data).decode())


def error(text):
    return lambda handler, _, call: handler.send(
        json.dumps({"id": call["id"], "result": None, "error": text}).encode()
    )


def raw(body, status=200, kind="text/html", **headers):
    return lambda handler, *_: handler.send(body, status, kind, **headers)


def before_json(prefix):
    return lambda handler, body, _: handler.send(prefix + body, kind=None)


def cut(handler, body, _):
    """The connection ends in the middle, against the promised length."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def cut_stream(handler, body, _):
    """The same without a length: it looks like a whole answer."""
    handler.send_streamed([body[: len(body) // 2]])


def hang(handler, *_):
    """Nothing at all, until the client leaves or the test ends."""
    for _ in range(200):
        time.sleep(0.02)
    handler.close_connection = True


def trickle(handler, body, _):
    def slowly():
        for place in range(min(len(body), 400)):
            yield body[place : place + 1]
            time.sleep(0.02)

    handler.send_streamed(slowly())


def flood(handler, *_):
    handler.send_streamed(b"x" * 65536 for _ in range(100_000))


def streamed(handler, body, _):
    handler.send_streamed([body[:10], body[10:]])
