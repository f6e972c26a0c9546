"""Linked systems: cells, sums, parts that cross, overlapping domains."""

import numpy as np
import pyarrow as pa
import pytest

from orchestration.disclosure import Breakdown, Count, Magnitude, Share, build
from orchestration.errors import GateError

from .conftest import SYSTEMS, breakdown, people, turnover

PLACES = {
    "region": ["north", "north", "north", "south", "south", "south"],
    # Territory `mid` lies in both regions, one company of the north in no territory.
    "territory": ["top", "mid", None, "mid", "low", "low"],
}
YES = [1, 0, 1, 1, 0, 0]


def test_every_relation_holds_for_every_measure(respondents: pa.Table):
    for system in SYSTEMS:
        tables = turnover(respondents, system)
        for measure in tables.measures:
            off = tables.relations @ tables.value(measure)
            assert np.abs(off).max() < 1e-6 * tables.value(measure).max()


def test_crossing_territory_is_split_and_the_rest_is_a_part():
    crosses = [breakdown(), breakdown("region"), breakdown("territory")]
    tables = build(people(PLACES, YES), crosses, Count(), {"territory": "region"})
    n = dict(zip(tables.keys, tables.contributors, strict=True))
    parts = {key[2]: (key[1], n[key]) for key in tables.keys if key[0] == ""}
    assert parts == {
        "mid / north": ("part", 1),
        "mid / south": ("part", 1),
        "north / ": ("rest", 1),
    }
    assert tables.printed.sum() == 6
    # all = north + south; north = top + part + rest; south = low + part; mid = part + part.
    assert tables.relations.shape[0] == 4
    assert np.abs(tables.relations @ tables.contributors).max() == 0


def test_the_relations_say_all_that_the_columns_say_about_printed_cells(respondents: pa.Table):
    tables = turnover(respondents, "(region+territory)*size")
    rank = np.linalg.matrix_rank(tables.columns.toarray())
    free = len(tables.keys) - np.linalg.matrix_rank(tables.relations.toarray())
    assert rank == free


def test_a_rate_among_some_is_linked_to_the_rate_of_all():
    rows = {"region": ["north"] * 6, "innovator": ["yes", "yes", "no", "no", "no", None]}
    tables = build(
        people(rows, YES),
        [
            Breakdown(("rate",), "region", ("region",)),
            Breakdown(("rate_innovators",), "region", ("region",), (("innovator", "yes"),)),
            Breakdown(("rate_others", "no_rate_others"), "region", ("region",), (("innovator", "no"),)),
        ],
        Share(),
    )
    n = {key: tables.contributors[cell] for key, cell in tables.rows.items()}
    assert n == {
        ("rate", "region", "north"): 6,
        ("rate_innovators", "region", "north"): 2,
        ("rate_others", "region", "north"): 3,
        ("no_rate_others", "region", "north"): 3,
    }
    others = ("rate_others", "region", "north"), ("no_rate_others", "region", "north")
    assert tables.rows[others[0]] == tables.rows[others[1]]
    # What is neither can be had by subtraction.
    assert tables.contributors[~tables.printed].tolist() == [1]


def test_domains_that_overlap():
    rows = {"stop": ["a;b", "a", "b;c", "c", "", None]}
    tables = build(
        people(rows, YES), [Breakdown(("rate",), "stop", ("stop",), separator=";"), breakdown()], Count()
    )
    n = {key[2]: tables.contributors[cell] for key, cell in tables.rows.items()}
    assert n == {"a": 2, "b": 2, "c": 2, "all": 6}
    assert np.abs(tables.relations @ tables.contributors).max() == 0


def test_the_order_of_rows_does_not_matter():
    crosses = [breakdown(), breakdown("region"), breakdown("territory")]
    table = people(PLACES, YES)
    one = build(table, crosses, Count(), {"territory": "region"})
    other = build(table.take([5, 3, 1, 0, 2, 4]), crosses[::-1], Count(), {"territory": "region"})
    assert one.keys == other.keys
    assert (one.columns != other.columns).nnz == 0
    assert (one.relations != other.relations).nnz == 0


def test_a_cube_gives_the_same_system_as_its_respondents(respondents: pa.Table):
    names = ["region", "territory", "size", "sector_cal"]
    cube = respondents.group_by(names).aggregate(
        [("n", "sum"), ("weighted_n", "sum"), ("turnover", "sum"), ("turnover", "max")]
    )
    cube = cube.rename_columns([*names, "n", "weighted_n", "turnover", "largest"])
    crosses = [breakdown(*columns) for columns in SYSTEMS["(region+territory)*size"]]
    one = turnover(respondents, "(region+territory)*size")
    other = build(cube, crosses, Magnitude("turnover", "largest", "turnover"), {"territory": "region"})
    assert one.keys == other.keys
    np.testing.assert_allclose(one.cost, other.cost)
    np.testing.assert_allclose(one.largest, other.largest)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop_columns(["region"]), "columns missing: region"),
        (lambda t: t.slice(0, 0), "nothing to publish"),
        (
            lambda t: t.set_column(t.schema.get_field_index("n"), "n", pa.array([None] * 6, pa.float64())),
            "n has 6",
        ),
        (lambda t: pa.concat_tables([t, t]), "6 rows repeat a contributor"),
    ],
)
def test_refuses_what_cannot_be_protected(change, message: str):
    with pytest.raises(GateError, match=message):
        build(change(people(PLACES, YES)), [breakdown("region")], Count())
