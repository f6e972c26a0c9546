"""The attacker: succeeds without secondary suppression, finds nothing with it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from scipy.optimize import linprog

from orchestration.disclosure import Count, Magnitude, Rules, Share, Tables, attack, build, protect
from orchestration.disclosure.attacker import is_primary, reasons_of
from orchestration.disclosure.gauss import eliminate
from orchestration.disclosure.span import Guards
from orchestration.errors import GateError

from .conftest import SYSTEMS, breakdown, people, turnover

RULES = Rules(shown_base=0, optimal_cells=0, refining_programmes=0)


def primaries(tables: Tables) -> np.ndarray:
    return is_primary(reasons_of(tables, RULES)) & tables.printed


@pytest.mark.parametrize("system", SYSTEMS)
def test_succeeds_without_secondary_suppression_and_not_with_it(respondents: pa.Table, system: str):
    tables = turnover(respondents, system)
    naive = attack(tables, primaries(tables), RULES)
    assert not naive.clean
    assert any(b.means == "exact" for b in naive.breaches)
    with pytest.raises(GateError, match="can be recovered"):
        naive.require_clean()

    report = attack(tables, protect(tables, RULES).pattern, RULES)
    assert report.clean
    report.require_clean()
    assert report.secrets == primaries(tables).sum()


@pytest.mark.parametrize(
    ("system", "short"),
    # STATISTICS, section 4: under-protected after elimination alone.
    list(zip(SYSTEMS, [3, 4, 7, 16, 23], strict=True)),
)
def test_elimination_alone_leaves_intervals_too_narrow(respondents: pa.Table, system: str, short: int):
    tables = turnover(respondents, system)
    secret = primaries(tables)
    order = np.argsort(-tables.cost, kind="stable")
    guards = Guards(tables.columns[:, np.flatnonzero(secret)])
    pattern = ~eliminate(tables.columns, order[~secret[order]], guards)
    breaches = attack(tables, pattern, RULES).breaches
    assert not [b for b in breaches if b.means == "exact" and b.key in np.array(tables.keys)[secret].tolist()]
    assert len({b.key for b in breaches if b.means == "relations"}) == short
    # The empty crossings of the largest system tell more than its sums.
    assert any(b.means == "finest_cells" for b in breaches) == (short == 23)


def test_all_primaries_of_region_by_size_are_exactly_recoverable(respondents: pa.Table):
    tables = turnover(respondents, "region*size")
    exact = {b.key for b in attack(tables, primaries(tables), RULES).breaches if b.means == "exact"}
    assert {tables.keys[c] for c in np.flatnonzero(primaries(tables))} <= exact


def test_bounds_are_those_of_a_plain_linear_programme(respondents: pa.Table):
    """An attacker written anew: every secret cell's least and greatest value from what is shown."""
    tables = turnover(respondents, "region*size")
    pattern = protect(tables, RULES).pattern
    amounts = tables.measures[0].atoms
    columns = tables.columns.toarray()
    shown = columns[:, ~pattern].T
    for cell in np.flatnonzero(primaries(tables)):
        ends = [
            sign * linprog(sign * columns[:, cell], A_eq=shown, b_eq=shown @ amounts, bounds=(0, None)).fun
            for sign in (1, -1)
        ]
        value = tables.total[cell]
        need = max(0.1 * value, tables.largest[cell] / 0.85 - value)
        assert ends[0] <= value - min(need, value) + 1e-3
        assert ends[1] >= value + need - 1e-3


def test_a_lone_company_learns_its_neighbours_total():
    # a and b are hidden; whoever is alone in a subtracts itself from a + b.
    rows = {"region": ["a", "b", "b", "c", "c", "c"]}
    tables = build(people(rows, [1] * 6), [breakdown(), breakdown("region")], Count())
    hidden = np.array([key[2] in ("a", "b") for key in tables.keys])
    report = attack(tables, hidden, RULES)
    assert [(b.means, b.key[2], b.by[2]) for b in report.breaches if b.by] == [("lone_company", "b", "a")]
    assert protect(tables, RULES).pattern.sum() > 2


def test_a_secret_cell_that_is_shown_is_a_breach():
    tables = build(people({"region": ["a", "b", "b", "b"]}, [0] * 4), [breakdown("region")], Count())
    report = attack(tables, np.zeros(len(tables.keys), bool), RULES)
    assert [b.means for b in report.breaches if b.means == "shown"] == ["shown"]
    assert "is shown although it is secret" in str(report.breaches[0])


def test_zero_percent_is_secret_and_cannot_be_bounded_away():
    # No company of the north exports; the south's rate would give it away by difference.
    rows = {"region": ["north"] * 12 + ["south"] * 12 + ["west"] * 12}
    yes = [0] * 12 + [1, 0] * 6 + [1, 0, 0] * 4
    tables = build(people(rows, yes), [breakdown(), breakdown("region")], Share())
    naive = attack(tables, np.array([key[2] == "north" for key in tables.keys]), RULES)
    assert {b.key[2] for b in naive.breaches} == {"north"}
    protection = protect(tables, RULES)
    hidden = {key[2] for key, cell in tables.rows.items() if protection.pattern[cell]}
    assert "north" in hidden
    assert len(hidden) == 2


def test_negative_amounts_leave_signs_open():
    amounts = [-5.0, 4.0, 9.0, 7.0, 3.0, 8.0, -2.0, 6.0, 5.0]
    table = pa.table({"region": list("aabbbbccc"), "n": np.ones(9), "weighted_n": np.ones(9), "x": amounts})
    tables = build(table, [breakdown(), breakdown("region")], Magnitude("x", "x", "x"))
    assert not attack(tables, primaries(tables), RULES).clean
    assert attack(tables, protect(tables, RULES).pattern, RULES).clean


def test_public_microdata_by_activity_place_and_size(shared: Path):
    names = ("A10", "A21", "A88", "SIZE", "NUTS2", "NUTS3", "WEIGHT", "TURNOVER")
    table = pa_csv.read_csv(
        shared / "data" / "disclosure" / "indiv_dt.csv",
        convert_options=pa_csv.ConvertOptions(
            include_columns=names, column_types={name: pa.string() for name in names}
        ),
    )
    weight, amount = (table[name].cast(pa.float64()).to_numpy() for name in ("WEIGHT", "TURNOVER"))
    for name, values in {"n": np.ones_like(weight), "weighted_n": weight, "x": amount}.items():
        table = table.append_column(name, pa.array(values))
    table = table.append_column("total", pa.array(weight * amount))
    crosses = [
        (),
        ("A10",),
        ("A21",),
        ("A88",),
        ("NUTS2",),
        ("NUTS3",),
        ("SIZE",),
        ("A21", "NUTS2"),
        ("A88", "SIZE"),
    ]
    tables = build(
        table,
        [breakdown(*columns) for columns in crosses],
        Magnitude("x", "x", "total"),
        {"A88": "A21", "A21": "A10", "NUTS3": "NUTS2"},
    )
    assert tables.printed.sum() > 250
    assert not attack(tables, primaries(tables), RULES).clean
    protection = protect(tables, RULES)
    assert attack(tables, protection.pattern, RULES).clean
    # Few cells are lost, none of them a large one.
    assert tables.cost[protection.pattern].sum() < 0.02 * tables.cost[tables.printed].sum()
