"""Do 95 % intervals cover? A hundred surveys of about 1,000 answers (benchmarks/coverage.py draws a
thousand)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "coverage.py"


@pytest.fixture(scope="module")
def scores():
    spec = importlib.util.spec_from_file_location("benchmark_coverage", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    made = module.world(3, companies=15_000)
    return {(row["trait"], row["domains"]): row for row in module.score(made, 100).to_pylist()}


@pytest.mark.parametrize("trait", ["common", "rare"])
@pytest.mark.parametrize("domains", ["all", "region", "size", "n 10-19", "n 20-29", "n 30-49", "n 50+"])
def test_intervals_cover_the_truth_at_least_93_times_in_100(scores, trait, domains):
    found = scores[trait, domains]
    assert found["intervals"] >= 100
    assert found["wilson"] >= 0.93


def test_wald_would_not_have_covered(scores):
    """What the choice of interval rests on: with the same weights and variances, Wald's fails where n is
    small."""
    assert scores["rare", "n 10-19"]["wald"] < 0.6
    assert scores["common", "n 10-19"]["wald"] < 0.9


def test_the_national_estimate_has_no_bias(scores):
    assert abs(scores["common", "all"]["bias"]) < 0.01
