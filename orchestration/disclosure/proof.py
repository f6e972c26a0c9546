"""The proof on what really leaves. Belongs here: attacking the public tables of a staged release. Does not: the
attacks, or making the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.disclosure.attack import attack
from orchestration.disclosure.derived import PAIR
from orchestration.disclosure.previous import Previous
from orchestration.disclosure.rules import Rules
from orchestration.disclosure.show import SILENT, pattern_of
from orchestration.disclosure.systems import SHARE_OF, System
from orchestration.disclosure.words import Flag
from orchestration.errors import GateError
from orchestration.estimation.catalogue import SUBJECT
from orchestration.estimation.tables import listed, replaced, those, where

# The public tables that are attacked, by the name under which a run makes them.
ATTACKED = ("published_participation", "published_figures")


@dataclass(frozen=True)
class Proof:
    """What the attacker tried: ``systems`` attacked, ``cells`` printed in them, ``hidden`` and ``secrets`` among all
    cells; and ``breaches``, what it learned, in sentences. A release may leave when there is none."""

    systems: int
    cells: int
    hidden: int
    secrets: int
    breaches: tuple[str, ...]


def prove(
    edition: str,
    systems: Iterable[System],
    public: Mapping[str, pa.Table],
    previous: Previous | None = None,
    rules: Rules | None = None,
) -> Proof:
    """Attack every system of an edition with all that ``public`` (tables of ``ATTACKED``, with the ``subject`` in a
    column of their own) shows of it, and all that the release before showed.

    Raises GateError where the tables are not what protection made: a hidden row with a number, a figure of no
    protected system.
    """
    rows = {name: _told(public[name], edition) for name in ATTACKED}
    last = {name: _told(previous.shown[name], edition) for name in ATTACKED} if previous else {}
    known: set[tuple[str, str, str]] = set()
    total = Proof(0, 0, 0, 0, ())
    for system in systems:
        known |= system.tables.rows.keys()
        indicators = {key[0] for key in system.tables.rows}
        printed = _of(rows.values(), indicators)
        pattern = pattern_of(printed, system.tables, _of(last.values(), indicators) if last else None)
        earlier = previous.earlier(edition, system) if previous else []
        report = attack(system.tables, pattern, rules, earlier)
        total = Proof(
            total.systems + 1,
            total.cells + report.cells,
            total.hidden + report.hidden,
            total.secrets + report.secrets,
            (*total.breaches, *(f"{edition}, {system.name}: {breach}" for breach in report.breaches)),
        )
    for table in rows.values():
        keys = zip(*(table[name].to_pylist() for name in ("indicator", "domain_type", "domain")), strict=True)
        strays = [
            key for key, value in zip(keys, table["value"].to_pylist(), strict=True) if value is not None
        ]
        if lost := sorted(set(strays) - known):
            raise GateError(
                f"{len(lost)} figures belong to no protected system: {'; '.join(' '.join(key) for key in lost[:5])}",
                where=f"public tables, {edition}",
                expected="figures of the systems that were protected, and no other",
                fix="give the figure a system in orchestration/disclosure/systems.py",
            )
    return total


def unsupported(figures: pa.Table, changes: pa.Table, contrasts: pa.Table, models: pa.Table) -> list[str]:
    """Derived figures that are shown although a figure they are made of is not, in sentences."""
    names = ("edition", "indicator", "subject", "domain_type", "domain")
    keys = zip(*(figures[name].to_pylist() for name in names), strict=True)
    shown = {
        key for key, flag, value in zip(keys, figures["flag"].to_pylist(), figures["value"].to_pylist(), strict=True)
        if flag not in SILENT and value is not None
    }  # fmt: skip
    found = _mentions(figures)
    for row in changes.to_pylist():
        rest = tuple(row[name] for name in names[1:])
        if (
            row["value"] is not None
            and not {(row["edition"], *rest), (row["reference_edition"], *rest)} <= shown
        ):
            found.append(f"the change of {' '.join(filter(None, rest))} shows a hidden figure")
    for row in contrasts.to_pylist():
        domain = (row["domain_type"], row["domain"])
        pair = {(row["edition"], name, None, *domain) for name in PAIR}
        if row["source"] != "quoted" and row["value"] is not None and not pair <= shown:
            found.append(f"the contrast in {' '.join(domain)}, {row['edition']}, shows a hidden figure")
    for row in models.to_pylist():
        key = (row["edition"], row["indicator"], None, row["domain_type"], row["domain"])
        if row["gamma"] and key not in shown:
            found.append(f"the model of {row['domain']}, {row['edition']}, holds hidden answers")
    return found


def _mentions(figures: pa.Table) -> list[str]:
    """Shares of mentions of a domain of which a share of companies is hidden: it is what is missing to 100 %."""
    names = ("edition", "domain_type", "domain", "indicator", "subject", "flag", "value")
    rows = list(zip(*(figures[name].to_pylist() for name in names), strict=True))
    hidden = {row[:4] for row in rows if row[5] in (*SILENT, Flag.CARRIED_OVER)}
    return [
        f"the share of mentions {row[4]} in {row[1]} {row[2]}, {row[0]}, tells hidden shares of companies"
        for row in rows
        if row[6] is not None and row[5] != Flag.CARRIED_OVER and (*row[:3], SHARE_OF.get(row[3])) in hidden
    ]


def _told(table: pa.Table, edition: str) -> pa.Table:
    """The edition's rows under the systems' names, without those that nobody answered."""
    own = where(table, "edition", edition)
    own = those(
        own, (flag != "zero" or n != 0 for flag, n in zip(listed(own, "flag"), listed(own, "n"), strict=True))
    )
    if "subject" not in own.column_names:
        return own
    pairs = zip(listed(own, "indicator"), listed(own, "subject"), strict=True)
    return replaced(
        own, indicator=[name if subject is None else f"{name}{SUBJECT}{subject}" for name, subject in pairs]
    )


def _of(tables: Iterable[pa.Table], indicators: Collection[str]) -> pa.Table:
    among = pa.array(sorted(indicators), pa.string())
    parts = [table.filter(pc.is_in(table["indicator"], value_set=among)) for table in tables]
    return pa.concat_tables(parts, promote_options="default")
