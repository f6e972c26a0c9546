"""Frames, the register and reference files in the lake, and one clear message for each fault."""

import shutil
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import lake as tables
from orchestration.archive import Archive
from orchestration.collection.company_files import collect_partner_file
from orchestration.collection.contacts import Contacts
from orchestration.collection.inbox import PartnerFile
from orchestration.collection.register.collect import collect_register
from orchestration.collection.register.files import find_stock
from orchestration.decoding import (
    PARTNER_TABLES,
    REFERENCE_TABLES,
    PartnerInput,
    decode_partners,
    decode_reference,
    partners,
)
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys

KEY = "0123456789abcdef" * 2
# A table with a column of every kind, and one of texts alone.
TABLES = {
    "training_offers": pa.schema(
        [
            pa.field("offer_id", pa.string(), nullable=False),
            pa.field("institution_id", pa.string(), nullable=False),
            pa.field("title_fr", pa.string()),
            pa.field("title_en", pa.string()),
            pa.field("is_labelled_ice", pa.bool_(), nullable=False),
            *(pa.field(name, pa.string()) for name in ("competences", "level", "format")),
            pa.field("hours", pa.int64()),
            pa.field("commune_code", pa.string()),
            pa.field("language", pa.string()),
            pa.field("starts_on", pa.date32()),
            pa.field("seats", pa.int64()),
        ]
    ),
    "institutions": pa.schema(
        [
            pa.field("institution_id", pa.string(), nullable=False),
            *(pa.field(name, pa.string()) for name in ("name", "kind", "commune_code")),
        ]
    ),
}
HEADER = ";".join(TABLES["training_offers"].names)
OFFER = (
    'of-1;es-1;"Négocier; à l\'export";Negotiate;oui;INT-02|INT-03;bac+3;hybrid;120;80021;fr;2019-09-23;16'
)


@pytest.fixture(autouse=True)
def _tables(monkeypatch):
    for name, schema in TABLES.items():
        monkeypatch.setitem(tables.SCHEMAS, name, schema)
    monkeypatch.setattr(partners, "PARTNER_TABLES", (*PARTNER_TABLES, *TABLES))


