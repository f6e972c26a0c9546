"""Frames: archived with keys in place of numbers, and nothing else that names anybody."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.archive import Archive
from orchestration.collection import company_files
from orchestration.collection.company_files import LAYOUTS, Layout, collect_partner_file
from orchestration.collection.inbox import PartnerFile
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.lake import SCHEMAS

KEYS = CompanyKeys(b"the secret of the tests")
SIRENS = ["404833048", "732829320", "000024935"]
INSTITUTIONS = 'institution_id;name;kind;commune_code\nes-01;École;university;80021\nes-02;"A; ""B""";cfa;\n'


@pytest.fixture(autouse=True)
def _small_table(monkeypatch):
    """A table of four texts, so that a CSV's faults stand alone."""
    small = Layout(("institution_id", "name", "kind", "commune_code"))
    monkeypatch.setattr(company_files, "LAYOUTS", {**LAYOUTS, "institutions": small})


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive")


def institutions(tmp_path, content=INSTITUTIONS, name="institutions.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return PartnerFile("institutions", path)


def frame(tmp_path, **changes):
    columns = {
        "siren": pa.array(SIRENS),
        "commune_code": pa.array(["80021", "2A004", "01001"]),
        "naf_code": pa.array(["28.22Z"] * 3),
        "headcount_band": pa.array(["01", "11", None]),
        "is_invited": pa.array([True, False, True]),
        "invitation_mode": pa.array(["email", None, "post"]),
        "invited_on": pa.array([date(2019, 5, 1), None, date(2019, 5, 2)]),
    } | changes
    path = tmp_path / "sampling_frame.parquet"
    pq.write_table(pa.table({name: column for name, column in columns.items() if column is not None}), path)
    return PartnerFile("frame", path, "tour_2019")


def test_csv_cells_are_archived_as_text(archive, tmp_path):
    collected = collect_partner_file(institutions(tmp_path), archive, KEYS)
    assert (collected.rows, collected.rejected, collected.is_new) == (2, 0, True)
    assert (collected.entry.source, collected.entry.feed) == ("partners", "institutions")
    assert pq.read_table(collected.entry.path).to_pylist() == [
        {"institution_id": "es-01", "name": "École", "kind": "university", "commune_code": "80021"},
        {"institution_id": "es-02", "name": 'A; "B"', "kind": "cfa", "commune_code": None},
    ]
    assert collected.entry.says(origin="institutions.csv", format="csv", rows=2, rejected=0, dropped=[])


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_mark_and_separators(archive, tmp_path, separator):
    content = "\ufeff" + "institution_id;name;kind;commune_code\r\n1;b;c;d\r\n".replace(";", separator)
    entry = collect_partner_file(institutions(tmp_path, content), archive, KEYS).entry
    assert pq.read_table(entry.path).to_pylist() == [
        {"institution_id": "1", "name": "b", "kind": "c", "commune_code": "d"}
    ]


def test_frame_carries_the_key_in_place_of_the_siren(archive, tmp_path):
    entry = collect_partner_file(frame(tmp_path), archive, KEYS).entry
    table = pq.read_table(entry.path)
    assert (entry.source, entry.feed) == ("sampling_frame", "tour_2019")
    assert table.column_names[0] == "company_key"
    assert table.column("company_key").to_pylist() == KEYS.of(pa.array(SIRENS)).to_pylist()
    assert table.schema.field("invited_on").type == pa.date32()
    assert table.schema.field("is_invited").type == pa.bool_()
    assert not [siren for siren in SIRENS if siren.encode() in entry.path.read_bytes()]


def test_tokens_and_addresses_stay_outside(archive, tmp_path):
    file = frame(tmp_path, token=pa.array(["tk1zqmark"] * 3), email=pa.array(["a@zqmark.org"] * 3))
    entry = collect_partner_file(file, archive, KEYS).entry
    assert entry.facts["dropped"] == ["token", "email"]
    assert b"zqmark" not in entry.path.read_bytes()
    assert set(pq.read_schema(entry.path).names) == {*SCHEMAS["frame"].names} - {"edition"}


def test_same_original_adds_nothing_and_another_secret_does(archive, tmp_path):
    file = frame(tmp_path)
    first = collect_partner_file(file, archive, KEYS)
    again = collect_partner_file(file, archive, KEYS)
    assert (first.is_new, again.is_new, again.entry) == (True, False, first.entry)
    assert collect_partner_file(file, archive, CompanyKeys(b"another secret of 16")).is_new
    assert len(archive.entries()) == 2


def test_text_of_any_arrow_kind_is_text(archive, tmp_path):
    entry = collect_partner_file(
        frame(tmp_path, siren=pa.array(SIRENS, pa.large_string())), archive, KEYS
    ).entry
    assert pq.read_table(entry.path).column("company_key").null_count == 0


HEAD = b"institution_id;name;kind;commune_code\n"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "no heading row"),
        (b"institution_id;name;kind\n1;2;3\n", "column 'commune_code' is missing"),
        (b"institution_id;name;kind;commune_code;name\n1;2;3;4;5\n", "column 'name' stands twice"),
        (HEAD + b"1;2;3;4\n1;2;3\n1;2;3;4;5\n", "2 rows have another number of cells"),
        (HEAD + b'1;"2;3;4\n', "a quoted cell does not end"),
        (HEAD + b"1;\xe9cole;3;4\n", "byte 40 is not UTF-8 (0xe9)"),
        (b"institution_id;n\xe9;kind;commune_code\n", "is not UTF-8 (0xe9)"),
        (b"PK\x03\x04", "Excel workbook"),
        ("institution_id".encode("utf-16"), "UTF-16"),
    ],
)
def test_bad_csv_is_refused(archive, tmp_path, content, what):
    file = institutions(tmp_path, content)
    with pytest.raises(PartnerFileError) as caught:
        collect_partner_file(file, archive, KEYS)
    assert what in caught.value.problem
    assert str(file.path) in caught.value.where
    assert caught.value.expected
    assert caught.value.fix
    assert archive.entries() == []


