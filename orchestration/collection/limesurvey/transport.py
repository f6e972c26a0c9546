"""HTTP to one LimeSurvey server. Belongs here: time and size limits, no redirects, which answers are no JSON
and why. Does not: what is asked and answered."""

from __future__ import annotations

import codecs
import io
import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from orchestration.collection.limesurvey.errors import (
    GarbledError,
    LimeSurveyError,
    TooLargeError,
    UnreachableError,
)
from orchestration.collection.web import LOCAL, PASSING

_BLOCK = 1 << 16
_ENVELOPE = re.compile(rb'\{\s*"id"\s*:')
_MAIN = "https://…/index.php/admin/remotecontrol"


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds, and how large an answer may be, in bytes.

    ``silence`` is between two bytes and ``total`` for a whole answer. A page of 1,000 responses of 93 columns
    was measured at 2.4 MB and 1.4 s on a busy server, and large installations are some ten times slower.
    """

    connect: float = 10.0
    silence: float = 120.0
    total: float = 600.0
    size: int = 64 << 20


class Transport(requests.Session):
    """What citric posts its calls through; certificates are verified, as requests does unless told not to."""

    def __init__(self, url: str, limits: Limits) -> None:
        super().__init__()
        self.host = checked_host(url)
        self._limits = limits

    def post(self, url: Any, data: Any = None, json: Any = None, **others: Any) -> requests.Response:
        """Post once and read the answer within the limits.

        Raises:
            UnreachableError: no whole answer came, or one that says so (HTTP 5xx, 429).
            TooLargeError: the answer is over the limit; the rest of it was not read.
            GarbledError: HTTP answered, but not RemoteControl 2 in JSON.
        """
        limits, problem = self._limits, None
        started = time.monotonic()
        try:
            response = super().post(
                url,
                data=data,
                json=json,
                timeout=(limits.connect, limits.silence),
                # A redirect would carry the password or the key to wherever it points.
                allow_redirects=False,
                stream=True,
                **others,
            )
            with response:
                body = self._body(response, started)
        except LimeSurveyError as found:
            problem = found.with_traceback(None)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as failure:
            problem = self._unreachable(failure)
        # Raised outside of the handlers: the failures above hold the request, and that holds the password.
        if problem is None:
            problem = self._fault(response, body)
        if problem is not None:
            raise problem
        # citric reads `text`: without a charset requests would guess one, byte by byte.
        response.encoding = "utf-8"
        response.raw = io.BytesIO(_bare(body))
        return response

    def _body(self, response: requests.Response, started: float) -> bytes:
        limits, parts, size = self._limits, [], 0
        # read1 returns what has come: a server that sends a byte now and then cannot outstay `total`.
        while block := response.raw.read1(_BLOCK, decode_content=True):
            parts.append(block)
            size += len(block)
            if size > limits.size:
                raise TooLargeError(
                    f"the answer has more than {limits.size:,} bytes",
                    where=self.host,
                    expected="a page of responses below that",
                    fix="see docs/limesurvey.md, 'Large answers'",
                )
            if time.monotonic() - started > limits.total:
                raise UnreachableError(
                    f"the answer was not whole after {limits.total:g} s",
                    where=self.host,
                    fix="run again when the server is less busy",
                )
        return b"".join(parts)

    def _unreachable(self, failure: BaseException) -> LimeSurveyError:
        """Say what stopped a call, without the words of the failure, which quote the request."""
        if isinstance(failure, requests.exceptions.SSLError):
            return GarbledError(
                "the server's certificate is not accepted",
                where=self.host,
                expected="a certificate for this very name, of an authority that this machine trusts",
                fix="have the certificate put right, or name the institution's own authority with "
                "REQUESTS_CA_BUNDLE; verification cannot be switched off",
            )
        if isinstance(failure, requests.exceptions.ConnectTimeout):
            problem = f"no connection within {self._limits.connect:g} s"
        elif isinstance(failure, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
            problem = f"the server said nothing for {self._limits.silence:g} s"
        elif isinstance(failure, requests.exceptions.ChunkedEncodingError | urllib3.exceptions.ProtocolError):
            problem = "the connection ended in the middle of the answer"
        else:
            problem = f"the server cannot be reached ({type(failure).__name__})"
        return UnreachableError(
            problem,
            where=self.host,
            fix="check SKILLSBANK_LIMESURVEY_URL and whether the server is up, then run again",
        )

    def _fault(self, response: requests.Response, body: bytes) -> LimeSurveyError | None:
        """Say what is wrong with an answer that is no JSON, None if it begins and ends as JSON does."""
        status, text = response.status_code, _bare(body)
        if status in PASSING:
            page = " with an HTML page" if text[:1] == b"<" else ""
            return UnreachableError(
                f"the server answers HTTP {status}{page}",
                where=self.host,
                expected="HTTP 200",
                fix="run again; if it stays, LimeSurvey does not know the call (500), or is overloaded or "
                "down (502 to 504): its administrator can read why in the server's log",
            )
        if status == 200 and text[:1] == b"{":
            return None
        fix = f"set SKILLSBANK_LIMESURVEY_URL to the RemoteControl page ({_MAIN})"
        if 300 <= status < 400:
            target = urlsplit(response.headers.get("location", "")).hostname or "another path"
            problem = (
                f"the server redirects to {target}, which is not followed: it would take the password along"
            )
            fix = "set SKILLSBANK_LIMESURVEY_URL to the final address"
        elif status != 200:
            problem = f"the server answers HTTP {status}"
        elif not text:
            problem = "the answer is empty"
            fix = "have RemoteControl switched on: Configuration > Global > Interfaces, 'JSON-RPC'"
        elif text.startswith(b"<?xml") or b"<methodResponse" in text[:200]:
            problem = "the server speaks XML-RPC"
            fix = "have 'JSON-RPC' chosen under Configuration > Global > Interfaces"
        elif _ENVELOPE.search(text):
            problem = "something else stands before the JSON of the answer"
            fix = (
                "have PHP's display_errors switched off on the server; an export format whose writer prints "
                "(spsssav) does the same"
            )
        else:
            problem = f"the answer is {'an HTML page' if text[:1] == b'<' else 'no JSON'}"
        return GarbledError(problem, where=self.host, expected="an answer in JSON", fix=fix)


def checked_host(url: str) -> str:
    """Give the host of a server's address, for messages.

    Raises:
        LimeSurveyError: it is no address, would send the password in the clear, or holds one.
    """
    parts = urlsplit(url)
    problem = None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        problem = "is no address of a server"
    elif parts.username or parts.password:
        problem = "holds a user name or password, and addresses are shown in messages"
    elif parts.scheme == "http" and parts.hostname not in LOCAL:
        problem = "would send the password in the clear"
    if problem is not None or parts.hostname is None:
        raise LimeSurveyError(
            f"SKILLSBANK_LIMESURVEY_URL {problem}",
            expected=_MAIN,
            fix="correct it; user and secret have settings of their own",
        )
    return parts.hostname


def _bare(body: bytes) -> bytes:
    return body.removeprefix(codecs.BOM_UTF8).strip()
