"""The lake's table of mappings. Belongs here: from texts to its rows, and writing it. Does not: recognising
(recogniser.py), which texts there are (texts.py), or Dagster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa

from orchestration import lake
from orchestration.frame import Scheme, esco_files, load, read_esco
from orchestration.recognition import texts as lake_texts
from orchestration.recognition.answers import says_nothing
from orchestration.recognition.decisions import load_decisions
from orchestration.recognition.nearby import learn
from orchestration.recognition.recogniser import RULE, Recogniser
from orchestration.recognition.recogniser import Mapping as Recognised
from orchestration.recognition.texts import Text
from orchestration.settings import Settings

TABLE = "competence_mappings"
Outcome = Literal["accepted", "review", "outside", "not_needed", "refused"]
# What rules decide has no moment of its own: that of the text stands for it (`_row`).
_ANY = datetime(1970, 1, 1, tzinfo=UTC)
_CHUNK = 50_000


def recogniser_of(settings: Settings) -> tuple[Recogniser, Scheme]:
    """The recogniser of the frame in the settings, with ESCO's near words where it is set and the decisions so far."""
    scheme = load(settings.frame).scheme()
    near = learn(read_esco(esco_files(settings.esco), settings.esco.name)) if settings.esco else {}
    return Recogniser(scheme, near, load_decisions(settings.decisions)), scheme


def recognise(settings: Settings) -> Counter[str]:
    """Map every text of the lake and replace its table of mappings; gives the rows by ``source outcome``.

    Answers are split and ranked, partners' running texts are searched for names. The same lake, frame and decisions
    give the same table.
    """
    recogniser, scheme = recogniser_of(settings)
    counted: Counter[str] = Counter()

    def chunks() -> Iterator[pa.Table]:
        schema = lake.SCHEMAS[TABLE]
        for mapped in (
            _mapped(lake_texts.answers(settings.lake, settings.codebooks), recogniser, scheme),
            _mapped(lake_texts.partner_texts(settings.lake), recogniser, scheme),
        ):
            rows = sorted(mapped, key=_order)
            counted.update(f"{row['source']} {row['outcome']}" for row in rows)
            for first in range(0, len(rows), _CHUNK):
                yield pa.Table.from_pylist(rows[first : first + _CHUNK], schema=schema)

    lake.write(settings.lake, TABLE, [(None, chunks())])
    return counted


def _mapped(given: Iterable[Text], recogniser: Recogniser, scheme: Scheme) -> Iterator[dict[str, Any]]:
    found = list(given)
    distinct = list(dict.fromkeys(one.text for one in found if one.text))
    is_answer = bool(found) and found[0].source == lake_texts.ANSWERS
    of = recogniser.answers if is_answer else recogniser.mentions
    known = dict(zip(distinct, of(distinct, _ANY), strict=True))
    for one in found:
        yield from _rows_of(one, known[one.text] if one.text else (), scheme.version)


def _rows_of(text: Text, mappings: Sequence[Recognised], version: str) -> Iterator[dict[str, Any]]:
    """The rows of one text; one where nothing came of it, so that no text is lost."""
    if not mappings:
        refused = text.source == lake_texts.ANSWERS and (text.text is None or says_nothing(text.text))
        yield _row(text, version) | {"outcome": "refused" if refused else "outside", "text": text.text}
        return
    spans: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    seen: set[tuple[str, str | None, str]] = set()
    for one in mappings:
        if (one.part, one.code, one.state) in seen:
            continue
        seen.add((one.part, one.code, one.state))
        span = spans.setdefault(one.part, len(spans) + 1)
        numbers[one.part] += 1
        yield _row(text, version) | {
            "span": span,
            "number": numbers[one.part],
            "text": one.part,
            "competence_code": one.code,
            "outcome": one.state,
            "method": one.method,
            "score": round(one.score, 6),
            "decided_by": one.decided_by,
            "decided_at": text.moment if one.decided_by == RULE else _stored(one.decided_at),
        }


def _row(text: Text, version: str) -> dict[str, Any]:
    return {
        "source": text.source,
        "edition": text.edition,
        "respondent_id": text.respondent_id,
        "record_id": text.record_id,
        "company_key": text.company_key,
        "field": text.field,
        "item": text.item,
        "span": 1,
        "number": 1,
        "frame_version": version,
        "decided_by": RULE,
        "decided_at": text.moment,
    }


def _stored(moment: datetime) -> datetime:
    """UTC without a zone, in whole seconds, as the lake keeps moments."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("source", "edition", "respondent_id", "record_id", "field", "item", "span", "number")
    return tuple((row[name] is not None, row[name] if row[name] is not None else 0) for name in names)
