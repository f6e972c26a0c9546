"""Codes of communes, activities and companies: what resolves, and what goes to quarantine with which reason."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import lake as tables
from orchestration.codebook import Codebook
from orchestration.decoding import PartnerInput, decode, decode_partners
from orchestration.decoding.codes import code_lists
from orchestration.decoding.companies import known_companies
from orchestration.decoding.partner_codes import PartnerCodes
from orchestration.decoding.quarantine import Quarantine

KEY = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def codes(repository_folder):
    return code_lists(repository_folder / "data" / "reference")


@pytest.fixture(scope="module")
def repository_folder(pytestconfig):
    return pytestconfig.rootpath


def rows(lake, table: str) -> list[dict]:
    return [row for path in tables.files(lake, table) for row in pq.ParquetFile(path).read().to_pylist()]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("80016", "80016"), (" 80 016 ", "80016"), ("75101", "75101"), ("2a004", "2A004"),
        ("01039", "01138"),  # merged since 2021
        ("74011", "74010"),  # merged in 2017: an answer of 2012
        ("20004", "2A004"),  # Corsica of before 1976
        ("1004", "01004"), ("1039", "01138"),  # a spreadsheet took the zero
        ("Saint-Quentin", "02691"), ("SAINT QUENTIN", "02691"), ("l’oie", "85165"),
        ("Sainte-Colombe", None),  # a dozen communes have this name
        ("99999", None), ("0801", None), ("xx", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_communes(codes, text, code):
    assert codes["commune_code"].resolve(pa.array([text], pa.string())).to_pylist() == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [("30.30Z", "30.30Z"), ("3030z", "30.30Z"), ("30 30 Z", "30.30Z"), ("30.30", None), ("30.31Z", None),
     ("", None), (None, None)],
)  # fmt: skip
def test_activities(codes, text, code):
    assert codes["naf_code"].resolve(pa.array([text], pa.string())).to_pylist() == [code]


FRAME = {
    "company_key": ["a" * 32, "b" * 32, "c" * 32],
    "commune_code": ["01039", "99999", None],
    "naf_code": ["30.30Z", "3030Z", "99.99Z"],
    "headcount_band": ["12"] * 3,
    "is_invited": [True] * 3,
    "invitation_mode": ["email"] * 3,
    "invited_on": ["2019-03-01"] * 3,
}


def test_a_partner_file_gets_todays_codes_and_keeps_rows_whose_code_is_unknown(codes, tmp_path):
    pq.write_table(pa.table(FRAME), tmp_path / "frame.parquet")
    checked = PartnerCodes(codes, Quarantine(None, tmp_path / "lake"))
    inputs = [
        PartnerInput("frame", tmp_path / "frame.parquet", "sampling_frame.parquet", "tour_2019"),
    ]
    assert decode_partners(inputs, tmp_path / "lake", checked)["frame"] == 3
    found = rows(tmp_path / "lake", "frame")
    assert [row["commune_code"] for row in found] == ["01138", None, None]
    assert [row["naf_code"] for row in found] == ["30.30Z", "30.30Z", None]

    decode([], {}, tmp_path / "lake", codes, checked.quarantine)
    assert [
        (row["edition"], row["source"], row["file"], row["row_number"], row["field"], row["reason_code"])
        for row in rows(tmp_path / "lake", "quarantine")
    ] == [
        ("tour_2019", "frame", "sampling_frame.parquet", 2, "commune_code", "unknown_commune"),
        ("tour_2019", "frame", "sampling_frame.parquet", 3, "naf_code", "unknown_activity"),
    ]
    (row, *_) = rows(tmp_path / "lake", "quarantine")
    assert row["value_masked"] == "99999"
    assert "of today or of before it merged, such as 80016" in row["reason"]


def test_rows_of_later_chunks_are_told_by_their_number_in_the_file(codes, tmp_path, monkeypatch):
    monkeypatch.setattr("orchestration.decoding.partner_files._ROWS_A_CHUNK", 2)
    pq.write_table(pa.table(FRAME), tmp_path / "frame.parquet")
    checked = PartnerCodes(codes, Quarantine(None, tmp_path / "lake"))
    given = PartnerInput("frame", tmp_path / "frame.parquet", "frame.parquet", "tour_2019")
    decode_partners([given], tmp_path / "lake", checked)
    (whole,) = [pa.concat_tables(checked.quarantine.chunks())]
    assert whole.column("row_number").to_pylist() == [2, 3]


@pytest.fixture
def with_codes(survey) -> Codebook:
    """The real survey's codebook, with a text question as commune and another as activity."""
    texts = [question for question in survey.questions if question.kind == "text" and not question.personal]
    renamed = {texts[0].code: "commune_code", texts[1].code: "naf_code"}
    return survey.model_copy(
        update={
            "questions": tuple(
                question.model_copy(update={"variable": renamed[question.code]})
                if question.code in renamed
                else question
                for question in survey.questions
            )
        }
    )


