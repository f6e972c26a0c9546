"""Suppression and attack: cells, secrets, what is hidden, and how long it takes.

    python benchmarks/disclosure.py                    reference tables, one large system, a release of 60
    python benchmarks/disclosure.py --only release     one of: reference, microdata, large, release

`reference` are the linked tables of R's GaussSuppression example (996 invented companies) and `microdata` a
public file of 9,786 records, both where the folder of real data stands beside the project; `large` crosses
ten zonings of France for 5,000 invented respondents; `release` protects and attacks 60 indicators of 1,000
respondents over the same nine breakdowns, two processes at once.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from orchestration.disclosure import (
    Breakdown,
    Count,
    Magnitude,
    Protection,
    Reason,
    Rules,
    Share,
    Tables,
    attack,
    build,
    protect,
)

REPOSITORY = Path(__file__).resolve().parent.parent
REFERENCE = REPOSITORY / "data" / "reference"
SHARED = REPOSITORY.parent / "shared"
WITHIN = {"departement": "region", "territory": "departement", "epci": "departement"}
NINE = [
    "",
    "region",
    "size",
    "territory",
    "departement",
    "sector",
    "region size",
    "region sector",
    "size sector",
]
TWELVE = [*NINE, "epci", "territory size", "departement size"]
INDICATORS = 60


@dataclass(frozen=True)
class Row:
    """What one system cost."""

    name: str
    cells: int
    secret: int
    small_base: int
    secondary: int
    value: float
    share: float
    protect_seconds: float
    attack_seconds: float
    programmes: int
    clean: bool


def measure(name: str, tables: Tables, rules: Rules, bases: Sequence[Protection] = ()) -> Row:
    """Protect and attack one system."""
    start = time.perf_counter()
    protection = protect(tables, rules, bases=bases)
    middle = time.perf_counter()
    report = attack(tables, protection.pattern, rules)
    end = time.perf_counter()
    why = protection.reasons[protection.pattern]
    return Row(
        name,
        cells=report.cells,
        secret=int(((why & ~int(Reason.LOW_BASE | Reason.SECONDARY)) != 0).sum()),
        small_base=int((why == Reason.LOW_BASE).sum()),
        secondary=int((why == Reason.SECONDARY).sum()),
        value=float(tables.cost[protection.pattern].sum()),
        share=float(tables.cost[protection.pattern].sum() / tables.cost[tables.printed].sum()),
        protect_seconds=middle - start,
        attack_seconds=end - middle,
        programmes=report.programmes,
        clean=report.clean,
    )


def show(rows: Sequence[Row]) -> None:
    """Print rows side by side."""
    print(
        f"{'system':<44}{'cells':>6}{'secret':>7}{'n<10':>6}{'second.':>8}{'value hidden':>20}"
        f"{'protect s':>10}{'attack s':>9}{'progr.':>7}  attack finds"
    )
    for r in rows:
        print(
            f"{r.name:<44}{r.cells:>6}{r.secret:>7}{r.small_base:>6}{r.secondary:>8}{r.value:>13,.0f}{r.share:>7.1%}"
            f"{r.protect_seconds:>9.2f}{r.attack_seconds:>9.2f}{r.programmes:>7}  "
            f"{'nothing' if r.clean else 'BREACHES'}",
            flush=True,
        )


def breakdowns(indicator: str, crosses: Sequence[str]) -> list[Breakdown]:
    """Breakdowns from the names of their columns."""
    return [Breakdown((indicator,), c.replace(" ", "*") or "all", tuple(c.split())) for c in crosses]


def strings(path: Path) -> pa.Table:
    """A CSV file with all its columns as text."""
    names = pa_csv.open_csv(path).schema.names
    return pa_csv.read_csv(
        path, convert_options=pa_csv.ConvertOptions(column_types={n: pa.string() for n in names})
    )


def reference() -> None:
    """R's example: 0.08 to 0.7 s there for the elimination alone."""
    folder = SHARED / "golden" / "survey_statistics"
    table = strings(folder / "sme_respondents.csv")
    ones = np.ones(table.num_rows)
    table = table.append_column("n", pa.array(ones)).append_column("weighted_n", pa.array(ones))
    table = table.append_column("x", pa.array(np.round(table["turnover"].cast(pa.float64()).to_numpy(), 1)))
    systems = {
        "region x size": ["", "region", "size", "region size"],
        "region x sector": ["", "region", "sector_cal", "region sector_cal"],
        "both linked": ["", "region", "size", "region size", "sector_cal", "region sector_cal"],
        "(region > territory) x size": ["", "region", "territory", "size", "region size", "territory size"],
    }
    systems["+ region x sector + size x sector"] = [
        *systems["(region > territory) x size"],
        "sector_cal",
        "region sector_cal",
        "size sector_cal",
    ]
    rules = Rules(shown_base=0)
    show(
        [
            measure(
                name,
                build(table, breakdowns("x", crosses), Magnitude("x", "x", "x"), {"territory": "region"}),
                rules,
            )
            for name, crosses in systems.items()
        ]
    )


