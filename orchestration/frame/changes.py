"""From one version of a frame to the next. Belongs here: what changed, and how past codes are counted now. Does not:
reading frames."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeVar

from orchestration.frame.models import Competence, Frame

Comparability = Literal["identical", "close", "broken"]
_COMPARED = (
    "family",
    "label_fr",
    "label_en",
    "definition_fr",
    "definition_en",
    "valid_from",
    "valid_to",
    "replaces",
)
_Key = TypeVar("_Key", bound=Hashable)


class Change(NamedTuple):
    """One difference: what kind, the competence, and its value before and after (empty: there was none)."""

    kind: str
    code: str
    before: str
    after: str


class Recode(NamedTuple):
    """How a code of an older version is counted in a newer one.

    ``to`` is empty where nothing took its place. Comparability: ``identical``, the code goes on; ``close``, it
    became or joined one other competence; ``broken``, it was split or ended: editions are not compared on it.
    """

    code: str
    to: tuple[str, ...]
    comparability: Comparability


class Recoded(NamedTuple):
    """Rows in the newer codes, each once and in order, and the rows whose competence has no successor."""

    rows: list[tuple[Hashable, str]]
    lost: list[tuple[Hashable, str]]


def diff(old: Frame, new: Frame) -> list[Change]:
    """List what changed, by the competences' order in the new version; retired ones last."""
    return [*_competences(old, new), *_rows(old, new)]


def _competences(old: Frame, new: Frame) -> Iterator[Change]:
    before = {one.code: one for one in old.competences}
    after = {one.code: one for one in new.competences}
    for code, one in after.items():
        if code not in before:
            yield Change("added", code, "", one.label_en)
            continue
        for field in _COMPARED:
            was, is_ = (_shown(getattr(version[code], field)) for version in (before, after))
            if was != is_:
                yield Change(field, code, was, is_)
    for code, one in before.items():
        if code not in after:
            yield Change("removed", code, one.label_en, "")


def _rows(old: Frame, new: Frame) -> Iterator[Change]:
    for table in ("levels", "names", "links"):
        before, after = (dict.fromkeys(getattr(version, table)) for version in (old, new))
        for row in (row for row in before if row not in after):
            yield Change(table, row.code, _row(row), "")
        for row in (row for row in after if row not in before):
            yield Change(table, row.code, "", _row(row))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "|".join(map(str, value))
    return "" if value is None else str(value)


def _row(row: object) -> str:
    return " ".join(str(value) for name, value in row if name != "code" and value is not None)  # type: ignore[attr-defined]


def recodes(old: Frame, new: Frame) -> dict[str, Recode]:
    """Tell for each competence in use in the old version what it is counted as in the new one: see `recode_codes`."""
    return recode_codes((one.code for one in old.competences if one.valid_to is None), new)


def recode_codes(codes: Iterable[str], new: Frame) -> dict[str, Recode]:
    """Tell for each past code what it is counted as in the new version, also where the old frame is not at hand.

    A competence that is still in use keeps its code; else those that replace it, directly or through others
    retired since, take its place. A code that the new version does not know at all is counted as nothing.
    """
    heirs: dict[str, list[Competence]] = {}
    for one in new.competences:
        for code in one.replaces:
            heirs.setdefault(code, []).append(one)
    in_use = {one.code for one in new.competences if one.valid_to is None}

    def to(code: str) -> tuple[str, ...]:
        if code in in_use:
            return (code,)
        found = (last for heir in heirs.get(code, ()) for last in to(heir.code))
        return tuple(dict.fromkeys(found))

    def comparability(code: str, codes: tuple[str, ...]) -> Comparability:
        return "identical" if codes == (code,) else "close" if len(codes) == 1 else "broken"

    return {code: Recode(code, found := to(code), comparability(code, found)) for code in codes}


def recode(rows: Iterable[tuple[_Key, str]], old: Frame, new: Frame) -> Recoded:
    """Count past rows, (company, code) of the old version, in the new version's codes.

    A company that named two competences which became one counts once. One that named a competence which was
    split counts in each part: the union is right, the parts are upper bounds (``broken``). Nothing is lost
    silently: what has no successor, or is no code of the old version, is in ``lost``.
    """
    table = recodes(old, new)
    kept: dict[tuple[Hashable, str], None] = {}
    lost: list[tuple[Hashable, str]] = []
    for key, code in rows:
        codes = table[code].to if code in table else ()
        if not codes:
            lost.append((key, code))
        kept.update(dict.fromkeys((key, heir) for heir in codes))
    return Recoded(list(kept), lost)
