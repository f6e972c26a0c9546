"""dbt's own documentation as one page for the house. Belongs here: what of dbt's manifest goes into dbt's page, so that
it is the same for the same project and names no machine. Does not: our own drawings of the lineage (lineage.py)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from orchestration.publication import dbt_manifest as manifests

FILE = "dbt_docs.html"
# Times, paths of this machine, SQL with them in it, and what the page does not show.
_LEFT_OUT = frozenset(
    {
        "build_path", "checksum", "compiled", "compiled_code", "compiled_path", "created_at", "extra_ctes",
        "extra_ctes_injected", "relation_name", "root_path", "unrendered_config", "unrendered_database",
        "unrendered_schema",
    }
)  # fmt: skip
_GRAPH = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "groups",
    "semantic_models",
    "saved_queries",
    "unit_tests",
)
# The page asks for an icon that it does not bring.
_ICON = '<link rel="shortcut icon" href="${require(\'./assets/favicons/favicon.ico\')}"/>'
# The page is a program: what it brings may run, and it may ask nobody for anything.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; script-src {hashes}; '
    "style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


def write_dbt_docs(dbt_manifest: Path, folder: Path) -> Path:
    """Write ``dbt_docs.html``: the page that comes with dbt, with the project's models, tests and lineage in it.

    As ``dbt docs generate --static`` makes it, but from the parsed project alone: columns have the types of their
    contracts, and times and paths are left out.

    Raises ReleaseError where dbt's manifest cannot be read.
    """
    with manifests.opened(dbt_manifest) as said:
        manifest = _reduced(said)
    page = resources.files("dbt.task.docs").joinpath("index.html").read_text(encoding="utf-8")
    for mark, data in (("MANIFEST", manifest), ("CATALOG", _catalogue(manifest))):
        page = page.replace(f'"{mark}.JSON INLINE DATA"', _in_script(data), 1)
    page = page.replace(_ICON, "")
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _SCRIPT.findall(page))
    policy = _POLICY.format(hashes=hashes)
    path = folder / FILE
    path.write_text(
        page.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{policy}', 1), encoding="utf-8"
    )
    return path


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _reduced(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the page needs of dbt's manifest, in an order that does not depend on how dbt parsed it."""
    said = manifest["metadata"]
    project = said["project_name"]
    kept = {kind: _sorted(manifest.get(kind, {}), _without) for kind in _GRAPH}
    macros = {name: macro for name, macro in manifest["macros"].items() if macro["package_name"] == project}
    return kept | {
        "metadata": {
            "dbt_schema_version": said["dbt_schema_version"],
            "dbt_version": said["dbt_version"],
            "adapter_type": said["adapter_type"],
            "project_name": project,
            "send_anonymous_usage_stats": False,
        },
        "macros": _sorted(macros, _without),
        "docs": _sorted(manifest["docs"], _without),
        "parent_map": _sorted(manifest["parent_map"], sorted),
        "child_map": _sorted(manifest["child_map"], sorted),
        "disabled": {},
        "selectors": {},
    }


def _sorted(entries: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: change(entries[name]) for name in sorted(entries)}


def _without(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in _LEFT_OUT}


def _catalogue(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """dbt's catalogue of tables and columns, from what the models and sources declare."""
    return {
        "metadata": {},
        "errors": None,
        "nodes": _tables(manifest["nodes"], ("model", "seed")),
        "sources": _tables(manifest["sources"], ("source",)),
    }


def _tables(nodes: Mapping[str, Any], kinds: tuple[str, ...]) -> dict[str, Any]:
    return {
        unique_id: {
            "unique_id": unique_id,
            "metadata": {
                "type": node.get("config", {}).get("materialized") or "table",
                "database": node["database"],
                "schema": node["schema"],
                "name": node["name"],
                "comment": None,
                "owner": _owner(node),
            },
            "columns": {
                name: {"name": name, "index": place, "type": column.get("data_type") or "", "comment": None}
                for place, (name, column) in enumerate(node["columns"].items(), 1)
            },
            "stats": {},
        }
        for unique_id, node in nodes.items()
        if node["resource_type"] in kinds
    }


def _owner(node: Mapping[str, Any]) -> str:
    meta = node.get("meta") or node.get("config", {}).get("meta") or {}
    return str(meta.get("owner", ""))


def _in_script(data: Any) -> str:
    """JSON that no text in it can end the script with."""
    return (
        json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        .replace("</", "<\\/")
        .replace("<!--", "<\\!--")
    )
