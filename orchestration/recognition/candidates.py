"""Candidates for new competences. Belongs here: what respondents name again and again that the frame has not. Does not:
the queue of texts to decide on (queue.py), or recognising (recogniser.py)."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestration.personal_text import scrub_text
from orchestration.recognition.mapping import recogniser_of
from orchestration.recognition.queue import left_to_people
from orchestration.recognition.recogniser import RULE
from orchestration.recognition.words import stems
from orchestration.settings import Settings


@dataclass(frozen=True)
class NewSkill:
    """A skill outside the frame, as companies word it.

    ``text`` is the most frequent of its ``wordings`` (those whose telling words have the same stems); ``companies``
    counts responses, each once. ``nearest`` is the competence of the frame most like it, with its score (0 to 1), None
    where people decided; then ``is_decided``.
    """

    text: str
    wordings: int
    companies: int
    editions: tuple[str, ...]
    nearest: str | None
    score: float | None
    is_decided: bool


def new_skills(settings: Settings, least: int = 2) -> list[NewSkill]:
    """What at least ``least`` companies name outside the frame, the most frequent first, with the decisions so far.

    Raises:
        ReviewError: there is no mapping yet.
    """
    rows = left_to_people(settings)
    recogniser, _ = recogniser_of(settings)
    texts = list(dict.fromkeys(row["text"] for row in rows))
    mapped = dict(zip(texts, recogniser.answers(texts, datetime.now(UTC)), strict=True))
    groups = defaultdict(list)
    for row in rows:
        for one in mapped[row["text"]]:
            # What was scrubbed is a way to reach somebody, not a skill.
            if one.state == "outside" and scrub_text(one.part) == one.part and "[" not in one.part:
                groups[" ".join(sorted(stems(one.key)))].append((one, row["edition"], row["respondent_id"]))
    found = []
    for said in groups.values():
        companies = {(edition, respondent) for _, edition, respondent in said}
        if len(companies) < least:
            continue
        wordings = Counter(one.part for one, *_ in said)
        text, _ = min(wordings.items(), key=lambda pair: (-pair[1], pair[0]))
        first = next(one for one, *_ in said if one.part == text)
        nearest = first.candidates[0] if first.candidates else None
        found.append(
            NewSkill(
                text,
                len(wordings),
                len(companies),
                tuple(sorted({edition for edition, _ in companies})),
                nearest.code if nearest else None,
                nearest.score if nearest else None,
                first.decided_by != RULE,
            )
        )
    return sorted(found, key=lambda one: (-one.companies, one.text))
