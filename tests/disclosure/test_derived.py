"""Model-based figures of territories as told: beside a weight told as 0 stands no number of answers."""

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from orchestration.disclosure.derived import models
from orchestration.disclosure.proof import unsupported
from orchestration.disclosure.publishing import CHANGES, CONTRASTS, MODELS
from orchestration.estimation.design import Design
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import Breakdown, Indicator
from orchestration.estimation.small_area import model_based

NAMES = [f"ti-{number:02d}" for number in range(41)]


@pytest.fixture(scope="module")
def territories():
    """Territories whose shares are nearly what a covariate says, so that their own answers weigh next to nothing."""
    random = np.random.default_rng(20)
    industry = random.random(len(NAMES))
    rows = [
        (name, 0.15 + 0.5 * share)
        for name, share in zip(NAMES[:-1], industry, strict=False)
        for _ in range(random.integers(4, 60))
    ]
    answers = pa.table(
        {
            "territory": [name for name, _ in rows],
            "stratum": [str(number % 4) for number in range(len(rows))],
            "weight": random.uniform(5, 30, len(rows)),
            "yes": [bool(random.random() < share) for _, share in rows],
        }
    )
    with duckdb.connect() as connection:
        connection.register("answers", answers)
        figures = estimate(
            connection,
            "answers",
            Design("weight", "stratum"),
            [Indicator("innovation_rate", "yes")],
            [Breakdown("territory", ("territory",))],
            edition="e",
            population={"territory": dict.fromkeys(NAMES, 100.0)},
        )
    return figures, pa.table({"domain": NAMES, "industry": industry})


def test_no_number_of_answers_is_told_beside_a_weight_told_as_none(territories):
    exact = model_based(*territories).to_pylist()
    assert any(0 < row["gamma"] < 0.005 and row["n"] for row in exact), (
        "the case that is meant does not occur"
    )
    told = pa.concat_tables(models(*territories))
    for row in told.to_pylist():
        assert (row["gamma"] == 0) == (row["n"] is None) == (row["weighted_n"] is None)


def test_a_share_of_mentions_beside_a_hidden_share_of_companies_is_found():
    columns = ("edition", "indicator", "subject", "domain_type", "domain", "flag", "value")
    rows = [
        ("e", "need_share", "INT-01", "region", "32", "ok", 0.4),
        ("e", "need_share", "INT-02", "region", "32", "secret", None),
        ("e", "need_mention_share", "INT-01", "region", "32", "ok", 0.7),
        ("e", "need_share", "INT-01", "region", "44", "ok", 0.4),
        ("e", "need_mention_share", "INT-01", "region", "44", "ok", 0.6),
        # Told by an earlier release, when all were shown.
        ("e", "need_mention_share", "INT-02", "region", "32", "carried_over", 0.3),
    ]
    figures = pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows])
    nothing = (table.empty_table() for table in (CHANGES, CONTRASTS, MODELS))
    (found,) = unsupported(figures, *nothing)
    assert found == "the share of mentions INT-01 in region 32, e, tells hidden shares of companies"