@pytest.fixture
def run(tmp_path):
    """Write one file, decode it, and give the table's rows."""

    def decode(table: str, content, name: str | None = None, edition: str | None = None) -> list[dict]:
        path = tmp_path / (name or f"{table}.{'parquet' if isinstance(content, dict) else 'csv'}")
        if isinstance(content, dict):
            pq.write_table(pa.table(content), path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        decode_partners([PartnerInput(table, path, path.name, edition)], tmp_path / "lake")
        return rows(tmp_path / "lake", table)

    return decode


def rows(lake, table: str) -> list[dict]:
    found = tables.files(lake, table)
    return [row for path in found for row in pq.ParquetFile(path).read().to_pylist()]


def test_training_offers(run):
    (offer,) = run("training_offers", f"\ufeff{HEADER}\r\n{OFFER}\r\n")
    assert offer == {
        "offer_id": "of-1",
        "institution_id": "es-1",
        "title_fr": "Négocier; à l'export",
        "title_en": "Negotiate",
        "is_labelled_ice": True,
        "competences": "INT-02|INT-03",
        "level": "bac+3",
        "format": "hybrid",
        "hours": 120,
        "commune_code": "80021",
        "language": "fr",
        "starts_on": date(2019, 9, 23),
        "seats": 16,
    }


def test_columns_may_stand_in_any_order_and_cells_be_empty(run):
    (one, two) = run("institutions", "commune_code,name,kind,institution_id\n01004,,school,es-1\n,X,,es-2\n")
    assert one == {"institution_id": "es-1", "name": None, "kind": "school", "commune_code": "01004"}
    assert two == {"institution_id": "es-2", "name": "X", "kind": None, "commune_code": None}


def test_a_file_of_its_header_alone_gives_an_empty_table(run):
    assert run("institutions", "institution_id;name;kind;commune_code\n") == []


def test_frames_go_to_their_editions_with_our_bands(tmp_path):
    frame = {
        "company_key": [KEY, "b" * 32, "c" * 32],
        "commune_code": ["01004", "2A004", "75056"],
        "naf_code": ["30.30Z"] * 3,
        "headcount_band": ["00", "31", None],
        "is_invited": [True, False, True],
        "invitation_mode": ["email", None, "post"],
        "invited_on": [date(2019, 3, 1), None, date(2019, 3, 2)],
    }
    inputs = []
    for edition in ("tour_2019", "edition_2012"):
        pq.write_table(pa.table(frame), tmp_path / f"{edition}.parquet")
        inputs.append(PartnerInput("frame", tmp_path / f"{edition}.parquet", "frame.parquet", edition))
    assert decode_partners(inputs, tmp_path / "lake")["frame"] == 6
    found = rows(tmp_path / "lake", "frame")
    assert [row["edition"] for row in found] == ["edition_2012"] * 3 + ["tour_2019"] * 3
    assert found[0] == {
        "edition": "edition_2012",
        "company_key": KEY,
        "commune_code": "01004",
        "naf_code": "30.30Z",
        "headcount_band": "0",
        "is_invited": True,
        "invitation_mode": "email",
        "invited_on": date(2019, 3, 1),
    }
    assert [row["headcount_band"] for row in found[:3]] == ["0", "50-249", None]


SIRENE = {
    "company_key": [KEY],
    "codeCommuneEtablissement": ["01004"],
    "activitePrincipaleUniteLegale": ["30.30Z"],
    "trancheEffectifsUniteLegale": ["12"],
    "categorieEntreprise": ["PME"],
    "etatAdministratifUniteLegale": ["A"],
    "dateCreationUniteLegale": ["2001-02-03"],
    "statutDiffusionUniteLegale": ["O"],
    "etablissementsOuverts": ["2"],
    "etablissementsFermes": ["1"],
}


def test_the_register_is_read_under_sirenes_names_whatever_else_it_has(run):
    assert run("register", SIRENE | {"nic": ["00011"]}) == [
        {
            "company_key": KEY,
            "commune_code": "01004",
            "naf_code": "30.30Z",
            "headcount_band": "12",
            "category": "PME",
            "state": "A",
            "created_on": date(2001, 2, 3),
            "diffusion": "O",
            "open_establishments": 2,
            "closed_establishments": 1,
        }
    ]


@pytest.mark.parametrize(
    ("code", "band"),
    [("NN", "0"), ("00", "0"), ("01", "1-9"), ("02", "1-9"), ("03", "1-9"), ("11", "10-49"), ("12", "10-49"),
     ("21", "50-249"), ("22", "50-249"), ("31", "50-249"), ("32", "250+"), ("41", "250+"), ("42", "250+"),
     ("51", "250+"), ("52", "250+"), ("53", "250+"), ("", None)],
)  # fmt: skip
def test_headcounts_of_frames_are_put_in_our_bands_and_those_of_the_register_kept(run, code, band):
    frame = {
        "company_key": [KEY], "commune_code": ["01004"], "naf_code": ["30.30Z"], "headcount_band": [code],
        "is_invited": ["oui"], "invitation_mode": ["post"], "invited_on": ["2019-03-02"],
    }  # fmt: skip
    (row,) = run("frame", frame, edition="tour_2019")
    assert row["headcount_band"] == band
    (row,) = run("register", SIRENE | {"trancheEffectifsUniteLegale": [code]})
    assert row["headcount_band"] == (code or None)


def test_every_partner_table_is_there_even_without_a_file(tmp_path):
    counts = decode_partners([], tmp_path)
    assert counts == dict.fromkeys((*PARTNER_TABLES, *TABLES), 0)
    for table in PARTNER_TABLES:
        found = pq.read_table(tables.files(tmp_path, table)[0])
        assert found.column_names == tables.SCHEMAS[table].names
        assert found.num_rows == 0


def test_several_files_of_one_table_are_put_together(tmp_path):
    inputs = []
    for number in (1, 2):
        path = tmp_path / f"{number}.csv"
        path.write_text(
            f"institution_id;name;kind;commune_code\nes-{number};X;school;80021\n", encoding="utf-8"
        )
        inputs.append(PartnerInput("institutions", path, path.name))
    assert decode_partners(inputs, tmp_path / "lake")["institutions"] == 2


def test_the_projects_reference_files(repository, tmp_path):
    counts = decode_reference(repository / "data" / "reference", tmp_path)
    assert list(counts) == list(REFERENCE_TABLES)
    assert counts["communes"] > 34_000
    assert counts["departements"] > 95
    communes = {row["commune_code"]: row for row in rows(tmp_path, "communes")}
    assert communes["02691"]["name"] == "Saint-Quentin"
    assert communes["2A004"]["departement_code"] == "2A"
    places = {row["place_code"]: row for row in rows(tmp_path, "coordinates")}
    assert (places["64260"]["latitude"], places["64260"]["longitude"]) == (43.358, -1.774)


@pytest.mark.parametrize("cell", ["48,2", "1e3", "nord", "48."])
def test_a_number_that_is_none(repository, tmp_path, cell):
    folder = tmp_path / "reference"
    shutil.copytree(repository / "data" / "reference", folder)
    file = folder / "coordinates.csv"
    file.write_text(
        f'place_kind,place_code,latitude,longitude\nepci,200000172,"{cell}",6.4\n', encoding="utf-8"
    )
    with pytest.raises(PartnerFileError, match=r"coordinates.*line 2.*'latitude'.*a number such as"):
        decode_reference(folder, tmp_path / "lake")


def test_the_samples_company_files(repository, tmp_path):
    archive, keys = Archive(tmp_path / "archive"), CompanyKeys(b"a secret for tests only")
    sample = repository / "data" / "sample"
    files = {"frame": sample / "tour_2019" / "sampling_frame.parquet"}
    inputs = []
    for table, path in files.items():
        edition = "tour_2019" if table == "frame" else None
        entry = collect_partner_file(PartnerFile(table, path, edition), archive, keys).entry
        inputs.append(PartnerInput(table, entry.path, path.name, edition))
    stock = find_stock([sample]).stock
    inputs.append(
        PartnerInput(
            "register",
            collect_register(
                stock, archive, keys, Contacts(tmp_path / "contacts", tmp_path / "secrets")
            ).entry.path,
            "register",
        )
    )
    counts = decode_partners(inputs, tmp_path / "lake")
    assert counts["frame"] == pq.ParquetFile(files["frame"]).metadata.num_rows
    companies = {row["company_key"] for row in rows(tmp_path / "lake", "register")}
    assert {row["company_key"] for row in rows(tmp_path / "lake", "frame")} <= companies


def offers(*changes: tuple[str, str], before: int = 0) -> str:
    text = "\n".join([HEADER, *[OFFER] * before, OFFER])
    for old, new in changes:
        head, _, tail = text.rpartition(old)
        text = head + new + tail
    return text + "\n"


OFFER_FAULTS = [
    (offers(("hours;", "hour;")), "offers.csv, line 1", ["unknown column 'hour' (nearest known: 'hours')"]),
    (offers((";hours", "")), "offers.csv, line 1", ["column 'hours' is missing"]),
    (offers(("hours;", "seats;")), "line 1", ["'seats' stands twice", "'hours' is missing"]),
    (offers((";120;", ";12h;"), before=2), "line 4, column 'hours'", ["'12h'", "a whole number"]),
    (offers((";oui;", ";yes;")), "line 2, column 'is_labelled_ice'", ["'yes'", "oui or non"]),
    (offers((";oui;", ";;")), "line 2, column 'is_labelled_ice'", ["empty", "every row"]),
    (offers(("2019-09-23", "23/09/2019")), "column 'starts_on'", ["a date such as"]),
    (offers(("2019-09-23", "2019-02-31")), "column 'starts_on'", ["a real date"]),
    (offers((";120;", ";"), before=1), "line 3", ["12 cells", "13 cells"]),
    (offers((";Negotiate", ';Nego"tiate"'), ("of-1", '"of-1')), "line 2", ["quote"]),
    (offers(("Négocier", "Négocier\nmieux"), (";120;", ";x;"), before=1), "line 3, column 'hours'", ["'x'"]),
    (f"{HEADER}\n\n\n{OFFER.replace('120', 'x')}\n", "line 4, column 'hours'", ["'x'"]),
    (offers().encode("latin-1"), "line 2", ["is not UTF-8"]),
    ("", "training_offers.csv", ["is empty", "offer_id"]),
]


@pytest.mark.parametrize(("content", "where", "words"), OFFER_FAULTS)
def test_a_fault_in_a_csv_is_named_with_file_line_and_column(run, content, where, words):
    with pytest.raises(PartnerFileError) as caught:
        run("training_offers", content)
    assert where in caught.value.where
    assert caught.value.expected
    assert caught.value.fix
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("change", "where", "words"),
    [
        ({"company_key": [None]}, "row 1, column 'company_key'", ["empty"]),
        ({"trancheEffectifsUniteLegale": ["99"]}, "column 'tranche", ["'99'", "a Sirene code"]),
        ({"dateCreationUniteLegale": ["2001"]}, "column 'dateCreation", ["'2001'", "a date such as"]),
    ],
)
def test_a_fault_in_a_parquet_file_is_named_with_row_and_column(run, change, where, words):
    with pytest.raises(PartnerFileError) as caught:
        run("register", SIRENE | change)
    assert where in caught.value.where
    for word in words:
        assert word in str(caught.value)


