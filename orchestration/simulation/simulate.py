"""The simulated campaign as files. Belongs here: the order of work, the layout of the folder. Does not:
models of the population, of non-response or of answers."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.errors import SkillsBankError
from orchestration.settings import Settings
from orchestration.simulation import (
    campaign,
    company_feeds,
    edition_2012,
    limesurvey,
    partners,
    places,
    register,
    tour_2019,
    tour_feeds,
    truth,
)
from orchestration.simulation.cells import Cells, choose, only, padded, take
from orchestration.simulation.numbers import CAPACITY
from orchestration.simulation.population import BANDS, CODES, Companies, Population
from orchestration.simulation.questionnaires import Answering, answering
from orchestration.simulation.streams import stream
from orchestration.simulation.visits import visits

_LEAST_POPULATION, _COMPANIES_PER_RESPONDENT, _LEAST_PER_RESPONDENT = 30_000, 6, 4


@dataclass(frozen=True)
class _Export:
    """How one edition's answers become a file."""

    file: str
    pages: int
    answers: Callable[[np.random.Generator, Answering, int], dict[str, Cells]]
    header: Callable[[Sequence[str]], bytes]
    rows: Callable[[Sequence[Cells]], memoryview]
    end: bytes


_EXPORTS = {
    edition_2012.EDITION: _Export(
        "vvexport.txt",
        edition_2012.PAGES,
        edition_2012.answers,
        lambda _: limesurvey.vv_header(edition_2012.HEADINGS),
        limesurvey.vv_rows,
        b"",
    ),
    tour_2019.EDITION: _Export(
        "responses.csv",
        tour_2019.PAGES,
        tour_2019.answers,
        limesurvey.csv_header,
        limesurvey.csv_rows,
        limesurvey.CSV_END,
    ),
}

_FRAME_COLUMNS: dict[str, pa.DataType] = {
    "siren": pa.string(),
    "commune_code": pa.string(),
    "naf_code": pa.string(),
    "headcount_band": pa.string(),
    "is_invited": pa.bool_(),
    "invitation_mode": pa.string(),
    "invited_on": pa.date32(),
}
FRAME = pa.schema(_FRAME_COLUMNS)


def simulate(
    folder: Path, *, respondents: int = 1000, seed: int = 2026, population: int | None = None
) -> dict[str, int]:
    """Write a simulated campaign of two editions into ``folder``; returns the rows of each file.

    About ``respondents`` companies complete tour_2019 and 0.6 times as many edition_2012; some fifth more
    leave before the end. ``population`` is the number of companies that exist in one edition or the
    other, by default 6 a respondent and at least 30,000. The same arguments give the same bytes. Work
    goes by chunks of 100,000 companies: memory does not grow with the campaign.

    Raises:
        SkillsBankError: fewer than 1 respondent, more companies than can be numbered, or too few to answer.
    """
    size = population or max(_LEAST_POPULATION, _COMPANIES_PER_RESPONDENT * respondents)
    if respondents < 1 or not _LEAST_PER_RESPONDENT * respondents <= size <= CAPACITY:
        raise SkillsBankError(
            f"{respondents} respondents of {size} companies cannot be simulated",
            expected=f"1 respondent, {_LEAST_PER_RESPONDENT} companies for each, {CAPACITY:,} at most",
            fix="ask for fewer respondents, or leave the population out",
        )
    world = Population(seed, size, places.load(Settings().reference))
    rows: dict[str, int] = {}
    with _Parquet(folder / "truth" / "population.parquet", truth.SCHEMA, rows) as true_values:
        indicators = [
            _edition(folder, world, plan, respondents=respondents, true_values=true_values, rows=rows)
            for plan in campaign.PLANS
        ]
    true_figures = chain.from_iterable(each.rows() for each in indicators)
    _table(folder / "truth" / "indicators.csv", ",", (truth.COLUMNS, true_figures), rows)

    stock = folder / "register"
    with (
        _Parquet(
            stock / "StockUniteLegale_utf8.parquet", register.UNITS, rows, register.DISTINCT[0]
        ) as units,
        _Parquet(
            stock / "StockEtablissement_utf8.parquet", register.PLACES, rows, register.DISTINCT[1]
        ) as places_file,
    ):
        for chunk in world.chunks:
            legal, local = register.register(world, chunk, world.companies(chunk))
            units.write(legal)
            places_file.write(local)
    for name, table in partners.tables(seed).items():
        _table(folder / "partners" / f"{name}.csv", ";", table, rows)
    for file, count, content in chain(tour_feeds.files(seed), company_feeds.files(world)):
        (folder / "partners" / file).write_bytes(content)
        rows[f"partners/{file}"] = count
    return rows


