"""A draft as YAML. Belongs here: the text of a codebook and of declarations, with its comments. Does not: what
stands in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestration.codebook import Condition
from orchestration.collection.drafting.mapping import texts_of
from orchestration.collection.drafting.survey import Part, Survey, in_both, plain
from orchestration.collection.drafting.variables import CHECK, Drafted

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.@+-]*")


def codebook_text(
    survey: Survey,
    edition: str,
    year: int,
    *,
    made: Sequence[Drafted],
    asked_when: Mapping[str, Sequence[Condition]],
    comments: Mapping[str, Sequence[str]],
) -> str:
    """Give the codebook; ``asked_when`` and ``comments`` are by question code."""
    fr, en = in_both(survey.titles, edition)
    export = survey.export
    server = f", server: {{survey_id: {export.server.survey_id}}}" if export.server else ""
    lines = [
        "# A first draft by `skillsbank codebook draft`. Decide each line marked 'check', then take the mark off.",
        "# Variables that begin with x_ are this edition's own, declared in variables.yaml; put in their place the",
        "# canonical variable, where there is one. What is personal never reaches archive, lake and releases.",
        *(f"# {note}" for note in survey.notes),
        f"edition: {edition}",
        f"year: {year} # {CHECK}",
        "title:",
        f"  fr: {_quoted(fr)}",
        f"  en: {_quoted(en)}",
        f"status: open # {CHECK}: closed once no response is expected",
        f"simulated: false # {CHECK}: true if the companies are invented",
        f"has_frame: false # {CHECK}: true if sampling_frame.parquet lies beside the export",
        f"timezone: Europe/Paris # {CHECK}: the server's",
        f"languages: {_list(survey.languages or ['fr'])}",
        f"retention_months: 36 # {CHECK}",
        "complete_when: submitted",
        "exports:",
        f"  - {{source: {export.source}, files: {_quoted(export.files)}, format: {export.format}{server}}} # {CHECK}",
        "personal_columns: [token, ipaddr, seed]",
        '# test_rows: {question: CODE, matches: "TEST"}',
        "",
        "questions:",
    ]
    page: tuple[int | None, str] = None, ""
    for one in made:
        here = one.entry.asked.page, plain(in_both(one.entry.asked.group, "")[0])
        if here != page and (here[0] or here[1]):
            lines.append(f"  # {f'Page {here[0]}: ' if here[0] else ''}{here[1]}")
        page = here
        code = one.question.code
        lines += _question(one, asked_when.get(code, ()), comments.get(code, ()))
    return "\n".join(lines) + "\n"


def declarations_text(edition: str, declared: Sequence[Mapping[str, Any]]) -> str:
    """Give what is to be added at the end of variables.yaml."""
    lines = ["", f"  # Of {edition} alone, drafted; delete what its codebook does not use any more"]
    for one in declared:
        lines += [f"  - name: {one['name']}", f"    kind: {one['kind']}"]
        lines += [f"    {key}: {_list(one[key])}" for key in ("values", "items") if key in one]
        lines += [f"    values_from: {one['values_from']}"] if "values_from" in one else []
        lines.append(f"    label: {_label(one['label']['fr'], one['label']['en'])}")
    return "\n".join(lines) + "\n"


def _question(one: Drafted, asked_when: Sequence[Condition], comments: Sequence[str]) -> Iterator[str]:
    question, entry = one.question, one.entry
    yield from (f"  # {comment}" for comment in comments)
    yield f"  - code: {_scalar(question.code)}"
    yield f"    kind: {question.kind}"
    if question.variable:
        yield f"    variable: {question.variable} # {one.notes['variable']}"
    if question.scales:
        first, second = question.scales["1"], question.scales["2"]
        yield f"    scales: {{1: {first}, 2: {second}}} # {one.notes['scales']}"
    if question.personal:
        yield f"    personal: true # {one.notes['personal']}"
    if question.comparability != "identical":
        yield f"    comparability: {question.comparability} # {one.notes['comparability']}: identical, close or broken"
    yield from _codes("items", question.items, entry.items)
    yield from _codes("values", question.values, entry.values)
    if question.slots:
        yield f"    slots: {question.slots}"
    if question.other:
        yield "    other: true"
    if asked_when:
        told = [_condition(condition) for condition in asked_when]
        yield f"    asked_when: {told[0] if len(told) == 1 else '[' + ', '.join(told) + ']'}"
    label = _label(question.label.fr, question.label.en)
    if len(label) < 90:
        yield f"    label: {label}"
    else:
        yield "    label:"
        yield f"      fr: {_quoted(question.label.fr)}"
        yield f"      en: {_quoted(question.label.en)}"


def _codes(key: str, codes: Mapping[str, str] | None, parts: Sequence[Part]) -> Iterator[str]:
    """A map of codes; each on a line of its own with its text, unless it has none."""
    if not codes:
        return
    texts = {part.code: texts_of(part)[0] for part in parts}
    if all(texts.get(code, code) == code for code in codes):
        yield f"    {key}: {{{', '.join(f'{_scalar(a)}: {_scalar(b)}' for a, b in codes.items())}}}"
        return
    yield f"    {key}:"
    yield from (f"      {_scalar(a)}: {_scalar(b)} # {texts.get(a, a)}" for a, b in codes.items())


def _condition(condition: Condition) -> str:
    if condition.page is not None:
        return f"{{page: {condition.page}}}"
    question = f"question: {_scalar(str(condition.question))}"
    if condition.below is not None:
        return f"{{{question}, below: {condition.below:g}}}"
    codes = condition.is_ or ()
    return f"{{{question}, is: {_scalar(codes[0]) if len(codes) == 1 else _list(codes)}}}"


def _label(fr: str, en: str) -> str:
    return f"{{fr: {_quoted(fr)}, en: {_quoted(en)}}}"


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_scalar, values))}]"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() != "null" else _quoted(text)


def _quoted(text: str) -> str:
    # JSON's strings are YAML's, but for what `plain` has taken out.
    return json.dumps(text, ensure_ascii=False)
