"""The reference frame into the lake. Belongs here: its tables, and how past codes are counted in it. Does not: reading
or checking a frame (frame/), or texts (recognition/)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from orchestration import lake as tables
from orchestration.frame import Frame, Scheme, SchemeName, recode_codes

FRAME_TABLES = (
    "competences", "competence_families", "competence_names", "competence_levels", "competence_links",
    "competence_recodes",
)  # fmt: skip


def decode_frame(
    frame: Frame, past_codes: Iterable[str], lake: Path, schemes: Mapping[SchemeName, Scheme] | None = None
) -> dict[str, int]:
    """Replace the lake's tables of the reference frame.

    Args:
        frame: what is counted in.
        past_codes: the codes that past questionnaires used; each code of the frame is recoded besides.
        lake: the lake's folder.
        schemes: the classifications at hand, which give linked concepts their labels.

    Returns:
        The number of rows of each of `FRAME_TABLES`.
    """
    rows: dict[str, list[dict[str, object]]] = {
        "competences": _competences(frame),
        "competence_families": [
            {"family": family, "position": place, "label_fr": label.fr, "label_en": label.en}
            for place, (family, label) in enumerate(frame.heading.families.items(), 1)
        ],
        "competence_names": [
            {"competence_code": one.code, "kind": one.kind, "language": one.language, "name": one.text}
            for one in frame.names
        ],
        "competence_levels": _levels(frame),
        "competence_links": _links(frame, schemes or {}),
        "competence_recodes": _recodes(frame, past_codes),
    }
    for table in FRAME_TABLES:
        made = pa.Table.from_pylist(rows[table], schema=tables.SCHEMAS[table])
        tables.write(lake, table, [(None, [made])])
    return {table: len(rows[table]) for table in FRAME_TABLES}


def _competences(frame: Frame) -> list[dict[str, object]]:
    return [
        {
            "competence_code": one.code,
            "position": place,
            "replaces": "|".join(one.replaces) or None,
            "frame_version": frame.version,
            **{name: value for name, value in one if name not in {"code", "replaces"}},
        }
        for place, one in enumerate(frame.competences, 1)
    ]


def _levels(frame: Frame) -> list[dict[str, object]]:
    labels = {int(level): label for level, label in frame.heading.levels.items()}
    return [
        {
            "competence_code": one.code,
            "level": one.level,
            "label_fr": labels[one.level].fr,
            "label_en": labels[one.level].en,
            "descriptor_fr": one.fr,
            "descriptor_en": one.en,
        }
        for one in frame.levels
    ]


def _links(frame: Frame, schemes: Mapping[SchemeName, Scheme]) -> list[dict[str, object]]:
    labels: dict[tuple[str, str, str | None], str] = {
        (name, concept.code, label.language): label.text
        for name, scheme in schemes.items()
        for concept in scheme.concepts
        for label in concept.names
        if label.kind == "label"
    }
    return [
        {
            "competence_code": one.code,
            "scheme": one.scheme,
            "relation": one.relation,
            "concept_code": one.target,
            "concept_label_fr": labels.get((one.scheme, one.target, "fr")),
            "concept_label_en": labels.get((one.scheme, one.target, "en")),
        }
        for one in frame.links
    ]


def _recodes(frame: Frame, past_codes: Iterable[str]) -> list[dict[str, object]]:
    """A row a past code and code that it is counted as; a code with no successor has a row without one."""
    codes = dict.fromkeys([*(one.code for one in frame.competences), *past_codes])
    return [
        {"past_code": one.code, "competence_code": heir, "comparability": one.comparability}
        for one in recode_codes(codes, frame).values()
        for heir in one.to or (None,)
    ]