def test_an_answer_that_is_no_code_is_invalid_and_in_quarantine(with_codes, archive, codes, tmp_path):
    commune, naf = (
        next(q.code for q in with_codes.questions if q.variable == name) for name in ("commune_code", "naf_code")
    )  # fmt: skip
    cells = [("01039", "3030z"), ("nulle part ailleurs", "RAS"), ("RAS", "chaudronnerie"), ("", "30.30Z")]
    given = archive([{"id": str(n), commune: c, naf: a} for n, (c, a) in enumerate(cells, 1)])
    decode([with_codes], {with_codes.edition: [given]}, tmp_path / "lake", codes)
    answers = {
        (row["respondent_id"], row["variable"]): (row["state"], row["value_text"])
        for row in rows(tmp_path / "lake", "answers")
        if row["variable"] in ("commune_code", "naf_code")
    }
    assert answers == {
        (1, "commune_code"): ("answered", "01138"),
        (1, "naf_code"): ("answered", "30.30Z"),
        (2, "commune_code"): ("invalid", None),
        (2, "naf_code"): ("refused", "RAS"),
        (3, "commune_code"): ("refused", "RAS"),
        (3, "naf_code"): ("invalid", None),
        (4, "commune_code"): ("blank", None),
        (4, "naf_code"): ("answered", "30.30Z"),
    }
    assert {
        (row["respondent_id"], row["field"], row["reason_code"], row["value_masked"])
        for row in rows(tmp_path / "lake", "quarantine")
    } == {
        (2, commune, "unknown_commune", "xxxxx xxxx xxxxxxxx"),
        (3, naf, "unknown_activity", "xxxxxxxxxxxxx"),
    }


def companies(lake, table: str, keys: list[str], edition: str | None = None) -> None:
    columns = {name: [None] * len(keys) for name in tables.SCHEMAS[table].names}
    columns |= {"company_key": keys}
    if table == "frame":
        columns |= {"edition": [edition] * len(keys), "is_invited": [True] * len(keys)}
    tables.write(lake, table, [(edition, [pa.table(columns, schema=tables.SCHEMAS[table])])])


def test_a_siren_that_neither_register_nor_frame_knows_is_told(survey, archive, tmp_path):
    companies(tmp_path / "lake", "register", ["a" * 32])
    companies(tmp_path / "lake", "frame", ["b" * 32], survey.edition)
    given = archive(
        [{"id": str(n), "company_key": key} for n, key in enumerate(["a" * 32, "b" * 32, KEY, None, KEY], 1)]
    )
    decode([survey], {survey.edition: [given]}, tmp_path / "lake")
    told = [
        (row["respondent_id"], row["reason_code"])
        for row in rows(tmp_path / "lake", "quarantine")
        if row["reason_code"] in ("unknown_siren", "duplicate_company")
    ]
    assert told == [(5, "duplicate_company"), (3, "unknown_siren"), (5, "unknown_siren")]
    assert len(rows(tmp_path / "lake", "respondents")) == 5  # as information: none is taken away


def test_without_register_and_frame_no_siren_is_called_unknown(survey, archive, tmp_path):
    companies(tmp_path / "lake", "register", [])
    companies(tmp_path / "lake", "frame", ["b" * 32], "another_edition")
    decode([survey], {survey.edition: [archive([{"id": "1", "company_key": KEY}])]}, tmp_path / "lake")
    assert rows(tmp_path / "lake", "quarantine") == []


def test_keys_are_looked_up_batch_by_batch(tmp_path, monkeypatch):
    monkeypatch.setattr("orchestration.decoding.companies._ROWS_A_BATCH", 10)
    keys = [f"{n:032x}" for n in range(95)]
    companies(tmp_path, "register", keys)
    asked = pa.array([keys[3], "f" * 32, keys[94]])
    assert list(known_companies(tmp_path, "tour_2019", asked)) == [True, False, True]
