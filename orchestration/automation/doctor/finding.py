"""What the doctor says. Belongs here: the shape of one finding. Does not: any check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``warning`` works today and may not tomorrow; ``mended`` was wrong until this very call."""

    ok = "ok"
    mended = "mended"
    warning = "warning"
    wrong = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's table: the check's name, its state, what was found, and what to do about it."""

    check: str
    state: State
    said: str
    do: str = ""


def found(check: str, problems: list[str], do: str, *, fine: str, mended: bool = False) -> Finding:
    """A finding from a list of problems: the first three are told, and how many more there are."""
    if not problems:
        return Finding(check, State.ok, fine)
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    said = "; ".join(problems[:3]) + more
    return Finding(check, State.mended, said) if mended else Finding(check, State.wrong, said, do)
