"""The register's companies from the two stock files: formats, what is wanted, and one clear message a fault."""

import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.collection.register.companies import Wanted, read_companies
from orchestration.collection.register.stock import PLACES, UNITS, StockFile
from orchestration.errors import PartnerFileError

from .stock_files import place, unit, write

MILL, SHOP, MINE, OLD, GONE = "404833048", "732829320", "000024935", "552100554", "005880034"
ROWS = {
    UNITS: [
        unit(MILL, dateDernierTraitementUniteLegale="2026-10-30 23:10:00.000"),
        unit(SHOP, activitePrincipaleUniteLegale="47.11B"),
        unit(MINE, activitePrincipaleUniteLegale="08.11Z", trancheEffectifsUniteLegale="NN",
             statutDiffusionUniteLegale="P", denominationUniteLegale="[ND]"),
        # 21.01 of the NAP is no pharmaceutical industry.
        unit(OLD, activitePrincipaleUniteLegale="21.01", nomenclatureActivitePrincipaleUniteLegale="NAP"),
        unit(GONE, etatAdministratifUniteLegale="C", nicSiegeUniteLegale="00025"),
    ],
    PLACES: [
        place(MILL), place(MILL, "00025", codeCommuneEtablissement="02691"),
        place(MILL, "00033", etatAdministratifEtablissement="F"),
        place(SHOP), place(OLD),
        place(GONE, "00025", etatAdministratifEtablissement="F", codeCommuneEtablissement="2A004"),
    ],
}  # fmt: skip


INDUSTRY = Wanted()


def read(folder, suffix, wanted=INDUSTRY, rows=ROWS):
    files = [write(folder, kind, rows[kind], suffix) for kind in (UNITS, PLACES)]
    with read_companies(*files, wanted) as found:
        table = [row for batch in found.batches() for row in batch.to_pylist()]
        assert found.rows == len(table)
        return table, found.vintage


@pytest.mark.parametrize("suffix", ["parquet", "csv", "zip"])
def test_the_industrial_companies_with_head_office_and_establishments(tmp_path, suffix):
    found, vintage = read(tmp_path, suffix)
    assert vintage == "2026-10-30"
    assert [row["siren"] for row in found] == sorted([MILL, MINE, GONE])
    mine, gone, mill = found
    assert mill == {
        "siren": MILL, "statutDiffusionUniteLegale": "O", "dateCreationUniteLegale": "2001-02-03",
        "trancheEffectifsUniteLegale": "12", "categorieEntreprise": "PME", "etatAdministratifUniteLegale": "A",
        "activitePrincipaleUniteLegale": "25.62B", "codeCommuneEtablissement": "80016",
        "etablissementsOuverts": 2, "etablissementsFermes": 1,
    }  # fmt: skip
    assert (gone["codeCommuneEtablissement"], gone["etablissementsFermes"]) == ("2A004", 1)
    # No establishment at all: the company is there, its place is not.
    assert (mine["codeCommuneEtablissement"], mine["etablissementsOuverts"]) == (None, 0)


@pytest.mark.parametrize(
    ("wanted", "sirens"),
    [
        (Wanted(sections=["B"]), [MINE]),
        (Wanted(sections=["D", "E"]), []),
        (Wanted(active=True), [MINE, MILL]),
        (Wanted(bands=["12", "21"]), [GONE, MILL]),
        (Wanted(sections=[], sirens=[SHOP, OLD]), [OLD, SHOP]),
        (Wanted(sections=["C"], sirens=[SHOP], active=True, bands=["12"]), [MILL, SHOP]),
    ],
    ids=["mining", "none", "active", "bands", "asked for", "all together"],
)
@pytest.mark.parametrize("suffix", ["parquet", "zip"])
def test_filters(tmp_path, wanted, sirens, suffix):
    assert [row["siren"] for row in read(tmp_path, suffix, wanted)[0]] == sirens


def test_names_and_quotes_in_cells_do_not_shift_columns(tmp_path):
    rows = ROWS | {UNITS: [unit(MILL, denominationUniteLegale='A, "B"\nC'), unit(MINE)]}
    assert read(tmp_path, "csv", rows=rows) == read(tmp_path, "zip", rows=rows)
    assert len(read(tmp_path, "csv", rows=rows)[0]) == 2


def test_the_same_legal_unit_twice_is_refused(tmp_path):
    with pytest.raises(PartnerFileError, match="1 legal units stand in it twice"):
        read(tmp_path, "parquet", rows=ROWS | {UNITS: [unit(MILL), unit(MILL)]})


