"""Partners' tables in the lake: types, secrecy, what goes to quarantine, and feeds that grow by periods."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import lake as tables
from orchestration.archive import Archive
from orchestration.collection.partners.contract import feeds_of, load_all
from orchestration.collection.partners.delivery import deliver
from orchestration.decoding.codes import code_lists
from orchestration.decoding.feeds import decode_feeds, feed_entries
from orchestration.identifiers import CompanyKeys
from orchestration.settings import PROJECT, Settings
from orchestration.simulation.layouts import csv_file, workbook

CONTRACTS = load_all(Settings().contracts)
FEEDS = {feed.table: (contract, feed) for contract, feed in feeds_of(CONTRACTS)}
KEYS = CompanyKeys(b"the secret of the tests")
SHARED = PROJECT.parent / "shared" / "data" / "small_samples"
BMO = [
    "annee", "Code métier BMO", "Nom métier BMO", "Famille_met", "Lbl_fam_met", "REG", "NOM_REG", "Dept", "NomDept",
    "BE25", "NOMBE25", "met", "xmet", "smet",
]  # fmt: skip


class Lake:
    """Files go in, rows come out."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.archive, self.sent = folder, Archive(folder / "archive"), 0

    def send(self, table: str, name: str, content: bytes) -> None:
        path = self.folder / name
        path.write_bytes(content)
        self.sent += 1
        os.utime(path, (1_700_000_000 + self.sent,) * 2)
        contract, feed = FEEDS[table]
        delivery = deliver(path, contract, feed, self.archive, KEYS)
        assert delivery.state == "new", delivery.problem

    def rows(self, *names: str) -> list[list[dict]]:
        entries = {feed.table: feed_entries(self.archive, feed) for _, feed in FEEDS.values()}
        self.report = decode_feeds(CONTRACTS, entries, self.folder / "lake")
        return [
            [
                row
                for path in tables.files(self.folder / "lake", name)
                for row in pq.read_table(path).to_pylist()
            ]
            for name in names
        ]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def survey(year: int, *rows: tuple[object, ...]) -> bytes:
    short = year % 100
    headings = [name.replace("25", str(short)) for name in BMO]
    whole = [(year, code, "Soudeurs", "O", "Ouvriers", "32", "HdF", "80", "Somme", area, "ALBERT", *counts)
             for code, area, *counts in rows]  # fmt: skip
    return workbook({"Description": [["x"]], f"BMO_{year}_open_data": [headings, *whole]})


def test_every_table_is_there_even_without_a_file(lake):
    (quarantine,) = lake.rows("partner_quarantine")
    assert quarantine == []
    assert lake.report.rows == dict.fromkeys([*FEEDS, "partner_quarantine"], 0)
    for table, (_, feed) in FEEDS.items():
        (path,) = tables.files(lake.folder / "lake", table)
        assert pq.read_schema(path).names == feed.lake_schema().names


def test_a_star_is_null_and_never_zero(lake):
    rows = [("D2Z40", "3201", 12, "*", "*"), ("D4Z41", "3201", "*", "*", "*"), ("E1Z40", "3201", 20, 0, 0)]
    lake.send("labour_need", "bmo_2025.xlsx", survey(2025, *rows))
    (found, quarantine) = lake.rows("labour_need", "partner_quarantine")
    counts = {row["occupation_code"]: (row["projects"], row["difficult_projects"]) for row in found}
    assert counts == {"D2Z40": (12.0, None), "D4Z41": (None, None), "E1Z40": (20.0, 0.0)}
    assert quarantine == []


def test_years_of_the_survey_stand_side_by_side_and_a_later_file_replaces_its_own(lake):
    lake.send("labour_need", "bmo_2024.xlsx", survey(2024, ("D2Z40", "3201", 10, 5, "*")))
    lake.send("labour_need", "bmo_2025.xlsx", survey(2025, ("D2Z40", "3201", 12, 6, "*")))
    corrected = survey(2024, ("D2Z40", "3201", 11, 5, "*"), ("D4Z41", "3201", 30, 5, "*"))
    lake.send("labour_need", "bmo_2024_corrected.xlsx", corrected)
    (found,) = lake.rows("labour_need")
    assert sorted((row["year"], row["occupation_code"], row["projects"]) for row in found) == [
        (2024, "D2Z40", 11.0),
        (2024, "D4Z41", 30.0),
        (2025, "D2Z40", 12.0),
    ]


