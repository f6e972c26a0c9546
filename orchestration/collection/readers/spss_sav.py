"""SPSS files (.sav). Belongs here: reading one in a child process, since ReadStat crashes on some, and
undoing LimeSurvey's numbers. Does not: what the child does (sav_child.py)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from orchestration.collection.exports import Chunk
from orchestration.collection.recoding import code_names, participant_columns, undone
from orchestration.collection.text_rows import Cells, chunked
from orchestration.errors import ExportError

FIX = (
    "export in another format: from LimeSurvey CSV with 'Question code' headings and 'Answer codes', or the "
    "SPSS export's .dat and .sps files; from SPSS itself CSV"
)
_KIND = "an SPSS file (.sav) that ReadStat can read"
SECONDS = 600
_CHILD = Path(__file__).resolve().parent.parent / "sav_child.py"
_MAGIC = {b"$FL2", b"$FL3"}
# LimeSurvey's own columns: only its exports put numbers in place of its codes.
_LIMESURVEY = {"id", "submitdate"}


class SpssSav:
    """One file. Every missing cell is ""; whole numbers are written without decimals, dates as ISO."""

    def __init__(self, path: Path, names: list[str], labels: Mapping[str, Mapping[str, str]]) -> None:
        participants: set[int] = set()
        self._codes: list[dict[str, str]] = [{} for _ in names]
        if set(names) >= _LIMESURVEY:
            participants = participant_columns(names)
            self._codes = [undone(labels.get(name, {})) for name in names]
        self._kept = [place for place in range(len(names)) if place not in participants]
        self.headings = tuple(code_names([names[place] for place in self._kept]))
        self._path = path

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        return chunked(self.headings, self._rows())

    def _rows(self) -> Iterator[Cells]:
        batches = _read(self._path)
        expected, found = int(next(batches).metadata[b"count"]), 0
        codes = [self._codes[place] for place in self._kept]
        for batch in batches:
            columns = [batch.column(place).to_pylist() for place in self._kept]
            for row in zip(*columns, strict=True):
                yield [code.get(cell, cell) for code, cell in zip(codes, row, strict=True)]
            found += batch.num_rows
        # A header that does not count its rows says -1.
        if expected not in {-1, found}:
            raise _refusal(self._path, f"the file ends after {found} of its {expected} responses")


def open_export(path: Path) -> SpssSav:
    """Open a file and read its variables.

    Raises:
        ExportError: the file is no SPSS file, or ReadStat crashes on it, refuses it or takes too long.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as problem:
        missing = isinstance(problem, FileNotFoundError)
        raise _refusal(
            path, "there is no such file" if missing else f"the file cannot be opened ({problem.strerror})"
        ) from problem
    if head not in _MAGIC:
        raise _refusal(path, "the file is empty" if not head else "the file is not an SPSS file")
    # To its end, so that what ended the child is told.
    found = list(_read(path, "headings"))
    if not found or not found[0].names:
        raise _refusal(path, "the file has no variables")
    return SpssSav(path, found[0].names, json.loads(found[0].metadata[b"labels"]))


def _read(path: Path, *options: str) -> Iterator[Any]:
    """The schema and the batches that a child process reads; however it ends, it is told in plain words."""
    # -P: what lies beside the script must not stand for a library.
    command = [sys.executable, "-P", str(_CHILD), str(path.resolve()), *options]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stdout: Any = child.stdout
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(SECONDS, end)
    timer.start()
    try:
        with suppress(pa.ArrowInvalid, OSError), pa.ipc.open_stream(stdout) as stream:
            yield stream.schema
            yield from stream
        message = child.stderr.read(500).decode(errors="replace").strip() if child.stderr else ""
        status = child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.communicate()
    if late.is_set():
        raise _refusal(path, f"reading takes longer than {SECONDS} seconds")
    if status < 0:
        raise _refusal(
            path,
            f"the library that reads SPSS files crashes on this one (signal {-status}), as it does on some",
        )
    if status:
        raise _refusal(path, f"the library that reads SPSS files refuses it ({message or 'no reason given'})")


def _refusal(path: Path, problem: str) -> ExportError:
    return ExportError(problem, where=str(path), expected=_KIND, fix=FIX)
