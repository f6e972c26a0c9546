"""The pack's own pages. Belongs here: their texts, and writing them in both languages. Does not: what they show."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.publication.pack.content import Content
from orchestration.publication.pages import environment
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing

_TEXTS = Path(__file__).parent / "texts"


@lru_cache
def texts(language: str) -> dict[str, Any]:
    """The sentences of all pages in one language."""
    found: dict[str, Any] = yaml.safe_load((_TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))
    return _polished(found) if language == "fr" else found


def write_page(content: Content, name: str, language: str, **shown: Any) -> Path:
    """Write ``<name>.<language>.html`` from the template of that name and what it shows."""
    other = next(code for code in LANGUAGES if code != language)
    said = texts(language)
    page = (
        environment()
        .get_template(f"{name}.html.j2")
        .render(
            language=language,
            said=said,
            text=said[name],
            title=said[name]["title"],
            other_language=other,
            other_file=f"{name}.{other}.html",
            simulated=", ".join(content.simulated),
            released_on=content.released_on,
            released_text=Words(language).date(content.released_on),
            **shown,
        )
    )
    path = content.folder / f"{name}.{language}.html"
    path.write_text(page, encoding="utf-8")
    return path


def _polished(value: Any) -> Any:
    if isinstance(value, str):
        return french_spacing(value.replace("'", "\u2019"))
    if isinstance(value, dict):
        return {key: _polished(each) for key, each in value.items()}
    return value
