"""The review queue as a spreadsheet. Belongs here: writing what people should decide, and reading what they did. Does
not: keeping decisions (decisions.py), or what goes into the queue (recogniser.py)."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from orchestration.errors import ReviewError
from orchestration.frame import Scheme
from orchestration.personal_text import scrub_text
from orchestration.recognition.decisions import Decision
from orchestration.recognition.recogniser import Mapping
from orchestration.spreadsheets import workbook

OUTSIDE = "outside"
QUEUE, FRAME = "queue", "competences"
HEADINGS = (
    "key", "text", "times", "state", "candidate 1", "score 1", "candidate 2", "score 2", "candidate 3", "score 3",
    "decision", "decided by",
)  # fmt: skip
_CANDIDATES = 3


def export_queue(mappings: Iterable[Mapping], scheme: Scheme, path: Path) -> int:
    """Write what is to be decided as an Excel workbook, the most frequent texts first; gives their number.

    A coder writes in ``decision`` one or several codes (with ``|`` between) or "outside", and a name in
    ``decided by``. Texts outside the frame stand in the queue too: those that come again and again are
    candidates for new competences. The second sheet lists the competences.
    """
    waiting = [one for one in mappings if one.state in {"review", "outside"} and one.method == "ranked"]
    times = Counter(one.key for one in waiting)
    first = {one.key: one for one in reversed(waiting)}
    order = sorted(first, key=lambda key: (-times[key], first[key].state, key))
    labels = {concept.code: f"{concept.code} {concept.label('fr')}" for concept in scheme.concepts}
    with workbook(path) as book:
        book.add(QUEUE, [HEADINGS, *(_shown(first[key], times[key], labels) for key in order)])
        book.add(
            FRAME,
            [
                ("code", "fr", "en"),
                *((each.code, each.label("fr"), each.label("en")) for each in scheme.concepts),
            ],
        )
    return len(order)


def _shown(one: Mapping, times: int, labels: dict[str, str]) -> list[object]:
    """A row of the queue, up to where people write."""
    candidates = ((labels[each.code], round(each.score, 2)) for each in one.candidates[:_CANDIDATES])
    return [one.key, scrub_text(one.part), times, one.state, *chain.from_iterable(candidates)]


def import_decisions(path: Path, scheme: Scheme, now: datetime) -> list[Decision]:
    """Read a queue that people have filled in; rows without a decision are left for later.

    Raises:
        ReviewError: not such a workbook, a code that the frame has not, or a decision without a name; names
            the row.
    """
    when = now.astimezone(UTC).replace(microsecond=0)
    known = {concept.code for concept in scheme.concepts}
    decisions = []
    for row, cells in _rows(path):
        decision, coder = cells["decision"], cells["decided by"]
        if not decision:
            continue
        if not coder or not cells["key"]:
            raise ReviewError(
                "a decision has no name beside it" if not coder else "the key is gone",
                where=f"{path}, row {row}",
                expected="the coder's name or initials in 'decided by', and the key as it was exported",
                fix="fill it in",
            )
        codes = [] if decision.casefold() == OUTSIDE else [part.strip() for part in decision.split("|")]
        for code in codes:
            if code not in known:
                raise ReviewError(
                    f"the decision '{code}' is no competence of {scheme.version}",
                    where=f"{path}, row {row}, column 'decision'",
                    expected=f"codes of the sheet '{FRAME}' with | between, or '{OUTSIDE}'",
                    fix="correct the cell",
                )
        decisions.append(Decision(cells["key"], tuple(dict.fromkeys(codes)), coder, when, scheme.version))
    return decisions


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    import openpyxl  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = openpyxl.load_workbook(path, read_only=True)
        sheet = book[QUEUE]
        rows = sheet.iter_rows(max_col=50, values_only=True)
        headings = [str(cell or "").strip() for cell in next(rows, ())]
        cells = list(rows)
        book.close()
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, InvalidFileException) as problem:
        raise ReviewError(
            f"cannot be read as a review queue ({problem})",
            where=str(path),
            expected=f"the workbook that `skillsbank review export` wrote, with its sheet '{QUEUE}'",
            fix="save it as .xlsx, and keep the sheet's name",
        ) from problem
    needed = ("key", "decision", "decided by")
    if missing := [name for name in needed if name not in headings]:
        raise ReviewError(
            f"the sheet '{QUEUE}' lacks the column {', '.join(missing)}",
            where=f"{path}, row 1",
            expected=f"the columns {', '.join(needed)}",
            fix="put the heading back",
        )
    for number, row in enumerate(cells, 2):
        named = dict(zip(headings, row, strict=False))
        yield number, {name: str(named[name]).strip() if named[name] is not None else "" for name in needed}
