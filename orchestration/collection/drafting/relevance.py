"""LimeSurvey's relevance equations as conditions of a codebook. Belongs here: the simple ones, exactly. Does not:
guessing at the others, which stay comments."""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestration.codebook import Column, Condition

_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|&&|\|\||[()]|==|!=|<=|>=|[<>=!+*/,-]|[\w.]+)""")
_NAME = re.compile(r"(\w+?)(?:\.(?:NAOK|value|valueNAOK|code))?", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_AND, _OR = {"and", "&&"}, {"or", "||"}


def conditions(
    equation: str, names: Mapping[str, str], columns: Mapping[str, Column], asked: str
) -> list[Condition] | None:
    """Give the conditions that hold where the equation does; None where it is not simple.

    Simple is: comparisons ``A == "Y"`` of coded answers and ``A < 50`` of numbers, joined by "and"; and
    several codes of one column joined by "or". ``names`` are the equation's names for headings, ``columns``
    the columns by heading; ``asked`` is the question whose equation it is.
    """
    tokens = _tokens(equation)
    found = _all_of(tokens, names, columns) if tokens else None
    usable = found and not any(columns[str(c.question)].question == asked for c in found)
    return found if usable else None


def _all_of(
    tokens: list[str], names: Mapping[str, str], columns: Mapping[str, Column]
) -> list[Condition] | None:
    tokens = _bare(tokens)
    choices = _split(tokens, _OR)
    if len(choices) > 1:
        each = [_all_of(choice, names, columns) for choice in choices]
        return _one_of([found for found in each if found], len(each))
    parts = _split(tokens, _AND)
    if len(parts) > 1:
        every = [_all_of(part, names, columns) for part in parts]
        whole = [found for found in every if found]
        return [condition for found in whole for condition in found] if len(whole) == len(every) else None
    condition = _comparison(tokens, names, columns)
    return [condition] if condition else None


def _one_of(choices: list[list[Condition]], wanted: int) -> list[Condition] | None:
    """Codes of one column of which any will do."""
    flat = [condition for choice in choices for condition in choice]
    single = len(choices) == wanted == len(flat) and len({condition.question for condition in flat}) == 1
    if not single or any(condition.is_ is None for condition in flat):
        return None
    codes = dict.fromkeys(code for condition in flat for code in condition.is_ or ())
    return [Condition.model_validate({"question": flat[0].question, "is": list(codes)})]


def _comparison(
    tokens: list[str], names: Mapping[str, str], columns: Mapping[str, Column]
) -> Condition | None:
    if len(tokens) != 3:
        return None
    name, sign, value = tokens
    matched = _NAME.fullmatch(name)
    heading = names.get(matched[1]) if matched else None
    if heading is None or heading not in columns or columns[heading].personal:
        return None
    column, quoted = columns[heading], value[0] in "\"'"
    if sign in {"==", "eq"} and (quoted or _NUMBER.fullmatch(value)):
        code = value.strip("\"'")
        # A number or text compared as such would depend on how it was typed.
        coded = bool(column.values) and column.role in {"value", "item", "rank"}
        if not coded or code not in column.values:
            return None
        return Condition.model_validate({"question": heading, "is": code})
    if sign in {"<", "lt"} and not quoted and _NUMBER.fullmatch(value):
        numeric = column.kind in {"number", "array_numbers"}
        return Condition(question=heading, below=float(value)) if numeric else None
    return None


def _tokens(equation: str) -> list[str]:
    """The equation's tokens; [] where there is something that no simple equation has."""
    tokens, place = [], 0
    text = equation.rstrip()
    while place < len(text):
        matched = _TOKEN.match(text, place)
        if matched is None:
            return []
        tokens.append(matched[1])
        place = matched.end()
    return tokens


def _bare(tokens: list[str]) -> list[str]:
    """Without the parentheses around the whole."""
    while tokens and tokens[0] == "(" and _closes(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closes(tokens: list[str]) -> int:
    depth = 0
    for place, token in enumerate(tokens):
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return place
    return -1


def _split(tokens: list[str], words: set[str]) -> list[list[str]]:
    """The parts between these words, outside parentheses."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if depth == 0 and token.lower() in words:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
