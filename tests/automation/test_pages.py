"""Every asset's page teaches: what it is, its columns, owner, docs and dictionary; and its links lead somewhere."""

import re
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_definitions
from orchestration.disclosure import knowledge
from orchestration.settings import PROJECT, Settings

# What is no table: a list of files, whole releases, and the proof of what was deleted.
NO_TABLE = {"raw/set_aside", "release_candidate", "release", "contacts_retention"}


@pytest.fixture(scope="module")
def specs(definitions):
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def anchors(page: Path) -> set[str]:
    """The headings of a Markdown page as links name them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_every_table_has_described_columns(specs):
    assert specs.keys() > NO_TABLE
    for name in specs.keys() - NO_TABLE:
        schema = specs[name].metadata.get("dagster/column_schema")
        assert schema is not None, f"{name} has no columns"
        assert schema.columns, f"{name} has no columns"
        mute = [column.name for column in schema.columns if not column.description]
        assert not mute, f"{name} does not say what {mute} are"


def test_what_releases_have_told_has_the_columns_of_its_files(specs):
    columns = specs["estimates/public_knowledge"].metadata["dagster/column_schema"].columns
    assert [column.name for column in columns] == knowledge.SCHEMA.names


def test_no_column_of_a_collected_export_is_personal(specs):
    for name in ("raw/export__tour_2019", "raw/export__edition_2012"):
        columns = {column.name for column in specs[name].metadata["dagster/column_schema"].columns}
        assert columns
        assert not columns & {"SIREN", "SIRET", "RAISON", "token", "ipaddr"}


def test_every_page_links_to_a_section_of_the_docs_that_is_there(specs):
    for name, spec in specs.items():
        path, _, heading = spec.metadata["docs"].value.partition("#")
        page = Path(path)
        assert page.parent == PROJECT / "docs", name
        assert page.is_file(), f"{name} links to {page}"
        assert not heading or heading in anchors(page), f"{name} links to {heading} in {page.name}"


def test_docs_are_addresses_where_they_are_served(settings):
    served = Settings(
        data=settings.data,
        runbook_url="https://wiki.example.org/bank/operations.md",
        public_url="https://bank.example.org/",
    )
    specs = {spec.key.to_user_string(): spec for spec in build_definitions(served).resolve_all_asset_specs()}
    release = specs["release"].metadata
    assert isinstance(release["docs"], dg.UrlMetadataValue)
    assert release["docs"].value == "https://wiki.example.org/bank/releases.md"
    assert release["report"].value == "https://bank.example.org/report.fr.html"
    assert specs["pub_change"].metadata["dictionary"].value.endswith("/dictionary.html#pub_change")


def test_the_stages_follow_each_other(definitions, specs):
    """Groups form no circle, so that the graph reads from left to right."""
    graph = definitions.resolve_asset_graph()
    edges = {
        (specs[parent.to_user_string()].group_name, spec.group_name)
        for spec in specs.values()
        for parent in graph.get(spec.key).parent_keys
    }
    order = ["collection", "decoding", "staging", "skills_bank", "figures", "publication"]
    backwards = {(one, other) for one, other in edges if order.index(one) > order.index(other)}
    assert not backwards


def test_collected_data_older_than_eight_days_is_red(specs):
    for name, spec in specs.items():
        if name.startswith("raw/"):
            assert spec.freshness_policy.fail_window.to_timedelta().days == 8, name
    assert specs["contacts_retention"].freshness_policy.fail_window.to_timedelta().days == 2


def test_the_job_explains_itself(definitions):
    job = definitions.resolve_job_def("weekly_refresh")
    for word in ("Collect", "Decode", "Model", "Figures", "Publish", "every Monday", "Tags"):
        assert word in job.description
    for name in ("guide", "docs", "runbook"):
        assert Path(job.metadata[name].value.partition("#")[0]).is_file(), name


def test_every_check_says_what_it_demands(definitions):
    graph = definitions.resolve_asset_graph()
    mute = [key.name for key in graph.asset_check_keys if not graph.get_check_spec(key).description]
    assert not mute
