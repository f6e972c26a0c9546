"""Published HTML pages. Belongs here: how a template becomes a self-contained page. Does not: what stands on
it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"


@lru_cache
def environment() -> Environment:
    """The templates, with everything escaped; ``css`` is the one style sheet, put inside each page."""
    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A page carries its styles so that it opens from a memory stick; this file is ours, so it is not escaped.
    pages.filters["with_code"] = with_code
    pages.globals["css"] = Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))
    return pages


def with_code(text: str) -> Markup:
    """A description with its words in backticks as code, everything escaped."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))
