"""From a frame to a folder. Belongs here: writing the files that loading.py reads. Does not: changing a frame."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import yaml

from orchestration.frame.loading import HEADING, TABLES
from orchestration.frame.models import Frame


def save(frame: Frame, folder: Path) -> None:
    """Write a frame into a folder, which is made; the same frame gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    heading = frame.heading.model_dump(mode="json")
    text = yaml.safe_dump(heading, allow_unicode=True, sort_keys=False, width=110)
    (folder / HEADING).write_text(text, encoding="utf-8", newline="\n")
    for table, model in TABLES.items():
        columns = list(model.model_fields)
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(columns)
        for row in getattr(frame, table):
            writer.writerow([_cell(getattr(row, column)) for column in columns])
        (folder / f"{table}.csv").write_text(lines.getvalue(), encoding="utf-8", newline="\n")


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return "|".join(map(str, value))
    return "" if value is None else str(value)