def test_a_register_that_lacks_a_column_is_told_the_nearest(run):
    renamed = {name.removesuffix("Etablissement"): cell for name, cell in SIRENE.items()}
    with pytest.raises(PartnerFileError) as caught:
        run("register", renamed)
    assert "'codeCommuneEtablissement' is missing (nearest in the file: 'codeCommune')" in str(caught.value)
    assert "and any others" in caught.value.expected


def test_a_file_that_is_not_there_or_not_parquet(run, tmp_path):
    with pytest.raises(PartnerFileError, match="cannot be read") as caught:
        decode_reference(tmp_path / "nowhere", tmp_path / "lake")
    assert "communes.csv" in caught.value.where
    with pytest.raises(PartnerFileError, match="not a Parquet file"):
        run("register", b"siren;nic\n", name="register.parquet")


def test_a_table_that_is_unknown(tmp_path):
    with pytest.raises(PartnerFileError, match="no table 'stopover'"):
        decode_partners([PartnerInput("stopover", tmp_path / "x.csv", "x.csv")], tmp_path)


def test_a_large_file_is_read_in_chunks_and_its_last_line_is_found(run, monkeypatch):
    monkeypatch.setattr("orchestration.decoding.partner_files._BLOCK", 4_096)
    lines = [f"es-{number};École {number};school;80021" for number in range(2_000)]
    content = "\n".join(["institution_id;name;kind;commune_code", *lines])
    found = run("institutions", content)
    assert [row["institution_id"] for row in found] == [f"es-{number}" for number in range(2_000)]
    with pytest.raises(PartnerFileError, match="line 2002, column 'institution_id'"):
        run("institutions", content + "\n;X;school;80021\n")
