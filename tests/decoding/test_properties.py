"""Whatever an export holds, decoding loses no row and no cell."""

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import lake as tables
from orchestration.decoding import decode

HEADINGS = (
    "EFFECTIF", "CA", "CA[other]", "INNO[PROD]", "RDK", "EXPORT", "PAYS[DE]", "PAYS[other]", "COMP[C01]",
    "NIVEAU[C03][1]", "RECRUT[CDI_A26]", "TOP3[1]", "MANQUE", "DATECREA", "FREIN[F1comment]",
)  # fmt: skip
LIKELY = [
    "", None, "Y", "N", "U", "E10", "-oth-", "T1", "5", "12.5", "12,5", "B3", "2019-03-31", "RAS", " ",
    "2019-02-31", "été\r\n", "\u2028", "{x}", "0", "-", "1e400", "9" * 30,
]  # fmt: skip
CELLS = st.one_of(st.sampled_from(LIKELY), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.one_of(st.integers(1, 30).map(str), st.sampled_from(["", "x", None])),
            "submitdate": st.sampled_from(["", None, "2019-05-15 15:27:03", "1980-01-01 00:00:00", "x"]),
            "lastpage": st.sampled_from(["", None, "0", "3", "6", "x"]),
            "rejected": st.sampled_from([None, None, None, "cut"]),
            "company_key": st.sampled_from([None, "a" * 32, "b" * 32]),
            **dict.fromkeys(HEADINGS, CELLS),
        }
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS, groups=st.sampled_from([1, 3, 100]), source=st.sampled_from(["limesurvey", "limesurvey_vv"])
)
def test_no_row_and_no_cell_is_lost(survey, archive, rows, groups, source):
    export = archive(rows, source, groups=groups)
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder)
        report = decode([survey], {survey.edition: [export]}, lake)
        found = {
            name: [
                row for path in tables.files(lake, name) for row in pq.ParquetFile(path).read().to_pylist()
            ]
            for name in ("respondents", "answers", "quarantine", "variables")
        }
    respondents, answers, quarantine = found["respondents"], found["answers"], found["quarantine"]
    lost = {"rejected_row", "missing_id", "duplicate_id"}
    refused = [row["row_number"] for row in quarantine if row["reason_code"] in lost]
    assert sorted([row["row_number"] for row in respondents] + refused) == list(range(1, len(rows) + 1))

    counts = Counter((row["variable"], row["item"]) for row in answers)
    columns = {(row["variable"], row["item"]) for row in found["variables"]}
    assert counts == dict.fromkeys(columns, len(respondents)) or not respondents
    assert len({(row["respondent_id"], row["variable"], row["item"]) for row in answers}) == len(answers)
    assert {name: len(found[name]) for name in found} == {
        name: count for name, count in report.editions[survey.edition].rows.items() if name in found
    }

    by_number = {row["row_number"]: row["respondent_id"] for row in respondents}
    headings = {(row["variable"], row["item"]): row["heading"] for row in found["variables"]}
    told = {
        (row["respondent_id"], row["field"]) for row in quarantine if row["reason_code"] == "invalid_value"
    }
    cells = {
        (by_number[number], heading): row.get(heading, "")
        for number, row in enumerate(rows, 1)
        if number in by_number
        for heading in headings.values()
    }
    for answer in answers:
        heading = headings[answer["variable"], answer["item"]]
        cell = cells[answer["respondent_id"], heading]
        values = [answer[name] for name in ("value_code", "value_number", "value_text", "value_date")]
        given_values = [value for value in values if value is not None]
        assert len(given_values) == (answer["state"] in {"answered", "refused"})
        # Nothing typed is called blank or not asked, and nothing is made up.
        assert (answer["state"] in {"blank", "not_asked"}) <= (cell is None or not cell.strip())
        if given_values and given_values != ["no"]:
            assert cell
        assert ((answer["respondent_id"], heading) in told) == (answer["state"] == "invalid")
