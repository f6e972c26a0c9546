"""Rules that look at several rows of a frame. Belongs here: faults that make a frame unusable. Does not: reading
files, or what is only worth a look (checking.py)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from orchestration.frame.models import Competence, Frame


class Fault(NamedTuple):
    """What is wrong with a row: table, number of the row in it (from 0), column, problem, expected, what to do."""

    table: str
    row: int
    column: str
    problem: str
    expected: str
    fix: str


def faults(frame: Frame) -> Iterator[Fault]:
    """Yield what makes a frame unusable, in the order of its tables."""
    known: dict[str, Competence] = {}
    for row, one in enumerate(frame.competences):
        if one.code in known:
            yield Fault(
                "competences", row, "code", f"the code '{one.code}' stands twice", "each code once",
                "give the second its own code",
            )  # fmt: skip
        known.setdefault(one.code, one)
    for row, one in enumerate(frame.competences):
        yield from _of_competence(frame, known, row, one)
    for table, codes in (
        ("levels", [one.code for one in frame.levels]),
        ("names", [one.code for one in frame.names]),
        ("links", [one.code for one in frame.links]),
    ):
        for row, code in enumerate(codes):
            if code not in known:
                yield Fault(
                    table, row, "code", f"there is no competence '{code}'",
                    "a code of competences.csv", "correct the code, or remove the row",
                )  # fmt: skip
    yield from _twice(frame)


def _of_competence(frame: Frame, known: dict[str, Competence], row: int, one: Competence) -> Iterator[Fault]:
    families = frame.heading.families
    if one.family not in families:
        yield Fault(
            "competences", row, "family", f"there is no family '{one.family}'", f"one of {', '.join(families)}",
            "correct it, or add the family to frame.yaml",
        )  # fmt: skip
    if one.valid_to is not None and one.valid_to <= one.valid_from:
        yield Fault(
            "competences", row, "valid_to", f"'{one.code}' ends on {one.valid_to}, before it begins",
            f"a day after {one.valid_from}", "correct one of the two dates",
        )  # fmt: skip
    for old in one.replaces:
        before = known.get(old)
        if before is None or before.valid_to is None or before.valid_to > one.valid_from or old == one.code:
            yield Fault(
                "competences", row, "replaces", f"'{one.code}' replaces '{old}', which is not retired by then",
                f"a competence whose valid_to is {one.valid_from} or before",
                f"keep '{old}' in the file and end it, or take it out of 'replaces'",
            )  # fmt: skip


def _twice(frame: Frame) -> Iterator[Fault]:
    for table, keys in (
        ("levels", [(one.code, str(one.level)) for one in frame.levels]),
        ("links", [(one.code, f"{one.scheme} {one.target}") for one in frame.links]),
        ("names", [(one.code, f"{one.language} {one.text}") for one in frame.names]),
    ):
        seen: set[tuple[str, str]] = set()
        for row, key in enumerate(keys):
            if key in seen:
                yield Fault(
                    table, row, "code", f"'{key[0]}' has '{key[1]}' twice", "each once", "remove one row",
                )  # fmt: skip
            seen.add(key)
