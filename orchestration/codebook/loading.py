"""From a YAML file to a checked codebook. Belongs here: reading, and turning faults into one clear error.
Does not: the rules themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestration.codebook import yaml_text
from orchestration.codebook.finding import Finding
from orchestration.codebook.models import Codebook, Variables
from orchestration.codebook.rules import codebook_findings, nearest, variable_findings
from orchestration.codebook.yaml_text import Document
from orchestration.errors import CodebookError
from orchestration.settings import PROJECT

VARIABLES = "variables.yaml"
_Some = TypeVar("_Some", bound=BaseModel)

_EXPECTED = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "string_type": "a text",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values (a mapping)",
    "model_type": "keys with values (a mapping)",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "a name of the form {pattern}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than_equal": "a number of at most {le}",
    "too_short": "a list with at least one entry",
}


def read_model(path: Path, model: type[_Some]) -> _Some:
    """Read a YAML file into a model; CodebookError names file, line and key of what is wrong."""
    return _typed(yaml_text.read(path), model)


def load_variables(path: Path) -> Variables:
    """Read the canonical variables; CodebookError names file, line and key of what is wrong."""
    document = yaml_text.read(path)
    variables = _typed(document, Variables)
    _raise_if_any(document, list(variable_findings(variables)))
    return variables


def load(path: Path) -> Codebook:
    """Read one codebook, checked against the variables.yaml beside it (where there is none: the project's).

    CodebookError names file, line and key of what is wrong, what was expected and what to do.
    """
    beside, project = path.parent / VARIABLES, PROJECT / "data" / "codebooks" / VARIABLES
    return _load(path, load_variables(beside if beside.exists() else project))


def load_all(folder: Path) -> list[Codebook]:
    """Read every codebook of a folder, ordered by year, then name; CodebookError if there is none."""
    paths = sorted(path for path in folder.glob("*.yaml") if path.name != VARIABLES)
    if not paths:
        raise CodebookError(
            "holds no codebook",
            where=str(folder),
            expected="one YAML file an edition",
            fix="add one, or set SKILLSBANK_CODEBOOKS to the folder that has them",
        )
    return sorted((load(path) for path in paths), key=lambda codebook: (codebook.year, codebook.edition))


def _load(path: Path, variables: Variables) -> Codebook:
    document = yaml_text.read(path)
    codebook = _typed(document, Codebook)
    findings = list(codebook_findings(codebook, variables))
    if codebook.edition != path.stem:
        findings.append(
            Finding(
                ("edition",),
                f"the edition '{codebook.edition}' is not the file's name '{path.stem}'",
                "a file named after its edition",
                "rename one of the two",
            )
        )
    _raise_if_any(document, findings)
    return codebook


def _typed(document: Document, model: type[_Some]) -> _Some:
    try:
        return model.model_validate(document.data)
    except ValidationError as problem:
        errors = problem.errors()
        # A list whose entry is wrong is called too short as well: only the inner fault is worth telling.
        inner = [
            error
            for error in errors
            if not any(other["loc"][: len(error["loc"])] == error["loc"] != other["loc"] for other in errors)
        ]
        _raise_if_any(document, [_finding(error, model) for error in inner])
        raise


def _raise_if_any(document: Document, findings: Sequence[Finding]) -> None:
    """Raise the first fault in the order of the lines; the others are named after it."""
    if not findings:
        return
    # What is missing comes last: a misspelt key is both unknown and missing, and unknown says it better.
    told = sorted(
        findings, key=lambda finding: (finding.place not in document.lines, _line(document, finding))
    )
    first, rest = told[0], told[1:]
    also = "; ".join(f"line {_line(document, finding)}: {finding.problem}" for finding in rest[:20])
    raise CodebookError(
        first.problem + (f" (and {len(rest)} more: {also})" if rest else ""),
        where=document.where(first.place),
        expected=first.expected,
        fix=first.fix,
    )


def _line(document: Document, finding: Finding) -> int:
    place = finding.place
    while place not in document.lines:
        place = place[:-1]
    return document.lines[place]


def _finding(error: ErrorDetails, model: type[BaseModel]) -> Finding:
    """Turn pydantic's error into ours."""
    kind, place = error["type"], tuple(part for part in error["loc"] if part != "[key]")
    if kind == "extra_forbidden":
        known = _keys_at(model, place[:-1])
        return Finding(
            place,
            f"unknown key '{place[-1]}'",
            f"one of {', '.join(known)}",
            nearest(str(place[-1]), known, "remove it, or use one of these"),
        )
    if kind == "missing":
        return Finding(place, f"the key '{place[-1]}' is missing", f"'{place[-1]}:' here", "add it")
    context, given = error.get("ctx", {}), error.get("input")
    if kind == "literal_error":
        choices = [part.strip("'") for part in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return Finding(
            place,
            f"'{given}' is not allowed",
            f"one of {', '.join(choices)}",
            nearest(str(given), choices, "use one of these"),
        )
    if kind == "value_error":
        # The models' own errors say what is wrong and what was expected.
        problem, expected = context["error"].args
        return Finding(place, problem, expected, "correct the value")
    expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else error["msg"]
    shown = "nothing" if given is None else f"'{given}'" if isinstance(given, str) else "keys or a list"
    return Finding(place, f"{shown} is of the wrong type or form", expected, "correct the value")


def _keys_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """Name the keys that are known at a place of the document."""
    kind: Any = model
    # The number of a list's entry leads nowhere new: _inner has found the type of the entries.
    for part in (part for part in place if isinstance(part, str)):
        by_key = {field.alias or name: field.annotation for name, field in kind.model_fields.items()}
        kind = _inner(by_key[part])
    return [field.alias or name for name, field in kind.model_fields.items()]


def _inner(annotation: Any) -> Any:
    """Find the model inside Optional, tuple and dict annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in {tuple, dict, typing.Union, types.UnionType, typing.Annotated}:
        for argument in typing.get_args(annotation):
            if (found := _inner(argument)) is not None:
                return found
    return None