@pytest.mark.parametrize(
    ("kind", "name", "column"),
    [
        (PLACES, "sample_etablissements_KO_missing_header.csv", "nic"),
        (UNITS, "sample_unites_legales_KO.csv", "statutDiffusionUniteLegale"),
    ],
)
def test_a_missing_heading_is_told_in_one_message_that_names_it(sirene, kind, name, column):
    with pytest.raises(PartnerFileError) as caught:
        StockFile(kind, sirene / name).columns()
    assert caught.value.problem == f"column '{column}' is missing"
    assert str(sirene / name) in caught.value.where


def test_the_headings_of_earlier_years_are_enough(sirene):
    for kind, name in ((PLACES, "sample_etablissements_OK.csv"), (UNITS, "sample_unites_legales_OK.csv")):
        assert len(StockFile(kind, sirene / name).columns()) > 30
    with read_companies(
        sirene / "sample_unites_legales_OK.csv", sirene / "sample_etablissements_OK.csv", Wanted()
    ) as found:
        assert found.rows == 0


def test_the_nearest_heading_is_told(tmp_path):
    path = tmp_path / "StockEtablissement_utf8.csv"
    path.write_text("siren,nic,codeComuneEtablissement,etatAdministratifEtablissement\n")
    with pytest.raises(PartnerFileError, match=r"missing \(nearest: 'codeComuneEtablissement'\)"):
        StockFile(PLACES, path).columns()


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def empty(path):
    path.write_bytes(b"")


def latin(path):
    path.write_bytes(path.read_bytes().replace(b"25.62B", b"25.62\xc9"))


def narrow(path):
    path.write_bytes(path.read_bytes() + b"404833048,O,,\n")


def rot(path):
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(byte ^ 255 for byte in whole[200:230]) + whole[230:])


def bare_zip(path):
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("readme.txt", "nothing")


def numbers(path):
    table = pq.read_table(path)
    place = table.schema.get_field_index("siren")
    pq.write_table(table.set_column(place, "siren", table["siren"].cast(pa.int64())), path)


@pytest.mark.parametrize(
    ("suffix", "harm", "told"),
    [
        ("parquet", cut, "the file cannot be read"),
        ("parquet", empty, "the file cannot be read"),
        ("parquet", numbers, "column 'siren' is int64"),
        ("csv", empty, "column 'siren' is missing"),
        ("csv", latin, "the file cannot be read"),
        ("csv", narrow, "the file cannot be read at line"),
        ("zip", cut, "the file cannot be read"),
        ("zip", rot, "the file cannot be read"),
        ("zip", bare_zip, "the zip file holds 0 CSV files"),
    ],
)
def test_a_damaged_file_is_refused_without_quoting_it(tmp_path, suffix, harm, told):
    files = [write(tmp_path, kind, ROWS[kind], suffix) for kind in (UNITS, PLACES)]
    harm(files[0])
    with pytest.raises(PartnerFileError) as caught, read_companies(*files, Wanted()) as found:
        list(found.batches())
    assert told in caught.value.problem
    assert str(files[0]) in caught.value.where
    assert "ZQNOM" not in str(caught.value)
    assert MILL not in str(caught.value)


def test_a_band_is_a_text_whatever_it_says(tmp_path):
    assert read(tmp_path, "csv", Wanted(bands=["12') OR ('' = '"]))[0] == []


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PartnerFileError, match="no such file"):
        StockFile(UNITS, tmp_path / "StockUniteLegale_utf8.parquet").columns()


NEW = {"nomenclatureActivitePrincipaleUniteLegale": "NAF2025", "activitePrincipaleUniteLegale": "25.53Y"}


def test_a_nomenclature_that_is_not_known_is_told_instead_of_missing_companies(tmp_path):
    rows = [unit(MILL), unit(SHOP, **NEW), unit(GONE, **NEW, etatAdministratifUniteLegale="C")]
    with pytest.raises(PartnerFileError, match="1 active legal units are coded in 'NAF2025'") as caught:
        read(tmp_path, "csv", rows=ROWS | {UNITS: rows})
    assert caught.value.where.endswith("column 'nomenclatureActivitePrincipaleUniteLegale'")


def test_a_few_in_another_nomenclature_stop_nothing_and_are_no_industry(tmp_path):
    many = [unit(f"{number:09}") for number in range(1, 200)]
    found, _ = read(
        tmp_path, "csv", Wanted(sirens={OLD}), ROWS | {UNITS: [*many, unit(SHOP, **NEW), unit(OLD, **NEW)]}
    )
    # Who answered is there, whatever the code.
    assert len(found) == 200
    assert {row["siren"] for row in found} & {SHOP, OLD} == {OLD}
