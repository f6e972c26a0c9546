"""From texts to competences. Belongs here: exact and synonym matches, learned decisions, and what is done with a
ranking. Does not: splitting answers (answers.py), scores (vectors.py), files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from orchestration.frame import Scheme
from orchestration.plain_text import clean, fold
from orchestration.recognition.answers import Part, halves, parts
from orchestration.recognition.decisions import Decision, learned
from orchestration.recognition.vectors import Candidate, Index
from orchestration.recognition.words import SMALL, stem, stems, telling

Method = Literal["exact", "synonym", "learned", "ranked"]
State = Literal["accepted", "review", "outside", "not_needed"]

# Sureness is the best score less a quarter of the second best: a text that fits two competences is less sure, and one
# that fits two perfectly (0.75) is never accepted. On the validation sets of ../shared/data/skill_matching against ESCO
# (benchmarks/recognition.py), what is accepted from 0.76 on is right in 95 % of the cases and more.
RUNNER_UP = 0.25
ACCEPTED = 0.76
# Where the best score was lower, the right competence was among the ten for none (TECH), one in nine (HOUSE).
REVIEWED = 0.35
CANDIDATES = 10
RULE = "skillsbank"
_TOKEN = re.compile(r"[^\W_]+(?:\+\+|#)?")
_SHORT = 3
_NO_DECISIONS: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """What one part of a text was taken for.

    ``code`` is None unless accepted or not needed. ``score`` is 0 to 1; 1 for exact, synonym and learned.
    ``decided_by`` is a coder, or `RULE` for what this module decided.
    """

    part: str
    key: str
    code: str | None
    state: State
    method: Method
    score: float
    candidates: tuple[Candidate, ...]
    frame_version: str
    decided_by: str
    decided_at: datetime


class Recogniser:
    """Recognises the competences of one scheme.

    Args:
        scheme: what is counted in: our frame, ESCO or ROME.
        near: words near to others (`orchestration.recognition.nearby.learn`); none is fine.
        decisions: what people decided before; replayed by their majority.
    """

    def __init__(
        self,
        scheme: Scheme,
        near: ReadOnly[str, ReadOnly[str, float]],
        decisions: Iterable[Decision] = _NO_DECISIONS,
    ) -> None:
        self._scheme = scheme
        self._index = Index(scheme, near)
        self._learned = learned(decisions, {concept.code for concept in scheme.concepts})
        self._learned_stems = _loosely(self._learned)
        self._names, self._stems = _names(scheme)
        self._longest = max((key.count(" ") + 1 for key in self._stems), default=0)

    def answers(self, texts: Sequence[str], at: datetime) -> list[list[Mapping]]:
        """Give for each free-text answer its mappings: one for each part, or for each competence of one.

        ``at`` is when the rules decided, such as the moment the answers came. Answers that say nothing have none.
        """
        wanted = {text: parts(text) for text in dict.fromkeys(texts)}
        pieces = {one.text for found in wanted.values() for one in found}
        known = {text: self._of_part(text, at) for text in pieces}
        unknown = [text for text, mappings in known.items() if mappings is None]
        known.update(zip(unknown, self._ranked(unknown, at), strict=True))
        return [
            [made for one in wanted[text] for made in _as_said(one, known[one.text] or [])] for text in texts
        ]

    def names(self, texts: Sequence[str], at: datetime) -> list[list[Mapping]]:
        """Do the same for texts that name one skill each, such as those of a partner's list: nothing is split."""
        pieces = [clean(text) for text in texts]
        found = {text: self._known(text, at) for text in dict.fromkeys(pieces)}
        unknown = [text for text, mappings in found.items() if mappings is None]
        found.update(zip(unknown, self._ranked(unknown, at), strict=True))
        return [found[text] or [] for text in pieces]

    def mentions(self, texts: Sequence[str], at: datetime) -> list[list[Mapping]]:
        """Give the names found in running texts, such as those of vacancies and training offers.

        The longest name wins where several begin at a word; each competence counts once a text. What else such
        a text says goes to no queue.
        """
        return [[self._named(*found, at) for found in self._mentioned(clean(text))] for text in texts]

    def _mentioned(self, text: str) -> Iterator[tuple[str, str, Method]]:
        words = [(word, key) for word in _TOKEN.findall(text) if (key := fold(word)) and key not in SMALL]
        roots = [stem(key) for _, key in words]
        seen: set[str] = set()
        place = 0
        while place < len(words):
            for length in range(min(self._longest, len(words) - place), 0, -1):
                found = self._stems.get(" ".join(roots[place : place + length]))
                # A short name is an acronym, and written as one: "PI" is one, "pi" may be anything.
                if found and (len(words[place][1]) > _SHORT or length > 1 or words[place][0].isupper()):
                    if found[0] not in seen:
                        seen.add(found[0])
                        part = " ".join(word for word, _ in words[place : place + length])
                        yield part, *found
                    place += length - 1
                    break
            place += 1

    def _of_part(self, text: str, at: datetime) -> list[Mapping] | None:
        """The mappings of a part that is a known name, or of its halves where all of them are; else None."""
        whole = self._known(text, at)
        if whole is not None:
            return whole
        found = [self._known(half, at) for half in halves(text)]
        if not found or any(one is None for one in found):
            return None
        return [mapping for one in found for mapping in one or ()]

    def _known(self, text: str, at: datetime) -> list[Mapping] | None:
        """What a text was decided to mean, or is the name of; None where neither is known."""
        key = fold(text)
        roots = " ".join(stems(key))
        if decision := self._learned.get(key) or self._learned_stems.get(roots):
            made = Mapping(
                text, key, None, "outside", "learned", 1.0, (), self._scheme.version, decision.decided_by,
                decision.decided_at,
            )  # fmt: skip
            return [replace(made, code=code, state="accepted") for code in decision.codes] or [made]
        found = self._names.get(key) or self._stems.get(roots)
        return [self._named(text, *found, at)] if found else None

    def _ranked(self, texts: Sequence[str], at: datetime) -> list[list[Mapping]]:
        keys = [fold(text) for text in texts]
        made = []
        for text, key, candidates in zip(texts, keys, self._index.rank(keys, CANDIDATES), strict=True):
            best = candidates[0].score if candidates else 0.0
            state: State = "review" if best >= REVIEWED else "outside"
            if candidates and sureness(candidates) >= ACCEPTED:
                state = "accepted"
            code = candidates[0].code if state == "accepted" else None
            version = self._scheme.version
            made.append(
                [Mapping(text, key, code, state, "ranked", best, tuple(candidates), version, RULE, at)]
            )
        return made

    def _named(self, part: str, code: str, method: Method, at: datetime) -> Mapping:
        """What is said by a name of the scheme."""
        version = self._scheme.version
        return Mapping(part, fold(part), code, "accepted", method, 1.0, (), version, RULE, at)


