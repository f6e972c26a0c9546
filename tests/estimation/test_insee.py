"""INSEE's weighting example (gustave): non-response weights exactly, calibrated weights to 1e-12."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from orchestration.estimation.arrays import codes, numbers
from orchestration.estimation.calibration import calibrate
from orchestration.estimation.margins import Margin, constraints, margin_of
from orchestration.estimation.nonresponse import adjust


@pytest.fixture(scope="module")
def sample(insee):
    return insee("ict_sample.csv")


def test_non_response_weights_are_insee_s(sample):
    # Companies out of scope, and those asked without sampling, keep their base weight.
    treated = sample.filter(sample["nrc"])
    group, labels = codes(treated["hrg"])
    weights = adjust(numbers(treated["w_sample"]), group, treated["resp"].to_numpy().astype(bool), labels)
    # Equal but for the rounding of the sums.
    expected = np.where(treated["resp"].to_numpy(), numbers(treated["w_nrc"]), 0.0)
    assert len(labels) == 14
    np.testing.assert_array_max_ulp(weights, expected, maxulp=1)


def margins_of(register, sample):
    """Companies and turnover by division, less the companies that are left out of the calibration."""
    aside = sample.filter(pc.invert(sample["calib"]))
    found = []
    for measure in (None, "turnover"):
        whole, out = margin_of(register, "division", measure), margin_of(aside, "division", measure)
        found.append(
            Margin(
                "division",
                {name: total - out.totals.get(name, 0) for name, total in whole.totals.items()},
                measure,
            )
        )
    return found


def test_calibrated_weights_are_insee_s(insee, sample):
    units = sample.filter(sample["calib"])
    problem = constraints(units, margins_of(insee("ict_pop.csv"), sample), minimum=15)
    before = numbers(units["w_nrc"])
    # The reference stops as soon as margins are met to 1e-6; one step further moves a weight by 3e-9.
    found = calibrate(problem, before, "raking", tolerance=1e-6)
    np.testing.assert_allclose(before * found.adjustment, numbers(units["w_calib"]), rtol=1e-12)
    assert found.iterations == 4


def test_calibration_meets_counts_and_turnover_to_the_last_digits(insee, sample):
    units = sample.filter(sample["calib"])
    margins = margins_of(insee("ict_pop.csv"), sample)
    before = numbers(units["w_nrc"])
    weights = before * calibrate(constraints(units, margins, minimum=15), before).adjustment
    weighted = units.append_column("grossed", pa.array(weights * numbers(units["turnover"])))
    weighted = weighted.append_column("one", pa.array(weights))
    for margin, column in zip(margins, ("one", "grossed"), strict=True):
        reached = margin_of(weighted, "division", column).totals
        for division, total in margin.totals.items():
            assert reached[division] == pytest.approx(total, rel=1e-11)
