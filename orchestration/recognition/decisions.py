"""What people decided. Belongs here: decisions on texts, kept in a file and replayed, and how far coders agree. Does
not: the spreadsheet (review.py), or applying them (recogniser.py)."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.errors import ReviewError

COLUMNS = ("key", "codes", "decided_by", "decided_at", "frame_version")
BETWEEN = "|"


@dataclass(frozen=True, slots=True)
class Decision:
    """What one coder made of a text: ``key`` is it folded; no codes: outside the frame, or no need at all."""

    key: str
    codes: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    frame_version: str


def load_decisions(path: Path) -> list[Decision]:
    """Read the decisions, in the order they were made; none where there is no file yet.

    Raises:
        ReviewError: the file is not as `add_decisions` writes it; names the line.
    """
    if not path.exists():
        return []
    decisions = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise _wrong(path, 1, f"the columns {', '.join(COLUMNS)}")
        for row in reader:
            try:
                codes = tuple(code for code in row["codes"].split(BETWEEN) if code)
                when = datetime.fromisoformat(row["decided_at"])
                decisions.append(Decision(row["key"], codes, row["decided_by"], when, row["frame_version"]))
            except (ValueError, AttributeError, TypeError):
                raise _wrong(path, reader.line_num, "a row as skillsbank writes it") from None
    return decisions


def _wrong(path: Path, line: int, expected: str) -> ReviewError:
    return ReviewError(
        "the file of decisions cannot be read",
        where=f"{path}, line {line}",
        expected=expected,
        fix="restore the file from a backup, or correct the line",
    )


def add_decisions(path: Path, decisions: Iterable[Decision]) -> int:
    """Append what is not there yet, and give how many that were; the file is replaced at once, or left."""
    known = load_decisions(path)
    new = [one for one in dict.fromkeys(decisions) if one not in set(known)]
    if not new:
        return 0
    write_decisions(path, [*known, *new])
    return len(new)


def write_decisions(path: Path, decisions: Iterable[Decision]) -> None:
    """Replace the file of decisions at once: it is the old one or the new one, whole."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in decisions:
        when = one.decided_at.isoformat(timespec="seconds")
        writer.writerow([one.key, BETWEEN.join(one.codes), one.decided_by, when, one.frame_version])
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(lines.getvalue())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _by_coder(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """The latest decision of each coder, by text."""
    latest: dict[str, dict[str, Decision]] = defaultdict(dict)
    for one in sorted(decisions, key=lambda one: one.decided_at):
        latest[one.key][one.decided_by] = one
    return latest


def learned(decisions: Iterable[Decision], known: Collection[str]) -> dict[str, Decision]:
    """Give for each text what is replayed: what most of its coders decided last; a tie is not replayed.

    A decision that names a code which is not in ``known`` (the frame has changed) does not count: the text goes
    back to the queue.
    """
    replayed: dict[str, Decision] = {}
    for key, coders in _by_coder(decisions).items():
        usable = [one for one in coders.values() if set(one.codes) <= set(known)]
        votes = Counter(frozenset(one.codes) for one in usable).most_common(2)
        if votes and (len(votes) == 1 or votes[0][1] > votes[1][1]):
            chosen = [one for one in usable if frozenset(one.codes) == votes[0][0]]
            replayed[key] = max(chosen, key=lambda one: one.decided_at)
    return replayed


def disputed(decisions: Iterable[Decision]) -> list[str]:
    """The texts on which coders differ, sorted."""
    return sorted(
        key
        for key, coders in _by_coder(decisions).items()
        if len({frozenset(one.codes) for one in coders.values()}) > 1
    )


def agreement(decisions: Iterable[Decision]) -> dict[tuple[str, str], tuple[float, int]]:
    """Cohen's kappa of each two coders and the number of texts that both decided, by their names in order."""
    latest = _by_coder(decisions)
    coders = sorted({one for texts in latest.values() for one in texts})
    result: dict[tuple[str, str], tuple[float, int]] = {}
    for place, first in enumerate(coders):
        for second in coders[place + 1 :]:
            both = [texts for texts in latest.values() if first in texts and second in texts]
            if both:
                one, other = (
                    [BETWEEN.join(sorted(texts[who].codes)) for texts in both] for who in (first, second)
                )
                result[first, second] = (kappa(one, other), len(both))
    return result


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Cohen's kappa (1960) of two codings of the same texts: (p_o - p_e) / (1 - p_e), -1 to 1.

    1 where both always chose the one same code. ValueError for codings that are empty or differ in length.
    """
    if not first or len(first) != len(second):
        raise ValueError("kappa needs two codings of the same texts")
    count = len(first)
    observed = sum(one == other for one, other in zip(first, second, strict=True)) / count
    shares: tuple[Mapping[str, int], Mapping[str, int]] = (Counter(first), Counter(second))
    expected = sum(shares[0][code] * shares[1].get(code, 0) for code in shares[0]) / count**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)
