"""The primary rules, against INSEE's own flags and at their edges."""

import csv
from pathlib import Path

import numpy as np
import pytest

from orchestration.disclosure.rules import Reason, Rules, is_fragile, primary_reasons


def test_insee_flags_on_689_of_689_cells(shared: Path):
    with (shared / "data" / "disclosure" / "datatest1.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    count = np.array([float(row["nb_obs"]) for row in rows])
    reasons = primary_reasons(
        Rules(),
        count,
        count,
        total=np.array([float(row["pizzas_tot"]) for row in rows]),
        largest=np.array([float(row["pizzas_max"]) for row in rows]),
    )

    def flag(name: str) -> np.ndarray:
        return np.array([row[name] == "True" for row in rows])

    assert len(rows) == 689
    assert (((reasons & Reason.FEW_CONTRIBUTORS) != 0) == flag("is_secret_freq")).all()
    assert (((reasons & Reason.DOMINANCE) != 0) == flag("is_secret_dom")).all()
    assert ((reasons != 0) == flag("is_secret_prim")).all()


@pytest.mark.parametrize(
    ("n", "weighted", "reason"),
    [
        (0, 0.0, Reason.SHOWN),
        (1, 40.0, Reason.FEW_CONTRIBUTORS),
        (2, 2.0, Reason.FEW_CONTRIBUTORS | Reason.FEW_WEIGHTED),
        (3, 2.9, Reason.FEW_WEIGHTED),
        (3, 3.0, Reason.SHOWN),
    ],
)
def test_counts_respondents_and_weighted_companies(n: int, weighted: float, reason: Reason):
    assert primary_reasons(Rules(), np.array([float(n)]), np.array([weighted]))[0] == reason


@pytest.mark.parametrize(
    ("yes", "reason"),
    [
        (0, Reason.ALL_OR_NONE),
        (1, Reason.FEW_ON_ONE_SIDE),
        (2, Reason.FEW_ON_ONE_SIDE),
        (3, Reason.SHOWN),
        (37, Reason.SHOWN),
        (38, Reason.FEW_ON_ONE_SIDE),
        (40, Reason.ALL_OR_NONE),
    ],
)
def test_share_needs_three_companies_on_each_side(yes: int, reason: Reason):
    n = np.array([40.0])
    assert primary_reasons(Rules(), n, n * 9, yes=np.array([float(yes)]))[0] == reason


@pytest.mark.parametrize(("largest", "secret"), [(84.9, False), (85.0, True), (100.0, True)])
def test_dominance_starts_at_85_percent(largest: float, secret: bool):
    n = np.array([50.0])
    reasons = primary_reasons(Rules(), n, n, total=np.array([100.0]), largest=np.array([largest]))
    assert bool(reasons[0]) is secret


def test_a_total_of_zero_has_no_dominant_company():
    n = np.array([5.0])
    assert primary_reasons(Rules(), n, n, total=np.array([0.0]), largest=np.array([0.0]))[0] == 0


def test_thresholds_are_settings():
    n = np.array([4.0])
    assert primary_reasons(Rules(minimum_contributors=5), n, n)[0] != 0
    assert primary_reasons(Rules(all_or_none=False), n, n, yes=n)[0] == 0


def test_fragile_below_30_or_with_less_than_5_on_one_side():
    n = np.array([29.0, 30.0, 30.0, 30.0])
    yes = np.array([10.0, 10.0, 4.0, 26.0])
    assert is_fragile(Rules(), n, yes).tolist() == [True, False, True, True]
