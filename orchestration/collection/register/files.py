"""The stock files that there are. Belongs here: finding the pair in the inbox and the sample, and bringing it from the
web. Does not: reading them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from orchestration.collection.downloads import download
from orchestration.collection.inbox import LINK, REGISTER, SetAside
from orchestration.collection.raw_file import is_itself
from orchestration.collection.register.stock import PLACES, SUFFIXES, UNITS
from orchestration.collection.web import Patience, WebError
from orchestration.settings import Settings

# Not the histories and links of succession, whose names begin alike.
_NAMED = re.compile(rf"(?i)({UNITS}|{PLACES})(_utf8)?([-_ (].*)?")


@dataclass(frozen=True)
class Stock:
    """A pair of stock files of one month."""

    units: Path
    places: Path


@dataclass(frozen=True)
class Found:
    """The pair, if there is one, and what was set aside in the first root."""

    stock: Stock | None
    set_aside: tuple[SetAside, ...]


def find_stock(roots: Sequence[Path]) -> Found:
    """Find StockUniteLegale and StockEtablissement in ``<root>/register/``; an earlier root wins, of several
    files the newest. One without the other is set aside."""
    stock: Stock | None = None
    set_aside: list[SetAside] = []
    for root in roots:
        folder, kinds = root / REGISTER, dict[str, list[Path]]()
        # The folder as a link is told with the rest of the inbox (find_partner_files).
        is_there = folder.is_dir() and not folder.is_symlink()
        for path in sorted(folder.iterdir()) if is_there else ():
            if path.name.startswith("."):
                continue
            named = _NAMED.fullmatch(path.stem) if path.suffix.lower() in SUFFIXES else None
            if named and is_itself(path):
                kinds.setdefault(named[1].lower(), []).append(path)
            elif root == roots[0]:
                said = f"is none of the stock files {UNITS} and {PLACES} ({', '.join(SUFFIXES)})"
                set_aside.append(SetAside(path, LINK if path.is_symlink() else said))
        newest = {
            kind: max(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))
            for kind, paths in kinds.items()
        }
        if root == roots[0]:
            set_aside += [
                SetAside(
                    path, f"'{newest[kind].name}' is newer and stands for the same; remove one of the two"
                )
                for kind, paths in kinds.items()
                for path in paths
                if path != newest[kind]
            ]
        match newest.get(UNITS.lower()), newest.get(PLACES.lower()):
            case Path() as units, Path() as places:
                stock = stock or Stock(units, places)
            case None, None:
                pass
            case units, places:
                alone, lacking = (units, PLACES) if units else (places, UNITS)
                if alone and root == roots[0]:
                    set_aside.append(SetAside(alone, f"needs {lacking} of the same month beside it"))
    return Found(stock, tuple(set_aside))


def download_stock(settings: Settings, patience: Patience | None = None) -> Stock | None:
    """Bring the pair from the addresses in the settings; None where there are none.

    Raises:
        WebError: one address of the two is set, or a file does not come whole; what came before stays.
    """
    named = {
        UNITS: ("SKILLSBANK_REGISTER_UNITS_URL", settings.register_units_url),
        PLACES: ("SKILLSBANK_REGISTER_PLACES_URL", settings.register_places_url),
    }
    if not any(url for _, url in named.values()):
        return None
    paths = []
    for kind, (setting, url) in named.items():
        suffix = Path(urlsplit(url or "").path).suffix.lower()
        if not url or suffix not in SUFFIXES:
            raise WebError(
                "is not set" if not url else "names no stock file",
                where=setting,
                expected=f"the address of {kind}_utf8 ({', '.join(SUFFIXES)}), as both are needed",
                fix="set it, or neither",
            )
        paths.append(
            download(url, settings.downloads / REGISTER / f"{kind}_utf8{suffix}", setting, patience).path
        )
    return Stock(*paths)
