"""Files from the web. Belongs here: asking only for what has changed, going on where a transfer broke off, checksums,
and putting a file in place as a whole. Does not: which files there are (settings), reading them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import requests

from orchestration.archive import sync
from orchestration.collection.web import (
    PassingError,
    Patience,
    WebError,
    checked,
    explained,
    refuse_unless,
    shown,
    until_answered,
)

_BLOCK = 1 << 20
_CHECKSUM = re.compile(r"(sha256|sha1)=([0-9a-fA-F]+)")
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Download:
    """A file in place; ``is_new`` is false where the server said that it has not changed."""

    path: Path
    is_new: bool
    bytes: int
    sha256: str
    last_modified: str | None


@dataclass(frozen=True)
class _Version:
    """What tells one content of an address from another (RFC 9110, 8.8)."""

    url: str
    etag: str | None = None
    last_modified: str | None = None

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str]) -> _Version:
        return cls(url, headers.get("ETag"), headers.get("Last-Modified"))

    @property
    def strong(self) -> str | None:
        """What a Range may rely on: a weak tag says alike, not the same bytes."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


def download(address: str, path: Path, setting: str, patience: Patience | None = None) -> Download:
    """Bring the file at ``path`` to what the address has now, or leave it as it is.

    An address may end in ``#sha256=…`` or ``#sha1=…``. Beside the file stand ``<name>.json``, which says what
    it is, and, where a transfer broke off, ``<name>.part``, which the next call goes on with as long as the
    server still has the same file. The file's time of change is the server's Last-Modified; without one, when
    this content first came.

    Args:
        address: https (http to this machine alone).
        path: where the file is to be; its folder is made, for this user alone.
        setting: where the address comes from, for messages.
        patience: time limits and attempts.

    Raises:
        WebError: no whole and right file came; the one that was there before is untouched.
    """
    url, fragment = urldefrag(checked(address, setting))
    expected = _CHECKSUM.fullmatch(fragment)
    if fragment and not expected:
        raise WebError(
            f"'#{fragment[:40]}' is no checksum",
            where=setting,
            expected="#sha256=… or #sha1=… after the address, or nothing",
            fix="correct the setting",
        )
    transfer = _Transfer(url, path, expected, patience or Patience())
    try:
        # Originals name people and companies.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return until_answered(transfer.patience, transfer.attempt)
    except OSError as problem:
        raise WebError(
            f"the file cannot be written ({problem.strerror})",
            where=str(path),
            expected="a folder this user can write to, on a disk with room",
            fix="make room or correct the rights, then run again: what came is kept",
        ) from problem


