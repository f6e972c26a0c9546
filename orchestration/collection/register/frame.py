"""The sampling frame taken from the register. Belongs here: which companies can be asked, and their strata. Does not:
the draw, nor who was invited."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.collection.register.companies import INDUSTRY, Wanted, read_companies
from orchestration.collection.register.files import Stock
from orchestration.errors import PartnerFileError

_COLUMNS: dict[str, pa.DataType] = {
    "siren": pa.string(),
    "commune_code": pa.string(),
    "naf_code": pa.string(),
    "headcount_band": pa.string(),
    "is_invited": pa.bool_(),
    "invitation_mode": pa.string(),
    "invited_on": pa.date32(),
    "region_code": pa.string(),
    "size_class": pa.string(),
    "sector": pa.string(),
}
SCHEMA = pa.schema(_COLUMNS)
"""A company of the frame: what ``sampling_frame.parquet`` needs, nobody invited yet, and its stratum."""


class Stratum(NamedTuple):
    """Région of the head office, size class and NAF section; ``unknown`` where the region is."""

    region_code: str
    size_class: str
    sector: str


def write_frame(
    stock: Stock, file: Path, *, communes: Path, sizes: Path, bands: Collection[str] = ()
) -> Counter[Stratum]:
    """Write the active industrial SMEs of a pair of stock files; gives the number of companies by stratum.

    An SME is what INSEE puts into the category PME (decree 2008-1354: below 250 people, and below 50 million
    euros of turnover or 43 of balance sheet); a company that has no category yet is one if its headcount is
    below 250. Without names. ``bands`` keeps some headcount bands (trancheEffectifs) alone.

    Args:
        stock: the stock files.
        file: the Parquet file to write.
        communes: CSV with ``commune_code`` and ``region_code``.
        sizes: CSV with ``headcount_band`` and ``size_class``.

    Raises:
        PartnerFileError: a stock file cannot be read, or there is no such company.
    """
    region, size = (
        _column(communes, "commune_code", "region_code"),
        _column(sizes, "headcount_band", "size_class"),
    )
    section = {
        f"{division:02}": name
        for name, (first, last) in INDUSTRY.items()
        for division in range(int(first), int(last) + 1)
    }
    strata: Counter[Stratum] = Counter()
    draft = file.with_name(f".{file.name}.draft")
    try:
        with (
            read_companies(stock.units, stock.places, Wanted(active=True, bands=bands)) as found,
            pq.ParquetWriter(draft, SCHEMA, compression="zstd") as writer,
        ):
            for batch in found.batches():
                rows = []
                for company in batch.to_pylist():
                    band = company["trancheEffectifsUniteLegale"]
                    # NN and no band: INSEE presumes that nobody is employed.
                    size_class = size.get(band or "NN") or "0-9"
                    if company["categorieEntreprise"] not in {"PME", None} or size_class == "250+":
                        continue
                    commune, naf = (
                        company["codeCommuneEtablissement"],
                        company["activitePrincipaleUniteLegale"],
                    )
                    stratum = Stratum(region.get(commune, "unknown"), size_class, section[naf[:2]])
                    strata[stratum] += 1
                    rows.append(
                        {
                            "siren": company["siren"],
                            "commune_code": commune,
                            "naf_code": naf,
                            "headcount_band": band or "NN",
                            "is_invited": False,
                            **stratum._asdict(),
                        }
                    )
                writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        if not strata:
            narrowed = f" in the bands {', '.join(sorted(bands))}" if bands else ""
            raise PartnerFileError(
                "no active industrial SME is in it",
                where=str(stock.units),
                expected=f"companies of sections B to E{narrowed}",
                fix="correct the bands (trancheEffectifs, such as 11 and 12), or put whole stock files in",
            )
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    return strata


def _column(path: Path, key: str, value: str) -> dict[str | None, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row[value] for row in csv.DictReader(file)}