def test_real_rows_of_the_survey(lake):
    """Rows of 2025, and an older export with other headings and raw decimals."""
    if not SHARED.is_dir():
        pytest.skip(f"no real rows in {SHARED}")
    with (SHARED / "bmo_2025_sample.csv").open(encoding="utf-8", newline="") as file:
        new = list(csv.reader(file))
    with (SHARED / "bmo_old_export_sample.csv").open(encoding="utf-8", newline="") as file:
        old = [[*row, year] for row, year in zip(csv.reader(file), ["année", *["2015"] * 9], strict=False)]
    lake.send("labour_need", "BMO_2015.xlsx", workbook({"BMO_2015": old}))
    lake.send("labour_need", "Base_open_data_BMO_2025.xlsx", workbook({"BMO_2025_open_data": new}))
    (found, quarantine) = lake.rows("labour_need", "partner_quarantine")
    assert quarantine == []
    recent = {row["occupation_code"]: row for row in found if row["year"] == 2025}
    assert (recent["M2X93"]["projects"], recent["M2X93"]["seasonal_projects"]) == (526.0, None)
    assert (recent["M1X80"]["area_name"], recent["M1X80"]["departement_code"]) == (
        "BASSIN BASSE-TERRE",
        "971",
    )
    earlier = {row["occupation_code"]: row for row in found if row["year"] == 2015}
    assert earlier["A0Z40"]["projects"] == pytest.approx(45.9096865448)
    assert earlier["A0Z40"]["difficult_projects"] is None
    assert earlier["A0Z40"]["area_code"] == "0101"


OFFERS = [
    "offer_id", "institution_id", "title_fr", "title_en", "is_labelled_ice", "competences", "level", "format", "hours",
    "commune_code", "language", "starts_on", "seats",
]  # fmt: skip


def offer(number: int, **cells: object) -> list[object]:
    good = dict(zip(OFFERS, (f"of-{number}", "es-1", "T", "T", "oui", "INT-02, INT-03", "bac+3", "hybrid", "1 200",
                             "80021", "fr", "23/09/2019", 16), strict=True))  # fmt: skip
    return list((good | cells).values())


def test_a_wrong_cell_is_null_and_a_wrong_key_costs_the_row_and_both_are_told(lake):
    rows = [offer(number) for number in range(100)]
    rows[3] = offer(3, hours="trente")
    rows[7] = offer(7, is_labelled_ice=None)
    rows[11] = offer(10)
    rows[20] = offer(20, starts_on="31/02/2019", commune_code="8002")
    content = csv_file([OFFERS, *rows]).replace(b"of-50;es-1;", b"of-50;")
    lake.send("training_offers", "training_offers.csv", content)
    found, quarantine = lake.rows("training_offers", "partner_quarantine")
    offers = {row["offer_id"]: row for row in found}
    assert len(found) == 97
    assert offers["of-1"] == {
        "offer_id": "of-1", "institution_id": "es-1", "title_fr": "T", "title_en": "T", "is_labelled_ice": True,
        "competences": "INT-02|INT-03", "level": "bac+3", "format": "hybrid", "hours": 1200, "commune_code": "80021",
        "language": "fr", "starts_on": date(2019, 9, 23), "seats": 16, "ends_on": None, "place": None,
        "seats_taken": None, "rncp_code": None,
    }  # fmt: skip
    assert (offers["of-3"]["hours"], offers["of-20"]["starts_on"], offers["of-20"]["commune_code"]) == (
        None,
    ) * 3
    assert not {"of-7", "of-50"} & set(offers)
    told = {(row["row_number"], row["field"], row["reason_code"], row["is_row_lost"]) for row in quarantine}
    assert told == {
        (4, "hours", "integer_wrong", False),
        (8, "is_labelled_ice", "empty", True),
        (12, "offer_id", "duplicate_key", True),
        (21, "starts_on", "day_wrong", False),
        (21, "commune_code", "commune_wrong", False),
        (51, None, "unreadable_row", True),
    }
    hours = next(row for row in quarantine if row["field"] == "hours")
    assert (hours["partner"], hours["table_name"], hours["file"]) == (
        "training",
        "training_offers",
        "training_offers.csv",
    )
    assert (hours["reason"], hours["value_masked"]) == ("expected a whole number", "xxxxxx")
    unreadable = next(row for row in quarantine if row["reason_code"] == "unreadable_row")
    assert unreadable["reason"] == "the row has 12 cells, not 13"
    assert unreadable["value_masked"] == "xx-99;x;x;xxx;xxx-99, xxx-99;xxx+9;xxxxx"
    assert lake.report.reasons["training_offers"]["duplicate_key"] == 1


