"""Contacts handed out as a table, on record. Belongs here: which may be handed out, where to, and the log of it. Does
not: keeping contacts (collection/contacts.py), or what becomes of the table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration import audit
from orchestration.archive import Archive
from orchestration.automation.lock import refresh_lock
from orchestration.codebook import Codebook, load_all
from orchestration.collection.contacts import REJECTED_ROW, Contacts
from orchestration.collection.tombstones import Tombstones
from orchestration.errors import SkillsBankError
from orchestration.identifiers import CompanyKeys
from orchestration.personal_text import hide
from orchestration.settings import Settings
from orchestration.spreadsheets import CsvLines, defused
from orchestration.sql_text import identifier

RESPONSE, CONSENT = "response", "contact_consent"
_COLUMNS = ["row_number", "respondent_id", "field", "value"]
_ROWS = 10_000
# A row a response. Rejected rows are nobody's that is known, and test rows nobody's at all.
_WIDE = """
with said as (
    select row_number, any_value(respondent_id) as respondent_id, {cells}
    from people
    where field <> $rejected and ($only is null or respondent_id = $only)
    group by row_number
)

select s.respondent_id, {consent}, s.* exclude (row_number, respondent_id)
from said as s join read_parquet($entry) as a using (row_number)
where a.rejected is null and not a.is_test
order by row_number
"""


@dataclass(frozen=True)
class _Source:
    """A source's latest export without contacts, and the contacts split off from it."""

    entry: Path
    people: Path
    fields: frozenset[str]


def export_contacts(settings: Settings, who: str, path: Path, *, reason: str) -> int:
    """Write the contacts of an edition, or of one response, to a new CSV file (0600); gives the number of responses.

    A row a response, a column a personal column of the latest exports, and ``contact_consent`` as it was answered where
    the codebook asks for it. The audit log gets who, why and how many, never a cell; what it does not get is not
    handed out.

    Args:
        settings: where everything is.
        who: ``<edition>`` or ``<edition>/<respondent_id>``.
        path: the file, outside the data folder.
        reason: what for, without naming anybody.

    Raises:
        BusyError: a refresh is running.
        SkillsBankError: there is no such edition or response, its contacts are no longer kept, an erasure is not ended,
            the reason is missing or names somebody, or the file is in the wrong place or exists.
    """
    book, only = _asked(settings, who)
    _check(settings, path, reason)
    with refresh_lock(settings.data, "export of contacts"):
        archive, contacts = Archive(settings.archive), Contacts.of(settings)
        # Refuses while an erasure is not ended.
        Tombstones.load(archive.root, CompanyKeys.load(settings.company_key_secret, settings.secrets))
        with _new_file(path) as file:
            rows = _write(file, book, contacts, _sources(book, archive, contacts), only)
            if not rows:
                raise SkillsBankError(
                    "no contacts of it are kept",
                    where=who,
                    expected="an edition or response that left some, within the time they are kept",
                    fix="look the response up in the release; retention and erasures delete contacts for good",
                )
            audit.record(settings, "contacts exported", who, rows=rows, reason=reason.strip())
    return rows


def _asked(settings: Settings, who: str) -> tuple[Codebook, int | None]:
    edition, slash, number = who.partition("/")
    book = next((book for book in load_all(settings.codebooks) if book.edition == edition), None)
    if book is None or (slash and not (number.isascii() and number.isdigit())):
        raise SkillsBankError(
            f"'{who}' names no edition or response",
            expected="an edition that has a codebook, or <edition>/<respondent_id>",
        )
    return book, int(number) if slash else None


def _check(settings: Settings, path: Path, reason: str) -> None:
    if not reason.strip() or hide(reason) != reason:
        raise SkillsBankError(
            "the reason is missing, or names somebody",
            where="--reason",
            expected="what for, such as 'access request 2026-17' or 'thank-you mail of the campaign'",
            fix="leave out addresses and numbers of people and companies: the audit log keeps it for good",
        )
    if path.resolve().is_relative_to(settings.data.resolve()):
        raise SkillsBankError(
            "contacts are not written into the data folder",
            where=str(path),
            expected="a file on an encrypted disk, for the eyes of whom it is for",
            fix="name a file in another folder, and delete it once it has served",
        )


def _sources(book: Codebook, archive: Archive, contacts: Contacts) -> list[_Source]:
    entries = [archive.latest(export.source, book.edition) for export in book.exports]
    found = []
    for entry in filter(None, entries):
        people = contacts.path_of(entry)
        if people.is_file():
            fields = {
                str(field) for field in pc.unique(contacts.read(people, ["field"])["field"]).to_pylist()
            }
            found.append(_Source(entry.path, people, frozenset(fields - {REJECTED_ROW})))
    return found


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file of this user's alone; it is gone again where it was not ended."""
    try:
        # Neither over another file nor through a link.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise SkillsBankError(
            f"it cannot be written ({problem.strerror})",
            where=str(path),
            expected="a file that does not exist yet, in a folder with room",
            fix="name another one",
        ) from problem


def _write(
    file: TextIO, book: Codebook, contacts: Contacts, sources: Sequence[_Source], only: int | None
) -> int:
    consent = next((one.heading for one in book.columns().values() if one.variable == CONSENT), None)
    fields = sorted(set().union(*(one.fields for one in sources)))
    writer = csv.writer(CsvLines(file))
    writer.writerow([RESPONSE, *([CONSENT] if consent else []), *map(defused, fields)])
    rows = 0
    for one in sources:
        asked = consent if consent in pq.read_schema(one.entry).names else None
        sql = _WIDE.format(
            cells=", ".join(f"max(value) filter (where field = $f{n}) as f{n}" for n in range(len(fields))),
            consent="a." + identifier(asked) if asked else "null",
        )
        names = {f"f{n}": name for n, name in enumerate(fields)}
        with (
            duckdb.connect(config={"temp_directory": "", "threads": 2}) as connection,
            contacts.scan(one.people, _COLUMNS) as people,
        ):
            connection.register("people", people)
            result = connection.execute(
                sql, {**names, "rejected": REJECTED_ROW, "only": only, "entry": str(one.entry)}
            )
            while some := result.fetchmany(_ROWS):
                for respondent, said, *cells in some:
                    response = f"{book.edition}/{respondent}" if respondent is not None else ""
                    texts = [response, *([said] if consent else []), *cells]
                    writer.writerow([defused(text or "") for text in texts])
                rows += len(some)
    return rows
