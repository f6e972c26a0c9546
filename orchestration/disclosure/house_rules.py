"""The rules of secrecy of a deployment. Belongs here: reading them from their file, none laxer than the law. Does not:
what the rules mean (rules)."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.disclosure.rules import Rules
from orchestration.errors import GateError

_LAWFUL = Rules()


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    minimum_contributors: int = Field(_LAWFUL.minimum_contributors, ge=_LAWFUL.minimum_contributors)
    dominance: float = Field(_LAWFUL.dominance, gt=0, le=_LAWFUL.dominance)
    frequency_protection: float = Field(_LAWFUL.frequency_protection, ge=_LAWFUL.frequency_protection, lt=1)


def read_rules(path: Path) -> Rules:
    """The rules in a YAML file; the lawful defaults where there is none.

    Raises GateError for a rule that is unknown or laxer than the law.
    """
    if not path.is_file():
        return _LAWFUL
    try:
        told = _Told.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValidationError) as problem:
        first = problem.errors()[0] if isinstance(problem, ValidationError) else None
        name = ".".join(map(str, first["loc"])) if first else ""
        raise GateError(
            f"{name or 'the file'}: {first['msg'] if first else 'no YAML'}",
            where=str(path),
            expected=f"minimum_contributors of {_LAWFUL.minimum_contributors} or more, dominance of "
            f"{_LAWFUL.dominance} or less, frequency_protection of {_LAWFUL.frequency_protection} or more",
            fix="a rule may be made stricter than the law, not laxer",
        ) from None
    return Rules(**told.model_dump())
