"""A survey's responses, window by window. Belongs here: windows of ids, and reading the csv and json that
come back. Does not: which responses are wanted (incremental.py)."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from orchestration.collection.limesurvey.client import Server
from orchestration.collection.limesurvey.errors import GarbledError, TooLargeError
from orchestration.collection.limesurvey.fields import STAMPS
from orchestration.collection.readers.limesurvey_csv import CsvGrammar

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

# The largest id of LimeSurvey's column.
LAST_ID = 2**31 - 1
# Ids a window when only stamps are read (some 50 bytes each), and responses when all is (some 2 kB each).
IDS_A_LISTING = 20_000
RESPONSES_A_PAGE = 1_000
_ANONYMOUS = "1980-01-01"


@dataclass(frozen=True)
class Survey:
    """A survey on its server, the language named in each call, and the fields asked for by code heading."""

    server: Server
    number: int
    language: str
    fields: Mapping[str, str]

    @property
    def where(self) -> str:
        """How messages call it."""
        return f"survey {self.number} on {self.server.host}"


@dataclass(frozen=True)
class Listing:
    """The ids of all responses, ascending, with their stamps as text ("" where there is none).

    ``stamps`` lacks what the survey lacks.
    """

    ids: Any
    stamps: Mapping[str, Any]

    @property
    def tells_changes(self) -> bool:
        """Whether each response has a last action: not without date stamps, nor in an anonymous survey."""
        last = self.stamps.get("datestamp")
        if last is None:
            return False
        undated = pc.or_(pc.equal(last, ""), pc.starts_with(last, _ANONYMOUS))
        return not pc.any(undated).as_py()

    @property
    def newest(self) -> str:
        """The last action of all, in the server's own time; "" where that is not told."""
        last = self.stamps.get("datestamp")
        return "" if last is None or not len(last) else str(pc.max(last).as_py())


def list_responses(survey: Survey, count: int) -> Listing:
    """Read the ids and stamps of all responses; ``count`` is how many the server says there are.

    Windows go on until that many were seen, then once to the end of all ids: deleted responses leave gaps of
    any length, so an empty window is no end, and each one doubles the next.
    """
    names = [name for name in STAMPS if name in survey.fields]
    parts: list[pa.RecordBatch] = []
    start, width, seen = 1, IDS_A_LISTING, 0
    while start <= LAST_ID:
        stop = LAST_ID + 1 if seen >= count else min(start + width, LAST_ID + 1)
        rows = 0
        for batch in _windows(survey, names, range(start, stop), "csv"):
            parts.append(batch)
            rows += batch.num_rows
        seen, start = seen + rows, stop
        width = IDS_A_LISTING if rows else width * 2
    table: Any = pa.Table.from_batches(parts).combine_chunks()
    stamps = {name: pc.fill_null(table[name].combine_chunks(), "") for name in names if name != "id"}
    return Listing(table["id"].cast(pa.int64()).to_numpy(), stamps)


def read_responses(survey: Survey, ids: range) -> Iterator[pa.RecordBatch]:
    """Read all wanted columns of the responses whose ids lie in a range, in the order of the fields.

    Null is LimeSurvey 5's "not asked". A page that is too large is asked for in halves.
    """
    return _windows(survey, list(survey.fields), ids, "json")


def _windows(survey: Survey, headings: Sequence[str], ids: range, form: Any) -> Iterator[pa.RecordBatch]:
    fields = [survey.fields[heading] for heading in headings]
    try:
        data = survey.server.responses(survey.number, form, survey.language, fields, ids)
    except TooLargeError:
        if len(ids) < 2:
            raise
        middle = ids.start + len(ids) // 2
        for half in (range(ids.start, middle), range(middle, ids.stop)):
            yield from _windows(survey, headings, half, form)
        return
    parse = parse_csv if form == "csv" else parse_json
    yield _in_order(parse(data, headings, survey.where), ids, survey.where)


def parse_csv(data: bytes, headings: Sequence[str], where: str) -> pa.RecordBatch:
    """Read a csv page: none of it, or only a line end, where there is no response.

    Raises:
        GarbledError: it is no CSV of LimeSurvey with just these headings.
    """
    text = data.removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        return _batch([[] for _ in headings], headings)
    first, _, rest = text.partition(b"\n")
    if first.rstrip(b"\r") != ";".join(f'"{heading}"' for heading in headings).encode():
        raise _other(where, f"begins with other columns than {', '.join(headings)}")
    batch = CsvGrammar(tuple(headings)).parse(rest)
    if batch is None:
        raise _other(where, "has rows of another width, or was cut off")
    return batch


def parse_json(data: bytes, headings: Sequence[str], where: str) -> pa.RecordBatch:
    """Read a json page: a list of responses (5 to 7) or of one-key objects by id (3).

    Columns beyond those asked for are left out; numbers and texts both become text.

    Raises:
        GarbledError: it is neither, or a column that was asked for is missing.
    """
    if not data.strip():
        return _batch([[] for _ in headings], headings)
    try:
        page = json.loads(data, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise _other(where, "is malformed JSON, or was cut off") from None
    responses = page.get("responses") if isinstance(page, dict) else None
    if not isinstance(responses, list):
        raise _other(where, "has no list of responses")
    cells: list[list[str | None]] = [[] for _ in headings]
    for response in responses:
        row = response
        if isinstance(row, dict) and "id" not in row and len(row) == 1:
            (row,) = row.values()
        if not isinstance(row, dict):
            raise _other(where, "has a response that is no object of columns")
        if missing := [heading for heading in headings if heading not in row]:
            raise _other(where, f"lacks the column '{missing[0]}' that was asked for")
        for column, heading in zip(cells, headings, strict=True):
            cell = row[heading]
            if not isinstance(cell, str | None):
                raise _other(where, f"has neither text nor number in the column '{heading}'")
            column.append(cell)
    return _batch(cells, headings)


def _batch(cells: Sequence[Sequence[str | None]], headings: Sequence[str]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([_texts(column) for column in cells], names=list(headings))


def _texts(cells: Sequence[str | None]) -> pa.StringArray:
    try:
        return pa.array(cells, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid):
        # Half a pair of a character beyond the 16 bits of \\u: JSON can say it, UTF-8 cannot.
        whole = (cell if cell is None else cell.encode("utf-8", "replace").decode() for cell in cells)
        return pa.array(whole, pa.string())


def _in_order(batch: pa.RecordBatch, ids: range, where: str) -> pa.RecordBatch:
    """Drop the row of empties that some releases write for an empty page; put the others in order of id."""
    filled = pc.fill_null(pc.not_equal(batch["id"], ""), False)
    batch = batch.filter(filled)
    if not pc.all(pc.match_substring_regex(batch["id"], "^[0-9]{1,10}$")).as_py() and batch.num_rows:
        raise _other(where, "has a response whose id is no number")
    numbers = batch["id"].cast(pa.int64()).to_numpy()
    if len(numbers) and not (ids.start <= numbers.min() and numbers.max() < ids.stop):
        raise _other(where, "has responses of other ids than asked for")
    if len(np.unique(numbers)) != len(numbers):
        raise _other(where, "has one response twice")
    order: Any = pa.array(np.argsort(numbers))
    return batch.take(order)


def _other(where: str, what: str) -> GarbledError:
    return GarbledError(
        f"a page of responses {what}",
        where=where,
        expected="what export_responses of LimeSurvey 3 to 7 gives for code headings and short answers",
        fix="run again; if it stays, export a file by hand and put it in the inbox",
    )
