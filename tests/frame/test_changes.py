"""From one version to the next: what changed, and how past editions are counted."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.frame import Competence, Frame, Name, Recode, diff, recode, recodes
from orchestration.frame.models import Heading

START, TURN = date(2012, 1, 1), date(2026, 1, 1)
OLD = (("A-1", START, None, ()), ("A-2", START, None, ()), ("A-3", START, None, ()), ("A-4", START, None, ()))
NEW = (
    ("A-1", START, None, ()),
    ("A-2", START, TURN, ()),
    ("A-3", START, TURN, ()),
    ("A-4", START, TURN, ()),
    ("B-1", TURN, None, ("A-2", "A-3")),
    ("B-2", TURN, None, ("A-3",)),
)


LABEL = {"fr": "f", "en": "e"}
HEADING = Heading.model_validate(
    {
        "frame": "small", "version": "1", "valid_from": "2012-01-01", "title": LABEL, "licence": "etalab-2.0",
        "families": {"all": LABEL}, "levels": dict.fromkeys("1234", LABEL),
    }
)  # fmt: skip


def small(*rows):
    """A frame of a few competences: code, first day, last day, what it replaces."""
    made = [
        Competence(
            code=code, family="all", label_fr=f"fr {code}", label_en=f"en {code}", definition_fr="d",
            definition_en="d", valid_from=start, valid_to=end, replaces=old,
        )
        for code, start, end, old in rows
    ]  # fmt: skip
    names = [Name(code=one.code, kind="synonym", language="fr", text=f"nom {one.code}") for one in made]
    return Frame(HEADING, tuple(made), names=tuple(names))


def test_past_codes_are_kept_merged_split_or_ended():
    table = recodes(small(*OLD), small(*NEW))
    assert table == {
        "A-1": Recode("A-1", ("A-1",), "identical"),
        "A-2": Recode("A-2", ("B-1",), "close"),
        "A-3": Recode("A-3", ("B-1", "B-2"), "broken"),
        "A-4": Recode("A-4", (), "broken"),
    }


def test_a_company_counts_once_after_a_merge_and_nothing_is_lost_silently():
    rows = [("c1", "A-2"), ("c1", "A-3"), ("c2", "A-4"), ("c2", "A-1"), ("c3", "Z-9")]
    result = recode(rows, small(*OLD), small(*NEW))
    assert result.rows == [("c1", "B-1"), ("c1", "B-2"), ("c2", "A-1")]
    assert result.lost == [("c2", "A-4"), ("c3", "Z-9")]


def test_a_chain_of_versions_is_followed_to_its_end():
    later = date(2030, 1, 1)
    last = (
        *NEW[:4],
        ("B-1", TURN, later, ("A-2", "A-3")),
        ("B-2", TURN, None, ("A-3",)),
        ("C-1", later, None, ("B-1",)),
    )
    assert recodes(small(*OLD), small(*last))["A-2"] == Recode("A-2", ("C-1",), "close")


def test_diff_lists_what_was_added_retired_and_renamed():
    changes = {(one.kind, one.code) for one in diff(small(*OLD), small(*NEW))}
    assert {("added", "B-1"), ("valid_to", "A-2"), ("names", "B-1")} <= changes
    assert ("removed", "B-1") in {(one.kind, one.code) for one in diff(small(*NEW), small(*OLD))}


def test_a_frame_does_not_differ_from_itself(frame):
    assert diff(frame, frame) == []
    assert {one.comparability for one in recodes(frame, frame).values()} == {"identical"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("wxyz"), st.sampled_from(["A-1", "A-2", "A-3", "A-4", "Z-9"]))))
def test_recoding_neither_invents_nor_doubles(rows):
    result = recode(rows, small(*OLD), small(*NEW))
    assert len(set(result.rows)) == len(result.rows)
    assert {key for key, _ in result.rows} | {key for key, _ in result.lost} == {key for key, _ in rows}
    assert {code for _, code in result.rows} <= {"A-1", "B-1", "B-2"}
    assert [code for _, code in result.lost] == [code for _, code in rows if code in {"A-4", "Z-9"}]