def _edition(
    folder: Path,
    world: Population,
    plan: campaign.Plan,
    *,
    respondents: int,
    true_values: _Parquet,
    rows: dict[str, int],
) -> truth.Indicators:
    drawn = campaign.draw(world, plan, respondents)
    export = _EXPORTS[plan.edition]
    region_codes = world.places.region_codes
    indicators = truth.Indicators(plan.edition, region_codes)
    target = folder / plan.edition / export.file
    target.parent.mkdir(parents=True, exist_ok=True)
    written, next_id = 0, 1
    with ExitStack() as files:
        frame = files.enter_context(_Parquet(folder / plan.edition / "sampling_frame.parquet", FRAME, rows))
        file: IO[bytes] = files.enter_context(target.open("wb"))
        for chunk in world.chunks:
            companies = world.companies(chunk)
            activity = world.activity(chunk, plan.edition, companies)
            needs = world.needs(chunk, plan.edition, companies, activity)
            values = truth.Truth(plan.edition, region_codes, companies, activity, needs)
            indicators.add(values)
            true_values.write(values.table())
            invitations = campaign.invite(
                world, plan, drawn, chunk=chunk, companies=companies, activity=activity
            )
            frame.write(_frame(world, plan, companies, invitations))

            rng = stream(world.seed, f"answers {plan.edition}", chunk)
            part = (chunk / len(world.chunks), (chunk + 1) / len(world.chunks))
            came = visits(rng, plan, invitations, export.pages, part)
            behind = answering(
                came, plan.edition, places=world.places, companies=companies, activity=activity, needs=needs
            )
            columns = export.answers(rng, behind, next_id)
            if chunk == 0:
                file.write(export.header(list(columns)))
            file.write(export.rows(list(columns.values())))
            written += behind.count
            if behind.count:
                next_id = int(columns["id"][-1].as_py()) + 1
        file.write(export.end)
    rows[f"{plan.edition}/{export.file}"] = written
    return indicators


def _frame(
    world: Population, plan: campaign.Plan, companies: Companies, invitations: campaign.Invitations
) -> pa.Table:
    day = pa.array(invitations.day.astype("datetime64[D]"), pa.date32())
    table = pa.Table.from_arrays(
        [
            padded(companies.siren, 9),
            take(world.places.commune_codes, companies.commune),
            choose(CODES, companies.sector),
            choose(BANDS, companies.band[plan.edition]),
            pa.array(invitations.invited),
            only(choose(campaign.MODES, invitations.mode), invitations.invited),
            only(day, invitations.invited),
        ],
        schema=FRAME,
    )
    return table.filter(pa.array(companies.active[plan.edition]))


@dataclass
class _Parquet:
    """A Parquet file written chunk by chunk, its rows counted; ``distinct`` are sorted texts without repetition."""

    path: Path
    schema: pa.Schema
    rows: dict[str, int]
    distinct: Sequence[str] = ()
    _count: int = field(default=0, init=False)

    def __enter__(self) -> _Parquet:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        names = [name for name in self.schema.names if name not in self.distinct]
        self._writer = pq.ParquetWriter(
            self.path,
            self.schema,
            compression="zstd",
            use_dictionary=names,  # type: ignore[arg-type]  # the stubs do not know that a list will do
            column_encoding=dict.fromkeys(self.distinct, "DELTA_BYTE_ARRAY") or None,
        )
        return self

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)
        self._count += table.num_rows

    def __exit__(self, *_: object) -> None:
        self._writer.close()
        self.rows[f"{self.path.parent.name}/{self.path.name}"] = self._count


def _table(path: Path, delimiter: str, table: partners.Table, rows: dict[str, int]) -> None:
    columns, lines = table
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(columns)
        count = 0
        for line in lines:
            writer.writerow(line)
            count += 1
    rows[f"{path.parent.name}/{path.name}"] = count
