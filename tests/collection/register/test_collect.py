"""The register in the archive: by company key, without names, with whoever answered, and what is told of it."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.archive import Archive
from orchestration.codebook import load
from orchestration.collection import tombstones
from orchestration.collection.contacts import Contacts
from orchestration.collection.register.collect import (
    collect_register,
    respondent_sirens,
    unresolved_communes,
)
from orchestration.collection.register.files import Stock, download_stock, find_stock
from orchestration.collection.register.stock import PLACES, UNITS
from orchestration.collection.web import Patience, WebError
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.settings import PROJECT, Settings

from ..web_server import Fault, WebServer
from .stock_files import place, unit, write

KEYS = CompanyKeys(b"the secret of the tests")
MILL, SHOP, HIDDEN = "404833048", "732829320", "000024935"
UNIT_ROWS = [
    unit(MILL),
    unit(SHOP, activitePrincipaleUniteLegale="47.11B"),
    unit(HIDDEN, statutDiffusionUniteLegale="P", denominationUniteLegale="[ND]"),
]
PLACE_ROWS = [place(MILL), place(SHOP), place(HIDDEN, codeCommuneEtablissement="99999")]


def key(siren):
    return KEYS.of(pa.array([siren]))[0].as_py()


def contacts_of(archive):
    return Contacts(archive.root.with_name("contacts"), archive.root.with_name("secrets"))


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "archive")


@pytest.fixture
def stock(tmp_path):
    folder = tmp_path / "inbox" / "register"
    folder.mkdir(parents=True)
    return Stock(write(folder, UNITS, UNIT_ROWS, "parquet"), write(folder, PLACES, PLACE_ROWS, "parquet"))


def test_keys_and_facts_and_no_name(archive, stock):
    entry = collect_register(stock, archive, KEYS, contacts_of(archive)).entry
    rows = {row["company_key"]: row for row in pq.read_table(entry.path).to_pylist()}
    assert rows.keys() == {key(MILL), key(HIDDEN)}
    assert rows[key(HIDDEN)]["statutDiffusionUniteLegale"] == "P"
    assert (entry.source, entry.feed) == ("partners", "register")
    assert entry.says(rows=2, rejected=0, vintage="2026-10-02", licence="Licence Ouverte 2.0 (Etalab)")
    for word in (b"ZQNOM", MILL.encode(), HIDDEN.encode()):
        assert word not in entry.path.read_bytes()


def test_names_go_to_the_contacts_but_for_who_objects(archive, stock):
    entry = collect_register(stock, archive, KEYS, contacts_of(archive)).entry
    assert b"ZQNOM" not in entry.path.read_bytes()
    (path,) = contacts_of(archive).files("register")
    assert path.stem == entry.stem
    assert contacts_of(archive).read(path).to_pylist() == [
        {"company_key": key(MILL), "commune_code": "80016", "name": "ZQNOM"}
    ]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    collect_register(stock, archive, KEYS, contacts_of(archive), {SHOP})
    (later,) = contacts_of(archive).files("register")
    assert later.stem == archive.latest("partners", "register").stem != entry.stem
    assert contacts_of(archive).rows(later) == 2


def test_who_answered_is_there_whatever_they_do(archive, stock):
    first = collect_register(stock, archive, KEYS, contacts_of(archive))
    again = collect_register(stock, archive, KEYS, contacts_of(archive), {MILL})
    assert (first.is_new, again.is_new, again.entry) == (True, False, first.entry)
    more = collect_register(stock, archive, KEYS, contacts_of(archive), {MILL, SHOP})
    assert (more.is_new, more.rows) == (True, 3)
    assert key(SHOP) in pq.read_table(more.entry.path)["company_key"].to_pylist()
    # A number that the register does not have changes nothing.
    assert (
        collect_register(stock, archive, KEYS, contacts_of(archive), {MILL, SHOP, "552100554"}).entry
        == more.entry
    )


def test_who_is_not_in_the_stock_is_looked_up(archive, stock):
    new, hidden, wrong, late = "552100554", "005880034", "006003560", "006004659"
    row = {
        "siren": new, "statutDiffusionUniteLegale": "O", "dateCreationUniteLegale": "2026-11-01",
        "trancheEffectifsUniteLegale": None, "categorieEntreprise": None, "etatAdministratifUniteLegale": "A",
        "activitePrincipaleUniteLegale": "62.01Z", "codeCommuneEtablissement": "80016",
        "etablissementsOuverts": 1, "etablissementsFermes": 0, "denominationUniteLegale": "ZQNEW",
        "sigleUniteLegale": None, "denominationUsuelle1UniteLegale": None,
    }  # fmt: skip
    asked = []

    def ask(siren):
        asked.append(siren)
        if siren == late:
            raise WebError("the server answers HTTP 503")
        return {new: row, hidden: "not_disclosed", wrong: "unknown"}[siren]

    entry = collect_register(
        stock, archive, KEYS, contacts_of(archive), {MILL, wrong, hidden, late, "999999997"}, ask
    ).entry
    # The API fell silent at the third: the stock is archived whatever it says.
    assert asked == [hidden, wrong, late]
    assert entry.facts["looked_up"] == {"not_disclosed": 1, "unknown": 1, "the server answers HTTP 503": 1}
    assert entry.facts["rows"] == 2
    more = collect_register(stock, archive, KEYS, contacts_of(archive), {MILL, new}, ask)
    assert (more.rows, more.entry.facts["looked_up"]) == (3, {"found": 1})
    assert key(new) in pq.read_table(more.entry.path)["company_key"].to_pylist()
    # So that it is found by its name, like those of the stock; the archive does not hold it.
    (names,) = contacts_of(archive).files("register")
    named = {"company_key": key(new), "commune_code": "80016", "name": "ZQNEW"}
    assert named in contacts_of(archive).read(names).to_pylist()
    assert b"ZQNEW" not in more.entry.path.read_bytes()
    assert not collect_register(stock, archive, KEYS, contacts_of(archive), {MILL, new}, ask).is_new


def test_an_erased_company_stays_away(archive, stock):
    tombstones.write(archive.root, tombstones.company(MILL, KEYS), {
        "keys": KEYS.fingerprint, "requested_at": "2026-01-01", "finished_at": "2026-01-01",
    })  # fmt: skip
    entry = collect_register(stock, archive, KEYS, contacts_of(archive), {MILL}).entry
    assert pq.read_table(entry.path)["company_key"].to_pylist() == [key(HIDDEN)]
    assert entry.facts["erased"] == 1


def test_a_number_that_is_no_siren_stops_it_and_is_not_quoted(archive, tmp_path):
    bad = Stock(write(tmp_path, UNITS, [unit("404833047")], "csv"), write(tmp_path, PLACES, [], "csv"))
    with pytest.raises(PartnerFileError, match="1 SIREN are none") as caught:
        collect_register(bad, archive, KEYS, contacts_of(archive))
    assert "404833047" not in str(caught.value)
    assert archive.entries() == []


def test_the_share_of_companies_in_no_known_commune(archive, stock):
    entry = collect_register(stock, archive, KEYS, contacts_of(archive)).entry
    assert unresolved_communes(entry, PROJECT / "data" / "reference") == 0.5


def test_sirens_of_respondents_come_from_the_contacts(tmp_path):
    book = load(PROJECT / "data" / "codebooks" / "tour_2019.yaml")
    fields = {
        column.kind: name for name, column in book.columns().items() if column.kind in {"siren", "siret"}
    }
    contacts = Contacts(tmp_path / "contacts", tmp_path / "secrets")
    with contacts.draft(book.edition) as file:
        for field, values in (
            (fields["siren"], ["404 833 048", "404833047", "RAS"]),
            (fields["siret"], ["73282932000074"]),
            ("MAIL", ["732829320"]),
        ):
            rows = pa.array(range(len(values)), pa.int64())
            file.add(field, rows, rows, pa.array(values))
        file.close()
        file.commit("20260101T000000Z-0123456789ab", [])
    assert respondent_sirens(contacts, [book]) == {MILL, SHOP}
    assert respondent_sirens(Contacts(tmp_path / "none", tmp_path / "secrets"), [book]) == set()


class TestFiles:
    def drop(self, root, name, age=0):
        path = root / "register" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        if age:
            os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - age * 10**9))
        return path

    def test_the_newest_of_each_and_neither_histories_nor_links(self, tmp_path):
        inbox, sample = tmp_path / "inbox", tmp_path / "sample"
        self.drop(inbox, "StockUniteLegale_utf8.zip", age=9)
        units = self.drop(inbox, "StockUniteLegale_utf8.parquet")
        places = self.drop(inbox, "stocketablissement_utf8 (1).csv")
        history = self.drop(inbox, "StockUniteLegaleHistorique_utf8.zip")
        self.drop(sample, "StockUniteLegale_utf8.parquet")
        self.drop(sample, "StockEtablissement_utf8.parquet")
        found = find_stock([inbox, sample])
        assert found.stock == Stock(units, places)
        told = {file.path.name: file.reason for file in found.set_aside}
        assert told.keys() == {history.name, "StockUniteLegale_utf8.zip"}
        assert "is none of the stock files" in told[history.name]

    def test_one_alone_is_told_and_the_sample_stays(self, tmp_path):
        inbox, sample = tmp_path / "inbox", tmp_path / "sample"
        self.drop(inbox, "StockEtablissement_utf8.zip")
        units = self.drop(sample, "StockUniteLegale_utf8.parquet")
        places = self.drop(sample, "StockEtablissement_utf8.parquet")
        found = find_stock([inbox, sample])
        assert found.stock == Stock(units, places)
        assert [file.reason for file in found.set_aside] == [
            "needs StockUniteLegale of the same month beside it"
        ]


class TestDownload:
    @pytest.fixture
    def web(self):
        server = WebServer()
        yield server
        server.close()

    def settings(self, tmp_path, **urls):
        return Settings(data=tmp_path / "data", **urls)

    def test_without_addresses_nothing_is_asked(self, tmp_path):
        assert download_stock(self.settings(tmp_path)) is None

    def test_both_files_come_and_are_read(self, tmp_path, web, stock, archive):
        urls = {
            f"register_{name}_url": web.put(f"/{path.name}", path.read_bytes())
            for name, path in (("units", stock.units), ("places", stock.places))
        }
        settings = self.settings(tmp_path, **urls)
        patience = Patience(pause=lambda _: None, silence=1)
        web.faults.append(Fault(503))
        got = download_stock(settings, patience)
        assert collect_register(got, archive, KEYS, contacts_of(archive)).rows == 2
        web.faults.extend([Fault(404)])
        with pytest.raises(WebError, match="HTTP 404"):
            download_stock(settings, patience)
        assert got.units.read_bytes() == stock.units.read_bytes()

    @pytest.mark.parametrize(
        ("units", "places"),
        [
            (None, "https://example.org/StockEtablissement_utf8.zip"),
            ("https://example.org/page", "https://example.org/StockEtablissement_utf8.zip"),
        ],
    )
    def test_one_address_is_not_enough(self, tmp_path, units, places):
        settings = self.settings(tmp_path, register_units_url=units, register_places_url=places)
        with pytest.raises(WebError) as caught:
            download_stock(settings)
        assert caught.value.where == "SKILLSBANK_REGISTER_UNITS_URL"
