"""The truth kept beside the sample. Belongs here: true values by company, true indicators by domain. Does
not: how the values came about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.simulation.arrays import BoolArray, IntArray
from orchestration.simulation.cells import choose, padded
from orchestration.simulation.population import (
    ASKED,
    COMPETENCES,
    HARD_ASKED,
    INNOVATIONS,
    SIZE_CLASSES,
    Activity,
    Companies,
    Needs,
)

KINDS = INNOVATIONS["tour_2019"]

SCHEMA = pa.schema(
    [
        ("edition", pa.string()),
        ("siren", pa.string()),
        ("region_code", pa.string()),
        ("size_class", pa.string()),
    ]
    + [(f"innovates_{kind}", pa.bool_()) for kind in KINDS]
    + [("exports", pa.bool_())]
    + [(f"importance_{code}", pa.int8()) for code in COMPETENCES]
    + [(f"ticked_{code}", pa.bool_()) for code in COMPETENCES]
    + [(f"hard_{code}", pa.bool_()) for code in COMPETENCES]
    + [(f"rank_{code}", pa.int8()) for code in COMPETENCES]
    + [(f"need_{code}", pa.bool_()) for code in COMPETENCES]
)
"""``truth/population.parquet``: a row is a company of an edition's frame; null = the edition does not ask."""


COLUMNS = ("edition", "indicator", "domain_type", "domain", "value", "population")
"""``truth/indicators.csv``: ``population`` counts the companies of the indicator's universe."""


@dataclass(frozen=True)
class Truth:
    """True values of a chunk's companies that are in an edition's frame."""

    edition: str
    region_codes: tuple[str, ...]
    companies: Companies
    activity: Activity
    needs: Needs

    @property
    def in_frame(self) -> BoolArray:
        """Companies of the chunk that are in the frame."""
        return self.companies.active[self.edition]

    def table(self) -> pa.Table:
        """The companies in the frame, in ``SCHEMA``."""
        count = len(self.companies.siren)
        columns: dict[str, Any] = {
            "edition": choose([self.edition], np.zeros(count, dtype=np.int8)),
            "siren": padded(self.companies.siren, 9),
            "region_code": choose(self.region_codes, self.companies.region),
            "size_class": choose(SIZE_CLASSES, self.companies.size_class(self.edition)),
            "exports": self.activity.exports,
        }
        for kind, values in zip(INNOVATIONS[self.edition], self.activity.innovates.T, strict=True):
            columns[f"innovates_{kind}"] = values
        for name, codes in (
            ("importance", ASKED[self.edition]),
            ("ticked", ASKED[self.edition]),
            ("hard", HARD_ASKED[self.edition]),
            ("rank", HARD_ASKED[self.edition]),
            ("need", ASKED[self.edition]),
        ):
            values = getattr(self.needs, name)
            for code, column in zip(
                codes, values.T, strict=False
            ):  # no column where the edition does not ask
                columns[f"{name}_{code}"] = column
        arrays = [
            pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.nulls(count, field.type)
            for field in SCHEMA
        ]
        return pa.Table.from_arrays(arrays, schema=SCHEMA).filter(pa.array(self.in_frame))

    def statistics(self) -> Iterator[tuple[str, BoolArray, BoolArray | None]]:
        """Name, values, and universe (None: all companies) of each indicator."""
        innovator, exports = self.activity.innovator, self.activity.exports
        yield "innovation_rate", innovator, None
        yield "export_rate", exports, None
        yield "export_rate_among_innovators", exports, innovator
        yield "export_rate_among_non_innovators", exports, ~innovator
        for code, column in zip(ASKED[self.edition], self.needs.need.T, strict=True):
            yield f"need_share:{code}", column, None
        for code, column in zip(HARD_ASKED[self.edition], self.needs.hard.T, strict=True):
            yield f"hard_to_recruit_share:{code}", column, None


@dataclass
class Indicators:
    """Adds up the indicators over the chunks of an edition."""

    edition: str
    region_codes: tuple[str, ...]
    counts: dict[tuple[str, str], IntArray] = field(default_factory=dict)

    def add(self, truth: Truth) -> None:
        """Count a chunk: companies in the universe, and those with the trait, by domain."""
        inside = truth.in_frame
        domains: dict[str, tuple[npt.NDArray[np.integer], int]] = {
            "all": (np.zeros(len(inside), dtype=np.int8), 1),
            "region": (truth.companies.region, len(self.region_codes)),
            "size_class": (truth.companies.size_class(self.edition), len(SIZE_CLASSES)),
        }
        for indicator, values, universe in truth.statistics():
            base = inside if universe is None else inside & universe
            for domain_type, (domain, size) in domains.items():
                both = np.stack([np.bincount(domain[rows], minlength=size) for rows in (base, base & values)])
                self.counts[indicator, domain_type] = self.counts.get((indicator, domain_type), 0) + both

    def rows(self) -> Iterator[tuple[str, str, str, str, float, int]]:
        """Rows of ``COLUMNS``; domains without companies are left out."""
        names = {"all": ("all",), "region": self.region_codes, "size_class": SIZE_CLASSES}
        for (indicator, domain_type), (total, trait) in self.counts.items():
            for domain, n, yes in zip(names[domain_type], total, trait, strict=True):
                if n:
                    yield self.edition, indicator, domain_type, domain, float(yes / n), int(n)