def sureness(candidates: Sequence[Candidate]) -> float:
    """How sure the first of some candidates is, 0 to 1: see `RUNNER_UP`."""
    second = candidates[1].score if len(candidates) > 1 else 0.0
    return candidates[0].score - RUNNER_UP * second


def _as_said(part: Part, mappings: Sequence[Mapping]) -> Iterable[Mapping]:
    return mappings if part.needed else [replace(one, state="not_needed") for one in mappings]


def _names(scheme: Scheme) -> tuple[dict[str, tuple[str, Method]], dict[str, tuple[str, Method]]]:
    """Names by key, and by the stems of their telling words; what means two competences is in neither."""
    exact: dict[str, dict[str, Method]] = {}
    loose: dict[str, dict[str, Method]] = {}
    for concept in scheme.concepts:
        for name in concept.names:
            key = fold(clean(name.text))
            method: Method = "exact" if name.kind == "label" else "synonym"
            exact.setdefault(key, {}).setdefault(concept.code, method)
            # An acronym has no ending to cut.
            roots = telling(key) if name.kind == "acronym" else stems(key)
            loose.setdefault(" ".join(roots), {}).setdefault(concept.code, "synonym")
    return _of_one(exact), _of_one(loose)


def _of_one(names: ReadOnly[str, ReadOnly[str, Method]]) -> dict[str, tuple[str, Method]]:
    return {key: next(iter(codes.items())) for key, codes in names.items() if key and len(codes) == 1}


def _loosely(decisions: ReadOnly[str, Decision]) -> dict[str, Decision]:
    """Decisions by the stems of their telling words, but for those on which two such texts differ."""
    found: dict[str, list[Decision]] = {}
    for key, decision in decisions.items():
        found.setdefault(" ".join(stems(key)), []).append(decision)
    return {key: same[0] for key, same in found.items() if len({frozenset(one.codes) for one in same}) == 1}
