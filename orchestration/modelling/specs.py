"""What Dagster shows of the dbt project, kept beside the parsed project. Belongs here: reading and writing that file.
Does not: how a model is named, grouped or described (translation.py)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.modelling.dbt import FINGERPRINT, prepare_manifest

_FILE = "dagster_specs.json"
_TRANSLATION = Path(__file__).with_name("translation.py")


@dataclass(frozen=True)
class Specs:
    """The dbt project for Dagster: assets and checks of each build, and the columns of the tables that dbt reads, as
    column name to description."""

    assets: Mapping[str, Sequence[dg.AssetSpec]]
    checks: Mapping[str, Sequence[dg.AssetCheckSpec]]
    sources: Mapping[dg.AssetKey, Mapping[str, str]]


def load_specs(target: Path) -> Specs:
    """The specs that dagster-dbt makes of the project as it is now.

    Importing dagster-dbt and dbt takes 3 s, more than everything else that loads with the code location: hence they
    are made once for each state of the project, and kept as JSON beside its ``manifest.json``.
    """
    manifest = prepare_manifest(target_dir=target)
    path, made_of = target / _FILE, _made_of(target)
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.get("made_of") != made_of:
        from orchestration.modelling.translation import translated  # noqa: PLC0415 - imports dbt

        kept = {"made_of": made_of, **translated(json.loads(manifest.read_text(encoding="utf-8")))}
        draft = path.with_name(f".{_FILE}-{hashlib.sha256(str(kept).encode()).hexdigest()[:8]}")
        draft.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)
    return Specs(
        {build: [_asset(facts) for facts in found["assets"]] for build, found in kept["builds"].items()},
        {build: [_check(facts) for facts in found["checks"]] for build, found in kept["builds"].items()},
        {dg.AssetKey.from_user_string(key): columns for key, columns in kept["sources"].items()},
    )


def _made_of(target: Path) -> str:
    parts = (
        (target / FINGERPRINT).read_text(),
        version("dagster-dbt"),
        hashlib.sha256(_TRANSLATION.read_bytes()).hexdigest(),
    )
    return " ".join(parts)


def _asset(facts: Mapping[str, Any]) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, kind, description) for name, kind, description in facts["columns"]]
    return dg.AssetSpec(
        dg.AssetKey(facts["key"]),
        deps=[dg.AssetKey(path) for path in facts["deps"]],
        description=facts["description"],
        metadata={**facts["metadata"], "dagster/column_schema": dg.TableSchema(columns)},
        skippable=True,
        group_name=facts["group"],
        owners=facts["owners"],
        tags=facts["tags"],
        code_version=facts["code_version"],
    )


def _check(facts: Mapping[str, Any]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        facts["name"],
        asset=dg.AssetKey(facts["asset"]),
        description=facts["description"],
        additional_deps=[dg.AssetKey(path) for path in facts["deps"]],
        blocking=facts["blocking"],
        metadata=facts["metadata"],
    )
