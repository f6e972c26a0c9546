"""Checks of more than one key. Belongs here: a codebook against itself, the canonical variables and an
export's headings. Does not: types of single keys (models.py) or reading files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from orchestration.codebook.columns import META_COLUMNS, OTHER, VALUE_KINDS, Kind, columns_of
from orchestration.codebook.finding import Finding
from orchestration.codebook.labels import label_findings
from orchestration.codebook.models import Codebook, Question, Variable, Variables
from orchestration.codebook.yaml_text import Place

REQUIRED: dict[Kind, tuple[str, ...]] = {
    "single": ("variable", "values"),
    "multiple": ("variable", "items"),
    "multiple_comments": ("variable", "items"),
    "array": ("variable", "items", "values"),
    "array_numbers": ("variable", "items"),
    "dual_scale": ("scales", "items", "values"),
    "ranking": ("variable", "values", "slots"),
    "display": (),
}
OPTIONAL: dict[Kind, tuple[str, ...]] = {
    "single": ("other",),
    "multiple": ("other",),
    "multiple_comments": ("other",),
}
DETAILS = ("variable", "values", "items", "scales", "slots", "other")


def nearest(name: str, known: Collection[str], otherwise: str) -> str:
    """Advise the known name that is most like ``name``, else ``otherwise``."""
    like = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"write '{like[0]}', if that was meant" if like else otherwise


def variable_findings(variables: Variables) -> Iterator[Finding]:
    """Yield the faults of the canonical variables themselves."""
    seen: set[str] = set()
    for i, variable in enumerate(variables.variables):
        place: Place = ("variables", i)
        if variable.name in seen:
            yield Finding(
                (*place, "name"), f"the variable '{variable.name}' stands twice", "each once", "remove one"
            )
        seen.add(variable.name)
        for key in ("values_from", "items_from"):
            used = getattr(variable, key)
            if used is not None and used not in variables.lists:
                yield Finding(
                    (*place, key),
                    f"there is no list '{used}'",
                    "the name of a list under 'lists'",
                    nearest(used, variables.lists, "declare the list"),
                )
        if (variable.kind == "code") != bool(variable.values or variable.values_from):
            yield Finding(
                place,
                f"the variable '{variable.name}' of kind {variable.kind} must "
                + ("have" if variable.kind == "code" else "not have")
                + " 'values' or 'values_from'",
                "codes for a variable of kind code only",
                "add or remove them",
            )


def codebook_findings(codebook: Codebook, variables: Variables) -> Iterator[Finding]:
    """Yield the faults of a codebook whose single keys are right."""
    known = {variable.name: variable for variable in variables.variables}
    codes: set[str] = set()
    for i, question in enumerate(codebook.questions):
        place: Place = ("questions", i)
        if question.code in codes:
            yield Finding(
                (*place, "code"),
                f"the question code '{question.code}' stands twice",
                "one entry a question",
                "remove one of the two, or correct its code",
            )
        codes.add(question.code)
        yield from _keys(question, place)
        yield from _canonical(question, place, known, variables)
        yield from _conditions(question, place, codebook)
    yield from _collisions(codebook)
    yield from _references(codebook)
    yield from label_findings(codebook)


def _keys(question: Question, place: Place) -> Iterator[Finding]:
    """What this kind of question must say, and must not."""
    required = REQUIRED.get(question.kind, ("variable",))
    allowed = required + OPTIONAL.get(question.kind, ())
    for key in DETAILS:
        given = bool(getattr(question, key))
        if given and key not in allowed:
            yield Finding(
                (*place, key),
                f"'{key}' has no meaning for a question of kind {question.kind}",
                f"only {', '.join(allowed) or 'code, kind and label'} for this kind",
                "remove it, or correct the kind",
            )
        if not given and key in required:
            yield Finding(
                place,
                f"question '{question.code}' of kind {question.kind} lacks '{key}'",
                f"{' and '.join(required)} for this kind",
                f"add '{key}:'",
            )
    if question.scales and set(question.scales) != {"1", "2"}:
        yield Finding(
            (*place, "scales"), "a dual scale has two scales", "the keys 1 and 2", "add the missing one"
        )


def _canonical(
    question: Question, place: Place, known: dict[str, Variable], variables: Variables
) -> Iterator[Finding]:
    """Whether variable, items and values are canonical ones."""
    named: list[tuple[Place, str]] = [(("variable",), question.variable)] if question.variable else []
    named += [(("scales", scale), name) for scale, name in (question.scales or {}).items()]
    for inner, name in named:
        variable = known.get(name)
        if variable is None:
            yield Finding(
                (*place, *inner),
                f"there is no canonical variable '{name}'",
                "a name declared in variables.yaml",
                nearest(name, known, "declare it in variables.yaml, or use a declared one"),
            )
            continue
        holds = VALUE_KINDS.get(question.kind)
        if holds is not None and holds != variable.kind:
            yield Finding(
                (*place, "kind"),
                f"a {question.kind} question gives {holds} values, but '{name}' holds {variable.kind} values",
                f"a kind of question that gives {variable.kind} values",
                "correct the kind or the variable",
            )
            continue
        values = variable.values or variables.lists.get(variable.values_from or "", ())
        for code, value in (question.values or {}).items():
            if value not in values:
                yield Finding(
                    (*place, "values", code),
                    f"'{value}' is not a value of '{name}'",
                    f"one of {', '.join(values)}",
                    nearest(value, values, "use one of these, or declare it in variables.yaml"),
                )
        if question.kind == "single" and question.other and OTHER not in values:
            yield Finding(
                (*place, "other"),
                f"'{name}' has no value '{OTHER}'",
                f"'{OTHER}' among its values in variables.yaml",
                "declare it there, or remove 'other: true'",
            )
        yield from _items(question, place, variable, variables)


def _items(question: Question, place: Place, variable: Variable, variables: Variables) -> Iterator[Finding]:
    known = variable.items or variables.lists.get(variable.items_from or "", ())
    for code, item in (question.items or {}).items():
        # An item that begins x- is this edition's own: kept, but comparable with nothing.
        if item in known or item.startswith("x-"):
            continue
        if variable.item_pattern and re.fullmatch(variable.item_pattern, item):
            continue
        yield Finding(
            (*place, "items", code),
            f"'{item}' is not an item of '{variable.name}'",
            f"one of {', '.join(known)}" if known else f"a text like {variable.item_pattern or '(no items)'}",
            nearest(item, known, "use a declared item, or begin it with x- if only this edition asks it"),
        )


def _conditions(question: Question, place: Place, codebook: Codebook) -> Iterator[Finding]:
    columns = codebook.columns()
    for i, condition in enumerate(question.asked_when):
        name = condition.question
        if name is None:
            continue
        inner = (*place, "asked_when", i, "question")
        if name not in columns:
            yield Finding(
                inner,
                f"there is no column '{name}'",
                "the heading of another question's column",
                nearest(name, columns, "correct the heading"),
            )
        elif columns[name].personal or columns[name].question == question.code:
            yield Finding(
                inner,
                f"'{name}' cannot decide whether '{question.code}' is asked",
                "a column that is not personal (those are not archived) and of another question",
                "take another column, or remove the condition",
            )
        for code in condition.is_ or ():
            answers = columns[name].values if name in columns else {}
            if answers and code not in answers and code != "":
                yield Finding(
                    (*place, "asked_when", i, "is"),
                    f"'{code}' is not an answer code of '{name}'",
                    f"one of {', '.join(answers)}",
                    nearest(code, answers, "correct the code"),
                )


def _collisions(codebook: Codebook) -> Iterator[Finding]:
    """Two columns of one heading, or two that would give the same answer of the same respondent."""
    headings: set[str] = set()
    targets: dict[tuple[str, str | None], str] = {}
    for i, question in enumerate(codebook.questions):
        for column in columns_of(question):
            if column.heading in headings:
                yield Finding(
                    ("questions", i),
                    f"the column '{column.heading}' belongs to two questions",
                    "each column once",
                    "correct a code or an item",
                )
            headings.add(column.heading)
            if column.variable is None:
                continue
            target = (column.variable, column.item)
            if target in targets:
                yield Finding(
                    ("questions", i),
                    f"'{column.heading}' and '{targets[target]}' both give "
                    + " / ".join(part for part in target if part),
                    "one column for a variable and item",
                    "map one of them to another variable or item",
                )
            targets.setdefault(target, column.heading)


def _references(codebook: Codebook) -> Iterator[Finding]:
    for i, name in enumerate(codebook.personal_columns):
        if name not in META_COLUMNS:
            yield Finding(
                ("personal_columns", i),
                f"'{name}' is not one of LimeSurvey's own columns",
                f"one of {', '.join(META_COLUMNS)}",
                nearest(name, META_COLUMNS, "mark a question with 'personal: true' instead"),
            )
        elif not META_COLUMNS[name].optional:
            yield Finding(
                ("personal_columns", i),
                f"'{name}' is needed to decode and cannot be personal",
                "a column that decoding does without",
                "remove it",
            )
    sources = [export.source for export in codebook.exports]
    for i, source in enumerate(sources):
        if source in sources[:i]:
            yield Finding(
                ("exports", i, "source"), f"the source '{source}' stands twice", "each once", "rename one"
            )
    tests, columns = codebook.test_rows, codebook.columns()
    if tests and tests.question not in columns:
        yield Finding(
            ("test_rows", "question"),
            f"there is no column '{tests.question}'",
            "the heading of a question's column",
            nearest(tests.question, columns, "correct the heading"),
        )


def check(codebook: Codebook, headings: Iterable[str]) -> list[str]:
    """List every mismatch between a codebook and an export's code headings, in plain sentences; [] if none.

    LimeSurvey's own columns may be missing where they are optional, and so may text displays, which SPSS
    exports leave out. A column that stands twice is told too.
    """
    return [mismatch for _, mismatch in column_mismatches(codebook, headings)]


def column_mismatches(codebook: Codebook, headings: Iterable[str]) -> list[tuple[str, str]]:
    """The same with the column of each mismatch: (heading, sentence)."""
    given = list(headings)
    columns = codebook.columns()
    known = {*columns, *META_COLUMNS}
    findings = [
        (name, f"column '{name}' stands {given.count(name)} times")
        for name in dict.fromkeys(given)
        if given.count(name) > 1
    ]
    optional = {name for name, column in META_COLUMNS.items() if column.optional}
    optional |= {name for name, column in columns.items() if column.kind == "display"}
    missing = [name for name in known if name not in given and name not in optional]
    for name in dict.fromkeys(given):
        if name not in known:
            like = get_close_matches(name, missing or known, n=1, cutoff=0.6)
            hint = f"; nearest in the codebook: '{like[0]}'" if like else ""
            findings.append((name, f"column '{name}' is not in the codebook{hint}"))
    findings += [
        (name, f"column '{name}' of the codebook is missing from the export")
        for name in [*META_COLUMNS, *columns]
        if name in missing
    ]
    return findings
