"""Reading from web servers that fail now and then. Belongs here: time limits, how often and when to ask again, what
may be shown of an address. Does not: what is asked for (downloads.py, register/api.py), LimeSurvey's calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
import urllib3

from orchestration.errors import PartnerFileError

_Answer = TypeVar("_Answer")
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may well succeed a little later."""
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that may be asked over http."""


class WebError(PartnerFileError):
    """A server that gave no usable answer; what was there before stays in use."""


class PassingError(WebError):
    """A failure that may be over when asked again; ``after`` is the server's own word on when, in seconds."""

    after: float | None = None


@dataclass(frozen=True)
class Patience:
    """How long to wait for a connection and between two bytes, and how often to ask; seconds.

    A file that comes at fewer than ``slowest`` bytes a second counts as silence too. Waits double from ``first`` on;
    a server's Retry-After counts instead; both up to ``longest``.
    """

    connect: float = 10.0
    silence: float = 60.0
    slowest: float = 1000.0
    attempts: int = 5
    first: float = 2.0
    longest: float = 120.0
    pause: Callable[[float], None] = time.sleep


def until_answered(patience: Patience, ask: Callable[[], _Answer]) -> _Answer:
    """Ask until there is an answer.

    Raises:
        PassingError: the last of the attempts failed too; its message says how many there were.
        WebError: a failure that would come again.
    """
    attempt = 1
    while True:
        try:
            return ask()
        except PassingError as failure:
            if attempt == patience.attempts:
                raise PassingError(
                    f"{failure.problem}, {attempt} times in a row",
                    where=failure.where,
                    expected=failure.expected,
                    fix=failure.fix,
                ) from None
            wait = patience.first * 2 ** (attempt - 1) if failure.after is None else failure.after
        patience.pause(min(wait, patience.longest))
        attempt += 1


def shown(url: str) -> str:
    """An address as messages show it: without query, user and password, which may be secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def checked(url: str, setting: str) -> str:
    """The address, if what is read from it can be trusted.

    Raises:
        WebError: it is no address, or its answers could be changed on the way.
    """
    parts = urlsplit(url)
    if (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and parts.hostname in LOCAL):
        return url
    raise WebError(
        f"'{shown(url)}' is no address to read from",
        where=setting,
        expected="https://…",
        fix="correct the setting",
    )


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Tell what stopped a request or the reading of its answer, without quoting the request."""
    problem: WebError | None = None
    try:
        yield
    except requests.exceptions.SSLError:
        problem = WebError(
            "the server's certificate is not accepted",
            where=shown(url),
            expected="a certificate for this very name, of an authority that this machine trusts",
            fix="name the institution's own authority with REQUESTS_CA_BUNDLE, or correct the address",
        )
    except requests.TooManyRedirects:
        problem = WebError("the server redirects without end", where=shown(url), fix="correct the address")
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        ConnectionError,
        TimeoutError,
    ) as failure:
        problem = PassingError(
            f"no whole answer came ({_kind(failure)})", where=shown(url), fix="run again later"
        )
    # Raised outside of the handlers: the failures hold the request, and that may hold a key.
    if problem is not None:
        raise problem


def refuse_unless(response: requests.Response, url: str, *wanted: int) -> None:
    """Raise PassingError or WebError unless the answer has one of the wanted statuses."""
    status = response.status_code
    if status in wanted:
        return
    if status in PASSING:
        failure = PassingError(f"the server answers HTTP {status}", where=shown(url), fix="run again later")
        failure.after = _seconds(response.headers.get("Retry-After"))
        raise failure
    raise WebError(
        f"the server answers HTTP {status}",
        where=shown(url),
        expected=" or ".join(f"HTTP {one}" for one in wanted),
        fix="see whether the address has moved, and whether it needs a key",
    )


def _kind(failure: BaseException) -> str:
    text = f"{type(failure).__name__} {failure!r}"
    if isinstance(failure, requests.Timeout | urllib3.exceptions.TimeoutError) or "timed out" in text:
        return "the server was silent for too long"
    if isinstance(failure, requests.exceptions.ChunkedEncodingError | urllib3.exceptions.ProtocolError):
        return "the connection ended in the middle"
    return type(failure).__name__


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After, in seconds from now: it comes as a number or as a moment (RFC 9110, 10.2.3)."""
    if retry_after is None:
        return None
    try:
        return max(float(retry_after), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
