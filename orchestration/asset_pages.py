"""What an asset's page in the UI teaches beyond its own stage. Belongs here: links to docs, dictionary and report, and
descriptions of columns that dbt's sources know. Does not: what an asset is (its stage's assets.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from orchestration.settings import PROJECT, Settings

# Group to page and heading. tests/automation/test_pages.py follows each.
_DOCS = {
    "collection": "data-engineers.md#what-a-run-does",
    "decoding": "data-engineers.md#what-a-run-does",
    "staging": "data-engineers.md#the-graph",
    "skills_bank": "analysts.md#reading-a-figure",
    "figures": "methodology.md",
    "publication": "releases.md",
    "privacy": "privacy.md",
}
_OWN_DOCS = {
    "raw/partner__register": "register.md",
    "raw/company_matches": "data-engineers.md#companies-without-a-number",
    "lake/competence_mappings": "frame.md#how-a-text-becomes-a-competence",
}
_OF_PARTNERS, _OF_EDITIONS = "adding-a-partner.md", "adding-an-edition.md"
_TABLES = ("dim_", "fct_", "bridge_", "ind_", "population_")


def with_pages(
    assets: Iterable[dg.AssetsDefinition],
    settings: Settings,
    sources: Mapping[dg.AssetKey, Mapping[str, str]],
) -> list[dg.AssetsDefinition]:
    """The assets with links, and with described columns on the tables that dbt reads (``sources``: column name to
    description)."""

    def page(spec: dg.AssetSpec) -> dg.AssetSpec:
        links = {"docs": docs_link(settings, _docs_of(spec)), **_dictionary(settings, spec.key)}
        if spec.group_name in {"figures", "publication"}:
            links["report"] = public_link(settings, "report.fr.html")
            links["report_en"] = public_link(settings, "report.en.html")
        described = {}
        if columns := sources.get(spec.key):
            known = spec.metadata.get("dagster/column_schema")
            described = {"dagster/column_schema": _described(known, columns)}
        return spec.merge_attributes(metadata={**links, **described})

    return [each.map_asset_specs(page) for each in assets]


def docs_link(settings: Settings, page: str) -> dg.MetadataValue[Any]:
    """A page of docs/, beside where the runbook is served; its path in the project where it is served nowhere."""
    base = settings.runbook_url.rpartition("/")[0]
    if base.startswith(("http://", "https://")):
        return dg.MetadataValue.url(f"{base}/{page}")
    return dg.MetadataValue.path(str(PROJECT / "docs" / page))


def public_link(settings: Settings, name: str) -> dg.MetadataValue[Any]:
    """A file of the current release's public folder: its address where that is served, else its path."""
    if settings.public_url:
        return dg.MetadataValue.url(f"{settings.public_url.rstrip('/')}/{name}")
    return dg.MetadataValue.path(str(settings.releases / "current" / "public" / name))


def _docs_of(spec: dg.AssetSpec) -> str:
    name = spec.key.to_user_string()
    if name in _OWN_DOCS:
        return _OWN_DOCS[name]
    if name.startswith("raw/partner__"):
        return _OF_PARTNERS
    if name.startswith(("raw/export__", "raw/frame__")):
        return _OF_EDITIONS
    return _DOCS[spec.group_name or ""]


def _dictionary(settings: Settings, key: dg.AssetKey) -> dict[str, dg.MetadataValue[Any]]:
    """Where a released table's columns are told; the page as a whole for what leads there."""
    table = key.path[-1]
    if table.startswith("pub_"):
        return {"dictionary": public_link(settings, f"dictionary.html#{table}")}
    place = f"dictionary.html#{table}" if table.startswith(_TABLES) else "dictionary.html"
    return {"dictionary": dg.MetadataValue.path(str(settings.releases / "current" / "internal" / place))}


def _described(schema: Any, columns: Mapping[str, str]) -> dg.TableSchema:
    if schema is None:
        return dg.TableSchema([dg.TableColumn(name, description=text) for name, text in columns.items()])
    return dg.TableSchema(
        [
            dg.TableColumn(column.name, column.type, columns.get(column.name), column.constraints)
            for column in schema.columns
        ]
    )
