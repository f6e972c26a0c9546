"""Where each table comes from, as one page for the house. Belongs here: reading dbt's graph and laying it out. Does
not: columns and their meaning (dictionary.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.publication import dbt_manifest as manifests
from orchestration.publication.candidate import PUBLIC_PREFIX
from orchestration.publication.pages import environment

FILE = "lineage.html"
_LAYERS = ("sources", "seeds", "staging", "intermediate", "marts", "publishable")
# Of the drawings, in their own units: a row, a column, and what lies between two columns.
_ROW, _WIDTH, _GAP, _TOP = 26, 215, 40, 30
# What a drawing starts from stands in one column.
_STARTS = "sources and seeds"
_COLUMNS = (_STARTS, *_LAYERS[2:])


@dataclass(frozen=True)
class Node:
    """A table of the graph: what dbt calls it, its layer, and the tables that it reads and that read it."""

    name: str
    layer: str
    description: str
    parents: tuple[str, ...]
    children: tuple[str, ...]


@dataclass(frozen=True)
class Box:
    """A node in a drawing, by its upper left corner."""

    name: str
    x: int
    y: int


@dataclass(frozen=True)
class Drawing:
    """All that a public table is made from, in columns; an edge is a path of SVG."""

    name: str
    width: int
    height: int
    headings: tuple[tuple[int, str], ...]
    boxes: tuple[Box, ...]
    edges: tuple[str, ...]


def write_lineage(dbt_manifest: Path, folder: Path) -> Path:
    """Write ``lineage.html``: a drawing for each public table, then every table with what it reads and what reads it.

    Raises ReleaseError where dbt's manifest cannot be read.
    """
    nodes = read_graph(dbt_manifest)
    path = folder / FILE
    page = (
        environment()
        .get_template("lineage.html.j2")
        .render(
            drawings=[_draw(nodes, name) for name in sorted(nodes) if name.startswith(PUBLIC_PREFIX)],
            layers=[(layer, [node for node in nodes.values() if node.layer == layer]) for layer in _LAYERS],
            row=_ROW,
            box_width=_WIDTH,
        )
    )
    path.write_text(page, encoding="utf-8")
    return path


def read_graph(dbt_manifest: Path) -> dict[str, Node]:
    """The sources, seeds and models of dbt's ``manifest.json`` by name, sorted."""
    with manifests.opened(dbt_manifest) as said:
        kept = {
            code: node
            for code, node in {**said.get("sources", {}), **said["nodes"]}.items()
            if node["resource_type"] in ("source", "seed", "model")
        }
        names = {code: _name(node) for code, node in kept.items()}
        parents = {
            names[code]: sorted(names[each] for each in _parents(node) if each in names)
            for code, node in kept.items()
        }
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name in sorted(parents):
        for parent in parents[name]:
            children[parent].append(name)
    found = {
        names[code]: Node(
            names[code],
            _layer(node),
            " ".join((node.get("description") or "").split()),
            tuple(parents[names[code]]),
            tuple(children[names[code]]),
        )
        for code, node in kept.items()
    }
    return dict(sorted(found.items()))


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else str(node["name"])


def _parents(node: Mapping[str, Any]) -> list[str]:
    return list((node.get("depends_on") or {}).get("nodes") or ())


def _layer(node: Mapping[str, Any]) -> str:
    if node["resource_type"] != "model":
        return f"{node['resource_type']}s"
    name = str(node["name"])
    prefixes = {"stg_": "staging", "int_": "intermediate", PUBLIC_PREFIX: "publishable"}
    return next((layer for prefix, layer in prefixes.items() if name.startswith(prefix)), "marts")


def _draw(nodes: Mapping[str, Node], name: str) -> Drawing:
    """Every node above ``name``, each in the column of its layer; empty columns take no room."""
    above, waiting = {name}, [name]
    while waiting:
        for parent in nodes[waiting.pop()].parents:
            if parent not in above:
                above.add(parent)
                waiting.append(parent)
    columns = [
        (heading, column)
        for heading in _COLUMNS
        if (column := sorted(each for each in above if _column(nodes[each]) == heading))
    ]
    tallest = max(len(column) for _, column in columns)
    boxes = {
        each: Box(each, place * (_WIDTH + _GAP), _TOP + (tallest - len(column)) * _ROW // 2 + row * _ROW)
        for place, (_, column) in enumerate(columns)
        for row, each in enumerate(column)
    }
    edges = tuple(
        _edge(boxes[parent], boxes[each]) for each in sorted(above) for parent in nodes[each].parents
    )
    return Drawing(
        name,
        width=len(columns) * (_WIDTH + _GAP) - _GAP,
        height=_TOP + tallest * _ROW,
        headings=tuple((place * (_WIDTH + _GAP), heading) for place, (heading, _) in enumerate(columns)),
        boxes=tuple(boxes.values()),
        edges=edges,
    )


def _column(node: Node) -> str:
    return node.layer if node.layer in _COLUMNS else _STARTS


def _edge(parent: Box, child: Box) -> str:
    """A curve from the right side of one box to the left side of the other; within a column, around its right."""
    middle = _ROW // 2 - 2
    start, end = (parent.x + _WIDTH, parent.y + middle), (child.x, child.y + middle)
    if parent.x >= child.x:
        end = (child.x + _WIDTH, end[1])
        return f"M{start[0]} {start[1]}C{start[0] + 40} {start[1]} {end[0] + 40} {end[1]} {end[0]} {end[1]}"
    bend = (start[0] + end[0]) // 2
    return f"M{start[0]} {start[1]}C{bend} {start[1]} {bend} {end[1]} {end[0]} {end[1]}"
