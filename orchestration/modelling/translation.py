"""dbt's nodes in Dagster's words, through dagster-dbt. Belongs here: key, group, owner, description of a model or test.
Does not: running dbt (dbt.py). It imports dbt, hence is imported only where dbt is needed anyway."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets

OWNERS = ["team:data-engineering"]
# In dbt's words: the models that read the estimates, and all that follow.
FIGURES = "source:estimates+"
_BUILDS: Mapping[str, Mapping[str, Any]] = {
    "build_marts": {"exclude": FIGURES},
    "build_figures": {"select": FIGURES},
}
_LAYERS = {
    "staging": "staging",
    "intermediate": "staging",
    "marts": "skills_bank",
    "publishable": "skills_bank",
}
_RECOGNISED = "source.skills_bank.lake.competence_mappings"


class Translator(DagsterDbtTranslator):
    """Groups models so that stages follow each other: by layer, what analysts query being `skills_bank` and what leads
    there `staging`; but whatever comes of recognised texts or of estimates stands with or after them."""

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The spec of one dbt node."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        if properties["resource_type"] == "source":
            return spec
        name, folder = properties["name"], properties["fqn"][1]
        above = _above(manifest["parent_map"], unique_id)
        group = _LAYERS.get(folder, "staging")
        if _RECOGNISED in above:
            group = "skills_bank"
        if any(".estimates." in each for each in above):
            group = "figures"
        return spec.replace_attributes(key=dg.AssetKey(name), group_name=group, owners=OWNERS)

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What a model is, then its SQL; a seed has none."""
        if dbt_resource_props["resource_type"] == "seed":
            return str(dbt_resource_props["description"])
        return super().get_description(dbt_resource_props)

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The check of one dbt test, described by what it is called with."""
        check = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return check and check._replace(description=_tested(manifest["nodes"][unique_id]))


def translated(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The project as JSON values: for each build its assets and checks, for each source table its columns."""
    builds = {}
    for name, chosen in _BUILDS.items():

        @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name=name, **chosen)
        def build() -> Iterator[Any]:
            yield from ()

        builds[name] = {
            "assets": [_asset(spec) for spec in sorted(build.specs, key=lambda spec: spec.key)],
            "checks": [_check(spec) for spec in sorted(build.check_specs, key=lambda spec: spec.key)],
        }
    sources = {
        f"{source['source_name']}/{source['name']}": {
            column["name"]: column["description"] for column in source["columns"].values()
        }
        for source in manifest["sources"].values()
    }
    return {"builds": builds, "sources": sources}


def _asset(spec: dg.AssetSpec) -> dict[str, Any]:
    columns = spec.metadata["dagster/column_schema"].columns
    kept = ("dagster-dbt/materialization_type", "dagster/table_name", "dagster_dbt/unique_id")
    return {
        "key": spec.key.path,
        "deps": sorted(dep.asset_key.path for dep in spec.deps),
        "description": spec.description,
        "metadata": {name: spec.metadata[name] for name in kept if name in spec.metadata},
        "columns": [[column.name, column.type, column.description] for column in columns],
        "group": spec.group_name,
        "owners": spec.owners,
        "tags": spec.tags,
        "code_version": spec.code_version,
    }


def _check(spec: dg.AssetCheckSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "asset": spec.asset_key.path,
        "description": spec.description,
        "deps": sorted(dep.asset_key.path for dep in spec.additional_deps),
        "blocking": spec.blocking,
        "metadata": dict(spec.metadata),
    }


def _tested(test: Mapping[str, Any]) -> str:
    if test["description"]:
        return str(test["description"])
    called = test.get("test_metadata")
    if not called:
        return f"dbt test `{test['path']}`: a query that must find no row."
    given = (f"{name}: {_text(value)}" for name, value in called["kwargs"].items() if name != "model")
    return f"dbt test `{called['name']}` ({'; '.join(given)}): must find no row."


def _text(value: Any) -> str:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return ", ".join(f"`{each}`" for each in value) if is_list else f"`{value}`"


def _above(parents: Mapping[str, Sequence[str]], unique_id: str) -> set[str]:
    """Everything that a node stands on."""
    found: set[str] = set()
    waiting = [unique_id]
    while waiting:
        fresh = set(parents.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found
