"""From a folder to a checked frame. Belongs here: which files make a frame, and one clear error. Does not: the
rules themselves (models.py, rules.py), or other formats (importing.py)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ValidationError

from orchestration.errors import FrameError
from orchestration.frame.models import Competence, Frame, Heading, Level, Link, Name
from orchestration.frame.rules import faults
from orchestration.frame.tables import read_table, read_text

HEADING = "frame.yaml"
TABLES: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"competences": Competence, "levels": Level, "names": Name, "links": Link}
)


def load(folder: Path) -> Frame:
    """Read a frame: ``frame.yaml`` and the four CSV tables of a folder.

    Raises:
        FrameError: names the file, the line and the column of what is wrong, what was expected and what to do.
    """
    heading = read_heading(folder / HEADING)
    competences = read_table(folder / "competences.csv", Competence, ("replaces",))
    levels = read_table(folder / "levels.csv", Level)
    names = read_table(folder / "names.csv", Name)
    links = read_table(folder / "links.csv", Link)
    frame = Frame(
        heading,
        tuple(one for _, one in competences),
        tuple(one for _, one in levels),
        tuple(one for _, one in names),
        tuple(one for _, one in links),
    )
    lines = {
        table: [line for line, _ in rows]
        for table, rows in (
            ("competences", competences), ("levels", levels), ("names", names), ("links", links)
        )
    }  # fmt: skip
    found = list(faults(frame))
    if found:
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise FrameError(
            first.problem + more,
            where=f"{folder / first.table}.csv, line {lines[first.table][first.row]}, column '{first.column}'",
            expected=first.expected,
            fix=first.fix,
        )
    return frame


def read_heading(path: Path) -> Heading:
    """Read ``frame.yaml``; FrameError names the key that is wrong."""
    try:
        return Heading.model_validate(yaml.load(read_text(path), yaml.BaseLoader))
    except yaml.YAMLError as problem:
        raise FrameError(
            f"is not valid YAML: {' '.join(str(problem).split())}",
            where=str(path),
            expected="keys with values",
            fix="correct the line named",
        ) from problem
    except ValidationError as problem:
        error = problem.errors()[0]
        raise FrameError(
            f"the key '{'.'.join(str(part) for part in error['loc'])}' is wrong: {error['msg']}",
            where=str(path),
            expected="frame, version, valid_from, title, licence, families and levels",
            fix="correct the key; data/frame/frame.yaml of the project shows each",
        ) from problem
