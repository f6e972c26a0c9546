"""Releases one after another: newcomers stay hidden, patterns stay put."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure import Count, Earlier, Rules, Share, Tables, attack, build, protect

from .conftest import breakdown, people

RULES = Rules(shown_base=0)
CROSSES = [breakdown(), breakdown("region"), breakdown("size"), breakdown("region", "size")]
ROWS = {"region": list("aaaaaabbbbbbbbcccccccc"), "size": list("ssslllsssslllsssslllll")}
YES = [1, 0] * 11


def tables_of(table: pa.Table, figure: Count | Share | None = None) -> Tables:
    return build(table, CROSSES, figure or Count())


def survey(extra: int = 0, region: str = "a") -> pa.Table:
    rows = {"region": ROWS["region"] + [region] * extra, "size": ROWS["size"] + ["s"] * extra}
    return people(rows, YES + [1] * extra)


def release(table: pa.Table, previous: list[Earlier] | None = None) -> Earlier:
    tables = tables_of(table)
    return Earlier(tables, protect(tables, RULES, previous or []).pattern)


def test_an_unchanged_edition_keeps_its_pattern():
    first = release(survey())
    second = protect(tables_of(survey()), RULES, [first])
    assert (second.pattern == first.pattern).all()
    assert "the earlier pattern still holds and is kept" in second.log


def test_one_newcomer_is_not_given_away():
    first = release(survey())
    tables = tables_of(survey(1))
    alone = protect(tables, RULES)
    # The new pattern is safe by itself, but not beside the release that is already out.
    assert attack(tables, alone.pattern, RULES).clean
    report = attack(tables, alone.pattern, RULES, [first])
    assert any(b.means == "exact" for b in report.breaches)

    together = protect(tables, RULES, [first])
    assert attack(tables, together.pattern, RULES, [first]).clean
    # The newcomer is in the region's total and in that of everybody.
    assert together.pattern[tables.rows["turnover", "all", "all"]]
    assert together.pattern[tables.rows["turnover", "region", "a"]]
    assert not together.pattern[tables.rows["turnover", "region", "b"]]


def test_two_newcomers_are_not_given_away_to_each_other():
    first = release(survey())
    tables = tables_of(survey(2))
    together = protect(tables, RULES, [first])
    assert together.pattern[tables.rows["turnover", "all", "all"]]


def test_three_newcomers_update_the_figures():
    first = release(survey())
    tables = tables_of(survey(3))
    assert not protect(tables, RULES, [first]).pattern[tables.rows["turnover", "all", "all"]]


def test_what_a_newcomer_had_hidden_comes_back():
    first = release(survey())
    second = release(survey(1), [first])
    total = second.tables.rows["turnover", "all", "all"]
    assert second.pattern[total]
    third = protect(tables_of(survey(5)), RULES, [first, second])
    assert not third.pattern[total]


def test_a_changed_answer_is_not_given_away():
    changed = [0, *YES[1:]]
    before = tables_of(people(ROWS, YES), Share())
    after = tables_of(people(ROWS, changed), Share())
    pattern = protect(before, RULES).pattern
    report = attack(after, protect(after, RULES).pattern, RULES, [Earlier(before, pattern)])
    assert not report.clean
    together = protect(after, RULES, [Earlier(before, pattern)])
    assert attack(after, together.pattern, RULES, [Earlier(before, pattern)]).clean


def test_moved_weights_alone_do_not_hide_anything_more():
    first = release(survey())
    moved = survey()
    weight = pa.array(np.linspace(1, 5, moved.num_rows))
    moved = moved.set_column(moved.schema.get_field_index("weighted_n"), "weighted_n", weight)
    second = protect(tables_of(moved), RULES, [first])
    assert (second.pattern == first.pattern).all()


def test_what_is_out_cannot_be_hidden_any_more():
    tables = tables_of(people({"region": list("abbbb"), "size": list("sllll")}, [1, 0, 1, 0, 1]))
    out = Earlier(tables, np.zeros(len(tables.keys), bool))
    protection = protect(tables, RULES, [out])
    lost = [line for line in protection.log if "no longer be protected" in line]
    assert len(lost) == 1
    # Still blanked, since no new release should repeat it.
    assert protection.pattern[tables.rows["turnover", "region", "a"]]


def test_several_earlier_releases_count_together():
    first = release(survey())
    second = release(survey(3), [first])
    tables = tables_of(survey(4))
    third = protect(tables, RULES, [first, second])
    assert third.pattern[tables.rows["turnover", "all", "all"]]
    assert attack(tables, third.pattern, RULES, [first, second]).clean


@given(st.integers(0, 2**32 - 1), st.sampled_from([Count(), Share()]))
@settings(max_examples=8, deadline=None)
def test_a_series_of_releases_gives_nobody_away(seed: int, figure: Count | Share):
    random = np.random.default_rng(seed)
    count = int(random.integers(12, 40))
    rows = {
        "region": [f"r{i}" for i in random.integers(0, 3, count)],
        "size": [f"s{i}" for i in random.integers(0, 2, count)],
    }
    yes = [int(x) for x in random.random(count) < 0.4]
    there = count - 4
    out: list[Earlier] = []
    for _ in range(3):
        weights = random.uniform(1, 20, there).tolist()
        tables = tables_of(people({k: v[:there] for k, v in rows.items()}, yes[:there], weights), figure)
        protection = protect(tables, RULES, out)
        assert attack(tables, protection.pattern, RULES, out).clean
        out.append(Earlier(tables, protection.pattern))
        there = min(count, there + int(random.integers(0, 3)))
        yes[int(random.integers(0, count))] ^= 1
