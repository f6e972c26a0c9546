"""The sampling frame of the register: who is in it, by hand, and the command that writes it."""

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.archive import Archive
from orchestration.cli import app
from orchestration.collection.company_files import collect_partner_file
from orchestration.collection.inbox import PartnerFile
from orchestration.collection.register.files import Stock
from orchestration.collection.register.frame import Stratum, write_frame
from orchestration.collection.register.stock import PLACES, UNITS
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.settings import PROJECT

from .stock_files import place, unit, write

TABLES = {
    "communes": PROJECT / "data" / "reference" / "communes.csv",
    "sizes": PROJECT / "dbt_project" / "seeds" / "headcount_bands.csv",
}
SME, NEW, TINY, MID, LARGE, GONE, SHOP = (
    "404833048", "732829320", "000024935", "552100554", "005880034", "006003560", "006004659",
)  # fmt: skip


@pytest.fixture
def stock(tmp_path):
    units = [
        unit(SME),
        unit(NEW, categorieEntreprise=None, trancheEffectifsUniteLegale="21", activitePrincipaleUniteLegale="35.11Z"),
        unit(TINY, trancheEffectifsUniteLegale="NN", statutDiffusionUniteLegale="P",
             denominationUniteLegale="[ND]"),
        unit(MID, categorieEntreprise="ETI", trancheEffectifsUniteLegale="31"),
        unit(LARGE, categorieEntreprise=None, trancheEffectifsUniteLegale="41"),
        unit(GONE, etatAdministratifUniteLegale="C"),
        unit(SHOP, activitePrincipaleUniteLegale="47.11B"),
    ]  # fmt: skip
    places = [place(siren) for siren in (SME, NEW, MID, LARGE, GONE, SHOP)]
    places.append(place(TINY, codeCommuneEtablissement="99131"))
    return Stock(write(tmp_path, UNITS, units, "parquet"), write(tmp_path, PLACES, places, "parquet"))


def test_active_industrial_smes_by_stratum(stock, tmp_path):
    file = tmp_path / "frame.parquet"
    assert write_frame(stock, file, **TABLES) == {
        Stratum("32", "10-49", "C"): 1,
        Stratum("32", "50-249", "D"): 1,
        Stratum("unknown", "0-9", "C"): 1,
    }
    rows = {row["siren"]: row for row in pq.read_table(file).to_pylist()}
    assert rows.keys() == {SME, NEW, TINY}
    assert rows[SME] == {
        "siren": SME, "commune_code": "80016", "naf_code": "25.62B", "headcount_band": "12", "is_invited": False,
        "invitation_mode": None, "invited_on": None, "region_code": "32", "size_class": "10-49", "sector": "C",
    }  # fmt: skip
    assert rows[TINY]["headcount_band"] == "NN"
    assert b"ZQNOM" not in file.read_bytes()


def test_bands_and_an_empty_frame(stock, tmp_path):
    file = tmp_path / "frame.parquet"
    assert write_frame(stock, file, bands=["21"], **TABLES) == {Stratum("32", "50-249", "D"): 1}
    with pytest.raises(PartnerFileError, match="no active industrial SME") as caught:
        write_frame(stock, file, bands=["22"], **TABLES)
    assert "bands 22" in caught.value.expected
    assert pq.read_metadata(file).num_rows == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_frame_is_what_collection_takes(stock, tmp_path):
    file = tmp_path / "sampling_frame.parquet"
    write_frame(stock, file, **TABLES)
    collected = collect_partner_file(
        PartnerFile("frame", file, "tour_2026"),
        Archive(tmp_path / "archive"),
        CompanyKeys(b"a secret for tests only"),
    )
    assert collected.rows == 3
    assert collected.entry.facts["dropped"] == ["region_code", "size_class", "sector"]


def test_the_command_on_the_sample(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(tmp_path / "data"))
    result = CliRunner().invoke(
        app, ["sampling-frame", str(tmp_path / "frame.parquet"), "--band", "11", "--band", "12"]
    )
    assert result.exit_code == 0, result.output
    table = pq.read_table(tmp_path / "frame.parquet")
    assert set(table["headcount_band"].to_pylist()) == {"11", "12"}
    assert f"{table.num_rows:,} companies from" in result.output.replace("\n", "")
    # The sample's frame of 2019 holds every active company: those of these bands are the same ones.
    frame = pq.read_table(PROJECT / "data" / "sample" / "tour_2019" / "sampling_frame.parquet").to_pylist()
    assert set(table["siren"].to_pylist()) == {
        row["siren"] for row in frame if row["headcount_band"] in {"11", "12"}
    }


def test_without_stock_files_the_command_says_where_to_put_them(tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SKILLSBANK_SAMPLE", "false")
    result = CliRunner().invoke(app, ["sampling-frame", str(tmp_path / "frame.parquet")])
    assert result.exit_code == 1
    assert "there are no stock files" in str(result.exception)
