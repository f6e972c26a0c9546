"""A frame from elsewhere. Belongs here: one CSV file, or SKOS in RDF/XML, made into a frame. Does not: writing it
(writing.py), or our own folders (loading.py)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

import defusedxml.ElementTree
from defusedxml import DefusedXmlException
from pydantic import BaseModel, ValidationError

from orchestration.errors import FrameError
from orchestration.frame.loading import TABLES
from orchestration.frame.models import Frame, Heading
from orchestration.frame.rules import faults
from orchestration.frame.tables import fault, read_rows

_RDF, _SKOS = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://www.w3.org/2004/02/skos/core#}"
_DCT, _LANG = "{http://purl.org/dc/terms/}", "{http://www.w3.org/XML/1998/namespace}lang"
_ESCO = "http://data.europa.eu/esco/skill/"
_NEEDED = ("code", "family", "label_fr", "label_en", "definition_fr", "definition_en")
_NAMES = {
    "synonyms_fr": ("synonym", "fr"),
    "synonyms_en": ("synonym", "en"),
    "acronyms": ("acronym", None),
    "examples_fr": ("example", "fr"),
    "examples_en": ("example", "en"),
}
_LINKS = {
    f"{scheme}_{relation}": (scheme, relation)
    for scheme in ("esco", "rome4")
    for relation in ("exact", "close", "broader")
}
_LEVELS = {
    f"level{level}_{language}": (level, language) for level in range(1, 5) for language in ("fr", "en")
}
_DATES = ("valid_from", "valid_to")


@dataclass
class _Entry:
    """One competence on its way: its line or number, its fields, and its rows in the other tables."""

    number: int
    fields: dict[str, object]
    names: list[dict[str, object]] = field(default_factory=list)
    links: list[dict[str, object]] = field(default_factory=list)
    levels: list[dict[str, object]] = field(default_factory=list)


def import_frame(path: Path, heading: Heading) -> Frame:
    """Read a frame from one CSV file (``.csv``) or SKOS as RDF/XML (``.rdf``, ``.xml``).

    ``heading`` gives what neither format tells: name, version, families, scale of levels; it is also the first
    day of what has none.

    Raises:
        FrameError: names the file, the line or concept, and what is wrong.
    """
    is_csv = path.suffix.lower() == ".csv"
    unit = "line" if is_csv else "concept"
    wrong: list[tuple[int, ValidationError]] = []
    made: dict[str, list[tuple[int, BaseModel]]] = {table: [] for table in TABLES}
    for entry in _from_csv(path) if is_csv else _from_skos(path, heading):
        entry.fields.setdefault("valid_from", heading.valid_from)
        given = {
            "competences": [entry.fields],
            "levels": entry.levels,
            "names": entry.names,
            "links": entry.links,
        }
        for table, model in TABLES.items():
            for cells in given[table]:
                try:
                    row = model.model_validate({**cells, "code": entry.fields.get("code")})
                    made[table].append((entry.number, row))
                except ValidationError as problem:
                    wrong.append((entry.number, problem))
    if wrong:
        raise fault(path, wrong, unit)
    frame = Frame(heading, *(tuple(row for _, row in made[table]) for table in TABLES))  # type: ignore[arg-type]
    for found in faults(frame):
        raise FrameError(
            found.problem,
            where=f"{path}, {unit} {made[found.table][found.row][0]}, column '{found.column}'",
            expected=found.expected,
            fix=found.fix,
        )
    return frame


def _from_csv(path: Path) -> Iterator[_Entry]:
    known = (*_NEEDED, *_DATES, "replaces", *_NAMES, *_LINKS, *_LEVELS)
    for row in read_rows(path, _NEEDED, known):
        cells = row.cells
        fields: dict[str, object] = {name: cells[name] for name in (*_NEEDED, *_DATES) if name in cells}
        fields["replaces"] = _parts(cells.get("replaces", ""))
        entry = _Entry(row.line, fields)
        for column, (kind, language) in _NAMES.items():
            entry.names += [
                {"kind": kind, "language": language, "text": text} for text in _parts(cells.get(column, ""))
            ]
        for column, (scheme, relation) in _LINKS.items():
            entry.links += [
                {"scheme": scheme, "relation": relation, "target": target}
                for target in _parts(cells.get(column, ""))
            ]
        for level in range(1, 5):
            texts = {language: cells.get(f"level{level}_{language}") for language in ("fr", "en")}
            if any(texts.values()):
                entry.levels.append({"level": level, **{name: text or "" for name, text in texts.items()}})
        yield entry


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split("|") if part.strip()))


def _from_skos(path: Path, heading: Heading) -> Iterator[_Entry]:
    try:
        root = defusedxml.ElementTree.parse(path).getroot()
    except (OSError, SyntaxError, DefusedXmlException) as problem:
        raise FrameError(
            f"cannot be read as RDF/XML: {problem}",
            where=str(path),
            expected="SKOS concepts as RDF/XML (.rdf or .xml), or one table (.csv)",
            fix="export the vocabulary as RDF/XML",
        ) from problem
    concepts = [
        node
        for node in ([] if root is None else root)
        if node.tag == f"{_SKOS}Concept"
        or any(_uri(kind) == f"{_SKOS[1:-1]}Concept" for kind in node.findall(f"{_RDF}type"))
    ]
    codes = {node.get(f"{_RDF}about", ""): _text(node, "notation") for node in concepts}
    families = {name: name for name in heading.families} | {
        label.casefold(): name
        for name, family in heading.families.items()
        for label in (family.fr, family.en)
    }
    for number, node in enumerate(concepts, 1):
        above = [_uri(parent) for parent in node.findall(f"{_SKOS}broader")]
        if not above:
            continue  # a family: the concepts that have nothing above them
        yield _Entry(number, _fields(node, above[0], concepts, codes, families), _names(node), _links(node))


def _fields(
    node: Element,
    above: str,
    concepts: Sequence[Element],
    codes: dict[str, str],
    families: dict[str, str],
) -> dict[str, object]:
    parent = next((one for one in concepts if one.get(f"{_RDF}about") == above), None)
    spelled = [] if parent is None else [_text(parent, "notation"), *_texts(parent, "prefLabel").values()]
    fields: dict[str, object] = {
        "code": codes[node.get(f"{_RDF}about", "")],
        "family": next((families[text.casefold()] for text in spelled if text.casefold() in families), above),
        "replaces": tuple(codes.get(_uri(one), _uri(one)) for one in node.findall(f"{_DCT}replaces")),
    }
    for language in ("fr", "en"):
        fields[f"label_{language}"] = _texts(node, "prefLabel").get(language, "")
        fields[f"definition_{language}"] = _texts(node, "definition").get(language, "")
    for tag, name in (("issued", "valid_from"), ("valid", "valid_to")):
        day = node.findtext(f"{_DCT}{tag}", "").strip()
        if day:
            fields[name] = day
    return fields


def _names(node: Element) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for tag, kind in (("altLabel", "synonym"), ("hiddenLabel", "acronym"), ("example", "example")):
        for one in node.findall(f"{_SKOS}{tag}"):
            language = (one.get(_LANG) or "")[:2] or None
            acronym = kind == "acronym"
            if acronym or language in {"fr", "en"}:
                found.append(
                    {
                        "kind": kind,
                        "language": None if acronym else language,
                        "text": (one.text or "").strip(),
                    }
                )
    return found


def _links(node: Element) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for tag, relation in (("exactMatch", "exact"), ("closeMatch", "close"), ("broadMatch", "broader")):
        for uri in map(_uri, node.findall(f"{_SKOS}{tag}")):
            if uri.startswith(_ESCO):
                found.append({"scheme": "esco", "relation": relation, "target": uri})
            elif uri.rpartition("/")[2].isdigit():
                # ROME's competences have no URI of their own: whoever writes one ends it with the OGR code.
                found.append({"scheme": "rome4", "relation": relation, "target": uri.rpartition("/")[2]})
    return found


def _uri(node: Element) -> str:
    return node.get(f"{_RDF}resource", "")


def _text(node: Element, tag: str) -> str:
    return node.findtext(f"{_SKOS}{tag}", "").strip()


def _texts(node: Element, tag: str) -> dict[str, str]:
    return {(one.get(_LANG) or "")[:2]: (one.text or "").strip() for one in node.findall(f"{_SKOS}{tag}")}
