"""YAML with line numbers. Belongs here: from text to Python with each key's line. Does not: what keys mean.

Every scalar stays text (YAML's own guesses turn ``NO`` into false, ``01`` into 1); the models give the types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from orchestration.errors import CodebookError

Place = tuple[str | int, ...]
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Document:
    """A YAML file: ``data`` of dict, list, str and None, and the line (from 1) of each key or list entry."""

    path: Path
    data: Any
    lines: dict[Place, int]

    def where(self, place: Sequence[str | int]) -> str:
        """Name file, line and key path, such as ``a.yaml, line 12, questions[3].kind``."""
        known = tuple(place)
        while known not in self.lines:
            known = known[:-1]
        spelled = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        return f"{self.path}, line {self.lines[known]}" + (f", {spelled}" if spelled else "")


def read(path: Path) -> Document:
    """Read one YAML file; CodebookError if it is missing, not UTF-8, not YAML, or has a key twice."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise CodebookError(
            f"cannot be read ({problem.strerror})",
            where=str(path),
            expected="a YAML file",
            fix="check the path and the file's permissions",
        ) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise CodebookError(
            f"is not UTF-8 (byte {problem.object[problem.start]:#04x})",
            where=f"{path}, line {line}",
            expected="UTF-8 text",
            fix="save the file as UTF-8 in your editor",
        ) from problem
    try:
        root = _composed(text)
    except yaml.YAMLError as problem:
        raise _syntax(path, problem) from problem
    document = Document(path, None, {(): 1})
    data = _plain(root, (), document, ()) if root is not None else {}
    return Document(path, data, document.lines)


def _composed(text: str) -> Any:
    """libyaml reads ten times faster; what it refuses is for PyYAML, which takes more and says better what is wrong."""
    if fast := getattr(yaml, "CSafeLoader", None):
        try:
            return yaml.compose(text, Loader=fast)
        except yaml.YAMLError:
            pass
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _syntax(path: Path, problem: yaml.YAMLError) -> CodebookError:
    mark = getattr(problem, "problem_mark", None)
    told = getattr(problem, "problem", None) or getattr(problem, "reason", None) or str(problem)
    return CodebookError(
        f"is not valid YAML: {told}",
        where=f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path),
        expected="YAML with spaces (no tabs) for indentation and quotes around texts with ': ' or '#'",
        fix="correct this line or the one before it",
    )


def _plain(node: yaml.Node, place: Place, document: Document, above: tuple[int, ...]) -> Any:
    """Turn a node into plain Python, noting lines; ``above`` holds the nodes it stands in."""
    if id(node) in above:
        raise CodebookError(
            "an alias refers to the part that it stands in",
            where=document.where(place),
            expected="a finite document",
            fix="write the part out instead of using the alias",
        )
    document.lines.setdefault(place, node.start_mark.line + 1)
    within = (*above, id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*place, i), document, within) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document, within)
    return None if node.tag == _NULL else node.value


def _mapping(
    node: yaml.MappingNode, place: Place, document: Document, within: tuple[int, ...]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise CodebookError(
                "a key is not a plain text",
                where=f"{document.path}, line {line}",
                expected="keys such as 'code:'",
                fix="quote the key, or remove the brackets",
            )
        inner = (*place, key.value)
        if key.value in result:
            raise CodebookError(
                f"the key '{key.value}' stands twice (first on line {document.lines[inner]})",
                where=f"{document.path}, line {line}",
                expected="each key once",
                fix="remove one of the two, or rename it",
            )
        document.lines[inner] = line
        result[key.value] = _plain(value, inner, document, within)
    return result
