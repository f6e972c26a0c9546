"""What of a pull is read anew and what is taken from the last one. Belongs here: comparing, joining both, and
what vanished or shrank. Does not: archiving (pull.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Entry
from orchestration.collection.contacts import Contacts
from orchestration.collection.exports import Chunk
from orchestration.collection.limesurvey.pages import RESPONSES_A_PAGE, Listing, Survey, read_responses

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

Ids = npt.NDArray[np.int64]
# Up to so many unchanged responses are read along with their neighbours: another call costs more (1 ms each).
_READ_ALONG = 20
_SUBMITTED = "submitdate"


@dataclass(frozen=True)
class Earlier:
    """The responses of an earlier pull: the archived cells, and the contacts that belong to them."""

    entry: Entry
    contacts: Contacts
    personal: Sequence[str]

    def ids(self) -> Ids:
        """Their ids, ascending."""
        return _numbers(pq.read_table(self.entry.path, columns=["id"])["id"].combine_chunks())

    def stamps(self, names: Sequence[str]) -> dict[str, Any]:
        """Their stamps, in the order of the ids."""
        table = pq.read_table(self.entry.path, columns=list(names))
        return {name: pc.fill_null(table[name].combine_chunks(), "") for name in names}

    def rows(self) -> Iterator[tuple[Ids, pa.RecordBatch]]:
        """All of them in the order of their ids, archived columns only, a batch at a time."""
        with pq.ParquetFile(self.entry.path) as file:
            for batch in file.iter_batches(batch_size=RESPONSES_A_PAGE):
                yield _numbers(batch["id"]), batch

    def people(self) -> People:
        """Their contacts, to be looked up."""
        return People(self.contacts.read(self.contacts.path_of(self.entry), People.COLUMNS), self.personal)


class People:
    """Personal cells by the number of their row, all of an entry's in memory (some 30 bytes each)."""

    COLUMNS = ("row_number", "field", "value")

    def __init__(self, table: pa.Table, headings: Sequence[str]) -> None:
        self._cells: dict[str, tuple[Ids, Any]] = {}
        for heading in headings:
            cells = table.filter(pc.equal(table["field"], heading)).sort_by("row_number").combine_chunks()
            values = cells["value"].combine_chunks() if cells.num_rows else pa.array([], pa.string())
            self._cells[heading] = (cells["row_number"].to_numpy(), values)

    def column(self, heading: str, row_numbers: Ids) -> Any:
        """A column's cells for some rows; "" where there is none."""
        numbers, values = self._cells[heading]
        if not len(numbers):
            return pa.repeat(pa.scalar(""), len(row_numbers))
        place = np.minimum(np.searchsorted(numbers, row_numbers), len(numbers) - 1)
        found = numbers[place] == row_numbers
        return pc.fill_null(values.take(pa.array(place, mask=~found)), "")


def unchanged(listing: Listing, earlier: Earlier, newest: str) -> npt.NDArray[np.bool_]:
    """Say for each listed response whether the earlier pull has it as it is now.

    It has if the stamps are the same, and older than ``newest``, the last action of all when that pull listed
    the responses: stamps have no fractions of a second, so that a response may have been read and changed
    once more within one second. Whatever was read then bears a stamp from then on.
    """
    ids = earlier.ids()
    if not len(ids):
        return np.zeros(len(listing.ids), np.bool_)
    place = np.minimum(np.searchsorted(ids, listing.ids), len(ids) - 1)
    same: npt.NDArray[np.bool_] = ids[place] == listing.ids
    before = earlier.stamps(list(listing.stamps))
    for name, now in listing.stamps.items():
        same &= _mask(pc.equal(before[name].take(pa.array(place)), now))
    return same & _mask(pc.less(listing.stamps["datestamp"], newest))