def microdata() -> None:
    """Turnover of 9,786 weighted records by activity, place, size and legal form."""
    table = strings(SHARED / "data" / "disclosure" / "indiv_dt.csv")
    weight, x = (table[name].cast(pa.float64()).to_numpy() for name in ("WEIGHT", "TURNOVER"))
    for name, values in {"n": np.ones(len(x)), "weighted_n": weight, "x": x, "wx": weight * x}.items():
        table = table.append_column(name, pa.array(values))
    crosses = ["", "A10", "A21", "A88", "SIZE", "CJ", "NUTS2", "NUTS3", "A21 NUTS2", "A88 SIZE", "NUTS3 SIZE"]
    more = [*crosses, "A21 CJ", "A10 NUTS3", "A88 NUTS2", "A21 SIZE CJ", "A21 NUTS3", "NUTS3 CJ"]
    within = {"A88": "A21", "A21": "A10", "NUTS3": "NUTS2"}
    show(
        [
            measure(
                f"{len(c)} linked tables of turnover",
                build(table, breakdowns("x", c), Magnitude("x", "x", "wx"), within),
                Rules(shown_base=0),
            )
            for c in (crosses, more)
        ]
    )


def respondents(count: int) -> pa.Table:
    """Invented respondents in real communes, drawn by population."""
    random = np.random.default_rng(1)
    communes = strings(REFERENCE / "communes.csv")
    people = np.array([float(p or 0) for p in communes["population"].to_pylist()])
    pick = random.choice(len(people), count, p=people / people.sum())
    places = strings(REFERENCE / "territory_communes.csv")
    codes, ids = places["commune_code"].to_pylist(), places["territory_id"].to_pylist()
    territory = dict(zip(codes, ids, strict=True))
    size = random.choice(["0-9", "10-49", "50-249", "250+"], count, p=[0.55, 0.28, 0.12, 0.05])
    base = np.select([size == "0-9", size == "10-49", size == "50-249"], [100.0, 20.0, 6.0], 2.0)
    sectors = [f"S{i:02d}" for i in range(1, 16)]
    columns: dict[str, Any] = {
        "region": communes["region_code"].take(pick),
        "departement": communes["departement_code"].take(pick),
        "epci": communes["epci_code"].take(pick),
        "territory": [territory.get(code) for code in communes["commune_code"].take(pick).to_pylist()],
        "size": size,
        "sector": random.choice(sectors, count, p=np.arange(15, 0, -1) / 120),
        "n": np.ones(count),
        "weighted_n": base * random.uniform(0.8, 1.2, count),
    }
    return pa.table(columns)


def share_of(table: pa.Table, seed: int, crosses: Sequence[str]) -> Tables:
    """The system of one invented yes/no question."""
    random = np.random.default_rng(seed)
    yes = (random.random(table.num_rows) < random.uniform(0.05, 0.6)).astype(float)
    weighted = yes * table["weighted_n"].to_numpy()
    table = table.append_column("yes", pa.array(yes)).append_column("weighted_yes", pa.array(weighted))
    return build(table, breakdowns("rate", crosses), Share(), WITHIN)


def large() -> None:
    """One linked system of thousands of cells."""
    table = respondents(5000)
    counts = build(table, breakdowns("n", TWELVE), Count(), WITHIN)
    show(
        [
            measure("numbers of respondents, 12 tables", counts, Rules()),
            measure("a share, 12 tables", share_of(table, 1, TWELVE), Rules()),
        ]
    )


_BASE: list[tuple[pa.Table, Protection]] = []


def one_indicator(seed: int) -> Row:
    """Worker: one indicator of the release, on the base made once a process."""
    if not _BASE:
        table = respondents(1000)
        _BASE.append((table, protect(build(table, breakdowns("n", NINE), Count(), WITHIN), Rules())))
    table, base = _BASE[0]
    return measure(f"indicator {seed}", share_of(table, seed, NINE), Rules(), [base])


def release() -> None:
    """All the indicators of a release."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(one_indicator, range(INDICATORS)))
    seconds = time.perf_counter() - start
    show([rows[0], max(rows, key=lambda r: r.protect_seconds)])
    print(
        f"{INDICATORS} indicators: {sum(r.cells for r in rows):,} cells, {sum(r.secret for r in rows):,} secret, "
        f"{sum(r.small_base for r in rows):,} with a small base, {sum(r.secondary for r in rows):,} secondary; "
        f"{seconds:.1f} s in all, on {os.cpu_count()} processors; "
        f"{sum(r.clean for r in rows)} of {INDICATORS} stand the attack"
    )


PARTS: dict[str, Callable[[], None]] = {
    "reference": reference,
    "microdata": microdata,
    "large": large,
    "release": release,
}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=list(PARTS))
    wanted = parser.parse_args().only
    for name, part in PARTS.items():
        if wanted in (None, name):
            print(f"\n{name}")
            if name in ("reference", "microdata") and not SHARED.is_dir():
                print("skipped: the folder of real data (../shared) is not on this machine")
            else:
                part()


if __name__ == "__main__":
    main()
