"""A match for people and programs. Belongs here: writing it as tables, CSV or JSON. Does not: what is in it."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.matching.model import Match, Row

SHOWN = 10
Format = Literal["table", "csv", "json"]

# What a screen has room for; CSV and JSON have every column and row.
_OFFER = (
    "distance_km",
    "travel_km",
    "format",
    "level",
    "starts_on",
    "ends_on",
    "is_labelled_ice",
    "seats_left",
)
_ON_SCREEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "needs": (
        "Needs",
        ("competence_code", "label_fr", "share", "ci_low", "ci_high", "flag", "measured_in", "passed_over", "because",
         "offers", "offers_labelled", "offers_online", "nearest_km"),
    ),
    "not_used": ("Competences without a usable figure", ("competence_code", "label_fr", "passed_over")),
    "offers": ("Training offers", ("rank", "title_fr", "institution", "covers", "coverage", "score", *_OFFER)),
    "combination": ("What to combine", ("rank", "title_fr", "institution", "covers", "coverage", *_OFFER)),
    "uncovered": ("Needs that no offer covers", ("competence_code", "label_fr", "weight")),
    "label_candidates": (
        "Offers whose label would close most of the gap",
        ("rank", "title_fr", "institution", "covers", "gain", "closes", *_OFFER),
    ),
    "opportunities": (
        "Opportunities for students",
        ("rank", "title_fr", "opportunity_kind", "covers", "coverage", "commune", "distance_km", "level", "months",
         "starts_on", "is_own"),
    ),
}  # fmt: skip
_NAMES = {
    "competence_code": "competence",
    "label_fr": "label",
    "title_fr": "title",
    "distance_km": "km",
    "travel_km": "travel",
    "nearest_km": "nearest km",
    "offers_online": "online",
    "offers_labelled": "labelled",
    "is_labelled_ice": "ICE",
    "seats_left": "seats left",
    "opportunity_kind": "kind",
    "starts_on": "starts",
    "ends_on": "ends",
    "ci_low": "from",
    "ci_high": "to",
    "measured_in": "measured in",
    "is_own": "own",
    "passed_over": "passed over",
}
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
    """One row a recommendation, the columns of all parts side by side; lists are joined by |."""
    rows = [
        {**{f"subject_{name}": value for name, value in match.subject.items()}, "part": part, **row}
        for part, found in match.parts.items()
        for row in found
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _field(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _field(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return "|".join(value)
    return value


def _tables(match: Match) -> str:
    text = io.StringIO()
    width = None if sys.stdout.isatty() else 200
    console = Console(file=text, width=width, force_terminal=False, highlight=False, markup=False)
    subject = match.subject
    console.print(f"{subject['kind']} {subject['code']}, {subject['name']} ({subject['edition']})")
    for note in match.notes:
        console.print(f"- {note}", soft_wrap=True)
    for part, (title, columns) in _ON_SCREEN.items():
        if part in match.parts:
            _show(console, part, title, columns, match.parts[part])
    return text.getvalue()


def _show(console: Console, part: str, title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    console.print(f"\n{title}" + ("" if rows else ": none"))
    if not rows:
        return
    # A column that is empty in every row tells nothing.
    shown = [name for name in columns if any(row.get(name) is not None for row in rows)]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in shown:
        number = any(isinstance(row.get(name), int | float) for row in rows) and name != "is_own"
        table.add_column(
            _NAMES.get(name, name),
            justify="right" if number else "left",
            no_wrap=name not in ("title_fr", "institution", "label_fr", "covers"),
        )
    # Needs are told whole: everything after them rests on them.
    kept = rows if part in ("needs", "not_used", "uncovered") else rows[:SHOWN]
    for row in kept:
        table.add_row(*(Text(_cell(name, row.get(name))) for name in shown))
    console.print(table)
    if len(rows) > len(kept):
        console.print(f"The first {len(kept)} of {len(rows)}; --format csv gives all.")


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