def test_row_of_another_width_is_named(archive, tmp_path):
    with pytest.raises(PartnerFileError, match="row 3 with the headings as row 1"):
        collect_partner_file(institutions(tmp_path, HEAD + b"1;2;3;4\n1;2;3\n"), archive, KEYS)


def test_missing_file_is_refused(archive, tmp_path):
    with pytest.raises(PartnerFileError, match="no such file"):
        collect_partner_file(PartnerFile("frame", tmp_path / "sampling_frame.csv"), archive, KEYS)


def test_damaged_parquet_is_refused(archive, tmp_path):
    file = frame(tmp_path)
    file.path.write_bytes(file.path.read_bytes()[:-20])
    with pytest.raises(PartnerFileError, match="cannot be read"):
        collect_partner_file(file, archive, KEYS)


@pytest.mark.parametrize(
    ("sirens", "what"),
    [
        (pa.array(["404833048", "404833047", "1"]), "2 SIREN are none; the first is luhn_invalid"),
        (pa.array(["404833048", None, "732829320"]), "1 SIREN are none; the first is empty"),
        (pa.array([404833048, 732829320, 24935]), "column 'siren' is not text"),
        (None, "column 'siren' is missing"),
    ],
)
def test_frame_without_true_sirens_is_refused(archive, tmp_path, sirens, what):
    with pytest.raises(PartnerFileError, match=what) as caught:
        collect_partner_file(frame(tmp_path, siren=sirens), archive, KEYS)
    assert "404833047" not in str(caught.value)
    assert archive.entries() == []


def test_first_wrong_siren_is_named_by_its_row(archive, tmp_path):
    sirens = pa.array(["404833048", "404833048", "404833047"])
    with pytest.raises(PartnerFileError, match="row 3:"):
        collect_partner_file(frame(tmp_path, siren=sirens), archive, KEYS)
