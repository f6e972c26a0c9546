"""The links of the public pages. Belongs here: whether each leads somewhere within the release, and nothing is loaded
from elsewhere. Does not: any other check of a release."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """The anchors of a page, and all that it links to or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src", "srcset", "action", "poster") and value:
                self.links.append((tag, value))


def link_problems(public: Path) -> tuple[list[str], str]:
    """Every link leads to a file of the release, and to an anchor that is there; nothing is loaded from elsewhere."""
    pages = {path: _read(path) for path in sorted(public.rglob("*.html"))}
    problems, followed = [], 0
    for path, page in pages.items():
        shown = path.relative_to(public).as_posix()
        for tag, link in page.links:
            target = urlsplit(link)
            if target.scheme == "data" or (tag == "a" and target.scheme in ("http", "https", "mailto")):
                continue
            if target.scheme or target.netloc:
                problems.append(f"{shown} loads {link}")
                continue
            followed += 1
            place = (path.parent / unquote(target.path)).resolve() if target.path else path.resolve()
            if not place.is_relative_to(public.resolve()) or not place.exists():
                problems.append(f"{shown} links to {link}, which is not in the release")
            elif (there := pages.get(_page_of(place, public))) and not _has(there, target.fragment):
                problems.append(f"{shown} links to {link}, and there is no such place")
    for path in pages:
        if re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")):
            problems.append(f"{path.relative_to(public).as_posix()} has a style from elsewhere")
    return problems, f"{followed} links of {len(pages)} pages lead somewhere"


def _has(page: _Page, fragment: str) -> bool:
    # What has an equals sign is the state of a page with a script of its own, no place in it.
    return not fragment or "=" in fragment or fragment.startswith("/") or unquote(fragment) in page.anchors


def _page_of(place: Path, public: Path) -> Path:
    return public / place.relative_to(public.resolve())


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page
