"""What is worth a look in a frame that can be used. Belongs here: names that mean two competences, gaps, links to
what is not there. Does not: faults (rules.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from orchestration.frame.models import Frame, SchemeName
from orchestration.plain_text import fold

LEVELS = 4


def check(frame: Frame, known: Mapping[SchemeName, Collection[str]]) -> list[str]:
    """List what should be looked at, a line each; ``known`` holds the codes of the schemes that are at hand."""
    return [*_ambiguous(frame), *_gaps(frame), *_dead_links(frame, known)]


def _ambiguous(frame: Frame) -> Iterator[str]:
    meaning: dict[str, dict[str, str]] = defaultdict(dict)
    for concept in frame.scheme().concepts:
        for name in concept.names:
            meaning[fold(name.text)].setdefault(concept.code, name.text)
    for codes in meaning.values():
        if len(codes) > 1:
            yield f"names: '{next(iter(codes.values()))}' means {' and '.join(codes)}: keep it in one of them"


def _gaps(frame: Frame) -> Iterator[str]:
    levels, names = defaultdict(set), defaultdict(set)
    for level in frame.levels:
        levels[level.code].add(level.level)
    for name in frame.names:
        names[name.code].add((name.kind, name.language))
    linked = {link.code for link in frame.links}
    for one in frame.competences:
        if one.valid_to is not None:
            continue
        if missing := [str(level) for level in range(1, LEVELS + 1) if level not in levels[one.code]]:
            yield f"levels: {one.code} has no level {', '.join(missing)}"
        for language in ("fr", "en"):
            if not names[one.code] & {("synonym", language), ("example", language)}:
                yield f"names: {one.code} has no synonym or example in {language}: only its label is recognised"
        if one.code not in linked:
            yield f"links: {one.code} is linked to nothing"


def _dead_links(frame: Frame, known: Mapping[SchemeName, Collection[str]]) -> Iterator[str]:
    for link in frame.links:
        if link.scheme in known and link.target not in known[link.scheme]:
            yield f"links: {link.code} {link.relation} {link.target}: not in {link.scheme}"
