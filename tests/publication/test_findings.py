"""The summary claims no more than the intervals carry, and the PDF is what readers need."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from orchestration.publication.report.figures import Figure, State
from orchestration.publication.report.findings import apart, direction, leaders

shares = st.floats(0, 1).flatmap(
    lambda value: st.tuples(st.floats(0, value), st.floats(value, 1)).map(
        lambda ends: Figure(State.SHOWN, value, *ends)
    )
)
differences = st.floats(-1, 1).flatmap(
    lambda value: st.tuples(st.floats(-1, value), st.floats(value, 1)).map(
        lambda ends: Figure(State.SHOWN, value, *ends)
    )
)


@given(differences)
def test_a_direction_is_claimed_only_where_the_interval_leaves_zero_out(figure):
    claim = direction(figure)
    assert (claim == "open") is (figure.low <= 0 <= figure.high)
    if claim != "open":
        assert (claim == "more") is (figure.value > 0)


@given(shares, shares)
def test_shares_are_told_apart_only_where_no_value_is_in_both_intervals(one, other):
    assert apart(one, other) is apart(other, one)
    assert apart(one, other) is (max(one.low, other.low) > min(one.high, other.high))


@given(st.lists(st.tuples(st.text("abc", min_size=1), shares), max_size=6, unique_by=lambda pair: pair[0]))
def test_a_first_is_named_only_where_its_interval_is_above_all_others(named):
    top, is_first = leaders(named)
    assert [figure.value for _, figure in top] == sorted((f.value for _, f in named), reverse=True)[:3]
    if is_first:
        assert all(top[0][1].low > figure.high for name, figure in named if name != top[0][0])


def test_a_figure_without_interval_carries_no_claim():
    bare = Figure(State.SHOWN, 0.4)
    assert direction(bare) == "open"
    assert not apart(bare, Figure(State.SHOWN, 0.9, 0.8, 1.0))


def test_the_pdf_is_tagged_and_says_its_title_and_language(workshop):
    public = workshop.candidate().folder / "public"
    for language, title in (("fr", "Banque de compétences"), ("en", "Skills Bank")):
        document = PdfReader(io.BytesIO((public / f"report.{language}.pdf").read_bytes()))
        root = document.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == language
        assert document.metadata.title.startswith(title)
        assert "Tour 2019" in document.metadata.title or "2019 tour" in document.metadata.title
