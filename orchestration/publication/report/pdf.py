"""The report as a tagged PDF. Belongs here: handing its content to the Typst template, with fonts and a date that are
the same on every machine. Does not: any word or figure (page.py), the layout (templates/report.typ), or the file's
packing (compact.py)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import typst

from orchestration.publication.plane import HEIGHT, WIDTH
from orchestration.publication.report.compact import compact
from orchestration.publication.report.page import Report
from orchestration.publication.report.words import Words

_TEMPLATE = Path(__file__).parents[1] / "templates" / "report.typ"
_FONTS = Path(__file__).parent / "fonts"
_LABELS = (
    "released", "contents", "glance", "method", "method.signs", "method.population",
    "method.one_answer", "method.intervals", "method.secrecy", "licence", "licence.text", "licence.files", "profiles",
    "profiles.text", "simulated.title", "page", "quality.text", "licence.quality",
)  # fmt: skip


@lru_cache
def _fonts() -> typst.Fonts:
    # The machine's own fonts would make the bytes differ from one to the next.
    return typst.Fonts(include_system_fonts=False, font_paths=[str(_FONTS)])


def render_pdf(report: Report) -> bytes:
    """The report as PDF/UA-1: tagged, with title and language; the same report gives the same bytes.

    The text goes in as data, so nothing in it can be taken for markup. Among its keywords is the sha256 of all that it
    is made from but the release date and number, which the content hash of a release takes (publication/manifest.py).
    """
    words = Words(report.language)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg"'
    content: dict[str, Any] = {
        **asdict(report),
        "released_on": [report.released_on.year, report.released_on.month, report.released_on.day],
        "simulated": words("simulated.text", editions=report.simulated) if report.simulated else "",
        "labels": {key: words(key) for key in _LABELS},
        "base_map": f"<svg {box}>{report.base_map}</svg>",
        "place_box": box,
        "places": {
            profile.id: words("profile.where", name=profile.heading)
            for _, pages in report.profiles
            for profile in pages
        },
    }
    template = _TEMPLATE.read_bytes()
    document = typst.compile(
        template,
        font_paths=_fonts(),
        sys_inputs={"content": json.dumps(content, ensure_ascii=False), "source": _source(content, template)},
        pdf_standards=["ua-1"],
    )
    return compact(document)


def _source(content: dict[str, Any], template: bytes) -> str:
    """The sha256 of what the document is made from, the date and number of the release apart."""
    undated = {key: value for key, value in content.items() if not key.startswith("release")}
    digest = hashlib.sha256(json.dumps(undated, ensure_ascii=False, sort_keys=True).encode())
    digest.update(template + version("typst").encode())
    for font in sorted(_FONTS.glob("*.ttf")):
        digest.update(font.read_bytes())
    return digest.hexdigest()
