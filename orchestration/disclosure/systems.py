"""The linked systems of an edition. Belongs here: which figures are protected together, and from which respondents.
Does not: the rules, the methods, or the figures' values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from orchestration.disclosure.cells import Breakdown
from orchestration.disclosure.protect import Protection
from orchestration.disclosure.tables import Count, Magnitude, Share, Tables, build
from orchestration.estimation import catalogue
from orchestration.estimation.catalogue import BREAKDOWNS, COARSE, ONE_WAY, SUBJECT, WITHIN, Asked
from orchestration.estimation.indicators import Breakdown as Cut
from orchestration.estimation.tables import replaced

BASE, INNOVATION, EXPORT = "participation", "innovation", "export"
# Hardly a territory has them (70 of 5,380 figures of the sample).
_MENTIONED = tuple(cut for cut in ONE_WAY if cut.name != "territory")
# The shares of companies that go with the shares of mentions of a question.
SHARE_OF = {catalogue.NEED_MENTIONS: catalogue.NEED, catalogue.HARD_MENTIONS: catalogue.HARD}
_TOTAL = Magnitude("total", "total", "weighted_total")


@dataclass(frozen=True)
class _Spec:
    """One system: whom its figures are about (``asked``, in SQL), what they add up, and how they are cut."""

    name: str
    base: str | None
    asked: str
    figure: Count | Share | Magnitude
    values: tuple[str, ...]
    cuts: Sequence[Cut]
    indicators: tuple[str, ...]
    base_of: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    only: tuple[tuple[str, str], ...] = ()

    def breakdowns(self) -> list[Breakdown]:
        """Every cut of every indicator; of those in ``only``, about innovators or the others, the coarse cuts."""
        every = [
            Breakdown(self.indicators, cut.name, cut.columns, separator=cut.separator) for cut in self.cuts
        ]
        return every + [
            Breakdown((name,), cut.name, cut.columns, (("innovator", kind),))
            for kind, name in self.only
            for cut in COARSE
        ]


@dataclass(frozen=True, eq=False)
class System:
    """Figures that are protected together. Domains where the system ``base`` hides a figure (one of ``base_of``, where
    given) are hidden here too, and so are those that a system of ``also`` hides."""

    name: str
    base: str | None
    base_of: tuple[str, ...]
    also: tuple[str, ...]
    tables: Tables

    def within(self, done: Mapping[str, Protection]) -> list[Protection]:
        """The protections to pass to ``protect`` as its bases."""
        if self.base is None:
            return []
        others = [done[name] for name in self.also if name in done]
        # A question that nobody answered has no system; what stands on it stands on the respondents then.
        base = done.get(self.base)
        if base is None:
            return [done[BASE], *others]
        if not self.base_of:
            return [base, *others]
        rows = {key: cell for key, cell in base.tables.rows.items() if key[0] in self.base_of}
        return [replace(base, tables=replace(base.tables, rows=rows)), *others]


def systems(
    connection: duckdb.DuckDBPyConnection, respondents: str, asked: Asked, *, weight: str
) -> Iterator[System]:
    """The systems of one edition, each after its base.

    ``respondents`` stands after FROM: the table of ``estimation.respondents.load`` with the ``weight`` (an SQL
    expression; 1 where there is none). The keys' indicators carry their subject: ``need_share:INT-01``. A question
    that nobody answered has no system.
    """
    specs = list(_specs(asked))
    columns = sorted(
        {column for spec in specs for cut in spec.cuts for column in cut.columns} | {"innovator"}
    )
    # Where everybody stands is sorted and read once: each system then has numbers of rows to sort and to read.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE places AS "
        f"SELECT respondent_id, row_number() OVER (ORDER BY contributor) - 1 AS place FROM {respondents}"
    )
    placed = f"{respondents} JOIN places USING (respondent_id)"
    everybody = connection.sql(
        f"SELECT contributor, {', '.join(columns)} FROM {placed} ORDER BY place"
    ).to_arrow_table()
    everybody = replaced(everybody, **{name: everybody[name].dictionary_encode() for name in columns})
    for spec in specs:
        rows = connection.sql(
            f"SELECT place, 1.0 AS n, CAST({weight} AS DOUBLE) AS weighted_n"
            f"{''.join(', ' + value for value in spec.values).format(weight=weight)} "
            f"FROM {placed} WHERE {spec.asked} ORDER BY place"
        ).to_arrow_table()
        if rows.num_rows:
            who = everybody.take(rows["place"])
            for name in rows.column_names[1:]:
                who = who.append_column(name, rows[name])
            yield System(
                spec.name,
                spec.base,
                spec.base_of,
                spec.also,
                build(who, spec.breakdowns(), spec.figure, WITHIN),
            )


def _specs(asked: Asked) -> Iterator[_Spec]:
    yield _Spec(BASE, None, "TRUE", Count(), (), BREAKDOWNS, ("participation_rate",))
    yield _share(INNOVATION, BASE, "is_innovator", BREAKDOWNS, ("innovation_rate", "innovating_companies"))
    # After innovation, since the numbers behind both rates are the companies that do and do not innovate.
    export = _share(EXPORT, INNOVATION, "exports", BREAKDOWNS, ("export_rate", "exporting_companies"))
    yield replace(
        export, only=(("yes", "export_rate_among_innovators"), ("no", "export_rate_among_non_innovators"))
    )
    for base, column in ((INNOVATION, "is_innovator"), (EXPORT, "exports")):
        yield _Spec(
            f"{base} of headcount",
            base,
            f"{column} IS NOT NULL AND headcount > 0",
            _TOTAL,
            # Who employs nearly everybody of a domain gives the answer of all: the rule is on the employees.
            (
                "headcount AS total",
                f"CASE WHEN {column} THEN headcount ELSE 0 END * {{weight}} AS weighted_total",
            ),
            BREAKDOWNS,
            (f"{base}_rate_of_headcount",),
            base_of=(f"{base}_rate",),
        )
    exported = _magnitude(
        "export share", EXPORT, "exports AND export_share IS NOT NULL", "export_share", ("export_share_mean",)
    )
    yield replace(exported, base_of=("export_rate",))
    spent = ("rd_spend_mean", "rd_spend_total", "rd_spend_median")
    yield _magnitude("spending", BASE, "rd_spend_keur IS NOT NULL", "rd_spend_keur", spent)
    for each in catalogue.competences(asked):
        yield _share(each.name, BASE, each.value, ONE_WAY, (each.name,))
    for each in catalogue.priorities(asked):
        need = f"{catalogue.NEED}{SUBJECT}{each.name.split(SUBJECT)[1]}"
        if each.kind == "mean":
            rated = _magnitude(each.name, need, f"{each.value} IS NOT NULL", each.value, (each.name,))
            yield replace(rated, cuts=COARSE)
        else:
            yield _share(each.name, need, each.value, COARSE, (each.name,))
    yield from _expressed(asked)
    # The shares of a domain add up to 100 %, so they are shown where those of companies are shown of every competence:
    # all that they tell is then told already, but for who answered.
    for question, share in SHARE_OF.items():
        listed = [each for each in catalogue.mentions(asked) if each.name.split(SUBJECT)[0] == question]
        if listed:
            names = tuple(each.name for each in listed)
            shares = tuple(name.replace(question, share) for name in names)
            yield _Spec(question, shares[0], listed[0].base, Count(), (), _MENTIONED, names, also=shares[1:])


def _expressed(asked: Asked) -> Iterator[_Spec]:
    """Needs by whatever question, nationally: below, the one or two companies that make the difference to the closed
    questions would be told by subtraction. So those that closed questions leave are a system of their own before it."""
    for each in catalogue.expressed(asked):
        code = each.name.split(SUBJECT)[1]
        base = BASE
        if code in asked.needs:
            rest = _share(
                f"{each.name} beside closed questions",
                f"{catalogue.NEED}{SUBJECT}{code}",
                each.value,
                BREAKDOWNS[:1],
                (each.name,),
            )
            yield replace(rest, asked=f"{rest.asked} AND NOT coalesce({catalogue.need_column(code)}, FALSE)")
            base = rest.name
        yield _share(each.name, base, each.value, BREAKDOWNS[:1], (each.name,))


def _share(name: str, base: str, column: str, cuts: Sequence[Cut], indicators: tuple[str, ...]) -> _Spec:
    yes = f"CAST({column} AS DOUBLE)"
    values = (f"{yes} AS yes", f"{yes} * {{weight}} AS weighted_yes")
    return _Spec(name, base, f"{column} IS NOT NULL", Share(), values, cuts, indicators)


def _magnitude(name: str, base: str, asked: str, column: str, indicators: tuple[str, ...]) -> _Spec:
    values = (
        f"CAST({column} AS DOUBLE) AS total",
        f"CAST({column} AS DOUBLE) * {{weight}} AS weighted_total",
    )
    return _Spec(name, base, asked, _TOTAL, values, BREAKDOWNS, indicators)
