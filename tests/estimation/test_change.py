"""Change between two editions: R's stacked design, and what must hold of any two editions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from orchestration.estimation import panel
from orchestration.estimation.change import SCHEMA, Edition, change
from orchestration.estimation.design import AMONG_RESPONDENTS, CalibratedOn, Design
from orchestration.estimation.errors import EstimationError
from orchestration.estimation.figures import estimate
from orchestration.estimation.indicators import ALL, Breakdown, Indicator

NAMES = ("innov", "skill_ai", "needs")
MEANS = [Indicator(name, name, "mean") for name in NAMES]
SIZE = Breakdown("size", ("size",))
CLOSE = 1e-9


@pytest.fixture(scope="module")
def stacked(golden, connection):
    connection.register("stacked", golden("sme_two_editions.csv"))
    design = Design("w1", "pstratum")
    editions = [
        Edition(name, f"(SELECT * FROM stacked WHERE ed = '{name}')", design, MEANS) for name in ("B", "A")
    ]
    table = change(connection, *editions, [ALL, SIZE], unit="siren", strata=["pstratum"])
    return {(row["indicator"], row["domain_type"], row["domain"]): row for row in table.to_pylist()}


def reference(golden, design, estimator):
    return [
        row
        for row in golden("golden_sme.csv").to_pylist()
        if row["design"] == design and row["estimator"] == estimator
    ]


def test_change_with_the_panel_s_covariance_is_that_of_r(golden, stacked):
    rows = reference(golden, "stack_nr", "change_mean")
    assert len(rows) == 6
    for row in rows:
        found = stacked[row["variable"], row["domain"] or "all", row["level"] if row["domain"] else "all"]
        for ours, theirs in (
            ("change", "estimate"),
            ("se", "se"),
            ("ci_low", "ci_low"),
            ("ci_high", "ci_high"),
        ):
            assert found[ours] == pytest.approx(row[theirs], rel=CLOSE)
        assert found["degrees"] == row["df"]


def test_covariance_between_editions_is_that_of_r(golden, stacked):
    for row in reference(golden, "stack_nr", "cov_AB"):
        assert stacked[row["variable"], "all", "all"]["covariance"] == pytest.approx(
            row["estimate"], rel=CLOSE
        )


def test_independent_editions_add_their_variances_as_in_r(golden, connection):
    connection.register("stacked", golden("sme_two_editions.csv"))
    tables = [
        estimate(
            connection,
            f"(SELECT * FROM stacked WHERE ed = '{name}')",
            Design("w1", "pstratum"),
            MEANS,
            [ALL, SIZE],
            edition=name,
        ).to_pylist()
        for name in ("A", "B")
    ]
    rows = reference(golden, "indep_nr", "change_mean")
    assert len(rows) == 6
    for row in rows:
        place = (row["variable"], row["domain"] or "all", row["level"] if row["domain"] else "all")
        before, after = (
            next(r for r in table if (r["indicator"], r["domain_type"], r["domain"]) == place)
            for table in tables
        )
        assert after["value"] - before["value"] == pytest.approx(row["estimate"], rel=CLOSE)
        assert np.hypot(before["se"], after["se"]) == pytest.approx(row["se"], rel=CLOSE)


def test_the_panel_makes_change_more_precise(stacked):
    found = stacked["innov", "all", "all"]
    assert found["panel_n"] == 321
    assert found["covariance"] > 0
    assert (found["p_value"] < 0.05) == (found["ci_low"] > 0 or found["ci_high"] < 0)


def survey(seed, companies, drift=0.0):
    """A stratified survey with calibrated-looking weights over given companies."""
    random = np.random.default_rng(seed)
    region = np.array([f"R{number % 4}" for number in companies])
    size = np.array([("small", "large")[number % 3 == 0] for number in companies])
    before = 10 + 20 * random.random(len(companies))
    return pa.table(
        {
            "unit": [f"c{number}" for number in companies],
            "region": region,
            "size": size,
            "before": before,
            "weight": before * (0.8 + 0.4 * random.random(len(companies))),
            "headcount": random.integers(1, 300, len(companies)).astype(float),
            "yes": random.random(len(companies)) < 0.4 + drift,
        }
    )


CALIBRATED = Design(
    "weight",
    "region",
    "before",
    (CalibratedOn("region"), CalibratedOn("size"), CalibratedOn("size", "headcount")),
)
YES = [Indicator("yes", "yes"), Indicator("mean", "headcount", "mean", base="yes")]


def by_rows(tables, name, chosen):
    """The change's variance from the definition: residuals of each respondent, summed by company and
    stratum."""
    z = {}
    stratum = {}
    for sign, table in zip((1, -1), tables, strict=True):
        data = {column: np.array(table[column].to_pylist()) for column in table.column_names}
        inside = chosen(data)
        if name == "yes":
            y, a = data["yes"].astype(float), np.ones(len(inside))
        else:
            y, a = data["headcount"] * data["yes"], data["yes"].astype(float)
        y, a = y * inside, a * inside
        w, d = data["weight"], data["before"]
        value, size = (w @ y) / (w @ a), w @ a
        u = (y - value * a) / size
        x = np.stack(
            [(data["region"] == r).astype(float) for r in ("R0", "R1", "R2", "R3")]
            + [(data["size"] == s).astype(float) for s in ("small", "large")]
            + [(data["size"] == s) * data["headcount"] for s in ("small", "large")],
            axis=1,
        )
        b = np.linalg.lstsq(x * np.sqrt(d)[:, None], u * np.sqrt(d), rcond=None)[0]
        for unit, region, amount in zip(data["unit"], data["region"], sign * w * (u - x @ b), strict=True):
            z[unit] = z.get(unit, 0) + amount
            stratum.setdefault(unit, region)
    total = 0.0
    for h in set(stratum.values()):
        values = np.array([z[unit] for unit in z if stratum[unit] == h])
        total += len(values) / (len(values) - 1) * np.sum((values - values.mean()) ** 2)
    return total


@pytest.mark.parametrize("domain", ["all", "large"])
@pytest.mark.parametrize("name", ["yes", "mean"])
@pytest.mark.parametrize(
    ("earlier", "at_once"),
    [
        pytest.param(range(150), panel.AT_ONCE, id="in one piece"),
        pytest.param(range(150), 30, id="in four pieces"),
        pytest.param(range(200, 350), panel.AT_ONCE, id="no company in both"),
    ],
)
def test_change_of_calibrated_editions_is_the_definition_s(
    connection, monkeypatch, earlier, at_once, *, name, domain
):
    monkeypatch.setattr(panel, "AT_ONCE", at_once)
    now, then = survey(2, range(40, 200), 0.1), survey(1, earlier)
    connection.register("later", now)
    connection.register("earlier", then)
    table = change(
        connection,
        Edition("now", "later", CALIBRATED, YES),
        Edition("then", "earlier", CALIBRATED, YES),
        [ALL, SIZE],
        unit="unit",
        strata=["region"],
    )
    (row,) = [r for r in table.to_pylist() if (r["indicator"], r["domain"]) == (name, domain)]
    expected = by_rows(
        (now, then),
        name,
        lambda data: np.ones(len(data["size"]), bool) if domain == "all" else data["size"] == domain,
    )
    assert (row["panel_n"] > 0) == (earlier[0] == 0)
    assert row["se"] ** 2 == pytest.approx(expected, rel=1e-10)


def test_the_same_answers_twice_change_nothing_for_certain(connection):
    connection.register("once", survey(3, range(120)))
    design = Design("weight", "region")
    table = change(
        connection,
        Edition("b", "once", design, YES),
        Edition("a", "once", design, YES),
        [ALL],
        unit="unit",
        strata=["region"],
    )
    for row in table.to_pylist():
        assert row["change"] == 0
        assert row["se"] == pytest.approx(0, abs=1e-8 * row["value"])


def test_questions_that_do_not_compare_have_no_change(connection):
    connection.register("once", survey(3, range(120)))
    design = Design("weight", "region")
    broken = [
        Indicator("yes", "yes", comparability="broken"),
        Indicator("mean", "headcount", "mean", is_asked=False),
    ]
    table = change(
        connection,
        Edition("b", "once", design, broken),
        Edition("a", "once", design, YES),
        [ALL],
        unit="unit",
        strata=["region"],
    )
    assert table.schema.equals(SCHEMA)
    by_name = {row["indicator"]: row for row in table.to_pylist()}
    assert [by_name[name]["reason"] for name in ("yes", "mean")] == ["broken", "not_asked"]
    assert [by_name[name]["change"] for name in ("yes", "mean")] == [None, None]
    assert by_name["yes"]["value"] is not None


def test_a_company_twice_in_an_edition_is_refused(connection):
    table = survey(3, range(120))
    connection.register("twice", pa.concat_tables([table, table.slice(0, 1)]))
    each = Edition("a", "twice", Design("weight", "region"), YES)
    with pytest.raises(EstimationError, match="121 weighted respondents for 120 companies"):
        change(connection, each, each, [ALL], unit="unit", strata=["region"])


def test_an_edition_without_a_frame_measures_no_change(connection):
    connection.register("once", survey(3, range(120)))
    each = Edition("workshop", "once", AMONG_RESPONDENTS, YES)
    with pytest.raises(EstimationError, match="workshop has no frame"):
        change(connection, each, each, [ALL], unit="unit", strata=["region"])
