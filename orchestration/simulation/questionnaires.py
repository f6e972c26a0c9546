"""What the questionnaires of all editions share. Belongs here: LimeSurvey's own columns, the rows' point
of view on a chunk. Does not: one edition's questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.simulation.arrays import BoolArray, IntArray, SmallArray
from orchestration.simulation.cells import (
    Cells,
    blank,
    choose,
    join,
    moments,
    only,
    take,
    tokens,
    where,
    whole,
)
from orchestration.simulation.places import Places
from orchestration.simulation.population import (
    CODES,
    SIZE_CLASS_OF_BAND,
    Activity,
    Companies,
    Needs,
)
from orchestration.simulation.visits import Visits


@dataclass(frozen=True)
class Answering:
    """The true values behind each row of an export (arrays of one length), and the visit that the row is."""

    visits: Visits
    siren: IntArray
    commune: Cells
    commune_name: Cells
    naf: Cells
    band: SmallArray
    innovates: BoolArray
    innovator: BoolArray
    exports: BoolArray
    needs: Needs

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.siren)

    @property
    def size_class(self) -> SmallArray:
        """Positions in ``SIZE_CLASSES``."""
        return SIZE_CLASS_OF_BAND[self.band]

    def reached(self, page: int) -> BoolArray:
        """Rows whose visitor came as far as a page."""
        return self.visits.last_page >= page


def answering(
    visits: Visits, edition: str, *, places: Places, companies: Companies, activity: Activity, needs: Needs
) -> Answering:
    """Take, for each visit, what is true of its company."""
    rows = visits.company
    return Answering(
        visits=visits,
        siren=companies.siren[rows],
        commune=take(places.commune_codes, companies.commune[rows]),
        commune_name=take(places.commune_names, companies.commune[rows]),
        naf=choose(CODES, companies.sector[rows]),
        band=companies.band[edition][rows],
        innovates=activity.innovates[rows],
        innovator=activity.innovator[rows],
        exports=activity.exports[rows],
        needs=Needs(*(getattr(needs, name)[rows] for name in Needs.__dataclass_fields__)),
    )


def meta(rng: np.random.Generator, rows: Answering, first_id: int, english: BoolArray) -> dict[str, Cells]:
    """LimeSurvey's own columns. Ids leave a gap here and there, where a response was deleted."""
    visits, count = rows.visits, rows.count
    identifiers = first_id + np.arange(count) + np.cumsum(rng.random(count) < 0.01)
    companies, token_of = np.unique(visits.company, return_inverse=True)
    token = take(tokens(rng, len(companies)), token_of)
    address = join("192.0.2.", whole(rng.integers(1, 255, count)))
    ended = moments(visits.ended)
    return {
        "id": whole(identifiers),
        "submitdate": only(ended, visits.is_complete),
        "lastpage": whole(visits.last_page),
        "startlanguage": where(english, "en", choose(["fr"], np.zeros(count, dtype=np.int64))),
        "seed": whole(rng.integers(10**8, 2 * 10**9, count)),
        "token": only(token, visits.has_token),
        "startdate": moments(visits.started),
        "datestamp": ended,
        "ipaddr": where(rng.random(count) < 0.95, address, blank(count)),
    }


def ticks(ticked: BoolArray) -> list[Cells]:
    """Multiple-choice columns: ``Y`` or blank, one a column of ``ticked``."""
    return [where(column, "Y", blank(len(column))) for column in ticked.T]


def letters(values: BoolArray, *, yes: str = "Y", no: str = "N") -> Cells:
    """One answer a row of two."""
    return choose([no, yes], values.astype(np.int8))


def left_out(rng: np.random.Generator, cells: Cells, share: float) -> Cells:
    """The cells, a share of them left blank at random (item non-response)."""
    return where(rng.random(len(cells)) < share, blank(len(cells)), cells)


def shown(columns: Mapping[str, Cells], pages: Mapping[str, int], rows: Answering) -> dict[str, Cells]:
    """The columns, not asked (null) where the page of their question, the heading up to ``[``, was not
    reached."""
    return {
        heading: only(cells, rows.reached(pages[heading.partition("[")[0]]))
        for heading, cells in columns.items()
    }
