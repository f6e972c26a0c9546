"""How long contacts are kept. Belongs here: which editions' contacts are due, deleting them, the log of it, and the
rights of what is left. Does not: when that happens (jobs.py), or erasing single people (erasure.py)."""

from __future__ import annotations

import calendar
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from orchestration.archive import Archive, Entry, sync
from orchestration.codebook import Codebook
from orchestration.collection.contacts import Contacts, Protected
from orchestration.collection.inbox import REGISTER
from orchestration.errors import SkillsBankError

pc: Any = pyarrow.compute  # its stubs know too few of the signatures it takes

LOG = "retention.jsonl"
_MOMENT = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
# What LimeSurvey writes for a moment that an anonymous survey must not keep.
_UNDATED = "1980-01-01"


@dataclass(frozen=True)
class Kept:
    """One edition's contacts: from when their time counts, until when they are kept, and what was deleted.

    ``since_what`` says which moment counts. ``files``, ``cells`` and ``bytes`` are those deleted, ``left`` how
    many files are there afterwards.
    """

    edition: str
    since: datetime | None
    since_what: str
    months: int
    until: datetime | None
    files: int = 0
    cells: int = 0
    bytes: int = 0
    left: int = 0


@dataclass(frozen=True)
class Retention:
    """What one run of the rule did: every edition with contacts, folders that no codebook knows, and what
    was put right."""

    editions: tuple[Kept, ...]
    unknown: tuple[str, ...]
    guarded: Protected


def retain(
    contacts: Contacts, archive: Archive, codebooks: Sequence[Codebook], logs: Path, *, now: datetime
) -> Retention:
    """Delete the contacts of each edition whose time is up, and write down each deletion in ``logs``.

    The time counts from the last answer to the edition (``submitdate`` or ``datestamp``, in any of its archived
    states); where answers are not dated, from its last collection. All contacts of an edition go together. The
    register's names of companies serve to identify respondents: they go with the last edition's contacts.
    Deleting can be repeated: a killed run is ended by the next one.

    Args:
        contacts: what goes.
        archive: tells when the last answer came.
        codebooks: say how many months. Contacts of an edition without one are kept, and named.
        logs: where ``retention.jsonl`` grows, a line a deletion.
        now: the moment, UTC.
    """
    guarded = contacts.protect()
    books = {book.edition: book for book in codebooks}
    folders = sorted(path for path in contacts.folder.glob("*") if path.is_dir())
    kept = [
        _edition(contacts, folder, books[folder.name], archive, logs, now)
        for folder in folders
        if folder.name in books
    ]
    others = [folder for folder in folders if folder.name not in books]
    kept += [
        _names(contacts, folder, any(one.left for one in kept), logs, now)
        for folder in others
        if folder.name == REGISTER
    ]
    return Retention(tuple(kept), tuple(one.name for one in others if one.name != REGISTER), guarded)


def _edition(  # noqa: PLR0917 - six things, each of another type
    contacts: Contacts, folder: Path, book: Codebook, archive: Archive, logs: Path, now: datetime
) -> Kept:
    entries = archive.entries(feed=book.edition)
    exports = [entry for entry in entries if entry.source in {export.source for export in book.exports}]
    since, what = _last_answer(exports), "last answer"
    if since is None and exports:
        since, what = max(entry.collected_at for entry in exports), "last collection"
    until = later(since, book.retention_months) if since else None
    files = sorted(path for path in folder.glob("*") if path.is_file())
    if since is None or until is None or now < until or not files:
        return Kept(folder.name, since, what if since else "nothing collected", book.retention_months, until,
                    left=len(files))  # fmt: skip
    return _deleted(
        contacts, folder, files, Kept(folder.name, since, what, book.retention_months, until), logs, now
    )


def _names(contacts: Contacts, folder: Path, needed: bool, logs: Path, now: datetime) -> Kept:
    files = sorted(path for path in folder.glob("*") if path.is_file())
    kept = Kept(
        folder.name, None, "names, kept as long as the contacts of any edition", 0, None, left=len(files)
    )
    return kept if needed or not files else _deleted(contacts, folder, files, kept, logs, now)


def _deleted(  # noqa: PLR0917 - six things, each of another type
    contacts: Contacts, folder: Path, files: Sequence[Path], due: Kept, logs: Path, now: datetime
) -> Kept:
    cells = sum(_cells(contacts, path) for path in files)
    size = sum(path.stat().st_size for path in files)
    done = replace(due, files=len(files), cells=cells, bytes=size, left=0)
    # Written down before and after: a kill in between shows as a deletion that was begun and not ended.
    with _log(logs) as note:
        note({"at": now, "event": "begun", **asdict(done)})
        for path in files:
            path.unlink()
        sync(folder)
        note({"at": now, "event": "deleted", **asdict(done), "left": len(list(folder.glob("*")))})
    return done


def _last_answer(entries: Sequence[Entry]) -> datetime | None:
    """The latest moment at which somebody answered, to the day; None where nothing is dated."""
    moments = [moment for entry in entries if (moment := _last_in(entry)) is not None]
    return max(moments, default=None)


def _last_in(entry: Entry) -> datetime | None:
    latest: str | None = None
    with pq.ParquetFile(entry.path) as file:
        names = [name for name in ("submitdate", "datestamp") if name in file.schema_arrow.names]
        for batch in file.iter_batches(columns=names) if names else ():
            for cells in batch.columns:
                dated = cells.filter(pc.fill_null(pc.match_substring_regex(cells, _MOMENT), False))
                # The text of a moment sorts as the moment does.
                newest = pc.max(dated.filter(pc.invert(pc.starts_with(dated, _UNDATED)))).as_py()
                latest = max(filter(None, (latest, newest)), default=None)
    try:
        moment = datetime.fromisoformat(latest[:10]).replace(tzinfo=UTC) if latest else None
    except ValueError:
        return None
    # No answer comes after its collection: a clock that was wrong must not keep contacts for ever.
    return min(moment, entry.collected_at) if moment else None


def later(moment: datetime, months: int) -> datetime:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _cells(contacts: Contacts, path: Path) -> int:
    try:
        return contacts.rows(path)
    except (OSError, pa.ArrowException, SkillsBankError):
        return 0  # a draft that a killed run left, or a lost key: it goes, but nobody can count it


@contextmanager
def _log(logs: Path) -> Iterator[Any]:
    """A log that only grows, each line on the disk before the work goes on."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / LOG).open("a", encoding="utf-8") as file:

        def note(facts: dict[str, Any]) -> None:
            file.write(json.dumps(facts, default=str, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

        yield note
