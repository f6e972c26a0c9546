"""docs/adding-a-partner.md with a new made-up partner: its contract as printed, a file, and what follows by itself."""

from __future__ import annotations

import re
import shutil
import time

import duckdb
import pyarrow as pa
import pytest
import yaml

from orchestration.archive import Archive
from orchestration.collection.inbox import find_partner_files
from orchestration.collection.partners.assets import feed_assets
from orchestration.collection.partners.contract import feeds_of, load_all
from orchestration.collection.partners.delivery import deliver
from orchestration.collection.partners.trial import try_file
from orchestration.decoding.feeds import decode_feeds, feed_entries
from orchestration.errors import PartnerFileError
from orchestration.identifiers import CompanyKeys
from orchestration.modelling.dbt import run_dbt
from orchestration.quality import GateContext, run_gate
from orchestration.quality.partner_files import write_files
from orchestration.settings import PROJECT, Settings
from orchestration.simulation.layouts import csv_file

pytestmark = pytest.mark.end_to_end

PAGE = (PROJECT / "docs" / "adding-a-partner.md").read_text(encoding="utf-8")
(CONTRACT,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
HEADINGS = [
    "N° visite",
    "SIREN",
    "Niveau",
    "Nombre d'élèves",
    "Date",
    "Commune (INSEE)",
    "Accompagnateur",
    "Courriel",
]
ROWS = [
    ["v-1", "404 833 048", "Collège", "24", "12/03/2026", "80016", "Claude Exemple", "claude@example.org"],
    ["v-2", "732829320", "Lycée", "1 030", "2026-03-13", "02691", "Claude Exemple", "claude@example.org"],
    ["v-3", "732829320", "Lycée", "trente", "14/03/2026", "", "Claude Exemple", "claude@example.org"],
]


@pytest.fixture
def settings(tmp_path):
    """A project of its own with all partners, and one folder more."""
    contracts = tmp_path / "partners"
    for path in Settings().contracts.glob("*/contract.yaml"):
        (contracts / path.parent.name).mkdir(parents=True)
        shutil.copy(path, contracts / path.parent.name)
    (contracts / "visits").mkdir()
    (contracts / "visits" / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    for folder in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("target"))
    inbox = tmp_path / "data" / "inbox" / "partners"
    inbox.mkdir(parents=True)
    (inbox / "Visites 2026.csv").write_bytes(csv_file([HEADINGS, *ROWS], encoding="cp1252"))
    return Settings(data=tmp_path / "data", contracts=contracts, sample=False)


def test_one_folder_makes_a_table_an_asset_a_model_and_a_gate(settings, tmp_path):
    began = time.monotonic()
    trial = try_file(settings, "factory_visits", settings.inbox / "partners" / "Visites 2026.csv")
    assert trial.is_good
    assert trial.lines[0] == "Visites 2026.csv: good, 3 of 3 rows for 'factory_visits'"
    assert "  visitors <- Nombre d'élèves" in trial.lines
    assert "  left out: Accompagnateur, Courriel" in trial.lines
    assert "  1 x visitors: expected a whole number" in trial.lines

    written = {path.relative_to(tmp_path).as_posix() for path in write_files(settings, tmp_path)}
    staging = "dbt_project/models/staging/partners"
    assert written == {
        f"{staging}/_visits.yml",
        f"{staging}/stg_lake__factory_visits.sql",
        *(f"expectations/decoded_partners/{name}.sql"
          for name in ("keys", "companies", "texts", "quarantine", "row_counts")),
    } - {"expectations/decoded_partners/texts.sql"}  # fmt: skip
    assert write_files(settings, tmp_path) == []

    contracts = load_all(settings.contracts)
    feeds = {feed.table: (contract, feed) for contract, feed in feeds_of(contracts)}
    archive, keys = Archive(settings.archive), CompanyKeys(b"the secret of the tests")
    found = find_partner_files([], [settings.inbox], [feed for _, feed in feeds.values()])
    assert found.set_aside == ()
    (path,) = found.feeds["factory_visits"]
    assert deliver(path, *feeds["factory_visits"], archive, keys).state == "new"
    entries = {table: feed_entries(archive, feed) for table, (_, feed) in feeds.items()}
    assert decode_feeds(contracts, entries, settings.lake).rows["factory_visits"] == 3

    outcome = run_dbt(
        ["build", "--select", "stg_lake__factory_visits"],
        warehouse_file=tmp_path / "w.duckdb",
        lake=settings.lake,
        target_path=tmp_path / "target",
        project=tmp_path / "dbt_project",
    )
    assert outcome.error is None, str(outcome.error)
    assert {node.name for node in outcome.nodes} == {
        "stg_lake__factory_visits",
        "stg_lake__factory_visits_key",
    }
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select visit_id, level, visitors, visited_on::varchar, commune_code, company_key"
            " from stg_lake__factory_visits order by visit_id"
        ).fetchall()
    made = keys.of(pa.array(["404833048", "732829320", "732829320"])).to_pylist()
    assert rows == [
        ("v-1", "college", 24, "2026-03-12", "80016", made[0]),
        ("v-2", "lycee", 1030, "2026-03-13", "02691", made[1]),
        ("v-3", "lycee", None, "2026-03-14", None, made[2]),
    ]
    result = run_gate("decoded_partners", GateContext(lake=settings.lake), tmp_path / "expectations")
    assert result.failures == ()
    assert result.rows["partners:factory_visits"] == 3

    specs = {
        spec.key.to_user_string(): spec for asset in feed_assets(settings, contracts) for spec in asset.specs
    }
    spec = specs["raw/partner__factory_visits"]
    assert spec.owners == ["team:partnerships"]
    assert spec.metadata["licence"] == "etalab-2.0"
    # A machine's part of the quarter of an hour; the rest is for reading the partner's columns.
    assert time.monotonic() - began < 300


def test_a_file_that_is_tried_and_refused_says_why_alone(settings, tmp_path):
    path = tmp_path / "visites.csv"
    path.write_bytes(
        csv_file([["N° visite", *HEADINGS[1:3], "Nb élèves", *HEADINGS[4:]], *ROWS], encoding="cp1252")
    )
    trial = try_file(settings, "factory_visits", path)
    assert not trial.is_good
    (line,) = trial.lines
    assert (
        "column 'visitors' (known as 'Nombre d'élèves') is missing; nearest in the file: 'Nb élèves'" in line
    )
    assert line.endswith("in partners/visits/contract.yaml.")
    with pytest.raises(PartnerFileError, match="no contract has a table 'factory_visit'"):
        try_file(settings, "factory_visit", path)


def test_a_fault_of_the_new_contract_is_told_by_its_line(settings):
    path = settings.contracts / "visits" / "contract.yaml"
    path.write_text(CONTRACT.replace("kind: day", "kind: date"), encoding="utf-8")
    line = 1 + next(i for i, text in enumerate(CONTRACT.splitlines()) if "kind: day" in text)
    with pytest.raises(PartnerFileError, match=f"line {line}, .*'date' is not allowed"):
        load_all(settings.contracts)


def test_the_page_says_of_each_key_what_it_is():
    from orchestration.collection.partners.contract import Feed

    told = set(re.findall(r"^\| (`.*?`(?:, `.*?`)*) \|", PAGE, re.MULTILINE))
    told = {name for cell in told for name in re.findall(r"`(\w+)`", cell)}
    told |= set(yaml.safe_load(CONTRACT)["feeds"][0])
    assert set(Feed.model_fields) <= told
