"""A match for people and programs. Belongs here: writing it as tables, CSV or JSON. Does not: what is in it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.matching.model import Match, Row
from orchestration.spreadsheets import CsvLines, defused

SHOWN = 10
NARROWEST = 100
Format = Literal["table", "csv", "json"]

# What a screen has room for: a heading, and the columns that share its cell, one a line. CSV and JSON have all.
_Column = tuple[str, tuple[str, ...]]
_NEED: _Column = ("need", ("competence_code", "label_fr"))
_OFFER: tuple[_Column, ...] = (
    ("km", ("distance_km", "format")),
    ("level", ("level", "language")),
    ("dates", ("starts_on", "ends_on")),
    ("ICE", ("is_labelled_ice",)),
    ("seats left", ("seats_left",)),
)
_TITLE: _Column = ("offer", ("title_fr", "institution"))
_COVERS: tuple[_Column, ...] = (("covers", ("covers",)), ("coverage", ("coverage",)))
_ON_SCREEN: dict[str, tuple[str, tuple[_Column, ...]]] = {
    "needs": (
        "Needs",
        (
            _NEED,
            ("share", ("share",)),
            ("from", ("ci_low",)),
            ("to", ("ci_high",)),
            ("flag", ("flag",)),
            ("measured in", ("measured_in",)),
            ("because", ("because",)),
            ("offers", ("offers",)),
            ("labelled", ("offers_labelled",)),
            ("nearest km", ("nearest_km",)),
        ),
    ),
    "not_used": ("Competences without a usable figure", (_NEED, ("figures", ("passed_over",)))),
    "offers": ("Training offers", (("", ("rank",)), _TITLE, *_COVERS, ("score", ("score",)), *_OFFER)),
    "combination": ("What to combine", (("", ("rank",)), _TITLE, *_COVERS, *_OFFER)),
    "uncovered": ("Needs that no offer covers", (_NEED,)),
    "label_candidates": (
        "Offers whose label would close most of the gap",
        (
            ("", ("rank",)),
            _TITLE,
            ("covers", ("covers",)),
            ("gain", ("gain",)),
            ("closes", ("closes",)),
            *_OFFER[:-2],
            _OFFER[-1],
        ),
    ),
    "opportunities": (
        "Opportunities for students",
        (
            ("", ("rank",)),
            ("opportunity", ("title_fr", "opportunity_kind")),
            *_COVERS,
            ("place", ("commune",)),
            ("km", ("distance_km",)),
            ("level", ("level",)),
            ("months", ("months",)),
            ("starts", ("starts_on",)),
            ("own", ("is_own",)),
        ),
    ),
}
_WRAPPED = frozenset({"need", "offer", "opportunity", "covers", "place", "because", "figures"})
_SHARES = frozenset({"share", "ci_low", "ci_high", "coverage", "score", "gain", "closes"})


def write(match: Match, format: Format, file: BinaryIO) -> None:
    """Write a match: ``table`` (the first rows of each part), ``csv`` (one table that names the part), ``json``."""
    match format:
        case "table":
            text = _tables(match)
        case "csv":
            text = _csv(match)
        case "json":
            text = json.dumps(
                {"subject": match.subject, "notes": match.notes, **match.parts},
                ensure_ascii=False,
                indent=1,
                default=str,
            )
            text += "\n"
    file.write(text.encode())


def _csv(match: Match) -> str:
    """One row a recommendation, the columns of all parts side by side; lists are joined by |. People open it in a
    spreadsheet, and names and titles are partners' texts: JSON has them as they are."""
    rows = [
        {**{f"subject_{name}": value for name, value in match.subject.items()}, "part": part, **row}
        for part, found in match.parts.items()
        for row in found
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(CsvLines(text), columns)
    writer.writeheader()
    writer.writerows({name: _field(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _field(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return defused("|".join(value))
        case str():
            return defused(value)
    return value


def _tables(match: Match) -> str:
    text = io.StringIO()
    # Elsewhere than on a screen, as on a wide one.
    width = max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 140
    console = Console(file=text, width=width, force_terminal=False, highlight=False, markup=False)
    subject = match.subject
    edition = f" ({subject['edition']})" if subject["edition"] else ""
    console.print(f"{subject['kind']} {subject['code']}, {subject['name']}{edition}")
    for note in match.notes:
        console.print(f"- {note}", soft_wrap=True)
    for part, (title, columns) in _ON_SCREEN.items():
        if part in match.parts:
            # Needs are told whole: everything after them rests on them.
            is_whole = part in ("needs", "not_used", "uncovered")
            _show(console, title, columns, match.parts[part], None if is_whole else SHOWN)
    return text.getvalue()


def _show(
    console: Console, title: str, columns: Sequence[_Column], rows: Sequence[Row], most: int | None
) -> None:
    console.print(f"\n{title}" + ("" if rows else ": none"))
    if not rows:
        return
    # A column that is empty in every row tells nothing.
    shown = [
        (heading, names)
        for heading, names in columns
        if any(row.get(name) is not None for row in rows for name in names)
    ]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, padding=(0, 1))
    for heading, names in shown:
        is_number = any(
            isinstance(row.get(names[0]), int | float) and row[names[0]] is not True for row in rows
        )
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            no_wrap=heading not in _WRAPPED,
            overflow="fold",
        )
    joints = [" " if heading == "need" else "\n" for heading, _ in shown]
    for row in rows[:most]:
        cells = [filter(None, (_cell(name, row.get(name)) for name in names)) for _, names in shown]
        table.add_row(*(Text(joint.join(lines)) for lines, joint in zip(cells, joints, strict=True)))
    console.print(table)
    if most is not None and len(rows) > most:
        console.print(f"The first {most} of {len(rows)}; --format csv gives all.")


def _cell(name: str, value: Any) -> str:
    match value:
        case None | False:
            text = ""
        case True:
            text = "yes"
        case list():
            text = " ".join(value)
        case float() if name in _SHARES:
            text = f"{value:.0%}"
        case float():
            text = f"{value:.2f}" if name == "weight" else f"{value:.0f}"
        case _:
            text = str(value)
    # No control character of the data reaches the terminal.
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
