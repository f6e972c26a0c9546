"""What may be shown of an offending row."""

import re
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.collection.scrubbing import scrub_text
from orchestration.quality import Failure, GateResult
from orchestration.quality.masking import PATTERNS, found, mask_cell, mask_row, mask_text

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("company_key", KEY, "01234567…"),
        ("key", f"tour_2019 / {KEY}", "tour_2019 / 01234567…"),
        ("value_text", "écrire à jane.doe@example.org.", "écrire à [e-mail]."),
        ("value_text", "tél. 03 22 91 00 00, merci", "tél. [phone], merci"),
        ("value_text", "+33 (0)6.12.34.56.78", "[phone]"),
        ("value_text", "0612345678,0712345678", "[phone],[phone]"),
        ("value_text", "06.12.34.56.78,5 ans", "[phone],5 ans"),
        ("value_text", "732 829 320", "[siren or siret]"),
        ("value_text", "73282932000074", "[siren or siret]"),
        ("value_text", "vu de 192.0.2.7", "vu de [ip address]"),
        ("value_text", "né le 01 12 2018 à 14 h 30", "né le 01 12 2018 à 14 h 30"),
        ("value_text", "x" * 60, "x" * 39 + "…"),
        ("contact_name", "Jane Doe", "[hidden]"),
        ("siren", np.int64(732829320), "[hidden]"),
        ("siren_class", "valid", "valid"),
        ("emails", np.int64(3), 3),
        ("reason", "too few", "too few"),
        ("respondent_id", 10_000_000_017.0, 10_000_000_017),
        ("value", float("nan"), None),
        ("value", float("inf"), "inf"),
        ("value", np.float64(0.5), 0.5),
        ("value", pd.NA, None),
        ("day", pd.NaT, None),
        ("day", pd.Timestamp(2019, 6, 4), "2019-06-04T00:00:00"),
        ("day", datetime(2019, 6, 4), "2019-06-04T00:00:00"),
        ("is_known", np.bool_(False), False),
    ],
)
def test_cells(column, value, shown):
    cell = mask_cell(column, value)
    assert cell == shown
    assert type(cell) in {str, int, float, bool, type(None)}


GAP = st.sampled_from(["", " ", ".", "-", "\u00a0"])
PHONES = st.builds(
    lambda first, pairs, gap: gap.join([f"0{first}", *pairs]),
    st.integers(1, 9), st.lists(st.from_regex(r"[0-9]{2}", fullmatch=True), min_size=4, max_size=4), GAP,
)  # fmt: skip
EMAILS = st.from_regex(r"[a-z0-9]{1,9}(\.[a-z]{1,9})?@[a-z0-9-]{1,9}(\.[a-z]{2,4}){1,2}", fullmatch=True)
WORDS = st.text(alphabet=st.characters(categories=("L", "Zs", "Po")), max_size=20)


@given(st.lists(st.one_of(PHONES, EMAILS, WORDS), max_size=6), st.sampled_from([" ", ", ", "\n"]))
def test_what_is_masked_holds_nothing_personal_and_masking_again_changes_nothing(parts, between):
    masked = mask_text(between.join(parts))
    assert not re.search(r"[a-z0-9]@[a-z0-9]", masked)
    assert not re.search(r"\b0[1-9](.?)[0-9]{2}\1[0-9]{2}\1[0-9]{2}\1[0-9]{2}\b", masked)
    assert mask_text(masked) == masked


@given(
    st.lists(st.one_of(PHONES, EMAILS, WORDS), max_size=6),
    st.sampled_from([" ", ", ", ",", ";", "/", "\n", " / "]),
)
def test_what_intake_scrubs_passes_the_gates(parts, between):
    scrubbed = scrub_text(between.join(parts))
    assert found("e-mail", scrubbed) == 0
    assert found("phone", scrubbed) == 0


def test_what_intake_scrubs_of_real_answers_passes_the_gates(shared):
    texts = (shared / "data/limesurvey/truth_responses.jsonl").read_text(encoding="utf-8")
    assert found("e-mail", texts) > 0
    assert found("phone", texts) > 0
    scrubbed = [scrub_text(text) for text in re.findall(r'"MANQUE": "((?:[^"\\]|\\.)*)"', texts)]
    assert len(scrubbed) > 100
    assert [text for text in scrubbed if found("e-mail", text) or found("phone", text)] == []


@given(st.lists(st.one_of(PHONES, EMAILS, WORDS, st.from_regex(r"[0-9a-f .+]{0,40}", fullmatch=True))))
@settings(max_examples=20)
def test_the_patterns_mean_the_same_in_python_and_in_duckdb(texts):
    for name, pattern in PATTERNS.items():
        rows = duckdb.execute("SELECT regexp_matches(unnest(?), ?)", [texts, pattern]).fetchall()
        assert [matches for (matches,) in rows] == [found(name, text) > 0 for text in texts], name


def test_markdown_cannot_be_broken_by_a_value():
    row = mask_row({"city": "A | B\n<script>`x`</script>", "n": 3})
    failure = Failure("A city is a city", "expect_x", "dim_stopover", "city", "1 of 2 rows", (row,))
    text = GateResult("marts", "0" * 64, 2, (failure,), {}, 0.5).to_markdown()
    assert text.splitlines()[0] == "**marts**: FAILED. 1 of 2 expectations hold (0.5 s)."
    assert text.splitlines()[-1] == r"| A \| B \<script\>\`x\`\</script\> | 3 |"
    assert str(failure) == "dim_stopover, city: A city is a city: 1 of 2 rows"