class PulledExport:
    """All responses of a survey as an export: those to read from the server, the others from an earlier pull.

    Row numbers count the responses in the order of their ids. After ``chunks`` is through, ``read`` says how
    many came from the server, ``gone`` which listed ones did not come, ``shrunk`` which have fewer answers
    than before, or are no longer submitted.
    """

    def __init__(
        self, survey: Survey, ids: Ids, keep: npt.NDArray[np.bool_], earlier: Earlier | None
    ) -> None:
        self.headings = tuple(survey.fields)
        self._survey, self._ids, self._keep, self._earlier = survey, ids, keep, earlier
        self.read = 0
        self.gone: list[int] = []
        self.shrunk: list[int] = []

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows: see `Export`."""
        number = 1
        # What lies between two changed responses may be few rows, and a chunk costs much however small it is.
        for batch in _gathered(self._batches()):
            rows = batch.num_rows
            yield Chunk(batch, pa.array(range(number, number + rows), pa.int64()))
            number += rows

    def _batches(self) -> Iterator[pa.RecordBatch]:
        before = _Cursor(self._earlier) if self._earlier is not None else None
        people = self._earlier.people() if self._earlier is not None and self._keep.any() else None
        for start, stop, kept in _segments(self._keep):
            ids = self._ids[start:stop]
            yield from self._kept(ids, before, people) if kept else self._anew(ids, before)

    def _kept(self, ids: Ids, before: _Cursor | None, people: People | None) -> Iterator[pa.RecordBatch]:
        if before is None or people is None:
            return
        for numbers, batch in before.up_to(int(ids[-1])):
            rows = batch.filter(pa.array(np.isin(numbers, ids)))
            if rows.num_rows:
                row_numbers = rows["row_number"].to_numpy()
                personal = set(self._earlier.personal if self._earlier else ())
                cells = [
                    people.column(name, row_numbers) if name in personal else rows[name]
                    for name in self.headings
                ]
                yield pa.RecordBatch.from_arrays(cells, names=list(self.headings))

    def _anew(self, ids: Ids, before: _Cursor | None) -> Iterator[pa.RecordBatch]:
        came: list[Ids] = []
        for batch in read_responses(self._survey, range(int(ids[0]), int(ids[-1]) + 1)):
            numbers = _numbers(batch["id"])
            came.append(numbers)
            if before is not None and len(numbers):
                self._compare(numbers, batch, before)
            self.read += len(numbers)
            yield batch
        self.gone += np.setdiff1d(ids, np.concatenate(came)).tolist()

    def _compare(self, numbers: Ids, batch: pa.RecordBatch, before: _Cursor) -> None:
        """Note which of the responses just read had more answers before, in the columns that both have."""
        for known, rows in before.up_to(int(numbers[-1])):
            both, now, then = np.intersect1d(numbers, known, assume_unique=True, return_indices=True)
            if not len(both):
                continue
            old, new = rows.take(_places(then)), batch.take(_places(now))
            names = [name for name in self._answers if name in rows.schema.names]
            fewer = _filled(new, names) < _filled(old, names)
            if _SUBMITTED in rows.schema.names:
                fewer |= _filled(new, [_SUBMITTED]) < _filled(old, [_SUBMITTED])
            self.shrunk += both[fewer].tolist()

    @property
    def _answers(self) -> list[str]:
        """The questions' columns: LimeSurvey's own are fields of their own name."""
        return [heading for heading, field in self._survey.fields.items() if heading != field]


class _Cursor:
    """Goes once through the earlier responses."""

    def __init__(self, earlier: Earlier) -> None:
        self._batches = earlier.rows()
        self._waiting: tuple[Ids, pa.RecordBatch] | None = None

    def up_to(self, last: int) -> Iterator[tuple[Ids, pa.RecordBatch]]:
        """Those not given yet whose id is at most ``last``."""
        while True:
            current = self._waiting if self._waiting is not None else next(self._batches, None)
            if current is None:
                return
            ids, batch = current
            cut = int(np.searchsorted(ids, last, side="right"))
            self._waiting = (ids[cut:], batch.slice(cut)) if cut < len(ids) else None
            if cut:
                yield ids[:cut], batch.slice(0, cut)
            if self._waiting is not None:
                return


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together, up to about a page."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= RESPONSES_A_PAGE:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    columns = [pa.concat_arrays([batch[name] for batch in batches]) for name in batches[0].schema.names]
    return pa.RecordBatch.from_arrays(columns, names=batches[0].schema.names)


def _segments(keep: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int, bool]]:
    """Split the listed responses into runs to keep and pages to read: [start, stop) and whether to keep."""
    keep = keep.copy()
    for start, stop, kept in _runs(keep):
        if kept and start > 0 and stop < len(keep) and stop - start <= _READ_ALONG:
            keep[start:stop] = False
    for start, stop, kept in _runs(keep):
        if kept:
            yield start, stop, True
        else:
            for first in range(start, stop, RESPONSES_A_PAGE):
                yield first, min(first + RESPONSES_A_PAGE, stop), False


def _runs(keep: npt.NDArray[np.bool_]) -> list[tuple[int, int, bool]]:
    if not len(keep):
        return []
    bounds = [0, *(np.flatnonzero(np.diff(keep)) + 1).tolist(), len(keep)]
    return [(start, stop, bool(keep[start])) for start, stop in pairwise(bounds)]


def _filled(rows: pa.RecordBatch, names: Sequence[str]) -> Ids:
    """How many of these columns each row has an answer in."""
    total = np.zeros(rows.num_rows, np.int64)
    for name in names:
        total += _mask(pc.fill_null(pc.not_equal(rows[name], ""), False))
    return total


def _places(places: Ids) -> Any:
    return pa.array(places)


def _numbers(ids: Any) -> Ids:
    numbers: Ids = ids.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _mask(flags: Any) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = np.asarray(flags.to_numpy(zero_copy_only=False), dtype=np.bool_)
    return mask


def spans(ids: Sequence[int] | Ids) -> str:
    """Write ascending ids short: ``1-3,7``."""
    numbers = np.asarray(ids, np.int64)
    groups = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1) if len(numbers) else []
    return ",".join(f"{group[0]}-{group[-1]}" if len(group) > 1 else f"{group[0]}" for group in groups)


def ids_of(text: str) -> Ids:
    """Read what ``spans`` wrote."""
    bounds = [part.partition("-") for part in text.split(",") if part]
    ranges = [np.arange(int(first), int(last or first) + 1, dtype=np.int64) for first, _, last in bounds]
    return np.concatenate(ranges) if ranges else np.empty(0, np.int64)


def facts_of(entry: Entry) -> Mapping[str, Any]:
    """What a pull wrote into an entry's sidecar; empty where the entry comes from a file."""
    facts: Mapping[str, Any] = entry.facts.get("pull", {})
    return facts
