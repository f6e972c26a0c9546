"""How large a company is by law. Belongs here: the European and the French definitions as pure functions.
Does not: where headcounts come from, the size classes of the figures (dbt_project/seeds/size_classes.csv)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from orchestration.errors import SkillsBankError

EuSize = Literal["micro", "small", "medium", "large"]
FrenchCategory = Literal["MIC", "PME", "ETI", "GE"]
_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True)
class _Ceiling:
    """A class: fewer people than ``headcount``, and turnover or balance sheet total (euros) no higher than
    these."""

    headcount: int
    turnover: int
    balance_sheet: int


_MILLION = 1_000_000
_MICRO = _Ceiling(10, 2 * _MILLION, 2 * _MILLION)
_MEDIUM = _Ceiling(250, 50 * _MILLION, 43 * _MILLION)
_EU: dict[EuSize, _Ceiling] = {
    "micro": _MICRO,
    "small": _Ceiling(50, 10 * _MILLION, 10 * _MILLION),
    "medium": _MEDIUM,
}
_FRENCH: dict[FrenchCategory, _Ceiling] = {
    "MIC": _MICRO,
    "PME": _MEDIUM,
    "ETI": _Ceiling(5_000, 1_500 * _MILLION, 2_000 * _MILLION),
}


def eu_size(headcount: float | None, turnover: float | None, balance_sheet: float | None) -> EuSize | None:
    """The size by Recommendation 2003/361/EC, annex, article 2; None where what is known does not settle it.

    A company is in the smallest class whose headcount it stays below and whose turnover or balance sheet
    total it does not exceed: one of the two is enough.

    Args:
        headcount: annual work units.
        turnover: euros a year.
        balance_sheet: balance sheet total, euros.

    The figures are those of the whole enterprise: partner and linked enterprises (article 3) are to be added
    by whoever calls. The class changes after two years beyond a ceiling (article 4); one year is judged here.

    Raises:
        SkillsBankError: a negative number.
    """
    return _smallest(_EU, "large", headcount, turnover, balance_sheet)


def french_category(
    headcount: float | None, turnover: float | None, balance_sheet: float | None
) -> FrenchCategory | None:
    """The category by decree 2008-1354, article 3; None where what is known does not settle it.

    ``MIC`` (microentreprise, which the decree counts among the PME), ``PME``, ``ETI`` (entreprise de taille
    intermédiaire) or ``GE`` (grande entreprise). Arguments and errors as for ``eu_size``; the figures are
    those of the *entreprise* of the decree, which may be a group of legal units. Sirene's categorieEntreprise
    follows the decree without telling MIC from PME.
    """
    return _smallest(_FRENCH, "GE", headcount, turnover, balance_sheet)


def _smallest(
    classes: dict[_Name, _Ceiling],
    beyond: _Name,
    headcount: float | None,
    turnover: float | None,
    balance_sheet: float | None,
) -> _Name | None:
    for what, value in (("headcount", headcount), ("turnover", turnover), ("balance sheet", balance_sheet)):
        if value is not None and not value >= 0:
            raise SkillsBankError(f"the {what} is {value}", expected="zero or more, or None for unknown")
    if headcount is None:
        return None
    for name, ceiling in classes.items():
        if headcount >= ceiling.headcount:
            continue
        within = (_within(turnover, ceiling.turnover), _within(balance_sheet, ceiling.balance_sheet))
        if True in within:
            return name
        if None in within:
            return None
    return beyond


def _within(value: float | None, ceiling: int) -> bool | None:
    return None if value is None else value <= ceiling
