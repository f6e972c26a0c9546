"""A survey out of a LimeSurvey server. Belongs here: its questions, answers and field map as a survey to draft from.
Does not: the calls (limesurvey/client.py), or what becomes of the questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from orchestration import codebook
from orchestration.collection.drafting.survey import Asked, Part, Survey
from orchestration.collection.limesurvey.client import Server
from orchestration.collection.limesurvey.errors import RefusedError
from orchestration.collection.limesurvey.fields import heading_of

# An account of least privilege may not ask which languages a survey has, so these are tried.
_LANGUAGES = ("fr", "en")
_WITH_ANSWERS = frozenset("L!OFHR1")
_SCALES = ("dualscale_headerA", "dualscale_headerB")

_Row = Mapping[str, Any]


def from_server(server: Server, survey: int) -> Survey:
    """Read a survey's structure over RemoteControl 2.

    Pages are those of a survey that is shown group by group: how it is shown cannot be asked.

    Raises:
        LimeSurveyError: the server cannot be asked, does not show this survey, or has it in no language of
            the project.
    """
    by_language: dict[str, dict[str, _Row]] = {}
    refused: RefusedError | None = None
    for language in _LANGUAGES:
        try:
            questions = server.questions(survey, language)
        except RefusedError as refusal:
            if "language" not in str(refusal).lower():
                raise
            refused = refusal
        else:
            by_language[language] = {str(row.get("qid")): row for row in questions}
    if not by_language and refused is not None:
        raise refused
    fields = {name: field for name, field in server.fieldmap(survey).items() if field.get("qid")}
    title = server.title(survey)
    declared = codebook.Server(survey_id=survey)
    return Survey(
        where=f"{server.host}, survey {survey}",
        id=str(survey),
        titles=dict.fromkeys(by_language, title) if title else {},
        languages=tuple(by_language),
        questions=tuple(_questions(server, fields, by_language)),
        export=codebook.Export(source="limesurvey", files="*.csv", format="limesurvey_csv", server=declared),
        fields={name: heading_of(field) for name, field in fields.items()},
        notes=("check: pages are counted as if the survey were shown group by group",),
    )


def _questions(
    server: Server, fields: Mapping[str, _Row], by_language: Mapping[str, Mapping[str, _Row]]
) -> Iterator[Asked]:
    """The questions in the order of the field map."""
    mine: dict[str, list[_Row]] = defaultdict(list)
    for field in fields.values():
        mine[str(field["qid"])].append(field)
    rows = next(iter(by_language.values()))
    children: dict[str, list[_Row]] = defaultdict(list)
    for row in rows.values():
        children[str(row.get("parent_qid"))].append(row)
    groups = list(dict.fromkeys(str(columns[0].get("gid")) for columns in mine.values()))

    def texts(row: _Row) -> dict[str, str]:
        qid = str(row.get("qid"))
        return {
            language: str(known[qid].get("question") or "")
            for language, known in by_language.items()
            if qid in known
        }

    def parts(qid: str, scale: int) -> tuple[Part, ...]:
        ordered = sorted(children[qid], key=lambda row: int(row.get("question_order") or 0))
        return tuple(
            Part(str(row.get("title")), texts(row))
            for row in ordered
            if int(row.get("scale_id") or 0) == scale
        )

    for qid, columns in mine.items():
        row = rows.get(qid, columns[0])
        kind = str(columns[0].get("type"))
        answers, scales = _answers(server, qid, by_language) if kind in _WITH_ANSWERS else ((), ())
        equations = [_first(columns, "grelevance"), _first(columns, "relevance")]
        group = str(columns[0].get("gid"))
        yield Asked(
            code=str(columns[0].get("title")),
            type=kind,
            texts=texts({"qid": qid}) or {"fr": str(row.get("question") or "")},
            headings=tuple(heading_of(field) for field in columns),
            rows=parts(qid, 0),
            across=parts(qid, 1),
            answers=answers,
            scales=scales,
            other=str(row.get("other")) == "Y",
            encrypted=str(row.get("encrypted")) == "Y",
            page=groups.index(group) + 1,
            group={"fr": str(columns[0].get("group_name") or "")},
            equations=tuple(equation for equation in equations if equation.strip() not in {"", "1"}),
        )


def _answers(
    server: Server, qid: str, by_language: Mapping[str, object]
) -> tuple[tuple[tuple[Part, ...], ...], tuple[dict[str, str], ...]]:
    """The answer options by scale, and the scales' own texts."""
    texts: tuple[dict[str, dict[str, str]], ...] = ({}, {})
    headers: tuple[dict[str, str], ...] = ({}, {})
    for language in by_language:
        told = server.properties(int(qid), language)
        options = told.get("answeroptions")
        # One dict, a list of one a scale, or a sentence where there are none.
        for scale, known in enumerate(options if isinstance(options, list) else [options]):
            for code, option in known.items() if isinstance(known, dict) else ():
                # PHP makes a list of options whose codes count up from 0; each also says its own code then.
                name = str(option.get("code", code))
                texts[min(scale, 1)].setdefault(name, {})[language] = str(option.get("answer") or "")
        settings = told.get("attributes_lang")
        for place, name in enumerate(_SCALES):
            if isinstance(settings, dict) and settings.get(name):
                headers[place][language] = str(settings[name])
    return tuple(tuple(Part(*one) for one in scale.items()) for scale in texts), headers


def _first(columns: list[_Row], key: str) -> str:
    """What only some of a question's fields say."""
    return next((str(field[key]) for field in columns if field.get(key)), "")