def test_line_breaks_in_quotes_and_a_member_of_the_day_before(lake):
    sample = PROJECT / "data" / "sample" / "partners" / "export-fiches-csv-2019-09-30.zip"
    lake.send("rncp_sheets", sample.name, sample.read_bytes())
    (found,) = lake.rows("rncp_sheets")
    assert len(found) == 120
    assert any("\n" in row["title_fr"] and '"' in row["title_fr"] for row in found)
    (entry,) = feed_entries(lake.archive, FEEDS["rncp_sheets"][1])
    assert (entry.facts["vintage"], entry.facts["origin"]) == ("2019-09-29", sample.name)


def test_amounts_of_money_and_numbers_of_companies(lake):
    headings = ["N° dossier", "SIREN", "Dispositif", "Nature de l'aide", "Montant", "Date de décision", "Exercice",
                "Commune (INSEE)"]  # fmt: skip
    rows = [
        ["A1", "404 833 048", "Aide", "Subvention", "45\u00a0000,50", "31/03/2019", 2019, "80016"],
        ["A2", "732829320", "Aide", "prêt", "", "01/04/2019", 2019, ""],
    ]
    lake.send("innovation_aid", "aides_innovation.csv", csv_file([headings, *rows], encoding="cp1252"))
    (found,) = lake.rows("innovation_aid")
    assert [(row["aid_kind"], row["amount_eur"], row["commune_code"]) for row in found] == [
        ("grant", 45000.5, "80016"),
        ("loan", None, None),
    ]
    assert [len(row["company_key"]) for row in found] == [32, 32]


def test_an_archived_file_of_an_older_contract_is_still_read(lake, tmp_path):
    """Before contracts, archived files had no row numbers, and fewer columns."""
    content = {name: [f"{name}-1"] for name in OFFERS} | {
        "is_labelled_ice": ["non"], "hours": ["12"], "commune_code": ["80021"], "starts_on": ["2019-09-23"],
        "seats": ["3"],
    }  # fmt: skip
    table = pa.table(content)
    lake.archive.put(
        "partners", "training_offers", "parquet", lambda draft: pq.write_table(table, draft),
        {"origin": "training_offers.csv", "rows": 1, "rejected": 0},
    )  # fmt: skip
    found, quarantine = lake.rows("training_offers", "partner_quarantine")
    assert quarantine == []
    assert [(row["offer_id"], row["seats"], row["rncp_code"]) for row in found] == [("offer_id-1", 3, None)]


def test_a_commune_that_merged_finds_its_place_and_one_that_never_was_goes_to_quarantine(lake):
    lists = code_lists(Settings().reference)
    rows = [offer(number) for number in range(30)]
    rows[1], rows[2] = offer(1, commune_code="49001"), offer(2, commune_code="80999")
    lake.send("training_offers", "training_offers.csv", csv_file([OFFERS, *rows]))
    entries = {feed.table: feed_entries(lake.archive, feed) for _, feed in FEEDS.values()}
    report = decode_feeds(CONTRACTS, entries, lake.folder / "lake", lists)
    assert report.reasons["training_offers"] == {"unknown_commune": 1}
    found = {
        row["offer_id"]: row["commune_code"]
        for path in tables.files(lake.folder / "lake", "training_offers")
        for row in pq.read_table(path).to_pylist()
    }
    assert (found["of-0"], found["of-2"]) == ("80021", None)
    assert found["of-1"] == lists["commune_code"].resolve(pa.array(["49001"])).to_pylist()[0] is not None
    assert found["of-1"] != "49001"
    (path,) = tables.files(lake.folder / "lake", "partner_quarantine")
    (told,) = pq.read_table(path).to_pylist()
    assert (told["row_number"], told["field"], told["is_row_lost"]) == (3, "commune_code", False)
