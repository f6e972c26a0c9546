"""The lake's table of mappings. Belongs here: from texts to its rows, and writing it. Does not: recognising
(recogniser.py), which texts there are (texts.py), or Dagster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration import lake
from orchestration.frame import Scheme, esco_files, load, read_esco
from orchestration.recognition import texts as lake_texts
from orchestration.recognition.answers import says_nothing
from orchestration.recognition.decisions import load_decisions
from orchestration.recognition.nearby import learn
from orchestration.recognition.recogniser import RULE, Recogniser
from orchestration.recognition.recogniser import Mapping as Recognised
from orchestration.settings import Settings

TABLE = "competence_mappings"
Outcome = Literal["accepted", "review", "outside", "not_needed", "refused"]
# What rules decide has no moment of its own (`_Mapper`).
_ANY = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT = 200_000  # texts
# What is said of a text, wherever it stands.
_SAID = pa.schema(
    [
        lake.SCHEMAS[TABLE].field(name)
        for name in (
            "span", "number", "text", "competence_code", "outcome", "method", "score", "decided_by", "decided_at",
        )
    ]
)  # fmt: skip


def recogniser_of(settings: Settings) -> tuple[Recogniser, Scheme]:
    """The recogniser of the frame in the settings, with ESCO's near words where it is set and the decisions so far."""
    scheme = load(settings.frame).scheme()
    near = learn(read_esco(esco_files(settings.esco), settings.esco.name)) if settings.esco else {}
    return Recogniser(scheme, near, load_decisions(settings.decisions)), scheme


def recognise(settings: Settings) -> Counter[str]:
    """Map every text of the lake and replace its table of mappings; gives the rows by ``source outcome``.

    Answers are split and ranked, partners' running texts are searched for names. The same lake, frame and decisions
    give the same table. Texts come in chunks, so that memory does not grow with them.
    """
    recogniser, scheme = recogniser_of(settings)
    counted: Counter[str] = Counter()

    def chunks() -> Iterator[pa.Table]:
        said = _Mapper(partial(_answered, recogniser), scheme.version)
        for texts in lake_texts.answers(settings.lake, settings.codebooks):
            yield _counted(said.rows(texts), counted)
        told = _Mapper(partial(_mentioned, recogniser), scheme.version)
        yield _counted(told.rows(lake_texts.partner_texts(settings.lake)), counted)

    lake.write(settings.lake, TABLE, [(None, chunks())])
    return counted


def _counted(rows: pa.Table, counted: Counter[str]) -> pa.Table:
    for group in rows.group_by(["source", "outcome"]).aggregate([([], "count_all")]).to_pylist():
        counted[f"{group['source']} {group['outcome']}"] += group["count_all"]
    return rows


def _answered(recogniser: Recogniser, texts: Sequence[str | None]) -> Iterator[list[dict[str, Any]]]:
    asked = [text for text in texts if text is not None]
    known = dict(zip(asked, recogniser.answers(asked, _ANY), strict=True))
    for text in texts:
        found = _mapped(known[text]) if text is not None else []
        refused = text is None or says_nothing(text)
        yield found or [_nothing(text, "refused" if refused else "outside")]


def _mentioned(recogniser: Recogniser, texts: Sequence[str | None]) -> Iterator[list[dict[str, Any]]]:
    asked = [text for text in texts if text is not None]
    for text, found in zip(asked, recogniser.mentions(asked, _ANY), strict=True):
        yield _mapped(found) or [_nothing(text, "outside")]


def _mapped(mappings: Sequence[Recognised]) -> list[dict[str, Any]]:
    """What the rows of a text say, each thing once."""
    spans: dict[str, int] = {}
    numbers: Counter[str] = Counter()
    seen: set[tuple[str, str | None, str]] = set()
    rows = []
    for one in mappings:
        if (one.part, one.code, one.state) in seen:
            continue
        seen.add((one.part, one.code, one.state))
        span = spans.setdefault(one.part, len(spans) + 1)
        numbers[one.part] += 1
        rows.append(
            {
                "span": span,
                "number": numbers[one.part],
                "text": one.part,
                "competence_code": one.code,
                "outcome": one.state,
                "method": one.method,
                "score": round(one.score, 6),
                "decided_by": one.decided_by,
                "decided_at": None if one.decided_by == RULE else _stored(one.decided_at),
            }
        )
    # Parts may take turns.
    return sorted(rows, key=lambda row: (row["span"], row["number"]))


def _nothing(text: str | None, outcome: Outcome) -> dict[str, Any]:
    """The one row of a text of which nothing came, so that no text is lost."""
    return {"span": 1, "number": 1, "text": text, "outcome": outcome, "decided_by": RULE}


class _Mapper:
    """Maps chunks of texts. What was made of a text is kept: texts come again and again, in whatever chunk."""

    def __init__(
        self, of: Callable[[Sequence[str | None]], Iterable[list[dict[str, Any]]]], version: str
    ) -> None:
        self._of, self._version = of, version
        self._forget()

    def _forget(self) -> None:
        self._places: dict[str | None, int] = {}
        # The rows of all known texts, one text's after the other's; those of the last one end at the last of these.
        self._rows = _SAID.empty_table()
        self._ends = np.zeros(1, np.int64)

    def rows(self, texts: pa.Table) -> pa.Table:
        """The table of mappings for texts of ``lake_texts.SCHEMA``."""
        if len(self._places) > _KEPT:
            self._forget()
        encoded = texts.column("text").combine_chunks().dictionary_encode(null_encoding="encode")
        distinct: list[str | None] = encoded.dictionary.to_pylist()
        self._learn([text for text in distinct if text not in self._places])
        places = np.array([self._places[text] for text in distinct], np.int64)[encoded.indices.to_numpy()]
        first, count = self._ends[places], self._ends[places + 1] - self._ends[places]
        before = np.repeat(np.cumsum(count) - count, count)
        said = self._rows.take(np.repeat(first, count) + np.arange(len(before)) - before)
        of = texts.take(np.repeat(np.arange(len(texts)), count))
        columns: dict[str, Any] = {name: of.column(name) for name in lake_texts.SCHEMA.names}
        columns |= {name: said.column(name) for name in _SAID.names}
        # What rules decide has no moment of its own: that of the text stands for it.
        columns["decided_at"] = pc.if_else(
            pc.equal(said.column("decided_by"), pa.scalar(RULE)),
            of.column("moment"),
            said.column("decided_at"),
        )
        columns["frame_version"] = pa.repeat(pa.scalar(self._version), len(of))
        schema = lake.SCHEMAS[TABLE]
        return pa.table([columns[name] for name in schema.names], schema=schema)

    def _learn(self, texts: Sequence[str | None]) -> None:
        if not texts:
            return
        found = list(self._of(texts))
        self._places |= {text: number for number, text in enumerate(texts, len(self._places))}
        rows = pa.Table.from_pylist([row for rows in found for row in rows], schema=_SAID)
        self._rows = pa.concat_tables([self._rows, rows]).combine_chunks()
        self._ends = np.concatenate([self._ends, self._ends[-1] + np.cumsum([len(rows) for rows in found])])


def _stored(moment: datetime) -> datetime:
    """UTC without a zone, in whole seconds, as the lake keeps moments."""
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)