class _Transfer:
    def __init__(self, url: str, path: Path, expected: re.Match[str] | None, patience: Patience) -> None:
        self.url, self.path, self.expected, self.patience = url, path, expected, patience
        self._part = path.with_name(f"{path.name}.part")
        self._said, self._part_said = (one.with_name(f"{one.name}.json") for one in (path, self._part))

    def attempt(self) -> Download:
        known, begun = self._known(), self._begun()
        headers = {"Accept-Encoding": "identity"}
        if begun and begun.strong:
            headers |= {"Range": f"bytes={self._part.stat().st_size}-", "If-Range": begun.strong}
        elif known:
            headers |= {
                name: value
                for name, value in (
                    ("If-None-Match", known["etag"]),
                    ("If-Modified-Since", known["last_modified"]),
                )
                if value
            }
        with (
            explained(self.url),
            requests.get(
                self.url,
                headers=headers,
                stream=True,
                timeout=(self.patience.connect, self.patience.silence),
            ) as response,
        ):
            checked(response.url, shown(self.url))
            if response.status_code == 416:
                self._discard()
                raise PassingError("the server has no such part of the file", where=shown(self.url))
            refuse_unless(response, self.url, 200, *([206] if "Range" in headers else [304] if known else []))
            if response.status_code == 304 and known:
                return Download(self.path, False, known["bytes"], known["sha256"], known["last_modified"])
            self._receive(response)
        return self._finish(_Version.of(self.url, response.headers))

    def _receive(self, response: requests.Response) -> None:
        """Write the answer to the part, behind what is there or instead of it, and see that it is whole."""
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise WebError(
                "the server answers with a web page",
                where=shown(self.url),
                expected="the file itself",
                fix="see in a browser what stands there: the address has moved, or needs a login",
            )
        start, total = 0, response.headers.get("Content-Length")
        if response.status_code == 206:
            span = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            start = int(span[1]) if span else -1
            total = span[2] if span else None
            if start != self._part.stat().st_size:
                self._discard()
                raise PassingError("the server sends another part than asked for", where=shown(self.url))
        self._part_said.write_text(json.dumps(asdict(_Version.of(self.url, response.headers))))
        began, came = time.monotonic(), 0
        with self._part.open("ab" if start else "wb") as file:
            # read1 returns what has come, so that what came before a break is kept.
            while block := response.raw.read1(_BLOCK):
                file.write(block)
                came += len(block)
                elapsed = time.monotonic() - began
                if elapsed > self.patience.silence and came < self.patience.slowest * elapsed:
                    raise PassingError(
                        f"{came:,} bytes came in {elapsed:.0f} s",
                        where=shown(self.url),
                        fix="run again later",
                    )
        size = self._part.stat().st_size
        if total is not None and total.isdigit() and size != int(total):
            raise PassingError(
                f"{size:,} of {int(total):,} bytes came", where=shown(self.url), fix="run again later"
            )

    def _finish(self, version: _Version) -> Download:
        with self._part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            if self.expected:
                file.seek(0)
                found = hashlib.file_digest(file, self.expected[1]).hexdigest()
        if self.expected and found != self.expected[2].lower():
            self._discard()
            raise WebError(
                f"the file has {self.expected[1]} {found}",
                where=shown(self.url),
                expected=self.expected[2].lower(),
                fix="see whether the file was replaced, and correct the checksum in the setting; nothing was kept",
            )
        sync(self._part)
        size, changed = self._part.stat().st_size, self._changed_ns(version, digest)
        os.utime(self._part, ns=(changed, changed))
        # What is said of the old file goes first: a run killed in between asks for the whole file again.
        self._said.unlink(missing_ok=True)
        self._part.rename(self.path)
        self._part_said.unlink(missing_ok=True)
        said = asdict(version) | {"bytes": size, "sha256": digest, "changed_ns": self.path.stat().st_mtime_ns}
        draft = self._said.with_name(f"{self._said.name}.{os.getpid()}")
        draft.write_text(json.dumps(said))
        draft.rename(self._said)
        return Download(self.path, True, size, digest, version.last_modified)

    def _changed_ns(self, version: _Version, digest: str) -> int:
        """When the content changed, in nanoseconds: never later than now, whatever a server's clock says."""
        now, before = time.time_ns(), self._known()
        try:
            return min(int(parsedate_to_datetime(version.last_modified or "").timestamp() * 1e9), now)
        except (ValueError, OverflowError):
            return int(before["changed_ns"]) if before and before["sha256"] == digest else now

    def _known(self) -> Mapping[str, Any] | None:
        """What is said of the file in place, if it is this address's and was not touched since."""
        said = _read(self._said)
        if said is None or not self.path.is_file() or said.get("url") != self.url:
            return None
        state = self.path.stat()
        touched = (state.st_size, state.st_mtime_ns) != (said.get("bytes"), said.get("changed_ns"))
        if touched or (self.expected and self.expected[1] == "sha256" and said["sha256"] != self.expected[2]):
            return None
        return said

    def _begun(self) -> _Version | None:
        said = _read(self._part_said)
        if said is None or said.get("url") != self.url or not self._part.is_file():
            return None
        return _Version(**said) if self._part.stat().st_size else None

    def _discard(self) -> None:
        for file in (self._part, self._part_said):
            file.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None
