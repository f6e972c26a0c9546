"""Releases one after another: newcomers stay hidden, patterns stay put."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.disclosure import Count, Earlier, Protection, Rules, Share, Tables, attack, build, protect
from orchestration.disclosure.earlier import link
from orchestration.disclosure.knowledge import recalled, told, without

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
    return told_by(protect(tables_of(table), RULES, previous or []))


def told_by(protection: Protection) -> Earlier:
    return Earlier.of(protection.tables, protection.pattern)


def test_an_unchanged_edition_keeps_its_pattern():
    first = protect(tables_of(survey()), RULES)
    second = protect(tables_of(survey()), RULES, [told_by(first)])
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
    assert ("turnover", "all", "all") in second.hidden
    total = tables_of(survey()).rows["turnover", "all", "all"]
    third = protect(tables_of(survey(5)), RULES, [first, second])
    assert not third.pattern[total]


def test_a_changed_answer_is_not_given_away():
    changed = [0, *YES[1:]]
    before = tables_of(people(ROWS, YES), Share())
    after = tables_of(people(ROWS, changed), Share())
    pattern = protect(before, RULES).pattern
    report = attack(after, protect(after, RULES).pattern, RULES, [Earlier.of(before, pattern)])
    assert not report.clean
    together = protect(after, RULES, [Earlier.of(before, pattern)])
    assert attack(after, together.pattern, RULES, [Earlier.of(before, pattern)]).clean


def test_moved_weights_alone_do_not_hide_anything_more():
    first = protect(tables_of(survey()), RULES)
    moved = survey()
    weight = pa.array(np.linspace(1, 5, moved.num_rows))
    moved = moved.set_column(moved.schema.get_field_index("weighted_n"), "weighted_n", weight)
    second = protect(tables_of(moved), RULES, [told_by(first)])
    assert (second.pattern == first.pattern).all()


def test_what_is_out_cannot_be_hidden_any_more():
    tables = tables_of(people({"region": list("abbbb"), "size": list("sllll")}, [1, 0, 1, 0, 1]))
    out = Earlier.of(tables, np.zeros(len(tables.keys), bool))
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
    last: list[Earlier] = []
    for _ in range(3):
        weights = random.uniform(1, 20, there).tolist()
        tables = tables_of(people({k: v[:there] for k, v in rows.items()}, yes[:there], weights), figure)
        # What the last one carries on protects against all of them.
        protection = protect(tables, RULES, last)
        assert attack(tables, protection.pattern, RULES, out).clean
        out.append(Earlier.of(tables, protection.pattern))
        last = [carried(protection)]
        there = min(count, there + int(random.integers(0, 3)))
        yes[int(random.integers(0, count))] ^= 1


def test_an_older_release_is_attacked_with_though_the_current_one_hid_the_figure():
    """The current release hid the total, so it alone does not tell who came; the one before it does."""
    first = protect(tables_of(survey()), RULES)
    second = protect(tables_of(survey(1)), RULES, [told_by(first)])
    # Of the current release, what it printed itself and nothing of what was public before.
    current_alone = Earlier.of(tables_of(survey(1)), second.pattern)
    third = tables_of(survey(2))
    total = third.rows["turnover", "all", "all"]

    forgetful = protect(third, RULES, [current_alone])
    assert not forgetful.pattern[total]
    assert attack(third, forgetful.pattern, RULES, [current_alone]).clean
    breaches = attack(third, forgetful.pattern, RULES, [carried(second)]).breaches
    assert any(breach.means == "lone_company" for breach in breaches)

    mindful = protect(third, RULES, [carried(second)])
    assert mindful.pattern[total]
    assert attack(third, mindful.pattern, RULES, [told_by(first), current_alone]).clean


def carried(protection: Protection) -> Earlier:
    """What the next release reads of this one."""
    rows = told("e", "turnover", protection.tables, protection.pattern)
    assert rows["number"].to_pylist() == list(range(rows.num_rows))
    hidden = told_by(protection).hidden
    return replace(recalled(rows, len(protection.tables.measures)), hidden=hidden)


def test_what_is_carried_on_does_not_grow_with_releases_of_the_same_answers():
    first = protect(tables_of(survey()), RULES)
    second = protect(tables_of(survey(1)), RULES, [carried(first)])
    third = protect(tables_of(survey(1)), RULES, [carried(second)])
    rows = [told("e", "turnover", each.tables, each.pattern) for each in (second, third)]
    assert rows[0].equals(rows[1])
    assert "the earlier pattern still holds and is kept" in third.log
    # The total of the first release, which the second hid, is among the sums.
    columns = (rows[1][name].to_pylist() for name in ("company_key", "sums"))
    sums = {key: text.split() for key, text in zip(*columns, strict=True)}
    newcomer = sums.pop("company 22")
    assert set.intersection(*map(set, sums.values())) - set(newcomer)


def test_an_answer_that_changes_and_changes_back_is_the_same_unknown():
    changed = tables_of(people(ROWS, [1 - YES[0], *YES[1:]]), Share())
    same = tables_of(people(ROWS, YES), Share())
    linked = link(same, [Earlier.of(same, protect(same, RULES).pattern), Earlier.of(changed, changed.known)])
    assert linked.members is not None
    assert linked.members.ids.to_pylist().count("company 0") == 2
    again = link(linked, [Earlier.of(changed, changed.known)])
    assert again.members is not None
    assert again.members.ids == linked.members.ids


def test_the_erased_are_carried_on_without_a_name():
    first = protect(tables_of(survey()), RULES)
    rows = told("e", "turnover", first.tables, first.pattern)
    left = without(rows, [(None, "company 3")])
    assert "company 3" not in left["company_key"].to_pylist()
    assert left.num_rows == rows.num_rows
    kept = recalled(left, len(first.tables.measures))
    assert sorted(kept.told.sum(axis=0)) == sorted(told_by(first).told.sum(axis=0))
