"""How often 95 % intervals cover the truth: whole surveys drawn again and again from a known population.

python benchmarks/coverage.py             1,000 draws of about 1,000 answers from 100,000 companies python
benchmarks/coverage.py --draws 50 python benchmarks/coverage.py --odds 1.5  companies with the trait
answer more readily

Each draw invites companies by stratum (region x size), lets them answer at random inside the stratum and
sector, makes the weights (base, response groups, raking on region, size and sector) and the figures, and
compares every interval with the population's own share. A domain is counted under the number of
respondents it had in that draw. Wald's interval and the logit's, with the design's degrees of freedom,
stand beside Wilson's; a share of 0 or 1 is a miss for them.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from orchestration.estimation import intervals
from orchestration.estimation.arrays import Numbers, numbers
from orchestration.estimation.design import CalibratedOn
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator
from orchestration.estimation.weighting import Plan, weigh

REGIONS, SIZES, SECTORS = 14, ("0-9", "10-19", "20-49", "50-99", "100-249", "250+"), 20
SIZE_SHARES = np.array([0.70, 0.14, 0.10, 0.035, 0.02, 0.005])
TRAITS = [Indicator("common", "common"), Indicator("rare", "rare")]
BREAKDOWNS = [
    ALL,
    Breakdown("region", ("region",)),
    Breakdown("size", ("size",)),
    Breakdown("sector", ("sector",)),
    Breakdown("territory", ("territory",)),
    Breakdown("region_x_size", ("region", "size")),
]
PLAN = Plan(
    strata=("region", "size"),
    groups=("zone", "size"),
    margins=(CalibratedOn("region"), CalibratedOn("size"), CalibratedOn("sector")),
    orders={"size": SIZES},
)
SIZE_BINS = ((1, 9), (10, 19), (20, 29), (30, 49), (50, 10**9))


@dataclass(frozen=True)
class World:
    """A population: its frame, the true share of each (trait, breakdown, domain), who is invited how
    often, and how readily each company answers."""

    frame: pa.Table
    truth: dict[tuple[str, str, str], float]
    invited: Numbers
    stratum: Numbers
    answers: Numbers


def world(seed: int, companies: int = 100_000, invitations: int = 10_000) -> World:
    """A population whose traits depend on region, size, sector and territory."""
    random = np.random.default_rng(seed)
    weight = random.uniform(1, 10, REGIONS)
    region = random.choice(REGIONS, companies, p=weight / weight.sum())
    size = random.choice(len(SIZES), companies, p=SIZE_SHARES)
    share = (SECTORS - np.arange(SECTORS)) ** 1.2
    sector = random.choice(SECTORS, companies, p=share / share.sum())
    territory = region * 3 + (random.random(companies) ** 1.3 * 3).astype(int)
    line = (
        -1.6
        + 0.35 * size
        + 0.08 * ((sector * 7) % 20 - 10) / 2
        + 0.3 * np.sin(region)
        + 0.2 * np.cos(territory)
    )
    common = random.random(companies) < 1 / (1 + np.exp(-line))
    rare = random.random(companies) < 1 / (1 + np.exp(-(line - 2.3)))
    labels = {
        "region": np.array([f"R{i:02d}" for i in range(REGIONS)])[region],
        "size": np.array(SIZES)[size],
        "sector": np.array([f"S{i:02d}" for i in range(SECTORS)])[sector],
        "territory": np.array([f"T{i:02d}" for i in range(3 * REGIONS)])[territory],
        "zone": np.array([f"Z{i}" for i in range(5)])[region % 5],
    }
    labels["region_x_size"] = np.char.add(np.char.add(labels["region"], "|"), labels["size"])
    labels["all"] = np.full(companies, "all")
    truth = {}
    for trait, values in (("common", common), ("rare", rare)):
        for breakdown in BREAKDOWNS:
            names, code = np.unique(labels[breakdown.name], return_inverse=True)
            shares = np.bincount(code, values) / np.bincount(code)
            truth |= {
                (trait, breakdown.name, name): p for name, p in zip(names.tolist(), shares, strict=True)
            }
    columns = {
        name: pa.array(labels[name]).dictionary_encode()
        for name in ("region", "size", "sector", "territory", "zone")
    }
    frame = pa.table(
        {"company_key": [f"k{i}" for i in range(companies)], **columns, "common": common, "rare": rare}
    )
    stratum = region * len(SIZES) + size
    count = np.bincount(stratum, minlength=REGIONS * len(SIZES))
    root = np.sqrt(count) * np.tile([1, 1.3, 1.6, 1.8, 2, 2], REGIONS)
    invited = np.minimum(count, np.maximum(12, np.round(invitations * root / root.sum())))
    answers = -2.35 + 0.12 * (size - 2) + 0.25 * np.cos(region) - 0.03 * (sector - 9)
    return World(frame, truth, invited, stratum, answers)


def survey(made: World, seed: int, odds: float = 1.0) -> tuple[pa.Table, list[str]]:
    """One draw: the frame with who was invited, and the keys of those who answered."""
    random = np.random.default_rng(seed)
    order = np.lexsort((random.random(len(made.stratum)), made.stratum))
    start = np.searchsorted(made.stratum[order], np.arange(len(made.invited)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start[made.stratum[order]]
    invited = rank < made.invited[made.stratum]
    line = made.answers + np.log(odds) * made.frame["common"].to_numpy()
    answered = invited & (random.random(len(order)) < 1 / (1 + np.exp(-line)))
    frame = made.frame.append_column("is_invited", pa.array(invited))
    return frame, frame.filter(pa.array(answered))["company_key"].to_pylist()


def score(made: World, draws: int, *, odds: float = 1.0, seed: int = 1) -> pa.Table:
    """Coverage by kind of domain and trait over ``draws`` surveys: columns trait, domains, intervals,
    wilson, wald, logit (shares of intervals that cover), width (Wilson's, mean), bias (mean error) and
    sensitivity (share of truths between the national bounds under other response ratios, their interval
    included)."""
    truth = made.truth
    parts: dict[tuple[str, str], list[Numbers]] = defaultdict(list)
    with duckdb.connect() as connection:
        for draw in range(draws):
            frame, respondents = survey(made, seed * 1_000_003 + draw, odds)
            weighting = weigh(frame, respondents, PLAN, edition=f"draw {draw}")
            connection.register("frame", frame)
            connection.register("weights", weighting.weights)
            figures = estimate(
                connection,
                "(SELECT * FROM weights JOIN frame USING (company_key))",
                weighting.design,
                TRAITS,
                BREAKDOWNS,
                edition="draw",
            )
            _collect(parts, figures, truth, float(weighting.weights.num_rows))
    return _summary(parts)


def _collect(
    parts: dict[tuple[str, str], list[Numbers]],
    figures: pa.Table,
    truth: dict[tuple[str, str, str], float],
    size: float,
) -> None:
    keys = list(
        zip(*(figures[name].to_pylist() for name in ("indicator", "domain_type", "domain")), strict=True)
    )
    true = np.array([truth[key] for key in keys])
    value, se, n = (numbers(figures[name]) for name in ("value", "se", "n"))
    degrees = size - REGIONS * len(SIZES)
    inside = (value > 0) & (value < 1)
    ends = {
        "wilson": (numbers(figures["ci_low"]), numbers(figures["ci_high"])),
        "wald": intervals.wald(value, se, degrees),
        "logit": intervals.logit(value, se, degrees),
        "sensitivity": (numbers(figures["sensitivity_low"]), numbers(figures["sensitivity_high"])),
    }
    half = (ends["wilson"][1] - ends["wilson"][0]) / 2
    ends["sensitivity"] = (ends["sensitivity"][0] - half, ends["sensitivity"][1] + half)
    hit = {name: (low <= true) & (true <= high) for name, (low, high) in ends.items()}
    for name in ("wald", "logit"):
        hit[name] &= inside
    columns = np.stack(
        [hit["wilson"], hit["wald"], hit["logit"], 2 * half, value - true, hit["sensitivity"]], axis=1
    )
    kind = np.array([breakdown for _, breakdown, _ in keys])
    trait = np.array([name for name, _, _ in keys])
    small = ~np.isin(kind, ["all", "region", "size"])
    groups = {name: kind == name for name in ("all", "region", "size")}
    groups |= {
        f"n {low}-{high}" if high < 10**9 else f"n {low}+": small & (n >= low) & (n <= high)
        for low, high in SIZE_BINS
    }
    for each in ("common", "rare"):
        for name, chosen in groups.items():
            rows = columns[chosen & (trait == each) & (n > 0)]
            parts[each, name].append(np.concatenate([[len(rows)], rows.sum(axis=0)]))


def _summary(parts: dict[tuple[str, str], list[Numbers]]) -> pa.Table:
    sums = {key: np.sum(rows, axis=0) for key, rows in parts.items()}
    sums = {key: row for key, row in sums.items() if row[0]}
    names = ("wilson", "wald", "logit", "width", "bias", "sensitivity")
    return pa.table(
        {
            "trait": [trait for trait, _ in sums],
            "domains": [name for _, name in sums],
            "intervals": [int(row[0]) for row in sums.values()],
            **{name: [float(row[1 + i] / row[0]) for row in sums.values()] for i, name in enumerate(names)},
        }
    )


def main() -> None:
    """Draw, score and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument(
        "--odds", type=float, default=1.0, help="response odds of companies with the common trait"
    )
    options = parser.parse_args()
    start = time.perf_counter()
    found = score(world(20261124), options.draws, odds=options.odds)
    print(f"{options.draws} draws, response odds {options.odds:g}, {time.perf_counter() - start:.0f} s")
    print(
        f"{'trait':<8}{'domains':<10}{'intervals':>10}{'Wilson':>9}{'Wald':>8}{'logit':>8}{'width':>8}{'bias':>9}",
        end="",
    )
    print(f"{'sensitivity':>13}")
    for row in found.to_pylist():
        print(
            f"{row['trait']:<8}{row['domains']:<10}{row['intervals']:>10,}{row['wilson']:>9.3f}{row['wald']:>8.3f}"
            f"{row['logit']:>8.3f}{row['width']:>8.3f}{row['bias']:>+9.4f}"
            + (f"{row['sensitivity']:>13.3f}" if row["domains"] == "all" else "")
        )


if __name__ == "__main__":
    main()
