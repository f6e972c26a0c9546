"""CSV tables with checked rows. Belongs here: reading UTF-8 CSV into models, and naming file, line and column of
what is wrong. Does not: what the tables mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.errors import FrameError

_Model = TypeVar("_Model", bound=BaseModel)
_EXPECTED = {
    "missing": "a value",
    "literal_error": "one of {expected}",
    "string_pattern_mismatch": "a text of the form {pattern}",
    "string_too_short": "a text that is not empty",
    "date_from_datetime_parsing": "a date such as 2026-01-31",
    "date_parsing": "a date such as 2026-01-31",
}


class Row(NamedTuple):
    """A row of a table: the line it ends on, and its cells by column, trimmed; empty ones are left out."""

    line: int
    cells: dict[str, str]


def read_text(path: Path) -> str:
    """Read a UTF-8 file, with or without mark; FrameError if it is missing or of another encoding."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise FrameError(
            f"cannot be read ({problem.strerror})",
            where=str(path),
            expected="a file of the frame",
            fix="check the path and the file's permissions",
        ) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise FrameError(
            f"is not UTF-8 (byte {problem.object[problem.start]:#04x})",
            where=f"{path}, line {line}",
            expected="UTF-8 text",
            fix="save the file as 'CSV UTF-8'",
        ) from problem


def read_rows(path: Path, needed: Sequence[str], known: Sequence[str] | None = None) -> Iterator[Row]:
    """Yield the rows of a CSV file (``,``, ``;`` or tab, by its headings), but for empty ones.

    Raises:
        FrameError: no heading line, a heading missing, unknown (where ``known`` is given) or twice, or a row
            with more cells than headings.
    """
    text = read_text(path)
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    headings = [heading.strip() for heading in next(reader, [])]
    _check_headings(path, headings, needed, known)
    for cells in reader:
        if len(cells) > len(headings):
            raise FrameError(
                f"the row has {len(cells)} cells",
                where=f"{path}, line {reader.line_num}",
                expected=f"{len(headings)}, as there are headings",
                fix="quote texts that contain the separator",
            )
        filled = {
            heading: cell.strip() for heading, cell in zip(headings, cells, strict=False) if cell.strip()
        }
        if filled:
            yield Row(reader.line_num, filled)


def _check_headings(
    path: Path, headings: Sequence[str], needed: Sequence[str], known: Sequence[str] | None
) -> None:
    missing = [name for name in needed if name not in headings]
    unknown = [] if known is None else [name for name in headings if name not in known]
    twice = [name for name in dict.fromkeys(headings) if headings.count(name) > 1]
    for names, problem in ((missing, "lacks"), (unknown, "has unknown"), (twice, "has twice")):
        if names:
            raise FrameError(
                f"{problem} the column {', '.join(repr(name) for name in names)}",
                where=f"{path}, line 1",
                expected=f"the columns {', '.join(known or needed)}",
                fix="correct the first line",
            )


def read_table(path: Path, model: type[_Model], lists: Sequence[str] = ()) -> list[tuple[int, _Model]]:
    """Read a table into models, each with its line; columns in ``lists`` hold several texts, ``|`` between.

    Raises:
        FrameError: names file, line, column, what was expected and what to do; further faults are counted.
    """
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    read: list[tuple[int, _Model]] = []
    faults: list[tuple[int, ValidationError]] = []
    for row in read_rows(path, needed, list(model.model_fields)):
        try:
            read.append((row.line, model.model_validate(split_lists(row.cells, model, lists))))
        except ValidationError as problem:
            faults.append((row.line, problem))
    if faults:
        raise fault(path, faults)
    return read


def split_lists(cells: dict[str, str], model: type[BaseModel], lists: Sequence[str]) -> dict[str, object]:
    """Make of a row's cells what the model takes: lists split at ``|``, whole numbers, None for no language."""
    made: dict[str, object] = {
        name: [part.strip() for part in cell.split("|") if part.strip()] if name in lists else cell
        for name, cell in cells.items()
    }
    if "level" in made and str(made["level"]).isdigit():
        made["level"] = int(str(made["level"]))
    if "language" in model.model_fields:
        made.setdefault("language", None)
    return made


def fault(path: Path, faults: Sequence[tuple[int, ValidationError]], unit: str = "line") -> FrameError:
    """Tell the first fault of a file in our own words, and where the others are; ``unit`` is what is numbered."""
    line, problem = faults[0]
    error = problem.errors()[0]
    column = error["loc"][0] if error["loc"] else "?"
    given = error.get("input")
    expected = _EXPECTED.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    others = ", ".join(str(other) for other, _ in faults[1:21])
    also = f" (and {len(faults) - 1} more: {unit}s {others})" if others else ""
    said = "is empty" if error["type"] == "missing" else f"holds {str(given)[:40]!r}"
    return FrameError(
        f"the column '{column}' {said}{also}",
        where=f"{path}, {unit} {line}",
        expected=expected,
        fix=f"correct this {unit}",
    )
